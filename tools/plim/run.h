/* A history opened for replay or inspection: its files, its world, a chain at genesis or at a
 * checkpoint. */
#ifndef PT_PLIM_RUN_H
#define PT_PLIM_RUN_H

#include "tools/common/args.h"
#include "tools/common/expect.h"
#include "tools/common/memory.h"
#include "tools/plim/stream.h"
#include "vm/plimsoll.h"

/* Gas of one recorded question: never what decides an answer. */
#define PT_QUERY_GAS UINT64_C(1000000000)

typedef struct pt_run {
    char *history_path;
    char *expect_path; /* NULL: nothing to compare with */
    pt_memory memory;
    bool streams;           /* blocks come one by one from the file */
    pt_stream stream;       /* when it streams */
    pt_bytes history_bytes; /* else: uncompressed */
    pl_history history;     /* before the next block; of a stream only world and block count */
    uint64_t block_total;   /* in the file */
    uint8_t history_hash[32];
    pl_chain *chain;
    pt_bytes expect_bytes;
    pt_expect expect;
    uint8_t expect_hash[32];
    uint64_t resumed_height; /* 0: from genesis */
} pt_run;

typedef struct pt_run_options {
    const char *expect; /* expectations file; NULL: the one beside the history, if any */
    bool no_expect;
    const char *resume; /* checkpoint file or NULL */
    bool stream; /* do not keep the history in memory; of a regular file. A block then stays until
                  * the next one is asked for */
} pt_run_options;

/* The whole file is read once before anything else: its hash, its number of blocks, and that it is
 * not cut short. word is a folder of an import (history.plh or history.plh.gz in it) or a history
 * file. After a failure pt_run_close is still due. Errors: PT_INPUT, PT_LIMIT. */
pt_exit pt_run_open(pt_run *run, const char *word, const pt_run_options *options,
                    pt_report *report);
void pt_run_close(pt_run *run);

/* Another run over the same files, at height 0 but without a chain: for a thread of its own. It
 * borrows the names and the expectations of run, which must stay as it is; pt_run_close_copy.
 * Errors: PT_INPUT. */
pt_exit pt_run_copy(pt_run *copy, const pt_run *run, pt_report *report);
void pt_run_close_copy(pt_run *copy);

/* Puts the run, which stands at that height or before, where its checkpoint was taken: a chain made
 * of its bytes, whose block must be the history's. height: of that block, or 0 for any. file is
 * named in messages. Errors: PT_INPUT, PT_LIMIT. */
pt_exit pt_run_restore(pt_run *run, const char *file, const pt_bytes *checkpoint, uint64_t height,
                       pt_report *report);

/* A chain at genesis in a run that has taken no block. Errors: PT_INPUT, PT_LIMIT. */
pt_exit pt_run_create(pt_run *run, pt_report *report);

/* Starts an open run anew: from the bytes of a checkpoint, whose file is named in messages, or from
 * genesis when checkpoint is NULL. After a failure it may be called again. Errors: PT_INPUT,
 * PT_LIMIT. */
pt_exit pt_run_restart(pt_run *run, const char *file, const pt_bytes *checkpoint,
                       pt_report *report);

/* The next block, or *block = NULL at the end. Errors: PT_INPUT. */
pt_exit pt_run_next(const uint8_t **block, size_t *size, pt_run *run, pt_report *report);

/* Replays without comparing until the chain stands at height (or at the end of the history).
 * Errors: PT_DIVERGED when a root differs, PT_INPUT, PT_LIMIT, PT_INTERRUPTED. */
pt_exit pt_run_advance(pt_run *run, uint64_t height, pl_block_result *last, pt_report *report);

/* Says why a block was refused, precisely; PT_DIVERGED for roots and receipts, otherwise as
 * pt_fail_status. */
pt_exit pt_run_refused(pt_run *run, const pl_block_result *result, pt_report *report);

#endif
