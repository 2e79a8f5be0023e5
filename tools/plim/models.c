#include "tools/plim/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/interrupt.h"
#include "tools/common/table.h"
#include "tools/common/value.h"
#include "tools/import/body.h"
#include "tools/plim/tape.h"
#include "vm/base/bytes.h"

/* Differences beyond LISTED_MAX are counted and not listed. */
enum { SHOWN = 20, LISTED_MAX = 200000, KINDS = 4, TEXT_MAX = 200 };
typedef enum kind { REQUIREMENT, BELOW, CALL, LIQUIDATION } kind;
static const char *const kind_names[KINDS] = {"requirement", "below maintenance", "call",
                                              "liquidation"};

/* One of the two runs. */
typedef struct side {
    char name[64];
    uint32_t model;
    pt_memory memory;
    pl_chain *chain;
    json_t *events[KINDS]; /* of this block: {account: text}, for calls and liquidations */
    uint64_t refused, called, cured, liquidated;
    pl_i256 losses;
    bool is_tape; /* every root so far is the recorded one */
} side;

typedef struct difference {
    uint64_t block;
    kind kind;
    char who[68];
    char texts[2][TEXT_MAX];
} difference;

typedef struct models {
    const pt_models_options *options;
    pt_run run;
    side sides[2];
    uint32_t engine, margin_of;
    uint64_t patched, blocks, calls;
    difference *differences;
    size_t count;
    uint64_t by_kind[KINDS], total;
    json_t *accounts; /* {label: hex}: all that have a row in the engine */
} models;

/* ---- which contracts ---- */

static bool is_model(const pl_chain *chain, uint32_t contract)
{
    return contract >= 1 && contract <= pl_chain_world(chain)->contract_count &&
           pl_find_function(chain, contract, "requirement", 11) != PL_NONE;
}

static pt_exit find_model(side *s, const pl_chain *chain, const char *name, size_t size,
                          pt_report *report)
{
    (void)snprintf(s->name, sizeof s->name, "%.*s", (int)(size < 63 ? size : 63), name);
    s->model = pl_find_contract(chain, name, size);
    if (s->model != PL_NONE && is_model(chain, s->model)) {
        return PT_OK;
    }
    char names[300] = "";
    size_t at = 0;
    for (uint32_t c = 1; c <= pl_chain_world(chain)->contract_count && at < 200; c++) {
        const pl_name one = pl_chain_world(chain)->contract_names[c - 1];
        if (is_model(chain, c)) {
            at += (size_t)snprintf(names + at, sizeof names - at, "%s%.*s", at == 0 ? "" : ", ",
                                   (int)one.size, one.text);
        }
    }
    return pt_fail(report, PT_INPUT,
                   "\"%s\" is no margin model of this world; a model is a contract with the view "
                   "requirement(market, size, mark), here: %s",
                   s->name, at == 0 ? "none" : names);
}

/* The contract with `margin_of(who) -> (equity, initial, maintenance)`. */
static pt_exit find_engine(models *m, pt_report *report)
{
    const pl_chain *chain = m->run.chain;
    for (uint32_t c = 1; c <= pl_chain_world(chain)->contract_count; c++) {
        const uint32_t f = pl_find_function(chain, c, "margin_of", 9);
        const pl_function *view = f != PL_NONE ? &pl_chain_code(chain, c)->functions[f] : NULL;
        if (view != NULL && (view->flags & PL_FUNCTION_PUBLIC) != 0 && view->parameter_count == 1 &&
            view->parameters[0].type.class == PL_CLASS_ACCOUNT && view->result_count == 3) {
            m->engine = c;
            m->margin_of = f;
            return PT_OK;
        }
    }
    return pt_fail(report, PT_INPUT,
                   "%s: no contract of this world has the view margin_of(who) -> (equity, initial, "
                   "maintenance)",
                   m->options->run);
}

