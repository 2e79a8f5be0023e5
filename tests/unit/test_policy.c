/* policy: each rule of spec 05 §6 at its edges, in its order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vm/oracle/policy.h"
#include "vm/oracle/stage.h"

enum { NOW = 1000000 };
#define END UINT64_MAX

static pl_feed feed;
static pl_price last;
static pl_reading reading;
static pl_clock now;

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

/* A reading that is accepted as it is: pyth-lazer has a time, a scale of its own and a confidence.
 */
static void begin(void)
{
    feed = (pl_feed){.format = PL_FEED_LAZER,
                     .decimals = 8,
                     .staleness_s = 60,
                     .future_s = 5,
                     .min = pl_i256_min_value(),
                     .max = pl_i256_max_value(),
                     .fallback = PL_NO_FEED};
    last = (pl_price){.exists = true, .price = number(2000), .time_s = NOW - 10, .round = 7};
    reading = (pl_reading){.has_price = true,
                           .price = number(2000),
                           .exponent = -8,
                           .has_time = true,
                           .time_s = NOW - 1,
                           .order = 8,
                           .expires_s = END};
    now = (pl_clock){NOW, 0};
}

static pl_price price;

static pl_status check(void)
{
    price = (pl_price){.round = 77};
    const pl_status status = pl_policy_check(&price, &feed, now, &last, &reading);
    /* a refused reading leaves the price alone */
    assert_true(price.exists == (status == PL_OK));
    assert_true(status == PL_OK || price.round == 77);
    return status;
}

