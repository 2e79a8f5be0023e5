#include "tools/oracle/refusal.h"

#include <stdio.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/oracle/feeds.h"
#include "tools/oracle/guess.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

const pl_signer_set *pt_refusal_set(const pt_setup *setup, const pt_look *whole)
{
    const unsigned number = whole->status == PL_OK ? whole->reading.set : 0;
    return &setup->feed.sets[number];
}

/* ---- the feed ---- */

/* The name in the payload that the feed's rules want, or NULL; *feeds is the caller's. */
static const char *find_wanted(json_t **feeds, const pt_refusal *r)
{
    *feeds = pt_feeds_of(r->whole, r->format);
    return pt_feeds_find(*feeds, r->format, &r->setup->feed.subject);
}

/* "SOL is not in this report; it has BTC, ETH" */
static void tell_missing(char *text, const pt_refusal *r)
{
    char names[PT_FEEDS_TEXT_MAX];
    json_t *feeds = NULL;
    const bool is_event = r->format == PL_FEED_DLC_ATTESTATION; /* its subject has more in it */
    if (r->feed == NULL || find_wanted(&feeds, r) != NULL || json_array_size(feeds) == 0 ||
        (is_event && strstr(r->feed, json_string_value(json_array_get(feeds, 0))) != NULL) ||
        (is_event && strncmp(r->feed, "0x", 2) == 0)) {
        json_decref(feeds);
        return;
    }
    const char *near = pt_feeds_nearest(feeds, r->feed);
    const int size = snprintf(text, PT_REFUSAL_TEXT_MAX, "%.80s is not in this report; it has %s",
                              r->feed, pt_feeds_text(names, feeds));
    if (near != NULL && json_array_size(feeds) > 1) {
        (void)snprintf(text + size, PT_REFUSAL_TEXT_MAX - (size_t)size, "; did you mean %.80s?",
                       near);
    } else if (near != NULL && strncmp(near, "0x", 2) == 0) {
        (void)snprintf(text + size, PT_REFUSAL_TEXT_MAX - (size_t)size,
                       ": only a few digits differ");
    }
    json_decref(feeds);
}

/* ---- counts ---- */

/* RedStone: this signer gave a value for the feed. */
static bool signed_feed(const json_t *seen, const char *wanted)
{
    const json_t *feeds = json_object_get(seen, "feeds");
    char name[PT_FEEDS_TEXT_MAX];
    for (size_t i = 0; wanted != NULL && i < json_array_size(feeds); i++) {
        if (strcmp(pt_feed_name(name, json_string_value(json_array_get(feeds, i))), wanted) == 0) {
            return true;
        }
    }
    return wanted == NULL;
}

static unsigned count_members(const json_t *signatures, const char *wanted)
{
    pl_member_set seen = {{0}};
    unsigned count = 0;
    for (size_t i = 0; i < json_array_size(signatures); i++) {
        const json_t *signature = json_array_get(signatures, i);
        const json_int_t member = json_integer_value(json_object_get(signature, "member"));
        if (member < 0 || !signed_feed(signature, wanted) ||
            pl_member_in(&seen, (unsigned)member)) {
            continue;
        }
        pl_member_add(&seen, (unsigned)member);
        count++;
    }
    return count;
}

/* How many signatures a report has, members or not. */
static size_t count_signatures(const pt_refusal *r)
{
    size_t size = 0;
    if (r->format == PL_FEED_SCRIBE) { /* one signature of many: a byte for each signer */
        return pt_look_part(r->whole, "feed ids", &size) != NULL ? size : 0;
    }
    return json_array_size(r->whole->signatures);
}

