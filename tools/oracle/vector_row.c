/* A row of a vector file as a feed, a clock and a history. Every format states its context with its
 * own keys; each is read in one place here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/oracle/vectors.h"

#define OPEN_FUTURE_S 3599u /* the deployed rule is: time < now + 3600 */

/* An optional whole number of the context. */
static pt_exit read_number(uint64_t *number, const pt_vector_row *row, const char *key,
                           pt_report *report)
{
    return pt_json_has(&row->context, key)
               ? pt_json_u64(number, &row->context, key, 0, INT64_MAX, report)
               : PT_OK;
}

static pt_exit read_text(const char **text, const pt_vector_row *row, const char *key,
                         pt_report *report)
{
    pt_json child;
    *text = NULL;
    if (!pt_json_has(&row->context, key)) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&child, &row->context, key, JSON_STRING, report));
    *text = json_string_value(child.value);
    return PT_OK;
}

/* ---- clock, ages, history ---- */

static pl_clock clock_of(uint64_t time, uint64_t per_second)
{
    return (pl_clock){time / per_second,
                      (uint32_t)(time % per_second * (UINT64_C(1000000000) / per_second))};
}

static pt_exit read_clock(pt_vector_row *row, pt_report *report)
{
    static const struct {
        const char *key;
        uint64_t per_second;
    } clocks[] = {{"now", 1}, {"now_ms", 1000}, {"now_us", 1000000}};
    row->now.seconds = 1; /* no clock: no rule of this row looks at it */
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        uint64_t time = 0;
        PT_TRY(read_number(&time, row, clocks[i].key, report));
        if (pt_json_has(&row->context, clocks[i].key)) {
            row->now = clock_of(time, clocks[i].per_second);
        }
    }
    return PT_OK;
}

static pt_exit read_ages(pt_vector_row *row, pt_report *report)
{
    pl_feed *feed = &row->feed.feed;
    uint64_t age_us = 0;
    if (feed->format == PL_FEED_OPEN_ORACLE || feed->format == PL_FEED_API3) {
        feed->future_s = OPEN_FUTURE_S;
    } else if (feed->format == PL_FEED_DATA_STREAMS) {
        feed->future_s = 0; /* validFrom <= now */
    }
    PT_TRY(read_number(&feed->staleness_s, row, "max_age_s", report));
    PT_TRY(read_number(&feed->staleness_s, row, "max_delay_s", report));
    PT_TRY(read_number(&feed->future_s, row, "max_ahead_s", report));
    PT_TRY(read_number(&age_us, row, "max_age_us", report));
    if (age_us % 1000000 != 0) {
        pt_json node;
        PT_TRY(pt_json_member(&node, &row->context, "max_age_us", JSON_INTEGER, report));
        return pt_json_wrong(&node, report, "whole seconds in microseconds");
    }
    feed->staleness_s = age_us != 0 ? age_us / 1000000 : feed->staleness_s;
    return PT_OK;
}

static pt_exit read_last(pt_vector_row *row, pt_report *report)
{
    static const char *const keys[] = {"prev_time", "prev_ts_ms", "prev_us",
                                       "prev_ns",   "last_age",   "latest_epoch_round"};
    row->last = (pl_price){.exists = false};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        PT_TRY(read_number(&row->last.round, row, keys[i], report));
        row->last.exists = row->last.exists || pt_json_has(&row->context, keys[i]);
    }
    return PT_OK;
}

/* Formats that do not sign their scale have it from the feed. */
static pt_exit read_scale(pt_vector_row *row, pt_report *report)
{
    const json_t *price = json_array_get(json_object_get(row->node.value, "prices"), 0);
    const json_t *decimals = json_object_get(price, "decimals");
    pl_feed *feed = &row->feed.feed;
    const pl_format *format = &pl_formats[feed->format];
    (void)report;
    feed->rounding = PL_SHRINK_DOWN;
    feed->decimals = format->scale < PL_SCALE_NONE ? format->scale : 18;
    if (format->scale == PL_SCALE_FEED) {
        const json_int_t stated = json_is_integer(decimals) ? json_integer_value(decimals) : 8;
        feed->wire_decimals = (uint8_t)(stated >= 0 && stated <= 77 ? stated : 8);
        feed->decimals = feed->wire_decimals;
    }
    return PT_OK;
}

/* ---- signers ---- */

static pt_exit add_members(pt_vector_row *row, const pt_json *members, pt_report *report)
{
    for (size_t i = 0; i < json_array_size(members->value); i++) {
        pt_json member;
        PT_TRY(pt_json_element(&member, members, i, JSON_STRING, report));
        if (pt_oracle_feed_member(&row->feed, json_string_value(member.value), report) != PT_OK) {
            pt_prefix(report, "%s: signer %zu of a set", members->file, i);
            return PT_INPUT;
        }
    }
    return PT_OK;
}

