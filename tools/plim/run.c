#include "tools/plim/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/interrupt.h"
#include "tools/common/value.h"
#include "tools/plim/classes.h"
#include "vm/base/sha256.h"

/* folder/name or folder/name.gz, whichever is there; NULL when neither is. */
static char *either(const char *folder, const char *name, const char *packed_name)
{
    char *path = pt_path_join(folder, name);
    if (!pt_is_file(path)) {
        free(path);
        path = pt_path_join(folder, packed_name);
    }
    if (!pt_is_file(path)) {
        free(path);
        return NULL;
    }
    return path;
}

/* The expectations that belong to a history file: expect.plx beside history.plh, x.plx beside
 * x.plh. */
static char *expectations_beside(const char *history)
{
    const char *base = pt_path_base(history);
    char *folder = pt_copy_text(history, (size_t)(base - history));
    const char *place = folder[0] == '\0' ? "." : folder;
    char *found = NULL;
    if (strncmp(base, "history.plh", 11) == 0) {
        found = either(place, "expect.plx", "expect.plx.gz");
    } else {
        const char *ending = strstr(base, ".plh");
        const size_t size = ending != NULL ? (size_t)(ending - base) : strlen(base);
        char *name = pt_take(size + 8), *packed = pt_take(size + 8);
        memcpy(name, base, size);
        memcpy(packed, base, size);
        memcpy(name + size, ".plx", 5);
        memcpy(packed + size, ".plx.gz", 8);
        found = either(place, name, packed);
        free(name);
        free(packed);
    }
    free(folder);
    return found;
}

static pt_exit find_files(pt_run *run, const char *word, const pt_run_options *options,
                          pt_report *report)
{
    if (pt_is_folder(word)) {
        run->history_path = either(word, "history.plh", "history.plh.gz");
        if (run->history_path == NULL) {
            return pt_fail(report, PT_INPUT,
                           "%s: there is no history.plh or history.plh.gz in this "
                           "folder",
                           word);
        }
    } else {
        run->history_path = pt_copy_text(word, strlen(word));
    }
    if (options->expect != NULL) {
        run->expect_path = pt_copy_text(options->expect, strlen(options->expect));
    } else if (!options->no_expect) {
        run->expect_path = expectations_beside(run->history_path);
    }
    return PT_OK;
}

/* Opens the stream before its first block. */
static pt_exit open_stream(pt_run *run, bool hashes, pt_report *report)
{
    PT_TRY(pt_stream_open(&run->stream, run->history_path, hashes, report));
    run->history = (pl_history){.world = run->stream.world, .world_size = run->stream.world_size};
    return PT_OK;
}

/* The first reading of a stream: hash and number of blocks, and the end is where a block ends. */
static pt_exit count_stream(pt_run *run, pt_report *report)
{
    PT_TRY(open_stream(run, true, report));
    PT_TRY(pt_stream_skip(&run->block_total, &run->stream, UINT64_MAX, report));
    pt_stream_hash(run->history_hash, &run->stream);
    pt_stream_close(&run->stream);
    return open_stream(run, true, report);
}

static pt_exit count_blocks(pt_run *run, pt_report *report)
{
    pl_history walk = run->history;
    const uint8_t *block = NULL;
    size_t size = 0;
    for (;;) {
        const pl_status status = pl_history_next(&walk, &block, &size);
        if (status != PL_OK) {
            return pt_fail_status(report, status, "%s: after block %llu", run->history_path,
                                  (unsigned long long)run->block_total);
        }
        if (block == NULL) {
            return PT_OK;
        }
        run->block_total++;
    }
}

static pt_exit open_history(pt_run *run, pt_report *report)
{
    const pl_status status =
        pl_history_open(&run->history, run->history_bytes.data, run->history_bytes.size);
    return status == PL_OK ? PT_OK
                           : pt_fail_status(report, status, "%s: not a history", run->history_path);
}

static pt_exit read_history(pt_run *run, pt_report *report)
{
    PT_TRY(pt_file_read(&run->history_bytes, run->history_path, PT_FILE_SIZE_MAX, report));
    pl_sha256_of(run->history_hash, run->history_bytes.data, run->history_bytes.size);
    PT_TRY(open_history(run, report));
    return count_blocks(run, report);
}

static pt_exit world_refused(const pt_run *run, pl_status status, const pl_world_error *where,
                             pt_report *report)
{
    char place[32] = "";
    if (where->index != PL_NONE) {
        (void)snprintf(place, sizeof place, " %u", (unsigned)where->index);
    }
    return pt_fail_status(report, status, "%s: the world is refused at byte %zu, in its %s%s",
                          run->history_path, where->offset, where->part, place);
}

/* Passes over blocks without a look. *skipped: how many there were. */
static pt_exit skip_blocks(uint64_t *skipped, pt_run *run, uint64_t count, pt_report *report)
{
    if (run->streams) {
        PT_TRY(pt_stream_skip(skipped, &run->stream, count, report));
        run->history.block_count = run->stream.block_count;
        return PT_OK;
    }
    for (*skipped = 0; *skipped < count; (*skipped)++) {
        const uint8_t *block = NULL;
        size_t size = 0;
        PT_TRY(pt_run_next(&block, &size, run, report));
        if (block == NULL) {
            return PT_OK;
        }
    }
    return PT_OK;
}

