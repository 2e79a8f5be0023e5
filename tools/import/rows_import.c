/* plim import csv: one block for each row (rows.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/interrupt.h"
#include "tools/common/file.h"
#include "tools/common/value.h"
#include "tools/import/body.h"
#include "tools/import/folder.h"
#include "tools/import/rows.h"
#include "vm/num/text.h"

typedef struct importer {
    pt_sheet sheet;
    pt_rows rows;
    pt_bytes history, expectations;
    uint64_t time_s;
    uint64_t *rounds; /* [feed] */
    uint64_t prices, values;
    json_t *causes; /* text: its place from 1 */
    pt_cause cause_list[PT_ROWS_CAUSES_MAX];
    size_t cause_count;
} importer;

/* The place of a cause, which is added when it is new; 0 when the list is full or text is NULL. */
static uint16_t cause_of(importer *run, const char *text)
{
    json_t *found = text != NULL ? json_object_get(run->causes, text) : NULL;
    if (found != NULL) {
        return (uint16_t)json_integer_value(found);
    }
    if (text == NULL || run->cause_count == PT_ROWS_CAUSES_MAX) {
        return 0;
    }
    run->cause_list[run->cause_count++] = (pt_cause){.text = text, .size = (uint16_t)strlen(text)};
    (void)json_object_set_new(run->causes, text, json_integer((json_int_t)run->cause_count));
    return (uint16_t)run->cause_count;
}

/* All causes there can be, since the head of the expectations comes before the rows. */
static void gather_causes(importer *run)
{
    const pt_rows *rows = &run->rows;
    for (size_t i = 0; i < rows->series_count; i++) {
        const char *key = NULL;
        json_t *mark = NULL;
        json_object_foreach(rows->series[i].marks, key, mark)
        {
            (void)cause_of(run, json_string_value(mark));
        }
    }
    for (size_t i = 0; i < rows->column_count; i++) {
        (void)cause_of(run, rows->likely[i]);
    }
}

/* What is wrong with a value that this row's values are computed from, if the export shows it. */
static uint16_t cause_in_row(importer *run, size_t row, size_t column)
{
    const pt_rows *rows = &run->rows;
    for (size_t i = 0; i < rows->series_count; i++) {
        for (size_t p = 0; p < rows->series[i].place_count; p++) {
            const char *mark = pt_series_mark(&rows->series[i], rows->sheet, row, p);
            if (mark != NULL) {
                return cause_of(run, mark);
            }
        }
    }
    return cause_of(run, rows->likely[column]);
}

static pt_exit read_time(importer *run, size_t row, pt_report *report)
{
    const pt_rows *rows = &run->rows;
    pt_bytes stored = {0};
    static const pl_field field = {.type = {.class = PL_CLASS_UINT, .size = 8}};
    PT_TRY(pt_source_store(&stored, &rows->time, rows, row, &field, report));
    pt_reader reader = {.data = stored.data, .size = stored.size};
    const uint64_t time_s = pt_get_u64(&reader);
    pt_bytes_free(&stored);
    if (time_s < run->time_s || time_s > INT64_MAX) {
        char expected[80];
        const pt_json node = pt_source_node(&rows->time, rows, row, NULL);
        (void)snprintf(expected, sizeof expected,
                       "seconds, not before %llu (rows in order of time)",
                       (unsigned long long)run->time_s);
        return rows->time.column_count == 0
                   ? pt_json_wrong(&node, report, expected)
                   : pt_sheet_wrong(rows->sheet, row, rows->time.columns[0], expected, report);
    }
    run->time_s = time_s;
    return PT_OK;
}

static pt_exit read_feed(uint32_t *feed, const pt_rows *rows, const pt_source *source, size_t row,
                         pt_report *report)
{
    json_t *value = NULL;
    const pt_build *build = &rows->world.build;
    PT_TRY(pt_source_value(&value, source, rows, row, report));
    const char *name = json_string_value(value);
    for (size_t f = 0; f < build->feed_count && name != NULL; f++) {
        if (strcmp(build->feeds[f].name, name) == 0 && build->feeds[f].is_stand_in) {
            *feed = (uint32_t)f;
            json_decref(value);
            return PT_OK;
        }
    }
    const pt_json node = pt_source_node(source, rows, row, value);
    const pt_exit result = pt_json_wrong(&node, report, "the name of a feed of the map");
    json_decref(value);
    return result;
}

static pt_exit read_price(pl_i256 *price, const pt_rows *rows, const pt_rows_price *source,
                          uint32_t decimals, size_t row, pt_report *report)
{
    json_t *value = NULL;
    PT_TRY(pt_source_value(&value, &source->price, rows, row, report));
    const char *text = json_string_value(value);
    const bool good = text != NULL && pl_i256_parse_scaled(price, NULL, text, strlen(text),
                                                           source->raw ? 0 : decimals) == PL_OK;
    const pt_json node = pt_source_node(&source->price, rows, row, value);
    const pt_exit result =
        good ? PT_OK : pt_json_wrong(&node, report, "a price with at most the feed's decimals");
    json_decref(value);
    return result;
}

