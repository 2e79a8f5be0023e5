/* Calls of Aave v1 and v2 (calltree.h). Interest stands still: indexes are those of the call's own
 * block, so that balances are what the frames read. */
#include <stdio.h>
#include <string.h>

#include "tools/import/calltree.h"
#include "vm/num/muldiv.h"
#include "vm/num/text.h"

/* Selectors, with the arguments or results that matter here. */
#define LIQUIDATION_CALL        0x00a718a9u /* (collateral, debt, user, amount, receive aTokens) */
#define GET_ASSET_PRICE         0xb3596f07u /* (asset) */
#define BALANCE_OF              0x70a08231u /* (user) */
#define NORMALIZED_INCOME       0xd15e0053u /* (asset) */
#define NORMALIZED_DEBT         0x386497fdu /* (asset) */
#define GET_PRICE_ORACLE        0xfca513a8u /* () */
#define HANDLE_ACTION           0x31873e2eu /* (user, total, scaled balance) */
#define BURN_A_TOKEN            0xd7020d0au /* (user, receiver, amount, index) */
#define TRANSFER_ON_LIQUIDATION 0xf866c319u /* (from, to, amount) */
#define TRANSFER_FROM           0x23b872ddu /* (from, to, amount) */
#define V1_USER_RESERVE         0xe10076adu /* (asset, user): deposit, debt, fee, is collateral */
#define V1_GLOBAL_DATA          0x2c6d0e9bu /* (user): .., averaged threshold, the sixth */
#define V1_RESERVE_CONFIG       0x5fc526ffu /* (asset): decimals, ltv, threshold, enabled */
#define V1_BONUS                0xc76a6c9cu /* (asset) */
#define V1_FEE                  0xfeab31acu /* (asset, user) */
#define V1_UPDATE               0x68beb4d6u /* (debt, collateral, user, repaid, seized, fee, ..) */

typedef struct asset {
    uint8_t token[20];
    pl_u256 price, deposit, income, debt, debt_index, stable;
    bool has_price, is_collateral;
    uint64_t decimals, threshold, bonus;
    char symbol[44];
} asset;

typedef struct position {
    pt_call_file *calls;
    pt_call_tree *call;
    size_t n;
    bool v1;
    asset assets[PT_ASSETS_MAX];
    size_t count;
    uint8_t collateral[20], debt[20], user[20];
    pl_u256 asked, receive;
} position;

static void cannot(pt_call_tree *call, const char *why)
{
    if (call->reason[0] == '\0') {
        (void)snprintf(call->reason, sizeof call->reason, "%s", why);
    }
}

static pl_u256 ray(void)
{
    pl_u256 one = pl_u256_from_u64(0);
    return pl_u256_parse_scaled(&one, NULL, "1", 1, 27) == PL_OK ? one : pl_u256_from_u64(1);
}

/* The asset of this token; a new one when it is not there. NULL when there is no room. */
static asset *asset_of(position *p, const uint8_t token[20])
{
    for (size_t i = 0; i < p->count; i++) {
        if (memcmp(p->assets[i].token, token, 20) == 0) {
            return &p->assets[i];
        }
    }
    if (p->count == PT_ASSETS_MAX) {
        cannot(p->call, "more than 32 assets");
        return NULL;
    }
    asset *a = &p->assets[p->count++];
    memcpy(a->token, token, 20);
    a->income = ray();
    a->debt_index = ray();
    (void)snprintf(a->symbol, sizeof a->symbol, "x%02x%02x%02x%02x", token[0], token[1], token[2],
                   token[3]);
    return a;
}

/* Every price that the pool asked for. */
static void read_prices(position *p)
{
    for (size_t i = 0; i < p->call->count; i++) {
        const pt_frame *frame = &p->call->frames[i];
        uint8_t token[20];
        pl_u256 price;
        if (frame->selector == GET_ASSET_PRICE && pt_frame_in_address(token, frame, 0) &&
            pt_frame_out(&price, frame, 0)) {
            asset *a = asset_of(p, token);
            if (a != NULL) {
                a->price = price;
                a->has_price = true;
            }
        }
    }
}

/* ---- v2: which token a balance is of shows below it, in the index that it asks for ---- */

