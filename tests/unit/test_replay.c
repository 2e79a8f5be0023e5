/* replay: every kind of receipt, linking, rollback of refused blocks, authority and nonces, sealing
 * and verifying, checkpoints, queries and invariants, in one small world. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/counted_memory.h"
#include "tests/support/tiny_world.h"
#include "vm/base/bytes.h"
#include "vm/oracle/native.h"
#include "vm/plimsoll.h"

enum { BANK = 1, TWIN = 2 };

static uint8_t open_world[TINY_WORLD_SIZE_MAX], auth_world[TINY_WORLD_SIZE_MAX];
static size_t open_size, auth_size;
static counted_memory counted;

static int set_up(void **state)
{
    (void)state;
    open_size = tiny_world(open_world, sizeof open_world, false);
    auth_size = tiny_world(auth_world, sizeof auth_world, true);
    counted_memory_init(&counted);
    return 0;
}

static pl_chain *start(bool has_auth)
{
    pl_chain *chain;
    const pl_status status =
        has_auth ? pl_chain_create(&chain, NULL, &counted.memory, auth_world, auth_size)
                 : pl_chain_create(&chain, NULL, &counted.memory, open_world, open_size);
    assert_int_equal(status, PL_OK);
    return chain;
}

static void stop(pl_chain *chain)
{
    pl_chain_free(chain);
    assert_int_equal(counted.out, 0);
}

static pl_head head_of(const pl_chain *chain)
{
    pl_head head;
    pl_chain_head(&head, chain);
    return head;
}

static void expect_same_head(const pl_head *a, const pl_head *b)
{
    assert_true(a->height == b->height && a->time_s == b->time_s && a->row_count == b->row_count);
    assert_memory_equal(a->block_hash, b->block_hash, 32);
    assert_memory_equal(a->state_root, b->state_root, 32);
}

/* ---- making bodies ---- */

static void add_call(tiny_body *body, uint32_t contract, uint16_t function, int64_t k, uint64_t v)
{
    uint8_t tx[256];
    const bool has_v = function != TINY_DELETE && function != TINY_GET;
    const tiny_call call = {
        .contract = contract, .function = function, .k = k, .v = v, .has_v = has_v, .gas = 9000};
    tiny_body_tx(body, tx, tiny_tx(tx, &call));
}

static void add_report(tiny_body *body, const pl_chain *chain, uint32_t feed, uint64_t round,
                       uint64_t time_s, int64_t price)
{
    uint8_t report[PL_NATIVE_SIZE_MAX];
    static const uint8_t order[] = {0, 2};
    const report_spec spec = {
        pl_chain_world(chain)->id, feed, round, time_s, price, 8, tiny_signers(), order,
        feed == TINY_ETH ? 2 : 0};
    tiny_body_report(body, report, report_make(report, &spec));
}

/* Seals one block with the calls in it. */
static void seal(pl_block_result *result, pl_chain *chain, uint64_t time_s, const tiny_body *body)
{
    assert_int_equal(pl_chain_seal_block(result, chain, time_s, body->bytes, body->size, NULL),
                     PL_OK);
}

static void seal_put(pl_block_result *result, pl_chain *chain, uint64_t time_s, int64_t k,
                     uint64_t v)
{
    static tiny_body body;
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    add_call(&body, BANK, TINY_PUT, k, v);
    seal(result, chain, time_s, &body);
}

/* rows[k] of a contract; UINT64_MAX when absent. */
static uint64_t row_of(pl_chain *chain, uint32_t contract, int64_t k)
{
    uint8_t key[8];
    const uint8_t *row;
    pl_store_u64(key, (uint64_t)k);
    assert_int_equal(pl_chain_row(&row, chain, contract, TINY_ROWS, key), PL_OK);
    return row == NULL ? UINT64_MAX : pl_load_u64(row);
}

static uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}

/* ---- genesis ---- */

static void genesis_state(void **state)
{
    (void)state;
    pl_chain *chain = start(false);
    const pl_head head = head_of(chain);
    assert_true(head.height == 0 && head.time_s == TINY_TIME);
    assert_memory_equal(head.block_hash, pl_chain_world(chain)->id, 32);
    assert_int_equal(head.row_count, 1 + 2 + 4); /* chain, two contracts, four rows of the world */
    /* a root of the model's own computation is compared in the golden tests; here: not zero, and
     * another world has another one */
    pl_chain *other = start(true);
    const pl_head other_head = head_of(other);
    assert_memory_not_equal(head.state_root, other_head.state_root, 32);
    pl_chain_free(other);
    pl_rows rows;
    assert_int_equal(pl_rows_begin(&rows, chain, BANK, TINY_ROWS), PL_OK);
    assert_int_equal(rows.schema->key_size, 8);
    static const int64_t keys[] = {-2, 5};
    for (unsigned i = 0; i < 2; i++) {
        assert_true(pl_rows_next(&rows)); /* by value, not by bytes */
        assert_true(pl_load_u64(rows.key) == (uint64_t)keys[i]);
    }
    assert_false(pl_rows_next(&rows));
    assert_int_equal(pl_rows_begin(&rows, chain, BANK, 2), PL_REJECT_RANGE);
    assert_int_equal(pl_rows_begin(&rows, chain, 3, 0), PL_REJECT_RANGE);
    assert_int_equal(pl_rows_begin(&rows, chain, 0, 3), PL_OK);
    assert_true(pl_rows_next(&rows) && pl_load_u32(rows.key) == 1);
    assert_memory_equal(rows.row, "bank", 5);
    stop(chain);
}

