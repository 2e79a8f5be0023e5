#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/oracle/feeds.h"
#include "tools/oracle/refusal.h"
#include "tools/plim/oracle_verify.h"

/* All that were met: a count that refused a report before their turn came is no reason to hide
 * them. */
static const json_t *met_signatures(const pt_verification *v)
{
    const bool is_counted = v->status == PL_REJECT_QUORUM && v->whole.signatures != NULL;
    return is_counted ? v->whole.signatures : v->look.signatures;
}

/* The signers by their place in the set. Where the signer's address is signed but not sent, the key
 * of a stranger cannot be told. */
static json_t *signers_json(const pt_verification *v)
{
    json_t *list = json_array();
    const json_t *signatures = met_signatures(v);
    for (size_t i = 0; i < json_array_size(signatures); i++) {
        const json_t *seen = json_array_get(signatures, i);
        json_t *entry = json_object(), *feeds = json_object_get(seen, "feeds");
        const bool is_untold =
            v->format == PL_FEED_STORK && json_integer_value(json_object_get(seen, "member")) < 0;
        (void)json_object_set(entry, "place", json_object_get(seen, "member"));
        (void)json_object_set_new(entry, "signer",
                                  is_untold ? json_null()
                                            : json_incref(json_object_get(seen, "signer")));
        (void)json_object_set(entry, "status", json_object_get(seen, "status"));
        (void)json_object_set(entry, "high_s", json_object_get(seen, "high_s"));
        if (feeds != NULL) {
            (void)json_object_set(entry, "feeds", feeds);
        }
        (void)json_array_append_new(list, entry);
    }
    return list;
}

/* Distinct members whose signature counted. */
static unsigned count_signers(const pt_verification *v)
{
    unsigned count = 0;
    for (unsigned i = 0; i < PT_ORACLE_MEMBERS_MAX; i++) {
        count += pl_member_in(&v->look.reading.signers, i) ? 1 : 0;
    }
    return count;
}

/* Reports without a time (OCR1, DLC) have no age, whatever the clock says. */
static bool has_age(const pt_verification *v)
{
    const bool is_timeless = v->look.status == PL_OK && !v->look.reading.has_time;
    return v->setup.has_now && !is_timeless && pt_setup_has_time(v->format);
}

/* What the verdict does not vouch for, because no option said what is right. */
static json_t *unasked_json(const pt_verification *v)
{
    const pl_format *format = &pl_formats[v->format];
    const struct {
        bool is_unasked;
        const char *word;
    } rows[] = {
        {!v->setup.has_feed, "feed"},
        {!v->setup.has_set, "signer set in force"},
        {!has_age(v) && (format->flags & PL_FORMAT_TRANSPORT) == 0, "age"},
        {!v->setup.has_decimals && format->scale != PL_SCALE_NONE, "decimals"},
        {pt_payload_others(&v->payload, &v->wrapping) > 0, "the other reports of the input"},
    };
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].is_unasked) {
            (void)json_array_append_new(list, json_string(rows[i].word));
        }
    }
    return list;
}

static json_t *rules_json(const pt_verification *v)
{
    static const char *const states[] = {"ok", "failed", "open", "-"};
    const pt_check_end end = {.format = v->format,
                              .stage = v->stage,
                              .status = v->status,
                              .strict = v->setup.feed.feed.rules == PL_RULES_STRICT,
                              .is_strict_error = v->is_strict_error,
                              .has_feed = v->setup.has_feed,
                              .has_set = v->setup.has_set,
                              .has_clock = has_age(v),
                              .has_last = v->setup.last.exists};
    pt_rule_line lines[PT_RULES_MAX];
    const size_t count = pt_rule_lines(lines, &end);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s}", "rule", lines[i].text, "state", states[lines[i].state]));
    }
    return list;
}

