/* What a header becomes before the first block: feeds and rows by the protocol's tables, and the
 * checks that nothing in it is unknown or contradicts itself (trace.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/common/value.h"
#include "tools/import/trace.h"
#include "vm/num/text.h"

/* ---- feeds ---- */

typedef struct feed_work {
    pt_trace *trace;
    const pt_feed_source *source;
    const pt_json *header;
} feed_work;

pt_exit pt_trace_price(pl_u256 *price, const pt_json *object, const char *key, pt_report *report)
{
    const pt_json node = {.value = json_object_get(object->value, key),
                          .parent = object,
                          .key = key,
                          .file = object->file,
                          .line = object->line};
    return pt_trace_read_price(price, &node, report);
}

/* A price, or another number that every step reports. */
pt_exit pt_trace_read_price(pl_u256 *price, const pt_json *node, pt_report *report)
{
    const char *text = json_string_value(node->value);
    *price = pl_u256_zero();
    if (json_is_integer(node->value) && json_integer_value(node->value) >= 0) {
        *price = pl_u256_from_u64((uint64_t)json_integer_value(node->value));
    } else if (json_is_boolean(node->value)) {
        *price = pl_u256_from_u64(json_is_true(node->value) ? 1 : 0);
    } else if (text == NULL || pl_u256_parse_dec(price, NULL, text, strlen(text)) != PL_OK ||
               pl_u256_is_neg(price)) {
        return pt_json_wrong(node, report, "a price below 2^255");
    }
    return PT_OK;
}

static void feed_called(char name[65], pt_trace *trace, const pt_place *place, const char *suffix)
{
    const char *text = place->count != 0 ? place->texts[place->count - 1] : "";
    if (suffix[0] == '/') {
        pt_json links[PT_STEPS_MAX], found;
        pt_path_find(links, &found, trace, suffix + 1, place, trace->header);
        pt_path_use(trace, "", suffix + 1);
        suffix = json_is_string(found.value) ? json_string_value(found.value) : "";
    }
    (void)snprintf(name, 65, "%s%s", text, suffix);
}

/* The source's, less a number of the header where it names one. */
static pt_exit feed_decimals(uint8_t *decimals, const feed_work *work, const pt_place *place,
                             pt_report *report)
{
    pt_json links[PT_STEPS_MAX], found;
    *decimals = work->source->decimals;
    if (work->source->less == NULL) {
        return PT_OK;
    }
    pt_path_find(links, &found, work->trace, work->source->less, place, work->header);
    pt_path_use(work->trace, "", work->source->less);
    const json_int_t less = json_is_integer(found.value) ? json_integer_value(found.value) : -1;
    if (less < 0 || less > *decimals) {
        return pt_json_wrong(&found, report, "a number of decimals that a price can have");
    }
    *decimals = (uint8_t)(*decimals - less);
    return PT_OK;
}

static pt_exit visit_feed(void *context, const pt_json *node, const pt_place *place,
                          pt_report *report)
{
    const feed_work *work = context;
    char name[65], note[128];
    uint8_t decimals = 0;
    pl_u256 price;
    PT_TRY(pt_trace_read_price(&price, node, report));
    PT_TRY(feed_decimals(&decimals, work, place, report));
    feed_called(name, work->trace, place, work->source->suffix);
    (void)snprintf(note, sizeof note, "%s: %s", name, work->source->note);
    work->trace->step_keys[work->trace->build.feed_count] = work->source->step_key;
    return pt_trace_add_feed(work->trace, name, decimals, note, &price, report);
}

/* ---- rows ---- */

typedef struct row_work {
    pt_trace *trace;
    const pt_rows *rows;
    const pt_json *header;
} row_work;

static const pt_bind *bind_of(const pt_bind *binds, pl_name field)
{
    for (const pt_bind *b = binds; b != NULL && b->field != NULL; b++) {
        if (pt_name_same_words(b->field, strlen(b->field), field.text, field.size)) {
            return b;
        }
    }
    return NULL;
}

/* A number, or for accounts and symbols the name (after prefix), of a key of the path. */
static void key_value(uint8_t stored[32], const pl_field *field, const pt_place *place, size_t key,
                      const char *prefix)
{
    pt_bytes bytes = {0};
    const pl_u256 number = pl_u256_from_u64(place->values[key]);
    memset(stored, 0, 32);
    if (field->type.class == PL_CLASS_ACCOUNT || field->type.class == PL_CLASS_SYMBOL) {
        char name[65];
        (void)snprintf(name, sizeof name, "%s%s", prefix, place->texts[key]);
        pt_trace_account(stored, name);
    } else if (pt_value_put(&bytes, field->type, &number)) {
        memcpy(stored, bytes.data, bytes.size);
    }
    pt_bytes_free(&bytes);
}

