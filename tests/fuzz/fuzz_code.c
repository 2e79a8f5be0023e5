/* Any bytes as a container: decode, validate, and when valid run every public function, hook and
 * invariant over an empty store with little gas, then print the disassembly. Nothing may crash,
 * nothing may leak, and running twice must give the same outcome. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/heap.h"
#include "vm/base/assume.h"
#include "vm/machine/disasm.h"
#include "vm/machine/exec.h"
#include "vm/machine/value.h"
#include "vm/state/store.h"
#include "vm/state/system.h"

#define GAS_LIMIT 20000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t taken;

static void swallow(void *context, const char *text, size_t size)
{
    uint32_t *sum = context;
    for (size_t i = 0; i < size; i++) {
        *sum = *sum * 31 + (uint8_t)text[i];
        PL_ASSERT((text[i] >= 0x20 && text[i] <= 0x7e) || text[i] == '\n');
    }
}

static void add_tables(pl_store *store, const pl_table *tables, uint32_t count, uint32_t contract)
{
    for (uint32_t t = 0; t < count; t++) {
        uint32_t number;
        const pl_status status =
            pl_store_add_table(store, &number, contract, (uint16_t)t, &tables[t]);
        PL_ASSERT(status == PL_OK);
    }
}

/* The first canonical value of each type: all of them are zero bytes. */
static void run_function(pl_machine *machine, pl_store *store, const pl_linkage *linkage,
                         uint32_t f)
{
    static const uint8_t zeros[32 * PL_PARAMETERS_MAX] = {0};
    const pl_function *function = &linkage->contracts[0].code->functions[f];
    pl_door *door = pl_store_door(store);
    const pl_call call = {.contract = 1,
                          .function = f,
                          .caller = pl_u256_from_u64(5),
                          .gas_limit = GAS_LIMIT,
                          .height = 3,
                          .time_s = 4,
                          .arguments = zeros,
                          .arguments_size =
                              pl_fields_size(function->parameters, function->parameter_count)};
    pl_outcome first, second;
    for (int round = 0; round < 2; round++) {
        pl_outcome *outcome = round == 0 ? &first : &second;
        pl_status status = door->ops->begin(door);
        PL_ASSERT(status == PL_OK);
        status = pl_machine_run(machine, outcome, door, linkage, &call);
        PL_ASSERT(status == PL_OK);
        PL_ASSERT(outcome->status == PL_OK || pl_is_trap(outcome->status));
        PL_ASSERT(outcome->gas_used <= GAS_LIMIT);
        status = door->ops->rollback(door);
        PL_ASSERT(status == PL_OK);
        PL_ASSERT(pl_store_depth(store) == 1);
    }
    PL_ASSERT(first.status == second.status && first.gas_used == second.gas_used &&
              first.result_size == second.result_size && first.event_count == second.event_count);
}

static void run_all(const pl_code *code)
{
    static pl_machine *machine; /* its buffers are large; one serves every input */
    pl_contract contract = {code, 1, PL_SYSTEM_TABLE_COUNT, pl_u256_from_u64(9)};
    const pl_linkage linkage = {&contract, 1, PL_SYSTEM_PRICES};
    pl_store *store;
    pl_status status = PL_OK;
    if (machine == NULL) {
        const size_t before = taken;
        status = pl_machine_create(&machine, &heap_memory);
        PL_ASSERT(status == PL_OK);
        taken = before;
    }
    status = pl_store_create(&store, &heap_memory);
    PL_ASSERT(status == PL_OK);
    add_tables(store, pl_system_tables, PL_SYSTEM_TABLE_COUNT, 0);
    add_tables(store, code->tables, code->table_count, 1);
    status = pl_store_door(store)->ops->begin(pl_store_door(store));
    PL_ASSERT(status == PL_OK);
    for (uint32_t f = 0; f < code->function_count; f++) {
        if ((code->functions[f].flags &
             (PL_FUNCTION_PUBLIC | PL_FUNCTION_ON_BLOCK | PL_FUNCTION_INVARIANT)) != 0) {
            run_function(machine, store, &linkage, f);
        }
    }
    pl_store_free(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_code code;
    pl_code_error where;
    const pl_status status = pl_code_load(&code, &where, &heap_memory, data, size);
    PL_ASSERT(status == PL_OK || pl_is_reject(status));
    if (status == PL_OK) {
        uint32_t sum = 0;
        const pl_sink sink = {&sum, swallow};
        pl_disasm_code(&sink, &code);
        run_all(&code);
        pl_code_free(&code, &heap_memory);
    } else {
        PL_ASSERT(where.offset <= size);
    }
    PL_ASSERT(taken == 0);
    return 0;
}
