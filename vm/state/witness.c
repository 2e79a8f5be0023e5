/* The reader of witnesses. Loading goes front to back and once over the bytes: every node is put
 * into the store's tree at once, hashed when its children are whole, and noted in the shape. The
 * shape stays as it was told while execution changes rows and tree; on it the marks are set.
 *
 * A shape_place's own is its number in `paths` for a leaf and a row. spec 10 §4 */
#include "vm/state/witness.h"

#include <string.h>

#include "vm/state/door_over.h"
#include "vm/state/tree_parts.h"
#include "vm/state/witness_shape.h"

struct pl_witness {
    pl_door_over over; /* first: what stands behind is the store's door */
    pl_memory memory;
    pl_store *store;
    touched keys;
    shape told;
    uint8_t (*paths)[PL_HASH_SIZE]; /* of leaves and rows, as told */
    uint32_t path_count;
    uint32_t path_capacity;
    uint64_t rows;   /* how many rows are told            */
    uint64_t leaves; /* how many leaves without their row */
    uint64_t pruned;
};

/* ---- loading ---- */

/* An inner node whose children are being read. */
typedef struct open_node {
    uint32_t place;
    uint32_t slot;  /* where it stands */
    uint32_t left;  /* its left slot */
    uint32_t sides; /* children begun: 1 or 2 */
} open_node;

typedef struct loader {
    pl_witness *witness;
    const pl_witness_rows *rows;
    pl_reader reader;
    open_node open[DEPTH_MAX];
    unsigned depth;             /* how many are open: the depth of the node that comes next */
    uint8_t path[PL_HASH_SIZE]; /* its first `depth` bits are those of the node's place     */
} loader;

static void set_bit(uint8_t path[PL_HASH_SIZE], unsigned depth, unsigned bit)
{
    const unsigned mask = 128u >> (depth & 7u);
    path[depth >> 3] = (uint8_t)(bit != 0 ? path[depth >> 3] | mask : path[depth >> 3] & ~mask);
}

/* Whether the first depth bits of two paths are the same. */
static bool same_place(const uint8_t *a, const uint8_t *b, unsigned depth)
{
    if (memcmp(a, b, depth >> 3) != 0) {
        return false;
    }
    return (depth & 7u) == 0 || ((a[depth >> 3] ^ b[depth >> 3]) >> (8u - (depth & 7u))) == 0;
}

/* Keeps the path of a told leaf. */
static pl_status keep_path(pl_witness *witness, uint32_t place, const uint8_t *path)
{
    if (witness->path_count == witness->path_capacity) {
        void *paths = witness->paths;
        PL_TRY(shape_grow(&witness->memory, &paths, &witness->path_capacity, PL_HASH_SIZE));
        witness->paths = paths;
    }
    memcpy(witness->paths[witness->path_count], path, PL_HASH_SIZE);
    witness->told.places[place].own = witness->path_count++;
    return PL_OK;
}

/* Puts a leaf, told with its row or without, where its path belongs. */
static pl_status load_leaf(loader *of, uint32_t place, uint32_t slot, uint32_t number,
                           const pl_leaf *leaf)
{
    if (!same_place(leaf->path, of->path, of->depth)) {
        return PL_REJECT_PROOF_SHAPE;
    }
    tree_put_leaf(of->witness->store->tree, slot, number, leaf);
    return keep_path(of->witness, place, leaf->path);
}

static pl_status load_untold(loader *of, uint32_t place, uint32_t slot)
{
    const uint8_t *bytes;
    PL_TRY(pl_reader_bytes(&of->reader, &bytes, sizeof(pl_leaf)));
    pl_leaf leaf;
    memcpy(&leaf, bytes, sizeof leaf); /* path, then row hash */
    uint32_t number;
    PL_TRY(store_take_untold(of->witness->store, &number, &leaf));
    of->witness->leaves++;
    return load_leaf(of, place, slot, number, &leaf);
}

static pl_status load_row(loader *of, uint32_t place, uint32_t slot)
{
    pl_store *store = of->witness->store;
    uint32_t table;
    const uint8_t *key;
    const uint8_t *row;
    PL_TRY(of->rows->take(of->rows->context, &table, &key, &row, &of->reader));
    PL_ASSERT(table < store->table_count);
    uint32_t number;
    PL_TRY(pl_tree_take_leaf(store->tree, &number, (pl_row_name){table, 0})); /* see store_adopt */
    pl_leaf leaf;
    pl_store_path(store, leaf.path, table, key);
    pl_row_hash(leaf.row_hash, row, store->tables[table]->row_size);
    of->witness->rows++;
    PL_TRY(load_leaf(of, place, slot, number, &leaf));
    return store_adopt(store, table, key, row, number);
}

static pl_status load_pruned(loader *of, uint32_t slot)
{
    static const uint8_t zeros[PL_HASH_SIZE] = {0};
    const uint8_t *hash;
    PL_TRY(pl_reader_bytes(&of->reader, &hash, PL_HASH_SIZE));
    if (memcmp(hash, zeros, PL_HASH_SIZE) == 0) {
        return PL_REJECT_PROOF_SHAPE;
    }
    tree_put_opaque(of->witness->store->tree, slot, hash);
    of->witness->pruned++;
    return PL_OK;
}

