#include "tools/common/expect.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t magic[6] = {'P', 'L', 'E', 'X', 0, 2}; /* and format 2 */

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

/* Reads one record; reader->failed tells whether it was well-formed up to its results. */
static void read_record(pt_record *record, pt_reader *file)
{
    const uint32_t size = pt_get_u32(file);
    const uint8_t *bytes = pt_get(file, size);
    pt_reader reader = {.data = bytes, .size = bytes != NULL ? size : 0, .failed = bytes == NULL};
    record->height = pt_get_u64(&reader);
    read_transactions(record, &reader);
    read_events(record, &reader);
    record->result_count = pt_get_u32(&reader);
    record->results = reader;
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
        read_record(&record, &reader);
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
        sound = sound && record.results.at == record.results.size;
    }
    pt_record_free(&record);
    return sound;
}

pt_exit pt_expect_open(pt_expect *expect, const char *file, const uint8_t *bytes, size_t size,
                       pt_report *report)
{
    *expect = (pt_expect){.file = file, .reader = {.data = bytes, .size = size}};
    pt_reader *reader = &expect->reader;
    const uint8_t *head = pt_get(reader, sizeof magic);
    if (head == NULL || memcmp(head, magic, sizeof magic) != 0) {
        return pt_fail(report, PT_INPUT,
                       "%s: not an expectations file of format 2 (PLEX); import them again", file);
    }
    expect->source_size = pt_get_u16(reader);
    expect->source = (const char *)pt_get(reader, expect->source_size);
    const uint32_t count = pt_get_u32(reader);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        if ((i & (i - 1)) == 0) { /* grows with what is really there, not with what is claimed */
            expect->queries =
                pt_resize(expect->queries, (size_t)(i == 0 ? 1 : 2 * i) * sizeof *expect->queries);
        }
        pt_query *query = &expect->queries[i];
        query->contract = pt_get_u32(reader);
        query->function = pt_get_u16(reader);
        query->arguments_size = pt_get_u16(reader);
        query->arguments = pt_get(reader, query->arguments_size);
        expect->query_count = i + 1;
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
    *expect = (pt_expect){0};
}

bool pt_expect_next(pt_record *record, pt_expect *expect)
{
    if (expect->reader.failed || expect->reader.at >= expect->reader.size) {
        return false;
    }
    read_record(record, &expect->reader);
    return true;
}

void pt_record_free(pt_record *record)
{
    free(record->transactions);
    free(record->events);
    *record = (pt_record){0};
}

void pt_expect_write_head(pt_bytes *bytes, const char *source, const pt_query *queries,
                          uint32_t query_count)
{
    pt_put(bytes, magic, sizeof magic);
    pt_put_text16(bytes, source);
    pt_put_u32(bytes, query_count);
    for (uint32_t i = 0; i < query_count; i++) {
        pt_put_u32(bytes, queries[i].contract);
        pt_put_u16(bytes, queries[i].function);
        pt_put_u16(bytes, queries[i].arguments_size);
        pt_put(bytes, queries[i].arguments, queries[i].arguments_size);
    }
}

void pt_expect_write_record(pt_bytes *bytes, const pt_record *record, const pt_bytes *results)
{
    const size_t start = bytes->size;
    pt_put_u32(bytes, 0);
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
    pt_put_u32(bytes, record->result_count);
    pt_put(bytes, results->data, results->size);
    pt_set_u32(bytes, start, (uint32_t)(bytes->size - start - 4));
}
