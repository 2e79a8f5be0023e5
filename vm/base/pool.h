/* A growing array of equal items in chunks of the caller's memory. Items never move, are named by a
 * 32-bit number that is never 0, and go back to a free list, from which they are reused first.
 *
 * Numbers start at PL_POOL_FIRST. Those with the same highest bit are in four chunks of one size,
 * and the chunk of an item is told by its number's three highest bits: finding an item needs one
 * look into a small table, and at most a fifth of the room is unused. */
#ifndef PL_BASE_POOL_H
#define PL_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "vm/base/assume.h"
#include "vm/base/error.h"
#include "vm/base/memory.h"

#define PL_POOL_FIRST_BIT 6u
#define PL_POOL_FIRST     (1u << PL_POOL_FIRST_BIT)
#define PL_POOL_LAST_BIT  30u /* numbers stay below 2^31: the top bit is free for the user */
#define PL_POOL_CHUNKS    (4u * (PL_POOL_LAST_BIT + 1 - PL_POOL_FIRST_BIT))
#define PL_POOL_ALIGNMENT 64u

/* Fields are private. */
typedef struct pl_pool {
    uintptr_t origins[PL_POOL_CHUNKS]; /* where number 0 would stand if the chunk reached there */
    void *newest;                      /* block of the last chunk: begins with the one before's */
    uint32_t chunks;                   /* how many are there; taken in order                    */
    size_t item_size;
    uint32_t next;      /* numbers below were handed out at least once                       */
    uint32_t free_head; /* a free item, whose first four bytes name the next; 0 ends the list */
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

/* Returns the chunk of a number that is at least PL_POOL_FIRST. */
static inline unsigned pl_pool_chunk(uint32_t number)
{
    const unsigned top = 31 ^ (unsigned)__builtin_clz(number);
    return 4 * (top - PL_POOL_FIRST_BIT) + (number >> (top - 2)) - 4;
}

/* Returns how many items a chunk has. */
static inline size_t pl_pool_chunk_items(unsigned chunk)
{
    return (size_t)1 << (chunk / 4 + PL_POOL_FIRST_BIT - 2);
}

/* Returns the item's first byte. On input: item_size is the pool's; where it is a constant the
 * multiplication becomes a shift. Items are aligned to the largest power of two, at most 64, that
 * divides their size. */
static inline void *pl_pool_at(const pl_pool *pool, uint32_t number, size_t item_size)
{
    const uintptr_t origin = pool->origins[pl_pool_chunk(number)];
    return (void *)(origin + (uintptr_t)number * item_size);
}

#endif