static pl_status load_inner(loader *of, uint32_t place, uint32_t slot)
{
    if (of->depth == DEPTH_MAX) {
        return PL_REJECT_PROOF_SHAPE;
    }
    open_node *node = &of->open[of->depth];
    *node = (open_node){.place = place, .slot = slot, .sides = 0};
    PL_TRY(tree_open_node(of->witness->store->tree, &node->left, slot));
    of->depth++;
    return PL_OK;
}

/* Reads one node into a slot; the children of an inner node come next. */
static pl_status load_node(loader *of, uint32_t *place, uint32_t slot)
{
    const size_t start = of->reader.offset;
    uint8_t kind;
    PL_TRY(pl_reader_u8(&of->reader, &kind));
    if (kind > SHAPE_INNER) {
        of->reader.offset = start;
        return PL_REJECT_PROOF_SHAPE;
    }
    PL_TRY(shape_add(&of->witness->told, place, (shape_kind)kind));
    switch ((shape_kind)kind) {
    case SHAPE_EMPTY:
        return PL_OK;
    case SHAPE_PRUNED:
        return load_pruned(of, slot);
    case SHAPE_LEAF:
        return load_untold(of, *place, slot);
    case SHAPE_ROW:
        return load_row(of, *place, slot);
    case SHAPE_INNER:
        break;
    }
    return load_inner(of, *place, slot);
}

/* spec 04 §3: a lone leaf stands at the shallowest depth where it is alone. */
static bool is_canonical(const shape *told, const shape_place *inner)
{
    const unsigned left = told->places[inner->child[0]].kind;
    const unsigned right = told->places[inner->child[1]].kind;
    const bool left_few = left == SHAPE_EMPTY || left == SHAPE_LEAF || left == SHAPE_ROW;
    const bool right_few = right == SHAPE_EMPTY || right == SHAPE_LEAF || right == SHAPE_ROW;
    return !(left == SHAPE_EMPTY && right_few) && !(right == SHAPE_EMPTY && left_few);
}

/* Hashes the open nodes whose children are whole. */
static pl_status close_nodes(loader *of)
{
    const shape *told = &of->witness->told;
    while (of->depth > 0 && of->open[of->depth - 1].sides == 2) {
        const open_node *node = &of->open[--of->depth];
        if (!is_canonical(told, &told->places[node->place])) {
            return PL_REJECT_PROOF_SHAPE;
        }
        tree_close_node(of->witness->store->tree, node->slot);
    }
    return PL_OK;
}

static pl_status load_nodes(loader *of)
{
    uint32_t place;
    PL_TRY(load_node(of, &place, TOP_SLOT));
    while (of->depth > 0) {
        open_node *node = &of->open[of->depth - 1];
        const uint32_t side = node->sides++;
        set_bit(of->path, of->depth - 1, side);
        PL_TRY(load_node(of, &place, node->left + side));
        of->witness->told.places[node->place].child[side] = place;
        PL_TRY(close_nodes(of));
    }
    return PL_OK;
}

/* spec 10 §4: what is told and pruned fits the row count; then the root. */
static pl_status check_root(const pl_witness *witness, uint64_t row_count,
                            const uint8_t root[PL_HASH_SIZE])
{
    const uint64_t least = witness->rows + witness->leaves + witness->pruned;
    if (row_count >> 63 != 0 || least > row_count || (witness->pruned == 0 && least != row_count)) {
        return PL_REJECT_PROOF_SHAPE;
    }
    uint8_t hash[PL_HASH_SIZE];
    pl_tree_top(witness->store->tree, hash);
    pl_state_root(hash, hash, row_count);
    return memcmp(hash, root, PL_HASH_SIZE) == 0 ? PL_OK : PL_REJECT_PROOF_ROOT;
}

static pl_status load(loader *of, const uint8_t root[PL_HASH_SIZE])
{
    uint64_t row_count;
    PL_TRY(pl_reader_u64(&of->reader, &row_count));
    PL_TRY(load_nodes(of));
    PL_TRY(pl_reader_end(&of->reader));
    PL_TRY(check_root(of->witness, row_count, root));
    of->witness->store->row_count = row_count;
    tree_set_leaf_count(of->witness->store->tree, row_count);
    return PL_OK;
}

/* ---- the door ---- */

static pl_witness *witness_of(pl_door *door)
{
    return (pl_witness *)(void *)door; /* the door is the first field */
}

/* spec 10 §4: marks the place where a key ends, or says that the witness lacks it. */
static pl_status touch(pl_witness *witness, uint32_t table, const uint8_t *key)
{
    PL_ASSERT(table < witness->keys.table_count);
    if (touched_has(&witness->keys, table, key)) {
        return PL_OK;
    }
    uint8_t path[PL_HASH_SIZE];
    pl_store_path(witness->store, path, table, key);
    shape_place *end = &witness->told.places[shape_walk(&witness->told, path)];
    bool own = false;
    if (end->kind == SHAPE_LEAF || end->kind == SHAPE_ROW) {
        own = memcmp(witness->paths[end->own], path, PL_HASH_SIZE) == 0;
    }
    if (end->kind == SHAPE_PRUNED || (end->kind == SHAPE_LEAF && own)) {
        return PL_FAULT_WITNESS;
    }
    PL_TRY(touched_add(&witness->keys, table, key, path));
    end->marks |= own ? SHAPE_OWN : SHAPE_LED;
    return PL_OK;
}

