/* The storm over power cuts: replays with a journal run on a disk made of memory; for a cut after
 * each of their operations, every state that the disk may be left in is made, the run goes on from
 * it, and must end as the run that never stopped.
 *
 *   crash_states [--each N] [--seed S]
 *
 * --each: states made at one cut; 0 makes all of them (default 60; where there are more, those next
 * to "nothing" and "everything" come first, then random ones). Required of every state: the same
 * result to the last byte; no checkpoint that a manifest names and that does not verify; every
 * record and checkpoint that was reported as done before the cut. Every 50th recovery is itself
 * cut. Then the same for files that replace others. Prints figures; exits 1 at the first failure.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/crash_run.h"
#include "tests/support/sim_disk.h"
#include "tools/common/file.h"

enum { REPORTS = 1024, NESTED_EVERY = 50, NESTED_CUTS = 4 };

typedef struct promise {
    size_t ops;
    uint64_t durable, generation;
} promise;

typedef struct storm {
    uint64_t random;
    uint64_t each;
    const char *scene;
    crash_history history;
    pt_pace pace;
    sim_disk *disk; /* that the run was recorded on */
    promise promises[REPORTS];
    size_t promise_count;
    char *clean;
} storm;

static struct {
    uint64_t cuts, states, possible, nested, torn, started_anew;
} done;

