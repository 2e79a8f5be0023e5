/* Signatures of a history of signed blocks, checked ahead of their turn, against a bare
 * libsecp256k1 loop over the same signatures on as many threads at the same time; then whole
 * replays of that history. The bare loop has digests, parsed signatures and parsed keys at hand:
 * everything else is what a replay adds.
 *
 * One unit is one pass over the blocks.
 *
 *   bench_ahead [THREADS]     default: as many as the machine has processors */
#include <pthread.h>
#include <secp256k1.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/heap.h"
#include "tests/support/signed_history.h"
#include "tests/support/timing.h"
#include "tools/plim/ahead.h"

enum {
    BLOCKS = 64,
    TXS = 14,
    PER_BLOCK = TXS + SIGNED_REPORT_SIGNERS,
    SIGNATURES = BLOCKS * PER_BLOCK,
    ROUNDS = 21
};

typedef struct bare {
    uint8_t digest[32];
    secp256k1_ecdsa_signature signature;
    secp256k1_pubkey key;
} bare;

typedef struct bench {
    unsigned threads;
    pt_bytes bytes;
    pl_history history; /* before its first block */
    const uint8_t *blocks[BLOCKS];
    size_t sizes[BLOCKS];
    bare signatures[SIGNATURES];
    size_t signature_count;
    bool failed;
    pl_chain *chain; /* at genesis: whose world the checks are made in */
} bench;

typedef struct contender {
    bench *bench;
    unsigned threads;
} contender;

static double wall(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- the history ---- */

/* As the bare loop wants it. */
static void keep_signature(void *context, const uint8_t digest[32], const uint8_t signature[64],
                           const uint8_t key[33])
{
    bench *b = context;
    bare *one = &b->signatures[b->signature_count++];
    memcpy(one->digest, digest, 32);
    if (!secp256k1_ecdsa_signature_parse_compact(secp256k1_context_static, &one->signature,
                                                 signature) ||
        !secp256k1_ec_pubkey_parse(secp256k1_context_static, &one->key, key, 33)) {
        b->failed = true;
    }
}

static bool setup(bench *b)
{
    const signed_shape shape = {BLOCKS, TXS, 256};
    const signed_sink sink = {b, keep_signature};
    if (!signed_history_make(&b->bytes, &shape, &sink) || b->signature_count != SIGNATURES ||
        b->failed || pl_history_open(&b->history, b->bytes.data, b->bytes.size) != PL_OK) {
        return false;
    }
    pl_history walk = b->history;
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (pl_history_next(&walk, &b->blocks[i], &b->sizes[i]) != PL_OK || b->blocks[i] == NULL) {
            return false;
        }
    }
    return pl_chain_create(&b->chain, NULL, &heap_memory, b->history.world,
                           b->history.world_size) == PL_OK;
}

/* ---- bare ---- */

typedef struct bare_run {
    const bench *bench;
    atomic_uint_fast64_t next; /* threads take blocks' worth of signatures as they get free */
    uint64_t end;
    atomic_bool failed;
} bare_run;

static void *verify_bare(void *context)
{
    bare_run *run = context;
    for (uint64_t at = atomic_fetch_add(&run->next, PER_BLOCK); at < run->end;
         at = atomic_fetch_add(&run->next, PER_BLOCK)) {
        for (uint64_t i = at; i < at + PER_BLOCK; i++) {
            const bare *one = &run->bench->signatures[i % SIGNATURES];
            if (!secp256k1_ecdsa_verify(secp256k1_context_static, &one->signature, one->digest,
                                        &one->key)) {
                atomic_store(&run->failed, true);
            }
        }
    }
    return NULL;
}

