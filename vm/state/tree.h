/* The state tree: a compact binary trie over hashed keys, one leaf per row. spec 04 §3
 *
 * The tree knows of a leaf its hash and the name of its row, nothing else; where it needs a path it
 * asks for it. Its shape and top hash depend on the set of leaves alone. The store owns the only
 * tree of a state; proof.h reads it. */
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

/* A row as the tree's owner names it. The numbers mean nothing to the tree. */
typedef struct pl_row_name {
    uint32_t table;
    uint32_t record;
} pl_row_name;

/* How the tree asks its owner about the rows of its leaves. */
typedef struct pl_tree_rows {
    void *context;
    /* On output: leaf->path, and if `whole` also leaf->row_hash, the row then being what the leaf
     * in the tree was made of. */
    void (*tell)(void *context, pl_leaf *leaf, bool whole, pl_row_name name);
} pl_tree_rows;

typedef struct pl_tree pl_tree;

/* On output: *tree, empty. Returns PL_OK or PL_FAULT_MEMORY. memory and rows are copied; what their
 * contexts point to must outlive the tree. */
PL_MUST_USE pl_status pl_tree_create(pl_tree **tree, const pl_memory *memory,
                                     const pl_tree_rows *rows);
void pl_tree_free(pl_tree *tree);

/* Takes a new leaf that is not yet in the tree, of the row of that name. Leaf numbers are never 0
 * and are reused. Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status pl_tree_take_leaf(pl_tree *tree, uint32_t *number, pl_row_name name);

/* Gives back a leaf that is not in the tree. */
void pl_tree_give_leaf(pl_tree *tree, uint32_t number);

/* Names the row of a leaf anew; its path and row hash stay what they are. */
void pl_tree_name_leaf(const pl_tree *tree, uint32_t number, pl_row_name name);

/* What a leaf is made of. */
void pl_tree_leaf(const pl_tree *tree, pl_leaf *leaf, uint32_t number);

/* What a leaf is to become. */
typedef struct pl_leaf_news {
    uint8_t hash[PL_HASH_SIZE];
    bool differs; /* on output: from what it was, if it was in the tree at all */
} pl_leaf_news;

typedef struct pl_tree_change {
    uint64_t order; /* the first eight bytes of the path; the tree uses it as scratch later */
    uint32_t leaf;
    uint32_t news; /* which, of the batch's news; PL_TREE_REMOVE: the leaf leaves the tree, and
                      the caller gives it back afterwards */
} pl_tree_change;

#define PL_TREE_REMOVE UINT32_MAX

/* Applies a batch: every node above a leaf that differs is hashed once. On input: changes in any
 * order, at most one per leaf and per path; removed leaves are in the tree, others may be. The
 * array is sorted in place, spare has room for as many. Returns PL_OK, PL_FAULT_MEMORY, or
 * PL_FAULT_WITNESS where an opaque subtree would have to be known; after a FAULT the tree can only
 * be freed. */
PL_MUST_USE pl_status pl_tree_apply(pl_tree *tree, pl_tree_change *changes, pl_tree_change *spare,
                                    size_t count, pl_leaf_news *news);

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
