/* A tree of which only a part is known, as a witness tells it: built from the top, one slot after
 * the other, so that no copy of it is needed and depth costs nothing but the builder's own list of
 * open nodes. */
#include <string.h>

#include "vm/state/tree_parts.h"

pl_status tree_open_node(pl_tree *tree, uint32_t *left, uint32_t slot)
{
    PL_ASSERT(*slot_ref(tree, slot) == EMPTY);
    uint32_t node;
    PL_TRY(tree_take_node(tree, &node));
    *slot_ref(tree, slot) = node;
    *left = 2 * node;
    return PL_OK;
}

void tree_close_node(const pl_tree *tree, uint32_t slot)
{
    const uint32_t ref = *slot_ref(tree, slot);
    PL_ASSERT(is_node(ref));
    pl_tagged_pair(slot_hash(tree, slot), &pl_tag_node, pair_of(tree, ref));
}

void tree_put_leaf(const pl_tree *tree, uint32_t slot, uint32_t number, const pl_leaf *leaf)
{
    PL_ASSERT(*slot_ref(tree, slot) == EMPTY);
    *slot_ref(tree, slot) = number | LEAF;
    pl_leaf_hash(slot_hash(tree, slot), leaf->path, leaf->row_hash);
}

void tree_put_opaque(pl_tree *tree, uint32_t slot, const uint8_t hash[PL_HASH_SIZE])
{
    tree->is_partial = true;
    PL_ASSERT(*slot_ref(tree, slot) == EMPTY);
    *slot_ref(tree, slot) = OPAQUE;
    memcpy(slot_hash(tree, slot), hash, PL_HASH_SIZE);
}

void tree_set_leaf_count(pl_tree *tree, uint64_t count)
{
    tree->leaf_count = count;
}
