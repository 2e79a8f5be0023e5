/* A history made of an export: one contract, one world, blocks of stand-in prices and calls, and
 * what the export prints for them (columns of spec 06 §7).
 *
 *   pt_export_open, then feeds, labels and rows into .build, then pt_export_start;
 *   for each block pt_export_price, pt_export_call (and pt_export_value), pt_export_seal;
 *   pt_export_write, pt_export_close. */
#ifndef PT_IMPORT_EXPORT_H
#define PT_IMPORT_EXPORT_H

#include "tools/common/expect.h"
#include "tools/common/memory.h"
#include "tools/import/signer.h"
#include "tools/import/world_build.h"

enum { PT_EXPORT_RULES_MAX = 4, PT_EXPORT_COLUMNS_MAX = 16 };

/* A column by names: its function, the result it is compared with, rules, each the name and two
 * results between which the value may lie, and the likely reason where no rule holds, or NULL.
 * Ends of lists: NULL names. */
typedef struct pt_export_column {
    const char *name, *function, *result;
    struct {
        const char *name, *low, *high;
    } rules[PT_EXPORT_RULES_MAX + 1];
    const char *cause;
} pt_export_column;

/* An argument: a number, or the account of a name. */
typedef struct pt_arg {
    const char *account; /* NULL: a number */
    pl_u256 number;
} pt_arg;

/* What became of a call of the block that was sealed last. Valid until the next seal. */
typedef struct pt_export_outcome {
    pl_status status;
    pl_name error; /* of a REVERT */
    uint32_t function;
    const uint8_t *result; /* in pt_export.results */
    size_t result_size;
} pt_export_outcome;

typedef struct pt_export {
    pt_memory memory;
    pt_bytes container;
    pl_code code;
    bool has_code;
    pt_build build;
    pt_signer signer;
    pt_bytes world;
    pl_chain *chain;
    const pt_export_column *columns;
    pt_bytes history, expectations;
    uint64_t rounds[16];     /* of the feeds */
    pt_bytes reports, calls; /* of the block being made */
    uint32_t report_count, call_count;
    uint32_t *functions;     /* of its calls */
    pt_expect_tx *expected;  /* one a call   */
    pt_expect_value *values; /* .bytes: offsets are put in at the end */
    size_t value_count, call_room, value_room;
    pt_bytes printed;            /* bytes of the values */
    pt_export_outcome *outcomes; /* one a call of the sealed block */
    pt_bytes results;
    uint64_t total_calls, total_refused, total_prices, total_values;
} pt_export;

static inline pt_arg pt_arg_number(const pl_u256 *number)
{
    return (pt_arg){.number = *number};
}
static inline pt_arg pt_arg_u64(uint64_t number)
{
    return (pt_arg){.number = pl_u256_from_u64(number)};
}
static inline pt_arg pt_arg_account(const char *name)
{
    return (pt_arg){.account = name};
}

/* Compiles contracts/source, begins a world of this name and time. Errors: PT_INPUT, PT_LIMIT;
 * close it then, too. */
pt_exit pt_export_open(pt_export *made, const char *name, const char *contract, const char *source,
                       const char *contracts, uint64_t time_s, pt_report *report);
void pt_export_close(pt_export *made);

/* A label for the account of this name (1 to 32 printable characters). */
pt_exit pt_export_person(pt_export *made, const char *name, pt_report *report);

/* Makes the world's bytes and a chain at height 0. columns: ended by a NULL name; they stay the
 * caller's. */
pt_exit pt_export_start(pt_export *made, const char *source, const pt_export_column *columns,
                        pt_report *report);

/* A report of the feed in the block being made; a price of the block's time. */
pt_exit pt_export_price(pt_export *made, uint32_t feed, uint64_t time_s, const pl_u256 *price,
                        pt_report *report);

/* A call in the block being made, expected to succeed. */
pt_exit pt_export_call(pt_export *made, const char *caller, const char *function,
                       const pt_arg *arguments, size_t count, pt_report *report);

/* What column number `column` prints for the last call, a number of the column's result. */
pt_exit pt_export_value(pt_export *made, size_t column, const pl_u256 *number, pt_report *report);

/* Seals the block; every report must be accepted, no call rejected. Calls may fail: the outcomes
 * say. */
pt_exit pt_export_seal(pt_export *made, uint64_t time_s, pt_report *report);

/* The number of a result (or of a view's answer) by its name. */
pt_exit pt_export_result(pl_u256 *number, const pt_export *made, size_t call, const char *name,
                         pt_report *report);
pt_exit pt_export_ask(pl_outcome *outcome, const pt_export *made, const char *view,
                      const pt_arg *arguments, size_t count, pt_report *report);
pt_exit pt_export_answer(pl_u256 *number, const pt_export *made, const char *view,
                         const pl_outcome *outcome, const char *name, pt_report *report);

/* Height of the last sealed block. */
uint64_t pt_export_height(const pt_export *made);

pt_exit pt_export_write(const pt_export *made, const char *folder, const char *readme,
                        pt_report *report);

#endif
