/* Arithmetic on limb pairs: the product of two, and one division step by a normalised pair whose
 * reciprocal is known. Internal to vm/num; muldiv.h inlines it into its callers.
 *
 * The division step is the 2-by-1 step of Moeller and Granlund, "Improved division by invariant
 * integers" (IEEE Trans. Computers 60, 2011), with a pair as the digit: two products, no divide
 * instruction, and both corrections need no branch that data could mislead. */
#ifndef PL_NUM_PAIR_H
#define PL_NUM_PAIR_H

#include "vm/num/limb.h"

/* *high * 2^w + *low = a * b, w the bits of a pair. */
PL_INLINE void pl_pair_mul(pl_limb_pair *high, pl_limb_pair *low, pl_limb_pair a, pl_limb_pair b)
{
    const pl_limb a0 = (pl_limb)a, a1 = (pl_limb)(a >> PL_LIMB_BITS);
    const pl_limb b0 = (pl_limb)b, b1 = (pl_limb)(b >> PL_LIMB_BITS);
    const pl_limb_pair bottom = pl_limb_mul(a0, b0);
    const pl_limb_pair cross = pl_limb_mul(a1, b0) + (bottom >> PL_LIMB_BITS);
    const pl_limb_pair other = pl_limb_mul(a0, b1) + (pl_limb)cross; /* sums stay below 2^w */
    *high = pl_limb_mul(a1, b1) + (cross >> PL_LIMB_BITS) + (other >> PL_LIMB_BITS);
    *low = (other << PL_LIMB_BITS) | (pl_limb)bottom;
}

/* Returns floor((high * 2^w + low) / d) and leaves the remainder in *rem. d has its top bit set,
 * high < d, inverse = floor((2^(2w) - 1) / d) - 2^w. */
PL_INLINE pl_limb_pair pl_pair_div_step(pl_limb_pair *rem, pl_limb_pair high, pl_limb_pair low,
                                        pl_limb_pair d, pl_limb_pair inverse)
{
    pl_limb_pair q1, q0;
    pl_pair_mul(&q1, &q0, inverse, high);
    q0 += low;
    q1 += high + (pl_limb_pair)(q0 < low) + 1; /* modulo 2^w: the guess, at most one too high */
    pl_limb_pair r = low - q1 * d;
    const pl_limb_pair too_high = (pl_limb_pair)0 - (pl_limb_pair)(r > q0);
    q1 += too_high;
    r += too_high & d;
    if (PL_UNLIKELY(r >= d)) {
        q1++;
        r -= d;
    }
    *rem = r;
    return q1;
}

#endif
