/* How a tool fails: one line of text and one exit code, the same in every command.
 *
 * A function that can fail returns a pt_exit and, unless it returns PT_OK, has put one sentence
 * into the report: what, where, which rule, what to do. main prints it as "plim: ...". */
#ifndef PT_COMMON_REPORT_H
#define PT_COMMON_REPORT_H

#include <stddef.h>

#include "vm/base/error.h"

/* Exit codes of plim. Scripts rely on them; plim help lists them. */
typedef enum pt_exit {
    PT_OK = 0,           /* did what was asked; compared things are identical        */
    PT_DIVERGED = 1,     /* compared things differ, or a check found something        */
    PT_USAGE = 2,        /* the command line is wrong                                 */
    PT_INPUT = 3,        /* a file is missing, unreadable, malformed or inconsistent  */
    PT_LIMIT = 4,        /* a limit of this machine or run: memory, disk, size        */
    PT_INTERRUPTED = 130 /* Ctrl-C                                                    */
} pt_exit;

typedef struct pt_report {
    char line[1024]; /* without a line end; empty when there is nothing to say */
} pt_report;

/* Writes the sentence (cut at the size of the line; control characters from hostile input become
 * '?') and returns exit, so that a caller can `return pt_fail(...)`. */
pt_exit pt_fail(pt_report *report, pt_exit exit, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "text: " before what the report says. */
void pt_prefix(pt_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for a status of the core: "WHAT: NAME: sentence". A fault becomes PT_LIMIT, all else
 * PT_INPUT. */
pt_exit pt_fail_status(pt_report *report, pl_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Hands any failure of EXPR on to the caller. */
#define PT_TRY(expr)                                                                               \
    do {                                                                                           \
        const pt_exit pt_try_exit_ = (expr);                                                       \
        if (pt_try_exit_ != PT_OK) {                                                               \
            return pt_try_exit_;                                                                   \
        }                                                                                          \
    } while (0)

#endif
