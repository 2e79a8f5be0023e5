/* The store: all tables of a world in memory, their indexes, the journal and the state root. It is
 * the direct implementation of the door. spec 04 §2, §5
 *
 * Single-threaded. After any FAULT the store can only be freed. */
#ifndef PL_STATE_STORE_H
#define PL_STATE_STORE_H

#include "vm/base/bytes.h"
#include "vm/base/memory.h"
#include "vm/state/door.h"
#include "vm/state/tree.h"

typedef struct pl_store pl_store;

/* On output: *store, without tables. Returns PL_OK or PL_FAULT_MEMORY. memory is copied; what its
 * context points to must outlive the store. */
PL_MUST_USE pl_status pl_store_create(pl_store **store, const pl_memory *memory);
void pl_store_free(pl_store *store);

/* Adds a table; *table gets the next world number: 0, 1, 2, ... schema must outlive the store and
 * hold to the limits of limits.h. All tables are added before the first write.
 * Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status pl_store_add_table(pl_store *store, uint32_t *table, uint32_t contract,
                                         uint16_t number, const pl_table *schema);

/* What a table was added as. */
typedef struct pl_table_entry {
    uint32_t contract; /* 0 is the system */
    uint16_t number;   /* within the contract */
    const pl_table *schema;
} pl_table_entry;

uint32_t pl_store_table_count(const pl_store *store);
pl_table_entry pl_store_table(const pl_store *store, uint32_t table);

/* The door. get, put, del and seek are those of door.h; keys and rows have the schema's sizes.
 *
 * begin and commit nest. The outermost level is the block's; a begin at depth one opens a
 * transaction and sets its write count to zero. From there to its end every put and del counts one,
 * also in deeper levels and when undone, for its record stays till the next root. The one after
 * PL_WRITES_PER_TX_MAX returns PL_TRAP_WRITE_LIMIT and changes nothing. At depth zero and one
 * (genesis, the chain's own writes) nothing is counted, and at depth zero nothing can be undone.
 *
 * The key and row given to put may be what a get or cursor of this store returned. */
pl_door *pl_store_door(pl_store *store);

/* Returns the number of open begins. */
uint32_t pl_store_depth(const pl_store *store);

/* All rows; in a store filled from a witness, those not told too, while the tables count only told
 * ones. */
uint64_t pl_store_row_count(const pl_store *store);
uint64_t pl_store_table_rows(const pl_store *store, uint32_t table);

/* All rows of a table in key order. A cursor is valid until the next put, del or rollback:
 *     pl_cursor cursor = pl_store_rows(store, table);
 *     while (pl_cursor_next(&cursor)) { ... cursor.key, cursor.row ... } */
typedef struct pl_cursor {
    const uint8_t *key; /* stored forms, of the schema's sizes */
    const uint8_t *row;
    const pl_store *store; /* what follows is private */
    uint32_t table;
    uint32_t node;
    uint32_t slot;
} pl_cursor;

pl_cursor pl_store_rows(const pl_store *store, uint32_t table);
bool pl_cursor_next(pl_cursor *cursor);

/* One changed row: its bytes, or row == NULL when it is absent now. */
typedef struct pl_change {
    uint32_t table;
    const uint8_t *key;
    const uint8_t *row;
} pl_change;

/* Rows touched since the last pl_store_root, each once, in the order of their first touch. A row
 * that was written back to what it was is still among them. Index 0 .. count - 1. */
uint32_t pl_store_dirty_count(const pl_store *store);
pl_change pl_store_dirty(const pl_store *store, uint32_t index);

/* Rows that really differed between the last two calls of pl_store_root, with their bytes as they
 * are now. The list is valid until the next put, del, rollback or pl_store_root. */
uint32_t pl_store_changed_count(const pl_store *store);
pl_change pl_store_changed(const pl_store *store, uint32_t index);

/* Brings the tree up to date with the rows as they are now, open levels of the journal included,
 * and computes the state root. Rolling back afterwards is allowed: the rows restored count as
 * touched, and the next call leads the tree back to them. Returns PL_OK or PL_FAULT_MEMORY; in a
 * store filled from a witness also PL_FAULT_WITNESS. */
PL_MUST_USE pl_status pl_store_root(pl_store *store, uint8_t root[PL_HASH_SIZE]);

/* The tree as of the last pl_store_root. */
const pl_tree *pl_store_tree(const pl_store *store);

/* path = the tree path of a key. */
void pl_store_path(const pl_store *store, uint8_t path[PL_HASH_SIZE], uint32_t table,
                   const uint8_t *key);

/* Appends the proof of one key, present or absent, against the current root; calls pl_store_root
 * first when rows were touched. Returns PL_OK, PL_FAULT_MEMORY (of the store, not the writer), or
 * PL_FAULT_WITNESS where a witness does not tell enough. */
PL_MUST_USE pl_status pl_store_prove(pl_store *store, pl_writer *writer, uint32_t table,
                                     const uint8_t *key);

#endif
