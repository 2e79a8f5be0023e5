/* Whole histories from outside: behind one byte a world and its blocks, as in a history file.
 *
 * Even: every block is replayed as it is. Odd: its body is sealed at the time that its header says,
 * so that changed bodies are executed too. After every block that holds, the root that was kept up
 * to date is the one of a chain restored from the checkpoint, whose tree is made anew; where a
 * block is refused, nothing changed; and what was sealed replays on a second chain to the same
 * head. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/target.h"
#include "tests/support/counted_memory.h"
#include "tools/common/bytes.h"
#include "vm/base/bytes.h"
#include "vm/plimsoll.h"

#define HOOK_GAS_MAX 1000000u /* more is valid, and takes too long here */
enum { BLOCKS_MAX = 16 };

static bool keep(void *context, const uint8_t *part, size_t size)
{
    pt_put(context, part, size);
    return true;
}

static pl_head head_of(const pl_chain *chain)
{
    pl_head head;
    pl_chain_head(&head, chain);
    return head;
}

static void must_be_same(const pl_head *a, const pl_head *b)
{
    MUST(a->height == b->height && a->row_count == b->row_count && a->time_s == b->time_s);
    MUST(memcmp(a->block_hash, b->block_hash, 32) == 0);
    MUST(memcmp(a->state_root, b->state_root, 32) == 0);
}

/* A tree made anew from the rows has the same root. */
static void rebuild(const counted_memory *counted, pl_chain *chain, const pl_history *history)
{
    pt_bytes checkpoint = {0};
    pl_chain *anew;
    MUST(pl_chain_checkpoint(chain, keep, &checkpoint) == PL_OK);
    MUST(pl_chain_restore(&anew, NULL, &counted->memory, history->world, history->world_size,
                          checkpoint.data, checkpoint.size) == PL_OK);
    const pl_head kept = head_of(chain), made = head_of(anew);
    must_be_same(&kept, &made);
    pl_chain_free(anew);
    pt_bytes_free(&checkpoint);
}

/* One block on a chain, and, once it holds, on a second one. */
static void take(pl_chain *chain, pl_chain *second, const uint8_t *block, size_t size, bool seals)
{
    const pl_head before = head_of(chain);
    pl_block_result result, again;
    pl_status status = PL_REJECT_TRUNCATED;
    if (!seals) {
        status = pl_chain_replay_block(&result, chain, block, size, NULL);
    } else if (size >= PL_HEADER_SIZE) {
        const uint64_t time_s = pl_load_u64(block + 46);
        status = pl_chain_seal_block(&result, chain, time_s, block + PL_HEADER_SIZE,
                                     size - PL_HEADER_SIZE, NULL);
    }
    const pl_head after = head_of(chain);
    if (status != PL_OK) {
        MUST(pl_is_reject(status));
        must_be_same(&before, &after);
        return;
    }
    MUST(after.height == before.height + 1);
    const uint8_t *const bytes = seals ? result.block : block;
    MUST(pl_chain_replay_block(&again, second, bytes, seals ? result.block_size : size, NULL) ==
         PL_OK);
    const pl_head other = head_of(second);
    must_be_same(&after, &other);
    for (size_t at = 0; at < result.receipts_size;) {
        pl_receipt receipt;
        MUST(pl_receipts_next(&receipt, &at, result.receipts, result.receipts_size) == PL_OK);
    }
}

static void run(const counted_memory *counted, pl_history *history, bool seals)
{
    pl_chain *chain, *second;
    const uint8_t *block;
    size_t size;
    if (pl_chain_create(&chain, NULL, &counted->memory, history->world, history->world_size) !=
        PL_OK) {
        return;
    }
    MUST(pl_chain_create(&second, NULL, &counted->memory, history->world, history->world_size) ==
         PL_OK);
    for (unsigned i = 0; i < BLOCKS_MAX && pl_chain_world(chain)->hook_gas <= HOOK_GAS_MAX &&
                         pl_chain_world(chain)->tx_gas_max <= 100 * HOOK_GAS_MAX;
         i++) {
        if (pl_history_next(history, &block, &size) != PL_OK || block == NULL) {
            break;
        }
        const uint64_t height = head_of(chain).height;
        take(chain, second, block, size, seals);
        if (head_of(chain).height > height) {
            rebuild(counted, chain, history);
        }
    }
    pl_chain_free(chain);
    pl_chain_free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    counted_memory counted;
    pl_history history;
    if (size == 0 || pl_history_open(&history, data + 1, size - 1) != PL_OK) {
        return 0;
    }
    counted_memory_init(&counted);
    run(&counted, &history, data[0] % 2 == 1);
    MUST(counted.out == 0);
    return 0;
}
