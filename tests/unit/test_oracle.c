/* oracle: each rule of spec 05 §2 in one row, its edges, and that no bit of a signed report is
 * free. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/signer.h"
#include "vm/base/bytes.h"
#include "vm/oracle/native.h"

enum { SIGNERS = 4, BLOCK_TIME = 1000, NATIVE = 0, UNSIGNED = 1, FEEDS = 2 };
#define END UINT64_MAX

static const uint8_t n_bytes[32] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};

static signer signers[SIGNERS];
static uint8_t signer_keys[SIGNERS * 33];
static pl_public_key parsed[SIGNERS];
static pl_signer_set sets[1];
static pl_feed feeds[FEEDS];
static uint8_t world_id[32];
static pl_report_context context;
static pl_price last;

static int set_up(void **state)
{
    (void)state;
    memset(world_id, 0x11, sizeof world_id);
    signers_sorted(signers, SIGNERS);
    for (unsigned i = 0; i < SIGNERS; i++) {
        memcpy(signer_keys + 33 * i, signers[i].public_key, 33);
    }
    sets[0] = (pl_signer_set){
        .until_s = UINT64_MAX, .quorum = 2, .member_count = SIGNERS, .members = signer_keys};
    feeds[NATIVE] = (pl_feed){.format = PL_FEED_NATIVE,
                              .decimals = 8,
                              .rules = PL_RULES_STRICT,
                              .staleness_s = 60,
                              .future_s = 5,
                              .min = pl_i256_from_i64(-5),
                              .max = pl_i256_from_i64(1000),
                              .fallback = PL_NO_FEED,
                              .set_count = 1,
                              .sets = sets,
                              .keys = parsed};
    feeds[UNSIGNED] = feeds[NATIVE];
    feeds[UNSIGNED].format = PL_FEED_UNSIGNED;
    feeds[UNSIGNED].set_count = 0;
    context = (pl_report_context){world_id, feeds, FEEDS, BLOCK_TIME, false};
    last = (pl_price){.exists = true, .round = 10, .time_s = 990, .decimals = 8};
    return pl_feed_check(&feeds[NATIVE]) == PL_OK ? 0 : -1;
}

static pl_status check(pl_price *price, const uint8_t *report, size_t size)
{
    uint32_t feed;
    const pl_status status = pl_report_feed(&feed, &context, report, size);
    return status != PL_OK ? status : pl_oracle_check(price, &context, &last, feed, report, size);
}

typedef enum tamper {
    AS_IS,
    CUT_TO_4,    /* not even the envelope             */
    CUT_IN_HEAD, /* ends inside the price             */
    CUT_LAST,    /* one byte of the last signature    */
    APPEND,      /* one byte too many                 */
    VERSION_2,   /* and cut to 5: version comes first */
    NO_FEED,     /* a feed the world lacks, payload gone: the feed comes first */
    HIGH_S,      /* s -> n - s, valid for lax verifiers */
    R_0,
    S_0,
    R_N,
    S_N,
    S_N_HALF_UP,
    OTHER_WORLD, /* signed for another world          */
    OTHER_KEY,   /* signature 2 is that of another signer of the list */
    LAST_BAD     /* the third of three is broken, quorum 2 */
} tamper;

typedef struct row {
    const char *reason;
    uint32_t feed;
    uint64_t round, time_s;
    int64_t price;
    uint8_t decimals;
    const char *order; /* the digits are the signer numbers */
    tamper tamper;
    const char *expected;
} row;

