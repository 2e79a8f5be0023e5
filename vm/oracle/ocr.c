/* Report contexts, signature arrays and observations of the Chainlink formats. */
#include "vm/oracle/ocr.h"

#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/keccak.h"

#define WORD 32u

/* Words in a row, each told by its name; *first is where they start. */
static pl_status take_words(pl_bytes_cursor *cursor, const char *name, const uint8_t **first,
                            size_t count)
{
    const uint8_t *word = NULL;
    *first = cursor->in->payload + cursor->offset;
    for (size_t i = 0; i < count; i++) {
        PL_SURE(pl_word_bytes(cursor, name, &word));
    }
    return PL_OK;
}

void pl_ocr_unread(pl_reading *reading, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            pl_reading_strict(reading, PL_REJECT_TRAILING);
        }
    }
}

pl_status pl_ocr_take(pl_ocr *ocr, pl_reading *reading, pl_bytes_cursor *cursor, size_t base)
{
    pl_bytes_cursor report, r, s;
    size_t r_count, s_count;
    PL_TRY(pl_abi_dynamic(cursor, "report offset", base, 1, &report, &ocr->report_size));
    PL_TRY(pl_abi_dynamic(cursor, "r offset", base, WORD, &r, &r_count));
    PL_TRY(pl_abi_dynamic(cursor, "s offset", base, WORD, &s, &s_count));
    PL_TRY(pl_word_bytes(cursor, "v", &ocr->v));
    if (r_count > PL_OCR_ORACLES || s_count > PL_OCR_ORACLES) {
        return PL_REJECT_LIMIT;
    }
    if (r_count != s_count) {
        return PL_REJECT_SIGNATURE;
    }
    ocr->count = r_count;
    pl_ocr_unread(reading, ocr->v + r_count, WORD - r_count);
    PL_SURE(take_words(&r, "r", &ocr->r, r_count));
    PL_SURE(take_words(&s, "s", &ocr->s, s_count));
    ocr->report = pl_bytes_cursor_at(cursor->in, report.offset, report.offset + ocr->report_size);
    ocr->report_bytes = cursor->in->payload + report.offset;
    ocr->head_size = cursor->offset;
    return PL_OK;
}

/* No sum wraps: the head and the report lie in the payload, the rest is bounded by the oracles. */
pl_status pl_ocr_exact(const pl_ocr *ocr, const pl_adapter_input *in)
{
    const uint64_t size =
        (uint64_t)ocr->head_size + 3 * WORD + ocr->report_size + 2 * WORD * (uint64_t)ocr->count;
    if (in->size == size) {
        return PL_OK;
    }
    return in->size > size ? PL_REJECT_TRAILING : PL_REJECT_TRUNCATED;
}

pl_status pl_ocr_take_round(pl_bytes_cursor *cursor, pl_reading *reading)
{
    uint64_t epoch, round;
    PL_TRY(pl_take_uint(cursor, "epoch", PL_TIME_NONE, &epoch, 4));
    PL_TRY(pl_take_uint(cursor, "round", PL_TIME_NONE, &round, 1));
    reading->order = epoch << 8 | round;
    return PL_OK;
}

pl_status pl_ocr_take_context(pl_bytes_cursor *cursor, const uint8_t **context, pl_reading *reading)
{
    const uint8_t *bytes;
    PL_TRY(pl_take(cursor, "configuration digest", PL_PART_BYTES, context, WORD));
    PL_TRY(pl_take(cursor, "padding", PL_PART_BYTES, &bytes, 27));
    pl_ocr_unread(reading, bytes, 27);
    PL_TRY(pl_ocr_take_round(cursor, reading));
    return pl_take(cursor, "extra hash", PL_PART_BYTES, &bytes, WORD);
}

void pl_ocr2_digest(uint8_t digest[32], const pl_ocr *ocr, const uint8_t *context)
{
    uint8_t hash[32];
    pl_keccak keccak;
    pl_keccak_of(hash, ocr->report_bytes, ocr->report_size);
    pl_keccak_begin(&keccak);
    pl_keccak_add(&keccak, hash, sizeof hash);
    pl_keccak_add(&keccak, context, 3 * WORD);
    pl_keccak_end(&keccak, digest);
}

pl_status pl_ocr_signed(pl_signers *signers, const pl_ocr *ocr, const uint8_t *digest, bool exact)
{
    if (!pl_is_inspection(signers->in)) {
        const unsigned quorum = signers->set->quorum;
        if (ocr->count < quorum || (exact && ocr->count > quorum)) {
            return PL_REJECT_QUORUM;
        }
    }
    for (size_t i = 0; i < ocr->count; i++) {
        int member;
        PL_TRY(pl_signers_recover(signers, &member, digest, ocr->r + WORD * i, ocr->s + WORD * i,
                                  ocr->v[i], 0));
        PL_TRY(pl_signers_count(signers, member));
    }
    return PL_OK;
}

bool pl_ocr_too_few(const pl_signers *signers, size_t count, unsigned times)
{
    return !pl_is_inspection(signers->in) && count <= times * (signers->set->quorum - 1u);
}

pl_status pl_ocr_observers(const uint8_t *observers, size_t count)
{
    uint32_t seen = 0;
    PL_ASSERT(count <= PL_OCR_ORACLES);
    for (size_t i = 0; i < count; i++) {
        if (observers[i] >= PL_OCR_ORACLES) {
            return PL_REJECT_RANGE;
        }
        const uint32_t bit = UINT32_C(1) << observers[i];
        if ((seen & bit) != 0) {
            return PL_REJECT_DUPLICATE;
        }
        seen |= bit;
    }
    return PL_OK;
}

pl_status pl_ocr_median(pl_bytes_cursor *cursor, pl_i256 *median, bool *is_ascending, size_t count)
{
    pl_i256 value, before = pl_i256_from_i64(0);
    PL_ASSERT(count >= 1);
    *is_ascending = true;
    for (size_t i = 0; i < count; i++) {
        PL_TRY(pl_word_int256(cursor, "observation", &value, 192, true));
        if (i > 0 && pl_i256_lt(&value, &before)) {
            *is_ascending = false;
        }
        before = value;
        if (i == count / 2) {
            *median = value;
        }
    }
    return PL_OK;
}
