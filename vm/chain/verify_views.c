#include "vm/chain/verify_views.h"

#include "vm/chain/chain.h"

static void step(pl_asking *asking)
{
    asking->has_next =
        pl_certificate_view_next(&asking->next, &asking->offset, asking->certificate);
}

void pl_asking_begin(pl_asking *asking, const pl_certificate *certificate, pl_chain *chain)
{
    *asking = (pl_asking){.certificate = certificate, .chain = chain};
    step(asking);
}

pl_status pl_asking_check_moments(uint32_t *index, const pl_certificate *certificate,
                                  uint32_t transactions)
{
    pl_certified_view view;
    size_t offset = 0;
    for (uint32_t i = 0; pl_certificate_view_next(&view, &offset, certificate); i++) {
        if (view.moment > 2 * transactions && view.moment != PL_MOMENT_END) {
            *index = i;
            return PL_REJECT_RANGE;
        }
    }
    return PL_OK;
}

/* Asks one view, and compares. */
static pl_status judge(pl_chain *chain, const pl_certified_view *view)
{
    pl_outcome outcome;
    const pl_status asked = pl_certified_view_ask(&outcome, chain, view);
    if (asked != PL_OK) {
        return pl_is_fault(asked) ? asked : PL_REJECT_VIEW;
    }
    const size_t size = outcome.status == PL_OK ? outcome.result_size : 0;
    const bool agrees = outcome.status == view->status && size == view->result_size &&
                        (size == 0 || memcmp(outcome.result, view->result, size) == 0);
    return agrees ? PL_OK : PL_REJECT_VIEW;
}

/* Judges the views of this moment; after the first that fails they are only passed. */
static void judge_moment(pl_asked *asked, pl_asking *asking, uint32_t moment)
{
    while (asking->has_next && asking->next.moment == moment) {
        if (asked->status == PL_OK) {
            asked->status = judge(asking->chain, &asking->next);
            asked->index = asking->index;
        }
        asking->index++;
        step(asking);
    }
}

pl_status pl_asking_before(pl_asking *asking)
{
    pl_chain *chain = asking->chain;
    judge_moment(&asking->before, asking, PL_MOMENT_BASE);
    if (asking->before.status == PL_FAULT_WITNESS) {
        /* Only reading failed. The levels that its view had open, by trying calls, are closed, and
         * the block goes its way. A view wrote nothing: there is nothing to undo that could fail.
         */
        while (pl_store_depth(chain->store) > 0) {
            PL_SURE(chain->door->ops->rollback(chain->door));
        }
        chain->fault = PL_OK;
        return PL_OK;
    }
    return pl_is_fault(asking->before.status) ? asking->before.status : PL_OK;
}

void pl_asking_at(void *context, pl_chain *chain, uint32_t transaction, bool is_after)
{
    pl_asking *asking = context;
    judge_moment(&asking->inside, asking, pl_moment_of(transaction, is_after));
    if (asking->inside.status != PL_OK) {
        chain->fault = PL_FAULT_UNSUPPORTED; /* nothing after it counts */
    }
}

pl_status pl_asking_end(uint32_t *index, pl_asking *asking)
{
    pl_asked *asked = &asking->before;
    judge_moment(asked, asking, PL_MOMENT_END);
    *index = asked->status == PL_OK ? PL_NONE : asked->index;
    return asked->status;
}
