/* Timing for benchmarks: slopes, medians, contenders in turn. Never used by a test. */
#ifndef PL_SUPPORT_TIMING_H
#define PL_SUPPORT_TIMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Does `rounds` units of work; returns false when the work failed. */
typedef bool (*timing_work)(void *context, uint64_t rounds);

typedef struct timing_contender {
    const char *name;
    timing_work work;
    void *context;
    double ns; /* on output: median nanoseconds for one round */
} timing_contender;

/* Seconds of processor time that this process has used. */
double timing_now(void);

/* Sorts values; returns their median. */
double timing_median(double *values, size_t count);

/* The slope of each contender: (time of `many` rounds - time of `few`) / (many - few), the
 * contenders in turn, repeated `repeats` times (at most 31), the median kept. Returns false when
 * work failed. */
bool timing_slopes(timing_contender *contenders, size_t count, uint64_t few, uint64_t many,
                   unsigned repeats);

/* Prints one result as a JSON line: name, value, unit, and the yardstick's name with the ratio. */
void timing_print(const char *name, double value, const char *unit, const char *against,
                  double ratio);

#endif
