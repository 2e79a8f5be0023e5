/* DLC attestations and announcements, spec 09 §15. */
#include "tests/unit/report_parts.h"
#include "vm/base/sha256.h"
#include "vm/oracle/dlc.h"

enum { DIGITS_MAX = 300 };

static report tlv;

static void put_bigsize(report *to, uint64_t value)
{
    if (value < 0xfd) {
        put_uint(to, value, 1);
    } else {
        put_uint(to, 0xfd, 1);
        put_uint(to, value, 2);
    }
}

static void put_text(report *to, const char *text)
{
    put_bigsize(to, strlen(text));
    put(to, text, strlen(text));
}

/* The value in a TLV of this type. */
static void wrap(report *to, const report *value, uint64_t type)
{
    put_uint(to, 0xfd, 1);
    put_uint(to, type, 2);
    put_bigsize(to, value->size);
    put(to, value->bytes, value->size);
}

static void digest_of(uint8_t digest[32], const char *tag, const uint8_t *bytes, size_t size)
{
    if (tag == NULL) {
        pl_sha256_of(digest, bytes, size);
    } else {
        pl_tag made;
        pl_sha256_tag(&made, tag, strlen(tag));
        pl_tagged_of(digest, &made, bytes, size);
    }
}

/* What the last attestation used: one nonce an outcome. */
static uint8_t nonces[DIGITS_MAX][32];

typedef struct outcomes {
    const char *text[DIGITS_MAX];
    unsigned count;
} outcomes;

static void build_with(const outcomes *from, const char *tag, unsigned key)
{
    report value = {.size = 0};
    tlv.size = 0;
    put_text(&value, "event-1");
    put(&value, keys[key].public_key + 1, 32);
    put_uint(&value, from->count, 2);
    for (unsigned i = 0; i < from->count; i++) {
        uint8_t digest[32], signature[64], xonly[32];
        digest_of(digest, tag, (const uint8_t *)from->text[i], strlen(from->text[i]));
        sign_bip340(signature, xonly, &keys[key], digest, 32);
        memcpy(nonces[i], signature, 32);
        put(&value, signature, 64);
    }
    for (unsigned i = 0; i < from->count; i++) {
        put_text(&value, from->text[i]);
    }
    wrap(&tlv, &value, 0xd868);
}

static void build(const outcomes *from)
{
    build_with(from, "DLC/oracle/attestation/v0", 0);
}

/* One outcome a character. */
static outcomes digits(const char *text)
{
    static char cells[DIGITS_MAX][2];
    outcomes made = {.count = (unsigned)strlen(text)};
    for (unsigned i = 0; i < made.count; i++) {
        cells[i][0] = text[i];
        made.text[i] = cells[i];
    }
    return made;
}

static void announce(uint8_t rule, unsigned nonce_count, const char *id)
{
    report made = {.size = 0};
    put_uint(&made, rule, 1);
    put_uint(&made, nonce_count, 2);
    put(&made, nonces, (size_t)nonce_count * 32);
    put(&made, id, strlen(id));
    set_subject(made.bytes, made.size);
}

