#include "tests/support/witness_model.h"

#include <stdlib.h>
#include <string.h>

static int by_path(const void *a, const void *b)
{
    return memcmp(((const plan_row *)a)->leaf.path, ((const plan_row *)b)->leaf.path, PL_HASH_SIZE);
}

void plan_take_state(plan_state *state, const pl_store *store)
{
    memset(state, 0, sizeof *state);
    for (uint32_t table = 0; table < MODEL_TABLES; table++) {
        pl_cursor cursor = pl_store_rows(store, table);
        while (pl_cursor_next(&cursor)) {
            if (state->count == PLAN_ROWS_MAX) {
                abort();
            }
            plan_row *row = &state->rows[state->count++];
            row->table = table;
            memcpy(row->key, cursor.key, model_schemas[table].key_size);
            memcpy(row->row, cursor.row, model_schemas[table].row_size);
            model_path(row->leaf.path, table, row->key);
            pl_row_hash(row->leaf.row_hash, row->row, model_schemas[table].row_size);
        }
    }
    qsort(state->rows, state->count, sizeof state->rows[0], by_path);
}

static bool is_below(const plan_node *node, const uint8_t *path)
{
    for (unsigned i = 0; i < node->depth; i++) {
        if (pl_path_bit(path, i) != pl_path_bit(node->prefix, i)) {
            return false;
        }
    }
    return true;
}

/* ---- the tree before ---- */

static uint32_t grow(plan *of, uint32_t low, uint32_t high, unsigned depth, const uint8_t *prefix)
{
    if (of->count == PLAN_NODES_MAX) {
        abort();
    }
    const uint32_t number = of->count++;
    plan_node *node = &of->nodes[number];
    *node = (plan_node){.low = low, .high = high, .depth = depth};
    memcpy(node->prefix, prefix, PL_HASH_SIZE);
    if (high == low) {
        node->kind = PLAN_EMPTY;
    } else if (high - low == 1) {
        const pl_leaf *leaf = &of->before->rows[low].leaf;
        node->kind = PLAN_LEAF;
        pl_leaf_hash(node->hash, leaf->path, leaf->row_hash);
    } else {
        node->kind = PLAN_INNER;
        uint32_t middle = low;
        while (middle < high && pl_path_bit(of->before->rows[middle].leaf.path, depth) == 0) {
            middle++;
        }
        uint8_t right[PL_HASH_SIZE];
        memcpy(right, prefix, sizeof right);
        right[depth / 8] |= (uint8_t)(128u >> depth % 8);
        node->child[0] = grow(of, low, middle, depth + 1, prefix);
        node->child[1] = grow(of, middle, high, depth + 1, right);
        pl_node_hash(node->hash, of->nodes[node->child[0]].hash, of->nodes[node->child[1]].hash);
    }
    return number;
}

/* ---- what is needed ---- */

static bool became_empty(const plan *of, const plan_node *node)
{
    if (node->kind == PLAN_EMPTY) {
        return false;
    }
    for (uint32_t i = 0; i < of->after->count; i++) {
        if (is_below(node, of->after->rows[i].leaf.path)) {
            return false;
        }
    }
    return true;
}

static bool key_leads_to(const plan *of, const plan_node *node)
{
    for (uint32_t i = 0; i < of->touched->count; i++) {
        if (is_below(node, of->touched->paths[i])) {
            return true;
        }
    }
    return of->touched->all;
}

static bool own_touched(const plan *of, const plan_node *node)
{
    for (uint32_t i = 0; i < of->touched->count; i++) {
        if (memcmp(of->touched->paths[i], of->before->rows[node->low].leaf.path, 32) == 0) {
            return true;
        }
    }
    return of->touched->all;
}

/* Decides what is told of a place. Returns whether it or something below it is needed. */
static bool tell(plan *of, uint32_t number)
{
    plan_node *node = &of->nodes[number];
    bool needed = node->sibling;
    if (node->kind == PLAN_INNER) {
        plan_node *left = &of->nodes[node->child[0]];
        plan_node *right = &of->nodes[node->child[1]];
        left->sibling = became_empty(of, right);
        right->sibling = became_empty(of, left);
        const bool left_needed = tell(of, node->child[0]);
        const bool right_needed = tell(of, node->child[1]);
        needed = needed || left_needed || right_needed;
        node->told = needed ? PLAN_INNER : PLAN_PRUNED;
    } else if (node->kind == PLAN_LEAF) {
        needed = needed || key_leads_to(of, node);
        node->told = own_touched(of, node) ? PLAN_ROW : needed ? PLAN_LEAF : PLAN_PRUNED;
    } else {
        needed = key_leads_to(of, node);
        node->told = PLAN_EMPTY;
    }
    return needed;
}

