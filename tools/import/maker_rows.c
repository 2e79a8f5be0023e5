#include "tools/import/maker_rows.h"

#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"

/* 10^15 of collateral or dai: no amount of the world is larger, and nothing below overflows. */
enum { WAD = 18, AMOUNT_DIGITS = 15, VAULT_MAX = 1000000000 };
#define TIME_MAX UINT64_C(7258118400) /* the year 2200 */
#define SET      "file_"

const pt_maker_parameter pt_maker_parameters[] = {
    {"JUG.ilks.duty", "file_duty", false, false},   {"SPOTTER.ilks.mat", SET "mat", false, false},
    {"VAT.ilks.line", SET "line", false, false},    {"VAT.ilks.dust", SET "dust", false, false},
    {"CAT.ilks.chop", SET "cat_chop", true, false}, {"CAT.ilks.dunk", SET "dunk", false, false},
    {"FLIPPER.beg", SET "beg", true, false},        {"FLIPPER.ttl", SET "ttl", false, true},
    {"FLIPPER.tau", SET "tau", false, true},        {"DC-IAM.ilks.line", NULL, false, false},
    {"DC-IAM.ilks.gap", NULL, false, false},        {"DC-IAM.ilks.ttl", NULL, false, true},
    {"DOG.ilks.chop", SET "chop", true, false},     {"DOG.ilks.hole", SET "hole", false, false},
    {"CLIPPER.buf", SET "buf", false, false},       {"CLIPPER.tail", SET "tail", false, true},
    {"CLIPPER.cusp", SET "cusp", false, false},     {"CLIPPER.chip", SET "chip", false, false},
    {"CLIPPER.tip", SET "tip", false, false},       {NULL, NULL, false, false},
};

static pt_maker_row *add_row(pt_maker_rows *rows)
{
    if (rows->count == rows->room) {
        rows->room = rows->room * 2 + 1024;
        rows->rows = pt_resize(rows->rows, rows->room * sizeof *rows->rows);
    }
    pt_maker_row *row = &rows->rows[rows->count];
    *row = (pt_maker_row){.order = rows->count};
    rows->count++;
    return row;
}

/* One in the last place: the export has nine places after the point, and fifteen digits in all. */
static void set_print(pt_maker_row *row)
{
    enum { PLACES = 9, DIGITS = 15 };
    pl_u256 unit = pl_u256_from_u64(1000000000), limit = pl_u256_from_u64(1);
    const pl_u256 ten = pl_u256_from_u64(10);
    for (int i = 0; i < WAD + DIGITS - PLACES; i++) {
        pl_u256_mul_sat(&limit, &limit, &ten);
    }
    while (pl_u256_cmp(&row->amount, &limit) >= 0) {
        pl_u256_mul_sat(&unit, &unit, &ten);
        pl_u256_mul_sat(&limit, &limit, &ten);
    }
    row->print = unit;
}

static pt_exit read_place(pt_maker_row *row, const pt_csv *csv, pt_report *report)
{
    PT_TRY(pt_csv_u64(&row->block, csv, 0, UINT32_MAX, report));
    PT_TRY(pt_csv_time(&row->time_s, csv, 1, report));
    return row->time_s <= TIME_MAX ? PT_OK : pt_csv_wrong(csv, 1, "a year before 2200", report);
}

static pt_exit find_vault(uint32_t *vault, const pt_maker_rows *rows, const pt_csv *csv,
                          size_t column, pt_report *report)
{
    uint64_t number = 0;
    PT_TRY(pt_csv_u64(&number, csv, column, VAULT_MAX, report));
    size_t low = 0, high = rows->vault_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        low = rows->vaults[middle] < number ? middle + 1 : low;
        high = rows->vaults[middle] < number ? high : middle;
    }
    if (low == rows->vault_count || rows->vaults[low] != number) {
        return pt_csv_wrong(csv, column, "a vault of ethb_vault_creations.csv.gz", report);
    }
    *vault = (uint32_t)low;
    return PT_OK;
}

/* ---- one file each; the kind is the state of the reader ---- */

