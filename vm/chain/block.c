/* Block bytes. spec 06 §2, §3
 *
 *     block  = header 182 | body
 *     body   = report count u32 | (size u32 | report) .. | tx count u32 | (size u32 | tx) ..
 *     tx     = version u8 | contract u32 | function u16 | caller 32 | nonce u64 | gas limit u64 |
 *              arguments size u32 | arguments | signature size u8 | key 33 | r 32 | s 32 */
#include "vm/chain/block.h"

#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/base/sha256.h"

static const uint8_t magic[4] = {'P', 'L', 'B', 'K'};
#define FORMAT     1u
#define TX_VERSION 1u

_Static_assert(4 + 2 + 32 + 8 + 8 + 4 * 32 == PL_HEADER_SIZE, "the parts of a header");
_Static_assert(1 + 4 + 2 + 32 + 8 + 8 + 4 == PL_TX_HEAD_SIZE, "the parts before the arguments");

/* ---- header ---- */

pl_status pl_header_decode(pl_header *header, const uint8_t *bytes)
{
    if (memcmp(bytes, magic, sizeof magic) != 0) {
        return PL_REJECT_MAGIC;
    }
    if (pl_load_u16(bytes + 4) != FORMAT) {
        return PL_REJECT_VERSION;
    }
    memcpy(header->world, bytes + 6, PL_HASH_SIZE);
    header->height = pl_load_u64(bytes + 38);
    header->time_s = pl_load_u64(bytes + 46);
    memcpy(header->parent, bytes + 54, PL_HASH_SIZE);
    memcpy(header->body_hash, bytes + 86, PL_HASH_SIZE);
    memcpy(header->state_root, bytes + 118, PL_HASH_SIZE);
    memcpy(header->receipts_hash, bytes + 150, PL_HASH_SIZE);
    return PL_OK;
}

void pl_header_encode(uint8_t *bytes, const pl_header *header)
{
    memcpy(bytes, magic, sizeof magic);
    pl_store_u16(bytes + 4, FORMAT);
    memcpy(bytes + 6, header->world, PL_HASH_SIZE);
    pl_store_u64(bytes + 38, header->height);
    pl_store_u64(bytes + 46, header->time_s);
    memcpy(bytes + 54, header->parent, PL_HASH_SIZE);
    memcpy(bytes + 86, header->body_hash, PL_HASH_SIZE);
    memcpy(bytes + 118, header->state_root, PL_HASH_SIZE);
    memcpy(bytes + 150, header->receipts_hash, PL_HASH_SIZE);
}

void pl_header_hash(uint8_t *hash, const pl_header *header)
{
    uint8_t bytes[PL_HEADER_SIZE];
    pl_header_encode(bytes, header);
    pl_tagged_of(hash, &pl_tag_header, bytes, sizeof bytes);
}

void pl_body_hash(uint8_t *hash, const uint8_t *body, size_t body_size)
{
    pl_tagged_of(hash, &pl_tag_body, body, body_size);
}

/* ---- body ---- */

bool pl_items_next(pl_items *items, const uint8_t **entry, uint32_t *size)
{
    if (items->count == 0) {
        return false;
    }
    PL_ASSERT(items->size >= 4);
    *size = pl_load_u32(items->bytes);
    PL_ASSERT(*size <= items->size - 4);
    *entry = items->bytes + 4;
    items->bytes += 4 + (size_t)*size;
    items->size -= 4 + (size_t)*size;
    items->count--;
    return true;
}

/* Takes `count u32 | (size u32 | bytes) ..` and proves every size. */
static pl_status take_items(pl_items *items, pl_reader *reader, uint32_t count_max)
{
    uint32_t count;
    PL_TRY(pl_reader_u32(reader, &count));
    if (count > count_max) {
        return PL_REJECT_LIMIT;
    }
    const size_t start = reader->offset;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size;
        const uint8_t *bytes;
        PL_TRY(pl_reader_u32(reader, &size));
        PL_TRY(pl_reader_bytes(reader, &bytes, size));
    }
    *items = (pl_items){count, reader->bytes + start, reader->offset - start};
    return PL_OK;
}

