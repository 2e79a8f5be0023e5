#include "tests/support/sim_disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Out of memory or out of its fixed room: the test is wrong, not what it tests. */
static void *need(void *block)
{
    if (block == NULL) {
        (void)fputs("sim_disk: no room\n", stderr);
        abort();
    }
    return block;
}

static void set_path(char *to, const char *path)
{
    if (strlen(path) >= SIM_PATH) {
        (void)need(NULL);
    }
    (void)strcpy(to, path);
}

/* ---- files and names ---- */

static int add_file(sim_disk *disk)
{
    if (disk->file_count == SIM_FILES) {
        (void)need(NULL);
    }
    disk->files[disk->file_count] = (sim_file){0};
    return disk->file_count++;
}

static void set_size(sim_file *file, size_t size)
{
    file->bytes = need(realloc(file->bytes, size + 1));
    if (size > file->size) {
        memset(file->bytes + file->size, 0, size - file->size);
    }
    file->size = size;
}

static void put_bytes(sim_file *file, uint64_t offset, const uint8_t *bytes, size_t size)
{
    if (file->size < offset + size) {
        set_size(file, (size_t)offset + size);
    }
    if (size != 0) {
        memcpy(file->bytes + offset, bytes, size);
    }
}

static sim_name *find(sim_disk *disk, const char *path)
{
    for (int i = 0; i < SIM_NAMES; i++) {
        if (strcmp(disk->names[i].path, path) == 0) {
            return &disk->names[i];
        }
    }
    return NULL;
}

static void set_name(sim_disk *disk, const char *path, int file)
{
    sim_name *name = find(disk, path);
    name = need(name != NULL ? name : find(disk, ""));
    set_path(name->path, path);
    name->file = file;
}

static void unset_name(sim_disk *disk, const char *path)
{
    sim_name *name = find(disk, path);
    if (name != NULL) {
        name->path[0] = '\0';
    }
}

static void folder_of(char *folder, const char *path)
{
    const char *slash = strrchr(path, '/');
    set_path(folder, slash != NULL ? path : ".");
    if (slash != NULL) {
        folder[slash - path] = '\0';
    }
}

static bool has_folder(sim_disk *disk, const char *path)
{
    char folder[SIM_PATH];
    folder_of(folder, path);
    const sim_name *name = find(disk, folder);
    return name != NULL && name->file < 0;
}

/* Does one operation to what is seen. */
static void apply(sim_disk *disk, const sim_op *op)
{
    switch (op->kind) {
    case SIM_WRITE:
        put_bytes(&disk->files[op->file], op->offset, op->bytes, op->size);
        break;
    case SIM_SIZE:
        set_size(&disk->files[op->file], (size_t)op->offset);
        break;
    case SIM_NAME:
    case SIM_FOLDER:
        set_name(disk, op->path, op->file);
        break;
    case SIM_RENAME:
        unset_name(disk, op->path);
        set_name(disk, op->to, op->file);
        break;
    case SIM_REMOVE:
        unset_name(disk, op->path);
        break;
    case SIM_SYNC:
    case SIM_SYNC_FOLDER:
        break;
    }
}

/* Records an operation and does it. */
static void perform(sim_disk *disk, sim_op op)
{
    if (op.kind == SIM_WRITE) {
        uint8_t *copy = need(malloc(op.size + 1));
        memcpy(copy, op.bytes, op.size);
        op.bytes = copy;
    }
    disk->ops = need(realloc(disk->ops, (disk->op_count + 1) * sizeof *disk->ops));
    disk->ops[disk->op_count++] = op;
    apply(disk, &op);
}

/* ---- the table ---- */

/* Counts a call; true when it is to fail, with *error. needs_room: a full disk refuses it. */
static bool fails(sim_disk *disk, const char *call, int *error, bool needs_room)
{
    const uint64_t number = disk->calls++;
    const bool chosen = disk->fault != SIM_NO_FAULT && number >= disk->fault_at;
    *error = disk->fault == SIM_FULL ? -ENOSPC : -disk->fault_error;
    if (chosen && disk->fault_call == NULL) {
        disk->fault_call = call;
    }
    return chosen &&
           (disk->fault == SIM_FULL ? needs_room
                                    : disk->fault == SIM_ERROR && number == disk->fault_at);
}

