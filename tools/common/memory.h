/* Memory for the core out of malloc, with an upper limit: a hostile file can ask for no more. */
#ifndef PT_COMMON_MEMORY_H
#define PT_COMMON_MEMORY_H

#include <stdint.h>

#include "vm/base/memory.h"

typedef struct pt_memory {
    pl_memory memory; /* hand &memory to the core */
    uint64_t taken;   /* bytes                     */
    uint64_t limit;   /* bytes                     */
} pt_memory;

#define PT_MEMORY_LIMIT_DEFAULT (UINT64_C(4) << 30)

/* On output: *memory is ready. It must stay where it is while the core uses it. */
void pt_memory_init(pt_memory *memory, uint64_t limit);

#endif
