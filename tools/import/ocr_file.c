#include "tools/import/ocr_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/value.h"
#include "tools/oracle/feed.h"
#include "vm/num/text.h"
#include "vm/oracle/oracle.h"

#define FILE_MAX (UINT64_C(256) << 20)
enum { WORD = 32, REPORT_WORDS_MAX = 4 + PT_OCR_ORACLES };

pt_exit pt_ocr_hex(uint8_t *bytes, size_t size, const pt_json *object, const char *key,
                   pt_report *report)
{
    pt_json node;
    char expected[64];
    size_t found = 0;
    PT_TRY(pt_json_member(&node, object, key, JSON_STRING, report));
    const char *text = json_string_value(node.value);
    if (strncmp(text, "0x", 2) == 0 && pt_oracle_hex(bytes, &found, size, text) && found == size) {
        return PT_OK;
    }
    (void)snprintf(expected, sizeof expected, "0x and %zu hex digits", 2 * size);
    return pt_json_wrong(&node, report, expected);
}

/* ---- call data: transmit(bytes report, bytes32[] rs, bytes32[] ss, bytes32 rawVs) ---- */

static void put_word(pt_bytes *bytes, uint64_t value)
{
    for (unsigned i = 0; i < WORD - 8; i++) {
        pt_put_u8(bytes, 0);
    }
    pt_put_u64(bytes, value);
}

/* One of the arrays r[] and s[]: its length, then its words. */
static pt_exit put_words(pt_bytes *call, size_t *count, const pt_json *item, const char *key,
                         pt_report *report)
{
    pt_json list;
    PT_TRY(pt_json_member(&list, item, key, JSON_ARRAY, report));
    *count = json_array_size(list.value);
    if (*count == 0 || *count > PT_OCR_ORACLES) {
        return pt_json_wrong(&list, report, "1 to 31 words: a transmission has that many oracles");
    }
    put_word(call, *count);
    for (size_t i = 0; i < *count; i++) {
        pt_json element;
        uint8_t word[WORD];
        size_t size = 0;
        PT_TRY(pt_json_element(&element, &list, i, JSON_STRING, report));
        const char *text = json_string_value(element.value);
        if (strncmp(text, "0x", 2) != 0 || !pt_oracle_hex(word, &size, WORD, text) ||
            size != WORD) {
            return pt_json_wrong(&element, report, "0x and 64 hex digits");
        }
        pt_put(call, word, WORD);
    }
    return PT_OK;
}

/* The canonical encoding, which is what the aggregator's check of the length of its call data
 * admits: the heads in order, the tails in the same order without gaps. */
static pt_exit put_call(pt_transmission *t, const pt_json *item, pt_report *report)
{
    static const uint8_t selector[] = {0xc9, 0x80, 0x75, 0x39};
    uint8_t bytes[WORD * REPORT_WORDS_MAX], v[WORD];
    size_t size = 0, r_count = 0, s_count = 0;
    pt_json node;
    PT_TRY(pt_json_member(&node, item, "report", JSON_STRING, report));
    const char *text = json_string_value(node.value);
    if (strncmp(text, "0x", 2) != 0 || !pt_oracle_hex(bytes, &size, sizeof bytes, text) ||
        size % WORD != 0) {
        return pt_json_wrong(&node, report, "0x and hex digits of at most 35 whole words");
    }
    PT_TRY(pt_ocr_hex(v, WORD, item, "raw_vs", report));
    pt_put(&t->call, selector, sizeof selector);
    const size_t heads = t->call.size;
    put_word(&t->call, 4 * WORD);
    put_word(&t->call, 5 * WORD + size);
    put_word(&t->call, 0); /* of s[], below */
    pt_put(&t->call, v, WORD);
    put_word(&t->call, size);
    pt_put(&t->call, bytes, size);
    PT_TRY(put_words(&t->call, &r_count, item, "rs", report));
    pt_set_u32(&t->call, heads + 3 * WORD - 4, (uint32_t)(t->call.size - heads));
    PT_TRY(put_words(&t->call, &s_count, item, "ss", report));
    if (r_count != s_count) {
        (void)pt_json_member(&node, item, "ss", JSON_ARRAY, report);
        return pt_json_wrong(&node, report, "as many words as rs has");
    }
    return PT_OK;
}

