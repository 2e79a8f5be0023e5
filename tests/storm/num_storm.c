/* The storm over vm/num: every operation, many edge-biased cases, GMP as the judge.
 *
 *   num_storm [--cases N] [--seed S] [--op NAME]
 *
 * Prints one row per operation and exits 1 if any case differs. Each operation starts from the seed
 * and its own name, so a difference found in a full run is found again with --op. Outputs alias
 * inputs in three of four cases; in the fourth, a trap must leave the output as it was. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/storm/num_judge.h"

/* ---- shaping the case ---- */

static void keep(uint64_t *state, storm_case *c)
{
    (void)state;
    (void)c;
}

static void narrow(uint64_t *state, storm_case *c)
{
    pl_u256_shr(&c->in[0], &c->in[0], 112 + storm_below(state, 32));
    pl_u256_shr(&c->in[1], &c->in[1], 112 + storm_below(state, 32));
}

static void field(uint64_t *state, storm_case *c)
{
    c->n = storm_below(state, 270);
    pl_u256_shr(&c->in[1], &c->in[1], 256 - (c->m < 256 ? c->m : 256) + storm_below(state, 2));
}

/* Bases whose power lies near 2^256. */
static void power(uint64_t *state, storm_case *c)
{
    c->n = storm_below(state, 6) == 0 ? c->n : storm_below(state, 20);
    if (c->n > 1) {
        pl_u256_extract(&c->in[0], &c->in[0], 0, 256 / c->n + storm_below(state, 2));
    }
}

/* A growth factor near one, as interest has: a = c + something much smaller. */
static void growth(uint64_t *state, storm_case *c)
{
    c->n = storm_below(state, 8) == 0 ? c->n : storm_below(state, 5000);
    if (storm_below(state, 4) != 0) {
        pl_u256 part;
        pl_u256_shr(&part, &c->in[2], 1 + storm_below(state, 40));
        pl_u256_min(&part, &part, &c->in[0]);
        if (storm_below(state, 2) != 0) {
            pl_u256_add_sat(&c->in[0], &c->in[2], &part);
        } else {
            pl_u256_sub_sat(&c->in[0], &c->in[2], &part);
        }
    }
}

static void square(uint64_t *state, storm_case *c)
{
    pl_u256_shr(&c->in[0], &c->in[0], 128);
    pl_u256_mul_wrap(&c->in[0], &c->in[0], &c->in[0]);
    storm_nudge(state, &c->in[0]);
}

/* ---- our side, where one call is not enough ---- */

static pl_status ours_divmod(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    const pl_u256 three = pl_u256_from_u64(3);
    pl_u256 q, rem;
    PL_TRY(pl_u256_divmod(&q, &rem, a, b));
    pl_u256_mul_wrap(&q, &q, &three);
    pl_u256_add_wrap(r, &q, &rem);
    return PL_OK;
}

static pl_status ours_mul_high(pl_u256 *r, const pl_u256 *a, const pl_u256 *b)
{
    pl_u512 product;
    pl_u256_mul_wide(&product, a, b);
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        r->limb[i] = product.limb[i + PL_U256_LIMBS];
    }
    return PL_OK;
}

static pl_u256 ours_order(const pl_u256 *a, const pl_u256 *b, int cmp, bool lt, bool le)
{
    return pl_u256_from_u64((uint64_t)(cmp + 1) + (lt ? 4u : 0u) + (le ? 8u : 0u) +
                            (pl_u256_eq(a, b) ? 16u : 0u));
}

static pl_status ours_to_u64(pl_u256 *r, const pl_u256 *a)
{
    uint64_t value;
    PL_TRY(pl_u256_to_u64(&value, a));
    *r = pl_u256_from_u64(value);
    return PL_OK;
}

static pl_status ours_to_i64(pl_u256 *r, const pl_u256 *a)
{
    int64_t value;
    PL_TRY(pl_i256_to_i64(&value, a));
    *r = pl_i256_from_i64(value);
    return PL_OK;
}

static pl_status ours_check(pl_u256 *r, const pl_u256 *a, pl_status status)
{
    if (status == PL_OK) {
        pl_u256_copy(r, a);
    }
    return status;
}

static pl_status ours_bytes(pl_u256 *r, const pl_u256 *a, size_t size)
{
    uint8_t bytes[32];
    PL_TRY(pl_u256_store_be(bytes, size, a));
    pl_u256_load_be(r, bytes, size);
    return PL_OK;
}

static pl_status ours_signed_bytes(pl_u256 *r, const pl_u256 *a, size_t size)
{
    uint8_t bytes[32];
    PL_TRY(pl_i256_store_be(bytes, size, a));
    pl_i256_load_be(r, bytes, size);
    return PL_OK;
}

