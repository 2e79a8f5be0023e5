/* plim calls: the ledger of margin calls, out of the events of a run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/plot.h"
#include "tools/common/table.h"
#include "tools/plim/commands.h"
#include "tools/plim/tape.h"

enum { BUCKETS = 9, BAR = 40 };

typedef enum outcome { OPEN = 0, CURED, EXPIRED, LIQUIDATED, OUTCOMES } outcome;
static const char *const outcome_names[OUTCOMES] = {"open", "cured", "expired", "liquidated"};

typedef struct call {
    uint32_t contract;
    char id[24], who[68], deadline[24], by[16];
    uint64_t block, end_block; /* raised; cured, or closed by liquidation; 0: not yet */
    uint64_t expired_block, first_liquidation;
    pl_i256 first, amount; /* as raised; as topped up last */
    pl_i256 contributed;
    uint32_t top_ups, liquidations;
    outcome outcome;
} call;

typedef struct ledger {
    pt_run run;
    call *calls;
    size_t count;
    uint64_t alerts, alerts_over, repaid, stopped;
    uint64_t blocks;
} ledger;

/* ---- gathering ---- */

static call *new_call(ledger *l, const pt_told *told)
{
    const size_t n = l->count;
    if ((n & (n - 1)) == 0) {
        l->calls = pt_resize(l->calls, (n == 0 ? 1 : 2 * n) * sizeof *l->calls);
    }
    call *c = &l->calls[l->count++];
    *c = (call){.contract = told->contract, .block = told->block};
    (void)snprintf(c->id, sizeof c->id, "%s", pt_told_text(told, "id"));
    (void)snprintf(c->who, sizeof c->who, "%s", pt_told_text(told, "who"));
    return c;
}

/* The call that an event names. Errors: PT_INPUT when it was never raised. */
static pt_exit find_call(call **found, ledger *l, const pt_told *told, pt_report *report)
{
    const char *id = pt_told_text(told, "id");
    for (size_t i = l->count; i > 0; i--) {
        call *c = &l->calls[i - 1];
        if (c->contract == told->contract && strcmp(c->id, id) == 0) {
            *found = c;
            return PT_OK;
        }
    }
    return pt_fail(report, PT_INPUT, "block %llu: event %s of call \"%.24s\", which was not raised",
                   (unsigned long long)told->block, told->name, id);
}

static pt_exit set_amount(call *c, const pt_told *told, pt_report *report)
{
    (void)snprintf(c->deadline, sizeof c->deadline, "%s", pt_told_text(told, "deadline"));
    return pt_told_amount(&c->amount, told, "amount", report);
}

static pt_exit note_step(ledger *l, const pt_told *told, pt_report *report)
{
    call *c = NULL;
    PT_TRY(find_call(&c, l, told, report));
    if (strcmp(told->name, "ToppedUp") == 0) {
        c->top_ups++;
        return set_amount(c, told, report);
    }
    if (strcmp(told->name, "Contributed") == 0) {
        return pt_told_amount(&c->contributed, told, "amount", report);
    }
    if (strcmp(told->name, "Cured") == 0) {
        c->outcome = CURED;
        c->end_block = told->block;
        (void)snprintf(c->by, sizeof c->by, "%s", pt_told_text(told, "by"));
    } else if (strcmp(told->name, "Expired") == 0) {
        c->outcome = EXPIRED;
        c->expired_block = told->block;
    } else if (strcmp(told->name, "Liquidating") == 0) {
        c->first_liquidation = c->liquidations++ == 0 ? told->block : c->first_liquidation;
    } else {
        c->outcome = LIQUIDATED;
        c->end_block = told->block;
    }
    return PT_OK;
}

static pt_exit note(void *context, const pt_told *told, pt_report *report)
{
    static const char *const steps[] = {"ToppedUp", "Contributed", "Cured",
                                        "Expired",  "Liquidating", "Closed"};
    ledger *l = context;
    l->blocks = told->block;
    if (strcmp(told->name, "Called") == 0) {
        call *c = new_call(l, told);
        PT_TRY(set_amount(c, told, report));
        c->first = c->amount;
        return PT_OK;
    }
    l->alerts += strcmp(told->name, "Alert") == 0;
    l->alerts_over += strcmp(told->name, "AlertOver") == 0;
    l->repaid += strcmp(told->name, "Repaid") == 0;
    l->stopped += strcmp(told->name, "Stopped") == 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (strcmp(told->name, steps[i]) == 0 && json_object_get(told->fields, "id") != NULL) {
            return note_step(l, told, report);
        }
    }
    return PT_OK;
}

