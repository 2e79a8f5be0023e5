/* Nanoseconds per operation of vm/num, by slope: (time of many rounds - time of few) / extra work.
 * "chained" feeds each result into the next operand, as a
 * program with one long dependency does; "apart" leaves the processor free to overlap them. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <time.h>

#include "vm/num/num.h"

enum { OPERANDS = 256, ROUNDS = 400, REPEATS = 15 };

static pl_u256 left[OPERANDS], right[OPERANDS], third[OPERANDS];
static pl_divisor by;
static volatile uint64_t sink;

static uint64_t next_random(void)
{
    static uint64_t state = 42;
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A random number of exactly `bits` bits, or up to `spread` bits fewer. */
static pl_u256 random_bits(uint32_t bits, uint32_t spread)
{
    pl_u256 r = pl_u256_zero();
    for (int i = 0; i < 4; i++) {
        const pl_u256 word = pl_u256_from_u64(next_random());
        pl_u256_shl(&r, &r, 64);
        pl_u256_or(&r, &r, &word);
    }
    if (pl_u256_set_bit(&r, &r, 255) != PL_OK) {
        return r;
    }
    pl_u256_shr(&r, &r, 256 - bits + next_random() % (spread + 1));
    return r;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#define BENCH(name, call)                                                                          \
    static void name(int rounds, int chained)                                                      \
    {                                                                                              \
        pl_u256 r = pl_u256_zero();                                                                \
        uint64_t sum = 0;                                                                          \
        for (int round = 0; round < rounds; round++) {                                             \
            for (int i = 0; i < OPERANDS; i++) {                                                   \
                const pl_u256 *a = &left[i], *b = &right[i], *c = &third[i];                       \
                pl_u256 x;                                                                         \
                pl_u256_copy(&x, a);                                                               \
                if (chained) {                                                                     \
                    x.limb[0] ^= r.limb[0] & 1;                                                    \
                }                                                                                  \
                a = &x;                                                                            \
                (void)b, (void)c;                                                                  \
                sum += (uint64_t)(call);                                                           \
                sum ^= r.limb[0];                                                                  \
            }                                                                                      \
        }                                                                                          \
        sink = sum;                                                                                \
    }

BENCH(run_add, pl_u256_add(&r, a, b))
BENCH(run_mul, pl_u256_mul(&r, a, b))
BENCH(run_div, pl_u256_div(&r, a, b))
BENCH(run_half_up_by, pl_u256_muldiv_half_up_by(&r, a, b, &by))
BENCH(run_down_by, pl_u256_muldiv_down_by(&r, a, b, &by))
BENCH(run_full_down_by, pl_u256_muldiv_full_down_by(&r, a, b, &by))
BENCH(run_half_up, pl_u256_muldiv_half_up(&r, a, b, c))
BENCH(run_down, pl_u256_muldiv_down(&r, a, b, c))
BENCH(run_full_down, pl_u256_muldiv_full_down(&r, a, b, c))
BENCH(run_signed, pl_i256_muldiv_zero(&r, a, b, c))
BENCH(run_sqrt, (pl_u256_sqrt_down(&r, a), PL_OK))

/* A pre-empted run is only ever slower, so each length counts with its fastest repetition. */
static double slope(void (*run)(int, int), int chained)
{
    double few = 1e9, many = 1e9;
    for (int i = 0; i < REPEATS; i++) {
        const double t0 = seconds();
        run(ROUNDS / 8, chained);
        const double t1 = seconds();
        run(ROUNDS, chained);
        const double t2 = seconds();
        few = t1 - t0 < few ? t1 - t0 : few;
        many = t2 - t1 < many ? t2 - t1 : many;
    }
    return (many - few) / (OPERANDS * (ROUNDS - ROUNDS / 8)) * 1e9;
}

/* Fills the operands with the given bit widths, the divisor with 10^ten, and prints one row. */
static void row(const char *name, void (*run)(int, int), const uint32_t bits[3], uint32_t spread,
                uint32_t ten)
{
    for (int i = 0; i < OPERANDS; i++) {
        left[i] = random_bits(bits[0], spread);
        right[i] = random_bits(bits[1], spread);
        third[i] = random_bits(bits[2], spread);
    }
    const pl_u256 base = pl_u256_from_u64(10);
    pl_u256 d;
    if (pl_u256_pow(&d, &base, ten) != PL_OK || pl_divisor_init(&by, &d) != PL_OK) {
        return;
    }
    printf("%-44s %8.1f %8.1f\n", name, slope(run, 0), slope(run, 1));
}

#define BITS(a, b, c) ((const uint32_t[3]){a, b, c})

int main(void)
{
    printf("%d-bit limbs, nanoseconds per operation%5s %8s\n", PL_LIMB_BITS, "apart", "chained");
    row("add", run_add, BITS(200, 200, 1), 0, 0);
    row("mul 90 x 92", run_mul, BITS(90, 92, 1), 0, 0);
    row("mul 150 x 100", run_mul, BITS(150, 100, 1), 0, 0);
    row("div 180 / 90", run_div, BITS(180, 90, 1), 0, 0);
    row("ray-mul half up, 90 x 92", run_half_up_by, BITS(90, 92, 1), 0, 27);
    row("ray-mul half up, mixed 60..90 bits", run_half_up_by, BITS(90, 90, 1), 30, 27);
    row("ray-mul half up, 150 x 100", run_half_up_by, BITS(150, 100, 1), 0, 27);
    row("wad-mul down, 90 x 92", run_down_by, BITS(90, 92, 1), 0, 18);
    row("bps-mul half up, 90 x 14", run_half_up_by, BITS(90, 14, 1), 0, 4);
    row("rad: muldiv down by 1e45, 150 x 100", run_down_by, BITS(150, 100, 1), 0, 45);
    row("full down by 1e18, 200 x 110", run_full_down_by, BITS(200, 110, 1), 0, 18);
    row("muldiv down, 80 x 90 / 90", run_down, BITS(80, 90, 90), 0, 0);
    row("muldiv half up, 80 x 90 / 90", run_half_up, BITS(80, 90, 90), 0, 0);
    row("muldiv down, 80 x 60 / 60", run_down, BITS(80, 60, 60), 0, 0);
    row("muldiv down, mixed 40..90 / 40..90", run_down, BITS(90, 90, 90), 50, 0);
    row("muldiv full down, 80 x 90 / 90", run_full_down, BITS(80, 90, 90), 0, 0);
    row("muldiv full down, 200 x 180 / 160", run_full_down, BITS(200, 180, 160), 0, 0);
    row("signed muldiv to zero, 80 x 90 / 90", run_signed, BITS(80, 90, 90), 0, 0);
    row("sqrt of 200 bits", run_sqrt, BITS(200, 1, 1), 0, 0);
    return 0;
}
