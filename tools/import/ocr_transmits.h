/* plim import ocr-transmits: captured transmissions of Chainlink OCR1 aggregators in, a history
 * with the original reports on its tape out.
 *
 * One block for each Ethereum block of the file, one feed for each aggregator. An accepted
 * transmission must be accepted here. A reverted one stands on the tape when what was accepted
 * before it makes it a replay, and must be refused as one; why the others were reverted is not in
 * the data, so they are verified at import and listed, and no block has them. */
#ifndef PT_IMPORT_OCR_TRANSMITS_H
#define PT_IMPORT_OCR_TRANSMITS_H

#include "tools/common/report.h"
#include "tools/import/ocr_file.h"

typedef struct pt_ocr_result {
    uint64_t blocks, feeds, accepted, replays, unexplained;
    uint64_t signatures; /* all of them recover */
    uint64_t reads;      /* of latestAnswer, in the file of calls */
    uint8_t root[32];    /* after the last block */
} pt_ocr_result;

/* Reads one .json or .json.gz and writes history.plh.gz, expect.plx.gz, world.json and README.md
 * into folder, all of them or none. calls: a file of call trees whose reads of latestAnswer are
 * expected too, or NULL. contracts: the folder of the contract sources.
 * Errors: PT_INPUT with file, item and key; PT_LIMIT; PT_INTERRUPTED. */
pt_exit pt_import_ocr_transmits(pt_ocr_result *result, const char *file, const char *calls,
                                const char *folder, const char *contracts, pt_report *report);

#endif