static void add_price(json_t *facts, const pt_verification *v)
{
    char text[PT_PRICE_TEXT_MAX], raw[PT_PRICE_TEXT_MAX];
    const pl_reading *reading = &v->look.reading;
    if (v->look.status != PL_OK || !reading->has_price) {
        return;
    }
    const pl_i256 *shown = v->status == PL_OK ? &v->price.price : &reading->price;
    const int32_t exponent = v->status == PL_OK ? -(int32_t)v->price.decimals : reading->exponent;
    (void)json_object_set_new(facts, "price", json_string(pt_price_text(text, shown, exponent)));
    (void)json_object_set_new(facts, "signed_price",
                              json_string(pt_price_text(raw, &reading->price, 0)));
    (void)json_object_set_new(facts, "signed_exponent",
                              v->setup.has_decimals ? json_integer(reading->exponent)
                                                    : json_null());
    if (reading->has_confidence) {
        const pl_u256 confidence = pl_u256_from_u64(reading->confidence);
        (void)json_object_set_new(facts, "confidence",
                                  json_string(pt_price_text(text, &confidence, reading->exponent)));
    }
}

static void add_time(json_t *facts, const pt_verification *v)
{
    char text[PT_TIME_TEXT_MAX];
    const pl_reading *reading = &v->look.reading;
    if (v->look.status != PL_OK || !reading->has_time) {
        return;
    }
    const pl_clock time = {reading->time_s, reading->time_ns};
    (void)json_object_set_new(facts, "time", json_string(pt_time_text(text, time)));
    (void)json_object_set_new(facts, "time_s", json_integer((json_int_t)reading->time_s));
    if (reading->expires_s != UINT64_MAX) {
        const pl_clock end = {reading->expires_s, 0};
        (void)json_object_set_new(facts, "expires", json_string(pt_time_text(text, end)));
    }
    if (v->setup.has_now) {
        const bool part_before = v->setup.now.nanoseconds < reading->time_ns;
        const bool part_after = v->setup.now.nanoseconds > reading->time_ns;
        int64_t age = (int64_t)(v->setup.now.seconds - reading->time_s);    /* to whole seconds, */
        age += age > 0 && part_before ? -1 : age < 0 && part_after ? 1 : 0; /* towards zero */
        (void)json_object_set_new(facts, "age_s", json_integer(age));
    }
}

/* What a refused report says, and nobody vouches for. */
static void add_claim(json_t *facts, const pt_verification *v)
{
    char text[PT_PRICE_TEXT_MAX], time[PT_TIME_TEXT_MAX];
    const pl_reading *reading = &v->whole.reading;
    if (v->look.status == PL_OK || v->whole.parts == NULL || v->whole.status != PL_OK) {
        return;
    }
    json_t *feeds = pt_feeds_of(&v->whole, v->format);
    const bool is_one = json_array_size(feeds) <= 1; /* else it is the price of just any feed */
    json_decref(feeds);
    if (reading->has_price && is_one) {
        (void)json_object_set_new(
            facts, "claimed_price",
            json_string(pt_price_text(text, &reading->price, reading->exponent)));
    }
    if (reading->has_time) {
        const pl_clock clock = {reading->time_s, reading->time_ns};
        (void)json_object_set_new(facts, "claimed_time", json_string(pt_time_text(time, clock)));
    }
}

/* What the price is of: what was asked for, or the first feed there is. */
static void add_feed(json_t *facts, const pt_verification *v)
{
    json_t *feeds = pt_feeds_of(&v->look, v->format);
    if (v->word != NULL && v->format != PL_FEED_EIP712) {
        (void)json_object_set_new(facts, "feed", json_string(v->word));
    } else if (v->look.status == PL_OK && json_array_size(feeds) > 0) {
        (void)json_object_set(facts, "feed", json_array_get(feeds, 0));
    }
    if (json_array_size(feeds) > 0) {
        (void)json_object_set(facts, "feeds", feeds);
    }
    json_decref(feeds);
}

/* How the report names its signer set. */
static void add_set_name(json_t *facts, const pt_verification *v)
{
    size_t size = 0;
    char text[100] = "configuration 0x";
    const uint8_t *found = pt_look_part(&v->look, "guardian set index", &size);
    if (found != NULL && size == 4) {
        (void)snprintf(text, sizeof text, "guardian set %u",
                       (unsigned)found[0] << 24 | (unsigned)found[1] << 16 |
                           (unsigned)found[2] << 8 | (unsigned)found[3]);
        (void)json_object_set_new(facts, "signer_set", json_string(text));
        return;
    }
    found = pt_look_part(&v->look, "configuration digest", &size);
    if (found != NULL && size <= 32) {
        pt_hex(text + strlen(text), found, size);
        (void)json_object_set_new(facts, "signer_set", json_string(text));
    }
}