static int set_up(void **state)
{
    (void)state;
    begin_feed(PL_FEED_DLC_ATTESTATION, 2, 1);
    feed.wire_decimals = 2;
    return 0;
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_number;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"1", true, 1},
        {"1011", true, 11},
        {"000000", true, 0},
        {"+101", true, 5},
        {"-101", true, -5},
        {"-0", true, 0},
        {"+", false, 0},
        {"-", false, 0},
        {"+123", false, 0},
        {"12", false, 0},
        {"1+", false, 0},
        {"--1", false, 0},
        {"a", false, 0},
        {"1111111111111111111111111111111111111111", true, (INT64_C(1) << 40) - 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const outcomes text = digits(rows[i].text);
        build(&text);
        announce(0, text.count, "event-1");
        EXPECT(PL_OK, read_report(&tlv));
        assert_int_equal(reading.has_price, rows[i].is_number);
        assert_int_equal(reading.signatures, text.count);
        EXPECT(rows[i].is_number ? PL_OK : PL_REJECT_NO_VALUE, judge(&tlv, UINT64_MAX));
        if (rows[i].is_number) {
            expect_price(rows[i].value, -2);
            EXPECT(PL_REJECT_REPLAY, judge(&tlv, 0)); /* one attestation of an event */
        }
    }
    const outcomes words[] = {{{"Rocky_win"}, 1}, {{"", "1"}, 2}, {{"01"}, 1}};
    for (size_t i = 0; i < 3; i++) {
        build(&words[i]);
        announce(0, words[i].count, "event-1");
        EXPECT(PL_OK, read_report(&tlv));
        assert_false(reading.has_price);
    }
}

/* 255 digits are the most that a signed number of 256 bits has. */
static void many_digits(void **state)
{
    (void)state;
    char text[DIGITS_MAX];
    for (unsigned count = 254; count <= 256; count++) {
        memset(text, '1', count);
        text[count] = '\0';
        const outcomes from = digits(text);
        build(&from); /* more nonces than a subject has room for: only people see the number */
        EXPECT(PL_OK, inspect(&tlv));
        assert_int_equal(reading.has_price, count <= 255);
        if (count > 255) {
            break;
        }
        pl_i256 expected = pl_i256_from_i64(1), one = expected;
        for (unsigned i = 1; i < count; i++) {
            pl_i256_add_wrap(&expected, &expected, &expected);
            pl_i256_add_wrap(&expected, &expected, &one);
        }
        assert_int_equal(pl_i256_cmp(&reading.price, &expected), 0);
    }
}

static void nonces_and_events(void **state)
{
    (void)state;
    const outcomes text = digits("1101");
    build(&text);
    announce(0, 4, "event-1");
    EXPECT(PL_OK, judge(&tlv, UINT64_MAX));
    announce(0, 3, "event-1");
    EXPECT(PL_REJECT_NONCE, judge(&tlv, UINT64_MAX));
    announce(0, 5, "event-1"); /* a digit is not attested */
    EXPECT(PL_REJECT_NONCE, judge(&tlv, UINT64_MAX));
    const size_t exact_size = 3 + 3 * 32; /* a sanitizer sees a fourth nonce being read */
    uint8_t *exact = malloc(exact_size);
    assert_non_null(exact);
    announce(0, 3, "");
    memcpy(exact, subject, exact_size);
    feed.subject = exact;
    EXPECT(PL_REJECT_NONCE, judge(&tlv, UINT64_MAX));
    feed.subject = subject;
    free(exact);
    nonces[2][31] ^= 1;
    announce(0, 4, "event-1");
    EXPECT(PL_REJECT_NONCE, judge(&tlv, UINT64_MAX));
    EXPECT(PL_OK, inspect(&tlv));
    announce(0, 0, "event-1");
    EXPECT(PL_REJECT_NO_VALUE, judge(&tlv, UINT64_MAX));
    announce(0, 0, "event-2");
    EXPECT(PL_REJECT_SUBJECT, judge(&tlv, UINT64_MAX));
    announce(0, 0, "event-10");
    EXPECT(PL_REJECT_SUBJECT, judge(&tlv, UINT64_MAX));
    announce(0, 0, "");
    EXPECT(PL_REJECT_NO_VALUE, judge(&tlv, UINT64_MAX));
    announce(1, 0, ""); /* the other hashing rule */
    EXPECT(PL_REJECT_SIGNATURE, judge(&tlv, UINT64_MAX));
    build_with(&text, NULL, 0);
    EXPECT(PL_REJECT_NO_VALUE, judge(&tlv, UINT64_MAX));
    announce(1, 4, "");
    EXPECT(PL_OK, judge(&tlv, UINT64_MAX));
    announce(2, 0, "");
    EXPECT(PL_REJECT_SUBJECT, judge(&tlv, UINT64_MAX));
    announce(1, 0, "");
    for (uint16_t size = 1; size < 3; size++) {
        feed.subject_size = size;
        EXPECT(PL_REJECT_SUBJECT, judge(&tlv, UINT64_MAX));
    }
    announce(1, 2, "");
    feed.subject_size--; /* half a nonce */
    EXPECT(PL_REJECT_SUBJECT, judge(&tlv, UINT64_MAX));
}

