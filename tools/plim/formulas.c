#include "tools/plim/formulas.h"

#include <stdlib.h>
#include <string.h>

#include "vm/machine/ops.h"
#include "vm/machine/value.h"
#include "vm/num/num.h"

/* How the operands of an instruction that rounds are found. */
typedef enum op_shape {
    SHAPE_NONE,
    SHAPE_DIV,     /* b / c, registers     */
    SHAPE_DIV_K,   /* b / K[c]             */
    SHAPE_MULDIV,  /* b * c / d, registers */
    SHAPE_MULDIV_K /* b * c / K[d]         */
} op_shape;

static op_shape shape_of(uint8_t op)
{
    const char *name = pl_ops[op].name;
    const bool is_muldiv = strncmp(name, "MULDIV", 6) == 0 || strncmp(name, "IMULDIV", 7) == 0;
    const bool is_div = strncmp(name, "DIV", 3) == 0 || strncmp(name, "IDIV", 4) == 0;
    if (is_muldiv) {
        return pl_ops[op].kinds[3] == PL_KIND_KD ? SHAPE_MULDIV_K : SHAPE_MULDIV;
    }
    if (is_div) {
        return pl_ops[op].kinds[2] == PL_KIND_KD ? SHAPE_DIV_K : SHAPE_DIV;
    }
    return SHAPE_NONE;
}

static const pl_code *code_of(const pt_formula *formula, const pl_world *world)
{
    return &world->codes[formula->contract - 1];
}

static uint8_t op_of(const pt_formula *formula, const pl_world *world)
{
    return code_of(formula, world)
        ->functions[formula->function]
        .instructions[formula->instruction]
        .op;
}

bool pt_formula_is_signed(const pt_formula *formula, const pl_world *world)
{
    return pl_ops[op_of(formula, world)].name[0] == 'I';
}

bool pt_formula_is_price(const pt_formula *formula, const pl_world *world)
{
    return op_of(formula, world) == PL_OP_PRICE;
}

const char *pt_formula_rounding(const pt_formula *formula, const pl_world *world)
{
    static const struct {
        const char *ending, *text;
    } roundings[] = {
        {"_UP", "up"},        {"_UA", "up"},          {"_HU", "half up"},
        {"_HE", "half even"}, {"_TZ", "toward zero"}, {"_AZ", "away from zero"},
        {"_DN", "down"},      {"_FL", "down"},
    };
    const uint8_t op = op_of(formula, world);
    const char *name = pl_ops[op].name;
    const char *ending = strrchr(name, '_');
    for (size_t i = 0; ending != NULL && i < sizeof roundings / sizeof roundings[0]; i++) {
        if (strcmp(ending, roundings[i].ending) == 0) {
            return roundings[i].text;
        }
    }
    return op == PL_OP_PRICE ? "" : op == PL_OP_IDIV ? "toward zero" : "down";
}

static pl_u256 register_at(const pl_trace_step *step, uint16_t index)
{
    pl_register r;
    memcpy(&r, step->registers + index * sizeof r, sizeof r);
    return r.w;
}

static uint64_t narrow_at(const pl_trace_step *step, uint16_t index)
{
    pl_register r;
    memcpy(&r, step->registers + index * sizeof r, sizeof r);
    return r.n;
}

/* Rounding down and rounding up give the same. Signed numbers by their magnitudes. */
static bool is_exact(const pt_formula *formula, bool is_signed)
{
    pl_u256 n[3], low, high;
    const pl_u256 one = pl_u256_from_u64(1);
    for (unsigned i = 0; i < formula->operand_count; i++) {
        n[i] = formula->operands[i];
        if (is_signed) {
            pl_i256_magnitude(&n[i], &formula->operands[i]);
        }
    }
    const pl_u256 *factor = formula->operand_count == 3 ? &n[1] : &one;
    const pl_u256 *divisor = &n[formula->operand_count - 1];
    return pl_u256_muldiv_full_down(&low, &n[0], factor, divisor) == PL_OK &&
           pl_u256_muldiv_full_up(&high, &n[0], factor, divisor) == PL_OK &&
           pl_u256_eq(&low, &high);
}

/* The step before this one left its result in its register a, if this is the step after it. */
static void close_last(pt_formulas *formulas, const pl_trace_step *step)
{
    pt_formula *last = &formulas->list[formulas->count - 1];
    formulas->is_open = false;
    if (step->contract == last->contract && step->function == last->function &&
        step->depth == last->depth && step->instruction == last->instruction + 1) {
        const pl_instruction *i = &code_of(last, formulas->world)
                                       ->functions[last->function]
                                       .instructions[last->instruction];
        last->result = register_at(step, i->a);
        last->has_result = true;
        last->is_exact = pt_formula_is_price(last, formulas->world) ||
                         is_exact(last, pt_formula_is_signed(last, formulas->world));
    }
}

static pt_formula *add(pt_formulas *formulas)
{
    if (formulas->count == PT_FORMULAS_MAX) {
        formulas->is_full = true;
        return NULL;
    }
    if (formulas->count == formulas->capacity) {
        const size_t capacity = formulas->capacity == 0 ? 256 : 2 * formulas->capacity;
        pt_formula *list = realloc(formulas->list, capacity * sizeof *list);
        if (list == NULL) {
            formulas->is_full = true;
            return NULL;
        }
        formulas->list = list;
        formulas->capacity = capacity;
    }
    return &formulas->list[formulas->count++];
}

void pt_formulas_step(void *context, const pl_trace_step *step)
{
    pt_formulas *formulas = context;
    if (formulas->is_open) {
        close_last(formulas, step);
    }
    const pl_code *code = &formulas->world->codes[step->contract - 1];
    const pl_instruction *i = &code->functions[step->function].instructions[step->instruction];
    const op_shape shape = shape_of(i->op);
    if (shape == SHAPE_NONE && i->op != PL_OP_PRICE) {
        return;
    }
    pt_formula *formula = add(formulas);
    if (formula == NULL) {
        return;
    }
    *formula = (pt_formula){step->contract, step->function, step->instruction, step->depth,
                            .operand_count = 1};
    formulas->is_open = true;
    if (shape == SHAPE_NONE) {
        formula->operands[0] = pl_u256_from_u64(narrow_at(step, i->b));
        return;
    }
    const bool is_muldiv = shape == SHAPE_MULDIV || shape == SHAPE_MULDIV_K;
    const uint16_t divisor = is_muldiv ? i->d : i->c;
    formula->operand_count = is_muldiv ? 3 : 2;
    formula->operands[0] = register_at(step, i->b);
    if (is_muldiv) {
        formula->operands[1] = register_at(step, i->c);
    }
    formula->operands[formula->operand_count - 1] = shape == SHAPE_DIV_K || shape == SHAPE_MULDIV_K
                                                        ? code->constants[divisor]
                                                        : register_at(step, divisor);
}

void pt_formulas_free(pt_formulas *formulas)
{
    free(formulas->list);
    *formulas = (pt_formulas){0};
}
