/* Entering and leaving contracts, and what leaves them: results, events, reverts. */
#include "vm/base/bytes.h"
#include "vm/machine/run.h"

/* ---- borders between contracts -----------------------------------------------------------------
 */

/* spec 02 §5: class, size and whether it is an enum's index, not which enum. */
static bool types_equal(const pl_field *a, uint32_t a_count, const pl_field *b, uint32_t b_count)
{
    if (a_count != b_count) {
        return false;
    }
    for (uint32_t i = 0; i < a_count; i++) {
        if (a[i].type.class != b[i].type.class || a[i].type.size != b[i].type.size) {
            return false;
        }
    }
    return true;
}

static const pl_function *resolve(const pl_code *code, const pl_import *import)
{
    for (uint32_t i = 0; i < code->function_count; i++) {
        const pl_function *const f = &code->functions[i];
        if (f->name.size == import->name.size && (f->flags & PL_FUNCTION_PUBLIC) != 0 &&
            memcmp(f->name.text, import->name.text, f->name.size) == 0 &&
            types_equal(f->parameters, f->parameter_count, import->parameters,
                        import->parameter_count) &&
            types_equal(f->results, f->result_count, import->results, import->result_count)) {
            return f;
        }
    }
    return NULL;
}

/* resolve, remembered for the rest of the run. */
static const pl_function *resolve_once(pl_machine *m, const pl_contract *contract,
                                       const pl_contract *from, const pl_import *import)
{
    pl_resolved *const known =
        &m->resolved[(size_t)(import - from->code->imports) % PL_RESOLVED_COUNT];
    if (known->run != m->run || known->import != import || known->code != contract->code) {
        *known = (pl_resolved){m->run, import, contract->code, resolve(contract->code, import)};
    }
    return known->function;
}

static bool is_running(const pl_machine *m, const pl_contract *contract)
{
    for (uint32_t i = 0; i < m->activation_count; i++) {
        if (m->activations[i].contract == contract) {
            return true;
        }
    }
    return false;
}

static pl_status values_fit(const pl_code *code, const pl_field *fields, uint32_t count,
                            const pl_register *r)
{
    for (uint32_t i = 0; i < count; i++) {
        PL_TRY(pl_value_fits(fields[i].type, pl_type_variants(code, fields[i].type), &r[i]));
    }
    return PL_OK;
}

static pl_status find_callee(const pl_contract **contract, const pl_function **function,
                             pl_machine *m, uint64_t number, const pl_contract *from,
                             const pl_import *import)
{
    if (number == 0 || number > m->linkage->contract_count) {
        return PL_TRAP_NO_CONTRACT;
    }
    *contract = &m->linkage->contracts[number - 1];
    *function = resolve_once(m, *contract, from, import);
    if (*function == NULL) {
        return PL_TRAP_NO_FUNCTION;
    }
    if (((*function)->flags & PL_FUNCTION_EFFECT) > import->effect) {
        return PL_TRAP_READ_ONLY;
    }
    if (is_running(m, *contract) && ((*function)->flags & PL_FUNCTION_REENTRANT) == 0) {
        return PL_TRAP_REENTRANT;
    }
    return PL_OK;
}

pl_status pl_call_contract(pl_machine *m, const pl_step *ip, pl_border border)
{
    pl_frame *const caller = pl_top_frame(m);
    const pl_contract *const from = pl_top_activation(m)->contract;
    const pl_import *const import = &from->code->imports[ip->b];
    const pl_register *const arguments = pl_at(caller->base, ip->c);
    const pl_contract *to;
    const pl_function *function;
    PL_TRY(find_callee(&to, &function, m, pl_at(caller->base, ip->a)->n, from, import));
    PL_TRY(values_fit(from->code, import->parameters, import->parameter_count, arguments));
    PL_TRY(values_fit(to->code, function->parameters, function->parameter_count, arguments));
    PL_TRY(pl_frame_push(m, function, border, pl_frame_end(caller)));
    if (border == PL_BORDER_TRY) {
        const pl_status begun = m->door->ops->begin(m->door);
        if (begun != PL_OK) {
            m->depth--;
            return begun;
        }
    }
    caller->ip = ip;
    pl_registers_copy((pl_register *)(void *)caller[1].base, arguments, function->parameter_count);
    m->activations[m->activation_count++] =
        (pl_activation){to, &from->account, import, m->event_count, m->events_size};
    return PL_OK;
}

/* ---- leaving ----------------------------------------------------------------------------- */

