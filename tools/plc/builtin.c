/* Builtin functions other than products and quotients. spec 07 §4 */
#include "tools/plc/program.h"

typedef struct args {
    plc_fn *f;
    const plc_expr *e;
    plc_val v[3];
    uint32_t mark;
    uint16_t to;
} args;

static uint16_t target(args *a, bool wide)
{
    return a->to != PLC_NOWHERE && plc_reg_wide(a->f, a->to) == wide ? a->to : plc_reg(a->f, wide);
}

static plc_val done(args *a, plc_val v)
{
    if (v.kind == VAL_REG) {
        plc_release_keep(a->f, a->mark, v.reg, 1);
    }
    return v;
}

static plc_val complain(args *a, const char *help, const char *what)
{
    plc_error(a->f->p, a->e->loc, help, "`%.*s` %s", PLC_FMT(a->e->a->text), what);
    return plc_val_error();
}

/* Brings all arguments to one type: that of the first one that has a type, widened. */
static const plc_type *one_type(args *a, uint32_t count)
{
    const plc_type *type = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (a->v[i].type == NULL) {
            return NULL;
        }
        if (!a->v[i].is_bare) {
            a->v[i] = plc_plain(a->f, a->v[i]);
            if (type == NULL || plc_can_widen(type, a->v[i].type)) {
                type = a->v[i].type;
            }
        }
    }
    type = type == NULL ? a->v[0].type : type;
    for (uint32_t i = 0; i < count; i++) {
        a->v[i] = plc_as(a->f, a->v[i], type, a->e->list.at[i]->loc);
        if (a->v[i].type == NULL) {
            return NULL;
        }
    }
    return type;
}

static plc_val two(args *a, pl_op op, plc_val x, plc_val y, const plc_type *type, uint16_t to)
{
    const bool wide = plc_is_wide(type);
    const uint16_t b = plc_in_reg(a->f, x);
    const uint16_t c = plc_in_reg(a->f, y);
    const uint16_t out =
        to != PLC_NOWHERE && plc_reg_wide(a->f, to) == wide ? to : plc_reg(a->f, wide);
    plc_op(a->f, op, out, b, c, 0, 0);
    return plc_val_reg(type, out);
}

static pl_op min_op(const plc_type *type, bool is_max)
{
    if (!plc_is_wide(type)) {
        return is_max ? PL_OP_NMAX : PL_OP_NMIN;
    }
    if (type->is_signed) {
        return is_max ? PL_OP_IMAX : PL_OP_IMIN;
    }
    return is_max ? PL_OP_MAX : PL_OP_MIN;
}

static plc_val b_min(args *a)
{
    const bool is_max = plc_is(a->e->a->text, "max");
    const plc_type *type = one_type(a, 2);
    if (type == NULL) {
        return plc_val_error();
    }
    if (!plc_is_number(type) && type->kind != TY_TIME) {
        return complain(a, NULL, "is for numbers and times");
    }
    if (a->v[0].kind == VAL_CONST && a->v[1].kind == VAL_CONST) {
        const bool first = (plc_num_compare(a->v[0].nums, a->v[1].nums) < 0) != is_max;
        return first ? a->v[0] : a->v[1];
    }
    return done(a, two(a, min_op(type, is_max), a->v[0], a->v[1], type, a->to));
}

static plc_val b_clamp(args *a)
{
    const plc_type *type = one_type(a, 3);
    if (type == NULL) {
        return plc_val_error();
    }
    if (!plc_is_number(type) && type->kind != TY_TIME) {
        return complain(a, NULL, "is for numbers and times");
    }
    const plc_val low = two(a, min_op(type, true), a->v[0], a->v[1], type, PLC_NOWHERE);
    return done(a, two(a, min_op(type, false), low, a->v[2], type, a->to));
}

static plc_val b_abs(args *a)
{
    const plc_val v = plc_plain(a->f, a->v[0]);
    if (v.type == NULL) {
        return v;
    }
    if (!plc_is_number(v.type) || !v.type->is_signed) {
        return complain(a, NULL, "is for signed numbers");
    }
    const uint16_t x = plc_in_reg(a->f, v);
    const uint16_t out = target(a, true);
    plc_op(a->f, PL_OP_IABS, out, x, 0, 0, 0);
    plc_check_width(a->f, v.type, out);
    return done(a, plc_val_reg(v.type, out));
}