static void names_and_labels(void **state)
{
    (void)state;
    pl_chain *chain = start(false);
    const uint8_t bank[32] = {'@', 'b', 'a', 'n', 'k'}, other[32] = {'@'};
    assert_int_equal(pl_find_contract(chain, "bank", 4), BANK);
    assert_int_equal(pl_find_contract(chain, "twin", 4), TWIN);
    assert_int_equal(pl_find_contract(chain, "twi", 3), PL_NONE);
    assert_int_equal(pl_find_function(chain, TWIN, "hidden", 6), TINY_HIDDEN);
    assert_int_equal(pl_find_function(chain, 0, "put", 3), PL_NONE);
    assert_int_equal(pl_find_function(chain, 3, "put", 3), PL_NONE);
    assert_int_equal(pl_find_table(chain, BANK, "rows", 4), TINY_ROWS);
    assert_int_equal(pl_find_table(chain, 0, "nonces", 6), 2);
    assert_int_equal(pl_find_error(chain, BANK, "Bad", 3), 0);
    assert_int_equal(pl_find_event(chain, BANK, "Put", 3), 0);
    assert_int_equal(pl_find_event(chain, BANK, "Bad", 3), PL_NONE);
    assert_int_equal(pl_find_feed(chain, "RAW", 3), TINY_RAW);
    assert_memory_equal(pl_find_label(chain, PL_LABEL_ACCOUNT, bank)->text.text, "the bank", 8);
    assert_null(pl_find_label(chain, PL_LABEL_NOTE, bank));
    assert_null(pl_find_label(chain, PL_LABEL_ACCOUNT, other));
    assert_null(pl_chain_code(chain, 0));
    assert_null(pl_chain_code(chain, 3));
    assert_non_null(pl_chain_table(chain, 0, 0));
    assert_null(pl_chain_table(chain, 0, 4));
    stop(chain);
}

/* ---- receipts ---- */

typedef struct expected {
    uint8_t kind;
    uint16_t status;
    uint32_t contract; /* report: feed */
    uint16_t function;
} expected;

static void expect_receipts(const pl_block_result *result, const expected *want, size_t count)
{
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        pl_receipt receipt;
        assert_true(offset < result->receipts_size);
        assert_int_equal(
            pl_receipts_next(&receipt, &offset, result->receipts, result->receipts_size), PL_OK);
        if (receipt.kind != want[i].kind || receipt.status != want[i].status) {
            fail_msg("receipt %zu: kind %u status %u, expected %u %u", i, receipt.kind,
                     receipt.status, want[i].kind, want[i].status);
        }
        if (receipt.kind == PL_RECEIPT_REPORT) {
            assert_int_equal(receipt.feed, want[i].contract);
        } else {
            assert_int_equal(receipt.contract, want[i].contract);
            assert_int_equal(receipt.function, want[i].function);
            assert_true((receipt.gas_used == 0) == pl_is_reject((pl_status)receipt.status));
        }
    }
    assert_int_equal(offset, result->receipts_size);
}

