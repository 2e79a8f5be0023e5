/* A price in a typed struct, spec 09 §16. Words: 0 asset, 1 price, 2 time, 3 nonce. */
#include "tests/unit/report_parts.h"

enum { WORDS = 4, NONE = 255, SHAPE = 64 };

static report typed;
static uint8_t shape[SHAPE + 5 + 32];

static void build(int64_t price, uint64_t time, uint64_t nonce)
{
    uint8_t word[32];
    typed.size = 0;
    put_word(&typed, 0xa55e7);
    memset(word, price < 0 ? 0xff : 0, sizeof word);
    for (unsigned i = 0; i < 8; i++) {
        word[31 - i] = (uint8_t)((uint64_t)price >> (8 * i));
    }
    put(&typed, word, 32);
    put_word(&typed, time);
    put_word(&typed, nonce);
}

static void digest_of(uint8_t digest[32])
{
    uint8_t text[32 + 32 * WORDS], whole[66] = {0x19, 0x01};
    memcpy(text, shape + 32, 32);
    memcpy(text + 32, typed.bytes, 32 * WORDS);
    pl_keccak_of(digest, text, sizeof text);
    memcpy(whole + 2, shape, 32);
    memcpy(whole + 34, digest, 32);
    pl_keccak_of(digest, whole, sizeof whole);
}

static void add_signature(unsigned key)
{
    uint8_t digest[32], signature[65];
    digest_of(digest);
    sign_digest(signature, &keys[key], digest);
    put(&typed, signature, sizeof signature);
}

static void build_signed(int64_t price, uint64_t time, uint64_t nonce)
{
    build(price, time, nonce);
    add_signature(2);
    add_signature(0); /* in any order */
}

static void use_shape(uint8_t price, uint8_t time, uint8_t order, uint8_t about)
{
    memset(shape, 0xd0, 32);
    memset(shape + 32, 0x70, 32);
    const uint8_t numbers[5] = {WORDS, price, time, order, about};
    memcpy(shape + SHAPE, numbers, sizeof numbers);
    memset(shape + SHAPE + 5, 0, 32);
    shape[SHAPE + 5 + 29] = 0x0a;
    shape[SHAPE + 5 + 30] = 0x55;
    shape[SHAPE + 5 + 31] = 0xe7;
    set_subject(shape, about == NONE ? SHAPE + 5 : sizeof shape);
}

static int set_up(void **state)
{
    (void)state;
    begin_feed(PL_FEED_EIP712, 4, 2);
    use_shape(1, 2, 3, 0);
    return 0;
}

static void words(void **state)
{
    (void)state;
    build_signed(15, 70, 9);
    EXPECT(PL_OK, judge(&typed, 8));
    expect_price(15, -8);
    assert_int_equal(reading.order, 9);
    assert_int_equal(reading.time_s, 70);
    assert_int_equal(reading.signers.bits[0], 5);
    EXPECT(PL_REJECT_REPLAY, judge(&typed, 9));
    EXPECT(PL_OK, judge_strict(&typed));
    EXPECT(PL_OK, inspect(&typed));
    build_signed(0, 70, 9);
    EXPECT(PL_OK, judge(&typed, 8));
    build_signed(-1, 70, 9);
    EXPECT(PL_OK, judge(&typed, 8));
    expect_price(-1, -8);
    feed.min = pl_i256_from_i64(0);
    EXPECT(PL_REJECT_PRICE_BOUNDS, judge(&typed, 8));
}

static void words_that_are_not_there(void **state)
{
    (void)state;
    build_signed(15, 70, 9);
    use_shape(1, 2, NONE, NONE); /* the time is the order key */
    EXPECT(PL_OK, judge(&typed, 69));
    assert_int_equal(reading.order, 70);
    EXPECT(PL_REJECT_REPLAY, judge(&typed, 70));
    use_shape(1, NONE, 3, NONE);
    EXPECT(PL_OK, judge(&typed, 8));
    assert_false(reading.has_time);
    use_shape(1, NONE, NONE, NONE);
    EXPECT(PL_OK, judge(&typed, UINT64_MAX));
    EXPECT(PL_REJECT_REPLAY, judge(&typed, 0)); /* one report for ever */
    use_shape(NONE, 2, 3, NONE);
    EXPECT(PL_REJECT_NO_VALUE, judge(&typed, 8));
}

static void subjects(void **state)
{
    (void)state;
    build_signed(15, 70, 9);
    subject[SHAPE + 5 + 31] ^= 1; /* another asset */
    EXPECT(PL_REJECT_SUBJECT, judge(&typed, 8));
    use_shape(1, 2, 3, 0);
    subject[0] ^= 1; /* another domain */
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&typed, 8));
    use_shape(1, 2, 3, 0);
    subject[32] ^= 1; /* another type */
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&typed, 8));
    const uint8_t bad[] = {WORDS, 254};
    for (unsigned place = 1; place <= 4; place++) {
        for (unsigned i = 0; i < 2; i++) {
            use_shape(1, 2, 3, 0);
            subject[SHAPE + place] = bad[i];
            EXPECT(PL_REJECT_SUBJECT, judge(&typed, 8));
        }
    }
    for (uint16_t size = 0; size < sizeof shape + 2; size++) {
        use_shape(1, 2, 3, 0);
        feed.subject_size = size;
        EXPECT(size == sizeof shape ? PL_OK : PL_REJECT_SUBJECT, judge(&typed, 8));
    }
}

