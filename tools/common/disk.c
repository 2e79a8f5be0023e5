#define _DEFAULT_SOURCE /* flock */
#include "tools/common/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/common/bytes.h"

/* ---- the real disk: one system call each ---- */

static int result_of(int returned)
{
    return returned < 0 ? -errno : returned;
}

static int real_open(void *context, const char *path, pt_disk_mode mode)
{
    (void)context;
    static const int flags[] = {O_RDONLY, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, O_RDWR,
                                O_RDWR | O_CREAT | O_NOFOLLOW};
    return result_of(open(path, flags[mode] | O_CLOEXEC, 0666));
}

static int64_t real_size(void *context, int file)
{
    struct stat info;
    (void)context;
    return fstat(file, &info) == 0 ? (int64_t)info.st_size : -(int64_t)errno;
}

static int64_t real_read(void *context, int file, void *bytes, size_t size, uint64_t offset)
{
    (void)context;
    const ssize_t got = pread(file, bytes, size, (off_t)offset);
    return got < 0 ? -(int64_t)errno : (int64_t)got;
}

static int64_t real_write(void *context, int file, const void *bytes, size_t size, uint64_t offset)
{
    (void)context;
    const ssize_t put = pwrite(file, bytes, size, (off_t)offset);
    return put < 0 ? -(int64_t)errno : (int64_t)put;
}

static int real_truncate(void *context, int file, uint64_t size)
{
    (void)context;
    return result_of(ftruncate(file, (off_t)size));
}

static int real_sync(void *context, int file)
{
    (void)context;
    return result_of(fsync(file));
}

static int real_lock(void *context, int file)
{
    (void)context;
    return result_of(flock(file, LOCK_EX | LOCK_NB));
}

static int real_close(void *context, int file)
{
    (void)context;
    return result_of(close(file));
}

static int real_rename(void *context, const char *from, const char *to)
{
    (void)context;
    return result_of(rename(from, to));
}

static int real_remove(void *context, const char *path)
{
    (void)context;
    return result_of(unlink(path));
}

static int real_make_folder(void *context, const char *path)
{
    (void)context;
    return result_of(mkdir(path, 0777));
}

static int real_sync_folder(void *context, const char *path)
{
    (void)context;
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return -errno;
    }
    const int result = result_of(fsync(folder));
    (void)close(folder);
    return result == -EINVAL ? 0 : result; /* a file system whose folders need no sync */
}

const pt_disk pt_disk_real = {
    NULL,      real_open,  real_size,   real_read,   real_write,       real_truncate,   real_sync,
    real_lock, real_close, real_rename, real_remove, real_make_folder, real_sync_folder};

/* ---- what callers want ---- */

static const pt_disk *disk = &pt_disk_real;

void pt_disk_use(const pt_disk *other)
{
    disk = other != NULL ? other : &pt_disk_real;
}

/* Calls again what a signal cut off. */
#define AGAIN(result, call)                                                                        \
    do {                                                                                           \
        result = (call);                                                                           \
    } while (result == -EINTR)

int pt_disk_open(const char *path, pt_disk_mode mode)
{
    int result;
    AGAIN(result, disk->open(disk->context, path, mode));
    return result;
}

int64_t pt_disk_size(int file)
{
    return disk->size(disk->context, file);
}

int64_t pt_disk_read(int file, void *bytes, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        int64_t got;
        AGAIN(got,
              disk->read(disk->context, file, (uint8_t *)bytes + done, size - done, offset + done));
        if (got < 0) {
            return got;
        }
        if (got == 0) {
            break;
        }
        done += (size_t)got;
    }
    return (int64_t)done;
}

int pt_disk_write(int file, const void *bytes, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        int64_t put;
        AGAIN(put, disk->write(disk->context, file, (const uint8_t *)bytes + done, size - done,
                               offset + done));
        if (put <= 0) { /* nothing written and no reason: a loop would never end */
            return put < 0 ? (int)put : -EIO;
        }
        done += (size_t)put;
    }
    return 0;
}

int pt_disk_truncate(int file, uint64_t size)
{
    int result;
    AGAIN(result, disk->truncate(disk->context, file, size));
    return result;
}

int pt_disk_sync(int file)
{
    return disk->sync(disk->context, file);
}

int pt_disk_lock(int file)
{
    int result;
    AGAIN(result, disk->lock(disk->context, file));
    return result;
}

int pt_disk_close(int file)
{
    const int result = disk->close(disk->context, file);
    return result == -EINTR ? 0 : result; /* the number is free; what was synced is safe */
}

int pt_disk_rename(const char *from, const char *to)
{
    int result;
    AGAIN(result, disk->rename(disk->context, from, to));
    return result;
}

int pt_disk_remove(const char *path)
{
    int result;
    AGAIN(result, disk->remove(disk->context, path));
    return result;
}

int pt_disk_make_folder(const char *path)
{
    int result;
    AGAIN(result, disk->make_folder(disk->context, path));
    return result;
}

int pt_disk_sync_folder(const char *path)
{
    return disk->sync_folder(disk->context, path);
}

char *pt_path_folder(const char *path)
{
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/') { /* "a/b/" is b in a */
        size--;
    }
    while (size > 0 && path[size - 1] != '/') {
        size--;
    }
    while (size > 1 && path[size - 1] == '/') {
        size--;
    }
    return size == 0 ? pt_copy_text(".", 1) : pt_copy_text(path, size);
}

pt_exit pt_disk_fail(pt_report *report, const char *path, const char *what, int64_t error)
{
    static const int limits[] = {ENOSPC, EDQUOT, EIO, EFBIG, EMFILE, ENFILE, ENOMEM, EINTR, ENOLCK};
    pt_exit exit = PT_INPUT;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        exit = -error == limits[i] ? PT_LIMIT : exit;
    }
    return pt_fail(report, exit, "%s: cannot be %s: %s", path, what, strerror((int)-error));
}

pt_exit pt_folder_make(const char *folder, pt_report *report)
{
    const int made = pt_disk_make_folder(folder);
    if (made == -EEXIST) {
        return PT_OK;
    }
    if (made != 0) {
        return pt_disk_fail(report, folder, "made as a folder", made);
    }
    char *parent = pt_path_folder(folder);
    const int synced = pt_disk_sync_folder(parent);
    const pt_exit result = synced == 0 ? PT_OK : pt_disk_fail(report, parent, "synced", synced);
    free(parent);
    return result;
}
