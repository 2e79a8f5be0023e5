/* The blocks of a world file: what is called, what is asked, what is expected (world_file.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/value.h"
#include "tools/import/body.h"
#include "tools/import/world_file.h"
#include "tools/oracle/payload.h"
#include "vm/num/text.h"

/* Calls and questions of one block; a thousand events of each fit the counts of spec 06 §7. */
enum { CALLS_MAX = 4096, REPORTS_MAX = 4096, ERROR_NAMES_MAX = 256 };

/* Statuses that a call can end with, by name. */
static bool is_status(const char *name)
{
    for (unsigned number = 0; number < 300; number++) {
        const pl_status status = (pl_status)number;
        if ((number == 0 || pl_is_trap(status) || pl_is_reject(status)) &&
            strcmp(pl_status_name(status), name) == 0 && strcmp(name, "UNKNOWN") != 0) {
            return true;
        }
    }
    return false;
}

static pt_exit read_outcome(pt_plan_call *call, const pt_world_file *world, const pt_json *node,
                            pt_report *report)
{
    char texts[ERROR_NAMES_MAX][64];
    const char *names[ERROR_NAMES_MAX];
    size_t count = 0;
    call->expects = PT_EXPECT_OUTCOME;
    call->outcome = json_string_value(node->value);
    bool known = is_status(call->outcome);
    for (size_t c = 0; c < world->contract_count; c++) {
        const pl_code *code = &world->contracts[c].code;
        for (uint16_t e = 0; e < code->error_count; e++) {
            known = known || pt_name_is(code->errors[e].name, call->outcome);
            if (count < ERROR_NAMES_MAX) {
                names[count] = pt_world_name(texts[count], code->errors[e].name);
                count++;
            }
        }
    }
    return known ? PT_OK
                 : pt_world_unknown(node, "OK, a status of spec 08, or an error of a contract",
                                    call->outcome, names, count, report);
}

static pt_exit read_expect(pt_plan_call *call, const pt_world_file *world, const pt_json *object,
                           pt_report *report)
{
    if (!pt_json_has(object, "expect")) {
        return PT_OK;
    }
    const pt_json node = {.value = json_object_get(object->value, "expect"),
                          .parent = object,
                          .key = "expect",
                          .file = object->file,
                          .line = object->line};
    if (json_is_string(node.value)) {
        return read_outcome(call, world, &node, report);
    }
    const pl_function *function =
        &world->contracts[call->contract - 1].code.functions[call->function];
    call->expects = PT_EXPECT_VALUES;
    return pt_world_fields(&call->values, &call->values_set, world, call->contract,
                           function->results, function->result_count, false, &node, report);
}

/* May a world file call it (or, of a view, ask it)? */
static bool is_entry(const pl_function *function, bool asks)
{
    const unsigned effect = function->flags & PL_FUNCTION_EFFECT;
    return (function->flags & PL_FUNCTION_PUBLIC) != 0 && (effect != PL_EFFECT_TX) == asks;
}

pt_exit pt_world_function(uint32_t *contract, uint32_t *function, const pt_world_file *world,
                          const pt_json *node, bool asks, pt_report *report)
{
    const char *text = json_string_value(node->value);
    char texts[PL_FUNCTIONS_MAX][64];
    const char *names[PL_FUNCTIONS_MAX];
    size_t count = 0;
    const char *point = strchr(text, '.');
    for (size_t c = 0; c < world->contract_count && point != NULL; c++) {
        const char *name = world->build.contracts[c].name;
        if (strlen(name) != (size_t)(point - text) || strncmp(name, text, strlen(name)) != 0) {
            continue;
        }
        const pl_code *code = &world->contracts[c].code;
        for (uint32_t f = 0; f < code->function_count; f++) {
            if (!is_entry(&code->functions[f], asks)) {
                continue;
            }
            if (pt_name_is(code->functions[f].name, point + 1)) {
                *contract = (uint32_t)c + 1;
                *function = f;
                return PT_OK;
            }
            names[count] = pt_world_name(texts[count], code->functions[f].name);
            count++;
        }
        return pt_world_unknown(node, asks ? "a public view of it" : "a public tx function of it",
                                point + 1, names, count, report);
    }
    for (; count < world->contract_count; count++) {
        names[count] = world->build.contracts[count].name;
    }
    return pt_world_unknown(node, "CONTRACT.FUNCTION with a contract of this world", text, names,
                            count, report);
}

