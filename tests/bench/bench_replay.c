/* Replaying the demo history inside one process: everything on, then without signatures, then
 * without roots. One round is one whole pass from genesis, unpacking left out.
 *
 * Usage: bench_replay [HISTORY.plh.gz]                                                    */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/timing.h"
#include "tools/common/file.h"
#include "tools/common/memory.h"
#include "vm/plimsoll.h"

typedef struct bench {
    pt_memory memory;
    pt_bytes bytes;
    uint64_t blocks;
} bench;

typedef struct contender {
    bench *bench;
    pl_replay_options options;
} contender;

static bool pass(const contender *c)
{
    pl_history history;
    pl_chain *chain;
    const uint8_t *block;
    size_t size;
    c->bench->blocks = 0;
    if (pl_history_open(&history, c->bench->bytes.data, c->bench->bytes.size) != PL_OK ||
        pl_chain_create(&chain, NULL, &c->bench->memory.memory, history.world,
                        history.world_size) != PL_OK) {
        return false;
    }
    for (;;) {
        pl_block_result result;
        if (pl_history_next(&history, &block, &size) != PL_OK) {
            return false;
        }
        if (block == NULL) {
            break;
        }
        if (pl_chain_replay_block(&result, chain, block, size, &c->options) != PL_OK) {
            fprintf(stderr, "bench_replay: block %llu: %s\n", (unsigned long long)result.height,
                    pl_status_name(result.status));
            return false;
        }
        c->bench->blocks++;
    }
    pl_chain_free(chain);
    return true;
}

static bool passes(void *context, uint64_t rounds)
{
    for (uint64_t i = 0; i < rounds; i++) {
        if (!pass(context)) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static bench b;
    pt_report report = {0};
    const char *path = argc > 1 ? argv[1] : "fixtures/histories/aave-v3-seed-5/history.plh.gz";
    pt_memory_init(&b.memory, PT_MEMORY_LIMIT_DEFAULT);
    if (pt_file_read(&b.bytes, path, PT_FILE_SIZE_MAX, &report) != PT_OK) {
        fprintf(stderr, "bench_replay: %s\n", report.line);
        return 1;
    }
    contender whole = {&b, {0}};
    contender unsigned_run = {&b, {.bench = PL_BENCH_WITHOUT_SIGNATURES}};
    contender bare = {&b, {.bench = PL_BENCH_WITHOUT_SIGNATURES | PL_BENCH_WITHOUT_ROOTS}};
    timing_contender three[] = {{"replay, everything on", passes, &whole, 0},
                                {"replay, without signatures", passes, &unsigned_run, 0},
                                {"replay, without signatures and roots", passes, &bare, 0}};
    if (!timing_slopes(three, 3, 2, 12, 9)) {
        return 1;
    }
    for (unsigned i = 0; i < 3; i++) {
        timing_print(three[i].name, (double)b.blocks * 1e9 / three[i].ns, "blocks/s",
                     "everything on", three[0].ns / three[i].ns);
    }
    free(b.bytes.data);
    return 0;
}
