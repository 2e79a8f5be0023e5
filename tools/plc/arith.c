/* Operators and casts. spec 07 §4 */
#include "tools/plc/program.h"

static const char *op_text(plc_tok op)
{
    switch ((int)op) {
#define PUNCT(name, text)                                                                          \
    case TOK_##name:                                                                               \
        return text;
#include "tools/plc/punct.def"
#undef PUNCT
    default:
        return "?";
    }
}

static uint16_t target(plc_fn *f, uint16_t to, bool wide)
{
    return to != PLC_NOWHERE && plc_reg_wide(f, to) == wide ? to : plc_reg(f, wide);
}

/* ---- constants ---- */

static bool fold_compare(plc_fn *f, plc_tok op, const plc_num *a, const plc_num *b, plc_val *out)
{
    const int c = plc_num_compare(a, b);
    bool r;
    switch ((int)op) {
    case TOK_EQ:
        r = c == 0;
        break;
    case TOK_NE:
        r = c != 0;
        break;
    case TOK_LT:
        r = c < 0;
        break;
    case TOK_LE:
        r = c <= 0;
        break;
    case TOK_GT:
        r = c > 0;
        break;
    case TOK_GE:
        r = c >= 0;
        break;
    default:
        return false;
    }
    *out = plc_val_bool(f, r);
    return true;
}

/* a / b and a % b of constants; false when not exact or b is zero. */
static bool fold_divide(plc_tok op, const plc_num *a, const plc_num *b, plc_num *r)
{
    pl_u256 rest;
    pl_u256 quotient;
    if (pl_u256_divmod(&quotient, &rest, &a->mag, &b->mag) != PL_OK) {
        return false;
    }
    if (op == TOK_MOD) {
        *r = (plc_num){false, rest};
        return !a->negative && !b->negative;
    }
    *r = (plc_num){a->negative != b->negative && !pl_u256_is_zero(&quotient), quotient};
    return pl_u256_is_zero(&rest);
}

static bool fold_bits(plc_tok op, const plc_num *a, const plc_num *b, const plc_type *type,
                      plc_num *r)
{
    uint64_t count = 0;
    const plc_num all = plc_type_max(type);
    *r = (plc_num){false, {{0}}};
    if (a->negative || b->negative) {
        return false;
    }
    switch ((int)op) {
    case TOK_AND:
        pl_u256_and(&r->mag, &a->mag, &b->mag);
        return true;
    case TOK_OR:
        pl_u256_or(&r->mag, &a->mag, &b->mag);
        return true;
    case TOK_XOR:
        pl_u256_xor(&r->mag, &a->mag, &b->mag);
        return true;
    case TOK_SHL:
    case TOK_SHR:
        if (!plc_num_small(b, &count)) {
            count = 256;
        }
        if (op == TOK_SHL) {
            pl_u256_shl(&r->mag, &a->mag, count);
            pl_u256_and(&r->mag, &r->mag, &all.mag);
        } else {
            pl_u256_shr(&r->mag, &a->mag, count);
        }
        return true;
    default:
        return false;
    }
}

/* The result of two constants of one type (or bare); false when the operator is not for them. */
bool plc_fold(plc_fn *f, plc_tok op, plc_val a, plc_val b, plc_loc loc, plc_val *out)
{
    plc_num r = {false, {{0}}};
    plc_num minus_b = plc_num_negate(*b.nums);
    bool ok;
    if (fold_compare(f, op, a.nums, b.nums, out)) {
        return true;
    }
    if (op == TOK_ADD) {
        ok = plc_num_add(&r, a.nums, b.nums);
    } else if (op == TOK_SUB) {
        ok = plc_num_add(&r, a.nums, &minus_b);
    } else if (op == TOK_MUL) {
        ok = plc_num_mul(&r, a.nums, b.nums);
    } else if (op == TOK_DIV || op == TOK_MOD) {
        ok = fold_divide(op, a.nums, b.nums, &r);
        if (!ok && !(op == TOK_MOD && plc_at_run_time(f))) {
            plc_error(f->p, loc, "write div_down, div_up, div_half_up or div_half_even",
                      op == TOK_DIV ? "the quotient of these constants is not exact"
                                    : "this remainder does not exist");
            *out = plc_val_error();
            return true;
        }
    } else {
        ok = fold_bits(op, a.nums, b.nums, a.type, &r);
    }
    const bool is_bare = a.is_bare && b.is_bare;
    if (plc_at_run_time(f) && !is_bare && (!ok || !plc_fits(&r, a.type))) {
        return false;
    }
    if (!ok || (!is_bare && !plc_fits(&r, a.type))) {
        plc_error(f->p, loc, NULL, "the constant result does not fit %.*s", PLC_FMT(a.type->name));
        *out = plc_val_error();
        return true;
    }
    *out = is_bare ? plc_val_bare(f, r) : plc_val_const(f, a.type, r);
    return true;
}