static bool check_bare(void *context, uint64_t units)
{
    const contender *c = context;
    pthread_t threads[PT_THREADS_MAX];
    bare_run run = {.bench = c->bench, .end = units * SIGNATURES};
    unsigned started = 1;
    while (started < c->threads &&
           pthread_create(&threads[started], NULL, verify_bare, &run) == 0) {
        started++;
    }
    (void)verify_bare(&run);
    for (unsigned i = 1; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return started == c->threads && !atomic_load(&run.failed);
}

/* ---- ours ---- */

/* The blocks again and again. */
typedef struct tape {
    const bench *bench;
    uint64_t next;
} tape;

static pt_exit next_block(void *context, const uint8_t **block, size_t *size, pt_report *report)
{
    tape *from = context;
    const uint64_t number = from->next++ % BLOCKS;
    (void)report;
    *block = from->bench->blocks[number];
    *size = from->bench->sizes[number];
    return PT_OK;
}

/* One after the other, without any thread. */
static bool check_here(void *context, uint64_t units)
{
    const contender *c = context;
    const bench *b = c->bench;
    pl_ahead *ahead;
    pl_keys *keys;
    if (pl_ahead_create(&ahead, &heap_memory) != PL_OK ||
        pl_keys_create(&keys, &heap_memory) != PL_OK) {
        return false;
    }
    bool good = true;
    for (uint64_t i = 0; i < units * BLOCKS; i++) {
        good = pl_ahead_check(ahead, keys, pl_chain_world(b->chain), b->blocks[i % BLOCKS],
                              b->sizes[i % BLOCKS]) == PL_OK &&
               good;
    }
    pl_keys_free(keys);
    pl_ahead_free(ahead);
    return good;
}

/* Handed out in their order by the threads of a replay, and not replayed. */
static bool check_ahead(void *context, uint64_t units)
{
    const contender *c = context;
    tape blocks = {.bench = c->bench};
    const pt_ahead_source source = {&blocks, next_block, units * BLOCKS};
    pt_ahead *ahead = pt_ahead_open(pl_chain_world(c->bench->chain), &source, c->threads);
    pt_report report = {""};
    const uint8_t *block = NULL;
    const pl_ahead *checked = NULL;
    size_t size;
    uint64_t taken = 0;
    while (pt_ahead_next(&block, &size, &checked, ahead, &report) == PT_OK && block != NULL &&
           checked != NULL) {
        taken++;
    }
    pt_ahead_close(ahead);
    return taken == units * BLOCKS;
}

static bool replay_pass(const bench *b, pt_ahead *ahead)
{
    pl_chain *chain;
    pt_report report = {""};
    bool good = pl_chain_create(&chain, NULL, &heap_memory, b->history.world,
                                b->history.world_size) == PL_OK;
    for (unsigned i = 0; i < BLOCKS && good; i++) {
        pl_block_result result;
        pl_replay_options options = {0};
        const uint8_t *block;
        size_t size;
        good = pt_ahead_next(&block, &size, &options.ahead, ahead, &report) == PT_OK &&
               pl_chain_replay_block(&result, chain, block, size, &options) == PL_OK;
    }
    pl_chain_free(chain);
    return good;
}

static bool replay(void *context, uint64_t units)
{
    const contender *c = context;
    tape blocks = {.bench = c->bench};
    const pt_ahead_source source = {&blocks, next_block, units * BLOCKS};
    pt_ahead *ahead = pt_ahead_open(pl_chain_world(c->bench->chain), &source, c->threads);
    bool good = true;
    for (uint64_t i = 0; i < units && good; i++) {
        good = replay_pass(c->bench, ahead);
    }
    pt_ahead_close(ahead);
    return good;
}

/* On one thread by its processor time, on several by the wall: there a core that idles must count.
 */
static bool measure(bench *b, unsigned threads, double (*clock)(void))
{
    timing_samples samples;
    contender c = {b, threads};
    timing_contender three[] = {{"bare", check_bare, &c, 0},
                                {"ahead", threads == 1 ? check_here : check_ahead, &c, 0},
                                {"replay", replay, &c, 0}};
    char name[64], against[64];
    const char *plural = threads == 1 ? "" : "s";
    timing_use_clock(clock);
    if (!timing_race(&samples, three, 3, 1, 5, ROUNDS)) {
        return false;
    }
    (void)snprintf(against, sizeof against, "bare libsecp256k1, %u thread%s", threads, plural);
    (void)snprintf(name, sizeof name, "signatures ahead, %u thread%s", threads, plural);
    timing_print_rate(name, &samples, 1, 0, SIGNATURES, "checks/s", against);
    (void)snprintf(name, sizeof name, "replay of signed blocks, %u thread%s", threads, plural);
    timing_print_rate(name, &samples, 2, 0, SIGNATURES, "checks/s", against);
    return true;
}

int main(int argc, char **argv)
{
    static bench b;
    const long processors = argc > 1 ? strtol(argv[1], NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN);
    b.threads = processors < 2                ? 2
                : processors > PT_THREADS_MAX ? PT_THREADS_MAX
                                              : (unsigned)processors;
    if (!setup(&b) || !measure(&b, 1, NULL) || !measure(&b, b.threads, wall)) {
        (void)fprintf(stderr, "bench_ahead: cannot be measured\n");
        return 1;
    }
    pl_chain_free(b.chain);
    pt_bytes_free(&b.bytes);
    return 0;
}
