/* block, transaction, receipt and history bytes: what decodes encodes to the same bytes, every cut
 * and every flipped bit is refused or decodes to something that still encodes to those very bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vm/base/bytes.h"
#include "vm/chain/block.h"
#include "vm/chain/history.h"
#include "vm/chain/receipt.h"

static void fill(uint8_t *bytes, size_t size, uint8_t first)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(first + i);
    }
}

static void flip(uint8_t *bytes, size_t bit)
{
    bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* A copy of exactly this size on the heap, so that the sanitizer sees every byte read too far. */
static uint8_t *exact(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}

/* ---- transactions ---- */

static const uint8_t arguments[5] = {1, 2, 3, 4, 5};

static pl_tx sample_tx(bool is_signed)
{
    pl_tx tx = {.contract = 0x01020304,
                .function = 0x0506,
                .nonce = 0x0708090a0b0c0d0e,
                .gas_limit = 0x1112131415161718,
                .arguments = arguments,
                .arguments_size = sizeof arguments,
                .is_signed = is_signed};
    fill(tx.caller, sizeof tx.caller, 0x40);
    if (is_signed) {
        fill(tx.public_key, sizeof tx.public_key, 0x60);
        fill(tx.signature, sizeof tx.signature, 0x90);
    }
    return tx;
}

static void transaction_layout(void **state)
{
    (void)state;
    uint8_t bytes[256];
    const pl_tx tx = sample_tx(true);
    assert_int_equal(pl_tx_unsigned_size(&tx), 64);
    assert_int_equal(pl_tx_size(&tx), 64 + 1 + 97);
    pl_tx_encode(bytes, &tx);
    /* spec 06 §3, field by field */
    const uint8_t head[] = {1, 1, 2, 3, 4, 5, 6};
    assert_memory_equal(bytes, head, sizeof head);
    assert_memory_equal(bytes + 7, tx.caller, 32);
    assert_true(pl_load_u64(bytes + 39) == tx.nonce);
    assert_true(pl_load_u64(bytes + 47) == tx.gas_limit);
    assert_int_equal(pl_load_u32(bytes + 55), 5);
    assert_memory_equal(bytes + 59, arguments, 5);
    assert_int_equal(bytes[64], 97);
    assert_memory_equal(bytes + 65, tx.public_key, 33);
    assert_memory_equal(bytes + 98, tx.signature, 64);
}

static void transaction_shapes(void **state)
{
    (void)state;
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        uint8_t bytes[256], again[256];
        const pl_tx tx = sample_tx(is_signed != 0);
        pl_tx decoded;
        const size_t size = pl_tx_size(&tx);
        pl_tx_encode(bytes, &tx);
        bytes[size] = 0;
        assert_int_equal(pl_tx_decode(&decoded, bytes, size + 1), PL_REJECT_TRAILING);
        for (size_t cut = 0; cut < size; cut++) {
            uint8_t *part = exact(bytes, cut);
            assert_int_equal(pl_tx_decode(&decoded, part, cut), PL_REJECT_TRUNCATED);
            free(part);
        }
        for (size_t bit = 0; bit < 8 * size; bit++) {
            flip(bytes, bit);
            uint8_t *part = exact(bytes, size);
            const pl_status status = pl_tx_decode(&decoded, part, size);
            const size_t byte = bit / 8;
            if (byte == 0) {
                assert_int_equal(status, PL_REJECT_VERSION);
            } else if ((byte >= 55 && byte < 59) || byte == 64) {
                assert_int_not_equal(status, PL_OK); /* the sizes */
            } else {
                assert_int_equal(status, PL_OK);
                pl_tx_encode(again, &decoded);
                assert_int_equal(pl_tx_size(&decoded), size);
                assert_memory_equal(again, bytes, size);
            }
            free(part);
            flip(bytes, bit);
        }
        bytes[64] = 96;
        assert_int_equal(pl_tx_decode(&decoded, bytes, size), PL_REJECT_NON_CANONICAL);
    }
}

/* ---- blocks ---- */

