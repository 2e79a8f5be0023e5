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
} pl_run;

PL_MUST_USE pl_status pl_run_reports(pl_run *run);
PL_MUST_USE pl_status pl_run_transactions(pl_run *run);
PL_MUST_USE pl_status pl_run_hooks(pl_run *run);

#endif
