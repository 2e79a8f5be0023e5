/* What the two tests of running code share: worlds that note which instructions they hold. */
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

#define assert_status(found, wanted) assert_string_equal(pl_status_name(found), wanted)

#endif