/* ---- latency ---- */

/* 0, 1, 2, 3-4, 5-8, .. blocks. */
static size_t bucket_of(uint64_t blocks)
{
    size_t bucket = blocks < 3 ? (size_t)blocks : 3;
    for (uint64_t most = 4; blocks > most && bucket < BUCKETS - 1; most *= 2) {
        bucket++;
    }
    return bucket;
}

static void bucket_range(uint64_t *from, uint64_t *to, size_t bucket)
{
    *to = bucket < 3 ? bucket : UINT64_C(4) << (bucket - 3);
    *from = bucket < 4 ? (bucket < 3 ? bucket : 3) : *to / 2 + 1;
    *to = bucket == BUCKETS - 1 ? UINT64_MAX : *to;
}

static void count_latencies(uint64_t counts[BUCKETS], const ledger *l, outcome which)
{
    memset(counts, 0, BUCKETS * sizeof counts[0]);
    for (size_t i = 0; i < l->count; i++) {
        if (l->calls[i].outcome == which) {
            counts[bucket_of(l->calls[i].end_block - l->calls[i].block)]++;
        }
    }
}

static void range_text(char text[32], size_t bucket)
{
    uint64_t from = 0, to = 0;
    bucket_range(&from, &to, bucket);
    if (from == to) {
        (void)snprintf(text, 32, "%llu", (unsigned long long)from);
    } else if (to == UINT64_MAX) {
        (void)snprintf(text, 32, "%llu and more", (unsigned long long)from);
    } else {
        (void)snprintf(text, 32, "%llu to %llu", (unsigned long long)from, (unsigned long long)to);
    }
}

static void print_latencies(const ledger *l)
{
    static const char bars[] = "########################################";
    uint64_t cured[BUCKETS], closed[BUCKETS], most = 1;
    char range[32];
    pt_table table;
    count_latencies(cured, l, CURED);
    count_latencies(closed, l, LIQUIDATED);
    for (size_t i = 0; i < BUCKETS; i++) {
        const uint64_t both = cured[i] + closed[i];
        most = both > most ? both : most;
    }
    pt_table_begin(&table, 4);
    table.right[0] = table.right[1] = table.right[2] = true;
    pt_table_cell(&table, "blocks from call to end");
    pt_table_cell(&table, "cured");
    pt_table_cell(&table, "liquidated");
    pt_table_cell(&table, "%s", "");
    for (size_t i = 0; i < BUCKETS; i++) {
        range_text(range, i);
        pt_table_cell(&table, "%s", range);
        pt_table_cell(&table, "%llu", (unsigned long long)cured[i]);
        pt_table_cell(&table, "%llu", (unsigned long long)closed[i]);
        pt_table_cell(&table, "%.*s", (int)((cured[i] + closed[i]) * BAR / most), bars);
    }
    (void)printf("\n");
    pt_table_print(&table, stdout, 0);
}

/* ---- telling ---- */

static void count_outcomes(size_t counts[OUTCOMES], const ledger *l)
{
    memset(counts, 0, OUTCOMES * sizeof counts[0]);
    for (size_t i = 0; i < l->count; i++) {
        counts[l->calls[i].outcome]++;
    }
}

static size_t count_by(const ledger *l, const char *by)
{
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++) {
        count += l->calls[i].outcome == CURED && strcmp(l->calls[i].by, by) == 0;
    }
    return count;
}

static void print_call(pt_table *table, const call *c, size_t decimals)
{
    char text[PL_NUM_TEXT_MAX + 1];
    pt_table_cell(table, "%s", c->id);
    pt_table_cell(table, "%s", c->who);
    pt_table_cell(table, "%llu", (unsigned long long)c->block);
    pt_table_cell(table, "%s", pt_tape_column(text, &c->first, decimals));
    pt_table_cell(table, "%s", c->deadline);
    pt_table_cell(table, "%u", (unsigned)c->top_ups);
    pt_table_cell(table, "%s", pt_tape_column(text, &c->amount, decimals));
    pt_table_cell(table, "%s", pt_tape_column(text, &c->contributed, decimals));
    pt_table_cell(table, "%s%s%s", outcome_names[c->outcome], c->by[0] != '\0' ? " by " : "",
                  c->by);
    if (c->end_block != 0) {
        pt_table_cell(table, "%llu", (unsigned long long)c->end_block);
        pt_table_cell(table, "%llu", (unsigned long long)(c->end_block - c->block));
    } else {
        pt_table_cell(table, "%s", "");
        pt_table_cell(table, "%s", "");
    }
    pt_table_cell(table, "%u", (unsigned)c->liquidations);
}

