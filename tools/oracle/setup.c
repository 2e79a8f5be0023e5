#include "tools/oracle/setup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/args.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/names.h"
#include "tools/oracle/vectors.h"
#include "vm/base/keccak.h"

enum { SIGNER_FILE_MAX = 1 << 20, SIGNER_SIZE = 160, SET_NAMES_MAX = 64 };
#define TIME_FIRST      UINT64_C(1262304000) /* 2010: nobody signed prices before */
#define TIME_LAST       UINT64_C(4102444800) /* 2100: larger numbers count parts of seconds */
#define AGE_S_DEFAULT   3600u
#define AHEAD_S_DEFAULT 60u

static void note(pt_setup *setup, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(pt_setup *setup, const char *format, ...)
{
    char line[300];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    (void)json_array_append_new(setup->notes, json_string(line));
}

static bool is_guardians(unsigned format)
{
    return format == PL_FEED_VAA || format == PL_FEED_PNAU;
}

static bool has_config(unsigned format)
{
    return format == PL_FEED_OCR1 || format == PL_FEED_OCR2 || format == PL_FEED_DATA_STREAMS;
}

/* ---- the subject ---- */

static pt_exit wrong_feed(pt_report *report, unsigned format, const char *text, const char *form)
{
    return pt_fail(report, PT_USAGE, "--feed %.80s: a feed of %s is written as %s", text,
                   pl_formats[format].name, form);
}

/* PRICE_ID, or CHAIN:EMITTER:PRICE_ID for another publisher than Pythnet. */
static pt_exit pyth_subject(pt_bytes *subject, unsigned format, const char *text, pt_report *report)
{
    static const char form[] = "a price id of 64 hex digits, or CHAIN:EMITTER:PRICE_ID";
    const char *emitter = strchr(text, ':');
    const char *id = emitter == NULL ? NULL : strchr(emitter + 1, ':');
    pt_bytes bytes = {0};
    if (emitter == NULL) {
        pt_put_u16(&bytes, PT_PYTHNET_CHAIN);
        pt_put(&bytes, pt_pythnet_emitter, 32);
        const bool good = pt_oracle_put_hex(&bytes, text, 32);
        pt_put(subject, bytes.data, good ? bytes.size : 0);
        pt_bytes_free(&bytes);
        return good ? PT_OK : wrong_feed(report, format, text, form);
    }
    char chain[8], address[80];
    uint64_t number = 0;
    const size_t chain_size = (size_t)(emitter - text);
    const size_t size = id == NULL ? 0 : (size_t)(id - emitter - 1);
    if (id == NULL || chain_size >= sizeof chain || size >= sizeof address) {
        return wrong_feed(report, format, text, form);
    }
    (void)snprintf(chain, sizeof chain, "%.*s", (int)chain_size, text);
    (void)snprintf(address, sizeof address, "%.*s", (int)size, emitter + 1);
    if (!pt_parse_u64(&number, chain) || number > UINT16_MAX) {
        return wrong_feed(report, format, text, form);
    }
    pt_put_u16(subject, (uint16_t)number);
    return pt_oracle_put_hex(subject, address, 32) && pt_oracle_put_hex(subject, id + 1, 32)
               ? PT_OK
               : wrong_feed(report, format, text, form);
}

/* EVENT, tagged:EVENT or sha256:EVENT: any nonces; or the whole subject in hex. */
static void dlc_subject(pt_bytes *subject, const char *text)
{
    const bool is_sha256 = strncmp(text, "sha256:", 7) == 0;
    const bool has_rule = is_sha256 || strncmp(text, "tagged:", 7) == 0;
    pt_put_u8(subject, is_sha256 ? 1 : 0);
    pt_put_u16(subject, 0);
    pt_put_text(subject, text + (has_rule ? 7 : 0));
}

static bool raw_subject(pt_bytes *subject, const char *text)
{
    uint8_t bytes[PL_SUBJECT_SIZE_MAX];
    size_t size = 0;
    if (strncmp(text, "0x", 2) != 0 || !pt_oracle_hex(bytes, &size, sizeof bytes, text)) {
        return false;
    }
    pt_put(subject, bytes, size);
    return size != 0;
}

static void hash_subject(pt_bytes *subject, const char *text)
{
    uint8_t hash[32];
    pl_keccak_of(hash, (const uint8_t *)text, strlen(text));
    pt_put(subject, hash, sizeof hash);
}

pt_exit pt_setup_subject(pt_bytes *subject, unsigned format, const char *text, pt_report *report)
{
    uint64_t number = 0;
    switch ((pl_feed_format)format) {
    case PL_FEED_REDSTONE:
    case PL_FEED_MEDIAN_POKE:
    case PL_FEED_MEDIAN_MESSAGE:
    case PL_FEED_SCRIBE:
        if (!(strlen(text) >= 64 && pt_oracle_put_hex(subject, text, 32))) {
            pt_oracle_put_symbol(subject, text);
        }
        return PT_OK;
    case PL_FEED_OPEN_ORACLE:
        pt_put_text(subject, text);
        return PT_OK;
    case PL_FEED_STORK:
        if (!pt_oracle_put_hex(subject, text, 32)) {
            hash_subject(subject, text); /* an asset, BTCUSD */
        }
        return PT_OK;
    case PL_FEED_DATA_STREAMS:
    case PL_FEED_API3:
        return pt_oracle_put_hex(subject, text, 32)
                   ? PT_OK
                   : wrong_feed(report, format, text, "64 hex digits");
    case PL_FEED_LAZER:
        if (!pt_parse_u64(&number, text) || number > UINT32_MAX) {
            return wrong_feed(report, format, text, "a number, as 1 for BTC/USD");
        }
        pt_put_u32(subject, (uint32_t)number);
        return PT_OK;
    case PL_FEED_PNAU:
        return pyth_subject(subject, format, text, report);
    case PL_FEED_DLC_ATTESTATION:
        if (!raw_subject(subject, text)) {
            dlc_subject(subject, text);
        }
        return PT_OK;
    case PL_FEED_EIP712:
        return raw_subject(subject, text)
                   ? PT_OK
                   : wrong_feed(report, format, text, "the subject of spec 09 in hex");
    case PL_FEED_UNSIGNED:
    case PL_FEED_NATIVE:
    case PL_FEED_OCR1:
    case PL_FEED_OCR2:
    case PL_FEED_VAA:
    case PL_FEED_BAND:
    case PL_FEED_DLC_ANNOUNCEMENT:
        break;
    }
    return pt_fail(report, PT_USAGE, "--feed: reports of %s do not name their feed",
                   pl_formats[format].name);
}

bool pt_setup_has_subject(unsigned format)
{
    return format > PL_FEED_NATIVE && format != PL_FEED_OCR1 && format != PL_FEED_OCR2 &&
           (pl_formats[format].flags & PL_FORMAT_TRANSPORT) == 0;
}

bool pt_setup_has_time(unsigned format)
{
    return format != PL_FEED_OCR1 && format != PL_FEED_DLC_ATTESTATION &&
           (pl_formats[format].flags & PL_FORMAT_TRANSPORT) == 0;
}

/* An option that the format has no use for is a mistake, and never ignored. */
static pt_exit check_options(unsigned format, const pt_setup_options *options, pt_report *report)
{
    const bool is_transport = (pl_formats[format].flags & PL_FORMAT_TRANSPORT) != 0;
    const struct {
        const char *value, *name, *why;
        bool is_useful;
    } rows[] = {
        {options->config, "--config", "do not name a configuration", has_config(format)},
        {options->guardians, "--guardian-set", "do not name a guardian set", is_guardians(format)},
        {options->last, "--last", "have no price of their own, so none comes after another",
         !is_transport},
        {options->decimals, "--decimals", "have no price of their own", !is_transport},
        {options->max_age, "--max-age", "sign no time of a price: their age cannot be checked",
         pt_setup_has_time(format)},
        {options->max_ahead, "--max-ahead", "sign no time of a price: their age cannot be checked",
         pt_setup_has_time(format)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].value != NULL && !rows[i].is_useful) {
            return pt_fail(report, PT_USAGE, "%s: reports of %s %s", rows[i].name,
                           pl_formats[format].name, rows[i].why);
        }
    }
    return PT_OK;
}

