/* Account health checks in the machine against native.c: the same formula, the same bits.
 *
 *   kernel: everything in registers; sweep: every row read from the tables of the state.
 * Usage: bench_health [health.plim]                                                       */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/native.h"
#include "tests/support/heap.h"
#include "tests/support/timing.h"
#include "tools/plc/plc.h"
#include "vm/machine/exec.h"
#include "vm/state/store.h"

#define ACCOUNTS 256u
#define GAS_MAX  (UINT64_MAX / 2)

typedef struct bench {
    pl_memory memory;
    pl_code code;
    pl_store *store;
    pl_machine *machine;
    pl_contract contract;
    pl_linkage linkage;
    native_reserve reserves[NATIVE_RESERVES_MAX];
    native_reserve start[NATIVE_RESERVES_MAX];
    native_position positions[ACCOUNTS * NATIVE_RESERVES_MAX];
    uint32_t reserve_count;
    pl_u256 answer_vm, answer_native;
} bench;

static bool load_file(void *context, const char *path, const char **text, size_t *size)
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

static bool compile(bench *b, const char *path)
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
        fprintf(stderr, "bench_health: %s at function %u instruction %u\n", pl_status_name(status),
                where.function, where.instruction);
    }
    return status == PL_OK; /* the container's bytes stay alive with the result */
}

static uint32_t find_function(const bench *b, const char *name)
{
    for (uint32_t i = 0; i < b->code.function_count; i++) {
        const pl_name *found = &b->code.functions[i].name;
        if (found->size == strlen(name) && memcmp(found->text, name, found->size) == 0) {
            return i;
        }
    }
    fprintf(stderr, "bench_health: no function %s\n", name);
    exit(1);
}

static bool run(bench *b, const char *name, const uint8_t *arguments, size_t size, pl_u256 *result)
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
        fprintf(stderr, "bench_health: %s: %s\n", name, pl_status_name(outcome.status));
        return false;
    }
    if (result && outcome.result_size == 32) {
        pl_u256_load_be(result, outcome.result, 32);
    }
    return true;
}

static void append(uint8_t *bytes, size_t *size, const pl_u256 *value, unsigned width)
{
    if (pl_u256_store_be(bytes + *size, width, value) != PL_OK) {
        exit(1);
    }
    *size += width;
}

static void append_u64(uint8_t *bytes, size_t *size, uint64_t value, unsigned width)
{
    const pl_u256 wide = pl_u256_from_u64(value);
    append(bytes, size, &wide, width);
}

static bool fill_reserve(bench *b, unsigned i)
{
    static const uint64_t units[] = {1000000, 100000000, 1000000000000000000, 1000000000000000000};
    uint8_t bytes[256];
    size_t size = 0;
    native_reserve *r = &b->start[i];
    const pl_u256 giga = pl_u256_from_u64(1000000000);
    r->price = pl_u256_from_u64(100000000 + 7919u * i * i * 100003u);
    r->unit = pl_u256_from_u64(units[i % 4]);
    r->income = pl_u256_from_u64(1000000000000000000u + 31337u * 1000000007u * (i + 1));
    r->debt_index = pl_u256_from_u64(1000000000000000000u + 65537u * 1000000007u * (i + 2));
    pl_u256_mul_wrap(&r->income, &r->income, &giga);
    pl_u256_mul_wrap(&r->debt_index, &r->debt_index, &giga);
    r->threshold = pl_u256_from_u64(6500 + 100 * i);
    append_u64(bytes, &size, i, 1);
    append(bytes, &size, &r->price, 32);
    append(bytes, &size, &r->unit, 32);
    append(bytes, &size, &r->income, 32);
    append(bytes, &size, &r->debt_index, 32);
    append(bytes, &size, &r->threshold, 4);
    return run(b, "add_reserve", bytes, size, NULL);
}

