#include "vm/base/arena.h"

#include <stdalign.h>

#include "vm/base/assume.h"

static void *take(void *context, size_t size)
{
    pl_arena *arena = context;
    const uintptr_t excess = ((uintptr_t)arena->bytes + arena->used) % alignof(max_align_t);
    const size_t gap = excess == 0 ? 0 : alignof(max_align_t) - (size_t)excess;
    const size_t left = arena->size - arena->used;
    if (arena->bytes == NULL || gap > left || size > left - gap) {
        return NULL;
    }
    uint8_t *block = arena->bytes + arena->used + gap;
    arena->used += gap + size;
    arena->highest = arena->used > arena->highest ? arena->used : arena->highest;
    return block;
}

/* The last block is known by where it ends; the gap before it stays. */
static void give(void *context, void *block, size_t size)
{
    pl_arena *arena = context;
    const size_t start = (size_t)((uint8_t *)block - arena->bytes);
    PL_ASSERT(start <= arena->used && size <= arena->used - start);
    if (start + size == arena->used) {
        arena->used = start;
    }
}

void pl_arena_begin(pl_arena *arena, void *bytes, size_t size)
{
    *arena = (pl_arena){.bytes = bytes, .size = size};
}

pl_memory pl_arena_memory(pl_arena *arena, uint64_t secret)
{
    return (pl_memory){arena, take, give, secret};
}
