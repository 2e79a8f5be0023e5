#define _XOPEN_SOURCE 700 /* realpath */
#include "tools/sim/world_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"

static void put_json(pt_bytes *text, const json_t *value)
{
    char *line = json_dumps(value, JSON_ENCODE_ANY);
    if (line == NULL) {
        (void)pt_give_up();
    }
    pt_put_text(text, line);
    free(line);
}

/* Lists of objects get a line for each. */
static void put_list(pt_bytes *text, const json_t *list)
{
    const size_t count = json_array_size(list);
    pt_put_text(text, "[\n");
    for (size_t i = 0; i < count; i++) {
        pt_put_text(text, "  ");
        put_json(text, json_array_get(list, i));
        pt_put_text(text, i + 1 < count ? ",\n" : "\n");
    }
    pt_put_text(text, " ]");
}

void pt_world_text(pt_bytes *text, const json_t *world)
{
    const char *key = NULL;
    json_t *value = NULL;
    const char *between = "{";
    json_object_foreach((json_t *)(uintptr_t)world, key, value)
    {
        pt_put_text(text, between);
        pt_put_text(text, "\"");
        pt_put_text(text, key);
        pt_put_text(text, "\": ");
        if (json_is_object(json_array_get(value, 0))) {
            put_list(text, value);
        } else {
            put_json(text, value);
        }
        between = ",\n ";
    }
    pt_put_text(text, "\n}\n");
}

static pt_exit whole_path(char **whole, const char *path, pt_report *report)
{
    *whole = realpath(path, NULL);
    return *whole != NULL ? PT_OK : pt_fail(report, PT_INPUT, "%s: %s", path, strerror(errno));
}

/* Both start with '/', without a '/' at the end. */
static char *climb(const char *folder, const char *to)
{
    size_t same = 0;
    pt_bytes path = {0};
    for (size_t i = 0; folder[i] == to[i] || folder[i] == '\0'; i++) {
        const int ends = folder[i] == '\0';
        if (ends ? to[i] == '/' : folder[i] == '/') {
            same = i;
        }
        if (ends || to[i] == '\0') {
            break;
        }
    }
    for (const char *c = folder + same; *c != '\0'; c++) {
        if (*c == '/' && c[1] != '\0') {
            pt_put_text(&path, "../");
        }
    }
    pt_put_text(&path, to + same + 1);
    pt_put_u8(&path, 0);
    return (char *)path.data;
}

pt_exit pt_world_text_path(char **path, const char *file, const char *to, pt_report *report)
{
    char *folder = NULL, *target = NULL;
    const size_t size = (size_t)(pt_path_base(file) - file);
    char *here = size == 0 ? pt_copy_text(".", 1) : pt_copy_text(file, size);
    pt_exit result = whole_path(&folder, here, report);
    if (result == PT_OK) {
        result = whole_path(&target, to, report);
    }
    if (result == PT_OK) {
        *path = climb(strcmp(folder, "/") == 0 ? "" : folder, target);
    }
    free(here);
    free(folder);
    free(target);
    return result;
}
