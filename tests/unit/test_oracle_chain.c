/* oracle on a chain: genuine reports of every format with prices go through a world of format 2, a
 * block and its receipts, once; the second time their order refuses them. Run from the project
 * root.
 */
#include <stdio.h>

#include "tests/support/genuine.h"
#include "tests/unit/feed_parts.h"
#include "vm/oracle/policy.h"

enum { ROWS_MAX = 12 }; /* of each format */

static uint8_t world[4 * TINY_WORLD_SIZE_MAX];
static pl_block_result result;

/* A block at this time with one report of feed 0; its receipt's status. */
static pl_status report(pl_chain *chain, uint64_t time_s, const pt_bytes *payload)
{
    static tiny_body body;
    static uint8_t bytes[sizeof body.bytes];
    const uint8_t envelope[5] = {1};
    assert_true(payload->size + 64 < sizeof bytes);
    memcpy(bytes, envelope, sizeof envelope);
    memcpy(bytes + sizeof envelope, payload->data, payload->size);
    tiny_body_begin(&body);
    tiny_body_report(&body, bytes, sizeof envelope + payload->size);
    tiny_body_transactions(&body);
    seal(&result, chain, time_s, &body);
    pl_receipt receipt;
    size_t offset = 0;
    assert_int_equal(pl_receipts_next(&receipt, &offset, result.receipts, result.receipts_size),
                     PL_OK);
    return (pl_status)receipt.status;
}

static void expect_same_price(const pl_price *found, const pl_price *expected)
{
    assert_true(found->exists);
    assert_true(pl_u256_eq(&found->price, &expected->price));
    assert_true(found->decimals == expected->decimals && found->time_s == expected->time_s);
    assert_true(found->round == expected->round);
}

/* The row's clock; that of its price where the row leaves it open. */
static uint64_t clock_of(const genuine_report *row)
{
    if (row->row.now.seconds >= TINY_TIME) {
        return row->row.now.seconds;
    }
    return row->reading.time_s >= TINY_TIME ? row->reading.time_s : TINY_TIME;
}

/* Returns whether the row's report was accepted. */
static bool one_report(genuine_report *row, bool has_stages)
{
    static feed_list list;
    const pt_bytes *payload = &row->row.payload;
    pt_oracle_feed_sort(&row->row.feed);
    assert_int_equal(genuine_report_check(&row->reading, row, false, payload->data, payload->size),
                     PL_OK); /* the feed's pointers are good again: the list has moved */
    pl_feed feed = row->row.feed.feed;
    const pl_price none = {.exists = false};
    const pl_clock now = {clock_of(row), 0};
    pl_price expected, found;
    pl_chain *chain;
    pl_world_error where;
    if (has_stages) {
        feed.heartbeat_s = UINT64_MAX; /* never dead, but the price takes the long way */
    }
    const pl_status verdict = pl_policy_check(&expected, &feed, now, &none, &row->reading);
    feeds_begin(&list);
    feeds_add(&list, &feed);
    const size_t size = feeds_world(world, sizeof world, &list);
    const pl_status made = pl_chain_create(&chain, &where, &counted.memory, world, size);
    if (made != PL_OK) {
        fail_msg("%s: %s in %s", row->row.id, pl_status_name(made), where.part);
    }
    const pl_status status = report(chain, now.seconds, payload);
    if (status != verdict) {
        fail_msg("%s: %s, expected %s", row->row.id, pl_status_name(status),
                 pl_status_name(verdict));
    }
    if (verdict == PL_OK) {
        assert_int_equal(pl_chain_price(&found, chain, 0), PL_OK);
        expect_same_price(&found, &expected);
        assert_int_equal(report(chain, now.seconds, payload), pl_formats[feed.format].order_error);
        assert_int_equal(pl_chain_price(&found, chain, 0), PL_OK);
        expect_same_price(&found, &expected);
    }
    stop(chain);
    return verdict == PL_OK;
}

static void genuine_reports_become_prices(void **state)
{
    (void)state;
    for (unsigned format = PL_FEED_OCR1; format < PL_FEED_FORMATS; format++) {
        char file[128];
        genuine_reports rows = {0};
        unsigned accepted = 0;
        if ((pl_formats[format].flags & PL_FORMAT_TRANSPORT) != 0 || format == PL_FEED_EIP712) {
            continue; /* typed data of that file has no prices */
        }
        (void)snprintf(file, sizeof file, "fixtures/oracle/%s.json", pl_formats[format].name);
        assert_true(genuine_reports_read(&rows, file));
        for (size_t i = 0; i < rows.count && accepted < ROWS_MAX; i++) {
            accepted += one_report(&rows.list[i], false);
            (void)one_report(&rows.list[i], true);
        }
        if (accepted == 0 && format != PL_FEED_OCR2) { /* those shipped carry no price */
            fail_msg("%s: none of %zu reports is accepted", file, rows.count);
        }
        genuine_reports_free(&rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(genuine_reports_become_prices)};
    return cmocka_run_group_tests(tests, set_up, NULL);
}
