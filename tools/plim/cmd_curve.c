/* plim curve: what a fall, or a rise, of one price would make liquidatable. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/names.h"
#include "tools/common/plot.h"
#include "tools/common/table.h"
#include "tools/common/value.h"
#include "tools/plim/commands.h"
#include "tools/plim/positions.h"

#include <jansson.h>

enum { STEPS_DEFAULT = 20, STEPS_MAX = 1000, BAR = 40 };

typedef struct point {
    pl_i256 price;
    uint64_t positions;
    pl_u256 debt, collateral; /* at today's prices, of those that become liquidatable */
} point;

typedef struct curve {
    pt_run run;
    pt_engine engine;
    uint32_t feed;
    pl_price price; /* today's */
    uint64_t steps;
    bool is_rise;
    pt_position *positions;
    size_t position_count;
    uint64_t with_debt, below_already, unanswered;
    uint64_t as_collateral, as_debt; /* of those with debt: what the feed's price is to them */
    point *points;                   /* steps + 1 */
} curve;

/* What was meant, or the first feeds there are: "; it has WETH, WBTC, .." */
static void feed_hint(char hint[200], const char *name, const pl_world *world)
{
    enum { LOOKED_AT = 256, LISTED = 6 };
    char texts[LOOKED_AT][PL_NAME_SIZE_MAX + 1];
    const char *names[LOOKED_AT] = {NULL}, *near = NULL;
    size_t count = 0, size = 0;
    hint[0] = '\0';
    for (uint32_t f = 0; f < world->feed_count && count < LOOKED_AT; f++, count++) {
        const pl_name feed = world->feed_names[f];
        (void)snprintf(texts[count], sizeof texts[0], "%.*s", (int)feed.size, feed.text);
        names[count] = texts[count];
        if (pt_name_same_words(name, strlen(name), texts[count], strlen(texts[count]))) {
            near = names[count]; /* weth is WETH */
        }
    }
    near = near != NULL ? near : pt_name_nearest(name, names, count);
    if (near != NULL) {
        (void)snprintf(hint, 200, "; did you mean \"%s\"?", near);
        return;
    }
    for (size_t i = 0; i < count && i < LISTED; i++) {
        const int put =
            snprintf(hint + size, 200 - size, "%s%.24s", i == 0 ? "; it has " : ", ", names[i]);
        size += put > 0 ? (size_t)put : 0;
    }
    if (count > LISTED) {
        (void)snprintf(hint + size, 200 - size, ", ..: plim show lists them");
    }
}

static pt_exit find_feed(curve *c, const char *name, pt_report *report)
{
    char hint[200];
    c->feed = pl_find_feed(c->run.chain, name, strlen(name));
    if (c->feed != PL_NONE) {
        return PT_OK;
    }
    feed_hint(hint, name, pl_chain_world(c->run.chain));
    return pt_fail(report, PT_INPUT, "this world has no feed \"%s\"%s", name, hint);
}

/* floor(price * (steps - step) / steps), never below zero; of a rise (steps + step) / steps, at
 * most twice the price. */
static pt_exit moved(pl_i256 *price, const curve *c, uint64_t step, pt_report *report)
{
    const pl_u256 part = pl_u256_from_u64(c->is_rise ? c->steps + step : c->steps - step);
    const pl_u256 all = pl_u256_from_u64(c->steps);
    if (pl_i256_is_neg(&c->price.price) ||
        pl_u256_muldiv_full_down(price, &c->price.price, &part, &all) != PL_OK ||
        pl_i256_is_neg(price)) {
        return pt_fail(report, PT_INPUT, "the feed's price is negative, or too large to double");
    }
    return PT_OK;
}

static void add_value(pl_u256 *sum, const pl_u256 *value)
{
    pl_u256_add_sat(sum, sum, value);
}

/* Is the feed's price one of its collateral, of its debt, of both: what a small move changes. */
static pt_exit note_use(curve *c, const pt_position *position, const pt_position_value *today,
                        pt_report *report)
{
    pt_position_value then;
    for (uint64_t step = 1; step <= c->steps; step++) { /* a price of few units needs a large one */
        pl_supposed_price supposed = {.feed = c->feed};
        PT_TRY(moved(&supposed.price, c, step, report));
        pt_position_ask(&then, c->run.chain, &c->engine, position, &supposed, 1);
        if (!then.is_known) {
            break;
        }
        const bool in_debt = !pl_u256_eq(&then.debt, &today->debt);
        const bool in_collateral = !pl_u256_eq(&then.collateral, &today->collateral);
        c->as_debt += in_debt;
        c->as_collateral += in_collateral;
        if (in_debt || in_collateral) {
            break;
        }
    }
    return PT_OK;
}

