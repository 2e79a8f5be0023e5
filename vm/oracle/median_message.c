/* One price message of a Maker Median feed. spec 09 §9
 *
 *     value 32 | age 32, s | wat 32 | r 32 | s 32 | v u8
 *
 * Shape, signature over the wat that the message names, subject, ranges. */
#include "vm/oracle/median.h"

pl_status pl_median_message_read(pl_reading *reading, const pl_adapter_input *in)
{
    const uint8_t *value, *age, *wat, *r, *s;
    uint64_t v;
    uint8_t digest[32];
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size);
    PL_TRY(pl_word_raw(&cursor, "value", PL_PART_UINT, PL_TIME_NONE, &value));
    PL_TRY(pl_word_raw(&cursor, "age", PL_PART_TIME, PL_TIME_S, &age));
    PL_TRY(pl_take(&cursor, "wat", PL_PART_TEXT, &wat, 32));
    PL_TRY(pl_take(&cursor, "r", PL_PART_BYTES, &r, 32));
    PL_TRY(pl_take(&cursor, "s", PL_PART_BYTES, &s, 32));
    PL_TRY(pl_take_uint(&cursor, "v", PL_TIME_NONE, &v, 1));
    PL_TRY(pl_take_end(&cursor));

    pl_median_digest(digest, value, age, wat);
    PL_TRY(pl_signers_single(reading, in, digest, r, s, v));
    PL_TRY(pl_subject_check(in, wat, PL_WAT_SIZE));
    return pl_median_tell(reading, in, value, age);
}
