/* A batch of changes is sorted by path and cut into slices that fit a processor's cache. Each goes
 * through the tree in four passes, each a plain loop over an array.
 *
 *   down      Level by level, the sorted changes are split at every node by the bit of its depth.
 * One "place" is noted per inner node with changes below it. Where two rows meet, inner nodes are
 * put in; a change alone at an empty place or at its own leaf is settled.
 *
 *   leaves    Every leaf's new hash goes into its slot, and is compared with the one before.
 *
 *   collapse  Only after removals: places from last to first, so children before parents; a node
 * left with a lone leaf or with nothing gives way to it.
 *
 *   nodes     In the same order, every other place with something new below it is hashed into its
 * parent's slot.
 *
 * Places of one level do not depend on each other. So memory can be asked for ahead, and they are
 * hashed many at once. How nodes lie in memory is drawn in tree_parts.h. */
#include "vm/state/tree.h"

#include <string.h>

#include "vm/base/sha256_many.h"
#include "vm/state/tree_parts.h"
#include "vm/state/tree_sort.h"

/* Changes in a slice. The few nodes above two slices are hashed for both. */
#define SLICE 4096u

/* Steps between asking for memory and using it. */
#define LEAVES_AHEAD 16u
#define PLACES_AHEAD (2u * PL_HASH_LANES)

typedef struct tree_place {
    uint32_t ref; /* what stands in the slot: a node once the place was descended, EMPTY after
                     its collapse */
    uint32_t slot;
    uint32_t low; /* changes[low .. high) lie below it */
    uint32_t high;
} place;

#define PLACES_MAX (SIZE_MAX > UINT32_MAX ? 1u << 30 : 1u << 27) /* their bytes fit size_t */
_Static_assert(sizeof(place) == 16, "2^27 places are 2^31 bytes");

static pl_row_name *name_of(const pl_tree *tree, uint32_t leaf)
{
    return pl_pool_at(&tree->leaves, leaf, sizeof(pl_row_name));
}

void pl_tree_name_leaf(const pl_tree *tree, uint32_t number, pl_row_name name)
{
    *name_of(tree, number) = name;
}

void pl_tree_leaf(const pl_tree *tree, pl_leaf *leaf, uint32_t number)
{
    tree->rows.tell(tree->rows.context, leaf, true, *name_of(tree, number));
}

void tree_leaf_path(const pl_tree *tree, uint8_t path[PL_HASH_SIZE], uint32_t number)
{
    pl_leaf leaf;
    tree->rows.tell(tree->rows.context, &leaf, false, *name_of(tree, number));
    memcpy(path, leaf.path, PL_HASH_SIZE);
}

pl_status tree_take_node(pl_tree *tree, uint32_t *node)
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

static void give_places(pl_tree *tree)
{
    if (tree->places != NULL) {
        tree->memory.give(tree->memory.context, tree->places, tree->place_capacity * sizeof(place));
    }
    tree->places = NULL;
    tree->place_capacity = 0;
}

pl_status pl_tree_create(pl_tree **tree, const pl_memory *memory, const pl_tree_rows *rows)
{
    pl_tree *made = memory->take(memory->context, sizeof *made);
    if (made == NULL) {
        return PL_FAULT_MEMORY;
    }
    *made = (pl_tree){.memory = *memory, .rows = *rows};
    pl_pool_begin(&made->refs, memory, 2 * sizeof(uint32_t));
    pl_pool_begin(&made->pairs, memory, 2 * PL_HASH_SIZE);
    pl_pool_begin(&made->leaves, memory, sizeof(pl_row_name));
    uint32_t top;
    const pl_status status = tree_take_node(made, &top);
    if (status != PL_OK) {
        pl_tree_free(made);
        return status;
    }
    PL_ASSERT(top == TOP_NODE);
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
    give_places(tree);
    memory.give(memory.context, tree, sizeof *tree);
}

pl_status pl_tree_take_leaf(pl_tree *tree, uint32_t *number, pl_row_name name)
{
    PL_TRY(pl_pool_take(&tree->leaves, number));
    *name_of(tree, *number) = name;
    return PL_OK;
}

void pl_tree_give_leaf(pl_tree *tree, uint32_t number)
{
    PL_ASSERT(number != 0);
    pl_pool_give(&tree->leaves, number);
}