static pl_signer_set *last_set(pt_vector_row *row)
{
    return &row->feed.sets[row->feed.feed.set_count - 1];
}

/* The sets that the row's verifier still accepts; all others ended before its clock. */
static bool is_accepted(const pt_vector_row *row, uint64_t index)
{
    const json_t *accepted = json_object_get(row->context.value, "accept_gsi");
    bool found = !json_is_array(accepted);
    for (size_t i = 0; i < json_array_size(accepted); i++) {
        found = found || json_integer_value(json_array_get(accepted, i)) == (json_int_t)index;
    }
    return found;
}

static pt_exit read_guardians(pt_vector_row *row, const pt_json *set, pt_report *report)
{
    pt_json sets, members;
    PT_TRY(pt_json_member(&sets, set, "members_by_index", JSON_OBJECT, report));
    for (unsigned index = 0; index < PT_ORACLE_SETS_MAX; index++) {
        char key[16];
        uint8_t id[32];
        (void)snprintf(key, sizeof key, "%u", index);
        if (!pt_json_has(&sets, key)) {
            continue;
        }
        PT_TRY(pt_json_member(&members, &sets, key, JSON_ARRAY, report));
        pt_oracle_guardian_id(id, index);
        PT_TRY(pt_oracle_feed_set(&row->feed, id, report));
        PT_TRY(add_members(row, &members, report));
        pl_signer_set *added = last_set(row);
        added->quorum = (uint8_t)(2u * added->member_count / 3 + 1);
        added->until_s = is_accepted(row, index) ? UINT64_MAX : row->now.seconds;
    }
    return PT_OK;
}

static pt_exit read_quorum(uint64_t *quorum, const pt_vector_row *row, pt_report *report)
{
    *quorum = 1;
    PT_TRY(read_number(quorum, row, "threshold", report));
    PT_TRY(read_number(quorum, row, "bar", report));
    if (pt_json_has(&row->context, "f")) {
        PT_TRY(pt_json_u64(quorum, &row->context, "f", 0, PT_ORACLE_MEMBERS_MAX - 1, report));
        ++*quorum;
    }
    if (*quorum == 0 || *quorum > PT_ORACLE_MEMBERS_MAX) {
        return pt_fail(report, PT_INPUT, "%s: context: a quorum from 1 to %u is expected",
                       row->node.file, PT_ORACLE_MEMBERS_MAX);
    }
    return PT_OK;
}

static pt_exit read_signers(pt_vector_row *row, const pt_json *document, pt_report *report)
{
    pt_json sets, set, members, config;
    const char *name;
    uint8_t id[32] = {0};
    uint64_t quorum;
    PT_TRY(pt_json_text(&name, &row->node, "signer_set", report));
    PT_TRY(pt_json_member(&sets, document, "signer_sets", JSON_OBJECT, report));
    PT_TRY(pt_json_member(&set, &sets, name, JSON_OBJECT, report));
    if (pt_json_has(&set, "members_by_index")) {
        return read_guardians(row, &set, report);
    }
    if (pt_json_has(&row->context, "config_digest")) {
        PT_TRY(pt_json_member(&config, &row->context, "config_digest", JSON_STRING, report));
        if (!pt_oracle_config_id(id, json_string_value(config.value))) {
            return pt_json_wrong(&config, report, "16 or 32 bytes in hex");
        }
    }
    PT_TRY(read_quorum(&quorum, row, report));
    PT_TRY(pt_json_member(&members, &set, "members", JSON_ARRAY, report));
    PT_TRY(pt_oracle_feed_set(&row->feed, id, report));
    last_set(row)->quorum = (uint8_t)quorum;
    if (pt_json_has(&row->context, "group_key")) { /* the row's key stands for the set's */
        PT_TRY(pt_json_member(&members, &row->context, "group_key", JSON_STRING, report));
        return pt_oracle_feed_member(&row->feed, json_string_value(members.value), report);
    }
    return add_members(row, &members, report);
}

/* ---- the whole row ---- */

static pt_exit read_payload(pt_vector_row *row, pt_report *report)
{
    pt_json payload;
    PT_TRY(pt_json_member(&payload, &row->node, "payload", JSON_STRING, report));
    const size_t digits = json_string_length(payload.value);
    if (digits / 2 > PT_VECTOR_PAYLOAD_MAX) {
        return pt_json_wrong(&payload, report, "at most 1 MiB in hex");
    }
    uint8_t *bytes = pt_take(digits / 2 + 1);
    size_t size = 0;
    const bool good = pt_oracle_hex(bytes, &size, digits / 2, json_string_value(payload.value));
    pt_put(&row->payload, bytes, good ? size : 0);
    free(bytes);
    return good ? PT_OK : pt_json_wrong(&payload, report, "hex digits, two a byte");
}

