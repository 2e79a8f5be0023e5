/* The stages of a feed: accepted -> delay -> mean -> heartbeat -> fallback -> `prices`. settle() is
 * the table of contents; spec 05 §7 has the same lines.
 *
 *     accepted   what the feed took last, and its signer set
 *     next       what was accepted at the last hop, and when that was
 *     current    what `next` held at the hop before: the delayed price
 *     observed   (feed, time) -> the price that holds from then on, and the sum of price * seconds
 *                up to then, modulo 2^256
 *
 * The mean over a window is the difference of two sums, so a block costs the same however many
 * prices the window has. */
#include "vm/chain/feeds.h"

#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/oracle/stage.h"

#define PRUNED_PER_BLOCK 2u /* more than a block adds: what fell out of the window goes away */

/* A feed on its way through the stages of one block. */
typedef struct stages {
    pl_chain *chain;
    const pl_feed *rules;
    uint32_t feed;
    uint64_t height;
    uint64_t time_s;
    pl_price price; /* what the stages so far leave; exists = false: nothing     */
    bool is_new;    /* it holds since this block; otherwise it did in the last one */
} stages;

static pl_status get(const uint8_t **row, pl_chain *chain, uint32_t table, uint32_t feed)
{
    uint8_t key[PL_PRICES_KEY_SIZE];
    pl_store_u32(key, feed);
    return chain->door->ops->get(chain->door, row, table, key);
}

static pl_status put(pl_chain *chain, uint32_t table, uint32_t feed, const uint8_t *row)
{
    uint8_t key[PL_PRICES_KEY_SIZE];
    pl_store_u32(key, feed);
    return chain->door->ops->put(chain->door, table, key, row);
}

/* ---- accepted ---- */

static pl_status get_accepted(pl_price *price, pl_chain *chain, uint32_t feed)
{
    const uint8_t *row;
    PL_TRY(get(&row, chain, PL_SYSTEM_ACCEPTED, feed));
    pl_system_price_load(price, row);
    price->set = row == NULL ? 0 : pl_load_u16(row + PL_ACCEPTED_SET);
    return PL_OK;
}

pl_status pl_feed_last(pl_price *last, pl_chain *chain, uint32_t feed)
{
    return pl_feed_has_stages(&chain->world.feeds[feed]) ? get_accepted(last, chain, feed)
                                                         : pl_system_get_price(last, chain, feed);
}

pl_status pl_feed_accept(pl_chain *chain, uint32_t feed, const pl_price *price)
{
    if (!pl_feed_has_stages(&chain->world.feeds[feed])) {
        return pl_system_put_price(chain, feed, price);
    }
    uint8_t row[PL_ACCEPTED_ROW_SIZE];
    pl_system_price_row(row, price);
    pl_store_u16(row + PL_ACCEPTED_SET, price->set);
    return put(chain, PL_SYSTEM_ACCEPTED, feed, row);
}

/* ---- delay: spec 05 §7.1 ---- */

static pl_status hop(stages *s, const pl_price *next)
{
    uint8_t row[PL_NEXT_ROW_SIZE];
    if (next->exists) {
        pl_system_price_row(row, next);
        PL_TRY(put(s->chain, PL_SYSTEM_CURRENT, s->feed, row));
    }
    pl_system_price_row(row, &s->price);
    pl_store_u64(row + PL_NEXT_HOP, pl_delay_hop(s->time_s, s->rules->delay_s));
    PL_TRY(put(s->chain, PL_SYSTEM_NEXT, s->feed, row));
    s->price = *next;
    s->is_new = next->exists;
    return PL_OK;
}

static pl_status delay(stages *s)
{
    if (s->rules->delay_s == 0 || !s->price.exists) {
        return PL_OK;
    }
    const uint8_t *row;
    pl_price next;
    PL_TRY(get(&row, s->chain, PL_SYSTEM_NEXT, s->feed));
    pl_system_price_load(&next, row);
    if (row == NULL ||
        pl_delay_is_over(pl_load_u64(row + PL_NEXT_HOP), s->time_s, s->rules->delay_s)) {
        return hop(s, &next);
    }
    PL_TRY(get(&row, s->chain, PL_SYSTEM_CURRENT, s->feed));
    pl_system_price_load(&s->price, row);
    s->is_new = false;
    return PL_OK;
}

/* ---- mean: spec 05 §7.2 ---- */

typedef struct observation {
    bool exists;
    uint64_t time_s;
    pl_i256 price;
    pl_i256 total; /* up to time_s */
} observation;

/* The feed's observation nearest to time_s in the mode's direction. */
static pl_status find(observation *found, const stages *s, pl_seek mode, uint64_t time_s)
{
    pl_door *door = s->chain->door;
    uint8_t key[PL_OBSERVED_KEY_SIZE];
    const uint8_t *row;
    pl_store_u32(key, s->feed);
    pl_store_u64(key + PL_OBSERVED_TIME, time_s);
    PL_TRY(
        door->ops->seek(door, &found->exists, PL_SYSTEM_OBSERVED, 0, mode, PL_OBSERVED_TIME, key));
    if (!found->exists) {
        return PL_OK;
    }
    found->time_s = pl_load_u64(key + PL_OBSERVED_TIME);
    PL_TRY(door->ops->get(door, &row, PL_SYSTEM_OBSERVED, key));
    PL_ASSERT(row != NULL);
    pl_i256_load_be(&found->price, row + PL_OBSERVED_PRICE, 32);
    pl_i256_load_be(&found->total, row + PL_OBSERVED_TOTAL, 32);
    return PL_OK;
}