typedef struct row_file {
    const char *name;
    const char *const *columns;
    size_t column_count;
    pt_maker_kind kind;
} row_file;

static pt_exit read_creation(pt_maker_rows *rows, const pt_csv *csv, pt_report *report)
{
    uint64_t number = 0;
    pt_maker_row *row = add_row(rows);
    row->kind = PT_MAKER_OPEN;
    PT_TRY(read_place(row, csv, report));
    PT_TRY(pt_csv_u64(&number, csv, 2, VAULT_MAX, report));
    if (!pt_csv_is(csv, 3, "ETH-B")) {
        return pt_csv_wrong(csv, 3, "ETH-B", report);
    }
    if (rows->vault_count == rows->vault_room) {
        rows->vault_room = rows->vault_room * 2 + 256;
        rows->vaults = pt_resize(rows->vaults, rows->vault_room * sizeof *rows->vaults);
    }
    size_t at = rows->vault_count;
    for (; at != 0 && rows->vaults[at - 1] > number; at--) {
        rows->vaults[at] = rows->vaults[at - 1];
    }
    if (at != 0 && rows->vaults[at - 1] == number) {
        return pt_csv_wrong(csv, 2, "a vault that was not created before", report);
    }
    rows->vaults[at] = (uint32_t)number;
    rows->vault_count++;
    row->vault = (uint32_t)number; /* a number until all are known: number_openings */
    return PT_OK;
}

/* Numbers become places once the list of vaults is whole. */
static void number_openings(pt_maker_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        uint32_t place = 0;
        while (rows->vaults[place] != rows->rows[i].vault) {
            place++;
        }
        rows->rows[i].vault = place;
    }
}

static pt_exit read_amount(pt_maker_rows *rows, const pt_csv *csv, pt_maker_kind kind,
                           pt_report *report)
{
    pt_maker_row *row = add_row(rows);
    row->kind = kind;
    PT_TRY(read_place(row, csv, report));
    PT_TRY(find_vault(&row->vault, rows, csv, 2, report));
    PT_TRY((kind == PT_MAKER_FREE ? pt_csv_negative : pt_csv_decimal)(&row->amount, csv, 3, WAD,
                                                                      AMOUNT_DIGITS, report));
    set_print(row);
    return PT_OK;
}

static pt_exit read_bite(pt_maker_rows *rows, const pt_csv *csv, pt_report *report)
{
    pt_maker_row *row = add_row(rows);
    row->kind = PT_MAKER_BITE;
    PT_TRY(read_place(row, csv, report));
    PT_TRY(find_vault(&row->vault, rows, csv, 2, report));
    PT_TRY(pt_csv_decimal(&row->lot, csv, 3, WAD, AMOUNT_DIGITS, report));
    PT_TRY(pt_csv_decimal(&row->amount, csv, 4, WAD, AMOUNT_DIGITS, report));
    set_print(row);
    return PT_OK;
}

/* One in the last place of ten digits: so the export prints the ceilings of DssAutoLine. */
static void set_line_print(pt_maker_row *row)
{
    enum { DIGITS = 10 };
    const pl_u256 ten = pl_u256_from_u64(10);
    pl_u256 unit = pl_u256_from_u64(1), limit = unit;
    for (int i = 0; i < DIGITS; i++) {
        pl_u256_mul_sat(&limit, &limit, &ten);
    }
    while (pl_u256_cmp(&row->amount, &limit) >= 0) {
        pl_u256_mul_sat(&unit, &unit, &ten);
        pl_u256_mul_sat(&limit, &limit, &ten);
    }
    row->print = unit;
}