static void quorums(void **state)
{
    (void)state;
    build(15, 70, 9);
    EXPECT(PL_REJECT_QUORUM, judge(&typed, 8));
    add_signature(1);
    EXPECT(PL_REJECT_QUORUM, judge(&typed, 8));
    add_signature(1);
    EXPECT(PL_REJECT_SIGNER_DUPLICATE, judge(&typed, 8));
    typed.size -= 65;
    for (unsigned key = 0; key < 4; key++) {
        if (key != 1) {
            add_signature(key);
            EXPECT(PL_OK, judge(&typed, 8)); /* two, three, four of four */
        }
    }
    add_signature(3);
    EXPECT(PL_REJECT_SIGNER_DUPLICATE, judge(&typed, 8));
    typed.size -= 65;
    add_signature(5);
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&typed, 8)); /* also beyond the quorum */
    EXPECT(PL_OK, inspect(&typed));
}

static void signatures(void **state)
{
    (void)state;
    build_signed(15, 70, 9);
    flip(typed.bytes + typed.size - 65);
    EXPECT(PL_REJECT_HIGH_S, judge(&typed, 8));
    build_signed(15, 70, 9);
    typed.bytes[typed.size - 1] = 26;
    EXPECT(PL_REJECT_RECOVERY_ID, judge(&typed, 8));
    build_signed(15, 70, 9);
    memset(typed.bytes + typed.size - 33, 0xff, 32);
    EXPECT(PL_REJECT_SIGNATURE_RANGE, judge(&typed, 8));
    set.from_s = NOW + 1;
    EXPECT(PL_REJECT_SIGNER_SET, judge(&typed, 8));
}

static void ranges(void **state)
{
    (void)state;
    for (unsigned word = 2; word <= 3; word++) {
        build(15, 70, 9);
        typed.bytes[32 * word + 23] = 1;
        add_signature(0);
        EXPECT(PL_REJECT_QUORUM, judge(&typed, 8)); /* signatures come first */
        add_signature(1);
        EXPECT(PL_REJECT_NON_CANONICAL, judge(&typed, 8));
    }
    build_signed(15, UINT64_MAX, UINT64_MAX);
    EXPECT(PL_OK, judge(&typed, 8));
}

/* A cut at a whole signature is a quorum that is missed; everywhere else it is a cut. */
static void cuts(void **state)
{
    (void)state;
    build_signed(15, 70, 9);
    for (size_t size = 0; size < typed.size; size++) {
        report cut = typed;
        cut.size = size;
        const bool whole = size == 128 || size == 128 + 65;
        EXPECT(whole ? PL_REJECT_QUORUM : PL_REJECT_TRUNCATED, judge(&cut, 8));
    }
    put_uint(&typed, 0, 1); /* the first byte of a signature */
    EXPECT(PL_REJECT_TRUNCATED, judge(&typed, 8));
    build(15, 70, 9);
    add_signature(5);
    put_uint(&typed, 0, 1);
    EXPECT(PL_REJECT_TRUNCATED, judge(&typed, 8)); /* before any signature is looked at */
}

/* ---- what people are told ---- */

static pl_part seen_parts[WORDS + 3];
static unsigned part_count, signature_count;

static void see_part(void *context, const pl_part *part)
{
    (void)context;
    if (part_count < WORDS + 3) {
        seen_parts[part_count] = *part;
    }
    part_count++;
}

static void expect_part(unsigned number, const char *name, pl_part_kind kind, pl_time_unit unit,
                        size_t offset)
{
    assert_true(number < part_count);
    assert_string_equal(seen_parts[number].name, name);
    assert_int_equal(seen_parts[number].kind, kind);
    assert_int_equal(seen_parts[number].unit, unit);
    assert_int_equal(seen_parts[number].offset, offset);
}

/* The words are called and read as the subject says; a word may be nothing of that. */
static void words_have_names(void **state)
{
    (void)state;
    const pl_observer observer = {.part = see_part, .any_signer = true};
    build_signed(15, 70, 9);
    part_count = 0;
    EXPECT(PL_OK, pl_oracle_read(&reading, &feed, NOW, typed.bytes, typed.size, &observer));
    assert_int_equal(part_count, WORDS + 2 * 3);
    expect_part(0, "feed", PL_PART_BYTES, PL_TIME_NONE, 0);
    expect_part(1, "price", PL_PART_INT, PL_TIME_NONE, 32);
    expect_part(2, "time", PL_PART_TIME, PL_TIME_S, 64);
    expect_part(3, "order", PL_PART_UINT, PL_TIME_NONE, 96);
    expect_part(4, "r", PL_PART_BYTES, PL_TIME_NONE, 128);
    expect_part(5, "s", PL_PART_BYTES, PL_TIME_NONE, 160);
    expect_part(6, "v", PL_PART_UINT, PL_TIME_NONE, 192);
    use_shape(3, NONE, NONE, NONE);
    part_count = 0;
    EXPECT(PL_OK, pl_oracle_read(&reading, &feed, NOW, typed.bytes, typed.size, &observer));
    for (unsigned i = 0; i < 3; i++) {
        expect_part(i, "word", PL_PART_BYTES, PL_TIME_NONE, 32 * (size_t)i);
    }
    expect_part(3, "price", PL_PART_INT, PL_TIME_NONE, 96);
}

