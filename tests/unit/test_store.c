/* state/store: the door's promises one by one, the write limit, lists of rows, and the system
 * tables. Random sequences are the storm's part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/counted_memory.h"
#include "tests/support/state_model.h"
#include "vm/state/proof.h"
#include "vm/state/rows.h"
#include "vm/state/store.h"
#include "vm/state/system.h"

#define SMALL 1u /* model table "small": key id u8; row level int1, size u16, kind u8 */

static counted_memory memory;
static pl_store *store;
static pl_door *door;

static int open_store(void **state)
{
    (void)state;
    counted_memory_init(&memory);
    assert_int_equal(pl_store_create(&store, &memory.memory), PL_OK);
    for (uint32_t i = 0; i < MODEL_TABLES; i++) {
        uint32_t table;
        assert_int_equal(
            pl_store_add_table(store, &table, i / 2, (uint16_t)(i % 2 + 3), &model_schemas[i]),
            PL_OK);
        assert_int_equal(table, i);
    }
    door = pl_store_door(store);
    return 0;
}

static int close_store(void **state)
{
    (void)state;
    pl_store_free(store);
    assert_int_equal(memory.out, 0);
    return 0;
}

static void put(uint8_t id, int level, uint16_t size)
{
    uint8_t row[4] = {(uint8_t)level, 0, 0, 0};
    pl_store_u16(row + 1, size);
    assert_int_equal(door->ops->put(door, SMALL, &id, row), PL_OK);
}

static bool del(uint8_t id)
{
    bool existed;
    assert_int_equal(door->ops->del(door, &existed, SMALL, &id), PL_OK);
    return existed;
}

/* The level of a row, or 1000. */
static int level_of(uint8_t id)
{
    const uint8_t *row;
    assert_int_equal(door->ops->get(door, &row, SMALL, &id), PL_OK);
    return row == NULL ? 1000 : (int8_t)row[0];
}

/* The id found by level from (level, id) on, or -1. */
static int seek_level(int level, uint8_t id, pl_seek mode, uint32_t prefix)
{
    uint8_t key[2] = {(uint8_t)level, id};
    bool found;
    assert_int_equal(door->ops->seek(door, &found, SMALL, 1, mode, prefix, key), PL_OK);
    return found ? key[1] : -1;
}

static void begin(void)
{
    assert_int_equal(door->ops->begin(door), PL_OK);
}

static void commit(void)
{
    assert_int_equal(door->ops->commit(door), PL_OK);
}

static void rollback(void)
{
    assert_int_equal(door->ops->rollback(door), PL_OK);
}

static void get_root(uint8_t root[32])
{
    assert_int_equal(pl_store_root(store, root), PL_OK);
}

static void rows_come_and_go(void **state)
{
    (void)state;
    assert_int_equal(level_of(5), 1000);
    put(5, -3, 9);
    put(6, 4, 9);
    assert_int_equal(level_of(5), -3);
    put(5, 7, 9);
    assert_int_equal(level_of(5), 7);
    assert_true(pl_store_table_rows(store, SMALL) == 2);
    assert_true(del(5));
    assert_false(del(5));
    assert_false(del(99));
    assert_int_equal(level_of(5), 1000);
    assert_int_equal(level_of(6), 4);
    assert_true(pl_store_row_count(store) == 1);
}

static void seek_orders_ints_by_value(void **state)
{
    (void)state;
    const int levels[] = {-128, -2, -1, 0, 1, 127};
    for (uint8_t i = 0; i < 6; i++) {
        put((uint8_t)(10 + i), levels[i], 0);
    }
    for (uint8_t i = 0; i < 6; i++) {
        const uint8_t id = (uint8_t)(10 + i);
        assert_int_equal(seek_level(levels[i], id, PL_SEEK_GE, 0), id);
        assert_int_equal(seek_level(levels[i], id, PL_SEEK_LE, 0), id);
        assert_int_equal(seek_level(levels[i], id, PL_SEEK_GT, 0), i == 5 ? -1 : id + 1);
        assert_int_equal(seek_level(levels[i], id, PL_SEEK_LT, 0), i == 0 ? -1 : id - 1);
        assert_int_equal(seek_level(levels[i], 255, PL_SEEK_GE, 0), i == 5 ? -1 : id + 1);
        assert_int_equal(seek_level(levels[i], 0, PL_SEEK_LT, 0), i == 0 ? -1 : id - 1);
    }
}

