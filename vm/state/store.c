/* Tables and the door. A row lives in one record (rows.h); the orders hold its keys in a form whose
 * bytes compare like values, and its record's number. Everything that changes a row goes through
 * store_set, so that orders, counts and the list of touched rows cannot fall behind. */
#include "vm/state/store.h"

#include <string.h>

#include "vm/state/store_parts.h"

#define FIRST_CAPACITY 16u

pl_status store_reserve(const pl_store *store, void **items, size_t *capacity, size_t needed,
                        size_t item_size)
{
    if (needed <= *capacity) {
        return PL_OK;
    }
    size_t wanted = *capacity < FIRST_CAPACITY ? FIRST_CAPACITY : *capacity;
    while (wanted < needed) {
        if (wanted > SIZE_MAX / 2) { /* twice that would be 0 where sizes have 32 bits */
            return PL_FAULT_MEMORY;
        }
        wanted *= 2;
    }
    if (wanted > UINT32_MAX || wanted > SIZE_MAX / item_size) {
        return PL_FAULT_MEMORY;
    }
    void *grown = store->memory.take(store->memory.context, wanted * item_size);
    if (grown == NULL) {
        return PL_FAULT_MEMORY;
    }
    if (*items != NULL) {
        memcpy(grown, *items, *capacity * item_size);
        store->memory.give(store->memory.context, *items, *capacity * item_size);
    }
    *items = grown;
    *capacity = wanted;
    return PL_OK;
}

void store_release(const pl_store *store, void *items, size_t capacity, size_t item_size)
{
    if (items != NULL) {
        store->memory.give(store->memory.context, items, capacity * item_size);
    }
}

pl_status store_list_add(const pl_store *store, store_list *list, store_name name)
{
    if (list->count == list->capacity) {
        void *names = list->names;
        size_t capacity = list->capacity;
        PL_TRY(
            store_reserve(store, &names, &capacity, (size_t)list->count + 1, sizeof(store_name)));
        list->names = names;
        list->capacity = (uint32_t)capacity;
    }
    list->names[list->count++] = name;
    return PL_OK;
}

void store_list_clear(const pl_store *store, store_list *list)
{
    list->count = 0;
    if (!store_keeps(store, list->capacity)) {
        store_release(store, list->names, list->capacity, sizeof(store_name));
        *list = (store_list){0};
    }
}

/* ---- keys of orders -------------------------------------------------------------------------- */

/* Between stored form and order form; its own inverse. */
static void flip_signs(const store_order *order, uint8_t *full_key)
{
    for (uint32_t i = 0; i < order->flip_count; i++) {
        full_key[order->flips[i]] ^= 0x80;
    }
}

/* Writes the full key of a row in order form. */
static void make_key(const store_table *table, const store_order *order, uint8_t *full_key,
                     const uint8_t *key, const uint8_t *row)
{
    size_t size = 0;
    for (uint32_t i = 0; i < order->part_count; i++) {
        memcpy(full_key + size, row + order->part_offsets[i], order->part_sizes[i]);
        size += order->part_sizes[i];
    }
    memcpy(full_key + size, key, table->key_size);
    flip_signs(order, full_key);
}

/* Moves a record from its place for old_row to that for new_row; either may be NULL. */
static pl_status update_order(const store_table *table, store_order *order, uint32_t record,
                              const uint8_t *key, const uint8_t *old_row, const uint8_t *new_row)
{
    uint8_t old_key[PL_ORDER_SIZE_MAX];
    uint8_t new_key[PL_ORDER_SIZE_MAX];
    if (old_row != NULL && new_row != NULL) {
        bool same = true; /* also for the key order, which has no parts */
        for (uint32_t i = 0; i < order->part_count; i++) {
            const size_t offset = order->part_offsets[i];
            same = same && memcmp(old_row + offset, new_row + offset, order->part_sizes[i]) == 0;
        }
        if (same) {
            return PL_OK;
        }
    }
    if (old_row != NULL) {
        make_key(table, order, old_key, key, old_row);
        pl_order_remove(&order->set, old_key);
    }
    if (new_row != NULL) {
        make_key(table, order, new_key, key, new_row);
        PL_TRY(pl_order_insert(&order->set, new_key, record));
    }
    return PL_OK;
}

