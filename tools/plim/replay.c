#include "tools/plim/replay.h"

#include <stdio.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/interrupt.h"
#include "tools/common/value.h"
#include "tools/plim/ahead.h"
#include "tools/plim/archive.h"
#include "tools/common/disk.h"
#include "tools/plim/counts.h"
#include "tools/plim/segment.h"

typedef struct replay_state {
    pt_verdict *verdict;
    pt_progress *progress;
    const pt_replay_options *options;
    pt_archive *archive; /* NULL: none is written */
    pt_keeper *keeper;   /* NULL: no journal is kept */
    uint64_t shown;
    uint64_t segment; /* of the next checkpoint between two; 0: none is made */
} replay_state;

void pt_difference_text(pt_bytes *text, const pt_difference *difference)
{
    pt_put_format(text, "block %llu\n", (unsigned long long)difference->height);
    if (difference->transaction[0] != '\0') {
        pt_put_format(text, "  %s\n", difference->transaction);
    }
    pt_put_format(text, "  %s: %s\n    expected %s\n    computed %s\n", difference->where,
                  difference->field, difference->expected, difference->computed);
    if (difference->likely[0] != '\0') {
        pt_put_format(text, "    likely   %s\n", difference->likely);
    }
}

/* Differences go to stderr as they are found, the first few of them. */
static void show_difference(void *context, const pt_difference *difference)
{
    replay_state *state = context;
    pt_bytes text = {0};
    if (state->shown++ >= PT_DIFFERENCES_SHOWN && !state->options->all) {
        return;
    }
    pt_progress_clear(state->progress);
    pt_difference_text(&text, difference);
    (void)fwrite(text.data, 1, text.size, stderr);
    pt_bytes_free(&text);
}

static void note_invariant(void *context, const pl_invariant_result *result)
{
    pt_verdict *verdict = context;
    verdict->invariants_checked++;
    if (!result->holds && !verdict->broken_invariant.exists) {
        pl_head head;
        const pl_code *code = pl_chain_code(verdict->run.chain, result->contract);
        const pl_name name = code->functions[result->function].name;
        pt_difference *broken = &verdict->broken_invariant;
        pl_chain_head(&head, verdict->run.chain);
        broken->exists = true;
        broken->height = head.height;
        (void)snprintf(broken->where, sizeof broken->where, "%.*s.%.*s", (int)code->name.size,
                       code->name.text, (int)name.size, name.text);
        (void)snprintf(broken->computed, sizeof broken->computed, "%s",
                       result->status == PL_OK ? "false" : pl_status_name(result->status));
    }
}

static pt_exit check_invariants(pt_verdict *verdict, pt_report *report)
{
    const pl_status status = pl_chain_invariants(verdict->run.chain, note_invariant, verdict);
    return pl_is_fault(status) ? pt_fail_status(report, status, "invariants") : PT_OK;
}

/* A root or receipts hash that differs is a result, not an error of the input. */
static pt_exit block_refused(pt_verdict *verdict, const pl_block_result *result, pt_report *report)
{
    const pt_exit exit = pt_run_refused(&verdict->run, result, report);
    if (exit != PT_DIVERGED) {
        return exit;
    }
    pt_difference *first = &verdict->refused;
    const bool is_root = result->status == PL_REJECT_STATE_ROOT;
    first->exists = true;
    first->height = result->height;
    (void)snprintf(first->where, sizeof first->where, "%s: %s", pl_status_name(result->status),
                   pl_status_sentence(result->status));
    (void)snprintf(first->field, sizeof first->field, "%s",
                   is_root ? "state root" : "receipts hash");
    pt_hex(first->expected, is_root ? result->expected_state_root : result->expected_receipts_hash,
           32);
    pt_hex(first->computed, is_root ? result->state_root : result->receipts_hash, 32);
    return pt_compare_refused(&verdict->compare, result, report);
}

