/* plim run: a world file, its contracts compiled, its blocks sealed, its expectations checked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/interrupt.h"
#include "tools/common/source.h"
#include "tools/common/table.h"
#include "tools/common/value.h"
#include "tools/common/world_json.h"
#include "tools/import/folder.h"
#include "tools/plim/commands.h"
#include "tools/plim/play.h"

/* ---- refused calls ---- */

enum { REFUSALS_MAX = 64, REFUSALS_TOLD = 12 };

/* Calls of one function that were refused with one error, and the block of the first. */
typedef struct refusal {
    char call[160], error[80];
    long long count, block;
} refusal;

typedef struct refusals {
    refusal list[REFUSALS_MAX];
    size_t count;
} refusals;

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void note_refusal(refusals *all, const json_t *receipt, long long block)
{
    refusal one = {.count = 1, .block = block};
    const char *error = text_of(receipt, "error");
    (void)snprintf(one.call, sizeof one.call, "%s.%s", text_of(receipt, "contract"),
                   text_of(receipt, "function"));
    (void)snprintf(one.error, sizeof one.error, "%s",
                   error[0] != '\0' ? error : text_of(receipt, "status"));
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->list[i].call, one.call) == 0 &&
            strcmp(all->list[i].error, one.error) == 0) {
            all->list[i].count++;
            return;
        }
    }
    if (all->count < REFUSALS_MAX) {
        all->list[all->count++] = one;
    }
}

static void note_refusals(refusals *all, const json_t *facts)
{
    const json_t *receipts = json_object_get(facts, "receipts");
    for (size_t i = 0; i < json_array_size(receipts); i++) {
        const json_t *receipt = json_array_get(receipts, i);
        if (strcmp(text_of(receipt, "kind"), "transaction") == 0 &&
            strcmp(text_of(receipt, "status"), "OK") != 0) {
            note_refusal(all, receipt, json_integer_value(json_object_get(facts, "block")));
        }
    }
}

/* So that a call which set something up and was refused is not lost among the blocks. */
static void print_refusals(const refusals *all)
{
    pt_table table;
    if (all->count == 0) {
        return;
    }
    pt_table_begin(&table, 4);
    table.right[2] = table.right[3] = true;
    pt_table_cell(&table, "refused");
    pt_table_cell(&table, "error");
    pt_table_cell(&table, "calls");
    pt_table_cell(&table, "first in block");
    for (size_t i = 0; i < all->count && i < REFUSALS_TOLD; i++) {
        pt_table_cell(&table, "%s", all->list[i].call);
        pt_table_cell(&table, "%s", all->list[i].error);
        pt_table_cell(&table, "%lld", all->list[i].count);
        pt_table_cell(&table, "%lld", all->list[i].block);
    }
    pt_table_print(&table, stdout, 0);
    if (all->count > REFUSALS_TOLD) {
        (void)printf("... and other refusals\n");
    }
}

static pt_exit play_all(pt_play *play, json_t *blocks, refusals *all, pt_report *report)
{
    for (size_t i = 0; i < play->world.block_count; i++) {
        json_t *facts = NULL;
        if (pt_interrupted()) {
            return pt_fail(report, PT_INTERRUPTED, "interrupted; nothing was written");
        }
        const pt_exit result = pt_play_block(&facts, play, i, report);
        if (result != PT_OK) {
            json_decref(facts);
            return result;
        }
        if (blocks != NULL) {
            (void)json_array_append_new(blocks, facts);
        } else {
            pt_play_print(facts);
            note_refusals(all, facts);
            json_decref(facts);
        }
    }
    return PT_OK;
}

/* Who stands behind the prices, for the page of the folder. */
static const char *signers_text(const pl_world *world)
{
    if (strncmp(pt_world_signed_by(world), "a ", 2) == 0) {
        return "Prices are signed by a " PT_STAND_IN
               ": they are the file's own and\nprove nothing about a market.";
    }
    if (pt_world_stand_in(world) && !pt_world_unsigned(world)) {
        return "Prices are reports of the feeds' own signers, but those of\nfeeds whose note names "
               "a " PT_STAND_IN " are the file's own and prove nothing about a market.";
    }
    return pt_world_unsigned(world)
               ? "Prices are not signed: they are the file's own and prove\nnothing about a market."
               : "Prices are reports of the feeds' own signers.";
}

