/* certificate: evidence for feeds of every way of reading a report: unsigned, and of formats that
 * others made. The accepting block judged age, expiry, bounds, deviation and confidence; evidence
 * does not again. spec 10 §6 */
#include <stdio.h>

#include "tests/unit/feed_parts.h" /* first: what is called w there is no global yet */

#include "tests/unit/certificate_change.h"
#include "tests/unit/report_parts.h"
#include "vm/chain/chain.h"

enum { FEED_PLAIN, FEED_TYPED, FEED_PYTH, FEEDS };
enum { TYPED_WORDS = 2, TYPED_HEAD = 64, ENTRY_HEAD = 8, CONFIDENCE_BPS = 10000 };

static uint8_t world[4 * TINY_WORLD_SIZE_MAX];
static size_t world_size;
static oracle_row pyth;
static report envelopes[FEEDS]; /* what the blocks took */
static pl_chain *chain;
static uint8_t head[PL_HEADER_SIZE];
static blob certificates[FEEDS]; /* of the state, each with a view of one price and its report */

/* A price of 15 at time 0, the first time there is: price and time are the words of the struct. */
static void make_typed(report *to)
{
    uint8_t digest[32], signature[65], text[32 + 32 * TYPED_WORDS], whole[66] = {0x19, 0x01};
    const uint8_t numbers[5] = {TYPED_WORDS, 0, 1, 255, 255};
    report about = {.size = 0}, words = {.size = 0};
    put_word(&about, 0xd0);
    put_word(&about, 0x70);
    put(&about, numbers, sizeof numbers);
    set_subject(about.bytes, about.size);
    put_word(&words, 15);
    put_word(&words, 0);
    memcpy(text, about.bytes + 32, 32);
    memcpy(text + 32, words.bytes, words.size);
    pl_keccak_of(digest, text, sizeof text);
    memcpy(whole + 2, about.bytes, 32);
    memcpy(whole + 34, digest, 32);
    pl_keccak_of(digest, whole, sizeof whole);
    put(to, words.bytes, words.size);
    for (unsigned i = 0; i < 2; i++) {
        sign_digest(signature, &keys[i], digest);
        put(to, signature, sizeof signature);
    }
}

static void make_world(void)
{
    static feed_list list;
    pl_feed plain = unsigned_feed();
    feeds_begin(&list);
    feeds_add(&list, &plain);
    begin_feed(PL_FEED_EIP712, 2, 2);
    put_uint(&envelopes[FEED_TYPED], 1, 1);
    put_uint(&envelopes[FEED_TYPED], FEED_TYPED, 4);
    make_typed(&envelopes[FEED_TYPED]);
    feeds_add(&list, &feed);
    oracle_row_open(&pyth, "pyth-pnau", "pyth-pnau-0001");
    pl_feed wide = pyth.row.feed.feed;
    wide.confidence_bps = CONFIDENCE_BPS;
    wide.deviation_bps = 1;
    put_uint(&envelopes[FEED_PYTH], 1, 1);
    put_uint(&envelopes[FEED_PYTH], FEED_PYTH, 4);
    put(&envelopes[FEED_PYTH], pyth.row.payload.data, pyth.row.payload.size);
    feeds_add(&list, &wide);
    world_size = feeds_world(world, sizeof world, &list);
    assert_int_equal(pl_chain_create(&chain, NULL, &counted.memory, world, world_size), PL_OK);
    const report_spec spec = {chain->world.id, FEED_PLAIN, 3, TINY_TIME, 102, 8,
                              tiny_signers(),  NULL,       0};
    envelopes[FEED_PLAIN].size = report_make(envelopes[FEED_PLAIN].bytes, &spec);
}

/* The certificate of the state with a view of this feed's price, and its report. */
static blob certify_price(uint32_t number)
{
    const question asked = word(number);
    const pl_certified_view view = view_of(PL_MOMENT_END, TINY_PRICE, &asked);
    const pl_evidence evidence = {number, envelopes[number].bytes,
                                  (uint32_t)envelopes[number].size};
    const pl_certify request = {.kind = PL_CERTIFIES_STATE,
                                .headers = head,
                                .header_count = 1,
                                .views = &view,
                                .view_count = 1,
                                .evidence = &evidence,
                                .evidence_count = 1,
                                .claim = plain_claim};
    pl_certified facts;
    const blob made = certify(chain, &request, &facts);
    assert_int_equal(facts.evidence_dropped, 0);
    return made;
}

static int begin(void **unused)
{
    (void)unused;
    static tiny_body body;
    pl_block_result result;
    counted_memory_init(&counted);
    make_world();
    tiny_body_begin(&body);
    for (unsigned i = 0; i < FEEDS; i++) {
        tiny_body_report(&body, envelopes[i].bytes, envelopes[i].size);
    }
    tiny_body_transactions(&body);
    seal(&result, chain, pyth.row.now.seconds, &body);
    assert_int_equal(result.counts.reports_accepted, FEEDS);
    memcpy(head, result.block, sizeof head);
    for (unsigned i = 0; i < FEEDS; i++) {
        certificates[i] = certify_price(i);
    }
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < FEEDS; i++) {
        free(certificates[i].data);
    }
    oracle_row_close(&pyth);
    stop(chain);
    return 0;
}

