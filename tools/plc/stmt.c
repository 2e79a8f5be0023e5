/* Statements. spec 07 §6 */
#include "tools/plc/program.h"

/* ---- locals ---- */

enum { NAMES_MAX = 4096 };

static void name_symbols(plc_fn *f, plc_str name, const plc_val *v)
{
    if (!f->second || f->expansion > 0 || v->kind != VAL_REG || f->p->no_symbols) {
        return;
    }
    for (uint32_t k = 0; k < v->type->leaf_count && f->symbol_count < 4000; k++) {
        const plc_type *leaf = plc_leaf(v->type, k);
        const bool shows = leaf->kind == TY_SCALED || leaf->kind == TY_NARROWED;
        const plc_symbol s = {(uint16_t)(v->reg + k), plc_leaf_name(f->p, name, v->type, k),
                              shows ? plc_base(leaf)->name : PLC_STR("")};
        if (s.name.size <= PL_NAME_SIZE_MAX) {
            *PLC_PUSH(f->p, f->symbols, f->symbol_count) = s;
        }
    }
}

void plc_local_add(plc_fn *f, plc_str name, plc_loc loc, plc_val v, bool is_var)
{
    if (plc_is(name, "_") || name.size == 0) {
        return;
    }
    if (f->local_count - f->floor >= NAMES_MAX) { /* each is compared with all others */
        if (!f->full) {
            plc_error(f->p, loc, "move a part to another function",
                      "more than %u names are visible here", NAMES_MAX);
        }
        f->full = true;
        return;
    }
    const plc_local *known = plc_local_find(f, name);
    if (known != NULL) {
        plc_error(f->p, loc, "choose another name", "`%.*s` is already a local, of line %u",
                  PLC_FMT(name), plc_line(f->p, known->loc));
    } else if (f->expansion == 0 && plc_find(f->p, f->unit, SPACE_VALUE, name) != NULL) {
        plc_error(f->p, loc, "choose another name",
                  "`%.*s` is already a const, param, table, state, list or import", PLC_FMT(name));
    }
    if (v.type != NULL) {
        name_symbols(f, name, &v);
    }
    v.is_stable = !is_var;
    *PLC_PUSH(f->p, f->locals, f->local_count) =
        (plc_local){.name = name, .loc = loc, .value = v, .is_var = is_var};
}

/* Was the register taken since the mark? Then nobody else has it. */
static bool owned(const plc_fn *f, uint32_t mark, uint16_t reg)
{
    for (uint32_t i = mark; i < f->live_count; i++) {
        if (reg >= f->live[i].base && reg < f->live[i].base + f->live[i].count) {
            return true;
        }
    }
    return false;
}

/* The value where a local can keep it: constants and other immutable locals need no register of
 * their own, a fresh result is kept where it is, a variable is copied. */
static plc_val settle(plc_fn *f, plc_val v, bool is_var, uint32_t mark)
{
    if (v.type == NULL || v.kind == VAL_NONE) {
        plc_release(f, mark);
        return plc_val_error();
    }
    if (!is_var && (v.kind == VAL_CONST || (v.is_stable && !owned(f, mark, v.reg)))) {
        plc_release(f, mark);
        return v;
    }
    if (v.kind == VAL_REG && owned(f, mark, v.reg)) {
        plc_release_keep(f, mark, v.reg, v.type->leaf_count);
        return v;
    }
    const uint16_t reg = plc_regs(f, v.type);
    plc_into(f, reg, v);
    plc_release_keep(f, mark, reg, v.type->leaf_count);
    return plc_val_reg(v.type, reg);
}

static void let_tuple(plc_fn *f, const plc_stmt *s)
{
    plc_val *values = NULL;
    const uint32_t count = plc_call_many(f, s->value, &values);
    if (count != 0 && count != s->names.count) {
        plc_error(f->p, s->loc, NULL, "the call gives %u values, not %u", count, s->names.count);
    }
    for (uint32_t i = 0; i < s->names.count; i++) {
        const plc_val v = count == s->names.count ? values[i] : plc_val_error();
        plc_local_add(f, s->names.at[i], s->names.loc[i], v, s->is_var);
    }
}

/* Registers that are zero. A frame starts with zeros, so outside loops registers that were never
 * taken before are left alone. */