void pt_replay_root(pt_verdict *verdict, const pt_replay_options *options, uint64_t height,
                    const uint8_t state_root[32])
{
    if (options->json) {
        pt_put(&verdict->roots, state_root, 32);
    } else {
        char root[65];
        pt_hex(root, state_root, 32);
        (void)printf("%llu %s\n", (unsigned long long)height, root);
    }
}

/* At a height between two segments. */
static pt_exit write_segment(replay_state *state, uint64_t height, pt_report *report)
{
    const pt_replay_options *options = state->options;
    const pt_segments made = pt_segments_of(options->segments, state->verdict->run.block_total);
    if (state->segment == 0 || state->segment >= made.count ||
        height != pt_segment_start(&made, state->segment)) {
        return PT_OK;
    }
    state->segment++;
    return pt_segment_write(options->make_checkpoints, state->verdict->run.chain, report);
}

/* After each block: what is kept of it and told. */
static pt_exit keep_block(void *context, const pl_block_result *result, pt_report *report)
{
    replay_state *state = context;
    pt_verdict *verdict = state->verdict;
    if (state->options->roots) {
        pt_replay_root(verdict, state->options, result->height, result->state_root);
    }
    if (state->keeper != NULL) {
        PT_TRY(pt_keeper_block(state->keeper, verdict, result, pt_progress_elapsed(state->progress),
                               report));
    }
    PT_TRY(write_segment(state, result->height, report));
    pt_progress_step(state->progress, &verdict->compare.tally, result->state_root);
    return PT_OK;
}

/* Before the queries, which may write over what result points to. */
static pt_exit archive_block(void *context, const pl_block_result *result, pt_report *report)
{
    replay_state *state = context;
    return state->archive != NULL ? pt_archive_block(state->archive, result, report) : PT_OK;
}

/* One block, with what was checked of it ahead. */
typedef struct block_read {
    const uint8_t *bytes;
    size_t size;
    const pl_ahead *checked;
} block_read;

static pt_exit replay_block(pt_verdict *verdict, const pt_replay_options *options,
                            const pt_replay_watch *watch, const block_read *block,
                            pt_report *report)
{
    pl_block_result result;
    const pl_replay_options how = {.ahead = block->checked};
    if (pl_chain_replay_block(&result, verdict->run.chain, block->bytes, block->size, &how) !=
        PL_OK) {
        return block_refused(verdict, &result, report);
    }
    if (watch->verified != NULL) {
        PT_TRY(watch->verified(watch->context, &result, report));
    }
    PT_TRY(pt_compare_block(&verdict->compare, &result, report));
    if (options->invariants) {
        PT_TRY(check_invariants(verdict, report));
    }
    return watch->compared(watch->context, &result, report);
}

/* The end of the history. A file cut between two blocks is well formed, so only the expectations
 * can tell that blocks are missing. */
static pt_exit check_end(const pt_verdict *verdict, uint64_t height, pt_report *report)
{
    const pt_compare *compare = &verdict->compare;
    if (!compare->has_record) {
        return PT_OK;
    }
    return pt_fail(report, PT_INPUT,
                   "%s: ends at block %llu, but %s goes on with block %llu: the history is cut "
                   "short, or the two do not belong together",
                   verdict->run.history_path, (unsigned long long)height, verdict->run.expect_path,
                   (unsigned long long)compare->record.height);
}

static pt_exit replay_all(pt_verdict *verdict, const pt_replay_options *options,
                          const pt_replay_watch *watch, pt_ahead *ahead, pt_report *report)
{
    pl_head head;
    for (;;) {
        block_read block;
        pl_chain_head(&head, verdict->run.chain);
        if (head.height >= options->until || verdict->refused.exists) {
            return PT_OK;
        }
        if (pt_interrupted()) {
            return pt_fail(report, PT_INTERRUPTED, "interrupted after block %llu",
                           (unsigned long long)head.height);
        }
        PT_TRY(pt_ahead_next(&block.bytes, &block.size, &block.checked, ahead, report));
        if (block.bytes == NULL) {
            return check_end(verdict, head.height, report);
        }
        PT_TRY(replay_block(verdict, options, watch, &block, report));
    }
}

