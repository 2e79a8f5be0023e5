/* API3 signed data. spec 09 §11
 *
 *     template id 32 | timestamp 32, s | value 32 | r 32 | s 32 | v u8
 *
 * Shape, signature over EIP-191(keccak256 of the first 96 bytes), ranges (int224), subject. */
#include "vm/base/keccak.h"
#include "vm/oracle/adapter.h"

#define WORD 32u

pl_status pl_api3_read(pl_reading *reading, const pl_adapter_input *in)
{
    const uint8_t *template_id, *time, *value, *r, *s;
    uint64_t v;
    uint8_t digest[32];
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size);
    PL_TRY(pl_word_bytes(&cursor, "template id", &template_id));
    PL_TRY(pl_word_raw(&cursor, "timestamp", PL_PART_TIME, PL_TIME_S, &time));
    PL_TRY(pl_word_raw(&cursor, "value", PL_PART_INT, PL_TIME_NONE, &value));
    PL_TRY(pl_word_bytes(&cursor, "r", &r));
    PL_TRY(pl_word_bytes(&cursor, "s", &s));
    PL_TRY(pl_take_uint(&cursor, "v", PL_TIME_NONE, &v, 1));
    PL_TRY(pl_take_end(&cursor));
    pl_keccak_of(digest, in->payload, 3 * WORD);
    pl_eip191_of(digest, digest);
    PL_TRY(pl_signers_single(reading, in, digest, r, s, v));

    pl_i256 price;
    PL_TRY(pl_uint_of_word(&reading->order, time, 64));
    PL_TRY(pl_int256_of_word(&price, value, 224, true));
    PL_TRY(pl_subject_check(in, template_id, WORD));
    pl_reading_time(reading, PL_TIME_S, reading->order);
    pl_reading_price(reading, in, &price);
    return PL_OK;
}
