/* Open Oracle messages, spec 09 §10. */
#include "tests/unit/report_parts.h"

enum { TIME_AT = 32, KEY_OFFSET_AT = 64, VALUE_AT = 96, KIND_AT = 128, KEY_AT = 192 };

static report open_report;

static void sign(size_t size, unsigned key)
{
    uint8_t digest[32], signature[65];
    pl_keccak_of(digest, open_report.bytes, size);
    pl_eip191_of(digest, digest);
    sign_digest(signature, &keys[key], digest);
    open_report.size = size;
    put(&open_report, signature, 64);
    put_word(&open_report, signature[64]);
}

static void build_for(uint64_t time, uint64_t value, const char *key)
{
    const size_t size = strlen(key), rest = (32 - size % 32) % 32;
    const uint8_t zeros[32] = {0};
    open_report.size = 0;
    put_word(&open_report, 0x80);
    put_word(&open_report, time);
    put_word(&open_report, 0xc0);
    put_word(&open_report, value);
    put_word(&open_report, 6);
    put(&open_report, "prices", 6);
    put(&open_report, zeros, 26);
    put_word(&open_report, size);
    put(&open_report, key, size);
    put(&open_report, zeros, rest);
    sign(open_report.size, 0);
}

static void build(uint64_t time, uint64_t value)
{
    build_for(time, value, "ETH");
}

/* Bytes of the message changed and signed again, by the reporter. */
static void rewrite(size_t at, uint8_t byte)
{
    open_report.bytes[at] = byte;
    sign(open_report.size - 96, 0);
}

static int set_up(void **state)
{
    (void)state;
    begin_feed(PL_FEED_OPEN_ORACLE, 2, 1);
    set_subject("ETH", 3);
    return 0;
}

static void value_and_time(void **state)
{
    (void)state;
    build(88, 123456789);
    EXPECT(PL_OK, judge(&open_report, 87));
    expect_price(123456789, -6);
    assert_int_equal(reading.time_s, 88);
    EXPECT(PL_REJECT_REPLAY, judge(&open_report, 88));
    EXPECT(PL_OK, judge_strict(&open_report));
    EXPECT(PL_OK, inspect(&open_report));
    build(88, 0); /* a number like others; the feed's min decides */
    EXPECT(PL_OK, judge(&open_report, 87));
    feed.min = pl_i256_from_i64(1);
    EXPECT(PL_REJECT_PRICE_BOUNDS, judge(&open_report, 87));
    feed.min = pl_i256_from_i64(0);
    build(UINT64_MAX, UINT64_MAX);
    EXPECT(PL_OK, judge(&open_report, 87));
    rewrite(VALUE_AT + 23, 1);
    EXPECT(PL_REJECT_NON_CANONICAL, judge(&open_report, 87));
    build(88, 1);
    rewrite(TIME_AT, 1);
    EXPECT(PL_REJECT_NON_CANONICAL, judge(&open_report, 87));
}

static void keys_of_any_length(void **state)
{
    (void)state;
    char key[200];
    memset(key, 'K', sizeof key);
    for (size_t size = 0; size < sizeof key; size++) {
        key[size] = '\0';
        build_for(88, 1, key);
        set_subject(key, size);
        EXPECT(PL_OK, judge(&open_report, 87));
        EXPECT(PL_OK, judge_strict(&open_report));
        set_subject("L", 1);
        EXPECT(PL_REJECT_SUBJECT, judge(&open_report, 87));
        key[size] = 'K';
    }
    build(88, 1);
    set_subject("ETHX", 4);
    EXPECT(PL_REJECT_SUBJECT, judge(&open_report, 87));
    set_subject("ET", 2);
    EXPECT(PL_REJECT_SUBJECT, judge(&open_report, 87));
}

static void offsets_and_sizes(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t byte;
        pl_status expected;
    } rows[] = {
        {0, 0x80, PL_REJECT_TRUNCATED},     /* kind offset 2^255               */
        {24, 0xff, PL_REJECT_TRUNCATED},    /* kind offset that would wrap     */
        {30, 1, PL_REJECT_TRUNCATED},       /* kind offset 0x180: the end      */
        {31, 0xc0, PL_REJECT_MESSAGE_TYPE}, /* both texts are the key          */
        {31, 0xe1, PL_REJECT_TRUNCATED},    /* its size word would pass the end */
        {KEY_OFFSET_AT + 30, 1, PL_REJECT_TRUNCATED},
        {KEY_OFFSET_AT + 31, 0x80, PL_REJECT_SUBJECT}, /* both are "prices"            */
        {KIND_AT + 31, 5, PL_REJECT_MESSAGE_TYPE},
        {KIND_AT + 31, 7, PL_REJECT_MESSAGE_TYPE},
        {KIND_AT + 32, 'P', PL_REJECT_MESSAGE_TYPE},
        {KIND_AT, 1, PL_REJECT_TRUNCATED},      /* size 2^248 + 6                  */
        {KEY_AT + 31, 33, PL_REJECT_TRUNCATED}, /* one more than there are bytes   */
        {KEY_AT + 31, 32, PL_REJECT_SUBJECT},   /* the padding is key              */
        {KEY_AT + 24, 0xff, PL_REJECT_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        build(88, 1);
        rewrite(rows[i].at, rows[i].byte);
        EXPECT(rows[i].expected, judge(&open_report, 87));
    }
}

