/* Questions of certificates, and original reports of prices. spec 10 §5, §6 */
#include "vm/chain/certified.h"

#include "vm/base/assume.h"
#include "vm/chain/chain.h"
#include "vm/oracle/native.h"

pl_status pl_certified_view_ask(pl_outcome *outcome, pl_chain *chain, const pl_certified_view *view)
{
    static const uint8_t nobody[32] = {0};
    const pl_status status =
        pl_chain_query(outcome, chain, view->contract, view->function, nobody,
                       PL_CERTIFICATE_VIEW_GAS, view->arguments, view->arguments_size);
    return pl_is_reject(status) ? PL_REJECT_RANGE : status;
}

/* ---- evidence ---- */

/* The feed, but without what the accepting block judged by other things than the report. Order and
 * deviation compare with an earlier price, and here there is none; nothing is too far ahead for
 * this future_s, neither the price nor the moment from which a report holds. */
static pl_feed relaxed(const pl_feed *feed)
{
    pl_feed rules = *feed;
    rules.staleness_s = UINT64_MAX;
    rules.future_s = UINT64_MAX;
    rules.min = pl_i256_min_value();
    rules.max = pl_i256_max_value();
    rules.confidence_bps = 0;
    return rules;
}

/* The price that a report says under these rules, once it is authentic. */
static pl_status read_price(pl_price *price, const pl_world *world, const pl_feed *rules,
                            uint64_t time_s, const pl_evidence *evidence)
{
    const pl_price none = {.exists = false};
    if (rules->format == PL_FEED_UNSIGNED || rules->format == PL_FEED_NATIVE) {
        const pl_report_context alone = {.world_id = world->id,
                                         .feeds = rules, /* the digest is over the report's feed */
                                         .feed_count = 1,
                                         .block_time_s = time_s};
        return pl_oracle_check(price, &alone, &none, 0, evidence->report, evidence->report_size);
    }
    pl_reading reading;
    PL_TRY(pl_oracle_read(&reading, rules, time_s, evidence->report + PL_REPORT_ENVELOPE_SIZE,
                          evidence->report_size - PL_REPORT_ENVELOPE_SIZE, NULL));
    reading.expires_s = UINT64_MAX;
    return pl_policy_check(price, rules, (pl_clock){time_s, 0}, &none, &reading);
}

/* Past the witness's door: looking for the row makes no place needed. */
pl_status pl_evidence_price(pl_price *price, pl_chain *chain, uint32_t feed)
{
    uint8_t key[PL_PRICES_KEY_SIZE];
    const uint8_t *row;
    pl_door *door = pl_store_door(chain->store);
    pl_store_u32(key, feed);
    PL_SURE(door->ops->get(door, &row, PL_SYSTEM_PRICES, key));
    pl_system_price_load(price, row);
    return PL_OK;
}

static bool same(const pl_price *a, const pl_price *b)
{
    return pl_i256_cmp(&a->price, &b->price) == 0 && a->decimals == b->decimals &&
           a->time_s == b->time_s && a->round == b->round;
}

pl_status pl_evidence_check(pl_chain *chain, const pl_evidence *evidence, uint64_t block_height)
{
    const pl_world *world = &chain->world;
    const pl_report_context context = {.feed_count = world->feed_count};
    pl_price held, price;
    uint32_t feed;
    if (pl_report_feed(&feed, &context, evidence->report, evidence->report_size) != PL_OK ||
        feed != evidence->feed) {
        return PL_REJECT_EVIDENCE;
    }
    PL_SURE(pl_evidence_price(&held, chain, feed));
    if (!held.exists || (block_height != 0 && held.height == block_height)) {
        return PL_REJECT_EVIDENCE;
    }
    const pl_feed rules = relaxed(&world->feeds[feed]);
    const pl_status status = read_price(&price, world, &rules, held.time_s, evidence);
    PL_ASSERT(!pl_is_fault(status)); /* a report is read without memory, rows or anything else */
    if (status != PL_OK) {
        return PL_REJECT_EVIDENCE;
    }
    return same(&price, &held) ? PL_OK : PL_REJECT_EVIDENCE;
}
