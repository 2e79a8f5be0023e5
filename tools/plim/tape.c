#include "tools/plim/tape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/interrupt.h"
#include "tools/common/world_json.h"

static pt_exit tell(pl_chain *chain, pt_told *told, const pl_event *event, pt_tape_sink sink,
                    void *context, pt_report *report)
{
    const pl_code *code = pl_chain_code(chain, event->contract);
    if (code == NULL || event->event >= code->event_count) {
        return pt_fail(report, PT_INPUT, "block %llu: an event that no contract has",
                       (unsigned long long)told->block);
    }
    const pl_signature *signature = &code->events[event->event];
    told->contract = event->contract;
    (void)snprintf(told->name, sizeof told->name, "%.*s", (int)signature->name.size,
                   signature->name.text);
    told->fields = pt_fields_json((pt_names){.code = code, .chain = chain}, signature->fields,
                                  signature->count, event->arguments, event->size);
    const pt_exit exit = sink(context, told, report);
    json_decref(told->fields);
    told->fields = NULL;
    return exit;
}

pt_exit pt_tape_block(pl_chain *chain, const pl_block_result *result, pt_tape_sink sink,
                      void *context, pt_report *report)
{
    pt_told told = {.block = result->height, .time_s = result->time_s};
    size_t offset = 0;
    for (; offset < result->receipts_size; told.receipt++) {
        pl_receipt receipt;
        pl_event event;
        const pl_status status =
            pl_receipts_next(&receipt, &offset, result->receipts, result->receipts_size);
        if (status != PL_OK) {
            return pt_fail_status(report, status, "block %llu: a receipt",
                                  (unsigned long long)result->height);
        }
        if (receipt.kind == PL_RECEIPT_REPORT || receipt.status != PL_OK) {
            continue;
        }
        size_t at = 0;
        while (at < receipt.events_size && pl_event_next(&event, &at, &receipt) == PL_OK) {
            PT_TRY(tell(chain, &told, &event, sink, context, report));
        }
    }
    return PT_OK;
}

pt_exit pt_tape_walk(pt_run *run, pt_tape_sink sink, void *context, pt_report *report)
{
    for (;;) {
        const uint8_t *block = NULL;
        size_t size = 0;
        pl_block_result result;
        PT_TRY(pt_run_next(&block, &size, run, report));
        if (block == NULL) {
            return PT_OK;
        }
        if (pt_interrupted()) {
            return pt_fail(report, PT_INTERRUPTED, "interrupted");
        }
        if (pl_chain_replay_block(&result, run->chain, block, size, NULL) != PL_OK) {
            const pt_exit exit = pt_run_refused(run, &result, report);
            return exit == PT_DIVERGED ? PT_INPUT : exit; /* only verified blocks are looked at */
        }
        PT_TRY(pt_tape_block(run->chain, &result, sink, context, report));
    }
}

const char *pt_told_text(const pt_told *told, const char *field)
{
    const char *text = json_string_value(json_object_get(told->fields, field));
    return text != NULL ? text : "";
}

pt_exit pt_told_amount(pl_i256 *amount, const pt_told *told, const char *field, pt_report *report)
{
    const char *text = pt_told_text(told, field);
    if (pl_i256_parse_scaled(amount, NULL, text, strlen(text), PT_TAPE_SCALE) != PL_OK) {
        return pt_fail(report, PT_INPUT,
                       "block %llu: event %s: expected a number with at most %u decimals in its "
                       "field %s, found \"%.40s\"",
                       (unsigned long long)told->block, told->name, PT_TAPE_SCALE, field, text);
    }
    return PT_OK;
}

const char *pt_tape_text(char text[PL_NUM_TEXT_MAX + 1], const pl_i256 *amount)
{
    text[pl_i256_print_scaled_trim(text, amount, PT_TAPE_SCALE)] = '\0';
    return text;
}

void pt_tape_widen(size_t *decimals, const pl_i256 *amount)
{
    char text[PL_NUM_TEXT_MAX + 1];
    const char *point = strchr(pt_tape_text(text, amount), '.');
    const size_t count = point != NULL ? strlen(point + 1) : 0;
    *decimals = count > *decimals ? count : *decimals;
}

const char *pt_tape_column(char text[PL_NUM_TEXT_MAX + 1], const pl_i256 *amount, size_t decimals)
{
    const size_t size = pl_i256_print_scaled(text, amount, PT_TAPE_SCALE);
    const size_t cut = decimals == 0 ? PT_TAPE_SCALE + 1 : PT_TAPE_SCALE - decimals;
    text[size - cut] = '\0';
    return text;
}

double pt_tape_rough(const pl_i256 *amount)
{
    char text[PL_NUM_TEXT_MAX + 1];
    return strtod(pt_tape_text(text, amount), NULL);
}

bool pt_tape_has(const pl_chain *chain, const char *event)
{
    const pl_world *world = pl_chain_world(chain);
    for (uint32_t c = 1; c <= world->contract_count; c++) {
        if (pl_find_event(chain, c, event, strlen(event)) != PL_NONE) {
            return true;
        }
    }
    return false;
}

pt_exit pt_tape_print_json(json_t *object, pt_report *report)
{
    char *text = json_dumps(object, JSON_INDENT(2));
    json_decref(object);
    if (text == NULL) {
        return pt_fail(report, PT_LIMIT, "out of memory");
    }
    (void)puts(text);
    free(text);
    return PT_OK;
}
