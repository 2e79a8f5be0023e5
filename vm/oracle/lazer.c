/* Pyth Lazer. spec 09 §8
 *
 *   magic 4 | r 32 | s 32 | v u8 in 0, 1 | payload size u16 | payload
 *   payload: magic u32 | time u64 us | channel u8 | feed count u8 |
 *   feeds: id u32 | property count u8 | properties: number u8 | value
 *
 * The magic says in which byte order all sizes and values are: 2a22999a big-endian, e4bd474d
 * little-endian. Checked in this order: magic, that the payload is there, the signature over
 * keccak256(payload), the payload's own magic, its shape. Bytes after the payload are nobody's:
 * only strict rules refuse them. A price of zero is no price. */
#include <string.h>

#include "vm/base/keccak.h"
#include "vm/oracle/adapter.h"

#define PAYLOAD_MAGIC 2479346549u
#define ID_SIZE       4u

typedef struct lazer_reader {
    pl_bytes_cursor cursor;
    bool is_little;
} lazer_reader;

/* One price feed of the payload, with the properties that matter to a reading. */
typedef struct lazer_feed {
    uint32_t id;
    uint32_t seen; /* bit n: property n was there */
    bool is_repeated;
    int64_t price, exponent;
    uint64_t confidence;
    bool has_time;
    uint64_t time_us;
} lazer_feed;

static pl_status take_uint(lazer_reader *reader, const char *name, pl_time_unit unit,
                           uint64_t *value, size_t size)
{
    return reader->is_little ? pl_take_uint_le(&reader->cursor, name, unit, value, size)
                             : pl_take_uint(&reader->cursor, name, unit, value, size);
}

static pl_status take_int(lazer_reader *reader, const char *name, int64_t *value, size_t size)
{
    return reader->is_little ? pl_take_int_le(&reader->cursor, name, value, size)
                             : pl_take_int(&reader->cursor, name, value, size);
}

/* ---- the envelope ---- */

static pl_status take_magic(lazer_reader *reader)
{
    static const uint8_t big[4] = {0x2a, 0x22, 0x99, 0x9a}, little[4] = {0xe4, 0xbd, 0x47, 0x4d};
    const uint8_t *magic;
    PL_TRY(pl_take(&reader->cursor, "magic", PL_PART_BYTES, &magic, sizeof big));
    reader->is_little = memcmp(magic, little, sizeof little) == 0;
    return reader->is_little || memcmp(magic, big, sizeof big) == 0 ? PL_OK : PL_REJECT_MAGIC;
}

/* Leaves the cursor over the payload, whose signature holds. */
static pl_status take_envelope(lazer_reader *reader, pl_signers *signers, uint8_t digest[32])
{
    const pl_adapter_input *in = reader->cursor.in;
    const uint8_t *r, *s;
    uint64_t v, size;
    int member;
    PL_TRY(take_magic(reader));
    PL_TRY(pl_take(&reader->cursor, "r", PL_PART_BYTES, &r, 32));
    PL_TRY(pl_take(&reader->cursor, "s", PL_PART_BYTES, &s, 32));
    PL_TRY(pl_take_uint(&reader->cursor, "v", PL_TIME_NONE, &v, 1));
    PL_TRY(take_uint(reader, "payload size", PL_TIME_NONE, &size, 2));
    if (size > reader->cursor.end - reader->cursor.offset) {
        return PL_REJECT_TRUNCATED;
    }
    reader->cursor.end = reader->cursor.offset + (size_t)size;
    pl_keccak_of(digest, in->payload + reader->cursor.offset, (size_t)size);
    PL_TRY(pl_signers_active(signers, in));
    PL_TRY(pl_signers_recover(signers, &member, digest, r, s, v, 0));
    PL_SURE(pl_signers_count(signers, member));
    return pl_signers_quorum(signers);
}

/* ---- properties ---- */

typedef enum lazer_kind { PRICE, COUNT, SMALL, TIME } lazer_kind;

/* spec 09 §8, the table of properties. A value with a mark stands behind a byte: 0, it is absent.
 */
static const struct {
    const char *name;
    uint8_t kind; /* a lazer_kind */
    uint8_t size;
    bool is_marked;
} properties[] = {
    {"price", PRICE, 8, false},           {"best bid", PRICE, 8, false},
    {"best ask", PRICE, 8, false},        {"publisher count", COUNT, 2, false},
    {"exponent", SMALL, 2, false},        {"confidence", COUNT, 8, false},
    {"funding rate", PRICE, 8, true},     {"funding time", TIME, 8, true},
    {"funding interval", COUNT, 8, true}, {"market session", SMALL, 2, false},
    {"ema price", PRICE, 8, false},       {"ema confidence", COUNT, 8, false},
    {"feed time", TIME, 8, true},
};
enum { PROPERTY_PRICE = 0, PROPERTY_EXPONENT = 4, PROPERTY_CONFIDENCE = 5, PROPERTY_TIME = 12 };
#define PROPERTY_COUNT (sizeof properties / sizeof properties[0])

