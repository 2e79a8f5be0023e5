/* Loops over numbers and tables, and try. spec 07 §5, §6 */
#include "tools/plc/program.h"

/* ---- for i in a..b ---- */

void plc_range_loop(plc_fn *f, const plc_stmt *s)
{
    const uint32_t mark = plc_mark(f);
    const uint32_t locals = f->local_count;
    const plc_type *u64 = plc_type_int(f->p, false, 64);
    const plc_num one = plc_num_u64(1);
    plc_val a = plc_expr_value(f, s->value, NULL, PLC_NOWHERE);
    plc_val b = plc_expr_value(f, s->limit, NULL, PLC_NOWHERE);
    a = a.is_bare ? a : plc_plain(f, a);
    b = b.is_bare ? b : plc_plain(f, b);
    if (a.type == NULL || b.type == NULL) {
        return;
    }
    const plc_type *type = a.is_bare && b.is_bare ? u64 : a.is_bare ? b.type : a.type;
    if (!a.is_bare && !b.is_bare && plc_can_widen(a.type, b.type)) {
        type = b.type;
    }
    if (type->kind != TY_INT) {
        plc_error(f->p, s->loc, NULL, "a loop counts integers, not %.*s", PLC_FMT(type->name));
        return;
    }
    a = plc_as(f, a, type, s->value->loc);
    b = plc_as(f, b, type, s->limit->loc);
    if (a.type == NULL || b.type == NULL || s->names.count != 1 || s->is_tuple) {
        if (s->names.count != 1 || s->is_tuple) {
            plc_error(f->p, s->loc, NULL, "this loop has one name");
        }
        return;
    }
    const bool wide = plc_is_wide(type);
    const uint32_t top = plc_label_new(f);
    const uint32_t next = plc_label_new(f);
    const uint32_t end = plc_label_new(f);
    const uint16_t i = plc_reg(f, wide);
    f->loop_depth++;
    uint16_t limit = plc_in_reg(f, b);
    f->loop_depth--;
    if (b.kind == VAL_REG && !b.is_stable) {
        limit = plc_reg(f, wide);
        plc_move(f, limit, b.reg);
    }
    plc_into(f, i, a);
    const uint16_t flag = plc_reg(f, false);
    const pl_op less = !wide ? PL_OP_NLT : type->is_signed ? PL_OP_ILT : PL_OP_LT;
    f->loc = s->loc;
    if (!(a.kind == VAL_CONST && b.kind == VAL_CONST && plc_num_compare(a.nums, b.nums) < 0)) {
        plc_op(f, less, flag, i, limit, 0, 0);
        plc_jump_if(f, flag, false, end);
    }
    plc_label_place(f, top);
    plc_local_add(f, s->names.at[0], s->names.loc[0], plc_val_reg(type, i), false);
    plc_loop_body(f, &s->body, end, next);
    plc_label_place(f, next);
    f->loc = s->loc;
    if (wide) {
        f->loop_depth++;
        const uint16_t step = plc_constant(f, &one, true);
        f->loop_depth--;
        plc_op(f, type->is_signed ? PL_OP_IADD : PL_OP_ADD, i, i, step, 0, 0);
    } else {
        plc_op(f, PL_OP_NADDI, i, i, 1, 0, 0);
    }
    plc_op(f, less, flag, i, limit, 0, 0);
    plc_jump_if(f, flag, true, top);
    plc_label_place(f, end);
    f->local_count = locals;
    plc_release(f, mark);
}

/* ---- for k in t ---- */

typedef struct scan {
    plc_table *table;
    const plc_order *order; /* NULL: the key's own order */
    uint32_t number;        /* 0, or 1 + index */
    plc_members parts;      /* of the order: index fields, then the key */
    uint32_t lead;          /* index fields before the key */
    uint32_t fixed;         /* leading parts held fixed */
    uint16_t base;
} scan;