static plc_val b_wrap(args *a)
{
    const plc_type *u256 = plc_type_int(a->f->p, false, 256);
    const plc_str name = a->e->a->text;
    const plc_val x = plc_as(a->f, a->v[0], u256, a->e->list.at[0]->loc);
    const plc_val y = plc_as(a->f, a->v[1], u256, a->e->list.at[1]->loc);
    if (x.type == NULL || y.type == NULL) {
        return plc_val_error();
    }
    const pl_op op = name.text[0] == 'a'   ? PL_OP_ADD_WRAP
                     : name.text[0] == 's' ? PL_OP_SUB_WRAP
                                           : PL_OP_MUL_WRAP;
    return done(a, two(a, op, x, y, u256, a->to));
}

/* Clips a wide result to the range of a smaller type. */
static plc_val clip(args *a, plc_val v, const plc_type *type)
{
    const plc_num high = plc_type_max(type);
    const plc_num low = plc_type_min(type);
    if (type->size == 32) {
        v.type = type;
        return v;
    }
    const uint16_t h = plc_constant(a->f, &high, true);
    plc_op(a->f, type->is_signed ? PL_OP_IMIN : PL_OP_MIN, v.reg, v.reg, h, 0, 0);
    if (type->is_signed) {
        const uint16_t l = plc_constant(a->f, &low, true);
        plc_op(a->f, PL_OP_IMAX, v.reg, v.reg, l, 0, 0);
    }
    if (!plc_is_wide(type)) {
        const uint16_t out = target(a, false);
        plc_op(a->f, PL_OP_NARROW, out, v.reg, 0, 0, 0);
        v.reg = out;
    }
    v.type = type;
    return v;
}

static plc_val b_sat(args *a)
{
    const char kind = a->e->a->text.text[0];
    const plc_type *type = one_type(a, 2);
    if (type == NULL) {
        return plc_val_error();
    }
    if (!plc_is_number(type) || (kind == 'm' && type->kind == TY_SCALED)) {
        return complain(a, NULL, "is for integers, add_sat and sub_sat also for scaled types");
    }
    const bool wide = plc_is_wide(type);
    if (!wide && kind == 's') {
        const plc_val top = two(a, PL_OP_NMAX, a->v[0], a->v[1], type, PLC_NOWHERE);
        return done(a, two(a, PL_OP_NSUB, top, a->v[1], type, a->to));
    }
    pl_op op = kind == 'a' ? PL_OP_ADD_SAT : kind == 's' ? PL_OP_SUB_SAT : PL_OP_MUL_SAT;
    if (type->is_signed) {
        op = kind == 'a' ? PL_OP_IADD_SAT : kind == 's' ? PL_OP_ISUB_SAT : PL_OP_IMUL_SAT;
    }
    const uint16_t x = plc_in_wide(a->f, a->v[0]);
    const uint16_t y = plc_in_wide(a->f, a->v[1]);
    const uint16_t out = type->size == 32 ? target(a, true) : plc_reg(a->f, true);
    plc_op(a->f, op, out, x, y, 0, 0);
    return done(a, clip(a, plc_val_reg(type, out), type));
}

static plc_val b_mod(args *a)
{
    const plc_type *type = one_type(a, 2);
    if (type == NULL) {
        return plc_val_error();
    }
    if (!plc_is_number(type) || !type->is_signed) {
        return complain(a, "write a % b for unsigned numbers", "is for signed numbers");
    }
    const pl_op op = plc_is(a->e->a->text, "mod_down") ? PL_OP_IMOD_FL : PL_OP_IMOD;
    return done(a, two(a, op, a->v[0], a->v[1], type, a->to));
}

static plc_val b_sqrt(args *a)
{
    const plc_type *u256 = plc_type_int(a->f->p, false, 256);
    const plc_val v = plc_as(a->f, a->v[0], u256, a->e->list.at[0]->loc);
    if (v.type == NULL) {
        return v;
    }
    const uint16_t x = plc_in_reg(a->f, v);
    const uint16_t out = target(a, true);
    plc_op(a->f, PL_OP_SQRT, out, x, 0, 0, 0);
    return done(a, plc_val_reg(u256, out));
}

static plc_val exponent(args *a, uint32_t at)
{
    return plc_as(a->f, a->v[at], plc_type_int(a->f->p, false, 64), a->e->list.at[at]->loc);
}