static pl_status door_get(pl_door *door, const uint8_t **row, uint32_t table, const uint8_t *key)
{
    PL_TRY(touch(witness_of(door), table, key));
    pl_door *of = pl_door_under(door);
    return of->ops->get(of, row, table, key);
}

static pl_status door_put(pl_door *door, uint32_t table, const uint8_t *key, const uint8_t *row)
{
    PL_TRY(touch(witness_of(door), table, key));
    pl_door *of = pl_door_under(door);
    return of->ops->put(of, table, key, row);
}

static pl_status door_del(pl_door *door, bool *existed, uint32_t table, const uint8_t *key)
{
    PL_TRY(touch(witness_of(door), table, key));
    pl_door *of = pl_door_under(door);
    return of->ops->del(of, existed, table, key);
}

/* Indexes are outside the root: only all rows show that none was left out. */
static pl_status door_seek(pl_door *door, bool *found, uint32_t table, uint32_t order, pl_seek mode,
                           uint32_t prefix_size, uint8_t *full_key)
{
    pl_witness *witness = witness_of(door);
    if (witness->leaves + witness->pruned > 0) {
        return PL_FAULT_WITNESS;
    }
    witness->keys.all = true;
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

pl_door *pl_witness_door(pl_witness *witness)
{
    return &witness->over.door;
}

/* ---- making and ending ---- */

pl_status pl_witness_load(pl_witness **witness, size_t *offset, pl_store *store,
                          const pl_memory *memory, const pl_witness_rows *rows,
                          const uint8_t root[PL_HASH_SIZE], const uint8_t *bytes, size_t size)
{
    PL_ASSERT(store->row_count == 0 && store->dirty.count == 0);
    *offset = 0;
    *witness = memory->take(memory->context, sizeof **witness);
    if (*witness == NULL) {
        return PL_FAULT_MEMORY;
    }
    **witness = (pl_witness){
        .over = {{&door_ops}, pl_store_door(store)}, .memory = *memory, .store = store};
    shape_begin(&(*witness)->told, memory);
    PL_TRY(touched_begin(&(*witness)->keys, store, memory));
    loader of = {.witness = *witness, .rows = rows, .reader = pl_reader_of(bytes, size)};
    const pl_status status = load(&of, root);
    *offset = of.reader.offset;
    return status;
}

void pl_witness_free(pl_witness *witness)
{
    if (witness == NULL) {
        return;
    }
    const pl_memory memory = witness->memory;
    touched_end(&witness->keys);
    shape_end(&witness->told);
    if (witness->paths != NULL) {
        memory.give(memory.context, witness->paths, witness->path_capacity * PL_HASH_SIZE);
    }
    memory.give(memory.context, witness, sizeof *witness);
}

/* Marks the places where touched keys are present now. */
static pl_status mark_present(const pl_witness *witness)
{
    PL_SURE(touched_note(&witness->keys, pl_store_door(witness->store)));
    for (uint32_t table = 0; table < witness->keys.table_count; table++) {
        for (uint32_t i = PL_POOL_FIRST; i < touched_limit(&witness->keys, table); i++) {
            const touched_key *key = touched_at(&witness->keys, table, i);
            const uint32_t end = shape_walk(&witness->told, key->path);
            witness->told.places[end].marks |= key->present ? SHAPE_OCCUPIED : 0;
        }
    }
    return PL_OK;
}

/* spec 10 §4, "Nothing more than that". */
static pl_status judge(const shape_place *at)
{
    bool told = true;
    switch ((shape_kind)at->kind) {
    case SHAPE_EMPTY:
        break;
    case SHAPE_PRUNED: /* the root of the state after could not have been taken */
        return (at->marks & SHAPE_SIBLING) != 0 ? PL_FAULT_WITNESS : PL_OK;
    case SHAPE_LEAF:
        told = (at->marks & (SHAPE_LED | SHAPE_SIBLING)) != 0;
        break;
    case SHAPE_ROW:
        told = (at->marks & SHAPE_OWN) != 0;
        break;
    case SHAPE_INNER:
        told = (at->marks & (SHAPE_BELOW | SHAPE_SIBLING)) != 0;
        break;
    }
    return told ? PL_OK : PL_REJECT_WITNESS_EXTRA;
}

pl_status pl_witness_end(const pl_witness *witness)
{
    if (witness->keys.all) {
        return PL_OK; /* everything is needed */
    }
    PL_SURE(mark_present(witness));
    shape_settle(&witness->told);
    for (uint32_t i = 0; i < witness->told.count; i++) {
        PL_TRY(judge(&witness->told.places[i]));
    }
    return PL_OK;
}
