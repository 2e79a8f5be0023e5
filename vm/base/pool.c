#include "vm/base/pool.h"

#include <string.h>

void pl_pool_begin(pl_pool *pool, const pl_memory *memory, size_t item_size)
{
    PL_ASSERT(item_size >= sizeof(uint32_t));
    PL_ASSERT(item_size < 1u << 16);
    *pool = (pl_pool){.item_size = item_size, .next = PL_POOL_FIRST, .memory = *memory};
}

static size_t block_size(const pl_pool *pool, unsigned chunk)
{
    return pl_pool_chunk_items(chunk) * pool->item_size + PL_POOL_ALIGNMENT;
}

/* Returns the first number of a chunk. */
static uint32_t first_of(unsigned chunk)
{
    return (4 + chunk % 4) << (chunk / 4 + PL_POOL_FIRST_BIT - 2);
}

void pl_pool_end(pl_pool *pool)
{
    for (unsigned chunk = 0; chunk < pool->chunks; chunk++) {
        const uintptr_t start = (uintptr_t)pl_pool_at(pool, first_of(chunk), pool->item_size);
        pool->memory.give(pool->memory.context, (void *)(start - pool->skipped[chunk]),
                          block_size(pool, chunk));
    }
    const pl_memory memory = pool->memory;
    pl_pool_begin(pool, &memory, pool->item_size);
}

/* Takes the memory of the chunk that begins with the number `first`, and aligns its start. */
static pl_status grow(pl_pool *pool, uint32_t first)
{
    const unsigned chunk = pl_pool_chunk(first);
    if (chunk >= PL_POOL_CHUNKS ||
        pl_pool_chunk_items(chunk) > (SIZE_MAX - PL_POOL_ALIGNMENT) / pool->item_size) {
        return PL_FAULT_MEMORY;
    }
    void *block = pool->memory.take(pool->memory.context, block_size(pool, chunk));
    if (block == NULL) {
        return PL_FAULT_MEMORY;
    }
    const uintptr_t excess = (uintptr_t)block % PL_POOL_ALIGNMENT;
    const uintptr_t start = (uintptr_t)block + (excess == 0 ? 0 : PL_POOL_ALIGNMENT - excess);
    PL_ASSERT(chunk == pool->chunks);
    pool->chunks++;
    pool->skipped[chunk] = (uint8_t)(start - (uintptr_t)block);
    pool->origins[chunk] = start - first * pool->item_size; /* may wrap around, and back */
    return PL_OK;
}

pl_status pl_pool_take(pl_pool *pool, uint32_t *number)
{
    if (pool->free_head != 0) {
        *number = pool->free_head;
        memcpy(&pool->free_head, pl_pool_at(pool, *number, pool->item_size), sizeof(uint32_t));
    } else {
        if (pool->next % pl_pool_chunk_items(pl_pool_chunk(pool->next)) == 0) {
            PL_TRY(grow(pool, pool->next)); /* it is the first of its chunk */
        }
        *number = pool->next++;
    }
    pool->used++;
    return PL_OK;
}

void pl_pool_give(pl_pool *pool, uint32_t number)
{
    PL_ASSERT(number >= PL_POOL_FIRST);
    PL_ASSERT(number < pool->next);
    memcpy(pl_pool_at(pool, number, pool->item_size), &pool->free_head, sizeof(uint32_t));
    pool->free_head = number;
    pool->used--;
}
