/* plim import compound-2020-11-26: liquidations of the day on which a venue's dai cost 1.30. */
#ifndef PT_IMPORT_COMPOUND_DAY_H
#define PT_IMPORT_COMPOUND_DAY_H

#include <stdint.h>

#include "tools/common/report.h"

typedef struct pt_compound_day_result {
    uint64_t blocks, rows, accounts, exact, implied, kept, values;
    uint8_t root[32]; /* after the last block */
} pt_compound_day_result;

/* Reads liquidate_borrow.csv and repaid_dai_by_account_comp_wei_hex.json in `data` and writes
 * history.plh.gz, expect.plx.gz, world.json and README.md into folder, all of them or none.
 * contracts: the folder of the contract sources. Errors: PT_INPUT with file, line and column or
 * key; PT_LIMIT; PT_INTERRUPTED. */
pt_exit pt_import_compound_day(pt_compound_day_result *result, const char *data, const char *folder,
                               const char *contracts, pt_report *report);

#endif
