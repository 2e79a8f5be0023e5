#include "tools/plim/compare.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/plim/subject.h"

void pt_call_text(char *text, size_t size, const pl_chain *chain, uint32_t contract,
                  uint32_t function, const uint8_t *arguments, size_t arguments_size)
{
    const pl_code *code = pl_chain_code(chain, contract);
    if (code == NULL || function >= code->function_count) {
        (void)snprintf(text, size, "contract %u function %u", (unsigned)contract,
                       (unsigned)function);
        return;
    }
    const pl_function *f = &code->functions[function];
    pt_bytes list = {0};
    pt_values_text(&list, (pt_names){.code = code, .chain = chain}, f->parameters,
                   f->parameter_count, arguments, arguments_size);
    const int wanted = snprintf(text, size, "%.*s(%.*s)", (int)f->name.size, f->name.text,
                                (int)list.size, list.data != NULL ? (const char *)list.data : "");
    if (wanted > 0 && (size_t)wanted >= size) { /* whole arguments or none: no number cut in two */
        size_t end = size - 6;
        while (end > 0 && text[end] != ',' && text[end] != '(') {
            end--;
        }
        (void)snprintf(text + end, size - end, text[end] == ',' ? ", ..)" : "(..)");
    }
    pt_bytes_free(&list);
}

static void next_record(pt_compare *compare)
{
    compare->record_at = compare->run->expect.reader.at;
    compare->has_record =
        compare->has_record && pt_expect_next(&compare->record, &compare->run->expect);
}

void pt_compare_open(pt_compare *compare, pt_run *run, pt_difference_sink sink, void *context)
{
    memset(compare, 0, sizeof *compare);
    compare->run = run;
    compare->sink = sink;
    compare->sink_context = context;
    const pl_world *world = pl_chain_world(run->chain);
    compare->event_bases = pt_take_zeroed(world->contract_count + 2u, sizeof(uint32_t));
    uint32_t count = 0;
    for (uint32_t c = 1; c <= world->contract_count; c++) {
        compare->event_bases[c] = count;
        count += world->codes[c - 1].event_count;
    }
    compare->event_bases[world->contract_count + 1] = count;
    compare->liquidation_events = pt_take_zeroed(count, 1);
    for (uint32_t c = 1; c <= world->contract_count; c++) {
        const pl_code *code = &world->codes[c - 1];
        for (uint32_t e = 0; e < code->event_count; e++) {
            compare->liquidation_events[compare->event_bases[c] + e] =
                pt_event_is_liquidation(code, e);
        }
    }
    pt_classes_open(&compare->classes, &run->expect);
    compare->has_record = run->expect_path != NULL;
    do {
        next_record(compare);
    } while (compare->has_record && compare->record.height <= run->resumed_height);
}

void pt_compare_close(pt_compare *compare)
{
    pt_record_free(&compare->record);
    pt_classes_free(&compare->classes);
    free(compare->liquidation_events);
    free(compare->event_bases);
    memset(compare, 0, sizeof *compare);
}

/* The transaction of the block that a reader wants to see beside a difference: the first one. */
static void name_transaction(pt_difference *difference, const pt_compare *compare,
                             const pl_block_result *result)
{
    pl_block block;
    pl_tx tx;
    uint32_t where = 0;
    const uint8_t *bytes = NULL;
    uint32_t size = 0;
    if (pl_block_decode(&block, &where, result->block, result->block_size) == PL_OK &&
        pl_items_next(&block.transactions, &bytes, &size) &&
        pl_tx_decode(&tx, bytes, size) == PL_OK) {
        const pt_names names = {.chain = compare->run->chain};
        char caller[PT_VALUE_TEXT_MAX], call[160];
        const pl_type account = {.class = PL_CLASS_ACCOUNT, .size = 32};
        pt_call_text(call, sizeof call, compare->run->chain, tx.contract, tx.function, tx.arguments,
                     tx.arguments_size);
        (void)snprintf(difference->transaction, sizeof difference->transaction, "%.36s: %s",
                       pt_value_text(caller, names, account, tx.caller), call);
    }
}