/* How many bytes of a read or write are done: half of them when this call is to stop short. */
static size_t stop_short(const sim_disk *disk, size_t size)
{
    return disk->fault == SIM_SHORT && disk->calls - 1 == disk->fault_at && size > 1 ? size / 2
                                                                                     : size;
}

static int sim_open(void *context, const char *path, pt_disk_mode mode)
{
    sim_disk *disk = context;
    const bool makes = mode == PT_DISK_CREATE || mode == PT_DISK_LOCK;
    const sim_name *name = find(disk, path);
    int error, handle = 0;
    if (fails(disk, "open", &error, makes)) {
        return error;
    }
    if (name == NULL && (!makes || !has_folder(disk, path))) {
        return -ENOENT;
    }
    while (handle < SIM_OPEN && disk->open[handle] >= 0) {
        handle++;
    }
    if (handle == SIM_OPEN) {
        return -EMFILE;
    }
    if (name == NULL) {
        sim_op op = {.kind = SIM_NAME, .file = add_file(disk)};
        set_path(op.path, path);
        perform(disk, op);
        name = find(disk, path);
    } else if (mode == PT_DISK_CREATE && disk->files[name->file].size != 0) {
        perform(disk, (sim_op){.kind = SIM_SIZE, .file = name->file});
    }
    disk->open[handle] = name->file;
    disk->locked[handle] = false;
    return handle;
}

static int64_t sim_size(void *context, int handle)
{
    sim_disk *disk = context;
    int error;
    return fails(disk, "size", &error, false) ? error
                                              : (int64_t)disk->files[disk->open[handle]].size;
}

static int64_t sim_read(void *context, int handle, void *bytes, size_t size, uint64_t offset)
{
    sim_disk *disk = context;
    const sim_file *file = &disk->files[disk->open[handle]];
    int error;
    if (fails(disk, "read", &error, false)) {
        return error;
    }
    const size_t left = offset < file->size ? file->size - (size_t)offset : 0;
    size = stop_short(disk, size < left ? size : left);
    if (size != 0) {
        memcpy(bytes, file->bytes + offset, size);
    }
    return (int64_t)size;
}

static int64_t sim_write(void *context, int handle, const void *bytes, size_t size, uint64_t offset)
{
    sim_disk *disk = context;
    int error;
    if (fails(disk, "write", &error, true)) {
        return error;
    }
    size = stop_short(disk, size);
    uint8_t *copy = need(malloc(size + 1));
    memcpy(copy, bytes, size);
    perform(disk, (sim_op){.kind = SIM_WRITE,
                           .file = disk->open[handle],
                           .offset = offset,
                           .size = size,
                           .bytes = copy});
    free(copy);
    return (int64_t)size;
}

static int sim_truncate(void *context, int handle, uint64_t size)
{
    sim_disk *disk = context;
    int error;
    if (fails(disk, "truncate", &error, false)) {
        return error;
    }
    perform(disk, (sim_op){.kind = SIM_SIZE, .file = disk->open[handle], .offset = size});
    return 0;
}

static int sim_sync(void *context, int handle)
{
    sim_disk *disk = context;
    int error;
    if (fails(disk, "sync", &error, true)) {
        return error;
    }
    perform(disk, (sim_op){.kind = SIM_SYNC, .file = disk->open[handle]});
    return 0;
}

static int sim_lock(void *context, int handle)
{
    sim_disk *disk = context;
    int error;
    if (fails(disk, "lock", &error, false)) {
        return error;
    }
    for (int i = 0; i < SIM_OPEN; i++) {
        if (i != handle && disk->open[i] == disk->open[handle] && disk->locked[i]) {
            return -EWOULDBLOCK;
        }
    }
    disk->locked[handle] = true;
    return 0;
}

static int sim_close(void *context, int handle)
{
    sim_disk *disk = context;
    int error;
    disk->open[handle] = -1;
    return fails(disk, "close", &error, false) ? error : 0;
}

static int sim_rename(void *context, const char *from, const char *to)
{
    sim_disk *disk = context;
    const sim_name *name = find(disk, from);
    int error;
    if (fails(disk, "rename", &error, true)) {
        return error;
    }
    if (name == NULL) {
        return -ENOENT;
    }
    sim_op op = {.kind = SIM_RENAME, .file = name->file};
    set_path(op.path, from);
    set_path(op.to, to);
    perform(disk, op);
    return 0;
}

