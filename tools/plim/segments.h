/* A history replayed in segments, on several threads or by several processes: the result is that of
 * one replay from the first block to the last. spec 11 §6 */
#ifndef PT_PLIM_SEGMENTS_H
#define PT_PLIM_SEGMENTS_H

#include "tools/plim/replay.h"

/* As pt_replay_one, with options->checkpoints set. With options->mpi every process of the MPI run
 * calls it, and *is_told says whether this is the one whose verdict is printed. */
pt_exit pt_segments_replay(pt_verdict *verdict, bool *is_told, pt_progress *progress,
                           const pt_replay_options *options, pt_report *report);

#endif
