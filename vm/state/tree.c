/* A batch goes through the tree twice, level by level.
 *
 *   down   The sorted changes are split at every node by the bit of its depth. One "place" is noted
 *          per position reached: an inner node with changes below it, or a leaf to be hashed. Where
 *          two rows meet, inner nodes are put in.
 *   up     The same places from the last to the first, so children before parents: a node left with
 *          a lone leaf or nothing gives way to it, any other is hashed into its parent's slot.
 *
 * Places of one level do not depend on each other. So memory can be asked for ahead, and the
 * processor overlaps the hashes of neighbours, which a depth-first walk would chain.
 *
 *   slot s = 2 n + side      ref (4 bytes)                       hash (32 bytes)
 *     refs[n]:  left, right    0 empty, LEAF | leaf, or node       pairs[n]: left | right
 *
 * Node n's own hash stands in its parent's pair: hashing n reads just the 64 bytes of pairs[n].
 * Refs are kept apart so that walking down touches 8 bytes a node. Node 0 is not part of the tree:
 * slot 0 holds the top. */
#include "vm/state/tree.h"

#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/pool.h"
#include "vm/state/tree_sort.h"

#define LEAF 0x80000000u
#define EMPTY 0u
#define DEPTH_MAX 256u
#define AHEAD 8u /* places between asking for memory and using it */

typedef struct place {
    uint32_t ref;  /* what stands in the slot now        */
    uint32_t slot; /* where in the tree                  */
    uint32_t low;  /* changes[low .. high) lie below it  */
    uint32_t high;
} place;

struct pl_tree {
    pl_memory memory;
    pl_pool refs;   /* uint32_t[2] per node                             */
    pl_pool pairs;  /* 64 bytes per node, numbered like refs            */
    pl_pool leaves; /* pl_leaf; number 0 is not used                    */
    place *places;  /* of the batch under way; kept from batch to batch */
    uint32_t place_count;
    uint32_t place_capacity;
    uint64_t leaf_count;
    uint64_t nodes_hashed;
};

static uint32_t *refs_of(const pl_tree *tree, uint32_t node)
{
    return pl_pool_at(&tree->refs, node);
}

static uint8_t *pair_of(const pl_tree *tree, uint32_t node)
{
    return pl_pool_at(&tree->pairs, node);
}

static uint32_t *slot_ref(const pl_tree *tree, uint32_t slot)
{
    return refs_of(tree, slot >> 1) + (slot & 1);
}

static uint8_t *slot_hash(const pl_tree *tree, uint32_t slot)
{
    return pair_of(tree, slot >> 1) + PL_HASH_SIZE * (slot & 1);
}

pl_leaf *pl_tree_leaf(const pl_tree *tree, uint32_t number)
{
    return pl_pool_at(&tree->leaves, number);
}

/* Takes a node with two empty children. */
static pl_status take_node(pl_tree *tree, uint32_t *node)
{
    uint32_t pair;
    PL_TRY(pl_pool_take(&tree->refs, node));
    PL_TRY(pl_pool_take(&tree->pairs, &pair));
    PL_ASSERT(pair == *node); /* both pools see the same calls in the same order */
    memset(refs_of(tree, pair), 0, 2 * sizeof(uint32_t));
    memset(pair_of(tree, pair), 0, 2 * PL_HASH_SIZE);
    return PL_OK;
}

static void give_node(pl_tree *tree, uint32_t node)
{
    pl_pool_give(&tree->refs, node);
    pl_pool_give(&tree->pairs, node);
}

pl_status pl_tree_create(pl_tree **tree, const pl_memory *memory)
{
    pl_tree *made = memory->take(memory->context, sizeof *made);
    if (made == NULL) {
        return PL_FAULT_MEMORY;
    }
    *made = (pl_tree){.memory = *memory};
    pl_pool_begin(&made->refs, memory, 2 * sizeof(uint32_t));
    pl_pool_begin(&made->pairs, memory, 2 * PL_HASH_SIZE);
    pl_pool_begin(&made->leaves, memory, sizeof(pl_leaf));
    uint32_t zero;
    pl_status status = take_node(made, &zero);
    if (status == PL_OK) {
        status = pl_pool_take(&made->leaves, &zero);
    }
    if (status != PL_OK) {
        pl_tree_free(made);
        return status;
    }
    *tree = made;
    return PL_OK;
}

void pl_tree_free(pl_tree *tree)
{
    if (tree == NULL) {
        return;
    }
    const pl_memory memory = tree->memory;
    pl_pool_end(&tree->refs);
    pl_pool_end(&tree->pairs);
    pl_pool_end(&tree->leaves);
    if (tree->places != NULL) {
        memory.give(memory.context, tree->places, tree->place_capacity * sizeof(place));
    }
    memory.give(memory.context, tree, sizeof *tree);
}