/* Finds the table and what stands in its [ ]. */
static bool scanned(plc_fn *f, const plc_stmt *s, scan *c, const plc_exprs **prefix)
{
    static const plc_exprs none = {NULL, 0};
    const plc_expr *e = s->value;
    *prefix = &none;
    if (e->kind == EX_INDEX) {
        *prefix = &e->list;
        e = e->a;
    }
    const plc_item *item = plc_item_of(f, e, SPACE_VALUE);
    if (item == NULL || item->kind != IT_TABLE || item->is_state) {
        plc_error(f->p, e->loc,
                  item != NULL && item->kind == IT_LIST ? "write for i in 0..l.len { }"
                                                        : "write for k in table { }, or 0..n",
                  "this is not a table");
        return false;
    }
    *c = (scan){.table = item->decl};
    if (s->callee.size == 0) {
        return true;
    }
    plc_near near = plc_near_begin(s->callee);
    for (uint32_t i = 0; i < c->table->order_count; i++) {
        plc_near_add(&near, c->table->orders[i].name);
        if (plc_same(c->table->orders[i].name, s->callee)) {
            c->order = &c->table->orders[i];
            c->number = i + 1;
        }
    }
    if (c->order == NULL) {
        plc_error(f->p, s->callee_loc, plc_near_help(f->p, &near), "`%.*s` has no index `%.*s`",
                  PLC_FMT(c->table->name), PLC_FMT(s->callee));
        return false;
    }
    if ((*prefix)->count > 0) {
        plc_error(f->p, e->loc, "write by index at (..)",
                  "an index order does not start with the key");
        return false;
    }
    *prefix = &s->list;
    return true;
}

static void order_parts(plc_fn *f, scan *c)
{
    for (uint32_t i = 0; c->order != NULL && i < c->order->count; i++) {
        const plc_type *leaf = plc_leaf(c->table->row, c->order->fields[i]);
        *PLC_PUSH(f->p, c->parts.at, c->parts.count) = (plc_member){.type = leaf};
    }
    c->lead = c->parts.count;
    for (uint32_t i = 0; i < c->table->keys.count; i++) {
        *PLC_PUSH(f->p, c->parts.at, c->parts.count) = c->table->keys.at[i];
    }
}

static plc_num edge(const plc_type *type, bool is_top)
{
    if (type->kind == TY_NARROWED) {
        plc_type stored = *type->base;
        stored.size = type->size;
        return is_top ? plc_type_max(&stored) : plc_type_min(&stored);
    }
    return is_top ? plc_type_max(type) : plc_type_min(type);
}

/* A starting value in the register of its part. */
static void start_part(plc_fn *f, const plc_expr *e, const plc_type *type, uint16_t slot)
{
    const uint32_t mark = plc_mark(f);
    const plc_val v = plc_expr_as(f, e, plc_base(type), PLC_NOWHERE);
    if (type->kind == TY_NARROWED && plc_is_wide(type->base) && !plc_is_wide(type)) {
        plc_op(f, PL_OP_NARROW, slot, plc_in_wide(f, v), 0, 0, 0);
    } else {
        plc_into(f, slot, v);
    }
    plc_release(f, mark);
}

/* Fills the cursor: fixed parts, starting values, then the lowest or highest of each type. */
static bool start(plc_fn *f, const plc_stmt *s, scan *c, const plc_exprs *prefix)
{
    c->fixed = prefix->count;
    const uint32_t most = c->order == NULL ? c->parts.count : c->lead;
    if (c->fixed > most || (c->order == NULL && c->fixed == most && most > 0)) {
        plc_error(f->p, s->value->loc, "write exists(t[k]) for one row",
                  "at most %u leading part%s can be held fixed", c->order == NULL ? most - 1 : most,
                  most == 2 ? "" : "s");
        return false;
    }
    if (c->fixed + s->from.count > c->parts.count) {
        plc_error(f->p, s->loc, NULL, "`from` has more values than the order has parts");
        return false;
    }
    c->base = plc_regs_members(f, &c->parts, NULL);
    for (uint32_t i = 0; i < c->parts.count; i++) {
        const plc_type *type = c->parts.at[i].type;
        const uint16_t slot = (uint16_t)(c->base + i);
        if (i < c->fixed) {
            start_part(f, prefix->at[i], type, slot);
        } else if (i < c->fixed + s->from.count) {
            start_part(f, s->from.at[i - c->fixed], type, slot);
        } else {
            const plc_num n = edge(type, s->descending);
            plc_load_constant(f, slot, &n, plc_reg_wide(f, slot));
        }
    }
    return true;
}

