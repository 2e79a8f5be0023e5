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
 * When the divisor is d = head * 2^(L - w), L its bit length and w the bits of a limb pair, with
 * head an integer (always so for L <= w, and for 10^k up to k = 55 with 64-bit limbs), one division
 * step per pair suffices. */
typedef struct pl_divisor {
    pl_u256 value;         /* d */
    pl_u256 half;          /* floor(d / 2) */
    pl_limb_pair head;     /* d shifted so that its top bit is the pair's top bit; 0 if inexact */
    pl_limb_pair inverse;  /* floor((2^(2w) - 1) / head) - 2^w */
    uint32_t shift_left;   /* w - L if L <= w */
    uint32_t shift_right;  /* L - w if L > w */
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
PL_MUST_USE pl_status pl_u256_muldiv_round_by(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                              const pl_divisor *c, pl_round round);
PL_MUST_USE pl_status pl_u256_muldiv_full_round_by(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                                   const pl_divisor *c, pl_round round);
PL_MUST_USE pl_status pl_u256_div_round_by(pl_u256 *r, const pl_u256 *a, const pl_divisor *b,
                                           pl_round round);

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

#define PL_MULDIV_NAMES_(name, ROUND)                                                           \
    PL_MUST_USE PL_INLINE pl_status pl_u256_muldiv_##name(pl_u256 *r, const pl_u256 *a,         \
                                                          const pl_u256 *b, const pl_u256 *c)   \
    {                                                                                           \
        return pl_u256_muldiv_round(r, a, b, c, ROUND);                                         \
    }                                                                                           \
    PL_MUST_USE PL_INLINE pl_status pl_u256_muldiv_full_##name(pl_u256 *r, const pl_u256 *a,    \
                                                               const pl_u256 *b,                \
                                                               const pl_u256 *c)                \
    {                                                                                           \
        return pl_u256_muldiv_full_round(r, a, b, c, ROUND);                                    \
    }                                                                                           \
    PL_MUST_USE PL_INLINE pl_status pl_i256_muldiv_##name(pl_i256 *r, const pl_i256 *a,         \
                                                          const pl_i256 *b, const pl_i256 *c)   \
    {                                                                                           \
        return pl_i256_muldiv_round(r, a, b, c, ROUND);                                         \
    }                                                                                           \
    PL_MUST_USE PL_INLINE pl_status pl_i256_muldiv_full_##name(pl_i256 *r, const pl_i256 *a,    \
                                                               const pl_i256 *b,                \
                                                               const pl_i256 *c)                \
    {                                                                                           \
        return pl_i256_muldiv_full_round(r, a, b, c, ROUND);                                    \
    }                                                                                           \
    PL_MUST_USE PL_INLINE pl_status pl_u256_muldiv_##name##_by(                                 \
        pl_u256 *r, const pl_u256 *a, const pl_u256 *b, const pl_divisor *c)                    \
    {                                                                                           \
        return pl_u256_muldiv_round_by(r, a, b, c, ROUND);                                      \
    }                                                                                           \
    PL_MUST_USE PL_INLINE pl_status pl_u256_muldiv_full_##name##_by(                            \
        pl_u256 *r, const pl_u256 *a, const pl_u256 *b, const pl_divisor *c)                    \
    {                                                                                           \
        return pl_u256_muldiv_full_round_by(r, a, b, c, ROUND);                                 \
    }                                                                                           \
    PL_MUST_USE PL_INLINE pl_status pl_u256_div_##name##_by(pl_u256 *r, const pl_u256 *a,       \
                                                            const pl_divisor *b)                \
    {                                                                                           \
        return pl_u256_div_round_by(r, a, b, ROUND);                                            \
    }

PL_MULDIV_NAMES_(down, PL_ROUND_DOWN)
PL_MULDIV_NAMES_(up, PL_ROUND_UP)
PL_MULDIV_NAMES_(half_up, PL_ROUND_HALF_UP)
PL_MULDIV_NAMES_(half_even, PL_ROUND_HALF_EVEN)
PL_MULDIV_NAMES_(zero, PL_ROUND_ZERO)
PL_MULDIV_NAMES_(away, PL_ROUND_AWAY)

#endif
