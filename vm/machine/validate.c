/* What a decoded container must satisfy to be run: names, values, function shapes, and every
 * operand of every instruction. One pass; it shares nothing with execution. spec 02 §3, §4 */
#include "vm/machine/load.h"
#include "vm/machine/value.h"

typedef struct validator {
    pl_code *code;
    pl_code_error *where;
    const uint8_t *bytes;
    const pl_function *function;          /* the one being looked at                         */
    uint16_t same_kind[PL_REGISTERS_MAX]; /* per register: how many of its kind follow, with it */
} validator;

static pl_status reject_at(const validator *v, const void *place, pl_status status)
{
    v->where->offset = (size_t)((const uint8_t *)place - v->bytes);
    return status;
}

/* ---- names and values -------------------------------------------------------------------- */

static bool names_equal(const pl_name *a, const pl_name *b)
{
    return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

/* On input: count elements of a size, each starting with its pl_name. Offsets name the size byte
 * that precedes the text. */
static pl_status check_unique(const validator *v, const void *elements, size_t element_size,
                              uint32_t count)
{
    const uint8_t *const first = elements;
    for (uint32_t i = 1; i < count; i++) {
        const pl_name *const name = (const void *)(first + i * element_size);
        for (uint32_t k = 0; k < i; k++) {
            if (names_equal(name, (const void *)(first + k * element_size))) {
                return reject_at(v, name->text - 1, PL_REJECT_DUPLICATE);
            }
        }
    }
    return PL_OK;
}

#define CHECK_UNIQUE(v, elements, count) check_unique(v, elements, sizeof *(elements), count)

static pl_status check_stored(const validator *v, pl_type type, const uint8_t *bytes)
{
    const pl_status status = pl_value_check(type, pl_type_variants(v->code, type), bytes);
    return status == PL_OK ? PL_OK : reject_at(v, bytes, status);
}

static pl_status check_value_field(const validator *v, const pl_field *field)
{
    if (field->has_default != 0) {
        PL_TRY(check_stored(v, field->type, field->default_bytes));
    }
    if (field->has_range != 0) {
        PL_TRY(check_stored(v, field->type, field->min_bytes));
        PL_TRY(check_stored(v, field->type, field->max_bytes));
        if (pl_value_compare(field->type, field->min_bytes, field->max_bytes) > 0) {
            return reject_at(v, field->max_bytes, PL_REJECT_RANGE);
        }
    }
    if (field->has_range != 0 && field->has_default != 0 &&
        (pl_value_compare(field->type, field->default_bytes, field->min_bytes) < 0 ||
         pl_value_compare(field->type, field->default_bytes, field->max_bytes) > 0)) {
        return reject_at(v, field->default_bytes, PL_REJECT_RANGE);
    }
    return PL_OK;
}

static pl_status check_table(const validator *v, const pl_table *table)
{
    pl_field all[PL_KEY_FIELDS_MAX + PL_ROW_FIELDS_MAX]; /* key and row are one list of names */
    memcpy(all, table->keys, table->key_count * sizeof *all);
    memcpy(all + table->key_count, table->fields, table->field_count * sizeof *all);
    PL_TRY(CHECK_UNIQUE(v, all, (uint32_t)table->key_count + table->field_count));
    PL_TRY(CHECK_UNIQUE(v, table->indexes, table->index_count));
    for (uint32_t i = 0; i < table->field_count; i++) {
        PL_TRY(check_value_field(v, &table->fields[i]));
    }
    return PL_OK;
}

static pl_status check_tables(const validator *v)
{
    const pl_code *code = v->code;
    bool has_params = false;
    PL_TRY(CHECK_UNIQUE(v, code->tables, code->table_count));
    for (uint32_t i = 0; i < code->table_count; i++) {
        PL_TRY(check_table(v, &code->tables[i]));
        if (code->tables[i].is_params && has_params) {
            return reject_at(v, code->tables[i].name.text - 1, PL_REJECT_DUPLICATE);
        }
        has_params = has_params || code->tables[i].is_params;
    }
    return PL_OK;
}

static pl_status check_declarations(const validator *v)
{
    const pl_code *code = v->code;
    PL_TRY(CHECK_UNIQUE(v, code->enums, code->enum_count));
    for (uint32_t i = 0; i < code->enum_count; i++) {
        PL_TRY(CHECK_UNIQUE(v, code->enums[i].variants, code->enums[i].variant_count));
    }
    PL_TRY(check_tables(v));
    PL_TRY(CHECK_UNIQUE(v, code->errors, code->error_count));
    for (uint32_t i = 0; i < code->error_count; i++) {
        PL_TRY(CHECK_UNIQUE(v, code->errors[i].fields, code->errors[i].count));
    }
    PL_TRY(CHECK_UNIQUE(v, code->events, code->event_count));
    for (uint32_t i = 0; i < code->event_count; i++) {
        PL_TRY(CHECK_UNIQUE(v, code->events[i].fields, code->events[i].count));
    }
    PL_TRY(CHECK_UNIQUE(v, code->imports, code->import_count));
    for (uint32_t i = 0; i < code->import_count; i++) {
        PL_TRY(CHECK_UNIQUE(v, code->imports[i].parameters, code->imports[i].parameter_count));
        PL_TRY(CHECK_UNIQUE(v, code->imports[i].results, code->imports[i].result_count));
    }
    return CHECK_UNIQUE(v, code->functions, code->function_count);
}

/* ---- one instruction --------------------------------------------------------------------- */

static uint32_t effect_of(const pl_function *function)
{
    return function->flags & PL_FUNCTION_EFFECT;
}

/* Rule 1, without SK, which needs the table: unused operands and immediates. */
static bool immediates_are_valid(const pl_instruction *in)
{
    const pl_op_info *info = &pl_ops[in->op];
    for (uint32_t i = 0; i < PL_OPERANDS; i++) {
        const uint32_t value = pl_operand(in, i);
        if ((info->kinds[i] == PL_KIND__ && value != 0) ||
            (info->kinds[i] == PL_KIND_BT && value == 0) ||
            ((info->kinds[i] == PL_KIND_AN || info->kinds[i] == PL_KIND_AW) && in->d == 0)) {
            return false;
        }
    }
    return !(in->op == PL_OP_CHKN && in->e > 63) &&
           !(in->op == PL_OP_GETBITS && (uint32_t)in->c + in->e > 256) &&
           !(in->op == PL_OP_PUTBITS && (uint32_t)in->d + in->e > 256);
}

static bool range_is(const validator *v, uint32_t base, uint32_t count, bool wide)
{
    return base + count <= v->function->register_count &&
           (count == 0 ||
            (pl_register_is_wide(v->function, base) == wide && v->same_kind[base] >= count));
}

static bool range_holds(const validator *v, uint32_t base, const pl_field *fields, uint32_t count)
{
    if (base + count > v->function->register_count) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (pl_register_is_wide(v->function, base + i) != pl_type_is_wide(fields[i].type)) {
            return false;
        }
    }
    return true;
}

