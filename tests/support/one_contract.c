#include "tests/support/one_contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/heap.h"
#include "vm/base/bytes.h"
#include "vm/state/system.h"

#define GAS_MAX (UINT64_MAX / 2)

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "one_contract: %s: %s\n", what, why);
    exit(1);
}

static void must(pl_status status, const char *what)
{
    if (status != PL_OK) {
        fail(what, pl_status_name(status));
    }
}

static bool load_file(void *context, const char *path, const char **text, size_t *size)
{
    (void)context;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    char *bytes = malloc(PLC_SOURCE_SIZE_MAX);
    *size = bytes != NULL ? fread(bytes, 1, PLC_SOURCE_SIZE_MAX, file) : 0;
    *text = bytes;
    (void)fclose(file);
    return bytes != NULL;
}

/* The loader's texts, freed when the compiler is done with them. */
typedef struct texts {
    char *all[PLC_UNITS_MAX];
    size_t count;
} texts;

static bool load_and_keep(void *context, const char *path, const char **text, size_t *size)
{
    texts *kept = context;
    if (kept->count == PLC_UNITS_MAX || !load_file(NULL, path, text, size)) {
        return false;
    }
    memcpy(&kept->all[kept->count++], text, sizeof *text);
    return true;
}

static void compile(one_contract *c, const char *path)
{
    const plc_options options = {.library = "contracts"};
    texts kept = {.count = 0};
    pl_code_error where;
    plc_compile(&c->built, load_and_keep, &kept, path, &options);
    for (size_t i = 0; i < kept.count; i++) {
        free(kept.all[i]);
    }
    if (!c->built.ok) {
        fail(path, c->built.diagnostics[0].message);
    }
    must(pl_code_load(&c->code, &where, &c->memory, c->built.bytes, c->built.size), path);
}

void one_open(one_contract *c, const char *path)
{
    one_open_in(c, path, &heap_memory);
}

void one_open_in(one_contract *c, const char *path, const pl_memory *memory)
{
    *c = (one_contract){.memory = *memory, .time_s = 1700000000};
    compile(c, path);
    must(pl_store_create(&c->store, &c->memory), "store");
    must(pl_machine_create(&c->machine, &c->memory), "machine");
    for (uint16_t t = 0; t < c->code.table_count; t++) {
        uint32_t number;
        must(pl_store_add_table(c->store, &number, 1, t, &c->code.tables[t]), "table");
    }
    uint32_t prices;
    must(pl_store_add_table(c->store, &prices, 0, PL_SYSTEM_PRICES,
                            &pl_system_tables[PL_SYSTEM_PRICES]),
         "prices");
    c->contract = (pl_contract){.code = &c->code, .number = 1};
    c->linkage =
        (pl_linkage){.contracts = &c->contract, .contract_count = 1, .prices_table = prices};
}

void one_close(one_contract *c)
{
    pl_machine_free(c->machine);
    pl_store_free(c->store);
    pl_code_free(&c->code, &c->memory);
    plc_result_free(&c->built);
}

static void store_number(uint8_t *bytes, one_number value, unsigned width)
{
    for (unsigned i = width; i > 0; i--) {
        bytes[i - 1] = (uint8_t)(value & 0xff);
        value = value / 256 - (value < 0 && value % 256 != 0); /* down: the sign goes on */
    }
}

void one_add_bytes(one_contract *c, const uint8_t *bytes, size_t size)
{
    if (c->size + size > sizeof c->arguments) {
        fail("arguments", "too many");
    }
    memcpy(c->arguments + c->size, bytes, size);
    c->size += size;
}

void one_add(one_contract *c, one_number value, unsigned width)
{
    uint8_t bytes[32];
    store_number(bytes, value, width);
    one_add_bytes(c, bytes, width);
}

void one_account(uint8_t account[32], uint32_t number)
{
    memset(account, 0, 32);
    pl_store_u32(account, number * 2654435761u);
    pl_store_u32(account + 28, number);
}

