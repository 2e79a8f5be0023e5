/* A growing array of equal items in chunks of the caller's memory. Items never move, are named by a
 * 32-bit number, and go back to a free list, from which they are reused first.
 *
 * Chunk c holds PL_POOL_FIRST * 2^c items, so that item i + PL_POOL_FIRST stands in the chunk of its
 * highest bit: finding it costs a bit scan and no directory. */
#ifndef PL_BASE_POOL_H
#define PL_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "vm/base/assume.h"
#include "vm/base/error.h"
#include "vm/base/memory.h"

#define PL_POOL_FIRST_BITS 6u
#define PL_POOL_FIRST (1u << PL_POOL_FIRST_BITS)
#define PL_POOL_CHUNKS 25u /* 2^31 - 64 items: the top bit of a number stays free for the user */
#define PL_POOL_ALIGNMENT 64u

/* Fields are private. */
typedef struct pl_pool {
    uint8_t *chunks[PL_POOL_CHUNKS]; /* aligned to a cache line */
    void *blocks[PL_POOL_CHUNKS];    /* as the memory gave them  */
    size_t item_size;
    uint32_t next;      /* items below were handed out at least once */
    uint32_t free_head; /* a free item, whose first four bytes name the next; UINT32_MAX ends */
    uint32_t used;
    pl_memory memory;
} pl_pool;

/* On input: item_size >= 4 and below 2^16. Takes no memory yet. */
void pl_pool_begin(pl_pool *pool, const pl_memory *memory, size_t item_size);

/* Gives all memory back. */
void pl_pool_end(pl_pool *pool);

/* On output: *number names an item whose bytes are undefined. Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status pl_pool_take(pl_pool *pool, uint32_t *number);

void pl_pool_give(pl_pool *pool, uint32_t number);

/* Returns the item's first byte. Items are aligned to the largest power of two, at most 64, that
 * divides their size. */
static inline void *pl_pool_at(const pl_pool *pool, uint32_t number)
{
    const uint32_t place = number + PL_POOL_FIRST;
    const uint32_t chunk = 31u - PL_POOL_FIRST_BITS - (uint32_t)__builtin_clz(place);
    const uint32_t first = PL_POOL_FIRST << chunk;
    return pool->chunks[chunk] + (size_t)(place - first) * pool->item_size;
}

#endif
