/* Files that appear together or not at all (file.h). */
#include "tools/common/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/common/disk.h"

struct pt_output {
    char *path;
    char *temporary;
    bool synced; /* its bytes are on the disk */
    bool committed;
};

/* Sets that are open, so that exit() from anywhere leaves no temporary file behind. */
enum { OPEN_MAX_SETS = 16 };
static pt_outputs *open_sets[OPEN_MAX_SETS];

static void abandon(pt_outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (!outputs->files[i].committed) {
            (void)pt_disk_remove(outputs->files[i].temporary);
        }
    }
    if (outputs->made_folder != NULL) {
        (void)rmdir(outputs->made_folder); /* stays when it holds committed files */
    }
}

static void abandon_all(void)
{
    for (size_t i = 0; i < OPEN_MAX_SETS; i++) {
        if (open_sets[i] != NULL) {
            abandon(open_sets[i]);
        }
    }
}

static void remember(pt_outputs *outputs)
{
    static bool registered;
    if (!registered) {
        registered = atexit(abandon_all) == 0;
    }
    size_t place = OPEN_MAX_SETS;
    for (size_t i = 0; i < OPEN_MAX_SETS; i++) {
        if (open_sets[i] == outputs) {
            return;
        }
        if (open_sets[i] == NULL && place == OPEN_MAX_SETS) {
            place = i;
        }
    }
    if (place < OPEN_MAX_SETS) {
        open_sets[place] = outputs;
    }
}

pt_exit pt_outputs_folder(pt_outputs *outputs, const char *path, pt_report *report)
{
    if (pt_is_folder(path)) {
        return PT_OK;
    }
    const int made = pt_disk_make_folder(path);
    if (made != 0) {
        return pt_disk_fail(report, path, "made as a folder", made);
    }
    if (outputs->made_folder == NULL) {
        outputs->made_folder = pt_copy_text(path, strlen(path));
    }
    remember(outputs);
    return PT_OK;
}

const pt_mark pt_mark_container = {"PLIM", 4, 0, "a container"};
const pt_mark pt_mark_checkpoint = {"PLCP", 4, 0, "a checkpoint"};
const pt_mark pt_mark_archive = {"PLIM", 4, 68, "an archive"}; /* SQLite's application id */

pt_exit pt_may_replace(const char *path, const pt_mark *mark, pt_report *report)
{
    char found[16] = {0};
    bool good = true;
    FILE *file = pt_is_file(path) ? fopen(path, "rb") : NULL;
    if (file == NULL) {
        return PT_OK; /* nothing there, or the writer will say what is wrong with it */
    }
    if (fgetc(file) != EOF) {
        good = fseek(file, mark->offset, SEEK_SET) == 0 &&
               fread(found, 1, mark->size, file) == mark->size &&
               memcmp(found, mark->bytes, mark->size) == 0;
    }
    (void)fclose(file);
    return good ? PT_OK
                : pt_fail(report, PT_INPUT,
                          "%s: exists and is not %s; plim writes over nothing else: name "
                          "another file, or remove this one first",
                          path, mark->what);
}

pt_exit pt_outputs_reserve(pt_outputs *outputs, const char **temporary, const char *path,
                           pt_report *report)
{
    struct stat info;
    if (pt_is_folder(path)) {
        return pt_fail(report, PT_INPUT, "%s: is a folder; name a file to write", path);
    }
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        return pt_fail(report, PT_INPUT, "%s: is not a regular file; name a file to write", path);
    }
    char *name = pt_take(strlen(path) + 32);
    (void)sprintf(name, "%s.partial-%ld", path, (long)getpid());
    const int file = pt_disk_open(name, PT_DISK_CREATE);
    if (file < 0) {
        free(name);
        return pt_disk_fail(report, path, "written", file);
    }
    (void)pt_disk_close(file);
    outputs->files = pt_resize(outputs->files, (outputs->count + 1) * sizeof *outputs->files);
    outputs->files[outputs->count++] =
        (struct pt_output){.path = pt_copy_text(path, strlen(path)), .temporary = name};
    remember(outputs);
    *temporary = name;
    return PT_OK;
}

/* Opens the temporary file, writes data (NULL: somebody else wrote it) and has it on the disk. */
static int put_on_disk(struct pt_output *output, pt_disk_mode mode, const void *data, size_t size)
{
    const int file = pt_disk_open(output->temporary, mode);
    if (file < 0) {
        return file;
    }
    int result = data != NULL ? pt_disk_write(file, data, size, 0) : 0;
    if (result == 0) {
        result = pt_disk_sync(file);
    }
    const int closed = pt_disk_close(file);
    output->synced = result == 0 && closed == 0;
    return result == 0 ? closed : result;
}

pt_exit pt_outputs_write(pt_outputs *outputs, const char *path, const void *data, size_t size,
                         pt_report *report)
{
    const char *temporary = NULL;
    PT_TRY(pt_outputs_reserve(outputs, &temporary, path, report));
    struct pt_output *output = &outputs->files[outputs->count - 1];
    const int result = put_on_disk(output, PT_DISK_CREATE, data, size);
    return result == 0 ? PT_OK : pt_disk_fail(report, path, "written", result);
}

/* Has the names on the disk: of each folder once, as far as its files stand together. */
static pt_exit sync_folders(const pt_outputs *outputs, pt_report *report)
{
    char *last = NULL;
    int result = 0;
    for (size_t i = 0; i < outputs->count && result == 0; i++) {
        char *folder = pt_path_folder(outputs->files[i].path);
        if (last == NULL || strcmp(last, folder) != 0) {
            result = pt_disk_sync_folder(folder);
        }
        free(last);
        last = folder;
    }
    if (result == 0 && outputs->made_folder != NULL) {
        free(last);
        last = pt_path_folder(outputs->made_folder);
        result = pt_disk_sync_folder(last);
    }
    const pt_exit exit = result == 0 ? PT_OK : pt_disk_fail(report, last, "synced", result);
    free(last);
    return exit;
}

pt_exit pt_outputs_commit(pt_outputs *outputs, pt_report *report)
{
    for (size_t i = 0; i < outputs->count; i++) {
        struct pt_output *file = &outputs->files[i];
        const int result = file->synced ? 0 : put_on_disk(file, PT_DISK_UPDATE, NULL, 0);
        if (result != 0) {
            return pt_disk_fail(report, file->path, "written", result);
        }
    }
    for (size_t i = 0; i < outputs->count; i++) {
        struct pt_output *file = &outputs->files[i];
        const int result = file->committed ? 0 : pt_disk_rename(file->temporary, file->path);
        if (result != 0) {
            return pt_disk_fail(report, file->path, "put in place", result);
        }
        file->committed = true;
    }
    return sync_folders(outputs, report);
}

void pt_outputs_close(pt_outputs *outputs)
{
    abandon(outputs);
    for (size_t i = 0; i < outputs->count; i++) {
        free(outputs->files[i].path);
        free(outputs->files[i].temporary);
    }
    free(outputs->files);
    free(outputs->made_folder);
    for (size_t i = 0; i < OPEN_MAX_SETS; i++) {
        if (open_sets[i] == outputs) {
            open_sets[i] = NULL;
        }
    }
    *outputs = (pt_outputs){0};
}

pt_exit pt_file_write(const char *path, const void *data, size_t size, pt_report *report)
{
    pt_outputs outputs = {0};
    pt_exit result = pt_outputs_write(&outputs, path, data, size, report);
    if (result == PT_OK) {
        result = pt_outputs_commit(&outputs, report);
    }
    pt_outputs_close(&outputs);
    return result;
}
