/* The storm over failing disks: every call that a replay with a journal makes of its disk fails
 * once, and a resumed replay's calls, and those of a set of files.
 *
 *   crash_faults
 *
 * Each call fails with ENOSPC, with EIO, with EINTR, stops short, and is the first on a disk that
 * is full from then on. Required: either the run ends well, or with exit code 4 and one sentence;
 * no file stays open; and from what is left (with everything that was not synced, and with nothing
 * of it) --resume ends as the run that never stopped, with every checkpoint and record that was
 * reported as done. A call that was only interrupted or short must not be noticed; a sync that was
 * interrupted must. Prints figures; exits 1 at the first failure. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/crash_run.h"
#include "tests/support/sim_disk.h"
#include "tools/common/file.h"

static const struct {
    const char *name;
    sim_fault fault;
    int error;
} faults[] = {{"ENOSPC", SIM_ERROR, ENOSPC},
              {"EIO", SIM_ERROR, EIO},
              {"EINTR", SIM_ERROR, EINTR},
              {"short", SIM_SHORT, 0},
              {"full", SIM_FULL, 0}};
enum { FAULTS = sizeof faults / sizeof faults[0] };

static const pt_pace pace = {.checkpoint_blocks = 3, .sync_blocks = 2};
static crash_history history;
static char *clean;

static struct {
    uint64_t runs, failed, unnoticed, recoveries;
} done;

typedef struct promise {
    uint64_t durable, generation;
} promise;

static void tell(void *context, uint64_t durable, uint64_t generation)
{
    *(promise *)context = (promise){durable, generation};
}

static void fail(const char *what, uint64_t call, size_t fault, const sim_disk *disk,
                 const char *more)
{
    printf("crash_faults: %s, call %" PRIu64 " (%s), %s: %s\n", what, call,
           disk->fault_call != NULL ? disk->fault_call : "none", faults[fault].name, more);
    exit(1);
}

/* The run ended with `exit` after the fault: is that how it may end? */
static void check_end(const char *what, uint64_t call, size_t fault, const sim_disk *disk,
                      pt_exit end, const pt_report *report)
{
    const char *name = disk->fault_call != NULL ? disk->fault_call : "";
    const bool is_sync = strncmp(name, "sync", 4) == 0;
    const bool harmless = faults[fault].fault == SIM_SHORT ||
                          (faults[fault].error == EINTR && faults[fault].fault == SIM_ERROR &&
                           !is_sync && strcmp(name, "size") != 0);
    if (end != PT_OK && (end != PT_LIMIT || report->line[0] == '\0')) {
        fail(what, call, fault, disk, report->line);
    }
    if (end != PT_OK && harmless) {
        fail(what, call, fault, disk, "was noticed");
    }
    if (end == PT_OK && is_sync && faults[fault].fault == SIM_ERROR) {
        fail(what, call, fault, disk, "a sync failed, and the run went on");
    }
    if (sim_disk_open_count(disk) != 0) {
        fail(what, call, fault, disk, "a file stays open");
    }
    done.runs++;
    done.failed += end != PT_OK ? 1 : 0;
    done.unnoticed += end == PT_OK ? 1 : 0;
}

static void go_on(const char *what, uint64_t call, size_t fault, const sim_disk *broken,
                  sim_disk *disk, promise floor)
{
    pt_disk_use(&disk->table);
    crash_result result = crash_go_on(&history, CRASH_FOLDER, &pace);
    pt_disk_use(NULL);
    if (result.exit != PT_OK || result.text == NULL || strcmp(result.text, clean) != 0) {
        fail(what, call, fault, broken,
             result.exit == PT_OK ? "another result" : result.report.line);
    }
    if (result.after < floor.generation || result.journal < floor.durable) {
        fail(what, call, fault, broken, "what was reported as done is lost");
    }
    if (result.fallbacks != 0) {
        fail(what, call, fault, broken, "a checkpoint of the manifest does not verify");
    }
    crash_result_free(&result);
    done.recoveries++;
}

/* Goes on from what a killed process leaves, and from a power cut that takes all that was pending.
 */
static void check_left(const char *what, uint64_t call, size_t fault, const sim_disk *disk,
                       promise floor)
{
    sim_disk *seen = sim_disk_copy(disk);
    go_on(what, call, fault, disk, seen, floor);
    sim_disk_free(seen);
    sim_cut cut;
    sim_cut_make(&cut, disk, disk->op_count);
    uint32_t *nothing = calloc(cut.count + 1, sizeof *nothing);
    sim_disk *left = sim_cut_disk(&cut, nothing);
    go_on(what, call, fault, disk, left, floor);
    sim_disk_free(left);
    sim_cut_free(&cut);
    free(nothing);
}

/* A run from block 1 whose call fails; false when it has no such call. */
static bool first_run(uint64_t call, size_t fault)
{
    promise floor = {0};
    pt_report report = {""};
    sim_disk *disk = sim_disk_new();
    disk->fault = faults[fault].fault;
    disk->fault_error = faults[fault].error;
    disk->fault_at = call;
    pt_disk_use(&disk->table);
    const pt_exit end = crash_run_told(&history, CRASH_FOLDER, &pace, tell, &floor, &report);
    pt_disk_use(NULL);
    const bool happened = disk->calls > call;
    if (happened) {
        check_end("a new journal", call, fault, disk, end, &report);
        check_left("a new journal", call, fault, disk, floor);
    }
    sim_disk_free(disk);
    return happened;
}

