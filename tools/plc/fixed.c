/* Products and quotients with a named rounding. spec 07 §4
 *
 * Every form becomes one a * b / c of the machine, with c from the pool when it is constant. */
#include "tools/plc/program.h"

typedef enum rounding {
    R_DOWN,
    R_UP,
    R_UP_ADD,
    R_HALF_UP,
    R_HALF_EVEN,
    R_ZERO,
    R_AWAY,
    R_COUNT
} rounding;

static const char *const round_names[R_COUNT] = {"down",      "up",   "up_add", "half_up",
                                                 "half_even", "zero", "away"};

typedef enum form { F_MUL, F_DIV, F_RATIO, F_MULDIV, F_VALUE, F_UNITS, F_TO, F_COUNT } form;

static const char *const form_names[F_COUNT] = {"mul",   "div",   "ratio", "muldiv",
                                                "value", "units", "to"};

typedef struct fused {
    form form;
    rounding round;
    bool is_full, has_round;
    plc_loc loc;
} fused;

/* a * b / c in the machine; NO where there is no such instruction. */
#define NO 0
static const uint8_t fit_ops[R_COUNT] = {
    PL_OP_MULDIV_DN, PL_OP_MULDIV_UP, PL_OP_MULDIV_UA, PL_OP_MULDIV_HU, PL_OP_MULDIV_HE, NO, NO};
static const uint8_t fit_k_ops[R_COUNT] = {PL_OP_MULDIVK_DN,
                                           PL_OP_MULDIVK_UP,
                                           PL_OP_MULDIVK_UA,
                                           PL_OP_MULDIVK_HU,
                                           PL_OP_MULDIVK_HE,
                                           NO,
                                           NO};
static const uint8_t full_ops[R_COUNT] = {
    PL_OP_MULDIVX_DN, PL_OP_MULDIVX_UP, NO, PL_OP_MULDIVX_HU, PL_OP_MULDIVX_HE, NO, NO};
static const uint8_t full_k_ops[R_COUNT] = {
    PL_OP_MULDIVXK_DN, PL_OP_MULDIVXK_UP, NO, PL_OP_MULDIVXK_HU, PL_OP_MULDIVXK_HE, NO, NO};
static const uint8_t int_ops[R_COUNT] = {PL_OP_IMULDIV_DN, PL_OP_IMULDIV_UP, NO,
                                         PL_OP_IMULDIV_HU, PL_OP_IMULDIV_HE, PL_OP_IMULDIV_TZ,
                                         PL_OP_IMULDIV_AZ};
static const uint8_t int_full_ops[R_COUNT] = {
    PL_OP_IMULDIVX_DN, PL_OP_IMULDIVX_UP, NO, PL_OP_IMULDIVX_HU, PL_OP_IMULDIVX_HE,
    PL_OP_IMULDIVX_TZ, PL_OP_IMULDIVX_AZ};
static const uint8_t div_ops[R_COUNT] = {PL_OP_DIV,    PL_OP_DIV_UP, NO, PL_OP_DIV_HU,
                                         PL_OP_DIV_HE, NO,           NO};
static const uint8_t div_k_ops[R_COUNT] = {
    PL_OP_DIVK_DN, PL_OP_DIVK_UP, NO, PL_OP_DIVK_HU, PL_OP_DIVK_HE, NO, NO};
static const uint8_t idiv_ops[R_COUNT] = {PL_OP_IDIV_FL, NO, NO, NO, NO, PL_OP_IDIV, NO};

static bool parse_round(plc_str rest, fused *q)
{
    if (rest.size > 5 && memcmp(rest.text + rest.size - 5, "_full", 5) == 0) {
        q->is_full = true;
        rest.size -= 5;
    }
    for (uint32_t r = 0; r < R_COUNT; r++) {
        if (plc_is(rest, round_names[r])) {
            q->round = (rounding)r;
            q->has_round = true;
            return true;
        }
    }
    return false;
}

static bool parse_name(plc_str name, fused *q)
{
    if (plc_is(name, "to")) {
        *q = (fused){.form = F_TO};
        return true;
    }
    for (uint32_t k = 0; k < F_COUNT; k++) {
        const uint32_t size = (uint32_t)strlen(form_names[k]);
        if (name.size > size + 1 && plc_starts(name, form_names[k]) && name.text[size] == '_') {
            *q = (fused){.form = (form)k};
            if (parse_round((plc_str){name.text + size + 1, name.size - size - 1}, q)) {
                return true;
            }
        }
    }
    return false;
}

