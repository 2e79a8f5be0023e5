/* feeds: what stands between an accepted report and the price that contracts read, spec 05 §7. */
#include "tests/unit/feed_parts.h"
#include "vm/oracle/stage.h"
#include "vm/state/system.h"

static uint8_t world[4 * TINY_WORLD_SIZE_MAX];
static size_t world_size;
static pl_chain *chain;
static uint64_t rounds;

static void begin(const pl_feed *feeds, unsigned count)
{
    static feed_list list;
    feeds_begin(&list);
    for (unsigned i = 0; i < count; i++) {
        feeds_add(&list, &feeds[i]);
    }
    world_size = feeds_world(world, sizeof world, &list);
    counted_memory_init(&counted);
    pl_world_error where;
    const pl_status status = pl_chain_create(&chain, &where, &counted.memory, world, world_size);
    if (status != PL_OK) {
        fail_msg("%s in %s", pl_status_name(status), where.part);
    }
    rounds = 0;
}

static pl_block_result result;

/* The next block at this time, with a report of each of the feeds whose price is not NONE. */
#define NONE INT64_MIN
static void block(uint64_t time_s, unsigned count, const int64_t *prices)
{
    static tiny_body body;
    tiny_body_begin(&body);
    for (unsigned i = 0; i < count; i++) {
        uint8_t report[PL_NATIVE_SIZE_MAX];
        const report_spec spec = {.world_id = pl_chain_world(chain)->id,
                                  .feed = i,
                                  .round = ++rounds,
                                  .time_s = time_s,
                                  .price = prices[i],
                                  .decimals = 8};
        if (prices[i] != NONE) {
            tiny_body_report(&body, report, report_make(report, &spec));
        }
    }
    tiny_body_transactions(&body);
    seal(&result, chain, time_s, &body);
}

static void step(uint64_t time_s, int64_t price)
{
    block(time_s, 1, &price);
    assert_int_equal(result.counts.reports_refused, 0);
}

static pl_price price_of(uint32_t feed)
{
    pl_price price;
    assert_int_equal(pl_chain_price(&price, chain, feed), PL_OK);
    return price;
}

/* What contracts read; NONE when there is nothing. */
static int64_t seen(uint32_t feed)
{
    const pl_price price = price_of(feed);
    int64_t value;
    if (!price.exists) {
        return NONE;
    }
    assert_int_equal(pl_i256_to_i64(&value, &price.price), PL_OK);
    return value;
}

static void expect_seen(unsigned line, uint32_t feed, int64_t expected)
{
    if (seen(feed) != expected) {
        fail_msg("line %u: %lld, expected %lld", line, (long long)seen(feed), (long long)expected);
    }
}
#define SEEN(feed, expected) expect_seen(__LINE__, feed, expected)

static unsigned rows_in(uint32_t table)
{
    pl_rows rows;
    unsigned count = 0;
    assert_int_equal(pl_rows_begin(&rows, chain, 0, table), PL_OK);
    while (pl_rows_next(&rows)) {
        count++;
    }
    return count;
}

/* ---- without stages ---- */

static void feeds_without_stages_leave_no_trace(void **state)
{
    (void)state;
    pl_feed feed = unsigned_feed();
    feed.deviation_bps = 100;
    begin(&feed, 1);
    step(1000, 10000);
    SEEN(0, 10000);
    int64_t price = 10101;
    block(1001, 1, &price);
    pl_receipt receipt;
    size_t offset = 0;
    assert_int_equal(pl_receipts_next(&receipt, &offset, result.receipts, result.receipts_size),
                     PL_OK);
    assert_int_equal(receipt.status, PL_REJECT_DEVIATION); /* above 255: it needs both bytes */
    assert_string_equal(pl_status_name((pl_status)receipt.status), "DEVIATION");
    step(1002, 10100);
    SEEN(0, 10100);
    for (uint32_t table = PL_SYSTEM_ACCEPTED; table <= PL_SYSTEM_OBSERVED; table++) {
        assert_int_equal(rows_in(table), 0);
    }
    stop(chain);
}

