/* Recorded state as answers of the contracts' views (trace.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/import/trace.h"

/* ---- preparing ---- */

/* The bind of a result: as the table says, else the member of sample that has its words. */
static bool find_source(pt_bind *source, const pt_group *group, pl_name result,
                        const pt_json *sample)
{
    for (const pt_bind *b = group->binds; b != NULL && b->field != NULL; b++) {
        if (pt_name_same_words(b->field, strlen(b->field), result.text, result.size)) {
            *source = *b;
            return true;
        }
    }
    for (void *at = json_object_iter(sample->value); at != NULL;
         at = json_object_iter_next(sample->value, at)) {
        const char *key = json_object_iter_key(at);
        if (pt_name_same_words(key, strlen(key), result.text, result.size)) {
            *source = (pt_bind){.source = key}; /* borrowed: the header lives as long */
            return true;
        }
    }
    return false;
}

static pt_exit keep_first(void *context, const pt_json *node, const pt_place *place,
                          pt_report *report)
{
    pt_json *first = context;
    (void)place, (void)report;
    if (first->value == NULL) {
        *first = (pt_json){.value = node->value, .file = node->file, .line = node->line};
    }
    return PT_OK;
}

static pt_exit prepare_sources(pt_view *view, pt_trace *trace, const pt_json *sample,
                               pt_report *report)
{
    const pt_group *group = view->group;
    for (uint8_t r = 0; r < view->code->result_count; r++) {
        const pl_name name = view->code->results[r].name;
        if (!find_source(&view->sources[r], group, name, sample)) {
            return pt_fail(report, PT_INPUT, "view %s has a result %.*s that the trace lacks at %s",
                           group->view, (int)name.size, name.text, group->path);
        }
        char base[PT_PATH_SIZE];
        (void)snprintf(base, sizeof base, "state%s%s", group->path[0] != '\0' ? "." : "",
                       group->path);
        pt_path_use(trace, base, view->sources[r].source);
    }
    return PT_OK;
}

/* An array of changing length is only compared when its length is. */
static pt_exit check_lengths(const pt_trace *trace, pt_report *report)
{
    for (const pt_group *g = trace->protocol->groups; g->path != NULL; g++) {
        const char *open = strstr(g->path, "@");
        char length[PT_PATH_SIZE];
        bool known = open == NULL;
        (void)snprintf(length, sizeof length, "state.%.*s#",
                       open != NULL ? (int)(open - g->path) : 0, g->path);
        for (size_t i = 0; i < trace->pattern_count && !known; i++) {
            known = strcmp(trace->patterns[i], length) == 0;
        }
        if (!known) {
            return pt_fail(report, PT_INPUT, "%s: no view of this list's length (source #)",
                           g->path);
        }
    }
    return PT_OK;
}

static pt_exit prepare(pt_view *view, pt_trace *trace, const pt_group *group, const pt_json *state,
                       pt_report *report)
{
    pt_json sample = {0};
    const pl_code *code = trace->codes[group->contract];
    *view = (pt_view){.group = group, .first = trace->query_count};
    view->function = pt_code_function(code, group->view);
    if (view->function == PL_NONE) {
        return pt_fail(report, PT_INPUT, "contract %s has no public view %s, which the import asks",
                       trace->protocol->contracts[group->contract].name, group->view);
    }
    view->code = &code->functions[view->function];
    PT_TRY(pt_path_each(trace, group->path, group->most, state, keep_first, &sample, report));
    PT_TRY(prepare_sources(view, trace, &sample, report));
    const uint64_t count = pt_path_count(trace, group->path, group->most);
    if (count > 1000000 || count + trace->query_count > 1000000) {
        return pt_fail(report, PT_LIMIT, "more than 1000000 queries");
    }
    view->count = (uint32_t)count;
    trace->query_count += view->count;
    return PT_OK;
}

pt_exit pt_trace_views(pt_trace *trace, const pt_json *header, pt_report *report)
{
    pt_json state;
    PT_TRY(pt_json_member(&state, header, "state", JSON_OBJECT, report));
    if (trace->observed_count == 0) {
        return pt_json_wrong(&state, report, "at least one person");
    }
    for (const pt_group *g = trace->protocol->groups; g->path != NULL; g++) {
        if (trace->view_count == PT_GROUPS_MAX) {
            return pt_fail(report, PT_LIMIT, "more than %d groups", (int)PT_GROUPS_MAX);
        }
        PT_TRY(prepare(&trace->views[trace->view_count++], trace, g, &state, report));
    }
    PT_TRY(check_lengths(trace, report));
    return pt_path_check(trace, "state", &state, report);
}

/* ---- queries ---- */

