#include "tools/common/expect.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t magic[4] = {'P', 'L', 'E', 'X'};

enum { FORMAT_QUERIES = 2, FORMAT_COLUMNS = 3 };

static void read_transactions(pt_record *record, pt_reader *reader)
{
    record->transaction_count = pt_get_u16(reader);
    record->transactions =
        pt_resize(record->transactions, record->transaction_count * sizeof *record->transactions);
    for (uint16_t i = 0; i < record->transaction_count; i++) {
        pt_expect_tx *tx = &record->transactions[i];
        tx->status = pt_get_u16(reader);
        tx->error_size = pt_get_u16(reader);
        tx->error = (const char *)pt_get(reader, tx->error_size);
        tx->arguments_size = pt_get_u16(reader);
        tx->arguments = pt_get(reader, tx->arguments_size);
    }
}

static void read_events(pt_record *record, pt_reader *reader)
{
    const uint8_t has = pt_get_u8(reader);
    record->has_events = has == 1;
    record->event_count = 0;
    if (has > 1) {
        reader->failed = true;
    }
    if (!record->has_events) {
        return;
    }
    record->event_count = pt_get_u16(reader);
    record->events = pt_resize(record->events, record->event_count * sizeof *record->events);
    for (uint16_t i = 0; i < record->event_count; i++) {
        pt_expect_event *event = &record->events[i];
        event->contract = pt_get_u32(reader);
        event->event = pt_get_u16(reader);
        event->size = pt_get_u16(reader);
        event->arguments = pt_get(reader, event->size);
    }
}

/* The values after the results, for which the file must have columns. */
static void read_values(pt_record *record, pt_reader *reader, const pt_expect *expect)
{
    record->value_count = 0;
    if (expect->column_count == 0) {
        return;
    }
    for (uint32_t i = 0; i < record->result_count && !reader->failed; i++) {
        (void)pt_get_u32(reader);
        (void)pt_get(reader, pt_get_u16(reader));
    }
    const uint16_t count = pt_get_u16(reader);
    record->values = pt_resize(record->values, count * sizeof *record->values);
    for (uint16_t i = 0; i < count && !reader->failed; i++) {
        pt_expect_value *value = &record->values[i];
        value->transaction = pt_get_u16(reader);
        value->column = pt_get_u16(reader);
        value->cause = pt_get_u16(reader);
        value->size = pt_get_u16(reader);
        value->bytes = pt_get(reader, value->size);
        const pt_expect_value *last = i != 0 ? value - 1 : NULL;
        const bool ascends = last == NULL || last->transaction < value->transaction ||
                             (last->transaction == value->transaction && //
                              last->column < value->column);
        reader->failed = reader->failed || !ascends || value->column >= expect->column_count ||
                         value->cause > expect->cause_count ||
                         value->transaction >= record->transaction_count;
        record->value_count = (uint16_t)(i + 1);
    }
    reader->failed = reader->failed || reader->at != reader->size;
}

/* Reads one record; reader->failed tells whether it was well-formed up to its results. */
static void read_record(pt_record *record, pt_reader *file, const pt_expect *expect)
{
    const uint32_t size = pt_get_u32(file);
    const uint8_t *bytes = pt_get(file, size);
    pt_reader reader = {.data = bytes, .size = bytes != NULL ? size : 0, .failed = bytes == NULL};
    record->height = pt_get_u64(&reader);
    read_transactions(record, &reader);
    read_events(record, &reader);
    record->result_count = pt_get_u32(&reader);
    record->results = reader;
    read_values(record, &reader, expect);
    file->failed = file->failed || reader.failed;
}

void pt_expect_result(uint32_t *query, const uint8_t **bytes, uint16_t *size, pt_record *record)
{
    *query = pt_get_u32(&record->results);
    *size = pt_get_u16(&record->results);
    *bytes = pt_get(&record->results, *size);
}

/* One pass over all records, so that nothing has to be checked again while comparing. */
static bool records_are_sound(const pt_expect *expect)
{
    pt_reader reader = expect->reader;
    pt_record record = {0};
    uint64_t height = 0;
    bool first = true, sound = true;
    while (sound && reader.at < reader.size) {
        read_record(&record, &reader, expect);
        sound = !reader.failed && (first || record.height > height);
        height = record.height;
        first = false;
        for (uint32_t i = 0; sound && i < record.result_count; i++) {
            uint32_t query = 0;
            uint16_t size = 0;
            const uint8_t *bytes = NULL;
            pt_expect_result(&query, &bytes, &size, &record);
            sound = !record.results.failed && query < expect->query_count;
        }
        sound = sound && (expect->column_count != 0 || record.results.at == record.results.size);
    }
    pt_record_free(&record);
    return sound;
}