/* ---- delay ---- */

static void a_delayed_price_is_seen_one_hop_later(void **state)
{
    (void)state;
    pl_feed feed = unsigned_feed();
    feed.delay_s = 100;
    begin(&feed, 1);
    block(1010, 0, NULL); /* nothing accepted: no hop */
    assert_int_equal(rows_in(PL_SYSTEM_NEXT), 0);
    step(1050, 1); /* the first hop, of 1000: 1 is next */
    SEEN(0, NONE);
    step(1060, 2);
    step(1099, 3);
    SEEN(0, NONE);
    step(1100, 4); /* current 1, next 4, hop 1100 */
    SEEN(0, 1);
    assert_int_equal(price_of(0).height, 2);
    assert_true(price_of(0).time_s == 1050 && price_of(0).round == 1);
    step(1199, 5);
    SEEN(0, 1);
    block(1250, 0, NULL); /* current 4, next 5, hop 1200: no report is needed */
    SEEN(0, 4);
    block(1299, 0, NULL);
    SEEN(0, 4);
    block(1300, 0, NULL); /* current 5, next 5 */
    SEEN(0, 5);
    step(9999, 6);
    SEEN(0, 5);
    block(10000, 0, NULL);
    SEEN(0, 6);
    assert_int_equal(rows_in(PL_SYSTEM_OBSERVED), 0);
    stop(chain);
}

/* ---- mean ---- */

static void the_mean_of_a_window(void **state)
{
    (void)state;
    pl_feed feed = unsigned_feed();
    feed.twap_s = 100;
    begin(&feed, 1);
    step(1000, 10);
    SEEN(0, 10); /* nothing has lasted yet */
    step(1010, 20);
    SEEN(0, 10); /* 10 seconds of 10 */
    step(1030, -41);
    SEEN(0, 16); /* (100 + 400) / 30 = 16.7 */
    block(1099, 0, NULL);
    SEEN(0, -24); /* (500 - 69 * 41) / 99 = -23.5: down */
    block(1100, 0, NULL);
    SEEN(0, -24); /* (500 - 70 * 41) / 100 = -23.7 */
    block(1110, 0, NULL);
    SEEN(0, -29); /* (400 - 80 * 41) / 100 = -28.8 */
    block(1130, 0, NULL);
    SEEN(0, -41);
    step(1200, 7);
    step(1200, 9); /* the same time: 7 held for no time */
    SEEN(0, -41);
    assert_true(price_of(0).time_s == 1200 && price_of(0).round == rounds);
    block(1201, 0, NULL);
    SEEN(0, -41); /* (99 * -41 + 9) / 100 = -40.5 */
    block(1202, 0, NULL);
    SEEN(0, -40);
    block(5000, 0, NULL);
    SEEN(0, 9);
    assert_int_equal(rows_in(PL_SYSTEM_OBSERVED), 1);
    stop(chain);
}

/* Against the sum second by second, over a random walk of blocks. */
static void the_mean_is_that_of_all_seconds(void **state)
{
    (void)state;
    enum { SPAN = 3000 };
    static int64_t holds[SPAN + 1]; /* the price of each second from 1000 */
    const unsigned window = 37;
    uint64_t random = 12345;
    pl_feed feed = unsigned_feed();
    feed.twap_s = window;
    begin(&feed, 1);
    uint64_t time_s = 1000, until = 1000;
    int64_t price = NONE;
    while (time_s < 1000 + SPAN) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        const bool reports = price == NONE || (random >> 40) % 3 > 0;
        for (; until < time_s; until++) {
            holds[until - 1000] = price;
        }
        if (reports) {
            price = (int64_t)((random >> 33) % 1999) - 999;
            step(time_s, price);
        } else {
            block(time_s, 0, NULL);
        }
        const uint64_t start = time_s < 1000 + window ? 1000 : time_s - window;
        int64_t sum = 0;
        for (uint64_t t = start; t < time_s; t++) {
            sum += holds[t - 1000];
        }
        const int64_t seconds = (int64_t)(time_s - start);
        const int64_t rest = seconds == 0 ? 0 : sum % seconds;
        SEEN(0, seconds == 0 ? price : sum / seconds - (rest < 0));
        assert_true(rows_in(PL_SYSTEM_OBSERVED) <= window + 2);
        time_s += (random >> 50) % 20 == 0 ? 200 : (random >> 45) % 5;
    }
    stop(chain);
}

