#include "tools/import/world_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/common/value.h"

static void free_rules(pt_build_rules *rules)
{
    for (size_t i = 0; rules != NULL && i < rules->set_count; i++) {
        pt_bytes_free(&rules->sets[i].members);
    }
    if (rules != NULL) {
        pt_bytes_free(&rules->subject);
        free(rules->sets);
    }
    free(rules);
}

void pt_build_free(pt_build *build)
{
    for (size_t i = 0; i < build->feed_count; i++) {
        free_rules(build->feeds[i].rules);
    }
    free(build->contracts);
    free(build->feeds);
    free(build->labels);
    free(build->rows);
    *build = (pt_build){0};
}

/* Makes room for one more entry of an array whose count doubles as its size. */
static void *grown(void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0) {
        return array; /* room is a power of two; it is full exactly when count is one */
    }
    return pt_resize(array, (count == 0 ? 1 : 2 * count) * size);
}

uint32_t pt_build_add_contract(pt_build *build, const char *name, const uint8_t *container,
                               size_t size, const pl_code *code)
{
    build->contracts = grown(build->contracts, build->contract_count, sizeof *build->contracts);
    pt_build_contract *contract = &build->contracts[build->contract_count++];
    *contract = (pt_build_contract){.container = container, .container_size = size, .code = code};
    (void)snprintf(contract->name, sizeof contract->name, "%s", name);
    return (uint32_t)build->contract_count;
}

pt_build_feed *pt_build_add_feed(pt_build *build, const char *name)
{
    build->feeds = grown(build->feeds, build->feed_count, sizeof *build->feeds);
    pt_build_feed *feed = &build->feeds[build->feed_count++];
    *feed = (pt_build_feed){0};
    (void)snprintf(feed->name, sizeof feed->name, "%s", name);
    return feed;
}

void pt_build_stand_in_feed(pt_build_feed *feed, uint8_t decimals, const uint8_t signer[33])
{
    feed->format = PL_FEED_NATIVE;
    feed->decimals = decimals;
    feed->quorum = 1;
    feed->signer_count = 1;
    feed->staleness_s = 0; /* every report is of its own block */
    feed->future_s = 0;
    feed->min = pl_u256_zero();
    feed->max = pl_u256_max_value();
    feed->max.limb[PL_U256_LIMBS - 1] >>= 1; /* 2^255 - 1, the largest signed number */
    feed->is_stand_in = true;
    memcpy(feed->signers[0], signer, 33);
}

pt_build_rules *pt_build_add_rules(pt_build_feed *feed)
{
    feed->rules = pt_take_zeroed(1, sizeof *feed->rules);
    feed->rules->rules = PL_RULES_STRICT;
    feed->rules->rounding = PL_SHRINK_EXACT;
    feed->rules->fallback = PL_NO_FEED;
    return feed->rules;
}

pt_build_set *pt_build_add_set(pt_build_rules *rules)
{
    rules->sets = grown(rules->sets, rules->set_count, sizeof *rules->sets);
    pt_build_set *set = &rules->sets[rules->set_count++];
    *set = (pt_build_set){.until_s = UINT64_MAX};
    return set;
}

void pt_build_add_label(pt_build *build, pl_label_kind kind, const char *text,
                        const uint8_t value[32])
{
    build->labels = grown(build->labels, build->label_count, sizeof *build->labels);
    pt_build_label *label = &build->labels[build->label_count++];
    *label = (pt_build_label){.kind = (uint8_t)kind};
    (void)snprintf(label->text, sizeof label->text, "%s", text);
    memcpy(label->value, value, 32);
}

/* A name that came from a module has the module's name before a point; either spelling will do. */
static bool same_words(pl_name name, const char *words)
{
    const size_t size = strlen(words);
    size_t start = name.size;
    while (start > 0 && name.text[start - 1] != '.') {
        start--;
    }
    return pt_name_same_words(name.text, name.size, words, size) ||
           pt_name_same_words(name.text + start, name.size - start, words, size);
}

uint32_t pt_code_table(const pl_code *code, const char *words)
{
    for (uint32_t i = 0; i < code->table_count; i++) {
        if (same_words(code->tables[i].name, words)) {
            return i;
        }
    }
    return PL_NONE;
}

