#include "vm/base/sha256_many.h"

#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/base/sha256_x86.h"

#define HEAD_SIZE_MAX 32u

#if SHA256_X86
_Static_assert(SHA256_LANES == PL_HASH_LANES, "what waits together is hashed together");

#define WORTH 8u /* hashes: fewer take less time one by one */

static bool has_lanes(void)
{
    return sha256_x16_usable();
}

/* On input: 1 .. 16 jobs. The lanes left over do the first job again, for nobody. */
static void pairs_in_lanes(const pl_tag *tag, const pl_pair_job *jobs, size_t count)
{
    uint8_t unused[PL_HASH_SIZE];
    uint8_t *hashes[PL_HASH_LANES];
    const uint8_t *pairs[PL_HASH_LANES];
    for (size_t i = 0; i < PL_HASH_LANES; i++) {
        hashes[i] = i < count ? jobs[i].hash : unused;
        pairs[i] = jobs[i < count ? i : 0].pair;
    }
    sha256_x16_pairs(hashes, tag->words, pairs);
}

/* The same for padded messages of a queue. */
static void blocks_in_lanes(pl_tagged_queue *queue, size_t block_count)
{
    const uint32_t count = queue->waiting[block_count - 1];
    uint8_t unused[PL_HASH_SIZE];
    uint8_t *hashes[PL_HASH_LANES];
    const uint8_t *blocks[PL_HASH_LANES];
    for (size_t i = 0; i < PL_HASH_LANES; i++) {
        hashes[i] = i < count ? queue->hashes[block_count - 1][i] : unused;
        blocks[i] = queue->blocks[block_count - 1][i < count ? i : 0];
    }
    if (count >= WORTH || !sha256_x86_usable()) {
        sha256_x16_blocks(hashes, queue->tag->words, blocks, block_count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        sha256_x86_blocks(hashes[i], queue->tag->words, blocks[i], block_count);
    }
}

#else

#define WORTH 1u

static bool has_lanes(void)
{
    return false;
}

static void pairs_in_lanes(const pl_tag *tag, const pl_pair_job *jobs, size_t count)
{
    (void)tag;
    (void)jobs;
    (void)count;
}

static void blocks_in_lanes(pl_tagged_queue *queue, size_t block_count)
{
    (void)queue;
    (void)block_count;
}

#endif

void pl_tagged_pairs(const pl_tag *tag, const pl_pair_job *jobs, size_t count)
{
    while (count >= WORTH && has_lanes()) {
        const size_t now = count < PL_HASH_LANES ? count : PL_HASH_LANES;
        pairs_in_lanes(tag, jobs, now);
        jobs += now;
        count -= now;
    }
    for (size_t i = 0; i < count; i++) {
        pl_tagged_pair(jobs[i].hash, tag, jobs[i].pair);
    }
}

void pl_tagged_queue_begin(pl_tagged_queue *queue, const pl_tag *tag)
{
    queue->tag = tag;
    queue->waiting[0] = 0;
    queue->waiting[1] = 0;
}

/* Hashes a message at once. */
static void hash_now(const pl_tag *tag, uint8_t hash[PL_HASH_SIZE], const uint8_t *head,
                     size_t head_size, const uint8_t *bytes, size_t size)
{
    uint8_t whole[2 * 64];
    if (head_size == 0) {
        pl_tagged_of(hash, tag, bytes, size);
        return;
    }
    if (size <= sizeof whole - head_size) { /* the short way of pl_tagged_of, if it is that short */
        memcpy(whole, head, head_size);
        if (size > 0) {
            memcpy(whole + head_size, bytes, size);
        }
        pl_tagged_of(hash, tag, whole, head_size + size);
        return;
    }
    pl_sha256 sha;
    pl_sha256_begin_tagged(&sha, tag);
    pl_sha256_add(&sha, head, head_size);
    pl_sha256_add(&sha, bytes, size);
    pl_sha256_end(&sha, hash);
}

void pl_tagged_queue_add(pl_tagged_queue *queue, uint8_t hash[PL_HASH_SIZE], const uint8_t *head,
                         size_t head_size, const uint8_t *bytes, size_t size)
{
    PL_ASSERT(head_size <= HEAD_SIZE_MAX);
    if (size > 2 * 64 - 9 - head_size || !has_lanes()) {
        hash_now(queue->tag, hash, head, head_size, bytes, size);
        return;
    }
    const size_t whole = head_size + size;
    const size_t block_count = whole + 9 <= 64 ? 1 : 2;
    const uint32_t lane = queue->waiting[block_count - 1]++;
    uint8_t *blocks = queue->blocks[block_count - 1][lane];
    memset(blocks, 0, block_count * 64);
    if (head_size > 0) {
        memcpy(blocks, head, head_size);
    }
    if (size > 0) {
        memcpy(blocks + head_size, bytes, size);
    }
    blocks[whole] = 0x80;
    pl_store_u64(blocks + block_count * 64 - 8, (64 + (uint64_t)whole) * 8); /* the tag block too */
    queue->hashes[block_count - 1][lane] = hash;
    if (lane + 1 == PL_HASH_LANES) {
        blocks_in_lanes(queue, block_count);
        queue->waiting[block_count - 1] = 0;
    }
}

void pl_tagged_queue_end(pl_tagged_queue *queue)
{
    for (size_t block_count = 1; block_count <= 2; block_count++) {
        if (queue->waiting[block_count - 1] > 0) {
            blocks_in_lanes(queue, block_count);
            queue->waiting[block_count - 1] = 0;
        }
    }
}