static pt_exit read_parts(pt_vector_row *row, const pt_json *document, pt_report *report)
{
    PT_TRY(read_clock(row, report));
    PT_TRY(read_ages(row, report));
    PT_TRY(read_last(row, report));
    PT_TRY(read_scale(row, report));
    PT_TRY(read_signers(row, document, report));
    return read_payload(row, report);
}

pt_exit pt_vector_row_read(pt_vector_row *row, const pt_json *document, const pt_json *node,
                           unsigned format, pt_report *report)
{
    memset(row, 0, sizeof *row);
    row->node = *node;
    PT_TRY(pt_json_text(&row->id, &row->node, "id", report));
    PT_TRY(pt_json_member(&row->context, &row->node, "context", JSON_OBJECT, report));
    pt_oracle_feed_begin(&row->feed, (uint8_t)format);
    const pt_exit result = read_parts(row, document, report);
    if (result != PT_OK) {
        pt_vector_row_free(row);
    }
    return result;
}

void pt_vector_row_free(pt_vector_row *row)
{
    pt_oracle_feed_free(&row->feed);
    pt_bytes_free(&row->payload);
}

/* ---- subjects ---- */

/* The price ids of a PNAU, found by its lengths alone: the rows do not name them when they are
 * refused. Calls found for each; stops where the lengths lead outside. */
static size_t pnau_ids(const pt_bytes *payload, size_t wanted, const uint8_t **id)
{
    pt_reader reader = {.data = payload->data, .size = payload->size};
    size_t number = 0;
    (void)pt_get(&reader, 6); /* magic, version */
    (void)pt_get(&reader, pt_get_u8(&reader));
    (void)pt_get_u8(&reader);
    (void)pt_get(&reader, pt_get_u16(&reader)); /* the VAA */
    const size_t count = pt_get_u8(&reader);
    while (number < count) {
        const size_t size = pt_get_u16(&reader);
        const uint8_t *message = pt_get(&reader, size);
        (void)pt_get(&reader, 20u * pt_get_u8(&reader));
        if (reader.failed || size < 33) {
            break;
        }
        if (number == wanted) {
            *id = message + 1;
        }
        number++;
    }
    return number;
}

static const json_t *prices_of(const pt_vector_row *row)
{
    return json_object_get(row->node.value, "prices");
}

size_t pt_vector_subjects(const pt_vector_row *row)
{
    const uint8_t *id;
    size_t count = 1;
    if (row->feed.feed.format == PL_FEED_REDSTONE) {
        count = json_array_size(json_object_get(row->context.value, "feeds"));
    } else if (row->feed.feed.format == PL_FEED_PNAU) {
        count = pnau_ids(&row->payload, SIZE_MAX, &id);
    } else if (row->feed.feed.format == PL_FEED_LAZER) {
        count = json_array_size(prices_of(row));
    }
    return count == 0 ? 1 : count;
}

/* The stated price whose "feed" is this text, or NULL. */
static const json_t *find_price(const pt_vector_row *row, const char *feed)
{
    const json_t *prices = prices_of(row);
    for (size_t i = 0; i < json_array_size(prices); i++) {
        const json_t *price = json_array_get(prices, i);
        const char *name = json_string_value(json_object_get(price, "feed"));
        if (name != NULL && strcmp(name, feed) == 0) {
            return price;
        }
    }
    return NULL;
}

static void give(pt_vector_subject *subject, const pt_bytes *bytes)
{
    subject->size = bytes->size < sizeof subject->bytes ? bytes->size : sizeof subject->bytes;
    if (subject->size != 0) {
        memcpy(subject->bytes, bytes->data, subject->size);
    }
}

static pt_exit pyth_subject(pt_bytes *bytes, pt_vector_subject *subject, const pt_vector_row *row,
                            size_t number, pt_report *report)
{
    static const uint8_t nothing[32] = {0};
    const uint8_t *id = nothing;
    uint64_t chain = PT_PYTHNET_CHAIN;
    uint8_t emitter[32];
    char text[65] = "";
    pt_json pair, address;
    memcpy(emitter, pt_pythnet_emitter, sizeof emitter);
    if (pt_json_has(&row->context, "emitter")) {
        pt_bytes hex = {0};
        PT_TRY(pt_json_member(&pair, &row->context, "emitter", JSON_ARRAY, report));
        chain = (uint64_t)json_integer_value(json_array_get(pair.value, 0));
        PT_TRY(pt_json_element(&address, &pair, 1, JSON_STRING, report));
        if (!pt_oracle_put_hex(&hex, json_string_value(address.value), 32)) {
            return pt_json_wrong(&address, report, "32 bytes in hex");
        }
        memcpy(emitter, hex.data, sizeof emitter);
        pt_bytes_free(&hex);
    }
    (void)pnau_ids(&row->payload, number, &id);
    pt_oracle_put_pyth(bytes, (uint16_t)chain, emitter, id);
    for (size_t i = 0; i < 32; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", id[i]);
    }
    subject->price = find_price(row, text);
    return PT_OK;
}

