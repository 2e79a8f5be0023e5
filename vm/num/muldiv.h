/* Fused a * b / c with a named rounding, spec 01 §4, and divisors prepared once and used often.
 *
 * Two forms, because real protocols trap on different sets:
 *   muldiv       the product must fit the 256-bit type (half_up: product + floor(c/2) as well);
 *   muldiv_full  the product is exact in 512 bits, only the quotient must fit.
 * All return DIV_BY_ZERO if c is 0 (before anything else), OVERFLOW if a promise above is broken.
 * The functions ending in _by take a prepared divisor and give the same bits and traps. */
#ifndef PL_NUM_MULDIV_H
#define PL_NUM_MULDIV_H

#include "vm/num/i256.h"

/* A non-zero divisor with its reciprocal. Fill it with pl_divisor_init; the fields are private.
 *
 * w is the bits of a limb pair, L the bit length of the divisor d. When d = head * 2^(L - w) with
 * an integer head, one multiplication by the inverse gives one pair of the quotient. That is always
 * so for L <= w, and with 64-bit limbs for 10^k up to 10^55, whose odd part is below 2^128. */
typedef struct pl_divisor {
    pl_pair limit;        /* d if L <= w, else 0: the short way needs floor(num / 2^w) < limit */
    pl_pair head;         /* 0 if there is none: divide by value */
    pl_pair inverse;      /* floor((2^(2w) - 1) / head) - 2^w */
    uint32_t shift_left;  /* w - L, or 0 */
    uint32_t shift_right; /* L - w, or 0 */
    pl_u256 value;        /* d */
} pl_divisor;

/* Prepares d; DIV_BY_ZERO if d is 0. */
PL_MUST_USE pl_status pl_divisor_init(pl_divisor *divisor, const pl_u256 *d);

/* The general functions; the named ones below are these with a constant rounding. */
PL_MUST_USE pl_status pl_u256_muldiv_round(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                           const pl_u256 *c, pl_round round);
PL_MUST_USE pl_status pl_u256_muldiv_full_round(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                                const pl_u256 *c, pl_round round);
PL_MUST_USE pl_status pl_i256_muldiv_round(pl_i256 *r, const pl_i256 *a, const pl_i256 *b,
                                           const pl_i256 *c, pl_round round);
PL_MUST_USE pl_status pl_i256_muldiv_full_round(pl_i256 *r, const pl_i256 *a, const pl_i256 *b,
                                                const pl_i256 *c, pl_round round);

/* *r = floor((a * b + (c - 1)) / c); the sum must fit 256 bits. */
PL_MUST_USE pl_status pl_u256_muldiv_up_add(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                            const pl_u256 *c);

/* *r = a * b / 2^shift, exact in 512 bits, rounded; OVERFLOW if it does not fit. shift 0..511. */
PL_MUST_USE pl_status pl_u256_mulshr_full_down(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                               uint32_t shift);
PL_MUST_USE pl_status pl_i256_mulshr_full_down(pl_i256 *r, const pl_i256 *a, const pl_i256 *b,
                                               uint32_t shift);
PL_MUST_USE pl_status pl_i256_mulshr_full_zero(pl_i256 *r, const pl_i256 *a, const pl_i256 *b,
                                               uint32_t shift);

/* The functions below for operands of any width; use those below. */
PL_MUST_USE pl_status pl_u256_muldiv_long_by(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                             const pl_divisor *c, pl_round round);
PL_MUST_USE pl_status pl_u256_muldiv_full_long_by(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                                  const pl_divisor *c, pl_round round);
PL_MUST_USE pl_status pl_u256_muldiv_up_add_long_by(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                                    const pl_divisor *c);
PL_MUST_USE pl_status pl_u256_div_long_by(pl_u256 *r, const pl_u256 *a, const pl_divisor *b,
                                          pl_round round);

PL_INLINE pl_pair pl_u256_low_pair(const pl_u256 *a)
{
    return (pl_pair){a->limb[0], a->limb[1]};
}

/* Returns the limb that starts `shift` bits, below the bits of a limb, under the top of high. */
PL_INLINE pl_limb pl_limb_shifted(pl_limb high, pl_limb low, uint32_t shift)
{
    return (pl_limb)(high << shift) | (pl_limb)((low >> 1) >> (PL_LIMB_BITS - 1 - shift));
}

/* *r = (high * 2^w + low) / c rounded, for high < c->limit. The quotient is below 2^w, and one more
 * after rounding. */
