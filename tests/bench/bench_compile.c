/* The compiler over every contract of contracts/, and what a chain does with the containers.
 *
 *   compile: sources in memory to containers; lines count as often as a contract imports them.
 *     Against the formatter over the same sources: it reads and parses them and prints them again.
 *   load: decoding, proving and preparing each container, against SHA-256 of its bytes, which
 *     nobody can leave out who wants to know what he runs.
 *
 * Every round must give the bytes of the first one. Usage: bench_compile          */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/heap.h"
#include "tests/support/timing.h"
#include "tools/plc/plc.h"
#include "vm/base/sha256.h"
#include "vm/machine/code.h"

enum { FILES_MAX = 512, CONTRACTS_MAX = 128, LOADS_MAX = 2048, ROUNDS = 9 };

typedef struct source {
    char *path, *text;
    size_t size;
    uint64_t lines;
} source;

typedef struct bench {
    source sources[FILES_MAX];
    size_t source_count;
    const char *contracts[CONTRACTS_MAX];
    plc_result built[CONTRACTS_MAX];
    size_t contract_count;
    const source *loads[LOADS_MAX]; /* what one pass over all contracts reads, in order */
    size_t load_count;
    bool first;
    uint64_t instructions;
    volatile uint8_t sink;
} bench;

static source *read_source(bench *b, const char *path)
{
    FILE *const file = fopen(path, "rb");
    if (file == NULL || b->source_count == FILES_MAX) {
        return NULL;
    }
    source *const s = &b->sources[b->source_count];
    s->text = malloc(PLC_SOURCE_SIZE_MAX);
    s->path = malloc(strlen(path) + 1);
    if (s->text != NULL && s->path != NULL) {
        s->size = fread(s->text, 1, PLC_SOURCE_SIZE_MAX, file);
        memcpy(s->path, path, strlen(path) + 1);
        b->source_count++;
    }
    (void)fclose(file);
    for (size_t i = 0; i < s->size; i++) {
        s->lines += s->text[i] == '\n';
    }
    return s->text != NULL && s->path != NULL ? s : NULL;
}

static bool load(void *context, const char *path, const char **text, size_t *size)
{
    bench *const b = context;
    const source *found = NULL;
    for (size_t i = 0; i < b->source_count && found == NULL; i++) {
        found = strcmp(b->sources[i].path, path) == 0 ? &b->sources[i] : NULL;
    }
    found = found != NULL ? found : read_source(b, path);
    if (found == NULL) {
        return false;
    }
    if (b->first && b->load_count < LOADS_MAX) {
        b->loads[b->load_count++] = found;
    }
    *text = found->text;
    *size = found->size;
    return true;
}

static bool compile_all(void *context, uint64_t rounds)
{
    bench *const b = context;
    const plc_options options = {.library = "contracts"};
    for (uint64_t i = 0; i < rounds; i++) {
        for (size_t c = 0; c < b->contract_count; c++) {
            plc_result result;
            plc_compile(&result, load, b, b->contracts[c], &options);
            if (!result.ok) {
                char text[1024];
                (void)plc_diagnostic_text(&result.diagnostics[0], text, sizeof text);
                fprintf(stderr, "bench_compile: %s\n", text);
                return false;
            }
            if (b->first) {
                b->built[c] = result;
                continue;
            }
            const bool same = result.size == b->built[c].size &&
                              memcmp(result.bytes, b->built[c].bytes, result.size) == 0;
            plc_result_free(&result);
            if (!same) {
                fprintf(stderr, "bench_compile: %s: other bytes\n", b->contracts[c]);
                return false;
            }
        }
    }
    return true;
}

static bool format_all(void *context, uint64_t rounds)
{
    bench *const b = context;
    for (uint64_t i = 0; i < rounds; i++) {
        for (size_t l = 0; l < b->load_count; l++) {
            plc_result result;
            plc_format(&result, b->loads[l]->path, b->loads[l]->text, b->loads[l]->size);
            const bool done = result.ok && result.size > 0;
            plc_result_free(&result);
            if (!done) {
                return false;
            }
        }
    }
    return true;
}

