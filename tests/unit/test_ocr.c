/* oracle/ocr1, ocr2, data_streams: rules that no recorded report breaks, with reports signed here;
 * that no bit of a report is free; and what only strict rules refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/curve_signer.h"
#include "vm/base/bytes.h"
#include "vm/base/keccak.h"
#include "vm/oracle/oracle.h"

enum { MEMBERS = 33, QUORUM = 3, NOW = 1000, ROOM = 6000, WORD = 32, REPORT_TIME = 900 };

/* A transmission as the tests change it: the report before it is signed, the rest as it is wrapped.
 */
typedef struct report {
    uint8_t format;
    uint8_t bytes[2000];
    size_t size;
    uint8_t context[96]; /* OCR2, Data Streams */
    unsigned r_count, s_count;
    bool high_s;    /* of the first signature */
    bool is_double; /* the first signature is by the second signer too */
} report;

typedef struct payload {
    uint8_t bytes[ROOM];
    size_t size;
    size_t v; /* where its word is */
} payload;

static signer signers[MEMBERS];
static uint8_t members[MEMBERS * 20];
static pl_signer_set set;
static pl_feed feed;

static int set_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MEMBERS; i++) {
        signers[i] = signer_of(i + 1);
        signer_address(members + 20 * i, &signers[i]);
    }
    set = (pl_signer_set){
        .until_s = UINT64_MAX, .quorum = QUORUM, .member_count = MEMBERS, .members = members};
    return 0;
}

static void put_word(uint8_t *bytes, size_t *size, int64_t value)
{
    memset(bytes + *size, value < 0 ? 0xff : 0, WORD);
    pl_store_u64(bytes + *size + 24, (uint64_t)value);
    *size += WORD;
}

/* The feed of a format, with the configuration digest 00 rr 5a 5a ...; OCR1 has 16 bytes of it. */
static void feed_of(uint8_t format, uint8_t family)
{
    const bool is_ocr1 = format == PL_FEED_OCR1;
    feed = (pl_feed){.format = format,
                     .wire_decimals = format == PL_FEED_DATA_STREAMS ? 0 : 8,
                     .set_count = 1,
                     .sets = &set,
                     .fallback = PL_NO_FEED};
    set.until_s = UINT64_MAX;
    memset(set.id, 0x5a, sizeof set.id);
    memset(set.id, 0, is_ocr1 ? 16 : 1);
    set.id[is_ocr1 ? 17 : 1] = family;
}

/* Observers 0, 1, 2 ... and observations 100, 101 ...; epoch 7, round 9. */
static report median_report(uint8_t format, size_t count)
{
    report made = {.format = format, .r_count = QUORUM, .s_count = QUORUM};
    size_t size = 0;
    feed_of(format, 1);
    memcpy(made.context, set.id, WORD);
    pl_store_u32(made.context + 59, 7);
    made.context[63] = 9;
    memset(made.context + 64, 0xcc, WORD);
    if (format == PL_FEED_OCR1) {
        memcpy(made.bytes + 11, set.id + 16, 16);
        pl_store_u32(made.bytes + 27, 7);
        made.bytes[31] = 9;
        size = WORD;
    } else {
        put_word(made.bytes, &size, REPORT_TIME);
    }
    for (uint8_t i = 0; i < WORD; i++) {
        made.bytes[size + i] = i < count ? i : 0;
    }
    size += WORD;
    put_word(made.bytes, &size, format == PL_FEED_OCR1 ? 3 * WORD : 4 * WORD);
    if (format == PL_FEED_OCR2) {
        put_word(made.bytes, &size, -5);
    }
    put_word(made.bytes, &size, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        put_word(made.bytes, &size, (int64_t)(100 + i));
    }
    made.size = size;
    return made;
}

static size_t observation_at(const report *made, size_t number)
{
    return (made->format == PL_FEED_OCR1 ? 4u : 5u) * WORD + WORD * number;
}

static void digest_of(uint8_t digest[32], const report *made)
{
    uint8_t both[WORD + 96];
    if (made->format == PL_FEED_OCR1) {
        pl_keccak_of(digest, made->bytes, made->size);
        return;
    }
    pl_keccak_of(both, made->bytes, made->size);
    memcpy(both + WORD, made->context, 96);
    pl_keccak_of(digest, both, sizeof both);
}

