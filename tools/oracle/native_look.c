#include "tools/oracle/native_look.h"

#include <stdlib.h>
#include <string.h>

#include "tools/common/value.h"
#include "vm/base/bytes.h"
#include "vm/oracle/native.h"

void pt_native_glance(pt_look *look, const uint8_t *report, size_t size)
{
    look->status = PL_REJECT_TRUNCATED;
    if (size < PL_NATIVE_HEAD_SIZE) {
        return;
    }
    pl_reading *reading = &look->reading;
    *reading = (pl_reading){.has_price = true,
                            .has_time = true,
                            .expires_s = UINT64_MAX,
                            .order = pl_load_u64(report + 5),
                            .time_s = pl_load_u64(report + 13),
                            .exponent = -(int32_t)report[53]};
    pl_i256_load_be(&reading->price, report + 21, 32);
    look->status = PL_OK;
}

/* ---- inspection ---- */

static void show_part(pt_look *look, size_t offset, size_t size, const char *name,
                      pl_part_kind kind, pl_time_unit unit)
{
    const pl_part part = {name, kind, (uint8_t)unit, offset, size};
    pt_look_add_part(look, &part);
}

static void show_signature(pt_look *look)
{
    (void)json_array_append_new(look->signatures,
                                json_pack("{s:I, s:n, s:i, s:s, s:b, s:s}", "number",
                                          (json_int_t)json_array_size(look->signatures), "signer",
                                          "member", -1, "digest", "", "high_s", 0, "status",
                                          pl_status_name(PL_OK)));
}

/* version u8 | feed u32 | round u64 | time u64 | price 32 | decimals u8 | count u8, then signer u8
 * and 64 bytes each; spec 05 §2. */
static void inspect_native(pt_look *look, const uint8_t *report, size_t size)
{
    static const struct {
        size_t size;
        const char *name;
        pl_part_kind kind;
    } head[] = {{1, "version", PL_PART_UINT},   {4, "feed", PL_PART_UINT},
                {8, "round", PL_PART_UINT},     {8, "time", PL_PART_TIME},
                {32, "price", PL_PART_INT},     {1, "decimals", PL_PART_UINT},
                {1, "signatures", PL_PART_UINT}};
    size_t at = 0;
    pt_native_glance(look, report, size);
    for (size_t i = 0; i < sizeof head / sizeof head[0] && head[i].size <= size - at; i++) {
        show_part(look, at, head[i].size, head[i].name, head[i].kind,
                  head[i].kind == PL_PART_TIME ? PL_TIME_S : PL_TIME_NONE);
        at += head[i].size;
    }
    while (at >= PL_NATIVE_HEAD_SIZE && size - at >= PL_NATIVE_SIGNATURE_SIZE) {
        show_part(look, at, 1, "signer", PL_PART_UINT, PL_TIME_NONE);
        show_part(look, at + 1, 64, "signature", PL_PART_BYTES, PL_TIME_NONE);
        show_signature(look);
        at += PL_NATIVE_SIGNATURE_SIZE;
    }
    if (size > 0 && report[0] != 1) {
        look->status = PL_REJECT_VERSION;
    } else if (look->status == PL_OK) {
        const size_t whole =
            PL_NATIVE_HEAD_SIZE + PL_NATIVE_SIGNATURE_SIZE * report[PL_NATIVE_HEAD_SIZE - 1];
        look->status = size < whole   ? PL_REJECT_TRUNCATED
                       : size > whole ? PL_REJECT_TRAILING
                                      : PL_OK;
    }
}

/* Words of 32 bytes, then signatures of 65: the size alone says how many of each, as far as there
 * are fewer than 33 signatures. */
