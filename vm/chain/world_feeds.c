/* Reading the feeds of a world. */
#include "vm/chain/world_feeds.h"

#include <string.h>

#define SET_SIZE_MIN (8u + 8u + 32u + 1u + 1u)

static pl_status make_room(pl_feed *feed, const pl_memory *memory, uint16_t sets, uint32_t keys)
{
    if (sets > 0) {
        feed->sets = memory->take(memory->context, sets * sizeof *feed->sets);
        if (feed->sets == NULL) {
            return PL_FAULT_MEMORY;
        }
        memset(feed->sets, 0, sets * sizeof *feed->sets);
        feed->set_count = sets;
    }
    if (keys > 0) {
        feed->keys = memory->take(memory->context, keys * sizeof *feed->keys);
        if (feed->keys == NULL) {
            return PL_FAULT_MEMORY;
        }
        feed->key_count = keys;
    }
    return PL_OK;
}

void pl_world_feed_free(pl_feed *feed, const pl_memory *memory)
{
    if (feed->sets != NULL) {
        memory->give(memory->context, feed->sets, feed->set_count * sizeof *feed->sets);
    }
    if (feed->keys != NULL) {
        memory->give(memory->context, feed->keys, feed->key_count * sizeof *feed->keys);
    }
    *feed = (pl_feed){0};
}

static pl_status take_head(pl_feed *feed, pl_reader *reader)
{
    const uint8_t *min, *max;
    PL_TRY(pl_reader_u8(reader, &feed->format));
    PL_TRY(pl_reader_u8(reader, &feed->decimals));
    PL_TRY(pl_reader_u64(reader, &feed->staleness_s));
    PL_TRY(pl_reader_u64(reader, &feed->future_s));
    PL_TRY(pl_reader_bytes(reader, &min, 32));
    PL_TRY(pl_reader_bytes(reader, &max, 32));
    pl_i256_load_be(&feed->min, min, 32);
    pl_i256_load_be(&feed->max, max, 32);
    return PL_OK;
}

/* ---- format 1: one set for ever, keys of 33 bytes, the rules of the native format ---- */

static pl_status take_old(pl_feed *feed, const pl_memory *memory, pl_reader *reader)
{
    uint8_t quorum, count;
    const uint8_t *members;
    PL_TRY(take_head(feed, reader));
    PL_TRY(pl_reader_u8(reader, &quorum));
    PL_TRY(pl_reader_u8(reader, &count));
    PL_TRY(pl_reader_bytes(reader, &members, (size_t)count * PL_PUBLIC_KEY_SIZE));
    if (feed->format > PL_FEED_NATIVE) {
        return PL_REJECT_TYPE;
    }
    if (feed->format == PL_FEED_NATIVE || quorum > 0 || count > 0) {
        PL_TRY(make_room(feed, memory, 1, count));
        feed->sets[0] = (pl_signer_set){
            .until_s = UINT64_MAX, .quorum = quorum, .member_count = count, .members = members};
    }
    return PL_OK;
}

/* ---- format 2 ---- */

static pl_status take_rules(pl_feed *feed, pl_reader *reader)
{
    PL_TRY(pl_reader_u8(reader, &feed->rules));
    PL_TRY(pl_reader_u8(reader, &feed->rounding));
    PL_TRY(pl_reader_u8(reader, &feed->wire_decimals));
    PL_TRY(pl_reader_u16(reader, &feed->subject_size));
    PL_TRY(pl_reader_bytes(reader, &feed->subject, feed->subject_size));
    PL_TRY(pl_reader_u64(reader, &feed->heartbeat_s));
    PL_TRY(pl_reader_u32(reader, &feed->deviation_bps));
    PL_TRY(pl_reader_u32(reader, &feed->confidence_bps));
    PL_TRY(pl_reader_u32(reader, &feed->twap_s));
    PL_TRY(pl_reader_u32(reader, &feed->delay_s));
    return pl_reader_u32(reader, &feed->fallback);
}

static pl_status take_set(pl_signer_set *set, pl_reader *reader, size_t member_size)
{
    const uint8_t *id;
    PL_TRY(pl_reader_u64(reader, &set->from_s));
    PL_TRY(pl_reader_u64(reader, &set->until_s));
    PL_TRY(pl_reader_bytes(reader, &id, sizeof set->id));
    memcpy(set->id, id, sizeof set->id);
    PL_TRY(pl_reader_u8(reader, &set->quorum));
    PL_TRY(pl_reader_u8(reader, &set->member_count));
    return pl_reader_bytes(reader, &set->members, set->member_count * member_size);
}

/* Memory is taken for what the bytes left can hold: a set is far smaller in memory than twice its
 * encoding, a key smaller than two members. */
static pl_status take_sets(pl_feed *feed, const pl_memory *memory, pl_reader *reader)
{
    const size_t member_size = pl_formats[feed->format].member_size;
    uint16_t count;
    uint32_t members = 0;
    PL_TRY(pl_reader_u16(reader, &count));
    if (count > PL_SIGNER_SETS_MAX) {
        return PL_REJECT_LIMIT;
    }
    if (count > pl_reader_left(reader) / SET_SIZE_MIN) {
        return PL_REJECT_TRUNCATED;
    }
    PL_TRY(make_room(feed, memory, count, 0));
    for (uint16_t i = 0; i < count; i++) {
        PL_TRY(take_set(&feed->sets[i], reader, member_size));
        members += feed->sets[i].member_count;
    }
    return make_room(feed, memory, 0, member_size == PL_MEMBER_KEY ? members : 0);
}

static pl_status take_new(pl_feed *feed, const pl_memory *memory, pl_reader *reader)
{
    PL_TRY(take_head(feed, reader));
    if (feed->format >= PL_FEED_FORMATS) {
        return PL_REJECT_TYPE; /* nobody knows how long its members are */
    }
    PL_TRY(take_rules(feed, reader));
    return take_sets(feed, memory, reader);
}

/* ---- both ---- */

pl_status pl_world_feed_take(pl_feed *feed, const pl_memory *memory, pl_reader *reader,
                             unsigned world_format)
{
    *feed = (pl_feed){.rules = PL_RULES_STRICT, .fallback = PL_NO_FEED};
    PL_TRY(world_format == 1 ? take_old(feed, memory, reader) : take_new(feed, memory, reader));
    return pl_feed_check(feed);
}

pl_status pl_world_fallback_check(const pl_feed *feeds, uint32_t number)
{
    const uint32_t fallback = feeds[number].fallback;
    if (fallback == PL_NO_FEED) {
        return PL_OK;
    }
    if (fallback >= number) {
        return PL_REJECT_RANGE;
    }
    return feeds[fallback].decimals == feeds[number].decimals ? PL_OK : PL_REJECT_DECIMALS;
}

bool pl_world_feed_is_plain(const pl_feed *feed)
{
    if (feed->format > PL_FEED_NATIVE || feed->heartbeat_s > 0 || feed->deviation_bps > 0 ||
        feed->twap_s > 0 || feed->delay_s > 0 || feed->fallback != PL_NO_FEED) {
        return false;
    }
    return feed->format == PL_FEED_UNSIGNED || (feed->set_count == 1 && feed->sets[0].from_s == 0 &&
                                                feed->sets[0].until_s == UINT64_MAX);
}
