/* Division by a prepared divisor: one pair of the quotient per step, no divide instruction.
 *
 * The numerator is scaled as the divisor's head is: shifted left by shift_left, or right by
 * shift_right with the bits shifted out kept, because they are the low bits of the remainder. After
 * scaling, the part of the numerator above 2^256 is below head: PAIRS steps give the quotient. */
#include "vm/num/muldiv.h"

#include "vm/num/div.h"

#define LIMBS PL_U256_LIMBS
#define PAIRS (PL_U256_LIMBS / 2)

static bool has_head(const pl_divisor *c)
{
    return (c->head.low | c->head.high) != 0;
}

pl_status pl_divisor_init(pl_divisor *divisor, const pl_u256 *d)
{
    if (pl_u256_is_zero(d)) {
        return PL_TRAP_DIV_BY_ZERO;
    }
    pl_divisor made = {.value = *d};
    const uint32_t length = pl_u256_bit_length(d);
    if (length <= PL_PAIR_BITS) {
        made.limit = pl_u256_low_pair(d);
        made.shift_left = PL_PAIR_BITS - length;
        made.head = pl_pair_of(pl_pair_value(made.limit) << made.shift_left);
    } else if (pl_u256_next_bit(d, 0) >= length - PL_PAIR_BITS) {
        pl_u256 head;
        made.shift_right = length - PL_PAIR_BITS;
        pl_u256_shr(&head, d, made.shift_right);
        made.head = pl_u256_low_pair(&head);
    }
    if (has_head(&made)) {
        /* (2^(2w) - 1 - head * 2^w) / head: the numerator is ~head above a pair of ones. */
        pl_u256 num = pl_u256_zero(), den = pl_u256_zero(), q, rem;
        num.limb[0] = PL_LIMB_MAX;
        num.limb[1] = PL_LIMB_MAX;
        num.limb[2] = (pl_limb)~made.head.low;
        num.limb[3] = (pl_limb)~made.head.high;
        den.limb[0] = made.head.low;
        den.limb[1] = made.head.high;
        pl_divide_256(&q, &rem, &num, &den);
        made.inverse = pl_u256_low_pair(&q);
    }
    *divisor = made;
    return PL_OK;
}

/* Shifts `count` limbs at num into the PAIRS + 1 pairs at n. What lies above them is zero whenever
 * the quotient fits, see the head of this file. */
static inline void scale(pl_limb_pair *n, const pl_limb *num, uint32_t count, const pl_divisor *c)
{
    pl_limb_pair whole[PL_U512_LIMBS / 2];
    const uint32_t pairs = count / 2;
    for (uint32_t i = 0; i < pairs; i++) {
        whole[i] = ((pl_limb_pair)num[2 * i + 1] << PL_LIMB_BITS) | num[2 * i];
    }
    if (c->shift_right == 0) {
        const uint32_t shift = c->shift_left;
        n[0] = whole[0] << shift;
        PL_UNROLL
        for (uint32_t i = 1; i <= PAIRS; i++) {
            const pl_limb_pair here = i < pairs ? whole[i] << shift : 0;
            n[i] = here | ((whole[i - 1] >> 1) >> (PL_PAIR_BITS - 1 - shift));
        }
        return;
    }
    const uint32_t skip = c->shift_right / PL_PAIR_BITS, shift = c->shift_right % PL_PAIR_BITS;
    for (uint32_t i = 0; i <= PAIRS; i++) {
        const pl_limb_pair here = i + skip < pairs ? whole[i + skip] : 0;
        const pl_limb_pair above = i + skip + 1 < pairs ? whole[i + skip + 1] : 0;
        n[i] = (here >> shift) | ((above << 1) << (PL_PAIR_BITS - 1 - shift));
    }
}

