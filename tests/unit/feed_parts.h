/* What test_feeds.c and test_world_feeds.c share: feeds of world format 2 and worlds around them.
 */
#ifndef PL_TEST_FEED_PARTS_H
#define PL_TEST_FEED_PARTS_H

#include "tests/unit/replay_parts.h"

enum { FEEDS_SIZE_MAX = 16384 };

typedef struct feed_list {
    uint8_t bytes[FEEDS_SIZE_MAX];
    pl_writer writer;
    uint16_t count;
} feed_list;

static inline void feeds_begin(feed_list *list)
{
    list->writer = pl_writer_of(list->bytes, sizeof list->bytes);
    list->count = 0;
}

/* An unsigned feed with no further rule: prices of 8 decimals between -1000 and 1000000. */
static inline pl_feed unsigned_feed(void)
{
    return (pl_feed){.format = PL_FEED_UNSIGNED,
                     .decimals = 8,
                     .rules = PL_RULES_STRICT,
                     .staleness_s = UINT64_MAX,
                     .future_s = UINT64_MAX,
                     .min = pl_i256_from_i64(-1000),
                     .max = pl_i256_from_i64(1000000),
                     .fallback = PL_NO_FEED};
}

/* The set of tiny_signers for all times; its members point into static bytes. */
static inline pl_signer_set tiny_set(uint8_t quorum)
{
    static uint8_t members[33 * TINY_SIGNERS];
    for (unsigned i = 0; i < TINY_SIGNERS; i++) {
        memcpy(members + 33 * i, tiny_signers()[i].public_key, 33);
    }
    return (pl_signer_set){
        .until_s = UINT64_MAX, .quorum = quorum, .member_count = TINY_SIGNERS, .members = members};
}

static inline void write_number(pl_writer *w, const pl_i256 *number)
{
    uint8_t bytes[32];
    pl_u256_store_low_be(bytes, sizeof bytes, number);
    pl_writer_bytes(w, bytes, sizeof bytes);
}

/* The bytes of spec 06 §1, format 2; the name is one letter, from A. */
static inline void feeds_add(feed_list *list, const pl_feed *feed)
{
    pl_writer *w = &list->writer;
    const uint8_t name[2] = {1, (uint8_t)('A' + list->count++)};
    const size_t size = feed->format < PL_FEED_FORMATS ? pl_formats[feed->format].member_size : 0;
    pl_writer_bytes(w, name, sizeof name);
    pl_writer_u8(w, feed->format);
    pl_writer_u8(w, feed->decimals);
    pl_writer_u64(w, feed->staleness_s);
    pl_writer_u64(w, feed->future_s);
    write_number(w, &feed->min);
    write_number(w, &feed->max);
    pl_writer_u8(w, feed->rules);
    pl_writer_u8(w, feed->rounding);
    pl_writer_u8(w, feed->wire_decimals);
    pl_writer_u16(w, feed->subject_size);
    for (unsigned i = 0; i < feed->subject_size; i++) {
        pl_writer_u8(w, feed->subject == NULL ? 's' : feed->subject[i]);
    }
    pl_writer_u64(w, feed->heartbeat_s);
    pl_writer_u32(w, feed->deviation_bps);
    pl_writer_u32(w, feed->confidence_bps);
    pl_writer_u32(w, feed->twap_s);
    pl_writer_u32(w, feed->delay_s);
    pl_writer_u32(w, feed->fallback);
    pl_writer_u16(w, feed->set_count);
    for (unsigned i = 0; i < feed->set_count; i++) {
        const pl_signer_set *set = &feed->sets[i];
        pl_writer_u64(w, set->from_s);
        pl_writer_u64(w, set->until_s);
        pl_writer_bytes(w, set->id, sizeof set->id);
        pl_writer_u8(w, set->quorum);
        pl_writer_u8(w, set->member_count);
        pl_writer_bytes(w, set->members, set->member_count * size);
    }
    pl_writer_u16(w, 0);
}

/* Writes the tiny world with these feeds; returns its size. */
static inline size_t feeds_world(uint8_t *bytes, size_t capacity, const feed_list *list)
{
    const tiny_feeds feeds = {2, list->count, list->bytes, list->writer.size};
    return tiny_world_of(bytes, capacity, false, &feeds);
}

#endif
