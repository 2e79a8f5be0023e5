/* One recorded step as a block body and its expectations (trace.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/import/body.h"
#include "tools/import/trace.h"

/* Gas of a recorded call: more than any of them needs, so that gas never decides an imported
 * outcome. */
enum { STEP_GAS = 100000000 };

static pt_exit put_price(pt_bytes *body, pt_trace *trace, const uint8_t world_id[32], size_t feed,
                         uint64_t time_s, const pl_u256 *price, pt_report *report)
{
    const pt_price_report recorded = {.feed = (uint32_t)feed,
                                      .round = ++trace->rounds[feed],
                                      .time_s = time_s,
                                      .price = *price,
                                      .decimals = trace->build.feeds[feed].decimals};
    PT_TRY(pt_body_report(body, &trace->signer, world_id, &recorded, report));
    trace->prices++;
    return PT_OK;
}

pt_exit pt_trace_first_body(pt_bytes *body, pt_trace *trace, const uint8_t world_id[32],
                            uint64_t time_s, pt_report *report)
{
    pt_put_u32(body, (uint32_t)trace->build.feed_count);
    for (size_t f = 0; f < trace->build.feed_count; f++) {
        PT_TRY(put_price(body, trace, world_id, f, time_s, &trace->first_prices[f], report));
    }
    pt_put_u32(body, 0);
    return PT_OK;
}

/* setPrice {asset, price}: a report of the feed with that name, one for each value. */
static pt_exit step_prices(pt_bytes *body, pt_trace *trace, const uint8_t world_id[32],
                           uint64_t time_s, const pt_json *args, pt_report *report)
{
    const pt_protocol *protocol = trace->protocol;
    const char *keys[PT_PRICES_MAX + 1] = {protocol->price_name_key};
    const char *name = "";
    size_t count = protocol->price_name_key != NULL ? 1 : 0;
    for (const pt_price_source *p = protocol->prices; p->key != NULL; p++) {
        keys[count++] = p->key;
    }
    PT_TRY(pt_json_only(args, keys, count, report));
    if (protocol->price_name_key != NULL) {
        PT_TRY(pt_json_text(&name, args, protocol->price_name_key, report));
    }
    for (const pt_price_source *p = protocol->prices; p->key != NULL; p++) {
        char feed_name[128];
        pl_u256 price;
        (void)snprintf(feed_name, sizeof feed_name, "%s%s", name, p->suffix);
        const size_t feed = pt_trace_feed(trace, feed_name);
        if (feed == SIZE_MAX) {
            return pt_json_wrong(args, report, "an asset that has a price feed in the header");
        }
        PT_TRY(pt_trace_price(&price, args, p->key, report));
        PT_TRY(put_price(body, trace, world_id, feed, time_s, &price, report));
    }
    return PT_OK;
}

static uint32_t price_count(const pt_trace *trace, bool is_price)
{
    uint32_t count = 0;
    for (size_t f = 0; f < trace->build.feed_count; f++) {
        count += trace->step_keys[f] != NULL ? 1 : 0;
    }
    for (const pt_price_source *p = trace->protocol->prices; is_price && p->key != NULL; p++) {
        count++;
    }
    return count;
}

/* Numbers that every step reports, as the block number of the recorded chain. */
static pt_exit step_numbers(pt_bytes *body, pt_trace *trace, const uint8_t world_id[32],
                            uint64_t time_s, const pt_json *step, pt_report *report)
{
    for (size_t f = 0; f < trace->build.feed_count; f++) {
        pl_u256 number;
        if (trace->step_keys[f] != NULL) {
            PT_TRY(pt_trace_price(&number, step, trace->step_keys[f], report));
            PT_TRY(put_price(body, trace, world_id, f, time_s, &number, report));
        }
    }
    return PT_OK;
}

/* The entry of the protocol's table that serves this call, or NULL: the function of the op's words.
 */
static pt_exit find_op(const pt_op **found, const pt_trace *trace, const char *op,
                       const pt_json *args, pt_report *report)
{
    *found = NULL;
    for (const pt_op *o = trace->protocol->ops; o != NULL && o->op != NULL && *found == NULL; o++) {
        if (strcmp(o->op, op) != 0) {
            continue;
        }
        if (o->key == NULL) {
            *found = o;
            continue;
        }
        pt_json links[PT_STEPS_MAX], said, value;
        static const pt_place nowhere = {.person = NULL};
        PT_TRY(pt_json_member(&value, args, o->key, JSON_STRING, report));
        pt_path_find(links, &said, trace, o->path, &nowhere, trace->header);
        *found = said.value != NULL && json_equal(said.value, value.value) ? o : NULL;
    }
    return PT_OK;
}

/* Appends the arguments of a call of function, with one that the recording leaves out where the
 * table says so. */
