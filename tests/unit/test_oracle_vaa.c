/* oracle_vaa: each rule of spec 09 §5 at its edges, the order of the rules, and the real chain of
 * guardian sets from its first key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/oracle_row.h"
#include "tests/support/vaa_make.h"
#include "vm/base/bytes.h"
#include "vm/oracle/vaa.h"

enum { GUARDIANS = 255, NOW = 5000 };

static uint8_t members[GUARDIANS * 20];
static uint8_t bytes[VAA_ROOM];
static size_t size;
static pl_signer_set sets[2];
static pl_feed feed;
static pl_reading reading;
static const uint8_t all_places[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static int set_up(void **state)
{
    (void)state;
    vaa_guardians(members, GUARDIANS);
    return 0;
}

/* A set of 4 guardians, quorum 3, with index 7; and 255 of them, quorum 171, with index 8. */
static void begin(void)
{
    for (unsigned i = 0; i < 2; i++) {
        sets[i] = (pl_signer_set){.from_s = 1000,
                                  .until_s = 9000,
                                  .quorum = i == 0 ? 3 : 171,
                                  .member_count = i == 0 ? 4 : 255,
                                  .members = members};
        pl_guardian_set_id(sets[i].id, 7 + i);
    }
    feed = (pl_feed){.format = PL_FEED_VAA, .set_count = 2, .sets = sets};
}

static void make(const uint8_t *places, unsigned count)
{
    const vaa_spec spec = {.set_index = 7,
                           .places = places,
                           .count = count,
                           .time_s = 4000,
                           .emitter_chain = 26,
                           .payload = (const uint8_t *)"hello",
                           .payload_size = 5};
    begin();
    size = vaa_make(bytes, &spec);
}

