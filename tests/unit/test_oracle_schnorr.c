/* Signatures of several keys at once: Chronicle Scribe and Band, spec 09 §13 and §14. No real
 * signature of Scribe is published: its calls here are self-made, by tests/support. */
#include "tests/unit/report_parts.h"

enum {
    VALUE_AT = 4,
    AGE_AT = 36,
    TAIL_AT = 100,
    COUNT_AT = 196,
    IDS_AT = 228,
    COMMITMENT_AT = 132
};

static const char wat[32] = "ETHUSD";
static report call;

/* Keys 0.. whose addresses begin with different bytes. */
static void distinct_first_bytes(void)
{
    bool used[256] = {false};
    uint32_t number = 1;
    for (unsigned i = 0; i < KEYS; number++) {
        const signer found = signer_of(number);
        uint8_t address[20];
        signer_address(address, &found);
        if (!used[address[0]]) {
            used[address[0]] = true;
            keys[i++] = found;
        }
    }
}

static int by_compressed(const void *a, const void *b)
{
    return memcmp(((const signer *)a)->public_key, ((const signer *)b)->public_key, 33);
}

static void begin_scribe(unsigned count, unsigned quorum)
{
    begin_feed(PL_FEED_SCRIBE, count, quorum);
    distinct_first_bytes();
    qsort(keys, KEYS, sizeof *keys, by_compressed);
    set_members(count, quorum);
    set_subject(wat, sizeof wat);
}

static uint8_t feed_id(const signer *key)
{
    uint8_t address[20];
    signer_address(address, key);
    return address[0];
}

/* Signs the words that are there, by the sum of the first `signers` keys. */
static void sign(unsigned signers)
{
    uint8_t text[32 + 16 + 4], message[32], s[32], commitment[20];
    memcpy(text, wat, 32);
    memcpy(text + 32, call.bytes + VALUE_AT + 16, 16);
    memcpy(text + 48, call.bytes + AGE_AT + 28, 4);
    pl_keccak_of(message, text, sizeof text);
    pl_eip191_of(message, message);
    signer sum = keys[0];
    const signer nonce = signer_of(999);
    for (unsigned i = 1; i < signers; i++) {
        scalar_add(sum.secret, keys[i].secret);
    }
    sign_scribe(s, commitment, &sum, &nonce, message);
    memcpy(call.bytes + TAIL_AT, s, 32);
    memset(call.bytes + COMMITMENT_AT, 0, 12);
    memcpy(call.bytes + COMMITMENT_AT + 12, commitment, 20);
}

static void build(uint64_t value, uint64_t age, unsigned signers)
{
    static const uint8_t selector[4] = {0x2f, 0x52, 0x9d, 0x73}, zeros[32] = {0};
    call.size = 0;
    put(&call, selector, 4);
    put_word(&call, value);
    put_word(&call, age);
    put_word(&call, 0x60);
    put_word(&call, 0);
    put_word(&call, 0);
    put_word(&call, 0x60);
    put_word(&call, signers);
    for (unsigned i = 0; i < signers; i++) {
        put_uint(&call, feed_id(&keys[i]), 1);
    }
    put(&call, zeros, (32 - signers % 32) % 32);
    sign(signers);
}

static void scribe_price(void **state)
{
    (void)state;
    begin_scribe(5, 3);
    build(777, 50, 3);
    EXPECT(PL_OK, judge(&call, 49));
    expect_price(777, -18);
    assert_int_equal(reading.order, 50);
    assert_int_equal(reading.time_s, 50);
    assert_int_equal(reading.signers.bits[0], 7);
    EXPECT(PL_REJECT_STALE, judge(&call, 50));
    EXPECT(PL_OK, judge_strict(&call));
    EXPECT(PL_OK, inspect(&call));
    static const uint8_t twin[4] = {0, 0, 0, 0x82};
    memcpy(call.bytes, twin, 4);
    EXPECT(PL_OK, judge(&call, 49));
    call.bytes[3] = 0x83;
    EXPECT(PL_REJECT_MAGIC, judge(&call, 49));
    build(0, 50, 3);
    EXPECT(PL_REJECT_NO_VALUE, judge(&call, 49));
    feed.future_s = 0; /* age <= block time */
    build(1, NOW, 3);
    EXPECT(PL_OK, judge(&call, 49));
    build(1, NOW + 1, 3);
    EXPECT(PL_REJECT_FUTURE, judge(&call, 49));
    begin_scribe(1, 1);
    build(5, 50, 1);
    EXPECT(PL_OK, judge(&call, 49));
}

