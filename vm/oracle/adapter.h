/* What adapters share: a cursor that names each part it takes, ABI words, and the gathering of
 * signers. One adapter per format reads a payload front to back with these and nothing else; the
 * order of its checks is the order of its lines. spec 05 §4
 *
 * Sizes and offsets come from outside: every take checks that the bytes are there. */
#ifndef PL_ORACLE_ADAPTER_H
#define PL_ORACLE_ADAPTER_H

#include "vm/oracle/curve.h"
#include "vm/oracle/oracle.h"

typedef struct pl_adapter_input {
    const pl_feed *feed;
    uint64_t now_s;
    const uint8_t *payload;
    size_t size;
    const pl_observer *observer; /* or NULL */
} pl_adapter_input;

static inline bool pl_is_strict(const pl_adapter_input *in)
{
    return in->feed->rules == PL_RULES_STRICT;
}

/* Inspection goes on where a feed would refuse. */
static inline bool pl_is_inspection(const pl_adapter_input *in)
{
    return in->observer != NULL && in->observer->any_signer;
}

/* Every adapter: *reading is zero on input but for expires_s = UINT64_MAX. */
#define FORMAT(number, NAME, adapter, ...)                                                         \
    PL_MUST_USE pl_status pl_##adapter##_read(pl_reading *reading, const pl_adapter_input *in);
#include "vm/oracle/formats.def"
#undef FORMAT

/* ---- the cursor ---- */

typedef struct pl_bytes_cursor {
    const pl_adapter_input *in;
    size_t offset; /* next byte                       */
    size_t end;    /* takes beyond it are TRUNCATED   */
} pl_bytes_cursor;

/* Over payload[from..end); both are inside the payload. */
pl_bytes_cursor pl_bytes_cursor_at(const pl_adapter_input *in, size_t from, size_t end);

/* Each take names what it takes (told to the observer), moves past it and returns PL_OK, or
 * TRUNCATED with the cursor unmoved. *bytes points into the payload. */
PL_MUST_USE pl_status pl_take(pl_bytes_cursor *cursor, const char *name, pl_part_kind kind,
                              const uint8_t **bytes, size_t size);
/* An unsigned number of size bytes, 1..8; unit: PL_TIME_NONE or the unit of a time. */
PL_MUST_USE pl_status pl_take_uint(pl_bytes_cursor *cursor, const char *name, pl_time_unit unit,
                                   uint64_t *value, size_t size);
PL_MUST_USE pl_status pl_take_uint_le(pl_bytes_cursor *cursor, const char *name, pl_time_unit unit,
                                      uint64_t *value, size_t size);
/* A signed number of size bytes, 1..8. */
PL_MUST_USE pl_status pl_take_int(pl_bytes_cursor *cursor, const char *name, int64_t *value,
                                  size_t size);
PL_MUST_USE pl_status pl_take_int_le(pl_bytes_cursor *cursor, const char *name, int64_t *value,
                                     size_t size);
/* PL_OK at the end, else TRAILING. */
PL_MUST_USE pl_status pl_take_end(const pl_bytes_cursor *cursor);

/* ---- Solidity ABI: words of 32 bytes ---- */

/* An unsigned word that must fit `bits` (8..64, whole bytes): NON_CANONICAL when higher bytes are
 * not zero. */
PL_MUST_USE pl_status pl_word_uint(pl_bytes_cursor *cursor, const char *name, pl_time_unit unit,
                                   uint64_t *value, unsigned bits);
/* A signed or unsigned word of `bits` (8..256, whole bytes) as a 256-bit number: NON_CANONICAL when
 * it is not the extension of that many bits. */
PL_MUST_USE pl_status pl_word_int256(pl_bytes_cursor *cursor, const char *name, pl_i256 *value,
                                     unsigned bits, bool is_signed);
PL_MUST_USE pl_status pl_word_bytes(pl_bytes_cursor *cursor, const char *name,
                                    const uint8_t **word);

/* A word that is hashed as it stands and judged after the signature: any 32 bytes. unit is
 * PL_TIME_NONE, or that of a time. */
PL_MUST_USE pl_status pl_word_raw(pl_bytes_cursor *cursor, const char *name, pl_part_kind kind,
                                  pl_time_unit unit, const uint8_t **word);

/* What a raw word says, by the same rules as pl_word_uint and pl_word_int256. */
PL_MUST_USE pl_status pl_uint_of_word(uint64_t *value, const uint8_t *word, unsigned bits);
PL_MUST_USE pl_status pl_int256_of_word(pl_i256 *value, const uint8_t *word, unsigned bits,
                                        bool is_signed);

