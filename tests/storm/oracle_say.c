/* What the library makes of oracle reports, for tests/model/oracle_vectors.py to set beside the
 * model. Frames come in on standard input, one line for each goes out:
 *
 *   size u32 | format u8 | rules u8 | decimals u8 | rounding u8 | wire decimals u8 |
 *   staleness_s u64 | future_s u64 | min 32 | max 32 | deviation_bps u32 | confidence_bps u32 |
 *   subject size u16 | subject | set count u8 | sets as in spec 05 §3 |
 *   now_s u64 | nanoseconds u32 | last exists u8 | last price 32 | last round u64 | last set u16 |
 *   payload to the end of the frame
 *
 * All integers are big-endian. A line has the status of pl_oracle_read, that of pl_policy_check
 * (or -), and for a reading its members by name; what only strict rules refuse is told of strict
 * feeds alone. A malformed frame ends the program with 2. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/base/bytes.h"
#include "vm/num/text.h"
#include "vm/oracle/oracle.h"

enum { FRAME_MAX = 1 << 22, SETS_MAX = 64, MEMBERS_MAX = 255 };

typedef struct cursor {
    const uint8_t *at;
    size_t left;
} cursor;

static const uint8_t *take(cursor *c, size_t size)
{
    if (size > c->left) {
        (void)fprintf(stderr, "oracle_say: a frame ends too early\n");
        exit(2);
    }
    const uint8_t *found = c->at;
    c->at += size;
    c->left -= size;
    return found;
}

static uint64_t take_number(cursor *c, size_t size)
{
    const uint8_t *bytes = take(c, size);
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static pl_i256 take_i256(cursor *c)
{
    pl_i256 value;
    pl_i256_load_be(&value, take(c, 32), 32);
    return value;
}

/* ---- a frame ---- */

static pl_signer_set sets[SETS_MAX];
static pl_public_key keys[SETS_MAX][MEMBERS_MAX];

static void take_sets(cursor *c, pl_feed *feed)
{
    const size_t size = pl_formats[feed->format].member_size;
    feed->sets = sets;
    feed->set_count = (uint16_t)take_number(c, 1);
    for (unsigned i = 0; i < feed->set_count && i < SETS_MAX; i++) {
        pl_signer_set *set = &sets[i];
        set->from_s = take_number(c, 8);
        set->until_s = take_number(c, 8);
        memcpy(set->id, take(c, 32), 32);
        set->quorum = (uint8_t)take_number(c, 1);
        set->member_count = (uint8_t)take_number(c, 1);
        set->members = take(c, size * set->member_count);
        set->keys = size == PL_MEMBER_KEY ? keys[i] : NULL;
        for (unsigned k = 0; size == PL_MEMBER_KEY && k < set->member_count; k++) {
            if (pl_public_key_parse(&keys[i][k], set->members + size * k) != PL_OK) {
                (void)fprintf(stderr, "oracle_say: member %u of set %u is no key\n", k, i);
                exit(2);
            }
        }
    }
}

static void take_feed(cursor *c, pl_feed *feed)
{
    memset(feed, 0, sizeof *feed);
    feed->format = (uint8_t)take_number(c, 1);
    feed->rules = (uint8_t)take_number(c, 1);
    feed->decimals = (uint8_t)take_number(c, 1);
    feed->rounding = (uint8_t)take_number(c, 1);
    feed->wire_decimals = (uint8_t)take_number(c, 1);
    feed->staleness_s = take_number(c, 8);
    feed->future_s = take_number(c, 8);
    feed->min = take_i256(c);
    feed->max = take_i256(c);
    feed->deviation_bps = (uint32_t)take_number(c, 4);
    feed->confidence_bps = (uint32_t)take_number(c, 4);
    feed->fallback = PL_NO_FEED;
    feed->subject_size = (uint16_t)take_number(c, 2);
    feed->subject = take(c, feed->subject_size);
    if (feed->format >= PL_FEED_FORMATS) {
        (void)fprintf(stderr, "oracle_say: no such format\n");
        exit(2);
    }
    take_sets(c, feed);
}

