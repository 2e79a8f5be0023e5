/* plim show: look into a history, its state at any block, its receipts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/json_text.h"
#include "tools/common/names.h"
#include "tools/common/value.h"
#include "tools/common/world_json.h"
#include "tools/plim/commands.h"
#include "tools/plim/facts.h"

typedef struct show {
    pt_run run;
    const pt_args *args;
    uint64_t at;      /* height the chain is brought to */
    bool needs_block; /* the block itself is shown, not only the state after it */
    pl_block_result last;
} show;

static pt_exit advance(show *s, pt_report *report)
{
    pl_head head;
    pl_chain_head(&head, s->run.chain);
    if (s->at < head.height || (s->at == head.height && s->needs_block)) {
        return pt_fail(report, PT_INPUT,
                       "block %llu cannot be shown from a checkpoint of block %llu; leave out "
                       "--resume",
                       (unsigned long long)s->at, (unsigned long long)head.height);
    }
    PT_TRY(pt_run_advance(&s->run, s->at, &s->last, report));
    pl_chain_head(&head, s->run.chain);
    if (head.height < s->at && s->at != UINT64_MAX) {
        return pt_fail(report, PT_INPUT, "%s: there is no block %llu; the last one is %llu",
                       s->run.history_path, (unsigned long long)s->at,
                       (unsigned long long)head.height);
    }
    return PT_OK;
}

static pt_exit show_summary(json_t **facts, show *s, pt_report *report)
{
    PT_TRY(advance(s, report));
    *facts = pt_facts_summary(s->run.chain);
    return PT_OK;
}

/* The initial rows table by table, as show state prints them, for people. */
static void gather_rows(json_t *world)
{
    json_t *tables = json_object(), *row = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(world, "rows"), i, row)
    {
        const json_int_t number = json_integer_value(json_object_get(row, "contract"));
        const json_t *contract =
            json_array_get(json_object_get(world, "contracts"), (size_t)number - 1);
        char title[160];
        (void)snprintf(title, sizeof title, "%s.%s",
                       json_string_value(json_object_get(contract, "name")),
                       json_string_value(json_object_get(row, "table")));
        if (json_object_get(tables, title) == NULL) {
            (void)json_object_set_new(tables, title, json_array());
        }
        json_t *flat = json_object();
        (void)json_object_update(flat, json_object_get(row, "key"));
        (void)json_object_update_missing(flat, json_object_get(row, "row"));
        (void)json_array_append_new(json_object_get(tables, title), flat);
    }
    (void)json_object_set_new(world, "rows", tables);
}

static pt_exit show_world(json_t **facts, show *s, pt_report *report)
{
    (void)report;
    *facts = pt_world_json(s->run.chain);
    if (!pt_args_flag(s->args, "--json")) {
        gather_rows(*facts);
    }
    return PT_OK;
}

static pt_exit show_state(json_t **facts, show *s, pt_report *report)
{
    const char *table = s->args->word_count > 2 ? s->args->words[2] : NULL;
    PT_TRY(advance(s, report));
    *facts = pt_facts_state(s->run.chain, table);
    if (table != NULL && json_object_size(*facts) == 0) {
        json_decref(*facts);
        *facts = NULL;
        return pt_fail(report, PT_INPUT,
                       "no contract of this world has a table \"%s\"; plim show %s world lists "
                       "them",
                       table, s->args->words[0]);
    }
    return PT_OK;
}

static pt_exit show_account(json_t **facts, show *s, pt_report *report)
{
    uint8_t account[32];
    if (s->args->word_count < 3) {
        return pt_fail(report, PT_USAGE, "show account needs a name: plim show %s account u1",
                       s->args->words[0]);
    }
    PT_TRY(advance(s, report));
    PT_TRY(pt_facts_find_account(account, s->run.chain, s->args->words[2], report));
    *facts = pt_facts_account(s->run.chain, account);
    return PT_OK;
}

/* "17" or "17:2". */
static pt_exit read_place(uint64_t *block, uint64_t *index, const show *s, pt_report *report)
{
    char first[32];
    const char *word = s->args->word_count > 2 ? s->args->words[2] : "";
    const char *colon = strchr(word, ':');
    const size_t size = colon != NULL ? (size_t)(colon - word) : strlen(word);
    *index = UINT64_MAX;
    (void)snprintf(first, sizeof first, "%.*s", (int)(size < 31 ? size : 31), word);
    if (!pt_parse_u64(block, first) || *block == 0 ||
        (colon != NULL && !pt_parse_u64(index, colon + 1))) {
        return pt_fail(report, PT_USAGE,
                       "show %s needs a block, from 1, as in: plim show %s %s 17%s",
                       s->args->words[1], s->args->words[0], s->args->words[1],
                       strcmp(s->args->words[1], "receipt") == 0 ? " (or 17:0)" : "");
    }
    return PT_OK;
}

