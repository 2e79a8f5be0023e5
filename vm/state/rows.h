/* The rows of one table: records that never move, found by key through a hash index. A record
 * outlives its row: it stays, marked absent, until neither journal nor tree need it. Private to the
 * store. */
#ifndef PL_STATE_ROWS_H
#define PL_STATE_ROWS_H

#include "vm/base/pool.h"

typedef struct pl_record {
    uint64_t stamp;  /* the journal level that last saved this row                   */
    uint32_t leaf;   /* the row's leaf in the tree; 0: none                          */
    uint8_t present; /* the row exists; otherwise the row bytes below mean nothing   */
    uint8_t dirty;   /* the record is in the store's list of touched rows            */
    uint8_t bytes[]; /* the key's stored form, then the row's                        */
} pl_record;

/* Fields are private. */
typedef struct pl_row_pool {
    pl_pool records;
    uint32_t *slots;     /* hash index: bits of the hash, then the record's number; 0: free */
    uint32_t slot_count; /* 0 or a power of two, at least three eighths of it free */
    uint32_t slot_shift; /* 64 - log2(slot_count) */
    uint32_t last;       /* the record found last; 0: none */
    pl_record *last_record;
    uint32_t key_size;
    uint64_t last_word; /* a short key: that of the record found last */
    uint64_t seed;
    uint32_t number_bits; /* of a slot; the others are of the hash */
} pl_row_pool;

/* Takes no memory yet. */
void pl_row_pool_begin(pl_row_pool *rows, const pl_memory *memory, uint32_t key_size,
                       uint32_t row_size, uint64_t seed);
void pl_row_pool_end(pl_row_pool *rows);

/* Returns the record of a key, or NULL. Not const: it remembers the answer. */
pl_record *pl_row_pool_look(pl_row_pool *rows, const uint8_t *key);

/* Returns the number of the record of a key, or 0. */
static inline uint32_t pl_row_pool_find(pl_row_pool *rows, const uint8_t *key)
{
    return pl_row_pool_look(rows, key) == NULL ? 0 : rows->last;
}

/* On output: *number is the record of the key, made with no row when there was none.
 * Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status pl_row_pool_take(pl_row_pool *rows, uint32_t *number, const uint8_t *key);

/* Forgets a record. */
void pl_row_pool_give(pl_row_pool *rows, uint32_t number);

static inline pl_record *pl_row_pool_record(const pl_row_pool *rows, uint32_t number)
{
    return pl_pool_at(&rows->records, number, rows->records.item_size);
}

#endif
