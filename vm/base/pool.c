#include "vm/base/pool.h"

#include <string.h>

void pl_pool_begin(pl_pool *pool, const pl_memory *memory, size_t item_size)
{
    PL_ASSERT(item_size >= sizeof(uint32_t));
    PL_ASSERT(item_size < 1u << 16);
    *pool = (pl_pool){.item_size = item_size, .next = PL_POOL_FIRST, .memory = *memory};
}

/* A block of memory: the address of the block before, then, aligned, the items of a chunk. */
#define BESIDE_ITEMS (sizeof(void *) + PL_POOL_ALIGNMENT)

static size_t block_size(const pl_pool *pool, unsigned chunk)
{
    return pl_pool_chunk_items(chunk) * pool->item_size + BESIDE_ITEMS;
}

void pl_pool_end(pl_pool *pool)
{
    for (unsigned chunk = pool->chunks; chunk-- > 0;) {
        void *const block = pool->newest;
        memcpy(&pool->newest, block, sizeof pool->newest);
        pool->memory.give(pool->memory.context, block, block_size(pool, chunk));
    }
    const pl_memory memory = pool->memory;
    pl_pool_begin(pool, &memory, pool->item_size);
}

/* Takes the memory of the chunk that begins with the number `first`, and aligns its start. */
static pl_status grow(pl_pool *pool, uint32_t first)
{
    const unsigned chunk = pl_pool_chunk(first);
    if (chunk >= PL_POOL_CHUNKS ||
        pl_pool_chunk_items(chunk) > (SIZE_MAX - BESIDE_ITEMS) / pool->item_size) {
        return PL_FAULT_MEMORY;
    }
    void *block = pool->memory.take(pool->memory.context, block_size(pool, chunk));
    if (block == NULL) {
        return PL_FAULT_MEMORY;
    }
    memcpy(block, &pool->newest, sizeof pool->newest);
    const uintptr_t behind = (uintptr_t)block + sizeof pool->newest + PL_POOL_ALIGNMENT - 1;
    const uintptr_t start = behind - behind % PL_POOL_ALIGNMENT;
    PL_ASSERT(chunk == pool->chunks);
    pool->chunks++;
    pool->newest = block;
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