static void print_ledger(const ledger *l)
{
    static const char *const heads[] = {"call",    "account",  "block",          "amount",
                                        "due at",  "top-ups",  "amount at last", "contributed",
                                        "outcome", "at block", "blocks",         "liquidations"};
    enum { COLUMNS = sizeof heads / sizeof heads[0] };
    size_t counts[OUTCOMES], decimals = 0;
    pt_table table;
    pt_table_begin(&table, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++) {
        table.right[i] = i != 1 && i != 8;
        pt_table_cell(&table, "%s", heads[i]);
    }
    for (size_t i = 0; i < l->count; i++) {
        pt_tape_widen(&decimals, &l->calls[i].first);
        pt_tape_widen(&decimals, &l->calls[i].amount);
        pt_tape_widen(&decimals, &l->calls[i].contributed);
    }
    for (size_t i = 0; i < l->count; i++) {
        print_call(&table, &l->calls[i], decimals);
    }
    pt_table_print(&table, stdout, 0);
    print_latencies(l);
    count_outcomes(counts, l);
    (void)printf(
        "\n%zu margin calls: %zu cured (%zu by deposit, %zu by reduction, %zu by both, %zu "
        "by price),\n%zu closed by liquidation, %zu expired and not closed, %zu open; "
        "%llu alerts, %llu of them over again\n",
        l->count, counts[CURED], count_by(l, "deposit"), count_by(l, "reduction"),
        count_by(l, "both"), count_by(l, "price"), counts[LIQUIDATED], counts[EXPIRED],
        counts[OPEN], (unsigned long long)l->alerts, (unsigned long long)l->alerts_over);
}

static void set_text(json_t *object, const char *key, const pl_i256 *amount)
{
    char text[PL_NUM_TEXT_MAX + 1];
    (void)json_object_set_new(object, key, json_string(pt_tape_text(text, amount)));
}

static void set_block(json_t *object, const char *key, uint64_t block)
{
    (void)json_object_set_new(object, key,
                              block != 0 ? json_integer((json_int_t)block) : json_null());
}

static json_t *call_json(const call *c)
{
    json_t *one = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:i, s:i}", "id", c->id, "account",
                            c->who, "block", (json_int_t)c->block, "deadline", c->deadline,
                            "outcome", outcome_names[c->outcome], "cured_by", c->by, "top_ups",
                            (int)c->top_ups, "liquidations", (int)c->liquidations);
    set_text(one, "amount", &c->first);
    set_text(one, "amount_at_last", &c->amount);
    set_text(one, "contributed", &c->contributed);
    set_block(one, "expired_block", c->expired_block);
    set_block(one, "first_liquidation_block", c->first_liquidation);
    set_block(one, "end_block", c->end_block);
    return one;
}

static json_t *latency_json(const ledger *l)
{
    uint64_t cured[BUCKETS], closed[BUCKETS];
    json_t *list = json_array();
    count_latencies(cured, l, CURED);
    count_latencies(closed, l, LIQUIDATED);
    for (size_t i = 0; i < BUCKETS; i++) {
        uint64_t from = 0, to = 0;
        bucket_range(&from, &to, i);
        (void)json_array_append_new(
            list, json_pack("{s:I, s:o, s:I, s:I}", "from_blocks", (json_int_t)from, "to_blocks",
                            to == UINT64_MAX ? json_null() : json_integer((json_int_t)to), "cured",
                            (json_int_t)cured[i], "liquidated", (json_int_t)closed[i]));
    }
    return list;
}