static void seek_holds_the_prefix(void **state)
{
    (void)state;
    put(1, 5, 0);
    put(9, 5, 0);
    put(4, 6, 0);
    assert_int_equal(seek_level(5, 0, PL_SEEK_GE, 1), 1);
    assert_int_equal(seek_level(5, 1, PL_SEEK_GT, 1), 9);
    assert_int_equal(seek_level(5, 9, PL_SEEK_GT, 1), -1); /* the next has level 6 */
    assert_int_equal(seek_level(5, 9, PL_SEEK_GT, 0), 4);
    assert_int_equal(seek_level(6, 0, PL_SEEK_LT, 1), -1);
    assert_int_equal(seek_level(5, 5, PL_SEEK_GE, 2), -1);
    assert_int_equal(seek_level(5, 9, PL_SEEK_GE, 2), 9);
}

static void a_failed_seek_leaves_the_key(void **state)
{
    (void)state;
    uint8_t key[2] = {0x80, 3};
    bool found = true;
    put(1, 0, 0);
    assert_int_equal(door->ops->seek(door, &found, SMALL, 1, PL_SEEK_LT, 0, key), PL_OK);
    assert_false(found);
    assert_int_equal(key[0], 0x80);
    assert_int_equal(key[1], 3);
}

static void indexes_follow_rollback(void **state)
{
    (void)state;
    put(1, 5, 0);
    put(2, 6, 0);
    begin();
    put(1, 9, 0);
    del(2);
    put(3, -7, 0);
    begin();
    put(1, -9, 0);
    put(2, 1, 0);
    del(3);
    assert_int_equal(seek_level(-128, 0, PL_SEEK_GE, 0), 1);
    rollback();
    assert_int_equal(seek_level(-128, 0, PL_SEEK_GE, 0), 3);
    assert_int_equal(level_of(1), 9);
    assert_int_equal(level_of(2), 1000);
    rollback();
    assert_int_equal(level_of(1), 5);
    assert_int_equal(level_of(2), 6);
    assert_int_equal(level_of(3), 1000);
    assert_int_equal(seek_level(-128, 0, PL_SEEK_GE, 0), 1);
    assert_int_equal(seek_level(127, 255, PL_SEEK_LE, 0), 2);
    assert_true(pl_store_row_count(store) == 2);
}

/* A level that was committed is still undone by the one around it. */
static void outer_rollback_undoes_inner_commits(void **state)
{
    (void)state;
    put(1, 1, 0);
    begin();
    put(1, 2, 0);
    for (int i = 0; i < 3; i++) {
        begin();
        put(1, 10 + i, 0);
        put((uint8_t)(20 + i), i, 0);
        commit();
        put(1, 30 + i, 0);
    }
    assert_int_equal(pl_store_depth(store), 1);
    rollback();
    assert_int_equal(level_of(1), 1);
    assert_true(pl_store_row_count(store) == 1);
}

static void the_tree_follows_a_rejected_block(void **state)
{
    (void)state;
    uint8_t before[32], inside[32], after[32];
    for (uint8_t i = 0; i < 100; i++) {
        put(i, i, i);
    }
    get_root(before);
    begin();
    for (uint8_t i = 50; i < 150; i++) {
        if (i % 3 == 0) {
            del(i);
        } else {
            put(i, -i / 2, 7);
        }
    }
    get_root(inside);
    assert_memory_not_equal(before, inside, 32);
    rollback();
    get_root(after);
    assert_memory_equal(before, after, 32);
    begin();
    put(1, 77, 1); /* written back: touched, yet nothing changes */
    put(1, 1, 1);
    commit();
    assert_int_equal(pl_store_dirty_count(store), 1);
    get_root(after);
    assert_memory_equal(before, after, 32);
    assert_int_equal(pl_store_changed_count(store), 0);
    put(1, 1, 1); /* the bytes already there: not even touched */
    assert_int_equal(pl_store_dirty_count(store), 0);
}

