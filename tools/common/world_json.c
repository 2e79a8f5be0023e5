#include "tools/common/world_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/bytes.h"

static json_t *name_json(const char *text, size_t size)
{
    return json_stringn(text, size);
}

static json_t *hex_json(const uint8_t *bytes, size_t size)
{
    char text[2 * 64 + 1];
    pt_hex(text, bytes, size > 64 ? 64 : size);
    return json_string(text);
}

static void set_field(json_t *object, const pl_field *field, json_t *value)
{
    char key[256];
    memcpy(key, field->name.text, field->name.size);
    key[field->name.size] = '\0';
    (void)json_object_set_new(object, key, value);
}

json_t *pt_u64_json(uint64_t value)
{
    char text[24];
    if (value <= INT64_MAX) {
        return json_integer((json_int_t)value);
    }
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return json_string(text);
}

json_t *pt_fields_json(pt_names names, const pl_field *fields, size_t count, const uint8_t *bytes,
                       size_t size)
{
    json_t *object = json_object();
    size_t at = 0;
    for (size_t i = 0; i < count && fields[i].type.size <= size - at; i++) {
        char text[PT_VALUE_TEXT_MAX];
        set_field(object, &fields[i],
                  fields[i].type.class == PL_CLASS_BOOL
                      ? json_boolean(bytes[at] != 0)
                      : json_string(pt_field_text(text, names, &fields[i], bytes + at)));
        at += fields[i].type.size;
    }
    return object;
}

static json_t *contract_json(const pl_world *world, uint32_t number)
{
    const pl_name name = world->contract_names[number - 1];
    const pl_code *code = &world->codes[number - 1];
    json_t *tables = json_array();
    for (uint16_t i = 0; i < code->table_count; i++) {
        (void)json_array_append_new(
            tables, name_json(code->tables[i].name.text, code->tables[i].name.size));
    }
    json_t *object = json_object();
    (void)json_object_set_new(object, "number", json_integer(number));
    (void)json_object_set_new(object, "name", name_json(name.text, name.size));
    (void)json_object_set_new(object, "source", name_json(code->name.text, code->name.size));
    (void)json_object_set_new(object, "code_hash", hex_json(code->hash, 32));
    (void)json_object_set_new(object, "tables", tables);
    return object;
}

static json_t *i256_json(const pl_i256 *value, uint32_t scale)
{
    uint8_t stored[32] = {0};
    char text[PT_VALUE_TEXT_MAX];
    (void)!pl_u256_store_be(stored, 32, value); /* 32 bytes hold every value */
    const pl_type type = {.class = PL_CLASS_INT, .size = 32, .scale = (uint8_t)scale};
    return json_string(pt_value_text(text, (pt_names){0}, type, stored));
}

/* Bytes of any size; free() is done here. */
static json_t *long_hex_json(const uint8_t *bytes, size_t size)
{
    char *text = pt_take(2 * size + 1);
    pt_hex(text, bytes, size);
    json_t *value = json_string(text);
    free(text);
    return value;
}

static json_t *members_json(const pl_feed *feed, const pl_signer_set *set)
{
    const size_t size = pl_formats[feed->format].member_size;
    json_t *members = json_array();
    for (uint8_t i = 0; i < set->member_count; i++) {
        (void)json_array_append_new(members, hex_json(set->members + size * i, size));
    }
    return members;
}

static json_t *sets_json(const pl_feed *feed)
{
    json_t *sets = json_array();
    for (uint16_t i = 0; i < feed->set_count; i++) {
        const pl_signer_set *set = &feed->sets[i];
        json_t *object = json_object();
        (void)json_object_set_new(object, "from", pt_u64_json(set->from_s));
        if (set->until_s != UINT64_MAX) {
            (void)json_object_set_new(object, "until", pt_u64_json(set->until_s));
        }
        (void)json_object_set_new(object, "id", hex_json(set->id, sizeof set->id));
        (void)json_object_set_new(object, "quorum", json_integer(set->quorum));
        (void)json_object_set_new(object, "members", members_json(feed, set));
        (void)json_array_append_new(sets, object);
    }
    return sets;
}

