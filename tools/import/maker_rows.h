/* The files of data set maker-ethb: what people, governance and keepers did to one ilk of Maker,
 * in the order of the chain's blocks. */
#ifndef PT_IMPORT_MAKER_ROWS_H
#define PT_IMPORT_MAKER_ROWS_H

#include "tools/import/csv.h"

/* In the order in which rows of one block are taken, where nothing says another: parameters before
 * what people do, collateral in before dai out, dai in before collateral out, liquidations last. */
typedef enum pt_maker_kind {
    PT_MAKER_PARAMETER,
    PT_MAKER_OPEN,
    PT_MAKER_LOCK,
    PT_MAKER_DRAW,
    PT_MAKER_WIPE,
    PT_MAKER_FREE,
    PT_MAKER_BITE
} pt_maker_kind;

/* One row. Amounts have 18 decimals; print: one in the last place that the file prints. */
typedef struct pt_maker_row {
    uint64_t block, time_s;
    pt_maker_kind kind;
    uint32_t vault;        /* place in pt_maker_rows.vaults           */
    uint32_t parameter;    /* place in pt_maker_parameters            */
    bool by_auto_line;     /* a ceiling that DssAutoLine set          */
    pl_u256 amount, print; /* bite: debt; parameter: new value        */
    pl_u256 lot;           /* bite: collateral                        */
    pl_u256 from;          /* parameter: old value                    */
    size_t order;          /* of reading: the last resort of the sort */
} pt_maker_row;

typedef struct pt_maker_rows {
    pt_maker_row *rows; /* by block, kind, order */
    size_t count, room;
    uint32_t *vaults; /* their numbers, ascending */
    size_t vault_count, vault_room;
} pt_maker_rows;

/* A parameter of governance. function: of the contract, with the ilk and the value, NULL when it is
 * one of several arguments. How a value is said there: factor adds 1, seconds has no decimals. */
typedef struct pt_maker_parameter {
    const char *name, *function;
    bool is_factor, is_seconds;
} pt_maker_parameter;
extern const pt_maker_parameter pt_maker_parameters[];

/* Reads all files of the folder. Errors: PT_INPUT with file, line and column; free it then, too. */
pt_exit pt_maker_rows_read(pt_maker_rows *rows, const char *folder, pt_report *report);
void pt_maker_rows_free(pt_maker_rows *rows);

/* Hourly opens of a path of prices, 18 decimals. */
typedef struct pt_maker_path {
    uint64_t *times;
    pl_u256 *prices;
    size_t count, room;
} pt_maker_path;

/* Reads "open_time_utc,open,high,low,close,volume", ascending. Errors: PT_INPUT. */
pt_exit pt_maker_path_read(pt_maker_path *path, const char *file, pt_report *report);
void pt_maker_path_free(pt_maker_path *path);

#endif