static void every_kind_of_receipt(void **state)
{
    (void)state;
    pl_chain *chain = start(false);
    static tiny_body body;
    tiny_body_begin(&body);
    add_report(&body, chain, TINY_ETH, 1, 1001, 777);
    add_report(&body, chain, TINY_ETH, 1, 1001, 778); /* its round is taken */
    add_report(&body, chain, TINY_RAW, 5, 999, 9);
    tiny_body_report(&body, (const uint8_t *)"\1\0", 2);
    tiny_body_transactions(&body);
    add_call(&body, BANK, TINY_PUT, 7, 70);
    add_call(&body, BANK, TINY_FAIL, 7, 71);
    add_call(&body, BANK, TINY_SPIN, 7, 72);
    add_call(&body, BANK, TINY_DIVIDE, 7, 73);
    add_call(&body, TWIN, TINY_DELETE, 7, 0);
    add_call(&body, BANK, TINY_DELETE, 5, 0);
    add_call(&body, 0, TINY_PUT, 0, 0);
    add_call(&body, 3, TINY_PUT, 0, 0);
    add_call(&body, BANK, TINY_FUNCTIONS, 0, 0);
    add_call(&body, BANK, TINY_HIDDEN, 0, 0);
    add_call(&body, BANK, TINY_TICK, 0, 0);
    add_call(&body, BANK, TINY_GET, 0, 0); /* a view is not for transactions */
    static const expected want[] = {
        {PL_RECEIPT_REPORT, 0, TINY_ETH, 0},
        {PL_RECEIPT_REPORT, PL_REJECT_ROUND, TINY_ETH, 0},
        {PL_RECEIPT_REPORT, 0, TINY_RAW, 0},
        {PL_RECEIPT_REPORT, PL_REJECT_TRUNCATED, UINT32_MAX, 0},
        {PL_RECEIPT_TRANSACTION, 0, BANK, TINY_PUT},
        {PL_RECEIPT_TRANSACTION, PL_TRAP_REVERT, BANK, TINY_FAIL},
        {PL_RECEIPT_TRANSACTION, PL_TRAP_OUT_OF_GAS, BANK, TINY_SPIN},
        {PL_RECEIPT_TRANSACTION, PL_TRAP_DIV_BY_ZERO, BANK, TINY_DIVIDE},
        {PL_RECEIPT_TRANSACTION, 0, TWIN, TINY_DELETE},
        {PL_RECEIPT_TRANSACTION, 0, BANK, TINY_DELETE},
        {PL_RECEIPT_TRANSACTION, PL_REJECT_TX_CONTRACT, 0, TINY_PUT},
        {PL_RECEIPT_TRANSACTION, PL_REJECT_TX_CONTRACT, 3, TINY_PUT},
        {PL_RECEIPT_TRANSACTION, PL_REJECT_TX_FUNCTION, BANK, TINY_FUNCTIONS},
        {PL_RECEIPT_TRANSACTION, PL_REJECT_TX_FUNCTION, BANK, TINY_HIDDEN},
        {PL_RECEIPT_TRANSACTION, PL_REJECT_TX_FUNCTION, BANK, TINY_TICK},
        {PL_RECEIPT_TRANSACTION, PL_REJECT_TX_FUNCTION, BANK, TINY_GET},
        {PL_RECEIPT_HOOK, 0, BANK, TINY_TICK},
        {PL_RECEIPT_HOOK, 0, TWIN, TINY_TICK},
    };
    pl_block_result result;
    seal(&result, chain, 1003, &body);
    expect_receipts(&result, want, sizeof want / sizeof *want);
    const pl_block_counts *c = &result.counts;
    assert_true(c->reports_accepted == 2 && c->reports_refused == 2);
    assert_true(c->tx_ok == 3 && c->tx_trap == 2 && c->tx_revert == 1 && c->tx_reject == 6);
    assert_true(c->hook_ok == 2 && c->hook_failed == 0 && c->events == 1);
    /* what a trap wrote is gone, what succeeded stays */
    assert_int_equal(row_of(chain, BANK, 7), 70);
    assert_int_equal(row_of(chain, BANK, 5), UINT64_MAX);
    assert_int_equal(row_of(chain, BANK, -1), 1);
    assert_int_equal(row_of(chain, TWIN, -1), 1);
    pl_price price;
    assert_int_equal(pl_chain_price(&price, chain, TINY_ETH), PL_OK);
    const pl_u256 v = pl_u256_from_u64(777);
    assert_true(price.exists && pl_u256_eq(&price.price, &v) && price.time_s == 1001 &&
                price.round == 1 && price.height == 1 && price.decimals == 8);
    assert_int_equal(pl_chain_price(&price, chain, TINY_FEEDS), PL_REJECT_FEED);
    stop(chain);
}

static void receipts_tell_results_events_and_reverts(void **state)
{
    (void)state;
    pl_chain *chain = start(false);
    static tiny_body body;
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    add_call(&body, TWIN, TINY_PUT, 7, 0x0102);
    add_call(&body, TWIN, TINY_FAIL, 7, 71);
    pl_block_result result;
    seal(&result, chain, 1000, &body);
    pl_receipt receipt;
    pl_event event;
    size_t offset = 0, event_offset = 0;
    assert_int_equal(pl_receipts_next(&receipt, &offset, result.receipts, result.receipts_size),
                     PL_OK);
    static const uint8_t value[8] = {0, 0, 0, 0, 0, 0, 1, 2};
    assert_int_equal(receipt.result_size, 8);
    assert_memory_equal(receipt.result, value, 8);
    assert_int_equal(receipt.event_count, 1);
    assert_int_equal(pl_event_next(&event, &event_offset, &receipt), PL_OK);
    assert_true(event.contract == TWIN && event.event == 0 && event.size == 8);
    assert_memory_equal(event.arguments, value, 8);
    assert_int_equal(pl_receipts_next(&receipt, &offset, result.receipts, result.receipts_size),
                     PL_OK);
    assert_true(receipt.revert_contract == TWIN && receipt.revert_error == 0);
    assert_int_equal(receipt.revert_size, 1);
    assert_int_equal(receipt.revert_arguments[0], 7);
    stop(chain);
}

static void hooks_can_fail_alone(void **state)
{
    (void)state;
    pl_chain *chain = start(false);
    pl_block_result result;
    for (unsigned block = 1; block <= 4; block++) {
        seal_put(&result, chain, 1000, 7, block);
        /* the third tick of both contracts reverts, and so does every later one */
        assert_int_equal(result.counts.hook_ok, block < 3 ? 2 : 0);
        assert_int_equal(result.counts.hook_failed, block < 3 ? 0 : 2);
        assert_int_equal(row_of(chain, TWIN, -1), block < 3 ? block : 2);
        assert_int_equal(row_of(chain, BANK, 7), block);
    }
    stop(chain);
}

/* ---- transactions: shape of arguments, gas, authority ---- */