/* clang-format off */
static const row rows[] = {
    {"a good report",               0, 11, 1000,  500, 8, "01",   AS_IS,       "OK"},
    {"more than the quorum",        0, 11, 1000,  500, 8, "0123", AS_IS,       "OK"},
    {"any quorum of the list",      0, 11, 1000,  500, 8, "13",   AS_IS,       "OK"},
    {"rounds may skip",             0, 99, 1000,  500, 8, "01",   AS_IS,       "OK"},
    {"four bytes",                  0, 11, 1000,  500, 8, "01",   CUT_TO_4,    "TRUNCATED"},
    {"ends in the head",            0, 11, 1000,  500, 8, "01",   CUT_IN_HEAD, "TRUNCATED"},
    {"ends in a signature",         0, 11, 1000,  500, 8, "01",   CUT_LAST,    "TRUNCATED"},
    {"one byte more",               0, 11, 1000,  500, 8, "01",   APPEND,      "TRAILING"},
    {"version before payload",      0, 11, 1000,  500, 8, "01",   VERSION_2,   "VERSION"},
    {"feed before payload",         2, 11, 1000,  500, 8, "01",   NO_FEED,     "FEED"},
    {"feed unknown",                2, 11, 1000,  500, 8, "01",   AS_IS,       "FEED"},
    {"decimals",                    0, 11, 1000,  500, 9, "01",   AS_IS,       "DECIMALS"},
    {"decimals before round",       0, 10, 1000,  500, 7, "01",   AS_IS,       "DECIMALS"},
    {"round repeats",               0, 10, 1000,  500, 8, "01",   AS_IS,       "ROUND"},
    {"round falls",                 0,  9, 1000,  500, 8, "01",   AS_IS,       "ROUND"},
    {"round before time",           0, 10,  900,  500, 8, "01",   AS_IS,       "ROUND"},
    {"time as the last",            0, 11,  990,  500, 8, "01",   AS_IS,       "OK"},
    {"time below the last",         0, 11,  989,  500, 8, "01",   AS_IS,       "REPORT_TIME"},
    {"last second of the future",   0, 11, 1005,  500, 8, "01",   AS_IS,       "OK"},
    {"one second beyond",           0, 11, 1006,  500, 8, "01",   AS_IS,       "REPORT_TIME"},
    {"staleness does not wrap",     0, 11,  END,  500, 8, "01",   AS_IS,       "REPORT_TIME"},
    {"lowest price",                0, 11, 1000,   -5, 8, "01",   AS_IS,       "OK"},
    {"below it",                    0, 11, 1000,   -6, 8, "01",   AS_IS,       "PRICE_BOUNDS"},
    {"highest price",               0, 11, 1000, 1000, 8, "01",   AS_IS,       "OK"},
    {"above it",                    0, 11, 1000, 1001, 8, "01",   AS_IS,       "PRICE_BOUNDS"},
    {"bounds before signers",       0, 11, 1000, 1001, 8, "",     AS_IS,       "PRICE_BOUNDS"},
    {"no signature",                0, 11, 1000,  500, 8, "",     AS_IS,       "UNSIGNED"},
    {"signer 4 of 0..3",            0, 11, 1000,  500, 8, "04",   AS_IS,       "SIGNER"},
    {"signer before order",         0, 11, 1000,  500, 8, "104",  AS_IS,       "SIGNER"},
    {"order falls",                 0, 11, 1000,  500, 8, "10",   AS_IS,       "SIGNER_ORDER"},
    {"one signer twice",            0, 11, 1000,  500, 8, "11",   AS_IS,       "SIGNER_ORDER"},
    {"order before quorum",         0, 11, 1000,  500, 8, "00",   HIGH_S,      "SIGNER_ORDER"},
    {"below the quorum",            0, 11, 1000,  500, 8, "3",    AS_IS,       "QUORUM"},
    {"quorum before signature",     0, 11, 1000,  500, 8, "3",    HIGH_S,      "QUORUM"},
    {"high s",                      0, 11, 1000,  500, 8, "01",   HIGH_S,      "SIGNATURE"},
    {"s one above (n - 1) / 2",     0, 11, 1000,  500, 8, "01",   S_N_HALF_UP, "SIGNATURE"},
    {"r = 0",                       0, 11, 1000,  500, 8, "01",   R_0,         "SIGNATURE"},
    {"s = 0",                       0, 11, 1000,  500, 8, "01",   S_0,         "SIGNATURE"},
    {"r = n",                       0, 11, 1000,  500, 8, "01",   R_N,         "SIGNATURE"},
    {"s = n",                       0, 11, 1000,  500, 8, "01",   S_N,         "SIGNATURE"},
    {"signed for another world",    0, 11, 1000,  500, 8, "01",   OTHER_WORLD, "SIGNATURE"},
    {"another signer's signature",  0, 11, 1000,  500, 8, "01",   OTHER_KEY,   "SIGNATURE"},
    {"a bad one beyond the quorum", 0, 11, 1000,  500, 8, "012",  LAST_BAD,    "SIGNATURE"},
    {"unsigned feed",               1, 11, 1000,  500, 8, "",     AS_IS,       "OK"},
    {"unsigned feed, signed report",1, 11, 1000,  500, 8, "01",   AS_IS,       "NON_CANONICAL"},
    {"unsigned feed, other rules",  1, 11, 1000, 1001, 8, "",     AS_IS,       "PRICE_BOUNDS"},
};
/* clang-format on */

