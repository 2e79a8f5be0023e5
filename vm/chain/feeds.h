/* From accepted reports to the prices that contracts read. spec 05 §7 */
#ifndef PL_CHAIN_FEEDS_H
#define PL_CHAIN_FEEDS_H

#include "vm/chain/chain.h"

/* What the feed accepted last: what the next report is measured by. exists = false: nothing yet.
 * Returns PL_OK or a FAULT. */
PL_MUST_USE pl_status pl_feed_last(pl_price *last, pl_chain *chain, uint32_t feed);

/* Keeps an accepted price. A feed without stages has it in `prices` at once.
 * Returns PL_OK or a FAULT. */
PL_MUST_USE pl_status pl_feed_accept(pl_chain *chain, uint32_t feed, const pl_price *price);

/* After the reports of a block, before its transactions: brings every feed with stages to the
 * block's time, in the order of the feeds. Work per feed is bounded: a few rows are read, at most
 * five written. Returns PL_OK or a FAULT. */
PL_MUST_USE pl_status pl_feeds_settle(pl_chain *chain, uint64_t height, uint64_t time_s);

#endif
