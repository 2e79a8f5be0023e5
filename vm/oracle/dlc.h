/* What the two DLC formats share: TLV sizes and the one key that signs. spec 09 §15 */
#ifndef PL_ORACLE_DLC_H
#define PL_ORACLE_DLC_H

#include "vm/base/sha256.h"
#include "vm/oracle/adapter.h"

/* A BigSize: u8, or fd u16, fe u32, ff u64, always the shortest. TRUNCATED, NON_CANONICAL. */
PL_MUST_USE pl_status pl_take_bigsize(pl_bytes_cursor *cursor, const char *name, uint64_t *value);

/* A BigSize and so many bytes of text. */
PL_MUST_USE pl_status pl_take_dlc_text(pl_bytes_cursor *cursor, const char *name,
                                       const uint8_t **text, size_t *size);

/* The head of a TLV: type (MAGIC) and size, which must not lead past the cursor's end (TRUNCATED).
 * On output: *inner over its value; the cursor stands behind it. */
PL_MUST_USE pl_status pl_take_tlv(pl_bytes_cursor *cursor, const char *name, uint64_t type,
                                  pl_bytes_cursor *inner);

/* The active set and the place of an x-only key in it: SIGNER_SET, UNKNOWN_SIGNER. -1 in an
 * inspection that does not know the key. */
PL_MUST_USE pl_status pl_dlc_signer(pl_signers *signers, int *member, const pl_adapter_input *in,
                                    const uint8_t *xonly);

/* BIP-340 over a digest, told to the observer. Every failure is SIGNATURE. */
PL_MUST_USE pl_status pl_dlc_check(pl_signers *signers, int member, const uint8_t *xonly,
                                   const uint8_t *digest, const uint8_t *signature);

#endif