/* A call or a question: the function, its arguments, what is expected. */
static pt_exit read_call(pt_plan_call *call, const pt_world_file *world, const pt_json *node,
                         const char *key, pt_report *report)
{
    pt_json name, arguments;
    uint64_t set = 0;
    PT_TRY(pt_json_member(&name, node, key, JSON_STRING, report));
    PT_TRY(pt_world_function(&call->contract, &call->function, world, &name,
                             strcmp(key, "view") == 0, report));
    const pl_function *function =
        &world->contracts[call->contract - 1].code.functions[call->function];
    if (pt_json_has(node, "args")) {
        arguments = (pt_json){.value = json_object_get(node->value, "args"),
                              .parent = node,
                              .key = "args",
                              .file = node->file,
                              .line = node->line};
        PT_TRY(pt_world_fields(&call->arguments, &set, world, call->contract, function->parameters,
                               function->parameter_count, true, &arguments, report));
    } else if (function->parameter_count != 0) {
        return pt_json_member(&arguments, node, "args", JSON_OBJECT, report);
    }
    return read_expect(call, world, node, report);
}

static pt_exit read_calls(pt_plan_block *block, const pt_world_file *world, const pt_json *node,
                          pt_report *report)
{
    static const char *const keys[] = {"from", "call", "args", "expect"};
    pt_json list, item, from;
    if (!pt_json_has(node, "calls")) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&list, node, "calls", JSON_ARRAY, report));
    if (json_array_size(list.value) > CALLS_MAX) {
        return pt_json_wrong(&list, report, "at most 4096 calls in a block");
    }
    block->calls = pt_take_zeroed(json_array_size(list.value), sizeof *block->calls);
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        PT_TRY(pt_json_element(&item, &list, i, JSON_OBJECT, report));
        PT_TRY(pt_json_only(&item, keys, sizeof keys / sizeof keys[0], report));
        pt_plan_call *call = &block->calls[block->call_count++];
        PT_TRY(read_call(call, world, &item, "call", report));
        pl_tx tx = {.contract = call->contract,
                    .function = (uint16_t)call->function,
                    .gas_limit = world->build.tx_gas_max,
                    .arguments = call->arguments.data,
                    .arguments_size = (uint32_t)call->arguments.size};
        PT_TRY(pt_json_member(&from, &item, "from", JSON_STRING, report));
        PT_TRY(pt_world_account(tx.caller, world, &from, report));
        if (json_string_value(from.value)[0] == '@') {
            return pt_json_wrong(&from, report, "an account that is no contract");
        }
        pt_body_call(&block->body, &tx);
    }
    return PT_OK;
}

static pt_exit read_asks(pt_plan_block *block, const pt_world_file *world, const pt_json *node,
                         pt_report *report)
{
    static const char *const keys[] = {"view", "args", "expect"};
    pt_json list, item;
    if (!pt_json_has(node, "ask")) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&list, node, "ask", JSON_ARRAY, report));
    if (json_array_size(list.value) > CALLS_MAX) {
        return pt_json_wrong(&list, report, "at most 4096 views in a block");
    }
    block->asks = pt_take_zeroed(json_array_size(list.value), sizeof *block->asks);
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        PT_TRY(pt_json_element(&item, &list, i, JSON_OBJECT, report));
        PT_TRY(pt_json_only(&item, keys, sizeof keys / sizeof keys[0], report));
        PT_TRY(read_call(&block->asks[block->ask_count++], world, &item, "view", report));
    }
    return PT_OK;
}

