/* Keeps a replay so that it can go on after any crash: the journal and the generations of one run,
 * and how a resumed run finds its place. spec 11 */
#ifndef PT_PLIM_KEEPER_H
#define PT_PLIM_KEEPER_H

#include "tools/plim/generations.h"
#include "tools/plim/verdict.h"

/* When to write; 0: not for this reason. */
typedef struct pt_pace {
    uint64_t checkpoint_blocks, checkpoint_ms;
    uint64_t sync_blocks, sync_ms; /* of the journal alone */
} pt_pace;

extern const pt_pace pt_pace_default;

typedef struct pt_keeper {
    pt_journal journal;
    pt_generations generations;
    pt_pace pace;
    uint64_t height;                 /* of the last block kept or verified again */
    uint8_t link[32];                /* of its record */
    uint64_t kept_height;            /* of the checkpoint that the run stands on or wrote last */
    uint64_t checkpoint_ms, sync_ms; /* when the last one was */
} pt_keeper;

typedef struct pt_keeper_options {
    const char *folder;
    bool resume; /* else a new journal is started, and none may be there */
    bool invariants;
    uint64_t until; /* no checkpoint after this block is used */
    pt_pace pace;
    pt_notes notes;
} pt_keeper_options;

/* On input: a run open at genesis. Opens the journal; when resuming also restores the newest
 * checkpoint that verifies. On output: *counts, those of the checkpoint, or empty; they belong to
 * the keeper. pt_keeper_close is due in any case. Errors: PT_INPUT, PT_LIMIT. */
pt_exit pt_keeper_open(pt_keeper *keeper, const pt_bytes **counts, pt_run *run,
                       const pt_keeper_options *options, pt_report *report);

/* After each block of the run, when it is counted: appends its record, or compares it with the one
 * that is there; then syncs or writes a checkpoint when it is time. Errors: PT_INPUT when the
 * journal has another block or root, PT_LIMIT. */
pt_exit pt_keeper_block(pt_keeper *keeper, const pt_verdict *verdict, const pl_block_result *result,
                        uint64_t elapsed_ms, pt_report *report);

/* Between two blocks, before the run ends: everything that was counted is on the disk then. A run
 * whose last block was refused has counted part of it, and leaves its checkpoint where it was. */
pt_exit pt_keeper_settle(pt_keeper *keeper, const pt_verdict *verdict, uint64_t elapsed_ms,
                         pt_report *report);

/* The root after a block that the journal has a record of. */
pt_exit pt_keeper_root(uint8_t root[32], pt_keeper *keeper, uint64_t height, pt_report *report);

void pt_keeper_close(pt_keeper *keeper);

#endif
