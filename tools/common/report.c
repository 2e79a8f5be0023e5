#include "tools/common/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void make_printable(char *text)
{
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f) {
            *c = '?';
        }
    }
}

pt_exit pt_fail(pt_report *report, pt_exit exit, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(report->line, sizeof report->line, format, arguments);
    va_end(arguments);
    make_printable(report->line);
    return exit;
}

void pt_prefix(pt_report *report, const char *format, ...)
{
    char prefix[512];
    char old[sizeof report->line];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    make_printable(prefix);
    memcpy(old, report->line, sizeof old);
    const int size = snprintf(report->line, sizeof report->line, "%s: ", prefix);
    if (size > 0 && (size_t)size < sizeof report->line) {
        const size_t room = sizeof report->line - (size_t)size - 1;
        const size_t kept = strnlen(old, room);
        memcpy(report->line + size, old, kept);
        report->line[(size_t)size + kept] = '\0';
    }
}

pt_exit pt_fail_status(pt_report *report, pl_status status, const char *format, ...)
{
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return pt_fail(report, pl_is_fault(status) ? PT_LIMIT : PT_INPUT, "%s: %s: %s", what,
                   pl_status_name(status), pl_status_sentence(status));
}
