/* Proofs of one key against a state root: the row that is there, or that there is none. spec 04 §4
 *
 * Directions come from the key's path, every byte is hashed, and each true statement has exactly
 * one proof. The verifier takes no memory and returns a status, never a root to be compared. */
#ifndef PL_STATE_PROOF_H
#define PL_STATE_PROOF_H

#include "vm/base/bytes.h"
#include "vm/base/limits.h"
#include "vm/state/tree.h"

#define PL_PROOF_INCLUSION  1u
#define PL_PROOF_EMPTY      2u /* absence: the path leads to an empty place  */
#define PL_PROOF_OTHER_LEAF 3u /* absence: the path leads to another row's leaf */

#define PL_PROOF_DEPTH_MAX 256u
#define PL_PROOF_SIZE_MAX  (1u + 8u + 2u + 32u * PL_PROOF_DEPTH_MAX + 2u + PL_ROW_SIZE_MAX)

/* What a verified proof says about its key. */
typedef struct pl_claim {
    const uint8_t *row; /* points into the proof; NULL when the row is absent */
    uint16_t row_size;
    uint64_t row_count; /* of the whole state */
} pl_claim;

/* Appends the proof for path to the writer (see pl_writer_end for too small a buffer).
 * On input: row and row_size, the row whose hash is in the leaf of this path; NULL and 0 when the
 * tree has no such leaf. */
void pl_proof_make(pl_writer *writer, const pl_tree *tree, const uint8_t path[PL_HASH_SIZE],
                   const uint8_t *row, uint16_t row_size);

/* On input: a state root and a path from trusted places; any proof bytes.
 * On output: *claim when PL_OK. Returns PL_OK, PL_REJECT_PROOF_SHAPE or PL_REJECT_PROOF_ROOT. */
PL_MUST_USE pl_status pl_proof_verify(pl_claim *claim, const uint8_t root[PL_HASH_SIZE],
                                      const uint8_t path[PL_HASH_SIZE], const uint8_t *proof,
                                      size_t proof_size);

#endif