static pt_exit read_prices(pt_plan_block *block, uint32_t *count, uint64_t *rounds,
                           const pt_world_file *world, const pt_json *node, pt_report *report)
{
    pt_json prices;
    const char *names[PL_FEEDS_MAX];
    const pt_build *build = &world->build;
    if (!pt_json_has(node, "prices")) {
        return PT_OK;
    }
    for (size_t f = 0; f < build->feed_count; f++) {
        names[f] = build->feeds[f].name;
    }
    PT_TRY(pt_json_member(&prices, node, "prices", JSON_OBJECT, report));
    PT_TRY(pt_json_only(&prices, names, build->feed_count, report));
    for (size_t f = 0; f < build->feed_count; f++) { /* in the order of the feeds */
        pt_json price;
        if (!pt_json_has(&prices, names[f])) {
            continue;
        }
        pt_price_report told = {.feed = (uint32_t)f,
                                .round = ++rounds[f],
                                .time_s = block->time_s,
                                .decimals = build->feeds[f].decimals};
        PT_TRY(pt_json_member(&price, &prices, names[f], JSON_STRING, report));
        if (!build->feeds[f].is_stand_in) {
            return pt_json_wrong(&price, report,
                                 "no price: others sign this feed, so its reports stand under "
                                 "\"reports\"");
        }
        if (pl_i256_parse_scaled(&told.price, NULL, json_string_value(price.value),
                                 json_string_length(price.value), told.decimals) != PL_OK) {
            return pt_json_wrong(&price, report, "a price with at most the feed's decimals");
        }
        PT_TRY(pt_body_report(&block->body, &world->signer, pl_chain_world(world->chain)->id, &told,
                              report));
        (*count)++;
    }
    return PT_OK;
}

/* The bytes of a report: hex in the file, or a file of hex, base64 or the bytes themselves. Call
 * data around the report is left away. */
static pt_exit read_payload(pt_payload *payload, const pt_world_file *world, const pt_json *node,
                            pt_report *report)
{
    pt_json place;
    const bool is_file = pt_json_has(node, "file");
    if (is_file == pt_json_has(node, "bytes")) {
        return pt_json_wrong(node, report, "bytes or file, one of them");
    }
    PT_TRY(pt_json_member(&place, node, is_file ? "file" : "bytes", JSON_STRING, report));
    const char *text = json_string_value(place.value);
    if (!is_file) {
        return strncmp(text, "0x", 2) == 0 && pt_payload_read(payload, text, report) == PT_OK
                   ? PT_OK
                   : pt_json_wrong(&place, report, "0x and two hex digits a byte, at most 1 MiB");
    }
    if (text[0] == '/' || text[0] == '\0' || strcmp(text, "-") == 0) {
        return pt_json_wrong(&place, report, "a path that starts at the folder of this file");
    }
    const size_t folder_size = (size_t)(pt_path_base(world->file) - world->file);
    char *folder = pt_copy_text(world->file, folder_size);
    char *path = pt_path_join(folder_size == 0 ? "." : folder, text);
    const pt_exit result = pt_payload_read_file(payload, path, report);
    free(folder);
    free(path);
    return result;
}

static pt_exit find_feed(uint32_t *feed, const pt_world_file *world, const pt_json *node,
                         pt_report *report)
{
    const char *names[PL_FEEDS_MAX];
    pt_json name;
    PT_TRY(pt_json_member(&name, node, "feed", JSON_STRING, report));
    for (size_t f = 0; f < world->build.feed_count; f++) {
        names[f] = world->build.feeds[f].name;
        if (strcmp(names[f], json_string_value(name.value)) == 0) {
            *feed = (uint32_t)f;
            return PT_OK;
        }
    }
    return pt_world_unknown(&name, "a feed of this world", json_string_value(name.value), names,
                            world->build.feed_count, report);
}

