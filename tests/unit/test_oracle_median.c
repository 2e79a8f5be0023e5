/* Maker Median: the call and the single message, spec 09 §9. */
#include "tests/unit/report_parts.h"
#include "vm/oracle/median.h"

enum { HEAD = 164, VALUES = 0, AGES, VS, RS, SS };

typedef struct entry {
    uint64_t value, age;
    unsigned key;
} entry;

static const char wat[PL_WAT_SIZE] = "ETHUSD";
static report call;

static int set_up(void **state)
{
    (void)state;
    begin_feed(PL_FEED_MEDIAN_POKE, 5, 3);
    set_subject(wat, sizeof wat);
    return 0;
}

static uint8_t *element(unsigned array, size_t count, size_t i)
{
    return call.bytes + HEAD + (array * (count + 1) + 1 + i) * 32;
}

/* Signs entry i anew, after its words were changed. */
static void sign_entry(size_t count, size_t i, unsigned key)
{
    uint8_t digest[32], signature[65];
    pl_median_digest(digest, element(VALUES, count, i), element(AGES, count, i),
                     (const uint8_t *)wat);
    sign_digest(signature, &keys[key], digest);
    memcpy(element(RS, count, i), signature, 32);
    memcpy(element(SS, count, i), signature + 32, 32);
    memset(element(VS, count, i), 0, 32);
    element(VS, count, i)[31] = signature[64];
}

static void build(const entry *entries, size_t count)
{
    static const uint8_t selector[4] = {0x89, 0xbb, 0xb8, 0xb2};
    call.size = 0;
    put(&call, selector, 4);
    for (size_t array = 0; array < 5; array++) {
        put_word(&call, 160 + array * (count + 1) * 32);
    }
    for (size_t array = 0; array < 5; array++) {
        put_word(&call, count);
        for (size_t i = 0; i < count; i++) {
            put_word(&call, array == VALUES ? entries[i].value : entries[i].age);
        }
    }
    for (size_t i = 0; i < count; i++) {
        sign_entry(count, i, entries[i].key);
    }
}

static const entry three[3] = {{100, 50, 0}, {200, 40, 1}, {300, 60, 2}};

static void median_and_smallest_age(void **state)
{
    (void)state;
    build(three, 3);
    EXPECT(PL_OK, judge(&call, 39));
    expect_price(200, -18);
    assert_int_equal(reading.order, 40);
    assert_int_equal(reading.time_s, 40);
    assert_int_equal(reading.signatures, 3);
    assert_int_equal(reading.signers.bits[0], 7);
    EXPECT(PL_REJECT_STALE, judge(&call, 40)); /* one age that is not above the stored */
    EXPECT(PL_OK, judge_strict(&call));
    EXPECT(PL_OK, inspect(&call));
    pl_price price;
    const pl_price last = {.exists = false};
    EXPECT(PL_OK, read_report(&call));
    EXPECT(PL_OK, pl_policy_check(&price, &feed, (pl_clock){NOW, 0}, &last, &reading));
    assert_int_equal(price.round, NOW); /* the block's time is stored, not an age */
}

static void values_do_not_fall(void **state)
{
    (void)state;
    const entry equal[3] = {{7, 9, 0}, {7, 9, 1}, {7, 9, 2}};
    const entry falling[3] = {{7, 9, 0}, {8, 9, 1}, {7, 9, 2}};
    build(equal, 3);
    EXPECT(PL_OK, judge(&call, 8));
    build(falling, 3);
    EXPECT(PL_REJECT_VALUE_ORDER, judge(&call, 8));
    build(three, 3);
    element(VALUES, 3, 1)[0] = 0x80; /* not signed, so the order is not reached */
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&call, 8));
}

static void exactly_the_quorum(void **state)
{
    (void)state;
    const entry five[5] = {{1, 9, 0}, {2, 9, 1}, {3, 9, 2}, {4, 9, 3}, {5, 9, 4}};
    for (size_t count = 0; count <= 5; count++) {
        build(five, count);
        EXPECT(count == 3 ? PL_OK : PL_REJECT_QUORUM, judge(&call, 8));
        EXPECT(PL_OK, inspect(&call));
        assert_int_equal(reading.has_price, count > 0);
        assert_int_equal(reading.has_digest, count > 0);
    }
}

