/* What a report says, part by part, and who signed it, for people and for programs. */
#ifndef PT_ORACLE_LOOK_H
#define PT_ORACLE_LOOK_H

#include <jansson.h>

#include "tools/oracle/feed.h"

#define PT_TIME_TEXT_MAX 48
#define PT_PARTS_MAX     20000u

/* One reading of a payload with everything that was met on the way. */
typedef struct pt_look {
    pl_status status;
    pl_reading reading; /* when status is PL_OK */
    const uint8_t *payload;
    json_t *parts;      /* objects {offset, size, name, value}                       */
    json_t *signatures; /* objects {number, signer, member, digest, high_s, status}; RedStone: and
                         * feeds, whose prices this signer gave                      */
    uint64_t part_count;
    bool has_packages; /* each signature has its own feeds */
} pt_look;

/* Reads the payload by the feed's rules; any_signer: an inspection, which signer sets, subject and
 * quorum do not stop. Free it afterwards. */
void pt_look_at(pt_look *look, const pl_feed *feed, uint64_t now_s, const uint8_t *payload,
                size_t size, bool any_signer);
void pt_look_free(pt_look *look);

/* Adds one part that lies in the payload. */
void pt_look_add_part(pt_look *look, const pl_part *part);

/* The bytes of the first part of this name, or NULL. */
const uint8_t *pt_look_part(const pt_look *look, const char *name, size_t *size);

/* "2025-04-16 18:54:10.000 UTC"; nanoseconds that are zero are left out. */
const char *pt_time_text(char text[PT_TIME_TEXT_MAX], pl_clock time);

/* A moment as people write it: seconds since 1970 (with a point: parts of them), "now", or
 * 2025-04-16T18:54:10Z. */
bool pt_time_parse(pl_clock *time, const char *text);

/* price * 10^exponent with all its digits. Room for PT_PRICE_TEXT_MAX characters. */
#define PT_PRICE_TEXT_MAX 400
const char *pt_price_text(char text[PT_PRICE_TEXT_MAX], const pl_i256 *price, int32_t exponent);

/* "12 s", "3 min 20 s", "5 h 3 min", "12 d 4 h". */
const char *pt_span_text(char text[32], uint64_t seconds);

#endif
