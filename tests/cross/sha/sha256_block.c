/* SHA-256's compression (FIPS 180-4 §6.2.2) without tables: the constants are the first 32 bits of
 * the fractions of cube roots of primes, found once by integer search. */
#include <openssl/sha.h>
#include <stdlib.h>

static uint32_t constants[64];

/* The low 32 bits of the largest r with r^3 <= prime * 2^96: floor(cbrt(prime) * 2^32). r has at
 * most 35 bits; its cube is compared in two halves of 64 bits. */
static uint32_t cube_root_fraction(uint64_t prime)
{
    uint64_t root = 0;
    for (int bit = 34; bit >= 0; bit--) {
        const uint64_t r = root | (uint64_t)1 << bit;
        const uint64_t high = r >> 18, low = r & 0x3ffff;           /* r = high * 2^18 + low    */
        const uint64_t middle = 2 * high * low + (low * low >> 18); /* r^2 = square * 2^36 ...  */
        const uint64_t square = high * high + (middle >> 18);       /* ... + rest; square < 2^34 */
        const uint64_t rest = (middle & 0x3ffff) << 18 | (low * low & 0x3ffff);
        /* r^3 = square * r * 2^36 + rest * r; both summed above bit 36, below 2^96 */
        const uint64_t rest_high = (rest >> 18) * r, rest_low = (rest & 0x3ffff) * r;
        const uint64_t carry = (rest_high + (rest_low >> 18)) >> 18;
        const uint64_t square_high = (square >> 17) * r, square_low = (square & 0x1ffff) * r;
        const uint64_t sum = square_low + carry;        /* < 2^53                   */
        const uint64_t top = square_high + (sum >> 17); /* r^3 >> 53                */
        if (top >> 43 < prime) {                        /* r^3 >> 96                */
            root = r;
        }
    }
    return (uint32_t)(root & UINT32_MAX);
}

static void fill_constants(void)
{
    size_t count = 0;
    for (uint64_t n = 2; count < 64; n++) {
        uint64_t divisor = 2;
        while (divisor * divisor <= n && n % divisor != 0) {
            divisor++;
        }
        if (divisor * divisor > n) {
            constants[count++] = cube_root_fraction(n);
        }
    }
}

static uint32_t turn(uint32_t x, unsigned by)
{
    return x >> by | x << (32 - by);
}

void SHA256_Transform(SHA256_CTX *context, const unsigned char *block)
{
    uint32_t w[64], v[8];
    if (constants[0] == 0) {
        fill_constants();
    }
    for (size_t i = 0; i < 16; i++) {
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    }
    for (size_t i = 16; i < 64; i++) {
        const uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) +
               (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    }
    for (size_t i = 0; i < 8; i++) {
        v[i] = context->h[i];
    }
    for (size_t i = 0; i < 64; i++) {
        const uint32_t a = v[0], e = v[4];
        const uint32_t first = v[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
                               ((e & v[5]) ^ (~e & v[6])) + constants[i] + w[i];
        const uint32_t second =
            (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        for (size_t k = 7; k > 0; k--) {
            v[k] = v[k - 1];
        }
        v[4] += first;
        v[0] = first + second;
    }
    for (size_t i = 0; i < 8; i++) {
        context->h[i] += v[i];
    }
}

int SHA256_Update(SHA256_CTX *context, const void *blocks, size_t size)
{
    const unsigned char *at = blocks;
    if (context->num != 0 || size % 64 != 0) {
        abort();
    }
    for (; size > 0; size -= 64, at += 64) {
        SHA256_Transform(context, at);
    }
    return 1;
}
