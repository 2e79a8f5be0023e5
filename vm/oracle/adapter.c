/* The cursor and the ABI words of the adapters. */
#include "vm/oracle/adapter.h"

#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/bytes.h"

#define WORD 32u

pl_bytes_cursor pl_bytes_cursor_at(const pl_adapter_input *in, size_t from, size_t end)
{
    PL_ASSERT(from <= end && end <= in->size);
    return (pl_bytes_cursor){in, from, end};
}

static void tell(const pl_bytes_cursor *cursor, const char *name, pl_part_kind kind,
                 pl_time_unit unit, size_t size)
{
    const pl_observer *observer = cursor->in->observer;
    if (observer != NULL && observer->part != NULL) {
        const pl_part part = {name, unit == PL_TIME_NONE ? kind : PL_PART_TIME, (uint8_t)unit,
                              cursor->offset, size};
        observer->part(observer->context, &part);
    }
}

static pl_status take(pl_bytes_cursor *cursor, const char *name, pl_part_kind kind,
                      pl_time_unit unit, const uint8_t **bytes, size_t size)
{
    if (size > cursor->end - cursor->offset) {
        return PL_REJECT_TRUNCATED;
    }
    tell(cursor, name, kind, unit, size);
    *bytes = cursor->in->payload + cursor->offset;
    cursor->offset += size;
    return PL_OK;
}

pl_status pl_take(pl_bytes_cursor *cursor, const char *name, pl_part_kind kind,
                  const uint8_t **bytes, size_t size)
{
    return take(cursor, name, kind, PL_TIME_NONE, bytes, size);
}

