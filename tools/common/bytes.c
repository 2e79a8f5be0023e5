#include "tools/common/bytes.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Threads may run out at the same time, and exit may be called once only: the others wait here for
 * the end, without a call that some systems lack. */
void *pt_give_up(void)
{
    static atomic_flag given_up = ATOMIC_FLAG_INIT;
    while (atomic_flag_test_and_set(&given_up)) {
    }
    (void)fputs("plim: this machine has no more memory to give; try fewer or smaller files\n",
                stderr);
    exit(4);
}

void *pt_take(size_t size)
{
    void *block = malloc(size == 0 ? 1 : size);
    return block != NULL ? block : pt_give_up();
}

void *pt_take_zeroed(size_t count, size_t size)
{
    void *block = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
    return block != NULL ? block : pt_give_up();
}

void *pt_resize(void *block, size_t size)
{
    void *moved = realloc(block, size == 0 ? 1 : size);
    return moved != NULL ? moved : pt_give_up();
}

char *pt_copy_text(const char *text, size_t size)
{
    char *copy = pt_take(size + 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void pt_put(pt_bytes *bytes, const void *data, size_t size)
{
    if (size > SIZE_MAX / 2 - bytes->size) {
        (void)pt_give_up();
    }
    if (bytes->room - bytes->size < size) {
        size_t room = bytes->room < 64 ? 64 : bytes->room;
        while (room - bytes->size < size) {
            room *= 2;
        }
        bytes->data = pt_resize(bytes->data, room);
        bytes->room = room;
    }
    if (size != 0) {
        memcpy(bytes->data + bytes->size, data, size);
    }
    bytes->size += size;
}

static void put_be(pt_bytes *bytes, uint64_t value, size_t size)
{
    uint8_t text[8];
    for (size_t i = 0; i < size; i++) {
        text[size - 1 - i] = (uint8_t)(value >> (8 * i));
    }
    pt_put(bytes, text, size);
}

void pt_put_u8(pt_bytes *bytes, uint8_t value)
{
    put_be(bytes, value, 1);
}

void pt_put_u16(pt_bytes *bytes, uint16_t value)
{
    put_be(bytes, value, 2);
}

void pt_put_u32(pt_bytes *bytes, uint32_t value)
{
    put_be(bytes, value, 4);
}

void pt_put_u64(pt_bytes *bytes, uint64_t value)
{
    put_be(bytes, value, 8);
}

void pt_put_text(pt_bytes *bytes, const char *text)
{
    pt_put(bytes, text, strlen(text));
}

void pt_put_format(pt_bytes *bytes, const char *format, ...)
{
    char line[512];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size >= (int)sizeof line) {
        char *whole = pt_take((size_t)size + 1);
        (void)vsnprintf(whole, (size_t)size + 1, format, again);
        pt_put_text(bytes, whole);
        free(whole);
    } else if (size > 0) {
        pt_put_text(bytes, line);
    }
    va_end(again);
}

void pt_put_text16(pt_bytes *bytes, const char *text)
{
    const size_t size = strnlen(text, UINT16_MAX);
    pt_put_u16(bytes, (uint16_t)size);
    pt_put(bytes, text, size);
}

void pt_bytes_free(pt_bytes *bytes)
{
    free(bytes->data);
    *bytes = (pt_bytes){0};
}

void pt_set_u16(pt_bytes *bytes, size_t offset, uint16_t value)
{
    bytes->data[offset] = (uint8_t)(value >> 8);
    bytes->data[offset + 1] = (uint8_t)value;
}

void pt_set_u32(pt_bytes *bytes, size_t offset, uint32_t value)
{
    pt_set_u16(bytes, offset, (uint16_t)(value >> 16));
    pt_set_u16(bytes, offset + 2, (uint16_t)value);
}

const uint8_t *pt_get(pt_reader *reader, size_t size)
{
    if (reader->failed || reader->size - reader->at < size) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *data = reader->data + reader->at;
    reader->at += size;
    return data;
}

static uint64_t get_be(pt_reader *reader, size_t size)
{
    const uint8_t *data = pt_get(reader, size);
    uint64_t value = 0;
    for (size_t i = 0; data != NULL && i < size; i++) {
        value = value << 8 | data[i];
    }
    return value;
}

uint8_t pt_get_u8(pt_reader *reader)
{
    return (uint8_t)get_be(reader, 1);
}

uint16_t pt_get_u16(pt_reader *reader)
{
    return (uint16_t)get_be(reader, 2);
}

uint32_t pt_get_u32(pt_reader *reader)
{
    return (uint32_t)get_be(reader, 4);
}

uint64_t pt_get_u64(pt_reader *reader)
{
    return get_be(reader, 8);
}
