#define _XOPEN_SOURCE 700 /* realpath */
#include "tools/common/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/common/file.h"
#include "tools/plc/plc.h"

/* What stands for the library folder in the paths the compiler builds. */
static const char library_mark[] = "@library";

typedef struct source_set {
    const char *folder;  /* of the contract */
    const char *library; /* or NULL */
    pt_bytes *texts;     /* what was loaded; the compiler's result points into it */
    size_t count;
} source_set;

static bool load(void *context, const char *path, const char **text, size_t *size)
{
    source_set *set = context;
    const size_t mark = sizeof library_mark - 1;
    char *file = NULL;
    if (strncmp(path, library_mark, mark) == 0 && path[mark] == '/') {
        if (set->library == NULL) {
            return false;
        }
        file = pt_path_join(set->library, path + mark + 1);
    } else {
        file = pt_path_join(set->folder, path);
    }
    pt_bytes bytes = {0};
    pt_report ignored;
    const bool good =
        pt_is_file(file) && pt_file_read(&bytes, file, PLC_SOURCE_SIZE_MAX, &ignored) == PT_OK;
    free(file);
    if (!good) {
        return false;
    }
    set->texts = pt_resize(set->texts, (set->count + 1) * sizeof *set->texts);
    set->texts[set->count++] = bytes;
    *text = (const char *)bytes.data;
    *size = bytes.size;
    return true;
}

/* When the source lies in the library or below it, the library is the root of all paths: one file
 * must not be known by two names, or its types would be two. On output: *path_out inside *folder;
 * free both. */
static bool split_path(char **folder, char **path_out, const char *file, const char *library)
{
    const char *base = pt_path_base(file);
    char *asked = pt_copy_text(file, (size_t)(base - file));
    char *real_folder = realpath(asked[0] == '\0' ? "." : asked, NULL);
    char *real_library = library != NULL ? realpath(library, NULL) : NULL;
    const size_t size = real_library != NULL ? strlen(real_library) : 0;
    const bool inside = real_folder != NULL && real_library != NULL &&
                        strncmp(real_folder, real_library, size) == 0 &&
                        (real_folder[size] == '\0' || real_folder[size] == '/');
    if (inside) {
        const char *below = real_folder + size + (real_folder[size] == '/' ? 1 : 0);
        *path_out = pt_path_join(below, base);
        *folder = pt_copy_text(real_library, size);
        free(asked);
    } else {
        *path_out = pt_copy_text(base, strlen(base));
        *folder = asked;
    }
    free(real_folder);
    free(real_library);
    return inside;
}

/* What the user calls the folder that the compiler's paths start from: the words of the command
 * line without what lies below the library; NULL when they went another way (a link). */
static char *shown_folder(const char *file, const char *path)
{
    const size_t size = strlen(file), below = strlen(path);
    return size >= below && strcmp(file + size - below, path) == 0
               ? pt_copy_text(file, size - below)
               : NULL;
}

/* A diagnostic names a file as the user would open it. */
static void print_place(const source_set *set, const char *shown, const char *path)
{
    const size_t mark = sizeof library_mark - 1;
    if (strncmp(path, library_mark, mark) == 0 && path[mark] == '/') {
        (void)fprintf(stderr, "%s%s", set->library, path + mark);
    } else {
        const char *folder = shown != NULL ? shown : set->folder;
        const size_t size = strlen(folder);
        (void)fprintf(stderr, "%s%s%s", folder, size == 0 || folder[size - 1] == '/' ? "" : "/",
                      path);
    }
}

static void print_all(const plc_result *result, const source_set *set, const char *shown)
{
    for (size_t i = 0; i < result->diagnostic_count; i++) {
        const size_t size = plc_diagnostic_text(&result->diagnostics[i], NULL, 0) + 1;
        char *text = pt_take(size);
        (void)plc_diagnostic_text(&result->diagnostics[i], text, size);
        for (char *c = text; *c != '\0';
             c++) { /* a hostile source must not speak to the terminal */
            const unsigned char byte = (unsigned char)*c;
            *c = (byte < 0x20 && byte != '\n') || byte >= 0x7f ? '?' : *c;
        }
        const char *path = result->diagnostics[i].path;
        const size_t named = path != NULL ? strlen(path) : 0;
        const bool starts = named != 0 && strncmp(text, path, named) == 0;
        if (starts) {
            print_place(set, shown, path);
        }
        (void)fprintf(stderr, "%s%s", text + (starts ? named : 0),
                      size > 1 && text[size - 2] == '\n' ? "" : "\n");
        free(text);
    }
}

static pt_exit compile_failed(const plc_result *result, const char *file, bool printed,
                              pt_report *report)
{
    if (result->diagnostic_count == 0) {
        return pt_fail(report, PT_INPUT, "%s: does not compile", file);
    }
    if (printed) {
        return pt_fail(report, PT_INPUT, "%s does not compile: %zu mistake%s, shown above", file,
                       result->diagnostic_count, result->diagnostic_count == 1 ? "" : "s");
    }
    const plc_diagnostic *first = &result->diagnostics[0];
    return pt_fail(report, PT_INPUT, "%s does not compile: %s:%u:%u: %s", file, first->path,
                   (unsigned)first->line, (unsigned)first->column, first->message);
}

pt_exit pt_compile(pt_bytes *container, const char *file, const char *library,
                   bool print_diagnostics, pt_report *report)
{
    *container = (pt_bytes){0};
    if (!pt_is_file(file)) { /* the compiler cannot tell why a source is missing; this can */
        pt_bytes nothing;
        PT_TRY(pt_file_read(&nothing, file, PLC_SOURCE_SIZE_MAX, report));
        pt_bytes_free(&nothing);
    }
    char *folder = NULL, *path = NULL;
    const bool inside = split_path(&folder, &path, file, library);
    source_set set = {.folder = folder, .library = library};
    const plc_options options = {.library = inside ? "." : library_mark};
    plc_result result;
    plc_compile(&result, load, &set, path, &options);
    pt_exit verdict = PT_OK;
    if (print_diagnostics) {
        char *shown = shown_folder(file, path);
        print_all(&result, &set, shown);
        free(shown);
    }
    if (result.ok) {
        pt_put(container, result.bytes, result.size);
    } else {
        verdict = compile_failed(&result, file, print_diagnostics, report);
    }
    plc_result_free(&result);
    for (size_t i = 0; i < set.count; i++) {
        pt_bytes_free(&set.texts[i]);
    }
    free(set.texts);
    free(folder);
    free(path);
    return verdict;
}

/* "contracts" beside the folder of the running program; NULL when that cannot be told. */
static char *beside_program(void)
{
    char path[4096];
    const ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size <= 0) {
        return NULL;
    }
    path[size] = '\0';
    for (int i = 0; i < 2; i++) {
        char *slash = strrchr(path, '/');
        if (slash == NULL) {
            return NULL;
        }
        *slash = '\0';
    }
    return pt_path_join(path[0] == '\0' ? "/" : path, "contracts");
}

pt_exit pt_contracts_folder(char **folder, const char *asked, pt_report *report)
{
    *folder = NULL;
    if (asked != NULL) {
        if (!pt_is_folder(asked)) {
            return pt_fail(report, PT_INPUT, "%s: there is no such folder of contracts", asked);
        }
        *folder = pt_copy_text(asked, strlen(asked));
        return PT_OK;
    }
    *folder = beside_program();
    if (*folder == NULL || !pt_is_folder(*folder)) {
        free(*folder);
        *folder = pt_is_folder("contracts") ? pt_copy_text("contracts", 9) : NULL;
    }
    return PT_OK;
}