static void take_moment(cursor *c, pl_clock *now, pl_price *last)
{
    memset(last, 0, sizeof *last);
    now->seconds = take_number(c, 8);
    now->nanoseconds = (uint32_t)take_number(c, 4);
    last->exists = take_number(c, 1) != 0;
    last->price = take_i256(c);
    last->round = take_number(c, 8);
    last->set = (uint16_t)take_number(c, 2);
}

/* ---- an answer ---- */

static void say_i256(const char *name, const pl_i256 *value)
{
    char text[PL_NUM_TEXT_MAX];
    const size_t size = pl_i256_print_dec(text, value);
    (void)printf(" %s=%.*s", name, (int)size, text);
}

static void say_reading(const pl_reading *reading, bool is_strict)
{
    if (reading->has_price) {
        say_i256("price", &reading->price);
        (void)printf(" exponent=%" PRId32, reading->exponent);
    }
    if (reading->has_confidence) {
        (void)printf(" confidence=%" PRIu64, reading->confidence);
    }
    if (reading->has_time) {
        (void)printf(" time_s=%" PRIu64 " time_ns=%" PRIu32, reading->time_s, reading->time_ns);
    }
    (void)printf(" order=%" PRIu64 " valid_from_s=%" PRIu64 " expires_s=%" PRIu64 " set=%u",
                 reading->order, reading->valid_from_s, reading->expires_s, (unsigned)reading->set);
    if (is_strict) {
        (void)printf(" strict=%s", pl_status_name(reading->strict_error));
    }
    (void)printf(" signers=");
    for (unsigned member = 0, count = 0; member < MEMBERS_MAX; member++) {
        if (pl_member_in(&reading->signers, member)) {
            (void)printf("%s%u", count++ == 0 ? "" : ",", member);
        }
    }
    if (reading->has_digest) {
        (void)printf(" digest=");
        for (size_t i = 0; i < sizeof reading->digest; i++) {
            (void)printf("%02x", reading->digest[i]);
        }
    }
}

static void say_price(const pl_price *price)
{
    say_i256("accepted", &price->price);
    (void)printf(" accepted_time=%" PRIu64 " accepted_round=%" PRIu64, price->time_s, price->round);
}

static void answer(cursor *c)
{
    pl_feed feed;
    pl_clock now;
    pl_price last, price;
    pl_reading reading;
    take_feed(c, &feed);
    const bool is_strict = feed.rules == PL_RULES_STRICT;
    take_moment(c, &now, &last);
    const size_t size = c->left;
    uint8_t *exact = malloc(size == 0 ? 1 : size); /* a sanitizer sees a step beyond its end */
    if (exact == NULL) {
        exit(2);
    }
    if (size > 0) {
        memcpy(exact, take(c, size), size);
    }
    const pl_status read = pl_oracle_read(&reading, &feed, now.seconds, exact, size, NULL);
    (void)printf("%s", pl_status_name(read));
    if (read != PL_OK) {
        (void)printf(" -");
    } else if (!reading.has_price && (pl_formats[feed.format].flags & PL_FORMAT_TRANSPORT) != 0) {
        (void)printf(" -");
        say_reading(&reading, is_strict);
    } else {
        const pl_status check = pl_policy_check(&price, &feed, now, &last, &reading);
        (void)printf(" %s", pl_status_name(check));
        say_reading(&reading, is_strict);
        if (check == PL_OK) {
            say_price(&price);
        }
    }
    (void)printf("\n");
    free(exact);
}

int main(void)
{
    uint8_t head[4];
    uint8_t *frame = malloc(FRAME_MAX);
    while (frame != NULL && fread(head, 1, sizeof head, stdin) == sizeof head) {
        const size_t size = pl_load_u32(head);
        if (size > FRAME_MAX || fread(frame, 1, size, stdin) != size) {
            (void)fprintf(stderr, "oracle_say: a frame is too long or cut\n");
            free(frame);
            return 2;
        }
        cursor c = {frame, size};
        answer(&c);
        (void)fflush(stdout);
    }
    const bool done = frame != NULL;
    free(frame);
    return done ? 0 : 2;
}
