/* Signed 256-bit integers, two's complement: -2^255 .. 2^255 - 1. Conventions as in u256.h; the
 * rules are spec 01 §2 and §3. Bit operations and equality are those of u256.h. */
#ifndef PL_NUM_I256_H
#define PL_NUM_I256_H

#include "vm/num/u256.h"

/* Returns -2^255, or 2^255 - 1. */
pl_i256 pl_i256_min_value(void);
pl_i256 pl_i256_max_value(void);

pl_i256 pl_i256_from_i64(int64_t value);

/* *r = a; CAST if a is outside int64. */
PL_MUST_USE pl_status pl_i256_to_i64(int64_t *r, const pl_i256 *a);

/* *r = a; CAST if the value does not fit the other type. */
PL_MUST_USE pl_status pl_i256_from_u256(pl_i256 *r, const pl_u256 *a);
PL_MUST_USE pl_status pl_u256_from_i256(pl_u256 *r, const pl_i256 *a);

/* CAST unless -2^(bits-1) <= a < 2^(bits-1). bits is 1..256. */
PL_MUST_USE pl_status pl_i256_check_bits(const pl_i256 *a, uint32_t bits);

/* As in u256.h, for two's complement bytes; loading extends the sign. */
void pl_i256_load_be(pl_i256 *r, const uint8_t *bytes, size_t size);
PL_MUST_USE pl_status pl_i256_store_be(uint8_t *bytes, size_t size, const pl_i256 *a);

PL_INLINE bool pl_i256_is_neg(const pl_i256 *a)
{
    return pl_u256_is_neg(a);
}

PL_INLINE bool pl_i256_lt(const pl_i256 *a, const pl_i256 *b)
{
    const bool a_neg = pl_u256_is_neg(a);
    return a_neg == pl_u256_is_neg(b) ? pl_u256_lt(a, b) : a_neg;
}

PL_INLINE bool pl_i256_le(const pl_i256 *a, const pl_i256 *b)
{
    return !pl_i256_lt(b, a);
}

/* Returns -1, 0 or 1 as a is below, equal to or above b. */
PL_INLINE int pl_i256_cmp(const pl_i256 *a, const pl_i256 *b)
{
    return (int)pl_i256_lt(b, a) - (int)pl_i256_lt(a, b);
}

/* *r = the smaller, or the larger, of a and b; clamp is min(max(a, low), high). */
void pl_i256_min(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
void pl_i256_max(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
void pl_i256_clamp(pl_i256 *r, const pl_i256 *a, const pl_i256 *low, const pl_i256 *high);

/* *r = a + b, a - b, a * b, -a, |a|; OVERFLOW if the result is outside the type. */
PL_MUST_USE PL_INLINE pl_status pl_i256_add(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    const bool a_neg = pl_u256_is_neg(a), b_neg = pl_u256_is_neg(b);
    pl_i256 sum;
    (void)pl_u256_add_carry(&sum, a, b);
    if (PL_UNLIKELY(a_neg == b_neg && pl_u256_is_neg(&sum) != a_neg)) {
        return PL_TRAP_OVERFLOW;
    }
    pl_u256_copy(r, &sum);
    return PL_OK;
}

PL_MUST_USE PL_INLINE pl_status pl_i256_sub(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    const bool a_neg = pl_u256_is_neg(a), b_neg = pl_u256_is_neg(b);
    pl_i256 difference;
    (void)pl_u256_sub_borrow(&difference, a, b);
    if (PL_UNLIKELY(a_neg != b_neg && pl_u256_is_neg(&difference) != a_neg)) {
        return PL_TRAP_OVERFLOW;
    }
    pl_u256_copy(r, &difference);
    return PL_OK;
}

PL_MUST_USE pl_status pl_i256_mul(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
PL_MUST_USE pl_status pl_i256_neg(pl_i256 *r, const pl_i256 *a);
PL_MUST_USE pl_status pl_i256_abs(pl_i256 *r, const pl_i256 *a);

/* The same modulo 2^256. */
void pl_i256_add_wrap(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
void pl_i256_sub_wrap(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
void pl_i256_mul_wrap(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
void pl_i256_neg_wrap(pl_i256 *r, const pl_i256 *a);

/* The same, stopping at the nearer end of the type. */
void pl_i256_add_sat(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
void pl_i256_sub_sat(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
void pl_i256_mul_sat(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);

/* *r = |a| as an unsigned number; every a has one. */
void pl_i256_magnitude(pl_u256 *r, const pl_i256 *a);

/* *r = a / b rounded. DIV_BY_ZERO if b is 0; OVERFLOW for -2^255 / -1. div_floor is div_down. */
PL_MUST_USE pl_status pl_i256_div_round(pl_i256 *r, const pl_i256 *a, const pl_i256 *b,
                                        pl_round round);
PL_MUST_USE pl_status pl_i256_div_zero(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
PL_MUST_USE pl_status pl_i256_div_floor(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
PL_MUST_USE pl_status pl_i256_div_up(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
PL_MUST_USE pl_status pl_i256_div_half_up(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
PL_MUST_USE pl_status pl_i256_div_half_even(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
PL_MUST_USE pl_status pl_i256_div_away(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);

/* *r = a - b * div_zero(a, b): zero or the sign of a. mod_floor = a - b * div_floor(a, b): zero or
 * the sign of b. DIV_BY_ZERO if b is 0; -2^255 mod -1 is 0. */
PL_MUST_USE pl_status pl_i256_mod_zero(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);
PL_MUST_USE pl_status pl_i256_mod_floor(pl_i256 *r, const pl_i256 *a, const pl_i256 *b);

/* *r = floor(a / 2^count); for count >= 256 it is 0 or -1. */
void pl_i256_sar(pl_i256 *r, const pl_i256 *a, uint64_t count);

#endif
