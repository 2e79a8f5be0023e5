/* Values of a world file: text into stored forms, by the schema (world_file.h). */
#include <stdio.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/common/value.h"
#include "tools/import/world_file.h"
#include "vm/num/text.h"

enum { NAMES_SHOWN_MAX = 300, PERCENT_DIGITS = 2 };

const char *pt_world_name(char text[64], pl_name name)
{
    (void)snprintf(text, 64, "%.*s", (int)name.size, name.text);
    return text;
}

pt_json pt_world_member_at(const pt_json *object, void *iterator)
{
    return (pt_json){.value = json_object_iter_value(iterator),
                     .parent = object,
                     .key = json_object_iter_key(iterator),
                     .file = object->file,
                     .line = object->line};
}

pt_exit pt_world_unknown(const pt_json *node, const char *what, const char *name,
                         const char *const *names, size_t count, pt_report *report)
{
    char expected[NAMES_SHOWN_MAX + 160];
    const char *near = pt_name_nearest(name, names, count);
    int at = snprintf(expected, sizeof expected, "%s", what);
    if (near != NULL) {
        (void)snprintf(expected + at, sizeof expected - (size_t)at, " (did you mean \"%s\"?)",
                       near);
    } else {
        for (size_t i = 0; i < count && at < NAMES_SHOWN_MAX; i++) {
            at += snprintf(expected + at, sizeof expected - (size_t)at, "%s%.63s",
                           i == 0 ? ": " : ", ", names[i]);
        }
    }
    return pt_json_wrong(node, report, expected);
}

static bool read_hex(uint8_t bytes[32], const char *text)
{
    pl_u256 number;
    const size_t size = strlen(text);
    if (size != 66 || text[0] != '0' || text[1] != 'x') {
        return false;
    }
    size_t zeros = 2; /* the parser of numbers takes no leading zeros; an account has them */
    while (zeros < 65 && text[zeros] == '0') {
        zeros++;
    }
    char digits[67] = "0x";
    (void)snprintf(digits + 2, sizeof digits - 2, "%s", text + zeros);
    return pl_u256_parse_hex(&number, NULL, digits, strlen(digits)) == PL_OK &&
           pl_u256_store_be(bytes, 32, &number) == PL_OK;
}

pt_exit pt_world_account(uint8_t account[32], const pt_world_file *world, const pt_json *node,
                         pt_report *report)
{
    const pt_build *build = &world->build;
    const char *names[256];
    size_t count = 0;
    if (!json_is_string(node->value)) {
        return pt_json_wrong(node, report, "the name of an account as a string");
    }
    const char *text = json_string_value(node->value);
    for (size_t i = 0; i < build->label_count; i++) {
        const pt_build_label *label = &build->labels[i];
        if (label->kind == PL_LABEL_ACCOUNT && strcmp(label->text, text) == 0) {
            memcpy(account, label->value, 32);
            return PT_OK;
        }
        if (label->kind == PL_LABEL_ACCOUNT && count < 256) {
            names[count++] = label->text;
        }
    }
    for (size_t i = 0; text[0] == '@' && i < build->contract_count; i++) {
        if (strcmp(build->contracts[i].name, text + 1) == 0 && pt_symbol(account, text)) {
            return PT_OK;
        }
    }
    if (read_hex(account, text)) {
        return PT_OK;
    }
    return pt_world_unknown(node, "a name of \"accounts\", @CONTRACT, or 0x and 64 hex digits",
                            text, names, count, report);
}

/* Text with the point where people write it; "0.5%" is 0.005. */
static bool parse_number(pl_u256 *number, pl_type type, const char *text, size_t size)
{
    uint32_t scale = type.scale;
    if (size > 0 && text[size - 1] == '%' && scale >= PERCENT_DIGITS) {
        size--;
        scale -= PERCENT_DIGITS;
    }
    if (type.class == PL_CLASS_INT) {
        return pl_i256_parse_scaled(number, NULL, text, size, scale) == PL_OK;
    }
    if (type.size == 32 && size == 8 && memcmp(text, "u256.max", 8) == 0) {
        *number = pl_u256_max_value();
        return true;
    }
    return pl_u256_parse_scaled(number, NULL, text, size, scale) == PL_OK;
}

/* Stores number in type.size bytes; false when it does not fit. */
static bool store_number(uint8_t *stored, pl_type type, const pl_u256 *number)
{
    pt_bytes bytes = {0};
    const bool fits = pt_value_put(&bytes, type, number);
    if (fits) {
        memcpy(stored, bytes.data, bytes.size);
    }
    pt_bytes_free(&bytes);
    return fits;
}

