/* Comma-separated exports: one header line, one row per line, no quotes. Every complaint names
 * file, line, column and what was expected. */
#ifndef PT_IMPORT_CSV_H
#define PT_IMPORT_CSV_H

#include "tools/common/bytes.h"
#include "tools/common/report.h"
#include "vm/num/num.h"

enum { PT_CSV_COLUMNS_MAX = 32 };

typedef struct pt_csv {
    char *path;
    pt_bytes bytes; /* of the whole file, unpacked */
    size_t at;      /* of the next line            */
    size_t line;    /* of the current row, from 1  */
    const char *const *columns;
    size_t column_count;
    const char *fields[PT_CSV_COLUMNS_MAX];
    size_t sizes[PT_CSV_COLUMNS_MAX];
} pt_csv;

/* Opens folder/name (folder NULL: name), plain or gzip. The header must be exactly these columns
 * (at most PT_CSV_COLUMNS_MAX). Errors: PT_INPUT, PT_LIMIT; close it then, too. */
pt_exit pt_csv_open(pt_csv *csv, const char *folder, const char *name, const char *const *columns,
                    size_t count, pt_report *report);
void pt_csv_close(pt_csv *csv);

/* *more: whether there is a row, whose fields then are ready. Errors: PT_INPUT. */
pt_exit pt_csv_next(bool *more, pt_csv *csv, pt_report *report);

/* Fails with file, line, column, what stands there and what was expected. */
pt_exit pt_csv_wrong(const pt_csv *csv, size_t column, const char *expected, pt_report *report);

/* True when the field is exactly text. */
bool pt_csv_is(const pt_csv *csv, size_t column, const char *text);

/* The field as a number of a kind. Errors: PT_INPUT.
 * decimal: times 10^scale, exactly, below 10^limit before scaling; negative: with a minus. "8e-18"
 * is one, too. */
pt_exit pt_csv_u64(uint64_t *value, const pt_csv *csv, size_t column, uint64_t max,
                   pt_report *report);
pt_exit pt_csv_decimal(pl_u256 *value, const pt_csv *csv, size_t column, uint32_t scale,
                       uint32_t limit, pt_report *report);
pt_exit pt_csv_negative(pl_u256 *value, const pt_csv *csv, size_t column, uint32_t scale,
                        uint32_t limit, pt_report *report);

/* What a program prints of a double: digits, perhaps a point, perhaps an exponent; to scale places,
 * cut off. */
pt_exit pt_csv_double(pl_u256 *value, const pt_csv *csv, size_t column, uint32_t scale,
                      uint32_t limit, pt_report *report);

/* "2020-10-19 14:00:52", also "2020-10-19T14:00:52Z", with ".000" after the seconds, and hours of
 * one digit: UTC seconds. */
pt_exit pt_csv_time(uint64_t *time_s, const pt_csv *csv, size_t column, pt_report *report);
/* "26/11/20 07:43": day, month, year of 2000, minute: UTC seconds of its begin. */
pt_exit pt_csv_minute(uint64_t *time_s, const pt_csv *csv, size_t column, pt_report *report);

/* 0x and 2 * size hex digits. */
pt_exit pt_csv_hex(uint8_t *bytes, size_t size, const pt_csv *csv, size_t column,
                   pt_report *report);

#endif
