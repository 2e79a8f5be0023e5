#include "tools/import/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"

#define SHEET_SIZE_MAX (UINT64_C(1) << 30)

size_t pt_sheet_column(const pt_sheet *sheet, const char *name)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (strcmp(sheet->heads[i], name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

pt_json pt_sheet_node(const pt_sheet *sheet, size_t row, size_t column, json_t *value)
{
    static const pt_json row_itself; /* a key is only told below something */
    return (pt_json){.value = value,
                     .parent = &row_itself,
                     .key = sheet->heads[column],
                     .file = sheet->file,
                     .line = sheet->rows[row].line};
}

pt_exit pt_sheet_wrong(const pt_sheet *sheet, size_t row, size_t column, const char *expected,
                       pt_report *report)
{
    return pt_fail(report, PT_INPUT, "%s:%zu: %s: expected %s, found \"%.60s\"", sheet->file,
                   sheet->rows[row].line, sheet->heads[column], expected,
                   sheet->rows[row].cells[column]);
}

void pt_sheet_close(pt_sheet *sheet)
{
    for (size_t i = 0; i < sheet->row_count; i++) {
        free(sheet->rows[i].cells);
    }
    free(sheet->rows);
    free(sheet->heads);
    json_decref(sheet->objects);
    pt_bytes_free(&sheet->input);
    *sheet = (pt_sheet){0};
}

static pt_exit wrong_line(const pt_sheet *sheet, size_t line, const char *what, pt_report *report)
{
    return pt_fail(report, PT_INPUT, "%s:%zu: %s", sheet->file, line, what);
}

/* Room for one more row; its cells are set by the caller. */
static pt_exit add_row(pt_sheet_row **row, pt_sheet *sheet, size_t line, pt_report *report)
{
    const size_t n = sheet->row_count;
    if (n == PT_SHEET_ROWS_MAX) {
        return wrong_line(sheet, line, "more than 1048576 rows", report);
    }
    if ((n & (n - 1)) == 0) {
        sheet->rows = pt_resize(sheet->rows, (n == 0 ? 1 : 2 * n) * sizeof *sheet->rows);
    }
    *row = &sheet->rows[sheet->row_count++];
    **row = (pt_sheet_row){.line = line,
                           .cells = pt_take_zeroed(sheet->column_count + 1, sizeof(char *))};
    return PT_OK;
}

static pt_exit check_heads(const pt_sheet *sheet, size_t line, pt_report *report)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (sheet->heads[i][0] == '\0') {
            return wrong_line(sheet, line, "a column without a name", report);
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(sheet->heads[i], sheet->heads[j]) == 0) {
                return pt_fail(report, PT_INPUT, "%s:%zu: column %s stands there twice",
                               sheet->file, line, sheet->heads[i]);
            }
        }
    }
    return PT_OK;
}

/* ---- CSV ---- */

/* Where the reader stands; cells are cut out of the input in place. */
typedef struct cursor {
    char *at, *end;
    size_t line;
} cursor;

/* A cell in quotes: two quotes are one. at: behind the first quote. */
static bool quoted_cell(cursor *csv)
{
    char *to = csv->at;
    while (csv->at < csv->end) {
        if (*csv->at == '"' && (csv->at + 1 == csv->end || csv->at[1] != '"')) {
            csv->at++;
            memset(to, '\0', (size_t)(csv->at - to)); /* the quote at least */
            return true;
        }
        csv->at += *csv->at == '"' ? 1 : 0;
        csv->line += *csv->at == '\n' ? 1 : 0;
        *to++ = *csv->at++;
    }
    return false;
}

/* The next cell and what ends it: ',' or '\n' (also the end of the file). */
static pt_exit next_cell(const char **cell, char *ended_by, cursor *csv, const pt_sheet *sheet,
                         pt_report *report)
{
    const size_t line = csv->line;
    const bool is_quoted = csv->at < csv->end && *csv->at == '"';
    csv->at += is_quoted ? 1 : 0;
    *cell = csv->at;
    if (is_quoted && !quoted_cell(csv)) {
        return wrong_line(sheet, line, "a cell in quotes does not end", report);
    }
    while (!is_quoted && csv->at < csv->end && *csv->at != ',' && *csv->at != '\n') {
        if (*csv->at == '"' || *csv->at == '\0') {
            return wrong_line(sheet, line, "a quote or a zero byte inside a cell", report);
        }
        csv->at++;
    }
    if (csv->at < csv->end && *csv->at == '\r') {
        *csv->at++ = '\0';
    }
    if (csv->at < csv->end && *csv->at != ',' && *csv->at != '\n') {
        return wrong_line(sheet, line, "expected a comma or a line end after a quoted cell",
                          report);
    }
    *ended_by = csv->at < csv->end ? *csv->at : '\n';
    csv->line += *ended_by == '\n' ? 1 : 0;
    if (*ended_by == '\n' && !is_quoted && csv->at > *cell && csv->at[-1] == '\r') {
        csv->at[-1] = '\0';
    }
    *csv->at++ = '\0'; /* the file is followed by a zero byte of its own */
    return PT_OK;
}