static void every_way_of_reading(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < FEEDS; i++) {
        take(&certificates[i]);
        assert_int_equal(w.evidence_count, 1);
        expect("done OK");
    }
}

/* A report that nobody signed says what anybody writes; it is that of the price or it is not. */
static void unsigned_ones(void **unused)
{
    (void)unused;
    const size_t price = 53, decimals = 54; /* the last bytes of each in a native report */
    const blob *of = &certificates[FEED_PLAIN];
    EXPECT_OF(of, "evidence EVIDENCE", edit(&w.evidence[0])[ENTRY_HEAD + price] ^= 1);
    EXPECT_OF(of, "evidence EVIDENCE", edit(&w.evidence[0])[ENTRY_HEAD + decimals] ^= 1);
    EXPECT_OF(of, "evidence EVIDENCE", edit(&w.evidence[0])[w.evidence[0].size - 1] = 1);
}

/* Any byte but the envelope's is under a signature, or is one. */
static void signatures_of_others(void **unused)
{
    (void)unused;
    const size_t payload = ENTRY_HEAD + PL_REPORT_ENVELOPE_SIZE;
    for (size_t at = payload; at < envelopes[FEED_TYPED].size + ENTRY_HEAD; at += 5) {
        EXPECT_OF(&certificates[FEED_TYPED], "evidence EVIDENCE", edit(&w.evidence[0])[at] ^= 1);
    }
    EXPECT_OF(&certificates[FEED_PYTH], "evidence EVIDENCE", edit(&w.evidence[0])[payload] ^= 1);
    EXPECT_OF(&certificates[FEED_PYTH], "evidence EVIDENCE", {
        w.evidence[0].size--;
        pl_store_u32(edit(&w.evidence[0]) + 4, (uint32_t)w.evidence[0].size - ENTRY_HEAD);
    });
}

/* The width of this price is allowed by the feed's own rule, and by no narrow one. */
static void confidence_is_not_judged_again(void **unused)
{
    (void)unused;
    pl_u256 part;
    pl_price price;
    const pl_price none = {.exists = false};
    pl_feed narrow = pyth.row.feed.feed;
    assert_int_equal(pl_oracle_read(&reading, &narrow, pyth.row.now.seconds, pyth.row.payload.data,
                                    pyth.row.payload.size, NULL),
                     PL_OK);
    part = pl_u256_from_u64(reading.confidence);
    assert_true(pl_u256_lt(&part, &reading.price));
    narrow.confidence_bps = 1;
    EXPECT(PL_REJECT_CONFIDENCE,
           pl_policy_check(&price, &narrow, (pl_clock){reading.time_s, 0}, &none, &reading));
    EXPECT_OF(&certificates[FEED_PYTH], "done OK", (void)0);
}

/* Whoever makes up a state may write any price row: one whose decimals are not the feed's is not
 * that of the report, whatever else agrees. Last, for the chain is another one then. */
static void made_up_rows(void **unused)
{
    (void)unused;
    static const struct {
        size_t at;
        const char *verdict;
    } rows[] = {{PL_PRICES_HEIGHT, "done OK"}, /* which block it was, no report says */
                {PL_PRICES_DECIMALS, "evidence EVIDENCE"},
                {PL_PRICES_DECIMALS - 1, "evidence EVIDENCE"},
                {PL_PRICES_TIME, "evidence EVIDENCE"},
                {PL_PRICES_ROUND, "evidence EVIDENCE"}};
    take(&certificates[FEED_PLAIN]);
    const piece kept = w.evidence[0];
    pl_door *door = pl_store_door(chain->store);
    uint8_t key[PL_PRICES_KEY_SIZE], row[PL_PRICES_ROW_SIZE], changed[PL_PRICES_ROW_SIZE];
    const uint8_t *found;
    pl_store_u32(key, FEED_PLAIN);
    assert_int_equal(door->ops->get(door, &found, PL_SYSTEM_PRICES, key), PL_OK);
    memcpy(row, found, sizeof row);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pl_header header;
        memcpy(changed, row, sizeof row);
        changed[rows[i].at] ^= 1;
        assert_int_equal(door->ops->put(door, PL_SYSTEM_PRICES, key, changed), PL_OK);
        assert_int_equal(pl_header_decode(&header, head), PL_OK);
        assert_int_equal(pl_store_root(chain->store, header.state_root), PL_OK);
        memcpy(chain->head.state_root, header.state_root, 32);
        pl_header_encode(head, &header);
        memcpy(chain->header, head, sizeof head);
        pl_header_hash(chain->head.block_hash, &header);
        const question asked = word(FEED_PLAIN);
        const pl_certified_view view = view_of(PL_MOMENT_END, TINY_PRICE, &asked);
        const pl_certify request = {.kind = PL_CERTIFIES_STATE,
                                    .headers = head,
                                    .header_count = 1,
                                    .views = &view,
                                    .view_count = 1,
                                    .claim = plain_claim};
        const blob made = certify(chain, &request, NULL);
        EXPECT_OF(&made, rows[i].verdict, (w.evidence[0] = kept, w.evidence_count = 1));
        free(made.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_of_reading), cmocka_unit_test(unsigned_ones),
        cmocka_unit_test(signatures_of_others), cmocka_unit_test(confidence_is_not_judged_again),
        cmocka_unit_test(made_up_rows),
    };
    return cmocka_run_group_tests_name("certificate evidence", tests, begin, end);
}
