/* How recorded runs of Aave v3.0 and v3.6 meet contracts/aave_v3_0.plim and
 * contracts/aave_v3_6.plim.
 *
 * Calls, their arguments, views, events and errors meet by the words of their names; the tables
 * below say what the names alone do not: which values are assets or people, and where initial rows
 * come from. */
#include <stdio.h>
#include <string.h>

#include "tools/import/aave_v3.h"
#include "tools/import/protocols.h"
#include "vm/num/text.h"

enum { PRICE_DECIMALS = 8 };

static const pt_names_source names[] = {{0, "reserves", "sym"}, {0, NULL, NULL}};

static const pt_key trace_keys[] = {
    {.key = "asset", .kind = PT_NAME},     {.key = "collateral", .kind = PT_NAME},
    {.key = "debt", .kind = PT_NAME},      {.key = "assets", .kind = PT_MASK},
    {.key = "reserve", .kind = PT_NAME},   {.key = "collateralAsset", .kind = PT_NAME},
    {.key = "debtAsset", .kind = PT_NAME}, {.key = "user", .kind = PT_PERSON},
    {.key = "to", .kind = PT_PERSON},      {.key = "onBehalfOf", .kind = PT_PERSON},
    {.key = "repayer", .kind = PT_PERSON}, {.key = "liquidator", .kind = PT_PERSON},
    {.key = "target", .kind = PT_PERSON},  {.key = "initiator", .kind = PT_PERSON},
    {.key = "caller", .kind = PT_PERSON},  {.key = NULL},
};

static const pt_price_source prices[] = {{"price", ""}, {NULL, NULL}};

static const pt_bind reserve_binds[] = {{.field = "a_supply", .source = "aS"},
                                        {.field = "v_supply", .source = "vS"},
                                        {.field = "virtual_balance", .source = "vb"},
                                        {.field = NULL}};
static const pt_bind user_binds[] = {{.field = "e_mode", .source = "em"}, {.field = NULL}};
static const pt_bind balance_binds[] = {
    {.field = "scaled_a", .source = "0"},  {.field = "scaled_v", .source = "1"},
    {.field = "a_balance", .source = "2"}, {.field = "v_balance", .source = "3"},
    {.field = "wallet", .source = "4"},    {.field = NULL}};
static const pt_group groups[] = {
    {.path = "r.*0", .view = "reserve_state", .binds = reserve_binds},
    {.path = "u.*", .view = "account_state", .binds = user_binds},
    {.path = "u.*.a.*0", .view = "balances", .binds = balance_binds},
    {.path = NULL},
};

static const char *const extra_people[] = {"admin", "treasury", "flash", "umbrella", NULL};

/* A field of a genesis row and where its value stands: in the header's reserve, or in the state. */
typedef struct row_source {
    const char *field; /* words of the contract's field  */
    const char *key;   /* of the JSON object             */
} row_source;

static const row_source reserve_state[] = {
    {"cfg", "cfg"},
    {"li", "li"},
    {"lr", "lr"},
    {"bi", "bi"},
    {"br", "br"},
    {"last", "last"},
    {"acc", "acc"},
    {"iso", "iso"},
    {"a_supply", "aS"},
    {"v_supply", "vS"},
    {"cash", "cash"},
    {"deficit", "deficit"},
    {"virtual_balance", "vb"},
};

static const char *const rate_keys[] = {"optimal", "base", "slope1", "slope2"};

static pt_exit set_from_state(pt_row *row, const pt_json *state, const row_source *sources,
                              size_t count, pt_report *report)
{
    for (size_t i = 0; i < count; i++) {
        pl_u256 value;
        if (pt_json_has(state, sources[i].key)) {
            PT_TRY(pt_json_u256(&value, state, sources[i].key, report));
            PT_TRY(pt_row_set(row, sources[i].field, &value, report));
        }
    }
    return PT_OK;
}

