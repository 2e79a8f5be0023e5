/* Reading the feeds of a world. */
#include "vm/chain/world_feeds.h"

#include <string.h>

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

/* One set for ever, keys of 33 bytes, the rules of the native format. */
pl_status pl_world_feed_take(pl_feed *feed, const pl_memory *memory, pl_reader *reader)
{
    uint8_t quorum, count;
    const uint8_t *members;
    *feed = (pl_feed){.rules = PL_RULES_STRICT, .fallback = PL_NO_FEED};
    PL_TRY(take_head(feed, reader));
    PL_TRY(pl_reader_u8(reader, &quorum));
    PL_TRY(pl_reader_u8(reader, &count));
    PL_TRY(pl_reader_bytes(reader, &members, (size_t)count * PL_PUBLIC_KEY_SIZE));
    if (feed->format > PL_FEED_NATIVE) {
        return PL_REJECT_TYPE;
    }
    if (feed->format == PL_FEED_UNSIGNED && (quorum > 0 || count > 0)) {
        return count > PL_SIGNERS_MAX ? PL_REJECT_LIMIT : PL_REJECT_NON_CANONICAL;
    }
    if (feed->format == PL_FEED_NATIVE) {
        PL_TRY(make_room(feed, memory, 1, count));
        feed->sets[0] = (pl_signer_set){
            .until_s = UINT64_MAX, .quorum = quorum, .member_count = count, .members = members};
    }
    return pl_feed_check(feed);
}
