/* The arithmetic of benchmarks, by a clock that only moves when work is done: slopes leave out what
 * a call costs once, contenders take turns, one disturbed round moves nothing, and what slows a
 * whole round down is not in its ratio. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/support/timing.h"

#define CALLS_MAX 256u
#define ROUNDS    9u

static double now_s;
static char order[CALLS_MAX + 1]; /* one letter a call, small for few units */
static size_t call_count;

typedef struct fake {
    char letter;
    double once_ns, each_ns;
    double drift;   /* a later call costs this share more a call */
    size_t slow;    /* the call of this number, from 1, takes a second longer; 0: none */
    size_t fails;   /* and this one fails */
    uint64_t small; /* the units of a short run */
    bool flat;      /* more work takes no longer */
} fake;

static double clock_of_test(void)
{
    return now_s;
}

static bool work(void *context, uint64_t units)
{
    fake *const f = context;
    assert_true(call_count < CALLS_MAX);
    order[call_count++] = units == f->small ? (char)(f->letter - 'A' + 'a') : f->letter;
    const double slower = 1 + f->drift * (double)call_count;
    now_s += (f->once_ns + (f->flat ? 0 : f->each_ns * (double)units)) * slower * 1e-9;
    now_s += call_count == f->slow ? 1 : 0;
    return call_count != f->fails;
}

static int begin(void **state)
{
    (void)state;
    now_s = 0;
    call_count = 0;
    memset(order, 0, sizeof order);
    timing_use_clock(clock_of_test);
    return 0;
}

static int end(void **state)
{
    (void)state;
    timing_use_clock(NULL);
    return 0;
}

static bool near(double a, double b)
{
    return a > b * (1 - 1e-6) && a < b * (1 + 1e-6);
}

static void quartiles_of_known_values(void **state)
{
    (void)state;
    double one[] = {7};
    double four[] = {4, 1, 3, 2};
    double nine[] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    const timing_spread a = timing_spread_of(one, 1);
    const timing_spread b = timing_spread_of(four, 4);
    const timing_spread c = timing_spread_of(nine, 9);
    assert_true(a.low == 7 && a.median == 7 && a.high == 7 && a.count == 1);
    assert_true(b.low == 1.75 && b.median == 2.5 && b.high == 3.25);
    assert_true(c.low == 3 && c.median == 5 && c.high == 7 && c.count == 9);
    assert_true(four[0] == 1 && four[3] == 4);
    assert_true(timing_median(nine, 9) == 5);
}

static void slope_leaves_out_what_a_call_costs_once(void **state)
{
    (void)state;
    fake dear = {.letter = 'A', .once_ns = 1e9, .each_ns = 20, .small = 10};
    fake cheap = {.letter = 'B', .once_ns = 3, .each_ns = 5, .small = 10};
    timing_contender two[] = {{"dear", work, &dear, 0}, {"cheap", work, &cheap, 0}};
    timing_samples samples;
    assert_true(timing_race(&samples, two, 2, 10, 1000010, ROUNDS));
    assert_true(near(two[0].ns, 20) && near(two[1].ns, 5));
    assert_true(near(timing_ratio(&samples, 0, 1).median, 4));
    assert_true(near(timing_rate(&samples, 0, 3).median, 3e9 / 20));
    assert_int_equal(timing_ns(&samples, 0).count, ROUNDS);
}

static void contenders_take_turns_both_ways(void **state)
{
    (void)state;
    fake a = {.letter = 'A', .each_ns = 1, .small = 1};
    fake b = {.letter = 'B', .each_ns = 1, .small = 1};
    fake c = {.letter = 'C', .each_ns = 1, .small = 1};
    timing_contender three[] = {{"a", work, &a, 0}, {"b", work, &b, 0}, {"c", work, &c, 0}};
    timing_samples samples;
    assert_true(timing_race(&samples, three, 3, 1, 2, 7));
    assert_string_equal(order, "abc" /* warm */
                               "aAbBcC"
                               "cCbBaA"
                               "aAbBcC"
                               "cCbBaA"
                               "aAbBcC"
                               "cCbBaA"
                               "aAbBcC");
}

/* The third call is the first short run, the fourth the first long one. */
static void one_disturbed_round_moves_no_median(void **state)
{
    (void)state;
    fake a = {.letter = 'A', .each_ns = 10, .small = 100, .slow = 4};
    fake b = {.letter = 'B', .each_ns = 10, .small = 100};
    timing_contender two[] = {{"a", work, &a, 0}, {"b", work, &b, 0}};
    timing_samples samples;
    assert_true(timing_race(&samples, two, 2, 100, 1100, ROUNDS));
    assert_true(near(two[0].ns, 10));
    assert_true(near(timing_ratio(&samples, 0, 1).high, 1));
    assert_true(samples.ns[0][0] > 1000); /* it was there */
}