uint32_t pt_code_function(const pl_code *code, const char *words)
{
    for (uint32_t i = 0; i < code->function_count; i++) {
        if ((code->functions[i].flags & PL_FUNCTION_PUBLIC) != 0 &&
            same_words(code->functions[i].name, words)) {
            return i;
        }
    }
    return PL_NONE;
}

static uint32_t find_signature(const pl_signature *list, uint32_t count, const char *words)
{
    for (uint32_t i = 0; i < count; i++) {
        if (same_words(list[i].name, words)) {
            return i;
        }
    }
    return PL_NONE;
}

uint32_t pt_code_event(const pl_code *code, const char *words)
{
    return find_signature(code->events, code->event_count, words);
}

uint32_t pt_code_error(const pl_code *code, const char *words)
{
    return find_signature(code->errors, code->error_count, words);
}

pt_exit pt_row_begin(pt_row *row, pt_build *build, uint32_t contract, const char *table,
                     pt_report *report)
{
    const pl_code *code = build->contracts[contract - 1].code;
    const uint32_t number = pt_code_table(code, table);
    if (number == PL_NONE) {
        return pt_fail(report, PT_INPUT, "contract %.*s has no table %s, which the import fills",
                       (int)code->name.size, code->name.text, table);
    }
    *row = (pt_row){.build = build, .code = code, .table = &code->tables[number]};
    row->row.contract = contract;
    row->row.table = (uint16_t)number;
    row->row.key_size = row->table->key_size;
    row->row.row_size = row->table->row_size;
    for (uint8_t i = 0; i < row->table->field_count; i++) {
        const pl_field *field = &row->table->fields[i];
        if (field->has_default) {
            memcpy(row->row.row + field->offset, field->default_bytes, field->type.size);
            row->fields_set |= UINT64_C(1) << i;
        }
    }
    return PT_OK;
}

static const pl_field *find_field(const pl_field *fields, uint8_t count, const char *words,
                                  uint8_t *place)
{
    for (uint8_t i = 0; i < count; i++) {
        if (same_words(fields[i].name, words)) {
            *place = i;
            return &fields[i];
        }
    }
    return NULL;
}

const pl_field *pt_row_field(const pt_row *row, const char *field)
{
    uint8_t place = 0;
    const pl_field *key = find_field(row->table->keys, row->table->key_count, field, &place);
    return key != NULL ? key
                       : find_field(row->table->fields, row->table->field_count, field, &place);
}

bool pt_row_has(const pt_row *row, const char *field)
{
    return pt_row_field(row, field) != NULL;
}

void pt_row_put(pt_row *row, const char *field, const uint8_t *stored)
{
    uint8_t place = 0;
    uint8_t *target = row->row.key;
    const pl_field *found = find_field(row->table->keys, row->table->key_count, field, &place);
    if (found != NULL) {
        row->keys_set |= UINT64_C(1) << place;
    } else {
        found = find_field(row->table->fields, row->table->field_count, field, &place);
        target = row->row.row;
        row->fields_set |= UINT64_C(1) << place;
    }
    memcpy(target + found->offset, stored, found->type.size);
}

pt_exit pt_row_set(pt_row *row, const char *field, const pl_u256 *value, pt_report *report)
{
    pt_bytes stored = {0};
    const pl_field *found = pt_row_field(row, field);
    const bool fits = found != NULL && pt_value_put(&stored, found->type, value);
    if (fits) {
        pt_row_put(row, field, stored.data);
    }
    pt_bytes_free(&stored);
    if (!fits) {
        return pt_fail(report, PT_INPUT, "table %.*s: field %s %s", (int)row->table->name.size,
                       row->table->name.text, field,
                       found == NULL ? "does not exist, but the import fills it"
                                     : "is too narrow for the imported value");
    }
    return PT_OK;
}

pt_exit pt_row_set_u64(pt_row *row, const char *field, uint64_t value, pt_report *report)
{
    const pl_u256 wide = pl_u256_from_u64(value);
    return pt_row_set(row, field, &wide, report);
}

