/* What the tests of running code share: worlds that note which instructions they hold, and calls in
 * both loops. */
#ifndef PL_UNIT_EXEC_PARTS_H
#define PL_UNIT_EXEC_PARTS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/support/run_code.h"
#include "vm/base/bytes.h"
#include "vm/machine/ops.h"

#define PURE   PL_EFFECT_PURE
#define VIEW   PL_EFFECT_VIEW
#define TX     PL_EFFECT_TX
#define PUBLIC PL_FUNCTION_PUBLIC
#define GAS    10000000u

static bool covered[256];

static inline run_world *start(build **builds, uint32_t count)
{
    run_world *world = run_start(builds, count);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t f = 0; f < world->codes[i].function_count; f++) {
            const pl_function *function = &world->codes[i].functions[f];
            for (uint32_t k = 0; k < function->instruction_count; k++) {
                covered[function->instructions[k].op] = true;
            }
        }
    }
    return world;
}

static inline run_world *start_one(build *b)
{
    return start(&b, 1);
}

static inline uint64_t result64(const run_world *world, size_t index)
{
    const pl_u256 value = run_result(world, 8 * index, 8);
    return pl_u256_low64(&value);
}

static inline void ignore_step(void *context, const pl_trace_step *step)
{
    (void)context, (void)step;
}

/* Calls f of contract 1 in the fast loop, then in the traced one, which knows no runs; true when
 * both end alike. */
static inline bool same_both_ways(run_world *world, const char *arguments, uint64_t gas)
{
    pl_machine_trace(world->machine, NULL, NULL);
    (void)run_call(world, 1, "f", arguments, gas);
    const pl_outcome fast = world->outcome;
    uint8_t result[32 * PL_RESULTS_MAX];
    if (fast.status == PL_OK) {
        memcpy(result, fast.result, fast.result_size);
    }
    pl_machine_trace(world->machine, ignore_step, NULL);
    (void)run_call(world, 1, "f", arguments, gas);
    const pl_outcome *plain = &world->outcome;
    if (fast.status != plain->status || fast.gas_used != plain->gas_used) {
        return false;
    }
    return fast.status == PL_OK ? fast.result_size == plain->result_size &&
                                      memcmp(result, plain->result, fast.result_size) == 0
                                : fast.trap_function == plain->trap_function &&
                                      fast.trap_instruction == plain->trap_instruction;
}

#define assert_status(found, wanted) assert_string_equal(pl_status_name(found), wanted)

#endif
