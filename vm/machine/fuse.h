/* The choice of handlers for the steps of one function; internal to vm/machine. */
#ifndef PL_MACHINE_FUSE_H
#define PL_MACHINE_FUSE_H

#include "vm/machine/load.h"
#include "vm/machine/run.h"

/* What is found out about a function's registers on the way. Room only: it begins anew each time.
 */
typedef struct pl_fusing {
    const pl_code *code;
    const pl_function *function;
    uint32_t looks;                        /* left; 0: every register counts as read  */
    bool knows;                            /* false: every register counts as carried */
    bool carried[PL_REGISTERS_MAX];        /* some block reads it before writing it   */
    uint16_t written_in[PL_REGISTERS_MAX]; /* 1 + start of the block; 0: nowhere yet  */
} pl_fusing;

/* On input: a validated function and its steps, whose run is the handler of their own row and whose
 * gas is filled. On output: run and handler of every step. */
void pl_fuse(pl_step *steps, pl_fusing *f, const pl_code *code, const pl_function *function);

#endif
