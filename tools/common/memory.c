#include "tools/common/memory.h"

#include <stdlib.h>

static void *take(void *context, size_t size)
{
    pt_memory *memory = context;
    if (size > memory->limit - memory->taken) {
        return NULL;
    }
    void *block = malloc(size == 0 ? 1 : size);
    if (block != NULL) {
        memory->taken += size;
    }
    return block;
}

static void give(void *context, void *block, size_t size)
{
    pt_memory *memory = context;
    if (block != NULL) {
        memory->taken -= size;
        free(block);
    }
}

void pt_memory_init(pt_memory *memory, uint64_t limit)
{
    memory->memory = (pl_memory){.context = memory, .take = take, .give = give};
    memory->taken = 0;
    memory->limit = limit;
}
