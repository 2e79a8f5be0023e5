/* What the prices of a report are about, in the words that --feed takes. */
#ifndef PT_ORACLE_FEEDS_H
#define PT_ORACLE_FEEDS_H

#include "tools/oracle/look.h"

#define PT_FEEDS_TEXT_MAX 600

/* A part that is text or an id, as --feed takes it: BTC, 0xff61..., 2. */
const char *pt_feed_name(char name[PT_FEEDS_TEXT_MAX], const char *value);

/* The feeds that the payload names, each once, the first met first: an array of strings, the
 * caller's. Empty when the format names none. */
json_t *pt_feeds_of(const pt_look *look, unsigned format);

/* "BTC, ETH, and 3 more" */
const char *pt_feeds_text(char text[PT_FEEDS_TEXT_MAX], const json_t *feeds);

/* The entry that is the wanted subject, or NULL. The subject is that of the feed's rules. */
const char *pt_feeds_find(const json_t *feeds, unsigned format, const pt_bytes *subject);

/* The entry that was probably meant by word: another case, a neighbour, a few wrong digits; or
 * NULL. */
const char *pt_feeds_nearest(const json_t *feeds, const char *word);

#endif