static pl_status status_of(pl_chain *chain, const uint8_t *tx, size_t size)
{
    static tiny_body body;
    pl_block_result result;
    pl_receipt receipt;
    size_t offset = 0;
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    tiny_body_tx(&body, tx, size);
    seal(&result, chain, 1000, &body);
    assert_int_equal(pl_receipts_next(&receipt, &offset, result.receipts, result.receipts_size),
                     PL_OK);
    return (pl_status)receipt.status;
}

static pl_status call_status(pl_chain *chain, const tiny_call *call)
{
    uint8_t tx[256];
    return status_of(chain, tx, tiny_tx(tx, call));
}

static void transactions_without_authority(void **state)
{
    (void)state;
    pl_chain *chain = start(false);
    const signer key = signer_of(50);
    tiny_call call = {.contract = BANK, .function = TINY_PUT, .has_v = true, .gas = TINY_TX_GAS};
    assert_int_equal(call_status(chain, &call), PL_OK);
    call.gas++;
    assert_int_equal(call_status(chain, &call), PL_REJECT_TX_GAS);
    call.gas = 9000;
    call.has_v = false;
    assert_int_equal(call_status(chain, &call), PL_REJECT_TX_ARGUMENTS);
    call.has_v = true;
    call.nonce = 1;
    assert_int_equal(call_status(chain, &call), PL_REJECT_TX_NONCE);
    call.nonce = 0;
    memcpy(call.caller, "@twin", 5);
    assert_int_equal(call_status(chain, &call), PL_REJECT_TX_AUTH);
    call.caller[4] = 'g'; /* no contract of this world */
    assert_int_equal(call_status(chain, &call), PL_OK);
    call.key = &key;
    call.world_id = pl_chain_world(chain)->id;
    assert_int_equal(call_status(chain, &call), PL_REJECT_TX_AUTH);
    assert_int_equal(pl_store_table_rows(pl_chain_store(chain), 2), 0); /* no nonces */
    stop(chain);
}

static void transactions_with_authority(void **state)
{
    (void)state;
    pl_chain *chain = start(true);
    const signer key = signer_of(50), other = signer_of(51);
    const uint8_t *id = pl_chain_world(chain)->id;
    tiny_call call = {.contract = BANK,
                      .function = TINY_PUT,
                      .k = 3,
                      .v = 1,
                      .has_v = true,
                      .gas = 9000,
                      .key = &key,
                      .world_id = id};
    uint8_t tx[256];
    const size_t size = tiny_tx(tx, &call);
    assert_int_equal(status_of(chain, tx, size), PL_OK);
    assert_int_equal(status_of(chain, tx, size), PL_REJECT_TX_NONCE); /* no replay */
    call.nonce = 2;
    assert_int_equal(call_status(chain, &call), PL_REJECT_TX_NONCE);
    call.nonce = 1;
    call.function = TINY_FAIL; /* a trap raises the nonce */
    assert_int_equal(call_status(chain, &call), PL_TRAP_REVERT);
    call.nonce = 2;
    call.function = TINY_HIDDEN; /* a reject does not */
    assert_int_equal(call_status(chain, &call), PL_REJECT_TX_FUNCTION);
    call.function = TINY_PUT;
    const size_t signed_size = tiny_tx(tx, &call);
    tx[7] ^= 1; /* the caller is not the key's account */
    assert_int_equal(status_of(chain, tx, signed_size), PL_REJECT_TX_AUTH);
    tx[7] ^= 1;
    tx[59] ^= 1; /* the arguments are not those that were signed */
    assert_int_equal(status_of(chain, tx, signed_size), PL_REJECT_TX_AUTH);
    tx[59] ^= 1;
    call.world_id = (const uint8_t *)"another world, another chain....";
    assert_int_equal(call_status(chain, &call), PL_REJECT_TX_AUTH);
    call.world_id = id;
    assert_int_equal(status_of(chain, tx, signed_size), PL_OK);
    call.key = &other; /* nonces are per account */
    call.nonce = 0;
    assert_int_equal(call_status(chain, &call), PL_OK);
    call.key = NULL;
    assert_int_equal(call_status(chain, &call), PL_REJECT_TX_AUTH);
    uint8_t account[32];
    const uint8_t *row;
    pl_account_of_key(account, key.public_key);
    assert_int_equal(pl_chain_row(&row, chain, 0, 2, account), PL_OK);
    assert_int_equal(pl_load_u64(row), 3);
    stop(chain);
}

/* ---- linking, comparing, rolling back ---- */

typedef struct history {
    uint8_t *blocks[4];
    size_t sizes[4];
    pl_head heads[5]; /* [0]: genesis */
} history;

/* Four blocks with reports, writes, failures and deletions. */
static void make_history(history *h)
{
    pl_chain *chain = start(false);
    static tiny_body body;
    h->heads[0] = head_of(chain);
    for (unsigned i = 0; i < 4; i++) {
        pl_block_result result;
        tiny_body_begin(&body);
        add_report(&body, chain, TINY_ETH, i + 1, 1000 + i, 100 + i);
        tiny_body_transactions(&body);
        add_call(&body, BANK, TINY_PUT, (int64_t)i * 10 - 15, i);
        add_call(&body, TWIN, TINY_FAIL, i, i);
        add_call(&body, BANK, TINY_DELETE, i == 2 ? 5 : 1, 0);
        seal(&result, chain, 1000 + i, &body);
        assert_memory_equal(result.expected_state_root, result.state_root, 32);
        h->blocks[i] = copy_of(result.block, result.block_size);
        h->sizes[i] = result.block_size;
        h->heads[i + 1] = head_of(chain);
        assert_memory_equal(h->heads[i + 1].block_hash, result.block_hash, 32);
    }
    stop(chain);
}

