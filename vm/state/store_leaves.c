/* From rows to leaves. A leaf in the tree is a name and a hash: path and row hash are computed from
 * the row's key and bytes when somebody asks, which costs a compression each and saves the tree 64
 * bytes a row and a look at them. Touched rows are hashed in portions, many at once. */
#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/sha256_many.h"
#include "vm/state/store_parts.h"

_Static_assert(sizeof(pl_leaf) == 2 * PL_HASH_SIZE, "a leaf is hashed as path, then row hash");

#define PORTION 64u /* rows; a multiple of PL_HASH_LANES */

/* Records lie anywhere in memory: ask for one so many rows early. */
#define AHEAD 24u

/* ---- leaves that somebody asks about ---- */

pl_status store_take_untold(pl_store *store, uint32_t *number, const pl_leaf *leaf)
{
    void *untold = store->untold;
    PL_TRY(store_reserve(store, &untold, &store->untold_capacity, store->untold_count + 1,
                         sizeof(pl_leaf)));
    store->untold = untold;
    const pl_row_name name = {STORE_UNTOLD, (uint32_t)store->untold_count};
    PL_TRY(pl_tree_take_leaf(store->tree, number, name));
    store->untold[store->untold_count++] = *leaf;
    return PL_OK;
}

void store_tell_leaf(void *context, pl_leaf *leaf, bool whole, pl_row_name name)
{
    const pl_store *store = context;
    if (name.table == STORE_UNTOLD) {
        *leaf = store->untold[name.record];
        return;
    }
    const store_table *table = store->tables[name.table];
    const pl_record *record = store_record(store, name);
    pl_row_path(leaf->path, table->contract, table->number, record->bytes, table->key_size);
    if (whole) {
        PL_ASSERT(record->present && !record->dirty); /* the leaf is that of the row as it is now */
        pl_row_hash(leaf->row_hash, record->bytes + table->key_size, table->row_size);
    }
}

/* ---- a batch of changes ---- */

void store_give_batch(pl_store *store)
{
    store_release(store, store->changes, (size_t)store->batch_capacity * 2, sizeof(pl_tree_change));
    store_release(store, store->news, store->batch_capacity, sizeof(pl_leaf_news));
    store->changes = NULL;
    store->news = NULL;
    store->batch_capacity = 0;
}

static pl_status reserve_batch(pl_store *store, uint32_t count)
{
    if (count <= store->batch_capacity) {
        return PL_OK;
    }
    store_give_batch(store);
    void *changes = NULL;
    void *news = NULL;
    size_t capacity = 0;
    PL_TRY(store_reserve(store, &news, &capacity, count, sizeof(pl_leaf_news)));
    store->news = news;
    store->batch_capacity = (uint32_t)capacity;
    size_t both = 0;
    PL_TRY(store_reserve(store, &changes, &both, 2 * capacity, sizeof(pl_tree_change)));
    PL_ASSERT(both == 2 * capacity); /* capacities are doubled from the same first one */
    store->changes = changes;
    return PL_OK;
}

PL_ASKS_AHEAD void ask_ahead(const pl_store *store, uint32_t index)
{
    if (index + AHEAD < store->dirty.count) {
        const store_name name = store->dirty.names[index + AHEAD];
        const store_table *table = store->tables[name.table];
        const pl_record *record = store_record(store, name);
        __builtin_prefetch(record, 1);
        __builtin_prefetch(record->bytes + table->key_size + table->row_size - 1);
    }
}

/* What the leaves of dirty.names[first .. first + count) are made of: paths, and the hashes of rows
 * that are there. */
static void hash_rows(const pl_store *store, pl_leaf *leaves, uint32_t first, uint32_t count)
{
    pl_tagged_queue queue;
    pl_tagged_queue_begin(&queue, &pl_tag_key);
    for (uint32_t i = 0; i < count; i++) {
        ask_ahead(store, first + i);
        const store_name name = store->dirty.names[first + i];
        const store_table *table = store->tables[name.table];
        uint8_t head[6];
        pl_store_u32(head, table->contract);
        pl_store_u16(head + 4, table->number);
        pl_tagged_queue_add(&queue, leaves[i].path, head, sizeof head,
                            store_record(store, name)->bytes, table->key_size);
    }
    pl_tagged_queue_end(&queue);
    pl_tagged_queue_begin(&queue, &pl_tag_row);
    for (uint32_t i = 0; i < count; i++) {
        const store_name name = store->dirty.names[first + i];
        const store_table *table = store->tables[name.table];
        const pl_record *record = store_record(store, name);
        if (record->present) {
            pl_tagged_queue_add(&queue, leaves[i].row_hash, NULL, 0,
                                record->bytes + table->key_size, table->row_size);
        }
    }
    pl_tagged_queue_end(&queue);
}

/* Makes the changes of dirty.names[first .. first + count). */
static pl_status stage(pl_store *store, uint32_t *staged, uint32_t first, uint32_t count)
{
    pl_leaf leaves[PORTION];
    pl_pair_job jobs[PORTION];
    size_t job_count = 0;
    hash_rows(store, leaves, first, count);
    for (uint32_t i = 0; i < count; i++) {
        const store_name name = store->dirty.names[first + i];
        pl_record *record = store_record(store, name);
        pl_leaf_news *news = &store->news[first + i];
        record->dirty = 0;
        news->differs = !record->present && record->leaf != 0;
        if (!record->present && record->leaf == 0) {
            continue;
        }
        pl_tree_change *change = &store->changes[(*staged)++];
        if (record->leaf == 0) {
            PL_TRY(pl_tree_take_leaf(store->tree, &record->leaf, name));
        }
        if (record->present) {
            jobs[job_count++] = (pl_pair_job){news->hash, (const uint8_t *)&leaves[i]};
        }
        *change = (pl_tree_change){pl_load_u64(leaves[i].path), record->leaf,
                                   record->present ? first + i : PL_TREE_REMOVE};
    }
    pl_tagged_pairs(&pl_tag_leaf, jobs, job_count);
    return PL_OK;
}

pl_status store_stage_dirty(pl_store *store, uint32_t *count)
{
    *count = 0;
    PL_TRY(reserve_batch(store, store->dirty.count + 1)); /* never a NULL array */
    for (uint32_t first = 0; first < store->dirty.count; first += PORTION) {
        const uint32_t left = store->dirty.count - first;
        PL_TRY(stage(store, count, first, left < PORTION ? left : PORTION));
    }
    return PL_OK;
}
