#include "tools/import/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"

#define CSV_SIZE_MAX (UINT64_C(256) << 20)

/* Splits the next line that is not empty; false at the end. count: fields found, may exceed what
 * was kept. */
static bool split_line(pt_csv *csv, size_t *count)
{
    const char *data = (const char *)csv->bytes.data;
    while (csv->at < csv->bytes.size) {
        const char *start = data + csv->at;
        const char *end = memchr(start, '\n', csv->bytes.size - csv->at);
        size_t size = end != NULL ? (size_t)(end - start) : csv->bytes.size - csv->at;
        csv->at += size + 1;
        csv->line++;
        size -= size != 0 && start[size - 1] == '\r' ? 1 : 0;
        if (size == 0) {
            continue;
        }
        *count = 0;
        for (size_t from = 0; from <= size; (*count)++) {
            const char *comma = memchr(start + from, ',', size - from);
            const size_t to = comma != NULL ? (size_t)(comma - start) : size;
            if (*count < PT_CSV_COLUMNS_MAX) {
                csv->fields[*count] = start + from;
                csv->sizes[*count] = to - from;
            }
            from = to + 1;
        }
        return true;
    }
    return false;
}

pt_exit pt_csv_open(pt_csv *csv, const char *folder, const char *name, const char *const *columns,
                    size_t count, pt_report *report)
{
    *csv = (pt_csv){.path = folder != NULL ? pt_path_join(folder, name)
                                           : pt_copy_text(name, strlen(name)),
                    .columns = columns,
                    .column_count = count};
    PT_TRY(pt_file_read(&csv->bytes, csv->path, CSV_SIZE_MAX, report));
    size_t found = 0;
    if (!split_line(csv, &found)) {
        return pt_fail(report, PT_INPUT, "%s: empty; expected a header line", csv->path);
    }
    for (size_t i = 0; i < count; i++) {
        if (i >= found || !pt_csv_is(csv, i, columns[i])) {
            return pt_fail(report, PT_INPUT,
                           "%s:%zu: column %zu of the header is '%.*s'; expected %s", csv->path,
                           csv->line, i + 1,
                           i < found ? (int)(csv->sizes[i] < 60 ? csv->sizes[i] : 60) : 0,
                           i < found ? csv->fields[i] : "", columns[i]);
        }
    }
    return found == count ? PT_OK
                          : pt_fail(report, PT_INPUT, "%s:%zu: %zu columns; expected %zu",
                                    csv->path, csv->line, found, count);
}

void pt_csv_close(pt_csv *csv)
{
    free(csv->path);
    pt_bytes_free(&csv->bytes);
    *csv = (pt_csv){0};
}

pt_exit pt_csv_next(bool *more, pt_csv *csv, pt_report *report)
{
    size_t found = 0;
    *more = split_line(csv, &found);
    return !*more || found == csv->column_count
               ? PT_OK
               : pt_fail(report, PT_INPUT, "%s:%zu: %zu fields; expected %zu, as in the header",
                         csv->path, csv->line, found, csv->column_count);
}

pt_exit pt_csv_wrong(const pt_csv *csv, size_t column, const char *expected, pt_report *report)
{
    const size_t size = csv->sizes[column] < 80 ? csv->sizes[column] : 80;
    return pt_fail(report, PT_INPUT, "%s:%zu: column %s: '%.*s'; expected %s", csv->path, csv->line,
                   csv->columns[column], (int)size, csv->fields[column], expected);
}

bool pt_csv_is(const pt_csv *csv, size_t column, const char *text)
{
    return csv->sizes[column] == strlen(text) &&
           memcmp(csv->fields[column], text, csv->sizes[column]) == 0;
}

pt_exit pt_csv_u64(uint64_t *value, const pt_csv *csv, size_t column, uint64_t max,
                   pt_report *report)
{
    pl_u256 number;
    char expected[64];
    (void)snprintf(expected, sizeof expected, "an integer up to %llu", (unsigned long long)max);
    if (pl_u256_parse_dec(&number, NULL, csv->fields[column], csv->sizes[column]) != PL_OK ||
        pl_u256_to_u64(value, &number) != PL_OK || *value > max) {
        return pt_csv_wrong(csv, column, expected, report);
    }
    return PT_OK;
}

