/* Calls of Compound v2 and its forks (calltree.h). Markets stand as the call found them after it
 * had accrued: exchange rates and debts are those that the Comptroller read, interest is 0. */
#include <stdio.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/import/calltree.h"
#include "vm/num/muldiv.h"
#include "vm/num/text.h"

#define LIQUIDATE_BORROW 0xf5e3c462u /* (borrower, amount, collateral)        */
#define LIQUIDATE_ETH    0xaae40a2au /* (borrower, collateral), amount: value */
#define ACCOUNT_SNAPSHOT 0xc37f68e2u /* (account): error, tokens, debt, rate  */
#define UNDERLYING_PRICE 0xfc57d4dfu /* (cToken)                              */
#define CALCULATE_SEIZE  0xc488847bu /* (borrowed, collateral, repaid): error, tokens */
#define SEIZE            0xb2a02ff1u /* (liquidator, borrower, tokens)        */
#define BALANCE_OF       0x70a08231u

enum { FACTOR_MOST = 90 }; /* percent: no market of Compound has more */

typedef struct market {
    uint8_t token[20];
    pl_u256 tokens, debt, rate, price;
    char symbol[12];
} market;

typedef struct account {
    pt_call_file *calls;
    pt_call_tree *call;
    size_t n;
    market markets[PT_ASSETS_MAX];
    size_t count;
    uint8_t borrower[20], collateral[20];
    pl_u256 amount;
} account;

static void cannot(pt_call_tree *call, const char *why)
{
    if (call->reason[0] == '\0') {
        (void)snprintf(call->reason, sizeof call->reason, "%s", why);
    }
}

static size_t market_of(const account *a, const uint8_t token[20])
{
    size_t i = 0;
    while (i < a->count && memcmp(a->markets[i].token, token, 20) != 0) {
        i++;
    }
    return i;
}

/* Snapshots of the borrower, which the Comptroller takes of every market entered, and prices. */
static void read_markets(account *a)
{
    const pt_call_tree *call = a->call;
    for (size_t i = pt_frame_find(call, 0, ACCOUNT_SNAPSHOT, NULL, a->borrower); i < call->count;
         i = pt_frame_find(call, i + 1, ACCOUNT_SNAPSHOT, NULL, a->borrower)) {
        const pt_frame *frame = &call->frames[i];
        market m = {.price = pl_u256_from_u64(0)};
        memcpy(m.token, frame->to, 20);
        if (market_of(a, m.token) < a->count) {
            continue;
        }
        const size_t price = pt_frame_find(call, 0, UNDERLYING_PRICE, NULL, m.token);
        if (a->count == PT_ASSETS_MAX || price == call->count ||
            !pt_frame_out(&m.tokens, frame, 1) || !pt_frame_out(&m.debt, frame, 2) ||
            !pt_frame_out(&m.rate, frame, 3) || !pt_frame_out(&m.price, &call->frames[price], 0)) {
            cannot(a->call, "a market without snapshot or price");
            return;
        }
        (void)snprintf(m.symbol, sizeof m.symbol, "c%02x%02x%02x%02x", m.token[0], m.token[1],
                       m.token[2], m.token[3]);
        a->markets[a->count++] = m;
    }
}

/* value += amount * price, or false when it does not fit. */
static bool add_value(pl_u256 *value, const pl_u256 *amount, const pl_u256 *price)
{
    pl_u256 part;
    return pl_u256_mul(&part, amount, price) == PL_OK && pl_u256_add(value, value, &part) == PL_OK;
}

/* Collateral factors are storage: no frame shows them. One factor for all markets, the highest
 * whole percentage (at most 90) at which the account had a shortfall, as the call proves it had. */
static uint64_t collateral_percent(const account *a)
{
    pl_u256 value = pl_u256_from_u64(0), debt = value, wad = pl_u256_from_u64(1000000000000000000u);
    const pl_u256 hundred = pl_u256_from_u64(100);
    uint64_t percent = 0;
    for (size_t i = 0; i < a->count; i++) {
        pl_u256 amount;
        if (pl_u256_muldiv_down(&amount, &a->markets[i].tokens, &a->markets[i].rate, &wad) !=
                PL_OK ||
            !add_value(&value, &amount, &a->markets[i].price) ||
            !add_value(&debt, &a->markets[i].debt, &a->markets[i].price)) {
            return 0;
        }
    }
    if (pl_u256_is_zero(&value) ||
        pl_u256_muldiv_full_down(&debt, &debt, &hundred, &value) != PL_OK ||
        pl_u256_to_u64(&percent, &debt) != PL_OK) {
        return FACTOR_MOST;
    }
    percent -= percent > 0 ? 1 : 0;
    return percent < FACTOR_MOST ? percent : FACTOR_MOST;
}

