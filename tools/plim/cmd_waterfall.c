/* plim waterfall: who paid each loss, layer by layer, and whether it adds up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/plot.h"
#include "tools/common/table.h"
#include "tools/plim/commands.h"
#include "tools/plim/facts.h"
#include "tools/plim/tape.h"

enum { LAYERS = 6, CHECKS_MAX = 4, MARKETS_MAX = 64, PAYERS_TOLD = 256 };

/* In the order in which they are asked. */
static const char *const layer_names[LAYERS] = {"own",          "market_fund", "global_fund",
                                                "deleveraging", "socialised",  "unpaid"};
static const char *const layer_words[LAYERS] = {"own collateral", "market fund", "global fund",
                                                "deleveraging",   "socialised",  "unpaid"};

/* One loss: all that one transaction booked for one account in one market. */
typedef struct loss {
    uint64_t block, receipt;
    char market[24], who[68];
    pl_i256 layers[LAYERS], sum;
    pl_i256 haircuts, shares; /* what victims and payers paid, as their own events say */
    uint32_t victims, payers;
} loss;

/* What a fund got and gave, by number; and the rows of the contract before and after. */
typedef struct market {
    char number[24];
    pl_i256 paid_in, surplus, paid_out; /* as a fund                  */
    pl_i256 losses;                     /* told, as a market          */
    pl_i256 booked;                     /* of the contract's own rows */
    pl_i256 fund;                       /* its balance, since genesis */
} market;

typedef struct check {
    const char *what;
    bool is_made, holds;
    char text[200];
} check;

typedef struct waterfall {
    pt_run run;
    loss *losses;
    size_t loss_count;
    market markets[MARKETS_MAX];
    size_t market_count;
    pl_i256 totals[LAYERS], sum;
    check checks[CHECKS_MAX];
    size_t check_count;
    json_t *before; /* rows of genesis: funds and losses */
} waterfall;

static void add(pl_i256 *sum, const pl_i256 *amount)
{
    pl_i256_add_sat(sum, sum, amount);
}

static bool equal(const pl_i256 *a, const pl_i256 *b)
{
    return pl_u256_eq(a, b);
}

/* ---- gathering ---- */

static pt_exit market_of(market **found, waterfall *w, const char *number, pt_report *report)
{
    for (size_t i = 0; i < w->market_count; i++) {
        if (strcmp(w->markets[i].number, number) == 0) {
            *found = &w->markets[i];
            return PT_OK;
        }
    }
    if (w->market_count == MARKETS_MAX) {
        return pt_fail(report, PT_LIMIT, "more than %d markets and funds", MARKETS_MAX);
    }
    *found = &w->markets[w->market_count++];
    (void)snprintf((*found)->number, sizeof(*found)->number, "%s", number);
    return PT_OK;
}

/* The loss that an event belongs to: of its transaction, market and account. */
static loss *loss_of(waterfall *w, const pt_told *told)
{
    const char *number = pt_told_text(told, "market"), *who = pt_told_text(told, "who");
    for (size_t i = w->loss_count; i > 0; i--) {
        loss *l = &w->losses[i - 1];
        if (l->block != told->block || l->receipt != told->receipt) {
            break;
        }
        if (strcmp(l->market, number) == 0 && strcmp(l->who, who) == 0) {
            return l;
        }
    }
    const size_t n = w->loss_count;
    if ((n & (n - 1)) == 0) {
        w->losses = pt_resize(w->losses, (n == 0 ? 1 : 2 * n) * sizeof *w->losses);
    }
    loss *l = &w->losses[w->loss_count++];
    *l = (loss){.block = told->block, .receipt = told->receipt};
    (void)snprintf(l->market, sizeof l->market, "%s", number);
    (void)snprintf(l->who, sizeof l->who, "%s", who);
    return l;
}

static pt_exit absorbed(waterfall *w, const pt_told *told, const pl_i256 *amount, pt_report *report)
{
    const char *layer = pt_told_text(told, "layer");
    market *of = NULL;
    for (size_t i = 0; i < LAYERS; i++) {
        if (strcmp(layer, layer_names[i]) != 0) {
            continue;
        }
        loss *l = loss_of(w, told);
        add(&l->layers[i], amount);
        add(&l->sum, amount);
        add(&w->totals[i], amount);
        add(&w->sum, amount);
        PT_TRY(market_of(&of, w, l->market, report));
        add(&of->losses, amount);
        if (i == 1) {
            add(&of->paid_out, amount);
        } else if (i == 2) {
            PT_TRY(market_of(&of, w, "4294967295", report));
            add(&of->paid_out, amount);
        }
        return PT_OK;
    }
    return pt_fail(report, PT_INPUT, "block %llu: a loss of a layer \"%s\" that plim does not know",
                   (unsigned long long)told->block, layer);
}

