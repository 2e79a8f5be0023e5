/* The rules every format shares, and the one place that chooses an adapter. */
#include "vm/oracle/oracle.h"

#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/oracle/native.h"

#define DECIMALS_MAX 77u

pl_status pl_report_feed(uint32_t *feed, const pl_report_context *context, const uint8_t *report,
                         size_t report_size)
{
    *feed = UINT32_MAX;
    if (report_size < PL_REPORT_ENVELOPE_SIZE) {
        return PL_REJECT_TRUNCATED;
    }
    *feed = pl_load_u32(report + 1);
    if (report[0] != 1) {
        return PL_REJECT_VERSION;
    }
    return *feed < context->feed_count ? PL_OK : PL_REJECT_FEED;
}

pl_status pl_oracle_check(pl_price *price, const pl_report_context *context, const pl_price *last,
                          uint32_t feed, const uint8_t *report, size_t report_size)
{
    PL_ASSERT(feed < context->feed_count);
    switch ((pl_feed_format)context->feeds[feed].format) {
    case PL_FEED_UNSIGNED:
    case PL_FEED_NATIVE:
        return pl_native_check(price, context, last, feed, report, report_size);
    }
    return PL_REJECT_TYPE;
}

/* spec 05 §1: compressed keys, ascending, distinct, on the curve. */
static pl_status check_signers(const pl_feed *feed, pl_public_key *keys)
{
    for (unsigned i = 0; i < feed->signer_count; i++) {
        const uint8_t *key = feed->signer_keys + i * PL_PUBLIC_KEY_SIZE;
        if (i > 0) {
            const int order = memcmp(key - PL_PUBLIC_KEY_SIZE, key, PL_PUBLIC_KEY_SIZE);
            if (order >= 0) {
                return order == 0 ? PL_REJECT_DUPLICATE : PL_REJECT_ORDER;
            }
        }
        PL_TRY(pl_public_key_parse(&keys[i], key));
    }
    return PL_OK;
}

pl_status pl_feed_check(const pl_feed *feed, pl_public_key *keys)
{
    if (feed->format >= PL_FEED_FORMATS) {
        return PL_REJECT_TYPE;
    }
    if (feed->decimals > DECIMALS_MAX || feed->signer_count > PL_SIGNERS_MAX) {
        return PL_REJECT_LIMIT;
    }
    if (pl_i256_lt(&feed->max, &feed->min)) {
        return PL_REJECT_RANGE;
    }
    if (feed->format == PL_FEED_UNSIGNED) {
        return feed->signer_count == 0 && feed->quorum == 0 ? PL_OK : PL_REJECT_NON_CANONICAL;
    }
    if (feed->quorum == 0 || feed->quorum > feed->signer_count) {
        return PL_REJECT_RANGE;
    }
    return check_signers(feed, keys);
}
