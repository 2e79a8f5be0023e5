/* oracle_lazer: each rule of spec 09 §8 at its edges, in both byte orders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/oracle_row.h"
#include "tests/support/signer.h"
#include "vm/base/bytes.h"
#include "vm/base/keccak.h"

enum { NOW = 5000, ROOM = 4096, HEAD = 71, PAYLOAD_HEAD = 14 };
#define TIME_US UINT64_C(4999123456)
#define MAGIC   UINT64_C(2479346549)

static uint8_t members[20];
static pl_signer_set set;
static pl_feed feed;
static pl_reading reading;
static uint8_t bytes[ROOM];
static size_t size;
static bool is_little;
static const uint8_t seven[4] = {0, 0, 0, 7};

static int set_up(void **state)
{
    (void)state;
    const signer key = signer_of(1);
    signer_address(members, &key);
    return 0;
}

static void put_number(uint64_t value, size_t count)
{
    assert_true(size + count <= ROOM);
    for (size_t i = 0; i < count; i++) {
        const size_t place = is_little ? i : count - 1 - i;
        bytes[size++] = (uint8_t)(value >> (8 * place));
    }
}

static void put_property(uint64_t number, uint64_t value, size_t count)
{
    put_number(number, 1);
    put_number(value, count);
}

static void put_marked(uint64_t number, uint64_t value)
{
    put_number(number, 1);
    put_number(1, 1);
    put_number(value, 8);
}

static void begin(unsigned feeds)
{
    set =
        (pl_signer_set){.until_s = UINT64_MAX, .quorum = 1, .member_count = 1, .members = members};
    feed = (pl_feed){.format = PL_FEED_LAZER,
                     .wire_decimals = 6,
                     .subject = seven,
                     .subject_size = 4,
                     .set_count = 1,
                     .sets = &set};
    size = HEAD;
    put_number(MAGIC, 4);
    put_number(TIME_US, 8);
    put_number(1, 1);
    put_number(feeds, 1);
}

static void put_feed(uint32_t id, unsigned properties)
{
    put_number(id, 4);
    put_number(properties, 1);
}

/* The head before the payload, signed. */
static void finish(void)
{
    static const uint8_t magic[2][4] = {{0x2a, 0x22, 0x99, 0x9a}, {0xe4, 0xbd, 0x47, 0x4d}};
    const size_t whole = size;
    const signer key = signer_of(1);
    uint8_t digest[32];
    pl_keccak_of(digest, bytes + HEAD, size - HEAD);
    memcpy(bytes, magic[is_little], 4);
    signer_sign_recoverable(bytes + 4, &key, digest);
    size = HEAD - 2;
    put_number(whole - HEAD, 2);
    size = whole;
}

static pl_status read_it(void)
{
    return oracle_read_copy(&reading, &feed, NOW, bytes, size);
}

