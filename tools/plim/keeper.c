#include "tools/plim/keeper.h"

#include <stdlib.h>
#include <string.h>

#include "tools/common/disk.h"
#include "tools/common/file.h"
#include "tools/common/value.h"
#include "tools/plim/counts.h"
#include "tools/plim/progress.h"

const pt_pace pt_pace_default = {.checkpoint_ms = 10000, .sync_ms = 1000};

/* ---- opening ---- */

static pt_exit begin_new(pt_keeper *keeper, const pt_journal_id *id,
                         const pt_keeper_options *options, pt_report *report)
{
    char *path = pt_path_join(options->folder, "manifest.plm");
    const int stray = pt_disk_open(path, PT_DISK_READ);
    pt_exit result = PT_OK;
    if (stray >= 0) {
        (void)pt_disk_close(stray);
        result = pt_fail(report, PT_INPUT,
                         "%s: MISSING: this manifest has no journal.plj beside it; name another "
                         "folder, or remove this one",
                         path);
    }
    free(path);
    PT_TRY(result);
    if (options->resume) {
        pt_note(&options->notes, "%s: there is no journal yet: from block 1", options->folder);
    }
    return pt_journal_begin(&keeper->journal, id, report);
}

/* True when the journal has the generation's record: the same link, so the same blocks and roots up
 * to it. */
static pt_exit is_of_journal(bool *is, pt_keeper *keeper, const pt_generation *generation,
                             pt_report *report)
{
    pt_journal_record record;
    PT_TRY(pt_journal_read(&record, &keeper->journal, generation->height, report));
    *is = memcmp(record.link, generation->link, 32) == 0 &&
          memcmp(record.state_root, generation->state_root, 32) == 0;
    return PT_OK;
}

/* Restores a checkpoint. *flaw is empty when the run stands there; else it says what is wrong with
 * the checkpoint, and the run stands nowhere. Errors: PT_LIMIT. */
static pt_exit try_one(pt_report *flaw, pt_keeper *keeper, size_t index, pt_run *run,
                       pt_report *report)
{
    const pt_generation *generation = &keeper->generations.list[index];
    pt_bytes bytes = {0};
    bool is_of = false;
    pl_head head;
    flaw->line[0] = '\0';
    PT_TRY(is_of_journal(&is_of, keeper, generation, report));
    char *path = pt_generation_path(&keeper->generations, generation->slot);
    pt_exit result = pt_generation_read(&bytes, &keeper->generations, index, flaw);
    if (result == PT_OK) {
        result = pt_run_restart(run, path, &bytes, flaw);
    }
    if (result == PT_OK) {
        pl_chain_head(&head, run->chain);
        if (!is_of || head.height != generation->height ||
            memcmp(head.state_root, generation->state_root, 32) != 0) {
            result =
                pt_fail(flaw, PT_INPUT,
                        "%s: STATE_ROOT: not the checkpoint that manifest and journal name", path);
        }
    }
    pt_bytes_free(&bytes);
    free(path);
    if (result != PT_OK && result != PT_INPUT) {
        *report = *flaw;
        return result;
    }
    return PT_OK;
}

/* The newest checkpoint that verifies, or genesis. A bad one is told, and then forgotten. */
static pt_exit find_place(pt_keeper *keeper, const pt_bytes **counts, pt_run *run,
                          const pt_keeper_options *options, pt_report *report)
{
    pt_generations *made = &keeper->generations;
    pt_report flaw;
    size_t index = 0;
    while (index < made->count) {
        const pt_generation *generation = &made->list[index];
        if (generation->height > options->until) {
            index++;
            continue;
        }
        PT_TRY(try_one(&flaw, keeper, index, run, report));
        if (flaw.line[0] != '\0') {
            pt_note(&options->notes, "%s; what is older is tried", flaw.line);
            pt_generation_drop(made, index);
            continue;
        }
        pt_note(&options->notes, "%s: goes on after block %llu; the journal has %llu",
                options->folder, (unsigned long long)generation->height,
                (unsigned long long)keeper->journal.height);
        keeper->height = keeper->kept_height = generation->height;
        memcpy(keeper->link, generation->link, 32);
        *counts = &generation->counts;
        return PT_OK;
    }
    pt_note(&options->notes, "%s: no checkpoint to go on from: from block 1; the journal has %llu",
            options->folder, (unsigned long long)keeper->journal.height);
    return pt_run_restart(run, run->history_path, NULL, report);
}

static pt_exit go_on(pt_keeper *keeper, const pt_bytes **counts, pt_run *run,
                     const pt_keeper_options *options, pt_report *report)
{
    pt_generations *generations = &keeper->generations;
    PT_TRY(pt_generations_open(generations, &keeper->journal, report));
    const uint64_t floor = generations->count > 0 ? generations->list[0].height : 0;
    PT_TRY(pt_journal_scan(&keeper->journal, floor, &options->notes, report));
    return find_place(keeper, counts, run, options, report);
}

