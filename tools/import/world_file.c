/* The world of a world file: contracts, feeds, people, first rows (world_file.h). */
#include "tools/import/world_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/names.h"
#include "tools/common/source.h"
#include "tools/common/value.h"
#include "vm/num/text.h"

enum {
    GAS_MAX_DEFAULT = 200000000,
    HOOK_GAS_DEFAULT = 10000000,
    CONTRACT_NAME_MAX = 31,
    ACCOUNTS_MAX = 4096
};
#define WORLD_FILE_SIZE_MAX (UINT64_C(64) << 20)

static void free_calls(pt_plan_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pt_bytes_free(&calls[i].arguments);
        pt_bytes_free(&calls[i].values);
    }
    free(calls);
}

void pt_world_file_close(pt_world_file *world)
{
    pl_chain_free(world->chain);
    for (size_t i = 0; i < world->block_count; i++) {
        pt_bytes_free(&world->blocks[i].body);
        free_calls(world->blocks[i].calls, world->blocks[i].call_count);
        free_calls(world->blocks[i].asks, world->blocks[i].ask_count);
    }
    free(world->blocks);
    for (size_t i = 0; i < world->contract_count; i++) {
        if (world->contracts[i].has_code) {
            pl_code_free(&world->contracts[i].code, &world->memory.memory);
        }
        pt_bytes_free(&world->contracts[i].container);
    }
    free(world->contracts);
    pt_build_free(&world->build);
    pt_signer_close(&world->signer);
    json_decref(world->root.value);
    pt_bytes_free(&world->input);
    pt_bytes_free(&world->world);
}

