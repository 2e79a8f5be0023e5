/* Receipts: what a report, transaction or hook did, byte for byte. spec 06 §5
 *
 * Reports of every kind are made from receipts alone, so this is what tools decode. */
#ifndef PL_CHAIN_RECEIPT_H
#define PL_CHAIN_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include "vm/base/error.h"

typedef enum pl_receipt_kind {
    PL_RECEIPT_REPORT = 1,
    PL_RECEIPT_TRANSACTION = 2,
    PL_RECEIPT_HOOK = 3
} pl_receipt_kind;

typedef struct pl_receipt {
    uint8_t kind;    /* a pl_receipt_kind */
    uint16_t status; /* 0, a TRAP or a REJECT number */
    uint32_t feed;   /* report: UINT32_MAX when the bytes name none */
    uint32_t contract;
    uint16_t function;
    uint64_t gas_used;
    const uint8_t *result; /* status 0: the results' stored forms */
    uint32_t result_size;
    uint16_t event_count;  /* status 0 */
    const uint8_t *events; /* each: contract u32 | event u16 | size u32 | arguments */
    uint32_t events_size;
    uint32_t revert_contract; /* status REVERT */
    uint16_t revert_error;
    const uint8_t *revert_arguments;
    uint32_t revert_size;
} pl_receipt;

typedef struct pl_event {
    uint32_t contract;
    uint16_t event;
    const uint8_t *arguments;
    uint32_t size;
} pl_event;

/* Bytes of the receipt without the size in front of it. */
size_t pl_receipt_size(const pl_receipt *receipt);

/* On output: pl_receipt_size(receipt) bytes. */
void pl_receipt_encode(uint8_t *bytes, const pl_receipt *receipt);

/* One receipt without its size. Everything points into bytes.
 * Returns PL_OK, TRUNCATED, TRAILING or NON_CANONICAL (unknown kind, impossible status). */
PL_MUST_USE pl_status pl_receipt_decode(pl_receipt *receipt, const uint8_t *bytes, size_t size);

/* Reads the receipt at *offset of a block's receipts and moves *offset behind it.
 * Call while *offset < size. Returns as pl_receipt_decode. */
PL_MUST_USE pl_status pl_receipts_next(pl_receipt *receipt, size_t *offset, const uint8_t *receipts,
                                       size_t size);

/* Reads the event at *offset of a decoded receipt's events; call while *offset < events_size.
 * Returns PL_OK or TRUNCATED. */
PL_MUST_USE pl_status pl_event_next(pl_event *event, size_t *offset, const pl_receipt *receipt);

/* hash = tagged("plimsoll/receipts", all receipts with their sizes); 32 bytes. */
void pl_receipts_hash(uint8_t *hash, const uint8_t *receipts, size_t size);

#endif
