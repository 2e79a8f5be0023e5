/* Reading and writing places. spec 07 §5 */
#include "tools/plc/program.h"

/* ---- reading ---- */

static plc_val read_constant(plc_fn *f, const plc_place *place)
{
    const uint32_t count = place->type->leaf_count;
    plc_num *nums = plc_take(f->p, count * sizeof *nums);
    for (uint32_t k = 0; k < count; k++) {
        nums[k] = place->nums[place->base + k * place->stride];
    }
    return (plc_val){.type = place->type, .kind = VAL_CONST, .nums = nums};
}

static plc_val read_registers(plc_fn *f, const plc_place *place, uint16_t to)
{
    const plc_type *type = place->type;
    if (!place->is_indexed && (place->stride == 1 || type->leaf_count == 1)) {
        plc_val v = plc_val_reg(type, (uint16_t)place->base);
        v.is_stable = place->is_stable;
        return v;
    }
    const bool use_to = to != PLC_NOWHERE && type->leaf_count == 1 &&
                        plc_reg_wide(f, to) == plc_is_wide(plc_leaf(type, 0));
    const uint16_t out = use_to ? to : plc_regs(f, type);
    for (uint32_t k = 0; k < type->leaf_count && !f->full; k++) {
        const uint16_t from = (uint16_t)(place->base + k * place->stride);
        const uint16_t slot = (uint16_t)(out + k);
        if (!place->is_indexed) {
            plc_move(f, slot, from);
        } else {
            plc_op(f, plc_reg_wide(f, slot) ? PL_OP_LDX : PL_OP_LDXN, slot, from, place->index,
                   place->index_count, 0);
        }
    }
    return plc_val_reg(type, out);
}

static plc_val read_stored(plc_fn *f, const plc_place *place, plc_loc loc, uint16_t to)
{
    const plc_type *type = place->type;
    if (f->constant_only || (f->decl != NULL && f->decl->effect == 0)) {
        plc_error(f->p, loc, "declare the function `view`", "a pure function reads no state");
        return plc_val_error();
    }
    if (place->list != NULL || (place->is_row && place->key_count < place->table->keys.count)) {
        plc_error(f->p, loc, "write the key: t[k]", "`%.*s` is not a value by itself",
                  PLC_FMT(place->name));
        return plc_val_error();
    }
    if (place->is_row) {
        const uint16_t row = plc_regs(f, type);
        plc_op(f, PL_OP_GET, row, place->table->id, place->key, 0, 0);
        return plc_val_reg(type, row);
    }
    const bool use_to = to != PLC_NOWHERE && type->leaf_count == 1 &&
                        plc_reg_wide(f, to) == plc_is_wide(plc_leaf(type, 0));
    const uint16_t out = use_to ? to : plc_regs(f, type);
    for (uint32_t k = 0; k < type->leaf_count && !f->full; k++) {
        plc_op(f, PL_OP_GETF, (uint32_t)out + k, place->table->id, place->key,
               place->base + k * place->stride, 0);
    }
    return plc_val_reg(type, out);
}

static plc_val read_whole(plc_fn *f, const plc_place *place, plc_loc loc, uint16_t to)
{
    f->loc = loc;
    if (place->root == ROOT_STORED) {
        return read_stored(f, place, loc, to);
    }
    if (place->nums != NULL) {
        return read_constant(f, place);
    }
    if (!place->is_indexed) {
        return read_registers(f, place, to);
    }
    const plc_place settled = plc_place_settle(f, place, false);
    return read_registers(f, &settled, to);
}

static plc_place without_bits(const plc_place *place)
{
    plc_place whole = *place;
    whole.bits = NULL;
    whole.type = place->bits_type;
    return whole;
}

static plc_val read_bits(plc_fn *f, const plc_place *place, plc_loc loc, uint16_t to)
{
    const plc_member *m = place->bits;
    const plc_place whole = without_bits(place);
    const uint32_t mark = plc_mark(f);
    const plc_val v = plc_plain(f, read_whole(f, &whole, loc, PLC_NOWHERE));
    if (v.type == NULL) {
        return v;
    }
    const uint16_t word = plc_in_reg(f, v);
    const bool wide = plc_is_wide(m->type);
    uint16_t out;
    if (m->bits == 1 && !wide) {
        const plc_num at = plc_num_u64(m->low);
        const uint16_t bit = plc_constant(f, &at, false);
        plc_release(f, mark);
        out = to != PLC_NOWHERE && !plc_reg_wide(f, to) ? to : plc_reg(f, false);
        plc_op(f, PL_OP_BIT, out, word, bit, 0, 0);
        return plc_val_reg(m->type, out);
    }
    plc_release(f, mark);
    const bool use_to = to != PLC_NOWHERE && plc_reg_wide(f, to) == wide;
    out = wide && use_to ? to : plc_reg(f, true);
    plc_op(f, PL_OP_GETBITS, out, word, m->low, 0, m->bits);
    if (!wide) {
        const uint16_t narrow = use_to ? to : plc_reg(f, false);
        plc_op(f, PL_OP_NARROW, narrow, out, 0, 0, 0);
        out = narrow;
    }
    return plc_val_reg(m->type, out);
}