static pl_status grow_places(pl_tree *tree)
{
    const uint32_t capacity = tree->place_capacity == 0 ? 256 : 2 * tree->place_capacity;
    if (capacity > PLACES_MAX) {
        return PL_FAULT_MEMORY;
    }
    place *places = tree->memory.take(tree->memory.context, capacity * sizeof(place));
    if (places == NULL) {
        return PL_FAULT_MEMORY;
    }
    if (tree->places != NULL) {
        memcpy(places, tree->places, tree->place_count * sizeof(place));
    }
    give_places(tree);
    tree->places = places;
    tree->place_capacity = capacity;
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

/* Tries to settle a change that is alone below a slot. Returns false where that takes an inner
 * node: there is one already, or the leaf of another row. */
static bool settle(pl_tree *tree, uint32_t slot, uint32_t ref, pl_tree_change *change)
{
    if (ref == EMPTY) {
        PL_ASSERT(change->news != PL_TREE_REMOVE); /* a removed leaf is in the tree */
        *slot_ref(tree, slot) = change->leaf | LEAF;
        tree->leaf_count++;
    } else if (ref != (change->leaf | LEAF)) {
        return false;
    } else if (change->news == PL_TREE_REMOVE) {
        set_slot(tree, slot, EMPTY, NULL);
        tree->leaf_count--;
    }
    change->order = slot; /* for the pass over the leaves */
    return true;
}

/* Settles changes[low .. high) below a slot, or notes the slot as a place. */
static pl_status add_place(pl_tree *tree, pl_tree_change *changes, uint32_t slot, uint32_t low,
                           uint32_t high)
{
    const uint32_t ref = *slot_ref(tree, slot);
    if (high - low == 1 && settle(tree, slot, ref, &changes[low])) {
        return PL_OK;
    }
    if (tree->place_count == tree->place_capacity) {
        PL_TRY(grow_places(tree));
    }
    if (is_node(ref)) {
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
    uint8_t path[PL_HASH_SIZE];
    tree_leaf_path(tree, path, change->leaf);
    return pl_path_bit(path, depth);
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
    if (here->ref == OPAQUE) {
        return PL_FAULT_WITNESS;
    }
    uint32_t node;
    PL_TRY(tree_take_node(tree, &node));
    if (here->ref != EMPTY) {
        uint8_t path[PL_HASH_SIZE];
        tree_leaf_path(tree, path, here->ref & ~LEAF);
        const uint32_t slot = 2 * node + pl_path_bit(path, depth);
        *slot_ref(tree, slot) = here->ref;
        memcpy(slot_hash(tree, slot), slot_hash(tree, here->slot), PL_HASH_SIZE);
    }
    *slot_ref(tree, here->slot) = node;
    here->ref = node;
    return PL_OK;
}

/* Carries the changes of one place one level down. */
static pl_status descend(pl_tree *tree, pl_tree_change *changes, place *here, unsigned depth)
{
    if (!is_node(here->ref)) {
        PL_TRY(insert_node(tree, here, depth));
    }
    const place now = *here;       /* adding places may move them */
    if (now.high - now.low == 1) { /* the usual case deep down, without a branch on the path */
        const unsigned side = change_bit(tree, &changes[now.low], depth);
        return add_place(tree, changes, 2 * now.ref + side, now.low, now.high);
    }
    const uint32_t middle = split(tree, changes, now.low, now.high, depth);
    if (now.low < middle) {
        PL_TRY(add_place(tree, changes, 2 * now.ref, now.low, middle));
    }
    if (middle < now.high) {
        PL_TRY(add_place(tree, changes, 2 * now.ref + 1, middle, now.high));
    }
    return PL_OK;
}

/* Where the places of each depth begin: those of depth d are begins[d] .. begins[d + 1] - 1. */
typedef struct levels {
    uint32_t begins[DEPTH_MAX + 2];
    unsigned count;
} levels;

static pl_status go_down(pl_tree *tree, levels *of, pl_tree_change *changes, uint32_t count)
{
    PL_TRY(add_place(tree, changes, TOP_SLOT, 0, count));
    uint32_t i = 0;
    for (of->count = 0; i < tree->place_count; of->count++) {
        const uint32_t end = tree->place_count;
        of->begins[of->count] = i;
        for (; i < end; i++) {
            PL_TRY(descend(tree, changes, &tree->places[i], of->count));
        }
    }
    of->begins[of->count] = tree->place_count;
    return PL_OK;
}

/* Returns whether a leaf was removed. On output: changes[i].order is how many of changes[0 .. i]
 * made a difference. */
static bool set_leaves(const pl_tree *tree, pl_tree_change *changes, uint32_t count,
                       pl_leaf_news *news)
{
    bool removed = false;
    uint32_t differ = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i + LEAVES_AHEAD < count) {
            const pl_tree_change *next = &changes[i + LEAVES_AHEAD];
            __builtin_prefetch(slot_hash(tree, (uint32_t)next->order), 1);
            __builtin_prefetch(&news[next->news == PL_TREE_REMOVE ? 0 : next->news]);
        }
        if (changes[i].news == PL_TREE_REMOVE) {
            removed = true;
            differ++;
        } else {
            pl_leaf_news *of = &news[changes[i].news];
            uint8_t *hash = slot_hash(tree, (uint32_t)changes[i].order);
            of->differs = memcmp(hash, of->hash, PL_HASH_SIZE) != 0; /* of a new leaf: from zeros */
            memcpy(hash, of->hash, PL_HASH_SIZE);
            differ += of->differs ? 1 : 0;
        }
        changes[i].order = differ;
    }
    return removed;
}

