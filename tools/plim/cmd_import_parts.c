/* plim import prices, trades, positions: tables into world files. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/common/file.h"
#include "tools/common/source.h"
#include "tools/plim/commands.h"
#include "tools/sim/parts.h"

static const char *value_or(const pt_args *args, const char *name, const char *otherwise)
{
    const char *value = pt_args_value(args, name);
    return value != NULL ? value : otherwise;
}

static pt_exit import(const pt_parts_options *options, pt_report *report)
{
    pt_bytes text = {0};
    pt_parts_result made;
    pt_exit exit = pt_parts_make(&text, &made, options, report);
    if (exit == PT_OK) {
        exit = pt_file_write(options->path, text.data, text.size, report);
    }
    if (exit == PT_OK) {
        (void)printf("%s: %llu rows, %llu new blocks, %llu new accounts; plim run %s runs it\n",
                     options->path, (unsigned long long)made.rows,
                     (unsigned long long)made.blocks_added, (unsigned long long)made.accounts_added,
                     options->path);
    }
    pt_bytes_free(&text);
    return exit;
}

static pt_exit run(const pt_args *args, pt_part part, pt_report *report)
{
    pt_parts_options options = {.part = part,
                                .file = args->words[0],
                                .into = pt_args_value(args, "--into"),
                                .path = pt_args_value(args, "-o"),
                                .engine = "perp",
                                .operator_ = "operator",
                                .maker = "mm",
                                .block = 1};
    char *library = NULL;
    if (options.into == NULL || options.path == NULL) {
        return pt_fail(report, PT_USAGE, "import needs %s",
                       options.path == NULL ? "-o NEW.world.json: the world file to write"
                                            : "--into WORLD.json: the world that the rows go into");
    }
    if (pt_is_file(options.path)) {
        return pt_fail(report, PT_INPUT, "%s: exists; name a new file", options.path);
    }
    if (part != PT_PART_PRICES) {
        options.engine = value_or(args, "--engine", options.engine);
        options.operator_ = value_or(args, "--operator", options.operator_);
    }
    if (part == PT_PART_POSITIONS) {
        options.maker = value_or(args, "--maker", options.maker);
        PT_TRY(pt_args_u64(&options.block, args, "--block", 1, 1000000, report));
    }
    PT_TRY(pt_contracts_folder(&library, pt_args_value(args, "--contracts"), report));
    options.library = library;
    const pt_exit exit = import(&options, report);
    free(library);
    return exit;
}

static pt_exit run_prices(const pt_args *args, pt_report *report)
{
    return run(args, PT_PART_PRICES, report);
}

static pt_exit run_trades(const pt_args *args, pt_report *report)
{
    return run(args, PT_PART_TRADES, report);
}

static pt_exit run_positions(const pt_args *args, pt_report *report)
{
    return run(args, PT_PART_POSITIONS, report);
}

#define COMMON_OPTIONS                                                                             \
    {"--into", "WORLD.json", "the world file that the rows go into (needed)"},                     \
        {"-o", "NEW.world.json", "the world file to write (needed); it must not exist"},           \
    {                                                                                              \
        "--contracts", "FOLDER", "std/ and math/; default: contracts/ of the project"              \
    }
#define ENGINE_OPTIONS                                                                             \
    {"--engine", "NAME", "the contract with fill and deposit; default perp"},                      \
    {                                                                                              \
        "--operator", "ACCOUNT", "who brings fills; default operator"                              \
    }
#define COMMON_ABOUT                                                                               \
    "CSV with a line of column names, or JSON lines, plain or gzip. Numbers are exact decimals;\n" \
    "a number with more decimals than its unit has, an unknown column or feed, a time that goes\n" \
    "back is refused with file, line, column and what was expected. The form of the whole\n"       \
    "new world is checked before it is written; whether the contract takes each row (market 9,\n"  \
    "too little margin) plim run shows. Worked example: contracts/examples/book/README.md\n\n"

static const pt_option prices_options[] = {COMMON_OPTIONS};
static const pt_option trades_options[] = {COMMON_OPTIONS, ENGINE_OPTIONS};
static const pt_option positions_options[] = {
    COMMON_OPTIONS,
    ENGINE_OPTIONS,
    {"--maker", "ACCOUNT", "the other side of every position; default mm"},
    {"--block", "N", "the block of WORLD.json at whose end they are opened; default 1"}};

const pt_command pt_command_import_prices = {
    .name = "import prices",
    .synopsis = "FILE --into WORLD.json -o NEW.world.json",
    .summary = "put a table of prices into a world file",
    .about = "One row is one price of one feed:\n\n"
             "  time_s   seconds since 1970 (or time: YYYY-MM-DD HH:MM:SS in UTC), ascending\n"
             "  feed     the name of a feed of the world\n"
             "  price    with at most the feed's decimals, above 0\n\n"
             "Each new time becomes a block; rows of one time share it.\n" COMMON_ABOUT
             "  plim import prices prices.csv --into world.json -o new.world.json",
    .options = prices_options,
    .option_count = sizeof prices_options / sizeof prices_options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run_prices,
};

const pt_command pt_command_import_trades = {
    .name = "import trades",
    .synopsis = "FILE --into WORLD.json -o NEW.world.json",
    .summary = "put a table of trades into a world file",
    .about = "One row is one fill of an engine like contracts/perp.plim:\n\n"
             "  time_s   seconds since 1970 (or time: YYYY-MM-DD HH:MM:SS in UTC), ascending\n"
             "  market   its number\n"
             "  maker, taker   accounts; new names become accounts of the world\n"
             "  size     base units, at most 9 decimals; above 0: the taker buys\n"
             "  price    quote per base unit, at most 8 decimals\n\n" COMMON_ABOUT
             "  plim import trades trades.csv --into world.json -o new.world.json",
    .options = trades_options,
    .option_count = sizeof trades_options / sizeof trades_options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run_trades,
};

const pt_command pt_command_import_positions = {
    .name = "import positions",
    .synopsis = "FILE --into WORLD.json -o NEW.world.json",
    .summary = "put a table of positions into a world file",
    .about = "One row is one position, opened by a fill against one market maker:\n\n"
             "  account       new names become accounts of the world\n"
             "  market        its number\n"
             "  size          base units, at most 9 decimals; above 0 long, below 0 short\n"
             "  entry_price   quote per base unit, at most 8 decimals\n"
             "  deposit       optional: cash paid in before, at most 6 decimals\n\n" COMMON_ABOUT
             "  plim import positions positions.csv --into world.json -o new.world.json",
    .options = positions_options,
    .option_count = sizeof positions_options / sizeof positions_options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run_positions,
};
