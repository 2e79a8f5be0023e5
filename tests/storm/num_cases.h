/* Inputs for the storm over vm/num: seeded, and biased to the edges where carries, guesses and
 * roundings go wrong. Uniform random limbs would reach almost none of those paths. */
#ifndef TESTS_STORM_NUM_CASES_H
#define TESTS_STORM_NUM_CASES_H

#include "vm/num/num.h"

typedef struct storm_case {
    pl_u256 in[3]; /* a, b, c */
    uint64_t n;    /* shift count, exponent, position */
    uint64_t m;    /* width, scale */
} storm_case;

/* SplitMix64: one 64-bit state, so a case is named by its seed. */
static uint64_t storm_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t storm_below(uint64_t *state, uint64_t bound)
{
    return storm_random(state) % bound;
}

static pl_u256 storm_from_words(const uint32_t words[8])
{
    pl_u256 r = pl_u256_zero();
    for (unsigned i = 0; i < 8; i++) {
        r.limb[32 * i / PL_LIMB_BITS] |= (pl_limb)words[i] << (32 * i % PL_LIMB_BITS);
    }
    return r;
}

static pl_u256 storm_uniform(uint64_t *state)
{
    uint32_t words[8];
    for (unsigned i = 0; i < 8; i++) {
        words[i] = (uint32_t)(storm_random(state) >> 32);
    }
    return storm_from_words(words);
}

/* Half-limbs drawn from the values at which carries start and stop. */
static pl_u256 storm_pattern(uint64_t *state)
{
    static const uint32_t edges[] = {0, 0, 0xffffffffu, 0xffffffffu, 1, 0x80000000u, 0x7fffffffu};
    uint32_t words[8];
    for (unsigned i = 0; i < 8; i++) {
        const uint64_t pick = storm_below(state, 8);
        words[i] = pick < 7 ? edges[pick] : (uint32_t)storm_random(state);
    }
    return storm_from_words(words);
}

static pl_u256 storm_power_of_two(uint64_t *state)
{
    const pl_u256 one = pl_u256_one();
    pl_u256 r;
    pl_u256_shl(&r, &one, storm_below(state, 256));
    return r;
}

static pl_u256 storm_power_of_ten(uint64_t *state)
{
    static pl_u256 powers[78]; /* 10^77 is the largest below 2^256; 0 means not made yet */
    if (pl_u256_is_zero(&powers[0])) {
        const pl_u256 ten = pl_u256_from_u64(10);
        powers[0] = pl_u256_one();
        for (int k = 1; k < 78; k++) {
            pl_u256_mul_wrap(&powers[k], &powers[k - 1], &ten);
        }
    }
    return powers[storm_below(state, 78)];
}

/* Adds -2 .. 2, modulo 2^256. */
static void storm_nudge(uint64_t *state, pl_u256 *r)
{
    const pl_u256 two = pl_u256_from_u64(2);
    const pl_u256 step = pl_u256_from_u64(storm_below(state, 5));
    pl_u256_add_wrap(r, r, &step);
    pl_u256_sub_wrap(r, r, &two);
}

static pl_u256 storm_value(uint64_t *state)
{
    pl_u256 r;
    switch (storm_below(state, 10)) {
    case 0:
        return pl_u256_from_u64(storm_below(state, 5));
    case 1:
        r = storm_power_of_two(state);
        storm_nudge(state, &r);
        return r;
    case 2: { /* a run of ones */
        const pl_u256 low = storm_power_of_two(state);
        r = storm_power_of_two(state);
        pl_u256_sub_wrap(&r, &r, &low);
        return r;
    }
    case 3:
        return storm_pattern(state);
    case 4:
        r = storm_pattern(state);
        pl_u256_shr(&r, &r, storm_below(state, 256));
        return r;
    case 5:
        r = storm_power_of_ten(state);
        storm_nudge(state, &r);
        return r;
    case 6:
        r = storm_uniform(state);
        return r;
    case 7: /* the largest and smallest values, signed and unsigned */
        r = storm_below(state, 2) != 0 ? pl_u256_zero() : pl_i256_min_value();
        storm_nudge(state, &r);
        return r;
    default:
        r = storm_uniform(state);
        pl_u256_shr(&r, &r, storm_below(state, 256));
        return r;
    }
}

