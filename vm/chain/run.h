/* The three things that happen inside a block, in their order; each appends its receipts.
 * Every function returns PL_OK or a FAULT: what an input or a contract does wrong is in a receipt.
 */
#ifndef PL_CHAIN_RUN_H
#define PL_CHAIN_RUN_H

#include "vm/chain/chain.h"

/* One block on its way. */
typedef struct pl_run {
    pl_chain *chain;
    pl_block *block;
    pl_block_result *result; /* counts are kept here */
    pl_replay_options options;
    const pl_trial *trial; /* NULL: what is accepted stays */
    const pl_ahead *ahead; /* about this very block, or NULL */
} pl_run;

/* The checks of spec 06 §3 in their order, but for the nonce: they depend on nothing but the world
 * and the bytes. keys may be NULL; skip_signature: benchmarks only. Returns PL_OK or a REJECT. */
PL_MUST_USE pl_status pl_tx_check(const pl_world *world, const pl_tx *tx, const uint8_t *bytes,
                                  pl_keys *keys, bool skip_signature);

PL_MUST_USE pl_status pl_run_reports(pl_run *run);
PL_MUST_USE pl_status pl_run_transactions(pl_run *run);
PL_MUST_USE pl_status pl_run_hooks(pl_run *run);

#endif
