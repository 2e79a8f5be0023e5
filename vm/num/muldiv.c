/* a * b / c with one rounding. Every function here does the same four things: check c, form the
 * product, divide, round. spec 01 §4. */
#include "vm/num/muldiv.h"

#include "vm/num/div.h"
#include "vm/num/signed.h"

#define LIMBS PL_U256_LIMBS

static void split(pl_u256 *high, pl_u256 *low, const pl_u512 *a)
{
    PL_UNROLL
    for (int i = 0; i < LIMBS; i++) {
        low->limb[i] = a->limb[i];
        high->limb[i] = a->limb[i + LIMBS];
    }
}

/* *r = a * b + addend, which is at most (2^256 - 1)^2 + 2^255 < 2^512. */
static void wide_product(pl_u512 *r, const pl_u256 *a, const pl_u256 *b, const pl_u256 *addend)
{
    pl_u256_mul_wide(r, a, b);
    pl_limb carry = 0;
    PL_UNROLL
    for (int i = 0; i < PL_U512_LIMBS; i++) {
        r->limb[i] = pl_limb_add(r->limb[i], i < LIMBS ? addend->limb[i] : 0, &carry);
    }
}

/* Divides num + addend by c and rounds; the sum must fit 256 bits. */
static inline pl_status finish_256(pl_u256 *r, const pl_u256 *num, const pl_u256 *addend,
                                   const pl_u256 *c, pl_round_magnitude round)
{
    pl_u256 sum, q, rem;
    PL_TRY(pl_u256_add(&sum, num, addend));
    pl_divide_256(&q, &rem, &sum, c);
    PL_SURE(pl_round_quotient(&q, &rem, c, round));
    pl_u256_copy(r, &q);
    return PL_OK;
}

pl_status pl_u256_muldiv_round(pl_u256 *r, const pl_u256 *a, const pl_u256 *b, const pl_u256 *c,
                               pl_round round)
{
    if (PL_UNLIKELY(pl_u256_is_zero(c))) {
        return PL_TRAP_DIV_BY_ZERO;
    }
    pl_u256 product, addend = pl_u256_zero();
    PL_TRY(pl_u256_mul(&product, a, b));
    if (round == PL_ROUND_HALF_UP) {
        pl_u256_halve(&addend, c);
        round = PL_ROUND_DOWN;
    }
    return finish_256(r, &product, &addend, c, pl_round_of_magnitude(round, false));
}

pl_status pl_u256_muldiv_up_add(pl_u256 *r, const pl_u256 *a, const pl_u256 *b, const pl_u256 *c)
{
    if (PL_UNLIKELY(pl_u256_is_zero(c))) {
        return PL_TRAP_DIV_BY_ZERO;
    }
    const pl_u256 one = pl_u256_one();
    pl_u256 product, addend;
    PL_TRY(pl_u256_mul(&product, a, b));
    pl_u256_sub_wrap(&addend, c, &one);
    return finish_256(r, &product, &addend, c, PL_MAGNITUDE_DOWN);
}

/* *q, *rem of num / c for any 512-bit num; OVERFLOW if the quotient does not fit. */
static pl_status divide_wide(pl_u256 *q, pl_u256 *rem, const pl_u512 *num, const pl_u256 *c)
{
    pl_u256 high, low;
    split(&high, &low, num);
    if (pl_u256_is_zero(&high)) {
        pl_divide_256(q, rem, &low, c);
        return PL_OK;
    }
    if (PL_UNLIKELY(!pl_u256_lt(&high, c))) {
        return PL_TRAP_OVERFLOW;
    }
    pl_divide_512(q, rem, num, c);
    return PL_OK;
}

pl_status pl_u256_muldiv_full_round(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                    const pl_u256 *c, pl_round round)
{
    if (PL_UNLIKELY(pl_u256_is_zero(c))) {
        return PL_TRAP_DIV_BY_ZERO;
    }
    if (pl_u256_fits_pair(a) && pl_u256_fits_pair(b)) {
        /* The product is below 2^256 - 2^129 with 64-bit limbs, and c / 2 fits beside it when c
         * is a pair too; the short form then traps never and gives the same bits. */
        if (pl_u256_fits_pair(c)) {
            return pl_u256_muldiv_round(r, a, b, c, round);
        }
    }
    pl_u256 addend = pl_u256_zero(), q, rem;
    if (round == PL_ROUND_HALF_UP) {
        pl_u256_halve(&addend, c);
        round = PL_ROUND_DOWN;
    }
    pl_u512 product;
    wide_product(&product, a, b, &addend);
    PL_TRY(divide_wide(&q, &rem, &product, c));
    PL_TRY(pl_round_quotient(&q, &rem, c, pl_round_of_magnitude(round, false)));
    pl_u256_copy(r, &q);
    return PL_OK;
}

/* ---- signed ---- */

