/* The one door to state. The machine and the chain reach rows through these calls and nothing else,
 * so that the same execution runs over a database (direct), while writing a witness (recording), or
 * over Merkle proofs alone (witness). spec 04 §5
 *
 * Tables are numbered densely over the whole world: contract k's table t has the number that
 * pl_world gave it. Keys and rows are byte strings in the schema's fixed widths. A returned row
 * pointer is valid until the next put, del, rollback or commit. Missing rows are not errors.
 *
 * Errors: only FAULTs (memory) and PL_TRAP_WRITE_LIMIT from put and del. */
#ifndef PL_STATE_DOOR_H
#define PL_STATE_DOOR_H

#include "vm/base/error.h"
#include "vm/state/schema.h"

/* The seek modes of the SEEK instruction; numbers are consensus. */
typedef enum pl_seek { PL_SEEK_GE = 0, PL_SEEK_GT = 1, PL_SEEK_LE = 2, PL_SEEK_LT = 3 } pl_seek;

typedef struct pl_door pl_door;

typedef struct pl_door_ops {
    /* On output: *row points to the row's bytes, or is NULL when there is no such row. */
    pl_status (*get)(pl_door *door, const uint8_t **row, uint32_t table, const uint8_t *key);
    /* Inserts or replaces the row. */
    pl_status (*put)(pl_door *door, uint32_t table, const uint8_t *key, const uint8_t *row);
    /* Removes the row; *existed tells whether there was one. */
    pl_status (*del)(pl_door *door, bool *existed, uint32_t table, const uint8_t *key);
    /* order 0: the key order; order k: index k - 1, whose full key is its fields then the key.
     * On input full_key is the starting point; its first prefix_size bytes are held fixed.
     * On output, when *found, full_key is the nearest full key in the mode's direction. */
    pl_status (*seek)(pl_door *door, bool *found, uint32_t table, uint32_t order, pl_seek mode,
                      uint32_t prefix_size, uint8_t *full_key);
    /* Nested: every begin is ended by exactly one commit (keep) or rollback (undo). */
    pl_status (*begin)(pl_door *door);
    pl_status (*commit)(pl_door *door);
    pl_status (*rollback)(pl_door *door);
} pl_door_ops;

/* A door is a struct that starts with its ops; the implementation's own fields follow. */
struct pl_door {
    const pl_door_ops *ops;
};

#endif
