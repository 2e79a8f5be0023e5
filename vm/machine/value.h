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

/* How the bytes of a value and its register relate: a type with its case decided. */
typedef enum pl_form {
    PL_FORM_BYTE = 0, /* bool, enum or one-byte uint: below cell.limit        */
    PL_FORM_U16,      /* narrow uints of 2, 4, 8 and of other sizes           */
    PL_FORM_U32,
    PL_FORM_U64,
    PL_FORM_NARROW,
    PL_FORM_W16, /* wide uints of 16 bytes, 32 bytes and of other sizes; */
    PL_FORM_W32, /* 32 bytes also: account, bytes32, int of full width   */
    PL_FORM_WIDE,
    PL_FORM_INT,
    PL_FORM_SYMBOL
} pl_form;

/* One field as the interpreter moves it between row and register. */
typedef struct pl_cell {
    uint8_t form; /* a pl_form */
    uint8_t size;
    uint16_t limit;  /* PL_FORM_BYTE: values are below it     */
    uint16_t offset; /* of the field within its key or row    */
} pl_cell;

/* variants: of pl_type_variants. */
pl_cell pl_cell_of(pl_type type, uint32_t variants, uint16_t offset);

/* bytes: the cell's own, canonical, not the row's. On output: *r as the machine holds the value. */
void pl_cell_load(pl_register *r, const pl_cell *cell, const uint8_t *bytes);

/* Writes cell->size bytes. Returns PL_OK; or PL_TRAP_CAST, with nothing written, when the
 * register's value is not one of the type. */
PL_MUST_USE pl_status pl_cell_store(uint8_t *bytes, const pl_cell *cell, const pl_register *r);

/* The same for count cells of one key or row, which starts at bytes. After a CAST the bytes are
 * partly written. */
void pl_cells_load(pl_register *r, const pl_cell *cells, uint32_t count, const uint8_t *bytes);
PL_MUST_USE pl_status pl_cells_store(uint8_t *bytes, const pl_cell *cells, uint32_t count,
                                     const pl_register *r);

/* As pl_cell_load and pl_cell_store, for a type met once; fits only checks. */
void pl_value_load(pl_register *r, pl_type type, const uint8_t *bytes);
PL_MUST_USE pl_status pl_value_fits(pl_type type, uint32_t variants, const pl_register *r);
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
