/* Text from outside, as the importers read it: the first byte says as what, the rest is the file.
 *
 *   0 an export: CSV with quotes, or JSON lines     1 a price list: plain CSV, numbers, times, hex
 *   2 call trees of Ethereum                        3 transmissions of Chainlink's OCR
 *   4 a recorded run (JSON lines of a protocol)     5 a world file
 *
 * A parser accepts or says what is wrong in one line; it reads nothing beyond the file. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/target.h"
#include "tools/common/file.h"
#include "tools/import/calltree.h"
#include "tools/import/csv.h"
#include "tools/import/evm_trace.h"
#include "tools/import/ocr_file.h"
#include "tools/import/series.h"
#include "tools/import/world_file.h"
#include "vm/base/bytes.h"

static char folder[64], path[96], contract[96], out[96];

/* The contract that a world file may name. */
static const char source[] = "contract c;\n"
                             "param limit: u64 = 5;\n"
                             "table rows[k: u64] { n: u64 = 0; }\n"
                             "public tx put(k: u64, n: u64) { rows[k].n = n; }\n"
                             "public view get(k: u64) -> (n: u64) { return rows[k].n; }\n";

static void write_file(const char *to, const void *bytes, size_t size)
{
    FILE *file = fopen(to, "wb");
    MUST(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

/* What an import that succeeds leaves. */
static void remove_output(void)
{
    static const char *const names[] = {"history.plh.gz", "expect.plx.gz", "world.json",
                                        "README.md"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char file[128];
        (void)snprintf(file, sizeof file, "%s/%s", out, names[i]);
        (void)unlink(file);
    }
    (void)rmdir(out);
}

static void remove_files(void)
{
    remove_output();
    (void)unlink(path);
    (void)unlink(contract);
    (void)rmdir(folder);
}

static void begin(void)
{
    const char *memory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(folder, sizeof folder, "%s/plim-fuzz-XXXXXX", memory);
    MUST(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/in", folder);
    (void)snprintf(out, sizeof out, "%s/out", folder);
    (void)snprintf(contract, sizeof contract, "%s/c.plim", folder);
    write_file(contract, source, sizeof source - 1);
    MUST(atexit(remove_files) == 0);
}

static void read_sheet(pt_report *report)
{
    pt_sheet sheet = {0};
    if (pt_sheet_open(&sheet, path, report) == PT_OK) {
        size_t bytes = 0;
        for (size_t row = 0; row < sheet.row_count; row++) {
            for (size_t column = 0; column < sheet.column_count; column++) {
                bytes += strlen(sheet.rows[row].cells[column]);
            }
        }
        MUST(bytes <= PT_FILE_SIZE_MAX);
        if (sheet.column_count >= 2) {
            pt_series series = {.name = "s", .place_count = 1};
            series.places[0] = (pt_series_place){.column = 1, .keys = {0}, .key_count = 1};
            pt_series_build(&series, &sheet);
            pt_series_free(&series);
        }
    }
    pt_sheet_close(&sheet);
}

static void read_list(pt_report *report)
{
    static const char *const columns[] = {"time", "price", "change", "count", "key", "minute"};
    pt_csv csv = {0};
    bool more = true;
    if (pt_csv_open(&csv, NULL, path, columns, 6, report) == PT_OK) {
        while (pt_csv_next(&more, &csv, report) == PT_OK && more) {
            pl_u256 number;
            uint64_t word;
            uint8_t key[20];
            pt_report unwanted = {0};
            (void)pt_csv_time(&word, &csv, 0, &unwanted);
            (void)pt_csv_decimal(&number, &csv, 1, 18, 40, &unwanted);
            (void)pt_csv_double(&number, &csv, 1, 18, 40, &unwanted);
            (void)pt_csv_negative(&number, &csv, 2, 8, 30, &unwanted);
            (void)pt_csv_u64(&word, &csv, 3, UINT32_MAX, &unwanted);
            (void)pt_csv_hex(key, sizeof key, &csv, 4, &unwanted);
            (void)pt_csv_minute(&word, &csv, 5, &unwanted);
        }
    }
    pt_csv_close(&csv);
}

static void read_calls(pt_report *report)
{
    pt_call_file calls = {0};
    if (pt_call_file_open(&calls, path, NULL, report) == PT_OK) {
        pt_call_file_make(&calls);
        json_decref(pt_call_file_world(&calls));
    }
    pt_call_file_close(&calls);
}

static void read_transmissions(pt_report *report)
{
    pt_ocr_file file = {0};
    (void)pt_ocr_file_read(&file, path, report);
    pt_ocr_file_free(&file);
}

static void read_trace(pt_report *report)
{
    pt_import_result result;
    MUST(pt_import_evm_trace(&result, path, out, "contracts", report) != PT_OK ||
         result.blocks > 0);
    remove_output();
}

static void read_world(pt_report *report)
{
    pt_world_file world = {.file = path};
    (void)pt_world_file_open(&world, NULL, report);
    pt_world_file_close(&world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(pt_report *) = {read_sheet,         read_list,  read_calls,
                                                   read_transmissions, read_trace, read_world};
    pt_report report = {0};
    if (folder[0] == 0) {
        begin();
    }
    if (size == 0 || data[0] >= sizeof readers / sizeof *readers) {
        return 0;
    }
    write_file(path, data + 1, size - 1);
    readers[data[0]](&report);
    MUST(strlen(report.line) < sizeof report.line && strchr(report.line, '\n') == NULL);
    return 0;
}