static pt_exit read_parameter(pt_maker_rows *rows, const pt_csv *csv, pt_report *report)
{
    pt_maker_row *row = add_row(rows);
    row->kind = PT_MAKER_PARAMETER;
    PT_TRY(read_place(row, csv, report));
    for (row->parameter = 0; pt_maker_parameters[row->parameter].name != NULL; row->parameter++) {
        if (pt_csv_is(csv, 4, pt_maker_parameters[row->parameter].name)) {
            break;
        }
    }
    const pt_maker_parameter *parameter = &pt_maker_parameters[row->parameter];
    if (parameter->name == NULL) {
        return pt_csv_wrong(csv, 4, "a parameter that this importer knows", report);
    }
    if (!pt_csv_is(csv, 5, "ETH-B")) {
        return pt_csv_wrong(csv, 5, "ETH-B", report);
    }
    row->by_auto_line = pt_csv_is(csv, 8, "DssAutoLine");
    if (!row->by_auto_line && !pt_csv_is(csv, 8, "DssSpell")) {
        return pt_csv_wrong(csv, 8, "DssSpell or DssAutoLine", report);
    }
    if (row->by_auto_line && strcmp(parameter->name, "VAT.ilks.line") != 0) {
        return pt_csv_wrong(csv, 8, "DssSpell: DssAutoLine sets VAT.ilks.line alone", report);
    }
    const uint32_t scale = parameter->is_seconds ? 0 : WAD;
    PT_TRY(pt_csv_decimal(&row->from, csv, 6, scale, AMOUNT_DIGITS, report));
    PT_TRY(pt_csv_decimal(&row->amount, csv, 7, scale, AMOUNT_DIGITS, report));
    set_line_print(row);
    return PT_OK;
}

static pt_exit read_file(pt_maker_rows *rows, const row_file *file, const char *folder,
                         pt_report *report)
{
    pt_csv csv = {0};
    bool more = true;
    pt_exit result =
        pt_csv_open(&csv, folder, file->name, file->columns, file->column_count, report);
    while (result == PT_OK) {
        result = pt_csv_next(&more, &csv, report);
        if (result != PT_OK || !more) {
            break;
        }
        result = file->kind == PT_MAKER_OPEN        ? read_creation(rows, &csv, report)
                 : file->kind == PT_MAKER_PARAMETER ? read_parameter(rows, &csv, report)
                 : file->kind == PT_MAKER_BITE      ? read_bite(rows, &csv, report)
                                                    : read_amount(rows, &csv, file->kind, report);
    }
    pt_csv_close(&csv);
    return result;
}

/* ---- order ---- */

static int compare_rows(const void *left, const void *right)
{
    const pt_maker_row *a = left, *b = right;
    if (a->block != b->block) {
        return a->block < b->block ? -1 : 1;
    }
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return a->order < b->order ? -1 : 1;
}

/* Changes of one parameter in one block: the file does not keep their order, but each says what it
 * changed from. */
static void chain_parameters(pt_maker_rows *rows)
{
    pl_u256 now[sizeof pt_maker_parameters / sizeof pt_maker_parameters[0]];
    memset(now, 0, sizeof now);
    for (size_t i = 0; i < rows->count; i++) {
        pt_maker_row *row = &rows->rows[i];
        if (row->kind != PT_MAKER_PARAMETER) {
            continue;
        }
        for (size_t j = i; j < rows->count && rows->rows[j].block == row->block &&
                           rows->rows[j].kind == PT_MAKER_PARAMETER;
             j++) {
            if (rows->rows[j].parameter == row->parameter &&
                pl_u256_eq(&rows->rows[j].from, &now[row->parameter])) {
                const pt_maker_row swap = *row;
                *row = rows->rows[j];
                rows->rows[j] = swap;
                break;
            }
        }
        now[row->parameter] = row->amount;
    }
}

static pt_exit check_times(const pt_maker_rows *rows, const char *folder, pt_report *report)
{
    for (size_t i = 1; i < rows->count; i++) {
        const pt_maker_row *a = &rows->rows[i - 1], *b = &rows->rows[i];
        if (b->time_s < a->time_s || (a->block == b->block && a->time_s != b->time_s)) {
            return pt_fail(report, PT_INPUT,
                           "%s: blocks %llu and %llu: their times do not rise with their numbers, "
                           "or one block has two",
                           folder, (unsigned long long)a->block, (unsigned long long)b->block);
        }
    }
    return PT_OK;
}

#define PLACE "BLOCK_NUMBER", "BLOCK_TIMESTAMP", "VAULT_NUMBER"
#define FILE_OF(name, columns, kind)                                                               \
    {                                                                                              \
        name, columns, sizeof columns / sizeof columns[0], kind                                    \
    }

