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
    uint64_t until; /* UINT64_MAX: the end of the history */
    bool json, roots, invariants, quiet, all;
    pt_notes notes;
} pt_replay_options;

/* On input: verdict zeroed but for its name and wants_roots. On output: the verdict, to be settled
 * also after a failure. Errors: PT_INPUT, PT_LIMIT, PT_USAGE, PT_INTERRUPTED; what differs is no
 * error but stands in the verdict. */
pt_exit pt_replay_one(pt_verdict *verdict, pt_progress *progress, const pt_replay_options *options,
                      pt_report *report);

#endif