/* A Maker poke has a time for each value; the price is kept at the time of its block. */
static void add_oldest(json_t *facts, const pt_verification *v)
{
    uint64_t oldest = UINT64_MAX;
    char text[PT_TIME_TEXT_MAX];
    const bool has_ages = v->format == PL_FEED_MEDIAN_POKE && v->look.status == PL_OK;
    for (size_t i = 0; has_ages && i < json_array_size(v->look.parts); i++) {
        const json_t *part = json_array_get(v->look.parts, i);
        if (strcmp(json_string_value(json_object_get(part, "name")), "age") == 0) {
            const uint64_t age =
                strtoull(json_string_value(json_object_get(part, "value")), NULL, 10);
            oldest = age < oldest ? age : oldest;
        }
    }
    if (oldest != UINT64_MAX) {
        const pl_clock clock = {oldest, 0};
        (void)json_object_set_new(facts, "oldest", json_string(pt_time_text(text, clock)));
    }
}

static void add_refusal(json_t *facts, const pt_verification *v)
{
    char text[PT_REFUSAL_TEXT_MAX];
    const pt_refusal refusal = {.format = v->format,
                                .status = v->status,
                                .setup = &v->setup,
                                .feed = v->word,
                                .whole = &v->whole,
                                .payload = v->payload.bytes.data + v->wrapping.offset,
                                .size = v->wrapping.size};
    (void)json_object_set_new(facts, "meaning",
                              json_string(pt_rule_sentence(v->status, v->format)));
    if (pt_refusal_text(text, &refusal)[0] != '\0') {
        (void)json_object_set_new(facts, "detail", json_string(text));
    }
    (void)json_object_set_new(facts, "hint", json_string(pt_rule_hint(v->status, v->format)));
    (void)json_object_set_new(facts, "deployed_accepts", json_boolean(v->is_strict_error));
    add_claim(facts, v);
}

json_t *pt_verification_json(const pt_verification *v)
{
    char digest[67] = "0x";
    json_t *facts = json_pack("{s:b, s:s, s:s, s:s}", "accepted", v->status == PL_OK, "format",
                              pl_formats[v->format].name, "rules",
                              v->setup.feed.feed.rules == PL_RULES_STRICT ? "strict" : "deployed",
                              "status", pl_status_name(v->status));
    if (v->status != PL_OK) {
        add_refusal(facts, v);
    }
    add_feed(facts, v);
    add_set_name(facts, v);
    add_oldest(facts, v);
    add_price(facts, v);
    add_time(facts, v);
    if (v->look.status == PL_OK) {
        char order[24]; /* as text: it may have more than 63 bits */
        (void)snprintf(order, sizeof order, "%llu", (unsigned long long)v->look.reading.order);
        (void)json_object_set_new(facts, "order", json_string(order));
    }
    (void)json_object_set_new(facts, "signers", signers_json(v));
    if (v->look.status == PL_OK && v->look.reading.has_digest) {
        pt_hex(digest + 2, v->look.reading.digest, 32);
        (void)json_object_set_new(facts, "digest", json_string(digest));
    }
    const bool is_good = v->look.status == PL_OK;
    const pl_signer_set *set = pt_refusal_set(&v->setup, is_good ? &v->look : &v->whole);
    if (v->look.status == PL_OK) {
        (void)json_object_set_new(facts, "signer_count", json_integer(count_signers(v)));
    }
    (void)json_object_set_new(facts, "quorum", json_integer(set->quorum));
    (void)json_object_set_new(facts, "set_size", json_integer(set->member_count));
    (void)json_object_set_new(facts, "checks", rules_json(v));
    (void)json_object_set_new(facts, "not_asked", unasked_json(v));
    (void)json_object_set(facts, "assumed", v->setup.notes);
    (void)json_object_set_new(facts, "input",
                              json_pack("{s:s, s:I, s:I, s:I, s:s}", "written", v->payload.written,
                                        "size", (json_int_t)v->payload.bytes.size, "offset",
                                        (json_int_t)v->wrapping.offset, "report_size",
                                        (json_int_t)v->wrapping.size, "inside", v->wrapping.what));
    return facts;
}
