/* What the core relies on the compiler for, checked at build time, and PL_ASSERT.
 *
 * PL_ASSERT stays on in release builds. It guards invariants of our own making; bytes from outside
 * never reach an assertion, they are rejected with a status. */
#ifndef PL_BASE_ASSUME_H
#define PL_BASE_ASSUME_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert(CHAR_BIT == 8, "a byte has eight bits");
_Static_assert(sizeof(uint64_t) == 8 && sizeof(uint32_t) == 4, "fixed widths are exact");
_Static_assert((-1 & 3) == 3, "signed integers are two's complement");
_Static_assert(UINT_MAX >= 0xffffffffu, "int has at least 32 bits");
_Static_assert(sizeof(size_t) >= 4, "sizes have at least 32 bits");

#define PL_ASSERT(condition)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            __builtin_trap();                                                                      \
        }                                                                                          \
    } while (0)

/* For functions that only ask for memory ahead: gcc takes a call of such a function for one without
 * effect and drops it, unless it was inlined before. */
#define PL_ASKS_AHEAD static inline __attribute__((always_inline))

#define PL_LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define PL_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#endif
