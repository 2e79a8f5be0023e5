/* What test_certificate.c and test_certificate_errors.c share: a chain of the tiny world that goes
 * on for some blocks, and certificates of them. */
#ifndef PL_TEST_CERTIFICATE_PARTS_H
#define PL_TEST_CERTIFICATE_PARTS_H

#include "tests/unit/replay_parts.h"
#include "vm/verify.h"

enum { BLOCKS = 5, TINY_BLOCK_MAX = 4096 };

static const uint8_t nobody[32] = {0};

/* Blocks 1 .. BLOCKS of the tiny world, their headers in a row, and the first report of each. */
typedef struct trail {
    uint8_t *blocks[BLOCKS];
    size_t sizes[BLOCKS];
    uint8_t headers[BLOCKS * PL_HEADER_SIZE];
} trail;

/* The calls of one block: two writes, one that fails, one deletion; a price every second block. */
static inline void make_trail(trail *t)
{
    pl_chain *chain = start(false);
    static tiny_body body;
    for (unsigned i = 0; i < BLOCKS; i++) {
        pl_block_result result;
        tiny_body_begin(&body);
        if (i % 2 == 0) {
            add_report(&body, chain, TINY_ETH, i + 1, 1000 + i, 100 + i);
        }
        tiny_body_transactions(&body);
        add_call(&body, BANK, TINY_PUT, (int64_t)i * 10 - 15, i + 1);
        add_call(&body, TWIN, TINY_FAIL, i, i);
        add_call(&body, TWIN, TINY_PUT, 7, 70 + i);
        add_call(&body, BANK, TINY_DELETE, i == 2 ? 5 : -15, 0);
        seal(&result, chain, 1000 + i, &body);
        t->blocks[i] = copy_of(result.block, result.block_size);
        t->sizes[i] = result.block_size;
        memcpy(t->headers + (size_t)i * PL_HEADER_SIZE, result.block, PL_HEADER_SIZE);
    }
    stop(chain);
}

static inline void free_trail(trail *t)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        free(t->blocks[i]);
    }
}

/* A chain that stands after block `height`. */
static inline pl_chain *stand(const trail *t, uint64_t height)
{
    pl_chain *chain = start(false);
    for (uint64_t i = 0; i < height; i++) {
        pl_block_result result;
        assert_int_equal(pl_chain_replay_block(&result, chain, t->blocks[i], t->sizes[i], NULL),
                         PL_OK);
    }
    return chain;
}

/* The arguments of get(k), price(feed). */
typedef struct question {
    uint8_t bytes[8];
} question;

static inline question word(uint64_t value)
{
    question q;
    pl_store_u64(q.bytes, value);
    return q;
}

static inline pl_certified_view view_of(uint32_t moment, uint16_t function, const question *q)
{
    return (pl_certified_view){.moment = moment,
                               .contract = BANK,
                               .function = function,
                               .arguments = q == NULL ? NULL : q->bytes,
                               .arguments_size = q == NULL ? 0 : 8};
}

static const pl_certified_claim plain_claim = {PL_CLAIM_BLOCK, UINT32_MAX, nobody, UINT16_MAX};

/* A request for block `height`, the path being the shortest. */
static inline pl_certify request_of(const trail *t, uint64_t height)
{
    const uint64_t first = height > 1 ? height - 1 : 1;
    return (pl_certify){.kind = PL_CERTIFIES_BLOCK,
                        .headers = t->headers + (first - 1) * PL_HEADER_SIZE,
                        .header_count = (uint32_t)(height - first + 1),
                        .block = t->blocks[height - 1],
                        .block_size = t->sizes[height - 1],
                        .claim = plain_claim};
}

static inline pl_certify state_request_of(const trail *t, uint64_t height)
{
    return (pl_certify){.kind = PL_CERTIFIES_STATE,
                        .headers = height == 0 ? NULL : t->headers + (height - 1) * PL_HEADER_SIZE,
                        .header_count = height > 0,
                        .claim = plain_claim};
}

typedef struct blob {
    uint8_t *data;
    size_t size;
} blob;

/* The certificate of a request, which must come into being; the chain is as it was. */
static inline blob certify(pl_chain *chain, const pl_certify *request, pl_certified *facts)
{
    pl_certified made;
    const pl_head before = head_of(chain);
    const size_t out = counted.out;
    assert_string_equal(pl_status_name(pl_chain_certify(&made, chain, request)), "OK");
    const pl_head after = head_of(chain);
    expect_same_head(&before, &after);
    const blob copy = {copy_of(made.bytes, made.size), made.size};
    if (facts != NULL) {
        *facts = made;
    }
    pl_certified_free(&made, chain);
    (void)out;
    return copy;
}

/* Verifies with its own memory, all of which must come back. */
static inline pl_status verify_with(pl_verdict *verdict, const uint8_t *data, size_t size,
                                    const pl_verify_options *options)
{
    counted_memory own;
    pl_verifier *verifier;
    counted_memory_init(&own);
    uint8_t *copy = copy_of(data, size);
    const pl_status status = pl_verify(verdict, &verifier, &own.memory, copy, size, options);
    assert_int_equal(status, verdict->status);
    pl_verifier_free(verifier);
    assert_int_equal(own.out, 0);
    free(copy);
    return status;
}

/* The name of the step where it ended, a space, and the error. */
static inline const char *verdict_of(const blob *certificate)
{
    static char text[64];
    pl_verdict verdict;
    const pl_status status = verify_with(&verdict, certificate->data, certificate->size, NULL);
    snprintf(text, sizeof text, "%s %s", pl_verify_step_name(verdict.step), pl_status_name(status));
    return text;
}

#endif