/* The total at a time that this observation holds for. */
static pl_i256 total_at(const observation *holds, uint64_t time_s)
{
    pl_i256 total = holds->total;
    PL_ASSERT(holds->time_s <= time_s);
    pl_total_add(&total, &holds->price, time_s - holds->time_s);
    return total;
}

static pl_status observe(const stages *s)
{
    uint8_t key[PL_OBSERVED_KEY_SIZE], row[PL_OBSERVED_ROW_SIZE];
    observation last;
    PL_TRY(find(&last, s, PL_SEEK_LE, s->time_s));
    const pl_i256 total = last.exists ? total_at(&last, s->time_s) : pl_i256_from_i64(0);
    pl_store_u32(key, s->feed);
    pl_store_u64(key + PL_OBSERVED_TIME, s->time_s);
    pl_u256_store_low_be(row + PL_OBSERVED_PRICE, 32, &s->price.price);
    pl_u256_store_low_be(row + PL_OBSERVED_TOTAL, 32, &total);
    return s->chain->door->ops->put(s->chain->door, PL_SYSTEM_OBSERVED, key, row);
}

/* Removes what no window will ask for: an observation whose follower is at or before the start. */
static pl_status prune(const stages *s, uint64_t start_s)
{
    pl_door *door = s->chain->door;
    for (unsigned i = 0; i < PRUNED_PER_BLOCK; i++) {
        uint8_t key[PL_OBSERVED_KEY_SIZE];
        observation oldest, follower = {0};
        bool existed;
        PL_TRY(find(&oldest, s, PL_SEEK_GE, 0));
        if (oldest.exists) {
            PL_TRY(find(&follower, s, PL_SEEK_GT, oldest.time_s));
        }
        if (!follower.exists || follower.time_s > start_s) {
            return PL_OK;
        }
        pl_store_u32(key, s->feed);
        pl_store_u64(key + PL_OBSERVED_TIME, oldest.time_s);
        PL_TRY(door->ops->del(door, &existed, PL_SYSTEM_OBSERVED, key));
    }
    return PL_OK;
}

static pl_status mean(stages *s)
{
    if (s->rules->twap_s == 0 || !s->price.exists) {
        return PL_OK;
    }
    observation first, last;
    uint64_t start_s = s->time_s > s->rules->twap_s ? s->time_s - s->rules->twap_s : 0;
    if (s->is_new) {
        PL_TRY(observe(s));
    }
    PL_TRY(prune(s, start_s));
    PL_TRY(find(&last, s, PL_SEEK_LE, s->time_s));
    if (!last.exists) { /* rows of a checkpoint that somebody made up */
        return PL_OK;
    }
    PL_TRY(find(&first, s, PL_SEEK_LE, start_s));
    if (!first.exists) { /* the window is not full yet */
        PL_TRY(find(&first, s, PL_SEEK_GE, start_s));
        start_s = first.time_s;
    }
    PL_ASSERT(first.exists);   /* at the latest it is `last` */
    if (start_s < s->time_s) { /* otherwise nothing has lasted yet: the price itself */
        const pl_i256 from = total_at(&first, start_s), to = total_at(&last, s->time_s);
        pl_total_mean(&s->price.price, &from, &to, s->time_s - start_s);
    }
    return PL_OK;
}

/* ---- the end ---- */

static pl_status fall_back(stages *s)
{
    if (s->price.exists || s->rules->fallback == PL_NO_FEED) {
        return PL_OK;
    }
    return pl_system_get_price(&s->price, s->chain, s->rules->fallback);
}

static pl_status publish(const stages *s)
{
    if (s->price.exists) {
        return pl_system_put_price(s->chain, s->feed, &s->price);
    }
    uint8_t key[PL_PRICES_KEY_SIZE];
    const uint8_t *row;
    bool existed;
    PL_TRY(get(&row, s->chain, PL_SYSTEM_PRICES, s->feed));
    if (row == NULL) {
        return PL_OK;
    }
    pl_store_u32(key, s->feed);
    return s->chain->door->ops->del(s->chain->door, &existed, PL_SYSTEM_PRICES, key);
}

static pl_status settle(stages *s)
{
    PL_TRY(get_accepted(&s->price, s->chain, s->feed));
    s->is_new = s->price.exists && s->price.height == s->height;
    PL_TRY(delay(s));
    PL_TRY(mean(s));
    if (s->price.exists && pl_price_is_dead(&s->price, s->time_s, s->rules->heartbeat_s)) {
        s->price.exists = false;
    }
    PL_TRY(fall_back(s));
    return publish(s);
}

pl_status pl_feeds_settle(pl_chain *chain, uint64_t height, uint64_t time_s)
{
    const pl_world *world = &chain->world;
    for (uint32_t i = 0; i < world->feed_count; i++) {
        if (pl_feed_has_stages(&world->feeds[i])) {
            stages s = {.chain = chain,
                        .rules = &world->feeds[i],
                        .feed = i,
                        .height = height,
                        .time_s = time_s};
            PL_TRY(settle(&s));
        }
    }
    return PL_OK;
}
