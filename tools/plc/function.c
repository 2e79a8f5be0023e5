/* One function from tree to instructions, in two passes: the first counts how constants are used,
 * the second keeps the much used ones in registers. */
#include "tools/plc/program.h"

void plc_fn_begin(plc_fn *f, plc *p, plc_unit *unit)
{
    *f = (plc_fn){.p = p,
                  .g = p->program,
                  .unit = unit,
                  .break_label = UINT32_MAX,
                  .continue_label = UINT32_MAX};
}

/* ---- the cost of expanding a function where it is called ---- */

static uint32_t sum(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static uint32_t expr_cost(const plc_expr *e)
{
    if (e == NULL) {
        return 0;
    }
    uint32_t n = sum(sum(1, expr_cost(e->a)), sum(expr_cost(e->b), expr_cost(e->c)));
    for (uint32_t i = 0; i < e->list.count && n < 1000; i++) {
        n = sum(n, expr_cost(e->list.at[i]));
    }
    return n;
}

static uint32_t body_cost(const plc_stmts *body, bool is_outermost);

static uint32_t stmt_cost(const plc_stmt *s, bool may_return)
{
    uint32_t n = sum(1, expr_cost(s->value));
    for (uint32_t i = 0; i < s->list.count && n < 1000; i++) {
        n = sum(n, expr_cost(s->list.at[i]));
    }
    for (uint32_t i = 0; i < s->from.count && n < 1000; i++) {
        n = sum(n, expr_cost(s->from.at[i]));
    }
    switch (s->kind) {
    case ST_LET:
    case ST_ASSIGN:
    case ST_REQUIRE:
        return n;
    case ST_RETURN:
        return may_return ? n : UINT32_MAX;
    case ST_IF:
    case ST_BLOCK:
        return sum(n, sum(body_cost(&s->body, false), body_cost(&s->other, false)));
    case ST_REVERT:
    case ST_RANGE:
    case ST_SCAN:
    case ST_WHILE:
    case ST_BREAK:
    case ST_CONTINUE:
    case ST_EMIT:
    case ST_DELETE:
    case ST_STORE:
    case ST_UNREACHABLE:
    case ST_TRY:
    case ST_EXPR:
        break;
    }
    return s->kind == ST_EXPR ? n : UINT32_MAX;
}

static uint32_t body_cost(const plc_stmts *body, bool is_outermost)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < body->count && n < 1000; i++) {
        n = sum(n, stmt_cost(body->at[i], is_outermost && i + 1 == body->count));
    }
    return n;
}

/* ---- emission ---- */

static void bind_parameters(plc_fn *f, plc_function *d)
{
    uint16_t reg = 0;
    if (d->parameters.count > 0) {
        reg = plc_regs_members(f, &d->parameters, NULL);
    }
    for (uint32_t i = 0; i < d->parameters.count; i++) {
        const plc_member *m = &d->parameters.at[i];
        plc_local_add(f, m->name, m->loc, plc_val_reg(m->type, reg), false);
        reg = (uint16_t)(reg + m->type->leaf_count);
    }
}

static void load_kept(plc_fn *f)
{
    for (uint32_t i = 0; i < f->kept_count; i++) {
        plc_kept *k = &f->kept[i];
        if (k->uses > 1) {
            const plc_num n = {false, k->word};
            k->reg = plc_reg(f, k->is_wide);
            k->is_loaded = true;
            plc_load_constant(f, k->reg, &n, k->is_wide);
        }
    }
}

static void finish_body(plc_fn *f, const plc_function *d)
{
    f->loc = d->item->end;
    if (f->dead || f->full) {
        return;
    }
    if (d->results.count > 0) {
        plc_error(f->p, d->item->end, "add a `return`", "`%.*s` does not return on every path",
                  PLC_FMT(d->name));
        return;
    }
    plc_op(f, PL_OP_RET, 0, 0, 0, 0, 0);
}

static void pass(plc_fn *f, plc_function *d, plc_kept *kept, uint32_t kept_count, bool second)
{
    plc_fn_begin(f, f->p, d->unit);
    f->decl = d;
    f->second = second;
    f->kept = kept;
    f->kept_count = kept_count;
    f->loc = d->item->loc;
    bind_parameters(f, d);
    if (second) {
        load_kept(f);
    }
    d->in_use = true;
    plc_body(f, &d->item->body);
    d->in_use = false;
    finish_body(f, d);
}

static void place_jumps(plc_fn *f)
{
    for (uint32_t i = 0; i < f->count; i++) {
        pl_instruction *in = &f->code[i];
        if (in->op == PL_OP_JMP) {
            in->a = (uint16_t)f->labels[in->a].at;
        } else if (in->op == PL_OP_JZ || in->op == PL_OP_JNZ) {
            in->b = (uint16_t)f->labels[in->b].at;
        }
    }
}

/* A register that serves several locals in turn shows no name: a wrong one would mislead. */
static void drop_shared_names(plc_fn *f)
{
    uint32_t kept = 0;
    uint8_t *count = plc_take(f->p, PL_REGISTERS_MAX);
    for (uint32_t i = 0; i < f->symbol_count; i++) {
        uint8_t *n = &count[f->symbols[i].reg];
        *n = *n == 0 ? 1 : 2;
    }
    for (uint32_t i = 0; i < f->symbol_count; i++) {
        if (count[f->symbols[i].reg] == 1) {
            f->symbols[kept++] = f->symbols[i];
        }
    }
    f->symbol_count = kept;
}

static void emit_function(plc *p, plc_function *d)
{
    plc_fn *f = PLC_NEW(p, plc_fn);
    f->p = p;
    pass(f, d, NULL, 0, false);
    if (plc_failed(p)) {
        return;
    }
    plc_kept *kept = f->kept;
    const uint32_t kept_count = f->kept_count;
    plc_fn *g = PLC_NEW(p, plc_fn);
    g->p = p;
    pass(g, d, kept, kept_count, true);
    place_jumps(g);
    drop_shared_names(g);
    p->program->expanded += g->expanded; /* here, so that both passes expand alike */
    d->code = g->code;
    d->places = g->places;
    d->count = g->count;
    d->wide = g->wide;
    d->register_count = g->register_count;
    d->symbols = g->symbols;
    d->symbol_count = g->symbol_count;
}

void plc_emit_functions(plc *p)
{
    plc_program *g = p->program;
    for (uint32_t i = 0; i < g->function_count; i++) {
        plc_function *d = g->functions[i];
        d->cost = d->item->kind == IT_FUNCTION ? body_cost(&d->item->body, true) : UINT32_MAX;
    }
    for (uint32_t i = 0; i < g->function_count; i++) {
        emit_function(p, g->functions[i]);
    }
}
