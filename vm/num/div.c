/* Schoolbook division, one limb of quotient per step (Knuth 4.3.1 D), with the quotient limb
 * guessed by multiplication: the reciprocals and steps are those of Moeller and Granlund, "Improved
 * division by invariant integers" (IEEE Trans. Computers 60, 2011).
 *
 *     numerator   u[steps + m - 1] ... u[0]      its top m limbs are below the divisor,
 *     divisor     d[m - 1] ... d[0]              so the quotient has exactly `steps` limbs
 *
 * Both are shifted left until the top bit of d[m - 1] is set; the remainder is shifted back. */
#include "vm/num/div.h"

#define LIMBS PL_U256_LIMBS

static uint32_t limb_count(const pl_u256 *a)
{
    uint32_t count = LIMBS;
    while (count > 0 && a->limb[count - 1] == 0) {
        count--;
    }
    return count;
}

/* floor((2^(2w) - 1) / d) - 2^w for a limb of w bits with its top bit set. */
PL_INLINE pl_limb limb_inverse(pl_limb d)
{
#if PL_LIMB_BITS == 64 && defined(__x86_64__) && defined(__GNUC__) && !defined(PL_LIMB_PORTABLE)
    /* One instruction; the compilers would call a library function for the same division. */
    pl_limb inverse, rem;
    __asm__("divq %4" : "=a"(inverse), "=d"(rem) : "a"(PL_LIMB_MAX), "d"(~d), "rm"(d) : "cc");
    return inverse;
#else
    const pl_limb_pair num = ((pl_limb_pair)(pl_limb)~d << PL_LIMB_BITS) | PL_LIMB_MAX;
    return (pl_limb)(num / d);
#endif
}

/* Returns floor((*rem * 2^w + low) / d) and updates *rem; *rem < d. */
PL_INLINE pl_limb divide_2_by_1(pl_limb *rem, pl_limb low, pl_limb d, pl_limb inverse)
{
    const pl_limb_pair guess =
        pl_limb_mul(inverse, *rem) + (((pl_limb_pair)*rem << PL_LIMB_BITS) | low);
    pl_limb q = (pl_limb)(guess >> PL_LIMB_BITS) + 1;
    pl_limb r = low - (pl_limb)(q * d);
    if (r > (pl_limb)guess) {
        q--;
        r += d;
    }
    if (PL_UNLIKELY(r >= d)) {
        q++;
        r -= d;
    }
    *rem = r;
    return q;
}

/* floor((2^(3w) - 1) / d) - 2^w for a pair d with its top bit set. */
PL_INLINE pl_limb pair_inverse(pl_limb_pair d)
{
    const pl_limb d1 = (pl_limb)(d >> PL_LIMB_BITS), d0 = (pl_limb)d;
    pl_limb inverse = limb_inverse(d1);
    pl_limb p = (pl_limb)(d1 * inverse) + d0;
    if (p < d0) {
        inverse--;
        if (p >= d1) {
            inverse--;
            p -= d1;
        }
        p -= d1;
    }
    const pl_limb_pair t = pl_limb_mul(inverse, d0);
    p += (pl_limb)(t >> PL_LIMB_BITS);
    if (p < (pl_limb)(t >> PL_LIMB_BITS)) {
        inverse--;
        if ((((pl_limb_pair)p << PL_LIMB_BITS) | (pl_limb)t) >= d) {
            inverse--;
        }
    }
    return inverse;
}

/* Returns floor((*rem * 2^w + low) / d) and updates the pair *rem; *rem < d. */
PL_INLINE pl_limb divide_3_by_2(pl_limb_pair *rem, pl_limb low, pl_limb_pair d, pl_limb inverse)
{
    const pl_limb u2 = (pl_limb)(*rem >> PL_LIMB_BITS), u1 = (pl_limb)*rem;
    const pl_limb d1 = (pl_limb)(d >> PL_LIMB_BITS), d0 = (pl_limb)d;
    const pl_limb_pair guess = pl_limb_mul(inverse, u2) + *rem;
    pl_limb q = (pl_limb)(guess >> PL_LIMB_BITS);
    const pl_limb r1 = u1 - (pl_limb)(q * d1);
    pl_limb_pair r = (((pl_limb_pair)r1 << PL_LIMB_BITS) | low) - pl_limb_mul(d0, q) - d;
    q++;
    if ((pl_limb)(r >> PL_LIMB_BITS) >= (pl_limb)guess) {
        q--;
        r += d;
    }
    if (PL_UNLIKELY(r >= d)) {
        q++;
        r -= d;
    }
    *rem = r;
    return q;
}

