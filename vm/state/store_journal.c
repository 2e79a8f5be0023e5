/* The undo journal: a stack of bytes. An entry is the row as it was (nothing when it was absent)
 * and then its tail, so that undoing reads from the end. A row is saved once per level: its record
 * carries the stamp of the level that saved it last. */
#include <string.h>

#include "vm/state/store_parts.h"

typedef struct saved_tail {
    store_name name;
    uint32_t was_present;
} saved_tail;

pl_status store_save(pl_store *store, store_name name)
{
    pl_record *record = store_record(store, name);
    if (store->level_count == 0 || record->stamp == store->levels[store->level_count - 1].stamp) {
        return PL_OK;
    }
    const store_table *table = store->tables[name.table];
    const size_t row_size = record->present ? table->row_size : 0;
    const saved_tail tail = {name, record->present};
    void *saved = store->saved;
    PL_TRY(store_reserve(store, &saved, &store->saved_capacity,
                         store->saved_size + row_size + sizeof tail, 1));
    store->saved = saved;
    memcpy(store->saved + store->saved_size, record->bytes + table->key_size, row_size);
    memcpy(store->saved + store->saved_size + row_size, &tail, sizeof tail);
    store->saved_size += row_size + sizeof tail;
    record->stamp = store->levels[store->level_count - 1].stamp;
    return PL_OK;
}

pl_status store_begin(pl_store *store)
{
    void *levels = store->levels;
    size_t capacity = store->level_capacity;
    PL_TRY(store_reserve(store, &levels, &capacity, (size_t)store->level_count + 1,
                         sizeof(store_level)));
    store->levels = levels;
    store->level_capacity = (uint32_t)capacity;
    store->levels[store->level_count++] = (store_level){store->saved_size, ++store->stamp};
    if (store->level_count == 2) { /* a transaction of its own inside the block */
        store->writes = 0;
    }
    return PL_OK;
}

/* With no level open, no entry names a grave any more. */
static void after_last_level(pl_store *store)
{
    if (store->level_count == 0) {
        store->saved_size = 0;
        store->graves_free = store->graves.count;
    }
}

void store_commit(pl_store *store)
{
    PL_ASSERT(store->level_count > 0);
    store->level_count--; /* the entries now belong to the level around */
    after_last_level(store);
}

pl_status store_rollback(pl_store *store)
{
    PL_ASSERT(store->level_count > 0);
    const store_level level = store->levels[--store->level_count];
    while (store->saved_size > level.saved_size) {
        saved_tail tail;
        store->saved_size -= sizeof tail;
        memcpy(&tail, store->saved + store->saved_size, sizeof tail);
        if (tail.was_present) {
            store->saved_size -= store->tables[tail.name.table]->row_size;
        }
        PL_TRY(store_set(store, tail.name,
                         tail.was_present ? store->saved + store->saved_size : NULL));
    }
    PL_ASSERT(store->saved_size == level.saved_size);
    after_last_level(store);
    return PL_OK;
}
