#include "tools/oracle/payload.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/oracle/feed.h"

enum { INLINE_BASE64_MIN = 40, SELECTOR = 4, WORD = 32 };

/* ---- letters to bytes ---- */

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The text without white space and without quotes around it; false when it is not text. */
static bool squeeze(pt_bytes *text, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (is_space(bytes[i])) {
            continue;
        }
        if (bytes[i] < 0x21 || bytes[i] > 0x7e) {
            return false;
        }
        pt_put_u8(text, bytes[i]);
    }
    if (text->size >= 2 && text->data[0] == '"' && text->data[text->size - 1] == '"') {
        memmove(text->data, text->data + 1, text->size - 2);
        text->size -= 2;
    }
    pt_put_u8(text, 0);
    text->size--;
    return true;
}

static int base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+' || c == '-') {
        return 62;
    }
    return c == '/' || c == '_' ? 63 : -1;
}

/* RFC 4648, either alphabet, padded or not; bits left over must be zero. */
static bool from_base64(pt_bytes *bytes, const uint8_t *text, size_t size)
{
    uint32_t bits = 0;
    unsigned count = 0;
    while (size > 0 && text[size - 1] == '=') {
        size--;
    }
    for (size_t i = 0; i < size; i++) {
        const int digit = base64_digit(text[i]);
        if (digit < 0) {
            return false;
        }
        bits = (bits << 6 | (uint32_t)digit) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            pt_put_u8(bytes, (uint8_t)(bits >> count));
        }
    }
    return size > 0 && size % 4 != 1 && (bits & ((1u << count) - 1)) == 0;
}

