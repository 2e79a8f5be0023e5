/* A chain's beginning and end, and what can be read of it without running anything. */
#include "vm/chain/chain.h"

#include <string.h>

#include "vm/base/assume.h"

/* ---- create and free ---- */

void pl_chain_free(pl_chain *chain)
{
    if (chain == NULL) {
        return;
    }
    const pl_memory memory = chain->memory;
    pl_buffer_free(&chain->receipts, &memory);
    pl_buffer_free(&chain->sealed, &memory);
    if (chain->machine != NULL) {
        pl_machine_free(chain->machine);
    }
    if (chain->store != NULL) {
        pl_store_free(chain->store);
    }
    pl_keys_free(chain->keys);
    pl_world_free(&chain->world, &memory);
    memory.give(memory.context, chain, sizeof *chain);
}

/* World table numbers are the order of registration: contract 0, 1, 2, .. */
static pl_status register_tables(pl_chain *chain)
{
    const pl_world *world = &chain->world;
    for (uint32_t contract = 0; contract <= world->contract_count; contract++) {
        const uint32_t first = world->table_bases[contract];
        for (uint32_t table = first; table < world->table_bases[contract + 1]; table++) {
            uint32_t number;
            PL_TRY(pl_store_add_table(chain->store, &number, contract, (uint16_t)(table - first),
                                      world->tables[table]));
            PL_ASSERT(number == table);
        }
    }
    return PL_OK;
}

static pl_status open_parts(pl_chain *chain, pl_world_error *where, const uint8_t *world,
                            size_t world_size)
{
    PL_TRY(pl_world_load(&chain->world, where, &chain->memory, world, world_size));
    PL_TRY(pl_store_create(&chain->store, &chain->memory));
    PL_TRY(register_tables(chain));
    PL_TRY(pl_machine_create(&chain->machine, &chain->memory));
    chain->door = pl_store_door(chain->store);
    chain->linkage = (pl_linkage){.contracts = chain->world.contracts,
                                  .contract_count = chain->world.contract_count,
                                  .prices_table = PL_SYSTEM_PRICES};
    return PL_OK;
}

pl_status pl_chain_open(pl_chain **chain, pl_world_error *where, const pl_memory *memory,
                        const uint8_t *world, size_t world_size)
{
    pl_world_error unwanted;
    *chain = NULL;
    pl_chain *opened = memory->take(memory->context, sizeof *opened);
    if (opened == NULL) {
        return PL_FAULT_MEMORY;
    }
    *opened = (pl_chain){.memory = *memory};
    const pl_status status =
        open_parts(opened, where == NULL ? &unwanted : where, world, world_size);
    if (status != PL_OK) {
        pl_chain_free(opened);
        return status;
    }
    *chain = opened;
    return PL_OK;
}

pl_status pl_chain_keep_keys(pl_chain *chain)
{
    return chain->world.tx_auth == PL_TX_AUTH_SECP256K1
               ? pl_keys_create(&chain->keys, &chain->memory)
               : PL_OK;
}

/* spec 06 §1, genesis state: the chain row, the contracts' rows, the rows of the world. */
pl_status pl_chain_write_genesis(pl_chain *chain)
{
    static const uint8_t no_parent[32] = {0};
    const pl_world *world = &chain->world;
    PL_TRY(pl_system_put_chain(chain, 0, world->time_s, no_parent));
    PL_TRY(pl_system_put_contracts(chain));
    pl_world_row row;
    for (size_t offset = 0; pl_world_row_next(world, &offset, &row);) {
        PL_TRY(chain->door->ops->put(chain->door, row.table, row.key, row.row));
    }
    chain->head = (pl_head){.height = 0, .time_s = world->time_s};
    memcpy(chain->head.block_hash, world->id, 32);
    PL_TRY(pl_store_root(chain->store, chain->head.state_root));
    chain->head.row_count = pl_store_row_count(chain->store);
    return PL_OK;
}

pl_status pl_chain_create(pl_chain **chain, pl_world_error *where, const pl_memory *memory,
                          const uint8_t *world, size_t world_size)
{
    PL_TRY(pl_chain_open(chain, where, memory, world, world_size));
    pl_status status = pl_chain_keep_keys(*chain);
    if (status == PL_OK) {
        status = pl_chain_write_genesis(*chain);
    }
    if (status != PL_OK) {
        pl_chain_free(*chain);
        *chain = NULL;
    }
    return status;
}

pl_status pl_chain_note(pl_chain *chain, pl_status status)
{
    if (pl_is_fault(status)) {
        chain->fault = status;
    }
    return status;
}

/* ---- reading ---- */

void pl_chain_head(pl_head *head, const pl_chain *chain)
{
    *head = chain->head;
}

