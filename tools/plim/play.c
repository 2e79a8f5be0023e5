#include "tools/plim/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/common/world_json.h"
#include "tools/import/folder.h"
#include "tools/plim/facts.h"
#include "tools/plim/run.h"

void pt_play_begin(pt_play *play)
{
    const pt_world_file *world = &play->world;
    char source[200];
    size_t count = 0;
    for (size_t b = 0; b < world->block_count; b++) {
        count += world->blocks[b].ask_count;
    }
    play->queries = pt_take_zeroed(count + 1, sizeof *play->queries);
    for (size_t b = 0; b < world->block_count; b++) {
        for (size_t i = 0; i < world->blocks[b].ask_count; i++) {
            const pt_plan_call *ask = &world->blocks[b].asks[i];
            play->queries[play->query_count++] =
                (pt_query){.contract = ask->contract,
                           .function = (uint16_t)ask->function,
                           .arguments_size = (uint16_t)ask->arguments.size,
                           .arguments = ask->arguments.data};
        }
    }
    (void)snprintf(source, sizeof source, "%s, world %s",
                   play->source != NULL ? play->source : "what plim run saw", world->build.name);
    pt_expect_write_head(&play->expectations, source, play->queries, play->query_count);
    pt_history_begin(&play->history, &world->world);
    play->differences = json_array();
}

void pt_play_free(pt_play *play)
{
    json_decref(play->differences);
    free(play->queries);
    pt_bytes_free(&play->history);
    pt_bytes_free(&play->expectations);
    pt_world_file_close(&play->world);
}

/* ---- what the author expects ---- */

/* What a call or a view did. */
typedef struct outcome {
    pl_status status;
    const pl_signature *error; /* of a REVERT, or NULL */
    const pl_code *error_code;
    const uint8_t *arguments; /* of the error */
    size_t arguments_size;
    const uint8_t *result; /* status OK */
    size_t result_size;
} outcome;

static outcome outcome_of(const pl_chain *chain, pl_status status, uint32_t contract,
                          uint16_t error)
{
    outcome done = {.status = status};
    const pl_code *code = status == PL_TRAP_REVERT ? pl_chain_code(chain, contract) : NULL;
    if (code != NULL && error < code->error_count) {
        done.error = &code->errors[error];
        done.error_code = code;
    }
    return done;
}

/* "OK", "NO_PRICE", "NotEnough(have 1, asked 2)" */
static void outcome_text(char *text, size_t size, const pl_chain *chain, const outcome *done)
{
    if (done->error == NULL) {
        (void)snprintf(text, size, "%s", pl_status_name(done->status));
        return;
    }
    pt_bytes list = {0};
    pt_values_text(&list, (pt_names){.code = done->error_code, .chain = chain}, done->error->fields,
                   done->error->count, done->arguments, done->arguments_size);
    (void)snprintf(text, size, "%.*s(%.*s)", (int)done->error->name.size, done->error->name.text,
                   (int)list.size, list.data != NULL ? (const char *)list.data : "");
    pt_bytes_free(&list);
}

static void add_difference(pt_play *play, size_t block, const char *where, const char *expected,
                           const char *computed)
{
    (void)json_array_append_new(
        play->differences, json_pack("{s:I, s:s, s:s, s:s}", "block", (json_int_t)block + 1,
                                     "where", where, "expected", expected, "computed", computed));
}

static void check_values(pt_play *play, size_t block, const char *where, const pt_plan_call *call,
                         const outcome *done)
{
    const pl_code *code = pl_chain_code(play->world.chain, call->contract);
    const pl_function *function = &code->functions[call->function];
    const pt_names names = {.code = code, .chain = play->world.chain};
    size_t at = 0;
    for (size_t i = 0; i < function->result_count; i++) {
        const pl_field *field = &function->results[i];
        if ((call->values_set >> i & 1) != 0 &&
            memcmp(call->values.data + at, done->result + at, field->type.size) != 0) {
            char expected[PT_VALUE_TEXT_MAX], computed[PT_VALUE_TEXT_MAX], place[320];
            (void)snprintf(place, sizeof place, "%s, %.*s", where, (int)field->name.size,
                           field->name.text);
            (void)pt_value_text(expected, names, field->type, call->values.data + at);
            (void)pt_value_text(computed, names, field->type, done->result + at);
            add_difference(play, block, place, expected, computed);
        }
        at += field->type.size;
    }
}

