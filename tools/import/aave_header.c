/* The checks of aave_v3.h. */
#include "tools/import/aave_v3.h"

#include <stdio.h>
#include <string.h>

#include "vm/num/text.h"

/* Errors.sol of v3.0.2. */
const pt_error_code pt_aave_v3_0_codes[] = {
    {"3", "CALLER_NOT_POOL_OR_EMERGENCY_ADMIN"},
    {"4", "CALLER_NOT_RISK_OR_POOL_ADMIN"},
    {"18", "RESERVE_LIQUIDITY_NOT_ZERO"},
    {"20", "INVALID_RESERVE_PARAMS"},
    {"24", "INVALID_MINT_AMOUNT"},
    {"25", "INVALID_BURN_AMOUNT"},
    {"26", "INVALID_AMOUNT"},
    {"27", "RESERVE_INACTIVE"},
    {"28", "RESERVE_FROZEN"},
    {"29", "RESERVE_PAUSED"},
    {"30", "BORROWING_NOT_ENABLED"},
    {"31", "STABLE_BORROWING_NOT_ENABLED"},
    {"32", "NOT_ENOUGH_AVAILABLE_USER_BALANCE"},
    {"33", "INVALID_INTEREST_RATE_MODE_SELECTED"},
    {"34", "COLLATERAL_BALANCE_IS_ZERO"},
    {"35", "HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD"},
    {"36", "COLLATERAL_CANNOT_COVER_NEW_BORROW"},
    {"39", "NO_DEBT_OF_SELECTED_TYPE"},
    {"40", "NO_EXPLICIT_AMOUNT_TO_REPAY_ON_BEHALF"},
    {"43", "UNDERLYING_BALANCE_ZERO"},
    {"45", "HEALTH_FACTOR_NOT_BELOW_THRESHOLD"},
    {"46", "COLLATERAL_CANNOT_BE_LIQUIDATED"},
    {"47", "SPECIFIED_CURRENCY_NOT_BORROWED_BY_USER"},
    {"50", "BORROW_CAP_EXCEEDED"},
    {"51", "SUPPLY_CAP_EXCEEDED"},
    {"53", "DEBT_CEILING_EXCEEDED"},
    {"57", "LTV_VALIDATION_FAILED"},
    {"58", "INCONSISTENT_EMODE_CATEGORY"},
    {"60", "ASSET_NOT_BORROWABLE_IN_ISOLATION"},
    {"62", "USER_IN_ISOLATION_MODE_OR_LTV_ZERO"},
    {"63", "INVALID_LTV"},
    {"64", "INVALID_LIQ_THRESHOLD"},
    {"65", "INVALID_LIQ_BONUS"},
    {"67", "INVALID_RESERVE_FACTOR"},
    {"68", "INVALID_BORROW_CAP"},
    {"69", "INVALID_SUPPLY_CAP"},
    {"70", "INVALID_LIQUIDATION_PROTOCOL_FEE"},
    {"89", "SILOED_BORROWING_VIOLATION"},
    {"91", "FLASHLOAN_DISABLED"},
    {NULL, NULL},
};

/* What OpenZeppelin says where the machine traps. */
const pt_failure pt_aave_failures[] = {
    {.kind = "string", .name = "SafeCast: value doesn't fit in ", .status = PL_TRAP_CAST},
    {.kind = "custom", .name = "SafeCastOverflowedUintDowncast", .status = PL_TRAP_CAST},
    {.kind = NULL},
};

/* A parameter of a reserve and its bits in the packed word (contracts/aave/config.plim). */
typedef struct parameter {
    const char *key;
    unsigned low, bits;
    bool is_flag;
    int absent; /* its value when the key is missing; below 0: then nothing is said */
} parameter;

static const parameter parameters[] = {
    {"ltv", 0, 16, false, -1},          {"lt", 16, 16, false, -1},
    {"bonus", 32, 16, false, -1},       {"decimals", 48, 8, false, -1},
    {"borrowing", 58, 1, true, 1},      {"isoBorrowable", 61, 1, true, 0},
    {"siloed", 62, 1, true, 0},         {"flash", 63, 1, true, -1},
    {"factor", 64, 16, false, -1},      {"fee", 152, 16, false, -1},
    {"debtCeiling", 212, 40, false, 0},
};

enum { CATEGORY_LOW = 168, CATEGORY_BITS = 8 };

/* bits of the word from low, at most 64. */
static uint64_t field_of(const pl_u256 *word, unsigned low, unsigned bits)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bits; i++) {
        value |= pl_u256_test_bit(word, low + i) ? UINT64_C(1) << i : 0;
    }
    return value;
}

static pt_exit check_parameter(const parameter *p, const pt_json *reserve, const pl_u256 *word,
                               pt_report *report)
{
    const uint64_t stored = field_of(word, p->low, p->bits);
    uint64_t said = p->absent < 0 ? stored : (uint64_t)p->absent;
    bool flag = false;
    if (pt_json_has(reserve, p->key)) {
        if (p->is_flag) {
            PT_TRY(pt_json_bool(&flag, reserve, p->key, report));
            said = flag ? 1 : 0;
        } else {
            PT_TRY(pt_json_u64(&said, reserve, p->key, 0, (UINT64_C(1) << p->bits) - 1, report));
        }
    }
    if (said == stored) {
        return PT_OK;
    }
    char expected[120];
    const pt_json node = {.value = json_object_get(reserve->value, p->key),
                          .parent = reserve,
                          .key = p->key,
                          .file = reserve->file,
                          .line = reserve->line};
    (void)snprintf(expected, sizeof expected, "%llu, as in cfg of the header's state",
                   (unsigned long long)stored);
    return pt_json_wrong(&node, report, expected);
}

