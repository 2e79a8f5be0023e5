/* plim import maker-ethb: the life of one Maker collateral type out of an export of its rows. */
#ifndef PT_IMPORT_MAKER_ETHB_H
#define PT_IMPORT_MAKER_ETHB_H

#include "tools/common/report.h"

#include <stdint.h>

typedef struct pt_maker_result {
    uint64_t blocks, calls, refused, prices, values;
    uint64_t rows, liquidations, auctions;
    uint8_t root[32]; /* after the last block */
} pt_maker_result;

/* Reads the files of data set maker-ethb in `data` (and hourly prices from the file `prices`, or
 * NULL) and writes history.plh.gz, expect.plx.gz, world.json and README.md into folder, all of them
 * or none. contracts: the folder of the contract sources.
 * Errors: PT_INPUT with file, line and column; PT_LIMIT; PT_INTERRUPTED. */
pt_exit pt_import_maker_ethb(pt_maker_result *result, const char *data, const char *prices,
                             const char *folder, const char *contracts, pt_report *report);

#endif