/* A run that goes on from `start`. */
static bool resumed_run(const sim_disk *start, promise floor, uint64_t call, size_t fault)
{
    sim_disk *disk = sim_disk_copy(start);
    disk->fault = faults[fault].fault;
    disk->fault_error = faults[fault].error;
    disk->fault_at = call;
    pt_disk_use(&disk->table);
    crash_result result = crash_run(&history, CRASH_FOLDER, true, &pace);
    pt_disk_use(NULL);
    const bool happened = disk->calls > call;
    if (happened) {
        check_end("a resumed journal", call, fault, disk, result.exit, &result.report);
        check_left("a resumed journal", call, fault, disk, floor);
    }
    crash_result_free(&result);
    sim_disk_free(disk);
    return happened;
}

/* A disk that was full in the middle of a run, with half a record at the end. */
static sim_disk *half_way(promise *floor)
{
    sim_disk *disk = sim_disk_new();
    pt_report report = {""};
    disk->fault = SIM_FULL;
    disk->fault_at = 90;
    pt_disk_use(&disk->table);
    const pt_exit end = crash_run_told(&history, CRASH_FOLDER, &pace, tell, floor, &report);
    pt_disk_use(NULL);
    const sim_file *journal = sim_disk_file(disk, CRASH_FOLDER "/journal.plj");
    if (end != PT_LIMIT || journal == NULL || floor->generation == 0) {
        fail("half way", disk->fault_at, FAULTS - 1, disk, report.line);
    }
    sim_disk *start = sim_disk_copy(disk);
    sim_disk_free(disk);
    const int file = start->table.open(start, CRASH_FOLDER "/journal.plj", PT_DISK_UPDATE);
    (void)start->table.write(start, file, "PLJR", 4, journal == NULL ? 0 : start->files[1].size);
    (void)start->table.close(start, file);
    sim_disk *whole = sim_disk_copy(start);
    sim_disk_free(start);
    return whole;
}

/* ---- files that replace others ---- */

static bool holds(const sim_disk *disk, const char *path, const char *text)
{
    const sim_file *file = sim_disk_file(disk, path);
    return file != NULL && file->size == strlen(text) && memcmp(file->bytes, text, file->size) == 0;
}

/* Two files that are there already are written as one set; each is its old or its new self, and
 * nothing else stands beside them (but for the call that would have removed it). */
static bool outputs_run(const sim_disk *start, uint64_t call, size_t fault)
{
    pt_outputs outputs = {0};
    pt_report report = {""};
    sim_disk *disk = sim_disk_copy(start);
    disk->fault = faults[fault].fault;
    disk->fault_error = faults[fault].error;
    disk->fault_at = call;
    pt_disk_use(&disk->table);
    pt_exit end = pt_outputs_write(&outputs, "a", "new a", 5, &report);
    end = end == PT_OK ? pt_outputs_write(&outputs, "b", "new b", 5, &report) : end;
    end = end == PT_OK ? pt_outputs_commit(&outputs, &report) : end;
    pt_outputs_close(&outputs);
    pt_disk_use(NULL);
    const bool happened = disk->calls > call;
    if (happened) {
        check_end("files", call, fault, disk, end, &report);
    }
    const bool is_new = holds(disk, "a", "new a") && holds(disk, "b", "new b");
    if ((!holds(disk, "a", "old") && !holds(disk, "a", "new a")) ||
        (!holds(disk, "b", "old") && !holds(disk, "b", "new b")) || (end == PT_OK && !is_new)) {
        fail("files", call, fault, disk, "neither old nor new");
    }
    for (int i = 0; i < SIM_NAMES; i++) {
        if (strlen(disk->names[i].path) > 1) {
            fail("files", call, fault, disk, disk->names[i].path);
        }
    }
    sim_disk_free(disk);
    return happened;
}

static void outputs_runs(void)
{
    pt_report report = {""};
    sim_disk *start = sim_disk_new();
    pt_disk_use(&start->table);
    const bool good = pt_file_write("a", "old", 3, &report) == PT_OK &&
                      pt_file_write("b", "old", 3, &report) == PT_OK;
    pt_disk_use(NULL);
    if (!good) {
        fail("files", 0, 0, start, report.line);
    }
    for (size_t fault = 0; fault < FAULTS; fault++) {
        for (uint64_t call = 0; outputs_run(start, call, fault); call++) {
        }
    }
    sim_disk_free(start);
}

int main(void)
{
    char folder[] = "/tmp/plim-crash-XXXXXX";
    if (mkdtemp(folder) == NULL || freopen("/dev/null", "w", stderr) == NULL) {
        printf("crash_faults: no folder\n");
        return 1;
    }
    crash_history_make(&history, folder, 14, false);
    crash_result result = crash_run(&history, NULL, false, &pace);
    clean = result.text;
    promise floor = {0};
    sim_disk *start = half_way(&floor);
    for (size_t fault = 0; fault < FAULTS; fault++) {
        for (uint64_t call = 0; first_run(call, fault); call++) {
        }
        for (uint64_t call = 0; resumed_run(start, floor, call, fault); call++) {
        }
    }
    outputs_runs();
    sim_disk_free(start);
    crash_result_free(&result);
    for (size_t i = 0; i < 2; i++) {
        char *path = pt_path_join(folder, i == 0 ? "queries.plh" : "queries.plx");
        (void)remove(path);
        free(path);
    }
    (void)remove(folder);
    printf("crash_faults: %" PRIu64 " calls failed (%" PRIu64 " ended the run, %" PRIu64
           " made no difference), %" PRIu64 " recoveries: all go on to the same result\n",
           done.runs, done.failed, done.unnoticed, done.recoveries);
    return 0;
}
