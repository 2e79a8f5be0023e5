/* One small contract and a small world around it, written byte by byte from spec 02 §3 and spec 06
 * §1: enough to reach every kind of receipt. */
#ifndef PL_SUPPORT_TINY_WORLD_H
#define PL_SUPPORT_TINY_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/signer.h"

/* The functions of the contract, by number. Both contracts of the world run the same code. */
enum {
    TINY_PUT = 0,     /* tx put(k: i64, v: u64) -> u64: rows[k] = v, emits Put(v, caller)    */
    TINY_FAIL = 1,    /* tx: the same write, then REVERT Bad(7)                              */
    TINY_SPIN = 2,    /* tx: the same write, then runs until the gas is gone                 */
    TINY_DIVIDE = 3,  /* tx: the same write, then divides by zero                           */
    TINY_GET = 4,     /* view get(k: i64) -> u64                                             */
    TINY_TICK = 5,    /* on_block: as put(-1, rows[-1] + 1); REVERT Bad(3) when that makes 3 */
    TINY_HOLDS = 6,   /* invariant: rows[99] = 0                                             */
    TINY_PRICE = 7,   /* view price(feed: u64) -> u256, 8 decimals                           */
    TINY_HIDDEN = 8,  /* tx, not public                                                     */
    TINY_DELETE = 9,  /* tx del(k: i64) -> bool                                             */
    TINY_WHO = 10,    /* view who() -> account: the caller */
    TINY_HEIGHT = 11, /* view height() -> u64 */
    TINY_CLOCK = 12,  /* view clock() -> u64: block time */
    TINY_FUNCTIONS = 13
};
enum { TINY_PARAMS = 0, TINY_ROWS = 1, TINY_FLAGS = 2, TINY_TABLES = 3 };
enum { TINY_ETH = 0, TINY_RAW = 1, TINY_FEEDS = 2, TINY_SIGNERS = 3 };

#define TINY_TIME           1000u
#define TINY_TX_GAS         10000u
#define TINY_HOOK_GAS       5000u
#define TINY_WORLD_SIZE_MAX 8192u

/* Writes the container; returns its size. capacity TINY_WORLD_SIZE_MAX is enough. */
size_t tiny_container(uint8_t *bytes, size_t capacity);

/* Writes the world: contracts bank and twin; feeds ETH (2 of 3 signers) and RAW (unsigned); params
 * rows, rows[-2] = 20, rows[5] = 50 and flags[true] = true of bank; one label. Returns its size. */
size_t tiny_world(uint8_t *bytes, size_t capacity, bool has_auth);

/* The same world around other feeds, given in the bytes of spec 06 §1. */
typedef struct tiny_feeds {
    uint16_t world_format;
    uint16_t count;
    const uint8_t *bytes;
    size_t size;
} tiny_feeds;
size_t tiny_world_of(uint8_t *bytes, size_t capacity, bool has_auth, const tiny_feeds *feeds);

/* The signers of feed ETH, as the world lists them. */
const signer *tiny_signers(void);

/* ---- bodies ---- */

/* A body being written: reports first, then transactions. */
typedef struct tiny_body {
    uint8_t bytes[1u << 16];
    size_t size;
    size_t count_at; /* where the count being raised stands */
} tiny_body;

void tiny_body_begin(tiny_body *body);
void tiny_body_report(tiny_body *body, const uint8_t *report, size_t size);
void tiny_body_transactions(tiny_body *body); /* ends the reports */
void tiny_body_tx(tiny_body *body, const uint8_t *tx, size_t size);

/* A transaction with the arguments (k, v); without has_v only k. key NULL: not signed, caller
 * given. With a key the caller is its account. Returns its size; bytes has room for 256. */
typedef struct tiny_call {
    uint32_t contract;
    uint16_t function;
    int64_t k;
    uint64_t v;
    bool has_v;
    uint64_t gas;
    uint64_t nonce;
    const signer *key;
    const uint8_t *world_id;
    uint8_t caller[32];
} tiny_call;
size_t tiny_tx(uint8_t *bytes, const tiny_call *call);

#endif
