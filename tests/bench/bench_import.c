/* Making histories out of exports, against reading and taking apart the same bytes.
 *
 *   a table of 500 liquidation events of Aave v2: against the rows of its CSV;
 *   a recorded EVM run of Aave v3.6: against unpacking it and parsing each line's JSON.
 *
 * An import compiles its contract, makes the world, signs prices, runs every block and writes four
 * files; one round is one whole import, in processor time. Every round must give the same root.
 *
 * Usage: bench_import                                                             */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/timing.h"
#include "tools/common/file.h"
#include "tools/import/evm_trace.h"
#include "tools/import/rows.h"

#define ROUNDS    9u
#define CONTRACTS "contracts"
#define MAP       "contracts/aave_v2_events.map.json"
#define EVENTS    "tests/cli/tiny_aave_v2_events.csv.gz"
#define TRACE     "tests/cli/tiny36.jsonl.gz"

typedef struct bench {
    char folder[32];
    uint64_t rows, blocks;
    uint8_t rows_root[32], trace_root[32];
} bench;

/* Keeps the first root; says whether a later one is the same. */
static bool same_root(uint8_t kept[32], const uint8_t root[32])
{
    static const uint8_t none[32];
    if (memcmp(kept, none, 32) == 0) {
        memcpy(kept, root, 32);
    }
    return memcmp(kept, root, 32) == 0;
}

static bool told(const pt_report *report)
{
    fprintf(stderr, "bench_import: %s\n", report->line);
    return false;
}

static bool import_rows(void *context, uint64_t rounds)
{
    bench *b = context;
    for (uint64_t i = 0; i < rounds; i++) {
        pt_rows_result result;
        pt_report report = {0};
        if (pt_import_rows(&result, EVENTS, MAP, b->folder, CONTRACTS, &report) != PT_OK) {
            return told(&report);
        }
        b->rows = result.rows;
        if (!same_root(b->rows_root, result.root)) {
            return false;
        }
    }
    return true;
}

static bool read_sheet(void *context, uint64_t rounds)
{
    const bench *b = context;
    for (uint64_t i = 0; i < rounds; i++) {
        pt_sheet sheet = {0};
        pt_report report = {0};
        const bool done = pt_sheet_open(&sheet, EVENTS, &report) == PT_OK;
        const bool whole = b->rows == 0 || sheet.row_count == b->rows;
        pt_sheet_close(&sheet);
        if (!done || !whole) {
            return told(&report);
        }
    }
    return true;
}

static bool import_trace(void *context, uint64_t rounds)
{
    bench *b = context;
    for (uint64_t i = 0; i < rounds; i++) {
        pt_import_result result;
        pt_report report = {0};
        if (pt_import_evm_trace(&result, TRACE, b->folder, CONTRACTS, &report) != PT_OK) {
            return told(&report);
        }
        b->blocks = result.blocks;
        if (!same_root(b->trace_root, result.root)) {
            return false;
        }
    }
    return true;
}

static bool parse_lines(void *context, uint64_t rounds)
{
    (void)context;
    for (uint64_t i = 0; i < rounds; i++) {
        pt_bytes bytes = {0};
        pt_report report = {0};
        size_t at = 0;
        if (pt_file_read(&bytes, TRACE, PT_FILE_SIZE_MAX, &report) != PT_OK) {
            return told(&report);
        }
        while (at < bytes.size) {
            const uint8_t *end = memchr(bytes.data + at, '\n', bytes.size - at);
            const size_t size = end != NULL ? (size_t)(end - bytes.data) - at : bytes.size - at;
            json_t *line = json_loadb((const char *)bytes.data + at, size, 0, NULL);
            if (line == NULL) {
                return false;
            }
            json_decref(line);
            at += size + 1;
        }
        free(bytes.data);
    }
    return true;
}

static bool measure(bench *b)
{
    timing_contender rows[] = {{"import of rows", import_rows, b, 0},
                               {"reading rows", read_sheet, b, 0}};
    timing_contender trace[] = {{"import of a run", import_trace, b, 0},
                                {"parsing a run", parse_lines, b, 0}};
    timing_samples samples;
    char name[80];
    if (!timing_race(&samples, rows, 2, 1, 9, ROUNDS)) {
        return false;
    }
    (void)snprintf(name, sizeof name, "import, %llu rows of a CSV", (unsigned long long)b->rows);
    timing_print_rate(name, &samples, 0, 1, (double)b->rows, "rows/s", "reading the CSV");
    if (!timing_race(&samples, trace, 2, 1, 9, ROUNDS)) {
        return false;
    }
    (void)snprintf(name, sizeof name, "import, %llu blocks of an EVM run",
                   (unsigned long long)b->blocks);
    timing_print_rate(name, &samples, 0, 1, (double)b->blocks, "blocks/s", "parsing the JSON");
    return true;
}

int main(void)
{
    static const char *const files[] = {"history.plh.gz", "expect.plx.gz", "world.json",
                                        "README.md"};
    static bench b;
    char path[64];
    memcpy(b.folder, "/tmp/bench_import.XXXXXX", sizeof "/tmp/bench_import.XXXXXX");
    if (mkdtemp(b.folder) == NULL) {
        fprintf(stderr, "bench_import: %s cannot be made\n", b.folder);
        return 1;
    }
    const bool done = measure(&b);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", b.folder, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(b.folder);
    return done ? 0 : 1;
}
