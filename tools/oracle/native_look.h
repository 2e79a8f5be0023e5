/* A native report as the other formats are looked at: it is bound to a world and a feed, so it has
 * no adapter of its own (spec 05 §2). */
#ifndef PT_ORACLE_NATIVE_LOOK_H
#define PT_ORACLE_NATIVE_LOOK_H

#include "tools/oracle/look.h"

#define PT_NATIVE_FEEDS_MAX 4096u

/* An inspection of any format: what a report says when nothing is known about its feed. Native
 * reports, and EIP-712 structs without a subject, are shown by their shape alone: what they signed
 * depends on a world or a subject. Free it afterwards. */
void pt_look_inspect(pt_look *look, const pl_feed *feed, const uint8_t *payload, size_t size);

/* What the report says, signed or not: look->reading when look->status is PL_OK, TRUNCATED when the
 * head is not there. */
void pt_native_glance(pt_look *look, const uint8_t *report, size_t size);

/* Checks the report of feed `number` of a world. On output: *price, look->reading and
 * look->signatures (the members that signed) for PL_OK. Returns what pl_oracle_check says. */
pl_status pt_native_check(pl_price *price, pt_look *look, const pl_feed *feed, uint32_t number,
                          const uint8_t world_id[32], uint64_t now_s, const pl_price *last,
                          const uint8_t *report, size_t size);

#endif
