/* Calls: functions, expansion of small ones, other contracts, lists. spec 07 §7 */
#include "tools/plc/program.h"

/* Nodes of one expanded body, its depth, and nodes in all that one function and the program may
 * take in: thousands of functions that call each other must not take minutes. */
enum {
    EXPAND_COST_MAX = 60,
    EXPAND_DEPTH_MAX = 6,
    EXPAND_TOTAL_MAX = 600,
    EXPAND_PROGRAM_MAX = 150000
};

static bool check_count(plc_fn *f, const plc_members *m, const plc_exprs *list, plc_loc loc,
                        plc_str name)
{
    if (list->count != m->count) {
        plc_error(f->p, loc, NULL, "`%.*s` takes %u argument%s, not %u", PLC_FMT(name), m->count,
                  m->count == 1 ? "" : "s", list->count);
        return false;
    }
    return true;
}

/* Evaluates arguments into neighbouring registers and returns the first. */
uint16_t plc_arguments(plc_fn *f, const plc_members *m, const plc_exprs *list, plc_loc loc,
                       plc_str name, bool *ok)
{
    uint16_t base = 0;
    *ok = check_count(f, m, list, loc, name);
    if (!*ok || list->count == 0 || plc_consecutive(f, m, list, &base)) {
        return base;
    }
    if (list->count == 1) {
        return plc_in_reg(f, plc_expr_as(f, list->at[0], m->at[0].type, PLC_NOWHERE));
    }
    base = plc_regs_members(f, m, NULL);
    uint16_t slot = base;
    for (uint32_t i = 0; i < list->count; i++) {
        plc_expr_into(f, list->at[i], m->at[i].type, slot);
        slot = (uint16_t)(slot + m->at[i].type->leaf_count);
    }
    return base;
}

/* ---- expansion ---- */

static bool may_expand(const plc_fn *f, const plc_function *d)
{
    return d->effect == 0 && d->cost <= EXPAND_COST_MAX && !d->in_use &&
           f->expansion < EXPAND_DEPTH_MAX && f->expanded + d->cost <= EXPAND_TOTAL_MAX &&
           f->g->expanded < EXPAND_PROGRAM_MAX && d->results.count <= 1 && !f->constant_only;
}

static plc_val expand_body(plc_fn *f, plc_function *d, uint16_t to)
{
    const plc_stmts *body = &d->item->body;
    plc_val v = plc_val_void(f);
    for (uint32_t i = 0; i < body->count; i++) {
        const plc_stmt *s = body->at[i];
        if (s->kind == ST_RETURN) {
            if (d->results.count == 1 && s->list.count == 1) {
                v = plc_expr_as(f, s->list.at[0], d->results.at[0].type, to);
            }
            break;
        }
        plc_statement(f, s);
    }
    return v;
}

/* Writes the callee's body here. Its names are its own; nothing it does can touch the caller's. */
static plc_val expand(plc_fn *f, plc_function *d, const plc_expr *e, uint16_t to)
{
    const uint32_t mark = plc_mark(f);
    plc_local *arguments = plc_take(f->p, (d->parameters.count + 1) * sizeof *arguments);
    for (uint32_t i = 0; i < d->parameters.count; i++) {
        const plc_member *m = &d->parameters.at[i];
        plc_val v = plc_expr_as(f, e->list.at[i], m->type, PLC_NOWHERE);
        v.is_stable = true;
        arguments[i] = (plc_local){.name = m->name, .loc = m->loc, .value = v};
    }
    plc_unit *unit = f->unit;
    const uint32_t floor = f->floor;
    const uint32_t locals = f->local_count;
    const uint32_t on_break = f->break_label;
    f->unit = d->unit;
    f->floor = locals;
    f->break_label = UINT32_MAX;
    f->expansion++;
    f->expanded += d->cost;
    d->in_use = true;
    for (uint32_t i = 0; i < d->parameters.count; i++) {
        *PLC_PUSH(f->p, f->locals, f->local_count) = arguments[i];
    }
    plc_val v = expand_body(f, d, to);
    d->in_use = false;
    f->expansion--;
    f->unit = unit;
    f->floor = floor;
    f->local_count = locals;
    f->break_label = on_break;
    if (f->expansion == 0) { /* what a call gives is no constant: see plc_at_run_time */
        v = plc_val_loaded(f, v);
    }
    v.is_stable = false;
    if (v.kind == VAL_REG) {
        plc_release_keep(f, mark, v.reg, v.type->leaf_count);
    } else {
        plc_release(f, mark);
    }
    return v;
}