static void check(pt_play *play, size_t block, const char *kind, size_t index,
                  const pt_plan_call *call, const outcome *done)
{
    char where[240], computed[400];
    const pl_chain *chain = play->world.chain;
    const pl_name function = pl_chain_code(chain, call->contract)->functions[call->function].name;
    if (call->expects == PT_EXPECT_NOTHING) {
        return;
    }
    play->checked++;
    (void)snprintf(where, sizeof where, "%s %zu, %s.%.*s", kind, index + 1,
                   play->world.build.contracts[call->contract - 1].name, (int)function.size,
                   function.text);
    outcome_text(computed, sizeof computed, chain, done);
    if (call->expects == PT_EXPECT_OUTCOME) {
        if (strcmp(call->outcome, pl_status_name(done->status)) != 0 &&
            (done->error == NULL || !pt_name_is(done->error->name, call->outcome))) {
            add_difference(play, block, where, call->outcome, computed);
        }
    } else if (done->status != PL_OK) {
        add_difference(play, block, where, "results", computed);
    } else {
        check_values(play, block, where, call, done);
    }
}

/* ---- one block ---- */

/* What is gathered of a block for the expectations file; everything points into receipts. */
typedef struct gathered {
    pt_bytes receipts; /* a copy: asking views ends the life of the chain's own */
    pt_record record;
    pt_bytes results;
    size_t events;
} gathered;

static void gather_events(gathered *all, const pl_receipt *receipt)
{
    size_t offset = 0;
    pl_event event;
    while (offset < receipt->events_size && pl_event_next(&event, &offset, receipt) == PL_OK) {
        if (all->events < UINT16_MAX) {
            all->record.events =
                pt_resize(all->record.events, (all->events + 1) * sizeof *all->record.events);
            all->record.events[all->events] = (pt_expect_event){.contract = event.contract,
                                                                .event = event.event,
                                                                .size = (uint16_t)event.size,
                                                                .arguments = event.arguments};
        }
        all->events++;
    }
}

static void gather_call(gathered *all, pt_play *play, size_t block, const pl_receipt *receipt)
{
    const uint16_t index = all->record.transaction_count++;
    const pt_plan_call *call = &play->world.blocks[block].calls[index];
    outcome done = outcome_of(play->world.chain, (pl_status)receipt->status,
                              receipt->revert_contract, receipt->revert_error);
    const bool reverted = done.error != NULL;
    done.arguments = reverted ? receipt->revert_arguments : NULL;
    done.arguments_size = reverted ? receipt->revert_size : 0;
    done.result = receipt->result;
    done.result_size = receipt->result_size;
    all->record.transactions[index] =
        (pt_expect_tx){.status = receipt->status,
                       .error = reverted ? done.error->name.text : "",
                       .error_size = reverted ? done.error->name.size : 0,
                       .arguments = done.arguments,
                       .arguments_size = (uint16_t)done.arguments_size};
    play->calls++;
    play->refused += receipt->status == PL_OK ? 0 : 1;
    check(play, block, "call", index, call, &done);
}

static pt_exit gather_receipts(gathered *all, pt_play *play, size_t block, pt_report *report)
{
    size_t offset = 0;
    all->record.height = block + 1;
    all->record.transactions =
        pt_take_zeroed(play->world.blocks[block].call_count + 1, sizeof *all->record.transactions);
    while (offset < all->receipts.size) {
        pl_receipt receipt;
        const pl_status status =
            pl_receipts_next(&receipt, &offset, all->receipts.data, all->receipts.size);
        if (status != PL_OK) {
            return pt_fail_status(report, status, "block %zu: a receipt", block + 1);
        }
        if (receipt.kind == PL_RECEIPT_TRANSACTION) {
            gather_call(all, play, block, &receipt);
        }
        gather_events(all, &receipt);
    }
    all->record.has_events = all->events <= UINT16_MAX;
    all->record.event_count = (uint16_t)(all->record.has_events ? all->events : 0);
    return PT_OK;
}

