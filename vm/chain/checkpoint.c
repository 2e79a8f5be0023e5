/* The whole state with the header it belongs to. spec 06 §8
 *
 *     "PLCP" | format u16 = 1 | header 182 | row count u64 |
 *     rows: contract u32 | table u16 | key | row, ascending by contract, table, key order
 *
 * A checkpoint proves that its rows are the state of its header. That the header follows from the
 * world is proved by replaying, or by knowing the block's hash from elsewhere. */
#include "vm/chain/chain.h"

#include <string.h>

#include "vm/base/bytes.h"
#include "vm/chain/world_rows.h"

static const uint8_t magic[4] = {'P', 'L', 'C', 'P'};
#define FORMAT       1u
#define HEAD_SIZE    (4u + 2u + PL_HEADER_SIZE + 8u)
#define ROW_SIZE_MIN (4u + 2u + 1u)

/* ---- out ---- */

static bool write_head(const pl_chain *chain, pl_byte_sink sink, void *context)
{
    uint8_t head[HEAD_SIZE];
    memcpy(head, magic, sizeof magic);
    pl_store_u16(head + 4, FORMAT);
    memcpy(head + 6, chain->header, PL_HEADER_SIZE);
    pl_store_u64(head + 6 + PL_HEADER_SIZE, chain->head.row_count);
    return sink(context, head, sizeof head);
}

static bool write_table(const pl_chain *chain, uint32_t table, pl_byte_sink sink, void *context)
{
    uint8_t bytes[6 + PL_KEY_SIZE_MAX + PL_ROW_SIZE_MAX];
    const pl_table_entry entry = pl_store_table(chain->store, table);
    const size_t key_size = entry.schema->key_size;
    const size_t row_size = entry.schema->row_size;
    pl_store_u32(bytes, entry.contract);
    pl_store_u16(bytes + 4, entry.number);
    pl_cursor cursor = pl_store_rows(chain->store, table);
    while (pl_cursor_next(&cursor)) {
        memcpy(bytes + 6, cursor.key, key_size);
        memcpy(bytes + 6 + key_size, cursor.row, row_size);
        if (!sink(context, bytes, 6 + key_size + row_size)) {
            return false;
        }
    }
    return true;
}

pl_status pl_chain_checkpoint(pl_chain *chain, pl_byte_sink sink, void *context)
{
    PL_TRY(chain->fault);
    if (chain->head.height == 0) {
        return PL_REJECT_HEIGHT;
    }
    if (chain->bench != 0 || !write_head(chain, sink, context)) {
        return PL_FAULT_UNSUPPORTED;
    }
    for (uint32_t table = 0; table < chain->world.table_count; table++) {
        if (!write_table(chain, table, sink, context)) {
            return PL_FAULT_UNSUPPORTED;
        }
    }
    return PL_OK;
}

/* ---- in ---- */

static pl_status take_head(pl_chain *chain, pl_header *header, uint64_t *row_count,
                           pl_reader *reader)
{
    const uint8_t *bytes;
    uint16_t format;
    PL_TRY(pl_reader_bytes(reader, &bytes, sizeof magic));
    if (memcmp(bytes, magic, sizeof magic) != 0) {
        return PL_REJECT_MAGIC;
    }
    PL_TRY(pl_reader_u16(reader, &format));
    if (format != FORMAT) {
        return PL_REJECT_VERSION;
    }
    PL_TRY(pl_reader_bytes(reader, &bytes, PL_HEADER_SIZE));
    PL_TRY(pl_header_decode(header, bytes));
    memcpy(chain->header, bytes, PL_HEADER_SIZE);
    if (memcmp(header->world, chain->world.id, 32) != 0) {
        return PL_REJECT_WORLD_MISMATCH;
    }
    if (header->height == 0) { /* the state before block 1 has the world for its header */
        return PL_REJECT_HEIGHT;
    }
    PL_TRY(pl_reader_u64(reader, row_count));
    return *row_count <= pl_reader_left(reader) / ROW_SIZE_MIN ? PL_OK : PL_REJECT_TRUNCATED;
}

static pl_status take_rows(pl_chain *chain, pl_world_error *where, pl_reader *reader,
                           uint64_t row_count)
{
    pl_row_order order = {.by_value = true};
    for (uint64_t i = 0; i < row_count; i++) {
        pl_world_row row;
        where->index = (uint32_t)i;
        where->offset = reader->offset;
        PL_TRY(pl_world_row_take(&row, &order, reader, &chain->world, true));
        PL_TRY(chain->door->ops->put(chain->door, row.table, row.key, row.row));
    }
    where->index = PL_NONE;
    where->offset = reader->offset;
    return pl_reader_end(reader);
}

/* The chain's own row says what the header says. */
static pl_status check_chain_row(pl_chain *chain, const pl_header *header)
{
    static const uint8_t no_key[1] = {0};
    uint8_t expected[PL_CHAIN_ROW_SIZE];
    const uint8_t *row;
    memcpy(expected + PL_CHAIN_WORLD, header->world, 32);
    pl_store_u64(expected + PL_CHAIN_HEIGHT, header->height);
    pl_store_u64(expected + PL_CHAIN_TIME, header->time_s);
    memcpy(expected + PL_CHAIN_PARENT, header->parent, 32);
    PL_SURE(chain->door->ops->get(chain->door, &row, PL_SYSTEM_CHAIN, no_key));
    return row != NULL && memcmp(row, expected, sizeof expected) == 0 ? PL_OK : PL_REJECT_HASH;
}

static pl_status restore(pl_chain *chain, pl_world_error *where, const uint8_t *bytes, size_t size)
{
    pl_reader reader = pl_reader_of(bytes, size);
    pl_header header;
    uint64_t row_count;
    pl_head *head = &chain->head;
    *where = (pl_world_error){.part = "checkpoint", .index = PL_NONE};
    PL_TRY(take_head(chain, &header, &row_count, &reader));
    PL_TRY(take_rows(chain, where, &reader, row_count));
    PL_TRY(check_chain_row(chain, &header));
    head->height = header.height;
    head->time_s = header.time_s;
    head->row_count = row_count;
    pl_header_hash(head->block_hash, &header);
    PL_TRY(pl_store_root(chain->store, head->state_root));
    return memcmp(head->state_root, header.state_root, 32) == 0 ? pl_chain_keep_keys(chain)
                                                                : PL_REJECT_STATE_ROOT;
}

pl_status pl_chain_restore(pl_chain **chain, pl_world_error *where, const pl_memory *memory,
                           const uint8_t *world, size_t world_size, const uint8_t *checkpoint,
                           size_t checkpoint_size)
{
    pl_world_error unwanted;
    where = where == NULL ? &unwanted : where;
    PL_TRY(pl_chain_open(chain, where, memory, world, world_size));
    const pl_status status = restore(*chain, where, checkpoint, checkpoint_size);
    if (status != PL_OK) {
        pl_chain_free(*chain);
        *chain = NULL;
    }
    return status;
}