static pt_exit read_subject(pt_setup *setup, unsigned format, const char *text, pt_report *report)
{
    pt_bytes *subject = &setup->feed.subject;
    setup->has_feed = text != NULL || !pt_setup_has_subject(format);
    if (text != NULL) {
        return pt_setup_subject(subject, format, text, report);
    }
    switch ((pl_feed_format)format) {
    case PL_FEED_MEDIAN_POKE:
    case PL_FEED_SCRIBE:
        return pt_fail(report, PT_USAGE,
                       "--feed is needed: %s signs the name of its feed without sending it, as in "
                       "--feed ETHUSD",
                       pl_formats[format].name);
    case PL_FEED_EIP712:
        return pt_fail(report, PT_USAGE,
                       "--feed is needed: it says which struct was signed (spec 09, in hex)");
    case PL_FEED_PNAU:
        pt_put_u16(subject, PT_PYTHNET_CHAIN);
        pt_put(subject, pt_pythnet_emitter, 32);
        note(setup, "no --feed: the first price of the update; its publisher must be Pythnet");
        return PT_OK;
    case PL_FEED_REDSTONE:
        note(setup, "no --feed: the feed of the first data point that is met from the end");
        return PT_OK;
    case PL_FEED_LAZER:
        note(setup, "no --feed: the first price of the message");
        return PT_OK;
    case PL_FEED_DATA_STREAMS:
    case PL_FEED_MEDIAN_MESSAGE:
    case PL_FEED_OPEN_ORACLE:
    case PL_FEED_API3:
    case PL_FEED_STORK:
    case PL_FEED_DLC_ATTESTATION:
        note(setup, "no --feed: a report about anything is accepted");
        return PT_OK;
    case PL_FEED_UNSIGNED:
    case PL_FEED_NATIVE:
    case PL_FEED_OCR1:
    case PL_FEED_OCR2:
    case PL_FEED_VAA:
    case PL_FEED_BAND:
    case PL_FEED_DLC_ANNOUNCEMENT:
        break;
    }
    return PT_OK;
}

