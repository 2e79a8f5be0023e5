/* State and price instructions: registers to keys and rows, and back. Rows come and go through the
 * door only. spec 02 §5 */
#include <string.h>

#include "vm/base/bytes.h"
#include "vm/machine/ops.h"
#include "vm/machine/run.h"
#include "vm/state/system.h"

/* What every state instruction starts from. */
typedef struct access {
    const pl_layout *layout;
    uint32_t number; /* of the table in the world */
    uint8_t key[PL_KEY_SIZE_MAX];
} access;

/* Finds the table of operand b and writes the key of the registers from operand c on. */
PL_INLINE pl_status open_row(access *to, pl_machine *m, const pl_step *ip, uint8_t *base)
{
    const pl_contract *const contract = pl_top_activation(m)->contract;
    to->layout = &contract->code->layouts[ip->b];
    to->number = contract->table_base + ip->b;
    return pl_cells_store(to->key, to->layout->keys, to->layout->key_count, pl_at(base, ip->c));
}

PL_INLINE pl_status find_row(const uint8_t **row, pl_machine *m, const access *at)
{
    return m->door->ops->get(m->door, row, at->number, at->key);
}

pl_status pl_row_get(pl_machine *m, const pl_step *ip, uint8_t *base)
{
    access at;
    const uint8_t *row;
    PL_TRY(open_row(&at, m, ip, base));
    PL_TRY(find_row(&row, m, &at));
    if (row == NULL) {
        row = at.layout->default_row;
    }
    if (row == NULL) {
        return PL_TRAP_MISSING_ROW;
    }
    pl_cells_load(pl_at(base, ip->a), at.layout->fields, at.layout->field_count, row);
    return PL_OK;
}

pl_status pl_row_get_field(pl_machine *m, const pl_step *ip, uint8_t *base)
{
    access at;
    const uint8_t *row;
    PL_TRY(open_row(&at, m, ip, base));
    PL_TRY(find_row(&row, m, &at));
    const pl_cell *const cell = &at.layout->fields[ip->d];
    const uint8_t *bytes;
    if (PL_LIKELY(row != NULL)) {
        bytes = row + cell->offset;
    } else {
        bytes = pl_top_code(m)->tables[ip->b].fields[ip->d].default_bytes;
        if (bytes == NULL) {
            return PL_TRAP_MISSING_ROW;
        }
    }
    pl_cell_load(pl_at(base, ip->a), cell, bytes);
    return PL_OK;
}

pl_status pl_row_put(pl_machine *m, const pl_step *ip, uint8_t *base)
{
    access at;
    uint8_t row[PL_ROW_SIZE_MAX];
    PL_TRY(open_row(&at, m, ip, base));
    PL_TRY(pl_cells_store(row, at.layout->fields, at.layout->field_count, pl_at(base, ip->a)));
    return m->door->ops->put(m->door, at.number, at.key, row);
}

pl_status pl_row_put_field(pl_machine *m, const pl_step *ip, uint8_t *base)
{
    access at;
    const uint8_t *old;
    uint8_t row[PL_ROW_SIZE_MAX];
    PL_TRY(open_row(&at, m, ip, base));
    PL_TRY(find_row(&old, m, &at));
    if (old == NULL) {
        old = at.layout->default_row;
    }
    if (old == NULL) {
        return PL_TRAP_MISSING_ROW;
    }
    const pl_cell *const cell = &at.layout->fields[ip->d];
    memcpy(row, old, at.layout->row_size);
    PL_TRY(pl_cell_store(row + cell->offset, cell, pl_at(base, ip->a)));
    return m->door->ops->put(m->door, at.number, at.key, row);
}

pl_status pl_row_has(pl_machine *m, const pl_step *ip, uint8_t *base)
{
    access at;
    const uint8_t *row;
    PL_TRY(open_row(&at, m, ip, base));
    PL_TRY(find_row(&row, m, &at));
    pl_at(base, ip->a)->n = row != NULL;
    return PL_OK;
}

