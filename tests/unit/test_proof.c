/* state/proof: a proof made by hand from the spec's text, and every rule of form. The storm
 * verifies and flips proofs of random states; this file pins the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/counted_memory.h"
#include "vm/state/proof.h"
#include "vm/state/tree_parts.h"

#define ROWS 60u

static struct {
    counted_memory memory;
    pl_tree *tree;
    uint8_t paths[ROWS][32];
    uint8_t rows[ROWS][3];
    uint8_t root[32];
} w;

/* What the tree asks: a leaf's name is the number of its row. */
static void tell(void *context, pl_leaf *leaf, bool whole, pl_row_name name)
{
    (void)context;
    memcpy(leaf->path, w.paths[name.record], 32);
    if (whole) {
        pl_row_hash(leaf->row_hash, w.rows[name.record], 3);
    }
}

static void open_tree(uint32_t rows)
{
    static pl_tree_change changes[ROWS], spare[ROWS];
    static pl_leaf_news news[ROWS];
    const pl_tree_rows owner = {NULL, tell};
    uint8_t top[32], row_hash[32];
    counted_memory_init(&w.memory);
    assert_int_equal(pl_tree_create(&w.tree, &w.memory.memory, &owner), PL_OK);
    for (uint32_t i = 0; i < ROWS; i++) {
        const uint8_t key[2] = {0x10, (uint8_t)i};
        memset(w.rows[i], (int)i, 3);
        pl_row_path(w.paths[i], 2, 5, key, 2);
        if (i < rows) {
            uint32_t number;
            assert_int_equal(pl_tree_take_leaf(w.tree, &number, (pl_row_name){0, i}), PL_OK);
            pl_row_hash(row_hash, w.rows[i], 3);
            pl_leaf_hash(news[i].hash, w.paths[i], row_hash);
            changes[i] = (pl_tree_change){pl_load_u64(w.paths[i]), number, i};
        }
    }
    assert_int_equal(pl_tree_apply(w.tree, changes, spare, rows, news), PL_OK);
    pl_tree_top(w.tree, top);
    pl_state_root(w.root, top, rows);
}

static void close_tree(void)
{
    pl_tree_free(w.tree);
    assert_int_equal(w.memory.out, 0);
}

static size_t make(uint8_t *proof, uint32_t i, uint32_t rows)
{
    pl_writer writer = pl_writer_of(proof, PL_PROOF_SIZE_MAX);
    const bool present = i < rows;
    pl_proof_make(&writer, w.tree, w.paths[i], present ? w.rows[i] : NULL, present ? 3 : 0);
    assert_int_equal(pl_writer_end(&writer), PL_OK);
    return writer.size;
}

static pl_status verify(uint32_t i, const uint8_t *proof, size_t size)
{
    pl_claim claim;
    return pl_proof_verify(&claim, w.root, w.paths[i], proof, size);
}

static uint8_t proof[PL_PROOF_SIZE_MAX + 64];

static void proofs_of_all_kinds_hold(void **state)
{
    (void)state;
    for (uint32_t rows = 0; rows <= 30; rows++) {
        unsigned kinds = 0;
        open_tree(rows);
        for (uint32_t i = 0; i < ROWS; i++) {
            pl_claim claim;
            const size_t size = make(proof, i, rows);
            assert_int_equal(pl_proof_verify(&claim, w.root, w.paths[i], proof, size), PL_OK);
            assert_int_equal(claim.row != NULL, i < rows);
            assert_true(claim.row_count == rows);
            if (i < rows) {
                assert_int_equal(claim.row_size, 3);
                assert_memory_equal(claim.row, w.rows[i], 3);
            }
            for (uint32_t k = 0; k < ROWS; k++) { /* it proves its own key only, or absence twice */
                if (k != i && (i < rows || k < rows)) {
                    assert_int_not_equal(verify(k, proof, size), PL_OK);
                }
            }
            kinds |= 1u << proof[0];
        }
        if (rows > 5) {
            assert_int_equal(kinds, 1u << 1 | 1u << 2 | 1u << 3);
        }
        close_tree();
    }
}