static pt_exit write_folder(const pt_play *play, const char *folder, pt_report *report)
{
    const pl_chain *chain = play->world.chain;
    char text[2000], root[65], id[65];
    pl_head head;
    pl_chain_head(&head, chain);
    pt_hex(root, head.state_root, 32);
    pt_hex(id, pl_chain_world(chain)->id, 32);
    (void)snprintf(
        text, sizeof text,
        "# %s\n\n"
        "Run from the world file `%s`. %s\n\n"
        "| | |\n|---|---|\n| blocks | %llu |\n| calls | %llu, of them %llu refused |\n"
        "| views asked | %llu |\n| world id | `%s` |\n| last state root | `%s` |\n\n"
        "Files: `history.plh.gz` (world and blocks), `expect.plx.gz` (outcomes, events and views "
        "as\n"
        "they were), `world.json` (the world in words). Check it: `plim replay` with this "
        "folder.\n",
        play->world.build.name, pt_path_base(play->world.file), signers_text(pl_chain_world(chain)),
        (unsigned long long)head.height, (unsigned long long)play->calls,
        (unsigned long long)play->refused, (unsigned long long)play->asked, id, root);
    return pt_folder_write(folder, &play->history, &play->expectations, chain, text, report);
}

static void print_end(const pt_play *play, const char *folder)
{
    const size_t differ = json_array_size(play->differences);
    char root[65];
    pl_head head;
    pl_chain_head(&head, play->world.chain);
    pt_hex(root, head.state_root, 32);
    for (size_t i = 0; i < differ; i++) {
        const json_t *d = json_array_get(play->differences, i);
        (void)printf("DIFFERENT in block %lld, %s\n  expected %s\n  computed %s\n",
                     (long long)json_integer_value(json_object_get(d, "block")),
                     json_string_value(json_object_get(d, "where")),
                     json_string_value(json_object_get(d, "expected")),
                     json_string_value(json_object_get(d, "computed")));
    }
    (void)printf("%s: %llu blocks, %llu calls (%llu refused), %llu views asked, %llu expectations "
                 "and %llu invariants checked, %zu differ\n",
                 differ == 0 ? "GOOD" : "DIFFERENT", (unsigned long long)head.height,
                 (unsigned long long)play->calls, (unsigned long long)play->refused,
                 (unsigned long long)play->asked, (unsigned long long)play->checked,
                 (unsigned long long)play->invariants_checked, differ);
    (void)printf("root after block %llu  %s\n", (unsigned long long)head.height, root);
    if (folder != NULL) {
        (void)printf("written to %s: plim replay and plim show read it\n", folder);
    }
}

static pt_exit print_json(const pt_play *play, json_t *blocks, pt_report *report)
{
    char root[65], id[65];
    pl_head head;
    const pl_world *world = pl_chain_world(play->world.chain);
    pl_chain_head(&head, play->world.chain);
    pt_hex(root, head.state_root, 32);
    pt_hex(id, world->id, 32);
    json_t *object = json_pack(
        "{s:s, s:s, s:b, s:b, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:O, s:O}", "world",
        play->world.build.name, "world_id", id, "stand_in_signer", pt_world_stand_in(world), "good",
        json_array_size(play->differences) == 0, "final_height", (json_int_t)head.height,
        "final_root", root, "calls", (json_int_t)play->calls, "refused", (json_int_t)play->refused,
        "asked", (json_int_t)play->asked, "expectations_checked", (json_int_t)play->checked,
        "invariants_checked", (json_int_t)play->invariants_checked, "differences",
        play->differences, "blocks", blocks);
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    if (text != NULL) {
        (void)puts(text);
    }
    json_decref(object);
    const pt_exit result = text != NULL ? PT_OK : pt_fail(report, PT_LIMIT, "out of memory");
    free(text);
    return result;
}