/* An array that grows with what is really there, not with what a count claims. */
static void *room_for(void *array, uint32_t index, size_t size)
{
    const bool is_full = (index & (index - 1)) == 0;
    return is_full ? pt_resize(array, (size_t)(index == 0 ? 1 : 2 * index) * size) : array;
}

static void read_queries(pt_expect *expect, pt_reader *reader)
{
    const uint32_t count = pt_get_u32(reader);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        expect->queries = room_for(expect->queries, i, sizeof *expect->queries);
        pt_query *query = &expect->queries[i];
        query->contract = pt_get_u32(reader);
        query->function = pt_get_u16(reader);
        query->arguments_size = pt_get_u16(reader);
        query->arguments = pt_get(reader, query->arguments_size);
        expect->query_count = i + 1;
    }
}

static void read_column(pt_expect *expect, pt_reader *reader)
{
    pt_column *column = &expect->columns[expect->column_count++];
    column->name_size = pt_get_u16(reader);
    column->name = (const char *)pt_get(reader, column->name_size);
    column->contract = pt_get_u32(reader);
    column->function = pt_get_u16(reader);
    column->result = pt_get_u8(reader);
    column->rule_count = pt_get_u8(reader);
    column->first_rule = expect->rule_count;
    for (uint8_t i = 0; i < column->rule_count && !reader->failed; i++) {
        expect->rules = room_for(expect->rules, expect->rule_count, sizeof *expect->rules);
        pt_rule *rule = &expect->rules[expect->rule_count++];
        rule->name_size = pt_get_u16(reader);
        rule->name = (const char *)pt_get(reader, rule->name_size);
        rule->column = pt_get_u16(reader);
        rule->low = pt_get_u8(reader);
        rule->high = pt_get_u8(reader);
    }
}

static void read_columns(pt_expect *expect, pt_reader *reader)
{
    const uint16_t columns = pt_get_u16(reader);
    for (uint16_t i = 0; i < columns && !reader->failed; i++) {
        expect->columns = room_for(expect->columns, i, sizeof *expect->columns);
        read_column(expect, reader);
    }
    const uint16_t causes = pt_get_u16(reader);
    for (uint16_t i = 0; i < causes && !reader->failed; i++) {
        expect->causes = room_for(expect->causes, i, sizeof *expect->causes);
        expect->causes[i].size = pt_get_u16(reader);
        expect->causes[i].text = (const char *)pt_get(reader, expect->causes[i].size);
        expect->cause_count = (uint16_t)(i + 1);
    }
    reader->failed = reader->failed || columns == 0;
    for (uint32_t i = 0; i < expect->rule_count; i++) {
        reader->failed = reader->failed || expect->rules[i].column >= columns;
    }
}

pt_exit pt_expect_open(pt_expect *expect, const char *file, const uint8_t *bytes, size_t size,
                       pt_report *report)
{
    *expect = (pt_expect){.file = file, .reader = {.data = bytes, .size = size}};
    pt_reader *reader = &expect->reader;
    const uint8_t *head = pt_get(reader, sizeof magic);
    const uint16_t format = pt_get_u16(reader);
    if (head == NULL || memcmp(head, magic, sizeof magic) != 0 ||
        (format != FORMAT_QUERIES && format != FORMAT_COLUMNS)) {
        return pt_fail(report, PT_INPUT,
                       "%s: not an expectations file of format 2 or 3 (PLEX); import them again",
                       file);
    }
    expect->source_size = pt_get_u16(reader);
    expect->source = (const char *)pt_get(reader, expect->source_size);
    read_queries(expect, reader);
    if (format == FORMAT_COLUMNS) {
        read_columns(expect, reader);
    }
    if (reader->failed || !records_are_sound(expect)) {
        const size_t at = reader->at;
        pt_expect_close(expect);
        return pt_fail(
            report, PT_INPUT,
            "%s: the expectations are cut short or malformed after byte %zu; import them "
            "again",
            file, at);
    }
    return PT_OK;
}

void pt_expect_close(pt_expect *expect)
{
    free(expect->queries);
    free(expect->columns);
    free(expect->rules);
    free(expect->causes);
    *expect = (pt_expect){0};
}

bool pt_expect_next(pt_record *record, pt_expect *expect)
{
    if (expect->reader.failed || expect->reader.at >= expect->reader.size) {
        return false;
    }
    read_record(record, &expect->reader, expect);
    return true;
}

