/* Places: paths from a name to a part of a value or of a stored row. spec 07 §4, §5 */
#include "tools/plc/program.h"

plc_local *plc_local_find(plc_fn *f, plc_str name)
{
    for (uint32_t i = f->local_count; i > f->floor; i--) {
        if (plc_same(f->locals[i - 1].name, name)) {
            return &f->locals[i - 1];
        }
    }
    return NULL;
}

static plc_place value_place(plc_val v, bool is_var)
{
    plc_place place = {.root = ROOT_VALUE,
                       .type = v.type,
                       .is_var = is_var,
                       .is_stable = v.is_stable,
                       .base = v.kind == VAL_CONST ? 0 : v.reg,
                       .stride = 1,
                       .nums = v.kind == VAL_CONST ? v.nums : NULL};
    return place;
}

static plc_place row_place(plc_table *table)
{
    return (plc_place){.root = ROOT_STORED,
                       .type = table->row,
                       .is_row = true,
                       .name = table->name,
                       .table = table,
                       .stride = 1,
                       .is_var = true};
}

static bool need_view(plc_fn *f, plc_loc loc)
{
    if (f->constant_only) {
        plc_error(f->p, loc, NULL, "the value is not a constant");
        return false;
    }
    if (f->decl != NULL && f->decl->effect == 0) {
        plc_error(f->p, loc, "declare the function `view`", "a pure function reads no state");
        return false;
    }
    return true;
}

static bool place_of_item(plc_fn *f, plc_item *item, plc_loc loc, plc_place *place)
{
    plc_program *g = f->g;
    if (item->kind == IT_CONST) {
        const plc_const *c = plc_const_of(f->p, item);
        if (c == NULL) {
            return false;
        }
        const plc_val v = {.type = c->type, .kind = VAL_CONST, .nums = c->nums};
        *place = value_place(v, false);
        return true;
    }
    if (item->kind == IT_TABLE) {
        *place = row_place(item->decl);
        return true;
    }
    if (item->kind == IT_LIST && item->decl != NULL) {
        plc_list *list = item->decl;
        *place = row_place(list->items);
        place->list = list;
        return true;
    }
    if (item->kind == IT_PARAM && g->params != NULL) {
        const plc_member *m = plc_member_of(&g->params->row->members, item->name);
        if (m == NULL || !need_view(f, loc)) {
            return false;
        }
        *place = row_place(g->params);
        place->is_row = false;
        place->is_var = false;
        place->base = m->leaf;
        place->type = m->type;
        return true;
    }
    plc_error(f->p, loc, NULL, "`%.*s` is not a value", PLC_FMT(item->name));
    return false;
}

/* The declaration a path names (`pool`, `troves.nodes`), or NULL; locals hide declarations. */
plc_item *plc_item_of(plc_fn *f, const plc_expr *e, plc_space space)
{
    if (e->kind == EX_NAME && e->targ_count == 0) {
        return space == SPACE_VALUE && plc_local_find(f, e->text) != NULL
                   ? NULL
                   : plc_find(f->p, f->unit, space, e->text);
    }
    if (e->kind != EX_MEMBER || e->targ_count != 0) {
        return NULL;
    }
    if (e->a->kind == EX_NAME && plc_local_find(f, e->a->text) != NULL) {
        return NULL;
    }
    const plc_item *base = plc_item_of(f, e->a, SPACE_VALUE);
    return base != NULL && base->kind == IT_INSTANCE ? plc_find(f->p, base->decl, space, e->text)
                                                     : NULL;
}

/* A type where a value could stand: `u256` in u256.max, `Mode` in Mode.none. */
const plc_type *plc_type_in_expr(plc_fn *f, const plc_expr *e)
{
    if (e->kind == EX_NAME && plc_local_find(f, e->text) == NULL) {
        if (e->targ_count > 0) {
            plc_type_expr t = {
                .loc = e->loc, .name = e->text, .args = e->targs, .arg_count = e->targ_count};
            return plc_resolve(f->p, f->unit, &t);
        }
        const plc_type *type = plc_type_builtin(f->p, e->text);
        if (type != NULL && plc_find(f->p, f->unit, SPACE_VALUE, e->text) == NULL) {
            return type;
        }
    }
    if (e->kind != EX_NAME && e->kind != EX_MEMBER) {
        return NULL;
    }
    if (e->kind == EX_NAME && (plc_local_find(f, e->text) != NULL ||
                               plc_find(f->p, f->unit, SPACE_VALUE, e->text) != NULL)) {
        return NULL;
    }
    plc_item *item = plc_item_of(f, e, SPACE_TYPE);
    return item == NULL ? NULL : plc_resolve_item(f->p, item);
}

