/* The storm over memory: in a replay with a journal, each allocation fails once, the core's and the
 * tools'; in a first run and in those that go on.
 *
 *   crash_memory [--every N] [--first I]
 *
 * Each run is a process of its own, which must end with exit code 4 (and without a leak, in the
 * build that looks for them); what it leaves is gone on with, and must end as the run that never
 * stopped.
 * --every: fails each Nth allocation only. Linked with the malloc family wrapped (Makefile). */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/crash_run.h"
#include "tools/common/disk.h"
#include "tools/common/file.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

static bool armed;
static uint64_t taken, refuse_at;

static bool refused(void)
{
    if (armed && taken++ == refuse_at) {
        errno = ENOMEM;
        return true;
    }
    return false;
}

void *__wrap_malloc(size_t size)
{
    return refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return refused() ? NULL : __real_realloc(block, size);
}

/* ---- */

static const pt_pace pace = {.checkpoint_blocks = 5, .sync_blocks = 2};
static crash_history history;
static char *clean, *journal;
static uint64_t runs;

static int no_sync(void *context, int file)
{
    (void)context;
    (void)file;
    return 0;
}

static int no_sync_folder(void *context, const char *path)
{
    (void)context;
    (void)path;
    return 0;
}

static void remove_journal(void)
{
    static const char *const names[] = {
        "lock",           "journal.plj",      "journal.new",      "manifest.plm",    "manifest.new",
        "checkpoint.new", "checkpoint-0.plc", "checkpoint-1.plc", "checkpoint-2.plc"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = pt_path_join(journal, names[i]);
        (void)unlink(path);
        free(path);
    }
    (void)rmdir(journal);
}

enum { FEWER = 77 };

/* Exit code of a process that replays with allocation number `number` refused; FEWER when it makes
 * none of that number. */
static int child(bool resume, uint64_t number)
{
    (void)fflush(stdout);
    const pid_t id = fork();
    if (id == 0) {
        refuse_at = number;
        taken = 0;
        armed = true;
        crash_result result = crash_run(&history, journal, resume, &pace);
        armed = false;
        if (result.exit == PT_OK && taken <= number) {
            result.exit = (pt_exit)FEWER;
        }
        const int code = (int)result.exit;
        crash_result_free(&result);
        free(clean);
        free(journal);
        exit(code);
    }
    int status = 0;
    if (id < 0 || waitpid(id, &status, 0) != id) {
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check(const char *what, uint64_t number, int code)
{
    if (code != PT_LIMIT) {
        printf("crash_memory: %s, allocation %" PRIu64 ": exit code %d\n", what, number, code);
        (void)fflush(stdout); /* a look for leaks may end the process before */
        exit(1);
    }
    crash_result result = crash_go_on(&history, journal, &pace);
    if (result.exit != PT_OK || strcmp(result.text, clean) != 0 || result.fallbacks != 0) {
        printf("crash_memory: %s, allocation %" PRIu64 ": does not go on: %s\n", what, number,
               result.report.line);
        exit(1);
    }
    crash_result_free(&result);
    runs++;
}

/* Where a run starts: nothing, a torn journal without checkpoints, or one that is complete. */
enum { NEW, TORN, COMPLETE, SCENES };
static const char *const scenes[] = {"a new journal", "a torn journal", "a complete journal"};

static void begin_scene(int scene)
{
    char *path = pt_path_join(journal, "journal.plj");
    char *manifest = pt_path_join(journal, "manifest.plm");
    bool good = true;
    remove_journal();
    if (scene != NEW) {
        crash_result result = crash_run(&history, journal, false, &pace);
        good = result.exit == PT_OK;
        crash_result_free(&result);
    }
    if (scene == TORN) {
        good = good && unlink(manifest) == 0 && truncate(path, 110 + 116 * 9 + 50) == 0;
    }
    if (!good) {
        printf("crash_memory: no journal to go on with\n");
        exit(1);
    }
    free(manifest);
    free(path);
}

static uint64_t number_of(int argc, char **argv, const char *name, uint64_t other)
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
    char folder[] = "/tmp/plim-crash-XXXXXX";
    pt_disk disk = pt_disk_real;
    const uint64_t every = number_of(argc, argv, "--every", 1);
    const uint64_t first = number_of(argc, argv, "--first", 0);
    if (mkdtemp(folder) == NULL || freopen("/dev/null", "w", stderr) == NULL) {
        printf("crash_memory: no folder\n");
        return 1;
    }
    disk.sync = no_sync; /* of power cuts speaks crash_states */
    disk.sync_folder = no_sync_folder;
    pt_disk_use(&disk);
    crash_history_make(&history, folder, 14, true);
    journal = pt_path_join(folder, "j");
    crash_result result = crash_run(&history, NULL, false, &pace);
    clean = result.text;
    for (int scene = 0; scene < SCENES; scene++) {
        for (uint64_t number = first;; number += every) {
            begin_scene(scene);
            const int code = child(scene != NEW, number);
            if (code == FEWER) {
                break;
            }
            check(scenes[scene], number, code);
        }
    }
    remove_journal();
    for (size_t i = 0; i < 2; i++) {
        char *path = pt_path_join(folder, i == 0 ? "columns.plh" : "columns.plx");
        (void)remove(path);
        free(path);
    }
    (void)remove(folder);
    crash_result_free(&result);
    free(journal);
    printf("crash_memory: %" PRIu64
           " allocations failed, each with exit code 4; all go on to the same result\n",
           runs);
    return 0;
}
