/* Genuine oracle reports for storms, corpora and benchmarks: the rows of vector files that deployed
 * rules accept, ready to be read again and again. */
#ifndef PL_SUPPORT_GENUINE_H
#define PL_SUPPORT_GENUINE_H

#include "tools/oracle/vectors.h"

typedef struct genuine_report {
    pt_vector_row row;
    pt_vector_subject subject; /* the first one of the row */
    pl_reading reading;        /* what deployed rules read */
} genuine_report;

typedef struct genuine_reports {
    genuine_report *list;
    size_t count;
    json_t *documents; /* rows point into them */
} genuine_reports;

/* Appends the rows of one file. Returns false, with the sentence printed, when it cannot be read.
 */
bool genuine_reports_read(genuine_reports *rows, const char *file);
void genuine_reports_free(genuine_reports *rows);

/* Reads a payload as the row's feed does. strict: under the strict rules. */
pl_status genuine_report_check(pl_reading *reading, genuine_report *row, bool strict,
                               const uint8_t *payload, size_t size);

#endif
