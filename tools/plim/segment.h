/* One history in segments that are verified apart from each other, and their results. spec 11 §6
 *
 * Segment k of N ends where segment k + 1 starts. It starts from a checkpoint, which proves that
 * its rows are the state of its header; that header must be the one of the history's block, which
 * the segment before verifies. So the segments together prove what one replay would. */
#ifndef PT_PLIM_SEGMENT_H
#define PT_PLIM_SEGMENT_H

#include "tools/plim/replay.h"

typedef struct pt_segments {
    uint64_t count;  /* 1 or more */
    uint64_t blocks; /* of the history */
} pt_segments;

/* As many segments as asked for, but none without a block. */
pt_segments pt_segments_of(uint64_t asked, uint64_t blocks);

/* The height of the state that segment `index` (from 0) starts from. index = count: the end. */
uint64_t pt_segment_start(const pt_segments *segments, uint64_t index);

/* The checkpoint of this height in a folder; free() it. */
char *pt_segment_path(const char *folder, uint64_t height);

/* Writes the checkpoint of where the chain stands. Errors: PT_INPUT, PT_LIMIT. */
pt_exit pt_segment_write(const char *folder, pl_chain *chain, pt_report *report);

/* What a segment found. */
typedef struct pt_segment_result {
    uint64_t first, last;  /* heights of the states it is to start from and to end with */
    uint8_t from[32];      /* hash of the block it started from; of height 0 the world id */
    pl_head head;          /* where it ended: before last when a block was refused */
    pt_difference refused; /* of that block */
    uint64_t shown;        /* differences, of which ... */
    pt_bytes texts;        /* ... these are told on stderr: size u32 | text, each */
    pt_bytes roots;        /* after each block, when they are wanted */
    pt_bytes counts;       /* counts.h */
} pt_segment_result;

void pt_segment_free(pt_segment_result *result);

/* What a result belongs to: the same history, expectations, world, meaning and options. */
typedef struct pt_segment_key {
    uint8_t hash[32];
} pt_segment_key;

/* run: open, with a chain. */
pt_segment_key pt_segment_key_of(const pt_run *run, const pt_replay_options *options);

/* Results as files of a folder. read returns whether there is one that belongs to key and is whole;
 * anything else counts as missing. Errors: PT_INPUT, PT_LIMIT of the disk. */
pt_exit pt_segment_keep(const char *folder, const pt_segment_key *key,
                        const pt_segment_result *result, pt_report *report);
bool pt_segment_read(pt_segment_result *result, const char *folder, const pt_segment_key *key,
                     uint64_t first, uint64_t last);

typedef struct pt_segment_work {
    const pt_replay_options *options; /* until is of no meaning here */
    const pt_segments *segments;
    const pt_replay_watch *watch;
} pt_segment_work;

/* Verifies segment `index`, from 0. own: a verdict of this thread with a copy of the run
 * (run.h), which stands where the segment starts or before. On output: *result, to be freed in any
 * case. Errors: as pt_replay_one, and PT_INPUT for a checkpoint that is missing, damaged, or of
 * something else. */
pt_exit pt_segment_replay(pt_segment_result *result, pt_verdict *own, const pt_segment_work *work,
                          uint64_t index, pt_report *report);

#endif
