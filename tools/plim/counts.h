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

/* Adds the counts of a part to the sum of those before it, both of one comparison. The first
 * difference and broken invariant are those of the earliest part that has one. */
void pt_counts_add(pt_verdict *sum, const pt_verdict *part);

/* One difference by itself; get fails the reader when the bytes are of another shape. */
void pt_counts_put_difference(pt_bytes *bytes, const pt_difference *difference);
void pt_counts_get_difference(pt_difference *difference, pt_reader *reader);

#endif
