/* Unsigned and two's complement 256-bit integers: types, and the operations small enough to inline.
 *
 * Conventions of vm/num:
 *   outputs come first and may be the same object as any input;
 *   a function that can trap returns pl_status and leaves its outputs unchanged when it traps;
 *   no suffix traps, _wrap is modulo 2^256, _sat stops at the nearest end of the type;
 *   a rounding is always part of the name.
 * Signed operations are in i256.h, fused multiply-divide in muldiv.h, powers and roots in pow.h,
 * text in text.h; num.h includes them all. The rules are spec 01. */
#ifndef PL_NUM_U256_H
#define PL_NUM_U256_H

#include "vm/base/bytes.h"
#include "vm/base/error.h"
#include "vm/num/pair.h"

typedef struct pl_u256 {
    pl_limb limb[PL_U256_LIMBS]; /* least significant first */
} pl_u256;

typedef pl_u256 pl_i256; /* two's complement in the same limbs */

typedef struct pl_u512 {
    pl_limb limb[PL_U512_LIMBS]; /* least significant first */
} pl_u512;

/* Roundings of an exact rational number to an integer, spec 01 §3. For unsigned results ZERO is
 * DOWN and AWAY is UP. */
typedef enum pl_round {
    PL_ROUND_DOWN = 0,      /* toward minus infinity */
    PL_ROUND_UP = 1,        /* toward plus infinity */
    PL_ROUND_HALF_UP = 2,   /* nearest, a tie goes toward plus infinity */
    PL_ROUND_HALF_EVEN = 3, /* nearest, a tie goes to the even integer */
    PL_ROUND_ZERO = 4,      /* toward zero */
    PL_ROUND_AWAY = 5       /* away from zero */
} pl_round;

/* ---- constants, conversions, tests ---- */

PL_INLINE pl_u256 pl_u256_from_u64(uint64_t value)
{
#if PL_LIMB_BITS == 64
    return (pl_u256){{value, 0, 0, 0}};
#else
    return (pl_u256){{(pl_limb)value, (pl_limb)(value >> 32), 0, 0, 0, 0, 0, 0}};
#endif
}

PL_INLINE pl_u256 pl_u256_zero(void)
{
    return pl_u256_from_u64(0);
}

PL_INLINE pl_u256 pl_u256_one(void)
{
    return pl_u256_from_u64(1);
}

/* Returns 2^256 - 1. */
pl_u256 pl_u256_max_value(void);

/* Returns a modulo 2^64. */
PL_INLINE uint64_t pl_u256_low64(const pl_u256 *a)
{
#if PL_LIMB_BITS == 64
    return a->limb[0];
#else
    return a->limb[0] | ((uint64_t)a->limb[1] << 32);
#endif
}

/* True if a < 2^64. */
PL_INLINE bool pl_u256_fits_u64(const pl_u256 *a)
{
    pl_limb high = 0;
    PL_UNROLL
    for (int i = 64 / PL_LIMB_BITS; i < PL_U256_LIMBS; i++) {
        high |= a->limb[i];
    }
    return high == 0;
}

/* True if a < 2^(two limbs): the width at which products and quotients take the short way. */
PL_INLINE bool pl_u256_fits_pair(const pl_u256 *a)
{
    pl_limb high = 0;
    PL_UNROLL
    for (int i = 2; i < PL_U256_LIMBS; i++) {
        high |= a->limb[i];
    }
    return high == 0;
}

/* *r = a; CAST if a >= 2^64. */
PL_MUST_USE PL_INLINE pl_status pl_u256_to_u64(uint64_t *r, const pl_u256 *a)
{
    if (PL_UNLIKELY(!pl_u256_fits_u64(a))) {
        return PL_TRAP_CAST;
    }
    *r = pl_u256_low64(a);
    return PL_OK;
}

PL_INLINE bool pl_u256_is_zero(const pl_u256 *a)
{
    pl_limb any = 0;
    PL_UNROLL
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        any |= a->limb[i];
    }
    return any == 0;
}

