/* Splitting a history. spec 06 §6 */
#include "vm/chain/history.h"

#include "vm/base/bytes.h"

static const uint8_t magic[4] = {'P', 'L', 'H', 'S'};
#define FORMAT 1u

pl_status pl_history_open(pl_history *history, const uint8_t *bytes, size_t size)
{
    pl_reader reader = pl_reader_of(bytes, size);
    const uint8_t *start;
    uint16_t format;
    uint32_t world_size;
    PL_TRY(pl_reader_bytes(&reader, &start, sizeof magic));
    if (memcmp(start, magic, sizeof magic) != 0) {
        return PL_REJECT_MAGIC;
    }
    PL_TRY(pl_reader_u16(&reader, &format));
    if (format != FORMAT) {
        return PL_REJECT_VERSION;
    }
    *history = (pl_history){.bytes = bytes, .size = size};
    PL_TRY(pl_reader_u32(&reader, &world_size));
    PL_TRY(pl_reader_bytes(&reader, &history->world, world_size));
    history->world_size = world_size;
    history->offset = reader.offset;
    return PL_OK;
}

pl_status pl_history_next(pl_history *history, const uint8_t **block, size_t *block_size)
{
    pl_reader reader = pl_reader_of(history->bytes, history->size);
    reader.offset = history->offset;
    *block = NULL;
    *block_size = 0;
    if (pl_reader_left(&reader) == 0) {
        return PL_OK;
    }
    uint32_t size;
    PL_TRY(pl_reader_u32(&reader, &size));
    PL_TRY(pl_reader_bytes(&reader, block, size));
    *block_size = size;
    history->offset = reader.offset;
    history->block_count++;
    return PL_OK;
}
