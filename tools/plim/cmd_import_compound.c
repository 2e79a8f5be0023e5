/* plim import compound-2020-11-26: an export of liquidations of Compound v2 into a history. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/common/value.h"
#include "tools/import/compound_day.h"
#include "tools/plim/commands.h"
#include "tools/plim/import_folders.h"

static pt_exit run(const pt_args *args, pt_report *report)
{
    const char *output = NULL;
    char *contracts = NULL, root[65];
    pt_compound_day_result result;
    PT_TRY(pt_import_folders(&output, &contracts, args, report));
    const pt_exit exit = pt_import_compound_day(&result, args->words[0], output, contracts, report);
    free(contracts);
    if (exit != PT_OK) {
        return exit;
    }
    pt_hex(root, result.root, 32);
    (void)printf(
        "%s: %llu rows of %llu accounts into %llu blocks; %llu repayments exact; %llu rows "
        "keep the ratio of a row before, %llu set one; %llu values to compare, root %.16s\n",
        output, (unsigned long long)result.rows, (unsigned long long)result.accounts,
        (unsigned long long)result.blocks, (unsigned long long)result.exact,
        (unsigned long long)result.kept, (unsigned long long)result.implied,
        (unsigned long long)result.values, root);
    return PT_OK;
}

static const pt_option options[] = {
    {"-o", "DIR", "the folder to write (needed)"},
    {"--contracts", "FOLDER", "the contract sources; default: contracts/ of the project"},
};

const pt_command pt_command_import_compound_day = {
    .name = "import compound-2020-11-26",
    .synopsis = "FOLDER -o DIR",
    .summary = "make a history out of Compound's liquidations of 26 November 2020",
    .about =
        "Reads liquidate_borrow.csv and repaid_dai_by_account_comp_wei_hex.json and writes into\n"
        "DIR what plim import evm-trace writes: a call for each row, then one for each account.\n"
        "The sheet prints repayments to about four digits and units to fifteen: those are the\n"
        "rules of its columns when plim replay compares.\n\n"
        "  plim import compound-2020-11-26 data/compound-2020-11-26 -o day\n"
        "  plim replay day",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