static payload wrap(const report *made)
{
    static const uint8_t selectors[2][4] = {{0xc9, 0x80, 0x75, 0x39}, {0xb1, 0xdc, 0x65, 0xa4}};
    payload out = {.size = 0};
    const size_t base = made->format == PL_FEED_DATA_STREAMS ? 0 : 4;
    const size_t padded =
        made->format == PL_FEED_DATA_STREAMS ? (made->size + WORD - 1) / WORD * WORD : made->size;
    if (base == 4) {
        memcpy(out.bytes, selectors[made->format == PL_FEED_OCR2], 4);
    }
    out.size = base;
    if (made->format != PL_FEED_OCR1) {
        memcpy(out.bytes + out.size, made->context, 96);
        out.size += 96;
    }
    const size_t head = out.size - base + 4 * WORD;
    put_word(out.bytes, &out.size, (int64_t)head);
    put_word(out.bytes, &out.size, (int64_t)(head + WORD + padded));
    put_word(out.bytes, &out.size, (int64_t)(head + 2 * WORD + padded + WORD * made->r_count));
    out.v = out.size;
    out.size += WORD;
    put_word(out.bytes, &out.size, (int64_t)made->size);
    memcpy(out.bytes + out.size, made->bytes, made->size);
    out.size += padded;
    uint8_t digest[32], signature[65];
    const size_t r = out.size;
    const size_t s = r + WORD + WORD * made->r_count;
    digest_of(digest, made);
    put_word(out.bytes, &out.size, made->r_count);
    out.size = s;
    put_word(out.bytes, &out.size, made->s_count);
    for (unsigned i = 0; i < made->r_count || i < made->s_count; i++) {
        const unsigned place = i == 0 && made->is_double ? 1 : i;
        signer_sign_recoverable(signature, &signers[MEMBERS - 1 - place], digest);
        if (i == 0 && made->high_s) {
            sign_flip(signature);
        }
        if (i < made->r_count) {
            memcpy(out.bytes + r + WORD + WORD * i, signature, WORD);
        }
        if (i < made->s_count) {
            memcpy(out.bytes + s + WORD + WORD * i, signature + WORD, WORD);
        }
        if (i < WORD) {
            out.bytes[out.v + i] = signature[64];
        }
    }
    out.size = s + WORD + WORD * made->s_count;
    return out;
}

static pl_status read_payload(pl_reading *reading, const payload *from)
{
    return pl_oracle_read(reading, &feed, NOW, from->bytes, from->size, NULL);
}

/* Deployed rules answer `status`; strict rules besides that answer `strict`. */
static pl_reading expect(const report *made, pl_status status, pl_status strict)
{
    const payload sent = wrap(made);
    pl_reading reading = {.strict_error = PL_OK};
    assert_int_equal(read_payload(&reading, &sent), status);
    assert_int_equal(reading.strict_error, status == PL_OK ? strict : PL_OK);
    return reading;
}

static void check_price(const pl_reading *reading, int64_t price, int32_t exponent)
{
    const pl_i256 wanted = pl_i256_from_i64(price);
    assert_true(reading->has_price);
    assert_int_equal(pl_i256_cmp(&reading->price, &wanted), 0);
    assert_int_equal(reading->exponent, exponent);
}

static void good_reports(void **state)
{
    (void)state;
    report made = median_report(PL_FEED_OCR1, 31);
    pl_reading reading = expect(&made, PL_OK, PL_OK);
    check_price(&reading, 115, -8);
    assert_false(reading.has_time);
    assert_true(reading.order == 7 * 256 + 9);
    assert_int_equal(reading.signatures, QUORUM);
    assert_true(pl_member_in(&reading.signers, MEMBERS - 1));
    made = median_report(PL_FEED_OCR1, 6); /* even: the upper of the two in the middle */
    reading = expect(&made, PL_OK, PL_OK);
    check_price(&reading, 103, -8);
    made = median_report(PL_FEED_OCR2, 5);
    reading = expect(&made, PL_OK, PL_OK);
    check_price(&reading, 102, -8);
    assert_true(reading.has_time && reading.time_s == REPORT_TIME);
    assert_true(reading.order == 7 * 256 + 9);
}

