/* Aligned columns for people: cells are collected, then printed with the widths they need. */
#ifndef PT_COMMON_TABLE_H
#define PT_COMMON_TABLE_H

#include <stdio.h>

#include "tools/common/bytes.h"

#define PT_TABLE_COLUMNS_MAX 80

typedef struct pt_table {
    pt_bytes text; /* the cells, each zero-terminated, row by row */
    size_t columns;
    size_t cells;
    size_t widths[PT_TABLE_COLUMNS_MAX];
    bool right[PT_TABLE_COLUMNS_MAX]; /* aligned to the right: numbers */
} pt_table;

/* columns is 1..PT_TABLE_COLUMNS_MAX. */
void pt_table_begin(pt_table *table, size_t columns);

/* Adds the next cell; a row ends by itself after the last column. */
void pt_table_cell(pt_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Columns of text that the longest row needs without indent. */
size_t pt_table_width(const pt_table *table);

/* Prints all rows, two spaces between columns, indent spaces before, and frees the table. */
void pt_table_print(pt_table *table, FILE *file, int indent);

#endif
