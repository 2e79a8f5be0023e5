/* As much of GMP as the rows of numbers use, for processors that have no library of it. Rows are
 * sums of products taken modulo 2^256, so every step may be: 32 bytes, the lowest first. */
#ifndef TESTS_CROSS_GMP_H
#define TESTS_CROSS_GMP_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct cross_number {
    uint8_t byte[32];
} mpz_t[1];

static void mpz_init(struct cross_number *r)
{
    memset(r, 0, sizeof *r);
}

static void mpz_init_set_si(struct cross_number *r, long value)
{
    memset(r, value < 0 ? 0xff : 0, sizeof *r);
    for (size_t i = 0; i < 4; i++) {
        r->byte[i] = (uint8_t)((uint32_t)value >> 8 * i & 0xff);
    }
}

static void mpz_add(struct cross_number *r, const struct cross_number *a,
                    const struct cross_number *b)
{
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)a->byte[i] + b->byte[i];
        r->byte[i] = (uint8_t)(carry & 0xff);
        carry >>= 8;
    }
}

static void mpz_mul(struct cross_number *r, const struct cross_number *a,
                    const struct cross_number *b)
{
    struct cross_number product = {{0}};
    for (size_t i = 0; i < 32; i++) {
        unsigned carry = 0;
        for (size_t k = 0; i + k < 32; k++) {
            carry += (unsigned)product.byte[i + k] + (unsigned)a->byte[i] * b->byte[k];
            product.byte[i + k] = (uint8_t)(carry & 0xff);
            carry >>= 8;
        }
    }
    *r = product;
}

static void mpz_pow_ui(struct cross_number *r, const struct cross_number *a, unsigned long exponent)
{
    const struct cross_number base = *a;
    mpz_init_set_si(r, 1);
    while (exponent-- > 0) {
        mpz_mul(r, r, &base);
    }
}

/* base is 0: a decimal, or hexadecimal after 0x. Returns 0, or -1 for no number. */
static int mpz_set_str(struct cross_number *r, const char *text, int base)
{
    static const char digits[] = "0123456789abcdef";
    const int is_hex = base == 0 && text[0] == '0' && text[1] == 'x';
    mpz_t scale, digit;
    mpz_init(r);
    mpz_init_set_si(scale, is_hex ? 16 : 10);
    text += is_hex ? 2 : 0;
    if (*text == '\0') {
        return -1;
    }
    for (; *text != '\0'; text++) {
        const char *found = strchr(digits, *text);
        if (found == NULL || found - digits >= (is_hex ? 16 : 10)) {
            return -1;
        }
        mpz_init_set_si(digit, (long)(found - digits));
        mpz_mul(r, r, scale);
        mpz_add(r, r, digit);
    }
    return 0;
}

/* order is -1 and endian 0: the lowest word first, each as this processor has it. */
static void *mpz_export(void *to, size_t *count, int order, size_t size, int endian, size_t nails,
                        const struct cross_number *a)
{
    if (count != NULL || order != -1 || endian != 0 || nails != 0 || (size != 4 && size != 8)) {
        abort();
    }
    for (size_t at = 0; at < 32; at += size) {
        uint64_t word = 0;
        for (size_t i = 0; i < size; i++) {
            word |= (uint64_t)a->byte[at + i] << 8 * i;
        }
        const uint32_t half = (uint32_t)(word & UINT32_MAX);
        memcpy((uint8_t *)to + at, size == 8 ? (const void *)&word : &half, size);
    }
    return to;
}

#define mpz_fdiv_r_2exp(r, a, bits) ((void)(r), (void)(a), (void)(bits)) /* it is: see above */
#define mpz_clears(...)             ((void)0)
#define mpz_clear(r)                ((void)(r))

#endif
