#include "tools/plim/segments.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/common/interrupt.h"
#include "tools/plim/counts.h"
#include "tools/plim/ranks.h"
#include "tools/plim/segment.h"
#include "vm/base/bytes.h"

enum { WAIT_MS = 100 };

/* What became of one segment. */
typedef struct outcome {
    bool done;
    pt_exit exit;
    pt_segment_result result;
    char line[sizeof(pt_report)]; /* of a failure */
} outcome;

typedef struct queue {
    const pt_run *run;
    const pt_replay_options *options;
    pt_segments segments;
    pt_segment_key key;
    uint64_t step;     /* between two segments of this process */
    outcome *outcomes; /* [segment] */
    atomic_uint_fast64_t blocks;
    pthread_mutex_t lock; /* for what follows, and outcomes[].done */
    pthread_cond_t ended;
    uint64_t next; /* to be taken */
    uint64_t end;  /* none from here on is taken: one before it failed */
    uint64_t running, reused;
} queue;

typedef struct worker {
    queue *queue;
    pthread_t thread;
    double cpu_s;
} worker;

/* ---- the threads ---- */

static pt_exit count_block(void *context, const pl_block_result *result, pt_report *report)
{
    queue *q = context;
    (void)result;
    (void)report;
    (void)atomic_fetch_add_explicit(&q->blocks, 1, memory_order_relaxed);
    return PT_OK;
}

static bool take(queue *q, uint64_t *index)
{
    (void)pthread_mutex_lock(&q->lock);
    const bool is_there = q->next < q->end;
    *index = q->next;
    q->next += is_there ? q->step : 0;
    (void)pthread_mutex_unlock(&q->lock);
    return is_there;
}

/* A segment that ends the replay makes those after it useless; those before it go on. */
static void put_back(queue *q, uint64_t index, pt_exit exit, const pt_report *report, bool reused)
{
    outcome *found = &q->outcomes[index];
    (void)pthread_mutex_lock(&q->lock);
    found->exit = exit;
    (void)snprintf(found->line, sizeof found->line, "%s", exit == PT_OK ? "" : report->line);
    found->done = true;
    q->reused += reused ? 1 : 0;
    if ((exit != PT_OK || found->result.refused.exists) && index < q->end) {
        q->end = index;
    }
    (void)pthread_mutex_unlock(&q->lock);
}

static void do_segment(queue *q, pt_verdict *own, uint64_t index)
{
    const pt_replay_options *options = q->options;
    const pt_replay_watch watch = {.context = q, .compared = count_block};
    const pt_segment_work work = {options, &q->segments, &watch};
    pt_segment_result *result = &q->outcomes[index].result;
    pt_report report = {""};
    const uint64_t first = pt_segment_start(&q->segments, index);
    const uint64_t last = pt_segment_start(&q->segments, index + 1);
    if (options->records && options->segment == 0 &&
        pt_segment_read(result, options->checkpoints, &q->key, first, last)) {
        put_back(q, index, PT_OK, &report, true);
        return;
    }
    pt_exit exit = pt_segment_replay(result, own, &work, index, &report);
    if (exit == PT_OK && options->records) {
        exit = pt_segment_keep(options->checkpoints, &q->key, result, &report);
    }
    put_back(q, index, exit, &report, false);
}

static void *work(void *context)
{
    worker *own = context;
    queue *q = own->queue;
    pt_verdict *scratch = pt_take_zeroed(1, sizeof *scratch);
    pt_report report = {""};
    uint64_t index = 0;
    const pt_exit opened = pt_run_copy(&scratch->run, q->run, &report);
    while (take(q, &index)) {
        if (opened == PT_OK) {
            do_segment(q, scratch, index);
        } else {
            put_back(q, index, opened, &report, false);
        }
    }
    pt_run_close_copy(&scratch->run);
    free(scratch);
    struct timespec used = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    own->cpu_s = (double)used.tv_sec + (double)used.tv_nsec / 1e9;
    (void)pthread_mutex_lock(&q->lock);
    q->running--;
    (void)pthread_cond_signal(&q->ended);
    (void)pthread_mutex_unlock(&q->lock);
    return NULL;
}

