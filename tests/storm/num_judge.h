/* GMP's side of the storm: exact integers, one floor division, and the trap rules of spec 01
 * written a second time from the text. */
#ifndef TESTS_STORM_NUM_JUDGE_H
#define TESTS_STORM_NUM_JUDGE_H

#include <gmp.h>
#include <stdlib.h>

#include "tests/storm/num_cases.h"

typedef struct judge {
    mpz_t u[3];          /* inputs read as unsigned */
    mpz_t s[3];          /* inputs read as two's complement */
    mpz_t r, t, q, x, z; /* result and scratch */
    mpz_t two256, two255;
} judge;

static void judge_init(judge *j)
{
    for (int i = 0; i < 3; i++) {
        mpz_init2(j->u[i], 320);
        mpz_init2(j->s[i], 320);
    }
    mpz_inits(j->r, j->t, j->q, j->x, j->z, j->two256, j->two255, NULL);
    mpz_setbit(j->two256, 256);
    mpz_setbit(j->two255, 255);
}

static void judge_clear(judge *j)
{
    for (int i = 0; i < 3; i++) {
        mpz_clears(j->u[i], j->s[i], NULL);
    }
    mpz_clears(j->r, j->t, j->q, j->x, j->z, j->two256, j->two255, NULL);
}

static void judge_load(mpz_t r, const pl_u256 *a)
{
    mpz_import(r, PL_U256_LIMBS, -1, sizeof(pl_limb), 0, 0, a->limb);
}

static void judge_set(judge *j, const storm_case *c)
{
    for (int i = 0; i < 3; i++) {
        judge_load(j->u[i], &c->in[i]);
        mpz_set(j->s[i], j->u[i]);
        if (mpz_tstbit(j->u[i], 255) != 0) {
            mpz_sub(j->s[i], j->s[i], j->two256);
        }
    }
}

/* OVERFLOW unless the result is in the type. */
static pl_status judge_fit_u(const judge *j)
{
    return mpz_sgn(j->r) >= 0 && mpz_cmp(j->r, j->two256) < 0 ? PL_OK : PL_TRAP_OVERFLOW;
}

static bool judge_in_i(const judge *j, const mpz_t value)
{
    return mpz_cmp(value, j->two255) < 0 && mpz_cmpabs(value, j->two255) <= 0;
}

static pl_status judge_fit_i(const judge *j)
{
    return judge_in_i(j, j->r) ? PL_OK : PL_TRAP_OVERFLOW;
}

static void judge_saturate_u(judge *j)
{
    if (mpz_sgn(j->r) < 0) {
        mpz_set_ui(j->r, 0);
    } else if (mpz_cmp(j->r, j->two256) >= 0) {
        mpz_sub_ui(j->r, j->two256, 1);
    }
}

static void judge_saturate_i(judge *j)
{
    if (!judge_in_i(j, j->r)) {
        if (mpz_sgn(j->r) < 0) {
            mpz_neg(j->r, j->two255);
        } else {
            mpz_sub_ui(j->r, j->two255, 1);
        }
    }
}

/* r = num / den rounded; den is not 0. num and den may be the scratch t and x. */
static void judge_divide(judge *j, const mpz_t num, const mpz_t den, pl_round round)
{
    const bool negative = mpz_sgn(num) * mpz_sgn(den) < 0;
    mpz_fdiv_qr(j->q, j->z, num, den);
    /* z has the sign of den; |z| / |den| is the fraction above the floor. */
    const bool exact = mpz_sgn(j->z) == 0;
    mpz_mul_2exp(j->z, j->z, 1);
    const int half = mpz_cmpabs(j->z, den);
    bool up = false;
    switch (round) {
    case PL_ROUND_DOWN:
        up = false;
        break;
    case PL_ROUND_UP:
        up = !exact;
        break;
    case PL_ROUND_HALF_UP:
        up = half >= 0;
        break;
    case PL_ROUND_HALF_EVEN:
        up = half > 0 || (half == 0 && mpz_odd_p(j->q));
        break;
    case PL_ROUND_ZERO:
        up = !exact && negative;
        break;
    case PL_ROUND_AWAY:
        up = !exact && !negative;
        break;
    }
    mpz_add_ui(j->r, j->q, up ? 1 : 0);
}

