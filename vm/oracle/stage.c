/* Delay, mean and age: the arithmetic of spec 05 §7. */
#include "vm/oracle/stage.h"

#include "vm/base/assume.h"

bool pl_feed_has_stages(const pl_feed *feed)
{
    return feed->delay_s > 0 || feed->twap_s > 0 || feed->heartbeat_s > 0 ||
           feed->fallback != PL_NO_FEED || feed->set_count > 1;
}

void pl_total_add(pl_i256 *total, const pl_i256 *price, uint64_t seconds)
{
    const pl_i256 time = pl_u256_from_u64(seconds);
    pl_i256 part;
    pl_i256_mul_wrap(&part, price, &time);
    pl_i256_add_wrap(total, total, &part);
}

void pl_total_mean(pl_i256 *mean, const pl_i256 *from, const pl_i256 *to, uint64_t seconds)
{
    PL_ASSERT(seconds > 0 && seconds <= UINT32_MAX);
    const pl_i256 time = pl_u256_from_u64(seconds);
    pl_i256 sum;
    pl_i256_sub_wrap(&sum, to, from);
    const pl_status status = pl_i256_div_floor(mean, &sum, &time);
    PL_ASSERT(status == PL_OK);
}

bool pl_price_is_dead(const pl_price *price, uint64_t now_s, uint64_t heartbeat_s)
{
    return heartbeat_s > 0 && price->time_s < now_s && now_s - price->time_s > heartbeat_s;
}
