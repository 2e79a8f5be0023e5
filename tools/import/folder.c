#include "tools/import/folder.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/world_json.h"

pt_exit pt_folder_check(const char *folder, pt_report *report)
{
    char *history = pt_path_join(folder, "history.plh.gz");
    const bool ours = pt_is_file(history);
    free(history);
    DIR *open = ours ? NULL : opendir(folder);
    if (open == NULL) {
        return PT_OK; /* not there: the import makes it */
    }
    bool empty = true;
    for (const struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        empty = empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    }
    (void)closedir(open);
    return empty ? PT_OK
                 : pt_fail(
                       report, PT_INPUT,
                       "%s: this folder holds something else than an import or run; name a new or "
                       "empty folder",
                       folder);
}

void pt_history_begin(pt_bytes *history, const pt_bytes *world)
{
    pt_put_text(history, "PLHS");
    pt_put_u16(history, 1);
    pt_put_u32(history, (uint32_t)world->size);
    pt_put(history, world->data, world->size);
}

void pt_history_block(pt_bytes *history, const pl_block_result *result)
{
    pt_put_u32(history, (uint32_t)result->block_size);
    pt_put(history, result->block, result->block_size);
}

static pt_exit write_packed(pt_outputs *outputs, const char *folder, const char *name,
                            const pt_bytes *bytes, pt_report *report)
{
    pt_bytes packed = {0};
    char *path = pt_path_join(folder, name);
    pt_gzip(&packed, bytes->data, bytes->size);
    const pt_exit result = pt_outputs_write(outputs, path, packed.data, packed.size, report);
    free(path);
    pt_bytes_free(&packed);
    return result;
}

static pt_exit write_text(pt_outputs *outputs, const char *folder, const char *name,
                          const char *text, pt_report *report)
{
    char *path = pt_path_join(folder, name);
    const pt_exit result = pt_outputs_write(outputs, path, text, strlen(text), report);
    free(path);
    return result;
}

pt_exit pt_folder_write(const char *folder, const pt_bytes *history, const pt_bytes *expectations,
                        const pl_chain *chain, const char *readme, pt_report *report)
{
    pt_outputs outputs = {0};
    json_t *world = pt_world_json(chain);
    char *json = json_dumps(world, JSON_INDENT(2));
    pt_exit result = json == NULL ? pt_fail(report, PT_LIMIT, "out of memory") : PT_OK;
    result = result == PT_OK ? pt_outputs_folder(&outputs, folder, report) : result;
    if (result == PT_OK) {
        result = write_packed(&outputs, folder, "history.plh.gz", history, report);
    }
    if (result == PT_OK) {
        result = write_packed(&outputs, folder, "expect.plx.gz", expectations, report);
    }
    if (result == PT_OK) {
        result = write_text(&outputs, folder, "world.json", json, report);
    }
    if (result == PT_OK) {
        result = write_text(&outputs, folder, "README.md", readme, report);
    }
    if (result == PT_OK) {
        result = pt_outputs_commit(&outputs, report);
    }
    pt_outputs_close(&outputs);
    free(json);
    json_decref(world);
    return result;
}
