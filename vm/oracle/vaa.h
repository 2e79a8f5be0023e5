/* A Wormhole VAA inside other bytes, for the formats that travel in one, and the chain of guardian
 * sets, for people. spec 09 §5 */
#ifndef PL_ORACLE_VAA_H
#define PL_ORACLE_VAA_H

#include "vm/oracle/adapter.h"

#define PL_EMITTER_SIZE 32u

/* A verified message. emitter and payload point into the report. */
typedef struct pl_vaa {
    uint32_t set_index;
    uint32_t time_s;
    uint16_t emitter_chain;
    const uint8_t *emitter; /* 32 bytes */
    uint64_t sequence;
    pl_bytes_cursor payload; /* from the payload's first byte to the end of the VAA */
    uint8_t digest[32];
} pl_vaa;

/* Reads and verifies the VAA that fills the cursor to its end.
 * On output, only for PL_OK: *vaa, and *signers with the set and everybody who signed.
 * Returns TRUNCATED, VERSION, SIGNER_SET, SIGNER_SET_OVER, QUORUM, SIGNER, SIGNER_DUPLICATE,
 * SIGNER_ORDER, or what pl_signers_recover_at says. */
PL_MUST_USE pl_status pl_vaa_check(pl_vaa *vaa, pl_signers *signers, pl_bytes_cursor *cursor);

/* The set that a guardian set upgrade announces. members points into the upgrade. */
typedef struct pl_guardian_set {
    uint32_t index;
    uint8_t quorum; /* 2/3 of the members rounded down, and one more */
    uint8_t member_count;
    const uint8_t *members; /* 20 bytes each */
} pl_guardian_set;

/* Verifies an upgrade VAA under `current`, the set before it, and reads the next set. No part of
 * consensus: a world lists its sets; this is how a person checks that list from its first key.
 * On input: vaa, any bytes. On output: *next, only for PL_OK.
 * Returns what pl_vaa_check returns; EMITTER (not the core governance contract), MESSAGE_TYPE
 * (another module or action, or for one chain only), ORDER (not the index after the current),
 * RANGE (no members), NON_CANONICAL (the zero address), DUPLICATE, TRUNCATED or TRAILING. */
PL_MUST_USE pl_status pl_guardian_upgrade(pl_guardian_set *next, const pl_guardian_set *current,
                                          const uint8_t *vaa, size_t vaa_size);

/* id of a guardian set as a feed lists it: 28 zero bytes, index u32. spec 09 §1 */
void pl_guardian_set_id(uint8_t id[32], uint64_t index);

#endif
