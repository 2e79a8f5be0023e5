/* The interpreter. One loop, one body per row of ops.def (ops_num.inc, ops_flow.inc), two ways to
 * get from body to body: a table of label addresses where the compiler has them, a switch elsewhere
 * (force it with -DPL_DISPATCH_SWITCH). A row without a body does not compile, nor a body without a
 * row.
 *
 * Validation left nothing to check but what bodies check: arithmetic traps, casts, indexes, and
 * gas, which only the first step of a basic block pays (PL_HANDLER_CHARGE). A tracing build would
 * add a second table whose labels all lead to one hook that goes on through this one. */
#include <string.h>

#include "vm/machine/run.h"
#include "vm/num/num.h"

#if !defined(__GNUC__) && !defined(PL_DISPATCH_SWITCH)
#define PL_DISPATCH_SWITCH
#endif

#define R(x)  pl_at(base, ip->x)
#define W(x)  (&R(x)->w)
#define N(x)  (R(x)->n)
#define K(x)  (&constants[ip->x])
#define KD(x) (&divisors[ip->x])

#define TRY(expr)                                                                                  \
    do {                                                                                           \
        const pl_status status_ = (expr);                                                          \
        if (PL_UNLIKELY(status_ != PL_OK)) {                                                       \
            failure = status_;                                                                     \
            goto trap;                                                                             \
        }                                                                                          \
    } while (0)

#define TRAP_IF(condition, name)                                                                   \
    do {                                                                                           \
        if (PL_UNLIKELY(condition)) {                                                              \
            failure = PL_TRAP_##name;                                                              \
            goto trap;                                                                             \
        }                                                                                          \
    } while (0)

#define NEXT                                                                                       \
    do {                                                                                           \
        ip++;                                                                                      \
        DISPATCH;                                                                                  \
    } while (0)

#define JUMP(x)                                                                                    \
    do {                                                                                           \
        ip += (int16_t)ip->x;                                                                      \
        DISPATCH;                                                                                  \
    } while (0)

#define ENTER  goto enter
#define INSIDE goto inside
#define LEAVE  goto leave
#define BACK   goto back

#ifdef PL_DISPATCH_SWITCH
#define BODY(name) case PL_OP_##name:
#define DISPATCH   goto dispatch
#else
#define BODY(name) op_##name:
#define DISPATCH   goto *labels[ip->handler]
/* Label addresses are an extension of both gcc and clang. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#endif

pl_status pl_exec_loop(pl_machine *m, pl_status *status, uint64_t *gas_left)
{
#ifndef PL_DISPATCH_SWITCH
    static const void *const labels[256] = {
        [PL_HANDLER_CHARGE] = &&charge,
#define OP(number, name, a, b, c, d, e, gas, meaning) [number] = &&op_##name,
#include "vm/machine/ops.def"
#undef OP
    };
#endif
    const pl_u256 *constants;
    const pl_divisor *divisors;
    const pl_step *ip;
    uint8_t *base;
    uint64_t gas = *gas_left, narrow;
    pl_status failure = PL_OK;
    bool caught;

enter: /* the frame on top begins, at its ip */
    constants = pl_top_code(m)->constants;
    divisors = pl_top_code(m)->divisors;
inside: /* the same in the same contract */
    base = pl_top_frame(m)->base;
    ip = pl_top_frame(m)->ip;
    DISPATCH;

leave: /* the frame on top goes on after its call */
    constants = pl_top_code(m)->constants;
    divisors = pl_top_code(m)->divisors;
back: /* the same in the same contract */
    base = pl_top_frame(m)->base;
    ip = pl_top_frame(m)->ip;
    NEXT;

charge: /* spec 02 §5: a block is paid before any of it runs */
    if (PL_UNLIKELY(gas < ip->gas)) {
        gas = 0;
        failure = PL_TRAP_OUT_OF_GAS;
        goto trap;
    }
    gas -= ip->gas;
#ifdef PL_DISPATCH_SWITCH
    goto run;

dispatch:
    if (ip->handler == PL_HANDLER_CHARGE) {
        goto charge;
    }