static bool is_model_field(const pl_field *field)
{
    return field->type.class == PL_CLASS_UINT && field->type.size == 4 && field->name.size == 5 &&
           memcmp(field->name.text, "model", 5) == 0;
}

/* Rows of genesis are what the world id stands for: they cannot be another model's. */
static pt_exit check_genesis(const models *m, pt_report *report)
{
    const pl_code *code = pl_chain_code(m->run.chain, m->engine);
    for (uint32_t t = 0; t < code->table_count; t++) {
        pl_rows rows;
        if (pl_rows_begin(&rows, m->run.chain, m->engine, t) != PL_OK) {
            continue;
        }
        while (pl_rows_next(&rows)) {
            for (size_t f = 0; f < rows.schema->field_count; f++) {
                const pl_field *field = &rows.schema->fields[f];
                if (is_model_field(field) &&
                    is_model(m->run.chain, pl_load_u32(rows.row + field->offset))) {
                    return pt_fail(report, PT_INPUT,
                                   "%s: the world starts with markets that have a model already; "
                                   "--compare-model puts others only where a call names one: list "
                                   "the markets in the first block",
                                   m->options->run);
                }
            }
        }
    }
    return PT_OK;
}

static pt_exit open_side(side *s, const models *m, pt_report *report)
{
    pl_world_error where;
    pt_memory_init(&s->memory, PT_MEMORY_LIMIT_DEFAULT);
    s->is_tape = true;
    s->events[CALL] = json_object();
    s->events[LIQUIDATION] = json_object();
    const pl_status status = pl_chain_create(&s->chain, &where, &s->memory.memory,
                                             m->run.history.world, m->run.history.world_size);
    return status == PL_OK ? PT_OK
                           : pt_fail_status(report, status, "%s: its world", m->options->run);
}

static pt_exit open_models(models *m, pt_report *report)
{
    const pt_run_options options = {.no_expect = true};
    const char *comma = strchr(m->options->names, ',');
    if (comma == NULL || comma == m->options->names || comma[1] == '\0') {
        return pt_fail(report, PT_USAGE, "--compare-model expects two contracts: tiers,flat");
    }
    PT_TRY(pt_run_open(&m->run, m->options->run, &options, report));
    const pl_chain *chain = m->run.chain;
    PT_TRY(find_model(&m->sides[0], chain, m->options->names, (size_t)(comma - m->options->names),
                      report));
    PT_TRY(find_model(&m->sides[1], chain, comma + 1, strlen(comma + 1), report));
    PT_TRY(find_engine(m, report));
    PT_TRY(check_genesis(m, report));
    if (pl_chain_world(chain)->tx_auth != PL_TX_AUTH_NONE) {
        return pt_fail(report, PT_INPUT,
                       "%s: its transactions are signed; a call that names another model would "
                       "need another signature",
                       m->options->run);
    }
    PT_TRY(open_side(&m->sides[0], m, report));
    return open_side(&m->sides[1], m, report);
}

/* ---- a block of the tape ---- */

/* Puts the side's model where a call names one. arguments: a copy of the call's. */
static void put_model(models *m, const side *s, const pl_tx *tx, uint8_t *arguments)
{
    const pl_code *code = pl_chain_code(m->run.chain, tx->contract);
    if (code == NULL || tx->function >= code->function_count) {
        return;
    }
    const pl_function *function = &code->functions[tx->function];
    size_t offset = 0;
    for (size_t i = 0; i < function->parameter_count; i++) {
        const pl_field *field = &function->parameters[i];
        if (offset + field->type.size > tx->arguments_size) {
            return;
        }
        if (is_model_field(field) && is_model(m->run.chain, pl_load_u32(arguments + offset))) {
            pl_store_u32(arguments + offset, s->model);
            m->patched += s == &m->sides[0];
        }
        offset += field->type.size;
    }
}

