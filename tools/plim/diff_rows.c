/* Two states, table by table, in key order: a merge of two walks. */
#include <stdio.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/common/world_json.h"
#include "tools/plim/diff.h"
#include "vm/machine/value.h"
#include "vm/state/system.h"

typedef struct walk {
    pl_chain *chains[2];
    uint32_t contracts[2], tables[2];
    const pl_table *schemas[2];
    bool after_block, all;
    json_t *rows, *table_counts;
    uint64_t count, table_count;
    json_t *first;         /* of this table, in key order */
    bool is_first_written; /* by the last block           */
} walk;

static pt_names names_of(const walk *w, int side)
{
    return (pt_names){.code = pl_chain_code(w->chains[side], w->contracts[side]),
                      .chain = w->chains[side]};
}

static const pl_field *field_named(const pl_table *table, pl_name name)
{
    for (uint8_t i = 0; i < table->field_count; i++) {
        const pl_name other = table->fields[i].name;
        if (other.size == name.size && memcmp(other.text, name.text, name.size) == 0) {
            return &table->fields[i];
        }
    }
    return NULL;
}

static bool is_same_type(pl_type a, pl_type b)
{
    return a.class == b.class && a.size == b.size && a.scale == b.scale;
}

static json_t *value_json(const walk *w, int side, const pl_field *field, const uint8_t *row)
{
    char text[PT_VALUE_TEXT_MAX];
    return field == NULL || row == NULL
               ? json_null()
               : json_string(pt_field_text(text, names_of(w, side), field, row + field->offset));
}

static void add_field(json_t *list, const walk *w, const pl_field *const fields[2],
                      const uint8_t *const rows[2])
{
    json_t *object = json_object();
    pt_diff_set(object, "field",
                pt_diff_name(fields[0] != NULL ? fields[0]->name : fields[1]->name));
    pt_diff_set(object, "a", value_json(w, 0, fields[0], rows[0]));
    pt_diff_set(object, "b", value_json(w, 1, fields[1], rows[1]));
    if (fields[0] != NULL && fields[1] != NULL && rows[0] != NULL && rows[1] != NULL &&
        is_same_type(fields[0]->type, fields[1]->type)) {
        json_t *minus = pt_diff_minus(fields[0]->type, rows[0] + fields[0]->offset,
                                      rows[1] + fields[1]->offset);
        if (minus != NULL) {
            pt_diff_set(object, "difference", minus);
        }
    }
    (void)json_array_append_new(list, object);
}

/* Fields that differ, by name; every field of a row that only one side has. */
static json_t *fields_json(const walk *w, const uint8_t *const rows[2])
{
    json_t *list = json_array();
    for (uint8_t i = 0; i < w->schemas[0]->field_count; i++) {
        const pl_field *const fields[2] = {
            &w->schemas[0]->fields[i], field_named(w->schemas[1], w->schemas[0]->fields[i].name)};
        const bool is_same = rows[0] != NULL && rows[1] != NULL && fields[1] != NULL &&
                             is_same_type(fields[0]->type, fields[1]->type) &&
                             memcmp(rows[0] + fields[0]->offset, rows[1] + fields[1]->offset,
                                    fields[0]->type.size) == 0;
        if (!is_same) {
            add_field(list, w, fields, rows);
        }
    }
    for (uint8_t i = 0; i < w->schemas[1]->field_count; i++) {
        const pl_field *const fields[2] = {NULL, &w->schemas[1]->fields[i]};
        if (field_named(w->schemas[0], fields[1]->name) == NULL) {
            add_field(list, w, fields, rows);
        }
    }
    return list;
}

/* True when the last block of the chain changed the row. */
static bool is_changed(const walk *w, int side, const uint8_t *key)
{
    const pl_store *store = pl_chain_store(w->chains[side]);
    const uint32_t table =
        pl_world_table(pl_chain_world(w->chains[side]), w->contracts[side], w->tables[side]);
    const uint32_t count = pl_store_changed_count(store);
    for (uint32_t i = 0; i < count; i++) {
        const pl_change change = pl_store_changed(store, i);
        if (change.table == table && memcmp(change.key, key, w->schemas[side]->key_size) == 0) {
            return true;
        }
    }
    return false;
}

static json_t *contract_json(const walk *w)
{
    return w->contracts[0] == 0
               ? json_string("system")
               : pt_diff_name(pl_chain_world(w->chains[0])->contract_names[w->contracts[0] - 1]);
}

static void differs(walk *w, const uint8_t *key, const uint8_t *const rows[2])
{
    const int side = rows[0] != NULL ? 0 : 1;
    w->count++;
    w->table_count++;
    if (w->all ? json_array_size(w->rows) >= PT_DIFF_ROWS_MAX
               : w->first != NULL && (!w->after_block || w->is_first_written)) {
        return;
    }
    const bool is_written = w->after_block && (is_changed(w, 0, key) || is_changed(w, 1, key));
    if (!w->all && w->first != NULL && !is_written) {
        return;
    }
    json_t *object = json_object();
    pt_diff_set(object, "contract", contract_json(w));
    pt_diff_set(object, "table", pt_diff_name(w->schemas[0]->name));
    pt_diff_set(object, "key",
                pt_fields_json(names_of(w, side), w->schemas[side]->keys,
                               w->schemas[side]->key_count, key, w->schemas[side]->key_size));
    pt_diff_set(object, "only_in",
                rows[0] == NULL   ? json_string("b")
                : rows[1] == NULL ? json_string("a")
                                  : json_null());
    if (w->after_block) {
        pt_diff_set(object, "written_by_this_block", json_boolean(is_written));
    }
    pt_diff_set(object, "fields", fields_json(w, rows));
    if (w->all) {
        (void)json_array_append_new(w->rows, object);
        return;
    }
    json_decref(w->first);
    w->first = object;
    w->is_first_written = is_written;
}