void pt_record_free(pt_record *record)
{
    free(record->transactions);
    free(record->events);
    free(record->values);
    *record = (pt_record){0};
}

static void write_begin(pt_bytes *bytes, uint16_t format, const char *source)
{
    pt_put(bytes, magic, sizeof magic);
    pt_put_u16(bytes, format);
    pt_put_text16(bytes, source);
}

void pt_expect_write_head(pt_bytes *bytes, const char *source, const pt_query *queries,
                          uint32_t query_count)
{
    write_begin(bytes, FORMAT_QUERIES, source);
    pt_put_u32(bytes, query_count);
    for (uint32_t i = 0; i < query_count; i++) {
        pt_put_u32(bytes, queries[i].contract);
        pt_put_u16(bytes, queries[i].function);
        pt_put_u16(bytes, queries[i].arguments_size);
        pt_put(bytes, queries[i].arguments, queries[i].arguments_size);
    }
}

static void write_text(pt_bytes *bytes, const char *text, uint16_t size)
{
    pt_put_u16(bytes, size);
    pt_put(bytes, text, size);
}

void pt_expect_write_columns(pt_bytes *bytes, const char *source, const pt_column *columns,
                             uint16_t column_count, const pt_rule *rules, const pt_cause *causes,
                             uint16_t cause_count)
{
    write_begin(bytes, FORMAT_COLUMNS, source);
    pt_put_u32(bytes, 0); /* queries */
    pt_put_u16(bytes, column_count);
    for (uint16_t i = 0; i < column_count; i++) {
        const pt_column *column = &columns[i];
        write_text(bytes, column->name, column->name_size);
        pt_put_u32(bytes, column->contract);
        pt_put_u16(bytes, column->function);
        pt_put_u8(bytes, column->result);
        pt_put_u8(bytes, column->rule_count);
        for (uint8_t r = 0; r < column->rule_count; r++) {
            const pt_rule *rule = &rules[column->first_rule + r];
            write_text(bytes, rule->name, rule->name_size);
            pt_put_u16(bytes, rule->column);
            pt_put_u8(bytes, rule->low);
            pt_put_u8(bytes, rule->high);
        }
    }
    pt_put_u16(bytes, cause_count);
    for (uint16_t i = 0; i < cause_count; i++) {
        write_text(bytes, causes[i].text, causes[i].size);
    }
}

static void write_calls(pt_bytes *bytes, const pt_record *record)
{
    pt_put_u64(bytes, record->height);
    pt_put_u16(bytes, record->transaction_count);
    for (uint16_t i = 0; i < record->transaction_count; i++) {
        const pt_expect_tx *tx = &record->transactions[i];
        pt_put_u16(bytes, tx->status);
        pt_put_u16(bytes, tx->error_size);
        pt_put(bytes, tx->error, tx->error_size);
        pt_put_u16(bytes, tx->arguments_size);
        pt_put(bytes, tx->arguments, tx->arguments_size);
    }
    pt_put_u8(bytes, record->has_events);
    if (record->has_events) {
        pt_put_u16(bytes, record->event_count);
        for (uint16_t i = 0; i < record->event_count; i++) {
            const pt_expect_event *event = &record->events[i];
            pt_put_u32(bytes, event->contract);
            pt_put_u16(bytes, event->event);
            pt_put_u16(bytes, event->size);
            pt_put(bytes, event->arguments, event->size);
        }
    }
}

void pt_expect_write_record(pt_bytes *bytes, const pt_record *record, const pt_bytes *results)
{
    const size_t start = bytes->size;
    pt_put_u32(bytes, 0);
    write_calls(bytes, record);
    pt_put_u32(bytes, record->result_count);
    pt_put(bytes, results->data, results->size);
    pt_set_u32(bytes, start, (uint32_t)(bytes->size - start - 4));
}

void pt_expect_write_values(pt_bytes *bytes, const pt_record *record)
{
    const size_t start = bytes->size;
    pt_put_u32(bytes, 0);
    write_calls(bytes, record);
    pt_put_u32(bytes, 0); /* query results */
    pt_put_u16(bytes, record->value_count);
    for (uint16_t i = 0; i < record->value_count; i++) {
        const pt_expect_value *value = &record->values[i];
        pt_put_u16(bytes, value->transaction);
        pt_put_u16(bytes, value->column);
        pt_put_u16(bytes, value->cause);
        pt_put_u16(bytes, value->size);
        pt_put(bytes, value->bytes, value->size);
    }
    pt_set_u32(bytes, start, (uint32_t)(bytes->size - start - 4));
}