/* Returns the top bit: the sign when a is read as two's complement. */
PL_INLINE bool pl_u256_is_neg(const pl_u256 *a)
{
    return (a->limb[PL_U256_LIMBS - 1] >> (PL_LIMB_BITS - 1)) != 0;
}

PL_INLINE bool pl_u256_eq(const pl_u256 *a, const pl_u256 *b)
{
    pl_limb difference = 0;
    PL_UNROLL
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        difference |= a->limb[i] ^ b->limb[i];
    }
    return difference == 0;
}

/* Copies limb by limb. Preferred to `*r = *a` in hot code: a vector load right after four scalar
 * stores would wait for all of them to reach the cache. */
PL_INLINE void pl_u256_copy(pl_u256 *r, const pl_u256 *a)
{
    PL_UNROLL
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        r->limb[i] = a->limb[i];
    }
}

/* ---- addition and subtraction ---- */

/* *r = (a + b) mod 2^256. Returns the carry, 0 or 1. */
PL_INLINE pl_limb pl_u256_add_carry(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    pl_limb carry = 0;
    PL_UNROLL
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        r->limb[i] = pl_limb_add(a->limb[i], b->limb[i], &carry);
    }
    return carry;
}

/* *r = (a - b) mod 2^256. Returns the borrow: 1 if a < b. */
PL_INLINE pl_limb pl_u256_sub_borrow(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    pl_limb borrow = 0;
    PL_UNROLL
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        r->limb[i] = pl_limb_sub(a->limb[i], b->limb[i], &borrow);
    }
    return borrow;
}

/* *r = a + b; OVERFLOW if it is 2^256 or more. */
PL_MUST_USE PL_INLINE pl_status pl_u256_add(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    pl_u256 sum;
    if (PL_UNLIKELY(pl_u256_add_carry(&sum, a, b) != 0)) {
        return PL_TRAP_OVERFLOW;
    }
    pl_u256_copy(r, &sum);
    return PL_OK;
}

/* *r = a - b; OVERFLOW if a < b. */
PL_MUST_USE PL_INLINE pl_status pl_u256_sub(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    pl_u256 difference;
    if (PL_UNLIKELY(pl_u256_sub_borrow(&difference, a, b) != 0)) {
        return PL_TRAP_OVERFLOW;
    }
    pl_u256_copy(r, &difference);
    return PL_OK;
}

PL_INLINE void pl_u256_add_wrap(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    (void)pl_u256_add_carry(r, a, b);
}

PL_INLINE void pl_u256_sub_wrap(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    (void)pl_u256_sub_borrow(r, a, b);
}

/* *r = min(a + b, 2^256 - 1). */
void pl_u256_add_sat(pl_u256 *r, const pl_u256 *a, const pl_u256 *b);

/* *r = max(a - b, 0). */
void pl_u256_sub_sat(pl_u256 *r, const pl_u256 *a, const pl_u256 *b);

/* ---- order ---- */

PL_INLINE bool pl_u256_lt(const pl_u256 *a, const pl_u256 *b)
{
    pl_u256 unused;
    return pl_u256_sub_borrow(&unused, a, b) != 0;
}

PL_INLINE bool pl_u256_le(const pl_u256 *a, const pl_u256 *b)
{
    return !pl_u256_lt(b, a);
}

/* Returns -1, 0 or 1 as a is below, equal to or above b. */
PL_INLINE int pl_u256_cmp(const pl_u256 *a, const pl_u256 *b)
{
    return (int)pl_u256_lt(b, a) - (int)pl_u256_lt(a, b);
}

/* *r = the smaller, or the larger, of a and b. */
PL_INLINE void pl_u256_min(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    pl_u256_copy(r, pl_u256_lt(b, a) ? b : a);
}

PL_INLINE void pl_u256_max(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    pl_u256_copy(r, pl_u256_lt(a, b) ? b : a);
}