/* spec 04 §4 by hand: the only row of a state. */
static void the_bytes_of_a_single_row(void **state)
{
    (void)state;
    const uint8_t expected[] = {1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0};
    open_tree(1);
    assert_int_equal(make(proof, 0, 1), sizeof expected);
    assert_memory_equal(proof, expected, sizeof expected);
    const size_t size = make(proof, 1, 1);
    assert_int_equal(size, 11 + 64);
    assert_int_equal(proof[0], 3);
    assert_memory_equal(proof + 11, w.paths[0], 32);
    close_tree();
    const uint8_t nothing[] = {2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    open_tree(0);
    assert_int_equal(make(proof, 0, 0), sizeof nothing);
    assert_memory_equal(proof, nothing, sizeof nothing);
    close_tree();
}

/* Siblings from the bottom up, each direction from the path: recomputed here with node hashes only.
 */
static void siblings_stand_bottom_up(void **state)
{
    (void)state;
    open_tree(50);
    const size_t size = make(proof, 7, 50);
    const unsigned depth = pl_load_u16(proof + 9);
    assert_true(depth > 3);
    assert_int_equal(size, 11 + 32 * depth + 2 + 3);
    uint8_t hash[32], top[32];
    pl_row_hash(hash, w.rows[7], 3);
    pl_leaf_hash(hash, w.paths[7], hash);
    for (unsigned i = 0; i < depth; i++) {
        const unsigned bit = depth - 1 - i;
        if ((w.paths[7][bit / 8] >> (7 - bit % 8) & 1) != 0) {
            pl_node_hash(hash, proof + 11 + 32 * i, hash);
        } else {
            pl_node_hash(hash, hash, proof + 11 + 32 * i);
        }
    }
    pl_tree_top(w.tree, top);
    assert_memory_equal(hash, top, 32);
    close_tree();
}

/* A partial tree is built from the top; a refused node is a fault, and nothing leaks. */
static void partial_trees_without_memory(void **state)
{
    (void)state;
    open_tree(0);
    w.memory.refuse_at = w.memory.takes;
    uint32_t slot = TOP_SLOT, opened = 0;
    pl_status status = PL_OK;
    for (; status == PL_OK && opened < 1u << 20; opened++) {
        status = tree_open_node(w.tree, &slot, slot);
    }
    assert_int_equal(status, PL_FAULT_MEMORY);
    close_tree();
}

static void form_is_checked_before_the_root(void **state)
{
    (void)state;
    open_tree(50);
    size_t size = make(proof, 7, 50);
    const unsigned depth = pl_load_u16(proof + 9);
    uint8_t bad[sizeof proof];
    for (size_t cut = 0; cut < size; cut++) { /* at every byte */
        assert_int_equal(verify(7, proof, cut), PL_REJECT_PROOF_SHAPE);
    }
    assert_int_equal(verify(7, proof, size + 1), PL_REJECT_PROOF_SHAPE);
    const uint8_t kinds[] = {0, 2, 3, 4, 255};
    for (size_t i = 0; i < sizeof kinds; i++) {
        memcpy(bad, proof, size);
        bad[0] = kinds[i];
        assert_int_equal(verify(7, bad, size), PL_REJECT_PROOF_SHAPE);
    }
    for (size_t i = 0; i < sizeof kinds; i++) { /* and without the row that kind 2 has not */
        const bool known = kinds[i] == 2;
        memcpy(bad, proof, size);
        bad[0] = kinds[i];
        assert_int_equal(verify(7, bad, 11 + 32 * depth),
                         known ? PL_REJECT_PROOF_ROOT : PL_REJECT_PROOF_SHAPE);
    }
    memcpy(bad, proof, 11 + 32);
    bad[0] = 3;
    pl_store_u16(bad + 9, 1);
    memcpy(bad + 11 + 32, w.paths[7], 32);
    memset(bad + 11 + 64, 1, 32);
    bad[11 + 63] ^= 1; /* another leaf beside it, below the one sibling */
    assert_int_equal(verify(7, bad, 11 + 96), PL_REJECT_PROOF_ROOT);
    bad[11 + 32] ^= 0x80; /* .. or on the sibling's side */
    assert_int_equal(verify(7, bad, 11 + 96), PL_REJECT_PROOF_SHAPE);
    memcpy(bad, proof, size);
    memset(bad + 11, 0, 32); /* the lowest sibling empty */
    assert_int_equal(verify(7, bad, size), PL_REJECT_PROOF_SHAPE);
    memcpy(bad, proof, size);
    memset(bad + 11 + 32 * (depth - 1), 0,
           32); /* a higher one empty: of form, but not this tree's */
    assert_int_equal(verify(7, bad, size), PL_REJECT_PROOF_ROOT);
    memcpy(bad, proof, size);
    pl_store_u64(bad + 1, 51); /* another row count */
    assert_int_equal(verify(7, bad, size), PL_REJECT_PROOF_ROOT);
    memcpy(bad, proof, size);
    bad[size - 1] ^= 1; /* another row */
    assert_int_equal(verify(7, bad, size), PL_REJECT_PROOF_ROOT);
    close_tree();
}

/* One sibling, and that an empty one: the row beside it would stand at the top. */
static void one_empty_sibling(void **state)
{
    (void)state;
    open_tree(9);
    uint8_t bytes[11 + 32 + 2 + 1] = {PL_PROOF_INCLUSION, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1};
    pl_store_u16(bytes + 11 + 32, 1);
    assert_int_equal(verify(7, bytes, sizeof bytes), PL_REJECT_PROOF_SHAPE);
    bytes[11] = 1;
    assert_int_equal(verify(7, bytes, sizeof bytes), PL_REJECT_PROOF_ROOT);
    close_tree();
}

static void limits_of_depth_and_row(void **state)
{
    (void)state;
    static uint8_t large[11 + 32 * 257 + 2 + PL_ROW_SIZE_MAX + 1];
    open_tree(50);
    for (unsigned depth = 256; depth <= 257; depth++) {
        memset(large, 1, sizeof large);
        pl_store_u16(large + 9, (uint16_t)depth);
        pl_store_u16(large + 11 + 32 * depth, 1);
        assert_int_equal(verify(7, large, 11 + 32 * depth + 3),
                         depth == 256 ? PL_REJECT_PROOF_ROOT : PL_REJECT_PROOF_SHAPE);
    }
    for (unsigned size = PL_ROW_SIZE_MAX; size <= PL_ROW_SIZE_MAX + 1; size++) {
        memset(large, 1, sizeof large);
        pl_store_u16(large + 9, 1);
        pl_store_u16(large + 11 + 32, (uint16_t)size);
        assert_int_equal(verify(7, large, 11 + 32 + 2 + size),
                         size == PL_ROW_SIZE_MAX ? PL_REJECT_PROOF_ROOT : PL_REJECT_PROOF_SHAPE);
    }
    close_tree();
}

/* Kind 3 must name a leaf that stands where the path leads, and not the path itself. */
static void the_other_leaf_must_be_in_the_way(void **state)
{
    (void)state;
    open_tree(30);
    for (uint32_t i = 30; i < ROWS; i++) {
        const size_t size = make(proof, i, 30);
        const unsigned depth = pl_load_u16(proof + 9);
        if (proof[0] != 3) {
            continue;
        }
        uint8_t *other = proof + 11 + 32 * depth;
        uint8_t kept[32];
        memcpy(kept, other, 32);
        memcpy(other, w.paths[i], 32);
        assert_int_equal(verify(i, proof, size), PL_REJECT_PROOF_SHAPE);
        other[31] ^= 1; /* agrees everywhere but in the last bit: of form */
        assert_int_equal(verify(i, proof, size), PL_REJECT_PROOF_ROOT);
        memcpy(other, kept, 32);
        other[(depth - 1) / 8] ^= (uint8_t)(0x80 >> (depth - 1) % 8); /* another subtree's */
        assert_int_equal(verify(i, proof, size), PL_REJECT_PROOF_SHAPE);
    }
    close_tree();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proofs_of_all_kinds_hold),
        cmocka_unit_test(the_bytes_of_a_single_row),
        cmocka_unit_test(siblings_stand_bottom_up),
        cmocka_unit_test(form_is_checked_before_the_root),
        cmocka_unit_test(partial_trees_without_memory),
        cmocka_unit_test(one_empty_sibling),
        cmocka_unit_test(limits_of_depth_and_row),
        cmocka_unit_test(the_other_leaf_must_be_in_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
