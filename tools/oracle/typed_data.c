#include "tools/oracle/typed_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/oracle/feed.h"
#include "vm/base/keccak.h"
#include "vm/num/text.h"

#define WORD      32u
#define NAME_SIZE 64u

typedef struct encoder {
    pt_json types;
    unsigned depth;
} encoder;

/* The members of a domain that can be there, in the order of the standard. */
static const struct {
    const char *name, *type;
} domain_members[] = {{"name", "string"},
                      {"version", "string"},
                      {"chainId", "uint256"},
                      {"verifyingContract", "address"},
                      {"salt", "bytes32"}};
enum { DOMAIN_MEMBERS = sizeof domain_members / sizeof domain_members[0] };

/* ---- types ---- */

/* A type without its array part: Person[2][] is Person. False when it is too long. */
static bool base_of(char base[NAME_SIZE], const char *type)
{
    const size_t size = strcspn(type, "[");
    if (size == 0 || size >= NAME_SIZE) {
        return false;
    }
    memcpy(base, type, size);
    base[size] = '\0';
    return true;
}

static pt_exit member_of(const char **name, const char **type, const pt_json *members, size_t i,
                         pt_report *report)
{
    pt_json member;
    PT_TRY(pt_json_element(&member, members, i, JSON_OBJECT, report));
    PT_TRY(pt_json_text(name, &member, "name", report));
    return pt_json_text(type, &member, "type", report);
}

/* All struct types that a type needs, itself first. */
typedef struct type_list {
    const char *names[PT_TYPED_TYPES_MAX];
    size_t count;
} type_list;

static pt_exit add_type(type_list *list, const encoder *e, const char *type, pt_report *report)
{
    char base[NAME_SIZE];
    if (!base_of(base, type)) {
        return pt_json_wrong(&e->types, report, "types with names of 1 to 63 characters");
    }
    void *at = json_object_iter_at(e->types.value, base);
    if (at == NULL) {
        return PT_OK; /* a type of the language */
    }
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], base) == 0) {
            return PT_OK;
        }
    }
    if (list->count == PT_TYPED_TYPES_MAX) {
        return pt_json_wrong(&e->types, report, "at most 64 types");
    }
    list->names[list->count++] = json_object_iter_key(at);
    return PT_OK;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *first = a, *const *second = b;
    return strcmp(*first, *second);
}

/* Name(type member,...) */
static pt_exit put_type(pt_bytes *text, const encoder *e, const char *name, pt_report *report)
{
    pt_json members;
    const char *member, *type;
    PT_TRY(pt_json_member(&members, &e->types, name, JSON_ARRAY, report));
    pt_put_text(text, name);
    pt_put_text(text, "(");
    for (size_t i = 0; i < json_array_size(members.value); i++) {
        PT_TRY(member_of(&member, &type, &members, i, report));
        pt_put_text(text, i == 0 ? "" : ",");
        pt_put_text(text, type);
        pt_put_text(text, " ");
        pt_put_text(text, member);
    }
    pt_put_text(text, ")");
    return PT_OK;
}

static pt_exit gather_types(type_list *list, const encoder *e, const char *name, pt_report *report)
{
    pt_json members;
    const char *member, *type;
    list->count = 0;
    PT_TRY(add_type(list, e, name, report));
    for (size_t i = 0; i < list->count; i++) {
        PT_TRY(pt_json_member(&members, &e->types, list->names[i], JSON_ARRAY, report));
        for (size_t j = 0; j < json_array_size(members.value); j++) {
            PT_TRY(member_of(&member, &type, &members, j, report));
            PT_TRY(add_type(list, e, type, report));
        }
    }
    if (list->count > 1) {
        qsort(list->names + 1, list->count - 1, sizeof list->names[0], compare_names);
    }
    return PT_OK;
}

/* keccak256 of the type and, in the order of their names, the types that it needs. */
static pt_exit type_hash(uint8_t hash[WORD], const encoder *e, const char *name, pt_report *report)
{
    type_list list;
    pt_bytes text = {0};
    pt_exit result = gather_types(&list, e, name, report);
    for (size_t i = 0; i < list.count && result == PT_OK; i++) {
        result = put_type(&text, e, list.names[i], report);
    }
    pl_keccak_of(hash, text.data, text.size);
    pt_bytes_free(&text);
    return result;
}

