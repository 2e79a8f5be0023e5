/* Places of a trace by their paths (trace.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/import/trace.h"

/* The next part of a path; false at its end. */
static bool next_part(char part[PT_PATH_SIZE], const char **path)
{
    const char *at = *path;
    if (*at == '\0') {
        return false;
    }
    const size_t size = strcspn(at, ".");
    (void)snprintf(part, PT_PATH_SIZE, "%.*s", (int)size, at);
    *path = at + size + (at[size] == '.' ? 1 : 0);
    return true;
}

static size_t list_of(const char *part)
{
    return (size_t)(part[1] - '0');
}

static pt_json child_of(const pt_json *parent, const char *key, size_t index)
{
    return (pt_json){.value = key != NULL ? json_object_get(parent->value, key)
                                          : json_array_get(parent->value, index),
                     .parent = parent,
                     .key = key,
                     .index = index,
                     .file = parent->file,
                     .line = parent->line};
}

/* An element by its digits, else a member; otherwise: how a missing one is called. */
static pt_json step_into(const pt_json *parent, const char *part, const char *otherwise)
{
    if (part[0] >= '0' && part[0] <= '9' && json_is_array(parent->value)) {
        return child_of(parent, NULL, (size_t)strtoul(part, NULL, 10));
    }
    /* the key must live as long as the node: the parent's own spelling, where it has one */
    void *at = json_object_iter_at(parent->value, part);
    pt_json child = child_of(parent, part, 0);
    child.key = at != NULL ? json_object_iter_key(at) : otherwise;
    return child;
}

uint64_t pt_path_count(const pt_trace *trace, const char *path, uint16_t most)
{
    char part[PT_PATH_SIZE];
    uint64_t count = 1;
    while (next_part(part, &path)) {
        if (part[0] == '@') {
            count *= most;
        } else if (part[0] == '*') {
            count *= part[1] == '\0' ? trace->observed_count : trace->lists[list_of(part)].count;
        }
    }
    return count;
}

/* What one call of pt_path_each keeps while it goes down. */
typedef struct walk {
    const pt_trace *trace;
    pt_visit *visit;
    void *context;
    uint16_t most;
} walk;

static pt_exit walk_down(const walk *w, const char *path, const pt_json *node,
                         const pt_place *place, pt_report *report);

/* Goes into child number i of `count`, called text. */
static pt_exit walk_into(const walk *w, const char *path, const pt_json *child,
                         const pt_place *place, const char *part, size_t i, size_t count,
                         const char *text, pt_report *report)
{
    pt_place next = *place;
    if (next.count == PT_KEYS_MAX) {
        return pt_json_wrong(child, report, "a path of fewer names");
    }
    next.kinds[next.count] = part[0] == '*' && part[1] != '\0' ? part[1] : part[0];
    next.texts[next.count] = text;
    next.values[next.count++] = i;
    next.index = next.index * count + i;
    if (part[0] == '*' && part[1] == '\0') {
        next.person = text;
    } else if (part[0] == '*') {
        next.numbers[list_of(part)] = i;
    }
    return walk_down(w, path, child, &next, report);
}

static pt_exit walk_array(const walk *w, const char *path, const pt_json *node,
                          const pt_place *place, const char *part, pt_report *report)
{
    const bool open = part[0] == '@';
    const pt_list *list = open ? NULL : &w->trace->lists[list_of(part)];
    const size_t size = json_array_size(node->value), count = open ? w->most : list->count;
    char expected[64];
    (void)snprintf(expected, sizeof expected, "%s%zu elements", open ? "at most " : "", count);
    if (!json_is_array(node->value) || size > count || (!open && size != count)) {
        return pt_json_wrong(node, report, expected);
    }
    for (size_t i = 0; i < size; i++) {
        const pt_json child = child_of(node, NULL, i);
        PT_TRY(
            walk_into(w, path, &child, place, part, i, count, open ? "" : list->names[i], report));
    }
    return PT_OK;
}

static pt_exit walk_object(const walk *w, const char *path, const pt_json *node,
                           const pt_place *place, const char *part, pt_report *report)
{
    const pt_trace *trace = w->trace;
    const bool people = part[1] == '\0';
    const size_t count = people ? trace->observed_count : trace->lists[list_of(part)].count;
    if (!json_is_object(node->value) || json_object_size(node->value) > count) {
        return pt_json_wrong(node, report,
                             people ? "exactly the people of the header's state"
                                    : "exactly the names of the header");
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = people ? trace->users[i] : trace->lists[list_of(part)].names[i];
        const pt_json child = child_of(node, name, 0);
        if (child.value == NULL) {
            return pt_json_wrong(&child, report, "a member of that name");
        }
        PT_TRY(walk_into(w, path, &child, place, part, i, count, name, report));
    }
    return PT_OK;
}

static pt_exit walk_down(const walk *w, const char *path, const pt_json *node,
                         const pt_place *place, pt_report *report)
{
    char part[PT_PATH_SIZE];
    if (!next_part(part, &path)) {
        return w->visit(w->context, node, place, report);
    }
    if (part[0] == '@' || (part[0] == '*' && part[1] != '\0' && json_is_array(node->value))) {
        return walk_array(w, path, node, place, part, report);
    }
    if (part[0] == '*') {
        return walk_object(w, path, node, place, part, report);
    }
    const pt_json child = step_into(node, part, part);
    if (child.value == NULL) {
        return pt_json_wrong(&child, report, "a member of that name");
    }
    return walk_down(w, path, &child, place, report);
}

