/* The table of formats, the one place that chooses an adapter, and the rules of a feed. */
#include "vm/oracle/oracle.h"

#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/oracle/adapter.h"
#include "vm/oracle/native.h"

#define DECIMALS_MAX    77u
#define TWAP_PRICE_BITS 224u /* and a window is below 2^32 s: sums stay inside 256 bits, signed */

typedef pl_status read_function(pl_reading *reading, const pl_adapter_input *in);

/* clang-format off */
static read_function *const adapters[PL_FEED_FORMATS] = {
#define FORMAT(number, NAME, adapter, ...) [number] = pl_##adapter##_read,
#include "vm/oracle/formats.def"
#undef FORMAT
};

#define SCALE(scale)   SCALE_##scale
#define SCALE_FEED     PL_SCALE_FEED
#define SCALE_WIRE     PL_SCALE_WIRE
#define SCALE_NONE     PL_SCALE_NONE
#define SCALE_6        6
#define SCALE_18       18
#define LOW_S          PL_FORMAT_LOW_S
#define EXACT          PL_FORMAT_EXACT
#define STAMP          PL_FORMAT_STAMP
#define NAMED          PL_FORMAT_NAMED
#define TRANSPORT      PL_FORMAT_TRANSPORT
#define SECONDS        PL_FORMAT_SECONDS
const pl_format pl_formats[PL_FEED_FORMATS] = {
#define FORMAT(number, NAME, adapter, text, members, order, unit, scale, flags)                    \
    [number] = {text, PL_MEMBER_##members, PL_TIME_##unit, SCALE(scale), (uint8_t)(flags),         \
                PL_REJECT_##order},
#include "vm/oracle/formats.def"
#undef FORMAT
};
/* clang-format on */

/* The formats of this project: their reports name world and feed. */
static bool is_own(const pl_feed *feed)
{
    return feed->format == PL_FEED_UNSIGNED || feed->format == PL_FEED_NATIVE;
}

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

pl_status pl_oracle_read(pl_reading *reading, const pl_feed *feed, uint64_t now_s,
                         const uint8_t *payload, size_t payload_size, const pl_observer *observer)
{
    PL_ASSERT(feed->format < PL_FEED_FORMATS);
    const pl_adapter_input in = {feed, now_s, payload, payload_size, observer};
    pl_reading found = {.expires_s = UINT64_MAX};
    PL_TRY(adapters[feed->format](&found, &in));
    if (pl_is_strict(&in) && (pl_formats[feed->format].flags & PL_FORMAT_TRANSPORT) != 0) {
        PL_TRY(found.strict_error);
    }
    *reading = found;
    return PL_OK;
}

static pl_status read_payload(pl_reading *reading, const pl_report_context *context, uint32_t feed,
                              const uint8_t *report, size_t report_size)
{
    return pl_oracle_read(reading, &context->feeds[feed], context->block_time_s,
                          report + PL_REPORT_ENVELOPE_SIZE, report_size - PL_REPORT_ENVELOPE_SIZE,
                          NULL);
}

bool pl_oracle_ahead(pl_status *status, pl_reading *reading, const pl_report_context *context,
                     uint32_t feed, const uint8_t *report, size_t report_size)
{
    PL_ASSERT(feed < context->feed_count);
    if (is_own(&context->feeds[feed])) {
        return pl_native_ahead(status, context, feed, report, report_size);
    }
    *status = read_payload(reading, context, feed, report, report_size);
    return true;
}

pl_status pl_oracle_decide(pl_price *price, const pl_report_context *context, const pl_price *last,
                           uint32_t feed, const uint8_t *report, size_t report_size,
                           const pl_report_ahead *ahead)
{
    PL_ASSERT(feed < context->feed_count);
    const pl_feed *rules = &context->feeds[feed];
    if (is_own(rules)) {
        return pl_native_check(price, context, last, feed, report, report_size, ahead);
    }
    pl_reading own;
    const pl_reading *reading = ahead != NULL ? ahead->reading : &own;
    PL_TRY(ahead != NULL ? ahead->status : read_payload(&own, context, feed, report, report_size));
    const pl_clock now = {context->block_time_s, 0};
    return pl_policy_check(price, rules, now, last, reading);
}

pl_status pl_oracle_check(pl_price *price, const pl_report_context *context, const pl_price *last,
                          uint32_t feed, const uint8_t *report, size_t report_size)
{
    return pl_oracle_decide(price, context, last, feed, report, report_size, NULL);
}

/* ---- the rules of a feed ---- */

static int compare_ids(const pl_signer_set *a, const pl_signer_set *b)
{
    return memcmp(a->id, b->id, sizeof a->id);
}

/* A member that nobody can sign for: zero, or a key that is no point. *key is filled for KEY. */
static pl_status check_member(const uint8_t *member, size_t size, pl_public_key *key)
{
    static const uint8_t zero[PL_MEMBER_KEY] = {0};
    if (memcmp(member, zero, size) == 0) {
        return PL_REJECT_NON_CANONICAL;
    }
    if (size == PL_MEMBER_KEY) {
        return pl_public_key_parse(key, member);
    }
    if (size == PL_MEMBER_XONLY) {
        uint8_t compressed[PL_MEMBER_KEY] = {2}; /* the point with the even y */
        pl_public_key unwanted;
        memcpy(compressed + 1, member, PL_MEMBER_XONLY);
        return pl_public_key_parse(&unwanted, compressed);
    }
    return PL_OK;
}

/* spec 05 §3: distinct members in ascending order. Guardians and oracles of a configuration have
 * places of their own, so members of a NAMED format stand in the order of the set, not ascending.
 */
static pl_status check_members(pl_signer_set *set, const pl_format *format, pl_public_key *keys)
{
    const size_t size = format->member_size;
    const bool by_place = (format->flags & PL_FORMAT_NAMED) != 0;
    for (unsigned i = 0; i < set->member_count; i++) {
        const uint8_t *member = set->members + i * size;
        const unsigned first = by_place || i == 0 ? 0 : i - 1;
        for (unsigned j = first; j < i; j++) {
            const int order = memcmp(set->members + j * size, member, size);
            if (order == 0 || (order > 0 && !by_place)) {
                return order == 0 ? PL_REJECT_DUPLICATE : PL_REJECT_ORDER;
            }
        }
        PL_TRY(check_member(member, size, keys == NULL ? NULL : &keys[i]));
    }
    set->keys = size == PL_MEMBER_KEY ? keys : NULL;
    return PL_OK;
}

static pl_status check_set(const pl_feed *feed, unsigned number, const pl_format *format)
{
    const pl_signer_set *set = &feed->sets[number];
    if (feed->format == PL_FEED_NATIVE && set->member_count > PL_SIGNERS_MAX) {
        return PL_REJECT_LIMIT;
    }
    if (set->from_s >= set->until_s) {
        return PL_REJECT_RANGE;
    }
    if (set->quorum == 0 || set->quorum > set->member_count) {
        return PL_REJECT_RANGE;
    }
    static const uint8_t zero[32] = {0};
    if ((format->flags & PL_FORMAT_NAMED) == 0 && memcmp(set->id, zero, sizeof zero) != 0) {
        return PL_REJECT_NON_CANONICAL;
    }
    for (unsigned i = 0; i < number; i++) {
        const pl_signer_set *before = &feed->sets[i];
        if ((format->flags & PL_FORMAT_NAMED) != 0 && compare_ids(before, set) == 0) {
            return PL_REJECT_DUPLICATE;
        }
        if (before->from_s > set->from_s) {
            return PL_REJECT_ORDER;
        }
        if ((format->flags & PL_FORMAT_NAMED) == 0 && before->until_s > set->from_s) {
            return PL_REJECT_RANGE; /* two sets at once, and no name to tell them apart */
        }
    }
    return PL_OK;
}

/* Formats 0 and 1 are always strict, at the feed's decimals, about their feed and without a
 * confidence: what cannot matter has one value. */
static pl_status check_own(const pl_feed *feed)
{
    const bool plain = feed->rules == PL_RULES_STRICT && feed->rounding == PL_SHRINK_EXACT &&
                       feed->subject_size == 0 && feed->confidence_bps == 0;
    return plain ? PL_OK : PL_REJECT_NON_CANONICAL;
}

static pl_status check_numbers(const pl_feed *feed, const pl_format *format)
{
    if (feed->rules > PL_RULES_STRICT || feed->rounding > PL_SHRINK_HALF_EVEN ||
        (format->flags & PL_FORMAT_TRANSPORT) != 0) {
        return PL_REJECT_TYPE;
    }
    if (feed->decimals > DECIMALS_MAX || feed->wire_decimals > DECIMALS_MAX ||
        feed->subject_size > PL_SUBJECT_SIZE_MAX || feed->set_count > PL_SIGNER_SETS_MAX) {
        return PL_REJECT_LIMIT;
    }
    if (pl_i256_lt(&feed->max, &feed->min)) {
        return PL_REJECT_RANGE;
    }
    /* spec 05 §7: sums of price and seconds over a window must not wrap */
    if (feed->twap_s > 0 && (pl_i256_check_bits(&feed->min, TWAP_PRICE_BITS) != PL_OK ||
                             pl_i256_check_bits(&feed->max, TWAP_PRICE_BITS) != PL_OK)) {
        return PL_REJECT_RANGE;
    }
    if (format->scale != PL_SCALE_FEED && feed->wire_decimals != 0) {
        return PL_REJECT_NON_CANONICAL;
    }
    return is_own(feed) ? check_own(feed) : PL_OK;
}

pl_status pl_feed_check(pl_feed *feed)
{
    if (feed->format >= PL_FEED_FORMATS) {
        return PL_REJECT_TYPE;
    }
    const pl_format *format = &pl_formats[feed->format];
    PL_TRY(check_numbers(feed, format));
    if (feed->format == PL_FEED_UNSIGNED) {
        return feed->set_count == 0 ? PL_OK : PL_REJECT_NON_CANONICAL;
    }
    if (feed->set_count == 0) {
        return PL_REJECT_RANGE;
    }
    pl_public_key *keys = feed->keys;
    for (unsigned i = 0; i < feed->set_count; i++) {
        PL_TRY(check_set(feed, i, format));
        PL_TRY(check_members(&feed->sets[i], format, keys));
        keys = keys == NULL ? NULL : keys + feed->sets[i].member_count;
    }
    return PL_OK;
}