static pt_exit read_csv_heads(cursor *csv, pt_sheet *sheet, pt_report *report)
{
    char ended_by = ',';
    sheet->heads = pt_take_zeroed(PT_SHEET_COLUMNS_MAX, sizeof(char *));
    while (ended_by == ',') {
        if (sheet->column_count == PT_SHEET_COLUMNS_MAX) {
            return wrong_line(sheet, 1, "more than 256 columns", report);
        }
        PT_TRY(next_cell(&sheet->heads[sheet->column_count], &ended_by, csv, sheet, report));
        sheet->column_count++;
    }
    return check_heads(sheet, 1, report);
}

static pt_exit read_csv(pt_sheet *sheet, pt_report *report)
{
    char *text = (char *)sheet->input.data;
    cursor csv = {.at = text, .end = text + sheet->input.size, .line = 1};
    PT_TRY(read_csv_heads(&csv, sheet, report));
    while (csv.at < csv.end) {
        pt_sheet_row *row = NULL;
        char ended_by = ',';
        size_t count = 0;
        if (*csv.at == '\n' || *csv.at == '\r') { /* an empty line */
            csv.line += *csv.at++ == '\n' ? 1 : 0;
            continue;
        }
        PT_TRY(add_row(&row, sheet, csv.line, report));
        while (ended_by == ',') {
            const char *cell = NULL;
            PT_TRY(next_cell(&cell, &ended_by, &csv, sheet, report));
            if (count < sheet->column_count) {
                row->cells[count] = cell;
            }
            count++;
        }
        if (count != sheet->column_count) {
            return pt_fail(report, PT_INPUT, "%s:%zu: %zu cells, but the first line names %zu",
                           sheet->file, row->line, count, sheet->column_count);
        }
    }
    return PT_OK;
}

/* ---- JSON lines ---- */

/* A cell of the value; its text lives as long as sheet->objects. */
static pt_exit json_cell(const char **cell, pt_sheet *sheet, const pt_json *node, pt_report *report)
{
    char digits[32];
    if (json_is_string(node->value)) {
        *cell = json_string_value(node->value);
        return PT_OK;
    }
    if (json_is_boolean(node->value) || json_is_null(node->value)) {
        *cell = json_is_null(node->value) ? "" : json_is_true(node->value) ? "true" : "false";
        return PT_OK;
    }
    if (!json_is_integer(node->value)) {
        return pt_json_wrong(node, report, "a string, an integer, true, false or null");
    }
    (void)snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(node->value));
    json_t *text = json_string(digits);
    (void)json_array_append_new(sheet->objects, text);
    *cell = json_string_value(text);
    return PT_OK;
}

static pt_exit json_row(pt_sheet *sheet, const pt_json *object, pt_report *report)
{
    pt_sheet_row *row = NULL;
    if (sheet->heads == NULL) {
        const char *key = NULL;
        json_t *value = NULL;
        if (json_object_size(object->value) > PT_SHEET_COLUMNS_MAX) {
            return pt_json_wrong(object, report, "at most 256 keys");
        }
        sheet->heads = pt_take_zeroed(json_object_size(object->value) + 1, sizeof(char *));
        json_object_foreach(object->value, key, value)
        {
            sheet->heads[sheet->column_count++] = key;
        }
    }
    PT_TRY(pt_json_only(object, sheet->heads, sheet->column_count, report));
    PT_TRY(add_row(&row, sheet, object->line, report));
    for (size_t i = 0; i < sheet->column_count; i++) {
        const pt_json node = {.value = json_object_get(object->value, sheet->heads[i]),
                              .parent = object,
                              .key = sheet->heads[i],
                              .file = object->file,
                              .line = object->line};
        if (node.value == NULL) {
            return pt_json_wrong(&node, report, "the keys of the first line, this one too");
        }
        PT_TRY(json_cell(&row->cells[i], sheet, &node, report));
    }
    return PT_OK;
}

static pt_exit read_json_lines(pt_sheet *sheet, pt_report *report)
{
    const char *at = (const char *)sheet->input.data, *end = at + sheet->input.size;
    sheet->objects = json_array();
    for (size_t line = 1; at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t size = (size_t)((stop != NULL ? stop : end) - at);
        if (size != 0) {
            pt_json object;
            PT_TRY(pt_json_parse(&object, sheet->file, line, at, size, report));
            (void)json_array_append_new(sheet->objects, object.value);
            PT_TRY(json_row(sheet, &object, report));
        }
        at += size + 1;
    }
    return PT_OK;
}

pt_exit pt_sheet_open(pt_sheet *sheet, const char *file, pt_report *report)
{
    *sheet = (pt_sheet){.file = file};
    PT_TRY(pt_file_read(&sheet->input, file, SHEET_SIZE_MAX, report));
    if (sheet->input.size == 0) {
        return pt_fail(report, PT_INPUT,
                       "%s: empty; expected a line of column names, or JSON objects", file);
    }
    return sheet->input.data[0] == '{' ? read_json_lines(sheet, report) : read_csv(sheet, report);
}
