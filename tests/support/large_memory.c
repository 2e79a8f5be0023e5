#define _GNU_SOURCE /* madvise */
#include "tests/support/large_memory.h"

#include <stdio.h>
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
    double kib = 0;
    FILE *const file = fopen("/proc/meminfo", "r");
    char line[128];
    while (file != NULL && kib == 0 && fgets(line, sizeof line, file) != NULL) {
        (void)sscanf(line, "MemAvailable: %lf", &kib);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kib != 0 ? kib * 1024
                    : (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}
