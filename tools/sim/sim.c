#include "tools/sim/sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Gas of one question: never what decides an answer. */
#define QUESTION_GAS UINT64_C(1000000000)

pt_exit pt_sim_open(pt_sim *sim, json_t *world, const char *path, const char *library,
                    pt_report *report)
{
    *sim = (pt_sim){.world = world};
    sim->calls = json_array();
    sim->prices = json_object();
    sim->file.file = path;
    sim->file.root = (pt_json){.value = json_incref(world), .file = path};
    PT_TRY(pt_world_file_make(&sim->file, library, report));
    sim->rounds = pt_take_zeroed(sim->file.build.feed_count + 1, sizeof *sim->rounds);
    return PT_OK;
}

void pt_sim_close(pt_sim *sim)
{
    pt_world_file_close(&sim->file);
    json_decref(sim->world);
    json_decref(sim->calls);
    json_decref(sim->prices);
    free(sim->rounds);
}

const char *pt_sim_number(pt_sim_text *text, int64_t units, uint32_t scale)
{
    char digits[32];
    const uint64_t size = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
    (void)snprintf(digits, sizeof digits, "%0*" PRIu64, (int)scale + 1, size);
    const size_t whole = strlen(digits) - scale;
    size_t end = strlen(digits);
    while (end > whole && digits[end - 1] == '0') {
        end--;
    }
    (void)snprintf(text->text, sizeof text->text, "%s%.*s%s%.*s", units < 0 ? "-" : "", (int)whole,
                   digits, end > whole ? "." : "", (int)(end - whole), digits + whole);
    return text->text;
}

void pt_sim_price(pt_sim *sim, uint32_t feed, uint64_t price)
{
    pt_sim_text text;
    const char *name = sim->file.build.feeds[feed].name;
    (void)json_object_set_new(sim->prices, name,
                              json_string(pt_sim_number(&text, (int64_t)price, 8)));
    sim->supposed[sim->supposed_count++] =
        (pl_supposed_price){.feed = feed, .price = pl_u256_from_u64(price)};
}

void pt_sim_call(pt_sim *sim, const char *from, const char *function, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    json_t *args = json_vpack_ex(NULL, 0, format, list);
    va_end(list);
    if (args == NULL) {
        (void)pt_give_up();
    }
    (void)json_array_append_new(
        sim->calls, json_pack("{s:s, s:s, s:o}", "from", from, "call", function, "args", args));
}

static void count_refused(pt_sim *sim, const pl_block_result *result)
{
    sim->sealed_calls += json_array_size(sim->calls);
    sim->refused += result->counts.tx_trap + result->counts.tx_revert + result->counts.tx_reject;
}

pt_exit pt_sim_seal(pt_sim *sim, uint64_t after_s, pt_report *report)
{
    pl_block_result result;
    json_t *block = json_pack("{s:I, s:O, s:O}", "after_s", (json_int_t)after_s, "prices",
                              sim->prices, "calls", sim->calls);
    const pt_json node = {.value = block, .file = sim->file.file, .key = "the next block"};
    (void)json_array_append_new(json_object_get(sim->world, "blocks"), block);
    PT_TRY(pt_world_file_add_block(&sim->file, sim->rounds, &node, report));
    const pt_plan_block *plan = &sim->file.blocks[sim->file.block_count - 1];
    const pl_status status = pl_chain_seal_block(&result, sim->file.chain, plan->time_s,
                                                 plan->body.data, plan->body.size, NULL);
    if (status != PL_OK) {
        return pt_fail_status(report, status, "%s: block %zu", sim->file.file,
                              sim->file.block_count);
    }
    count_refused(sim, &result);
    json_decref(sim->calls);
    json_decref(sim->prices);
    sim->calls = json_array();
    sim->prices = json_object();
    sim->supposed_count = 0;
    return PT_OK;
}

pt_exit pt_sim_find(pt_sim_view *view, const pt_sim *sim, const char *contract, const char *name,
                    pt_report *report)
{
    view->contract = pl_find_contract(sim->file.chain, contract, strlen(contract));
    view->function = pl_find_function(sim->file.chain, view->contract, name, strlen(name));
    if (view->function == PL_NONE) {
        return pt_fail(report, PT_INPUT,
                       "contract %s has no view %s: the folder of contracts is another version's",
                       contract, name);
    }
    view->schema = &pl_chain_code(sim->file.chain, view->contract)->functions[view->function];
    return PT_OK;
}

/* The stored form of an integer, held to int64. */
static int64_t read_integer(const uint8_t *bytes, size_t size, bool is_signed)
{
    const bool negative = is_signed && (bytes[0] & 0x80) != 0;
    uint64_t low = negative ? UINT64_MAX : 0;
    for (size_t i = 0; i < size; i++) {
        if (i + 8 < size && bytes[i] != (negative ? 0xff : 0)) {
            return negative ? INT64_MIN : INT64_MAX;
        }
        low = low << 8 | bytes[i];
    }
    if (negative) {
        return low > INT64_MAX ? -(int64_t)(~low) - 1 : INT64_MIN;
    }
    return low > INT64_MAX ? INT64_MAX : (int64_t)low;
}

bool pt_sim_ask(int64_t results[PT_SIM_RESULTS_MAX], pt_sim *sim, const pt_sim_view *view,
                const uint8_t *arguments, size_t size)
{
    pl_outcome outcome;
    const pl_status status = pl_chain_query_supposing(
        &outcome, sim->file.chain, sim->supposed, sim->supposed_count, view->contract,
        view->function, NULL, QUESTION_GAS, arguments, size);
    if (status != PL_OK || outcome.status != PL_OK) {
        return false;
    }
    size_t offset = 0;
    for (size_t i = 0; i < view->schema->result_count && i < PT_SIM_RESULTS_MAX; i++) {
        const pl_type type = view->schema->results[i].type;
        results[i] = read_integer(outcome.result + offset, type.size, type.class == PL_CLASS_INT);
        offset += type.size;
    }
    return true;
}
