/* state/tree against its definition: word-for-word recursion, large random batches, paths that
 * agree in many bits, and the same set reached in different ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/counted_memory.h"
#include "vm/base/bytes.h"
#include "vm/state/tree_parts.h"

#define LEAVES_MAX 5000u

typedef struct entry {
    pl_leaf leaf;
    uint32_t number; /* in the tree; 0: not there */
} entry;

typedef struct world {
    counted_memory memory;
    pl_tree *tree;
    entry entries[LEAVES_MAX];
    pl_tree_change changes[LEAVES_MAX], spare[LEAVES_MAX];
    pl_leaf_news news[LEAVES_MAX];
    bool expected[LEAVES_MAX]; /* whether the news of that number differ */
    const entry *sorted[LEAVES_MAX];
    uint64_t inner; /* inner nodes of the tree built from scratch */
    uint32_t random;
} world;

static uint32_t draw(world *w)
{
    w->random = w->random * 1664525u + 1013904223u;
    return w->random >> 8;
}

/* What the tree asks: a leaf's name is the number of its entry. */
static void tell(void *context, pl_leaf *leaf, bool whole, pl_row_name name)
{
    const world *w = context;
    assert_int_equal(name.table, 7);
    memcpy(leaf->path, w->entries[name.record].leaf.path, 32);
    if (whole) {
        *leaf = w->entries[name.record].leaf;
    }
}

static void open_world(world *w, uint32_t seed)
{
    const pl_tree_rows rows = {w, tell};
    memset(w, 0, sizeof *w);
    counted_memory_init(&w->memory);
    w->random = seed;
    assert_int_equal(pl_tree_create(&w->tree, &w->memory.memory, &rows), PL_OK);
    for (uint32_t i = 0; i < LEAVES_MAX; i++) {
        uint8_t bytes[8];
        pl_store_u32(bytes, seed);
        pl_store_u32(bytes + 4, i);
        pl_sha256_of(w->entries[i].leaf.path, bytes, 8);
        pl_sha256_of(w->entries[i].leaf.row_hash, bytes, 7);
    }
}

static void close_world(world *w)
{
    pl_tree_free(w->tree);
    assert_int_equal(w->memory.out, 0);
}

/* spec 04 §3 word for word, over w->sorted[low .. high). */
static void build(world *w, uint8_t hash[32], size_t low, size_t high, unsigned depth)
{
    memset(hash, 0, 32);
    if (high - low == 1) {
        pl_tagged_of(hash, &pl_tag_leaf, (const uint8_t *)&w->sorted[low]->leaf, 64);
    }
    if (high - low <= 1) {
        return;
    }
    size_t middle = low;
    for (size_t i = low; i < high; i++) {
        if (pl_path_bit(w->sorted[i]->leaf.path, depth) == 0) {
            const entry *swap = w->sorted[i];
            w->sorted[i] = w->sorted[middle];
            w->sorted[middle++] = swap;
        }
    }
    uint8_t pair[64];
    build(w, pair, low, middle, depth + 1);
    build(w, pair + 32, middle, high, depth + 1);
    pl_tagged_of(hash, &pl_tag_node, pair, 64);
    w->inner++;
}

static void check(world *w)
{
    size_t count = 0;
    uint8_t expected[32], top[32];
    for (uint32_t i = 0; i < LEAVES_MAX; i++) {
        if (w->entries[i].number != 0) {
            w->sorted[count++] = &w->entries[i];
        }
    }
    w->inner = 0;
    build(w, expected, 0, count, 0);
    pl_tree_top(w->tree, top);
    assert_memory_equal(top, expected, 32);
    assert_true(pl_tree_leaf_count(w->tree) == count);
    assert_true(pl_tree_node_count(w->tree) == w->inner);
}

/* Stages one change: a leaf that is absent is added; one that is present is removed, rewritten, or
 * set to what it is. */
