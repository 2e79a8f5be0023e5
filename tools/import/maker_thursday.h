/* plim import maker-black-thursday: the oracle and the auctions of ETH-A from November 2019 to
 * April 2020, out of exports of both. */
#ifndef PT_IMPORT_MAKER_THURSDAY_H
#define PT_IMPORT_MAKER_THURSDAY_H

#include <stdint.h>

#include "tools/common/report.h"

typedef struct pt_thursday_result {
    uint64_t blocks, calls, prices, auctions, open; /* open: never dealt in the source */
    uint64_t values;
    uint8_t root[32];   /* after the last block */
    char figures[4096]; /* the table of 12 and 13 March, as the page has it */
} pt_thursday_result;

/* Reads osm_eth_logvalue.csv.gz and flip_auctions_eth_a.csv.gz in `data` and writes history.plh.gz,
 * expect.plx.gz, world.json and README.md into folder, all of them or none. contracts: the folder
 * of the contract sources. Errors: PT_INPUT with file, line and column; PT_LIMIT; PT_INTERRUPTED.
 */
pt_exit pt_import_maker_thursday(pt_thursday_result *result, const char *data, const char *folder,
                                 const char *contracts, pt_report *report);

#endif
