/* Powers by squaring and integer roots. spec 01 §7. */
#include "vm/num/pow.h"

#include "vm/num/div.h"

pl_status pl_u256_pow(pl_u256 *r, const pl_u256 *a, uint64_t n)
{
    pl_u256 result = pl_u256_one(), square = *a;
    for (;;) {
        if ((n & 1) != 0) {
            PL_TRY(pl_u256_mul(&result, &result, &square));
        }
        n >>= 1;
        if (n == 0) {
            break;
        }
        /* A higher bit of n is still set, so the result is at least this square, or zero. */
        PL_TRY(pl_u256_mul(&square, &square, &square));
    }
    pl_u256_copy(r, &result);
    return PL_OK;
}

/* The loop of Maker's jug: the accumulator takes each square as soon as it is made. */
static inline pl_status rpow(pl_u256 *r, const pl_u256 *x, uint64_t n, const pl_u256 *base,
                             pl_round round)
{
    pl_divisor divisor;
    PL_TRY(pl_divisor_init(&divisor, base));
    pl_u256 z = (n & 1) != 0 ? *x : *base;
    if (pl_u256_is_zero(x)) {
        *r = n == 0 ? *base : pl_u256_zero();
        return PL_OK;
    }
    pl_u256 square = *x;
    for (n >>= 1; n != 0; n >>= 1) {
        PL_TRY(pl_u256_muldiv_round_by(&square, &square, &square, &divisor, round));
        if ((n & 1) != 0) {
            PL_TRY(pl_u256_muldiv_round_by(&z, &z, &square, &divisor, round));
        }
    }
    pl_u256_copy(r, &z);
    return PL_OK;
}

pl_status pl_u256_rpow_half_up(pl_u256 *r, const pl_u256 *x, uint64_t n, const pl_u256 *base)
{
    return rpow(r, x, n, base, PL_ROUND_HALF_UP);
}

pl_status pl_u256_rpow_down(pl_u256 *r, const pl_u256 *x, uint64_t n, const pl_u256 *base)
{
    return rpow(r, x, n, base, PL_ROUND_DOWN);
}

/* Liquity's loop: the square carries the highest bit of n and meets the product y of the others at
 * the end. */
pl_status pl_u256_decpow_half_up(pl_u256 *r, const pl_u256 *x, uint64_t n, const pl_u256 *base)
{
    pl_divisor divisor;
    PL_TRY(pl_divisor_init(&divisor, base));
    if (n == 0) {
        pl_u256_copy(r, base);
        return PL_OK;
    }
    pl_u256 y = *base, square = *x;
    for (; n > 1; n >>= 1) {
        if ((n & 1) != 0) {
            PL_TRY(pl_u256_muldiv_half_up_by(&y, &square, &y, &divisor));
        }
        PL_TRY(pl_u256_muldiv_half_up_by(&square, &square, &square, &divisor));
    }
    return pl_u256_muldiv_half_up_by(r, &square, &y, &divisor);
}

/* Newton's iteration from above: the sequence falls until it reaches the floor of the root. */
void pl_u256_sqrt_down(pl_u256 *r, const pl_u256 *a)
{
    const uint32_t length = pl_u256_bit_length(a);
    if (length == 0) {
        *r = pl_u256_zero();
        return;
    }
    /* Start within 2^-31 of the root: the root of the top 63 or 64 bits, plus one, moved up. */
    const uint32_t drop = length > 64 ? (length - 63) & ~1u : 0;
    pl_u256 top, root, q, rem;
    pl_u256_shr(&top, a, drop);
    const uint64_t head = pl_u256_low64(&top);
    uint64_t guess = (uint64_t)1 << ((length - drop + 1) / 2);
    for (;;) {
        const uint64_t next = (guess + head / guess) / 2;
        if (next >= guess) {
            break;
        }
        guess = next;
    }
    root = pl_u256_from_u64(drop == 0 ? guess : guess + 1);
    pl_u256_shl(&root, &root, drop / 2);
    while (drop != 0) {
        pl_divide_256(&q, &rem, a, &root);
        if (!pl_u256_lt(&q, &root)) {
            break;
        }
        pl_u256_add_wrap(&q, &q, &root); /* both below 2^129 */
        pl_u256_shr(&root, &q, 1);
    }
    pl_u256_copy(r, &root);
}

pl_status pl_u256_root_down(pl_u256 *r, const pl_u256 *a, uint64_t n)
{
    if (n == 0) {
        return PL_TRAP_DOMAIN;
    }
    if (n == 1) {
        pl_u256_copy(r, a);
        return PL_OK;
    }
    if (n == 2) {
        pl_u256_sqrt_down(r, a);
        return PL_OK;
    }
    /* One bit of the root at a time from the top; a root has at most ceil(256 / n) bits. */
    const uint32_t length = pl_u256_bit_length(a);
    pl_u256 root = pl_u256_zero();
    for (uint64_t bit = length == 0 ? 0 : (length - 1) / n + 1; bit-- > 0;) {
        pl_u256 trial, power;
        PL_SURE(pl_u256_set_bit(&trial, &root, bit));
        if (pl_u256_pow(&power, &trial, n) == PL_OK && pl_u256_le(&power, a)) {
            root = trial;
        }
    }
    pl_u256_copy(r, &root);
    return PL_OK;
}