/* GMP's digits with a point put in: at most 3 + 78 bytes. */
static void expected_text(char *text, const pl_u256 *a, bool is_signed, uint64_t scale, bool trim)
{
    char digits[128], padded[256];
    mpz_t value, modulus;
    mpz_inits(value, modulus, NULL);
    judge_load(value, a);
    if (is_signed && mpz_tstbit(value, 255) != 0) {
        mpz_setbit(modulus, 256);
        mpz_sub(value, value, modulus);
    }
    const bool negative = mpz_sgn(value) < 0;
    mpz_abs(value, value);
    mpz_get_str(digits, 10, value);
    mpz_clears(value, modulus, NULL);
    size_t size = strlen(digits);
    size_t zeros = size <= scale ? scale + 1 - size : 0;
    memset(padded, '0', zeros);
    memcpy(padded + zeros, digits, size + 1);
    size += zeros;
    size_t fraction = scale;
    while (trim && fraction > 0 && padded[size - 1] == '0') {
        size--;
        fraction--;
    }
    snprintf(text, 128, "%s%.*s%s%.*s", negative ? "-" : "", (int)(size - fraction), padded,
             fraction > 0 ? "." : "", (int)fraction, padded + size - fraction);
}

/* Prints both ways, compares with GMP's digits, and reads both texts back into *r. */
static pl_status ours_text(pl_u256 *r, const pl_u256 *a, bool is_signed, uint64_t scale)
{
    const pl_u256 value = *a;
    for (int trim = 0; trim < 2; trim++) {
        char text[PL_NUM_TEXT_MAX], expected[128];
        size_t size, offset;
        expected_text(expected, &value, is_signed, scale, trim != 0);
        if (is_signed) {
            size = trim != 0 ? pl_i256_print_scaled_trim(text, &value, (uint32_t)scale)
                             : pl_i256_print_scaled(text, &value, (uint32_t)scale);
            PL_TRY(pl_i256_parse_scaled(r, &offset, text, size, (uint32_t)scale));
        } else {
            size = trim != 0 ? pl_u256_print_scaled_trim(text, &value, (uint32_t)scale)
                             : pl_u256_print_scaled(text, &value, (uint32_t)scale);
            PL_TRY(pl_u256_parse_scaled(r, &offset, text, size, (uint32_t)scale));
        }
        if (offset != size || size != strlen(expected) || memcmp(text, expected, size) != 0) {
            return PL_REJECT_NUMBER;
        }
    }
    return PL_OK;
}

static pl_status ours_hex(pl_u256 *r, const pl_u256 *a)
{
    char text[PL_NUM_TEXT_MAX], expected[128];
    mpz_t value;
    mpz_init(value);
    judge_load(value, a);
    gmp_snprintf(expected, sizeof expected, "%#Zx", value);
    if (mpz_sgn(value) == 0) {
        strcpy(expected, "0x0");
    }
    mpz_clear(value);
    const size_t size = pl_u256_print_hex(text, a);
    if (size != strlen(expected) || memcmp(text, expected, size) != 0) {
        return PL_REJECT_NUMBER;
    }
    return pl_u256_parse_hex(r, NULL, text, size);
}

/* ---- the judge's side, likewise ---- */

static void judge_order(judge *j, int cmp)
{
    cmp = (cmp > 0) - (cmp < 0);
    mpz_set_si(j->r, cmp + 1 + (cmp < 0 ? 4 : 0) + (cmp <= 0 ? 8 : 0) + (cmp == 0 ? 16 : 0));
}

static void judge_next_bit(judge *j, uint64_t n)
{
    const mp_bitcnt_t bit = n < 256 ? mpz_scan1(j->u[0], n) : 256;
    mpz_set_ui(j->r, bit < 256 ? bit : 256);
}

static pl_status judge_insert(judge *j, uint64_t low, uint64_t width)
{
    if (low + width > 256 || (mpz_sgn(j->u[1]) != 0 && mpz_sizeinbase(j->u[1], 2) > width)) {
        return PL_TRAP_CAST;
    }
    mpz_fdiv_q_2exp(j->r, j->u[0], low + width);
    mpz_mul_2exp(j->r, j->r, width);
    mpz_add(j->r, j->r, j->u[1]);
    mpz_mul_2exp(j->r, j->r, low);
    mpz_fdiv_r_2exp(j->t, j->u[0], low);
    mpz_add(j->r, j->r, j->t);
    return PL_OK;
}

static pl_status judge_signed_bits(judge *j, uint64_t bits)
{
    /* -2^(bits-1) <= x < 2^(bits-1)  <=>  floor(x / 2^(bits-1)) is 0 or -1 */
    mpz_fdiv_q_2exp(j->t, j->r, bits - 1);
    return mpz_sgn(j->t) == 0 || mpz_cmp_si(j->t, -1) == 0 ? PL_OK : PL_TRAP_CAST;
}

static pl_status judge_pow(judge *j, uint64_t n)
{
    const size_t bits = mpz_sizeinbase(j->u[0], 2);
    if (bits > 1 && (n > 256 || (bits - 1) * n >= 256)) {
        return PL_TRAP_OVERFLOW;
    }
    mpz_pow_ui(j->r, j->u[0], bits > 1 || n == 0 ? n : 1);
    return judge_fit_u(j);
}

/* ---- the table ---- */