/* Original bytes, each in the envelope of spec 05 §2. */
static pt_exit read_reports(pt_plan_block *block, uint32_t *count, const pt_world_file *world,
                            const pt_json *node, pt_report *report)
{
    static const char *const keys[] = {"feed", "bytes", "file"};
    pt_json list, item;
    if (!pt_json_has(node, "reports")) {
        return PT_OK;
    }
    PT_TRY(pt_json_member(&list, node, "reports", JSON_ARRAY, report));
    if (json_array_size(list.value) > REPORTS_MAX) {
        return pt_json_wrong(&list, report, "at most 4096 reports in a block");
    }
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        uint32_t feed = 0;
        pt_payload payload;
        pt_wrapping inside;
        PT_TRY(pt_json_element(&item, &list, i, JSON_OBJECT, report));
        PT_TRY(pt_json_only(&item, keys, sizeof keys / sizeof keys[0], report));
        PT_TRY(find_feed(&feed, world, &item, report));
        PT_TRY(read_payload(&payload, world, &item, report));
        pt_payload_unwrap(&inside, payload.bytes.data, payload.bytes.size);
        pt_put_u32(&block->body, (uint32_t)(5 + inside.size));
        pt_put_u8(&block->body, 1);
        pt_put_u32(&block->body, feed);
        pt_put(&block->body, payload.bytes.data + inside.offset, inside.size);
        pt_payload_free(&payload);
        (*count)++;
    }
    return PT_OK;
}

/* "time_s", or "after_s" since the block before (the world's time, for the first). */
static pt_exit read_time(uint64_t *time_s, uint64_t before_s, const pt_json *node,
                         pt_report *report)
{
    const bool is_after = pt_json_has(node, "after_s");
    if (is_after && pt_json_has(node, "time_s")) {
        return pt_json_wrong(node, report, "time_s or after_s, not both");
    }
    if (!is_after) {
        return pt_json_u64(time_s, node, "time_s", before_s, INT64_MAX, report);
    }
    PT_TRY(pt_json_u64(time_s, node, "after_s", 0, INT64_MAX - before_s, report));
    *time_s += before_s;
    return PT_OK;
}

static pt_exit read_block(pt_plan_block *block, uint64_t *rounds, const pt_world_file *world,
                          uint64_t before_s, const pt_json *node, pt_report *report)
{
    static const char *const keys[] = {"time_s", "after_s", "prices", "reports", "calls", "ask"};
    uint32_t reports = 0;
    PT_TRY(pt_json_only(node, keys, sizeof keys / sizeof keys[0], report));
    PT_TRY(read_time(&block->time_s, before_s, node, report));
    pt_put_u32(&block->body, 0);
    PT_TRY(read_prices(block, &reports, rounds, world, node, report));
    PT_TRY(read_reports(block, &reports, world, node, report));
    pt_set_u32(&block->body, 0, reports);
    const size_t calls = block->body.size;
    pt_put_u32(&block->body, 0);
    PT_TRY(read_calls(block, world, node, report));
    pt_set_u32(&block->body, calls, (uint32_t)block->call_count);
    return read_asks(block, world, node, report);
}

pt_exit pt_world_file_add_block(pt_world_file *world, uint64_t *rounds, const pt_json *node,
                                pt_report *report)
{
    const size_t n = world->block_count;
    const uint64_t before_s = n == 0 ? world->build.time_s : world->blocks[n - 1].time_s;
    if ((n & (n - 1)) == 0) {
        world->blocks = pt_resize(world->blocks, (n == 0 ? 1 : 2 * n) * sizeof *world->blocks);
    }
    world->blocks[n] = (pt_plan_block){0};
    world->block_count++;
    return read_block(&world->blocks[n], rounds, world, before_s, node, report);
}

pt_exit pt_world_file_blocks(pt_world_file *world, pt_report *report)
{
    pt_json list, node;
    PT_TRY(pt_json_member(&list, &world->root, "blocks", JSON_ARRAY, report));
    const size_t count = json_array_size(list.value);
    uint64_t *rounds = pt_take_zeroed(world->build.feed_count + 1, sizeof *rounds);
    pt_exit result = PT_OK;
    for (size_t i = 0; i < count && result == PT_OK; i++) {
        result = pt_json_element(&node, &list, i, JSON_OBJECT, report);
        if (result == PT_OK) {
            result = pt_world_file_add_block(world, rounds, &node, report);
        }
    }
    free(rounds);
    return result;
}
