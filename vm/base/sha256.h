/* SHA-256, plain and tagged. spec 04 §1
 *
 *     tagged(tag, data) = SHA256(SHA256(tag) | SHA256(tag) | data)
 *
 * The two tag hashes fill exactly one block, so a tag is kept as the state after that block and
 * costs nothing per hash. sha256.c is the only file that knows the library underneath. */
#ifndef PL_BASE_SHA256_H
#define PL_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define PL_HASH_SIZE 32u

/* The state after the tag block. */
typedef struct pl_tag {
    uint32_t words[8];
} pl_tag;

/* The tags in use, as constants: pl_tag_node is the state of "plimsoll/node", and so on. */
#define TAG(name, text, ...) extern const pl_tag pl_tag_##name;
#include "vm/base/sha256_tags.def"
#undef TAG

/* A hash being computed. Fields are private. */
typedef struct pl_sha256 {
    uint32_t words[8];
    uint64_t size; /* bytes hashed so far, tag block included; < 2^61 */
    uint8_t block[64];
} pl_sha256;

/* Starts a plain hash. */
void pl_sha256_begin(pl_sha256 *sha);

/* Starts a tagged hash. */
void pl_sha256_begin_tagged(pl_sha256 *sha, const pl_tag *tag);

/* Appends size bytes; bytes may be NULL when size is 0. */
void pl_sha256_add(pl_sha256 *sha, const uint8_t *bytes, size_t size);

/* Ends the hash; sha must be begun anew before its next use. */
void pl_sha256_end(pl_sha256 *sha, uint8_t hash[PL_HASH_SIZE]);

/* hash = SHA256(bytes). hash may overlap bytes. */
void pl_sha256_of(uint8_t hash[PL_HASH_SIZE], const uint8_t *bytes, size_t size);

/* hash = tagged(tag, bytes). hash may overlap bytes. */
void pl_tagged_of(uint8_t hash[PL_HASH_SIZE], const pl_tag *tag, const uint8_t *bytes, size_t size);

/* hash = tagged(tag, pair) for exactly 64 bytes, in exactly two compressions: the shape of every
 * node and leaf of the state tree. hash may overlap pair. */
void pl_tagged_pair(uint8_t hash[PL_HASH_SIZE], const pl_tag *tag, const uint8_t pair[64]);

/* The same for two halves that lie apart. */
void pl_sha256_tagged64(uint8_t hash[PL_HASH_SIZE], const pl_tag *tag, const uint8_t left[32],
                        const uint8_t right[32]);

/* *tag = the state of the tag of these size bytes of text, for tags not in the list. */
void pl_sha256_tag(pl_tag *tag, const char *text, size_t size);

#endif