pl_status store_set(pl_store *store, store_name name, const uint8_t *row)
{
    store_table *table = store->tables[name.table];
    pl_record *record = store_record(store, name);
    uint8_t *const old_row = record->bytes + table->key_size;
    if (record->present || row != NULL) {
        for (uint32_t i = 0; i < table->order_count; i++) {
            PL_TRY(update_order(table, &table->orders[i], name.record, record->bytes,
                                record->present ? old_row : NULL, row));
        }
    }
    const uint8_t present = row != NULL;
    table->row_count = table->row_count - record->present + present;
    store->row_count = store->row_count - record->present + present;
    record->present = present;
    if (present) {
        memcpy(old_row, row, table->row_size);
    }
    if (!record->dirty) {
        record->dirty = 1;
        PL_TRY(store_list_add(store, &store->dirty, name));
    }
    return PL_OK;
}

pl_status store_adopt(pl_store *store, uint32_t table, const uint8_t *key, const uint8_t *row,
                      uint32_t leaf)
{
    store_table *of = store->tables[table];
    store_name name = {table, 0};
    PL_TRY(pl_row_pool_take(&of->rows, &name.record, key));
    pl_record *record = store_record(store, name);
    PL_ASSERT(!record->present); /* a path is told once */
    for (uint32_t i = 0; i < of->order_count; i++) {
        PL_TRY(update_order(of, &of->orders[i], name.record, key, NULL, row));
    }
    memcpy(record->bytes + of->key_size, row, of->row_size);
    record->present = 1;
    record->leaf = leaf;
    pl_tree_name_leaf(store->tree, leaf, name);
    of->row_count++;
    return PL_OK;
}

/* ---- the door -------------------------------------------------------------------------------- */

static pl_store *store_of(pl_door *door)
{
    return (pl_store *)(void *)door; /* the door is the store's first field */
}

static store_table *table_of(const pl_store *store, uint32_t table)
{
    PL_ASSERT(table < store->table_count); /* code and chain name tables that exist */
    return store->tables[table];
}

static pl_status door_get(pl_door *door, const uint8_t **row, uint32_t table, const uint8_t *key)
{
    store_table *of = table_of(store_of(door), table);
    const pl_record *record = pl_row_pool_look(&of->rows, key);
    *row = record != NULL && record->present ? record->bytes + of->key_size : NULL;
    return PL_OK;
}

/* spec 04 §5: each put or del of a transaction counts one. */
static pl_status count_write(pl_store *store)
{
    if (store->level_count >= 2) {
        if (store->writes >= PL_WRITES_PER_TX_MAX) {
            return PL_TRAP_WRITE_LIMIT;
        }
        store->writes++;
    }
    return PL_OK;
}

static pl_status door_put(pl_door *door, uint32_t table, const uint8_t *key, const uint8_t *row)
{
    pl_store *store = store_of(door);
    store_table *of = table_of(store, table);
    PL_TRY(count_write(store));
    store_name name = {table, 0};
    PL_TRY(pl_row_pool_take(&of->rows, &name.record, key));
    const pl_record *record = store_record(store, name);
    if (record->present && memcmp(record->bytes + of->key_size, row, of->row_size) == 0) {
        return PL_OK;
    }
    PL_TRY(store_save(store, name));
    return store_set(store, name, row);
}

static pl_status door_del(pl_door *door, bool *existed, uint32_t table, const uint8_t *key)
{
    pl_store *store = store_of(door);
    store_table *of = table_of(store, table);
    PL_TRY(count_write(store));
    const store_name name = {table, pl_row_pool_find(&of->rows, key)};
    *existed = name.record != 0 && store_record(store, name)->present;
    if (!*existed) {
        return PL_OK;
    }
    PL_TRY(store_save(store, name));
    return store_set(store, name, NULL);
}

