/* The same facts as sentences, a table of prices, and formulas with their numbers. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/common/file.h"
#include "tools/common/json_text.h"
#include "tools/common/source.h"
#include "tools/common/table.h"
#include "tools/common/value.h"
#include "tools/plim/explain.h"
#include "tools/plim/formulas.h"
#include "vm/machine/symbols.h"

/* ---- source lines ---- */

typedef struct source_file {
    char *name;
    pt_bytes text;
} source_file;

struct pt_source_lines {
    char *folder;
    source_file files[64];
    size_t count;
    char line[240];
};

static bool is_same_code(const pl_code *code, const char *folder)
{
    char name[PL_NAME_SIZE_MAX + 8];
    pt_report silent = {{0}};
    pt_bytes container = {0};
    pt_memory memory;
    pl_code compiled;
    pl_code_error where;
    bool same = false;
    (void)snprintf(name, sizeof name, "%.*s.plim", (int)code->name.size, code->name.text);
    char *file = pt_path_join(folder, name);
    pt_memory_init(&memory, PT_MEMORY_LIMIT_DEFAULT);
    if (pt_is_file(file) && pt_compile(&container, file, folder, false, &silent) == PT_OK &&
        pl_code_load(&compiled, &where, &memory.memory, container.data, container.size) == PL_OK) {
        same = memcmp(compiled.hash, code->hash, 32) == 0;
        pl_code_free(&compiled, &memory.memory);
    }
    pt_bytes_free(&container);
    free(file);
    return same;
}

pt_source_lines *pt_source_lines_open(const pl_code *code, const char *contracts)
{
    pt_report silent = {{0}};
    pt_source_lines *lines = calloc(1, sizeof *lines);
    if (lines == NULL) {
        return NULL;
    }
    if (pt_contracts_folder(&lines->folder, contracts, &silent) != PT_OK || lines->folder == NULL ||
        !is_same_code(code, lines->folder)) {
        pt_source_lines_close(lines);
        return NULL;
    }
    return lines;
}

void pt_source_lines_close(pt_source_lines *lines)
{
    if (lines == NULL) {
        return;
    }
    for (size_t i = 0; i < lines->count; i++) {
        free(lines->files[i].name);
        pt_bytes_free(&lines->files[i].text);
    }
    free(lines->folder);
    free(lines);
}

static const source_file *find_file(pt_source_lines *lines, pl_name name)
{
    pt_report silent = {{0}};
    for (size_t i = 0; i < lines->count; i++) {
        if (pt_name_is(name, lines->files[i].name)) {
            return &lines->files[i];
        }
    }
    if (lines->count == sizeof lines->files / sizeof lines->files[0]) {
        return NULL;
    }
    source_file *file = &lines->files[lines->count++];
    file->name = pt_copy_text(name.text, name.size);
    char *path = pt_path_join(lines->folder, file->name);
    if (pt_file_read(&file->text, path, 1u << 20, &silent) != PT_OK) {
        file->text.size = 0;
    }
    free(path);
    return file;
}

const char *pt_source_line(pt_source_lines *lines, pl_name name, uint32_t line)
{
    const source_file *file = lines == NULL ? NULL : find_file(lines, name);
    size_t at = 0;
    for (uint32_t i = 1; file != NULL && i < line && at < file->text.size; at++) {
        i += file->text.data[at] == '\n';
    }
    if (file == NULL || at >= file->text.size) {
        return NULL;
    }
    size_t size = 0;
    while (at < file->text.size && file->text.data[at] == ' ') {
        at++;
    }
    while (at + size < file->text.size && file->text.data[at + size] != '\n') {
        size++;
    }
    (void)snprintf(lines->line, sizeof lines->line, "%.*s", (int)size,
                   (const char *)file->text.data + at);
    return lines->line;
}

/* ---- formulas ---- */

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static const char *number_text(char text[PT_VALUE_TEXT_MAX], const pl_u256 *number, bool is_signed)
{
    uint8_t stored[32];
    const pl_type type = {.class = is_signed ? PL_CLASS_INT : PL_CLASS_UINT, .size = 32};
    (void)!pl_u256_store_be(stored, 32, number);
    return pt_value_text(text, (pt_names){0}, type, stored);
}

