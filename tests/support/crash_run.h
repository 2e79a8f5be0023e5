/* Replays with a journal inside a test program, on whatever disk pt_disk_use put underneath, and
 * what is to be the same after every crash. */
#ifndef PL_SUPPORT_CRASH_RUN_H
#define PL_SUPPORT_CRASH_RUN_H

#include "tools/plim/replay.h"

/* The folder of the journal on a sim_disk. */
#define CRASH_FOLDER "j"

/* A small history with calls that fail, and expectations of which a few are wrong; of queries, or
 * of columns of an export. The files are real ones, in the folder given. */
typedef struct crash_history {
    char path[128];
    uint64_t blocks;
} crash_history;
void crash_history_make(crash_history *history, const char *folder, uint64_t blocks, bool columns);

typedef struct crash_result {
    pt_exit exit;
    pt_report report;
    char *text;         /* the JSON of the verdict without times; NULL after a failure */
    uint64_t after;     /* the checkpoint that it went on from */
    uint64_t journal;   /* records that the journal had when it was opened */
    unsigned fallbacks; /* checkpoints that were named and did not verify */
    unsigned cuts;      /* torn tails */
} crash_result;

/* One run of the history to its end. resume: goes on with the journal in `folder`; folder NULL: no
 * journal. Journal paces come from pace. */
crash_result crash_run(const crash_history *history, const char *folder, bool resume,
                       const pt_pace *pace);
/* The same, or with --journal when --resume finds that no journal was ever started. */
crash_result crash_go_on(const crash_history *history, const char *folder, const pt_pace *pace);
void crash_result_free(crash_result *result);

/* Called after each block of a run that a test drives itself, with what the journal reports as
 * done. */
typedef void crash_told(void *context, uint64_t durable, uint64_t generation);

/* As crash_run from block 1 with a new journal, block by block; only how it ends is of interest. */
pt_exit crash_run_told(const crash_history *history, const char *folder, const pt_pace *pace,
                       crash_told *told, void *context, pt_report *report);

#endif
