/* Expressions: typed and emitted in one walk, left to right. spec 07 §4 */
#include "tools/plc/program.h"

/* ---- constants only ---- */

/* Evaluates e where only a constant may stand: defaults, ranges, array sizes. */
bool plc_const_value(plc_fn *f, const plc_expr *e, const plc_type *want, const plc_num **nums)
{
    const bool before = f->constant_only;
    f->constant_only = true;
    const plc_val v = plc_expr_as(f, e, want, PLC_NOWHERE);
    f->constant_only = before;
    if (v.type != NULL && v.kind != VAL_CONST) {
        plc_error(f->p, e->loc, NULL, "the value is not a constant");
        return false;
    }
    *nums = v.nums;
    return v.type != NULL;
}

/* The type an expression would have, NULL for bare numbers. Runs the emitter dry: nothing is
 * written or reported. Noted in the node, because nested conditionals would ask again at every
 * level. */
const plc_type *plc_type_of(plc_fn *f, plc_expr *e, const plc_type *hint)
{
    static const plc_type bare = {.kind = TY_VOID};
    if (e->noted != NULL) {
        return e->noted == &bare ? NULL : e->noted;
    }
    if (f->constant_only && e->no_constant) {
        return NULL;
    }
    const plc_fn before = *f;
    f->p->mute++;
    f->dead = true;
    const plc_val v = plc_expr_value(f, e, hint, PLC_NOWHERE);
    plc_release(f, before.live_count);
    f->p->mute--;
    f->dead = before.dead;
    f->full = before.full;
    f->count = before.count;
    f->label_count = before.label_count;
    f->local_count = before.local_count;
    f->register_count = before.register_count;
    f->loc = before.loc;
    f->unit = before.unit;
    f->floor = before.floor;
    f->expanded = before.expanded;
    if (f->constant_only && v.type == NULL) { /* says nothing about its type elsewhere */
        e->no_constant = true;
        return NULL;
    }
    e->noted = v.is_bare || v.type == NULL ? &bare : plc_base(v.type);
    return e->noted == &bare ? NULL : e->noted;
}

/* ---- conditions ---- */

static bool is_zero_const(plc_val v)
{
    return v.kind == VAL_CONST && v.type != NULL && v.type->leaf_count == 1 &&
           pl_u256_is_zero(&v.nums->mag);
}

/* `x != 0` and `x > 0` of a narrow value jump on the value itself. */
static bool zero_test(plc_fn *f, const plc_expr *e, bool when, uint32_t label)
{
    if (e->kind != EX_BINARY || e->b->kind != EX_NUMBER ||
        (e->op != TOK_EQ && e->op != TOK_NE && e->op != TOK_GT)) {
        return false;
    }
    const plc_val zero = plc_expr_value(f, e->b, NULL, PLC_NOWHERE);
    const plc_type *type = plc_type_of(f, e->a, NULL);
    if (!is_zero_const(zero) || !zero.is_bare || type == NULL || !plc_is_scalar(type) ||
        (type->kind != TY_INT && type->kind != TY_SCALED && type->kind != TY_TIME) ||
        (e->op == TOK_GT && type->is_signed)) {
        return false;
    }
    const uint32_t mark = plc_mark(f);
    const plc_val v = plc_plain(f, plc_expr_value(f, e->a, NULL, PLC_NOWHERE));
    uint16_t reg = plc_in_reg(f, v);
    bool nonzero = e->op != TOK_EQ;
    f->loc = e->loc;
    if (plc_is_wide(type)) {
        const uint16_t flag = plc_reg(f, false);
        plc_op(f, PL_OP_ISZERO, flag, reg, 0, 0, 0);
        reg = flag;
        nonzero = !nonzero;
    }
    plc_jump_if(f, reg, nonzero == when, label);
    plc_release(f, mark);
    return true;
}

static void both(plc_fn *f, const plc_expr *e, bool when, uint32_t label)
{
    const bool is_and = e->op == TOK_AND_AND;
    if (is_and != when) { /* one side is enough to jump */
        plc_condition(f, e->a, when, label);
        plc_condition(f, e->b, when, label);
        return;
    }
    const uint32_t skip = plc_label_new(f);
    plc_condition(f, e->a, !when, skip);
    plc_condition(f, e->b, when, label);
    plc_label_place(f, skip);
}