/* ---- finding the common type ---- */

static bool is_compare(plc_tok op)
{
    return op == TOK_EQ || op == TOK_NE || op == TOK_LT || op == TOK_LE || op == TOK_GT ||
           op == TOK_GE;
}

static plc_val mismatch(plc_fn *f, plc_tok op, plc_val a, plc_val b, plc_loc loc)
{
    const char *help = NULL;
    const plc_type *x = a.type;
    const plc_type *y = b.type;
    if (op == TOK_MUL && (x->kind == TY_SCALED || y->kind == TY_SCALED)) {
        help = "write mul_down(x, factor), mul_up, mul_half_up, or value_down(amount, price)";
    } else if (x == y && x->kind == TY_SCALED) {
        help = "this operator is for integers: write raw(..)";
    } else if (x->kind == TY_SCALED && y->kind == TY_SCALED) {
        help = x->measure == y->measure && plc_same(x->unit, y->unit)
                   ? "bring both to one scale with to<..>(..) or to_down<..>(..)"
                   : "the units differ: convert with a price or a ratio first";
    } else if (x->kind == TY_SCALED || y->kind == TY_SCALED) {
        help = "give the number its scale (1.5wad, T.raw(n)), or take it away with raw(..)";
    } else if (x->kind == TY_INT && y->kind == TY_INT) {
        help = plc_print(f->p, "write `.. as %.*s` on one side",
                         PLC_FMT(x->is_signed ? x->name : y->name))
                   .text;
    }
    plc_error(f->p, loc, help, "`%s` of %.*s and %.*s", op_text(op), PLC_FMT(x->name),
              PLC_FMT(y->name));
    return plc_val_error();
}

/* Brings both sides to one type; NULL after an error. Time and exact scaling are handled before. */
static const plc_type *unify(plc_fn *f, plc_tok op, plc_val *a, plc_val *b, plc_loc loc)
{
    if (a->is_bare && b->is_bare) {
        if (a->type != b->type) { /* one is negative */
            a->type = b->type = plc_type_int(f->p, true, 256);
        }
        return a->type;
    }
    if (a->is_bare) {
        *a = plc_as(f, *a, b->type, loc);
    } else if (b->is_bare) {
        *b = plc_as(f, *b, a->type, loc);
    }
    if (a->type == NULL || b->type == NULL) {
        return NULL;
    }
    if (a->type != b->type) {
        if (plc_can_widen(a->type, b->type)) {
            *a = plc_as(f, *a, b->type, loc);
        } else if (plc_can_widen(b->type, a->type)) {
            *b = plc_as(f, *b, a->type, loc);
        } else {
            (void)mismatch(f, op, *a, *b, loc);
            return NULL;
        }
    }
    return a->type;
}

/* ---- code of one operator ---- */

