#include "tools/sim/book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/interrupt.h"
#include "tools/common/value.h"
#include "tools/sim/world_text.h"

enum { KEEPERS = 2, TOP_UPS_MAX = 3, PPM = 1000000 };
#define USD         INT64_C(1000000)
#define GLOBAL_FUND "4294967295"

typedef struct trader {
    char name[24];
    char account[68]; /* that it trades with: its name, or a sub-account in hex */
    uint8_t id[32];   /* of that account                                        */
    size_t market;    /* the only one of an isolated account                    */
    bool isolated;
    size_t asset;      /* that a part of its deposit is in; options->assets: none */
    int64_t deposit;   /* 6 decimals                                   */
    uint32_t leverage; /* tenths, of what it likes to hold             */
    uint32_t long_of;  /* of a hundred trades, how many it opens long  */
    bool pays;         /* answers a call with cash; others reduce      */
    bool reduces;
    uint32_t top_ups;
    bool was_low;
    /* as the chain says before each block */
    int64_t equity, initial, maintenance;
    int64_t sizes[PT_PATH_MARKETS_MAX]; /* 9 decimals */
} trader;

typedef struct book {
    pt_sim sim;
    pt_random random;
    const pt_paths *paths;
    const pt_book_options *options;
    trader *traders;
    size_t markets;
    const uint64_t *prices; /* of the block that is planned */
    size_t block;
    pt_sim_view margin_of, position, call_of;
} book;

static const char *keeper_of(const book *b, size_t i)
{
    return (b->block + i) % KEEPERS == 0 ? "keeper1" : "keeper2";
}

/* ---- the world before its first block ---- */

static json_t *contract(const char *name, const char *source, const book *b, json_t *params,
                        pt_report *report, pt_exit *exit)
{
    char *path = NULL, *whole = pt_path_join(b->options->contracts, source);
    json_t *object = json_pack("{s:s}", "name", name);
    const pt_exit found = pt_world_text_path(&path, b->options->path, whole, report);
    if (found == PT_OK) {
        (void)json_object_set_new(object, "source", json_string(path));
    } else {
        *exit = found;
    }
    if (params != NULL) {
        (void)json_object_set_new(object, "params", params);
    }
    free(path);
    free(whole);
    return object;
}

static pt_exit contracts_of(json_t **list, const book *b, pt_report *report)
{
    const uint64_t grace = b->options->grace;
    pt_exit exit = PT_OK;
    *list = json_array();
    json_t *with_calls =
        json_pack("{s:i, s:s}", "procedure", 5, "procedure_account", "@margin_call");
    (void)json_array_append_new(
        *list, contract("perp", "perp.plim", b, grace > 0 ? with_calls : NULL, report, &exit));
    if (grace == 0) {
        json_decref(with_calls);
    }
    (void)json_array_append_new(
        *list, contract("tiers", "models/tier_ladder.plim", b, NULL, report, &exit));
    (void)json_array_append_new(*list, contract("scaled", "models/ladder_open_interest.plim", b,
                                                json_pack("{s:i}", "engine", 1), report, &exit));
    (void)json_array_append_new(
        *list, contract("flat", "models/flat_rate.plim", b,
                        json_pack("{s:s, s:s}", "initial", "0.05", "maintenance", "0.025"), report,
                        &exit));
    if (grace > 0) {
        (void)json_array_append_new(
            *list, contract("margin_call", "margin_call.plim", b,
                            json_pack("{s:i, s:s, s:I, s:b}", "engine", 1, "engine_account",
                                      "@perp", "grace", (json_int_t)grace, "in_blocks", 1),
                            report, &exit));
    }
    return exit;
}

static json_t *feeds_of(const book *b)
{
    char note[64];
    json_t *list = json_array();
    (void)snprintf(note, sizeof note, "seed %llu, %.40s", (unsigned long long)b->options->seed,
                   b->options->source);
    for (size_t m = 0; m < b->paths->markets; m++) {
        (void)json_array_append_new(
            list, json_pack("{s:s, s:i, s:I, s:s}", "name", pt_path_name(m), "decimals", 8,
                            "staleness_s", (json_int_t)(b->options->every_s * 10), "note", note));
    }
    return list;
}

