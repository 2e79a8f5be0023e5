/* Seeded integers for made-up books and prices: the same seed gives the same numbers on every
 * machine. No floating point. */
#ifndef PT_SIM_RANDOM_H
#define PT_SIM_RANDOM_H

#include <stdint.h>

/* splitmix64; any seed is good. */
typedef struct pt_random {
    uint64_t state;
} pt_random;

uint64_t pt_random_next(pt_random *random);

/* 0..count-1, each as likely; count >= 1. */
uint64_t pt_random_below(pt_random *random, uint64_t count);

/* True in `chance` of `of` cases. */
int pt_random_hits(pt_random *random, uint64_t chance, uint64_t of);

#define PT_RANDOM_SIGMA 65536 /* one standard deviation of pt_random_bell */

/* Nearly normal, mean 0: the sum of twelve even numbers; within six deviations. */
int64_t pt_random_bell(pt_random *random);

/* Nearly log-normal with this median (below 2^40): median * 2^(octaves/16 * bell), down; at most
 * ten octaves away. */
uint64_t pt_random_skewed(pt_random *random, uint64_t median, uint32_t sixteenths);

/* a * b / c, down; the product may exceed 64 bits, the result must not. c >= 1. */
uint64_t pt_muldiv(uint64_t a, uint64_t b, uint64_t c);

#endif
