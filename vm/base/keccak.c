/* Keccak-f[1600] in 64-bit lanes: FIPS 202 §3, with the padding that was in use before it. */
#include "vm/base/keccak.h"

#include <string.h>

#define ROUNDS 24u
#define LANES  25u

static const uint64_t round_constants[ROUNDS] = {
    0x0000000000000001u, 0x0000000000008082u, 0x800000000000808au, 0x8000000080008000u,
    0x000000000000808bu, 0x0000000080000001u, 0x8000000080008081u, 0x8000000000008009u,
    0x000000000000008au, 0x0000000000000088u, 0x0000000080008009u, 0x000000008000000au,
    0x000000008000808bu, 0x800000000000008bu, 0x8000000000008089u, 0x8000000000008003u,
    0x8000000000008002u, 0x8000000000000080u, 0x000000000000800au, 0x800000008000000au,
    0x8000000080008081u, 0x8000000000008080u, 0x0000000080000001u, 0x8000000080008008u};

/* 0 <= count < 64. */
static inline uint64_t turned(uint64_t lane, unsigned count)
{
    return lane << count | lane >> ((64 - count) & 63);
}

/* a: x runs fastest, lane (x, y) is a[x + 5y]. */
static void theta(uint64_t *a)
{
    uint64_t c[5];
    for (unsigned x = 0; x < 5; x++) {
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    }
    for (unsigned x = 0; x < 5; x++) {
        const uint64_t d = c[(x + 4) % 5] ^ turned(c[(x + 1) % 5], 1);
        a[x] ^= d;
        a[x + 5] ^= d;
        a[x + 10] ^= d;
        a[x + 15] ^= d;
        a[x + 20] ^= d;
    }
}

/* b[y + 5((2x + 3y) mod 5)] = a[x + 5y] turned; the 25 lines are that rule written out. */
static void rho_pi(uint64_t *b, const uint64_t *a)
{
    b[0] = a[0];
    b[10] = turned(a[1], 1);
    b[20] = turned(a[2], 62);
    b[5] = turned(a[3], 28);
    b[15] = turned(a[4], 27);
    b[16] = turned(a[5], 36);
    b[1] = turned(a[6], 44);
    b[11] = turned(a[7], 6);
    b[21] = turned(a[8], 55);
    b[6] = turned(a[9], 20);
    b[7] = turned(a[10], 3);
    b[17] = turned(a[11], 10);
    b[2] = turned(a[12], 43);
    b[12] = turned(a[13], 25);
    b[22] = turned(a[14], 39);
    b[23] = turned(a[15], 41);
    b[8] = turned(a[16], 45);
    b[18] = turned(a[17], 15);
    b[3] = turned(a[18], 21);
    b[13] = turned(a[19], 8);
    b[14] = turned(a[20], 18);
    b[24] = turned(a[21], 2);
    b[9] = turned(a[22], 61);
    b[19] = turned(a[23], 56);
    b[4] = turned(a[24], 14);
}

static void permute(uint64_t *a)
{
    uint64_t b[LANES];
    for (unsigned round = 0; round < ROUNDS; round++) {
        theta(a);
        rho_pi(b, a);
        for (unsigned y = 0; y < LANES; y += 5) {
            for (unsigned x = 0; x < 5; x++) {
                a[y + x] = b[y + x] ^ (~b[y + (x + 1) % 5] & b[y + (x + 2) % 5]);
            }
        }
        a[0] ^= round_constants[round];
    }
}

static uint64_t load_le(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (unsigned i = 8; i-- > 0;) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static void absorb(pl_keccak *keccak, const uint8_t *block)
{
    for (unsigned i = 0; i < PL_KECCAK_RATE / 8; i++) {
        keccak->lanes[i] ^= load_le(block + 8 * i);
    }
    permute(keccak->lanes);
}

void pl_keccak_begin(pl_keccak *keccak)
{
    memset(keccak, 0, sizeof *keccak);
}

void pl_keccak_add(pl_keccak *keccak, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        const size_t room = PL_KECCAK_RATE - keccak->used;
        const size_t part = size < room ? size : room;
        memcpy(keccak->block + keccak->used, bytes, part);
        keccak->used += (unsigned)part;
        bytes += part;
        size -= part;
        if (keccak->used == PL_KECCAK_RATE) {
            absorb(keccak, keccak->block);
            keccak->used = 0;
        }
    }
}

void pl_keccak_end(pl_keccak *keccak, uint8_t hash[32])
{
    memset(keccak->block + keccak->used, 0, PL_KECCAK_RATE - keccak->used);
    keccak->block[keccak->used] = 0x01;
    keccak->block[PL_KECCAK_RATE - 1] |= 0x80;
    absorb(keccak, keccak->block);
    for (unsigned i = 0; i < 32; i++) {
        hash[i] = (uint8_t)(keccak->lanes[i / 8] >> (8 * (i % 8)));
    }
}

void pl_keccak_of(uint8_t hash[32], const uint8_t *bytes, size_t size)
{
    pl_keccak keccak;
    pl_keccak_begin(&keccak);
    pl_keccak_add(&keccak, bytes, size);
    pl_keccak_end(&keccak, hash);
}

void pl_eip191_of(uint8_t digest[32], const uint8_t hash[32])
{
    static const char prefix[] = "\x19"
                                 "Ethereum Signed Message:\n32";
    pl_keccak keccak;
    pl_keccak_begin(&keccak);
    pl_keccak_add(&keccak, (const uint8_t *)prefix, sizeof prefix - 1);
    pl_keccak_add(&keccak, hash, 32);
    pl_keccak_end(&keccak, digest);
}