static pt_exit put_arguments(pt_bytes *arguments, const pt_trace *trace,
                             const pl_function *function, const pt_op *served, const pt_json *args,
                             pt_report *report)
{
    const char *dropped = served != NULL && served->drop ? served->key : NULL;
    if (served == NULL || served->add == NULL) {
        return pt_trace_put_fields(arguments, trace, function->parameters,
                                   function->parameter_count, dropped, args, report);
    }
    pt_json links[PT_STEPS_MAX], value, all = *args;
    static const pt_place nowhere = {.person = NULL};
    pt_path_find(links, &value, trace, served->add_path, &nowhere, trace->header);
    if (value.value == NULL || json_object_get(args->value, served->add) != NULL) {
        return pt_json_wrong(args, report, "an argument that only the header says");
    }
    json_t *const copy = json_copy(args->value);
    if (copy == NULL || json_object_set(copy, served->add, value.value) != 0) {
        json_decref(copy);
        return pt_fail(report, PT_INPUT, "no memory for the arguments of %s", served->op);
    }
    all.value = copy;
    const pt_exit result = pt_trace_put_fields(arguments, trace, function->parameters,
                                               function->parameter_count, dropped, &all, report);
    json_decref(copy);
    return result;
}

static pt_exit step_call(pt_bytes *body, pt_trace *trace, const char *op, const char *from,
                         const pt_json *args, pt_report *report)
{
    const pt_op *served = NULL;
    PT_TRY(find_op(&served, trace, op, args, report));
    const uint32_t number =
        pt_code_function(trace->codes[0], served != NULL ? served->function : op);
    if (number == PL_NONE) {
        return pt_json_wrong(args->parent, report, "an op that the contract has a function for");
    }
    const pl_function *function = &trace->codes[0]->functions[number];
    pt_bytes arguments = {0};
    const pt_exit result = put_arguments(&arguments, trace, function, served, args, report);
    if (result == PT_OK) {
        pl_tx tx = {.contract = 1,
                    .function = (uint16_t)number,
                    .gas_limit = STEP_GAS,
                    .arguments = arguments.data,
                    .arguments_size = (uint32_t)arguments.size};
        pt_trace_account(tx.caller, from);
        pt_body_call(body, &tx);
        trace->transactions++;
    }
    pt_bytes_free(&arguments);
    return result;
}

/* The event of this name in the first contract that declares it. */
static const pl_signature *find_event(pt_expect_event *event, const pt_trace *trace,
                                      const char *name)
{
    for (size_t c = 0; c < trace->contract_count; c++) {
        const uint32_t number = pt_code_event(trace->codes[c], name);
        if (number != PL_NONE) {
            event->contract = (uint32_t)c + 1;
            event->event = (uint16_t)number;
            return &trace->codes[c]->events[number];
        }
    }
    return NULL;
}

/* Fills the record's events from "ev"; their arguments go to *arguments, placed once all are there.
 */
static pt_exit read_events(pt_record *record, pt_bytes *arguments, const pt_trace *trace,
                           const pt_json *step, pt_report *report)
{
    pt_json list, item, name, values;
    record->has_events = true;
    if (!pt_json_has(step, "ev")) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&list, step, "ev", JSON_ARRAY, report));
    const size_t count = json_array_size(list.value);
    if (count > PL_EVENTS_PER_TX_MAX) {
        return pt_json_wrong(&list, report, "at most 1024 events");
    }
    record->events = pt_take_zeroed(count, sizeof *record->events);
    for (size_t i = 0; i < count; i++) {
        PT_TRY(pt_json_element(&item, &list, i, JSON_ARRAY, report));
        if (json_array_size(item.value) != 2) {
            return pt_json_wrong(&item, report, "a name and an object of fields");
        }
        PT_TRY(pt_json_element(&name, &item, 0, JSON_STRING, report));
        PT_TRY(pt_json_element(&values, &item, 1, JSON_OBJECT, report));
        pt_expect_event *event = &record->events[i];
        const pl_signature *signature = find_event(event, trace, json_string_value(name.value));
        if (signature == NULL) {
            return pt_json_wrong(&name, report, "an event that the contract declares");
        }
        const size_t start = arguments->size;
        PT_TRY(pt_trace_put_fields(arguments, trace, signature->fields, signature->count, NULL,
                                   &values, report));
        event->size = (uint16_t)(arguments->size - start);
        record->event_count++;
    }
    const uint8_t *at = arguments->data;
    for (uint16_t i = 0; i < record->event_count; i++) {
        record->events[i].arguments = at;
        at += record->events[i].size;
    }
    return PT_OK;
}

