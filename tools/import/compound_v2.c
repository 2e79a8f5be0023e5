/* How recorded runs of Compound v2 meet contracts/compound_v2.plim.
 *
 * Prices are mantissas with 36 - decimals decimals; block numbers come as reports of their own
 * feed. Events name a CToken by its symbol, which is its account here. */
#include "tools/import/protocols.h"

static const pt_contract_source contracts[] = {{"compound_v2", "compound_v2.plim"}, {NULL, NULL}};

static const pt_names_source names[] = {{0, "markets", "sym"}, {0, NULL, NULL}};

static const char *const extra_people[] = {"admin", NULL};

static const pt_key trace_keys[] = {
    {.key = "market", .kind = PT_NAME},
    {.key = "borrowed", .kind = PT_NAME},
    {.key = "collateral", .kind = PT_NAME},
    {.key = "markets", .kind = PT_MASK, .field = "markets_in"},
    {.key = "to", .kind = PT_PERSON},
    {.key = "borrower", .kind = PT_PERSON},
    {.key = "minter", .kind = PT_PERSON},
    {.key = "redeemer", .kind = PT_PERSON},
    {.key = "payer", .kind = PT_PERSON},
    {.key = "liquidator", .kind = PT_PERSON},
    {.key = "account", .kind = PT_PERSON},
    {.key = "admin", .kind = PT_PERSON},
    {.key = "benefactor", .kind = PT_PERSON},
    {.key = "cToken", .kind = PT_PERSON},
    {.key = "cTokenCollateral", .kind = PT_PERSON},
    {.key = NULL},
};

static const pt_feed_source feeds[] = {
    {.path = "markets.*0.price",
     .suffix = "",
     .decimals = 36,
     .note = "US dollars",
     .less = "markets.*0.decimals"},
    {.path = "block", .suffix = "block", .note = "number of the block", .step_key = "b"},
    {.suffix = NULL},
};

static const pt_price_source prices[] = {{"price", ""}, {NULL, NULL}};

/* Comptroller's numbers. */
static const pt_error_code error_codes[] = {
    {"1", "UNAUTHORIZED"},
    {"2", "COMPTROLLER_MISMATCH"},
    {"3", "INSUFFICIENT_SHORTFALL"},
    {"4", "INSUFFICIENT_LIQUIDITY"},
    {"5", "INVALID_CLOSE_FACTOR"},
    {"6", "INVALID_COLLATERAL_FACTOR"},
    {"7", "INVALID_LIQUIDATION_INCENTIVE"},
    {"8", "MARKET_NOT_ENTERED"},
    {"9", "MARKET_NOT_LISTED"},
    {"10", "MARKET_ALREADY_LISTED"},
    {"11", "MATH_ERROR"},
    {"12", "NONZERO_BORROW_BALANCE"},
    {"13", "PRICE_ERROR"},
    {"14", "REJECTION"},
    {"15", "SNAPSHOT_ERROR"},
    {"16", "TOO_MANY_ASSETS"},
    {"17", "TOO_MUCH_REPAY"},
    {NULL, NULL},
};

static const pt_bind market_row[] = {
    {.field = "c_token", .source = "=", .prefix = "c"},
    {.field = "feed", .source = "$"},
    {.field = "protocol_seize_share", .source = "/protocolSeizeShare"},
    {.field = "accrual_block_number", .source = "/state.m.*0.acc"},
    {.field = "borrow_index", .source = "/state.m.*0.bi"},
    {.field = "total_borrows", .source = "/state.m.*0.borrows"},
    {.field = "total_reserves", .source = "/state.m.*0.reserves"},
    {.field = "total_supply", .source = "/state.m.*0.supply"},
    {.field = "cash", .source = "/state.m.*0.cash"},
    {.field = "base_rate_per_year", .source = "ratePerYear.base"},
    {.field = "multiplier_per_year", .source = "ratePerYear.mult"},
    {.field = "jump_multiplier_per_year", .source = "ratePerYear.jump"},
    {.field = "kink", .source = "ratePerYear.kink"},
    {.field = NULL},
};
static const pt_bind account_row[] = {
    {.field = "tokens", .source = "0"},
    {.field = "principal", .source = "1"},
    {.field = "interest_index", .source = "/state.m.*0.bi"},
    {.field = "wallet", .source = "2"},
    {.field = NULL},
};
static const pt_bind member_row[] = {{.field = "assets_in", .source = "in"}, {.field = NULL}};
static const pt_bind comptroller_row[] = {
    {.field = "close_factor", .source = "closeFactor"},
    {.field = "liquidation_incentive", .source = "liquidationIncentive"},
    {.field = NULL},
};
static const pt_bind params_row[] = {{.field = "block_feed", .source = "$block"}, {.field = NULL}};
static const pt_rows rows[] = {
    {.table = "params", .path = "", .binds = params_row},
    {.table = "comptroller", .path = "", .binds = comptroller_row},
    {.table = "markets", .path = "markets.*0", .binds = market_row},
    {.table = "members", .path = "state.u.*", .binds = member_row},
    {.table = "accounts", .path = "state.u.*.a.*0", .binds = account_row},
    {.table = NULL},
};

