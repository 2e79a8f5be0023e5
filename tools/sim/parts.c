#include "tools/sim/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/args.h"
#include "tools/common/file.h"
#include "tools/common/names.h"
#include "tools/common/value.h"
#include "tools/import/sheet.h"
#include "tools/import/world_file.h"
#include "tools/sim/moment.h"
#include "tools/sim/world_text.h"
#include "vm/num/text.h"

enum { COLUMNS = 6, FEEDS_MAX = 4096, ACCOUNTS_MAX = 4096 };
#define WORLD_SIZE_MAX (UINT64_C(64) << 20)

typedef struct column {
    const char *name, *other; /* other: a second name, read differently; or NULL */
    bool is_optional;
} column;

/* What the tables look like; the page of each command says the same. */
static const column columns[3][COLUMNS] = {
    [PT_PART_PRICES] = {{"time_s", "time", false}, {"feed", NULL, false}, {"price", NULL, false}},
    [PT_PART_TRADES] = {{"time_s", "time", false},
                        {"market", NULL, false},
                        {"maker", NULL, false},
                        {"taker", NULL, false},
                        {"size", NULL, false},
                        {"price", NULL, false}},
    [PT_PART_POSITIONS] = {{"account", NULL, false},
                           {"market", NULL, false},
                           {"size", NULL, false},
                           {"entry_price", NULL, false},
                           {"deposit", NULL, true}},
};

typedef struct parts {
    const pt_parts_options *options;
    pt_parts_result result;
    pt_sheet sheet;
    size_t places[COLUMNS]; /* in the sheet; SIZE_MAX: an optional one is absent */
    bool is_text_time;
    pt_bytes input;
    pt_json base;
    json_t *blocks;   /* of base; all have time_s */
    json_t *accounts; /* of base                  */
    size_t at;        /* the block of the row before */
    uint64_t before_s;
} parts;

/* ---- the world that the rows go into ---- */

/* Every block gets its absolute time, so that others can stand between them. */
static pt_exit set_times(parts *p, pt_report *report)
{
    pt_json list, node;
    uint64_t time_s = 0;
    PT_TRY(pt_json_u64(&time_s, &p->base, "time_s", 0, INT64_MAX, report));
    PT_TRY(pt_json_member(&list, &p->base, "blocks", JSON_ARRAY, report));
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        PT_TRY(pt_json_element(&node, &list, i, JSON_OBJECT, report));
        if (pt_json_has(&node, "after_s") && !pt_json_has(&node, "time_s")) {
            uint64_t after_s = 0;
            PT_TRY(pt_json_u64(&after_s, &node, "after_s", 0, INT64_MAX - time_s, report));
            time_s += after_s;
            (void)json_object_del(node.value, "after_s");
            (void)json_object_set_new(node.value, "time_s", json_integer((json_int_t)time_s));
        }
        PT_TRY(pt_json_u64(&time_s, &node, "time_s", time_s, INT64_MAX, report));
    }
    p->blocks = list.value;
    return PT_OK;
}

/* Sources stand relative to the folder of the file, which may be another one now. */
static pt_exit move_sources(parts *p, pt_report *report)
{
    pt_json list, node, place;
    const char *into = p->options->into;
    const size_t size = (size_t)(pt_path_base(into) - into);
    PT_TRY(pt_json_member(&list, &p->base, "contracts", JSON_ARRAY, report));
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        PT_TRY(pt_json_element(&node, &list, i, JSON_OBJECT, report));
        PT_TRY(pt_json_member(&place, &node, "source", JSON_STRING, report));
        char *folder = size == 0 ? pt_copy_text(".", 1) : pt_copy_text(into, size);
        char *whole = pt_path_join(folder, json_string_value(place.value)), *path = NULL;
        const pt_exit exit = pt_world_text_path(&path, p->options->path, whole, report);
        if (exit == PT_OK) {
            (void)json_object_set_new(node.value, "source", json_string(path));
        }
        free(path);
        free(whole);
        free(folder);
        PT_TRY(exit);
    }
    return PT_OK;
}

static pt_exit open_base(parts *p, pt_report *report)
{
    pt_json list;
    PT_TRY(pt_file_read(&p->input, p->options->into, WORLD_SIZE_MAX, report));
    PT_TRY(pt_json_parse(&p->base, p->options->into, 0, (const char *)p->input.data, p->input.size,
                         report));
    if (!pt_json_has(&p->base, "accounts")) {
        (void)json_object_set_new(p->base.value, "accounts", json_array());
    }
    PT_TRY(pt_json_member(&list, &p->base, "accounts", JSON_ARRAY, report));
    p->accounts = list.value;
    PT_TRY(set_times(p, report));
    return move_sources(p, report);
}