static pt_exit step_expectations(pt_bytes *expectations, pt_record *record, pt_trace *trace,
                                 const pt_json *step, bool is_call, bool ok, pt_report *report)
{
    pt_expect_tx tx = {.status = PL_OK, .error = ""};
    pt_bytes arguments = {0}, results = {0}, error = {0};
    pt_json state;
    pt_exit result = ok ? PT_OK : pt_trace_error(&tx, &error, trace, step, report);
    tx.arguments = error.data;
    if (is_call) {
        record->transactions = pt_take(sizeof tx);
        record->transactions[0] = tx;
        record->transaction_count = 1;
    }
    if (result == PT_OK) {
        result = read_events(record, &arguments, trace, step, report);
    }
    if (result == PT_OK) {
        result = pt_json_member(&state, step, "s", JSON_OBJECT, report);
    }
    if (result == PT_OK) {
        result = pt_trace_results(&results, &record->result_count, trace, &state, report);
    }
    if (result == PT_OK) {
        pt_expect_write_record(expectations, record, &results);
    }
    pt_bytes_free(&arguments);
    pt_bytes_free(&results);
    pt_bytes_free(&error);
    return result;
}

/* Keys, and which of them go together. tags and badDebt are the recorder's remarks on what the rest
 * shows: their shape is checked, there is nothing to compare. A call that liquidates several says
 * so by as many tags. */
static pt_exit check_shape(bool *ok, uint64_t *liquidations, const pt_trace *trace,
                           const pt_json *step, pt_report *report)
{
    const char *keys[PT_FEEDS_MAX + 11] = {"i",   "t",  "op",   "from", "args",   "ok",
                                           "err", "ev", "tags", "s",    "badDebt"};
    const char *counted = trace->protocol->liquidation;
    size_t count = 11;
    bool remark = false;
    pt_json tags, tag;
    for (size_t f = 0; f < trace->build.feed_count; f++) {
        if (trace->step_keys[f] != NULL) {
            keys[count++] = trace->step_keys[f];
        }
    }
    PT_TRY(pt_json_only(step, keys, count, report));
    PT_TRY(pt_json_bool(ok, step, "ok", report));
    if (pt_json_has(step, *ok ? "err" : "ev")) {
        return pt_json_wrong(step, report, "ev only with ok true, err only with ok false");
    }
    if (pt_json_has(step, "badDebt")) {
        PT_TRY(pt_json_bool(&remark, step, "badDebt", report));
    }
    const char *op = json_string_value(json_object_get(step->value, "op"));
    *liquidations = 0;
    if (pt_json_has(step, "tags")) {
        PT_TRY(pt_json_member(&tags, step, "tags", JSON_ARRAY, report));
        for (size_t i = 0; i < json_array_size(tags.value); i++) {
            PT_TRY(pt_json_element(&tag, &tags, i, JSON_STRING, report));
            *liquidations += strcmp(json_string_value(tag.value), counted) == 0 ? 1 : 0;
        }
    }
    if (*liquidations == 0 && op != NULL && strcmp(op, counted) == 0) {
        *liquidations = 1;
    }
    return PT_OK;
}

/* The reports, then the call. */
static pt_exit step_body(pt_bytes *body, pt_trace *trace, const uint8_t world_id[32],
                         uint64_t time_s, const pt_json *step, bool *is_call, bool ok,
                         pt_report *report)
{
    const char *op = NULL, *from = NULL;
    pt_json args, caller;
    PT_TRY(pt_json_text(&op, step, "op", report));
    PT_TRY(pt_json_text(&from, step, "from", report));
    PT_TRY(pt_json_member(&args, step, "args", JSON_OBJECT, report));
    PT_TRY(pt_json_member(&caller, step, "from", JSON_STRING, report));
    if (!pt_trace_is_person(from)) {
        return pt_json_wrong(&caller, report, "the name of a person");
    }
    const bool is_price = strcmp(op, "setPrice") == 0, is_wait = strcmp(op, "wait") == 0;
    *is_call = !is_price && !is_wait;
    if (!*is_call && !ok) {
        return pt_json_wrong(step, report, "ok true for setPrice and wait");
    }
    if (is_wait) {
        PT_TRY(pt_json_only(&args, NULL, 0, report));
    }
    pt_put_u32(body, price_count(trace, is_price));
    PT_TRY(step_numbers(body, trace, world_id, time_s, step, report));
    if (is_price) {
        PT_TRY(step_prices(body, trace, world_id, time_s, &args, report));
    }
    pt_put_u32(body, *is_call ? 1 : 0);
    return *is_call ? step_call(body, trace, op, from, &args, report) : PT_OK;
}

pt_exit pt_trace_step(pt_bytes *body, pt_bytes *expectations, pt_trace *trace,
                      const uint8_t world_id[32], uint64_t height, uint64_t time_s,
                      const pt_json *step, pt_report *report)
{
    bool ok = false, is_call = false;
    uint64_t liquidations = 0;
    PT_TRY(check_shape(&ok, &liquidations, trace, step, report));
    PT_TRY(step_body(body, trace, world_id, time_s, step, &is_call, ok, report));
    trace->steps++;
    trace->reverts += ok ? 0 : 1;
    trace->liquidations += ok ? liquidations : 0;
    pt_record record = {.height = height};
    const pt_exit result =
        step_expectations(expectations, &record, trace, step, is_call, ok, report);
    pt_record_free(&record);
    return result;
}