static plc_val b_pow(args *a)
{
    const plc_type *u256 = plc_type_int(a->f->p, false, 256);
    const plc_val x = plc_as(a->f, a->v[0], u256, a->e->list.at[0]->loc);
    const plc_val n = exponent(a, 1);
    uint64_t count = 0;
    if (x.type == NULL || n.type == NULL) {
        return plc_val_error();
    }
    if (x.kind == VAL_CONST && n.kind == VAL_CONST && plc_num_small(n.nums, &count) &&
        count < 1000) {
        plc_num r = plc_num_u64(1);
        bool fits = true;
        for (uint64_t i = 0; i < count && fits; i++) {
            fits = plc_num_mul(&r, &r, x.nums);
        }
        if (fits) {
            return plc_val_const(a->f, u256, r);
        }
        if (!plc_at_run_time(a->f)) {
            return complain(a, NULL, "does not fit 256 bits here");
        }
    }
    const uint16_t b = plc_in_reg(a->f, x);
    const uint16_t c = plc_in_reg(a->f, n);
    const uint16_t out = target(a, true);
    plc_op(a->f, PL_OP_POW, out, b, c, 0, 0);
    return done(a, plc_val_reg(u256, out));
}

static plc_val b_rpow(args *a)
{
    const plc_type *type = plc_type_int(a->f->p, false, 256);
    const plc_str name = a->e->a->text;
    plc_val x = a->v[0];
    plc_val base;
    if (x.type != NULL && plc_is_factor(x.type) && !x.type->is_signed && a->e->list.count == 2) {
        type = x.type;
        base = plc_val_bare(a->f, plc_num_power_of_ten(type->scale));
    } else if (a->e->list.count == 3) {
        x = plc_as(a->f, x, type, a->e->list.at[0]->loc);
        base = plc_as(a->f, a->v[2], type, a->e->list.at[2]->loc);
    } else {
        return complain(a, NULL, "takes (x, n, base), or (factor, n)");
    }
    const plc_val n = exponent(a, 1);
    if (x.type == NULL || base.type == NULL || n.type == NULL) {
        return plc_val_error();
    }
    const pl_op op = plc_is(name, "rpow_half_up") ? PL_OP_RPOW_HU
                     : plc_is(name, "rpow_down")  ? PL_OP_RPOW_DN
                                                  : PL_OP_DECPOW_HU;
    const uint16_t b = plc_in_wide(a->f, x);
    const uint16_t c = plc_in_reg(a->f, n);
    const uint16_t d = plc_in_wide(a->f, base);
    const uint16_t out = type->size == 32 ? target(a, true) : plc_reg(a->f, true);
    plc_op(a->f, op, out, b, c, d, 0);
    const plc_val v = plc_val_reg(type, out);
    return done(a, type->size == 32 ? v : plc_narrow_to(a->f, v, type, a->to));
}

/* ---- bits ---- */

static plc_val word(args *a)
{
    plc_val v = plc_plain(a->f, a->v[0]);
    if (v.type != NULL && v.type->kind == TY_BITS) {
        return v;
    }
    return plc_as(a->f, v, plc_type_int(a->f->p, false, 256), a->e->list.at[0]->loc);
}

static plc_val b_bits(args *a)
{
    const plc_str name = a->e->a->text;
    const bool is_bit = plc_is(name, "bit");
    const plc_val x = word(a);
    const plc_val n = exponent(a, 1);
    if (x.type == NULL || n.type == NULL) {
        return plc_val_error();
    }
    const uint16_t b = plc_in_reg(a->f, x);
    const uint16_t c = plc_in_reg(a->f, n);
    if (plc_is(name, "set_bit")) {
        const plc_val on =
            plc_as(a->f, a->v[2], plc_type_simple(a->f->p, TY_BOOL), a->e->list.at[2]->loc);
        if (on.type == NULL) {
            return on;
        }
        const uint16_t d = plc_in_reg(a->f, on);
        const uint16_t set = target(a, true);
        plc_op(a->f, PL_OP_SETBIT, set, b, c, d, 0);
        return done(a, plc_val_reg(x.type, set));
    }
    const uint16_t out = target(a, false);
    plc_op(a->f, is_bit ? PL_OP_BIT : PL_OP_NEXTBIT, out, b, c, 0, 0);
    return done(a, plc_val_reg(is_bit ? plc_type_simple(a->f->p, TY_BOOL)
                                      : plc_type_int(a->f->p, false, 64),
                               out));
}

static plc_val b_bit_length(args *a)
{
    const plc_val x = word(a);
    if (x.type == NULL) {
        return x;
    }
    const uint16_t b = plc_in_reg(a->f, x);
    const uint16_t out = target(a, false);
    plc_op(a->f, PL_OP_BITLEN, out, b, 0, 0, 0);
    return done(a, plc_val_reg(plc_type_int(a->f->p, false, 64), out));
}

