/* How recorded runs of Morpho Blue meet contracts/morpho_blue.plim and its interest rate models. */
#include "tools/import/protocols.h"

static const pt_contract_source mock_contracts[] = {
    {"morpho_blue", "morpho_blue.plim"}, {"irm_mock", "irm_mock.plim"}, {NULL, NULL}};
static const pt_contract_source adaptive_contracts[] = {
    {"morpho_blue", "morpho_blue.plim"},
    {"adaptive_curve_irm", "adaptive_curve_irm.plim"},
    {NULL, NULL}};

/* *0: markets; *1: tokens. */
static const pt_names_source names[] = {
    {0, "markets", "key"}, {1, "tokens", "sym"}, {0, NULL, NULL}};

static const pt_key keys[] = {
    {.key = "market", .kind = PT_NAME},          {.key = "id", .kind = PT_NAME, .field = "market"},
    {.key = "onBehalf", .kind = PT_PERSON},      {.key = "receiver", .kind = PT_PERSON},
    {.key = "borrower", .kind = PT_PERSON},      {.key = "caller", .kind = PT_PERSON},
    {.key = "authorizer", .kind = PT_PERSON},    {.key = "authorized", .kind = PT_PERSON},
    {.key = "on", .field = "new_is_authorized"}, {.key = NULL},
};

static const char *const extra_people[] = {"admin", NULL};

static const pt_feed_source feeds[] = {
    {.suffix = "",
     .path = "state.*0.price",
     .decimals = 36,
     .note = "loan units for a collateral unit"},
    {.suffix = NULL},
};
static const pt_price_source prices[] = {{"price", ""}, {NULL, NULL}};

static const pt_bind token_binds[] = {{.field = "name", .source = "="}, {.field = NULL}};
static const pt_bind market_binds[] = {
    {.field = "loan", .source = "/markets.*0.loan", .kind = PT_NAME, .list = 1},
    {.field = "coll", .source = "/markets.*0.coll", .kind = PT_NAME, .list = 1},
    {.field = "lltv", .source = "/markets.*0.lltv"},
    {.field = "feed", .source = "$"},
    {.field = "irm", .source = "!2"},
    {.field = "total_supply_assets", .source = "sA"},
    {.field = "total_supply_shares", .source = "sS"},
    {.field = "total_borrow_assets", .source = "bA"},
    {.field = "total_borrow_shares", .source = "bS"},
    {.field = "last_update", .source = "last"},
    {.field = NULL},
};
static const pt_bind held_binds[] = {
    {.field = "token", .source = "/markets.*0.loan", .kind = PT_NAME, .list = 1},
    {.field = "amount", .source = "held"},
    {.field = NULL},
};
static const pt_bind coll_held_binds[] = {
    {.field = "token", .source = "/markets.*0.coll", .kind = PT_NAME, .list = 1},
    {.field = "amount", .source = "cheld"},
    {.field = NULL},
};
static const pt_bind position_binds[] = {
    {.field = "supply_shares", .source = "0"},
    {.field = "borrow_shares", .source = "1"},
    {.field = "collateral", .source = "2"},
    {.field = NULL},
};
static const pt_bind wallet_binds[] = {
    {.field = "token", .source = "/markets.*0.loan", .kind = PT_NAME, .list = 1},
    {.field = "amount", .source = "3"},
    {.field = NULL},
};
static const pt_bind coll_wallet_binds[] = {
    {.field = "token", .source = "/markets.*0.coll", .kind = PT_NAME, .list = 1},
    {.field = "amount", .source = "4"},
    {.field = NULL},
};
static const pt_bind rate_binds[] = {{.field = "rate_at_target", .source = "rat"}, {.field = NULL}};

#define COMMON_ROWS                                                                                \
    {.table = "tokens", .path = "tokens.*1", .binds = token_binds},                                \
        {.table = "markets", .path = "state.*0", .binds = market_binds},                           \
        {.table = "holdings", .path = "state.*0", .binds = held_binds},                            \
        {.table = "holdings", .path = "state.*0", .binds = coll_held_binds},                       \
        {.table = "positions", .path = "state.*0.u.*", .binds = position_binds},                   \
        {.table = "wallets", .path = "state.*0.u.*", .binds = wallet_binds},                       \
    {                                                                                              \
        .table = "wallets", .path = "state.*0.u.*", .binds = coll_wallet_binds                     \
    }

static const pt_rows mock_rows[] = {COMMON_ROWS, {.table = NULL}};
static const pt_rows adaptive_rows[] = {
    COMMON_ROWS,
    {.table = "rates", .path = "state.*0", .binds = rate_binds, .contract = 1},
    {.table = NULL}};

/* The recorder's prices are made for this scale. */
static const pt_same same[] = {{"markets.*0.fee", "state.*0.fee"},
                               {"oracleScale", "!1000000000000000000000000000000000000"},
                               {NULL, NULL}};

static const pt_bind state_binds[] = {
    {.field = "supply_assets", .source = "sA"},
    {.field = "supply_shares", .source = "sS"},
    {.field = "borrow_assets", .source = "bA"},
    {.field = "borrow_shares", .source = "bS"},
    {.field = "last_update", .source = "last"},
    {.field = "coll_held", .source = "cheld"},
    {.field = NULL},
};
static const pt_bind user_binds[] = {
    {.field = "supply_shares", .source = "0"}, {.field = "borrow_shares", .source = "1"},
    {.field = "collateral", .source = "2"},    {.field = "loan_wallet", .source = "3"},
    {.field = "coll_wallet", .source = "4"},   {.field = NULL},
};
static const pt_bind target_binds[] = {{.field = "result", .source = "rat"}, {.field = NULL}};

#define COMMON_GROUPS                                                                              \
    {.path = "*0", .view = "market_state", .binds = state_binds},                                  \
    {                                                                                              \
        .path = "*0.u.*", .view = "position_state", .binds = user_binds                            \
    }

static const pt_group mock_groups[] = {COMMON_GROUPS, {.path = NULL}};
static const pt_group adaptive_groups[] = {
    COMMON_GROUPS,
    {.path = "*0", .view = "rate_at_target", .binds = target_binds, .contract = 1},
    {.path = NULL}};

const pt_protocol pt_morpho_blue = {
    .name = "morpho-blue",
    .contracts = mock_contracts,
    .names = names,
    .keys = keys,
    .extra_people = extra_people,
    .feeds = feeds,
    .price_name_key = "market",
    .prices = prices,
    .liquidation = "liquidate",
    .text_errors = true,
    .rows = mock_rows,
    .same = same,
    .groups = mock_groups,
};

const pt_protocol pt_morpho_blue_adaptive = {
    .name = "morpho-blue (adaptive curve IRM)",
    .world = "morpho_blue_adaptive",
    .contracts = adaptive_contracts,
    .names = names,
    .keys = keys,
    .extra_people = extra_people,
    .feeds = feeds,
    .price_name_key = "market",
    .prices = prices,
    .liquidation = "liquidate",
    .text_errors = true,
    .rows = adaptive_rows,
    .same = same,
    .groups = adaptive_groups,
};
