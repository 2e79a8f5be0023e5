#include "vm/base/assume.h"
#include "vm/base/sha256_x86.h"

#if SHA256_X86

#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>

#define WITH_SHA __attribute__((target("sha,sse4.1")))

const uint32_t sha256_constants[64] __attribute__((aligned(64))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

const uint32_t sha256_padding[64] __attribute__((aligned(64))) = {
    0xc28a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf574,
    0x649b69c1, 0xf23e4787, 0x0fe1edc6, 0x240ca2dc, 0x4fe9346f, 0x4b1e84aa, 0x61b9431e, 0x36f9b39a,
    0xfa465156, 0xb85a8e77, 0xb01d681d, 0x5e59c7ea, 0x2faa3291, 0x07e2a6fb, 0x1f515a8e, 0x6f915f0a,
    0x5fb4221d, 0x612cc90a, 0x35c3e883, 0xa925d9d4, 0x8b82d1b9, 0x92848088, 0x9a5b7704, 0x034ba272,
    0x9f594686, 0x6f480592, 0xe49bee62, 0xc1cf12eb, 0x3ef55e11, 0x1f0f59a3, 0x327a0634, 0xbfa4d9bc,
    0x770df572, 0x9b9fbf40, 0xc21be9e9, 0xf5001d69, 0x840ec6da, 0x8a337f83, 0xb737625a, 0xe9b9ecd0,
    0xfe5d6d40, 0xa52dab8d, 0xee944592, 0x5f2d004a, 0x3bc8cb2e, 0x36d964a4, 0x5eb10caf, 0x6289d971};

/* The eight words in the order of the instructions: a b e f, and c d g h, high to low. */
typedef struct state {
    __m128i abef, cdgh;
} state;

WITH_SHA static inline __m128i load(const void *bytes)
{
    return _mm_loadu_si128(bytes);
}

/* Four words to or from big-endian bytes. */
WITH_SHA static inline __m128i swap(__m128i words)
{
    return _mm_shuffle_epi8(words,
                            _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

WITH_SHA static inline state begin(const uint32_t words[8])
{
    const __m128i badc = _mm_shuffle_epi32(load(words), 0xb1);
    const __m128i efgh = _mm_shuffle_epi32(load(words + 4), 0x1b);
    return (state){_mm_alignr_epi8(badc, efgh, 8), _mm_blend_epi16(efgh, badc, 0xf0)};
}

WITH_SHA static inline void end(uint8_t hash[32], state now)
{
    const __m128i feba = _mm_shuffle_epi32(now.abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(now.cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)(void *)hash, swap(_mm_blend_epi16(feba, dchg, 0xf0)));
    _mm_storeu_si128((__m128i *)(void *)(hash + 16), swap(_mm_alignr_epi8(dchg, feba, 8)));
}

WITH_SHA static inline state add(state a, state b)
{
    return (state){_mm_add_epi32(a.abef, b.abef), _mm_add_epi32(a.cdgh, b.cdgh)};
}

/* Four rounds; `sums` are words of the schedule plus their constants. */
WITH_SHA static inline state rounds(state now, __m128i sums)
{
    now.cdgh = _mm_sha256rnds2_epu32(now.cdgh, now.abef, sums);
    now.abef = _mm_sha256rnds2_epu32(now.abef, now.cdgh, _mm_shuffle_epi32(sums, 0x0e));
    return now;
}

/* The four words of the schedule that follow the sixteen given. */
WITH_SHA static inline __m128i following(__m128i w0, __m128i w4, __m128i w8, __m128i w12)
{
    const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));
    return _mm_sha256msg2_epu32(sum, w12);
}

WITH_SHA static inline __m128i plus_constants(__m128i words, unsigned from)
{
    return _mm_add_epi32(words, load(sha256_constants + from));
}

WITH_SHA static inline state compress(state before, const uint8_t *block)
{
    state now = before;
    __m128i w0 = swap(load(block));
    __m128i w4 = swap(load(block + 16));
    __m128i w8 = swap(load(block + 32));
    __m128i w12 = swap(load(block + 48));
    for (unsigned from = 0; from < 48; from += 16) {
        now = rounds(now, plus_constants(w0, from));
        w0 = following(w0, w4, w8, w12);
        now = rounds(now, plus_constants(w4, from + 4));
        w4 = following(w4, w8, w12, w0);
        now = rounds(now, plus_constants(w8, from + 8));
        w8 = following(w8, w12, w0, w4);
        now = rounds(now, plus_constants(w12, from + 12));
        w12 = following(w12, w0, w4, w8);
    }
    now = rounds(now, plus_constants(w0, 48));
    now = rounds(now, plus_constants(w4, 52));
    now = rounds(now, plus_constants(w8, 56));
    now = rounds(now, plus_constants(w12, 60));
    return add(before, now);
}

WITH_SHA void sha256_x86_blocks(uint8_t hash[32], const uint32_t words[8], const uint8_t *blocks,
                                size_t block_count)
{
    state now = begin(words);
    for (size_t i = 0; i < block_count; i++) {
        now = compress(now, blocks + 64 * i);
    }
    end(hash, now);
}

WITH_SHA void sha256_x86_pair(uint8_t hash[32], const uint32_t words[8], const uint8_t pair[64])
{
    const state middle = compress(begin(words), pair);
    state now = middle;
    for (unsigned from = 0; from < 64; from += 16) {
        now = rounds(now, load(sha256_padding + from));
        now = rounds(now, load(sha256_padding + from + 4));
        now = rounds(now, load(sha256_padding + from + 8));
        now = rounds(now, load(sha256_padding + from + 12));
    }
    end(hash, add(middle, now));
}

/* What the operating system saves of a thread: bits 1, 2 and 5 to 7 stand for vectors of 512 bits
 * with all their registers. */
static bool system_keeps_vectors(void)
{
    const unsigned needed = 0xe6;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    (void)high;
    return (low & needed) == needed;
}

enum { ASKED = 1, HAS_SHA = 2, HAS_VECTORS = 4 };

static int ask(void)
{
    unsigned a, b = 0, c = 0, d, more_b = 0, more_c;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 ||
        __get_cpuid_count(7, 0, &a, &more_b, &more_c, &d) == 0) {
        return ASKED;
    }
    const unsigned basic = bit_SSSE3 | bit_SSE4_1;
    const unsigned wide = bit_AVX512F | bit_AVX512BW;
    int answer = ASKED;
    if ((c & basic) == basic && (more_b & bit_SHA) != 0) {
        answer |= HAS_SHA;
    }
    if ((c & bit_OSXSAVE) != 0 && (more_b & wide) == wide && system_keeps_vectors()) {
        answer |= HAS_VECTORS;
    }
    return answer;
}

/* Asking the processor can take microseconds in a virtual machine, so the answer is kept. It is the
 * same for every thread that asks. */
static inline int answer_kept(void)
{
    static _Atomic int kept = 0;
    int answer = atomic_load_explicit(&kept, memory_order_relaxed);
    if (PL_UNLIKELY(answer == 0)) {
        answer = ask();
        atomic_store_explicit(&kept, answer, memory_order_relaxed);
    }
    return answer;
}

bool sha256_x86_usable(void)
{
    return (answer_kept() & HAS_SHA) != 0;
}

bool sha256_x16_usable(void)
{
    return (answer_kept() & HAS_VECTORS) != 0;
}

#endif
