/* The parts of u256.h that are not worth inlining: wide products, saturation, casts and bytes. */
#include "vm/num/u256.h"

#define LIMBS PL_U256_LIMBS

pl_u256 pl_u256_max_value(void)
{
    pl_u256 r = pl_u256_zero();
    pl_u256_not(&r, &r);
    return r;
}

void pl_u256_add_sat(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    if (pl_u256_add_carry(r, a, b) != 0) {
        *r = pl_u256_max_value();
    }
}

void pl_u256_sub_sat(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    if (pl_u256_sub_borrow(r, a, b) != 0) {
        *r = pl_u256_zero();
    }
}

void pl_u256_clamp(pl_u256 *r, const pl_u256 *a, const pl_u256 *low, const pl_u256 *high)
{
    pl_u256 raised;
    pl_u256_max(&raised, a, low);
    pl_u256_min(r, &raised, high);
}

void pl_u256_mul_wide(pl_u512 *r, const pl_u256 *a, const pl_u256 *b)
{
    pl_u512 product;
    PL_UNROLL
    for (int i = 0; i < LIMBS; i++) {
        product.limb[i] = 0;
    }
    PL_UNROLL
    for (int i = 0; i < LIMBS; i++) {
        pl_limb carry = 0;
        PL_UNROLL
        for (int j = 0; j < LIMBS; j++) {
            /* (B - 1)^2 + 2 (B - 1) = B^2 - 1: the pair cannot overflow */
            const pl_limb_pair sum =
                pl_limb_mul(a->limb[i], b->limb[j]) + product.limb[i + j] + carry;
            product.limb[i + j] = (pl_limb)sum;
            carry = (pl_limb)(sum >> PL_LIMB_BITS);
        }
        product.limb[i + LIMBS] = carry;
    }
    PL_UNROLL
    for (int i = 0; i < PL_U512_LIMBS; i++) {
        r->limb[i] = product.limb[i];
    }
}

/* *r = a * (b1 * B + b0) mod 2^256. Returns what lies above, or-ed together. */
static pl_limb multiply_by_pair(pl_u256 *r, const pl_u256 *a, pl_limb b0, pl_limb b1)
{
    pl_u256 product;
    pl_limb carry = 0;
    PL_UNROLL
    for (int i = 0; i < LIMBS; i++) {
        const pl_limb_pair sum = pl_limb_mul(a->limb[i], b0) + carry;
        product.limb[i] = (pl_limb)sum;
        carry = (pl_limb)(sum >> PL_LIMB_BITS);
    }
    pl_limb above = carry;
    carry = 0;
    PL_UNROLL
    for (int i = 1; i < LIMBS; i++) {
        const pl_limb_pair sum = pl_limb_mul(a->limb[i - 1], b1) + product.limb[i] + carry;
        product.limb[i] = (pl_limb)sum;
        carry = (pl_limb)(sum >> PL_LIMB_BITS);
    }
    /* The top limb times b1 lies above in any case: is it zero? */
    above |= carry | (pl_limb)(a->limb[LIMBS - 1] != 0 && b1 != 0);
    pl_u256_copy(r, &product);
    return above;
}

pl_status pl_u256_mul_long(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    /* One factor must be a pair for most products that fit. */
    if (pl_u256_fits_pair(a)) {
        const pl_u256 *swap = a;
        a = b;
        b = swap;
    }
    pl_u256 low;
    if (PL_LIKELY(pl_u256_fits_pair(b))) {
        if (PL_UNLIKELY(multiply_by_pair(&low, a, b->limb[0], b->limb[1]) != 0)) {
            return PL_TRAP_OVERFLOW;
        }
        pl_u256_copy(r, &low);
        return PL_OK;
    }
    pl_u512 product;
    pl_u256_mul_wide(&product, a, b);
    pl_limb high = 0;
    PL_UNROLL
    for (int i = LIMBS; i < PL_U512_LIMBS; i++) {
        high |= product.limb[i];
    }
    if (PL_UNLIKELY(high != 0)) {
        return PL_TRAP_OVERFLOW;
    }
    PL_UNROLL
    for (int i = 0; i < LIMBS; i++) {
        r->limb[i] = product.limb[i];
    }
    return PL_OK;
}

void pl_u256_mul_wrap(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    pl_u256 product = pl_u256_zero();
    PL_UNROLL
    for (int i = 0; i < LIMBS; i++) {
        pl_limb carry = 0;
        for (int j = 0; j < LIMBS - i; j++) {
            const pl_limb_pair sum =
                pl_limb_mul(a->limb[i], b->limb[j]) + product.limb[i + j] + carry;
            product.limb[i + j] = (pl_limb)sum;
            carry = (pl_limb)(sum >> PL_LIMB_BITS);
        }
    }
    pl_u256_copy(r, &product);
}

void pl_u256_mul_sat(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    if (pl_u256_mul(r, a, b) != PL_OK) {
        *r = pl_u256_max_value();
    }
}

pl_status pl_u256_check_bits(const pl_u256 *a, uint32_t bits)
{
    PL_ASSERT(bits <= 256);
    return pl_u256_bit_length(a) <= bits ? PL_OK : PL_TRAP_CAST;
}

/* Both directions go limb by limb from the end of the bytes; the first limb may be a part. */
void pl_u256_load_be(pl_u256 *r, const uint8_t *bytes, size_t size)
{
    PL_ASSERT(size >= 1 && size <= 32);
    for (int i = 0; i < LIMBS; i++) {
        pl_limb limb = 0;
        if (size >= sizeof(pl_limb)) {
            size -= sizeof(pl_limb);
            limb = pl_limb_load_be(bytes + size);
        } else {
            for (size_t k = 0; k < size; k++) {
                limb = (pl_limb)(limb << 8) | bytes[k];
            }
            size = 0;
        }
        r->limb[i] = limb;
    }
}

void pl_u256_store_low_be(uint8_t *bytes, size_t size, const pl_u256 *a)
{
    PL_ASSERT(size >= 1 && size <= 32);
    int i = 0;
    for (; size >= sizeof(pl_limb); i++) {
        size -= sizeof(pl_limb);
        pl_limb_store_be(bytes + size, a->limb[i]);
    }
    for (uint32_t shift = 0; size > 0; shift += 8) {
        size--;
        bytes[size] = (uint8_t)(a->limb[i] >> shift); /* size was no multiple: i is below LIMBS */
    }
}

pl_status pl_u256_store_be(uint8_t *bytes, size_t size, const pl_u256 *a)
{
    PL_TRY(pl_u256_check_bits(a, (uint32_t)(8 * size)));
    pl_u256_store_low_be(bytes, size, a);
    return PL_OK;
}
