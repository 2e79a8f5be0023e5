/* plim gen perp: a made-up book over a made-up or recorded price path, as a world file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/source.h"
#include "tools/common/value.h"
#include "tools/plim/commands.h"
#include "tools/sim/book.h"
#include "tools/sim/world_text.h"

enum { BLOCKS_DEFAULT = 300, ACCOUNTS_DEFAULT = 50 };

static const pt_mark mark_made = {PT_WORLD_TEXT_MADE, sizeof PT_WORLD_TEXT_MADE - 1, 0,
                                  "a world file that plim gen made"};

/* "40%" or "12.5%": basis points below 9500. */
static pt_exit read_crash(uint32_t *bps, const char *text, pt_report *report)
{
    unsigned whole = 0, part = 0;
    char sign = 0, more = 0;
    if (text == NULL) {
        return PT_OK;
    }
    const bool simple = sscanf(text, "%2u%c%c", &whole, &sign, &more) == 2 && sign == '%';
    if (!simple && (sscanf(text, "%2u.%1u%c%c", &whole, &part, &sign, &more) != 3 || sign != '%')) {
        return pt_fail(report, PT_USAGE, "--crash expects a fall like 40%% or 12.5%%, not \"%s\"",
                       text);
    }
    *bps = whole * 100 + part * 10;
    return *bps <= 9500 ? PT_OK : pt_fail(report, PT_USAGE, "--crash expects at most 95%%");
}

static pt_exit read_model(const char **model, const char *asked, pt_report *report)
{
    static const char *const models[] = {"tiers", "scaled", "flat"};
    for (size_t i = 0; i < 3; i++) {
        if (asked == NULL || strcmp(asked, models[i]) == 0) {
            *model = models[i];
            return PT_OK;
        }
    }
    return pt_fail(report, PT_USAGE, "--model is tiers, scaled or flat, not \"%s\"", asked);
}

static pt_exit make_paths(pt_paths *paths, const pt_args *args, pt_random *random, uint64_t markets,
                          uint64_t blocks, pt_report *report)
{
    const pt_path_table table = {.file = pt_args_value(args, "--prices"),
                                 .columns = pt_args_value(args, "--column"),
                                 .where = pt_args_value(args, "--where"),
                                 .time = pt_args_value(args, "--time")};
    uint32_t crash_bps = 4000;
    PT_TRY(read_crash(&crash_bps, pt_args_value(args, "--crash"), report));
    if (table.file == NULL) {
        if (table.columns != NULL || table.where != NULL || table.time != NULL) {
            return pt_fail(report, PT_USAGE, "--column, --where and --time belong to --prices");
        }
        pt_paths_make(paths, random, markets, blocks == 0 ? BLOCKS_DEFAULT : blocks, crash_bps);
        return PT_OK;
    }
    if (table.columns == NULL || pt_args_value(args, "--crash") != NULL) {
        return pt_fail(report, PT_USAGE,
                       table.columns == NULL ? "--prices needs --column: where the prices are"
                                             : "--crash is for made-up prices, not --prices");
    }
    return pt_paths_read(paths, random, markets, blocks, &table, report);
}

