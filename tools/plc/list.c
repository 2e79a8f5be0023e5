/* Growable lists: push, pop, swap_remove over two tables. spec 07 §5 */
#include "tools/plc/program.h"

typedef struct list_op {
    plc_list *list;
    uint16_t lead;  /* registers of the list's own key */
    uint16_t key;   /* registers of an element's key: lead, index */
    uint16_t index; /* the last of them */
} list_op;

static list_op begin(plc_fn *f, const plc_place *place)
{
    plc_list *list = place->list;
    const uint32_t lead = list->size->keys.count;
    list_op op = {.list = list, .lead = place->key};
    op.key = plc_regs_members(f, &list->items->keys, NULL);
    op.index = (uint16_t)(op.key + lead);
    for (uint32_t i = 0; i < lead; i++) {
        plc_move(f, (uint16_t)(op.key + i), (uint16_t)(place->key + i));
    }
    return op;
}

static void read_count(plc_fn *f, const list_op *op, uint16_t to)
{
    plc_op(f, PL_OP_GETF, to, op->list->size->id, op->lead, 0, 0);
}

static void write_count(plc_fn *f, const list_op *op, uint16_t from)
{
    plc_op(f, PL_OP_PUTF, from, op->list->size->id, op->lead, 0, 0);
}

/* index = count - 1; OVERFLOW when the list is empty. */
static void last_index(plc_fn *f, const list_op *op)
{
    const plc_num one = plc_num_u64(1);
    read_count(f, op, op->index);
    const uint16_t n = plc_constant(f, &one, false);
    plc_op(f, PL_OP_NSUB, op->index, op->index, n, 0, 0);
}

static plc_val push(plc_fn *f, const plc_expr *e, const plc_place *place)
{
    const plc_type *type = place->list->type;
    const plc_type *u32 = plc_type_int(f->p, false, 32);
    const uint16_t result = plc_reg(f, false);
    const uint32_t mark = plc_mark(f);
    const plc_val v = plc_expr_as(f, e->list.at[0], plc_base(type), PLC_NOWHERE);
    uint16_t row;
    if (type->kind == TY_NARROWED && !plc_is_wide(type) && plc_is_wide(type->base)) {
        row = plc_reg(f, false);
        plc_op(f, PL_OP_NARROW, row, plc_in_wide(f, v), 0, 0, 0);
    } else {
        row = plc_in_reg(f, v);
    }
    f->loc = e->loc;
    const list_op op = begin(f, place);
    read_count(f, &op, op.index);
    plc_op(f, PL_OP_PUT, row, op.list->items->id, op.key, 0, 0);
    plc_op(f, PL_OP_MOVN, result, op.index, 0, 0, 0);
    plc_op(f, PL_OP_NADDI, op.index, op.index, 1, 0, 0);
    write_count(f, &op, op.index);
    plc_release(f, mark);
    return plc_val_reg(u32, result);
}

static plc_val pop(plc_fn *f, const plc_expr *e, const plc_place *place)
{
    const plc_type *type = place->list->type;
    const uint16_t row = plc_regs(f, type);
    const uint32_t mark = plc_mark(f);
    f->loc = e->loc;
    const list_op op = begin(f, place);
    const uint16_t existed = plc_reg(f, false);
    last_index(f, &op);
    plc_op(f, PL_OP_GET, row, op.list->items->id, op.key, 0, 0);
    plc_op(f, PL_OP_DEL, existed, op.list->items->id, op.key, 0, 0);
    write_count(f, &op, op.index);
    plc_release(f, mark);
    return plc_plain(f, plc_val_reg(type, row));
}

/* Reading element i traps when there is none; then the last element is written there and removed at
 * its old place, in this order, so that i may be the last. */
static plc_val swap_remove(plc_fn *f, const plc_expr *e, const plc_place *place)
{
    const plc_type *u32 = plc_type_int(f->p, false, 32);
    const uint32_t mark = plc_mark(f);
    const plc_val i = plc_expr_as(f, e->list.at[0], u32, PLC_NOWHERE);
    const uint16_t at = plc_in_reg(f, i);
    f->loc = e->loc;
    const list_op gone = begin(f, place);
    const list_op last = begin(f, place);
    const uint32_t table = gone.list->items->id;
    const uint16_t row = plc_regs(f, place->list->type);
    const uint16_t existed = plc_reg(f, false);
    plc_move(f, gone.index, at);
    plc_op(f, PL_OP_GET, row, table, gone.key, 0, 0);
    last_index(f, &last);
    plc_op(f, PL_OP_GET, row, table, last.key, 0, 0);
    plc_op(f, PL_OP_PUT, row, table, gone.key, 0, 0);
    plc_op(f, PL_OP_DEL, existed, table, last.key, 0, 0);
    write_count(f, &last, last.index);
    plc_release(f, mark);
    return plc_val_void(f);
}

bool plc_method_call(plc_fn *f, const plc_expr *e, uint16_t to, plc_val *out)
{
    plc_place place;
    (void)to;
    if (e->a->kind != EX_MEMBER || f->constant_only) {
        return false;
    }
    const plc_expr *base = e->a->a->kind == EX_INDEX ? e->a->a->a : e->a->a;
    const plc_item *item = plc_item_of(f, base, SPACE_VALUE);
    if (item == NULL || item->kind != IT_LIST) {
        return false;
    }
    const bool is_push = plc_is(e->a->text, "push");
    const bool is_pop = plc_is(e->a->text, "pop");
    const bool is_remove = plc_is(e->a->text, "swap_remove");
    *out = plc_val_error();
    if (!is_push && !is_pop && !is_remove) {
        plc_error(f->p, e->a->loc, NULL, "a list has push, pop and swap_remove, not `%.*s`",
                  PLC_FMT(e->a->text));
        return true;
    }
    if (e->list.count != (is_pop ? 0u : 1u)) {
        plc_error(f->p, e->loc, NULL, "`%.*s` takes %u argument", PLC_FMT(e->a->text),
                  is_pop ? 0u : 1u);
        return true;
    }
    if (f->decl != NULL && f->decl->effect < 2) {
        plc_error(f->p, e->loc, "declare the function `tx`", "only a tx function changes a list");
        return true;
    }
    if (!plc_place_of(f, e->a->a, &place)) {
        return true;
    }
    if (place.list == NULL || place.key_count != place.list->size->keys.count) {
        plc_error(f->p, e->loc, NULL, "`%.*s` needs its key first", PLC_FMT(item->name));
        return true;
    }
    *out = is_push ? push(f, e, &place) : is_pop ? pop(f, e, &place) : swap_remove(f, e, &place);
    return true;
}