/* The recovery byte in a word; a word above 255 is one that no format allows. */
uint64_t pl_recovery_of_word(const uint8_t *word);

/* The dynamic value whose offset word stands at the cursor, the offset counted from `base`: leaves
 * *inner at the value's content and *count its length word (bytes, or elements of element_size).
 * Returns TRUNCATED when offset or length lead outside the payload; nothing is allocated for a
 * count, and count * element_size cannot wrap. */
PL_MUST_USE pl_status pl_abi_dynamic(pl_bytes_cursor *cursor, const char *name, size_t base,
                                     size_t element_size, pl_bytes_cursor *inner, size_t *count);

/* ---- signers ---- */

typedef struct pl_signers {
    const pl_adapter_input *in;
    const pl_signer_set *set; /* NULL in an inspection without a set */
    uint16_t set_number;
    pl_member_set seen;
    unsigned count;         /* distinct members that signed */
    unsigned met;           /* signatures met               */
    pl_status strict_error; /* HIGH_S: a high s was met that the deployed verifier accepts */
} pl_signers;

/* The set that is active at now_s, for formats that do not name theirs: SIGNER_SET when none. */
PL_MUST_USE pl_status pl_signers_active(pl_signers *signers, const pl_adapter_input *in);

/* The set that the report names by 32 bytes: `unknown` (SIGNER_SET or CONFIG) when there is none of
 * this id, SIGNER_SET_OVER when it is not active. */
PL_MUST_USE pl_status pl_signers_named(pl_signers *signers, const pl_adapter_input *in,
                                       const uint8_t id[32], pl_status unknown);

/* One ECDSA signature with recovery: v is the byte of the wire less v_base (27 or 0).
 * Checks in this order: RECOVERY_ID (v is not v_base or v_base + 1), SIGNATURE_RANGE, HIGH_S (only
 * with the format's LOW_S flag; otherwise a high s is noted for strict feeds), SIGNATURE,
 * UNKNOWN_SIGNER. On output: *member its place in the set (-1 for an unknown one in an inspection).
 * Does not count it: see pl_signers_count. */
PL_MUST_USE pl_status pl_signers_recover(pl_signers *signers, int *member, const uint8_t *digest,
                                         const uint8_t *r, const uint8_t *s, uint64_t v,
                                         unsigned v_base);

/* The same for formats where a signature says whose it is: the key must be that of the member at
 * `place`, which is below the set's member_count (any place in an inspection). SIGNATURE when it is
 * another member's. */
PL_MUST_USE pl_status pl_signers_recover_at(pl_signers *signers, unsigned place,
                                            const uint8_t *digest, const uint8_t *r,
                                            const uint8_t *s, uint64_t v, unsigned v_base);

/* Counts a member. Returns PL_OK, or SIGNER_DUPLICATE when it was counted before. */
PL_MUST_USE pl_status pl_signers_count(pl_signers *signers, int member);

/* QUORUM when fewer than the set's quorum were counted, or, for EXACT formats, more. */
PL_MUST_USE pl_status pl_signers_quorum(const pl_signers *signers);

/* The whole of a format with one signature, v 27 or 28, by a member of the active set: SIGNER_SET,
 * the checks of pl_signers_recover, QUORUM; then pl_signers_tell. */
PL_MUST_USE pl_status pl_signers_single(pl_reading *reading, const pl_adapter_input *in,
                                        const uint8_t *digest, const uint8_t *r, const uint8_t *s,
                                        uint64_t v);

/* Fills set, signers, signatures, digest and strict_error of the reading. digest may be NULL. */
void pl_signers_tell(pl_reading *reading, const pl_signers *signers, const uint8_t *digest);

/* Tells the observer about a signature that pl_signers_recover did not see (Schnorr forms). */
void pl_signers_show(pl_signers *signers, const uint8_t *digest, pl_status status,
                     const uint8_t *signer, uint8_t signer_size, int member);

/* SUBJECT unless the feed's subject is these bytes; an empty subject accepts any. */
PL_MUST_USE pl_status pl_subject_check(const pl_adapter_input *in, const uint8_t *bytes,
                                       size_t size);

/* Notes a rule broken that only a strict feed has: the first one stays. spec 05 §5 */
void pl_reading_strict(pl_reading *reading, pl_status error);

/* The price, with the exponent of the format's scale: fixed, or the feed's wire_decimals. Not for
 * formats that carry an exponent. */
void pl_reading_price(pl_reading *reading, const pl_adapter_input *in, const pl_i256 *price);

/* Splits a time of the given unit into seconds and nanoseconds. */
void pl_reading_time(pl_reading *reading, pl_time_unit unit, uint64_t time);

#endif