static plc_val compare(plc_fn *f, plc_tok op, plc_val a, plc_val b, plc_loc loc, uint16_t to)
{
    const plc_type *type = a.type;
    const bool ordered = type->kind == TY_INT || type->kind == TY_SCALED || type->kind == TY_TIME;
    if (!plc_is_scalar(type) || (!ordered && op != TOK_EQ && op != TOK_NE)) {
        plc_error(f->p, loc, NULL, "`%s` is not for %.*s", op_text(op), PLC_FMT(type->name));
        return plc_val_error();
    }
    const bool wide = plc_is_wide(type);
    const bool swap = op == TOK_GT || op == TOK_GE;
    const bool b_zero = b.kind == VAL_CONST && pl_u256_is_zero(&b.nums->mag);
    const uint16_t x = plc_in_reg(f, swap ? b : a);
    if ((op == TOK_EQ || op == TOK_NE) && b_zero && wide) {
        const uint16_t flag = target(f, to, false);
        plc_op(f, PL_OP_ISZERO, flag, x, 0, 0, 0);
        if (op == TOK_NE) {
            plc_op(f, PL_OP_NNOT, flag, flag, 0, 0, 0);
        }
        return plc_val_reg(plc_type_simple(f->p, TY_BOOL), flag);
    }
    if (op == TOK_EQ && b_zero) {
        const uint16_t flag = target(f, to, false);
        plc_op(f, PL_OP_NNOT, flag, x, 0, 0, 0);
        return plc_val_reg(plc_type_simple(f->p, TY_BOOL), flag);
    }
    const uint16_t y = plc_in_reg(f, swap ? a : b);
    pl_op code;
    if (op == TOK_EQ) {
        code = wide ? PL_OP_EQ : PL_OP_NEQ;
    } else if (op == TOK_NE) {
        code = wide ? PL_OP_NE : PL_OP_NNE;
    } else if (op == TOK_LT || op == TOK_GT) {
        code = !wide ? PL_OP_NLT : type->is_signed ? PL_OP_ILT : PL_OP_LT;
    } else {
        code = !wide ? PL_OP_NLE : type->is_signed ? PL_OP_ILE : PL_OP_LE;
    }
    const uint16_t flag = target(f, to, false);
    plc_op(f, code, flag, x, y, 0, 0);
    return plc_val_reg(plc_type_simple(f->p, TY_BOOL), flag);
}

static pl_op arithmetic_op(plc_tok op, const plc_type *type)
{
    const bool wide = plc_is_wide(type);
    switch ((int)op) {
    case TOK_ADD:
        return !wide ? PL_OP_NADD : type->is_signed ? PL_OP_IADD : PL_OP_ADD;
    case TOK_SUB:
        return !wide ? PL_OP_NSUB : type->is_signed ? PL_OP_ISUB : PL_OP_SUB;
    case TOK_MUL:
        return !wide ? PL_OP_NMUL : type->is_signed ? PL_OP_IMUL : PL_OP_MUL;
    case TOK_MOD:
        return wide ? PL_OP_MOD : PL_OP_NMOD;
    case TOK_AND:
        return wide ? PL_OP_AND : PL_OP_NAND;
    case TOK_OR:
        return wide ? PL_OP_OR : PL_OP_NOR;
    default:
        return wide ? PL_OP_XOR : PL_OP_NXOR;
    }
}

/* OVERFLOW unless a result that has its full register fits the smaller type: taking it from the
 * type's maximum, or moving the type's ends to the ends of 256 bits, overflows exactly then. */
void plc_check_width(plc_fn *f, const plc_type *type, uint16_t reg)
{
    const bool wide = plc_is_wide(type);
    const uint32_t bits = 8u * type->size;
    const uint32_t mark = plc_mark(f);
    if (bits == (wide ? 256u : 64u)) {
        return;
    }
    if (!type->is_signed) {
        const plc_num most = plc_type_max(type);
        const uint16_t limit = plc_constant(f, &most, wide);
        const uint16_t rest = plc_reg(f, wide);
        plc_op(f, wide ? PL_OP_SUB : PL_OP_NSUB, rest, limit, reg, 0, 0);
    } else {
        const plc_num minus_end = plc_num_negate(plc_num_power_of_two(bits - 1));
        plc_num room = plc_num_power_of_two(255);
        (void)plc_num_add(&room, &room, &minus_end);
        const uint16_t shift = plc_constant(f, &room, true);
        const uint16_t rest = plc_reg(f, true);
        plc_op(f, PL_OP_IADD, rest, reg, shift, 0, 0);
        plc_op(f, PL_OP_ISUB, rest, reg, shift, 0, 0);
    }
    plc_release(f, mark);
}

