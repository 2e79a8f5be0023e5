/* libplimsoll-verify: is this certificate true? One call, no files, no clock, no heap of its own.
 *
 *     pl_arena arena;
 *     pl_verifier *verifier;
 *     pl_verdict verdict;
 *     pl_arena_begin(&arena, block, sizeof block);
 *     pl_memory memory = pl_arena_memory(&arena, 0);
 *     if (pl_verify(&verdict, &verifier, &memory, bytes, size, NULL) == PL_OK) ...
 *     pl_verifier_free(verifier);
 *
 * PL_OK says: everything of spec 10 §8 was recomputed and agrees. It says nothing about where the
 * chain came from: compare verdict.world_id and verdict.block_hash with what you know. */
#ifndef PL_VERIFY_H
#define PL_VERIFY_H

#include "vm/base/arena.h"
#include "vm/chain/certificate.h"
#include "vm/plimsoll.h"

typedef struct pl_verifier pl_verifier;

/* The steps of spec 10 §8, in their order. */
typedef enum pl_verify_step {
    PL_VERIFY_SHAPE,
    PL_VERIFY_WORLD,
    PL_VERIFY_HEADERS,
    PL_VERIFY_WITNESS,
    PL_VERIFY_BLOCK,
    PL_VERIFY_VIEWS,
    PL_VERIFY_EVIDENCE,
    PL_VERIFY_CLAIM,
    PL_VERIFY_WHOLE,
    PL_VERIFY_DONE
} pl_verify_step;

/* What was found. Pointers are valid until pl_verifier_free. Filled as far as verification came. */
typedef struct pl_verdict {
    pl_status status;
    pl_verify_step step; /* where it ended; PL_VERIFY_DONE with PL_OK             */
    size_t offset;       /* steps shape, world, witness: in the certificate; else 0 */
    uint32_t index;      /* which view, evidence, transaction or header; PL_NONE    */
    uint8_t id[32];      /* of the certificate, when it holds: its seal         */
    uint8_t world_id[32];
    uint8_t block_hash[32];     /* of block `height`; height 0: the world id               */
    uint8_t pre_root[32];       /* of the base                                             */
    uint8_t post_root[32];      /* after the block; kind state: as pre_root                */
    uint64_t row_count;         /* of the base                                             */
    pl_certificate certificate; /* its parts                                               */
    pl_block_result block;      /* kind block, from step views on: counts and receipts     */
    uint32_t rows_told;         /* rows of the witness                                     */
    uint32_t signatures;        /* kind block: reports accepted in the block               */
} pl_verdict;

typedef struct pl_verify_options {
    const uint8_t *world; /* for certificates that carry none; NULL otherwise */
    size_t world_size;
    uint64_t gas_max; /* 0: no bound */
} pl_verify_options;

/* On input: an unpacked certificate; its bytes must outlive the verifier. options may be NULL.
 * On output: *verdict, and *verifier (NULL when not even the world loaded) to be freed in any case.
 * Returns verdict->status: PL_OK, the REJECT of the rule that failed, or a FAULT. */
PL_MUST_USE pl_status pl_verify(pl_verdict *verdict, pl_verifier **verifier,
                                const pl_memory *memory, const uint8_t *bytes, size_t size,
                                const pl_verify_options *options);
void pl_verifier_free(pl_verifier *verifier);

/* The chain as it stands at the end of verification, for names, code, labels, feeds. Rows outside
 * the witness answer PL_FAULT_WITNESS, after which it can only be freed. */
pl_chain *pl_verifier_chain(pl_verifier *verifier);

/* The price of a feed in the state at the end. Returns false when there is none, or when the
 * witness does not tell it; nothing breaks then. */
bool pl_verifier_price(pl_price *price, pl_verifier *verifier, uint32_t feed);

/* The name of a step, for people. */
const char *pl_verify_step_name(pl_verify_step step);

#endif