/* u[count - 1] .. u[0] -= q * d. Returns the limb still to be taken from u[count]; *borrow is the
 * borrow that goes with it. */
PL_INLINE pl_limb subtract_multiple(pl_limb *u, const pl_limb *d, uint32_t count, pl_limb q,
                                    pl_limb *borrow)
{
    pl_limb carry = 0;
    for (uint32_t i = 0; i < count; i++) {
        const pl_limb_pair product = pl_limb_mul(q, d[i]) + carry;
        carry = (pl_limb)(product >> PL_LIMB_BITS);
        u[i] = pl_limb_sub(u[i], (pl_limb)product, borrow);
    }
    return carry;
}

/* One step for m >= 3 limbs: divides u[m] .. u[0] by d and leaves the remainder in its place, in
 * u[m - 1] .. u[0]. */
PL_INLINE pl_limb divide_step(pl_limb *u, const pl_limb *d, uint32_t m, pl_limb inverse)
{
    const pl_limb_pair top = ((pl_limb_pair)d[m - 1] << PL_LIMB_BITS) | d[m - 2];
    pl_limb_pair r = ((pl_limb_pair)u[m] << PL_LIMB_BITS) | u[m - 1];
    pl_limb borrow = 0;
    if (PL_UNLIKELY(r == top)) {
        /* The guess would be 2^w; 2^w - 1 is then exact. With B = 2^w: u >= top B^(m-1) and
         * d < (top + 1) B^(m-2), so u - (B - 1) d > d - B^(m-1) >= 0. */
        (void)subtract_multiple(u, d, m, PL_LIMB_MAX, &borrow);
        return PL_LIMB_MAX;
    }
    pl_limb q = divide_3_by_2(&r, u[m - 2], top, inverse);
    const pl_limb carry = subtract_multiple(u, d, m - 2, q, &borrow);
    u[m - 2] = pl_limb_sub((pl_limb)r, carry, &borrow);
    u[m - 1] = pl_limb_sub((pl_limb)(r >> PL_LIMB_BITS), 0, &borrow);
    if (PL_UNLIKELY(borrow != 0)) {
        /* The lower limbs of the divisor made the guess one too high: add it back. */
        q--;
        pl_limb add_carry = 0;
        for (uint32_t i = 0; i < m; i++) {
            u[i] = pl_limb_add(u[i], d[i], &add_carry);
        }
    }
    return q;
}

/* Divides the normalised u by the normalised d of m limbs, leaves the remainder in u. */
PL_INLINE void divide_normalised(pl_u256 *q, pl_limb *u, uint32_t steps, const pl_limb *d,
                                 uint32_t m)
{
    if (m == 1) {
        const pl_limb inverse = limb_inverse(d[0]);
        pl_limb rem = u[steps];
        for (uint32_t j = steps; j-- > 0;) {
            q->limb[j] = divide_2_by_1(&rem, u[j], d[0], inverse);
        }
        u[0] = rem;
        return;
    }
    const pl_limb_pair top = ((pl_limb_pair)d[m - 1] << PL_LIMB_BITS) | d[m - 2];
    const pl_limb inverse = pair_inverse(top);
    if (m == 2) {
        pl_limb_pair rem = ((pl_limb_pair)u[steps + 1] << PL_LIMB_BITS) | u[steps];
        for (uint32_t j = steps; j-- > 0;) {
            q->limb[j] = divide_3_by_2(&rem, u[j], top, inverse);
        }
        u[0] = (pl_limb)rem;
        u[1] = (pl_limb)(rem >> PL_LIMB_BITS);
        return;
    }
#if PL_LIMB_BITS == 64
    if (m == 3) {
        for (uint32_t j = steps; j-- > 0;) {
            q->limb[j] = divide_step(u + j, d, 3, inverse);
        }
        return;
    }
#endif
    for (uint32_t j = steps; j-- > 0;) {
        q->limb[j] = divide_step(u + j, d, m, inverse);
    }
}

/* Returns (low >> (w - shift)) without the undefined case shift = 0; shift < w. */
PL_INLINE pl_limb spill(pl_limb low, uint32_t shift)
{
    return (pl_limb)((low >> 1) >> (PL_LIMB_BITS - 1 - shift));
}

