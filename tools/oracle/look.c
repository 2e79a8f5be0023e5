#include "tools/oracle/look.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/common/args.h"
#include "tools/common/value.h"
#include "vm/num/text.h"

enum { DAY_S = 86400, VALUE_SHOWN = 64 };

/* ---- time ---- */

/* Days since 1970-01-01 to a date of the Gregorian calendar, by eras of 400 years. */
static void civil_of(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    const int64_t shifted = days + 719468; /* from 0000-03-01 */
    const int64_t era = shifted / 146097;
    const int64_t in_era = shifted % 146097;
    const int64_t year_of = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    const int64_t in_year = in_era - (365 * year_of + year_of / 4 - year_of / 100);
    const int64_t from_march = (5 * in_year + 2) / 153;
    *day = (unsigned)(in_year - (153 * from_march + 2) / 5 + 1);
    *month = (unsigned)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = year_of + era * 400 + (*month <= 2 ? 1 : 0);
}

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    const int64_t from_march = month > 2 ? month - 3 : month + 9;
    const int64_t shifted = month > 2 ? year : year - 1;
    const int64_t era = shifted / 400, in_era = shifted % 400;
    const int64_t in_year = (153 * from_march + 2) / 5 + day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

const char *pt_time_text(char text[PT_TIME_TEXT_MAX], pl_clock time)
{
    const uint64_t last = UINT64_C(253402300799); /* the end of year 9999 */
    int64_t year;
    unsigned month, day;
    if (time.seconds > last) {
        (void)snprintf(text, PT_TIME_TEXT_MAX, "%" PRIu64 " s, after the year 9999", time.seconds);
        return text;
    }
    civil_of((int64_t)(time.seconds / DAY_S), &year, &month, &day);
    const unsigned rest = (unsigned)(time.seconds % DAY_S);
    int size = snprintf(text, PT_TIME_TEXT_MAX, "%04lld-%02u-%02u %02u:%02u:%02u", (long long)year,
                        month, day, rest / 3600, rest / 60 % 60, rest % 60);
    if (time.nanoseconds != 0) {
        char parts[16];
        size_t digits = 9;
        (void)snprintf(parts, sizeof parts, "%09u", (unsigned)time.nanoseconds);
        while (digits > 3 && digits % 3 == 0 && memcmp(parts + digits - 3, "000", 3) == 0) {
            digits -= 3;
        }
        size += snprintf(text + size, PT_TIME_TEXT_MAX - (size_t)size, ".%.*s", (int)digits, parts);
    }
    (void)snprintf(text + size, PT_TIME_TEXT_MAX - (size_t)size, " UTC");
    return text;
}

/* YYYY-MM-DDTHH:MM:SS, then Z, " UTC" or nothing. */
static bool parse_date(pl_clock *time, const char *text)
{
    unsigned part[6] = {0};
    char between;
    int size = 0;
    if (sscanf(text, "%4u-%2u-%2u%c%2u:%2u:%2u%n", &part[0], &part[1], &part[2], &between, &part[3],
               &part[4], &part[5], &size) != 7 ||
        (between != 'T' && between != ' ')) {
        return false;
    }
    const char *rest = text + size;
    if ((strcmp(rest, "Z") != 0 && strcmp(rest, " UTC") != 0 && *rest != '\0') || part[0] < 1970 ||
        part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 || part[3] > 23 ||
        part[4] > 59 || part[5] > 59) {
        return false;
    }
    int64_t year;
    unsigned month, day;
    const int64_t days = days_of(part[0], part[1], part[2]);
    civil_of(days, &year, &month, &day);
    *time = (pl_clock){(uint64_t)days * DAY_S + part[3] * 3600u + part[4] * 60u + part[5], 0};
    return month == part[1] && day == part[2]; /* there is no 31 April */
}

bool pt_time_parse(pl_clock *time, const char *text)
{
    char whole[24];
    const size_t size = strcspn(text, ".");
    *time = (pl_clock){0, 0};
    if (strcmp(text, "now") == 0) {
        struct timespec now;
        if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
            return false;
        }
        *time = (pl_clock){(uint64_t)now.tv_sec, (uint32_t)now.tv_nsec};
        return true;
    }
    if (size < sizeof whole) {
        (void)snprintf(whole, sizeof whole, "%.*s", (int)size, text);
        const char *parts = text[size] == '.' ? text + size + 1 : "0";
        const size_t digits = strlen(parts);
        uint64_t value = 0;
        if (pt_parse_u64(&time->seconds, whole) && digits <= 9 && pt_parse_u64(&value, parts)) {
            for (size_t i = digits; i < 9; i++) {
                value *= 10;
            }
            time->nanoseconds = (uint32_t)value;
            return true;
        }
    }
    return parse_date(time, text);
}