#define OP(name, prepare, ours, judged)                                                            \
    static pl_status run_##name(pl_u256 *r, storm_case *storm, pl_divisor *k)                      \
    {                                                                                              \
        const pl_u256 *a = &storm->in[0], *b = &storm->in[1], *c = &storm->in[2];                  \
        const uint64_t n = storm->n, m = storm->m;                                                 \
        (void)a, (void)b, (void)c, (void)n, (void)m, (void)k;                                      \
        return ours;                                                                               \
    }                                                                                              \
    static pl_status judge_of_##name(judge *j, uint64_t n, uint64_t m)                             \
    {                                                                                              \
        (void)n, (void)m;                                                                          \
        return judged;                                                                             \
    }
#include "tests/storm/num_ops.def"
#undef OP

typedef struct storm_op {
    const char *name;
    void (*prepare)(uint64_t *state, storm_case *c);
    pl_status (*run)(pl_u256 *r, storm_case *c, pl_divisor *k);
    pl_status (*judged)(judge *j, uint64_t n, uint64_t m);
} storm_op;

static const storm_op ops[] = {
#define OP(name, prepare, ours, judged) {#name, prepare, run_##name, judge_of_##name},
#include "tests/storm/num_ops.def"
#undef OP
};

static void report(const storm_op *op, const storm_case *c, pl_status got_status,
                   const pl_u256 *got, pl_status wanted_status, const pl_u256 *wanted)
{
    char text[PL_NUM_TEXT_MAX];
    fprintf(stderr, "%s differs:\n", op->name);
    for (int i = 0; i < 3; i++) {
        const size_t size = pl_u256_print_hex(text, &c->in[i]);
        fprintf(stderr, "  %c = %.*s\n", 'a' + i, (int)size, text);
    }
    fprintf(stderr, "  n = %" PRIu64 ", m = %" PRIu64 "\n", c->n, c->m);
    size_t size = pl_u256_print_hex(text, got);
    fprintf(stderr, "  got    %s %.*s\n", pl_status_name(got_status), (int)size, text);
    size = pl_u256_print_hex(text, wanted);
    fprintf(stderr, "  wanted %s %.*s\n", pl_status_name(wanted_status), (int)size, text);
}

/* Runs one case; returns whether it agrees with the judge. */
static bool agrees(const storm_op *op, judge *j, const storm_case *c, uint64_t alias, bool quiet)
{
    storm_case work = *c;
    const pl_u256 untouched = storm_from_words((const uint32_t[8]){1, 2, 3, 4, 5, 6, 7, 8});
    pl_u256 apart = untouched, wanted;
    pl_u256 *r = alias < 3 ? &work.in[alias] : &apart;
    pl_divisor k;
    const pl_u256 before = *r;
    const pl_status got_status = op->run(r, &work, &k);

    judge_set(j, c);
    const pl_status wanted_status = op->judged(j, c->n, c->m);
    wanted = before; /* a trap leaves the output as it was */
    if (wanted_status == PL_OK) {
        mpz_fdiv_r_2exp(j->r, j->r, 256);
        wanted = pl_u256_zero();
        mpz_export(wanted.limb, NULL, -1, sizeof(pl_limb), 0, 0, j->r);
    }
    const bool same = got_status == wanted_status && pl_u256_eq(r, &wanted);
    if (!same && !quiet) {
        report(op, c, got_status, r, wanted_status, &wanted);
    }
    return same;
}

static uint64_t storm(const storm_op *op, judge *j, uint64_t cases, uint64_t seed)
{
    uint64_t state = seed, differences = 0;
    for (const char *p = op->name; *p != '\0'; p++) {
        state = (state ^ (unsigned char)*p) * 0x100000001b3u;
    }
    for (uint64_t i = 0; i < cases; i++) {
        storm_case c = storm_next(&state);
        op->prepare(&state, &c);
        const uint64_t alias = storm_below(&state, 4);
        if (!agrees(op, j, &c, alias, differences >= 3)) {
            differences++;
        }
    }
    return differences;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    uint64_t cases = 100000, seed = 1, total = 0;
    const char *only = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--cases") == 0) {
            cases = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            seed = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--op") == 0) {
            only = argv[i + 1];
        } else {
            argc = 0;
        }
    }
    if (argc % 2 == 0) {
        fprintf(stderr, "usage: num_storm [--cases N] [--seed S] [--op NAME]\n");
        return 2;
    }
    judge j;
    judge_init(&j);
    unsigned run = 0;
    const double start = seconds();
    printf("%-28s %12s %12s\n", "operation", "cases", "differences");
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (only == NULL || strcmp(only, ops[i].name) == 0) {
            const uint64_t differences = storm(&ops[i], &j, cases, seed);
            printf("%-28s %12" PRIu64 " %12" PRIu64 "\n", ops[i].name, cases, differences);
            fflush(stdout);
            total += differences;
            run++;
        }
    }
    judge_clear(&j);
    printf("%u operations, %d-bit limbs, seed %" PRIu64 ": %" PRIu64 " differences, %.1f s\n", run,
           PL_LIMB_BITS, seed, total, seconds() - start);
    if (run == 0) {
        fprintf(stderr, "num_storm: no operation is called %s\n", only);
        return 2;
    }
    return total == 0 ? 0 : 1;
}
