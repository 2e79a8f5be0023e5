/* The expectations file of spec 06 §7: what somebody else observed, block by block. Format 2, or 3
 * when values of an export are compared, too. */
#ifndef PT_COMMON_EXPECT_H
#define PT_COMMON_EXPECT_H

#include "tools/common/bytes.h"
#include "tools/common/report.h"

typedef struct pt_query {
    uint32_t contract;
    uint16_t function;
    uint16_t arguments_size;
    const uint8_t *arguments;
} pt_query;

/* The status of a transaction that was refused without a recorded reason (spec 06 §7). */
enum { PT_STATUS_NO_REASON = 65535 };

typedef struct pt_expect_tx {
    uint16_t status; /* a pl_status or PT_STATUS_NO_REASON */
    uint16_t error_size;
    const char *error;        /* not zero-terminated */
    uint16_t arguments_size;  /* of the error        */
    const uint8_t *arguments; /* stored forms        */
} pt_expect_tx;

typedef struct pt_expect_event {
    uint32_t contract;
    uint16_t event;
    uint16_t size;
    const uint8_t *arguments;
} pt_expect_event;

/* Why a value of an export may differ from the computed one: the value of `column` in the same
 * transaction lies between two results, both included. Names are not zero-terminated. */
typedef struct pt_rule {
    const char *name;
    uint16_t name_size;
    uint16_t column;
    uint8_t low, high; /* results of the column's function */
} pt_rule;

enum { PT_RESULT_NONE = 255 }; /* a column that only rules look at */

/* A column of an export: a result of one function, and the rules for where it differs. */
typedef struct pt_column {
    const char *name;
    uint16_t name_size;
    uint32_t contract;
    uint16_t function;
    uint8_t result; /* or PT_RESULT_NONE */
    uint8_t rule_count;
    uint32_t first_rule; /* in pt_expect.rules */
} pt_column;

/* The likely field when a value differs and no rule explains it. */
typedef struct pt_cause {
    const char *text;
    uint16_t size;
} pt_cause;

typedef struct pt_expect_value {
    uint16_t transaction;
    uint16_t column;
    uint16_t cause; /* 0: none, else its place from 1 */
    uint16_t size;
    const uint8_t *bytes;
} pt_expect_value;

/* An open file: the header is read, records come one by one. Everything points into its bytes. */
typedef struct pt_expect {
    const char *file;
    const char *source; /* not zero-terminated */
    uint16_t source_size;
    pt_query *queries;
    uint32_t query_count;
    pt_column *columns;
    uint16_t column_count; /* 0: format 2 */
    pt_rule *rules;        /* of all columns, in their order */
    uint32_t rule_count;
    pt_cause *causes;
    uint16_t cause_count;
    pt_reader reader;
    uint64_t last_height;
} pt_expect;

/* One record. results are read with pt_expect_result. */
typedef struct pt_record {
    uint64_t height;
    pt_expect_tx *transactions; /* owned by the record */
    uint16_t transaction_count;
    bool has_events;
    pt_expect_event *events; /* owned by the record */
    uint16_t event_count;
    uint32_t result_count;
    pt_reader results;
    pt_expect_value *values; /* owned by the record; ascending by transaction, then column */
    uint16_t value_count;
} pt_record;

/* Reads the head and checks the shape of every record once, so that later reads cannot fail.
 * bytes must outlive the object. Errors: PT_INPUT. */
pt_exit pt_expect_open(pt_expect *expect, const char *file, const uint8_t *bytes, size_t size,
                       pt_report *report);
void pt_expect_close(pt_expect *expect);

/* Fills the record and returns true; false at the end. The record's arrays are reused. */
bool pt_expect_next(pt_record *record, pt_expect *expect);
void pt_record_free(pt_record *record);

/* The next result of the record. */
void pt_expect_result(uint32_t *query, const uint8_t **bytes, uint16_t *size, pt_record *record);

/* ---- writing ---- */

/* Starts the file: magic, source (1..65535 printable characters), queries. */
void pt_expect_write_head(pt_bytes *bytes, const char *source, const pt_query *queries,
                          uint32_t query_count);

/* Starts a file of format 3; columns (1 or more) with their rules one after the other. */
void pt_expect_write_columns(pt_bytes *bytes, const char *source, const pt_column *columns,
                             uint16_t column_count, const pt_rule *rules, const pt_cause *causes,
                             uint16_t cause_count);

/* Appends one record of format 2, fields as in pt_record, results already in their encoded form;
 * or one of format 3 without query results. */
void pt_expect_write_record(pt_bytes *bytes, const pt_record *record, const pt_bytes *results);
void pt_expect_write_values(pt_bytes *bytes, const pt_record *record);

#endif