static pt_exit next_of_run(void *context, const uint8_t **block, size_t *size, pt_report *report)
{
    return pt_run_next(block, size, context, report);
}

pt_exit pt_replay_blocks(pt_verdict *verdict, const pt_replay_options *options,
                         const pt_replay_watch *watch, pt_report *report)
{
    pt_run *run = &verdict->run;
    pl_head head;
    pl_chain_head(&head, run->chain);
    const uint64_t count = options->until > head.height ? options->until - head.height : 0;
    const pt_ahead_source source = {run, next_of_run, count};
    pt_ahead *ahead =
        pt_ahead_open(pl_chain_world(run->chain), &source, (unsigned)options->threads);
    const pt_exit result = replay_all(verdict, options, watch, ahead, report);
    pt_ahead_close(ahead);
    return result;
}

/* Says what became of an interrupted replay. */
static pt_exit interrupted(const replay_state *state, pt_report *report)
{
    pl_head head;
    pl_chain_head(&head, state->verdict->run.chain);
    const unsigned long long height = (unsigned long long)head.height;
    pt_progress_clear(state->progress);
    if (state->keeper == NULL) {
        return pt_fail(report, PT_INTERRUPTED, "interrupted after block %llu; nothing was written",
                       height);
    }
    PT_TRY(pt_keeper_settle(state->keeper, state->verdict, pt_progress_elapsed(state->progress),
                            report));
    return pt_fail(report, PT_INTERRUPTED,
                   "interrupted after block %llu; the journal is whole: --resume %s goes on",
                   height, state->options->journal);
}

static bool sink_bytes(void *context, const uint8_t *bytes, size_t size)
{
    pt_put(context, bytes, size);
    return true;
}

static pt_exit write_checkpoint(pt_run *run, const char *path, pt_report *report)
{
    pt_bytes bytes = {0};
    const pl_status status = pl_chain_checkpoint(run->chain, sink_bytes, &bytes);
    const pt_exit result = status == PL_OK
                               ? pt_file_write(path, bytes.data, bytes.size, report)
                               : pt_fail_status(report, status, "%s: no checkpoint", path);
    pt_bytes_free(&bytes);
    return result;
}

static pt_exit check_until(const pt_verdict *verdict, const pt_replay_options *options,
                           pt_report *report)
{
    if (options->until != UINT64_MAX && options->until > verdict->run.block_total) {
        return pt_fail(report, PT_INPUT, "%s: there is no block %llu; the last one is %llu",
                       verdict->run.history_path, (unsigned long long)options->until,
                       (unsigned long long)verdict->run.block_total);
    }
    return options->until > verdict->run.resumed_height
               ? PT_OK
               : pt_fail(report, PT_USAGE,
                         "--until %llu is not after the checkpoint, which stands at block %llu",
                         (unsigned long long)options->until,
                         (unsigned long long)verdict->run.resumed_height);
}

/* The run at genesis or at a checkpoint, with its comparison. */
static pt_exit open_run(replay_state *state, pt_report *report)
{
    const pt_replay_options *options = state->options;
    pt_verdict *verdict = state->verdict;
    if (options->checkpoint != NULL) {
        PT_TRY(pt_may_replace(options->checkpoint, &pt_mark_checkpoint, report));
    }
    pt_run_options run = options->run;
    run.stream = true;
    PT_TRY(pt_run_open(&verdict->run, verdict->name, &run, report));
    PT_TRY(check_until(verdict, options, report));
    if (state->keeper == NULL) {
        pt_compare_open(&verdict->compare, &verdict->run, show_difference, state);
    }
    return PT_OK;
}