/* The first key of the path, not taken before, that this key field can hold. */
static bool next_key(size_t *key, uint64_t *taken, const pl_field *field, const pt_place *place)
{
    const bool account = field->type.class == PL_CLASS_ACCOUNT;
    for (size_t i = 0; i < place->count; i++) {
        if ((*taken >> i & 1) == 0 && (place->kinds[i] == '*') == account) {
            *taken |= UINT64_C(1) << i;
            *key = i;
            return true;
        }
    }
    return false;
}

static pt_exit set_from(pt_row *row, const row_work *work, const pl_field *field, const char *name,
                        const pt_bind *bind, const pt_json *node, const pt_place *place,
                        pt_report *report)
{
    pt_json links[PT_STEPS_MAX], found;
    char path[PT_PATH_SIZE];
    const char *source = bind->source;
    const bool optional = source[0] != '\0' && source[strlen(source) - 1] == '?';
    uint8_t stored[32];
    if (source[0] == '=') {
        const char *prefix = bind->prefix != NULL ? bind->prefix : "";
        if (strlen(prefix) + strlen(place->texts[place->count - 1]) > 32) {
            return pt_json_wrong(node, report, "a name that leaves room for its prefix");
        }
        key_value(stored, field, place, place->count - 1, prefix);
        pt_row_put(row, name, stored);
        return PT_OK;
    }
    if (source[0] == '!') {
        return pt_row_set_u64(row, name, strtoull(source + 1, NULL, 10), report);
    }
    if (source[0] == '$') {
        char feed[65];
        feed_called(feed, work->trace, place, source + 1);
        return pt_row_set_u64(row, name, pt_trace_feed(work->trace, feed), report);
    }
    (void)snprintf(path, sizeof path, "%s", source + (source[0] == '/' ? 1 : 0));
    if (optional) {
        path[strlen(path) - 1] = '\0';
    }
    pt_path_find(links, &found, work->trace, path, place, source[0] == '/' ? work->header : node);
    pt_path_use(work->trace, source[0] == '/' ? "" : work->rows->path, path);
    if (found.value == NULL && optional) {
        return PT_OK;
    }
    pt_bytes bytes = {0};
    const pt_exit result = pt_trace_put(&bytes, work->trace, field, bind, &found, report);
    if (result == PT_OK) {
        pt_row_put(row, name, bytes.data);
    }
    pt_bytes_free(&bytes);
    return result;
}

/* The member of node with the words of the field. */
static bool member_like(pt_bind *bind, pl_name field, const pt_json *node)
{
    for (void *at = json_object_iter(node->value); at != NULL;
         at = json_object_iter_next(node->value, at)) {
        const char *key = json_object_iter_key(at);
        if (pt_name_same_words(key, strlen(key), field.text, field.size)) {
            *bind = (pt_bind){.source = key};
            return true;
        }
    }
    return false;
}

static pt_exit fill(pt_row *row, const row_work *work, const pl_field *fields, uint8_t count,
                    bool keys, const pt_json *node, const pt_place *place, pt_report *report)
{
    uint64_t taken = 0;
    for (uint8_t i = 0; i < count; i++) {
        char name[64];
        size_t key = 0;
        pt_bind like;
        const pt_bind *bind = bind_of(work->rows->binds, fields[i].name);
        (void)snprintf(name, sizeof name, "%.*s", (int)fields[i].name.size, fields[i].name.text);
        if (bind == NULL && keys && next_key(&key, &taken, &fields[i], place)) {
            uint8_t stored[32];
            key_value(stored, &fields[i], place, key, "");
            pt_row_put(row, name, stored);
        } else if (bind != NULL || (!keys && member_like(&like, fields[i].name, node))) {
            PT_TRY(set_from(row, work, &fields[i], name, bind != NULL ? bind : &like, node, place,
                            report));
        }
    }
    return PT_OK;
}

/* A bind for a field that the table lacks would be read by nobody. */
static pt_exit check_binds(const pt_row *row, const pt_rows *rows, pt_report *report)
{
    for (const pt_bind *b = rows->binds; b != NULL && b->field != NULL; b++) {
        if (!pt_row_has(row, b->field)) {
            return pt_fail(report, PT_INPUT, "table %s has no field %s, which the import fills",
                           rows->table, b->field);
        }
    }
    return PT_OK;
}

/* Drops the newest row when an equal one is there: two markets may both say what is in a wallet. */
static void drop_equal(pt_build *build)
{
    const pt_build_row *last = &build->rows[build->row_count - 1];
    for (size_t i = 0; i + 1 < build->row_count; i++) {
        const pt_build_row *row = &build->rows[i];
        if (row->contract == last->contract && row->table == last->table &&
            memcmp(row->key, last->key, last->key_size) == 0 &&
            memcmp(row->row, last->row, last->row_size) == 0) {
            build->row_count--;
            return;
        }
    }
}