static void an_empty_state_has_a_root(void **state)
{
    (void)state;
    uint8_t root[32], expected[32], bytes[44] = {0};
    bytes[43] = PL_SEMANTICS_ID;
    pl_tagged_of(expected, &pl_tag_root, bytes, sizeof bytes);
    get_root(root);
    assert_memory_equal(root, expected, 32);
    put(1, 1, 1);
    get_root(root);
    assert_memory_not_equal(root, expected, 32);
    del(1);
    get_root(root);
    assert_memory_equal(root, expected, 32);
}

/* spec 04 §5: puts and dels count in a transaction, also empty ones; what is undone does not. */
static void write_limit(void **state)
{
    (void)state;
    const uint8_t id = 1, row[4] = {1, 2, 3, 0}, other[4] = {9, 9, 9, 0};
    bool existed;
    begin();
    for (uint32_t i = 0; i < 2 * PL_WRITES_PER_TX_MAX; i++) { /* the block's own: not counted */
        assert_int_equal(door->ops->put(door, SMALL, &id, row), PL_OK);
    }
    begin();
    for (uint32_t i = 0; i < PL_WRITES_PER_TX_MAX - 3; i++) {
        assert_int_equal(door->ops->put(door, SMALL, &id, row), PL_OK);
    }
    begin();
    assert_int_equal(door->ops->del(door, &existed, SMALL, &id), PL_OK);
    rollback(); /* counts all the same */
    begin();
    assert_int_equal(door->ops->put(door, SMALL, &id, row), PL_OK);
    commit();
    assert_int_equal(door->ops->del(door, &existed, 0, &id), PL_OK);
    assert_int_equal(door->ops->put(door, SMALL, &id, other), PL_TRAP_WRITE_LIMIT);
    assert_int_equal(door->ops->del(door, &existed, SMALL, &id), PL_TRAP_WRITE_LIMIT);
    assert_int_equal(level_of(1), 1); /* and nothing happened */
    commit();
    begin(); /* the next transaction counts from zero */
    assert_int_equal(door->ops->put(door, SMALL, &id, other), PL_OK);
    commit();
    commit();
    assert_int_equal(level_of(1), 9);
}

static void changed_rows_are_listed_after_the_block(void **state)
{
    (void)state;
    uint8_t root[32];
    put(1, 1, 0);
    put(2, 2, 0);
    put(3, 3, 0);
    get_root(root);
    begin();
    put(1, 9, 0);
    del(2);
    put(4, 4, 0);
    put(5, 5, 0);
    del(5);
    get_root(root);
    commit();
    assert_int_equal(pl_store_changed_count(store), 3);
    for (uint32_t i = 0; i < 3; i++) {
        const pl_change change = pl_store_changed(store, i);
        const uint8_t expected[] = {1, 2, 4};
        assert_int_equal(change.table, SMALL);
        assert_int_equal(change.key[0], expected[i]);
        assert_int_equal(change.row == NULL, i == 1);
    }
}

/* Deleted rows give their memory back in the long run. */
static void memory_does_not_grow_with_history(void **state)
{
    (void)state;
    size_t settled = 0;
    for (uint32_t block = 0; block < 400; block++) {
        uint8_t root[32], key[32];
        begin();
        for (uint32_t i = 0; i < 100; i++) {
            const uint8_t on = 1;
            memset(key, 0, sizeof key);
            pl_store_u32(key, block * 100 + i);
            assert_int_equal(door->ops->put(door, 3, key, &on), PL_OK);
            bool existed;
            if (block > 0) {
                pl_store_u32(key, (block - 1) * 100 + i);
                assert_int_equal(door->ops->del(door, &existed, 3, key), PL_OK);
                assert_true(existed);
            }
        }
        get_root(root);
        commit();
        settled = block == 20 ? memory.out : settled;
    }
    assert_true(pl_store_row_count(store) == 100);
    assert_int_equal(memory.out, settled);
}