static pt_exit set_symbol(pt_row *row, const char *field, const char *name, pt_report *report)
{
    uint8_t account[32];
    pl_u256 value;
    pt_trace_account(account, name);
    pl_u256_load_be(&value, account, 32);
    return pt_row_set(row, field, &value, report);
}

/* bps of the header as ray: x 10^23. */
static pt_exit set_rates(pt_row *row, const pt_json *reserve, pt_report *report)
{
    pl_u256 unit;
    (void)!pl_u256_parse_dec(&unit, NULL, "100000000000000000000000", 24); /* a constant */
    for (size_t i = 0; i < sizeof rate_keys / sizeof rate_keys[0]; i++) {
        uint64_t bps = 0;
        PT_TRY(pt_json_u64(&bps, reserve, rate_keys[i], 0, UINT32_MAX, report));
        pl_u256 ray = pl_u256_from_u64(bps);
        pl_u256_mul_wrap(&ray, &ray, &unit); /* below 2^32 * 2^77 */
        PT_TRY(pt_row_set(row, rate_keys[i], &ray, report));
    }
    return PT_OK;
}

static pt_exit add_reserve(pt_trace *trace, size_t id, const pt_json *reserve,
                           const pt_json *states, pt_report *report)
{
    pt_row row;
    pt_json state;
    pl_u256 price;
    char note[64];
    PT_TRY(pt_json_member(&state, states, trace->lists[0].names[id], JSON_OBJECT, report));
    PT_TRY(pt_json_u256(&price, reserve, "price", report));
    (void)snprintf(note, sizeof note, "%s in USD", trace->lists[0].names[id]);
    PT_TRY(
        pt_trace_add_feed(trace, trace->lists[0].names[id], PRICE_DECIMALS, note, &price, report));
    PT_TRY(pt_row_begin(&row, &trace->build, 1, "reserves", report));
    PT_TRY(pt_row_set_u64(&row, "id", id, report));
    PT_TRY(pt_row_set_u64(&row, "feed", id, report));
    PT_TRY(set_symbol(&row, "name", trace->lists[0].names[id], report));
    PT_TRY(set_from_state(&row, &state, reserve_state,
                          sizeof reserve_state / sizeof reserve_state[0], report));
    PT_TRY(set_rates(&row, reserve, report));
    return pt_row_end(&row, report);
}

static pt_exit add_user(pt_trace *trace, size_t user, const pt_json *state, pt_report *report)
{
    static const row_source sources[] = {{"cfg", "cfg"}, {"e_mode", "em"}};
    pt_row row;
    pt_json balances, list;
    PT_TRY(pt_row_begin(&row, &trace->build, 1, "users", report));
    PT_TRY(set_symbol(&row, "user", trace->users[user], report));
    PT_TRY(set_from_state(&row, state, sources, 2, report));
    PT_TRY(pt_row_end(&row, report));
    PT_TRY(pt_json_member(&balances, state, "a", JSON_OBJECT, report));
    for (size_t a = 0; a < trace->lists[0].count; a++) {
        static const char *const fields[] = {"scaled_a", "scaled_v", NULL, NULL, "wallet"};
        PT_TRY(pt_json_member(&list, &balances, trace->lists[0].names[a], JSON_ARRAY, report));
        PT_TRY(pt_row_begin(&row, &trace->build, 1, "balances", report));
        PT_TRY(set_symbol(&row, "user", trace->users[user], report));
        PT_TRY(pt_row_set_u64(&row, "asset", a, report));
        for (size_t i = 0; i < 5; i++) {
            pt_json item;
            pl_u256 value;
            PT_TRY(pt_json_element(&item, &list, i, JSON_STRING, report));
            if (pl_u256_parse_dec(&value, NULL, json_string_value(item.value),
                                  json_string_length(item.value)) != PL_OK) {
                return pt_json_wrong(&item, report, "a decimal number below 2^256");
            }
            if (fields[i] != NULL) {
                PT_TRY(pt_row_set(&row, fields[i], &value, report));
            }
        }
        PT_TRY(pt_row_end(&row, report));
    }
    return PT_OK;
}

