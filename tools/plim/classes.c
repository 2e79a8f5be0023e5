#include "tools/plim/classes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/table.h"

void pt_classes_open(pt_classes *classes, const pt_expect *expect)
{
    *classes =
        (pt_classes){.column_count = expect->column_count, .cause_count = expect->cause_count};
    const size_t columns = expect->column_count, causes = expect->cause_count + (size_t)1;
    if (columns == 0) {
        return;
    }
    classes->columns = pt_take_zeroed(columns, sizeof(char *));
    classes->rule_ends = pt_take_zeroed(columns, sizeof(uint32_t));
    classes->identical = pt_take_zeroed(columns, sizeof(uint64_t));
    classes->rules = pt_take_zeroed(expect->rule_count + (size_t)1, sizeof(char *));
    classes->explained = pt_take_zeroed(expect->rule_count + (size_t)1, sizeof(uint64_t));
    classes->causes = pt_take_zeroed(causes, sizeof(char *));
    classes->different = pt_take_zeroed(columns * causes, sizeof(uint64_t));
    for (size_t i = 0; i < columns; i++) {
        const pt_column *column = &expect->columns[i];
        classes->columns[i] = pt_copy_text(column->name, column->name_size);
        classes->rule_ends[i] = column->first_rule + column->rule_count;
    }
    for (size_t i = 0; i < expect->rule_count; i++) {
        classes->rules[i] = pt_copy_text(expect->rules[i].name, expect->rules[i].name_size);
    }
    classes->causes[0] = pt_copy_text("not known", strlen("not known"));
    for (size_t i = 1; i < causes; i++) {
        classes->causes[i] = pt_copy_text(expect->causes[i - 1].text, expect->causes[i - 1].size);
    }
}

void pt_classes_free(pt_classes *classes)
{
    const size_t columns = classes->column_count;
    const size_t rules = columns != 0 ? classes->rule_ends[columns - 1] : 0;
    for (size_t i = 0; i < columns; i++) {
        free(classes->columns[i]);
    }
    for (size_t i = 0; i < rules; i++) {
        free(classes->rules[i]);
    }
    for (size_t i = 0; columns != 0 && i <= classes->cause_count; i++) {
        free(classes->causes[i]);
    }
    free(classes->columns);
    free(classes->rules);
    free(classes->causes);
    free(classes->rule_ends);
    free(classes->identical);
    free(classes->explained);
    free(classes->different);
    *classes = (pt_classes){0};
}

/* ---- fields of a function ---- */

/* The public function of a column, or NULL. */
static const pl_function *function_of(const pt_run *run, const pt_column *column)
{
    const pl_code *code = pl_chain_code(run->chain, column->contract);
    return code != NULL && column->function < code->function_count
               ? &code->functions[column->function]
               : NULL;
}

/* Where a result starts among the stored results. */
static size_t place_of(const pl_function *function, uint8_t result)
{
    size_t at = 0;
    for (size_t i = 0; i < result; i++) {
        at += function->results[i].type.size;
    }
    return at;
}

static pt_exit refuse(const pt_run *run, const pt_column *column, const char *what,
                      pt_report *report)
{
    return pt_fail(report, PT_INPUT, "%s: column %.*s %s; import the expectations again",
                   run->expect_path, (int)column->name_size, column->name, what);
}

/* Results that an order is defined for: whole numbers without sign, scaled or not. */
static bool is_unsigned(const pl_field *field)
{
    return field->type.class == PL_CLASS_UINT;
}

static pt_exit check_rule(const pt_run *run, const pt_column *column, const pt_rule *rule,
                          pt_report *report)
{
    const pl_function *function = function_of(run, column);
    if (rule->low >= function->result_count || rule->high >= function->result_count) {
        return refuse(run, column, "has a rule between results that its function lacks", report);
    }
    const pl_field *low = &function->results[rule->low], *high = &function->results[rule->high];
    if (!is_unsigned(low) || !is_unsigned(high) || low->type.size != high->type.size) {
        return refuse(run, column, "has a rule between results that are no numbers of one size",
                      report);
    }
    return PT_OK;
}

pt_exit pt_classes_check(const pt_run *run, pt_report *report)
{
    const pt_expect *expect = &run->expect;
    for (uint16_t i = 0; i < expect->column_count; i++) {
        const pt_column *column = &expect->columns[i];
        const pl_function *function = function_of(run, column);
        if (function == NULL) {
            return refuse(run, column, "is of a function that this world lacks", report);
        }
        if (column->result != PT_RESULT_NONE && column->result >= function->result_count) {
            return refuse(run, column, "is of a result that its function lacks", report);
        }
        for (uint32_t r = 0; r < column->rule_count; r++) {
            PT_TRY(check_rule(run, column, &expect->rules[column->first_rule + r], report));
        }
    }
    return PT_OK;
}

