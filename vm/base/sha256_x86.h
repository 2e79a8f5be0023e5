/* SHA-256 of a few whole blocks by the processor's own instructions, where an x86-64 has them. The
 * hashes are the same as the library's; only the time differs. Private to sha256.c; why it exists:
 * spec/decisions/0008. */
#ifndef PL_BASE_SHA256_X86_H
#define PL_BASE_SHA256_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define SHA256_X86 1
#else
#define SHA256_X86 0
#endif

/* Returns whether this processor has the instructions; the others need it. */
bool sha256_x86_usable(void);

/* hash = the state `words` brought through block_count >= 1 whole blocks, the last of them padded
 * by the caller. hash may overlap blocks. */
void sha256_x86_blocks(uint8_t hash[32], const uint32_t words[8], const uint8_t *blocks,
                       size_t block_count);

/* The same for one block of 64 bytes and the padding block of a message of 128 bytes, of which
 * everything is known beforehand: the shape of tree nodes. */
void sha256_x86_pair(uint8_t hash[32], const uint32_t words[8], const uint8_t pair[64]);

#endif
