/* Memory handed in by the caller: the core allocates from nowhere else.
 *
 * A pl_memory is a pair of functions and a limit the caller enforces. take() returns a block
 * aligned for any type, or NULL when the caller will give no more; the core turns NULL into
 * PL_FAULT_MEMORY. give() takes back a block with the size it was taken with.
 *
 * secret seeds the hashes by which rows are found. Nothing that can be observed depends on it; a
 * host that replays hostile histories passes a number that nobody else knows, so that no keys can
 * be chosen that are slow to find. 0 will do elsewhere. */
#ifndef PL_BASE_MEMORY_H
#define PL_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

typedef struct pl_memory {
    void *context;
    void *(*take)(void *context, size_t size);
    void (*give)(void *context, void *block, size_t size);
    uint64_t secret;
} pl_memory;

#endif