/* A position counts at a step when it is below its line there and was not before any move. */
static pt_exit add_position(curve *c, const pt_position *position, pt_report *report)
{
    pt_position_value today, then;
    pt_position_ask(&today, c->run.chain, &c->engine, position, NULL, 0);
    c->unanswered += !today.is_known;
    if (!today.is_known || !today.has_debt) {
        return PT_OK;
    }
    c->with_debt++;
    PT_TRY(note_use(c, position, &today, report));
    if (today.is_below_line) {
        c->below_already++;
        return PT_OK;
    }
    bool is_below = false; /* a contract that answers nothing at a price of zero changes nothing */
    for (uint64_t step = 0; step <= c->steps; step++) {
        pl_supposed_price supposed = {.feed = c->feed};
        PT_TRY(moved(&supposed.price, c, step, report));
        pt_position_ask(&then, c->run.chain, &c->engine, position, &supposed, 1);
        is_below = is_below || then.is_below_line;
        if (is_below) {
            point *p = &c->points[step];
            p->positions++;
            add_value(&p->debt, &today.debt);
            add_value(&p->collateral, &today.collateral);
        }
    }
    return PT_OK;
}

static pt_exit compute(curve *c, pt_report *report)
{
    c->points = calloc(c->steps + 1, sizeof *c->points);
    if (c->points == NULL) {
        return pt_fail(report, PT_LIMIT, "out of memory");
    }
    for (uint64_t step = 0; step <= c->steps; step++) {
        PT_TRY(moved(&c->points[step].price, c, step, report));
    }
    PT_TRY(pt_positions_list(&c->positions, &c->position_count, c->run.chain, &c->engine, report));
    for (size_t i = 0; i < c->position_count; i++) {
        PT_TRY(add_position(c, &c->positions[i], report));
    }
    return PT_OK;
}

/* ---- telling ---- */

static const char *scaled(char text[PT_VALUE_TEXT_MAX], const pl_u256 *number, uint8_t scale)
{
    uint8_t stored[32];
    const pl_type type = {.class = PL_CLASS_UINT, .size = 32, .scale = scale};
    (void)!pl_u256_store_be(stored, 32, number);
    return pt_value_text(text, (pt_names){0}, type, stored);
}

static double number(const pl_u256 *value, uint8_t scale)
{
    char text[PT_VALUE_TEXT_MAX];
    return strtod(scaled(text, value, scale), NULL);
}

/* "12.5": steps of the move in per cent. */
static void percent_text(char text[32], const curve *c, uint64_t step)
{
    (void)snprintf(text, 32, "%.6g", 100.0 * (double)step / (double)c->steps);
}

static json_t *curve_json(const curve *c, const char *asset)
{
    char text[PT_VALUE_TEXT_MAX], percent[32];
    pl_head head;
    pl_chain_head(&head, c->run.chain);
    json_t *object = json_object(), *list = json_array();
    (void)json_object_set_new(object, "asset", json_string(asset));
    (void)json_object_set_new(object, "block", json_integer((json_int_t)head.height));
    (void)json_object_set_new(object, "price",
                              json_string(scaled(text, &c->price.price, c->price.decimals)));
    (void)json_object_set_new(object, "positions", json_integer((json_int_t)c->with_debt));
    (void)json_object_set_new(object, "of_them_as_collateral",
                              json_integer((json_int_t)c->as_collateral));
    (void)json_object_set_new(object, "of_them_as_debt", json_integer((json_int_t)c->as_debt));
    (void)json_object_set_new(object, "below_their_line_already",
                              json_integer((json_int_t)c->below_already));
    (void)json_object_set_new(object, "not_answered", json_integer((json_int_t)c->unanswered));
    for (uint64_t step = 0; step <= c->steps; step++) {
        const point *p = &c->points[step];
        json_t *row = json_object();
        percent_text(percent, c, step);
        (void)json_object_set_new(row, c->is_rise ? "rise_percent" : "fall_percent",
                                  json_string(percent));
        (void)json_object_set_new(row, "price",
                                  json_string(scaled(text, &p->price, c->price.decimals)));
        (void)json_object_set_new(row, "positions", json_integer((json_int_t)p->positions));
        (void)json_object_set_new(row, "debt",
                                  json_string(scaled(text, &p->debt, c->engine.value_scale)));
        (void)json_object_set_new(row, "collateral",
                                  json_string(scaled(text, &p->collateral, c->engine.value_scale)));
        (void)json_array_append_new(list, row);
    }
    (void)json_object_set_new(object, "curve", list);
    return object;
}

