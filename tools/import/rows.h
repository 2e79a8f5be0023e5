/* Rows of an export as transactions: which columns become which arguments, prices and expected
 * values. The form of the map file is told in tools/import/README.md.
 *
 * A *source* says where a value comes from: a constant of the map, a cell, several cells looked up
 * in a list of the map, or what a series prints in another row. */
#ifndef PT_IMPORT_ROWS_H
#define PT_IMPORT_ROWS_H

#include "tools/common/expect.h"
#include "tools/import/series.h"
#include "tools/import/sheet.h"
#include "tools/import/world_file.h"

enum {
    PT_ROWS_SERIES_MAX = 8,
    PT_ROWS_PRICES_MAX = 16,
    PT_ROWS_COLUMNS_MAX = 32,
    PT_ROWS_RULES_MAX = 128,
    PT_ROWS_CAUSES_MAX = 1024
};

/* How a cell is read before it becomes a value. */
typedef enum pt_form {
    PT_FORM_TEXT = 0, /* as it is                                                           */
    PT_FORM_FLOAT64,  /* a number that went through a double: the integer below that double */
    PT_FORM_SLACK,    /* how far that may be off: 1.5 units in the last place, down; and a  */
                      /* half more where the double is no integer (1)                       */
    PT_FORM_ADDRESS   /* 0x and 40 hex digits: an account of 32 bytes, zeros first          */
} pt_form;

typedef struct pt_source {
    const char *key;  /* in the map, for messages */
    json_t *constant; /* or NULL                  */
    size_t columns[PT_KEY_COLUMNS_MAX];
    size_t column_count;
    const char *list; /* name of the lookup list, or NULL */
    json_t *lookup;
    json_t *empty; /* for an empty cell or a missing neighbour; NULL: refused */
    pt_form form;
    bool has_decimals;
    uint32_t decimals;       /* the cell counts whole tokens; the value is the smallest unit */
    const pt_series *series; /* or NULL: with the place and direction of a neighbour */
    size_t place;
    bool after;
} pt_source;

typedef struct pt_rows_price {
    pt_source feed, price;
    bool raw; /* the price is in the feed's smallest unit */
} pt_rows_price;

typedef struct pt_rows {
    const char *file; /* the map */
    const pt_sheet *sheet;
    pt_world_file world;
    json_t *map; /* the member "rows" */
    const char *source;
    pt_series series[PT_ROWS_SERIES_MAX];
    size_t series_count;
    pt_source time, from;
    pt_rows_price prices[PT_ROWS_PRICES_MAX];
    size_t price_count;
    uint32_t contract, function;
    pt_source arguments[PL_PARAMETERS_MAX];
    pt_source values[PT_ROWS_COLUMNS_MAX]; /* of the expected columns */
    pt_column columns[PT_ROWS_COLUMNS_MAX];
    const pl_field *fields[PT_ROWS_COLUMNS_MAX]; /* in whose form a value is stored */
    const char *likely[PT_ROWS_COLUMNS_MAX];
    size_t column_count;
    pt_rule rules[PT_ROWS_RULES_MAX];
    size_t rule_count;
} pt_rows;

/* Reads the map and makes its world; on input *rows is zero but for file and sheet. Close it after
 * a failure, too. Errors: PT_INPUT, PT_LIMIT. */
pt_exit pt_rows_open(pt_rows *rows, const char *library, pt_report *report);
void pt_rows_close(pt_rows *rows);

/* The value of a source in a row, as a world file would spell it; json_decref it. Errors: PT_INPUT
 * with file, line, column and what was expected. */
pt_exit pt_source_value(json_t **value, const pt_source *source, const pt_rows *rows, size_t row,
                        pt_report *report);

/* The same in the stored form of a field of the called contract. */
pt_exit pt_source_store(pt_bytes *stored, const pt_source *source, const pt_rows *rows, size_t row,
                        const pl_field *field, pt_report *report);

/* A node for messages about a source's value. */
pt_json pt_source_node(const pt_source *source, const pt_rows *rows, size_t row, json_t *value);

/* What an import made. */
typedef struct pt_rows_result {
    char name[64];
    uint64_t rows, prices, values;
    uint8_t root[32];
} pt_rows_result;

/* plim import csv: the whole import, into a folder or nothing. Errors: PT_INPUT, PT_LIMIT,
 * PT_INTERRUPTED. */
pt_exit pt_import_rows(pt_rows_result *result, const char *file, const char *map,
                       const char *folder, const char *library, pt_report *report);

#endif