/* Jumps to label when e is `when`, else goes on. */
void plc_condition(plc_fn *f, const plc_expr *e, bool when, uint32_t label)
{
    if (e->kind == EX_UNARY && e->op == TOK_NOT) {
        plc_condition(f, e->a, !when, label);
        return;
    }
    if (e->kind == EX_BINARY && (e->op == TOK_AND_AND || e->op == TOK_OR_OR)) {
        both(f, e, when, label);
        return;
    }
    if (zero_test(f, e, when, label)) {
        return;
    }
    const uint32_t mark = plc_mark(f);
    const plc_val v = plc_expr_as(f, e, plc_type_simple(f->p, TY_BOOL), PLC_NOWHERE);
    f->loc = e->loc;
    if (v.kind == VAL_CONST) {
        if (pl_u256_is_zero(&v.nums->mag) != when) {
            plc_jump(f, label);
        }
    } else if (v.type != NULL) {
        plc_jump_if(f, v.reg, when, label);
    }
    plc_release(f, mark);
}

static plc_val short_circuit(plc_fn *f, const plc_expr *e)
{
    const plc_type *type = plc_type_simple(f->p, TY_BOOL);
    if (f->constant_only) {
        const plc_num *a;
        const plc_num *b;
        if (!plc_const_value(f, e->a, type, &a) || !plc_const_value(f, e->b, type, &b)) {
            return plc_val_error();
        }
        const bool x = !pl_u256_is_zero(&a->mag);
        const bool y = !pl_u256_is_zero(&b->mag);
        return plc_val_bool(f, e->op == TOK_AND_AND ? x && y : x || y);
    }
    const uint16_t reg = plc_reg(f, false);
    const uint32_t end = plc_label_new(f);
    plc_expr_into(f, e->a, type, reg);
    f->loc = e->loc;
    plc_jump_if(f, reg, e->op == TOK_OR_OR, end);
    plc_expr_into(f, e->b, type, reg);
    plc_label_place(f, end);
    return plc_val_reg(type, reg);
}

static plc_val conditional(plc_fn *f, const plc_expr *e, const plc_type *hint, uint16_t to)
{
    const plc_type *type = plc_type_of(f, e->b, hint);
    const plc_type *other = plc_type_of(f, e->c, hint);
    if (type == NULL) {
        type = other != NULL  ? other
               : hint != NULL ? plc_base(hint)
                              : plc_type_int(f->p, false, 256);
    } else if (other != NULL && plc_can_widen(type, other)) {
        type = other;
    }
    if (f->constant_only) {
        const plc_num *c;
        if (!plc_const_value(f, e->a, plc_type_simple(f->p, TY_BOOL), &c)) {
            return plc_val_error();
        }
        return plc_expr_as(f, pl_u256_is_zero(&c->mag) ? e->c : e->b, type, to);
    }
    const uint32_t end = plc_label_new(f);
    const uint32_t no = plc_label_new(f);
    const bool use_to = to != PLC_NOWHERE && type->leaf_count == 1 &&
                        plc_reg_wide(f, to) == plc_is_wide(plc_leaf(type, 0));
    const uint16_t reg = use_to ? to : plc_regs(f, type);
    plc_condition(f, e->a, false, no);
    plc_expr_into(f, e->b, type, reg);
    plc_jump(f, end);
    plc_label_place(f, no);
    plc_expr_into(f, e->c, type, reg);
    plc_label_place(f, end);
    return plc_val_reg(type, reg);
}

/* ---- composed values ---- */

/* A value of several leaves, built in registers; a constant when every part is one. */
static plc_val constant_or_regs(const plc_type *type, const plc_num *nums, bool all_const,
                                uint16_t reg)
{
    if (all_const) {
        return (plc_val){.type = type, .kind = VAL_CONST, .nums = nums};
    }
    return plc_val_reg(type, reg);
}

static bool is_constant_expr(plc_fn *f, const plc_expr *e, const plc_type *want,
                             const plc_num **nums)
{
    if (f->constant_only) {
        return plc_const_value(f, e, want, nums);
    }
    plc_fn g;
    plc_fn_begin(&g, f->p, f->unit);
    f->p->mute++;
    /* Names of locals are not known to g; hide those that would resolve otherwise. */
    g.locals = f->locals;
    g.local_count = f->local_count;
    g.floor = f->floor;
    g.wide = f->wide;
    g.used = f->used;
    g.register_count = f->register_count;
    g.expansion = f->expansion;
    const bool ok = plc_const_value(&g, e, want, nums);
    plc_release(&g, 0);
    f->p->mute--;
    return ok && !g.full;
}