pl_status pl_row_del(pl_machine *m, const pl_step *ip, uint8_t *base)
{
    access at;
    bool existed;
    PL_TRY(open_row(&at, m, ip, base));
    PL_TRY(m->door->ops->del(m->door, &existed, at.number, at.key));
    pl_at(base, ip->a)->n = existed;
    return PL_OK;
}

/* e = mode + 4 * prefix parts. */
pl_status pl_row_seek(pl_machine *m, const pl_step *ip, uint8_t *base)
{
    const pl_contract *const contract = pl_top_activation(m)->contract;
    const pl_code *const code = contract->code;
    pl_register *const key = pl_at(base, ip->c);
    const pl_field *parts[PL_KEY_FIELDS_MAX + PL_INDEX_FIELDS_MAX];
    uint8_t full_key[PL_ORDER_SIZE_MAX];
    uint32_t size = 0, prefix_size = 0;
    bool found;
    const uint32_t count = pl_order_parts(parts, &code->tables[ip->b], ip->d);
    for (uint32_t i = 0; i < count; i++) {
        const pl_type type = parts[i]->type;
        prefix_size = i == ip->e / 4u ? size : prefix_size;
        PL_TRY(pl_value_store(full_key + size, type, pl_type_variants(code, type), &key[i]));
        size += type.size;
    }
    prefix_size = ip->e / 4u == count ? size : prefix_size;
    PL_TRY(m->door->ops->seek(m->door, &found, contract->table_base + ip->b, ip->d,
                              (pl_seek)(ip->e & 3), prefix_size, full_key));
    size = 0;
    for (uint32_t i = 0; i < count && found; i++) {
        pl_value_load(&key[i], parts[i]->type, full_key + size);
        size += parts[i]->type.size;
    }
    pl_at(base, ip->a)->n = found;
    return PL_OK;
}

/* *row is NULL when feed b has no accepted price; a feed number is 32 bits in the key. */
static pl_status find_price(const uint8_t **row, pl_machine *m, const pl_step *ip, uint8_t *base)
{
    const uint64_t feed = pl_at(base, ip->b)->n;
    uint8_t key[PL_PRICES_KEY_SIZE];
    *row = NULL;
    if (feed > UINT32_MAX) {
        return PL_OK;
    }
    pl_store_u32(key, (uint32_t)feed);
    return m->door->ops->get(m->door, row, m->linkage->prices_table, key);
}

pl_status pl_row_price(pl_machine *m, const pl_step *ip, uint8_t *base)
{
    const uint8_t *row;
    pl_u256 price;
    PL_TRY(find_price(&row, m, ip, base));
    if (row == NULL) {
        return PL_TRAP_NO_PRICE;
    }
    if (row[PL_PRICES_DECIMALS] != ip->e) {
        return PL_TRAP_PRICE_SCALE;
    }
    pl_u256_load_be(&price, row + PL_PRICES_PRICE, 32);
    if (pl_u256_is_neg(&price)) {
        return PL_TRAP_CAST;
    }
    pl_u256_copy(&pl_at(base, ip->a)->w, &price);
    return PL_OK;
}

pl_status pl_row_price_info(pl_machine *m, const pl_step *ip, uint8_t *base)
{
    static const uint8_t absent[PL_PRICES_ROW_SIZE] = {0};
    const uint8_t *row;
    PL_TRY(find_price(&row, m, ip, base));
    pl_register *const to = pl_at(base, ip->a);
    const bool valid = row != NULL;
    row = valid ? row : absent;
    pl_u256_load_be(&to[0].w, row + PL_PRICES_PRICE, 32);
    to[1].n = row[PL_PRICES_DECIMALS];
    to[2].n = pl_load_u64(row + PL_PRICES_TIME);
    to[3].n = pl_load_u64(row + PL_PRICES_ROUND);
    to[4].n = valid;
    return PL_OK;
}