static json_t *accounts_of(const book *b)
{
    static const char *const staff[] = {"admin",   "operator", "sponsor", "mm",      "keeper1",
                                        "keeper2", "fees",     "dust",    "clearing"};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof staff / sizeof staff[0]; i++) {
        (void)json_array_append_new(list, json_string(staff[i]));
    }
    for (size_t i = 0; i < b->options->accounts; i++) {
        (void)json_array_append_new(list, json_string(b->traders[i].name));
    }
    return list;
}

static uint64_t start_of(const book *b)
{
    return b->paths->start_s != 0 ? b->paths->start_s : 1700000000;
}

static pt_exit world_of(json_t **world, const book *b, pt_report *report)
{
    char name[64];
    json_t *contracts = NULL;
    const uint64_t start_s = start_of(b);
    const pt_exit exit = contracts_of(&contracts, b, report);
    (void)snprintf(name, sizeof name, "gen_perp_%llu", (unsigned long long)b->options->seed);
    *world = json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:[]}", "name", name, "time_s",
                       (json_int_t)start_s, "seed", (json_int_t)(b->options->seed & INT64_MAX),
                       "contracts", contracts, "feeds", feeds_of(b), "accounts", accounts_of(b),
                       "blocks");
    return exit;
}

/* A share of the accounts is a sub-account bound to one market; a third has some of an asset. What
 * is not asked for draws nothing, so that the other numbers of a seed stay. */
static void make_account(book *b, trader *t)
{
    pt_random *r = &b->random;
    (void)snprintf(t->account, sizeof t->account, "%s", t->name);
    t->asset = b->options->assets;
    if (b->options->assets > 0 && pt_random_hits(r, 1, 3)) {
        t->asset = (size_t)pt_random_below(r, b->options->assets);
    }
    t->isolated = b->options->isolated > 0 && pt_random_hits(r, b->options->isolated, 100);
    if (t->isolated) {
        t->market = (size_t)pt_random_below(r, b->markets);
        t->id[31] = 1;
        memcpy(t->account, "0x", 2);
        pt_hex(t->account + 2, t->id, 32);
    }
}

/* Many small accounts and few large ones, the small ones with more leverage. */
static void make_trader(book *b, size_t i)
{
    trader *t = &b->traders[i];
    pt_random *r = &b->random;
    (void)snprintf(t->name, sizeof t->name, "a%03zu", i + 1);
    (void)pt_symbol(t->id, t->name);
    const uint64_t dollars = pt_random_skewed(r, 4000, 24);
    t->deposit = (int64_t)(dollars < 100 ? 100 : dollars > 400000 ? 400000 : dollars) * USD;
    const uint64_t liked = b->options->leverage * (dollars > 20000 ? 6 : 10);
    const uint64_t tenths = pt_random_skewed(r, liked, 10), most = b->options->leverage * 25;
    t->leverage = (uint32_t)(tenths < 10 ? 10 : tenths > most ? most : tenths);
    t->long_of = 45 + (uint32_t)pt_random_below(r, 40);
    t->pays = pt_random_hits(r, 1, 3) != 0;
    t->reduces = !t->pays && pt_random_hits(r, 1, 3) != 0;
    make_account(b, t);
}

/* ---- the first block ---- */