/* *q, *rem of the limbs at num by c, whose head is not 0; the quotient fits. */
PL_INLINE void divide_by(pl_u256 *q, pl_u256 *rem, const pl_limb *num, uint32_t count,
                         const pl_divisor *c)
{
    pl_limb_pair n[PAIRS + 1];
    scale(n, num, count, c);
    pl_pair left = pl_pair_of(n[PAIRS]);
    PL_UNROLL
    for (uint32_t i = PAIRS; i-- > 0;) {
        const pl_pair digit = pl_pair_div_step(&left, left, pl_pair_of(n[i]), c->head, c->inverse);
        q->limb[2 * i] = digit.low;
        q->limb[2 * i + 1] = digit.high;
    }
    left = pl_pair_of(pl_pair_value(left) >> c->shift_left);
    pl_u256 remainder = pl_u256_zero();
    remainder.limb[0] = left.low;
    remainder.limb[1] = left.high;
    if (c->shift_right != 0) {
        pl_u256 low;
        PL_UNROLL
        for (uint32_t i = 0; i < LIMBS; i++) {
            low.limb[i] = num[i];
        }
        pl_u256_extract(&low, &low, 0, c->shift_right);
        pl_u256_shl(&remainder, &remainder, c->shift_right);
        pl_u256_or(&remainder, &remainder, &low);
    }
    pl_u256_copy(rem, &remainder);
}

static pl_status finish_256(pl_u256 *r, const pl_u256 *num, const pl_divisor *c, pl_round round)
{
    pl_u256 q, rem;
    if (!has_head(c)) {
        pl_divide_256(&q, &rem, num, &c->value);
    } else {
        divide_by(&q, &rem, num->limb, LIMBS, c);
    }
    PL_SURE(pl_round_quotient(&q, &rem, &c->value, pl_round_of_magnitude(round, false)));
    pl_u256_copy(r, &q);
    return PL_OK;
}

pl_status pl_u256_div_long_by(pl_u256 *r, const pl_u256 *a, const pl_divisor *b, pl_round round)
{
    return finish_256(r, a, b, round);
}

/* *sum += floor(c / 2); OVERFLOW if it does not fit. */
static pl_status add_half(pl_u256 *sum, const pl_divisor *c)
{
    pl_u256 half;
    pl_u256_halve(&half, &c->value);
    return pl_u256_add(sum, sum, &half);
}

pl_status pl_u256_muldiv_long_by(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                 const pl_divisor *c, pl_round round)
{
    pl_u256 product;
    PL_TRY(pl_u256_mul(&product, a, b));
    if (round == PL_ROUND_HALF_UP) {
        PL_TRY(add_half(&product, c));
        round = PL_ROUND_DOWN;
    }
    return finish_256(r, &product, c, round);
}

pl_status pl_u256_muldiv_up_add_long_by(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                        const pl_divisor *c)
{
    const pl_u256 one = pl_u256_one();
    pl_u256 product, addend;
    PL_TRY(pl_u256_mul(&product, a, b));
    pl_u256_sub_wrap(&addend, &c->value, &one);
    PL_TRY(pl_u256_add(&product, &product, &addend));
    return finish_256(r, &product, c, PL_ROUND_DOWN);
}

pl_status pl_u256_muldiv_full_long_by(pl_u256 *r, const pl_u256 *a, const pl_u256 *b,
                                      const pl_divisor *c, pl_round round)
{
    if (!has_head(c)) {
        return pl_u256_muldiv_full_round(r, a, b, &c->value, round);
    }
    pl_u512 product;
    pl_u256_mul_wide(&product, a, b);
    pl_u256 high, q, rem;
    PL_UNROLL
    for (uint32_t i = 0; i < LIMBS; i++) {
        high.limb[i] = product.limb[i + LIMBS];
    }
    if (PL_UNLIKELY(!pl_u256_lt(&high, &c->value))) {
        return PL_TRAP_OVERFLOW;
    }
    divide_by(&q, &rem, product.limb, PL_U512_LIMBS, c);
    PL_TRY(pl_round_quotient(&q, &rem, &c->value, pl_round_of_magnitude(round, false)));
    pl_u256_copy(r, &q);
    return PL_OK;
}
