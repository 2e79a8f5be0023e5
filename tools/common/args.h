/* Command lines: one table of commands, one table of options for each, help printed from both. */
#ifndef PT_COMMON_ARGS_H
#define PT_COMMON_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/common/report.h"

typedef struct pt_option {
    const char *name;  /* "--until"; a second spelling may follow in the next entry, NULL help   */
    const char *value; /* what to write after it, "BLOCK"; NULL for a flag                       */
    const char *help;
} pt_option;

#define PT_OPTIONS_MAX 24

typedef struct pt_command pt_command;

typedef struct pt_args {
    const pt_command *command;
    const char
        *values[PT_OPTIONS_MAX]; /* by place in command->options; flags get ""; NULL: absent */
    const char **words;          /* what is no option, in order */
    size_t word_count;
} pt_args;

struct pt_command {
    const char *name;     /* "replay" or "import evm-trace" */
    const char *synopsis; /* "DIR|FILE... [options]"         */
    const char *summary;  /* one line of `plim help`         */
    const char *about;    /* paragraphs and examples of `plim NAME --help` */
    const pt_option *options;
    size_t option_count;
    size_t words_min, words_max;
    pt_exit (*run)(const pt_args *args, pt_report *report);
};

/* Reads argv (without program and command name). Sets *help when --help or -h is among them.
 * args->words points into a block that pt_args_free gives back. Errors: PT_USAGE. */
pt_exit pt_args_read(pt_args *args, bool *help, const pt_command *command, int argc,
                     char *const *argv, pt_report *report);
void pt_args_free(pt_args *args);

/* The value of an option of the command's table ("" for a flag that is set), or NULL. */
const char *pt_args_value(const pt_args *args, const char *name);
bool pt_args_flag(const pt_args *args, const char *name);

/* A whole number in min..max; absent: *number stays. Errors: PT_USAGE. */
pt_exit pt_args_u64(uint64_t *number, const pt_args *args, const char *name, uint64_t min,
                    uint64_t max, pt_report *report);

/* Decimal digits only, at most UINT64_MAX. */
bool pt_parse_u64(uint64_t *number, const char *text);

/* Prints the command's page to stdout. */
void pt_args_print_help(const pt_command *command);

#endif