/* ---- functions of this program ---- */

static uint16_t result_regs(plc_fn *f, const plc_members *results, uint16_t to)
{
    if (to != PLC_NOWHERE && results->count == 1 && plc_is_scalar(results->at[0].type) &&
        plc_reg_wide(f, to) == plc_is_wide(results->at[0].type)) {
        return to;
    }
    return plc_regs_members(f, results, NULL);
}

static bool may_call(plc_fn *f, const plc_function *d, plc_loc loc)
{
    static const char *const words[] = {"pure", "view", "tx"};
    if (f->constant_only) {
        plc_error(f->p, loc, NULL, "the value is not a constant");
        return false;
    }
    if (f->decl != NULL && d->effect > f->decl->effect) {
        plc_error(f->p, loc,
                  plc_print(f->p, "declare the calling function `%s`", words[d->effect]).text,
                  "a %s function cannot call the %s function `%.*s`", words[f->decl->effect],
                  words[d->effect], PLC_FMT(d->name));
        return false;
    }
    return true;
}

static plc_val call_function(plc_fn *f, plc_function *d, const plc_expr *e, uint16_t to,
                             uint16_t *base)
{
    bool ok;
    if (!may_call(f, d, e->loc)) {
        return plc_val_error();
    }
    if (base == NULL && may_expand(f, d)) {
        return check_count(f, &d->parameters, &e->list, e->loc, d->name) ? expand(f, d, e, to)
                                                                         : plc_val_error();
    }
    const uint32_t mark = plc_mark(f);
    const uint16_t arguments = plc_arguments(f, &d->parameters, &e->list, e->loc, d->name, &ok);
    plc_release(f, mark);
    if (!ok) {
        return plc_val_error();
    }
    const uint16_t results = d->results.count == 0 ? 0 : result_regs(f, &d->results, to);
    f->loc = e->loc;
    plc_op(f, PL_OP_CALL, arguments, d->id, results, 0, 0);
    if (base != NULL) {
        *base = results;
    }
    return d->results.count == 1 ? plc_val_reg(d->results.at[0].type, results) : plc_val_void(f);
}

/* ---- other contracts ---- */

static bool same_members(const plc_members *a, const plc_members *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->at[i].type != b->at[i].type) {
            return false;
        }
    }
    return true;
}

static uint32_t import_of(plc_fn *f, plc_method *m, plc_str interface, plc_loc loc)
{
    plc_program *g = f->g;
    for (uint32_t i = 0; i < g->import_count; i++) {
        const plc_method *o = g->imports[i].method;
        if (o == m) {
            return i;
        }
        if (plc_same(o->name, m->name)) {
            if (o->effect == m->effect && same_members(&o->parameters, &m->parameters) &&
                same_members(&o->results, &m->results)) {
                return i;
            }
            plc_error(f->p, loc, "a contract calls one form of a name: give them different names",
                      "`%.*s` of %.*s differs from that of %.*s", PLC_FMT(m->name),
                      PLC_FMT(interface), PLC_FMT(g->imports[i].interface));
            return i;
        }
    }
    *PLC_PUSH(f->p, g->imports, g->import_count) = (plc_import){m, interface};
    return g->import_count - 1;
}

