/* feed rules: signer sets by time and by name, quorums, and what the rules of a feed must be among
 * each other, spec 05 §1 and §3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/signer.h"
#include "vm/oracle/adapter.h"

#define NOW UINT64_C(1000000)
#define END UINT64_MAX

static pl_feed feed;

static pl_i256 number(int64_t value)
{
    return pl_i256_from_i64(value);
}

/* value * 2^shift */
static pl_i256 shifted(int64_t value, uint64_t shift)
{
    pl_i256 r = number(value);
    pl_u256_shl(&r, &r, shift);
    return r;
}

static void begin(void)
{
    feed = (pl_feed){.decimals = 8,
                     .min = pl_i256_min_value(),
                     .max = pl_i256_max_value(),
                     .fallback = PL_NO_FEED};
}

/* ---- signer sets ---- */

static pl_signer_set sets[PL_SIGNER_SETS_MAX + 1];
static uint8_t members[256 * 20];

static pl_adapter_input input_at(uint64_t time_s)
{
    return (pl_adapter_input){.feed = &feed, .now_s = time_s};
}

static void fill_set(pl_signer_set *set, uint64_t from_s, uint64_t until_s, uint8_t id)
{
    *set = (pl_signer_set){
        .from_s = from_s, .until_s = until_s, .quorum = 1, .member_count = 1, .members = members};
    set->id[31] = id;
}

static void set_members(void)
{
    for (unsigned i = 0; i < 256; i++) {
        memset(members + 20 * i, 0, 20);
        members[20 * i] = (uint8_t)(i >> 4);
        members[20 * i + 19] = (uint8_t)(i + 1);
        members[20 * i + 1] = (uint8_t)(i & 15);
    }
}

static void sets_take_turns(void **state)
{
    (void)state;
    static const struct {
        uint64_t time_s;
        int set; /* -1: none */
    } rows[] = {{9, -1},  {10, 0}, {19, 0}, {20, 1},      {29, 1}, {30, -1},
                {39, -1}, {40, 2}, {41, 2}, {END - 1, 2}, {END, 2}};
    begin();
    set_members();
    feed.format = PL_FEED_API3;
    fill_set(&sets[0], 10, 20, 0);
    fill_set(&sets[1], 20, 30, 0);
    fill_set(&sets[2], 40, END, 0);
    feed.sets = sets;
    feed.set_count = 3;
    assert_int_equal(pl_feed_check(&feed), PL_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pl_signers signers;
        const pl_adapter_input in = input_at(rows[i].time_s);
        const pl_status status = pl_signers_active(&signers, &in);
        assert_int_equal(status, rows[i].set < 0 ? PL_REJECT_SIGNER_SET : PL_OK);
        assert_true(rows[i].set < 0 ||
                    (signers.set_number == rows[i].set && signers.set == &sets[rows[i].set]));
    }
}

static void sets_with_names_may_overlap(void **state)
{
    (void)state;
    uint8_t id[32] = {0};
    pl_signers signers;
    begin();
    set_members();
    feed.format = PL_FEED_PNAU;
    fill_set(&sets[0], 0, 20, 5);
    fill_set(&sets[1], 10, END, 6);
    feed.sets = sets;
    feed.set_count = 2;
    assert_int_equal(pl_feed_check(&feed), PL_OK);
    const pl_adapter_input early = input_at(9), both = input_at(19), late = input_at(20);
    id[31] = 5;
    assert_int_equal(pl_signers_named(&signers, &both, id, PL_REJECT_CONFIG), PL_OK);
    assert_int_equal(signers.set_number, 0);
    assert_int_equal(pl_signers_named(&signers, &late, id, PL_REJECT_CONFIG),
                     PL_REJECT_SIGNER_SET_OVER);
    id[31] = 6;
    assert_int_equal(pl_signers_named(&signers, &both, id, PL_REJECT_CONFIG), PL_OK);
    assert_int_equal(signers.set_number, 1);
    assert_int_equal(pl_signers_named(&signers, &early, id, PL_REJECT_CONFIG),
                     PL_REJECT_SIGNER_SET_OVER);
    id[0] = 1;
    assert_int_equal(pl_signers_named(&signers, &both, id, PL_REJECT_CONFIG), PL_REJECT_CONFIG);
    assert_int_equal(pl_signers_named(&signers, &both, id, PL_REJECT_SIGNER_SET),
                     PL_REJECT_SIGNER_SET);
}

