/* The native report. pl_native_check is spec 05 §2, line by line. */
#include "vm/oracle/native.h"

#include "vm/base/bytes.h"
#include "vm/base/sha256.h"
#include "vm/oracle/adapter.h"
#include "vm/oracle/policy.h"

#define ROUND_OFFSET    5u
#define TIME_OFFSET     13u
#define PRICE_OFFSET    21u
#define DECIMALS_OFFSET 53u
#define COUNT_OFFSET    54u

_Static_assert(COUNT_OFFSET + 1u == PL_NATIVE_HEAD_SIZE, "the head ends with the count");

void pl_native_digest(uint8_t *digest, const uint8_t *world_id, const uint8_t *head)
{
    pl_sha256 sha;
    pl_sha256_begin_tagged(&sha, &pl_tag_report);
    pl_sha256_add(&sha, world_id, PL_HASH_SIZE);
    pl_sha256_add(&sha, head + 1, COUNT_OFFSET - 1); /* feed .. decimals */
    pl_sha256_end(&sha, digest);
}

/* Rule 1, the payload: exactly as long as its signature count says. */
static pl_status check_shape(const uint8_t *report, size_t report_size)
{
    if (report_size < PL_NATIVE_HEAD_SIZE) {
        return PL_REJECT_TRUNCATED;
    }
    const size_t size = PL_NATIVE_HEAD_SIZE + PL_NATIVE_SIGNATURE_SIZE * report[COUNT_OFFSET];
    if (report_size != size) {
        return report_size < size ? PL_REJECT_TRUNCATED : PL_REJECT_TRAILING;
    }
    return PL_OK;
}

/* Rules 2 to 5: what the price itself must be. Differences are taken, not sums, so nothing wraps.
 */
static pl_status check_price(const pl_price *price, const pl_feed *feed, const pl_price *last,
                             uint64_t block_time_s)
{
    if (price->decimals != feed->decimals) {
        return PL_REJECT_DECIMALS;
    }
    if (last->exists && price->round <= last->round) {
        return PL_REJECT_ROUND;
    }
    if (last->exists && price->time_s < last->time_s) {
        return PL_REJECT_REPORT_TIME;
    }
    if (price->time_s > block_time_s && price->time_s - block_time_s > feed->future_s) {
        return PL_REJECT_REPORT_TIME;
    }
    if (price->time_s < block_time_s && block_time_s - price->time_s > feed->staleness_s) {
        return PL_REJECT_STALE;
    }
    if (pl_i256_lt(&price->price, &feed->min) || pl_i256_lt(&feed->max, &price->price)) {
        return PL_REJECT_PRICE_BOUNDS;
    }
    return PL_OK;
}

/* Rule 6: who signed. On output: *set is the active signer set, *signers has the bit of each. */
static pl_status check_signers(const pl_signer_set **set, pl_price *price, const pl_feed *feed,
                               uint64_t block_time_s, const uint8_t *report)
{
    const unsigned count = report[COUNT_OFFSET];
    const uint8_t *signatures = report + PL_NATIVE_HEAD_SIZE;
    if (feed->format == PL_FEED_UNSIGNED) {
        return count == 0 ? PL_OK : PL_REJECT_NON_CANONICAL;
    }
    if (count == 0) {
        return PL_REJECT_UNSIGNED;
    }
    const pl_adapter_input in = {.feed = feed, .now_s = block_time_s};
    pl_signers active;
    PL_TRY(pl_signers_active(&active, &in));
    *set = active.set;
    price->set = active.set_number;
    for (unsigned i = 0; i < count; i++) {
        const uint8_t signer = signatures[i * PL_NATIVE_SIGNATURE_SIZE];
        if (signer >= active.set->member_count) {
            return PL_REJECT_SIGNER;
        }
        pl_member_add(&price->signers, signer);
    }
    for (unsigned i = 1; i < count; i++) {
        if (signatures[(i - 1) * PL_NATIVE_SIGNATURE_SIZE] >=
            signatures[i * PL_NATIVE_SIGNATURE_SIZE]) {
            return PL_REJECT_SIGNER_ORDER;
        }
    }
    return count >= active.set->quorum ? PL_OK : PL_REJECT_QUORUM;
}

/* Rule 7: all of them, also beyond the quorum. */
static pl_status check_signatures(const pl_signer_set *set, const pl_report_context *context,
                                  const uint8_t *report)
{
    uint8_t digest[PL_HASH_SIZE];
    pl_native_digest(digest, context->world_id, report);
    for (unsigned i = 0; i < report[COUNT_OFFSET]; i++) {
        const uint8_t *entry = report + PL_NATIVE_HEAD_SIZE + i * PL_NATIVE_SIGNATURE_SIZE;
        PL_TRY(pl_signature_check(&set->keys[entry[0]], digest, entry + 1));
    }
    return PL_OK;
}

/* Rules 1 to 6. On output: *price, and *set, or NULL for an unsigned feed. */
static pl_status check_words(pl_price *price, const pl_signer_set **set,
                             const pl_report_context *context, const pl_price *last, uint32_t feed,
                             const uint8_t *report, size_t report_size)
{
    const pl_feed *rules = &context->feeds[feed];
    *price = (pl_price){.exists = true};
    *set = NULL;
    PL_TRY(check_shape(report, report_size));
    price->round = pl_load_u64(report + ROUND_OFFSET);
    price->time_s = pl_load_u64(report + TIME_OFFSET);
    pl_i256_load_be(&price->price, report + PRICE_OFFSET, 32);
    price->decimals = report[DECIMALS_OFFSET];
    PL_TRY(check_price(price, rules, last, context->block_time_s));
    return check_signers(set, price, rules, context->block_time_s, report);
}

pl_status pl_native_check(pl_price *price, const pl_report_context *context, const pl_price *last,
                          uint32_t feed, const uint8_t *report, size_t report_size,
                          const pl_report_ahead *ahead)
{
    pl_price found;
    const pl_signer_set *set;
    PL_TRY(check_words(&found, &set, context, last, feed, report, report_size));
    if (set != NULL && !context->bench_skip_signatures) {
        PL_TRY(ahead != NULL ? ahead->status : check_signatures(set, context, report));
    }
    PL_TRY(pl_policy_deviation(&context->feeds[feed], &found.price, last)); /* rule 8 */
    *price = found;
    return PL_OK;
}

/* A report that rules 1 to 6 refuse without a last price is refused by them with any, and then
 * nobody asks for its signatures. */
bool pl_native_ahead(pl_status *status, const pl_report_context *context, uint32_t feed,
                     const uint8_t *report, size_t report_size)
{
    const pl_price none = {.exists = false};
    pl_price unwanted;
    const pl_signer_set *set;
    if (check_words(&unwanted, &set, context, &none, feed, report, report_size) != PL_OK ||
        set == NULL) {
        return false;
    }
    *status = check_signatures(set, context, report);
    return true;
}

/* The native report needs its world and the last price: it goes through pl_native_check. */
pl_status pl_native_read(pl_reading *reading, const pl_adapter_input *in)
{
    (void)reading;
    (void)in;
    return PL_REJECT_TYPE;
}