static bool key_holds(const validator *v, uint32_t base, const pl_reach *reach)
{
    if (base + reach->part_count > v->function->register_count) {
        return false;
    }
    for (uint32_t i = 0; i < reach->part_count; i++) {
        if (pl_register_is_wide(v->function, base + i) != pl_type_is_wide(reach->parts[i]->type)) {
            return false;
        }
    }
    return true;
}

/* Rules 3 and 4 for one operand. */
static bool registers_are_valid(const validator *v, const pl_instruction *in, uint32_t index,
                                const pl_reach *reach)
{
    const uint32_t base = pl_operand(in, index);
    switch ((int)pl_ops[in->op].kinds[index]) {
    case PL_KIND_DN:
    case PL_KIND_N:
        return range_is(v, base, 1, false);
    case PL_KIND_DW:
    case PL_KIND_W:
        return range_is(v, base, 1, true);
    case PL_KIND_AN:
        return range_is(v, base, in->d, false);
    case PL_KIND_AW:
        return range_is(v, base, in->d, true);
    case PL_KIND_FN:
    case PL_KIND_DF:
        return range_holds(v, base, reach->field, 1);
    case PL_KIND_KEY:
        return key_holds(v, base, reach);
    case PL_KIND_ROW:
    case PL_KIND_DROW:
        return range_holds(v, base, reach->table->fields, reach->table->field_count);
    case PL_KIND_AR:
        return range_holds(v, base, reach->arguments, reach->argument_count);
    case PL_KIND_RR:
        if (in->op == PL_OP_XTRY) {
            return range_is(v, base, 1, false) &&
                   range_holds(v, base + 1, reach->results, reach->result_count);
        }
        return range_holds(v, base, reach->results, reach->result_count);
    case PL_KIND_OWN:
        return range_holds(v, base, v->function->results, v->function->result_count);
    case PL_KIND_INF:
        return range_is(v, base, 1, true) && range_is(v, base + 1, 4, false);
    default:
        return true;
    }
}

