/* suppose: a query under other prices sees those, and only it does. */
#include "tests/unit/replay_parts.h"

static uint64_t price_of(pl_chain *chain, uint32_t feed, const pl_supposed_price *prices,
                         uint32_t count)
{
    uint8_t arguments[8];
    pl_outcome outcome;
    pl_u256 price;
    uint64_t value = 0;
    pl_store_u64(arguments, feed);
    assert_int_equal(pl_chain_query_supposing(&outcome, chain, prices, count, BANK, TINY_PRICE,
                                              NULL, 9000, arguments, sizeof arguments),
                     PL_OK);
    if (outcome.status != PL_OK) {
        return outcome.status;
    }
    pl_u256_load_be(&price, outcome.result, 32);
    assert_int_equal(pl_u256_to_u64(&value, &price), PL_OK);
    return value;
}

static void a_supposed_price_is_seen_once(void **state)
{
    (void)state;
    static tiny_body body;
    pl_block_result result;
    pl_chain *chain = start(false);
    tiny_body_begin(&body);
    add_report(&body, chain, TINY_ETH, 3, 1001, 777);
    tiny_body_transactions(&body);
    assert_int_equal(pl_chain_seal_block(&result, chain, 1005, body.bytes, body.size, NULL), PL_OK);
    const pl_head before = head_of(chain);
    const pl_supposed_price lower = {TINY_ETH, pl_i256_from_i64(500)};
    const pl_supposed_price both[2] = {lower, {TINY_RAW, pl_i256_from_i64(9)}};
    assert_int_equal(price_of(chain, TINY_ETH, NULL, 0), 777);
    assert_int_equal(price_of(chain, TINY_ETH, &lower, 1), 500);
    assert_int_equal(price_of(chain, TINY_ETH, NULL, 0), 777);
    assert_int_equal(price_of(chain, TINY_RAW, &lower, 1), PL_TRAP_NO_PRICE);
    assert_int_equal(price_of(chain, TINY_RAW, both, 2), 9); /* none was accepted before */
    assert_int_equal(price_of(chain, TINY_RAW, NULL, 0), PL_TRAP_NO_PRICE);
    const pl_supposed_price negative = {TINY_ETH, pl_i256_from_i64(-1)};
    assert_int_equal(price_of(chain, TINY_ETH, &negative, 1), PL_TRAP_CAST);

    const pl_head after = head_of(chain); /* and the next block knows nothing of it */
    expect_same_head(&before, &after);
    tiny_body_begin(&body);
    tiny_body_transactions(&body);
    assert_int_equal(pl_chain_seal_block(&result, chain, 1006, body.bytes, body.size, NULL), PL_OK);
    assert_int_equal(price_of(chain, TINY_ETH, NULL, 0), 777);
    stop(chain);
}

static void what_cannot_be_supposed(void **state)
{
    (void)state;
    pl_outcome outcome;
    pl_chain *chain = start(false);
    static pl_supposed_price many[PL_SUPPOSED_MAX + 1];
    uint8_t arguments[8] = {0};
    const pl_supposed_price nowhere = {TINY_FEEDS, pl_i256_from_i64(1)};
    assert_int_equal(pl_chain_query_supposing(&outcome, chain, &nowhere, 1, BANK, TINY_PRICE, NULL,
                                              9000, arguments, 8),
                     PL_REJECT_FEED);
    assert_int_equal(pl_chain_query_supposing(&outcome, chain, many, PL_SUPPOSED_MAX + 1, BANK,
                                              TINY_PRICE, NULL, 9000, arguments, 8),
                     PL_REJECT_LIMIT);
    assert_int_equal(pl_chain_query_supposing(&outcome, chain, many, PL_SUPPOSED_MAX, BANK,
                                              TINY_PRICE, NULL, 9000, arguments, 8),
                     PL_OK);
    assert_int_equal(pl_chain_query_supposing(&outcome, chain, many, 1, BANK, TINY_PUT, NULL, 9000,
                                              arguments, 8),
                     PL_REJECT_TX_FUNCTION);
    stop(chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_supposed_price_is_seen_once, set_up),
        cmocka_unit_test_setup(what_cannot_be_supposed, set_up),
    };
    return cmocka_run_group_tests_name("suppose", tests, NULL, NULL);
}