static void counts_of_observations(void **state)
{
    (void)state;
    report made = median_report(PL_FEED_OCR1, 4); /* f = 2 */
    expect(&made, PL_REJECT_QUORUM, PL_OK);
    made = median_report(PL_FEED_OCR1, 5);
    expect(&made, PL_OK, PL_OK);
    made = median_report(PL_FEED_OCR1, 32);
    expect(&made, PL_REJECT_LIMIT, PL_OK);
    made = median_report(PL_FEED_OCR2, 2);
    expect(&made, PL_REJECT_QUORUM, PL_OK);
    made = median_report(PL_FEED_OCR2, 3);
    expect(&made, PL_OK, PL_REJECT_QUORUM);
    made = median_report(PL_FEED_OCR2, 4);
    expect(&made, PL_OK, PL_REJECT_QUORUM);
    made = median_report(PL_FEED_OCR2, 31);
    expect(&made, PL_OK, PL_OK);
    made = median_report(PL_FEED_OCR2, 32);
    expect(&made, PL_REJECT_LIMIT, PL_OK);
}

static void observers(void **state)
{
    (void)state;
    for (unsigned format = PL_FEED_OCR1; format <= PL_FEED_OCR2; format++) {
        const bool ocr1 = format == PL_FEED_OCR1;
        static const uint8_t numbers[] = {0, 2, 3, 31};
        for (unsigned i = 0; i < sizeof numbers; i++) {
            report made = median_report((uint8_t)format, 5);
            made.bytes[WORD + 4] = numbers[i];
            const pl_status error = numbers[i] < 31 ? PL_REJECT_DUPLICATE : PL_REJECT_RANGE;
            expect(&made, ocr1 ? error : PL_OK, error);
            made.bytes[WORD + 4] = 30;
            expect(&made, PL_OK, PL_OK);
        }
    }
}

static void observations(void **state)
{
    (void)state;
    for (unsigned format = PL_FEED_OCR1; format <= PL_FEED_OCR2; format++) {
        const bool ocr1 = format == PL_FEED_OCR1;
        report made = median_report((uint8_t)format, 5);
        size_t first = observation_at(&made, 0), last = observation_at(&made, 4);
        put_word(made.bytes, &last, 102);
        expect(&made, ocr1 ? PL_REJECT_VALUE_ORDER : PL_OK, PL_REJECT_VALUE_ORDER);
        last = observation_at(&made, 4);
        put_word(made.bytes, &last, 103); /* as the one before it */
        put_word(made.bytes, &first, -1);
        const pl_reading reading = expect(&made, PL_OK, PL_OK);
        check_price(&reading, 102, -8);
        const size_t above = observation_at(&made, 4) + 7;
        made.bytes[above] = 1; /* 2^192 + 103 */
        expect(&made, PL_REJECT_NON_CANONICAL, PL_OK);
        made.bytes[above] = 0;
        made.bytes[above + 1] = 0x80; /* its sign bit without its extension */
        expect(&made, PL_REJECT_NON_CANONICAL, PL_OK);
        made.bytes[above + 1] = 0x7f;
        expect(&made, PL_OK, PL_OK);
    }
}

static void counts_of_signatures(void **state)
{
    (void)state;
    for (unsigned format = PL_FEED_OCR1; format <= PL_FEED_OCR2; format++) {
        report made = median_report((uint8_t)format, 5);
        made.r_count = made.s_count = QUORUM - 1;
        expect(&made, PL_REJECT_QUORUM, PL_OK);
        made.r_count = made.s_count = QUORUM + 1;
        expect(&made, format == PL_FEED_OCR1 ? PL_OK : PL_REJECT_QUORUM, PL_OK);
        made.r_count = QUORUM;
        expect(&made, PL_REJECT_SIGNATURE, PL_OK);
        made.r_count = made.s_count = 32;
        expect(&made, PL_REJECT_LIMIT, PL_OK);
        made.s_count = 31;
        expect(&made, PL_REJECT_LIMIT, PL_OK);
        made.r_count = 31;
        made.s_count = 32;
        expect(&made, PL_REJECT_LIMIT, PL_OK);
        made.r_count = made.s_count = QUORUM;
        made.is_double = true;
        expect(&made, PL_REJECT_SIGNER_DUPLICATE, PL_OK);
        made.is_double = false;
        set.member_count = MEMBERS - QUORUM; /* the signers are the last ones */
        expect(&made, PL_REJECT_UNKNOWN_SIGNER, PL_OK);
        set.member_count = MEMBERS;
        made.high_s = true;
        expect(&made, PL_OK, PL_REJECT_HIGH_S);
    }
    report made = median_report(PL_FEED_OCR1, 5);
    made.r_count = made.s_count = 31;
    expect(&made, PL_OK, PL_OK);
}

