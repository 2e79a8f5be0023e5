#include "tests/support/heap.h"

#include <stdlib.h>

static void *take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void give(void *context, void *block, size_t size)
{
    (void)context;
    (void)size;
    free(block);
}

const pl_memory heap_memory = {NULL, take, give, 0};