#define EXPECT(status)                                                                             \
    do {                                                                                           \
        const pl_status got_ = check();                                                            \
        if (strcmp(pl_status_name(got_), #status) != 0) {                                          \
            fail_msg("line %d: %s, expected " #status, __LINE__, pl_status_name(got_));            \
        }                                                                                          \
    } while (0)

/* Everything is wrong; each step mends what is named, and the next rule speaks. */
static void rules_are_asked_in_their_order(void **state)
{
    (void)state;
    begin();
    feed.min = number(1999);
    feed.max = number(2001);
    feed.rules = PL_RULES_STRICT;
    feed.deviation_bps = 1;
    feed.confidence_bps = 1;
    last.price = number(1000);
    reading = (pl_reading){.price = shifted(1, 200),
                           .exponent = -7,
                           .has_time = true,
                           .time_s = NOW + 6,
                           .order = 7,
                           .valid_from_s = NOW + 6,
                           .expires_s = NOW - 1,
                           .strict_error = PL_REJECT_HIGH_S};
    EXPECT(NO_VALUE);
    reading.has_price = true;
    EXPECT(REPLAY);
    reading.order = 8;
    EXPECT(FUTURE);
    reading.valid_from_s = NOW + 5;
    EXPECT(EXPIRED);
    reading.expires_s = NOW;
    EXPECT(FUTURE);
    reading.time_s = NOW - 61;
    EXPECT(STALE);
    reading.time_s = NOW - 60;
    reading.exponent = 69;
    EXPECT(EXPONENT);
    reading.exponent = -8;
    EXPECT(PRICE_BOUNDS);
    reading.price = number(2001);
    EXPECT(DEVIATION);
    last.price = number(2001);
    EXPECT(CONFIDENCE);
    reading.has_confidence = true;
    EXPECT(HIGH_S);
    feed.rules = PL_RULES_DEPLOYED;
    EXPECT(OK);
    assert_true(pl_u256_eq(&price.price, &reading.price));
    assert_true(price.decimals == 8 && price.time_s == NOW - 60 && price.round == 8);
    assert_true(price.height == 0);
}

static void the_first_price_needs_no_order(void **state)
{
    (void)state;
    begin();
    reading.order = 0;
    EXPECT(REPLAY);
    feed.format = PL_FEED_MEDIAN_MESSAGE;
    EXPECT(STALE); /* each format names its own error */
    last = (pl_price){.exists = false, .round = 99, .price = number(1)};
    feed.deviation_bps = 1;
    EXPECT(OK);
}

/* ---- age ---- */

/* spec 09 §7: RedStone leaves fractions of a second out on both sides. */
static void whole_seconds_where_the_format_counts_them(void **state)
{
    (void)state;
    begin();
    feed.format = PL_FEED_REDSTONE;
    reading.time_s = NOW + 5;
    reading.time_ns = 999000000;
    EXPECT(OK);
    feed.format = PL_FEED_LAZER;
    EXPECT(FUTURE);
    feed.format = PL_FEED_REDSTONE;
    reading.time_s = NOW + 6;
    reading.time_ns = 0;
    EXPECT(FUTURE);
    now.nanoseconds = 999999999;
    EXPECT(FUTURE);
    reading.time_s = NOW - 60;
    EXPECT(OK);
    reading.time_s = NOW - 61;
    reading.time_ns = 999000000;
    now.nanoseconds = 0;
    EXPECT(STALE);
    feed.format = PL_FEED_LAZER;
    EXPECT(STALE);
    now.nanoseconds = 0;
    feed.staleness_s = 61;
    EXPECT(OK);
}

static void age_has_edges_to_the_nanosecond(void **state)
{
    (void)state;
    begin();
    reading.time_s = NOW - 60;
    EXPECT(OK);
    now.nanoseconds = 1;
    EXPECT(STALE);
    reading.time_ns = 1;
    EXPECT(OK);
    reading.time_ns = 0;
    reading.time_s = NOW - 61;
    now = (pl_clock){NOW, 999999999};
    reading.time_ns = 999999999;
    EXPECT(STALE); /* 61 seconds */
    now.nanoseconds = 0;
    EXPECT(STALE); /* 60 seconds and a nanosecond */
    reading.time_s = NOW + 5;
    reading.time_ns = 0;
    EXPECT(OK);
    reading.time_ns = 1;
    EXPECT(FUTURE);
    now.nanoseconds = 1;
    EXPECT(OK);
    reading.time_s = NOW + 6;
    reading.time_ns = 0;
    now.nanoseconds = 999999999;
    EXPECT(FUTURE); /* 5 seconds and a nanosecond */
}

static void times_do_not_wrap(void **state)
{
    (void)state;
    begin();
    reading.time_s = END;
    EXPECT(FUTURE);
    feed.future_s = END;
    EXPECT(OK);
    reading.time_s = 0;
    EXPECT(STALE);
    feed.staleness_s = END;
    EXPECT(OK);
    now.seconds = END;
    EXPECT(OK); /* exactly as old as allowed */
    now.nanoseconds = 1;
    EXPECT(STALE);
    now = (pl_clock){0, 0};
    reading.time_s = END;
    EXPECT(OK);
    reading.time_ns = 1;
    EXPECT(FUTURE);
}

static void a_report_may_say_when_it_holds(void **state)
{
    (void)state;
    begin();
    reading.valid_from_s = NOW + 5;
    EXPECT(OK);
    reading.valid_from_s = NOW + 6;
    EXPECT(FUTURE);
    reading.valid_from_s = 0;
    reading.expires_s = NOW;
    EXPECT(OK);
    now.nanoseconds = 999999999; /* the second that it names belongs to it */
    EXPECT(OK);
    now = (pl_clock){NOW + 1, 0};
    EXPECT(EXPIRED);
}

static void a_report_without_a_time_has_that_of_the_block(void **state)
{
    (void)state;
    begin();
    feed.format = PL_FEED_OCR1;
    feed.staleness_s = 0;
    reading.has_time = false;
    reading.time_s = 5;
    EXPECT(OK);
    assert_true(price.time_s == NOW && price.round == 8);
}

/* ---- scale ---- */

static void shrink(int64_t value, int32_t exponent, uint8_t rounding, int64_t expected)
{
    reading.price = number(value);
    reading.exponent = exponent;
    feed.rounding = rounding;
    const pl_status status = check();
    const pl_i256 wanted = number(expected);
    if (status != PL_OK || !pl_u256_eq(&price.price, &wanted)) {
        fail_msg("%lld * 10^%d, rounding %u: %s", (long long)value, (int)exponent,
                 (unsigned)rounding, pl_status_name(status));
    }
}

static void every_rounding_of_both_signs(void **state)
{
    (void)state;
    /* at 10^-9 for 8 decimals: the value, then exact (0: none), down, up, half even */
    static const int64_t rows[][4] = {
        {10, 1, 1, 1},     {11, 1, 2, 1},     {14, 1, 2, 1},     {15, 1, 2, 2},
        {16, 1, 2, 2},     {25, 2, 3, 2},     {35, 3, 4, 4},     {-10, -1, -1, -1},
        {-11, -2, -1, -1}, {-15, -2, -1, -2}, {-25, -3, -2, -2}, {-26, -3, -2, -3},
        {0, 0, 0, 0},      {1, 0, 1, 0},      {-1, -1, 0, 0},    {5, 0, 1, 0},
        {-5, -1, 0, 0},
    };
    begin();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        shrink(rows[i][0], -9, PL_SHRINK_DOWN, rows[i][1]);
        shrink(rows[i][0], -9, PL_SHRINK_UP, rows[i][2]);
        shrink(rows[i][0], -9, PL_SHRINK_HALF_EVEN, rows[i][3]);
        if (rows[i][0] % 10 == 0) {
            shrink(rows[i][0], -9, PL_SHRINK_EXACT, rows[i][0] / 10);
        } else {
            feed.rounding = PL_SHRINK_EXACT;
            EXPECT(EXPONENT);
        }
    }
    for (uint8_t rounding = 0; rounding <= PL_SHRINK_HALF_EVEN; rounding++) {
        shrink(-7, -8, rounding, -7);
        shrink(-7, -6, rounding, -700);
        shrink(7, 2, rounding, INT64_C(70000000000));
    }
}

static void exponents_have_ends(void **state)
{
    (void)state;
    static const int32_t beyond[] = {69, -85, INT32_MAX, INT32_MIN};
    begin();
    feed.rounding = PL_SHRINK_DOWN;
    shrink(0, 68, PL_SHRINK_DOWN, 0); /* 10^76 is the largest power there is */
    reading.price = number(5);
    EXPECT(OK); /* 5 * 10^76 < 2^255 */
    reading.price = number(-5);
    EXPECT(OK);
    reading.price = number(6);
    EXPECT(EXPONENT);
    reading.price = number(-6);
    EXPECT(EXPONENT);
    shrink(-1, -84, PL_SHRINK_DOWN, -1);
    shrink(-1, -84, PL_SHRINK_UP, 0);
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        reading.price = number(0); /* also where no digit would be lost */
        reading.exponent = beyond[i];
        EXPECT(EXPONENT);
    }
    feed.decimals = 77;
    shrink(3, -77, PL_SHRINK_EXACT, 3);
    reading.exponent = -8;
    EXPECT(OK); /* 3 * 10^69 */
    reading.exponent = 0;
    reading.price = number(0);
    EXPECT(EXPONENT); /* 10^77 */
    feed.decimals = 0;
    reading.exponent = 0;
    reading.price = pl_i256_min_value();
    EXPECT(OK);
    reading.exponent = -1;
    feed.rounding = PL_SHRINK_DOWN;
    EXPECT(OK);
    feed.rounding = PL_SHRINK_EXACT; /* 2^255 ends with 8 */
    EXPECT(EXPONENT);
}