pl_status pl_tree_take_leaf(pl_tree *tree, uint32_t *number)
{
    return pl_pool_take(&tree->leaves, number);
}

void pl_tree_give_leaf(pl_tree *tree, uint32_t number)
{
    PL_ASSERT(number != 0);
    pl_pool_give(&tree->leaves, number);
}

static pl_status grow_places(pl_tree *tree)
{
    const uint32_t capacity = tree->place_capacity == 0 ? 256 : 2 * tree->place_capacity;
    if (capacity > UINT32_MAX / 4) {
        return PL_FAULT_MEMORY;
    }
    place *places = tree->memory.take(tree->memory.context, capacity * sizeof(place));
    if (places == NULL) {
        return PL_FAULT_MEMORY;
    }
    if (tree->places != NULL) {
        memcpy(places, tree->places, tree->place_count * sizeof(place));
        tree->memory.give(tree->memory.context, tree->places,
                          tree->place_capacity * sizeof(place));
    }
    tree->places = places;
    tree->place_capacity = capacity;
    return PL_OK;
}

static pl_status add_place(pl_tree *tree, uint32_t slot, uint32_t low, uint32_t high)
{
    if (tree->place_count == tree->place_capacity) {
        PL_TRY(grow_places(tree));
    }
    const uint32_t ref = *slot_ref(tree, slot);
    if (ref != EMPTY && (ref & LEAF) == 0) {
        __builtin_prefetch(refs_of(tree, ref)); /* needed one level from now */
    }
    tree->places[tree->place_count++] = (place){ref, slot, low, high};
    return PL_OK;
}

static unsigned change_bit(const pl_tree *tree, const pl_tree_change *change, unsigned depth)
{
    if (depth < 64) {
        return (unsigned)(change->order >> (63 - depth)) & 1u;
    }
    return pl_path_bit(pl_tree_leaf(tree, change->leaf)->path, depth);
}