static void one_signer_one_entry(void **state)
{
    (void)state;
    const entry twice[3] = {{1, 9, 3}, {2, 9, 1}, {3, 9, 3}};
    build(twice, 3);
    EXPECT(PL_REJECT_SIGNER_DUPLICATE, judge(&call, 8));
}

/* Two signers whose addresses begin with one byte are one bit to the contract. */
static void first_bytes_are_distinct(void **state)
{
    (void)state;
    uint32_t number_of[256] = {0};
    for (uint32_t number = 1;; number++) {
        const signer found = signer_of(number);
        uint8_t address[20];
        signer_address(address, &found);
        if (number_of[address[0]] != 0) {
            keys[0] = signer_of(number_of[address[0]]);
            keys[1] = found;
            break;
        }
        number_of[address[0]] = number;
    }
    set_members(2, 2);
    const entry pair[2] = {{1, 9, 0}, {2, 9, 1}};
    build(pair, 2);
    EXPECT(PL_REJECT_SIGNER_DUPLICATE, judge(&call, 8));
    begin_feed(PL_FEED_MEDIAN_POKE, 2, 2);
    set_subject(wat, sizeof wat);
    build(pair, 2);
    EXPECT(PL_OK, judge(&call, 8));
}

/* All 256 first bytes are told apart: 0 and 64, 63 and 127 .. share no bit. */
static void first_bytes_have_a_bit_each(void **state)
{
    (void)state;
    uint32_t number_of[256] = {0};
    for (uint32_t number = 1; number < 6000; number++) {
        const signer found = signer_of(number);
        uint8_t address[20];
        signer_address(address, &found);
        number_of[address[0]] = number;
    }
    for (unsigned byte = 0; byte < 256; byte += byte % 64 == 0 ? 63 : 1) {
        const unsigned other = (byte + 64) % 256;
        assert_true(number_of[byte] != 0 && number_of[other] != 0);
        keys[0] = signer_of(number_of[byte]);
        keys[1] = signer_of(number_of[other]);
        set_members(2, 2);
        const entry pair[2] = {{1, 9, 0}, {2, 9, 1}};
        build(pair, 2);
        EXPECT(PL_OK, judge(&call, 8));
    }
}

static void offsets_and_counts(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t byte;
        pl_status expected;
    } rows[] = {
        {0, 0x88, PL_REJECT_MAGIC},
        {4, 0x80, PL_REJECT_TRUNCATED},                    /* offset 2^255                        */
        {4 + 23, 1, PL_REJECT_TRUNCATED},                  /* offset above 2^64                   */
        {4 + 24, 0xff, PL_REJECT_TRUNCATED},               /* offset that would wrap              */
        {4 + 30, 0x10, PL_REJECT_TRUNCATED},               /* offset behind the end               */
        {HEAD, 0x80, PL_REJECT_TRUNCATED},                 /* count 2^255                         */
        {HEAD + 24, 0xff, PL_REJECT_TRUNCATED},            /* count whose bytes would wrap        */
        {HEAD + 31, 18, PL_REJECT_NON_CANONICAL},          /* as many as there are bytes: unequal */
        {HEAD + 31, 20, PL_REJECT_TRUNCATED},              /* one more than there are bytes       */
        {HEAD + 31, 2, PL_REJECT_QUORUM},                  /* fewer values: the rest is unread    */
        {HEAD + 128 * 4 + 31, 2, PL_REJECT_NON_CANONICAL}, /* fewer s than values           */
        {HEAD + 128 * 4 + 31, 0, PL_REJECT_NON_CANONICAL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        build(three, 3);
        call.bytes[rows[i].at] = rows[i].byte;
        EXPECT(rows[i].expected, judge(&call, 8));
    }
    build(three, 3);
    memset(call.bytes + 4, 0, 32);
    call.bytes[4 + 30] = 0x03; /* the first array begins at the last word: its count is s[2] */
    call.bytes[4 + 31] = 0x00;
    EXPECT(PL_REJECT_TRUNCATED, judge(&call, 8));
}