/* The reports of a row, each feed once: two sources that name one feed must say the same price. */
static pt_exit put_prices(pt_bytes *body, importer *run, size_t row, pt_report *report)
{
    const pt_rows *rows = &run->rows;
    uint32_t feeds[PT_ROWS_PRICES_MAX], count = 0;
    pl_i256 prices[PT_ROWS_PRICES_MAX];
    const size_t start = body->size;
    pt_put_u32(body, 0);
    for (size_t i = 0; i < rows->price_count; i++) {
        size_t same = 0;
        PT_TRY(read_feed(&feeds[count], rows, &rows->prices[i].feed, row, report));
        const uint8_t decimals = rows->world.build.feeds[feeds[count]].decimals;
        PT_TRY(read_price(&prices[count], rows, &rows->prices[i], decimals, row, report));
        while (feeds[same] != feeds[count]) {
            same++;
        }
        if (same != count) {
            const pt_json node = pt_source_node(&rows->prices[i].price, rows, row, NULL);
            if (!pl_u256_eq(&prices[same], &prices[count])) {
                return pt_json_wrong(&node, report, "the price that this row tells before");
            }
            continue;
        }
        const pt_price_report told = {.feed = feeds[count],
                                      .round = ++run->rounds[feeds[count]],
                                      .time_s = run->time_s,
                                      .price = prices[count],
                                      .decimals = decimals};
        PT_TRY(pt_body_report(body, &rows->world.signer, pl_chain_world(rows->world.chain)->id,
                              &told, report));
        count++;
    }
    run->prices += count;
    pt_set_u32(body, start, count);
    return PT_OK;
}

static pt_exit put_call(pt_bytes *body, pt_bytes *arguments, importer *run, size_t row,
                        pt_report *report)
{
    const pt_rows *rows = &run->rows;
    const pl_function *function =
        &rows->world.contracts[rows->contract - 1].code.functions[rows->function];
    static const pl_field account = {.type = {.class = PL_CLASS_ACCOUNT, .size = 32}};
    pt_bytes caller = {0};
    pl_tx tx = {.contract = rows->contract,
                .function = (uint16_t)rows->function,
                .gas_limit = rows->world.build.tx_gas_max};
    PT_TRY(pt_source_store(&caller, &rows->from, rows, row, &account, report));
    memcpy(tx.caller, caller.data, sizeof tx.caller);
    pt_bytes_free(&caller);
    for (size_t i = 0; i < function->parameter_count; i++) {
        PT_TRY(pt_source_store(arguments, &rows->arguments[i], rows, row, &function->parameters[i],
                               report));
    }
    tx.arguments = arguments->data;
    tx.arguments_size = (uint32_t)arguments->size;
    pt_put_u32(body, 1);
    pt_body_call(body, &tx);
    return PT_OK;
}

/* The record of a row: the call succeeds, and these are the export's values. */
static pt_exit put_expected(importer *run, size_t row, pt_report *report)
{
    const pt_rows *rows = &run->rows;
    pt_bytes stored[PT_ROWS_COLUMNS_MAX] = {{0}};
    pt_expect_value values[PT_ROWS_COLUMNS_MAX];
    pt_expect_tx ok = {.status = PL_OK, .error = ""};
    pt_record record = {.height = row + 1,
                        .transactions = &ok,
                        .transaction_count = 1,
                        .values = values,
                        .value_count = (uint16_t)rows->column_count};
    pt_exit result = PT_OK;
    for (size_t i = 0; i < rows->column_count && result == PT_OK; i++) {
        const bool compared = rows->columns[i].result != PT_RESULT_NONE;
        result = pt_source_store(&stored[i], &rows->values[i], rows, row, rows->fields[i], report);
        values[i] = (pt_expect_value){.column = (uint16_t)i,
                                      .cause = compared ? cause_in_row(run, row, i) : 0,
                                      .size = (uint16_t)stored[i].size,
                                      .bytes = stored[i].data};
        run->values += compared ? 1 : 0;
    }
    if (result == PT_OK) {
        pt_expect_write_values(&run->expectations, &record);
    }
    for (size_t i = 0; i < rows->column_count; i++) {
        pt_bytes_free(&stored[i]);
    }
    return result;
}

