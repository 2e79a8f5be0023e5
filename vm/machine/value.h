/* Values between their two lives: in a register while a function runs, and as bytes in keys, rows,
 * arguments, results and events. spec 02 §1, §5 */
#ifndef PL_MACHINE_VALUE_H
#define PL_MACHINE_VALUE_H

#include "vm/machine/code.h"

/* Narrow registers use n, wide ones w; which one a register uses never changes within a frame. */
typedef union pl_register {
    pl_u256 w;
    uint64_t n;
} pl_register;

_Static_assert(sizeof(pl_register) == 32, "a register is 32 bytes; the interpreter scales by it");

/* Copies all 32 bytes, whichever kind it holds, in scalar moves (see pl_u256_copy). */
static inline void pl_register_copy(pl_register *to, const pl_register *from)
{
    pl_u256_copy(&to->w, &from->w);
}

/* Returns how many variants an enum type has, 0 for other classes. The type must be one of code. */
static inline uint32_t pl_type_variants(const pl_code *code, pl_type type)
{
    return type.class == PL_CLASS_ENUM ? code->enums[type.extra].variant_count : 0;
}

/* On input: type.size canonical bytes. On output: *r as the machine holds the value. */
void pl_value_load(pl_register *r, pl_type type, const uint8_t *bytes);

/* variants: of pl_type_variants. Returns PL_OK when the register's value is one of the type, else
 * PL_TRAP_CAST. */
PL_MUST_USE pl_status pl_value_fits(pl_type type, uint32_t variants, const pl_register *r);

/* Writes type.size bytes. Returns PL_OK, or PL_TRAP_CAST and writes nothing. */
PL_MUST_USE pl_status pl_value_store(uint8_t *bytes, pl_type type, uint32_t variants,
                                     const pl_register *r);

/* Returns PL_OK when type.size bytes from outside are the stored form of some value of the type,
 * else PL_REJECT_NON_CANONICAL. */
PL_MUST_USE pl_status pl_value_check(pl_type type, uint32_t variants, const uint8_t *bytes);

/* Returns -1, 0 or 1 as the value in a is below, equal to or above the one in b. */
int pl_value_compare(pl_type type, const uint8_t *a, const uint8_t *b);

/* Returns the bytes of count fields together. */
size_t pl_fields_size(const pl_field *fields, uint32_t count);

/* The same for count fields one after another, as in arguments and rows. fields belong to code.
 * check: *failed is the number of the first field that is not canonical. */
PL_MUST_USE pl_status pl_fields_check(uint32_t *failed, const pl_code *code, const pl_field *fields,
                                      uint32_t count, const uint8_t *bytes);
void pl_fields_load(pl_register *r, const pl_field *fields, uint32_t count, const uint8_t *bytes);
PL_MUST_USE pl_status pl_fields_store(uint8_t *bytes, const pl_code *code, const pl_field *fields,
                                      uint32_t count, const pl_register *r);

#endif