static void free_history(history *h)
{
    for (unsigned i = 0; i < 4; i++) {
        free(h->blocks[i]);
    }
}

static void sealed_blocks_verify(void **state)
{
    (void)state;
    history h;
    make_history(&h);
    pl_chain *chain = start(false);
    for (unsigned i = 0; i < 4; i++) {
        pl_block_result result;
        assert_int_equal(pl_chain_replay_block(&result, chain, h.blocks[i], h.sizes[i], NULL),
                         PL_OK);
        const pl_head head = head_of(chain);
        expect_same_head(&head, &h.heads[i + 1]);
        assert_int_equal(result.where, PL_WHERE_NOTHING);
        assert_int_equal(result.index, PL_NONE);
        assert_true(result.height == i + 1 && result.block == h.blocks[i]);
    }
    free_history(&h);
    stop(chain);
}

static void refuse(pl_chain *chain, const uint8_t *bytes, size_t size, pl_status status,
                   pl_where where)
{
    pl_block_result result;
    const pl_head before = head_of(chain);
    const pl_status got = pl_chain_replay_block(&result, chain, bytes, size, NULL);
    if (got != status || result.where != where || result.status != got) {
        fail_msg("%s at %d, expected %s at %d", pl_status_name(got), (int)result.where,
                 pl_status_name(status), (int)where);
    }
    const pl_head after = head_of(chain);
    expect_same_head(&before, &after);
}

static void headers_are_checked_in_order(void **state)
{
    (void)state;
    history h;
    make_history(&h);
    pl_chain *chain = start(false);
    pl_block_result result;
    uint8_t *b = h.blocks[1];
    const size_t size = h.sizes[1];
    refuse(chain, b, size, PL_REJECT_HEIGHT, PL_WHERE_HEADER); /* block 2 before block 1 */
    assert_int_equal(pl_chain_replay_block(&result, chain, h.blocks[0], h.sizes[0], NULL), PL_OK);
    refuse(chain, h.blocks[0], h.sizes[0], PL_REJECT_HEIGHT, PL_WHERE_HEADER);
    /* each fault in front of the ones below it: the first named is the first in the spec */
    b[150] ^= 1; /* receipts hash */
    refuse(chain, b, size, PL_REJECT_RECEIPTS_ROOT, PL_WHERE_RECEIPT);
    b[118] ^= 1; /* state root */
    refuse(chain, b, size, PL_REJECT_RECEIPTS_ROOT, PL_WHERE_RECEIPT);
    b[150] ^= 1;
    refuse(chain, b, size, PL_REJECT_STATE_ROOT, PL_WHERE_STATE);
    b[86] ^= 1; /* body hash */
    refuse(chain, b, size, PL_REJECT_BODY_HASH, PL_WHERE_HEADER);
    const uint64_t time_s = pl_load_u64(b + 46);
    pl_store_u64(b + 46, 999);
    refuse(chain, b, size, PL_REJECT_TIME, PL_WHERE_HEADER);
    b[54] ^= 1; /* parent */
    refuse(chain, b, size, PL_REJECT_PARENT, PL_WHERE_HEADER);
    b[45] ^= 1; /* height */
    refuse(chain, b, size, PL_REJECT_HEIGHT, PL_WHERE_HEADER);
    memset(b + 38, 0, 8); /* height 0 has no predecessor */
    refuse(chain, b, size, PL_REJECT_HEIGHT, PL_WHERE_HEADER);
    b[6] ^= 1; /* world */
    refuse(chain, b, size, PL_REJECT_WORLD_MISMATCH, PL_WHERE_HEADER);
    refuse(chain, b, size - 1, PL_REJECT_TRUNCATED, PL_WHERE_BLOCK);
    b[6] ^= 1;
    pl_store_u64(b + 38, 2);
    b[54] ^= 1;
    pl_store_u64(b + 46, time_s);
    b[86] ^= 1;
    b[118] ^= 1;
    assert_int_equal(pl_chain_replay_block(&result, chain, b, size, NULL), PL_OK);
    free_history(&h);
    stop(chain);
}

/* A bit anywhere in a block: refused with a name, and the chain goes on as if nothing had come. */
static void no_bit_of_a_block_is_free(void **state)
{
    (void)state;
    history h;
    make_history(&h);
    pl_chain *chain = start(false);
    pl_block_result result;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *b = h.blocks[i];
        for (size_t bit = 0; bit < 8 * h.sizes[i]; bit++) {
            b[bit / 8] ^= (uint8_t)(1u << bit % 8);
            const pl_status status = pl_chain_replay_block(&result, chain, b, h.sizes[i], NULL);
            b[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (!pl_is_reject(status) || result.where == PL_WHERE_NOTHING) {
                fail_msg("bit %zu of block %u: %s", bit, i + 1, pl_status_name(status));
            }
        }
        for (size_t cut = 0; cut < h.sizes[i]; cut++) {
            assert_int_equal(pl_chain_replay_block(&result, chain, b, cut, NULL),
                             PL_REJECT_TRUNCATED);
        }
        assert_int_equal(pl_chain_replay_block(&result, chain, b, h.sizes[i], NULL), PL_OK);
        const pl_head head = head_of(chain);
        expect_same_head(&head, &h.heads[i + 1]);
    }
    free_history(&h);
    stop(chain);
}