static void inspect_typed(pt_look *look, const uint8_t *report, size_t size)
{
    const size_t count = size % 32 == 0 ? 32 : size % 32;
    look->status = PL_REJECT_TRUNCATED;
    if (size < 32 + 65 * count) {
        return;
    }
    const size_t words = size - 65 * count;
    for (size_t at = 0; at < words; at += 32) {
        show_part(look, at, 32, "word", PL_PART_BYTES, PL_TIME_NONE);
    }
    look->status = PL_OK;
    for (size_t at = words; at < size; at += 65) {
        show_part(look, at, 32, "r", PL_PART_BYTES, PL_TIME_NONE);
        show_part(look, at + 32, 32, "s", PL_PART_BYTES, PL_TIME_NONE);
        show_part(look, at + 64, 1, "v", PL_PART_UINT, PL_TIME_NONE);
        show_signature(look);
        if (report[at + 64] != 27 && report[at + 64] != 28) {
            look->status = PL_REJECT_RECOVERY_ID;
        }
    }
}

/* What depends on things that were not sent is not shown: it would be another key and digest. */
static void hide_signers(pt_look *look)
{
    for (size_t i = 0; i < json_array_size(look->signatures); i++) {
        json_t *seen = json_array_get(look->signatures, i);
        (void)json_object_set_new(seen, "signer", json_null());
        (void)json_object_set_new(seen, "digest", json_string(""));
    }
    look->reading.has_digest = false;
}

void pt_look_inspect(pt_look *look, const pl_feed *feed, const uint8_t *payload, size_t size)
{
    const bool is_native = feed->format <= PL_FEED_NATIVE;
    const bool has_subject = feed->subject_size != 0;
    if (!is_native && (feed->format != PL_FEED_EIP712 || has_subject)) {
        pt_look_at(look, feed, 1, payload, size, true);
        if (feed->format == PL_FEED_STORK ||
            ((feed->format == PL_FEED_MEDIAN_POKE || feed->format == PL_FEED_SCRIBE) &&
             !has_subject)) {
            hide_signers(look);
        }
        return;
    }
    *look = (pt_look){.payload = payload, .parts = json_array(), .signatures = json_array()};
    if (is_native) {
        inspect_native(look, payload, size);
    } else {
        inspect_typed(look, payload, size);
    }
}

/* ---- the check ---- */

static void show_signers(pt_look *look, const pl_feed *feed, const pl_price *price,
                         const uint8_t digest[32])
{
    const pl_signer_set *set = &feed->sets[price->set];
    char key[2 * PL_PUBLIC_KEY_SIZE + 1], text[67] = "0x";
    pt_hex(text + 2, digest, 32);
    for (unsigned i = 0; i < set->member_count; i++) {
        if (!pl_member_in(&price->signers, i)) {
            continue;
        }
        pt_hex(key, set->members + i * PL_PUBLIC_KEY_SIZE, PL_PUBLIC_KEY_SIZE);
        (void)json_array_append_new(look->signatures,
                                    json_pack("{s:I, s:s, s:i, s:s, s:b, s:s}", "number",
                                              (json_int_t)json_array_size(look->signatures),
                                              "signer", key, "member", (int)i, "digest", text,
                                              "high_s", 0, "status", pl_status_name(PL_OK)));
    }
}

pl_status pt_native_check(pl_price *price, pt_look *look, const pl_feed *feed, uint32_t number,
                          const uint8_t world_id[32], uint64_t now_s, const pl_price *last,
                          const uint8_t *report, size_t size)
{
    pl_feed *feeds = pt_take_zeroed((size_t)number + 1, sizeof *feeds);
    const pl_report_context context = {
        .world_id = world_id, .feeds = feeds, .feed_count = number + 1, .block_time_s = now_s};
    uint32_t named;
    *look = (pt_look){.payload = report, .parts = json_array(), .signatures = json_array()};
    pt_native_glance(look, report, size);
    feeds[number] = *feed;
    pl_status status = pl_report_feed(&named, &context, report, size);
    if ((status == PL_OK && named != number) || status == PL_REJECT_FEED) {
        status = PL_REJECT_SUBJECT; /* the caller names one feed, whatever others there are */
    }
    if (status == PL_OK) {
        status = pl_oracle_check(price, &context, last, number, report, size);
    }
    if (status == PL_OK) {
        look->reading.signers = price->signers;
        look->reading.set = price->set;
        look->reading.has_digest = true;
        pl_native_digest(look->reading.digest, world_id, report);
        show_signers(look, feed, price, look->reading.digest);
    }
    free(feeds);
    return status;
}