static const char *positions_have(char text[64], uint64_t count)
{
    (void)snprintf(text, 64, "%llu %s", (unsigned long long)count,
                   count == 1 ? "position has" : "positions have");
    return text;
}

static void print_head(const curve *c, const char *asset)
{
    char text[PT_VALUE_TEXT_MAX], count[64];
    pl_head head;
    pl_chain_head(&head, c->run.chain);
    const pl_name world = pl_chain_world(c->run.chain)->name;
    (void)printf(
        "World %.*s, after block %llu: if %s %s from %s, the debt of positions that become "
        "liquidatable.\nValues are at the prices of that block. ",
        (int)world.size, world.text, (unsigned long long)head.height, asset,
        c->is_rise ? "rises" : "falls", scaled(text, &c->price.price, c->price.decimals));
    (void)printf("%s debt; %llu below the line already, not counted.\n",
                 positions_have(count, c->with_debt), (unsigned long long)c->below_already);
    (void)printf("%s prices collateral of %llu of them and debt of %llu.\n", asset,
                 (unsigned long long)c->as_collateral, (unsigned long long)c->as_debt);
    if (c->unanswered != 0) {
        (void)printf("Of %llu the contract does not tell the health.\n",
                     (unsigned long long)c->unanswered);
    }
    (void)printf("\n");
}

static void print_nothing(const curve *c)
{
    const bool other_way = c->is_rise ? c->as_collateral != 0 : c->as_debt != 0;
    (void)printf("Nothing becomes liquidatable, however far it %s.%s\n",
                 c->is_rise ? "rises, up to twice its price" : "falls",
                 !other_way   ? ""
                 : c->is_rise ? " A fall may: leave --rise out."
                              : " A rise may, where it is owed: try --rise.");
}

static void print_text(const curve *c, const char *asset)
{
    static const char bars[] = "########################################";
    char text[PT_VALUE_TEXT_MAX], percent[32];
    pt_table table;
    const double most = number(&c->points[c->steps].debt, 0);
    print_head(c, asset);
    if (c->points[c->steps].positions == 0) {
        print_nothing(c);
        return;
    }
    pt_table_begin(&table, 5);
    table.right[0] = table.right[1] = table.right[2] = table.right[3] = true;
    const char *const heads[] = {c->is_rise ? "rise %" : "fall %", "price", "positions", "debt",
                                 ""};
    for (size_t i = 0; i < 5; i++) {
        pt_table_cell(&table, "%s", heads[i]);
    }
    for (uint64_t step = 0; step <= c->steps; step++) {
        const point *p = &c->points[step];
        percent_text(percent, c, step);
        pt_table_cell(&table, "%s", percent);
        pt_table_cell(&table, "%s", scaled(text, &p->price, c->price.decimals));
        pt_table_cell(&table, "%llu", (unsigned long long)p->positions);
        pt_table_cell(&table, "%s", scaled(text, &p->debt, c->engine.value_scale));
        const double share = most > 0 ? number(&p->debt, 0) / most : 0;
        pt_table_cell(&table, "%.*s", (int)(share * BAR + 0.5), bars);
    }
    pt_table_print(&table, stdout, 0);
}

static pt_exit write_svg(const curve *c, const char *asset, const char *path, pt_report *report)
{
    double *x = calloc(3 * (c->steps + 1), sizeof *x);
    if (x == NULL) {
        return pt_fail(report, PT_LIMIT, "out of memory");
    }
    double *debt = x + c->steps + 1, *collateral = debt + c->steps + 1;
    for (uint64_t step = 0; step <= c->steps; step++) {
        x[step] = 100.0 * (double)step / (double)c->steps;
        debt[step] = number(&c->points[step].debt, c->engine.value_scale);
        collateral[step] = number(&c->points[step].collateral, c->engine.value_scale);
    }
    char title[128], note[160], x_name[96];
    pl_head head;
    pl_chain_head(&head, c->run.chain);
    const pl_name world = pl_chain_world(c->run.chain)->name;
    (void)snprintf(title, sizeof title, "What becomes liquidatable when %s %s", asset,
                   c->is_rise ? "rises" : "falls");
    (void)snprintf(note, sizeof note, "world %.*s, after block %llu, values at that block's prices",
                   world.size, world.text, (unsigned long long)head.height);
    (void)snprintf(x_name, sizeof x_name, "%s of %s, per cent", c->is_rise ? "rise" : "fall",
                   asset);
    const pt_series series[] = {{"debt", debt, true}, {"collateral, weighted", collateral, true}};
    const pt_plot plot = {.title = title,
                          .note = note,
                          .x_name = x_name,
                          .y_name = "value",
                          .x = x,
                          .point_count = c->steps + 1,
                          .series = series,
                          .series_count = 2};
    pt_bytes svg = {0};
    pt_plot_svg(&svg, &plot);
    const pt_exit exit = pt_file_write(path, svg.data, svg.size, report);
    pt_bytes_free(&svg);
    free(x);
    return exit;
}