/* ---- signers ---- */

/* A name of a file, mistyped: it has characters that no signer and no list of them has. */
static bool is_path(const char *word)
{
    return word[strspn(word, "0123456789abcdefABCDEFxX, \t\r\n")] != '\0';
}

/* Words between commas, white space and line ends; # starts a comment. */
static pt_exit add_list(pt_setup *setup, const char *text, const char *where, pt_exit exit,
                        pt_report *report)
{
    size_t line = 1;
    while (*text != '\0') {
        const size_t size = strcspn(text, ", \t\r\n#");
        char word[SIGNER_SIZE];
        (void)snprintf(word, sizeof word, "%.*s", (int)(size < SIGNER_SIZE ? size : SIGNER_SIZE),
                       text);
        if (size != 0 && pt_oracle_feed_member(&setup->feed, word, report) != PT_OK) {
            pt_prefix(report, "%s:%zu", where, line);
            return exit;
        }
        text += size;
        text += *text == '#' ? strcspn(text, "\n") : 0;
        line += *text == '\n' ? 1 : 0;
        text += *text == '\0' ? 0 : 1;
    }
    return PT_OK;
}

static pt_exit add_guardian_sets(pt_setup *setup, const pt_json *set, const char *index,
                                 pt_report *report)
{
    pt_json sets, members, member;
    PT_TRY(pt_json_member(&sets, set, "members_by_index", JSON_OBJECT, report));
    setup->feed.feed.set_count = 0;
    setup->sets_by_index = true;
    for (unsigned i = 0; i < PT_ORACLE_SETS_MAX; i++) {
        char key[16];
        uint8_t id[32];
        (void)snprintf(key, sizeof key, "%u", i);
        if (!pt_json_has(&sets, key) || (index != NULL && strcmp(index, key) != 0)) {
            continue;
        }
        PT_TRY(pt_json_member(&members, &sets, key, JSON_ARRAY, report));
        pt_oracle_guardian_id(id, i);
        PT_TRY(pt_oracle_feed_set(&setup->feed, id, report));
        for (size_t j = 0; j < json_array_size(members.value); j++) {
            PT_TRY(pt_json_element(&member, &members, j, JSON_STRING, report));
            PT_TRY(pt_oracle_feed_member(&setup->feed, json_string_value(member.value), report));
        }
    }
    if (setup->feed.feed.set_count == 0) {
        return pt_fail(report, PT_INPUT, "%s: there is no guardian set %s", set->file,
                       index != NULL ? index : "at all");
    }
    return PT_OK;
}

