/* One step of an execution in words: text, source, registers by their names and types. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/common/world_json.h"
#include "tools/plim/diff.h"
#include "tools/plim/explain.h"
#include "vm/machine/disasm.h"
#include "vm/machine/ops.h"
#include "vm/machine/symbols.h"
#include "vm/machine/value.h"
#include "vm/num/num.h"

static void put_text(void *context, const char *text, size_t size)
{
    pt_put(context, text, size);
}

char *pt_diff_instruction_text(const pl_code *code, uint32_t function, uint32_t instruction)
{
    pt_bytes text = {0};
    const pl_sink sink = {.context = &text, .write = put_text};
    pl_disasm_instruction(&sink, code, function, instruction);
    pt_put_u8(&text, 0);
    return (char *)text.data;
}

const char *pt_diff_place(char text[128], const pl_code *code, uint32_t function,
                          uint32_t instruction)
{
    pl_source source;
    text[0] = '\0';
    if (pl_symbols_source(&source, code, function, instruction)) {
        (void)snprintf(text, 128, "%.*s:%u", (int)source.file.size, source.file.text,
                       (unsigned)source.line);
    }
    return text;
}

bool pt_diff_is_operand(const pl_instruction *instruction, uint32_t index, bool is_result)
{
    const pl_kind kind = pl_ops[instruction->op].kinds[index];
    const bool is_written = kind == PL_KIND_DN || kind == PL_KIND_DW || kind == PL_KIND_DROW ||
                            kind == PL_KIND_DF || kind == PL_KIND_RR || kind == PL_KIND_INF;
    if (kind == PL_KIND_KEY && instruction->op == PL_OP_SEEK) {
        return true; /* both: where it starts, and what it found */
    }
    return pl_kind_is_register(kind) && is_written == is_result;
}

/* What the registers of an operand hold, where the schema says so; NULL: a plain register. */
static const pl_field *field_of(const pl_reach *reach, const pl_function *function, pl_kind kind,
                                uint8_t op, uint32_t i)
{
    switch ((int)kind) {
    case PL_KIND_ROW:
    case PL_KIND_DROW:
        return &reach->table->fields[i];
    case PL_KIND_FN:
    case PL_KIND_DF:
        return reach->field;
    case PL_KIND_KEY:
        return reach->parts[i];
    case PL_KIND_AR:
        return &reach->arguments[i];
    case PL_KIND_RR: /* XTRY puts the trap's number before the results */
        return op != PL_OP_XTRY ? &reach->results[i] : i == 0 ? NULL : &reach->results[i - 1];
    case PL_KIND_OWN:
        return &function->results[i];
    default:
        return NULL;
    }
}

static pl_name local_name(const pl_code *code, uint32_t function, uint32_t index)
{
    pl_local local;
    uint32_t cursor = 0;
    while (pl_symbols_next_local(&local, &cursor, code, function)) {
        if (local.register_index == index) {
            return local.name;
        }
    }
    return (pl_name){0};
}

static json_t *typed_json(const pt_diff_side *side, const pl_code *code, const pl_field *field,
                          const pl_register *r)
{
    uint8_t stored[32];
    char text[PT_VALUE_TEXT_MAX];
    const pt_names names = {.code = code, .chain = side->run.chain};
    if (pl_value_store(stored, field->type, pl_type_variants(code, field->type), r) != PL_OK) {
        return json_string("does not fit its type");
    }
    return json_string(pt_field_text(text, names, field, stored));
}

/* A wide register without a type: an account by its label, else the number; signed when the
 * instruction works on signed numbers. */