static void sets(void **state)
{
    (void)state;
    for (unsigned format = PL_FEED_OCR1; format <= PL_FEED_OCR2; format++) {
        report made = median_report((uint8_t)format, 5);
        set.until_s = NOW;
        expect(&made, PL_REJECT_SIGNER_SET_OVER, PL_OK);
        set.until_s = NOW + 1;
        expect(&made, PL_OK, PL_OK);
        set.id[31] ^= 1;
        expect(&made, PL_REJECT_CONFIG, PL_OK);
        set.id[31] ^= 1;
        if (format == PL_FEED_OCR1) { /* what stands in front of the digest is not looked at */
            made.bytes[10] = 0xff;
            expect(&made, PL_OK, PL_REJECT_TRAILING);
        }
    }
}

static void tails(void **state)
{
    (void)state;
    report made = median_report(PL_FEED_OCR1, 5);
    made.size += WORD;
    expect(&made, PL_OK, PL_REJECT_TRAILING);
    made = median_report(PL_FEED_OCR2, 5);
    made.size += WORD;
    const pl_reading reading = expect(&made, PL_OK, PL_OK);
    assert_false(reading.has_price);
}

/* What no rule reads is zero in a strict feed. */
static void unread_bytes(void **state)
{
    (void)state;
    for (unsigned format = PL_FEED_OCR1; format <= PL_FEED_OCR2; format++) {
        report made = median_report((uint8_t)format, 5);
        made.bytes[WORD + 5] = 1; /* an observer of nothing */
        expect(&made, PL_OK, PL_REJECT_TRAILING);
        made = median_report((uint8_t)format, 5);
        payload sent = wrap(&made);
        for (size_t i = QUORUM; i < WORD; i++) {
            pl_reading reading;
            sent.bytes[sent.v + i] = 1;
            assert_int_equal(read_payload(&reading, &sent), PL_OK);
            assert_int_equal(reading.strict_error, PL_REJECT_TRAILING);
            sent.bytes[sent.v + i] = 0;
        }
        if (format == PL_FEED_OCR2) {
            made.context[WORD + 26] = 1;
            expect(&made, PL_OK, PL_REJECT_TRAILING);
        }
    }
}

/* Whatever is not a median report is signed, ordered and has no price. */
static void reports_of_other_plugins(void **state)
{
    (void)state;
    for (unsigned row = 0; row < 5; row++) {
        report made = median_report(PL_FEED_OCR2, 5);
        switch (row) {
        case 0:
            made.size = 0;
            break;
        case 1:
            made.size = 7;
            break;
        case 2:
            made.bytes[27] = 1;
            break; /* a time of 2^32 and more  */
        case 3:
            made.bytes[2 * WORD + 31] ^= 32;
            break; /* another offset           */
        default:
            made.bytes[4 * WORD + 31] = 4;
            break; /* a count below the values */
        }
        const pl_reading reading = expect(&made, PL_OK, PL_OK);
        assert_false(reading.has_price);
        assert_false(reading.has_time);
        assert_true(reading.order == 7 * 256 + 9);
        pl_price price;
        const pl_price none = {.exists = false};
        assert_int_equal(pl_policy_check(&price, &feed, (pl_clock){NOW, 0}, &none, &reading),
                         PL_REJECT_NO_VALUE);
    }
}