/* "NAME is none of its signer sets: a, b; did you mean a?" */
static pt_exit no_such_set(const pt_json *sets, const char *name, pt_report *report)
{
    const char *names[SET_NAMES_MAX], *key;
    char list[400] = "";
    size_t count = 0, at = 0;
    json_t *unused;
    json_object_foreach(sets->value, key, unused)
    {
        if (count < SET_NAMES_MAX && at < sizeof list - 100) {
            at += (size_t)snprintf(list + at, sizeof list - at, "%s%.60s", count == 0 ? "" : ", ",
                                   key);
            names[count++] = key;
        }
    }
    const char *near = pt_name_nearest(name, names, count);
    const bool is_all = count == json_object_size(sets->value);
    return pt_fail(report, PT_INPUT, "%s: signer_sets.%.60s is not there; there are %s%s%s%.60s%s",
                   sets->file, name, list, is_all ? "" : " and more",
                   near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                   near != NULL ? "?" : "");
}

static pt_exit add_named_set(pt_setup *setup, const pt_json *document, const char *name,
                             const char *index, pt_report *report)
{
    pt_json sets, set, members, member;
    PT_TRY(pt_json_member(&sets, document, "signer_sets", JSON_OBJECT, report));
    if (!pt_json_has(&sets, name)) {
        return no_such_set(&sets, name, report);
    }
    PT_TRY(pt_json_member(&set, &sets, name, JSON_OBJECT, report));
    if (pt_json_has(&set, "members_by_index")) {
        return add_guardian_sets(setup, &set, index, report);
    }
    PT_TRY(pt_json_member(&members, &set, "members", JSON_ARRAY, report));
    for (size_t i = 0; i < json_array_size(members.value); i++) {
        PT_TRY(pt_json_element(&member, &members, i, JSON_STRING, report));
        PT_TRY(pt_oracle_feed_member(&setup->feed, json_string_value(member.value), report));
    }
    return PT_OK;
}

/* NAME@FILE: a signer set of a vector file. */
static pt_exit add_from_vectors(pt_setup *setup, const char *word, const char *index,
                                pt_report *report)
{
    const char *file = strchr(word, '@') + 1;
    char name[64];
    pt_bytes bytes;
    pt_json document;
    (void)snprintf(name, sizeof name, "%.*s", (int)(file - 1 - word), word);
    PT_TRY(pt_file_read(&bytes, file, PT_VECTOR_FILE_MAX, report));
    pt_exit result =
        pt_json_parse(&document, file, 0, (const char *)bytes.data, bytes.size, report);
    pt_bytes_free(&bytes);
    if (result == PT_OK) {
        result = add_named_set(setup, &document, name, index, report);
        json_decref(document.value);
    }
    return result;
}

static pt_exit add_from_file(pt_setup *setup, const char *path, pt_report *report)
{
    pt_bytes bytes;
    PT_TRY(pt_file_read(&bytes, path, SIGNER_FILE_MAX, report));
    const pt_exit result = add_list(setup, (const char *)bytes.data, path, PT_INPUT, report);
    pt_bytes_free(&bytes);
    return result;
}

/* The id by which the report names its set: what the person says, else what the report says. */
static pt_exit read_id(uint8_t id[32], pt_setup *setup, unsigned format,
                       const pt_setup_options *options, const pt_look *look, pt_report *report)
{
    size_t size = 0;
    uint64_t index = 0;
    memset(id, 0, 32);
    setup->has_set = true;
    if (has_config(format) && options->config != NULL) {
        return pt_oracle_config_id(id, options->config)
                   ? PT_OK
                   : pt_fail(report, PT_USAGE, "--config %.80s: a digest of %u hex digits is meant",
                             options->config, format == PL_FEED_OCR1 ? 32u : 64u);
    }
    if (is_guardians(format) && options->guardians != NULL) {
        if (!pt_parse_u64(&index, options->guardians) || index > UINT32_MAX) {
            return pt_fail(report, PT_USAGE, "--guardian-set %.40s: a number is meant",
                           options->guardians);
        }
        pt_oracle_guardian_id(id, (uint32_t)index);
        return PT_OK;
    }
    const uint8_t *found = NULL;
    if (has_config(format)) {
        found = pt_look_part(look, "configuration digest", &size);
        note(setup, "no --config: the configuration is the one that the report names");
    } else if (is_guardians(format)) {
        found = pt_look_part(look, "guardian set index", &size);
    }
    setup->has_set = !has_config(format) && !is_guardians(format);
    if (found != NULL && size <= 32) {
        memcpy(id + 32 - size, found, size);
    }
    return PT_OK;
}

