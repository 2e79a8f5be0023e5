/* One block: from the old root to the new one. take_block() below is the table of contents; spec 06
 * §4 has the same lines. Bytes go one way: block, prices, receipts, root; nothing comes back. */
#include "vm/chain/chain.h"
#include "vm/chain/run.h"

#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/chain/ahead.h"
#include "vm/base/sha256.h"

/* ---- link: spec 06 §2 ---- */

static pl_status check_link(const pl_chain *chain, const pl_block *block)
{
    const pl_header *header = &block->header;
    uint8_t body_hash[PL_HASH_SIZE];
    if (memcmp(header->world, chain->world.id, 32) != 0) {
        return PL_REJECT_WORLD_MISMATCH;
    }
    if (header->height == 0 || header->height - 1 != chain->head.height) { /* a sum could wrap */
        return PL_REJECT_HEIGHT;
    }
    if (memcmp(header->parent, chain->head.block_hash, 32) != 0) {
        return PL_REJECT_PARENT;
    }
    if (header->time_s < chain->head.time_s) {
        return PL_REJECT_TIME;
    }
    pl_body_hash(body_hash, block->body, block->body_size);
    return memcmp(header->body_hash, body_hash, 32) == 0 ? PL_OK : PL_REJECT_BODY_HASH;
}

/* ---- compare ---- */

/* Returns the number of the first of our receipts that the expected bytes do not have at its place,
 * the count of ours when more were expected, or PL_NONE when all are equal. */
static uint32_t first_difference(const pl_buffer *ours, const pl_replay_options *options)
{
    size_t offset = 0;
    uint32_t index = 0;
    for (; offset < ours->size; index++) {
        const size_t size = 4 + (size_t)pl_load_u32(ours->bytes + offset);
        if (options->expected_receipts_size - offset < size ||
            memcmp(ours->bytes + offset, options->expected_receipts + offset, size) != 0) {
            return index;
        }
        offset += size;
    }
    return offset == options->expected_receipts_size ? PL_NONE : index;
}

/* Receipts first: when they differ, the root does too, and they say more. */
static pl_status compare(pl_run *run)
{
    pl_block_result *result = run->result;
    const pl_header *header = &run->block->header;
    if (memcmp(result->receipts_hash, header->receipts_hash, 32) != 0) {
        result->where = PL_WHERE_RECEIPT;
        if (run->options.expected_receipts != NULL) {
            result->index = first_difference(&run->chain->receipts, &run->options);
        }
        return PL_REJECT_RECEIPTS_ROOT;
    }
    if ((run->options.bench & PL_BENCH_WITHOUT_ROOTS) == 0 &&
        memcmp(result->state_root, header->state_root, 32) != 0) {
        result->where = PL_WHERE_STATE;
        return PL_REJECT_STATE_ROOT;
    }
    return PL_OK;
}

/* ---- seal ---- */

/* Instead of comparing: the header gets what came out, and the block its bytes. */
static pl_status seal(pl_run *run)
{
    pl_chain *chain = run->chain;
    pl_block_result *result = run->result;
    pl_header *header = &run->block->header;
    memcpy(header->state_root, result->state_root, 32);
    memcpy(header->receipts_hash, result->receipts_hash, 32);
    memcpy(result->expected_state_root, result->state_root, 32);
    memcpy(result->expected_receipts_hash, result->receipts_hash, 32);
    uint8_t *bytes;
    chain->sealed.size = 0;
    PL_TRY(pl_buffer_append(&chain->sealed, &bytes, &chain->memory,
                            PL_HEADER_SIZE + run->block->body_size));
    pl_header_encode(bytes, header);
    memcpy(bytes + PL_HEADER_SIZE, run->block->body, run->block->body_size);
    result->block = chain->sealed.bytes;
    result->block_size = chain->sealed.size;
    return PL_OK;
}

/* ---- the block ---- */

