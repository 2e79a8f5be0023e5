/* The one door to the disk for everything that is written, and for reading it back.
 *
 * pt_disk is a table of functions, so that tests put another disk underneath: one that records what
 * was done and makes up what a power cut would have left, or one that refuses a call. The table is
 * the bare system call; what a caller wants (all bytes, EINTR again) is in the functions below it.
 *
 * Written is only what sync and sync_folder have confirmed. A sync that failed is never tried
 * again: the system reports a lost write once and then forgets it, so a second success means
 * nothing. */
#ifndef PT_COMMON_DISK_H
#define PT_COMMON_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/common/report.h"

typedef enum pt_disk_mode {
    PT_DISK_READ,   /* must exist                            */
    PT_DISK_CREATE, /* to write; what was there is emptied   */
    PT_DISK_UPDATE, /* to read and write; must exist         */
    PT_DISK_LOCK    /* made if missing, never emptied        */
} pt_disk_mode;

/* Each returns 0 or more, or -errno. A file is a number from open. read and write may stop short.
 */
typedef struct pt_disk {
    void *context;
    int (*open)(void *context, const char *path, pt_disk_mode mode);
    int64_t (*size)(void *context, int file);
    int64_t (*read)(void *context, int file, void *bytes, size_t size, uint64_t offset);
    int64_t (*write)(void *context, int file, const void *bytes, size_t size, uint64_t offset);
    int (*truncate)(void *context, int file, uint64_t size);
    int (*sync)(void *context, int file);
    int (*lock)(void *context, int file); /* -EWOULDBLOCK: somebody else has it */
    int (*close)(void *context, int file);
    int (*rename)(void *context, const char *from, const char *to);
    int (*remove)(void *context, const char *path);
    int (*make_folder)(void *context, const char *path);
    int (*sync_folder)(void *context, const char *path); /* its names, not its files */
} pt_disk;

extern const pt_disk pt_disk_real;

/* From now on the functions below work on this disk, which must stay; NULL: the real one. */
void pt_disk_use(const pt_disk *disk);

/* Each returns 0 (open: a file, size: bytes) or -errno; those with EINTR are called again, except
 * sync. write writes everything or fails. read returns how many bytes there were, fewer than size
 * only at the end of the file. close counts a file as closed whatever it returns. */
int pt_disk_open(const char *path, pt_disk_mode mode);
int64_t pt_disk_size(int file);
int64_t pt_disk_read(int file, void *bytes, size_t size, uint64_t offset);
int pt_disk_write(int file, const void *bytes, size_t size, uint64_t offset);
int pt_disk_truncate(int file, uint64_t size);
int pt_disk_sync(int file);
int pt_disk_lock(int file);
int pt_disk_close(int file);
int pt_disk_rename(const char *from, const char *to);
int pt_disk_remove(const char *path);
int pt_disk_make_folder(const char *path);
int pt_disk_sync_folder(const char *path);

/* The folder that the last name of the path stands in; free() it. */
char *pt_path_folder(const char *path);

/* Puts "PATH: cannot be WHAT: REASON" into the report. Returns PT_LIMIT when the disk or a limit of
 * this machine is the reason, else PT_INPUT. error is as returned above. */
pt_exit pt_disk_fail(pt_report *report, const char *path, const char *what, int64_t error);

/* Makes the folder (one level) where there is none, and has its name on the disk. */
pt_exit pt_folder_make(const char *folder, pt_report *report);

/* A file that replaces another as a whole: temporary, written, synced, renamed, folder synced.
 * Until the commit what stood at path stays as it was. Both names in one folder. */
typedef struct pt_replacement {
    const char *path, *temporary; /* the caller's */
    int file;                     /* -1: none open */
    int error;                    /* the first one, as -errno */
    uint64_t offset;
    uint8_t *waiting; /* bytes not written yet */
    size_t waiting_size;
} pt_replacement;

enum { PT_REPLACEMENT_ROOM = 1 << 16 };

/* put returns false after a failure, which commit reports; abandon after either, or instead. */
pt_exit pt_replacement_begin(pt_replacement *made, const char *path, const char *temporary,
                             pt_report *report);
bool pt_replacement_put(pt_replacement *made, const void *bytes, size_t size);
pt_exit pt_replacement_commit(pt_replacement *made, pt_report *report);
void pt_replacement_abandon(pt_replacement *made);

#endif
