/* The world: contracts, feeds, labels, genesis rows; the canonical bytes of spec 06 §1, checked.
 *
 * Loading proves everything that execution relies on: code is valid and is the code that its hash
 * names, feeds are consistent, rows are canonical and in order, parameters are inside their ranges.
 */
#ifndef PL_CHAIN_WORLD_H
#define PL_CHAIN_WORLD_H

#include "vm/base/memory.h"
#include "vm/machine/code.h"
#include "vm/machine/exec.h"
#include "vm/oracle/oracle.h"
#include "vm/state/schema.h"

typedef enum pl_tx_auth { PL_TX_AUTH_NONE = 0, PL_TX_AUTH_SECP256K1 = 1 } pl_tx_auth;

/* Text of a world: points into its bytes, printable ASCII, not zero-terminated. */
typedef struct pl_text {
    const char *text;
    uint16_t size;
} pl_text;

typedef enum pl_label_kind {
    PL_LABEL_ACCOUNT = 0,
    PL_LABEL_SIGNER = 1,
    PL_LABEL_NOTE = 2
} pl_label_kind;

typedef struct pl_label {
    pl_text text;
    uint8_t kind;         /* a pl_label_kind */
    const uint8_t *value; /* 32 bytes */
} pl_label;

/* A function that the chain calls by itself: a hook or an invariant. */
typedef struct pl_duty {
    uint32_t contract;
    uint16_t function;
} pl_duty;

/* Where loading stopped. Numbers that do not apply are UINT32_MAX. */
typedef struct pl_world_error {
    const char *part;   /* "header", "contract", "feed", "label", "row", "params", "end"; or
                         * "checkpoint", then index is its row; never NULL */
    uint32_t index;     /* which contract or params (from 1), feed, label or row (from 0) */
    size_t offset;      /* in the world: where that entry starts; code: the container */
    pl_code_error code; /* part "contract": inside its container */
} pl_world_error;

typedef struct pl_world {
    const uint8_t *bytes; /* the caller's; must outlive the world */
    size_t size;
    uint8_t id[32];
    pl_name name;
    uint8_t tx_auth; /* a pl_tx_auth */
    uint64_t seed;
    uint64_t time_s;
    uint64_t tx_gas_max;
    uint64_t hook_gas;
    uint32_t contract_count;
    pl_name *contract_names; /* [contract number - 1] */
    pl_code *codes;          /* [contract number - 1] */
    pl_contract *contracts;  /* [contract number - 1] */
    uint32_t *table_bases;   /* [contract number], contract 0 included; one more at the end */
    uint32_t code_count;     /* how many of codes are loaded: all, in a loaded world */
    const pl_table **tables; /* [world table number] */
    uint32_t table_count;    /* of the world, system tables included */
    uint32_t feed_count;
    pl_feed *feeds; /* keys: taken from memory, feed by feed */
    pl_name *feed_names;
    pl_text *feed_notes;
    uint32_t label_count;
    pl_label *labels;
    uint32_t row_count;
    const uint8_t *rows; /* contract u32 | table u16 | key | row, ascending */
    size_t rows_size;
    uint32_t hook_count;
    uint32_t invariant_count;
    pl_duty *hooks;      /* contracts in number order, functions in container order */
    pl_duty *invariants; /* the same */
} pl_world;

/* One genesis row. */
typedef struct pl_world_row {
    uint32_t table; /* world table number */
    const uint8_t *key;
    const uint8_t *row;
} pl_world_row;

/* On input: any bytes; they must outlive the world. On output: *world, for PL_OK. Otherwise
 * *where says where, and nothing is left allocated.
 * Returns PL_OK, a REJECT, or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status pl_world_load(pl_world *world, pl_world_error *where, const pl_memory *memory,
                                    const uint8_t *bytes, size_t size);
void pl_world_free(pl_world *world, const pl_memory *memory);

/* Walks the genesis rows of a loaded world: *offset starts at 0. False at the end. */
bool pl_world_row_next(const pl_world *world, size_t *offset, pl_world_row *row);

/* World number of a contract's table, or UINT32_MAX when there is none. Contract 0 is the system.
 */
uint32_t pl_world_table(const pl_world *world, uint32_t contract, uint32_t table);

#endif
