/* `x as T`. spec 07 §4 */
#include "tools/plc/program.h"

static bool is_word(const plc_type *t)
{
    return t->kind == TY_ACCOUNT || t->kind == TY_SYMBOL || t->kind == TY_BYTES32 ||
           (t->kind == TY_INT && !t->is_signed && t->size == 32);
}

static bool counts(const plc_type *t)
{
    return t->kind == TY_BOOL || t->kind == TY_ENUM || t->kind == TY_TIME || t->kind == TY_INT ||
           t->kind == TY_CONTRACT;
}

static bool same_scale(const plc_type *a, const plc_type *b)
{
    return a->kind == TY_SCALED && b->kind == TY_SCALED && a->scale == b->scale &&
           a->measure == b->measure && a->size == b->size && plc_same(a->unit, b->unit);
}

static bool allowed(const plc_type *from, const plc_type *to)
{
    if (from == to || (is_word(from) && is_word(to)) || same_scale(from, to)) {
        return true;
    }
    if (to->kind == TY_INT) {
        return counts(from);
    }
    return (to->kind == TY_TIME || to->kind == TY_ENUM || to->kind == TY_CONTRACT) &&
           from->kind == TY_INT;
}

/* CAST unless the narrow register is below count: no instruction says this, so a flag moves to
 * bit 63 and is checked there. */
static void check_below(plc_fn *f, uint16_t reg, uint32_t count)
{
    const plc_num n = plc_num_u64(count);
    const plc_num bit = plc_num_u64(63);
    const uint16_t limit = plc_constant(f, &n, false);
    const uint16_t flag = plc_reg(f, false);
    plc_op(f, PL_OP_NLE, flag, limit, reg, 0, 0);
    const uint16_t by = plc_constant(f, &bit, false);
    plc_op(f, PL_OP_NSHL, flag, flag, by, 0, 0);
    plc_op(f, PL_OP_CHKN, flag, 0, 0, 0, 63);
}

/* Between integers (and what counts as one). The check never changes the value. */
static plc_val to_integer(plc_fn *f, plc_val v, const plc_type *to_type, uint16_t to)
{
    const plc_type *from = v.type;
    const bool wide_to = plc_is_wide(to_type);
    const uint32_t bits = 8u * to_type->size;
    if (!plc_is_wide(from)) { /* narrow, so unsigned */
        const bool fits =
            from->size < to_type->size || (from->size == to_type->size && !to_type->is_signed);
        if (!fits && !wide_to) {
            plc_op(f, PL_OP_CHKN, v.reg, 0, 0, 0, bits);
        }
        if (wide_to) {
            v.reg = plc_in_wide(f, v);
            if (!fits) {
                plc_op(f, PL_OP_CHKI, v.reg, 0, 0, 0, bits);
            }
        }
        v.type = to_type;
        return v;
    }
    if (from->is_signed && to_type->is_signed) {
        if (to_type->size < from->size) {
            plc_op(f, PL_OP_CHKI, v.reg, 0, 0, 0, bits);
        }
    } else if (!wide_to) {
        v = plc_narrow_to(f, v, to_type, to);
    } else {
        /* A negative word has its top bit set, so one unsigned check says both things. */
        const uint32_t limit =
            to_type->is_signed || (from->is_signed && bits == 256) ? bits - 1 : bits;
        const bool fits = !from->is_signed && 8u * from->size <= limit;
        if (!fits && limit < 256) {
            plc_op(f, PL_OP_CHKU, v.reg, 0, 0, 0, limit);
        }
    }
    v.type = to_type;
    return v;
}

plc_val plc_cast(plc_fn *f, plc_val v, const plc_type *to_type, plc_loc loc, uint16_t to)
{
    if (v.type == NULL) {
        return v;
    }
    if (v.is_bare && (to_type->kind == TY_INT || to_type->kind == TY_TIME)) {
        return plc_as(f, v, to_type, loc);
    }
    v = plc_plain(f, v);
    if (!allowed(v.type, to_type)) {
        const char *help = NULL;
        if (v.type->kind == TY_SCALED) {
            help = to_type->kind == TY_INT ? "write raw(x) to give up the scale"
                                           : "write to<T>(x), to_down<T>(x), mul_down or div_down";
        } else if (to_type->kind == TY_SCALED) {
            help = plc_print(f->p, "write %.*s.raw(x)", PLC_FMT(to_type->name)).text;
        } else if (v.type->kind == TY_BITS) {
            help = "write raw(x)";
        }
        plc_error(f->p, loc, help, "%.*s cannot be cast to %.*s", PLC_FMT(v.type->name),
                  PLC_FMT(to_type->name));
        return plc_val_error();
    }
    if (v.kind == VAL_CONST && !plc_fits(v.nums, to_type) && plc_at_run_time(f)) {
        v = plc_val_loaded(f, v);
    }
    if (v.kind == VAL_CONST) {
        if (!plc_fits(v.nums, to_type)) {
            plc_error(f->p, loc, NULL, "the constant does not fit %.*s", PLC_FMT(to_type->name));
            return plc_val_error();
        }
        v.type = to_type;
        return v;
    }
    if (v.type == to_type) {
        return v;
    }
    if (is_word(v.type) && is_word(to_type)) {
        v.type = to_type;
        return v;
    }
    const uint32_t mark = plc_mark(f);
    if (to_type->kind == TY_ENUM) {
        v = to_integer(f, v, plc_type_int(f->p, false, 64), to);
        check_below(f, v.reg, to_type->variants.count);
        v.type = to_type;
    } else {
        v = to_integer(f, v, to_type, to);
    }
    plc_release_keep(f, mark, v.reg, 1);
    return v;
}
