#include "tools/oracle/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/value.h"
#include "vm/base/keccak.h"

const uint8_t pt_pythnet_emitter[32] = {
    0xe1, 0x01, 0xfa, 0xed, 0xac, 0x58, 0x51, 0xe3, 0x2b, 0x9b, 0x23, 0xb5, 0xf9, 0x41, 0x1a, 0x8c,
    0x2b, 0xac, 0x4a, 0xae, 0x3e, 0xd4, 0xdd, 0x7b, 0x81, 0x1d, 0xd1, 0xa7, 0x2e, 0xa4, 0xaa, 0x71};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool pt_oracle_hex(uint8_t *bytes, size_t *size, size_t room, const char *text)
{
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text += 2;
    }
    for (*size = 0; text[0] != '\0'; text += 2) {
        const int high = hex_digit(text[0]);
        const int low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0 || *size == room) {
            return false;
        }
        bytes[(*size)++] = (uint8_t)(high * 16 + low);
    }
    return true;
}

void pt_oracle_address(char text[43], const uint8_t *address)
{
    uint8_t hash[32];
    memcpy(text, "0x", 2);
    pt_hex(text + 2, address, 20);
    pl_keccak_of(hash, (const uint8_t *)text + 2, 40);
    for (size_t i = 0; i < 40; i++) {
        const bool is_high = (hash[i / 2] >> (i % 2 == 0 ? 4 : 0) & 8) != 0;
        if (is_high && text[2 + i] >= 'a') {
            text[2 + i] = (char)(text[2 + i] - 'a' + 'A');
        }
    }
}

unsigned pt_oracle_format(const char *name)
{
    unsigned format = 0;
    if (strcmp(name, "eip712") == 0) {
        return PL_FEED_EIP712;
    }
    while (format < PL_FEED_FORMATS && strcmp(pl_formats[format].name, name) != 0) {
        format++;
    }
    return format;
}

void pt_oracle_feed_begin(pt_oracle_feed *feed, uint8_t format)
{
    memset(feed, 0, sizeof *feed);
    feed->feed.format = format;
    feed->feed.staleness_s = UINT64_MAX;
    feed->feed.future_s = UINT64_MAX;
    feed->feed.fallback = PL_NO_FEED;
    feed->feed.min = pl_i256_min_value();
    feed->feed.max = pl_i256_max_value();
}

void pt_oracle_feed_free(pt_oracle_feed *feed)
{
    for (unsigned i = 0; i < PT_ORACLE_SETS_MAX; i++) {
        pt_bytes_free(&feed->members[i]);
    }
    pt_bytes_free(&feed->subject);
    free(feed->keys);
    feed->keys = NULL;
}

pt_exit pt_oracle_feed_set(pt_oracle_feed *feed, const uint8_t *id, pt_report *report)
{
    if (feed->feed.set_count == PT_ORACLE_SETS_MAX) {
        return pt_fail(report, PT_INPUT, "more than %u signer sets", PT_ORACLE_SETS_MAX);
    }
    pl_signer_set *set = &feed->sets[feed->feed.set_count++];
    *set = (pl_signer_set){.until_s = UINT64_MAX};
    if (id != NULL) {
        memcpy(set->id, id, sizeof set->id);
    }
    return PT_OK;
}

/* EIP-55: capitals and small letters mixed are a checksum. */
static bool is_mistyped(const char *text, const uint8_t *address)
{
    char right[43];
    bool capital = false, small = false;
    const char *digits = text[0] == '0' && text[1] == 'x' ? text + 2 : text;
    for (const char *c = digits; *c != '\0'; c++) {
        capital = capital || (*c >= 'A' && *c <= 'F');
        small = small || (*c >= 'a' && *c <= 'f');
    }
    pt_oracle_address(right, address);
    return capital && small && strcmp(right + 2, digits) != 0;
}

pt_exit pt_oracle_feed_member(pt_oracle_feed *feed, const char *text, pt_report *report)
{
    static const char *const kinds[] = {[PL_MEMBER_ADDRESS] = "an address",
                                        [PL_MEMBER_XONLY] = "an x-only key",
                                        [PL_MEMBER_KEY] = "a compressed public key"};
    const pl_format *format = &pl_formats[feed->feed.format];
    const unsigned number = feed->feed.set_count - 1u;
    uint8_t member[PL_MEMBER_KEY];
    size_t size = 0;
    if (format->member_size == PL_MEMBER_NONE) {
        return pt_fail(report, PT_INPUT, "reports of %s are not signed", format->name);
    }
    if (!pt_oracle_hex(member, &size, sizeof member, text) || size != format->member_size) {
        return pt_fail(report, PT_INPUT,
                       "\"%.80s\" is not %s: signers of %s are written with %u hex digits", text,
                       kinds[format->member_size], format->name, 2u * format->member_size);
    }
    if (size == PL_MEMBER_ADDRESS && is_mistyped(text, member)) {
        return pt_fail(report, PT_INPUT,
                       "%.80s: the checksum in its capital letters is wrong; a digit may be "
                       "mistyped",
                       text);
    }
    if (feed->sets[number].member_count == PT_ORACLE_MEMBERS_MAX) {
        return pt_fail(report, PT_INPUT, "more than %u signers in a set", PT_ORACLE_MEMBERS_MAX);
    }
    feed->sets[number].member_count++;
    pt_put(&feed->members[number], member, size);
    return PT_OK;
}

