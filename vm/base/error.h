/* Status codes of the core, and the one way to hand them on.
 *
 * Every function that can fail returns pl_status; PL_OK is zero. A status is a TRAP, a REJECT or a
 * FAULT (see errors.def) and the three never mix. Nothing in vm/ owns memory, so returning early
 * never leaks. */
#ifndef PL_BASE_ERROR_H
#define PL_BASE_ERROR_H

#include <stdbool.h>

typedef enum pl_status {
    PL_OK = 0,
#define ERR(kind, number, name, sentence) PL_##kind##_##name = number,
#include "vm/base/errors.def"
#undef ERR
} pl_status;

/* Returns the name without its kind ("OVERFLOW"), or "OK", or "UNKNOWN". Never NULL. */
const char *pl_status_name(pl_status status);

/* Returns the sentence of errors.def, or an empty string. Never NULL. */
const char *pl_status_sentence(pl_status status);

static inline bool pl_is_trap(pl_status status)
{
    return status >= 100 && status < 200;
}

static inline bool pl_is_reject(pl_status status)
{
    return status >= 200 && status < 300;
}

static inline bool pl_is_fault(pl_status status)
{
    return status >= 900;
}

/* Hands any failure of EXPR on to the caller. */
#define PL_TRY(expr)                                                                               \
    do {                                                                                           \
        const pl_status pl_try_status_ = (expr);                                                   \
        if (pl_try_status_ != PL_OK) {                                                             \
            return pl_try_status_;                                                                 \
        }                                                                                          \
    } while (0)

/* PL_TRY for a step that cannot fail, because what it needs was checked before. It hands a failure
 * on all the same; sanitized builds and `make cover` define PL_SURE_STOPS and stop at one. */
#ifdef PL_SURE_STOPS
#define PL_SURE(expr)                                                                              \
    do {                                                                                           \
        if ((expr) != PL_OK) {                                                                     \
            __builtin_trap();                                                                      \
        }                                                                                          \
    } while (0)
#else
#define PL_SURE(expr) PL_TRY(expr)
#endif

#if defined(__GNUC__)
#define PL_MUST_USE __attribute__((warn_unused_result))
#else
#define PL_MUST_USE
#endif

#endif
