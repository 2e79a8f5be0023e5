/* One contract by itself: compiled from its source, with its tables and a table of prices in a
 * fresh store, called by the names of its functions. For tests and benchmarks that need many calls
 * and no blocks. Every failure that is not an outcome ends the program with a sentence. */
#ifndef PL_SUPPORT_ONE_CONTRACT_H
#define PL_SUPPORT_ONE_CONTRACT_H

#include "tools/plc/plc.h"
#include "vm/machine/exec.h"
#include "vm/state/store.h"

__extension__ typedef __int128 one_number; /* amounts of tests fit 128 bits */

typedef struct one_contract {
    pl_memory memory;
    plc_result built;
    pl_code code;
    pl_store *store;
    pl_machine *machine;
    pl_contract contract;
    pl_linkage linkage;
    pl_outcome outcome; /* of the last call */
    uint64_t time_s;
    uint8_t arguments[1024]; /* of the next call, or the key and row being made */
    size_t size;
    uint8_t row[PL_ROW_SIZE_MAX];
    uint32_t table; /* of the row being made */
} one_contract;

void one_open(one_contract *c, const char *path);
void one_open_in(one_contract *c, const char *path, const pl_memory *memory);
void one_close(one_contract *c);

/* Appends one value to the next call's arguments, or to the key of the row being made. */
void one_add(one_contract *c, one_number value, unsigned width);
void one_add_bytes(one_contract *c, const uint8_t *bytes, size_t size);
void one_add_account(one_contract *c, uint32_t number);

/* On output: account = the bytes that stand for a number, spread so that their order is random. */
void one_account(uint8_t account[32], uint32_t number);

/* Runs a function with the arguments added. A trap undoes what the call wrote. Returns the status
 * of the outcome. caller: an account's number. */
pl_status one_call(one_contract *c, const char *function, uint32_t caller);

/* The same by the function's number, which does not change: for callers who time the call. */
uint32_t one_function(const one_contract *c, const char *name);
pl_status one_call_number(one_contract *c, uint32_t function, uint32_t caller);

/* The same where no trap is expected. */
void one_must(one_contract *c, const char *function, uint32_t caller);

/* The number in width bytes at offset of the last result. */
one_number one_result(const one_contract *c, size_t offset, unsigned width);

void one_price(one_contract *c, uint32_t feed, one_number price, uint8_t decimals);

/* A row written past the contract: begin with its defaults, add its key, set fields, put. */
void one_row(one_contract *c, const char *table);
void one_set(one_contract *c, const char *field, one_number value);
void one_set_account(one_contract *c, const char *field, uint32_t number);
void one_put(one_contract *c);

#endif