/* A name of spec 02 §3: a letter or _, then letters, digits or _. */
static pt_exit read_name(const char **name, const pt_json *object, const char *key, size_t size_max,
                         pt_report *report)
{
    char expected[100];
    PT_TRY(pt_json_text(name, object, key, report));
    bool good = strlen(*name) <= size_max && !((*name)[0] >= '0' && (*name)[0] <= '9');
    for (const char *c = *name; good && *c != '\0'; c++) {
        good = *c == '_' || (*c >= '0' && *c <= '9') || ((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z');
    }
    if (good) {
        return PT_OK;
    }
    pt_json node;
    PT_TRY(pt_json_member(&node, object, key, JSON_STRING, report));
    (void)snprintf(expected, sizeof expected,
                   "a name: a letter, then letters, digits or _, at most %zu", size_max);
    return pt_json_wrong(&node, report, expected);
}

/* The array under key, or an empty node when it is absent. */
static pt_exit optional_array(pt_json *list, const pt_json *object, const char *key,
                              pt_report *report)
{
    *list = (pt_json){0};
    return pt_json_has(object, key) ? pt_json_member(list, object, key, JSON_ARRAY, report) : PT_OK;
}

static pt_exit optional_u64(uint64_t *number, const pt_json *object, const char *key, uint64_t min,
                            uint64_t max, pt_report *report)
{
    return pt_json_has(object, key) ? pt_json_u64(number, object, key, min, max, report) : PT_OK;
}

static pt_exit read_head(pt_world_file *world, pt_report *report)
{
    static const char *const keys[] = {"name",     "time_s",    "seed",   "tx_gas_max",
                                       "hook_gas", "contracts", "feeds",  "accounts",
                                       "blocks",   "assets",    "time_is"};
    pt_build *build = &world->build;
    const char *name = NULL;
    PT_TRY(pt_json_only(&world->root, keys, sizeof keys / sizeof keys[0], report));
    PT_TRY(read_name(&name, &world->root, "name", PL_NAME_SIZE_MAX, report));
    (void)snprintf(build->name, sizeof build->name, "%s", name);
    build->tx_auth = PL_TX_AUTH_NONE;
    build->tx_gas_max = GAS_MAX_DEFAULT;
    build->hook_gas = HOOK_GAS_DEFAULT;
    PT_TRY(pt_json_u64(&build->time_s, &world->root, "time_s", 0, INT64_MAX, report));
    PT_TRY(optional_u64(&build->seed, &world->root, "seed", 0, INT64_MAX, report));
    PT_TRY(optional_u64(&build->tx_gas_max, &world->root, "tx_gas_max", 1, PL_GAS_MAX, report));
    return optional_u64(&build->hook_gas, &world->root, "hook_gas", 1, PL_GAS_MAX, report);
}

/* ---- contracts ---- */

static pt_exit compile(pt_world_contract *contract, const pt_world_file *world, const pt_json *node,
                       const char *library, pt_report *report)
{
    const char *source = NULL;
    pt_json place;
    PT_TRY(pt_json_member(&place, node, "source", JSON_STRING, report));
    source = json_string_value(place.value);
    if (source[0] == '/' || source[0] == '\0') {
        return pt_json_wrong(&place, report, "a path that starts at the folder of this file");
    }
    const size_t folder_size = (size_t)(pt_path_base(world->file) - world->file);
    char *folder = pt_copy_text(world->file, folder_size);
    char *path = pt_path_join(folder_size == 0 ? "." : folder, source);
    pt_exit result = pt_compile(&contract->container, path, library, true, report);
    if (result == PT_OK) {
        pl_code_error where = {0};
        const pl_status status = pl_code_load(&contract->code, &where, &world->memory.memory,
                                              contract->container.data, contract->container.size);
        contract->has_code = status == PL_OK;
        result = contract->has_code ? PT_OK : pt_fail_status(report, status, "%s", path);
    }
    free(folder);
    free(path);
    return result;
}

static pt_exit read_contracts(pt_world_file *world, const char *library, pt_report *report)
{
    static const char *const keys[] = {"name", "source", "params", "tables"};
    pt_json list, node;
    PT_TRY(pt_json_member(&list, &world->root, "contracts", JSON_ARRAY, report));
    const size_t count = json_array_size(list.value);
    if (count == 0 || count > PL_CONTRACTS_MAX) {
        return pt_json_wrong(&list, report, "1 to 256 contracts");
    }
    world->contracts = pt_take_zeroed(count, sizeof *world->contracts);
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        PT_TRY(pt_json_element(&node, &list, i, JSON_OBJECT, report));
        PT_TRY(pt_json_only(&node, keys, sizeof keys / sizeof keys[0], report));
        PT_TRY(read_name(&name, &node, "name", CONTRACT_NAME_MAX, report));
        for (size_t j = 0; j < i; j++) {
            if (strcmp(world->build.contracts[j].name, name) == 0) {
                return pt_json_wrong(&node, report, "a name that no contract before it has");
            }
        }
        pt_world_contract *contract = &world->contracts[world->contract_count++];
        PT_TRY(compile(contract, world, &node, library, report));
        (void)pt_build_add_contract(&world->build, name, contract->container.data,
                                    contract->container.size, &contract->code);
    }
    return PT_OK;
}

/* ---- feeds and people ---- */

/* A price with the feed's decimals. */
static pt_exit read_bound(pl_i256 *bound, const pt_json *feed, const char *key, uint64_t decimals,
                          pt_report *report)
{
    pt_json node;
    if (!pt_json_has(feed, key)) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&node, feed, key, JSON_STRING, report));
    return pl_i256_parse_scaled(bound, NULL, json_string_value(node.value),
                                json_string_length(node.value), (uint32_t)decimals) == PL_OK
               ? PT_OK
               : pt_json_wrong(&node, report, "a price with at most the feed's decimals");
}

