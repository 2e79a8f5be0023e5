/* The hash provider is OpenSSL's compression function, which uses the processor's SHA instructions
 * where it has them. Only the compression is taken from there: its one-shot and EVP interfaces cost
 * several times the hash itself at the 64 bytes that a tree node has, and a tag's precomputed state
 * cannot be handed to them. Block buffering and padding are ours. On x86-64 the hashes of one or
 * two blocks, which are nearly all of the state tree, take the shorter way of sha256_x86.h. */
#define OPENSSL_API_COMPAT 10100 /* the low-level calls below are not deprecated before 3.0 */

#include <openssl/sha.h>
#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/base/sha256.h"
#include "vm/base/sha256_x86.h"

_Static_assert(sizeof(SHA_LONG) == sizeof(uint32_t), "the state's words are 32 bits wide");

#define TAG(name, text, ...) const pl_tag pl_tag_##name = {{__VA_ARGS__}};
#include "vm/base/sha256_tags.def"
#undef TAG

/* The initial state of SHA-256 (FIPS 180-4 §5.3.3). */
static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* The second block of every hash of a tag block and 64 bytes: the end mark, zeros, 1024 bits. */
static const uint8_t pair_padding[64] = {[0] = 0x80, [62] = 0x04};

/* Brings words through block_count blocks. */
static void compress(uint32_t words[8], const uint8_t *blocks, size_t block_count)
{
    SHA256_CTX context;
    memcpy(context.h, words, sizeof context.h);
    if (block_count == 1) {
        SHA256_Transform(&context, blocks);
    } else {
        /* Whole blocks with nothing buffered: the library compresses them in one go. It only
         * fails on a NULL context, and its own length counters are not used by us. */
        context.num = 0;
        context.Nl = 0;
        context.Nh = 0;
        (void)SHA256_Update(&context, blocks, block_count * 64);
    }
    memcpy(words, context.h, sizeof context.h);
}

static void store_words(uint8_t hash[PL_HASH_SIZE], const uint32_t words[8])
{
    for (size_t i = 0; i < 8; i++) {
        pl_store_u32(hash + 4 * i, words[i]);
    }
}

void pl_sha256_begin(pl_sha256 *sha)
{
    memcpy(sha->words, initial, sizeof initial);
    sha->size = 0;
}

void pl_sha256_begin_tagged(pl_sha256 *sha, const pl_tag *tag)
{
    memcpy(sha->words, tag->words, sizeof tag->words);
    sha->size = 64;
}

void pl_sha256_add(pl_sha256 *sha, const uint8_t *bytes, size_t size)
{
    const size_t buffered = (size_t)(sha->size % 64);
    sha->size += size;
    PL_ASSERT(sha->size < (uint64_t)1 << 61);
    if (buffered + size < 64) {
        if (size > 0) {
            memcpy(sha->block + buffered, bytes, size);
        }
        return;
    }
    if (buffered > 0) {
        memcpy(sha->block + buffered, bytes, 64 - buffered);
        compress(sha->words, sha->block, 1);
        bytes += 64 - buffered;
        size -= 64 - buffered;
    }
    if (size >= 64) {
        compress(sha->words, bytes, size / 64);
        bytes += size / 64 * 64;
        size %= 64;
    }
    memcpy(sha->block, bytes, size);
}

void pl_sha256_end(pl_sha256 *sha, uint8_t hash[PL_HASH_SIZE])
{
    size_t used = (size_t)(sha->size % 64);
    sha->block[used++] = 0x80;
    if (used > 56) {
        memset(sha->block + used, 0, 64 - used);
        compress(sha->words, sha->block, 1);
        used = 0;
    }
    memset(sha->block + used, 0, 56 - used);
    pl_store_u64(sha->block + 56, sha->size * 8);
    compress(sha->words, sha->block, 1);
    store_words(hash, sha->words);
}

void pl_sha256_of(uint8_t hash[PL_HASH_SIZE], const uint8_t *bytes, size_t size)
{
    pl_sha256 sha;
    pl_sha256_begin(&sha);
    pl_sha256_add(&sha, bytes, size);
    pl_sha256_end(&sha, hash);
}

/* Up to this size a tagged message and its padding fill at most two blocks. */
#define SHORT_SIZE (2u * 64u - 9u)

void pl_tagged_of(uint8_t hash[PL_HASH_SIZE], const pl_tag *tag, const uint8_t *bytes, size_t size)
{
    if (size > SHORT_SIZE) {
        pl_sha256 sha;
        pl_sha256_begin_tagged(&sha, tag);
        pl_sha256_add(&sha, bytes, size);
        pl_sha256_end(&sha, hash);
        return;
    }
    /* Nearly every row and key is this short: pad once and compress without the buffering. */
    uint8_t blocks[128] = {0};
    const size_t count = size + 9 <= 64 ? 1 : 2;
    if (size > 0) {
        memcpy(blocks, bytes, size);
    }
    blocks[size] = 0x80;
    pl_store_u64(blocks + count * 64 - 8, (64 + (uint64_t)size) * 8);
#if SHA256_X86
    if (PL_LIKELY(sha256_x86_usable())) {
        sha256_x86_blocks(hash, tag->words, blocks, count);
        return;
    }
#endif
    SHA256_CTX context;
    memcpy(context.h, tag->words, sizeof context.h);
    SHA256_Transform(&context, blocks);
    if (count == 2) {
        SHA256_Transform(&context, blocks + 64);
    }
    store_words(hash, context.h);
}

void pl_tagged_pair(uint8_t hash[PL_HASH_SIZE], const pl_tag *tag, const uint8_t pair[64])
{
#if SHA256_X86
    if (PL_LIKELY(sha256_x86_usable())) {
        sha256_x86_pair(hash, tag->words, pair);
        return;
    }
#endif
    SHA256_CTX context;
    memcpy(context.h, tag->words, sizeof context.h);
    SHA256_Transform(&context, pair);
    SHA256_Transform(&context, pair_padding);
    store_words(hash, context.h);
}

void pl_sha256_tagged64(uint8_t hash[PL_HASH_SIZE], const pl_tag *tag, const uint8_t left[32],
                        const uint8_t right[32])
{
    uint8_t pair[64];
    memcpy(pair, left, 32);
    memcpy(pair + 32, right, 32);
    pl_tagged_pair(hash, tag, pair);
}

void pl_sha256_tag(pl_tag *tag, const char *text, size_t size)
{
    uint8_t block[64];
    pl_sha256_of(block, (const uint8_t *)text, size);
    memcpy(block + 32, block, 32);
    memcpy(tag->words, initial, sizeof initial);
    compress(tag->words, block, 1);
}
