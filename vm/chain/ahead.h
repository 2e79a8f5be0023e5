/* What a pl_ahead holds, for replay, which is the only one that reads it. spec 06 §4
 *
 * An entry exists only when pl_ahead_check found it by checking. An entry that is missing means
 * that the check is made at its turn, as without a pl_ahead. */
#ifndef PL_CHAIN_AHEAD_H
#define PL_CHAIN_AHEAD_H

#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/sha256.h"
#include "vm/chain/buffer.h"
#include "vm/plimsoll.h"

#define PL_AHEAD_NOTHING UINT16_MAX /* no status, and no reading, has this number */

typedef struct pl_ahead_report {
    uint16_t status;  /* NOTHING: was not checked   */
    uint16_t reading; /* its place; NOTHING: has none */
} pl_ahead_report;

struct pl_ahead {
    pl_memory memory;
    bool filled; /* everything below is of one block */
    uint8_t block_hash[PL_HASH_SIZE];
    uint8_t body_hash[PL_HASH_SIZE]; /* of the bytes that were checked, computed from them */
    uint32_t report_count, tx_count;
    pl_buffer reports;      /* pl_ahead_report each, in the block's order */
    pl_buffer readings;     /* pl_reading each                            */
    pl_buffer transactions; /* u16 status each                            */
};

/* ahead when it is about this block, else NULL. On input: hash of the header, and of the body that
 * is replayed, as the replay itself computed them; ahead may be NULL. */
static inline const pl_ahead *pl_ahead_of(const pl_ahead *ahead, const uint8_t *block_hash,
                                          const uint8_t *body_hash)
{
    const bool same = ahead != NULL && ahead->filled &&
                      memcmp(ahead->block_hash, block_hash, PL_HASH_SIZE) == 0 &&
                      memcmp(ahead->body_hash, body_hash, PL_HASH_SIZE) == 0;
    return same ? ahead : NULL;
}

/* What was found of a report, in *found, or NULL. number: below the block's count. */
static inline const pl_report_ahead *pl_ahead_report_at(pl_report_ahead *found,
                                                        const pl_ahead *ahead, uint32_t number)
{
    if (ahead == NULL) {
        return NULL;
    }
    PL_ASSERT(number < ahead->report_count);
    const pl_ahead_report *report =
        (const pl_ahead_report *)(const void *)ahead->reports.bytes + number;
    if (report->status == PL_AHEAD_NOTHING) {
        return NULL;
    }
    const pl_reading *readings = (const pl_reading *)(const void *)ahead->readings.bytes;
    const bool has_reading = report->reading != PL_AHEAD_NOTHING;
    *found = (pl_report_ahead){(pl_status)report->status,
                               has_reading ? readings + report->reading : NULL};
    return found;
}

/* The verdict of pl_tx_check about a transaction. number: below the block's count. */
static inline pl_status pl_ahead_tx_at(const pl_ahead *ahead, uint32_t number)
{
    PL_ASSERT(number < ahead->tx_count);
    return (pl_status)((const uint16_t *)(const void *)ahead->transactions.bytes)[number];
}

#endif
