/* The story of one transaction as facts, and as text. */
#ifndef PT_PLIM_EXPLAIN_H
#define PT_PLIM_EXPLAIN_H

#include <jansson.h>
#include <stdio.h>

#include "tools/plim/run.h"

typedef struct pt_explain {
    const char *history;   /* folder or file */
    const char *contracts; /* folder of the sources, or NULL: where they may be expected */
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

/* The lines of a contract's source, if they are still what its container was compiled from. */
typedef struct pt_source_lines pt_source_lines;
enum { PT_SOURCE_WHY_MAX = 320 };

/* On output: why there are none, "" when there are. pt_source_lines_close what comes back. */
pt_source_lines *pt_source_lines_open(char why[PT_SOURCE_WHY_MAX], const pl_code *code,
                                      const pt_explain *explain);
/* The line without its indent, or NULL. Valid until the next one is asked for. */
const char *pt_source_line(pt_source_lines *lines, pl_name file, uint32_t line);
void pt_source_lines_close(pt_source_lines *lines);

struct pt_formulas;
/* Sets formulas (each with at, source, formula, rounding, exact, result), formulas_left_out (how
 * many exact zeros and repeats of a line are not among them) and sources_not_shown. */
void pt_formulas_tell(json_t *facts, const struct pt_formulas *formulas, pl_chain *chain,
                      const pt_explain *explain);

#endif