#define GENESIS_ROWS 20000u

/* Writes `value` into rows of table 3, or takes them away, with a root after every `batch` rows. */
static void write_in_batches(uint8_t root[32], uint8_t value, bool deletes, uint32_t batch)
{
    for (uint32_t i = 0; i < GENESIS_ROWS; i++) {
        uint8_t key[32] = {0};
        bool existed;
        pl_store_u32(key, i * 2654435761u);
        if (deletes) {
            assert_int_equal(door->ops->del(door, &existed, 3, key), PL_OK);
        } else {
            assert_int_equal(door->ops->put(door, 3, key, &value), PL_OK);
        }
        if (i % batch == batch - 1) {
            get_root(root);
            assert_int_equal(pl_store_changed_count(store), batch);
        }
    }
}

/* What a large batch needed besides the rows is given back, taken again by the next one, and the
 * roots are those of small batches. */
static void a_genesis_leaves_no_scratch(void **state)
{
    uint8_t small[4][32], large[4][32];
    size_t settled[2];
    for (unsigned i = 0; i < 2; i++) {
        uint8_t(*roots)[32] = i == 0 ? small : large;
        const uint32_t batch = i == 0 ? 500 : GENESIS_ROWS;
        write_in_batches(roots[0], 1, false, batch);
        put(1, 2, 3); /* the next root forgets what the one before changed */
        get_root(roots[1]);
        settled[i] = memory.out;
        write_in_batches(roots[2], 2, false, batch);
        write_in_batches(roots[3], 0, true, batch);
        assert_true(pl_store_row_count(store) == 1);
        assert_int_equal(close_store(state), 0);
        assert_int_equal(open_store(state), 0);
    }
    assert_memory_equal(small, large, sizeof small);
    assert_true(settled[1] <= settled[0]);
}

/* A row is saved once per level, however often it is written. */
static void the_journal_does_not_grow_with_rewrites(void **state)
{
    (void)state;
    begin();
    put(1, 0, 0);
    const size_t before = memory.out;
    for (int i = 0; i < 50000; i++) {
        put(1, i % 100, 0);
    }
    assert_int_equal(memory.out, before);
    rollback();
    assert_int_equal(level_of(1), 1000);
}

static void the_seed_changes_nothing(void **state)
{
    (void)state;
    uint8_t roots[2][32];
    for (int i = 0; i < 2; i++) {
        pl_store *other;
        uint32_t table;
        pl_memory seeded = memory.memory;
        seeded.secret = i == 0 ? 0 : UINT64_C(0x123456789abcdef);
        assert_int_equal(pl_store_create(&other, &seeded), PL_OK);
        assert_int_equal(pl_store_add_table(other, &table, 1, 1, &model_schemas[SMALL]), PL_OK);
        for (uint8_t id = 0; id < 200; id++) {
            const uint8_t row[4] = {id, 1, 2, 3};
            assert_int_equal(pl_store_door(other)->ops->put(pl_store_door(other), 0, &id, row),
                             PL_OK);
        }
        assert_int_equal(pl_store_root(other, roots[i]), PL_OK);
        pl_store_free(other);
    }
    assert_memory_equal(roots[0], roots[1], 32);
}

static void proofs_need_no_root_before(void **state)
{
    (void)state;
    static uint8_t proof[PL_PROOF_SIZE_MAX];
    const uint8_t id = 3;
    uint8_t root[32], path[32];
    pl_claim claim;
    put(3, 3, 3);
    put(4, 4, 4);
    pl_writer writer = pl_writer_of(proof, sizeof proof);
    assert_int_equal(pl_store_prove(store, &writer, SMALL, &id), PL_OK);
    get_root(root);
    pl_store_path(store, path, SMALL, &id);
    assert_int_equal(pl_proof_verify(&claim, root, path, proof, writer.size), PL_OK);
    assert_int_equal(claim.row_size, 4);
}

