/* Any bytes as a source. The compiler answers with a container or with messages; a container always
 * loads; formatted text compiles to the same code and formats to itself. */
#include <stdlib.h>
#include <string.h>

#include "tests/support/heap.h"
#include "tools/plc/plc.h"
#include "vm/base/assume.h"
#include "vm/machine/code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct input {
    const char *text;
    size_t size;
} input;

/* The input is the contract; a module that it imports is a small one of our own. */
static bool load(void *context, const char *path, const char **text, size_t *size)
{
    static const char module[] = "module m; const K: u64 = 3; table t[k: u8] { n: u64 = 0; }\n"
                                 "pure f(a: u64) -> u64 { return a * K; }\n"
                                 "view g(k: u8) -> u64 { return t[k].n; }\n";
    const input *in = context;
    if (strcmp(path, "fuzz.plim") == 0) {
        *text = in->text;
        *size = in->size;
        return true;
    }
    *text = module;
    *size = sizeof module - 1;
    return strcmp(path, "m.plim") == 0;
}

/* Returns whether the source compiles; then *hash is its code's. */
static bool compile(uint8_t hash[32], const char *text, size_t size)
{
    const plc_options options = {.memory_max = (size_t)64 << 20};
    input in = {text, size};
    plc_result result;
    plc_compile(&result, load, &in, "fuzz.plim", &options);
    PL_ASSERT(result.ok == (result.diagnostic_count == 0));
    for (size_t i = 0; i < result.diagnostic_count; i++) {
        char line[256];
        (void)plc_diagnostic_text(&result.diagnostics[i], line, sizeof line);
    }
    const bool ok = result.ok;
    if (ok) {
        pl_code code;
        pl_code_error where;
        PL_ASSERT(pl_code_load(&code, &where, &heap_memory, result.bytes, result.size) == PL_OK);
        memcpy(hash, code.hash, 32);
        pl_code_free(&code, &heap_memory);
    }
    plc_result_free(&result);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t before[32], after[32];
    const char *text = (const char *)data;
    if (size > 65536) {
        return 0;
    }
    const bool compiled = compile(before, text, size);
    plc_result once, twice;
    plc_format(&once, "fuzz.plim", text, size);
    if (once.ok) {
        plc_format(&twice, "fuzz.plim", (const char *)once.bytes, once.size);
        PL_ASSERT(twice.ok && twice.size == once.size);
        PL_ASSERT(memcmp(twice.bytes, once.bytes, once.size) == 0);
        plc_result_free(&twice);
    }
    if (compiled) {
        PL_ASSERT(once.ok && compile(after, (const char *)once.bytes, once.size));
        PL_ASSERT(memcmp(before, after, 32) == 0);
    }
    plc_result_free(&once);
    return 0;
}