static pt_exit read_members(pl_u256 *mask, const pt_trace *trace, const pt_json *mode,
                            pt_report *report)
{
    pt_json members, name;
    *mask = pl_u256_zero();
    PT_TRY(pt_json_member(&members, mode, "members", JSON_ARRAY, report));
    for (size_t i = 0; i < json_array_size(members.value); i++) {
        PT_TRY(pt_json_element(&name, &members, i, JSON_STRING, report));
        const size_t asset = pt_trace_name(trace, 0, json_string_value(name.value));
        if (asset == SIZE_MAX || pl_u256_set_bit(mask, mask, asset) != PL_OK) {
            return pt_json_wrong(&name, report, "a reserve of the header");
        }
    }
    return PT_OK;
}

/* The feed of this name, added when it is new; it starts at 1.00000000. SIZE_MAX: no room. */
static size_t mode_feed(pt_trace *trace, const char *name)
{
    const size_t count = trace->build.feed_count, known = pt_trace_feed(trace, name);
    const pl_u256 one = pl_u256_from_u64(100000000);
    pt_report ignored = {0};
    if (known != SIZE_MAX) {
        return known;
    }
    return pt_trace_add_feed(trace, name, PRICE_DECIMALS, "price of an eMode category in USD", &one,
                             &ignored) == PT_OK
               ? count
               : SIZE_MAX;
}

/* The category's own price source, or NO_FEED of the contract. */
static pt_exit read_source(uint64_t *feed, pt_trace *trace, const pt_json *mode, pt_report *report)
{
    const char *name = NULL;
    *feed = UINT32_MAX;
    if (!pt_json_has(mode, "priceSource") ||
        json_is_null(json_object_get(mode->value, "priceSource"))) {
        return PT_OK;
    }
    PT_TRY(pt_json_text(&name, mode, "priceSource", report));
    if (!pt_trace_is_person(name) || pt_trace_name(trace, 0, name) != SIZE_MAX) {
        return pt_json_wrong(mode, report, "a priceSource of its own name, not a reserve's");
    }
    *feed = mode_feed(trace, name);
    return *feed != SIZE_MAX ? PT_OK : pt_json_wrong(mode, report, "fewer price sources");
}

static pt_exit add_mode(pt_trace *trace, const pt_json *mode, pt_report *report)
{
    static const char *const keys[] = {"id", "ltv", "lt", "bonus"};
    pt_row row;
    pl_u256 mask;
    uint64_t feed = 0;
    PT_TRY(pt_row_begin(&row, &trace->build, 1, "e_modes", report));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        uint64_t value = 0;
        PT_TRY(pt_json_u64(&value, mode, keys[i], 0, UINT16_MAX, report));
        PT_TRY(pt_row_set_u64(&row, keys[i], value, report));
    }
    PT_TRY(read_members(&mask, trace, mode, report));
    PT_TRY(read_source(&feed, trace, mode, report));
    if (pt_row_has(&row, "collateral_mask")) {
        PT_TRY(pt_row_set(&row, "collateral_mask", &mask, report));
        PT_TRY(pt_row_set(&row, "borrowable_mask", &mask, report));
    }
    if (pt_row_has(&row, "feed")) {
        PT_TRY(pt_row_set_u64(&row, "feed", feed, report));
    } else if (feed != UINT32_MAX) {
        return pt_json_wrong(mode, report, "no priceSource, which this protocol version lacks");
    }
    return pt_row_end(&row, report);
}