static bool fill_position(bench *b, unsigned account, unsigned asset)
{
    uint8_t bytes[128];
    size_t size = 0;
    native_position *p = &b->positions[account * NATIVE_RESERVES_MAX + asset];
    const pl_u256 supplied = pl_u256_from_u64(1000 + account * 17u + asset);
    const pl_u256 borrowed = pl_u256_from_u64(300 + account * 5u + asset);
    pl_u256_mul_wrap(&p->supplied, &b->start[asset].unit, &supplied);
    pl_u256_mul_wrap(&p->borrowed, &b->start[asset].unit, &borrowed);
    append_u64(bytes, &size, account, 4);
    append_u64(bytes, &size, asset, 1);
    append(bytes, &size, &p->supplied, 32);
    append(bytes, &size, &p->borrowed, 32);
    return run(b, "add_position", bytes, size, NULL);
}

static bool setup(bench *b, const char *path)
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
    for (unsigned i = 0; i < NATIVE_RESERVES_MAX; i++) {
        if (!fill_reserve(b, i)) {
            return false;
        }
    }
    for (unsigned account = 0; account < ACCOUNTS; account++) {
        for (unsigned asset = 0; asset < NATIVE_RESERVES_MAX; asset++) {
            if (!fill_position(b, account, asset)) {
                return false;
            }
        }
    }
    return true;
}

static bool kernel_vm(void *context, uint64_t rounds)
{
    bench *b = context;
    uint8_t bytes[16];
    size_t size = 0;
    append_u64(bytes, &size, b->reserve_count, 8);
    append_u64(bytes, &size, rounds, 8);
    return run(b, "kernel", bytes, size, &b->answer_vm);
}

static bool kernel_native(void *context, uint64_t rounds)
{
    bench *b = context;
    memcpy(b->reserves, b->start, sizeof b->reserves);
    return native_kernel(&b->answer_native, b->reserves, b->positions, b->reserve_count, rounds) ==
           PL_OK;
}

/* One round is one account; whole passes over all accounts. */
static bool sweep_vm(void *context, uint64_t rounds)
{
    bench *b = context;
    for (uint64_t done = 0; done < rounds; done += ACCOUNTS) {
        uint8_t bytes[16];
        size_t size = 0;
        append_u64(bytes, &size, b->reserve_count, 8);
        append_u64(bytes, &size, 0, 4);
        append_u64(bytes, &size, ACCOUNTS, 4);
        if (!run(b, "sweep", bytes, size, &b->answer_vm)) {
            return false;
        }
    }
    return true;
}

static bool sweep_native(void *context, uint64_t rounds)
{
    bench *b = context;
    for (uint64_t done = 0; done < rounds; done += ACCOUNTS) {
        if (native_sweep(&b->answer_native, b->start, b->positions, b->reserve_count, 0,
                         ACCOUNTS) != PL_OK) {
            return false;
        }
    }
    return true;
}

static bool compare(bench *b, const char *what, timing_work vm, timing_work native, uint64_t few,
                    uint64_t many)
{
    char name[64];
    timing_contender two[] = {{"machine", vm, b, 0}, {"native C", native, b, 0}};
    if (!timing_slopes(two, 2, few, many, 9)) {
        return false;
    }
    if (!pl_u256_eq(&b->answer_vm, &b->answer_native)) {
        fprintf(stderr, "bench_health: machine and native C differ\n");
        return false;
    }
    snprintf(name, sizeof name, "health check, %u reserves, %s", b->reserve_count, what);
    timing_print(name, two[0].ns, "ns/account", "native C", two[0].ns / two[1].ns);
    return true;
}

int main(int argc, char **argv)
{
    static bench b;
    static const uint32_t sizes[] = {1, 4, 16};
    if (!setup(&b, argc > 1 ? argv[1] : "tests/bench/health.plim")) {
        return 1;
    }
    for (unsigned i = 0; i < 3; i++) {
        b.reserve_count = sizes[i];
        if (!compare(&b, "in registers", kernel_vm, kernel_native, 2000, 42000) ||
            !compare(&b, "from state", sweep_vm, sweep_native, ACCOUNTS * 4, ACCOUNTS * 84)) {
            return 1;
        }
    }
    return 0;
}
