/* Blocks handed out in their order, with the checks of each that need no state already made: by
 * other threads while earlier blocks are replayed, or by this one when nobody else has begun.
 *
 * Only the thread that calls pt_ahead_next reads the source and replays. So an error of the source
 * is heard when its turn comes, after all blocks before it, and never when replay ends earlier: how
 * many threads there are changes no word of what a replay says. spec 06 §4 */
#ifndef PT_PLIM_AHEAD_H
#define PT_PLIM_AHEAD_H

#include "tools/common/report.h"
#include "vm/plimsoll.h"

enum { PT_THREADS_MAX = 256 };

typedef struct pt_ahead pt_ahead;

/* Where blocks come from: as pt_run_next. The block stays until the next call. */
typedef struct pt_ahead_source {
    void *context;
    pt_exit (*next)(void *context, const uint8_t **block, size_t *size, pt_report *report);
    uint64_t count; /* no more than so many are asked for */
} pt_ahead_source;

/* On input: world, of the chain that will replay the blocks, which must outlive this; threads, the
 * caller's own included: 0 or 1 checks nothing ahead, and so does a world without signatures. A
 * thread that the machine refuses is one less. pt_ahead_close is due. */
pt_ahead *pt_ahead_open(const pl_world *world, const pt_ahead_source *source, unsigned threads);

/* Ends the threads and frees everything. NULL is fine. */
void pt_ahead_close(pt_ahead *ahead);

/* The next block, or *block = NULL at the end of the source or after its count. On output: *checked
 * goes into pl_replay_options (NULL: nothing was checked); both stay until the next call.
 * Errors: those of the source. */
pt_exit pt_ahead_next(const uint8_t **block, size_t *size, const pl_ahead **checked,
                      pt_ahead *ahead, pt_report *report);

#endif