static pt_exit seal(importer *run, const pt_bytes *body, size_t row, pt_report *report)
{
    pl_block_result result;
    const pl_status status = pl_chain_seal_block(&result, run->rows.world.chain, run->time_s,
                                                 body->data, body->size, NULL);
    const size_t line = run->sheet.rows[row].line;
    if (status != PL_OK) {
        return pt_fail_status(report, status, "%s:%zu: the block made from this row is refused",
                              run->sheet.file, line);
    }
    if (result.counts.reports_refused != 0 || result.counts.tx_reject != 0) {
        return pt_fail(report, PT_INPUT,
                       "%s:%zu: the chain does not take this row's price or call (a price outside "
                       "the feed's min and max, a caller that is a contract)",
                       run->sheet.file, line);
    }
    pt_history_block(&run->history, &result);
    return PT_OK;
}

static pt_exit one_row(importer *run, size_t row, pt_report *report)
{
    pt_bytes body = {0}, arguments = {0};
    pt_exit result = read_time(run, row, report);
    if (result == PT_OK) {
        result = put_prices(&body, run, row, report);
    }
    if (result == PT_OK) {
        result = put_call(&body, &arguments, run, row, report);
    }
    if (result == PT_OK) {
        result = put_expected(run, row, report);
    }
    if (result == PT_OK) {
        result = seal(run, &body, row, report);
    }
    pt_bytes_free(&body);
    pt_bytes_free(&arguments);
    return result;
}

static pt_exit write_folder(const importer *run, const char *folder, pt_report *report)
{
    const pt_rows *rows = &run->rows;
    const pl_chain *chain = rows->world.chain;
    char text[3000], root[65], id[65];
    pl_head head;
    pl_chain_head(&head, chain);
    pt_hex(root, head.state_root, 32);
    pt_hex(id, pl_chain_world(chain)->id, 32);
    (void)snprintf(
        text, sizeof text,
        "# %s\n\n"
        "Made by `plim import csv` from `%s` with the map `%s`: one block for each row. What the\n"
        "export prints stands in `expect.plx.gz` and is compared, value by value, with what the\n"
        "contract computes: identical, explained by a named rule of its column, or different.\n\n"
        "Source: %.800s\n\n"
        "Prices are the export's own, signed by a %s: they prove nothing about a market.\n\n"
        "| | |\n|---|---|\n| rows | %llu |\n| prices | %llu |\n| values compared | %llu |\n"
        "| world id | `%s` |\n| last state root | `%s` |\n\n"
        "Compare: `plim replay` with this folder; `--all-differences` names each one.\n",
        rows->world.build.name, pt_path_base(run->sheet.file), pt_path_base(rows->file),
        rows->source, PT_STAND_IN, (unsigned long long)head.height, (unsigned long long)run->prices,
        (unsigned long long)run->values, id, root);
    return pt_folder_write(folder, &run->history, &run->expectations, chain, text, report);
}

static pt_exit import_all(importer *run, const char *file, const char *folder, const char *library,
                          pt_report *report)
{
    pt_rows *rows = &run->rows;
    PT_TRY(pt_sheet_open(&run->sheet, file, report));
    PT_TRY(pt_rows_open(rows, library, report));
    run->rounds = pt_take_zeroed(rows->world.build.feed_count + 1, sizeof *run->rounds);
    run->time_s = rows->world.build.time_s;
    gather_causes(run);
    pt_history_begin(&run->history, &rows->world.world);
    pt_expect_write_columns(&run->expectations, rows->source, rows->columns,
                            (uint16_t)rows->column_count, rows->rules, run->cause_list,
                            (uint16_t)run->cause_count);
    for (size_t row = 0; row < run->sheet.row_count; row++) {
        if (pt_interrupted()) {
            return pt_fail(report, PT_INTERRUPTED, "interrupted; nothing was written");
        }
        PT_TRY(one_row(run, row, report));
    }
    return write_folder(run, folder, report);
}

pt_exit pt_import_rows(pt_rows_result *result, const char *file, const char *map,
                       const char *folder, const char *library, pt_report *report)
{
    importer *run = pt_take_zeroed(1, sizeof *run);
    run->rows.file = map;
    run->rows.sheet = &run->sheet;
    run->causes = json_object();
    const pt_exit verdict = import_all(run, file, folder, library, report);
    *result = (pt_rows_result){0};
    if (verdict == PT_OK) {
        pl_head head;
        pl_chain_head(&head, run->rows.world.chain);
        memcpy(result->name, run->rows.world.build.name, sizeof result->name);
        memcpy(result->root, head.state_root, 32);
        result->rows = head.height;
        result->prices = run->prices;
        result->values = run->values;
    }
    pt_rows_close(&run->rows);
    pt_sheet_close(&run->sheet);
    json_decref(run->causes);
    free(run->rounds);
    pt_bytes_free(&run->history);
    pt_bytes_free(&run->expectations);
    free(run);
    return verdict;
}