static pt_exit read_number(uint8_t *stored, const pl_field *field, const pt_json *node,
                           pt_report *report)
{
    char integer[32];
    const char *text = json_string_value(node->value);
    pl_u256 number;
    if (json_is_integer(node->value)) {
        (void)snprintf(integer, sizeof integer, "%lld", (long long)json_integer_value(node->value));
        text = integer;
    }
    if (text != NULL && parse_number(&number, field->type, text, strlen(text)) &&
        store_number(stored, field->type, &number)) {
        return PT_OK;
    }
    char expected[200], example[PT_VALUE_TEXT_MAX];
    uint8_t one[32] = {0};
    one[field->type.size - 1] = 1;
    (void)snprintf(expected, sizeof expected,
                   "%s%s number as a string with at most %u digits after the point, in %u bytes "
                   "(%.*s%ssmallest \"%s\")",
                   field->type.class == PL_CLASS_INT ? "a" : "an unsigned",
                   field->type.class == PL_CLASS_INT ? " signed" : "", (unsigned)field->type.scale,
                   (unsigned)field->type.size, (int)field->unit.size,
                   field->unit.size != 0 ? field->unit.text : "", field->unit.size != 0 ? ", " : "",
                   pt_value_text(example, (pt_names){0}, field->type, one));
    return pt_json_wrong(node, report, expected);
}

static pt_exit read_variant(uint8_t *stored, const pl_enum *variants, const pt_json *node,
                            pt_report *report)
{
    char texts[PL_ENUM_VARIANTS_MAX][64];
    const char *names[PL_ENUM_VARIANTS_MAX];
    const char *text = json_is_string(node->value) ? json_string_value(node->value) : "";
    for (size_t i = 0; i < variants->variant_count; i++) {
        names[i] = pt_world_name(texts[i], variants->variants[i]);
        if (strcmp(names[i], text) == 0) {
            stored[0] = (uint8_t)i;
            return PT_OK;
        }
    }
    return pt_world_unknown(node, "a variant", text, names, variants->variant_count, report);
}

static pt_exit read_text(uint8_t *stored, const pl_field *field, const pt_json *node,
                         pt_report *report)
{
    const bool is_symbol = field->type.class == PL_CLASS_SYMBOL;
    const char *text = json_string_value(node->value);
    if (text != NULL && (is_symbol ? pt_symbol(stored, text) : read_hex(stored, text))) {
        return PT_OK;
    }
    return pt_json_wrong(node, report,
                         is_symbol ? "a symbol: at most 32 printable characters without spaces"
                                   : "0x and 64 hex digits");
}

pt_exit pt_world_value(uint8_t *stored, const pt_world_file *world, uint32_t contract,
                       const pl_field *field, const pt_json *node, pt_report *report)
{
    const pl_code *code = &world->contracts[contract - 1].code;
    switch ((pl_class)field->type.class) {
    case PL_CLASS_BOOL:
        if (!json_is_boolean(node->value)) {
            return pt_json_wrong(node, report, "true or false");
        }
        stored[0] = json_is_true(node->value) ? 1 : 0;
        return PT_OK;
    case PL_CLASS_UINT:
    case PL_CLASS_INT:
        return read_number(stored, field, node, report);
    case PL_CLASS_ACCOUNT:
        return pt_world_account(stored, world, node, report);
    case PL_CLASS_SYMBOL:
    case PL_CLASS_BYTES32:
        return read_text(stored, field, node, report);
    case PL_CLASS_ENUM:
        return read_variant(stored, &code->enums[field->type.extra], node, report);
    }
    return pt_json_wrong(node, report, "a value of a class that this program knows");
}

/* Members that are no field, first; then a list that is too long. */
static pt_exit refuse_others(const pl_field *fields, size_t count, const pt_json *node,
                             pt_report *report)
{
    char texts[PL_RESULTS_MAX][64];
    const char *names[PL_RESULTS_MAX];
    for (size_t i = 0; i < count; i++) {
        names[i] = pt_world_name(texts[i], fields[i].name);
    }
    return pt_json_only(node, names, count, report);
}

pt_exit pt_world_fields(pt_bytes *stored, uint64_t *set, const pt_world_file *world,
                        uint32_t contract, const pl_field *fields, size_t count, bool all,
                        const pt_json *node, pt_report *report)
{
    const bool is_list = json_is_array(node->value);
    char expected[80];
    *set = 0;
    if (is_list && json_array_size(node->value) != count) {
        (void)snprintf(expected, sizeof expected, "a list of %zu values (there are %zu)", count,
                       json_array_size(node->value));
        return pt_json_wrong(node, report, expected);
    }
    if (!is_list && !json_is_object(node->value)) {
        return pt_json_wrong(node, report, "an object {\"name\": value} or a list of values");
    }
    if (!is_list) {
        PT_TRY(refuse_others(fields, count, node, report));
    }
    for (size_t i = 0; i < count; i++) {
        char name[64];
        uint8_t bytes[32] = {0};
        pt_json value = {.parent = node, .index = i, .file = node->file, .line = node->line};
        if (is_list) {
            value.value = json_array_get(node->value, i);
        } else {
            value.key = pt_world_name(name, fields[i].name);
            value.value = json_object_get(node->value, name);
        }
        if (value.value != NULL) {
            PT_TRY(pt_world_value(bytes, world, contract, &fields[i], &value, report));
            *set |= UINT64_C(1) << i;
        } else if (all) {
            return pt_json_wrong(&value, report, "a value for it");
        }
        pt_put(stored, bytes, fields[i].type.size);
    }
    return PT_OK;
}
