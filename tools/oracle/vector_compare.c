/* What a row states about an accepted report, against the reading. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/common/args.h"
#include "tools/common/value.h"
#include "tools/oracle/vectors.h"
#include "vm/num/text.h"

static void differ(pt_bytes *differences, const char *field, const char *expected,
                   const char *found)
{
    char line[300];
    (void)snprintf(line, sizeof line, "%s%.40s: expected %.100s, found %.100s",
                   differences->size == 0 ? "" : "; ", field, expected, found);
    pt_put_text(differences, line);
}

/* A stated number may be an integer or a string of digits; null and absent state nothing. */
static bool stated_text(char text[24], const json_t *price, const char *key)
{
    const json_t *value = json_object_get(price, key);
    if (json_is_integer(value)) {
        (void)snprintf(text, 24, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return true;
    }
    (void)snprintf(text, 24, "%.23s", json_is_string(value) ? json_string_value(value) : "");
    return json_is_string(value);
}

static void compare_number(pt_bytes *differences, const json_t *price, const char *key, bool has,
                           uint64_t found)
{
    char expected[24], text[24];
    if (!stated_text(expected, price, key)) {
        return;
    }
    (void)snprintf(text, sizeof text, "%" PRIu64, found);
    if (!has || strcmp(expected, text) != 0) {
        differ(differences, key, expected, has ? text : "nothing");
    }
}

static void compare_signed(pt_bytes *differences, const json_t *price, const char *key,
                           int64_t found)
{
    char expected[24], text[24];
    (void)snprintf(text, sizeof text, "%" PRId64, found);
    if (stated_text(expected, price, key) && strcmp(expected, text) != 0) {
        differ(differences, key, expected, text);
    }
}

/* Where a row states two medians, the deployed rules count the first values that are met and strict
 * rules all of them, spec 09 §7. */
static void compare_value(pt_bytes *differences, const json_t *price, bool is_strict,
                          const pl_reading *reading)
{
    char text[PL_NUM_TEXT_MAX + 1];
    const bool first = !is_strict && json_object_get(price, "value_first_k") != NULL;
    const char *key = first ? "value_first_k" : "value";
    const char *expected = json_string_value(json_object_get(price, key));
    if (expected == NULL) {
        return;
    }
    text[pl_i256_print_dec(text, &reading->price)] = '\0';
    if (!reading->has_price || strcmp(expected, text) != 0) {
        differ(differences, key, expected, reading->has_price ? text : "no price");
    }
}

static unsigned count_members(const pl_member_set *set)
{
    unsigned count = 0;
    for (unsigned i = 0; i < 255; i++) {
        count += pl_member_in(set, i) ? 1 : 0;
    }
    return count;
}

static void compare_price(pt_bytes *differences, const pt_vector_row *row, const json_t *price,
                          const pl_reading *reading)
{
    const bool all_count = row->feed.feed.format != PL_FEED_REDSTONE;
    compare_value(differences, price, row->feed.feed.rules == PL_RULES_STRICT, reading);
    if (reading->has_price && !json_is_null(json_object_get(price, "value"))) {
        compare_signed(differences, price, "expo", reading->exponent);
        compare_signed(differences, price, "decimals", -(int64_t)reading->exponent);
    }
    compare_number(differences, price, "conf", reading->has_confidence, reading->confidence);
    compare_number(differences, price, "confidence", true, /* Pyth Lazer writes 0 for none */
                   reading->has_confidence ? reading->confidence : 0);
    compare_number(differences, price, "time", reading->has_time, reading->time_s);
    compare_number(differences, price, "observationsTimestamp", reading->has_time, reading->time_s);
    compare_number(differences, price, "time_ns", reading->has_time, reading->order);
    compare_number(differences, price, "validFromTimestamp", true, reading->valid_from_s);
    compare_number(differences, price, "expiresAt", true, reading->expires_s);
    if (all_count) {
        compare_number(differences, price, "signers", true, count_members(&reading->signers));
    }
}

/* ---- signatures ---- */

static void see_signature(void *context, const pl_signature_seen *seen)
{
    char digest[65] = "", signer[2 * PL_MEMBER_KEY + 3] = "";
    if (seen->digest != NULL) {
        pt_hex(digest, seen->digest, 32);
    }
    if (seen->has_signer && seen->signer_size == PL_MEMBER_ADDRESS) {
        pt_oracle_address(signer, seen->signer);
    }
    (void)json_array_append_new(context, json_pack("{s:s, s:s, s:b}", "digest", digest, "recovered",
                                                   signer, "ok", seen->status == PL_OK));
}

void pt_vector_observe(pl_observer *observer, json_t *seen)
{
    *observer = (pl_observer){.context = seen, .signature = see_signature};
}

static bool is_same_signature(const json_t *seen, const json_t *stated)
{
    const char *digest = json_string_value(json_object_get(stated, "digest"));
    const char *signer = json_string_value(json_object_get(stated, "recovered"));
    const char *found = json_string_value(json_object_get(seen, "recovered"));
    return digest != NULL &&
           strcasecmp(digest, json_string_value(json_object_get(seen, "digest"))) == 0 &&
           (signer == NULL || found[0] == '\0' || strcmp(signer, found) == 0);
}

/* Every signature that was met must be one that the row states; a row with an empty list states
 * none (threshold signatures have no list). */
static void compare_signatures(pt_bytes *differences, const pt_vector_row *row, const json_t *seen)
{
    const json_t *stated = json_object_get(row->node.value, "signatures");
    for (size_t i = 0; json_array_size(stated) != 0 && i < json_array_size(seen); i++) {
        const json_t *met = json_array_get(seen, i);
        bool found = false;
        for (size_t j = 0; j < json_array_size(stated) && !found; j++) {
            found = is_same_signature(met, json_array_get(stated, j));
        }
        if (!found) {
            differ(differences, "signature", "one of the row's",
                   json_string_value(json_object_get(met, "recovered")));
        }
    }
    if (stated != NULL && json_array_size(stated) != 0 && json_array_size(seen) == 0) {
        differ(differences, "signatures", "some", "none");
    }
}

bool pt_vector_compare(pt_bytes *differences, const pt_vector_row *row,
                       const pt_vector_subject *subject, const pl_reading *reading,
                       const json_t *seen)
{
    const size_t before = differences->size;
    const json_t *epoch = json_object_get(row->node.value, "epoch");
    const json_t *round = json_object_get(row->node.value, "round");
    if (subject->price != NULL) {
        compare_price(differences, row, subject->price, reading);
    }
    if (epoch != NULL && round != NULL && row->feed.feed.format != PL_FEED_DATA_STREAMS) {
        json_t *order = json_pack("{s:I}", "epoch and round",
                                  json_integer_value(epoch) * 256 + json_integer_value(round));
        compare_number(differences, order, "epoch and round", true, reading->order);
        json_decref(order);
    }
    compare_signatures(differences, row, seen);
    return differences->size == before;
}
