#include "tools/plim/segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/plim/checkpoint.h"
#include "tools/plim/counts.h"
#include "vm/base/bytes.h"

pt_segments pt_segments_of(uint64_t asked, uint64_t blocks)
{
    const uint64_t most = blocks == 0 ? 1 : blocks;
    return (pt_segments){.count = asked < most ? asked : most, .blocks = blocks};
}

uint64_t pt_segment_start(const pt_segments *segments, uint64_t index)
{
    const uint64_t whole = segments->blocks / segments->count;
    const uint64_t rest = segments->blocks % segments->count;
    return whole * index + rest * index / segments->count; /* at most 2^16 segments */
}

char *pt_segment_path(const char *folder, uint64_t height)
{
    char name[48];
    (void)snprintf(name, sizeof name, "checkpoint-%llu.plc", (unsigned long long)height);
    return pt_path_join(folder, name);
}

pt_exit pt_segment_write(const char *folder, pl_chain *chain, pt_report *report)
{
    pl_head head;
    pl_chain_head(&head, chain);
    char *path = pt_segment_path(folder, head.height);
    char *temporary = pt_path_join(folder, "checkpoint.new");
    pt_exit result = pt_may_replace(path, &pt_mark_checkpoint, report);
    if (result == PT_OK) {
        result = pt_checkpoint_write(path, temporary, chain, report);
    }
    free(temporary);
    free(path);
    return result;
}

pt_segment_key pt_segment_key_of(const pt_run *run, const pt_replay_options *options)
{
    enum { INVARIANTS = 1, ROOTS = 2, ALL = 4 };
    const uint16_t flags = (uint16_t)((options->invariants ? INVARIANTS : 0) |
                                      (options->roots ? ROOTS : 0) | (options->all ? ALL : 0));
    const pt_journal_id id = pt_journal_id_of(run, flags);
    uint8_t bytes[4 + 3 * 32];
    pt_segment_key key;
    pl_store_u16(bytes, id.semantics);
    pl_store_u16(bytes + 2, id.flags);
    memcpy(bytes + 4, id.world_id, 32);
    memcpy(bytes + 36, id.history_hash, 32);
    memcpy(bytes + 68, id.expect_hash, 32);
    pl_sha256_of(key.hash, bytes, sizeof bytes);
    return key;
}

void pt_segment_free(pt_segment_result *result)
{
    pt_bytes_free(&result->texts);
    pt_bytes_free(&result->roots);
    pt_bytes_free(&result->counts);
    *result = (pt_segment_result){0};
}

/* ---- one segment ---- */

typedef struct segment_state {
    pt_segment_result *result;
    const pt_segment_work *work;
} segment_state;

static void keep_difference(void *context, const pt_difference *difference)
{
    const segment_state *state = context;
    pt_bytes *texts = &state->result->texts;
    if (state->result->shown++ < PT_DIFFERENCES_SHOWN || state->work->options->all) {
        const size_t at = texts->size;
        pt_put_u32(texts, 0);
        pt_difference_text(texts, difference);
        pt_set_u32(texts, at, (uint32_t)(texts->size - at - 4));
    }
}

static pt_exit keep_block(void *context, const pl_block_result *block, pt_report *report)
{
    const segment_state *state = context;
    if (state->work->options->roots) {
        pt_put(&state->result->roots, block->state_root, 32);
    }
    return state->work->watch->compared(state->work->watch->context, block, report);
}

static pt_exit from_checkpoint(pt_run *run, const char *path, const pt_segment_work *work,
                               uint64_t height, pt_report *report)
{
    pt_bytes bytes = {0};
    if (!pt_is_file(path)) {
        return pt_fail(report, PT_INPUT,
                       "%s: MISSING: --make-checkpoints %s --segments %llu makes it", path,
                       work->options->checkpoints, (unsigned long long)work->segments->count);
    }
    PT_TRY(pt_file_read(&bytes, path, PT_FILE_SIZE_MAX, report));
    const pt_exit result = pt_run_restore(run, path, &bytes, height, report);
    pt_bytes_free(&bytes);
    return result;
}

/* The run at the state that the segment starts from. */
static pt_exit start(pt_run *run, const pt_segment_work *work, uint64_t height, pt_report *report)
{
    if (height == 0) {
        return pt_run_create(run, report);
    }
    char *path = pt_segment_path(work->options->checkpoints, height);
    const pt_exit result = from_checkpoint(run, path, work, height, report);
    free(path);
    return result;
}

/* In the run, which stands where the segment starts. */
static pt_exit replay(pt_segment_result *result, pt_verdict *verdict, const pt_segment_work *work,
                      pt_report *report)
{
    segment_state state = {result, work};
    pt_run *run = &verdict->run;
    const pt_replay_watch watch = {.context = &state, .compared = keep_block};
    pt_replay_options options = *work->options;
    options.until = result->last == work->segments->blocks ? UINT64_MAX : result->last;
    pl_chain_head(&result->head, run->chain);
    memcpy(result->from, result->head.block_hash, 32);
    pt_compare_open(&verdict->compare, run, keep_difference, &state);
    const pt_exit exit = pt_replay_blocks(verdict, &options, &watch, report);
    pl_chain_head(&result->head, run->chain);
    result->refused = verdict->refused;
    pt_counts_put(&result->counts, verdict, 0);
    if (verdict->compare.has_record) { /* the next segment begins to read where this one ended */
        run->expect.reader.at = verdict->compare.record_at;
    }
    pt_compare_close(&verdict->compare);
    return exit;
}

pt_exit pt_segment_replay(pt_segment_result *result, pt_verdict *own, const pt_segment_work *work,
                          uint64_t index, pt_report *report)
{
    *result = (pt_segment_result){.first = pt_segment_start(work->segments, index),
                                  .last = pt_segment_start(work->segments, index + 1)};
    own->refused.exists = false;
    own->broken_invariant.exists = false;
    own->invariants_checked = 0;
    PT_TRY(start(&own->run, work, result->first, report));
    return replay(result, own, work, report);
}