static pt_exit read_feed(pt_world_file *world, const pt_json *node, pt_report *report)
{
    const char *name = NULL, *note = "";
    uint64_t decimals = 0;
    PT_TRY(pt_json_only(node, pt_world_feed_keys, pt_world_feed_key_count, report));
    PT_TRY(read_name(&name, node, "name", PL_NAME_SIZE_MAX, report));
    for (size_t i = 0; i < world->build.feed_count; i++) {
        if (strcmp(world->build.feeds[i].name, name) == 0) {
            return pt_json_wrong(node, report, "a name that no feed before it has");
        }
    }
    PT_TRY(pt_json_u64(&decimals, node, "decimals", 0, PL_NUM_SCALE_MAX, report));
    if (pt_json_has(node, "note")) {
        PT_TRY(pt_json_text(&note, node, "note", report));
    }
    pt_build_feed *feed = pt_build_add_feed(&world->build, name);
    pt_build_stand_in_feed(feed, (uint8_t)decimals, world->signer.public_key);
    PT_TRY(pt_json_u64(&feed->staleness_s, node, "staleness_s", 0, INT64_MAX, report));
    PT_TRY(optional_u64(&feed->future_s, node, "future_s", 0, INT64_MAX, report));
    PT_TRY(read_bound(&feed->min, node, "min", decimals, report));
    PT_TRY(read_bound(&feed->max, node, "max", decimals, report));
    if (pl_i256_lt(&feed->max, &feed->min)) {
        return pt_json_wrong(node, report, "min not above max");
    }
    PT_TRY(pt_world_feed_rules(world, feed, node, report));
    (void)snprintf(feed->note, sizeof feed->note, "%s%s%s%s", note,
                   feed->is_stand_in && note[0] != '\0' ? "; " : "",
                   feed->is_stand_in ? PT_STAND_IN : "",
                   feed->is_stand_in ? ": the price is the world file's" : "");
    return PT_OK;
}

static pt_exit read_feeds(pt_world_file *world, pt_report *report)
{
    pt_json list, node;
    PT_TRY(optional_array(&list, &world->root, "feeds", report));
    const size_t count = json_array_size(list.value);
    if (count > PL_FEEDS_MAX) {
        return pt_json_wrong(&list, report, "at most 4096 feeds");
    }
    for (size_t i = 0; i < count; i++) {
        PT_TRY(pt_json_element(&node, &list, i, JSON_OBJECT, report));
        PT_TRY(read_feed(world, &node, report));
    }
    return PT_OK;
}

static pt_exit read_accounts(pt_world_file *world, pt_report *report)
{
    pt_json list, node;
    PT_TRY(optional_array(&list, &world->root, "accounts", report));
    if (json_array_size(list.value) > ACCOUNTS_MAX) {
        return pt_json_wrong(&list, report, "at most 4096 accounts");
    }
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        uint8_t account[32];
        PT_TRY(pt_json_element(&node, &list, i, JSON_STRING, report));
        const char *name = json_string_value(node.value);
        if (name[0] == '\0' || name[0] == '@' || strncmp(name, "0x", 2) == 0 ||
            !pt_symbol(account, name)) {
            return pt_json_wrong(&node, report,
                                 "1 to 32 printable characters without spaces, not starting with @ "
                                 "or 0x");
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(world->build.labels[j].text, name) == 0) {
                return pt_json_wrong(&node, report, "a name that is not in the list before");
            }
        }
        pt_build_add_label(&world->build, PL_LABEL_ACCOUNT, name, account);
    }
    uint8_t signer[32];
    memcpy(signer, world->signer.public_key + 1, sizeof signer); /* the x coordinate */
    pt_build_add_label(&world->build, PL_LABEL_SIGNER, PT_STAND_IN, signer);
    return PT_OK;
}

static bool is_note(const char *text)
{
    size_t size = 0;
    while (text[size] >= 0x20 && text[size] <= 0x7e) {
        size++;
    }
    return text[size] == '\0' && size >= 1 && size <= 60;
}

/* Notes for people: the names of assets by their numbers, and what time_s counts. */
static pt_exit read_notes(pt_world_file *world, pt_report *report)
{
    pt_json list, node;
    uint8_t value[32];
    PT_TRY(optional_array(&list, &world->root, "assets", report));
    if (json_array_size(list.value) > 256) {
        return pt_json_wrong(&list, report, "at most 256 names");
    }
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        uint8_t symbol[32];
        PT_TRY(pt_json_element(&node, &list, i, JSON_STRING, report));
        const char *name = json_string_value(node.value);
        if (name[0] == '\0' || !pt_symbol(symbol, name)) {
            return pt_json_wrong(&node, report, "1 to 32 printable characters without spaces");
        }
        pt_asset_label(value, (uint8_t)i);
        pt_build_add_label(&world->build, PL_LABEL_NOTE, name, value);
    }
    if (pt_json_has(&world->root, "time_is")) {
        PT_TRY(pt_json_member(&node, &world->root, "time_is", JSON_STRING, report));
        if (!is_note(json_string_value(node.value))) {
            return pt_json_wrong(&node, report, "1 to 60 printable characters: block number");
        }
        pt_time_label(value);
        pt_build_add_label(&world->build, PL_LABEL_NOTE, json_string_value(node.value), value);
    }
    return PT_OK;
}

