/* How recorded runs of Compound v3 (Comet) meet contracts/compound_v3.plim.
 *
 * Collateral is numbered by its offset; the base token has functions of its own and, among the
 * tokens of wallets, the number 255. */
#include "tools/import/protocols.h"

static const pt_contract_source contracts[] = {{"compound_v3", "compound_v3.plim"}, {NULL, NULL}};

static const pt_names_source names[] = {{0, "collateral", "sym"}, {0, NULL, NULL}};

static const char *const extra_people[] = {"admin", "gov", NULL};

static const pt_key trace_keys[] = {
    {.key = "asset", .kind = PT_NAME},
    {.key = "from", .kind = PT_PERSON},
    {.key = "src", .kind = PT_PERSON},
    {.key = "dst", .kind = PT_PERSON},
    {.key = "to", .kind = PT_PERSON},
    {.key = "account", .kind = PT_PERSON},
    {.key = "accounts", .kind = PT_PERSON},
    {.key = "absorber", .kind = PT_PERSON},
    {.key = "borrower", .kind = PT_PERSON},
    {.key = "buyer", .kind = PT_PERSON},
    {.key = "recipient", .kind = PT_PERSON},
    {.key = "manager", .kind = PT_PERSON},
    {.key = "on", .field = "allowed"},
    {.key = "supply", .field = "supply_paused"},
    {.key = "transfer", .field = "transfer_paused"},
    {.key = "withdraw", .field = "withdraw_paused"},
    {.key = "absorb", .field = "absorb_paused"},
    {.key = "buy", .field = "buy_paused"},
    {.key = NULL},
};

/* The recorder makes the first liquidator the absorber, whoever calls. */
static const pt_op ops[] = {
    {.op = "supply", .function = "supply_base", .key = "asset", .path = "base.sym", .drop = true},
    {.op = "supply", .function = "supply_collateral"},
    {.op = "transfer",
     .function = "transfer_base",
     .key = "asset",
     .path = "base.sym",
     .drop = true},
    {.op = "transfer", .function = "transfer_collateral"},
    {.op = "withdraw",
     .function = "withdraw_base",
     .key = "asset",
     .path = "base.sym",
     .drop = true},
    {.op = "withdraw", .function = "withdraw_collateral"},
    {.op = "absorb", .function = "absorb", .add = "absorber", .add_path = "liquidators.0"},
    {.op = NULL},
};

static const pt_feed_source feeds[] = {
    {.suffix = "/base.sym", .path = "base.price", .decimals = 8, .note = "US dollars"},
    {.suffix = "", .path = "collateral.*0.price", .decimals = 8, .note = "US dollars"},
    {.suffix = NULL},
};
static const pt_price_source prices[] = {{"price", ""}, {NULL, NULL}};

static const pt_bind params_row[] = {
    {.field = "governor", .source = "/governor", .kind = PT_PERSON},
    {.field = "pause_guardian", .source = "/governor", .kind = PT_PERSON},
    {.field = "base_token_price_feed", .source = "$/base.sym"},
    {.field = "base_decimals", .source = "/base.decimals"},
    {.field = NULL},
};
static const pt_bind totals_row[] = {
    {.field = "base_supply_index", .source = "si"},
    {.field = "base_borrow_index", .source = "bi"},
    {.field = "tracking_supply_index", .source = "tsi"},
    {.field = "tracking_borrow_index", .source = "tbi"},
    {.field = "total_supply_base", .source = "ts"},
    {.field = "total_borrow_base", .source = "tb"},
    {.field = "last_accrual_time", .source = "last"},
    {.field = "pause_flags", .source = "pause"},
    {.field = NULL},
};
static const pt_bind asset_row[] = {
    {.field = "price_feed", .source = "$"},
    {.field = "borrow_collateral_factor", .source = "borrowCF"},
    {.field = "liquidate_collateral_factor", .source = "liquidateCF"},
    {.field = NULL},
};
static const pt_bind total_row[] = {{.field = "total_supply_asset", .source = "total"},
                                    {.field = NULL}};