static pt_exit read_quorum(pt_setup *setup, unsigned format, const char *text, pt_report *report)
{
    const unsigned first = setup->feed.sets[0].member_count;
    uint64_t quorum = 0;
    if (text != NULL && (!pt_parse_u64(&quorum, text) || quorum == 0 || quorum > 255)) {
        return pt_fail(report, PT_USAGE, "--quorum %.40s: a number from 1 to 255 is meant", text);
    }
    if (text == NULL && !is_guardians(format) && first > 1 && format != PL_FEED_DLC_ATTESTATION &&
        format != PL_FEED_DLC_ANNOUNCEMENT && format != PL_FEED_MEDIAN_MESSAGE &&
        format != PL_FEED_LAZER) {
        return pt_fail(report, PT_USAGE,
                       "--quorum is needed: %u signers are given; how many must have signed?",
                       first);
    }
    if (text != NULL && setup->feed.feed.set_count > 1) {
        return pt_fail(report, PT_USAGE,
                       "--quorum needs --guardian-set: %u sets of different sizes are given",
                       setup->feed.feed.set_count);
    }
    for (unsigned i = 0; i < setup->feed.feed.set_count; i++) {
        pl_signer_set *set = &setup->feed.sets[i];
        const unsigned guardians = 2u * set->member_count / 3 + 1;
        set->quorum = (uint8_t)(text != NULL ? quorum : is_guardians(format) ? guardians : 1);
        if (set->quorum > set->member_count) {
            return pt_fail(report, PT_USAGE, "--quorum %u is more than the %u signers of the set",
                           set->quorum, set->member_count);
        }
    }
    if (text == NULL && is_guardians(format)) {
        note(setup, "no --quorum: more than two thirds of the guardians");
    }
    return PT_OK;
}

static pt_exit read_signers(pt_setup *setup, unsigned format, const pt_setup_options *options,
                            const pt_look *look, pt_report *report)
{
    uint8_t id[32];
    const char *word = options->signers;
    PT_TRY(read_id(id, setup, format, options, look, report));
    PT_TRY(pt_oracle_feed_set(&setup->feed, id, report));
    if (strchr(word, '@') != NULL) {
        PT_TRY(add_from_vectors(setup, word, options->guardians, report));
    } else if (pt_is_file(word)) {
        PT_TRY(add_from_file(setup, word, report));
    } else if (is_path(word)) {
        return pt_fail(report, PT_INPUT,
                       "--signers %.200s: there is no such file, and it is no address or key",
                       word);
    } else {
        PT_TRY(add_list(setup, word, "--signers", PT_USAGE, report));
    }
    if (setup->feed.sets[0].member_count == 0) {
        return pt_fail(report, PT_INPUT, "%.200s: there is no signer in it", word);
    }
    if (is_guardians(format) && options->guardians == NULL) {
        note(setup, setup->sets_by_index
                        ? "no --guardian-set: the set of the file that the report names, also one "
                          "that was replaced"
                        : "no --guardian-set: --signers is taken for the set that the report "
                          "names");
    }
    pt_oracle_feed_sort(&setup->feed);
    return read_quorum(setup, format, options->quorum, report);
}

/* ---- clock, age, order, scale ---- */

static pt_exit read_seconds(uint64_t *seconds, const char *name, const char *text,
                            pt_report *report)
{
    return pt_parse_u64(seconds, text)
               ? PT_OK
               : pt_fail(report, PT_USAGE, "%s %.40s: a number of seconds is meant", name, text);
}

/* What the clock is good for. */
static void note_age(pt_setup *setup, unsigned format, const pt_setup_options *options,
                     const pt_look *look)
{
    const bool is_timed = look->status != PL_OK || look->reading.has_time;
    if (!pt_setup_has_time(format) || !is_timed) {
        note(setup, (pl_formats[format].flags & PL_FORMAT_TRANSPORT) != 0
                        ? "this format has no price of its own: age is not checked"
                        : "this format signs no time: age cannot be checked");
        return;
    }
    if (!setup->has_now) {
        note(setup, "no --at: %s, so the age is not checked",
             look->status == PL_OK ? "the report's own time is used" : "there is no clock");
        return;
    }
    if (options->max_age == NULL) {
        note(setup, "no --max-age: at most %u s old", AGE_S_DEFAULT);
    }
    if (options->max_ahead == NULL) {
        note(setup, "no --max-ahead: at most %u s ahead", AHEAD_S_DEFAULT);
    }
}

