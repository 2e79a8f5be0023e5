/* A table of text from outside: CSV with a line of names first, or one JSON object a line. */
#ifndef PT_IMPORT_SHEET_H
#define PT_IMPORT_SHEET_H

#include "tools/common/bytes.h"
#include "tools/common/json.h"
#include "tools/common/report.h"

enum { PT_SHEET_COLUMNS_MAX = 256, PT_SHEET_ROWS_MAX = 1 << 20 };

typedef struct pt_sheet_row {
    size_t line;        /* of the file, where the row starts */
    const char **cells; /* one for each column; "" when empty */
} pt_sheet_row;

typedef struct pt_sheet {
    const char *file;
    pt_bytes input;
    const char **heads;
    size_t column_count;
    pt_sheet_row *rows;
    size_t row_count;
    json_t *objects; /* JSON lines: what the cells point into */
} pt_sheet;

/* Reads the whole file, plain or gzip. CSV: commas, cells in double quotes where they hold commas,
 * quotes (doubled) or line ends; every row has as many cells as the first line has names, which
 * differ. JSON lines: every object has the keys of the first one; values are strings, integers,
 * true, false or null (an empty cell). Errors: PT_INPUT with file, line and what was expected. */
pt_exit pt_sheet_open(pt_sheet *sheet, const char *file, pt_report *report);
void pt_sheet_close(pt_sheet *sheet);

/* The number of a column, or SIZE_MAX. */
size_t pt_sheet_column(const pt_sheet *sheet, const char *name);

/* A node for messages: "file:line: column: expected .., found ..". value may be NULL. */
pt_json pt_sheet_node(const pt_sheet *sheet, size_t row, size_t column, json_t *value);

/* Fails with "file:line: column: expected .., found "cell"". */
pt_exit pt_sheet_wrong(const pt_sheet *sheet, size_t row, size_t column, const char *expected,
                       pt_report *report);

#endif
