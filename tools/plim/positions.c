#include "tools/plim/positions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/common/value.h"
#include "tools/plim/health.h"
#include "vm/base/bytes.h"

/* ---- which view ---- */

static bool find_field(size_t *offset, uint8_t *size, uint8_t *scale, const pl_function *function,
                       const char *name, const char *short_name)
{
    *offset = 0;
    for (uint8_t i = 0; i < function->result_count; i++) {
        const pl_field *field = &function->results[i];
        if (field->type.class == PL_CLASS_UINT &&
            (pt_name_is(field->name, name) || pt_name_is(field->name, short_name))) {
            *size = field->type.size;
            *scale = field->type.scale;
            return true;
        }
        *offset += field->type.size;
    }
    return false;
}

static bool can_be_asked(pt_engine *engine, const pl_function *function)
{
    const unsigned effect = function->flags & PL_FUNCTION_EFFECT;
    const uint8_t count = function->parameter_count;
    if ((function->flags & PL_FUNCTION_PUBLIC) == 0 || effect > PL_EFFECT_VIEW || count < 1 ||
        count > 2 || function->parameters[count - 1].type.class != PL_CLASS_ACCOUNT ||
        (count == 2 && (function->parameters[0].type.class != PL_CLASS_UINT ||
                        function->parameters[0].type.size != 4))) {
        return false;
    }
    engine->takes_market = count == 2;
    uint8_t debt_scale;
    return find_field(&engine->collateral.offset, &engine->collateral.size, &engine->value_scale,
                      function, "collateral_value", "coll") &&
           find_field(&engine->debt.offset, &engine->debt.size, &debt_scale, function, "debt_value",
                      "debt") &&
           debt_scale == engine->value_scale &&
           find_field(&engine->health_factor.offset, &engine->health_factor.size,
                      &engine->factor_scale, function, "health_factor", "hf");
}

/* "this world has no contract "morpho"; did you mean ..", or the names that it has. */
static pt_exit no_contract(const pl_world *world, const char *asked, pt_report *report)
{
    enum { LOOKED_AT = 64 };
    char texts[LOOKED_AT][PL_NAME_SIZE_MAX + 1], list[160] = "";
    const char *names[LOOKED_AT] = {NULL};
    size_t count = 0, size = 0;
    for (uint32_t c = 0; c < world->contract_count && count < LOOKED_AT; c++) {
        const pl_name name = world->contract_names[c];
        (void)snprintf(texts[count], sizeof texts[0], "%.*s", (int)name.size, name.text);
        if (size < sizeof list - 40u) {
            const int put = snprintf(list + size, sizeof list - size, "%s%.32s",
                                     count == 0 ? "" : ", ", texts[count]);
            size += put > 0 ? (size_t)put : 0;
        }
        names[count] = texts[count];
        count++;
    }
    const char *near = pt_name_nearest(asked, names, count);
    return near != NULL
               ? pt_fail(report, PT_INPUT,
                         "this world has no contract \"%s\"; did you mean \"%s\"?", asked, near)
               : pt_fail(report, PT_INPUT, "this world has no contract \"%s\"; it has %s", asked,
                         list);
}

pt_exit pt_engine_find(pt_engine *engine, const pl_chain *chain, const char *contract,
                       pt_report *report)
{
    const pl_world *world = pl_chain_world(chain);
    bool is_there = contract == NULL;
    for (uint32_t c = 1; c <= world->contract_count; c++) {
        if (contract != NULL && !pt_name_is(world->contract_names[c - 1], contract)) {
            continue;
        }
        is_there = true;
        for (uint32_t f = 0; f < world->codes[c - 1].function_count; f++) {
            if (can_be_asked(engine, &world->codes[c - 1].functions[f])) {
                engine->contract = c;
                engine->function = f;
                const uint8_t common = 18; /* of plain integers, contracts/README.md */
                engine->factor_scale = engine->factor_scale == 0 ? common : engine->factor_scale;
                engine->value_scale = engine->value_scale == 0 ? common : engine->value_scale;
                return PT_OK;
            }
        }
    }
    if (!is_there) {
        return no_contract(world, contract, report);
    }
    return pt_fail(report, PT_INPUT,
                   "%s%s has no view that tells a position's health; it needs `public view "
                   "position_health(market: u32, who: account) -> (collateral_value: u256, "
                   "debt_value: u256, health_factor: u256)`",
                   contract != NULL ? "contract " : "no contract of this world",
                   contract != NULL ? contract : "");
}