/* Receipts and root of the state that execution left. */
static pl_status take_results(pl_run *run)
{
    pl_chain *chain = run->chain;
    pl_block_result *result = run->result;
    result->receipts = chain->receipts.bytes;
    result->receipts_size = chain->receipts.size;
    pl_receipts_hash(result->receipts_hash, chain->receipts.bytes, chain->receipts.size);
    if ((run->options.bench & PL_BENCH_WITHOUT_ROOTS) != 0) {
        return PL_OK;
    }
    return pl_store_root(chain->store, result->state_root);
}

/* The block is the head now. */
static void move_head(pl_run *run)
{
    pl_chain *chain = run->chain;
    const pl_header *header = &run->block->header;
    pl_head *head = &chain->head;
    head->height = header->height;
    head->time_s = header->time_s;
    pl_header_hash(head->block_hash, header);
    memcpy(head->state_root, run->result->state_root, 32);
    head->row_count = pl_store_row_count(chain->store);
    pl_header_encode(chain->header, header);
    memcpy(run->result->block_hash, head->block_hash, 32);
    chain->bench |= run->options.bench;
}

/* Back to the state before. The root is computed anew, so that a rollback that was not exact would
 * stop here and not some blocks later. */
static pl_status roll_back(pl_chain *chain)
{
    uint8_t root[PL_HASH_SIZE];
    PL_TRY(chain->door->ops->rollback(chain->door));
    PL_TRY(pl_store_root(chain->store, root));
    PL_ASSERT((chain->bench & PL_BENCH_WITHOUT_ROOTS) != 0 ||
              memcmp(root, chain->head.state_root, sizeof root) == 0);
    PL_ASSERT(pl_store_row_count(chain->store) == chain->head.row_count);
    return PL_OK;
}

static pl_status execute(pl_run *run)
{
    const pl_header *header = &run->block->header;
    run->chain->receipts.size = 0;
    PL_TRY(pl_system_put_chain(run->chain, header->height, header->time_s, header->parent));
    PL_TRY(pl_run_reports(run));
    PL_TRY(pl_run_transactions(run));
    return pl_run_hooks(run);
}

static pl_status execute_watched(pl_run *run)
{
    run->chain->running = &run->block->header;
    const pl_status status = execute(run);
    run->chain->running = NULL;
    PL_TRY(status);
    return take_results(run);
}

/* The block was accepted, is looked at, and never was. */
static pl_status look_and_undo(pl_run *run)
{
    pl_chain *chain = run->chain;
    const pl_head head = chain->head;
    uint8_t header[PL_HEADER_SIZE];
    memcpy(header, chain->header, sizeof header);
    move_head(run);
    const pl_status status = run->trial->at_end(run->trial->context, chain);
    chain->head = head;
    memcpy(chain->header, header, sizeof header);
    if (!pl_is_fault(status)) {
        PL_TRY(roll_back(chain));
    }
    return status;
}

/* spec 06 §4: the body has the hash that the header says, so both hashes are those of the block
 * replayed here. A run without signatures is one in which nothing of them is found, ahead or not.
 */
static void look_ahead(pl_run *run)
{
    const bool with_signatures = (run->options.bench & PL_BENCH_WITHOUT_SIGNATURES) == 0;
    run->ahead = pl_ahead_of(with_signatures ? run->options.ahead : NULL, run->result->block_hash,
                             run->block->header.body_hash);
}

/* spec 06 §4 */
static pl_status take_block(pl_run *run, bool sealing)
{
    pl_chain *chain = run->chain;
    run->result->where = PL_WHERE_HEADER;
    PL_TRY(check_link(chain, run->block));
    run->result->where = PL_WHERE_NOTHING;
    if (!sealing) {
        look_ahead(run);
    }
    PL_TRY(chain->door->ops->begin(chain->door));
    PL_TRY(execute_watched(run));
    const pl_status status = sealing ? seal(run) : compare(run);
    if (pl_is_reject(status)) {
        if (!chain->is_witness) { /* there, rows may be unknown that undoing needs */
            PL_TRY(roll_back(chain));
        }
        return status;
    }
    PL_TRY(status);
    if (run->trial != NULL) {
        return look_and_undo(run);
    }
    PL_TRY(chain->door->ops->commit(chain->door));
    move_head(run);
    return PL_OK;
}