/* *r = min(max(a, low), high): when low > high the answer is high. */
void pl_u256_clamp(pl_u256 *r, const pl_u256 *a, const pl_u256 *low, const pl_u256 *high);

/* ---- multiplication and division ---- */

/* *r = a * b exactly. */
void pl_u256_mul_wide(pl_u512 *r, const pl_u256 *a, const pl_u256 *b);

/* pl_u256_mul for operands of any width; use pl_u256_mul. */
PL_MUST_USE pl_status pl_u256_mul_long(pl_u256 *r, const pl_u256 *a, const pl_u256 *b);

/* *r = a * b for a and b below 2^(two limbs). */
PL_INLINE void pl_u256_mul_pair(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    pl_pair high, low;
    pl_pair_mul(&high, &low, (pl_pair){a->limb[0], a->limb[1]}, (pl_pair){b->limb[0], b->limb[1]});
    r->limb[0] = low.low;
    r->limb[1] = low.high;
    r->limb[2] = high.low;
    r->limb[3] = high.high;
    PL_UNROLL
    for (int i = 4; i < PL_U256_LIMBS; i++) {
        r->limb[i] = 0;
    }
}

/* *r = a * b; OVERFLOW if it is 2^256 or more. */
PL_MUST_USE PL_INLINE pl_status pl_u256_mul(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    if (PL_LIKELY(pl_u256_fits_pair(a) && pl_u256_fits_pair(b))) {
        pl_u256_mul_pair(r, a, b);
        return PL_OK;
    }
    return pl_u256_mul_long(r, a, b);
}

/* *r = a * b mod 2^256, or the smaller of a * b and 2^256 - 1. */
void pl_u256_mul_wrap(pl_u256 *r, const pl_u256 *a, const pl_u256 *b);
void pl_u256_mul_sat(pl_u256 *r, const pl_u256 *a, const pl_u256 *b);

/* *q = floor(a / b), *rem = a - q * b; DIV_BY_ZERO if b is 0. q and rem must differ. */
PL_MUST_USE pl_status pl_u256_divmod(pl_u256 *q, pl_u256 *rem, const pl_u256 *a, const pl_u256 *b);

/* *r = floor(a / b), or a mod b; DIV_BY_ZERO if b is 0. */
PL_MUST_USE pl_status pl_u256_div(pl_u256 *r, const pl_u256 *a, const pl_u256 *b);
PL_MUST_USE pl_status pl_u256_mod(pl_u256 *r, const pl_u256 *a, const pl_u256 *b);

/* *r = a / b rounded; DIV_BY_ZERO if b is 0. These never overflow. */
PL_MUST_USE pl_status pl_u256_div_round(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                        pl_round round);
PL_MUST_USE pl_status pl_u256_div_down(pl_u256 *r, const pl_u256 *a, const pl_u256 *b);
PL_MUST_USE pl_status pl_u256_div_up(pl_u256 *r, const pl_u256 *a, const pl_u256 *b);
PL_MUST_USE pl_status pl_u256_div_half_up(pl_u256 *r, const pl_u256 *a, const pl_u256 *b);
PL_MUST_USE pl_status pl_u256_div_half_even(pl_u256 *r, const pl_u256 *a, const pl_u256 *b);

/* ---- bits; positions count from the least significant bit, 0 ---- */

/* Returns the position of the highest one bit plus one, 0 for zero: 0..256. */
uint32_t pl_u256_bit_length(const pl_u256 *a);

/* *r = a * 2^count mod 2^256, or floor(a / 2^count); 0 for count >= 256. */
void pl_u256_shl(pl_u256 *r, const pl_u256 *a, uint64_t count);
void pl_u256_shr(pl_u256 *r, const pl_u256 *a, uint64_t count);

PL_INLINE void pl_u256_and(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    PL_UNROLL
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        r->limb[i] = a->limb[i] & b->limb[i];
    }
}

PL_INLINE void pl_u256_or(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    PL_UNROLL
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        r->limb[i] = a->limb[i] | b->limb[i];
    }
}