static void report_difference(pt_compare *compare, const pl_block_result *result,
                              pt_difference *difference)
{
    difference->exists = true;
    difference->height = result->height;
    name_transaction(difference, compare, result);
    compare->tally.mismatches++;
    if (!compare->tally.first.exists) {
        compare->tally.first = *difference;
    }
    if (compare->sink != NULL) {
        compare->sink(compare->sink_context, difference);
    }
}

/* Field by field; a different size is one difference of its own. */
static void explain_fields(pt_compare *compare, const pl_block_result *result, const char *where,
                           pt_names names, const pl_field *fields, size_t count,
                           const uint8_t *expected, size_t expected_size, const uint8_t *computed,
                           size_t computed_size)
{
    pt_difference difference = {0};
    (void)snprintf(difference.where, sizeof difference.where, "%s", where);
    if (expected_size != computed_size) {
        (void)snprintf(difference.field, sizeof difference.field, "size in bytes");
        (void)snprintf(difference.expected, sizeof difference.expected, "%zu", expected_size);
        (void)snprintf(difference.computed, sizeof difference.computed, "%zu", computed_size);
        report_difference(compare, result, &difference);
        return;
    }
    size_t at = 0;
    for (size_t i = 0; i < count && at + fields[i].type.size <= expected_size; i++) {
        const size_t size = fields[i].type.size;
        if (memcmp(expected + at, computed + at, size) != 0) {
            char text[PT_VALUE_TEXT_MAX];
            (void)snprintf(difference.field, sizeof difference.field, "%.*s",
                           (int)fields[i].name.size, fields[i].name.text);
            (void)snprintf(difference.expected, sizeof difference.expected, "%s",
                           pt_field_text(text, names, &fields[i], expected + at));
            (void)snprintf(difference.computed, sizeof difference.computed, "%s",
                           pt_field_text(text, names, &fields[i], computed + at));
            report_difference(compare, result, &difference);
        }
        at += size;
    }
}

static void outcome_text(char *text, size_t size, uint16_t status, const char *name,
                         size_t name_size)
{
    if (status == PT_STATUS_NO_REASON) {
        (void)snprintf(text, size, "refused, no reason recorded");
        return;
    }
    (void)snprintf(text, size, "%s%s%.*s", pl_status_name((pl_status)status),
                   name_size != 0 ? " " : "", (int)name_size, name);
}

/* The error of a receipt: NULL unless it is a REVERT. */
static const pl_signature *receipt_error(const pt_compare *compare, const pl_receipt *receipt)
{
    if (receipt->status != PL_TRAP_REVERT) {
        return NULL;
    }
    const pl_code *code = pl_chain_code(compare->run->chain, receipt->revert_contract);
    return code != NULL && receipt->revert_error < code->error_count
               ? &code->errors[receipt->revert_error]
               : NULL;
}

/* A failure that gives no reason (spec 06 §7): of numbers, rows or prices, or without a name. */
static bool gives_no_reason(uint16_t status, pl_name error)
{
    static const uint16_t statuses[] = {PL_TRAP_OVERFLOW, PL_TRAP_DIV_BY_ZERO, PL_TRAP_CAST,
                                        PL_TRAP_INDEX,    PL_TRAP_MISSING_ROW, PL_TRAP_NO_PRICE,
                                        PL_TRAP_DOMAIN};
    bool none = status == PL_TRAP_REVERT && pt_name_is(error, "Unlabelled");
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        none = none || status == statuses[i];
    }
    return none;
}