static bool method_effect(plc_fn *f, const plc_method *m, plc_loc loc)
{
    if (f->decl != NULL && (f->decl->effect == 0 || f->decl->effect < m->effect)) {
        plc_error(f->p, loc,
                  m->effect == 2 ? "declare the function `tx`" : "declare the function `view`",
                  "a %s function cannot call `%.*s` of another contract",
                  f->decl->effect == 0 ? "pure" : "view", PLC_FMT(m->name));
        return false;
    }
    return true;
}

bool plc_foreign_of(plc_fn *f, const plc_expr *e, plc_foreign *call, bool *ok)
{
    *ok = false;
    if (e->kind != EX_CALL || e->a->kind != EX_MEMBER || f->constant_only) {
        return false;
    }
    const plc_type *type = plc_type_of(f, e->a->a, NULL);
    if (type == NULL || type->kind != TY_CONTRACT) {
        return false;
    }
    plc_method *m = NULL;
    plc_near near = plc_near_begin(e->a->text);
    for (uint32_t i = 0; i < type->method_count; i++) {
        m = plc_same(type->methods[i].name, e->a->text) ? &type->methods[i] : m;
        plc_near_add(&near, type->methods[i].name);
    }
    if (m == NULL) {
        plc_error(f->p, e->a->loc, plc_near_help(f->p, &near), "%.*s has no function `%.*s`",
                  PLC_FMT(type->name), PLC_FMT(e->a->text));
        return true;
    }
    const plc_val target = plc_expr_as(f, e->a->a, type, PLC_NOWHERE);
    call->method = m;
    call->target = plc_in_reg(f, target);
    call->import = import_of(f, m, type->name, e->a->loc);
    call->arguments = plc_arguments(f, &m->parameters, &e->list, e->loc, m->name, ok);
    *ok = *ok && method_effect(f, m, e->a->loc);
    f->loc = e->loc;
    return true;
}

static bool foreign_call(plc_fn *f, const plc_expr *e, uint16_t to, plc_val *out, uint16_t *base)
{
    plc_foreign call;
    bool ok;
    const uint32_t mark = plc_mark(f);
    if (!plc_foreign_of(f, e, &call, &ok)) {
        return false;
    }
    plc_release(f, mark);
    if (!ok) {
        *out = plc_val_error();
        return true;
    }
    const plc_members *results = &call.method->results;
    const uint16_t reg = results->count == 0 ? 0 : result_regs(f, results, to);
    plc_op(f, PL_OP_XCALL, call.target, call.import, call.arguments, reg, 0);
    if (base != NULL) {
        *base = reg;
    }
    *out = results->count == 1 ? plc_val_reg(results->at[0].type, reg) : plc_val_void(f);
    return true;
}

/* ---- values of several results ---- */

static plc_function *named_function(plc_fn *f, const plc_expr *e)
{
    plc_item *item = plc_item_of(f, e->a, SPACE_FUNCTION);
    return item == NULL ? NULL : item->decl;
}

/* The results of a call as values; 0 after an error or when e has none. */
uint32_t plc_call_many(plc_fn *f, const plc_expr *e, plc_val **values)
{
    uint16_t base = 0;
    const plc_members *results = NULL;
    if (e->kind == EX_CALL) {
        plc_function *d = named_function(f, e);
        if (d != NULL) {
            results = &d->results;
            if (call_function(f, d, e, PLC_NOWHERE, &base).type == NULL) {
                return 0;
            }
        } else {
            plc_val v;
            plc_foreign call;
            bool ok;
            f->p->mute++;
            const bool was_dead = f->dead;
            const bool was_full = f->full;
            const uint32_t mark = plc_mark(f);
            f->dead = true;
            const bool is_foreign = plc_foreign_of(f, e, &call, &ok);
            plc_release(f, mark);
            f->dead = was_dead;
            f->full = was_full;
            f->p->mute--;
            if (is_foreign && foreign_call(f, e, PLC_NOWHERE, &v, &base)) {
                results = ok ? &call.method->results : NULL;
                if (v.type == NULL || results == NULL) {
                    return 0;
                }
            }
        }
    }
    if (results == NULL) {
        plc_error(f->p, e->loc, NULL, "only a call of a function gives several values");
        return 0;
    }
    *values = plc_take(f->p, (results->count + 1) * sizeof **values);
    for (uint32_t i = 0; i < results->count; i++) {
        (*values)[i] = plc_val_reg(results->at[i].type, base);
        base = (uint16_t)(base + results->at[i].type->leaf_count);
    }
    return results->count;
}

