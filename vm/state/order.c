/* A node is   next u32 | previous u32 | count u32 | numbers u32[capacity] | keys[capacity].
 *
 * In a leaf, numbers are the entries' and keys theirs; leaves are chained both ways. In an inner
 * node, numbers are children and key i is a lower bound of all keys below child i and above all
 * below child i - 1; key 0 is never looked at. No node but an empty root's is ever empty, and the
 * root of an empty set is 0.
 *
 * Removing merges a node that is a quarter full or less with a neighbour when both fit into one.
 * That keeps most nodes well filled without moving single entries between neighbours. */
#include "vm/state/order.h"

#include <string.h>

#include "vm/base/limits.h"

#define NODE_SIZE_AIM 1024u
#define CAPACITY_MIN  8u
#define CAPACITY_MAX  64u
#define LEVELS_MAX    32u /* nodes split in halves of at least 4: 4^16 > 2^31 entries */

typedef struct node {
    uint32_t next; /* leaves only */
    uint32_t previous;
    uint32_t count;
    uint32_t numbers[];
} node;

/* The way from the root to a leaf: the node and the entry taken, per level; level 0 is the leaf. */
typedef struct trail {
    uint32_t nodes[LEVELS_MAX];
    uint32_t slots[LEVELS_MAX];
} trail;

void pl_order_begin(pl_order *order, const pl_memory *memory, uint32_t key_size)
{
    PL_ASSERT(key_size <= PL_ORDER_SIZE_MAX);
    const uint32_t entry_size = key_size + (uint32_t)sizeof(uint32_t);
    uint32_t capacity = (NODE_SIZE_AIM - (uint32_t)sizeof(node)) / entry_size;
    capacity = capacity < CAPACITY_MIN ? CAPACITY_MIN : capacity;
    capacity = capacity > CAPACITY_MAX ? CAPACITY_MAX : capacity;
    size_t size = sizeof(node) + (size_t)capacity * entry_size;
    size = (size + 63) / 64 * 64;
    *order = (pl_order){.key_size = key_size, .capacity = capacity};
    pl_pool_begin(&order->nodes, memory, size);
}

void pl_order_end(pl_order *order)
{
    pl_pool_end(&order->nodes);
    order->root = 0;
    order->levels = 0;
}

static node *node_at(const pl_order *order, uint32_t number)
{
    return pl_pool_at(&order->nodes, number, order->nodes.item_size);
}

static uint8_t *key_at(const pl_order *order, node *at, uint32_t slot)
{
    return (uint8_t *)(at->numbers + order->capacity) + (size_t)slot * order->key_size;
}

