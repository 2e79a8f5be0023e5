/* Formats of fixed length with one signature: API3 and Stork, spec 09 §11 and §12. */
#include "tests/unit/report_parts.h"

static report flat;
static const uint8_t id[32] = {0xee, 0x8d, 0x0c};

/* A word of `value`, sign-extended. */
static void put_signed(int64_t value)
{
    uint8_t word[32];
    memset(word, value < 0 ? 0xff : 0, 32);
    for (unsigned i = 0; i < 8; i++) {
        word[31 - i] = (uint8_t)((uint64_t)value >> (8 * i));
    }
    put(&flat, word, 32);
}

/* Signs what is there: with the address of the signer in front for Stork. */
static void sign(unsigned key, unsigned named)
{
    uint8_t text[20 + 160], digest[32], signature[65];
    const size_t front = feed.format == PL_FEED_STORK ? 20 : 0;
    const size_t size = feed.format == PL_FEED_STORK ? 160 : 96;
    signer_address(text, &keys[named]);
    memcpy(text + front, flat.bytes, size);
    pl_keccak_of(digest, text, front + size);
    pl_eip191_of(digest, digest);
    sign_digest(signature, &keys[key], digest);
    flat.size = size;
    put(&flat, signature, sizeof signature);
}

static void build(uint64_t time, int64_t value)
{
    flat.size = 0;
    put(&flat, id, 32);
    put_word(&flat, time);
    put_signed(value);
    if (feed.format == PL_FEED_STORK) {
        put_word(&flat, 0xaaaa);
        put_word(&flat, 0xbbbb);
    }
    sign(0, 0);
}

static void begin(unsigned format)
{
    begin_feed(format, format == PL_FEED_STORK ? 1 : 2, 1);
    set_subject(id, sizeof id);
}

static void both(unsigned format, uint64_t per_second)
{
    begin(format);
    build(77 * per_second + 5 * (per_second / 10), 1234);
    EXPECT(PL_OK, judge(&flat, UINT64_MAX));
    expect_price(1234, -18);
    assert_int_equal(reading.time_s, 77);
    assert_int_equal(reading.time_ns, per_second == 1 ? 0 : 500000000);
    assert_int_equal(reading.order, 77 * per_second + 5 * (per_second / 10));
    EXPECT(PL_OK, judge_strict(&flat));
    EXPECT(PL_OK, judge(&flat, reading.order - 1));
    EXPECT(PL_REJECT_REPLAY, judge(&flat, reading.order));
    EXPECT(PL_OK, inspect(&flat));

    put_uint(&flat, 0, 1);
    EXPECT(PL_REJECT_TRAILING, judge(&flat, 0));
    build(77, 1234);
    flip(flat.bytes + flat.size - 65);
    EXPECT(PL_REJECT_HIGH_S, judge(&flat, 0));
    build(77, 1234);
    flat.bytes[flat.size - 1] = 1; /* parity as other formats write it */
    EXPECT(PL_REJECT_RECOVERY_ID, judge(&flat, 0));
    build(77, 1234);
    memset(flat.bytes + flat.size - 33, 0, 32);
    EXPECT(PL_REJECT_SIGNATURE_RANGE, judge(&flat, 0));
    build(77, 1234);
    sign(5, 0);
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&flat, 0));
    set.from_s = NOW + 1;
    EXPECT(PL_REJECT_SIGNER_SET, judge(&flat, 0));
    set.from_s = 0;
    build(77, 1234);
    subject[31] = 1;
    EXPECT(PL_REJECT_SUBJECT, judge(&flat, 0));
    feed.subject_size = 31;
    EXPECT(PL_REJECT_SUBJECT, judge(&flat, 0));
    feed.subject_size = 0;
    EXPECT(PL_OK, judge(&flat, 0));
}

/* Zero and negative numbers are prices; the feed's bounds say what it takes. */
static void signs(unsigned format)
{
    begin(format);
    build(77, 0);
    EXPECT(PL_OK, judge(&flat, 0));
    expect_price(0, -18);
    build(77, -5);
    EXPECT(PL_OK, judge(&flat, 0));
    expect_price(-5, -18);
    feed.min = pl_i256_from_i64(-4);
    EXPECT(PL_REJECT_PRICE_BOUNDS, judge(&flat, 0));
    feed.min = pl_i256_from_i64(-5);
    EXPECT(PL_OK, judge(&flat, 0));
}

