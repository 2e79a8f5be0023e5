/* Genesis rows: every value canonical, every row above the one before, parameters in range. */
#include "vm/chain/world_rows.h"

#include "vm/machine/value.h"
#include "vm/state/system.h"

#define ROW_SIZE_MIN (4u + 2u + 1u)

/* spec 02 §3: a params field lies between its min and max, in its type's order. */
static pl_status check_ranges(const pl_table *schema, const uint8_t *row)
{
    for (unsigned i = 0; i < schema->field_count; i++) {
        const pl_field *field = &schema->fields[i];
        if (!field->has_range) {
            continue;
        }
        const uint8_t *value = row + field->offset;
        if (pl_value_compare(field->type, value, field->min_bytes) < 0 ||
            pl_value_compare(field->type, value, field->max_bytes) > 0) {
            return PL_REJECT_RANGE;
        }
    }
    return PL_OK;
}

/* spec 04 §2: keys compare field by field. */
static int compare_keys(const pl_table *schema, const uint8_t *a, const uint8_t *b)
{
    for (unsigned i = 0; i < schema->key_count; i++) {
        const pl_field *field = &schema->keys[i];
        const int order = pl_value_compare(field->type, a + field->offset, b + field->offset);
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

static pl_status check_order(const pl_row_order *last, const pl_row_order *next,
                             const pl_table *schema)
{
    if (!last->started || last->contract < next->contract ||
        (last->contract == next->contract && last->table < next->table)) {
        return PL_OK;
    }
    if (last->contract != next->contract || last->table != next->table) {
        return PL_REJECT_ORDER;
    }
    const int order = last->by_value ? compare_keys(schema, last->key, next->key)
                                     : memcmp(last->key, next->key, schema->key_size);
    return order < 0 ? PL_OK : order == 0 ? PL_REJECT_DUPLICATE : PL_REJECT_ORDER;
}

pl_status pl_world_row_take(pl_world_row *row, pl_row_order *order, pl_reader *reader,
                            const pl_world *world, bool with_system)
{
    pl_row_order next = {.by_value = order->by_value, .started = true};
    PL_TRY(pl_reader_u32(reader, &next.contract));
    PL_TRY(pl_reader_u16(reader, &next.table));
    row->table = pl_world_table(world, next.contract, next.table);
    if (row->table == UINT32_MAX || (next.contract == 0 && !with_system)) {
        return PL_REJECT_GENESIS;
    }
    const pl_table *schema = world->tables[row->table];
    const pl_code *code = next.contract == 0 ? NULL : &world->codes[next.contract - 1];
    PL_TRY(pl_reader_bytes(reader, &row->key, schema->key_size));
    PL_TRY(pl_reader_bytes(reader, &row->row, schema->row_size));
    next.key = row->key;
    uint32_t failed;
    PL_TRY(pl_fields_check(&failed, code, schema->keys, schema->key_count, row->key));
    PL_TRY(pl_fields_check(&failed, code, schema->fields, schema->field_count, row->row));
    PL_TRY(check_order(order, &next, schema));
    PL_TRY(check_ranges(schema, row->row));
    *order = next;
    return PL_OK;
}

/* spec 06 §1: every params table has its row. */
static pl_status check_params(const pl_world *world, pl_world_error *where, const bool *has_params)
{
    for (uint32_t i = 0; i < world->contract_count; i++) {
        for (uint32_t t = 0; t < world->codes[i].table_count; t++) {
            if (world->codes[i].tables[t].is_params && !has_params[i]) {
                where->part = "params";
                where->index = i + 1;
                return PL_REJECT_GENESIS;
            }
        }
    }
    return PL_OK;
}

pl_status pl_world_rows_take(pl_world *world, pl_world_error *where, pl_reader *reader)
{
    bool has_params[PL_CONTRACTS_MAX] = {false};
    pl_row_order order = {0};
    where->part = "row";
    where->index = UINT32_MAX;
    where->offset = reader->offset;
    PL_TRY(pl_reader_u32(reader, &world->row_count));
    if (world->row_count > PL_GENESIS_ROWS_MAX) {
        return PL_REJECT_LIMIT;
    }
    if (world->row_count > pl_reader_left(reader) / ROW_SIZE_MIN) {
        return PL_REJECT_TRUNCATED;
    }
    world->rows = reader->bytes + reader->offset;
    const size_t start = reader->offset;
    for (uint32_t i = 0; i < world->row_count; i++) {
        pl_world_row row;
        where->index = i;
        where->offset = reader->offset;
        PL_TRY(pl_world_row_take(&row, &order, reader, world, false));
        if (world->tables[row.table]->is_params) {
            has_params[order.contract - 1] = true;
        }
    }
    world->rows_size = reader->offset - start;
    return check_params(world, where, has_params);
}

bool pl_world_row_next(const pl_world *world, size_t *offset, pl_world_row *row)
{
    if (*offset == world->rows_size) {
        return false;
    }
    const uint8_t *bytes = world->rows + *offset;
    row->table = pl_world_table(world, pl_load_u32(bytes), pl_load_u16(bytes + 4));
    const pl_table *schema = world->tables[row->table];
    row->key = bytes + 6;
    row->row = row->key + schema->key_size;
    *offset += 6u + schema->key_size + schema->row_size;
    return true;
}