/* Writes the leaves of element `at` of an array: leaf k stands at base + k * count + at. */
static void scatter(plc_fn *f, uint16_t base, uint32_t count, uint32_t at, plc_val v)
{
    for (uint32_t k = 0; v.type != NULL && k < v.type->leaf_count; k++) {
        const plc_val leaf =
            v.kind == VAL_CONST
                ? (plc_val){.type = plc_leaf(v.type, k), .kind = VAL_CONST, .nums = v.nums + k}
                : plc_val_reg(plc_leaf(v.type, k), (uint16_t)(v.reg + k));
        plc_into(f, (uint16_t)(base + k * count + at), leaf);
    }
}

static plc_val array_value(plc_fn *f, const plc_expr *e, const plc_type *hint)
{
    const plc_type *element = NULL;
    uint64_t count = e->list.count;
    if (hint != NULL && hint->kind == TY_ARRAY) {
        element = hint->base;
    } else if (e->kind == EX_REPEAT || e->list.count > 0) {
        element = plc_type_of(f, e->kind == EX_REPEAT ? e->a : e->list.at[0], NULL);
    }
    element = element == NULL ? plc_type_int(f->p, false, 256) : element;
    if (e->kind == EX_REPEAT) {
        const plc_num *n;
        if (!plc_const_value(f, e->b, plc_type_int(f->p, false, 64), &n) ||
            !plc_num_small(n, &count)) {
            return plc_val_error();
        }
    }
    if (count == 0 || count > PL_REGISTERS_MAX || count * element->leaf_count > PL_REGISTERS_MAX) {
        plc_error(f->p, e->loc, NULL, "an array has 1 to %u scalar parts", PL_REGISTERS_MAX);
        return plc_val_error();
    }
    const plc_type *type = plc_type_array(f->p, element, (uint32_t)count);
    plc_num *nums = plc_take(f->p, type->leaf_count * sizeof *nums);
    bool all = true;
    for (uint32_t i = 0; i < count && all; i++) {
        const plc_num *n;
        all = is_constant_expr(f, e->kind == EX_REPEAT ? e->a : e->list.at[i], element, &n);
        for (uint32_t k = 0; all && k < element->leaf_count; k++) {
            nums[k * count + i] = n[k];
        }
    }
    if (!all && f->constant_only) {
        return plc_val_error();
    }
    const uint16_t reg = all ? 0 : plc_regs(f, type);
    for (uint32_t i = 0; i < count && !all; i++) {
        const uint32_t mark = plc_mark(f);
        const plc_val v = plc_expr_as(f, e->kind == EX_REPEAT ? e->a : e->list.at[i], element,
                                      element->leaf_count == 1 ? (uint16_t)(reg + i) : PLC_NOWHERE);
        scatter(f, reg, (uint32_t)count, i, v);
        for (uint32_t j = 1; e->kind == EX_REPEAT && j < count; j++) { /* evaluated once */
            scatter(f, reg, (uint32_t)count, j, v);
        }
        plc_release(f, mark);
        if (e->kind == EX_REPEAT) {
            break;
        }
    }
    return constant_or_regs(type, nums, all, reg);
}

static const plc_type *struct_type(plc_fn *f, const plc_expr *name)
{
    plc_str path = name->text;
    for (const plc_expr *e = name; e->kind == EX_MEMBER; e = e->a) {
        path = e == name ? e->text : path;
        path = plc_print(f->p, "%.*s.%.*s", PLC_FMT(e->a->text), PLC_FMT(path));
    }
    const plc_type_expr t = {.loc = name->loc, .name = path};
    const plc_type *type = plc_resolve(f->p, f->unit, &t);
    if (type != NULL && type->kind != TY_STRUCT) {
        plc_error(f->p, name->loc, NULL, "%.*s is not a struct", PLC_FMT(type->name));
        return NULL;
    }
    return type;
}

/* Where field i of the type is given in the literal, or UINT32_MAX. */
static uint32_t given_at(const plc_expr *e, plc_str name)
{
    for (uint32_t i = 0; i < e->names.count; i++) {
        if (plc_same(e->names.at[i], name)) {
            return i;
        }
    }
    return UINT32_MAX;
}

