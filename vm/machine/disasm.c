#include "vm/machine/disasm.h"

#include "vm/machine/ops.h"
#include "vm/machine/symbols.h"
#include "vm/num/text.h"

/* ---- small writers -----------------------------------------------------------------------------
 */

static void put(const pl_sink *sink, const char *text)
{
    size_t size = 0;
    while (text[size] != '\0') {
        size++;
    }
    sink->write(sink->context, text, size);
}

static void put_name(const pl_sink *sink, pl_name name)
{
    sink->write(sink->context, name.text, name.size);
}

static void put_number(const pl_sink *sink, uint64_t number)
{
    char text[PL_NUM_TEXT_MAX];
    const pl_u256 wide = pl_u256_from_u64(number);
    sink->write(sink->context, text, pl_u256_print_dec(text, &wide));
}

static void put_constant(const pl_sink *sink, const pl_code *code, uint32_t index)
{
    char text[PL_NUM_TEXT_MAX];
    sink->write(sink->context, text, pl_u256_print_dec(text, &code->constants[index]));
}

/* ---- declarations ------------------------------------------------------------------------------
 */

static void put_type(const pl_sink *sink, const pl_code *code, const pl_field *field)
{
    static const char *const names[] = {"bool", "u", "i", "account", "symbol", "bytes32"};
    const pl_type type = field->type;
    if (type.class == PL_CLASS_ENUM) {
        put_name(sink, code->enums[type.extra].name);
    } else {
        put(sink, names[type.class]);
    }
    if (type.class == PL_CLASS_UINT || type.class == PL_CLASS_INT) {
        put_number(sink, 8u * type.size);
    }
    if (field->unit.size != 0) {
        put(sink, " [");
        put_name(sink, field->unit);
        put(sink, "]");
    }
}

static void put_fields(const pl_sink *sink, const pl_code *code, const pl_field *fields,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        put(sink, i == 0 ? "" : ", ");
        put_name(sink, fields[i].name);
        put(sink, ": ");
        put_type(sink, code, &fields[i]);
    }
}

static void put_signature(const pl_sink *sink, const pl_code *code, const char *word, pl_name name,
                          const pl_field *fields, uint32_t count)
{
    put(sink, word);
    put_name(sink, name);
    put(sink, "(");
    put_fields(sink, code, fields, count);
    put(sink, ")");
}

static void put_results(const pl_sink *sink, const pl_code *code, const pl_field *results,
                        uint32_t count)
{
    if (count != 0) {
        put(sink, " -> (");
        put_fields(sink, code, results, count);
        put(sink, ")");
    }
}

static void put_table(const pl_sink *sink, const pl_code *code, const pl_table *table)
{
    put(sink, table->is_params ? "params " : "table ");
    put_name(sink, table->name);
    put(sink, "[");
    put_fields(sink, code, table->keys, table->key_count);
    put(sink, "] { ");
    put_fields(sink, code, table->fields, table->field_count);
    put(sink, " }");
    for (uint32_t i = 0; i < table->index_count; i++) {
        const pl_index *index = &table->indexes[i];
        put(sink, " index ");
        put_name(sink, index->name);
        put(sink, "(");
        for (uint32_t k = 0; k < index->field_count; k++) {
            put(sink, k == 0 ? "" : ", ");
            put_name(sink, table->fields[index->fields[k]].name);
        }
        put(sink, ")");
    }
    put(sink, "\n");
}

static void put_effect(const pl_sink *sink, uint32_t effect)
{
    put(sink, effect == PL_EFFECT_PURE ? "pure " : effect == PL_EFFECT_VIEW ? "view " : "tx ");
}

static void put_declarations(const pl_sink *sink, const pl_code *code)
{
    for (uint32_t i = 0; i < code->table_count; i++) {
        put_table(sink, code, &code->tables[i]);
    }
    for (uint32_t i = 0; i < code->error_count; i++) {
        const pl_signature *error = &code->errors[i];
        put_signature(sink, code, "error ", error->name, error->fields, error->count);
        put(sink, "\n");
    }
    for (uint32_t i = 0; i < code->event_count; i++) {
        const pl_signature *event = &code->events[i];
        put_signature(sink, code, "event ", event->name, event->fields, event->count);
        put(sink, "\n");
    }
    for (uint32_t i = 0; i < code->import_count; i++) {
        const pl_import *import = &code->imports[i];
        put(sink, "import ");
        put_effect(sink, import->effect);
        put_signature(sink, code, "", import->name, import->parameters, import->parameter_count);
        put_results(sink, code, import->results, import->result_count);
        put(sink, "\n");
    }
}

/* ---- instructions ------------------------------------------------------------------------------
 */

/* Compilers may give a register several names in turn; the first says most. */
static void put_register(const pl_sink *sink, const pl_code *code, uint32_t function,
                         uint32_t index)
{
    pl_local local;
    uint32_t cursor = 0;
    while (pl_symbols_next_local(&local, &cursor, code, function)) {
        if (local.register_index == index) {
            put_name(sink, local.name);
            put(sink, ":");
            break;
        }
    }
    put(sink, "r");
    put_number(sink, index);
}

