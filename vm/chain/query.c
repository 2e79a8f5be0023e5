/* Asking contracts about the current state: queries and invariants. Views and pure functions cannot
 * write (the validator proved it), so no journal is opened and nothing needs undoing. */
#include "vm/chain/chain.h"

#include "vm/base/assume.h"

static pl_status run(pl_outcome *outcome, pl_chain *chain, pl_call *call)
{
    const pl_header *running = chain->running; /* asked in the middle of a block */
    call->height = running != NULL ? running->height : chain->head.height;
    call->time_s = running != NULL ? running->time_s : chain->head.time_s;
    return pl_chain_note(
        chain, pl_machine_run(chain->machine, outcome, chain->door, &chain->linkage, call));
}

pl_status pl_chain_query(pl_outcome *outcome, pl_chain *chain, uint32_t contract, uint32_t function,
                         const uint8_t *caller, uint64_t gas_limit, const uint8_t *arguments,
                         size_t arguments_size)
{
    PL_TRY(chain->fault);
    const pl_code *code = pl_chain_code(chain, contract);
    if (code == NULL) {
        return PL_REJECT_TX_CONTRACT;
    }
    if (function >= code->function_count) {
        return PL_REJECT_TX_FUNCTION;
    }
    const unsigned flags = code->functions[function].flags;
    if ((flags & PL_FUNCTION_PUBLIC) == 0 || (flags & PL_FUNCTION_EFFECT) > PL_EFFECT_VIEW) {
        return PL_REJECT_TX_FUNCTION;
    }
    pl_call call = {.contract = contract,
                    .function = function,
                    .gas_limit = gas_limit,
                    .arguments = arguments,
                    .arguments_size = arguments_size};
    if (caller != NULL) {
        pl_u256_load_be(&call.caller, caller, 32);
    }
    PL_TRY(run(outcome, chain, &call));
    return outcome->status == PL_REJECT_TX_ARGUMENTS ? PL_REJECT_TX_ARGUMENTS : PL_OK;
}

static pl_status run_invariant(pl_invariant_result *result, pl_chain *chain, pl_duty duty)
{
    pl_outcome outcome;
    pl_call call = {.contract = duty.contract,
                    .function = duty.function,
                    .caller = chain->world.contracts[duty.contract - 1].account,
                    .gas_limit = chain->world.hook_gas};
    PL_TRY(run(&outcome, chain, &call));
    PL_ASSERT(outcome.status != PL_OK || outcome.result_size == 1);
    *result = (pl_invariant_result){.contract = duty.contract,
                                    .function = duty.function,
                                    .holds = outcome.status == PL_OK && outcome.result[0] == 1,
                                    .status = outcome.status};
    return PL_OK;
}

pl_status pl_chain_invariants(pl_chain *chain, pl_invariant_sink sink, void *context)
{
    bool all_hold = true;
    PL_TRY(chain->fault);
    for (uint32_t i = 0; i < chain->world.invariant_count; i++) {
        pl_invariant_result result;
        PL_TRY(run_invariant(&result, chain, chain->world.invariants[i]));
        all_hold = all_hold && result.holds;
        if (sink != NULL) {
            sink(context, &result);
        }
    }
    return all_hold ? PL_OK : PL_TRAP_INVARIANT;
}