/* ---- what the call says, by the rules of spec 09 §2 ---- */

typedef struct call_parts {
    pt_transmission *t;
    const uint8_t *config, *round, *observers;
    const uint8_t *observations[PT_OCR_ORACLES];
    size_t observation_count;
} call_parts;

static void see_part(void *context, const pl_part *part)
{
    call_parts *parts = context;
    const uint8_t *bytes = parts->t->call.data + part->offset;
    if (strcmp(part->name, "configuration digest") == 0) {
        parts->config = bytes;
    } else if (strcmp(part->name, "epoch") == 0) {
        parts->round = bytes; /* the round's byte follows the epoch's four */
    } else if (strcmp(part->name, "observers") == 0) {
        parts->observers = bytes;
    } else if (strcmp(part->name, "observation") == 0 &&
               parts->observation_count < PT_OCR_ORACLES) {
        parts->observations[parts->observation_count++] = bytes;
    }
}

static void see_signature(void *context, const pl_signature_seen *seen)
{
    pt_transmission *t = ((call_parts *)context)->t;
    if (seen->has_signer && seen->signer_size == 20 && t->signer_count < PT_OCR_ORACLES) {
        memcpy(t->signers[t->signer_count++], seen->signer, 20);
    }
}

/* Every signature recovers, no signer twice; the report has its own shape. */
static pt_exit read_call(call_parts *parts, pl_reading *reading, const pt_json *item,
                         pt_report *report)
{
    pt_transmission *t = parts->t;
    pt_oracle_feed feed;
    const pl_observer observer = {
        .context = parts, .part = see_part, .signature = see_signature, .any_signer = true};
    pt_oracle_feed_begin(&feed, PL_FEED_OCR1);
    pl_status status =
        pl_oracle_read(reading, &feed.feed, 0, t->call.data, t->call.size, &observer);
    pt_oracle_feed_free(&feed);
    for (unsigned i = 0; i < t->signer_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            const bool twice = memcmp(t->signers[i], t->signers[j], 20) == 0;
            status = twice && status == PL_OK ? PL_REJECT_SIGNER_DUPLICATE : status;
        }
    }
    if (status != PL_OK) {
        return pt_fail_status(report, status, "%s: [%zu]: its report is refused", item->file,
                              item->index);
    }
    memcpy(t->config, parts->config, sizeof t->config);
    t->order = reading->order;
    t->median = reading->price;
    for (size_t i = 0; i < parts->observation_count; i++) {
        const unsigned oracles = parts->observers[i] + 1u;
        t->oracles = oracles > t->oracles ? oracles : t->oracles;
    }
    return PT_OK;
}

/* ---- what the file derives from it ---- */

static pt_exit same_bytes(const pt_json *object, const char *key, const uint8_t *bytes, size_t size,
                          pt_report *report)
{
    pt_json node;
    uint8_t said[WORD];
    char expected[2 * WORD + 40], digits[2 * WORD + 1];
    PT_TRY(pt_ocr_hex(said, size, object, key, report));
    if (memcmp(said, bytes, size) == 0) {
        return PT_OK;
    }
    pt_hex(digits, bytes, size);
    (void)snprintf(expected, sizeof expected, "0x%s, as the report says", digits);
    (void)pt_json_member(&node, object, key, JSON_STRING, report);
    return pt_json_wrong(&node, report, expected);
}

/* Is it what a program writes that keeps numbers in a double? Files that are about passed through
 * one: above 2^53 their last digits are rounded. The report itself has all digits. */
