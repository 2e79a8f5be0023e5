/* plim explain: one transaction told to a person: who, why now, each formula with its numbers, who
 * got what. Facts are gathered as JSON first (explain.c); this file reads the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/source.h"
#include "tools/plim/commands.h"
#include "tools/plim/explain.h"

/* "78" or "78:1". */
static pt_exit read_place(pt_explain *explain, const char *word, pt_report *report)
{
    char block[32];
    const char *colon = strchr(word, ':');
    const size_t size = colon != NULL ? (size_t)(colon - word) : strlen(word);
    (void)snprintf(block, sizeof block, "%.*s", (int)(size < 31 ? size : 31), word);
    explain->receipt = UINT64_MAX;
    if (!pt_parse_u64(&explain->height, block) || explain->height == 0 ||
        (colon != NULL && !pt_parse_u64(&explain->receipt, colon + 1))) {
        return pt_fail(report, PT_USAGE,
                       "explain needs a block and the number of a receipt, as plim show DIR block "
                       "numbers them: plim explain DIR 78:1");
    }
    return PT_OK;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    pt_explain explain = {.history = args->words[0],
                          .contracts = pt_args_value(args, "--contracts"),
                          .account = pt_args_value(args, "--account"),
                          .all_formulas = pt_args_flag(args, "--all")};
    json_t *facts = NULL;
    char *folder = NULL;
    PT_TRY(read_place(&explain, args->words[1], report));
    PT_TRY(pt_contracts_folder(&folder, explain.contracts, report)); /* only: is it there? */
    free(folder);
    PT_TRY(pt_explain_facts(&facts, &explain, report));
    pt_exit result = PT_OK;
    if (pt_args_flag(args, "--json")) {
        char *text = json_dumps(facts, JSON_INDENT(2));
        result = text == NULL ? pt_fail(report, PT_LIMIT, "out of memory") : PT_OK;
        (void)puts(text == NULL ? "" : text);
        free(text);
    } else {
        pt_explain_print(facts, stdout);
    }
    json_decref(facts);
    return result;
}

static const pt_option options[] = {
    {"--account", "NAME", "whose health is told; default: the account that the call names"},
    {"--all", NULL, "every formula, also exact zeros and repeated lines"},
    {"--contracts", "FOLDER",
     "where the sources are; default: the project's, this folder, beside DIR"},
    {"--json", NULL, "JSON instead of text"},
};

const pt_command pt_command_explain = {
    .name = "explain",
    .synopsis = "DIR|FILE BLOCK[:RECEIPT] [options]",
    .summary = "tell one liquidation: why now, each formula, who got what",
    .about =
        "Replays up to the block (all of it verified), runs the transaction under the machine's\n"
        "trace and tells it: who called what about whom; the account's health before and after;\n"
        "since when it stood below its line and which price or transaction brought it there; "
        "every\n"
        "step that rounds, with its numbers and its source line; what was emitted. Without a\n"
        "receipt number the first transaction of the block is told.\n\n"
        "  plim explain fixtures/histories/aave-v3-seed-5 78\n"
        "  plim explain fixtures/histories/captured-report 2\n"
        "  plim explain run 17:2 --json",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words_min = 2,
    .words_max = 2,
    .run = run,
};
