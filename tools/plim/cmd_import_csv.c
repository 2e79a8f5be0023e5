/* plim import csv, plim import aave-v2-events: rows of an export into histories. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/common/file.h"
#include "tools/common/source.h"
#include "tools/common/value.h"
#include "tools/import/folder.h"
#include "tools/import/rows.h"
#include "tools/plim/commands.h"

static pt_exit import(const pt_args *args, const char *map, const char *library, pt_report *report)
{
    const char *output = pt_args_value(args, "-o");
    pt_rows_result result;
    char root[65];
    PT_TRY(pt_import_rows(&result, args->words[0], map, output, library, report));
    pt_hex(root, result.root, 32);
    (void)printf("%s: %s, %llu rows, %llu prices signed by a %s, %llu values to compare, "
                 "root %.16s\nplim replay %s compares them\n",
                 output, result.name, (unsigned long long)result.rows,
                 (unsigned long long)result.prices, PT_STAND_IN, (unsigned long long)result.values,
                 root, output);
    return PT_OK;
}

/* name: the map in the folder of contracts, or NULL for what --map says. */
static pt_exit run_with(const pt_args *args, const char *name, pt_report *report)
{
    const char *output = pt_args_value(args, "-o"), *asked = pt_args_value(args, "--map");
    char *contracts = NULL;
    if (output == NULL || (name == NULL && asked == NULL)) {
        return pt_fail(report, PT_USAGE, "import needs %s",
                       output == NULL ? "-o DIR: where to write the history"
                                      : "--map MAP.json: what the columns mean (see --help)");
    }
    PT_TRY(pt_folder_check(output, report));
    PT_TRY(pt_contracts_folder(&contracts, pt_args_value(args, "--contracts"), report));
    if (contracts == NULL && name != NULL) {
        return pt_fail(report, PT_INPUT,
                       "the folder of contracts is not beside the program; say where it is with "
                       "--contracts FOLDER");
    }
    char *map = name != NULL ? pt_path_join(contracts, name) : NULL;
    const pt_exit result = import(args, map != NULL ? map : asked, contracts, report);
    free(map);
    free(contracts);
    return result;
}

static pt_exit run_csv(const pt_args *args, pt_report *report)
{
    return run_with(args, NULL, report);
}

static pt_exit run_aave(const pt_args *args, pt_report *report)
{
    const pt_exit result = run_with(args, "aave_v2_events.map.json", report);
    if (result == PT_OK) {
        (void)printf(
            "Expect differences: some prices of this export are not those of the "
            "liquidation, so replay may\nend with DIVERGED and exit code 1; its table names "
            "the likely price of each row.\nThe whole export of 2020-12 to 2021-07 has 766 "
            "such rows of 6231: contracts/aave_v2_events.md\n");
    }
    return result;
}

static const pt_option csv_options[] = {
    {"-o", "DIR", "the folder to write (needed)"},
    {"--map", "MAP.json", "which column becomes what (needed)"},
    {"--contracts", "FOLDER", "std/ and math/; default: contracts/ of the project"},
};

static const pt_option aave_options[] = {
    {"-o", "DIR", "the folder to write (needed)"},
    {"--contracts", "FOLDER", "the contract sources; default: contracts/ of the project"},
};

const pt_command pt_command_import_csv = {
    .name = "import csv",
    .synopsis = "FILE --map MAP.json -o DIR",
    .summary = "make a history out of your own table of events",
    .about =
        "Reads CSV with a line of column names, or JSON lines, plain or gzip, in order of time.\n"
        "Each row becomes a block: its prices, signed by a stand-in, and one call of a contract.\n"
        "What the row says of the outcome is compared by plim replay: identical, explained by a\n"
        "named rule of its column, or different.\n\n"
        "The map is a world file (plim run --help) with \"rows\" instead of \"blocks\":\n\n"
        "  \"rows\": {\n"
        "    \"source\": \"who published it, when\",\n"
        "    \"time_s\": {\"column\": \"timestamp\"},\n"
        "    \"prices\": [{\"feed\": \"eth_usd\", \"price\": {\"column\": \"eth_price\"}}],\n"
        "    \"call\": \"shop.liquidation\", \"from\": \"export\",\n"
        "    \"args\": {\"repaid\": {\"column\": \"repaid\", \"decimals\": 6}, ..},\n"
        "    \"expect\": [{\"column\": \"seized\", \"result\": \"take\", \"decimals\": 18,\n"
        "                \"rules\": [{\"name\": \"printed with 6 digits\",\n"
        "                           \"low\": \"take_low\", \"high\": \"take_high\"}]}] }\n\n"
        "A worked example: contracts/examples/liquidations.map.json and liquidations.csv; every "
        "key:\n"
        "tools/import/README.md. A row that does not fit is named: file, line, column, what was\n"
        "expected, what stands there.\n\n"
        "  plim import csv liquidations.csv --map liquidations.map.json -o run\n"
        "  plim replay run --all-differences",
    .options = csv_options,
    .option_count = sizeof csv_options / sizeof csv_options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run_csv,
};

const pt_command pt_command_import_aave_v2_events = {
    .name = "import aave-v2-events",
    .synopsis = "FILE -o DIR",
    .summary = "make a history out of Aave v2's liquidation events",
    .about =
        "plim import csv with the map contracts/aave_v2_events.map.json: an export of the Aave v2\n"
        "subgraph with the columns timestamp, user, pool, collateralReserve, collateralAmount,\n"
        "principalReserve, principalAmount, reservePriceETHPrincipal, reservePriceETHCollateral\n"
        "and reservePriceUSDPrincipal. Decimals, feeds and bonuses of the reserves are in the "
        "map.\n\n"
        "Differences are expected: some prices of the export are not those of the liquidation (766 "
        "of\n"
        "the 6231 rows from 2020-12 to 2021-07). plim replay then says DIVERGED, exit code 1, and "
        "its\n"
        "table names the likely price of each; contracts/aave_v2_events.md counts them.\n\n"
        "  plim import aave-v2-events liquidations.csv.gz -o run\n"
        "  plim replay run                       a table of classes: identical, explained, "
        "different\n"
        "  plim replay run --all-differences     and each difference with its likely field",
    .options = aave_options,
    .option_count = sizeof aave_options / sizeof aave_options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run_aave,
};
