/* What tree.c (batches of changes) and tree_partial.c (trees of which only a part is known) share.
 *
 *   slot s = 2 n + side      ref (4 bytes)                       hash (32 bytes)
 *     refs[n]:  left, right    0 empty, LEAF | leaf, or node       pairs[n]: left | right
 *
 * Node n's own hash stands in its parent's pair: hashing n reads just the 64 bytes of pairs[n].
 * Refs are kept apart so that walking down touches 8 bytes a node. TOP_NODE is not part of the
 * tree: its left slot holds the top.
 *
 * OPAQUE stands in a tree built from a witness (spec 10 §4) for a subtree that is not empty and of
 * which only the hash is known. Any change that has to look into it ends in PL_FAULT_WITNESS.
 * Private to the state. */
#ifndef PL_STATE_TREE_PARTS_H
#define PL_STATE_TREE_PARTS_H

#include "vm/base/assume.h"
#include "vm/base/pool.h"
#include "vm/state/tree.h"

#define LEAF      0x80000000u
#define EMPTY     0u
#define OPAQUE    PL_TREE_OPAQUE /* no node: nodes count from PL_POOL_FIRST */
#define DEPTH_MAX 256u
#define TOP_NODE  PL_POOL_FIRST
#define TOP_SLOT  (2u * TOP_NODE)

_Static_assert(OPAQUE > EMPTY && OPAQUE < PL_POOL_FIRST, "one comparison tells nodes from both");

struct pl_tree {
    pl_memory memory;
    pl_tree_rows rows;
    pl_pool refs;              /* uint32_t[2] per node                             */
    pl_pool pairs;             /* 64 bytes per node, numbered like refs            */
    pl_pool leaves;            /* pl_row_name                                      */
    struct tree_place *places; /* of the batch under way; kept from batch to batch */
    uint32_t place_count;
    uint32_t place_capacity;
    uint64_t leaf_count;
    uint64_t nodes_hashed;
    bool is_partial; /* some subtree is opaque */
};

static inline uint32_t *refs_of(const pl_tree *tree, uint32_t node)
{
    return pl_pool_at(&tree->refs, node, 2 * sizeof(uint32_t));
}

static inline uint8_t *pair_of(const pl_tree *tree, uint32_t node)
{
    return pl_pool_at(&tree->pairs, node, 2 * PL_HASH_SIZE);
}

static inline uint32_t *slot_ref(const pl_tree *tree, uint32_t slot)
{
    return refs_of(tree, slot >> 1) + (slot & 1);
}

static inline uint8_t *slot_hash(const pl_tree *tree, uint32_t slot)
{
    return pair_of(tree, slot >> 1) + PL_HASH_SIZE * (slot & 1);
}

/* Whether a ref is an inner node. */
static inline bool is_node(uint32_t ref)
{
    return ref > OPAQUE && (ref & LEAF) == 0;
}

/* On output: the path of a leaf's row. */
void tree_leaf_path(const pl_tree *tree, uint8_t path[PL_HASH_SIZE], uint32_t number);

/* Takes a node with two empty children. Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status tree_take_node(pl_tree *tree, uint32_t *node);

/* ---- a tree built node by node, from the top ---- */

/* On input: a slot that is empty. On output: it holds an inner node whose two slots, *left and
 * *left + 1, are empty. Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status tree_open_node(pl_tree *tree, uint32_t *left, uint32_t slot);

/* Hashes the inner node of a slot; its children are whole. */
void tree_close_node(const pl_tree *tree, uint32_t slot);

/* Puts a leaf into an empty slot, and hashes what it is made of. */
void tree_put_leaf(const pl_tree *tree, uint32_t slot, uint32_t number, const pl_leaf *leaf);

/* Makes an empty slot a subtree of which only the hash is known. */
void tree_put_opaque(pl_tree *tree, uint32_t slot, const uint8_t hash[PL_HASH_SIZE]);

/* Says how many leaves the whole tree has, those of opaque subtrees included. */
void tree_set_leaf_count(pl_tree *tree, uint64_t count);

#endif
