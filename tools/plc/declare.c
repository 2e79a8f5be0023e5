/* Declarations of all units to tables, lists, signatures and functions. spec 07 §5, §7 */
#include "tools/plc/program.h"

static void check_names(plc *p, const plc_unit *unit)
{
    for (uint32_t i = 0; i < unit->item_count; i++) {
        const plc_item *a = &unit->items[i];
        const bool is_rule = a->kind == IT_HOOK || a->kind == IT_INVARIANT;
        if (a->kind == IT_IMPORT || a->name.size == 0) {
            continue;
        }
        for (uint32_t j = 0; j < i; j++) {
            const plc_item *b = &unit->items[j];
            if (b->kind == IT_IMPORT || a->name.size != b->name.size ||
                !plc_same(a->name, b->name)) {
                continue;
            }
            const bool both_code =
                (is_rule || a->kind == IT_FUNCTION) &&
                (b->kind == IT_HOOK || b->kind == IT_INVARIANT || b->kind == IT_FUNCTION);
            if (both_code || plc_space_of(a->kind) == plc_space_of(b->kind)) {
                plc_error(p, a->loc, NULL,
                          a->kind == IT_HOOK ? "a file has at most one `on block`"
                                             : "`%.*s` is already declared on line %u",
                          PLC_FMT(a->name), plc_line(p, b->loc));
                break;
            }
        }
    }
}

static plc_str full_name(plc *p, const plc_unit *unit, plc_str name, plc_loc loc)
{
    const plc_str full = plc_print(p, "%.*s%.*s", PLC_FMT(unit->prefix), PLC_FMT(name));
    if (full.size > PL_NAME_SIZE_MAX) {
        plc_error(p, loc, "choose shorter names", "`%.*s` has more than %u characters",
                  PLC_FMT(full), PL_NAME_SIZE_MAX);
    }
    return full;
}

/* ---- rows ---- */

static plc_table *new_table(plc *p, plc_str name)
{
    plc_program *g = p->program;
    plc_table *t = PLC_NEW(p, plc_table);
    t->name = name;
    t->id = g->table_count;
    *PLC_PUSH(p, g->tables, g->table_count) = t;
    t->row = plc_type_new(p, TY_STRUCT, plc_print(p, "%.*s.row", PLC_FMT(name)));
    t->row->table = t;
    return t;
}

static void add_member(plc *p, plc_members *m, plc_str name, plc_loc loc, const plc_type *type)
{
    if (plc_member_of(m, name) != NULL) {
        plc_error(p, loc, NULL, "`%.*s` appears twice", PLC_FMT(name));
        return;
    }
    *PLC_PUSH(p, m->at, m->count) = (plc_member){.name = name, .loc = loc, .type = type};
}

static void table_keys(plc *p, plc_item *item, plc_members *keys, uint32_t max)
{
    for (uint32_t i = 0; i < item->keys.count; i++) {
        const plc_field_expr *f = &item->keys.at[i];
        const plc_type *type = plc_resolve(p, item->unit, f->type);
        if (type == NULL) {
            continue;
        }
        if (!plc_is_scalar(type)) {
            plc_error(p, f->loc, NULL, "a key is a scalar, %.*s is not", PLC_FMT(type->name));
            continue;
        }
        add_member(p, keys, f->name, f->loc, type);
    }
    if (item->keys.count > max) {
        plc_error(p, item->loc, NULL, "a key has at most %u fields here", max);
    }
}

/* `T in uN`. */
static const plc_type *narrowed(plc *p, plc_unit *unit, const plc_type *type,
                                const plc_type_expr *stored)
{
    if (stored == NULL || type == NULL) {
        return type;
    }
    const plc_type *width = plc_resolve(p, unit, stored);
    if (width == NULL || width->kind != TY_INT || !plc_is_scalar(type) ||
        (type->kind != TY_INT && type->kind != TY_SCALED && type->kind != TY_TIME &&
         type->kind != TY_BITS) ||
        width->is_signed != type->is_signed) {
        plc_error(p, stored->loc, NULL, "%.*s cannot be stored in %.*s", PLC_FMT(type->name),
                  PLC_FMT(stored->name));
        return type;
    }
    if (width->size >= type->size) {
        if (width->size > type->size) {
            plc_error(p, stored->loc, NULL, "%.*s is wider than %.*s", PLC_FMT(stored->name),
                      PLC_FMT(type->name));
        }
        return type;
    }
    return plc_type_narrowed(p, type, width->size);
}