static void stage(world *w, size_t *count, uint32_t i, bool remove)
{
    entry *e = &w->entries[i];
    bool gone = false;
    bool differs = true;
    if (e->number == 0) {
        assert_int_equal(pl_tree_take_leaf(w->tree, &e->number, (pl_row_name){7, i}), PL_OK);
    } else if (remove) {
        gone = true;
    } else if (draw(w) % 4 == 0) {
        differs = false;
    } else {
        e->leaf.row_hash[draw(w) % 32]++;
    }
    const uint32_t at = (uint32_t)(*count)++;
    pl_leaf_hash(w->news[at].hash, e->leaf.path, e->leaf.row_hash);
    w->news[at].differs = !differs;
    w->expected[at] = differs;
    w->changes[at] =
        (pl_tree_change){pl_load_u64(e->leaf.path), e->number, gone ? PL_TREE_REMOVE : at};
    if (gone) {
        e->number = 0;
    }
}

static void apply(world *w, size_t count)
{
    size_t removed = 0, told = 0;
    assert_int_equal(pl_tree_apply(w->tree, w->changes, w->spare, count, w->news), PL_OK);
    for (size_t i = 0; i < count; i++) {
        const uint32_t at = w->changes[i].news;
        if (at == PL_TREE_REMOVE) {
            pl_tree_give_leaf(w->tree, w->changes[i].leaf);
            removed++;
        } else {
            assert_int_equal(w->news[at].differs, w->expected[at]);
            told++;
        }
    }
    assert_true(removed + told == count);
}

/* Stages `count` distinct entries beginning anywhere. */
static void random_batch(world *w, size_t size, unsigned removals_of_ten)
{
    size_t count = 0;
    uint32_t i = draw(w) % LEAVES_MAX;
    const uint32_t step = 1 + 2 * (draw(w) % 400); /* odd and below 5000; 5 divides some: fine */
    for (size_t k = 0; k < size && k < LEAVES_MAX / 5; k++) {
        stage(w, &count, i, draw(w) % 10 < removals_of_ten);
        i = (i + (step % 5 == 0 ? step + 2 : step)) % LEAVES_MAX;
    }
    apply(w, count);
}

static world w;

static void an_empty_tree(void **state)
{
    (void)state;
    const uint8_t zeros[32] = {0};
    uint8_t top[32];
    open_world(&w, 1);
    pl_tree_top(w.tree, top);
    assert_memory_equal(top, zeros, 32);
    assert_int_equal(pl_tree_apply(w.tree, w.changes, w.spare, 0, w.news), PL_OK);
    check(&w);
    close_world(&w);
}

static void random_batches(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 3; seed++) {
        open_world(&w, seed);
        for (uint32_t round = 0; round < 120; round++) {
            const size_t size = 1u << draw(&w) % 11;
            random_batch(&w, size, round % 20 < 10 ? 3 : 9); /* growing, then shrinking */
            check(&w);
        }
        close_world(&w);
    }
}

static void down_to_nothing_one_by_one(void **state)
{
    (void)state;
    open_world(&w, 9);
    size_t count = 0;
    for (uint32_t i = 0; i < 40; i++) {
        stage(&w, &count, i, false);
    }
    apply(&w, count);
    for (uint32_t i = 0; i < 40; i++) {
        count = 0;
        stage(&w, &count, i, true);
        apply(&w, count);
        check(&w);
    }
    assert_true(pl_tree_node_count(w.tree) == 0);
    close_world(&w);
}

/* Paths that agree in all but their last bits: chains of nodes with one empty side, to depth 256.
 */