static pt_exit add_market(pt_trace *trace, const pt_json *header, pt_report *report)
{
    uint64_t total = 0, protocol = 10000;
    pt_row row;
    PT_TRY(pt_json_u64(&total, header, "flashPremiumBps", 0, 10000, report));
    PT_TRY(pt_row_begin(&row, &trace->build, 1, "params", report));
    PT_TRY(pt_row_set_u64(&row, "flash_premium", total, report));
    const bool shares = pt_row_has(&row, "flash_premium_to_protocol");
    if (shares || pt_json_has(header, "flashPremiumToProtocolBps")) {
        PT_TRY(pt_json_u64(&protocol, header, "flashPremiumToProtocolBps", 0, 10000, report));
    }
    if (shares) {
        PT_TRY(pt_row_set_u64(&row, "flash_premium_to_protocol", protocol, report));
    } else if (protocol != 10000) { /* v3.6 gives the whole premium to the treasury */
        return pt_json_wrong(header, report, "flashPremiumToProtocolBps 10000 in this version");
    }
    if (pt_row_has(&row, "reserve_count")) {
        PT_TRY(pt_row_set_u64(&row, "reserve_count", trace->lists[0].count, report));
    }
    return pt_row_end(&row, report);
}

static pt_exit genesis(pt_trace *trace, const pt_json *header, pt_report *report)
{
    pt_json list, item, state, reserves, users;
    PT_TRY(pt_json_member(&list, header, "reserves", JSON_ARRAY, report));
    PT_TRY(pt_json_member(&state, header, "state", JSON_OBJECT, report));
    PT_TRY(pt_json_member(&reserves, &state, "r", JSON_OBJECT, report));
    PT_TRY(pt_json_member(&users, &state, "u", JSON_OBJECT, report));
    for (size_t i = 0; i < trace->lists[0].count; i++) {
        PT_TRY(pt_json_element(&item, &list, i, JSON_OBJECT, report));
        PT_TRY(add_reserve(trace, i, &item, &reserves, report));
    }
    for (size_t i = 0; i < trace->observed_count; i++) {
        PT_TRY(pt_json_member(&item, &users, trace->users[i], JSON_OBJECT, report));
        PT_TRY(add_user(trace, i, &item, report));
    }
    PT_TRY(pt_json_member(&list, header, "emodes", JSON_ARRAY, report));
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        PT_TRY(pt_json_element(&item, &list, i, JSON_OBJECT, report));
        PT_TRY(add_mode(trace, &item, report));
    }
    if (trace->protocol == &pt_aave_v3_0) {
        (void)mode_feed(trace, "EMP"); /* moves in every run, also where no category looks at it */
    }
    return add_market(trace, header, report);
}

static pt_exit check_v3_0(const pt_json *header, pt_report *report)
{
    return pt_aave_check_header(header, true, report);
}

static pt_exit check_v3_6(const pt_json *header, pt_report *report)
{
    return pt_aave_check_header(header, false, report);
}

static const pt_contract_source v3_0_contracts[] = {{"aave_v3_0", "aave_v3_0.plim"}, {NULL, NULL}};

const pt_protocol pt_aave_v3_0 = {
    .name = "aave-v3.0",
    .contracts = v3_0_contracts,
    .names = names,
    .keys = trace_keys,
    .price_name_key = "asset",
    .prices = prices,
    .liquidation = "liquidationCall",
    .groups = groups,
    .extra_people = extra_people,
    .error_codes = pt_aave_v3_0_codes,
    .failures = pt_aave_failures,
    .token_error = "BALANCE",
    .check = check_v3_0,
    .genesis = genesis,
};

static const pt_contract_source v3_6_contracts[] = {{"aave_v3_6", "aave_v3_6.plim"}, {NULL, NULL}};

const pt_protocol pt_aave_v3_6 = {
    .name = "aave-v3.6",
    .contracts = v3_6_contracts,
    .names = names,
    .keys = trace_keys,
    .price_name_key = "asset",
    .prices = prices,
    .liquidation = "liquidationCall",
    .groups = groups,
    .extra_people = extra_people,
    .failures = pt_aave_failures,
    .token_error = "BALANCE",
    .check = check_v3_6,
    .genesis = genesis,
};