/* ---- first rows ---- */

/* Stored forms of one size, compared as numbers: the sign bit turned round makes them unsigned. */
static int compare_stored(pl_type type, const uint8_t *a, const uint8_t *b)
{
    const uint8_t turn = type.class == PL_CLASS_INT ? 0x80 : 0;
    if ((a[0] ^ turn) != (b[0] ^ turn)) {
        return (a[0] ^ turn) < (b[0] ^ turn) ? -1 : 1;
    }
    return memcmp(a, b, type.size);
}

static pt_exit check_range(const pl_field *field, const uint8_t *stored, const pt_json *node,
                           pt_report *report)
{
    char low[PT_VALUE_TEXT_MAX], high[PT_VALUE_TEXT_MAX], expected[2 * PT_VALUE_TEXT_MAX + 20];
    if (!field->has_range || (compare_stored(field->type, stored, field->min_bytes) >= 0 &&
                              compare_stored(field->type, stored, field->max_bytes) <= 0)) {
        return PT_OK;
    }
    (void)snprintf(expected, sizeof expected, "a value from %s to %s",
                   pt_value_text(low, (pt_names){0}, field->type, field->min_bytes),
                   pt_value_text(high, (pt_names){0}, field->type, field->max_bytes));
    return pt_json_wrong(node, report, expected);
}

/* Sets the fields that the object names; the keys it must name all. */
static pt_exit set_fields(pt_row *row, const pt_world_file *world, bool is_key, const pt_json *node,
                          pt_report *report)
{
    const pl_table *table = row->table;
    const size_t count = is_key ? table->key_count : table->field_count;
    for (size_t i = 0; i < count; i++) {
        const pl_field *field = is_key ? &table->keys[i] : &table->fields[i];
        uint64_t *set = is_key ? &row->keys_set : &row->fields_set;
        uint8_t *target = (is_key ? row->row.key : row->row.row) + field->offset;
        char name[64];
        pt_json value = {.parent = node, .file = node->file, .line = node->line};
        value.key = pt_world_name(name, field->name);
        value.value = json_object_get(node->value, name);
        if (value.value != NULL) {
            PT_TRY(pt_world_value(target, world, row->row.contract, field, &value, report));
            PT_TRY(check_range(field, target, &value, report));
            *set |= UINT64_C(1) << i;
        } else if ((*set >> i & 1) == 0) {
            return pt_json_wrong(&value, report, "a value for it: it has no default");
        }
    }
    return PT_OK;
}

static pt_exit read_row(pt_world_file *world, uint32_t contract, const char *table,
                        const pt_json *node, pt_report *report)
{
    pt_row row;
    char texts[PL_KEY_FIELDS_MAX + PL_ROW_FIELDS_MAX][64];
    const char *names[PL_KEY_FIELDS_MAX + PL_ROW_FIELDS_MAX];
    size_t count = 0;
    PT_TRY(pt_row_begin(&row, &world->build, contract, table, report));
    for (size_t i = 0; i < row.table->key_count; i++, count++) {
        names[count] = pt_world_name(texts[count], row.table->keys[i].name);
    }
    for (size_t i = 0; i < row.table->field_count; i++, count++) {
        names[count] = pt_world_name(texts[count], row.table->fields[i].name);
    }
    PT_TRY(pt_json_only(node, names, count, report));
    PT_TRY(set_fields(&row, world, true, node, report));
    PT_TRY(set_fields(&row, world, false, node, report));
    return pt_row_end(&row, report);
}

/* The params row is there for every contract that has params, written or not. */
static pt_exit read_params(pt_world_file *world, uint32_t contract, const pt_json *node,
                           pt_report *report)
{
    const pl_code *code = &world->contracts[contract - 1].code;
    pt_json params = {.parent = node, .key = "params", .file = node->file, .line = node->line};
    bool has_params = false;
    if (pt_json_has(node, "params")) {
        PT_TRY(pt_json_member(&params, node, "params", JSON_OBJECT, report));
    }
    for (uint16_t t = 0; t < code->table_count; t++) {
        if (code->tables[t].is_params) {
            char name[64];
            has_params = true;
            PT_TRY(read_row(world, contract, pt_world_name(name, code->tables[t].name), &params,
                            report));
        }
    }
    return has_params || json_object_size(params.value) == 0
               ? PT_OK
               : pt_json_wrong(&params, report, "no params: this contract has none");
}