void plc_near_builtins(plc_near *near)
{
    static const char *const words[] = {"min",
                                        "max",
                                        "clamp",
                                        "abs",
                                        "add_wrap",
                                        "sub_wrap",
                                        "mul_wrap",
                                        "add_sat",
                                        "sub_sat",
                                        "mul_sat",
                                        "sqrt",
                                        "pow",
                                        "rpow_half_up",
                                        "rpow_down",
                                        "decpow",
                                        "bit",
                                        "set_bit",
                                        "next_bit",
                                        "bit_length",
                                        "raw",
                                        "exists",
                                        "mod_zero",
                                        "mod_down",
                                        "mul_down",
                                        "mul_up",
                                        "mul_half_up",
                                        "mul_half_even",
                                        "div_down",
                                        "div_up",
                                        "div_half_up",
                                        "div_half_even",
                                        "div_zero",
                                        "muldiv_down",
                                        "muldiv_up",
                                        "muldiv_half_up",
                                        "ratio_down",
                                        "ratio_up",
                                        "ratio_half_up",
                                        "value_down",
                                        "value_up",
                                        "units_down",
                                        "units_up",
                                        "to",
                                        "to_down",
                                        "to_up",
                                        "to_half_up"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        plc_near_add_word(near, words[i]);
    }
}

/* ---- operands ---- */

static plc_val number_operand(plc_fn *f, const plc_expr *e)
{
    plc_val v = plc_expr_value(f, e, NULL, PLC_NOWHERE);
    if (v.type != NULL && !v.is_bare) {
        v = plc_plain(f, v);
    }
    if (v.type != NULL && !plc_is_number(v.type)) {
        plc_error(f->p, e->loc, v.type->kind == TY_TIME ? "write `.. as u64`" : NULL,
                  "expected an integer or scaled number, found %.*s", PLC_FMT(v.type->name));
        return plc_val_error();
    }
    return v;
}

/* An operand in a wide register; an unsigned one among signed ones must leave the sign free. */
static uint16_t operand(plc_fn *f, plc_val v, bool is_signed)
{
    const uint16_t reg = plc_in_wide(f, v);
    if (is_signed && v.type != NULL && !v.type->is_signed && v.type->size == 32 &&
        (v.kind == VAL_REG || !plc_fits(v.nums, plc_type_int(f->p, true, 256)))) {
        if (v.kind == VAL_CONST && f->expansion == 0) {
            plc_error(f->p, f->loc, NULL,
                      "a constant from 2^255 up does not stand among signed "
                      "numbers (scales up to 76)");
        }
        plc_op(f, PL_OP_CHKU, reg, 0, 0, 0, 255);
    }
    return reg;
}

static plc_val result(plc_fn *f, const plc_type *type, uint16_t reg, uint32_t mark, uint16_t to)
{
    const plc_val wide = plc_val_reg(type, reg);
    const plc_val v = type->size == 32 ? wide : plc_narrow_to(f, wide, type, to);
    plc_release_keep(f, mark, v.reg, 1);
    return v;
}

static uint16_t wide_target(plc_fn *f, const plc_type *type, uint16_t to)
{
    return to != PLC_NOWHERE && type->size == 32 && plc_reg_wide(f, to) ? to : plc_reg(f, true);
}

static plc_val no_such(plc_fn *f, const fused *q, bool is_signed)
{
    plc_error(f->p, q->loc,
              is_signed ? "signed: down, up, half_up, half_even, zero, away"
                        : "unsigned: down, up, half_up, half_even, and up_add without _full",
              "there is no `%s%s` for this product or quotient", round_names[q->round],
              q->is_full ? "_full" : "");
    return plc_val_error();
}

static bool is_one(plc_val v)
{
    const plc_num one = plc_num_u64(1);
    return v.kind == VAL_CONST && plc_num_same(v.nums, &one);
}

