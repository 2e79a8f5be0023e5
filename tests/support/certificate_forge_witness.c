/* Forgeries of the witness. They know the whole state, so that what they add is true, and still
 * must be refused where nothing needs it. */
#include "tests/support/certificate_forge_parts.h"

#include <string.h>

#include "vm/base/bytes.h"
#include "vm/state/store.h"

/* A node of this kind, or the count of nodes. */
static uint32_t pick_node(forge *f, uint8_t kind)
{
    const uint32_t count = f->nodes.count;
    uint32_t i = count == 0 ? 0 : forge_pick(f, count);
    for (uint32_t tried = 0; tried < count; tried++, i = (i + 1) % count) {
        if (f->nodes.list[i].kind == kind) {
            return i;
        }
    }
    return count;
}

static bool replace_node(forge *f, uint32_t i, const uint8_t *bytes, size_t size)
{
    pieces *w = forge_start(f);
    node_replace(&f->scratch, &f->nodes, w->witness, i, bytes, size);
    w->witness = (piece){f->scratch.data, f->scratch.size};
    return forge_join(f);
}

bool forge_witness_flip(forge *f)
{
    pieces *w = forge_start(f);
    if (w->witness.size == 0) {
        return false;
    }
    forge_flip(f, forge_copy(f, &w->witness), w->witness.size);
    return forge_join(f);
}

/* The row bytes of one told row under the key of another. */
bool forge_row_of_other_key(forge *f)
{
    const uint32_t a = pick_node(f, 3), b = pick_node(f, 3);
    if (a == f->nodes.count || a == b) {
        return false;
    }
    const uint8_t *one = f->base->witness.bytes + f->nodes.list[a].at;
    const uint8_t *two = f->base->witness.bytes + f->nodes.list[b].at;
    const pl_table *schema = pl_chain_table(f->chain, pl_load_u32(one + 1), pl_load_u16(one + 5));
    if (memcmp(one, two, 7) != 0) {
        return false;
    }
    f->more.size = 0;
    pt_put(&f->more, one, 7u + schema->key_size);
    pt_put(&f->more, two + 7 + schema->key_size, schema->row_size);
    return replace_node(f, a, f->more.data, f->more.size);
}

/* The whole row node of another place. */
bool forge_row_moved(forge *f)
{
    const uint32_t a = pick_node(f, 3), b = pick_node(f, 3);
    if (a == f->nodes.count || a == b) {
        return false;
    }
    const size_t start_b = f->nodes.list[b].at;
    return replace_node(f, a, f->base->witness.bytes + start_b, f->nodes.list[b + 1].at - start_b);
}

static bool prune(forge *f, uint8_t kind)
{
    uint8_t pruned[33] = {1};
    const uint32_t i = pick_node(f, kind);
    if (i == f->nodes.count) {
        return false;
    }
    node_hash(pruned + 1, &f->nodes, f->chain, f->base->witness, i);
    return replace_node(f, i, pruned, sizeof pruned);
}

bool forge_row_pruned(forge *f)
{
    return prune(f, 3);
}

bool forge_leaf_pruned(forge *f)
{
    return prune(f, 2);
}

bool forge_inner_pruned(forge *f)
{
    return prune(f, 4);
}

bool forge_row_as_leaf(forge *f)
{
    uint8_t leaf[65] = {2};
    const uint32_t i = pick_node(f, 3);
    if (i == f->nodes.count) {
        return false;
    }
    const uint8_t *bytes = f->base->witness.bytes + f->nodes.list[i].at + 1;
    const uint32_t contract = pl_load_u32(bytes);
    const uint16_t table = pl_load_u16(bytes + 4);
    const pl_table *schema = pl_chain_table(f->chain, contract, table);
    pl_row_path(leaf + 1, contract, table, bytes + 6, schema->key_size);
    pl_row_hash(leaf + 33, bytes + 6 + schema->key_size, schema->row_size);
    return replace_node(f, i, leaf, sizeof leaf);
}

bool forge_emptied(forge *f)
{
    const uint32_t i = forge_pick(f, f->nodes.count + 1u);
    return i < f->nodes.count && f->nodes.list[i].kind != 0 &&
           replace_node(f, i, (const uint8_t *)"", 1);
}

