/* A world of one contract, compiled from its source, without feeds, labels and rows. */
#ifndef PL_TEST_CERTIFICATE_SOURCE_H
#define PL_TEST_CERTIFICATE_SOURCE_H

#include "tests/support/heap.h"
#include "tests/unit/certificate_parts.h"
#include "tools/common/bytes.h"
#include "tools/plc/plc.h"

static pl_chain *chain;

static inline bool load_source(void *context, const char *path, const char **text, size_t *size)
{
    (void)path;
    *text = *(const char **)context;
    *size = strlen(*text);
    return true;
}

/* Opens `chain` at the genesis of the world; *world is to be freed when all chains of it are. */
static inline void make_world(pt_bytes *world, const char *source)
{
    plc_result built;
    pl_code code;
    pl_code_error where;
    const plc_options options = {.no_symbols = true};
    plc_compile(&built, load_source, &source, "book.plim", &options);
    if (!built.ok) {
        fail_msg("line %u: %s", (unsigned)built.diagnostics[0].line, built.diagnostics[0].message);
    }
    assert_int_equal(pl_code_load(&code, &where, &heap_memory, built.bytes, built.size), PL_OK);
    world->size = 0;
    pt_put(world, "PLWD\0\1\0\1\4book\0", 14);
    pt_put_u64(world, 0);
    pt_put_u64(world, 1000);
    pt_put_u64(world, 1000000);
    pt_put_u64(world, 0);
    pt_put_u16(world, 1);
    pt_put(world, "\4book", 5);
    pt_put(world, code.hash, 32);
    pt_put_u32(world, (uint32_t)built.size);
    pt_put(world, built.bytes, built.size);
    pt_put(world, "\0\0\0\0\0\0\0\0\0\0", 10); /* no feeds, labels, rows */
    pl_code_free(&code, &heap_memory);
    plc_result_free(&built);
    assert_int_equal(pl_chain_create(&chain, NULL, &counted.memory, world->data, world->size),
                     PL_OK);
}

static inline uint16_t function_of(const char *name)
{
    const uint32_t number = pl_find_function(chain, 1, name, strlen(name));
    assert_true(number != PL_NONE);
    return (uint16_t)number;
}

/* Adds a call of `caller` with these arguments. */
static inline void add_tx(tiny_body *body, const uint8_t *caller, const char *function,
                          const uint8_t *arguments, size_t size)
{
    uint8_t encoded[256];
    pl_tx tx = {.contract = 1,
                .function = function_of(function),
                .gas_limit = 100000,
                .arguments = arguments,
                .arguments_size = (uint32_t)size};
    memcpy(tx.caller, caller, 32);
    pl_tx_encode(encoded, &tx);
    tiny_body_tx(body, encoded, pl_tx_size(&tx));
}

#endif
