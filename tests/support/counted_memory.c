#include "tests/support/counted_memory.h"

#include <stdio.h>
#include <stdlib.h>

/* The size stands in front of every block, so that giving back another size is noticed. */
typedef union front {
    size_t size;
    max_align_t align;
} front;

static void *take(void *context, size_t size)
{
    counted_memory *counted = context;
    const bool refused = counted->takes >= counted->refuse_at;
    if (refused && counted->refuse_one) {
        counted->refuse_at = UINT64_MAX;
    }
    front *block = refused ? NULL : malloc(sizeof *block + size);
    if (block == NULL) {
        return NULL;
    }
    block->size = size;
    counted->takes++;
    counted->out += size;
    counted->peak = counted->out > counted->peak ? counted->out : counted->peak;
    return block + 1;
}

static void give(void *context, void *bytes, size_t size)
{
    counted_memory *counted = context;
    front *block = (front *)bytes - 1;
    if (block->size != size) {
        fprintf(stderr, "a block of %zu bytes came back as %zu\n", block->size, size);
        abort();
    }
    counted->out -= size;
    free(block);
}

void counted_memory_init(counted_memory *counted)
{
    *counted = (counted_memory){.memory = {counted, take, give, 0}, .refuse_at = UINT64_MAX};
}