static void tell_quorum(char *text, const pt_refusal *r)
{
    const unsigned quorum = pt_refusal_set(r->setup, r->whole)->quorum;
    const size_t count = count_signatures(r);
    json_t *feeds = NULL;
    if ((pl_formats[r->format].flags & PL_FORMAT_EXACT) != 0) {
        (void)snprintf(text, PT_REFUSAL_TEXT_MAX, "%zu signature%s, exactly %u wanted", count,
                       count == 1 ? "" : "s", quorum);
        return;
    }
    const char *wanted = find_wanted(&feeds, r);
    if (r->format == PL_FEED_REDSTONE && wanted == NULL && json_array_size(feeds) > 0) {
        wanted = json_string_value(json_array_get(feeds, 0)); /* no --feed: the first there is */
    }
    const unsigned members = count_members(r->whole->signatures, wanted);
    if (r->format == PL_FEED_REDSTONE) {
        (void)snprintf(text, PT_REFUSAL_TEXT_MAX, "%u signer%s of %.80s, at least %u wanted",
                       members, members == 1 ? "" : "s", wanted != NULL ? wanted : "the feed",
                       quorum);
    } else if (members == count) {
        (void)snprintf(text, PT_REFUSAL_TEXT_MAX, "%zu signature%s, at least %u wanted", count,
                       count == 1 ? "" : "s", quorum);
    } else {
        (void)snprintf(text, PT_REFUSAL_TEXT_MAX,
                       "%zu signature%s of %u distinct members, at least %u wanted", count,
                       count == 1 ? "" : "s", members, quorum);
    }
    json_decref(feeds);
}

/* Two signatures of one signer. */
static void tell_duplicate(char *text, const pt_refusal *r)
{
    const json_t *list = r->whole->signatures;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *signer = text_of(json_array_get(list, i), "signer");
        for (size_t j = i + 1; signer[0] != '\0' && j < json_array_size(list); j++) {
            if (strcmp(signer, text_of(json_array_get(list, j), "signer")) == 0) {
                (void)snprintf(text, PT_REFUSAL_TEXT_MAX,
                               "signatures %zu and %zu are both of %.80s", i, j, signer);
                return;
            }
        }
    }
}

/* ---- names of signer sets, bytes of another format ---- */

static void tell_set(char *text, const pt_refusal *r)
{
    size_t size = 0;
    char id[65];
    const uint8_t *found = pt_look_part(r->whole, "guardian set index", &size);
    if (found != NULL && size == 4) {
        (void)snprintf(text, PT_REFUSAL_TEXT_MAX, "the report names guardian set %u",
                       (unsigned)found[0] << 24 | (unsigned)found[1] << 16 |
                           (unsigned)found[2] << 8 | (unsigned)found[3]);
        return;
    }
    found = pt_look_part(r->whole, "configuration digest", &size);
    if (found != NULL && size <= 32) {
        pt_hex(id, found, size);
        (void)snprintf(text, PT_REFUSAL_TEXT_MAX, "the report names the configuration %s", id);
    }
}

/* Bytes that another format reads to their end. */
static void tell_other_format(char *text, const pt_refusal *r)
{
    pt_guess guesses[PL_FEED_FORMATS];
    const size_t count = pt_guess_formats(guesses, r->payload, r->size);
    for (size_t i = 0; i < count; i++) {
        if (guesses[i].format != r->format && guesses[i].status == PL_OK) {
            (void)snprintf(text, PT_REFUSAL_TEXT_MAX, "these bytes are no %s; they fit %s: %s",
                           pl_formats[r->format].name, pl_formats[guesses[i].format].name,
                           guesses[i].why);
            return;
        }
    }
    (void)pt_guess_near(text, PT_REFUSAL_TEXT_MAX, r->payload, r->size);
}

const char *pt_refusal_text(char text[PT_REFUSAL_TEXT_MAX], const pt_refusal *r)
{
    text[0] = '\0';
    if (r->format <= PL_FEED_NATIVE) {
        return text;
    }
    switch ((int)r->status) {
    case PL_REJECT_SUBJECT:
        tell_missing(text, r);
        break;
    case PL_REJECT_QUORUM:
        if (r->format == PL_FEED_REDSTONE) {
            tell_missing(text, r);
        }
        if (text[0] == '\0') {
            tell_quorum(text, r);
        }
        break;
    case PL_REJECT_SIGNER_DUPLICATE:
    case PL_REJECT_SIGNER_ORDER:
        tell_duplicate(text, r);
        break;
    case PL_REJECT_SIGNER_SET:
    case PL_REJECT_SIGNER_SET_OVER:
    case PL_REJECT_CONFIG:
        tell_set(text, r);
        break;
    case PL_REJECT_TRUNCATED:
    case PL_REJECT_TRAILING:
    case PL_REJECT_MAGIC:
    case PL_REJECT_VERSION:
    case PL_REJECT_LIMIT:
    case PL_REJECT_TYPE:
    case PL_REJECT_NON_CANONICAL:
        tell_other_format(text, r);
        break;
    default:
        break;
    }
    return text;
}