static pt_exit make_body(pt_bytes *body, models *m, const side *s, const pl_block *block,
                         pt_report *report)
{
    pl_items transactions = block->transactions;
    const uint8_t *bytes = NULL;
    uint32_t size = 0;
    pt_put(body, block->body, (size_t)(transactions.bytes - block->body));
    while (pl_items_next(&transactions, &bytes, &size)) {
        pl_tx tx;
        const pl_status status = pl_tx_decode(&tx, bytes, size);
        if (status != PL_OK) {
            return pt_fail_status(report, status, "%s: a transaction", m->options->run);
        }
        uint8_t *arguments = pt_take(tx.arguments_size + 1u);
        memcpy(arguments, tx.arguments, tx.arguments_size);
        put_model(m, s, &tx, arguments);
        tx.arguments = arguments;
        pt_body_call(body, &tx);
        free(arguments);
    }
    return PT_OK;
}

/* ---- what happened in it ---- */

static void append(json_t *texts, const char *who, const char *text)
{
    char all[TEXT_MAX];
    const char *before = json_string_value(json_object_get(texts, who));
    (void)snprintf(all, sizeof all, "%s%s%s", before != NULL ? before : "",
                   before != NULL ? "; " : "", text);
    (void)json_object_set_new(texts, who, json_string(all));
}

static pt_exit note(void *context, const pt_told *told, pt_report *report)
{
    static const char *const steps[] = {"Called", "ToppedUp", "Cured", "Expired", "Closed"};
    side *s = context;
    char text[TEXT_MAX];
    const char *who = pt_told_text(told, "who");
    if (strcmp(told->name, "LossAbsorbed") == 0) {
        pl_i256 amount;
        PT_TRY(pt_told_amount(&amount, told, "amount", report));
        pl_i256_add_sat(&s->losses, &s->losses, &amount);
    } else if (strcmp(told->name, "Liquidated") == 0) {
        (void)snprintf(text, sizeof text, "%.40s of market %.12s", pt_told_text(told, "closed"),
                       pt_told_text(told, "market"));
        append(s->events[LIQUIDATION], who, text);
        s->liquidated++;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (strcmp(told->name, steps[i]) == 0) {
            (void)snprintf(text, sizeof text, "%s %.50s, due %.24s", steps[i],
                           pt_told_text(told, "amount"), pt_told_text(told, "deadline"));
            append(s->events[CALL], who, text);
            s->called += i == 0;
            s->cured += i == 2;
        }
    }
    return PT_OK;
}

static pt_exit play(models *m, side *s, const pl_block *block, pt_report *report)
{
    pt_bytes body = {0};
    pl_block_result result;
    json_object_clear(s->events[CALL]);
    json_object_clear(s->events[LIQUIDATION]);
    pt_exit exit = make_body(&body, m, s, block, report);
    if (exit == PT_OK) {
        const pl_status status = pl_chain_seal_block(&result, s->chain, block->header.time_s,
                                                     body.data, body.size, NULL);
        exit = status == PL_OK
                   ? pt_tape_block(s->chain, &result, note, s, report)
                   : pt_fail_status(report, status, "%s: block %llu under %s", m->options->run,
                                    (unsigned long long)block->header.height, s->name);
    }
    if (exit == PT_OK) {
        s->refused += result.counts.tx_trap + result.counts.tx_revert + result.counts.tx_reject;
        s->is_tape = s->is_tape && memcmp(result.state_root, block->header.state_root, 32) == 0;
    }
    pt_bytes_free(&body);
    return exit;
}

/* ---- comparing ---- */