static void read_balance(position *p, size_t i, const uint8_t last_priced[20])
{
    const pt_call_tree *call = p->call;
    const size_t income = pt_frame_below(call, i, NORMALIZED_INCOME);
    const size_t debt = pt_frame_below(call, i, NORMALIZED_DEBT);
    const size_t index = income < call->count ? income : debt;
    uint8_t token[20];
    pl_u256 balance, at;
    if (!pt_frame_out(&balance, &call->frames[i], 0) || pl_u256_is_zero(&balance)) {
        return;
    }
    if (index == call->count) { /* stable debt keeps no index */
        asset *a = asset_of(p, last_priced);
        if (a != NULL) {
            a->stable = balance;
        }
        return;
    }
    if (pt_frame_in_address(token, &call->frames[index], 0) &&
        pt_frame_out(&at, &call->frames[index], 0)) {
        asset *a = asset_of(p, token);
        if (a != NULL && index == income) {
            a->deposit = balance;
            a->income = at;
            a->is_collateral = true;
        } else if (a != NULL) {
            a->debt = balance;
            a->debt_index = at;
        }
    }
}

static void read_v2(position *p)
{
    const pt_call_tree *call = p->call;
    uint8_t last_priced[20] = {0};
    for (size_t i = 0; i < call->count; i++) {
        const pt_frame *frame = &call->frames[i];
        uint8_t user[20];
        if (memcmp(frame->from, call->frames[0].to, 20) != 0) {
            continue;
        }
        if (frame->selector == GET_ASSET_PRICE) {
            (void)pt_frame_in_address(last_priced, frame, 0);
        } else if (frame->selector == BALANCE_OF && pt_frame_in_address(user, frame, 0) &&
                   memcmp(user, p->user, 20) == 0) {
            read_balance(p, i, last_priced);
        }
    }
    for (size_t i = 0; i < p->count; i++) { /* carried as variable debt that does not grow */
        asset *a = &p->assets[i];
        if (!pl_u256_is_zero(&a->stable)) {
            (void)pl_u256_add_wrap(&a->debt, &a->debt, &a->stable);
            a->debt_index = ray();
        }
    }
}

/* Decimals, thresholds and bonuses are storage: no frame shows them. */
static void look_up_reserves(position *p)
{
    const size_t provider = pt_frame_find(p->call, 0, GET_PRICE_ORACLE, NULL, NULL);
    if (provider == p->call->count) {
        cannot(p->call, "no frame asks for the price oracle, so the pool is not known");
        return;
    }
    for (size_t i = 0; i < p->count; i++) {
        asset *a = &p->assets[i];
        const pt_reserve *found = NULL;
        for (size_t r = 0; r < p->calls->reserve_count; r++) {
            const pt_reserve *reserve = &p->calls->reserves[r];
            if (memcmp(reserve->token, a->token, 20) == 0 &&
                memcmp(reserve->pool, p->call->frames[provider].to, 20) == 0) {
                found = reserve;
            }
        }
        if (found == NULL) {
            cannot(p->call, "a reserve of this call is not in the file of reserves (--reserves)");
            return;
        }
        a->decimals = found->decimals;
        a->threshold = found->threshold;
        a->bonus = found->bonus;
        (void)snprintf(a->symbol, sizeof a->symbol, "%s", found->symbol);
    }
}

/* The value of an amount in wei of ETH, down, as the pool computes it. */
static bool value_of(pl_u256 *value, const asset *a, const pl_u256 *amount)
{
    const pl_u256 ten = pl_u256_from_u64(10);
    pl_u256 unit = pl_u256_from_u64(1);
    for (uint64_t i = 0; i < a->decimals; i++) {
        if (pl_u256_mul(&unit, &unit, &ten) != PL_OK) {
            return false;
        }
    }
    return pl_u256_muldiv_down(value, amount, &a->price, &unit) == PL_OK;
}

/* The file of reserves is of another day than the call, and the call proves that the user could be
 * liquidated. So no threshold is above the highest whole percentage of the collateral at which the
 * debt was not covered; it decides whether the call is admitted, not what it moves. */
