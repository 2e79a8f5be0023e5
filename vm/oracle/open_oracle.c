/* Open Oracle, as Coinbase signs it. spec 09 §10
 *
 *     message | r 32 | s 32 | v word
 *     message = abi.encode("prices", timestamp u64, key, value u64):
 *               80 | timestamp | c0 | value | 6 | "prices" | key size | key, zero padded
 *
 * Shape, kind, signature over the whole message, ranges, key. Only the reporter can have written
 * the message, so its offsets may lie anywhere; strict feeds want the one encoding. */
#include <string.h>

#include "vm/base/keccak.h"
#include "vm/oracle/adapter.h"

#define WORD      32u
#define SIGNATURE (3 * WORD)
#define KIND_SIZE 6u

typedef struct message {
    const uint8_t *time, *value, *key;
    size_t key_size;
} message;

/* The text whose offset word is at the cursor, and where its zero padding ends. */
static pl_status take_text(pl_bytes_cursor *cursor, const char *offset_name, const char *name,
                           const uint8_t **text, size_t *size, pl_bytes_cursor *inner)
{
    PL_TRY(pl_abi_dynamic(cursor, offset_name, 0, 1, inner, size));
    return pl_take(inner, name, PL_PART_TEXT, text, *size);
}

/* The bytes up to the next word are there and zero. */
static bool is_padded(const pl_adapter_input *in, const pl_bytes_cursor *text, size_t end)
{
    const size_t padded = (text->offset + WORD - 1) / WORD * WORD;
    if (padded > end) {
        return false;
    }
    for (size_t i = text->offset; i < padded; i++) {
        if (in->payload[i] != 0) {
            return false;
        }
    }
    return true;
}

static pl_status take_message(pl_reading *reading, const pl_adapter_input *in, size_t end,
                              message *out)
{
    const uint8_t *kind;
    size_t kind_size;
    pl_bytes_cursor kind_text, key_text;
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, end);
    PL_TRY(take_text(&cursor, "kind offset", "kind", &kind, &kind_size, &kind_text));
    PL_TRY(pl_word_raw(&cursor, "timestamp", PL_PART_TIME, PL_TIME_S, &out->time));
    PL_TRY(take_text(&cursor, "key offset", "key", &out->key, &out->key_size, &key_text));
    PL_TRY(pl_word_raw(&cursor, "value", PL_PART_UINT, PL_TIME_NONE, &out->value));
    if (kind_size != KIND_SIZE || memcmp(kind, "prices", KIND_SIZE) != 0) {
        return PL_REJECT_MESSAGE_TYPE;
    }
    const bool in_place = kind_text.offset == 5 * WORD + KIND_SIZE &&
                          key_text.offset == 7 * WORD + out->key_size &&
                          is_padded(in, &kind_text, end) && is_padded(in, &key_text, end);
    if (!in_place) {
        pl_reading_strict(reading, PL_REJECT_NON_CANONICAL);
    } else if (end > 7 * WORD + (out->key_size + WORD - 1) / WORD * WORD) {
        pl_reading_strict(reading, PL_REJECT_TRAILING);
    }
    return PL_OK;
}

pl_status pl_open_oracle_read(pl_reading *reading, const pl_adapter_input *in)
{
    message found;
    const uint8_t *r, *s, *v;
    uint8_t digest[32];
    if (in->size < SIGNATURE) {
        return PL_REJECT_TRUNCATED;
    }
    const size_t end = in->size - SIGNATURE;
    PL_TRY(take_message(reading, in, end, &found));
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, end, in->size);
    PL_SURE(pl_word_bytes(&cursor, "r", &r));
    PL_SURE(pl_word_bytes(&cursor, "s", &s));
    PL_SURE(pl_word_raw(&cursor, "v", PL_PART_UINT, PL_TIME_NONE, &v));
    pl_keccak_of(digest, in->payload, end);
    pl_eip191_of(digest, digest);
    PL_TRY(pl_signers_single(reading, in, digest, r, s, pl_recovery_of_word(v)));

    pl_i256 price;
    PL_TRY(pl_uint_of_word(&reading->order, found.time, 64));
    PL_TRY(pl_int256_of_word(&price, found.value, 64, false));
    PL_TRY(pl_subject_check(in, found.key, found.key_size));
    pl_reading_time(reading, PL_TIME_S, reading->order);
    pl_reading_price(reading, in, &price);
    return PL_OK;
}