static void nearly_equal_paths(void **state)
{
    (void)state;
    open_world(&w, 4);
    const uint32_t distinct = 1 + 58;
    for (uint32_t i = 0; i < 58; i++) {
        const uint32_t bit = i < 30 ? 255 - i : 8 * (i - 30); /* 255 .. 226, then 0, 8 .. 216 */
        w.entries[i + 1].leaf = w.entries[0].leaf;
        w.entries[i + 1].leaf.path[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    }
    for (uint32_t round = 0; round < 60; round++) {
        size_t count = 0;
        for (uint32_t i = 0; i < distinct; i++) {
            if (draw(&w) % 3 == 0) {
                stage(&w, &count, i, draw(&w) % 2 == 0);
            }
        }
        apply(&w, count);
        check(&w);
    }
    close_world(&w);
}

/* The radix passes look at 32 bits only: many paths that agree in them must still come out sorted.
 */
static void paths_with_one_prefix(void **state)
{
    (void)state;
    open_world(&w, 5);
    for (uint32_t i = 0; i < 900; i++) {
        memset(w.entries[i].leaf.path, 0xa5, i % 3 == 0 ? 9 : 5);
    }
    for (uint32_t round = 0; round < 4; round++) {
        size_t count = 0;
        for (uint32_t i = 0; i < 900; i++) {
            stage(&w, &count, (i * 7) % 900, i % 4 == round);
        }
        apply(&w, count);
        check(&w);
    }
    close_world(&w);
}

static void history_does_not_matter(void **state)
{
    (void)state;
    static world other;
    uint8_t one[32], two[32];
    open_world(&w, 6);
    open_world(&other, 6);
    size_t count = 0;
    for (uint32_t i = 0; i < 1000; i++) { /* at once */
        stage(&w, &count, i, false);
    }
    apply(&w, count);
    for (uint32_t i = 2000; i > 0; i--) { /* one by one, others before them, which go again */
        count = 0;
        stage(&other, &count, i - 1, false);
        apply(&other, count);
    }
    for (uint32_t i = 1000; i < 2000; i++) {
        count = 0;
        stage(&other, &count, i, true);
        apply(&other, count);
    }
    pl_tree_top(w.tree, one);
    pl_tree_top(other.tree, two);
    assert_memory_equal(one, two, 32);
    close_world(&w);
    close_world(&other);
}

/* Each inner node above a change is hashed once and no other: D of the cost model. */
static void counts_what_it_hashes(void **state)
{
    (void)state;
    open_world(&w, 7);
    size_t count = 0;
    for (uint32_t i = 0; i < 3000; i++) {
        stage(&w, &count, i, false);
    }
    apply(&w, count);
    assert_true(pl_tree_nodes_hashed(w.tree) == pl_tree_node_count(w.tree));
    const pl_tree_walk walk = pl_tree_follow(w.tree, NULL, w.entries[17].leaf.path);
    assert_int_equal(walk.leaf, w.entries[17].number);
    unsigned same = 0;
    for (unsigned round = 0; round < 40; round++) {
        count = 0;
        stage(&w, &count, 17, false);
        apply(&w, count);
        assert_true(pl_tree_nodes_hashed(w.tree) == (w.expected[0] ? walk.depth : 0));
        same += w.expected[0] ? 0 : 1;
    }
    assert_true(same > 0 && same < 40);
    close_world(&w);
}

/* A leaf set to what it is has nothing hashed above it, whoever else is in the batch. */
static void equal_leaves_hash_nothing(void **state)
{
    (void)state;
    open_world(&w, 8);
    size_t count = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        stage(&w, &count, i, false);
    }
    apply(&w, count);
    count = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        const entry *e = &w.entries[i];
        pl_leaf_hash(w.news[i].hash, e->leaf.path, e->leaf.row_hash);
        w.expected[i] = false;
        w.changes[count++] = (pl_tree_change){pl_load_u64(e->leaf.path), e->number, i};
    }
    w.entries[500].leaf.row_hash[3]++;
    pl_leaf_hash(w.news[500].hash, w.entries[500].leaf.path, w.entries[500].leaf.row_hash);
    w.expected[500] = true;
    apply(&w, count);
    const pl_tree_walk walk = pl_tree_follow(w.tree, NULL, w.entries[500].leaf.path);
    assert_true(pl_tree_nodes_hashed(w.tree) == walk.depth);
    check(&w);
    close_world(&w);
}