static bool check_struct_names(plc_fn *f, const plc_expr *e, const plc_type *type)
{
    bool ok = true;
    for (uint32_t i = 0; i < e->names.count; i++) {
        if (plc_member_of(&type->members, e->names.at[i]) == NULL) {
            plc_near near = plc_near_begin(e->names.at[i]);
            for (uint32_t k = 0; k < type->members.count; k++) {
                plc_near_add(&near, type->members.at[k].name);
            }
            plc_error(f->p, e->names.loc[i], plc_near_help(f->p, &near), "%.*s has no field `%.*s`",
                      PLC_FMT(type->name), PLC_FMT(e->names.at[i]));
            ok = false;
        } else if (given_at(e, e->names.at[i]) != i) {
            plc_error(f->p, e->names.loc[i], NULL, "`%.*s` appears twice", PLC_FMT(e->names.at[i]));
            ok = false;
        }
    }
    for (uint32_t k = 0; k < type->members.count; k++) {
        const plc_member *m = &type->members.at[k];
        if (given_at(e, m->name) == UINT32_MAX && (type->table == NULL || m->value == NULL)) {
            plc_error(f->p, e->loc, NULL, "the field `%.*s` is missing", PLC_FMT(m->name));
            ok = false;
        }
    }
    return ok;
}

/* A field's value goes to the row's width: a narrow register for `T in u64`. */
static void field_into(plc_fn *f, const plc_expr *e, const plc_type *type, uint16_t slot)
{
    const uint32_t mark = plc_mark(f);
    if (type->kind == TY_NARROWED && plc_is_wide(type->base) && !plc_is_wide(type)) {
        const plc_val v = plc_expr_as(f, e, type->base, PLC_NOWHERE);
        const uint16_t wide = plc_in_reg(f, v);
        plc_op(f, PL_OP_NARROW, slot, wide, 0, 0, 0);
    } else {
        plc_expr_into(f, e, type, slot);
    }
    plc_release(f, mark);
}

static plc_val struct_value(plc_fn *f, const plc_expr *e)
{
    const plc_type *type = struct_type(f, e->a);
    if (type == NULL || !check_struct_names(f, e, type)) {
        return plc_val_error();
    }
    plc_num *nums = plc_take(f->p, type->leaf_count * sizeof *nums);
    bool all = true;
    for (uint32_t k = 0; k < type->members.count && all; k++) {
        const plc_member *m = &type->members.at[k];
        const uint32_t at = given_at(e, m->name);
        const plc_num *n = m->value;
        all = at == UINT32_MAX || is_constant_expr(f, e->list.at[at], plc_base(m->type), &n);
        for (uint32_t i = 0; all && i < m->type->leaf_count; i++) {
            nums[m->leaf + i] = n[i];
            all = m->type->kind != TY_NARROWED || at == UINT32_MAX;
        }
    }
    if (all) {
        return constant_or_regs(type, nums, true, 0);
    }
    if (f->constant_only) {
        return plc_val_error();
    }
    const uint16_t reg = plc_regs(f, type);
    for (uint32_t i = 0; i < e->list.count; i++) {
        const plc_member *m = plc_member_of(&type->members, e->names.at[i]);
        field_into(f, e->list.at[i], m->type, (uint16_t)(reg + m->leaf));
    }
    for (uint32_t k = 0; k < type->members.count; k++) {
        const plc_member *m = &type->members.at[k];
        if (given_at(e, m->name) == UINT32_MAX) {
            plc_into(f, (uint16_t)(reg + m->leaf),
                     (plc_val){.type = m->type, .kind = VAL_CONST, .nums = m->value});
        }
    }
    return plc_val_reg(type, reg);
}

/* ---- environment ---- */

static plc_val environment(plc_fn *f, const plc_expr *e, uint16_t to)
{
    static const struct {
        const char *name;
        pl_op op;
        uint8_t type; /* 0 account, 1 u32, 2 time, 3 u64 */
    } rows[] = {{"caller", PL_OP_CALLER, 0},
                {"self", PL_OP_SELFACCT, 0},
                {"self_number", PL_OP_SELF, 1},
                {"now", PL_OP_TIME, 2},
                {"height", PL_OP_HEIGHT, 3}};
    const plc_type *types[] = {plc_type_simple(f->p, TY_ACCOUNT), plc_type_int(f->p, false, 32),
                               plc_type_simple(f->p, TY_TIME), plc_type_int(f->p, false, 64)};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (plc_is(e->text, rows[i].name)) {
            const plc_type *type = types[rows[i].type];
            const bool wide = plc_is_wide(type);
            if (f->decl != NULL && f->decl->effect == 0 && !f->constant_only) {
                plc_error(f->p, e->loc, "declare the function `view`",
                          "a pure function does not see `%.*s`", PLC_FMT(e->text));
            }
            const uint16_t reg =
                to != PLC_NOWHERE && plc_reg_wide(f, to) == wide ? to : plc_reg(f, wide);
            plc_op(f, rows[i].op, reg, 0, 0, 0, 0);
            return plc_val_reg(type, reg);
        }
    }
    plc_error(f->p, e->loc, "write oracle.price<8>(feed) or oracle.info(feed)",
              "`oracle` is not a value");
    return plc_val_error();
}

