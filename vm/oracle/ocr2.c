/* Chainlink OCR2: the call data of transmit(bytes32[3],bytes,bytes32[],bytes32[],bytes32).
 * spec 09 §3
 *
 *   selector b1dc65a4 | context 96 | offsets of report, r[], s[] | v word | report | r[] | s[]
 *   context: configuration digest 32 | 27 bytes, epoch u32, round u8 | extra hash 32
 *   median report: time u32 word, s | observers 32 | offset of the observations |
 *                  juels per fee coin int192 | int192[]
 *
 * In this order: shape, length, configuration digest, count of signatures, signatures; then, of a
 * median report, count of observations and, by the strict rules, observers and order. The report
 * of another plugin is checked as far as its signatures go and carries no price. */
#include <string.h>

#include "vm/base/bytes.h"
#include "vm/oracle/ocr.h"

#define WORD         32u
#define MEDIAN_WORDS 5u /* before the observations */

static const uint8_t selector[4] = {0xb1, 0xdc, 0x65, 0xa4};

/* The word is a number below 2^64. */
static bool is_small(const uint8_t *word)
{
    static const uint8_t zero[24] = {0};
    return memcmp(word, zero, sizeof zero) == 0;
}

/* A report has the form of the median plugin when its words say so and it ends with the last
 * observation; spec 09 §3.4. */
static bool is_median_report(const pl_ocr *ocr)
{
    const uint8_t *report = ocr->report_bytes, *offset = report + 2 * WORD,
                  *count = report + 4 * WORD;
    return ocr->report_size > MEDIAN_WORDS * WORD && is_small(report) &&
           pl_load_u64(report + 24) <= UINT32_MAX && is_small(offset) &&
           pl_load_u64(offset + 24) == 4 * WORD && is_small(count) &&
           pl_load_u64(count + 24) == ocr->report_size / WORD - MEDIAN_WORDS &&
           ocr->report_size % WORD == 0;
}

static pl_status read_median(pl_reading *reading, pl_ocr *ocr, const pl_signers *signers)
{
    pl_bytes_cursor *report = &ocr->report, values;
    const uint8_t *observers, *fee_word;
    const size_t start = report->offset;
    pl_i256 fee, median;
    uint64_t time;
    size_t count;
    PL_SURE(pl_word_uint(report, "observations time", PL_TIME_S, &time, 32));
    PL_SURE(pl_word_bytes(report, "observers", &observers));
    PL_SURE(pl_abi_dynamic(report, "observations offset", start, WORD, &values, &count));
    PL_SURE(pl_word_raw(report, "juels per fee coin", PL_PART_INT, PL_TIME_NONE, &fee_word));
    if (count > PL_OCR_ORACLES) {
        return PL_REJECT_LIMIT;
    }
    if (pl_ocr_too_few(signers, count, 1)) {
        return PL_REJECT_QUORUM;
    }
    bool is_ascending;
    PL_TRY(pl_int256_of_word(&fee, fee_word, 192, true));
    PL_TRY(pl_ocr_median(&values, &median, &is_ascending, count));
    if (pl_ocr_too_few(signers, count, 2)) {
        pl_reading_strict(reading, PL_REJECT_QUORUM);
    }
    pl_reading_strict(reading, pl_ocr_observers(observers, count));
    pl_ocr_unread(reading, observers + count, WORD - count);
    if (!is_ascending) {
        pl_reading_strict(reading, PL_REJECT_VALUE_ORDER);
    }
    pl_reading_price(reading, report->in, &median);
    pl_reading_time(reading, PL_TIME_S, time);
    return PL_OK;
}

pl_status pl_ocr2_read(pl_reading *reading, const pl_adapter_input *in)
{
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size);
    const uint8_t *bytes, *context;
    PL_TRY(pl_take(&cursor, "selector", PL_PART_BYTES, &bytes, sizeof selector));
    if (memcmp(bytes, selector, sizeof selector) != 0) {
        return PL_REJECT_MAGIC;
    }
    PL_TRY(pl_ocr_take_context(&cursor, &context, reading));
    pl_ocr ocr;
    PL_TRY(pl_ocr_take(&ocr, reading, &cursor, sizeof selector));
    PL_TRY(pl_ocr_exact(&ocr, in));
    pl_signers signers;
    PL_TRY(pl_signers_named(&signers, in, context, PL_REJECT_CONFIG));
    uint8_t digest[32];
    pl_ocr2_digest(digest, &ocr, context);
    PL_TRY(pl_ocr_signed(&signers, &ocr, digest, true));
    pl_signers_tell(reading, &signers, digest); /* before: a high s comes before the report */
    if (is_median_report(&ocr)) {
        PL_TRY(read_median(reading, &ocr, &signers));
    } else {
        PL_SURE(pl_take(&ocr.report, "report", PL_PART_BYTES, &bytes, ocr.report_size));
    }
    return PL_OK;
}