static pl_status door_seek(pl_door *door, bool *found, uint32_t table, uint32_t order, pl_seek mode,
                           uint32_t prefix_size, uint8_t *full_key)
{
    const store_table *of = table_of(store_of(door), table);
    PL_ASSERT(order < of->order_count);
    const store_order *in = &of->orders[order];
    PL_ASSERT(prefix_size <= in->set.key_size);
    uint8_t start[PL_ORDER_SIZE_MAX];
    memcpy(start, full_key, in->set.key_size);
    flip_signs(in, start);
    const pl_order_place place = pl_order_seek(&in->set, start, mode);
    *found = false;
    if (place.node != 0) {
        /* The nearest key has the prefix if any has: keys with one prefix stand together. */
        const uint8_t *nearest = pl_order_key(&in->set, place);
        *found = memcmp(nearest, start, prefix_size) == 0;
        if (*found) {
            memcpy(full_key, nearest, in->set.key_size);
            flip_signs(in, full_key);
        }
    }
    return PL_OK;
}

static pl_status door_begin(pl_door *door)
{
    return store_begin(store_of(door));
}

static pl_status door_commit(pl_door *door)
{
    store_commit(store_of(door));
    return PL_OK;
}

static pl_status door_rollback(pl_door *door)
{
    return store_rollback(store_of(door));
}

static const pl_door_ops door_ops = {
    .get = door_get,
    .put = door_put,
    .del = door_del,
    .seek = door_seek,
    .begin = door_begin,
    .commit = door_commit,
    .rollback = door_rollback,
};

pl_door *pl_store_door(pl_store *store)
{
    return &store->door;
}

uint32_t pl_store_depth(const pl_store *store)
{
    return store->level_count;
}

/* ---- making and freeing ---------------------------------------------------------------------- */

pl_status pl_store_create(pl_store **store, const pl_memory *memory)
{
    pl_store *made = memory->take(memory->context, sizeof *made);
    if (made == NULL) {
        return PL_FAULT_MEMORY;
    }
    *made = (pl_store){.door = {&door_ops}, .memory = *memory};
    const pl_tree_rows rows = {made, store_tell_leaf};
    const pl_status status = pl_tree_create(&made->tree, memory, &rows);
    if (status != PL_OK) {
        pl_store_free(made);
        return status;
    }
    *store = made;
    return PL_OK;
}

static size_t table_bytes(uint32_t order_count)
{
    return sizeof(store_table) + order_count * sizeof(store_order);
}

void pl_store_free(pl_store *store)
{
    if (store == NULL) {
        return;
    }
    for (uint32_t i = 0; i < store->table_count; i++) {
        store_table *table = store->tables[i];
        for (uint32_t k = 0; k < table->order_count; k++) {
            pl_order_end(&table->orders[k].set);
        }
        pl_row_pool_end(&table->rows);
        store_release(store, table, 1, table_bytes(table->order_count));
    }
    pl_tree_free(store->tree);
    store_release(store, store->tables, store->table_capacity, sizeof(store_table *));
    store_release(store, store->dirty.names, store->dirty.capacity, sizeof(store_name));
    store_release(store, store->changed.names, store->changed.capacity, sizeof(store_name));
    store_release(store, store->graves.names, store->graves.capacity, sizeof(store_name));
    store_give_batch(store);
    store_release(store, store->untold, store->untold_capacity, sizeof(pl_leaf));
    store_release(store, store->levels, store->level_capacity, sizeof(store_level));
    store_release(store, store->saved, store->saved_capacity, 1);
    const pl_memory memory = store->memory;
    memory.give(memory.context, store, sizeof *store);
}

/* Describes the key order (index NULL) or an index, and starts it empty. */
static void begin_order(const pl_store *store, store_order *order, const pl_table *schema,
                        const pl_index *index)
{
    *order = (store_order){.part_count = index == NULL ? 0 : index->field_count};
    uint32_t size = 0;
    for (uint32_t i = 0; i < order->part_count; i++) {
        const pl_field *field = &schema->fields[index->fields[i]];
        order->part_offsets[i] = field->offset;
        order->part_sizes[i] = field->type.size;
        if (field->type.class == PL_CLASS_INT) {
            order->flips[order->flip_count++] = (uint16_t)size;
        }
        size += field->type.size;
    }
    for (uint32_t i = 0; i < schema->key_count; i++) {
        if (schema->keys[i].type.class == PL_CLASS_INT) {
            order->flips[order->flip_count++] = (uint16_t)(size + schema->keys[i].offset);
        }
    }
    pl_order_begin(&order->set, &store->memory, size + schema->key_size);
}

