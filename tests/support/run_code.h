/* A small world for tests of the machine: up to four contracts from build_code, the store as door,
 * and calls with arguments written as text. */
#ifndef TESTS_SUPPORT_RUN_CODE_H
#define TESTS_SUPPORT_RUN_CODE_H

#include "tests/support/build_code.h"
#include "vm/machine/exec.h"
#include "vm/state/store.h"

#define RUN_CONTRACTS 4u

typedef struct run_world {
    build_memory memory;
    build *builds[RUN_CONTRACTS];
    pl_code codes[RUN_CONTRACTS];
    pl_contract contracts[RUN_CONTRACTS];
    pl_linkage linkage;
    pl_store *store;
    pl_machine *machine;
    pl_outcome outcome; /* of the last run_call */
} run_world;

/* On input: count contracts being built; the world takes them over. They get the numbers 1 .. and
 * the accounts 0x1001 .. . System tables are there and empty. */
run_world *run_start(build **builds, uint32_t count);
void run_end(run_world *world);

/* Parses "12", "-1", "0x1f", "max" (2^256 - 1), "smax" and "smin" (2^255 - 1 and -2^255). */
pl_u256 run_number(const char *text, size_t size);

/* Calls a function by name inside a transaction (begin, then commit or rollback). arguments:
 * numbers separated by blanks, cut to their types. caller is 0xca11, height 7, time 1000. Returns
 * outcome.status; ends the test program on a FAULT. */
pl_status run_call(run_world *world, uint32_t contract, const char *function, const char *arguments,
                   uint64_t gas_limit);

/* Returns result number `index` of the last call, each result of `size` bytes. Signed ones of less
 * than 32 bytes are not extended. */
pl_u256 run_result(const run_world *world, size_t offset, size_t size);

/* Writes a price row. */
void run_set_price(run_world *world, uint32_t feed, const char *price, uint8_t decimals,
                   uint64_t time, uint64_t round);

#endif