static uint64_t draw(storm *s)
{
    uint64_t z = s->random += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* What was reported as done by then. */
static promise promised(const storm *s, size_t end)
{
    promise last = {0};
    for (size_t i = 0; i < s->promise_count && s->promises[i].ops <= end; i++) {
        last = s->promises[i];
    }
    return last;
}

static void tell(void *context, uint64_t durable, uint64_t generation)
{
    storm *s = context;
    if (s->promise_count < REPORTS) {
        s->promises[s->promise_count++] = (promise){s->disk->op_count, durable, generation};
    }
}

static void fail(const storm *s, const sim_cut *cut, const uint32_t *choice, const char *what,
                 const char *more)
{
    static const char *const kinds[] = {"write",  "size",   "name", "rename",
                                        "remove", "folder", "sync", "sync folder"};
    printf("crash_states: %s, cut after operation %zu: %s %s\n", s->scene, cut->end, what, more);
    for (size_t i = 0; i < cut->count; i++) {
        const sim_op *op = &cut->disk->ops[cut->pending[i]];
        printf("  %zu: %s file %d at %" PRIu64 ", %zu bytes, %s %s: way %u of %u\n",
               cut->pending[i], kinds[op->kind], op->file, op->offset, op->size, op->path, op->to,
               (unsigned)choice[i], (unsigned)cut->ways[i]);
    }
    exit(1);
}

/* Goes on from the state of `disk`; what stood at the cut must be there again. */
static void go_on(const storm *s, const sim_cut *cut, const uint32_t *choice, sim_disk *disk,
                  promise floor)
{
    pt_disk_use(&disk->table);
    crash_result result = crash_go_on(&s->history, CRASH_FOLDER, &s->pace);
    pt_disk_use(NULL);
    if (result.exit != PT_OK) {
        fail(s, cut, choice, "does not go on:", result.report.line);
    }
    if (strcmp(result.text, s->clean) != 0) {
        fail(s, cut, choice, "another result:", result.text);
    }
    if (result.fallbacks != 0) {
        fail(s, cut, choice, "a checkpoint of the manifest does not verify", "");
    }
    if (result.journal < floor.durable) {
        fail(s, cut, choice, "a record that was reported as done is lost", "");
    }
    if (result.after < floor.generation) {
        fail(s, cut, choice, "a checkpoint that was reported as done is lost", "");
    }
    if (sim_disk_open_count(disk) != 0) {
        fail(s, cut, choice, "a file stays open", "");
    }
    done.torn += result.cuts;
    done.started_anew += result.journal == 0 ? 1 : 0;
    crash_result_free(&result);
}

/* The recovery, which ran on `disk` and was recorded there, is cut, too. */
static void cut_again(storm *s, const sim_disk *disk, promise floor)
{
    for (int i = 0; i < NESTED_CUTS; i++) {
        sim_cut cut;
        sim_cut_make(&cut, disk, (size_t)(draw(s) % (disk->op_count + 1)));
        uint32_t *choice = calloc(cut.count + 1, sizeof *choice);
        for (size_t k = 0; k < cut.count; k++) {
            choice[k] = (uint32_t)(draw(s) % cut.ways[k]);
        }
        sim_disk *again = sim_cut_disk(&cut, choice);
        go_on(s, &cut, choice, again, floor);
        sim_disk_free(again);
        sim_cut_free(&cut);
        free(choice);
        done.nested++;
    }
}

static void check_state(storm *s, const sim_cut *cut, const uint32_t *choice)
{
    const promise floor = promised(s, cut->end);
    sim_disk *disk = sim_cut_disk(cut, choice);
    go_on(s, cut, choice, disk, floor);
    if (done.states++ % NESTED_EVERY == 0) {
        cut_again(s, disk, floor);
    }
    sim_disk_free(disk);
}

/* ---- which states ---- */

/* The next one in the order of counting; false after the last. */
static bool count_on(uint32_t *choice, const sim_cut *cut)
{
    for (size_t i = 0; i < cut->count; i++) {
        if (++choice[i] < cut->ways[i]) {
            return true;
        }
        choice[i] = 0;
    }
    return false;
}

typedef void state_check(storm *s, const sim_cut *cut, const uint32_t *choice);

static void all_states(storm *s, const sim_cut *cut, uint32_t *choice, state_check *check)
{
    memset(choice, 0, (cut->count + 1) * sizeof *choice);
    do {
        check(s, cut, choice);
    } while (count_on(choice, cut));
}

/* Nothing, everything, everything but one, one alone in each of its ways; then random ones. */
static void some_states(storm *s, const sim_cut *cut, uint32_t *choice, state_check *check)
{
    uint64_t left = s->each;
    for (uint32_t base = 0; base < 2; base++) {
        for (size_t i = 0; i < cut->count; i++) {
            for (uint32_t way = 0; way < cut->ways[i] && left > 0; way++, left--) {
                for (size_t k = 0; k < cut->count; k++) {
                    choice[k] = base;
                }
                choice[i] = way;
                check(s, cut, choice);
            }
        }
    }
    for (; left > 0; left--) {
        for (size_t k = 0; k < cut->count; k++) {
            choice[k] = (uint32_t)(draw(s) % cut->ways[k]);
        }
        check(s, cut, choice);
    }
}

static void every_cut(storm *s, const sim_disk *disk, state_check *check)
{
    for (size_t end = 0; end <= disk->op_count; end++) {
        sim_cut cut;
        sim_cut_make(&cut, disk, end);
        uint32_t *choice = calloc(cut.count + 1, sizeof *choice);
        const uint64_t states = sim_cut_states(&cut);
        done.cuts++;
        done.possible += states;
        (s->each == 0 || states <= s->each ? all_states : some_states)(s, &cut, choice, check);
        free(choice);
        sim_cut_free(&cut);
    }
}

/* ---- scenes ---- */

static void journal_scene(storm *s, const char *folder, bool columns, pt_pace pace)
{
    char scene[96];
    (void)snprintf(scene, sizeof scene, "%s, checkpoint every %u, sync every %u",
                   columns ? "columns" : "queries", (unsigned)pace.checkpoint_blocks,
                   (unsigned)pace.sync_blocks);
    s->scene = scene;
    s->pace = pace;
    s->promise_count = 0;
    crash_history_make(&s->history, folder, 14, columns);
    crash_result clean = crash_run(&s->history, NULL, false, &pace);
    s->clean = clean.text;
    pt_report report = {""};
    s->disk = sim_disk_new();
    pt_disk_use(&s->disk->table);
    const pt_exit told = crash_run_told(&s->history, CRASH_FOLDER, &pace, tell, s, &report);
    pt_disk_use(NULL);
    if (clean.exit != PT_OK || told != PT_OK) {
        printf("crash_states: %s: no run to begin with: %s %s\n", scene, clean.report.line,
               report.line);
        exit(1);
    }
    every_cut(s, s->disk, check_state);
    sim_disk_free(s->disk);
    crash_result_free(&clean);
}

/* ---- files that replace others ---- */

static const char old_text[] = "old";

/* Every file of the set is its old self or its new one, and the new one once that was reported. */
static void check_files(storm *s, const sim_cut *cut, const uint32_t *choice)
{
    static const char *const paths[] = {"a", "b"};
    const bool is_new = promised(s, cut->end).durable != 0;
    sim_disk *disk = sim_cut_disk(cut, choice);
    for (size_t i = 0; i < 2; i++) {
        const sim_file *file = sim_disk_file(disk, paths[i]);
        const bool old = file != NULL && file->size == sizeof old_text &&
                         memcmp(file->bytes, old_text, sizeof old_text) == 0;
        bool whole = file != NULL && file->size == 3000;
        for (size_t k = 0; whole && k < 3000; k++) {
            whole = file->bytes[k] == (uint8_t)(k + i + 1);
        }
        if (!whole && (is_new || !old)) {
            fail(s, cut, choice, "neither the old file nor the new one:", paths[i]);
        }
    }
    done.states++;
    sim_disk_free(disk);
}

static void file_scene(storm *s)
{
    uint8_t text[2][3000];
    pt_report report;
    pt_outputs outputs = {0};
    for (size_t k = 0; k < 3000; k++) {
        text[0][k] = (uint8_t)(k + 1);
        text[1][k] = (uint8_t)(k + 2);
    }
    s->scene = "files that replace others";
    s->promise_count = 0;
    sim_disk *first = sim_disk_new();
    pt_disk_use(&first->table);
    bool good = pt_file_write("a", old_text, sizeof old_text, &report) == PT_OK &&
                pt_file_write("b", old_text, sizeof old_text, &report) == PT_OK;
    s->disk = sim_disk_copy(first);
    pt_disk_use(&s->disk->table);
    good = good && pt_outputs_write(&outputs, "a", text[0], 3000, &report) == PT_OK &&
           pt_outputs_write(&outputs, "b", text[1], 3000, &report) == PT_OK &&
           pt_outputs_commit(&outputs, &report) == PT_OK;
    tell(s, 1, 0);
    pt_outputs_close(&outputs);
    pt_disk_use(NULL);
    if (!good) {
        printf("crash_states: %s: %s\n", s->scene, report.line);
        exit(1);
    }
    every_cut(s, s->disk, check_files);
    sim_disk_free(s->disk);
    sim_disk_free(first);
}

/* ---- */

static uint64_t number(int argc, char **argv, const char *name, uint64_t other)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return strtoull(argv[i + 1], NULL, 10);
        }
    }
    return other;
}