/* The exchange rate is exact with 10^18 tokens and as much cash as the rate has digits. */
static void put_market(account *a, json_t *markets, json_t *accounts, size_t id, size_t feed,
                       uint64_t percent, bool shares_seizure)
{
    const market *m = &a->markets[id];
    const pl_u256 supply = pl_u256_from_u64(1000000000000000000u);
    char factor[8], token[67] = "0x";
    pl_u256 others;
    (void)snprintf(token, sizeof token, "0x%024d", 0);
    pt_hex(token + 26, m->token, 20);
    (void)snprintf(factor, sizeof factor, "0.%02u", (unsigned)percent);
    json_t *row =
        json_pack("{s:I, s:s, s:I, s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "market",
                  (json_int_t)id, "c_token", token, "feed", (json_int_t)feed, "decimals", 18,
                  "collateral_factor", factor, "base_rate_per_year", "0", "multiplier_per_year",
                  "0", "jump_multiplier_per_year", "0", "kink", "1", "accrual_block_number", 0,
                  "protocol_seize_share", shares_seizure ? "0.028" : "0");
    pt_world_put(row, "initial_exchange_rate", &m->rate, 18);
    pt_world_put(row, "total_borrows", &m->debt, 0);
    pt_world_put(row, "total_reserves", &m->debt, 0);
    pt_world_put(row, "total_supply", &supply, 0);
    pt_world_put(row, "cash", &m->rate, 0);
    (void)json_array_append_new(markets, row);
    if (pl_u256_sub(&others, &supply, &m->tokens) != PL_OK) {
        cannot(a->call, "more than 10^18 cTokens");
        return;
    }
    json_t *rest = json_pack("{s:s, s:I}", "account", "others", "market", (json_int_t)id);
    pt_world_put(rest, "tokens", &others, 0);
    (void)json_array_append_new(accounts, rest);
    json_t *user = json_pack("{s:s, s:I, s:s}", "account", "user", "market", (json_int_t)id,
                             "interest_index", "1");
    pt_world_put(user, "tokens", &m->tokens, 0);
    pt_world_put(user, "principal", &m->debt, 0);
    (void)json_array_append_new(accounts, user);
    json_t *expect = json_object();
    pt_world_put(expect, "tokens", &m->tokens, 0);
    pt_world_put(expect, "borrows", &m->debt, 0);
    pt_call_ask(a->call, false, a->n, "balances", json_pack("[s, I]", "user", (json_int_t)id),
                expect);
    json_t *rate = json_object();
    pt_world_put(rate, "exchange_rate", &m->rate, 18);
    pt_call_ask(a->call, false, a->n, "market_state", json_pack("[I]", (json_int_t)id), rate);
}

/* Later cTokens keep a share of what is seized; their seize reads the cash for the exchange rate,
 * that of the earlier ones does not. */
static bool shares_seizure(const account *a)
{
    const size_t seize = pt_frame_find(a->call, 0, SEIZE, a->collateral, NULL);
    for (size_t i = seize + 1; i < a->call->count; i++) {
        const pt_frame *frame = &a->call->frames[i];
        uint8_t who[20];
        if (frame->selector == BALANCE_OF && memcmp(frame->to, a->collateral, 20) != 0 &&
            pt_frame_in_address(who, frame, 0) && memcmp(who, a->collateral, 20) == 0) {
            return true;
        }
    }
    return false;
}

