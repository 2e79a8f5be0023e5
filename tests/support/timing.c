#include "tests/support/timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define REPEATS_MAX    31u
#define CONTENDERS_MAX 8u

double timing_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* what others do meanwhile does not count */
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

double timing_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static bool timed(const timing_contender *contender, uint64_t rounds, double *seconds)
{
    const double start = timing_now();
    if (!contender->work(contender->context, rounds)) {
        return false;
    }
    *seconds = timing_now() - start;
    return true;
}

bool timing_slopes(timing_contender *contenders, size_t count, uint64_t few, uint64_t many,
                   unsigned repeats)
{
    double slopes[CONTENDERS_MAX][REPEATS_MAX];
    if (count > CONTENDERS_MAX || repeats > REPEATS_MAX || many <= few) {
        return false;
    }
    for (unsigned repeat = 0; repeat < repeats; repeat++) {
        for (size_t i = 0; i < count; i++) {
            double short_run;
            double long_run;
            if (!timed(&contenders[i], few, &short_run) ||
                !timed(&contenders[i], many, &long_run)) {
                fprintf(stderr, "bench: %s failed\n", contenders[i].name);
                return false;
            }
            slopes[i][repeat] = (long_run - short_run) * 1e9 / (double)(many - few);
        }
    }
    for (size_t i = 0; i < count; i++) {
        contenders[i].ns = timing_median(slopes[i], repeats);
    }
    return true;
}

void timing_print(const char *name, double value, const char *unit, const char *against,
                  double ratio)
{
    printf("{\"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\", \"against\": \"%s\", "
           "\"ratio\": %.4g}\n",
           name, value, unit, against, ratio);
    fflush(stdout);
}
