/* The health factor of health.plim, written by hand in C over plain arrays: what an interpreter is
 * measured against. It uses the same exact kernels of vm/num, so the difference is the machine. */
#ifndef PL_BENCH_NATIVE_H
#define PL_BENCH_NATIVE_H

#include "vm/num/num.h"

#define NATIVE_RESERVES_MAX 16u

typedef struct native_reserve {
    pl_u256 price, unit, income, debt_index, threshold;
} native_reserve;

typedef struct native_position {
    pl_u256 supplied, borrowed;
} native_position;

/* On input: what health.plim holds in its tables. On output: *all, the exclusive or of the health
 * factors over `rounds` rounds, the price of reserve 0 rising by one in each. Overflow traps. */
pl_status native_kernel(pl_u256 *all, native_reserve *reserves, const native_position *positions,
                        uint32_t reserve_count, uint64_t rounds);

/* On output: *all over `count` accounts; positions[account * NATIVE_RESERVES_MAX + asset]. */
pl_status native_sweep(pl_u256 *all, const native_reserve *reserves,
                       const native_position *positions, uint32_t reserve_count, uint32_t first,
                       uint32_t count);

#endif