/* Tells how far they are until the last one has ended. */
static void wait_for(queue *q, pt_progress *progress)
{
    (void)pthread_mutex_lock(&q->lock);
    while (q->running > 0) {
        struct timespec until = {0};
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += WAIT_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        (void)pthread_cond_timedwait(&q->ended, &q->lock, &until);
        const pt_tally tally = {.blocks = atomic_load(&q->blocks) & ~UINT64_C(15)};
        pt_progress_step(progress, &tally, NULL);
    }
    (void)pthread_mutex_unlock(&q->lock);
    pt_progress_clear(progress);
}

/* How evenly the work was shared: the longest of these is what the machine had to wait for. */
static void tell_times(const queue *q, const worker *workers, size_t count)
{
    pt_bytes text = {0};
    for (size_t i = 0; i < count; i++) {
        pt_put_format(&text, " %.2f", workers[i].cpu_s);
    }
    pt_note(&q->options->notes, "%llu segments, %zu at a time; seconds of processor time:%.*s",
            (unsigned long long)q->segments.count, count, (int)text.size, (const char *)text.data);
    if (q->reused != 0) {
        pt_note(&q->options->notes, "%llu of them were done already: %s has their results",
                (unsigned long long)q->reused, q->options->checkpoints);
    }
    pt_bytes_free(&text);
}

/* Without a thread at all the segments would wait for ever: the last resort is this one. */
static void run_queue(queue *q, pt_progress *progress)
{
    const size_t wanted = (size_t)q->options->jobs;
    worker *workers = pt_take_zeroed(wanted, sizeof *workers);
    size_t count = 0;
    (void)pthread_mutex_init(&q->lock, NULL);
    (void)pthread_cond_init(&q->ended, NULL);
    q->running = wanted;
    for (size_t i = 0; i < wanted; i++) {
        workers[count].queue = q;
        const bool started =
            pthread_create(&workers[count].thread, NULL, work, &workers[count]) == 0;
        if (started) {
            count++;
            continue;
        }
        (void)pthread_mutex_lock(&q->lock);
        q->running--;
        (void)pthread_mutex_unlock(&q->lock);
    }
    if (count == 0) {
        q->running = 1;
        (void)work(&workers[0]);
    }
    wait_for(q, progress);
    for (size_t i = 0; i < count; i++) {
        (void)pthread_join(workers[i].thread, NULL);
    }
    if (!q->options->quiet) {
        tell_times(q, workers, count == 0 ? 1 : count);
    }
    free(workers);
    (void)pthread_cond_destroy(&q->ended);
    (void)pthread_mutex_destroy(&q->lock);
}

/* ---- one result out of many ---- */

/* "segment 3 of 16 (blocks 301 to 400)" */
static void name_segment(char *text, size_t size, const queue *q, uint64_t index)
{
    (void)snprintf(text, size, "segment %llu of %llu (blocks %llu to %llu)",
                   (unsigned long long)index + 1, (unsigned long long)q->segments.count,
                   (unsigned long long)pt_segment_start(&q->segments, index) + 1,
                   (unsigned long long)pt_segment_start(&q->segments, index + 1));
}

static pt_exit segment_failed(const queue *q, uint64_t index, pt_report *report)
{
    const outcome *found = &q->outcomes[index];
    char name[128];
    name_segment(name, sizeof name, q, index);
    if (found->exit == PT_INTERRUPTED) {
        return pt_fail(report, PT_INTERRUPTED, "%s: %s%s", name, found->line,
                       q->options->records ? "; the same again goes on" : "; nothing was written");
    }
    if (found->done) {
        return pt_fail(report, found->exit, "%s: %s", name, found->line);
    }
    return pt_fail(report, PT_INPUT, "%s: has no result; --segment %llu verifies it alone", name,
                   (unsigned long long)index + 1);
}

/* The sum while segments are added to it. */
typedef struct sum {
    pt_verdict *verdict;
    const queue *queue;
    uint8_t end[32]; /* the block that the next segment must start from */
    uint64_t shown;  /* differences */
    bool named;      /* the first segment that differs */
} sum;

/* What one replay would have shown: the first differences of all. */
static void show_differences(sum *s, const pt_segment_result *result)
{
    pt_reader reader = {.data = result->texts.data, .size = result->texts.size};
    const bool all = s->queue->options->all;
    for (uint64_t shown = s->shown; reader.at < reader.size; shown++) {
        const size_t size = pt_get_u32(&reader);
        const uint8_t *text = pt_get(&reader, size);
        if (text != NULL && (all || shown < PT_DIFFERENCES_SHOWN)) {
            (void)fwrite(text, 1, size, stderr);
        }
    }
    s->shown += result->shown;
}