/* a / c */
static plc_val quotient(plc_fn *f, const fused *q, plc_val a, plc_val c, const plc_type *type,
                        bool is_signed, uint32_t mark, uint16_t to)
{
    const bool constant = c.kind == VAL_CONST && !is_signed;
    const uint8_t op = is_signed  ? idiv_ops[q->round]
                       : constant ? div_k_ops[q->round]
                                  : div_ops[q->round];
    if (op == NO || q->is_full) {
        return no_such(f, q, is_signed);
    }
    if (!is_signed && q->round == R_DOWN && !plc_is_wide(a.type) && !plc_is_wide(c.type) &&
        !c.is_bare && a.kind == VAL_REG) {
        const uint16_t x = plc_in_reg(f, a);
        const uint16_t y = plc_in_reg(f, c);
        plc_release(f, mark);
        const uint16_t out = to != PLC_NOWHERE && !plc_reg_wide(f, to) ? to : plc_reg(f, false);
        plc_op(f, PL_OP_NDIV, out, x, y, 0, 0);
        return plc_val_reg(type, out);
    }
    const uint16_t x = operand(f, a, is_signed);
    const pl_u256 word = constant ? plc_num_word(c.nums) : pl_u256_zero();
    const uint32_t y = constant ? plc_pool(f, &word) : operand(f, c, is_signed);
    const uint16_t out = wide_target(f, type, to);
    plc_op(f, (pl_op)op, out, x, y, 0, 0);
    return result(f, type, out, mark, to);
}

/* a * b / c. The values stay evaluated in this order. */
static plc_val fuse(plc_fn *f, const fused *q, plc_val a, plc_val b, plc_val c,
                    const plc_type *type, uint32_t mark, uint16_t to)
{
    const bool is_signed =
        type->is_signed || a.type->is_signed || b.type->is_signed || c.type->is_signed;
    f->loc = q->loc;
    if (f->constant_only) {
        plc_error(f->p, q->loc, "write the number", "this is not computed at compile time");
        return plc_val_error();
    }
    if (c.kind == VAL_CONST && pl_u256_is_zero(&c.nums->mag) && plc_at_run_time(f)) {
        c = plc_val_loaded(f, c);
    } else if (c.kind == VAL_CONST && pl_u256_is_zero(&c.nums->mag)) {
        plc_error(f->p, q->loc, NULL, "the divisor is zero");
        return plc_val_error();
    }
    if (is_signed && !type->is_signed) {
        plc_error(f->p, q->loc, "make the first operand signed with `as`",
                  "a signed product or quotient cannot be a %.*s", PLC_FMT(type->name));
        return plc_val_error();
    }
    /* Only the half of a product's divisor is added to it, and must fit; spec 01 §4. */
    const bool same =
        q->round != R_HALF_UP || q->form == F_TO || (q->form == F_DIV && c.type->kind == TY_INT);
    const bool exists = (is_signed ? idiv_ops : div_ops)[q->round] != NO;
    if (is_one(b) && same && exists && !q->is_full) {
        return quotient(f, q, a, c, type, is_signed, mark, to);
    }
    const bool constant = c.kind == VAL_CONST && !is_signed;
    const uint8_t *ops = is_signed    ? (q->is_full ? int_full_ops : int_ops)
                         : constant   ? (q->is_full ? full_k_ops : fit_k_ops)
                         : q->is_full ? full_ops
                                      : fit_ops;
    if (ops[q->round] == NO) {
        return no_such(f, q, is_signed);
    }
    const uint16_t x = operand(f, a, is_signed);
    const uint16_t y = operand(f, b, is_signed);
    const pl_u256 word = constant ? plc_num_word(c.nums) : pl_u256_zero();
    const uint32_t z = constant ? plc_pool(f, &word) : operand(f, c, is_signed);
    const uint16_t out = wide_target(f, type, to);
    plc_op(f, (pl_op)ops[q->round], out, x, y, z, 0);
    return result(f, type, out, mark, to);
}

static plc_val power(plc_fn *f, uint32_t exponent)
{
    return plc_val_const(f, plc_type_int(f->p, false, 256), plc_num_power_of_ten(exponent));
}

/* ---- the forms ---- */

static plc_val need_factor(plc_fn *f, const plc_expr *e, const plc_type *type, const fused *q)
{
    plc_error(f->p, e->loc,
              type->kind == TY_SCALED
                  ? "the factor stands second; amounts and prices meet in value_down(..)"
                  : "give it a scale (1.5wad), or write muldiv_down(a, b, c)",
              "`%s_%s` needs a factor (bps, wad, ray, ..), found %.*s", form_names[q->form],
              round_names[q->round], PLC_FMT(type->name));
    return plc_val_error();
}

