#include "tools/import/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/common/value.h"
#include "vm/num/text.h"

size_t pt_trace_name(const pt_trace *trace, size_t list, const char *name)
{
    for (size_t i = 0; i < trace->lists[list].count; i++) {
        if (strcmp(trace->lists[list].names[i], name) == 0) {
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

/* The member an iterator stands at. */
static pt_json member_at(const pt_json *object, void *at)
{
    return (pt_json){.value = json_object_iter_value(at),
                     .parent = object,
                     .key = json_object_iter_key(at),
                     .file = object->file,
                     .line = object->line};
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

/* The name in one object of a source. */
static pt_exit add_name(pt_trace *trace, const pt_names_source *source, const pt_json *object,
                        pt_report *report)
{
    const char *symbol = NULL;
    uint8_t stored[32];
    pt_list *list = &trace->lists[source->list];
    if (pt_json_has(object, "id")) {
        uint64_t id = 0;
        PT_TRY(pt_json_u64(&id, object, "id", list->count, list->count, report));
    }
    PT_TRY(pt_json_text(&symbol, object, source->key, report));
    if (symbol[0] == '@' || !pt_symbol(stored, symbol) ||
        pt_trace_name(trace, source->list, symbol) != SIZE_MAX) {
        return pt_json_wrong(object, report, "a symbol of at most 32 characters, used once");
    }
    (void)snprintf(list->names[list->count++], sizeof list->names[0], "%s", symbol);
    return PT_OK;
}

static pt_exit read_names(pt_trace *trace, const pt_names_source *source, const pt_json *header,
                          pt_report *report)
{
    pt_json node, item;
    char key[PT_PATH_SIZE];
    const json_t *value = json_object_get(header->value, source->path);
    const json_type type = json_is_object(value) ? JSON_OBJECT : JSON_ARRAY;
    PT_TRY(pt_json_member(&node, header, source->path, type, report));
    if (type == JSON_OBJECT) {
        pt_path_use(trace, source->path, source->key);
        return add_name(trace, source, &node, report);
    }
    const size_t count = json_array_size(node.value);
    if (count == 0 || count > PT_NAMES_MAX - trace->lists[source->list].count) {
        return pt_json_wrong(&node, report, "1 to 128 names");
    }
    (void)snprintf(key, sizeof key, "@.%s", source->key);
    pt_path_use(trace, source->path, key);
    for (size_t i = 0; i < count; i++) {
        PT_TRY(pt_json_element(&item, &node, i, JSON_OBJECT, report));
        PT_TRY(add_name(trace, source, &item, report));
    }
    return PT_OK;
}

/* The keys of every object that a path of the state has `*` for. */
static pt_exit read_people(pt_trace *trace, const char *path, const pt_json *node,
                           pt_report *report)
{
    const size_t size = strcspn(path, ".");
    const char *rest = path + size + (path[size] == '.' ? 1 : 0);
    if (size == 0 || node->value == NULL || path[0] == '@') {
        return PT_OK; /* what is missing is told when it is read */
    }
    if (path[0] != '*') {
        char key[PT_PATH_SIZE];
        (void)snprintf(key, sizeof key, "%.*s", (int)size, path);
        const pt_json child = {.value = json_object_get(node->value, key),
                               .parent = node,
                               .key = key,
                               .file = node->file,
                               .line = node->line};
        return read_people(trace, rest, &child, report);
    }
    for (void *at = json_object_iter(node->value); at != NULL;
         at = json_object_iter_next(node->value, at)) {
        const pt_json child = member_at(node, at);
        if (size == 1) {
            PT_TRY(add_user(trace, child.key, node, report));
        }
        PT_TRY(read_people(trace, rest, &child, report));
    }
    return PT_OK;
}

static void add_labels(pt_trace *trace)
{
    for (size_t i = 0; i < trace->lists[0].count; i++) {
        uint8_t value[32];
        pt_asset_label(value, (uint8_t)i);
        pt_build_add_label(&trace->build, PL_LABEL_NOTE, trace->lists[0].names[i], value);
    }
    for (size_t i = 0; i < trace->user_count; i++) {
        uint8_t account[32];
        pt_trace_account(account, trace->users[i]);
        pt_build_add_label(&trace->build, PL_LABEL_ACCOUNT, trace->users[i], account);
    }
}

pt_exit pt_trace_names(pt_trace *trace, const pt_json *header, pt_report *report)
{
    const pt_protocol *protocol = trace->protocol;
    pt_json state;
    for (const pt_names_source *s = protocol->names; s != NULL && s->path != NULL; s++) {
        PT_TRY(read_names(trace, s, header, report));
    }
    PT_TRY(pt_json_member(&state, header, "state", JSON_OBJECT, report));
    for (const pt_group *g = protocol->groups; g->path != NULL; g++) {
        PT_TRY(read_people(trace, g->path, &state, report));
    }
    trace->observed_count = trace->user_count;
    PT_TRY(add_list(trace, header, "users", report));
    PT_TRY(add_list(trace, header, "liquidators", report));
    for (const char *const *name = protocol->extra_people; name != NULL && *name != NULL; name++) {
        PT_TRY(add_user(trace, *name, header, report));
    }
    add_labels(trace);
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

/* Is a feed called so, or will one be, whose recorded name is another? */
static bool is_taken(const char *name, const pt_trace *trace, const char *recorded)
{
    const pt_list *list = &trace->lists[0];
    for (size_t i = 0; i < list->count; i++) {
        const size_t size = strlen(list->names[i]);
        if (strncmp(name, list->names[i], size) == 0 &&
            strncmp(recorded, list->names[i], size) != 0) {
            return true;
        }
    }
    for (size_t i = 0; i < trace->build.feed_count; i++) {
        if (strcmp(trace->build.feeds[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The trace's name; or with `_` for each hyphen; or feed_N, with an `x` more while another asset is
 * called so. */
static void feed_name(char name[64], const pt_trace *trace, const char *recorded, size_t number)
{
    (void)snprintf(name, 64, "%s", recorded);
    if (is_world_name(recorded)) {
        return;
    }
    for (char *at = strchr(name, '-'); at != NULL; at = strchr(at, '-')) {
        *at = '_';
    }
    if (is_world_name(name) && !is_taken(name, trace, recorded)) {
        return;
    }
    (void)snprintf(name, 64, "feed_%zu", number);
    while (pt_trace_name(trace, 0, name) != SIZE_MAX && strlen(name) < 63) {
        strcat(name, "x");
    }
}

pt_exit pt_trace_add_feed(pt_trace *trace, const char *recorded, uint8_t decimals,
                          const char *real_feed, const pl_u256 *first, pt_report *report)
{
    char name[64];
    const size_t number = trace->build.feed_count;
    if (number == PT_FEEDS_MAX || pt_trace_feed(trace, recorded) != SIZE_MAX) {
        return pt_fail(report, PT_INPUT, "%s: feed %s: expected at most %d feeds, each named once",
                       trace->file, recorded, (int)PT_FEEDS_MAX);
    }
    feed_name(name, trace, recorded, number);
    (void)snprintf(trace->feed_names[number], sizeof trace->feed_names[0], "%s", recorded);
    trace->first_prices[number] = *first;
    pt_build_feed *feed = pt_build_add_feed(&trace->build, name);
    pt_build_stand_in_feed(feed, decimals, trace->signer.public_key);
    (void)snprintf(feed->note, sizeof feed->note, "%s; %s: recorded prices carry no signatures",
                   real_feed, PT_STAND_IN);
    return PT_OK;
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
    if (field->type.class == PL_CLASS_ACCOUNT || field->type.class == PL_CLASS_SYMBOL) {
        return wrong_value(value, field, "a kind for it in the protocol's table", report);
    }
    if (json_is_string(value->value)) {
        const char *text = json_string_value(value->value);
        const size_t size = json_string_length(value->value);
        const pl_status status = field->type.class == PL_CLASS_INT
                                     ? pl_i256_parse_dec(&number, NULL, text, size)
                                     : pl_u256_parse_dec(&number, NULL, text, size);
        if (status != PL_OK) {
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

static pt_exit put_mask(pt_bytes *bytes, const pt_trace *trace, const pl_field *field, size_t list,
                        const pt_json *value, pt_report *report)
{
    pl_u256 mask = pl_u256_zero();
    size_t next = 0;
    for (size_t i = 0; i < json_array_size(value->value); i++) {
        pt_json item;
        PT_TRY(pt_json_element(&item, value, i, JSON_STRING, report));
        const size_t number = pt_trace_name(trace, list, json_string_value(item.value));
        if (number == SIZE_MAX || number < next || pl_u256_set_bit(&mask, &mask, number) != PL_OK) {
            return pt_json_wrong(&item, report, "a name of the header, in ascending order");
        }
        next = number + 1;
    }
    return put_number(bytes, field, value, &mask, report);
}

static pt_exit put_name(pt_bytes *bytes, const pt_trace *trace, const pl_field *field,
                        const pt_bind *form, const pt_json *value, pt_report *report)
{
    const char *text = json_string_value(value->value); /* NULL when it is no string */
    const size_t skip = form->prefix != NULL ? strlen(form->prefix) : 0;
    size_t number = SIZE_MAX;
    if (text != NULL && (skip == 0 || strncmp(text, form->prefix, skip) == 0)) {
        number = pt_trace_name(trace, form->list, text + skip);
    }
    const pl_u256 wide = pl_u256_from_u64(number);
    return number != SIZE_MAX ? put_number(bytes, field, value, &wide, report)
                              : pt_json_wrong(value, report, "a name of the header");
}

static pt_exit put_hex(pt_bytes *bytes, const pl_field *field, const pt_json *value,
                       pt_report *report)
{
    const char *text = json_is_string(value->value) ? json_string_value(value->value) : "";
    char digits[67] = "0x";
    pl_u256 number;
    size_t zeros = 2; /* the parser of numbers takes no leading zeros */
    while (strlen(text) > 3 && text[zeros] == '0' && text[zeros + 1] != '\0') {
        zeros++;
    }
    if (strlen(text) < 3 || strlen(text) > 66 || strncmp(text, "0x", 2) != 0) {
        return pt_json_wrong(value, report, "0x and at most 64 hex digits");
    }
    (void)snprintf(digits + 2, sizeof digits - 2, "%s", text + zeros);
    if (pl_u256_parse_hex(&number, NULL, digits, strlen(digits)) != PL_OK) {
        return pt_json_wrong(value, report, "0x and at most 64 hex digits");
    }
    return put_number(bytes, field, value, &number, report);
}

/* A person's account, or any symbol. */
static pt_exit put_symbol(pt_bytes *bytes, const pl_field *field, pt_kind kind,
                          const pt_json *value, pt_report *report)
{
    const char *text = json_string_value(value->value);
    uint8_t stored[32] = {0};
    const bool none = kind == PT_PERSON && json_is_null(value->value);
    const bool good =
        text != NULL && (kind == PT_PERSON ? pt_trace_is_person(text) : pt_symbol(stored, text));
    if (!good && !none) {
        return pt_json_wrong(value, report,
                             kind == PT_PERSON ? "the name of a person" : "a symbol");
    }
    if (!none) {
        pt_trace_account(stored, text);
    }
    if (field->type.size != 32) {
        return wrong_value(value, field, "a parameter of type account", report);
    }
    pt_put(bytes, stored, 32);
    return PT_OK;
}

pt_exit pt_trace_put(pt_bytes *bytes, const pt_trace *trace, const pl_field *field,
                     const pt_bind *form, const pt_json *value, pt_report *report)
{
    switch (form->kind) {
    case PT_PLAIN:
        return put_plain(bytes, field, value, report);
    case PT_NAME:
        return put_name(bytes, trace, field, form, value, report);
    case PT_PERSON:
    case PT_TEXT:
        return put_symbol(bytes, field, form->kind, value, report);
    case PT_MASK:
        return json_is_array(value->value)
                   ? put_mask(bytes, trace, field, form->list, value, report)
                   : pt_json_wrong(value, report, "a list of names");
    case PT_HEX:
        return put_hex(bytes, field, value, report);
    }
    return pt_json_wrong(value, report, "a value of a kind that this program knows");
}

/* How a key's value is read. */
static pt_bind form_of(const pt_trace *trace, const char *key)
{
    for (const pt_key *k = trace->protocol->keys; k != NULL && k->key != NULL; k++) {
        if (strcmp(k->key, key) == 0) {
            return (pt_bind){
                .field = k->field, .kind = k->kind, .list = k->list, .prefix = k->prefix};
        }
    }
    return (pt_bind){.kind = PT_PLAIN};
}

/* What follows the words of a list in a field of it: "_0" or "_count"; NULL: another field. */
static const char *after_words(const pl_field *field, const char *words)
{
    for (uint8_t i = field->name.size; i > 0; i--) {
        if (field->name.text[i - 1] == '_' && i < field->name.size &&
            pt_name_same_words(field->name.text, i - 1u, words, strlen(words))) {
            return field->name.text + i;
        }
    }
    return NULL;
}

/* A field of a list: element `name_3`, zero behind the end, or `name_count`. */
static pt_exit put_element(pt_bytes *bytes, const pt_trace *trace, const pl_field *field,
                           const pt_bind *form, const char *which, const pt_json *list,
                           pt_report *report)
{
    const pl_u256 count = pl_u256_from_u64(json_array_size(list->value));
    const pl_u256 zero = pl_u256_zero();
    pt_json item = {.parent = list, .file = list->file, .line = list->line};
    if (strncmp(which, "count", 5) == 0) {
        return put_number(bytes, field, list, &count, report);
    }
    item.index = (size_t)strtoul(which, NULL, 10);
    item.value = json_array_get(list->value, item.index);
    return item.value != NULL ? pt_trace_put(bytes, trace, field, form, &item, report)
                              : put_number(bytes, field, list, &zero, report);
}

/* Appends one field out of the object; *used: the last member it took. */
static pt_exit put_field(pt_bytes *bytes, const pt_trace *trace, const pl_field *field,
                         const pt_json *object, uint64_t *used, pt_report *report)
{
    uint64_t place = 1;
    for (void *at = json_object_iter(object->value); at != NULL;
         at = json_object_iter_next(object->value, at), place <<= 1) {
        const pt_json value = member_at(object, at);
        const pt_bind form = form_of(trace, value.key);
        const char *words = form.field != NULL ? form.field : value.key;
        const bool is_list = json_is_array(value.value) && form.kind != PT_MASK;
        if (!is_list &&
            pt_name_same_words(words, strlen(words), field->name.text, field->name.size)) {
            *used |= place;
            return pt_trace_put(bytes, trace, field, &form, &value, report);
        }
        const char *which = is_list ? after_words(field, words) : NULL;
        if (which != NULL) {
            /* a list counts as read by its length, which every function that takes one has */
            *used |= which[0] == 'c' ? place : 0;
            return put_element(bytes, trace, field, &form, which, &value, report);
        }
    }
    return wrong_value(object, field, "a member of that name", report);
}

/* A list must not be longer than the fields that take its elements. */
static pt_exit check_room(const pt_trace *trace, const pl_field *fields, size_t count,
                          const pt_json *list, pt_report *report)
{
    const pt_bind form = form_of(trace, list->key);
    size_t room = form.kind == PT_MASK ? SIZE_MAX : 0;
    for (size_t i = 0; i < count && form.kind != PT_MASK; i++) {
        const char *which = after_words(&fields[i], form.field != NULL ? form.field : list->key);
        room += which != NULL && which[0] != 'c' ? 1 : 0;
    }
    return json_array_size(list->value) <= room
               ? PT_OK
               : pt_json_wrong(list, report, "no more elements than the contract has fields for");
}

pt_exit pt_trace_put_fields(pt_bytes *bytes, const pt_trace *trace, const pl_field *fields,
                            size_t count, const char *dropped, const pt_json *object,
                            pt_report *report)
{
    uint64_t used = 0, place = 1;
    if (json_object_size(object->value) > 64) {
        return pt_json_wrong(object, report, "at most 64 members");
    }
    for (size_t i = 0; i < count; i++) {
        PT_TRY(put_field(bytes, trace, &fields[i], object, &used, report));
    }
    for (void *at = json_object_iter(object->value); at != NULL;
         at = json_object_iter_next(object->value, at), place <<= 1) {
        const pt_json value = member_at(object, at);
        if (json_is_array(value.value) && (used & place) != 0) {
            PT_TRY(check_room(trace, fields, count, &value, report));
        }
        if ((used & place) == 0 && (dropped == NULL || strcmp(dropped, value.key) != 0)) {
            return pt_json_wrong(&value, report, "no member that the contract has no field for");
        }
    }
    return PT_OK;
}
