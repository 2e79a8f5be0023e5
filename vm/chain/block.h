/* Blocks, transactions and their bytes: strict decoding into views, and encoding. spec 06 §2, §3
 *
 * Decoding copies nothing: every pointer of a view points into the bytes that were decoded. One
 * byte string per meaning: what decodes, encodes to the same bytes. */
#ifndef PL_CHAIN_BLOCK_H
#define PL_CHAIN_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/base/error.h"
#include "vm/base/limits.h"

#define PL_HEADER_SIZE       182u
#define PL_TX_HEAD_SIZE      59u /* version .. arguments size                   */
#define PL_TX_SIGNATURE_SIZE 97u /* public key 33 | r 32 | s 32                  */

/* Which world, where in the chain, and what comes out. */
typedef struct pl_header {
    uint8_t world[32];
    uint64_t height; /* 1 is the first block */
    uint64_t time_s;
    uint8_t parent[32]; /* hash of the block before; block 1: the world id */
    uint8_t body_hash[32];
    uint8_t state_root[32];
    uint8_t receipts_hash[32];
} pl_header;

/* A sequence of `size u32 | bytes`; moves forward with pl_items_next. */
typedef struct pl_items {
    uint32_t count; /* still ahead */
    const uint8_t *bytes;
    size_t size;
} pl_items;

typedef struct pl_block {
    pl_header header;
    const uint8_t *body;
    size_t body_size;
    pl_items reports;
    pl_items transactions;
} pl_block;

typedef struct pl_tx {
    uint32_t contract;
    uint16_t function;
    uint8_t caller[32];
    uint64_t nonce;
    uint64_t gas_limit;
    const uint8_t *arguments;
    uint32_t arguments_size;
    bool is_signed;
    uint8_t public_key[33]; /* zeros when not signed */
    uint8_t signature[64];  /* r | s; zeros when not signed */
} pl_tx;

/* Moves *items past its next entry. On output: the entry, and true; false at the end.
 * Only for items of a decoded block: their sizes were proved. */
bool pl_items_next(pl_items *items, const uint8_t **entry, uint32_t *size);

/* On input: PL_HEADER_SIZE bytes. Returns PL_OK, MAGIC or VERSION. */
PL_MUST_USE pl_status pl_header_decode(pl_header *header, const uint8_t *bytes);

/* On output: PL_HEADER_SIZE bytes. */
void pl_header_encode(uint8_t *bytes, const pl_header *header);

/* hash = tagged("plimsoll/header", header bytes); 32 bytes. */
void pl_header_hash(uint8_t *hash, const pl_header *header);

/* hash = tagged("plimsoll/body", body); 32 bytes. */
void pl_body_hash(uint8_t *hash, const uint8_t *body, size_t body_size);

/* Shape of a whole block: header, counts, sizes, and every transaction (reports are judged one by
 * one when they are taken). Hashes and links are not looked at.
 * Returns PL_OK, TRUNCATED, TRAILING, MAGIC, VERSION, LIMIT or NON_CANONICAL; then *where is the
 * number of the transaction that is wrong, or UINT32_MAX. */
PL_MUST_USE pl_status pl_block_decode(pl_block *block, uint32_t *where, const uint8_t *bytes,
                                      size_t size);

/* The same for a body alone; fills body, body_size, reports, transactions. */
PL_MUST_USE pl_status pl_body_decode(pl_block *block, uint32_t *where, const uint8_t *body,
                                     size_t size);

/* Returns PL_OK, TRUNCATED, TRAILING, VERSION or NON_CANONICAL (signature size not 0 or 97). */
PL_MUST_USE pl_status pl_tx_decode(pl_tx *tx, const uint8_t *bytes, size_t size);

/* Bytes of the transaction: its part under the signature, and all of it. */
size_t pl_tx_unsigned_size(const pl_tx *tx);
size_t pl_tx_size(const pl_tx *tx);

/* On output: pl_tx_size(tx) bytes. */
void pl_tx_encode(uint8_t *bytes, const pl_tx *tx);

#endif