static const pt_bind user_row[] = {
    {.field = "principal", .source = "p"},
    {.field = "base_tracking_index", .source = "ti"},
    {.field = "base_tracking_accrued", .source = "ta"},
    {.field = "assets_in", .source = "in"},
    {.field = NULL},
};
static const pt_bind collateral_row[] = {{.field = "balance", .source = "0"}, {.field = NULL}};
static const pt_bind cash_row[] = {
    {.field = "token", .source = "!255"}, {.field = "amount", .source = "cash"}, {.field = NULL}};
static const pt_bind held_row[] = {{.field = "amount", .source = "total"}, {.field = NULL}};
static const pt_bind base_wallet_row[] = {
    {.field = "token", .source = "!255"}, {.field = "amount", .source = "w"}, {.field = NULL}};
static const pt_bind wallet_row[] = {{.field = "amount", .source = "1"}, {.field = NULL}};

static const pt_rows rows[] = {
    {.table = "params", .path = "params", .binds = params_row},
    {.table = "totals", .path = "state.m", .binds = totals_row},
    {.table = "assets", .path = "collateral.*0", .binds = asset_row},
    {.table = "totals_collateral", .path = "state.c.*0", .binds = total_row},
    {.table = "user_basic", .path = "state.u.*", .binds = user_row},
    {.table = "user_collateral", .path = "state.u.*.c.*0", .binds = collateral_row},
    {.table = "holdings", .path = "state.m", .binds = cash_row},
    {.table = "holdings", .path = "state.c.*0", .binds = held_row},
    {.table = "wallets", .path = "state.u.*", .binds = base_wallet_row},
    {.table = "wallets", .path = "state.u.*.c.*0", .binds = wallet_row},
    {.table = NULL},
};

/* Nothing was absorbed or given before the run, so Comet holds the users' collateral alone. */
static const pt_same same[] = {
    {"base.price", "state.m.price"},
    {"collateral.*0.price", "state.c.*0.price"},
    {"state.c.*0.reserves", "!0"},
    {NULL, NULL},
};

static const pt_bind market_view[] = {
    {.field = "base_supply_index", .source = "si"},
    {.field = "base_borrow_index", .source = "bi"},
    {.field = "tracking_supply_index", .source = "tsi"},
    {.field = "tracking_borrow_index", .source = "tbi"},
    {.field = "total_supply_base", .source = "ts"},
    {.field = "total_borrow_base", .source = "tb"},
    {.field = "last_accrual_time", .source = "last"},
    {.field = "pause_flags", .source = "pause"},
    {.field = "utilization", .source = "util"},
    {.field = "supply_rate", .source = "sr"},
    {.field = "borrow_rate", .source = "br"},
    {.field = NULL},
};
static const pt_bind collateral_view[] = {{.field = "quote_one", .source = "quote1"},
                                          {.field = NULL}};
static const pt_bind account_view[] = {
    {.field = "principal", .source = "p"},
    {.field = "tracking_index", .source = "ti"},
    {.field = "tracking_accrued", .source = "ta"},
    {.field = "assets_in", .source = "in"},
    {.field = "balance", .source = "bal"},
    {.field = "borrow_balance", .source = "bor"},
    {.field = "flags", .source = "fl"},
    {.field = "wallet", .source = "w"},
    {.field = NULL},
};
static const pt_bind balance_view[] = {
    {.field = "balance", .source = "0"}, {.field = "wallet", .source = "1"}, {.field = NULL}};
static const pt_group groups[] = {
    {.path = "m", .view = "market_state", .binds = market_view},
    {.path = "c.*0", .view = "collateral_state", .binds = collateral_view},
    {.path = "u.*", .view = "account_state", .binds = account_view},
    {.path = "u.*.c.*0", .view = "account_collateral", .binds = balance_view},
    {.path = NULL},
};

const pt_protocol pt_compound_v3 = {
    .name = "compound-v3 (Comet)",
    .contracts = contracts,
    .names = names,
    .keys = trace_keys,
    .extra_people = extra_people,
    .feeds = feeds,
    .price_name_key = "asset",
    .prices = prices,
    .ops = ops,
    .liquidation = "liquidation",
    .token_error = "BALANCE",
    .text_errors = true,
    .rows = rows,
    .same = same,
    .groups = groups,
};
