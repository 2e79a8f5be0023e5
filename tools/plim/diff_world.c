/* Two worlds, part by part, in the order of spec 06 §1. */
#include <stdlib.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/common/world_json.h"
#include "tools/plim/diff.h"

static bool is_same_name(pl_name a, pl_name b)
{
    return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

static uint32_t function_named(const pl_code *code, pl_name name)
{
    for (uint32_t f = 0; f < code->function_count; f++) {
        if (is_same_name(code->functions[f].name, name)) {
            return f;
        }
    }
    return PL_NONE;
}

static json_t *side_json(const pl_code *code, uint32_t f, uint32_t i)
{
    char place[128];
    json_t *object = json_object();
    if (i >= code->functions[f].instruction_count) {
        json_decref(object);
        return json_null();
    }
    char *text = pt_diff_instruction_text(code, f, i);
    pt_diff_set(object, "text", json_string(text));
    pt_diff_set(object, "source", json_string(pt_diff_place(place, code, f, i)));
    free(text);
    return object;
}

static bool is_same_instruction(const pl_code *a, uint32_t f, const pl_code *b, uint32_t g,
                                uint32_t i)
{
    char *x = pt_diff_instruction_text(a, f, i), *y = pt_diff_instruction_text(b, g, i);
    const bool same = strcmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}

/* The functions of one name: JSON, or NULL when every instruction reads the same. */
static json_t *function_json(const pl_code *a, uint32_t f, const pl_code *b, uint32_t g)
{
    const uint32_t counts[2] = {a->functions[f].instruction_count,
                                b->functions[g].instruction_count};
    const uint32_t both = counts[0] < counts[1] ? counts[0] : counts[1];
    uint32_t first = 0;
    while (first < both && is_same_instruction(a, f, b, g, first)) {
        first++;
    }
    if (first == both && counts[0] == counts[1]) {
        return NULL;
    }
    json_t *object = json_object();
    pt_diff_set(object, "function", pt_diff_name(a->functions[f].name));
    pt_diff_set(object, "instruction", json_integer(first));
    pt_diff_set(object, "a", side_json(a, f, first));
    pt_diff_set(object, "b", side_json(b, g, first));
    return object;
}

static json_t *only_json(const pl_code *code, const pl_code *other)
{
    json_t *list = json_array();
    for (uint32_t f = 0; f < code->function_count; f++) {
        if (function_named(other, code->functions[f].name) == PL_NONE) {
            (void)json_array_append_new(list, pt_diff_name(code->functions[f].name));
        }
    }
    return list;
}

static json_t *part_json(const char *part)
{
    json_t *object = json_object();
    pt_diff_set(object, "part", json_string(part));
    return object;
}

static void add_code(json_t *list, pl_name name, const pl_code *a, const pl_code *b)
{
    char hash[65];
    json_t *object = part_json("contract"), *functions = json_array();
    pt_diff_set(object, "contract", pt_diff_name(name));
    pt_hex(hash, a->hash, 32);
    pt_diff_set(object, "a", json_string(hash));
    pt_hex(hash, b->hash, 32);
    pt_diff_set(object, "b", json_string(hash));
    for (uint32_t f = 0; f < a->function_count; f++) {
        const uint32_t g = function_named(b, a->functions[f].name);
        json_t *function = g == PL_NONE ? NULL : function_json(a, f, b, g);
        if (function != NULL) {
            (void)json_array_append_new(functions, function);
        }
    }
    pt_diff_set(object, "functions", functions);
    pt_diff_set(object, "only_in_a", only_json(a, b));
    pt_diff_set(object, "only_in_b", only_json(b, a));
    (void)json_array_append_new(list, object);
}

static void add_contract(json_t *list, const pl_world *a, const pl_world *b, uint32_t number)
{
    const bool has[2] = {number <= a->contract_count, number <= b->contract_count};
    const pl_name none = {.text = "", .size = 0};
    const pl_name names[2] = {has[0] ? a->contract_names[number - 1] : none,
                              has[1] ? b->contract_names[number - 1] : none};
    if (!is_same_name(names[0], names[1])) {
        json_t *object = part_json("contract name");
        pt_diff_set(object, "contract", json_integer(number));
        pt_diff_set(object, "a", has[0] ? pt_diff_name(names[0]) : json_null());
        pt_diff_set(object, "b", has[1] ? pt_diff_name(names[1]) : json_null());
        (void)json_array_append_new(list, object);
    } else if (memcmp(a->codes[number - 1].hash, b->codes[number - 1].hash, 32) != 0) {
        add_code(list, names[0], &a->codes[number - 1], &b->codes[number - 1]);
    }
}

/* Everything that is one value, then feeds, then labels: the leaves that differ. */
static void add_values(json_t *list, const char *part, const json_t *a, const json_t *b)
{
    json_t *values = json_array();
    pt_diff_values(values, part, json_object_get(a, part), json_object_get(b, part));
    if (json_array_size(values) != 0) {
        json_t *object = part_json(part);
        pt_diff_set(object, "values", json_incref(values));
        (void)json_array_append_new(list, object);
    }
    json_decref(values);
}

json_t *pt_diff_worlds(const pt_diff *diff, pl_chain *a, pl_chain *b)
{
    static const char *const values[] = {"name",   "transactions", "seed",
                                         "time_s", "tx_gas_max",   "hook_gas"};
    const pl_world *worlds[2] = {pl_chain_world(a), pl_chain_world(b)};
    json_t *list = json_array();
    json_t *x = pt_world_json(a), *y = pt_world_json(b);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        add_values(list, values[i], x, y);
    }
    for (uint32_t c = 1; c <= worlds[0]->contract_count || c <= worlds[1]->contract_count; c++) {
        add_contract(list, worlds[0], worlds[1], c);
    }
    add_values(list, "feeds", x, y);
    add_values(list, "labels", x, y);
    json_decref(x);
    json_decref(y);
    json_t *rows = pt_diff_rows(a, b, false, false, diff->all);
    if (json_integer_value(json_object_get(rows, "differing_rows")) != 0) {
        pt_diff_set(rows, "part", json_string("genesis rows"));
        (void)json_array_append(list, rows);
    }
    json_decref(rows);
    return list;
}
