/* Files of signed price data with known outcomes: every row is checked under the deployed and under
 * the strict rules and compared with what the file says.
 *
 * A row is one payload, a signer set, a clock, what was accepted before, and the outcome: valid
 * with prices, or a reason. fixtures/README.md has the schema. */
#ifndef PT_ORACLE_VECTORS_H
#define PT_ORACLE_VECTORS_H

#include "tools/common/json.h"
#include "tools/oracle/feed.h"

#define PT_VECTOR_FILE_MAX    (UINT64_C(64) << 20)
#define PT_VECTOR_CLASSES_MAX 64u
#define PT_VECTOR_PAYLOAD_MAX (UINT64_C(1) << 20)

/* Rows with one outcome: "valid", "high-s", "valid, strict high-s". */
typedef struct pt_vector_class {
    char name[64];
    uint64_t rows, agreed[2]; /* by pl_feed_rules */
} pt_vector_class;

typedef struct pt_vector_tally {
    char format[64];
    uint64_t rows, agreed[2];
    pt_vector_class classes[PT_VECTOR_CLASSES_MAX];
    size_t class_count;
    json_t *disagreements; /* objects {id, mode, expected, got}; owned */
} pt_vector_tally;

/* Runs a file. Errors: PT_INPUT names file, row, key and rule; rows that disagree are no error. */
pt_exit pt_vectors_run(pt_vector_tally *tally, const char *file, pt_report *report);
void pt_vectors_free(pt_vector_tally *tally);

/* ---- the parts ---- */

/* One row, ready to run. */
typedef struct pt_vector_row {
    const char *id;
    pt_json node, context;
    pt_oracle_feed feed;
    pt_bytes payload;
    pl_clock now;
    pl_price last;
} pt_vector_row;

/* What a payload must be about, and the price that the row expects for it. */
typedef struct pt_vector_subject {
    uint8_t bytes[PL_SUBJECT_SIZE_MAX];
    size_t size;
    const json_t *price; /* NULL: none is stated */
} pt_vector_subject;

/* The rules, clock, signer sets and history of a row. On error nothing needs to be freed. */
pt_exit pt_vector_row_read(pt_vector_row *row, const pt_json *document, const pt_json *node,
                           unsigned format, pt_report *report);
void pt_vector_row_free(pt_vector_row *row);

/* How many subjects a row has (at least one), and each of them. */
size_t pt_vector_subjects(const pt_vector_row *row);
pt_exit pt_vector_subject_at(pt_vector_subject *subject, const pt_vector_row *row, size_t number,
                             pt_report *report);

/* The signatures that were met while reading: an array of {digest, recovered, ok}. */
void pt_vector_observe(pl_observer *observer, json_t *seen);

/* Appends "field: expected X, found Y" for each thing that the row states and the reading does not
 * say so. True when there is nothing to append. */
bool pt_vector_compare(pt_bytes *differences, const pt_vector_row *row,
                       const pt_vector_subject *subject, const pl_reading *reading,
                       const json_t *seen);

/* EIP-712 rows: {name, domain, primaryType, types, data, encoded, digest, signature, signer}. */
pt_exit pt_typed_data_run(pt_vector_tally *tally, const pt_json *document, pt_report *report);

/* Counts a row whose outcome in one mode is found (got NULL: as expected). */
void pt_vector_count(pt_vector_tally *tally, const char *class_name, unsigned mode, const char *id,
                     const char *expected, const char *got);

#endif
