/* The maker of witnesses. It notes keys, nothing else; what is told of the tree follows from them,
 * from what is there after execution, and from the tree before it. spec 10 §4
 *
 * While writing, a shape_place is a place of the store's tree: own is its slot. A leaf's child[0]
 * and child[1] name the touched key of its path: table and number. SHAPE_PRUNED is whatever was
 * not looked into: an inner node, or opaque where the store was filled from a witness itself. */
#include <string.h>

#include "vm/state/door_over.h"
#include "vm/state/tree_parts.h"
#include "vm/state/witness.h"
#include "vm/state/witness_shape.h"

struct pl_recorder {
    pl_door_over over; /* first: what stands behind is the store's door */
    pl_memory memory;
    pl_store *store;
    touched keys;
    shape told; /* while writing */
    bool noted;
};

/* ---- the door ---- */

static pl_recorder *recorder_of(pl_door *door)
{
    return (pl_recorder *)(void *)door; /* the door is the first field */
}

static pl_status note(pl_recorder *recorder, uint32_t table, const uint8_t *key)
{
    PL_ASSERT(table < recorder->keys.table_count);
    if (touched_has(&recorder->keys, table, key)) {
        return PL_OK;
    }
    uint8_t path[PL_HASH_SIZE];
    pl_store_path(recorder->store, path, table, key);
    return touched_add(&recorder->keys, table, key, path);
}

static pl_status door_get(pl_door *door, const uint8_t **row, uint32_t table, const uint8_t *key)
{
    PL_TRY(note(recorder_of(door), table, key));
    pl_door *of = pl_door_under(door);
    return of->ops->get(of, row, table, key);
}

static pl_status door_put(pl_door *door, uint32_t table, const uint8_t *key, const uint8_t *row)
{
    PL_TRY(note(recorder_of(door), table, key));
    pl_door *of = pl_door_under(door);
    return of->ops->put(of, table, key, row);
}

static pl_status door_del(pl_door *door, bool *existed, uint32_t table, const uint8_t *key)
{
    PL_TRY(note(recorder_of(door), table, key));
    pl_door *of = pl_door_under(door);
    return of->ops->del(of, existed, table, key);
}

static pl_status door_seek(pl_door *door, bool *found, uint32_t table, uint32_t order, pl_seek mode,
                           uint32_t prefix_size, uint8_t *full_key)
{
    recorder_of(door)->keys.all = true;
    pl_door *of = pl_door_under(door);
    return of->ops->seek(of, found, table, order, mode, prefix_size, full_key);
}

static const pl_door_ops door_ops = {
    .get = door_get,
    .put = door_put,
    .del = door_del,
    .seek = door_seek,
    .begin = pl_door_over_begin,
    .commit = pl_door_over_commit,
    .rollback = pl_door_over_rollback,
};

pl_door *pl_recorder_door(pl_recorder *recorder)
{
    return &recorder->over.door;
}

pl_status pl_recorder_create(pl_recorder **recorder, pl_store *store, const pl_memory *memory)
{
    pl_recorder *made = memory->take(memory->context, sizeof *made);
    if (made == NULL) {
        return PL_FAULT_MEMORY;
    }
    *made = (pl_recorder){
        .over = {{&door_ops}, pl_store_door(store)}, .memory = *memory, .store = store};
    shape_begin(&made->told, memory);
    const pl_status status = touched_begin(&made->keys, store, memory);
    if (status != PL_OK) {
        pl_recorder_free(made);
        return status;
    }
    *recorder = made;
    return PL_OK;
}

void pl_recorder_free(pl_recorder *recorder)
{
    if (recorder == NULL) {
        return;
    }
    const pl_memory memory = recorder->memory;
    touched_end(&recorder->keys);
    shape_end(&recorder->told);
    memory.give(memory.context, recorder, sizeof *recorder);
}

pl_status pl_recorder_note_end(pl_recorder *recorder)
{
    recorder->noted = true;
    return touched_note(&recorder->keys, pl_store_door(recorder->store));
}

/* ---- the told part of the tree ---- */

/* Takes in what stands in a slot. */
static pl_status look(pl_recorder *recorder, uint32_t *number, uint32_t slot)
{
    const uint32_t ref = *slot_ref(recorder->store->tree, slot);
    const shape_kind kind =
        ref == EMPTY ? SHAPE_EMPTY : ((ref & LEAF) != 0 ? SHAPE_LEAF : SHAPE_PRUNED);
    PL_TRY(shape_add(&recorder->told, number, kind));
    recorder->told.places[*number].own = slot;
    return PL_OK;
}

/* Looks into an inner node. */
static pl_status look_into(pl_recorder *recorder, uint32_t number)
{
    const uint32_t ref = *slot_ref(recorder->store->tree, recorder->told.places[number].own);
    if (ref == OPAQUE) {
        return PL_FAULT_WITNESS;
    }
    uint32_t child[2];
    PL_TRY(look(recorder, &child[0], 2 * ref));
    PL_TRY(look(recorder, &child[1], 2 * ref + 1));
    shape_place *at = &recorder->told.places[number]; /* adding places may have moved it */
    at->kind = SHAPE_INNER;
    memcpy(at->child, child, sizeof child);
    return PL_OK;
}

