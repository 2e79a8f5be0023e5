/* What a feed demands of a reading, line by line as spec 05 §6. */
#include "vm/oracle/policy.h"

#include "vm/num/muldiv.h"

#define BPS 10000u

/* The time from `early` to `late` is longer than seconds; false when late is not later. Exact:
 * differences are taken, not sums. */
static bool is_longer(pl_clock early, pl_clock late, uint64_t seconds)
{
    if (late.seconds < early.seconds) {
        return false;
    }
    const uint64_t whole = late.seconds - early.seconds;
    return whole > seconds || (whole == seconds && late.nanoseconds > early.nanoseconds);
}

static pl_status check_age(const pl_feed *feed, pl_clock now, const pl_reading *reading)
{
    if (reading->valid_from_s > now.seconds &&
        reading->valid_from_s - now.seconds > feed->future_s) {
        return PL_REJECT_FUTURE;
    }
    if (now.seconds > reading->expires_s) {
        return PL_REJECT_EXPIRED;
    }
    if (!reading->has_time) {
        return PL_OK;
    }
    pl_clock time = {reading->time_s, reading->time_ns};
    if ((pl_formats[feed->format].flags & PL_FORMAT_SECONDS) != 0) { /* spec 09 §7 */
        time.nanoseconds = now.nanoseconds = 0;
    }
    if (is_longer(now, time, feed->future_s)) {
        return PL_REJECT_FUTURE;
    }
    return is_longer(time, now, feed->staleness_s) ? PL_REJECT_STALE : PL_OK;
}

/* *r = 10^exponent, exponent 0..76. */
static void power_of_ten(pl_i256 *r, uint32_t exponent)
{
    const pl_i256 ten = pl_i256_from_i64(10);
    *r = pl_i256_from_i64(1);
    for (uint32_t i = 0; i < exponent; i++) {
        pl_i256_mul_wrap(r, r, &ten);
    }
}

static pl_status divide(pl_i256 *price, const pl_i256 *unit, uint8_t rounding)
{
    switch ((pl_feed_rounding)rounding) {
    case PL_SHRINK_DOWN:
        return pl_i256_div_floor(price, price, unit);
    case PL_SHRINK_UP:
        return pl_i256_div_up(price, price, unit);
    case PL_SHRINK_HALF_EVEN:
        return pl_i256_div_half_even(price, price, unit);
    case PL_SHRINK_EXACT:
        break;
    }
    pl_i256 rest;
    PL_SURE(pl_i256_mod_zero(&rest, price, unit));
    const pl_i256 zero = pl_i256_from_i64(0);
    return pl_i256_cmp(&rest, &zero) == 0 ? pl_i256_div_zero(price, price, unit)
                                          : PL_REJECT_EXPONENT;
}

/* price * 10^exponent at the feed's decimals; a zero price too needs a shift that there is. */
static pl_status to_decimals(pl_i256 *price, const pl_feed *feed, const pl_reading *reading)
{
    const int64_t shift = (int64_t)reading->exponent + feed->decimals;
    pl_i256 unit;
    *price = reading->price;
    if (shift < -76 || shift > 76) {
        return PL_REJECT_EXPONENT;
    }
    power_of_ten(&unit, (uint32_t)(shift < 0 ? -shift : shift));
    const pl_status status =
        shift < 0 ? divide(price, &unit, feed->rounding) : pl_i256_mul(price, price, &unit);
    return status == PL_OK ? PL_OK : PL_REJECT_EXPONENT;
}

/* value <= floor(whole * bps / BPS), the product exact in 512 bits. value is an integer, so this is
 * value * BPS <= whole * bps. */
static bool is_within(const pl_u256 *value, const pl_u256 *whole, uint32_t bps)
{
    pl_u256 allowed;
    const pl_u256 parts = pl_u256_from_u64(bps), all = pl_u256_from_u64(BPS);
    const pl_status status =
        pl_u256_muldiv_full_round(&allowed, whole, &parts, &all, PL_ROUND_DOWN);
    return status != PL_OK || !pl_u256_lt(&allowed, value); /* above 2^256: anything is allowed */
}

pl_status pl_policy_deviation(const pl_feed *feed, const pl_i256 *price, const pl_price *last)
{
    if (feed->deviation_bps == 0 || !last->exists) {
        return PL_OK;
    }
    pl_i256 distance;
    pl_u256 whole;
    if (pl_i256_lt(price, &last->price)) {
        pl_i256_sub_wrap(&distance, &last->price, price);
    } else {
        pl_i256_sub_wrap(&distance, price, &last->price);
    }
    pl_i256_magnitude(&whole, &last->price);
    /* the distance is below 2^256: read without a sign it is exact */
    return is_within(&distance, &whole, feed->deviation_bps) ? PL_OK : PL_REJECT_DEVIATION;
}

/* Both at the scale of the report. A feed with the rule takes no report without a confidence. */
static pl_status check_confidence(const pl_feed *feed, const pl_reading *reading)
{
    if (feed->confidence_bps == 0) {
        return PL_OK;
    }
    if (!reading->has_confidence) {
        return PL_REJECT_CONFIDENCE;
    }
    pl_u256 whole;
    const pl_u256 width = pl_u256_from_u64(reading->confidence);
    pl_i256_magnitude(&whole, &reading->price);
    return is_within(&width, &whole, feed->confidence_bps) ? PL_OK : PL_REJECT_CONFIDENCE;
}

/* The order key rises. Where a format counts and names its set, a later set (a configuration)
 * starts its own count; an earlier one is never newer, or its old reports would come back. Times go
 * on whoever signs. */
static bool is_newer(const pl_feed *feed, const pl_price *last, const pl_reading *reading)
{
    const pl_format *format = &pl_formats[feed->format];
    if (!last->exists) {
        return true;
    }
    if (format->time_unit == PL_TIME_NONE && (format->flags & PL_FORMAT_NAMED) != 0 &&
        reading->set != last->set) {
        return reading->set > last->set;
    }
    return reading->order > last->round;
}

pl_status pl_policy_check(pl_price *price, const pl_feed *feed, pl_clock now, const pl_price *last,
                          const pl_reading *reading)
{
    const pl_format *format = &pl_formats[feed->format];
    if (!reading->has_price) {
        return PL_REJECT_NO_VALUE;
    }
    if (!is_newer(feed, last, reading)) {
        return format->order_error;
    }
    PL_TRY(check_age(feed, now, reading));
    const bool is_stamped = (format->flags & PL_FORMAT_STAMP) != 0;
    pl_price found = {.exists = true,
                      .decimals = feed->decimals,
                      .time_s = is_stamped || !reading->has_time ? now.seconds : reading->time_s,
                      .round = is_stamped ? now.seconds : reading->order,
                      .set = reading->set,
                      .signers = reading->signers};
    PL_TRY(to_decimals(&found.price, feed, reading));
    if (pl_i256_lt(&found.price, &feed->min) || pl_i256_lt(&feed->max, &found.price)) {
        return PL_REJECT_PRICE_BOUNDS;
    }
    PL_TRY(pl_policy_deviation(feed, &found.price, last));
    PL_TRY(check_confidence(feed, reading));
    if (feed->rules == PL_RULES_STRICT) {
        PL_TRY(reading->strict_error);
    }
    *price = found;
    return PL_OK;
}
