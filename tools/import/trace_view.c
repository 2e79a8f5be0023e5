/* Recorded state as answers of the contract's views (trace.h). */
#include <stdlib.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/import/trace.h"

/* Finds the member of sample that has these words, or reads "[3]" as element 3. */
static bool find_source(pt_view_source *source, const pt_json *sample, const char *words,
                        size_t size)
{
    if (size == 3 && words[0] == '[' && words[1] >= '0' && words[1] <= '9') {
        *source = (pt_view_source){.index = (size_t)(words[1] - '0')};
        return json_is_array(sample->value) && source->index < json_array_size(sample->value);
    }
    for (void *at = json_object_iter(sample->value); at != NULL;
         at = json_object_iter_next(sample->value, at)) {
        const char *key = json_object_iter_key(at);
        if (pt_name_same_words(key, strlen(key), words, size)) {
            *source = (pt_view_source){.key = key};
            return true;
        }
    }
    return false;
}

/* Every recorded member must be some result's: a view that leaves one out would compare less than
 * it seems. */
static pt_exit all_are_used(const pt_view *view, const pl_function *code, const pt_json *sample,
                            pt_report *report)
{
    for (void *at = json_object_iter(sample->value); at != NULL;
         at = json_object_iter_next(sample->value, at)) {
        const char *key = json_object_iter_key(at);
        bool used = view->other != NULL && strcmp(view->other, key) == 0;
        for (uint8_t r = 0; r < code->result_count && !used; r++) {
            used = view->sources[r].key != NULL && strcmp(view->sources[r].key, key) == 0;
        }
        if (!used) {
            const pt_json extra = {.value = json_object_iter_value(at),
                                   .parent = sample,
                                   .key = key,
                                   .file = sample->file,
                                   .line = sample->line};
            return pt_json_wrong(&extra, report, "no member that the contract's view leaves out");
        }
    }
    if (json_is_array(sample->value) && json_array_size(sample->value) != code->result_count) {
        return pt_json_wrong(sample, report, "one element for each result of the contract's view");
    }
    return PT_OK;
}

pt_exit pt_trace_view(pt_view *view, const pt_trace *trace, const char *function,
                      const pt_json *sample, const char *const (*aliases)[2], const char *other,
                      pt_report *report)
{
    view->function = pt_code_function(trace->code, function);
    if (view->function == PL_NONE) {
        return pt_fail(report, PT_INPUT, "contract %s has no public view %s, which the import asks",
                       trace->protocol->contract, function);
    }
    const pl_function *code = &trace->code->functions[view->function];
    for (uint8_t r = 0; r < code->result_count; r++) {
        const pl_name name = code->results[r].name;
        bool found = find_source(&view->sources[r], sample, name.text, name.size);
        for (const char *const(*a)[2] = aliases; !found && (*a)[0] != NULL; a++) {
            found = pt_name_same_words(name.text, name.size, (*a)[0], strlen((*a)[0])) &&
                    find_source(&view->sources[r], sample, (*a)[1], strlen((*a)[1]));
        }
        if (!found) {
            return pt_fail(report, PT_INPUT, "view %s of %s has a result %.*s that the trace lacks",
                           function, trace->protocol->contract, (int)name.size, name.text);
        }
        /* keys are borrowed from the sample; the header lives as long as the import */
    }
    view->member_count = json_is_array(sample->value) ? json_array_size(sample->value)
                                                      : json_object_size(sample->value);
    view->other = other;
    return all_are_used(view, code, sample, report);
}

static void add_query(pt_query *query, pt_bytes *arguments, size_t start, const pt_view *view)
{
    *query = (pt_query){.contract = 1,
                        .function = (uint16_t)view->function,
                        .arguments_size = (uint16_t)(arguments->size - start)};
}

static pt_exit put_parameter(pt_bytes *arguments, const pt_trace *trace, const pt_view *view,
                             uint8_t place, bool is_user, size_t number, pt_report *report)
{
    const pl_function *code = &trace->code->functions[view->function];
    json_t *text = json_string(is_user ? trace->users[number] : trace->assets[number]);
    const pt_json value = {.value = text, .file = trace->file, .line = 1};
    pt_exit result = PT_OK;
    if (place >= code->parameter_count) {
        result = pt_fail(report, PT_INPUT, "view %.*s of %s has too few parameters",
                         (int)code->name.size, code->name.text, trace->protocol->contract);
    } else {
        result = pt_trace_put(arguments, trace, &code->parameters[place],
                              is_user ? PT_KIND_USER : PT_KIND_ASSET, &value, report);
    }
    json_decref(text);
    return result;
}