static void cap_thresholds(position *p)
{
    pl_u256 collateral = pl_u256_from_u64(0), debt = collateral, value;
    const pl_u256 hundred = pl_u256_from_u64(100);
    uint64_t percent = 0;
    for (size_t i = 0; i < p->count; i++) {
        const asset *a = &p->assets[i];
        if (a->is_collateral && value_of(&value, a, &a->deposit)) {
            (void)pl_u256_add_wrap(&collateral, &collateral, &value);
        }
        if (value_of(&value, a, &a->debt)) {
            (void)pl_u256_add_wrap(&debt, &debt, &value);
        }
    }
    if (pl_u256_is_zero(&collateral) ||
        pl_u256_muldiv_down(&debt, &debt, &hundred, &collateral) != PL_OK ||
        pl_u256_to_u64(&percent, &debt) != PL_OK) {
        return;
    }
    for (size_t i = 0; i < p->count; i++) {
        asset *a = &p->assets[i];
        a->threshold = a->threshold > 100 * percent ? 100 * percent : a->threshold;
    }
}

/* ---- v1: the core tells everything ---- */

static uint64_t small_out(const pt_frame *frame, size_t n)
{
    pl_u256 word;
    uint64_t number = 0;
    return pt_frame_out(&word, frame, n) && pl_u256_to_u64(&number, &word) == PL_OK ? number : 0;
}

/* v1 rounds the averaged threshold down to whole percents. With this one for every collateral the
 * average is the same number. */
static void read_v1_threshold(position *p)
{
    const size_t data = pt_frame_find(p->call, 0, V1_GLOBAL_DATA, NULL, p->user);
    if (data == p->call->count) {
        cannot(p->call, "no frame tells the user's averaged threshold");
        return;
    }
    for (size_t i = 0; i < p->count; i++) {
        p->assets[i].threshold = 100 * (small_out(&p->call->frames[data], 5) & 0xff);
    }
}

static void read_v1(position *p)
{
    const pt_call_tree *call = p->call;
    for (size_t i = 0; i < call->count; i++) {
        const pt_frame *frame = &call->frames[i];
        uint8_t token[20];
        pl_u256 deposit, debt;
        if (frame->selector == V1_USER_RESERVE && pt_frame_in_address(token, frame, 0) &&
            pt_frame_out(&deposit, frame, 0) && pt_frame_out(&debt, frame, 1) &&
            (!pl_u256_is_zero(&deposit) || !pl_u256_is_zero(&debt))) {
            asset *a = asset_of(p, token);
            const size_t config = pt_frame_find(call, i, V1_RESERVE_CONFIG, NULL, token);
            if (a == NULL || config == call->count) {
                cannot(p->call, "a reserve without its configuration");
                return;
            }
            a->deposit = deposit;
            a->debt = debt;
            a->decimals = small_out(&call->frames[config], 0);
            a->is_collateral = small_out(frame, 3) != 0 && small_out(&call->frames[config], 3) != 0;
        }
    }
    const size_t bonus = pt_frame_find(call, 0, V1_BONUS, NULL, p->collateral);
    asset *a = asset_of(p, p->collateral);
    if (bonus == call->count || a == NULL) {
        cannot(p->call, "no frame asks for the liquidation bonus");
        return;
    }
    a->bonus = 100 * (small_out(&call->frames[bonus], 0) & 0xff);
    const size_t fee = pt_frame_find(call, 0, V1_FEE, NULL, p->debt);
    pl_u256 origination;
    if (fee < call->count && pt_frame_out(&origination, &call->frames[fee], 0) &&
        !pl_u256_is_zero(&origination)) {
        cannot(p->call, "v1 also collects an origination fee here, which v2 has not");
    }
}

/* ---- what the call moved ---- */

static bool read_outcome(position *p)
{
    pt_call_tree *call = p->call;
    if (p->v1) {
        const size_t update = pt_frame_find(call, 0, V1_UPDATE, NULL, p->debt);
        return update < call->count && pt_frame_in(&call->covered, &call->frames[update], 3) &&
               pt_frame_in(&call->seized, &call->frames[update], 4);
    }
    const size_t burn = pt_frame_find(call, 0, BURN_A_TOKEN, NULL, p->user);
    const size_t move = pt_frame_find(call, 0, TRANSFER_ON_LIQUIDATION, NULL, p->user);
    const size_t paid = pt_frame_find(call, 0, TRANSFER_FROM, p->debt, call->frames[0].from);
    return (burn < call->count || move < call->count) && paid < call->count &&
           pt_frame_in(&call->seized, &call->frames[burn < call->count ? burn : move], 2) &&
           pt_frame_in(&call->covered, &call->frames[paid], 2);
}

/* ---- the world ---- */