static json_t *formula_json(const pt_formula *formula, const pl_world *world)
{
    char n[3][PT_VALUE_TEXT_MAX], text[3 * PT_VALUE_TEXT_MAX + 16];
    const bool is_signed = pt_formula_is_signed(formula, world);
    json_t *object = json_object();
    for (unsigned i = 0; i < formula->operand_count; i++) {
        (void)number_text(n[i], &formula->operands[i], is_signed);
    }
    if (pt_formula_is_price(formula, world)) {
        uint64_t feed = UINT64_MAX;
        (void)!pl_u256_to_u64(&feed, &formula->operands[0]);
        const bool exists = feed < world->feed_count;
        (void)snprintf(text, sizeof text, "price of %.*s",
                       exists ? world->feed_names[feed].size : 0,
                       exists ? world->feed_names[feed].text : "");
    } else if (formula->operand_count == 3) {
        (void)snprintf(text, sizeof text, "%s * %s / %s", n[0], n[1], n[2]);
    } else {
        (void)snprintf(text, sizeof text, "%s / %s", n[0], n[1]);
    }
    set(object, "formula", json_string(text));
    set(object, "rounding", json_string(pt_formula_rounding(formula, world)));
    set(object, "result",
        formula->has_result ? json_string(number_text(n[0], &formula->result, is_signed))
                            : json_null());
    set(object, "exact", json_boolean(formula->is_exact));
    return object;
}

static bool is_same_line(const pt_formula *a, const pt_formula *b)
{
    return a->contract == b->contract && a->function == b->function &&
           a->instruction == b->instruction;
}

static size_t times_before(const pt_formulas *formulas, size_t index)
{
    size_t times = 0;
    for (size_t i = 0; i < index; i++) {
        times += is_same_line(&formulas->list[i], &formulas->list[index]);
    }
    return times;
}

json_t *pt_formulas_json(const pt_formulas *formulas, pl_chain *chain, const char *contracts,
                         size_t repeats)
{
    const pl_world *world = pl_chain_world(chain);
    json_t *list = json_array();
    pt_source_lines *lines = NULL;
    uint32_t lines_of = 0;
    for (size_t i = 0; i < formulas->count; i++) {
        const pt_formula *formula = &formulas->list[i];
        const pl_code *code = &world->codes[formula->contract - 1];
        pl_source source;
        if (repeats != SIZE_MAX && times_before(formulas, i) >= repeats) {
            continue;
        }
        if (lines_of != formula->contract) {
            pt_source_lines_close(lines);
            lines = pt_source_lines_open(code, contracts);
            lines_of = formula->contract;
        }
        json_t *object = json_object();
        const pl_name function = code->functions[formula->function].name;
        set(object, "function", json_stringn(function.text, function.size));
        if (pl_symbols_source(&source, code, formula->function, formula->instruction)) {
            char at[PL_NAME_SIZE_MAX + 16];
            const char *line = pt_source_line(lines, source.file, source.line);
            (void)snprintf(at, sizeof at, "%.*s:%u", (int)source.file.size, source.file.text,
                           source.line);
            set(object, "at", json_string(at));
            set(object, "source", line != NULL ? json_string(line) : json_null());
        }
        json_t *numbers = formula_json(formula, world);
        (void)json_object_update(object, numbers);
        json_decref(numbers);
        (void)json_array_append_new(list, object);
    }
    pt_source_lines_close(lines);
    return list;
}

/* ---- text ---- */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "none";
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static void print_call(const json_t *facts, FILE *file)
{
    const time_t when = (time_t)number_of(facts, "time_s");
    char date[40] = "";
    struct tm utc;
    if (gmtime_r(&when, &utc) != NULL) {
        (void)strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", &utc);
    }
    (void)fprintf(file, "Block %lld, %s: %s calls %s.%s(", number_of(facts, "block"), date,
                  text_of(facts, "caller"), text_of(facts, "contract"), text_of(facts, "function"));
    const char *key, *between = "";
    json_t *value;
    json_object_foreach(json_object_get(facts, "arguments"), key, value)
    {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        const char *plain = json_is_string(value) ? json_string_value(value) : text;
        (void)fprintf(file, "%s%s %s", between, key, plain != NULL ? plain : "");
        free(text);
        between = ", ";
    }
    (void)fprintf(file, ")\nOutcome: %s", text_of(facts, "status"));
    if (json_object_get(facts, "error") != NULL) {
        (void)fprintf(file, " %s", text_of(facts, "error"));
    }
    (void)fprintf(file, ", %lld gas. Prices are signed by %s.\n", number_of(facts, "gas_used"),
                  text_of(facts, "prices_signed_by"));
}

