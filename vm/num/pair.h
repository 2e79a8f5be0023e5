/* Arithmetic on limb pairs: the product of two, and one division step by a normalised pair whose
 * reciprocal is known. Internal to vm/num; muldiv.h inlines it into its callers.
 *
 * A pair stands here as two limbs, low first, and not as one integer of twice the width: compilers
 * keep the halves of such an integer next to each other and spill them to memory between products.
 *
 * The division step is the 2-by-1 step of Moeller and Granlund, "Improved division by invariant
 * integers" (IEEE Trans. Computers 60, 2011), with a pair as the digit: two products, no divide
 * instruction, and both corrections need no branch that data could mislead. */
#ifndef PL_NUM_PAIR_H
#define PL_NUM_PAIR_H

#include <stdbool.h>

#include "vm/num/limb.h"

typedef struct pl_pair {
    pl_limb low, high;
} pl_pair;

PL_INLINE pl_pair pl_pair_of(pl_limb_pair a)
{
    return (pl_pair){(pl_limb)a, (pl_limb)(a >> PL_LIMB_BITS)};
}

PL_INLINE pl_limb_pair pl_pair_value(pl_pair a)
{
    return ((pl_limb_pair)a.high << PL_LIMB_BITS) | a.low;
}

/* Returns a + b + *carry modulo one pair and leaves the new carry in *carry. */
PL_INLINE pl_pair pl_pair_add(pl_pair a, pl_pair b, pl_limb *carry)
{
    pl_pair sum;
    sum.low = pl_limb_add(a.low, b.low, carry);
    sum.high = pl_limb_add(a.high, b.high, carry);
    return sum;
}

/* Returns a - b modulo one pair and leaves the borrow in *borrow: 1 if a < b. */
PL_INLINE pl_pair pl_pair_sub(pl_pair a, pl_pair b, pl_limb *borrow)
{
    pl_pair difference;
    *borrow = 0;
    difference.low = pl_limb_sub(a.low, b.low, borrow);
    difference.high = pl_limb_sub(a.high, b.high, borrow);
    return difference;
}

/* True if a < b. */
PL_INLINE bool pl_pair_lt(pl_pair a, pl_pair b)
{
    return pl_pair_value(a) < pl_pair_value(b);
}

/* *high * 2^w + *low = a * b, w the bits of a pair. */
PL_INLINE void pl_pair_mul(pl_pair *high, pl_pair *low, pl_pair a, pl_pair b)
{
    const pl_pair bottom = pl_pair_of(pl_limb_mul(a.low, b.low));
    const pl_pair cross = pl_pair_of(pl_limb_mul(a.high, b.low));
    const pl_pair other = pl_pair_of(pl_limb_mul(a.low, b.high));
    const pl_pair top = pl_pair_of(pl_limb_mul(a.high, b.high));
    pl_limb carry = 0;
    low->low = bottom.low;
    const pl_limb second = pl_limb_add(bottom.high, cross.low, &carry);
    const pl_limb third = pl_limb_add(cross.high, top.low, &carry);
    const pl_limb fourth =
        top.high + carry; /* the product of a high part is at most 2^w - 2^(w/2) */
    carry = 0;
    low->high = pl_limb_add(second, other.low, &carry);
    high->low = pl_limb_add(third, other.high, &carry);
    high->high = fourth + carry;
}

/* Returns a * b modulo one pair. */
PL_INLINE pl_pair pl_pair_mul_low(pl_pair a, pl_pair b)
{
    pl_pair product = pl_pair_of(pl_limb_mul(a.low, b.low));
    product.high += (pl_limb)(a.low * b.high) + (pl_limb)(a.high * b.low);
    return product;
}

/* Returns floor((high * 2^w + low) / d) and leaves the remainder in *rem. d has its top bit set,
 * high < d, inverse = floor((2^(2w) - 1) / d) - 2^w. */
PL_INLINE pl_pair pl_pair_div_step(pl_pair *rem, pl_pair high, pl_pair low, pl_pair d,
                                   pl_pair inverse)
{
    const pl_pair zero = {0, 0}, one = {1, 0};
    pl_pair q1, q0;
    pl_limb carry = 0, unused;
    pl_pair_mul(&q1, &q0, inverse, high);
    q0 = pl_pair_add(q0, low, &carry);
    q1 = pl_pair_add(q1, high, &carry);
    carry = 1;
    q1 = pl_pair_add(q1, zero, &carry); /* modulo 2^w: the guess, at most one too high */
    pl_pair r = pl_pair_sub(low, pl_pair_mul_low(q1, d), &unused);
    const pl_limb too_high = pl_pair_lt(q0, r);
    const pl_limb mask = (pl_limb)0 - too_high;
    const pl_pair back = {d.low & mask, d.high & mask};
    carry = 0;
    q1 = pl_pair_sub(q1, (pl_pair){too_high, 0}, &unused);
    r = pl_pair_add(r, back, &carry);
    if (PL_UNLIKELY(!pl_pair_lt(r, d))) {
        carry = 0;
        q1 = pl_pair_add(q1, one, &carry);
        r = pl_pair_sub(r, d, &unused);
    }
    *rem = r;
    return q1;
}

#endif
