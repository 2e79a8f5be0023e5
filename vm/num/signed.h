/* From sign and magnitude back to two's complement; internal to vm/num. */
#ifndef PL_NUM_SIGNED_H
#define PL_NUM_SIGNED_H

#include "vm/num/i256.h"

/* *r = magnitude, or -magnitude if negative; OVERFLOW if it is outside -2^255 .. 2^255 - 1. */
PL_MUST_USE PL_INLINE pl_status pl_signed_from_magnitude(pl_i256 *r, const pl_u256 *magnitude,
                                                         bool negative)
{
    if (!negative) {
        if (PL_UNLIKELY(pl_u256_is_neg(magnitude))) {
            return PL_TRAP_OVERFLOW;
        }
        pl_u256_copy(r, magnitude);
        return PL_OK;
    }
    pl_i256 value;
    pl_i256_neg_wrap(&value, magnitude);
    if (PL_UNLIKELY(!pl_u256_is_neg(&value) && !pl_u256_is_zero(&value))) {
        return PL_TRAP_OVERFLOW;
    }
    pl_u256_copy(r, &value);
    return PL_OK;
}

#endif
