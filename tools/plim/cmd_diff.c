/* plim diff: the first divergence between two histories. Facts are gathered as JSON first (diff.c);
 * this file reads the command line. */
#include <stdlib.h>

#include "tools/plim/commands.h"
#include "tools/plim/diff.h"

static pt_exit run(const pt_args *args, pt_report *report)
{
    const char *contracts = pt_args_value(args, "--contracts");
    const char *other = pt_args_value(args, "--contracts-b");
    const pt_diff diff = {.histories = {args->words[0], args->words[1]},
                          .contracts = {contracts, other != NULL ? other : contracts},
                          .all = pt_args_flag(args, "--all")};
    json_t *facts = NULL;
    PT_TRY(pt_diff_facts(&facts, &diff, report));
    pt_exit result = json_is_true(json_object_get(facts, "identical")) ? PT_OK : PT_DIVERGED;
    if (pt_args_flag(args, "--json")) {
        char *text = json_dumps(facts, JSON_INDENT(2));
        result = text == NULL ? pt_fail(report, PT_LIMIT, "out of memory") : result;
        (void)puts(text == NULL ? "" : text);
        free(text);
    } else {
        pt_diff_print(facts, stdout);
    }
    json_decref(facts);
    return result;
}

static const pt_option options[] = {
    {"--all", NULL, "every differing row, at most 100; default: one of each table"},
    {"--contracts", "FOLDER",
     "where the sources are; default: the project's, or beside the history"},
    {"--contracts-b", "FOLDER", "where the sources of B are, if others"},
    {"--json", NULL, "JSON instead of text"},
};

const pt_command pt_command_diff = {
    .name = "diff",
    .synopsis = "A B",
    .summary = "the first divergence of two histories: block, transaction, row, instruction",
    .about =
        "Two machines, or two versions of a contract, ran the same thing and got different roots.\n"
        "Which block, which transaction, which field of which row, which instruction of which "
        "line?\n"
        "A and B are folders or history files, as plim replay takes them.\n\n"
        "  1. Worlds: settings, contract code (by function), feeds, labels, genesis rows.\n"
        "  2. The first block that differs. Of one world it is found without running anything:\n"
        "     equal blocks from an equal world leave equal states. Of two worlds every root\n"
        "     differs; then both are replayed, and the first block whose body, receipts or "
        "written\n"
        "     rows differ counts. A block that does not verify is told with the check that fails.\n"
        "  3. There: header, calls and reports, receipts field by field, rows in key order.\n"
        "  4. The first transaction (or the hooks) whose effect differs is run in both, step "
        "beside\n"
        "     step, to the first instruction that reads or makes another value.\n\n"
        "  plim diff run-mine run-yours\n"
        "  plim diff run-mine run-yours --json\n"
        "  plim diff before after --all --contracts old/contracts --contracts-b contracts\n\n"
        "Source lines are printed when the sources are those the code was compiled from. "
        "Identical\n"
        "says that the histories are, not that they are right: plim replay verifies one.\n\n"
        "Exit code 0: identical; 1: different; 3: an input is not a history.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words_min = 2,
    .words_max = 2,
    .run = run,
};
