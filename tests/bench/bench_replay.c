/* Replaying the demo history inside one process: everything on, then without signatures, then
 * without roots. One round is one whole pass from genesis, unpacking left out.
 *
 * "compared" is what `plim replay FOLDER` does: files read and unpacked, roots, signatures, and
 * every recorded value compared. Its row is transactions a second besides the time that the
 * signatures take, which is the difference of the first two contenders.
 *
 * Usage: bench_replay [FOLDER]                                                    */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/timing.h"
#include "tools/common/file.h"
#include "tools/common/memory.h"
#include "tools/plim/replay.h"
#include "vm/plimsoll.h"

#define GOAL_PER_S 20000.0 /* transactions besides signatures */

typedef struct bench {
    const char *folder;
    pt_memory memory;
    pt_bytes bytes;
    uint64_t blocks;
    uint64_t transactions;
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

/* A whole replay as the program does it, found identical. */
static bool compare_all(void *context, uint64_t rounds)
{
    bench *b = context;
    for (uint64_t i = 0; i < rounds; i++) {
        const pt_replay_options options = {.until = UINT64_MAX, .quiet = true};
        pt_verdict verdict = {.name = b->folder};
        pt_progress progress;
        pt_report report = {0};
        pt_progress_begin(&progress, 1, true);
        const bool done = pt_replay_one(&verdict, &progress, &options, &report) == PT_OK;
        pt_verdict_settle(&verdict);
        b->transactions = verdict.tally.transactions;
        const bool same = done && verdict.has_expectations && pt_verdict_is_identical(&verdict);
        pt_verdict_free(&verdict);
        if (!same) {
            fprintf(stderr, "bench_replay: %s\n", done ? "not identical" : report.line);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static bench b;
    pt_report report = {0};
    char path[4096];
    b.folder = argc > 1 ? argv[1] : "fixtures/histories/aave-v3-seed-5";
    (void)snprintf(path, sizeof path, "%s/history.plh.gz", b.folder);
    pt_memory_init(&b.memory, PT_MEMORY_LIMIT_DEFAULT);
    if (pt_file_read(&b.bytes, path, PT_FILE_SIZE_MAX, &report) != PT_OK) {
        fprintf(stderr, "bench_replay: %s\n", report.line);
        return 1;
    }
    contender whole = {&b, {0}};
    contender unsigned_run = {&b, {.bench = PL_BENCH_WITHOUT_SIGNATURES}};
    contender bare = {&b, {.bench = PL_BENCH_WITHOUT_SIGNATURES | PL_BENCH_WITHOUT_ROOTS}};
    timing_contender four[] = {{"replay, everything on", passes, &whole, 0},
                               {"replay, without signatures", passes, &unsigned_run, 0},
                               {"replay, without signatures and roots", passes, &bare, 0},
                               {"replay, compared", compare_all, &b, 0}};
    if (!timing_slopes(four, 4, 2, 12, 9)) {
        return 1;
    }
    for (unsigned i = 0; i < 3; i++) {
        timing_print(four[i].name, (double)b.blocks * 1e9 / four[i].ns, "blocks/s", "everything on",
                     four[0].ns / four[i].ns);
    }
    const double signatures_ns = four[0].ns - four[1].ns;
    const double rate = (double)b.transactions * 1e9 / (four[3].ns - signatures_ns);
    timing_print("replay, compared, besides signatures", rate, "transactions/s",
                 "20000 transactions/s", rate / GOAL_PER_S);
    free(b.bytes.data);
    return 0;
}