/* Divides `count` limbs at num; the shape is told at the head of this file. */
PL_INLINE void divide(pl_u256 *q, pl_u256 *rem, const pl_limb *num, uint32_t count,
                      const pl_u256 *den, uint32_t m, uint32_t steps)
{
    const uint32_t shift = pl_limb_leading_zeros(den->limb[m - 1]);
    pl_limb u[PL_U512_LIMBS + 1];
    pl_limb d[LIMBS];
    pl_limb previous = 0;
    PL_UNROLL
    for (uint32_t i = 0; i < count; i++) {
        u[i] = (pl_limb)(num[i] << shift) | spill(previous, shift);
        previous = num[i];
    }
    u[count] = spill(previous, shift);
    previous = 0;
    PL_UNROLL
    for (uint32_t i = 0; i < LIMBS; i++) {
        d[i] = (pl_limb)(den->limb[i] << shift) | spill(previous, shift);
        previous = den->limb[i];
    }

    pl_u256 quotient = pl_u256_zero();
    divide_normalised(&quotient, u, steps, d, m);

    pl_u256 remainder = pl_u256_zero();
    for (uint32_t i = 0; i < m; i++) {
        const pl_limb above = i + 1 < m ? u[i + 1] : 0;
        remainder.limb[i] =
            (pl_limb)(u[i] >> shift) | (pl_limb)((above << 1) << (PL_LIMB_BITS - 1 - shift));
    }
    pl_u256_copy(q, &quotient);
    pl_u256_copy(rem, &remainder);
}

/* One limb of quotient, or nothing to do because the dividend is still below the divisor. */
PL_INLINE pl_limb pair_limb(pl_limb_pair *rem, pl_limb low, pl_limb_pair d, pl_limb inverse)
{
    const pl_limb_pair next = (*rem << PL_LIMB_BITS) | low;
    if ((pl_limb)(*rem >> PL_LIMB_BITS) == 0 && next < d) {
        *rem = next;
        return 0;
    }
    return divide_3_by_2(rem, low, d, inverse);
}

PL_INLINE pl_limb single_limb(pl_limb *rem, pl_limb low, pl_limb d, pl_limb inverse)
{
    if (*rem == 0 && low < d) {
        *rem = low;
        return 0;
    }
    return divide_2_by_1(rem, low, d, inverse);
}

/* The common case as a ladder without arrays: four limbs by one or two. */
static void divide_four_limbs(pl_u256 *q, pl_u256 *rem, const pl_u256 *num, pl_limb_pair den)
{
    const bool single = (pl_limb)(den >> PL_LIMB_BITS) == 0;
    const uint32_t shift =
        pl_limb_leading_zeros(single ? (pl_limb)den : (pl_limb)(den >> PL_LIMB_BITS));
    const pl_limb n0 = num->limb[0], n1 = num->limb[1], n2 = num->limb[2], n3 = num->limb[3];
    const pl_limb u4 = spill(n3, shift);
    const pl_limb u3 = (pl_limb)(n3 << shift) | spill(n2, shift);
    const pl_limb u2 = (pl_limb)(n2 << shift) | spill(n1, shift);
    const pl_limb u1 = (pl_limb)(n1 << shift) | spill(n0, shift);
    const pl_limb u0 = (pl_limb)(n0 << shift);
    const pl_limb_pair d = den << shift;
    pl_u256 quotient = pl_u256_zero();
    pl_limb_pair left;
    if (single) {
        const pl_limb inverse = limb_inverse((pl_limb)d);
        pl_limb r = u4;
        quotient.limb[3] = single_limb(&r, u3, (pl_limb)d, inverse);
        quotient.limb[2] = single_limb(&r, u2, (pl_limb)d, inverse);
        quotient.limb[1] = single_limb(&r, u1, (pl_limb)d, inverse);
        quotient.limb[0] = divide_2_by_1(&r, u0, (pl_limb)d, inverse);
        left = r;
    } else {
        const pl_limb inverse = pair_inverse(d);
        left = ((pl_limb_pair)u4 << PL_LIMB_BITS) | u3;
        quotient.limb[2] = pair_limb(&left, u2, d, inverse);
        quotient.limb[1] = pair_limb(&left, u1, d, inverse);
        quotient.limb[0] = divide_3_by_2(&left, u0, d, inverse);
    }
    left >>= shift;
    pl_u256_copy(q, &quotient);
    *rem = pl_u256_zero();
    rem->limb[0] = (pl_limb)left;
    rem->limb[1] = (pl_limb)(left >> PL_LIMB_BITS);
}

