/* Reading a map of rows (rows.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/import/rows.h"

void pt_rows_close(pt_rows *rows)
{
    for (size_t i = 0; i < rows->series_count; i++) {
        pt_series_free(&rows->series[i]);
    }
    pt_world_file_close(&rows->world);
    json_decref(rows->map);
}

/* ---- columns and sources ---- */

static pt_exit read_column(size_t *column, const pt_rows *rows, const pt_json *node,
                           pt_report *report)
{
    const char *name = json_string_value(node->value);
    if (name == NULL) {
        return pt_json_wrong(node, report, "the name of a column");
    }
    *column = pt_sheet_column(rows->sheet, name);
    return *column != SIZE_MAX
               ? PT_OK
               : pt_world_unknown(node, "a column of the export", name, rows->sheet->heads,
                                  rows->sheet->column_count, report);
}

/* "name" or ["name", ..] */
static pt_exit read_columns(size_t *columns, size_t *count, const pt_rows *rows,
                            const pt_json *node, pt_report *report)
{
    *count = 0;
    if (!json_is_array(node->value)) {
        *count = 1;
        return read_column(&columns[0], rows, node, report);
    }
    const size_t size = json_array_size(node->value);
    if (size == 0 || size > PT_KEY_COLUMNS_MAX) {
        return pt_json_wrong(node, report, "1 to 4 columns");
    }
    for (size_t i = 0; i < size; i++) {
        pt_json element;
        PT_TRY(pt_json_element(&element, node, i, JSON_STRING, report));
        PT_TRY(read_column(&columns[(*count)++], rows, &element, report));
    }
    return PT_OK;
}

static pt_exit read_form(pt_source *source, const pt_json *node, pt_report *report)
{
    static const char *const names[] = {"text", "float64", "float64 slack", "address"};
    pt_json form;
    if (!pt_json_has(node, "as")) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&form, node, "as", JSON_STRING, report));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(json_string_value(form.value), names[i]) == 0) {
            source->form = (pt_form)i;
            return PT_OK;
        }
    }
    return pt_json_wrong(&form, report, "text, float64, float64 slack or address");
}

static pt_exit read_lookup(pt_source *source, const pt_rows *rows, const pt_json *node,
                           pt_report *report)
{
    pt_json in, lists;
    const pt_json root = {.file = rows->file};
    const pt_json map = {.value = rows->map, .parent = &root, .key = "rows", .file = rows->file};
    if (!pt_json_has(node, "in")) {
        return source->column_count == 1
                   ? PT_OK
                   : pt_json_wrong(node, report, "\"in\", since there are several columns");
    }
    PT_TRY(pt_json_member(&in, node, "in", JSON_STRING, report));
    PT_TRY(pt_json_member(&lists, &map, "lists", JSON_OBJECT, report));
    source->list = json_string_value(in.value);
    source->lookup = json_object_get(lists.value, source->list);
    return json_is_object(source->lookup)
               ? PT_OK
               : pt_json_wrong(&in, report,
                               "a list under \"lists\": {\"LIST\": {\"cell\": value}}");
}

/* A constant; {"column": ..} with more; {"series": .., "place": .., "row": "before" or "after"}. */
static pt_exit read_source(pt_source *source, const pt_rows *rows, const char *key,
                           const pt_json *node, pt_report *report)
{
    static const char *const keys[] = {"column",   "in",     "empty", "as",
                                       "decimals", "series", "row",   "place"};
    *source = (pt_source){.key = key};
    if (!json_is_object(node->value)) {
        source->constant = node->value;
        return node->value != NULL ? PT_OK : pt_json_wrong(node, report, "a value or a source");
    }
    PT_TRY(pt_json_only(node, keys, sizeof keys / sizeof keys[0], report));
    PT_TRY(read_form(source, node, report));
    source->empty = json_object_get(node->value, "empty");
    if (pt_json_has(node, "decimals")) {
        uint64_t decimals = 0;
        PT_TRY(pt_json_u64(&decimals, node, "decimals", 0, 77, report));
        source->has_decimals = true;
        source->decimals = (uint32_t)decimals;
    }
    if (pt_json_has(node, "series")) {
        pt_json name, row;
        uint64_t place = 0;
        PT_TRY(pt_json_member(&name, node, "series", JSON_STRING, report));
        for (size_t i = 0; i < rows->series_count; i++) {
            if (strcmp(rows->series[i].name, json_string_value(name.value)) == 0) {
                source->series = &rows->series[i];
            }
        }
        if (source->series == NULL) {
            return pt_json_wrong(&name, report, "a series of \"series\"");
        }
        PT_TRY(pt_json_u64(&place, node, "place", 0, source->series->place_count - 1, report));
        PT_TRY(pt_json_member(&row, node, "row", JSON_STRING, report));
        source->place = (size_t)place;
        source->after = strcmp(json_string_value(row.value), "after") == 0;
        source->columns[0] = source->series->places[place].column;
        source->column_count = 1;
        return source->after || strcmp(json_string_value(row.value), "before") == 0
                   ? PT_OK
                   : pt_json_wrong(&row, report, "before or after");
    }
    const pt_json column = {.value = json_object_get(node->value, "column"),
                            .parent = node,
                            .key = "column",
                            .file = node->file};
    PT_TRY(read_columns(source->columns, &source->column_count, rows, &column, report));
    return read_lookup(source, rows, node, report);
}

