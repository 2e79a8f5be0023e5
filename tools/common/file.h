/* Files: bounded reading (plain or gzip) and writing that leaves everything or nothing.
 *
 * Every file read is taken for hostile: its size is capped, and gzip also by the ratio of output to
 * input, so that a small file cannot fill the memory. */
#ifndef PT_COMMON_FILE_H
#define PT_COMMON_FILE_H

#include "tools/common/bytes.h"
#include "tools/common/report.h"

#define PT_FILE_SIZE_MAX (UINT64_C(2) << 30) /* bytes read into memory, after unpacking */
#define PT_SOURCE_SIZE_MAX                                                                         \
    (UINT64_C(4) << 20)                     /* one contract source                              */
#define PT_GZ_RATIO_MAX 200u                /* traces unpack to about 50 times their size       */
#define PT_GZ_FREE_SIZE (UINT64_C(1) << 20) /* outputs up to this size may have any ratio       */

/* On output: the whole file, unpacked when it starts with the gzip magic, and one zero byte after
 * the end that size does not count. At most size_max bytes. Errors: PT_INPUT, PT_LIMIT. */
pt_exit pt_file_read(pt_bytes *bytes, const char *path, uint64_t size_max, pt_report *report);

/* Appends the gzip form of data; the same bytes for the same input (no time, no name). */
void pt_gzip(pt_bytes *packed, const uint8_t *data, size_t size);

/* True if something stands at the path (a file, or a folder). */
bool pt_is_file(const char *path);
bool pt_is_folder(const char *path);

/* Joins with one '/'. free() the result. */
char *pt_path_join(const char *folder, const char *name);

/* The part after the last '/'. */
const char *pt_path_base(const char *path);

/* A file that plim may write over: it holds these bytes at this offset. */
typedef struct pt_mark {
    const char *bytes;
    size_t size; /* at most 16 */
    long offset;
    const char *what; /* "a checkpoint", for the message */
} pt_mark;

extern const pt_mark pt_mark_container, pt_mark_checkpoint, pt_mark_archive;

/* PT_OK when nothing stands at path, or an empty file, or one with the mark: a slip of the keyboard
 * must not cost anybody a source. Else PT_INPUT. */
pt_exit pt_may_replace(const char *path, const pt_mark *mark, pt_report *report);

/* A set of files that appear together. Nothing is visible under its final name before commit; what
 * was not committed is removed when the set is abandoned or the program exits. */
typedef struct pt_outputs {
    struct pt_output *files;
    size_t count;
    char *made_folder; /* the folder this set created, or NULL */
} pt_outputs;

/* Makes the folder (one level) if it is missing. */
pt_exit pt_outputs_folder(pt_outputs *outputs, const char *path, pt_report *report);

/* Reserves a temporary file beside path and returns its name in *temporary (owned by the set):
 * for writers that open files themselves, like SQLite. What stands at path may only be a regular
 * file: the rename would replace a device. */
pt_exit pt_outputs_reserve(pt_outputs *outputs, const char **temporary, const char *path,
                           pt_report *report);

/* Writes data to a temporary file beside path. */
pt_exit pt_outputs_write(pt_outputs *outputs, const char *path, const void *data, size_t size,
                         pt_report *report);

/* Has every file of the set on the disk, renames each to its final name, and has the names there.
 */
pt_exit pt_outputs_commit(pt_outputs *outputs, pt_report *report);

/* Removes what was not committed and frees the set. Call it after commit as well. */
void pt_outputs_close(pt_outputs *outputs);

/* Writes one file that appears whole or not at all. */
pt_exit pt_file_write(const char *path, const void *data, size_t size, pt_report *report);

#endif