/* Rows of a checkpoint come from outside: what no chain would leave must not stop one. */
static void made_up_rows_are_borne(void **state)
{
    (void)state;
    pl_feed feed = unsigned_feed();
    feed.twap_s = 20;
    feed.delay_s = 10;
    begin(&feed, 1);
    step(1000, 1);
    step(1010, 2);
    SEEN(0, 1);
    pl_door *door = pl_store_door(pl_chain_store(chain));
    uint8_t key[PL_OBSERVED_KEY_SIZE] = {0}, row[PL_OBSERVED_ROW_SIZE] = {0};
    bool existed;
    pl_store_u64(key + PL_OBSERVED_TIME, 1010);
    assert_int_equal(door->ops->del(door, &existed, PL_SYSTEM_OBSERVED, key), PL_OK);
    assert_true(existed);
    block(1011, 0, NULL);
    SEEN(0, 1);
    pl_store_u64(key + PL_OBSERVED_TIME, UINT64_MAX); /* from the future */
    assert_int_equal(door->ops->put(door, PL_SYSTEM_OBSERVED, key, row), PL_OK);
    block(1012, 0, NULL);
    SEEN(0, 1);
    uint8_t next[PL_NEXT_ROW_SIZE] = {0};
    next[PL_NEXT_HOP] = 0xff; /* a hop from the future */
    assert_int_equal(door->ops->put(door, PL_SYSTEM_NEXT, key, next), PL_OK);
    block(1030, 0, NULL);
    SEEN(0, 1);
    stop(chain);
}

/* Old observations go two by two, and the mean does not care. */
static void pruning_is_bounded(void **state)
{
    (void)state;
    pl_feed feed = unsigned_feed();
    feed.twap_s = 20;
    begin(&feed, 1);
    for (unsigned i = 0; i < 20; i++) {
        step(1000 + i, i);
    }
    assert_int_equal(rows_in(PL_SYSTEM_OBSERVED), 20);
    block(1039, 0, NULL);
    SEEN(0, 19);
    assert_int_equal(rows_in(PL_SYSTEM_OBSERVED), 18);
    for (unsigned i = 0; i < 8; i++) {
        block(1039, 0, NULL);
    }
    assert_int_equal(rows_in(PL_SYSTEM_OBSERVED), 2);
    block(1039, 0, NULL);
    block(1039, 0, NULL);
    assert_int_equal(rows_in(PL_SYSTEM_OBSERVED), 1);
    SEEN(0, 19);
    stop(chain);
}

static void means_of_the_largest_prices_are_exact(void **state)
{
    (void)state;
    pl_i256 low = pl_i256_from_i64(-1), high, total = pl_i256_from_i64(0), mean, from;
    pl_u256_shl(&low, &low, 223); /* -2^223 */
    const pl_i256 minus_one = pl_i256_from_i64(-1);
    pl_i256_sub_wrap(&high, &minus_one, &low); /* 2^223 - 1 */
    pl_total_add(&total, &high, UINT64_MAX);   /* wraps */
    from = total;
    pl_total_add(&total, &low, UINT32_MAX);
    pl_total_mean(&mean, &from, &total, UINT32_MAX);
    assert_true(pl_u256_eq(&mean, &low));
    from = total;
    pl_total_add(&total, &high, UINT32_MAX);
    pl_total_mean(&mean, &from, &total, UINT32_MAX);
    assert_true(pl_u256_eq(&mean, &high));
    from = total;
    pl_total_add(&total, &high, 1);
    pl_total_add(&total, &low, 1);
    pl_total_mean(&mean, &from, &total, 2);
    assert_true(pl_u256_eq(&mean, &minus_one)); /* -1 / 2, down */
}

