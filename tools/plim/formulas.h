/* The arithmetic of one transaction, as it happened: every step that rounds or reads a price, with
 * its numbers. Made from the machine's trace, so it holds for any contract. */
#ifndef PT_PLIM_FORMULAS_H
#define PT_PLIM_FORMULAS_H

#include "vm/plimsoll.h"

/* One step that rounds, or a price that was read. */
typedef struct pt_formula {
    uint32_t contract, function, instruction;
    uint32_t depth;
    uint8_t operand_count; /* wide numbers: 2 (b / c) or 3 (b * c / d); 1 for a price: the feed */
    bool has_result;       /* false: it trapped */
    bool is_exact;         /* nothing was rounded away */
    pl_u256 operands[3];
    pl_u256 result;
} pt_formula;

typedef struct pt_formulas {
    const pl_world *world;
    pt_formula *list;
    size_t count, capacity;
    bool is_full; /* more happened than is kept */
    bool is_open; /* the last one waits for its result */
} pt_formulas;

enum { PT_FORMULAS_MAX = 20000 };

/* A pl_trace_sink; context is a pt_formulas. */
void pt_formulas_step(void *context, const pl_trace_step *step);
void pt_formulas_free(pt_formulas *formulas);

/* "down", "up", "half up", "half even", "toward zero", "away from zero"; "" for a price. */
const char *pt_formula_rounding(const pt_formula *formula, const pl_world *world);

/* True when the numbers are two's complement. */
bool pt_formula_is_signed(const pt_formula *formula, const pl_world *world);
bool pt_formula_is_price(const pt_formula *formula, const pl_world *world);

#endif
