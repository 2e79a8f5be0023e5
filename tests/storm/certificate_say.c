/* What the library makes of certificates, for tests/model/certificates.py to set beside the model.
 * Frames come in on standard input, `size u32 | command u8 | parts`, one line for each goes out:
 *
 *   w  world                   the world that the reader brings from now on; empty: none
 *   v  certificate             "STEP ERROR" of pl_verify
 *   h  history                 "OK", or the error that its world has
 *   m  kind u8 | height u64 | first header u64 | header count u32 | without world u8 |
 *      view count u16, each: moment u32 | contract u32 | function u16 | size u16 | arguments |
 *      evidence count u16, each: feed u32 | size u32 | report |
 *      claim kind u8 | transaction u32 | account 32 | view u16
 *                              the certificate of the last history in hex, or the error
 *
 * All integers are big-endian. A malformed frame ends the program with 2. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/heap.h"
#include "vm/base/bytes.h"
#include "vm/verify.h"

enum { FRAME_MAX = 1 << 27, VIEWS_MAX = 1024, EVIDENCE_MAX = 4096, BLOCKS_MAX = 1 << 16 };

typedef struct cursor {
    const uint8_t *at;
    size_t left;
} cursor;

static const uint8_t *take(cursor *c, size_t size)
{
    if (size > c->left) {
        (void)fprintf(stderr, "certificate_say: a frame ends too early\n");
        exit(2);
    }
    const uint8_t *found = c->at;
    c->at += size;
    c->left -= size;
    return found;
}

static uint64_t take_number(cursor *c, size_t size)
{
    const uint8_t *bytes = take(c, size);
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* A count that has room here. */
static size_t take_count(cursor *c, size_t size, size_t max)
{
    const uint64_t count = take_number(c, size);
    if (count > max) {
        (void)fprintf(stderr, "certificate_say: more than it has room for\n");
        exit(2);
    }
    return (size_t)count;
}

/* The rest of a frame in a block of its own size: a sanitizer sees a step beyond its end. */
static uint8_t *take_rest(cursor *c, size_t *size)
{
    *size = c->left;
    uint8_t *exact = malloc(*size == 0 ? 1 : *size);
    if (exact == NULL) {
        exit(2);
    }
    if (*size > 0) {
        memcpy(exact, take(c, *size), *size);
    }
    return exact;
}

/* ---- judging ---- */

static uint8_t *brought;
static size_t brought_size;

static void judge(cursor *c)
{
    size_t size;
    uint8_t *bytes = take_rest(c, &size);
    const pl_verify_options options = {.world = brought_size == 0 ? NULL : brought,
                                       .world_size = brought_size};
    pl_verifier *verifier;
    pl_verdict verdict;
    const pl_status status = pl_verify(&verdict, &verifier, &heap_memory, bytes, size, &options);
    (void)printf("%s %s\n", pl_verify_step_name(verdict.step), pl_status_name(status));
    pl_verifier_free(verifier);
    free(bytes);
}

/* ---- making ---- */

typedef struct span {
    const uint8_t *bytes;
    size_t size;
} span;

static struct {
    uint8_t *bytes;
    pl_history history;
    pl_chain *chain;
    span blocks[BLOCKS_MAX];
    size_t block_count;
} open;

static pl_status start(void)
{
    pl_chain_free(open.chain);
    return pl_chain_create(&open.chain, NULL, &heap_memory, open.history.world,
                           open.history.world_size);
}

static pl_status open_history(cursor *c)
{
    size_t size;
    free(open.bytes);
    open.bytes = take_rest(c, &size);
    open.block_count = 0;
    PL_TRY(pl_history_open(&open.history, open.bytes, size));
    for (;;) {
        span *block = &open.blocks[open.block_count];
        PL_TRY(pl_history_next(&open.history, &block->bytes, &block->size));
        if (block->bytes == NULL) {
            return start();
        }
        if (block->size < PL_HEADER_SIZE || ++open.block_count == BLOCKS_MAX) {
            return PL_REJECT_LIMIT;
        }
    }
}

/* Brings the chain to a height, from its genesis when it is beyond. */
static pl_status go_to(uint64_t height)
{
    pl_head head;
    pl_block_result result;
    pl_chain_head(&head, open.chain);
    if (head.height > height) {
        PL_TRY(start());
        head.height = 0;
    }
    for (; head.height < height; head.height++) {
        const span block = open.blocks[head.height];
        PL_TRY(pl_chain_replay_block(&result, open.chain, block.bytes, block.size, NULL));
    }
    return PL_OK;
}

static pl_certified_view views[VIEWS_MAX];
static pl_evidence evidence[EVIDENCE_MAX];