/* spec 04 §6 as offsets: fields lie one after the other and fill key and row. */
static void system_tables_are_packed(void **state)
{
    (void)state;
    for (uint32_t t = 0; t < PL_SYSTEM_TABLE_COUNT; t++) {
        const pl_table *table = &pl_system_tables[t];
        uint32_t size = 0;
        for (uint32_t i = 0; i < table->key_count; i++) {
            assert_int_equal(table->keys[i].offset, size);
            size += table->keys[i].type.size;
        }
        assert_int_equal(size, table->key_size);
        size = 0;
        for (uint32_t i = 0; i < table->field_count; i++) {
            assert_int_equal(table->fields[i].offset, size);
            size += table->fields[i].type.size;
        }
        assert_int_equal(size, table->row_size);
    }
    assert_int_equal(pl_system_tables[PL_SYSTEM_CHAIN].row_size, 80);
    assert_int_equal(pl_system_tables[PL_SYSTEM_PRICES].row_size, 57);
    assert_int_equal(pl_system_tables[PL_SYSTEM_NONCES].row_size, 8);
    assert_int_equal(pl_system_tables[PL_SYSTEM_CONTRACTS].row_size, 64);
}

/* Keys of every size that differ in one byte only, each in a block of exactly that size. */
static void keys_of_every_size(void **state)
{
    (void)state;
    for (uint32_t size = 0; size <= PL_KEY_SIZE_MAX; size++) {
        pl_row_pool rows;
        pl_row_pool_begin(&rows, &memory.memory, size, 8, 0);
        uint32_t numbers[PL_KEY_SIZE_MAX + 1];
        uint8_t *const key = calloc(1, size + (size == 0));
        assert_non_null(key);
        for (uint32_t pass = 0; pass < 2; pass++) {
            for (uint32_t i = 0; i <= size; i++) {
                if (i < size) {
                    key[i] = 0x80;
                }
                assert_int_equal(pl_row_pool_find(&rows, key), pass == 0 ? 0 : numbers[i]);
                assert_int_equal(pl_row_pool_take(&rows, &numbers[i], key), PL_OK);
                assert_memory_equal(pl_row_pool_record(&rows, numbers[i])->bytes, key, size);
                assert_int_equal(pl_row_pool_find(&rows, key), numbers[i]);
                if (i < size) {
                    key[i] = 0;
                }
            }
        }
        assert_int_equal(rows.records.used, size + 1);
        free(key);
        pl_row_pool_end(&rows);
    }
}

#define WIDE_TABLES 4u
#define WIDE_ROWS   200u /* of each table */

/* spec 04 §3 over sorted leaves: path, then hash. */
static void hash_of_leaves(uint8_t hash[32], uint8_t (*leaves)[64], size_t count, unsigned depth)
{
    size_t middle = 0;
    uint8_t pair[64];
    memset(hash, 0, 32);
    if (count == 1) {
        memcpy(hash, leaves[0] + 32, 32);
    }
    if (count <= 1) {
        return;
    }
    while (middle < count && pl_path_bit(leaves[middle], depth) == 0) {
        middle++;
    }
    hash_of_leaves(pair, leaves, middle, depth + 1);
    hash_of_leaves(pair + 32, leaves + middle, count - middle, depth + 1);
    pl_tagged_of(hash, &pl_tag_node, pair, 64);
}

