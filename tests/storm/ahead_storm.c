/* Replay with checks made ahead, on threads, against replay without: whole histories, and blocks
 * with a flipped bit.
 *
 *   ahead_storm [--flips N] [--seed S] [HISTORY...]    N flipped blocks of each history (100)
 *   ahead_storm --make FILE BLOCKS                     writes a history in which all is signed
 *
 * A flipped block has the body hash of its new body, so that it is executed: signatures, keys and
 * everything else may be wrong in it. What is said of it, receipts and roots included, must be the
 * same with checks made ahead, in memory that was used for another block before. A history of
 * signed transactions is made on the spot and comes first. Exits 1 at a difference. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/heap.h"
#include "tests/support/signed_history.h"
#include "tools/common/file.h"
#include "tools/plim/ahead.h"
#include "vm/chain/chain.h"

enum { BODY_HASH_AT = PL_HEADER_SIZE - 96, THREADS = 3 };
static const unsigned threads[THREADS] = {1, 2, 7};

typedef struct storm {
    uint64_t random;
    const char *name;
    pl_history history; /* before its first block */
    pl_head *heads;     /* after each block, replayed without */
    uint64_t blocks;
    uint64_t failures;
    pl_ahead *ahead;
    pl_keys *keys;
} storm;

static struct {
    uint64_t histories, blocks, flips, executed, refused;
} done;

static uint64_t draw(storm *s, uint64_t limit)
{
    /* splitmix64 */
    uint64_t z = s->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % limit;
}

static void fail(storm *s, const char *what, uint64_t height)
{
    if (s->failures++ < 10) {
        printf("FAIL %s, block %llu: %s\n", s->name, (unsigned long long)height, what);
    }
}

static pl_chain *genesis(const storm *s)
{
    pl_chain *chain = NULL;
    const pl_status status =
        pl_chain_create(&chain, NULL, &heap_memory, s->history.world, s->history.world_size);
    return status == PL_OK ? chain : NULL;
}

/* ---- flipped blocks ---- */

typedef struct said {
    pl_block_result result;
    pt_bytes receipts;
} said;

static pl_status look(void *context, pl_chain *chain)
{
    (void)context;
    (void)chain;
    return PL_OK;
}

/* What a replay of this block would say; the chain stays where it is. */
static void ask(said *s, pl_chain *chain, const uint8_t *block, size_t size, const pl_ahead *ahead)
{
    const pl_trial trial = {NULL, look};
    const pl_replay_options options = {.ahead = ahead};
    const pl_status status = pl_chain_try_block(&s->result, chain, block, size, &options, &trial);
    s->result.status = status;
    s->receipts.size = 0;
    pt_put(&s->receipts, s->result.receipts, s->result.receipts_size);
}

static bool is_same(const said *a, const said *b)
{
    const pl_block_result *x = &a->result, *y = &b->result;
    return x->status == y->status && x->where == y->where && x->index == y->index &&
           x->height == y->height && memcmp(x->state_root, y->state_root, 32) == 0 &&
           memcmp(x->receipts_hash, y->receipts_hash, 32) == 0 &&
           memcmp(x->block_hash, y->block_hash, 32) == 0 &&
           memcmp(&x->counts, &y->counts, sizeof x->counts) == 0 &&
           a->receipts.size == b->receipts.size &&
           (a->receipts.size == 0 ||
            memcmp(a->receipts.data, b->receipts.data, a->receipts.size) == 0);
}

static void flip(storm *s, pl_chain *chain, const uint8_t *block, size_t size, uint64_t height)
{
    said plain = {0}, checked = {0};
    uint8_t *copy = pt_take(size);
    memcpy(copy, block, size);
    const size_t at = PL_HEADER_SIZE + (size_t)draw(s, size - PL_HEADER_SIZE);
    copy[at] ^= (uint8_t)(1u << draw(s, 8));
    pl_body_hash(copy + BODY_HASH_AT, copy + PL_HEADER_SIZE, size - PL_HEADER_SIZE);
    const pl_status status = pl_ahead_check(s->ahead, s->keys, pl_chain_world(chain), copy, size);
    ask(&plain, chain, copy, size, NULL);
    ask(&checked, chain, copy, size, s->ahead);
    if (!is_same(&plain, &checked)) {
        fail(s, "a flipped block is judged in another way", height);
    }
    if ((status == PL_OK) != (plain.receipts.size > 0 || plain.result.status == PL_OK)) {
        fail(s, "what can be executed can be checked ahead, and nothing else", height);
    }
    done.flips++;
    done.executed += plain.receipts.size > 0;
    done.refused += plain.result.status != PL_OK;
    pt_bytes_free(&plain.receipts);
    pt_bytes_free(&checked.receipts);
    free(copy);
}

/* Without anything ahead; notes the heads, and flips on the way. */
static bool replay_plain(storm *s, uint64_t flips)
{
    pl_chain *chain = genesis(s);
    pl_history walk = s->history;
    bool good = chain != NULL;
    for (uint64_t i = 0; i < s->blocks && good; i++) {
        const uint8_t *block;
        size_t size;
        pl_block_result result;
        good = pl_history_next(&walk, &block, &size) == PL_OK;
        const uint64_t here = flips / s->blocks + (draw(s, s->blocks) < flips % s->blocks);
        for (uint64_t k = 0; k < here && good; k++) {
            flip(s, chain, block, size, i + 1);
        }
        good = good && pl_chain_replay_block(&result, chain, block, size, NULL) == PL_OK;
        pl_chain_head(&s->heads[i], chain);
    }
    pl_chain_free(chain);
    return good;
}

