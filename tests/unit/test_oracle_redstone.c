/* oracle_redstone: each rule of spec 09 §7 at its edges, and which values a median counts. */
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

enum { MEMBERS = 6, NOW = 5000, ROOM = 8192, TAIL = 78 };
#define TIME_MS UINT64_C(4999123)

static uint8_t members[MEMBERS * 20]; /* signer_of(1) .. signer_of(MEMBERS), by place */
static pl_signer_set set;
static pl_feed feed;
static pl_reading reading;
static uint8_t bytes[ROOM];
static size_t size;
static uint8_t btc[32] = "BTC";

static int set_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MEMBERS; i++) {
        const signer key = signer_of(i + 1);
        signer_address(members + 20 * i, &key);
    }
    return 0;
}

static void begin(void)
{
    set = (pl_signer_set){
        .until_s = UINT64_MAX, .quorum = 3, .member_count = MEMBERS, .members = members};
    feed = (pl_feed){.format = PL_FEED_REDSTONE,
                     .wire_decimals = 8,
                     .subject = btc,
                     .subject_size = 32,
                     .set_count = 1,
                     .sets = &set};
    size = 0;
}

static void put(const void *data, size_t count)
{
    assert_true(size + count <= ROOM);
    memcpy(bytes + size, data, count);
    size += count;
}

static void put_number(uint64_t value, size_t count)
{
    uint8_t wide[8];
    pl_store_u64(wide, value);
    put(wide + 8 - count, count);
}

static void put_id(const char *text)
{
    uint8_t id[32] = {0};
    memcpy(id, text, strlen(text));
    put(id, sizeof id);
}

/* The tail behind points that begin at `start`, signed by signer_of(signer_number). */
static void put_tail(size_t start, uint32_t signer_number, uint64_t time_ms, uint64_t value_size,
                     uint64_t point_count)
{
    uint8_t digest[32], signature[65];
    const signer key = signer_of(signer_number);
    put_number(time_ms, 6);
    put_number(value_size, 4);
    put_number(point_count, 3);
    pl_keccak_of(digest, bytes + start, size - start);
    signer_sign_recoverable(signature, &key, digest);
    signature[64] = (uint8_t)(signature[64] + 27);
    put(signature, sizeof signature);
}

/* A package with one point of 8 bytes. */
static void put_package(uint32_t signer_number, const char *id, uint64_t value, uint64_t time_ms)
{
    const size_t start = size;
    put_id(id);
    put_number(value, 8);
    put_tail(start, signer_number, time_ms, 8, 1);
}

static void put_end(unsigned count)
{
    put_number(count, 2);
    put("note", 4);
    put_number(4, 3);
    put("\x00\x00\x02\xed\x57\x01\x1e\x00\x00", 9);
}