static pt_exit write_world(const pt_paths *paths, const pt_book_options *options, pt_report *report)
{
    pt_bytes text = {0};
    pt_book_result made;
    char root[65];
    pt_exit exit = pt_book_make(&text, &made, paths, options, report);
    if (exit == PT_OK) {
        exit = pt_file_write(options->path, text.data, text.size, report);
    }
    if (exit == PT_OK) {
        pt_hex(root, made.root, 32);
        (void)printf("%s: seed %llu, %zu accounts, %zu markets, %llu blocks, %llu calls (%llu "
                     "refused)\nroot after block %llu  %s\n",
                     options->path, (unsigned long long)options->seed, options->accounts,
                     paths->markets - options->assets, (unsigned long long)made.blocks,
                     (unsigned long long)made.calls, (unsigned long long)made.refused,
                     (unsigned long long)made.blocks, root);
    }
    pt_bytes_free(&text);
    return exit;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    uint64_t accounts = ACCOUNTS_DEFAULT, markets = 3, blocks = 0, dated = 0, assets = 0;
    pt_book_options options = {.seed = 1, .every_s = 60, .leverage = 8, .grace = 5, .fund = 2000};
    char *contracts = NULL;
    pt_paths paths = {0};
    options.path = pt_args_value(args, "-o");
    if (options.path == NULL) {
        return pt_fail(report, PT_USAGE, "gen needs -o FILE: the world file to write");
    }
    PT_TRY(pt_args_u64(&options.seed, args, "--seed", 0, INT64_MAX, report));
    PT_TRY(pt_args_u64(&accounts, args, "--accounts", 2, 999, report));
    PT_TRY(pt_args_u64(&markets, args, "--markets", 1, PT_PATH_MARKETS_MAX, report));
    PT_TRY(pt_args_u64(&blocks, args, "--blocks", 2, PT_PATH_BLOCKS_MAX, report));
    PT_TRY(pt_args_u64(&options.every_s, args, "--every", 1, 86400, report));
    PT_TRY(pt_args_u64(&options.leverage, args, "--leverage", 1, 18, report));
    PT_TRY(pt_args_u64(&options.grace, args, "--grace", 0, 100000, report));
    PT_TRY(pt_args_u64(&options.fund, args, "--fund", 0, 1000000000, report));
    PT_TRY(pt_args_u64(&dated, args, "--dated", 0, markets, report));
    PT_TRY(pt_args_u64(&assets, args, "--assets", 0, PT_PATH_MARKETS_MAX, report));
    PT_TRY(pt_args_u64(&options.isolated, args, "--isolated", 0, 100, report));
    if (markets + assets > PT_PATH_MARKETS_MAX) {
        return pt_fail(report, PT_USAGE, "--markets and --assets together are at most %d",
                       PT_PATH_MARKETS_MAX);
    }
    options.dated = dated;
    options.assets = assets;
    PT_TRY(read_model(&options.model, pt_args_value(args, "--model"), report));
    PT_TRY(pt_may_replace(options.path, &mark_made, report));
    PT_TRY(pt_contracts_folder(&contracts, pt_args_value(args, "--contracts"), report));
    if (contracts == NULL) {
        return pt_fail(report, PT_INPUT,
                       "the folder of contracts is not beside the program; say where it is with "
                       "--contracts FOLDER");
    }
    pt_random random = {~options.seed};
    options.accounts = accounts;
    options.contracts = contracts;
    options.source = pt_args_value(args, "--prices") == NULL
                         ? "made-up prices"
                         : pt_path_base(pt_args_value(args, "--prices"));
    pt_exit exit = make_paths(&paths, args, &random, markets + assets, blocks, report);
    exit = exit == PT_OK ? write_world(&paths, &options, report) : exit;
    pt_paths_free(&paths);
    free(contracts);
    return exit;
}

static const pt_option options_table[] = {
    {"-o", "FILE", "the world file to write (needed)"},
    {"--seed", "N", "default 1; the same seed gives the same file"},
    {"--accounts", "N", "traders; default 50"},
    {"--markets", "N", "1 to 8; default 3"},
    {"--blocks", "N", "default 300, or as many as --prices has"},
    {"--every", "SECONDS", "between blocks; default 60"},
    {"--crash", "PERCENT", "how far prices fall in the second half; default 40%"},
    {"--leverage", "TIMES", "what a small account likes to hold; default 8; at most 18"},
    {"--grace", "BLOCKS", "to answer a margin call; default 5; 0: liquidated at once"},
    {"--fund", "DOLLARS", "in each insurance fund; default 2000"},
    {"--dated", "N", "the last N markets are futures that expire at three quarters; default 0"},
    {"--isolated", "PERCENT", "of the traders that hold one market in isolation; default 0"},
    {"--assets", "N", "collateral assets with haircuts of 5, 10, 20 and 35 %; default 0"},
    {"--model", "NAME", "margin model of the markets: tiers (default), scaled, flat"},
    {"--prices", "FILE", "CSV or JSON lines, plain or gzip: the path of the first market"},
    {"--column", "NAMES", "its column, or several of one row in order: open,high,low,close"},
    {"--where", "COLUMN=TEXT,..", "only these rows; TEXT* is how it begins"},
    {"--time", "COLUMN", "time of the first row: seconds, or YYYY-MM-DD HH:MM:SS in UTC"},
    {"--contracts", "FOLDER", "the contract sources; default: contracts/ of the project"},
};

const pt_command pt_command_gen_perp = {
    .name = "gen perp",
    .synopsis = "-o WORLD.json [--seed N]",
    .summary = "a made-up book of leveraged accounts and a crash",
    .about =
        "Writes a world file over contracts/perp.plim and contracts/margin_call.plim: accounts "
        "with\n"
        "skewed sizes and leverage, long and short, who trade, pay in and reduce, a market maker, "
        "two\n"
        "keepers that check margin calls and liquidate, insurance funds. Prices are made up "
        "(walk,\n"
        "jumps, a crash in two legs, a third won back) or follow a table; further markets then "
        "follow\n"
        "the first with their own noise. Everybody acts on what the contracts answer at the "
        "block's\n"
        "prices. All integers; the seed is in the file. Three margin models are set up. Some "
        "markets\n"
        "may be dated futures, some accounts isolated, some deposits in assets with haircuts.\n\n"
        "  plim gen perp --seed 7 --accounts 50 --markets 3 --blocks 300 --crash 40% -o "
        "world.json\n"
        "  plim run world.json -o run\n"
        "  plim calls run\n"
        "  plim waterfall run\n"
        "  plim replay run --compare-model tiers,flat",
    .options = options_table,
    .option_count = sizeof options_table / sizeof options_table[0],
    .words_min = 0,
    .words_max = 0,
    .run = run,
};