/* Follows a touched key to its end. */
static pl_status follow(pl_recorder *recorder, uint32_t table, uint32_t key)
{
    const touched_key *of = touched_at(&recorder->keys, table, key);
    uint32_t at = 0;
    for (unsigned depth = 0;; depth++) {
        if (recorder->told.places[at].kind == SHAPE_PRUNED) {
            PL_TRY(look_into(recorder, at));
        }
        if (recorder->told.places[at].kind != SHAPE_INNER) {
            break;
        }
        at = recorder->told.places[at].child[pl_path_bit(of->path, depth)];
    }
    const pl_tree *tree = recorder->store->tree;
    shape_place *end = &recorder->told.places[at];
    end->marks |= of->present ? SHAPE_OCCUPIED : 0;
    const uint32_t ref = *slot_ref(tree, end->own);
    uint8_t path[PL_HASH_SIZE];
    if (ref != EMPTY) {
        tree_leaf_path(tree, path, ref & ~LEAF);
    }
    if (ref != EMPTY && memcmp(path, of->path, PL_HASH_SIZE) == 0) {
        end->marks |= SHAPE_OWN;
        end->child[0] = table;
        end->child[1] = key;
    } else {
        end->marks |= SHAPE_LED;
    }
    return PL_OK;
}

/* spec 10 §4: after a seek, every row is needed. */
static pl_status note_all(pl_recorder *recorder)
{
    for (uint32_t table = 0; table < recorder->keys.table_count; table++) {
        pl_cursor cursor = pl_store_rows(recorder->store, table);
        while (pl_cursor_next(&cursor)) {
            PL_TRY(note(recorder, table, cursor.key));
        }
    }
    return PL_OK;
}

static pl_status plan(pl_recorder *recorder)
{
    if (!recorder->noted) { /* nothing was changed: what is there after is there now */
        PL_TRY(touched_note(&recorder->keys, pl_store_door(recorder->store)));
    }
    if (recorder->keys.all) {
        PL_TRY(note_all(recorder));
    }
    uint32_t top;
    recorder->told.count = 0;
    PL_TRY(look(recorder, &top, TOP_SLOT));
    for (uint32_t table = 0; table < recorder->keys.table_count; table++) {
        for (uint32_t i = PL_POOL_FIRST; i < touched_limit(&recorder->keys, table); i++) {
            PL_TRY(follow(recorder, table, i));
        }
    }
    shape_settle(&recorder->told);
    for (uint32_t i = 0; i < recorder->told.count; i++) { /* those added here have no marks */
        const shape_place *at = &recorder->told.places[i];
        if (at->kind == SHAPE_PRUNED && (at->marks & SHAPE_SIBLING) != 0) {
            PL_TRY(look_into(recorder, i));
        }
    }
    return PL_OK;
}

/* ---- the bytes ---- */

static pl_status write_row(const pl_recorder *recorder, pl_writer *writer, const shape_place *at)
{
    const pl_table_entry table = pl_store_table(recorder->store, at->child[0]);
    const uint8_t *key = touched_bytes(&recorder->keys, at->child[0], at->child[1]);
    const uint8_t *row;
    pl_door *door = pl_store_door(recorder->store);
    PL_TRY(door->ops->get(door, &row, at->child[0], key));
    PL_ASSERT(row != NULL); /* its leaf is in the tree */
    pl_writer_u8(writer, SHAPE_ROW);
    pl_writer_u32(writer, table.contract);
    pl_writer_u16(writer, table.number);
    pl_writer_bytes(writer, key, table.schema->key_size);
    pl_writer_bytes(writer, row, table.schema->row_size);
    return PL_OK;
}

static void write_leaf(const pl_recorder *recorder, pl_writer *writer, const shape_place *at)
{
    const pl_tree *tree = recorder->store->tree;
    pl_leaf leaf;
    pl_tree_leaf(tree, &leaf, *slot_ref(tree, at->own) & ~LEAF);
    pl_writer_u8(writer, SHAPE_LEAF);
    pl_writer_bytes(writer, leaf.path, PL_HASH_SIZE);
    pl_writer_bytes(writer, leaf.row_hash, PL_HASH_SIZE);
}

/* Writes a place, and says whether its children follow. */
static pl_status write_place(const pl_recorder *recorder, pl_writer *writer, bool *inner,
                             const shape_place *at)
{
    *inner = false;
    if (at->kind == SHAPE_EMPTY) {
        pl_writer_u8(writer, SHAPE_EMPTY);
    } else if ((at->marks & (SHAPE_NEEDED | SHAPE_BELOW)) == 0) {
        pl_writer_u8(writer, SHAPE_PRUNED);
        pl_writer_bytes(writer, slot_hash(recorder->store->tree, at->own), PL_HASH_SIZE);
    } else if (at->kind == SHAPE_INNER) {
        pl_writer_u8(writer, SHAPE_INNER);
        *inner = true;
    } else if ((at->marks & SHAPE_OWN) != 0) {
        return write_row(recorder, writer, at);
    } else {
        write_leaf(recorder, writer, at);
    }
    return PL_OK;
}

pl_status pl_recorder_write(pl_recorder *recorder, pl_writer *writer)
{
    PL_ASSERT(recorder->store->dirty.count == 0); /* the tree is that of the rows */
    PL_TRY(plan(recorder));
    pl_writer_u64(writer, pl_store_row_count(recorder->store));
    uint32_t waiting[DEPTH_MAX + 1] = {0}; /* right children, one of each depth, and the next */
    uint32_t count = 1;
    while (count > 0) {
        const shape_place *at = &recorder->told.places[waiting[--count]];
        bool inner;
        PL_TRY(write_place(recorder, writer, &inner, at));
        if (inner) {
            PL_ASSERT(count + 2 <= DEPTH_MAX + 1);
            waiting[count++] = at->child[1];
            waiting[count++] = at->child[0];
        }
    }
    return PL_OK;
}