static plc_val arithmetic(plc_fn *f, plc_tok op, plc_val a, plc_val b, const plc_type *type,
                          uint16_t to)
{
    const bool wide = plc_is_wide(type);
    uint64_t small = 0;
    if (op == TOK_ADD && !wide && a.kind == VAL_CONST) {
        const plc_val swap = a;
        a = b;
        b = swap;
    }
    const uint16_t x = wide ? plc_in_wide(f, a) : plc_in_reg(f, a);
    if (op == TOK_ADD && !wide && b.kind == VAL_CONST && plc_num_small(b.nums, &small) &&
        small <= UINT16_MAX) {
        const uint16_t reg = target(f, to, false);
        plc_op(f, PL_OP_NADDI, reg, x, (uint32_t)small, 0, 0);
        plc_check_width(f, type, reg);
        return plc_val_reg(type, reg);
    }
    const uint16_t y = wide ? plc_in_wide(f, b) : plc_in_reg(f, b);
    const uint16_t reg = target(f, to, wide);
    plc_op(f, arithmetic_op(op, type), reg, x, y, 0, 0);
    if (op == TOK_ADD || op == TOK_MUL || (op == TOK_SUB && type->is_signed)) {
        plc_check_width(f, type, reg);
    }
    return plc_val_reg(type, reg);
}

static plc_val shift(plc_fn *f, plc_tok op, plc_val a, plc_val b, plc_loc loc, uint16_t to)
{
    a = plc_plain(f, a);
    b = plc_as(f, b, plc_type_int(f->p, false, 64), loc);
    if (a.type == NULL || b.type == NULL) {
        return plc_val_error();
    }
    if (a.type->kind != TY_INT || (a.type->is_signed && op == TOK_SHL)) {
        plc_error(f->p, loc, a.type->is_signed ? "write (x as u256) << n" : NULL,
                  "`%s` is not for %.*s", op_text(op), PLC_FMT(a.type->name));
        return plc_val_error();
    }
    plc_val out;
    if (a.kind == VAL_CONST && b.kind == VAL_CONST && !a.nums->negative &&
        plc_fold(f, op, a, b, loc, &out)) {
        return out;
    }
    const bool wide = plc_is_wide(a.type);
    const uint16_t x = plc_in_reg(f, a);
    const uint16_t y = plc_in_reg(f, b);
    const uint16_t reg = target(f, to, wide);
    const pl_op code = op == TOK_SHL       ? (wide ? PL_OP_SHL : PL_OP_NSHL)
                       : a.type->is_signed ? PL_OP_SAR
                       : wide              ? PL_OP_SHR
                                           : PL_OP_NSHR;
    plc_op(f, code, reg, x, y, 0, 0);
    if (op == TOK_SHL && a.type->size != 32 && a.type->size != 8) {
        const plc_num mask = plc_type_max(a.type);
        const uint16_t m = plc_constant(f, &mask, wide);
        plc_op(f, wide ? PL_OP_AND : PL_OP_NAND, reg, reg, m, 0, 0);
    }
    return plc_val_reg(a.type, reg);
}

/* time - time, time + seconds, scaled * integer: the mixed forms that are exact. */
static bool mixed(plc_fn *f, plc_tok op, plc_val *a, plc_val *b, const plc_type **result,
                  plc_loc loc)
{
    const plc_type *u64 = plc_type_int(f->p, false, 64);
    const plc_type *u256 = plc_type_int(f->p, false, 256);
    if (a->type->kind == TY_TIME && op == TOK_SUB && b->type->kind == TY_TIME) {
        *result = u64;
        return true;
    }
    if ((a->type->kind == TY_TIME || b->type->kind == TY_TIME) &&
        (op == TOK_ADD || op == TOK_SUB) && (a->type->kind == TY_TIME || op == TOK_ADD) &&
        a->type->kind != b->type->kind) {
        plc_val *seconds = a->type->kind == TY_TIME ? b : a;
        *result = a->type->kind == TY_TIME ? a->type : b->type;
        *seconds = plc_as(f, *seconds, u64, loc);
        return true;
    }
    if (op != TOK_MUL) {
        return false;
    }
    plc_val *scaled = a->type->kind == TY_SCALED ? a : b;
    plc_val *integer = scaled == a ? b : a;
    if (scaled->type->kind != TY_SCALED || integer->type->kind != TY_INT) {
        return false;
    }
    *result = scaled->type;
    if (integer->type->is_signed && !integer->is_bare && !scaled->type->is_signed) {
        return false;
    }
    if (plc_is_wide(scaled->type)) {
        if (integer->is_bare || integer->type->is_signed == scaled->type->is_signed) {
            *integer = plc_as(f, *integer,
                              scaled->type->is_signed ? plc_type_int(f->p, true, 256) : u256, loc);
            return true;
        }
        return false;
    }
    *integer = plc_as(f, *integer, u64, loc);
    return true;
}