static plc_val zeroed(plc_fn *f, const plc_type *type)
{
    const uint32_t known = f->register_count;
    const uint16_t reg = plc_regs(f, type);
    if (f->loop_depth > 0 || reg < known) {
        const plc_num *zeros = plc_take(f->p, type->leaf_count * sizeof *zeros);
        plc_into(f, reg, (plc_val){.type = type, .kind = VAL_CONST, .nums = zeros});
    }
    return plc_val_reg(type, reg);
}

static void let_statement(plc_fn *f, const plc_stmt *s)
{
    if (s->is_tuple) {
        let_tuple(f, s);
        return;
    }
    const uint32_t mark = plc_mark(f);
    plc_val v;
    const plc_type *type = NULL;
    if (s->type != NULL) {
        type = plc_resolve(f->p, f->unit, s->type);
        if (type != NULL && s->value == NULL) {
            plc_local_add(f, s->names.at[0], s->names.loc[0], zeroed(f, type), true);
            return;
        }
        v = type == NULL ? plc_val_error() : plc_expr_as(f, s->value, type, PLC_NOWHERE);
    } else {
        v = plc_plain(f, plc_expr_value(f, s->value, NULL, PLC_NOWHERE));
        if (v.type != NULL && v.kind == VAL_NONE) {
            plc_error(f->p, s->value->loc, NULL, "this has no value");
            v = plc_val_error();
        }
    }
    f->loc = s->loc;
    v = settle(f, v, s->is_var, mark);
    plc_local_add(f, s->names.at[0], s->names.loc[0], v, s->is_var);
}

/* ---- assignment ---- */

static plc_tok plain_op(uint8_t op)
{
    static const uint8_t pairs[][2] = {
        {TOK_ADD_SET, TOK_ADD}, {TOK_SUB_SET, TOK_SUB}, {TOK_MUL_SET, TOK_MUL},
        {TOK_MOD_SET, TOK_MOD}, {TOK_AND_SET, TOK_AND}, {TOK_OR_SET, TOK_OR},
        {TOK_XOR_SET, TOK_XOR}, {TOK_SHL_SET, TOK_SHL}, {TOK_SHR_SET, TOK_SHR}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i][0] == op) {
            return (plc_tok)pairs[i][1];
        }
    }
    return TOK_END;
}

/* The register an assignment may compute into, or nowhere. */
static uint16_t direct(const plc_fn *f, const plc_place *place)
{
    if (place->root == ROOT_VALUE && !place->is_indexed && place->bits == NULL &&
        plc_is_scalar(place->type) && place->type->kind != TY_NARROWED && place->nums == NULL) {
        (void)f;
        return (uint16_t)place->base;
    }
    return PLC_NOWHERE;
}

static void assign_tuple(plc_fn *f, const plc_stmt *s)
{
    plc_val *values = NULL;
    const uint32_t mark = plc_mark(f);
    const uint32_t count = plc_call_many(f, s->value, &values);
    if (count != 0 && count != s->from.count) {
        plc_error(f->p, s->loc, NULL, "the call gives %u values, not %u", count, s->from.count);
    }
    for (uint32_t i = 0; i < s->from.count && count == s->from.count; i++) {
        plc_place place;
        const plc_expr *e = s->from.at[i];
        if (e->kind == EX_NAME && plc_is(e->text, "_")) {
            continue;
        }
        if (plc_place_of(f, e, &place) && plc_place_writable(f, &place, e->loc)) {
            plc_place_write(f, &place, plc_as(f, values[i], place.type, e->loc), e->loc);
        }
    }
    plc_release(f, mark);
}

static void assign(plc_fn *f, const plc_stmt *s)
{
    plc_place place;
    const uint32_t mark = plc_mark(f);
    const plc_expr *target = s->from.at[0];
    if (s->is_tuple) {
        assign_tuple(f, s);
        return;
    }
    if (!plc_place_of(f, target, &place) || !plc_place_writable(f, &place, target->loc)) {
        plc_release(f, mark);
        return;
    }
    const plc_type *type = plc_base(place.type);
    plc_val v;
    if (s->op == TOK_SET) {
        v = plc_expr_value(f, s->value, type, direct(f, &place));
    } else {
        const plc_val old = plc_place_read(f, &place, target->loc, PLC_NOWHERE);
        const plc_val by = plc_expr_value(f, s->value, type, PLC_NOWHERE);
        v = plc_binary_values(f, plain_op(s->op), old, by, s->loc, direct(f, &place));
    }
    f->loc = s->loc;
    plc_place_write(f, &place, plc_as(f, v, type, s->value->loc), s->loc);
    plc_release(f, mark);
}

