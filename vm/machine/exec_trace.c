/* The interpreter once more, with a look at every step: the same bodies, compiled apart, so that
 * tracing costs nothing when it is off. */
#include <string.h>

#include "vm/machine/run.h"
#include "vm/num/num.h"

static void tell(pl_machine *m, const pl_step *ip, uint64_t gas)
{
    const pl_frame *const frame = pl_top_frame(m);
    const pl_contract *const contract = pl_top_activation(m)->contract;
    const pl_trace_step step = {
        .contract = contract->number,
        .function = (uint32_t)(frame->function - contract->code->functions),
        .instruction = (uint32_t)(ip - frame->function->steps),
        .depth = m->depth,
        .gas_left = gas,
        .registers = frame->base,
    };
    m->trace(m->trace_context, &step);
}

#include "vm/machine/bodies.inc"

#define LOOP        pl_exec_loop_traced
#define BEFORE_STEP tell(m, ip, gas)
#include "vm/machine/exec_plain.inc"

void pl_machine_trace(pl_machine *machine, pl_trace_sink sink, void *context)
{
    machine->trace = sink;
    machine->trace_context = context;
}
