/* The feeds of a world file: rules, signer sets and subjects as people write them (world_file.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/import/world_file.h"
#include "tools/oracle/setup.h"
#include "vm/num/text.h"

enum { MEMBERS_MAX = 255, SETS_MAX = 64 };

static pt_exit optional_u64(uint64_t *number, const pt_json *object, const char *key, uint64_t max,
                            pt_report *report)
{
    return pt_json_has(object, key) ? pt_json_u64(number, object, key, 0, max, report) : PT_OK;
}

static pt_exit optional_u32(uint32_t *number, const pt_json *object, const char *key,
                            pt_report *report)
{
    uint64_t wide = *number;
    PT_TRY(optional_u64(&wide, object, key, UINT32_MAX, report));
    *number = (uint32_t)wide;
    return PT_OK;
}

/* One of a few words; absent: *choice stays. */
static pt_exit optional_word(uint8_t *choice, const pt_json *object, const char *key,
                             const char *const *words, size_t count, pt_report *report)
{
    pt_json node;
    if (!pt_json_has(object, key)) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&node, object, key, JSON_STRING, report));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], json_string_value(node.value)) == 0) {
            *choice = (uint8_t)i;
            return PT_OK;
        }
    }
    return pt_world_unknown(&node, "one of the words there are", json_string_value(node.value),
                            words, count, report);
}

/* "0.5%" as 50 basis points. */
static pt_exit optional_percent(uint32_t *bps, const pt_json *object, const char *key,
                                pt_report *report)
{
    pt_json node;
    pl_u256 number = pl_u256_zero();
    const pl_u256 limit = pl_u256_from_u64(UINT32_MAX);
    if (!pt_json_has(object, key)) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&node, object, key, JSON_STRING, report));
    const char *text = json_string_value(node.value);
    const size_t size = json_string_length(node.value);
    uint64_t small = 0;
    if (size < 2 || text[size - 1] != '%' ||
        pl_u256_parse_scaled(&number, NULL, text, size - 1, 2) != PL_OK ||
        pl_u256_cmp(&number, &limit) > 0 || pl_u256_to_u64(&small, &number) != PL_OK) {
        return pt_json_wrong(&node, report, "a share like \"0.5%\", with at most two decimals");
    }
    *bps = (uint32_t)small;
    return PT_OK;
}

static pt_exit read_fallback(pt_build_rules *rules, const pt_world_file *world, const pt_json *node,
                             pt_report *report)
{
    const char *names[PL_FEEDS_MAX];
    const size_t earlier = world->build.feed_count - 1; /* the last one is the feed itself */
    pt_json name;
    if (!pt_json_has(node, "fallback")) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&name, node, "fallback", JSON_STRING, report));
    for (size_t i = 0; i < earlier; i++) {
        names[i] = world->build.feeds[i].name;
        if (strcmp(names[i], json_string_value(name.value)) == 0) {
            rules->fallback = (uint32_t)i;
            return PT_OK;
        }
    }
    return pt_world_unknown(&name, "a feed that stands before it", json_string_value(name.value),
                            names, earlier, report);
}

/* Without a subject the newest report about anything would be the feed's price: null says that this
 * is meant. */
static pt_exit read_subject(pt_build_rules *rules, unsigned format, const pt_json *node,
                            pt_report *report)
{
    pt_json subject = {.value = json_object_get(node->value, "subject"),
                       .parent = node,
                       .key = "subject",
                       .file = node->file,
                       .line = node->line};
    pt_report told = {""};
    char expected[200];
    if (subject.value == NULL && pt_setup_has_subject(format)) {
        return pt_json_wrong(&subject, report,
                             "what its reports must be about, or null for anything");
    }
    if (subject.value == NULL || json_is_null(subject.value)) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&subject, node, "subject", JSON_STRING, report));
    if (pt_setup_subject(&rules->subject, format, json_string_value(subject.value), &told) ==
            PT_OK &&
        rules->subject.size <= PL_SUBJECT_SIZE_MAX) {
        return PT_OK;
    }
    (void)snprintf(expected, sizeof expected, "what reports of %s name (spec 09 §1)",
                   pl_formats[format].name);
    return pt_json_wrong(&subject, report, expected);
}

/* ---- signer sets ---- */

