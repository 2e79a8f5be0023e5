/* SHA-256 of whole blocks by what an x86-64 may have for it: instructions for one hash at a time,
 * and vectors of 512 bits for sixteen. The hashes are the same as the library's; only the time
 * differs. Private to sha256.c; why it exists: spec/decisions/0008. PL_PORTABLE_SHA leaves it out.
 */
#ifndef PL_BASE_SHA256_X86_H
#define PL_BASE_SHA256_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(PL_PORTABLE_SHA)
#define SHA256_X86 1
#else
#define SHA256_X86 0
#endif

/* Returns whether this processor has the instructions; sha256_x86_ needs it. */
bool sha256_x86_usable(void);

/* Returns whether this processor, and the system that it runs, have the vectors; sha256_x16_ needs
 * it. */
bool sha256_x16_usable(void);

/* hash = the state `words` brought through block_count >= 1 whole blocks, the last of them padded
 * by the caller. hash may overlap blocks. */
void sha256_x86_blocks(uint8_t hash[32], const uint32_t words[8], const uint8_t *blocks,
                       size_t block_count);

/* The same for one block of 64 bytes and the padding block of a message of 128 bytes, of which
 * everything is known beforehand: the shape of tree nodes. */
void sha256_x86_pair(uint8_t hash[32], const uint32_t words[8], const uint8_t pair[64]);

/* Both for sixteen messages that have nothing to do with each other. No hash may overlap another
 * one's message. */
#define SHA256_LANES 16u
void sha256_x16_blocks(uint8_t *const hashes[SHA256_LANES], const uint32_t words[8],
                       const uint8_t *const blocks[SHA256_LANES], size_t block_count);
void sha256_x16_pairs(uint8_t *const hashes[SHA256_LANES], const uint32_t words[8],
                      const uint8_t *const pairs[SHA256_LANES]);

/* The round constants (FIPS 180-4 §4.2.2), and the same plus the message schedule of the padding
 * block of a message of 128 bytes (the end mark, zeros, 1024 bits): what the rounds of that block
 * add, so that it needs no schedule of its own. */
extern const uint32_t sha256_constants[64];
extern const uint32_t sha256_padding[64];

#endif
