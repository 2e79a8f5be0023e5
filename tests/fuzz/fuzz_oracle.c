/* Oracle payloads from outside, with signatures that always hold, so that the bytes behind them are
 * reached: the input is format u8 | bits u8 | quorum u8 | subject size u16 | id of the signer set
 * 32 | subject | payload. Bits: 1 strict, 2 inspection, 4 no active set, 8 the first signature
 * recovers to a stranger.
 *
 * The functions of vm/oracle/curve.h are stand-ins here; tests/storm/oracle_storm changes genuine
 * reports under the real ones. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/target.h"
#include "vm/base/bytes.h"
#include "vm/oracle/curve.h"
#include "vm/oracle/oracle.h"

enum { MEMBERS = 200, HEAD = 37, NOW = 1700000000 };

/* ---- the curve, as it would be if every signature held ---- */

static bool first_is_a_stranger, index_stands_before_r;
static uint8_t members[MEMBERS * PL_MEMBER_KEY];
static pl_public_key keys[MEMBERS];

bool pl_is_high_s(const uint8_t *s)
{
    return (s[0] & 0x80) != 0;
}

pl_status pl_recover_address(uint8_t address[PL_ADDRESS_SIZE], const uint8_t *digest,
                             const uint8_t *r, const uint8_t *s, unsigned parity)
{
    (void)digest, (void)s;
    if (parity > 1) {
        return PL_REJECT_RECOVERY_ID;
    }
    /* A guardian's signature is of the member whose index stands before it. */
    const unsigned member = index_stands_before_r ? r[-1] : (unsigned)(r[31] ^ r[15]);
    memcpy(address, members + (member % MEMBERS) * PL_ADDRESS_SIZE, PL_ADDRESS_SIZE);
    if (first_is_a_stranger) {
        first_is_a_stranger = false;
        memset(address, 0xee, PL_ADDRESS_SIZE);
    }
    return PL_OK;
}

void pl_address_of_key(uint8_t address[PL_ADDRESS_SIZE], const pl_public_key *key)
{
    memcpy(address, key->opaque, PL_ADDRESS_SIZE);
}

pl_status pl_bip340_check(const uint8_t *xonly, const uint8_t *message, size_t message_size,
                          const uint8_t *signature)
{
    (void)xonly, (void)message, (void)message_size;
    return signature[63] == 0xff ? PL_REJECT_SIGNATURE : PL_OK;
}

pl_status pl_scribe_check(const pl_public_key *sum, const uint8_t *message,
                          const uint8_t *signature, const uint8_t *commitment)
{
    (void)sum, (void)message, (void)signature, (void)commitment;
    return PL_OK;
}

pl_status pl_band_check(const pl_public_key *group, const uint8_t *message, size_t message_size,
                        const uint8_t *nonce, const uint8_t *s)
{
    (void)group, (void)message, (void)message_size, (void)nonce, (void)s;
    return PL_OK;
}

pl_status pl_keys_sum(pl_public_key *sum, const pl_public_key *const *list, unsigned count)
{
    MUST(count >= 1 && count <= 255);
    *sum = *list[count - 1];
    return PL_OK;
}

void pl_public_key_store(uint8_t compressed[PL_PUBLIC_KEY_SIZE], const pl_public_key *key)
{
    memcpy(compressed, key->opaque, PL_PUBLIC_KEY_SIZE);
}

/* ---- one reading ---- */

typedef struct seen {
    size_t payload_size;
    uint64_t parts, signatures;
} seen;

static void see_part(void *context, const pl_part *part)
{
    seen *s = context;
    MUST(part->name != NULL && part->size <= s->payload_size &&
         part->offset <= s->payload_size - part->size);
    s->parts++;
}

static void see_signature(void *context, const pl_signature_seen *signature)
{
    seen *s = context;
    MUST(signature->number == s->signatures++);
    MUST(signature->member >= -1 && signature->member < MEMBERS);
}

static unsigned bits_of(const pl_member_set *set)
{
    unsigned count = 0;
    for (unsigned i = 0; i < 256; i++) {
        count += pl_member_in(set, i);
    }
    return count;
}

static void make_feed(pl_feed *feed, pl_signer_set *set, const uint8_t *head)
{
    const uint8_t format = head[0], bits = head[1];
    const unsigned size = pl_formats[format].member_size;
    for (unsigned i = 0; i < MEMBERS; i++) {
        memset(members + i * size, (int)(i + 1), size);
        memset(keys[i].opaque, (int)(i + 1), sizeof keys[i].opaque);
    }
    *set = (pl_signer_set){.until_s = (bits & 4) != 0 ? 1 : UINT64_MAX,
                           .quorum = (uint8_t)(1 + head[2] % MEMBERS),
                           .member_count = MEMBERS,
                           .members = members,
                           .keys = keys};
    memcpy(size == PL_MEMBER_XONLY ? members : set->id, head + 5, sizeof set->id);
    *feed = (pl_feed){.format = format,
                      .decimals = 8,
                      .rules = bits & 1,
                      .staleness_s = UINT64_MAX,
                      .future_s = UINT64_MAX,
                      .min = pl_i256_min_value(),
                      .max = pl_i256_max_value(),
                      .fallback = PL_NO_FEED,
                      .set_count = 1,
                      .sets = set};
    if (pl_formats[format].scale == PL_SCALE_FEED) {
        feed->wire_decimals = 8;
    }
}

static void check_accepted(const pl_reading *reading, const pl_feed *feed)
{
    pl_price price;
    const pl_clock now = {NOW, 0};
    const pl_price none = {0};
    MUST(reading->signatures >= 1 && bits_of(&reading->signers) >= feed->sets[0].quorum);
    MUST(reading->set < feed->set_count && reading->time_ns < 1000000000u);
    const pl_status status = pl_policy_check(&price, feed, now, &none, reading);
    MUST(status == PL_OK || pl_is_reject(status));
    MUST(status != PL_OK || (reading->has_price && price.decimals == feed->decimals));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_signer_set set;
    pl_feed feed;
    pl_reading reading;
    if (size < HEAD || data[0] < 2 || data[0] >= PL_FEED_FORMATS) {
        return 0;
    }
    const size_t subject = pl_load_u16(data + 3);
    if (subject > PL_SUBJECT_SIZE_MAX || subject > size - HEAD) {
        return 0;
    }
    const uint8_t *payload = data + HEAD + subject;
    const size_t payload_size = size - HEAD - subject;
    make_feed(&feed, &set, data);
    index_stands_before_r = data[0] == PL_FEED_VAA || data[0] == PL_FEED_PNAU;
    feed.subject = data + HEAD;
    feed.subject_size = (uint16_t)subject;
    first_is_a_stranger = (data[1] & 8) != 0;
    seen s = {.payload_size = payload_size};
    const pl_observer observer = {&s, see_part, see_signature, (data[1] & 2) != 0};
    const pl_status told = pl_oracle_read(&reading, &feed, NOW, payload, payload_size, &observer);
    MUST(told == PL_OK || pl_is_reject(told));
    if ((data[1] & 2) == 0) {
        first_is_a_stranger = (data[1] & 8) != 0;
        const pl_status silent = pl_oracle_read(&reading, &feed, NOW, payload, payload_size, NULL);
        MUST(silent == told); /* looking on changes nothing */
        if (silent == PL_OK) {
            check_accepted(&reading, &feed);
        }
    }
    return 0;
}
