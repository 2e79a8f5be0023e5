/* A pl_memory over malloc that counts: what is out, whether sizes agree, and when to refuse. */
#ifndef PL_SUPPORT_COUNTED_MEMORY_H
#define PL_SUPPORT_COUNTED_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/base/memory.h"

typedef struct counted_memory {
    pl_memory memory; /* hand this in; the struct must not move */
    uint64_t takes;   /* successful ones so far */
    uint64_t
        refuse_at;   /* the take with this number is refused, and all after it; UINT64_MAX: none */
    bool refuse_one; /* .. and none after it */
    size_t out;      /* bytes taken and not given back */
    size_t peak;
} counted_memory;

void counted_memory_init(counted_memory *counted);

#endif
