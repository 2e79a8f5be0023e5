/* Nanoseconds per operation of vm/num against GMP on the same operands, whose results are compared.
 *
 *   bench_num [--chained]
 *
 * The operands of one operation do not depend on the result of the last one, so the processor may
 * overlap them. --chained adds a row for each where they do, as in a program that is one long
 * dependency, against the first. GMP's numbers have any size, which is what it pays for. */
#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/timing.h"
#include "vm/num/num.h"

enum { OPERANDS = 256, FEW = 50, MANY = 400, ROUNDS = 9 };

static pl_u256 left[OPERANDS], right[OPERANDS], third[OPERANDS];
static mpz_t gmp_left[OPERANDS], gmp_right[OPERANDS], gmp_third[OPERANDS];
static mpz_t product, quotient, half;
static pl_divisor by;
static volatile uint64_t sink;

/* What GMP does for it; MUL and those after it make a product. */
typedef enum gmp_way { ADD, DIV, SQRT, MUL, MULDIV_DOWN, MULDIV_HALF_UP } gmp_way;

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

/* One operation as a function of its operands, and all of them in a loop. */
#define BENCH(name, call)                                                                          \
    static pl_status name(pl_u256 *r, const pl_u256 *a, const pl_u256 *b, const pl_u256 *c)        \
    {                                                                                              \
        (void)b, (void)c;                                                                          \
        return (call);                                                                             \
    }                                                                                              \
    static void loop_##name(uint64_t rounds, bool chained)                                         \
    {                                                                                              \
        pl_u256 result = pl_u256_zero();                                                           \
        pl_u256 *const r = &result;                                                                \
        uint64_t sum = 0;                                                                          \
        for (uint64_t round = 0; round < rounds; round++) {                                        \
            for (int i = 0; i < OPERANDS; i++) {                                                   \
                const pl_u256 *b = &right[i], *c = &third[i];                                      \
                pl_u256 x;                                                                         \
                pl_u256_copy(&x, &left[i]);                                                        \
                if (chained) {                                                                     \
                    x.limb[0] ^= r->limb[0] & 1;                                                   \
                }                                                                                  \
                const pl_u256 *const a = &x;                                                       \
                (void)b, (void)c;                                                                  \
                sum += (uint64_t)(call);                                                           \
                sum ^= r->limb[0];                                                                 \
            }                                                                                      \
        }                                                                                          \
        sink = sum;                                                                                \
    }

BENCH(run_add, pl_u256_add(r, a, b))
BENCH(run_mul, pl_u256_mul(r, a, b))
BENCH(run_div, pl_u256_div(r, a, b))
BENCH(run_half_up_by, pl_u256_muldiv_half_up_by(r, a, b, &by))
BENCH(run_down_by, pl_u256_muldiv_down_by(r, a, b, &by))
BENCH(run_full_down_by, pl_u256_muldiv_full_down_by(r, a, b, &by))
BENCH(run_half_up, pl_u256_muldiv_half_up(r, a, b, c))
BENCH(run_down, pl_u256_muldiv_down(r, a, b, c))
BENCH(run_full_down, pl_u256_muldiv_full_down(r, a, b, c))
BENCH(run_signed, pl_i256_muldiv_zero(r, a, b, c))
BENCH(run_sqrt, (pl_u256_sqrt_down(r, a), PL_OK))

typedef struct test {
    const char *name;
    pl_status (*once)(pl_u256 *r, const pl_u256 *a, const pl_u256 *b, const pl_u256 *c);
    void (*loop)(uint64_t rounds, bool chained);
    gmp_way judge;
    uint32_t bits[3]; /* of the operands */
    uint32_t spread;  /* or up to so many fewer */
    uint32_t ten;     /* the third is 10^ten, prepared; 0: drawn */
} test;

#define OURS(name) name, loop_##name
static const test tests[] = {
    {"add", OURS(run_add), ADD, {200, 200, 1}, 0, 0},
    {"mul, 90 x 92 bits", OURS(run_mul), MUL, {90, 92, 1}, 0, 0},
    {"mul, 150 x 100", OURS(run_mul), MUL, {150, 100, 1}, 0, 0},
    {"div, 180 / 90", OURS(run_div), DIV, {180, 90, 1}, 0, 0},
    {"ray-mul half up, 90 x 92", OURS(run_half_up_by), MULDIV_HALF_UP, {90, 92, 1}, 0, 27},
    {"ray-mul half up, 60 to 90", OURS(run_half_up_by), MULDIV_HALF_UP, {90, 90, 1}, 30, 27},
    {"ray-mul half up, 150 x 100", OURS(run_half_up_by), MULDIV_HALF_UP, {150, 100, 1}, 0, 27},
    {"wad-mul down, 90 x 92", OURS(run_down_by), MULDIV_DOWN, {90, 92, 1}, 0, 18},
    {"bps-mul half up, 90 x 14", OURS(run_half_up_by), MULDIV_HALF_UP, {90, 14, 1}, 0, 4},
    {"muldiv down by 1e45, 150 x 100", OURS(run_down_by), MULDIV_DOWN, {150, 100, 1}, 0, 45},
    {"full down by 1e18, 200 x 110", OURS(run_full_down_by), MULDIV_DOWN, {200, 110, 1}, 0, 18},
    {"muldiv down, 80 x 90 / 90", OURS(run_down), MULDIV_DOWN, {80, 90, 90}, 0, 0},
    {"muldiv half up, 80 x 90 / 90", OURS(run_half_up), MULDIV_HALF_UP, {80, 90, 90}, 0, 0},
    {"muldiv down, 80 x 60 / 60", OURS(run_down), MULDIV_DOWN, {80, 60, 60}, 0, 0},
    {"muldiv down, 40 to 90", OURS(run_down), MULDIV_DOWN, {90, 90, 90}, 50, 0},
    {"full down, 80 x 90 / 90", OURS(run_full_down), MULDIV_DOWN, {80, 90, 90}, 0, 0},
    {"full down, 200 x 180 / 160", OURS(run_full_down), MULDIV_DOWN, {200, 180, 160}, 0, 0},
    {"signed muldiv to zero, 80 x 90 / 90", OURS(run_signed), MULDIV_DOWN, {80, 90, 90}, 0, 0},
    {"sqrt, 200 bits", OURS(run_sqrt), SQRT, {200, 1, 1}, 0, 0},
};