void pl_divide_256(pl_u256 *q, pl_u256 *rem, const pl_u256 *num, const pl_u256 *den)
{
    if (pl_u256_fits_u64(num) && pl_u256_fits_u64(den)) {
        const uint64_t n = pl_u256_low64(num), d = pl_u256_low64(den);
        PL_ASSERT(d != 0);
        *q = pl_u256_from_u64(n / d);
        *rem = pl_u256_from_u64(n % d);
        return;
    }
    pl_limb above = 0;
    for (int i = 4; i < LIMBS; i++) {
        above |= num->limb[i];
    }
    if (pl_u256_fits_pair(den) && above == 0) {
        const pl_limb_pair d = ((pl_limb_pair)den->limb[1] << PL_LIMB_BITS) | den->limb[0];
        PL_ASSERT(d != 0);
        divide_four_limbs(q, rem, num, d);
        return;
    }
    const uint32_t n = limb_count(num), m = limb_count(den);
    PL_ASSERT(m > 0);
    if (n < m) {
        pl_u256_copy(rem, num);
        *q = pl_u256_zero();
        return;
    }
    /* The limb above the numerator is zero, so its top m limbs are below the divisor. */
    divide(q, rem, num->limb, LIMBS, den, m, n - m + 1);
}

void pl_divide_512(pl_u256 *q, pl_u256 *rem, const pl_u512 *num, const pl_u256 *den)
{
    const uint32_t m = limb_count(den);
    PL_ASSERT(m > 0);
    divide(q, rem, num->limb, PL_U512_LIMBS, den, m, LIMBS);
}

/* -1, 0 or 1 as rem is below, at or above half of den; rem < den. */
static int compare_to_half(const pl_u256 *rem, const pl_u256 *den)
{
    pl_u256 rest;
    pl_u256_sub_wrap(&rest, den, rem);
    return pl_u256_cmp(rem, &rest);
}

pl_status pl_round_quotient_inexact(pl_u256 *q, const pl_u256 *rem, const pl_u256 *den,
                                    pl_round_magnitude round)
{
    bool increment = false;
    PL_ASSERT(round != PL_MAGNITUDE_DOWN);
    switch (round) {
    case PL_MAGNITUDE_DOWN:
    case PL_MAGNITUDE_UP:
        increment = !pl_u256_is_zero(rem);
        break;
    case PL_MAGNITUDE_HALF_UP:
        increment = compare_to_half(rem, den) >= 0;
        break;
    case PL_MAGNITUDE_HALF_DOWN:
        increment = compare_to_half(rem, den) > 0;
        break;
    case PL_MAGNITUDE_HALF_EVEN:
        increment = compare_to_half(rem, den) + (int)(q->limb[0] & 1) > 0;
        break;
    }
    const pl_u256 step = pl_u256_from_u64(increment);
    return pl_u256_add(q, q, &step);
}

pl_status pl_u256_divmod(pl_u256 *q, pl_u256 *rem, const pl_u256 *a, const pl_u256 *b)
{
    PL_ASSERT(q != rem);
    if (PL_UNLIKELY(pl_u256_is_zero(b))) {
        return PL_TRAP_DIV_BY_ZERO;
    }
    pl_divide_256(q, rem, a, b);
    return PL_OK;
}

pl_status pl_u256_div(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    pl_u256 rem;
    return pl_u256_divmod(r, &rem, a, b);
}

pl_status pl_u256_mod(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    pl_u256 q;
    return pl_u256_divmod(&q, r, a, b);
}

pl_status pl_u256_div_round(pl_u256 *r, const pl_u256 *a, const pl_u256 *b, pl_round round)
{
    pl_u256 q, rem;
    PL_TRY(pl_u256_divmod(&q, &rem, a, b));
    PL_SURE(pl_round_quotient(&q, &rem, b, pl_round_of_magnitude(round, false)));
    pl_u256_copy(r, &q);
    return PL_OK;
}

pl_status pl_u256_div_down(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    return pl_u256_div(r, a, b);
}

pl_status pl_u256_div_up(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    return pl_u256_div_round(r, a, b, PL_ROUND_UP);
}

pl_status pl_u256_div_half_up(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    return pl_u256_div_round(r, a, b, PL_ROUND_HALF_UP);
}

pl_status pl_u256_div_half_even(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    return pl_u256_div_round(r, a, b, PL_ROUND_HALF_EVEN);
}
