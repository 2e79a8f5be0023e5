#include "vm/chain/buffer.h"

#include <string.h>

#define CAPACITY_MIN 4096u

static pl_status grow(pl_buffer *buffer, const pl_memory *memory, size_t needed)
{
    size_t capacity = buffer->capacity < CAPACITY_MIN ? CAPACITY_MIN : buffer->capacity;
    while (capacity < needed) {
        if (capacity > SIZE_MAX / 2) {
            return PL_FAULT_MEMORY;
        }
        capacity *= 2;
    }
    uint8_t *bytes = memory->take(memory->context, capacity);
    if (bytes == NULL) {
        return PL_FAULT_MEMORY;
    }
    if (buffer->bytes != NULL) {
        memcpy(bytes, buffer->bytes, buffer->size);
        memory->give(memory->context, buffer->bytes, buffer->capacity);
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return PL_OK;
}

pl_status pl_buffer_append(pl_buffer *buffer, uint8_t **room, const pl_memory *memory, size_t size)
{
    if (size > SIZE_MAX - buffer->size) {
        return PL_FAULT_MEMORY;
    }
    if (buffer->size + size > buffer->capacity) {
        PL_TRY(grow(buffer, memory, buffer->size + size));
    }
    *room = buffer->bytes + buffer->size;
    buffer->size += size;
    return PL_OK;
}

void pl_buffer_free(pl_buffer *buffer, const pl_memory *memory)
{
    if (buffer->bytes != NULL) {
        memory->give(memory->context, buffer->bytes, buffer->capacity);
    }
    *buffer = (pl_buffer){0};
}