/* What a feed of world format 1 never has. */
static bool has_rules(const pl_feed *feed)
{
    return feed->format > PL_FEED_NATIVE || feed->heartbeat_s > 0 || feed->deviation_bps > 0 ||
           feed->twap_s > 0 || feed->delay_s > 0 || feed->fallback != PL_NO_FEED ||
           feed->set_count > 1 ||
           (feed->set_count == 1 &&
            (feed->sets[0].from_s > 0 || feed->sets[0].until_s != UINT64_MAX));
}

static json_t *percent_json(uint32_t bps)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%u.%02u%%", (unsigned)(bps / 100), (unsigned)(bps % 100));
    return json_string(text);
}

static void add_rules(json_t *object, const pl_world *world, const pl_feed *feed)
{
    static const char *const roundings[] = {"exact", "down", "up", "half-even"};
    (void)json_object_set_new(object, "rules",
                              json_string(feed->rules == PL_RULES_STRICT ? "strict" : "deployed"));
    (void)json_object_set_new(object, "rounding", json_string(roundings[feed->rounding]));
    (void)json_object_set_new(object, "wire_decimals", json_integer(feed->wire_decimals));
    (void)json_object_set_new(object, "subject", long_hex_json(feed->subject, feed->subject_size));
    (void)json_object_set_new(object, "heartbeat_s", pt_u64_json(feed->heartbeat_s));
    (void)json_object_set_new(object, "deviation", percent_json(feed->deviation_bps));
    (void)json_object_set_new(object, "confidence", percent_json(feed->confidence_bps));
    (void)json_object_set_new(object, "twap_s", json_integer(feed->twap_s));
    (void)json_object_set_new(object, "delay_s", json_integer(feed->delay_s));
    if (feed->fallback != PL_NO_FEED) {
        const pl_name name = world->feed_names[feed->fallback];
        (void)json_object_set_new(object, "fallback", name_json(name.text, name.size));
    }
    (void)json_object_set_new(object, "signer_sets", sets_json(feed));
}

static json_t *feed_json(const pl_world *world, uint32_t number)
{
    const pl_feed *feed = &world->feeds[number];
    const pl_signer_set none = {0};
    const pl_signer_set *set = feed->set_count > 0 ? &feed->sets[0] : &none;
    json_t *object = json_object();
    (void)json_object_set_new(object, "number", json_integer(number));
    (void)json_object_set_new(
        object, "name", name_json(world->feed_names[number].text, world->feed_names[number].size));
    (void)json_object_set_new(object, "format", json_string(pl_formats[feed->format].name));
    (void)json_object_set_new(object, "decimals", json_integer(feed->decimals));
    (void)json_object_set_new(object, "quorum", json_integer(set->quorum));
    (void)json_object_set_new(object, "signers", members_json(feed, set));
    (void)json_object_set_new(object, "staleness_s", pt_u64_json(feed->staleness_s));
    (void)json_object_set_new(object, "future_s", pt_u64_json(feed->future_s));
    (void)json_object_set_new(object, "min", i256_json(&feed->min, feed->decimals));
    (void)json_object_set_new(object, "max", i256_json(&feed->max, feed->decimals));
    if (has_rules(feed)) {
        add_rules(object, world, feed);
    }
    (void)json_object_set_new(
        object, "note", name_json(world->feed_notes[number].text, world->feed_notes[number].size));
    return object;
}

static json_t *label_json(const pl_label *label)
{
    static const char *const kinds[] = {"account", "signer", "note"};
    json_t *object = json_object();
    (void)json_object_set_new(object, "kind",
                              json_string(label->kind < 3 ? kinds[label->kind] : "unknown"));
    (void)json_object_set_new(object, "text", name_json(label->text.text, label->text.size));
    (void)json_object_set_new(object, "value", hex_json(label->value, 32));
    return object;
}

/* The contract whose table has this world number. */
static uint32_t table_owner(const pl_world *world, uint32_t table)
{
    uint32_t contract = 0;
    while (contract < world->contract_count && world->table_bases[contract + 1] <= table) {
        contract++;
    }
    return contract;
}