static pt_exit read_clock(pt_setup *setup, unsigned format, const pt_setup_options *options,
                          const pt_look *look, pt_report *report)
{
    pl_feed *feed = &setup->feed.feed;
    setup->has_now = options->at != NULL;
    if (setup->has_now && !pt_time_parse(&setup->now, options->at)) {
        return pt_fail(report, PT_USAGE,
                       "--at %.60s: now, seconds since 1970, or 2025-04-16T18:54:10Z is meant",
                       options->at);
    }
    if (setup->has_now && setup->now.seconds >= TIME_LAST) {
        return pt_fail(report, PT_USAGE,
                       "--at %.60s: that many seconds lead beyond the year 2100; are these "
                       "milliseconds? --at takes seconds, parts of them behind a point",
                       options->at);
    }
    if (!setup->has_now && look->status == PL_OK && look->reading.has_time) {
        setup->now = (pl_clock){look->reading.time_s, look->reading.time_ns};
    }
    feed->staleness_s = setup->has_now ? AGE_S_DEFAULT : UINT64_MAX;
    feed->future_s = setup->has_now ? AHEAD_S_DEFAULT : UINT64_MAX;
    if (options->max_age != NULL) {
        PT_TRY(read_seconds(&feed->staleness_s, "--max-age", options->max_age, report));
    }
    if (options->max_ahead != NULL) {
        PT_TRY(read_seconds(&feed->future_s, "--max-ahead", options->max_ahead, report));
    }
    note_age(setup, format, options, look);
    if (!setup->has_now && (options->max_age != NULL || options->max_ahead != NULL)) {
        return pt_fail(report, PT_USAGE,
                       "--max-age and --max-ahead need a clock: --at now, or a time");
    }
    return PT_OK;
}

/* EPOCH:ROUND of the Chainlink formats that count so. */
static pt_exit read_epoch(pt_setup *setup, unsigned format, const char *text, pt_report *report)
{
    const char *colon = strchr(text, ':');
    uint64_t epoch = 0, round = 0;
    char first[24];
    (void)snprintf(first, sizeof first, "%.*s", (int)(colon - text < 23 ? colon - text : 23), text);
    if (format != PL_FEED_OCR1 && format != PL_FEED_OCR2) {
        return pt_fail(report, PT_USAGE,
                       "--last %.40s: reports of %s are not ordered by EPOCH:ROUND", text,
                       pl_formats[format].name);
    }
    if (!pt_parse_u64(&epoch, first) || !pt_parse_u64(&round, colon + 1) || round > UINT8_MAX ||
        epoch > UINT32_MAX) {
        return pt_fail(report, PT_USAGE,
                       "--last %.40s: EPOCH:ROUND is meant, an epoch below 2^32 and a round below "
                       "256",
                       text);
    }
    setup->last.round = epoch * 256 + round;
    return PT_OK;
}

/* A time in the format's own unit, or a date. A number in another unit would let every report
 * through, or none. */
static pt_exit read_last_time(pt_setup *setup, unsigned format, const char *text, pt_report *report)
{
    static const struct {
        uint64_t per_second;
        const char *name;
    } units[] = {[PL_TIME_S] = {1, "seconds"},
                 [PL_TIME_MS] = {1000, "milliseconds"},
                 [PL_TIME_US] = {1000000, "microseconds"},
                 [PL_TIME_NS] = {1000000000, "nanoseconds"}};
    const uint64_t parts = units[pl_formats[format].time_unit].per_second;
    const bool is_number = pt_parse_u64(&setup->last.round, text);
    pl_clock time;
    if (!is_number && strcmp(text, "now") != 0 && pt_time_parse(&time, text) &&
        time.seconds < TIME_LAST) {
        setup->last.round = time.seconds * parts + time.nanoseconds / (1000000000u / parts);
    } else if (!is_number) {
        return pt_fail(report, PT_USAGE,
                       "--last %.40s: the order key of %s is meant, %s since 1970 or "
                       "2025-04-16T18:54:10Z",
                       text, pl_formats[format].name, units[pl_formats[format].time_unit].name);
    }
    const uint64_t seconds = setup->last.round / parts;
    if (setup->last.round != 0 && (seconds < TIME_FIRST || seconds >= TIME_LAST)) {
        return pt_fail(report, PT_USAGE,
                       "--last %.40s: reports of %s are ordered by %s since 1970; this is another "
                       "unit",
                       text, pl_formats[format].name, units[pl_formats[format].time_unit].name);
    }
    return PT_OK;
}

