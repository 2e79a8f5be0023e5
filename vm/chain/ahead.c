/* The checks of one block that need no state, made before its turn. spec 06 §4
 *
 * Everything here is computed from the world and the bytes of the block by the functions that
 * replay would call at its turn. Nothing comes from anywhere else, so that an entry can only be
 * what replay would have found. */
#include "vm/chain/ahead.h"

#include "vm/base/bytes.h"
#include "vm/chain/run.h"

_Static_assert(PL_REPORTS_PER_BLOCK_MAX < UINT16_MAX, "a reading's place fits its field");

pl_status pl_ahead_create(pl_ahead **ahead, const pl_memory *memory)
{
    *ahead = memory->take(memory->context, sizeof **ahead);
    if (*ahead == NULL) {
        return PL_FAULT_MEMORY;
    }
    **ahead = (pl_ahead){.memory = *memory};
    return PL_OK;
}

void pl_ahead_free(pl_ahead *ahead)
{
    if (ahead != NULL) {
        const pl_memory memory = ahead->memory;
        pl_buffer_free(&ahead->reports, &memory);
        pl_buffer_free(&ahead->readings, &memory);
        pl_buffer_free(&ahead->transactions, &memory);
        memory.give(memory.context, ahead, sizeof *ahead);
    }
}

static pl_status add_reading(pl_ahead *ahead, uint16_t *place, const pl_reading *reading)
{
    uint8_t *room;
    *place = (uint16_t)(ahead->readings.size / sizeof *reading);
    PL_TRY(pl_buffer_append(&ahead->readings, &room, &ahead->memory, sizeof *reading));
    memcpy(room, reading, sizeof *reading);
    return PL_OK;
}

static pl_status check_report(pl_ahead *ahead, pl_ahead_report *found,
                              const pl_report_context *context, const uint8_t *report,
                              uint32_t size)
{
    uint32_t feed;
    pl_status status;
    pl_reading reading;
    if (pl_report_feed(&feed, context, report, size) != PL_OK ||
        !pl_oracle_ahead(&status, &reading, context, feed, report, size)) {
        return PL_OK;
    }
    if (status == PL_OK && context->feeds[feed].format != PL_FEED_NATIVE) {
        PL_TRY(add_reading(ahead, &found->reading, &reading));
    }
    found->status = (uint16_t)status;
    return PL_OK;
}

static pl_status check_reports(pl_ahead *ahead, const pl_world *world, const pl_block *block)
{
    const pl_report_context context = {.world_id = world->id,
                                       .feeds = world->feeds,
                                       .feed_count = world->feed_count,
                                       .block_time_s = block->header.time_s};
    pl_items reports = block->reports;
    const uint8_t *report;
    uint32_t size;
    while (pl_items_next(&reports, &report, &size)) {
        pl_ahead_report found = {PL_AHEAD_NOTHING, PL_AHEAD_NOTHING};
        uint8_t *room;
        PL_TRY(check_report(ahead, &found, &context, report, size));
        PL_TRY(pl_buffer_append(&ahead->reports, &room, &ahead->memory, sizeof found));
        memcpy(room, &found, sizeof found);
        ahead->report_count++;
    }
    return PL_OK;
}

static pl_status check_transactions(pl_ahead *ahead, pl_keys *keys, const pl_world *world,
                                    const pl_block *block)
{
    pl_items transactions = block->transactions;
    const uint8_t *bytes;
    uint32_t size;
    while (pl_items_next(&transactions, &bytes, &size)) {
        pl_tx tx;
        uint8_t *room;
        const pl_status shape = pl_tx_decode(&tx, bytes, size);
        PL_ASSERT(shape == PL_OK); /* pl_body_decode proved it */
        const uint16_t status = (uint16_t)pl_tx_check(world, &tx, bytes, keys, false);
        PL_TRY(pl_buffer_append(&ahead->transactions, &room, &ahead->memory, sizeof status));
        memcpy(room, &status, sizeof status);
        ahead->tx_count++;
    }
    return PL_OK;
}

/* A block that replay will not get to execute is not worth a signature. */
static pl_status check_block(pl_ahead *ahead, pl_keys *keys, const pl_world *world,
                             const uint8_t *bytes, size_t size)
{
    pl_block block;
    uint32_t where;
    PL_TRY(pl_block_decode(&block, &where, bytes, size));
    if (memcmp(block.header.world, world->id, PL_HASH_SIZE) != 0) {
        return PL_REJECT_WORLD_MISMATCH;
    }
    pl_header_hash(ahead->block_hash, &block.header);
    pl_body_hash(ahead->body_hash, block.body, block.body_size);
    if (memcmp(block.header.body_hash, ahead->body_hash, PL_HASH_SIZE) != 0) {
        return PL_REJECT_BODY_HASH;
    }
    PL_TRY(check_reports(ahead, world, &block));
    return check_transactions(ahead, keys, world, &block);
}

pl_status pl_ahead_check(pl_ahead *ahead, pl_keys *keys, const pl_world *world,
                         const uint8_t *block, size_t block_size)
{
    ahead->report_count = ahead->tx_count = 0;
    ahead->reports.size = ahead->readings.size = ahead->transactions.size = 0;
    const pl_status status = check_block(ahead, keys, world, block, block_size);
    ahead->filled = status == PL_OK;
    return status;
}

/* A body is its reports, which begin with their count, and its transactions, which do too. */
bool pl_ahead_is_worth(const pl_world *world, const uint8_t *block, size_t block_size)
{
    const size_t without_items = PL_HEADER_SIZE + 2 * sizeof(uint32_t);
    if (block_size <= without_items) {
        return false;
    }
    return world->tx_auth == PL_TX_AUTH_SECP256K1 || pl_load_u32(block + PL_HEADER_SIZE) != 0;
}