static void show_rest(const sum *s)
{
    if (s->shown > PT_DIFFERENCES_SHOWN && !s->queue->options->all) {
        (void)fprintf(stderr, "... and %llu more differences\n",
                      (unsigned long long)(s->shown - PT_DIFFERENCES_SHOWN));
    }
}

static bool add_counts(sum *s, const pt_segment_result *result, uint64_t index)
{
    pt_verdict *part = pt_take_zeroed(1, sizeof *part);
    uint64_t elapsed_ms = 0;
    char name[128];
    pt_classes_open(&part->compare.classes, &s->queue->run->expect);
    const bool fits = pt_counts_get(part, &elapsed_ms, result->counts.data, result->counts.size);
    if (fits) {
        pt_counts_add(s->verdict, part);
    }
    const bool differs = result->refused.exists || part->broken_invariant.exists ||
                         part->compare.tally.mismatches != 0;
    if (fits && differs && !s->named) {
        s->named = true;
        name_segment(name, sizeof name, s->queue, index);
        pt_note(&s->queue->options->notes, "the first difference is in %s: --segment %llu", name,
                (unsigned long long)index + 1);
    }
    pt_classes_free(&part->compare.classes);
    free(part);
    return fits;
}

static pt_exit add_segment(sum *s, uint64_t index, pt_report *report)
{
    const pt_segment_result *result = &s->queue->outcomes[index].result;
    char name[128];
    name_segment(name, sizeof name, s->queue, index);
    if (memcmp(result->from, s->end, 32) != 0) {
        return pt_fail(report, PT_INPUT,
                       "%s: does not start where the segment before it ended; --segment %llu "
                       "verifies it alone",
                       name, (unsigned long long)index + 1);
    }
    show_differences(s, result);
    if (!add_counts(s, result, index)) {
        return pt_fail(report, PT_INPUT, "%s: its counts do not fit; --segment %llu counts again",
                       name, (unsigned long long)index + 1);
    }
    for (size_t at = 0; at + 32 <= result->roots.size; at += 32) {
        pt_replay_root(s->verdict, s->queue->options, result->first + at / 32 + 1,
                       result->roots.data + at);
    }
    memcpy(s->end, result->head.block_hash, 32);
    s->verdict->refused = result->refused;
    s->verdict->head = result->head;
    return PT_OK;
}

/* In the order of the blocks, up to the first one that ends the replay. */
static pt_exit assemble(pt_verdict *verdict, const queue *q, pt_report *report)
{
    sum s = {.verdict = verdict, .queue = q};
    const uint64_t only = q->options->segment;
    const uint64_t from = only == 0 ? 0 : only - 1, to = only == 0 ? q->segments.count : only;
    pl_head genesis;
    pl_chain_head(&genesis, q->run->chain);
    memcpy(s.end, only == 0 ? genesis.block_hash : q->outcomes[from].result.from, 32);
    verdict->head = genesis;
    verdict->first_height = pt_segment_start(&q->segments, from) + 1;
    verdict->assembled = true;
    pt_classes_open(&verdict->compare.classes, &q->run->expect);
    for (uint64_t i = from; i < to && !verdict->refused.exists; i++) {
        if (!q->outcomes[i].done || q->outcomes[i].exit != PT_OK) {
            return segment_failed(q, i, report);
        }
        PT_TRY(add_segment(&s, i, report));
    }
    show_rest(&s);
    return PT_OK;
}

/* ---- several processes ---- */

enum { TOLD_SIZE = 8 + 2 + sizeof(pt_report) };

/* The first failure of this process, or UINT64_MAX. */
static void tell(uint8_t told[TOLD_SIZE], const queue *q, const pt_ranks *ranks, pt_exit opened,
                 const pt_report *report)
{
    uint64_t index = opened == PT_OK ? UINT64_MAX : (uint64_t)ranks->rank;
    const char *line = report->line;
    pt_exit exit = opened;
    for (uint64_t i = 0; opened == PT_OK && i < q->segments.count && exit == PT_OK; i++) {
        if (q->outcomes[i].done && q->outcomes[i].exit != PT_OK) {
            exit = q->outcomes[i].exit;
            index = i;
            line = q->outcomes[i].line;
        }
    }
    memset(told, 0, TOLD_SIZE);
    pl_store_u64(told, index);
    pl_store_u16(told + 8, (uint16_t)exit);
    memcpy(told + 10, line, strnlen(line, sizeof report->line - 1));
}