static pt_exit show_block(json_t **facts, show *s, pt_report *report)
{
    uint64_t index = 0;
    s->needs_block = true;
    PT_TRY(read_place(&s->at, &index, s, report));
    PT_TRY(advance(s, report));
    return pt_facts_block(facts, s->run.chain, &s->last, UINT64_MAX, report);
}

static pt_exit show_receipt(json_t **facts, show *s, pt_report *report)
{
    uint64_t index = 0;
    s->needs_block = true;
    PT_TRY(read_place(&s->at, &index, s, report));
    PT_TRY(advance(s, report));
    PT_TRY(pt_facts_block(facts, s->run.chain, &s->last, index, report));
    json_t *receipts = json_array();
    size_t i = 0;
    json_t *receipt = NULL;
    json_array_foreach(json_object_get(*facts, "receipts"), i, receipt)
    {
        json_t *placed = json_object();
        (void)json_object_set(placed, "block", json_object_get(*facts, "block"));
        (void)json_object_update(placed, receipt);
        (void)json_array_append_new(receipts, placed);
    }
    json_decref(*facts);
    *facts = receipts;
    if (json_array_size(receipts) == 0) {
        return pt_fail(report, PT_INPUT, "block %llu has no receipt %llu",
                       (unsigned long long)s->at, (unsigned long long)index);
    }
    return PT_OK;
}

static const struct {
    const char *name;
    pt_exit (*show)(json_t **facts, show *s, pt_report *report);
} parts[] = {
    {"summary", show_summary}, {"state", show_state},     {"account", show_account},
    {"block", show_block},     {"receipt", show_receipt}, {"world", show_world},
};
enum { PART_COUNT = sizeof parts / sizeof parts[0] };

static pt_exit find_part(size_t *part, const char *name, pt_report *report)
{
    const char *names[PART_COUNT];
    for (*part = 0; *part < PART_COUNT; (*part)++) {
        names[*part] = parts[*part].name;
        if (strcmp(name, parts[*part].name) == 0) {
            return PT_OK;
        }
    }
    const char *near = pt_name_nearest(name, names, PART_COUNT);
    return near != NULL
               ? pt_fail(report, PT_USAGE, "show cannot show \"%s\"; did you mean \"%s\"?", name,
                         near)
               : pt_fail(report, PT_USAGE, "show cannot show \"%s\"; see plim show --help", name);
}

static pt_exit print_facts(json_t *facts, bool as_json, pt_report *report)
{
    if (!as_json) {
        pt_json_print_text(facts, stdout, 0);
        return PT_OK;
    }
    char *text = json_dumps(facts, JSON_INDENT(2));
    if (text == NULL) {
        return pt_fail(report, PT_LIMIT, "out of memory");
    }
    (void)puts(text);
    free(text);
    return PT_OK;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    show s = {.args = args, .at = UINT64_MAX};
    const pt_run_options options = {.no_expect = true, .resume = pt_args_value(args, "--resume")};
    json_t *facts = NULL;
    size_t part = 0;
    PT_TRY(find_part(&part, args->word_count > 1 ? args->words[1] : "summary", report));
    PT_TRY(pt_args_u64(&s.at, args, "--at", 1, UINT64_MAX, report));
    pt_exit result = pt_run_open(&s.run, args->words[0], &options, report);
    if (result == PT_OK) {
        result = parts[part].show(&facts, &s, report);
    }
    if (result == PT_DIVERGED) {
        result = PT_INPUT; /* show looks at verified blocks only; replay is for divergence */
    }
    if (result == PT_OK) {
        result = print_facts(facts, pt_args_flag(args, "--json"), report);
    }
    if (facts != NULL) {
        json_decref(facts);
    }
    pt_run_close(&s.run);
    return result;
}

static const pt_option options_table[] = {
    {"--at", "BLOCK", "the state after this block; default: the last"},
    {"--resume", "FILE", "start from a checkpoint instead of genesis"},
    {"--json", NULL, "JSON instead of text"},
};

const pt_command pt_command_show = {
    .name = "show",
    .synopsis = "DIR|FILE [WHAT] [options]",
    .summary = "look at state, accounts, blocks, receipts or the world",
    .about = "Replays up to a block (all of it verified) and shows what is there. Numbers are "
             "exact, with\n"
             "the scale the contract declares; accounts and assets go by their names.\n\n"
             "  plim show run                     where the chain stands, and its prices\n"
             "  plim show run state               every table; one of them: state reserves\n"
             "  plim show run account u1          the rows and views of one account\n"
             "  plim show run account u1 --at 40  the same, after block 40\n"
             "  plim show run block 17            header, reports, transactions, events\n"
             "  plim show run receipt 17:0        one receipt\n"
             "  plim show run world               contracts, feeds, labels, initial rows",
    .options = options_table,
    .option_count = sizeof options_table / sizeof options_table[0],
    .words_min = 1,
    .words_max = 3,
    .run = run,
};