/* Returns the first slot from `from` on whose key is above key (past: true) or not below it. */
static uint32_t find_slot(const pl_order *order, node *at, const uint8_t *key, uint32_t from,
                          bool past)
{
    uint32_t low = from;
    uint32_t high = at->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int compared = memcmp(key_at(order, at, middle), key, order->key_size);
        if (compared < 0 || (past && compared == 0)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Follows key down. On output: way->slots[0] is the first slot of the leaf whose key is not below
 * key, or its count. */
static void follow(const pl_order *order, trail *way, const uint8_t *key)
{
    uint32_t number = order->root;
    for (uint32_t level = order->levels; level > 0; level--) {
        node *at = node_at(order, number);
        way->nodes[level] = number;
        way->slots[level] = find_slot(order, at, key, 1, true) - 1;
        number = at->numbers[way->slots[level]];
    }
    way->nodes[0] = number;
    way->slots[0] = find_slot(order, node_at(order, number), key, 0, false);
}

static void insert_entry(const pl_order *order, node *at, uint32_t slot, const uint8_t *key,
                         uint32_t number)
{
    const uint32_t after = at->count - slot;
    memmove(at->numbers + slot + 1, at->numbers + slot, after * sizeof(uint32_t));
    memmove(key_at(order, at, slot + 1), key_at(order, at, slot), (size_t)after * order->key_size);
    at->numbers[slot] = number;
    memcpy(key_at(order, at, slot), key, order->key_size);
    at->count++;
}

static void remove_entry(const pl_order *order, node *at, uint32_t slot)
{
    const uint32_t after = at->count - slot - 1;
    memmove(at->numbers + slot, at->numbers + slot + 1, after * sizeof(uint32_t));
    memmove(key_at(order, at, slot), key_at(order, at, slot + 1), (size_t)after * order->key_size);
    at->count--;
}

/* Appends the entries of `from` from slot on to `to`, and cuts them off `from`. */
static void move_entries(const pl_order *order, node *to, node *from, uint32_t slot)
{
    const uint32_t moved = from->count - slot;
    memcpy(to->numbers + to->count, from->numbers + slot, moved * sizeof(uint32_t));
    memcpy(key_at(order, to, to->count), key_at(order, from, slot),
           (size_t)moved * order->key_size);
    to->count += moved;
    from->count = slot;
}

static pl_status take_node(pl_order *order, uint32_t *number)
{
    PL_TRY(pl_pool_take(&order->nodes, number));
    node *at = node_at(order, *number);
    at->next = 0;
    at->previous = 0;
    at->count = 0;
    return PL_OK;
}

/* Splits a full node before an entry goes in at slot. On output: *right is the new node after it.
 */
static pl_status split(pl_order *order, uint32_t number, uint32_t slot, uint32_t level,
                       uint32_t *right)
{
    PL_TRY(take_node(order, right));
    node *left_node = node_at(order, number);
    node *right_node = node_at(order, *right);
    /* Ascending loads append at the end: leaving the left node full fills every node. */
    const bool appends = slot == left_node->count && (level > 0 || left_node->next == 0);
    move_entries(order, right_node, left_node, appends ? left_node->count : left_node->count / 2);
    if (level == 0) {
        right_node->next = left_node->next;
        right_node->previous = number;
        if (right_node->next != 0) {
            node_at(order, right_node->next)->previous = *right;
        }
        left_node->next = *right;
    }
    return PL_OK;
}

/* Puts a new root above the old one. */
static pl_status grow_root(pl_order *order)
{
    uint32_t root;
    PL_ASSERT(order->levels + 1 < LEVELS_MAX);
    PL_TRY(take_node(order, &root));
    node *at = node_at(order, root);
    at->numbers[0] = order->root;
    memset(key_at(order, at, 0), 0, order->key_size);
    at->count = 1;
    order->root = root;
    order->levels++;
    return PL_OK;
}

pl_status pl_order_insert(pl_order *order, const uint8_t *key, uint32_t number)
{
    if (order->root == 0) {
        PL_TRY(take_node(order, &order->root));
    }
    trail way;
    follow(order, &way, key);
    uint8_t rising[PL_ORDER_SIZE_MAX]; /* the key that goes in at this level */
    memcpy(rising, key, order->key_size);
    for (uint32_t level = 0;; level++) {
        if (level > order->levels) {
            PL_TRY(grow_root(order));
            way.nodes[level] = order->root;
            way.slots[level] = 0;
        }
        uint32_t target = way.nodes[level];
        uint32_t slot = way.slots[level] + (level > 0); /* a new child stands after the split one */
        if (node_at(order, target)->count < order->capacity) {
            insert_entry(order, node_at(order, target), slot, rising, number);
            return PL_OK;
        }
        uint32_t right;
        PL_TRY(split(order, target, slot, level, &right));
        const uint32_t left_count = node_at(order, target)->count;
        if (slot > left_count || left_count == order->capacity) {
            target = right;
            slot -= left_count;
        }
        insert_entry(order, node_at(order, target), slot, rising, number);
        memcpy(rising, key_at(order, node_at(order, right), 0), order->key_size);
        number = right;
    }
}

static void give_node(pl_order *order, uint32_t number, uint32_t level)
{
    const node *at = node_at(order, number);
    if (level == 0) {
        if (at->previous != 0) {
            node_at(order, at->previous)->next = at->next;
        }
        if (at->next != 0) {
            node_at(order, at->next)->previous = at->previous;
        }
    }
    pl_pool_give(&order->nodes, number);
}

/* Merges child slot + 1 of a parent into child slot when both fit. Returns whether it did. */
static bool merge(pl_order *order, uint32_t parent, uint32_t slot, uint32_t level)
{
    node *above = node_at(order, parent);
    if (slot + 1 >= above->count) {
        return false;
    }
    node *left = node_at(order, above->numbers[slot]);
    const uint32_t right_number = above->numbers[slot + 1];
    node *right = node_at(order, right_number);
    if (left->count + right->count > order->capacity) {
        return false;
    }
    const uint32_t seam = left->count;
    move_entries(order, left, right, 0);
    /* An inner node's key 0 is only known to its parent. */
    memcpy(key_at(order, left, seam), key_at(order, above, slot + 1),
           level > 0 ? order->key_size : 0);
    give_node(order, right_number, level);
    return true;
}

void pl_order_remove(pl_order *order, const uint8_t *key)
{
    PL_ASSERT(order->root != 0);
    trail way;
    follow(order, &way, key);
    node *leaf = node_at(order, way.nodes[0]);
    PL_ASSERT(way.slots[0] < leaf->count);
    PL_ASSERT(memcmp(key_at(order, leaf, way.slots[0]), key, order->key_size) == 0);
    for (uint32_t level = 0;; level++) {
        node *at = node_at(order, way.nodes[level]);
        remove_entry(order, at, way.slots[level]);
        if (level == order->levels) {
            break;
        }
        const uint32_t parent = way.nodes[level + 1];
        const uint32_t slot = way.slots[level + 1];
        if (at->count == 0) {
            give_node(order, way.nodes[level], level);
        } else if (at->count > order->capacity / 4) {
            return;
        } else if (merge(order, parent, slot, level)) {
            way.slots[level + 1] = slot + 1;
        } else if (slot == 0 || !merge(order, parent, slot - 1, level)) {
            return;
        }
    }
    /* The root lost an entry: an empty one goes, one with a single child gives way to it. */
    while (order->root != 0) {
        node *top = node_at(order, order->root);
        const uint32_t old = order->root;
        if (top->count == 0) {
            order->root = 0;
            order->levels = 0;
        } else if (order->levels > 0 && top->count == 1) {
            order->root = top->numbers[0];
            order->levels--;
        } else {
            return;
        }
        pl_pool_give(&order->nodes, old);
    }
}

pl_order_place pl_order_seek(const pl_order *order, const uint8_t *key, pl_seek mode)
{
    pl_order_place none = {0, 0};
    if (order->root == 0) {
        return none;
    }
    trail way;
    follow(order, &way, key);
    node *at = node_at(order, way.nodes[0]);
    uint32_t slot = way.slots[0];
    const bool equal =
        slot < at->count && memcmp(key_at(order, at, slot), key, order->key_size) == 0;
    if (equal && (mode == PL_SEEK_GE || mode == PL_SEEK_LE)) {
        return (pl_order_place){way.nodes[0], slot};
    }
    if (mode == PL_SEEK_GE || mode == PL_SEEK_GT) {
        slot += mode == PL_SEEK_GT && equal ? 1 : 0;
        if (slot < at->count) {
            return (pl_order_place){way.nodes[0], slot};
        }
        return at->next == 0 ? none : (pl_order_place){at->next, 0};
    }
    if (slot > 0) {
        return (pl_order_place){way.nodes[0], slot - 1};
    }
    if (at->previous == 0) {
        return none;
    }
    return (pl_order_place){at->previous, node_at(order, at->previous)->count - 1};
}

pl_order_place pl_order_first(const pl_order *order)
{
    uint32_t number = order->root;
    for (uint32_t level = order->levels; level > 0; level--) {
        number = node_at(order, number)->numbers[0];
    }
    return (pl_order_place){number, 0};
}

pl_order_place pl_order_next(const pl_order *order, pl_order_place place)
{
    const node *at = node_at(order, place.node);
    if (place.slot + 1 < at->count) {
        return (pl_order_place){place.node, place.slot + 1};
    }
    return (pl_order_place){at->next, 0};
}

const uint8_t *pl_order_key(const pl_order *order, pl_order_place place)
{
    return key_at(order, node_at(order, place.node), place.slot);
}

uint32_t pl_order_number(const pl_order *order, pl_order_place place)
{
    return node_at(order, place.node)->numbers[place.slot];
}