static bool bind_names(plc_fn *f, const plc_stmt *s, const scan *c)
{
    const uint32_t skip = c->order == NULL ? c->fixed : c->lead;
    if (s->names.count != c->parts.count - skip) {
        plc_error(f->p, s->loc, "write for (a, b) in ..; `_` takes no value",
                  "the scan gives %u key field%s, not %u", c->parts.count - skip,
                  c->parts.count - skip == 1 ? "" : "s", s->names.count);
        return false;
    }
    for (uint32_t i = 0; i < s->names.count; i++) {
        plc_local_add(f, s->names.at[i], s->names.loc[i],
                      plc_val_reg(c->parts.at[skip + i].type, (uint16_t)(c->base + skip + i)),
                      false);
    }
    return true;
}

void plc_scan(plc_fn *f, const plc_stmt *s)
{
    const uint32_t mark = plc_mark(f);
    const uint32_t locals = f->local_count;
    const plc_exprs *prefix;
    scan c;
    if (!scanned(f, s, &c, &prefix)) {
        return;
    }
    if (f->decl != NULL && f->decl->effect == 0) {
        plc_error(f->p, s->loc, "declare the function `view`", "a pure function reads no state");
        return;
    }
    order_parts(f, &c);
    if (!start(f, s, &c, prefix)) {
        return;
    }
    const uint32_t mode = s->descending ? 2 : 0; /* <= and >=, then < and > */
    const uint16_t found = plc_reg(f, false);
    const uint32_t top = plc_label_new(f);
    const uint32_t next = plc_label_new(f);
    const uint32_t end = plc_label_new(f);
    f->loc = s->loc;
    plc_op(f, PL_OP_SEEK, found, c.table->id, c.base, c.number, mode + 4 * c.fixed);
    plc_jump_if(f, found, false, end);
    plc_label_place(f, top);
    if (bind_names(f, s, &c)) {
        plc_loop_body(f, &s->body, end, next);
    }
    plc_label_place(f, next);
    f->loc = s->loc;
    plc_op(f, PL_OP_SEEK, found, c.table->id, c.base, c.number, mode + 1 + 4 * c.fixed);
    plc_jump_if(f, found, true, top);
    plc_label_place(f, end);
    f->local_count = locals;
    plc_release(f, mark);
}

/* ---- try ---- */

static void bind_results(plc_fn *f, const plc_stmt *s, const plc_members *results, uint16_t reg)
{
    const bool wants = s->names.count > 0;
    if (wants && s->names.count != results->count) {
        plc_error(f->p, s->loc, NULL, "the call gives %u value%s, not %u", results->count,
                  results->count == 1 ? "" : "s", s->names.count);
        return;
    }
    for (uint32_t i = 0; i < s->names.count; i++) {
        plc_local_add(f, s->names.at[i], s->names.loc[i], plc_val_reg(results->at[i].type, reg),
                      false);
        reg = (uint16_t)(reg + results->at[i].type->leaf_count);
    }
}

void plc_try(plc_fn *f, const plc_stmt *s)
{
    const uint32_t mark = plc_mark(f);
    const uint32_t locals = f->local_count;
    plc_foreign call;
    bool ok;
    if (!plc_foreign_of(f, s->value, &call, &ok)) {
        plc_error(f->p, s->value->loc, "write try Model(n).f(..) { } catch (code) { }",
                  "`try` takes a call of another contract");
        return;
    }
    if (!ok) {
        return;
    }
    const plc_type *u64 = plc_type_int(f->p, false, 64);
    const plc_members *results = &call.method->results;
    const uint16_t status = plc_regs_members(f, results, u64);
    const uint32_t caught = plc_label_new(f);
    const uint32_t end = plc_label_new(f);
    plc_op(f, PL_OP_XTRY, call.target, call.import, call.arguments, status, 0);
    plc_jump_if(f, status, true, caught);
    bind_results(f, s, results, (uint16_t)(status + 1));
    plc_body(f, &s->body);
    f->local_count = locals;
    if (!f->dead) {
        plc_jump(f, end);
    }
    plc_label_place(f, caught);
    if (s->has_catch_name) {
        plc_local_add(f, s->catch_name, s->catch_loc, plc_val_reg(u64, status), false);
    }
    plc_body(f, &s->other);
    plc_label_place(f, end);
    f->local_count = locals;
    plc_release(f, mark);
}