int main(int argc, char **argv)
{
    static const pt_pace paces[] = {
        {.checkpoint_blocks = 3, .sync_blocks = 1},
        {.checkpoint_blocks = 4, .sync_blocks = 2},
        {.checkpoint_blocks = 5},
        {.checkpoint_blocks = 1},
        {.checkpoint_blocks = 7},
        {.checkpoint_blocks = 9, .sync_blocks = 4},
        {.checkpoint_blocks = 9},
    };
    static storm s;
    char folder[] = "/tmp/plim-crash-XXXXXX";
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 1;
    }
    if (freopen("/dev/null", "w", stderr) == NULL) { /* the differences, which every run names */
        return 1;
    }
    s.each = number(argc, argv, "--each", 60);
    s.random = number(argc, argv, "--seed", 1);
    for (size_t i = 0; i < sizeof paces / sizeof paces[0]; i++) {
        journal_scene(&s, folder, false, paces[i]);
        journal_scene(&s, folder, true, paces[i]);
    }
    file_scene(&s);
    static const char *const names[] = {"queries.plh", "queries.plx", "columns.plh", "columns.plx"};
    for (size_t i = 0; i < 4; i++) {
        char *path = pt_path_join(folder, names[i]);
        (void)remove(path);
        free(path);
    }
    (void)remove(folder);
    printf("crash_states: %" PRIu64 " cuts, %" PRIu64 " states of %" PRIu64 " and %" PRIu64
           " of cut recoveries: all go on to the same result (%" PRIu64
           " torn tails cut off, %" PRIu64 " started anew)\n",
           done.cuts, done.states, done.possible, done.nested, done.torn, done.started_anew);
    return 0;
}
