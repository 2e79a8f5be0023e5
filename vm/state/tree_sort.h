/* Sorting a batch of tree changes by path. Private to tree.c. */
#ifndef PL_STATE_TREE_SORT_H
#define PL_STATE_TREE_SORT_H

#include "vm/state/tree.h"

/* Sorts changes by path, ascending; spare has room for as many. */
void pl_tree_sort(const pl_tree *tree, pl_tree_change *changes, pl_tree_change *spare,
                  size_t count);

#endif
