/* Chainlink OCR1: the call data of transmit(bytes,bytes32[],bytes32[],bytes32). spec 09 §2
 *
 *   selector c9807539 | offsets of report, r[], s[] | v word | report | r[] | s[]
 *   report: 11 bytes | configuration digest 16 | epoch u32 | round u8 | observers 32 |
 *           offset of the observations | int192[]
 *
 * In this order: shape, length, configuration digest, count of signatures, signatures, count of
 * observations, observers, observations. The report carries no time: (epoch, round) orders. */
#include <string.h>

#include "vm/base/keccak.h"
#include "vm/oracle/ocr.h"

static const uint8_t selector[4] = {0xc9, 0x80, 0x75, 0x39};

/* spec 09 §2.4; the cursor stands behind the context. */
static pl_status read_report(pl_reading *reading, pl_ocr *ocr, const pl_signers *signers)
{
    const uint8_t *observers;
    pl_bytes_cursor *report = &ocr->report, values;
    size_t count;
    const size_t start = report->offset - 32;
    PL_TRY(pl_word_bytes(report, "observers", &observers));
    PL_TRY(pl_abi_dynamic(report, "observations offset", start, 32, &values, &count));
    if (count > PL_OCR_ORACLES) {
        return PL_REJECT_LIMIT;
    }
    if (count == 0 || pl_ocr_too_few(signers, count, 2)) {
        return PL_REJECT_QUORUM;
    }
    PL_TRY(pl_ocr_observers(observers, count));
    pl_ocr_unread(reading, observers + count, 32 - count);
    if (ocr->report_size != 32 * (4 + count)) {
        pl_reading_strict(reading, PL_REJECT_TRAILING);
    }
    pl_i256 median;
    bool is_ascending;
    PL_TRY(pl_ocr_median(&values, &median, &is_ascending, count));
    if (!is_ascending) {
        return PL_REJECT_VALUE_ORDER;
    }
    pl_reading_price(reading, report->in, &median);
    return PL_OK;
}

pl_status pl_ocr1_read(pl_reading *reading, const pl_adapter_input *in)
{
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size);
    const uint8_t *bytes;
    PL_TRY(pl_take(&cursor, "selector", PL_PART_BYTES, &bytes, sizeof selector));
    if (memcmp(bytes, selector, sizeof selector) != 0) {
        return PL_REJECT_MAGIC;
    }
    pl_ocr ocr;
    PL_TRY(pl_ocr_take(&ocr, reading, &cursor, sizeof selector));
    PL_TRY(pl_ocr_exact(&ocr, in));
    uint8_t id[32] = {0};
    PL_TRY(pl_take(&ocr.report, "padding", PL_PART_BYTES, &bytes, 11));
    pl_ocr_unread(reading, bytes, 11);
    PL_TRY(pl_take(&ocr.report, "configuration digest", PL_PART_BYTES, &bytes, 16));
    memcpy(id + 16, bytes, 16);
    PL_TRY(pl_ocr_take_round(&ocr.report, reading));
    pl_signers signers;
    PL_TRY(pl_signers_named(&signers, in, id, PL_REJECT_CONFIG));
    uint8_t digest[32];
    pl_keccak_of(digest, ocr.report_bytes, ocr.report_size);
    PL_TRY(pl_ocr_signed(&signers, &ocr, digest, false));
    pl_signers_tell(reading, &signers, digest); /* before: a high s comes before the report */
    PL_TRY(read_report(reading, &ocr, &signers));
    return PL_OK;
}
