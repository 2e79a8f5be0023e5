#include "tools/common/memory.h"

#include <stdio.h>
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

/* The same number for the whole process; 0 when the machine gives none. */
static uint64_t secret(void)
{
    static uint64_t number;
    if (number == 0) {
        FILE *file = fopen("/dev/urandom", "rb");
        uint64_t drawn = 0;
        if (file != NULL && fread(&drawn, sizeof drawn, 1, file) == 1) {
            number = drawn;
        }
        if (file != NULL) {
            (void)fclose(file);
        }
    }
    return number;
}

void pt_memory_init(pt_memory *memory, uint64_t limit)
{
    memory->memory = (pl_memory){.context = memory, .take = take, .give = give, .secret = secret()};
    memory->taken = 0;
    memory->limit = limit;
}
