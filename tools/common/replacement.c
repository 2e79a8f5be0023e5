/* A file that replaces another as a whole (disk.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/bytes.h"
#include "tools/common/disk.h"

pt_exit pt_replacement_begin(pt_replacement *made, const char *path, const char *temporary,
                             pt_report *report)
{
    *made = (pt_replacement){.path = path, .temporary = temporary};
    made->file = pt_disk_open(temporary, PT_DISK_CREATE);
    if (made->file < 0) {
        const int error = made->file;
        made->file = -1;
        return pt_disk_fail(report, path, "written", error);
    }
    made->waiting = pt_take(PT_REPLACEMENT_ROOM);
    return PT_OK;
}

static void write_waiting(pt_replacement *made)
{
    if (made->error == 0 && made->waiting_size != 0) {
        made->error = pt_disk_write(made->file, made->waiting, made->waiting_size, made->offset);
        made->offset += made->waiting_size;
    }
    made->waiting_size = 0;
}

bool pt_replacement_put(pt_replacement *made, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    while (size != 0 && made->error == 0) {
        const size_t room = PT_REPLACEMENT_ROOM - made->waiting_size;
        const size_t step = size < room ? size : room;
        memcpy(made->waiting + made->waiting_size, from, step);
        made->waiting_size += step;
        from += step;
        size -= step;
        if (made->waiting_size == PT_REPLACEMENT_ROOM) {
            write_waiting(made);
        }
    }
    return made->error == 0;
}

static void keep_first(int *error, int result)
{
    *error = *error == 0 ? result : *error;
}

pt_exit pt_replacement_commit(pt_replacement *made, pt_report *report)
{
    write_waiting(made);
    if (made->error == 0) {
        made->error = pt_disk_sync(made->file);
    }
    keep_first(&made->error, pt_disk_close(made->file));
    made->file = -1;
    if (made->error != 0) {
        return pt_disk_fail(report, made->path, "written", made->error);
    }
    made->error = pt_disk_rename(made->temporary, made->path);
    if (made->error != 0) {
        return pt_disk_fail(report, made->path, "put in place", made->error);
    }
    char *folder = pt_path_folder(made->path);
    made->error = pt_disk_sync_folder(folder);
    const pt_exit result =
        made->error == 0 ? PT_OK : pt_disk_fail(report, folder, "synced", made->error);
    free(folder);
    return result;
}

void pt_replacement_abandon(pt_replacement *made)
{
    if (made->file >= 0) {
        (void)pt_disk_close(made->file);
        (void)pt_disk_remove(made->temporary);
        made->file = -1;
    }
    free(made->waiting);
    made->waiting = NULL;
}
