/* Values: where they are, how they get into registers, what turns into what by itself. */
#include "tools/plc/program.h"

plc_val plc_val_error(void)
{
    return (plc_val){.type = NULL};
}

plc_val plc_val_void(plc_fn *f)
{
    return (plc_val){.type = plc_type_simple(f->p, TY_VOID)};
}

plc_val plc_val_reg(const plc_type *type, uint16_t reg)
{
    return (plc_val){.type = type, .kind = VAL_REG, .reg = reg};
}

plc_val plc_val_const(plc_fn *f, const plc_type *type, plc_num n)
{
    plc_num *kept = PLC_NEW(f->p, plc_num);
    *kept = n;
    return (plc_val){.type = type, .kind = VAL_CONST, .nums = kept};
}

plc_val plc_val_bare(plc_fn *f, plc_num n)
{
    plc_val v = plc_val_const(f, plc_type_int(f->p, n.negative, 256), n);
    v.is_bare = true;
    return v;
}

plc_val plc_val_bool(plc_fn *f, bool b)
{
    return plc_val_const(f, plc_type_simple(f->p, TY_BOOL), plc_num_u64(b));
}

/* Returns the first of the value's registers; constants are loaded. */
uint16_t plc_in_reg(plc_fn *f, plc_val v)
{
    if (v.type == NULL) {
        return plc_reg(f, true); /* after an error: any register */
    }
    if (v.kind == VAL_REG) {
        return v.reg;
    }
    if (v.type->leaf_count == 1) {
        return plc_constant(f, v.nums, plc_is_wide(plc_leaf(v.type, 0)));
    }
    const uint16_t reg = plc_regs(f, v.type);
    plc_into(f, reg, v);
    return reg;
}

plc_val plc_val_loaded(plc_fn *f, plc_val v)
{
    return v.kind == VAL_CONST ? plc_val_reg(v.type, plc_in_reg(f, v)) : v;
}

bool plc_at_run_time(const plc_fn *f)
{
    return f->expansion > 0 && !f->constant_only;
}

/* The value of an unsigned or signed scalar in a wide register. */
uint16_t plc_in_wide(plc_fn *f, plc_val v)
{
    if (v.type == NULL) {
        return plc_reg(f, true);
    }
    if (v.kind == VAL_CONST) {
        return plc_constant(f, v.nums, true);
    }
    if (plc_reg_wide(f, v.reg)) {
        return v.reg;
    }
    const uint16_t reg = plc_reg(f, true);
    plc_op(f, PL_OP_WIDE, reg, v.reg, 0, 0, 0);
    return reg;
}

/* Writes all registers of the value to `to`, whose kinds are those of its type. */
void plc_into(plc_fn *f, uint16_t to, plc_val v)
{
    if (v.type == NULL || v.kind == VAL_NONE || f->full) {
        return;
    }
    for (uint32_t i = 0; i < v.type->leaf_count; i++) {
        const uint16_t slot = (uint16_t)(to + i);
        if (v.kind == VAL_CONST) {
            bool wide = plc_reg_wide(f, slot);
            plc_kept *k = NULL;
            const pl_u256 word = plc_num_word(&v.nums[i]);
            for (uint32_t j = 0; wide && f->second && j < f->kept_count; j++) {
                if (f->kept[j].is_loaded && f->kept[j].is_wide &&
                    pl_u256_eq(&f->kept[j].word, &word)) {
                    k = &f->kept[j];
                }
            }
            if (k != NULL) {
                plc_move(f, slot, k->reg);
            } else {
                plc_load_constant(f, slot, &v.nums[i], wide);
            }
        } else {
            plc_move(f, slot, (uint16_t)(v.reg + i));
        }
    }
}

bool plc_can_widen(const plc_type *from, const plc_type *to)
{
    return from->kind == TY_INT && to->kind == TY_INT && from->is_signed == to->is_signed &&
           from->size <= to->size;
}

/* Bare numbers become u256 (i256 when negative), narrowed parts of rows their full type. */
plc_val plc_plain(plc_fn *f, plc_val v)
{
    if (v.type == NULL) {
        return v;
    }
    v.is_bare = false;
    if (v.type->kind != TY_NARROWED) {
        return v;
    }
    const plc_type *base = v.type->base;
    if (v.kind == VAL_REG && plc_is_wide(base) && !plc_reg_wide(f, v.reg)) {
        const uint16_t reg = plc_reg(f, true);
        plc_op(f, PL_OP_WIDE, reg, v.reg, 0, 0, 0);
        v.reg = reg;
        v.is_stable = false;
    }
    v.type = base;
    return v;
}