/* ---- control ---- */

static void if_statement(plc_fn *f, const plc_stmt *s)
{
    const uint32_t end = plc_label_new(f);
    const uint32_t no = s->other.count == 0 ? end : plc_label_new(f);
    plc_condition(f, s->value, false, no);
    plc_body(f, &s->body);
    if (s->other.count > 0) {
        if (!f->dead) {
            plc_jump(f, end);
        }
        plc_label_place(f, no);
        plc_body(f, &s->other);
    }
    plc_label_place(f, end);
}

void plc_loop_body(plc_fn *f, const plc_stmts *body, uint32_t on_break, uint32_t on_continue)
{
    const uint32_t outer_break = f->break_label;
    const uint32_t outer_continue = f->continue_label;
    f->break_label = on_break;
    f->continue_label = on_continue;
    f->loop_depth++;
    plc_body(f, body);
    f->loop_depth--;
    f->break_label = outer_break;
    f->continue_label = outer_continue;
}

static void while_statement(plc_fn *f, const plc_stmt *s)
{
    const uint32_t mark = plc_mark(f);
    const uint32_t top = plc_label_new(f);
    const uint32_t spent = plc_label_new(f);
    const uint32_t end = plc_label_new(f);
    const plc_num *max;
    uint64_t rounds = 0;
    const plc_num one = plc_num_u64(1);
    if (!plc_const_value(f, s->limit, plc_type_int(f->p, false, 64), &max) ||
        !plc_num_small(max, &rounds)) {
        return;
    }
    const uint16_t left = plc_reg(f, false);
    f->loc = s->loc;
    plc_load_constant(f, left, max, false);
    plc_label_place(f, top);
    f->loop_depth++;
    plc_condition(f, s->value, false, end);
    f->loc = s->loc;
    plc_jump_if(f, left, false, spent);
    const uint16_t step = plc_constant(f, &one, false);
    f->loop_depth--;
    plc_op(f, PL_OP_NSUB, left, left, step, 0, 0);
    plc_loop_body(f, &s->body, end, top);
    f->loc = s->loc;
    plc_jump(f, top);
    plc_label_place(f, spent);
    plc_op(f, PL_OP_UNREACHABLE, 0, 0, 0, 0, 0);
    plc_label_place(f, end);
    plc_release(f, mark);
}

static void leave_loop(plc_fn *f, const plc_stmt *s)
{
    const uint32_t label = s->kind == ST_BREAK ? f->break_label : f->continue_label;
    if (f->break_label == UINT32_MAX) {
        plc_error(f->p, s->loc, NULL, "this is not inside a loop");
        return;
    }
    plc_jump(f, label);
}

static void return_values(plc_fn *f, const plc_stmt *s, const plc_members *results)
{
    const uint32_t mark = plc_mark(f);
    uint16_t base = 0;
    if (s->list.count == 1 && results->count > 1 && s->list.at[0]->kind == EX_CALL) {
        plc_val *values = NULL;
        const uint32_t count = plc_call_many(f, s->list.at[0], &values);
        bool same = count == results->count;
        for (uint32_t i = 0; same && i < count; i++) {
            same = values[i].type == results->at[i].type;
        }
        if (count != 0 && !same) {
            plc_error(f->p, s->loc, NULL, "the function gives other results than it returns here");
        }
        base = count == 0 ? 0 : values[0].reg;
    } else if (s->list.count != results->count) {
        plc_error(f->p, s->loc, results->count > 1 ? "write return (a, b);" : NULL,
                  "the function gives %u value%s, not %u", results->count,
                  results->count == 1 ? "" : "s", s->list.count);
        return;
    } else if (results->count == 1) {
        base = plc_in_reg(f, plc_expr_as(f, s->list.at[0], results->at[0].type, PLC_NOWHERE));
    } else if (results->count > 1 && !plc_consecutive(f, results, &s->list, &base)) {
        base = plc_regs_members(f, results, NULL);
        uint16_t slot = base;
        for (uint32_t i = 0; i < results->count; i++) {
            plc_expr_into(f, s->list.at[i], results->at[i].type, slot);
            slot = (uint16_t)(slot + results->at[i].type->leaf_count);
        }
    }
    f->loc = s->loc;
    plc_op(f, PL_OP_RET, base, 0, 0, 0, 0);
    plc_release(f, mark);
}