/* ---- one value ---- */

/* The value that a rule looks at: of another column of the same transaction, or NULL. */
static const pt_expect_value *value_of(const pt_record *record, uint16_t transaction,
                                       uint16_t column)
{
    for (uint16_t i = 0; i < record->value_count; i++) {
        const pt_expect_value *value = &record->values[i];
        if (value->transaction == transaction && value->column == column) {
            return value;
        }
    }
    return NULL;
}

/* low <= value <= high, all of one size and without sign, so that bytes are in order. */
static bool holds(const pt_rule *rule, const pl_function *function, const pt_expect_value *value,
                  const uint8_t *result)
{
    const size_t size = function->results[rule->low].type.size;
    return value != NULL && value->size == size &&
           memcmp(result + place_of(function, rule->low), value->bytes, size) <= 0 &&
           memcmp(value->bytes, result + place_of(function, rule->high), size) <= 0;
}

pt_class pt_classes_add(pt_classes *classes, const uint8_t **computed, const pt_run *run,
                        const pt_record *record, const pt_expect_value *value,
                        const uint8_t *result, size_t result_size)
{
    const pt_expect *expect = &run->expect;
    const pt_column *column = &expect->columns[value->column];
    const pl_function *function = function_of(run, column);
    *computed = NULL;
    if (result != NULL && result_size == place_of(function, (uint8_t)function->result_count)) {
        *computed = result + place_of(function, column->result);
        if (value->size == function->results[column->result].type.size &&
            memcmp(*computed, value->bytes, value->size) == 0) {
            classes->identical[value->column]++;
            return PT_IDENTICAL;
        }
        for (uint32_t i = 0; i < column->rule_count; i++) {
            const pt_rule *rule = &expect->rules[column->first_rule + i];
            const pt_expect_value *seen = value_of(record, value->transaction, rule->column);
            if (holds(rule, function, seen, result)) {
                classes->explained[column->first_rule + i]++;
                classes->explained_total++;
                return PT_EXPLAINED;
            }
        }
    }
    classes->different[(size_t)value->column * (classes->cause_count + (size_t)1) + value->cause]++;
    return PT_DIFFERENT;
}

/* ---- the table ---- */

typedef void row_sink(void *context, const char *column, const char *class, const char *by,
                      uint64_t values);

static void each_row(const pt_classes *classes, row_sink *sink, void *context)
{
    const size_t causes = classes->cause_count + (size_t)1;
    uint32_t rule = 0;
    for (size_t c = 0; c < classes->column_count; c++) {
        const char *name = classes->columns[c];
        if (classes->identical[c] != 0) {
            sink(context, name, "identical", "", classes->identical[c]);
        }
        for (; rule < classes->rule_ends[c]; rule++) {
            if (classes->explained[rule] != 0) {
                sink(context, name, "explained", classes->rules[rule], classes->explained[rule]);
            }
        }
        for (size_t i = 0; i < causes; i++) {
            if (classes->different[c * causes + i] != 0) {
                sink(context, name, "different", classes->causes[i],
                     classes->different[c * causes + i]);
            }
        }
    }
}

static void put_row(void *context, const char *column, const char *class, const char *by,
                    uint64_t values)
{
    pt_table *table = context;
    pt_table_cell(table, "%s", column);
    pt_table_cell(table, "%s", class);
    pt_table_cell(table, "%llu", (unsigned long long)values);
    pt_table_cell(table, "%s", by);
}

void pt_classes_print(const pt_classes *classes)
{
    pt_table table;
    if (classes->column_count == 0) {
        return;
    }
    pt_table_begin(&table, 4);
    table.right[2] = true;
    pt_table_cell(&table, "column");
    pt_table_cell(&table, "class");
    pt_table_cell(&table, "values");
    pt_table_cell(&table, "rule, or likely field");
    each_row(classes, put_row, &table);
    pt_table_print(&table, stdout, 2);
}

static void put_json(void *context, const char *column, const char *class, const char *by,
                     uint64_t values)
{
    (void)json_array_append_new(context,
                                json_pack("{s:s, s:s, s:s, s:I}", "column", column, "class", class,
                                          "by", by, "values", (json_int_t)values));
}

json_t *pt_classes_json(const pt_classes *classes)
{
    json_t *list = json_array();
    each_row(classes, put_json, list);
    return list;
}