/* ---- heartbeat and fallback ---- */

static void a_price_dies_of_age(void **state)
{
    (void)state;
    pl_feed feed = unsigned_feed();
    feed.heartbeat_s = 60;
    begin(&feed, 1);
    step(1000, 5);
    block(1060, 0, NULL);
    SEEN(0, 5);
    block(1061, 0, NULL);
    SEEN(0, NONE);
    assert_int_equal(rows_in(PL_SYSTEM_PRICES), 0);
    assert_int_equal(rows_in(PL_SYSTEM_ACCEPTED), 1);
    uint8_t key[8];
    pl_outcome outcome;
    pl_store_u64(key, 0);
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_PRICE, NULL, 9000, key, 8), PL_OK);
    assert_int_equal(outcome.status, PL_TRAP_NO_PRICE);
    rounds = 0; /* what was accepted still counts */
    int64_t price = 6;
    block(1062, 1, &price);
    assert_int_equal(result.counts.reports_refused, 1);
    SEEN(0, NONE);
    step(1062, 6);
    SEEN(0, 6);
    assert_int_equal(pl_chain_query(&outcome, chain, BANK, TINY_PRICE, NULL, 9000, key, 8), PL_OK);
    assert_true(outcome.status == PL_OK && outcome.result[31] == 6);
    stop(chain);
}

static void a_heartbeat_of_one_second(void **state)
{
    (void)state;
    const pl_price price = {.exists = true, .time_s = 1000};
    assert_false(pl_price_is_dead(&price, 1001, 1));
    assert_true(pl_price_is_dead(&price, 1002, 1));
    assert_false(pl_price_is_dead(&price, UINT64_MAX, 0)); /* no rule */
    assert_false(pl_price_is_dead(&price, 999, 1));
}

static void ages_do_not_wrap(void **state)
{
    (void)state;
    pl_price price = {.exists = true, .time_s = 0};
    assert_false(pl_price_is_dead(&price, UINT64_MAX, 0));
    assert_false(pl_price_is_dead(&price, UINT64_MAX, UINT64_MAX));
    assert_true(pl_price_is_dead(&price, UINT64_MAX, UINT64_MAX - 1));
    price.time_s = UINT64_MAX;
    assert_false(pl_price_is_dead(&price, 0, 1)); /* from the future */
    assert_true(pl_delay_is_over(0, UINT32_MAX, UINT32_MAX));
    assert_false(pl_delay_is_over(UINT64_MAX - 5, UINT64_MAX, 6));
    assert_true(pl_delay_is_over(UINT64_MAX - 5, UINT64_MAX, 5));
    assert_int_equal(pl_delay_hop(1099, 100), 1000);
    assert_int_equal(pl_delay_hop(1100, 100), 1100);
    assert_int_equal(pl_delay_hop(99, 100), 0);
}

static void another_feed_stands_in(void **state)
{
    (void)state;
    pl_feed feeds[3] = {unsigned_feed(), unsigned_feed(), unsigned_feed()};
    feeds[1].heartbeat_s = 60;
    feeds[1].fallback = 0;
    feeds[2].heartbeat_s = 10;
    feeds[2].fallback = 1;
    begin(feeds, 3);
    block(1000, 3, (int64_t[]){1, NONE, NONE});
    SEEN(1, 1); /* nothing accepted is as good as too old */
    SEEN(2, 1);
    assert_true(price_of(2).time_s == 1000 && price_of(2).round == 1);
    block(1100, 3, (int64_t[]){NONE, 20, 300});
    SEEN(1, 20);
    SEEN(2, 300);
    block(1111, 0, NULL);
    SEEN(1, 20);
    SEEN(2, 20);
    assert_true(price_of(2).time_s == 1100 && price_of(2).height == 2);
    block(1161, 0, NULL); /* 1 has no age in feed 0: it is not asked again */
    SEEN(1, 1);
    SEEN(2, 1);
    block(1162, 3, (int64_t[]){2, NONE, 400});
    SEEN(0, 2);
    SEEN(1, 2);
    SEEN(2, 400);
    assert_int_equal(rows_in(PL_SYSTEM_PRICES), 3);
    assert_int_equal(rows_in(PL_SYSTEM_ACCEPTED), 2);
    stop(chain);
}