/* The contract's decoder follows any offset. Strict feeds want the one layout. */
static void overlapping_and_apart(void **state)
{
    (void)state;
    build(three, 3);
    memcpy(call.bytes + 4 + 4 * 32, call.bytes + 4 + 3 * 32, 32); /* s is read where r stands */
    const pl_status status = judge(&call, 8);
    assert_true(status == PL_REJECT_UNKNOWN_SIGNER || status == PL_REJECT_SIGNATURE);

    build(three, 3);
    memmove(call.bytes + HEAD + 32, call.bytes + HEAD, call.size - HEAD); /* a gap of a word */
    memset(call.bytes + HEAD, 0xab, 32);
    call.size += 32;
    for (unsigned i = 0; i < 5; i++) {
        const unsigned offset = 160 + i * 128 + 32;
        call.bytes[4 + 32 * i + 30] = (uint8_t)(offset >> 8);
        call.bytes[4 + 32 * i + 31] = (uint8_t)offset;
    }
    EXPECT(PL_OK, judge(&call, 8));
    EXPECT(PL_REJECT_NON_CANONICAL, judge_strict(&call));

    build(three, 3);
    put_uint(&call, 0, 1);
    EXPECT(PL_OK, judge(&call, 8));
    EXPECT(PL_REJECT_TRAILING, judge_strict(&call));
}

/* The contract counts values; it never asks how many ages or signatures there are. */
static void longer_arrays(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 5; i++) {
        build(three, 3);
        put_uint(&call, 0, 32); /* the last array has room for one more */
        call.bytes[HEAD + 128 * i + 31] = 4;
        EXPECT(PL_OK, judge(&call, 8));
        EXPECT(PL_REJECT_NON_CANONICAL, judge_strict(&call));
    }
}

static void signatures(void **state)
{
    (void)state;
    build(three, 3);
    uint8_t signature[65];
    memcpy(signature, element(RS, 3, 2), 32);
    memcpy(signature + 32, element(SS, 3, 2), 32);
    signature[64] = element(VS, 3, 2)[31];
    flip(signature);
    memcpy(element(SS, 3, 2), signature + 32, 32);
    element(VS, 3, 2)[31] = signature[64];
    EXPECT(PL_OK, judge(&call, 8));
    EXPECT(PL_REJECT_HIGH_S, judge_strict(&call));
    feed.rules = PL_RULES_STRICT;
    EXPECT(PL_REJECT_STALE, judge(&call, 40)); /* the deployed rules come first */
    feed.rules = PL_RULES_DEPLOYED;

    build(three, 3);
    element(VS, 3, 1)[31] = 29;
    EXPECT(PL_REJECT_RECOVERY_ID, judge(&call, 8));
    element(VS, 3, 1)[31] = 26;
    EXPECT(PL_REJECT_RECOVERY_ID, judge(&call, 8));
    build(three, 3);
    element(VS, 3, 1)[30] = 1; /* 256 + 27 or 28 */
    EXPECT(PL_REJECT_RECOVERY_ID, judge(&call, 8));
    build(three, 3);
    memset(element(RS, 3, 1), 0, 32);
    EXPECT(PL_REJECT_SIGNATURE_RANGE, judge(&call, 8));
    const entry stranger[3] = {{1, 9, 0}, {2, 9, 5}, {3, 9, 2}};
    build(stranger, 3);
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&call, 8));
    EXPECT(PL_OK, inspect(&call));
    set.until_s = NOW;
    EXPECT(PL_REJECT_SIGNER_SET, judge(&call, 8));
}

static void ranges_after_signatures(void **state)
{
    (void)state;
    const entry zeros[3] = {{0, 9, 0}, {0, 9, 1}, {5, 9, 2}};
    build(zeros, 3);
    EXPECT(PL_OK, read_report(&call));
    EXPECT(PL_REJECT_NO_VALUE, judge(&call, 8));
    const entry one[3] = {{0, 9, 0}, {1, 9, 1}, {1, 9, 2}};
    build(one, 3);
    EXPECT(PL_OK, judge(&call, 8));
    for (size_t i = 1; i < 3; i++) {
        memset(element(VALUES, 3, i), 0, 32);
        element(VALUES, 3, i)[15] = 1; /* 2^128 */
        sign_entry(3, i, (unsigned)i);
    }
    EXPECT(PL_REJECT_NON_CANONICAL, judge(&call, 8));
    for (size_t i = 1; i < 3; i++) {
        memset(element(VALUES, 3, i), 0, 16);
        memset(element(VALUES, 3, i) + 16, 0xff, 16);
        sign_entry(3, i, (unsigned)i);
    }
    EXPECT(PL_OK, judge(&call, 8));
    for (size_t i = 0; i < 3; i++) {
        element(AGES, 3, i)[23] = 1; /* above 2^64 */
        sign_entry(3, i, (unsigned)i);
        EXPECT(i == 2 ? PL_REJECT_NON_CANONICAL : PL_OK, judge(&call, 8)); /* the smallest counts */
    }
}