pl_status pl_body_decode(pl_block *block, uint32_t *where, const uint8_t *body, size_t size)
{
    *where = UINT32_MAX;
    if (size > PL_BLOCK_SIZE_MAX - PL_HEADER_SIZE) {
        return PL_REJECT_LIMIT;
    }
    pl_reader reader = pl_reader_of(body, size);
    block->body = body;
    block->body_size = size;
    PL_TRY(take_items(&block->reports, &reader, PL_REPORTS_PER_BLOCK_MAX));
    PL_TRY(take_items(&block->transactions, &reader, PL_TXS_PER_BLOCK_MAX));
    PL_TRY(pl_reader_end(&reader));
    pl_items left = block->transactions;
    const uint8_t *bytes;
    uint32_t tx_size;
    for (uint32_t i = 0; pl_items_next(&left, &bytes, &tx_size); i++) {
        pl_tx tx;
        const pl_status status = pl_tx_decode(&tx, bytes, tx_size);
        if (status != PL_OK) {
            *where = i;
            return status;
        }
    }
    return PL_OK;
}

pl_status pl_block_decode(pl_block *block, uint32_t *where, const uint8_t *bytes, size_t size)
{
    *where = UINT32_MAX;
    if (size < PL_HEADER_SIZE) {
        return PL_REJECT_TRUNCATED;
    }
    PL_TRY(pl_header_decode(&block->header, bytes));
    return pl_body_decode(block, where, bytes + PL_HEADER_SIZE, size - PL_HEADER_SIZE);
}

/* ---- transaction ---- */

pl_status pl_tx_decode(pl_tx *tx, const uint8_t *bytes, size_t size)
{
    if (size < PL_TX_HEAD_SIZE) {
        return PL_REJECT_TRUNCATED;
    }
    if (bytes[0] != TX_VERSION) {
        return PL_REJECT_VERSION;
    }
    *tx = (pl_tx){.contract = pl_load_u32(bytes + 1),
                  .function = pl_load_u16(bytes + 5),
                  .nonce = pl_load_u64(bytes + 39),
                  .gas_limit = pl_load_u64(bytes + 47),
                  .arguments_size = pl_load_u32(bytes + 55)};
    memcpy(tx->caller, bytes + 7, PL_HASH_SIZE);
    pl_reader reader = pl_reader_of(bytes, size);
    reader.offset = PL_TX_HEAD_SIZE;
    uint8_t signature_size;
    PL_TRY(pl_reader_bytes(&reader, &tx->arguments, tx->arguments_size));
    PL_TRY(pl_reader_u8(&reader, &signature_size));
    if (signature_size != 0) {
        if (signature_size != PL_TX_SIGNATURE_SIZE) {
            return PL_REJECT_NON_CANONICAL;
        }
        const uint8_t *signature;
        PL_TRY(pl_reader_bytes(&reader, &signature, PL_TX_SIGNATURE_SIZE));
        tx->is_signed = true;
        memcpy(tx->public_key, signature, sizeof tx->public_key);
        memcpy(tx->signature, signature + sizeof tx->public_key, sizeof tx->signature);
    }
    return pl_reader_end(&reader);
}

size_t pl_tx_unsigned_size(const pl_tx *tx)
{
    return PL_TX_HEAD_SIZE + (size_t)tx->arguments_size;
}

size_t pl_tx_size(const pl_tx *tx)
{
    return pl_tx_unsigned_size(tx) + 1 + (tx->is_signed ? PL_TX_SIGNATURE_SIZE : 0);
}

void pl_tx_encode(uint8_t *bytes, const pl_tx *tx)
{
    pl_writer writer = pl_writer_of(bytes, pl_tx_size(tx));
    pl_writer_u8(&writer, TX_VERSION);
    pl_writer_u32(&writer, tx->contract);
    pl_writer_u16(&writer, tx->function);
    pl_writer_bytes(&writer, tx->caller, sizeof tx->caller);
    pl_writer_u64(&writer, tx->nonce);
    pl_writer_u64(&writer, tx->gas_limit);
    pl_writer_u32(&writer, tx->arguments_size);
    pl_writer_bytes(&writer, tx->arguments, tx->arguments_size);
    pl_writer_u8(&writer, tx->is_signed ? PL_TX_SIGNATURE_SIZE : 0);
    if (tx->is_signed) {
        pl_writer_bytes(&writer, tx->public_key, sizeof tx->public_key);
        pl_writer_bytes(&writer, tx->signature, sizeof tx->signature);
    }
    PL_ASSERT(pl_writer_end(&writer) == PL_OK);
}
