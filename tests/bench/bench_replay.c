/* Replaying the demo history inside one process: everything on, then without signatures, without
 * roots, without both. One round is one whole pass from genesis, unpacking left out.
 *
 * "compared" is what `plim replay FOLDER` does: files read and unpacked, roots, signatures, and
 * every recorded value compared; "archive written" is the same with --archive, in processor time.
 * "besides signatures" is "compared" less the time that the signatures take, which is the
 * difference of the first two contenders in the same round.
 *
 * Usage: bench_replay [FOLDER]                                                    */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/timing.h"
#include "tools/common/file.h"
#include "tools/common/memory.h"
#include "tools/plim/replay.h"
#include "vm/plimsoll.h"

#define ROUNDS 9u

typedef struct bench {
    const char *folder;
    const char *archive; /* where one is written */
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
static bool compare_all(bench *b, const char *archive, uint64_t rounds)
{
    for (uint64_t i = 0; i < rounds; i++) {
        const pt_replay_options options = {.until = UINT64_MAX, .quiet = true, .archive = archive};
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

static bool compared(void *context, uint64_t rounds)
{
    return compare_all(context, NULL, rounds);
}

static bool archived(void *context, uint64_t rounds)
{
    bench *b = context;
    return compare_all(b, b->archive, rounds);
}

enum { WHOLE, UNSIGNED, ROOTLESS, BARE, COMPARED, ARCHIVED, WAYS };

static bool measure(timing_samples *samples, bench *b)
{
    contender whole = {b, {0}};
    contender not_signed = {b, {.bench = PL_BENCH_WITHOUT_SIGNATURES}};
    contender rootless = {b, {.bench = PL_BENCH_WITHOUT_ROOTS}};
    contender bare = {b, {.bench = PL_BENCH_WITHOUT_SIGNATURES | PL_BENCH_WITHOUT_ROOTS}};
    timing_contender ways[WAYS] = {
        [WHOLE] = {"everything on", passes, &whole, 0},
        [UNSIGNED] = {"without signatures", passes, &not_signed, 0},
        [ROOTLESS] = {"without roots", passes, &rootless, 0},
        [BARE] = {"without signatures and roots", passes, &bare, 0},
        [COMPARED] = {"compared", compared, b, 0},
        [ARCHIVED] = {"archive written", archived, b, 0},
    };
    return timing_race(samples, ways, WAYS, 2, 12, ROUNDS);
}

static void print(const timing_samples *samples, const bench *b)
{
    const double blocks = (double)b->blocks, transactions = (double)b->transactions;
    timing_samples besides = {.contenders = 1, .rounds = samples->rounds};
    for (unsigned round = 0; round < samples->rounds; round++) {
        besides.ns[0][round] = samples->ns[COMPARED][round] -
                               (samples->ns[WHOLE][round] - samples->ns[UNSIGNED][round]);
    }
    timing_row row = {.name = "replay, everything on",
                      .unit = "blocks/s",
                      .value = timing_rate(samples, WHOLE, blocks)};
    timing_row_print(&row);
    timing_print_rate("replay, without signatures", samples, UNSIGNED, WHOLE, blocks, "blocks/s",
                      "everything on");
    timing_print_rate("replay, without roots", samples, ROOTLESS, WHOLE, blocks, "blocks/s",
                      "everything on");
    timing_print_rate("replay, without signatures and roots", samples, BARE, WHOLE, blocks,
                      "blocks/s", "everything on");
    timing_print_rate("replay, everything on and compared", samples, COMPARED, WHOLE, transactions,
                      "transactions/s", "everything on");
    row = (timing_row){.name = "replay, compared, besides signatures",
                       .unit = "transactions/s",
                       .value = timing_rate(&besides, 0, transactions)};
    timing_row_print(&row);
    timing_print_rate("replay, compared, archive written", samples, ARCHIVED, COMPARED,
                      transactions, "transactions/s", "no archive");
}

int main(int argc, char **argv)
{
    static bench b;
    static timing_samples samples;
    pt_report report = {0};
    char path[4096];
    char folder[] = "/tmp/bench_replay.XXXXXX", archive[64];
    b.folder = argc > 1 ? argv[1] : "fixtures/histories/aave-v3-seed-5";
    (void)snprintf(path, sizeof path, "%s/history.plh.gz", b.folder);
    pt_memory_init(&b.memory, PT_MEMORY_LIMIT_DEFAULT);
    if (pt_file_read(&b.bytes, path, PT_FILE_SIZE_MAX, &report) != PT_OK) {
        fprintf(stderr, "bench_replay: %s\n", report.line);
        return 1;
    }
    if (mkdtemp(folder) == NULL) {
        fprintf(stderr, "bench_replay: %s cannot be made\n", folder);
        return 1;
    }
    (void)snprintf(archive, sizeof archive, "%s/run.db", folder);
    b.archive = archive;
    const bool done = measure(&samples, &b);
    (void)unlink(archive);
    (void)rmdir(folder);
    if (done) {
        print(&samples, &b);
    }
    free(b.bytes.data);
    return done ? 0 : 1;
}
