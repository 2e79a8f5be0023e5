#include "tests/support/genuine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"

pl_status genuine_report_check(pl_reading *reading, genuine_report *row, bool strict,
                               const uint8_t *payload, size_t size)
{
    pt_report report;
    row->row.feed.feed.rules = strict ? PL_RULES_STRICT : PL_RULES_DEPLOYED;
    row->row.feed.subject.size = 0;
    pt_put(&row->row.feed.subject, row->subject.bytes, row->subject.size);
    if (pt_oracle_feed_ready(&row->row.feed, &report) != PT_OK) {
        return PL_FAULT_UNSUPPORTED;
    }
    return pl_oracle_read(reading, &row->row.feed.feed, row->row.now.seconds, payload, size, NULL);
}

/* Keeps the row when it says valid and is. */
static pt_exit take_row(genuine_reports *rows, const pt_json *document, const pt_json *node,
                        unsigned format, pt_report *report)
{
    const char *expect = json_string_value(json_object_get(node->value, "expect"));
    if (expect == NULL || strcmp(expect, "valid") != 0) {
        return PT_OK;
    }
    genuine_report *list = realloc(rows->list, (rows->count + 1) * sizeof *list);
    if (list == NULL) {
        return pt_fail(report, PT_LIMIT, "out of memory");
    }
    rows->list = list;
    genuine_report *one = &list[rows->count];
    memset(one, 0, sizeof *one);
    PT_TRY(pt_vector_row_read(&one->row, document, node, format, report));
    if (pt_vector_subject_at(&one->subject, &one->row, 0, report) == PT_OK &&
        genuine_report_check(&one->reading, one, false, one->row.payload.data,
                             one->row.payload.size) == PL_OK) {
        rows->count++;
    } else {
        pt_vector_row_free(&one->row);
    }
    return PT_OK;
}

static pt_exit read_rows(genuine_reports *rows, const char *file, pt_report *report)
{
    pt_bytes bytes;
    pt_json document, vectors, node, format;
    PT_TRY(pt_file_read(&bytes, file, PT_VECTOR_FILE_MAX, report));
    const pt_exit parsed =
        pt_json_parse(&document, file, 0, (const char *)bytes.data, bytes.size, report);
    pt_bytes_free(&bytes);
    PT_TRY(parsed);
    (void)json_array_append_new(rows->documents, document.value); /* rows point into it */
    PT_TRY(pt_json_member(&format, &document, "format", JSON_STRING, report));
    PT_TRY(pt_json_member(&vectors, &document, "vectors", JSON_ARRAY, report));
    const unsigned number = pt_oracle_format(json_string_value(format.value));
    for (size_t i = 0; number < PL_FEED_FORMATS && i < json_array_size(vectors.value); i++) {
        PT_TRY(pt_json_element(&node, &vectors, i, JSON_OBJECT, report));
        PT_TRY(take_row(rows, &document, &node, number, report));
    }
    return PT_OK;
}

bool genuine_reports_read(genuine_reports *rows, const char *file)
{
    pt_report report = {{0}};
    if (rows->documents == NULL) {
        rows->documents = json_array();
    }
    if (read_rows(rows, file, &report) != PT_OK) {
        (void)fprintf(stderr, "%s\n", report.line);
        return false;
    }
    return true;
}

void genuine_reports_free(genuine_reports *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        pt_vector_row_free(&rows->list[i].row);
    }
    free(rows->list);
    json_decref(rows->documents);
    *rows = (genuine_reports){0};
}