static void begin_result(pl_block_result *result, const pl_replay_options *options)
{
    *result =
        (pl_block_result){.where = PL_WHERE_BLOCK, .index = PL_NONE, .options = options->bench};
}

static void take_expectations(pl_block_result *result, const pl_header *header)
{
    result->height = header->height;
    result->time_s = header->time_s;
    memcpy(result->expected_state_root, header->state_root, 32);
    memcpy(result->expected_receipts_hash, header->receipts_hash, 32);
}

static pl_replay_options given(const pl_replay_options *options)
{
    return options == NULL ? (pl_replay_options){0} : *options;
}

static pl_status replay(pl_run *run)
{
    pl_block_result *result = run->result;
    pl_header_hash(result->block_hash, &run->block->header);
    take_expectations(result, &run->block->header);
    return take_block(run, false);
}

/* What follows decoding, whose outcome is in the result. */
static pl_status replay_decoded(pl_run *run)
{
    pl_block_result *result = run->result;
    if (result->status == PL_OK) {
        result->status = replay(run);
    } else if (result->index != PL_NONE) {
        result->where = PL_WHERE_TRANSACTION;
    }
    return pl_chain_note(run->chain, result->status);
}

pl_status pl_chain_try_block(pl_block_result *result, pl_chain *chain, const uint8_t *block,
                             size_t block_size, const pl_replay_options *options,
                             const pl_trial *trial)
{
    pl_block decoded;
    pl_run run = {chain, &decoded, result, given(options), trial, NULL};
    begin_result(result, &run.options);
    result->status = chain->fault;
    PL_TRY(result->status);
    result->status = pl_block_decode(&decoded, &result->index, block, block_size);
    if (result->status == PL_OK) {
        result->block = block;
        result->block_size = block_size;
    }
    return replay_decoded(&run);
}

pl_status pl_chain_replay_block(pl_block_result *result, pl_chain *chain, const uint8_t *block,
                                size_t block_size, const pl_replay_options *options)
{
    return pl_chain_try_block(result, chain, block, block_size, options, NULL);
}

pl_status pl_chain_replay_parts(pl_block_result *result, pl_chain *chain, const uint8_t *header,
                                const uint8_t *body, size_t body_size,
                                const pl_replay_options *options)
{
    pl_block decoded;
    pl_run run = {chain, &decoded, result, given(options), NULL, NULL};
    begin_result(result, &run.options);
    result->status = chain->fault;
    PL_TRY(result->status);
    result->status = pl_header_decode(&decoded.header, header);
    if (result->status == PL_OK) {
        result->status = pl_body_decode(&decoded, &result->index, body, body_size);
    }
    return replay_decoded(&run);
}

static pl_status seal_body(pl_run *run, uint64_t time_s)
{
    pl_chain *chain = run->chain;
    pl_header *header = &run->block->header;
    *header = (pl_header){.height = chain->head.height + 1, .time_s = time_s};
    memcpy(header->world, chain->world.id, 32);
    memcpy(header->parent, chain->head.block_hash, 32);
    pl_body_hash(header->body_hash, run->block->body, run->block->body_size);
    take_expectations(run->result, header);
    return take_block(run, true);
}

pl_status pl_chain_seal_block(pl_block_result *result, pl_chain *chain, uint64_t time_s,
                              const uint8_t *body, size_t body_size,
                              const pl_replay_options *options)
{
    pl_block decoded;
    pl_run run = {chain, &decoded, result, given(options), NULL, NULL};
    begin_result(result, &run.options);
    result->status = chain->fault;
    if (result->status == PL_OK) {
        result->status = pl_body_decode(&decoded, &result->index, body, body_size);
        if (result->status == PL_OK) {
            result->status = seal_body(&run, time_s);
        } else if (result->index != PL_NONE) {
            result->where = PL_WHERE_TRANSACTION;
        }
    }
    return pl_chain_note(chain, result->status);
}
