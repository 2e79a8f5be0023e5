/* plim replay: verify every block, compare everything that was recorded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/processors.h"
#include "tools/plim/ahead.h"
#include "tools/plim/commands.h"
#include "tools/plim/models.h"
#include "tools/plim/replay.h"
#include "tools/plim/segments.h"

enum { SEGMENTS_DEFAULT = 16, SEGMENTS_MAX = 65536, JOBS_MAX = 256 };

static void print_note(void *context, const char *text)
{
    (void)context;
    (void)fprintf(stderr, "plim: note: %s\n", text);
}

/* "500" blocks or "30s" seconds. */
static pt_exit read_pace(pt_pace *pace, const char *text, pt_report *report)
{
    char number[24] = "";
    const size_t size = text != NULL ? strlen(text) : 0;
    const bool seconds = size > 1 && text[size - 1] == 's';
    uint64_t count = 0;
    if (text == NULL) {
        return PT_OK;
    }
    if (size < sizeof number) {
        memcpy(number, text, seconds ? size - 1 : size);
    }
    if (!pt_parse_u64(&count, number) || count == 0 || count > UINT32_MAX) {
        return pt_fail(report, PT_USAGE,
                       "--checkpoint-every %s: a number of blocks (500) or of seconds (30s)", text);
    }
    pace->checkpoint_ms = seconds ? count * 1000 : 0;
    pace->checkpoint_blocks = seconds ? 0 : count;
    return PT_OK;
}

static pt_exit read_journal_options(pt_replay_options *options, const pt_args *args,
                                    pt_report *report)
{
    const char *resume = options->run.resume;
    if (resume != NULL && options->journal != NULL) {
        return pt_fail(
            report, PT_USAGE,
            "--journal starts a journal at block 1, --resume goes on from a checkpoint or "
            "a journal: give one of them");
    }
    if (resume != NULL && pt_is_folder(resume)) {
        options->journal = resume;
        options->journal_resume = true;
        options->run.resume = NULL;
    }
    if (options->journal_resume && options->archive != NULL) {
        return pt_fail(
            report, PT_USAGE,
            "--archive needs every block: it does not go with the --resume of a journal; "
            "replay from block 1 to write one");
    }
    if (options->journal == NULL && pt_args_value(args, "--checkpoint-every") != NULL) {
        return pt_fail(report, PT_USAGE, "--checkpoint-every is for --journal");
    }
    return read_pace(&options->pace, pt_args_value(args, "--checkpoint-every"), report);
}

/* The options that do not go with one of the others, each in a list that ends with NULL. */
static pt_exit refuse_with(const char *option, const char *const *others, const pt_args *args,
                           pt_report *report)
{
    for (; pt_args_value(args, option) != NULL && *others != NULL; others++) {
        if (pt_args_value(args, *others) != NULL) {
            return pt_fail(report, PT_USAGE, "%s does not go with %s", option, *others);
        }
    }
    return PT_OK;
}

static pt_exit read_segment_options(pt_replay_options *options, const pt_args *args,
                                    pt_report *report)
{
    static const char *const whole[] = {"--until",         "--resume",  "--journal",
                                        "--checkpoint",    "--archive", "--checkpoint-every",
                                        "--compare-model", NULL};
    static const char *const made[] = {"--until",         "--resume", "--journal",
                                       "--compare-model", "--jobs",   "--segment",
                                       "--records",       "--mpi",    NULL};
    static const char *const own[] = {"--jobs", "--segment", "--records", "--mpi"};
    static const char *const shared[] = {"--segment", NULL};
    static const char *const parts[] = {"--make-checkpoints", NULL};
    const unsigned processors = pt_processors();
    options->checkpoints = pt_args_value(args, "--checkpoints");
    options->make_checkpoints = pt_args_value(args, "--make-checkpoints");
    options->mpi = pt_args_flag(args, "--mpi");
    options->records = pt_args_flag(args, "--records") || options->mpi;
    options->segments = SEGMENTS_DEFAULT;
    options->jobs = options->mpi ? 1 : processors;
    PT_TRY(refuse_with("--make-checkpoints", made, args, report));
    PT_TRY(refuse_with("--checkpoints", parts, args, report));
    PT_TRY(refuse_with("--checkpoints", whole, args, report));
    PT_TRY(refuse_with("--mpi", shared, args, report));
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (options->checkpoints == NULL && pt_args_value(args, own[i]) != NULL) {
            return pt_fail(report, PT_USAGE, "%s is for --checkpoints", own[i]);
        }
    }
    if (options->checkpoints == NULL && options->make_checkpoints == NULL &&
        pt_args_value(args, "--segments") != NULL) {
        return pt_fail(report, PT_USAGE, "--segments is for --make-checkpoints and --checkpoints");
    }
    PT_TRY(pt_args_u64(&options->segments, args, "--segments", 1, SEGMENTS_MAX, report));
    PT_TRY(pt_args_u64(&options->jobs, args, "--jobs", 1, JOBS_MAX, report));
    options->threads = options->checkpoints == NULL ? processors : 1;
    options->threads = options->threads < PT_THREADS_MAX ? options->threads : PT_THREADS_MAX;
    PT_TRY(pt_args_u64(&options->threads, args, "--threads", 1, PT_THREADS_MAX, report));
    return pt_args_u64(&options->segment, args, "--segment", 1, SEGMENTS_MAX, report);
}