static pt_exit ask(json_t *list, gathered *all, pt_play *play, size_t block, size_t index,
                   pt_report *report)
{
    const pt_plan_call *call = &play->world.blocks[block].asks[index];
    pl_chain *chain = play->world.chain;
    const pl_code *code = pl_chain_code(chain, call->contract);
    const pl_function *function = &code->functions[call->function];
    const pt_names names = {.code = code, .chain = chain};
    const uint32_t query = play->query_next++;
    pl_outcome told;
    char text[400];
    const pl_status status =
        pl_chain_query(&told, chain, call->contract, call->function, NULL, PT_QUERY_GAS,
                       call->arguments.data, call->arguments.size);
    if (status != PL_OK) {
        return pt_fail_status(report, status, "block %zu: view %zu", block + 1, index + 1);
    }
    outcome done = outcome_of(chain, told.status, told.revert_contract, told.revert_error);
    done.arguments = told.revert_arguments;
    done.arguments_size = done.error != NULL ? told.revert_arguments_size : 0;
    done.result = told.result;
    done.result_size = told.result_size;
    json_t *object = json_object();
    (void)snprintf(text, sizeof text, "%s.%.*s",
                   play->world.build.contracts[call->contract - 1].name, (int)function->name.size,
                   function->name.text);
    (void)json_object_set_new(object, "view", json_string(text));
    (void)json_object_set_new(object, "arguments",
                              pt_fields_json(names, function->parameters, function->parameter_count,
                                             call->arguments.data, call->arguments.size));
    outcome_text(text, sizeof text, chain, &done);
    (void)json_object_set_new(object, "outcome", json_string(text));
    if (told.status == PL_OK) {
        (void)json_object_set_new(object, "result",
                                  pt_fields_json(names, function->results, function->result_count,
                                                 told.result, told.result_size));
        pt_put_u32(&all->results, query);
        pt_put_u16(&all->results, (uint16_t)told.result_size);
        pt_put(&all->results, told.result, told.result_size);
        all->record.result_count++;
    }
    (void)json_array_append_new(list, object);
    play->asked++;
    check(play, block, "view", index, call, &done);
    return PT_OK;
}

static void note_invariant(void *context, const pl_invariant_result *result)
{
    pt_play *play = context;
    play->invariants_checked++;
    if (!result->holds) {
        pl_head head;
        char where[160];
        const pl_name name =
            pl_chain_code(play->world.chain, result->contract)->functions[result->function].name;
        pl_chain_head(&head, play->world.chain);
        (void)snprintf(where, sizeof where, "invariant %s.%.*s",
                       play->world.build.contracts[result->contract - 1].name, (int)name.size,
                       name.text);
        add_difference(play, (size_t)head.height - 1, where, "true",
                       result->status == PL_OK ? "false" : pl_status_name(result->status));
    }
}

/* Everything after the block was sealed; result's pointers live until the first view. */
static pt_exit look(json_t **facts, gathered *all, pt_play *play, size_t block,
                    const pl_block_result *result, pt_report *report)
{
    pl_chain *chain = play->world.chain;
    pt_history_block(&play->history, result);
    pt_put(&all->receipts, result->receipts, result->receipts_size);
    PT_TRY(pt_facts_block(facts, chain, result, UINT64_MAX, report));
    PT_TRY(gather_receipts(all, play, block, report));
    json_t *summary = pt_facts_summary(chain);
    (void)json_object_set(*facts, "prices", json_object_get(summary, "prices"));
    json_decref(summary);
    json_t *asked = json_array();
    (void)json_object_set_new(*facts, "asked", asked);
    for (size_t i = 0; i < play->world.blocks[block].ask_count; i++) {
        PT_TRY(ask(asked, all, play, block, i, report));
    }
    const pl_status status = pl_chain_invariants(chain, note_invariant, play);
    if (pl_is_fault(status)) {
        return pt_fail_status(report, status, "invariants");
    }
    pt_expect_write_record(&play->expectations, &all->record, &all->results);
    return PT_OK;
}

pt_exit pt_play_block(json_t **facts, pt_play *play, size_t index, pt_report *report)
{
    const pt_plan_block *block = &play->world.blocks[index];
    pl_block_result result;
    gathered all = {0};
    *facts = NULL;
    const pl_status status = pl_chain_seal_block(&result, play->world.chain, block->time_s,
                                                 block->body.data, block->body.size, NULL);
    if (status != PL_OK) {
        return pt_fail_status(report, status, "%s: blocks[%zu]", play->world.file, index);
    }
    const pt_exit exit = look(facts, &all, play, index, &result, report);
    pt_record_free(&all.record);
    pt_bytes_free(&all.receipts);
    pt_bytes_free(&all.results);
    return exit;
}