static void quorums_count_members_once(void **state)
{
    (void)state;
    begin();
    set_members();
    feed.format = PL_FEED_API3;
    fill_set(&sets[0], 0, END, 0);
    sets[0].member_count = 255;
    sets[0].quorum = 3;
    feed.sets = sets;
    feed.set_count = 1;
    pl_signers signers;
    const pl_adapter_input in = input_at(NOW);
    assert_int_equal(pl_signers_active(&signers, &in), PL_OK);
    static const int chosen[] = {0, 254, 64};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(pl_signers_quorum(&signers), PL_REJECT_QUORUM);
        assert_int_equal(pl_signers_count(&signers, chosen[i]), PL_OK);
        assert_int_equal(pl_signers_count(&signers, chosen[i]), PL_REJECT_SIGNER_DUPLICATE);
    }
    assert_int_equal(pl_signers_quorum(&signers), PL_OK);
    assert_int_equal(pl_signers_count(&signers, 63), PL_OK);
    assert_int_equal(pl_signers_quorum(&signers), PL_OK);
    feed.format = PL_FEED_MEDIAN_POKE; /* exactly as many as the verifier wants */
    assert_int_equal(pl_signers_quorum(&signers), PL_REJECT_QUORUM);
    sets[0].quorum = 4;
    assert_int_equal(pl_signers_quorum(&signers), PL_OK);
}

/* ---- the rules of a feed ---- */

