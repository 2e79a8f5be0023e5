/* plim import evm-trace: one recorded run in, a history with its world and expectations out. */
#ifndef PT_IMPORT_EVM_TRACE_H
#define PT_IMPORT_EVM_TRACE_H

#include <stdint.h>

#include "tools/common/report.h"

typedef struct pt_import_result {
    char name[64]; /* of the world */
    uint64_t blocks, transactions, liquidations, reverts, prices, queries;
    uint8_t root[32]; /* after the last block */
} pt_import_result;

/* Reads one .jsonl or .jsonl.gz and writes history.plh.gz, expect.plx.gz, world.json and README.md
 * into folder (made if missing), all of them or none. contracts: folder of the contract sources.
 * Errors: PT_INPUT with file, line and key; PT_LIMIT; PT_INTERRUPTED. */
pt_exit pt_import_evm_trace(pt_import_result *result, const char *file, const char *folder,
                            const char *contracts, pt_report *report);

#endif