static size_t make_block(uint8_t *bytes, size_t capacity)
{
    uint8_t tx_bytes[256];
    pl_header header = {.height = 7, .time_s = 1234567890123};
    const pl_tx plain = sample_tx(false), signed_tx = sample_tx(true);
    const pl_tx *txs[] = {&signed_tx, &plain, &signed_tx};
    fill(header.world, 32, 1);
    fill(header.parent, 32, 2);
    fill(header.body_hash, 32, 3);
    fill(header.state_root, 32, 4);
    fill(header.receipts_hash, 32, 5);
    pl_header_encode(bytes, &header);
    pl_writer writer = pl_writer_of(bytes, capacity);
    writer.size = PL_HEADER_SIZE;
    pl_writer_u32(&writer, 2);
    pl_writer_u32(&writer, 3);
    pl_writer_bytes(&writer, (const uint8_t *)"abc", 3);
    pl_writer_u32(&writer, 0); /* an empty report is a report; its receipt says TRUNCATED */
    pl_writer_u32(&writer, 3);
    for (size_t i = 0; i < 3; i++) {
        pl_tx_encode(tx_bytes, txs[i]);
        pl_writer_u32(&writer, (uint32_t)pl_tx_size(txs[i]));
        pl_writer_bytes(&writer, tx_bytes, pl_tx_size(txs[i]));
    }
    assert_int_equal(pl_writer_end(&writer), PL_OK);
    return writer.size;
}

/* Encodes a decoded block from its parts alone. */
static void expect_same(const pl_block *block, const uint8_t *bytes, size_t size)
{
    uint8_t *again = malloc(size);
    assert_non_null(again);
    pl_header_encode(again, &block->header);
    pl_writer writer = pl_writer_of(again, size);
    writer.size = PL_HEADER_SIZE;
    pl_items items = block->reports;
    const uint8_t *entry;
    uint32_t entry_size;
    pl_writer_u32(&writer, items.count);
    while (pl_items_next(&items, &entry, &entry_size)) {
        pl_writer_u32(&writer, entry_size);
        pl_writer_bytes(&writer, entry, entry_size);
    }
    items = block->transactions;
    pl_writer_u32(&writer, items.count);
    while (pl_items_next(&items, &entry, &entry_size)) {
        uint8_t tx_bytes[256];
        pl_tx tx;
        assert_int_equal(pl_tx_decode(&tx, entry, entry_size), PL_OK);
        assert_true(pl_tx_size(&tx) == entry_size && entry_size <= sizeof tx_bytes);
        pl_tx_encode(tx_bytes, &tx);
        pl_writer_u32(&writer, entry_size);
        pl_writer_bytes(&writer, tx_bytes, entry_size);
    }
    assert_int_equal(pl_writer_end(&writer), PL_OK);
    assert_true(writer.size == size);
    assert_memory_equal(again, bytes, size);
    free(again);
}

static void block_round_trip(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    const size_t size = make_block(bytes, sizeof bytes);
    pl_block block;
    uint32_t where;
    assert_int_equal(pl_block_decode(&block, &where, bytes, size), PL_OK);
    assert_int_equal(where, UINT32_MAX);
    assert_true(block.header.height == 7 && block.header.time_s == 1234567890123);
    assert_int_equal(block.header.receipts_hash[31], 5 + 31);
    assert_int_equal(block.reports.count, 2);
    assert_int_equal(block.transactions.count, 3);
    expect_same(&block, bytes, size);
}

static void block_cuts_and_flips(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    const size_t size = make_block(bytes, sizeof bytes - 1);
    pl_block block;
    uint32_t where;
    unsigned refused = 0;
    bytes[size] = 0;
    assert_int_equal(pl_block_decode(&block, &where, bytes, size + 1), PL_REJECT_TRAILING);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *part = exact(bytes, cut);
        assert_int_equal(pl_block_decode(&block, &where, part, cut), PL_REJECT_TRUNCATED);
        free(part);
    }
    for (size_t bit = 0; bit < 8 * size; bit++) {
        flip(bytes, bit);
        uint8_t *part = exact(bytes, size);
        const pl_status status = pl_block_decode(&block, &where, part, size);
        if (status == PL_OK) {
            expect_same(&block, part, size);
        } else {
            assert_true(pl_is_reject(status));
            refused++;
        }
        free(part);
        flip(bytes, bit);
    }
    /* magic 4, format 2, two counts 4 each, five sizes 4 each, per transaction 1 + 4 + 1; a flip in
     * a size that still parses would have to move every later part with it */
    assert_int_equal(refused, 8 * (4 + 2 + 2 * 4 + 5 * 4 + 3 * 6));
}