PL_INLINE void pl_divisor_short_quotient(pl_u256 *r, pl_pair high, pl_pair low, const pl_divisor *c,
                                         pl_round round)
{
    uint32_t shift = c->shift_left;
    if (shift >= PL_LIMB_BITS) { /* then c is one limb, and high with it */
        shift -= PL_LIMB_BITS;
        high = (pl_pair){low.high, high.low};
        low = (pl_pair){0, low.low};
    }
    high.high = pl_limb_shifted(high.high, high.low, shift);
    high.low = pl_limb_shifted(high.low, low.high, shift);
    low.high = pl_limb_shifted(low.high, low.low, shift);
    low.low = (pl_limb)(low.low << shift);
    pl_pair rem;
    pl_pair q = pl_pair_div_step(&rem, high, low, c->head, c->inverse);
    pl_limb increment = 0;
    if (round == PL_ROUND_UP || round == PL_ROUND_AWAY) {
        increment = (rem.low | rem.high) != 0;
    } else if (round == PL_ROUND_HALF_UP || round == PL_ROUND_HALF_EVEN) {
        pl_limb borrow;
        const pl_pair rest = pl_pair_sub(c->head, rem, &borrow); /* rem against half of the head */
        const bool half = round == PL_ROUND_HALF_UP || (q.low & 1) != 0;
        increment = pl_pair_lt(rest, rem) || (half && !pl_pair_lt(rem, rest));
    }
    if (round != PL_ROUND_DOWN && round != PL_ROUND_ZERO) {
        q.low = pl_limb_add(q.low, 0, &increment);
        q.high = pl_limb_add(q.high, 0, &increment);
    }
    r->limb[0] = q.low;
    r->limb[1] = q.high;
    r->limb[2] = increment;
    PL_UNROLL
    for (int i = 3; i < PL_U256_LIMBS; i++) {
        r->limb[i] = 0;
    }
}

/* Tries *r = (a * b + addend) / c rounded by one short step; false if an operand is too wide. */
PL_INLINE bool pl_divisor_try_short(pl_u256 *r, const pl_u256 *a, const pl_u256 *b, pl_pair addend,
                                    const pl_divisor *c, pl_round round)
{
    if (PL_UNLIKELY(!pl_u256_fits_pair(a) || !pl_u256_fits_pair(b))) {
        return false;
    }
    pl_pair high, low;
    pl_limb carry = 0;
    pl_pair_mul(&high, &low, pl_u256_low_pair(a), pl_u256_low_pair(b));
    low = pl_pair_add(low, addend, &carry);
    high = pl_pair_add(high, (pl_pair){0, 0}, &carry); /* high <= 2^w - 2 before */
    if (PL_UNLIKELY(!pl_pair_lt(high, c->limit))) {
        return false;
    }
    pl_divisor_short_quotient(r, high, low, c, round);
    return true;
}

/* What half up adds before it rounds down: floor(c / 2) of a divisor with a limit, else 0. */
PL_INLINE pl_pair pl_divisor_half(const pl_divisor *c, pl_round round)
{
    if (round != PL_ROUND_HALF_UP) {
        return (pl_pair){0, 0};
    }
    return (pl_pair){pl_limb_shifted(c->limit.high, c->limit.low, PL_LIMB_BITS - 1),
                     (pl_limb)(c->limit.high >> 1)};
}

/* The general functions for a prepared divisor; meant to be called with a constant rounding. Half
 * up adds floor(c / 2) and rounds down. */
PL_MUST_USE PL_INLINE pl_status pl_u256_muldiv_round_by(pl_u256 *r, const pl_u256 *a,
                                                        const pl_u256 *b, const pl_divisor *c,
                                                        pl_round round)
{
    const pl_pair addend = pl_divisor_half(c, round);
    const pl_round rest = round == PL_ROUND_HALF_UP ? PL_ROUND_DOWN : round;
    if (PL_LIKELY(pl_divisor_try_short(r, a, b, addend, c, rest))) {
        return PL_OK;
    }
    return pl_u256_muldiv_long_by(r, a, b, c, round);
}

PL_MUST_USE PL_INLINE pl_status pl_u256_muldiv_full_round_by(pl_u256 *r, const pl_u256 *a,
                                                             const pl_u256 *b, const pl_divisor *c,
                                                             pl_round round)
{
    const pl_pair addend = pl_divisor_half(c, round);
    const pl_round rest = round == PL_ROUND_HALF_UP ? PL_ROUND_DOWN : round;
    if (PL_LIKELY(pl_divisor_try_short(r, a, b, addend, c, rest))) {
        return PL_OK;
    }
    return pl_u256_muldiv_full_long_by(r, a, b, c, round);
}

