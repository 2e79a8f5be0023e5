/* The source lines of a contract, found where its author is likely to have it, and used only if
 * they are what the container was compiled from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/memory.h"
#include "tools/common/source.h"
#include "tools/common/value.h"
#include "tools/plim/explain.h"

/* How a container's symbols name files below the folder of std/ and math/. */
static const char library_mark[] = "@library/";

typedef struct source_file {
    char *name;
    pt_bytes text;
} source_file;

struct pt_source_lines {
    char *folder;  /* where the paths of the symbols start; NULL: there are no lines */
    char *library; /* of those that start with the mark, or NULL */
    source_file files[64];
    size_t count;
    char line[240];
};

/* The container of this source has the hash; *is_there tells whether there is such a file at all.
 */
static bool is_same_code(bool *is_there, const pl_code *code, const char *file, const char *library)
{
    pt_report silent = {{0}};
    pt_bytes container = {0};
    pt_memory memory;
    pl_code compiled;
    pl_code_error where;
    bool same = false;
    *is_there = pt_is_file(file);
    pt_memory_init(&memory, PT_MEMORY_LIMIT_DEFAULT);
    if (*is_there && pt_compile(&container, file, library, false, &silent) == PT_OK &&
        pl_code_load(&compiled, &where, &memory.memory, container.data, container.size) == PL_OK) {
        same = memcmp(compiled.hash, code->hash, 32) == 0;
        pl_code_free(&compiled, &memory.memory);
    }
    pt_bytes_free(&container);
    return same;
}

/* Tries folder/below/NAME.plim. On success the lines know their folders. */
static bool try_folder(pt_source_lines *lines, bool *other, const pl_code *code, const char *folder,
                       const char *below, const char *library)
{
    char name[PL_NAME_SIZE_MAX + 8];
    bool is_there = false;
    (void)snprintf(name, sizeof name, "%.*s.plim", (int)code->name.size, code->name.text);
    char *inner = pt_path_join(folder, below);
    char *file = pt_path_join(inner, name);
    const bool same = is_same_code(&is_there, code, file, library);
    if (same) {
        lines->folder = pt_copy_text(folder, strlen(folder));
        lines->library = library != NULL ? pt_copy_text(library, strlen(library)) : NULL;
    }
    *other = *other || (is_there && !same);
    free(file);
    free(inner);
    return same;
}

/* The folder that the history's own folder lies in. free() it. */
static char *folder_around(const char *history)
{
    size_t size = strlen(history);
    while (size > 1 && history[size - 1] == '/') {
        size--;
    }
    while (size > 0 && history[size - 1] != '/') {
        size--;
    }
    return size == 0 ? pt_copy_text(".", 1) : pt_copy_text(history, size);
}

/* What was asked for is searched alone; else the project's contracts and examples, this folder, and
 * the one around the history. */
static void search(pt_source_lines *lines, bool *other, const pl_code *code, const char *project,
                   const pt_explain *explain)
{
    if (explain->contracts != NULL) {
        (void)(try_folder(lines, other, code, explain->contracts, ".", explain->contracts) ||
               try_folder(lines, other, code, explain->contracts, ".", project));
        return;
    }
    char *around = folder_around(explain->history);
    (void)((project != NULL && (try_folder(lines, other, code, project, ".", project) ||
                                try_folder(lines, other, code, project, "examples", project))) ||
           try_folder(lines, other, code, ".", ".", project) ||
           try_folder(lines, other, code, around, ".", project));
    free(around);
}

pt_source_lines *pt_source_lines_open(char why[PT_SOURCE_WHY_MAX], const pl_code *code,
                                      const pt_explain *explain)
{
    pt_report silent = {{0}};
    pt_source_lines *lines = pt_take_zeroed(1, sizeof *lines);
    char *project = NULL;
    bool other = false;
    why[0] = '\0';
    (void)pt_contracts_folder(&project, NULL, &silent);
    search(lines, &other, code, project, explain);
    free(project);
    if (lines->folder == NULL) {
        (void)snprintf(why, PT_SOURCE_WHY_MAX,
                       other ? "%.*s.plim is not what this history's %.*s was compiled from"
                             : "no %.*s.plim is found for %.*s; say where with --contracts FOLDER",
                       (int)code->name.size, code->name.text, (int)code->name.size,
                       code->name.text);
    }
    return lines;
}

void pt_source_lines_close(pt_source_lines *lines)
{
    if (lines == NULL) {
        return;
    }
    for (size_t i = 0; i < lines->count; i++) {
        free(lines->files[i].name);
        pt_bytes_free(&lines->files[i].text);
    }
    free(lines->folder);
    free(lines->library);
    free(lines);
}

static const source_file *find_file(pt_source_lines *lines, pl_name name)
{
    const size_t mark = sizeof library_mark - 1;
    pt_report silent = {{0}};
    for (size_t i = 0; i < lines->count; i++) {
        if (pt_name_is(name, lines->files[i].name)) {
            return &lines->files[i];
        }
    }
    if (lines->count == sizeof lines->files / sizeof lines->files[0]) {
        return NULL;
    }
    source_file *file = &lines->files[lines->count++];
    file->name = pt_copy_text(name.text, name.size);
    const bool of_library = strncmp(file->name, library_mark, mark) == 0 && lines->library != NULL;
    char *path = of_library ? pt_path_join(lines->library, file->name + mark)
                            : pt_path_join(lines->folder, file->name);
    if (pt_file_read(&file->text, path, 1u << 20, &silent) != PT_OK) {
        file->text.size = 0;
    }
    free(path);
    return file;
}

const char *pt_source_line(pt_source_lines *lines, pl_name name, uint32_t line)
{
    const source_file *file = lines->folder == NULL ? NULL : find_file(lines, name);
    size_t at = 0;
    for (uint32_t i = 1; file != NULL && i < line && at < file->text.size; at++) {
        i += file->text.data[at] == '\n';
    }
    if (file == NULL || at >= file->text.size) {
        return NULL;
    }
    size_t size = 0;
    while (at < file->text.size && file->text.data[at] == ' ') {
        at++;
    }
    while (at + size < file->text.size && file->text.data[at + size] != '\n') {
        size++;
    }
    (void)snprintf(lines->line, sizeof lines->line, "%.*s", (int)size,
                   (const char *)file->text.data + at);
    return lines->line;
}