/* A guardian set index, or a digest in hex. */
static pt_exit read_id(pt_build_set *set, const pt_json *node, pt_report *report)
{
    pt_json id = {.value = json_object_get(node->value, "id"),
                  .parent = node,
                  .key = "id",
                  .file = node->file,
                  .line = node->line};
    if (id.value == NULL) {
        return PT_OK;
    }
    if (json_is_integer(id.value) && json_integer_value(id.value) >= 0 &&
        json_integer_value(id.value) <= UINT32_MAX) {
        pt_oracle_guardian_id(set->id, (uint32_t)json_integer_value(id.value));
        return PT_OK;
    }
    return json_is_string(id.value) && pt_oracle_config_id(set->id, json_string_value(id.value))
               ? PT_OK
               : pt_json_wrong(&id, report, "a guardian set index, or 16 or 32 bytes in hex");
}

static pt_exit read_members(pt_build_set *set, const pt_world_file *world, unsigned format,
                            const pt_json *node, pt_report *report)
{
    pt_json list, member;
    pt_oracle_feed reader; /* for its member texts; format 1 to 18 */
    PT_TRY(pt_json_member(&list, node, "members", JSON_ARRAY, report));
    if (json_array_size(list.value) == 0 || json_array_size(list.value) > MEMBERS_MAX) {
        return pt_json_wrong(&list, report, "1 to 255 members");
    }
    pt_oracle_feed_begin(&reader, (uint8_t)format);
    pt_exit result = pt_oracle_feed_set(&reader, NULL, report);
    for (size_t i = 0; i < json_array_size(list.value) && result == PT_OK; i++) {
        result = pt_json_element(&member, &list, i, JSON_STRING, report);
        const char *text = result == PT_OK ? json_string_value(member.value) : "";
        if (result == PT_OK && format == PL_FEED_NATIVE && strcmp(text, "stand-in") == 0) {
            pt_put(&reader.members[0], world->signer.public_key, PL_PUBLIC_KEY_SIZE);
            reader.sets[0].member_count++;
        } else if (result == PT_OK && pt_oracle_feed_member(&reader, text, report) != PT_OK) {
            char told[200];
            (void)snprintf(told, sizeof told, "a signer (%.150s)", report->line);
            result = pt_json_wrong(&member, report, told);
        }
    }
    pt_oracle_feed_sort(&reader);
    set->member_count = reader.sets[0].member_count;
    pt_put(&set->members, reader.members[0].data, reader.members[0].size);
    pt_oracle_feed_free(&reader);
    return result;
}

static pt_exit read_set(pt_build_rules *rules, const pt_world_file *world, unsigned format,
                        const pt_json *node, pt_report *report)
{
    static const char *const keys[] = {"from", "until", "id", "quorum", "members"};
    uint64_t quorum = 0;
    PT_TRY(pt_json_only(node, keys, sizeof keys / sizeof keys[0], report));
    pt_build_set *set = pt_build_add_set(rules);
    PT_TRY(optional_u64(&set->from_s, node, "from", INT64_MAX, report));
    PT_TRY(optional_u64(&set->until_s, node, "until", INT64_MAX, report));
    PT_TRY(read_id(set, node, report));
    PT_TRY(pt_json_u64(&quorum, node, "quorum", 1, MEMBERS_MAX, report));
    set->quorum = (uint8_t)quorum;
    PT_TRY(read_members(set, world, format, node, report));
    return quorum <= set->member_count
               ? PT_OK
               : pt_json_wrong(node, report, "a quorum that is not above the number of members");
}

static bool is_stand_in_set(const pt_build_set *set, const pt_world_file *world)
{
    return set->member_count == 1 && set->members.size == PL_PUBLIC_KEY_SIZE &&
           memcmp(set->members.data, world->signer.public_key, PL_PUBLIC_KEY_SIZE) == 0;
}

static pt_exit read_sets(pt_build_feed *feed, const pt_world_file *world, const pt_json *node,
                         pt_report *report)
{
    pt_json list, set;
    const bool needs = feed->format > PL_FEED_NATIVE;
    if (!pt_json_has(node, "signer_sets") && !needs) {
        if (feed->format == PL_FEED_NATIVE) { /* the stand-in, for ever */
            pt_build_set *own = pt_build_add_set(feed->rules);
            own->quorum = own->member_count = 1;
            pt_put(&own->members, world->signer.public_key, PL_PUBLIC_KEY_SIZE);
        }
        return PT_OK;
    }
    PT_TRY(pt_json_member(&list, node, "signer_sets", JSON_ARRAY, report));
    const size_t count = json_array_size(list.value);
    if (feed->format == PL_FEED_UNSIGNED || count == 0 || count > SETS_MAX) {
        return pt_json_wrong(&list, report,
                             feed->format == PL_FEED_UNSIGNED ? "none: the feed is unsigned"
                                                              : "1 to 64 signer sets");
    }
    for (size_t i = 0; i < count; i++) {
        PT_TRY(pt_json_element(&set, &list, i, JSON_OBJECT, report));
        PT_TRY(read_set(feed->rules, world, feed->format, &set, report));
        feed->is_stand_in = feed->is_stand_in && is_stand_in_set(&feed->rules->sets[i], world);
    }
    return PT_OK;
}

