#include "tests/support/timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIES 5u /* of one slope that does not rise: the short run was disturbed */

static double processor_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* what others do meanwhile does not count */
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double (*clock_in_use)(void) = processor_time;

double timing_now(void)
{
    return clock_in_use();
}

void timing_use_clock(double (*seconds)(void))
{
    clock_in_use = seconds != NULL ? seconds : processor_time;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of sorted values; share is 0 for the first and 1 for the last. */
static double quantile(const double *values, size_t count, double share)
{
    const double place = share * (double)(count - 1);
    const size_t below = (size_t)place;
    const size_t above = below + 1 < count ? below + 1 : below;
    return values[below] + (place - (double)below) * (values[above] - values[below]);
}

timing_spread timing_spread_of(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return (timing_spread){quantile(values, count, 0.25), quantile(values, count, 0.5),
                           quantile(values, count, 0.75), (unsigned)count};
}

double timing_median(double *values, size_t count)
{
    return timing_spread_of(values, count).median;
}

static bool timed(const timing_contender *contender, uint64_t units, double *seconds)
{
    const double start = timing_now();
    if (!contender->work(contender->context, units)) {
        fprintf(stderr, "bench: %s failed\n", contender->name);
        return false;
    }
    *seconds = timing_now() - start;
    return true;
}

static bool slope(double *ns, const timing_contender *contender, uint64_t few, uint64_t many)
{
    for (unsigned i = 0; i < TRIES; i++) {
        double short_run;
        double long_run;
        if (!timed(contender, few, &short_run) || !timed(contender, many, &long_run)) {
            return false;
        }
        *ns = (long_run - short_run) * 1e9 / (double)(many - few);
        if (*ns > 0) {
            return true;
        }
    }
    fprintf(stderr, "bench: %s: more work takes no longer; it needs more rounds\n",
            contender->name);
    return false;
}

bool timing_race(timing_samples *samples, timing_contender *contenders, size_t count, uint64_t few,
                 uint64_t many, unsigned rounds)
{
    double unused;
    if (count == 0 || count > TIMING_CONTENDERS_MAX || rounds < TIMING_ROUNDS_MIN ||
        rounds > TIMING_ROUNDS_MAX || many <= few) {
        fprintf(stderr, "bench: a race needs 1 to %u contenders, %u to %u rounds, few < many\n",
                TIMING_CONTENDERS_MAX, TIMING_ROUNDS_MIN, TIMING_ROUNDS_MAX);
        return false;
    }
    samples->contenders = count;
    samples->rounds = rounds;
    for (size_t i = 0; i < count; i++) {
        if (!timed(&contenders[i], few, &unused)) {
            return false;
        }
    }
    for (unsigned round = 0; round < rounds; round++) {
        for (size_t turn = 0; turn < count; turn++) {
            const size_t i = round % 2 == 0 ? turn : count - 1 - turn;
            if (!slope(&samples->ns[i][round], &contenders[i], few, many)) {
                return false;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        contenders[i].ns = timing_ns(samples, i).median;
    }
    return true;
}

bool timing_slopes(timing_contender *contenders, size_t count, uint64_t few, uint64_t many,
                   unsigned rounds)
{
    timing_samples samples;
    return timing_race(&samples, contenders, count, few, many, rounds);
}

timing_spread timing_ns(const timing_samples *samples, size_t contender)
{
    double values[TIMING_ROUNDS_MAX];
    memcpy(values, samples->ns[contender], samples->rounds * sizeof *values);
    return timing_spread_of(values, samples->rounds);
}

timing_spread timing_rate(const timing_samples *samples, size_t contender, double units)
{
    double values[TIMING_ROUNDS_MAX];
    for (unsigned round = 0; round < samples->rounds; round++) {
        values[round] = units * 1e9 / samples->ns[contender][round];
    }
    return timing_spread_of(values, samples->rounds);
}

timing_spread timing_ratio(const timing_samples *samples, size_t a, size_t b)
{
    double values[TIMING_ROUNDS_MAX];
    for (unsigned round = 0; round < samples->rounds; round++) {
        values[round] = samples->ns[a][round] / samples->ns[b][round];
    }
    return timing_spread_of(values, samples->rounds);
}

timing_spread timing_once(double value)
{
    return (timing_spread){value, value, value, 1};
}

void timing_print_ns(const char *name, const timing_samples *samples, size_t a, size_t b,
                     const char *unit, const char *against)
{
    const timing_row row = {.name = name,
                            .unit = unit,
                            .against = against,
                            .value = timing_ns(samples, a),
                            .yardstick = timing_ns(samples, b),
                            .ratio = timing_ratio(samples, a, b)};
    timing_row_print(&row);
}

void timing_print_rate(const char *name, const timing_samples *samples, size_t a, size_t b,
                       double units, const char *unit, const char *against)
{
    const timing_row row = {.name = name,
                            .unit = unit,
                            .against = against,
                            .value = timing_rate(samples, a, units),
                            .yardstick = timing_rate(samples, b, units),
                            .ratio = timing_ratio(samples, b, a)};
    timing_row_print(&row);
}

void timing_print_against(const char *name, const timing_samples *samples, size_t contender,
                          const char *unit, const char *against, double yardstick)
{
    const timing_spread ns = timing_ns(samples, contender);
    const timing_row row = {
        .name = name,
        .unit = unit,
        .against = against,
        .value = ns,
        .yardstick = timing_once(yardstick),
        .ratio = {ns.low / yardstick, ns.median / yardstick, ns.high / yardstick, ns.count}};
    timing_row_print(&row);
}

/* Appends ', "key": {...}' when there is a number to tell. */
static size_t spread_text(char *text, size_t size, const char *key, const timing_spread *spread)
{
    if (spread->count == 0) {
        return 0;
    }
    return (size_t)snprintf(
        text, size, ", \"%s\": {\"low\": %.6g, \"median\": %.6g, \"high\": %.6g, \"rounds\": %u}",
        key, spread->low, spread->median, spread->high, spread->count);
}

bool timing_row_text(char *text, size_t size, const timing_row *row)
{
    char part[3][160];
    (void)memset(part, 0, sizeof part);
    (void)spread_text(part[0], sizeof part[0], "value", &row->value);
    (void)spread_text(part[1], sizeof part[1], "yardstick", &row->yardstick);
    (void)spread_text(part[2], sizeof part[2], "ratio", &row->ratio);
    const int length = snprintf(
        text, size, "{\"name\": \"%s\", \"unit\": \"%s\"%s%s%s%s%s%s}", row->name, row->unit,
        row->against != NULL ? ", \"against\": \"" : "", row->against != NULL ? row->against : "",
        row->against != NULL ? "\"" : "", part[0], part[1], part[2]);
    return length > 0 && (size_t)length < size;
}

void timing_row_print(const timing_row *row)
{
    char text[1024];
    if (!timing_row_text(text, sizeof text, row)) {
        fprintf(stderr, "bench: the name of a row is too long: %.60s\n", row->name);
        exit(1);
    }
    (void)puts(text);
    (void)fflush(stdout);
}

void timing_print(const char *name, double value, const char *unit, const char *against,
                  double ratio)
{
    printf(
        "{\"name\": \"%s\", \"unit\": \"%s\", \"against\": \"%s\", \"value\": {\"low\": %.6g, "
        "\"median\": %.6g, \"high\": %.6g, \"rounds\": 0}, \"ratio\": {\"low\": %.6g, \"median\": "
        "%.6g, \"high\": %.6g, \"rounds\": 0}}\n",
        name, unit, against, value, value, value, ratio, ratio, ratio);
    (void)fflush(stdout);
}
