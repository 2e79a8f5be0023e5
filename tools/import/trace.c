#include "tools/import/trace.h"

#include <stdio.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/common/value.h"
#include "vm/num/text.h"

size_t pt_trace_asset(const pt_trace *trace, const char *name)
{
    for (size_t i = 0; i < trace->asset_count; i++) {
        if (strcmp(trace->assets[i], name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

size_t pt_trace_feed(const pt_trace *trace, const char *name)
{
    for (size_t i = 0; i < trace->build.feed_count; i++) {
        if (strcmp(trace->feed_names[i], name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

bool pt_trace_is_person(const char *name)
{
    uint8_t symbol[32];
    return name[0] != '\0' && name[0] != '@' && pt_symbol(symbol, name);
}

void pt_trace_account(uint8_t account[32], const char *name)
{
    (void)pt_symbol(account, name); /* names were proved to be symbols when they were read */
}

static pt_exit add_user(pt_trace *trace, const char *name, const pt_json *where, pt_report *report)
{
    if (!pt_trace_is_person(name)) {
        return pt_json_wrong(where, report,
                             "a name of 1 to 32 printable characters, not starting with @");
    }
    for (size_t i = 0; i < trace->user_count; i++) {
        if (strcmp(trace->users[i], name) == 0) {
            return PT_OK;
        }
    }
    if (trace->user_count == PT_USERS_MAX) {
        return pt_json_wrong(where, report, "at most 1024 people");
    }
    (void)snprintf(trace->users[trace->user_count++], sizeof trace->users[0], "%s", name);
    return PT_OK;
}

static pt_exit add_list(pt_trace *trace, const pt_json *header, const char *key, pt_report *report)
{
    pt_json list;
    PT_TRY(pt_json_member(&list, header, key, JSON_ARRAY, report));
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        pt_json name;
        PT_TRY(pt_json_element(&name, &list, i, JSON_STRING, report));
        PT_TRY(add_user(trace, json_string_value(name.value), &name, report));
    }
    return PT_OK;
}

static pt_exit read_assets(pt_trace *trace, const pt_json *header, pt_report *report)
{
    pt_json list;
    PT_TRY(pt_json_member(&list, header, "reserves", JSON_ARRAY, report));
    const size_t count = json_array_size(list.value);
    if (count == 0 || count > PT_ASSETS_MAX) {
        return pt_json_wrong(&list, report, "1 to 128 reserves");
    }
    for (size_t i = 0; i < count; i++) {
        pt_json reserve;
        const char *symbol = NULL;
        uint64_t id = 0;
        uint8_t stored[32];
        PT_TRY(pt_json_element(&reserve, &list, i, JSON_OBJECT, report));
        PT_TRY(pt_json_u64(&id, &reserve, "id", i, i, report));
        PT_TRY(pt_json_text(&symbol, &reserve, "sym", report));
        if (symbol[0] == '@' || !pt_symbol(stored, symbol) ||
            pt_trace_asset(trace, symbol) != SIZE_MAX) {
            return pt_json_wrong(&reserve, report, "a symbol of at most 32 characters, used once");
        }
        (void)snprintf(trace->assets[trace->asset_count++], sizeof trace->assets[0], "%s", symbol);
    }
    return PT_OK;
}

pt_exit pt_trace_names(pt_trace *trace, const pt_json *header, pt_report *report)
{
    pt_json state, users;
    PT_TRY(read_assets(trace, header, report));
    PT_TRY(pt_json_member(&state, header, "state", JSON_OBJECT, report));
    PT_TRY(pt_json_member(&users, &state, "u", JSON_OBJECT, report));
    for (void *at = json_object_iter(users.value); at != NULL;
         at = json_object_iter_next(users.value, at)) {
        PT_TRY(add_user(trace, json_object_iter_key(at), &users, report));
    }
    trace->observed_count = trace->user_count;
    PT_TRY(add_list(trace, header, "users", report));
    PT_TRY(add_list(trace, header, "liquidators", report));
    for (const char *const *name = trace->protocol->extra_people; *name != NULL; name++) {
        PT_TRY(add_user(trace, *name, header, report));
    }
    for (size_t i = 0; i < trace->asset_count; i++) {
        uint8_t value[32];
        pt_asset_label(value, (uint8_t)i);
        pt_build_add_label(&trace->build, PL_LABEL_NOTE, trace->assets[i], value);
    }
    for (size_t i = 0; i < trace->user_count; i++) {
        uint8_t account[32];
        pt_trace_account(account, trace->users[i]);
        pt_build_add_label(&trace->build, PL_LABEL_ACCOUNT, trace->users[i], account);
    }
    return PT_OK;
}

/* spec 02 §3: parts of letters, digits and `_`, joined by single dots, none starting with a digit.
 */
static bool is_world_name(const char *text)
{
    bool at_start = true;
    for (; *text != '\0'; text++) {
        const char folded = (char)(*text | 0x20);
        const bool letter = (folded >= 'a' && folded <= 'z') || *text == '_';
        const bool later = (*text >= '0' && *text <= '9') || *text == '.';
        if (!letter && (at_start || !later)) {
            return false;
        }
        at_start = *text == '.';
    }
    return !at_start;
}

/* The trace's name, or feed_N, with an `x` more while another asset is called so. */
static void feed_name(char name[64], const pt_trace *trace, const char *recorded, size_t number)
{
    (void)snprintf(name, 64, "%s", recorded);
    if (is_world_name(recorded)) {
        return;
    }
    (void)snprintf(name, 64, "feed_%zu", number);
    while (pt_trace_asset(trace, name) != SIZE_MAX && strlen(name) < 63) {
        strcat(name, "x");
    }
}

void pt_trace_add_feed(pt_trace *trace, const char *recorded, uint8_t decimals,
                       const char *real_feed)
{
    char name[64];
    const size_t number = trace->build.feed_count;
    feed_name(name, trace, recorded, number);
    (void)snprintf(trace->feed_names[number], sizeof trace->feed_names[0], "%s", recorded);
    pt_build_feed *feed = pt_build_add_feed(&trace->build, name);
    pt_build_stand_in_feed(feed, decimals, trace->signer.public_key);
    (void)snprintf(feed->note, sizeof feed->note, "%s; %s: recorded prices carry no signatures",
                   real_feed, PT_STAND_IN);
}

static pt_exit wrong_value(const pt_json *value, const pl_field *field, const char *what,
                           pt_report *report)
{
    char expected[160];
    (void)snprintf(expected, sizeof expected, "%s (for %.*s of %u bytes)", what,
                   (int)field->name.size, field->name.text, field->type.size);
    return pt_json_wrong(value, report, expected);
}

static pt_exit put_number(pt_bytes *bytes, const pl_field *field, const pt_json *value,
                          const pl_u256 *number, pt_report *report)
{
    return pt_value_put(bytes, field->type, number)
               ? PT_OK
               : wrong_value(value, field, "a value that fits the contract's type", report);
}

static pt_exit put_plain(pt_bytes *bytes, const pl_field *field, const pt_json *value,
                         pt_report *report)
{
    static const char expected[] = "a whole number as a string of decimal digits, or a flag";
    pl_u256 number = pl_u256_zero();
    if (json_is_string(value->value)) {
        if (pl_u256_parse_dec(&number, NULL, json_string_value(value->value),
                              json_string_length(value->value)) != PL_OK) {
            return wrong_value(value, field, expected, report);
        }
    } else if (json_is_integer(value->value) && json_integer_value(value->value) >= 0) {
        number = pl_u256_from_u64((uint64_t)json_integer_value(value->value));
    } else if (json_is_boolean(value->value) && field->type.class == PL_CLASS_BOOL) {
        number = pl_u256_from_u64(json_is_true(value->value) ? 1 : 0);
    } else {
        return wrong_value(value, field, expected, report);
    }
    return put_number(bytes, field, value, &number, report);
}

static pt_exit put_assets(pt_bytes *bytes, const pt_trace *trace, const pl_field *field,
                          const pt_json *value, pt_report *report)
{
    pl_u256 mask = pl_u256_zero();
    size_t next = 0;
    for (size_t i = 0; i < json_array_size(value->value); i++) {
        pt_json item;
        PT_TRY(pt_json_element(&item, value, i, JSON_STRING, report));
        const size_t asset = pt_trace_asset(trace, json_string_value(item.value));
        if (asset == SIZE_MAX || asset < next || pl_u256_set_bit(&mask, &mask, asset) != PL_OK) {
            return pt_json_wrong(&item, report, "a reserve of the header, in ascending order");
        }
        next = asset + 1;
    }
    return put_number(bytes, field, value, &mask, report);
}

pt_exit pt_trace_put(pt_bytes *bytes, const pt_trace *trace, const pl_field *field, pt_kind kind,
                     const pt_json *value, pt_report *report)
{
    if (kind == PT_KIND_ASSETS && json_is_array(value->value)) {
        return put_assets(bytes, trace, field, value, report);
    }
    if (kind == PT_KIND_PLAIN) {
        return put_plain(bytes, field, value, report);
    }
    const char *text = json_string_value(value->value); /* NULL when it is no string */
    if (kind == PT_KIND_ASSET) {
        const size_t asset = text != NULL ? pt_trace_asset(trace, text) : SIZE_MAX;
        const pl_u256 number = pl_u256_from_u64(asset);
        return asset != SIZE_MAX ? put_number(bytes, field, value, &number, report)
                                 : pt_json_wrong(value, report, "a reserve of the header");
    }
    if (kind == PT_KIND_USER && text != NULL && pt_trace_is_person(text)) {
        uint8_t account[32];
        pt_trace_account(account, text);
        if (field->type.size != 32) {
            return wrong_value(value, field, "a parameter of type account", report);
        }
        pt_put(bytes, account, 32);
        return PT_OK;
    }
    return pt_json_wrong(value, report, "the name of a person");
}

/* The first member that is none of the fields; found by count, since every field had a member. */
static pt_exit refuse_others(const pl_field *fields, size_t count, const pt_json *object,
                             pt_report *report)
{
    pt_json value = {.parent = object, .file = object->file, .line = object->line};
    for (void *at = json_object_iter(object->value); at != NULL;
         at = json_object_iter_next(object->value, at)) {
        bool known = false;
        value.key = json_object_iter_key(at);
        value.value = json_object_iter_value(at);
        for (size_t i = 0; i < count && !known; i++) {
            known = pt_name_same_words(value.key, strlen(value.key), fields[i].name.text,
                                       fields[i].name.size);
        }
        if (!known) {
            break;
        }
    }
    return pt_json_wrong(&value, report, "no member that the contract has no field for");
}

pt_exit pt_trace_put_fields(pt_bytes *bytes, const pt_trace *trace, const pl_field *fields,
                            size_t count, const pt_key_kind *kinds, const pt_json *object,
                            pt_report *report)
{
    for (size_t i = 0; i < count; i++) {
        const pl_field *field = &fields[i];
        pt_json value = {.parent = object, .file = object->file, .line = object->line};
        for (void *at = json_object_iter(object->value); at != NULL && value.value == NULL;
             at = json_object_iter_next(object->value, at)) {
            const char *key = json_object_iter_key(at);
            if (pt_name_same_words(key, strlen(key), field->name.text, field->name.size)) {
                value.key = key;
                value.value = json_object_iter_value(at);
            }
        }
        if (value.value == NULL) {
            return wrong_value(object, field, "a member of that name", report);
        }
        pt_kind kind = PT_KIND_PLAIN;
        for (const pt_key_kind *k = kinds; k->key != NULL; k++) {
            kind = strcmp(k->key, value.key) == 0 ? k->kind : kind;
        }
        PT_TRY(pt_trace_put(bytes, trace, field, kind, &value, report));
    }
    return json_object_size(object->value) == count ? PT_OK
                                                    : refuse_others(fields, count, object, report);
}
