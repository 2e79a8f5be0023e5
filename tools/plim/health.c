#include "tools/plim/health.h"

#include <string.h>

#include "tools/common/value.h"
#include "vm/base/bytes.h"

static bool is_public_view(const pl_function *function)
{
    return (function->flags & PL_FUNCTION_PUBLIC) != 0 &&
           (function->flags & PL_FUNCTION_EFFECT) <= PL_EFFECT_VIEW;
}

bool pt_names_a_market(const pl_field *field)
{
    return field->type.class == PL_CLASS_UINT && field->type.size == 4 &&
           (pt_name_is(field->name, "market") || pt_name_is(field->name, "ilk") ||
            pt_name_is(field->name, "id"));
}

static bool takes_account(const pl_function *function)
{
    return function->parameter_count == 1 && function->parameters[0].type.class == PL_CLASS_ACCOUNT;
}

static bool takes_market_and_account(const pl_function *function)
{
    return pt_name_is(function->name, "position_health") && function->parameter_count == 2 &&
           function->parameters[0].type.class == PL_CLASS_UINT &&
           function->parameters[0].type.size == 4 &&
           function->parameters[1].type.class == PL_CLASS_ACCOUNT;
}

static bool find_factor(pt_health_view *view, const pl_function *function)
{
    size_t offset = 0;
    for (uint8_t i = 0; i < function->result_count; i++) {
        const pl_field *field = &function->results[i];
        if (field->type.class == PL_CLASS_UINT &&
            (pt_name_is(field->name, "health_factor") || pt_name_is(field->name, "hf"))) {
            view->result_offset = offset;
            view->result_size = field->type.size;
            view->scale = field->type.scale == 0 ? 18 : field->type.scale;
            return true;
        }
        offset += field->type.size;
    }
    return false;
}

void pt_health_find(pt_health_view *view, const pl_chain *chain, uint32_t contract, uint32_t market,
                    const uint8_t account[32])
{
    const pl_code *code = pl_chain_code(chain, contract);
    *view = (pt_health_view){.contract = contract};
    for (uint32_t f = 0; code != NULL && f < code->function_count; f++) {
        const pl_function *function = &code->functions[f];
        const bool is_common = takes_market_and_account(function);
        if (!is_public_view(function) || (!is_common && !takes_account(function)) ||
            !find_factor(view, function)) {
            continue;
        }
        view->exists = true;
        view->function = f;
        view->arguments_size = is_common ? 36 : 32;
        pl_store_u32(view->arguments, market);
        memcpy(view->arguments + (is_common ? 4 : 0), account, 32);
        if (is_common) {
            return;
        }
    }
}

void pt_health_ask(pt_health *health, pl_chain *chain, const pt_health_view *view)
{
    pl_outcome outcome;
    pl_u256 one = pl_u256_from_u64(1);
    const pl_u256 ten = pl_u256_from_u64(10);
    *health = (pt_health){0};
    if (!view->exists ||
        pl_chain_query(&outcome, chain, view->contract, view->function, NULL, PT_QUERY_GAS,
                       view->arguments, view->arguments_size) != PL_OK ||
        outcome.status != PL_OK) {
        return;
    }
    pl_u256_load_be(&health->factor, outcome.result + view->result_offset, view->result_size);
    for (uint8_t i = 0; i < view->scale; i++) {
        pl_u256_mul_wrap(&one, &one, &ten);
    }
    bool is_largest = true;
    for (uint8_t i = 0; i < view->result_size; i++) {
        is_largest = is_largest && outcome.result[view->result_offset + i] == 0xff;
    }
    health->is_known = true;
    health->has_debt = !is_largest;
    health->is_below_line = pl_u256_lt(&health->factor, &one);
}
