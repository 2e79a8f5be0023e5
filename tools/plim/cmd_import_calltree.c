/* plim import evm-calltree: recorded liquidation calls, one by one, into one history. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/value.h"
#include "tools/import/calltree.h"
#include "tools/import/folder.h"
#include "tools/plim/commands.h"
#include "tools/plim/import_folders.h"
#include "tools/plim/play.h"
#include "vm/num/text.h"

/* The calls whose world differed from the trace get what differed as their reason. */
static void note_differences(pt_call_file *calls, const pt_play *play)
{
    size_t position = 0;
    for (size_t n = 0; n < calls->count; n++) {
        pt_call_tree *call = &calls->calls[n];
        if (call->made == NULL) {
            continue;
        }
        for (size_t i = 0; i < json_array_size(play->differences); i++) {
            const json_t *d = json_array_get(play->differences, i);
            const size_t block = (size_t)json_integer_value(json_object_get(d, "block"));
            if ((block - 1) / 2 == position && call->reason[0] == '\0') {
                (void)snprintf(call->reason, sizeof call->reason,
                               "%.160s: the trace %.100s, here %.100s",
                               json_string_value(json_object_get(d, "where")),
                               json_string_value(json_object_get(d, "expected")),
                               json_string_value(json_object_get(d, "computed")));
            }
        }
        position++;
    }
}

static pt_exit play_world(pt_play *play, const pt_call_file *calls, const char *contracts,
                          pt_report *report)
{
    play->source = "Ethereum call trees, reproduced to the unit";
    play->world.root = (pt_json){.value = pt_call_file_world(calls), .file = play->world.file};
    if (play->world.root.value == NULL) {
        return pt_fail(report, PT_INPUT, "%s: its calls do not make a world", calls->file);
    }
    PT_TRY(pt_world_file_make(&play->world, contracts, report));
    pt_play_begin(play);
    for (size_t i = 0; i < play->world.block_count; i++) {
        json_t *facts = NULL;
        const pt_exit result = pt_play_block(&facts, play, i, report);
        json_decref(facts);
        PT_TRY(result);
    }
    return PT_OK;
}

/* ---- what is said about it ---- */

