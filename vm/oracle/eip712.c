/* A price in an EIP-712 struct. spec 09 §16
 *
 *     words of the struct, 32 each | signatures, r 32 | s 32 | v u8 each
 *
 * The subject says which struct: domain separator, type hash, how many words, and which of them are
 * price, time, order and feed. Words of dynamic fields are their hashes, so any struct has this
 * form. Shape, feed word, per signature: the checks of a signature, no signer twice; quorum; the
 * ranges of time and order. */
#include <string.h>

#include "vm/base/keccak.h"
#include "vm/oracle/adapter.h"

#define WORD      32u
#define SIGNATURE 65u
#define NO_WORD   255u

/* The subject: head, then the feed word's value when there is a feed word. */
typedef struct shape {
    const uint8_t *domain, *type_hash, *feed_value;
    uint8_t words, price, time, order, feed;
} shape;
#define SHAPE_HEAD (2 * WORD + 5)

static bool is_word(const shape *type, uint8_t word)
{
    return word < type->words || word == NO_WORD;
}

static pl_status read_subject(shape *type, const pl_feed *feed)
{
    if (feed->subject_size < SHAPE_HEAD) {
        return PL_REJECT_SUBJECT;
    }
    const uint8_t *numbers = feed->subject + 2 * WORD;
    *type = (shape){feed->subject,
                    feed->subject + WORD,
                    feed->subject + SHAPE_HEAD,
                    numbers[0],
                    numbers[1],
                    numbers[2],
                    numbers[3],
                    numbers[4]};
    const size_t size = SHAPE_HEAD + (type->feed == NO_WORD ? 0 : WORD);
    const bool all_words = is_word(type, type->price) && is_word(type, type->time) &&
                           is_word(type, type->order) && is_word(type, type->feed);
    return feed->subject_size == size && all_words ? PL_OK : PL_REJECT_SUBJECT;
}

/* digest = keccak256(19 01 | domain separator | keccak256(type hash | words)) */
static void typed_digest(uint8_t digest[32], const shape *type, const uint8_t *words)
{
    static const uint8_t prefix[2] = {0x19, 0x01};
    pl_keccak keccak;
    pl_keccak_begin(&keccak);
    pl_keccak_add(&keccak, type->type_hash, WORD);
    pl_keccak_add(&keccak, words, type->words * WORD);
    pl_keccak_end(&keccak, digest);
    pl_keccak_begin(&keccak);
    pl_keccak_add(&keccak, prefix, sizeof prefix);
    pl_keccak_add(&keccak, type->domain, WORD);
    pl_keccak_add(&keccak, digest, 32);
    pl_keccak_end(&keccak, digest);
}

static pl_status take_words(pl_bytes_cursor *cursor, const shape *type)
{
    for (unsigned i = 0; i < type->words; i++) {
        const bool is_price = i == type->price, is_time = i == type->time;
        const pl_part_kind kind = is_price           ? PL_PART_INT
                                  : i == type->order ? PL_PART_UINT
                                                     : PL_PART_BYTES;
        const char *name = is_price           ? "price"
                           : is_time          ? "time"
                           : i == type->order ? "order"
                           : i == type->feed  ? "feed"
                                              : "word";
        const uint8_t *word;
        PL_TRY(pl_word_raw(cursor, name, kind, is_time ? PL_TIME_S : PL_TIME_NONE, &word));
    }
    return PL_OK;
}

/* At least one duplicate ends it, so no more are recovered than the set has members, and one. */
static pl_status take_signatures(pl_signers *signers, pl_bytes_cursor *cursor,
                                 const uint8_t *digest)
{
    while (cursor->offset < cursor->end) {
        const uint8_t *r, *s;
        uint64_t v;
        int member;
        PL_SURE(pl_take(cursor, "r", PL_PART_BYTES, &r, 32));
        PL_SURE(pl_take(cursor, "s", PL_PART_BYTES, &s, 32));
        PL_SURE(pl_take_uint(cursor, "v", PL_TIME_NONE, &v, 1));
        PL_TRY(pl_signers_recover(signers, &member, digest, r, s, v, 27));
        PL_TRY(pl_signers_count(signers, member));
    }
    return pl_signers_quorum(signers);
}

/* Time and order: a struct without one uses the other; without both, one report is all there is. */
static pl_status tell_words(pl_reading *reading, const pl_adapter_input *in, const shape *type,
                            const uint8_t *words)
{
    uint64_t time = 0;
    if (type->time != NO_WORD) {
        PL_TRY(pl_uint_of_word(&time, words + type->time * WORD, 64));
        pl_reading_time(reading, PL_TIME_S, time);
    }
    reading->order = time;
    if (type->order != NO_WORD) {
        PL_TRY(pl_uint_of_word(&reading->order, words + type->order * WORD, 64));
    }
    if (type->price != NO_WORD) {
        pl_i256 price;
        PL_SURE(pl_int256_of_word(&price, words + type->price * WORD, 256, true));
        pl_reading_price(reading, in, &price);
    }
    return PL_OK;
}

pl_status pl_eip712_read(pl_reading *reading, const pl_adapter_input *in)
{
    shape type;
    uint8_t digest[32];
    pl_signers signers;
    PL_TRY(read_subject(&type, in->feed)); /* an inspection needs it too: it says what is where */
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size);
    PL_TRY(take_words(&cursor, &type));
    if ((cursor.end - cursor.offset) % SIGNATURE != 0) {
        return PL_REJECT_TRUNCATED;
    }
    if (type.feed != NO_WORD && !pl_is_inspection(in) &&
        memcmp(in->payload + type.feed * WORD, type.feed_value, WORD) != 0) {
        return PL_REJECT_SUBJECT;
    }
    typed_digest(digest, &type, in->payload);
    PL_TRY(pl_signers_active(&signers, in));
    PL_TRY(take_signatures(&signers, &cursor, digest));
    pl_signers_tell(reading, &signers, digest);
    return tell_words(reading, in, &type, in->payload);
}