/* ---- errors and events ---- */

static plc_signature *unlabelled(plc_fn *f)
{
    plc_program *g = f->g;
    if (g->unlabelled == NULL) {
        plc_signature *s = PLC_NEW(f->p, plc_signature);
        s->name = PLC_STR("Unlabelled");
        s->id = g->error_count;
        *PLC_PUSH(f->p, g->errors, g->error_count) = s;
        g->unlabelled = s;
    }
    return g->unlabelled;
}

static plc_signature *signature(plc_fn *f, const plc_stmt *s, plc_space space, const char *what)
{
    if (s->callee.size == 0) {
        return unlabelled(f);
    }
    plc_item *item = plc_find_or_say(f->p, f->unit, space, s->callee, s->callee_loc, what);
    return item == NULL ? NULL : item->decl;
}

static void revert_with(plc_fn *f, const plc_stmt *s, const plc_signature *e)
{
    bool ok;
    const uint32_t mark = plc_mark(f);
    const uint16_t base = plc_arguments(f, &e->parameters, &s->list, s->callee_loc, e->name, &ok);
    f->loc = s->loc;
    plc_op(f, PL_OP_REVERT, e->id, base, 0, 0, 0);
    plc_release(f, mark);
}

static bool jumps_better(const plc_expr *e)
{
    return (e->kind == EX_UNARY && e->op == TOK_NOT) ||
           (e->kind == EX_BINARY &&
            (e->op == TOK_OR_OR || ((e->op == TOK_NE || e->op == TOK_GT) &&
                                    e->b->kind == EX_NUMBER && plc_is(e->b->text, "0"))));
}

/* The halves of `a && b` are required one after the other: the second is evaluated only after the
 * first held, as in the condition. */
static void require_plain(plc_fn *f, const plc_stmt *s, const plc_expr *e, const plc_signature *err)
{
    if (e->kind == EX_BINARY && e->op == TOK_AND_AND) {
        require_plain(f, s, e->a, err);
        require_plain(f, s, e->b, err);
        return;
    }
    if (jumps_better(e)) {
        const uint32_t fine = plc_label_new(f);
        plc_condition(f, e, true, fine);
        f->loc = s->loc;
        plc_op(f, PL_OP_REVERT, err->id, 0, 0, 0, 0);
        plc_label_place(f, fine);
        return;
    }
    const uint32_t mark = plc_mark(f);
    const plc_val v = plc_expr_as(f, e, plc_type_simple(f->p, TY_BOOL), PLC_NOWHERE);
    const uint16_t reg = plc_in_reg(f, v);
    f->loc = s->loc;
    plc_op(f, PL_OP_REQUIRE, reg, err->id, 0, 0, 0);
    plc_release(f, mark);
}

static void require_statement(plc_fn *f, const plc_stmt *s)
{
    const plc_signature *e = signature(f, s, SPACE_ERROR, "error");
    if (e == NULL) {
        return;
    }
    if (e->parameters.count == 0 && s->list.count == 0) {
        require_plain(f, s, s->value, e);
        return;
    }
    const uint32_t fine = plc_label_new(f);
    plc_condition(f, s->value, true, fine);
    revert_with(f, s, e);
    plc_label_place(f, fine);
}

static void emit_statement(plc_fn *f, const plc_stmt *s)
{
    bool ok;
    const plc_signature *e = signature(f, s, SPACE_EVENT, "event");
    if (e == NULL) {
        return;
    }
    if (f->decl != NULL && f->decl->effect < 2) {
        plc_error(f->p, s->loc, "declare the function `tx`", "only a tx function emits events");
    }
    const uint32_t mark = plc_mark(f);
    const uint16_t base = plc_arguments(f, &e->parameters, &s->list, s->callee_loc, e->name, &ok);
    f->loc = s->loc;
    plc_op(f, PL_OP_EMIT, e->id, base, 0, 0, 0);
    plc_release(f, mark);
}

/* ---- rows ---- */