static pt_exit read_tables(pt_world_file *world, uint32_t contract, const pt_json *node,
                           pt_report *report)
{
    const pl_code *code = &world->contracts[contract - 1].code;
    char texts[PL_TABLES_MAX][64];
    const char *names[PL_TABLES_MAX];
    size_t count = 0;
    pt_json tables, row;
    if (!pt_json_has(node, "tables")) {
        return PT_OK;
    }
    for (uint16_t t = 0; t < code->table_count; t++) {
        if (!code->tables[t].is_params) {
            names[count] = pt_world_name(texts[count], code->tables[t].name);
            count++;
        }
    }
    PT_TRY(pt_json_member(&tables, node, "tables", JSON_OBJECT, report));
    PT_TRY(pt_json_only(&tables, names, count, report));
    for (void *at = json_object_iter(tables.value); at != NULL;
         at = json_object_iter_next(tables.value, at)) {
        const pt_json rows = pt_world_member_at(&tables, at);
        if (!json_is_array(rows.value)) {
            return pt_json_wrong(&rows, report, "a list of rows [{\"key\": .., \"field\": ..}]");
        }
        for (size_t i = 0; i < json_array_size(rows.value); i++) {
            PT_TRY(pt_json_element(&row, &rows, i, JSON_OBJECT, report));
            PT_TRY(read_row(world, contract, rows.key, &row, report));
        }
    }
    return PT_OK;
}

static pt_exit read_rows(pt_world_file *world, pt_report *report)
{
    pt_json list, node;
    PT_TRY(pt_json_member(&list, &world->root, "contracts", JSON_ARRAY, report));
    for (size_t i = 0; i < world->contract_count; i++) {
        PT_TRY(pt_json_element(&node, &list, i, JSON_OBJECT, report));
        PT_TRY(read_params(world, (uint32_t)i + 1, &node, report));
        PT_TRY(read_tables(world, (uint32_t)i + 1, &node, report));
    }
    return PT_OK;
}

/* ---- the whole ---- */

static pt_exit make_chain(pt_world_file *world, pt_report *report)
{
    pl_world_error where = {.part = "header"};
    const pt_exit encoded = pt_build_encode(&world->world, &world->build, report);
    if (encoded != PT_OK) {
        pt_prefix(report, "%s", world->file);
        return encoded;
    }
    const pl_status status = pl_chain_create(&world->chain, &where, &world->memory.memory,
                                             world->world.data, world->world.size);
    return status == PL_OK ? PT_OK
                           : pt_fail_status(report, status,
                                            "%s: the world made from it is refused in its %s %u",
                                            world->file, where.part, (unsigned)where.index);
}

pt_exit pt_world_file_parse(pt_world_file *world, pt_report *report)
{
    PT_TRY(pt_file_read(&world->input, world->file, WORLD_FILE_SIZE_MAX, report));
    return pt_json_parse(&world->root, world->file, 0, (const char *)world->input.data,
                         world->input.size, report);
}

pt_exit pt_world_file_open(pt_world_file *world, const char *library, pt_report *report)
{
    PT_TRY(pt_world_file_parse(world, report));
    return pt_world_file_make(world, library, report);
}

pt_exit pt_world_file_make(pt_world_file *world, const char *library, pt_report *report)
{
    pt_memory_init(&world->memory, PT_MEMORY_LIMIT_DEFAULT);
    PT_TRY(read_head(world, report));
    PT_TRY(pt_signer_open(&world->signer, world->build.name, report));
    PT_TRY(read_accounts(world, report));
    PT_TRY(read_notes(world, report));
    PT_TRY(read_feeds(world, report));
    PT_TRY(read_contracts(world, library, report));
    PT_TRY(read_rows(world, report));
    PT_TRY(make_chain(world, report));
    return pt_world_file_blocks(world, report);
}