void one_add_account(one_contract *c, uint32_t number)
{
    uint8_t account[32];
    one_account(account, number);
    one_add_bytes(c, account, sizeof account);
}

static bool is_named(const pl_name *name, const char *text)
{
    return name->size == strlen(text) && memcmp(name->text, text, name->size) == 0;
}

uint32_t one_function(const one_contract *c, const char *name)
{
    for (uint32_t i = 0; i < c->code.function_count; i++) {
        if (is_named(&c->code.functions[i].name, name)) {
            return i;
        }
    }
    fail(name, "no such function");
}

pl_status one_call(one_contract *c, const char *function, uint32_t caller)
{
    return one_call_number(c, one_function(c, function), caller);
}

pl_status one_call_number(one_contract *c, uint32_t function, uint32_t caller)
{
    uint8_t account[32];
    one_account(account, caller);
    pl_call call = {.contract = 1,
                    .function = function,
                    .gas_limit = GAS_MAX,
                    .height = 1,
                    .time_s = c->time_s,
                    .arguments = c->arguments,
                    .arguments_size = c->size};
    pl_u256_load_be(&call.caller, account, 32);
    pl_door *door = pl_store_door(c->store);
    must(door->ops->begin(door), "begin");
    must(pl_machine_run(c->machine, &c->outcome, door, &c->linkage, &call), "run");
    const bool keep = c->outcome.status == PL_OK;
    must(keep ? door->ops->commit(door) : door->ops->rollback(door), "end");
    c->size = 0;
    return c->outcome.status;
}

void one_must(one_contract *c, const char *function, uint32_t caller)
{
    must(one_call(c, function, caller), function);
}

one_number one_result(const one_contract *c, size_t offset, unsigned width)
{
    one_number value = 0;
    if (offset + width > c->outcome.result_size) {
        fail("result", "too short");
    }
    for (unsigned i = 0; i < width; i++) {
        value = value * 256 + c->outcome.result[offset + i];
    }
    return value;
}

void one_price(one_contract *c, uint32_t feed, one_number price, uint8_t decimals)
{
    uint8_t key[PL_PRICES_KEY_SIZE];
    uint8_t row[PL_PRICES_ROW_SIZE] = {0};
    pl_door *door = pl_store_door(c->store);
    pl_store_u32(key, feed);
    store_number(row + PL_PRICES_PRICE, price, 32);
    row[PL_PRICES_DECIMALS] = decimals;
    pl_store_u64(row + PL_PRICES_TIME, c->time_s);
    must(door->ops->put(door, c->linkage.prices_table, key, row), "price");
}

void one_row(one_contract *c, const char *table)
{
    for (uint32_t i = 0; i < c->code.table_count; i++) {
        const pl_table *schema = &c->code.tables[i];
        if (is_named(&schema->name, table)) {
            c->table = i;
            c->size = 0;
            memset(c->row, 0, sizeof c->row);
            for (uint32_t k = 0; k < schema->field_count; k++) {
                const pl_field *field = &schema->fields[k];
                if (field->has_default) {
                    memcpy(c->row + field->offset, field->default_bytes, field->type.size);
                }
            }
            return;
        }
    }
    fail(table, "no such table");
}

static const pl_field *field_of(const one_contract *c, const char *name)
{
    const pl_table *schema = &c->code.tables[c->table];
    for (uint32_t k = 0; k < schema->field_count; k++) {
        if (is_named(&schema->fields[k].name, name)) {
            return &schema->fields[k];
        }
    }
    fail(name, "no such field");
}

void one_set(one_contract *c, const char *field, one_number value)
{
    const pl_field *of = field_of(c, field);
    store_number(c->row + of->offset, value, of->type.size);
}

void one_set_account(one_contract *c, const char *field, uint32_t number)
{
    one_account(c->row + field_of(c, field)->offset, number);
}

void one_put(one_contract *c)
{
    pl_door *door = pl_store_door(c->store);
    must(door->ops->put(door, c->table, c->arguments, c->row), "put");
    c->size = 0;
}
