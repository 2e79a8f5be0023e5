/* Rows in the bytes of worlds and checkpoints: contract u32 | table u16 | key | row, ascending. */
#ifndef PL_CHAIN_WORLD_ROWS_H
#define PL_CHAIN_WORLD_ROWS_H

#include "vm/base/bytes.h"
#include "vm/chain/world.h"

/* Where a walk over rows stands: what the next row must lie above. Starts zeroed, but for by_value:
 * true compares keys in their tables' order (checkpoints), false byte by byte (worlds). */
typedef struct pl_row_order {
    bool by_value;
    bool started;
    uint32_t contract;
    uint16_t table;
    const uint8_t *key;
} pl_row_order;

/* Takes one row. On output: *row, and *order moved to it.
 * Returns PL_OK, TRUNCATED, GENESIS (no such table, or one of contract 0 unless with_system),
 * NON_CANONICAL (a value), ORDER, DUPLICATE, or RANGE (a parameter outside its range). */
PL_MUST_USE pl_status pl_world_row_take(pl_world_row *row, pl_row_order *order, pl_reader *reader,
                                        const pl_world *world, bool with_system);

/* Takes `row count u32 | rows` of a world whose tables are numbered; fills row_count, rows and
 * rows_size. Returns as above, LIMIT, or GENESIS when a params table has no row. */
PL_MUST_USE pl_status pl_world_rows_take(pl_world *world, pl_world_error *where, pl_reader *reader);

#endif
