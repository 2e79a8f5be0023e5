#include "tools/import/series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARK_COUNT_MIN = 8 };

char *pt_sheet_key(const pt_sheet *sheet, size_t row, const size_t *columns, size_t count)
{
    pt_bytes key = {0};
    for (size_t i = 0; i < count; i++) {
        pt_put_text(&key, i == 0 ? "" : "/");
        pt_put_text(&key, sheet->rows[row].cells[columns[i]]);
    }
    char *text = pt_copy_text(key.data != NULL ? (const char *)key.data : "", key.size);
    pt_bytes_free(&key);
    return text;
}

static char *place_key(const pt_series *series, const pt_sheet *sheet, size_t row, size_t place)
{
    return pt_sheet_key(sheet, row, series->places[place].keys, series->places[place].key_count);
}

static const char *value_at(const pt_series *series, const pt_sheet *sheet, const json_t *list,
                            size_t index)
{
    const size_t entry = (size_t)json_integer_value(json_array_get(list, index));
    return sheet->rows[entry / PT_SERIES_PLACES_MAX]
        .cells[series->places[entry % PT_SERIES_PLACES_MAX].column];
}

static void collect(pt_series *series, const pt_sheet *sheet)
{
    for (size_t row = 0; row < sheet->row_count; row++) {
        for (size_t p = 0; p < series->place_count; p++) {
            if (sheet->rows[row].cells[series->places[p].column][0] == '\0') {
                continue;
            }
            char *key = place_key(series, sheet, row, p);
            json_t *list = json_object_get(series->lists, key);
            if (list == NULL) {
                list = json_array();
                (void)json_object_set_new(series->lists, key, list);
            }
            (void)json_array_append_new(list,
                                        json_integer((json_int_t)(row * PT_SERIES_PLACES_MAX + p)));
            free(key);
        }
    }
}

/* The distinct values of a list as the keys of an object. */
static json_t *distinct(const pt_series *series, const pt_sheet *sheet, const json_t *list)
{
    json_t *set = json_object();
    for (size_t i = 0; i < json_array_size(list); i++) {
        (void)json_object_set_new(set, value_at(series, sheet, list, i), json_true());
    }
    return set;
}

/* What stands after the last "/", and the size of what stands before. */
static const char *own_name(const char *key, size_t *group_size)
{
    const char *slash = strrchr(key, '/');
    *group_size = slash != NULL ? (size_t)(slash - key) : 0;
    return slash != NULL ? slash + 1 : key;
}

/* Another key of the same group that prints at least half of the list's values; or NULL. */
static const char *printed_for(const pt_series *series, const pt_sheet *sheet, json_t *sets,
                               const char *key, const json_t *list)
{
    const char *other = NULL, *best = NULL;
    json_t *set = NULL;
    size_t group = 0, most = 0;
    (void)own_name(key, &group);
    json_object_foreach(sets, other, set)
    {
        size_t other_group = 0, count = 0;
        (void)own_name(other, &other_group);
        if (strcmp(key, other) == 0 || group != other_group || memcmp(key, other, group) != 0) {
            continue;
        }
        for (size_t i = 0; i < json_array_size(list); i++) {
            count += json_object_get(set, value_at(series, sheet, list, i)) != NULL ? 1 : 0;
        }
        if (2 * count >= json_array_size(list) && count > most) {
            best = other;
            most = count;
        }
    }
    return best;
}

static void mark(pt_series *series, const pt_sheet *sheet, json_t *sets, const char *key,
                 const json_t *list)
{
    char text[160];
    size_t group = 0;
    const size_t count = json_array_size(list),
                 values = json_object_size(json_object_get(sets, key));
    if (count < MARK_COUNT_MIN) {
        return;
    }
    if (values * MARK_COUNT_MIN <= count) {
        (void)snprintf(text, sizeof text, "%.30s of %.40s stands still: %zu values in %zu rows",
                       series->name, own_name(key, &group), values, count);
        (void)json_object_set_new(series->marks, key, json_string(text));
        return;
    }
    const char *other = printed_for(series, sheet, sets, key, list);
    if (other != NULL) {
        (void)snprintf(text, sizeof text, "%.30s of %.40s is that of %.40s", series->name,
                       own_name(key, &group), own_name(other, &group));
        (void)json_object_set_new(series->marks, key, json_string(text));
    }
}

void pt_series_build(pt_series *series, const pt_sheet *sheet)
{
    const char *key = NULL;
    json_t *list = NULL;
    json_t *sets = json_object();
    series->lists = json_object();
    series->marks = json_object();
    collect(series, sheet);
    json_object_foreach(series->lists, key, list)
    {
        (void)json_object_set_new(sets, key, distinct(series, sheet, list));
    }
    json_object_foreach(series->lists, key, list)
    {
        mark(series, sheet, sets, key, list);
    }
    json_decref(sets);
}

void pt_series_free(pt_series *series)
{
    json_decref(series->lists);
    json_decref(series->marks);
    *series = (pt_series){0};
}

/* The place in the list where entry stands (they ascend), or its size. */
static size_t find_entry(const json_t *list, size_t entry)
{
    size_t low = 0, high = json_array_size(list);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if ((size_t)json_integer_value(json_array_get(list, middle)) < entry) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const char *pt_series_neighbour(const pt_series *series, const pt_sheet *sheet, size_t row,
                                size_t place, bool after)
{
    char *key = place_key(series, sheet, row, place);
    const json_t *list = json_object_get(series->lists, key);
    const char *own = sheet->rows[row].cells[series->places[place].column];
    size_t at = find_entry(list, row * PT_SERIES_PLACES_MAX + place);
    const char *found = NULL;
    free(key);
    while (own[0] != '\0' && found == NULL && (after ? at + 1 < json_array_size(list) : at > 0)) {
        at = after ? at + 1 : at - 1;
        const char *value = value_at(series, sheet, list, at);
        found = strcmp(value, own) != 0 ? value : NULL;
    }
    return found;
}

const char *pt_series_mark(const pt_series *series, const pt_sheet *sheet, size_t row, size_t place)
{
    char *key = place_key(series, sheet, row, place);
    const char *text = json_string_value(json_object_get(series->marks, key));
    free(key);
    return text;
}