static pt_exit read_last(pt_setup *setup, unsigned format, const char *text, pt_report *report)
{
    if (text == NULL) {
        note(setup, "no --last: nothing was accepted before");
        return PT_OK;
    }
    setup->last.exists = true;
    if (strchr(text, ':') != NULL && strchr(text, '-') == NULL) {
        return read_epoch(setup, format, text, report);
    }
    /* The order of an EIP-712 struct is whatever its subject says. */
    if (pl_formats[format].time_unit != PL_TIME_NONE && format != PL_FEED_EIP712) {
        return read_last_time(setup, format, text, report);
    }
    return pt_parse_u64(&setup->last.round, text)
               ? PT_OK
               : pt_fail(report, PT_USAGE,
                         "--last %.40s: the order key of the last accepted report is meant, a "
                         "number%s",
                         text,
                         format == PL_FEED_OCR1 || format == PL_FEED_OCR2 ? " or EPOCH:ROUND" : "");
}

static pt_exit read_scale(pt_setup *setup, unsigned format, const char *text, const pt_look *look,
                          pt_report *report)
{
    pl_feed *feed = &setup->feed.feed;
    const bool is_feeds = pl_formats[format].scale == PL_SCALE_FEED;
    uint64_t decimals = 0;
    if (text != NULL && (!pt_parse_u64(&decimals, text) || decimals > 77)) {
        return pt_fail(report, PT_USAGE, "--decimals %.40s: a number from 0 to 77 is meant", text);
    }
    setup->has_decimals = text != NULL || !is_feeds;
    feed->rounding = format == PL_FEED_NATIVE ? PL_SHRINK_EXACT : PL_SHRINK_HALF_EVEN;
    if (text != NULL) {
        feed->decimals = (uint8_t)decimals;
        feed->wire_decimals = (uint8_t)(is_feeds ? decimals : 0);
    } else if (!is_feeds && look->status == PL_OK && look->reading.exponent <= 0 &&
               look->reading.exponent >= -77) {
        feed->decimals = (uint8_t)-look->reading.exponent;
    }
    if (text == NULL && format == PL_FEED_NATIVE) {
        note(setup, "no --decimals: the feed is taken to have those of the report");
    }
    if (!setup->has_decimals && pl_formats[format].scale != PL_SCALE_NONE) {
        note(setup, "no --decimals: %s does not sign them; the price is shown as it was signed",
             pl_formats[format].name);
    }
    return PT_OK;
}

/* ---- the whole ---- */

void pt_setup_inspect(pt_oracle_feed *feed, unsigned format)
{
    pt_oracle_feed_begin(feed, (uint8_t)format);
    feed->feed.rounding = PL_SHRINK_HALF_EVEN;
}

pt_exit pt_setup_read(pt_setup *setup, unsigned format, const pt_setup_options *options,
                      const pt_look *look, pt_report *report)
{
    *setup = (pt_setup){.notes = json_array(), .now = {1, 0}};
    pt_oracle_feed_begin(&setup->feed, (uint8_t)format);
    setup->feed.feed.rules =
        options->strict || format == PL_FEED_NATIVE ? PL_RULES_STRICT : PL_RULES_DEPLOYED;
    PT_TRY(check_options(format, options, report));
    PT_TRY(read_subject(setup, format, options->feed, report));
    PT_TRY(read_signers(setup, format, options, look, report));
    PT_TRY(read_clock(setup, format, options, look, report));
    PT_TRY(read_last(setup, format, options->last, report));
    PT_TRY(read_scale(setup, format, options->decimals, look, report));
    PT_TRY(pt_oracle_feed_ready(&setup->feed, report));
    if ((pl_formats[format].flags & PL_FORMAT_TRANSPORT) != 0) {
        return PT_OK;
    }
    const pl_status status = pl_feed_check(&setup->feed.feed);
    return status == PL_OK ? PT_OK : pt_fail_status(report, status, "the signer set");
}

void pt_setup_free(pt_setup *setup)
{
    pt_oracle_feed_free(&setup->feed);
    json_decref(setup->notes);
    setup->notes = NULL;
}