/* ---- columns ---- */

static bool has_name(const column *c, const char *name)
{
    return c->name != NULL &&
           (strcmp(c->name, name) == 0 || (c->other != NULL && strcmp(c->other, name) == 0));
}

static pt_exit check_heads(const parts *p, pt_report *report)
{
    const column *list = columns[p->options->part];
    const char *names[COLUMNS];
    size_t count = 0;
    for (size_t i = 0; i < COLUMNS && list[i].name != NULL; i++) {
        names[count++] = list[i].name;
    }
    for (size_t h = 0; h < p->sheet.column_count; h++) {
        bool is_known = false;
        for (size_t i = 0; i < count; i++) {
            is_known = is_known || has_name(&list[i], p->sheet.heads[h]);
        }
        if (!is_known) {
            const char *near = pt_name_nearest(p->sheet.heads[h], names, count);
            return pt_fail(report, PT_INPUT, "%s:1: unknown column \"%.60s\"%s%s%s", p->sheet.file,
                           p->sheet.heads[h], near != NULL ? "; did you mean \"" : "",
                           near != NULL ? near : "", near != NULL ? "\"?" : "");
        }
    }
    return PT_OK;
}

static pt_exit find_columns(parts *p, pt_report *report)
{
    const column *list = columns[p->options->part];
    PT_TRY(check_heads(p, report));
    for (size_t i = 0; i < COLUMNS && list[i].name != NULL; i++) {
        p->places[i] = pt_sheet_column(&p->sheet, list[i].name);
        if (p->places[i] == SIZE_MAX && list[i].other != NULL) {
            p->places[i] = pt_sheet_column(&p->sheet, list[i].other);
            p->is_text_time = p->places[i] != SIZE_MAX;
        }
        if (p->places[i] == SIZE_MAX && !list[i].is_optional) {
            return pt_fail(report, PT_INPUT, "%s:1: there is no column \"%s\"%s%s%s", p->sheet.file,
                           list[i].name, list[i].other != NULL ? " (or \"" : "",
                           list[i].other != NULL ? list[i].other : "",
                           list[i].other != NULL ? "\")" : "");
        }
    }
    return PT_OK;
}

/* ---- cells ---- */

static const char *cell(const parts *p, size_t row, size_t number)
{
    return p->places[number] == SIZE_MAX ? "" : p->sheet.rows[row].cells[p->places[number]];
}

static pt_exit wrong(const parts *p, size_t row, size_t number, const char *expected,
                     pt_report *report)
{
    return pt_sheet_wrong(&p->sheet, row, p->places[number], expected, report);
}

/* An exact decimal; sign: -1 any but 0, 0 at least 0, 1 above 0. */
static pt_exit check_number(const parts *p, size_t row, size_t number, uint32_t scale, int sign,
                            pt_report *report)
{
    const char *text = cell(p, row, number);
    char expected[120];
    pl_i256 value;
    const bool is_number = pl_i256_parse_scaled(&value, NULL, text, strlen(text), scale) == PL_OK;
    if (is_number && (sign == 0 || !pl_u256_is_zero(&value)) &&
        (sign < 0 || !pl_i256_is_neg(&value))) {
        return PT_OK;
    }
    (void)snprintf(expected, sizeof expected, "a decimal number %s with at most %u decimals",
                   sign < 0   ? "other than 0"
                   : sign > 0 ? "above 0"
                              : "of 0 or more",
                   (unsigned)scale);
    return wrong(p, row, number, expected, report);
}

static pt_exit read_market(json_t **market, const parts *p, size_t row, size_t number,
                           pt_report *report)
{
    uint64_t value = 0;
    if (!pt_parse_u64(&value, cell(p, row, number)) || value > UINT32_MAX) {
        return wrong(p, row, number, "the number of a market, 0 to 4294967295", report);
    }
    *market = json_integer((json_int_t)value);
    return PT_OK;
}

