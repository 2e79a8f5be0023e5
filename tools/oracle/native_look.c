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
