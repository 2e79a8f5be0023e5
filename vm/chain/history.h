/* A history as one byte string: the world, then the blocks. Splits without copying. spec 06 §6 */
#ifndef PL_CHAIN_HISTORY_H
#define PL_CHAIN_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/base/error.h"

typedef struct pl_history {
    const uint8_t *world;
    size_t world_size;
    const uint8_t *bytes; /* the whole history */
    size_t size;
    size_t offset;        /* of the next block's size */
    uint64_t block_count; /* blocks handed out so far */
} pl_history;

/* On input: uncompressed bytes, which must outlive *history. On output: the world, and the place
 * of the first block. Neither world nor blocks are looked into.
 * Returns PL_OK, TRUNCATED, MAGIC or VERSION. */
PL_MUST_USE pl_status pl_history_open(pl_history *history, const uint8_t *bytes, size_t size);

/* On output: the next block, or *block = NULL at the end. Returns PL_OK or TRUNCATED. */
PL_MUST_USE pl_status pl_history_next(pl_history *history, const uint8_t **block,
                                      size_t *block_size);

#endif