static void sort_members(uint8_t *members, size_t count, size_t size)
{
    uint8_t member[PL_MEMBER_KEY];
    for (size_t i = 1; i < count; i++) {
        size_t at = i;
        memcpy(member, members + i * size, size);
        while (at > 0 && memcmp(members + (at - 1) * size, member, size) > 0) {
            memcpy(members + at * size, members + (at - 1) * size, size);
            at--;
        }
        memcpy(members + at * size, member, size);
    }
}

void pt_oracle_feed_sort(pt_oracle_feed *feed)
{
    const pl_format *format = &pl_formats[feed->feed.format];
    if ((format->flags & PL_FORMAT_NAMED) != 0) {
        return;
    }
    for (unsigned i = 0; i < feed->feed.set_count; i++) {
        if (feed->sets[i].member_count > 1) {
            sort_members(feed->members[i].data, feed->sets[i].member_count, format->member_size);
        }
    }
}

pt_exit pt_oracle_feed_ready(pt_oracle_feed *feed, pt_report *report)
{
    const size_t size = pl_formats[feed->feed.format].member_size;
    uint32_t total = 0;
    for (unsigned i = 0; i < feed->feed.set_count; i++) {
        feed->sets[i].members = feed->members[i].data;
        total += feed->sets[i].member_count;
    }
    feed->feed.sets = feed->sets;
    feed->feed.subject = feed->subject.data;
    feed->feed.subject_size = (uint16_t)feed->subject.size;
    if (feed->subject.size > PL_SUBJECT_SIZE_MAX) {
        return pt_fail(report, PT_INPUT, "the subject has %zu bytes; the limit is %u",
                       feed->subject.size, PL_SUBJECT_SIZE_MAX);
    }
    if (size != PL_MEMBER_KEY) {
        return PT_OK;
    }
    free(feed->keys);
    feed->keys = pt_take_zeroed(total, sizeof *feed->keys);
    feed->feed.keys = feed->keys;
    feed->feed.key_count = total;
    pl_public_key *key = feed->keys;
    for (unsigned i = 0; i < feed->feed.set_count; i++) {
        feed->sets[i].keys = key;
        for (unsigned j = 0; j < feed->sets[i].member_count; j++) {
            if (pl_public_key_parse(key++, feed->sets[i].members + j * size) != PL_OK) {
                return pt_fail(report, PT_INPUT, "signer %u of set %u is no key of the curve", j,
                               i);
            }
        }
    }
    return PT_OK;
}

void pt_oracle_guardian_id(uint8_t id[32], uint32_t index)
{
    memset(id, 0, 32);
    for (size_t i = 0; i < 4; i++) {
        id[31 - i] = (uint8_t)(index >> (8 * i));
    }
}

bool pt_oracle_config_id(uint8_t id[32], const char *hex)
{
    uint8_t digest[32];
    size_t size = 0;
    memset(id, 0, 32);
    if (!pt_oracle_hex(digest, &size, sizeof digest, hex) || (size != 16 && size != 32)) {
        return false;
    }
    memcpy(id + (32 - size), digest, size);
    return true;
}

void pt_oracle_put_symbol(pt_bytes *bytes, const char *text)
{
    uint8_t symbol[32] = {0};
    const size_t size = strlen(text);
    if (size > 31) {
        pl_keccak_of(symbol, (const uint8_t *)text, size);
    } else {
        memcpy(symbol, text, size);
    }
    pt_put(bytes, symbol, sizeof symbol);
}

bool pt_oracle_put_hex(pt_bytes *bytes, const char *text, size_t size)
{
    uint8_t value[32];
    size_t found = 0;
    if (size > sizeof value || !pt_oracle_hex(value, &found, size, text) || found != size) {
        return false;
    }
    pt_put(bytes, value, size);
    return true;
}

void pt_oracle_put_pyth(pt_bytes *bytes, uint16_t chain, const uint8_t *emitter,
                        const uint8_t *price_id)
{
    pt_put_u16(bytes, chain);
    pt_put(bytes, emitter, 32);
    pt_put(bytes, price_id, 32);
}
