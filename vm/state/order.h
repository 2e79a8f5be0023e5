/* An ordered set of byte strings of one width, each with a 32-bit number: the key order of a table,
 * and each of its indexes. A B+tree; strings compare by their bytes. Private to the store. */
#ifndef PL_STATE_ORDER_H
#define PL_STATE_ORDER_H

#include "vm/base/pool.h"
#include "vm/state/door.h"

/* Fields are private. */
typedef struct pl_order {
    pl_pool nodes;
    uint32_t key_size;
    uint32_t capacity; /* entries per node       */
    uint32_t root;     /* 0: the set is empty    */
    uint32_t levels;   /* inner levels above the leaves */
} pl_order;

/* One entry; valid until the next insert or remove. */
typedef struct pl_order_place {
    uint32_t node; /* 0: no entry */
    uint32_t slot;
} pl_order_place;

/* On input: key_size 0 .. PL_ORDER_SIZE_MAX. Takes no memory yet. */
void pl_order_begin(pl_order *order, const pl_memory *memory, uint32_t key_size);
void pl_order_end(pl_order *order);

/* Adds a key that is not in the set. Returns PL_OK or PL_FAULT_MEMORY (the set can then only be
 * ended). */
PL_MUST_USE pl_status pl_order_insert(pl_order *order, const uint8_t *key, uint32_t number);

/* Removes a key that is in the set. */
void pl_order_remove(pl_order *order, const uint8_t *key);

/* Returns the entry nearest to key in the mode's direction. */
pl_order_place pl_order_seek(const pl_order *order, const uint8_t *key, pl_seek mode);

/* Returns the first entry, and the one after a given entry. */
pl_order_place pl_order_first(const pl_order *order);
pl_order_place pl_order_next(const pl_order *order, pl_order_place place);

const uint8_t *pl_order_key(const pl_order *order, pl_order_place place);
uint32_t pl_order_number(const pl_order *order, pl_order_place place);

#endif
