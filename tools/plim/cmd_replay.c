/* plim replay: verify every block, compare everything that was recorded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/interrupt.h"
#include "tools/common/value.h"
#include "tools/plim/archive.h"
#include "tools/plim/commands.h"
#include "tools/plim/models.h"
#include "tools/plim/progress.h"
#include "tools/plim/verdict.h"

typedef struct replay_options {
    pt_run_options run;
    const char *checkpoint, *archive;
    uint64_t until;
    bool json, roots, invariants, quiet, all;
} replay_options;

enum { DIFFERENCES_SHOWN = 10 };

typedef struct replay_state {
    pt_verdict *verdict;
    pt_progress *progress;
    const replay_options *options;
    uint64_t shown;
} replay_state;

/* Differences go to stderr as they are found, the first few of them. */
static void show_difference(void *context, const pt_difference *difference)
{
    replay_state *state = context;
    if (state->shown++ >= DIFFERENCES_SHOWN && !state->options->all) {
        return;
    }
    pt_progress_clear(state->progress);
    (void)fprintf(stderr, "block %llu\n", (unsigned long long)difference->height);
    if (difference->transaction[0] != '\0') {
        (void)fprintf(stderr, "  %s\n", difference->transaction);
    }
    (void)fprintf(stderr, "  %s: %s\n    expected %s\n    computed %s\n", difference->where,
                  difference->field, difference->expected, difference->computed);
    if (difference->likely[0] != '\0') {
        (void)fprintf(stderr, "    likely   %s\n", difference->likely);
    }
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

static pt_exit replay_block(replay_state *state, pt_archive *archive, const uint8_t *block,
                            size_t size, pt_report *report)
{
    pt_verdict *verdict = state->verdict;
    pl_block_result result;
    if (pl_chain_replay_block(&result, verdict->run.chain, block, size, NULL) != PL_OK) {
        return block_refused(verdict, &result, report);
    }
    if (archive != NULL) { /* before the queries: result points into the chain's buffers */
        PT_TRY(pt_archive_block(archive, &result, report));
    }
    PT_TRY(pt_compare_block(&verdict->compare, &result, report));
    if (state->options->invariants) {
        PT_TRY(check_invariants(verdict, report));
    }
    if (state->options->roots && state->options->json) {
        pt_put(&verdict->roots, result.state_root, 32);
    } else if (state->options->roots) {
        char root[65];
        pt_hex(root, result.state_root, 32);
        (void)printf("%llu %s\n", (unsigned long long)result.height, root);
    }
    pt_progress_step(state->progress, &verdict->compare.tally, result.state_root);
    return PT_OK;
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

static pt_exit replay_blocks(replay_state *state, pt_archive *archive, pt_report *report)
{
    pt_verdict *verdict = state->verdict;
    pl_head head;
    for (;;) {
        const uint8_t *block = NULL;
        size_t size = 0;
        pl_chain_head(&head, verdict->run.chain);
        if (head.height >= state->options->until || verdict->refused.exists) {
            return PT_OK;
        }
        if (pt_interrupted()) {
            pt_progress_clear(state->progress);
            return pt_fail(report, PT_INTERRUPTED,
                           "interrupted after block %llu; nothing was written",
                           (unsigned long long)head.height);
        }
        PT_TRY(pt_run_next(&block, &size, &verdict->run, report));
        if (block == NULL) {
            return check_end(verdict, head.height, report);
        }
        PT_TRY(replay_block(state, archive, block, size, report));
    }
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

static pt_exit open_run(pt_verdict *verdict, const replay_options *options, pt_report *report)
{
    if (options->checkpoint != NULL) {
        PT_TRY(pt_may_replace(options->checkpoint, &pt_mark_checkpoint, report));
    }
    PT_TRY(pt_run_open(&verdict->run, verdict->name, &options->run, report));
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

static pt_exit replay_one(pt_verdict *verdict, pt_progress *progress, const replay_options *options,
                          pt_report *report)
{
    replay_state state = {.verdict = verdict, .progress = progress, .options = options};
    pt_archive *archive = NULL;
    PT_TRY(open_run(verdict, options, report));
    pt_compare_open(&verdict->compare, &verdict->run, show_difference, &state);
    pt_exit result = PT_OK;
    if (options->archive != NULL) {
        result = pt_archive_open(&archive, options->archive, &verdict->run, report);
    }
    const uint64_t last =
        options->until < verdict->run.block_total ? options->until : verdict->run.block_total;
    pt_progress_history(
        progress, last > verdict->run.resumed_height ? last - verdict->run.resumed_height : 0);
    if (result == PT_OK) {
        result = replay_blocks(&state, archive, report);
    }
    verdict->elapsed_ms = pt_progress_elapsed(progress);
    pt_progress_clear(progress);
    if (state.shown > DIFFERENCES_SHOWN && !options->all) {
        (void)fprintf(stderr, "... and %llu more differences\n",
                      (unsigned long long)(state.shown - DIFFERENCES_SHOWN));
    }
    if (result == PT_OK && archive != NULL) {
        result = pt_archive_finish(archive, &verdict->compare.tally, report);
    }
    pt_archive_close(archive);
    if (result == PT_OK && options->checkpoint != NULL) {
        result = write_checkpoint(&verdict->run, options->checkpoint, report);
    }
    return result;
}

static pt_exit read_options(replay_options *options, const pt_args *args, pt_report *report)
{
    static const char *const single[] = {"--checkpoint", "--resume", "--archive", "--until",
                                         "--expect"};
    *options = (replay_options){
        .run = {.expect = pt_args_value(args, "--expect"),
                .no_expect = pt_args_flag(args, "--no-expect"),
                .resume = pt_args_value(args, "--resume")},
        .checkpoint = pt_args_value(args, "--checkpoint"),
        .archive = pt_args_value(args, "--archive"),
        .until = UINT64_MAX,
        .json = pt_args_flag(args, "--json"),
        .roots = pt_args_flag(args, "--roots"),
        .invariants = pt_args_flag(args, "--check-invariants"),
        .quiet = pt_args_flag(args, "--quiet"),
        .all = pt_args_flag(args, "--all-differences"),
    };
    for (size_t i = 0; i < sizeof single / sizeof single[0] && args->word_count > 1; i++) {
        if (pt_args_value(args, single[i]) != NULL) {
            return pt_fail(report, PT_USAGE, "%s is for one history; %zu are given", single[i],
                           args->word_count);
        }
    }
    return pt_args_u64(&options->until, args, "--until", 1, UINT64_MAX, report);
}

/* The other meaning of replay: no expectations, no archive, two runs of one tape. */
static pt_exit compare_models(const pt_args *args, const replay_options *options, pt_report *report)
{
    static const char *const others[] = {"--checkpoint",      "--resume",    "--archive",
                                         "--expect",          "--no-expect", "--roots",
                                         "--check-invariants"};
    if (args->word_count != 1) {
        return pt_fail(report, PT_USAGE, "--compare-model is for one history; %zu are given",
                       args->word_count);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (pt_args_value(args, others[i]) != NULL) {
            return pt_fail(report, PT_USAGE, "--compare-model does not go with %s", others[i]);
        }
    }
    const pt_models_options models = {.run = args->words[0],
                                      .names = pt_args_value(args, "--compare-model"),
                                      .until = options->until,
                                      .json = options->json,
                                      .all = options->all};
    return pt_models_compare(&models, report);
}

static pt_exit run(const pt_args *args, pt_report *report)
{
    replay_options options;
    PT_TRY(read_options(&options, args, report));
    if (pt_args_value(args, "--compare-model") != NULL) {
        return compare_models(args, &options, report);
    }
    pt_verdict *verdicts = pt_take_zeroed(args->word_count, sizeof *verdicts);
    pt_progress progress;
    pt_exit result = PT_OK;
    size_t done = 0, failures = 0;
    bool diverged = false;
    pt_progress_begin(&progress, args->word_count, options.quiet);
    while (done < args->word_count && result == PT_OK) {
        pt_verdict *verdict = &verdicts[done];
        verdict->name = args->words[done++];
        verdict->wants_roots = options.roots;
        result = replay_one(verdict, &progress, &options, report);
        pt_verdict_settle(verdict);
        if (result == PT_INPUT && args->word_count > 1) { /* the others are still worth knowing */
            (void)fprintf(stderr, "plim: %s\n", report->line);
            verdict->failure = pt_copy_text(report->line, strlen(report->line));
            failures++;
            result = PT_OK;
        }
        diverged = diverged || !pt_verdict_is_identical(verdict);
    }
    if (result == PT_OK && options.json) {
        pt_verdict_print_json(verdicts, done);
    } else if (result == PT_OK) {
        pt_verdict_print_table(verdicts, done);
    }
    for (size_t i = 0; i < done; i++) {
        pt_verdict_free(&verdicts[i]);
    }
    free(verdicts);
    if (result == PT_OK && failures != 0) {
        return pt_fail(report, PT_INPUT, "%zu of %zu histories cannot be verified, see above",
                       failures, args->word_count);
    }
    return result == PT_OK && diverged ? PT_DIVERGED : result;
}

static const pt_option replay_options_table[] = {
    {"--until", "BLOCK", "stop after this block"},
    {"--roots", NULL, "print the state root after each block (with --json: in a list)"},
    {"--check-invariants", NULL, "run every contract's invariants after each block"},
    {"--archive", "FILE.db", "write blocks, receipts, events and tables to a SQLite file"},
    {"--checkpoint", "FILE", "write the whole state after the last block"},
    {"--resume", "FILE", "start from a checkpoint instead of genesis"},
    {"--expect", "FILE", "compare with this expectations file"},
    {"--no-expect", NULL, "compare roots and receipts only"},
    {"--all-differences", NULL, "name every difference on stderr, not only the first 10"},
    {"--compare-model", "A,B", "run the tape under two margin models and list where they differ"},
    {"--json", NULL, "one JSON object on stdout"},
    {"--quiet", NULL, "no progress"},
};

const pt_command pt_command_replay = {
    .name = "replay",
    .synopsis = "DIR|FILE...",
    .summary = "recompute a history and compare everything recorded",
    .about =
        "Verifies every block: links, oracle signatures, every transaction, receipts hash and "
        "state\n"
        "root. If an expectations file lies beside the history (an import writes one), every "
        "recorded\n"
        "number is asked of the contract after its block and compared, wei for wei. The first\n"
        "difference is named: block, transaction, query, field, expected, computed. Values of an "
        "export\n"
        "(plim import csv) are identical, explained by a named rule of their column, or different; "
        "a\n"
        "table counts them.\n\n"
        "  plim replay run\n"
        "  plim replay runs/*                          several, one line each\n"
        "  plim replay run --json                      for programs\n"
        "  plim replay run --until 100 --checkpoint c  and later: --resume c\n"
        "  plim replay run --archive run.db            then: sqlite3 run.db 'select * from "
        "events'\n"
        "  plim replay run --compare-model tiers,flat  the same calls under two margin models\n\n"
        "Exit code 0: identical; 1: something differs or an invariant is broken; 3: an input is "
        "not\n"
        "a valid history (of several, the others are still verified).",
    .options = replay_options_table,
    .option_count = sizeof replay_options_table / sizeof replay_options_table[0],
    .words_min = 1,
    .words_max = 4096,
    .run = run,
};
