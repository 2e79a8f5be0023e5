#include "tests/support/run_code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/base/bytes.h"
#include "vm/num/num.h"
#include "vm/state/system.h"

static void must(pl_status status, const char *what)
{
    if (status != PL_OK) {
        (void)fprintf(stderr, "run_code: %s: %s\n", what, pl_status_name(status));
        abort();
    }
}

run_world *run_start(build **builds, uint32_t count)
{
    run_world *world = calloc(1, sizeof *world);
    uint32_t table;
    build_memory_init(&world->memory);
    const pl_memory *memory = &world->memory.memory;
    must(pl_store_create(&world->store, memory), "store");
    for (uint16_t t = 0; t < PL_SYSTEM_TABLE_COUNT; t++) {
        must(pl_store_add_table(world->store, &table, 0, t, &pl_system_tables[t]), "table");
    }
    for (uint32_t i = 0; i < count; i++) {
        world->builds[i] = builds[i];
        build_load(builds[i], &world->codes[i], memory);
        world->contracts[i] =
            (pl_contract){&world->codes[i], i + 1, pl_store_table_count(world->store),
                          pl_u256_from_u64(0x1001 + i)};
        for (uint16_t t = 0; t < world->codes[i].table_count; t++) {
            must(pl_store_add_table(world->store, &table, i + 1, t, &world->codes[i].tables[t]),
                 "table");
        }
    }
    world->linkage = (pl_linkage){world->contracts, count, PL_SYSTEM_PRICES};
    must(pl_machine_create(&world->machine, memory), "machine");
    pl_door *door = pl_store_door(world->store);
    must(door->ops->begin(door), "begin"); /* the block's level */
    return world;
}

void run_end(run_world *world)
{
    pl_machine_free(world->machine);
    pl_store_free(world->store);
    for (uint32_t i = 0; i < world->linkage.contract_count; i++) {
        pl_code_free(&world->codes[i], &world->memory.memory);
        build_free(world->builds[i]);
    }
    if (world->memory.taken != 0) {
        (void)fprintf(stderr, "run_code: %zu bytes were not given back\n", world->memory.taken);
        abort();
    }
    free(world);
}

pl_u256 run_number(const char *text, size_t size)
{
    pl_u256 value;
    if (size == 3 && memcmp(text, "max", 3) == 0) {
        return pl_u256_max_value();
    }
    if (size == 4 && memcmp(text, "smax", 4) == 0) {
        return pl_i256_max_value();
    }
    if (size == 4 && memcmp(text, "smin", 4) == 0) {
        return pl_i256_min_value();
    }
    if (text[0] == '-') {
        must(pl_i256_parse_dec(&value, NULL, text, size), text);
    } else if (size > 2 && text[1] == 'x') {
        must(pl_u256_parse_hex(&value, NULL, text, size), text);
    } else {
        must(pl_u256_parse_dec(&value, NULL, text, size), text);
    }
    return value;
}

static size_t encode(uint8_t *out, const pl_function *function, const char *arguments)
{
    size_t used = 0;
    for (uint32_t i = 0; i < function->parameter_count; i++) {
        uint8_t word[32];
        const uint32_t size = function->parameters[i].type.size;
        arguments += strspn(arguments, " ");
        const size_t length = strcspn(arguments, " ");
        const pl_u256 value = run_number(arguments, length);
        must(pl_u256_store_be(word, 32, &value), "argument");
        memcpy(out + used, word + 32 - size, size);
        used += size;
        arguments += length;
    }
    return used;
}

pl_status run_call(run_world *world, uint32_t contract, const char *name, const char *arguments,
                   uint64_t gas_limit)
{
    const pl_code *code = &world->codes[contract - 1];
    pl_door *door = pl_store_door(world->store);
    uint8_t bytes[32 * PL_PARAMETERS_MAX];
    uint32_t f = 0;
    while (f < code->function_count &&
           (code->functions[f].name.size != strlen(name) ||
            memcmp(code->functions[f].name.text, name, strlen(name)) != 0)) {
        f++;
    }
    must(f == code->function_count ? PL_REJECT_TX_FUNCTION : PL_OK, name);
    const pl_call call = {.contract = contract,
                          .function = f,
                          .caller = pl_u256_from_u64(0xca11),
                          .gas_limit = gas_limit,
                          .height = 7,
                          .time_s = 1000,
                          .arguments = bytes,
                          .arguments_size = encode(bytes, &code->functions[f], arguments)};
    must(door->ops->begin(door), "begin");
    must(pl_machine_run(world->machine, &world->outcome, door, &world->linkage, &call), name);
    must(world->outcome.status == PL_OK ? door->ops->commit(door) : door->ops->rollback(door),
         "end");
    must(pl_store_depth(world->store) == 1 ? PL_OK : PL_FAULT_UNSUPPORTED, "depth");
    return world->outcome.status;
}

pl_u256 run_result(const run_world *world, size_t offset, size_t size)
{
    pl_u256 value;
    if (offset + size > world->outcome.result_size) {
        must(PL_REJECT_TRUNCATED, "result");
    }
    pl_u256_load_be(&value, world->outcome.result + offset, size);
    return value;
}

void run_set_price(run_world *world, uint32_t feed, const char *price, uint8_t decimals,
                   uint64_t time, uint64_t round)
{
    pl_door *door = pl_store_door(world->store);
    uint8_t key[PL_PRICES_KEY_SIZE], row[PL_PRICES_ROW_SIZE] = {0};
    const pl_u256 value = run_number(price, strlen(price));
    pl_store_u32(key, feed);
    must(pl_u256_store_be(row + PL_PRICES_PRICE, 32, &value), "price");
    row[PL_PRICES_DECIMALS] = decimals;
    pl_store_u64(row + PL_PRICES_TIME, time);
    pl_store_u64(row + PL_PRICES_ROUND, round);
    must(door->ops->put(door, PL_SYSTEM_PRICES, key, row), "price");
}