static plc_val form_mul(plc_fn *f, const plc_expr *e, const fused *q, uint32_t mark, uint16_t to)
{
    plc_val a = number_operand(f, e->list.at[0]);
    plc_val b = number_operand(f, e->list.at[1]);
    if (a.type == NULL || b.type == NULL) {
        return plc_val_error();
    }
    a = plc_plain(f, a);
    if (q->form == F_DIV && (b.is_bare || b.type->kind == TY_INT)) {
        b = b.is_bare ? plc_plain(f, b) : b;
        plc_val one = plc_val_bare(f, plc_num_u64(1));
        return fuse(f, q, a, one, b, a.type, mark, to);
    }
    if (!plc_is_factor(b.type)) {
        return need_factor(f, e->list.at[1], b.type, q);
    }
    const plc_val unit = power(f, b.type->scale);
    return q->form == F_MUL ? fuse(f, q, a, b, unit, a.type, mark, to)
                            : fuse(f, q, a, unit, b, a.type, mark, to);
}

/* Two operands of one type; false after a message. */
static bool like(plc_fn *f, plc_val *a, plc_val *b, const plc_expr *e)
{
    if (a->type == NULL || b->type == NULL) {
        return false;
    }
    if (a->is_bare && !b->is_bare) {
        *a = plc_as(f, *a, b->type, e->loc);
    } else if (b->is_bare && !a->is_bare) {
        *b = plc_as(f, *b, a->type, e->loc);
    }
    if (a->type == NULL || b->type == NULL) {
        return false;
    }
    const bool ints = a->type->kind == TY_INT && b->type->kind == TY_INT &&
                      a->type->is_signed == b->type->is_signed;
    if (a->type != b->type && !ints) {
        plc_error(f->p, e->loc, "bring both to one type first", "%.*s and %.*s do not cancel",
                  PLC_FMT(a->type->name), PLC_FMT(b->type->name));
        return false;
    }
    return true;
}

static const plc_type *type_argument(plc_fn *f, const plc_expr *e, const fused *q)
{
    const plc_expr *name = e->a;
    if (name->targ_count != 1 || name->targs[0]->number.size > 0) {
        plc_error(f->p, name->loc, plc_print(f->p, "write %.*s<wad>(..)", PLC_FMT(name->text)).text,
                  "`%.*s` needs the type of its result", PLC_FMT(name->text));
        return NULL;
    }
    const plc_type *type = plc_resolve(f->p, f->unit, name->targs[0]);
    if (type != NULL && (type->kind != TY_SCALED || (q->form == F_RATIO && !plc_is_factor(type)))) {
        plc_error(f->p, name->loc, NULL, "%.*s is not a %s type", PLC_FMT(type->name),
                  q->form == F_RATIO ? "factor" : "scaled");
        return NULL;
    }
    return type;
}

static plc_val form_ratio(plc_fn *f, const plc_expr *e, const fused *q, uint32_t mark, uint16_t to)
{
    const plc_type *type = type_argument(f, e, q);
    plc_val a = number_operand(f, e->list.at[0]);
    plc_val b = number_operand(f, e->list.at[1]);
    if (type == NULL || !like(f, &a, &b, e)) {
        return plc_val_error();
    }
    return fuse(f, q, a, power(f, type->scale), b, type, mark, to);
}

static plc_val form_muldiv(plc_fn *f, const plc_expr *e, const fused *q, uint32_t mark, uint16_t to)
{
    plc_val a = number_operand(f, e->list.at[0]);
    plc_val b = number_operand(f, e->list.at[1]);
    plc_val c = number_operand(f, e->list.at[2]);
    if (a.type == NULL || !like(f, &b, &c, e)) {
        return plc_val_error();
    }
    a = plc_plain(f, a);
    return fuse(f, q, a, b, c, a.type, mark, to);
}