static pt_exit tell(curve *c, const pt_args *args, const char *asset, pt_report *report)
{
    const char *svg = pt_args_value(args, "--svg");
    if (svg != NULL) {
        PT_TRY(write_svg(c, asset, svg, report));
    }
    if (!pt_args_flag(args, "--json")) {
        print_text(c, asset);
        return PT_OK;
    }
    json_t *object = curve_json(c, asset);
    char *text = json_dumps(object, JSON_INDENT(2));
    json_decref(object);
    if (text == NULL) {
        return pt_fail(report, PT_LIMIT, "out of memory");
    }
    (void)puts(text);
    free(text);
    return PT_OK;
}

static pt_exit advance_and_compute(curve *c, const pt_args *args, const char *asset,
                                   pt_report *report)
{
    const pt_run_options options = {.no_expect = true};
    pl_block_result last;
    uint64_t at = UINT64_MAX;
    PT_TRY(pt_args_u64(&at, args, "--at", 1, UINT64_MAX, report));
    PT_TRY(pt_args_u64(&c->steps, args, "--steps", 1, STEPS_MAX, report));
    PT_TRY(pt_run_open(&c->run, args->words[0], &options, report));
    if (at != UINT64_MAX && at > c->run.block_total) {
        return pt_fail(report, PT_INPUT, "%s: there is no block %llu; the last one is %llu",
                       c->run.history_path, (unsigned long long)at,
                       (unsigned long long)c->run.block_total);
    }
    PT_TRY(pt_engine_find(&c->engine, c->run.chain, pt_args_value(args, "--contract"), report));
    PT_TRY(find_feed(c, asset, report));
    PT_TRY(pt_run_advance(&c->run, at, &last, report));
    if (pl_chain_price(&c->price, c->run.chain, c->feed) != PL_OK || !c->price.exists) {
        return pt_fail(report, PT_INPUT, "feed %s has no price there", asset);
    }
    PT_TRY(compute(c, report));
    return tell(c, args, asset, report);
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    curve c = {.steps = STEPS_DEFAULT, .is_rise = pt_args_flag(args, "--rise")};
    const char *asset = pt_args_value(args, "--asset");
    if (asset == NULL) {
        return pt_fail(report, PT_USAGE, "curve needs the feed whose price moves: --asset WETH");
    }
    const pt_exit exit = advance_and_compute(&c, args, asset, report);
    free(c.positions);
    free(c.points);
    pt_run_close(&c.run);
    return exit == PT_DIVERGED ? PT_INPUT : exit; /* only verified blocks are looked at */
}

static const pt_option options_table[] = {
    {"--asset", "FEED", "the feed whose price moves, as plim show RUN lists it"},
    {"--rise", NULL, "the price rises up to twice itself instead of falling: for what is owed"},
    {"--at", "BLOCK", "the book after this block; default: the last"},
    {"--steps", "N", "steps from no move to a price of zero (or twice it); default 20"},
    {"--contract", "NAME", "the engine, when the world has several"},
    {"--svg", "FILE", "also draw it"},
    {"--json", NULL, "JSON instead of text"},
};

const pt_command pt_command_curve = {
    .name = "curve",
    .synopsis = "DIR|FILE --asset FEED [options]",
    .summary = "what a move of one price would make liquidatable",
    .about =
        "Replays up to a block (all of it verified) and asks the contract about every position\n"
        "under lower and lower prices of one feed; all other prices stay. A position counts from\n"
        "the fall at which its health factor is below 1; those below it already do not count, so\n"
        "the curve starts at zero. Values are those of the block's own prices.\n\n"
        "  plim curve fixtures/histories/aave-v3-seed-5 --asset WBTC --at 77\n"
        "  plim curve run --asset DAI --rise           when what is owed gets dearer\n"
        "  plim curve run --asset ETH --steps 100 --svg curve.svg",
    .options = options_table,
    .option_count = sizeof options_table / sizeof options_table[0],
    .words_min = 1,
    .words_max = 1,
    .run = run,
};