static void block_limits(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    const size_t size = make_block(bytes, sizeof bytes);
    pl_block block;
    uint32_t where;
    bytes[0] = 'Q';
    assert_int_equal(pl_block_decode(&block, &where, bytes, size), PL_REJECT_MAGIC);
    bytes[0] = 'P';
    bytes[5] = 2;
    assert_int_equal(pl_block_decode(&block, &where, bytes, size), PL_REJECT_VERSION);
    bytes[5] = 1;
    pl_store_u32(bytes + PL_HEADER_SIZE, PL_REPORTS_PER_BLOCK_MAX + 1);
    assert_int_equal(pl_block_decode(&block, &where, bytes, size), PL_REJECT_LIMIT);
    pl_store_u32(bytes + PL_HEADER_SIZE, PL_REPORTS_PER_BLOCK_MAX);
    assert_int_equal(pl_block_decode(&block, &where, bytes, size), PL_REJECT_TRUNCATED);
    pl_store_u32(bytes + PL_HEADER_SIZE, 0);
    pl_store_u32(bytes + PL_HEADER_SIZE + 4, PL_TXS_PER_BLOCK_MAX + 1);
    assert_int_equal(pl_block_decode(&block, &where, bytes, size), PL_REJECT_LIMIT);
    pl_store_u32(bytes + PL_HEADER_SIZE + 4, 0);
    /* refused by size alone: nothing behind the first byte is read */
    assert_int_equal(pl_body_decode(&block, &where, bytes + PL_HEADER_SIZE,
                                    PL_BLOCK_SIZE_MAX - PL_HEADER_SIZE + 1),
                     PL_REJECT_LIMIT);
}

static void block_names_the_transaction(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    const size_t size = make_block(bytes, sizeof bytes);
    pl_block block;
    uint32_t where;
    const size_t second = PL_HEADER_SIZE + 4 + 7 + 4 + 4 + (4 + 162);
    bytes[second + 4] = 9; /* the version of transaction 1 */
    assert_int_equal(pl_block_decode(&block, &where, bytes, size), PL_REJECT_VERSION);
    assert_int_equal(where, 1);
}

/* ---- receipts ---- */

static const uint8_t events[] = {0,   0, 0, 1, 0, 2, 0, 0, 0, 3, 'x', 'y',
                                 'z', 0, 0, 0, 9, 0, 8, 0, 0, 0, 0};
static const pl_receipt receipts[] = {
    {.kind = PL_RECEIPT_REPORT, .feed = 3, .status = 0},
    {.kind = PL_RECEIPT_REPORT, .feed = UINT32_MAX, .status = PL_REJECT_TRUNCATED},
    {.kind = PL_RECEIPT_TRANSACTION,
     .contract = 1,
     .function = 2,
     .gas_used = 99,
     .result = arguments,
     .result_size = 5,
     .event_count = 2,
     .events = events,
     .events_size = sizeof events},
    {.kind = PL_RECEIPT_TRANSACTION,
     .status = PL_TRAP_REVERT,
     .contract = 1,
     .function = 2,
     .gas_used = 7,
     .revert_contract = 4,
     .revert_error = 5,
     .revert_arguments = arguments,
     .revert_size = 4},
    {.kind = PL_RECEIPT_TRANSACTION, .status = PL_REJECT_TX_NONCE, .contract = 77, .function = 6},
    {.kind = PL_RECEIPT_HOOK, .status = PL_TRAP_OUT_OF_GAS, .contract = 1, .gas_used = 1000},
    {.kind = PL_RECEIPT_HOOK, .contract = 2, .function = 3, .gas_used = 55},
};
#define RECEIPTS (sizeof receipts / sizeof *receipts)

static void receipt_layout(void **state)
{
    (void)state;
    uint8_t bytes[64];
    const uint8_t report[] = {1, 0, 0, 0, 3, 0, 0};
    const uint8_t revert[] = {2, 0, 108, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0,
                              7, 0, 0,   0, 4, 0, 5, 0, 0, 0, 4, 1, 2, 3, 4};
    assert_int_equal(pl_receipt_size(&receipts[0]), sizeof report);
    pl_receipt_encode(bytes, &receipts[0]);
    assert_memory_equal(bytes, report, sizeof report);
    assert_int_equal(pl_receipt_size(&receipts[3]), sizeof revert);
    pl_receipt_encode(bytes, &receipts[3]);
    assert_memory_equal(bytes, revert, sizeof revert);
}