static json_t *plain_json(const pt_diff_side *side, bool is_wide, bool is_signed,
                          const pl_register *r)
{
    uint8_t stored[32];
    char text[PT_VALUE_TEXT_MAX];
    const pl_u256 number = is_wide ? r->w : pl_u256_from_u64(r->n);
    (void)!pl_u256_store_be(stored, 32, &number);
    const pl_label *label = pl_find_label(side->run.chain, PL_LABEL_ACCOUNT, stored);
    if (is_wide && label != NULL) {
        return json_stringn(label->text.text, label->text.size);
    }
    const pl_type type = {.class = is_wide && is_signed ? PL_CLASS_INT : PL_CLASS_UINT, .size = 32};
    return json_string(pt_value_text(text, (pt_names){0}, type, stored));
}

static void add_register(json_t *list, const pt_diff_side *side, const pl_code *code,
                         uint32_t function, uint32_t index, const pl_field *field,
                         const uint8_t *registers, bool is_signed)
{
    char name[160];
    pl_register r;
    const pl_name local = local_name(code, function, index);
    const bool is_wide = pl_register_is_wide(&code->functions[function], index);
    memcpy(&r, registers + index * sizeof r, sizeof r);
    (void)snprintf(name, sizeof name, "%.*s%sr%u", (int)local.size,
                   local.text == NULL ? "" : local.text, local.size == 0 ? "" : ":",
                   (unsigned)index);
    json_t *object = json_object();
    pt_diff_set(object, "register", json_string(name));
    pt_diff_set(object, "field", field == NULL ? json_null() : pt_diff_name(field->name));
    pt_diff_set(object, "value",
                field != NULL ? typed_json(side, code, field, &r)
                              : plain_json(side, is_wide, is_signed, &r));
    (void)json_array_append_new(list, object);
}

json_t *pt_diff_operands_json(const pt_diff_side *side, const pl_code *code, uint32_t function,
                              uint32_t instruction, const uint8_t *registers, bool is_result)
{
    const pl_function *f = &code->functions[function];
    const pl_instruction *in = &f->instructions[instruction];
    const pl_op_info *info = &pl_ops[in->op];
    json_t *list = json_array();
    pl_reach reach;
    if (pl_op_reach(&reach, code, in) != PL_OK) {
        return list; /* not in validated code */
    }
    for (uint32_t i = 0; i < PL_OPERANDS; i++) {
        if (!pt_diff_is_operand(in, i, is_result)) {
            continue;
        }
        const uint32_t count = pl_operand_registers(&reach, f, in, i);
        for (uint32_t k = 0; k < count; k++) {
            add_register(list, side, code, function, pl_operand(in, i) + k,
                         field_of(&reach, f, info->kinds[i], in->op, k), registers,
                         info->name[0] == 'I');
        }
    }
    return list;
}

json_t *pt_diff_step_json(const pt_diff_side *side, const pl_trace_step *step)
{
    const pl_world *world = pl_chain_world(side->run.chain);
    const pl_code *code = &world->codes[step->contract - 1];
    char place[128];
    pl_source source;
    json_t *object = json_object();
    char *text = pt_diff_instruction_text(code, step->function, step->instruction);
    pt_diff_set(object, "contract", pt_diff_name(world->contract_names[step->contract - 1]));
    pt_diff_set(object, "function", pt_diff_name(code->functions[step->function].name));
    pt_diff_set(object, "instruction", json_integer(step->instruction));
    pt_diff_set(object, "text", json_string(text));
    pt_diff_set(object, "at",
                json_string(pt_diff_place(place, code, step->function, step->instruction)));
    if (pl_symbols_source(&source, code, step->function, step->instruction)) {
        const pt_explain where = {.history = side->word, .contracts = side->contracts};
        char why[PT_SOURCE_WHY_MAX];
        pt_source_lines *lines = pt_source_lines_open(why, code, &where);
        const char *line = pt_source_line(lines, source.file, source.line);
        pt_diff_set(object, "source", line == NULL ? json_null() : json_string(line));
        pt_source_lines_close(lines);
    }
    pt_diff_set(object, "gas_left", pt_u64_json(step->gas_left));
    pt_diff_set(object, "operands",
                pt_diff_operands_json(side, code, step->function, step->instruction,
                                      step->registers, false));
    free(text);
    return object;
}
