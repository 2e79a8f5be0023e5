/* How far a replay is: one moving line on a terminal, otherwise a plain line every ten seconds. */
#ifndef PT_PLIM_PROGRESS_H
#define PT_PLIM_PROGRESS_H

#include "tools/plim/compare.h"

typedef struct pt_progress {
    bool terminal;
    bool quiet;
    bool shown; /* a line stands on the terminal */
    uint64_t start_ms;
    uint64_t next_ms; /* when to print next */
    uint64_t total;   /* blocks to replay */
} pt_progress;

/* Milliseconds of a clock that only moves forward. */
uint64_t pt_now_ms(void);

void pt_progress_begin(pt_progress *progress, uint64_t total, bool quiet);
void pt_progress_step(pt_progress *progress, const pt_tally *tally, const uint8_t root[32]);

/* Takes the line off the terminal. */
void pt_progress_clear(pt_progress *progress);

/* Milliseconds since begin. */
uint64_t pt_progress_elapsed(const pt_progress *progress);

#endif