/* ---- the call expression ---- */

/* T.raw(n) */
static bool raw_of_type(plc_fn *f, const plc_expr *e, uint16_t to, plc_val *out)
{
    if (e->a->kind != EX_MEMBER || !plc_is(e->a->text, "raw")) {
        return false;
    }
    const plc_type *type = plc_type_in_expr(f, e->a->a);
    if (type == NULL) {
        return false;
    }
    const bool takes = type->kind == TY_SCALED || type->kind == TY_BITS ||
                       type->kind == TY_ACCOUNT || type->kind == TY_BYTES32 ||
                       type->kind == TY_SYMBOL;
    *out = plc_val_error();
    if (!takes || e->list.count != 1) {
        plc_error(f->p, e->a->loc, NULL,
                  "raw makes a scaled type, bit field, account or bytes32 "
                  "of one integer");
        return true;
    }
    const uint32_t mark = plc_mark(f);
    plc_val v = plc_expr_value(f, e->list.at[0], NULL, PLC_NOWHERE);
    if (v.type == NULL) {
        return true;
    }
    if (v.kind == VAL_CONST && v.type->kind == TY_INT && plc_fits(v.nums, type)) {
        *out = plc_val_const(f, type, *v.nums);
        return true;
    }
    const plc_type *integer = plc_type_int(f->p, type->is_signed, 256);
    v = plc_as(f, v, integer, e->list.at[0]->loc);
    if (v.type == NULL) {
        return true;
    }
    v.reg = plc_in_reg(f, v);
    v.kind = VAL_REG;
    f->loc = e->loc;
    *out = type->size == 32 ? plc_val_reg(type, v.reg) : plc_narrow_to(f, v, type, to);
    out->is_stable = v.is_stable && out->reg == v.reg;
    plc_release_keep(f, mark, out->reg, 1);
    return true;
}

/* Model(n): a contract of a number. */
static bool contract_of_number(plc_fn *f, const plc_expr *e, plc_val *out)
{
    const plc_type *type = plc_type_in_expr(f, e->a);
    if (type == NULL) {
        return false;
    }
    *out = plc_val_error();
    if (type->kind != TY_CONTRACT || e->list.count != 1) {
        plc_error(f->p, e->loc,
                  type->kind == TY_STRUCT ? "write Name { field: value }" : "write `x as T`",
                  "%.*s is not called", PLC_FMT(type->name));
        return true;
    }
    plc_val v = plc_expr_as(f, e->list.at[0], plc_type_int(f->p, false, 32), PLC_NOWHERE);
    if (v.type != NULL) {
        v.type = type;
        *out = v;
    }
    return true;
}