#define EXPECT(status)                                                                             \
    do {                                                                                           \
        const pl_status got_ = oracle_read_copy(&reading, &feed, NOW, bytes, size);                \
        if (strcmp(pl_status_name(got_), #status) != 0) {                                          \
            fail_msg("line %d: %s, expected " #status, __LINE__, pl_status_name(got_));            \
        }                                                                                          \
    } while (0)

static void a_good_one_is_read(void **state)
{
    (void)state;
    make(all_places, 3);
    EXPECT(OK);
    assert_false(reading.has_price);
    assert_true(reading.has_time && reading.time_s == 4000 && reading.order == 4000);
    assert_true(reading.signers.bits[0] == 7 && reading.signatures == 3 && reading.set == 0);
    assert_true(reading.has_digest);
    feed.rules = PL_RULES_STRICT;
    EXPECT(OK);
}

/* Everything is wrong; each step mends one thing and the next rule speaks. */
static void rules_are_asked_in_their_order(void **state)
{
    (void)state;
    const uint8_t places[] = {1, 1, 0, 200};
    make(places, 4);
    const size_t whole = size;
    bytes[0] = 2;
    bytes[4] = 9;
    bytes[5] = 255;
    sets[0].quorum = 4;
    sets[0].until_s = NOW;
    EXPECT(VERSION);
    bytes[0] = 0;
    EXPECT(VERSION);
    bytes[0] = 1;
    EXPECT(TRUNCATED);
    bytes[5] = 3;
    EXPECT(SIGNER_SET);
    bytes[4] = 7;
    EXPECT(SIGNER_SET_OVER);
    sets[0].until_s = NOW + 1;
    EXPECT(QUORUM);
    bytes[5] = 4;
    EXPECT(SIGNER_DUPLICATE);
    bytes[VAA_HEAD] = 0;
    vaa_sign_entry(bytes, size, 0, 1);
    EXPECT(SIGNER_DUPLICATE); /* 0 1 0: above the first, but there before */
    bytes[VAA_HEAD] = 2;
    vaa_sign_entry(bytes, size, 0, 3);
    EXPECT(SIGNER_ORDER);
    bytes[VAA_HEAD] = 0;
    vaa_sign_entry(bytes, size, 0, 1);
    bytes[VAA_HEAD + 2 * VAA_SIGNATURE] = 2;
    EXPECT(SIGNATURE); /* guardian 0 signed at place 2 */
    vaa_sign_entry(bytes, size, 2, 3);
    EXPECT(SIGNER);
    bytes[VAA_HEAD + 3 * VAA_SIGNATURE] = 3;
    EXPECT(UNKNOWN_SIGNER); /* guardian 200 is not of this set */
    vaa_sign_entry(bytes, size, 3, 4);
    EXPECT(OK);
    assert_true(size == whole);
}

static void counts_have_edges(void **state)
{
    (void)state;
    uint8_t places[255];
    make(all_places, 0);
    EXPECT(QUORUM);
    make(all_places, 2);
    EXPECT(QUORUM);
    make(all_places, 4);
    EXPECT(OK);
    make(all_places, 5);
    EXPECT(SIGNER);
    for (unsigned i = 0; i < 255; i++) {
        places[i] = (uint8_t)i;
    }
    make(places, 255);
    bytes[4] = 8;
    EXPECT(OK);
    assert_true(reading.set == 1 && reading.signatures == 255);
    assert_true(pl_member_in(&reading.signers, 254) && !pl_member_in(&reading.signers, 255));
    places[254] = 255; /* no set has room for it */
    make(places, 255);
    bytes[4] = 8;
    EXPECT(SIGNER);
    make(places, 170);
    bytes[4] = 8;
    EXPECT(QUORUM);
}

static void every_signature_must_hold(void **state)
{
    (void)state;
    for (unsigned entry = 0; entry < 4; entry++) {
        make(all_places, 4); /* one beyond the quorum */
        uint8_t *at = bytes + VAA_HEAD + entry * VAA_SIGNATURE;
        at[65] = 2;
        EXPECT(RECOVERY_ID);
        at[65] = 27;
        EXPECT(RECOVERY_ID);
        make(all_places, 4);
        memset(at + 1, 0, 32);
        EXPECT(SIGNATURE_RANGE);
        make(all_places, 4);
        at[65] ^= 1;
        EXPECT(UNKNOWN_SIGNER);
    }
}

static void sets_are_found_by_their_whole_index(void **state)
{
    (void)state;
    make(all_places, 3);
    for (unsigned byte = 1; byte < 5; byte++) {
        bytes[byte] ^= 0x80;
        EXPECT(SIGNER_SET);
        bytes[byte] ^= 0x80;
    }
    sets[0].from_s = NOW + 1;
    EXPECT(SIGNER_SET_OVER);
    sets[0].from_s = NOW;
    EXPECT(OK);
}

static void the_body_has_a_least_size(void **state)
{
    (void)state;
    make(all_places, 3);
    const size_t body = VAA_HEAD + 3 * VAA_SIGNATURE;
    size = body + VAA_BODY_HEAD - 1;
    EXPECT(TRUNCATED); /* before the signatures, which are of more bytes */
    for (unsigned i = 0; i < 3; i++) {
        vaa_sign_entry(bytes, size, i, i + 1);
    }
    EXPECT(TRUNCATED);
    size++;
    for (unsigned i = 0; i < 3; i++) {
        vaa_sign_entry(bytes, size, i, i + 1);
    }
    EXPECT(OK); /* without a payload */
}

static void a_real_one_cut_anywhere_has_a_name(void **state)
{
    (void)state;
    static const pl_status allowed[] = {PL_REJECT_TRUNCATED, PL_REJECT_UNKNOWN_SIGNER, PL_OK};
    oracle_row row;
    oracle_row_open(&row, "wormhole-vaa", "wormhole-vaa-0428");
    assert_int_equal(oracle_read_copy(&reading, &row.row.feed.feed, 1, row.row.payload.data,
                                      row.row.payload.size),
                     PL_OK);
    assert_int_equal(oracle_count_wrong_cuts(&row.row.feed.feed, 1, row.row.payload.data,
                                             row.row.payload.size, false, allowed),
                     0);
    oracle_row_close(&row);
}

/* ---- the chain of guardian sets ---- */

static void the_real_chain_leads_from_the_first_key(void **state)
{
    (void)state;
    static const char *const upgrades[] = {"0001", "0005", "0120", "0253", "0374", "0514", "0547"};
    static const uint8_t first_key[20] = {0x58, 0xcc, 0x3a, 0xe5, 0xc0, 0x97, 0xb2,
                                          0x13, 0xce, 0x3c, 0x81, 0x97, 0x9e, 0x1b,
                                          0x9f, 0x95, 0x70, 0x74, 0x6a, 0xa5};
    oracle_row rows[7];
    pl_guardian_set set = {.quorum = 1, .member_count = 1, .members = first_key};
    for (unsigned i = 0; i < 7; i++) {
        char id[32] = "wormhole-vaa-";
        strcat(id, upgrades[i]);
        oracle_row_open(&rows[i], "wormhole-vaa", id);
        const pt_bytes *vaa = &rows[i].row.payload;
        pl_guardian_set next;
        assert_int_equal(pl_guardian_upgrade(&next, &set, vaa->data, vaa->size), PL_OK);
        assert_true(next.index == i + 1 && next.member_count == 19 && next.quorum == 13);
        assert_int_equal(pl_guardian_upgrade(&next, &next, vaa->data, vaa->size),
                         PL_REJECT_SIGNER_SET); /* signed by the set before, not by itself */
        assert_int_equal(pl_guardian_upgrade(&set, &set, vaa->data, vaa->size), PL_OK);
        const json_t *stated = json_object_get(rows[i].row.node.value, "new_set");
        for (unsigned j = 0; j < 19; j++) {
            char text[43];
            pt_oracle_address(text, set.members + 20 * j);
            assert_string_equal(text, json_string_value(json_array_get(stated, j)));
        }
    }
    for (unsigned i = 0; i < 7; i++) {
        oracle_row_close(&rows[i]);
    }
}

enum { UPGRADE_HEAD = 40, MODULE = 0, ACTION = 32, CHAIN = 33, INDEX = 35, COUNT = 39 };

typedef struct upgrade_case {
    const char *what;
    size_t at; /* this byte of the payload is set */
    uint8_t value;
    int grow; /* and the payload is this much longer */
    pl_status expected;
} upgrade_case;

static pl_status upgrade(const upgrade_case *c, uint16_t chain, uint8_t emitter)
{
    static uint8_t payload[UPGRADE_HEAD + 255 * 20 + 1];
    memset(payload, 0, sizeof payload);
    memcpy(payload + 28, "Core", 4);
    payload[ACTION] = 2;
    payload[INDEX + 3] = 8;
    payload[COUNT] = 3;
    memcpy(payload + UPGRADE_HEAD, members + 100, 60);
    payload[c->at] = c->value;
    const vaa_spec spec = {.set_index = 7,
                           .places = all_places,
                           .count = 3,
                           .emitter_chain = chain,
                           .emitter = emitter,
                           .payload = payload,
                           .payload_size = (size_t)(UPGRADE_HEAD + 60 + c->grow)};
    const pl_guardian_set current = {7, 3, 4, members};
    pl_guardian_set next = {.index = 99};
    size = vaa_make(bytes, &spec);
    const pl_status status = pl_guardian_upgrade(&next, &current, bytes, size);
    assert_true(status == PL_OK ? next.index == 8 && next.quorum == 2 * next.member_count / 3 + 1
                                : next.index == 99);
    return status;
}

static void upgrades_have_rules(void **state)
{
    (void)state;
    static const upgrade_case cases[] = {
        {"as it is", INDEX + 3, 8, 0, PL_OK},
        {"module", MODULE, 1, 0, PL_REJECT_MESSAGE_TYPE},
        {"module's last byte", MODULE + 31, 'E', 0, PL_REJECT_MESSAGE_TYPE},
        {"action 1", ACTION, 1, 0, PL_REJECT_MESSAGE_TYPE},
        {"chain", CHAIN + 1, 2, 0, PL_REJECT_MESSAGE_TYPE},
        {"index again", INDEX + 3, 7, 0, PL_REJECT_ORDER},
        {"index skipped", INDEX + 3, 9, 0, PL_REJECT_ORDER},
        {"index high", INDEX, 1, 0, PL_REJECT_ORDER},
        {"no guardians", COUNT, 0, 0, PL_REJECT_RANGE},
        {"one less", COUNT, 2, 0, PL_REJECT_TRAILING},
        {"one more", COUNT, 4, 0, PL_REJECT_TRUNCATED},
        {"255", COUNT, 255, 0, PL_REJECT_TRUNCATED},
        {"a byte more", COUNT, 3, 1, PL_REJECT_TRAILING},
        {"a byte less", COUNT, 3, -1, PL_REJECT_TRUNCATED},
        {"head alone", COUNT, 3, -60, PL_REJECT_TRUNCATED},
        {"no payload", COUNT, 3, -100, PL_REJECT_TRUNCATED},
        {"zeros at the end are an address", COUNT, 4, 20, PL_REJECT_NON_CANONICAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const pl_status status = upgrade(&cases[i], 1, 4);
        if (status != cases[i].expected) {
            fail_msg("%s: %s", cases[i].what, pl_status_name(status));
        }
    }
    for (int left = 0; left < UPGRADE_HEAD; left++) {
        const upgrade_case cut = {"the head is cut", COUNT, 3, left - UPGRADE_HEAD - 60, PL_OK};
        assert_int_equal(upgrade(&cut, 1, 4), PL_REJECT_TRUNCATED);
    }
    assert_int_equal(upgrade(&cases[0], 2, 4), PL_REJECT_EMITTER);
    assert_int_equal(upgrade(&cases[0], 1, 5), PL_REJECT_EMITTER);
}

static void a_guardian_stands_once_in_a_set(void **state)
{
    (void)state;
    uint8_t saved[20];
    const upgrade_case plain = {"twice", COUNT, 3, 0, PL_OK};
    memcpy(saved, members + 140, 20);
    memcpy(members + 140, members + 100, 20);
    assert_int_equal(upgrade(&plain, 1, 4), PL_REJECT_DUPLICATE);
    memcpy(members + 140, saved, 20);
    assert_int_equal(upgrade(&plain, 1, 4), PL_OK);
}

/* ---- inspection ---- */

static unsigned met, unknown, parts;

static void see_signature(void *context, const pl_signature_seen *seen)
{
    (void)context;
    assert_true(seen->number == met);
    met++;
    unknown += seen->status == PL_REJECT_UNKNOWN_SIGNER ? 1 : 0;
}

static void see_part(void *context, const pl_part *part)
{
    (void)context;
    assert_true(part->offset <= size && part->size <= size - part->offset);
    parts++;
}

static pl_status inspect(void)
{
    const pl_observer observer = {.part = see_part, .signature = see_signature, .any_signer = true};
    met = unknown = parts = 0;
    return pl_oracle_read(&reading, &feed, NOW, bytes, size, &observer);
}

static void inspection_needs_no_set(void **state)
{
    (void)state;
    make(all_places, 3);
    feed.set_count = 0;
    assert_int_equal(inspect(), PL_OK);
    assert_true(met == 3 && unknown == 3 && parts == 3 + 3 * 4 + 6 + 1);
    bytes[VAA_HEAD + VAA_SIGNATURE] = 0; /* what the format forbids, it forbids here too */
    assert_int_equal(inspect(), PL_REJECT_SIGNER_DUPLICATE);
    bytes[VAA_HEAD + VAA_SIGNATURE] = 255;
    bytes[VAA_HEAD + 2 * VAA_SIGNATURE] = 254;
    assert_int_equal(inspect(), PL_REJECT_SIGNER_ORDER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one_is_read),
        cmocka_unit_test(rules_are_asked_in_their_order),
        cmocka_unit_test(counts_have_edges),
        cmocka_unit_test(every_signature_must_hold),
        cmocka_unit_test(sets_are_found_by_their_whole_index),
        cmocka_unit_test(the_body_has_a_least_size),
        cmocka_unit_test(a_real_one_cut_anywhere_has_a_name),
        cmocka_unit_test(the_real_chain_leads_from_the_first_key),
        cmocka_unit_test(upgrades_have_rules),
        cmocka_unit_test(a_guardian_stands_once_in_a_set),
        cmocka_unit_test(inspection_needs_no_set),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