pl_status pl_i256_muldiv_round(pl_i256 *r, const pl_i256 *a, const pl_i256 *b, const pl_i256 *c,
                               pl_round round)
{
    if (PL_UNLIKELY(pl_u256_is_zero(c))) {
        return PL_TRAP_DIV_BY_ZERO;
    }
    const bool negative = pl_u256_is_neg(a) != (pl_u256_is_neg(b) != pl_u256_is_neg(c));
    pl_i256 product;
    pl_u256 num, den, q, rem;
    PL_TRY(pl_i256_mul(&product, a, b));
    pl_i256_magnitude(&num, &product);
    pl_i256_magnitude(&den, c);
    pl_divide_256(&q, &rem, &num, &den);
    PL_SURE(pl_round_quotient(&q, &rem, &den, pl_round_of_magnitude(round, negative)));
    return pl_signed_from_magnitude(r, &q, negative);
}

pl_status pl_i256_muldiv_full_round(pl_i256 *r, const pl_i256 *a, const pl_i256 *b,
                                    const pl_i256 *c, pl_round round)
{
    if (PL_UNLIKELY(pl_u256_is_zero(c))) {
        return PL_TRAP_DIV_BY_ZERO;
    }
    const bool negative = pl_u256_is_neg(a) != (pl_u256_is_neg(b) != pl_u256_is_neg(c));
    pl_u256 x, y, den, q, rem;
    pl_u512 product;
    pl_i256_magnitude(&x, a);
    pl_i256_magnitude(&y, b);
    pl_i256_magnitude(&den, c);
    pl_u256_mul_wide(&product, &x, &y);
    PL_TRY(divide_wide(&q, &rem, &product, &den));
    PL_TRY(pl_round_quotient(&q, &rem, &den, pl_round_of_magnitude(round, negative)));
    return pl_signed_from_magnitude(r, &q, negative);
}

/* ---- products divided by a power of two ---- */

/* *r = floor(num / 2^shift), *inexact = a one bit was shifted out; OVERFLOW if it does not fit. */
static pl_status shift_wide(pl_u256 *r, bool *inexact, const pl_u512 *num, uint32_t shift)
{
    PL_ASSERT(shift < 512);
    const uint32_t limbs = shift / PL_LIMB_BITS, bits = shift % PL_LIMB_BITS;
    pl_limb shifted_out = (pl_limb)(num->limb[limbs] & (((pl_limb)1 << bits) - 1));
    for (uint32_t i = 0; i < limbs; i++) {
        shifted_out |= num->limb[i];
    }
    pl_limb above_result = 0;
    pl_u256 result;
    for (uint32_t i = 0; i < PL_U512_LIMBS; i++) {
        const pl_limb here = i + limbs < PL_U512_LIMBS ? num->limb[i + limbs] : 0;
        const pl_limb above = i + limbs + 1 < PL_U512_LIMBS ? num->limb[i + limbs + 1] : 0;
        const pl_limb limb =
            (pl_limb)(here >> bits) | (pl_limb)((above << 1) << (PL_LIMB_BITS - 1 - bits));
        if (i < LIMBS) {
            result.limb[i] = limb;
        } else {
            above_result |= limb;
        }
    }
    if (above_result != 0) {
        return PL_TRAP_OVERFLOW;
    }
    pl_u256_copy(r, &result);
    *inexact = shifted_out != 0;
    return PL_OK;
}

pl_status pl_u256_mulshr_full_down(pl_u256 *r, const pl_u256 *a, const pl_u256 *b, uint32_t shift)
{
    pl_u512 product;
    bool inexact;
    pl_u256_mul_wide(&product, a, b);
    return shift_wide(r, &inexact, &product, shift);
}

static pl_status signed_mulshr(pl_i256 *r, const pl_i256 *a, const pl_i256 *b, uint32_t shift,
                               pl_round round)
{
    const bool negative = pl_u256_is_neg(a) != pl_u256_is_neg(b);
    pl_u256 x, y, q;
    pl_u512 product;
    bool inexact;
    pl_i256_magnitude(&x, a);
    pl_i256_magnitude(&y, b);
    pl_u256_mul_wide(&product, &x, &y);
    PL_TRY(shift_wide(&q, &inexact, &product, shift));
    if (inexact && negative && round == PL_ROUND_DOWN) {
        const pl_u256 one = pl_u256_one();
        PL_TRY(pl_u256_add(&q, &q, &one));
    }
    return pl_signed_from_magnitude(r, &q, negative);
}

pl_status pl_i256_mulshr_full_down(pl_i256 *r, const pl_i256 *a, const pl_i256 *b, uint32_t shift)
{
    return signed_mulshr(r, a, b, shift, PL_ROUND_DOWN);
}

pl_status pl_i256_mulshr_full_zero(pl_i256 *r, const pl_i256 *a, const pl_i256 *b, uint32_t shift)
{
    return signed_mulshr(r, a, b, shift, PL_ROUND_ZERO);
}
