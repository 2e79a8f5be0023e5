/* How far a replay is: one moving line on a terminal, otherwise a plain line every ten seconds. */
#ifndef PT_PLIM_PROGRESS_H
#define PT_PLIM_PROGRESS_H

#include "tools/plim/compare.h"

typedef struct pt_progress {
    bool terminal;
    bool quiet;
    bool shown;        /* a line stands on the terminal */
    uint64_t start_ms; /* of this history */
    uint64_t next_ms;  /* when to print next */
    uint64_t total;    /* blocks of this history to replay */
    size_t history, histories;
} pt_progress;

/* Microseconds and milliseconds of a clock that only moves forward. */
uint64_t pt_now_us(void);
uint64_t pt_now_ms(void);

/* Before the first of so many histories. */
void pt_progress_begin(pt_progress *progress, size_t histories, bool quiet);

/* Before each history: total blocks are to be replayed. */
void pt_progress_history(pt_progress *progress, uint64_t total);

/* root: after the last block, or NULL. */
void pt_progress_step(pt_progress *progress, const pt_tally *tally, const uint8_t root[32]);

/* Takes the line off the terminal. */
void pt_progress_clear(pt_progress *progress);

/* Milliseconds since this history began. */
uint64_t pt_progress_elapsed(const pt_progress *progress);

#endif
