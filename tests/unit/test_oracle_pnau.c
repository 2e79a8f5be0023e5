/* oracle_pnau: each rule of spec 09 §6 at its edges, with guardians and Merkle trees of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/oracle_row.h"
#include "tests/support/vaa_make.h"
#include "vm/base/bytes.h"
#include "vm/base/keccak.h"
#include "vm/oracle/vaa.h"

enum { GUARDIANS = 4, NOW = 5000, MESSAGE_MAX = 200, TREE_MAX = 4, ROOT_PAYLOAD = 37 };
enum { HEAD = 8, VAA_AT = HEAD + 2, VAA_BODY = VAA_AT + VAA_HEAD + 3 * VAA_SIGNATURE };

typedef struct message {
    uint8_t bytes[MESSAGE_MAX];
    size_t size;
} message;

static uint8_t members[GUARDIANS * 20];
static pl_signer_set set;
static pl_feed feed;
static pl_reading reading;
static uint8_t subject[66];
static uint8_t bytes[VAA_ROOM];
static size_t size, updates_at;
static message messages[TREE_MAX];

static int set_up(void **state)
{
    (void)state;
    vaa_guardians(members, GUARDIANS);
    return 0;
}

/* Price `value` of the id that is 32 times `id`. */
static message price_of(uint8_t id, int64_t value, uint64_t time_s)
{
    message made = {.size = 85};
    memset(made.bytes + 1, id, 32);
    pl_store_u64(made.bytes + 33, (uint64_t)value);
    pl_store_u64(made.bytes + 41, 12);
    pl_store_u32(made.bytes + 49, (uint32_t)-8);
    pl_store_u64(made.bytes + 53, time_s);
    pl_store_u64(made.bytes + 61, time_s - 1);
    return made;
}

static void hash(uint8_t node[20], uint8_t prefix, const uint8_t *a, size_t a_size,
                 const uint8_t *b, size_t b_size)
{
    uint8_t input[1 + MESSAGE_MAX], digest[32];
    input[0] = prefix;
    memcpy(input + 1, a, a_size);
    if (b_size > 0) {
        memcpy(input + 1 + a_size, b, b_size);
    }
    pl_keccak_of(digest, input, 1 + a_size + b_size);
    memcpy(node, digest, 20);
}

static void join(uint8_t node[20], const uint8_t *a, const uint8_t *b)
{
    const bool in_order = memcmp(a, b, 20) < 0;
    hash(node, 1, in_order ? a : b, 20, in_order ? b : a, 20);
}

/* The tree of all four messages: leaves, the two above them, the root. */
static void make_tree(uint8_t nodes[7][20])
{
    for (unsigned i = 0; i < TREE_MAX; i++) {
        hash(nodes[i], 0, messages[i].bytes, messages[i].size, NULL, 0);
    }
    join(nodes[4], nodes[0], nodes[1]);
    join(nodes[5], nodes[2], nodes[3]);
    join(nodes[6], nodes[4], nodes[5]);
}

static void put(const void *data, size_t count)
{
    memcpy(bytes + size, data, count);
    size += count;
}

static void put_update(uint8_t nodes[7][20], unsigned number)
{
    uint8_t head[2];
    pl_store_u16(head, (uint16_t)messages[number].size);
    put(head, 2);
    put(messages[number].bytes, messages[number].size);
    put("\x02", 1);
    put(nodes[number ^ 1], 20);
    put(nodes[number < 2 ? 5 : 4], 20);
}

/* Signs the VAA anew after its body was edited; it has vaa_size bytes. */
static void sign_again(size_t vaa_size)
{
    for (unsigned i = 0; i < 3; i++) {
        vaa_sign_entry(bytes + VAA_AT, vaa_size, i, i + 1);
    }
}

/* A report with the first `count` messages, its VAA payload of payload_size bytes. */
static void make_sized(unsigned count, size_t payload_size)
{
    static const uint8_t places[] = {0, 1, 2};
    uint8_t nodes[7][20], payload[ROOT_PAYLOAD + 8] = "AUWV";
    set = (pl_signer_set){
        .until_s = UINT64_MAX, .quorum = 3, .member_count = GUARDIANS, .members = members};
    pl_guardian_set_id(set.id, 7);
    feed = (pl_feed){.format = PL_FEED_PNAU,
                     .subject = subject,
                     .subject_size = sizeof subject,
                     .staleness_s = 60,
                     .future_s = 5,
                     .decimals = 8,
                     .min = pl_i256_min_value(),
                     .max = pl_i256_max_value(),
                     .set_count = 1,
                     .sets = &set};
    memset(subject, 0, sizeof subject);
    subject[1] = 26;
    subject[33] = 9;
    memset(subject + 34, 0xaa, 32);
    make_tree(nodes);
    memcpy(payload + 17, nodes[6], 20);
    const vaa_spec spec = {7, places, 3, 4000, 26, 9, payload, payload_size};
    const size_t vaa_size = vaa_make(bytes + VAA_AT, &spec);
    memcpy(bytes, "PNAU\x01\x00\x00\x00", HEAD);
    pl_store_u16(bytes + HEAD, (uint16_t)vaa_size);
    size = updates_at = VAA_AT + vaa_size;
    bytes[size++] = (uint8_t)count;
    for (unsigned i = 0; i < count; i++) {
        put_update(nodes, i);
    }
}