/* ---- the walk ---- */

static plc_val load_value(plc_fn *f, const plc_expr *e)
{
    plc_place place;
    if (!plc_place_of(f, e->a, &place)) {
        return plc_val_error();
    }
    if (place.root != ROOT_STORED || !place.is_row) {
        plc_error(f->p, e->loc, "write load t[key]", "`load` takes a row of a table");
        return plc_val_error();
    }
    return plc_place_read(f, &place, e->loc, PLC_NOWHERE);
}

static plc_val number_value(plc_fn *f, const plc_expr *e)
{
    plc_num n;
    const plc_type *type;
    if (!plc_number(f->p, f->unit, e->text, e->loc, &n, &type)) {
        return plc_val_error();
    }
    return type == NULL ? plc_val_bare(f, n) : plc_val_const(f, type, n);
}

static plc_val path_value(plc_fn *f, const plc_expr *e, uint16_t to)
{
    plc_place place;
    if (!plc_place_of(f, e, &place)) {
        return plc_val_error();
    }
    if (place.root == ROOT_STORED && place.is_row) {
        plc_error(f->p, e->loc, "write `load ..` for the whole row, or name a field",
                  "a row is not a value by itself");
        return plc_val_error();
    }
    f->loc = e->loc;
    return plc_place_read(f, &place, e->loc, to);
}

plc_val plc_expr_value(plc_fn *f, const plc_expr *e, const plc_type *hint, uint16_t to)
{
    f->loc = e->loc;
    plc_num n;
    switch (e->kind) {
    case EX_NUMBER:
        return number_value(f, e);
    case EX_SYMBOL:
        if (!plc_symbol_number(f->p, e->text, e->loc, &n)) {
            return plc_val_error();
        }
        return plc_val_const(f, plc_type_simple(f->p, TY_SYMBOL), n);
    case EX_BOOL:
        return plc_val_bool(f, e->op != 0);
    case EX_NAME:
    case EX_MEMBER:
    case EX_INDEX:
        return path_value(f, e, to);
    case EX_ENV:
        return environment(f, e, to);
    case EX_CALL:
        return plc_call(f, e, hint, to);
    case EX_UNARY:
        return plc_unary(f, e, hint, to);
    case EX_BINARY:
        if (e->op == TOK_AND_AND || e->op == TOK_OR_OR) {
            return short_circuit(f, e);
        }
        return plc_binary(f, e, hint, to);
    case EX_COND:
        return conditional(f, e, hint, to);
    case EX_CAST: {
        const plc_type *type = plc_resolve(f->p, f->unit, e->type);
        const plc_val v = plc_expr_value(f, e->a, NULL, PLC_NOWHERE);
        f->loc = e->loc;
        return type == NULL ? plc_val_error() : plc_cast(f, v, type, e->loc, to);
    }
    case EX_STRUCT:
        return struct_value(f, e);
    case EX_ARRAY:
    case EX_REPEAT:
        return array_value(f, e, hint);
    case EX_LOAD:
        return load_value(f, e);
    }
    return plc_val_error();
}

plc_val plc_expr_as(plc_fn *f, const plc_expr *e, const plc_type *want, uint16_t to)
{
    return plc_as(f, plc_expr_value(f, e, want, to), want, e->loc);
}

void plc_expr_into(plc_fn *f, const plc_expr *e, const plc_type *want, uint16_t to)
{
    const uint32_t mark = plc_mark(f);
    const bool scalar = plc_is_scalar(want);
    const plc_val v = plc_expr_as(f, e, want, scalar ? to : PLC_NOWHERE);
    plc_into(f, to, v);
    plc_release(f, mark);
}
