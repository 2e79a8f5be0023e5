/* spec 11 §4
 *
 *     elapsed u64 | invariants checked u64 | 16 numbers of the tally u64 | first difference |
 *     broken invariant | columns u16 | rules u32 | causes u16 | identical u64 each | explained u64
 *     each | different u64 each | explained in all u64
 *     a difference: exists u8, when 1: height u64 | six texts, each text16 */
#include "tools/plim/counts.h"

#include <string.h>

enum { NUMBERS = 16, TEXTS = 6 };
_Static_assert(sizeof(pt_tally) == NUMBERS * sizeof(uint64_t) + sizeof(pt_difference),
               "every number of the tally is in the list below");

static void list_numbers(uint64_t *numbers[NUMBERS], pt_tally *tally)
{
    uint64_t *const all[NUMBERS] = {&tally->blocks,
                                    &tally->transactions,
                                    &tally->ok,
                                    &tally->rejects,
                                    &tally->reverts,
                                    &tally->traps,
                                    &tally->reports_accepted,
                                    &tally->reports_refused,
                                    &tally->events,
                                    &tally->liquidations,
                                    &tally->gas,
                                    &tally->compared,
                                    &tally->mismatches,
                                    &tally->no_reason,
                                    &tally->explained,
                                    &tally->compared_blocks};
    memcpy(numbers, all, sizeof all);
}

typedef struct text_place {
    char *text;
    size_t room;
} text_place;

static void list_texts(text_place texts[TEXTS], pt_difference *difference)
{
    const text_place all[TEXTS] = {{difference->transaction, sizeof difference->transaction},
                                   {difference->where, sizeof difference->where},
                                   {difference->field, sizeof difference->field},
                                   {difference->expected, sizeof difference->expected},
                                   {difference->computed, sizeof difference->computed},
                                   {difference->likely, sizeof difference->likely}};
    memcpy(texts, all, sizeof all);
}

/* ---- out ---- */

void pt_counts_put_difference(pt_bytes *bytes, const pt_difference *given)
{
    pt_difference difference = *given;
    text_place texts[TEXTS];
    pt_put_u8(bytes, difference.exists ? 1 : 0);
    if (!difference.exists) {
        return;
    }
    pt_put_u64(bytes, difference.height);
    list_texts(texts, &difference);
    for (size_t i = 0; i < TEXTS; i++) {
        pt_put_text16(bytes, texts[i].text);
    }
}

static size_t rule_count(const pt_classes *classes)
{
    return classes->column_count != 0 ? classes->rule_ends[classes->column_count - 1] : 0;
}

static size_t different_count(const pt_classes *classes)
{
    return classes->column_count * (classes->cause_count + (size_t)1);
}

static void put_list(pt_bytes *bytes, const uint64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pt_put_u64(bytes, numbers[i]);
    }
}

void pt_counts_put(pt_bytes *bytes, const pt_verdict *verdict, uint64_t elapsed_ms)
{
    const pt_classes *classes = &verdict->compare.classes;
    pt_tally tally = verdict->compare.tally;
    uint64_t *numbers[NUMBERS];
    list_numbers(numbers, &tally);
    pt_put_u64(bytes, elapsed_ms);
    pt_put_u64(bytes, verdict->invariants_checked);
    for (size_t i = 0; i < NUMBERS; i++) {
        pt_put_u64(bytes, *numbers[i]);
    }
    pt_counts_put_difference(bytes, &tally.first);
    pt_counts_put_difference(bytes, &verdict->broken_invariant);
    pt_put_u16(bytes, classes->column_count);
    pt_put_u32(bytes, (uint32_t)rule_count(classes));
    pt_put_u16(bytes, classes->cause_count);
    put_list(bytes, classes->identical, classes->column_count);
    put_list(bytes, classes->explained, rule_count(classes));
    put_list(bytes, classes->different, different_count(classes));
    pt_put_u64(bytes, classes->explained_total);
}

/* ---- in ---- */

static void get_text(text_place place, pt_reader *reader)
{
    const size_t size = pt_get_u16(reader);
    const uint8_t *text = pt_get(reader, size);
    if (text == NULL || size >= place.room) {
        reader->failed = true;
        return;
    }
    memcpy(place.text, text, size);
    place.text[size] = '\0';
}

void pt_counts_get_difference(pt_difference *difference, pt_reader *reader)
{
    text_place texts[TEXTS];
    *difference = (pt_difference){.exists = pt_get_u8(reader) != 0};
    if (!difference->exists) {
        return;
    }
    difference->height = pt_get_u64(reader);
    list_texts(texts, difference);
    for (size_t i = 0; i < TEXTS; i++) {
        get_text(texts[i], reader);
    }
}

static void get_list(uint64_t *numbers, size_t count, pt_reader *reader)
{
    for (size_t i = 0; i < count; i++) {
        numbers[i] = pt_get_u64(reader);
    }
}

bool pt_counts_get(pt_verdict *verdict, uint64_t *elapsed_ms, const uint8_t *bytes, size_t size)
{
    pt_reader reader = {.data = bytes, .size = size};
    pt_classes *classes = &verdict->compare.classes;
    uint64_t *numbers[NUMBERS];
    list_numbers(numbers, &verdict->compare.tally);
    *elapsed_ms = pt_get_u64(&reader);
    verdict->invariants_checked = pt_get_u64(&reader);
    for (size_t i = 0; i < NUMBERS; i++) {
        *numbers[i] = pt_get_u64(&reader);
    }
    pt_counts_get_difference(&verdict->compare.tally.first, &reader);
    pt_counts_get_difference(&verdict->broken_invariant, &reader);
    const size_t columns = pt_get_u16(&reader);
    const size_t rules = pt_get_u32(&reader);
    const size_t causes = pt_get_u16(&reader);
    if (reader.failed || columns != classes->column_count || rules != rule_count(classes) ||
        causes != classes->cause_count) {
        return false;
    }
    get_list(classes->identical, columns, &reader);
    get_list(classes->explained, rules, &reader);
    get_list(classes->different, different_count(classes), &reader);
    classes->explained_total = pt_get_u64(&reader);
    return !reader.failed && reader.at == reader.size;
}

/* ---- sums ---- */

static void add_list(uint64_t *sum, const uint64_t *part, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sum[i] += part[i];
    }
}

void pt_counts_add(pt_verdict *sum, const pt_verdict *part)
{
    uint64_t *to[NUMBERS], *from[NUMBERS];
    pt_tally tally = part->compare.tally;
    pt_classes *classes = &sum->compare.classes;
    const pt_classes *more = &part->compare.classes;
    list_numbers(to, &sum->compare.tally);
    list_numbers(from, &tally);
    for (size_t i = 0; i < NUMBERS; i++) {
        *to[i] += *from[i];
    }
    if (!sum->compare.tally.first.exists) {
        sum->compare.tally.first = tally.first;
    }
    if (!sum->broken_invariant.exists) {
        sum->broken_invariant = part->broken_invariant;
    }
    sum->invariants_checked += part->invariants_checked;
    add_list(classes->identical, more->identical, classes->column_count);
    add_list(classes->explained, more->explained, rule_count(classes));
    add_list(classes->different, more->different, different_count(classes));
    classes->explained_total += more->explained_total;
}