static pt_exit read_member(pt_source *source, const pt_rows *rows, const pt_json *object,
                           const char *key, pt_report *report)
{
    const pt_json node = {.value = json_object_get(object->value, key),
                          .parent = object,
                          .key = key,
                          .file = object->file};
    return read_source(source, rows, key, &node, report);
}

/* ---- the parts of the map ---- */

static pt_exit read_series(pt_rows *rows, const pt_json *map, pt_report *report)
{
    static const char *const keys[] = {"column", "of"};
    pt_json all;
    if (!pt_json_has(map, "series")) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&all, map, "series", JSON_OBJECT, report));
    for (void *at = json_object_iter(all.value); at != NULL;
         at = json_object_iter_next(all.value, at)) {
        const pt_json list = pt_world_member_at(&all, at);
        const size_t count = json_array_size(list.value);
        if (count == 0 || count > PT_SERIES_PLACES_MAX ||
            rows->series_count == PT_ROWS_SERIES_MAX) {
            return pt_json_wrong(&list, report, "1 to 4 places, of at most 8 series");
        }
        pt_series *series = &rows->series[rows->series_count++];
        series->name = list.key;
        for (size_t i = 0; i < count; i++) {
            pt_json node, column, of;
            pt_series_place *place = &series->places[series->place_count++];
            PT_TRY(pt_json_element(&node, &list, i, JSON_OBJECT, report));
            PT_TRY(pt_json_only(&node, keys, 2, report));
            PT_TRY(pt_json_member(&column, &node, "column", JSON_STRING, report));
            PT_TRY(pt_json_member(&of, &node, "of", JSON_ARRAY, report));
            PT_TRY(read_column(&place->column, rows, &column, report));
            PT_TRY(read_columns(place->keys, &place->key_count, rows, &of, report));
        }
        pt_series_build(series, rows->sheet);
    }
    return PT_OK;
}

static pt_exit read_prices(pt_rows *rows, const pt_json *map, pt_report *report)
{
    static const char *const keys[] = {"feed", "price", "raw"};
    pt_json list, node;
    if (!pt_json_has(map, "prices")) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&list, map, "prices", JSON_ARRAY, report));
    if (json_array_size(list.value) > PT_ROWS_PRICES_MAX) {
        return pt_json_wrong(&list, report, "at most 16 prices");
    }
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        pt_rows_price *price = &rows->prices[rows->price_count++];
        PT_TRY(pt_json_element(&node, &list, i, JSON_OBJECT, report));
        PT_TRY(pt_json_only(&node, keys, sizeof keys / sizeof keys[0], report));
        PT_TRY(read_member(&price->feed, rows, &node, "feed", report));
        PT_TRY(read_member(&price->price, rows, &node, "price", report));
        if (pt_json_has(&node, "raw")) {
            PT_TRY(pt_json_bool(&price->raw, &node, "raw", report));
        }
    }
    return PT_OK;
}

static const pl_function *called(const pt_rows *rows)
{
    return &rows->world.contracts[rows->contract - 1].code.functions[rows->function];
}