/* Nobody needs the oracle's key to put its digits in another order: only nonces refuse that. */
static void digits_stay_in_their_places(void **state)
{
    (void)state;
    const outcomes text = digits("01");
    build(&text);
    announce(0, 2, "event-1");
    EXPECT(PL_OK, judge(&tlv, UINT64_MAX));
    expect_price(1, -2);
    uint8_t first[64], *outcome = tlv.bytes + tlv.size - 4, *signature = outcome - 128;
    memcpy(first, signature, 64);
    memmove(signature, signature + 64, 64);
    memcpy(signature + 64, first, 64);
    outcome[1] = '1';
    outcome[3] = '0';
    EXPECT(PL_REJECT_NONCE, judge(&tlv, UINT64_MAX));
    announce(0, 0, "event-1");
    EXPECT(PL_OK, read_report(&tlv)); /* both signatures hold */
    assert_false(reading.has_price);
    EXPECT(PL_REJECT_NO_VALUE, judge(&tlv, UINT64_MAX));
    feed.subject_size = 0;
    EXPECT(PL_REJECT_NO_VALUE, judge(&tlv, UINT64_MAX));
}

static void keys_and_signatures(void **state)
{
    (void)state;
    const outcomes text = digits("10"), none = digits("");
    build_with(&text, "DLC/oracle/attestation/v0", 1);
    announce(0, 2, "");
    EXPECT(PL_OK, judge(&tlv, UINT64_MAX));
    assert_int_equal(reading.signers.bits[0], 2);
    announce(0, 0, "");
    build_with(&text, "DLC/oracle/attestation/v0", 4);
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, judge(&tlv, UINT64_MAX));
    EXPECT(PL_OK, inspect(&tlv));
    build(&none);
    EXPECT(PL_REJECT_UNSIGNED, judge(&tlv, UINT64_MAX));
    EXPECT(PL_REJECT_UNSIGNED, inspect(&tlv));
    build(&text);
    tlv.bytes[tlv.size - 1] = '1'; /* the last outcome */
    EXPECT(PL_REJECT_SIGNATURE, judge(&tlv, UINT64_MAX));
    EXPECT(PL_REJECT_SIGNATURE, inspect(&tlv));
    build(&text);
    set_members(2, 2);
    EXPECT(PL_REJECT_QUORUM, judge(&tlv, UINT64_MAX));
    set.until_s = NOW;
    EXPECT(PL_REJECT_SIGNER_SET, judge(&tlv, UINT64_MAX));
}

/* Places in the attestation of "10": type 3 | size 1 | 07 event-1 | key 32 | count 2 | signatures
 * 2 * 64 | 01 '1' 01 '0' */