pt_exit pt_row_end(pt_row *row, pt_report *report)
{
    const pl_table *table = row->table;
    for (uint8_t i = 0; i < table->key_count + table->field_count; i++) {
        const bool is_key = i < table->key_count;
        const uint8_t place = (uint8_t)(is_key ? i : i - table->key_count);
        const uint64_t set = is_key ? row->keys_set : row->fields_set;
        if ((set >> place & 1) == 0) {
            const pl_name name = is_key ? table->keys[place].name : table->fields[place].name;
            return pt_fail(report, PT_INPUT,
                           "table %.*s: field %.*s has no default and the import does not fill it",
                           (int)table->name.size, table->name.text, (int)name.size, name.text);
        }
    }
    pt_build *build = row->build;
    build->rows = grown(build->rows, build->row_count, sizeof *build->rows);
    build->rows[build->row_count++] = row->row;
    return PT_OK;
}

static int compare_rows(const void *a, const void *b)
{
    const pt_build_row *left = a, *right = b;
    if (left->contract != right->contract) {
        return left->contract < right->contract ? -1 : 1;
    }
    if (left->table != right->table) {
        return left->table < right->table ? -1 : 1;
    }
    return memcmp(left->key, right->key, left->key_size);
}

static void put_name(pt_bytes *bytes, const char *name)
{
    const size_t size = strlen(name);
    pt_put_u8(bytes, (uint8_t)size);
    pt_put(bytes, name, size);
}

static void put_i256(pt_bytes *bytes, const pl_i256 *value)
{
    uint8_t stored[32] = {0};
    (void)!pl_u256_store_be(stored, 32, value); /* 32 bytes hold every value */
    pt_put(bytes, stored, 32);
}

/* Can world format 1 say it? spec 06 §1 */
static bool is_plain(const pt_build_feed *feed)
{
    const pt_build_rules *rules = feed->rules;
    if (rules == NULL) {
        return true;
    }
    if (feed->format > PL_FEED_NATIVE || rules->heartbeat_s > 0 || rules->deviation_bps > 0 ||
        rules->twap_s > 0 || rules->delay_s > 0 || rules->fallback != PL_NO_FEED) {
        return false;
    }
    return feed->format == PL_FEED_UNSIGNED ||
           (rules->set_count == 1 && rules->sets[0].from_s == 0 &&
            rules->sets[0].until_s == UINT64_MAX);
}

static void put_signers(pt_bytes *bytes, const pt_build_feed *feed)
{
    const pt_build_rules *rules = feed->rules;
    if (rules != NULL && rules->set_count > 0) {
        pt_put_u8(bytes, rules->sets[0].quorum);
        pt_put_u8(bytes, rules->sets[0].member_count);
        pt_put(bytes, rules->sets[0].members.data, rules->sets[0].members.size);
        return;
    }
    pt_put_u8(bytes, rules == NULL ? feed->quorum : 0);
    pt_put_u8(bytes, rules == NULL ? feed->signer_count : 0);
    for (uint8_t i = 0; rules == NULL && i < feed->signer_count; i++) {
        pt_put(bytes, feed->signers[i], 33);
    }
}

static void put_set(pt_bytes *bytes, const pt_build_set *set)
{
    pt_put_u64(bytes, set->from_s);
    pt_put_u64(bytes, set->until_s);
    pt_put(bytes, set->id, sizeof set->id);
    pt_put_u8(bytes, set->quorum);
    pt_put_u8(bytes, set->member_count);
    pt_put(bytes, set->members.data, set->members.size);
}

static void put_sets(pt_bytes *bytes, const pt_build_feed *feed)
{
    static const uint8_t no_id[32] = {0};
    const pt_build_rules *rules = feed->rules;
    if (rules != NULL) {
        pt_put_u16(bytes, (uint16_t)rules->set_count);
        for (size_t i = 0; i < rules->set_count; i++) {
            put_set(bytes, &rules->sets[i]);
        }
        return;
    }
    pt_put_u16(bytes, feed->format == PL_FEED_UNSIGNED ? 0 : 1);
    if (feed->format != PL_FEED_UNSIGNED) {
        pt_put_u64(bytes, 0);
        pt_put_u64(bytes, UINT64_MAX);
        pt_put(bytes, no_id, sizeof no_id);
        put_signers(bytes, feed);
    }
}

