#include "tools/sim/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/bytes.h"
#include "tools/import/sheet.h"
#include "tools/sim/moment.h"
#include "vm/num/num.h"
#include "vm/num/text.h"

enum {
    WALK_PPM = 1500,  /* standard deviation of a step      */
    NOISE_PPM = 600,  /* of a market that follows a table  */
    JUMP_OF = 60,     /* a jump in one of so many steps ... */
    JUMP_PPM = 15000, /* ... with this standard deviation   */
    CONDITIONS_MAX = 8,
    COLUMNS_MAX = 8
};
#define MILLION   UINT64_C(1000000)
#define PRICE_MAX UINT64_C(100000000000000000) /* a thousand million */

static const struct {
    const char *name;
    uint64_t start; /* 8 decimals */
    uint64_t tick;
    uint32_t beta; /* of a hundred: how much more it moves than the first */
} market_list[PT_PATH_MARKETS_MAX] = {
    {"ETH", 400000000000, 1000000, 100}, {"BTC", 11000000000000, 10000000, 85},
    {"SOL", 20000000000, 1000000, 125},  {"LINK", 2000000000, 10000, 130},
    {"AVAX", 3000000000, 10000, 135},    {"AAVE", 28000000000, 1000000, 125},
    {"CRV", 70000000, 1000, 140},        {"DOGE", 25000000, 1000, 140},
};

const char *pt_path_name(size_t market)
{
    return market_list[market].name;
}

void pt_paths_free(pt_paths *paths)
{
    free(paths->prices);
    *paths = (pt_paths){0};
}

static void begin(pt_paths *paths, size_t markets, size_t blocks)
{
    *paths = (pt_paths){.markets = markets, .blocks = blocks};
    paths->prices = pt_take_zeroed(markets * blocks + 1, sizeof *paths->prices);
}

/* A price on its tick, never below one tick. */
static uint64_t on_tick(uint64_t price, size_t market)
{
    const uint64_t tick = market_list[market].tick;
    price = price > PRICE_MAX ? PRICE_MAX : price;
    return price < tick ? tick : price - price % tick;
}

/* One step of a walk: price * (1 + ppm / 10^6), the step within 20 per cent. */
static uint64_t moved(uint64_t price, int64_t ppm)
{
    ppm = ppm > 200000 ? 200000 : ppm < -200000 ? -200000 : ppm;
    const uint64_t next = pt_muldiv(price, (uint64_t)((int64_t)MILLION + ppm), MILLION);
    return next > PRICE_MAX ? PRICE_MAX : next == 0 ? 1 : next;
}

/* What is left of a price after `block`, in millionths: falls in two legs, wins a third back. */
static uint64_t left_after_crash(size_t block, size_t blocks, uint32_t crash_bps, uint32_t beta)
{
    const uint64_t fall = (uint64_t)crash_bps * beta; /* of 10^6 */
    const uint64_t most = fall > 950000 ? 950000 : fall;
    const size_t from = blocks / 2, leg = blocks / 20 + 1, back = blocks / 8 + 1;
    if (block < from) {
        return MILLION;
    }
    const size_t at = block - from;
    if (at < leg) { /* two thirds of the fall, then a pause of the same length */
        return MILLION - pt_muldiv(most * 2 / 3, at + 1, leg);
    }
    if (at < 2 * leg) {
        return MILLION - most * 2 / 3;
    }
    if (at < 3 * leg) {
        return MILLION - most * 2 / 3 - pt_muldiv(most - most * 2 / 3, at + 1 - 2 * leg, leg);
    }
    const size_t since = at - 3 * leg;
    return MILLION - most + pt_muldiv(most / 3, since < back ? since : back, back);
}