static const pt_same same[] = {
    {"closeFactor", "state.close"},
    {"liquidationIncentive", "state.inc"},
    {"markets.*0.price", "state.m.*0.price"},
    {"markets.*0.collateralFactor", "state.m.*0.cf"},
    {"markets.*0.reserveFactor", "state.m.*0.rf"},
    {NULL, NULL},
};

/* The rate model's own constant. */
static const char *const remarks[] = {"blocksPerYear", NULL};

static const pt_bind comptroller_view[] = {
    {.field = "block_number", .source = "b"},
    {.field = "close_factor", .source = "close"},
    {.field = "incentive", .source = "inc"},
    {.field = NULL},
};
static const pt_bind market_view[] = {
    {.field = "collateral_factor", .source = "cf"},
    {.field = "accrual_block_number", .source = "acc"},
    {.field = "borrow_index", .source = "bi"},
    {.field = "total_borrows", .source = "borrows"},
    {.field = "total_reserves", .source = "reserves"},
    {.field = "total_supply", .source = "supply"},
    {.field = "exchange_rate", .source = "xr"},
    {.field = "reserve_factor", .source = "rf"},
    {.field = "borrow_rate", .source = "br"},
    {.field = "supply_rate", .source = "sr"},
    {.field = NULL},
};
static const pt_bind liquidity_view[] = {
    {.field = "liquidity", .source = "liq"},
    {.field = "shortfall", .source = "short"},
    {.field = "assets_in", .source = "in"},
    {.field = NULL},
};
static const pt_bind balance_view[] = {
    {.field = "tokens", .source = "0"},
    {.field = "borrows", .source = "1"},
    {.field = "wallet", .source = "2"},
    {.field = NULL},
};
static const pt_group groups[] = {
    {.path = "", .view = "comptroller_state", .binds = comptroller_view},
    {.path = "m.*0", .view = "market_state", .binds = market_view},
    {.path = "u.*", .view = "account_liquidity", .binds = liquidity_view},
    {.path = "u.*.a.*0", .view = "balances", .binds = balance_view},
    {.path = NULL},
};

/* The admin adds to reserves out of a wallet that no state shows: let it be large. */
static pt_exit genesis(pt_trace *trace, const pt_json *header, pt_report *report)
{
    uint8_t admin[32];
    pl_u256 account, wallet;
    (void)header;
    pt_trace_account(admin, "admin");
    pl_u256_load_be(&account, admin, sizeof admin);
    (void)!pl_u256_set_bit(&wallet, &(pl_u256){0}, 128); /* 128 is a bit of 256 */
    for (size_t m = 0; m < trace->lists[0].count; m++) {
        pt_row row;
        PT_TRY(pt_row_begin(&row, &trace->build, 1, "accounts", report));
        PT_TRY(pt_row_set(&row, "account", &account, report));
        PT_TRY(pt_row_set_u64(&row, "market", m, report));
        PT_TRY(pt_row_set(&row, "wallet", &wallet, report));
        PT_TRY(pt_row_end(&row, report));
    }
    return PT_OK;
}

const pt_protocol pt_compound_v2 = {
    .name = "compound-v2",
    .contracts = contracts,
    .names = names,
    .keys = trace_keys,
    .extra_people = extra_people,
    .feeds = feeds,
    .price_name_key = "market",
    .prices = prices,
    .liquidation = "liquidateBorrow",
    .error_codes = error_codes,
    .token_error = "BALANCE",
    .text_errors = true,
    .rows = rows,
    .same = same,
    .remarks = remarks,
    .groups = groups,
    .genesis = genesis,
};