static void frames(void **state)
{
    (void)state;
    enum { SIZE = 3, ID = 4, COUNT = 44, FIRST = 174, SECOND = 176 };
    const outcomes text = digits("10");
    static const struct {
        size_t at;
        uint8_t byte;
        pl_status expected;
    } rows[] = {
        {0, 0xfc, PL_REJECT_MAGIC},         {2, 0x24, PL_REJECT_MAGIC},
        {SIZE, 0, PL_REJECT_TRAILING},      {SIZE, 175, PL_REJECT_TRUNCATED},
        {SIZE, 173, PL_REJECT_TRAILING},    {SIZE, 0xff, PL_REJECT_TRUNCATED},
        {ID, 0xfc, PL_REJECT_TRUNCATED},    {ID, 175, PL_REJECT_TRUNCATED},
        {COUNT, 0xff, PL_REJECT_TRUNCATED}, {COUNT + 1, 3, PL_REJECT_TRUNCATED},
        {FIRST, 0, PL_REJECT_TRUNCATED},    {FIRST, 4, PL_REJECT_TRUNCATED},
        {FIRST, 3, PL_REJECT_TRUNCATED},    {FIRST, 0xff, PL_REJECT_TRUNCATED},
        {SECOND, 0, PL_REJECT_TRAILING},    {SECOND, 2, PL_REJECT_TRUNCATED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        build(&text);
        assert_int_equal(tlv.size, SECOND + 2);
        tlv.bytes[rows[i].at] = rows[i].byte;
        EXPECT(rows[i].expected, judge(&tlv, UINT64_MAX));
    }
    build(&text);
    put_uint(&tlv, 0, 1);
    EXPECT(PL_REJECT_TRAILING, judge(&tlv, UINT64_MAX));
}

/* The shortest form of every size, and no other. */
static void big_sizes(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[9];
        size_t size;
        pl_status expected;
        uint64_t value;
    } rows[] = {
        {{0}, 1, PL_OK, 0},
        {{0xfc}, 1, PL_OK, 0xfc},
        {{0xfd, 0, 0xfc}, 3, PL_REJECT_NON_CANONICAL, 0},
        {{0xfd, 0, 0xfd}, 3, PL_OK, 0xfd},
        {{0xfd, 0xff, 0xff}, 3, PL_OK, 0xffff},
        {{0xfe, 0, 0, 0xff, 0xff}, 5, PL_REJECT_NON_CANONICAL, 0},
        {{0xfe, 0, 1, 0, 0}, 5, PL_OK, 0x10000},
        {{0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, 9, PL_REJECT_NON_CANONICAL, 0},
        {{0xff, 0, 0, 0, 1, 0, 0, 0, 0}, 9, PL_OK, UINT64_C(1) << 32},
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 9, PL_OK, UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t size = 0; size <= rows[i].size; size++) {
            const pl_adapter_input in = {&feed, NOW, rows[i].bytes, size, NULL};
            pl_bytes_cursor cursor = pl_bytes_cursor_at(&in, 0, size);
            uint64_t value = 77;
            const bool whole = size == rows[i].size;
            EXPECT(whole ? rows[i].expected : PL_REJECT_TRUNCATED,
                   pl_take_bigsize(&cursor, "size", &value));
            assert_true(!whole || rows[i].expected != PL_OK || value == rows[i].value);
        }
    }
}

/* ---- announcements ---- */

/* behind: zero bytes after the event, inside the announcement. */
static void sign_announcement_with(const report *event_value, size_t behind)
{
    report event = {.size = 0}, value = {.size = 0};
    uint8_t digest[32], signature[64], xonly[32];
    wrap(&event, event_value, 0xd822);
    digest_of(digest, "DLC/oracle/announcement/v0", event.bytes, event.size);
    sign_bip340(signature, xonly, &keys[0], digest, 32);
    put(&value, signature, 64);
    put(&value, keys[0].public_key + 1, 32);
    put(&value, event.bytes, event.size);
    put_uint(&value, 0, behind);
    tlv.size = 0;
    wrap(&tlv, &value, 0xd824);
}

static void sign_announcement(const report *event_value)
{
    sign_announcement_with(event_value, 0);
}

static void put_event_head(report *event, unsigned nonce_count)
{
    put_uint(event, nonce_count, 2);
    put(event, nonces, (size_t)nonce_count * 32);
    put_uint(event, 1700000000, 4);
}