/* rule u8 | nonce count u16 | nonces | event id, spec 09 §1. */
static pt_exit dlc_subject(pt_bytes *bytes, const pt_vector_row *row, pt_report *report)
{
    const char *rule, *event;
    pt_json nonces, nonce;
    PT_TRY(pt_json_text(&rule, &row->context, "rule", report));
    PT_TRY(read_text(&event, row, "event_id", report));
    PT_TRY(pt_json_member(&nonces, &row->context, "nonces", JSON_ARRAY, report));
    if (json_array_size(nonces.value) > PL_SUBJECT_SIZE_MAX / 32) {
        return pt_json_wrong(&nonces, report, "at most 64 nonces");
    }
    pt_put_u8(bytes, strcmp(rule, "sha256") == 0 ? 1 : 0);
    pt_put_u16(bytes, (uint16_t)json_array_size(nonces.value));
    for (size_t i = 0; i < json_array_size(nonces.value); i++) {
        PT_TRY(pt_json_element(&nonce, &nonces, i, JSON_STRING, report));
        if (!pt_oracle_put_hex(bytes, json_string_value(nonce.value), 32)) {
            return pt_json_wrong(&nonce, report, "32 bytes in hex");
        }
    }
    pt_put_text(bytes, event != NULL ? event : "");
    return PT_OK;
}

/* The "feed" of the stated price with this number, for rows whose context names none. */
static const char *stated_feed(const pt_vector_row *row, size_t number)
{
    return json_string_value(json_object_get(json_array_get(prices_of(row), number), "feed"));
}

static pt_exit put_subject(pt_bytes *bytes, pt_vector_subject *subject, const pt_vector_row *row,
                           size_t number, pt_report *report)
{
    const char *text = NULL, *stated = stated_feed(row, number);
    pt_json feeds, feed;
    subject->price = json_array_get(prices_of(row), number);
    switch ((pl_feed_format)row->feed.feed.format) {
    case PL_FEED_REDSTONE:
        PT_TRY(pt_json_member(&feeds, &row->context, "feeds", JSON_ARRAY, report));
        PT_TRY(pt_json_element(&feed, &feeds, number, JSON_STRING, report));
        pt_oracle_put_symbol(bytes, json_string_value(feed.value));
        subject->price = find_price(row, json_string_value(feed.value));
        return PT_OK;
    case PL_FEED_MEDIAN_POKE:
    case PL_FEED_MEDIAN_MESSAGE:
    case PL_FEED_SCRIBE:
        PT_TRY(read_text(&text, row, "wat", report));
        pt_oracle_put_symbol(bytes, text != NULL ? text : "");
        return PT_OK;
    case PL_FEED_OPEN_ORACLE:
        PT_TRY(read_text(&text, row, "feed", report));
        pt_put_text(bytes, text != NULL ? text : "");
        return PT_OK;
    case PL_FEED_STORK:
    case PL_FEED_DATA_STREAMS:
    case PL_FEED_API3:
        PT_TRY(read_text(&text, row, "feed", report));
        text = text != NULL ? text : stated;
        if (text != NULL && !pt_oracle_put_hex(bytes, text, 32)) {
            return pt_fail(report, PT_INPUT, "%s: feed: expected 32 bytes in hex, found \"%.70s\"",
                           row->node.file, text);
        }
        return PT_OK;
    case PL_FEED_LAZER:
        if (stated != NULL) {
            pt_put_u32(bytes, (uint32_t)strtoul(stated, NULL, 10));
        }
        return PT_OK;
    case PL_FEED_PNAU:
        return pyth_subject(bytes, subject, row, number, report);
    case PL_FEED_DLC_ATTESTATION:
        return dlc_subject(bytes, row, report);
    case PL_FEED_UNSIGNED:
    case PL_FEED_NATIVE:
    case PL_FEED_OCR1:
    case PL_FEED_OCR2:
    case PL_FEED_VAA:
    case PL_FEED_BAND:
    case PL_FEED_DLC_ANNOUNCEMENT:
    case PL_FEED_EIP712:
        break;
    }
    return PT_OK;
}

pt_exit pt_vector_subject_at(pt_vector_subject *subject, const pt_vector_row *row, size_t number,
                             pt_report *report)
{
    pt_bytes bytes = {0};
    subject->price = NULL;
    const pt_exit result = put_subject(&bytes, subject, row, number, report);
    give(subject, &bytes);
    pt_bytes_free(&bytes);
    return result;
}
