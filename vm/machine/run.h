/* The inside of a machine: steps, frames, activations. Internal to vm/machine.
 *
 * A frame is one call of one function; its registers lie on the register stack directly above its
 * caller's. An activation is one entry into a contract: the frames from one border to the next.
 * Nothing here recurses: a call of a function or of a contract pushes, a return or a trap pops. */
#ifndef PL_MACHINE_RUN_H
#define PL_MACHINE_RUN_H

#include <string.h>

#include "vm/machine/exec.h"
#include "vm/machine/value.h"

/* What the fast loop jumps to: a row of ops.def, a run of rows of fused.def, or the handler that
 * charges the gas of the block that the step leads and goes on with the step's own `run`. */
typedef enum pl_handler {
    PL_HANDLER_CHARGE = 0,
#define OP(number, name, a, b, c, d, e, gas, meaning) PL_HANDLER_##name,
#include "vm/machine/ops.def"
#undef OP
#define FUSED(handler)         PL_HANDLER_##handler,
#define PAIR(a, b)             FUSED(a##_##b)
#define TRIPLE(a, b, c)        FUSED(a##_##b##_##c)
#define PAIR_BRANCH(a, b)      FUSED(a##_##b)
#define TRIPLE_BRANCH(a, b, c) FUSED(a##_##b##_##c)
#define PAIR_FLOW(a, b)        FUSED(a##_##b)
#define ELEMENT(op, x)         FUSED(ELEMENT_##op##_##x)
#define ELEMENTS(op, x, y)     FUSED(ELEMENTS_##op##_##x##y)
#include "vm/machine/fused.def"
#undef FUSED
    PL_HANDLER_COUNT
} pl_handler;

_Static_assert(PL_HANDLER_COUNT <= 256, "a handler's number is one byte");

/* An instruction as the interpreter reads it: register operands are byte offsets into the frame,
 * jump targets are distances in steps. */
typedef struct pl_step {
    uint8_t handler; /* run, or PL_HANDLER_CHARGE */
    uint8_t run;     /* a pl_handler: op's, or that of the fused run beginning here */
    uint8_t op;
    uint8_t e;
    uint16_t a, b, c, d;
    uint32_t gas; /* of the block, when the step leads one */
} pl_step;

_Static_assert(sizeof(pl_step) == 16, "four steps fill a cache line");
_Static_assert(PL_REGISTERS_MAX * sizeof(pl_register) <= UINT16_MAX + 1u, "offsets fit 16 bits");
_Static_assert(PL_FUNCTION_CODE_MAX <= INT16_MAX + 1u, "distances fit 16 bits");

/* A table as state instructions read it. */
typedef struct pl_layout {
    const pl_cell *keys;
    const pl_cell *fields;
    const uint8_t *default_row; /* NULL: reading an absent row traps */
    uint16_t row_size;
    uint8_t key_count;
    uint8_t field_count;
} pl_layout;

typedef enum pl_border {
    PL_BORDER_NONE = 0, /* CALL: same activation              */
    PL_BORDER_ENTRY,    /* the first frame                    */
    PL_BORDER_CALL,     /* XCALL                              */
    PL_BORDER_TRY       /* XTRY: a level of the journal is open */
} pl_border;

typedef struct pl_frame {
    const pl_step *ip; /* while another frame runs above: the call */
    const pl_function *function;
    uint8_t *base; /* register 0 */
    pl_border border;
} pl_frame;

typedef struct pl_activation {
    const pl_contract *contract;
    const pl_u256 *caller;
    const pl_import *import; /* of the calling contract; NULL for the entry */
    uint32_t event_count;    /* when it began */
    size_t events_size;
} pl_activation;

#define PL_EVENT_HEAD_SIZE 10u
#define PL_EVENTS_SIZE_MAX (PL_EVENTS_PER_TX_MAX * (PL_EVENT_HEAD_SIZE + 32u * PL_ARGUMENTS_MAX))

/* A resolved import. Looking one up compares names and types with every function of the callee, so
 * a loop of calls looks it up once. */
typedef struct pl_resolved {
    uint64_t run; /* pl_machine.run when it was looked up: codes may change between runs */
    const pl_import *import;
    const pl_code *code;         /* of the callee */
    const pl_function *function; /* NULL: it has none */
} pl_resolved;

#define PL_RESOLVED_COUNT 64u

struct pl_machine {
    pl_memory memory;
    pl_register *registers; /* PL_STACK_REGISTERS_MAX */
    uint8_t *events;        /* PL_EVENTS_SIZE_MAX     */

    pl_door *door; /* of the call being run */
    const pl_linkage *linkage;
    uint64_t height;
    uint64_t time_s;
    pl_u256 caller;
    pl_outcome *outcome;
    pl_trace_sink trace; /* NULL: off */
    void *trace_context;

    uint32_t depth; /* frames in use */
    uint32_t activation_count;
    uint32_t event_count;
    size_t events_size;
    uint64_t run; /* counts pl_machine_run */
    pl_resolved resolved[PL_RESOLVED_COUNT];
    pl_frame frames[PL_CALL_DEPTH_MAX];
    pl_activation activations[PL_CALL_DEPTH_MAX];

    uint8_t result[32u * PL_RESULTS_MAX];
    uint8_t revert_arguments[32u * PL_ARGUMENTS_MAX];
};

static inline pl_frame *pl_top_frame(pl_machine *m)
{
    return &m->frames[m->depth - 1];
}