/* Queries in the fixed order that pt_trace_results follows: reserves, users, balances. */
pt_exit pt_trace_queries(pt_bytes *arguments, pt_query **queries, uint32_t *count,
                         const pt_trace *trace, pt_report *report)
{
    const size_t users = trace->observed_count, assets = trace->asset_count;
    pt_query *list = pt_take_zeroed(assets + users + users * assets, sizeof *list);
    uint32_t n = 0;
    pt_exit result = PT_OK;
    for (size_t a = 0; a < assets && result == PT_OK; a++) {
        const size_t start = arguments->size;
        result = put_parameter(arguments, trace, &trace->reserve_view, 0, false, a, report);
        add_query(&list[n++], arguments, start, &trace->reserve_view);
    }
    for (size_t u = 0; u < users && result == PT_OK; u++) {
        const size_t start = arguments->size;
        result = put_parameter(arguments, trace, &trace->user_view, 0, true, u, report);
        add_query(&list[n++], arguments, start, &trace->user_view);
    }
    for (size_t i = 0; i < users * assets && result == PT_OK; i++) {
        const size_t start = arguments->size;
        result = put_parameter(arguments, trace, &trace->balance_view, 0, true, i / assets, report);
        if (result == PT_OK) {
            result =
                put_parameter(arguments, trace, &trace->balance_view, 1, false, i % assets, report);
        }
        add_query(&list[n++], arguments, start, &trace->balance_view);
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
    *count = n;
    return PT_OK;
}

static pt_exit same_count(const pt_json *object, size_t count, const char *expected,
                          pt_report *report)
{
    return json_object_size(object->value) == count ? PT_OK
                                                    : pt_json_wrong(object, report, expected);
}

/* One result: query u32 | size u16 | the view's results out of the object or array. */
static pt_exit put_result(pt_bytes *results, uint32_t query, const pt_trace *trace,
                          const pt_view *view, const pt_json *object, pt_report *report)
{
    const pl_function *code = &trace->code->functions[view->function];
    pt_put_u32(results, query);
    const size_t start = results->size;
    pt_put_u16(results, 0);
    for (uint8_t r = 0; r < code->result_count; r++) {
        const pt_view_source *source = &view->sources[r];
        pt_json value;
        if (source->key != NULL) {
            PT_TRY(pt_json_member(&value, object, source->key, JSON_STRING, report));
        } else {
            PT_TRY(pt_json_element(&value, object, source->index, JSON_STRING, report));
        }
        PT_TRY(pt_trace_put(results, trace, &code->results[r], PT_KIND_PLAIN, &value, report));
    }
    pt_set_u16(results, start, (uint16_t)(results->size - start - 2));
    const size_t found = json_is_array(object->value) ? json_array_size(object->value)
                                                      : json_object_size(object->value);
    return found == view->member_count ? PT_OK : all_are_used(view, code, object, report);
}

pt_exit pt_trace_results(pt_bytes *results, uint32_t *count, const pt_trace *trace,
                         const pt_json *state, pt_report *report)
{
    const size_t users = trace->observed_count, assets = trace->asset_count;
    pt_json reserves, people, object, balances, pair;
    uint32_t n = 0;
    PT_TRY(pt_json_member(&reserves, state, "r", JSON_OBJECT, report));
    PT_TRY(pt_json_member(&people, state, "u", JSON_OBJECT, report));
    PT_TRY(same_count(state, 2, "r and u alone", report));
    PT_TRY(same_count(&reserves, assets, "exactly the reserves of the header", report));
    PT_TRY(same_count(&people, users, "exactly the people of the header's state", report));
    for (size_t a = 0; a < assets; a++) {
        PT_TRY(pt_json_member(&object, &reserves, trace->assets[a], JSON_OBJECT, report));
        PT_TRY(put_result(results, n++, trace, &trace->reserve_view, &object, report));
    }
    for (size_t u = 0; u < users; u++) {
        PT_TRY(pt_json_member(&object, &people, trace->users[u], JSON_OBJECT, report));
        PT_TRY(put_result(results, n++, trace, &trace->user_view, &object, report));
    }
    for (size_t u = 0; u < users; u++) {
        PT_TRY(pt_json_member(&object, &people, trace->users[u], JSON_OBJECT, report));
        PT_TRY(pt_json_member(&balances, &object, "a", JSON_OBJECT, report));
        PT_TRY(same_count(&balances, assets, "exactly the reserves of the header", report));
        for (size_t a = 0; a < assets; a++) {
            PT_TRY(pt_json_member(&pair, &balances, trace->assets[a], JSON_ARRAY, report));
            PT_TRY(put_result(results, n++, trace, &trace->balance_view, &pair, report));
        }
    }
    *count = n;
    return PT_OK;
}