/* The body may be another one while the header holds its hash: execution finds it. */
static void another_body_is_found_by_its_results(void **state)
{
    (void)state;
    history h;
    make_history(&h);
    pl_chain *chain = start(false);
    pl_block_result result;
    uint8_t *b = h.blocks[0];
    const size_t size = h.sizes[0];
    assert_int_equal(pl_chain_replay_block(&result, chain, b, size, NULL), PL_OK);
    uint8_t *receipts = copy_of(result.receipts, result.receipts_size);
    const size_t receipts_size = result.receipts_size;
    pl_chain_free(chain);
    chain = start(false);
    /* v of the first put: another row and another event in receipt 1 */
    const size_t v_at = PL_HEADER_SIZE + 4 + 4 + PL_NATIVE_HEAD_SIZE + 2 * 65 + 4 + 4 + 59 + 15;
    assert_int_equal(b[v_at], 0);
    b[v_at] = 9;
    pl_body_hash(b + 86, b + PL_HEADER_SIZE, size - PL_HEADER_SIZE);
    pl_replay_options options = {.expected_receipts = receipts,
                                 .expected_receipts_size = receipts_size};
    assert_int_equal(pl_chain_replay_block(&result, chain, b, size, &options),
                     PL_REJECT_RECEIPTS_ROOT);
    assert_int_equal(result.where, PL_WHERE_RECEIPT);
    assert_int_equal(result.index, 1);
    options.expected_receipts_size = 4 + 7; /* the report's receipt alone */
    assert_int_equal(pl_chain_replay_block(&result, chain, b, size, &options),
                     PL_REJECT_RECEIPTS_ROOT);
    assert_int_equal(result.index, 1);
    options.expected_receipts_size = 4 + 6; /* not even that */
    assert_int_equal(pl_chain_replay_block(&result, chain, b, size, &options),
                     PL_REJECT_RECEIPTS_ROOT);
    assert_int_equal(result.index, 0);
    refuse(chain, b, size, PL_REJECT_RECEIPTS_ROOT, PL_WHERE_RECEIPT);
    assert_int_equal(row_of(chain, BANK, -15), UINT64_MAX);
    free(receipts);
    free_history(&h);
    stop(chain);
}

static void a_bad_transaction_is_named(void **state)
{
    (void)state;
    pl_chain *chain = start(false);
    static tiny_body body;
    pl_block_result result;
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    add_call(&body, BANK, TINY_PUT, 1, 1);
    tiny_body_tx(&body, (const uint8_t *)"x", 1);
    assert_int_equal(pl_chain_seal_block(&result, chain, 1000, body.bytes, body.size, NULL),
                     PL_REJECT_TRUNCATED);
    assert_int_equal(result.where, PL_WHERE_TRANSACTION);
    assert_int_equal(result.index, 1);
    assert_int_equal(pl_chain_seal_block(&result, chain, 999, body.bytes, 8, NULL),
                     PL_REJECT_TRUNCATED);
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    assert_int_equal(pl_chain_seal_block(&result, chain, 999, body.bytes, body.size, NULL),
                     PL_REJECT_TIME);
    assert_int_equal(head_of(chain).height, 0);
    stop(chain);
}

/* ---- benchmarks ---- */

static void benchmark_results_say_so(void **state)
{
    (void)state;
    history h;
    make_history(&h);
    pl_chain *chain = start(false);
    pl_block_result result;
    const uint8_t zero[32] = {0};
    const pl_replay_options fast = {.bench = PL_BENCH_WITHOUT_SIGNATURES | PL_BENCH_WITHOUT_ROOTS};
    h.blocks[0][PL_HEADER_SIZE + 8 + PL_NATIVE_HEAD_SIZE + 64] ^= 1; /* in the first s */
    pl_body_hash(h.blocks[0] + 86, h.blocks[0] + PL_HEADER_SIZE, h.sizes[0] - PL_HEADER_SIZE);
    assert_int_equal(pl_chain_replay_block(&result, chain, h.blocks[0], h.sizes[0], NULL),
                     PL_REJECT_RECEIPTS_ROOT); /* the signature is refused */
    assert_int_equal(result.options, 0);
    assert_int_equal(pl_chain_replay_block(&result, chain, h.blocks[0], h.sizes[0], &fast), PL_OK);
    assert_int_equal(result.options, fast.bench);
    assert_memory_equal(result.state_root, zero, 32);
    assert_int_equal(pl_chain_checkpoint(chain, NULL, NULL), PL_FAULT_UNSUPPORTED);
    free_history(&h);
    stop(chain);
}

/* ---- asking ---- */