/* Mode.none, u256.max. */
static bool static_member(plc_fn *f, const plc_expr *e, const plc_type *type, plc_place *place)
{
    plc_num n;
    if (type->kind == TY_ENUM) {
        plc_near near = plc_near_begin(e->text);
        for (uint32_t i = 0; i < type->variants.count; i++) {
            if (plc_same(type->variants.at[i], e->text)) {
                *place = value_place(plc_val_const(f, type, plc_num_u64(i)), false);
                return true;
            }
            plc_near_add(&near, type->variants.at[i]);
        }
        plc_error(f->p, e->loc, plc_near_help(f->p, &near), "%.*s has no variant `%.*s`",
                  PLC_FMT(type->name), PLC_FMT(e->text));
        return false;
    }
    if (plc_is_number(type) && (plc_is(e->text, "max") || plc_is(e->text, "min"))) {
        n = plc_is(e->text, "max") ? plc_type_max(type) : plc_type_min(type);
        *place = value_place(plc_val_const(f, type, n), false);
        return true;
    }
    plc_error(f->p, e->loc, NULL, "%.*s has no `%.*s`", PLC_FMT(type->name), PLC_FMT(e->text));
    return false;
}

static bool unknown_name(plc_fn *f, const plc_expr *e)
{
    plc_near near = plc_near_begin(e->text);
    for (uint32_t i = f->floor; i < f->local_count; i++) {
        plc_near_add(&near, f->locals[i].name);
    }
    plc_near_items(&near, f->unit, SPACE_VALUE);
    const char *help = plc_near_help(f->p, &near);
    static const char *const known[][2] = {{"msg", "write caller"},
                                           {"block", "write now or height"},
                                           {"this", "write self"},
                                           {"timestamp", "write now"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        help = plc_is(e->text, known[i][0]) ? known[i][1] : help;
    }
    plc_error(f->p, e->loc, help, "there is no `%.*s` here", PLC_FMT(e->text));
    return false;
}

static bool needs_keys(plc_fn *f, const plc_place *place, plc_loc loc)
{
    if (place->root == ROOT_STORED && place->is_row &&
        place->key_count < place->table->keys.count) {
        plc_error(f->p, loc, "write the key: t[k].field", "`%.*s` has %u key field%s",
                  PLC_FMT(place->name), place->table->keys.count,
                  place->table->keys.count == 1 ? "" : "s");
        return true;
    }
    return false;
}

static bool list_length(plc_fn *f, plc_place *place, plc_loc loc)
{
    plc_list *list = place->list;
    if (place->key_count != list->size->keys.count) {
        plc_error(f->p, loc, NULL, "`%.*s` needs its key first", PLC_FMT(place->name));
        return false;
    }
    const uint16_t key = place->key;
    *place = row_place(list->size);
    place->key = key;
    place->key_count = list->size->keys.count;
    place->is_row = false;
    place->is_var = false;
    place->type = list->size->row->members.at[0].type;
    return need_view(f, loc);
}

static bool select_member(plc_fn *f, const plc_expr *e, plc_place *place)
{
    if (place->list != NULL) {
        if (plc_is(e->text, "len")) {
            return list_length(f, place, e->loc);
        }
        plc_error(f->p, e->loc, NULL, "a list has len, push, pop, swap_remove and [i], not `%.*s`",
                  PLC_FMT(e->text));
        return false;
    }
    if (needs_keys(f, place, e->loc)) {
        return false;
    }
    if (place->is_row && !need_view(f, e->loc)) {
        return false;
    }
    const plc_type *type = plc_base(place->type);
    if ((type->kind != TY_STRUCT && type->kind != TY_BITS) || place->bits != NULL) {
        plc_error(f->p, e->loc, NULL, "%.*s has no parts", PLC_FMT(type->name));
        return false;
    }
    const plc_member *m = plc_member_of(&type->members, e->text);
    if (m == NULL) {
        plc_near near = plc_near_begin(e->text);
        for (uint32_t i = 0; i < type->members.count; i++) {
            plc_near_add(&near, type->members.at[i].name);
        }
        plc_error(f->p, e->loc, plc_near_help(f->p, &near), "%.*s has no field `%.*s`",
                  PLC_FMT(type->name), PLC_FMT(e->text));
        return false;
    }
    if (type->kind == TY_BITS) {
        place->bits = m;
        place->bits_type = place->type;
        place->type = m->type;
        return true;
    }
    place->is_row = false;
    place->base += m->leaf * place->stride;
    place->type = m->type;
    return true;
}

/* ---- keys ---- */

bool plc_consecutive(plc_fn *f, const plc_members *m, const plc_exprs *list, uint16_t *base)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const plc_expr *e = list->at[i];
        const plc_local *l = e->kind == EX_NAME ? plc_local_find(f, e->text) : NULL;
        if (l == NULL || l->value.kind != VAL_REG || l->value.type != m->at[i].type ||
            m->at[i].type->leaf_count != 1 || l->is_var || !l->value.is_stable ||
            (i > 0 && l->value.reg != *base + i)) {
            return false;
        }
        *base = i == 0 ? l->value.reg : *base;
    }
    return list->count > 0;
}

