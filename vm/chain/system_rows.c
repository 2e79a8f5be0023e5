/* Reading and writing the rows of contract 0. Only the chain writes them; contracts see prices. */
#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/chain/chain.h"

static pl_status put(pl_chain *chain, uint32_t table, const uint8_t *key, const uint8_t *row)
{
    return chain->door->ops->put(chain->door, table, key, row);
}

static pl_status get(const uint8_t **row, pl_chain *chain, uint32_t table, const uint8_t *key)
{
    return chain->door->ops->get(chain->door, row, table, key);
}

pl_status pl_system_put_chain(pl_chain *chain, uint64_t height, uint64_t time_s,
                              const uint8_t *parent)
{
    static const uint8_t no_key[1] = {0};
    uint8_t row[PL_CHAIN_ROW_SIZE];
    memcpy(row + PL_CHAIN_WORLD, chain->world.id, 32);
    pl_store_u64(row + PL_CHAIN_HEIGHT, height);
    pl_store_u64(row + PL_CHAIN_TIME, time_s);
    memcpy(row + PL_CHAIN_PARENT, parent, 32);
    return put(chain, PL_SYSTEM_CHAIN, no_key, row);
}

pl_status pl_system_put_contracts(pl_chain *chain)
{
    for (uint32_t i = 0; i < chain->world.contract_count; i++) {
        const pl_name name = chain->world.contract_names[i];
        uint8_t key[PL_CONTRACTS_KEY_SIZE];
        uint8_t row[PL_CONTRACTS_ROW_SIZE] = {0};
        pl_store_u32(key, i + 1);
        memcpy(row + PL_CONTRACTS_NAME, name.text, name.size);
        memcpy(row + PL_CONTRACTS_CODE, chain->world.codes[i].hash, 32);
        PL_TRY(put(chain, PL_SYSTEM_CONTRACTS, key, row));
    }
    return PL_OK;
}

void pl_system_price_load(pl_price *price, const uint8_t *row)
{
    *price = (pl_price){.exists = row != NULL};
    if (row != NULL) {
        pl_i256_load_be(&price->price, row + PL_PRICES_PRICE, 32);
        price->decimals = row[PL_PRICES_DECIMALS];
        price->time_s = pl_load_u64(row + PL_PRICES_TIME);
        price->round = pl_load_u64(row + PL_PRICES_ROUND);
        price->height = pl_load_u64(row + PL_PRICES_HEIGHT);
    }
}

pl_status pl_system_get_price(pl_price *price, pl_chain *chain, uint32_t feed)
{
    uint8_t key[PL_PRICES_KEY_SIZE];
    const uint8_t *row;
    pl_store_u32(key, feed);
    PL_TRY(get(&row, chain, PL_SYSTEM_PRICES, key));
    pl_system_price_load(price, row);
    return PL_OK;
}

void pl_system_price_row(uint8_t *row, const pl_price *price)
{
    const pl_status fits = pl_i256_store_be(row + PL_PRICES_PRICE, 32, &price->price);
    PL_ASSERT(fits == PL_OK);
    row[PL_PRICES_DECIMALS] = price->decimals;
    pl_store_u64(row + PL_PRICES_TIME, price->time_s);
    pl_store_u64(row + PL_PRICES_ROUND, price->round);
    pl_store_u64(row + PL_PRICES_HEIGHT, price->height);
}

pl_status pl_system_put_price(pl_chain *chain, uint32_t feed, const pl_price *price)
{
    uint8_t key[PL_PRICES_KEY_SIZE];
    uint8_t row[PL_PRICES_ROW_SIZE];
    pl_store_u32(key, feed);
    pl_system_price_row(row, price);
    return put(chain, PL_SYSTEM_PRICES, key, row);
}

pl_status pl_system_get_nonce(uint64_t *nonce, pl_chain *chain, const uint8_t *account)
{
    const uint8_t *row;
    PL_TRY(get(&row, chain, PL_SYSTEM_NONCES, account));
    *nonce = row == NULL ? 0 : pl_load_u64(row + PL_NONCES_NONCE);
    return PL_OK;
}

pl_status pl_system_put_nonce(pl_chain *chain, const uint8_t *account, uint64_t nonce)
{
    uint8_t row[PL_NONCES_ROW_SIZE];
    pl_store_u64(row + PL_NONCES_NONCE, nonce);
    return put(chain, PL_SYSTEM_NONCES, account, row);
}
