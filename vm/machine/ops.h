/* The rows of ops.def as data, for everything that walks instructions without running them. */
#ifndef PL_MACHINE_OPS_H
#define PL_MACHINE_OPS_H

#include "vm/machine/code.h"

/* What an operand is; the letters are explained at the head of ops.def. */
typedef enum pl_kind {
    PL_KIND__ = 0,
    PL_KIND_DN,
    PL_KIND_DW,
    PL_KIND_N,
    PL_KIND_W,
    PL_KIND_AN,
    PL_KIND_AW,
    PL_KIND_I,
    PL_KIND_BT,
    PL_KIND_KEY,
    PL_KIND_ROW,
    PL_KIND_DROW,
    PL_KIND_FN,
    PL_KIND_DF,
    PL_KIND_AR,
    PL_KIND_RR,
    PL_KIND_OWN,
    PL_KIND_INF,
    PL_KIND_K,
    PL_KIND_KN,
    PL_KIND_KD,
    PL_KIND_J,
    PL_KIND_F,
    PL_KIND_X,
    PL_KIND_T,
    PL_KIND_FI,
    PL_KIND_IX,
    PL_KIND_E,
    PL_KIND_V,
    PL_KIND_SK
} pl_kind;

#define PL_OPERANDS 5u /* a b c d e, in this order */

typedef struct pl_op_info {
    const char *name; /* NULL: this number has no row */
    const char *meaning;
    pl_kind kinds[PL_OPERANDS];
    uint16_t gas;
} pl_op_info;

extern const pl_op_info pl_ops[256];

/* True for single registers and ranges of registers. */
static inline bool pl_kind_is_register(pl_kind kind)
{
    return kind >= PL_KIND_DN && kind <= PL_KIND_INF && kind != PL_KIND_I && kind != PL_KIND_BT;
}

/* True for those that every run of the instruction to its end writes, and none of it reads. */
static inline bool pl_kind_is_write(pl_kind kind)
{
    return kind == PL_KIND_DN || kind == PL_KIND_DW || kind == PL_KIND_DF || kind == PL_KIND_DROW ||
           kind == PL_KIND_RR || kind == PL_KIND_INF;
}

/* Returns operand `index` (0 .. 4 for a b c d e). */
static inline uint16_t pl_operand(const pl_instruction *instruction, uint32_t index)
{
    const uint16_t all[PL_OPERANDS] = {instruction->a, instruction->b, instruction->c,
                                       instruction->d, instruction->e};
    return all[index];
}

static inline bool pl_register_is_wide(const pl_function *function, uint32_t index)
{
    return (function->wide_bits[index / 8] >> (index % 8) & 1) != 0;
}

/* Everything a row's operands point to, resolved; NULL and 0 where the row names no such thing.
 * Arguments are those of the callee, error or event; parts are the key registers' fields in order:
 * the table's key or, for SEEK, the order's full key. */
typedef struct pl_reach {
    const pl_table *table;
    const pl_field *field; /* operand FI */
    const pl_field *arguments;
    const pl_field *results;
    uint32_t argument_count;
    uint32_t result_count;
    uint32_t part_count;
    const pl_field *parts[PL_KEY_FIELDS_MAX + PL_INDEX_FIELDS_MAX];
} pl_reach;

/* On input: an instruction whose number has a row. On output: *reach.
 * Returns PL_OK, or CODE_REFERENCE when an id does not exist or a constant is not of its kind. */
PL_MUST_USE pl_status pl_op_reach(pl_reach *reach, const pl_code *code,
                                  const pl_instruction *instruction);

/* How many registers an operand stands for, the first being the operand's value: 1 for a single
 * register, the range's size for a range, 0 for what is no register. */
uint32_t pl_operand_registers(const pl_reach *reach, const pl_function *function,
                              const pl_instruction *instruction, uint32_t index);

/* The fields of order `order` of a table (0: the key; k: index k - 1, then the key), in order.
 * order must exist. Returns how many. */
uint32_t pl_order_parts(const pl_field *parts[PL_KEY_FIELDS_MAX + PL_INDEX_FIELDS_MAX],
                        const pl_table *table, uint32_t order);

#endif
