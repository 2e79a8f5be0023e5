#include "tools/plim/ahead.h"

#include <pthread.h>
#include <stdlib.h>

#include "tools/common/bytes.h"
#include "tools/common/memory.h"
#include "vm/base/assume.h"

/* A ring long enough that a thread which replays a few heavy blocks leaves work for the others, and
 * short enough that a history of large blocks does not gather in memory. */
enum { SLOTS_OF_ONE = 16, RING_BYTES_MAX = 32 << 20, KEPT_SIZE_MAX = 64 << 10, PORTION = 4 };

typedef struct slot {
    pt_bytes block;
    pt_memory memory; /* of checked: one slot belongs to one thread at a time */
    pl_ahead *checked;
    bool is_worth;   /* there can be something to check */
    bool is_checked; /* nobody works on it any more     */
} slot;

/* What a thread has for itself. */
typedef struct worker {
    pt_ahead *ahead;
    pthread_t thread;
    pt_memory memory;
    pl_keys *keys; /* or NULL */
} worker;

/* Blocks are numbered from 0; block n stands in slot n % slot_count. first <= begun <= end. */
struct pt_ahead {
    const pl_world *world;
    pt_ahead_source source;
    worker *workers; /* [0] is the thread that replays */
    unsigned worker_count;

    /* of the thread that replays alone */
    bool source_ended, is_out; /* is_out: block `first` is with the caller */
    pt_exit exit;              /* how the source ended */
    pt_report report;
    size_t ring_bytes;
    uint64_t first; /* the next to be handed out, or the one that is out */

    pthread_mutex_t lock; /* for what follows, and is_checked */
    pthread_cond_t more, checked;
    slot *slots;
    uint64_t slot_count;
    uint64_t begun; /* before it, every block has somebody who checks it */
    uint64_t end;   /* before it, every block is in the ring */
    unsigned idle;
    bool stop;
};

static slot *slot_of(pt_ahead *ahead, uint64_t number)
{
    return &ahead->slots[number % ahead->slot_count];
}

/* ---- checking ---- */

/* What cannot be checked here is checked at its turn, so no failure is one of the replay. */
static void check(slot *at, const worker *own)
{
    if (at->checked == NULL && pl_ahead_create(&at->checked, &at->memory.memory) != PL_OK) {
        return;
    }
    const pl_status unwanted =
        pl_ahead_check(at->checked, own->keys, own->ahead->world, at->block.data, at->block.size);
    (void)unwanted;
}

/* Under the lock, which is let go meanwhile: checks the first block that nobody has begun, if that
 * is worth anything. */
static void check_one(pt_ahead *ahead, const worker *own)
{
    slot *at = slot_of(ahead, ahead->begun++);
    if (!at->is_worth) {
        return;
    }
    (void)pthread_mutex_unlock(&ahead->lock);
    check(at, own);
    (void)pthread_mutex_lock(&ahead->lock);
    at->is_checked = true;
}

