/* What the three Chainlink formats share: report context, the arrays of signatures, observations.
 * spec 09 §2-§4 */
#ifndef PL_ORACLE_OCR_H
#define PL_ORACLE_OCR_H

#include "vm/oracle/adapter.h"

/* Oracles of one configuration: what the contracts have room for. */
#define PL_OCR_ORACLES 31u

/* A transmission: where its parts are. All sizes are bounded by the payload. */
typedef struct pl_ocr {
    pl_bytes_cursor report; /* over exactly the bytes of the report */
    const uint8_t *report_bytes;
    size_t report_size;
    size_t count; /* signatures, at most PL_OCR_ORACLES */
    const uint8_t *r, *s, *v;
    size_t head_size; /* of what stands before the three lengths */
} pl_ocr;

/* The words at the cursor: offsets of report, r[] and s[] counted from `base`, and the word of v.
 * Returns TRUNCATED, LIMIT (more signatures than oracles) or SIGNATURE (r[] and s[] differ in
 * length). On output: *ocr, the cursor behind the word of v. Strict: TRAILING when bytes of v that
 * belong to no signature are not zero. */
PL_MUST_USE pl_status pl_ocr_take(pl_ocr *ocr, pl_reading *reading, pl_bytes_cursor *cursor,
                                  size_t base);

/* Strict: TRAILING unless these bytes, which no rule reads, are zero. */
void pl_ocr_unread(pl_reading *reading, const uint8_t *bytes, size_t size);

/* epoch u32 | round u8: the reading's order = epoch * 256 + round. */
PL_MUST_USE pl_status pl_ocr_take_round(pl_bytes_cursor *cursor, pl_reading *reading);

/* The report context of OCR2: configuration digest 32 | padding 27, epoch, round | extra hash 32.
 * On output: *context, its 96 bytes, which start with the digest; the reading's order. Strict:
 * TRAILING when the padding is not zero. */
PL_MUST_USE pl_status pl_ocr_take_context(pl_bytes_cursor *cursor, const uint8_t **context,
                                          pl_reading *reading);

/* digest = keccak256(keccak256(report) | context 96). */
void pl_ocr2_digest(uint8_t digest[32], const pl_ocr *ocr, const uint8_t *context);

/* Checks the signatures of the transmission against the set found before: at least the quorum of
 * them, or, with `exact`, neither less nor more (QUORUM); then each, as spec 09 says, and no signer
 * twice (SIGNER_DUPLICATE). */
PL_MUST_USE pl_status pl_ocr_signed(pl_signers *signers, const pl_ocr *ocr, const uint8_t *digest,
                                    bool exact);

/* The payload has these parts and nothing else: its size is the sum of theirs, the report not
 * padded to words. Returns TRAILING when the payload is longer, TRUNCATED (parts overlap) when
 * shorter. */
PL_MUST_USE pl_status pl_ocr_exact(const pl_ocr *ocr, const pl_adapter_input *in);

/* True when times * f or fewer observations stand behind a median; f = quorum - 1. False in an
 * inspection. */
bool pl_ocr_too_few(const pl_signers *signers, size_t count, unsigned times);

/* Observer numbers: count of them, each below PL_OCR_ORACLES (RANGE), none twice (DUPLICATE). */
PL_MUST_USE pl_status pl_ocr_observers(const uint8_t *observers, size_t count);

/* The words of count observations (1 or more) at the cursor, int192 each (NON_CANONICAL).
 * On output: *median, the one at count / 2, and whether no one is below the one before it. */
PL_MUST_USE pl_status pl_ocr_median(pl_bytes_cursor *cursor, pl_i256 *median, bool *is_ascending,
                                    size_t count);

#endif