static void open_ladders(book *b, int market)
{
    static const struct {
        const char *name, *form;
    } ladders[] = {{"tiers", "step"}, {"scaled", "cumulative"}};
    static const struct {
        const char *floor, *cap, *rate;
        int leverage;
        const char *deduction; /* of the cumulative form */
    } tiers[] = {{"0", "100000", "0.01", 50, "0"},
                 {"100000", "500000", "0.02", 25, "1000"},
                 {"500000", "20000000", "0.05", 10, "16000"}};
    for (size_t l = 0; l < 2; l++) {
        char open[32], add[32];
        (void)snprintf(open, sizeof open, "%s.open_ladder", ladders[l].name);
        (void)snprintf(add, sizeof add, "%s.add_tier", ladders[l].name);
        pt_sim_call(&b->sim, "admin", open, "[i,s]", market, ladders[l].form);
        for (size_t t = 0; t < 3; t++) {
            pt_sim_call(&b->sim, "admin", add, "[i,s,s,s,s,i,s]", market, tiers[t].floor,
                        tiers[t].cap, tiers[t].rate, "0", tiers[t].leverage,
                        l == 0 ? "0" : tiers[t].deduction);
        }
    }
    pt_sim_call(&b->sim, "admin", "scaled.set_scale", "[i,s,s]", market, "100000", "5000000");
}

/* Of a dated market: its block and its second. */
static size_t expiry_block(const book *b)
{
    return b->paths->blocks * 3 / 4;
}

static bool is_dated(const book *b, size_t market)
{
    return market >= b->markets - b->options->dated;
}

static bool is_expired(const book *b, size_t market)
{
    return is_dated(b, market) && b->block >= expiry_block(b);
}

static void list_market(book *b, int market)
{
    const bool dated = is_dated(b, (size_t)market);
    const uint64_t expiry = start_of(b) + (expiry_block(b) + 1) * b->options->every_s;
    pt_sim *sim = &b->sim;
    const int model = strcmp(b->options->model, "tiers") == 0    ? 2
                      : strcmp(b->options->model, "scaled") == 0 ? 3
                                                                 : 4;
    open_ladders(b, market);
    pt_sim_call(sim, "admin", "perp.list_market", "[i,i,i,s,I]", market, market, model,
                dated ? "dated" : "perpetual", dated ? (json_int_t)expiry : 0);
    pt_sim_call(sim, "admin", "perp.set_staleness", "[i,I,s]", market,
                (json_int_t)(b->options->every_s * 5), "halt_new_risk");
    pt_sim_call(sim, "admin", "perp.set_fees", "[i,s,s]", market, "0.0002", "0.0005");
    pt_sim_call(sim, "admin", "perp.set_liquidation", "[i,s,s,s,s,b,s]", market, "0.005",
                market % 2 == 0 ? "target" : "factor", "0.25", "0.5", 1, "profit_leverage");
    pt_sim_call(sim, "admin", "perp.set_funding", "[i,s,s,s,s,I]", market, GLOBAL_FUND, "0.0001",
                "0.0005", "0.004", (json_int_t)(b->options->every_s * 60));
}

static void deposit(book *b, const char *from, const char *to, int64_t amount)
{
    pt_sim_text text;
    pt_sim_call(&b->sim, from, "perp.deposit", "[s,s]", to, pt_sim_number(&text, amount, 6));
}

/* What an account starts with: cash, or half of it in an asset. */
static void endow(book *b, const trader *t)
{
    pt_sim_text text;
    int64_t cash = t->deposit;
    deposit(b, t->name, t->name, cash);
    if (t->isolated) {
        pt_sim_call(&b->sim, t->name, "perp.open_account", "[i,s,i]", 1, "isolated",
                    (int)t->market);
        pt_sim_call(&b->sim, t->name, "perp.transfer", "[s,s,s]", t->name, t->account,
                    pt_sim_number(&text, cash, 6));
    }
    if (t->asset < b->options->assets) {
        const uint64_t price = b->prices[b->markets + t->asset];
        const uint64_t coins = pt_muldiv((uint64_t)cash / 2, UINT64_C(100000000000), price);
        pt_sim_call(&b->sim, t->name, "perp.deposit_collateral", "[s,i,s]", t->account,
                    (int)t->asset, pt_sim_number(&text, (int64_t)coins, 9));
    }
}

static void set_assets(book *b)
{
    static const char *const haircuts[] = {"0.05", "0.1", "0.2", "0.35"};
    for (size_t a = 0; a < b->options->assets; a++) {
        pt_sim_call(&b->sim, "admin", "perp.set_asset", "[i,i,s]", (int)a, (int)(b->markets + a),
                    haircuts[a % 4]);
    }
}

