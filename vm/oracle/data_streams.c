/* Chainlink Data Streams: a full report, abi(bytes32[3], bytes, bytes32[], bytes32[], bytes32).
 * spec 09 §4
 *
 *   context 96 | offsets of report, r[], s[] | v word | report | r[] | s[]
 *   report: feed id 32, whose first two bytes are the schema | valid from u32 s | observations u32
 * s | native fee uint192 | LINK fee uint192 | expires at u32 s | words of the schema
 *
 * In this order: shape, configuration digest, count of signatures, signatures, feed id, schema,
 * words of the report. Order, age and expiry are the feed's (spec 05 §6); the deployed verifier
 * checks none of them. */
#include <string.h>

#include "vm/oracle/ocr.h"

#define WORD 32u

typedef enum word_kind { WORD_END, WORD_PRICE, WORD_INT, WORD_UINT, WORD_TIME_NS } word_kind;

typedef struct schema_word {
    word_kind kind;
    const char *name;
} schema_word;

/* What follows the six words that all schemas share. */
typedef struct schema_row {
    unsigned number;
    schema_word words[5];
} schema_row;

static const schema_row schemas[] = {
    {2, {{WORD_PRICE, "benchmark price"}}},
    {3, {{WORD_PRICE, "benchmark price"}, {WORD_INT, "bid"}, {WORD_INT, "ask"}}},
    {4, {{WORD_PRICE, "benchmark price"}, {WORD_UINT, "market status"}}},
    {8, {{WORD_TIME_NS, "last update"}, {WORD_PRICE, "mid price"}, {WORD_UINT, "market status"}}},
    {9,
     {{WORD_PRICE, "net asset value"},
      {WORD_TIME_NS, "net asset value date"},
      {WORD_INT, "assets under management"},
      {WORD_UINT, "ripcord"}}},
};

static const schema_row *find_schema(const uint8_t *feed_id)
{
    const unsigned number = (unsigned)feed_id[0] << 8 | feed_id[1];
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        if (schemas[i].number == number) {
            return &schemas[i];
        }
    }
    return NULL;
}

static pl_status read_word(pl_reading *reading, pl_bytes_cursor *report, const schema_word *word)
{
    pl_i256 value;
    uint64_t number;
    switch (word->kind) {
    case WORD_PRICE:
        PL_TRY(pl_word_int256(report, word->name, &value, 192, true));
        pl_reading_price(reading, report->in, &value);
        return PL_OK;
    case WORD_INT:
        return pl_word_int256(report, word->name, &value, 192, true);
    case WORD_UINT:
        return pl_word_uint(report, word->name, PL_TIME_NONE, &number, 32);
    case WORD_TIME_NS:
    case WORD_END: /* the caller stops before it */
        break;
    }
    return pl_word_uint(report, word->name, PL_TIME_NS, &number, 64);
}

/* spec 09 §4.4 */
static pl_status read_report(pl_reading *reading, pl_bytes_cursor *report)
{
    const uint8_t *feed_id;
    uint64_t time;
    pl_i256 fee;
    PL_TRY(pl_word_bytes(report, "feed id", &feed_id));
    PL_TRY(pl_subject_check(report->in, feed_id, WORD));
    const schema_row *schema = find_schema(feed_id);
    if (schema == NULL) {
        return PL_REJECT_VERSION;
    }
    PL_TRY(pl_word_uint(report, "valid from", PL_TIME_S, &reading->valid_from_s, 32));
    PL_TRY(pl_word_uint(report, "observations time", PL_TIME_S, &time, 32));
    PL_TRY(pl_word_int256(report, "native fee", &fee, 192, false));
    PL_TRY(pl_word_int256(report, "LINK fee", &fee, 192, false));
    PL_TRY(pl_word_uint(report, "expires at", PL_TIME_S, &reading->expires_s, 32));
    for (const schema_word *word = schema->words; word->kind != WORD_END; word++) {
        PL_TRY(read_word(reading, report, word));
    }
    pl_reading_strict(reading, pl_take_end(report));
    reading->order = time; /* the round is signed too, but the time orders reports of one feed */
    pl_reading_time(reading, PL_TIME_S, time);
    return PL_OK;
}

/* The verifier of Mercury configurations (family 0006) wants exactly f + 1 signatures, that of
 * later families at least f + 1. */
static bool is_mercury(const uint8_t *digest)
{
    return digest[0] == 0x00 && digest[1] == 0x06;
}

pl_status pl_data_streams_read(pl_reading *reading, const pl_adapter_input *in)
{
    pl_bytes_cursor cursor = pl_bytes_cursor_at(in, 0, in->size);
    const uint8_t *context;
    PL_TRY(pl_ocr_take_context(&cursor, &context, reading));
    pl_ocr ocr;
    PL_TRY(pl_ocr_take(&ocr, reading, &cursor, 0));
    pl_reading_strict(reading, pl_ocr_exact(&ocr, in));
    pl_signers signers;
    PL_TRY(pl_signers_named(&signers, in, context, PL_REJECT_CONFIG));
    uint8_t digest[32];
    pl_ocr2_digest(digest, &ocr, context);
    PL_TRY(pl_ocr_signed(&signers, &ocr, digest, is_mercury(context)));
    pl_signers_tell(reading, &signers, digest); /* before: a high s comes before the report */
    PL_TRY(read_report(reading, &ocr.report));
    return PL_OK;
}
