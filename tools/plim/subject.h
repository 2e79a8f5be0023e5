/* Whom a transaction is about, and whether an event tells of a liquidation. */
#ifndef PT_PLIM_SUBJECT_H
#define PT_PLIM_SUBJECT_H

#include "vm/plimsoll.h"

/* On output: the account that the call names as its subject (the caller when it names none), and
 * the market it names (0 when none). Whoever only receives something is not the subject. */
void pt_subject_of(uint8_t account[32], uint32_t *market, const pl_chain *chain, const pl_tx *tx);

/* True for the events by which contracts tell of one liquidation. */
bool pt_event_is_liquidation(const pl_code *code, uint32_t event);

#endif