static bool constant(plc *p, plc_unit *unit, const plc_expr *e, const plc_type *type,
                     const plc_num **nums)
{
    plc_fn f;
    plc_fn_begin(&f, p, unit);
    if (!plc_const_value(&f, e, plc_base(type), nums)) {
        return false;
    }
    if (type->kind == TY_NARROWED) {
        const plc_num *n = *nums;
        const plc_num high = plc_num_power_of_two(8u * type->size - (type->is_signed ? 1 : 0));
        const plc_num low = type->is_signed ? plc_num_negate(high) : plc_num_u64(0);
        if (plc_num_compare(n, &low) < 0 || plc_num_compare(n, &high) >= 0) {
            plc_error(p, e->loc, NULL, "the value does not fit the stored width");
            return false;
        }
    }
    return true;
}

static void row_limits(plc *p, plc_table *t, plc_loc loc)
{
    uint32_t size = 0;
    plc_type_layout(p, t->row, loc);
    if (t->row->members.count == 0) {
        plc_error(p, loc, NULL, "a table has at least one field");
        t->row->leaf_count = 0;
        return;
    }
    for (uint32_t i = 0; i < t->row->leaf_count; i++) {
        size += plc_leaf(t->row, i)->size;
    }
    if (t->row->leaf_count > PL_ROW_FIELDS_MAX || size > PL_ROW_SIZE_MAX) {
        plc_error(p, loc, "split it into two tables",
                  "the row has %u fields and %u bytes; at most %u and %u are possible",
                  t->row->leaf_count, size, PL_ROW_FIELDS_MAX, PL_ROW_SIZE_MAX);
    }
    if (t->name.size == 0 || p->program->table_count > PL_TABLES_MAX) {
        plc_error(p, loc, NULL, "more than %u tables", PL_TABLES_MAX);
    }
}

static void table_indexes(plc *p, plc_item *item, plc_table *t)
{
    for (uint32_t i = 0; i < item->index_count; i++) {
        const plc_index_expr *x = &item->indexes[i];
        plc_order o = {.name = x->name};
        for (uint32_t j = 0; j < x->fields.count; j++) {
            const plc_member *m = plc_member_of(&t->row->members, x->fields.at[j]);
            if (m == NULL || !plc_is_scalar(m->type)) {
                plc_error(p, x->fields.loc[j], NULL, "an index is over scalar fields of its table");
            } else if (o.count == PL_INDEX_FIELDS_MAX) {
                plc_error(p, x->fields.loc[j], NULL, "an index has at most %u fields",
                          PL_INDEX_FIELDS_MAX);
            } else {
                o.fields[o.count++] = (uint8_t)m->leaf;
            }
        }
        for (uint32_t j = 0; j < t->order_count; j++) {
            if (plc_same(t->orders[j].name, x->name)) {
                plc_error(p, x->loc, NULL, "`%.*s` appears twice", PLC_FMT(x->name));
            }
        }
        if (i == PL_TABLE_INDEXES_MAX) {
            plc_error(p, x->loc, NULL, "a table has at most %u indexes", PL_TABLE_INDEXES_MAX);
        }
        *PLC_PUSH(p, t->orders, t->order_count) = o;
    }
}

static void table_rows(plc *p, plc_item *item)
{
    plc_table *t = item->decl;
    for (uint32_t i = 0; i < item->fields.count; i++) {
        const plc_field_expr *f = &item->fields.at[i];
        const plc_type *type = plc_resolve(p, item->unit, f->type);
        type = narrowed(p, item->unit, type, f->stored);
        if (type == NULL) {
            continue;
        }
        const uint32_t before = t->row->members.count;
        add_member(p, &t->row->members, f->name, f->loc, type);
        if (f->value != NULL && t->row->members.count > before) {
            const plc_num *nums = NULL;
            if (constant(p, item->unit, f->value, type, &nums)) {
                t->row->members.at[before].value = nums;
            }
        }
    }
    row_limits(p, t, item->loc);
    table_indexes(p, item, t);
}

