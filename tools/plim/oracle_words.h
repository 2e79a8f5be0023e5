/* What the oracle commands share: names of formats, JSON on stdout. */
#ifndef PT_PLIM_ORACLE_WORDS_H
#define PT_PLIM_ORACLE_WORDS_H

#include <jansson.h>

#include "tools/common/report.h"

/* The format of a --format option. Errors: PT_USAGE, with the nearest name. */
pt_exit pt_oracle_format_word(unsigned *format, const char *word, pt_report *report);

/* Prints one JSON value. Errors: PT_LIMIT. */
pt_exit pt_oracle_print_json(const json_t *value, pt_report *report);

#endif