static bool from_hex(pt_bytes *bytes, const pt_bytes *text)
{
    uint8_t *decoded = pt_take(text->size / 2 + 1);
    size_t size = 0;
    const bool good = text->size > 0 &&
                      pt_oracle_hex(decoded, &size, text->size / 2, (const char *)text->data) &&
                      size > 0;
    pt_put(bytes, decoded, good ? size : 0);
    free(decoded);
    return good;
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Where the hex ends; text that has less than half of it was never meant as hex. */
static pt_exit wrong_text(const pt_payload *payload, const pt_bytes *text, bool has_prefix,
                          pt_report *report)
{
    const size_t start = has_prefix ? 2 : 0, count = text->size - start;
    size_t good = 0;
    while (good < count && is_hex(text->data[start + good])) {
        good++;
    }
    if (count == 0) {
        return pt_fail(report, PT_INPUT, "%s: neither hex nor base64: 0x and no digit behind it",
                       payload->name);
    }
    if (good == count) {
        return pt_fail(report, PT_INPUT,
                       "%s: neither hex nor base64: %zu hex digits, an odd number; the last one is "
                       "missing, or one is too many",
                       payload->name, count);
    }
    if (has_prefix || good > count / 2) {
        return pt_fail(report, PT_INPUT,
                       "%s: neither hex nor base64: '%c' stands where hex digit %zu of %zu should; "
                       "paste the bytes of one report",
                       payload->name, text->data[start + good], good + 1, count);
    }
    return pt_fail(report, PT_INPUT,
                   "%s: neither hex (0x and two digits a byte) nor base64 nor binary; paste the "
                   "bytes of one report",
                   payload->name);
}

/* What the bytes of a file are: letters that mean bytes, or the bytes themselves. */
static pt_exit decode(pt_payload *payload, const uint8_t *raw, size_t size, pt_report *report)
{
    pt_bytes text = {0};
    const bool is_text = squeeze(&text, raw, size);
    const bool has_prefix = text.size >= 2 && text.data[0] == '0' && text.data[1] == 'x';
    pt_exit result = PT_OK;
    if (size == 0 || (is_text && text.size == 0)) {
        result = pt_fail(report, PT_INPUT, "%s: there is nothing in it", payload->name);
    } else if (!is_text) {
        payload->written = "binary";
        pt_put(&payload->bytes, raw, size);
    } else if (from_hex(&payload->bytes, &text)) {
        payload->written = "hex";
    } else if (!has_prefix && from_base64(&payload->bytes, text.data, text.size)) {
        payload->written = "base64";
    } else {
        result = wrong_text(payload, &text, has_prefix, report);
    }
    pt_bytes_free(&text);
    return result;
}

/* The text of a JSON document that has bytes in it: the answer of a Pyth price service,
 * {"binary": {"encoding": .., "data": ["504e..."]}}, of which the first update is taken, or a
 * transaction, {"input": "0x.."}, alone or under "result". NULL: there is none. */
static const char *bytes_of_answer(pt_payload *payload, const json_t *answer)
{
    const json_t *data = json_object_get(json_object_get(answer, "binary"), "data");
    const json_t *result = json_object_get(answer, "result");
    const json_t *transaction = result != NULL ? result : answer;
    const char *text = json_string_value(json_array_get(data, 0));
    payload->updates = json_array_size(data);
    if (text == NULL) {
        text = json_string_value(json_object_get(transaction, "input"));
    }
    if (text == NULL) {
        text = json_string_value(json_object_get(transaction, "data"));
    }
    return text;
}

/* Anything else in braces is refused as text. */
static pt_exit decode_answer(pt_payload *payload, const uint8_t *raw, size_t size,
                             pt_report *report)
{
    json_t *answer = json_loadb((const char *)raw, size, JSON_REJECT_DUPLICATES, NULL);
    const char *text = bytes_of_answer(payload, answer);
    const pt_exit result =
        text != NULL && text[0] != '{'
            ? decode(payload, (const uint8_t *)text, strlen(text), report)
            : pt_fail(report, PT_INPUT,
                      "%s: JSON, but neither an answer of a Pyth price service nor a transaction "
                      "with \"input\"; paste the bytes of one report",
                      payload->name);
    json_decref(answer);
    return result;
}

/* ---- Etherscan's default view of an input ---- */

enum { ROW_MAX = 24 };

static const char *find_text(const pt_bytes *text, size_t from, const char *wanted)
{
    return from > text->size ? NULL : strstr((const char *)text->data + from, wanted);
}

/* "Function: .. MethodID: 0x89bbb8b2 [0]: 0000.. [1]: .." with the white space taken out: the
 * selector and the words behind it. False when it is no such view. */
static bool is_view(const pt_bytes *text)
{
    const char *method = find_text(text, 0, "MethodID:0x");
    return method != NULL && strstr(method, "[0]:") != NULL;
}

static pt_exit decode_view(pt_payload *payload, const pt_bytes *text, pt_report *report)
{
    pt_bytes hex = {0};
    char label[ROW_MAX];
    const char *at = find_text(text, 0, "MethodID:0x") + strlen("MethodID:");
    for (size_t row = 0; at != NULL; row++) {
        (void)snprintf(label, sizeof label, "[%zu]:", row);
        const char *next = strstr(at, label);
        pt_put(&hex, at, next == NULL ? strlen(at) : (size_t)(next - at));
        at = next == NULL ? NULL : next + strlen(label);
    }
    pt_put_u8(&hex, 0);
    hex.size--;
    const bool good = from_hex(&payload->bytes, &hex);
    pt_bytes_free(&hex);
    payload->written = "Etherscan's view";
    return good
               ? PT_OK
               : pt_fail(report, PT_INPUT,
                         "%s: Etherscan's view of an input, but not all of its rows; choose \"View "
                         "Input As: Original\" and copy that",
                         payload->name);
}

static pt_exit read_stdin(pt_bytes *bytes, pt_report *report)
{
    uint8_t chunk[4096];
    size_t size;
    while ((size = fread(chunk, 1, sizeof chunk, stdin)) > 0) {
        pt_put(bytes, chunk, size);
        if (bytes->size > 4 * PT_PAYLOAD_SIZE_MAX) {
            return pt_fail(report, PT_INPUT, "stdin: larger than the limit of %llu bytes",
                           (unsigned long long)(4 * PT_PAYLOAD_SIZE_MAX));
        }
    }
    return ferror(stdin) ? pt_fail(report, PT_INPUT, "stdin: cannot be read") : PT_OK;
}

static bool is_inline(const char *word)
{
    pt_bytes bytes = {0};
    const size_t size = strlen(word);
    const bool found =
        strncmp(word, "0x", 2) == 0 || (size >= INLINE_BASE64_MIN && !pt_is_file(word) &&
                                        from_base64(&bytes, (const uint8_t *)word, size));
    pt_bytes_free(&bytes);
    return found;
}

/* Decodes what was read, whatever read it. */
static pt_exit finish(pt_payload *payload, pt_bytes *raw, pt_exit result, pt_report *report)
{
    size_t start = 0;
    while (result == PT_OK && start < raw->size && is_space(raw->data[start])) {
        start++;
    }
    if (result == PT_OK && start < raw->size && raw->data[start] == '{') {
        result = decode_answer(payload, raw->data, raw->size, report);
    } else if (result == PT_OK) {
        pt_bytes text = {0};
        const bool is_text = squeeze(&text, raw->data, raw->size);
        result = is_text && is_view(&text) ? decode_view(payload, &text, report)
                                           : decode(payload, raw->data, raw->size, report);
        pt_bytes_free(&text);
    }
    if (result == PT_OK && payload->bytes.size > PT_PAYLOAD_SIZE_MAX) {
        result =
            pt_fail(report, PT_INPUT, "%s: %zu bytes; the limit of a report is %llu", payload->name,
                    payload->bytes.size, (unsigned long long)PT_PAYLOAD_SIZE_MAX);
    }
    pt_bytes_free(raw);
    if (result != PT_OK) {
        pt_payload_free(payload);
    }
    return result;
}

pt_exit pt_payload_read_file(pt_payload *payload, const char *path, pt_report *report)
{
    pt_bytes raw = {0};
    *payload = (pt_payload){.name = path, .written = ""};
    return finish(payload, &raw, pt_file_read(&raw, path, 4 * PT_PAYLOAD_SIZE_MAX, report), report);
}

pt_exit pt_payload_read(pt_payload *payload, const char *word, pt_report *report)
{
    pt_bytes raw = {0};
    *payload = (pt_payload){.name = word, .written = ""};
    if (strcmp(word, "-") == 0) {
        payload->name = "stdin";
        return finish(payload, &raw, read_stdin(&raw, report), report);
    }
    if (is_inline(word)) {
        payload->name = "the command line";
        pt_put_text(&raw, word);
        return finish(payload, &raw, PT_OK, report);
    }
    if (word[0] == '\0') {
        return pt_fail(report, PT_INPUT, "the command line: there is nothing in it");
    }
    if (word[strspn(word, "0123456789abcdefABCDEF")] == '\0' && !pt_is_file(word)) {
        return pt_fail(report, PT_INPUT,
                       "%.40s: there is no such file; hex on the command line starts with 0x",
                       word);
    }
    return pt_payload_read_file(payload, word, report);
}

void pt_payload_free(pt_payload *payload)
{
    pt_bytes_free(&payload->bytes);
}

/* ---- calls around a report ---- */

/* A word that is a size or offset in memory. */
static bool load_word(size_t *value, const uint8_t *data, size_t size, size_t at)
{
    uint64_t number = 0;
    if (at > size || size - at < WORD) {
        return false;
    }
    for (size_t i = 0; i < WORD; i++) {
        if (i < WORD - 4 && data[at + i] != 0) {
            return false;
        }
        number = number << 8 | data[at + i];
    }
    *value = (size_t)number;
    return true;
}

/* The `bytes` whose offset is word `argument` of the arguments at base. */
static bool find_bytes(pt_wrapping *wrapping, const uint8_t *data, size_t size, size_t base,
                       size_t argument)
{
    size_t offset, length;
    if (!load_word(&offset, data, size, base + argument * WORD) ||
        !load_word(&length, data, size, base + offset)) {
        return false;
    }
    const size_t start = base + offset + WORD;
    if (length > size - start) {
        return false;
    }
    wrapping->offset = start;
    wrapping->size = length;
    return true;
}

/* bytes[]: the first of them. */
static bool find_first_of(pt_wrapping *wrapping, const uint8_t *data, size_t size, size_t base)
{
    size_t offset, *count = &wrapping->reports;
    return load_word(&offset, data, size, base) && load_word(count, data, size, base + offset) &&
           *count > 0 && find_bytes(wrapping, data, size, base + offset + WORD, 0);
}

/* Calls whose argument is a report, by selector. */
static const struct {
    uint8_t selector[SELECTOR];
    const char *what;
    int argument; /* -1: the first of bytes[] */
} calls[] = {
    {{0xef, 0x9e, 0x5e, 0x28}, "updatePriceFeeds(bytes[])", -1},
    {{0xf7, 0xe8, 0x3a, 0xee}, "verify(bytes,bytes)", 0},
    {{0x6f, 0xad, 0xcf, 0x72}, "forward(address,bytes)", 1},
};

/* A Pyth update in a call of a contract that is not known here: its magic, behind its length. */
static bool find_pnau(pt_wrapping *wrapping, const uint8_t *data, size_t size)
{
    static const uint8_t magic[] = {'P', 'N', 'A', 'U', 1, 0};
    for (size_t at = SELECTOR + WORD; at + sizeof magic <= size; at++) {
        size_t length;
        if (memcmp(data + at, magic, sizeof magic) == 0 &&
            load_word(&length, data, size, at - WORD) && length <= size - at) {
            wrapping->offset = at;
            wrapping->size = length;
            return true;
        }
    }
    return false;
}

static bool find_call(pt_wrapping *wrapping, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (size < SELECTOR || memcmp(data, calls[i].selector, SELECTOR) != 0) {
            continue;
        }
        const bool found = calls[i].argument < 0 ? find_first_of(wrapping, data, size, SELECTOR)
                                                 : find_bytes(wrapping, data, size, SELECTOR,
                                                              (size_t)calls[i].argument);
        if (found) {
            (void)snprintf(wrapping->what, sizeof wrapping->what, "%s", calls[i].what);
            return true;
        }
    }
    return false;
}

void pt_payload_unwrap(pt_wrapping *wrapping, const uint8_t *data, size_t size)
{
    *wrapping = (pt_wrapping){.size = size, .reports = 1};
    if (find_call(wrapping, data, size)) {
        return;
    }
    wrapping->reports = 1;
    if (find_pnau(wrapping, data, size)) {
        (void)snprintf(wrapping->what, sizeof wrapping->what, "a call of %02x%02x%02x%02x", data[0],
                       data[1], data[2], data[3]);
    }
}

size_t pt_payload_others(const pt_payload *payload, const pt_wrapping *wrapping)
{
    const size_t count =
        wrapping->reports > payload->updates ? wrapping->reports : payload->updates;
    return count > 0 ? count - 1 : 0;
}
