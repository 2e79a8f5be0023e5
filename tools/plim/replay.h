/* One history replayed from its first block, a checkpoint or a journal to its end: what plim replay
 * does with each word of its command line. */
#ifndef PT_PLIM_REPLAY_H
#define PT_PLIM_REPLAY_H

#include "tools/plim/keeper.h"
#include "tools/plim/progress.h"
#include "tools/plim/verdict.h"

typedef struct pt_replay_options {
    pt_run_options run;
    const char *checkpoint, *archive; /* files to write, or NULL */
    const char *journal;              /* folder, or NULL */
    bool journal_resume;              /* the journal is there, and the run goes on with it */
    pt_pace pace;
    uint64_t until;               /* UINT64_MAX: the end of the history */
    const char *make_checkpoints; /* folder for those between segments, or NULL */
    const char *checkpoints;      /* folder that has them, or NULL: replay in segments */
    uint64_t segments, jobs;      /* how many segments, how many at the same time */
    uint64_t threads;             /* of each history or segment; 0 and 1: the caller's alone */
    uint64_t segment;             /* from 1: this one alone; 0: all */
    bool records;                 /* each segment's result is kept, and used if it is there */
    bool mpi;                     /* the segments are shared out among processes */
    bool json, roots, invariants, quiet, all;
    pt_notes notes;
} pt_replay_options;

enum { PT_DIFFERENCES_SHOWN = 10 }; /* on stderr, unless all are wanted */

/* The lines that stderr shows of a difference. */
void pt_difference_text(pt_bytes *text, const pt_difference *difference);

/* Who hears of each block: when it is verified (may be NULL), and when it is compared as well. */
typedef struct pt_replay_watch {
    void *context;
    pt_exit (*verified)(void *context, const pl_block_result *result, pt_report *report);
    pt_exit (*compared)(void *context, const pl_block_result *result, pt_report *report);
} pt_replay_watch;

/* Replays from where the run stands, its comparison open, to options->until. Of the options only
 * until, threads and invariants are looked at; the rest is for the watch. Errors: as pt_replay_one.
 */
pt_exit pt_replay_blocks(pt_verdict *verdict, const pt_replay_options *options,
                         const pt_replay_watch *watch, pt_report *report);

/* Prints the line of --roots, or keeps the root for the JSON. */
void pt_replay_root(pt_verdict *verdict, const pt_replay_options *options, uint64_t height,
                    const uint8_t state_root[32]);

/* On input: verdict zeroed but for its name and wants_roots. On output: the verdict, to be settled
 * also after a failure. Errors: PT_INPUT, PT_LIMIT, PT_USAGE, PT_INTERRUPTED; what differs is no
 * error but stands in the verdict. */
pt_exit pt_replay_one(pt_verdict *verdict, pt_progress *progress, const pt_replay_options *options,
                      pt_report *report);

#endif
