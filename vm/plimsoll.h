/* libplimsoll: a deterministic machine for margin and liquidation contracts. The one public header.
 *
 * Conventions, everywhere below:
 *   - Outputs come first, then the object, then inputs. A size follows its buffer and counts bytes.
 *   - Every function that can fail returns pl_status: PL_OK, a REJECT (the input is invalid: every
 *     machine says so), a TRAP (the contract failed) or a FAULT (this machine failed: try again).
 *   - After a FAULT a chain can only be freed; every later call on it returns that FAULT again.
 *   - A pl_chain takes memory only through the pl_memory it was created with; nothing here opens a
 *     file, reads a clock, prints or starts a thread. Two chains share nothing; one chain belongs
 * to one thread at a time.
 *   - Bytes handed out by a call stay valid until the next call on the same chain, unless a
 *     sentence says otherwise. World bytes stay the caller's and must outlive the chain.
 *   - Contracts count from 1; 0 is the system (spec 04 §6). Functions, tables, errors and events
 * are numbered from 0 inside their contract. PL_NONE stands for "no such number".
 *   - Names are passed with their size and need no zero at the end. Hashes and accounts are 32
 * bytes.
 *
 * A life of a chain:
 *
 *     pl_chain_create(&chain, &where, &memory, world, world_size);
 *     while (there are blocks) pl_chain_replay_block(&result, chain, block, block_size, NULL);
 *     pl_chain_query(&outcome, chain, contract, function, NULL, gas, arguments, arguments_size);
 *     pl_chain_free(chain);
 */
#ifndef PL_PLIMSOLL_H
#define PL_PLIMSOLL_H

#include "vm/base/error.h"
#include "vm/base/limits.h"
#include "vm/base/memory.h"
#include "vm/chain/block.h"
#include "vm/chain/history.h"
#include "vm/chain/receipt.h"
#include "vm/chain/world.h"
#include "vm/machine/code.h"
#include "vm/machine/exec.h"
#include "vm/state/schema.h"
#include "vm/state/store.h"

#define PL_NONE UINT32_MAX

typedef struct pl_chain pl_chain;

/* ---- a chain ---- */

/* On input: a world in the bytes of spec 06 §1. On output: *chain at height 0, holding the genesis
 * state. Otherwise *chain is NULL and *where says where the world is wrong (where may be NULL).
 * Returns PL_OK, a REJECT, or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status pl_chain_create(pl_chain **chain, pl_world_error *where,
                                      const pl_memory *memory, const uint8_t *world,
                                      size_t world_size);

/* Gives everything back. NULL is fine. */
void pl_chain_free(pl_chain *chain);

typedef struct pl_head {
    uint64_t height; /* 0: genesis */
    uint64_t time_s;
    uint8_t block_hash[32]; /* height 0: the world id */
    uint8_t state_root[32];
    uint64_t row_count; /* rows of the whole state, system tables included */
} pl_head;

/* Where the chain stands. */
void pl_chain_head(pl_head *head, const pl_chain *chain);

/* The decoded world: contracts with their code, feeds, labels. Valid while the chain lives, and
 * never written to again: other threads may read it while one replays. */
const pl_world *pl_chain_world(const pl_chain *chain);

/* ---- blocks ---- */

/* For benchmarks only. A chain that took a block with one of these set has proved nothing: its
 * results say so (pl_block_result.options), and it gives no checkpoint. */
#define PL_BENCH_WITHOUT_SIGNATURES 1u /* no curve arithmetic for reports and transactions */
#define PL_BENCH_WITHOUT_ROOTS      2u /* no state root, and none compared or sealed       */

/* For people who look on: nothing told here changes what a block does. */
typedef struct pl_watch {
    void *context;
    /* Before (is_after false) and after each transaction of the block, number from 0, also one that
     * was refused. The state is that of the moment: pl_chain_query and pl_chain_row may be called
     * (time and height are the block's), and nothing else of the chain. May be NULL. */
    void (*moment)(void *context, pl_chain *chain, uint32_t transaction, bool is_after);
    /* Every step of every transaction and hook, before it runs; not those of queries asked in a
     * moment. May be NULL: then steps run at full speed. */
    pl_trace_sink step;
} pl_watch;

