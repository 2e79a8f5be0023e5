#include "tools/oracle/feeds.h"

#include <stdio.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/oracle/setup.h"

enum { FEEDS_SHOWN = 6, FEEDS_COMPARED = 256, DIGITS_WRONG_MAX = 4 };

/* The part that names a feed. A subject of Pyth has its publisher before it. */
static const char *const parts[PL_FEED_FORMATS] = {
    [PL_FEED_DATA_STREAMS] = "feed id",
    [PL_FEED_PNAU] = "price id",
    [PL_FEED_REDSTONE] = "feed id",
    [PL_FEED_MEDIAN_MESSAGE] = "wat",
    [PL_FEED_OPEN_ORACLE] = "key",
    [PL_FEED_API3] = "template id",
    [PL_FEED_STORK] = "id",
    [PL_FEED_LAZER] = "feed id",
    [PL_FEED_DLC_ATTESTATION] = "event id",
};

const char *pt_feed_name(char name[PT_FEEDS_TEXT_MAX], const char *value)
{
    const size_t size = strlen(value);
    const bool quoted = size >= 2 && value[0] == '"' && value[size - 1] == '"';
    (void)snprintf(name, PT_FEEDS_TEXT_MAX, "%.*s", (int)(quoted ? size - 2 : size),
                   quoted ? value + 1 : value);
    return name;
}

static bool holds(const json_t *feeds, const char *name)
{
    for (size_t i = 0; i < json_array_size(feeds); i++) {
        if (strcmp(json_string_value(json_array_get(feeds, i)), name) == 0) {
            return true;
        }
    }
    return false;
}

json_t *pt_feeds_of(const pt_look *look, unsigned format)
{
    json_t *feeds = json_array();
    const char *wanted = parts[format];
    for (size_t i = 0; wanted != NULL && i < json_array_size(look->parts); i++) {
        const json_t *part = json_array_get(look->parts, i);
        char name[PT_FEEDS_TEXT_MAX];
        if (strcmp(json_string_value(json_object_get(part, "name")), wanted) != 0 ||
            json_array_size(feeds) == FEEDS_COMPARED) {
            continue;
        }
        (void)pt_feed_name(name, json_string_value(json_object_get(part, "value")));
        if (!holds(feeds, name)) {
            (void)json_array_append_new(feeds, json_string(name));
        }
    }
    return feeds;
}

const char *pt_feeds_text(char text[PT_FEEDS_TEXT_MAX], const json_t *feeds)
{
    const size_t count = json_array_size(feeds);
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && i < FEEDS_SHOWN; i++) {
        at += (size_t)snprintf(text + at, PT_FEEDS_TEXT_MAX - at, "%s%.80s", i == 0 ? "" : ", ",
                               json_string_value(json_array_get(feeds, i)));
    }
    if (count > FEEDS_SHOWN) {
        (void)snprintf(text + at, PT_FEEDS_TEXT_MAX - at, ", and %zu more", count - FEEDS_SHOWN);
    }
    return text;
}

const char *pt_feeds_find(const json_t *feeds, unsigned format, const pt_bytes *subject)
{
    for (size_t i = 0; i < json_array_size(feeds); i++) {
        const char *name = json_string_value(json_array_get(feeds, i));
        pt_bytes bytes = {0};
        pt_report unread;
        const bool read = pt_setup_subject(&bytes, format, name, &unread) == PT_OK;
        const size_t from = format == PL_FEED_PNAU && bytes.size >= 32 ? bytes.size - 32 : 0;
        const bool same = read && bytes.size == subject->size && bytes.size != 0 &&
                          memcmp(bytes.data + from, subject->data + from, bytes.size - from) == 0;
        pt_bytes_free(&bytes);
        if (same) {
            return name;
        }
    }
    return NULL;
}

static const char *digits_of(const char *word)
{
    return strncmp(word, "0x", 2) == 0 ? word + 2 : word;
}

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Places where two words of one length differ, not counting case; SIZE_MAX for other lengths. */
static size_t differences(const char *a, const char *b)
{
    size_t count = 0;
    if (strlen(a) != strlen(b)) {
        return SIZE_MAX;
    }
    for (; *a != '\0'; a++, b++) {
        count += small(*a) != small(*b) ? 1 : 0;
    }
    return count;
}

const char *pt_feeds_nearest(const json_t *feeds, const char *word)
{
    const char *names[FEEDS_COMPARED];
    const char *digits = digits_of(word);
    const size_t count = json_array_size(feeds);
    const bool is_id = strlen(digits) == 64;
    for (size_t i = 0; i < count; i++) {
        names[i] = json_string_value(json_array_get(feeds, i));
        if (differences(digits_of(names[i]), digits) <= (is_id ? DIGITS_WRONG_MAX : 0)) {
            return names[i];
        }
    }
    return is_id ? NULL : pt_name_nearest(word, names, count);
}