/* -1, 0, 1 as the walks' keys stand; a side at its end comes last. */
static int order(const pl_rows rows[2], const bool has[2])
{
    if (!has[0] || !has[1]) {
        return has[0] ? -1 : 1;
    }
    for (uint8_t i = 0; i < rows[0].schema->key_count; i++) {
        const pl_field *field = &rows[0].schema->keys[i];
        const int by =
            pl_value_compare(field->type, rows[0].key + field->offset, rows[1].key + field->offset);
        if (by != 0) {
            return by;
        }
    }
    return 0;
}

static bool is_same_row(const walk *w, const pl_rows rows[2])
{
    if (w->schemas[0]->field_count != w->schemas[1]->field_count ||
        w->schemas[0]->row_size != w->schemas[1]->row_size) {
        return false;
    }
    for (uint8_t i = 0; i < w->schemas[0]->field_count; i++) {
        if (!is_same_type(w->schemas[0]->fields[i].type, w->schemas[1]->fields[i].type)) {
            return false;
        }
    }
    return memcmp(rows[0].row, rows[1].row, w->schemas[0]->row_size) == 0;
}

static void merge(walk *w)
{
    pl_rows rows[2];
    bool has[2];
    for (int side = 0; side < 2; side++) {
        if (pl_rows_begin(&rows[side], w->chains[side], w->contracts[side], w->tables[side]) !=
            PL_OK) {
            return;
        }
        has[side] = pl_rows_next(&rows[side]);
    }
    while (has[0] || has[1]) {
        const int by = order(rows, has);
        const uint8_t *const pair[2] = {by <= 0 ? rows[0].row : NULL, by >= 0 ? rows[1].row : NULL};
        if (by != 0 || !is_same_row(w, rows)) {
            differs(w, by <= 0 ? rows[0].key : rows[1].key, pair);
        }
        has[0] = by <= 0 ? pl_rows_next(&rows[0]) : has[0];
        has[1] = by >= 0 ? pl_rows_next(&rows[1]) : has[1];
    }
}

static bool is_same_key(const pl_table *a, const pl_table *b)
{
    if (a->key_count != b->key_count) {
        return false;
    }
    for (uint8_t i = 0; i < a->key_count; i++) {
        if (!is_same_type(a->keys[i].type, b->keys[i].type)) {
            return false;
        }
    }
    return true;
}

static void walk_table(walk *w)
{
    w->schemas[0] = pl_chain_table(w->chains[0], w->contracts[0], w->tables[0]);
    w->tables[1] = w->tables[0]; /* the system's: the same number; others: by name */
    if (w->contracts[0] != 0) {
        w->tables[1] = pl_find_table(w->chains[1], w->contracts[1], w->schemas[0]->name.text,
                                     w->schemas[0]->name.size);
    }
    w->schemas[1] = w->tables[1] == PL_NONE
                        ? NULL
                        : pl_chain_table(w->chains[1], w->contracts[1], w->tables[1]);
    if (w->schemas[1] == NULL || !is_same_key(w->schemas[0], w->schemas[1])) {
        return; /* another contract code: pt_diff_worlds says so */
    }
    w->table_count = 0;
    w->first = NULL;
    w->is_first_written = false;
    merge(w);
    if (w->first != NULL) {
        (void)json_array_append_new(w->rows, w->first);
    }
    if (w->table_count != 0) {
        json_t *object = json_object();
        pt_diff_set(object, "contract", contract_json(w));
        pt_diff_set(object, "table", pt_diff_name(w->schemas[0]->name));
        pt_diff_set(object, "differing_rows", pt_u64_json(w->table_count));
        (void)json_array_append_new(w->table_counts, object);
    }
}

json_t *pt_diff_rows(pl_chain *a, pl_chain *b, bool same_world, bool after_block, bool all)
{
    const pl_world *world = pl_chain_world(a);
    walk w = {.chains = {a, b}, .after_block = after_block, .all = all};
    w.rows = json_array();
    w.table_counts = json_array();
    for (uint32_t c = 1; c <= world->contract_count; c++) {
        const pl_name name = world->contract_names[c - 1];
        w.contracts[0] = c;
        w.contracts[1] = pl_find_contract(b, name.text, name.size);
        for (uint32_t t = 0; w.contracts[1] != PL_NONE && t < world->codes[c - 1].table_count;
             t++) {
            w.tables[0] = t;
            walk_table(&w);
        }
    }
    w.contracts[0] = w.contracts[1] = 0;
    for (uint32_t t = 0; t < PL_SYSTEM_TABLE_COUNT; t++) {
        /* Their rows name the world and its code: of two worlds they differ always. */
        if (same_world || (t != PL_SYSTEM_CHAIN && t != PL_SYSTEM_CONTRACTS)) {
            w.tables[0] = t;
            walk_table(&w);
        }
    }
    json_t *object = json_object();
    pt_diff_set(object, "differing_rows", pt_u64_json(w.count));
    pt_diff_set(object, "tables", w.table_counts);
    pt_diff_set(object, "rows", w.rows);
    return object;
}
