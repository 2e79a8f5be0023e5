/* The questions of a certificate, asked and compared. Private to this folder. spec 10 §5 */
#ifndef PL_CHAIN_VERIFY_VIEWS_H
#define PL_CHAIN_VERIFY_VIEWS_H

#include "vm/chain/certified.h"

/* The first view that failed: OK, or VIEW or a FAULT, and its number. */
typedef struct pl_asked {
    pl_status status;
    uint32_t index;
} pl_asked;

/* Asking on its way through the moments. */
typedef struct pl_asking {
    const pl_certificate *certificate;
    pl_chain *chain;
    size_t offset; /* behind the next view */
    uint32_t index;
    bool has_next;
    pl_certified_view next;
    pl_asked before, inside;
} pl_asking;

void pl_asking_begin(pl_asking *asking, const pl_certificate *certificate, pl_chain *chain);

/* Returns PL_OK, or RANGE for a moment that a block of so many transactions does not have; then
 * *index is the view. */
PL_MUST_USE pl_status pl_asking_check_moments(uint32_t *index, const pl_certificate *certificate,
                                              uint32_t transactions);

/* The views of moment 0. What is wrong with them is kept for pl_asking_end: the block is judged
 * first. Returns PL_OK or a FAULT that is none of the witness. */
PL_MUST_USE pl_status pl_asking_before(pl_asking *asking);

/* For a pl_watch: those inside the block. The first that fails stands in asking->inside, and ends
 * the block. */
void pl_asking_at(void *context, pl_chain *chain, uint32_t transaction, bool is_after);

/* Those at the end. Returns PL_OK, VIEW or a FAULT, also of those before; then *index is the view.
 */
PL_MUST_USE pl_status pl_asking_end(uint32_t *index, pl_asking *asking);

#endif