static void declare_list(plc *p, plc_item *item)
{
    plc_list *list = PLC_NEW(p, plc_list);
    const plc_type *u32 = plc_type_int(p, false, 32);
    const plc_type *type = plc_resolve(p, item->unit, item->type);
    type = narrowed(p, item->unit, type, item->stored);
    list->type = type == NULL ? u32 : type;
    list->items = new_table(p, full_name(p, item->unit, item->name, item->loc));
    list->size = new_table(p, plc_print(p, "%.*s.size", PLC_FMT(list->items->name)));
    table_keys(p, item, &list->items->keys, PL_KEY_FIELDS_MAX - 1);
    for (uint32_t i = 0; i < list->items->keys.count; i++) {
        *PLC_PUSH(p, list->size->keys.at, list->size->keys.count) = list->items->keys.at[i];
    }
    add_member(p, &list->items->keys, PLC_STR("index"), item->loc, u32);
    add_member(p, &list->items->row->members, PLC_STR("value"), item->loc, list->type);
    add_member(p, &list->size->row->members, PLC_STR("count"), item->loc, u32);
    plc_num *zero = PLC_NEW(p, plc_num);
    list->size->row->members.at[0].value = zero;
    row_limits(p, list->items, item->loc);
    row_limits(p, list->size, item->loc);
    item->decl = list;
}

static void declare_param(plc *p, plc_item *item)
{
    plc_program *g = p->program;
    if (!item->unit->is_contract) {
        plc_error(p, item->loc, "declare it in the contract and pass it on",
                  "a module has no params");
        return;
    }
    if (g->params == NULL) {
        g->params = new_table(p, PLC_STR("params"));
        g->params->is_params = true;
    }
    const plc_type *type = plc_resolve(p, item->unit, item->type);
    type = narrowed(p, item->unit, type, item->stored);
    if (type == NULL) {
        return;
    }
    plc_members *m = &g->params->row->members;
    add_member(p, m, item->name, item->loc, type);
    plc_member *last = &m->at[m->count - 1];
    if (item->value != NULL) {
        (void)constant(p, item->unit, item->value, type, &last->value);
    }
    if (item->low != NULL) {
        if (!plc_is_scalar(type)) {
            plc_error(p, item->low->loc, NULL, "only a scalar has a range");
            return;
        }
        if (constant(p, item->unit, item->low, type, &last->min) &&
            constant(p, item->unit, item->high, type, &last->max)) {
            const plc_num *v = last->value == NULL ? last->min : last->value;
            if (plc_num_compare(last->min, v) > 0 || plc_num_compare(v, last->max) > 0 ||
                plc_num_compare(last->min, last->max) > 0) {
                plc_error(p, item->low->loc, NULL, "the default lies outside the range");
            }
        }
    }
}

/* ---- signatures ---- */

static plc_members members(plc *p, plc_unit *unit, const plc_fields *fields)
{
    plc_members m = {0};
    uint32_t leaf = 0;
    for (uint32_t i = 0; i < fields->count; i++) {
        const plc_field_expr *f = &fields->at[i];
        const plc_type *type = plc_resolve(p, unit, f->type);
        if (type == NULL) {
            continue;
        }
        if (f->name.size == 0) {
            const plc_member nameless = {.loc = f->loc, .type = type};
            *PLC_PUSH(p, m.at, m.count) = nameless;
        } else {
            add_member(p, &m, f->name, f->loc, type);
        }
        m.at[m.count - 1].leaf = leaf;
        leaf += type->leaf_count;
    }
    return m;
}

static uint32_t leaves(const plc_members *m)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        n += m->at[i].type->leaf_count;
    }
    return n > 100000 ? 100000 : (uint32_t)n;
}

static void declare_signature(plc *p, plc_item *item)
{
    plc_program *g = p->program;
    plc_signature *s = PLC_NEW(p, plc_signature);
    s->name = full_name(p, item->unit, item->name, item->loc);
    s->is_own = item->unit->is_contract;
    s->parameters = members(p, item->unit, &item->fields);
    if (leaves(&s->parameters) > PL_ARGUMENTS_MAX) {
        plc_error(p, item->loc, NULL, "more than %u arguments", PL_ARGUMENTS_MAX);
    }
    item->decl = s;
    if (item->kind == IT_ERROR) {
        s->id = g->error_count;
        *PLC_PUSH(p, g->errors, g->error_count) = s;
    } else {
        s->id = g->event_count;
        *PLC_PUSH(p, g->events, g->event_count) = s;
    }
}