pt_exit pt_keeper_open(pt_keeper *keeper, const pt_bytes **counts, pt_run *run,
                       const pt_keeper_options *options, pt_report *report)
{
    static const pt_bytes none;
    const pt_journal_id id = pt_journal_id_of(run, options->invariants ? PT_JOURNAL_INVARIANTS : 0);
    bool exists = false;
    *counts = &none;
    *keeper = (pt_keeper){.pace = options->pace};
    keeper->checkpoint_ms = keeper->sync_ms = pt_now_ms();
    PT_TRY(
        pt_journal_open(&keeper->journal, &exists, options->folder, !options->resume, &id, report));
    keeper->generations.folder = keeper->journal.folder;
    if (exists && !options->resume) {
        return pt_fail(report, PT_INPUT,
                       "%s: EXISTS: it holds a journal; --resume %s goes on with it",
                       options->folder, options->folder);
    }
    if (exists) {
        return go_on(keeper, counts, run, options, report);
    }
    PT_TRY(begin_new(keeper, &id, options, report));
    return pt_generations_open(&keeper->generations, &keeper->journal, report);
}

void pt_keeper_close(pt_keeper *keeper)
{
    pt_generations_free(&keeper->generations);
    pt_journal_close(&keeper->journal);
}

/* ---- blocks ---- */

static pt_exit check_again(const pt_keeper *keeper, const pt_journal_record *found,
                           const pl_block_result *result, pt_report *report)
{
    char journalled[65], computed[65];
    if (memcmp(found->block_hash, result->block_hash, 32) != 0 ||
        found->block_size != result->block_size) {
        return pt_fail(report, PT_INPUT, "%s: OTHER_HISTORY: block %llu is another one",
                       keeper->journal.path, (unsigned long long)result->height);
    }
    if (memcmp(found->state_root, result->state_root, 32) == 0) {
        return PT_OK;
    }
    pt_hex(journalled, found->state_root, 32);
    pt_hex(computed, result->state_root, 32);
    return pt_fail(
        report, PT_INPUT,
        "%s: STATE_ROOT: block %llu had root %s, and now has %s; one of the two runs was "
        "wrong",
        keeper->journal.path, (unsigned long long)result->height, journalled, computed);
}

static pt_exit keep_record(pt_keeper *keeper, const pl_block_result *result, pt_report *report)
{
    pt_journal_record record = {.height = result->height,
                                .block_size = (uint32_t)result->block_size};
    if (result->height <= keeper->journal.height) {
        PT_TRY(pt_journal_read(&record, &keeper->journal, result->height, report));
        PT_TRY(check_again(keeper, &record, result, report));
    } else {
        memcpy(record.block_hash, result->block_hash, 32);
        memcpy(record.state_root, result->state_root, 32);
        PT_TRY(pt_journal_append(&keeper->journal, &record, report));
    }
    keeper->height = result->height;
    memcpy(keeper->link, record.link, 32);
    return PT_OK;
}

static pt_exit sync_journal(pt_keeper *keeper, pt_report *report)
{
    keeper->sync_ms = pt_now_ms();
    return keeper->journal.durable < keeper->journal.height
               ? pt_journal_sync(&keeper->journal, report)
               : PT_OK;
}

/* Records first: a checkpoint never speaks of a block that a power cut could take out of the
 * journal. */
static pt_exit write_checkpoint(pt_keeper *keeper, const pt_verdict *verdict, uint64_t elapsed_ms,
                                pt_report *report)
{
    pt_bytes counts = {0};
    PT_TRY(sync_journal(keeper, report));
    pt_counts_put(&counts, verdict, elapsed_ms);
    const pt_exit result = pt_generation_write(&keeper->generations, verdict->run.chain,
                                               keeper->link, &counts, report);
    pt_bytes_free(&counts);
    keeper->kept_height = keeper->height;
    keeper->checkpoint_ms = pt_now_ms();
    return result;
}

/* The newest checkpoint stands further on when --until stopped short of it: it is not given up. */
static bool may_checkpoint(const pt_keeper *keeper, const pt_verdict *verdict)
{
    const pt_generations *made = &keeper->generations;
    return keeper->height > keeper->kept_height && !verdict->refused.exists &&
           (made->count == 0 || made->list[0].height < keeper->height);
}

/* True when `blocks` blocks or `ms` milliseconds have passed; 0 never do. */
static bool is_time(uint64_t blocks, uint64_t blocks_passed, uint64_t ms, uint64_t since_ms)
{
    return (blocks != 0 && blocks_passed >= blocks) || (ms != 0 && pt_now_ms() - since_ms >= ms);
}

pt_exit pt_keeper_block(pt_keeper *keeper, const pt_verdict *verdict, const pl_block_result *result,
                        uint64_t elapsed_ms, pt_report *report)
{
    const pt_pace *pace = &keeper->pace;
    PT_TRY(keep_record(keeper, result, report));
    if (may_checkpoint(keeper, verdict) &&
        is_time(pace->checkpoint_blocks, keeper->height - keeper->kept_height, pace->checkpoint_ms,
                keeper->checkpoint_ms)) {
        return write_checkpoint(keeper, verdict, elapsed_ms, report);
    }
    return is_time(pace->sync_blocks, keeper->journal.height - keeper->journal.durable,
                   pace->sync_ms, keeper->sync_ms)
               ? sync_journal(keeper, report)
               : PT_OK;
}

pt_exit pt_keeper_settle(pt_keeper *keeper, const pt_verdict *verdict, uint64_t elapsed_ms,
                         pt_report *report)
{
    if (may_checkpoint(keeper, verdict)) {
        return write_checkpoint(keeper, verdict, elapsed_ms, report);
    }
    return sync_journal(keeper, report);
}

pt_exit pt_keeper_root(uint8_t root[32], pt_keeper *keeper, uint64_t height, pt_report *report)
{
    pt_journal_record record;
    PT_TRY(pt_journal_read(&record, &keeper->journal, height, report));
    memcpy(root, record.state_root, 32);
    return PT_OK;
}
