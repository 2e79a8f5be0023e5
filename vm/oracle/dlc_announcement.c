/* DLC oracle announcements: which event an oracle will attest to, with which nonces. spec 09 §15
 *
 *     TLV fdd824: signature 64 | x-only key 32 | event
 *     event, TLV fdd822: nonce count u16 | nonces 32 each | maturity u32, s | descriptor | event id
 *     descriptor, TLV fdd80a: base u16 | signed u8 | unit | precision i32 | digits u16
 *              or TLV fdd806: outcome count u16 | outcomes
 *
 * Frame of both TLVs, key, signature over the whole event, then what the event says. */
#include <string.h>

#include "vm/oracle/dlc.h"

#define TYPE_ANNOUNCEMENT 0xd824u
#define TYPE_EVENT        0xd822u
#define TYPE_DIGITS       0xd80au
#define TYPE_ENUM         0xd806u

/* ---- what both formats share ---- */

pl_status pl_take_bigsize(pl_bytes_cursor *cursor, const char *name, uint64_t *value)
{
    if (cursor->offset == cursor->end) {
        return PL_REJECT_TRUNCATED;
    }
    const uint8_t first = cursor->in->payload[cursor->offset];
    if (first < 0xfd) {
        return pl_take_uint(cursor, name, PL_TIME_NONE, value, 1);
    }
    const uint8_t *prefix;
    const unsigned size = 2u << (first - 0xfdu); /* fd 2, fe 4, ff 8 */
    const uint64_t least = size == 2 ? 0xfd : UINT64_C(1) << (4 * size);
    PL_SURE(pl_take(cursor, "size prefix", PL_PART_BYTES, &prefix, 1));
    PL_TRY(pl_take_uint(cursor, name, PL_TIME_NONE, value, size));
    return *value < least ? PL_REJECT_NON_CANONICAL : PL_OK;
}

static pl_status take_sized(pl_bytes_cursor *cursor, const char *name, uint64_t *size)
{
    PL_TRY(pl_take_bigsize(cursor, name, size));
    return *size > cursor->end - cursor->offset ? PL_REJECT_TRUNCATED : PL_OK;
}

pl_status pl_take_dlc_text(pl_bytes_cursor *cursor, const char *name, const uint8_t **text,
                           size_t *size)
{
    uint64_t text_size;
    PL_TRY(take_sized(cursor, "text size", &text_size));
    *size = (size_t)text_size;
    return pl_take(cursor, name, PL_PART_TEXT, text, *size);
}

pl_status pl_take_tlv(pl_bytes_cursor *cursor, const char *name, uint64_t type,
                      pl_bytes_cursor *inner)
{
    uint64_t found, size;
    PL_TRY(pl_take_bigsize(cursor, name, &found));
    if (found != type) {
        return PL_REJECT_MAGIC;
    }
    PL_TRY(take_sized(cursor, "size", &size));
    *inner = pl_bytes_cursor_at(cursor->in, cursor->offset, cursor->offset + (size_t)size);
    cursor->offset += (size_t)size;
    return PL_OK;
}

pl_status pl_dlc_signer(pl_signers *signers, int *member, const pl_adapter_input *in,
                        const uint8_t *xonly)
{
    *member = -1;
    PL_TRY(pl_signers_active(signers, in));
    for (unsigned i = 0; signers->set != NULL && i < signers->set->member_count; i++) {
        if (memcmp(signers->set->members + i * PL_MEMBER_XONLY, xonly, PL_MEMBER_XONLY) == 0) {
            *member = (int)i;
        }
    }
    return *member >= 0 || pl_is_inspection(in) ? PL_OK : PL_REJECT_UNKNOWN_SIGNER;
}

pl_status pl_dlc_check(pl_signers *signers, int member, const uint8_t *xonly, const uint8_t *digest,
                       const uint8_t *signature)
{
    const bool holds = pl_bip340_check(xonly, digest, 32, signature) == PL_OK;
    const pl_status status = holds ? PL_OK : PL_REJECT_SIGNATURE;
    pl_signers_show(signers, digest, status, xonly, PL_MEMBER_XONLY, member);
    return status;
}

