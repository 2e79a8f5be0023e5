/* From touched rows to the state root. Every touched row's leaf is hashed and compared with the one
 * in the tree, so rows that were written back, or restored by a rollback, cost their hashes and
 * change nothing. The tree follows the rows and never the journal: after a rejected block its rows
 * are restored, which touches them, and the next root leads the tree back. That is exact because
 * the tree depends on the rows alone. */
#include <string.h>

#include "vm/base/assume.h"
#include "vm/state/proof.h"
#include "vm/state/store_parts.h"

/* Frees records without row and leaf that no journal entry names. Those touched again are in the
 * dirty list and will be buried anew if need be. */
static void sweep_graves(pl_store *store)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < store->graves.count; i++) {
        const store_name name = store->graves.names[i];
        const pl_record *record = store_record(store, name);
        if (record->dirty) {
            continue;
        }
        PL_ASSERT(!record->present); /* coming back to life makes a record dirty */
        if (i < store->graves_free) {
            pl_row_pool_give(&store->tables[name.table]->rows, name.record);
        } else {
            store->graves.names[kept++] = name;
        }
    }
    store->graves.count = kept;
    store->graves_free = 0;
}

/* Empties the list of touched rows into the tree and the list of changed rows. */
static pl_status apply_dirty(pl_store *store)
{
    uint32_t count;
    PL_TRY(store_stage_dirty(store, &count));
    PL_TRY(pl_tree_apply(store->tree, store->changes, store->changes + store->batch_capacity, count,
                         store->news));
    store_list_clear(store, &store->changed);
    for (uint32_t i = 0; i < store->dirty.count; i++) {
        if (store->news[i].differs) {
            PL_TRY(store_list_add(store, &store->changed, store->dirty.names[i]));
        }
    }
    if (!store_keeps(store, store->batch_capacity)) {
        store_give_batch(store);
    }
    return PL_OK;
}

static pl_status bury_dirty(pl_store *store)
{
    for (uint32_t i = 0; i < store->dirty.count; i++) {
        const store_name name = store->dirty.names[i];
        pl_record *record = store_record(store, name);
        if (record->present) {
            continue;
        }
        if (record->leaf != 0) {
            pl_tree_give_leaf(store->tree, record->leaf);
            record->leaf = 0;
        }
        PL_TRY(store_list_add(store, &store->graves, name));
    }
    store_list_clear(store, &store->dirty);
    if (store->level_count == 0) {
        store->graves_free = store->graves.count;
    }
    return PL_OK;
}

pl_status pl_store_root(pl_store *store, uint8_t root[PL_HASH_SIZE])
{
    sweep_graves(store);
    PL_TRY(apply_dirty(store));
    PL_TRY(bury_dirty(store));
    PL_ASSERT(pl_tree_leaf_count(store->tree) == store->row_count);
    uint8_t top[PL_HASH_SIZE];
    pl_tree_top(store->tree, top);
    pl_state_root(root, top, store->row_count);
    return PL_OK;
}

const pl_tree *pl_store_tree(const pl_store *store)
{
    return store->tree;
}

void pl_store_path(const pl_store *store, uint8_t path[PL_HASH_SIZE], uint32_t table,
                   const uint8_t *key)
{
    PL_ASSERT(table < store->table_count);
    const store_table *of = store->tables[table];
    pl_row_path(path, of->contract, of->number, key, of->key_size);
}

pl_status pl_store_prove(pl_store *store, pl_writer *writer, uint32_t table, const uint8_t *key)
{
    PL_ASSERT(table < store->table_count);
    if (store->dirty.count > 0) {
        uint8_t root[PL_HASH_SIZE];
        PL_TRY(pl_store_root(store, root));
    }
    uint8_t path[PL_HASH_SIZE];
    pl_store_path(store, path, table, key);
    if (pl_tree_follow(store->tree, NULL, path).leaf == PL_TREE_OPAQUE) {
        return PL_FAULT_WITNESS;
    }
    store_table *of = store->tables[table];
    const pl_record *record = pl_row_pool_look(&of->rows, key);
    if (record != NULL && record->present) {
        pl_proof_make(writer, store->tree, path, record->bytes + of->key_size, of->row_size);
    } else {
        pl_proof_make(writer, store->tree, path, NULL, 0);
    }
    return PL_OK;
}