/* Puts the run where its journal says, with what was counted and told up to there. */
static pt_exit open_keeper(replay_state *state, uint64_t *elapsed_ms, pt_report *report)
{
    const pt_replay_options *options = state->options;
    const pt_keeper_options keeper = {.folder = options->journal,
                                      .resume = options->journal_resume,
                                      .invariants = options->invariants,
                                      .until = options->until,
                                      .pace = options->pace,
                                      .notes = options->notes};
    pt_verdict *verdict = state->verdict;
    const pt_bytes *counts = NULL;
    PT_TRY(pt_keeper_open(state->keeper, &counts, &verdict->run, &keeper, report));
    verdict->continued = true;
    pt_compare_open(&verdict->compare, &verdict->run, show_difference, state);
    if (counts->size != 0 && !pt_counts_get(verdict, elapsed_ms, counts->data, counts->size)) {
        return pt_fail(report, PT_INPUT,
                       "%s: DAMAGED: the counts of its manifest do not fit; start a new journal",
                       options->journal);
    }
    for (uint64_t h = 1; options->roots && h <= verdict->run.resumed_height; h++) {
        uint8_t root[32];
        PT_TRY(pt_keeper_root(root, state->keeper, h, report));
        pt_replay_root(verdict, options, h, root);
    }
    return PT_OK;
}

/* After the last block: what was asked to be written. */
static pt_exit write_files(replay_state *state, pt_report *report)
{
    const pt_replay_options *options = state->options;
    pt_verdict *verdict = state->verdict;
    if (state->keeper != NULL) {
        PT_TRY(pt_keeper_settle(state->keeper, verdict, verdict->elapsed_ms, report));
    }
    if (state->archive != NULL) {
        PT_TRY(pt_archive_finish(state->archive, &verdict->compare.tally, report));
    }
    return options->checkpoint != NULL
               ? write_checkpoint(&verdict->run, options->checkpoint, report)
               : PT_OK;
}

static pt_exit replay_open(replay_state *state, pt_report *report)
{
    const pt_replay_options *options = state->options;
    pt_verdict *verdict = state->verdict;
    uint64_t elapsed_ms = 0;
    PT_TRY(open_run(state, report));
    if (options->make_checkpoints != NULL) {
        PT_TRY(pt_folder_make(options->make_checkpoints, report));
        state->segment = 1;
    }
    if (state->keeper != NULL) {
        PT_TRY(open_keeper(state, &elapsed_ms, report));
    }
    if (options->archive != NULL) {
        PT_TRY(pt_archive_open(&state->archive, options->archive, &verdict->run, report));
    }
    const uint64_t last =
        options->until < verdict->run.block_total ? options->until : verdict->run.block_total;
    pt_progress_history(state->progress,
                        state->keeper != NULL ? last : last - verdict->run.resumed_height);
    state->progress->start_ms -= elapsed_ms; /* as if the run had never stopped */
    const pt_replay_watch watch = {state, archive_block, keep_block};
    pt_exit result = pt_replay_blocks(verdict, options, &watch, report);
    if (result == PT_INTERRUPTED) {
        result = interrupted(state, report);
    }
    verdict->elapsed_ms = pt_progress_elapsed(state->progress);
    return result;
}

pt_exit pt_replay_one(pt_verdict *verdict, pt_progress *progress, const pt_replay_options *options,
                      pt_report *report)
{
    pt_keeper keeper = {.journal = {.lock = -1, .file = -1}};
    replay_state state = {.verdict = verdict,
                          .progress = progress,
                          .options = options,
                          .keeper = options->journal != NULL ? &keeper : NULL};
    pt_exit result = replay_open(&state, report);
    pt_progress_clear(progress);
    if (state.shown > PT_DIFFERENCES_SHOWN && !options->all) {
        (void)fprintf(stderr, "... and %llu more differences\n",
                      (unsigned long long)(state.shown - PT_DIFFERENCES_SHOWN));
    }
    if (result == PT_OK) {
        result = write_files(&state, report);
    }
    pt_archive_close(state.archive);
    if (state.keeper != NULL) {
        pt_keeper_close(&keeper);
    }
    return result;
}