pt_exit pt_path_each(const pt_trace *trace, const char *path, uint16_t most, const pt_json *root,
                     pt_visit *visit, void *context, pt_report *report)
{
    const walk w = {.trace = trace, .visit = visit, .context = context, .most = most};
    pt_place place = {0};
    for (size_t i = 0; i < PT_LISTS_MAX; i++) {
        place.numbers[i] = SIZE_MAX;
    }
    return walk_down(&w, path, root, &place, report);
}

void pt_path_find(pt_json links[PT_STEPS_MAX], pt_json *found, const pt_trace *trace,
                  const char *path, const pt_place *place, const pt_json *root)
{
    char part[PT_PATH_SIZE];
    size_t depth = 0;
    *found = *root;
    for (const char *start = path; found->value != NULL && depth < PT_STEPS_MAX; start = path) {
        if (!next_part(part, &path)) {
            return;
        }
        links[depth] = *found;
        const pt_json *parent = &links[depth++];
        if (part[0] == '*' && part[1] == '\0') {
            *found = child_of(parent, place->person != NULL ? place->person : "?", 0);
        } else if (part[0] == '*') {
            const size_t list = list_of(part), number = place->numbers[list];
            const char *name = number < PT_NAMES_MAX ? trace->lists[list].names[number] : "?";
            *found = child_of(parent, json_is_array(parent->value) ? NULL : name, number);
        } else {
            *found = step_into(parent, part, start);
        }
    }
}

/* ---- what is read ---- */

void pt_path_use(pt_trace *trace, const char *base, const char *path)
{
    char text[PT_PATH_SIZE];
    size_t size = strlen(path);
    size -= size != 0 && path[size - 1] == '?' ? 1 : 0;
    (void)snprintf(text, sizeof text, "%s%s%.*s", base, base[0] != '\0' && size != 0 ? "." : "",
                   (int)size, path);
    for (size_t i = 0; i < trace->pattern_count; i++) {
        if (strcmp(trace->patterns[i], text) == 0) {
            return;
        }
    }
    if (trace->pattern_count < PT_PATTERNS_MAX) {
        memcpy(trace->patterns[trace->pattern_count++], text, sizeof text);
    }
}

/* The patterns that still fit, each as what is left of it. */
typedef struct rest {
    const char *left[PT_PATTERNS_MAX];
    size_t count;
} rest;

/* Those of `from` whose next part allows this key or element. */
static void narrow(rest *to, const rest *from, const char *key, size_t index)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++) {
        char part[PT_PATH_SIZE];
        const char *left = from->left[i];
        if (!next_part(part, &left)) {
            continue;
        }
        const bool any = part[0] == '*' || part[0] == '@';
        const bool same =
            key != NULL ? strcmp(part, key) == 0
                        : part[0] >= '0' && part[0] <= '9' && strtoul(part, NULL, 10) == index;
        if (any || same) {
            to->left[to->count++] = left;
        }
    }
}

static pt_exit unread(const pt_json *node, const char *name, pt_report *report)
{
    char expected[96];
    (void)snprintf(expected, sizeof expected,
                   name != NULL ? "no unknown key \"%.40s\"" : "no more than what is compared",
                   name != NULL ? name : "");
    return pt_json_wrong(node, report, expected);
}

static pt_exit check_node(const rest *patterns, const pt_json *node, pt_report *report)
{
    rest inner;
    bool ends = false;
    if (patterns->count == 0) {
        return unread(node, node->key, report);
    }
    if (json_is_object(node->value)) {
        for (void *at = json_object_iter(node->value); at != NULL;
             at = json_object_iter_next(node->value, at)) {
            const pt_json child = child_of(node, json_object_iter_key(at), 0);
            narrow(&inner, patterns, child.key, 0);
            PT_TRY(check_node(&inner, &child, report));
        }
        return PT_OK;
    }
    if (json_is_array(node->value)) {
        bool whole = false; /* a value by itself, as a list that becomes a mask */
        for (size_t i = 0; i < patterns->count; i++) {
            whole = whole || patterns->left[i][0] == '\0';
        }
        for (size_t i = 0; i < json_array_size(node->value) && !whole; i++) {
            const pt_json child = child_of(node, NULL, i);
            narrow(&inner, patterns, NULL, i);
            PT_TRY(check_node(&inner, &child, report));
        }
        return PT_OK;
    }
    for (size_t i = 0; i < patterns->count; i++) {
        ends = ends || patterns->left[i][0] == '\0';
    }
    return ends ? PT_OK : unread(node, NULL, report);
}

pt_exit pt_path_check(const pt_trace *trace, const char *base, const pt_json *root,
                      pt_report *report)
{
    rest all = {.count = 0}, inner;
    for (size_t i = 0; i < trace->pattern_count; i++) {
        all.left[all.count++] = trace->patterns[i];
    }
    if (base[0] != '\0') {
        narrow(&inner, &all, base, 0);
        return check_node(&inner, root, report);
    }
    return check_node(&all, root, report);
}