static void the_subject_is_a_wat(void **state)
{
    (void)state;
    build(three, 3);
    set_subject("BTCUSD\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32);
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&call, 8));
    feed.subject_size = 31;
    EXPECT(PL_REJECT_SUBJECT, judge(&call, 8));
    feed.subject_size = 0;
    EXPECT(PL_REJECT_SUBJECT, judge(&call, 8));
    EXPECT(PL_OK, inspect(&call));
}

/* ---- the message ---- */

static void build_message(uint64_t value, uint64_t age, unsigned key)
{
    uint8_t digest[32], signature[65];
    call.size = 0;
    put_word(&call, value);
    put_word(&call, age);
    put(&call, wat, sizeof wat);
    pl_median_digest(digest, call.bytes, call.bytes + 32, call.bytes + 64);
    sign_digest(signature, &keys[key], digest);
    put(&call, signature, sizeof signature);
}

static void message(void **state)
{
    (void)state;
    begin_feed(PL_FEED_MEDIAN_MESSAGE, 2, 1);
    set_subject(wat, sizeof wat);
    build_message(1500, 77, 1);
    EXPECT(PL_OK, judge(&call, 76));
    expect_price(1500, -18);
    assert_int_equal(reading.time_s, 77);
    assert_int_equal(reading.signers.bits[0], 2);
    EXPECT(PL_REJECT_STALE, judge(&call, 77));
    flip(call.bytes + 96);
    EXPECT(PL_OK, judge(&call, 76));
    EXPECT(PL_REJECT_HIGH_S, judge_strict(&call));
    build_message(1500, 77, 1);
    call.bytes[66] = 'X'; /* another wat written in: a bad signature; a genuine one: the subject */
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&call, 76));
    build_message(1500, 77, 1);
    subject[2] = 'X';
    EXPECT(PL_REJECT_SUBJECT, judge(&call, 76));
    feed.subject_size = 0;
    EXPECT(PL_OK, judge(&call, 76));
    build_message(0, 77, 1);
    EXPECT(PL_REJECT_NO_VALUE, judge(&call, 76));
    build_message(1, 77, 1);
    put_uint(&call, 0, 1);
    EXPECT(PL_REJECT_TRAILING, judge(&call, 76));
    set_members(2, 2);
    build_message(1, 77, 1);
    EXPECT(PL_REJECT_QUORUM, judge(&call, 76)); /* one message has one signer */
}

static void cuts(void **state)
{
    (void)state;
    static const pl_status truncated[] = {PL_REJECT_TRUNCATED, PL_OK};
    expect_cuts("maker-median-poke", "maker-median-poke-0001", truncated);
    expect_cuts("maker-feed-message", "maker-feed-message-0007", truncated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(median_and_smallest_age, set_up),
        cmocka_unit_test_setup(values_do_not_fall, set_up),
        cmocka_unit_test_setup(exactly_the_quorum, set_up),
        cmocka_unit_test_setup(one_signer_one_entry, set_up),
        cmocka_unit_test_setup(first_bytes_are_distinct, set_up),
        cmocka_unit_test_setup(first_bytes_have_a_bit_each, set_up),
        cmocka_unit_test_setup(offsets_and_counts, set_up),
        cmocka_unit_test_setup(overlapping_and_apart, set_up),
        cmocka_unit_test_setup(longer_arrays, set_up),
        cmocka_unit_test_setup(signatures, set_up),
        cmocka_unit_test_setup(ranges_after_signatures, set_up),
        cmocka_unit_test_setup(the_subject_is_a_wat, set_up),
        cmocka_unit_test_setup(message, set_up),
        cmocka_unit_test(cuts),
    };
    return cmocka_run_group_tests_name("oracle_median", tests, NULL, NULL);
}