pt_exit pt_maker_rows_read(pt_maker_rows *rows, const char *folder, pt_report *report)
{
    static const char *const creation[] = {PLACE, "ILK", "URN_ADDRESS"};
    static const char *const deposit[] = {PLACE, "DEPOSIT_AMOUNT_ADJ"};
    static const char *const withdrawal[] = {PLACE, "WITHDRAWN_AMOUNT_ADJ"};
    static const char *const borrow[] = {PLACE, "DAI_MINTED"};
    static const char *const repayment[] = {PLACE, "DAI_REPAYED"};
    static const char *const bite[] = {PLACE, "COLLATERAL_LIQUIDATED_AMOUNT", "DAI_REPAYED_AMOUNT"};
    static const char *const parameter[] = {"BLOCK",      "TIMESTAMP", "TX_HASH",
                                            "SOURCE",     "PARAMETER", "ILK",
                                            "FROM_VALUE", "TO_VALUE",  "SOURCE_TYPE"};
    static const row_file files[] = {
        FILE_OF("ethb_vault_creations.csv.gz", creation, PT_MAKER_OPEN),
        FILE_OF("ethb_vault_deposits.csv.gz", deposit, PT_MAKER_LOCK),
        FILE_OF("ethb_vault_withdrawals.csv.gz", withdrawal, PT_MAKER_FREE),
        FILE_OF("ethb_dai_borrows.csv.gz", borrow, PT_MAKER_DRAW),
        FILE_OF("ethb_dai_repayments.csv.gz", repayment, PT_MAKER_WIPE),
        FILE_OF("ethb_vault_liquidations.csv", bite, PT_MAKER_BITE),
        FILE_OF("ethb_parameter_changes.csv.gz", parameter, PT_MAKER_PARAMETER),
    };
    *rows = (pt_maker_rows){0};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        PT_TRY(read_file(rows, &files[i], folder, report));
        if (i == 0) {
            number_openings(rows);
        }
    }
    if (rows->count == 0) {
        return pt_fail(report, PT_INPUT, "%s: its files have no rows", folder);
    }
    qsort(rows->rows, rows->count, sizeof *rows->rows, compare_rows);
    chain_parameters(rows);
    return check_times(rows, folder, report);
}

void pt_maker_rows_free(pt_maker_rows *rows)
{
    free(rows->rows);
    free(rows->vaults);
    *rows = (pt_maker_rows){0};
}

/* ---- prices ---- */

pt_exit pt_maker_path_read(pt_maker_path *path, const char *file, pt_report *report)
{
    static const char *const columns[] = {"open_time_utc", "open",  "high",
                                          "low",           "close", "volume"};
    pt_csv csv = {0};
    bool more = true;
    *path = (pt_maker_path){0};
    pt_exit result = pt_csv_open(&csv, NULL, file, columns, 6, report);
    while (result == PT_OK) {
        result = pt_csv_next(&more, &csv, report);
        if (result != PT_OK || !more) {
            break;
        }
        if (path->count == path->room) {
            path->room = path->room * 2 + 1024;
            path->times = pt_resize(path->times, path->room * sizeof *path->times);
            path->prices = pt_resize(path->prices, path->room * sizeof *path->prices);
        }
        const size_t n = path->count++;
        result = pt_csv_time(&path->times[n], &csv, 0, report);
        if (result == PT_OK) {
            result = pt_csv_decimal(&path->prices[n], &csv, 1, WAD, 9, report);
        }
        if (result == PT_OK && n != 0 && path->times[n] <= path->times[n - 1]) {
            result = pt_csv_wrong(&csv, 0, "a time after that of the row before", report);
        }
        if (result == PT_OK && pl_u256_is_zero(&path->prices[n])) {
            result = pt_csv_wrong(&csv, 1, "a price above 0", report);
        }
    }
    pt_csv_close(&csv);
    return result;
}

void pt_maker_path_free(pt_maker_path *path)
{
    free(path->times);
    free(path->prices);
    *path = (pt_maker_path){0};
}
