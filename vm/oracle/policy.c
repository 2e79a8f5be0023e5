/* What a feed demands of a reading, line by line as spec 05 §6. */
#include "vm/base/assume.h"
#include "vm/num/pow.h"
#include "vm/oracle/oracle.h"

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
    const pl_clock time = {reading->time_s, reading->time_ns};
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
    PL_TRY(pl_i256_mod_zero(&rest, price, unit));
    const pl_i256 zero = pl_i256_from_i64(0);
    return pl_i256_cmp(&rest, &zero) == 0 ? pl_i256_div_zero(price, price, unit)
                                          : PL_REJECT_EXPONENT;
}

/* price * 10^exponent at the feed's decimals. */
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

/* |price - last| * 10000 <= |last| * bps. Prices have the feed's decimals on both sides. */
static pl_status check_deviation(const pl_feed *feed, const pl_i256 *price, const pl_i256 *last)
{
    pl_i256 distance, allowed;
    const pl_i256 bps = pl_i256_from_i64(BPS), limit = pl_i256_from_i64(feed->deviation_bps);
    if (pl_i256_sub(&distance, price, last) != PL_OK ||
        pl_i256_abs(&distance, &distance) != PL_OK ||
        pl_i256_mul(&distance, &distance, &bps) != PL_OK || pl_i256_abs(&allowed, last) != PL_OK ||
        pl_i256_mul(&allowed, &allowed, &limit) != PL_OK) {
        return PL_REJECT_DEVIATION;
    }
    return pl_i256_lt(&allowed, &distance) ? PL_REJECT_DEVIATION : PL_OK;
}

/* confidence * 10000 <= |price| * bps, both at the scale of the report. A feed with the rule takes
 * no report without a confidence. */
static pl_status check_confidence(const pl_feed *feed, const pl_reading *reading)
{
    if (!reading->has_confidence) {
        return PL_REJECT_CONFIDENCE;
    }
    pl_i256 width, allowed;
    const pl_i256 bps = pl_i256_from_i64(BPS), limit = pl_i256_from_i64(feed->confidence_bps);
    const pl_u256 confidence = pl_u256_from_u64(reading->confidence);
    if (pl_i256_mul(&width, &confidence, &bps) != PL_OK ||
        pl_i256_abs(&allowed, &reading->price) != PL_OK ||
        pl_i256_mul(&allowed, &allowed, &limit) != PL_OK) {
        return PL_REJECT_CONFIDENCE;
    }
    return pl_i256_lt(&allowed, &width) ? PL_REJECT_CONFIDENCE : PL_OK;
}

/* The order key rises. Another signer set that names itself starts a new order where the format
 * counts (an epoch belongs to its configuration); times go on. */
static bool is_newer(const pl_feed *feed, const pl_price *last, const pl_reading *reading)
{
    const pl_format *format = &pl_formats[feed->format];
    const bool counts = format->time_unit == PL_TIME_NONE;
    const bool other_set = (format->flags & PL_FORMAT_NAMED) != 0 && reading->set != last->set;
    return !last->exists || (counts && other_set) || reading->order > last->round;
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
    const bool is_stamped = (format->flags & PL_FORMAT_STAMP) != 0 || !reading->has_time;
    pl_price found = {.exists = true,
                      .decimals = feed->decimals,
                      .time_s = is_stamped ? now.seconds : reading->time_s,
                      .round =
                          (format->flags & PL_FORMAT_STAMP) != 0 ? now.seconds : reading->order,
                      .set = reading->set,
                      .signers = reading->signers};
    PL_TRY(to_decimals(&found.price, feed, reading));
    if (pl_i256_lt(&found.price, &feed->min) || pl_i256_lt(&feed->max, &found.price)) {
        return PL_REJECT_PRICE_BOUNDS;
    }
    if (feed->deviation_bps > 0 && last->exists) {
        PL_TRY(check_deviation(feed, &found.price, &last->price));
    }
    if (feed->confidence_bps > 0) {
        PL_TRY(check_confidence(feed, reading));
    }
    *price = found;
    return PL_OK;
}