/* ---- the announcement ---- */

static pl_status take_digits(pl_bytes_cursor *inner)
{
    uint64_t number;
    int64_t precision;
    const uint8_t *unit;
    size_t unit_size;
    PL_TRY(pl_take_uint(inner, "base", PL_TIME_NONE, &number, 2));
    PL_TRY(pl_take_uint(inner, "is signed", PL_TIME_NONE, &number, 1));
    PL_TRY(pl_take_dlc_text(inner, "unit", &unit, &unit_size));
    PL_TRY(pl_take_int(inner, "precision", &precision, 4));
    PL_TRY(pl_take_uint(inner, "digits", PL_TIME_NONE, &number, 2));
    return pl_take_end(inner);
}

static pl_status take_outcomes(pl_bytes_cursor *inner)
{
    uint64_t count;
    PL_TRY(pl_take_uint(inner, "outcome count", PL_TIME_NONE, &count, 2));
    for (uint64_t i = 0; i < count; i++) { /* every outcome takes a byte at least */
        const uint8_t *outcome;
        size_t size;
        PL_TRY(pl_take_dlc_text(inner, "outcome", &outcome, &size));
    }
    return pl_take_end(inner);
}

static pl_status take_descriptor(pl_bytes_cursor *cursor)
{
    pl_bytes_cursor peek = *cursor, inner;
    pl_adapter_input quiet = *cursor->in;
    quiet.observer = NULL;
    peek.in = &quiet;
    uint64_t type;
    PL_TRY(pl_take_bigsize(&peek, "descriptor", &type));
    if (type == TYPE_ENUM) {
        PL_TRY(pl_take_tlv(cursor, "descriptor", TYPE_ENUM, &inner));
        return take_outcomes(&inner);
    }
    PL_TRY(pl_take_tlv(cursor, "descriptor", TYPE_DIGITS, &inner));
    return take_digits(&inner);
}

static pl_status take_event(pl_reading *reading, pl_bytes_cursor *inner)
{
    uint64_t nonces;
    const uint8_t *bytes;
    size_t size;
    PL_TRY(pl_take_uint(inner, "nonce count", PL_TIME_NONE, &nonces, 2));
    for (uint64_t i = 0; i < nonces; i++) {
        PL_TRY(pl_take(inner, "nonce", PL_PART_BYTES, &bytes, 32));
    }
    PL_TRY(pl_take_uint(inner, "maturity", PL_TIME_S, &reading->order, 4));
    pl_reading_time(reading, PL_TIME_S, reading->order);
    PL_TRY(take_descriptor(inner));
    PL_TRY(pl_take_dlc_text(inner, "event id", &bytes, &size));
    return pl_take_end(inner);
}

pl_status pl_dlc_announcement_read(pl_reading *reading, const pl_adapter_input *in)
{
    static const char tag_text[] = "DLC/oracle/announcement/v0";
    const uint8_t *signature, *key;
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size), inner, event;
    PL_TRY(pl_take_tlv(&cursor, "announcement", TYPE_ANNOUNCEMENT, &inner));
    PL_TRY(pl_take_end(&cursor));
    PL_TRY(pl_take(&inner, "signature", PL_PART_BYTES, &signature, 64));
    PL_TRY(pl_take(&inner, "key", PL_PART_BYTES, &key, PL_MEMBER_XONLY));
    const size_t signed_from = inner.offset;
    PL_TRY(pl_take_tlv(&inner, "event", TYPE_EVENT, &event));
    PL_TRY(pl_take_end(&inner));

    pl_signers signers;
    int member;
    pl_tag tag;
    uint8_t digest[32];
    PL_TRY(pl_dlc_signer(&signers, &member, in, key));
    pl_sha256_tag(&tag, tag_text, sizeof tag_text - 1);
    pl_tagged_of(digest, &tag, in->payload + signed_from, in->size - signed_from);
    PL_TRY(pl_dlc_check(&signers, member, key, digest, signature));
    PL_SURE(pl_signers_count(&signers, member));
    PL_TRY(pl_signers_quorum(&signers));
    pl_signers_tell(reading, &signers, digest);
    return take_event(reading, &event);
}