static pt_exit visit_row(void *context, const pt_json *node, const pt_place *place,
                         pt_report *report)
{
    const row_work *work = context;
    pt_row row;
    PT_TRY(pt_row_begin(&row, &work->trace->build, work->rows->contract + 1u, work->rows->table,
                        report));
    PT_TRY(check_binds(&row, work->rows, report));
    PT_TRY(fill(&row, work, row.table->keys, row.table->key_count, true, node, place, report));
    PT_TRY(fill(&row, work, row.table->fields, row.table->field_count, false, node, place, report));
    PT_TRY(pt_row_end(&row, report));
    drop_equal(&work->trace->build);
    return PT_OK;
}

/* ---- checks ---- */

typedef struct same_work {
    pt_trace *trace;
    const pt_same *same;
    const pt_json *header;
} same_work;

static pt_exit visit_same(void *context, const pt_json *node, const pt_place *place,
                          pt_report *report)
{
    const same_work *work = context;
    const char *right = work->same->right;
    pt_json links[PT_STEPS_MAX], other;
    if (right[0] == '!') {
        char number[32];
        (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(node->value));
        const char *text = json_is_integer(node->value) ? number : json_string_value(node->value);
        return text != NULL && strcmp(text, right + 1) == 0
                   ? PT_OK
                   : pt_json_wrong(node, report, right + 1);
    }
    pt_path_find(links, &other, work->trace, work->same->right, place, work->header);
    if (other.value == NULL || !json_equal(node->value, other.value)) {
        char expected[PT_PATH_SIZE + 32];
        (void)snprintf(expected, sizeof expected, "the same as %s", work->same->right);
        return pt_json_wrong(node, report, expected);
    }
    return PT_OK;
}

/* Unknown keys outside the state; texts about the recording itself may say anything. */
static pt_exit check_header(pt_trace *trace, const pt_json *header, pt_report *report)
{
    static const char *const common[] = {"type",    "protocol", "package", "evm",
                                         "profile", "seed",     "steps",   "t",
                                         "block",   "users.@",  "state",   "liquidators.@"};
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        pt_path_use(trace, "", common[i]);
    }
    for (const char *const *r = trace->protocol->remarks; r != NULL && *r != NULL; r++) {
        pt_path_use(trace, "", *r);
    }
    for (void *at = json_object_iter(header->value); at != NULL;
         at = json_object_iter_next(header->value, at)) {
        const pt_json part = {.value = json_object_iter_value(at),
                              .parent = header,
                              .key = json_object_iter_key(at),
                              .file = header->file,
                              .line = header->line};
        if (strcmp(part.key, "state") != 0) {
            PT_TRY(pt_path_check(trace, part.key, &part, report));
        }
    }
    return PT_OK;
}

/* The params row is there for every contract that has params (spec 06 §1): its defaults, where no
 * table of the protocol fills it. */
static pt_exit add_params(pt_trace *trace, pt_report *report)
{
    for (uint32_t c = 0; c < trace->contract_count; c++) {
        const pl_code *code = trace->codes[c];
        for (uint16_t t = 0; t < code->table_count; t++) {
            bool filled = !code->tables[t].is_params;
            for (size_t i = 0; i < trace->build.row_count && !filled; i++) {
                filled = trace->build.rows[i].contract == c + 1 && trace->build.rows[i].table == t;
            }
            if (!filled) {
                pt_row row;
                PT_TRY(pt_row_begin(&row, &trace->build, c + 1, "params", report));
                PT_TRY(pt_row_end(&row, report));
            }
        }
    }
    return PT_OK;
}

pt_exit pt_trace_genesis(pt_trace *trace, const pt_json *header, pt_report *report)
{
    const pt_protocol *protocol = trace->protocol;
    if (protocol->check != NULL) {
        PT_TRY(protocol->check(header, report));
    }
    for (const pt_feed_source *f = protocol->feeds; f != NULL && f->suffix != NULL; f++) {
        feed_work work = {.trace = trace, .source = f, .header = header};
        PT_TRY(pt_path_each(trace, f->path, 0, header, visit_feed, &work, report));
        pt_path_use(trace, "", f->path);
    }
    for (const pt_rows *r = protocol->rows; r != NULL && r->table != NULL; r++) {
        row_work work = {.trace = trace, .rows = r, .header = header};
        PT_TRY(pt_path_each(trace, r->path, 0, header, visit_row, &work, report));
    }
    for (const pt_same *s = protocol->same; s != NULL && s->left != NULL; s++) {
        same_work work = {.trace = trace, .same = s, .header = header};
        PT_TRY(pt_path_each(trace, s->left, 0, header, visit_same, &work, report));
        pt_path_use(trace, "", s->left);
        pt_path_use(trace, "", s->right);
    }
    if (protocol->genesis != NULL) {
        PT_TRY(protocol->genesis(trace, header, report));
    }
    PT_TRY(add_params(trace, report));
    return protocol->check != NULL ? PT_OK : check_header(trace, header, report);
}
