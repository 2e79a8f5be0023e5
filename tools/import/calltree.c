#include "tools/import/calltree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/import/sheet.h"
#include "vm/num/text.h"

#define CALL_FILE_MAX (UINT64_C(256) << 20)
enum { WORD = 32 };

/* ---- hex ---- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char small = (char)(c | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* Appends the bytes of "0x.."; false when it is no hex, or odd. */
static bool put_hex(pt_bytes *bytes, const char *text)
{
    const size_t size = strlen(text);
    if (size < 2 || size % 2 != 0 || text[0] != '0' || text[1] != 'x') {
        return false;
    }
    for (size_t i = 2; i < size; i += 2) {
        const int high = digit_of(text[i]), low = digit_of(text[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        pt_put_u8(bytes, (uint8_t)(16 * high + low));
    }
    return true;
}

static bool read_address(uint8_t address[20], const char *text)
{
    pt_bytes bytes = {0};
    const bool good = put_hex(&bytes, text) && bytes.size == 20;
    if (good) {
        memcpy(address, bytes.data, 20);
    }
    pt_bytes_free(&bytes);
    return good;
}

/* ---- one frame ---- */

static pt_exit json_address(uint8_t address[20], const pt_json *object, const char *key,
                            pt_report *report)
{
    pt_json node;
    PT_TRY(pt_json_member(&node, object, key, JSON_STRING, report));
    return read_address(address, json_string_value(node.value))
               ? PT_OK
               : pt_json_wrong(&node, report, "an address: 0x and 40 hex digits");
}

/* A hex string or, where nothing came back, null. */
static pt_exit json_bytes(pt_bytes *bytes, const pt_json *object, const char *key,
                          pt_report *report)
{
    const pt_json node = {.value = json_object_get(object->value, key),
                          .parent = object,
                          .key = key,
                          .file = object->file};
    if (json_is_null(node.value)) {
        return PT_OK;
    }
    return json_is_string(node.value) && put_hex(bytes, json_string_value(node.value))
               ? PT_OK
               : pt_json_wrong(&node, report, "0x and two hex digits a byte, or null");
}

static pt_exit read_place(pt_frame *frame, const pt_json *object, pt_report *report)
{
    pt_json list, element;
    PT_TRY(pt_json_member(&list, object, "trace_address", JSON_ARRAY, report));
    if (json_array_size(list.value) > PT_FRAME_DEPTH_MAX) {
        return pt_json_wrong(&list, report, "at most 64 numbers");
    }
    for (; frame->depth < json_array_size(list.value); frame->depth++) {
        PT_TRY(pt_json_element(&element, &list, frame->depth, JSON_INTEGER, report));
        const json_int_t number = json_integer_value(element.value);
        if (number < 0 || number > UINT32_MAX) {
            return pt_json_wrong(&element, report, "the number of a call in its caller");
        }
        frame->place[frame->depth] = (uint32_t)number;
    }
    return PT_OK;
}

static pt_exit read_value(pt_frame *frame, const pt_json *object, pt_report *report)
{
    const pt_json node = {.value = json_object_get(object->value, "value"),
                          .parent = object,
                          .key = "value",
                          .file = object->file};
    const char *text = json_string_value(node.value);
    if (json_is_null(node.value)) {
        return PT_OK;
    }
    return text != NULL && pl_u256_parse_hex(&frame->value, NULL, text, strlen(text)) == PL_OK
               ? PT_OK
               : pt_json_wrong(&node, report, "0x and hex digits of a number, or null");
}

static pt_exit read_frame(pt_frame *frame, const pt_json *object, pt_report *report)
{
    static const char *const keys[] = {"trace_address", "call_type", "from",   "to",
                                       "value",         "input",     "output", "error"};
    pt_json type;
    pt_bytes input = {0};
    PT_TRY(pt_json_only(object, keys, sizeof keys / sizeof keys[0], report));
    PT_TRY(read_place(frame, object, report));
    PT_TRY(pt_json_member(&type, object, "call_type", JSON_STRING, report));
    PT_TRY(json_address(frame->from, object, "from", report));
    PT_TRY(json_address(frame->to, object, "to", report));
    PT_TRY(read_value(frame, object, report));
    PT_TRY(json_bytes(&frame->output, object, "output", report));
    frame->failed = json_is_string(json_object_get(object->value, "error"));
    const pt_exit result = json_bytes(&input, object, "input", report);
    if (result == PT_OK && input.size >= 4) {
        pt_reader reader = {.data = input.data, .size = input.size};
        frame->selector = pt_get_u32(&reader);
        pt_put(&frame->input, input.data + 4, input.size - 4);
    }
    pt_bytes_free(&input);
    return result;
}

/* Is b below a, or a itself? */
static bool is_below(const pt_frame *a, const pt_frame *b)
{
    return a->depth <= b->depth && memcmp(a->place, b->place, a->depth * sizeof a->place[0]) == 0;
}

/* In the order of execution: a caller comes before what it calls, calls in their order. */
static bool comes_after(const pt_frame *a, const pt_frame *b)
{
    size_t i = 0;
    while (i < a->depth && i < b->depth && a->place[i] == b->place[i]) {
        i++;
    }
    return i == a->depth ? i < b->depth : i < b->depth && a->place[i] < b->place[i];
}

static pt_exit read_call(pt_call_tree *call, const pt_json *object, pt_report *report)
{
    static const char *const keys[] = {"block",    "tx",        "tx_index", "protocol",
                                       "contract", "signature", "reverted", "frames"};
    pt_json frames, node;
    uint8_t contract[20];
    PT_TRY(pt_json_only(object, keys, sizeof keys / sizeof keys[0], report));
    PT_TRY(pt_json_u64(&call->block, object, "block", 0, UINT32_MAX, report));
    PT_TRY(pt_json_u64(&call->tx_index, object, "tx_index", 0, UINT32_MAX, report));
    PT_TRY(pt_json_text(&call->protocol, object, "protocol", report));
    PT_TRY(pt_json_bool(&call->reverted, object, "reverted", report));
    PT_TRY(json_address(contract, object, "contract", report));
    PT_TRY(pt_json_member(&frames, object, "frames", JSON_ARRAY, report));
    const size_t count = json_array_size(frames.value);
    if (count == 0 || count > PT_FRAMES_MAX) {
        return pt_json_wrong(&frames, report, "1 to 16384 frames, the call first");
    }
    call->frames = pt_take_zeroed(count, sizeof *call->frames);
    for (size_t i = 0; i < count; i++) {
        pt_frame *frame = &call->frames[call->count++];
        PT_TRY(pt_json_element(&node, &frames, i, JSON_OBJECT, report));
        PT_TRY(read_frame(frame, &node, report));
        if (i == 0 && memcmp(frame->to, contract, 20) != 0) {
            return pt_json_wrong(&node, report, "the call of \"contract\" as the first frame");
        }
        if (i != 0 && (!is_below(&call->frames[0], frame) || !comes_after(frame - 1, frame))) {
            return pt_json_wrong(
                &node, report, "a trace_address below the first frame's and after the one before");
        }
    }
    return PT_OK;
}

/* ---- reserves ---- */

static pt_exit read_bps(uint64_t *number, const pt_sheet *sheet, size_t row, const char *name,
                        pt_report *report)
{
    const size_t column = pt_sheet_column(sheet, name);
    pl_u256 scaled, ten = pl_u256_from_u64(10), rest;
    if (column == SIZE_MAX) {
        return pt_fail(report, PT_INPUT, "%s: no column %s", sheet->file, name);
    }
    const char *text = sheet->rows[row].cells[column];
    const bool good = pl_u256_parse_scaled(&scaled, NULL, text, strlen(text), 1) == PL_OK &&
                      pl_u256_divmod(&scaled, &rest, &scaled, &ten) == PL_OK &&
                      pl_u256_is_zero(&rest) && pl_u256_to_u64(number, &scaled) == PL_OK &&
                      *number <= 65535;
    return good ? PT_OK : pt_sheet_wrong(sheet, row, column, "a whole number up to 65535", report);
}

static pt_exit read_reserve(pt_reserve *reserve, const pt_sheet *sheet, size_t row,
                            pt_report *report)
{
    const size_t id = pt_sheet_column(sheet, "id"), name = pt_sheet_column(sheet, "symbol");
    char token[43], pool[43];
    if (id == SIZE_MAX || name == SIZE_MAX) {
        return pt_fail(report, PT_INPUT, "%s: needs the columns id and symbol", sheet->file);
    }
    const char *text = sheet->rows[row].cells[id];
    (void)snprintf(token, sizeof token, "%.42s", text);
    (void)snprintf(pool, sizeof pool, "%.42s", strlen(text) == 84 ? text + 42 : "");
    if (!read_address(reserve->token, token) || !read_address(reserve->pool, pool)) {
        return pt_sheet_wrong(sheet, row, id, "the token's address, then the pool's", report);
    }
    (void)snprintf(reserve->symbol, sizeof reserve->symbol, "%.32s", sheet->rows[row].cells[name]);
    PT_TRY(read_bps(&reserve->decimals, sheet, row, "decimals", report));
    PT_TRY(read_bps(&reserve->threshold, sheet, row, "reserveLiquidationThreshold", report));
    return read_bps(&reserve->bonus, sheet, row, "reserveLiquidationBonus", report);
}

static pt_exit read_reserves(pt_call_file *calls, const char *file, pt_report *report)
{
    pt_sheet sheet;
    pt_exit result = pt_sheet_open(&sheet, file, report);
    if (result == PT_OK && sheet.row_count > PT_RESERVES_MAX) {
        result = pt_fail(report, PT_INPUT, "%s: more than 1024 reserves", file);
    }
    if (result == PT_OK) {
        calls->reserves = pt_take_zeroed(sheet.row_count + 1, sizeof *calls->reserves);
    }
    for (size_t row = 0; result == PT_OK && row < sheet.row_count; row++) {
        result = read_reserve(&calls->reserves[calls->reserve_count++], &sheet, row, report);
    }
    pt_sheet_close(&sheet);
    return result;
}

/* ---- the file ---- */

pt_exit pt_call_file_open(pt_call_file *calls, const char *file, const char *reserves,
                          pt_report *report)
{
    *calls = (pt_call_file){.file = file};
    PT_TRY(pt_file_read(&calls->input, file, CALL_FILE_MAX, report));
    PT_TRY(pt_json_parse_array(&calls->root, file, (const char *)calls->input.data,
                               calls->input.size, report));
    const size_t count = json_array_size(calls->root.value);
    if (count == 0 || count > PT_CALLS_MAX) {
        return pt_json_wrong(&calls->root, report, "1 to 128 calls");
    }
    calls->calls = pt_take_zeroed(count, sizeof *calls->calls);
    for (size_t i = 0; i < count; i++) {
        pt_json node;
        PT_TRY(pt_json_element(&node, &calls->root, i, JSON_OBJECT, report));
        PT_TRY(read_call(&calls->calls[calls->count++], &node, report));
    }
    return reserves != NULL ? read_reserves(calls, reserves, report) : PT_OK;
}

void pt_call_file_close(pt_call_file *calls)
{
    for (size_t i = 0; i < calls->count; i++) {
        pt_call_tree *call = &calls->calls[i];
        for (size_t f = 0; f < call->count; f++) {
            pt_bytes_free(&call->frames[f].input);
            pt_bytes_free(&call->frames[f].output);
        }
        free(call->frames);
        json_decref(call->made);
    }
    free(calls->calls);
    free(calls->reserves);
    json_decref(calls->root.value);
    pt_bytes_free(&calls->input);
    *calls = (pt_call_file){0};
}

/* ---- looking at frames ---- */

static bool word_of(pl_u256 *word, const pt_bytes *bytes, size_t n)
{
    if (bytes->size < WORD * (n + 1)) {
        return false;
    }
    pl_u256_load_be(word, bytes->data + WORD * n, WORD);
    return true;
}

bool pt_frame_in(pl_u256 *word, const pt_frame *frame, size_t n)
{
    return word_of(word, &frame->input, n);
}

bool pt_frame_out(pl_u256 *word, const pt_frame *frame, size_t n)
{
    return !frame->failed && word_of(word, &frame->output, n);
}

bool pt_frame_in_address(uint8_t address[20], const pt_frame *frame, size_t n)
{
    static const uint8_t zeros[12];
    if (frame->input.size < WORD * (n + 1) ||
        memcmp(frame->input.data + WORD * n, zeros, sizeof zeros) != 0) {
        return false;
    }
    memcpy(address, frame->input.data + WORD * n + 12, 20);
    return true;
}

size_t pt_frame_find(const pt_call_tree *call, size_t from, uint32_t selector, const uint8_t *to,
                     const uint8_t *argument)
{
    size_t i = from;
    for (; i < call->count; i++) {
        const pt_frame *frame = &call->frames[i];
        uint8_t first[20];
        if (frame->selector == selector && (to == NULL || memcmp(frame->to, to, 20) == 0) &&
            (argument == NULL || (pt_frame_in_address(first, frame, 0) && //
                                  memcmp(first, argument, 20) == 0))) {
            break;
        }
    }
    return i;
}

size_t pt_frame_below(const pt_call_tree *call, size_t parent, uint32_t selector)
{
    for (size_t i = parent + 1; i < call->count; i++) {
        if (!is_below(&call->frames[parent], &call->frames[i])) {
            break;
        }
        if (call->frames[i].selector == selector) {
            return i;
        }
    }
    return call->count;
}