static pt_exit run_world(pt_play *play, const char *library, const char *folder, bool json,
                         pt_report *report)
{
    PT_TRY(pt_world_file_open(&play->world, library, report));
    pt_play_begin(play);
    json_t *blocks = json ? json_array() : NULL;
    if (!json) {
        const pl_world *world = pl_chain_world(play->world.chain);
        const bool is_signed = world->feed_count > 0 && !pt_world_unsigned(world);
        (void)printf("%s  (%s%s)\n", play->world.build.name, is_signed ? "prices signed by " : "",
                     is_signed                ? pt_world_signed_by(world)
                     : world->feed_count == 0 ? "no price feeds"
                                              : "some prices are not signed");
    }
    refusals *all = pt_take_zeroed(1, sizeof *all);
    pt_exit result = play_all(play, blocks, all, report);
    if (result == PT_OK && folder != NULL) {
        result = write_folder(play, folder, report);
    }
    if (result == PT_OK && json) {
        result = print_json(play, blocks, report);
    } else if (result == PT_OK) {
        print_refusals(all);
        print_end(play, folder);
    }
    free(all);
    json_decref(blocks);
    return result != PT_OK ? result : json_array_size(play->differences) == 0 ? PT_OK : PT_DIVERGED;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    const char *folder = pt_args_value(args, "-o");
    char *library = NULL;
    if (folder != NULL) {
        PT_TRY(pt_folder_check(folder, report));
    }
    PT_TRY(pt_contracts_folder(&library, pt_args_value(args, "--contracts"), report));
    pt_play *play = pt_take_zeroed(1, sizeof *play);
    play->world.file = args->words[0];
    const pt_exit result = run_world(play, library, folder, pt_args_flag(args, "--json"), report);
    pt_play_free(play);
    free(play);
    free(library);
    return result;
}

static const pt_option options[] = {
    {"-o", "DIR", "write history, expectations and world there, for plim replay and plim show"},
    {"--json", NULL, "one JSON object instead of text"},
    {"--contracts", "FOLDER", "where std/ and math/ are; default: contracts/ of the project"},
};

const pt_command pt_command_run = {
    .name = "run",
    .synopsis = "WORLD.json [-o DIR]",
    .summary = "run a contract of your own in a world you write",
    .about =
        "Compiles the contracts of a world file, seals its blocks, prints what every call and "
        "view\n"
        "gave, checks what the file expects and every invariant. Exit code 1 when one differs.\n"
        "The vault of spec 07 beside this file, and it runs:\n\n"
        "  { \"name\": \"my_world\", \"time_s\": 1700000000,\n"
        "    \"contracts\": [\n"
        "      { \"name\": \"vault\", \"source\": \"vault.plim\",\n"
        "        \"params\": { \"fee\": \"0.5%\" },\n"
        "        \"tables\": { \"balances\": [ { \"who\": \"bob\", \"amount\": \"50\" } ],\n"
        "                    \"pool\": [ { \"total\": \"50\" } ] } } ],\n"
        "    \"feeds\": [ { \"name\": \"ETH\", \"decimals\": 8, \"staleness_s\": 3600 } ],\n"
        "    \"accounts\": [ \"alice\", \"bob\" ],\n"
        "    \"blocks\": [\n"
        "      { \"after_s\": 12,\n"
        "        \"prices\": { \"ETH\": \"2000.00\" },\n"
        "        \"calls\": [\n"
        "          { \"from\": \"alice\", \"call\": \"vault.deposit\",\n"
        "            \"args\": { \"amount\": \"100\" }, \"expect\": \"OK\" },\n"
        "          { \"from\": \"bob\", \"call\": \"vault.withdraw\",\n"
        "            \"args\": [ \"60\" ], \"expect\": \"NotEnough\" } ] },\n"
        "      { \"after_s\": 12, \"calls\": [ { \"from\": \"alice\", \"call\": "
        "\"vault.withdraw\",\n"
        "            \"args\": [ \"10\" ], \"expect\": { \"result\": \"9.95\" } } ] } ] }\n\n"
        "\"ask\": [ { \"view\": \"vault.name\", \"args\": [..], \"expect\": {..} } ] in a block "
        "asks views\n"
        "after it. Numbers are exact decimals in strings. Prices are signed by a stand-in key;\n"
        "a feed may have a real format and its signers instead, and a block its original reports:\n"
        "\"reports\": [ { \"feed\": \"ETH\", \"bytes\": \"0x..\" } ].\n"
        "Every key: spec/06-block.md, \"World file\". A larger one:\n\n"
        "  plim run contracts/examples/margin_account.world.json -o run",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
