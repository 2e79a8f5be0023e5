/* The state tree: a compact binary trie over hashed keys, one leaf per row. spec 04 §3
 *
 * The tree knows paths and row hashes, not rows. Its shape and top hash depend on the set of leaves
 * alone. The store owns the only tree of a state; proof.h reads it. */
#ifndef PL_STATE_TREE_H
#define PL_STATE_TREE_H

#include "vm/base/error.h"
#include "vm/base/memory.h"
#include "vm/base/sha256.h"

/* The hashes of spec 04 §3. */
void pl_row_path(uint8_t path[PL_HASH_SIZE], uint32_t contract, uint16_t table, const uint8_t *key,
                 size_t key_size);
void pl_row_hash(uint8_t hash[PL_HASH_SIZE], const uint8_t *row, size_t row_size);
void pl_leaf_hash(uint8_t hash[PL_HASH_SIZE], const uint8_t path[PL_HASH_SIZE],
                  const uint8_t row_hash[PL_HASH_SIZE]);
void pl_node_hash(uint8_t hash[PL_HASH_SIZE], const uint8_t left[PL_HASH_SIZE],
                  const uint8_t right[PL_HASH_SIZE]);
void pl_state_root(uint8_t root[PL_HASH_SIZE], const uint8_t top[PL_HASH_SIZE], uint64_t row_count);

/* Returns bit `depth` (0..255) of a path; bit 0 is the most significant bit of byte 0. */
static inline unsigned pl_path_bit(const uint8_t path[PL_HASH_SIZE], unsigned depth)
{
    return (unsigned)path[depth >> 3] >> (7u - (depth & 7u)) & 1u;
}

/* What a leaf is made of, in the order in which it is hashed. */
typedef struct pl_leaf {
    uint8_t path[PL_HASH_SIZE];
    uint8_t row_hash[PL_HASH_SIZE];
} pl_leaf;

typedef struct pl_tree pl_tree;

/* On output: *tree, empty. Returns PL_OK or PL_FAULT_MEMORY. memory must outlive the tree. */
PL_MUST_USE pl_status pl_tree_create(pl_tree **tree, const pl_memory *memory);
void pl_tree_free(pl_tree *tree);

/* Takes a new leaf that is not yet in the tree; the caller fills *pl_tree_leaf(tree, *number).
 * Leaf numbers are never 0 and are reused. Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status pl_tree_take_leaf(pl_tree *tree, uint32_t *number);

/* Gives back a leaf that is not in the tree. */
void pl_tree_give_leaf(pl_tree *tree, uint32_t number);

/* The leaf's bytes. The path of a leaf in the tree must not change; its row hash may only change
 * together with a PL_TREE_SET in the next batch. */
pl_leaf *pl_tree_leaf(const pl_tree *tree, uint32_t number);

typedef enum pl_tree_verb {
    PL_TREE_SET = 0,   /* the leaf is new, or its row hash changed               */
    PL_TREE_REMOVE = 1 /* the leaf leaves the tree; the caller gives it back after */
} pl_tree_verb;

typedef struct pl_tree_change {
    uint64_t order; /* the first 64 bits of the path; the tree uses it as scratch later */
    uint32_t leaf;
    uint32_t verb; /* a pl_tree_verb */
} pl_tree_change;

/* Returns the change of a leaf whose path is filled. */
pl_tree_change pl_tree_change_of(const pl_tree *tree, uint32_t leaf, pl_tree_verb verb);

/* Asks for the leaf's memory ahead of its use; never needed, only faster. */
void pl_tree_ask_for_leaf(const pl_tree *tree, uint32_t number);

/* Applies a batch: every touched node is hashed once. On input: changes made by pl_tree_change_of,
 * in any order, at most one per leaf and per path; removed leaves are in the tree. The array is
 * sorted in place, spare has room for as many. Returns PL_OK, PL_FAULT_MEMORY, or PL_FAULT_WITNESS
 * where an opaque subtree would have to be known; after a FAULT the tree can only be freed. */
PL_MUST_USE pl_status pl_tree_apply(pl_tree *tree, pl_tree_change *changes, pl_tree_change *spare,
                                    size_t count);

/* On output: top = the hash of the whole tree, 32 zero bytes when it is empty. */
void pl_tree_top(const pl_tree *tree, uint8_t top[PL_HASH_SIZE]);

/* Returns the number of leaves in the tree: the row count of the state root. */
uint64_t pl_tree_leaf_count(const pl_tree *tree);

/* Returns how many inner nodes the last pl_tree_apply hashed (D of the cost model). */
uint64_t pl_tree_nodes_hashed(const pl_tree *tree);

/* Returns how many inner nodes the tree has. */
uint64_t pl_tree_node_count(const pl_tree *tree);

/* In a tree built from a witness: a subtree that is not empty, of which only the hash is known. */
#define PL_TREE_OPAQUE 1u

/* Where a path leads. */
typedef struct pl_tree_walk {
    uint32_t leaf;  /* the leaf reached, of this or another path; 0: an empty place;
                       PL_TREE_OPAQUE: what is there is not known */
    unsigned depth; /* 0..256 */
} pl_tree_walk;

/* Follows path from the top. On output: siblings holds, for depth 1 first, the hash of the other
 * child at each depth up to the result's (room for 256; NULL when not wanted). */
pl_tree_walk pl_tree_follow(const pl_tree *tree, uint8_t (*siblings)[PL_HASH_SIZE],
                            const uint8_t path[PL_HASH_SIZE]);

#endif
