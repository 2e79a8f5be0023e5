/* What an export prints for one thing over time, for example the price of each asset: the values of
 * one or more columns, grouped by a key out of other columns. */
#ifndef PT_IMPORT_SERIES_H
#define PT_IMPORT_SERIES_H

#include "tools/import/sheet.h"

enum { PT_SERIES_PLACES_MAX = 4, PT_KEY_COLUMNS_MAX = 4 };

/* A column of values and the columns that say what the value is of; the last is its name, those
 * before it the group within which things are compared. */
typedef struct pt_series_place {
    size_t column;
    size_t keys[PT_KEY_COLUMNS_MAX];
    size_t key_count;
} pt_series_place;

typedef struct pt_series {
    const char *name;
    pt_series_place places[PT_SERIES_PLACES_MAX];
    size_t place_count;
    json_t *lists; /* key: [row * PT_SERIES_PLACES_MAX + place, ascending] */
    json_t *marks; /* key: why its values are wrong, where that shows in the export itself */
} pt_series;

/* The cells of the columns joined by "/". free() it. */
char *pt_sheet_key(const pt_sheet *sheet, size_t row, const size_t *columns, size_t count);

/* Fills lists and marks; name and places are set. A thing with 8 or more values is marked when it
 * has at most one distinct value for every 8 (it stands still), or when at least half of its values
 * are printed for one other thing of its group, too. Empty cells do not count. */
void pt_series_build(pt_series *series, const pt_sheet *sheet);
void pt_series_free(pt_series *series);

/* The value printed for the same thing in the nearest row before (or after) that prints another;
 * NULL when there is none. */
const char *pt_series_neighbour(const pt_series *series, const pt_sheet *sheet, size_t row,
                                size_t place, bool after);

/* Why the value at this place is probably wrong, or NULL. */
const char *pt_series_mark(const pt_series *series, const pt_sheet *sheet, size_t row,
                           size_t place);

#endif
