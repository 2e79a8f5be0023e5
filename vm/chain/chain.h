/* What a chain is made of, for the files of this folder. Outside it, a pl_chain is opaque. */
#ifndef PL_CHAIN_CHAIN_H
#define PL_CHAIN_CHAIN_H

#include "vm/chain/buffer.h"
#include "vm/chain/world.h"
#include "vm/plimsoll.h"
#include "vm/state/system.h"

struct pl_chain {
    pl_memory memory;
    pl_world world;
    pl_linkage linkage;
    pl_store *store;
    pl_door *door; /* the store's; while a certificate is made or read, one before it */
    pl_machine *machine;
    pl_head head;
    uint8_t header[PL_HEADER_SIZE]; /* of the head; meaningless at height 0 */
    const pl_header *running;       /* of the block being executed; NULL between blocks */
    pl_buffer receipts;             /* of the last block */
    pl_buffer sealed;               /* the last sealed block */
    pl_keys *keys;                  /* of transactions; NULL without tx_auth, and in a witness */
    uint32_t bench;                 /* every PL_BENCH_ flag ever used */
    pl_status fault;                /* PL_OK, or the FAULT that ended this chain */
    bool is_witness;                /* a refused block is not undone: the chain ends with it */
};

/* On output: *chain with its world loaded, tables registered, and no rows: what create and restore
 * share. Returns as pl_chain_create. */
PL_MUST_USE pl_status pl_chain_open(pl_chain **chain, pl_world_error *where,
                                    const pl_memory *memory, const uint8_t *world,
                                    size_t world_size);

/* Makes room to keep parsed keys, for a chain that will see many transactions. Returns PL_OK or
 * PL_FAULT_MEMORY. */
PL_MUST_USE pl_status pl_chain_keep_keys(pl_chain *chain);

/* Writes the genesis state into an opened chain, which stands at height 0 then. Returns PL_OK or a
 * FAULT. */
PL_MUST_USE pl_status pl_chain_write_genesis(pl_chain *chain);

/* pl_chain_replay_block of a block whose header and body lie apart; result->block stays NULL. */
PL_MUST_USE pl_status pl_chain_replay_parts(pl_block_result *result, pl_chain *chain,
                                            const uint8_t *header, const uint8_t *body,
                                            size_t body_size, const pl_replay_options *options);

/* Somebody who looks at the state after a block: returns PL_OK, a REJECT or a FAULT. */
typedef struct pl_trial {
    void *context;
    pl_status (*at_end)(void *context, pl_chain *chain);
} pl_trial;

/* pl_chain_replay_block, but when the block is accepted, trial->at_end is called in the state after
 * it, and then the chain is as it was before. Returns result->status: as pl_chain_replay_block, or
 * what at_end returned. */
PL_MUST_USE pl_status pl_chain_try_block(pl_block_result *result, pl_chain *chain,
                                         const uint8_t *block, size_t block_size,
                                         const pl_replay_options *options, const pl_trial *trial);

/* Remembers a FAULT, so that nothing is asked of a chain that failed. Returns status. */
pl_status pl_chain_note(pl_chain *chain, pl_status status);

/* ---- the system's rows, spec 04 §6; every one returns PL_OK or a FAULT ---- */

PL_MUST_USE pl_status pl_system_put_chain(pl_chain *chain, uint64_t height, uint64_t time_s,
                                          const uint8_t *parent);
PL_MUST_USE pl_status pl_system_put_contracts(pl_chain *chain);
PL_MUST_USE pl_status pl_system_get_price(pl_price *price, pl_chain *chain, uint32_t feed);
/* The row as the table holds it, PL_PRICES_ROW_SIZE bytes. */
void pl_system_price_row(uint8_t *row, const pl_price *price);
/* The price of a row that begins as that of prices; NULL: none. */
void pl_system_price_load(pl_price *price, const uint8_t *row);
PL_MUST_USE pl_status pl_system_put_price(pl_chain *chain, uint32_t feed, const pl_price *price);

/* nonce is 0 for an account without a row. */
PL_MUST_USE pl_status pl_system_get_nonce(uint64_t *nonce, pl_chain *chain, const uint8_t *account);
PL_MUST_USE pl_status pl_system_put_nonce(pl_chain *chain, const uint8_t *account, uint64_t nonce);

#endif