/* r = n - r, 32 bytes. */
static void negate(uint8_t *r)
{
    unsigned borrow = 0;
    for (int i = 31; i >= 0; i--) {
        const unsigned taken = r[i] + borrow;
        borrow = n_bytes[i] < taken;
        r[i] = (uint8_t)(n_bytes[i] - taken);
    }
}

static size_t apply(uint8_t *report, size_t size, tamper how)
{
    uint8_t *signature = report + PL_NATIVE_HEAD_SIZE + 1; /* r | s of the first */
    switch (how) {
    case AS_IS:
    case OTHER_WORLD:
        return size;
    case CUT_TO_4:
        return 4;
    case CUT_IN_HEAD:
        return 54;
    case CUT_LAST:
        return size - 1;
    case APPEND:
        report[size] = 0;
        return size + 1;
    case VERSION_2:
        report[0] = 2;
        return 5;
    case NO_FEED:
        return 5;
    case HIGH_S:
        negate(signature + 32);
        return size;
    case R_0:
        memset(signature, 0, 32);
        return size;
    case S_0:
        memset(signature + 32, 0, 32);
        return size;
    case R_N:
        memcpy(signature, n_bytes, 32);
        return size;
    case S_N:
        memcpy(signature + 32, n_bytes, 32);
        return size;
    case S_N_HALF_UP:
        memset(signature + 32, 0, 32);
        pl_store_u64(signature + 32, UINT64_C(0x8000000000000000));
        return size;
    case OTHER_KEY:
        signature[-1] = 0;
        signature[PL_NATIVE_SIGNATURE_SIZE - 1] = 2;
        return size;
    case LAST_BAD:
        report[size - 1] ^= 1;
        return size;
    }
    return size;
}

static size_t make(uint8_t *report, const row *r)
{
    uint8_t order[8], other[32];
    report_spec spec = {world_id,  r->feed,  r->round,
                        r->time_s, r->price, r->decimals,
                        signers,   order,    (uint8_t)strlen(r->order)};
    for (unsigned i = 0; i < spec.count; i++) {
        order[i] = (uint8_t)(r->order[i] - '0');
        order[i] = order[i] < SIGNERS ? order[i] : SIGNERS - 1; /* renamed below */
    }
    if (r->tamper == OTHER_WORLD) {
        memset(other, 0x12, sizeof other);
        spec.world_id = other;
    }
    const size_t size = report_make(report, &spec);
    for (unsigned i = 0; i < spec.count; i++) {
        report[PL_NATIVE_HEAD_SIZE + PL_NATIVE_SIGNATURE_SIZE * i] = (uint8_t)(r->order[i] - '0');
    }
    return apply(report, size, r->tamper);
}

static void every_rule_has_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t report[PL_NATIVE_SIZE_MAX + 1];
        pl_price price = {.exists = false, .round = 77};
        const size_t size = make(report, &rows[i]);
        const pl_status status = check(&price, report, size);
        if (strcmp(pl_status_name(status), rows[i].expected) != 0) {
            fail_msg("%s: %s, expected %s", rows[i].reason, pl_status_name(status),
                     rows[i].expected);
        }
        /* a refused report leaves the price alone */
        assert_true(price.exists == (status == PL_OK));
        assert_true(price.round == (status == PL_OK ? rows[i].round : 77));
    }
}