static pl_status take_property(lazer_feed *feed, lazer_reader *reader)
{
    uint64_t number, mark = 1, value = 0;
    int64_t wide = 0;
    PL_TRY(pl_take_uint(&reader->cursor, "property", PL_TIME_NONE, &number, 1));
    if (number >= PROPERTY_COUNT) {
        return PL_REJECT_TYPE; /* its size is not known, so nothing after it can be read */
    }
    const bool is_signed = properties[number].kind == PRICE || properties[number].kind == SMALL;
    const pl_time_unit unit = properties[number].kind == TIME ? PL_TIME_US : PL_TIME_NONE;
    if (properties[number].is_marked) {
        PL_TRY(pl_take_uint(&reader->cursor, "present", PL_TIME_NONE, &mark, 1));
    }
    if (mark != 0 && is_signed) {
        PL_TRY(take_int(reader, properties[number].name, &wide, properties[number].size));
    } else if (mark != 0) {
        PL_TRY(take_uint(reader, properties[number].name, unit, &value, properties[number].size));
    }
    const uint32_t bit = UINT32_C(1) << number;
    feed->is_repeated = feed->is_repeated || (feed->seen & bit) != 0;
    feed->seen |= bit;
    if (number == PROPERTY_PRICE) {
        feed->price = wide;
    } else if (number == PROPERTY_EXPONENT) {
        feed->exponent = wide;
    } else if (number == PROPERTY_CONFIDENCE) {
        feed->confidence = value;
    } else if (number == PROPERTY_TIME) {
        feed->has_time = mark != 0;
        feed->time_us = value;
    }
    return PL_OK;
}

static pl_status take_feed(lazer_feed *feed, lazer_reader *reader)
{
    uint64_t number, count;
    PL_TRY(take_uint(reader, "feed id", PL_TIME_NONE, &number, ID_SIZE));
    PL_TRY(pl_take_uint(&reader->cursor, "property count", PL_TIME_NONE, &count, 1));
    *feed = (lazer_feed){.id = (uint32_t)number};
    for (uint64_t i = 0; i < count; i++) {
        PL_TRY(take_property(feed, reader));
    }
    return PL_OK;
}

/* ---- the payload ---- */

static bool is_wanted(const pl_adapter_input *in, uint32_t id)
{
    const uint8_t bytes[ID_SIZE] = {(uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8),
                                    (uint8_t)id};
    return pl_subject_check(in, bytes, sizeof bytes) == PL_OK;
}

/* spec 09 §8: a zero is what Lazer writes for "none". The deployed rules age a report by the time
 * of the payload; strict ones by the time of the price, where it is told. */
static void tell(pl_reading *reading, const pl_adapter_input *in, const lazer_feed *feed,
                 uint64_t payload_us)
{
    const bool own_time = pl_is_strict(in) && feed->has_time;
    reading->has_price = feed->price != 0;
    reading->price = pl_i256_from_i64(feed->price);
    reading->exponent = (feed->seen >> PROPERTY_EXPONENT & 1) != 0
                            ? (int32_t)feed->exponent
                            : -(int32_t)in->feed->wire_decimals;
    reading->has_confidence = feed->confidence != 0;
    reading->confidence = feed->confidence;
    pl_reading_time(reading, PL_TIME_US, own_time ? feed->time_us : payload_us);
    reading->order = payload_us;
}

static pl_status take_payload(pl_reading *reading, lazer_reader *reader)
{
    const pl_adapter_input *in = reader->cursor.in;
    uint64_t magic, time_us, channel, count;
    bool is_found = false;
    PL_TRY(take_uint(reader, "payload magic", PL_TIME_NONE, &magic, 4));
    if (magic != PAYLOAD_MAGIC) {
        return PL_REJECT_MAGIC;
    }
    PL_TRY(take_uint(reader, "time", PL_TIME_US, &time_us, 8));
    PL_TRY(pl_take_uint(&reader->cursor, "channel", PL_TIME_NONE, &channel, 1));
    PL_TRY(pl_take_uint(&reader->cursor, "feed count", PL_TIME_NONE, &count, 1));
    for (uint64_t i = 0; i < count; i++) {
        lazer_feed feed;
        PL_TRY(take_feed(&feed, reader));
        const bool wanted = is_wanted(in, feed.id);
        const bool any = in->feed->subject_size == 0 || pl_is_inspection(in);
        if (wanted && !is_found) {
            tell(reading, in, &feed, time_us);
        }
        if (feed.is_repeated || (wanted && is_found && !any)) {
            pl_reading_strict(reading, PL_REJECT_DUPLICATE);
        }
        is_found = is_found || wanted;
    }
    PL_TRY(pl_take_end(&reader->cursor));
    return is_found || in->feed->subject_size == 0 ? PL_OK : PL_REJECT_SUBJECT;
}

pl_status pl_lazer_read(pl_reading *reading, const pl_adapter_input *in)
{
    lazer_reader reader = {.cursor = pl_bytes_cursor_at(in, 0, in->size)};
    uint8_t digest[32];
    pl_signers signers;
    PL_TRY(take_envelope(&reader, &signers, digest));
    PL_TRY(take_payload(reading, &reader));
    if (reader.cursor.offset != in->size) {
        const uint8_t *rest;
        pl_bytes_cursor tail = pl_bytes_cursor_at(in, reader.cursor.offset, in->size);
        PL_SURE(pl_take(&tail, "trailing bytes", PL_PART_BYTES, &rest, tail.end - tail.offset));
        pl_reading_strict(reading, PL_REJECT_TRAILING);
    }
    pl_signers_tell(reading, &signers, digest);
    return PL_OK;
}