static plc_val b_raw(args *a)
{
    plc_val v = plc_plain(a->f, a->v[0]);
    if (v.type == NULL) {
        return v;
    }
    const bool takes = v.type->kind == TY_SCALED || v.type->kind == TY_BITS ||
                       v.type->kind == TY_ACCOUNT || v.type->kind == TY_SYMBOL ||
                       v.type->kind == TY_BYTES32;
    if (!takes) {
        return complain(a,
                        v.type->kind == TY_INT ? "this is an integer already" : "write `x as u256`",
                        "takes the scale from a number");
    }
    if (v.kind == VAL_REG) {
        const uint16_t reg = plc_in_wide(a->f, v);
        v.is_stable = v.is_stable && reg == v.reg;
        v.reg = reg;
    }
    v.type = plc_type_int(a->f->p, v.type->is_signed, 256);
    return done(a, v);
}

/* exists(t[k]): its argument is a place, not a value. */
static plc_val exists(plc_fn *f, const plc_expr *e, uint16_t to)
{
    plc_place place;
    const uint32_t mark = plc_mark(f);
    if (e->list.count != 1 || !plc_place_of(f, e->list.at[0], &place)) {
        if (e->list.count != 1) {
            plc_error(f->p, e->loc, NULL, "`exists` takes one row: exists(t[k])");
        }
        return plc_val_error();
    }
    if (place.root != ROOT_STORED || !place.is_row || place.list != NULL ||
        place.key_count < place.table->keys.count) {
        plc_error(f->p, e->loc, NULL, "`exists` takes one row: exists(t[k])");
        return plc_val_error();
    }
    if (f->constant_only || (f->decl != NULL && f->decl->effect == 0)) {
        plc_error(f->p, e->loc, "declare the function `view`", "a pure function reads no state");
        return plc_val_error();
    }
    plc_release(f, mark);
    const uint16_t out = to != PLC_NOWHERE && !plc_reg_wide(f, to) ? to : plc_reg(f, false);
    f->loc = e->loc;
    plc_op(f, PL_OP_HAS, out, place.table->id, place.key, 0, 0);
    return plc_val_reg(plc_type_simple(f->p, TY_BOOL), out);
}

static const struct {
    const char *name;
    uint8_t least, most;
    plc_val (*emit)(args *a);
} rows[] = {
    {"min", 2, 2, b_min},        {"max", 2, 2, b_min},       {"clamp", 3, 3, b_clamp},
    {"abs", 1, 1, b_abs},        {"add_wrap", 2, 2, b_wrap}, {"sub_wrap", 2, 2, b_wrap},
    {"mul_wrap", 2, 2, b_wrap},  {"add_sat", 2, 2, b_sat},   {"sub_sat", 2, 2, b_sat},
    {"mul_sat", 2, 2, b_sat},    {"mod_zero", 2, 2, b_mod},  {"mod_down", 2, 2, b_mod},
    {"sqrt", 1, 1, b_sqrt},      {"pow", 2, 2, b_pow},       {"rpow_half_up", 2, 3, b_rpow},
    {"rpow_down", 2, 3, b_rpow}, {"decpow", 2, 3, b_rpow},   {"bit", 2, 2, b_bits},
    {"set_bit", 3, 3, b_bits},   {"next_bit", 2, 2, b_bits}, {"bit_length", 1, 1, b_bit_length},
    {"raw", 1, 1, b_raw}};

bool plc_builtin(plc_fn *f, const plc_expr *e, const plc_type *hint, uint16_t to, plc_val *out)
{
    (void)hint;
    if (plc_is(e->a->text, "exists")) {
        *out = exists(f, e, to);
        return true;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!plc_is(e->a->text, rows[i].name)) {
            continue;
        }
        args a = {.f = f, .e = e, .mark = plc_mark(f), .to = to};
        *out = plc_val_error();
        if (e->list.count < rows[i].least || e->list.count > rows[i].most) {
            plc_error(f->p, e->loc, NULL, "`%s` takes %u arguments, not %u", rows[i].name,
                      rows[i].least, e->list.count);
            return true;
        }
        bool ok = true;
        for (uint32_t k = 0; k < e->list.count; k++) {
            a.v[k] = plc_expr_value(f, e->list.at[k], NULL, PLC_NOWHERE);
            ok = ok && a.v[k].type != NULL;
        }
        f->loc = e->loc;
        if (ok) {
            *out = rows[i].emit(&a);
        }
        return true;
    }
    return false;
}
