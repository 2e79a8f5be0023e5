/* Signed 256-bit integers: everything that multiplies or divides works on magnitudes and puts the
 * sign back, with the rounding of the magnitude chosen so that the signed value rounds as named. */
#include "vm/num/i256.h"

#include "vm/num/div.h"
#include "vm/num/signed.h"

pl_i256 pl_i256_min_value(void)
{
    pl_i256 r = pl_u256_zero();
    r.limb[PL_U256_LIMBS - 1] = (pl_limb)1 << (PL_LIMB_BITS - 1);
    return r;
}

pl_i256 pl_i256_max_value(void)
{
    pl_i256 r = pl_i256_min_value();
    pl_u256_not(&r, &r);
    return r;
}

pl_i256 pl_i256_from_i64(int64_t value)
{
    pl_i256 r = pl_u256_from_u64((uint64_t)value);
    if (value < 0) {
        for (int i = 64 / PL_LIMB_BITS; i < PL_U256_LIMBS; i++) {
            r.limb[i] = PL_LIMB_MAX;
        }
    }
    return r;
}

pl_status pl_i256_to_i64(int64_t *r, const pl_i256 *a)
{
    PL_TRY(pl_i256_check_bits(a, 64));
    const uint64_t low = pl_u256_low64(a);
    /* Two's complement without a conversion that the language leaves to the compiler. */
    *r = low >> 63 == 0 ? (int64_t)low : -(int64_t)(~low) - 1;
    return PL_OK;
}

pl_status pl_i256_from_u256(pl_i256 *r, const pl_u256 *a)
{
    return pl_signed_from_magnitude(r, a, false) == PL_OK ? PL_OK : PL_TRAP_CAST;
}

pl_status pl_u256_from_i256(pl_u256 *r, const pl_i256 *a)
{
    if (pl_u256_is_neg(a)) {
        return PL_TRAP_CAST;
    }
    pl_u256_copy(r, a);
    return PL_OK;
}

pl_status pl_i256_check_bits(const pl_i256 *a, uint32_t bits)
{
    PL_ASSERT(bits >= 1 && bits <= 256);
    pl_u256 value; /* a, or -1 - a when a is negative: below 2^(bits-1) when a fits */
    pl_u256_copy(&value, a);
    if (pl_u256_is_neg(a)) {
        pl_u256_not(&value, &value);
    }
    return pl_u256_bit_length(&value) < bits ? PL_OK : PL_TRAP_CAST;
}

void pl_i256_load_be(pl_i256 *r, const uint8_t *bytes, size_t size)
{
    const bool negative = (bytes[0] & 0x80) != 0;
    pl_u256_load_be(r, bytes, size);
    if (negative) {
        pl_u256 high = pl_u256_max_value();
        pl_u256_shl(&high, &high, 8 * size);
        pl_u256_or(r, r, &high);
    }
}

pl_status pl_i256_store_be(uint8_t *bytes, size_t size, const pl_i256 *a)
{
    PL_ASSERT(size >= 1 && size <= 32);
    PL_TRY(pl_i256_check_bits(a, (uint32_t)(8 * size)));
    pl_u256_store_low_be(bytes, size, a);
    return PL_OK;
}

void pl_i256_min(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    pl_u256_copy(r, pl_i256_lt(b, a) ? b : a);
}

void pl_i256_max(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    pl_u256_copy(r, pl_i256_lt(a, b) ? b : a);
}

void pl_i256_clamp(pl_i256 *r, const pl_i256 *a, const pl_i256 *low, const pl_i256 *high)
{
    pl_i256 raised;
    pl_i256_max(&raised, a, low);
    pl_i256_min(r, &raised, high);
}

void pl_i256_magnitude(pl_u256 *r, const pl_i256 *a)
{
    if (pl_u256_is_neg(a)) {
        pl_i256_neg_wrap(r, a);
    } else {
        pl_u256_copy(r, a);
    }
}

void pl_i256_neg_wrap(pl_i256 *r, const pl_i256 *a)
{
    const pl_u256 zero = pl_u256_zero();
    pl_u256_sub_wrap(r, &zero, a);
}

