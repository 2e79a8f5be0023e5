/* Gathering: one pass that looks at the block's bytes, one that replays to it asking for the
 * account's health on the way, and the block itself under a watch. */
#include "tools/plim/explain.h"

#include <stdlib.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/common/world_json.h"
#include "tools/plim/facts.h"
#include "tools/plim/formulas.h"
#include "tools/plim/health.h"
#include "tools/plim/subject.h"
#include "vm/base/bytes.h"

/* What stood just before the account fell below its line. */
struct fall {
    bool is_known;
    uint64_t safe_height; /* the last block after which it was not below; 0: never seen there */
    uint64_t height;      /* the block that brought it below */
    uint64_t passed_s;    /* between that block and the one before it */
    json_t *prices;       /* of that block: feed, before, after */
    json_t *receipts;     /* of that block: its transactions before the one told */
    pt_health safe, below;
};

typedef struct story {
    const pt_explain *explain;
    pt_run run;
    uint32_t transaction; /* of the block, from 0 */
    pl_tx tx;
    pt_health_view view;
    uint8_t account[32];
    pt_health before, after;
    pl_price *prices;  /* of every feed, before the block being replayed */
    uint64_t passed_s; /* of block time, by the block being replayed     */
    struct fall fall;
    pt_formulas formulas;
} story;

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static json_t *count_json(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *scaled_json(const pl_u256 *number, uint8_t scale, bool is_signed)
{
    uint8_t stored[32];
    char text[PT_VALUE_TEXT_MAX];
    const pl_type type = {
        .class = is_signed ? PL_CLASS_INT : PL_CLASS_UINT, .size = 32, .scale = scale};
    (void)!pl_u256_store_be(stored, 32, number);
    return json_string(pt_value_text(text, (pt_names){0}, type, stored));
}

static json_t *health_json(const pt_health *health, const pt_health_view *view)
{
    json_t *object = json_object();
    set(object, "health_factor",
        health->has_debt ? scaled_json(&health->factor, view->scale, false) : json_null());
    set(object, "below_its_line", json_boolean(health->is_below_line));
    return object;
}

/* ---- which transaction ---- */

static pt_exit find_tx(story *s, const uint8_t *bytes, size_t size, pt_report *report)
{
    pl_block block;
    uint32_t where = 0, reports = 0;
    const uint8_t *item;
    uint32_t item_size;
    const pl_status status = pl_block_decode(&block, &where, bytes, size);
    if (status != PL_OK) {
        return pt_fail_status(report, status, "block %llu", (unsigned long long)s->explain->height);
    }
    pl_items items = block.reports;
    while (pl_items_next(&items, &item, &item_size)) {
        reports++;
    }
    const uint64_t wanted = s->explain->receipt == UINT64_MAX ? reports : s->explain->receipt;
    items = block.transactions;
    uint64_t i = reports;
    for (; pl_items_next(&items, &item, &item_size); i++) {
        if (i == wanted && pl_tx_decode(&s->tx, item, item_size) == PL_OK) {
            s->transaction = (uint32_t)(i - reports);
            return PT_OK;
        }
    }
    if (i == reports) {
        return pt_fail(
            report, PT_INPUT, "block %llu has no transaction to explain, only %u price report%s",
            (unsigned long long)s->explain->height, (unsigned)reports, reports == 1 ? "" : "s");
    }
    return pt_fail(report, PT_INPUT,
                   "receipt %llu of block %llu is no transaction; plim show %s block %llu lists "
                   "them",
                   (unsigned long long)wanted, (unsigned long long)s->explain->height,
                   s->explain->history, (unsigned long long)s->explain->height);
}

/* Reads the history up to the block without running it. */
static pt_exit find_block(story *s, pt_report *report)
{
    const uint8_t *block;
    size_t size;
    for (uint64_t height = s->run.resumed_height + 1;; height++) {
        PT_TRY(pt_run_next(&block, &size, &s->run, report));
        if (block == NULL) {
            return pt_fail(report, PT_INPUT, "%s: there is no block %llu; the last one is %llu",
                           s->run.history_path, (unsigned long long)s->explain->height,
                           (unsigned long long)height - 1);
        }
        if (height == s->explain->height) {
            return find_tx(s, block, size, report);
        }
    }
}

/* ---- the way there ---- */

static json_t *moved_prices(story *s)
{
    const pl_world *world = pl_chain_world(s->run.chain);
    json_t *list = json_array();
    for (uint32_t f = 0; f < world->feed_count; f++) {
        pl_price now = {0};
        const pl_price *before = &s->prices[f];
        if (pl_chain_price(&now, s->run.chain, f) != PL_OK || !now.exists ||
            (before->exists && pl_u256_eq(&now.price, &before->price))) {
            continue;
        }
        json_t *object = json_object();
        set(object, "feed", json_stringn(world->feed_names[f].text, world->feed_names[f].size));
        set(object, "before",
            before->exists ? scaled_json(&before->price, before->decimals, true) : json_null());
        set(object, "after", scaled_json(&now.price, now.decimals, true));
        set(object, "round", count_json(now.round));
        set(object, "time_s", count_json(now.time_s));
        set(object, "signed_by", json_string(pt_feed_signed_by(world, f)));
        set(object, "format", json_string(pl_formats[world->feeds[f].format].name));
        set(object, "note", json_stringn(world->feed_notes[f].text, world->feed_notes[f].size));
        (void)json_array_append_new(list, object);
    }
    return list;
}

static void remember_prices(story *s)
{
    const uint32_t count = pl_chain_world(s->run.chain)->feed_count;
    for (uint32_t f = 0; f < count; f++) {
        if (pl_chain_price(&s->prices[f], s->run.chain, f) != PL_OK) {
            s->prices[f].exists = false;
        }
    }
}

static void forget_fall(struct fall *fell)
{
    json_decref(fell->prices);
    json_decref(fell->receipts);
    fell->prices = fell->receipts = NULL;
    fell->is_known = false;
}

/* Called after a block: the account's health there, and whether this is where it fell. A block
 * after which the view gives no answer, as without a price, says nothing. */
static pt_exit note_health(story *s, const pl_block_result *result, pt_report *report)
{
    pt_health health;
    pt_health_ask(&health, s->run.chain, &s->view);
    if (!health.is_known) {
        return PT_OK;
    }
    if (!health.is_below_line) {
        forget_fall(&s->fall);
        s->fall.safe = health;
        s->fall.safe_height = result->height;
        return PT_OK;
    }
    if (!s->fall.is_known) {
        s->fall.is_known = true;
        s->fall.height = result->height;
        s->fall.passed_s = s->passed_s;
        s->fall.below = health;
        s->fall.prices = moved_prices(s);
        json_t *block = NULL;
        PT_TRY(pt_facts_block(&block, s->run.chain, result, UINT64_MAX, report));
        s->fall.receipts = json_incref(json_object_get(block, "receipts"));
        json_decref(block);
    }
    return PT_OK;
}

static void watch_moment(void *context, pl_chain *chain, uint32_t transaction, bool is_after)
{
    story *s = context;
    if (transaction != s->transaction) {
        return;
    }
    if (!is_after) {
        pt_health_ask(&s->before, chain, &s->view);
        if (s->before.is_below_line && !s->fall.is_known) {
            s->fall.is_known = true;
            s->fall.height = s->explain->height;
            s->fall.passed_s = s->passed_s;
            s->fall.below = s->before;
            s->fall.prices = moved_prices(s);
        }
        pt_formulas_free(&s->formulas); /* of the transactions before */
        s->formulas.world = pl_chain_world(chain);
    } else {
        pt_health_ask(&s->after, chain, &s->view);
        s->formulas.is_full = true; /* takes no more */
    }
}

static void watch_step(void *context, const pl_trace_step *step)
{
    story *s = context;
    if (s->formulas.world != NULL && !s->formulas.is_full) {
        pt_formulas_step(&s->formulas, step);
    }
}

/* The header is read again when the block is replayed, and checked there. */
static uint64_t seconds_after(const uint8_t *block, size_t size, uint64_t time_s)
{
    pl_block decoded;
    uint32_t where;
    return pl_block_decode(&decoded, &where, block, size) == PL_OK && decoded.header.time_s > time_s
               ? decoded.header.time_s - time_s
               : 0;
}

static pt_exit replay_to(story *s, pl_block_result *result, pt_report *report)
{
    const pl_watch watch = {.context = s, .moment = watch_moment, .step = watch_step};
    const pl_replay_options watched = {.watch = &watch};
    const uint8_t *block;
    size_t size;
    for (;;) {
        PT_TRY(pt_run_next(&block, &size, &s->run, report));
        if (block == NULL) {
            return pt_fail(report, PT_INPUT, "%s ends early", s->run.history_path);
        }
        pl_head head;
        pl_chain_head(&head, s->run.chain);
        const bool is_last = head.height + 1 == s->explain->height;
        remember_prices(s);
        s->passed_s = seconds_after(block, size, head.time_s);
        if (pl_chain_replay_block(result, s->run.chain, block, size, is_last ? &watched : NULL) !=
            PL_OK) {
            (void)pt_run_refused(&s->run, result, report);
            return PT_INPUT; /* only verified blocks are told */
        }
        if (is_last) {
            return PT_OK;
        }
        PT_TRY(note_health(s, result, report));
    }
}

/* ---- the facts ---- */

static json_t *account_json(story *s, const uint8_t account[32])
{
    char text[PT_VALUE_TEXT_MAX];
    const pl_type type = {.class = PL_CLASS_ACCOUNT, .size = 32};
    return json_string(pt_value_text(text, (pt_names){.chain = s->run.chain}, type, account));
}

static json_t *why_json(story *s)
{
    json_t *object = json_object();
    set(object, "fell_in_block", count_json(s->fall.height));
    set(object, "seconds_after_the_block_before", count_json(s->fall.passed_s));
    set(object, "blocks_below_before_this_one", count_json(s->explain->height - s->fall.height));
    if (s->fall.safe_height != 0) {
        set(object, "last_safe_block", count_json(s->fall.safe_height));
        set(object, "health_then", health_json(&s->fall.safe, &s->view));
    }
    set(object, "health_there", health_json(&s->fall.below, &s->view));
    set(object, "prices_that_moved", json_incref(s->fall.prices));
    json_t *calls = json_array();
    size_t i = 0;
    json_t *receipt = NULL;
    json_array_foreach(s->fall.receipts, i, receipt)
    {
        if (strcmp(json_string_value(json_object_get(receipt, "kind")), "transaction") == 0 &&
            strcmp(json_string_value(json_object_get(receipt, "status")), "OK") == 0) {
            json_t *call = json_object();
            (void)json_object_set(call, "function", json_object_get(receipt, "function"));
            (void)json_object_set(call, "caller", json_object_get(receipt, "caller"));
            (void)json_array_append_new(calls, call);
        }
    }
    set(object, "transactions_there", calls);
    return object;
}

static pt_exit make_facts(json_t **facts, story *s, const pl_block_result *result, uint64_t receipt,
                          pt_report *report)
{
    char time[PT_BLOCK_TIME_MAX];
    json_t *block = NULL, *object = json_object();
    PT_TRY(pt_facts_block(&block, s->run.chain, result, receipt, report));
    set(object, "block", count_json(result->height));
    set(object, "time_s", count_json(result->time_s));
    set(object, "time", json_string(pt_block_time_text(time, s->run.chain, result->time_s)));
    set(object, "receipt", count_json(receipt));
    (void)json_object_update_missing(object, json_array_get(json_object_get(block, "receipts"), 0));
    json_decref(block);
    set(object, "account", account_json(s, s->account));
    set(object, "has_health_view", json_boolean(s->view.exists));
    if (s->before.is_known) {
        set(object, "health_before", health_json(&s->before, &s->view));
    }
    if (s->after.is_known) {
        set(object, "health_after", health_json(&s->after, &s->view));
    }
    if (s->fall.is_known && s->before.is_below_line) {
        set(object, "why_now", why_json(s));
    }
    pt_formulas_tell(object, &s->formulas, s->run.chain, s->explain);
    set(object, "prices_signed_by", json_string(pt_world_signed_by(pl_chain_world(s->run.chain))));
    *facts = object;
    return PT_OK;
}

static uint64_t count_reports(const pl_block_result *result)
{
    return (uint64_t)result->counts.reports_accepted + result->counts.reports_refused;
}

/* The contract's own view, or that of the first contract that has one: a procedure before
 * liquidation leaves accounts to its engine. */
static void find_view(story *s, uint32_t market)
{
    const uint32_t contracts = pl_chain_world(s->run.chain)->contract_count;
    pt_health_find(&s->view, s->run.chain, s->tx.contract, market, s->account);
    for (uint32_t c = 1; !s->view.exists && c <= contracts; c++) {
        pt_health_find(&s->view, s->run.chain, c, market, s->account);
    }
}

static pt_exit tell(json_t **facts, story *s, pt_report *report)
{
    const pt_run_options options = {.no_expect = true};
    uint32_t market;
    pl_block_result result;
    PT_TRY(pt_run_open(&s->run, s->explain->history, &options, report));
    PT_TRY(find_block(s, report));
    uint8_t *arguments = malloc(s->tx.arguments_size + 1);
    if (arguments == NULL) {
        return pt_fail(report, PT_LIMIT, "out of memory");
    }
    memcpy(arguments, s->tx.arguments, s->tx.arguments_size);
    s->tx.arguments = arguments;
    pt_run_close(&s->run);
    memset(&s->run, 0, sizeof s->run);
    pt_exit exit = pt_run_open(&s->run, s->explain->history, &options, report);
    if (exit == PT_OK) {
        pt_subject_of(s->account, &market, s->run.chain, &s->tx);
        exit = s->explain->account == NULL
                   ? PT_OK
                   : pt_facts_find_account(s->account, s->run.chain, s->explain->account, report);
    }
    free(arguments);
    PT_TRY(exit);
    find_view(s, market);
    s->prices = calloc(pl_chain_world(s->run.chain)->feed_count + 1u, sizeof *s->prices);
    if (s->prices == NULL) {
        return pt_fail(report, PT_LIMIT, "out of memory");
    }
    PT_TRY(replay_to(s, &result, report));
    return make_facts(facts, s, &result, count_reports(&result) + s->transaction, report);
}

pt_exit pt_explain_facts(json_t **facts, const pt_explain *explain, pt_report *report)
{
    story s = {.explain = explain};
    const pt_exit exit = tell(facts, &s, report);
    forget_fall(&s.fall);
    pt_formulas_free(&s.formulas);
    free(s.prices);
    pt_run_close(&s.run);
    return exit;
}
