/* Memory handed in by the caller: the core allocates from nowhere else.
 *
 * A pl_memory is a pair of functions and a limit the caller enforces. take() returns a block
 * aligned for any type, or NULL when the caller will give no more; the core turns NULL into
 * PL_FAULT_MEMORY. give() takes back a block with the size it was taken with. */
#ifndef PL_BASE_MEMORY_H
#define PL_BASE_MEMORY_H

#include <stddef.h>

typedef struct pl_memory {
    void *context;
    void *(*take)(void *context, size_t size);
    void (*give)(void *context, void *block, size_t size);
} pl_memory;

#endif