/* A signed report that is shorter than what its format reads; the fee has 192 bits. */
static void short_reports(void **state)
{
    (void)state;
    report made = median_report(PL_FEED_OCR1, 5);
    for (made.size = 0; made.size < 5 * WORD; made.size++) {
        expect(&made, PL_REJECT_TRUNCATED, PL_OK);
    }
    made.bytes[12] ^= 1; /* nor is it asked whose it is before its first word is there */
    for (made.size = 0; made.size < WORD; made.size++) {
        expect(&made, PL_REJECT_TRUNCATED, PL_OK);
    }
    made = median_report(PL_FEED_OCR1, 0);
    expect(&made, PL_REJECT_QUORUM, PL_OK);
    made = median_report(PL_FEED_OCR2, 5);
    made.bytes[3 * WORD + 7] = 0xfe;
    expect(&made, PL_REJECT_NON_CANONICAL, PL_OK);
    static const size_t high[] = {3, 2 * WORD + 3, 4 * WORD + 3}; /* time, offset, count */
    for (size_t i = 0; i < sizeof high / sizeof *high; i++) {
        made = median_report(PL_FEED_OCR2, 5);
        made.bytes[high[i]] = 1;
        assert_false(expect(&made, PL_OK, PL_OK).has_price);
    }
    made = median_report(PL_FEED_OCR2, 5);
    made.size += 1; /* not whole words */
    assert_false(expect(&made, PL_OK, PL_OK).has_price);
    made = median_report(PL_FEED_OCR2, 5);
    memset(made.bytes + 28, 0xff, 4); /* the last time of 32 bits */
    assert_true(expect(&made, PL_OK, PL_OK).has_price);
}

/* Offsets lead back into the head, and the head ends before v. */
static void heads_without_v(void **state)
{
    (void)state;
    payload sent = {.size = 4 + 3 * WORD};
    pl_reading reading;
    feed_of(PL_FEED_OCR1, 1);
    memcpy(sent.bytes, "\xc9\x80\x75\x39", 4);
    assert_int_equal(read_payload(&reading, &sent), PL_REJECT_TRUNCATED);
    sent.size += WORD; /* v is there: now three empty arrays overlap the head */
    assert_int_equal(read_payload(&reading, &sent), PL_REJECT_TRUNCATED);
    sent.size = 4 + 7 * WORD;
    assert_int_equal(read_payload(&reading, &sent), PL_REJECT_TRUNCATED);
}

/* Every prefix is refused as cut, every added byte as a tail. */
static void cuts_and_tails_of_the_payload(void **state)
{
    (void)state;
    for (unsigned format = PL_FEED_OCR1; format <= PL_FEED_OCR2; format++) {
        const report made = median_report((uint8_t)format, 5);
        payload sent = wrap(&made);
        pl_reading reading;
        const size_t whole = sent.size;
        for (sent.size = 0; sent.size < whole; sent.size++) {
            assert_int_equal(read_payload(&reading, &sent), PL_REJECT_TRUNCATED);
        }
        sent.size = whole + 1;
        assert_int_equal(read_payload(&reading, &sent), PL_REJECT_TRAILING);
        sent.size = whole + WORD;
        assert_int_equal(read_payload(&reading, &sent), PL_REJECT_TRAILING);
        sent.size = whole;
        sent.bytes[0] ^= 1;
        assert_int_equal(read_payload(&reading, &sent), PL_REJECT_MAGIC);
    }
}