/* Walks to the block of the checkpoint that the chain stands at: it must be this history's. */
static pt_exit find_block(pt_run *run, const char *file, pt_report *report)
{
    pl_head head;
    pl_chain_head(&head, run->chain);
    run->resumed_height = head.height;
    const uint8_t *block = NULL;
    size_t size = 0;
    pl_header header;
    uint8_t hash[32] = {0};
    uint64_t skipped = 0;
    const uint64_t passed = run->history.block_count;
    if (run->streams && passed == head.height) { /* the one before was replayed to there */
        block = run->stream.block.data;
        size = run->stream.block.size;
    } else if (passed < head.height) {
        PT_TRY(skip_blocks(&skipped, run, head.height - 1 - passed, report));
        PT_TRY(pt_run_next(&block, &size, run, report));
    }
    if (block == NULL || size < PL_HEADER_SIZE || pl_header_decode(&header, block) != PL_OK) {
        return pt_fail(report, PT_INPUT, "%s: the checkpoint is of block %llu, which %s lacks",
                       file, (unsigned long long)head.height, run->history_path);
    }
    pl_header_hash(hash, &header);
    if (memcmp(hash, head.block_hash, 32) != 0) {
        return pt_fail(report, PT_INPUT, "%s: its block %llu is not the one of %s", file,
                       (unsigned long long)head.height, run->history_path);
    }
    return PT_OK;
}

pt_exit pt_run_restore(pt_run *run, const char *file, const pt_bytes *checkpoint, uint64_t height,
                       pt_report *report)
{
    pl_world_error where = {.part = "header", .index = PL_NONE};
    pl_head head;
    pl_chain_free(run->chain);
    run->chain = NULL;
    const pl_status status =
        pl_chain_restore(&run->chain, &where, &run->memory.memory, run->history.world,
                         run->history.world_size, checkpoint->data, checkpoint->size);
    if (status != PL_OK) {
        return pt_fail_status(report, status, "%s: not a checkpoint of this history", file);
    }
    pl_chain_head(&head, run->chain);
    if (height != 0 && head.height != height) {
        return pt_fail(report, PT_INPUT, "%s: is of block %llu, not of block %llu", file,
                       (unsigned long long)head.height, (unsigned long long)height);
    }
    return find_block(run, file, report);
}

static pt_exit resume(pt_run *run, const char *file, pt_report *report)
{
    pt_bytes checkpoint = {0};
    PT_TRY(pt_file_read(&checkpoint, file, PT_FILE_SIZE_MAX, report));
    const pt_exit result = pt_run_restore(run, file, &checkpoint, 0, report);
    pt_bytes_free(&checkpoint);
    return result;
}

pt_exit pt_run_create(pt_run *run, pt_report *report)
{
    pl_world_error where = {.part = "header", .index = PL_NONE};
    const pl_status status = pl_chain_create(&run->chain, &where, &run->memory.memory,
                                             run->history.world, run->history.world_size);
    return status == PL_OK ? PT_OK : world_refused(run, status, &where, report);
}

pt_exit pt_run_restart(pt_run *run, const char *file, const pt_bytes *checkpoint, pt_report *report)
{
    pl_chain_free(run->chain);
    run->chain = NULL;
    run->resumed_height = 0;
    if (run->streams) {
        pt_stream_close(&run->stream);
    }
    PT_TRY(run->streams ? open_stream(run, true, report) : open_history(run, report));
    return checkpoint != NULL ? pt_run_restore(run, file, checkpoint, 0, report)
                              : pt_run_create(run, report);
}

/* Asks every query once, so that a file made for another world is refused before anything is
 * compared. */
static pt_exit check_queries(pt_run *run, pt_report *report)
{
    for (uint32_t i = 0; i < run->expect.query_count; i++) {
        const pt_query *query = &run->expect.queries[i];
        pl_outcome outcome;
        const pl_status status =
            pl_chain_query(&outcome, run->chain, query->contract, query->function, NULL,
                           PT_QUERY_GAS, query->arguments, query->arguments_size);
        if (pl_is_fault(status)) {
            return pt_fail_status(report, status, "%s: query %u", run->expect_path, (unsigned)i);
        }
        if (status != PL_OK) {
            return pt_fail(report, PT_INPUT,
                           "%s: query %u asks contract %u, function %u: %s: this world has no such "
                           "public view with these arguments; import the expectations again",
                           run->expect_path, (unsigned)i, (unsigned)query->contract,
                           (unsigned)query->function, pl_status_name(status));
        }
    }
    return PT_OK;
}

