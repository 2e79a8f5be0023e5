#include "tools/oracle/guess.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/oracle/native_look.h"
#include "tools/oracle/setup.h"

#define TIME_FIRST UINT64_C(1400000000) /* 2014: before that nobody signed prices so */
#define TIME_LAST  UINT64_C(4100000000) /* 2099 */

enum { SURE = 100, SHAPE = 60, SIZE = 30, ANY = 5, PLAUSIBLE = 25, DAMAGED = 40 };

static const struct {
    int score;
    const char *why;
} marks[PL_FEED_FORMATS] = {
    [PL_FEED_NATIVE] = {SHAPE, "version 1, a plausible time, and as many signatures as it counts"},
    [PL_FEED_OCR1] = {SURE, "it starts with the selector c9807539 of transmit"},
    [PL_FEED_OCR2] = {SURE, "it starts with the selector b1dc65a4 of transmit"},
    [PL_FEED_DATA_STREAMS] = {SHAPE, "its words lead to a report and two arrays of signatures"},
    [PL_FEED_VAA] = {SHAPE, "version 1, and its signature count leaves room for a body"},
    [PL_FEED_PNAU] = {SURE, "it starts with PNAU"},
    [PL_FEED_REDSTONE] = {SURE, "it ends with the marker 000002ed57011e0000"},
    [PL_FEED_MEDIAN_POKE] = {SURE, "it starts with the selector 89bbb8b2 of poke"},
    [PL_FEED_MEDIAN_MESSAGE] = {SIZE, "its size of 161 bytes and the words in it"},
    [PL_FEED_OPEN_ORACLE] = {SHAPE, "it is an encoded \"prices\" message and a signature"},
    [PL_FEED_API3] = {SIZE, "its size of 161 bytes and the words in it"},
    [PL_FEED_STORK] = {SIZE, "its size of 225 bytes and the words in it"},
    [PL_FEED_LAZER] = {SURE, "it starts with the magic of Lazer"},
    [PL_FEED_SCRIBE] = {SURE, "it starts with the selector of poke"},
    [PL_FEED_BAND] = {ANY, "it starts with a point of the curve; anything may follow"},
    [PL_FEED_DLC_ATTESTATION] = {SURE, "it starts with the type fdd868"},
    [PL_FEED_DLC_ANNOUNCEMENT] = {SURE, "it starts with the type fdd824"},
    [PL_FEED_EIP712] = {ANY + 1, "words and signatures; only its subject says what they are"},
};

const char *pt_guess_reason(unsigned format)
{
    return marks[format].why != NULL ? marks[format].why : "";
}

/* A word that is text where the format wants text speaks for it. */
static int text_score(const pt_look *look)
{
    static const char *const names[] = {"wat", "key"};
    for (size_t i = 0; i < json_array_size(look->parts); i++) {
        const json_t *part = json_array_get(look->parts, i);
        const char *name = json_string_value(json_object_get(part, "name"));
        const char *value = json_string_value(json_object_get(part, "value"));
        for (size_t j = 0; j < sizeof names / sizeof names[0]; j++) {
            if (strcmp(name, names[j]) == 0) {
                return value[0] == '"' ? PLAUSIBLE : -2 * SIZE;
            }
        }
    }
    return 0;
}

/* Any bytes would do for the rest of such a report: R at least is a point of the curve. */
static bool starts_with_point(const uint8_t *payload)
{
    pl_public_key key;
    return pl_public_key_parse(&key, payload) == PL_OK;
}

static int score_of(const pt_look *look, unsigned format)
{
    const pl_reading *reading = &look->reading;
    int score = marks[format].score;
    if (look->status != PL_OK) { /* only a magic can say more than that it does not fit */
        const bool is_marked = score == SURE && look->status != PL_REJECT_MAGIC;
        return is_marked && json_array_size(look->parts) > 1 ? DAMAGED : 0;
    }
    if (reading->has_time) {
        const bool plausible = reading->time_s >= TIME_FIRST && reading->time_s <= TIME_LAST;
        score += plausible ? PLAUSIBLE : -SIZE;
    }
    if (format == PL_FEED_BAND && !starts_with_point(look->payload)) {
        return 0;
    }
    if (format == PL_FEED_VAA && json_array_size(look->signatures) == 0) {
        return 0; /* a version byte and a zero are no report */
    }
    return score + text_score(look);
}