static void add_difference(models *m, uint64_t block, kind what, const char *who, const char *first,
                           const char *second)
{
    const size_t n = m->count;
    m->by_kind[what]++;
    m->total++;
    if (n == LISTED_MAX) {
        return;
    }
    if ((n & (n - 1)) == 0) {
        m->differences = pt_resize(m->differences, (n == 0 ? 1 : 2 * n) * sizeof *m->differences);
    }
    difference *d = &m->differences[m->count++];
    *d = (difference){.block = block, .kind = what};
    (void)snprintf(d->who, sizeof d->who, "%s", who);
    (void)snprintf(d->texts[0], sizeof d->texts[0], "%s", first != NULL ? first : "nothing");
    (void)snprintf(d->texts[1], sizeof d->texts[1], "%s", second != NULL ? second : "nothing");
}

static void note_accounts(models *m, const pl_chain *chain)
{
    const pl_code *code = pl_chain_code(chain, m->engine);
    for (uint32_t t = 0; t < code->table_count; t++) {
        const pl_table *table = pl_chain_table(chain, m->engine, t);
        pl_rows rows;
        if (table->key_count == 0 || table->keys[0].type.class != PL_CLASS_ACCOUNT ||
            pl_rows_begin(&rows, chain, m->engine, t) != PL_OK) {
            continue;
        }
        while (pl_rows_next(&rows)) {
            char label[PT_VALUE_TEXT_MAX], hex[65];
            (void)pt_value_text(label, (pt_names){.chain = chain}, table->keys[0].type,
                                rows.key + table->keys[0].offset);
            if (json_object_get(m->accounts, label) == NULL) {
                pt_hex(hex, rows.key + table->keys[0].offset, 32);
                (void)json_object_set_new(m->accounts, label, json_string(hex));
            }
        }
    }
}

typedef struct margin {
    bool answers;
    uint8_t bytes[96];
    size_t size;
    bool is_below;
} margin;

static margin margin_of(models *m, side *s, const char *hex)
{
    margin found = {.answers = false};
    uint8_t who[32];
    pl_outcome outcome;
    for (size_t i = 0; i < 32; i++) {
        unsigned byte = 0;
        (void)sscanf(hex + 2 * i, "%2x", &byte);
        who[i] = (uint8_t)byte;
    }
    if (pl_chain_query(&outcome, s->chain, m->engine, m->margin_of, NULL, PT_QUERY_GAS, who, 32) !=
            PL_OK ||
        outcome.status != PL_OK || outcome.result_size != sizeof found.bytes) {
        return found;
    }
    found.answers = true;
    memcpy(found.bytes, outcome.result, sizeof found.bytes);
    const bool negative = (found.bytes[0] & 0x80) != 0;
    found.is_below = negative || memcmp(found.bytes, found.bytes + 64, 32) < 0;
    return found;
}

static void margin_text(char text[TEXT_MAX], const models *m, const margin *found)
{
    const pl_function *view = &pl_chain_code(m->run.chain, m->engine)->functions[m->margin_of];
    char parts[3][PT_VALUE_TEXT_MAX];
    if (!found->answers) {
        (void)snprintf(text, TEXT_MAX, "no answer");
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        (void)pt_value_text(parts[i], (pt_names){0}, view->results[i].type, found->bytes + 32 * i);
    }
    (void)snprintf(text, TEXT_MAX, "initial %.50s, maintenance %.50s, equity %.50s", parts[1],
                   parts[2], parts[0]);
}

static void compare_account(models *m, uint64_t block, const char *who, const char *hex)
{
    char texts[2][TEXT_MAX];
    margin found[2];
    for (size_t i = 0; i < 2; i++) {
        found[i] = margin_of(m, &m->sides[i], hex);
        margin_text(texts[i], m, &found[i]);
    }
    if (found[0].answers != found[1].answers ||
        memcmp(found[0].bytes + 32, found[1].bytes + 32, 64) != 0) {
        add_difference(m, block, REQUIREMENT, who, texts[0], texts[1]);
    }
    if (found[0].is_below != found[1].is_below) {
        add_difference(m, block, BELOW, who, found[0].is_below ? "below" : "above",
                       found[1].is_below ? "below" : "above");
    }
    for (int k = CALL; k <= LIQUIDATION; k++) {
        const char *first = json_string_value(json_object_get(m->sides[0].events[k], who));
        const char *second = json_string_value(json_object_get(m->sides[1].events[k], who));
        if (strcmp(first != NULL ? first : "", second != NULL ? second : "") != 0) {
            add_difference(m, block, (kind)k, who, first, second);
        }
    }
}

