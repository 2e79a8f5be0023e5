/* Genuine reports of each format, verified again and again, against a bare libsecp256k1 loop that
 * recovers exactly their signatures: digests, shape, signer sets, Merkle proofs and medians are
 * what lies between the two.
 *
 *   bench_oracle [FILE...]     vector files; default: those of fixtures/oracle */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "tests/support/genuine.h"
#include "tests/support/timing.h"

enum { ROWS_MAX = 32, SIGNATURES_MAX = 2048 };

static const char *const shipped[] = {
    "fixtures/oracle/chainlink-ocr1.json",
    "fixtures/oracle/chainlink-ocr2.json",
    "fixtures/oracle/pyth-pnau.json",
    "fixtures/oracle/wormhole-vaa.json",
    "fixtures/oracle/redstone.json",
    "fixtures/oracle/maker-median-poke.json",
    "fixtures/oracle/open-oracle.json",
    "fixtures/oracle/api3-signed-data.json",
    "fixtures/oracle/stork-v1.json",
    "fixtures/oracle/pyth-lazer.json",
    "fixtures/oracle/chainlink-data-streams.json",
};

typedef struct signature {
    uint8_t digest[32];
    secp256k1_ecdsa_recoverable_signature parsed;
} signature;

typedef struct bench {
    genuine_report *rows[ROWS_MAX];
    size_t row_count;
    signature signatures[SIGNATURES_MAX];
    size_t signature_count;
} bench;

/* {digest, sig: r | s | v} as the files state them, v being 27 or 28. */
static bool add_signature(bench *b, const json_t *stated)
{
    uint8_t digest[32], bytes[65];
    size_t digest_size, size;
    const char *sig = json_string_value(json_object_get(stated, "sig"));
    const char *hash = json_string_value(json_object_get(stated, "digest"));
    if (sig == NULL || hash == NULL || b->signature_count == SIGNATURES_MAX ||
        !pt_oracle_hex(digest, &digest_size, sizeof digest, hash) ||
        !pt_oracle_hex(bytes, &size, sizeof bytes, sig) || size != 65 || bytes[64] < 27) {
        return false;
    }
    signature *one = &b->signatures[b->signature_count];
    memcpy(one->digest, digest, 32);
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(secp256k1_context_static, &one->parsed,
                                                             bytes, bytes[64] - 27)) {
        return false;
    }
    b->signature_count++;
    return true;
}

/* Rows whose every signature is checked: deployed rules of some formats stop at the quorum. */
static void take_rows(bench *b, genuine_reports *rows)
{
    for (size_t i = 0; i < rows->count && b->row_count < ROWS_MAX; i++) {
        genuine_report *row = &rows->list[i];
        const json_t *stated = json_object_get(row->row.node.value, "signatures");
        const size_t before = b->signature_count;
        bool all =
            json_array_size(stated) == row->reading.signatures && json_array_size(stated) > 0;
        for (size_t s = 0; all && s < json_array_size(stated); s++) {
            all = add_signature(b, json_array_get(stated, s));
        }
        if (all) {
            b->rows[b->row_count++] = row;
        } else {
            b->signature_count = before;
        }
    }
}

static bool read_reports(void *context, uint64_t rounds)
{
    bench *b = context;
    for (uint64_t i = 0; i < rounds; i++) {
        for (size_t r = 0; r < b->row_count; r++) {
            pl_reading reading;
            const pt_vector_row *row = &b->rows[r]->row;
            if (pl_oracle_read(&reading, &row->feed.feed, row->now.seconds, row->payload.data,
                               row->payload.size, NULL) != PL_OK) {
                return false;
            }
        }
    }
    return true;
}

static bool recover_bare(void *context, uint64_t rounds)
{
    bench *b = context;
    for (uint64_t i = 0; i < rounds; i++) {
        for (size_t s = 0; s < b->signature_count; s++) {
            secp256k1_pubkey key;
            if (!secp256k1_ecdsa_recover(secp256k1_context_static, &key, &b->signatures[s].parsed,
                                         b->signatures[s].digest)) {
                return false;
            }
        }
    }
    return true;
}

static bool run_file(const char *file)
{
    static bench b;
    genuine_reports rows = {0};
    char name[96];
    memset(&b, 0, sizeof b);
    if (!genuine_reports_read(&rows, file)) {
        return false;
    }
    take_rows(&b, &rows);
    bool done = true;
    if (b.row_count > 0) {
        for (size_t r = 0; r < b.row_count; r++) { /* links the feed where the row now stands */
            pl_reading reading;
            done = done &&
                   genuine_report_check(&reading, b.rows[r], false, b.rows[r]->row.payload.data,
                                        b.rows[r]->row.payload.size) == PL_OK;
        }
        timing_contender two[] = {{"reports", read_reports, &b, 0},
                                  {"bare libsecp256k1", recover_bare, &b, 0}};
        const uint64_t many = 1 + 400 / b.signature_count;
        timing_samples samples;
        done = done && timing_race(&samples, two, 2, many, 5 * many, 9);
        (void)snprintf(name, sizeof name, "oracle %s, %zu signatures a report",
                       pl_formats[b.rows[0]->row.feed.feed.format].name,
                       (b.signature_count + b.row_count / 2) / b.row_count);
        if (done) {
            timing_print_rate(name, &samples, 0, 1, (double)b.row_count, "reports/s",
                              "bare libsecp256k1 recovery");
        }
    }
    genuine_reports_free(&rows);
    return done;
}

int main(int argc, char **argv)
{
    const size_t count = argc > 1 ? (size_t)argc - 1 : sizeof shipped / sizeof shipped[0];
    for (size_t i = 0; i < count; i++) {
        const char *file = argc > 1 ? argv[i + 1] : shipped[i];
        if (!run_file(file)) {
            (void)fprintf(stderr, "bench_oracle: %s cannot be measured\n", file);
            return 1;
        }
    }
    return 0;
}