static bool scaled(pl_u256 *r, const pl_u256 *amount, const pl_u256 *index)
{
    const pl_u256 one = ray();
    return pl_u256_muldiv_half_up(r, amount, &one, index) == PL_OK;
}

static json_t *row_of(const asset *a, size_t id, size_t feed)
{
    const uint64_t live = UINT64_C(1) << 56;
    const uint64_t cfg = a->threshold << 16 | a->bonus << 32 | a->decimals << 48 | live;
    pl_u256 a_supply = pl_u256_from_u64(0), v_supply = pl_u256_from_u64(0);
    json_t *row = json_object();
    const pl_u256 word = pl_u256_from_u64(cfg);
    (void)scaled(&a_supply, &a->deposit, &a->income);
    (void)scaled(&v_supply, &a->debt, &a->debt_index);
    (void)json_object_set_new(row, "id", json_integer((json_int_t)id));
    (void)json_object_set_new(row, "feed", json_integer((json_int_t)feed));
    (void)json_object_set_new(row, "name", json_string(a->symbol));
    pt_world_put(row, "cfg", &word, 0);
    pt_world_put(row, "li", &a->income, 27);
    pt_world_put(row, "bi", &a->debt_index, 27);
    pt_world_put(row, "a_supply", &a_supply, 0);
    pt_world_put(row, "v_supply", &v_supply, 0);
    pt_world_put(row, "cash", &a->deposit, 0);
    return row;
}

/* The user's row of one asset; the balances that the frames read are asked for before the call. */
static void put_holding(position *p, json_t *balances, const asset *a, size_t id)
{
    pl_u256 deposit, debt;
    if (!scaled(&deposit, &a->deposit, &a->income) || !scaled(&debt, &a->debt, &a->debt_index)) {
        cannot(p->call, "a balance does not fit its index");
        return;
    }
    json_t *row = json_pack("{s:s, s:I}", "user", "user", "asset", (json_int_t)id);
    json_t *expect = json_object();
    pt_world_put(row, "scaled_a", &deposit, 0);
    pt_world_put(row, "scaled_v", &debt, 0);
    (void)json_array_append_new(balances, row);
    pt_world_put(expect, "a_balance", &a->deposit, 0);
    pt_world_put(expect, "v_balance", &a->debt, 0);
    pt_call_ask(p->call, false, p->n, "balances", json_pack("[s, I]", "user", (json_int_t)id),
                expect);
}

/* Scaled balances that the tokens told the incentives controller just before they moved: what is
 * left after the call, in the token's own units. */
static void ask_scaled(position *p, const asset *a, size_t id)
{
    const size_t burn = pt_frame_find(p->call, 0, BURN_A_TOKEN, NULL, p->user);
    const size_t move = pt_frame_find(p->call, 0, TRANSFER_ON_LIQUIDATION, NULL, p->user);
    const size_t from = burn < p->call->count ? burn : move;
    const size_t told = from < p->call->count
                            ? pt_frame_find(p->call, from, HANDLE_ACTION, NULL, p->user)
                            : p->call->count;
    pl_u256 units, taken;
    if (p->v1 || told == p->call->count || !pt_frame_in(&units, &p->call->frames[told], 2) ||
        !scaled(&taken, &p->call->seized, &a->income) ||
        pl_u256_sub(&units, &units, &taken) != PL_OK) {
        return;
    }
    json_t *expect = json_object();
    pt_world_put(expect, "scaled_a", &units, 0);
    pt_call_ask(p->call, true, p->n, "balances", json_pack("[s, I]", "user", (json_int_t)id),
                expect);
}

static void ask_after(position *p, size_t collateral, size_t debt)
{
    json_t *taken = json_object();
    const pl_u256 nothing = pl_u256_from_u64(0);
    pt_world_put(taken, "wallet", pl_u256_is_zero(&p->receive) ? &p->call->seized : &nothing, 0);
    pt_call_ask(p->call, true, p->n, "balances",
                json_pack("[s, I]", "liquidator", (json_int_t)collateral), taken);
    json_t *paid = json_object();
    pt_world_put(paid, "wallet", &nothing, 0);
    pt_call_ask(p->call, true, p->n, "balances",
                json_pack("[s, I]", "liquidator", (json_int_t)debt), paid);
    ask_scaled(p, &p->assets[collateral], collateral);
}