static void put_rules(pt_bytes *bytes, const pt_build_feed *feed)
{
    static const pt_build_rules plain = {
        .rules = PL_RULES_STRICT, .rounding = PL_SHRINK_EXACT, .fallback = PL_NO_FEED};
    const pt_build_rules *rules = feed->rules != NULL ? feed->rules : &plain;
    pt_put_u8(bytes, rules->rules);
    pt_put_u8(bytes, rules->rounding);
    pt_put_u8(bytes, rules->wire_decimals);
    pt_put_u16(bytes, (uint16_t)rules->subject.size);
    pt_put(bytes, rules->subject.data, rules->subject.size);
    pt_put_u64(bytes, rules->heartbeat_s);
    pt_put_u32(bytes, rules->deviation_bps);
    pt_put_u32(bytes, rules->confidence_bps);
    pt_put_u32(bytes, rules->twap_s);
    pt_put_u32(bytes, rules->delay_s);
    pt_put_u32(bytes, rules->fallback);
}

static void put_feed(pt_bytes *bytes, const pt_build_feed *feed, unsigned world_format)
{
    put_name(bytes, feed->name);
    pt_put_u8(bytes, feed->format);
    pt_put_u8(bytes, feed->decimals);
    pt_put_u64(bytes, feed->staleness_s);
    pt_put_u64(bytes, feed->future_s);
    put_i256(bytes, &feed->min);
    put_i256(bytes, &feed->max);
    if (world_format == 1) {
        put_signers(bytes, feed);
    } else {
        put_rules(bytes, feed);
        put_sets(bytes, feed);
    }
    pt_put_text16(bytes, feed->note);
}

pt_exit pt_build_encode(pt_bytes *bytes, pt_build *build, pt_report *report)
{
    unsigned format = 1;
    for (size_t i = 0; i < build->feed_count; i++) {
        format = is_plain(&build->feeds[i]) ? format : 2;
    }
    pt_put_text(bytes, "PLWD");
    pt_put_u16(bytes, (uint16_t)format);
    pt_put_u16(bytes, (uint16_t)PL_SEMANTICS_ID);
    put_name(bytes, build->name);
    pt_put_u8(bytes, build->tx_auth);
    pt_put_u64(bytes, build->seed);
    pt_put_u64(bytes, build->time_s);
    pt_put_u64(bytes, build->tx_gas_max);
    pt_put_u64(bytes, build->hook_gas);
    pt_put_u16(bytes, (uint16_t)build->contract_count);
    for (size_t i = 0; i < build->contract_count; i++) {
        const pt_build_contract *contract = &build->contracts[i];
        put_name(bytes, contract->name);
        pt_put(bytes, contract->code->hash, 32);
        pt_put_u32(bytes, (uint32_t)contract->container_size);
        pt_put(bytes, contract->container, contract->container_size);
    }
    pt_put_u16(bytes, (uint16_t)build->feed_count);
    for (size_t i = 0; i < build->feed_count; i++) {
        put_feed(bytes, &build->feeds[i], format);
    }
    pt_put_u32(bytes, (uint32_t)build->label_count);
    for (size_t i = 0; i < build->label_count; i++) {
        pt_put_text16(bytes, build->labels[i].text);
        pt_put_u8(bytes, build->labels[i].kind);
        pt_put(bytes, build->labels[i].value, 32);
    }
    if (build->row_count != 0) {
        qsort(build->rows, build->row_count, sizeof *build->rows, compare_rows);
    }
    pt_put_u32(bytes, (uint32_t)build->row_count);
    for (size_t i = 0; i < build->row_count; i++) {
        const pt_build_row *row = &build->rows[i];
        if (i != 0 && compare_rows(row - 1, row) == 0) {
            return pt_fail(report, PT_INPUT, "two initial rows of one table have the same key");
        }
        pt_put_u32(bytes, row->contract);
        pt_put_u16(bytes, row->table);
        pt_put(bytes, row->key, row->key_size);
        pt_put(bytes, row->row, row->row_size);
    }
    return PT_OK;
}