/* Whether something below a place is not what it was. A node that was put in is always above a new
 * leaf. */
static bool differs_below(const pl_tree_change *changes, const place *here)
{
    return changes[here->high - 1].order > (here->low == 0 ? 0 : changes[here->low - 1].order);
}

/* spec 04 §3: a lone leaf stands at the shallowest depth where it is alone. Returns PL_OK, or
 * PL_FAULT_WITNESS where what is left is opaque: it may be a lone leaf or not. */
static pl_status collapse(pl_tree *tree)
{
    for (uint32_t i = tree->place_count; i-- > 0;) {
        place *here = &tree->places[i];
        const uint32_t left = refs_of(tree, here->ref)[0];
        const uint32_t right = refs_of(tree, here->ref)[1];
        const uint8_t *pair = pair_of(tree, here->ref);
        if (left == EMPTY && (right == EMPTY || (right & LEAF) != 0)) {
            set_slot(tree, here->slot, right, pair + PL_HASH_SIZE);
        } else if (right == EMPTY && (left & LEAF) != 0) {
            set_slot(tree, here->slot, left, pair);
        } else if ((left | right) == OPAQUE) { /* the other is EMPTY: it has just become so */
            return PL_FAULT_WITNESS;
        } else {
            continue;
        }
        give_node(tree, here->ref);
        here->ref = EMPTY;
    }
    return PL_OK;
}

PL_ASKS_AHEAD void ask_ahead(const pl_tree *tree, uint32_t i)
{
    if (i >= PLACES_AHEAD && tree->places[i - PLACES_AHEAD].ref != EMPTY) {
        __builtin_prefetch(pair_of(tree, tree->places[i - PLACES_AHEAD].ref));
        __builtin_prefetch(slot_hash(tree, tree->places[i - PLACES_AHEAD].slot), 1);
    }
}

static void hash_nodes(pl_tree *tree, const levels *of, const pl_tree_change *changes)
{
    pl_pair_job jobs[PL_HASH_LANES];
    for (unsigned depth = of->count; depth-- > 0;) {
        size_t waiting = 0;
        for (uint32_t i = of->begins[depth + 1]; i-- > of->begins[depth];) {
            ask_ahead(tree, i);
            const place *here = &tree->places[i];
            if (here->ref != EMPTY && differs_below(changes, here)) {
                jobs[waiting++] =
                    (pl_pair_job){slot_hash(tree, here->slot), pair_of(tree, here->ref)};
                tree->nodes_hashed++;
            }
            if (waiting == PL_HASH_LANES || i == of->begins[depth]) {
                pl_tagged_pairs(&pl_tag_node, jobs, waiting);
                waiting = 0;
            }
        }
    }
}

/* Whether the places of a batch are kept for the next one: not those of a genesis, of which a small
 * state has no use. */
static bool keeps_places(const pl_tree *tree)
{
    return tree->place_capacity <= 4096 || tree->place_capacity <= tree->leaf_count / 4;
}

/* On input: sorted changes, at least one. */
static pl_status apply_slice(pl_tree *tree, pl_tree_change *changes, uint32_t count,
                             pl_leaf_news *news)
{
    levels of;
    tree->place_count = 0;
    PL_TRY(go_down(tree, &of, changes, count));
    if (set_leaves(tree, changes, count, news)) {
        PL_TRY(collapse(tree));
    }
    hash_nodes(tree, &of, changes);
    return PL_OK;
}

pl_status pl_tree_apply(pl_tree *tree, pl_tree_change *changes, pl_tree_change *spare, size_t count,
                        pl_leaf_news *news)
{
    PL_ASSERT(count < LEAF);
    tree->nodes_hashed = 0;
    pl_tree_sort(tree, changes, spare, count);
    /* Beside what is opaque, nodes may be empty for a moment only within a batch. */
    const size_t slice = tree->is_partial ? count : SLICE;
    for (size_t from = 0; from < count; from += slice) {
        const size_t left = count - from;
        PL_TRY(apply_slice(tree, changes + from, (uint32_t)(left < slice ? left : slice), news));
    }
    if (!keeps_places(tree)) {
        give_places(tree);
    }
    return PL_OK;
}

void pl_tree_top(const pl_tree *tree, uint8_t top[PL_HASH_SIZE])
{
    memcpy(top, slot_hash(tree, TOP_SLOT), PL_HASH_SIZE);
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
    uint32_t ref = *slot_ref(tree, TOP_SLOT);
    unsigned depth = 0;
    while (is_node(ref)) {
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
