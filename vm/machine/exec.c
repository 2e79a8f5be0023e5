/* The interpreter: the plain loop, and machines.
 *
 * Validation left nothing to check but what bodies check: arithmetic traps, casts, indexes, and
 * gas, which only the first step of a basic block pays (PL_HANDLER_CHARGE). */
#include <string.h>

#include "vm/machine/run.h"
#include "vm/num/num.h"

#include "vm/machine/bodies.inc"

/* Three ways to the same bodies. Tail calls are certain where the compiler promises them and the
 * convention of calls passes six arguments in registers. */
#if defined(__has_attribute) && defined(__x86_64__)
#if __has_attribute(musttail)
#define PL_DISPATCH_TAIL
#endif
#endif

#if defined(PL_DISPATCH_SWITCH) || !defined(__GNUC__)
#define LOOP        pl_exec_loop
#define BEFORE_STEP ((void)0)
#include "vm/machine/exec_plain.inc"
#elif defined(PL_DISPATCH_TAIL) && !defined(PL_DISPATCH_GOTO)
#include "vm/machine/exec_tail.inc"
#else
#include "vm/machine/exec_goto.inc"
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
        PL_TRY(machine->trace == NULL ? pl_exec_loop(machine, &outcome->status, &gas_left)
                                      : pl_exec_loop_traced(machine, &outcome->status, &gas_left));
    }
    outcome->gas_used = call->gas_limit - gas_left;
    if (outcome->status == PL_OK) {
        outcome->events = machine->events;
        outcome->events_size = machine->events_size;
        outcome->event_count = machine->event_count;
    }
    return PL_OK;
}
