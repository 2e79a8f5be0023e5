#include "tools/oracle/guess.h"

#include <stdlib.h>
#include <string.h>

#include "tools/oracle/setup.h"

#define TIME_FIRST UINT64_C(1400000000) /* 2014: before that nobody signed prices so */
#define TIME_LAST  UINT64_C(4100000000) /* 2099 */

enum { SURE = 100, SHAPE = 60, SIZE = 30, ANY = 5, PLAUSIBLE = 25, DAMAGED = 40 };

static const struct {
    int score;
    const char *why;
} marks[PL_FEED_FORMATS] = {
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
    [PL_FEED_EIP712] = {ANY, "words and signatures; only its subject says what they are"},
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
        score += plausible ? PLAUSIBLE : -PLAUSIBLE;
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
            continue; /* native reports belong to a world */
        }
        pt_setup_inspect(&feed, format);
        pt_look_at(&look, &feed.feed, 1, payload, size, true);
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
