#include "tools/common/json.h"

#include <stdio.h>
#include <string.h>

#include "tools/common/names.h"
#include "vm/num/text.h"

enum { PATH_MAX_DEPTH = 16, PATH_SIZE = 200, FOUND_SIZE = 48 };

static const char *type_name(json_type type)
{
    switch (type) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a number with a point or exponent";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

static void describe_found(char found[FOUND_SIZE + 16], const json_t *value)
{
    if (json_is_string(value)) {
        (void)snprintf(found, FOUND_SIZE + 16, "\"%.*s\"", FOUND_SIZE, json_string_value(value));
    } else if (json_is_integer(value)) {
        (void)snprintf(found, FOUND_SIZE + 16, "%lld", (long long)json_integer_value(value));
    } else if (value == NULL) {
        (void)snprintf(found, FOUND_SIZE + 16, "nothing");
    } else {
        (void)snprintf(found, FOUND_SIZE + 16, "%s", type_name(json_typeof(value)));
    }
}

static void spell_path(char path[PATH_SIZE], const pt_json *node)
{
    const pt_json *way[PATH_MAX_DEPTH];
    size_t depth = 0;
    for (const pt_json *n = node; n->parent != NULL && depth < PATH_MAX_DEPTH; n = n->parent) {
        way[depth++] = n;
    }
    size_t at = 0;
    path[0] = '\0';
    while (depth > 0 && at < PATH_SIZE) {
        const pt_json *n = way[--depth];
        const int size = n->key != NULL ? snprintf(path + at, PATH_SIZE - at, "%s%.40s",
                                                   at == 0 ? "" : ".", n->key)
                                        : snprintf(path + at, PATH_SIZE - at, "[%zu]", n->index);
        at += size > 0 ? (size_t)size : 0;
    }
}

/* "file:line: " before the sentence; a file that is one value has no line to name. */
static pt_exit name_place(const pt_json *node, pt_report *report)
{
    if (node->line != 0) {
        pt_prefix(report, "%s:%zu", node->file, node->line);
    } else {
        pt_prefix(report, "%s", node->file);
    }
    return PT_INPUT;
}

pt_exit pt_json_wrong(const pt_json *node, pt_report *report, const char *expected)
{
    char path[PATH_SIZE], found[FOUND_SIZE + 16];
    spell_path(path, node);
    describe_found(found, node->value);
    (void)pt_fail(report, PT_INPUT, "%s%sexpected %s, found %s", path, path[0] == '\0' ? "" : ": ",
                  expected, found);
    return name_place(node, report);
}

static bool has_type(const json_t *value, json_type type)
{
    if (type == JSON_TRUE || type == JSON_FALSE) {
        return json_is_boolean(value);
    }
    return value != NULL && json_typeof(value) == type;
}

static pt_exit parse(pt_json *root, json_type type, const char *text, size_t size,
                     pt_report *report)
{
    json_error_t error;
    root->value = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (root->value == NULL) {
        return root->line != 0 ? pt_fail(report, PT_INPUT, "%s:%zu: not JSON at character %d: %s",
                                         root->file, root->line, error.position, error.text)
                               : pt_fail(report, PT_INPUT, "%s:%d:%d: not JSON: %s", root->file,
                                         error.line, error.column, error.text);
    }
    if (!has_type(root->value, type)) {
        const pt_exit result = pt_json_wrong(root, report, type_name(type));
        json_decref(root->value);
        root->value = NULL;
        return result;
    }
    return PT_OK;
}

pt_exit pt_json_parse(pt_json *root, const char *file, size_t line, const char *text, size_t size,
                      pt_report *report)
{
    *root = (pt_json){.file = file, .line = line};
    return parse(root, JSON_OBJECT, text, size, report);
}

pt_exit pt_json_parse_array(pt_json *root, const char *file, const char *text, size_t size,
                            pt_report *report)
{
    *root = (pt_json){.file = file};
    return parse(root, JSON_ARRAY, text, size, report);
}

pt_exit pt_json_member(pt_json *child, const pt_json *object, const char *key, json_type type,
                       pt_report *report)
{
    *child = (pt_json){.value = json_object_get(object->value, key),
                       .parent = object,
                       .key = key,
                       .file = object->file,
                       .line = object->line};
    return has_type(child->value, type) ? PT_OK : pt_json_wrong(child, report, type_name(type));
}

pt_exit pt_json_element(pt_json *child, const pt_json *array, size_t index, json_type type,
                        pt_report *report)
{
    *child = (pt_json){.value = json_array_get(array->value, index),
                       .parent = array,
                       .index = index,
                       .file = array->file,
                       .line = array->line};
    return has_type(child->value, type) ? PT_OK : pt_json_wrong(child, report, type_name(type));
}

bool pt_json_has(const pt_json *object, const char *key)
{
    return json_object_get(object->value, key) != NULL;
}

pt_exit pt_json_only(const pt_json *object, const char *const *keys, size_t key_count,
                     pt_report *report)
{
    for (void *at = json_object_iter(object->value); at != NULL;
         at = json_object_iter_next(object->value, at)) {
        const char *key = json_object_iter_key(at);
        bool known = false;
        for (size_t i = 0; i < key_count && !known; i++) {
            known = strcmp(key, keys[i]) == 0;
        }
        if (!known) {
            const char *near = pt_name_nearest(key, keys, key_count);
            char path[PATH_SIZE];
            spell_path(path, object);
            (void)pt_fail(report, PT_INPUT, "%s%sunknown key \"%.40s\"%s%s%s", path,
                          path[0] == '\0' ? "" : ": ", key, near != NULL ? "; did you mean \"" : "",
                          near != NULL ? near : "", near != NULL ? "\"?" : "");
            return name_place(object, report);
        }
    }
    return PT_OK;
}

pt_exit pt_json_u256(pl_u256 *number, const pt_json *object, const char *key, pt_report *report)
{
    static const char expected[] = "a whole number below 2^256 as a string of decimal digits";
    pt_json child;
    *number = pl_u256_zero();
    if (pt_json_member(&child, object, key, JSON_STRING, report) != PT_OK ||
        pl_u256_parse_dec(number, NULL, json_string_value(child.value),
                          json_string_length(child.value)) != PL_OK) {
        return pt_json_wrong(&child, report, expected);
    }
    return PT_OK;
}

pt_exit pt_json_u64(uint64_t *number, const pt_json *object, const char *key, uint64_t min,
                    uint64_t max, pt_report *report)
{
    pt_json child;
    *number = 0;
    PT_TRY(pt_json_member(&child, object, key, JSON_INTEGER, report));
    const json_int_t value = json_integer_value(child.value);
    if (value < 0 || (uint64_t)value < min || (uint64_t)value > max) {
        char expected[80];
        (void)snprintf(expected, sizeof expected, "an integer from %llu to %llu",
                       (unsigned long long)min, (unsigned long long)max);
        return pt_json_wrong(&child, report, expected);
    }
    *number = (uint64_t)value;
    return PT_OK;
}

pt_exit pt_json_bool(bool *flag, const pt_json *object, const char *key, pt_report *report)
{
    pt_json child;
    *flag = false;
    PT_TRY(pt_json_member(&child, object, key, JSON_TRUE, report));
    *flag = json_is_true(child.value);
    return PT_OK;
}

pt_exit pt_json_text(const char **text, const pt_json *object, const char *key, pt_report *report)
{
    pt_json child;
    *text = "";
    PT_TRY(pt_json_member(&child, object, key, JSON_STRING, report));
    const char *found = json_string_value(child.value);
    const size_t size = json_string_length(child.value);
    bool good = size >= 1 && size <= 63;
    for (size_t i = 0; good && i < size; i++) {
        good = found[i] >= 0x20 && found[i] < 0x7f;
    }
    if (!good) {
        return pt_json_wrong(&child, report, "1 to 63 printable ASCII characters");
    }
    *text = found;
    return PT_OK;
}