typedef struct wanted_signature {
    pl_status status;
    int member;
    bool has_signer;
} wanted_signature;

static void see_signature(void *context, const pl_signature_seen *seen)
{
    const wanted_signature *wanted = context;
    assert_int_equal(seen->number, signature_count);
    signature_count++;
    EXPECT(wanted->status, seen->status);
    assert_int_equal(seen->member, wanted->member);
    assert_int_equal(seen->has_signer, wanted->has_signer);
}

/* Who signed, and the place in the set: none, where nobody was found or a stranger. */
static void signers_have_places(void **state)
{
    (void)state;
    wanted_signature wanted = {.status = PL_OK, .has_signer = true};
    const pl_observer observer = {.context = &wanted, .signature = see_signature};
    for (unsigned key = 0; key < 6; key++) {
        build(15, 70, 9);
        add_signature(key);
        signature_count = 0;
        wanted.member = key < 4 ? (int)key : -1;
        wanted.status = key < 4 ? PL_OK : PL_REJECT_UNKNOWN_SIGNER;
        EXPECT(key < 4 ? PL_REJECT_QUORUM : PL_REJECT_UNKNOWN_SIGNER,
               pl_oracle_read(&reading, &feed, NOW, typed.bytes, typed.size, &observer));
        assert_int_equal(signature_count, 1);
    }
    typed.bytes[typed.size - 1] = 29;
    wanted = (wanted_signature){PL_REJECT_RECOVERY_ID, -1, false};
    signature_count = 0;
    EXPECT(PL_REJECT_RECOVERY_ID,
           pl_oracle_read(&reading, &feed, NOW, typed.bytes, typed.size, &observer));
    assert_int_equal(signature_count, 1);
}

static void put_hex(report *to, const char *text)
{
    uint8_t bytes[65];
    size_t size;
    assert_true(pt_oracle_hex(bytes, &size, sizeof bytes, text));
    put(to, bytes, size);
}

/* The example of the standard (CC0): a mail, signed by its writer. It has no price. */
static void the_mail_of_the_standard(void **state)
{
    (void)state;
    report about = {.size = 0}, signer_bytes = {.size = 0}, digest = {.size = 0};
    put_hex(&about, "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f");
    put_hex(&about, "a0cedeb2dc280ba39b857546d74f5549c3a1d7bdc2dd96bf881f76108e23dac2");
    const uint8_t numbers[5] = {3, NONE, NONE, NONE, NONE};
    put(&about, numbers, sizeof numbers);
    set_subject(about.bytes, about.size);
    typed.size = 0;
    put_hex(&typed, "fc71e5fa27ff56c350aa531bc129ebdf613b772b6604664f5d8dbe21b85eb0c8");
    put_hex(&typed, "cd54f074a4af31b4411ff6a60c9719dbd559c221c8ac3492d9d872b041d703d1");
    put_hex(&typed, "b5aadf3154a261abdd9086fc627b61efca26ae5702701d05cd2305f7c52a2fc8");
    put_hex(&typed, "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d"
                    "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b915621c");
    put_hex(&signer_bytes, "cd2a3d9f938e13cd947ec05abc7fe734df8dd826");
    put_hex(&digest, "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
    memcpy(members, signer_bytes.bytes, 20);
    set.member_count = set.quorum = 1;
    EXPECT(PL_OK, read_report(&typed));
    assert_memory_equal(reading.digest, digest.bytes, 32);
    EXPECT(PL_REJECT_NO_VALUE, judge(&typed, UINT64_MAX));
    typed.bytes[95] ^= 1;
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, read_report(&typed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(words, set_up),
        cmocka_unit_test_setup(words_that_are_not_there, set_up),
        cmocka_unit_test_setup(subjects, set_up),
        cmocka_unit_test_setup(quorums, set_up),
        cmocka_unit_test_setup(signatures, set_up),
        cmocka_unit_test_setup(ranges, set_up),
        cmocka_unit_test_setup(cuts, set_up),
        cmocka_unit_test_setup(words_have_names, set_up),
        cmocka_unit_test_setup(signers_have_places, set_up),
        cmocka_unit_test_setup(the_mail_of_the_standard, set_up),
    };
    return cmocka_run_group_tests_name("oracle_eip712", tests, NULL, NULL);
}
