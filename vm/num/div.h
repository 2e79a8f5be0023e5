/* Division of wide integers; internal to vm/num. */
#ifndef PL_NUM_DIV_H
#define PL_NUM_DIV_H

#include "vm/num/u256.h"

/* *q = floor(num / den), *rem = num - *q * den. den is not 0. q and rem differ from each other and
 * may alias the inputs. */
void pl_divide_256(pl_u256 *q, pl_u256 *rem, const pl_u256 *num, const pl_u256 *den);

/* The same for a 512-bit numerator whose quotient fits: floor(num / 2^256) < den. */
void pl_divide_512(pl_u256 *q, pl_u256 *rem, const pl_u512 *num, const pl_u256 *den);

/* *r = floor(a / 2). */
PL_INLINE void pl_u256_halve(pl_u256 *r, const pl_u256 *a)
{
    PL_UNROLL
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        const pl_limb above = i + 1 < PL_U256_LIMBS ? a->limb[i + 1] : 0;
        r->limb[i] = (pl_limb)(a->limb[i] >> 1) | (pl_limb)(above << (PL_LIMB_BITS - 1));
    }
}

/* Roundings of a magnitude: those of an unsigned number, and half_down, which a negative number
 * rounded half up needs. */
typedef enum pl_round_magnitude {
    PL_MAGNITUDE_DOWN,
    PL_MAGNITUDE_UP,
    PL_MAGNITUDE_HALF_UP,
    PL_MAGNITUDE_HALF_DOWN,
    PL_MAGNITUDE_HALF_EVEN
} pl_round_magnitude;

/* Returns the rounding of |x| that rounds x as asked. */
PL_INLINE pl_round_magnitude pl_round_of_magnitude(pl_round round, bool negative)
{
    switch (round) {
    case PL_ROUND_DOWN:
        return negative ? PL_MAGNITUDE_UP : PL_MAGNITUDE_DOWN;
    case PL_ROUND_UP:
        return negative ? PL_MAGNITUDE_DOWN : PL_MAGNITUDE_UP;
    case PL_ROUND_HALF_UP:
        return negative ? PL_MAGNITUDE_HALF_DOWN : PL_MAGNITUDE_HALF_UP;
    case PL_ROUND_HALF_EVEN:
        return PL_MAGNITUDE_HALF_EVEN;
    case PL_ROUND_ZERO:
        return PL_MAGNITUDE_DOWN;
    case PL_ROUND_AWAY:
        return PL_MAGNITUDE_UP;
    }
    PL_ASSERT(false);
    return PL_MAGNITUDE_DOWN;
}

/* pl_round_quotient for every rounding but down; use pl_round_quotient. */
PL_MUST_USE pl_status pl_round_quotient_inexact(pl_u256 *q, const pl_u256 *rem, const pl_u256 *den,
                                                pl_round_magnitude round);

/* Rounds the quotient *q with remainder rem of a division by den; OVERFLOW if it becomes 2^256.
 * That of a number of 256 bits never does: it has a remainder only where den is at least 2. */
PL_MUST_USE PL_INLINE pl_status pl_round_quotient(pl_u256 *q, const pl_u256 *rem,
                                                  const pl_u256 *den, pl_round_magnitude round)
{
    if (round == PL_MAGNITUDE_DOWN) {
        return PL_OK;
    }
    return pl_round_quotient_inexact(q, rem, den, round);
}

#endif