static bool is_rounded(const char *said, const char *digits)
{
    const char *number = said + (said[0] == '-' ? 1 : 0);
    const double value = strtod(said, NULL), exact = strtod(digits, NULL);
    return strspn(number, "0123456789") == strlen(number) && strlen(said) == strlen(digits) &&
           value <= exact && value >= exact;
}

static pt_exit same_number(const pt_json *node, const pl_i256 *number, uint64_t *rounded,
                           pt_report *report)
{
    char digits[PL_NUM_TEXT_MAX + 1], expected[PL_NUM_TEXT_MAX + 40];
    digits[pl_i256_print_dec(digits, number)] = '\0';
    if (strcmp(json_string_value(node->value), digits) == 0) {
        return PT_OK;
    }
    if (is_rounded(json_string_value(node->value), digits)) {
        (*rounded)++;
        return PT_OK;
    }
    (void)snprintf(expected, sizeof expected, "\"%s\", as the report says", digits);
    return pt_json_wrong(node, report, expected);
}

static pt_exit same_signers(const pt_json *derived, const pt_transmission *t, pt_report *report)
{
    pt_json list, node;
    PT_TRY(pt_json_member(&list, derived, "recovered_signers", JSON_ARRAY, report));
    if (json_array_size(list.value) != t->signer_count) {
        return pt_json_wrong(&list, report, "as many signers as signatures");
    }
    for (size_t i = 0; i < t->signer_count; i++) {
        uint8_t said[20];
        size_t size = 0;
        PT_TRY(pt_json_element(&node, &list, i, JSON_STRING, report));
        if (!pt_oracle_hex(said, &size, sizeof said, json_string_value(node.value)) ||
            size != sizeof said || memcmp(said, t->signers[i], size) != 0) {
            char digits[41], expected[100];
            pt_hex(digits, t->signers[i], 20);
            (void)snprintf(expected, sizeof expected, "0x%s, to whom this signature recovers",
                           digits);
            return pt_json_wrong(&node, report, expected);
        }
    }
    return PT_OK;
}

static pt_exit same_observations(const pt_json *derived, const call_parts *parts, uint64_t *rounded,
                                 pt_report *report)
{
    pt_json list, node;
    pl_i256 value;
    PT_TRY(pt_json_member(&list, derived, "observations", JSON_ARRAY, report));
    if (json_array_size(list.value) != parts->observation_count) {
        return pt_json_wrong(&list, report, "as many observations as the report has");
    }
    for (size_t i = 0; i < parts->observation_count; i++) {
        PT_TRY(pt_json_element(&node, &list, i, JSON_STRING, report));
        pl_i256_load_be(&value, parts->observations[i], WORD);
        PT_TRY(same_number(&node, &value, rounded, report));
    }
    return PT_OK;
}

static pt_exit check_derived(const pt_json *item, const call_parts *parts,
                             const pl_reading *reading, uint64_t *rounded, pt_report *report)
{
    static const char *const keys[] = {
        "report_keccak256", "recovered_signers", "config_digest", "epoch_and_round",
        "raw_observers",    "observations",      "median"};
    pt_json derived, median;
    PT_TRY(pt_json_member(&derived, item, "derived", JSON_OBJECT, report));
    PT_TRY(pt_json_only(&derived, keys, sizeof keys / sizeof keys[0], report));
    PT_TRY(same_bytes(&derived, "report_keccak256", reading->digest, 32, report));
    PT_TRY(same_signers(&derived, parts->t, report));
    PT_TRY(same_bytes(&derived, "config_digest", parts->config, 16, report));
    PT_TRY(same_bytes(&derived, "epoch_and_round", parts->round, 5, report));
    PT_TRY(same_bytes(&derived, "raw_observers", parts->observers, 32, report));
    PT_TRY(same_observations(&derived, parts, rounded, report));
    PT_TRY(pt_json_member(&median, &derived, "median", JSON_STRING, report));
    return same_number(&median, &reading->price, rounded, report);
}

