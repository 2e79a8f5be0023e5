/* Shifts, single bits and bit fields of 256-bit words. */
#include "vm/num/i256.h"

#define LIMBS PL_U256_LIMBS

uint32_t pl_u256_bit_length(const pl_u256 *a)
{
    for (uint32_t i = LIMBS; i-- > 0;) {
        if (a->limb[i] != 0) {
            return (i + 1) * PL_LIMB_BITS - pl_limb_leading_zeros(a->limb[i]);
        }
    }
    return 0;
}

/* Both shifts copy the word into a longer one whose other half is the fill, and read a window of
 * that: no limb is chosen by a branch. */
void pl_u256_shl(pl_u256 *r, const pl_u256 *a, uint64_t count)
{
    const uint32_t limbs = count < 256 ? (uint32_t)count / PL_LIMB_BITS : LIMBS;
    const uint32_t bits = count < 256 ? (uint32_t)count % PL_LIMB_BITS : 0;
    pl_limb window[2 * LIMBS + 1] = {0}; /* LIMBS + 1 zeros, then a */
    PL_UNROLL
    for (uint32_t i = 0; i < LIMBS; i++) {
        window[LIMBS + 1 + i] = a->limb[i];
    }
    const pl_limb *from = window + LIMBS - limbs;
    PL_UNROLL
    for (uint32_t i = 0; i < LIMBS; i++) {
        r->limb[i] =
            (pl_limb)(from[i + 1] << bits) | (pl_limb)((from[i] >> 1) >> (PL_LIMB_BITS - 1 - bits));
    }
}

/* Shifts right by count and fills from the top with copies of fill, 0 or all ones. */
PL_INLINE void shift_right(pl_u256 *r, const pl_u256 *a, uint64_t count, pl_limb fill)
{
    const uint32_t limbs = count < 256 ? (uint32_t)count / PL_LIMB_BITS : LIMBS;
    const uint32_t bits = count < 256 ? (uint32_t)count % PL_LIMB_BITS : 0;
    pl_limb window[2 * LIMBS + 1];
    PL_UNROLL
    for (uint32_t i = 0; i < LIMBS; i++) {
        window[i] = a->limb[i];
        window[LIMBS + i] = fill;
    }
    window[2 * LIMBS] = fill;
    const pl_limb *from = window + limbs;
    PL_UNROLL
    for (uint32_t i = 0; i < LIMBS; i++) {
        r->limb[i] =
            (pl_limb)(from[i] >> bits) | (pl_limb)((from[i + 1] << 1) << (PL_LIMB_BITS - 1 - bits));
    }
}

void pl_u256_shr(pl_u256 *r, const pl_u256 *a, uint64_t count)
{
    shift_right(r, a, count, 0);
}

void pl_i256_sar(pl_i256 *r, const pl_i256 *a, uint64_t count)
{
    shift_right(r, a, count, pl_u256_is_neg(a) ? PL_LIMB_MAX : 0);
}

pl_status pl_u256_set_bit(pl_u256 *r, const pl_u256 *a, uint64_t n)
{
    if (n >= 256) {
        return PL_TRAP_INDEX;
    }
    pl_u256_copy(r, a);
    r->limb[n / PL_LIMB_BITS] |= (pl_limb)1 << (n % PL_LIMB_BITS);
    return PL_OK;
}

pl_status pl_u256_clear_bit(pl_u256 *r, const pl_u256 *a, uint64_t n)
{
    if (n >= 256) {
        return PL_TRAP_INDEX;
    }
    pl_u256_copy(r, a);
    r->limb[n / PL_LIMB_BITS] &= (pl_limb) ~((pl_limb)1 << (n % PL_LIMB_BITS));
    return PL_OK;
}

uint32_t pl_u256_next_bit(const pl_u256 *a, uint64_t n)
{
    if (n >= 256) {
        return 256;
    }
    const uint32_t first = (uint32_t)n / PL_LIMB_BITS;
    pl_limb limb = a->limb[first] & (pl_limb)(PL_LIMB_MAX << (n % PL_LIMB_BITS));
    for (uint32_t i = first;;) {
        if (limb != 0) {
            return i * PL_LIMB_BITS + pl_limb_trailing_zeros(limb);
        }
        if (++i == LIMBS) {
            return 256;
        }
        limb = a->limb[i];
    }
}

/* *r = 2^width - 1 for any width. */
static void mask(pl_u256 *r, uint64_t width)
{
    const pl_u256 all = pl_u256_max_value();
    pl_u256_shr(r, &all, width < 256 ? 256 - width : 0);
}

void pl_u256_extract(pl_u256 *r, const pl_u256 *a, uint64_t low, uint64_t width)
{
    pl_u256 field, bits;
    mask(&bits, width);
    pl_u256_shr(&field, a, low);
    pl_u256_and(r, &field, &bits);
}

pl_status pl_u256_insert(pl_u256 *r, const pl_u256 *a, const pl_u256 *value, uint64_t low,
                         uint64_t width)
{
    if (low > 256 || width > 256 - low) {
        return PL_TRAP_CAST;
    }
    PL_TRY(pl_u256_check_bits(value, (uint32_t)width));
    pl_u256 bits, field, kept;
    mask(&bits, width);
    pl_u256_shl(&bits, &bits, low);
    pl_u256_not(&bits, &bits);
    pl_u256_shl(&field, value, low);
    pl_u256_and(&kept, a, &bits);
    pl_u256_or(r, &kept, &field);
    return PL_OK;
}
