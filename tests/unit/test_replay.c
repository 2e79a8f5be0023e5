/* replay: every kind of receipt, linking, rollback of refused blocks, authority and nonces, sealing
 * and verifying. */
#include "tests/unit/replay_parts.h"

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
    add_report(&body, chain, TINY_ETH, 3, 1001, 777);
    add_report(&body, chain, TINY_ETH, 3, 1001, 778); /* its round is taken */
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
    assert_true(c->hook_ok == 2 && c->hook_failed == 0 && c->events == 3);
    /* what a trap wrote is gone, what succeeded stays */
    assert_int_equal(row_of(chain, BANK, 7), 70);
    assert_int_equal(row_of(chain, BANK, 5), UINT64_MAX);
    assert_int_equal(row_of(chain, BANK, -1), 1);
    assert_int_equal(row_of(chain, TWIN, -1), 1);
    pl_price price;
    assert_int_equal(pl_chain_price(&price, chain, TINY_ETH), PL_OK);
    const pl_u256 v = pl_u256_from_u64(777);
    assert_true(price.exists && pl_u256_eq(&price.price, &v) && price.time_s == 1001 &&
                price.round == 3 && price.height == 1 && price.decimals == 8);
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
    tiny_call call = {
        .contract = TWIN, .function = TINY_PUT, .k = 7, .v = 0x0102, .has_v = true, .gas = 9000};
    uint8_t tx[256];
    memcpy(call.caller, "somebody", 8);
    tiny_body_tx(&body, tx, tiny_tx(tx, &call));
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
    assert_true(event.contract == TWIN && event.event == 0 && event.size == 40);
    assert_memory_equal(event.arguments, value, 8);
    assert_memory_equal(event.arguments + 8, "somebody", 9);
    assert_int_equal(pl_receipts_next(&receipt, &offset, result.receipts, result.receipts_size),
                     PL_OK);
    assert_true(receipt.revert_contract == TWIN && receipt.revert_error == 0);
    assert_int_equal(receipt.revert_size, 1);
    assert_int_equal(receipt.revert_arguments[0], 7);
    /* a hook is called by its own contract */
    event_offset = 0;
    assert_int_equal(pl_receipts_next(&receipt, &offset, result.receipts, result.receipts_size),
                     PL_OK);
    assert_int_equal(receipt.kind, PL_RECEIPT_HOOK);
    assert_int_equal(pl_event_next(&event, &event_offset, &receipt), PL_OK);
    assert_memory_equal(event.arguments + 8, "@bank\0", 6);
    stop(chain);
}

static void receipts_may_be_many(void **state)
{
    (void)state;
    pl_chain *chain = start(false);
    static tiny_body body;
    pl_block_result result;
    pl_receipt receipt;
    size_t offset = 0;
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    for (unsigned i = 0; i < 300; i++) {
        add_call(&body, BANK, TINY_PUT, (int64_t)i, 1000 + i);
    }
    seal(&result, chain, 1000, &body);
    assert_true(result.receipts_size > 4 * 4096); /* the buffer grew, and kept what it had */
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(pl_receipts_next(&receipt, &offset, result.receipts, result.receipts_size),
                         PL_OK);
        assert_true(receipt.result_size == 8 && pl_load_u64(receipt.result) == 1000 + i);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_receipt),
        cmocka_unit_test(receipts_tell_results_events_and_reverts),
        cmocka_unit_test(receipts_may_be_many),
        cmocka_unit_test(hooks_can_fail_alone),
        cmocka_unit_test(transactions_without_authority),
        cmocka_unit_test(transactions_with_authority),
        cmocka_unit_test(sealed_blocks_verify),
        cmocka_unit_test(headers_are_checked_in_order),
        cmocka_unit_test(no_bit_of_a_block_is_free),
        cmocka_unit_test(another_body_is_found_by_its_results),
        cmocka_unit_test(a_bad_transaction_is_named),
        cmocka_unit_test(benchmark_results_say_so),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
