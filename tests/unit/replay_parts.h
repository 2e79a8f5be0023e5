/* What test_replay.c and test_chain.c share: two small worlds, blocks made of calls and reports,
 * and a history of four blocks. */
#ifndef PL_TEST_REPLAY_PARTS_H
#define PL_TEST_REPLAY_PARTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/counted_memory.h"
#include "tests/support/tiny_world.h"
#include "vm/base/bytes.h"
#include "vm/oracle/native.h"
#include "vm/plimsoll.h"

enum { BANK = 1, TWIN = 2 };

static uint8_t open_world[TINY_WORLD_SIZE_MAX], auth_world[TINY_WORLD_SIZE_MAX];
static size_t open_size, auth_size;
static counted_memory counted;

static inline int set_up(void **state)
{
    (void)state;
    open_size = tiny_world(open_world, sizeof open_world, false);
    auth_size = tiny_world(auth_world, sizeof auth_world, true);
    counted_memory_init(&counted);
    return 0;
}

static inline pl_chain *start(bool has_auth)
{
    pl_chain *chain;
    const pl_status status =
        has_auth ? pl_chain_create(&chain, NULL, &counted.memory, auth_world, auth_size)
                 : pl_chain_create(&chain, NULL, &counted.memory, open_world, open_size);
    assert_int_equal(status, PL_OK);
    return chain;
}

static inline void stop(pl_chain *chain)
{
    pl_chain_free(chain);
    assert_int_equal(counted.out, 0);
}

static inline pl_head head_of(const pl_chain *chain)
{
    pl_head head;
    pl_chain_head(&head, chain);
    return head;
}

static inline void expect_same_head(const pl_head *a, const pl_head *b)
{
    assert_true(a->height == b->height && a->time_s == b->time_s && a->row_count == b->row_count);
    assert_memory_equal(a->block_hash, b->block_hash, 32);
    assert_memory_equal(a->state_root, b->state_root, 32);
}

/* ---- making bodies ---- */

static inline void add_call(tiny_body *body, uint32_t contract, uint16_t function, int64_t k,
                            uint64_t v)
{
    uint8_t tx[256];
    const bool has_v = function != TINY_DELETE && function != TINY_GET;
    const tiny_call call = {
        .contract = contract, .function = function, .k = k, .v = v, .has_v = has_v, .gas = 9000};
    tiny_body_tx(body, tx, tiny_tx(tx, &call));
}

static inline void add_report(tiny_body *body, const pl_chain *chain, uint32_t feed, uint64_t round,
                              uint64_t time_s, int64_t price)
{
    uint8_t report[PL_NATIVE_SIZE_MAX];
    static const uint8_t order[] = {0, 2};
    const report_spec spec = {
        pl_chain_world(chain)->id, feed, round, time_s, price, 8, tiny_signers(), order,
        feed == TINY_ETH ? 2 : 0};
    tiny_body_report(body, report, report_make(report, &spec));
}

/* Seals one block with the calls in it. */
static inline void seal(pl_block_result *result, pl_chain *chain, uint64_t time_s,
                        const tiny_body *body)
{
    assert_int_equal(pl_chain_seal_block(result, chain, time_s, body->bytes, body->size, NULL),
                     PL_OK);
}

static inline void seal_put(pl_block_result *result, pl_chain *chain, uint64_t time_s, int64_t k,
                            uint64_t v)
{
    static tiny_body body;
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    add_call(&body, BANK, TINY_PUT, k, v);
    seal(result, chain, time_s, &body);
}

/* rows[k] of a contract; UINT64_MAX when absent. */
static inline uint64_t row_of(pl_chain *chain, uint32_t contract, int64_t k)
{
    uint8_t key[8];
    const uint8_t *row;
    pl_store_u64(key, (uint64_t)k);
    assert_int_equal(pl_chain_row(&row, chain, contract, TINY_ROWS, key), PL_OK);
    return row == NULL ? UINT64_MAX : pl_load_u64(row);
}

static inline uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}

/* ---- a history ---- */

typedef struct history {
    uint8_t *blocks[4];
    size_t sizes[4];
    pl_head heads[5]; /* [0]: genesis */
} history;

/* Four blocks with reports, writes, failures and deletions. */
static inline void make_history(history *h)
{
    pl_chain *chain = start(false);
    static tiny_body body;
    h->heads[0] = head_of(chain);
    for (unsigned i = 0; i < 4; i++) {
        pl_block_result result;
        tiny_body_begin(&body);
        add_report(&body, chain, TINY_ETH, i + 1, 1000 + i, 100 + i);
        tiny_body_transactions(&body);
        add_call(&body, BANK, TINY_PUT, (int64_t)i * 10 - 15, i);
        add_call(&body, TWIN, TINY_FAIL, i, i);
        add_call(&body, BANK, TINY_DELETE, i == 2 ? 5 : 1, 0);
        seal(&result, chain, 1000 + i, &body);
        assert_memory_equal(result.expected_state_root, result.state_root, 32);
        h->blocks[i] = copy_of(result.block, result.block_size);
        h->sizes[i] = result.block_size;
        h->heads[i + 1] = head_of(chain);
        assert_memory_equal(h->heads[i + 1].block_hash, result.block_hash, 32);
    }
    stop(chain);
}

static inline void free_history(history *h)
{
    for (unsigned i = 0; i < 4; i++) {
        free(h->blocks[i]);
    }
}

#endif