/* Evaluates key values into neighbouring registers and returns the first. */
uint16_t plc_keys(plc_fn *f, const plc_members *keys, const plc_exprs *list, plc_loc loc,
                  plc_str name)
{
    uint16_t base = 0;
    if (list->count > keys->count) {
        plc_error(f->p, loc, NULL, "`%.*s` has %u key fields, not %u", PLC_FMT(name), keys->count,
                  list->count);
        return 0;
    }
    if (plc_consecutive(f, keys, list, &base)) {
        return base;
    }
    if (list->count == 1 && keys->count == 1) {
        return plc_in_reg(f, plc_expr_as(f, list->at[0], keys->at[0].type, PLC_NOWHERE));
    }
    base = plc_regs_members(f, keys, NULL);
    for (uint32_t i = 0; i < list->count; i++) {
        plc_expr_into(f, list->at[i], keys->at[i].type, (uint16_t)(base + i));
    }
    return base;
}

static bool list_element(plc_fn *f, const plc_expr *e, plc_place *place)
{
    plc_list *list = place->list;
    const uint32_t lead = list->size->keys.count;
    if (place->key_count < lead) { /* the list's own key first */
        if (e->list.count != lead) {
            plc_error(f->p, e->loc, NULL, "`%.*s` has %u key fields", PLC_FMT(place->name), lead);
            return false;
        }
        place->key = plc_keys(f, &list->size->keys, &e->list, e->loc, place->name);
        place->key_count = lead;
        return true;
    }
    if (e->list.count != 1) {
        plc_error(f->p, e->loc, NULL, "an element has one index");
        return false;
    }
    const plc_type *u32 = plc_type_int(f->p, false, 32);
    const uint16_t lead_key = place->key;
    *place = row_place(list->items);
    if (lead == 0) {
        place->key = plc_in_reg(f, plc_expr_as(f, e->list.at[0], u32, PLC_NOWHERE));
    } else {
        const uint16_t key = plc_regs_members(f, &list->items->keys, NULL);
        for (uint32_t i = 0; i < lead; i++) {
            plc_move(f, (uint16_t)(key + i), (uint16_t)(lead_key + i));
        }
        plc_expr_into(f, e->list.at[0], u32, (uint16_t)(key + lead));
        place->key = key;
    }
    place->key_count = lead + 1;
    place->is_row = false;
    place->type = list->type;
    place->check_first = true;
    return need_view(f, e->loc);
}

/* ---- array elements ---- */

static bool constant_index(plc_fn *f, plc_val v, plc_place *place, plc_loc loc)
{
    uint64_t i = 0;
    if (!plc_num_small(v.nums, &i) || i >= place->type->count) {
        plc_error(f->p, loc, NULL, "the index is outside %.*s", PLC_FMT(place->type->name));
        return false;
    }
    place->base += (uint32_t)i * place->stride;
    place->stride *= place->type->count;
    place->type = place->type->base;
    return true;
}

/* INDEX unless reg < count: the bound of a range of one register does the check. */
static void check_bound(plc_fn *f, uint16_t reg, uint32_t count)
{
    const plc_num n = plc_num_u64(count);
    const uint16_t limit = plc_constant(f, &n, false);
    const uint16_t flag = plc_reg(f, false);
    plc_op(f, PL_OP_NLE, flag, limit, reg, 0, 0);
    plc_op(f, PL_OP_LDXN, flag, flag, flag, 1, 0);
}

static void computed_index(plc_fn *f, uint16_t reg, plc_place *place)
{
    const uint32_t count = place->type->count;
    if (place->nums != NULL) { /* a constant array moves into registers */
        const plc_val all = plc_place_read(f, place, f->loc, PLC_NOWHERE);
        place->base = plc_in_reg(f, all);
        place->stride = 1;
        place->nums = NULL;
    }
    *PLC_PUSH(f->p, place->computed, place->computed_count) =
        (plc_computed){reg, count, place->stride};
    const uint32_t before = place->is_indexed ? place->index_count : 1;
    place->index_count = (count - 1) * place->stride + before;
    place->is_indexed = true;
    place->stride *= count;
    place->type = place->type->base;
}