static void scribe_signers(void **state)
{
    (void)state;
    begin_scribe(5, 3);
    for (unsigned signers = 1; signers <= 5; signers++) {
        build(1, 50, signers);
        EXPECT(signers == 3 ? PL_OK : PL_REJECT_QUORUM, judge(&call, 49));
    }
    build(1, 50, 3);
    call.bytes[IDS_AT + 2] = call.bytes[IDS_AT];
    EXPECT(PL_REJECT_SIGNER_DUPLICATE, judge(&call, 49));
    call.bytes[IDS_AT + 2] = feed_id(&keys[5]); /* a key that is no member */
    EXPECT(PL_REJECT_SIGNER, judge(&call, 49));
    call.bytes[IDS_AT + 2] = feed_id(&keys[3]); /* a member that did not sign */
    EXPECT(PL_REJECT_SIGNATURE, judge(&call, 49));
    call.bytes[COUNT_AT + 31] = 0;
    EXPECT(PL_REJECT_QUORUM, judge(&call, 49));
    EXPECT(PL_OK, inspect(&call));
    set.from_s = NOW + 1;
    EXPECT(PL_REJECT_SIGNER_SET, judge(&call, 49));
}

static void scribe_signature(void **state)
{
    (void)state;
    begin_scribe(5, 3);
    static const struct {
        size_t at, size;
        uint8_t byte;
        pl_status expected;
    } rows[] = {
        {TAIL_AT, 32, 0, PL_REJECT_SIGNATURE_RANGE},
        {TAIL_AT, 32, 0xff, PL_REJECT_SIGNATURE_RANGE},
        {TAIL_AT + 31, 1, 0x55, PL_REJECT_SIGNATURE},
        {COMMITMENT_AT, 32, 0, PL_REJECT_SIGNATURE_RANGE},
        {COMMITMENT_AT + 12, 1, 0x55, PL_REJECT_SIGNATURE},
        {COMMITMENT_AT + 11, 1, 1, PL_REJECT_NON_CANONICAL},
        {VALUE_AT + 31, 1, 2, PL_REJECT_SIGNATURE},
        {VALUE_AT + 15, 1, 1, PL_REJECT_NON_CANONICAL},
        {AGE_AT + 31, 1, 51, PL_REJECT_SIGNATURE},
        {AGE_AT + 27, 1, 1, PL_REJECT_NON_CANONICAL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        build(1, 50, 3);
        memset(call.bytes + rows[i].at, rows[i].byte, rows[i].size);
        EXPECT(rows[i].expected, judge(&call, 49));
    }
    build(1, 50, 3);
    subject[0] = 'X';
    EXPECT(PL_REJECT_SIGNATURE, judge(&call, 49));
    feed.subject_size = 0;
    EXPECT(PL_REJECT_SUBJECT, judge(&call, 49));
    EXPECT(PL_OK, inspect(&call));
}

static void scribe_layouts(void **state)
{
    (void)state;
    begin_scribe(5, 3);
    static const struct {
        size_t at;
        uint8_t byte;
        pl_status expected;
    } rows[] = {
        {68, 0x80, PL_REJECT_TRUNCATED},      /* offset of SchnorrData: above 64 bits */
        {68 + 24, 0xff, PL_REJECT_TRUNCATED}, /* would wrap                           */
        {68 + 30, 1, PL_REJECT_TRUNCATED},    /* no room for it there                 */
        {164 + 24, 0xff, PL_REJECT_TRUNCATED}, {164 + 31, 0xa0, PL_REJECT_TRUNCATED},
        {COUNT_AT, 1, PL_REJECT_TRUNCATED},    {COUNT_AT + 31, 33, PL_REJECT_TRUNCATED},
        {COUNT_AT + 31, 32, PL_REJECT_QUORUM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        build(1, 50, 3);
        call.bytes[rows[i].at] = rows[i].byte;
        EXPECT(rows[i].expected, judge(&call, 49));
    }
    build(1, 50, 3);
    call.bytes[IDS_AT + 3] = 1; /* padding */
    EXPECT(PL_OK, judge(&call, 49));
    EXPECT(PL_REJECT_NON_CANONICAL, judge_strict(&call));
    build(1, 50, 3);
    put_uint(&call, 0, 1);
    EXPECT(PL_OK, judge(&call, 49));
    EXPECT(PL_REJECT_TRAILING, judge_strict(&call));
    build(1, 50, 3);
    memmove(call.bytes + TAIL_AT + 1, call.bytes + TAIL_AT, call.size - TAIL_AT);
    call.size++;
    call.bytes[68 + 31] = 0x61; /* everything one byte later */
    EXPECT(PL_OK, judge(&call, 49));
    EXPECT(PL_REJECT_NON_CANONICAL, judge_strict(&call));
    build(1, 50, 3);
    memmove(call.bytes + COUNT_AT + 1, call.bytes + COUNT_AT, call.size - COUNT_AT);
    call.size++;
    call.bytes[TAIL_AT + 95] = 0x61; /* the ids one byte later */
    EXPECT(PL_OK, judge(&call, 49));
    EXPECT(PL_REJECT_NON_CANONICAL, judge_strict(&call));
    build(1, 50, 3);
    call.size = IDS_AT + 3; /* no padding */
    EXPECT(PL_OK, judge(&call, 49));
    EXPECT(PL_REJECT_NON_CANONICAL, judge_strict(&call));
    static const pl_status truncated[] = {PL_REJECT_TRUNCATED, PL_OK};
    build(1, 50, 3); /* the padding is nothing that a decoder misses */
    assert_int_equal(oracle_count_wrong_cuts(&feed, NOW, call.bytes, IDS_AT + 3, false, truncated),
                     0);
}

static pl_status told_status;

static void see_sum(void *context, const pl_signature_seen *seen)
{
    const pl_status *wanted = context;
    EXPECT(*wanted, seen->status);
    assert_int_equal(seen->member, -1);
    told_status = seen->status;
}

/* The signature is of a sum of keys, which has no place in the set. */
static void the_sum_is_told(void **state)
{
    (void)state;
    pl_status wanted = PL_OK;
    const pl_observer observer = {.context = &wanted, .signature = see_sum};
    told_status = PL_REJECT_TYPE;
    begin_scribe(5, 3);
    build(777, 50, 3);
    EXPECT(PL_OK, pl_oracle_read(&reading, &feed, NOW, call.bytes, call.size, &observer));
    EXPECT(PL_OK, told_status);
    call.bytes[IDS_AT + 2] = feed_id(&keys[5]); /* no member: the set has five */
    wanted = PL_REJECT_SIGNER;
    EXPECT(PL_REJECT_SIGNER,
           pl_oracle_read(&reading, &feed, NOW, call.bytes, call.size, &observer));
    EXPECT(PL_REJECT_SIGNER, told_status);
}

/* ---- Band ---- */

static void build_band(const char *message, unsigned key)
{
    uint8_t s[32], r[33];
    const signer nonce = signer_of(999);
    call.size = 0;
    sign_band(s, r, &keys[key], &nonce, (const uint8_t *)message, strlen(message));
    put(&call, r, 33);
    put(&call, s, 32);
    put(&call, message, strlen(message));
}

static void count_signature(void *context, const pl_signature_seen *seen)
{
    assert_int_equal(seen->status, PL_REJECT_UNKNOWN_SIGNER);
    assert_int_equal(seen->member, -1);
    (*(unsigned *)context)++;
}

/* Without a set nothing can be checked; whoever looks is told so. */
static void inspections_are_told(void **state)
{
    (void)state;
    unsigned count = 0;
    const pl_observer observer = {&count, NULL, count_signature, true};
    begin_feed(PL_FEED_BAND, 2, 1);
    build_band("data", 0);
    feed.set_count = 0;
    assert_int_equal(pl_oracle_read(&reading, &feed, NOW, call.bytes, call.size, &observer), PL_OK);
    assert_int_equal(count, 1);
    begin_scribe(3, 2);
    build(1, 50, 2);
    feed.set_count = 0;
    assert_int_equal(pl_oracle_read(&reading, &feed, NOW, call.bytes, call.size, &observer), PL_OK);
    assert_int_equal(count, 2);
}

static void see_group(void *context, const pl_signature_seen *seen)
{
    assert_int_equal(seen->status, PL_OK);
    assert_int_equal(seen->member, 0);
    assert_true(seen->has_signer && seen->signer_size == PL_MEMBER_KEY);
    assert_memory_equal(seen->signer, members, PL_MEMBER_KEY);
    (*(unsigned *)context)++;
}

/* Whoever signs for Band, it is the group, which stands first in the set. */
static void the_group_is_told(void **state)
{
    (void)state;
    unsigned count = 0;
    const pl_observer observer = {.context = &count, .signature = see_group};
    begin_feed(PL_FEED_BAND, 2, 1);
    build_band("data", 0);
    assert_int_equal(pl_oracle_read(&reading, &feed, NOW, call.bytes, call.size, &observer), PL_OK);
    assert_int_equal(count, 1);
    uint8_t digest[32];
    pl_keccak_of(digest, (const uint8_t *)"data", 4);
    assert_memory_equal(reading.digest, digest, 32);
}

static void band(void **state)
{
    (void)state;
    begin_feed(PL_FEED_BAND, 2, 1);
    build_band("data", 0);
    EXPECT(PL_OK, read_report(&call));
    assert_false(reading.has_price);
    assert_int_equal(reading.signers.bits[0], 1);
    build_band("", 0);
    EXPECT(PL_OK, read_report(&call));
    EXPECT(PL_OK, inspect(&call));
    put_uint(&call, 'x', 1); /* every byte behind s is message */
    EXPECT(PL_REJECT_SIGNATURE, read_report(&call));
    build_band("data", 1);
    EXPECT(PL_REJECT_SIGNATURE, read_report(&call)); /* the first member is the group */
    static const struct {
        size_t at, size;
        uint8_t byte;
    } rows[] = {{0, 1, 4}, {0, 1, 0}, {1, 32, 0xff}, {33, 32, 0}, {33, 32, 0xff}, {64, 1, 0x55}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        build_band("data", 0);
        memset(call.bytes + rows[i].at, rows[i].byte, rows[i].size);
        EXPECT(PL_REJECT_SIGNATURE, read_report(&call));
    }
    build_band("data", 0);
    set.quorum = 2; /* a group's key is one member */
    EXPECT(PL_REJECT_QUORUM, read_report(&call));
    set.quorum = 1;
    set.until_s = NOW;
    EXPECT(PL_REJECT_SIGNER_SET, read_report(&call));
    static const pl_status refused[] = {PL_REJECT_TRUNCATED, PL_REJECT_SIGNATURE, PL_OK};
    expect_cuts("band-tss-schnorr", "band-tss-schnorr-0006", refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scribe_price),
        cmocka_unit_test(scribe_signers),
        cmocka_unit_test(scribe_signature),
        cmocka_unit_test(scribe_layouts),
        cmocka_unit_test(band),
        cmocka_unit_test(the_group_is_told),
        cmocka_unit_test(the_sum_is_told),
        cmocka_unit_test(inspections_are_told),
    };
    return cmocka_run_group_tests_name("oracle_schnorr", tests, NULL, NULL);
}