#define EXPECT(status)                                                                             \
    do {                                                                                           \
        const pl_status got_ = read_it();                                                          \
        if (strcmp(pl_status_name(got_), #status) != 0) {                                          \
            fail_msg("line %d: %s, expected " #status, __LINE__, pl_status_name(got_));            \
        }                                                                                          \
    } while (0)

static bool is_price(int64_t price, int32_t exponent)
{
    const pl_i256 expected = pl_i256_from_i64(price);
    return reading.has_price && pl_u256_eq(&reading.price, &expected) &&
           reading.exponent == exponent;
}

/* Feed 3, then feed 7 with every property there is. */
static void make_whole(bool little)
{
    is_little = little;
    begin(2);
    put_feed(3, 1);
    put_property(0, 33, 8);
    put_feed(7, 13);
    put_property(0, (uint64_t)-1234567, 8);
    put_property(1, 1, 8);
    put_property(2, 2, 8);
    put_property(3, 16, 2);
    put_property(4, (uint64_t)-8, 2);
    put_property(5, 77, 8);
    put_marked(6, (uint64_t)-5);
    put_marked(7, 4990000000);
    put_marked(8, 60000000);
    put_property(9, 1, 2);
    put_property(10, 3, 8);
    put_property(11, 4, 8);
    put_marked(12, 4998000001);
    finish();
}

/* An id is told by all of its bytes. */
static void ids_have_four_bytes(void **state)
{
    (void)state;
    static const uint8_t wide[4] = {0x12, 0x34, 0x56, 0x78};
    for (unsigned bit = 0; bit < 32; bit++) {
        make_whole(false);
        begin(1);
        put_feed(UINT32_C(0x12345678) ^ UINT32_C(1) << bit, 1);
        put_property(0, 5, 8);
        finish();
        feed.subject = wide;
        EXPECT(SUBJECT);
    }
    begin(1);
    put_feed(0x12345678, 1);
    put_property(0, 5, 8);
    finish();
    feed.subject = wide;
    EXPECT(OK);
    assert_true(is_price(5, -6));
}

/* A payload cut at every byte and signed as it is. */
static void signed_payloads_that_end_too_early(void **state)
{
    (void)state;
    for (unsigned little = 0; little < 2; little++) {
        make_whole(little == 1);
        const size_t whole = size;
        for (size_t cut = HEAD; cut < whole; cut++) {
            size = cut;
            finish();
            EXPECT(TRUNCATED);
        }
        size = whole;
        finish();
        EXPECT(OK);
    }
}

static void both_byte_orders_are_read(void **state)
{
    (void)state;
    for (int little = 0; little < 2; little++) {
        make_whole(little == 1);
        EXPECT(OK);
        assert_true(is_price(-1234567, -8));
        assert_true(reading.has_confidence && reading.confidence == 77);
        assert_true(reading.time_s == 4999 && reading.time_ns == 123456000);
        assert_true(reading.order == TIME_US && reading.signatures == 1);
        feed.rules = PL_RULES_STRICT; /* the price is as old as it says */
        EXPECT(OK);
        assert_true(reading.time_s == 4998 && reading.time_ns == 1000);
        assert_true(reading.order == TIME_US && reading.strict_error == PL_OK);
        feed.subject_size = 0;
        EXPECT(OK);
        assert_true(is_price(33, -6)); /* no exponent: the feed's */
        assert_true(reading.time_s == 4999 && !reading.has_confidence);
    }
}

static void rules_are_asked_in_their_order(void **state)
{
    (void)state;
    make_whole(false);
    const size_t whole = size;
    uint8_t *v = bytes + 68;
    const uint8_t parity = *v;
    set.until_s = NOW;
    bytes[0] ^= 1;
    bytes[HEAD - 2] ^= 0x80;
    *v = 2;
    EXPECT(MAGIC);
    bytes[0] ^= 1;
    EXPECT(TRUNCATED);
    bytes[HEAD - 2] ^= 0x80;
    EXPECT(SIGNER_SET);
    set.until_s = NOW + 1;
    EXPECT(RECOVERY_ID);
    *v = 27;
    EXPECT(RECOVERY_ID);
    *v = parity ^ 1;
    EXPECT(UNKNOWN_SIGNER);
    *v = parity;
    bytes[HEAD] ^= 1; /* the payload's magic */
    EXPECT(UNKNOWN_SIGNER);
    finish();
    EXPECT(MAGIC);
    bytes[HEAD] ^= 1;
    finish();
    EXPECT(OK);
    memset(bytes + 36, 0x80, 32);
    EXPECT(HIGH_S);
    memset(bytes + 36, 0xff, 32);
    EXPECT(SIGNATURE_RANGE);
    assert_true(size == whole);
}

static void payloads_have_edges(void **state)
{
    (void)state;
    for (int little = 0; little < 2; little++) {
        is_little = little == 1;
        begin(0);
        finish();
        EXPECT(SUBJECT);
        feed.subject_size = 0;
        EXPECT(OK);
        assert_false(reading.has_price);
        begin(255);
        put_feed(7, 0);
        finish();
        EXPECT(TRUNCATED);
        begin(1);
        put_feed(7, 255);
        put_property(0, 1, 8);
        finish();
        EXPECT(TRUNCATED);
        begin(1);
        put_feed(0x07000000, 1); /* not the bytes, the number */
        put_property(0, 1, 8);
        finish();
        EXPECT(SUBJECT);
        feed.subject_size = 3;
        EXPECT(SUBJECT);
        for (size_t cut = 0; cut < PAYLOAD_HEAD; cut++) {
            begin(0);
            size = HEAD + cut;
            finish();
            EXPECT(TRUNCATED);
        }
        begin(1);
        put_feed(7, 1);
        put_property(0, 1, 8);
        put_number(0, 1); /* inside what is signed */
        finish();
        EXPECT(TRAILING);
        size--;
        finish();
        EXPECT(OK);
    }
}

static void trailing_bytes_are_strict(void **state)
{
    (void)state;
    make_whole(false);
    bytes[size++] = 0;
    EXPECT(OK);
    assert_true(is_price(-1234567, -8) && reading.strict_error == PL_REJECT_TRAILING);
}

static void unknown_properties_end_the_reading(void **state)
{
    (void)state;
    is_little = false;
    for (unsigned number = 13; number < 256; number++) {
        begin(1);
        put_feed(7, 2);
        put_property(0, 1, 8);
        put_property(number, 0, 8);
        finish();
        EXPECT(TYPE);
    }
}

static void zero_is_no_price(void **state)
{
    (void)state;
    pl_price price;
    const pl_price last = {.exists = false};
    is_little = false;
    begin(1);
    put_feed(7, 3);
    put_property(0, 0, 8);
    put_property(4, 0, 2);
    put_property(5, 0, 8);
    finish();
    EXPECT(OK);
    assert_true(!reading.has_price && !reading.has_confidence && reading.exponent == 0);
    assert_int_equal(pl_policy_check(&price, &feed, (pl_clock){NOW, 0}, &last, &reading),
                     PL_REJECT_NO_VALUE);
    begin(1);
    put_feed(7, 1);
    put_property(1, 5, 8);
    finish();
    EXPECT(OK);
    assert_false(reading.has_price);
}

static void numbers_have_edges(void **state)
{
    (void)state;
    static const int64_t prices[] = {INT64_MIN, -1, 1, INT64_MAX};
    static const int16_t exponents[] = {INT16_MIN, -1, 1, INT16_MAX};
    for (unsigned i = 0; i < 8; i++) {
        is_little = i >= 4;
        begin(1);
        put_feed(7, 3);
        put_property(0, (uint64_t)prices[i % 4], 8);
        put_property(4, (uint64_t)exponents[i % 4], 2);
        put_property(5, UINT64_MAX, 8);
        finish();
        EXPECT(OK);
        assert_true(is_price(prices[i % 4], exponents[i % 4]));
        assert_true(reading.confidence == UINT64_MAX);
    }
    pl_price price;
    const pl_price last = {.exists = false};
    feed.staleness_s = 60;
    assert_int_equal(pl_policy_check(&price, &feed, (pl_clock){NOW, 0}, &last, &reading),
                     PL_REJECT_EXPONENT);
}

static void marks_say_whether_a_value_follows(void **state)
{
    (void)state;
    is_little = true;
    begin(1);
    put_feed(7, 5);
    put_property(6, 0, 1);
    put_property(7, 0, 1);
    put_property(8, 0, 1);
    put_property(12, 0, 1);
    put_property(0, 5, 8);
    finish();
    feed.rules = PL_RULES_STRICT;
    EXPECT(OK);
    assert_true(is_price(5, -6) && reading.time_s == 4999);
}

static void repetitions_are_strict(void **state)
{
    (void)state;
    is_little = false;
    begin(2);
    put_feed(7, 1);
    put_property(0, 5, 8);
    put_feed(7, 1);
    put_property(0, 6, 8);
    finish();
    EXPECT(OK);
    assert_true(is_price(5, -6) && reading.strict_error == PL_REJECT_DUPLICATE);
    feed.subject_size = 0; /* any feed: the second is just another */
    EXPECT(OK);
    assert_true(is_price(5, -6) && reading.strict_error == PL_OK);
    begin(1);
    put_feed(7, 2);
    put_property(0, 5, 8);
    put_property(0, 6, 8);
    finish();
    EXPECT(OK);
    assert_true(is_price(6, -6) && reading.strict_error == PL_REJECT_DUPLICATE);
    begin(1);
    put_feed(7, 3);
    put_property(0, 5, 8);
    put_property(0, 6, 8);
    put_property(1, 7, 8); /* once: what stood twice stays told */
    finish();
    EXPECT(OK);
    assert_true(is_price(6, -6) && reading.strict_error == PL_REJECT_DUPLICATE);
}

static void real_ones_cut_anywhere_have_a_name(void **state)
{
    (void)state;
    static const char *const ids[] = {"pyth-lazer-0001", "pyth-lazer-0065"};
    static const pl_status allowed[] = {PL_REJECT_TRUNCATED, PL_OK};
    for (unsigned i = 0; i < 2; i++) {
        oracle_row row;
        oracle_row_open(&row, "pyth-lazer", ids[i]);
        const pl_feed *real = &row.row.feed.feed;
        const pt_bytes *payload = &row.row.payload;
        assert_int_equal(oracle_read_copy(&reading, real, NOW, payload->data, payload->size),
                         PL_OK);
        assert_int_equal(
            oracle_count_wrong_cuts(real, NOW, payload->data, payload->size, false, allowed), 0);
        oracle_row_close(&row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_byte_orders_are_read),
        cmocka_unit_test(ids_have_four_bytes),
        cmocka_unit_test(signed_payloads_that_end_too_early),
        cmocka_unit_test(rules_are_asked_in_their_order),
        cmocka_unit_test(payloads_have_edges),
        cmocka_unit_test(trailing_bytes_are_strict),
        cmocka_unit_test(unknown_properties_end_the_reading),
        cmocka_unit_test(zero_is_no_price),
        cmocka_unit_test(numbers_have_edges),
        cmocka_unit_test(marks_say_whether_a_value_follows),
        cmocka_unit_test(repetitions_are_strict),
        cmocka_unit_test(real_ones_cut_anywhere_have_a_name),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