/* ---- values of one word ---- */

/* The N of uintN, intN or bytesN, or 0 when the type is none of them. */
static unsigned width_of(const char *type, const char *prefix, unsigned step, unsigned max)
{
    const size_t size = strlen(prefix);
    uint64_t width = 0;
    if (strncmp(type, prefix, size) != 0) {
        return 0;
    }
    for (const char *c = type + size; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || width > max) {
            return 0;
        }
        width = width * 10 + (uint64_t)(*c - '0');
    }
    return width == 0 || width > max || width % step != 0 ? 0 : (unsigned)width;
}

static bool parse_number(pl_u256 *number, bool *negative, const json_t *value)
{
    char digits[24];
    const char *text = json_string_value(value);
    if (json_is_integer(value)) {
        (void)snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        text = digits;
    }
    if (text == NULL) {
        return false;
    }
    *negative = text[0] == '-';
    text += *negative ? 1 : 0;
    return text[0] == '0' && text[1] == 'x'
               ? pl_u256_parse_hex(number, NULL, text, strlen(text)) == PL_OK
               : pl_u256_parse_dec(number, NULL, text, strlen(text)) == PL_OK;
}

static pt_exit put_number(pt_bytes *out, const pt_json *value, unsigned bits, bool is_signed,
                          pt_report *report)
{
    uint8_t word[WORD];
    pl_u256 number;
    bool negative = false, fits = parse_number(&number, &negative, value->value);
    if (fits) {
        /* -2^(bits-1) is a number, +2^(bits-1) is not: look at |x| - 1 below zero. */
        pl_u256 limit = pl_u256_from_u64(1), size = number;
        const pl_u256 one = pl_u256_from_u64(1), zero = pl_u256_zero();
        const bool is_zero = pl_u256_cmp(&number, &zero) == 0;
        fits = !negative || (is_signed && !is_zero);
        if (negative && !is_zero) {
            pl_u256_sub_wrap(&size, &number, &one);
            pl_u256_sub_wrap(&number, &zero, &number);
        }
        const unsigned room = is_signed ? bits - 1 : bits;
        if (room < 256) {
            pl_u256_shl(&limit, &one, room);
            fits = fits && pl_u256_cmp(&size, &limit) < 0;
        }
    }
    if (!fits || pl_u256_store_be(word, WORD, &number) != PL_OK) {
        char expected[48];
        (void)snprintf(expected, sizeof expected, "a number that fits %sint%u",
                       is_signed ? "" : "u", bits);
        return pt_json_wrong(value, report, expected);
    }
    pt_put(out, word, WORD);
    return PT_OK;
}

/* Hex bytes of a string; size 0: any. */
static pt_exit read_hex(pt_bytes *bytes, const pt_json *value, size_t size, pt_report *report)
{
    char expected[48];
    const size_t room = json_is_string(value->value) ? json_string_length(value->value) / 2 : 0;
    uint8_t *data = pt_take(room + 1);
    size_t found = 0;
    const bool good = json_is_string(value->value) &&
                      pt_oracle_hex(data, &found, room, json_string_value(value->value)) &&
                      (size == 0 || found == size);
    pt_put(bytes, data, good ? found : 0);
    free(data);
    (void)snprintf(expected, sizeof expected, size == 0 ? "bytes in hex" : "%zu bytes in hex",
                   size);
    return good ? PT_OK : pt_json_wrong(value, report, expected);
}

/* bytesN stands at the left of its word, an address at the right. */
static pt_exit put_fixed_bytes(pt_bytes *out, const pt_json *value, size_t size, bool left,
                               pt_report *report)
{
    uint8_t word[WORD] = {0};
    pt_bytes bytes = {0};
    PT_TRY(read_hex(&bytes, value, size, report));
    memcpy(word + (left ? 0 : WORD - size), bytes.data, size);
    pt_bytes_free(&bytes);
    pt_put(out, word, WORD);
    return PT_OK;
}

static void put_hash(pt_bytes *out, const uint8_t *bytes, size_t size)
{
    uint8_t hash[WORD];
    pl_keccak_of(hash, bytes, size);
    pt_put(out, hash, WORD);
}

