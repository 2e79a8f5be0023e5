/* Pyth price updates, "PNAU". spec 09 §6
 *
 *   "PNAU" | major u8 = 1 | minor u8 | header size u8, that many bytes | type u8 = 0 |
 *   VAA size u16 | VAA | update count u8 |
 *   updates: message size u16 | message | proof count u8 | proof nodes 20 each
 *   payload of the VAA: "AUWV" | type u8 = 0 | slot u64 | ring size u32 | root 20
 *   price message: type u8 = 0 | price id 32 | price i64 | confidence u64 | exponent i32 |
 *   publish time u64 s | previous publish time u64 s | ema price i64 | ema confidence u64
 *
 * Checked in this order: the head, the VAA (spec 09 §5), its emitter, its payload, then each update
 * as it comes: it is there, its proof leads to the signed root, it is a price, wanted or not.
 * Nothing may follow. Of several prices of the wanted id the newest is taken, the first
 * of equal ones; strict rules refuse the second. */
#include <string.h>

#include "vm/base/bytes.h"
#include "vm/base/keccak.h"
#include "vm/oracle/vaa.h"

#define NODE_SIZE     20u
#define ID_SIZE       32u
#define SOURCE_SIZE   (2u + PL_EMITTER_SIZE) /* emitter chain, emitter: the subject's first part */
#define MAJOR_VERSION 1u
#define MERKLE_UPDATE 0u
#define PRICE_MESSAGE 0u

typedef struct update_walk {
    const pl_adapter_input *in;
    const uint8_t *root;
    const uint8_t *id; /* of the wanted price; NULL: the first there is */
    bool is_found;
    pl_reading *reading;
} update_walk;

static pl_status take_magic(pl_bytes_cursor *cursor, const char *magic)
{
    const uint8_t *bytes;
    PL_TRY(pl_take(cursor, "magic", PL_PART_TEXT, &bytes, 4));
    return memcmp(bytes, magic, 4) == 0 ? PL_OK : PL_REJECT_MAGIC;
}

/* The one type that is known at this place. */
static pl_status take_type(pl_bytes_cursor *cursor, const char *name)
{
    uint64_t type;
    PL_TRY(pl_take_uint(cursor, name, PL_TIME_NONE, &type, 1));
    return type == MERKLE_UPDATE ? PL_OK : PL_REJECT_TYPE;
}

/* Bytes up to the cursor's end that a later minor version may append; they are signed. */
static pl_status take_appended(pl_bytes_cursor *cursor)
{
    const uint8_t *bytes;
    const size_t size = cursor->end - cursor->offset;
    return size == 0 ? PL_OK : pl_take(cursor, "appended", PL_PART_BYTES, &bytes, size);
}

static pl_status take_head(pl_bytes_cursor *cursor)
{
    uint64_t major, minor, size;
    const uint8_t *bytes;
    PL_TRY(take_magic(cursor, "PNAU"));
    PL_TRY(pl_take_uint(cursor, "major version", PL_TIME_NONE, &major, 1));
    if (major != MAJOR_VERSION) {
        return PL_REJECT_VERSION;
    }
    PL_TRY(pl_take_uint(cursor, "minor version", PL_TIME_NONE, &minor, 1));
    PL_TRY(pl_take_uint(cursor, "header size", PL_TIME_NONE, &size, 1));
    PL_TRY(pl_take(cursor, "header", PL_PART_BYTES, &bytes, (size_t)size));
    return take_type(cursor, "update type");
}

/* spec 09 §6: a subject names the emitter, because anybody may publish through the guardians. */
static pl_status check_source(const pl_adapter_input *in, const pl_vaa *vaa)
{
    const pl_feed *feed = in->feed;
    uint8_t source[SOURCE_SIZE];
    if (pl_is_inspection(in)) {
        return PL_OK;
    }
    if (feed->subject_size != SOURCE_SIZE && feed->subject_size != SOURCE_SIZE + ID_SIZE) {
        return feed->subject_size == 0 ? PL_REJECT_EMITTER : PL_REJECT_SUBJECT;
    }
    pl_store_u16(source, vaa->emitter_chain);
    memcpy(source + 2, vaa->emitter, PL_EMITTER_SIZE);
    return memcmp(source, feed->subject, sizeof source) == 0 ? PL_OK : PL_REJECT_EMITTER;
}

static pl_status take_root(pl_bytes_cursor *payload, const uint8_t **root)
{
    uint64_t slot, ring_size;
    PL_TRY(take_magic(payload, "AUWV"));
    PL_TRY(take_type(payload, "root type"));
    PL_TRY(pl_take_uint(payload, "slot", PL_TIME_NONE, &slot, 8));
    PL_TRY(pl_take_uint(payload, "ring size", PL_TIME_NONE, &ring_size, 4));
    PL_TRY(pl_take(payload, "root", PL_PART_BYTES, root, NODE_SIZE));
    return take_appended(payload);
}

/* hash = keccak256(prefix | a | b); its first 20 bytes are a node. */
static void hash_node(uint8_t hash[32], uint8_t prefix, const uint8_t *a, size_t a_size,
                      const uint8_t *b, size_t b_size)
{
    pl_keccak keccak;
    pl_keccak_begin(&keccak);
    pl_keccak_add(&keccak, &prefix, 1);
    pl_keccak_add(&keccak, a, a_size);
    pl_keccak_add(&keccak, b, b_size);
    pl_keccak_end(&keccak, hash);
}