/* The checks of one block that need no state, made before its turn. See "checks ahead". */
typedef struct pl_ahead pl_ahead;

typedef struct pl_replay_options {
    uint32_t bench;                   /* 0, or PL_BENCH_ flags                                  */
    const uint8_t *expected_receipts; /* all receipts somebody else has for this block, or NULL */
    size_t expected_receipts_size;    /* they change no verdict; they name the first difference  */
    const pl_watch *watch;            /* or NULL                                                 */
    const pl_ahead *ahead;            /* or NULL: see "checks ahead"; no use in sealing          */
} pl_replay_options;

/* What the number in pl_block_result.index counts. */
typedef enum pl_where {
    PL_WHERE_NOTHING = 0,     /* status is PL_OK                                                 */
    PL_WHERE_BLOCK = 1,       /* the bytes as a whole                                            */
    PL_WHERE_HEADER = 2,      /* a field of the header; status says which                        */
    PL_WHERE_TRANSACTION = 3, /* index: transaction of the block, from 0                         */
    PL_WHERE_RECEIPT = 4, /* index: the first receipt that differs from the expected ones, from 0;
                             PL_NONE: no expected receipts were given, or they do not differ     */
    PL_WHERE_STATE = 5    /* receipts agree, the state root does not                         */
} pl_where;

typedef struct pl_block_counts {
    uint32_t reports_accepted, reports_refused;
    uint32_t tx_ok, tx_trap, tx_revert, tx_reject; /* REVERT is counted apart from other traps */
    uint32_t hook_ok, hook_failed;
    uint32_t events;
    uint64_t gas_used; /* transactions and hooks */
} pl_block_counts;

typedef struct pl_block_result {
    pl_status status; /* PL_OK: the block is now the head. Otherwise the state is as it was */
    pl_where where;
    uint32_t index;
    uint32_t options; /* the PL_BENCH_ flags in force */
    uint64_t height;
    uint64_t time_s;
    uint8_t block_hash[32];
    uint8_t state_root[32];          /* as computed here; zeros when execution was not reached */
    uint8_t expected_state_root[32]; /* as the header says; after sealing the same             */
    uint8_t receipts_hash[32];       /* as computed here                                       */
    uint8_t expected_receipts_hash[32];
    const uint8_t *receipts; /* every receipt with its size (pl_receipts_next); also when the block
                              * was refused by STATE_ROOT or RECEIPTS_ROOT                        */
    size_t receipts_size;
    pl_block_counts counts;
    const uint8_t
        *block; /* the block's bytes: the caller's when replayed, the chain's when sealed */
    size_t block_size;
} pl_block_result;

/* Verifies and applies one block: decode, link, reports, transactions, hooks, commit, compare
 * (spec 06 §2, §4). A refused block leaves the state exactly as it was. options may be NULL.
 * Returns result->status. */
PL_MUST_USE pl_status pl_chain_replay_block(pl_block_result *result, pl_chain *chain,
                                            const uint8_t *block, size_t block_size,
                                            const pl_replay_options *options);

/* Makes the next block out of a body (spec 06 §2) and applies it: the same execution, but the
 * header's hashes are filled in instead of compared. result->block is the sealed block.
 * On input: time_s, not before the head's time. Returns result->status. */
PL_MUST_USE pl_status pl_chain_seal_block(pl_block_result *result, pl_chain *chain, uint64_t time_s,
                                          const uint8_t *body, size_t body_size,
                                          const pl_replay_options *options);

/* ---- checks ahead ---- */

/* Signatures cost most of a replay and need no state. So another thread may check those of a later
 * block while one replays an earlier one, and hand in what it found:
 *
 *     pl_ahead_check(ahead, keys, pl_chain_world(chain), block, block_size);   any thread
 *     options.ahead = ahead;
 *     pl_chain_replay_block(&result, chain, block, block_size, &options);
 *
 * Only pl_ahead_check fills a pl_ahead, and only by checking. Replay takes from it when it is about
 * the very block being replayed, by the hashes of header and body that replay computes itself
 * (spec 06 §4); from any other it takes nothing. So no pl_ahead, of whatever block, changes what a
 * replay says: it changes when the work is done. */