void plan_make(plan *made, const plan_state *before, const plan_state *after,
               const plan_touched *touched)
{
    static const uint8_t zeros[PL_HASH_SIZE] = {0};
    made->before = before;
    made->after = after;
    made->touched = touched;
    made->count = 0;
    (void)tell(made, grow(made, 0, before->count, 0, zeros));
}

/* ---- bytes ---- */

static uint32_t list(const plan *of, uint32_t *numbers, uint32_t count, uint32_t number)
{
    numbers[count++] = number;
    if (of->nodes[number].told == PLAN_INNER) {
        count = list(of, numbers, count, of->nodes[number].child[0]);
        count = list(of, numbers, count, of->nodes[number].child[1]);
    }
    return count;
}

uint32_t plan_visible(const plan *made, uint32_t numbers[PLAN_NODES_MAX])
{
    return list(made, numbers, 0, 0);
}

void plan_write(const plan *made, pl_writer *writer)
{
    static uint32_t numbers[PLAN_NODES_MAX];
    const uint32_t count = plan_visible(made, numbers);
    pl_writer_u64(writer, made->before->count);
    for (uint32_t i = 0; i < count; i++) {
        const plan_node *node = &made->nodes[numbers[i]];
        const plan_row *row = &made->before->rows[node->low];
        pl_writer_u8(writer, node->told);
        if (node->told == PLAN_PRUNED) {
            pl_writer_bytes(writer, node->hash, PL_HASH_SIZE);
        } else if (node->told == PLAN_LEAF) {
            pl_writer_bytes(writer, row->leaf.path, PL_HASH_SIZE);
            pl_writer_bytes(writer, row->leaf.row_hash, PL_HASH_SIZE);
        } else if (node->told == PLAN_ROW) {
            pl_writer_u32(writer, row->table / 2);
            pl_writer_u16(writer, (uint16_t)(row->table % 2 + 3));
            pl_writer_bytes(writer, row->key, model_schemas[row->table].key_size);
            pl_writer_bytes(writer, row->row, model_schemas[row->table].row_size);
        }
    }
}

static pl_status take(void *context, uint32_t *table, const uint8_t **key, const uint8_t **row,
                      pl_reader *reader)
{
    (void)context;
    uint32_t contract;
    uint16_t number;
    PL_TRY(pl_reader_u32(reader, &contract));
    PL_TRY(pl_reader_u16(reader, &number));
    if (number < 3 || number > 4 || contract >= MODEL_TABLES) {
        return PL_REJECT_PROOF_SHAPE;
    }
    *table = contract * 2 + number - 3;
    if (*table >= MODEL_TABLES) {
        return PL_REJECT_PROOF_SHAPE;
    }
    PL_TRY(pl_reader_bytes(reader, key, model_schemas[*table].key_size));
    return pl_reader_bytes(reader, row, model_schemas[*table].row_size);
}

const pl_witness_rows plan_rows = {NULL, take};

static bool hash_of(uint8_t hash[PL_HASH_SIZE], pl_reader *reader)
{
    uint8_t kind;
    const uint8_t *bytes, *row;
    memset(hash, 0, PL_HASH_SIZE);
    if (pl_reader_u8(reader, &kind) != PL_OK) {
        return false;
    }
    if (kind == PLAN_PRUNED && pl_reader_bytes(reader, &bytes, 32) == PL_OK) {
        memcpy(hash, bytes, 32);
        return true;
    }
    if (kind == PLAN_LEAF && pl_reader_bytes(reader, &bytes, 64) == PL_OK) {
        pl_leaf_hash(hash, bytes, bytes + 32);
        return true;
    }
    uint32_t table;
    if (kind == PLAN_ROW && take(NULL, &table, &bytes, &row, reader) == PL_OK) {
        uint8_t path[PL_HASH_SIZE];
        model_path(path, table, bytes);
        pl_row_hash(hash, row, model_schemas[table].row_size);
        pl_leaf_hash(hash, path, hash);
        return true;
    }
    uint8_t left[PL_HASH_SIZE], right[PL_HASH_SIZE];
    if (kind == PLAN_INNER && hash_of(left, reader) && hash_of(right, reader)) {
        pl_node_hash(hash, left, right);
        return true;
    }
    return kind == PLAN_EMPTY;
}

bool plan_root_of(uint8_t root[PL_HASH_SIZE], const uint8_t *bytes, size_t size)
{
    pl_reader reader = pl_reader_of(bytes, size);
    uint64_t row_count;
    if (pl_reader_u64(&reader, &row_count) != PL_OK || !hash_of(root, &reader)) {
        return false;
    }
    pl_state_root(root, root, row_count);
    return true;
}

pl_status plan_add_tables(pl_store *store)
{
    for (uint32_t table = 0; table < MODEL_TABLES; table++) {
        uint32_t number;
        PL_TRY(pl_store_add_table(store, &number, table / 2, (uint16_t)(table % 2 + 3),
                                  &model_schemas[table]));
    }
    return PL_OK;
}