static plc_val bare_as(plc_fn *f, plc_val v, const plc_type *want, plc_loc loc)
{
    const bool is_zero = pl_u256_is_zero(&v.nums->mag);
    const bool takes = want->kind == TY_INT || want->kind == TY_TIME || want->kind == TY_CONTRACT ||
                       (is_zero && (want->kind == TY_SCALED || want->kind == TY_BITS));
    if (!takes) {
        const char *help = NULL;
        if (want->kind == TY_SCALED) {
            help = plc_print(f->p, "write the scale, as in 1.5%.*s, or %.*s.raw(n)",
                             PLC_FMT(want->name), PLC_FMT(want->name))
                       .text;
            if (want->measure != MEASURE_FACTOR || want->name.text[want->name.size - 1] == '>') {
                help = plc_print(f->p, "write %.*s.raw(n), or give the type a name with `type`",
                                 PLC_FMT(want->name))
                           .text;
            }
        } else if (want->kind == TY_BOOL) {
            help = "write true or false";
        } else if (want->kind == TY_ACCOUNT || want->kind == TY_BYTES32 || want->kind == TY_BITS) {
            help = plc_print(f->p, "write %.*s.raw(n)", PLC_FMT(want->name)).text;
        }
        plc_error(f->p, loc, help, "expected %.*s, found a number", PLC_FMT(want->name));
        return plc_val_error();
    }
    if (!plc_fits(v.nums, want)) {
        plc_error(f->p, loc, NULL, "the number does not fit %.*s", PLC_FMT(want->name));
        return plc_val_error();
    }
    v.type = want;
    v.is_bare = false;
    return v;
}

static const char *conversion_help(plc *p, const plc_type *from, const plc_type *to)
{
    const char *to_name = to->name.text;
    if (from->kind == TY_INT && to->kind == TY_INT) {
        return plc_print(p, "write `.. as %s`, which traps when it does not fit", to_name).text;
    }
    if (from->kind == TY_SCALED && to->kind == TY_SCALED) {
        if (from->measure == to->measure && plc_same(from->unit, to->unit)) {
            if (from->is_signed != to->is_signed && from->scale == to->scale) {
                return plc_print(p, "write `.. as %s`", to_name).text;
            }
            return from->scale <= to->scale
                       ? plc_print(p, "write to<%s>(..)", to_name).text
                       : plc_print(p, "write to_down<%s>(..), or another rounding", to_name).text;
        }
        return "the units differ: convert with a price (value_down, units_down), or state raw(..)";
    }
    if (from->kind == TY_SCALED && to->kind == TY_INT) {
        return "write raw(..) to give up the scale";
    }
    if (from->kind == TY_INT && to->kind == TY_SCALED) {
        return plc_print(p, "write %s.raw(..) if the digits already have this scale", to_name).text;
    }
    if ((from->kind == TY_TIME && to->kind == TY_INT) ||
        (from->kind == TY_INT && (to->kind == TY_TIME || to->kind == TY_CONTRACT)) ||
        (from->kind == TY_ENUM && to->kind == TY_INT)) {
        return plc_print(p, "write `.. as %s`", to_name).text;
    }
    if (to->kind == TY_BOOL && plc_is_number(from)) {
        return "write .. != 0";
    }
    return NULL;
}

plc_val plc_as(plc_fn *f, plc_val v, const plc_type *want, plc_loc loc)
{
    if (v.type == NULL || want == NULL) {
        return plc_val_error();
    }
    want = plc_base(want);
    if (v.is_bare) {
        return bare_as(f, v, want, loc);
    }
    v = plc_plain(f, v);
    if (v.type == want) {
        return v;
    }
    if (v.type->kind == TY_VOID) {
        plc_error(f->p, loc, NULL, "expected %.*s, but this has no value", PLC_FMT(want->name));
        return plc_val_error();
    }
    if (plc_can_widen(v.type, want)) {
        if (v.kind == VAL_REG && plc_is_wide(want) && !plc_reg_wide(f, v.reg)) {
            v.reg = plc_in_wide(f, v);
            v.is_stable = false;
        }
        v.type = want;
        return v;
    }
    plc_error(f->p, loc, conversion_help(f->p, v.type, want), "expected %.*s, found %.*s",
              PLC_FMT(want->name), PLC_FMT(v.type->name));
    return plc_val_error();
}

/* A 256-bit result as a value of `type`: checked against the type's width (CAST), and in a narrow
 * register where the type lives in one. */
plc_val plc_narrow_to(plc_fn *f, plc_val v, const plc_type *type, uint16_t to)
{
    uint16_t reg = v.reg;
    const uint32_t bits = 8u * type->size;
    if (!plc_is_wide(type)) {
        reg = to != PLC_NOWHERE && !plc_reg_wide(f, to) ? to : plc_reg(f, false);
        plc_op(f, PL_OP_NARROW, reg, v.reg, 0, 0, 0);
        if (bits < 64) {
            plc_op(f, PL_OP_CHKN, reg, 0, 0, 0, bits);
        }
    } else if (bits < 256) {
        plc_op(f, type->is_signed ? PL_OP_CHKI : PL_OP_CHKU, reg, 0, 0, 0, bits);
    }
    return plc_val_reg(type, reg);
}