/* "8.25e-18" times 10^scale: digits, a point and an exponent; what goes below one is cut off. */
static bool parse_double(pl_u256 *value, const char *text, size_t size, uint32_t scale)
{
    const char *mark = memchr(text, 'e', size);
    const size_t digits = mark != NULL ? (size_t)(mark - text) : size;
    const bool down = mark == NULL || (size > digits + 1 && mark[1] == '-');
    pl_u256 exponent = pl_u256_from_u64(0), factor;
    const pl_u256 ten = pl_u256_from_u64(10);
    enum { PLACES = 20, EXPONENT_MAX = 99 };
    if (mark != NULL) {
        const size_t sign = mark[1 < size - digits ? 1 : 0] == '-' ? 2 : 1;
        size_t from = digits + sign;
        from += from + 1 < size && text[from] == '0' ? 1 : 0; /* e-05 */
        if (from >= size || pl_u256_parse_dec(&exponent, NULL, text + from, size - from) != PL_OK ||
            !pl_u256_fits_u64(&exponent) || pl_u256_low64(&exponent) > EXPONENT_MAX) {
            return false;
        }
    }
    if (pl_u256_parse_scaled(value, NULL, text, digits, PLACES) != PL_OK) {
        return false;
    }
    const int64_t power =
        (down ? -(int64_t)pl_u256_low64(&exponent) : (int64_t)pl_u256_low64(&exponent)) +
        (int64_t)scale - PLACES;
    if (power <= -(int64_t)PL_NUM_SCALE_MAX) {
        *value = pl_u256_from_u64(0);
        return true;
    }
    if (pl_u256_pow(&factor, &ten, (uint64_t)(power < 0 ? -power : power)) != PL_OK) {
        return false;
    }
    return (power < 0 ? pl_u256_div_down(value, value, &factor)
                      : pl_u256_mul(value, value, &factor)) == PL_OK;
}

/* The same, only with an exponent: "8e-18". */
static bool parse_small(pl_u256 *value, const char *text, size_t size, uint32_t scale)
{
    return memchr(text, 'e', size) != NULL && parse_double(value, text, size, scale);
}

static pt_exit decimal(pl_u256 *value, const pt_csv *csv, size_t column, size_t skip,
                       uint32_t scale, uint32_t limit, pt_report *report)
{
    char expected[80];
    pl_u256 most;
    const pl_u256 ten = pl_u256_from_u64(10);
    (void)snprintf(expected, sizeof expected, "a%s decimal of at most %u places, below 10^%u",
                   skip != 0 ? " negative" : "", (unsigned)scale, (unsigned)limit);
    if (csv->sizes[column] < skip || (skip != 0 && csv->fields[column][0] != '-') ||
        (pl_u256_parse_scaled(value, NULL, csv->fields[column] + skip, csv->sizes[column] - skip,
                              scale) != PL_OK &&
         !parse_small(value, csv->fields[column] + skip, csv->sizes[column] - skip, scale)) ||
        pl_u256_pow(&most, &ten, scale + limit) != PL_OK || pl_u256_cmp(value, &most) >= 0) {
        return pt_csv_wrong(csv, column, expected, report);
    }
    return PT_OK;
}

pt_exit pt_csv_decimal(pl_u256 *value, const pt_csv *csv, size_t column, uint32_t scale,
                       uint32_t limit, pt_report *report)
{
    return decimal(value, csv, column, 0, scale, limit, report);
}

pt_exit pt_csv_negative(pl_u256 *value, const pt_csv *csv, size_t column, uint32_t scale,
                        uint32_t limit, pt_report *report)
{
    return decimal(value, csv, column, 1, scale, limit, report);
}

pt_exit pt_csv_double(pl_u256 *value, const pt_csv *csv, size_t column, uint32_t scale,
                      uint32_t limit, pt_report *report)
{
    char expected[64];
    pl_u256 most;
    const pl_u256 ten = pl_u256_from_u64(10);
    (void)snprintf(expected, sizeof expected, "a decimal number below 10^%u", (unsigned)limit);
    if (!parse_double(value, csv->fields[column], csv->sizes[column], scale) ||
        pl_u256_pow(&most, &ten, scale + limit) != PL_OK || pl_u256_cmp(value, &most) >= 0) {
        return pt_csv_wrong(csv, column, expected, report);
    }
    return PT_OK;
}

