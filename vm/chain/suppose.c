/* Queries about prices that never were: a door that answers for a few rows of `prices` itself and
 * hands everything else on. Nothing is written: queries cannot. */
#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/chain/chain.h"
#include "vm/state/door_over.h"

typedef struct supposition {
    pl_door_over over;
    uint32_t count;
    uint32_t feeds[PL_SUPPOSED_MAX];
    uint8_t rows[PL_SUPPOSED_MAX][PL_PRICES_ROW_SIZE];
} supposition;

static supposition *of(pl_door *door)
{
    return (supposition *)(void *)door;
}

static pl_status get(pl_door *door, const uint8_t **row, uint32_t table, const uint8_t *key)
{
    supposition *s = of(door);
    if (table == PL_SYSTEM_PRICES) {
        const uint32_t feed = pl_load_u32(key);
        for (uint32_t i = 0; i < s->count; i++) {
            if (s->feeds[i] == feed) {
                *row = s->rows[i];
                return PL_OK;
            }
        }
    }
    return s->over.under->ops->get(s->over.under, row, table, key);
}

static pl_status seek(pl_door *door, bool *found, uint32_t table, uint32_t order, pl_seek mode,
                      uint32_t prefix_size, uint8_t *full_key)
{
    pl_door *under = pl_door_under(door);
    return under->ops->seek(under, found, table, order, mode, prefix_size, full_key);
}

/* The validator proved that what runs behind this door cannot write. */
static pl_status put(pl_door *door, uint32_t table, const uint8_t *key, const uint8_t *row)
{
    (void)door, (void)table, (void)key, (void)row;
    PL_ASSERT(false);
    return PL_FAULT_UNSUPPORTED;
}

static pl_status del(pl_door *door, bool *existed, uint32_t table, const uint8_t *key)
{
    (void)door, (void)existed, (void)table, (void)key;
    PL_ASSERT(false);
    return PL_FAULT_UNSUPPORTED;
}

static pl_status add(supposition *s, pl_chain *chain, const pl_supposed_price *supposed)
{
    pl_price price;
    if (supposed->feed >= chain->world.feed_count) {
        return PL_REJECT_FEED;
    }
    PL_TRY(pl_system_get_price(&price, chain, supposed->feed));
    if (!price.exists) {
        price = (pl_price){.decimals = chain->world.feeds[supposed->feed].decimals,
                           .time_s = chain->head.time_s};
    }
    price.price = supposed->price;
    s->feeds[s->count] = supposed->feed;
    pl_system_price_row(s->rows[s->count++], &price);
    return PL_OK;
}

pl_status pl_chain_query_supposing(pl_outcome *outcome, pl_chain *chain,
                                   const pl_supposed_price *prices, uint32_t price_count,
                                   uint32_t contract, uint32_t function, const uint8_t *caller,
                                   uint64_t gas_limit, const uint8_t *arguments,
                                   size_t arguments_size)
{
    static const pl_door_ops ops = {get,
                                    put,
                                    del,
                                    seek, /* XTRY opens a level of the journal also in views */
                                    pl_door_over_begin,
                                    pl_door_over_commit,
                                    pl_door_over_rollback};
    PL_TRY(chain->fault);
    if (price_count > PL_SUPPOSED_MAX) {
        return PL_REJECT_LIMIT;
    }
    supposition s = {.over = {{&ops}, chain->door}};
    for (uint32_t i = 0; i < price_count; i++) {
        PL_TRY(pl_chain_note(chain, add(&s, chain, &prices[i])));
    }
    chain->door = &s.over.door;
    const pl_status status = pl_chain_query(outcome, chain, contract, function, caller, gas_limit,
                                            arguments, arguments_size);
    chain->door = s.over.under;
    return status;
}
