/* The only place that loads and stores integers in buffers. All of them are big-endian.
 *
 * pl_load_* and pl_store_* trust their pointer. Bytes from outside go through pl_reader, which
 * never reads past the end; bytes for outside go through pl_writer, which never writes past it and
 * also counts without writing. */
#ifndef PL_BASE_BYTES_H
#define PL_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "vm/base/error.h"

/* A value as its bytes stand in memory when it is stored big-endian, and back. Written with the
 * compiler's byte swap because vectorizers take chains of byte shifts apart and make them slow. */
#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PL_BIG16(value) __builtin_bswap16(value)
#define PL_BIG32(value) __builtin_bswap32(value)
#define PL_BIG64(value) __builtin_bswap64(value)
#elif defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define PL_BIG16(value) (value)
#define PL_BIG32(value) (value)
#define PL_BIG64(value) (value)
#else
#error "the byte order of this compiler is not known: define PL_BIG16, PL_BIG32 and PL_BIG64"
#endif

/* Each load reads the bytes at `bytes`, aligned or not, as one unsigned number. */
static inline uint16_t pl_load_u16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return PL_BIG16(value);
}

static inline uint32_t pl_load_u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return PL_BIG32(value);
}

static inline uint64_t pl_load_u64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return PL_BIG64(value);
}

/* Each store writes value to `bytes`, most significant byte first. */
static inline void pl_store_u16(uint8_t *bytes, uint16_t value)
{
    value = PL_BIG16(value);
    memcpy(bytes, &value, sizeof value);
}

static inline void pl_store_u32(uint8_t *bytes, uint32_t value)
{
    value = PL_BIG32(value);
    memcpy(bytes, &value, sizeof value);
}

static inline void pl_store_u64(uint8_t *bytes, uint64_t value)
{
    value = PL_BIG64(value);
    memcpy(bytes, &value, sizeof value);
}

/* A place in a byte string from outside. offset <= size always; after a failed take it still points
 * to the start of the value that did not fit, so that an error message can name it. */
typedef struct pl_reader {
    const uint8_t *bytes;
    size_t size;
    size_t offset;
} pl_reader;

/* On input: size readable bytes (bytes may be NULL when size is 0). Returns a reader at offset 0.
 */
pl_reader pl_reader_of(const uint8_t *bytes, size_t size);

/* Returns how many bytes are left. */
static inline size_t pl_reader_left(const pl_reader *reader)
{
    return reader->size - reader->offset;
}

/* Each take moves past one value and leaves it in *value. Returns PL_OK, or PL_REJECT_TRUNCATED
 * with offset and *value unchanged. */
PL_MUST_USE pl_status pl_reader_u8(pl_reader *reader, uint8_t *value);
PL_MUST_USE pl_status pl_reader_u16(pl_reader *reader, uint16_t *value);
PL_MUST_USE pl_status pl_reader_u32(pl_reader *reader, uint32_t *value);
PL_MUST_USE pl_status pl_reader_u64(pl_reader *reader, uint64_t *value);

/* Takes size bytes without copying: *bytes points into the reader's input. Same errors. */
PL_MUST_USE pl_status pl_reader_bytes(pl_reader *reader, const uint8_t **bytes, size_t size);

/* Takes size bytes as a reader of their own, which ends where they end. Same errors. */
PL_MUST_USE pl_status pl_reader_sub(pl_reader *reader, pl_reader *sub, size_t size);

/* Returns PL_OK when everything was taken, else PL_REJECT_TRAILING. */
PL_MUST_USE pl_status pl_reader_end(const pl_reader *reader);

/* A buffer being filled. size counts every byte given, also those beyond capacity, which are not
 * written; so a run with capacity 0 measures how large the buffer must be. */
typedef struct pl_writer {
    uint8_t *bytes;
    size_t capacity;
    size_t size;
} pl_writer;

/* On input: capacity writable bytes, or NULL and 0 to count only. */
pl_writer pl_writer_of(uint8_t *bytes, size_t capacity);

void pl_writer_u8(pl_writer *writer, uint8_t value);
void pl_writer_u16(pl_writer *writer, uint16_t value);
void pl_writer_u32(pl_writer *writer, uint32_t value);
void pl_writer_u64(pl_writer *writer, uint64_t value);

/* bytes may be NULL when size is 0. */
void pl_writer_bytes(pl_writer *writer, const uint8_t *bytes, size_t size);

/* Returns PL_OK when everything given was written, PL_FAULT_MEMORY when the capacity was too small
 * (also after counting). Nothing partial may be used then. */
PL_MUST_USE pl_status pl_writer_end(const pl_writer *writer);

#endif
