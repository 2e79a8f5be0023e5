/* Band threshold signatures. spec 09 §14
 *
 *     R, compressed 33 | s 32 | message
 *
 * One signature by the key of a group, which is the first member of the set. Every failure of the
 * equation is SIGNATURE, an s that is not below n included. */
#include "vm/base/keccak.h"
#include "vm/oracle/adapter.h"

#define NONCE 33u

pl_status pl_band_read(pl_reading *reading, const pl_adapter_input *in)
{
    const uint8_t *nonce, *s, *message;
    pl_signers signers;
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size);
    PL_TRY(pl_take(&cursor, "R", PL_PART_BYTES, &nonce, NONCE));
    PL_TRY(pl_take(&cursor, "s", PL_PART_BYTES, &s, 32));
    const size_t size = cursor.end - cursor.offset;
    PL_SURE(pl_take(&cursor, "message", PL_PART_BYTES, &message, size));
    PL_TRY(pl_signers_active(&signers, in));

    uint8_t digest[32];
    pl_keccak_of(digest, message, size);
    if (signers.set == NULL) {
        pl_signers_show(&signers, digest, PL_REJECT_UNKNOWN_SIGNER, NULL, 0, -1);
    } else {
        const bool holds = pl_band_check(&signers.set->keys[0], message, size, nonce, s) == PL_OK;
        const pl_status status = holds ? PL_OK : PL_REJECT_SIGNATURE;
        pl_signers_show(&signers, digest, status, signers.set->members, PL_MEMBER_KEY, 0);
        PL_TRY(status);
        PL_SURE(pl_signers_count(&signers, 0));
        PL_TRY(pl_signers_quorum(&signers));
    }
    pl_signers_tell(reading, &signers, digest);
    return PL_OK;
}