static void first_block(book *b)
{
    pt_sim_text text;
    const int64_t fund = (int64_t)b->options->fund * USD;
    int64_t all = 0;
    for (size_t m = 0; m < b->markets; m++) {
        list_market(b, (int)m);
    }
    set_assets(b);
    for (size_t i = 0; i < b->options->accounts; i++) {
        endow(b, &b->traders[i]);
        all += b->traders[i].deposit;
    }
    deposit(b, "mm", "mm", all * 3);
    deposit(b, "keeper1", "keeper1", all * 2);
    deposit(b, "keeper2", "keeper2", all * 2);
    if (fund == 0) {
        return;
    }
    deposit(b, "sponsor", "sponsor", fund * (int64_t)(b->markets + 1));
    for (size_t m = 0; m < b->markets; m++) {
        pt_sim_call(&b->sim, "sponsor", "perp.pay_into_fund", "[i,s]", (int)m,
                    pt_sim_number(&text, fund, 6));
    }
    pt_sim_call(&b->sim, "sponsor", "perp.pay_into_fund", "[s,s]", GLOBAL_FUND,
                pt_sim_number(&text, fund, 6));
}

/* ---- what happens in a block ---- */

/* Notional of a size at the block's price, 6 decimals, down. */
static int64_t value_of(const book *b, size_t market, int64_t size)
{
    const uint64_t held = size < 0 ? 0 - (uint64_t)size : (uint64_t)size;
    return (int64_t)pt_muldiv(held, b->prices[market], UINT64_C(100000000000));
}

static void look(book *b, trader *t)
{
    int64_t told[PT_SIM_RESULTS_MAX];
    uint8_t arguments[36];
    memcpy(arguments, t->id, 32);
    if (pt_sim_ask(told, &b->sim, &b->margin_of, arguments, 32)) {
        t->equity = told[0];
        t->initial = told[1];
        t->maintenance = told[2];
    }
    for (size_t m = 0; m < b->markets; m++) {
        pt_bytes key = {0};
        pt_put(&key, t->id, 32);
        pt_put_u32(&key, (uint32_t)m);
        t->sizes[m] = pt_sim_ask(told, &b->sim, &b->position, key.data, key.size) ? told[0] : 0;
        pt_bytes_free(&key);
    }
}

/* The market in which an account has most at stake; markets: it holds nothing. */
static size_t largest(const book *b, const trader *t)
{
    size_t best = b->markets;
    int64_t most = 0;
    for (size_t m = 0; m < b->markets; m++) {
        if (t->sizes[m] != 0 && !is_expired(b, m) && value_of(b, m, t->sizes[m]) >= most) {
            most = value_of(b, m, t->sizes[m]);
            best = m;
        }
    }
    return best;
}

static void fill(book *b, size_t market, const char *maker, const char *taker, int64_t size)
{
    pt_sim_text units, price;
    const int64_t off = pt_random_bell(&b->random) * 200 / PT_RANDOM_SIGMA; /* ppm of the mark */
    const uint64_t at = pt_muldiv(b->prices[market], (uint64_t)(PPM + off), PPM);
    pt_sim_call(&b->sim, "operator", "perp.fill", "[i,s,s,s,s]", (int)market, maker, taker,
                pt_sim_number(&units, size, 9), pt_sim_number(&price, (int64_t)at, 8));
}