static uint64_t load_be(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static uint64_t load_le(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* Two's complement of 8 * size bits. */
static int64_t sign_extended(uint64_t value, size_t size)
{
    const uint64_t sign = UINT64_C(1) << (8 * size - 1);
    const uint64_t wide = (value ^ sign) - sign;
    return wide > INT64_MAX ? -(int64_t)(UINT64_MAX - wide) - 1 : (int64_t)wide;
}

pl_status pl_take_uint(pl_bytes_cursor *cursor, const char *name, pl_time_unit unit,
                       uint64_t *value, size_t size)
{
    const uint8_t *bytes;
    PL_TRY(take(cursor, name, PL_PART_UINT, unit, &bytes, size));
    *value = load_be(bytes, size);
    return PL_OK;
}

pl_status pl_take_uint_le(pl_bytes_cursor *cursor, const char *name, pl_time_unit unit,
                          uint64_t *value, size_t size)
{
    const uint8_t *bytes;
    PL_TRY(take(cursor, name, PL_PART_UINT_LE, unit, &bytes, size));
    *value = load_le(bytes, size);
    return PL_OK;
}

pl_status pl_take_int(pl_bytes_cursor *cursor, const char *name, int64_t *value, size_t size)
{
    const uint8_t *bytes;
    PL_TRY(take(cursor, name, PL_PART_INT, PL_TIME_NONE, &bytes, size));
    *value = sign_extended(load_be(bytes, size), size);
    return PL_OK;
}

pl_status pl_take_int_le(pl_bytes_cursor *cursor, const char *name, int64_t *value, size_t size)
{
    const uint8_t *bytes;
    PL_TRY(take(cursor, name, PL_PART_INT_LE, PL_TIME_NONE, &bytes, size));
    *value = sign_extended(load_le(bytes, size), size);
    return PL_OK;
}

pl_status pl_take_end(const pl_bytes_cursor *cursor)
{
    return cursor->offset == cursor->end ? PL_OK : PL_REJECT_TRAILING;
}

/* ---- ABI words ---- */

static bool all_are(const uint8_t *bytes, size_t size, uint8_t value)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

pl_status pl_word_uint(pl_bytes_cursor *cursor, const char *name, pl_time_unit unit,
                       uint64_t *value, unsigned bits)
{
    const uint8_t *word;
    PL_TRY(take(cursor, name, PL_PART_UINT, unit, &word, WORD));
    return pl_uint_of_word(value, word, bits);
}

pl_status pl_word_int256(pl_bytes_cursor *cursor, const char *name, pl_i256 *value, unsigned bits,
                         bool is_signed)
{
    const uint8_t *word;
    PL_TRY(take(cursor, name, is_signed ? PL_PART_INT : PL_PART_UINT, PL_TIME_NONE, &word, WORD));
    return pl_int256_of_word(value, word, bits, is_signed);
}

pl_status pl_word_raw(pl_bytes_cursor *cursor, const char *name, pl_part_kind kind,
                      pl_time_unit unit, const uint8_t **word)
{
    return take(cursor, name, kind, unit, word, WORD);
}

pl_status pl_uint_of_word(uint64_t *value, const uint8_t *word, unsigned bits)
{
    PL_ASSERT(bits % 8 == 0 && bits <= 64);
    if (!all_are(word, WORD - bits / 8, 0)) {
        return PL_REJECT_NON_CANONICAL;
    }
    *value = load_be(word + 24, 8);
    return PL_OK;
}

uint64_t pl_recovery_of_word(const uint8_t *word)
{
    return all_are(word, WORD - 1, 0) ? word[WORD - 1] : UINT64_MAX;
}

pl_status pl_int256_of_word(pl_i256 *value, const uint8_t *word, unsigned bits, bool is_signed)
{
    PL_ASSERT(bits % 8 == 0 && bits > 0 && bits <= 256);
    const size_t above = WORD - bits / 8;
    const bool is_negative = is_signed && (word[above] & 0x80) != 0;
    if (!all_are(word, above, is_negative ? 0xff : 0)) {
        return PL_REJECT_NON_CANONICAL;
    }
    if (!is_signed && (word[0] & 0x80) != 0) {
        return PL_REJECT_EXPONENT; /* above every price that there can be */
    }
    pl_i256_load_be(value, word, WORD);
    return PL_OK;
}

pl_status pl_word_bytes(pl_bytes_cursor *cursor, const char *name, const uint8_t **word)
{
    return take(cursor, name, PL_PART_BYTES, PL_TIME_NONE, word, WORD);
}

pl_status pl_abi_dynamic(pl_bytes_cursor *cursor, const char *name, size_t base,
                         size_t element_size, pl_bytes_cursor *inner, size_t *count)
{
    const uint8_t *word;
    PL_TRY(take(cursor, name, PL_PART_UINT, PL_TIME_NONE, &word, WORD));
    const size_t room = cursor->end - base;
    const uint64_t offset = load_be(word + 24, 8);
    if (!all_are(word, 24, 0) || offset > room || room - offset < WORD) {
        return PL_REJECT_TRUNCATED;
    }
    *inner = (pl_bytes_cursor){cursor->in, base + (size_t)offset, cursor->end};
    PL_SURE(take(inner, "length", PL_PART_UINT, PL_TIME_NONE, &word, WORD));
    const uint64_t length = load_be(word + 24, 8);
    if (!all_are(word, 24, 0) || length > (inner->end - inner->offset) / element_size) {
        return PL_REJECT_TRUNCATED;
    }
    *count = (size_t)length;
    return PL_OK;
}

/* ---- small parts ---- */

pl_status pl_subject_check(const pl_adapter_input *in, const uint8_t *bytes, size_t size)
{
    const pl_feed *feed = in->feed;
    if (feed->subject_size == 0 || pl_is_inspection(in)) {
        return PL_OK;
    }
    return feed->subject_size == size && memcmp(feed->subject, bytes, size) == 0
               ? PL_OK
               : PL_REJECT_SUBJECT;
}

void pl_reading_strict(pl_reading *reading, pl_status error)
{
    if (reading->strict_error == PL_OK) {
        reading->strict_error = error;
    }
}

void pl_reading_price(pl_reading *reading, const pl_adapter_input *in, const pl_i256 *price)
{
    const uint8_t scale = pl_formats[in->feed->format].scale;
    PL_ASSERT(scale != PL_SCALE_WIRE && scale != PL_SCALE_NONE);
    reading->has_price = true;
    reading->price = *price;
    reading->exponent = -(int32_t)(scale == PL_SCALE_FEED ? in->feed->wire_decimals : scale);
}

void pl_reading_time(pl_reading *reading, pl_time_unit unit, uint64_t time)
{
    static const uint32_t per_second[] = {1, 1, 1000, 1000000, 1000000000};
    const uint32_t parts = per_second[unit];
    reading->has_time = true;
    reading->time_s = time / parts;
    reading->time_ns = (uint32_t)(time % parts) * (1000000000u / parts);
}
