/* Contract code: the decoded container. Decoding proves shape, pl_code_validate proves meaning;
 * after both, the interpreter has nothing left to check but arithmetic traps, row defaults and gas.
 *
 * Everything here points into the container's bytes or into memory taken from the caller; it is
 * immutable after pl_code_load and may be shared between executions. spec 02 */
#ifndef PL_MACHINE_CODE_H
#define PL_MACHINE_CODE_H

#include <stddef.h>

#include "vm/base/error.h"
#include "vm/base/memory.h"
#include "vm/num/muldiv.h"
#include "vm/state/schema.h"

typedef enum pl_op {
#define OP(number, name, a, b, c, d, e, gas, meaning) PL_OP_##name = number,
#include "vm/machine/ops.def"
#undef OP
} pl_op;

typedef enum pl_effect { PL_EFFECT_PURE = 0, PL_EFFECT_VIEW = 1, PL_EFFECT_TX = 2 } pl_effect;

/* Function flags; numbers are consensus (spec 02 §3). */
#define PL_FUNCTION_EFFECT    0x0003u
#define PL_FUNCTION_PUBLIC    0x0004u /* callable by transactions, queries and other contracts */
#define PL_FUNCTION_ON_BLOCK  0x0008u /* run after the transactions of every block              */
#define PL_FUNCTION_INVARIANT 0x0010u /* view, no parameters, one bool                          */
#define PL_FUNCTION_REENTRANT 0x0020u /* may be entered while its contract is already running   */
#define PL_FUNCTION_FLAGS     0x003fu

typedef struct pl_instruction {
    uint8_t op;
    uint8_t e;
    uint16_t a, b, c, d;
} pl_instruction;

struct pl_step;   /* an instruction as the interpreter reads it: vm/machine/run.h */
struct pl_layout; /* the same for a table                                            */

typedef struct pl_signature {
    pl_name name;
    uint8_t count;
    const pl_field *fields;
} pl_signature; /* an error's or event's name and arguments */

typedef struct pl_import {
    pl_name name;
    uint8_t effect; /* the most the callee may do */
    uint8_t parameter_count;
    uint8_t result_count;
    const pl_field *parameters;
    const pl_field *results;
} pl_import;

typedef struct pl_function {
    pl_name name;
    uint16_t flags;
    uint8_t parameter_count;
    uint8_t result_count;
    const pl_field *parameters; /* in registers 0 .. parameter_count - 1 on entry */
    const pl_field *results;
    uint16_t register_count;
    const uint8_t *wide_bits; /* bit i (low first) of byte i / 8: register i is wide */
    uint32_t instruction_count;
    pl_instruction *instructions;
    uint32_t *block_gas;   /* per instruction: the gas of the basic block it leads, else 0 */
    uint32_t names_offset; /* in the symbol section: its parameter and local names; 0 if none */
    uint32_t lines_offset; /* in the symbol section: its source lines; 0 if none              */
    struct pl_step *steps; /* private to the interpreter, as are the next two                 */
    uint16_t zero_first;   /* only these registers can be read before they are written, so    */
    uint16_t zero_count;   /* only these are cleared on entry                                 */
} pl_function;

typedef struct pl_enum {
    pl_name name;
    uint8_t variant_count;
    const pl_name *variants;
} pl_enum;

typedef struct pl_code {
    pl_name name;
    uint8_t hash[32]; /* tagged hash of the body: the identity of the contract (spec 02 §2) */
    uint16_t constant_count, enum_count, table_count, error_count, event_count, import_count,
        function_count;
    const pl_u256 *constants;
    const pl_divisor *divisors; /* one per constant; meaningful where a KD operand names it */
    const pl_enum *enums;
    const pl_table *tables;
    const struct pl_layout *layouts; /* one per table; private to the interpreter */
    const pl_signature *errors;
    const pl_signature *events;
    const pl_import *imports;
    pl_function *functions;
    const uint8_t *body; /* the bytes that hash covers */
    size_t body_size;
    const uint8_t *symbols; /* the symbol section, decoded by pl_symbols_*; may be empty */
    size_t symbols_size;
    void *heap; /* private: the blocks of memory that pl_code_free gives back */
} pl_code;

/* Where decoding or validation failed: a byte offset in the container, and for code the function
 * and instruction. Counts that do not apply are UINT32_MAX. */
typedef struct pl_code_error {
    size_t offset;
    uint32_t function;
    uint32_t instruction;
} pl_code_error;

/* On input: any bytes; they must outlive the code. On output: *code decoded and validated.
 * Returns PL_OK, a REJECT (and *where says where), or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status pl_code_load(pl_code *code, pl_code_error *where, const pl_memory *memory,
                                   const uint8_t *bytes, size_t size);

/* Gives back the memory that pl_code_load took. */
void pl_code_free(pl_code *code, const pl_memory *memory);

#endif