static void put_registers(const pl_sink *sink, const pl_code *code, uint32_t function,
                          uint32_t base, uint32_t count)
{
    if (count == 0) {
        put(sink, "()");
        return;
    }
    put_register(sink, code, function, base);
    if (count > 1) {
        put(sink, "..");
        put_number(sink, base + count - 1);
    }
}

static void put_id(const pl_sink *sink, const pl_code *code, const pl_reach *reach, pl_kind kind,
                   uint32_t value)
{
    switch ((int)kind) {
    case PL_KIND_K:
    case PL_KIND_KN:
    case PL_KIND_KD:
        put_constant(sink, code, value);
        break;
    case PL_KIND_J:
        put(sink, "@");
        put_number(sink, value);
        break;
    case PL_KIND_F:
        put_name(sink, code->functions[value].name);
        break;
    case PL_KIND_X:
        put_name(sink, code->imports[value].name);
        break;
    case PL_KIND_T:
        put_name(sink, reach->table->name);
        break;
    case PL_KIND_FI:
        put(sink, ".");
        put_name(sink, reach->field->name);
        break;
    case PL_KIND_IX:
        put(sink, "by ");
        if (value == 0) {
            put(sink, "key");
        } else {
            put_name(sink, reach->table->indexes[value - 1].name);
        }
        break;
    case PL_KIND_E:
        put_name(sink, code->errors[value].name);
        break;
    case PL_KIND_V:
        put_name(sink, code->events[value].name);
        break;
    default:
        put_number(sink, value);
        break;
    }
}

static void put_seek(const pl_sink *sink, uint32_t e)
{
    static const char *const modes[] = {">=", ">", "<=", "<"};
    put(sink, modes[e & 3]);
    put(sink, " prefix ");
    put_number(sink, e / 4);
}

void pl_disasm_instruction(const pl_sink *sink, const pl_code *code, uint32_t function,
                           uint32_t instruction)
{
    const pl_function *f = &code->functions[function];
    const pl_instruction *in = &f->instructions[instruction];
    const pl_op_info *info = &pl_ops[in->op];
    pl_reach reach;
    const pl_status reached = pl_op_reach(&reach, code, in);
    PL_ASSERT(reached == PL_OK);
    put(sink, info->name);
    for (uint32_t i = 0; i < PL_OPERANDS; i++) {
        const pl_kind kind = info->kinds[i];
        if (kind == PL_KIND__) {
            continue;
        }
        put(sink, " ");
        if (pl_kind_is_register(kind)) {
            put_registers(sink, code, function, pl_operand(in, i),
                          pl_operand_registers(&reach, f, in, i));
        } else if (kind == PL_KIND_SK) {
            put_seek(sink, pl_operand(in, i));
        } else {
            put_id(sink, code, &reach, kind, pl_operand(in, i));
        }
    }
}

static void put_source(const pl_sink *sink, pl_source *last, const pl_code *code, uint32_t function,
                       uint32_t instruction)
{
    pl_source source;
    if (!pl_symbols_source(&source, code, function, instruction) ||
        (source.line == last->line && source.file.text == last->file.text)) {
        return;
    }
    *last = source;
    put(sink, "        ; ");
    put_name(sink, source.file);
    put(sink, ":");
    put_number(sink, source.line);
    put(sink, "\n");
}

void pl_disasm_function(const pl_sink *sink, const pl_code *code, uint32_t function)
{
    static const struct {
        uint32_t flag;
        const char *word;
    } words[] = {{PL_FUNCTION_PUBLIC, "public "},
                 {PL_FUNCTION_ON_BLOCK, "on_block "},
                 {PL_FUNCTION_INVARIANT, "invariant "},
                 {PL_FUNCTION_REENTRANT, "reentrant "}};
    const pl_function *f = &code->functions[function];
    pl_source last = {0};
    put(sink, "\n");
    for (uint32_t i = 0; i < sizeof words / sizeof *words; i++) {
        put(sink, (f->flags & words[i].flag) != 0 ? words[i].word : "");
    }
    put_effect(sink, f->flags & PL_FUNCTION_EFFECT);
    put_signature(sink, code, "", f->name, f->parameters, f->parameter_count);
    put_results(sink, code, f->results, f->result_count);
    put(sink, " ; function ");
    put_number(sink, function);
    put(sink, ", registers ");
    put_number(sink, f->register_count);
    put(sink, "\n");
    for (uint32_t i = 0; i < f->instruction_count; i++) {
        put_source(sink, &last, code, function, i);
        put(sink, i < 10 ? "   " : i < 100 ? "  " : i < 1000 ? " " : "");
        put_number(sink, i);
        put(sink, f->block_gas[i] != 0 ? " > " : "   "); /* > leads a basic block */
        pl_disasm_instruction(sink, code, function, i);
        put(sink, "\n");
    }
}

void pl_disasm_code(const pl_sink *sink, const pl_code *code)
{
    put(sink, "contract ");
    put_name(sink, code->name);
    put(sink, "\n");
    put_declarations(sink, code);
    for (uint32_t i = 0; i < code->function_count; i++) {
        pl_disasm_function(sink, code, i);
    }
}