/* At rank 0: what the others did, by their results in the folder and what they told. */
static void hear(queue *q, const uint8_t *all, const pt_ranks *ranks)
{
    for (uint64_t i = 0; i < q->segments.count; i++) {
        outcome *found = &q->outcomes[i];
        if (!found->done) {
            found->done = pt_segment_read(&found->result, q->options->checkpoints, &q->key,
                                          pt_segment_start(&q->segments, i),
                                          pt_segment_start(&q->segments, i + 1));
        }
    }
    for (int r = 1; r < ranks->count; r++) {
        const uint8_t *told = all + (size_t)r * TOLD_SIZE;
        const uint64_t index = pl_load_u64(told);
        if (index < q->segments.count) {
            outcome *found = &q->outcomes[index];
            found->done = true;
            found->exit = (pt_exit)pl_load_u16(told + 8);
            (void)snprintf(found->line, sizeof found->line, "%s", (const char *)told + 10);
        }
    }
}

/* Every process comes here, also one that failed: the others wait for it. */
static void share(queue *q, const pt_ranks *ranks, pt_exit opened, const pt_report *report)
{
    uint8_t told[TOLD_SIZE];
    uint8_t *all = pt_take_zeroed((size_t)ranks->count, TOLD_SIZE);
    tell(told, q, ranks, opened, report);
    pt_ranks_gather(all, told, TOLD_SIZE);
    if (ranks->rank == 0 && opened == PT_OK) {
        hear(q, all, ranks);
    }
    free(all);
}

/* ---- the whole ---- */

static pt_exit open_queue(queue *q, pt_verdict *verdict, const pt_ranks *ranks, pt_report *report)
{
    const pt_replay_options *options = q->options;
    pt_run_options run = options->run;
    run.stream = true;
    PT_TRY(pt_run_open(&verdict->run, verdict->name, &run, report));
    q->run = &verdict->run;
    q->segments = pt_segments_of(options->segments, q->run->block_total);
    q->key = pt_segment_key_of(q->run, options);
    if (options->segment > q->segments.count) {
        return pt_fail(report, PT_USAGE, "--segment %llu: there are %llu",
                       (unsigned long long)options->segment, (unsigned long long)q->segments.count);
    }
    q->outcomes = pt_take_zeroed((size_t)q->segments.count, sizeof *q->outcomes);
    q->next = options->segment == 0 ? (uint64_t)ranks->rank : options->segment - 1;
    q->end = options->segment == 0 ? q->segments.count : options->segment;
    q->step = (uint64_t)ranks->count;
    return PT_OK;
}

/* On output: *has_told, whether rank 0 knows what this process has to say. */
static pt_exit replay(queue *q, bool *has_told, pt_verdict *verdict, const pt_ranks *ranks,
                      pt_progress *progress, pt_report *report)
{
    pt_exit exit = open_queue(q, verdict, ranks, report);
    if (exit == PT_OK) {
        pt_progress_history(progress, q->run->block_total / q->step);
        run_queue(q, progress);
    }
    *has_told = q->options->mpi && !pt_interrupted(); /* mpirun ends the others, too */
    if (*has_told) {
        share(q, ranks, exit, report);
    }
    if (exit == PT_OK && ranks->rank == 0) {
        exit = assemble(verdict, q, report);
        verdict->elapsed_ms = pt_progress_elapsed(progress);
    }
    return exit;
}

pt_exit pt_segments_replay(pt_verdict *verdict, bool *is_told, pt_progress *progress,
                           const pt_replay_options *options, pt_report *report)
{
    pt_ranks ranks = {0, 1};
    *is_told = true;
    if (options->mpi) {
        PT_TRY(pt_ranks_begin(&ranks, report));
    }
    queue *q = pt_take_zeroed(1, sizeof *q);
    q->options = options;
    bool has_told;
    const pt_exit exit = replay(q, &has_told, verdict, &ranks, progress, report);
    for (uint64_t i = 0; q->outcomes != NULL && i < q->segments.count; i++) {
        pt_segment_free(&q->outcomes[i].result);
    }
    free(q->outcomes);
    free(q);
    if (options->mpi && !pt_interrupted()) {
        pt_ranks_end();
    }
    *is_told = ranks.rank == 0;
    /* What rank 0 was told, it says alone: also when it ended first and mpirun ends this one. */
    return *is_told || !has_told ? exit : PT_OK;
}