static json_t *ledger_json(const ledger *l)
{
    size_t counts[OUTCOMES];
    json_t *object = json_object(), *list = json_array(), *totals = json_object();
    count_outcomes(counts, l);
    for (size_t i = 0; i < OUTCOMES; i++) {
        (void)json_object_set_new(totals, outcome_names[i], json_integer((json_int_t)counts[i]));
    }
    for (size_t i = 0; i < l->count; i++) {
        (void)json_array_append_new(list, call_json(&l->calls[i]));
    }
    (void)json_object_set_new(object, "calls", json_integer((json_int_t)l->count));
    (void)json_object_set_new(object, "outcomes", totals);
    (void)json_object_set_new(object, "alerts", json_integer((json_int_t)l->alerts));
    (void)json_object_set_new(object, "alerts_over", json_integer((json_int_t)l->alerts_over));
    (void)json_object_set_new(object, "repay_orders_done", json_integer((json_int_t)l->repaid));
    (void)json_object_set_new(object, "stop_orders_done", json_integer((json_int_t)l->stopped));
    (void)json_object_set_new(object, "latency", latency_json(l));
    (void)json_object_set_new(object, "ledger", list);
    return object;
}

/* Open calls, and those that ended either way, after each block. */
static pt_exit write_svg(const ledger *l, const char *path, pt_report *report)
{
    const size_t count = (size_t)l->blocks + 1;
    double *x = pt_take_zeroed(4 * count, sizeof *x);
    double *open = x + count, *cured = open + count, *closed = cured + count;
    for (size_t i = 0; i < l->count; i++) {
        const call *c = &l->calls[i];
        open[c->block] += 1;
        if (c->end_block != 0) {
            open[c->end_block] -= 1;
            (c->outcome == CURED ? cured : closed)[c->end_block] += 1;
        }
    }
    for (size_t b = 0; b < count; b++) {
        x[b] = (double)b;
        if (b > 0) {
            open[b] += open[b - 1];
            cured[b] += cured[b - 1];
            closed[b] += closed[b - 1];
        }
    }
    const pt_series series[] = {{"open calls", open, true},
                                {"liquidated so far", closed, true},
                                {"cured so far", cured, true}};
    const pt_plot plot = {.title = "Margin calls",
                          .note = "open after each block; ended since the start",
                          .x_name = "block",
                          .y_name = "calls",
                          .x = x,
                          .point_count = count,
                          .series = series,
                          .series_count = 3};
    pt_bytes svg = {0};
    pt_plot_svg(&svg, &plot);
    const pt_exit exit = pt_file_write(path, svg.data, svg.size, report);
    pt_bytes_free(&svg);
    free(x);
    return exit;
}

static pt_exit gather(ledger *l, const pt_args *args, pt_report *report)
{
    const pt_run_options options = {.no_expect = true};
    PT_TRY(pt_run_open(&l->run, args->words[0], &options, report));
    if (!pt_tape_has(l->run.chain, "Called")) {
        return pt_fail(report, PT_INPUT,
                       "%s: no contract of this world has an event Called; "
                       "contracts/margin_call.plim has",
                       args->words[0]);
    }
    PT_TRY(pt_tape_walk(&l->run, note, l, report));
    l->blocks = l->run.block_total;
    return PT_OK;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    ledger l = {.count = 0};
    const char *svg = pt_args_value(args, "--svg");
    pt_exit exit = gather(&l, args, report);
    if (exit == PT_OK && svg != NULL) {
        exit = write_svg(&l, svg, report);
    }
    if (exit == PT_OK && pt_args_flag(args, "--json")) {
        exit = pt_tape_print_json(ledger_json(&l), report);
    } else if (exit == PT_OK) {
        print_ledger(&l);
    }
    pt_run_close(&l.run);
    free(l.calls);
    return exit;
}

static const pt_option options_table[] = {
    {"--json", NULL, "one JSON object instead of text"},
    {"--svg", "FILE", "also draw it: open calls and how they ended, over the blocks"},
};

const pt_command pt_command_calls = {
    .name = "calls",
    .synopsis = "DIR|FILE",
    .summary = "the ledger of margin calls: raised, topped up, cured or closed",
    .about = "Replays a run (all of it verified) and lists every margin call: account, block, "
             "amount,\n"
             "when due (a block, or seconds, as the contract counts), top-ups, what was "
             "contributed, how\n"
             "it ended and after how many blocks; then how long calls took, as a histogram. Read "
             "from the\n"
             "events Called, ToppedUp, Contributed, Cured, Expired, Liquidating and Closed of any "
             "contract.\n\n"
             "  plim gen perp --seed 7 -o world.json && plim run world.json -o run\n"
             "  plim calls run --svg calls.svg",
    .options = options_table,
    .option_count = sizeof options_table / sizeof options_table[0],
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