const pl_world *pl_chain_world(const pl_chain *chain)
{
    return &chain->world;
}

pl_store *pl_chain_store(pl_chain *chain)
{
    return chain->store;
}

const pl_code *pl_chain_code(const pl_chain *chain, uint32_t contract)
{
    return contract >= 1 && contract <= chain->world.contract_count
               ? &chain->world.codes[contract - 1]
               : NULL;
}

const pl_table *pl_chain_table(const pl_chain *chain, uint32_t contract, uint32_t table)
{
    const uint32_t number = pl_world_table(&chain->world, contract, table);
    return number == PL_NONE ? NULL : chain->world.tables[number];
}

pl_status pl_chain_price(pl_price *price, pl_chain *chain, uint32_t feed)
{
    PL_TRY(chain->fault);
    if (feed >= chain->world.feed_count) {
        return PL_REJECT_FEED;
    }
    return pl_chain_note(chain, pl_system_get_price(price, chain, feed));
}

pl_status pl_chain_row(const uint8_t **row, pl_chain *chain, uint32_t contract, uint32_t table,
                       const uint8_t *key)
{
    PL_TRY(chain->fault);
    const uint32_t number = pl_world_table(&chain->world, contract, table);
    if (number == PL_NONE) {
        return PL_REJECT_RANGE;
    }
    return pl_chain_note(chain, chain->door->ops->get(chain->door, row, number, key));
}

pl_status pl_rows_begin(pl_rows *rows, const pl_chain *chain, uint32_t contract, uint32_t table)
{
    const uint32_t number = pl_world_table(&chain->world, contract, table);
    if (number == PL_NONE) {
        return PL_REJECT_RANGE;
    }
    *rows = (pl_rows){.schema = chain->world.tables[number],
                      .contract = contract,
                      .table = table,
                      .cursor = pl_store_rows(chain->store, number)};
    return PL_OK;
}

bool pl_rows_next(pl_rows *rows)
{
    const bool found = pl_cursor_next(&rows->cursor);
    rows->key = found ? rows->cursor.key : NULL;
    rows->row = found ? rows->cursor.row : NULL;
    return found;
}

/* ---- names ---- */

static bool is_called(pl_name have, const char *name, size_t size)
{
    return have.size == size && memcmp(have.text, name, size) == 0;
}

/* The first of count entries whose name is this one. */
#define FIND(entries, count, entry_name)                                                           \
    for (uint32_t i = 0; i < (count); i++) {                                                       \
        if (is_called((entries)[i] entry_name, name, size)) {                                      \
            return i;                                                                              \
        }                                                                                          \
    }                                                                                              \
    return PL_NONE

uint32_t pl_find_contract(const pl_chain *chain, const char *name, size_t size)
{
    for (uint32_t i = 0; i < chain->world.contract_count; i++) {
        if (is_called(chain->world.contract_names[i], name, size)) {
            return i + 1;
        }
    }
    return PL_NONE;
}

uint32_t pl_find_feed(const pl_chain *chain, const char *name, size_t size)
{
    FIND(chain->world.feed_names, chain->world.feed_count, );
}

uint32_t pl_find_function(const pl_chain *chain, uint32_t contract, const char *name, size_t size)
{
    const pl_code *code = pl_chain_code(chain, contract);
    if (code == NULL) {
        return PL_NONE;
    }
    FIND(code->functions, code->function_count, .name);
}

uint32_t pl_find_table(const pl_chain *chain, uint32_t contract, const char *name, size_t size)
{
    const pl_code *code = pl_chain_code(chain, contract);
    if (contract == 0) {
        FIND(pl_system_tables, PL_SYSTEM_TABLE_COUNT, .name);
    }
    if (code == NULL) {
        return PL_NONE;
    }
    FIND(code->tables, code->table_count, .name);
}

uint32_t pl_find_error(const pl_chain *chain, uint32_t contract, const char *name, size_t size)
{
    const pl_code *code = pl_chain_code(chain, contract);
    if (code == NULL) {
        return PL_NONE;
    }
    FIND(code->errors, code->error_count, .name);
}

uint32_t pl_find_event(const pl_chain *chain, uint32_t contract, const char *name, size_t size)
{
    const pl_code *code = pl_chain_code(chain, contract);
    if (code == NULL) {
        return PL_NONE;
    }
    FIND(code->events, code->event_count, .name);
}

const pl_label *pl_find_label(const pl_chain *chain, pl_label_kind kind, const uint8_t *value)
{
    for (uint32_t i = 0; i < chain->world.label_count; i++) {
        const pl_label *label = &chain->world.labels[i];
        if (label->kind == kind && memcmp(label->value, value, 32) == 0) {
            return label;
        }
    }
    return NULL;
}
