/* The plain memory of test programs: malloc and free behind pl_memory, without limit or count. */
#ifndef PL_SUPPORT_HEAP_H
#define PL_SUPPORT_HEAP_H

#include "vm/base/memory.h"

extern const pl_memory heap_memory;

#endif