static json_t *rows_json(const pl_chain *chain, const pl_world *world)
{
    json_t *rows = json_array();
    size_t offset = 0;
    pl_world_row row;
    while (pl_world_row_next(world, &offset, &row)) {
        const uint32_t contract = table_owner(world, row.table);
        const pl_table *table = world->tables[row.table];
        const pt_names names = {.code = pl_chain_code(chain, contract), .chain = chain};
        json_t *object = json_object();
        (void)json_object_set_new(object, "contract", json_integer(contract));
        (void)json_object_set_new(object, "table", name_json(table->name.text, table->name.size));
        (void)json_object_set_new(
            object, "key",
            pt_fields_json(names, table->keys, table->key_count, row.key, table->key_size));
        (void)json_object_set_new(
            object, "row",
            pt_fields_json(names, table->fields, table->field_count, row.row, table->row_size));
        (void)json_array_append_new(rows, object);
    }
    return rows;
}

json_t *pt_world_json(const pl_chain *chain)
{
    const pl_world *world = pl_chain_world(chain);
    json_t *object = json_object();
    json_t *contracts = json_array(), *feeds = json_array(), *labels = json_array();
    for (uint32_t i = 1; i <= world->contract_count; i++) {
        (void)json_array_append_new(contracts, contract_json(world, i));
    }
    for (uint32_t i = 0; i < world->feed_count; i++) {
        (void)json_array_append_new(feeds, feed_json(world, i));
    }
    for (uint32_t i = 0; i < world->label_count; i++) {
        (void)json_array_append_new(labels, label_json(&world->labels[i]));
    }
    (void)json_object_set_new(object, "name", name_json(world->name.text, world->name.size));
    (void)json_object_set_new(object, "id", hex_json(world->id, 32));
    (void)json_object_set_new(object, "stand_in_signer", json_boolean(pt_world_stand_in(world)));
    (void)json_object_set_new(object, "unsigned_prices", json_boolean(pt_world_unsigned(world)));
    (void)json_object_set_new(
        object, "transactions",
        json_string(world->tx_auth == PL_TX_AUTH_NONE ? "not signed" : "signed, secp256k1"));
    (void)json_object_set_new(object, "seed", pt_u64_json(world->seed));
    (void)json_object_set_new(object, "time_s", pt_u64_json(world->time_s));
    (void)json_object_set_new(object, "tx_gas_max", pt_u64_json(world->tx_gas_max));
    (void)json_object_set_new(object, "hook_gas", pt_u64_json(world->hook_gas));
    (void)json_object_set_new(object, "contracts", contracts);
    (void)json_object_set_new(object, "feeds", feeds);
    (void)json_object_set_new(object, "labels", labels);
    (void)json_object_set_new(object, "rows", rows_json(chain, world));
    return object;
}

static bool names_stand_in(pl_text note)
{
    static const char phrase[] = "stand-in";
    const size_t size = sizeof phrase - 1;
    for (size_t at = 0; at + size <= note.size; at++) {
        if (memcmp(note.text + at, phrase, size) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t count_stand_ins(const pl_world *world)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < world->feed_count; i++) {
        count += names_stand_in(world->feed_notes[i]) ? 1 : 0;
    }
    return count;
}

bool pt_world_stand_in(const pl_world *world)
{
    return count_stand_ins(world) > 0;
}

bool pt_world_unsigned(const pl_world *world)
{
    for (uint32_t i = 0; i < world->feed_count; i++) {
        if (world->feeds[i].format == PL_FEED_UNSIGNED) {
            return true;
        }
    }
    return false;
}

const char *pt_world_signed_by(const pl_world *world)
{
    const uint32_t stand_ins = count_stand_ins(world);
    if (pt_world_unsigned(world)) {
        return "some are not signed";
    }
    if (stand_ins == 0) {
        return "the feeds' own signers";
    }
    return stand_ins == world->feed_count ? "a stand-in signer"
                                          : "the feeds' own signers or a stand-in signer";
}

const char *pt_feed_signed_by(const pl_world *world, uint32_t feed)
{
    if (world->feeds[feed].format == PL_FEED_UNSIGNED) {
        return "nobody: this feed is not signed";
    }
    return names_stand_in(world->feed_notes[feed]) ? "a stand-in signer" : "the feed's own signers";
}