static plc_val form_value(plc_fn *f, const plc_expr *e, const fused *q, uint32_t mark, uint16_t to)
{
    const plc_type *type = type_argument(f, e, q);
    plc_val a = number_operand(f, e->list.at[0]);
    plc_val p = number_operand(f, e->list.at[1]);
    if (type == NULL || a.type == NULL || p.type == NULL) {
        return plc_val_error();
    }
    a = plc_plain(f, a);
    if (p.type->kind != TY_SCALED || p.type->measure != MEASURE_PRICE) {
        plc_error(f->p, e->list.at[1]->loc, NULL, "expected a price, found %.*s",
                  PLC_FMT(p.type->name));
        return plc_val_error();
    }
    if (q->form == F_UNITS && a.type->kind != TY_SCALED) {
        plc_error(f->p, e->list.at[0]->loc, NULL, "expected a value with a scale, found %.*s",
                  PLC_FMT(a.type->name));
        return plc_val_error();
    }
    const int32_t x = (int32_t)a.type->scale;
    const int32_t price = (int32_t)p.type->scale;
    const int32_t out = (int32_t)type->scale;
    const int32_t shift = q->form == F_VALUE ? x + price - out : out + price - x;
    if (shift < 0 || shift > 77) {
        plc_error(f->p, e->loc, "choose a result with fewer decimals, then to<..>(..)",
                  "the scales do not meet: 10^%d", shift);
        return plc_val_error();
    }
    const plc_val unit = power(f, (uint32_t)shift);
    return q->form == F_VALUE ? fuse(f, q, a, p, unit, type, mark, to)
                              : fuse(f, q, a, unit, p, type, mark, to);
}

static plc_val form_to(plc_fn *f, const plc_expr *e, const fused *q, uint32_t mark, uint16_t to)
{
    const plc_type *type = type_argument(f, e, q);
    plc_val a = plc_plain(f, number_operand(f, e->list.at[0]));
    if (type == NULL || a.type == NULL) {
        return plc_val_error();
    }
    const plc_type *from = a.type;
    if (from->kind != TY_SCALED || from->measure != type->measure ||
        from->is_signed != type->is_signed || !plc_same(from->unit, type->unit)) {
        plc_error(f->p, e->loc, "`to` changes the scale only", "%.*s is not %.*s at another scale",
                  PLC_FMT(from->name), PLC_FMT(type->name));
        return plc_val_error();
    }
    const bool up = from->scale <= type->scale;
    const uint32_t shift =
        up ? (uint32_t)(type->scale - from->scale) : (uint32_t)(from->scale - type->scale);
    if (up == q->has_round) {
        plc_error(f->p, e->loc, up ? "write to<..>(..)" : "write to_down<..>(..)",
                  up ? "nothing is rounded here" : "digits are lost here: name the rounding");
        return plc_val_error();
    }
    plc_val unit = power(f, shift);
    if (!up) {
        return fuse(f, q, a, plc_val_bare(f, plc_num_u64(1)), unit, type, mark, to);
    }
    if (a.kind == VAL_CONST) {
        plc_num n;
        if (plc_num_mul(&n, a.nums, unit.nums) && plc_fits(&n, type)) {
            return plc_val_const(f, type, n);
        }
        if (!plc_at_run_time(f)) {
            plc_error(f->p, e->loc, NULL, "the constant does not fit %.*s", PLC_FMT(type->name));
            return plc_val_error();
        }
    }
    const uint16_t x = plc_in_wide(f, a);
    if (shift == 0) {
        return result(f, type, x, mark, to);
    }
    const uint16_t y = plc_in_wide(f, unit);
    const uint16_t out = wide_target(f, type, to);
    plc_op(f, type->is_signed ? PL_OP_IMUL : PL_OP_MUL, out, x, y, 0, 0);
    return result(f, type, out, mark, to);
}

bool plc_fixed(plc_fn *f, const plc_expr *e, const plc_type *hint, uint16_t to, plc_val *out)
{
    static const uint8_t counts[F_COUNT] = {2, 2, 2, 3, 2, 2, 1};
    fused q;
    (void)hint;
    if (!parse_name(e->a->text, &q)) {
        return false;
    }
    q.loc = e->loc;
    *out = plc_val_error();
    if (e->list.count != counts[q.form]) {
        plc_error(f->p, e->loc, NULL, "`%.*s` takes %u arguments, not %u", PLC_FMT(e->a->text),
                  counts[q.form], e->list.count);
        return true;
    }
    const uint32_t mark = plc_mark(f);
    switch (q.form) {
    case F_MUL:
    case F_DIV:
        *out = form_mul(f, e, &q, mark, to);
        break;
    case F_RATIO:
        *out = form_ratio(f, e, &q, mark, to);
        break;
    case F_MULDIV:
        *out = form_muldiv(f, e, &q, mark, to);
        break;
    case F_VALUE:
    case F_UNITS:
        *out = form_value(f, e, &q, mark, to);
        break;
    case F_TO:
    case F_COUNT:
        *out = form_to(f, e, &q, mark, to);
        break;
    }
    return true;
}
