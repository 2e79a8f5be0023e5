/* The feeds of a world: their part of spec 06 §1. */
#ifndef PL_CHAIN_WORLD_FEEDS_H
#define PL_CHAIN_WORLD_FEEDS_H

#include "vm/base/bytes.h"
#include "vm/base/memory.h"
#include "vm/oracle/oracle.h"

/* Takes a feed from after its name to before its note; world_format 1 or 2. On output: *feed, whose
 * sets and keys come from memory and are given back by pl_world_feed_free also when this fails.
 * Returns PL_OK, a REJECT of spec 06 §1 or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status pl_world_feed_take(pl_feed *feed, const pl_memory *memory, pl_reader *reader,
                                         unsigned world_format);

/* The fallback of feeds[number] stands before it, which leaves no circle, and has its decimals.
 * Returns PL_OK, RANGE or DECIMALS. */
PL_MUST_USE pl_status pl_world_fallback_check(const pl_feed *feeds, uint32_t number);

/* True for a feed that world format 1 can say. */
bool pl_world_feed_is_plain(const pl_feed *feed);
void pl_world_feed_free(pl_feed *feed, const pl_memory *memory);

#endif