static bool bits_operator(plc_tok op)
{
    return op == TOK_AND || op == TOK_OR || op == TOK_XOR;
}

static plc_val fold_mixed(plc_fn *f, plc_tok op, plc_val a, plc_val b, const plc_type *type,
                          plc_loc loc)
{
    plc_val out;
    a.type = b.type = type;
    a.is_bare = b.is_bare = false;
    return plc_fold(f, op, a, b, loc, &out)
               ? out
               : arithmetic(f, op, plc_val_loaded(f, a), plc_val_loaded(f, b), type, PLC_NOWHERE);
}

static plc_val divide_hint(plc_fn *f, plc_tok op, plc_val a, plc_loc loc)
{
    if (op == TOK_DIV) {
        plc_error(f->p, loc,
                  a.type->is_signed
                      ? "write div_zero(a, b), div_down(a, b), div_up or div_half_up"
                      : "write div_down(a, b), div_up(a, b), div_half_up or div_half_even",
                  "`/` does not say how to round");
    } else {
        plc_error(f->p, loc, "write mod_zero(a, b) or mod_down(a, b)",
                  "`%%` of signed numbers does not say which remainder");
    }
    return plc_val_error();
}

plc_val plc_binary_values(plc_fn *f, plc_tok op, plc_val a, plc_val b, plc_loc loc, uint16_t to)
{
    if (a.type == NULL || b.type == NULL) {
        return plc_val_error();
    }
    f->loc = loc;
    if (op == TOK_SHL || op == TOK_SHR) {
        return shift(f, op, a, b, loc, to);
    }
    a = a.is_bare ? a : plc_plain(f, a);
    b = b.is_bare ? b : plc_plain(f, b);
    const bool both_const = a.kind == VAL_CONST && b.kind == VAL_CONST;
    if (op == TOK_DIV && !both_const) {
        return divide_hint(f, op, a.type->is_signed ? a : b, loc);
    }
    const plc_type *type = NULL;
    if (!(a.is_bare && b.is_bare) && mixed(f, op, &a, &b, &type, loc)) {
        if (a.type == NULL || b.type == NULL) {
            return plc_val_error();
        }
        return both_const ? fold_mixed(f, op, a, b, type, loc) : arithmetic(f, op, a, b, type, to);
    }
    type = unify(f, op, &a, &b, loc);
    if (type == NULL) {
        return plc_val_error();
    }
    plc_val out;
    if (a.kind == VAL_CONST && b.kind == VAL_CONST && plc_is_scalar(type) &&
        (plc_is_number(type) || is_compare(op))) {
        if ((op == TOK_MUL || op == TOK_DIV) && type->kind == TY_SCALED) {
            return mismatch(f, TOK_MUL, a, b, loc);
        }
        if (plc_fold(f, op, a, b, loc, &out)) {
            return out;
        }
        if (!plc_at_run_time(f)) {
            return plc_val_error();
        }
    }
    if (is_compare(op)) {
        return compare(f, op, a, b, loc, to);
    }
    const bool plus_minus = op == TOK_ADD || op == TOK_SUB || op == TOK_MOD;
    if (type->kind == TY_INT ? bits_operator(op) && type->is_signed
                             : !(type->kind == TY_SCALED && plus_minus)) {
        return mismatch(f, op, a, b, loc);
    }
    if (op == TOK_MOD && type->is_signed) {
        return divide_hint(f, op, a, loc);
    }
    return arithmetic(f, op, a, b, type, to);
}