static void announcements(void **state)
{
    (void)state;
    begin_feed(PL_FEED_DLC_ANNOUNCEMENT, 2, 1);
    report event = {.size = 0}, inside = {.size = 0};
    put_event_head(&event, 2);
    put_uint(&inside, 2, 2); /* base */
    put_uint(&inside, 0, 1);
    put_text(&inside, "usd");
    put_uint(&inside, 0, 4);
    put_uint(&inside, 2, 2);
    wrap(&event, &inside, 0xd80a);
    put_text(&event, "event-1");
    sign_announcement(&event);
    EXPECT(PL_OK, read_report(&tlv));
    assert_int_equal(reading.time_s, 1700000000);
    assert_false(reading.has_price);
    assert_true(reading.has_digest);
    assert_int_equal(reading.signatures, 1);
    assert_int_equal(reading.signers.bits[0], 1);
    EXPECT(PL_OK, inspect(&tlv));
    tlv.bytes[tlv.size - 1] ^= 1;
    EXPECT(PL_REJECT_SIGNATURE, read_report(&tlv));
    tlv.bytes[tlv.size - 1] ^= 1;
    put_uint(&tlv, 0, 1);
    EXPECT(PL_REJECT_TRAILING, read_report(&tlv));
    sign_announcement(&event);
    set.until_s = NOW;
    EXPECT(PL_REJECT_SIGNER_SET, read_report(&tlv));
    set_members(2, 1);
    memset(members, 1, 32);
    EXPECT(PL_REJECT_UNKNOWN_SIGNER, read_report(&tlv));
    set_members(2, 1);

    sign_announcement_with(&event, 1);
    EXPECT(PL_REJECT_TRAILING, read_report(&tlv));
    put_uint(&event, 0, 1); /* signed, and still one byte too many */
    sign_announcement(&event);
    EXPECT(PL_REJECT_TRAILING, read_report(&tlv));
    event.size -= 2; /* one too few */
    sign_announcement(&event);
    EXPECT(PL_REJECT_TRUNCATED, read_report(&tlv));
}

static void descriptors(void **state)
{
    (void)state;
    begin_feed(PL_FEED_DLC_ANNOUNCEMENT, 1, 1);
    static const struct {
        uint64_t type, count;
        pl_status expected;
    } rows[] = {
        {0xd806, 2, PL_OK},
        {0xd806, 1, PL_REJECT_TRAILING},
        {0xd806, 3, PL_REJECT_TRUNCATED},
        {0xd806, 0xffff, PL_REJECT_TRUNCATED},
        {0xd807, 2, PL_REJECT_MAGIC},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        report event = {.size = 0}, inside = {.size = 0};
        put_event_head(&event, 0);
        put_uint(&inside, rows[i].count, 2);
        put_text(&inside, "yes");
        put_text(&inside, "no");
        wrap(&event, &inside, rows[i].type);
        put_text(&event, "event-1");
        sign_announcement(&event);
        EXPECT(rows[i].expected, read_report(&tlv));
    }
    report event = {.size = 0};
    put_event_head(&event, 1);
    event.bytes[0] = 0xff; /* more nonces than there are bytes */
    sign_announcement(&event);
    EXPECT(PL_REJECT_TRUNCATED, read_report(&tlv));
}

/* An event cut at every byte, and a descriptor cut inside it: signed, so nothing else is wrong. */
static void events_that_end_too_early(void **state)
{
    (void)state;
    begin_feed(PL_FEED_DLC_ANNOUNCEMENT, 2, 1);
    for (unsigned type = 0xd806; type <= 0xd80a; type += 4) {
        report event = {.size = 0}, inside = {.size = 0};
        put_uint(&inside, type == 0xd806 ? 1 : 2, 2); /* outcomes, or the base */
        if (type == 0xd80a) {
            put_uint(&inside, 0, 1);
        }
        put_text(&inside, "usd");
        put_uint(&inside, 0, type == 0xd806 ? 0 : 6); /* precision and digits */
        const size_t whole = inside.size;
        for (inside.size = 0; inside.size <= whole; inside.size++) {
            event.size = 0;
            put_event_head(&event, 1);
            wrap(&event, &inside, type);
            put_text(&event, "e");
            sign_announcement(&event);
            EXPECT(inside.size == whole ? PL_OK : PL_REJECT_TRUNCATED, read_report(&tlv));
        }
        const size_t size = event.size;
        for (event.size = 0; event.size < size; event.size++) {
            sign_announcement(&event);
            EXPECT(PL_REJECT_TRUNCATED, read_report(&tlv));
        }
    }
    set.quorum = 2; /* one key signs an announcement */
    EXPECT(PL_REJECT_QUORUM, read_report(&tlv));
}