static void bounds_are_allowed_prices(void **state)
{
    (void)state;
    begin();
    feed.min = number(-20);
    feed.max = number(30);
    feed.rounding = PL_SHRINK_UP;
    shrink(-20, -8, PL_SHRINK_UP, -20);
    shrink(30, -8, PL_SHRINK_UP, 30);
    shrink(-209, -9, PL_SHRINK_UP, -20); /* bounds are asked of what contracts see */
    reading.price = number(-210);
    EXPECT(PRICE_BOUNDS);
    reading.price = number(301);
    EXPECT(PRICE_BOUNDS);
}

/* ---- movement and width ---- */

static void movement_has_an_edge(void **state)
{
    (void)state;
    begin();
    feed.deviation_bps = 100;
    last.price = number(1000);
    for (int sign = -1; sign <= 1; sign += 2) {
        last.price = number(1000 * sign);
        reading.price = number(1010 * sign);
        EXPECT(OK);
        reading.price = number(990 * sign);
        EXPECT(OK);
        reading.price = number(1011 * sign);
        EXPECT(DEVIATION);
        reading.price = number(989 * sign);
        EXPECT(DEVIATION);
        reading.price = number(-1000 * sign);
        EXPECT(DEVIATION);
    }
    last.price = number(1099); /* 1 % is 10.99 */
    reading.price = number(1109);
    EXPECT(OK);
    reading.price = number(1110);
    EXPECT(DEVIATION);
    last.price = number(0);
    reading.price = number(1);
    EXPECT(DEVIATION);
    reading.price = number(0);
    EXPECT(OK);
    feed.deviation_bps = 0;
    reading.price = number(1);
    EXPECT(OK);
}

/* Products above 2^256 decide nothing by their size. */
static void movement_is_exact_for_large_prices(void **state)
{
    (void)state;
    begin();
    feed.deviation_bps = 10000;
    last.price = pl_i256_min_value();
    reading.price = pl_i256_min_value();
    EXPECT(OK);
    reading.price = number(0);
    EXPECT(OK); /* the distance is |last| */
    reading.price = number(1);
    EXPECT(DEVIATION);
    reading.price = pl_i256_max_value();
    EXPECT(DEVIATION); /* 2^256 - 1 */
    feed.deviation_bps = 20000;
    EXPECT(OK);
    feed.deviation_bps = UINT32_MAX;
    EXPECT(OK);
    feed.deviation_bps = 1;
    last.price = shifted(10000, 240);
    reading.price = shifted(10001, 240);
    EXPECT(OK);
    const pl_i256 one = number(1);
    pl_i256_add_wrap(&reading.price, &reading.price, &one);
    EXPECT(DEVIATION);
}

