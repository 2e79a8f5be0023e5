/* Making a certificate: execute behind a recording door, undo, write down. pl_chain_certify at the
 * end is the table of contents. spec 10 */
#include "vm/base/assume.h"
#include "vm/base/sha256.h"
#include "vm/chain/certified.h"
#include "vm/chain/certify.h"
#include "vm/chain/chain.h"
#include "vm/state/witness.h"

#define VIEW_FIXED_SIZE (4u + 4u + 2u + 2u + 2u + 2u) /* without arguments and result */

/* ---- the request ---- */

/* The path is one: heights and hashes follow from each other. */
static pl_status check_headers(const pl_certify *request)
{
    pl_header last = {0};
    for (uint32_t i = 0; i < request->header_count; i++) {
        pl_header header;
        uint8_t hash[PL_HASH_SIZE];
        PL_TRY(pl_header_decode(&header, request->headers + (size_t)i * PL_HEADER_SIZE));
        if (i > 0 && header.height - 1 != last.height) {
            return PL_REJECT_HEIGHT;
        }
        pl_header_hash(hash, &last);
        if (i > 0 && memcmp(header.parent, hash, sizeof hash) != 0) {
            return PL_REJECT_PARENT;
        }
        last = header;
    }
    return PL_OK;
}

static pl_status check_order(const pl_certify *request)
{
    for (uint32_t i = 1; i < request->view_count; i++) {
        if (pl_certified_view_compare(&request->views[i - 1], &request->views[i]) >= 0) {
            return PL_REJECT_ORDER;
        }
    }
    for (uint32_t i = 1; i < request->evidence_count; i++) {
        if (request->evidence[i - 1].feed >= request->evidence[i].feed) {
            return PL_REJECT_ORDER;
        }
    }
    return PL_OK;
}

static pl_status check_request(const making *m)
{
    const pl_certify *request = m->request;
    if (request->kind == PL_CERTIFIES_BLOCK ? request->block_size < PL_HEADER_SIZE
                                            : request->kind != PL_CERTIFIES_STATE) {
        return PL_REJECT_TYPE;
    }
    if (m->chain->bench != 0) {
        return PL_FAULT_UNSUPPORTED;
    }
    PL_TRY(check_headers(request));
    return check_order(request);
}

/* ---- questions ---- */

/* Appends the view as the certificate holds it. */
static pl_status keep_answer(making *m, const pl_certified_view *view, const pl_outcome *outcome)
{
    const bool ran = outcome->status == PL_OK;
    const size_t result_size = ran ? outcome->result_size : 0;
    const size_t size = VIEW_FIXED_SIZE + view->arguments_size + result_size;
    uint8_t *room;
    PL_ASSERT(result_size <= UINT16_MAX); /* PL_RESULTS_MAX words */
    PL_TRY(pl_buffer_append(&m->views, &room, &m->chain->memory, size));
    pl_writer writer = pl_writer_of(room, size);
    pl_writer_u32(&writer, view->moment);
    pl_writer_u32(&writer, view->contract);
    pl_writer_u16(&writer, view->function);
    pl_writer_u16(&writer, view->arguments_size);
    pl_writer_bytes(&writer, view->arguments, view->arguments_size);
    pl_writer_u16(&writer, (uint16_t)outcome->status);
    pl_writer_u16(&writer, (uint16_t)result_size);
    pl_writer_bytes(&writer, outcome->result, result_size);
    return PL_OK;
}

/* Asks every view of this moment; they stand in the order of moments. */
static pl_status ask(making *m, uint32_t moment)
{
    const pl_certify *request = m->request;
    while (m->next < request->view_count && request->views[m->next].moment == moment) {
        pl_outcome outcome;
        const pl_certified_view *view = &request->views[m->next];
        PL_TRY(pl_certified_view_ask(&outcome, m->chain, view));
        PL_TRY(keep_answer(m, view, &outcome));
        m->next++;
    }
    return PL_OK;
}

static void ask_at(void *context, pl_chain *chain, uint32_t transaction, bool is_after)
{
    making *m = context;
    (void)chain;
    if (m->status == PL_OK) {
        m->status = ask(m, pl_moment_of(transaction, is_after));
    }
}

/* ---- the end of the execution ---- */

/* Which of the reports are those of prices that are there. */
static pl_status judge_evidence(making *m, uint64_t block_height)
{
    for (uint32_t i = 0; i < m->request->evidence_count; i++) {
        const pl_status status =
            pl_evidence_check(m->chain, &m->request->evidence[i], block_height);
        if (pl_is_fault(status)) {
            return status;
        }
        m->marks[i] = status == PL_OK ? PL_EVIDENCE_HOLDS : 0;
    }
    return PL_OK;
}

static pl_status finish(making *m, uint64_t block_height)
{
    PL_TRY(m->status);
    PL_TRY(ask(m, PL_MOMENT_END));
    if (m->next < m->request->view_count) {
        return PL_REJECT_RANGE; /* a moment that the block does not have */
    }
    return judge_evidence(m, block_height);
}

static pl_status at_end(void *context, pl_chain *chain)
{
    making *m = context;
    PL_TRY(finish(m, chain->head.height));
    return m->recorder == NULL ? PL_OK : pl_recorder_note_end(m->recorder);
}

static pl_status execute(making *m)
{
    pl_block_result result;
    const pl_watch watch = {.context = m, .moment = ask_at};
    const pl_replay_options options = {.watch = &watch};
    const pl_trial trial = {m, at_end};
    uint8_t root[PL_HASH_SIZE];
    PL_TRY(pl_store_root(m->chain->store, root)); /* the witness is that of the tree as it stands */
    if (m->request->kind == PL_CERTIFIES_STATE) {
        m->height = m->chain->head.height;
        return finish(m, 0);
    }
    m->height = m->chain->head.height + 1;
    PL_TRY(ask(m, PL_MOMENT_BASE));
    return pl_chain_try_block(&result, m->chain, m->request->block, m->request->block_size,
                              &options, &trial);
}

/* ---- the whole ---- */

static pl_status record(pl_certified *made, making *m)
{
    pl_chain *chain = m->chain;
    pl_door *const door = chain->door;
    if (chain->head.height > 0) { /* the genesis state needs no witness: the world tells it */
        PL_TRY(pl_recorder_create(&m->recorder, chain->store, &chain->memory));
        chain->door = pl_recorder_door(m->recorder);
    }
    const pl_status status = execute(m);
    chain->door = door;
    PL_TRY(pl_chain_note(chain, status));
    return pl_certified_write(made, m);
}

pl_status pl_chain_certify(pl_certified *made, pl_chain *chain, const pl_certify *request)
{
    *made = (pl_certified){0};
    PL_TRY(chain->fault);
    making m = {.chain = chain, .request = request};
    PL_TRY(check_request(&m));
    const size_t marks_size = (size_t)request->evidence_count + 1;
    m.marks = chain->memory.take(chain->memory.context, marks_size);
    if (m.marks == NULL) {
        return PL_FAULT_MEMORY;
    }
    const pl_status status = record(made, &m);
    pl_recorder_free(m.recorder);
    pl_buffer_free(&m.views, &chain->memory);
    chain->memory.give(chain->memory.context, m.marks, marks_size);
    return status;
}

void pl_certified_free(pl_certified *made, pl_chain *chain)
{
    if (made->bytes != NULL) {
        chain->memory.give(chain->memory.context, made->bytes, made->capacity);
    }
    *made = (pl_certified){0};
}