static inline pl_activation *pl_top_activation(pl_machine *m)
{
    return &m->activations[m->activation_count - 1];
}

static inline const pl_code *pl_top_code(pl_machine *m)
{
    return pl_top_activation(m)->contract->code;
}

/* Returns the register at a byte offset of the frame at base. */
static inline pl_register *pl_at(uint8_t *base, uint16_t offset)
{
    return (pl_register *)(void *)(base + offset);
}

/* The loop of exec.c: runs from the top frame until the entry returns or a trap leaves it.
 * Returns PL_OK (then *status tells which) or a FAULT. *gas is what is left. */
PL_MUST_USE pl_status pl_exec_loop(pl_machine *m, pl_status *status, uint64_t *gas);
/* The same, telling m->trace about every step. */
PL_MUST_USE pl_status pl_exec_loop_traced(pl_machine *m, pl_status *status, uint64_t *gas);

/* Pushes a frame for function; its parameters are still to be written. STACK. */
PL_MUST_USE static inline pl_status pl_frame_push(pl_machine *m, const pl_function *function,
                                                  pl_border border, uint8_t *base)
{
    const uint8_t *const end = (uint8_t *)(m->registers + PL_STACK_REGISTERS_MAX);
    if (PL_UNLIKELY(m->depth == PL_CALL_DEPTH_MAX ||
                    (size_t)(end - base) < function->register_count * sizeof(pl_register))) {
        return PL_TRAP_STACK;
    }
    if (function->zero_count != 0) {
        memset(base + function->zero_first * sizeof(pl_register), 0,
               function->zero_count * sizeof(pl_register));
    }
    pl_frame *const frame = &m->frames[m->depth++];
    frame->ip = function->steps;
    frame->function = function;
    frame->base = base;
    frame->border = border;
    return PL_OK;
}

/* Returns where the registers of a frame above this one begin. */
static inline uint8_t *pl_frame_end(const pl_frame *frame)
{
    return frame->base + frame->function->register_count * sizeof(pl_register);
}

static inline void pl_registers_copy(pl_register *to, const pl_register *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        pl_register_copy(&to[i], &from[i]);
    }
}

/* A call inside a contract, and its return: no value is checked. ip is the step being run. */
PL_MUST_USE static inline pl_status pl_call_inside(pl_machine *m, const pl_function *function,
                                                   const pl_step *ip)
{
    pl_frame *const caller = pl_top_frame(m);
    PL_TRY(pl_frame_push(m, function, PL_BORDER_NONE, pl_frame_end(caller)));
    caller->ip = ip;
    pl_registers_copy((pl_register *)(void *)caller[1].base, pl_at(caller->base, ip->a),
                      function->parameter_count);
    return PL_OK;
}

static inline void pl_return_inside(pl_machine *m, const pl_step *ip)
{
    const pl_frame *const frame = pl_top_frame(m);
    const pl_frame *const caller = frame - 1;
    pl_registers_copy(pl_at(caller->base, caller->ip->c), pl_at(frame->base, ip->a),
                      frame->function->result_count);
    m->depth--;
}

/* call.c. ip is the step being run; its frame is on top with `ip` not yet saved. Each returns
 * PL_OK, a TRAP or a FAULT, and changes no frame unless PL_OK. */

PL_MUST_USE pl_status pl_call_contract(pl_machine *m, const pl_step *ip, pl_border border);

/* Leaves the top frame across a border; afterwards the machine is done when depth is 0. */
PL_MUST_USE pl_status pl_call_return(pl_machine *m, const pl_step *ip);

/* Status XTRY writes when the call at ip never entered or was unwound; results become zeros. */
void pl_call_failed(pl_machine *m, const pl_step *ip, pl_status trap);

/* A trap at ip in the top frame. When an XTRY catches it, *caught is true and the XTRY's frame is
 * on top with ip at it. Otherwise every open level of the journal is rolled back and the outcome
 * says where the trap was. Returns PL_OK or a FAULT. */
PL_MUST_USE pl_status pl_call_unwind(pl_machine *m, bool *caught, const pl_step *ip,
                                     pl_status trap);

PL_MUST_USE pl_status pl_call_revert(pl_machine *m, uint16_t error, const pl_register *arguments);
PL_MUST_USE pl_status pl_call_emit(pl_machine *m, uint16_t event, const pl_register *arguments);

/* rows.c. Key registers are read first and checked against their fields: CAST. */
PL_MUST_USE pl_status pl_row_get(pl_machine *m, const pl_step *ip, uint8_t *base);
PL_MUST_USE pl_status pl_row_get_field(pl_machine *m, const pl_step *ip, uint8_t *base);
PL_MUST_USE pl_status pl_row_put(pl_machine *m, const pl_step *ip, uint8_t *base);
PL_MUST_USE pl_status pl_row_put_field(pl_machine *m, const pl_step *ip, uint8_t *base);
PL_MUST_USE pl_status pl_row_has(pl_machine *m, const pl_step *ip, uint8_t *base);
PL_MUST_USE pl_status pl_row_del(pl_machine *m, const pl_step *ip, uint8_t *base);
PL_MUST_USE pl_status pl_row_seek(pl_machine *m, const pl_step *ip, uint8_t *base);
PL_MUST_USE pl_status pl_row_price(pl_machine *m, const pl_step *ip, uint8_t *base);
PL_MUST_USE pl_status pl_row_price_info(pl_machine *m, const pl_step *ip, uint8_t *base);

#endif
