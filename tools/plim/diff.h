/* The first divergence between two histories, as facts and as text. */
#ifndef PT_PLIM_DIFF_H
#define PT_PLIM_DIFF_H

#include <jansson.h>
#include <stdio.h>

#include "tools/plim/run.h"

typedef struct pt_diff {
    const char *histories[2]; /* folder or file, A and B                                       */
    const char *contracts[2]; /* folders of the sources, or NULL: the project's                */
    bool all;                 /* all differing rows, at most PT_DIFF_ROWS_MAX                   */
} pt_diff;

#define PT_DIFF_ROWS_MAX   100u
#define PT_DIFF_VALUES_MAX 100u     /* differing fields of one receipt, world part, ...           */
#define PT_DIFF_STEPS_MAX  4000000u /* of one transaction: 160 MB */

/* *facts: json_decref it; its "identical" is the answer. Errors: PT_INPUT (not a history),
 * PT_LIMIT, PT_INTERRUPTED. A block that does not verify is a fact, not an error. */
pt_exit pt_diff_facts(json_t **facts, const pt_diff *diff, pt_report *report);
void pt_diff_print(const json_t *facts, FILE *file);

/* ---- between the files of this command ---- */

/* One of the two histories, at the block that differs. */
typedef struct pt_diff_side {
    const char *name; /* "a" or "b": also its key in the facts */
    const char *word; /* of the command line */
    const char *contracts;
    pt_run run;
    const uint8_t *block; /* as the history has it; NULL: it ends before */
    size_t block_size;
    pl_block decoded;  /* of copy                                                             */
    pt_bytes copy;     /* the block under a header that links, but holds no roots: it runs to its
                          end, is refused and rolled back, as often as wanted                  */
    bool can_run;      /* copy holds a block that reaches execution */
    json_t *ran;       /* facts of that run: pt_facts_block         */
    uint64_t *effects; /* [transaction]: hash of the rows touched so far, after it */
    uint32_t transaction_count;
} pt_diff_side;

/* Runs the copy under a watch (or NULL) and takes everything back. False when execution was not
 * reached, or after a fault: *result says why. */
bool pt_diff_run(pl_block_result *result, pt_diff_side *side, const pl_watch *watch);

void pt_diff_set(json_t *object, const char *key, json_t *value);
json_t *pt_diff_name(pl_name name);
/* "B - A" of two stored numbers at the scale of the type, or NULL for other classes and when it has
 * no 256 bits. */
json_t *pt_diff_minus(pl_type type, const uint8_t *a, const uint8_t *b);
/* Appends {"where": path, "a": .., "b": ..} for every leaf that differs; null: absent there. */
void pt_diff_values(json_t *list, const char *path, const json_t *a, const json_t *b);

/* What differs between the worlds, in the order of spec 06 §1; both chains at genesis. */
json_t *pt_diff_worlds(const pt_diff *diff, pl_chain *a, pl_chain *b);

/* Rows of the two states that differ. after_block: tells rows written by the last block from those
 * that differed before; same_world: the system's own tables too. */
json_t *pt_diff_rows(pl_chain *a, pl_chain *b, bool same_world, bool after_block, bool all);

/* Reports and transactions that differ; both blocks decoded. Of two worlds signatures always do, so
 * they alone are no difference then. */
json_t *pt_diff_bodies(pt_diff_side sides[2], bool same_world);
/* Receipts of the two runs that differ, field by field. */
json_t *pt_diff_receipts(pt_diff_side sides[2]);

/* Which transaction's effect differs first, and the first step of it that does; JSON null when no
 * execution differs. Errors: PT_LIMIT. */
pt_exit pt_diff_steps(json_t **facts, pt_diff_side sides[2], pt_report *report);

/* One step in words, before it runs: code, text, source, operands; results come later. */
json_t *pt_diff_step_json(const pt_diff_side *side, const pl_trace_step *step);
/* Values of the registers that an instruction reads (or, is_result, writes). */
json_t *pt_diff_operands_json(const pt_diff_side *side, const pl_code *code, uint32_t function,
                              uint32_t instruction, const uint8_t *registers, bool is_result);
/* The instruction's text; free() it. */
char *pt_diff_instruction_text(const pl_code *code, uint32_t function, uint32_t instruction);
/* "file:line", or an empty text. */
const char *pt_diff_place(char text[128], const pl_code *code, uint32_t function,
                          uint32_t instruction);
/* True for operand `index` when the instruction writes (is_result) or reads it. */
bool pt_diff_is_operand(const pl_instruction *instruction, uint32_t index, bool is_result);

#endif
