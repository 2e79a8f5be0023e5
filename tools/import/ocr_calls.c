/* Reads of latestAnswer in call trees, beside the transmissions that they follow (ocr_file.h). */
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/import/ocr_file.h"
#include "tools/oracle/feed.h"
#include "vm/num/text.h"

#define FILE_MAX (UINT64_C(256) << 20)

static const char latest_answer[] = "0x50d25bcd";

/* What was accepted for the aggregator in this block before this transaction, or NULL. */
static const pt_transmission *accepted_before(const pt_ocr_file *file, uint64_t block,
                                              uint64_t tx_index, const uint8_t *aggregator)
{
    const pt_transmission *found = NULL;
    for (size_t i = 0; i < file->count; i++) {
        const pt_transmission *t = &file->items[i];
        if (t->block == block && t->tx_index < tx_index && !t->reverted &&
            memcmp(t->aggregator, aggregator, 20) == 0) {
            found = t;
        }
    }
    return found;
}

static bool is_last(const pt_ocr_file *file, const pt_transmission *t)
{
    for (const pt_transmission *after = t + 1; after < file->items + file->count; after++) {
        if (after->block == t->block && !after->reverted &&
            memcmp(after->aggregator, t->aggregator, 20) == 0) {
            return false;
        }
    }
    return true;
}

static void add_read(pt_ocr_reads *reads, const pt_ocr_file *file, const pt_transmission *t)
{
    reads->reads = pt_resize(reads->reads, (reads->count + 1) * sizeof *reads->reads);
    reads->reads[reads->count++] =
        (pt_ocr_read){.item = (size_t)(t - file->items), .is_last = is_last(file, t)};
}

static pt_exit read_frame(pt_ocr_reads *reads, const pt_ocr_file *file, uint64_t block,
                          uint64_t tx_index, const pt_json *frame, pt_report *report)
{
    pt_json input, output;
    uint8_t to[20], answer[32];
    PT_TRY(pt_json_member(&input, frame, "input", JSON_STRING, report));
    if (strcmp(json_string_value(input.value), latest_answer) != 0) {
        return PT_OK;
    }
    PT_TRY(pt_ocr_hex(to, sizeof to, frame, "to", report));
    const pt_transmission *t = accepted_before(file, block, tx_index, to);
    if (t == NULL || !json_is_null(json_object_get(frame->value, "error"))) {
        return PT_OK;
    }
    pl_i256 value;
    PT_TRY(pt_ocr_hex(answer, sizeof answer, frame, "output", report));
    pl_i256_load_be(&value, answer, sizeof answer);
    if (pl_u256_cmp(&value, &t->median) != 0) {
        PT_TRY(pt_json_member(&output, frame, "output", JSON_STRING, report));
        return pt_json_wrong(&output, report,
                             "the median of the transmission accepted before this call");
    }
    add_read(reads, file, t);
    return PT_OK;
}

static pt_exit read_call(pt_ocr_reads *reads, const pt_ocr_file *file, const pt_json *call,
                         pt_report *report)
{
    uint64_t block = 0, tx_index = 0;
    pt_json frames, frame;
    PT_TRY(pt_json_u64(&block, call, "block", 0, UINT32_MAX, report));
    PT_TRY(pt_json_u64(&tx_index, call, "tx_index", 0, UINT32_MAX, report));
    PT_TRY(pt_json_member(&frames, call, "frames", JSON_ARRAY, report));
    for (size_t i = 0; i < json_array_size(frames.value); i++) {
        PT_TRY(pt_json_element(&frame, &frames, i, JSON_OBJECT, report));
        PT_TRY(read_frame(reads, file, block, tx_index, &frame, report));
    }
    return PT_OK;
}

pt_exit pt_ocr_calls_read(pt_ocr_reads *reads, const char *path, const pt_ocr_file *file,
                          pt_report *report)
{
    pt_bytes text = {0};
    pt_json root = {0}, call;
    *reads = (pt_ocr_reads){0};
    pt_exit result = pt_file_read(&text, path, FILE_MAX, report);
    if (result == PT_OK) {
        result = pt_json_parse_array(&root, path, (const char *)text.data, text.size, report);
    }
    const size_t count = result == PT_OK ? json_array_size(root.value) : 0;
    for (size_t i = 0; i < count && result == PT_OK; i++) {
        result = pt_json_element(&call, &root, i, JSON_OBJECT, report);
        result = result == PT_OK ? read_call(reads, file, &call, report) : result;
    }
    json_decref(root.value);
    pt_bytes_free(&text);
    return result;
}

void pt_ocr_reads_free(pt_ocr_reads *reads)
{
    free(reads->reads);
    *reads = (pt_ocr_reads){0};
}