PL_INLINE void pl_u256_xor(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    PL_UNROLL
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        r->limb[i] = a->limb[i] ^ b->limb[i];
    }
}

PL_INLINE void pl_u256_not(pl_u256 *r, const pl_u256 *a)
{
    PL_UNROLL
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        r->limb[i] = (pl_limb)~a->limb[i];
    }
}

/* Returns bit n of a; false for n >= 256. */
PL_INLINE bool pl_u256_test_bit(const pl_u256 *a, uint64_t n)
{
    return n < 256 && ((a->limb[n / PL_LIMB_BITS] >> (n % PL_LIMB_BITS)) & 1) != 0;
}

/* *r = a with bit n set, or cleared; INDEX if n >= 256. */
PL_MUST_USE pl_status pl_u256_set_bit(pl_u256 *r, const pl_u256 *a, uint64_t n);
PL_MUST_USE pl_status pl_u256_clear_bit(pl_u256 *r, const pl_u256 *a, uint64_t n);

/* Returns the position of the lowest one bit at or above n; 256 if there is none. */
uint32_t pl_u256_next_bit(const pl_u256 *a, uint64_t n);

/* *r = floor(a / 2^low) mod 2^width: the field of width bits that starts at bit low. Bits at 256
 * and above read as 0; any low and width are defined. */
void pl_u256_extract(pl_u256 *r, const pl_u256 *a, uint64_t low, uint64_t width);

/* *r = a with that field replaced by value. CAST if value >= 2^width or low + width > 256. */
PL_MUST_USE pl_status pl_u256_insert(pl_u256 *r, const pl_u256 *a, const pl_u256 *value,
                                     uint64_t low, uint64_t width);

/* ---- casts and bytes ---- */

/* CAST if a >= 2^bits. bits is 0..256. */
PL_MUST_USE pl_status pl_u256_check_bits(const pl_u256 *a, uint32_t bits);

PL_INLINE pl_limb pl_limb_load_be(const uint8_t *bytes)
{
#if PL_LIMB_BITS == 64
    return pl_load_u64(bytes);
#else
    return pl_load_u32(bytes);
#endif
}

PL_INLINE void pl_limb_store_be(uint8_t *bytes, pl_limb limb)
{
#if PL_LIMB_BITS == 64
    pl_store_u64(bytes, limb);
#else
    pl_store_u32(bytes, limb);
#endif
}

/* *r = the count whole limbs at bytes, most significant first, 0 above them. count is 1..LIMBS and
 * a constant: the loop becomes straight-line code. */
PL_INLINE void pl_u256_load_limbs_be(pl_u256 *r, const uint8_t *bytes, size_t count)
{
    PL_UNROLL
    for (size_t i = 0; i < PL_U256_LIMBS; i++) {
        r->limb[i] = i < count ? pl_limb_load_be(bytes + (count - 1 - i) * sizeof(pl_limb)) : 0;
    }
}

/* Writes the low count limbs of a, most significant first; the reverse of the above. */
PL_INLINE void pl_u256_store_limbs_be(uint8_t *bytes, const pl_u256 *a, size_t count)
{
    PL_UNROLL
    for (size_t i = 0; i < PL_U256_LIMBS; i++) {
        if (i < count) {
            pl_limb_store_be(bytes + (count - 1 - i) * sizeof(pl_limb), a->limb[i]);
        }
    }
}

/* *r = the size bytes at bytes, most significant first. size is 1..32. */
void pl_u256_load_be(pl_u256 *r, const uint8_t *bytes, size_t size);

/* Writes a into size bytes (1..32), most significant first; CAST if a >= 2^(8 * size). */
PL_MUST_USE pl_status pl_u256_store_be(uint8_t *bytes, size_t size, const pl_u256 *a);

/* Writes a modulo 2^(8 * size) into size bytes (1..32), most significant first. */
void pl_u256_store_low_be(uint8_t *bytes, size_t size, const pl_u256 *a);

#endif