/* Rule 5: what an instruction does, measured as the least effect a function needs for it. */
static uint32_t effect_needed(const pl_code *code, const pl_instruction *in)
{
    switch (in->op) {
    case PL_OP_PUT:
    case PL_OP_PUTF:
    case PL_OP_DEL:
    case PL_OP_EMIT:
        return PL_EFFECT_TX;
    case PL_OP_CALL:
        return effect_of(&code->functions[in->b]);
    case PL_OP_XCALL:
    case PL_OP_XTRY:
        return code->imports[in->b].effect == PL_EFFECT_TX ? PL_EFFECT_TX : PL_EFFECT_VIEW;
    default:
        return in->op >= 0xc0 && in->op <= 0xdf ? PL_EFFECT_VIEW : PL_EFFECT_PURE;
    }
}

static bool writes_params(const pl_instruction *in, const pl_reach *reach)
{
    return (in->op == PL_OP_PUT || in->op == PL_OP_PUTF || in->op == PL_OP_DEL) &&
           reach->table->is_params;
}

static pl_status check_instruction(const validator *v, const pl_instruction *in)
{
    const pl_op_info *info = &pl_ops[in->op];
    pl_reach reach;
    if (info->name == NULL) {
        return PL_REJECT_CODE_OP;
    }
    if (!immediates_are_valid(in)) {
        return PL_REJECT_CODE_OPERAND;
    }
    PL_TRY(pl_op_reach(&reach, v->code, in));
    if (in->op == PL_OP_SEEK && in->e / 4u > reach.part_count) {
        return PL_REJECT_CODE_OPERAND;
    }
    for (uint32_t i = 0; i < PL_OPERANDS; i++) {
        if (!registers_are_valid(v, in, i, &reach)) {
            return PL_REJECT_CODE_REGISTER;
        }
        if (info->kinds[i] == PL_KIND_J && pl_operand(in, i) >= v->function->instruction_count) {
            return PL_REJECT_CODE_JUMP;
        }
    }
    if (effect_needed(v->code, in) > effect_of(v->function) || writes_params(in, &reach)) {
        return PL_REJECT_CODE_EFFECT;
    }
    return PL_OK;
}

/* ---- one function ------------------------------------------------------------------------ */

static bool hook_is_valid(const pl_function *function)
{
    const bool is_public = (function->flags & PL_FUNCTION_PUBLIC) != 0;
    const bool one_bool =
        function->result_count == 1 && function->results[0].type.class == PL_CLASS_BOOL;
    if ((function->flags & PL_FUNCTION_ON_BLOCK) != 0 &&
        (effect_of(function) != PL_EFFECT_TX || function->parameter_count != 0 ||
         function->result_count != 0 || is_public)) {
        return false;
    }
    if ((function->flags & PL_FUNCTION_INVARIANT) != 0 &&
        (effect_of(function) > PL_EFFECT_VIEW || function->parameter_count != 0 || !one_bool)) {
        return false;
    }
    return (function->flags & PL_FUNCTION_REENTRANT) == 0 || is_public;
}