pt_exit pt_run_open(pt_run *run, const char *word, const pt_run_options *options, pt_report *report)
{
    memset(run, 0, sizeof *run);
    pt_memory_init(&run->memory, PT_MEMORY_LIMIT_DEFAULT);
    PT_TRY(find_files(run, word, options, report));
    run->streams = options->stream && pt_is_file(run->history_path); /* no pipe: read twice */
    PT_TRY(run->streams ? count_stream(run, report) : read_history(run, report));
    if (run->expect_path != NULL) {
        PT_TRY(pt_file_read(&run->expect_bytes, run->expect_path, PT_FILE_SIZE_MAX, report));
        pl_sha256_of(run->expect_hash, run->expect_bytes.data, run->expect_bytes.size);
        PT_TRY(pt_expect_open(&run->expect, run->expect_path, run->expect_bytes.data,
                              run->expect_bytes.size, report));
    }
    PT_TRY(options->resume != NULL ? resume(run, options->resume, report)
                                   : pt_run_create(run, report));
    PT_TRY(check_queries(run, report));
    return pt_classes_check(run, report);
}

pt_exit pt_run_copy(pt_run *copy, const pt_run *run, pt_report *report)
{
    *copy = (pt_run){.history_path = run->history_path,
                     .expect_path = run->expect_path,
                     .streams = true,
                     .block_total = run->block_total,
                     .expect = run->expect};
    memcpy(copy->history_hash, run->history_hash, 32);
    memcpy(copy->expect_hash, run->expect_hash, 32);
    pt_memory_init(&copy->memory, PT_MEMORY_LIMIT_DEFAULT);
    return open_stream(copy, false, report);
}

void pt_run_close_copy(pt_run *copy)
{
    pl_chain_free(copy->chain);
    pt_stream_close(&copy->stream);
    memset(copy, 0, sizeof *copy);
}

void pt_run_close(pt_run *run)
{
    pl_chain_free(run->chain);
    pt_stream_close(&run->stream);
    pt_expect_close(&run->expect);
    pt_bytes_free(&run->expect_bytes);
    pt_bytes_free(&run->history_bytes);
    free(run->history_path);
    free(run->expect_path);
    memset(run, 0, sizeof *run);
}

/* The second reading must have met the bytes of the first. */
static pt_exit check_same(pt_run *run, pt_report *report)
{
    uint8_t hash[32];
    if (!run->stream.hashes) {
        return PT_OK;
    }
    pt_stream_hash(hash, &run->stream);
    run->stream.hashes = false;
    return memcmp(hash, run->history_hash, 32) == 0
               ? PT_OK
               : pt_fail(report, PT_INPUT, "%s: was changed while it was read; run again",
                         run->history_path);
}

pt_exit pt_run_next(const uint8_t **block, size_t *size, pt_run *run, pt_report *report)
{
    if (run->streams) {
        PT_TRY(pt_stream_next(block, size, &run->stream, report));
        run->history.block_count = run->stream.block_count;
        return *block == NULL ? check_same(run, report) : PT_OK;
    }
    const pl_status status = pl_history_next(&run->history, block, size);
    return status == PL_OK
               ? PT_OK
               : pt_fail_status(report, status, "%s: after block %llu", run->history_path,
                                (unsigned long long)run->history.block_count);
}

pt_exit pt_run_refused(pt_run *run, const pl_block_result *result, pt_report *report)
{
    static const char *const parts[] = {"",        "its bytes", "its header", "transaction",
                                        "receipt", "state"};
    pl_head head; /* the history may be read further than the chain stands */
    pl_chain_head(&head, run->chain);
    const unsigned long long block = (unsigned long long)head.height + 1;
    if (result->status == PL_REJECT_STATE_ROOT || result->status == PL_REJECT_RECEIPTS_ROOT) {
        const bool is_root = result->status == PL_REJECT_STATE_ROOT;
        char expected[65], computed[65];
        pt_hex(expected, is_root ? result->expected_state_root : result->expected_receipts_hash,
               32);
        pt_hex(computed, is_root ? result->state_root : result->receipts_hash, 32);
        return pt_fail(report, PT_DIVERGED,
                       "%s: block %llu: the %s in its header is %s, computed %s", run->history_path,
                       block, is_root ? "state root" : "receipts hash", expected, computed);
    }
    char place[32] = "";
    if (result->where == PL_WHERE_TRANSACTION && result->index != PL_NONE) {
        (void)snprintf(place, sizeof place, " %u", (unsigned)result->index);
    }
    return pt_fail_status(report, result->status, "%s: block %llu is refused, %s%s",
                          run->history_path, block,
                          (size_t)result->where < 6 ? parts[result->where] : "", place);
}

pt_exit pt_run_advance(pt_run *run, uint64_t height, pl_block_result *last, pt_report *report)
{
    pl_head head;
    for (pl_chain_head(&head, run->chain); head.height < height; pl_chain_head(&head, run->chain)) {
        const uint8_t *block = NULL;
        size_t size = 0;
        PT_TRY(pt_run_next(&block, &size, run, report));
        if (block == NULL) {
            return PT_OK;
        }
        if (pt_interrupted()) {
            return pt_fail(report, PT_INTERRUPTED, "interrupted");
        }
        if (pl_chain_replay_block(last, run->chain, block, size, NULL) != PL_OK) {
            return pt_run_refused(run, last, report);
        }
    }
    return PT_OK;
}
