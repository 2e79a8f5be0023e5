#include "vm/base/bytes.h"

#include "vm/base/assume.h"

pl_reader pl_reader_of(const uint8_t *bytes, size_t size)
{
    return (pl_reader){.bytes = bytes, .size = size, .offset = 0};
}

pl_status pl_reader_bytes(pl_reader *reader, const uint8_t **bytes, size_t size)
{
    PL_ASSERT(reader->offset <= reader->size);
    if (size > pl_reader_left(reader)) {
        return PL_REJECT_TRUNCATED;
    }
    /* An empty reader may have no bytes at all, and NULL + 0 is not defined in C. */
    *bytes = reader->bytes == NULL ? NULL : reader->bytes + reader->offset;
    reader->offset += size;
    return PL_OK;
}

pl_status pl_reader_u8(pl_reader *reader, uint8_t *value)
{
    const uint8_t *bytes;
    PL_TRY(pl_reader_bytes(reader, &bytes, 1));
    *value = bytes[0];
    return PL_OK;
}

pl_status pl_reader_u16(pl_reader *reader, uint16_t *value)
{
    const uint8_t *bytes;
    PL_TRY(pl_reader_bytes(reader, &bytes, 2));
    *value = pl_load_u16(bytes);
    return PL_OK;
}

pl_status pl_reader_u32(pl_reader *reader, uint32_t *value)
{
    const uint8_t *bytes;
    PL_TRY(pl_reader_bytes(reader, &bytes, 4));
    *value = pl_load_u32(bytes);
    return PL_OK;
}

pl_status pl_reader_u64(pl_reader *reader, uint64_t *value)
{
    const uint8_t *bytes;
    PL_TRY(pl_reader_bytes(reader, &bytes, 8));
    *value = pl_load_u64(bytes);
    return PL_OK;
}

pl_status pl_reader_sub(pl_reader *reader, pl_reader *sub, size_t size)
{
    const uint8_t *bytes;
    PL_TRY(pl_reader_bytes(reader, &bytes, size));
    *sub = pl_reader_of(bytes, size);
    return PL_OK;
}

pl_status pl_reader_end(const pl_reader *reader)
{
    return pl_reader_left(reader) == 0 ? PL_OK : PL_REJECT_TRAILING;
}

pl_writer pl_writer_of(uint8_t *bytes, size_t capacity)
{
    return (pl_writer){.bytes = bytes, .capacity = capacity, .size = 0};
}

void pl_writer_bytes(pl_writer *writer, const uint8_t *bytes, size_t size)
{
    const bool fits = writer->size <= writer->capacity && size <= writer->capacity - writer->size;
    if (fits && size > 0) {
        memmove(writer->bytes + writer->size, bytes, size);
    }
    /* Saturating: a count that wrapped around could look as if it had fitted. */
    writer->size = size > SIZE_MAX - writer->size ? SIZE_MAX : writer->size + size;
}

void pl_writer_u8(pl_writer *writer, uint8_t value)
{
    pl_writer_bytes(writer, &value, 1);
}

void pl_writer_u16(pl_writer *writer, uint16_t value)
{
    uint8_t bytes[2];
    pl_store_u16(bytes, value);
    pl_writer_bytes(writer, bytes, sizeof bytes);
}

void pl_writer_u32(pl_writer *writer, uint32_t value)
{
    uint8_t bytes[4];
    pl_store_u32(bytes, value);
    pl_writer_bytes(writer, bytes, sizeof bytes);
}

void pl_writer_u64(pl_writer *writer, uint64_t value)
{
    uint8_t bytes[8];
    pl_store_u64(bytes, value);
    pl_writer_bytes(writer, bytes, sizeof bytes);
}

pl_status pl_writer_end(const pl_writer *writer)
{
    return writer->size <= writer->capacity ? PL_OK : PL_FAULT_MEMORY;
}