static void compare_outcome(pt_compare *compare, const pl_block_result *result, uint32_t index,
                            const pl_receipt *receipt)
{
    const pl_signature *error = receipt_error(compare, receipt);
    const pl_name name = error != NULL ? error->name : (pl_name){.text = "", .size = 0};
    const bool exists = index < compare->record.transaction_count;
    const pt_expect_tx tx = exists ? compare->record.transactions[index] : (pt_expect_tx){0};
    pt_difference difference = {.field = "outcome"};
    compare->tally.compared++;
    (void)snprintf(difference.where, sizeof difference.where, "transaction %u", (unsigned)index);
    if (exists && tx.status == PT_STATUS_NO_REASON && gives_no_reason(receipt->status, name)) {
        compare->tally.no_reason++;
        return;
    }
    if (exists && tx.status == receipt->status && tx.error_size == name.size &&
        memcmp(tx.error, name.text, name.size) == 0) {
        if (tx.arguments_size == receipt->revert_size &&
            (error == NULL ||
             memcmp(tx.arguments, receipt->revert_arguments, receipt->revert_size) == 0)) {
            return;
        }
        const pl_chain *chain = compare->run->chain;
        const pt_names names = {.code = pl_chain_code(chain, receipt->revert_contract),
                                .chain = chain};
        (void)snprintf(difference.where, sizeof difference.where, "transaction %u, %.*s",
                       (unsigned)index, (int)name.size, name.text);
        explain_fields(compare, result, difference.where, names,
                       error != NULL ? error->fields : NULL, error != NULL ? error->count : 0,
                       tx.arguments, tx.arguments_size, receipt->revert_arguments,
                       receipt->revert_size);
        return;
    }
    if (exists) {
        outcome_text(difference.expected, sizeof difference.expected, tx.status, tx.error,
                     tx.error_size);
    } else {
        (void)snprintf(difference.expected, sizeof difference.expected, "no transaction");
    }
    outcome_text(difference.computed, sizeof difference.computed, receipt->status, name.text,
                 name.size);
    report_difference(compare, result, &difference);
}

static void value_differs(pt_compare *compare, const pl_block_result *result,
                          const pt_expect_value *value, const uint8_t *computed)
{
    const pt_expect *expect = &compare->run->expect;
    const pt_column *column = &expect->columns[value->column];
    const pl_code *code = pl_chain_code(compare->run->chain, column->contract);
    const pt_names names = {.code = code, .chain = compare->run->chain};
    const pl_field *field = &code->functions[column->function].results[column->result];
    pt_difference difference = {.computed = "no result"};
    char text[PT_VALUE_TEXT_MAX];
    (void)snprintf(difference.where, sizeof difference.where, "transaction %u, column %.*s",
                   (unsigned)value->transaction, (int)column->name_size, column->name);
    (void)snprintf(difference.field, sizeof difference.field, "%.*s", (int)field->name.size,
                   field->name.text);
    (void)snprintf(difference.expected, sizeof difference.expected, "%s",
                   value->size == field->type.size ? pt_field_text(text, names, field, value->bytes)
                                                   : "a value of another size");
    if (computed != NULL) {
        (void)snprintf(difference.computed, sizeof difference.computed, "%s",
                       pt_field_text(text, names, field, computed));
    }
    if (value->cause != 0) {
        const pt_cause *cause = &expect->causes[value->cause - 1];
        (void)snprintf(difference.likely, sizeof difference.likely, "%.*s", (int)cause->size,
                       cause->text);
    }
    report_difference(compare, result, &difference);
}

/* The values of an export that belong to a transaction. spec 06 §7 */
static void compare_values(pt_compare *compare, const pl_block_result *result, uint32_t index,
                           const pl_receipt *receipt)
{
    const pt_expect *expect = &compare->run->expect;
    for (uint16_t i = 0; i < compare->record.value_count; i++) {
        const pt_expect_value *value = &compare->record.values[i];
        const pt_column *column = &expect->columns[value->column];
        const bool answers = receipt != NULL && receipt->status == PL_OK &&
                             receipt->contract == column->contract &&
                             receipt->function == column->function;
        const uint8_t *computed = NULL;
        if (value->transaction != index || column->result == PT_RESULT_NONE) {
            continue;
        }
        compare->tally.compared++;
        const pt_class class =
            pt_classes_add(&compare->classes, &computed, compare->run, &compare->record, value,
                           answers ? receipt->result : NULL, answers ? receipt->result_size : 0);
        compare->tally.explained += class == PT_EXPLAINED ? 1 : 0;
        if (class == PT_DIFFERENT) {
            value_differs(compare, result, value, computed);
        }
    }
}

