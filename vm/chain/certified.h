/* What making and verifying a certificate share. Private to this folder. */
#ifndef PL_CHAIN_CERTIFIED_H
#define PL_CHAIN_CERTIFIED_H

#include "vm/chain/certificate.h"
#include "vm/plimsoll.h"

/* The order of spec 10 §5: moment, contract, function, arguments. -1, 0 or 1 by sign. */
int pl_certified_view_compare(const pl_certified_view *a, const pl_certified_view *b);

/* The moment of a watch, as views name it. */
static inline uint32_t pl_moment_of(uint32_t transaction, bool is_after)
{
    return 2 * transaction + 1 + is_after;
}

/* Asks the view in the state as it is. On output: outcome, whose status and result are the answer.
 * Returns PL_OK, RANGE (what cannot be asked), or a FAULT. */
PL_MUST_USE pl_status pl_certified_view_ask(pl_outcome *outcome, pl_chain *chain,
                                            const pl_certified_view *view);

/* The price of a feed as the store at hand has it; exists false: it has none, or does not tell it.
 * Looking needs nothing of a witness. Returns PL_OK or a FAULT. */
PL_MUST_USE pl_status pl_evidence_price(pl_price *price, pl_chain *chain, uint32_t feed);

/* spec 10 §6: the report is that of the price which the feed has now.
 * On input: block_height, of the certified block; 0 for kind state.
 * Returns PL_OK, EVIDENCE, or a FAULT. */
PL_MUST_USE pl_status pl_evidence_check(pl_chain *chain, const pl_evidence *evidence,
                                        uint64_t block_height);

/* spec 10 §7: after its views hold, and (kind block) the block was replayed. Returns PL_OK or
 * CLAIM. */
PL_MUST_USE pl_status pl_claim_check(const pl_chain *chain, const pl_certificate *certificate,
                                     const pl_block_result *block);

#endif