/* Some row of the whole state. */
static bool pick_row(forge *f, uint32_t *table, pl_cursor *cursor)
{
    pl_store *store = pl_chain_store(f->chain);
    *table = forge_pick(f, pl_store_table_count(store));
    const uint64_t rows = pl_store_table_rows(store, *table);
    if (rows == 0) {
        return false;
    }
    *cursor = pl_store_rows(store, *table);
    const uint32_t steps = 1 + forge_pick(f, rows > 200 ? 200 : (size_t)rows);
    for (uint32_t i = 0; i < steps; i++) {
        (void)pl_cursor_next(cursor);
    }
    return true;
}

static void put_row(pt_bytes *out, const pl_store *store, uint32_t table, const pl_cursor *cursor)
{
    const pl_table_entry entry = pl_store_table(store, table);
    pt_put_u8(out, 3);
    pt_put_u32(out, entry.contract);
    pt_put_u16(out, entry.number);
    pt_put(out, cursor->key, entry.schema->key_size);
    pt_put(out, cursor->row, entry.schema->row_size);
}

/* What the tree has at `depth` on the way of a path that ends at a leaf of this hash deeper down.
 */
static void hash_at(uint8_t hash[32], const uint8_t *path, uint8_t (*siblings)[32], unsigned from,
                    unsigned depth)
{
    for (unsigned d = from; d-- > depth;) {
        uint8_t pair[64];
        const unsigned bit = pl_path_bit(path, d);
        memcpy(pair + 32 * bit, hash, 32);
        memcpy(pair + 32 * (1 - bit), siblings[d], 32);
        pl_tagged_pair(hash, &pl_tag_node, pair);
    }
}

/* A place that is pruned told one step further, as the true tree has it; or down to a row. */
bool forge_needless(forge *f)
{
    static const uint8_t zeros[32] = {0};
    uint32_t table, at = 0;
    pl_cursor cursor;
    pl_store *store = pl_chain_store(f->chain);
    uint8_t path[32], siblings[256][32], hash[32], pair[64];
    if (f->nodes.count == 0 || !pick_row(f, &table, &cursor)) {
        return false;
    }
    pl_store_path(store, path, table, cursor.key);
    const pl_tree_walk walk = pl_tree_follow(pl_store_tree(store), siblings, path);
    unsigned depth = 0;
    for (; f->nodes.list[at].kind == 4; depth++) {
        at = pl_path_bit(path, depth) == 0 ? at + 1 : f->nodes.list[at + 1].end;
    }
    memcpy(pair, path, 32);
    pl_row_hash(pair + 32, cursor.row, pl_store_table(store, table).schema->row_size);
    pl_tagged_pair(hash, &pl_tag_leaf, pair);
    const bool wants_row = forge_pick(f, 2) == 0;
    f->more.size = 0;
    if (f->nodes.list[at].kind == 2 || (f->nodes.list[at].kind == 1 && walk.depth == depth)) {
        if (wants_row || f->nodes.list[at].kind == 2) {
            put_row(&f->more, store, table, &cursor);
        } else {
            pt_put_u8(&f->more, 2);
            pt_put(&f->more, pair, 64);
        }
        return replace_node(f, at, f->more.data, f->more.size);
    }
    if (f->nodes.list[at].kind != 1) {
        return false;
    }
    const unsigned end = wants_row ? walk.depth : depth + 1;
    for (unsigned d = depth; d < end; d++) { /* right siblings follow the left way's nodes */
        pt_put_u8(&f->more, 4);
        if (pl_path_bit(path, d) == 1) {
            const bool empty = memcmp(siblings[d], zeros, 32) == 0;
            pt_put_u8(&f->more, !empty);
            pt_put(&f->more, siblings[d], empty ? 0 : 32);
        }
    }
    if (end == walk.depth) {
        put_row(&f->more, store, table, &cursor);
    } else {
        hash_at(hash, path, siblings, walk.depth, end);
        pt_put_u8(&f->more, 1);
        pt_put(&f->more, hash, 32);
    }
    for (unsigned d = end; d-- > depth;) {
        if (pl_path_bit(path, d) == 0) {
            const bool empty = memcmp(siblings[d], zeros, 32) == 0;
            pt_put_u8(&f->more, !empty);
            pt_put(&f->more, siblings[d], empty ? 0 : 32);
        }
    }
    return replace_node(f, at, f->more.data, f->more.size);
}

bool forge_row_count_change(forge *f)
{
    pieces *w = forge_start(f);
    if (w->witness.size < 8) {
        return false;
    }
    uint8_t *bytes = forge_copy(f, &w->witness);
    pl_store_u64(bytes, pl_load_u64(bytes) + (forge_pick(f, 2) == 0 ? 1 : UINT64_MAX));
    return forge_join(f);
}
