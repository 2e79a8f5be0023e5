/* Receipt bytes. spec 06 §5
 *
 *     report:            1 | feed u32 | status u16
 *     transaction, hook: 2, 3 | status u16 | contract u32 | function u16 | gas used u64 | rest
 *       status OK:       result size u32 | results | event count u16 |
 *                        (contract u32 | event u16 | size u32 | arguments) ..
 *       status REVERT:   contract u32 | error u16 | size u32 | arguments */
#include "vm/chain/receipt.h"

#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/base/sha256.h"

static void write_call(pl_writer *writer, const pl_receipt *receipt)
{
    pl_writer_u16(writer, receipt->status);
    pl_writer_u32(writer, receipt->contract);
    pl_writer_u16(writer, receipt->function);
    pl_writer_u64(writer, receipt->gas_used);
    if (receipt->status == PL_OK) {
        pl_writer_u32(writer, receipt->result_size);
        pl_writer_bytes(writer, receipt->result, receipt->result_size);
        pl_writer_u16(writer, receipt->event_count);
        pl_writer_bytes(writer, receipt->events, receipt->events_size);
    } else if (receipt->status == PL_TRAP_REVERT) {
        pl_writer_u32(writer, receipt->revert_contract);
        pl_writer_u16(writer, receipt->revert_error);
        pl_writer_u32(writer, receipt->revert_size);
        pl_writer_bytes(writer, receipt->revert_arguments, receipt->revert_size);
    }
}

static void write_receipt(pl_writer *writer, const pl_receipt *receipt)
{
    pl_writer_u8(writer, receipt->kind);
    if (receipt->kind == PL_RECEIPT_REPORT) {
        pl_writer_u32(writer, receipt->feed);
        pl_writer_u16(writer, receipt->status);
    } else {
        write_call(writer, receipt);
    }
}

size_t pl_receipt_size(const pl_receipt *receipt)
{
    pl_writer writer = pl_writer_of(NULL, 0);
    write_receipt(&writer, receipt);
    return writer.size;
}

void pl_receipt_encode(uint8_t *bytes, const pl_receipt *receipt)
{
    pl_writer writer = pl_writer_of(bytes, pl_receipt_size(receipt));
    write_receipt(&writer, receipt);
    PL_ASSERT(pl_writer_end(&writer) == PL_OK);
}

pl_status pl_event_next(pl_event *event, size_t *offset, const pl_receipt *receipt)
{
    pl_reader reader = pl_reader_of(receipt->events, receipt->events_size);
    reader.offset = *offset;
    PL_TRY(pl_reader_u32(&reader, &event->contract));
    PL_TRY(pl_reader_u16(&reader, &event->event));
    PL_TRY(pl_reader_u32(&reader, &event->size));
    PL_TRY(pl_reader_bytes(&reader, &event->arguments, event->size));
    *offset = reader.offset;
    return PL_OK;
}

/* The events are the rest of the receipt: exactly as many as the count says. */
static pl_status read_events(pl_receipt *receipt, pl_reader *reader)
{
    const size_t left = pl_reader_left(reader);
    if (left > UINT32_MAX) {
        return PL_REJECT_LIMIT;
    }
    PL_SURE(pl_reader_bytes(reader, &receipt->events, left));
    receipt->events_size = (uint32_t)left;
    size_t offset = 0;
    for (uint32_t i = 0; i < receipt->event_count; i++) {
        pl_event event;
        PL_TRY(pl_event_next(&event, &offset, receipt));
    }
    return offset == left ? PL_OK : PL_REJECT_TRAILING;
}

static pl_status read_call(pl_receipt *receipt, pl_reader *reader)
{
    PL_TRY(pl_reader_u16(reader, &receipt->status));
    PL_TRY(pl_reader_u32(reader, &receipt->contract));
    PL_TRY(pl_reader_u16(reader, &receipt->function));
    PL_TRY(pl_reader_u64(reader, &receipt->gas_used));
    if (receipt->status == PL_OK) {
        PL_TRY(pl_reader_u32(reader, &receipt->result_size));
        PL_TRY(pl_reader_bytes(reader, &receipt->result, receipt->result_size));
        PL_TRY(pl_reader_u16(reader, &receipt->event_count));
        return read_events(receipt, reader);
    }
    if (receipt->status == PL_TRAP_REVERT) {
        PL_TRY(pl_reader_u32(reader, &receipt->revert_contract));
        PL_TRY(pl_reader_u16(reader, &receipt->revert_error));
        PL_TRY(pl_reader_u32(reader, &receipt->revert_size));
        return pl_reader_bytes(reader, &receipt->revert_arguments, receipt->revert_size);
    }
    const pl_status status = (pl_status)receipt->status;
    const bool may_be =
        pl_is_trap(status) ||
        (pl_is_reject(status) && receipt->kind == PL_RECEIPT_TRANSACTION && receipt->gas_used == 0);
    return may_be ? PL_OK : PL_REJECT_NON_CANONICAL;
}

pl_status pl_receipt_decode(pl_receipt *receipt, const uint8_t *bytes, size_t size)
{
    pl_reader reader = pl_reader_of(bytes, size);
    *receipt = (pl_receipt){.feed = UINT32_MAX};
    PL_TRY(pl_reader_u8(&reader, &receipt->kind));
    if (receipt->kind == PL_RECEIPT_REPORT) {
        PL_TRY(pl_reader_u32(&reader, &receipt->feed));
        PL_TRY(pl_reader_u16(&reader, &receipt->status));
        if (receipt->status != PL_OK && !pl_is_reject((pl_status)receipt->status)) {
            return PL_REJECT_NON_CANONICAL;
        }
    } else if (receipt->kind == PL_RECEIPT_TRANSACTION || receipt->kind == PL_RECEIPT_HOOK) {
        PL_TRY(read_call(receipt, &reader));
    } else {
        return PL_REJECT_NON_CANONICAL;
    }
    return pl_reader_end(&reader);
}

pl_status pl_receipts_next(pl_receipt *receipt, size_t *offset, const uint8_t *receipts,
                           size_t size)
{
    pl_reader reader = pl_reader_of(receipts, size);
    reader.offset = *offset;
    uint32_t receipt_size;
    const uint8_t *bytes;
    PL_TRY(pl_reader_u32(&reader, &receipt_size));
    PL_TRY(pl_reader_bytes(&reader, &bytes, receipt_size));
    PL_TRY(pl_receipt_decode(receipt, bytes, receipt_size));
    *offset = reader.offset;
    return PL_OK;
}

void pl_receipts_hash(uint8_t *hash, const uint8_t *receipts, size_t size)
{
    pl_tagged_of(hash, &pl_tag_receipts, receipts, size);
}
