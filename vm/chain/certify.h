/* A certificate being made: what certify.c finds out and certify_write.c writes. Private to this
 * folder. */
#ifndef PL_CHAIN_CERTIFY_H
#define PL_CHAIN_CERTIFY_H

#include "vm/chain/buffer.h"
#include "vm/chain/certificate.h"
#include "vm/state/witness.h"

/* Marks of a piece of evidence: it goes into the certificate when it has both. */
#define PL_EVIDENCE_HOLDS 1u /* it is the report of the price that is there */
#define PL_EVIDENCE_TOLD  2u /* the witness tells the price                 */

typedef struct making {
    pl_chain *chain;
    const pl_certify *request;
    pl_recorder *recorder; /* NULL: execution starts from genesis  */
    uint64_t height;       /* of the block or state                */
    uint32_t next;         /* the first view that was not asked    */
    pl_buffer views;       /* those that were, with their answers  */
    uint8_t *marks;        /* one per piece of evidence            */
    pl_status status;      /* of the views inside the block        */
} making;

/* Puts the certificate together. On input: the chain stands at the base again.
 * Returns PL_OK, LIMIT (the certificate would be too large), or a FAULT. */
PL_MUST_USE pl_status pl_certified_write(pl_certified *made, making *m);

#endif
