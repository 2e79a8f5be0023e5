/* Blocks from outside, on a fixed small world without transaction authority.
 *
 * Input: one byte, then a block's bytes. An even byte replays the block as it is, after the decoder
 * and the encoder were compared. An odd byte takes the part behind the header as a body: it is
 * sealed on one chain, and the sealed block must verify on another and lead to the same head.
 * What can be checked ahead is: the verifying chain takes it, and a replay with it says the same.
 * fixtures/fuzz/block/ holds blocks sealed on this very world. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/target.h"
#include "tests/support/counted_memory.h"
#include "tests/support/tiny_world.h"
#include "vm/base/bytes.h"
#include "vm/plimsoll.h"

static pl_chain *start(counted_memory *counted)
{
    static uint8_t world[TINY_WORLD_SIZE_MAX];
    static size_t world_size = 0;
    pl_chain *chain;
    if (world_size == 0) {
        world_size = tiny_world(world, sizeof world, false);
    }
    counted_memory_init(counted);
    MUST(pl_chain_create(&chain, NULL, &counted->memory, world, world_size) == PL_OK);
    return chain;
}

static void stop(pl_chain *chain, const counted_memory *counted)
{
    pl_chain_free(chain);
    MUST(counted->out == 0);
}

/* What decodes has one encoding. */
static void compare_encodings(const uint8_t *bytes, size_t size)
{
    pl_block block;
    uint32_t where;
    if (pl_block_decode(&block, &where, bytes, size) != PL_OK) {
        return;
    }
    uint8_t *again = malloc(size);
    MUST(again != NULL);
    pl_header_encode(again, &block.header);
    pl_writer writer = pl_writer_of(again, size);
    writer.size = PL_HEADER_SIZE;
    const uint8_t *entry;
    uint32_t entry_size;
    pl_writer_u32(&writer, block.reports.count);
    while (pl_items_next(&block.reports, &entry, &entry_size)) {
        pl_writer_u32(&writer, entry_size);
        pl_writer_bytes(&writer, entry, entry_size);
    }
    pl_writer_u32(&writer, block.transactions.count);
    while (pl_items_next(&block.transactions, &entry, &entry_size)) {
        pl_tx tx;
        MUST(pl_tx_decode(&tx, entry, entry_size) == PL_OK);
        pl_writer_u32(&writer, entry_size);
        MUST(pl_tx_size(&tx) == entry_size && writer.size + entry_size <= size);
        pl_tx_encode(again + writer.size, &tx);
        writer.size += entry_size;
    }
    MUST(writer.size == size && memcmp(again, bytes, size) == 0);
    free(again);
}

static void read_receipts(const pl_block_result *result)
{
    for (size_t offset = 0; offset < result->receipts_size;) {
        pl_receipt receipt;
        MUST(pl_receipts_next(&receipt, &offset, result->receipts, result->receipts_size) == PL_OK);
    }
}

/* In memory of its own: it is counted as well. */
static pl_ahead *check_ahead(counted_memory *counted, const pl_chain *chain, const uint8_t *bytes,
                             size_t size, pl_status *status)
{
    pl_ahead *ahead;
    counted_memory_init(counted);
    MUST(pl_ahead_create(&ahead, &counted->memory) == PL_OK);
    *status = pl_ahead_check(ahead, NULL, pl_chain_world(chain), bytes, size);
    MUST(*status == PL_OK || pl_is_reject(*status));
    return ahead;
}

static void end_ahead(pl_ahead *ahead, const counted_memory *counted)
{
    pl_ahead_free(ahead);
    MUST(counted->out == 0);
}

/* first: what was said without it. */
static void replay_with_ahead(const pl_block_result *first, const uint8_t *bytes, size_t size)
{
    counted_memory counted, ahead_memory;
    pl_chain *chain = start(&counted);
    pl_block_result result;
    pl_status status;
    pl_ahead *ahead = check_ahead(&ahead_memory, chain, bytes, size, &status);
    const pl_replay_options options = {.ahead = ahead};
    MUST(pl_chain_replay_block(&result, chain, bytes, size, &options) == first->status);
    MUST(result.where == first->where && result.index == first->index);
    MUST(memcmp(&result.counts, &first->counts, sizeof result.counts) == 0);
    MUST(memcmp(result.receipts_hash, first->receipts_hash, 32) == 0);
    MUST(memcmp(result.state_root, first->state_root, 32) == 0);
    MUST(status == PL_OK || first->status != PL_OK);
    end_ahead(ahead, &ahead_memory);
    stop(chain, &counted);
}

static void replay_as_it_is(const uint8_t *bytes, size_t size)
{
    counted_memory counted;
    pl_chain *chain = start(&counted);
    pl_block_result result;
    pl_head before, after;
    pl_chain_head(&before, chain);
    const pl_status status = pl_chain_replay_block(&result, chain, bytes, size, NULL);
    pl_chain_head(&after, chain);
    if (status == PL_OK) {
        read_receipts(&result);
        MUST(after.height == before.height + 1);
    } else {
        uint8_t root[32];
        MUST(pl_is_reject(status) && result.where != PL_WHERE_NOTHING);
        MUST(pl_store_root(pl_chain_store(chain), root) == PL_OK);
        MUST(memcmp(root, before.state_root, 32) == 0 && after.height == before.height);
    }
    replay_with_ahead(&result, bytes, size);
    stop(chain, &counted);
}

static void seal_and_verify(const uint8_t *body, size_t size)
{
    counted_memory sealer_memory, verifier_memory;
    pl_chain *sealer = start(&sealer_memory);
    pl_chain *verifier = start(&verifier_memory);
    pl_block_result sealed, verified;
    const pl_status status = pl_chain_seal_block(&sealed, sealer, TINY_TIME + 3, body, size, NULL);
    if (status == PL_OK) {
        pl_head a, b;
        read_receipts(&sealed);
        counted_memory ahead_memory;
        pl_status checked;
        pl_ahead *ahead =
            check_ahead(&ahead_memory, verifier, sealed.block, sealed.block_size, &checked);
        const pl_replay_options options = {.ahead = ahead};
        MUST(checked == PL_OK);
        MUST(pl_chain_replay_block(&verified, verifier, sealed.block, sealed.block_size,
                                   &options) == PL_OK);
        end_ahead(ahead, &ahead_memory);
        MUST(verified.receipts_size == sealed.receipts_size);
        MUST(memcmp(&verified.counts, &sealed.counts, sizeof sealed.counts) == 0);
        pl_chain_head(&a, sealer);
        pl_chain_head(&b, verifier);
        MUST(memcmp(a.block_hash, b.block_hash, 32) == 0 && a.row_count == b.row_count);
        const pl_status holds = pl_chain_invariants(sealer, NULL, NULL);
        MUST(holds == PL_OK || holds == PL_TRAP_INVARIANT);
    } else {
        MUST(pl_is_reject(status));
    }
    stop(sealer, &sealer_memory);
    stop(verifier, &verifier_memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    compare_encodings(data + 1, size - 1);
    if (data[0] % 2 == 0) {
        replay_as_it_is(data + 1, size - 1);
    } else if (size > 1 + PL_HEADER_SIZE) {
        seal_and_verify(data + 1 + PL_HEADER_SIZE, size - 1 - PL_HEADER_SIZE);
    }
    return 0;
}
