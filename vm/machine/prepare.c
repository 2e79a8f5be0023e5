/* What the interpreter reads, made from validated code: steps with scaled operands, divisors with
 * their reciprocals, the forms of fields, and which registers need clearing on entry. Nothing here
 * can reject. */
#include "vm/machine/fuse.h"

static uint16_t step_operand(const pl_instruction *in, uint32_t index, uint32_t place)
{
    const pl_kind kind = pl_ops[in->op].kinds[index];
    const uint32_t value = pl_operand(in, index);
    if (pl_kind_is_register(kind)) {
        return (uint16_t)(value * sizeof(pl_register)); /* wraps only for an empty range */
    }
    return (uint16_t)(kind == PL_KIND_J ? value - place : value);
}

static const uint8_t handler_of[256] = {
#define OP(number, name, a, b, c, d, e, gas, meaning) [number] = PL_HANDLER_##name,
#include "vm/machine/ops.def"
#undef OP
};

static void make_steps(const pl_function *function, pl_step *steps)
{
    for (uint32_t i = 0; i < function->instruction_count; i++) {
        const pl_instruction *in = &function->instructions[i];
        steps[i] = (pl_step){
            .run = handler_of[in->op],
            .op = in->op,
            .e = in->e,
            .a = step_operand(in, 0, i),
            .b = step_operand(in, 1, i),
            .c = step_operand(in, 2, i),
            .d = step_operand(in, 3, i),
            .gas = function->block_gas[i],
        };
    }
}

/* ---- which registers can be read before they are written --------------------------------------
 *
 * Take a register whose first mention in the text is a plain write at p and whose last mention is
 * at q. If every jump into p+1 .. q comes from p .. q, control can only get there through p, and
 * the register is written before it is read. All others are cleared on entry (the hull of them: one
 * memset). Code for which the search would take long is simply cleared whole. */

#define EFFORT_PER_INSTRUCTION 64u

typedef struct mention {
    uint16_t first, last;
    bool seen;
    bool written_first;
} mention;

/* Takes its steps from *effort, as the search below does; false when it runs out. */
static bool mention_operands(mention *mentions, const pl_code *code, const pl_function *function,
                             uint32_t place, bool writes, uint64_t *effort)
{
    const pl_instruction *in = &function->instructions[place];
    pl_reach reach;
    const pl_status reached = pl_op_reach(&reach, code, in);
    PL_ASSERT(reached == PL_OK);
    for (uint32_t i = 0; i < PL_OPERANDS; i++) {
        const uint32_t count = pl_operand_registers(&reach, function, in, i);
        if (pl_kind_is_write(pl_ops[in->op].kinds[i]) != writes) {
            continue;
        }
        if (*effort < count) { /* a range of 2048 registers an instruction, say */
            return false;
        }
        *effort -= count;
        for (uint32_t r = pl_operand(in, i); r < pl_operand(in, i) + count; r++) {
            if (!mentions[r].seen) {
                mentions[r] = (mention){(uint16_t)place, (uint16_t)place, true, writes};
            }
            mentions[r].last = (uint16_t)place;
        }
    }
    return true;
}

static bool find_mentions(mention *mentions, const pl_code *code, const pl_function *function)
{
    uint64_t effort = EFFORT_PER_INSTRUCTION * (uint64_t)function->instruction_count;
    bool found = true;
    memset(mentions, 0, (PL_REGISTERS_MAX + 1) * sizeof *mentions);
    for (uint32_t i = 0; i < function->instruction_count && found; i++) {
        found = mention_operands(mentions, code, function, i, false, &effort) &&
                mention_operands(mentions, code, function, i, true, &effort);
    }
    return found;
}

/* Takes its steps from *effort; false when it runs out or a jump leads around the write. */
static bool only_through_first(const mention *m, const uint16_t *jump_min, const uint16_t *jump_max,
                               uint64_t *effort)
{
    for (uint32_t t = m->first + 1u; t <= m->last; t++) {
        if (*effort == 0 || jump_min[t] < m->first || jump_max[t] > m->last) {
            return false;
        }
        *effort -= 1;
    }
    return true;
}

