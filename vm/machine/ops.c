#include "vm/machine/ops.h"

const pl_op_info pl_ops[256] = {
#define OP(number, name, a, b, c, d, e, gas, meaning)                                              \
    [number] = {                                                                                   \
        #name, meaning, {PL_KIND_##a, PL_KIND_##b, PL_KIND_##c, PL_KIND_##d, PL_KIND_##e}, gas},
#include "vm/machine/ops.def"
#undef OP
};

uint32_t pl_order_parts(const pl_field *parts[PL_KEY_FIELDS_MAX + PL_INDEX_FIELDS_MAX],
                        const pl_table *table, uint32_t order)
{
    uint32_t count = 0;
    if (order != 0) {
        const pl_index *index = &table->indexes[order - 1];
        for (uint32_t i = 0; i < index->field_count; i++) {
            parts[count++] = &table->fields[index->fields[i]];
        }
    }
    for (uint32_t i = 0; i < table->key_count; i++) {
        parts[count++] = &table->keys[i];
    }
    return count;
}

static bool constant_is(const pl_code *code, uint32_t index, pl_kind kind)
{
    if (index >= code->constant_count) {
        return false;
    }
    const pl_u256 *constant = &code->constants[index];
    return kind == PL_KIND_K || (kind == PL_KIND_KN && pl_u256_fits_u64(constant)) ||
           (kind == PL_KIND_KD && !pl_u256_is_zero(constant));
}

static void reach_signature(pl_reach *reach, const pl_signature *signature)
{
    reach->arguments = signature->fields;
    reach->argument_count = signature->count;
}

/* A row names its table in b before the operands that depend on it, except a GETF's or GET's
 * destination, which is no id. */
static bool reach_operand(pl_reach *reach, const pl_code *code, pl_kind kind, uint32_t value)
{
    switch ((int)kind) {
    case PL_KIND_K:
    case PL_KIND_KN:
    case PL_KIND_KD:
        return constant_is(code, value, kind);
    case PL_KIND_F:
        if (value >= code->function_count) {
            return false;
        }
        reach->arguments = code->functions[value].parameters;
        reach->argument_count = code->functions[value].parameter_count;
        reach->results = code->functions[value].results;
        reach->result_count = code->functions[value].result_count;
        return true;
    case PL_KIND_X:
        if (value >= code->import_count) {
            return false;
        }
        reach->arguments = code->imports[value].parameters;
        reach->argument_count = code->imports[value].parameter_count;
        reach->results = code->imports[value].results;
        reach->result_count = code->imports[value].result_count;
        return true;
    case PL_KIND_T:
        if (value >= code->table_count) {
            return false;
        }
        reach->table = &code->tables[value];
        reach->part_count = pl_order_parts(reach->parts, reach->table, 0);
        return true;
    case PL_KIND_FI:
        if (value >= reach->table->field_count) {
            return false;
        }
        reach->field = &reach->table->fields[value];
        return true;
    case PL_KIND_IX:
        if (value > reach->table->index_count) {
            return false;
        }
        reach->part_count = pl_order_parts(reach->parts, reach->table, value);
        return true;
    case PL_KIND_E:
        if (value >= code->error_count) {
            return false;
        }
        reach_signature(reach, &code->errors[value]);
        return true;
    case PL_KIND_V:
        if (value >= code->event_count) {
            return false;
        }
        reach_signature(reach, &code->events[value]);
        return true;
    default:
        return true;
    }
}

pl_status pl_op_reach(pl_reach *reach, const pl_code *code, const pl_instruction *instruction)
{
    const pl_op_info *info = &pl_ops[instruction->op];
    *reach = (pl_reach){0};
    for (uint32_t i = 0; i < PL_OPERANDS; i++) {
        if (!reach_operand(reach, code, info->kinds[i], pl_operand(instruction, i))) {
            return PL_REJECT_CODE_REFERENCE;
        }
    }
    return PL_OK;
}

uint32_t pl_operand_registers(const pl_reach *reach, const pl_function *function,
                              const pl_instruction *instruction, uint32_t index)
{
    switch ((int)pl_ops[instruction->op].kinds[index]) {
    case PL_KIND_DN:
    case PL_KIND_DW:
    case PL_KIND_N:
    case PL_KIND_W:
    case PL_KIND_FN:
    case PL_KIND_DF:
        return 1;
    case PL_KIND_AN:
    case PL_KIND_AW:
        return instruction->d;
    case PL_KIND_KEY:
        return reach->part_count;
    case PL_KIND_ROW:
    case PL_KIND_DROW:
        return reach->table->field_count;
    case PL_KIND_AR:
        return reach->argument_count;
    case PL_KIND_RR:
        return reach->result_count + (instruction->op == PL_OP_XTRY ? 1 : 0);
    case PL_KIND_OWN:
        return function->result_count;
    case PL_KIND_INF:
        return 5;
    default:
        return 0;
    }
}