/* Frees the temporaries of an operation; its result stays where it is. */
plc_val plc_binary(plc_fn *f, const plc_expr *e, const plc_type *hint, uint16_t to)
{
    (void)hint;
    const uint32_t mark = plc_mark(f);
    const plc_val a = plc_expr_value(f, e->a, NULL, PLC_NOWHERE);
    const plc_val b = plc_expr_value(f, e->b, NULL, PLC_NOWHERE);
    const plc_val v = plc_binary_values(f, (plc_tok)e->op, a, b, e->loc, to);
    if (v.kind == VAL_REG) {
        plc_release_keep(f, mark, v.reg, 1);
    }
    return v;
}

static plc_val negate(plc_fn *f, plc_val v, plc_loc loc, uint16_t to)
{
    if (v.kind == VAL_CONST && plc_is_number(v.type) && (v.is_bare || v.type->is_signed)) {
        const plc_num n = plc_num_negate(*v.nums);
        if (v.is_bare) {
            return plc_val_bare(f, n);
        }
        if (plc_fits(&n, v.type)) {
            return plc_val_const(f, v.type, n);
        }
    }
    v = plc_plain(f, v);
    if (!plc_is_number(v.type) || !v.type->is_signed) {
        plc_error(f->p, loc, v.type->kind == TY_INT ? "write -(x as i256)" : NULL,
                  "`-` is not for %.*s", PLC_FMT(v.type->name));
        return plc_val_error();
    }
    const uint16_t x = plc_in_reg(f, v);
    const uint16_t reg = target(f, to, true);
    plc_op(f, PL_OP_INEG, reg, x, 0, 0, 0);
    plc_check_width(f, v.type, reg);
    return plc_val_reg(v.type, reg);
}

static plc_val complement(plc_fn *f, plc_val v, plc_loc loc, uint16_t to)
{
    v = plc_plain(f, v);
    if (!plc_is_unsigned_int(v.type)) {
        plc_error(f->p, loc, NULL, "`~` is not for %.*s", PLC_FMT(v.type->name));
        return plc_val_error();
    }
    const plc_num mask = plc_type_max(v.type);
    if (v.kind == VAL_CONST) {
        plc_num n = {false, {{0}}};
        pl_u256_xor(&n.mag, &v.nums->mag, &mask.mag);
        return plc_val_const(f, v.type, n);
    }
    const bool wide = plc_is_wide(v.type);
    if (v.type->size == 32) {
        const uint16_t reg = target(f, to, true);
        plc_op(f, PL_OP_NOT, reg, v.reg, 0, 0, 0);
        return plc_val_reg(v.type, reg);
    }
    const uint16_t m = plc_constant(f, &mask, wide);
    const uint16_t reg = target(f, to, wide);
    plc_op(f, wide ? PL_OP_XOR : PL_OP_NXOR, reg, v.reg, m, 0, 0);
    return plc_val_reg(v.type, reg);
}

plc_val plc_unary(plc_fn *f, const plc_expr *e, const plc_type *hint, uint16_t to)
{
    (void)hint;
    const uint32_t mark = plc_mark(f);
    plc_val v = plc_expr_value(f, e->a, NULL, PLC_NOWHERE);
    f->loc = e->loc;
    if (v.type == NULL) {
        return v;
    }
    if (e->op == TOK_SUB) {
        v = negate(f, v, e->loc, to);
    } else if (e->op == TOK_TILDE) {
        v = complement(f, v, e->loc, to);
    } else {
        v = plc_as(f, v, plc_type_simple(f->p, TY_BOOL), e->loc);
        if (v.type != NULL && v.kind == VAL_CONST) {
            v = plc_val_bool(f, pl_u256_is_zero(&v.nums->mag));
        } else if (v.type != NULL) {
            const uint16_t reg = target(f, to, false);
            plc_op(f, PL_OP_NNOT, reg, v.reg, 0, 0, 0);
            v = plc_val_reg(v.type, reg);
        }
    }
    if (v.kind == VAL_REG) {
        plc_release_keep(f, mark, v.reg, 1);
    }
    return v;
}
