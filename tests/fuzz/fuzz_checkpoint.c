/* Checkpoints from outside, of the small world. The input is a checkpoint's bytes behind one byte.
 *
 * Even: as they are. Odd: the header's root is put right for the rows, where the rows are in good
 * form, so that what comes after the root is reached. What restores must write the same bytes
 * again, and go on: a block sealed on it replays on another one restored from the same bytes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/target.h"
#include "tests/support/counted_memory.h"
#include "tests/support/heap.h"
#include "tests/support/tiny_world.h"
#include "tools/common/bytes.h"
#include "vm/base/bytes.h"
#include "vm/chain/block.h"
#include "vm/plimsoll.h"
#include "vm/state/store.h"

enum { HEADER_AT = 6, ROOT_AT = HEADER_AT + 118, ROWS_AT = HEADER_AT + 182 + 8 };

static uint8_t world[TINY_WORLD_SIZE_MAX];
static size_t world_size;
static pl_chain *tables; /* of which only the tables are of interest */

static bool keep(void *context, const uint8_t *part, size_t size)
{
    pt_put(context, part, size);
    return true;
}

/* Puts the root of the rows into the header; false when they are none. */
static bool put_root(uint8_t *bytes, size_t size)
{
    pl_store *store;
    if (size < ROWS_AT) {
        return false;
    }
    MUST(pl_store_create(&store, &heap_memory) == PL_OK);
    const pl_store *known = pl_chain_store(tables);
    for (uint32_t t = 0; t < pl_store_table_count(known); t++) {
        const pl_table_entry entry = pl_store_table(known, t);
        uint32_t number;
        MUST(pl_store_add_table(store, &number, entry.contract, entry.number, entry.schema) ==
             PL_OK);
    }
    pl_door *door = pl_store_door(store);
    size_t at = ROWS_AT;
    bool good = true;
    while (good && at < size) {
        uint32_t t = 0;
        while (size - at >= 6 && t < pl_store_table_count(known) &&
               (pl_store_table(known, t).contract != pl_load_u32(bytes + at) ||
                pl_store_table(known, t).number != pl_load_u16(bytes + at + 4))) {
            t++;
        }
        good = size - at >= 6 && t < pl_store_table_count(known);
        const pl_table *schema = good ? pl_store_table(known, t).schema : NULL;
        good = good && size - at - 6 >= (size_t)schema->key_size + schema->row_size &&
               pl_store_row_count(store) < 4096;
        if (good) {
            good =
                door->ops->put(door, t, bytes + at + 6, bytes + at + 6 + schema->key_size) == PL_OK;
            at += 6u + schema->key_size + schema->row_size;
        }
    }
    MUST(pl_store_root(store, bytes + ROOT_AT) == PL_OK);
    pl_store_free(store);
    return good;
}

static pl_status restore(pl_chain **chain, const counted_memory *counted, const uint8_t *bytes,
                         size_t size)
{
    return pl_chain_restore(chain, NULL, &counted->memory, world, world_size, bytes, size);
}

/* A block on one, replayed on another. */
static void go_on(const counted_memory *counted, pl_chain *chain, const uint8_t *bytes, size_t size)
{
    static tiny_body body;
    pl_chain *second;
    pl_block_result sealed, again;
    pl_head head;
    uint8_t tx[256];
    const tiny_call call = {
        .contract = 1, .function = TINY_PUT, .k = 7, .v = 70, .has_v = true, .gas = 9000};
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    tiny_body_tx(&body, tx, tiny_tx(tx, &call));
    pl_chain_head(&head, chain);
    const pl_status status =
        pl_chain_seal_block(&sealed, chain, head.time_s, body.bytes, body.size, NULL);
    MUST(status == PL_OK || pl_is_reject(status));
    if (status == PL_OK) {
        MUST(restore(&second, counted, bytes, size) == PL_OK);
        MUST(pl_chain_replay_block(&again, second, sealed.block, sealed.block_size, NULL) == PL_OK);
        pl_chain_free(second);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    counted_memory counted;
    pl_chain *chain;
    if (world_size == 0) {
        world_size = tiny_world(world, sizeof world, false);
        MUST(pl_chain_create(&tables, NULL, &heap_memory, world, world_size) == PL_OK);
    }
    if (size == 0) {
        return 0;
    }
    const size_t checkpoint_size = size - 1;
    uint8_t *bytes = malloc(checkpoint_size + 1);
    MUST(bytes != NULL);
    uint8_t *const checkpoint = bytes + 1; /* ends where the block ends */
    memcpy(bytes, data, size);
    if (data[0] % 2 == 1) {
        (void)put_root(checkpoint, checkpoint_size);
    }
    counted_memory_init(&counted);
    const pl_status status = restore(&chain, &counted, checkpoint, checkpoint_size);
    MUST(status == PL_OK || pl_is_reject(status));
    if (status == PL_OK) {
        pt_bytes written = {0};
        uint8_t root[32];
        MUST(pl_store_root(pl_chain_store(chain), root) == PL_OK);
        MUST(memcmp(root, checkpoint + ROOT_AT, sizeof root) == 0);
        MUST(pl_chain_checkpoint(chain, keep, &written) == PL_OK);
        MUST(written.size == checkpoint_size &&
             memcmp(written.data, checkpoint, checkpoint_size) == 0);
        pt_bytes_free(&written);
        go_on(&counted, chain, checkpoint, checkpoint_size);
        pl_chain_free(chain);
    }
    MUST(counted.out == 0);
    free(bytes);
    return 0;
}