static pt_exit compare_block(models *m, const uint8_t *bytes, size_t size, pt_report *report)
{
    pl_block block;
    uint32_t where = 0;
    pl_block_result result;
    const pl_status status = pl_block_decode(&block, &where, bytes, size);
    if (status != PL_OK) {
        return pt_fail_status(report, status, "%s: a block", m->options->run);
    }
    if (pl_chain_replay_block(&result, m->run.chain, bytes, size, NULL) != PL_OK) {
        const pt_exit exit = pt_run_refused(&m->run, &result, report);
        return exit == PT_DIVERGED ? PT_INPUT : exit;
    }
    m->blocks++;
    m->calls += block.transactions.count;
    for (size_t i = 0; i < 2; i++) {
        PT_TRY(play(m, &m->sides[i], &block, report));
        note_accounts(m, m->sides[i].chain);
    }
    const char *who = NULL;
    json_t *hex = NULL;
    json_object_foreach(m->accounts, who, hex)
    {
        compare_account(m, block.header.height, who, json_string_value(hex));
    }
    return PT_OK;
}

static pt_exit compare_all(models *m, pt_report *report)
{
    while (m->blocks < m->options->until) {
        const uint8_t *block = NULL;
        size_t size = 0;
        PT_TRY(pt_run_next(&block, &size, &m->run, report));
        if (block == NULL) {
            break;
        }
        if (pt_interrupted()) {
            return pt_fail(report, PT_INTERRUPTED, "interrupted");
        }
        PT_TRY(compare_block(m, block, size, report));
    }
    return m->patched != 0
               ? PT_OK
               : pt_fail(report, PT_INPUT, "%s: no call of this tape names a margin model",
                         m->options->run);
}

/* ---- telling ---- */

static void print_side(pt_table *table, const side *s)
{
    char text[PL_NUM_TEXT_MAX + 1];
    pt_table_cell(table, "%s", s->name);
    pt_table_cell(table, "%llu", (unsigned long long)s->refused);
    pt_table_cell(table, "%llu", (unsigned long long)s->called);
    pt_table_cell(table, "%llu", (unsigned long long)s->cured);
    pt_table_cell(table, "%llu", (unsigned long long)s->liquidated);
    pt_table_cell(table, "%s", pt_tape_text(text, &s->losses));
    pt_table_cell(table, "%s", s->is_tape ? "every root is the recorded one" : "");
}

/* The first ones; of requirements, which differ wherever anybody holds something, only a few. */
static void print_differences(const models *m)
{
    size_t room[2] = {SHOWN / 4, SHOWN}, shown = 0;
    pt_table table;
    if (m->count == 0) {
        return;
    }
    (void)printf("\n");
    pt_table_begin(&table, 5);
    table.right[0] = true;
    pt_table_cell(&table, "block");
    pt_table_cell(&table, "account");
    pt_table_cell(&table, "what");
    pt_table_cell(&table, "%s", m->sides[0].name);
    pt_table_cell(&table, "%s", m->sides[1].name);
    for (size_t i = 0; i < m->count; i++) {
        const difference *d = &m->differences[i];
        size_t *left = &room[d->kind != REQUIREMENT];
        if (*left == 0 && !m->options->all) {
            continue;
        }
        *left -= *left > 0;
        shown++;
        pt_table_cell(&table, "%llu", (unsigned long long)d->block);
        pt_table_cell(&table, "%s", d->who);
        pt_table_cell(&table, "%s", kind_names[d->kind]);
        pt_table_cell(&table, "%s", d->texts[0]);
        pt_table_cell(&table, "%s", d->texts[1]);
    }
    pt_table_print(&table, stdout, 0);
    if (shown < m->total) {
        (void)printf("... and %llu more: --all-differences or --json lists them, up to %d\n",
                     (unsigned long long)(m->total - shown), LISTED_MAX);
    }
}

