/* How recorded runs of Liquity v1 meet contracts/liquity_v1.plim. */
#include "tools/import/protocols.h"

static const pt_contract_source contracts[] = {{"liquity_v1", "liquity_v1.plim"}, {NULL, NULL}};

static const pt_key trace_keys[] = {
    {.key = "to", .kind = PT_PERSON},
    {.key = "borrower", .kind = PT_PERSON},
    {.key = "_borrower", .kind = PT_PERSON},
    {.key = "borrowers", .kind = PT_PERSON},
    {.key = "firstHint", .kind = PT_PERSON},
    {.key = "_depositor", .kind = PT_PERSON},
    {.key = "_frontEnd", .kind = PT_HEX},
    {.key = "_to", .kind = PT_PERSON},
    {.key = NULL},
};

static const char *const extra_people[] = {"StabilityPool", NULL};

static const pt_feed_source feeds[] = {
    {.suffix = "price", .path = "price", .decimals = 18, .note = "US dollars for ETH"},
    {.suffix = NULL},
};
static const pt_price_source prices[] = {{"price", "price"}, {NULL, NULL}};

static const pt_failure failures[] = {
    {.kind = "string",
     .name = "TroveManager: Requested redemption amount must be <= user's LUSD token balance",
     .error = "TroveManagerRequestedRedemptionAmountAboveLUSDBalance"},
    {.kind = "string",
     .name = "LUSD: Cannot transfer tokens directly to the LUSD token contract or the zero address",
     .error = "LUSDCannotTransferToTheTokenContractOrTheZeroAddress"},
    {.kind = "string",
     .name = "LUSD: Cannot transfer tokens directly to the StabilityPool, TroveManager or "
             "BorrowerOps",
     .error = "LUSDCannotTransferToTheStabilityPool"},
    {.kind = "string", .name = "SafeMath: division by zero", .status = PL_TRAP_DIV_BY_ZERO},
    {.kind = "string", .name = "SafeMath: ", .status = PL_TRAP_OVERFLOW},
    {.kind = NULL},
};

static const pt_bind deployment_row[] = {
    {.field = "price_feed", .source = "$price"},
    {.field = "issuance_start", .source = "/issuanceStart"},
    {.field = "bootstrap_start", .source = "/bootstrapStart"},
    {.field = NULL},
};
static const pt_bind staking_row[] = {
    {.field = "total_LQTY_staked", .source = "/staked"},
    {.field = "F_ETH", .source = "/state.sys.F_ETH"},
    {.field = "F_LUSD", .source = "/state.sys.F_LUSD"},
    {.field = NULL},
};
static const pt_bind wallet_row[] = {
    {.field = "ETH", .source = "bal.0"},
    {.field = "LUSD", .source = "bal.1"},
    {.field = "LQTY", .source = "bal.2"},
    {.field = NULL},
};
static const pt_bind stake_row[] = {{.field = "amount", .source = "stake.0"}, {.field = NULL}};
static const pt_rows rows[] = {
    {.table = "deployment", .path = "", .binds = deployment_row},
    {.table = "staking", .path = "", .binds = staking_row},
    {.table = "wallets", .path = "state.u.*", .binds = wallet_row},
    {.table = "stakes", .path = "state.u.*", .binds = stake_row},
    {.table = NULL},
};

/* Constants of the source. */
static const pt_same same[] = {
    {"MCR", "!1100000000000000000"},
    {"CCR", "!1500000000000000000"},
    {"gasComp", "!200000000000000000000"},
    {"minNetDebt", "!1800000000000000000000"},
    {"lqtySupplyCap", "!32000000000000000000000000"},
    {"price", "state.sys.price"},
    {NULL, NULL},
};

/* The block of the header: nothing counts blocks. */
static const char *const remarks[] = {"deployTimeNote", "block", NULL};

static const pt_bind trove_binds[] = {
    {.field = "debt", .source = "trove.0"},         {.field = "coll", .source = "trove.1"},
    {.field = "stake", .source = "trove.2"},        {.field = "status", .source = "trove.3"},
    {.field = "array_index", .source = "trove.4"},  {.field = "entire_debt", .source = "entire.0"},
    {.field = "entire_coll", .source = "entire.1"}, {.field = "pending_debt", .source = "entire.2"},
    {.field = "pending_ETH", .source = "entire.3"}, {.field = "snapshot_ETH", .source = "snap.0"},
    {.field = "snapshot_debt", .source = "snap.1"}, {.field = NULL},
};
static const pt_bind account_binds[] = {
    {.field = "initial_deposit", .source = "dep.0"},
    {.field = "compounded_deposit", .source = "dep.1"},
    {.field = "ETH_gain", .source = "dep.2"},
    {.field = "LQTY_gain", .source = "dep.3"},
    {.field = "ETH", .source = "bal.0"},
    {.field = "LUSD", .source = "bal.1"},
    {.field = "LQTY", .source = "bal.2"},
    {.field = "stake", .source = "stake.0"},
    {.field = "stake_ETH_gain", .source = "stake.1"},
    {.field = "stake_LUSD_gain", .source = "stake.2"},
    {.field = NULL},
};
static const pt_bind count_binds[] = {{.field = "result", .source = "#"}, {.field = NULL}};
static const pt_bind place_binds[] = {{.field = "result", .source = "", .kind = PT_PERSON},
                                      {.field = NULL}};
static const pt_group groups[] = {
    {.path = "sys", .view = "system_state"},
    {.path = "sys", .view = "stability_state"},
    {.path = "sys", .view = "redistribution_state"},
    {.path = "order", .view = "trove_count", .binds = count_binds},
    {.path = "order.@", .view = "trove_at", .binds = place_binds, .most = 16},
    {.path = "u.*", .view = "trove_of", .binds = trove_binds},
    {.path = "u.*", .view = "account_of", .binds = account_binds},
    {.path = NULL},
};

/* What the contracts of the source hold at the start: LQTY to be issued and LQTY staked. */
static pt_exit add_holder(pt_trace *trace, const char *name, const pt_json *header, const char *key,
                          pt_report *report)
{
    pt_row row;
    uint8_t account[32];
    pl_u256 amount;
    pt_trace_account(account, name);
    PT_TRY(pt_json_u256(&amount, header, key, report));
    PT_TRY(pt_row_begin(&row, &trace->build, 1, "wallets", report));
    pt_row_put(&row, "who", account);
    PT_TRY(pt_row_set(&row, "LQTY", &amount, report));
    return pt_row_end(&row, report);
}

static pt_exit genesis(pt_trace *trace, const pt_json *header, pt_report *report)
{
    PT_TRY(add_holder(trace, "CommunityIssuance", header, "lqtySupplyCap", report));
    return add_holder(trace, "LQTYStaking", header, "staked", report);
}

const pt_protocol pt_liquity_v1 = {
    .name = "liquity-v1",
    .contracts = contracts,
    .keys = trace_keys,
    .extra_people = extra_people,
    .feeds = feeds,
    .prices = prices,
    .liquidation = "liquidation",
    .failures = failures,
    .token_error = "BALANCE",
    .text_errors = true,
    .rows = rows,
    .same = same,
    .remarks = remarks,
    .groups = groups,
    .genesis = genesis,
};