/* A short run that took longer than the long one is measured again. */
static void slope_that_falls_is_measured_again(void **state)
{
    (void)state;
    fake a = {.letter = 'A', .each_ns = 10, .small = 100, .slow = 2};
    timing_contender one[] = {{"a", work, &a, 0}};
    timing_samples samples;
    assert_true(timing_race(&samples, one, 1, 100, 1100, 7));
    assert_true(near(samples.ns[0][0], 10));
    assert_string_equal(order, "aaAaAaAaAaAaAaAaA");
}

/* A machine that gets slower all the time spreads the times, but hardly their ratios. */
static void drift_is_not_in_the_ratio(void **state)
{
    (void)state;
    fake a = {.letter = 'A', .each_ns = 30, .small = 1, .drift = 0.02};
    fake b = {.letter = 'B', .each_ns = 10, .small = 1, .drift = 0.02};
    timing_contender two[] = {{"a", work, &a, 0}, {"b", work, &b, 0}};
    timing_samples samples;
    assert_true(timing_race(&samples, two, 2, 1, 100001, 31));
    const timing_spread ns = timing_ns(&samples, 0);
    const timing_spread ratio = timing_ratio(&samples, 0, 1);
    assert_true(ns.high > 1.5 * ns.low);
    assert_true(ratio.high < 1.06 * ratio.low);
    assert_true(ratio.median > 2.9 && ratio.median < 3.1);
}

static void what_cannot_be_measured_is_refused(void **state)
{
    (void)state;
    fake a = {.letter = 'A', .each_ns = 10, .small = 1};
    fake failing = {.letter = 'A', .each_ns = 10, .small = 1, .fails = 5};
    fake flat = {.letter = 'A', .once_ns = 10, .small = 1, .flat = true};
    timing_contender good[TIMING_CONTENDERS_MAX + 1];
    timing_contender bad[] = {{"a", work, &failing, 0}};
    timing_contender same[] = {{"a", work, &flat, 0}};
    timing_samples samples;
    for (unsigned i = 0; i <= TIMING_CONTENDERS_MAX; i++) {
        good[i] = (timing_contender){"a", work, &a, 0};
    }
    assert_false(timing_race(&samples, good, 1, 1, 2, TIMING_ROUNDS_MIN - 1));
    assert_false(timing_race(&samples, good, 1, 1, 2, TIMING_ROUNDS_MAX + 1));
    assert_false(timing_race(&samples, good, 1, 2, 2, 7));
    assert_false(timing_race(&samples, good, 0, 1, 2, 7));
    assert_false(timing_race(&samples, good, TIMING_CONTENDERS_MAX + 1, 1, 2, 7));
    assert_int_equal(call_count, 0);
    assert_false(timing_race(&samples, same, 1, 1, 2, 7));
    call_count = 0;
    assert_false(timing_slopes(bad, 1, 1, 2, 7));
    assert_int_equal(call_count, 5);
}

static void row_is_one_line_of_json(void **state)
{
    (void)state;
    char text[400];
    timing_row row = {.name = "health check",
                      .unit = "ns",
                      .against = "native C",
                      .value = {1, 2.5, 3, 9},
                      .yardstick = {1, 1.25, 2, 9},
                      .ratio = {1.5, 2, 2.25, 9}};
    assert_true(timing_row_text(text, sizeof text, &row));
    assert_string_equal(
        text, "{\"name\": \"health check\", \"unit\": \"ns\", \"against\": \"native C\", "
              "\"value\": {\"low\": 1, \"median\": 2.5, \"high\": 3, \"rounds\": 9}, "
              "\"yardstick\": {\"low\": 1, \"median\": 1.25, \"high\": 2, \"rounds\": 9}, "
              "\"ratio\": {\"low\": 1.5, \"median\": 2, \"high\": 2.25, \"rounds\": 9}}");
    const timing_row plain = {.name = "a", .unit = "KB", .value = timing_once(6500)};
    assert_true(timing_row_text(text, sizeof text, &plain));
    assert_string_equal(text, "{\"name\": \"a\", \"unit\": \"KB\", \"value\": {\"low\": 6500, "
                              "\"median\": 6500, \"high\": 6500, \"rounds\": 1}}");
    assert_false(timing_row_text(text, 40, &row));
}

/* The clock that counts when no other is asked for stands still while the process sleeps. */
static void sleeping_costs_no_processor_time(void **state)
{
    (void)state;
    timing_use_clock(NULL);
    const double start = timing_now();
    const struct timespec pause = {.tv_nsec = 50000000};
    (void)nanosleep(&pause, NULL);
    assert_true(timing_now() - start < 0.04);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(quartiles_of_known_values, begin, end),
        cmocka_unit_test_setup_teardown(slope_leaves_out_what_a_call_costs_once, begin, end),
        cmocka_unit_test_setup_teardown(contenders_take_turns_both_ways, begin, end),
        cmocka_unit_test_setup_teardown(one_disturbed_round_moves_no_median, begin, end),
        cmocka_unit_test_setup_teardown(slope_that_falls_is_measured_again, begin, end),
        cmocka_unit_test_setup_teardown(drift_is_not_in_the_ratio, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_measured_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(row_is_one_line_of_json, begin, end),
        cmocka_unit_test_setup_teardown(sleeping_costs_no_processor_time, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
