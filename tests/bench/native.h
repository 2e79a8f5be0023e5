/* health.plim and kernels.plim written by hand in C: what an interpreter is measured against. It
 * uses the same exact kernels of vm/num, so the difference is the machine. */
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

/* The same rows found by key, as a program has them that does not know where they are: records in a
 * hash table of open addressing, at most half full. */
#define NATIVE_SLOTS 16384u

typedef struct native_record {
    uint64_t
        key; /* 0: free; 1 + asset for a reserve, 2^40 + account * 2^8 + asset for a position */
    pl_u256 values[5];
} native_record;

typedef struct native_rows {
    native_record records[NATIVE_SLOTS / 2];
    uint32_t count;
    uint32_t slots[NATIVE_SLOTS]; /* record number + 1, 0: free */
} native_rows;

void native_rows_fill(native_rows *rows, const native_reserve *reserves,
                      const native_position *positions, uint32_t account_count);

/* native_sweep over rows. */
pl_status native_sweep_rows(pl_u256 *all, const native_rows *rows, uint32_t reserve_count,
                            uint32_t first, uint32_t count);

/* The functions of kernels.plim. */
pl_status native_liquidation(pl_u256 *all, uint64_t rounds);
pl_status native_muldiv_512(pl_u256 *all, const pl_u256 *a, const pl_u256 *b, const pl_u256 *c,
                            uint64_t rounds);
pl_status native_loop_shift(pl_u256 *acc, const pl_u256 *rounds);
pl_status native_loop_multiply(pl_u256 *acc, const pl_u256 *rounds);

#endif
