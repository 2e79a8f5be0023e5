/* Rows of fixtures/oracle for unit tests, and what every format must bear: being cut anywhere. */
#ifndef PL_SUPPORT_ORACLE_ROW_H
#define PL_SUPPORT_ORACLE_ROW_H

#include "tools/oracle/vectors.h"

typedef struct oracle_row {
    pt_json document;
    pt_vector_row row;
    pt_vector_subject subject; /* the first of the row */
} oracle_row;

/* The row `id` of fixtures/oracle/<format>.json, with its feed ready for pl_oracle_read; ends the
 * program when there is none. Run from the project root. */
void oracle_row_open(oracle_row *row, const char *format, const char *id);
void oracle_row_close(oracle_row *row);

/* pl_oracle_read of a copy that ends with the last byte given: a sanitizer sees a step beyond. */
pl_status oracle_read_copy(pl_reading *reading, const pl_feed *feed, uint64_t now_s,
                           const uint8_t *payload, size_t size);

/* Reads the payload cut to every length from 0 to size - 1, or, with from_front, without its first
 * bytes. Returns the number of cuts whose status is none of those allowed (PL_OK ends the list).
 */
size_t oracle_count_wrong_cuts(const pl_feed *feed, uint64_t now_s, const uint8_t *payload,
                               size_t size, bool from_front, const pl_status *allowed);

#endif