static void print_health(const json_t *facts, FILE *file)
{
    const json_t *before = json_object_get(facts, "health_before");
    const json_t *after = json_object_get(facts, "health_after");
    const json_t *why = json_object_get(facts, "why_now");
    if (before == NULL) {
        const bool asked = json_is_true(json_object_get(facts, "has_health_view"));
        (void)fprintf(file,
                      asked ? "\nThe contract's view of %s's health gave no answer.\n"
                            : "\nThe contract has no view of an account's health.\n",
                      text_of(facts, "account"));
        return;
    }
    (void)fprintf(file, "\nHealth factor of %s: %s before, %s after.\n", text_of(facts, "account"),
                  text_of(before, "health_factor"), text_of(after, "health_factor"));
    if (why == NULL) {
        (void)fprintf(file, "It was not below its line before this call.\n");
        return;
    }
    (void)fprintf(file, "\nWhy now: it fell below its line in block %lld%s, to %s",
                  number_of(why, "fell_in_block"),
                  number_of(why, "blocks_below_before_this_one") == 0 ? " (this one)" : "",
                  text_of(json_object_get(why, "health_there"), "health_factor"));
    if (json_object_get(why, "last_safe_block") != NULL) {
        (void)fprintf(file, "; after block %lld it was %s", number_of(why, "last_safe_block"),
                      text_of(json_object_get(why, "health_then"), "health_factor"));
    }
    (void)fprintf(file, ".\n");
    const json_t *prices = json_object_get(why, "prices_that_moved");
    if (json_array_size(prices) == 0) {
        (void)fprintf(
            file,
            "No price moved there: interest of the %lld seconds since the block before, or a "
            "transaction of that block.\n",
            number_of(why, "seconds_after_the_block_before"));
    } else {
        (void)fprintf(file, "Prices that moved in that block:\n");
        pt_json_print_text(prices, file, 2);
    }
    const json_t *calls = json_object_get(why, "transactions_there");
    if (json_array_size(calls) != 0) {
        (void)fprintf(file, "Transactions that succeeded in that block:\n");
        pt_json_print_text(calls, file, 2);
    }
}

static void print_formulas(const json_t *facts, FILE *file)
{
    const json_t *list = json_object_get(facts, "formulas");
    const char *last_at = "", *last_function = "";
    size_t i;
    json_t *formula;
    (void)fprintf(file, "\nFormulas, in the order they ran:\n");
    json_array_foreach(list, i, formula)
    {
        const char *at = text_of(formula, "at"), *function = text_of(formula, "function");
        if (strcmp(function, last_function) != 0) {
            (void)fprintf(file, "  in %s\n", function);
        }
        if (strcmp(at, last_at) != 0) {
            const char *source = json_string_value(json_object_get(formula, "source"));
            (void)fprintf(file, "    %s  %s\n", at, source != NULL ? source : "");
        }
        const char *rounding = text_of(formula, "rounding");
        const bool is_exact = json_is_true(json_object_get(formula, "exact"));
        (void)fprintf(
            file, "      %s = %s", text_of(formula, "formula"),
            json_is_null(json_object_get(formula, "result")) ? "trap" : text_of(formula, "result"));
        (void)fprintf(file, "%s%s\n",
                      rounding[0] == '\0' ? ""
                      : is_exact          ? "  exact"
                                          : "  rounded ",
                      is_exact ? "" : rounding);
        last_at = at;
        last_function = function;
    }
}

void pt_explain_print(const json_t *facts, FILE *file)
{
    print_call(facts, file);
    print_health(facts, file);
    print_formulas(facts, file);
    const json_t *events = json_object_get(facts, "events");
    size_t i;
    json_t *event;
    if (json_array_size(events) != 0) {
        (void)fprintf(file, "\nWhat happened:\n");
    }
    json_array_foreach(events, i, event)
    {
        pt_json_print_text(event, file, 2);
        (void)fprintf(file, "\n");
    }
}
