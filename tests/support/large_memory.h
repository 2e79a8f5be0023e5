/* What a host with much memory would hand in: large blocks on large pages. Never used by a test. */
#ifndef PL_SUPPORT_LARGE_MEMORY_H
#define PL_SUPPORT_LARGE_MEMORY_H

#include <stddef.h>

#include "vm/base/memory.h"

extern const pl_memory large_memory;

/* Bytes asked for and not given back yet. Pages are only taken when they are touched. */
size_t large_memory_taken(void);

/* Bytes of memory that the machine has to give: free, or kept from files that can be read again. */
double large_memory_free(void);

#endif