/* A person; new ones become accounts of the world. */
static pt_exit note_account(parts *p, size_t row, size_t number, pt_report *report)
{
    const char *name = cell(p, row, number);
    uint8_t symbol[32];
    if (name[0] == '\0' || name[0] == '@' || strncmp(name, "0x", 2) == 0 ||
        !pt_symbol(symbol, name)) {
        return wrong(p, row, number,
                     "an account: 1 to 32 printable characters without spaces, not starting with "
                     "@ or 0x",
                     report);
    }
    for (size_t i = 0; i < json_array_size(p->accounts); i++) {
        const char *other = json_string_value(json_array_get(p->accounts, i));
        if (other != NULL && strcmp(other, name) == 0) {
            return PT_OK;
        }
    }
    (void)json_array_append_new(p->accounts, json_string(name));
    return ++p->result.accounts_added < ACCOUNTS_MAX
               ? PT_OK
               : wrong(p, row, number, "one of at most 4096 accounts", report);
}

static pt_exit read_time(uint64_t *time_s, const parts *p, size_t row, pt_report *report)
{
    const char *text = cell(p, row, 0);
    if (p->is_text_time) {
        return pt_moment(time_s, text) ? PT_OK
                                       : wrong(p, row, 0, "YYYY-MM-DD HH:MM:SS in UTC", report);
    }
    return pt_parse_u64(time_s, text) && *time_s <= INT64_MAX
               ? PT_OK
               : wrong(p, row, 0, "seconds since 1970, a whole number", report);
}

/* ---- rows ---- */

/* The block of a row's time; rows ascend. */
static pt_exit block_of(json_t **block, parts *p, size_t row, pt_report *report)
{
    uint64_t time_s = 0;
    PT_TRY(read_time(&time_s, p, row, report));
    const uint64_t start_s = (uint64_t)json_integer_value(json_object_get(p->base.value, "time_s"));
    if (time_s < p->before_s || time_s < start_s) {
        return wrong(p, row, 0, "a time not before the row above and not before the world's",
                     report);
    }
    p->before_s = time_s;
    for (;; p->at++) {
        *block = json_array_get(p->blocks, p->at);
        const uint64_t at_s = (uint64_t)json_integer_value(json_object_get(*block, "time_s"));
        if (*block == NULL || at_s > time_s) {
            break;
        }
        if (at_s == time_s) {
            return PT_OK;
        }
    }
    *block = json_pack("{s:I}", "time_s", (json_int_t)time_s);
    (void)json_array_insert_new(p->blocks, p->at, *block);
    p->result.blocks_added++;
    return PT_OK;
}

/* The list or object under key of a block, made when it is absent. */
static json_t *member_of(json_t *block, const char *key, json_t *fresh)
{
    json_t *found = json_object_get(block, key);
    if (found == NULL) {
        (void)json_object_set(block, key, fresh);
        found = fresh;
    }
    json_decref(fresh);
    return found;
}

static void add_call(json_t *block, const char *from, const char *engine, const char *function,
                     json_t *args)
{
    char call[100];
    (void)snprintf(call, sizeof call, "%.40s.%.40s", engine, function);
    (void)json_array_append_new(
        member_of(block, "calls", json_array()),
        json_pack("{s:s, s:s, s:o}", "from", from, "call", call, "args", args));
}

/* The decimals of a feed of the world. */
static pt_exit find_feed(uint64_t *decimals, const parts *p, size_t row, pt_report *report)
{
    const char *names[FEEDS_MAX];
    char expected[200];
    pt_json list, node, name;
    size_t count = 0;
    PT_TRY(pt_json_member(&list, &p->base, "feeds", JSON_ARRAY, report));
    for (; count < json_array_size(list.value) && count < FEEDS_MAX; count++) {
        PT_TRY(pt_json_element(&node, &list, count, JSON_OBJECT, report));
        PT_TRY(pt_json_member(&name, &node, "name", JSON_STRING, report));
        names[count] = json_string_value(name.value);
        if (strcmp(names[count], cell(p, row, 1)) == 0) {
            return pt_json_u64(decimals, &node, "decimals", 0, 77, report);
        }
    }
    const char *near = pt_name_nearest(cell(p, row, 1), names, count);
    (void)snprintf(expected, sizeof expected, "a feed of %.60s%s%.60s%s",
                   pt_path_base(p->options->into), near != NULL ? " (did you mean \"" : "",
                   near != NULL ? near : "", near != NULL ? "\"?)" : "");
    return wrong(p, row, 1, expected, report);
}