void pt_paths_make(pt_paths *paths, pt_random *random, size_t markets, size_t blocks,
                   uint32_t crash_bps)
{
    uint64_t walk[PT_PATH_MARKETS_MAX];
    begin(paths, markets, blocks);
    for (size_t m = 0; m < markets; m++) {
        walk[m] = market_list[m].start;
    }
    for (size_t b = 0; b < blocks; b++) {
        const int64_t common = pt_random_bell(random) * WALK_PPM / PT_RANDOM_SIGMA;
        const int64_t jump = pt_random_hits(random, 1, JUMP_OF)
                                 ? pt_random_bell(random) * JUMP_PPM / PT_RANDOM_SIGMA
                                 : 0;
        for (size_t m = 0; m < markets; m++) {
            const int64_t own = pt_random_bell(random) * WALK_PPM / PT_RANDOM_SIGMA / 2;
            walk[m] = moved(walk[m], (common + jump) * market_list[m].beta / 100 + own);
            const uint64_t left = left_after_crash(b, blocks, crash_bps, market_list[m].beta);
            paths->prices[b * markets + m] = on_tick(pt_muldiv(walk[m], left, MILLION), m);
        }
    }
}

/* ---- from a table ---- */

typedef struct condition {
    size_t column;
    char text[64];
} condition;

typedef struct reading {
    pt_sheet sheet;
    size_t columns[COLUMNS_MAX];
    size_t column_count;
    condition conditions[CONDITIONS_MAX];
    size_t condition_count;
    pt_bytes prices; /* u64 each, of the first market */
    size_t first_row;
} reading;

static pt_exit find_column(size_t *column, const pt_sheet *sheet, const char *name, size_t size,
                           pt_report *report)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (strlen(sheet->heads[i]) == size && memcmp(sheet->heads[i], name, size) == 0) {
            *column = i;
            return PT_OK;
        }
    }
    return pt_fail(report, PT_INPUT, "%s:1: there is no column \"%.*s\"; the first is \"%s\"",
                   sheet->file, (int)(size < 60 ? size : 60), name, sheet->heads[0]);
}

static pt_exit read_columns(reading *r, const char *list, pt_report *report)
{
    while (*list != '\0') {
        const size_t size = strcspn(list, ",");
        if (r->column_count == COLUMNS_MAX) {
            return pt_fail(report, PT_USAGE, "--column takes at most %d columns", COLUMNS_MAX);
        }
        PT_TRY(find_column(&r->columns[r->column_count++], &r->sheet, list, size, report));
        list += size + (list[size] == ',');
    }
    return PT_OK;
}

static pt_exit read_conditions(reading *r, const char *list, pt_report *report)
{
    while (list != NULL && *list != '\0') {
        const size_t size = strcspn(list, ","), name = strcspn(list, "=");
        if (r->condition_count == CONDITIONS_MAX || name >= size || size - name > 60) {
            return pt_fail(report, PT_USAGE, "--where is COLUMN=TEXT,.. of at most %d columns",
                           CONDITIONS_MAX);
        }
        condition *c = &r->conditions[r->condition_count++];
        PT_TRY(find_column(&c->column, &r->sheet, list, name, report));
        (void)snprintf(c->text, sizeof c->text, "%.*s", (int)(size - name - 1), list + name + 1);
        list += size + (list[size] == ',');
    }
    return PT_OK;
}

/* The whole text, or its begin when the condition ends with a star. */
static int is_wanted(const reading *r, size_t row)
{
    for (size_t i = 0; i < r->condition_count; i++) {
        const condition *c = &r->conditions[i];
        const size_t size = strlen(c->text);
        const int is_begin = size > 0 && c->text[size - 1] == '*';
        if (strncmp(r->sheet.rows[row].cells[c->column], c->text, is_begin ? size - 1 : 64) != 0) {
            return 0;
        }
    }
    return 1;
}

static pt_exit read_price(uint64_t *price, const pt_sheet *sheet, size_t row, size_t column,
                          pt_report *report)
{
    const char *text = sheet->rows[row].cells[column];
    pl_u256 number;
    if (pl_u256_parse_scaled(&number, NULL, text, strlen(text), 8) != PL_OK ||
        pl_u256_to_u64(price, &number) != PL_OK || *price == 0 || *price > PRICE_MAX) {
        return pt_sheet_wrong(sheet, row, column,
                              "a price above 0, at most 10^9, with at most 8 decimals", report);
    }
    return PT_OK;
}