static pt_exit read_options(pt_replay_options *options, const pt_args *args, pt_report *report)
{
    static const char *const single[] = {"--checkpoint",  "--resume",          "--archive",
                                         "--until",       "--expect",          "--journal",
                                         "--checkpoints", "--make-checkpoints"};
    *options = (pt_replay_options){
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
        .journal = pt_args_value(args, "--journal"),
        .pace = pt_pace_default,
        .notes = {.sink = print_note},
    };
    for (size_t i = 0; i < sizeof single / sizeof single[0] && args->word_count > 1; i++) {
        if (pt_args_value(args, single[i]) != NULL) {
            return pt_fail(report, PT_USAGE, "%s is for one history; %zu are given", single[i],
                           args->word_count);
        }
    }
    PT_TRY(read_segment_options(options, args, report));
    PT_TRY(read_journal_options(options, args, report));
    return pt_args_u64(&options->until, args, "--until", 1, UINT64_MAX, report);
}

/* The other meaning of replay: no expectations, no archive, two runs of one tape. */
static pt_exit compare_models(const pt_args *args, const pt_replay_options *options,
                              pt_report *report)
{
    static const char *const others[] = {
        "--checkpoint", "--resume",           "--archive", "--expect",           "--no-expect",
        "--roots",      "--check-invariants", "--journal", "--checkpoint-every", "--threads"};
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
    pt_replay_options options;
    PT_TRY(read_options(&options, args, report));
    if (pt_args_value(args, "--compare-model") != NULL) {
        return compare_models(args, &options, report);
    }
    pt_verdict *verdicts = pt_take_zeroed(args->word_count, sizeof *verdicts);
    pt_progress progress;
    pt_exit result = PT_OK;
    size_t done = 0, failures = 0;
    bool diverged = false, is_told = true;
    pt_progress_begin(&progress, args->word_count, options.quiet);
    while (done < args->word_count && result == PT_OK) {
        pt_verdict *verdict = &verdicts[done];
        verdict->name = args->words[done++];
        verdict->wants_roots = options.roots;
        result = options.checkpoints != NULL
                     ? pt_segments_replay(verdict, &is_told, &progress, &options, report)
                     : pt_replay_one(verdict, &progress, &options, report);
        pt_verdict_settle(verdict);
        if (result == PT_INPUT && args->word_count > 1) { /* the others are still worth knowing */
            (void)fprintf(stderr, "plim: %s\n", report->line);
            verdict->failure = pt_copy_text(report->line, strlen(report->line));
            failures++;
            result = PT_OK;
        }
        diverged = diverged || (is_told && !pt_verdict_is_identical(verdict));
    }
    if (result == PT_OK && is_told && options.json) {
        pt_verdict_print_json(verdicts, done);
    } else if (result == PT_OK && is_told) {
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
    {"--resume", "FILE|DIR",
     "start from a checkpoint, or go on with a journal, instead of genesis"},
    {"--journal", "DIR", "keep a journal and checkpoints there, so that --resume DIR can go on"},
    {"--checkpoint-every", "N|Ns", "of a journal: every N blocks or seconds; 10s if not given"},
    {"--make-checkpoints", "DIR", "write the state between every two segments there"},
    {"--checkpoints", "DIR",
     "verify the segments apart from each other, each from its state there"},
    {"--segments", "N", "how many segments; 16 if not given, and the same for both"},
    {"--jobs", "J", "how many at the same time; as many as processors if not given, 1 with --mpi"},
    {"--segment", "K", "this one alone, from 1"},
    {"--records", NULL, "keep each segment's result in that folder, and use those that are there"},
    {"--mpi", NULL, "share the segments out among the processes of mpirun plim-mpi; keeps records"},
    {"--threads", "N",
     "signatures are checked on so many; as many as processors if not given, 1 with --checkpoints"},
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
        "  plim replay run --journal j                 and after a crash: plim replay run --resume "
        "j\n"
        "  plim replay run --compare-model tiers,flat  the same calls under two margin models\n"
        "  plim replay run --make-checkpoints c        once; and then on all processors:\n"
        "  plim replay run --checkpoints c             or: mpirun -n 8 plim-mpi replay run "
        "--checkpoints c --mpi\n\n"
        "Threads check the signatures of blocks to come while this block is replayed: what is "
        "printed\n"
        "is the same with any number of them, and so is the exit code. --threads 1 checks each at "
        "its turn.\n\n"
        "A journalled replay may be killed at any moment, also by a power cut: --resume goes on "
        "from "
        "the\n"
        "newest checkpoint that verifies, compares every root with the journal again, and ends "
        "with "
        "the\n"
        "result of a run that never stopped.\n\n"
        "Segments prove what one replay does, and print the same: a checkpoint proves its state, "
        "its\n"
        "block must be the history's, and the segment before must end there. Results kept by "
        "--records\n"
        "are believed by whoever reads them: keep the folder to yourself.\n\n"
        "Exit code 0: identical; 1: something differs or an invariant is broken; 3: an input is "
        "not\n"
        "a valid history (of several, the others are still verified).",
    .options = replay_options_table,
    .option_count = sizeof replay_options_table / sizeof replay_options_table[0],
    .words_min = 1,
    .words_max = 4096,
    .run = run,
};