pl_status pl_i256_neg(pl_i256 *r, const pl_i256 *a)
{
    const pl_u256 zero = pl_u256_zero();
    return pl_i256_sub(r, &zero, a);
}

pl_status pl_i256_abs(pl_i256 *r, const pl_i256 *a)
{
    pl_u256 magnitude;
    pl_i256_magnitude(&magnitude, a);
    return pl_signed_from_magnitude(r, &magnitude, false);
}

pl_status pl_i256_mul(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    const bool negative = pl_u256_is_neg(a) != pl_u256_is_neg(b);
    pl_u256 x, y, product;
    pl_i256_magnitude(&x, a);
    pl_i256_magnitude(&y, b);
    PL_TRY(pl_u256_mul(&product, &x, &y));
    return pl_signed_from_magnitude(r, &product, negative);
}

void pl_i256_add_wrap(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    pl_u256_add_wrap(r, a, b);
}

void pl_i256_sub_wrap(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    pl_u256_sub_wrap(r, a, b);
}

void pl_i256_mul_wrap(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    pl_u256_mul_wrap(r, a, b);
}

static pl_i256 end_of_type(bool negative)
{
    return negative ? pl_i256_min_value() : pl_i256_max_value();
}

void pl_i256_add_sat(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    const bool negative = pl_u256_is_neg(a);
    if (pl_i256_add(r, a, b) != PL_OK) {
        *r = end_of_type(negative); /* both operands have this sign */
    }
}

void pl_i256_sub_sat(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    const bool negative = pl_u256_is_neg(a);
    if (pl_i256_sub(r, a, b) != PL_OK) {
        *r = end_of_type(negative);
    }
}

void pl_i256_mul_sat(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    const bool negative = pl_u256_is_neg(a) != pl_u256_is_neg(b);
    if (pl_i256_mul(r, a, b) != PL_OK) {
        *r = end_of_type(negative);
    }
}

/* spec 01 §3 */
pl_status pl_i256_div_round(pl_i256 *r, const pl_i256 *a, const pl_i256 *b, pl_round round)
{
    const bool negative = pl_u256_is_neg(a) != pl_u256_is_neg(b);
    pl_u256 num, den, q, rem;
    pl_i256_magnitude(&num, a);
    pl_i256_magnitude(&den, b);
    PL_TRY(pl_u256_divmod(&q, &rem, &num, &den));
    PL_SURE(pl_round_quotient(&q, &rem, &den, pl_round_of_magnitude(round, negative)));
    return pl_signed_from_magnitude(r, &q, negative);
}

pl_status pl_i256_div_zero(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    return pl_i256_div_round(r, a, b, PL_ROUND_ZERO);
}

pl_status pl_i256_div_floor(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    return pl_i256_div_round(r, a, b, PL_ROUND_DOWN);
}

pl_status pl_i256_div_up(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    return pl_i256_div_round(r, a, b, PL_ROUND_UP);
}

pl_status pl_i256_div_half_up(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    return pl_i256_div_round(r, a, b, PL_ROUND_HALF_UP);
}

pl_status pl_i256_div_half_even(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    return pl_i256_div_round(r, a, b, PL_ROUND_HALF_EVEN);
}

pl_status pl_i256_div_away(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    return pl_i256_div_round(r, a, b, PL_ROUND_AWAY);
}

/* spec 01 §2: the remainder of the magnitudes takes the sign of a. */
pl_status pl_i256_mod_zero(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    const bool negative = pl_u256_is_neg(a);
    pl_u256 num, den, rem;
    pl_i256_magnitude(&num, a);
    pl_i256_magnitude(&den, b);
    PL_TRY(pl_u256_mod(&rem, &num, &den));
    return pl_signed_from_magnitude(r, &rem, negative);
}

pl_status pl_i256_mod_floor(pl_i256 *r, const pl_i256 *a, const pl_i256 *b)
{
    const bool opposite = pl_u256_is_neg(a) != pl_u256_is_neg(b);
    pl_i256 rem;
    PL_TRY(pl_i256_mod_zero(&rem, a, b));
    if (opposite && !pl_u256_is_zero(&rem)) {
        pl_u256_add_wrap(&rem, &rem, b); /* opposite signs: cannot overflow */
    }
    pl_u256_copy(r, &rem);
    return PL_OK;
}