static void accepted_price_is_what_was_signed(void **state)
{
    (void)state;
    uint8_t report[PL_NATIVE_SIZE_MAX + 1];
    const row good = {"", 0, 11, 1001, -3, 8, "13", AS_IS, ""};
    const size_t size = make(report, &good);
    const pl_i256 expected = pl_i256_from_i64(-3);
    pl_price price;
    assert_int_equal(check(&price, report, size), PL_OK);
    assert_true(pl_u256_eq(&price.price, &expected));
    assert_int_equal(price.decimals, 8);
    assert_true(price.time_s == 1001 && price.round == 11 && price.signers.bits[0] == 0xa);
}

static void staleness_has_one_edge(void **state)
{
    (void)state;
    uint8_t report[PL_NATIVE_SIZE_MAX + 1];
    const row old = {"", 0, 1, 100, 500, 8, "01", AS_IS, ""};
    const size_t size = make(report, &old);
    const pl_price before = last;
    pl_price price;
    last.exists = false; /* none accepted: any round */
    context.block_time_s = 160;
    assert_int_equal(check(&price, report, size), PL_OK);
    context.block_time_s = 161;
    assert_int_equal(check(&price, report, size), PL_REJECT_STALE);
    context.block_time_s = UINT64_MAX;
    assert_int_equal(check(&price, report, size), PL_REJECT_STALE);
    feeds[NATIVE].staleness_s = UINT64_MAX; /* 100 + 2^64 - 1 does not wrap */
    assert_int_equal(check(&price, report, size), PL_OK);
    feeds[NATIVE].staleness_s = 60;
    context.block_time_s = BLOCK_TIME;
    last = before;
}