static void receipts_round_trip(void **state)
{
    (void)state;
    uint8_t bytes[512], again[128];
    pl_writer writer = pl_writer_of(bytes, sizeof bytes);
    for (size_t i = 0; i < RECEIPTS; i++) {
        pl_receipt_encode(again, &receipts[i]);
        pl_writer_u32(&writer, (uint32_t)pl_receipt_size(&receipts[i]));
        pl_writer_bytes(&writer, again, pl_receipt_size(&receipts[i]));
    }
    size_t offset = 0, count = 0;
    for (; offset < writer.size; count++) {
        pl_receipt receipt;
        const size_t start = offset;
        assert_int_equal(pl_receipts_next(&receipt, &offset, bytes, writer.size), PL_OK);
        assert_int_equal(receipt.status, receipts[count].status);
        assert_int_equal(receipt.event_count, receipts[count].event_count);
        pl_receipt_encode(again, &receipt);
        assert_memory_equal(again, bytes + start + 4, offset - start - 4);
        assert_int_equal(pl_receipt_size(&receipt), offset - start - 4);
    }
    assert_int_equal(count, RECEIPTS);
    pl_receipt receipt;
    offset = 0;
    assert_int_equal(pl_receipts_next(&receipt, &offset, bytes, 10), PL_REJECT_TRUNCATED);
    assert_int_equal(offset, 0);
}

static void receipt_events(void **state)
{
    (void)state;
    size_t offset = 0;
    pl_event event;
    assert_int_equal(pl_event_next(&event, &offset, &receipts[2]), PL_OK);
    assert_int_equal(event.contract, 1);
    assert_int_equal(event.event, 2);
    assert_int_equal(event.size, 3);
    assert_memory_equal(event.arguments, "xyz", 3);
    assert_int_equal(pl_event_next(&event, &offset, &receipts[2]), PL_OK);
    assert_int_equal(event.contract, 9);
    assert_int_equal(event.size, 0);
    assert_int_equal(offset, sizeof events);
    assert_int_equal(pl_event_next(&event, &offset, &receipts[2]), PL_REJECT_TRUNCATED);
}

static void receipt_cuts_and_flips(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECEIPTS; i++) {
        uint8_t bytes[128], again[128];
        const size_t size = pl_receipt_size(&receipts[i]);
        pl_receipt receipt;
        pl_receipt_encode(bytes, &receipts[i]);
        for (size_t cut = 0; cut < size; cut++) {
            uint8_t *part = exact(bytes, cut);
            assert_int_not_equal(pl_receipt_decode(&receipt, part, cut), PL_OK);
            free(part);
        }
        bytes[size] = 0;
        assert_int_not_equal(pl_receipt_decode(&receipt, bytes, size + 1), PL_OK);
        for (size_t bit = 0; bit < 8 * size; bit++) {
            flip(bytes, bit);
            uint8_t *part = exact(bytes, size);
            if (pl_receipt_decode(&receipt, part, size) == PL_OK) {
                assert_int_equal(pl_receipt_size(&receipt), size);
                pl_receipt_encode(again, &receipt);
                assert_memory_equal(again, part, size);
            }
            free(part);
            flip(bytes, bit);
        }
    }
}

static void impossible_receipts(void **state)
{
    (void)state;
    uint8_t bytes[64];
    pl_receipt receipt;
    const pl_receipt wrong[] = {
        {.kind = 4, .status = 101},
        {.kind = PL_RECEIPT_REPORT, .status = PL_TRAP_CAST},
        {.kind = PL_RECEIPT_TRANSACTION, .status = PL_FAULT_MEMORY},
        {.kind = PL_RECEIPT_TRANSACTION, .status = PL_REJECT_TX_GAS, .gas_used = 1},
        {.kind = PL_RECEIPT_HOOK, .status = PL_REJECT_TX_GAS},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        pl_receipt_encode(bytes, &wrong[i]);
        assert_int_equal(pl_receipt_decode(&receipt, bytes, pl_receipt_size(&wrong[i])),
                         PL_REJECT_NON_CANONICAL);
    }
}