/* The keys of place number `index` of the group's path, as arguments of its view. */
static pt_exit put_arguments(pt_bytes *arguments, const pt_trace *trace, const pt_view *view,
                             uint64_t index, pt_report *report)
{
    const char *parts[PT_KEYS_MAX];
    size_t count = 0;
    uint64_t digits[PT_KEYS_MAX];
    for (const char *at = view->group->path; *at != '\0' && count < PT_KEYS_MAX; at++) {
        if (*at == '*' || *at == '@') {
            parts[count++] = at;
        }
    }
    if (count != view->code->parameter_count) {
        return pt_fail(report, PT_INPUT, "view %s has %u parameters, its path %s has %zu names",
                       view->group->view, (unsigned)view->code->parameter_count, view->group->path,
                       count);
    }
    for (size_t i = count; i-- > 0;) {
        char part[3] = {parts[i][0], parts[i][0] == '*' ? parts[i][1] : '\0', '\0'};
        part[1] = part[1] == '.' ? '\0' : part[1];
        const uint64_t size = pt_path_count(trace, part, view->group->most);
        digits[i] = index % size;
        index /= size;
    }
    for (size_t i = 0; i < count; i++) {
        const bool person = parts[i][0] == '*' && (parts[i][1] == '\0' || parts[i][1] == '.');
        json_t *text =
            person ? json_string(trace->users[digits[i]]) : json_integer((json_int_t)digits[i]);
        const pt_json value = {.value = text, .file = trace->file, .line = 1};
        const pt_bind form = {.kind = person ? PT_PERSON : PT_PLAIN};
        const pt_exit result =
            pt_trace_put(arguments, trace, &view->code->parameters[i], &form, &value, report);
        json_decref(text);
        PT_TRY(result);
    }
    return PT_OK;
}

pt_exit pt_trace_queries(pt_bytes *arguments, pt_query **queries, const pt_trace *trace,
                         pt_report *report)
{
    pt_query *list = pt_take_zeroed(trace->query_count, sizeof *list);
    pt_exit result = PT_OK;
    uint32_t n = 0;
    for (size_t v = 0; v < trace->view_count; v++) {
        const pt_view *view = &trace->views[v];
        for (uint32_t i = 0; i < view->count && result == PT_OK; i++) {
            const size_t start = arguments->size;
            result = put_arguments(arguments, trace, view, i, report);
            list[n++] = (pt_query){.contract = view->group->contract + 1u,
                                   .function = (uint16_t)view->function,
                                   .arguments_size = (uint16_t)(arguments->size - start)};
        }
    }
    if (result != PT_OK) {
        free(list);
        return result;
    }
    const uint8_t *at = arguments->data;
    for (uint32_t i = 0; i < n; i++) {
        list[i].arguments = at;
        at += list[i].arguments_size;
    }
    *queries = list;
    return PT_OK;
}

/* ---- results ---- */

typedef struct result_work {
    pt_bytes *results;
    const pt_trace *trace;
    const pt_view *view;
    uint32_t count;
} result_work;

/* How many elements the array at this place has. */
static pt_exit put_length(result_work *work, const pl_field *field, const pt_json *array,
                          pt_report *report)
{
    static const pt_bind plain = {.kind = PT_PLAIN};
    if (!json_is_array(array->value)) {
        return pt_json_wrong(array, report, "an array");
    }
    json_t *size = json_integer((json_int_t)json_array_size(array->value));
    const pt_json value = {.value = size, .file = array->file, .line = array->line};
    const pt_exit result = pt_trace_put(work->results, work->trace, field, &plain, &value, report);
    json_decref(size);
    return result;
}

/* One result: query u32 | size u16 | the view's results out of the node. */
static pt_exit visit_result(void *context, const pt_json *node, const pt_place *place,
                            pt_report *report)
{
    result_work *work = context;
    const pl_function *code = work->view->code;
    pt_put_u32(work->results, work->view->first + (uint32_t)place->index);
    const size_t start = work->results->size;
    pt_put_u16(work->results, 0);
    for (uint8_t r = 0; r < code->result_count; r++) {
        const pt_bind *source = &work->view->sources[r];
        pt_json links[PT_STEPS_MAX], value;
        if (strcmp(source->source, "#") == 0) {
            PT_TRY(put_length(work, &code->results[r], node, report));
            continue;
        }
        pt_path_find(links, &value, work->trace, source->source, place, node);
        if (!json_is_string(value.value)) {
            return pt_json_wrong(&value, report, "a string");
        }
        PT_TRY(pt_trace_put(work->results, work->trace, &code->results[r], source, &value, report));
    }
    pt_set_u16(work->results, start, (uint16_t)(work->results->size - start - 2));
    work->count++;
    return PT_OK;
}

pt_exit pt_trace_results(pt_bytes *results, uint32_t *count, const pt_trace *trace,
                         const pt_json *state, pt_report *report)
{
    *count = 0;
    for (size_t v = 0; v < trace->view_count; v++) {
        const pt_view *view = &trace->views[v];
        result_work work = {.results = results, .trace = trace, .view = view};
        PT_TRY(pt_path_each(trace, view->group->path, view->group->most, state, visit_result, &work,
                            report));
        *count += work.count;
    }
    return pt_path_check(trace, "state", state, report);
}
