/* A pl_memory over one block of the caller's: for callers without a heap.
 *
 * Blocks are handed out front to back, aligned for every type. The last one can be given back;
 * others stay taken till the end, which is when the caller frees his block. */
#ifndef PL_BASE_ARENA_H
#define PL_BASE_ARENA_H

#include "vm/base/memory.h"

typedef struct pl_arena {
    uint8_t *bytes;
    size_t size;
    size_t used;    /* of size, now                                  */
    size_t highest; /* the most ever used: what a smaller block needs */
} pl_arena;

/* On input: size bytes, aligned or not, which must outlive everything taken. */
void pl_arena_begin(pl_arena *arena, void *bytes, size_t size);

/* Memory that takes from the arena; secret as in pl_memory. The arena must not move. */
pl_memory pl_arena_memory(pl_arena *arena, uint64_t secret);

#endif