PL_MUST_USE PL_INLINE pl_status pl_u256_muldiv_up_add_by(pl_u256 *r, const pl_u256 *a,
                                                         const pl_u256 *b, const pl_divisor *c)
{
    if (PL_LIKELY(pl_divisor_try_short(r, a, b, (pl_pair){0, 0}, c, PL_ROUND_UP))) {
        return PL_OK; /* a * b < c * 2^w, so the sum the long form asks about fits */
    }
    return pl_u256_muldiv_up_add_long_by(r, a, b, c);
}

PL_MUST_USE PL_INLINE pl_status pl_u256_div_round_by(pl_u256 *r, const pl_u256 *a,
                                                     const pl_divisor *b, pl_round round)
{
    const pl_pair high = {a->limb[2], a->limb[3]};
    pl_limb above = 0;
    PL_UNROLL
    for (int i = 4; i < PL_U256_LIMBS; i++) {
        above |= a->limb[i];
    }
    if (PL_LIKELY(above == 0 && pl_pair_lt(high, b->limit))) {
        pl_divisor_short_quotient(r, high, pl_u256_low_pair(a), b, round);
        return PL_OK;
    }
    return pl_u256_div_long_by(r, a, b, round);
}

#define PL_MULDIV_NAMES_(name, ROUND)                                                              \
    PL_MUST_USE PL_INLINE pl_status pl_u256_muldiv_##name(pl_u256 *r, const pl_u256 *a,            \
                                                          const pl_u256 *b, const pl_u256 *c)      \
    {                                                                                              \
        return pl_u256_muldiv_round(r, a, b, c, ROUND);                                            \
    }                                                                                              \
    PL_MUST_USE PL_INLINE pl_status pl_u256_muldiv_full_##name(pl_u256 *r, const pl_u256 *a,       \
                                                               const pl_u256 *b, const pl_u256 *c) \
    {                                                                                              \
        return pl_u256_muldiv_full_round(r, a, b, c, ROUND);                                       \
    }                                                                                              \
    PL_MUST_USE PL_INLINE pl_status pl_i256_muldiv_##name(pl_i256 *r, const pl_i256 *a,            \
                                                          const pl_i256 *b, const pl_i256 *c)      \
    {                                                                                              \
        return pl_i256_muldiv_round(r, a, b, c, ROUND);                                            \
    }                                                                                              \
    PL_MUST_USE PL_INLINE pl_status pl_i256_muldiv_full_##name(pl_i256 *r, const pl_i256 *a,       \
                                                               const pl_i256 *b, const pl_i256 *c) \
    {                                                                                              \
        return pl_i256_muldiv_full_round(r, a, b, c, ROUND);                                       \
    }                                                                                              \
    PL_MUST_USE PL_INLINE pl_status pl_u256_muldiv_##name##_by(                                    \
        pl_u256 *r, const pl_u256 *a, const pl_u256 *b, const pl_divisor *c)                       \
    {                                                                                              \
        return pl_u256_muldiv_round_by(r, a, b, c, ROUND);                                         \
    }                                                                                              \
    PL_MUST_USE PL_INLINE pl_status pl_u256_muldiv_full_##name##_by(                               \
        pl_u256 *r, const pl_u256 *a, const pl_u256 *b, const pl_divisor *c)                       \
    {                                                                                              \
        return pl_u256_muldiv_full_round_by(r, a, b, c, ROUND);                                    \
    }                                                                                              \
    PL_MUST_USE PL_INLINE pl_status pl_u256_div_##name##_by(pl_u256 *r, const pl_u256 *a,          \
                                                            const pl_divisor *b)                   \
    {                                                                                              \
        return pl_u256_div_round_by(r, a, b, ROUND);                                               \
    }

PL_MULDIV_NAMES_(down, PL_ROUND_DOWN)
PL_MULDIV_NAMES_(up, PL_ROUND_UP)
PL_MULDIV_NAMES_(half_up, PL_ROUND_HALF_UP)
PL_MULDIV_NAMES_(half_even, PL_ROUND_HALF_EVEN)
PL_MULDIV_NAMES_(zero, PL_ROUND_ZERO)
PL_MULDIV_NAMES_(away, PL_ROUND_AWAY)

#endif
