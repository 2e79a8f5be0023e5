/* Sixteen hashes at once: word i of lane k stands in lane k of the i-th vector, and a round does
 * for all lanes what FIPS 180-4 §6.2.2 says for one. */
#include "vm/base/sha256_x86.h"

#if SHA256_X86

#include <immintrin.h>

#define WIDE        __attribute__((target("avx512f,avx512bw")))
#define WIDE_INLINE WIDE __attribute__((always_inline)) static inline
#define UNROLL      _Pragma("GCC unroll 16")
#define LANES       SHA256_LANES

typedef __m512i vec;

typedef struct state {
    vec a, b, c, d, e, f, g, h;
} state;

WIDE_INLINE vec add(vec a, vec b)
{
    return _mm512_add_epi32(a, b);
}

/* An addition that the compiler may not take apart: the order of the sums below keeps what the next
 * round waits for short, and compilers sort sums as they like. */
WIDE_INLINE vec add_now(vec a, vec b)
{
    vec sum = _mm512_add_epi32(a, b);
    __asm__("" : "+v"(sum));
    return sum;
}

WIDE_INLINE vec xor3(vec a, vec b, vec c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}

WIDE_INLINE vec everywhere(uint32_t word)
{
    return _mm512_set1_epi32((int)word);
}

/* `sum` is a word of the schedule plus its constant. */
WIDE_INLINE state one_round(state s, vec sum)
{
    const vec choice = _mm512_ternarylogic_epi32(s.e, s.f, s.g, 0xca);
    const vec majority = _mm512_ternarylogic_epi32(s.a, s.b, s.c, 0xe8);
    const vec sigma1 =
        xor3(_mm512_ror_epi32(s.e, 6), _mm512_ror_epi32(s.e, 11), _mm512_ror_epi32(s.e, 25));
    const vec sigma0 =
        xor3(_mm512_ror_epi32(s.a, 2), _mm512_ror_epi32(s.a, 13), _mm512_ror_epi32(s.a, 22));
    const vec known = add_now(s.h, sum);
    const vec e = add(add_now(add_now(s.d, known), choice), sigma1);
    const vec first = add_now(add_now(known, choice), sigma1);
    return (state){add(first, add(sigma0, majority)), s.a, s.b, s.c, e, s.e, s.f, s.g};
}

/* The word of the schedule sixteen after w0. */
WIDE_INLINE vec following(vec w0, vec w1, vec w9, vec w14)
{
    const vec low =
        xor3(_mm512_ror_epi32(w1, 7), _mm512_ror_epi32(w1, 18), _mm512_srli_epi32(w1, 3));
    const vec high =
        xor3(_mm512_ror_epi32(w14, 17), _mm512_ror_epi32(w14, 19), _mm512_srli_epi32(w14, 10));
    return add(add(add(w0, w9), low), high);
}

/* Makes row i of sixteen words column i. */
WIDE_INLINE void transpose(vec rows[LANES])
{
    vec two[16], four[16];
    UNROLL for (unsigned i = 0; i < 16; i += 2)
    {
        two[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        two[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    UNROLL for (unsigned i = 0; i < 16; i += 4)
    {
        four[i] = _mm512_unpacklo_epi64(two[i], two[i + 2]);
        four[i + 1] = _mm512_unpackhi_epi64(two[i], two[i + 2]);
        four[i + 2] = _mm512_unpacklo_epi64(two[i + 1], two[i + 3]);
        four[i + 3] = _mm512_unpackhi_epi64(two[i + 1], two[i + 3]);
    }
    UNROLL for (unsigned i = 0; i < 4; i++)
    {
        const vec even_low = _mm512_shuffle_i32x4(four[i], four[i + 4], 0x88);
        const vec even_high = _mm512_shuffle_i32x4(four[i + 8], four[i + 12], 0x88);
        const vec odd_low = _mm512_shuffle_i32x4(four[i], four[i + 4], 0xdd);
        const vec odd_high = _mm512_shuffle_i32x4(four[i + 8], four[i + 12], 0xdd);
        rows[i] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
        rows[i + 4] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
        rows[i + 8] = _mm512_shuffle_i32x4(even_low, even_high, 0xdd);
        rows[i + 12] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xdd);
    }
}

/* Words to or from big-endian bytes. */
WIDE_INLINE vec swap(vec words)
{
    return _mm512_shuffle_epi8(words,
                               _mm512_set4_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203));
}

WIDE_INLINE state begin(const uint32_t words[8])
{
    return (state){everywhere(words[0]), everywhere(words[1]), everywhere(words[2]),
                   everywhere(words[3]), everywhere(words[4]), everywhere(words[5]),
                   everywhere(words[6]), everywhere(words[7])};
}

WIDE_INLINE state sum_of(state s, state t)
{
    return (state){add(s.a, t.a), add(s.b, t.b), add(s.c, t.c), add(s.d, t.d),
                   add(s.e, t.e), add(s.f, t.f), add(s.g, t.g), add(s.h, t.h)};
}

WIDE_INLINE void end(uint8_t *const hashes[LANES], state s)
{
    /* Only the first half of a row is a hash. */
    vec rows[LANES] = {s.a, s.b, s.c, s.d, s.e, s.f, s.g, s.h,
                       s.a, s.b, s.c, s.d, s.e, s.f, s.g, s.h};
    transpose(rows);
    UNROLL for (unsigned i = 0; i < LANES; i++)
    {
        _mm256_storeu_si256((__m256i *)(void *)hashes[i], _mm512_castsi512_si256(swap(rows[i])));
    }
}

/* One block of every lane, `offset` bytes into its message. */
WIDE_INLINE state compress(state before, const uint8_t *const messages[LANES], size_t offset)
{
    vec w[16];
    state now = before;
    UNROLL for (unsigned i = 0; i < LANES; i++)
    {
        w[i] = swap(_mm512_loadu_si512(messages[i] + offset));
    }
    transpose(w);
    for (unsigned from = 0; from < 48; from += 16) {
        UNROLL for (unsigned i = 0; i < 16; i++)
        {
            now = one_round(now, add(w[i], everywhere(sha256_constants[from + i])));
            w[i] = following(w[i], w[(i + 1) % 16], w[(i + 9) % 16], w[(i + 14) % 16]);
        }
    }
    UNROLL for (unsigned i = 0; i < 16; i++)
    {
        now = one_round(now, add(w[i], everywhere(sha256_constants[48 + i])));
    }
    return sum_of(before, now);
}

WIDE void sha256_x16_blocks(uint8_t *const hashes[LANES], const uint32_t words[8],
                            const uint8_t *const blocks[LANES], size_t block_count)
{
    state now = begin(words);
    for (size_t i = 0; i < block_count; i++) {
        now = compress(now, blocks, 64 * i);
    }
    end(hashes, now);
}

WIDE void sha256_x16_pairs(uint8_t *const hashes[LANES], const uint32_t words[8],
                           const uint8_t *const pairs[LANES])
{
    const state middle = compress(begin(words), pairs, 0);
    state now = middle;
    for (unsigned from = 0; from < 64; from += 16) {
        UNROLL for (unsigned i = 0; i < 16; i++)
        {
            now = one_round(now, everywhere(sha256_padding[from + i]));
        }
    }
    end(hashes, sum_of(middle, now));
}

#endif
