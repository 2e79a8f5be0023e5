/* What reader and maker of a witness share: the keys that were touched, and the told part of the
 * tree with a mark on every place that is needed. Private to the state. spec 10 §4 */
#ifndef PL_STATE_WITNESS_SHAPE_H
#define PL_STATE_WITNESS_SHAPE_H

#include "vm/state/store_parts.h"

/* ---- touched keys ---- */

/* What is kept of a key, behind it in its record. */
typedef struct touched_key {
    uint8_t path[PL_HASH_SIZE];
    uint8_t present; /* in the state after execution */
} touched_key;

typedef struct touched {
    pl_memory memory;
    const pl_store *store;
    pl_row_pool *tables; /* one set of keys per table */
    uint32_t table_count;
    bool all; /* a seek happened */
} touched;

/* Returns PL_OK or PL_FAULT_MEMORY. store has all its tables. */
PL_MUST_USE pl_status touched_begin(touched *keys, const pl_store *store, const pl_memory *memory);
void touched_end(touched *keys);

static inline bool touched_has(const touched *keys, uint32_t table, const uint8_t *key)
{
    return pl_row_pool_find(&keys->tables[table], key) != 0;
}

/* Adds a key; does nothing when it is there. Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status touched_add(touched *keys, uint32_t table, const uint8_t *key,
                                  const uint8_t path[PL_HASH_SIZE]);

/* The keys of a table have the numbers PL_POOL_FIRST .. touched_limit - 1. */
static inline uint32_t touched_limit(const touched *keys, uint32_t table)
{
    return keys->tables[table].records.next;
}

const uint8_t *touched_bytes(const touched *keys, uint32_t table, uint32_t number);
touched_key *touched_at(const touched *keys, uint32_t table, uint32_t number);

/* Asks the store for every key whether its row is there now. Returns PL_OK or a FAULT. */
PL_MUST_USE pl_status touched_note(const touched *keys, pl_door *door);

/* ---- the shape ---- */

typedef enum shape_kind {
    SHAPE_EMPTY = 0,
    SHAPE_PRUNED = 1, /* not empty, not looked into */
    SHAPE_LEAF = 2,
    SHAPE_ROW = 3, /* a leaf whose row is told; the maker does not use it */
    SHAPE_INNER = 4
} shape_kind; /* the numbers are those of the witness */

/* Marks of a place. */
#define SHAPE_LED      1u  /* a touched key of another path, or of no row, ends here      */
#define SHAPE_OWN      2u  /* the key of this leaf's path was touched                     */
#define SHAPE_SIBLING  4u  /* the place beside it became empty                            */
#define SHAPE_BELOW    8u  /* something below this inner node has one of the marks above  */
#define SHAPE_OCCUPIED 16u /* some row is there after execution                           */
#define SHAPE_NEEDED   (SHAPE_LED | SHAPE_OWN | SHAPE_SIBLING)

typedef struct shape_place {
    uint8_t kind; /* a shape_kind */
    uint8_t marks;
    uint32_t child[2]; /* of an inner node: two later places; otherwise the user's own */
    uint32_t own;      /* the user's own */
} shape_place;

/* places[0] is the top; children stand after their parents. */
typedef struct shape {
    pl_memory memory;
    shape_place *places;
    uint32_t count;
    uint32_t capacity;
} shape;

/* Takes no memory yet. */
void shape_begin(shape *told, const pl_memory *memory);
void shape_end(shape *told);

/* Adds a place without marks. On output: *number, its place. Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status shape_add(shape *told, uint32_t *number, shape_kind kind);

/* Makes an array of the memory longer. On input: *capacity items of item_size bytes; *items NULL
 * when there are none. Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status shape_grow(const pl_memory *memory, void **items, uint32_t *capacity,
                                 size_t item_size);

/* Returns the place where a path ends: never an inner node. */
uint32_t shape_walk(const shape *told, const uint8_t path[PL_HASH_SIZE]);

/* spec 10 §4, "After the block". On input: SHAPE_LED, SHAPE_OWN at the places where touched keys
 * end, and SHAPE_OCCUPIED at those where one of them is present after execution. On output: all
 * marks of all places. May be called again after more marks of the first kind. */
void shape_settle(const shape *told);

#endif