static void event_name(char *text, size_t size, const pl_chain *chain, uint32_t contract,
                       uint16_t event)
{
    const pl_code *code = pl_chain_code(chain, contract);
    if (code != NULL && event < code->event_count) {
        (void)snprintf(text, size, "%.*s", (int)code->events[event].name.size,
                       code->events[event].name.text);
    } else {
        (void)snprintf(text, size, "event %u of contract %u", event, (unsigned)contract);
    }
}

static void missing_event(pt_compare *compare, const pl_block_result *result, uint32_t index,
                          const pl_event *computed)
{
    pt_difference difference = {.field = "event"};
    const bool expected = index < compare->record.event_count;
    (void)snprintf(difference.where, sizeof difference.where, "event %u", (unsigned)index);
    (void)snprintf(difference.expected, sizeof difference.expected, "no event");
    (void)snprintf(difference.computed, sizeof difference.computed, "no event");
    if (expected) {
        event_name(difference.expected, sizeof difference.expected, compare->run->chain,
                   compare->record.events[index].contract, compare->record.events[index].event);
    }
    if (computed != NULL) {
        event_name(difference.computed, sizeof difference.computed, compare->run->chain,
                   computed->contract, computed->event);
    }
    report_difference(compare, result, &difference);
}

static void compare_event(pt_compare *compare, const pl_block_result *result, uint32_t index,
                          const pl_event *event)
{
    compare->tally.compared++;
    if (index >= compare->record.event_count) {
        missing_event(compare, result, index, event);
        return;
    }
    const pt_expect_event *expected = &compare->record.events[index];
    if (expected->contract != event->contract || expected->event != event->event) {
        missing_event(compare, result, index, event);
        return;
    }
    if (expected->size == event->size &&
        memcmp(expected->arguments, event->arguments, event->size) == 0) {
        return;
    }
    char name[80], where[120];
    const pl_code *code = pl_chain_code(compare->run->chain, event->contract);
    event_name(name, sizeof name, compare->run->chain, event->contract, event->event);
    (void)snprintf(where, sizeof where, "event %u, %s", (unsigned)index, name);
    explain_fields(compare, result, where, (pt_names){.code = code, .chain = compare->run->chain},
                   code->events[event->event].fields, code->events[event->event].count,
                   expected->arguments, expected->size, event->arguments, event->size);
}

static pt_exit walk_events(pt_compare *compare, const pl_block_result *result,
                           const pl_receipt *receipt, uint32_t *index, bool has_record,
                           pt_report *report)
{
    size_t offset = 0;
    while (offset < receipt->events_size) {
        pl_event event;
        const pl_status status = pl_event_next(&event, &offset, receipt);
        if (status != PL_OK) {
            return pt_fail_status(report, status, "block %llu: events of a receipt",
                                  (unsigned long long)result->height);
        }
        const uint32_t bit = compare->event_bases[event.contract] + event.event;
        compare->tally.events++;
        compare->tally.liquidations += compare->liquidation_events[bit];
        if (has_record && compare->record.has_events) {
            compare_event(compare, result, *index, &event);
        }
        (*index)++;
    }
    return PT_OK;
}

/* Counts every receipt; with a record also compares outcomes and events. */
static pt_exit walk_receipts(pt_compare *compare, const pl_block_result *result, bool has_record,
                             pt_report *report)
{
    size_t offset = 0;
    uint32_t tx_index = 0, event_index = 0;
    while (offset < result->receipts_size) {
        pl_receipt receipt;
        const pl_status status =
            pl_receipts_next(&receipt, &offset, result->receipts, result->receipts_size);
        if (status != PL_OK) {
            return pt_fail_status(report, status, "block %llu: a receipt",
                                  (unsigned long long)result->height);
        }
        if (receipt.kind == PL_RECEIPT_TRANSACTION) {
            if (has_record) {
                compare_outcome(compare, result, tx_index, &receipt);
                compare_values(compare, result, tx_index, &receipt);
            }
            tx_index++;
        }
        PT_TRY(walk_events(compare, result, &receipt, &event_index, has_record, report));
    }
    if (has_record) {
        for (; tx_index < compare->record.transaction_count; tx_index++) {
            pt_difference difference = {.field = "outcome", .computed = "no transaction"};
            const pt_expect_tx *tx = &compare->record.transactions[tx_index];
            (void)snprintf(difference.where, sizeof difference.where, "transaction %u",
                           (unsigned)tx_index);
            outcome_text(difference.expected, sizeof difference.expected, tx->status, tx->error,
                         tx->error_size);
            compare->tally.compared++;
            report_difference(compare, result, &difference);
            compare_values(compare, result, tx_index, NULL);
        }
        for (; event_index < compare->record.event_count; event_index++) {
            compare->tally.compared++;
            missing_event(compare, result, event_index, NULL);
        }
    }
    return PT_OK;
}

