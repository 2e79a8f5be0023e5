/* The story of one transaction as facts, and as text. */
#ifndef PT_PLIM_EXPLAIN_H
#define PT_PLIM_EXPLAIN_H

#include <jansson.h>
#include <stdio.h>

#include "tools/plim/run.h"

typedef struct pt_explain {
    const char *history;   /* folder or file */
    const char *contracts; /* folder of the sources, or NULL: the project's */
    const char *account;   /* whose health, or NULL: the account that the call names */
    uint64_t height;
    uint64_t receipt; /* of the block, from 0; UINT64_MAX: its first transaction */
    bool all_formulas;
} pt_explain;

/* json_decref what comes back. Errors: PT_INPUT (no such block, receipt or account), PT_LIMIT,
 * PT_INTERRUPTED. */
pt_exit pt_explain_facts(json_t **facts, const pt_explain *explain, pt_report *report);
void pt_explain_print(const json_t *facts, FILE *file);

/* ---- between the files of this command ---- */

/* The lines of a contract's source, if it is still what the container was compiled from. */
typedef struct pt_source_lines pt_source_lines;
pt_source_lines *pt_source_lines_open(const pl_code *code, const char *contracts);
/* The line without its indent, or NULL. Valid until the close. */
const char *pt_source_line(pt_source_lines *lines, pl_name file, uint32_t line);
void pt_source_lines_close(pt_source_lines *lines);

struct pt_formulas;
/* The formulas as JSON: at, source, formula, rounding, exact, result. Repeats of one line after its
 * first `repeats` are only counted. */
json_t *pt_formulas_json(const struct pt_formulas *formulas, pl_chain *chain, const char *contracts,
                         size_t repeats);

#endif