/* ---- times ---- */

/* Reads 1 or 2 (or exactly `digits` = 4) digits; false when there are none. */
static bool number_at(uint64_t *value, const char **at, const char *end, size_t least, size_t most)
{
    size_t n = 0;
    *value = 0;
    for (; n < most && *at < end && **at >= '0' && **at <= '9'; n++) {
        *value = *value * 10 + (uint64_t)(*(*at)++ - '0');
    }
    return n >= least;
}

static bool take(const char **at, const char *end, const char *any)
{
    const bool found = *at < end && strchr(any, **at) != NULL;
    *at += found ? 1 : 0;
    return found;
}

/* Days since 1970 of a date of the Gregorian calendar from 1970 on; false when there is none. */
static bool days_of(uint64_t *days, uint64_t year, uint64_t month, uint64_t day)
{
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1970 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    const uint64_t length =
        (uint64_t)before[month] - before[month - 1] + (leap && month == 2 ? 1 : 0);
    const uint64_t y = year - 1;
    const uint64_t leaps = y / 4 - y / 100 + y / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    *days = (year - 1970) * 365 + leaps + before[month - 1] + (leap && month > 2 ? 1 : 0) + day - 1;
    return day <= length;
}

pt_exit pt_csv_time(uint64_t *time_s, const pt_csv *csv, size_t column, pt_report *report)
{
    const char *at = csv->fields[column];
    const char *end = at + csv->sizes[column];
    uint64_t year, month, day, hour, minute, second, fraction, days = 0;
    bool good = number_at(&year, &at, end, 4, 4) && take(&at, end, "-") &&
                number_at(&month, &at, end, 2, 2) && take(&at, end, "-") &&
                number_at(&day, &at, end, 2, 2) && take(&at, end, " T") &&
                number_at(&hour, &at, end, 1, 2) && take(&at, end, ":") &&
                number_at(&minute, &at, end, 2, 2) && take(&at, end, ":") &&
                number_at(&second, &at, end, 2, 2);
    good = good && (!take(&at, end, ".") || number_at(&fraction, &at, end, 1, 6));
    (void)(good && take(&at, end, "Z"));
    good = good && at == end && days_of(&days, year, month, day) && hour < 24 && minute < 60 &&
           second < 60;
    if (!good) {
        return pt_csv_wrong(csv, column, "a time like 2020-10-19 14:00:52", report);
    }
    *time_s = days * 86400 + hour * 3600 + minute * 60 + second;
    return PT_OK;
}

pt_exit pt_csv_minute(uint64_t *time_s, const pt_csv *csv, size_t column, pt_report *report)
{
    const char *at = csv->fields[column];
    const char *end = at + csv->sizes[column];
    uint64_t year, month, day, hour, minute, days = 0;
    const bool good = number_at(&day, &at, end, 2, 2) && take(&at, end, "/") &&
                      number_at(&month, &at, end, 2, 2) && take(&at, end, "/") &&
                      number_at(&year, &at, end, 2, 2) && take(&at, end, " ") &&
                      number_at(&hour, &at, end, 2, 2) && take(&at, end, ":") &&
                      number_at(&minute, &at, end, 2, 2) && at == end &&
                      days_of(&days, 2000 + year, month, day) && hour < 24 && minute < 60;
    if (!good) {
        return pt_csv_wrong(csv, column, "a time like 26/11/20 07:43", report);
    }
    *time_s = days * 86400 + hour * 3600 + minute * 60;
    return PT_OK;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

pt_exit pt_csv_hex(uint8_t *bytes, size_t size, const pt_csv *csv, size_t column, pt_report *report)
{
    const char *text = csv->fields[column];
    char expected[64];
    (void)snprintf(expected, sizeof expected, "0x and %zu hex digits", 2 * size);
    bool good = csv->sizes[column] == 2 + 2 * size && text[0] == '0' && text[1] == 'x';
    for (size_t i = 0; good && i < size; i++) {
        const int high = digit_of(text[2 + 2 * i]), low = digit_of(text[3 + 2 * i]);
        good = high >= 0 && low >= 0;
        bytes[i] = good ? (uint8_t)(16 * high + low) : 0;
    }
    return good ? PT_OK : pt_csv_wrong(csv, column, expected, report);
}
