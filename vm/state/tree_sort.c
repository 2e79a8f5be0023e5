/* Paths are hashes, so their first 32 bits spread evenly: four counting passes over these bits sort
 * nearly everything, and an insertion pass over whole paths settles the few that agree in them. */
#include "vm/state/tree_sort.h"

#include <string.h>

#include "vm/state/tree_parts.h"

#define RADIX_PASSES 4u   /* of 8 bits each; even, so that the result ends in the array given */
#define RADIX_WORTH  192u /* shorter batches are sorted by insertion alone */

static bool comes_before(const pl_tree *tree, const pl_tree_change *a, const pl_tree_change *b)
{
    if (a->order != b->order) {
        return a->order < b->order;
    }
    uint8_t path_a[PL_HASH_SIZE], path_b[PL_HASH_SIZE];
    tree_leaf_path(tree, path_a, a->leaf);
    tree_leaf_path(tree, path_b, b->leaf);
    return memcmp(path_a, path_b, PL_HASH_SIZE) < 0;
}

static void insertion_sort(const pl_tree *tree, pl_tree_change *changes, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const pl_tree_change change = changes[i];
        size_t place = i;
        while (place > 0 && comes_before(tree, &change, &changes[place - 1])) {
            changes[place] = changes[place - 1];
            place--;
        }
        changes[place] = change;
    }
}

static void radix_sort(pl_tree_change *changes, pl_tree_change *spare, size_t count)
{
    size_t starts[RADIX_PASSES][256] = {{0}};
    for (size_t i = 0; i < count; i++) {
        for (unsigned pass = 0; pass < RADIX_PASSES; pass++) {
            starts[pass][changes[i].order >> (32 + 8 * pass) & 0xff]++;
        }
    }
    for (unsigned pass = 0; pass < RADIX_PASSES; pass++) {
        size_t sum = 0;
        for (size_t digit = 0; digit < 256; digit++) {
            const size_t digit_count = starts[pass][digit];
            starts[pass][digit] = sum;
            sum += digit_count;
        }
        for (size_t i = 0; i < count; i++) {
            const size_t digit = (size_t)(changes[i].order >> (32 + 8 * pass) & 0xff);
            spare[starts[pass][digit]++] = changes[i];
        }
        pl_tree_change *const swap = changes;
        changes = spare;
        spare = swap;
    }
}

void pl_tree_sort(const pl_tree *tree, pl_tree_change *changes, pl_tree_change *spare, size_t count)
{
    if (count >= RADIX_WORTH) {
        radix_sort(changes, spare, count);
    }
    insertion_sort(tree, changes, count);
}