/* Sizes are judged before the bytes are looked at; a list ends where a size or a receipt does. */
static void receipts_end_where_they_say(void **state)
{
    (void)state;
    uint8_t bytes[128], list[4 + 128];
    pl_receipt receipt;
    const size_t size = pl_receipt_size(&receipts[2]);
    pl_receipt_encode(bytes, &receipts[2]);
    assert_int_equal(pl_receipt_decode(&receipt, bytes, ((size_t)UINT32_MAX << 1) + size),
                     PL_REJECT_LIMIT);
    pl_store_u32(list, (uint32_t)size);
    memcpy(list + 4, bytes, size);
    for (size_t cut = 0; cut < 4 + size; cut++) {
        size_t offset = 0;
        assert_int_equal(pl_receipts_next(&receipt, &offset, list, cut), PL_REJECT_TRUNCATED);
        assert_int_equal(offset, 0);
    }
    size_t offset = 0;
    list[4] = 77; /* no kind of receipt */
    assert_int_equal(pl_receipts_next(&receipt, &offset, list, 4 + size), PL_REJECT_NON_CANONICAL);
    assert_int_equal(offset, 0);
    list[4] = bytes[0];
    assert_int_equal(pl_receipts_next(&receipt, &offset, list, 4 + size), PL_OK);
    assert_int_equal(offset, 4 + size);
}

/* ---- histories ---- */

static void history_splits(void **state)
{
    (void)state;
    const uint8_t bytes[] = {'P', 'L', 'H', 'S', 0, 1, 0, 0, 0, 2, 'w', 'w', 0,  0,
                             0,   1,   'a', 0,   0, 0, 0, 0, 0, 0, 2,   'b', 'c'};
    pl_history history;
    const uint8_t *block;
    size_t size;
    assert_int_equal(pl_history_open(&history, bytes, sizeof bytes), PL_OK);
    assert_true(history.world == bytes + 10 && history.world_size == 2);
    assert_int_equal(pl_history_next(&history, &block, &size), PL_OK);
    assert_true(block == bytes + 16 && size == 1);
    assert_int_equal(pl_history_next(&history, &block, &size), PL_OK);
    assert_true(block != NULL && size == 0);
    assert_int_equal(pl_history_next(&history, &block, &size), PL_OK);
    assert_true(block == bytes + 25 && size == 2);
    assert_int_equal(pl_history_next(&history, &block, &size), PL_OK);
    assert_true(block == NULL && size == 0 && history.block_count == 3);
    for (size_t cut = 0; cut < sizeof bytes; cut++) {
        uint8_t *part = exact(bytes, cut);
        pl_status status = pl_history_open(&history, part, cut);
        block = part;
        while (status == PL_OK && block != NULL) {
            status = pl_history_next(&history, &block, &size);
        }
        /* a history may end between blocks, and nowhere else */
        assert_int_equal(status, cut == 12 || cut == 17 || cut == 21 ? PL_OK : PL_REJECT_TRUNCATED);
        free(part);
    }
    const uint8_t magic[] = {'P', 'L', 'W', 'D', 0, 1, 0, 0, 0, 0};
    const uint8_t version[] = {'P', 'L', 'H', 'S', 0, 2, 0, 0, 0, 0};
    assert_int_equal(pl_history_open(&history, magic, sizeof magic), PL_REJECT_MAGIC);
    assert_int_equal(pl_history_open(&history, version, sizeof version), PL_REJECT_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transaction_layout),  cmocka_unit_test(transaction_shapes),
        cmocka_unit_test(block_round_trip),    cmocka_unit_test(block_cuts_and_flips),
        cmocka_unit_test(block_limits),        cmocka_unit_test(block_names_the_transaction),
        cmocka_unit_test(receipt_layout),      cmocka_unit_test(receipts_round_trip),
        cmocka_unit_test(receipt_events),      cmocka_unit_test(receipt_cuts_and_flips),
        cmocka_unit_test(impossible_receipts), cmocka_unit_test(receipts_end_where_they_say),
        cmocka_unit_test(history_splits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