static pt_exit note(void *context, const pt_told *told, pt_report *report)
{
    waterfall *w = context;
    pl_i256 amount = {0};
    market *of = NULL;
    if (strcmp(told->name, "LossAbsorbed") == 0) {
        PT_TRY(pt_told_amount(&amount, told, "amount", report));
        return absorbed(w, told, &amount, report);
    }
    if (strcmp(told->name, "Deleveraged") == 0) {
        loss *l = loss_of(w, told);
        PT_TRY(pt_told_amount(&amount, told, "haircut", report));
        add(&l->haircuts, &amount);
        l->victims++;
    } else if (strcmp(told->name, "Socialised") == 0) {
        loss *l = loss_of(w, told);
        PT_TRY(pt_told_amount(&amount, told, "amount", report));
        add(&l->shares, &amount);
        l->payers++;
    } else if (strcmp(told->name, "FundPaidIn") == 0) {
        PT_TRY(market_of(&of, w, pt_told_text(told, "fund"), report));
        PT_TRY(pt_told_amount(&amount, told, "amount", report));
        add(&of->paid_in, &amount);
    } else if (strcmp(told->name, "SurplusToFund") == 0) {
        PT_TRY(market_of(&of, w, pt_told_text(told, "market"), report));
        PT_TRY(pt_told_amount(&amount, told, "amount", report));
        add(&of->surplus, &amount);
    }
    return PT_OK;
}

/* Adds (or takes off) a column of the contract's rows to what its markets and funds have. */
static pt_exit add_rows(waterfall *w, const json_t *tables, const char *table, bool takes_off,
                        pt_report *report)
{
    const bool is_funds = strcmp(table, "funds") == 0;
    const char *title = NULL;
    json_t *rows = NULL;
    json_object_foreach((json_t *)(uintptr_t)tables, title, rows)
    {
        const char *point = strchr(title, '.');
        for (size_t i = 0; i < json_array_size(rows) && strcmp(point + 1, table) == 0; i++) {
            const json_t *row = json_array_get(rows, i);
            const char *key = json_string_value(json_object_get(row, is_funds ? "fund" : "market"));
            const char *text =
                json_string_value(json_object_get(row, is_funds ? "balance" : "total"));
            pl_i256 amount;
            market *of = NULL;
            if (key == NULL || text == NULL ||
                pl_i256_parse_scaled(&amount, NULL, text, strlen(text), PT_TAPE_SCALE) != PL_OK) {
                continue;
            }
            PT_TRY(market_of(&of, w, key, report));
            pl_i256 *sum = is_funds ? &of->fund : &of->booked;
            if (takes_off) {
                pl_i256_sub_sat(sum, sum, &amount);
            } else {
                add(sum, &amount);
            }
        }
    }
    return PT_OK;
}

static pt_exit read_rows(waterfall *w, bool takes_off, pt_report *report)
{
    static const char *const tables[] = {"funds", "losses"};
    for (size_t i = 0; i < 2; i++) {
        json_t *state = pt_facts_state(w->run.chain, tables[i]);
        const pt_exit exit = add_rows(w, state, tables[i], takes_off, report);
        json_decref(state);
        PT_TRY(exit);
    }
    return PT_OK;
}

/* ---- conservation ---- */

static check *new_check(waterfall *w, const char *what)
{
    check *c = &w->checks[w->check_count++];
    *c = (check){.what = what, .holds = true};
    return c;
}

static void differs(check *c, const char *where, const pl_i256 *a, const pl_i256 *b)
{
    char first[PL_NUM_TEXT_MAX + 1], second[PL_NUM_TEXT_MAX + 1];
    if (c->holds) {
        (void)snprintf(c->text, sizeof c->text, "%.60s: %.60s and %.60s", where,
                       pt_tape_text(first, a), pt_tape_text(second, b));
    }
    c->holds = false;
}

static void check_losses(waterfall *w)
{
    check *victims = new_check(w, "what deleveraging absorbed is what its victims left");
    check *payers = new_check(w, "what was socialised is the sum of the payers' shares");
    char where[120];
    for (size_t i = 0; i < w->loss_count; i++) {
        const loss *l = &w->losses[i];
        (void)snprintf(where, sizeof where, "block %llu, %s", (unsigned long long)l->block, l->who);
        victims->is_made = victims->is_made || l->victims != 0;
        if (!equal(&l->haircuts, &l->layers[3])) {
            differs(victims, where, &l->layers[3], &l->haircuts);
        }
        payers->is_made = payers->is_made || l->payers != 0;
        if (!equal(&l->shares, &l->layers[4]) && l->payers != PAYERS_TOLD) {
            differs(payers, where, &l->layers[4], &l->shares);
        }
    }
}

