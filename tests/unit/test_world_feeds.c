/* world feeds: format 2 of a world, each rule of spec 06 §1 in one row; one encoding per world. */
#include "tests/unit/feed_parts.h"

static uint8_t world[4 * TINY_WORLD_SIZE_MAX];
static feed_list list;
static pl_feed feeds[2]; /* A is plain, B what a row changes */
static pl_signer_set sets[3];
static pl_world_error where;

static pl_status load(size_t size)
{
    pl_world loaded;
    counted_memory_init(&counted);
    uint8_t *copy = copy_of(world, size); /* exact, for the sanitizer */
    const pl_status status = pl_world_load(&loaded, &where, &counted.memory, copy, size);
    if (status == PL_OK) {
        pl_world_free(&loaded, &counted.memory);
    }
    free(copy);
    assert_int_equal(counted.out, 0);
    assert_true(counted.peak < (1u << 20) + 64 * size);
    return status;
}

static size_t write(void)
{
    feeds_begin(&list);
    feeds_add(&list, &feeds[0]);
    feeds_add(&list, &feeds[1]);
    return feeds_world(world, sizeof world, &list);
}

/* B: native, with a heartbeat and two sets. */
static void begin(void)
{
    feeds[0] = unsigned_feed();
    feeds[1] = unsigned_feed();
    feeds[1].format = PL_FEED_NATIVE;
    feeds[1].heartbeat_s = 9;
    feeds[1].sets = sets;
    feeds[1].set_count = 2;
    for (unsigned i = 0; i < 3; i++) {
        sets[i] = tiny_set(2);
    }
    sets[0].until_s = sets[1].from_s = 100;
}