/* ---- all together ---- */

static void stages_follow_each_other(void **state)
{
    (void)state;
    pl_feed feeds[2] = {unsigned_feed(), unsigned_feed()};
    feeds[1].delay_s = 100;
    feeds[1].twap_s = 50;
    feeds[1].heartbeat_s = 150;
    feeds[1].fallback = 0;
    begin(feeds, 2);
    block(1000, 2, (int64_t[]){7, 10, NONE});
    SEEN(1, 7); /* the delay holds 10 back */
    block(1100, 2, (int64_t[]){NONE, 30});
    SEEN(1, 10); /* current from now on; its mean has not lasted */
    block(1200, 2, (int64_t[]){NONE, 50});
    SEEN(1, 10); /* 30 is current since now: the window is full of 10 */
    assert_true(price_of(1).time_s == 1100);
    block(1225, 0, NULL);
    SEEN(1, 20); /* 25 seconds of 10, 25 of 30 */
    block(1250, 0, NULL);
    SEEN(1, 30); /* 150 seconds old: just alive */
    block(1251, 0, NULL);
    SEEN(1, 7);
    block(1310, 0, NULL); /* a hop: 50 is current, of 1200; the mean is still 30 */
    SEEN(1, 30);
    assert_true(price_of(1).time_s == 1200);
    block(1335, 0, NULL);
    SEEN(1, 40);
    stop(chain);
}

/* ---- signer sets in turn ---- */

static pl_status report_of(const signer *who, uint64_t round, uint64_t time_s)
{
    static tiny_body body;
    uint8_t report[PL_NATIVE_SIZE_MAX];
    const uint8_t order[] = {0};
    const report_spec spec = {pl_chain_world(chain)->id, 0, round, time_s, 100, 8, who, order, 1};
    tiny_body_begin(&body);
    tiny_body_report(&body, report, report_make(report, &spec));
    tiny_body_transactions(&body);
    seal(&result, chain, time_s, &body);
    pl_receipt receipt;
    size_t offset = 0;
    assert_int_equal(pl_receipts_next(&receipt, &offset, result.receipts, result.receipts_size),
                     PL_OK);
    return (pl_status)receipt.status;
}

static void signer_sets_take_turns(void **state)
{
    (void)state;
    const signer one = signer_of(1), two = signer_of(2);
    pl_feed feed = unsigned_feed();
    pl_signer_set sets[2] = {{.from_s = 1000,
                              .until_s = 1100,
                              .quorum = 1,
                              .member_count = 1,
                              .members = one.public_key},
                             {.from_s = 1200,
                              .until_s = 1300,
                              .quorum = 1,
                              .member_count = 1,
                              .members = two.public_key}};
    feed.format = PL_FEED_NATIVE;
    feed.sets = sets;
    feed.set_count = 2;
    begin(&feed, 1);
    assert_int_equal(report_of(&two, 1, 1000), PL_REJECT_SIGNATURE);
    assert_int_equal(report_of(&one, 1, 1000), PL_OK);
    assert_int_equal(report_of(&one, 2, 1099), PL_OK);
    SEEN(0, 100);
    assert_int_equal(report_of(&one, 3, 1100), PL_REJECT_SIGNER_SET);
    assert_int_equal(report_of(&two, 3, 1199), PL_REJECT_SIGNER_SET);
    assert_int_equal(report_of(&one, 3, 1200), PL_REJECT_SIGNATURE);
    assert_int_equal(report_of(&two, 2, 1200), PL_REJECT_ROUND); /* rounds go on */
    assert_int_equal(report_of(&two, 3, 1200), PL_OK);
    const uint8_t *row;
    const uint8_t key[4] = {0};
    assert_int_equal(pl_chain_row(&row, chain, 0, PL_SYSTEM_ACCEPTED, key), PL_OK);
    assert_int_equal(pl_load_u16(row + PL_ACCEPTED_SET), 1);
    assert_int_equal(report_of(&two, 4, 1300), PL_REJECT_SIGNER_SET);
    stop(chain);
}