static int compare_paths(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static struct {
    pl_table schemas[WIDE_TABLES];
    uint8_t rows[WIDE_TABLES][WIDE_ROWS][300];
    bool present[WIDE_TABLES][WIDE_ROWS];
    uint8_t leaves[WIDE_TABLES * WIDE_ROWS][64];
} wide;

static void wide_key(uint8_t key[PL_KEY_SIZE_MAX], uint32_t number)
{
    memset(key, 0x5a, PL_KEY_SIZE_MAX);
    pl_store_u16(key, (uint16_t)number);
}

/* The root of what is in `wide`, each hash alone and from its definition. */
static void wide_root(uint8_t root[32])
{
    size_t count = 0;
    uint8_t key[PL_KEY_SIZE_MAX], row_hash[32], top[32];
    for (uint32_t t = 0; t < WIDE_TABLES; t++) {
        for (uint32_t i = 0; i < WIDE_ROWS; i++) {
            if (wide.present[t][i]) {
                wide_key(key, i);
                pl_row_path(wide.leaves[count], t, 9, key, wide.schemas[t].key_size);
                pl_row_hash(row_hash, wide.rows[t][i], wide.schemas[t].row_size);
                pl_leaf_hash(wide.leaves[count] + 32, wide.leaves[count], row_hash);
                count++;
            }
        }
    }
    qsort(wide.leaves, count, 64, compare_paths);
    hash_of_leaves(top, wide.leaves, count, 0);
    pl_state_root(root, top, count);
}

/* Rows and keys of one, two and more blocks, touched in any order and in batches of all sizes: what
 * is hashed together is what is hashed alone. */
static void batches_of_any_rows(void **state)
{
    (void)state;
    static const uint16_t key_sizes[WIDE_TABLES] = {2, 50, 128, 49};
    static const uint16_t row_sizes[WIDE_TABLES] = {55, 56, 120, 300};
    uint32_t random = 1, tables[WIDE_TABLES];
    memset(&wide, 0, sizeof wide);
    pl_store *of;
    assert_int_equal(pl_store_create(&of, &memory.memory), PL_OK);
    for (uint32_t t = 0; t < WIDE_TABLES; t++) {
        wide.schemas[t] = (pl_table){.key_size = key_sizes[t], .row_size = row_sizes[t]};
        assert_int_equal(pl_store_add_table(of, &tables[t], t, 9, &wide.schemas[t]), PL_OK);
    }
    pl_door *way = pl_store_door(of);
    for (uint32_t round = 0; round < 60; round++) {
        const uint32_t size = 1u << round % 11;
        for (uint32_t k = 0; k < size; k++) {
            random = random * 1664525u + 1013904223u;
            const uint32_t t = random >> 30, i = (random >> 8) % WIDE_ROWS;
            uint8_t key[PL_KEY_SIZE_MAX];
            wide_key(key, i);
            wide.present[t][i] = random >> 24 & 1 || round < 12;
            memset(wide.rows[t][i], (int)(random >> 20), row_sizes[t]);
            bool existed;
            assert_int_equal(wide.present[t][i]
                                 ? way->ops->put(way, tables[t], key, wide.rows[t][i])
                                 : way->ops->del(way, &existed, tables[t], key),
                             PL_OK);
        }
        uint8_t root[32], expected[32];
        assert_int_equal(pl_store_root(of, root), PL_OK);
        wide_root(expected);
        assert_memory_equal(root, expected, 32);
    }
    pl_store_free(of);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_come_and_go),
        TEST(seek_orders_ints_by_value),
        TEST(seek_holds_the_prefix),
        TEST(a_failed_seek_leaves_the_key),
        TEST(indexes_follow_rollback),
        TEST(outer_rollback_undoes_inner_commits),
        TEST(the_tree_follows_a_rejected_block),
        TEST(an_empty_state_has_a_root),
        TEST(write_limit),
        TEST(changed_rows_are_listed_after_the_block),
        TEST(memory_does_not_grow_with_history),
        TEST(a_genesis_leaves_no_scratch),
        TEST(the_journal_does_not_grow_with_rewrites),
        TEST(the_seed_changes_nothing),
        TEST(keys_of_every_size),
        TEST(batches_of_any_rows),
        TEST(proofs_need_no_root_before),
        TEST(system_tables_are_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
