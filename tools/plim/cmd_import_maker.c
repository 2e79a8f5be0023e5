/* plim import maker-ethb and maker-black-thursday: exports of Maker into histories. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/common/value.h"
#include "tools/import/maker_ethb.h"
#include "tools/import/maker_thursday.h"
#include "tools/plim/commands.h"
#include "tools/plim/import_folders.h"

static void print_result(const char *folder, const pt_maker_result *result)
{
    char root[65];
    pt_hex(root, result->root, 32);
    (void)printf("%s: %llu rows into %llu blocks, %llu calls (%llu refused), %llu prices signed by "
                 "a stand-in signer\n",
                 folder, (unsigned long long)result->rows, (unsigned long long)result->blocks,
                 (unsigned long long)result->calls, (unsigned long long)result->refused,
                 (unsigned long long)result->prices);
    (void)printf("%llu liquidations, %llu auctions, %llu values to compare, root %.16s\n",
                 (unsigned long long)result->liquidations, (unsigned long long)result->auctions,
                 (unsigned long long)result->values, root);
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    const char *output = NULL;
    char *contracts = NULL;
    pt_maker_result result;
    PT_TRY(pt_import_folders(&output, &contracts, args, report));
    const pt_exit exit = pt_import_maker_ethb(
        &result, args->words[0], pt_args_value(args, "--prices"), output, contracts, report);
    free(contracts);
    if (exit == PT_OK) {
        print_result(output, &result);
    }
    return exit;
}

static pt_exit run_thursday(const pt_args *args, pt_report *report)
{
    const char *output = NULL;
    char *contracts = NULL, root[65];
    pt_thursday_result result;
    PT_TRY(pt_import_folders(&output, &contracts, args, report));
    const pt_exit exit =
        pt_import_maker_thursday(&result, args->words[0], output, contracts, report);
    free(contracts);
    if (exit != PT_OK) {
        return exit;
    }
    pt_hex(root, result.root, 32);
    (void)printf("%s: %llu blocks, %llu calls, %llu values of the oracle signed by a stand-in "
                 "signer, %llu auctions (%llu without an end), %llu values to compare, root "
                 "%.16s\n\n%s",
                 output, (unsigned long long)result.blocks, (unsigned long long)result.calls,
                 (unsigned long long)result.prices, (unsigned long long)result.auctions,
                 (unsigned long long)result.open, (unsigned long long)result.values, root,
                 result.figures);
    return PT_OK;
}

static const pt_option options[] = {
    {"-o", "DIR", "the folder to write (needed)"},
    {"--prices", "CSV", "hourly bars: open_time_utc,open,high,low,close,volume; plain or gzip"},
    {"--contracts", "FOLDER", "the contract sources; default: contracts/ of the project"},
};

const pt_command pt_command_import_maker = {
    .name = "import maker-ethb",
    .synopsis = "FOLDER -o DIR",
    .summary = "make a history out of the rows of one Maker collateral",
    .about =
        "Reads the seven files of data set maker-ethb (vaults, deposits, withdrawals, dai drawn "
        "and\n"
        "repaid, liquidations, parameters) and writes into DIR what plim import evm-trace writes.\n"
        "Every row becomes a call in its block's order; what the rows print of liquidations, "
        "whole\n"
        "repayments and ceilings is compared by plim replay, each value under the rules of its\n"
        "column. The page README.md in DIR tells how rows became calls, and every row that was\n"
        "mended or refused.\n\n"
        "  plim import maker-ethb data/maker-ethb -o ethb \\\n"
        "      --prices data/prices/eth_usdt_1h_2021-04_2023-01.csv.gz\n"
        "  plim replay ethb\n\n"
        "Without prices, and before their first hour, the price is what the rows imply.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run,
};

static const pt_option thursday_options[] = {
    {"-o", "DIR", "the folder to write (needed)"},
    {"--contracts", "FOLDER", "the contract sources; default: contracts/ of the project"},
};

const pt_command pt_command_import_thursday = {
    .name = "import maker-black-thursday",
    .synopsis = "FOLDER -o DIR",
    .summary = "make a history out of Maker's oracle and auctions of March 2020",
    .about =
        "Reads osm_eth_logvalue.csv.gz (every value of the ETH oracle by block) and\n"
        "flip_auctions_eth_a.csv.gz (lot, last bid and end of each auction) and writes into DIR\n"
        "what plim import evm-trace writes. The oracle's values drive the feed; a vault stands "
        "for\n"
        "each auction, is bitten, its lot bid for and dealt. Prints what 12 and 13 March came to,\n"
        "beside what is told of them; the same figures stand in the state:\n\n"
        "  plim import maker-black-thursday data/maker-black-thursday -o thursday\n"
        "  plim show thursday state tallies",
    .options = thursday_options,
    .option_count = sizeof thursday_options / sizeof thursday_options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run_thursday,
};