pl_status pl_store_add_table(pl_store *store, uint32_t *table, uint32_t contract, uint16_t number,
                             const pl_table *schema)
{
    PL_ASSERT(schema->key_size <= PL_KEY_SIZE_MAX && schema->row_size <= PL_ROW_SIZE_MAX);
    PL_ASSERT(schema->key_count <= PL_KEY_FIELDS_MAX);
    PL_ASSERT(schema->index_count <= PL_TABLE_INDEXES_MAX);
    const uint32_t order_count = 1u + schema->index_count;
    void *tables = store->tables;
    size_t capacity = store->table_capacity;
    PL_TRY(store_reserve(store, &tables, &capacity, (size_t)store->table_count + 1,
                         sizeof(store_table *)));
    store->tables = tables;
    store->table_capacity = (uint32_t)capacity;
    store_table *made = store->memory.take(store->memory.context, table_bytes(order_count));
    if (made == NULL) {
        return PL_FAULT_MEMORY;
    }
    *made = (store_table){.schema = schema,
                          .contract = contract,
                          .number = number,
                          .key_size = schema->key_size,
                          .row_size = schema->row_size,
                          .order_count = order_count};
    pl_row_pool_begin(&made->rows, &store->memory, schema->key_size, schema->row_size,
                      store->memory.secret);
    begin_order(store, &made->orders[0], schema, NULL);
    for (uint32_t i = 0; i < schema->index_count; i++) {
        PL_ASSERT(schema->indexes[i].field_count <= PL_INDEX_FIELDS_MAX);
        begin_order(store, &made->orders[i + 1], schema, &schema->indexes[i]);
    }
    *table = store->table_count;
    store->tables[store->table_count++] = made;
    return PL_OK;
}

/* ---- looking ----------------------------------------------------------------------------------
 */

uint32_t pl_store_table_count(const pl_store *store)
{
    return store->table_count;
}

pl_table_entry pl_store_table(const pl_store *store, uint32_t table)
{
    const store_table *of = table_of(store, table);
    return (pl_table_entry){of->contract, of->number, of->schema};
}

uint64_t pl_store_row_count(const pl_store *store)
{
    return store->row_count;
}

uint64_t pl_store_table_rows(const pl_store *store, uint32_t table)
{
    return table_of(store, table)->row_count;
}

pl_cursor pl_store_rows(const pl_store *store, uint32_t table)
{
    const pl_order_place first = pl_order_first(&table_of(store, table)->orders[0].set);
    return (pl_cursor){.store = store, .table = table, .node = first.node, .slot = first.slot};
}

bool pl_cursor_next(pl_cursor *cursor)
{
    if (cursor->node == 0) {
        return false;
    }
    const store_table *of = cursor->store->tables[cursor->table];
    const pl_order *keys = &of->orders[0].set;
    const pl_order_place here = {cursor->node, cursor->slot};
    const pl_record *record = pl_row_pool_record(&of->rows, pl_order_number(keys, here));
    cursor->key = record->bytes;
    cursor->row = record->bytes + of->key_size;
    const pl_order_place next = pl_order_next(keys, here);
    cursor->node = next.node;
    cursor->slot = next.slot;
    return true;
}

static pl_change change_of(const pl_store *store, store_name name)
{
    const pl_record *record = store_record(store, name);
    const uint8_t *row = record->bytes + store->tables[name.table]->key_size;
    return (pl_change){name.table, record->bytes, record->present ? row : NULL};
}

uint32_t pl_store_dirty_count(const pl_store *store)
{
    return store->dirty.count;
}

pl_change pl_store_dirty(const pl_store *store, uint32_t index)
{
    PL_ASSERT(index < store->dirty.count);
    return change_of(store, store->dirty.names[index]);
}

uint32_t pl_store_changed_count(const pl_store *store)
{
    return store->changed.count;
}

pl_change pl_store_changed(const pl_store *store, uint32_t index)
{
    PL_ASSERT(index < store->changed.count);
    return change_of(store, store->changed.names[index]);
}