/* On output: *ahead, about no block, for use again and again. It takes memory only through this
 * pl_memory, which must be the thread's own or safe for threads; at most 2 MiB, for the largest
 * block. Returns PL_OK or PL_FAULT_MEMORY (*ahead NULL). */
PL_MUST_USE pl_status pl_ahead_create(pl_ahead **ahead, const pl_memory *memory);

/* Gives everything back. NULL is fine. */
void pl_ahead_free(pl_ahead *ahead);

/* Checks the reports and transactions of a block as far as that needs no state, and forgets the
 * block before. The block's bytes are not needed afterwards. A function of world and block: any
 * thread may call it, each with its own ahead and keys, while the chain of the world is replayed.
 * On input: keys (vm/oracle/signature.h) may be NULL; block, any bytes.
 * Returns PL_OK, and ahead is about this block; or why not, and it is about none: a REJECT of the
 * block (its shape, WORLD_MISMATCH, BODY_HASH), which replay will find as well, or
 * PL_FAULT_MEMORY, after which ahead can be used again. */
PL_MUST_USE pl_status pl_ahead_check(pl_ahead *ahead, pl_keys *keys, const pl_world *world,
                                     const uint8_t *block, size_t block_size);

/* Whether there can be a signature in a block: false tells that pl_ahead_check would find nothing
 * that costs much. Looks at no more than the first bytes. On input: block, any bytes. */
bool pl_ahead_is_worth(const pl_world *world, const uint8_t *block, size_t block_size);

/* ---- asking ---- */

/* Calls a public pure or view function on the current state; nothing changes.
 * On input: caller, 32 bytes or NULL for the account zero; arguments in stored form (spec 06 §3).
 * Returns PL_OK when it ran (outcome->status is PL_OK or a TRAP), TX_CONTRACT, TX_FUNCTION (no
 * such function, or not a public pure or view one), TX_ARGUMENTS, or a FAULT. */
PL_MUST_USE pl_status pl_chain_query(pl_outcome *outcome, pl_chain *chain, uint32_t contract,
                                     uint32_t function, const uint8_t *caller, uint64_t gas_limit,
                                     const uint8_t *arguments, size_t arguments_size);

/* A price that a query is told instead of the accepted one, at the feed's decimals. */
typedef struct pl_supposed_price {
    uint32_t feed;
    pl_i256 price;
} pl_supposed_price;
#define PL_SUPPOSED_MAX 64u

/* pl_chain_query, supposing up to PL_SUPPOSED_MAX other prices; time and round of each stay those
 * of the accepted price (none accepted: the head's time, round 0). Nothing changes.
 * Returns as pl_chain_query, or FEED (no such feed), LIMIT (too many). */
PL_MUST_USE pl_status pl_chain_query_supposing(pl_outcome *outcome, pl_chain *chain,
                                               const pl_supposed_price *prices,
                                               uint32_t price_count, uint32_t contract,
                                               uint32_t function, const uint8_t *caller,
                                               uint64_t gas_limit, const uint8_t *arguments,
                                               size_t arguments_size);

typedef struct pl_invariant_result {
    uint32_t contract;
    uint32_t function;
    bool holds;       /* ran to its end and returned true */
    pl_status status; /* PL_OK, or the TRAP it ended with */
} pl_invariant_result;

typedef void (*pl_invariant_sink)(void *context, const pl_invariant_result *result);

/* Runs every invariant of every contract on the current state, each with the world's hook_gas.
 * sink (may be NULL) hears of each. Returns PL_OK when all hold, PL_TRAP_INVARIANT when one does
 * not or traps, or a FAULT. */
PL_MUST_USE pl_status pl_chain_invariants(pl_chain *chain, pl_invariant_sink sink, void *context);

/* The price of a feed as contracts read it; price->exists false when there is none (spec 05 §7).
 * Returns PL_OK, PL_REJECT_FEED (the world has no such feed), or a FAULT. */