static int sim_remove(void *context, const char *path)
{
    sim_disk *disk = context;
    int error;
    if (fails(disk, "remove", &error, false)) {
        return error;
    }
    if (find(disk, path) == NULL) {
        return -ENOENT;
    }
    sim_op op = {.kind = SIM_REMOVE, .file = -1};
    set_path(op.path, path);
    perform(disk, op);
    return 0;
}

static int sim_make_folder(void *context, const char *path)
{
    sim_disk *disk = context;
    int error;
    if (fails(disk, "make folder", &error, true)) {
        return error;
    }
    if (find(disk, path) != NULL || !has_folder(disk, path)) {
        return find(disk, path) != NULL ? -EEXIST : -ENOENT;
    }
    sim_op op = {.kind = SIM_FOLDER, .file = -1};
    set_path(op.path, path);
    perform(disk, op);
    return 0;
}

static int sim_sync_folder(void *context, const char *path)
{
    sim_disk *disk = context;
    int error;
    if (fails(disk, "sync folder", &error, true)) {
        return error;
    }
    if (find(disk, path) == NULL) {
        return -ENOENT;
    }
    sim_op op = {.kind = SIM_SYNC_FOLDER, .file = -1};
    set_path(op.path, path);
    perform(disk, op);
    return 0;
}

/* ---- making disks ---- */

static sim_file copy_file(const sim_file *file)
{
    sim_file copy = {0};
    put_bytes(&copy, 0, file->size != 0 ? file->bytes : (const uint8_t *)"", file->size);
    return copy;
}

/* The image of now becomes the one that the disk began with. */
static void keep_start(sim_disk *disk)
{
    disk->start_files = need(calloc((size_t)disk->file_count + 1, sizeof *disk->start_files));
    for (int i = 0; i < disk->file_count; i++) {
        disk->start_files[i] = copy_file(&disk->files[i]);
    }
    memcpy(disk->start_names, disk->names, sizeof disk->names);
    disk->start_count = disk->file_count;
}

/* With the files and names given, which the disk copies. */
static sim_disk *make(const sim_file *files, int file_count, const sim_name *names)
{
    sim_disk *disk = need(calloc(1, sizeof *disk));
    disk->table = (pt_disk){disk,         sim_open,        sim_size,       sim_read,  sim_write,
                            sim_truncate, sim_sync,        sim_lock,       sim_close, sim_rename,
                            sim_remove,   sim_make_folder, sim_sync_folder};
    for (int i = 0; i < SIM_OPEN; i++) {
        disk->open[i] = -1;
    }
    for (int i = 0; i < file_count; i++) {
        disk->files[i] = copy_file(&files[i]);
    }
    disk->file_count = file_count;
    memcpy(disk->names, names, sizeof disk->names);
    return disk;
}

sim_disk *sim_disk_new(void)
{
    static const sim_name names[SIM_NAMES] = {{".", -1}};
    sim_disk *disk = make(NULL, 0, names);
    keep_start(disk);
    return disk;
}

sim_disk *sim_disk_copy(const sim_disk *disk)
{
    sim_disk *copy = make(disk->files, disk->file_count, disk->names);
    keep_start(copy);
    return copy;
}

void sim_disk_free(sim_disk *disk)
{
    for (int i = 0; i < disk->file_count; i++) {
        free(disk->files[i].bytes);
    }
    for (int i = 0; i < disk->start_count; i++) {
        free(disk->start_files[i].bytes);
    }
    for (size_t i = 0; i < disk->op_count; i++) {
        free(disk->ops[i].bytes);
    }
    free(disk->start_files);
    free(disk->ops);
    free(disk);
}

int sim_disk_open_count(const sim_disk *disk)
{
    int count = 0;
    for (int i = 0; i < SIM_OPEN; i++) {
        count += disk->open[i] >= 0 ? 1 : 0;
    }
    return count;
}

const sim_file *sim_disk_file(const sim_disk *disk, const char *path)
{
    for (int i = 0; i < SIM_NAMES; i++) {
        if (disk->names[i].path[0] != '\0' && strcmp(disk->names[i].path, path) == 0) {
            return disk->names[i].file >= 0 ? &disk->files[disk->names[i].file] : NULL;
        }
    }
    return NULL;
}
