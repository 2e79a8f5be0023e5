/* Tagged hashes of many short messages that do not depend on each other. Each is the hash that
 * sha256.h gives for it alone; together they may take half the time. */
#ifndef PL_BASE_SHA256_MANY_H
#define PL_BASE_SHA256_MANY_H

#include "vm/base/sha256.h"

#define PL_HASH_LANES 16u /* callers who can choose wait for so many, or a multiple */

typedef struct pl_pair_job {
    uint8_t *hash;       /* on output: tagged(tag, 64 bytes of pair) */
    const uint8_t *pair; /* may overlap the hash of its own job, and of no other */
} pl_pair_job;

/* pl_tagged_pair for `count` jobs. */
void pl_tagged_pairs(const pl_tag *tag, const pl_pair_job *jobs, size_t count);

/* Messages of any size, hashed when enough of the same length wait. Fields are private. */
typedef struct pl_tagged_queue {
    const pl_tag *tag;
    uint32_t waiting[2]; /* by the number of blocks less one */
    uint8_t *hashes[2][PL_HASH_LANES];
    uint8_t blocks[2][PL_HASH_LANES][2 * 64];
} pl_tagged_queue;

void pl_tagged_queue_begin(pl_tagged_queue *queue, const pl_tag *tag);

/* hash = tagged(tag, head | bytes), not before pl_tagged_queue_end: till then it is not to be
 * touched, while head and bytes may change at once. On input: head_size at most 32; head may be
 * NULL when head_size is 0. */
void pl_tagged_queue_add(pl_tagged_queue *queue, uint8_t hash[PL_HASH_SIZE], const uint8_t *head,
                         size_t head_size, const uint8_t *bytes, size_t size);

/* Hashes what waits; the queue is empty then, and may be used on. */
void pl_tagged_queue_end(pl_tagged_queue *queue);

#endif