static bool load_all(void *context, uint64_t rounds)
{
    bench *const b = context;
    for (uint64_t i = 0; i < rounds; i++) {
        b->instructions = 0;
        for (size_t c = 0; c < b->contract_count; c++) {
            pl_code code;
            pl_code_error where;
            if (pl_code_load(&code, &where, &heap_memory, b->built[c].bytes, b->built[c].size) !=
                PL_OK) {
                fprintf(stderr, "bench_compile: %s is refused\n", b->contracts[c]);
                return false;
            }
            for (uint32_t f = 0; f < code.function_count; f++) {
                b->instructions += code.functions[f].instruction_count;
            }
            pl_code_free(&code, &heap_memory);
        }
    }
    return true;
}

static bool hash_all(void *context, uint64_t rounds)
{
    bench *const b = context;
    for (uint64_t i = 0; i < rounds; i++) {
        for (size_t c = 0; c < b->contract_count; c++) {
            uint8_t hash[PL_HASH_SIZE];
            pl_sha256_of(hash, b->built[c].bytes, b->built[c].size);
            b->sink = (uint8_t)(b->sink ^ hash[0]);
        }
    }
    return true;
}

/* A file with a line that begins with "contract " is one; the others are its modules. */
static bool take_contract(bench *b, const char *path)
{
    source *const s = read_source(b, path);
    if (s == NULL) {
        return false;
    }
    for (size_t at = 0; at + 9 < s->size; at++) {
        if ((at == 0 || s->text[at - 1] == '\n') && memcmp(s->text + at, "contract ", 9) == 0 &&
            b->contract_count < CONTRACTS_MAX) {
            b->contracts[b->contract_count++] = s->path;
            return true;
        }
    }
    return true;
}

static bool find_contracts(bench *b)
{
    static const char *const places[] = {"contracts/*.plim", "contracts/*/*.plim",
                                         "contracts/*/*/*.plim"};
    bool done = true;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        glob_t found;
        if (glob(places[i], 0, NULL, &found) != 0) {
            return false;
        }
        for (size_t p = 0; done && p < found.gl_pathc; p++) {
            done = take_contract(b, found.gl_pathv[p]);
        }
        globfree(&found);
    }
    return done && b->contract_count > 0;
}

static bool measure(bench *b)
{
    timing_contender sources[] = {{"compiling", compile_all, b, 0},
                                  {"parsing and printing", format_all, b, 0}};
    timing_contender containers[] = {{"loading", load_all, b, 0}, {"hashing", hash_all, b, 0}};
    timing_samples samples;
    char name[80];
    uint64_t lines = 0;
    for (size_t l = 0; l < b->load_count; l++) {
        lines += b->loads[l]->lines;
    }
    if (!timing_race(&samples, sources, 2, 1, 5, ROUNDS)) {
        return false;
    }
    (void)snprintf(name, sizeof name, "compile, %zu contracts, %llu lines", b->contract_count,
                   (unsigned long long)lines);
    timing_print_rate(name, &samples, 0, 1, (double)lines, "lines/s", "parsing and printing");
    timing_row row = {.name = "compile, all contracts",
                      .unit = "contracts/s",
                      .value = timing_rate(&samples, 0, (double)b->contract_count)};
    timing_row_print(&row);
    if (!timing_race(&samples, containers, 2, 2, 42, ROUNDS)) {
        return false;
    }
    (void)snprintf(name, sizeof name, "load, prove, prepare, %llu instructions",
                   (unsigned long long)b->instructions);
    timing_print_rate(name, &samples, 0, 1, (double)b->contract_count, "contracts/s",
                      "SHA-256 of the same bytes");
    return true;
}

int main(void)
{
    static bench b;
    if (!find_contracts(&b)) {
        fprintf(stderr, "bench_compile: contracts/ cannot be read\n");
        return 1;
    }
    b.first = true;
    if (!compile_all(&b, 1) || b.load_count == LOADS_MAX) {
        return 1;
    }
    b.first = false;
    return measure(&b) ? 0 : 1;
}