/* A payload with one bit changed is refused, but for the bytes of v that no signature uses. */
static void no_bit_is_free(void **state)
{
    (void)state;
    for (unsigned format = PL_FEED_OCR1; format <= PL_FEED_OCR2; format++) {
        const report made = median_report((uint8_t)format, 5);
        payload sent = wrap(&made);
        pl_reading reading;
        for (size_t bit = 0; bit < 8 * sent.size; bit++) {
            const size_t byte = bit / 8;
            const bool is_free = byte >= sent.v + QUORUM && byte < sent.v + WORD;
            if (bit % 8 > 1 && byte > sent.v + WORD) {
                continue; /* two bits of a signed byte say enough */
            }
            sent.bytes[byte] ^= (uint8_t)(1u << bit % 8);
            assert_true((read_payload(&reading, &sent) == PL_OK) == is_free);
            sent.bytes[byte] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

/* ---- Data Streams ---- */

static report stream_report(uint8_t family, uint16_t schema)
{
    static const struct {
        uint16_t schema;
        int64_t words[5];
        size_t count;
    } rows[] = {{2, {-77}, 1}, {3, {77, 76, 78}, 3},       {4, {77, 2}, 2},
                {5, {77}, 1},  {8, {123456789, 77, 1}, 3}, {9, {77, 123456789, -4, 0}, 4}};
    report made = {.format = PL_FEED_DATA_STREAMS, .r_count = QUORUM, .s_count = QUORUM};
    feed_of(PL_FEED_DATA_STREAMS, family);
    memcpy(made.context, set.id, WORD);
    memset(made.bytes, 0x11, WORD);
    pl_store_u16(made.bytes, schema);
    made.size = WORD;
    put_word(made.bytes, &made.size, REPORT_TIME - 10);
    put_word(made.bytes, &made.size, REPORT_TIME);
    put_word(made.bytes, &made.size, 5);
    put_word(made.bytes, &made.size, 6);
    put_word(made.bytes, &made.size, REPORT_TIME + 500);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t j = 0; rows[i].schema == schema && j < rows[i].count; j++) {
            put_word(made.bytes, &made.size, rows[i].words[j]);
        }
    }
    return made;
}

/* Of several things that only strict rules refuse, the first in reading order: what stands before
 * the report, the signatures, the report. spec 09 §2 to §4 */
static void strict_rules_in_order(void **state)
{
    (void)state;
    report made = median_report(PL_FEED_OCR1, 5);
    made.high_s = true;
    made.bytes[WORD + 5] = 1;
    expect(&made, PL_OK, PL_REJECT_HIGH_S);
    made.bytes[10] = 1;
    expect(&made, PL_OK, PL_REJECT_TRAILING);
    made = median_report(PL_FEED_OCR2, 4);
    made.high_s = true;
    expect(&made, PL_OK, PL_REJECT_HIGH_S);
    made.context[WORD + 26] = 1;
    expect(&made, PL_OK, PL_REJECT_TRAILING);
    made = stream_report(6, 3);
    made.high_s = true;
    made.size += WORD;
    expect(&made, PL_OK, PL_REJECT_HIGH_S);
}

static void schemas(void **state)
{
    (void)state;
    static const uint16_t known[] = {2, 3, 4, 8, 9};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        report made = stream_report(6, known[i]);
        const pl_reading reading = expect(&made, PL_OK, PL_OK);
        check_price(&reading, known[i] == 2 ? -77 : 77, -18);
        assert_true(reading.valid_from_s == REPORT_TIME - 10);
        assert_true(reading.time_s == REPORT_TIME && reading.order == REPORT_TIME);
        assert_true(reading.expires_s == REPORT_TIME + 500);
        made.size += WORD;
        expect(&made, PL_OK, PL_REJECT_TRAILING);
        made.size -= 2 * WORD;
        expect(&made, PL_REJECT_TRUNCATED, PL_OK);
    }
    report made = stream_report(6, 8);
    memset(made.bytes + 6 * WORD + 24, 0xff, 8); /* nanoseconds have 64 bits */
    expect(&made, PL_OK, PL_OK);
    made.bytes[6 * WORD + 23] = 1;
    expect(&made, PL_REJECT_NON_CANONICAL, PL_OK);
    for (uint16_t schema = 5; schema < 0x1000; schema += 0xfe) { /* 0x103 is not 3 either */
        made = stream_report(6, schema);
        expect(&made, PL_REJECT_VERSION, PL_OK);
    }
    made.size = 31;
    expect(&made, PL_REJECT_TRUNCATED, PL_OK);
}

static void feed_ids_and_words(void **state)
{
    (void)state;
    report made = stream_report(6, 3);
    uint8_t subject[WORD];
    memcpy(subject, made.bytes, WORD);
    feed.subject = subject;
    feed.subject_size = WORD;
    expect(&made, PL_OK, PL_OK);
    subject[31] ^= 1;
    expect(&made, PL_REJECT_SUBJECT, PL_OK);
    feed.subject_size = 0;
    for (size_t word = 1; word < 9; word++) {
        made = stream_report(6, 3);
        made.bytes[WORD * word] = 1; /* above 2^32, 2^192 and every int192 */
        expect(&made, PL_REJECT_NON_CANONICAL, PL_OK);
    }
    for (size_t i = 0; i < 6; i++) { /* price, bid and ask at both ends of int192, and past them */
        made = stream_report(6, 3);
        uint8_t *at = made.bytes + WORD * (6 + i / 2);
        memset(at, i % 2 == 0 ? 0 : 0xff, 8);
        memset(at + 8, i % 2 == 0 ? 0xff : 0, 24);
        at[8] = i % 2 == 0 ? 0x7f : 0x80;
        expect(&made, PL_OK, PL_OK);
        at[8] ^= 0x80;
        expect(&made, PL_REJECT_NON_CANONICAL, PL_OK);
    }
}

