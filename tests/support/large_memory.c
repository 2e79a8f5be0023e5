#define _GNU_SOURCE /* madvise */
#include "tests/support/large_memory.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE_PAGE ((size_t)2 << 20)

static size_t taken;

static void *take(void *context, size_t size)
{
    (void)context;
    taken += size;
    if (size < LARGE_PAGE) {
        return malloc(size);
    }
    const size_t whole = (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    void *block = aligned_alloc(LARGE_PAGE, whole);
    if (block != NULL) {
        (void)madvise(block, whole, MADV_HUGEPAGE);
    }
    return block;
}

static void give(void *context, void *block, size_t size)
{
    (void)context;
    taken -= size;
    free(block);
}

const pl_memory large_memory = {NULL, take, give, 0};

size_t large_memory_taken(void)
{
    return taken;
}

double large_memory_free(void)
{
    return (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}