static plc_val oracle_call(plc_fn *f, const plc_expr *e, uint16_t to)
{
    const plc_type *u32 = plc_type_int(f->p, false, 32);
    const plc_expr *name = e->a;
    const bool is_price = plc_is(name->text, "price");
    uint32_t scale = 0;
    if (is_price && name->targ_count == 1 && name->targs[0]->number.size > 0 &&
        name->targs[0]->number.size < 3) {
        for (uint32_t i = 0; i < name->targs[0]->number.size; i++) {
            scale = scale * 10 + (uint32_t)(name->targs[0]->number.text[i] - '0');
        }
    } else if (is_price || !plc_is(name->text, "info")) {
        plc_error(f->p, name->loc, "write oracle.price<8>(feed) or oracle.info(feed)",
                  is_price ? "a price has decimals" : "the oracle has no such function");
        return plc_val_error();
    }
    if (e->list.count != 1 || scale > 77) {
        plc_error(f->p, e->loc, NULL, "the oracle is asked for one feed and at most 77 decimals");
        return plc_val_error();
    }
    if (f->constant_only || (f->decl != NULL && f->decl->effect == 0)) {
        plc_error(f->p, e->loc, "declare the function `view`", "a pure function sees no prices");
        return plc_val_error();
    }
    const uint32_t mark = plc_mark(f);
    const uint16_t feed = plc_in_reg(f, plc_expr_as(f, e->list.at[0], u32, PLC_NOWHERE));
    plc_release(f, mark);
    f->loc = e->loc;
    if (!is_price) {
        const plc_type *info = plc_type_oracle_info(f->p);
        const uint16_t reg = plc_regs(f, info);
        plc_op(f, PL_OP_PRICEINFO, reg, feed, 0, 0, 0);
        return plc_val_reg(info, reg);
    }
    const uint16_t reg = to != PLC_NOWHERE && plc_reg_wide(f, to) ? to : plc_reg(f, true);
    plc_op(f, PL_OP_PRICE, reg, feed, 0, 0, scale);
    return plc_val_reg(plc_type_scaled(f->p, MEASURE_PRICE, false, scale, PLC_STR(""), 32), reg);
}

static plc_val unknown_function(plc_fn *f, const plc_expr *e)
{
    plc_near near = plc_near_begin(e->a->text);
    plc_near_items(&near, f->unit, SPACE_FUNCTION);
    plc_near_builtins(&near);
    const char *help = plc_near_help(f->p, &near);
    if (plc_is(e->a->text, "mul") || plc_is(e->a->text, "div") || plc_is(e->a->text, "muldiv") ||
        plc_is(e->a->text, "mulDiv") || plc_is(e->a->text, "ratio")) {
        help = "name the rounding: mul_down, mul_half_up, div_up, muldiv_down, ratio_down ..";
    }
    if (e->a->kind == EX_NAME || e->a->kind == EX_MEMBER) {
        plc_error(f->p, e->a->loc, help, "there is no function `%.*s`", PLC_FMT(e->a->text));
    } else {
        plc_error(f->p, e->loc, NULL, "this cannot be called");
    }
    return plc_val_error();
}

plc_val plc_call(plc_fn *f, const plc_expr *e, const plc_type *hint, uint16_t to)
{
    plc_val v = plc_val_error();
    if (e->a->kind == EX_MEMBER && e->a->a->kind == EX_ENV && plc_is(e->a->a->text, "oracle")) {
        return oracle_call(f, e, to);
    }
    plc_function *d = named_function(f, e);
    if (d == NULL && f->constant_only && plc_item_of(f, e->a, SPACE_FUNCTION) != NULL) {
        plc_error(f->p, e->loc, NULL, "the value is not a constant");
        return v;
    }
    if (d != NULL) {
        v = call_function(f, d, e, to, NULL);
        if (v.type != NULL && d->results.count > 1) {
            plc_error(f->p, e->loc, "write let (a, b) = ..;", "`%.*s` gives %u values",
                      PLC_FMT(d->name), d->results.count);
            return plc_val_error();
        }
        return v;
    }
    if (e->a->kind == EX_NAME && plc_local_find(f, e->a->text) == NULL &&
        (plc_fixed(f, e, hint, to, &v) || plc_builtin(f, e, hint, to, &v))) {
        return v;
    }
    if (raw_of_type(f, e, to, &v) || contract_of_number(f, e, &v) ||
        plc_method_call(f, e, to, &v)) {
        return v;
    }
    if (foreign_call(f, e, to, &v, NULL)) {
        return v;
    }
    return unknown_function(f, e);
}