static pt_exit compare_query(pt_compare *compare, const pl_block_result *result,
                             const pt_query *query, const uint8_t *expected, size_t expected_size,
                             pt_report *report)
{
    pl_chain *chain = compare->run->chain;
    pl_outcome outcome;
    const pl_status status = pl_chain_query(&outcome, chain, query->contract, query->function, NULL,
                                            PT_QUERY_GAS, query->arguments, query->arguments_size);
    char where[200];
    if (status != PL_OK) {
        pt_call_text(where, sizeof where, chain, query->contract, query->function, query->arguments,
                     query->arguments_size);
        return pt_fail_status(report, status, "%s: block %llu: query %s", compare->run->expect_path,
                              (unsigned long long)result->height, where);
    }
    const pl_code *code = pl_chain_code(chain, query->contract);
    const pl_function *function = &code->functions[query->function];
    compare->tally.compared += function->result_count;
    if (outcome.status == PL_OK && outcome.result_size == expected_size &&
        memcmp(outcome.result, expected, expected_size) == 0) {
        return PT_OK;
    }
    pt_call_text(where, sizeof where, chain, query->contract, query->function, query->arguments,
                 query->arguments_size);
    if (outcome.status != PL_OK) {
        pt_difference difference = {.field = "outcome", .expected = "an answer"};
        (void)snprintf(difference.where, sizeof difference.where, "%s", where);
        (void)snprintf(difference.computed, sizeof difference.computed, "%s",
                       pl_status_name(outcome.status));
        report_difference(compare, result, &difference);
        return PT_OK;
    }
    explain_fields(compare, result, where, (pt_names){.code = code, .chain = chain},
                   function->results, function->result_count, expected, expected_size,
                   outcome.result, outcome.result_size);
    return PT_OK;
}

pt_exit pt_compare_block(pt_compare *compare, const pl_block_result *result, pt_report *report)
{
    pt_tally *tally = &compare->tally;
    const pl_block_counts *counts = &result->counts;
    const bool has_record = compare->has_record && compare->record.height == result->height;
    tally->blocks++;
    tally->ok += counts->tx_ok;
    tally->reverts += (uint64_t)counts->tx_revert + counts->tx_trap;
    tally->traps += counts->tx_trap;
    tally->rejects += counts->tx_reject;
    tally->transactions +=
        (uint64_t)counts->tx_ok + counts->tx_revert + counts->tx_trap + counts->tx_reject;
    tally->reports_accepted += counts->reports_accepted;
    tally->reports_refused += counts->reports_refused;
    tally->gas += counts->gas_used;
    PT_TRY(walk_receipts(compare, result, has_record, report));
    if (!has_record) {
        return PT_OK;
    }
    tally->compared_blocks++;
    for (uint32_t i = 0; i < compare->record.result_count; i++) {
        uint32_t query = 0;
        const uint8_t *expected = NULL;
        uint16_t size = 0;
        pt_expect_result(&query, &expected, &size, &compare->record);
        PT_TRY(compare_query(compare, result, &compare->run->expect.queries[query], expected, size,
                             report));
    }
    next_record(compare);
    return PT_OK;
}

pt_exit pt_compare_refused(pt_compare *compare, const pl_block_result *result, pt_report *report)
{
    const bool has_record = compare->has_record && compare->record.height == result->height;
    return has_record ? walk_receipts(compare, result, true, report) : PT_OK;
}
