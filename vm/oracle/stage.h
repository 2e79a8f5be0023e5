/* What stands between an accepted price and the one that contracts read, as far as it needs no
 * state: when a delayed price moves on, sums and means of prices over time, age. spec 05 §7
 */
#ifndef PL_ORACLE_STAGE_H
#define PL_ORACLE_STAGE_H

#include "vm/oracle/oracle.h"

/* True when something lies between the feed's accepted price and `prices`, or when its reports'
 * order depends on the signer set: then its accepted price has a row of its own. */
bool pl_feed_has_stages(const pl_feed *feed);

/* True when the delay since the last hop is over: now >= hop + delay, which does not wrap. */
static inline bool pl_delay_is_over(uint64_t hop_s, uint64_t now_s, uint32_t delay_s)
{
    return now_s >= hop_s && now_s - hop_s >= delay_s;
}

/* The hop that a block at this time makes: the last multiple of the delay, which is not 0. */
static inline uint64_t pl_delay_hop(uint64_t now_s, uint32_t delay_s)
{
    return now_s - now_s % delay_s;
}

/* *total += price * seconds modulo 2^256. */
void pl_total_add(pl_i256 *total, const pl_i256 *price, uint64_t seconds);

/* *mean = floor((to - from) / seconds), seconds 1..2^32-1: the mean price between two totals. Exact
 * for prices of 224 bits, since the difference of the totals is then below 2^255. */
void pl_total_mean(pl_i256 *mean, const pl_i256 *from, const pl_i256 *to, uint64_t seconds);

/* True when the price is older than the heartbeat at this block time; 0: never. A price from the
 * future is not old. */
bool pl_price_is_dead(const pl_price *price, uint64_t now_s, uint64_t heartbeat_s);

#endif