static bool ours_apart(void *context, uint64_t rounds)
{
    const test *t = context;
    t->loop(rounds, false);
    return true;
}

static bool ours_chained(void *context, uint64_t rounds)
{
    const test *t = context;
    t->loop(rounds, true);
    return true;
}

static const __mpz_struct *gmp_once(gmp_way way, int i)
{
    switch (way) {
    case ADD:
        mpz_add(quotient, gmp_left[i], gmp_right[i]);
        return quotient;
    case DIV:
        mpz_tdiv_q(quotient, gmp_left[i], gmp_right[i]);
        return quotient;
    case SQRT:
        mpz_sqrt(quotient, gmp_left[i]);
        return quotient;
    case MUL:
        mpz_mul(product, gmp_left[i], gmp_right[i]);
        return product;
    case MULDIV_HALF_UP:
        mpz_mul(product, gmp_left[i], gmp_right[i]);
        mpz_fdiv_q_2exp(half, gmp_third[i], 1);
        mpz_add(product, product, half);
        break;
    case MULDIV_DOWN:
        mpz_mul(product, gmp_left[i], gmp_right[i]);
        break;
    }
    mpz_tdiv_q(quotient, product, gmp_third[i]);
    return quotient;
}

static bool gmp_apart(void *context, uint64_t rounds)
{
    const test *t = context;
    uint64_t sum = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        for (int i = 0; i < OPERANDS; i++) {
            sum += mpz_getlimbn(gmp_once(t->judge, i), 0);
        }
    }
    sink = sum;
    return true;
}

static void to_gmp(mpz_t r, const pl_u256 *a)
{
    uint8_t bytes[32];
    if (pl_u256_store_be(bytes, sizeof bytes, a) != PL_OK) {
        exit(1);
    }
    mpz_import(r, sizeof bytes, 1, 1, 1, 0, bytes);
}

static bool fill(const test *t)
{
    const pl_u256 base = pl_u256_from_u64(10);
    pl_u256 d;
    if (pl_u256_pow(&d, &base, t->ten) != PL_OK || pl_divisor_init(&by, &d) != PL_OK) {
        return false;
    }
    for (int i = 0; i < OPERANDS; i++) {
        left[i] = random_bits(t->bits[0], t->spread);
        right[i] = random_bits(t->bits[1], t->spread);
        third[i] = t->ten != 0 ? d : random_bits(t->bits[2], t->spread);
        to_gmp(gmp_left[i], &left[i]);
        to_gmp(gmp_right[i], &right[i]);
        to_gmp(gmp_third[i], &third[i]);
    }
    return true;
}

/* Where ours has a result it is GMP's; where it has none, GMP's is wider than 256 bits, or the
 * product is. */
static bool agree(const test *t)
{
    bool same = true;
    for (int i = 0; i < OPERANDS; i++) {
        pl_u256 r;
        mpz_t ours;
        mpz_init(ours);
        const bool done = t->once(&r, &left[i], &right[i], &third[i]) == PL_OK;
        const __mpz_struct *const expected = gmp_once(t->judge, i);
        if (done) {
            to_gmp(ours, &r);
            same = same && mpz_cmp(ours, expected) == 0;
        } else {
            same = same && mpz_sizeinbase(t->judge < MUL ? expected : product, 2) > 255;
        }
        mpz_clear(ours);
    }
    return same;
}

static bool measure(test t, bool chained)
{
    char name[96];
    timing_contender three[] = {
        {t.name, ours_apart, &t, 0}, {"GMP", gmp_apart, &t, 0}, {"chained", ours_chained, &t, 0}};
    timing_samples samples;
    if (!fill(&t) || !agree(&t)) {
        fprintf(stderr, "bench_num: %s: not what GMP says\n", t.name);
        return false;
    }
    if (!timing_race(&samples, three, chained ? 3 : 2, FEW, MANY, ROUNDS)) {
        return false;
    }
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned round = 0; round < ROUNDS; round++) {
            samples.ns[i][round] /= OPERANDS;
        }
    }
    (void)snprintf(name, sizeof name, "number, %s", t.name);
    timing_print_ns(name, &samples, 0, 1, "ns", "GMP");
    if (chained) {
        (void)snprintf(name, sizeof name, "number, %s, chained", t.name);
        timing_print_ns(name, &samples, 2, 0, "ns", "apart");
    }
    return true;
}

int main(int argc, char **argv)
{
    const bool chained = argc > 1 && strcmp(argv[1], "--chained") == 0;
    mpz_inits(product, quotient, half, NULL);
    for (int i = 0; i < OPERANDS; i++) {
        mpz_inits(gmp_left[i], gmp_right[i], gmp_third[i], NULL);
    }
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        if (!measure(tests[i], chained)) {
            return 1;
        }
    }
    return 0;
}