static pl_status return_to_outside(pl_machine *m, const pl_register *results)
{
    const pl_function *const function = pl_top_frame(m)->function;
    PL_TRY(pl_fields_store(m->result, pl_top_code(m), function->results, function->result_count,
                           results));
    m->outcome->result = m->result;
    m->outcome->result_size = pl_fields_size(function->results, function->result_count);
    m->depth = 0;
    m->activation_count = 0;
    return PL_OK;
}

static pl_status return_to_contract(pl_machine *m, const pl_register *results)
{
    const pl_frame *const frame = pl_top_frame(m);
    const pl_frame *const caller = frame - 1;
    const pl_activation *const callee = pl_top_activation(m);
    const uint32_t count = frame->function->result_count;
    pl_register *to = pl_at(caller->base, caller->ip->d);
    PL_TRY(values_fit(callee->contract->code, frame->function->results, count, results));
    PL_TRY(values_fit(callee[-1].contract->code, callee->import->results, count, results));
    if (frame->border == PL_BORDER_TRY) {
        PL_TRY(m->door->ops->commit(m->door));
        to->n = 0;
        to++;
    }
    pl_registers_copy(to, results, count);
    m->activation_count--;
    m->depth--;
    return PL_OK;
}

pl_status pl_call_return(pl_machine *m, const pl_step *ip)
{
    const pl_frame *const frame = pl_top_frame(m);
    const pl_register *const results = pl_at(frame->base, ip->a);
    return frame->border == PL_BORDER_ENTRY ? return_to_outside(m, results)
                                            : return_to_contract(m, results);
}

void pl_call_failed(pl_machine *m, const pl_step *ip, pl_status trap)
{
    const pl_import *const import = &pl_top_code(m)->imports[ip->b];
    pl_register *const to = pl_at(pl_top_frame(m)->base, ip->d);
    to->n = (uint64_t)trap;
    for (uint32_t i = 1; i <= import->result_count; i++) {
        to[i].w = pl_u256_zero();
    }
}

static void note_trap(pl_machine *m, const pl_step *ip)
{
    const pl_function *const function = pl_top_frame(m)->function;
    m->outcome->trap_contract = pl_top_activation(m)->contract->number;
    m->outcome->trap_function = (uint32_t)(function - pl_top_code(m)->functions);
    m->outcome->trap_instruction = (uint32_t)(ip - function->steps);
}

pl_status pl_call_unwind(pl_machine *m, bool *caught, const pl_step *ip, pl_status trap)
{
    note_trap(m, ip);
    *caught = false;
    while (m->depth != 0 && !*caught) {
        const pl_border border = pl_top_frame(m)->border;
        const pl_activation *const activation = pl_top_activation(m);
        m->depth--;
        if (border == PL_BORDER_TRY) {
            m->event_count = activation->event_count;
            m->events_size = activation->events_size;
            PL_TRY(m->door->ops->rollback(m->door));
            *caught = trap != PL_TRAP_OUT_OF_GAS;
        }
        if (border != PL_BORDER_NONE) {
            m->activation_count--;
        }
    }
    if (*caught) {
        pl_call_failed(m, pl_top_frame(m)->ip, trap);
    }
    return PL_OK;
}

/* ---- reverts and events ------------------------------------------------------------------------
 */

pl_status pl_call_revert(pl_machine *m, uint16_t error, const pl_register *arguments)
{
    const pl_code *const code = pl_top_code(m);
    const pl_signature *const signature = &code->errors[error];
    PL_TRY(
        pl_fields_store(m->revert_arguments, code, signature->fields, signature->count, arguments));
    m->outcome->revert_contract = pl_top_activation(m)->contract->number;
    m->outcome->revert_error = error;
    m->outcome->revert_arguments = m->revert_arguments;
    m->outcome->revert_arguments_size = pl_fields_size(signature->fields, signature->count);
    return PL_TRAP_REVERT;
}

/* An event is contract u32 | event u16 | size u32 | arguments. */
pl_status pl_call_emit(pl_machine *m, uint16_t event, const pl_register *arguments)
{
    const pl_code *const code = pl_top_code(m);
    const pl_signature *const signature = &code->events[event];
    uint8_t *const out = m->events + m->events_size;
    if (m->event_count == PL_EVENTS_PER_TX_MAX) {
        return PL_TRAP_EVENT_LIMIT;
    }
    PL_TRY(pl_fields_store(out + PL_EVENT_HEAD_SIZE, code, signature->fields, signature->count,
                           arguments));
    const size_t size = pl_fields_size(signature->fields, signature->count);
    pl_store_u32(out, pl_top_activation(m)->contract->number);
    pl_store_u16(out + 4, event);
    pl_store_u32(out + 6, (uint32_t)size);
    m->events_size += PL_EVENT_HEAD_SIZE + size;
    m->event_count++;
    return PL_OK;
}