static bool whole_row(plc_fn *f, const plc_expr *e, plc_place *place, const char *what)
{
    if (!plc_place_of(f, e, place)) {
        return false;
    }
    if (place->root != ROOT_STORED || !place->is_row || place->list != NULL ||
        place->key_count < place->table->keys.count) {
        plc_error(f->p, e->loc, NULL, "`%s` takes a whole row: %s t[k]", what, what);
        return false;
    }
    return plc_place_writable(f, place, e->loc);
}

static void delete_statement(plc_fn *f, const plc_stmt *s)
{
    plc_place place;
    const uint32_t mark = plc_mark(f);
    if (whole_row(f, s->value, &place, "delete")) {
        const uint16_t existed = plc_reg(f, false);
        f->loc = s->loc;
        plc_op(f, PL_OP_DEL, existed, place.table->id, place.key, 0, 0);
    }
    plc_release(f, mark);
}

static void store_statement(plc_fn *f, const plc_stmt *s)
{
    plc_place place;
    const uint32_t mark = plc_mark(f);
    if (whole_row(f, s->from.at[0], &place, "store")) {
        const plc_val v = plc_expr_as(f, s->value, place.table->row, PLC_NOWHERE);
        const uint16_t row = plc_in_reg(f, v);
        f->loc = s->loc;
        plc_op(f, PL_OP_PUT, row, place.table->id, place.key, 0, 0);
    }
    plc_release(f, mark);
}

static void expr_statement(plc_fn *f, const plc_stmt *s)
{
    const uint32_t mark = plc_mark(f);
    if (s->value->kind != EX_CALL) {
        plc_error(f->p, s->value->loc, "assign it, or take it out", "this statement does nothing");
    } else {
        plc_item *item = plc_item_of(f, s->value->a, SPACE_FUNCTION);
        plc_val *values;
        if (item != NULL && ((plc_function *)item->decl)->results.count > 1) {
            (void)plc_call_many(f, s->value, &values);
        } else {
            (void)plc_expr_value(f, s->value, NULL, PLC_NOWHERE);
        }
    }
    plc_release(f, mark);
}

/* ---- the walk ---- */

void plc_statement(plc_fn *f, const plc_stmt *s)
{
    const plc_signature *e;
    f->loc = s->loc;
    switch (s->kind) {
    case ST_LET:
        let_statement(f, s);
        break;
    case ST_ASSIGN:
        assign(f, s);
        break;
    case ST_IF:
        if_statement(f, s);
        break;
    case ST_RANGE:
        plc_range_loop(f, s);
        break;
    case ST_SCAN:
        plc_scan(f, s);
        break;
    case ST_WHILE:
        while_statement(f, s);
        break;
    case ST_BREAK:
    case ST_CONTINUE:
        leave_loop(f, s);
        break;
    case ST_RETURN:
        return_values(f, s, &f->decl->results);
        break;
    case ST_REQUIRE:
        require_statement(f, s);
        break;
    case ST_REVERT:
        e = signature(f, s, SPACE_ERROR, "error");
        if (e != NULL) {
            revert_with(f, s, e);
        }
        break;
    case ST_EMIT:
        emit_statement(f, s);
        break;
    case ST_DELETE:
        delete_statement(f, s);
        break;
    case ST_STORE:
        store_statement(f, s);
        break;
    case ST_UNREACHABLE:
        plc_op(f, PL_OP_UNREACHABLE, 0, 0, 0, 0, 0);
        break;
    case ST_TRY:
        plc_try(f, s);
        break;
    case ST_BLOCK:
        plc_body(f, &s->body);
        break;
    case ST_EXPR:
        expr_statement(f, s);
        break;
    }
}

static bool ends(const plc_stmt *s)
{
    return s->kind == ST_RETURN || s->kind == ST_REVERT || s->kind == ST_BREAK ||
           s->kind == ST_CONTINUE || s->kind == ST_UNREACHABLE;
}

void plc_body(plc_fn *f, const plc_stmts *body)
{
    const uint32_t mark = plc_mark(f);
    const uint32_t locals = f->local_count;
    for (uint32_t i = 0; i < body->count && !f->full; i++) {
        if (i > 0 && ends(body->at[i - 1])) {
            plc_error(f->p, body->at[i]->loc, "take it out", "this is never reached");
            break;
        }
        plc_statement(f, body->at[i]);
    }
    f->local_count = locals;
    plc_release(f, mark);
}
