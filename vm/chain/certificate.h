/* The bytes of a certificate: taken apart without judging, and made. spec 10
 *
 * Verification is in vm/verify.h. */
#ifndef PL_CHAIN_CERTIFICATE_H
#define PL_CHAIN_CERTIFICATE_H

#include "vm/base/bytes.h"
#include "vm/chain/block.h"
#include "vm/base/memory.h"

#define PL_CERTIFICATE_SIZE_MAX (64u << 20)
#define PL_CERTIFICATE_VIEW_GAS (UINT64_C(1) << 28)
#define PL_LINK_SIZE            104u /* time u64 | body hash | state root | receipts hash */
#define PL_SEAL_SIZE            32u
#define PL_MOMENT_BASE          0u
#define PL_MOMENT_END           UINT32_MAX

typedef enum pl_certificate_kind {
    PL_CERTIFIES_BLOCK = 1,
    PL_CERTIFIES_STATE = 2
} pl_certificate_kind;

typedef enum pl_claim_kind {
    PL_CLAIM_BLOCK = 0,
    PL_CLAIM_TRANSACTION = 1,
    PL_CLAIM_TRIGGER = 2,
    PL_CLAIM_BELOW = 3,
    PL_CLAIM_NOT_BELOW = 4
} pl_claim_kind;

/* A question and its answer. */
typedef struct pl_certified_view {
    uint32_t moment; /* 2 i + 1 before, 2 i + 2 after transaction i; or PL_MOMENT_ */
    uint32_t contract;
    uint16_t function;
    const uint8_t *arguments;
    uint16_t arguments_size;
    pl_status status; /* PL_OK or a TRAP */
    const uint8_t *result;
    uint16_t result_size;
} pl_certified_view;

typedef struct pl_evidence {
    uint32_t feed;
    const uint8_t *report; /* the envelope of spec 05 §2 */
    uint32_t report_size;
} pl_evidence;

typedef struct pl_certified_claim {
    uint8_t kind;           /* a pl_claim_kind                       */
    uint32_t transaction;   /* UINT32_MAX where the kind has none    */
    const uint8_t *account; /* 32 bytes; zeros where the kind has none */
    uint16_t view;          /* UINT16_MAX where the kind has none    */
} pl_certified_claim;

/* A certificate taken apart; every pointer points into its bytes. */
typedef struct pl_certificate {
    uint8_t kind; /* a pl_certificate_kind */
    uint64_t height;
    const uint8_t *world; /* NULL when the reader brings it */
    uint32_t world_size;
    uint32_t header_count;
    const uint8_t *first_header; /* PL_HEADER_SIZE bytes */
    const uint8_t *links;        /* header_count - 1 of PL_LINK_SIZE */
    const uint8_t *witness;
    uint32_t witness_size;
    const uint8_t *body; /* kind block */
    uint32_t body_size;
    uint16_t view_count;
    const uint8_t *views; /* walk with pl_certificate_view_next */
    size_t views_size;
    uint16_t evidence_count;
    const uint8_t *evidence; /* walk with pl_certificate_evidence_next */
    size_t evidence_size;
    pl_certified_claim claim;
    const uint8_t *seal; /* PL_SEAL_SIZE bytes: its identity */
} pl_certificate;

/* The step "shape" of spec 10 §8. On failure *offset is where.
 * Returns PL_OK, TRUNCATED, TRAILING, MAGIC, VERSION, CHECK (the seal), TYPE, LIMIT, ORDER, RANGE
 * (a moment) or CLAIM. */
PL_MUST_USE pl_status pl_certificate_decode(pl_certificate *certificate, size_t *offset,
                                            const uint8_t *bytes, size_t size);

/* Walks: *offset starts at 0, false at the end. Only for a decoded certificate. */
bool pl_certificate_view_next(pl_certified_view *view, size_t *offset, const pl_certificate *of);
bool pl_certificate_evidence_next(pl_evidence *evidence, size_t *offset, const pl_certificate *of);

/* The header at a height of the path, its left out fields filled in. It must be on the path.
 * Linear in its distance from the first. */
void pl_certificate_header(pl_header *header, const pl_certificate *certificate, uint64_t height);

/* seal = tagged("plimsoll/certificate", bytes), bytes being all that stands before it. */
void pl_certificate_seal(uint8_t *seal, const uint8_t *bytes, size_t size);

/* ---- packed, spec 10 §2: the zlib stream itself is the caller's business ---- */

#define PL_PACKED_HEAD_SIZE 42u

/* On output: where the zlib stream is, and how many bytes it must give.
 * Returns PL_OK, TRUNCATED, MAGIC, VERSION, LIMIT or CHECK. */
PL_MUST_USE pl_status pl_packed_open(const uint8_t **deflated, size_t *deflated_size, size_t *size,
                                     const uint8_t *bytes, size_t bytes_size);

/* On output: head, the PL_PACKED_HEAD_SIZE bytes to stand before the stream. */
void pl_packed_head(uint8_t *head, size_t size, const uint8_t *deflated, size_t deflated_size);

/* ---- making ---- */

/* What is to be certified. Views: status and result are filled in by the making, sorted by the
 * caller as spec 10 §5 wants. */
typedef struct pl_certify {
    uint8_t kind;
    bool without_world;
    const uint8_t
        *headers; /* count of PL_HEADER_SIZE, consecutive, covering what spec 10 §3 wants */
    uint32_t header_count;
    const uint8_t *block; /* kind block: the whole block that follows the chain's head */
    size_t block_size;
    const pl_certified_view *views; /* status and result ignored */
    uint16_t view_count;
    const pl_evidence *evidence;
    uint16_t evidence_count;
    pl_certified_claim claim;
} pl_certify;

/* What came out; free with pl_certified_free. */
typedef struct pl_certified {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
    bool has_seek;             /* the witness tells every row of the state */
    uint32_t evidence_dropped; /* evidence of feeds that were read, but that does not verify */
} pl_certified;

typedef struct pl_chain pl_chain;

/* Makes a certificate. kind block: the chain stands at the block's parent; the block is executed
 * with a recording door and undone again. kind state: at the state's height. The chain is left as
 * it was. The claim is not judged here: pl_verify does. Evidence whose feed the execution did not
 * read would be refused later: it is left away here.
 * Returns PL_OK, what replaying the block returns, TYPE (kind, or no block), HEIGHT or PARENT
 * (headers that do not follow each other), ORDER (views, evidence), RANGE (a moment or view that
 * does not exist), LIMIT (more than PL_CERTIFICATE_SIZE_MAX), or a FAULT. */
PL_MUST_USE pl_status pl_chain_certify(pl_certified *made, pl_chain *chain,
                                       const pl_certify *request);
void pl_certified_free(pl_certified *made, pl_chain *chain);

#endif