static void make(unsigned count)
{
    make_sized(count, ROOT_PAYLOAD);
}

static void four_prices(void)
{
    for (unsigned i = 0; i < TREE_MAX; i++) {
        messages[i] = price_of((uint8_t)(0xaa + i), 1000 + i, 4990);
    }
}

#define EXPECT(status)                                                                             \
    do {                                                                                           \
        const pl_status got_ = oracle_read_copy(&reading, &feed, NOW, bytes, size);                \
        if (strcmp(pl_status_name(got_), #status) != 0) {                                          \
            fail_msg("line %d: %s, expected " #status, __LINE__, pl_status_name(got_));            \
        }                                                                                          \
    } while (0)

static bool is_price(int64_t price)
{
    const pl_i256 expected = pl_i256_from_i64(price);
    return reading.has_price && pl_u256_eq(&reading.price, &expected);
}

static void each_price_is_found(void **state)
{
    (void)state;
    four_prices();
    make(4);
    for (unsigned i = 0; i < 4; i++) {
        memset(subject + 34, (int)(0xaa + i), 32);
        EXPECT(OK);
        assert_true(is_price(1000 + i) && reading.exponent == -8);
        assert_true(reading.has_confidence && reading.confidence == 12);
        assert_true(reading.time_s == 4990 && reading.order == 4990 && reading.signatures == 3);
    }
    memset(subject + 34, 0xae, 32);
    EXPECT(SUBJECT);
    feed.subject_size = 34;
    EXPECT(OK);
    assert_true(is_price(1000));
    feed.subject_size = 33;
    EXPECT(SUBJECT);
    feed.subject_size = 0;
    EXPECT(EMITTER);
}

static void the_head_has_rules(void **state)
{
    (void)state;
    four_prices();
    make(1);
    bytes[3] = 'X';
    EXPECT(MAGIC);
    make(1);
    bytes[4] = 2;
    EXPECT(VERSION);
    bytes[4] = 0;
    EXPECT(VERSION);
    bytes[4] = 1;
    bytes[5] = 255; /* a minor version */
    EXPECT(OK);
    bytes[6] = 255; /* a header that reaches into the VAA */
    bytes[HEAD - 1 + 255] = 1;
    EXPECT(TYPE);
    size = HEAD + 254;
    EXPECT(TRUNCATED);
    make(1);
    bytes[7] = 1;
    EXPECT(TYPE);
    make(1);
    memset(bytes + HEAD, 255, 2);
    EXPECT(TRUNCATED);
    make(1);
    memmove(bytes + HEAD - 1 + 5, bytes + HEAD - 1, size - HEAD + 1);
    memset(bytes + HEAD - 1, 0xee, 5);
    bytes[6] = 5; /* a header of five bytes */
    size += 5;
    EXPECT(OK);
}

static void the_emitter_is_the_subjects(void **state)
{
    (void)state;
    four_prices();
    make(1);
    for (unsigned i = 0; i < 34; i++) {
        subject[i] ^= 1;
        EXPECT(EMITTER);
        subject[i] ^= 1;
    }
    EXPECT(OK);
}

static void the_signed_payload_has_rules(void **state)
{
    (void)state;
    const size_t vaa_size = VAA_HEAD + 3 * VAA_SIGNATURE + VAA_BODY_HEAD + ROOT_PAYLOAD;
    uint8_t *payload = bytes + VAA_BODY + VAA_BODY_HEAD;
    four_prices();
    make(1);
    payload[0] = 'B';
    EXPECT(UNKNOWN_SIGNER); /* the signature comes first */
    sign_again(vaa_size);
    EXPECT(MAGIC);
    make(1);
    payload[4] = 1;
    sign_again(vaa_size);
    EXPECT(TYPE);
    make(1);
    payload[36] ^= 1;
    sign_again(vaa_size);
    EXPECT(MERKLE);
    for (size_t cut = 0; cut < ROOT_PAYLOAD; cut++) {
        make_sized(1, cut);
        EXPECT(TRUNCATED);
    }
    make_sized(1, ROOT_PAYLOAD + 8); /* appended by a later version */
    EXPECT(OK);
}

static void proofs_lead_to_the_root(void **state)
{
    (void)state;
    four_prices();
    make(4);
    const size_t update = 2 + 85 + 1 + 40;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t *at = bytes + updates_at + 1 + i * update;
        at[2 + 40] ^= 1; /* also in an update that nobody asked for */
        EXPECT(MERKLE);
        at[2 + 40] ^= 1;
        at[2 + 85 + 1 + 39] ^= 0x80;
        EXPECT(MERKLE);
        at[2 + 85 + 1 + 39] ^= 0x80;
        EXPECT(OK);
    }
    make(1);
    bytes[size - 41] = 1; /* one node of two: another root */
    EXPECT(MERKLE);
    bytes[size - 41] = 255;
    EXPECT(TRUNCATED);
    bytes[size - 41] = 2;
    bytes[size++] = 0;
    EXPECT(TRAILING);
}

/* A tree of one message: its root is the leaf, and no node leads there. */
static void a_message_may_be_the_tree(void **state)
{
    (void)state;
    const size_t vaa_size = VAA_HEAD + 3 * VAA_SIGNATURE + VAA_BODY_HEAD + ROOT_PAYLOAD;
    four_prices();
    make(1);
    hash(bytes + VAA_BODY + VAA_BODY_HEAD + 17, 0, messages[0].bytes, 85, NULL, 0);
    sign_again(vaa_size);
    size = updates_at + 1 + 2 + 85;
    EXPECT(TRUNCATED); /* it must be said that there are none */
    bytes[size++] = 0;
    EXPECT(OK);
    assert_true(is_price(1000));
    bytes[size - 1] = 1;
    EXPECT(TRUNCATED);
}

static void counts_have_edges(void **state)
{
    (void)state;
    four_prices();
    make(0);
    EXPECT(SUBJECT);
    feed.subject_size = 34;
    EXPECT(OK);
    assert_false(reading.has_price);
    make(1);
    bytes[updates_at] = 0;
    EXPECT(TRAILING);
    bytes[updates_at] = 2;
    EXPECT(TRUNCATED);
    bytes[updates_at] = 255;
    EXPECT(TRUNCATED);
    make(1);
    memset(bytes + updates_at + 1, 255, 2);
    EXPECT(TRUNCATED);
}

static void messages_have_a_least_size(void **state)
{
    (void)state;
    for (size_t length = 0; length <= 90; length++) {
        four_prices();
        messages[0].size = length;
        make(1);
        feed.subject_size = 34;
        if (length < 85) {
            EXPECT(TRUNCATED);
        } else {
            EXPECT(OK);
            assert_true(is_price(1000));
        }
        feed.subject_size = 66;
        if (length < 85) {
            EXPECT(TRUNCATED); /* whether its id is there or not */
        } else {
            EXPECT(OK);
        }
    }
}

/* Nothing behind it may be read as its id: here the report ends. */
static void a_short_message_ends_the_report(void **state)
{
    (void)state;
    const size_t vaa_size = VAA_HEAD + 3 * VAA_SIGNATURE + VAA_BODY_HEAD + ROOT_PAYLOAD;
    four_prices();
    messages[0].size = 10;
    make(1);
    hash(bytes + VAA_BODY + VAA_BODY_HEAD + 17, 0, messages[0].bytes, 10, NULL, 0);
    sign_again(vaa_size);
    size = updates_at + 1 + 2 + 10;
    bytes[size++] = 0; /* the message is the tree */
    EXPECT(TRUNCATED);
    feed.subject_size = 34;
    EXPECT(TRUNCATED);
}

static void other_kinds_are_no_price(void **state)
{
    (void)state;
    four_prices();
    for (unsigned type = 1; type < 256; type++) {
        messages[0].bytes[0] = (uint8_t)type;
        make(2);
        EXPECT(MESSAGE_TYPE);
        memset(subject + 34, 0xab, 32);
        EXPECT(MESSAGE_TYPE); /* also beside the wanted price, as in the deployed contract */
    }
}

static pl_status judged(pl_price *price)
{
    const pl_price last = {.exists = false};
    return pl_policy_check(price, &feed, (pl_clock){NOW, 0}, &last, &reading);
}

static void numbers_have_edges(void **state)
{
    (void)state;
    static const int64_t prices[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
    static const int32_t exponents[] = {INT32_MIN, -85, -84, 0, 68, 69, INT32_MAX};
    pl_price price;
    for (unsigned i = 0; i < 5; i++) {
        four_prices();
        messages[0] = price_of(0xaa, prices[i], 4990);
        memset(messages[0].bytes + 41, 0xff, 8);
        make(1);
        EXPECT(OK);
        assert_true(is_price(prices[i]) && reading.confidence == UINT64_MAX);
        assert_int_equal(judged(&price), PL_OK);
        feed.min = pl_i256_from_i64(1);
        assert_int_equal(judged(&price), prices[i] < 1 ? PL_REJECT_PRICE_BOUNDS : PL_OK);
    }
    for (unsigned i = 0; i < 7; i++) {
        four_prices();
        messages[0] = price_of(0xaa, 1, 4990);
        pl_store_u32(messages[0].bytes + 49, (uint32_t)exponents[i]);
        make(1);
        feed.rounding = PL_SHRINK_DOWN;
        EXPECT(OK);
        assert_true(reading.exponent == exponents[i]);
        const bool fits = exponents[i] >= -84 && exponents[i] <= 68; /* 76 digits either way */
        assert_int_equal(judged(&price), fits ? PL_OK : PL_REJECT_EXPONENT);
    }
}

static void times_have_edges(void **state)
{
    (void)state;
    static const struct {
        uint64_t time_s;
        pl_status expected;
    } cases[] = {{0, PL_REJECT_STALE},
                 {NOW - 61, PL_REJECT_STALE},
                 {NOW - 60, PL_OK},
                 {NOW + 5, PL_OK},
                 {NOW + 6, PL_REJECT_FUTURE},
                 {UINT64_C(1) << 63, PL_REJECT_FUTURE},
                 {UINT64_MAX, PL_REJECT_FUTURE}};
    pl_price price;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        four_prices();
        messages[0] = price_of(0xaa, 5, cases[i].time_s);
        make(1);
        EXPECT(OK);
        assert_int_equal(judged(&price), cases[i].expected);
    }
}

static void the_newest_of_an_id_counts(void **state)
{
    (void)state;
    four_prices();
    messages[0] = price_of(0xaa, 1, 4990);
    messages[1] = price_of(0xaa, 2, 4991);
    messages[2] = price_of(0xaa, 3, 4991);
    make(2);
    EXPECT(OK);
    assert_true(is_price(2) && reading.strict_error == PL_REJECT_DUPLICATE);
    make(4);
    EXPECT(OK);
    assert_true(is_price(2) && reading.order == 4991);
    feed.subject_size = 34; /* the first, and the others are just others */
    EXPECT(OK);
    assert_true(is_price(1) && reading.strict_error == PL_OK);
}

static void real_ones_cut_anywhere_have_a_name(void **state)
{
    (void)state;
    static const pl_status allowed[] = {PL_REJECT_TRUNCATED, PL_OK};
    oracle_row row;
    oracle_row_open(&row, "pyth-pnau", "pyth-pnau-0001");
    const pl_feed *real = &row.row.feed.feed;
    const pt_bytes *payload = &row.row.payload;
    assert_int_equal(oracle_read_copy(&reading, real, NOW, payload->data, payload->size), PL_OK);
    assert_int_equal(
        oracle_count_wrong_cuts(real, NOW, payload->data, payload->size, false, allowed), 0);
    oracle_row_close(&row);
}

static unsigned prices_seen, others_seen;

static void see_part(void *context, const pl_part *part)
{
    (void)context;
    assert_true(part->offset <= size && part->size <= size - part->offset);
    prices_seen += strcmp(part->name, "price id") == 0 ? 1 : 0;
    others_seen += strcmp(part->name, "other message") == 0 ? 1 : 0;
}

static void inspection_shows_every_price(void **state)
{
    (void)state;
    const pl_observer observer = {.part = see_part, .any_signer = true};
    four_prices();
    messages[0].bytes[0] = 1;
    make(4);
    feed.set_count = 0;
    feed.subject_size = 0;
    assert_int_equal(pl_oracle_read(&reading, &feed, NOW, bytes, size, &observer), PL_OK);
    assert_true(prices_seen == 3 && others_seen == 1 && is_price(1001));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_price_is_found),
        cmocka_unit_test(the_head_has_rules),
        cmocka_unit_test(the_emitter_is_the_subjects),
        cmocka_unit_test(the_signed_payload_has_rules),
        cmocka_unit_test(proofs_lead_to_the_root),
        cmocka_unit_test(a_message_may_be_the_tree),
        cmocka_unit_test(counts_have_edges),
        cmocka_unit_test(messages_have_a_least_size),
        cmocka_unit_test(a_short_message_ends_the_report),
        cmocka_unit_test(other_kinds_are_no_price),
        cmocka_unit_test(numbers_have_edges),
        cmocka_unit_test(times_have_edges),
        cmocka_unit_test(the_newest_of_an_id_counts),
        cmocka_unit_test(real_ones_cut_anywhere_have_a_name),
        cmocka_unit_test(inspection_shows_every_price),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
