/* Parts of a world file out of tables: prices, trades and positions that somebody exported. */
#ifndef PT_SIM_PARTS_H
#define PT_SIM_PARTS_H

#include <stdint.h>

#include "tools/common/bytes.h"
#include "tools/common/report.h"

typedef enum pt_part { PT_PART_PRICES, PT_PART_TRADES, PT_PART_POSITIONS } pt_part;

typedef struct pt_parts_options {
    pt_part part;
    const char *file;      /* CSV or JSON lines, plain or gzip                       */
    const char *into;      /* the world file that it goes into                       */
    const char *path;      /* of the new world file                                  */
    const char *engine;    /* contract with fill and deposit                         */
    const char *operator_; /* who brings fills                                       */
    const char *maker;     /* the other side of imported positions                   */
    uint64_t block;        /* positions are opened at the end of this one, from 1    */
    const char *library;
} pt_parts_options;

typedef struct pt_parts_result {
    uint64_t rows, blocks_added, accounts_added;
} pt_parts_result;

/* On output: *text is the new world file; it was read back and is a good one. Errors: PT_INPUT with
 * file, line, column and what was expected. */
pt_exit pt_parts_make(pt_bytes *text, pt_parts_result *result, const pt_parts_options *options,
                      pt_report *report);

#endif
