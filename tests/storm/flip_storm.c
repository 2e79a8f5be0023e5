/* Every single bit of the blocks of a real history, flipped.
 *
 * Flip: the block must be refused with a name and the state must stay as it was; the true block is
 * accepted afterwards. Forge: the body's bit is flipped and the header's body hash made to match,
 * as somebody would who wants to slip it in; it must be refused, or the next true block must be
 * (its parent is another block then).
 *
 * Usage: flip_storm [--blocks N] [HISTORY.plh.gz]     N blocks with a report or transaction each */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/memory.h"
#include "vm/plimsoll.h"

#define BODY_HASH_AT (PL_HEADER_SIZE - 96u)

typedef struct storm {
    pt_memory memory;
    pt_bytes bytes;
    pl_history history;
    pl_chain *chain;
    uint64_t by_status[1024];
    uint64_t flips, forges, caught_later, failures;
} storm;

static void fail(storm *s, const char *what, uint64_t height, size_t bit)
{
    if (s->failures++ < 10) {
        printf("FAIL block %llu bit %zu: %s\n", (unsigned long long)height, bit, what);
    }
}

/* Replays bytes that must be refused; returns whether they were, and that nothing moved. */
static bool refused(storm *s, const uint8_t *block, size_t size)
{
    pl_head before;
    pl_head after;
    pl_block_result result;
    pl_chain_head(&before, s->chain);
    const pl_status status = pl_chain_replay_block(&result, s->chain, block, size, NULL);
    pl_chain_head(&after, s->chain);
    s->by_status[status]++;
    return status != PL_OK && before.height == after.height &&
           memcmp(before.state_root, after.state_root, 32) == 0;
}

/* A forged block was accepted: the block after it must name the break, in a chain of its own. */
static bool next_is_refused(storm *s, const uint8_t *checkpoint, size_t checkpoint_size,
                            const uint8_t *forged, size_t size, const pl_history *next)
{
    pl_history walk = *next;
    pl_chain *other;
    pl_block_result result;
    const uint8_t *block;
    size_t block_size;
    if (pl_chain_restore(&other, NULL, &s->memory.memory, s->history.world, s->history.world_size,
                         checkpoint, checkpoint_size) != PL_OK) {
        return false;
    }
    bool caught =
        pl_chain_replay_block(&result, other, forged, size, NULL) == PL_OK &&
        pl_history_next(&walk, &block, &block_size) == PL_OK && block != NULL &&
        pl_chain_replay_block(&result, other, block, block_size, NULL) == PL_REJECT_PARENT;
    pl_chain_free(other);
    return caught;
}

static bool keep(void *context, const uint8_t *bytes, size_t size)
{
    pt_bytes *kept = context;
    uint8_t *grown = realloc(kept->data, kept->size + size);
    if (grown == NULL) {
        return false;
    }
    memcpy(grown + kept->size, bytes, size);
    kept->data = grown;
    kept->size += size;
    return true;
}

/* Tries one forged bit on a chain restored from the checkpoint, so the true chain stays put. */
static void forge(storm *s, pt_bytes *checkpoint, uint8_t *copy, size_t size, size_t bit)
{
    pl_chain *other;
    pl_block_result result;
    pl_body_hash(copy + BODY_HASH_AT, copy + PL_HEADER_SIZE, size - PL_HEADER_SIZE);
    s->forges++;
    if (pl_chain_restore(&other, NULL, &s->memory.memory, s->history.world, s->history.world_size,
                         checkpoint->data, checkpoint->size) != PL_OK) {
        fail(s, "the checkpoint does not load", 0, bit);
        return;
    }
    const pl_status status = pl_chain_replay_block(&result, other, copy, size, NULL);
    const uint64_t height = result.height;
    pl_chain_free(other);
    s->by_status[status]++;
    if (status == PL_OK) {
        s->caught_later++;
        if (!next_is_refused(s, checkpoint->data, checkpoint->size, copy, size, &s->history)) {
            fail(s, "forged, accepted, and not noticed by the next block", height, bit);
        }
    }
}

static void try_block(storm *s, const uint8_t *block, size_t size, uint64_t height)
{
    pt_bytes checkpoint = {0};
    uint8_t *copy = malloc(size);
    if (copy == NULL || pl_chain_checkpoint(s->chain, keep, &checkpoint) != PL_OK) {
        fail(s, "no memory for a checkpoint", height, 0);
        free(copy);
        return;
    }
    for (size_t bit = 0; bit < size * 8; bit++) {
        memcpy(copy, block, size);
        copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        s->flips++;
        if (!refused(s, copy, size)) {
            fail(s, "flipped and not refused, or the state moved", height, bit);
        }
        if (bit / 8 >= PL_HEADER_SIZE) {
            forge(s, &checkpoint, copy, size, bit);
        }
    }
    free(copy);
    free(checkpoint.data);
}

static bool run(storm *s, uint64_t blocks_wanted)
{
    const uint8_t *block;
    size_t size;
    uint64_t tried = 0;
    while (pl_history_next(&s->history, &block, &size) == PL_OK && block != NULL) {
        pl_block_result result;
        pl_block shape;
        uint32_t where;
        const uint64_t height = s->history.block_count;
        if (pl_block_decode(&shape, &where, block, size) != PL_OK) {
            return false;
        }
        if (tried < blocks_wanted && height > 20 &&
            (height == 21 || shape.reports.count > 0 || height % 60 == 0)) {
            tried++;
            try_block(s, block, size, height);
        }
        if (pl_chain_replay_block(&result, s->chain, block, size, NULL) != PL_OK) {
            fail(s, "the true block is refused", height, 0);
            return false;
        }
    }
    return tried > 0;
}

int main(int argc, char **argv)
{
    static storm s;
    pt_report report = {0};
    const char *path = "fixtures/histories/aave-v3-seed-5/history.plh.gz";
    uint64_t blocks = 6;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--blocks") == 0 && i + 1 < argc) {
            blocks = strtoull(argv[++i], NULL, 10);
        } else {
            path = argv[i];
        }
    }
    pt_memory_init(&s.memory, PT_MEMORY_LIMIT_DEFAULT);
    if (pt_file_read(&s.bytes, path, PT_FILE_SIZE_MAX, &report) != PT_OK ||
        pl_history_open(&s.history, s.bytes.data, s.bytes.size) != PL_OK ||
        pl_chain_create(&s.chain, NULL, &s.memory.memory, s.history.world, s.history.world_size) !=
            PL_OK) {
        printf("flip_storm: cannot open %s %s\n", path, report.line);
        return 1;
    }
    if (!run(&s, blocks)) {
        s.failures++;
    }
    for (unsigned i = 0; i < 1024; i++) {
        if (s.by_status[i] > 0) {
            printf("  %-16s %8llu\n", pl_status_name((pl_status)i),
                   (unsigned long long)s.by_status[i]);
        }
    }
    printf("%llu flips and %llu forged bodies of %llu blocks; %llu forged ones named by the next "
           "block; %llu failures\n",
           (unsigned long long)s.flips, (unsigned long long)s.forges, (unsigned long long)blocks,
           (unsigned long long)s.caught_later, (unsigned long long)s.failures);
    pl_chain_free(s.chain);
    free(s.bytes.data);
    return s.failures > 0;
}
