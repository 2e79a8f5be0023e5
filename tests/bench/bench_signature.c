/* Oracle signature checks against a bare libsecp256k1 loop over the same keys and digests. */
#include <secp256k1.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/timing.h"
#include "vm/oracle/native.h"
#include "vm/oracle/oracle.h"

#define REPORTS 64u
#define SIGNERS 3u

typedef struct bench {
    secp256k1_context *verify;
    secp256k1_pubkey keys[SIGNERS];
    secp256k1_ecdsa_signature signatures[REPORTS][SIGNERS];
    uint8_t digests[REPORTS][32];
    uint8_t reports[REPORTS][PL_NATIVE_SIZE_MAX];
    size_t report_size;
    uint8_t world[32];
    uint8_t compressed[SIGNERS][33];
    pl_public_key parsed[SIGNERS];
    pl_feed feed;
    pl_signer_set set;
} bench;

static void put_u64(uint8_t *bytes, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        bytes[size - 1 - i] = (uint8_t)(value >> (8 * i));
    }
}

/* Keys in ascending order of their compressed form, as a feed lists them. */
static void make_keys(bench *b, uint8_t secrets[SIGNERS][32])
{
    unsigned made = 0;
    for (uint8_t seed = 1; made < SIGNERS; seed++) {
        uint8_t secret[32];
        memset(secret, seed, sizeof secret);
        secp256k1_pubkey key;
        uint8_t bytes[33];
        size_t size = sizeof bytes;
        if (!secp256k1_ec_pubkey_create(b->verify, &key, secret)) {
            continue;
        }
        secp256k1_ec_pubkey_serialize(b->verify, bytes, &size, &key, SECP256K1_EC_COMPRESSED);
        if (made > 0 && memcmp(bytes, b->compressed[made - 1], 33) <= 0) {
            continue;
        }
        memcpy(secrets[made], secret, 32);
        memcpy(b->compressed[made], bytes, 33);
        b->keys[made++] = key;
    }
}

static bool setup(bench *b)
{
    uint8_t secrets[SIGNERS][32];
    memset(b, 0, sizeof *b);
    b->verify = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    make_keys(b, secrets);
    b->set = (pl_signer_set){.until_s = UINT64_MAX,
                             .quorum = SIGNERS,
                             .member_count = SIGNERS,
                             .members = b->compressed[0]};
    b->feed = (pl_feed){.format = PL_FEED_NATIVE,
                        .rules = PL_RULES_STRICT,
                        .decimals = 8,
                        .staleness_s = 1000000,
                        .future_s = 1000000,
                        .fallback = PL_NO_FEED,
                        .set_count = 1,
                        .sets = &b->set,
                        .keys = b->parsed};
    b->feed.max = pl_u256_from_u64(UINT64_MAX);
    if (pl_feed_check(&b->feed) != PL_OK) {
        return false;
    }
    for (unsigned i = 0; i < REPORTS; i++) {
        uint8_t *at = b->reports[i];
        at[0] = 1;
        put_u64(at + 5, i + 1, 8);
        put_u64(at + 13, 1000 + i, 8);
        put_u64(at + 21 + 24, 200000000000u + i, 8);
        at[53] = 8;
        at[54] = SIGNERS;
        pl_native_digest(b->digests[i], b->world, at);
        for (unsigned s = 0; s < SIGNERS; s++) {
            uint8_t *one = at + PL_NATIVE_HEAD_SIZE + s * PL_NATIVE_SIGNATURE_SIZE;
            one[0] = (uint8_t)s;
            if (!secp256k1_ecdsa_sign(b->verify, &b->signatures[i][s], b->digests[i], secrets[s],
                                      NULL, NULL)) {
                return false;
            }
            secp256k1_ecdsa_signature_serialize_compact(b->verify, one + 1, &b->signatures[i][s]);
        }
    }
    b->report_size = PL_NATIVE_HEAD_SIZE + SIGNERS * PL_NATIVE_SIGNATURE_SIZE;
    return true;
}

/* One round checks one report with its three signatures. */
static bool check_reports(void *context, uint64_t rounds)
{
    bench *b = context;
    const pl_report_context rules = {
        .world_id = b->world, .feeds = &b->feed, .feed_count = 1, .block_time_s = 1000};
    const pl_price none = {0};
    for (uint64_t i = 0; i < rounds; i++) {
        pl_price price;
        uint32_t feed;
        const uint8_t *report = b->reports[i % REPORTS];
        if (pl_report_feed(&feed, &rules, report, b->report_size) != PL_OK ||
            pl_oracle_check(&price, &rules, &none, feed, report, b->report_size) != PL_OK) {
            return false;
        }
    }
    return true;
}

static bool check_bare(void *context, uint64_t rounds)
{
    bench *b = context;
    for (uint64_t i = 0; i < rounds; i++) {
        for (unsigned s = 0; s < SIGNERS; s++) {
            if (!secp256k1_ecdsa_verify(b->verify, &b->signatures[i % REPORTS][s],
                                        b->digests[i % REPORTS], &b->keys[s])) {
                return false;
            }
        }
    }
    return true;
}

int main(void)
{
    static bench b;
    if (!setup(&b)) {
        fprintf(stderr, "bench_signature: set-up failed\n");
        return 1;
    }
    timing_contender two[] = {{"report checks", check_reports, &b, 0},
                              {"bare libsecp256k1", check_bare, &b, 0}};
    timing_samples samples;
    if (!timing_race(&samples, two, 2, 100, 1100, 9)) {
        return 1;
    }
    timing_print_rate("oracle signatures", &samples, 0, 1, SIGNERS, "checks/s",
                      "bare libsecp256k1 loop");
    secp256k1_context_destroy(b.verify);
    return 0;
}
