/* What the two tests of containers share: loading without leaks, and a contract with one of
 * everything. */
#ifndef PL_UNIT_CODE_PARTS_H
#define PL_UNIT_CODE_PARTS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/support/build_code.h"
#include "vm/base/sha256.h"
#include "vm/machine/disasm.h"
#include "vm/machine/ops.h"
#include "vm/machine/symbols.h"
#include "vm/machine/value.h"

#define PURE PL_EFFECT_PURE
#define VIEW PL_EFFECT_VIEW
#define TX   PL_EFFECT_TX

static inline pl_status load(build *b, pl_code_error *where)
{
    build_memory memory;
    size_t size;
    pl_code code;
    build_memory_init(&memory);
    const uint8_t *bytes = build_finish(b, &size);
    const pl_status status = pl_code_load(&code, where, &memory.memory, bytes, size);
    if (status == PL_OK) {
        pl_code_free(&code, &memory.memory);
    } else {
        assert_true(where->offset <= size);
    }
    assert_int_equal(memory.taken, 0);
    return status;
}

static inline void expect(const char *reason, pl_status found, pl_status wanted)
{
    if (found != wanted) {
        fail_msg("%s: %s, not %s", reason, pl_status_name(found), pl_status_name(wanted));
    }
}

/* Constants 0, 1, 2^64; table 0 rows, table 1 the params; error Bad(x), event Did(x, n); imports
 * 0 see (view), 1 act (tx); functions 0 pure h(x) -> (y), 1 view v(), 2 tx t(). */
static inline build *context(void)
{
    build *b = build_start("context");
    (void)build_constant(b, "0");
    (void)build_constant(b, "1");
    (void)build_constant(b, "18446744073709551616");
    (void)build_enum(b, "Mode", "none,isolated");
    (void)build_table(b, "rows", 0, "k:u64", "v:u256, n:u32, s:i8", "by_n:1");
    (void)build_table(b, "settings", 1, "", "fee:u16=5[1,9]", "");
    (void)build_error(b, "Bad", "x:u256");
    (void)build_event(b, "Did", "x:u256, n:u64");
    (void)build_import(b, "see", VIEW, "x:u256", "y:u256");
    (void)build_import(b, "act", TX, "", "");
    (void)build_function(b, "h", PURE, "x:u256", "y:u256", "w", "RET 0");
    (void)build_function(b, "v", VIEW, "", "", "", "RET 0");
    (void)build_function(b, "t", TX, "", "", "", "RET 0");
    return b;
}

#endif
