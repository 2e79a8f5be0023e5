#include "tests/support/oracle_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"

static void must(bool done, const char *what, const pt_report *report)
{
    if (!done) {
        (void)fprintf(stderr, "oracle_row: %s: %s\n", what, report->line);
        abort();
    }
}

static bool find_row(oracle_row *row, const char *format, const char *id, pt_report *report)
{
    pt_json vectors, node;
    const unsigned number = pt_oracle_format(format);
    if (pt_json_member(&vectors, &row->document, "vectors", JSON_ARRAY, report) != PT_OK) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(vectors.value); i++) {
        const json_t *found = json_object_get(json_array_get(vectors.value, i), "id");
        if (json_is_string(found) && strcmp(json_string_value(found), id) == 0) {
            return pt_json_element(&node, &vectors, i, JSON_OBJECT, report) == PT_OK &&
                   pt_vector_row_read(&row->row, &row->document, &node, number, report) == PT_OK;
        }
    }
    return false;
}

void oracle_row_open(oracle_row *row, const char *format, const char *id)
{
    char path[256];
    pt_bytes bytes;
    pt_report report = {0};
    (void)snprintf(path, sizeof path, "fixtures/oracle/%s.json", format);
    must(pt_file_read(&bytes, path, PT_VECTOR_FILE_MAX, &report) == PT_OK, path, &report);
    must(pt_json_parse(&row->document, path, 0, (const char *)bytes.data, bytes.size, &report) ==
             PT_OK,
         path, &report);
    pt_bytes_free(&bytes);
    must(find_row(row, format, id, &report), id, &report);
    must(pt_vector_subject_at(&row->subject, &row->row, 0, &report) == PT_OK, id, &report);
    pt_put(&row->row.feed.subject, row->subject.bytes, row->subject.size);
    must(pt_oracle_feed_ready(&row->row.feed, &report) == PT_OK, id, &report);
}

void oracle_row_close(oracle_row *row)
{
    pt_vector_row_free(&row->row);
    json_decref(row->document.value);
}

pl_status oracle_read_copy(pl_reading *reading, const pl_feed *feed, uint64_t now_s,
                           const uint8_t *payload, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL) {
        abort();
    }
    if (size > 0) {
        memcpy(copy, payload, size);
    }
    const pl_status status = pl_oracle_read(reading, feed, now_s, copy, size, NULL);
    free(copy);
    return status;
}

size_t oracle_count_wrong_cuts(const pl_feed *feed, uint64_t now_s, const uint8_t *payload,
                               size_t size, bool from_front, const pl_status *allowed)
{
    size_t wrong = 0;
    for (size_t cut = 0; cut < size; cut++) {
        pl_reading reading;
        const size_t from = from_front ? size - cut : 0;
        const pl_status status = oracle_read_copy(&reading, feed, now_s, payload + from, cut);
        bool is_allowed = false;
        for (size_t i = 0; allowed[i] != PL_OK; i++) {
            is_allowed = is_allowed || allowed[i] == status;
        }
        if (!is_allowed) {
            (void)printf("%zu of %zu bytes: %s\n", cut, size, pl_status_name(status));
            wrong++;
        }
    }
    return wrong;
}
