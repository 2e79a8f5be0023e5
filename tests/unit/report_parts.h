/* Reports of the oracle formats, put together byte by byte and signed by test keys. */
#ifndef TESTS_UNIT_REPORT_PARTS_H
#define TESTS_UNIT_REPORT_PARTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/curve_signer.h"
#include "tests/support/oracle_row.h"
#include "tests/support/signer.h"
#include "vm/base/keccak.h"
#include "vm/oracle/adapter.h"

enum { NOW = 1000000, KEYS = 6, REPORT_MAX = 20480 };

typedef struct report {
    uint8_t bytes[REPORT_MAX];
    size_t size;
} report;

static inline void put(report *to, const void *bytes, size_t size)
{
    assert_true(to->size + size <= REPORT_MAX);
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

/* size bytes, big-endian; above eight bytes zeros stand before the value. */
static inline void put_uint(report *to, uint64_t value, size_t size)
{
    uint8_t bytes[32] = {0};
    for (size_t i = 0; i < size && i < 8; i++) {
        bytes[size - 1 - i] = (uint8_t)(value >> (8 * i));
    }
    put(to, bytes, size);
}

static inline void put_word(report *to, uint64_t value)
{
    put_uint(to, value, 32);
}

/* ---- the feed that reads it ---- */

static signer keys[KEYS]; /* of the members, in the order of the set */
static uint8_t members[KEYS * PL_MEMBER_KEY];
static pl_signer_set set;
static pl_feed feed;
static pl_public_key parsed[KEYS];
static uint8_t subject[PL_SUBJECT_SIZE_MAX];
static pl_reading reading;

static inline void member_of(uint8_t *member, const signer *key, size_t size)
{
    if (size == PL_MEMBER_ADDRESS) {
        signer_address(member, key);
    } else {
        memcpy(member, key->public_key + (PL_MEMBER_KEY - size), size);
    }
}

static inline int by_address(const void *a, const void *b)
{
    uint8_t left[PL_MEMBER_ADDRESS], right[PL_MEMBER_ADDRESS];
    signer_address(left, a);
    signer_address(right, b);
    return memcmp(left, right, sizeof left);
}

static inline int by_x(const void *a, const void *b)
{
    return memcmp(((const signer *)a)->public_key + 1, ((const signer *)b)->public_key + 1, 32);
}

/* Puts the keys into the set again, after they were changed. */
static inline void set_members(unsigned count, unsigned quorum)
{
    const size_t size = pl_formats[feed.format].member_size;
    if (size == PL_MEMBER_ADDRESS) {
        qsort(keys, count, sizeof *keys, by_address);
    } else if (size == PL_MEMBER_XONLY) {
        qsort(keys, count, sizeof *keys, by_x);
    }
    for (unsigned i = 0; i < count; i++) {
        member_of(members + i * size, &keys[i], size);
    }
    set = (pl_signer_set){.until_s = UINT64_MAX,
                          .quorum = (uint8_t)quorum,
                          .member_count = (uint8_t)count,
                          .members = members};
    const pl_status status = pl_feed_check(&feed); /* parses the keys; a transport is no feed */
    assert_true(status == PL_OK || status == PL_REJECT_TYPE);
    for (unsigned i = 0; i < count && size == PL_MEMBER_KEY; i++) {
        assert_int_equal(pl_public_key_parse(&parsed[i], members + i * size), PL_OK);
        set.keys = parsed;
    }
}

/* A deployed feed without limits, at the decimals of the format. */
static inline void begin_feed(unsigned format, unsigned count, unsigned quorum)
{
    feed = (pl_feed){.format = (uint8_t)format,
                     .decimals =
                         pl_formats[format].scale < PL_SCALE_NONE ? pl_formats[format].scale : 8,
                     .wire_decimals = pl_formats[format].scale == PL_SCALE_FEED ? 8 : 0,
                     .staleness_s = UINT64_MAX,
                     .future_s = UINT64_MAX,
                     .min = pl_i256_min_value(),
                     .max = pl_i256_max_value(),
                     .subject = subject,
                     .fallback = PL_NO_FEED,
                     .set_count = 1,
                     .sets = &set,
                     .keys = parsed};
    signers_sorted(keys, KEYS);
    set_members(count, quorum);
}

static inline void set_subject(const void *bytes, size_t size)
{
    memcpy(subject, bytes, size);
    feed.subject_size = (uint16_t)size;
}

/* ---- reading and judging ---- */

static inline pl_status read_report(const report *from)
{
    memset(&reading, 0xee, sizeof reading);
    return oracle_read_copy(&reading, &feed, NOW, from->bytes, from->size);
}

/* The reading and then the policy; last_order UINT64_MAX: nothing was accepted before. */
static inline pl_status judge(const report *from, uint64_t last_order)
{
    const pl_price last = {.exists = last_order != UINT64_MAX, .round = last_order};
    pl_price price;
    const pl_status status = read_report(from);
    return status != PL_OK ? status
                           : pl_policy_check(&price, &feed, (pl_clock){NOW, 0}, &last, &reading);
}

static inline pl_status judge_strict(const report *from)
{
    feed.rules = PL_RULES_STRICT;
    const pl_status status = judge(from, UINT64_MAX);
    feed.rules = PL_RULES_DEPLOYED;
    return status;
}

/* An inspection without a signer set, as of bytes that somebody found. */
static inline pl_status inspect(const report *from)
{
    const pl_observer observer = {.any_signer = true};
    pl_feed bare = feed;
    bare.set_count = 0;
    memset(&reading, 0xee, sizeof reading);
    return pl_oracle_read(&reading, &bare, NOW, from->bytes, from->size, &observer);
}

#define EXPECT(status, expression)                                                                 \
    assert_string_equal(pl_status_name(expression), pl_status_name(status))

static inline void expect_price(int64_t value, int32_t exponent)
{
    const pl_i256 expected = pl_i256_from_i64(value);
    assert_true(reading.has_price);
    assert_int_equal(pl_i256_cmp(&reading.price, &expected), 0);
    assert_int_equal(reading.exponent, exponent);
}

/* r | s | v of a digest, v 27 or 28. */
static inline void sign_digest(uint8_t signature[65], const signer *key, const uint8_t *digest)
{
    signer_sign_recoverable(signature, key, digest);
    signature[64] = (uint8_t)(signature[64] + 27);
}

/* The same signature with high s. */
static inline void flip(uint8_t signature[65])
{
    signature[64] = (uint8_t)(signature[64] - 27);
    sign_flip(signature);
    signature[64] = (uint8_t)(signature[64] + 27);
}

/* Every cut of a real payload is refused by one of these; and the whole is accepted. */
static inline void expect_cuts(const char *format, const char *id, const pl_status *allowed)
{
    oracle_row row;
    oracle_row_open(&row, format, id);
    const pl_feed *real = &row.row.feed.feed;
    const uint64_t now_s = row.row.now.seconds;
    EXPECT(PL_OK,
           oracle_read_copy(&reading, real, now_s, row.row.payload.data, row.row.payload.size));
    assert_int_equal(oracle_count_wrong_cuts(real, now_s, row.row.payload.data,
                                             row.row.payload.size, false, allowed),
                     0);
    oracle_row_close(&row);
}

#endif