static pt_exit read_call(pt_rows *rows, const pt_json *map, pt_report *report)
{
    pt_json call, args;
    char texts[PL_PARAMETERS_MAX][64];
    const char *names[PL_PARAMETERS_MAX];
    PT_TRY(pt_json_member(&call, map, "call", JSON_STRING, report));
    PT_TRY(pt_world_function(&rows->contract, &rows->function, &rows->world, &call, false, report));
    PT_TRY(pt_json_member(&args, map, "args", JSON_OBJECT, report));
    const pl_function *function = called(rows);
    for (size_t i = 0; i < function->parameter_count; i++) {
        names[i] = pt_world_name(texts[i], function->parameters[i].name);
    }
    PT_TRY(pt_json_only(&args, names, function->parameter_count, report));
    for (size_t i = 0; i < function->parameter_count; i++) {
        PT_TRY(read_member(&rows->arguments[i], rows, &args, names[i], report));
        rows->arguments[i].key = json_object_iter_key(json_object_iter_at(args.value, names[i]));
    }
    return PT_OK;
}

/* The number of the result called name. */
static pt_exit read_result(uint8_t *number, const pt_rows *rows, const pt_json *object,
                           const char *key, pt_report *report)
{
    pt_json node;
    char texts[PL_RESULTS_MAX][64];
    const char *names[PL_RESULTS_MAX];
    const pl_function *function = called(rows);
    PT_TRY(pt_json_member(&node, object, key, JSON_STRING, report));
    for (size_t i = 0; i < function->result_count; i++) {
        names[i] = pt_world_name(texts[i], function->results[i].name);
        if (strcmp(names[i], json_string_value(node.value)) == 0) {
            *number = (uint8_t)i;
            return PT_OK;
        }
    }
    return pt_world_unknown(&node, "a result of the function", json_string_value(node.value), names,
                            function->result_count, report);
}

/* The expected column of this name: rules name the columns of the list. */
static pt_exit find_expected(uint16_t *column, const pt_rows *rows, const pt_json *node,
                             pt_report *report)
{
    const char *name = json_string_value(node->value);
    for (size_t i = 0; i < rows->column_count; i++) {
        if (strlen(name) == rows->columns[i].name_size &&
            memcmp(name, rows->columns[i].name, rows->columns[i].name_size) == 0) {
            *column = (uint16_t)i;
            return PT_OK;
        }
    }
    return pt_json_wrong(node, report, "a column of the list \"expect\"");
}

static pt_exit read_rule(pt_rows *rows, pt_column *column, const pt_json *node, pt_report *report)
{
    static const char *const keys[] = {"name", "column", "low", "high"};
    pt_json name, seen;
    if (rows->rule_count == PT_ROWS_RULES_MAX) {
        return pt_json_wrong(node, report, "at most 128 rules");
    }
    pt_rule *rule = &rows->rules[rows->rule_count++];
    PT_TRY(pt_json_only(node, keys, sizeof keys / sizeof keys[0], report));
    PT_TRY(pt_json_member(&name, node, "name", JSON_STRING, report));
    rule->name = json_string_value(name.value);
    rule->name_size = (uint16_t)json_string_length(name.value);
    rule->column = (uint16_t)(column - rows->columns);
    if (pt_json_has(node, "column")) {
        PT_TRY(pt_json_member(&seen, node, "column", JSON_STRING, report));
        PT_TRY(find_expected(&rule->column, rows, &seen, report));
    }
    PT_TRY(read_result(&rule->low, rows, node, "low", report));
    PT_TRY(read_result(&rule->high, rows, node, "high", report));
    const pl_field *low = &called(rows)->results[rule->low];
    const pl_field *high = &called(rows)->results[rule->high];
    if (low->type.class != PL_CLASS_UINT || high->type.class != PL_CLASS_UINT ||
        low->type.size != high->type.size) {
        return pt_json_wrong(node, report, "two unsigned results of one size");
    }
    if (rows->fields[rule->column] == NULL) { /* a column that only rules look at */
        rows->fields[rule->column] = low;
    }
    column->rule_count++;
    return PT_OK;
}