/* Returns the first of changes[low .. high) whose bit is 1, or high. */
static uint32_t split(const pl_tree *tree, const pl_tree_change *changes, uint32_t low,
                      uint32_t high, unsigned depth)
{
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (change_bit(tree, &changes[middle], depth) == 1) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* Puts an inner node where so far was nothing or a leaf, which moves down by one. */
static pl_status insert_node(pl_tree *tree, place *here, unsigned depth)
{
    PL_ASSERT(depth < DEPTH_MAX); /* different paths differ in one of 256 bits */
    uint32_t node;
    PL_TRY(take_node(tree, &node));
    if (here->ref != EMPTY) {
        const uint8_t *path = pl_tree_leaf(tree, here->ref & ~LEAF)->path;
        const uint32_t slot = 2 * node + pl_path_bit(path, depth);
        *slot_ref(tree, slot) = here->ref;
        memcpy(slot_hash(tree, slot), slot_hash(tree, here->slot), PL_HASH_SIZE);
    }
    *slot_ref(tree, here->slot) = node;
    here->ref = node;
    return PL_OK;
}

static void set_slot(const pl_tree *tree, uint32_t slot, uint32_t ref, const uint8_t *hash)
{
    *slot_ref(tree, slot) = ref;
    if (hash != NULL) {
        memcpy(slot_hash(tree, slot), hash, PL_HASH_SIZE);
    } else {
        memset(slot_hash(tree, slot), 0, PL_HASH_SIZE); /* spec 04 §3: empty is 32 zero bytes */
    }
}

/* Handles a place with one change and no inner node. Returns whether that settled it; it does not
 * when the leaf there is another row's. */
static bool settle_leaf(pl_tree *tree, place *here, const pl_tree_change *change)
{
    if (here->ref == EMPTY) {
        PL_ASSERT(change->verb == PL_TREE_SET); /* a removed leaf is in the tree */
        here->ref = change->leaf | LEAF;
        *slot_ref(tree, here->slot) = here->ref; /* its hash follows on the way up */
        tree->leaf_count++;
        return true;
    }
    if (here->ref != (change->leaf | LEAF)) {
        return false;
    }
    if (change->verb == PL_TREE_REMOVE) {
        set_slot(tree, here->slot, EMPTY, NULL);
        here->ref = EMPTY;
        tree->leaf_count--;
    }
    return true;
}

/* Carries the changes of one place one level down. */
static pl_status descend(pl_tree *tree, const pl_tree_change *changes, uint32_t index,
                         unsigned depth)
{
    place here = tree->places[index];
    if (here.ref == EMPTY || (here.ref & LEAF) != 0) {
        if (here.high - here.low == 1 && settle_leaf(tree, &here, &changes[here.low])) {
            tree->places[index] = here;
            return PL_OK;
        }
        PL_TRY(insert_node(tree, &here, depth));
        tree->places[index] = here;
    }
    const uint32_t middle = split(tree, changes, here.low, here.high, depth);
    if (here.low < middle) {
        PL_TRY(add_place(tree, 2 * here.ref, here.low, middle));
    }
    if (middle < here.high) {
        PL_TRY(add_place(tree, 2 * here.ref + 1, middle, here.high));
    }
    return PL_OK;
}

/* Hashes one place into its slot, or lets what is left below it rise. */
static void ascend(pl_tree *tree, const place *here)
{
    if (here->ref == EMPTY) {
        return;
    }
    if ((here->ref & LEAF) != 0) {
        const pl_leaf *leaf = pl_tree_leaf(tree, here->ref & ~LEAF);
        pl_leaf_hash(slot_hash(tree, here->slot), leaf->path, leaf->row_hash);
        return;
    }
    const uint32_t left = refs_of(tree, here->ref)[0];
    const uint32_t right = refs_of(tree, here->ref)[1];
    uint8_t *pair = pair_of(tree, here->ref);
    /* spec 04 §3: a lone leaf stands at the shallowest depth where it is alone. */
    if (left == EMPTY && (right == EMPTY || (right & LEAF) != 0)) {
        set_slot(tree, here->slot, right, pair + PL_HASH_SIZE);
        give_node(tree, here->ref);
    } else if (right == EMPTY && (left & LEAF) != 0) {
        set_slot(tree, here->slot, left, pair);
        give_node(tree, here->ref);
    } else {
        pl_tagged_pair(slot_hash(tree, here->slot), &pl_tag_node, pair);
        tree->nodes_hashed++;
    }
}

static void ask_for(const pl_tree *tree, const place *there)
{
    if ((there->ref & LEAF) != 0) {
        __builtin_prefetch(pl_tree_leaf(tree, there->ref & ~LEAF));
    } else {
        __builtin_prefetch(pair_of(tree, there->ref));
    }
    __builtin_prefetch(slot_hash(tree, there->slot), 1);
}

pl_status pl_tree_apply(pl_tree *tree, pl_tree_change *changes, pl_tree_change *spare,
                        size_t count)
{
    tree->nodes_hashed = 0;
    tree->place_count = 0;
    if (count == 0) {
        return PL_OK;
    }
    PL_ASSERT(count < LEAF);
    pl_tree_sort(tree, changes, spare, count);
    PL_TRY(add_place(tree, 0, 0, (uint32_t)count));
    uint32_t level = 0;
    for (unsigned depth = 0; level < tree->place_count; depth++) {
        const uint32_t level_end = tree->place_count;
        for (; level < level_end; level++) {
            PL_TRY(descend(tree, changes, level, depth));
        }
    }
    for (uint32_t i = tree->place_count; i > 0; i--) {
        if (i > AHEAD) {
            ask_for(tree, &tree->places[i - 1 - AHEAD]);
        }
        ascend(tree, &tree->places[i - 1]);
    }
    return PL_OK;
}

void pl_tree_top(const pl_tree *tree, uint8_t top[PL_HASH_SIZE])
{
    memcpy(top, slot_hash(tree, 0), PL_HASH_SIZE);
}

uint64_t pl_tree_leaf_count(const pl_tree *tree)
{
    return tree->leaf_count;
}

uint64_t pl_tree_nodes_hashed(const pl_tree *tree)
{
    return tree->nodes_hashed;
}

uint64_t pl_tree_node_count(const pl_tree *tree)
{
    return tree->refs.used - 1;
}

pl_tree_walk pl_tree_follow(const pl_tree *tree, uint8_t (*siblings)[PL_HASH_SIZE],
                            const uint8_t path[PL_HASH_SIZE])
{
    uint32_t ref = *slot_ref(tree, 0);
    unsigned depth = 0;
    while (ref != EMPTY && (ref & LEAF) == 0) {
        PL_ASSERT(depth < DEPTH_MAX);
        const uint32_t slot = 2 * ref + pl_path_bit(path, depth);
        if (siblings != NULL) {
            memcpy(siblings[depth], slot_hash(tree, slot ^ 1), PL_HASH_SIZE);
        }
        ref = *slot_ref(tree, slot);
        depth++;
    }
    return (pl_tree_walk){.leaf = ref & ~LEAF, .depth = depth};
}