/* The value at a place. A narrowed part of a row comes as its full type. */
plc_val plc_place_read(plc_fn *f, const plc_place *place, plc_loc loc, uint16_t to)
{
    if (place->bits != NULL) {
        return read_bits(f, place, loc, to);
    }
    return plc_plain(f, read_whole(f, place, loc, to));
}

/* ---- writing ---- */

bool plc_place_writable(plc_fn *f, const plc_place *place, plc_loc loc)
{
    if (place->root == ROOT_STORED) {
        if (place->table->is_params) {
            plc_error(f->p, loc, "keep what changes in a `state`",
                      "params are set at genesis only");
            return false;
        }
        if (place->list != NULL || !place->is_var) {
            plc_error(f->p, loc, "use push, pop, swap_remove",
                      "this part of a list is not written");
            return false;
        }
        if (f->decl != NULL && f->decl->effect < 2) {
            plc_error(f->p, loc, "declare the function `tx`", "a %s function writes no state",
                      f->decl->effect == 0 ? "pure" : "view");
            return false;
        }
        return true;
    }
    if (!place->is_var) {
        if (place->name.size > 0) {
            plc_error(f->p, loc, "declare it with `var`", "`%.*s` cannot change",
                      PLC_FMT(place->name));
        } else {
            plc_error(f->p, loc, NULL, "this is not a place that can be written");
        }
        return false;
    }
    return true;
}

/* The register that a part of a row takes: narrowed parts in narrow registers are checked here. */
static uint16_t stored_register(plc_fn *f, plc_val v, const plc_type *leaf)
{
    if (leaf->kind == TY_NARROWED && plc_is_wide(leaf->base) && !plc_is_wide(leaf)) {
        const uint16_t wide = plc_in_wide(f, v);
        const uint16_t narrow = plc_reg(f, false);
        plc_op(f, PL_OP_NARROW, narrow, wide, 0, 0, 0);
        return narrow;
    }
    return plc_in_reg(f, v);
}

static plc_val leaf_value(plc_val v, uint32_t k)
{
    if (v.kind == VAL_CONST) {
        return (plc_val){.type = plc_leaf(v.type, k), .kind = VAL_CONST, .nums = v.nums + k};
    }
    return plc_val_reg(plc_leaf(v.type, k), (uint16_t)(v.reg + k));
}

static void write_leaf(plc_fn *f, const plc_place *place, uint32_t k, plc_val v)
{
    const uint32_t at = place->base + k * place->stride;
    const plc_type *leaf = plc_leaf(place->type, k);
    if (place->root == ROOT_STORED) {
        const uint16_t reg = stored_register(f, v, leaf);
        plc_op(f, PL_OP_PUTF, reg, place->table->id, place->key, at, 0);
    } else if (place->is_indexed) {
        const uint16_t reg = stored_register(f, v, leaf);
        plc_op(f, plc_reg_wide(f, reg) ? PL_OP_STX : PL_OP_STXN, reg, at, place->index,
               place->index_count, 0);
    } else if (leaf->kind == TY_NARROWED && plc_is_wide(leaf->base) && !plc_is_wide(leaf) &&
               v.type->kind != TY_NARROWED) {
        const uint16_t wide = plc_in_wide(f, v);
        plc_op(f, PL_OP_NARROW, at, wide, 0, 0, 0);
    } else {
        plc_into(f, (uint16_t)at, v);
    }
}

static void write_whole(plc_fn *f, const plc_place *place, plc_val v, plc_loc loc)
{
    f->loc = loc;
    if (place->is_row && place->root == ROOT_STORED) {
        plc_error(f->p, loc, "write store t[k] = r;", "a whole row is written with `store`");
        return;
    }
    if (place->root == ROOT_STORED && place->check_first) {
        const uint32_t mark = plc_mark(f);
        const uint16_t old = plc_regs_members(f, NULL, plc_leaf(place->type, 0));
        plc_op(f, PL_OP_GETF, old, place->table->id, place->key, place->base, 0);
        plc_release(f, mark);
    }
    const plc_place settled = place->is_indexed ? plc_place_settle(f, place, true) : *place;
    for (uint32_t k = 0; k < place->type->leaf_count && !f->full; k++) {
        const uint32_t mark = plc_mark(f);
        write_leaf(f, &settled, k, leaf_value(v, k));
        plc_release(f, mark);
    }
}

/* Writes a value that already has the place's (full) type. */
void plc_place_write(plc_fn *f, const plc_place *place, plc_val v, plc_loc loc)
{
    if (v.type == NULL || f->full) {
        return;
    }
    const uint32_t mark = plc_mark(f);
    if (place->bits != NULL) {
        const plc_member *m = place->bits;
        const plc_place whole = without_bits(place);
        const plc_val old = plc_plain(f, read_whole(f, &whole, loc, PLC_NOWHERE));
        const uint16_t word = plc_in_reg(f, old);
        const uint16_t part = plc_in_wide(f, v);
        const bool in_place =
            whole.root == ROOT_VALUE && !whole.is_indexed && whole.type->kind != TY_NARROWED;
        const uint16_t out = in_place ? (uint16_t)whole.base : plc_reg(f, true);
        plc_op(f, PL_OP_PUTBITS, out, word, part, m->low, m->bits);
        if (!in_place) {
            write_whole(f, &whole, plc_val_reg(plc_base(whole.type), out), loc);
        }
    } else {
        write_whole(f, place, v, loc);
    }
    plc_release(f, mark);
}
