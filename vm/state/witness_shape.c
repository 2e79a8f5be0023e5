#include "vm/state/witness_shape.h"

#include <string.h>

/* ---- touched keys ---- */

pl_status touched_begin(touched *keys, const pl_store *store, const pl_memory *memory)
{
    const uint32_t count = pl_store_table_count(store);
    *keys = (touched){.memory = *memory, .store = store};
    PL_ASSERT(count > 0); /* the system's tables are always there */
    keys->tables = memory->take(memory->context, count * sizeof(pl_row_pool));
    if (keys->tables == NULL) {
        return PL_FAULT_MEMORY;
    }
    keys->table_count = count;
    for (uint32_t i = 0; i < count; i++) {
        pl_row_pool_begin(&keys->tables[i], memory, store->tables[i]->key_size, sizeof(touched_key),
                          memory->secret);
    }
    return PL_OK;
}

void touched_end(touched *keys)
{
    for (uint32_t i = 0; i < keys->table_count; i++) {
        pl_row_pool_end(&keys->tables[i]);
    }
    if (keys->tables != NULL) {
        keys->memory.give(keys->memory.context, keys->tables,
                          keys->table_count * sizeof(pl_row_pool));
        keys->tables = NULL;
    }
    keys->table_count = 0;
}

const uint8_t *touched_bytes(const touched *keys, uint32_t table, uint32_t number)
{
    return pl_row_pool_record(&keys->tables[table], number)->bytes;
}

touched_key *touched_at(const touched *keys, uint32_t table, uint32_t number)
{
    const pl_row_pool *rows = &keys->tables[table];
    return (touched_key *)(void *)(pl_row_pool_record(rows, number)->bytes + rows->key_size);
}

pl_status touched_add(touched *keys, uint32_t table, const uint8_t *key,
                      const uint8_t path[PL_HASH_SIZE])
{
    uint32_t number;
    PL_TRY(pl_row_pool_take(&keys->tables[table], &number, key));
    touched_key *of = touched_at(keys, table, number);
    memcpy(of->path, path, PL_HASH_SIZE);
    of->present = 0;
    return PL_OK;
}

pl_status touched_note(const touched *keys, pl_door *door)
{
    for (uint32_t table = 0; table < keys->table_count; table++) {
        for (uint32_t i = PL_POOL_FIRST; i < touched_limit(keys, table); i++) {
            const uint8_t *row;
            PL_SURE(door->ops->get(door, &row, table, touched_bytes(keys, table, i)));
            touched_at(keys, table, i)->present = row != NULL;
        }
    }
    return PL_OK;
}

/* ---- the shape ---- */

#define FIRST_CAPACITY 64u

void shape_begin(shape *told, const pl_memory *memory)
{
    *told = (shape){.memory = *memory};
}

void shape_end(shape *told)
{
    if (told->places != NULL) {
        told->memory.give(told->memory.context, told->places, told->capacity * sizeof(shape_place));
        told->places = NULL;
    }
    told->count = told->capacity = 0;
}

pl_status shape_grow(const pl_memory *memory, void **items, uint32_t *capacity, size_t item_size)
{
    if (*capacity > UINT32_MAX / 4 || *capacity > SIZE_MAX / 4 / item_size) {
        return PL_FAULT_MEMORY;
    }
    const uint32_t wanted = *capacity == 0 ? FIRST_CAPACITY : 2 * *capacity;
    void *grown = memory->take(memory->context, wanted * item_size);
    if (grown == NULL) {
        return PL_FAULT_MEMORY;
    }
    if (*items != NULL) {
        memcpy(grown, *items, *capacity * item_size);
        memory->give(memory->context, *items, *capacity * item_size);
    }
    *items = grown;
    *capacity = wanted;
    return PL_OK;
}

pl_status shape_add(shape *told, uint32_t *number, shape_kind kind)
{
    if (told->count == told->capacity) {
        void *places = told->places;
        PL_TRY(shape_grow(&told->memory, &places, &told->capacity, sizeof(shape_place)));
        told->places = places;
    }
    *number = told->count++;
    told->places[*number] = (shape_place){.kind = (uint8_t)kind};
    return PL_OK;
}

uint32_t shape_walk(const shape *told, const uint8_t path[PL_HASH_SIZE])
{
    uint32_t at = 0;
    for (unsigned depth = 0; told->places[at].kind == SHAPE_INNER; depth++) {
        at = told->places[at].child[pl_path_bit(path, depth)];
    }
    return at;
}

/* Whether a place held rows before execution and holds none after it. */
static bool became_empty(const shape_place *at)
{
    return at->kind != SHAPE_EMPTY && (at->marks & SHAPE_OCCUPIED) == 0;
}

/* Children stand after their parents: from last to first, both are settled before their node. */
void shape_settle(const shape *told)
{
    for (uint32_t i = told->count; i-- > 0;) {
        shape_place *at = &told->places[i];
        if (at->kind == SHAPE_PRUNED) {
            at->marks |= SHAPE_OCCUPIED; /* nobody touched it */
        } else if (at->kind == SHAPE_LEAF || at->kind == SHAPE_ROW) {
            at->marks |= (at->marks & SHAPE_OWN) == 0 ? SHAPE_OCCUPIED : 0;
        } else if (at->kind == SHAPE_INNER) {
            shape_place *left = &told->places[at->child[0]];
            shape_place *right = &told->places[at->child[1]];
            left->marks |= became_empty(right) ? SHAPE_SIBLING : 0;
            right->marks |= became_empty(left) ? SHAPE_SIBLING : 0;
            const unsigned below = left->marks | right->marks;
            at->marks |= (below & (SHAPE_NEEDED | SHAPE_BELOW)) != 0 ? SHAPE_BELOW : 0;
            at->marks |= below & SHAPE_OCCUPIED;
        }
    }
}