/* The verifier of configurations that start with 0006 wants f + 1, later ones at least that. */
static void signatures_of_families(void **state)
{
    (void)state;
    for (uint8_t family = 6; family <= 9; family += 3) {
        report made = stream_report(family, 3);
        made.r_count = made.s_count = QUORUM - 1;
        expect(&made, PL_REJECT_QUORUM, PL_OK);
        made.r_count = made.s_count = QUORUM + 1;
        expect(&made, family == 6 ? PL_REJECT_QUORUM : PL_OK, PL_OK);
        made.r_count = made.s_count = 32;
        expect(&made, PL_REJECT_LIMIT, PL_OK);
    }
}

static void tails_of_streams(void **state)
{
    (void)state;
    report made = stream_report(6, 3);
    payload sent = wrap(&made);
    pl_reading reading;
    const size_t whole = sent.size;
    for (sent.size = 0; sent.size < whole; sent.size++) {
        assert_int_equal(read_payload(&reading, &sent), PL_REJECT_TRUNCATED);
    }
    sent.size = whole + 1;
    assert_int_equal(read_payload(&reading, &sent), PL_OK);
    assert_int_equal(reading.strict_error, PL_REJECT_TRAILING);
    made.size += 3;
    sent = wrap(&made);
    assert_int_equal(read_payload(&reading, &sent), PL_OK);
    assert_int_equal(reading.strict_error,
                     PL_REJECT_TRAILING); /* of the report, not of the payload */
    made = stream_report(6, 3);
    sent = wrap(&made);
    for (size_t byte = 0; byte < sent.size; byte++) {
        const bool is_free = byte >= sent.v + QUORUM && byte < sent.v + WORD;
        sent.bytes[byte] ^= 1;
        assert_true((read_payload(&reading, &sent) == PL_OK) == is_free);
        sent.bytes[byte] ^= 1;
    }
}

/* ---- inspection ---- */

static void count_part(void *context, const pl_part *part)
{
    unsigned *parts = context;
    (void)part;
    (*parts)++;
}

/* Without a set, with any number of signatures, all is read and told. */
static void inspection_needs_no_set(void **state)
{
    (void)state;
    for (unsigned format = PL_FEED_OCR1; format <= PL_FEED_DATA_STREAMS; format++) {
        report made = format == PL_FEED_DATA_STREAMS ? stream_report(6, 3)
                                                     : median_report((uint8_t)format, 1);
        unsigned parts = 0;
        const pl_observer observer = {.context = &parts, .part = count_part, .any_signer = true};
        pl_reading reading;
        made.r_count = made.s_count = 2;
        const payload sent = wrap(&made);
        feed.set_count = 0;
        assert_int_equal(pl_oracle_read(&reading, &feed, NOW, sent.bytes, sent.size, &observer),
                         PL_OK);
        assert_true(reading.has_price);
        assert_int_equal(reading.signatures, 2);
        assert_true(parts > 15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_reports),
        cmocka_unit_test(counts_of_observations),
        cmocka_unit_test(observers),
        cmocka_unit_test(observations),
        cmocka_unit_test(counts_of_signatures),
        cmocka_unit_test(sets),
        cmocka_unit_test(tails),
        cmocka_unit_test(unread_bytes),
        cmocka_unit_test(reports_of_other_plugins),
        cmocka_unit_test(short_reports),
        cmocka_unit_test(heads_without_v),
        cmocka_unit_test(cuts_and_tails_of_the_payload),
        cmocka_unit_test(no_bit_is_free),
        cmocka_unit_test(strict_rules_in_order),
        cmocka_unit_test(schemas),
        cmocka_unit_test(feed_ids_and_words),
        cmocka_unit_test(signatures_of_families),
        cmocka_unit_test(tails_of_streams),
        cmocka_unit_test(inspection_needs_no_set),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
