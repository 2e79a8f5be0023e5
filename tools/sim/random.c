#include "tools/sim/random.h"

__extension__ typedef unsigned __int128 u128;

uint64_t pt_random_next(pt_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t pt_random_below(pt_random *random, uint64_t count)
{
    return (uint64_t)(((u128)pt_random_next(random) * count) >> 64); /* off by less than 2^-40 */
}

int pt_random_hits(pt_random *random, uint64_t chance, uint64_t of)
{
    return pt_random_below(random, of) < chance;
}

int64_t pt_random_bell(pt_random *random)
{
    int64_t sum = 0;
    for (int i = 0; i < 12; i++) {
        sum += (int64_t)(pt_random_next(random) >> 48);
    }
    return sum - INT64_C(6) * 65535; /* variance of each: 65536^2 / 12 */
}

/* 2^(i/16) * 65536, rounded down. */
static const uint32_t sixteenth[16] = {65536,  68438,  71467,  74630, 77935,  81385,
                                       84989,  88751,  92681,  96785, 101070, 105544,
                                       110217, 115097, 120194, 125515};

uint64_t pt_random_skewed(pt_random *random, uint64_t median, uint32_t sixteenths)
{
    int64_t steps = pt_random_bell(random) * (int64_t)sixteenths / PT_RANDOM_SIGMA;
    steps = steps > 160 ? 160 : steps < -160 ? -160 : steps;
    const uint64_t up = (uint64_t)(steps + 160); /* 0..320 */
    const u128 scaled = (u128)median * sixteenth[up % 16] << (up / 16);
    return (uint64_t)(scaled >> 26); /* 16 of the table, 10 octaves */
}

uint64_t pt_muldiv(uint64_t a, uint64_t b, uint64_t c)
{
    return (uint64_t)((u128)a * b / c);
}