run:
    switch ((pl_op)ip->op) {
#else
    goto *labels[ip->op];
#endif
#include "vm/machine/ops_num.inc"

#include "vm/machine/ops_flow.inc"
#ifdef PL_DISPATCH_SWITCH
    }
    PL_ASSERT(false); /* validation let only numbers with a row pass */
#endif

trap:
    if (pl_is_fault(failure)) {
        return failure;
    }
    PL_TRY(pl_call_unwind(m, &caught, ip, failure));
    if (caught) {
        goto leave;
    }
finished:
    *status = failure;
    *gas_left = gas;
    return PL_OK;
}

#ifndef PL_DISPATCH_SWITCH
#pragma GCC diagnostic pop
#endif

pl_status pl_machine_create(pl_machine **machine, const pl_memory *memory)
{
    pl_machine *const m = memory->take(memory->context, sizeof *m);
    *machine = m;
    if (m == NULL) {
        return PL_FAULT_MEMORY;
    }
    memset(m, 0, sizeof *m);
    m->memory = *memory;
    m->registers = memory->take(memory->context, PL_STACK_REGISTERS_MAX * sizeof *m->registers);
    m->events = memory->take(memory->context, PL_EVENTS_SIZE_MAX);
    if (m->registers == NULL || m->events == NULL) {
        pl_machine_free(m);
        *machine = NULL;
        return PL_FAULT_MEMORY;
    }
    return PL_OK;
}

void pl_machine_free(pl_machine *machine)
{
    if (machine == NULL) {
        return;
    }
    const pl_memory memory = machine->memory;
    if (machine->registers != NULL) {
        memory.give(memory.context, machine->registers,
                    PL_STACK_REGISTERS_MAX * sizeof *machine->registers);
    }
    if (machine->events != NULL) {
        memory.give(memory.context, machine->events, PL_EVENTS_SIZE_MAX);
    }
    memory.give(memory.context, machine, sizeof *machine);
}

/* Pushes the entry's frame with its arguments, or returns TX_ARGUMENTS. */
static pl_status begin(pl_machine *m, const pl_call *call)
{
    const pl_contract *const contract = &m->linkage->contracts[call->contract - 1];
    const pl_function *const function = &contract->code->functions[call->function];
    const pl_field *const fields = function->parameters;
    const uint32_t count = function->parameter_count;
    uint32_t failed;
    if (call->arguments_size != pl_fields_size(fields, count) ||
        pl_fields_check(&failed, contract->code, fields, count, call->arguments) != PL_OK) {
        return PL_REJECT_TX_ARGUMENTS;
    }
    m->activations[0] = (pl_activation){contract, &m->caller, NULL, 0, 0};
    m->activation_count = 1;
    PL_TRY(pl_frame_push(m, function, PL_BORDER_ENTRY, (uint8_t *)m->registers)); /* always fits */
    pl_fields_load((pl_register *)(void *)pl_top_frame(m)->base, fields, count, call->arguments);
    return PL_OK;
}

pl_status pl_machine_run(pl_machine *machine, pl_outcome *outcome, pl_door *door,
                         const pl_linkage *linkage, const pl_call *call)
{
    uint64_t gas_left = call->gas_limit;
    *outcome = (pl_outcome){.status = PL_OK};
    machine->door = door;
    machine->linkage = linkage;
    machine->height = call->height;
    machine->time_s = call->time_s;
    machine->caller = call->caller;
    machine->outcome = outcome;
    machine->run++;
    machine->depth = machine->activation_count = machine->event_count = 0;
    machine->events_size = 0;
    outcome->status = begin(machine, call);
    if (outcome->status == PL_OK) {
        PL_TRY(pl_exec_loop(machine, &outcome->status, &gas_left));
    }
    outcome->gas_used = call->gas_limit - gas_left;
    if (outcome->status == PL_OK) {
        outcome->events = machine->events;
        outcome->events_size = machine->events_size;
        outcome->event_count = machine->event_count;
    }
    return PL_OK;
}