/* ---- whole histories ---- */

static pt_exit next_block(void *context, const uint8_t **block, size_t *size, pt_report *report)
{
    const pl_status status = pl_history_next(context, block, size);
    return status == PL_OK ? PT_OK : pt_fail_status(report, status, "history");
}

static bool is_same_head(const pl_head *a, const pl_head *b)
{
    return a->height == b->height && a->time_s == b->time_s && a->row_count == b->row_count &&
           memcmp(a->block_hash, b->block_hash, 32) == 0 &&
           memcmp(a->state_root, b->state_root, 32) == 0;
}

static void replay_ahead(storm *s, unsigned count)
{
    pl_chain *chain = genesis(s);
    pl_history walk = s->history;
    const pt_ahead_source source = {&walk, next_block, UINT64_MAX};
    pt_ahead *ahead = pt_ahead_open(pl_chain_world(chain), &source, count);
    pt_report report = {""};
    pl_head head = {0};
    for (uint64_t i = 0;; i++) {
        pl_replay_options options = {0};
        pl_block_result result;
        const uint8_t *block;
        size_t size;
        if (pt_ahead_next(&block, &size, &options.ahead, ahead, &report) != PT_OK ||
            (block == NULL) != (i == s->blocks)) {
            fail(s, "another number of blocks", i);
            break;
        }
        if (block == NULL) {
            break;
        }
        if (pl_chain_replay_block(&result, chain, block, size, &options) != PL_OK) {
            fail(s, "refused with checks made ahead", i + 1);
            break;
        }
        pl_chain_head(&head, chain);
        if (!is_same_head(&head, &s->heads[i])) {
            fail(s, "another head", i + 1);
        }
        done.blocks++;
    }
    pt_ahead_close(ahead);
    pl_chain_free(chain);
}

static bool try_history(storm *s, const pt_bytes *bytes, uint64_t flips)
{
    if (pl_history_open(&s->history, bytes->data, bytes->size) != PL_OK) {
        return false;
    }
    pl_history walk = s->history;
    const uint8_t *block = bytes->data;
    size_t size;
    for (s->blocks = 0; block != NULL; s->blocks += block != NULL) {
        if (pl_history_next(&walk, &block, &size) != PL_OK) {
            return false;
        }
    }
    s->heads = pt_take_zeroed((size_t)s->blocks + 1, sizeof *s->heads);
    bool good = s->blocks > 0 && replay_plain(s, flips);
    for (unsigned i = 0; i < THREADS && good; i++) {
        replay_ahead(s, threads[i]);
    }
    free(s->heads);
    done.histories++;
    return good;
}

static bool try_file(storm *s, const char *path, uint64_t flips)
{
    pt_bytes bytes = {0};
    pt_report report = {""};
    s->name = path;
    bool good = pt_file_read(&bytes, path, PT_FILE_SIZE_MAX, &report) == PT_OK;
    good = good && try_history(s, &bytes, flips);
    if (!good) {
        printf("FAIL %s: cannot be replayed %s\n", path, report.line);
    }
    pt_bytes_free(&bytes);
    return good;
}

static bool try_signed(storm *s, uint64_t flips)
{
    static const signed_shape shape = {40, 7, 9};
    pt_bytes bytes = {0};
    s->name = "the signed history";
    const bool good = signed_history_make(&bytes, &shape, NULL) && try_history(s, &bytes, flips);
    if (!good) {
        printf("FAIL %s: cannot be replayed\n", s->name);
    }
    pt_bytes_free(&bytes);
    return good;
}

static int make(const char *path, const char *blocks)
{
    const signed_shape shape = {(uint32_t)strtoul(blocks, NULL, 10), 7, 9};
    pt_bytes bytes = {0};
    pt_report report = {""};
    const bool made = signed_history_make(&bytes, &shape, NULL) &&
                      pt_file_write(path, bytes.data, bytes.size, &report) == PT_OK;
    if (!made) {
        printf("ahead_storm: %s cannot be made: %s\n", path, report.line);
    }
    pt_bytes_free(&bytes);
    return made ? 0 : 1;
}

int main(int argc, char **argv)
{
    static storm s;
    uint64_t flips = 100;
    int first = 1;
    if (argc == 4 && strcmp(argv[1], "--make") == 0) {
        return make(argv[2], argv[3]);
    }
    for (; first + 1 < argc && strncmp(argv[first], "--", 2) == 0; first += 2) {
        uint64_t *number = strcmp(argv[first], "--flips") == 0 ? &flips : &s.random;
        *number = strtoull(argv[first + 1], NULL, 10);
    }
    if (pl_ahead_create(&s.ahead, &heap_memory) != PL_OK ||
        pl_keys_create(&s.keys, &heap_memory) != PL_OK) {
        return 1;
    }
    bool good = try_signed(&s, flips);
    for (int i = first; i < argc; i++) {
        good = try_file(&s, argv[i], flips) && good;
    }
    printf("%llu histories, %llu blocks with checks made ahead; %llu flipped blocks, %llu of them "
           "executed, %llu refused; %llu failures\n",
           (unsigned long long)done.histories, (unsigned long long)done.blocks,
           (unsigned long long)done.flips, (unsigned long long)done.executed,
           (unsigned long long)done.refused, (unsigned long long)s.failures);
    pl_keys_free(s.keys);
    pl_ahead_free(s.ahead);
    return good && s.failures == 0 ? 0 : 1;
}
