/* The limb: the machine word that 256-bit numbers are made of, and the few steps everything uses.
 *
 * Two builds of the same arithmetic exist and give the same bits: 64-bit limbs where the compiler
 * has a 128-bit integer, 32-bit limbs elsewhere. Force one with -DPL_LIMB_BITS=32 or 64. A "pair"
 * is two limbs in one integer; products and carries of single limbs fit in it. */
#ifndef PL_NUM_LIMB_H
#define PL_NUM_LIMB_H

#include "vm/base/assume.h"

#ifndef PL_LIMB_BITS
#ifdef __SIZEOF_INT128__
#define PL_LIMB_BITS 64
#else
#define PL_LIMB_BITS 32
#endif
#endif

#if PL_LIMB_BITS == 64
typedef uint64_t pl_limb;
__extension__ typedef unsigned __int128 pl_limb_pair;
#elif PL_LIMB_BITS == 32
typedef uint32_t pl_limb;
typedef uint64_t pl_limb_pair;
#else
#error "PL_LIMB_BITS must be 32 or 64"
#endif

#define PL_U256_LIMBS (256 / PL_LIMB_BITS)
#define PL_U512_LIMBS (512 / PL_LIMB_BITS)
#define PL_PAIR_BITS  (2 * PL_LIMB_BITS)
#define PL_LIMB_MAX   ((pl_limb)-1)

/* Loops over limbs have constant trip counts and are meant to become straight-line code. */
#if defined(__clang__)
#define PL_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define PL_UNROLL _Pragma("GCC unroll 16")
#else
#define PL_UNROLL
#endif

#if defined(__GNUC__)
#define PL_INLINE static inline __attribute__((always_inline))
#else
#define PL_INLINE static inline
#endif

/* The carry chain of x86 as the compilers know it; elsewhere the pair arithmetic below, which
 * -DPL_LIMB_PORTABLE forces, so that x86 can test what other machines run. */
#if PL_LIMB_BITS == 64 && defined(__has_builtin) && !defined(PL_LIMB_PORTABLE)
#if __has_builtin(__builtin_ia32_addcarryx_u64)
#define PL_ADD_WITH_CARRY __builtin_ia32_addcarryx_u64
#endif
#if __has_builtin(__builtin_ia32_subborrow_u64)
#define PL_SUB_WITH_BORROW __builtin_ia32_subborrow_u64
#elif __has_builtin(__builtin_ia32_sbb_u64)
#define PL_SUB_WITH_BORROW __builtin_ia32_sbb_u64
#endif
#endif

/* Returns the number of zero bits above the highest one; limb must not be 0. */
PL_INLINE uint32_t pl_limb_leading_zeros(pl_limb limb)
{
#if PL_LIMB_BITS == 64
    return (uint32_t)__builtin_clzll(limb);
#else
    return (uint32_t)__builtin_clz(limb);
#endif
}

/* Returns the number of zero bits below the lowest one; limb must not be 0. */
PL_INLINE uint32_t pl_limb_trailing_zeros(pl_limb limb)
{
#if PL_LIMB_BITS == 64
    return (uint32_t)__builtin_ctzll(limb);
#else
    return (uint32_t)__builtin_ctz(limb);
#endif
}

/* Returns a * b exactly: two limbs. */
PL_INLINE pl_limb_pair pl_limb_mul(pl_limb a, pl_limb b)
{
    return (pl_limb_pair)a * b;
}

/* Returns a + b + *carry modulo one limb and leaves the new carry (0 or 1) in *carry. */
PL_INLINE pl_limb pl_limb_add(pl_limb a, pl_limb b, pl_limb *carry)
{
#ifdef PL_ADD_WITH_CARRY
    unsigned long long sum;
    *carry = PL_ADD_WITH_CARRY((unsigned char)*carry, a, b, &sum);
    return sum;
#else
    const pl_limb_pair sum = (pl_limb_pair)a + b + *carry; /* <= 2 * (2^w - 1) + 1 */
    *carry = (pl_limb)(sum >> PL_LIMB_BITS);
    return (pl_limb)sum;
#endif
}

/* Returns a - b - *borrow modulo one limb and leaves the new borrow (0 or 1) in *borrow. */
PL_INLINE pl_limb pl_limb_sub(pl_limb a, pl_limb b, pl_limb *borrow)
{
#ifdef PL_SUB_WITH_BORROW
    unsigned long long difference;
    *borrow = PL_SUB_WITH_BORROW((unsigned char)*borrow, a, b, &difference);
    return difference;
#else
    const pl_limb_pair difference = (pl_limb_pair)a - b - *borrow;
    *borrow = (pl_limb)(difference >> PL_LIMB_BITS) & 1;
    return (pl_limb)difference;
#endif
}

#endif