static void print_text(const models *m)
{
    static const char *const heads[] = {
        "model", "calls refused", "margin calls", "cured", "liquidations", "losses", ""};
    pt_table table;
    pt_table_begin(&table, 7);
    for (size_t i = 0; i < 7; i++) {
        table.right[i] = i > 0 && i < 6;
        pt_table_cell(&table, "%s", heads[i]);
    }
    print_side(&table, &m->sides[0]);
    print_side(&table, &m->sides[1]);
    pt_table_print(&table, stdout, 0);
    print_differences(m);
    (void)printf("\n%llu blocks, %llu calls of the tape, %llu of them name a model; accounts and "
                 "blocks that differ: ",
                 (unsigned long long)m->blocks, (unsigned long long)m->calls,
                 (unsigned long long)m->patched);
    for (size_t k = 0; k < KINDS; k++) {
        (void)printf("%s%s %llu", k == 0 ? "" : ", ", kind_names[k],
                     (unsigned long long)m->by_kind[k]);
    }
    (void)printf("\nEverybody does what the tape says: nobody acts on the other model.\n");
}

static json_t *side_json(const side *s)
{
    char text[PL_NUM_TEXT_MAX + 1];
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:s, s:b}", "model", s->name, "calls_refused",
                     (json_int_t)s->refused, "margin_calls", (json_int_t)s->called, "cured",
                     (json_int_t)s->cured, "liquidations", (json_int_t)s->liquidated, "losses",
                     pt_tape_text(text, &s->losses), "roots_as_recorded", s->is_tape);
}

static json_t *models_json(const models *m)
{
    json_t *list = json_array(), *counts = json_object();
    for (size_t k = 0; k < KINDS; k++) {
        (void)json_object_set_new(counts, kind_names[k], json_integer((json_int_t)m->by_kind[k]));
    }
    for (size_t i = 0; i < m->count; i++) {
        const difference *d = &m->differences[i];
        (void)json_array_append_new(list, json_pack("{s:I, s:s, s:s, s:s, s:s}", "block",
                                                    (json_int_t)d->block, "account", d->who, "what",
                                                    kind_names[d->kind], m->sides[0].name,
                                                    d->texts[0], m->sides[1].name, d->texts[1]));
    }
    return json_pack("{s:[o, o], s:I, s:I, s:I, s:o, s:o}", "models", side_json(&m->sides[0]),
                     side_json(&m->sides[1]), "blocks", (json_int_t)m->blocks, "calls",
                     (json_int_t)m->calls, "calls_that_name_a_model", (json_int_t)m->patched,
                     "counts", counts, "differences", list);
}

static void close_models(models *m)
{
    for (size_t i = 0; i < 2; i++) {
        pl_chain_free(m->sides[i].chain);
        json_decref(m->sides[i].events[CALL]);
        json_decref(m->sides[i].events[LIQUIDATION]);
    }
    json_decref(m->accounts);
    pt_run_close(&m->run);
    free(m->differences);
    free(m);
}

pt_exit pt_models_compare(const pt_models_options *options, pt_report *report)
{
    models *m = pt_take_zeroed(1, sizeof *m);
    m->options = options;
    m->accounts = json_object();
    pt_exit exit = open_models(m, report);
    exit = exit == PT_OK ? compare_all(m, report) : exit;
    if (exit == PT_OK && options->json) {
        exit = pt_tape_print_json(models_json(m), report);
    } else if (exit == PT_OK) {
        print_text(m);
    }
    exit = exit == PT_OK && m->count != 0 ? PT_DIVERGED : exit;
    close_models(m);
    return exit;
}
