/* Genuine oracle reports for storms, corpora and benchmarks: the rows of vector files that deployed
 * rules accept, ready to be read again and again. */
#ifndef PL_SUPPORT_ORACLE_ROWS_H
#define PL_SUPPORT_ORACLE_ROWS_H

#include "tools/oracle/vectors.h"

typedef struct oracle_row {
    pt_vector_row row;
    pt_vector_subject subject; /* the first one of the row */
    pl_reading reading;        /* what deployed rules read */
} oracle_row;

typedef struct oracle_rows {
    oracle_row *list;
    size_t count;
    json_t *documents; /* rows point into them */
} oracle_rows;

/* Appends the rows of one file. Returns false, with the sentence printed, when it cannot be read.
 */
bool oracle_rows_read(oracle_rows *rows, const char *file);
void oracle_rows_free(oracle_rows *rows);

/* Reads a payload as the row's feed does. strict: under the strict rules. */
pl_status oracle_row_check(pl_reading *reading, oracle_row *row, bool strict,
                           const uint8_t *payload, size_t size);

#endif
