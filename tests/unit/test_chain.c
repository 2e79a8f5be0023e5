/* chain: genesis, names, rows, queries, invariants, checkpoints, and what a FAULT leaves. */
#include "tests/unit/replay_parts.h"
#include "vm/state/system.h"

/* ---- genesis ---- */

static void genesis_state(void **state)
{
    (void)state;
    pl_chain *chain = start(false);
    const pl_head head = head_of(chain);
    assert_true(head.height == 0 && head.time_s == TINY_TIME);
    assert_memory_equal(head.block_hash, pl_chain_world(chain)->id, 32);
    assert_int_equal(head.row_count, 1 + 2 + 5); /* chain, two contracts, five rows of the world */
    /* a root of the model's own computation is compared in the golden tests; here: not zero, and
     * another world has another one */
    pl_chain *other = start(true);
    const pl_head other_head = head_of(other);
    assert_memory_not_equal(head.state_root, other_head.state_root, 32);
    pl_chain_free(other);
    uint8_t chain_row[80] = {0};
    const uint8_t *row;
    memcpy(chain_row, pl_chain_world(chain)->id, 32); /* height and parent are zero */
    pl_store_u64(chain_row + 40, TINY_TIME);
    assert_int_equal(pl_chain_row(&row, chain, 0, 0, chain_row), PL_OK);
    assert_memory_equal(row, chain_row, sizeof chain_row);
    pl_rows rows;
    assert_int_equal(pl_rows_begin(&rows, chain, BANK, TINY_ROWS), PL_OK);
    assert_int_equal(rows.schema->key_size, 8);
    static const int64_t keys[] = {-2, 5};
    for (unsigned i = 0; i < 2; i++) {
        assert_true(pl_rows_next(&rows)); /* by value, not by bytes */
        assert_true(pl_load_u64(rows.key) == (uint64_t)keys[i]);
    }
    assert_false(pl_rows_next(&rows));
    assert_int_equal(pl_rows_begin(&rows, chain, BANK, TINY_TABLES), PL_REJECT_RANGE);
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
    assert_null(pl_chain_table(chain, 0, 8));
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
    const uint8_t who[32] = "somebody";
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_WHO, who, 9000, key, 0), PL_OK);
    assert_memory_equal(outcome.result, who, 32);
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_HEIGHT, who, 9000, key, 0), PL_OK);
    assert_int_equal(pl_load_u64(outcome.result), 1);
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_CLOCK, who, 9000, key, 0), PL_OK);
    assert_int_equal(pl_load_u64(outcome.result), 1000);
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

/* A checkpoint with its own root, for a state that claims to stand at this height. */
static void forge_checkpoint(uint64_t height)
{
    static const uint8_t no_key[1] = {0};
    uint8_t row[PL_CHAIN_ROW_SIZE] = {0}, head[6 + PL_HEADER_SIZE + 8] = "PLCP\0\1";
    pl_chain *chain = start(false);
    pl_store *store = pl_chain_store(chain);
    pl_header header = {.height = height, .time_s = TINY_TIME};
    memcpy(header.world, pl_chain_world(chain)->id, 32);
    memcpy(row + PL_CHAIN_WORLD, header.world, 32);
    pl_store_u64(row + PL_CHAIN_HEIGHT, height);
    pl_store_u64(row + PL_CHAIN_TIME, TINY_TIME);
    pl_door *door = pl_store_door(store);
    assert_int_equal(door->ops->put(door, PL_SYSTEM_CHAIN, no_key, row), PL_OK);
    assert_int_equal(pl_store_root(store, header.state_root), PL_OK);
    pl_header_encode(head + 6, &header);
    pl_store_u64(head + 6 + PL_HEADER_SIZE, pl_store_row_count(store));
    checkpoint = (bytes){.stop_at = sizeof checkpoint.data};
    assert_true(keep(&checkpoint, head, sizeof head));
    for (uint32_t t = 0; t < pl_store_table_count(store); t++) {
        const pl_table_entry entry = pl_store_table(store, t);
        uint8_t name[6];
        pl_store_u32(name, entry.contract);
        pl_store_u16(name + 4, entry.number);
        for (pl_cursor cursor = pl_store_rows(store, t); pl_cursor_next(&cursor);) {
            assert_true(keep(&checkpoint, name, sizeof name));
            assert_true(keep(&checkpoint, cursor.key, entry.schema->key_size));
            assert_true(keep(&checkpoint, cursor.row, entry.schema->row_size));
        }
    }
    stop(chain);
}

/* Refused memory at every place of a restore, a world that is none, and a sink that takes nothing.
 */
static void restores_that_stop(void **state)
{
    (void)state;
    history h;
    pl_block_result result;
    pl_world_error where;
    make_history(&h);
    pl_chain *chain = start(false);
    assert_int_equal(pl_chain_replay_block(&result, chain, h.blocks[0], h.sizes[0], NULL), PL_OK);
    checkpoint = (bytes){.stop_at = 0};
    assert_int_equal(pl_chain_checkpoint(chain, keep, &checkpoint), PL_FAULT_UNSUPPORTED);
    take_checkpoint(chain);
    stop(chain);
    pl_status status = PL_FAULT_MEMORY;
    uint64_t refuse = 0;
    for (; status == PL_FAULT_MEMORY; refuse++) {
        counted_memory_init(&counted);
        counted.refuse_at = refuse;
        status = restore(&chain, checkpoint.data, checkpoint.size);
        assert_true(status == PL_OK || counted.out == 0);
    }
    assert_int_equal(status, PL_OK);
    assert_true(refuse > 10);
    stop(chain);
    static const struct {
        size_t at;
        pl_status expected;
    } rows[] = {
        {3, PL_REJECT_MAGIC}, {5, PL_REJECT_VERSION}, {6 + PL_HEADER_SIZE, PL_REJECT_TRUNCATED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows;
         i++) { /* by name; the last is the row count */
        counted_memory_init(&counted);
        checkpoint.data[rows[i].at] ^= 1;
        assert_int_equal(restore(&chain, checkpoint.data, checkpoint.size), rows[i].expected);
        checkpoint.data[rows[i].at] ^= 1;
    }
    counted_memory_init(&counted);
    assert_int_equal(pl_chain_restore(&chain, &where, &counted.memory, open_world, open_size - 1,
                                      checkpoint.data, checkpoint.size),
                     PL_REJECT_TRUNCATED);
    free_history(&h);
}

static void heights_have_two_ends(void **state)
{
    (void)state;
    static const uint8_t empty_body[8] = {0};
    pl_chain *chain;
    pl_block_result result;
    forge_checkpoint(0);
    assert_int_equal(restore(&chain, checkpoint.data, checkpoint.size), PL_REJECT_HEIGHT);
    forge_checkpoint(UINT64_MAX); /* no block follows: its height would not be a u64 */
    assert_int_equal(restore(&chain, checkpoint.data, checkpoint.size), PL_OK);
    assert_int_equal(pl_chain_seal_block(&result, chain, TINY_TIME, empty_body, 8, NULL),
                     PL_REJECT_HEIGHT);
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
        cmocka_unit_test(queries_read_and_change_nothing),
        cmocka_unit_test(invariants_hold_or_are_named),
        cmocka_unit_test(stopped_and_resumed_is_the_same),
        cmocka_unit_test(checkpoints_are_checked),
        cmocka_unit_test(heights_have_two_ends),
        cmocka_unit_test(restores_that_stop),
        cmocka_unit_test(a_fault_ends_the_chain_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