static void *work(void *context)
{
    const worker *own = context;
    pt_ahead *ahead = own->ahead;
    (void)pthread_mutex_lock(&ahead->lock);
    while (!ahead->stop) {
        if (ahead->begun < ahead->end) {
            check_one(ahead, own);
            (void)pthread_cond_signal(&ahead->checked);
        } else {
            ahead->idle++;
            (void)pthread_cond_wait(&ahead->more, &ahead->lock);
            ahead->idle--;
        }
    }
    (void)pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

/* ---- reading ---- */

/* Asks the source for a block; at its end notes how it ended. */
static bool read_block(pt_ahead *ahead, const uint8_t **block, size_t *size)
{
    *block = NULL;
    if (!ahead->source_ended && ahead->source.count > 0) {
        ahead->source.count--;
        ahead->exit = ahead->source.next(ahead->source.context, block, size, &ahead->report);
    }
    if (ahead->exit != PT_OK) {
        *block = NULL;
    }
    ahead->source_ended = *block == NULL;
    return *block != NULL;
}

/* A slot is free while its number is not between first and end, so nobody else looks at it. */
static void put_block(pt_ahead *ahead, uint64_t number, const uint8_t *block, size_t size)
{
    slot *at = slot_of(ahead, number);
    at->block.size = 0;
    pt_put(&at->block, block, size);
    ahead->ring_bytes += size;
    at->is_worth = pl_ahead_is_worth(ahead->world, block, size);
    at->is_checked = !at->is_worth;
}

/* Blocks are told to the others in portions, and only as many are woken as there is work for. */
static void tell(pt_ahead *ahead, uint64_t end, unsigned worth)
{
    (void)pthread_mutex_lock(&ahead->lock);
    ahead->end = end;
    const unsigned wanted = worth < ahead->idle ? worth : ahead->idle;
    for (unsigned i = 0; i < wanted; i++) {
        (void)pthread_cond_signal(&ahead->more);
    }
    (void)pthread_mutex_unlock(&ahead->lock);
}

/* Only the thread that replays moves `end`, so it may read it without the lock. */
static void fill(pt_ahead *ahead)
{
    const uint8_t *block;
    size_t size;
    uint64_t end = ahead->end;
    unsigned worth = 0;
    while (end - ahead->first < ahead->slot_count && ahead->ring_bytes < RING_BYTES_MAX &&
           read_block(ahead, &block, &size)) {
        put_block(ahead, end, block, size);
        worth += slot_of(ahead, end)->is_worth;
        end++;
        if (worth == PORTION) {
            tell(ahead, end, worth);
            worth = 0;
        }
    }
    tell(ahead, end, worth);
}

/* ---- handing out ---- */

/* The block that is out comes back. What a large one needed is not kept, or every slot would keep
 * it in time. */
static void take_back(pt_ahead *ahead)
{
    if (!ahead->is_out) {
        return;
    }
    slot *at = slot_of(ahead, ahead->first);
    ahead->ring_bytes -= at->block.size;
    if (at->block.room > KEPT_SIZE_MAX) {
        pt_bytes_free(&at->block);
        pl_ahead_free(at->checked);
        at->checked = NULL;
    }
    ahead->first++;
    ahead->is_out = false;
}

/* Until the first block is checked this thread checks others, rather than to wait for it. */
static void wait_for_first(pt_ahead *ahead)
{
    const slot *at = slot_of(ahead, ahead->first);
    (void)pthread_mutex_lock(&ahead->lock);
    PL_ASSERT(ahead->first <= ahead->begun);
    if (ahead->begun == ahead->first && !at->is_worth) {
        ahead->begun++; /* its slot will be another's: nobody may come to it any more */
    }
    while (!at->is_checked) {
        if (ahead->begun < ahead->end) {
            check_one(ahead, &ahead->workers[0]);
        } else {
            (void)pthread_cond_wait(&ahead->checked, &ahead->lock);
        }
    }
    (void)pthread_mutex_unlock(&ahead->lock);
}

static pt_exit tell_end(const pt_ahead *ahead, pt_report *report)
{
    if (ahead->exit != PT_OK) {
        *report = ahead->report;
    }
    return ahead->exit;
}

pt_exit pt_ahead_next(const uint8_t **block, size_t *size, const pl_ahead **checked,
                      pt_ahead *ahead, pt_report *report)
{
    *checked = NULL;
    *size = 0;
    if (ahead->slot_count == 0) {
        return read_block(ahead, block, size) ? PT_OK : tell_end(ahead, report);
    }
    take_back(ahead);
    if (ahead->end - ahead->first <= ahead->slot_count / 2) { /* not one by one: threads wake up */
        fill(ahead);
    }
    if (ahead->first == ahead->end) {
        *block = NULL;
        return tell_end(ahead, report);
    }
    wait_for_first(ahead);
    const slot *at = slot_of(ahead, ahead->first);
    ahead->is_out = true;
    *block = at->block.data;
    *size = at->block.size;
    *checked = at->is_worth ? at->checked : NULL;
    return PT_OK;
}

/* ---- open and close ---- */

static void begin_worker(worker *own, pt_ahead *ahead)
{
    own->ahead = ahead;
    pt_memory_init(&own->memory, PT_MEMORY_LIMIT_DEFAULT);
    if (ahead->world->tx_auth == PL_TX_AUTH_SECP256K1 &&
        pl_keys_create(&own->keys, &own->memory.memory) != PL_OK) {
        own->keys = NULL; /* then every key is parsed */
    }
}

/* Whether the world's rules ask for any signature at all. */
static bool asks_for_signatures(const pl_world *world)
{
    bool asks = world->tx_auth == PL_TX_AUTH_SECP256K1;
    for (uint32_t i = 0; i < world->feed_count && !asks; i++) {
        asks = world->feeds[i].format != PL_FEED_UNSIGNED;
    }
    return asks;
}

pt_ahead *pt_ahead_open(const pl_world *world, const pt_ahead_source *source, unsigned threads)
{
    pt_ahead *ahead = pt_take_zeroed(1, sizeof *ahead);
    *ahead = (pt_ahead){.world = world, .source = *source};
    (void)pthread_mutex_init(&ahead->lock, NULL);
    (void)pthread_cond_init(&ahead->more, NULL);
    (void)pthread_cond_init(&ahead->checked, NULL);
    if (threads <= 1 || !asks_for_signatures(world)) {
        return ahead;
    }
    threads = threads < PT_THREADS_MAX ? threads : PT_THREADS_MAX;
    ahead->slot_count = (uint64_t)threads * SLOTS_OF_ONE;
    ahead->slots = pt_take_zeroed((size_t)ahead->slot_count, sizeof *ahead->slots);
    for (uint64_t i = 0; i < ahead->slot_count; i++) {
        pt_memory_init(&ahead->slots[i].memory, PT_MEMORY_LIMIT_DEFAULT);
    }
    ahead->workers = pt_take_zeroed(threads, sizeof *ahead->workers);
    begin_worker(&ahead->workers[0], ahead);
    for (ahead->worker_count = 1; ahead->worker_count < threads; ahead->worker_count++) {
        worker *own = &ahead->workers[ahead->worker_count];
        begin_worker(own, ahead);
        if (pthread_create(&own->thread, NULL, work, own) != 0) {
            pl_keys_free(own->keys);
            break;
        }
    }
    return ahead;
}

static void end_workers(pt_ahead *ahead)
{
    (void)pthread_mutex_lock(&ahead->lock);
    ahead->stop = true;
    (void)pthread_cond_broadcast(&ahead->more);
    (void)pthread_mutex_unlock(&ahead->lock);
    for (unsigned i = 0; i < ahead->worker_count; i++) {
        if (i > 0) {
            (void)pthread_join(ahead->workers[i].thread, NULL);
        }
        pl_keys_free(ahead->workers[i].keys);
    }
}

void pt_ahead_close(pt_ahead *ahead)
{
    if (ahead == NULL) {
        return;
    }
    end_workers(ahead);
    for (uint64_t i = 0; i < ahead->slot_count; i++) {
        pl_ahead_free(ahead->slots[i].checked);
        pt_bytes_free(&ahead->slots[i].block);
    }
    free(ahead->slots);
    free(ahead->workers);
    (void)pthread_cond_destroy(&ahead->checked);
    (void)pthread_cond_destroy(&ahead->more);
    (void)pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}