const char *pt_span_text(char text[32], uint64_t seconds)
{
    static const struct {
        uint64_t size;
        const char *name;
    } units[] = {{DAY_S, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;
    while (i < 3 && seconds < units[i].size) {
        i++;
    }
    int size = snprintf(text, 32, "%" PRIu64 " %s", seconds / units[i].size, units[i].name);
    const uint64_t rest = seconds % units[i].size;
    if (i < 3 && rest / units[i + 1].size != 0) {
        (void)snprintf(text + size, 32 - (size_t)size, " %" PRIu64 " %s", rest / units[i + 1].size,
                       units[i + 1].name);
    }
    return text;
}

/* ---- prices ---- */

const char *pt_price_text(char text[PT_PRICE_TEXT_MAX], const pl_i256 *price, int32_t exponent)
{
    char digits[PL_NUM_TEXT_MAX + 1];
    digits[pl_i256_print_dec(digits, price)] = '\0';
    if (exponent < -250 || exponent > 250) {
        (void)snprintf(text, PT_PRICE_TEXT_MAX, "%s * 10^%" PRId32, digits, exponent);
        return text;
    }
    const bool negative = digits[0] == '-';
    const char *number = digits + (negative ? 1 : 0);
    const size_t count = strlen(number);
    size_t at = 0;
    text[at++] = '-';
    at -= negative ? 0 : 1;
    if (exponent >= 0) {
        at += (size_t)snprintf(text + at, PT_PRICE_TEXT_MAX - at, "%s", number);
        for (int32_t i = 0; i < exponent && strcmp(number, "0") != 0; i++) {
            text[at++] = '0';
        }
        text[at] = '\0';
        return text;
    }
    const size_t scale = (size_t)-exponent;
    const size_t whole = count > scale ? count - scale : 0;
    (void)snprintf(text + at, PT_PRICE_TEXT_MAX - at, "%.*s%s", whole == 0 ? 1 : (int)whole,
                   whole == 0 ? "0" : number, ".");
    at += (whole == 0 ? 1 : whole) + 1;
    for (size_t i = count; i < scale; i++) {
        text[at++] = '0';
    }
    (void)snprintf(text + at, PT_PRICE_TEXT_MAX - at, "%s", number + whole);
    return text;
}

/* ---- parts ---- */

static void number_text(char text[PL_NUM_TEXT_MAX + 1], const uint8_t *bytes, size_t size,
                        bool is_signed, bool is_little)
{
    uint8_t word[32];
    pl_i256 value;
    if (size == 0 || size > sizeof word) {
        text[0] = '\0';
        return;
    }
    const uint8_t top = is_little ? bytes[size - 1] : bytes[0];
    memset(word, is_signed && (top & 0x80) != 0 ? 0xff : 0, sizeof word);
    for (size_t i = 0; i < size; i++) {
        word[32 - size + i] = is_little ? bytes[size - 1 - i] : bytes[i];
    }
    pl_i256_load_be(&value, word, sizeof word);
    text[is_signed ? pl_i256_print_dec(text, &value) : pl_u256_print_dec(text, &value)] = '\0';
}

static void time_text(char *text, size_t room, uint8_t unit, const char *number)
{
    static const uint64_t per_second[] = {1, 1, 1000, 1000000, 1000000000};
    char utc[PT_TIME_TEXT_MAX];
    uint64_t time;
    if (!pt_parse_u64(&time, number)) {
        (void)snprintf(text, room, "%s", number);
        return;
    }
    const uint64_t parts = per_second[unit];
    const pl_clock clock = {time / parts, (uint32_t)(time % parts * (1000000000u / parts))};
    (void)snprintf(text, room, "%s  (%s)", number, pt_time_text(utc, clock));
}

static void bytes_text(char *text, const uint8_t *bytes, size_t size)
{
    const size_t shown = size < VALUE_SHOWN ? size : VALUE_SHOWN;
    memcpy(text, "0x", 3);
    pt_hex(text + 2, bytes, shown);
    if (shown < size) {
        (void)strcat(text, "...");
    }
}

/* Printable text stands in quotes, with its hex when there is more than text in it. */
static void text_text(char *text, size_t room, const uint8_t *bytes, size_t size)
{
    size_t end = size;
    while (end > 0 && bytes[end - 1] == 0) {
        end--;
    }
    bool printable = end > 0 && end <= VALUE_SHOWN;
    for (size_t i = 0; i < end && printable; i++) {
        printable = bytes[i] >= 0x20 && bytes[i] < 0x7f;
    }
    if (printable) {
        (void)snprintf(text, room, "\"%.*s\"", (int)end, (const char *)bytes);
    } else {
        bytes_text(text, bytes, size);
    }
}

static void part_text(char text[256], const pl_part *part, const uint8_t *bytes)
{
    char number[PL_NUM_TEXT_MAX + 1];
    switch (part->kind) {
    case PL_PART_BYTES:
        bytes_text(text, bytes, part->size);
        return;
    case PL_PART_TEXT:
        text_text(text, 256, bytes, part->size);
        return;
    case PL_PART_UINT:
    case PL_PART_INT:
    case PL_PART_UINT_LE:
    case PL_PART_INT_LE:
    case PL_PART_TIME:
        break;
    }
    number_text(number, bytes, part->size,
                part->kind == PL_PART_INT || part->kind == PL_PART_INT_LE,
                part->kind == PL_PART_UINT_LE || part->kind == PL_PART_INT_LE);
    if (part->kind == PL_PART_TIME) {
        time_text(text, 256, part->unit, number);
    } else if (number[0] == '\0') {
        bytes_text(text, bytes, part->size);
    } else {
        (void)snprintf(text, 256, "%s", number);
    }
}

/* A RedStone package shows its signature before its points: they are what its signer said. */
static void add_feed(const pt_look *look, const char *value)
{
    const size_t count = json_array_size(look->signatures);
    json_t *last = count == 0 ? NULL : json_array_get(look->signatures, count - 1);
    if (json_object_get(last, "feeds") == NULL) {
        (void)json_object_set_new(last, "feeds", json_array());
    }
    (void)json_array_append_new(json_object_get(last, "feeds"), json_string(value));
}

void pt_look_add_part(pt_look *look, const pl_part *part)
{
    char text[256];
    if (look->part_count++ >= PT_PARTS_MAX) {
        return;
    }
    part_text(text, part, look->payload + part->offset);
    if (look->has_packages && strcmp(part->name, "feed id") == 0) {
        add_feed(look, text);
    }
    (void)json_array_append_new(
        look->parts, json_pack("{s:I, s:I, s:s, s:s}", "offset", (json_int_t)part->offset, "size",
                               (json_int_t)part->size, "name", part->name, "value", text));
}

static void see_part(void *context, const pl_part *part)
{
    pt_look_add_part(context, part);
}

static void see_signature(void *context, const pl_signature_seen *seen)
{
    pt_look *look = context;
    char digest[67] = "", signer[2 * PL_MEMBER_KEY + 3] = "";
    if (json_array_size(look->signatures) >= PT_PARTS_MAX) {
        return;
    }
    if (seen->digest != NULL) {
        memcpy(digest, "0x", 2);
        pt_hex(digest + 2, seen->digest, 32);
    }
    if (seen->has_signer && seen->signer_size == PL_MEMBER_ADDRESS) {
        pt_oracle_address(signer, seen->signer);
    } else if (seen->has_signer) {
        pt_hex(signer, seen->signer, seen->signer_size);
    }
    (void)json_array_append_new(
        look->signatures,
        json_pack("{s:I, s:s?, s:i, s:s, s:b, s:s}", "number", (json_int_t)seen->number, "signer",
                  seen->has_signer ? signer : NULL, "member", seen->member, "digest", digest,
                  "high_s", (int)seen->high_s, "status", pl_status_name(seen->status)));
}

void pt_look_at(pt_look *look, const pl_feed *feed, uint64_t now_s, const uint8_t *payload,
                size_t size, bool any_signer)
{
    *look = (pt_look){.payload = payload,
                      .parts = json_array(),
                      .signatures = json_array(),
                      .has_packages = feed->format == PL_FEED_REDSTONE};
    const pl_observer observer = {
        .context = look, .part = see_part, .signature = see_signature, .any_signer = any_signer};
    look->status = pl_oracle_read(&look->reading, feed, now_s, payload, size, &observer);
}

void pt_look_free(pt_look *look)
{
    json_decref(look->parts);
    json_decref(look->signatures);
    look->parts = look->signatures = NULL;
}

const uint8_t *pt_look_part(const pt_look *look, const char *name, size_t *size)
{
    for (size_t i = 0; i < json_array_size(look->parts); i++) {
        const json_t *part = json_array_get(look->parts, i);
        if (strcmp(json_string_value(json_object_get(part, "name")), name) == 0) {
            *size = (size_t)json_integer_value(json_object_get(part, "size"));
            return look->payload + (size_t)json_integer_value(json_object_get(part, "offset"));
        }
    }
    return NULL;
}
