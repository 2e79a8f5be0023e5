/* Facts about a chain as JSON, for plim show. json_decref what comes back. */
#ifndef PT_PLIM_FACTS_H
#define PT_PLIM_FACTS_H

#include <jansson.h>

#include "tools/plim/run.h"

/* World, head, prices. */
json_t *pt_facts_summary(pl_chain *chain);

/* {"contract.table": [rows]}; table NULL: all of them. */
json_t *pt_facts_state(pl_chain *chain, const char *table);

/* A label, or the symbol itself, or 0x and 64 digits. Errors: PT_INPUT for a name no row or label
 * has. */
pt_exit pt_facts_find_account(uint8_t account[32], const pl_chain *chain, const char *name,
                              pt_report *report);

/* The rows that have the account in their key, and the views that take one account. */
json_t *pt_facts_account(pl_chain *chain, const uint8_t account[32]);

/* Header, transactions and receipts of a replayed block; index: one receipt, or UINT64_MAX for all.
 */
pt_exit pt_facts_block(json_t **facts, pl_chain *chain, const pl_block_result *result,
                       uint64_t index, pt_report *report);

#endif