/* More changes than a slice has, of all kinds: 4096 lie in the first. */
static void batches_of_several_slices(void **state)
{
    (void)state;
    open_world(&w, 10);
    for (uint32_t round = 0; round < 4; round++) {
        size_t count = 0;
        for (uint32_t i = 0; i < LEAVES_MAX; i++) {
            if (round < 3) {
                stage(&w, &count, i, (i + round) % 3 == 0);
            } else if (w.entries[i].number != 0 && i != 8) {
                stage(&w, &count, i, true);
            }
        }
        apply(&w, count);
        check(&w);
    }
    assert_true(pl_tree_leaf_count(w.tree) == 1 && pl_tree_node_count(w.tree) == 0);
    close_world(&w);
}

/* Beside what is not known a place may be empty within a batch, not after it: the slices of such a
 * tree are not taken one by one. */
static void empty_for_a_moment_beside_the_unknown(void **state)
{
    (void)state;
    const uint8_t unknown[32] = {1};
    const uint32_t removed = 4096;
    open_world(&w, 11);
    uint32_t left;
    assert_int_equal(tree_open_node(w.tree, &left, TOP_SLOT), PL_OK);
    tree_put_opaque(w.tree, left + 1, unknown);
    size_t count = 0;
    for (uint32_t i = 0; i < removed + 1; i++) {
        w.entries[i].leaf.path[0] = i < removed ? 0 : 0x7f;
        if (i < removed) {
            stage(&w, &count, i, false);
        }
    }
    apply(&w, count);
    count = 0;
    for (uint32_t i = 0; i < removed + 1; i++) { /* the new one comes last */
        stage(&w, &count, i, true);
    }
    apply(&w, count);
    uint8_t expected[64], top[32];
    pl_leaf_hash(expected, w.entries[removed].leaf.path, w.entries[removed].leaf.row_hash);
    memcpy(expected + 32, unknown, 32);
    pl_tagged_pair(expected, &pl_tag_node, expected);
    pl_tree_top(w.tree, top);
    assert_memory_equal(top, expected, 32);
    count = 0;
    stage(&w, &count, removed, true);
    assert_int_equal(pl_tree_apply(w.tree, w.changes, w.spare, count, w.news), PL_FAULT_WITNESS);
    close_world(&w);
}

static void refused_memory_leaks_nothing(void **state)
{
    (void)state;
    for (uint64_t refuse_at = 0; refuse_at < 40; refuse_at++) {
        counted_memory memory;
        counted_memory_init(&memory);
        memory.refuse_at = refuse_at;
        pl_tree *tree;
        const pl_tree_rows rows = {&w, tell};
        if (pl_tree_create(&tree, &memory.memory, &rows) == PL_OK) {
            size_t count = 0;
            pl_status status = PL_OK;
            while (count < 2000 && status == PL_OK) {
                uint32_t number;
                const uint32_t i = (uint32_t)count;
                status = pl_tree_take_leaf(tree, &number, (pl_row_name){7, i});
                if (status == PL_OK) {
                    w.changes[count++] =
                        (pl_tree_change){pl_load_u64(w.entries[i].leaf.path), number, i};
                }
            }
            status = pl_tree_apply(tree, w.changes, w.spare, count, w.news);
            assert_true(status == PL_OK || status == PL_FAULT_MEMORY);
            pl_tree_free(tree);
        }
        assert_int_equal(memory.out, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_tree),
        cmocka_unit_test(random_batches),
        cmocka_unit_test(down_to_nothing_one_by_one),
        cmocka_unit_test(nearly_equal_paths),
        cmocka_unit_test(paths_with_one_prefix),
        cmocka_unit_test(history_does_not_matter),
        cmocka_unit_test(counts_what_it_hashes),
        cmocka_unit_test(equal_leaves_hash_nothing),
        cmocka_unit_test(batches_of_several_slices),
        cmocka_unit_test(empty_for_a_moment_beside_the_unknown),
        cmocka_unit_test(refused_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
