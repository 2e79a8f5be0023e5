#include "vm/base/pool.h"

#include <string.h>

#define NONE UINT32_MAX

void pl_pool_begin(pl_pool *pool, const pl_memory *memory, size_t item_size)
{
    PL_ASSERT(item_size >= sizeof(uint32_t));
    PL_ASSERT(item_size < 1u << 16);
    *pool = (pl_pool){.item_size = item_size, .free_head = NONE, .memory = *memory};
}

static size_t block_size(const pl_pool *pool, uint32_t chunk)
{
    return ((size_t)PL_POOL_FIRST << chunk) * pool->item_size + PL_POOL_ALIGNMENT;
}

void pl_pool_end(pl_pool *pool)
{
    for (uint32_t chunk = 0; chunk < PL_POOL_CHUNKS; chunk++) {
        if (pool->blocks[chunk] != NULL) {
            pool->memory.give(pool->memory.context, pool->blocks[chunk], block_size(pool, chunk));
        }
    }
    *pool = (pl_pool){.item_size = pool->item_size, .free_head = NONE, .memory = pool->memory};
}

/* Takes the memory of one more chunk and aligns its start. */
static pl_status grow(pl_pool *pool, uint32_t chunk)
{
    const size_t items = (size_t)PL_POOL_FIRST << chunk;
    if (chunk >= PL_POOL_CHUNKS || items > (SIZE_MAX - PL_POOL_ALIGNMENT) / pool->item_size) {
        return PL_FAULT_MEMORY;
    }
    uint8_t *block = pool->memory.take(pool->memory.context, block_size(pool, chunk));
    if (block == NULL) {
        return PL_FAULT_MEMORY;
    }
    const uintptr_t excess = (uintptr_t)block % PL_POOL_ALIGNMENT;
    pool->blocks[chunk] = block;
    pool->chunks[chunk] = block + (excess == 0 ? 0 : PL_POOL_ALIGNMENT - excess);
    return PL_OK;
}

pl_status pl_pool_take(pl_pool *pool, uint32_t *number)
{
    if (pool->free_head != NONE) {
        *number = pool->free_head;
        memcpy(&pool->free_head, pl_pool_at(pool, *number), sizeof pool->free_head);
    } else {
        const uint32_t place = pool->next + PL_POOL_FIRST;
        const uint32_t chunk = 31u - PL_POOL_FIRST_BITS - (uint32_t)__builtin_clz(place);
        if ((place & (place - 1)) == 0) { /* the first item of its chunk */
            PL_TRY(grow(pool, chunk));
        }
        *number = pool->next++;
    }
    pool->used++;
    return PL_OK;
}

void pl_pool_give(pl_pool *pool, uint32_t number)
{
    PL_ASSERT(number < pool->next);
    memcpy(pl_pool_at(pool, number), &pool->free_head, sizeof pool->free_head);
    pool->free_head = number;
    pool->used--;
}
