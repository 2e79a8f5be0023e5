/* plim import ocr-transmits: captured oracle transmissions into a history. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/common/value.h"
#include "tools/import/ocr_transmits.h"
#include "tools/plim/commands.h"
#include "tools/plim/import_folders.h"

static void print_result(const char *folder, const char *calls, const pt_ocr_result *result)
{
    char root[65];
    pt_hex(root, result->root, 32);
    (void)printf("%s: %llu blocks, %llu feeds, %llu reports accepted, %llu refused as replays; "
                 "%llu reverted for a cause that is not in the data, not on the tape\n",
                 folder, (unsigned long long)result->blocks, (unsigned long long)result->feeds,
                 (unsigned long long)result->accepted, (unsigned long long)result->replays,
                 (unsigned long long)result->unexplained);
    (void)printf("%llu of %llu signatures recover", (unsigned long long)result->signatures,
                 (unsigned long long)result->signatures);
    if (calls != NULL) {
        (void)printf(", %llu of %llu calls of latestAnswer got the price that the report says",
                     (unsigned long long)result->reads, (unsigned long long)result->reads);
    }
    (void)printf(", root %.16s\n", root);
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    const char *output = NULL;
    const char *calls = pt_args_value(args, "--calls");
    pt_ocr_result result;
    char *contracts = NULL;
    PT_TRY(pt_import_folders(&output, &contracts, args, report));
    const pt_exit exit =
        pt_import_ocr_transmits(&result, args->words[0], calls, output, contracts, report);
    free(contracts);
    if (exit == PT_OK) {
        print_result(output, calls, &result);
    }
    return exit;
}

static const pt_option options[] = {
    {"-o", "DIR", "the folder to write (needed)"},
    {"--calls", "FILE", "call trees; their reads of latestAnswer are expected, too"},
    {"--contracts", "FOLDER", "the contract sources; default: contracts/ of the project"},
};

const pt_command pt_command_import_ocr = {
    .name = "import ocr-transmits",
    .synopsis = "FILE -o DIR",
    .summary = "make a history out of captured Chainlink reports",
    .about =
        "Reads captured calls of transmit(bytes,bytes32[],bytes32[],bytes32), a JSON array, plain\n"
        "or gzip, in the order of the chain. Each item: block, tx, tx_index, aggregator,\n"
        "transmitter, report, rs, ss, raw_vs, reverted, and derived (report_keccak256,\n"
        "recovered_signers, config_digest, epoch_and_round, raw_observers, observations, median),\n"
        "which must agree with the report. Writes into DIR what plim import evm-trace writes, "
        "with\n"
        "the original call data as reports: one block for each Ethereum block, one feed for each\n"
        "aggregator, its members the signers that the signatures recover to.\n\n"
        "A reverted transmission is on the tape when an accepted report of its aggregator, of the\n"
        "same or a later round, stands before it; the others are listed in DIR/README.md.\n\n"
        "  plim import ocr-transmits ocr_transmits.json.gz -o run\n"
        "  plim replay run",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
