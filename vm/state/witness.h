/* Reading and writing state that is not there: the witness tells the rows that one execution
 * touches, and of the rest of the tree only hashes. spec 10 §4
 *
 * pl_witness fills an empty store from a witness and stands before it as a door that answers only
 * what the witness proves. pl_recorder stands before a full store and remembers what is touched, so
 * that the witness can be written. Both hand begin, commit and rollback on. */
#ifndef PL_STATE_WITNESS_H
#define PL_STATE_WITNESS_H

#include "vm/base/bytes.h"
#include "vm/state/store.h"

/* ---- reading ---- */

typedef struct pl_witness pl_witness;

/* How the reader of rows finds and checks a row; the chain knows schemas and canonical values.
 * Takes `contract u32 | table u16 | key | row` from the reader. Returns PL_OK or a REJECT. */
typedef struct pl_witness_rows {
    void *context;
    pl_status (*take)(void *context, uint32_t *table, const uint8_t **key, const uint8_t **row,
                      pl_reader *reader);
} pl_witness_rows;

/* Reads a whole witness (row count and nodes) and puts its rows and its tree into the store, which
 * has its tables and no row yet. On output: *witness. After a failure store and witness (if not
 * NULL) can only be freed; *offset is where in the bytes it stopped.
 * The bytes need not outlive the call. memory and store must outlive the witness.
 * Returns PL_OK, TRUNCATED, TRAILING, PROOF_SHAPE, PROOF_ROOT, what take returns, or a FAULT. */
PL_MUST_USE pl_status pl_witness_load(pl_witness **witness, size_t *offset, pl_store *store,
                                      const pl_memory *memory, const pl_witness_rows *rows,
                                      const uint8_t root[PL_HASH_SIZE], const uint8_t *bytes,
                                      size_t size);
void pl_witness_free(pl_witness *witness);

/* The store's door, but get, put, del and seek return PL_FAULT_WITNESS where the witness does not
 * tell enough. So does pl_store_root when a removal leaves beside it a subtree of which nobody can
 * say whether it is a lone leaf. */
pl_door *pl_witness_door(pl_witness *witness);

/* To be asked after everything was executed and the root was taken.
 * Returns PL_OK, PL_REJECT_WITNESS_EXTRA when the witness tells more than was needed, or
 * PL_FAULT_WITNESS when it does not tell enough for a root that was not taken. */
PL_MUST_USE pl_status pl_witness_end(const pl_witness *witness);

/* ---- making ---- */

typedef struct pl_recorder pl_recorder;

/* On output: *recorder, having recorded nothing. store must outlive it, memory too.
 * Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status pl_recorder_create(pl_recorder **recorder, pl_store *store,
                                         const pl_memory *memory);
void pl_recorder_free(pl_recorder *recorder);

/* The store's door, noting every key of get, put and del, and every seek. A FAULT MEMORY of the
 * notes is returned like one of the store. */
pl_door *pl_recorder_door(pl_recorder *recorder);

/* Step 1, in the state after execution: notes which of the touched rows are there. (A state that
 * nothing changes skips this: then all are as they were.) Returns PL_OK or a FAULT. */
PL_MUST_USE pl_status pl_recorder_note_end(pl_recorder *recorder);

/* Step 2, in the state before execution (rolled back, pl_store_root taken): appends the canonical
 * witness. On a writer that only counts, it measures. Returns PL_OK or a FAULT. */
PL_MUST_USE pl_status pl_recorder_write(pl_recorder *recorder, pl_writer *writer);

#endif