/* Opens, or adds: what is left of the leverage that the account likes, in a market by chance. */
static void open_position(book *b, trader *t)
{
    const size_t drawn = (size_t)pt_random_below(&b->random, b->markets);
    const size_t market = t->isolated ? t->market : drawn;
    const bool is_long = pt_random_hits(&b->random, t->long_of, 100) != 0;
    const uint64_t part = 30 + pt_random_below(&b->random, 71);
    const bool with_trader = pt_random_hits(&b->random, 1, 4) != 0;
    int64_t held = 0;
    for (size_t m = 0; m < b->markets; m++) {
        held += value_of(b, m, t->sizes[m]);
    }
    const int64_t liked = t->equity / 10 * (int64_t)t->leverage;
    if (t->equity < 50 * USD || liked <= held || t->initial > t->equity || is_expired(b, market)) {
        return;
    }
    const uint64_t value = pt_muldiv((uint64_t)(liked - held), part, 100);
    int64_t size = (int64_t)pt_muldiv(value, UINT64_C(100000000000), b->prices[market]);
    size -= size % 100000; /* lots of a ten-thousandth */
    const trader *other = &b->traders[pt_random_below(&b->random, b->options->accounts)];
    const bool can = with_trader && other != t && other->deposit > t->deposit &&
                     (other->sizes[market] > 0) != is_long && other->equity / 2 > other->initial &&
                     !(other->isolated && other->market != market);
    if (size != 0) {
        fill(b, market, can ? other->account : "mm", t->account, is_long ? size : -size);
    }
}

static void reduce_position(book *b, const trader *t, uint64_t percent)
{
    const size_t market = largest(b, t);
    if (market == b->markets) {
        return;
    }
    const int64_t size = t->sizes[market];
    const int64_t part = percent >= 100 ? size : size / 100 * (int64_t)percent;
    if (part != 0) {
        fill(b, market, "mm", t->account, -part);
    }
}

static void pay_in(book *b, trader *t, int64_t missing)
{
    const int64_t amount = (missing > 0 ? missing : 0) + t->deposit / 50;
    if (t->top_ups < TOP_UPS_MAX && amount < t->deposit) {
        t->top_ups++;
        deposit(b, t->name, t->account, amount - amount % 10000 + 10000);
    }
}

/* Without calls a keeper closes at once. */
static void liquidate(book *b, size_t i, const char *function)
{
    const trader *t = &b->traders[i];
    const size_t market = largest(b, t);
    if (market != b->markets) {
        pt_sim_call(&b->sim, keeper_of(b, i), function, "[s,i]", t->account, (int)market);
    }
}

/* One account's call: raised and watched by a keeper, answered by its owner, then liquidated. */
static void with_call(book *b, size_t i)
{
    enum { ID, STAGE, AMOUNT, DEADLINE, CONTRIBUTED };
    enum { CALLED = 0 };
    trader *t = &b->traders[i];
    int64_t told[PT_SIM_RESULTS_MAX] = {0};
    const bool low = t->equity < t->maintenance / 4 * 5;
    const bool changed = low != t->was_low;
    t->was_low = low;
    if (!pt_sim_ask(told, &b->sim, &b->call_of, t->id, 32)) {
        return;
    }
    const int64_t missing = t->initial - t->equity;
    const int64_t called = told[AMOUNT] - told[CONTRIBUTED];
    if (told[AMOUNT] == 0) {
        if (t->equity < t->maintenance || changed) {
            pt_sim_call(&b->sim, keeper_of(b, i), "margin_call.check", "[s]", t->account);
        }
        return;
    }
    const bool is_over = told[STAGE] != CALLED || (int64_t)b->block + 1 > told[DEADLINE];
    if (is_over) {
        liquidate(b, i, "margin_call.liquidate");
        return;
    }
    if (missing <= 0 || (t->equity < t->maintenance && missing > called)) {
        pt_sim_call(&b->sim, keeper_of(b, i), "margin_call.check", "[s]", t->account);
    }
    if (t->pays && pt_random_hits(&b->random, 1, 2)) {
        pay_in(b, t, missing > called ? missing : called);
    } else if (t->reduces && pt_random_hits(&b->random, 1, 2)) {
        reduce_position(b, t, 85);
    }
}

static void act(book *b, size_t i)
{
    trader *t = &b->traders[i];
    const bool early = b->block < b->paths->blocks / 4;
    if (t->equity < t->maintenance || (b->options->grace > 0 && t->was_low)) {
        return;
    }
    if (pt_random_hits(&b->random, early ? 8 : 2, 100)) {
        open_position(b, t);
    } else if (pt_random_hits(&b->random, 1, 100)) {
        reduce_position(b, t, 50 + pt_random_below(&b->random, 51));
    }
}