/* spec 09 §6: leaf = keccak160(0 | message), node = keccak160(1 | lower child | higher child). */
static pl_status check_proof(pl_bytes_cursor *cursor, const uint8_t *message, size_t message_size,
                             const uint8_t *root)
{
    uint64_t count;
    uint8_t node[32];
    PL_TRY(pl_take_uint(cursor, "proof count", PL_TIME_NONE, &count, 1));
    hash_node(node, 0, message, message_size, NULL, 0);
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *other;
        PL_TRY(pl_take(cursor, "proof node", PL_PART_BYTES, &other, NODE_SIZE));
        const bool is_lower = memcmp(node, other, NODE_SIZE) < 0;
        hash_node(node, 1, is_lower ? node : other, NODE_SIZE, is_lower ? other : node, NODE_SIZE);
    }
    return memcmp(node, root, NODE_SIZE) == 0 ? PL_OK : PL_REJECT_MERKLE;
}

static pl_status take_price(pl_reading *reading, pl_bytes_cursor *message)
{
    uint64_t time, previous, ema_confidence;
    int64_t price, exponent, ema;
    const uint8_t *id;
    PL_TRY(pl_take(message, "price id", PL_PART_BYTES, &id, ID_SIZE));
    PL_TRY(pl_take_int(message, "price", &price, 8));
    PL_TRY(pl_take_uint(message, "confidence", PL_TIME_NONE, &reading->confidence, 8));
    PL_TRY(pl_take_int(message, "exponent", &exponent, 4));
    PL_TRY(pl_take_uint(message, "publish time", PL_TIME_S, &time, 8));
    PL_TRY(pl_take_uint(message, "previous publish time", PL_TIME_S, &previous, 8));
    PL_TRY(pl_take_int(message, "ema price", &ema, 8));
    PL_TRY(pl_take_uint(message, "ema confidence", PL_TIME_NONE, &ema_confidence, 8));
    PL_TRY(take_appended(message));
    reading->has_price = true;
    reading->price = pl_i256_from_i64(price);
    reading->exponent = (int32_t)exponent;
    reading->has_confidence = true;
    pl_reading_time(reading, PL_TIME_S, time);
    reading->order = time;
    return PL_OK;
}

/* message: a price message, which has its id behind the type. */
static bool is_wanted(const update_walk *walk, const uint8_t *message)
{
    return walk->id == NULL ? !walk->is_found : memcmp(message + 1, walk->id, ID_SIZE) == 0;
}

/* Of the prices with the wanted id the newest, spec 09 §6. */
static void keep(update_walk *walk, const pl_reading *found)
{
    const bool again = walk->is_found;
    if (!again || found->order > walk->reading->order) {
        *walk->reading = *found;
    }
    if (again) {
        pl_reading_strict(walk->reading, PL_REJECT_DUPLICATE);
    }
    walk->is_found = true;
}

static pl_status read_message(update_walk *walk, pl_bytes_cursor *message)
{
    const uint8_t *bytes = message->in->payload + message->offset;
    const size_t size = message->end - message->offset;
    uint64_t type;
    PL_TRY(pl_take_uint(message, "message type", PL_TIME_NONE, &type, 1));
    if (type != PRICE_MESSAGE) {
        return pl_is_inspection(walk->in)
                   ? pl_take(message, "other message", PL_PART_BYTES, &bytes, size - 1)
                   : PL_REJECT_MESSAGE_TYPE;
    }
    pl_reading found = *walk->reading;
    PL_TRY(take_price(&found, message));
    if (is_wanted(walk, bytes)) {
        keep(walk, &found);
    }
    return PL_OK;
}

static pl_status read_updates(update_walk *walk, pl_bytes_cursor *cursor)
{
    uint64_t count;
    PL_TRY(pl_take_uint(cursor, "update count", PL_TIME_NONE, &count, 1));
    for (uint64_t i = 0; i < count; i++) {
        uint64_t size;
        PL_TRY(pl_take_uint(cursor, "message size", PL_TIME_NONE, &size, 2));
        if (size > cursor->end - cursor->offset) {
            return PL_REJECT_TRUNCATED;
        }
        pl_bytes_cursor message =
            pl_bytes_cursor_at(walk->in, cursor->offset, cursor->offset + (size_t)size);
        const uint8_t *bytes = walk->in->payload + cursor->offset;
        cursor->offset = message.end;
        PL_TRY(check_proof(cursor, bytes, (size_t)size, walk->root));
        PL_TRY(read_message(walk, &message));
    }
    PL_TRY(pl_take_end(cursor));
    return walk->is_found || walk->id == NULL ? PL_OK : PL_REJECT_SUBJECT;
}

pl_status pl_pnau_read(pl_reading *reading, const pl_adapter_input *in)
{
    const pl_feed *feed = in->feed;
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size);
    update_walk walk = {.in = in, .reading = reading};
    pl_signers signers;
    uint64_t size;
    pl_vaa vaa;
    PL_TRY(take_head(&cursor));
    PL_TRY(pl_take_uint(&cursor, "VAA size", PL_TIME_NONE, &size, 2));
    if (size > cursor.end - cursor.offset) {
        return PL_REJECT_TRUNCATED;
    }
    pl_bytes_cursor inner = pl_bytes_cursor_at(in, cursor.offset, cursor.offset + (size_t)size);
    PL_TRY(pl_vaa_check(&vaa, &signers, &inner));
    PL_TRY(check_source(in, &vaa));
    PL_TRY(take_root(&vaa.payload, &walk.root));
    cursor.offset = inner.end;
    if (!pl_is_inspection(in) && feed->subject_size > SOURCE_SIZE) {
        walk.id = feed->subject + SOURCE_SIZE;
    }
    pl_signers_tell(reading, &signers, vaa.digest); /* before: a high s comes before a duplicate */
    return read_updates(&walk, &cursor);
}