/* The category whose members name the reserve, 0 for none; the last one, as it was set. */
static pt_exit category_of(uint64_t *category, const pt_json *header, const char *symbol,
                           pt_report *report)
{
    pt_json modes, mode, members, name;
    *category = 0;
    PT_TRY(pt_json_member(&modes, header, "emodes", JSON_ARRAY, report));
    for (size_t i = 0; i < json_array_size(modes.value); i++) {
        PT_TRY(pt_json_element(&mode, &modes, i, JSON_OBJECT, report));
        PT_TRY(pt_json_member(&members, &mode, "members", JSON_ARRAY, report));
        for (size_t m = 0; m < json_array_size(members.value); m++) {
            PT_TRY(pt_json_element(&name, &members, m, JSON_STRING, report));
            if (strcmp(json_string_value(name.value), symbol) == 0) {
                PT_TRY(pt_json_u64(category, &mode, "id", 1, 255, report));
            }
        }
    }
    return PT_OK;
}

static pt_exit check_reserve(const pt_json *header, const pt_json *reserve, bool has_category,
                             pt_report *report)
{
    static const char *const keys[] = {
        "id",    "sym",    "decimals",  "price",         "ltv",        "lt",     "bonus",
        "kind",  "fee",    "factor",    "optimal",       "base",       "slope1", "slope2",
        "flash", "siloed", "borrowing", "isoBorrowable", "debtCeiling"};
    pt_json state, reserves, object, node;
    const char *symbol = NULL;
    pl_u256 word, price, said;
    uint64_t category = 0;
    PT_TRY(pt_json_only(reserve, keys, sizeof keys / sizeof keys[0], report));
    PT_TRY(pt_json_text(&symbol, reserve, "sym", report));
    PT_TRY(pt_json_member(&state, header, "state", JSON_OBJECT, report));
    PT_TRY(pt_json_member(&reserves, &state, "r", JSON_OBJECT, report));
    PT_TRY(pt_json_member(&object, &reserves, symbol, JSON_OBJECT, report));
    PT_TRY(pt_json_u256(&word, &object, "cfg", report));
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        PT_TRY(check_parameter(&parameters[i], reserve, &word, report));
    }
    PT_TRY(category_of(&category, header, symbol, report));
    if (has_category && category != field_of(&word, CATEGORY_LOW, CATEGORY_BITS)) {
        PT_TRY(pt_json_member(&node, &object, "cfg", JSON_STRING, report));
        return pt_json_wrong(&node, report, "the eMode category that the header's emodes say");
    }
    PT_TRY(pt_json_u256(&price, &object, "price", report));
    PT_TRY(pt_json_u256(&said, reserve, "price", report));
    if (!pl_u256_eq(&price, &said)) {
        PT_TRY(pt_json_member(&node, reserve, "price", JSON_STRING, report));
        return pt_json_wrong(&node, report, "the price of the header's state");
    }
    return PT_OK;
}

static pt_exit check_texts(const pt_json *object, const char *const *keys, size_t count,
                           pt_report *report)
{
    for (size_t i = 0; i < count; i++) {
        pt_json text;
        if (pt_json_has(object, keys[i])) {
            PT_TRY(pt_json_member(&text, object, keys[i], JSON_STRING, report));
        }
    }
    return PT_OK;
}

static pt_exit check_modes(const pt_json *header, pt_report *report)
{
    static const char *const keys[] = {"id",    "ltv",     "lt",         "bonus",
                                       "label", "members", "priceSource"};
    static const char *const texts[] = {"label"};
    pt_json modes, mode;
    PT_TRY(pt_json_member(&modes, header, "emodes", JSON_ARRAY, report));
    for (size_t i = 0; i < json_array_size(modes.value); i++) {
        PT_TRY(pt_json_element(&mode, &modes, i, JSON_OBJECT, report));
        PT_TRY(pt_json_only(&mode, keys, sizeof keys / sizeof keys[0], report));
        PT_TRY(check_texts(&mode, texts, 1, report));
    }
    return PT_OK;
}

pt_exit pt_aave_check_header(const pt_json *header, bool has_category, pt_report *report)
{
    static const char *const keys[] = {
        "type",     "profile",  "protocol",        "package",
        "evm",      "seed",     "steps",           "t",
        "reserves", "emodes",   "users",           "liquidators",
        "state",    "baseUnit", "flashPremiumBps", "flashPremiumToProtocolBps"};
    static const char *const texts[] = {"profile", "package", "evm"};
    static const char *const reserve_texts[] = {"kind"};
    pt_json list, item, state, unit;
    PT_TRY(pt_json_only(header, keys, sizeof keys / sizeof keys[0], report));
    PT_TRY(check_texts(header, texts, sizeof texts / sizeof texts[0], report));
    if (pt_json_has(header, "baseUnit")) {
        PT_TRY(pt_json_member(&unit, header, "baseUnit", JSON_STRING, report));
        if (strcmp(json_string_value(unit.value), "100000000") != 0) {
            return pt_json_wrong(&unit, report, "100000000: values in dollars with 8 decimals");
        }
    }
    PT_TRY(check_modes(header, report));
    PT_TRY(pt_json_member(&state, header, "state", JSON_OBJECT, report));
    PT_TRY(pt_json_member(&list, header, "reserves", JSON_ARRAY, report));
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        PT_TRY(pt_json_element(&item, &list, i, JSON_OBJECT, report));
        PT_TRY(check_texts(&item, reserve_texts, 1, report));
        PT_TRY(check_reserve(header, &item, has_category, report));
    }
    return PT_OK;
}
