/* What store.c (tables and the door), store_journal.c (undo) and store_root.c (the tree) share.
 * Private to the store. */
#ifndef PL_STATE_STORE_PARTS_H
#define PL_STATE_STORE_PARTS_H

#include "vm/state/order.h"
#include "vm/state/rows.h"
#include "vm/state/store.h"

/* How a full key of one order is made: parts of the row, then the whole key. Int fields have their
 * sign bit flipped so that bytes compare like values (spec 04 §2). */
typedef struct store_order {
    pl_order set;
    uint32_t part_count; /* of an index; 0 for the key order */
    uint16_t part_offsets[PL_INDEX_FIELDS_MAX];
    uint16_t part_sizes[PL_INDEX_FIELDS_MAX];
    uint32_t flip_count;
    uint16_t flips[PL_INDEX_FIELDS_MAX + PL_KEY_FIELDS_MAX]; /* offsets of sign bytes */
} store_order;

typedef struct store_table {
    const pl_table *schema;
    uint32_t contract;
    uint16_t number;
    uint16_t key_size;
    uint16_t row_size;
    uint32_t order_count;
    uint64_t row_count;
    pl_row_pool rows;
    store_order orders[]; /* the key order, then the indexes */
} store_table;

/* A record of a table; a leaf of the tree has the same name. */
typedef pl_row_name store_name;

/* A table that does not exist: leaves with this name are told by a witness without their rows, and
 * the record's number is one of store->untold. */
#define STORE_UNTOLD UINT32_MAX

typedef struct store_list {
    store_name *names;
    uint32_t count;
    uint32_t capacity;
} store_list;

typedef struct store_level {
    size_t saved_size; /* of the journal when the level began         */
    uint64_t stamp;    /* unique among all levels there ever were     */
} store_level;

struct pl_store {
    pl_door door;
    pl_memory memory;
    store_table **tables;
    uint32_t table_count;
    uint32_t table_capacity;
    uint64_t row_count;
    uint64_t seed;
    pl_tree *tree;

    store_list dirty;        /* touched since the last root, each once            */
    store_list changed;      /* differed at the last root                          */
    store_list graves;       /* absent and without a leaf at some root: to be freed */
    uint32_t graves_free;    /* the first so many are named by no journal entry  */
    pl_tree_change *changes; /* two arrays of batch_capacity each            */
    pl_leaf_news *news;      /* batch_capacity, numbered like dirty          */
    uint32_t batch_capacity;
    pl_leaf *untold;
    size_t untold_count;
    size_t untold_capacity;

    store_level *levels;
    uint32_t level_count;
    uint32_t level_capacity;
    uint64_t stamp;
    uint32_t writes;
    uint8_t *saved; /* the journal: per entry the old row when there was one, then a saved_tail */
    size_t saved_size;
    size_t saved_capacity;
};

/* Grows an array from the store's memory so that it holds `needed` items.
 * Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status store_reserve(const pl_store *store, void **items, size_t *capacity,
                                    size_t needed, size_t item_size);
void store_release(const pl_store *store, void *items, size_t capacity, size_t item_size);
PL_MUST_USE pl_status store_list_add(const pl_store *store, store_list *list, store_name name);

/* Empties a list; gives its memory back where it is out of proportion (see store_keeps). */
void store_list_clear(const pl_store *store, store_list *list);

/* Whether room for so many items of a batch is kept for the next one. A genesis touches every row
 * and most blocks touch few: what it needed would stay, up to 80 bytes a row. */
static inline bool store_keeps(const pl_store *store, uint32_t capacity)
{
    return capacity <= 4096 || capacity <= store->row_count / 4;
}

static inline pl_record *store_record(const pl_store *store, store_name name)
{
    return pl_row_pool_record(&store->tables[name.table]->rows, name.record);
}

/* Makes a record's row what `row` says (NULL: absent), in indexes and counts too, and marks it
 * touched. Does not save the old row. Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status store_set(pl_store *store, store_name name, const uint8_t *row);

/* Takes a row that is in the tree already, with its leaf, into an empty place of its table, indexes
 * too; it does not count as touched, and pl_store_row_count stays. Returns PL_OK or
 * PL_FAULT_MEMORY. */
PL_MUST_USE pl_status store_adopt(pl_store *store, uint32_t table, const uint8_t *key,
                                  const uint8_t *row, uint32_t leaf);

/* Takes a leaf of which the row is not told. On output: *number, its leaf, not yet in the tree.
 * Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status store_take_untold(pl_store *store, uint32_t *number, const pl_leaf *leaf);

/* What the tree asks: pl_tree_rows.tell, context being the store. */
void store_tell_leaf(void *context, pl_leaf *leaf, bool whole, pl_row_name name);

/* Hashes every touched row into the batch for the tree. On output: *count changes; news[i] is about
 * dirty.names[i], and differs is false where there is no change, true where a leaf goes, and the
 * tree's to say elsewhere. Marks all rows as not touched. Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status store_stage_dirty(pl_store *store, uint32_t *count);

/* Gives the batch's memory back. */
void store_give_batch(pl_store *store);

/* Saves a row before its first change in the innermost level; nothing at depth zero. */
PL_MUST_USE pl_status store_save(pl_store *store, store_name name);

PL_MUST_USE pl_status store_begin(pl_store *store);
void store_commit(pl_store *store);
PL_MUST_USE pl_status store_rollback(pl_store *store);

#endif