/* ---- which positions ---- */

static int compare(const void *a, const void *b)
{
    const pt_position *left = a, *right = b;
    if (left->market != right->market) {
        return left->market < right->market ? -1 : 1;
    }
    return memcmp(left->account, right->account, sizeof left->account);
}

/* Where a key holds an account, and a number that names a market. */
static bool find_parts(const pl_table *table, const pl_field **who, const pl_field **market)
{
    *who = *market = NULL;
    for (uint8_t i = 0; i < table->key_count; i++) {
        const pl_field *field = &table->keys[i];
        if (field->type.class == PL_CLASS_ACCOUNT && *who == NULL) {
            *who = field;
        } else if (*market == NULL && pt_names_a_market(field)) {
            *market = field;
        }
    }
    return *who != NULL;
}

static bool append(pt_position **list, size_t *count, size_t *capacity, const pt_position *one)
{
    if (*count == *capacity) {
        const size_t larger = *capacity == 0 ? 64 : 2 * *capacity;
        pt_position *moved = realloc(*list, larger * sizeof *moved);
        if (moved == NULL) {
            return false;
        }
        *list = moved;
        *capacity = larger;
    }
    (*list)[(*count)++] = *one;
    return true;
}

static size_t sort_unique(pt_position *list, size_t count)
{
    size_t kept = 0;
    if (count > 0) {
        qsort(list, count, sizeof *list, compare);
    }
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || compare(&list[kept - 1], &list[i]) != 0) {
            list[kept++] = list[i];
        }
    }
    return kept;
}

pt_exit pt_positions_list(pt_position **list, size_t *count, pl_chain *chain,
                          const pt_engine *engine, pt_report *report)
{
    const pl_code *code = pl_chain_code(chain, engine->contract);
    size_t capacity = 0;
    *list = NULL;
    *count = 0;
    for (uint32_t t = 0; t < code->table_count; t++) {
        const pl_field *who, *market;
        pl_rows rows;
        if (!find_parts(&code->tables[t], &who, &market) ||
            pl_rows_begin(&rows, chain, engine->contract, t) != PL_OK) {
            continue;
        }
        while (pl_rows_next(&rows)) {
            pt_position one = {0};
            memcpy(one.account, rows.key + who->offset, 32);
            if (engine->takes_market && market != NULL) {
                one.market = pl_load_u32(rows.key + market->offset);
            }
            if (!append(list, count, &capacity, &one)) {
                return pt_fail(report, PT_LIMIT, "out of memory");
            }
        }
    }
    *count = sort_unique(*list, *count);
    return PT_OK;
}

/* ---- what they are worth ---- */

void pt_position_ask(pt_position_value *value, pl_chain *chain, const pt_engine *engine,
                     const pt_position *position, const pl_supposed_price *prices, uint32_t count)
{
    uint8_t arguments[36];
    pl_outcome outcome;
    pl_store_u32(arguments, position->market);
    memcpy(arguments + 4, position->account, 32);
    *value = (pt_position_value){0};
    const uint8_t *from = arguments + (engine->takes_market ? 0 : 4);
    const size_t size = engine->takes_market ? 36 : 32;
    if (pl_chain_query_supposing(&outcome, chain, prices, count, engine->contract, engine->function,
                                 NULL, PT_QUERY_GAS, from, size) != PL_OK ||
        outcome.status != PL_OK) {
        return;
    }
    pl_u256 one = pl_u256_from_u64(1);
    const pl_u256 ten = pl_u256_from_u64(10);
    for (uint8_t i = 0; i < engine->factor_scale; i++) {
        pl_u256_mul_wrap(&one, &one, &ten);
    }
    pl_u256_load_be(&value->collateral, outcome.result + engine->collateral.offset,
                    engine->collateral.size);
    pl_u256_load_be(&value->debt, outcome.result + engine->debt.offset, engine->debt.size);
    pl_u256_load_be(&value->health_factor, outcome.result + engine->health_factor.offset,
                    engine->health_factor.size);
    value->is_known = true;
    value->has_debt = !pl_u256_is_zero(&value->debt);
    value->is_below_line = value->has_debt && pl_u256_lt(&value->health_factor, &one);
}