static void take_views(cursor *c, pl_certify *request)
{
    request->views = views;
    request->view_count = (uint16_t)take_count(c, 2, VIEWS_MAX);
    for (unsigned i = 0; i < request->view_count; i++) {
        pl_certified_view *view = &views[i];
        memset(view, 0, sizeof *view);
        view->moment = (uint32_t)take_number(c, 4);
        view->contract = (uint32_t)take_number(c, 4);
        view->function = (uint16_t)take_number(c, 2);
        view->arguments_size = (uint16_t)take_number(c, 2);
        view->arguments = take(c, view->arguments_size);
    }
}

static void take_evidence(cursor *c, pl_certify *request)
{
    request->evidence = evidence;
    request->evidence_count = (uint16_t)take_count(c, 2, EVIDENCE_MAX);
    for (unsigned i = 0; i < request->evidence_count; i++) {
        evidence[i].feed = (uint32_t)take_number(c, 4);
        evidence[i].report_size = (uint32_t)take_number(c, 4);
        evidence[i].report = take(c, evidence[i].report_size);
    }
}

static void take_claim(cursor *c, pl_certified_claim *claim)
{
    claim->kind = (uint8_t)take_number(c, 1);
    claim->transaction = (uint32_t)take_number(c, 4);
    claim->account = take(c, 32);
    claim->view = (uint16_t)take_number(c, 2);
}

/* The header path of a request, to be freed. */
static uint8_t *take_headers(cursor *c, pl_certify *request)
{
    const uint64_t first = take_number(c, 8);
    request->header_count = (uint32_t)take_count(c, 4, open.block_count);
    uint8_t *headers = malloc((size_t)request->header_count * PL_HEADER_SIZE + 1);
    if (headers == NULL || first == 0 || first - 1 > open.block_count - request->header_count) {
        (void)fprintf(stderr, "certificate_say: headers that the history lacks\n");
        exit(2);
    }
    for (size_t i = 0; i < request->header_count; i++) {
        memcpy(headers + i * PL_HEADER_SIZE, open.blocks[first - 1 + i].bytes, PL_HEADER_SIZE);
    }
    request->headers = headers;
    return headers;
}

static pl_status make(pl_certified *made, cursor *c)
{
    pl_certify request = {.kind = (uint8_t)take_number(c, 1)};
    const uint64_t height = take_number(c, 8);
    uint8_t *headers = take_headers(c, &request);
    request.without_world = take_number(c, 1) != 0;
    take_views(c, &request);
    take_evidence(c, &request);
    take_claim(c, &request.claim);
    const bool is_block = request.kind == PL_CERTIFIES_BLOCK;
    if (height > open.block_count || (is_block && height == 0)) {
        (void)fprintf(stderr, "certificate_say: a height that the history lacks\n");
        exit(2);
    }
    pl_status status = go_to(height - (is_block ? 1 : 0));
    if (status == PL_OK) {
        if (is_block) {
            request.block = open.blocks[height - 1].bytes;
            request.block_size = open.blocks[height - 1].size;
        }
        status = pl_chain_certify(made, open.chain, &request);
    }
    free(headers);
    return status;
}

static void say_made(cursor *c)
{
    pl_certified made = {0};
    const pl_status status = make(&made, c);
    if (status != PL_OK) {
        (void)printf("%s\n", pl_status_name(status));
        return;
    }
    for (size_t i = 0; i < made.size; i++) {
        (void)printf("%02x", (unsigned)made.bytes[i]);
    }
    (void)printf("\n");
    pl_certified_free(&made, open.chain);
}

/* ---- frames ---- */

static void answer(cursor *c)
{
    switch (take_number(c, 1)) {
    case 'w':
        free(brought);
        brought = take_rest(c, &brought_size);
        (void)printf("OK\n");
        break;
    case 'v':
        judge(c);
        break;
    case 'h':
        (void)printf("%s\n", pl_status_name(open_history(c)));
        break;
    case 'm':
        say_made(c);
        break;
    default:
        (void)fprintf(stderr, "certificate_say: no such command\n");
        exit(2);
    }
}

int main(void)
{
    uint8_t head[4];
    uint8_t *frame = malloc(FRAME_MAX);
    while (frame != NULL && fread(head, 1, sizeof head, stdin) == sizeof head) {
        const size_t size = pl_load_u32(head);
        if (size > FRAME_MAX || fread(frame, 1, size, stdin) != size) {
            (void)fprintf(stderr, "certificate_say: a frame is too long or cut\n");
            free(frame);
            return 2;
        }
        cursor c = {frame, size};
        answer(&c);
        (void)fflush(stdout);
    }
    const bool done = frame != NULL;
    free(frame);
    free(brought);
    pl_chain_free(open.chain);
    free(open.bytes);
    return done ? 0 : 2;
}
