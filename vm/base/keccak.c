/* Keccak-f[1600] in 64-bit lanes: FIPS 202 §3, with the padding that was in use before it.
 *
 * Every index of a lane is a constant and the state is copied from one set of local variables into
 * another and back, so that compilers keep much of it in registers: with loops over lanes gcc
 * takes four times as long. */
#include "vm/base/keccak.h"

#include <string.h>

#include "vm/base/bytes.h"

#define ROUNDS 24u
#define INLINE static inline __attribute__((always_inline)) /* else clang calls each round */

static const uint64_t round_constants[ROUNDS] = {
    0x0000000000000001u, 0x0000000000008082u, 0x800000000000808au, 0x8000000080008000u,
    0x000000000000808bu, 0x0000000080000001u, 0x8000000080008081u, 0x8000000000008009u,
    0x000000000000008au, 0x0000000000000088u, 0x0000000080008009u, 0x000000008000000au,
    0x000000008000808bu, 0x800000000000008bu, 0x8000000000008089u, 0x8000000000008003u,
    0x8000000000008002u, 0x8000000000000080u, 0x000000000000800au, 0x800000008000000au,
    0x8000000080008081u, 0x8000000000008080u, 0x0000000080000001u, 0x8000000080008008u};

/* A state: five planes (y) of five lanes (x). */
typedef struct plane {
    uint64_t x0, x1, x2, x3, x4;
} plane;

typedef struct state {
    plane y0, y1, y2, y3, y4;
} state;

/* 1 <= count <= 63. */
INLINE uint64_t turned(uint64_t lane, unsigned count)
{
    return lane << count | lane >> (64 - count);
}

INLINE plane chi(uint64_t b0, uint64_t b1, uint64_t b2, uint64_t b3, uint64_t b4)
{
    return (plane){b0 ^ (~b1 & b2), b1 ^ (~b2 & b3), b2 ^ (~b3 & b4), b3 ^ (~b4 & b0),
                   b4 ^ (~b0 & b1)};
}

/* One round. Lane (x, y) goes to (y, 2x + 3y mod 5), turned by its offset; d is theta's part. */
INLINE state round_of(const state *a, uint64_t constant)
{
#define COLUMN(x) (a->y0.x ^ a->y1.x ^ a->y2.x ^ a->y3.x ^ a->y4.x)
    const uint64_t c0 = COLUMN(x0), c1 = COLUMN(x1), c2 = COLUMN(x2), c3 = COLUMN(x3),
                   c4 = COLUMN(x4);
#undef COLUMN
    const uint64_t d0 = c4 ^ turned(c1, 1), d1 = c0 ^ turned(c2, 1), d2 = c1 ^ turned(c3, 1),
                   d3 = c2 ^ turned(c4, 1), d4 = c3 ^ turned(c0, 1);
    state b;
    b.y0 = chi(a->y0.x0 ^ d0, turned(a->y1.x1 ^ d1, 44), turned(a->y2.x2 ^ d2, 43),
               turned(a->y3.x3 ^ d3, 21), turned(a->y4.x4 ^ d4, 14));
    b.y1 = chi(turned(a->y0.x3 ^ d3, 28), turned(a->y1.x4 ^ d4, 20), turned(a->y2.x0 ^ d0, 3),
               turned(a->y3.x1 ^ d1, 45), turned(a->y4.x2 ^ d2, 61));
    b.y2 = chi(turned(a->y0.x1 ^ d1, 1), turned(a->y1.x2 ^ d2, 6), turned(a->y2.x3 ^ d3, 25),
               turned(a->y3.x4 ^ d4, 8), turned(a->y4.x0 ^ d0, 18));
    b.y3 = chi(turned(a->y0.x4 ^ d4, 27), turned(a->y1.x0 ^ d0, 36), turned(a->y2.x1 ^ d1, 10),
               turned(a->y3.x2 ^ d2, 15), turned(a->y4.x3 ^ d3, 56));
    b.y4 = chi(turned(a->y0.x2 ^ d2, 62), turned(a->y1.x3 ^ d3, 55), turned(a->y2.x4 ^ d4, 39),
               turned(a->y3.x0 ^ d0, 41), turned(a->y4.x1 ^ d1, 2));
    b.y0.x0 ^= constant;
    return b;
}

static void permute(uint64_t *lanes)
{
    state a, b;
    _Static_assert(sizeof a == 25 * sizeof *lanes, "lanes without gaps");
    memcpy(&a, lanes, sizeof a);
    for (unsigned i = 0; i < ROUNDS; i += 2) {
        b = round_of(&a, round_constants[i]);
        a = round_of(&b, round_constants[i + 1]);
    }
    memcpy(lanes, &a, sizeof a);
}

/* Lanes stand in memory least significant byte first. */
static uint64_t load_le(const uint8_t *bytes)
{
    return __builtin_bswap64(pl_load_u64(bytes));
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
        if (part == PL_KECCAK_RATE) {
            absorb(keccak, bytes);
        } else {
            memcpy(keccak->block + keccak->used, bytes, part);
            keccak->used += (unsigned)part;
            if (keccak->used == PL_KECCAK_RATE) {
                absorb(keccak, keccak->block);
                keccak->used = 0;
            }
        }
        bytes += part;
        size -= part;
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