static void queries_read_and_change_nothing(void **state)
{
    (void)state;
    pl_chain *chain = start(false);
    pl_block_result result;
    pl_outcome outcome;
    uint8_t key[8];
    static tiny_body body;
    tiny_body_begin(&body);
    add_report(&body, chain, TINY_ETH, 1, 1000, 12345);
    tiny_body_transactions(&body);
    seal(&result, chain, 1000, &body);
    const pl_head before = head_of(chain);
    pl_store_u64(key, (uint64_t)-2);
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_GET, NULL, 9000, key, 8), PL_OK);
    assert_int_equal(outcome.status, PL_OK);
    assert_int_equal(outcome.result_size, 8);
    assert_int_equal(outcome.result[7], 20);
    assert_int_equal(pl_chain_query(&outcome, chain, TWIN, TINY_GET, NULL, 9000, key, 8), PL_OK);
    assert_int_equal(outcome.result[7], 0); /* the other contract's table */
    pl_store_u64(key, TINY_ETH);
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_PRICE, NULL, 9000, key, 8), PL_OK);
    assert_int_equal(pl_load_u16(outcome.result + 30), 12345);
    pl_store_u64(key, TINY_RAW);
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_PRICE, NULL, 9000, key, 8), PL_OK);
    assert_int_equal(outcome.status, PL_TRAP_NO_PRICE);
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_GET, NULL, 5, key, 8), PL_OK);
    assert_int_equal(outcome.status, PL_TRAP_OUT_OF_GAS);
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_GET, NULL, 9000, key, 7),
                     PL_REJECT_TX_ARGUMENTS);
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_PUT, NULL, 9000, key, 8),
                     PL_REJECT_TX_FUNCTION);
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_HOLDS, NULL, 9000, key, 0),
                     PL_REJECT_TX_FUNCTION);
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_FUNCTIONS, NULL, 9000, key, 0),
                     PL_REJECT_TX_FUNCTION);
    assert_int_equal(pl_chain_query(&outcome, chain, 3, 0, NULL, 9000, key, 0),
                     PL_REJECT_TX_CONTRACT);
    const pl_head after = head_of(chain);
    expect_same_head(&before, &after);
    uint8_t root[32];
    assert_int_equal(pl_store_root(pl_chain_store(chain), root), PL_OK);
    assert_memory_equal(root, before.state_root, 32);
    stop(chain);
}

typedef struct heard {
    unsigned calls;
    unsigned failed;
    uint32_t contract; /* of the last failure */
} heard;

static void hear(void *context, const pl_invariant_result *result)
{
    heard *h = context;
    h->calls++;
    assert_int_equal(result->function, TINY_HOLDS);
    if (!result->holds) {
        h->failed++;
        h->contract = result->contract;
    }
}

static void invariants_hold_or_are_named(void **state)
{
    (void)state;
    pl_chain *chain = start(false);
    pl_block_result result;
    heard h = {0};
    assert_int_equal(pl_chain_invariants(chain, hear, &h), PL_OK);
    assert_true(h.calls == 2 && h.failed == 0);
    static tiny_body body;
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    add_call(&body, TWIN, TINY_PUT, 99, 1);
    seal(&result, chain, 1000, &body);
    h = (heard){0};
    assert_int_equal(pl_chain_invariants(chain, hear, &h), PL_TRAP_INVARIANT);
    assert_true(h.calls == 2 && h.failed == 1 && h.contract == TWIN);
    assert_int_equal(pl_chain_invariants(chain, NULL, NULL), PL_TRAP_INVARIANT);
    stop(chain);
}

/* ---- checkpoints ---- */

typedef struct bytes {
    uint8_t data[1u << 16];
    size_t size;
    size_t stop_at;
} bytes;

static bool keep(void *context, const uint8_t *part, size_t size)
{
    bytes *b = context;
    if (b->size + size > b->stop_at) {
        return false;
    }
    memcpy(b->data + b->size, part, size);
    b->size += size;
    return true;
}

static bytes checkpoint;

static void take_checkpoint(pl_chain *chain)
{
    checkpoint.size = 0;
    checkpoint.stop_at = sizeof checkpoint.data;
    assert_int_equal(pl_chain_checkpoint(chain, keep, &checkpoint), PL_OK);
}

static pl_status restore(pl_chain **chain, const uint8_t *data, size_t size)
{
    pl_world_error where;
    return pl_chain_restore(chain, &where, &counted.memory, open_world, open_size, data, size);
}

static void stopped_and_resumed_is_the_same(void **state)
{
    (void)state;
    history h;
    make_history(&h);
    for (unsigned at = 1; at <= 4; at++) {
        pl_block_result result;
        pl_chain *chain = start(false);
        for (unsigned i = 0; i < at; i++) {
            assert_int_equal(pl_chain_replay_block(&result, chain, h.blocks[i], h.sizes[i], NULL),
                             PL_OK);
        }
        take_checkpoint(chain);
        pl_chain_free(chain);
        assert_int_equal(restore(&chain, checkpoint.data, checkpoint.size), PL_OK);
        const pl_head resumed = head_of(chain);
        expect_same_head(&resumed, &h.heads[at]);
        for (unsigned i = at; i < 4; i++) {
            assert_int_equal(pl_chain_replay_block(&result, chain, h.blocks[i], h.sizes[i], NULL),
                             PL_OK);
            const pl_head head = head_of(chain);
            expect_same_head(&head, &h.heads[i + 1]);
        }
        /* a checkpoint of a resumed chain is the one of a chain that never stopped */
        bytes *again = malloc(sizeof *again);
        assert_non_null(again);
        take_checkpoint(chain);
        *again = checkpoint;
        pl_chain_free(chain);
        chain = start(false);
        for (unsigned i = 0; i < 4; i++) {
            assert_int_equal(pl_chain_replay_block(&result, chain, h.blocks[i], h.sizes[i], NULL),
                             PL_OK);
        }
        take_checkpoint(chain);
        assert_int_equal(again->size, checkpoint.size);
        assert_memory_equal(again->data, checkpoint.data, checkpoint.size);
        free(again);
        stop(chain);
    }
    free_history(&h);
}