static void width_has_an_edge(void **state)
{
    (void)state;
    begin();
    feed.confidence_bps = 50;
    EXPECT(CONFIDENCE);
    reading.has_confidence = true;
    reading.confidence = 10; /* 0.5 % of 2000 */
    EXPECT(OK);
    reading.price = number(-2000);
    EXPECT(OK);
    reading.confidence = 11;
    EXPECT(CONFIDENCE);
    reading.price = number(2199);
    EXPECT(CONFIDENCE);
    reading.price = number(2200);
    EXPECT(OK);
    reading.confidence = 0;
    reading.price = number(0);
    EXPECT(OK);
    reading.confidence = 1;
    EXPECT(CONFIDENCE);
    reading.confidence = END;
    reading.exponent = -60; /* at the scale of the report, before digits are lost */
    feed.rounding = PL_SHRINK_DOWN;
    reading.price = pl_i256_min_value();
    EXPECT(OK);
    feed.confidence_bps = 0;
    reading.has_confidence = false;
    EXPECT(OK);
}

/* ---- order ---- */

static void stamped_formats_keep_the_time_of_the_block(void **state)
{
    (void)state;
    static const uint8_t formats[] = {PL_FEED_MEDIAN_POKE, PL_FEED_SCRIBE};
    for (size_t i = 0; i < sizeof formats; i++) {
        begin();
        feed.format = formats[i];
        last.round = NOW - 30;
        reading.order = NOW - 29;
        EXPECT(OK);
        assert_true(price.time_s == NOW && price.round == NOW);
        last = price;
        reading.order = NOW; /* signed before the block that was stamped: dead */
        now.seconds = NOW + 20;
        EXPECT(STALE);
        reading.order = NOW + 1;
        EXPECT(OK);
    }
    begin();
    feed.format = PL_FEED_MEDIAN_MESSAGE; /* not stamped */
    EXPECT(OK);
    assert_true(price.time_s == NOW - 1 && price.round == 8);
}

static void a_later_configuration_counts_anew(void **state)
{
    (void)state;
    static const uint8_t counting[] = {PL_FEED_OCR1, PL_FEED_OCR2};
    for (size_t i = 0; i < sizeof counting; i++) {
        begin();
        feed.format = counting[i];
        last.set = 1;
        reading.set = 1;
        reading.order = 7;
        EXPECT(REPLAY);
        reading.set = 2;
        EXPECT(OK);
        assert_int_equal(price.set, 2);
        reading.order = 0;
        EXPECT(OK);
        reading.set = 0; /* what was left behind does not come back, however it counts */
        reading.order = END;
        EXPECT(REPLAY);
    }
    begin();
    feed.format = PL_FEED_DATA_STREAMS; /* has times: they go on */
    reading.set = 3;
    reading.order = 7;
    EXPECT(REPLAY);
    reading.order = 8;
    EXPECT(OK);
    last.set = 4;
    EXPECT(OK);
}

/* Within one second the nanoseconds say which is later. */
static void ages_within_a_second(void **state)
{
    (void)state;
    begin();
    feed.staleness_s = 0;
    now.nanoseconds = 5;
    reading.time_s = NOW;
    reading.time_ns = 5;
    assert_int_equal(check(), PL_OK);
    reading.time_ns = 4;
    assert_int_equal(check(), PL_REJECT_STALE);
}

/* The least of each rule that needs more than the last report. */
static void feeds_with_stages(void **state)
{
    (void)state;
    begin();
    assert_false(pl_feed_has_stages(&feed));
    feed.set_count = 1;
    assert_false(pl_feed_has_stages(&feed));
    feed.set_count = 2;
    assert_true(pl_feed_has_stages(&feed));
    begin();
    feed.delay_s = 1;
    assert_true(pl_feed_has_stages(&feed));
    begin();
    feed.twap_s = 1;
    assert_true(pl_feed_has_stages(&feed));
    begin();
    feed.heartbeat_s = 1;
    assert_true(pl_feed_has_stages(&feed));
    begin();
    feed.fallback = 0;
    assert_true(pl_feed_has_stages(&feed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages_within_a_second),
        cmocka_unit_test(feeds_with_stages),
        cmocka_unit_test(rules_are_asked_in_their_order),
        cmocka_unit_test(the_first_price_needs_no_order),
        cmocka_unit_test(whole_seconds_where_the_format_counts_them),
        cmocka_unit_test(age_has_edges_to_the_nanosecond),
        cmocka_unit_test(times_do_not_wrap),
        cmocka_unit_test(a_report_may_say_when_it_holds),
        cmocka_unit_test(a_report_without_a_time_has_that_of_the_block),
        cmocka_unit_test(every_rounding_of_both_signs),
        cmocka_unit_test(exponents_have_ends),
        cmocka_unit_test(bounds_are_allowed_prices),
        cmocka_unit_test(movement_has_an_edge),
        cmocka_unit_test(movement_is_exact_for_large_prices),
        cmocka_unit_test(width_has_an_edge),
        cmocka_unit_test(stamped_formats_keep_the_time_of_the_block),
        cmocka_unit_test(a_later_configuration_counts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