#define RULES(change, status)                                                                      \
    do {                                                                                           \
        begin();                                                                                   \
        set_members();                                                                             \
        feed.format = PL_FEED_API3;                                                                \
        feed.sets = sets;                                                                          \
        feed.set_count = 2;                                                                        \
        fill_set(&sets[0], 0, 10, 0);                                                              \
        fill_set(&sets[1], 10, END, 0);                                                            \
        change;                                                                                    \
        const pl_status got_ = pl_feed_check(&feed);                                               \
        if (strcmp(pl_status_name(got_), #status) != 0) {                                          \
            fail_msg("%s: %s, expected " #status, #change, pl_status_name(got_));                  \
        }                                                                                          \
    } while (0)

static void feeds_of_every_format(void **state)
{
    (void)state;
    RULES(, OK);
    RULES(feed.format = PL_FEED_FORMATS, TYPE);
    RULES(feed.format = PL_FEED_VAA, TYPE);
    RULES(feed.format = PL_FEED_BAND, TYPE);
    RULES(feed.format = PL_FEED_DLC_ANNOUNCEMENT, TYPE);
    RULES(feed.wire_decimals = 1, NON_CANONICAL);
    RULES(feed.format = PL_FEED_REDSTONE; feed.wire_decimals = 77, OK);
    RULES(feed.format = PL_FEED_REDSTONE; feed.wire_decimals = 78, LIMIT);
    RULES(feed.twap_s = 1, RANGE); /* bounds of 256 bits */
    RULES(feed.min = number(0); feed.max = shifted(1, 223); feed.twap_s = 1, RANGE);
    RULES(feed.min = shifted(-1, 223); feed.max = number(0); feed.twap_s = UINT32_MAX, OK);
    RULES(feed.min = shifted(-3, 222); feed.max = number(0); feed.twap_s = 1, RANGE);
    RULES(feed.set_count = 0, RANGE);
    RULES(feed.set_count = PL_SIGNER_SETS_MAX + 1, LIMIT);
    RULES(sets[0].from_s = 10, RANGE); /* never active */
    RULES(sets[0].from_s = 9; sets[1].from_s = 8, ORDER);
    RULES(sets[1].from_s = 9, RANGE);             /* both active at 9 */
    RULES(sets[0].id[31] = 1, NON_CANONICAL);     /* a name where none is asked for */
    RULES(feed.format = PL_FEED_PNAU, DUPLICATE); /* one name twice */
    RULES(feed.format = PL_FEED_PNAU; sets[0].id[0] = 1; sets[1].from_s = 5, OK);
    RULES(feed.format = PL_FEED_PNAU; sets[0].id[0] = 1; sets[0].from_s = 6;
          sets[1].from_s = 5, ORDER);
    RULES(sets[1].quorum = 2, RANGE);
    RULES(sets[1].member_count = 0; sets[1].quorum = 0, RANGE);
    RULES(sets[1].member_count = 255; sets[1].quorum = 255, OK);
    RULES(feed.format = PL_FEED_NATIVE; feed.rules = 1; sets[0].member_count = 65, LIMIT);
    RULES(sets[0].member_count = 2; members[0] = 1, ORDER);
    RULES(sets[0].member_count = 2; memcpy(members + 20, members, 20), DUPLICATE);
    RULES(memset(members, 0, 20), NON_CANONICAL);
    RULES(sets[0].id[0] = 1; feed.format = PL_FEED_OCR2; sets[0].member_count = 3;
          members[0] = 9, OK); /* by place: in any order */
    RULES(sets[0].id[0] = 1; feed.format = PL_FEED_OCR2; sets[0].member_count = 3;
          memcpy(members, members + 40, 20), DUPLICATE);
}

/* Own formats have no rule that could not matter. */
static void own_formats_are_plain(void **state)
{
    (void)state;
    RULES(feed.format = PL_FEED_UNSIGNED; feed.set_count = 0; feed.rules = 1, OK);
    RULES(feed.format = PL_FEED_UNSIGNED; feed.set_count = 0, NON_CANONICAL);
    RULES(feed.format = PL_FEED_UNSIGNED; feed.rules = 1, NON_CANONICAL);
    RULES(feed.format = PL_FEED_UNSIGNED; feed.set_count = 0; feed.rules = 1;
          feed.rounding = 1, NON_CANONICAL);
    RULES(feed.format = PL_FEED_UNSIGNED; feed.set_count = 0; feed.rules = 1;
          feed.subject_size = 1, NON_CANONICAL);
    RULES(feed.format = PL_FEED_UNSIGNED; feed.set_count = 0; feed.rules = 1;
          feed.confidence_bps = 1, NON_CANONICAL);
    RULES(feed.format = PL_FEED_UNSIGNED; feed.set_count = 0; feed.rules = 1;
          feed.deviation_bps = 1, OK);
}

static void keys_are_points(void **state)
{
    (void)state;
    uint8_t xonly[32];
    signer key = signer_of(1);
    memcpy(xonly, key.public_key + 1, sizeof xonly);
    RULES(feed.format = PL_FEED_DLC_ATTESTATION; feed.set_count = 1; sets[0].members = xonly, OK);
    memset(xonly, 0, sizeof xonly);
    xonly[31] = 5; /* 5^3 + 7 is no square */
    RULES(feed.format = PL_FEED_DLC_ATTESTATION; feed.set_count = 1;
          sets[0].members = xonly, NON_CANONICAL);
    memset(xonly, 0xff, sizeof xonly); /* above the prime of the field */
    RULES(feed.format = PL_FEED_DLC_ATTESTATION; feed.set_count = 1;
          sets[0].members = xonly, NON_CANONICAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_take_turns),
        cmocka_unit_test(sets_with_names_may_overlap),
        cmocka_unit_test(quorums_count_members_once),
        cmocka_unit_test(feeds_of_every_format),
        cmocka_unit_test(own_formats_are_plain),
        cmocka_unit_test(keys_are_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
