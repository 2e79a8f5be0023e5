/* What the benchmarks of the machine share: a contract compiled and loaded, its tables in a store,
 * and calls of its functions. */
#ifndef PL_BENCH_MACHINE_H
#define PL_BENCH_MACHINE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/heap.h"
#include "tests/support/timing.h"
#include "tools/plc/plc.h"
#include "vm/machine/exec.h"
#include "vm/state/store.h"

#define GAS_MAX (UINT64_MAX / 2)

typedef struct bench_machine {
    pl_memory memory;
    pl_code code;
    pl_store *store;
    pl_machine *machine;
    pl_contract contract;
    pl_linkage linkage;
} bench_machine;

static inline bool load_file(void *context, const char *path, const char **text, size_t *size)
{
    (void)context;
    FILE *file = fopen(path, "rb");
    if (!file) {
        return false;
    }
    char *bytes = malloc(PLC_SOURCE_SIZE_MAX);
    *size = bytes ? fread(bytes, 1, PLC_SOURCE_SIZE_MAX, file) : 0;
    *text = bytes;
    fclose(file);
    return bytes != NULL;
}

static inline bool compile(bench_machine *b, const char *path)
{
    plc_result result;
    const plc_options options = {.library = "contracts"};
    pl_code_error where;
    plc_compile(&result, load_file, NULL, path, &options);
    if (!result.ok) {
        char text[1024];
        plc_diagnostic_text(&result.diagnostics[0], text, sizeof text);
        fprintf(stderr, "%s\n", text);
        return false;
    }
    const pl_status status = pl_code_load(&b->code, &where, &b->memory, result.bytes, result.size);
    if (status != PL_OK) {
        fprintf(stderr, "bench: %s at function %u instruction %u\n", pl_status_name(status),
                where.function, where.instruction);
    }
    return status == PL_OK; /* the container's bytes stay alive with the result */
}

static inline uint32_t find_function(const bench_machine *b, const char *name)
{
    for (uint32_t i = 0; i < b->code.function_count; i++) {
        const pl_name *found = &b->code.functions[i].name;
        if (found->size == strlen(name) && memcmp(found->text, name, found->size) == 0) {
            return i;
        }
    }
    fprintf(stderr, "bench: no function %s\n", name);
    exit(1);
}

static inline bool run(bench_machine *b, const char *name, const uint8_t *arguments, size_t size,
                       pl_u256 *result)
{
    const pl_call call = {.contract = 1,
                          .function = find_function(b, name),
                          .gas_limit = GAS_MAX,
                          .arguments = arguments,
                          .arguments_size = size};
    pl_outcome outcome;
    pl_door *door = pl_store_door(b->store);
    if (pl_machine_run(b->machine, &outcome, door, &b->linkage, &call) != PL_OK ||
        outcome.status != PL_OK) {
        fprintf(stderr, "bench: %s: %s\n", name, pl_status_name(outcome.status));
        return false;
    }
    if (result && outcome.result_size == 32) {
        pl_u256_load_be(result, outcome.result, 32);
    }
    return true;
}

static inline void append(uint8_t *bytes, size_t *size, const pl_u256 *value, unsigned width)
{
    if (pl_u256_store_be(bytes + *size, width, value) != PL_OK) {
        exit(1);
    }
    *size += width;
}

static inline void append_u64(uint8_t *bytes, size_t *size, uint64_t value, unsigned width)
{
    const pl_u256 wide = pl_u256_from_u64(value);
    append(bytes, size, &wide, width);
}

/* Compiles and loads the contract of a file and makes its tables; says why when it cannot. */
static inline bool bench_setup(bench_machine *b, const char *path)
{
    b->memory = heap_memory;
    if (!compile(b, path) || pl_store_create(&b->store, &b->memory) != PL_OK ||
        pl_machine_create(&b->machine, &b->memory) != PL_OK) {
        return false;
    }
    for (uint16_t t = 0; t < b->code.table_count; t++) {
        uint32_t number;
        if (pl_store_add_table(b->store, &number, 1, t, &b->code.tables[t]) != PL_OK) {
            return false;
        }
    }
    b->contract = (pl_contract){.code = &b->code, .number = 1};
    b->linkage = (pl_linkage){.contracts = &b->contract, .contract_count = 1};
    return true;
}

#endif
