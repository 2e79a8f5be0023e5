/* What a replay has counted so far, as bytes: a checkpoint holds the state of the chain, this the
 * rest of what the final result is made of. spec 11 §4 */
#ifndef PT_PLIM_COUNTS_H
#define PT_PLIM_COUNTS_H

#include "tools/plim/verdict.h"

/* Appends the counts of a replay between two blocks, and how long it took so far. */
void pt_counts_put(pt_bytes *bytes, const pt_verdict *verdict, uint64_t elapsed_ms);

/* Sets what put wrote, in a replay whose comparison was just opened. False when the bytes are of
 * another shape; then nothing in the verdict can be relied on. */
bool pt_counts_get(pt_verdict *verdict, uint64_t *elapsed_ms, const uint8_t *bytes, size_t size);

#endif