/* First every column, so that rules can name later ones. */
static pt_exit read_expected(pt_rows *rows, const pt_json *list, pt_report *report)
{
    static const char *const keys[] = {"column", "result", "rules",   "likely",
                                       "as",     "empty",  "decimals"};
    for (size_t i = 0; i < json_array_size(list->value); i++) {
        pt_json node, name;
        PT_TRY(pt_json_element(&node, list, i, JSON_OBJECT, report));
        PT_TRY(pt_json_only(&node, keys, sizeof keys / sizeof keys[0], report));
        PT_TRY(pt_json_member(&name, &node, "column", JSON_STRING, report));
        pt_source *source = &rows->values[i];
        *source = (pt_source){.key = "column", .column_count = 1};
        PT_TRY(read_column(&source->columns[0], rows, &name, report));
        PT_TRY(read_form(source, &node, report));
        source->empty = json_object_get(node.value, "empty");
        pt_column *column = &rows->columns[rows->column_count++];
        *column = (pt_column){.name = json_string_value(name.value),
                              .name_size = (uint16_t)json_string_length(name.value),
                              .contract = rows->contract,
                              .function = (uint16_t)rows->function,
                              .result = PT_RESULT_NONE};
        if (pt_json_has(&node, "decimals")) {
            uint64_t decimals = 0;
            PT_TRY(pt_json_u64(&decimals, &node, "decimals", 0, 77, report));
            source->has_decimals = true;
            source->decimals = (uint32_t)decimals;
        }
        if (pt_json_has(&node, "result")) {
            PT_TRY(read_result(&column->result, rows, &node, "result", report));
            rows->fields[i] = &called(rows)->results[column->result];
        }
        if (pt_json_has(&node, "likely")) {
            pt_json likely;
            PT_TRY(pt_json_member(&likely, &node, "likely", JSON_STRING, report));
            rows->likely[i] = json_string_value(likely.value);
        }
    }
    return PT_OK;
}

static pt_exit read_rules(pt_rows *rows, const pt_json *list, pt_report *report)
{
    for (size_t i = 0; i < rows->column_count; i++) {
        pt_json node, rules, rule;
        PT_TRY(pt_json_element(&node, list, i, JSON_OBJECT, report));
        rows->columns[i].first_rule = (uint32_t)rows->rule_count;
        if (!pt_json_has(&node, "rules")) {
            continue;
        }
        PT_TRY(pt_json_member(&rules, &node, "rules", JSON_ARRAY, report));
        for (size_t r = 0; r < json_array_size(rules.value); r++) {
            PT_TRY(pt_json_element(&rule, &rules, r, JSON_OBJECT, report));
            PT_TRY(read_rule(rows, &rows->columns[i], &rule, report));
        }
    }
    for (size_t i = 0; i < rows->column_count; i++) {
        pt_json node;
        PT_TRY(pt_json_element(&node, list, i, JSON_OBJECT, report));
        if (rows->fields[i] == NULL) {
            return pt_json_wrong(&node, report, "a result, or a rule that looks at this column");
        }
    }
    return PT_OK;
}

static pt_exit read_map(pt_rows *rows, pt_report *report)
{
    static const char *const keys[] = {"source", "time_s", "prices", "call", "from",
                                       "args",   "expect", "series", "lists"};
    const pt_json root = {.file = rows->file};
    const pt_json map = {.value = rows->map, .parent = &root, .key = "rows", .file = rows->file};
    pt_json source, expect;
    PT_TRY(pt_json_only(&map, keys, sizeof keys / sizeof keys[0], report));
    PT_TRY(pt_json_member(&source, &map, "source", JSON_STRING, report));
    rows->source = json_string_value(source.value);
    PT_TRY(read_series(rows, &map, report));
    PT_TRY(read_member(&rows->time, rows, &map, "time_s", report));
    PT_TRY(read_member(&rows->from, rows, &map, "from", report));
    PT_TRY(read_prices(rows, &map, report));
    PT_TRY(read_call(rows, &map, report));
    PT_TRY(pt_json_member(&expect, &map, "expect", JSON_ARRAY, report));
    if (json_array_size(expect.value) == 0 || json_array_size(expect.value) > PT_ROWS_COLUMNS_MAX) {
        return pt_json_wrong(&expect, report, "1 to 32 columns");
    }
    PT_TRY(read_expected(rows, &expect, report));
    return read_rules(rows, &expect, report);
}

pt_exit pt_rows_open(pt_rows *rows, const char *library, pt_report *report)
{
    pt_json map;
    rows->world.file = rows->file;
    PT_TRY(pt_world_file_parse(&rows->world, report));
    PT_TRY(pt_json_member(&map, &rows->world.root, "rows", JSON_OBJECT, report));
    if (pt_json_has(&rows->world.root, "blocks")) {
        return pt_json_wrong(&rows->world.root, report,
                             "rows, which make the blocks; no \"blocks\"");
    }
    rows->map = json_incref(map.value);
    (void)json_object_del(rows->world.root.value, "rows");
    (void)json_object_set_new(rows->world.root.value, "blocks", json_array());
    PT_TRY(pt_world_file_make(&rows->world, library, report));
    return read_map(rows, report);
}