#define ROW(change, status, place)                                                                 \
    do {                                                                                           \
        begin();                                                                                   \
        pl_feed *const b = &feeds[1];                                                              \
        (void)b;                                                                                   \
        change;                                                                                    \
        const pl_status got_ = load(write());                                                      \
        if (strcmp(pl_status_name(got_), #status) != 0 ||                                          \
            (got_ != PL_OK && where.index != (place))) {                                           \
            fail_msg("line %d: %s in %s %u, expected " #status, __LINE__, pl_status_name(got_),    \
                     where.part, (unsigned)where.index);                                           \
        }                                                                                          \
    } while (0)

static void every_rule_has_its_error(void **state)
{
    (void)state;
    ROW(, OK, 0);
    ROW(b->format = PL_FEED_FORMATS, TYPE, 1);
    ROW(b->format = PL_FEED_VAA, TYPE, 1);
    ROW(b->rules = 2, TYPE, 1);
    ROW(b->rules = 0, NON_CANONICAL, 1);
    ROW(b->rounding = 4, TYPE, 1);
    ROW(b->rounding = 1, NON_CANONICAL, 1);
    ROW(b->decimals = 78, LIMIT, 1);
    ROW(b->wire_decimals = 78, LIMIT, 1);
    ROW(b->wire_decimals = 1, NON_CANONICAL, 1);
    ROW(b->subject_size = PL_SUBJECT_SIZE_MAX + 1, LIMIT, 1);
    ROW(b->subject_size = 1, NON_CANONICAL, 1);
    ROW(b->confidence_bps = 1, NON_CANONICAL, 1);
    ROW(b->min = pl_i256_max_value(), RANGE, 1);
    ROW(b->max = pl_i256_max_value(), OK, 0);
    ROW(b->max = pl_i256_max_value(); b->twap_s = 1, RANGE, 1);
    ROW(b->min = pl_i256_min_value(); b->twap_s = 1, RANGE, 1);
    ROW(b->twap_s = UINT32_MAX; b->delay_s = UINT32_MAX; b->deviation_bps = UINT32_MAX, OK, 0);
    ROW(b->set_count = 0, RANGE, 1);
    ROW(b->set_count = 3, RANGE, 1); /* two without an end */
    ROW(b->set_count = 3; sets[2].from_s = 200; sets[1].until_s = 200, OK, 0);
    ROW(b->format = PL_FEED_UNSIGNED; b->set_count = 0, OK, 0);
    ROW(b->format = PL_FEED_UNSIGNED;
        sets[0].member_count = sets[1].member_count = 0, NON_CANONICAL, 1);
    ROW(sets[0].from_s = 100, RANGE, 1);
    ROW(sets[0].quorum = 0, RANGE, 1);
    ROW(sets[1].quorum = TINY_SIGNERS + 1, RANGE, 1);
    ROW(sets[1].from_s = 101, OK, 0);
    ROW(sets[1].from_s = 99, RANGE, 1);
    ROW(sets[0].from_s = 50; sets[1].from_s = 49, ORDER, 1);
    ROW(sets[0].id[0] = 1, NON_CANONICAL, 1);
}

static void members_of_every_kind(void **state)
{
    (void)state;
    uint8_t addresses[255 * 20], xonly[32];
    for (unsigned i = 0; i < 255; i++) {
        memset(addresses + 20 * i, (int)(i + 1), 20);
    }
    memcpy(xonly, tiny_signers()[0].public_key + 1, sizeof xonly);
#define ADDRESSES(count)                                                                           \
    b->format = PL_FEED_API3;                                                                      \
    b->set_count = 1;                                                                              \
    sets[0] = (pl_signer_set){                                                                     \
        .until_s = UINT64_MAX, .quorum = 1, .member_count = (count), .members = addresses}
    ROW(ADDRESSES(3), OK, 0);
    ROW(ADDRESSES(3); b->rules = 0; b->rounding = 3; b->subject_size = 32;
        b->confidence_bps = 1, OK, 0);
    ROW(ADDRESSES(100), OK, 0);
    ROW(ADDRESSES(2); sets[0].quorum = 3, RANGE, 1);
    ROW(ADDRESSES(2); b->format = PL_FEED_REDSTONE; b->wire_decimals = 8, OK, 0);
    ROW(ADDRESSES(2); b->format = PL_FEED_PNAU; b->set_count = 2; sets[1] = sets[0];
        sets[1].id[31] = 1, OK, 0);
    ROW(ADDRESSES(2); b->format = PL_FEED_PNAU; b->set_count = 2; sets[1] = sets[0], DUPLICATE, 1);
    ROW(ADDRESSES(1); b->format = PL_FEED_DLC_ATTESTATION; sets[0].members = xonly, OK, 0);
    ROW(ADDRESSES(1); b->format = PL_FEED_DLC_ATTESTATION; sets[0].members = xonly;
        memset(xonly, 0xff, sizeof xonly), NON_CANONICAL, 1);
    memset(addresses, 0, 20);
    ROW(ADDRESSES(1), NON_CANONICAL, 1);
    memset(addresses, 2, 20);
    ROW(ADDRESSES(2), DUPLICATE, 1);
    memset(addresses, 3, 20);
    ROW(ADDRESSES(2), ORDER, 1);
}

static void fallbacks_lead_back_only(void **state)
{
    (void)state;
    ROW(b->fallback = 0, OK, 0);
    ROW(b->fallback = 1, RANGE, 1); /* itself */
    ROW(b->fallback = 2, RANGE, 1);
    ROW(b->fallback = 0; feeds[0].decimals = 7, DECIMALS, 1);
    ROW(feeds[0].fallback = 1, RANGE, 0); /* ahead */
    ROW(feeds[0].fallback = 0, RANGE, 0);
}

/* What format 1 can say, only format 1 says; each of the rules alone needs format 2. */
static void one_encoding_per_world(void **state)
{
    (void)state;
    const uint32_t none = UINT32_MAX;
#define PLAIN                                                                                      \
    b->heartbeat_s = 0;                                                                            \
    b->set_count = 1;                                                                              \
    sets[0].until_s = UINT64_MAX
    ROW(PLAIN, NON_CANONICAL, none);
    assert_string_equal(where.part, "feed");
    ROW(PLAIN; b->heartbeat_s = 1, OK, 0);
    ROW(PLAIN; b->deviation_bps = 1, OK, 0);
    ROW(PLAIN; b->twap_s = 1, OK, 0);
    ROW(PLAIN; b->delay_s = 1, OK, 0);
    ROW(PLAIN; b->fallback = 0, OK, 0);
    ROW(PLAIN; sets[0].from_s = 1, OK, 0);
    ROW(PLAIN; sets[0].until_s--, OK, 0);
    ROW(PLAIN; feeds[0].delay_s = 1, OK, 0);
    feeds_begin(&list);
    assert_int_equal(load(feeds_world(world, sizeof world, &list)), PL_REJECT_NON_CANONICAL);
}

static void counts_are_bounded(void **state)
{
    (void)state;
    begin();
    feeds[1].set_count = 0;
    const size_t size = write();
    size_t at = size;
    while (memcmp(world + at, "\0\0\0\0\0\1\0\x8the bank", 16) != 0) {
        at--;
    }
    /* at: the note's size, then the labels; before it B's count of sets */
    memcpy(world + at - 2, "\1\1", 2);
    assert_int_equal(load(size), PL_REJECT_LIMIT);
    memcpy(world + at - 2, "\1\0", 2);
    assert_int_equal(load(size), PL_REJECT_TRUNCATED);
    memcpy(world + at - 2, "\0\0", 2);
    assert_int_equal(load(size), PL_REJECT_RANGE);
}

static void every_cut_and_every_bit(void **state)
{
    (void)state;
    begin();
    feeds[1].fallback = 0;
    const size_t size = write();
    const size_t feeds_size = list.writer.size;
    size_t at = 0;
    while (memcmp(world + at, list.bytes, feeds_size) != 0) {
        at++;
    }
    for (size_t cut = at; cut < size; cut++) {
        assert_true(pl_is_reject(load(cut)));
    }
    unsigned loads = 0;
    for (size_t bit = 8 * at; bit < 8 * (at + feeds_size); bit++) {
        world[bit / 8] ^= (uint8_t)(1u << bit % 8);
        const pl_status status = load(size);
        assert_true(status == PL_OK || pl_is_reject(status));
        loads += status == PL_OK;
        world[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(loads > 100);
    assert_int_equal(load(size), PL_OK);
}

/* A feed of many bytes in front: the count of feeds is believed, and the cut lies in the second. */
static void every_cut_of_a_small_feed(void **state)
{
    (void)state;
    begin();
    feeds[0] = feeds[1];
    feeds[0].sets = sets;
    feeds[0].set_count = 2;
    feeds[1] = unsigned_feed();
    const size_t size = write();
    size_t at = 0;
    while (memcmp(world + at, list.bytes, list.writer.size) != 0) {
        at++;
    }
    for (size_t cut = at; cut < size; cut++) { /* and what follows: rows, labels */
        assert_int_equal(load(cut), PL_REJECT_TRUNCATED);
    }
}

static void no_memory_is_a_fault(void **state)
{
    (void)state;
    pl_world loaded;
    begin();
    const size_t size = write();
    counted_memory_init(&counted);
    assert_int_equal(pl_world_load(&loaded, &where, &counted.memory, world, size), PL_OK);
    pl_world_free(&loaded, &counted.memory);
    const uint64_t takes = counted.takes;
    for (uint64_t refuse = 0; refuse < 2 * takes; refuse++) {
        counted_memory_init(&counted);
        counted.refuse_at = refuse / 2;
        counted.refuse_one = refuse % 2 == 1;
        assert_int_equal(pl_world_load(&loaded, &where, &counted.memory, world, size),
                         PL_FAULT_MEMORY);
        assert_int_equal(counted.out, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_its_error),  cmocka_unit_test(members_of_every_kind),
        cmocka_unit_test(fallbacks_lead_back_only),  cmocka_unit_test(one_encoding_per_world),
        cmocka_unit_test(counts_are_bounded),        cmocka_unit_test(every_cut_and_every_bit),
        cmocka_unit_test(every_cut_of_a_small_feed), cmocka_unit_test(no_memory_is_a_fault),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