plc_place plc_place_settle(plc_fn *f, const plc_place *place, bool is_write)
{
    plc_place out = *place;
    for (uint32_t i = 0; i < place->computed_count && !f->full; i++) {
        const plc_computed *c = &place->computed[i];
        uint16_t reg = c->reg;
        if (place->computed_count > 1 || c->stride > 1) { /* else the access itself checks */
            check_bound(f, reg, c->count);
            const plc_num s = plc_num_u64(c->stride);
            const uint16_t step = plc_constant(f, &s, false);
            const uint16_t product = plc_reg(f, false);
            plc_op(f, PL_OP_NMUL, product, reg, step, 0, 0);
            if (i > 0) {
                plc_op(f, PL_OP_NADD, product, product, out.index, 0, 0);
            }
            reg = product;
        }
        out.index = reg;
    }
    /* ps[ps[0].i] = p: writing the first part must not move the others. */
    const uint32_t end = place->base + place->index_count + place->type->leaf_count * place->stride;
    if (is_write && place->type->leaf_count > 1 && out.index >= place->base && out.index < end) {
        const uint16_t kept = plc_reg(f, false);
        plc_move(f, kept, out.index);
        out.index = kept;
    }
    return out;
}

static bool array_element(plc_fn *f, const plc_expr *e, plc_place *place)
{
    if (place->type->kind != TY_ARRAY || e->list.count != 1 || place->bits != NULL) {
        plc_error(f->p, e->loc, NULL, "%.*s is not an array of one index",
                  PLC_FMT(place->type->name));
        return false;
    }
    const plc_val v = plc_expr_as(f, e->list.at[0], plc_type_int(f->p, false, 64), PLC_NOWHERE);
    f->loc = e->loc;
    if (v.type == NULL) {
        return false;
    }
    uint64_t i = 0;
    const bool inside = v.kind == VAL_CONST && plc_num_small(v.nums, &i) && i < place->type->count;
    if (v.kind == VAL_CONST && (inside || !plc_at_run_time(f))) {
        return constant_index(f, v, place, e->loc);
    }
    if (place->root == ROOT_STORED) {
        plc_error(f->p, e->loc, "write let r = load t[k]; and index r",
                  "a stored array takes only constant indexes");
        return false;
    }
    computed_index(f, plc_in_reg(f, v), place);
    return true;
}

static bool place_index(plc_fn *f, const plc_expr *e, plc_place *place)
{
    if (!plc_place_of(f, e->a, place)) {
        return false;
    }
    f->loc = e->loc;
    if (place->list != NULL) {
        return list_element(f, e, place);
    }
    if (place->root == ROOT_STORED && place->is_row) {
        if (place->key_count > 0 || place->table->keys.count == 0) {
            plc_error(f->p, e->loc, "write t[a, b]", "the key of `%.*s` stands in one [ ]",
                      PLC_FMT(place->name));
            return false;
        }
        if (e->list.count != place->table->keys.count) {
            plc_error(f->p, e->loc, NULL, "`%.*s` has %u key field%s, not %u", PLC_FMT(place->name),
                      place->table->keys.count, place->table->keys.count == 1 ? "" : "s",
                      e->list.count);
            return false;
        }
        place->key = plc_keys(f, &place->table->keys, &e->list, e->loc, place->name);
        place->key_count = place->table->keys.count;
        return true;
    }
    return array_element(f, e, place);
}

bool plc_place_of(plc_fn *f, const plc_expr *e, plc_place *place)
{
    if (e->kind == EX_INDEX) {
        return place_index(f, e, place);
    }
    if (e->kind == EX_NAME || e->kind == EX_MEMBER) {
        const plc_local *local = e->kind == EX_NAME ? plc_local_find(f, e->text) : NULL;
        if (local != NULL) {
            if (local->value.type == NULL) {
                return false; /* its declaration was wrong and said so */
            }
            *place = value_place(local->value, local->is_var);
            place->name = local->name;
            return true;
        }
        plc_item *item = plc_item_of(f, e, SPACE_VALUE);
        if (item != NULL) {
            return place_of_item(f, item, e->loc, place);
        }
        if (e->kind == EX_NAME) {
            return unknown_name(f, e);
        }
        const plc_type *type = plc_type_in_expr(f, e->a);
        if (type != NULL) {
            return static_member(f, e, type, place);
        }
        if (!plc_place_of(f, e->a, place)) {
            return false;
        }
        return select_member(f, e, place);
    }
    const plc_val v = plc_expr_value(f, e, NULL, PLC_NOWHERE);
    if (v.type == NULL) {
        return false;
    }
    *place = value_place(v, false);
    return true;
}
