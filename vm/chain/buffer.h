/* A byte buffer that grows in the caller's memory. Kept between blocks, so that a long replay takes
 * memory only while blocks still get larger. */
#ifndef PL_CHAIN_BUFFER_H
#define PL_CHAIN_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "vm/base/error.h"
#include "vm/base/memory.h"

typedef struct pl_buffer {
    uint8_t *bytes; /* NULL while capacity is 0 */
    size_t size;
    size_t capacity;
} pl_buffer;

/* Appends size bytes of room. On output: *room, valid until the next append.
 * Returns PL_OK, or PL_FAULT_MEMORY with the buffer unchanged. */
PL_MUST_USE pl_status pl_buffer_append(pl_buffer *buffer, uint8_t **room, const pl_memory *memory,
                                       size_t size);
void pl_buffer_free(pl_buffer *buffer, const pl_memory *memory);

#endif