static pt_exit read_rows(reading *r, size_t blocks, pt_report *report)
{
    r->first_row = SIZE_MAX;
    for (size_t row = 0; row < r->sheet.row_count; row++) {
        if (!is_wanted(r, row)) {
            continue;
        }
        r->first_row = r->first_row == SIZE_MAX ? row : r->first_row;
        for (size_t c = 0; c < r->column_count; c++) {
            uint64_t price = 0;
            const size_t have = r->prices.size / sizeof price;
            if (have == (blocks == 0 ? PT_PATH_BLOCKS_MAX : blocks)) {
                return PT_OK;
            }
            PT_TRY(read_price(&price, &r->sheet, row, r->columns[c], report));
            pt_put(&r->prices, &price, sizeof price);
        }
    }
    return r->first_row != SIZE_MAX
               ? PT_OK
               : pt_fail(report, PT_INPUT, "%s: no row is as --where says", r->sheet.file);
}

/* "2025-10-10 16:00:00" as seconds, or digits. */
static pt_exit read_time(uint64_t *time_s, const pt_sheet *sheet, size_t row, size_t column,
                         pt_report *report)
{
    const char *text = sheet->rows[row].cells[column];
    if (strlen(text) == 10 && strspn(text, "0123456789") == 10) {
        *time_s = strtoull(text, NULL, 10);
        return PT_OK;
    }
    return pt_moment(time_s, text)
               ? PT_OK
               : pt_sheet_wrong(sheet, row, column, "seconds, or YYYY-MM-DD HH:MM:SS in UTC",
                                report);
}

/* The other markets: the first one's relative step, times their beta, and noise. */
static void follow(pt_paths *paths, pt_random *random, const uint64_t *first)
{
    uint64_t walk[PT_PATH_MARKETS_MAX];
    for (size_t b = 0; b < paths->blocks; b++) {
        const uint64_t before = first[b == 0 ? 0 : b - 1];
        const int64_t step =
            (int64_t)pt_muldiv(first[b], MILLION, before > 0 ? before : 1) - (int64_t)MILLION;
        paths->prices[b * paths->markets] = first[b];
        for (size_t m = 1; m < paths->markets; m++) {
            const int64_t own = pt_random_bell(random) * NOISE_PPM / PT_RANDOM_SIGMA;
            const uint64_t from = b == 0 ? market_list[m].start : walk[m];
            walk[m] = moved(from, step * market_list[m].beta / 100 + own);
            paths->prices[b * paths->markets + m] = on_tick(walk[m], m);
        }
    }
}

static pt_exit read_table(reading *r, pt_paths *paths, size_t blocks, const pt_path_table *table,
                          pt_report *report)
{
    PT_TRY(pt_sheet_open(&r->sheet, table->file, report));
    PT_TRY(read_columns(r, table->columns, report));
    PT_TRY(read_conditions(r, table->where, report));
    PT_TRY(read_rows(r, blocks, report));
    if (table->time != NULL) {
        size_t column = 0;
        PT_TRY(find_column(&column, &r->sheet, table->time, strlen(table->time), report));
        PT_TRY(read_time(&paths->start_s, &r->sheet, r->first_row, column, report));
    }
    return PT_OK;
}

pt_exit pt_paths_read(pt_paths *paths, pt_random *random, size_t markets, size_t blocks,
                      const pt_path_table *table, pt_report *report)
{
    reading *r = pt_take_zeroed(1, sizeof *r);
    *paths = (pt_paths){0};
    const pt_exit result = read_table(r, paths, blocks, table, report);
    if (result == PT_OK) {
        const uint64_t start_s = paths->start_s;
        begin(paths, markets, r->prices.size / sizeof(uint64_t));
        paths->start_s = start_s;
        uint64_t *first = pt_take(r->prices.size + 1);
        memcpy(first, r->prices.data, r->prices.size);
        follow(paths, random, first);
        free(first);
    }
    pt_bytes_free(&r->prices);
    pt_sheet_close(&r->sheet);
    free(r);
    return result;
}