static void put_line(pt_bytes *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put_line(pt_bytes *text, const char *format, ...)
{
    char line[1200];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(line, sizeof line, format, list);
    va_end(list);
    pt_put_text(text, line);
}

static const char *number_text(char text[PL_NUM_TEXT_MAX + 1], const pl_u256 *number)
{
    text[pl_u256_print_dec(text, number)] = '\0';
    return text;
}

static void put_call_line(pt_bytes *text, const pt_call_tree *call, size_t n)
{
    char covered[PL_NUM_TEXT_MAX + 1], seized[PL_NUM_TEXT_MAX + 1];
    put_line(text, "| %zu | %llu | %s | ", n, (unsigned long long)call->block, call->protocol);
    if (call->made != NULL) {
        put_line(text, "%s | %s | %zu | reproduced |\n", number_text(covered, &call->covered),
                 number_text(seized, &call->seized), call->values);
    } else {
        put_line(text, "| | | not modelled: %s |\n", call->reason);
    }
}

static void count(size_t *made, size_t *values, const pt_call_file *calls)
{
    *made = *values = 0;
    for (size_t n = 0; n < calls->count; n++) {
        *made += calls->calls[n].made != NULL ? 1 : 0;
        *values += calls->calls[n].made != NULL ? calls->calls[n].values : 0;
    }
}

static char *readme(const pt_call_file *calls, const pt_play *play)
{
    pt_bytes text = {0};
    size_t made = 0, values = 0;
    char root[65];
    pl_head head;
    pl_chain_head(&head, play->world.chain);
    pt_hex(root, head.state_root, 32);
    count(&made, &values, calls);
    put_line(&text,
             "# Liquidation calls of Ethereum\n\n"
             "Made by `plim import evm-calltree` from `%s`. Each call has a contract of its own, "
             "whose\nfirst rows are what the frames of the call read, and two blocks: prices "
             "(signed by a\n%s) and what is read before, then the call and what is read after. "
             "%zu of %zu calls are\nreproduced to the unit, %zu values of the traces compared; "
             "those that are not here have their reason.\n\n",
             pt_path_base(calls->file), PT_STAND_IN, made, calls->count, values);
    put_line(&text, "| call | block | protocol | debt covered | collateral taken | values | |\n"
                    "|---|---|---|---|---|---|---|\n");
    for (size_t n = 0; n < calls->count; n++) {
        put_call_line(&text, &calls->calls[n], n);
    }
    put_line(
        &text,
        "\nNot in the traces, and where it comes from: thresholds, decimals and bonuses of Aave v2 "
        "from the\nfile of reserves; close factor 0.5 and incentive 1.08 of Compound as "
        "documented; "
        "its collateral\nfactors are the highest whole percentage under which the borrower had a "
        "shortfall, as the call\nproves. Interest stands still: indexes, rates and debts are those "
        "of the call's own block. Aave's\nstable debt is carried as variable debt without "
        "interest: "
        "the amounts of a liquidation do not\ndepend on the kind. Last state root `%s`.\n",
        root);
    pt_put_u8(&text, 0);
    return (char *)text.data;
}

static void print_result(const pt_call_file *calls, const pt_play *play, const char *folder)
{
    size_t made = 0, values = 0;
    char root[65];
    pl_head head;
    pl_chain_head(&head, play->world.chain);
    pt_hex(root, head.state_root, 32);
    count(&made, &values, calls);
    for (size_t n = 0; n < calls->count; n++) {
        if (calls->calls[n].made == NULL) {
            (void)printf("call %zu, block %llu, %s: not modelled: %s\n", n,
                         (unsigned long long)calls->calls[n].block, calls->calls[n].protocol,
                         calls->calls[n].reason);
        }
    }
    (void)printf("%s: %zu of %zu calls reproduced to the unit, %zu values of the traces compared, "
                 "prices signed by a %s, root %.16s\n",
                 folder, made, calls->count, values, PT_STAND_IN, root);
}

static pt_exit import(pt_call_file *calls, pt_play *play, const char *folder, const char *contracts,
                      pt_report *report)
{
    char *place = pt_path_join(contracts, "evm_calltree.world.json");
    pt_exit result = PT_OK;
    for (int round = 0; round < 2 && result == PT_OK; round++) { /* again without what differs */
        pt_call_file_make(calls);
        play->world.file = place;
        result = play_world(play, calls, contracts, report);
        if (result == PT_OK && round == 0 && json_array_size(play->differences) != 0) {
            note_differences(calls, play);
            pt_play_free(play);
            *play = (pt_play){0};
            continue;
        }
        break;
    }
    if (result == PT_OK) {
        char *text = readme(calls, play);
        result = pt_folder_write(folder, &play->history, &play->expectations, play->world.chain,
                                 text, report);
        free(text);
    }
    if (result == PT_OK) {
        print_result(calls, play, folder);
    }
    pt_play_free(play);
    free(place);
    return result;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    const char *output = NULL;
    pt_call_file calls;
    pt_play play = {0};
    char *contracts = NULL;
    PT_TRY(pt_import_folders(&output, &contracts, args, report));
    pt_exit result =
        pt_call_file_open(&calls, args->words[0], pt_args_value(args, "--reserves"), report);
    if (result == PT_OK) {
        result = import(&calls, &play, output, contracts, report);
    }
    pt_call_file_close(&calls);
    free(contracts);
    return result;
}

static const pt_option options[] = {
    {"-o", "DIR", "the folder to write (needed)"},
    {"--reserves", "FILE.csv", "Aave v2's reserves: decimals, thresholds, bonuses"},
    {"--contracts", "FOLDER", "the contract sources; default: contracts/ of the project"},
};

const pt_command pt_command_import_calltree = {
    .name = "import evm-calltree",
    .synopsis = "FILE [--reserves FILE.csv] -o DIR",
    .summary = "make a history out of recorded liquidation calls",
    .about =
        "Reads call trees of liquidations (JSON, plain or gzip): a list of calls, each with "
        "block,\n"
        "tx, tx_index, protocol (aave-v1, aave-v2, aave-v2-amm, compound-v2..), contract,\n"
        "signature, reverted and frames; a frame has trace_address, call_type, from, to, value,\n"
        "input, output, error. What the frames read becomes the beginning of a world, the call a\n"
        "transaction, what they move its expected outcome. Calls that cannot be modelled, or come\n"
        "out otherwise, are listed with the reason.\n\n"
        "The file of reserves has the columns symbol, decimals, reserveLiquidationThreshold,\n"
        "reserveLiquidationBonus and id (the token's address, then the pool's).\n\n"
        "  plim import evm-calltree liquidation_calls.json.gz --reserves reserves.csv -o calls\n"
        "  plim replay calls",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