static void declare_function(plc *p, plc_item *item)
{
    plc_program *g = p->program;
    plc_function *d = PLC_NEW(p, plc_function);
    d->name = full_name(p, item->unit, item->name, item->loc);
    d->effect = item->effect;
    d->unit = item->unit;
    d->item = item;
    d->parameters = members(p, item->unit, &item->fields);
    d->results = members(p, item->unit, &item->results);
    d->flags = item->effect;
    if (item->kind == IT_INVARIANT) {
        const plc_member yes = {.type = plc_type_simple(p, TY_BOOL)};
        *PLC_PUSH(p, d->results.at, d->results.count) = yes;
        d->flags |= PL_FUNCTION_INVARIANT;
    }
    d->flags |= item->kind == IT_HOOK ? PL_FUNCTION_ON_BLOCK : 0;
    d->flags |= item->is_public ? PL_FUNCTION_PUBLIC : 0;
    d->flags |= item->is_reentrant ? PL_FUNCTION_REENTRANT : 0;
    d->parameter_leaves = leaves(&d->parameters);
    d->result_leaves = leaves(&d->results);
    if (item->is_reentrant && !item->is_public) {
        plc_error(p, item->loc, "write public reentrant", "only a public function is entered");
    }
    if (item->is_public && item->unit->prefix.size > 0) {
        plc_error(p, item->loc, "import the module without a name, or drop `public`",
                  "an instance of a module exports nothing");
    }
    if (d->parameter_leaves > PL_PARAMETERS_MAX || d->result_leaves > PL_RESULTS_MAX) {
        plc_error(p, item->loc, "pass less, or keep it in a table",
                  "more than %u parameters or %u results, counting parts", PL_PARAMETERS_MAX,
                  PL_RESULTS_MAX);
    }
    d->id = g->function_count;
    *PLC_PUSH(p, g->functions, g->function_count) = d;
    item->decl = d;
}

plc_const *plc_const_of(plc *p, plc_item *item)
{
    if (item->state == 2) {
        return item->decl;
    }
    if (item->state == 1) {
        plc_error(p, item->loc, NULL, "`%.*s` needs itself", PLC_FMT(item->name));
        return NULL;
    }
    if (!plc_down(p, item->loc)) {
        return NULL;
    }
    item->state = 1;
    plc_const *c = NULL;
    const plc_type *type = plc_resolve(p, item->unit, item->type);
    const plc_num *nums;
    if (type != NULL && constant(p, item->unit, item->value, type, &nums)) {
        c = PLC_NEW(p, plc_const);
        *c = (plc_const){type, nums};
    }
    plc_up(p);
    item->state = 2;
    item->decl = c;
    return c;
}

/* ---- all of it, in an order in which everything asked for is there ---- */

static void declare_types(plc *p, plc_unit *unit)
{
    for (uint32_t i = 0; i < unit->item_count; i++) {
        plc_item *item = &unit->items[i];
        if (item->kind == IT_TABLE) {
            plc_table *t = new_table(p, full_name(p, unit, item->name, item->loc));
            item->decl = t;
        }
    }
    for (uint32_t i = 0; i < unit->item_count; i++) {
        plc_item *item = &unit->items[i];
        if (plc_space_of(item->kind) == SPACE_TYPE) {
            (void)plc_resolve_item(p, item);
        } else if (item->kind == IT_CONST) {
            (void)plc_const_of(p, item);
        }
    }
}

static void declare_state(plc *p, plc_unit *unit)
{
    for (uint32_t i = 0; i < unit->item_count; i++) {
        plc_item *item = &unit->items[i];
        if (item->kind == IT_TABLE) {
            table_keys(p, item, &((plc_table *)item->decl)->keys, PL_KEY_FIELDS_MAX);
            table_rows(p, item);
        } else if (item->kind == IT_LIST) {
            declare_list(p, item);
        } else if (item->kind == IT_PARAM) {
            declare_param(p, item);
        }
    }
}

static void declare_code(plc *p, plc_unit *unit)
{
    for (uint32_t i = 0; i < unit->item_count; i++) {
        plc_item *item = &unit->items[i];
        if (item->kind == IT_EVENT || item->kind == IT_ERROR) {
            declare_signature(p, item);
        } else if (item->kind == IT_FUNCTION || item->kind == IT_HOOK ||
                   item->kind == IT_INVARIANT) {
            declare_function(p, item);
        }
    }
}

void plc_declare(plc *p)
{
    plc_program *g = p->program;
    for (uint32_t i = 0; i < g->unit_count; i++) {
        check_names(p, g->units[i]);
    }
    for (uint32_t i = g->unit_count; i-- > 0;) {
        declare_types(p, g->units[i]);
    }
    for (uint32_t i = g->unit_count; i-- > 0;) {
        declare_state(p, g->units[i]);
    }
    if (g->params != NULL) {
        row_limits(p, g->params, (plc_loc){0, 0});
    }
    for (uint32_t i = g->unit_count; i-- > 0;) {
        declare_code(p, g->units[i]);
    }
}
