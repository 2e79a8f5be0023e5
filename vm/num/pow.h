/* Powers and roots of unsigned integers, spec 01 §7. Fixed-point powers keep the loops of the
 * protocols they come from, because the order of the roundings is part of the result. */
#ifndef PL_NUM_POW_H
#define PL_NUM_POW_H

#include "vm/num/muldiv.h"

/* *r = a^n; OVERFLOW if it does not fit. 0^0 = 1. */
PL_MUST_USE pl_status pl_u256_pow(pl_u256 *r, const pl_u256 *a, uint64_t n);

/* *r = (x / base)^n * base by squaring, low exponent bit first, each product rounded half up (or
 * down). OVERFLOW exactly where a product plus its rounding term does not fit 256 bits; DIV_BY_ZERO
 * if base is 0. rpow(0, 0) = base. */
PL_MUST_USE pl_status pl_u256_rpow_half_up(pl_u256 *r, const pl_u256 *x, uint64_t n,
                                           const pl_u256 *base);
PL_MUST_USE pl_status pl_u256_rpow_down(pl_u256 *r, const pl_u256 *x, uint64_t n,
                                        const pl_u256 *base);

/* *r = (x / base)^n * base in Liquity's loop order, each product rounded half up. n is not capped
 * here. Errors as rpow. */
PL_MUST_USE pl_status pl_u256_decpow_half_up(pl_u256 *r, const pl_u256 *x, uint64_t n,
                                             const pl_u256 *base);

/* *r = the largest integer whose square is at most a. */
void pl_u256_sqrt_down(pl_u256 *r, const pl_u256 *a);

/* *r = the largest integer whose n-th power is at most a; DOMAIN if n is 0. */
PL_MUST_USE pl_status pl_u256_root_down(pl_u256 *r, const pl_u256 *a, uint64_t n);

#endif
