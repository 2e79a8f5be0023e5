#include "tools/import/body.h"

#include <stdlib.h>

pt_exit pt_body_report(pt_bytes *body, const pt_signer *signer, const uint8_t world_id[32],
                       const pt_price_report *price, pt_report *report)
{
    const size_t start = body->size;
    pt_put_u32(body, 0);
    PT_TRY(pt_signer_report(body, signer, world_id, price, report));
    pt_set_u32(body, start, (uint32_t)(body->size - start - 4));
    return PT_OK;
}

void pt_body_call(pt_bytes *body, const pl_tx *tx)
{
    const size_t size = pl_tx_size(tx);
    uint8_t *encoded = pt_take(size);
    pl_tx_encode(encoded, tx);
    pt_put_u32(body, (uint32_t)size);
    pt_put(body, encoded, size);
    free(encoded);
}