static int compare_guesses(const void *a, const void *b)
{
    const pt_guess *first = a, *second = b;
    if (first->score != second->score) {
        return first->score < second->score ? 1 : -1;
    }
    return first->format < second->format ? -1 : 1;
}

size_t pt_guess_formats(pt_guess guesses[PL_FEED_FORMATS], const uint8_t *payload, size_t size)
{
    size_t count = 0;
    for (unsigned format = 0; format < PL_FEED_FORMATS; format++) {
        pt_oracle_feed feed;
        pt_look look;
        if (marks[format].score == 0) {
            continue; /* an unsigned report proves nothing */
        }
        pt_setup_inspect(&feed, format);
        pt_look_inspect(&look, &feed.feed, payload, size);
        const int score = score_of(&look, format);
        if (score > 0) {
            guesses[count++] = (pt_guess){format, score, look.status, marks[format].why};
        }
        pt_look_free(&look);
        pt_oracle_feed_free(&feed);
    }
    qsort(guesses, count, sizeof guesses[0], compare_guesses);
    while (count > 1 && guesses[count - 1].score <= ANY) {
        count--; /* what fits anything says nothing beside what fits */
    }
    return count;
}

/* ---- what it nearly is ---- */

static bool reads(unsigned format, const uint8_t *payload, size_t size)
{
    pt_oracle_feed feed;
    pt_look look;
    pt_setup_inspect(&feed, format);
    pt_look_inspect(&look, &feed.feed, payload, size);
    const bool good = look.status == PL_OK && json_array_size(look.signatures) > 0;
    pt_look_free(&look);
    pt_oracle_feed_free(&feed);
    return good;
}

/* An empty metadata size, and the marker. */
static const uint8_t redstone_end[12] = {0, 0, 0, 0, 0, 0x02, 0xed, 0x57, 0x01, 0x1e, 0, 0};
enum { MARKER = 9 };

/* How many bytes are missing at the end of a RedStone payload; 0: it is none. */
static size_t missing_end(const uint8_t *payload, size_t size)
{
    for (size_t missing = 1; missing <= sizeof redstone_end; missing++) {
        pt_bytes whole = {0};
        pt_put(&whole, payload, size);
        pt_put(&whole, redstone_end + sizeof redstone_end - missing, missing);
        const bool good = reads(PL_FEED_REDSTONE, whole.data, whole.size);
        pt_bytes_free(&whole);
        if (good) {
            return missing;
        }
    }
    return 0;
}

/* The end of the last marker in the payload, 0: there is none. */
static size_t marker_end(const uint8_t *payload, size_t size)
{
    const uint8_t *marker = redstone_end + sizeof redstone_end - MARKER;
    for (size_t at = size; at >= MARKER; at--) {
        if (memcmp(payload + at - MARKER, marker, MARKER) == 0) {
            return at;
        }
    }
    return 0;
}

const char *pt_guess_near(char *text, size_t room, const uint8_t *payload, size_t size)
{
    static const struct {
        size_t size;
        const char *what;
    } sizes[] = {{225, "stork-v1 has"}, {161, "api3-signed-data and maker-feed-message have"}};
    const size_t end = marker_end(payload, size);
    const size_t missing = end == 0 ? missing_end(payload, size) : 0;
    text[0] = '\0';
    if (missing > 0) {
        (void)snprintf(text, room,
                       "redstone without its end: the last %zu byte%s of the marker "
                       "000002ed57011e0000 are missing",
                       missing, missing == 1 ? "" : "s");
    } else if (end > 0 && end < size && reads(PL_FEED_REDSTONE, payload, end)) {
        (void)snprintf(text, room, "redstone with %zu bytes behind its marker 000002ed57011e0000",
                       size - end);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && text[0] == '\0'; i++) {
        const size_t off = size > sizes[i].size ? size - sizes[i].size : sizes[i].size - size;
        if (off != 0 && off <= 4) {
            (void)snprintf(text, room, "%zu bytes; %s %zu", size, sizes[i].what, sizes[i].size);
        }
    }
    return text;
}
