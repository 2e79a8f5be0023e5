/* Events of a verified run, one after the other, by name and fields: what ledgers are made of. */
#ifndef PT_PLIM_TAPE_H
#define PT_PLIM_TAPE_H

#include <jansson.h>

#include "tools/common/bytes.h"
#include "tools/plim/run.h"
#include "vm/num/text.h"

/* Amounts of all scales are summed at this many decimals. */
#define PT_TAPE_SCALE 18u

typedef struct pt_told {
    uint64_t block, time_s;
    uint64_t receipt;  /* of the block, from 0                               */
    uint32_t contract; /* that emitted it                                    */
    char name[64];     /* of the event                                       */
    json_t *fields;    /* {name: text}: exact decimals, accounts by label    */
} pt_told;

/* What is left to do with an event; a failure ends the walk. */
typedef pt_exit (*pt_tape_sink)(void *context, const pt_told *told, pt_report *report);

/* The events of a sealed or replayed block, in order. Errors: PT_INPUT; as sink. */
pt_exit pt_tape_block(pl_chain *chain, const pl_block_result *result, pt_tape_sink sink,
                      void *context, pt_report *report);

/* Replays an open run to its end and tells every event. Errors: as pt_run_advance; as sink. */
pt_exit pt_tape_walk(pt_run *run, pt_tape_sink sink, void *context, pt_report *report);

/* A field as text; "" when the event has none of that name. */
const char *pt_told_text(const pt_told *told, const char *field);

/* A field at PT_TAPE_SCALE. Errors: PT_INPUT when there is no such field, or it is no number. */
pt_exit pt_told_amount(pl_i256 *amount, const pt_told *told, const char *field, pt_report *report);

/* A number of that scale as text, trailing zeros left away. */
const char *pt_tape_text(char text[PL_NUM_TEXT_MAX + 1], const pl_i256 *amount);

/* The decimals that pt_tape_text would print, raised into *decimals; and the text with that many,
 * so that a column's points stand below each other. decimals is at most PT_TAPE_SCALE. */
void pt_tape_widen(size_t *decimals, const pl_i256 *amount);
const char *pt_tape_column(char text[PL_NUM_TEXT_MAX + 1], const pl_i256 *amount, size_t decimals);

/* A number of that scale roughly, for plots. */
double pt_tape_rough(const pl_i256 *amount);

/* True if any contract of the world has an event of this name. */
bool pt_tape_has(const pl_chain *chain, const char *event);

/* Prints an object that is given away, with a line end. Errors: PT_LIMIT. */
pt_exit pt_tape_print_json(json_t *object, pt_report *report);

#endif
