#include "tests/support/policy_row.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/oracle/oracle.h"

typedef unsigned long long number;

/* The next word as a number; a missing one is 0 and leaves *line where it is. */
static number take(const char **line)
{
    char *end;
    const number value = strtoull(*line, &end, 10);
    *line = end;
    return value;
}

/* The next word, 64 hex digits. */
static pl_i256 take_price(const char **line)
{
    uint8_t bytes[32] = {0};
    pl_i256 price;
    while (**line == ' ') {
        (*line)++;
    }
    for (unsigned i = 0; i < 32; i++) {
        unsigned byte;
        if (sscanf(*line, "%2x", &byte) != 1) {
            break;
        }
        bytes[i] = (uint8_t)byte;
        *line += 2;
    }
    pl_i256_load_be(&price, bytes, sizeof bytes);
    return price;
}

static pl_feed take_feed(const char **line)
{
    pl_feed feed = {.fallback = PL_NO_FEED};
    feed.format = (uint8_t)take(line);
    feed.decimals = (uint8_t)take(line);
    feed.rules = (uint8_t)take(line);
    feed.rounding = (uint8_t)take(line);
    feed.staleness_s = take(line);
    feed.future_s = take(line);
    feed.min = take_price(line);
    feed.max = take_price(line);
    feed.deviation_bps = (uint32_t)take(line);
    feed.confidence_bps = (uint32_t)take(line);
    return feed;
}

static pl_reading take_reading(const char **line)
{
    pl_reading reading = {0};
    reading.has_price = take(line) != 0;
    reading.price = take_price(line);
    reading.exponent = (int32_t)(int64_t)take(line);
    reading.has_confidence = take(line) != 0;
    reading.confidence = take(line);
    reading.has_time = take(line) != 0;
    reading.time_s = take(line);
    reading.time_ns = (uint32_t)take(line);
    reading.order = take(line);
    reading.valid_from_s = take(line);
    reading.expires_s = take(line);
    reading.set = (uint16_t)take(line);
    reading.strict_error = (pl_status)take(line);
    return reading;
}

bool policy_row_agrees(const char *line, const char **mine)
{
    char verdict[32];
    int used = 0;
    const pl_feed feed = take_feed(&line);
    pl_clock now;
    now.seconds = take(&line);
    now.nanoseconds = (uint32_t)take(&line);
    pl_price last = {.exists = take(&line) != 0};
    last.price = take_price(&line);
    last.round = take(&line);
    last.set = (uint16_t)take(&line);
    const pl_reading reading = take_reading(&line);
    *mine = "no row";
    if (sscanf(line, " %31s%n", verdict, &used) != 1 || feed.format >= PL_FEED_FORMATS) {
        return false;
    }
    line += used;
    const pl_i256 price = take_price(&line);
    const uint64_t time_s = take(&line), round = take(&line);
    pl_price found;
    const pl_status status = pl_policy_check(&found, &feed, now, &last, &reading);
    *mine = pl_status_name(status);
    if (strcmp(*mine, verdict) != 0) {
        return false;
    }
    return status != PL_OK || (pl_u256_eq(&found.price, &price) && found.time_s == time_s &&
                               found.round == round && found.set == reading.set);
}