/* Where a key should be there are two zeros: they are no count of signatures. */
static void an_attestation_without_a_key(void **state)
{
    (void)state;
    report value = {.size = 0};
    begin_feed(PL_FEED_DLC_ATTESTATION, 2, 1);
    put_text(&value, "event-1");
    put_uint(&value, 0, 2);
    tlv.size = 0;
    wrap(&tlv, &value, 0xd868);
    EXPECT(PL_REJECT_TRUNCATED, read_report(&tlv));
}

/* The parts before the event: the frames say how long they are, the announcement ends early. */
static void frames_that_end_too_early(void **state)
{
    (void)state;
    const report event = {.bytes = {0xfd, 0xd8, 0x22, 0}, .size = 4};
    report value = {.size = 0};
    begin_feed(PL_FEED_DLC_ANNOUNCEMENT, 2, 1);
    put_word(&value, 1);
    put_word(&value, 1);
    put(&value, keys[0].public_key + 1, 32);
    put(&value, event.bytes, event.size);
    const size_t whole = value.size;
    for (value.size = 0; value.size <= whole; value.size++) {
        tlv.size = 0;
        wrap(&tlv, &value, 0xd824);
        EXPECT(value.size == whole ? PL_REJECT_SIGNATURE : PL_REJECT_TRUNCATED, read_report(&tlv));
    }
    begin_feed(PL_FEED_DLC_ATTESTATION, 2, 1);
    value.size = 0;
    put_text(&value, "event-1");
    put(&value, keys[0].public_key + 1, 32);
    put_uint(&value, 0, 2);
    const size_t all = value.size;
    for (value.size = 0; value.size <= all; value.size++) {
        tlv.size = 0;
        wrap(&tlv, &value, 0xd868);
        EXPECT(value.size == all ? PL_REJECT_UNSIGNED : PL_REJECT_TRUNCATED, read_report(&tlv));
    }
}

static void cuts(void **state)
{
    (void)state;
    static const pl_status truncated[] = {PL_REJECT_TRUNCATED, PL_OK};
    expect_cuts("dlc-attestation", "dlc-attestation-0083", truncated);
    expect_cuts("dlc-attestation", "dlc-attestation-0018", truncated);
    expect_cuts("dlc-announcement", "dlc-announcement-0001", truncated);
    expect_cuts("dlc-announcement", "dlc-announcement-0013", truncated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(numbers, set_up),
        cmocka_unit_test_setup(many_digits, set_up),
        cmocka_unit_test_setup(nonces_and_events, set_up),
        cmocka_unit_test_setup(digits_stay_in_their_places, set_up),
        cmocka_unit_test_setup(keys_and_signatures, set_up),
        cmocka_unit_test_setup(frames, set_up),
        cmocka_unit_test_setup(big_sizes, set_up),
        cmocka_unit_test(announcements),
        cmocka_unit_test(descriptors),
        cmocka_unit_test(events_that_end_too_early),
        cmocka_unit_test(an_attestation_without_a_key),
        cmocka_unit_test(frames_that_end_too_early),
        cmocka_unit_test(cuts),
    };
    return cmocka_run_group_tests_name("oracle_dlc", tests, NULL, NULL);
}