static pl_status check_shape(const validator *v, const pl_function *function)
{
    const void *const place = function->name.text - 1;
    PL_TRY(CHECK_UNIQUE(v, function->parameters, function->parameter_count));
    PL_TRY(CHECK_UNIQUE(v, function->results, function->result_count));
    if (!hook_is_valid(function) || function->parameter_count > function->register_count) {
        return reject_at(v, place, PL_REJECT_CODE_SIGNATURE);
    }
    for (uint32_t i = 0; i < function->parameter_count; i++) {
        if (pl_register_is_wide(function, i) != pl_type_is_wide(function->parameters[i].type)) {
            return reject_at(v, function->parameters[i].name.text - 1, PL_REJECT_CODE_SIGNATURE);
        }
    }
    return PL_OK;
}

static bool ends_block(uint8_t op)
{
    return op == PL_OP_JMP || op == PL_OP_JZ || op == PL_OP_JNZ || op == PL_OP_RET ||
           op == PL_OP_REVERT || op == PL_OP_UNREACHABLE;
}

/* spec 02 §5, gas: marks leaders, then adds each instruction's gas to its leader's. */
static void charge_blocks(const pl_function *function)
{
    const pl_instruction *in = function->instructions;
    uint32_t leader = 0;
    for (uint32_t i = 0; i < function->instruction_count; i++) {
        for (uint32_t k = 0; k < PL_OPERANDS; k++) {
            if (pl_ops[in[i].op].kinds[k] == PL_KIND_J) {
                function->block_gas[pl_operand(&in[i], k)] = 1;
            }
        }
    }
    for (uint32_t i = 0; i < function->instruction_count; i++) {
        if (i == 0 || function->block_gas[i] != 0 || ends_block(in[i - 1].op)) {
            leader = i;
            function->block_gas[i] = 0;
        }
        function->block_gas[leader] += pl_ops[in[i].op].gas;
    }
}

static void measure_kinds(validator *v)
{
    for (uint32_t i = v->function->register_count; i-- > 0;) {
        const bool same =
            i + 1u < v->function->register_count &&
            pl_register_is_wide(v->function, i) == pl_register_is_wide(v->function, i + 1);
        v->same_kind[i] = same ? (uint16_t)(v->same_kind[i + 1] + 1) : 1;
    }
}

static pl_status check_function(validator *v, const pl_function *function)
{
    const uint8_t *const place = pl_function_bytes(function);
    PL_TRY(check_shape(v, function));
    v->function = function;
    measure_kinds(v);
    for (uint32_t i = 0; i < function->instruction_count; i++) {
        v->where->instruction = i;
        const pl_status status = check_instruction(v, &function->instructions[i]);
        if (status != PL_OK) {
            return reject_at(v, place + 10 * (size_t)i, status);
        }
    }
    const uint32_t last = function->instruction_count - 1;
    if (!ends_block(function->instructions[last].op) ||
        function->instructions[last].op == PL_OP_JZ ||
        function->instructions[last].op == PL_OP_JNZ) {
        return reject_at(v, place + 10 * (size_t)last, PL_REJECT_CODE_FALL_OFF);
    }
    charge_blocks(function);
    v->where->instruction = UINT32_MAX;
    return PL_OK;
}

pl_status pl_code_validate(pl_code *code, pl_code_error *where, const uint8_t *bytes)
{
    validator v = {.code = code, .where = where, .bytes = bytes};
    PL_TRY(check_declarations(&v));
    for (uint32_t i = 0; i < code->function_count; i++) {
        where->function = i;
        PL_TRY(check_function(&v, &code->functions[i]));
    }
    where->function = UINT32_MAX;
    return PL_OK;
}
