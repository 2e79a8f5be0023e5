/* Worlds from outside: the input is a world's bytes. One that loads must open a chain, take an
 * empty block, and lead a second chain and a resumed one to the same head. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/target.h"
#include "tests/support/counted_memory.h"
#include "vm/plimsoll.h"

#define HOOK_GAS_MAX 1000000u /* more is valid, and takes too long here */

typedef struct bytes {
    uint8_t *data;
    size_t size, capacity;
} bytes;

static bool keep(void *context, const uint8_t *part, size_t size)
{
    bytes *b = context;
    if (b->size + size > b->capacity) {
        b->capacity = 2 * (b->size + size);
        b->data = realloc(b->data, b->capacity);
        MUST(b->data != NULL);
    }
    memcpy(b->data + b->size, part, size);
    b->size += size;
    return true;
}

static void take_a_block(const counted_memory *counted, pl_chain *chain, const uint8_t *data,
                         size_t size)
{
    static const uint8_t empty_body[8] = {0};
    pl_chain *resumed;
    pl_block_result result, verified;
    bytes checkpoint = {0};
    pl_head head, same;
    pl_chain_head(&head, chain);
    const pl_status status =
        pl_chain_seal_block(&result, chain, head.time_s, empty_body, sizeof empty_body, NULL);
    MUST(status == PL_OK);
    pl_chain_head(&head, chain);
    MUST(pl_chain_checkpoint(chain, keep, &checkpoint) == PL_OK);
    MUST(pl_chain_restore(&resumed, NULL, &counted->memory, data, size, checkpoint.data,
                          checkpoint.size) == PL_OK);
    pl_chain_head(&same, resumed);
    MUST(memcmp(head.block_hash, same.block_hash, 32) == 0);
    MUST(memcmp(head.state_root, same.state_root, 32) == 0);
    pl_chain_free(resumed);
    MUST(pl_chain_create(&resumed, NULL, &counted->memory, data, size) == PL_OK);
    MUST(pl_chain_replay_block(&verified, resumed, result.block, result.block_size, NULL) == PL_OK);
    pl_chain_free(resumed);
    free(checkpoint.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    counted_memory counted;
    pl_world_error where;
    pl_chain *chain;
    counted_memory_init(&counted);
    const pl_status status = pl_chain_create(&chain, &where, &counted.memory, data, size);
    MUST(status == PL_OK || pl_is_reject(status));
    if (status == PL_OK) {
        if (pl_chain_world(chain)->hook_gas <= HOOK_GAS_MAX) {
            take_a_block(&counted, chain, data, size);
        }
        pl_chain_free(chain);
    } else {
        MUST(chain == NULL && where.part != NULL && where.offset <= size);
    }
    MUST(counted.out == 0);
    return 0;
}