/* Texts that lie in the head, and a head that ends before its next word. */
static void heads_that_end_too_early(void **state)
{
    (void)state;
    for (size_t words = 0; words <= 4; words++) {
        open_report.size = 0;
        for (size_t i = 0; i < words; i++) {
            put_word(&open_report, 0);
        }
        sign(open_report.size, 0);
        EXPECT(words < 4 ? PL_REJECT_TRUNCATED : PL_REJECT_MESSAGE_TYPE, judge(&open_report, 87));
    }
}

/* Every encoding of the reporter's own is taken; strict feeds want one. */
static void layouts(void **state)
{
    (void)state;
    build(88, 1);
    rewrite(KEY_AT + 32 + 5, 1); /* padding of the key */
    EXPECT(PL_OK, judge(&open_report, 87));
    EXPECT(PL_REJECT_NON_CANONICAL, judge_strict(&open_report));
    build(88, 1);
    rewrite(KIND_AT + 32 + 31, 1); /* padding of the kind */
    EXPECT(PL_OK, judge(&open_report, 87));
    EXPECT(PL_REJECT_NON_CANONICAL, judge_strict(&open_report));
    build(88, 1);
    sign(open_report.size - 96 - 29, 0); /* no padding at all */
    EXPECT(PL_OK, judge(&open_report, 87));
    EXPECT(PL_REJECT_NON_CANONICAL, judge_strict(&open_report));
    build(88, 1);
    sign(open_report.size - 96 + 1, 0); /* a byte behind the key's padding */
    EXPECT(PL_OK, judge(&open_report, 87));
    EXPECT(PL_REJECT_TRAILING, judge_strict(&open_report));
    build(88, 1);
    open_report.size -= 96;
    put(&open_report, open_report.bytes + KIND_AT, 64); /* the kind once more, and read there */
    open_report.bytes[30] = 1;
    open_report.bytes[31] = 0;
    sign(open_report.size, 0);
    EXPECT(PL_OK, judge(&open_report, 87));
    EXPECT(PL_REJECT_NON_CANONICAL, judge_strict(&open_report));
}

static void signatures(void **state)
{
    (void)state;
    build(88, 1);
    uint8_t signature[65];
    memcpy(signature, open_report.bytes + open_report.size - 96, 64);
    signature[64] = open_report.bytes[open_report.size - 1];
    flip(signature);
    memcpy(open_report.bytes + open_report.size - 96, signature, 64);
    open_report.bytes[open_report.size - 1] = signature[64];
    EXPECT(PL_OK, judge(&open_report, 87));
    EXPECT(PL_REJECT_HIGH_S, judge_strict(&open_report));
    open_report.bytes[VALUE_AT + 31] ^= 1; /* the deployed rules come first */
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge_strict(&open_report));
    build(88, 1);
    open_report.bytes[open_report.size - 32] = 1; /* the v word is above 255 */
    EXPECT(PL_REJECT_RECOVERY_ID, judge(&open_report, 87));
    build(88, 1);
    open_report.bytes[open_report.size - 1] = 0;
    EXPECT(PL_REJECT_RECOVERY_ID, judge(&open_report, 87));
    build(88, 1);
    memset(open_report.bytes + open_report.size - 96, 0, 64);
    EXPECT(PL_REJECT_SIGNATURE_RANGE, judge(&open_report, 87));
    build(88, 1);
    sign(open_report.size - 96, 5);
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&open_report, 87));
}

/* The signature is the last 96 bytes, so a cut moves it: what it then says is refused too. */
static void cuts(void **state)
{
    (void)state;
    static const pl_status refused[] = {PL_REJECT_TRUNCATED,       PL_REJECT_RECOVERY_ID,
                                        PL_REJECT_SIGNATURE_RANGE, PL_REJECT_SIGNATURE,
                                        PL_REJECT_UNKNOWN_SIGNER,  PL_OK};
    expect_cuts("open-oracle", "open-oracle-0009", refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(value_and_time, set_up),
        cmocka_unit_test_setup(keys_of_any_length, set_up),
        cmocka_unit_test_setup(offsets_and_sizes, set_up),
        cmocka_unit_test_setup(heads_that_end_too_early, set_up),
        cmocka_unit_test_setup(layouts, set_up),
        cmocka_unit_test_setup(signatures, set_up),
        cmocka_unit_test(cuts),
    };
    return cmocka_run_group_tests_name("oracle_open", tests, NULL, NULL);
}
