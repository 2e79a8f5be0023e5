/* The parts of a block body (spec 06 §2) that importers and plim run write: reports, calls. */
#ifndef PT_IMPORT_BODY_H
#define PT_IMPORT_BODY_H

#include "tools/import/signer.h"
#include "vm/plimsoll.h"

/* Appends size u32 | one native report of the stand-in signer. Errors: PT_INPUT, PT_LIMIT. */
pt_exit pt_body_report(pt_bytes *body, const pt_signer *signer, const uint8_t world_id[32],
                       const pt_price_report *price, pt_report *report);

/* Appends size u32 | the transaction, without signature and nonce (a world of tx_auth none). */
void pt_body_call(pt_bytes *body, const pl_tx *tx);

#endif
