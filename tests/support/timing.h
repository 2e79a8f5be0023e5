/* Timing for benchmarks: slopes, quartiles, contenders in turn. Never decides a test. */
#ifndef PL_SUPPORT_TIMING_H
#define PL_SUPPORT_TIMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMING_CONTENDERS_MAX 8u
#define TIMING_ROUNDS_MIN     7u /* fewer show no spread */
#define TIMING_ROUNDS_MAX     64u

/* Does `rounds` units of work; returns false when the work failed. */
typedef bool (*timing_work)(void *context, uint64_t rounds);

typedef struct timing_contender {
    const char *name;
    timing_work work;
    void *context;
    double ns; /* on output: median nanoseconds for one unit of work */
} timing_contender;

/* Quartiles: half of all values lie from low to high. count 0: there is no such number. */
typedef struct timing_spread {
    double low, median, high;
    unsigned count;
} timing_spread;

/* What a race measured: nanoseconds for one unit of work, of each contender in each round. */
typedef struct timing_samples {
    double ns[TIMING_CONTENDERS_MAX][TIMING_ROUNDS_MAX];
    size_t contenders;
    unsigned rounds;
} timing_samples;

/* One line of the table. The yardstick has the unit of the value, the ratio is of the two. */
typedef struct timing_row {
    const char *name, *unit, *against; /* against NULL: nothing to compare with */
    timing_spread value, yardstick, ratio;
} timing_row;

/* Seconds of processor time that this process has used, or what another clock says. */
double timing_now(void);

/* Another clock: a test's, or one of the wall for work of several threads. NULL: the first one. */
void timing_use_clock(double (*seconds)(void));

/* Sorts values; returns their median. count >= 1. */
double timing_median(double *values, size_t count);

/* Sorts values; a quartile between two of them is on the line between the two. count >= 1. */
timing_spread timing_spread_of(double *values, size_t count);

/* The slope of each contender: (time of `many` units - time of `few`) / (many - few), so that what
 * a call costs once is not in it. Each warms up with `few` units; then the contenders take turns,
 * in the other direction in every second round, for `rounds` rounds (7 to 64). Returns false, with
 * a sentence on stderr, when work failed or no slope rises. */
bool timing_race(timing_samples *samples, timing_contender *contenders, size_t count, uint64_t few,
                 uint64_t many, unsigned rounds);

/* timing_race for who only wants the medians. */
bool timing_slopes(timing_contender *contenders, size_t count, uint64_t few, uint64_t many,
                   unsigned rounds);

/* Of the rounds: nanoseconds of a contender; how many units it does in a second when one unit of
 * work holds `units` of them; a's time over b's of the same round, so that what slowed both down in
 * that round is not in it. */
timing_spread timing_ns(const timing_samples *samples, size_t contender);
timing_spread timing_rate(const timing_samples *samples, size_t contender, double units);
timing_spread timing_ratio(const timing_samples *samples, size_t a, size_t b);

/* A number that was not measured in rounds; its count is 1. */
timing_spread timing_once(double value);

/* Prints the time of contender a, or how many units it does a second, beside contender b's. */
void timing_print_ns(const char *name, const timing_samples *samples, size_t a, size_t b,
                     const char *unit, const char *against);
void timing_print_rate(const char *name, const timing_samples *samples, size_t a, size_t b,
                       double units, const char *unit, const char *against);

/* The same beside a figure from elsewhere, in the same unit. */
void timing_print_against(const char *name, const timing_samples *samples, size_t contender,
                          const char *unit, const char *against, double yardstick);

/* Prints a row as one JSON line. */
void timing_row_print(const timing_row *row);

/* The line without its line feed, at most size bytes with a final zero; false when it is longer. */
bool timing_row_text(char *text, size_t size, const timing_row *row);

/* A row of a value and a ratio whose spread is not told: 0 rounds. */
void timing_print(const char *name, double value, const char *unit, const char *against,
                  double ratio);

#endif