static pt_exit add_price(parts *p, size_t row, pt_report *report)
{
    json_t *block = NULL;
    uint64_t decimals = 0;
    PT_TRY(block_of(&block, p, row, report));
    PT_TRY(find_feed(&decimals, p, row, report));
    PT_TRY(check_number(p, row, 2, (uint32_t)decimals, 1, report));
    json_t *prices = member_of(block, "prices", json_object());
    if (json_object_get(prices, cell(p, row, 1)) != NULL) {
        return wrong(p, row, 1, "a feed that has no price at this time yet", report);
    }
    (void)json_object_set_new(prices, cell(p, row, 1), json_string(cell(p, row, 2)));
    return PT_OK;
}

static pt_exit add_trade(parts *p, size_t row, pt_report *report)
{
    json_t *block = NULL, *market = NULL;
    PT_TRY(block_of(&block, p, row, report));
    PT_TRY(note_account(p, row, 2, report));
    PT_TRY(note_account(p, row, 3, report));
    PT_TRY(check_number(p, row, 4, 9, -1, report));
    PT_TRY(check_number(p, row, 5, 8, 1, report));
    PT_TRY(read_market(&market, p, row, 1, report));
    add_call(block, p->options->operator_, p->options->engine, "fill",
             json_pack("[o, s, s, s, s]", market, cell(p, row, 2), cell(p, row, 3), cell(p, row, 4),
                       cell(p, row, 5)));
    return PT_OK;
}

static pt_exit add_position(parts *p, size_t row, pt_report *report)
{
    json_t *block = json_array_get(p->blocks, (size_t)p->options->block - 1), *market = NULL;
    const char *who = cell(p, row, 0);
    PT_TRY(note_account(p, row, 0, report));
    PT_TRY(check_number(p, row, 2, 9, -1, report));
    PT_TRY(check_number(p, row, 3, 8, 1, report));
    if (cell(p, row, 4)[0] != '\0') {
        PT_TRY(check_number(p, row, 4, 6, 0, report));
    }
    PT_TRY(read_market(&market, p, row, 1, report));
    const char *amount = cell(p, row, 4);
    if (strspn(amount, "0.") != strlen(amount)) {
        add_call(block, who, p->options->engine, "deposit", json_pack("[s, s]", who, amount));
    }
    add_call(block, p->options->operator_, p->options->engine, "fill",
             json_pack("[o, s, s, s, s]", market, p->options->maker, who, cell(p, row, 2),
                       cell(p, row, 3)));
    return PT_OK;
}

static pt_exit add_rows(parts *p, pt_report *report)
{
    static pt_exit (*const add[])(parts *, size_t, pt_report *) = {add_price, add_trade,
                                                                   add_position};
    const pt_parts_options *options = p->options;
    if (options->part == PT_PART_POSITIONS &&
        (options->block == 0 || options->block > json_array_size(p->blocks))) {
        return pt_fail(report, PT_INPUT,
                       "%s: it has %zu blocks, positions are to be opened in block %llu; --block "
                       "says which",
                       options->into, json_array_size(p->blocks),
                       (unsigned long long)options->block);
    }
    for (size_t row = 0; row < p->sheet.row_count; row++) {
        PT_TRY(add[options->part](p, row, report));
        p->result.rows++;
    }
    return PT_OK;
}

/* The world is made once, so that what is wrong is found now and not by the next tool. */
static pt_exit check_world(const parts *p, pt_report *report)
{
    pt_world_file world = {.file = p->options->path};
    world.root = (pt_json){.value = json_incref(p->base.value), .file = p->options->path};
    const pt_exit exit = pt_world_file_make(&world, p->options->library, report);
    pt_world_file_close(&world);
    return exit;
}

static pt_exit make(parts *p, pt_bytes *text, pt_report *report)
{
    PT_TRY(open_base(p, report));
    PT_TRY(pt_sheet_open(&p->sheet, p->options->file, report));
    PT_TRY(find_columns(p, report));
    PT_TRY(add_rows(p, report));
    PT_TRY(check_world(p, report));
    pt_world_text(text, p->base.value);
    return PT_OK;
}

pt_exit pt_parts_make(pt_bytes *text, pt_parts_result *result, const pt_parts_options *options,
                      pt_report *report)
{
    parts p = {.options = options};
    const pt_exit exit = make(&p, text, report);
    *result = p.result;
    pt_sheet_close(&p.sheet);
    json_decref(p.base.value);
    pt_bytes_free(&p.input);
    return exit;
}