static pt_exit put_text_or_bytes(pt_bytes *out, const pt_json *value, bool is_text,
                                 pt_report *report)
{
    pt_bytes bytes = {0};
    if (is_text && !json_is_string(value->value)) {
        return pt_json_wrong(value, report, "a string");
    }
    if (is_text) {
        put_hash(out, (const uint8_t *)json_string_value(value->value),
                 json_string_length(value->value));
        return PT_OK;
    }
    PT_TRY(read_hex(&bytes, value, 0, report));
    put_hash(out, bytes.data, bytes.size);
    pt_bytes_free(&bytes);
    return PT_OK;
}

static pt_exit put_plain(pt_bytes *out, const char *type, const pt_json *value, pt_report *report)
{
    const unsigned uint_bits = strcmp(type, "uint") == 0 ? 256 : width_of(type, "uint", 8, 256);
    const unsigned int_bits = strcmp(type, "int") == 0 ? 256 : width_of(type, "int", 8, 256);
    const unsigned bytes = width_of(type, "bytes", 1, 32);
    if (uint_bits != 0 || int_bits != 0) {
        return put_number(out, value, uint_bits + int_bits, int_bits != 0, report);
    }
    if (bytes != 0) {
        return put_fixed_bytes(out, value, bytes, true, report);
    }
    if (strcmp(type, "address") == 0) {
        return put_fixed_bytes(out, value, 20, false, report);
    }
    if (strcmp(type, "bool") == 0) {
        uint8_t word[WORD] = {0};
        word[WORD - 1] = json_is_true(value->value) ? 1 : 0;
        pt_put(out, word, WORD);
        return json_is_boolean(value->value) ? PT_OK
                                             : pt_json_wrong(value, report, "true or false");
    }
    if (strcmp(type, "string") == 0 || strcmp(type, "bytes") == 0) {
        return put_text_or_bytes(out, value, strcmp(type, "string") == 0, report);
    }
    char expected[100];
    (void)snprintf(expected, sizeof expected, "a value of a known type (%.60s is none)", type);
    return pt_json_wrong(value, report, expected);
}

/* ---- structs and arrays ---- */

static pt_exit put_value(pt_bytes *out, encoder *e, const char *type, const pt_json *value,
                         pt_report *report);

static pt_json child_of(const pt_json *parent, json_t *value, const char *key, size_t index)
{
    return (pt_json){.value = value,
                     .parent = parent,
                     .key = key,
                     .index = index,
                     .file = parent->file,
                     .line = parent->line};
}

/* The type hash and a word per member. */
static pt_exit put_struct(pt_bytes *out, encoder *e, const char *name, const pt_json *value,
                          pt_report *report)
{
    pt_json members;
    const char *member, *type;
    uint8_t hash[WORD];
    if (!json_is_object(value->value)) {
        return pt_json_wrong(value, report, "an object");
    }
    PT_TRY(type_hash(hash, e, name, report));
    PT_TRY(pt_json_member(&members, &e->types, name, JSON_ARRAY, report));
    pt_put(out, hash, WORD);
    for (size_t i = 0; i < json_array_size(members.value); i++) {
        PT_TRY(member_of(&member, &type, &members, i, report));
        const pt_json child = child_of(value, json_object_get(value->value, member), member, 0);
        PT_TRY(put_value(out, e, type, &child, report));
    }
    return out->size > PT_TYPED_SIZE_MAX ? pt_json_wrong(value, report, "at most 4 MiB") : PT_OK;
}

/* T[3] or T[]: the encodings of all elements, one after the other. */
static pt_exit put_array(pt_bytes *out, encoder *e, const char *type, const pt_json *value,
                         pt_report *report)
{
    char element[NAME_SIZE];
    const char *bracket = strrchr(type, '[');
    const size_t size = (size_t)(bracket - type);
    const size_t count = json_array_size(value->value);
    if (size == 0 || size >= sizeof element || !json_is_array(value->value)) {
        return pt_json_wrong(value, report, "an array");
    }
    if (bracket[1] != ']' && strtoull(bracket + 1, NULL, 10) != count) {
        char expected[80];
        (void)snprintf(expected, sizeof expected, "as many elements as %.50s says", type);
        return pt_json_wrong(value, report, expected);
    }
    memcpy(element, type, size);
    element[size] = '\0';
    for (size_t i = 0; i < count; i++) {
        const pt_json child = child_of(value, json_array_get(value->value, i), NULL, i);
        PT_TRY(put_value(out, e, element, &child, report));
    }
    return out->size > PT_TYPED_SIZE_MAX ? pt_json_wrong(value, report, "at most 4 MiB") : PT_OK;
}