static void check_books(waterfall *w)
{
    check *books = new_check(w, "the layers add up to the losses that the contract booked");
    check *funds = new_check(w, "each fund is what came in less what it paid");
    char where[64];
    for (size_t i = 0; i < w->market_count; i++) {
        const market *m = &w->markets[i];
        pl_i256 left = m->paid_in;
        (void)snprintf(where, sizeof where, "market %s", m->number);
        books->is_made = true;
        if (!equal(&m->losses, &m->booked)) {
            differs(books, where, &m->losses, &m->booked);
        }
        add(&left, &m->surplus);
        pl_i256_sub_sat(&left, &left, &m->paid_out);
        funds->is_made = true;
        (void)snprintf(where, sizeof where, "fund %s", m->number);
        if (!equal(&left, &m->fund)) {
            differs(funds, where, &left, &m->fund);
        }
    }
}

static bool all_hold(const waterfall *w)
{
    bool holds = true;
    for (size_t i = 0; i < w->check_count; i++) {
        holds = holds && w->checks[i].holds;
    }
    return holds;
}

/* ---- telling ---- */

static size_t decimals_of(const waterfall *w)
{
    size_t decimals = 0;
    for (size_t i = 0; i < w->loss_count; i++) {
        for (size_t k = 0; k < LAYERS; k++) {
            pt_tape_widen(&decimals, &w->losses[i].layers[k]);
        }
    }
    return decimals;
}

static void print_losses(const waterfall *w)
{
    char text[PL_NUM_TEXT_MAX + 1];
    const size_t decimals = decimals_of(w);
    pt_table table;
    pt_table_begin(&table, 4 + LAYERS);
    const char *const heads[] = {"block", "market", "account", "loss"};
    for (size_t i = 0; i < 4 + LAYERS; i++) {
        table.right[i] = i != 2;
        pt_table_cell(&table, "%s", i < 4 ? heads[i] : layer_words[i - 4]);
    }
    for (size_t i = 0; i < w->loss_count; i++) {
        const loss *l = &w->losses[i];
        pt_table_cell(&table, "%llu", (unsigned long long)l->block);
        pt_table_cell(&table, "%s", l->market);
        pt_table_cell(&table, "%s", l->who);
        pt_table_cell(&table, "%s", pt_tape_column(text, &l->sum, decimals));
        for (size_t k = 0; k < LAYERS; k++) {
            const bool is_zero = pl_u256_is_zero(&l->layers[k]);
            pt_table_cell(&table, "%s",
                          is_zero ? "." : pt_tape_column(text, &l->layers[k], decimals));
        }
    }
    pt_table_cell(&table, "all");
    pt_table_cell(&table, "%s", "");
    pt_table_cell(&table, "%zu losses", w->loss_count);
    pt_table_cell(&table, "%s", pt_tape_column(text, &w->sum, decimals));
    for (size_t k = 0; k < LAYERS; k++) {
        pt_table_cell(&table, "%s", pt_tape_column(text, &w->totals[k], decimals));
    }
    pt_table_print(&table, stdout, 0);
}

static void print_checks(const waterfall *w)
{
    (void)printf("\n");
    for (size_t i = 0; i < w->check_count; i++) {
        const check *c = &w->checks[i];
        (void)printf("%-9s %s%s%s\n",
                     !c->holds    ? "BROKEN"
                     : c->is_made ? "holds"
                                  : "no case",
                     c->what, c->text[0] != '\0' ? ": " : "", c->text);
    }
    (void)printf("%s\n",
                 all_hold(w) ? "CONSERVED: every loss is absorbed, to the unit" : "NOT CONSERVED");
}

static void set_text(json_t *object, const char *key, const pl_i256 *amount)
{
    char text[PL_NUM_TEXT_MAX + 1];
    (void)json_object_set_new(object, key, json_string(pt_tape_text(text, amount)));
}

static json_t *layers_json(const pl_i256 layers[LAYERS])
{
    json_t *object = json_object();
    for (size_t i = 0; i < LAYERS; i++) {
        set_text(object, layer_names[i], &layers[i]);
    }
    return object;
}