/* ---- the whole ---- */

const char *const pt_world_feed_keys[] = {"name",        "decimals",  "staleness_s",   "future_s",
                                          "min",         "max",       "note",          "format",
                                          "rules",       "rounding",  "wire_decimals", "subject",
                                          "heartbeat_s", "deviation", "confidence",    "twap_s",
                                          "delay_s",     "fallback",  "signer_sets"};
const size_t pt_world_feed_key_count = sizeof pt_world_feed_keys / sizeof pt_world_feed_keys[0];

enum { OLD_KEYS = 7 }; /* those that world format 1 knows */

static bool has_rules(const pt_json *node)
{
    for (size_t i = OLD_KEYS; i < pt_world_feed_key_count; i++) {
        if (pt_json_has(node, pt_world_feed_keys[i])) {
            return true;
        }
    }
    return false;
}

static pt_exit read_format(pt_build_feed *feed, const pt_json *node, pt_report *report)
{
    const char *names[PL_FEED_FORMATS];
    pt_json name;
    size_t count = 0;
    if (!pt_json_has(node, "format")) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&name, node, "format", JSON_STRING, report));
    const unsigned format = pt_oracle_format(json_string_value(name.value));
    for (unsigned i = 0; i < PL_FEED_FORMATS; i++) {
        if ((pl_formats[i].flags & PL_FORMAT_TRANSPORT) == 0) {
            names[count++] = pl_formats[i].name;
        }
    }
    if (format == PL_FEED_FORMATS || (pl_formats[format].flags & PL_FORMAT_TRANSPORT) != 0) {
        return pt_world_unknown(&name, "a format with a price", json_string_value(name.value),
                                names, count, report);
    }
    feed->format = (uint8_t)format;
    feed->is_stand_in = format == PL_FEED_NATIVE;
    return PT_OK;
}

static pt_exit read_stages(pt_build_rules *rules, const pt_world_file *world, const pt_json *node,
                           pt_report *report)
{
    PT_TRY(optional_u64(&rules->heartbeat_s, node, "heartbeat_s", INT64_MAX, report));
    PT_TRY(optional_percent(&rules->deviation_bps, node, "deviation", report));
    PT_TRY(optional_percent(&rules->confidence_bps, node, "confidence", report));
    PT_TRY(optional_u32(&rules->twap_s, node, "twap_s", report));
    PT_TRY(optional_u32(&rules->delay_s, node, "delay_s", report));
    if (rules->twap_s > 0 && !pt_json_has(node, "max")) {
        return pt_json_wrong(node, report, "min and max: a mean sums prices, which must not wrap");
    }
    return read_fallback(rules, world, node, report);
}

pt_exit pt_world_feed_rules(pt_world_file *world, pt_build_feed *feed, const pt_json *node,
                            pt_report *report)
{
    static const char *const rule_words[] = {"deployed", "strict"};
    static const char *const roundings[] = {"exact", "down", "up", "half-even"};
    uint64_t wire = feed->decimals;
    if (!has_rules(node)) {
        return PT_OK;
    }
    PT_TRY(read_format(feed, node, report));
    pt_build_rules *rules = pt_build_add_rules(feed);
    const bool is_feeds = pl_formats[feed->format].scale == PL_SCALE_FEED;
    PT_TRY(optional_word(&rules->rules, node, "rules", rule_words, 2, report));
    PT_TRY(optional_word(&rules->rounding, node, "rounding", roundings, 4, report));
    PT_TRY(optional_u64(&wire, node, "wire_decimals", PL_NUM_SCALE_MAX, report));
    if (!is_feeds && pt_json_has(node, "wire_decimals")) {
        return pt_json_wrong(node, report, "no wire_decimals: this format signs its scale");
    }
    rules->wire_decimals = is_feeds ? (uint8_t)wire : 0;
    PT_TRY(read_subject(rules, feed->format, node, report));
    PT_TRY(read_stages(rules, world, node, report));
    return read_sets(feed, world, node, report);
}
