#include "tools/common/json_text.h"

#include <string.h>

#include "tools/common/table.h"

enum { NESTING_MAX = 16, TABLE_WIDTH_MAX = 100 };

static bool is_flat(const json_t *value)
{
    return !json_is_object(value) && !json_is_array(value);
}

/* json_t iterators take non-const objects; iteration changes nothing. */
static json_t *mutable_of(const json_t *value)
{
    json_t *copy = NULL;
    memcpy(&copy, &value, sizeof copy);
    return copy;
}

const char *pt_number_for_people(const char *text)
{
    static const char largest[] =
        "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    return strcmp(text, largest) == 0 ? "u256.max" : text;
}

static void flat_text(char *text, size_t size, const json_t *value)
{
    if (json_is_string(value)) {
        (void)snprintf(text, size, "%s", pt_number_for_people(json_string_value(value)));
    } else if (json_is_integer(value)) {
        (void)snprintf(text, size, "%lld", (long long)json_integer_value(value));
    } else if (json_is_boolean(value)) {
        (void)snprintf(text, size, "%s", json_is_true(value) ? "true" : "false");
    } else {
        (void)snprintf(text, size, "-");
    }
}

static bool is_number(const char *text)
{
    return (text[0] >= '0' && text[0] <= '9' && text[1] != 'x') ||
           (text[0] == '-' && text[1] >= '0' && text[1] <= '9') || strcmp(text, "-") == 0;
}

/* True when every element is an object with the keys of the first, all values flat. */
static bool is_table(const json_t *array)
{
    const size_t count = json_array_size(array);
    const json_t *first = json_array_get(array, 0);
    if (count == 0 || !json_is_object(first) || json_object_size(first) == 0 ||
        json_object_size(first) > PT_TABLE_COLUMNS_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        json_t *row = json_array_get(array, i);
        if (!json_is_object(row) || json_object_size(row) != json_object_size(first)) {
            return false;
        }
        for (void *at = json_object_iter(row); at != NULL; at = json_object_iter_next(row, at)) {
            if (json_object_get(first, json_object_iter_key(at)) == NULL ||
                !is_flat(json_object_iter_value(at))) {
                return false;
            }
        }
    }
    return true;
}

/* Rows one below the other: a table wider than a screen cannot be read. */
static void print_list(const json_t *array, FILE *file, int indent)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *element = json_array_get(array, i);
        pt_json_print_text(element, file, indent);
        if (!is_flat(element) && i + 1 < json_array_size(array)) {
            (void)fputs("\n", file);
        }
    }
}

static void print_table(const json_t *array, FILE *file, int indent)
{
    json_t *first = json_array_get(array, 0);
    pt_table table;
    char text[256];
    pt_table_begin(&table, json_object_size(first));
    for (void *at = json_object_iter(first); at != NULL; at = json_object_iter_next(first, at)) {
        flat_text(text, sizeof text, json_object_iter_value(at));
        table.right[table.cells] = is_number(text);
        pt_table_cell(&table, "%s", json_object_iter_key(at));
    }
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *row = json_array_get(array, i);
        for (void *at = json_object_iter(first); at != NULL;
             at = json_object_iter_next(first, at)) {
            flat_text(text, sizeof text, json_object_get(row, json_object_iter_key(at)));
            pt_table_cell(&table, "%s", text);
        }
    }
    if (pt_table_width(&table) + (size_t)indent > TABLE_WIDTH_MAX) {
        pt_bytes_free(&table.text);
        print_list(array, file, indent);
        return;
    }
    pt_table_print(&table, file, indent);
}

static void print_object(const json_t *object, FILE *file, int indent)
{
    json_t *open = mutable_of(object);
    pt_table table;
    pt_table_begin(&table, 2);
    for (void *at = json_object_iter(open); at != NULL; at = json_object_iter_next(open, at)) {
        const json_t *value = json_object_iter_value(at);
        if (is_flat(value)) {
            char text[256];
            flat_text(text, sizeof text, value);
            pt_table_cell(&table, "%s", json_object_iter_key(at));
            pt_table_cell(&table, "%s", text);
        }
    }
    pt_table_print(&table, file, indent);
    for (void *at = json_object_iter(open); at != NULL; at = json_object_iter_next(open, at)) {
        const json_t *value = json_object_iter_value(at);
        const bool empty = (json_is_array(value) && json_array_size(value) == 0) ||
                           (json_is_object(value) && json_object_size(value) == 0);
        if (!is_flat(value) && indent < 2 * NESTING_MAX) {
            (void)fprintf(file, "%*s%s%s\n", indent, "", json_object_iter_key(at),
                          empty ? ": none" : ":");
            if (!empty) {
                pt_json_print_text(value, file, indent + 2);
            }
        }
    }
}

void pt_json_print_text(const json_t *value, FILE *file, int indent)
{
    char text[256];
    if (json_is_object(value)) {
        print_object(value, file, indent);
    } else if (json_is_array(value) && is_table(value)) {
        print_table(value, file, indent);
    } else if (json_is_array(value)) {
        print_list(value, file, indent);
    } else {
        flat_text(text, sizeof text, value);
        (void)fprintf(file, "%*s%s\n", indent, "", text);
    }
}