/* One package each of signers 1 .. count with these values; the last is met first. */
static void make(const uint64_t *values, unsigned count)
{
    begin();
    for (unsigned i = 0; i < count; i++) {
        put_package(i + 1, "BTC", values[i], TIME_MS);
    }
    put_end(count);
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

static void expect_price(int64_t price, unsigned values)
{
    EXPECT(OK);
    const pl_i256 expected = pl_i256_from_i64(price);
    assert_true(reading.has_price && pl_u256_eq(&reading.price, &expected));
    assert_int_equal(reading.values, values);
}

static void a_good_one_is_read(void **state)
{
    (void)state;
    const uint64_t values[] = {10, 30, 20};
    make(values, 3);
    expect_price(20, 3);
    assert_true(reading.exponent == -8 && !reading.has_confidence);
    assert_true(reading.time_s == 4999 && reading.time_ns == 123000000);
    assert_true(reading.order == TIME_MS && reading.signatures == 3);
    assert_true(reading.signers.bits[0] == 7 && reading.strict_error == PL_OK);
}

static void the_rules_choose_what_a_median_counts(void **state)
{
    (void)state;
    const uint64_t values[] = {1, 2, 30, 40, 51, 60};
    make(values, 5);
    expect_price(40, 3); /* 51 40 30 are met first */
    assert_true(reading.signers.bits[0] == 0x1c && reading.signatures == 5);
    feed.rules = PL_RULES_STRICT;
    expect_price(30, 5);
    assert_true(reading.signers.bits[0] == 0x1f);
    make(values, 6);
    feed.rules = PL_RULES_STRICT;
    expect_price(35, 6);
    set.quorum = 4;
    feed.rules = PL_RULES_DEPLOYED;
    expect_price(45, 4); /* 40 and 51: down */
    set.quorum = 2;
    expect_price(55, 2); /* 51 and 60: down */
    set.quorum = 1;
    expect_price(60, 1);
}

static void a_second_value_of_a_signer_does_not_count(void **state)
{
    (void)state;
    begin();
    put_package(1, "BTC", 10, TIME_MS);
    put_package(2, "BTC", 20, TIME_MS);
    put_package(2, "BTC", 99, TIME_MS);
    put_end(3);
    EXPECT(QUORUM);
    feed.rules = PL_RULES_STRICT;
    EXPECT(QUORUM);
    set.quorum = 2;
    expect_price(54, 2); /* 99 is met first */
    assert_true(reading.strict_error == PL_REJECT_SIGNER_DUPLICATE);
    feed.rules = PL_RULES_DEPLOYED;
    expect_price(54, 2);
    set.quorum = 1;
    expect_price(99, 1);
}

static void points_of_one_package(void **state)
{
    (void)state;
    begin();
    set.quorum = 1;
    put_id("ETH");
    put_number(5, 8);
    put_id("BTC");
    put_number(6, 8);
    put_id("BTC");
    put_number(7, 8);
    put_tail(0, 1, TIME_MS, 8, 3);
    put_end(1);
    expect_price(7, 1); /* the last point is met first */
    feed.rules = PL_RULES_STRICT;
    expect_price(7, 1);
    assert_true(reading.strict_error == PL_REJECT_SIGNER_DUPLICATE);
    feed.subject_size = 0;
    expect_price(7, 1);
    feed.subject_size = 31;
    EXPECT(SUBJECT);
}

static void counts_and_sizes_have_edges(void **state)
{
    (void)state;
    const uint64_t values[] = {10, 30, 20};
    make(values, 0);
    EXPECT(QUORUM);
    feed.subject_size = 0;
    EXPECT(QUORUM);
    make(values, 3);
    uint8_t *count = bytes + size - 18;
    for (unsigned wrong = 0; wrong < 3; wrong++) {
        count[1] = (uint8_t)wrong;
        EXPECT(QUORUM); /* what stands before is call data then */
    }
    count[1] = 4;
    EXPECT(TRUNCATED);
    count[0] = count[1] = 255;
    count[-1] = 0; /* v of the last package: the count is asked before any signature */
    EXPECT(TRUNCATED);
    make(values, 3);
    memset(bytes + size - 12, 255, 3); /* metadata size */
    EXPECT(TRUNCATED);
    pl_store_u16(bytes + size - 11, (uint16_t)(size - 12 - 1)); /* leaves one byte for the count */
    bytes[size - 12] = 0;
    EXPECT(TRUNCATED);
    pl_store_u16(bytes + size - 11, (uint16_t)(size - 12 - 2));
    EXPECT(TRUNCATED); /* the count is then "BT" */
    pl_store_u16(bytes, 0);
    EXPECT(QUORUM);
}

static void packages_do_not_reach_before_the_payload(void **state)
{
    (void)state;
    const uint64_t values[] = {10, 30, 20};
    make(values, 3);
    uint8_t *tail = bytes + 3 * 118 - TAIL;
    memset(tail + 6, 255, 4); /* value size */
    EXPECT(LIMIT);
    pl_store_u32(tail + 6, 33);
    EXPECT(LIMIT);
    pl_store_u32(tail + 6, 32);
    EXPECT(UNKNOWN_SIGNER);    /* another digest */
    memset(tail + 10, 255, 3); /* point count */
    EXPECT(TRUNCATED);
    pl_store_u32(tail + 6, 8);
    memset(tail + 10, 0, 3);
    tail[12] = 7; /* 280 bytes; there are 276 before the tail */
    EXPECT(TRUNCATED);
    tail[12] = 6;
    EXPECT(UNKNOWN_SIGNER);
}

/* One package with one value of `count` bytes, all of them `byte` but the first. */
static void make_value(size_t count, uint8_t first, uint8_t byte)
{
    uint8_t value[33];
    begin();
    set.quorum = 1;
    memset(value, byte, sizeof value);
    value[0] = first;
    put_id("BTC");
    put(value, count);
    put_tail(0, 1, TIME_MS, count, 1);
    put_end(1);
}

static void values_have_edges(void **state)
{
    (void)state;
    make_value(0, 9, 9);
    expect_price(0, 1);
    make_value(1, 255, 0);
    expect_price(255, 1);
    make_value(32, 0x7f, 0xff);
    EXPECT(OK);
    const pl_i256 most = pl_i256_max_value();
    assert_true(pl_u256_eq(&reading.price, &most));
    make_value(32, 0x80, 0);
    EXPECT(EXPONENT);
    make_value(32, 0xff, 0xff);
    EXPECT(EXPONENT);
    make_value(33, 0, 0);
    EXPECT(LIMIT);
}

/* Two values whose sum does not fit 256 bits, or whose mean just fits a price. */
static void a_mean_does_not_wrap(void **state)
{
    (void)state;
    static const uint8_t firsts[2] = {0x7f, 0x80};
    begin();
    set.quorum = 2;
    for (uint32_t i = 0; i < 2; i++) {
        const size_t start = size;
        uint8_t value[32];
        memset(value, i == 0 ? 0xff : 0, sizeof value);
        value[0] = firsts[i];
        put_id("BTC");
        put(value, sizeof value);
        put_tail(start, i + 1, TIME_MS, 32, 1);
    }
    put_end(2);
    EXPECT(OK);
    const pl_i256 most = pl_i256_max_value();
    assert_true(pl_u256_eq(&reading.price, &most)); /* floor of 2^255 - 1/2 */
    begin();
    set.quorum = 2;
    for (uint32_t i = 0; i < 2; i++) {
        const size_t start = size;
        uint8_t value[32];
        memset(value, 0xff, sizeof value);
        put_id("BTC");
        put(value, sizeof value);
        put_tail(start, i + 1, TIME_MS, 32, 1);
    }
    put_end(2);
    EXPECT(EXPONENT);
}

static void every_package_is_a_members(void **state)
{
    (void)state;
    begin();
    put_package(MEMBERS + 1, "ETH", 1, TIME_MS); /* about something else, and met last */
    put_package(1, "BTC", 10, TIME_MS);
    put_package(2, "BTC", 20, TIME_MS);
    put_package(3, "BTC", 30, TIME_MS);
    put_end(4);
    EXPECT(UNKNOWN_SIGNER);
    const uint64_t values[] = {10, 30, 20};
    make(values, 3);
    for (unsigned v = 0; v < 256; v++) {
        const uint8_t good = bytes[117];
        bytes[117] = (uint8_t)v;
        const pl_status status = read_it();
        assert_int_equal(status, v == good            ? PL_OK
                                 : v == 27 || v == 28 ? PL_REJECT_UNKNOWN_SIGNER
                                                      : PL_REJECT_RECOVERY_ID);
        bytes[117] = good;
    }
    memset(bytes + 118 - 65, 0, 32);
    EXPECT(SIGNATURE_RANGE);
    make(values, 3);
    memset(bytes + 118 - 33, 0xff, 32);
    EXPECT(SIGNATURE_RANGE);
    bytes[118 - 33] = 0x80;
    EXPECT(HIGH_S);
    set.until_s = NOW;
    EXPECT(SIGNER_SET);
}

static void times_are_one_time(void **state)
{
    (void)state;
    begin();
    put_package(1, "BTC", 10, TIME_MS + 1);
    put_package(2, "BTC", 20, TIME_MS);
    put_package(3, "BTC", 20, TIME_MS);
    put_end(3);
    EXPECT(TIME_MISMATCH);
    begin();
    set.quorum = 1;
    put_package(1, "BTC", 10, 0);
    put_end(1);
    EXPECT(TIME_MISMATCH);
    begin();
    set.quorum = 1;
    put_package(1, "BTC", 10, (UINT64_C(1) << 48) - 1);
    put_end(1);
    EXPECT(OK);
    assert_true(reading.time_s == 281474976710 && reading.order == (UINT64_C(1) << 48) - 1);
}

static void what_is_not_signed_means_nothing(void **state)
{
    (void)state;
    static uint8_t moved[ROOM];
    const uint64_t values[] = {10, 30, 20};
    make(values, 3);
    feed.rules = PL_RULES_STRICT;
    memset(bytes + size - 16, 'x', 4);
    expect_price(20, 3);
    memcpy(moved, bytes, size);
    memset(bytes, 0xab, 36);
    memcpy(bytes + 36, moved, size);
    size += 36;
    expect_price(20, 3);
    assert_true(reading.strict_error == PL_OK);
    bytes[size - 1] ^= 1;
    EXPECT(MAGIC);
}

static void a_real_one_cut_anywhere_has_a_name(void **state)
{
    (void)state;
    static const pl_status ends[] = {PL_REJECT_TRUNCATED, PL_REJECT_MAGIC, PL_OK};
    static const pl_status starts[] = {PL_REJECT_TRUNCATED, PL_OK};
    oracle_row row;
    oracle_row_open(&row, "redstone", "redstone-0039");
    const pl_feed *real = &row.row.feed.feed;
    const pt_bytes *payload = &row.row.payload;
    const uint64_t now = row.row.now.seconds;
    assert_int_equal(oracle_read_copy(&reading, real, now, payload->data, payload->size), PL_OK);
    assert_int_equal(oracle_count_wrong_cuts(real, now, payload->data, payload->size, false, ends),
                     0);
    assert_int_equal(oracle_count_wrong_cuts(real, now, payload->data, payload->size, true, starts),
                     0);
    oracle_row_close(&row);
}

static void inspection_needs_no_set(void **state)
{
    (void)state;
    const uint64_t values[] = {1, 2, 30, 40, 51};
    const pl_observer observer = {.any_signer = true};
    make(values, 5);
    feed.set_count = 0;
    feed.subject_size = 0;
    assert_int_equal(pl_oracle_read(&reading, &feed, NOW, bytes, size, &observer), PL_OK);
    assert_true(reading.values == 5 && reading.signatures == 5);
    for (unsigned count = 0; count < 3; count++) {
        make(values, count);
        feed.set_count = 0;
        feed.subject_size = 0;
        assert_int_equal(pl_oracle_read(&reading, &feed, NOW, bytes, size, &observer), PL_OK);
        assert_true(reading.has_price == (count > 0) && reading.values == count);
        assert_true(reading.has_digest == (count > 0));
    }
}

static size_t bytes_before;

static void see_before(void *context, const pl_part *part)
{
    (void)context;
    if (strcmp(part->name, "call data") == 0) {
        assert_int_equal(part->offset, 0);
        bytes_before += part->size;
    }
}

/* The call that carries a report stands before it, and is told, be it one byte. */
static void what_stands_before_is_told(void **state)
{
    (void)state;
    const uint64_t values[] = {1, 2, 30, 40, 51};
    const pl_observer observer = {.part = see_before, .any_signer = true};
    for (size_t before = 0; before < 3; before++) {
        make(values, 5);
        memmove(bytes + before, bytes, size);
        memset(bytes, 0x77, before);
        size += before;
        bytes_before = 0;
        assert_int_equal(pl_oracle_read(&reading, &feed, NOW, bytes, size, &observer), PL_OK);
        assert_int_equal(bytes_before, before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one_is_read),
        cmocka_unit_test(the_rules_choose_what_a_median_counts),
        cmocka_unit_test(a_second_value_of_a_signer_does_not_count),
        cmocka_unit_test(points_of_one_package),
        cmocka_unit_test(counts_and_sizes_have_edges),
        cmocka_unit_test(packages_do_not_reach_before_the_payload),
        cmocka_unit_test(values_have_edges),
        cmocka_unit_test(a_mean_does_not_wrap),
        cmocka_unit_test(every_package_is_a_members),
        cmocka_unit_test(times_are_one_time),
        cmocka_unit_test(what_is_not_signed_means_nothing),
        cmocka_unit_test(a_real_one_cut_anywhere_has_a_name),
        cmocka_unit_test(inspection_needs_no_set),
        cmocka_unit_test(what_stands_before_is_told),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