static void no_bit_is_free(void **state)
{
    (void)state;
    uint8_t report[PL_NATIVE_SIZE_MAX + 1];
    const row good = {"", 0, 11, 1000, 500, 8, "02", AS_IS, ""};
    const size_t size = make(report, &good);
    pl_price price;
    assert_int_equal(check(&price, report, size), PL_OK);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        report[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (check(&price, report, size) == PL_OK) {
            fail_msg("bit %zu of the report can be flipped", bit);
        }
        report[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(check(&price, report, cut), PL_REJECT_TRUNCATED);
    }
}

static void feed_of_a_broken_report(void **state)
{
    (void)state;
    uint8_t report[5] = {1, 0, 0, 0, 1};
    uint32_t feed = 0;
    assert_int_equal(pl_report_feed(&feed, &context, report, 4), PL_REJECT_TRUNCATED);
    assert_int_equal(feed, UINT32_MAX);
    assert_int_equal(pl_report_feed(&feed, &context, report, 5), PL_OK);
    assert_int_equal(feed, 1);
    report[0] = 0;
    assert_int_equal(pl_report_feed(&feed, &context, report, 5), PL_REJECT_VERSION);
    assert_int_equal(feed, 1);
    report[0] = 1;
    report[1] = 9;
    assert_int_equal(pl_report_feed(&feed, &context, report, 5), PL_REJECT_FEED);
    assert_int_equal(feed, 0x09000001);
}

static void benchmark_flag_skips_only_the_curve(void **state)
{
    (void)state;
    uint8_t report[PL_NATIVE_SIZE_MAX + 1];
    const row bad = {"", 0, 11, 1000, 500, 8, "012", LAST_BAD, ""};
    const row few = {"", 0, 11, 1000, 500, 8, "1", AS_IS, ""};
    pl_price price;
    context.bench_skip_signatures = true;
    const pl_status skipped = check(&price, report, make(report, &bad));
    const pl_status kept = check(&price, report, make(report, &few));
    context.bench_skip_signatures = false;
    assert_int_equal(skipped, PL_OK);
    assert_int_equal(kept, PL_REJECT_QUORUM);
}

/* ---- feeds ---- */

static void feed_rules_are_checked(void **state)
{
    (void)state;
    uint8_t list[SIGNERS * 33];
    pl_signer_set set = sets[0];
    pl_feed feed = feeds[NATIVE];
    assert_int_equal(pl_feed_check(&feed), PL_OK);
#define EXPECT(part, value, status)                                                                \
    do {                                                                                           \
        set = sets[0];                                                                             \
        feed = feeds[NATIVE];                                                                      \
        feed.sets = &set;                                                                          \
        part = (value);                                                                            \
        assert_int_equal(pl_feed_check(&feed), status);                                            \
    } while (0)
    EXPECT(feed.format, PL_FEED_FORMATS, PL_REJECT_TYPE);
    EXPECT(feed.format, PL_FEED_VAA, PL_REJECT_TYPE);
    EXPECT(feed.rules, 2, PL_REJECT_TYPE);
    EXPECT(feed.rounding, 4, PL_REJECT_TYPE);
    EXPECT(feed.decimals, 77, PL_OK);
    EXPECT(feed.decimals, 78, PL_REJECT_LIMIT);
    EXPECT(feed.wire_decimals, 1, PL_REJECT_NON_CANONICAL);
    EXPECT(feed.subject_size, PL_SUBJECT_SIZE_MAX + 1, PL_REJECT_LIMIT);
    EXPECT(feed.max, feed.min, PL_OK);
    EXPECT(feed.max, pl_i256_from_i64(-6), PL_REJECT_RANGE);
    EXPECT(feed.set_count, 0, PL_REJECT_RANGE);
    EXPECT(feed.format, PL_FEED_UNSIGNED, PL_REJECT_NON_CANONICAL);
    EXPECT(set.member_count, 65, PL_REJECT_LIMIT);
    EXPECT(set.quorum, 0, PL_REJECT_RANGE);
    EXPECT(set.quorum, SIGNERS, PL_OK);
    EXPECT(set.quorum, SIGNERS + 1, PL_REJECT_RANGE);
    EXPECT(set.until_s, 0, PL_REJECT_RANGE);
    EXPECT(set.id[0], 1, PL_REJECT_NON_CANONICAL);
    memcpy(list, signer_keys, sizeof list);
    memcpy(list + 33, signer_keys, 33);
    EXPECT(set.members, list, PL_REJECT_DUPLICATE);
    memcpy(list, signer_keys + 33, 33);
    EXPECT(set.members, list, PL_REJECT_ORDER);
    memset(list, 0, 33);
    EXPECT(set.members, list, PL_REJECT_NON_CANONICAL);
    list[0] = 2; /* x = 0 is on no curve point */
    memcpy(list + 33, signer_keys + 33, 33);
    EXPECT(set.members, list, PL_REJECT_NON_CANONICAL);
    assert_int_equal(pl_feed_check(&feeds[UNSIGNED]), PL_OK);
}

/* ---- vectors computed with another SHA-256 ---- */

static void expect_hex(const uint8_t *bytes, const char *hex)
{
    char text[65];
    for (unsigned i = 0; i < 32; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    assert_string_equal(text, hex);
}

static void digests_are_the_specs(void **state)
{
    (void)state;
    uint8_t report[PL_NATIVE_SIZE_MAX + 1], digest[32];
    const uint8_t key[33] = {2};
    const row one = {"", 0, 11, 1000, 500, 8, "", AS_IS, ""};
    make(report, &one);
    pl_native_digest(digest, world_id, report);
    expect_hex(digest, "f8ebce92f614d335944af758e93aedf84b8fc8ce30537603b0bb9e6859ab49c8");
    pl_account_of_key(digest, key);
    expect_hex(digest, "a2345ee10ab1e04959e00d8e2da0c2baaf5149b77da8eab44eaedbcef8e45f75");
    pl_tx_digest(digest, world_id, (const uint8_t *)"abc", 3);
    expect_hex(digest, "79b2f4483e8b35693afcab39580f84d8a4619fcec8fdebe90dc3b1ceca0605df");
}

/* ---- transactions ---- */

static void transaction_authority(void **state)
{
    (void)state;
    const uint8_t tx[] = "some transaction";
    uint8_t account[32], digest[32], signature[64], other[32];
    pl_account_of_key(account, signers[0].public_key);
    pl_tx_digest(digest, world_id, tx, sizeof tx);
    signer_sign(signature, &signers[0], digest);
#define AUTH(caller, world, size, key, skip)                                                       \
    pl_tx_auth_check(caller, world, tx, size, key, signature, NULL, skip)
    const uint8_t *key = signers[0].public_key;
    assert_int_equal(AUTH(account, world_id, sizeof tx, key, false), PL_OK);
    memset(other, 0, sizeof other);
    assert_int_equal(AUTH(other, world_id, sizeof tx, key, false), PL_REJECT_TX_AUTH);
    assert_int_equal(AUTH(other, world_id, sizeof tx, key, true), PL_REJECT_TX_AUTH);
    assert_int_equal(AUTH(account, other, sizeof tx, key, false), PL_REJECT_TX_AUTH);
    assert_int_equal(AUTH(account, world_id, sizeof tx - 1, key, false), PL_REJECT_TX_AUTH);
    assert_int_equal(AUTH(account, world_id, sizeof tx - 1, key, true), PL_OK);
    pl_account_of_key(other, signers[1].public_key);
    assert_int_equal(AUTH(other, world_id, sizeof tx, signers[1].public_key, false),
                     PL_REJECT_TX_AUTH);
    uint8_t no_point[33] = {2};
    pl_account_of_key(other, no_point);
    assert_int_equal(AUTH(other, world_id, sizeof tx, no_point, false), PL_REJECT_TX_AUTH);
    negate(signature + 32);
    assert_int_equal(AUTH(account, world_id, sizeof tx, key, false), PL_REJECT_TX_AUTH);
    assert_int_equal(AUTH(account, world_id, sizeof tx, key, true), PL_REJECT_TX_AUTH);
}

static void bounds_of_r_and_s(void **state)
{
    (void)state;
    uint8_t signature[64] = {0};
    signature[31] = 1;
    signature[63] = 1;
    assert_int_equal(pl_signature_bounds(signature), PL_OK);
    signature[31] = 0;
    assert_int_equal(pl_signature_bounds(signature), PL_REJECT_SIGNATURE);
    signature[31] = 1;
    signature[63] = 0;
    assert_int_equal(pl_signature_bounds(signature), PL_REJECT_SIGNATURE);
    signature[63] = 1;
    memcpy(signature, n_bytes, 32);
    assert_int_equal(pl_signature_bounds(signature), PL_REJECT_SIGNATURE);
    signature[31]--;
    assert_int_equal(pl_signature_bounds(signature), PL_OK);
    /* (n - 1) / 2 and one above: n - 1 is even, n - (n - 1) / 2 = (n + 1) / 2 */
    for (unsigned i = 0; i < 32; i++) {
        const unsigned above = i == 0 ? 0 : n_bytes[i - 1] & 1u;
        signature[32 + i] = (uint8_t)(n_bytes[i] >> 1 | above << 7);
    }
    assert_int_equal(pl_signature_bounds(signature), PL_OK);
    negate(signature + 32);
    assert_int_equal(pl_signature_bounds(signature), PL_REJECT_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_its_reason),
        cmocka_unit_test(accepted_price_is_what_was_signed),
        cmocka_unit_test(staleness_has_one_edge),
        cmocka_unit_test(no_bit_is_free),
        cmocka_unit_test(feed_of_a_broken_report),
        cmocka_unit_test(benchmark_flag_skips_only_the_curve),
        cmocka_unit_test(feed_rules_are_checked),
        cmocka_unit_test(digests_are_the_specs),
        cmocka_unit_test(transaction_authority),
        cmocka_unit_test(bounds_of_r_and_s),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
