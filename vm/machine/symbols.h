/* The symbol section of a container: source lines and names of registers, for people. spec 02 §3 */
#ifndef PL_MACHINE_SYMBOLS_H
#define PL_MACHINE_SYMBOLS_H

#include "vm/machine/code.h"

typedef struct pl_source {
    pl_name file;
    uint32_t line;
} pl_source;

/* On input: loaded code, a function and instruction of it. On output: where the instruction was
 * written. Returns false when the container has no symbols. */
bool pl_symbols_source(pl_source *source, const pl_code *code, uint32_t function,
                       uint32_t instruction);

typedef struct pl_local {
    uint16_t register_index;
    pl_name name;
    pl_name unit; /* may be empty */
} pl_local;

/* The names of parameters and locals of one function, in the order of the container. A register may
 * have several names, one after another; names of registers beyond the frame are left out. Start
 * with *cursor = 0; returns false after the last. */
bool pl_symbols_next_local(pl_local *local, uint32_t *cursor, const pl_code *code,
                           uint32_t function);

#endif