static json_t *waterfall_json(const waterfall *w)
{
    json_t *object = json_object(), *list = json_array(), *checks = json_array();
    for (size_t i = 0; i < w->loss_count; i++) {
        const loss *l = &w->losses[i];
        json_t *one = json_pack("{s:I, s:I, s:s, s:s}", "block", (json_int_t)l->block, "receipt",
                                (json_int_t)l->receipt, "market", l->market, "account", l->who);
        set_text(one, "loss", &l->sum);
        (void)json_object_set_new(one, "layers", layers_json(l->layers));
        (void)json_object_set_new(one, "deleveraged_accounts", json_integer(l->victims));
        (void)json_object_set_new(one, "paying_accounts", json_integer(l->payers));
        (void)json_array_append_new(list, one);
    }
    for (size_t i = 0; i < w->check_count; i++) {
        const check *c = &w->checks[i];
        (void)json_array_append_new(checks, json_pack("{s:s, s:b, s:b, s:s}", "what", c->what,
                                                      "holds", c->holds, "had_a_case", c->is_made,
                                                      "difference", c->text));
    }
    set_text(object, "loss", &w->sum);
    (void)json_object_set_new(object, "layers", layers_json(w->totals));
    (void)json_object_set_new(object, "conserved", json_boolean(all_hold(w)));
    (void)json_object_set_new(object, "checks", checks);
    (void)json_object_set_new(object, "losses", list);
    return object;
}

/* What each layer has absorbed since the start, after each loss. */
static pt_exit write_svg(const waterfall *w, const char *path, pt_report *report)
{
    const size_t count = w->loss_count + 1;
    double *x = pt_take_zeroed(count * (LAYERS + 1), sizeof *x);
    pt_series series[LAYERS];
    pl_i256 sums[LAYERS] = {{{0}}};
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < LAYERS; k++) {
            if (i > 0) {
                add(&sums[k], &w->losses[i - 1].layers[k]);
            }
            x[count * (k + 1) + i] = pt_tape_rough(&sums[k]);
        }
        x[i] = i > 0 ? (double)w->losses[i - 1].block : 0;
    }
    for (size_t k = 0; k < LAYERS; k++) {
        series[k] = (pt_series){layer_words[k], x + count * (k + 1), true};
    }
    const pt_plot plot = {.title = "Who paid the losses",
                          .note = "absorbed since the start, by layer",
                          .x_name = "block",
                          .y_name = "quote currency",
                          .x = x,
                          .point_count = count,
                          .series = series,
                          .series_count = LAYERS};
    pt_bytes svg = {0};
    pt_plot_svg(&svg, &plot);
    const pt_exit exit = pt_file_write(path, svg.data, svg.size, report);
    pt_bytes_free(&svg);
    free(x);
    return exit;
}

static pt_exit gather(waterfall *w, const pt_args *args, pt_report *report)
{
    const pt_run_options options = {.no_expect = true};
    PT_TRY(pt_run_open(&w->run, args->words[0], &options, report));
    if (!pt_tape_has(w->run.chain, "LossAbsorbed")) {
        return pt_fail(report, PT_INPUT,
                       "%s: no contract of this world has an event LossAbsorbed; "
                       "contracts/perp.plim has",
                       args->words[0]);
    }
    PT_TRY(read_rows(w, true, report));
    PT_TRY(pt_tape_walk(&w->run, note, w, report));
    PT_TRY(read_rows(w, false, report));
    check_losses(w);
    check_books(w);
    return PT_OK;
}

static pt_exit tell(const waterfall *w, const pt_args *args, pt_report *report)
{
    const char *svg = pt_args_value(args, "--svg");
    if (svg != NULL) {
        PT_TRY(write_svg(w, svg, report));
    }
    if (pt_args_flag(args, "--json")) {
        PT_TRY(pt_tape_print_json(waterfall_json(w), report));
    } else {
        print_losses(w);
        print_checks(w);
    }
    return all_hold(w) ? PT_OK : PT_DIVERGED;
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    waterfall *w = pt_take_zeroed(1, sizeof *w);
    pt_exit exit = gather(w, args, report);
    exit = exit == PT_OK ? tell(w, args, report) : exit;
    pt_run_close(&w->run);
    free(w->losses);
    free(w);
    return exit;
}

static const pt_option options_table[] = {
    {"--json", NULL, "one JSON object instead of text"},
    {"--svg", "FILE", "also draw it: what each layer has absorbed, over the blocks"},
};

const pt_command pt_command_waterfall = {
    .name = "waterfall",
    .synopsis = "DIR|FILE",
    .summary = "who paid each loss: own, funds, others, everybody",
    .about =
        "Replays a run (all of it verified) and lists every loss that a liquidation left, with "
        "what each\n"
        "layer absorbed of it: the account's own collateral, the market's fund, the global "
        "fund,\n"
        "deleveraged accounts, everybody, nobody (unpaid). Read from the events LossAbsorbed,\n"
        "Deleveraged, Socialised, FundPaidIn and SurplusToFund of any contract. Then it checks "
        "that\n"
        "nothing appeared or vanished: events against the contract's own rows and the funds.\n"
        "Exit code 1 when it does not add up.\n\n"
        "  plim gen perp --seed 7 -o world.json && plim run world.json -o run\n"
        "  plim waterfall run --svg waterfall.svg",
    .options = options_table,
    .option_count = sizeof options_table / sizeof options_table[0],
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