/* The largest and smallest of so many bits, and one beyond; a time beyond 64 bits. */
static void ranges(unsigned format, unsigned bits)
{
    begin(format);
    const size_t above = 32 - bits / 8;
    for (unsigned negative = 0; negative < 2; negative++) {
        const uint8_t fill = negative ? 0xff : 0, edge = negative ? 0x80 : 0x7f;
        build(77, 0);
        memset(flat.bytes + 64, fill, above);
        memset(flat.bytes + 64 + above, negative ? 0 : 0xff, bits / 8);
        flat.bytes[64 + above] = edge;
        sign(0, 0);
        EXPECT(PL_OK, judge(&flat, 0));
        flat.bytes[64 + above] = (uint8_t)~edge;
        sign(0, 0);
        EXPECT(PL_REJECT_NON_CANONICAL, judge(&flat, 0));
    }
    build(77, 1);
    flat.bytes[32 + 23] = 1;
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&flat, 0)); /* not signed: that comes first */
    sign(0, 0);
    EXPECT(PL_REJECT_NON_CANONICAL, judge(&flat, 0));
    build(UINT64_MAX, 1);
    EXPECT(PL_OK, judge(&flat, 0));
}

static void api3(void **state)
{
    (void)state;
    both(PL_FEED_API3, 1);
    signs(PL_FEED_API3);
    ranges(PL_FEED_API3, 224);
}

static void stork(void **state)
{
    (void)state;
    both(PL_FEED_STORK, 1000000000);
    signs(PL_FEED_STORK);
    ranges(PL_FEED_STORK, 192);
}

/* The aggregator's address is part of what it signs. */
static void stork_names_its_aggregator(void **state)
{
    (void)state;
    begin(PL_FEED_STORK);
    build(77, 1);
    sign(0, 1);
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&flat, 0));
    set_members(2, 1); /* a second member never signs */
    sign(1, 1);
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&flat, 0));
    sign(1, 0); /* nor for the aggregator */
    EXPECT(PL_REJECT_SIGNATURE, judge(&flat, 0));
    sign(0, 0);
    EXPECT(PL_OK, judge(&flat, 0));
    set.quorum = 2; /* which one signature never is */
    EXPECT(PL_REJECT_QUORUM, judge(&flat, 0));
}

static uint8_t told_digest[32];

static void keep_digest(void *context, const pl_signature_seen *seen)
{
    (void)context;
    memcpy(told_digest, seen->digest, 32);
}

/* Without a set the aggregator is nobody: twenty zeros in front. */
static void stork_of_nobody(void **state)
{
    (void)state;
    uint8_t text[20 + 160] = {0}, expected[32];
    const pl_observer observer = {.signature = keep_digest, .any_signer = true};
    begin(PL_FEED_STORK);
    build(77, 1);
    memcpy(text + 20, flat.bytes, 160);
    pl_keccak_of(expected, text, sizeof text);
    pl_eip191_of(expected, expected);
    feed.set_count = 0;
    EXPECT(PL_OK, pl_oracle_read(&reading, &feed, NOW, flat.bytes, flat.size, &observer));
    assert_memory_equal(told_digest, expected, 32);
    assert_memory_equal(reading.digest, expected, 32);
}

/* A report of the native format is no payload of an adapter; its own door needs the world. */
static void native_has_another_door(void **state)
{
    (void)state;
    begin(PL_FEED_API3);
    build(77, 1);
    feed.format = PL_FEED_NATIVE;
    EXPECT(PL_REJECT_TYPE, read_report(&flat));
    feed.format = PL_FEED_UNSIGNED;
    EXPECT(PL_REJECT_TYPE, read_report(&flat));
}

/* 256 unsigned bits may be above every price. */
static void words_above_every_price(void **state)
{
    (void)state;
    uint8_t word[32] = {0x7f};
    pl_i256 value;
    EXPECT(PL_OK, pl_int256_of_word(&value, word, 256, false));
    word[0] = 0x80;
    EXPECT(PL_REJECT_EXPONENT, pl_int256_of_word(&value, word, 256, false));
    EXPECT(PL_OK, pl_int256_of_word(&value, word, 256, true));
}

static void cuts(void **state)
{
    (void)state;
    static const pl_status truncated[] = {PL_REJECT_TRUNCATED, PL_OK};
    expect_cuts("api3-signed-data", "api3-signed-data-0001", truncated);
    expect_cuts("stork-v1", "stork-v1-0001", truncated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(api3),
        cmocka_unit_test(stork),
        cmocka_unit_test(stork_names_its_aggregator),
        cmocka_unit_test(stork_of_nobody),
        cmocka_unit_test(native_has_another_door),
        cmocka_unit_test(words_above_every_price),
        cmocka_unit_test(cuts),
    };
    return cmocka_run_group_tests_name("oracle_flat", tests, NULL, NULL);
}