static void put_world(account *a, size_t borrowed, size_t collateral)
{
    char name[32], function[64];
    json_t *markets = json_array(), *accounts = json_array();
    const uint64_t percent = collateral_percent(a);
    for (size_t i = 0; i < a->count; i++) {
        const size_t feed =
            pt_call_feed(a->calls, a->n, a->markets[i].symbol, &a->markets[i].price);
        put_market(a, markets, accounts, i, feed, percent, i == collateral && shares_seizure(a));
    }
    json_t *wallet =
        json_pack("{s:s, s:I}", "account", "liquidator", "market", (json_int_t)borrowed);
    pt_world_put(wallet, "wallet", &a->call->covered, 0);
    (void)json_array_append_new(accounts, wallet);
    const pl_u256 entered = pl_u256_from_u64((UINT64_C(1) << a->count) - 1);
    json_t *member = json_pack("{s:s}", "account", "user");
    pt_world_put(member, "assets_in", &entered, 0);
    pt_call_name(name, a->calls, a->n);
    (void)json_object_update_new(
        json_object_get(a->call->made, "contract"),
        json_pack("{s:s, s:s, s:{s:o, s:o, s:[o], s:[{s:s, s:s}]}}", "name", name, "source",
                  "compound_v2.plim", "tables", "markets", markets, "accounts", accounts, "members",
                  member, "comptroller", "close_factor", "0.5", "liquidation_incentive", "1.08"));
    pt_call_ask(a->call, false, a->n, "is_liquidatable", json_pack("[i, s]", 0, "user"),
                json_pack("[b]", 1));
    (void)snprintf(function, sizeof function, "%s.liquidate_borrow", name);
    json_t *args = json_pack("{s:I, s:s, s:I}", "borrowed", (json_int_t)borrowed, "borrower",
                             "user", "collateral", (json_int_t)collateral);
    pt_world_put(args, "amount", &a->amount, 0);
    json_t *calls = json_object_get(json_object_get(a->call->made, "after"), "calls");
    (void)json_array_append_new(calls, json_pack("{s:s, s:s, s:o, s:s}", "from", "liquidator",
                                                 "call", function, "args", args, "expect", "OK"));
}

static void ask_after(account *a, size_t borrowed, size_t collateral)
{
    pl_u256 owed, tokens;
    if (pl_u256_sub(&owed, &a->markets[borrowed].debt, &a->call->covered) != PL_OK ||
        pl_u256_sub(&tokens, &a->markets[collateral].tokens, &a->call->seized) != PL_OK) {
        cannot(a->call, "the frames repay or seize more than there is");
        return;
    }
    json_t *debt = json_object(), *left = json_object(), *paid = json_object();
    const pl_u256 nothing = pl_u256_from_u64(0);
    pt_world_put(debt, "borrows", &owed, 0);
    pt_world_put(left, "tokens", &tokens, 0);
    pt_world_put(paid, "wallet", &nothing, 0);
    pt_call_ask(a->call, true, a->n, "balances", json_pack("[s, I]", "user", (json_int_t)borrowed),
                debt);
    pt_call_ask(a->call, true, a->n, "balances",
                json_pack("[s, I]", "user", (json_int_t)collateral), left);
    pt_call_ask(a->call, true, a->n, "balances",
                json_pack("[s, I]", "liquidator", (json_int_t)borrowed), paid);
}

void pt_call_make_compound(pt_call_file *calls, size_t n)
{
    account a = {.calls = calls, .call = &calls->calls[n], .n = n};
    const pt_frame *first = &a.call->frames[0];
    const bool ether = first->selector == LIQUIDATE_ETH;
    if ((first->selector != LIQUIDATE_BORROW && !ether) ||
        !pt_frame_in_address(a.borrower, first, 0) ||
        !pt_frame_in_address(a.collateral, first, ether ? 1 : 2) ||
        (!ether && !pt_frame_in(&a.amount, first, 1))) {
        cannot(a.call, "the first frame is no liquidateBorrow");
        return;
    }
    a.amount = ether ? first->value : a.amount;
    if (a.call->reverted) {
        cannot(a.call, "reverted inside the Comptroller; the trace does not say why");
        return;
    }
    const size_t seize = pt_frame_find(a.call, 0, CALCULATE_SEIZE, NULL, first->to);
    if (seize == a.call->count || !pt_frame_in(&a.call->covered, &a.call->frames[seize], 2) ||
        !pt_frame_out(&a.call->seized, &a.call->frames[seize], 1)) {
        cannot(a.call, "no frame computes the tokens to seize");
        return;
    }
    read_markets(&a);
    const size_t borrowed = market_of(&a, first->to), collateral = market_of(&a, a.collateral);
    if (borrowed == a.count || collateral == a.count) {
        cannot(a.call, "the borrower has not entered one of the two markets");
        return;
    }
    put_world(&a, borrowed, collateral);
    ask_after(&a, borrowed, collateral);
}