/* At expiry a keeper settles everybody who holds a dated market; sizes are what they were before.
 */
static void settle_all(book *b, size_t market)
{
    static const char *const staff[] = {"mm", "keeper1", "keeper2"};
    for (size_t i = 0; i < b->options->accounts; i++) {
        if (b->traders[i].sizes[market] != 0) {
            pt_sim_call(&b->sim, "keeper1", "perp.settle", "[s,i]", b->traders[i].account,
                        (int)market);
            b->traders[i].sizes[market] = 0;
        }
    }
    for (size_t i = 0; i < sizeof staff / sizeof staff[0]; i++) {
        trader t = {.equity = 0};
        (void)pt_symbol(t.id, staff[i]);
        look(b, &t);
        if (t.sizes[market] != 0) {
            pt_sim_call(&b->sim, "keeper1", "perp.settle", "[s,i]", staff[i], (int)market);
        }
    }
}

static void plan_block(book *b)
{
    for (size_t i = 0; i < b->options->accounts; i++) {
        look(b, &b->traders[i]);
    }
    for (size_t m = 0; m < b->markets; m++) {
        if (is_expired(b, m)) {
            settle_all(b, m);
        }
    }
    for (size_t i = 0; i < b->options->accounts; i++) {
        if (b->options->grace > 0) {
            with_call(b, i);
        } else if (b->traders[i].equity < b->traders[i].maintenance) {
            liquidate(b, i, "perp.liquidate");
        }
    }
    for (size_t m = 0; m < b->markets && b->block % 60 == 59; m++) {
        if (!is_expired(b, m)) {
            pt_sim_call(&b->sim, "keeper1", "perp.fund", "[i]", (int)m);
        }
    }
    for (size_t i = 0; i < b->options->accounts; i++) {
        act(b, i);
    }
}

static pt_exit run_blocks(book *b, pt_report *report)
{
    PT_TRY(pt_sim_find(&b->margin_of, &b->sim, "perp", "margin_of", report));
    PT_TRY(pt_sim_find(&b->position, &b->sim, "perp", "position", report));
    if (b->options->grace > 0) {
        PT_TRY(pt_sim_find(&b->call_of, &b->sim, "margin_call", "call_of", report));
    }
    for (b->block = 0; b->block < b->paths->blocks; b->block++) {
        b->prices = b->paths->prices + b->block * b->paths->markets;
        if (pt_interrupted()) {
            return pt_fail(report, PT_INTERRUPTED, "interrupted; nothing was written");
        }
        for (size_t m = 0; m < b->paths->markets; m++) {
            pt_sim_price(&b->sim, (uint32_t)m, b->prices[m]);
        }
        if (b->block == 0) {
            first_block(b);
        } else {
            plan_block(b);
        }
        PT_TRY(pt_sim_seal(&b->sim, b->options->every_s, report));
    }
    return PT_OK;
}

pt_exit pt_book_make(pt_bytes *text, pt_book_result *result, const pt_paths *paths,
                     const pt_book_options *options, pt_report *report)
{
    book b = {.random = {options->seed},
              .paths = paths,
              .markets = paths->markets - options->assets,
              .options = options};
    json_t *world = NULL;
    b.traders = pt_take_zeroed(options->accounts, sizeof *b.traders);
    for (size_t i = 0; i < options->accounts; i++) {
        make_trader(&b, i);
    }
    pt_exit exit = world_of(&world, &b, report);
    if (exit == PT_OK) {
        exit = pt_sim_open(&b.sim, world, options->path, options->contracts, report);
        exit = exit == PT_OK ? run_blocks(&b, report) : exit;
        if (exit == PT_OK) {
            pl_head head;
            pl_chain_head(&head, b.sim.file.chain);
            *result = (pt_book_result){
                .blocks = head.height, .calls = b.sim.sealed_calls, .refused = b.sim.refused};
            memcpy(result->root, head.state_root, 32);
            pt_world_text(text, b.sim.world);
        }
        pt_sim_close(&b.sim);
    } else {
        json_decref(world);
    }
    free(b.traders);
    return exit;
}