static void checkpoints_are_checked(void **state)
{
    (void)state;
    history h;
    make_history(&h);
    pl_chain *chain = start(false);
    pl_block_result result;
    assert_int_equal(pl_chain_checkpoint(chain, keep, &checkpoint), PL_REJECT_HEIGHT);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(pl_chain_replay_block(&result, chain, h.blocks[i], h.sizes[i], NULL),
                         PL_OK);
    }
    checkpoint.size = 0;
    checkpoint.stop_at = 500;
    assert_int_equal(pl_chain_checkpoint(chain, keep, &checkpoint), PL_FAULT_UNSUPPORTED);
    take_checkpoint(chain); /* a sink that stops spoils nothing */
    pl_chain *restored;
    for (size_t cut = 0; cut < checkpoint.size; cut++) {
        assert_int_equal(restore(&restored, checkpoint.data, cut), PL_REJECT_TRUNCATED);
        assert_null(restored);
    }
    checkpoint.data[checkpoint.size] = 0;
    assert_int_equal(restore(&restored, checkpoint.data, checkpoint.size + 1), PL_REJECT_TRAILING);
    /* body hash and receipts hash are claims of the header that a state cannot prove; all else is
     */
    for (size_t bit = 0; bit < 8 * checkpoint.size; bit++) {
        const size_t byte = bit / 8;
        const bool is_claim = (byte >= 6 + 86 && byte < 6 + 118) || (byte >= 6 + 150 && byte < 188);
        checkpoint.data[byte] ^= (uint8_t)(1u << bit % 8);
        const pl_status status = restore(&restored, checkpoint.data, checkpoint.size);
        checkpoint.data[byte] ^= (uint8_t)(1u << bit % 8);
        if (is_claim ? status != PL_OK : !pl_is_reject(status)) {
            fail_msg("bit %zu of the checkpoint: %s", bit, pl_status_name(status));
        }
        pl_chain_free(restored);
    }
    assert_int_equal(pl_chain_restore(&restored, NULL, &counted.memory, auth_world, auth_size,
                                      checkpoint.data, checkpoint.size),
                     PL_REJECT_WORLD_MISMATCH);
    free_history(&h);
    stop(chain);
}

/* ---- memory ---- */

static void a_fault_ends_the_chain_and_nothing_else(void **state)
{
    (void)state;
    history h;
    make_history(&h);
    pl_block_result result;
    pl_outcome outcome;
    unsigned faults = 0;
    for (uint64_t extra = 0;; extra++) {
        pl_chain *chain = start(false);
        counted.refuse_at = counted.takes + extra;
        const pl_status status =
            pl_chain_replay_block(&result, chain, h.blocks[0], h.sizes[0], NULL);
        counted.refuse_at = UINT64_MAX;
        if (status == PL_OK) {
            stop(chain);
            break;
        }
        faults++;
        assert_int_equal(status, PL_FAULT_MEMORY);
        assert_int_equal(pl_chain_replay_block(&result, chain, h.blocks[0], h.sizes[0], NULL),
                         PL_FAULT_MEMORY);
        assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_GET, NULL, 9000, NULL, 0),
                         PL_FAULT_MEMORY);
        assert_int_equal(pl_chain_invariants(chain, NULL, NULL), PL_FAULT_MEMORY);
        assert_int_equal(pl_chain_checkpoint(chain, keep, &checkpoint), PL_FAULT_MEMORY);
        stop(chain);
    }
    assert_true(faults > 0);
    free_history(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(genesis_state),
        cmocka_unit_test(names_and_labels),
        cmocka_unit_test(every_kind_of_receipt),
        cmocka_unit_test(receipts_tell_results_events_and_reverts),
        cmocka_unit_test(hooks_can_fail_alone),
        cmocka_unit_test(transactions_without_authority),
        cmocka_unit_test(transactions_with_authority),
        cmocka_unit_test(sealed_blocks_verify),
        cmocka_unit_test(headers_are_checked_in_order),
        cmocka_unit_test(no_bit_of_a_block_is_free),
        cmocka_unit_test(another_body_is_found_by_its_results),
        cmocka_unit_test(a_bad_transaction_is_named),
        cmocka_unit_test(benchmark_results_say_so),
        cmocka_unit_test(queries_read_and_change_nothing),
        cmocka_unit_test(invariants_hold_or_are_named),
        cmocka_unit_test(stopped_and_resumed_is_the_same),
        cmocka_unit_test(checkpoints_are_checked),
        cmocka_unit_test(a_fault_ends_the_chain_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