/* ---- blocks ---- */

typedef struct kept {
    uint8_t bytes[1u << 16];
    size_t size;
} kept;

static bool keep(void *context, const uint8_t *bytes, size_t size)
{
    kept *k = context;
    assert_true(k->size + size <= sizeof k->bytes);
    memcpy(k->bytes + k->size, bytes, size);
    k->size += size;
    return true;
}

/* A verifier, one that resumes, and one that refuses a block on the way: the same heads. */
static void stages_are_state(void **state)
{
    (void)state;
    static kept checkpoint;
    pl_feed feed = unsigned_feed();
    feed.delay_s = 10;
    feed.twap_s = 30;
    feed.heartbeat_s = 25;
    begin(&feed, 1);
    pl_chain *verifier, *resumed = NULL;
    pl_block_result verified;
    assert_int_equal(pl_chain_create(&verifier, NULL, &counted.memory, world, world_size), PL_OK);
    checkpoint.size = 0;
    for (unsigned i = 0; i < 12; i++) {
        step(1000 + 7 * i, 100 + (int64_t)(i * i));
        uint8_t *copy = copy_of(result.block, result.block_size);
        copy[118] ^= 1; /* the state root */
        assert_int_equal(pl_chain_replay_block(&verified, verifier, copy, result.block_size, NULL),
                         PL_REJECT_STATE_ROOT);
        copy[118] ^= 1;
        assert_int_equal(pl_chain_replay_block(&verified, verifier, copy, result.block_size, NULL),
                         PL_OK);
        if (resumed != NULL) {
            assert_int_equal(
                pl_chain_replay_block(&verified, resumed, copy, result.block_size, NULL), PL_OK);
        }
        free(copy);
        if (i == 5) {
            assert_int_equal(pl_chain_checkpoint(verifier, keep, &checkpoint), PL_OK);
            assert_int_equal(pl_chain_restore(&resumed, NULL, &counted.memory, world, world_size,
                                              checkpoint.bytes, checkpoint.size),
                             PL_OK);
        }
    }
    assert_true(rows_in(PL_SYSTEM_CURRENT) == 1 && rows_in(PL_SYSTEM_OBSERVED) > 2);
    pl_chain_free(verifier);
    pl_chain_free(resumed);
    stop(chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feeds_without_stages_leave_no_trace),
        cmocka_unit_test(a_delayed_price_is_seen_one_hop_later),
        cmocka_unit_test(the_mean_of_a_window),
        cmocka_unit_test(the_mean_is_that_of_all_seconds),
        cmocka_unit_test(made_up_rows_are_borne),
        cmocka_unit_test(pruning_is_bounded),
        cmocka_unit_test(means_of_the_largest_prices_are_exact),
        cmocka_unit_test(a_price_dies_of_age),
        cmocka_unit_test(a_heartbeat_of_one_second),
        cmocka_unit_test(ages_do_not_wrap),
        cmocka_unit_test(another_feed_stands_in),
        cmocka_unit_test(stages_follow_each_other),
        cmocka_unit_test(signer_sets_take_turns),
        cmocka_unit_test(stages_are_state),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
