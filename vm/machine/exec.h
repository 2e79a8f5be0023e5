/* Running validated code. One call in, one outcome out; state is reached through the door only.
 *
 * The machine knows contracts, rows and prices' rows; it knows no blocks, signatures or files. spec
 * 02 §5 */
#ifndef PL_MACHINE_EXEC_H
#define PL_MACHINE_EXEC_H

#include "vm/machine/code.h"
#include "vm/state/door.h"

/* One contract of the world, ready to run. Contract number k stands at contracts[k - 1]. */
typedef struct pl_contract {
    const pl_code *code;
    uint32_t number;     /* 1 ..                                             */
    uint32_t table_base; /* world number of its table 0 (see vm/state/door.h) */
    pl_u256 account;     /* the symbol "@name"                                */
} pl_contract;

typedef struct pl_linkage {
    const pl_contract *contracts;
    uint32_t contract_count;
    uint32_t prices_table; /* world number of the system table `prices` (spec 04 §6) */
} pl_linkage;

typedef struct pl_call {
    uint32_t contract; /* must exist                        */
    uint32_t function; /* must exist                        */
    pl_u256 caller;
    uint64_t gas_limit;
    uint64_t height;
    uint64_t time_s;
    const uint8_t *arguments; /* stored forms, spec 06 §3 */
    size_t arguments_size;
} pl_call;

/* What a call did. The pointers stay valid until the next call on the same machine. */
typedef struct pl_outcome {
    pl_status status; /* PL_OK, a TRAP, or PL_REJECT_TX_ARGUMENTS (nothing ran) */
    uint64_t gas_used;
    const uint8_t *result; /* status OK: the results' stored forms */
    size_t result_size;
    uint32_t event_count;  /* status OK */
    const uint8_t *events; /* each: contract u32 | event u16 | size u32 | arguments */
    size_t events_size;
    uint32_t revert_contract; /* status REVERT */
    uint16_t revert_error;
    const uint8_t *revert_arguments;
    size_t revert_arguments_size;
    uint32_t trap_contract; /* any trap: where it happened, for people */
    uint32_t trap_function;
    uint32_t trap_instruction;
} pl_outcome;

typedef struct pl_machine pl_machine;

/* On output: *machine, with its whole register stack and buffers taken from memory. Returns PL_OK
 * or PL_FAULT_MEMORY. One machine runs one call at a time. */
PL_MUST_USE pl_status pl_machine_create(pl_machine **machine, const pl_memory *memory);
void pl_machine_free(pl_machine *machine);

/* One step, as it is about to run. Registers are read with pl_trace_register; those of a step's
 * results hold them when the next step of the same depth and function is told, or, after a call,
 * when the caller goes on. */
typedef struct pl_trace_step {
    uint32_t contract; /* number */
    uint32_t function;
    uint32_t instruction; /* of the function, from 0 */
    uint32_t depth;       /* frames in use, 1 for the entry */
    uint64_t gas_left;    /* before the block that this step leads is paid */
    const uint8_t *registers;
} pl_trace_step;

typedef void (*pl_trace_sink)(void *context, const pl_trace_step *step);

/* From now on the machine tells sink about every step before it runs; NULL: no longer. What a call
 * does is the same with and without. */
void pl_machine_trace(pl_machine *machine, pl_trace_sink sink, void *context);

/* Runs one call to its end. Writes go through the door; undoing them after a trap is the caller's
 * part (door->rollback), as is checking that the function may be called at all.
 * Returns PL_OK (then *outcome tells what happened) or a FAULT (then it says nothing). */
PL_MUST_USE pl_status pl_machine_run(pl_machine *machine, pl_outcome *outcome, pl_door *door,
                                     const pl_linkage *linkage, const pl_call *call);

#endif