PL_MUST_USE pl_status pl_chain_price(pl_price *price, pl_chain *chain, uint32_t feed);

/* ---- rows ---- */

/* A walk over the rows of one table in key order. Changing the chain ends the walk. */
typedef struct pl_rows {
    const pl_table *schema; /* how to read key and row */
    uint32_t contract;
    uint32_t table;
    const uint8_t *key; /* the current row; schema->key_size and schema->row_size bytes */
    const uint8_t *row;
    pl_cursor cursor;
} pl_rows;

/* Sets *rows before the first row. Returns PL_OK or PL_REJECT_RANGE (no such table). */
PL_MUST_USE pl_status pl_rows_begin(pl_rows *rows, const pl_chain *chain, uint32_t contract,
                                    uint32_t table);

/* Moves to the next row: rows->key and rows->row. Returns false at the end. */
bool pl_rows_next(pl_rows *rows);

/* One row by its whole key. On output: *row, or NULL when there is none.
 * Returns PL_OK, PL_REJECT_RANGE (no such table) or a FAULT. */
PL_MUST_USE pl_status pl_chain_row(const uint8_t **row, pl_chain *chain, uint32_t contract,
                                   uint32_t table, const uint8_t *key);

/* The store underneath, for reading only: rows changed by the last block (pl_store_changed), proofs
 * (pl_store_prove), table sizes. World table numbers are pl_world.table_bases[contract] + table. */
pl_store *pl_chain_store(pl_chain *chain);

/* ---- names ---- */

/* Each returns a number, or PL_NONE when there is nothing of that name. The contract must exist
 * for the ones inside a contract, otherwise PL_NONE; contract 0 has tables only. */
uint32_t pl_find_contract(const pl_chain *chain, const char *name, size_t size);
uint32_t pl_find_function(const pl_chain *chain, uint32_t contract, const char *name, size_t size);
uint32_t pl_find_table(const pl_chain *chain, uint32_t contract, const char *name, size_t size);
uint32_t pl_find_error(const pl_chain *chain, uint32_t contract, const char *name, size_t size);
uint32_t pl_find_event(const pl_chain *chain, uint32_t contract, const char *name, size_t size);
uint32_t pl_find_feed(const pl_chain *chain, const char *name, size_t size);

/* The code of a contract, its schemas and signatures; NULL when there is no such contract (or 0).
 */
const pl_code *pl_chain_code(const pl_chain *chain, uint32_t contract);

/* The schema of a table, contract 0 included; NULL when there is none. */
const pl_table *pl_chain_table(const pl_chain *chain, uint32_t contract, uint32_t table);

/* The first label of this kind with this value, or NULL: a name for an account or a signer. */
const pl_label *pl_find_label(const pl_chain *chain, pl_label_kind kind, const uint8_t *value);

/* ---- checkpoints ---- */

/* Takes the next bytes of a checkpoint; returns false to stop. */
typedef bool (*pl_byte_sink)(void *context, const uint8_t *bytes, size_t size);

/* Writes the whole state and the head's header in the bytes of spec 06 §8, front to back.
 * Returns PL_OK, PL_REJECT_HEIGHT (at height 0 the world is the checkpoint), PL_FAULT_UNSUPPORTED
 * (the sink stopped, or a benchmark option was used; the chain stays good), or another FAULT. */
PL_MUST_USE pl_status pl_chain_checkpoint(pl_chain *chain, pl_byte_sink sink, void *context);

/* As pl_chain_create, but standing where the checkpoint was taken: rows are read, the root is
 * computed anew and must be the recorded one. The checkpoint's bytes may go away afterwards.
 * Returns PL_OK, a REJECT (TRUNCATED, TRAILING, MAGIC, VERSION, WORLD_MISMATCH, HEIGHT, HASH,
 * ORDER, NON_CANONICAL, STATE_ROOT, or one of the world), or a FAULT. */
PL_MUST_USE pl_status pl_chain_restore(pl_chain **chain, pl_world_error *where,
                                       const pl_memory *memory, const uint8_t *world,
                                       size_t world_size, const uint8_t *checkpoint,
                                       size_t checkpoint_size);

#endif