static pt_exit put_value(pt_bytes *out, encoder *e, const char *type, const pt_json *value,
                         pt_report *report)
{
    const bool is_array = type[0] != '\0' && type[strlen(type) - 1] == ']';
    const bool is_struct = !is_array && json_object_get(e->types.value, type) != NULL;
    if (!is_array && !is_struct) {
        return put_plain(out, type, value, report);
    }
    if (e->depth == PT_TYPED_DEPTH) {
        return pt_json_wrong(value, report, "at most 24 levels");
    }
    pt_bytes inner = {0};
    e->depth++;
    const pt_exit result = is_array ? put_array(&inner, e, type, value, report)
                                    : put_struct(&inner, e, type, value, report);
    e->depth--;
    put_hash(out, inner.data, inner.size);
    pt_bytes_free(&inner);
    return result;
}

/* ---- the whole ---- */

static pt_exit put_domain(pt_bytes *out, const pt_json *domain, pt_report *report)
{
    pt_bytes type = {0};
    const char *names[DOMAIN_MEMBERS];
    pt_put_text(&type, "EIP712Domain(");
    size_t count = 0;
    for (size_t i = 0; i < DOMAIN_MEMBERS; i++) {
        names[i] = domain_members[i].name;
        if (pt_json_has(domain, domain_members[i].name)) {
            pt_put_text(&type, count++ == 0 ? "" : ",");
            pt_put_text(&type, domain_members[i].type);
            pt_put_text(&type, " ");
            pt_put_text(&type, domain_members[i].name);
        }
    }
    pt_put_text(&type, ")");
    put_hash(out, type.data, type.size);
    pt_bytes_free(&type);
    PT_TRY(pt_json_only(domain, names, DOMAIN_MEMBERS, report));
    for (size_t i = 0; i < DOMAIN_MEMBERS; i++) {
        json_t *value = json_object_get(domain->value, domain_members[i].name);
        const pt_json child = child_of(domain, value, domain_members[i].name, 0);
        if (value != NULL) {
            PT_TRY(put_plain(out, domain_members[i].type, &child, report));
        }
    }
    return PT_OK;
}

static void finish(pt_typed_data *typed, const pt_bytes *domain)
{
    pt_bytes whole = {0};
    pl_keccak_of(typed->domain, domain->data, domain->size);
    memcpy(typed->type_hash, typed->encoded.data, WORD);
    pt_put_u8(&whole, 0x19);
    pt_put_u8(&whole, 0x01);
    pt_put(&whole, typed->domain, WORD);
    put_hash(&whole, typed->encoded.data, typed->encoded.size);
    pl_keccak_of(typed->digest, whole.data, whole.size);
    pt_bytes_free(&whole);
}

pt_exit pt_typed_data_read(pt_typed_data *typed, const pt_json *document, pt_report *report)
{
    encoder e = {.depth = 0};
    pt_json domain, data, primary;
    pt_bytes encoded_domain = {0};
    memset(typed, 0, sizeof *typed);
    PT_TRY(pt_json_member(&domain, document, "domain", JSON_OBJECT, report));
    PT_TRY(pt_json_member(&primary, document, "primaryType", JSON_STRING, report));
    PT_TRY(pt_json_member(&e.types, document, "types", JSON_OBJECT, report));
    const char *key = pt_json_has(document, "data") ? "data" : "message";
    PT_TRY(pt_json_member(&data, document, key, JSON_OBJECT, report));
    const char *name = json_string_value(primary.value);
    if (json_object_get(e.types.value, name) == NULL) {
        return pt_json_wrong(&primary, report, "the name of a type in \"types\"");
    }
    pt_exit result = put_domain(&encoded_domain, &domain, report);
    if (result == PT_OK) {
        result = put_struct(&typed->encoded, &e, name, &data, report);
    }
    if (result == PT_OK) {
        finish(typed, &encoded_domain);
    }
    pt_bytes_free(&encoded_domain);
    return result;
}

void pt_typed_data_free(pt_typed_data *typed)
{
    pt_bytes_free(&typed->encoded);
}