static void find_jumps(uint16_t *jump_min, uint16_t *jump_max, const pl_function *function)
{
    for (uint32_t i = 0; i < function->instruction_count; i++) {
        jump_min[i] = UINT16_MAX; /* no jump leads here */
        jump_max[i] = 0;
    }
    for (uint32_t i = 0; i < function->instruction_count; i++) {
        const pl_instruction *in = &function->instructions[i];
        for (uint32_t k = 0; k < PL_OPERANDS; k++) {
            if (pl_ops[in->op].kinds[k] == PL_KIND_J) {
                const uint16_t target = pl_operand(in, k);
                jump_min[target] = jump_min[target] < i ? jump_min[target] : (uint16_t)i;
                jump_max[target] = jump_max[target] > i ? jump_max[target] : (uint16_t)i;
            }
        }
    }
}

typedef struct scratch {
    mention mentions[PL_REGISTERS_MAX + 1];
    uint16_t jump_min[PL_FUNCTION_CODE_MAX], jump_max[PL_FUNCTION_CODE_MAX];
    pl_fusing fusing;
} scratch;

static void find_zeroed(pl_function *function, const pl_code *code, scratch *s)
{
    uint64_t effort = EFFORT_PER_INSTRUCTION * (uint64_t)function->instruction_count;
    uint32_t first = PL_REGISTERS_MAX, end = 0;
    if (!find_mentions(s->mentions, code, function)) {
        function->zero_first = function->parameter_count;
        function->zero_count = (uint16_t)(function->register_count - function->parameter_count);
        return;
    }
    find_jumps(s->jump_min, s->jump_max, function);
    for (uint32_t r = function->parameter_count; r < function->register_count; r++) {
        const mention *m = &s->mentions[r];
        if (m->seen &&
            !(m->written_first && only_through_first(m, s->jump_min, s->jump_max, &effort))) {
            first = r < first ? r : first;
            end = r + 1;
        }
    }
    function->zero_first = (uint16_t)(end == 0 ? 0 : first);
    function->zero_count = (uint16_t)(end == 0 ? 0 : end - first);
}

static pl_status make_divisors(pl_code *code, pl_heap *heap)
{
    pl_divisor *divisors;
    PL_TRY(pl_heap_take(&divisors, heap, code->constant_count * sizeof *divisors));
    code->divisors = divisors;
    for (uint32_t i = 0; i < code->constant_count; i++) {
        if (!pl_u256_is_zero(&code->constants[i])) {
            PL_TRY(pl_divisor_init(&divisors[i], &code->constants[i]));
        }
    }
    return PL_OK;
}

static pl_status make_cells(const pl_cell **out, const pl_code *code, pl_heap *heap,
                            const pl_field *fields, uint32_t count)
{
    pl_cell *cells;
    PL_TRY(pl_heap_take(&cells, heap, count * sizeof *cells));
    for (uint32_t i = 0; i < count; i++) {
        const pl_type type = fields[i].type;
        cells[i] = pl_cell_of(type, pl_type_variants(code, type), fields[i].offset);
    }
    *out = cells;
    return PL_OK;
}

static pl_status make_layouts(pl_code *code, pl_heap *heap)
{
    pl_layout *layouts;
    PL_TRY(pl_heap_take(&layouts, heap, code->table_count * sizeof *layouts));
    code->layouts = layouts;
    for (uint32_t i = 0; i < code->table_count; i++) {
        const pl_table *const table = &code->tables[i];
        layouts[i] = (pl_layout){.default_row = table->default_row,
                                 .row_size = table->row_size,
                                 .key_count = table->key_count,
                                 .field_count = table->field_count};
        PL_TRY(make_cells(&layouts[i].keys, code, heap, table->keys, table->key_count));
        PL_TRY(make_cells(&layouts[i].fields, code, heap, table->fields, table->field_count));
    }
    return PL_OK;
}

pl_status pl_code_prepare(pl_code *code, pl_heap *heap)
{
    scratch *const s = heap->memory->take(heap->memory->context, sizeof *s);
    pl_status status = s == NULL ? PL_FAULT_MEMORY : make_divisors(code, heap);
    status = status == PL_OK ? make_layouts(code, heap) : status;
    for (uint32_t i = 0; i < code->function_count && status == PL_OK; i++) {
        pl_function *const function = &code->functions[i];
        status =
            pl_heap_take(&function->steps, heap, function->instruction_count * sizeof(pl_step));
        if (status == PL_OK) {
            make_steps(function, function->steps);
            pl_fuse(function->steps, &s->fusing, code, function);
            find_zeroed(function, code, s);
        }
    }
    if (s != NULL) {
        heap->memory->give(heap->memory->context, s, sizeof *s);
    }
    return status;
}
