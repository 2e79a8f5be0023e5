#include "tools/common/table.h"

#include <stdarg.h>
#include <string.h>

void pt_table_begin(pt_table *table, size_t columns)
{
    memset(table, 0, sizeof *table);
    table->columns = columns;
}

void pt_table_cell(pt_table *table, const char *format, ...)
{
    char cell[256];
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(cell, sizeof cell, format, arguments);
    va_end(arguments);
    const size_t size = written < 0 ? 0 : strlen(cell);
    const size_t column = table->cells++ % table->columns;
    if (size > table->widths[column]) {
        table->widths[column] = size;
    }
    pt_put(&table->text, cell, size);
    pt_put_u8(&table->text, 0);
}

size_t pt_table_width(const pt_table *table)
{
    size_t width = 2 * (table->columns - 1);
    for (size_t i = 0; i < table->columns; i++) {
        width += table->widths[i];
    }
    return width;
}

/* True when this many cells from here on are all empty. */
static bool is_rest_empty(const char *cell, size_t cells)
{
    for (size_t i = 0; i < cells; i++) {
        if (*cell != '\0') {
            return false;
        }
        cell++;
    }
    return true;
}

void pt_table_print(pt_table *table, FILE *file, int indent)
{
    const char *cell = (const char *)table->text.data;
    bool is_done = false; /* only empty cells follow in this row: no blanks at the end of a line */
    for (size_t i = 0; i < table->cells; i++) {
        const size_t column = i % table->columns;
        const int width = (int)table->widths[column];
        const size_t left = table->columns - column, given = table->cells - i;
        if (column == 0) {
            (void)fprintf(file, "%*s", indent, "");
            is_done = false;
        }
        const char *next = cell + strlen(cell) + 1;
        if (!is_done) {
            is_done = is_rest_empty(next, (left < given ? left : given) - 1);
            if (table->right[column]) {
                (void)fprintf(file, "%*s", width, cell);
            } else {
                (void)fprintf(file, "%-*s", is_done ? 0 : width, cell);
            }
            (void)fputs(is_done ? "" : "  ", file);
        }
        if (left == 1) {
            (void)fputs("\n", file);
        }
        cell = next;
    }
    if (table->cells % table->columns != 0) {
        (void)fputs("\n", file);
    }
    pt_bytes_free(&table->text);
}