static void put_call(position *p, size_t collateral, size_t debt)
{
    char name[32], function[64];
    json_t *args = json_object(), *expect = json_object();
    pt_call_name(name, p->calls, p->n);
    (void)snprintf(function, sizeof function, "%s.liquidation_call", name);
    (void)json_object_set_new(args, "collateral", json_integer((json_int_t)collateral));
    (void)json_object_set_new(args, "debt", json_integer((json_int_t)debt));
    (void)json_object_set_new(args, "user", json_string("user"));
    pt_world_put(args, "debt_to_cover", &p->asked, 0);
    (void)json_object_set_new(args, "receive_a_token", json_boolean(!pl_u256_is_zero(&p->receive)));
    pt_world_put(expect, "covered", &p->call->covered, 0);
    pt_world_put(expect, "seized", &p->call->seized, 0);
    p->call->values += 2;
    json_t *calls = json_object_get(json_object_get(p->call->made, "after"), "calls");
    (void)json_array_append_new(calls, json_pack("{s:s, s:s, s:o, s:o}", "from", "liquidator",
                                                 "call", function, "args", args, "expect", expect));
}

static void put_world(position *p)
{
    char name[32];
    json_t *reserves = json_array(), *balances = json_array();
    uint64_t flags = 0;
    size_t collateral = 0, debt = 0;
    for (size_t i = 0; i < p->count; i++) {
        const asset *a = &p->assets[i];
        const size_t feed = pt_call_feed(p->calls, p->n, a->symbol, &a->price);
        (void)json_array_append_new(reserves, row_of(a, i, feed));
        put_holding(p, balances, a, i);
        flags |= (uint64_t)!pl_u256_is_zero(&a->debt) << 2 * i;
        flags |= (uint64_t)a->is_collateral << (2 * i + 1);
        collateral = memcmp(a->token, p->collateral, 20) == 0 ? i : collateral;
        debt = memcmp(a->token, p->debt, 20) == 0 ? i : debt;
    }
    const pl_u256 word = pl_u256_from_u64(flags);
    json_t *user = json_pack("{s:s}", "user", "user");
    pt_world_put(user, "cfg", &word, 0);
    json_t *wallet = json_pack("{s:s, s:I}", "user", "liquidator", "asset", (json_int_t)debt);
    pt_world_put(wallet, "wallet", &p->call->covered, 0);
    (void)json_array_append_new(balances, wallet);
    pt_call_name(name, p->calls, p->n);
    (void)json_object_update_new(json_object_get(p->call->made, "contract"),
                                 json_pack("{s:s, s:s, s:{s:s}, s:{s:o, s:[o], s:o}}", "name", name,
                                           "source", "aave_v2.plim", "params", "version",
                                           p->v1 ? "v1" : "v2", "tables", "reserves", reserves,
                                           "users", user, "balances", balances));
    pt_call_ask(p->call, false, p->n, "is_liquidatable", json_pack("[i, s]", 0, "user"),
                json_pack("[b]", 1));
    put_call(p, collateral, debt);
    ask_after(p, collateral, debt);
}

void pt_call_make_aave(pt_call_file *calls, size_t n)
{
    position p = {.calls = calls, .call = &calls->calls[n], .n = n};
    const pt_frame *first = &p.call->frames[0];
    p.v1 = strcmp(p.call->protocol, "aave-v1") == 0;
    if (first->selector != LIQUIDATION_CALL || !pt_frame_in_address(p.collateral, first, 0) ||
        !pt_frame_in_address(p.debt, first, 1) || !pt_frame_in_address(p.user, first, 2) ||
        !pt_frame_in(&p.asked, first, 3) || !pt_frame_in(&p.receive, first, 4)) {
        cannot(p.call, "the first frame is no liquidationCall");
        return;
    }
    if (p.call->reverted) {
        cannot(p.call, "reverted; the trace does not say why");
        return;
    }
    read_prices(&p);
    if (p.v1) {
        read_v1(&p);
        read_v1_threshold(&p);
    } else {
        read_v2(&p);
        look_up_reserves(&p);
        cap_thresholds(&p);
    }
    for (size_t i = 0; i < p.count; i++) {
        if (!p.assets[i].has_price) {
            cannot(p.call, "an asset of the user without a price");
        }
    }
    if (!read_outcome(&p)) {
        cannot(p.call, "no frame moves the debt or the collateral");
    }
    if (p.call->reason[0] == '\0') {
        put_world(&p);
    }
}
