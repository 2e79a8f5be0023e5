/* The same facts as sentences, a table of prices, and formulas with their numbers. */
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/json_text.h"
#include "tools/common/source.h"
#include "tools/common/table.h"
#include "tools/common/value.h"
#include "tools/plim/explain.h"
#include "tools/plim/formulas.h"
#include "vm/machine/symbols.h"

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

/* Nothing times something: exact, and of no interest. A result that was rounded to zero is told. */
static bool is_nothing(const pt_formula *formula, const pl_world *world)
{
    return formula->has_result && formula->is_exact && pl_u256_is_zero(&formula->result) &&
           !pt_formula_is_price(formula, world);
}

static bool was_told_twice(const pt_formulas *formulas, size_t index, const pl_world *world)
{
    enum { REPEATS_TOLD = 2 };
    size_t times = 0;
    for (size_t i = 0; i < index && times < REPEATS_TOLD; i++) {
        times += is_same_line(&formulas->list[i], &formulas->list[index]) &&
                 !is_nothing(&formulas->list[i], world);
    }
    return times >= REPEATS_TOLD;
}

static json_t *step_json(const pt_formula *formula, const pl_world *world, pt_source_lines *lines)
{
    const pl_code *code = &world->codes[formula->contract - 1];
    const pl_name function = code->functions[formula->function].name;
    json_t *object = json_object();
    pl_source source;
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
    return object;
}

/* The lines of each contract, opened when first wanted; one that is not there tells why. */
static pt_source_lines *lines_of(pt_source_lines **all, json_t *missing, const pl_world *world,
                                 uint32_t contract, const pt_explain *explain)
{
    if (all[contract] == NULL) {
        char why[PT_SOURCE_WHY_MAX];
        all[contract] = pt_source_lines_open(why, &world->codes[contract - 1], explain);
        if (why[0] != '\0') {
            (void)json_array_append_new(missing, json_string(why));
        }
    }
    return all[contract];
}

void pt_formulas_tell(json_t *facts, const pt_formulas *formulas, pl_chain *chain,
                      const pt_explain *explain)
{
    const pl_world *world = pl_chain_world(chain);
    json_t *list = json_array(), *left_out = json_object(), *missing = json_array();
    pt_source_lines **lines = pt_take_zeroed(world->contract_count + (size_t)1, sizeof *lines);
    json_int_t zero = 0, repeated = 0;
    for (size_t i = 0; i < formulas->count; i++) {
        const pt_formula *formula = &formulas->list[i];
        const bool is_zero = !explain->all_formulas && is_nothing(formula, world);
        const bool is_repeat =
            !explain->all_formulas && !is_zero && was_told_twice(formulas, i, world);
        zero += is_zero;
        repeated += is_repeat;
        if (!is_zero && !is_repeat) {
            (void)json_array_append_new(
                list, step_json(formula, world,
                                lines_of(lines, missing, world, formula->contract, explain)));
        }
    }
    for (size_t c = 0; c <= world->contract_count; c++) {
        pt_source_lines_close(lines[c]);
    }
    free(lines);
    set(left_out, "zero", json_integer(zero));
    set(left_out, "repeated", json_integer(repeated));
    set(facts, "formulas", list);
    set(facts, "formulas_left_out", left_out);
    set(facts, "sources_not_shown", missing);
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
    (void)fprintf(file, "Block %lld, %s: %s calls %s.%s(", number_of(facts, "block"),
                  text_of(facts, "time"), text_of(facts, "caller"), text_of(facts, "contract"),
                  text_of(facts, "function"));
    const char *key, *between = "";
    json_t *value;
    json_object_foreach(json_object_get(facts, "arguments"), key, value)
    {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        const char *plain =
            json_is_string(value) ? pt_number_for_people(json_string_value(value)) : text;
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

/* Why a contract's lines are not beside its formulas. */
static void print_sources(const json_t *facts, FILE *file)
{
    size_t i;
    json_t *why;
    json_array_foreach(json_object_get(facts, "sources_not_shown"), i, why)
    {
        (void)fprintf(file, "  (without source lines: %s)\n", json_string_value(why));
    }
}

static void print_left_out(const json_t *facts, FILE *file)
{
    const json_t *left_out = json_object_get(facts, "formulas_left_out");
    const long long zero = number_of(left_out, "zero"), repeated = number_of(left_out, "repeated");
    if (zero + repeated != 0) {
        (void)fprintf(
            file,
            "  left out: %lld whose result is exactly zero, %lld more of lines told twice; "
            "--all tells them\n",
            zero, repeated);
    }
}

static void print_formulas(const json_t *facts, FILE *file)
{
    const json_t *list = json_object_get(facts, "formulas");
    const char *last_at = "", *last_function = "";
    size_t i;
    json_t *formula;
    (void)fprintf(file, json_array_size(list) != 0 ? "\nFormulas, in the order they ran:\n"
                                                   : "\nFormulas: none with a result.\n");
    print_sources(facts, file);
    json_array_foreach(list, i, formula)
    {
        const char *at = text_of(formula, "at"), *function = text_of(formula, "function");
        if (strcmp(function, last_function) != 0) {
            (void)fprintf(file, "  in %s\n", function);
        }
        if (strcmp(at, last_at) != 0) {
            const char *source = json_string_value(json_object_get(formula, "source"));
            (void)fprintf(file, "    %s%s%s\n", at, source != NULL ? "  " : "",
                          source != NULL ? source : "");
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
    print_left_out(facts, file);
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