/* The product a * b ends near 2^256 - 1 - c/2, 2^256 - c, 2^255 or 2^256. */
static void storm_product_edge(uint64_t *state, storm_case *c)
{
    const pl_u256 all = pl_u256_max_value();
    pl_u256 room = all, half;
    switch (storm_below(state, 4)) {
    case 0:
        pl_u256_shr(&half, &c->in[2], 1);
        pl_u256_sub_wrap(&room, &all, &half);
        break;
    case 1:
        pl_u256_sub_wrap(&room, &all, &c->in[2]);
        break;
    case 2:
        pl_u256_shr(&room, &all, 1);
        break;
    default:
        break;
    }
    if (pl_u256_div(&c->in[1], &room, &c->in[0]) != PL_OK) {
        c->in[1] = room;
    }
    storm_nudge(state, &c->in[1]);
}

/* The quotient a * b / c is near 2^256. */
static void storm_quotient_edge(uint64_t *state, storm_case *c)
{
    pl_u512 product;
    pl_u256_mul_wide(&product, &c->in[0], &c->in[1]);
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        c->in[2].limb[i] = product.limb[i + PL_U256_LIMBS];
    }
    storm_nudge(state, &c->in[2]);
}

/* a is near a multiple of the divisor d, or of d / 2: exact results and ties. */
static void storm_multiple(uint64_t *state, pl_u256 *a, const pl_u256 *d)
{
    const pl_u256 all = pl_u256_max_value();
    pl_u256 unit, factor;
    pl_u256_shr(&unit, d, storm_below(state, 2));
    pl_u256_shr(&factor, &all, pl_u256_bit_length(&unit));
    switch (storm_below(state, 3)) {
    case 0:
        factor = pl_u256_from_u64(storm_below(state, 1000));
        break;
    case 1:
        pl_u256_shr(&factor, &factor, storm_below(state, 200));
        break;
    default:
        break;
    }
    pl_u256_mul_wrap(a, &unit, &factor);
    if (storm_below(state, 2) != 0) {
        storm_nudge(state, a);
    }
}

/* Moves one operand next to a boundary that the others define. The functions under test may help to
 * find the boundary: the judge sees only the resulting inputs. */
static void storm_relate(uint64_t *state, storm_case *c)
{
    pl_u256 *a = &c->in[0], *b = &c->in[1], *d = &c->in[2];
    switch (storm_below(state, 8)) {
    case 0: /* equal or adjacent operands */
        *b = *a;
        storm_nudge(state, b);
        return;
    case 1:
        *d = storm_below(state, 2) != 0 ? *a : *b;
        storm_nudge(state, d);
        return;
    case 2:
        storm_product_edge(state, c);
        return;
    case 3:
        storm_quotient_edge(state, c);
        return;
    case 4:
        storm_multiple(state, a, d);
        *b = pl_u256_from_u64(1 + storm_below(state, 4));
        return;
    case 5:
        storm_multiple(state, a, b);
        return;
    case 6: /* top limbs of the numerator equal those of the divisor: the saturated guess */
        *a = *d;
        pl_u256_shl(a, a, storm_below(state, 129));
        storm_nudge(state, a);
        *b = pl_u256_one();
        return;
    default: /* opposite signs */
        pl_i256_neg_wrap(&c->in[storm_below(state, 3)], &c->in[storm_below(state, 3)]);
        return;
    }
}

static storm_case storm_next(uint64_t *state)
{
    storm_case c;
    for (int i = 0; i < 3; i++) {
        c.in[i] = storm_value(state);
    }
    if (storm_below(state, 4) == 0) { /* operands of ordinary size, prices and amounts */
        for (int i = 0; i < 3; i++) {
            pl_u256_shr(&c.in[i], &c.in[i], 100 + storm_below(state, 80));
        }
    }
    if (storm_below(state, 4) == 0) {
        c.in[2] = storm_power_of_ten(state);
    }
    if (storm_below(state, 3) == 0) {
        storm_relate(state, &c);
    }
    c.n = storm_below(state, 8) == 0 ? storm_random(state) >> storm_below(state, 64)
                                     : storm_below(state, 260);
    c.m = storm_below(state, 260);
    return c;
}

#endif