/* a * b / c, unsigned. product_fits: the product (and with half up the sum) must be below 2^256. */
static pl_status judge_muldiv_u(judge *j, bool product_fits, pl_round round)
{
    if (mpz_sgn(j->u[2]) == 0) {
        return PL_TRAP_DIV_BY_ZERO;
    }
    mpz_mul(j->t, j->u[0], j->u[1]);
    if (product_fits) {
        mpz_set(j->r, j->t);
        if (round == PL_ROUND_HALF_UP) {
            mpz_fdiv_q_2exp(j->x, j->u[2], 1);
            mpz_add(j->r, j->r, j->x);
        }
        if (judge_fit_u(j) != PL_OK) {
            return PL_TRAP_OVERFLOW;
        }
    }
    judge_divide(j, j->t, j->u[2], round);
    return judge_fit_u(j);
}

static pl_status judge_muldiv_up_add(judge *j)
{
    if (mpz_sgn(j->u[2]) == 0) {
        return PL_TRAP_DIV_BY_ZERO;
    }
    mpz_mul(j->r, j->u[0], j->u[1]);
    mpz_add(j->r, j->r, j->u[2]);
    mpz_sub_ui(j->r, j->r, 1);
    if (judge_fit_u(j) != PL_OK) {
        return PL_TRAP_OVERFLOW;
    }
    mpz_fdiv_q(j->r, j->r, j->u[2]);
    return PL_OK;
}

static pl_status judge_muldiv_i(judge *j, bool product_fits, pl_round round)
{
    if (mpz_sgn(j->s[2]) == 0) {
        return PL_TRAP_DIV_BY_ZERO;
    }
    mpz_mul(j->t, j->s[0], j->s[1]);
    if (product_fits && !judge_in_i(j, j->t)) {
        return PL_TRAP_OVERFLOW;
    }
    judge_divide(j, j->t, j->s[2], round);
    return judge_fit_i(j);
}

/* r = (x * y + addend) / base, floor; OVERFLOW if the sum does not fit. */
static pl_status judge_step(judge *j, const mpz_t x, const mpz_t y, const mpz_t addend)
{
    mpz_mul(j->r, x, y);
    mpz_add(j->r, j->r, addend);
    if (judge_fit_u(j) != PL_OK) {
        return PL_TRAP_OVERFLOW;
    }
    mpz_fdiv_q(j->r, j->r, j->u[2]);
    return PL_OK;
}

/* a^n at base c as Maker's loop: spec 01 §7. t is z, x is the square, q the addend. */
static pl_status judge_rpow(judge *j, uint64_t n, bool half_up)
{
    if (mpz_sgn(j->u[2]) == 0) {
        return PL_TRAP_DIV_BY_ZERO;
    }
    if (mpz_sgn(j->u[0]) == 0) {
        mpz_set_ui(j->r, 0);
        if (n == 0) {
            mpz_set(j->r, j->u[2]);
        }
        return PL_OK;
    }
    mpz_fdiv_q_2exp(j->q, j->u[2], half_up ? 1 : 512);
    mpz_set(j->t, n % 2 != 0 ? j->u[0] : j->u[2]);
    mpz_set(j->x, j->u[0]);
    for (n /= 2; n != 0; n /= 2) {
        PL_TRY(judge_step(j, j->x, j->x, j->q));
        mpz_set(j->x, j->r);
        if (n % 2 != 0) {
            PL_TRY(judge_step(j, j->t, j->x, j->q));
            mpz_set(j->t, j->r);
        }
    }
    mpz_set(j->r, j->t);
    return PL_OK;
}

/* The same in Liquity's order. */
static pl_status judge_decpow(judge *j, uint64_t n)
{
    if (mpz_sgn(j->u[2]) == 0) {
        return PL_TRAP_DIV_BY_ZERO;
    }
    if (n == 0) {
        mpz_set(j->r, j->u[2]);
        return PL_OK;
    }
    mpz_fdiv_q_2exp(j->q, j->u[2], 1);
    mpz_set(j->t, j->u[2]);
    mpz_set(j->x, j->u[0]);
    while (n > 1) {
        if (n % 2 != 0) {
            PL_TRY(judge_step(j, j->x, j->t, j->q));
            mpz_set(j->t, j->r);
            n -= 1;
        }
        PL_TRY(judge_step(j, j->x, j->x, j->q));
        mpz_set(j->x, j->r);
        n /= 2;
    }
    return judge_step(j, j->x, j->t, j->q);
}

#endif