/* ---- the file ---- */

static pt_exit read_item(pt_transmission *t, const pt_transmission *before, uint64_t *rounded,
                         const pt_json *item, pt_report *report)
{
    static const char *const keys[] = {"block",       "tx",       "tx_index", "aggregator",
                                       "transmitter", "report",   "rs",       "ss",
                                       "raw_vs",      "reverted", "derived"};
    uint8_t unused[32]; /* who sent it, and in which transaction, moves no price */
    call_parts parts = {.t = t};
    pl_reading reading;
    pt_json node;
    PT_TRY(pt_json_only(item, keys, sizeof keys / sizeof keys[0], report));
    PT_TRY(pt_json_u64(&t->block, item, "block", 1, UINT32_MAX, report));
    PT_TRY(pt_json_u64(&t->tx_index, item, "tx_index", 0, UINT32_MAX, report));
    if (before != NULL && (t->block < before->block ||
                           (t->block == before->block && t->tx_index < before->tx_index))) {
        (void)pt_json_member(&node, item, t->block < before->block ? "block" : "tx_index",
                             JSON_INTEGER, report);
        return pt_json_wrong(&node, report, "items in ascending order of block and tx_index");
    }
    PT_TRY(pt_ocr_hex(unused, 32, item, "tx", report));
    PT_TRY(pt_ocr_hex(unused, 20, item, "transmitter", report));
    PT_TRY(pt_ocr_hex(t->aggregator, 20, item, "aggregator", report));
    PT_TRY(pt_json_bool(&t->reverted, item, "reverted", report));
    PT_TRY(put_call(t, item, report));
    PT_TRY(read_call(&parts, &reading, item, report));
    return check_derived(item, &parts, &reading, rounded, report);
}

/* A round that is not above one accepted before. */
static pt_ocr_fate fate_of(const pt_ocr_file *file, const pt_transmission *t)
{
    for (size_t i = 0; t->reverted && &file->items[i] != t; i++) {
        const pt_transmission *before = &file->items[i];
        if (!before->reverted && before->order >= t->order &&
            memcmp(before->aggregator, t->aggregator, sizeof t->aggregator) == 0 &&
            memcmp(before->config, t->config, sizeof t->config) == 0) {
            return PT_OCR_REPLAY;
        }
    }
    return t->reverted ? PT_OCR_UNEXPLAINED : PT_OCR_ACCEPTED;
}

static pt_exit read_items(pt_ocr_file *file, const pt_json *root, pt_report *report)
{
    const size_t count = json_array_size(root->value);
    if (count == 0 || count > PT_OCR_ITEMS_MAX) {
        return pt_json_wrong(root, report, "1 to 16384 transmissions");
    }
    file->items = pt_take_zeroed(count, sizeof *file->items);
    for (size_t i = 0; i < count; i++) {
        pt_json item;
        pt_transmission *t = &file->items[file->count++];
        PT_TRY(pt_json_element(&item, root, i, JSON_OBJECT, report));
        PT_TRY(read_item(t, i == 0 ? NULL : t - 1, &file->rounded, &item, report));
        t->fate = fate_of(file, t);
        file->signatures += t->signer_count;
    }
    return PT_OK;
}

pt_exit pt_ocr_file_read(pt_ocr_file *file, const char *path, pt_report *report)
{
    pt_bytes text = {0};
    pt_json root = {0};
    *file = (pt_ocr_file){0};
    pt_exit result = pt_file_read(&text, path, FILE_MAX, report);
    if (result == PT_OK) {
        result = pt_json_parse_array(&root, path, (const char *)text.data, text.size, report);
    }
    if (result == PT_OK) {
        result = read_items(file, &root, report);
    }
    json_decref(root.value);
    pt_bytes_free(&text);
    return result;
}

void pt_ocr_file_free(pt_ocr_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        pt_bytes_free(&file->items[i].call);
    }
    free(file->items);
    *file = (pt_ocr_file){0};
}
