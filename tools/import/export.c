#include "tools/import/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/interrupt.h"
#include "tools/common/source.h"
#include "tools/common/value.h"
#include "tools/import/body.h"
#include "tools/import/folder.h"

/* More than any call needs, so that gas never decides an imported outcome. */
enum { EXPORT_GAS = 200000000, EXPORT_HOOK_GAS = 10000000, EXPORT_ASK_GAS = 200000000 };

pt_exit pt_export_open(pt_export *made, const char *name, const char *contract, const char *source,
                       const char *contracts, uint64_t time_s, pt_report *report)
{
    *made = (pt_export){0};
    pt_memory_init(&made->memory, PT_MEMORY_LIMIT_DEFAULT);
    char *path = pt_path_join(contracts, source);
    pl_code_error where = {0};
    pt_exit result = pt_compile(&made->container, path, contracts, false, report);
    if (result == PT_OK) {
        const pl_status status = pl_code_load(&made->code, &where, &made->memory.memory,
                                              made->container.data, made->container.size);
        made->has_code = status == PL_OK;
        result = status == PL_OK ? PT_OK : pt_fail_status(report, status, "%s", path);
    }
    free(path);
    PT_TRY(result);
    pt_build *build = &made->build;
    (void)snprintf(build->name, sizeof build->name, "%s", name);
    build->time_s = time_s;
    build->tx_auth = PL_TX_AUTH_NONE;
    build->tx_gas_max = EXPORT_GAS;
    build->hook_gas = EXPORT_HOOK_GAS;
    (void)pt_build_add_contract(build, contract, made->container.data, made->container.size,
                                &made->code);
    PT_TRY(pt_signer_open(&made->signer, build->name, report));
    uint8_t stand_in[32];
    memcpy(stand_in, made->signer.public_key + 1, 32); /* the x coordinate */
    pt_build_add_label(build, PL_LABEL_SIGNER, PT_STAND_IN, stand_in);
    return PT_OK;
}

void pt_export_close(pt_export *made)
{
    pl_chain_free(made->chain);
    if (made->has_code) {
        pl_code_free(&made->code, &made->memory.memory);
    }
    pt_build_free(&made->build);
    pt_signer_close(&made->signer);
    pt_bytes *const all[] = {&made->container, &made->world, &made->history, &made->expectations,
                             &made->reports,   &made->calls, &made->printed, &made->results};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        pt_bytes_free(all[i]);
    }
    free(made->functions);
    free(made->expected);
    free(made->values);
    free(made->outcomes);
}

pt_exit pt_export_person(pt_export *made, const char *name, pt_report *report)
{
    uint8_t account[32];
    if (!pt_symbol(account, name)) {
        return pt_fail(report, PT_INPUT, "'%s' is no name of an account", name);
    }
    pt_build_add_label(&made->build, PL_LABEL_ACCOUNT, name, account);
    return PT_OK;
}

/* ---- the world and the head of the expectations ---- */

static pt_exit find_function(uint32_t *function, const pt_export *made, const char *name,
                             pt_report *report)
{
    *function = pt_code_function(&made->code, name);
    return *function != PL_NONE ? PT_OK
                                : pt_fail(report, PT_INPUT, "contract %s has no function %s",
                                          made->build.contracts[0].name, name);
}

static pt_exit find_result(uint8_t *result, const pt_export *made, uint32_t function,
                           const char *name, pt_report *report)
{
    const pl_function *code = &made->code.functions[function];
    for (uint8_t i = 0; i < code->result_count; i++) {
        if (pt_name_is(code->results[i].name, name)) {
            *result = i;
            return PT_OK;
        }
    }
    return pt_fail(report, PT_INPUT, "function %.*s has no result %s", (int)code->name.size,
                   code->name.text, name);
}

static pt_exit write_columns(pt_export *made, const char *source, pt_report *report)
{
    pt_column columns[PT_EXPORT_COLUMNS_MAX];
    pt_rule rules[PT_EXPORT_COLUMNS_MAX * PT_EXPORT_RULES_MAX];
    pt_cause causes[PT_EXPORT_COLUMNS_MAX];
    uint16_t column_count = 0, rule_count = 0;
    for (const pt_export_column *c = made->columns; c->name != NULL; c++) {
        pt_column *column = &columns[column_count];
        uint32_t function = 0;
        PT_TRY(find_function(&function, made, c->function, report));
        *column = (pt_column){.name = c->name,
                              .name_size = (uint16_t)strlen(c->name),
                              .contract = 1,
                              .function = (uint16_t)function,
                              .first_rule = rule_count};
        PT_TRY(find_result(&column->result, made, function, c->result, report));
        for (size_t r = 0; c->rules[r].name != NULL; r++) {
            pt_rule *rule = &rules[rule_count++];
            *rule = (pt_rule){.name = c->rules[r].name,
                              .name_size = (uint16_t)strlen(c->rules[r].name),
                              .column = column_count};
            PT_TRY(find_result(&rule->low, made, function, c->rules[r].low, report));
            PT_TRY(find_result(&rule->high, made, function, c->rules[r].high, report));
            column->rule_count++;
        }
        const char *cause = c->cause != NULL ? c->cause : "not known";
        causes[column_count++] = (pt_cause){.text = cause, .size = (uint16_t)strlen(cause)};
    }
    pt_expect_write_columns(&made->expectations, source, columns, column_count, rules, causes,
                            column_count);
    return PT_OK;
}

pt_exit pt_export_start(pt_export *made, const char *source, const pt_export_column *columns,
                        pt_report *report)
{
    pl_world_error where = {.part = "header"};
    made->columns = columns;
    PT_TRY(pt_build_encode(&made->world, &made->build, report));
    const pl_status status = pl_chain_create(&made->chain, &where, &made->memory.memory,
                                             made->world.data, made->world.size);
    if (status != PL_OK) {
        return pt_fail_status(report, status, "the world made from it is refused in its %s %u",
                              where.part, (unsigned)where.index);
    }
    pt_history_begin(&made->history, &made->world);
    return write_columns(made, source, report);
}

/* ---- blocks ---- */

pt_exit pt_export_price(pt_export *made, uint32_t feed, uint64_t time_s, const pl_u256 *price,
                        pt_report *report)
{
    const pt_price_report said = {.feed = feed,
                                  .round = ++made->rounds[feed],
                                  .time_s = time_s,
                                  .price = *price,
                                  .decimals = made->build.feeds[feed].decimals};
    PT_TRY(pt_body_report(&made->reports, &made->signer, pl_chain_world(made->chain)->id, &said,
                          report));
    made->report_count++;
    made->total_prices++;
    return PT_OK;
}

static pt_exit put_arguments(pt_bytes *bytes, const pl_function *code, const pt_arg *arguments,
                             size_t count, pt_report *report)
{
    if (count != code->parameter_count) {
        return pt_fail(report, PT_INPUT, "function %.*s has %u parameters, %zu are given",
                       (int)code->name.size, code->name.text, (unsigned)code->parameter_count,
                       count);
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t account[32];
        const pl_field *field = &code->parameters[i];
        if (arguments[i].account != NULL) {
            if (!pt_symbol(account, arguments[i].account)) {
                return pt_fail(report, PT_INPUT, "'%s' is no account", arguments[i].account);
            }
            pt_put(bytes, account, sizeof account);
        } else if (!pt_value_put(bytes, field->type, &arguments[i].number)) {
            return pt_fail(report, PT_INPUT, "%.*s: argument %.*s does not fit",
                           (int)code->name.size, code->name.text, (int)field->name.size,
                           field->name.text);
        }
    }
    return PT_OK;
}

pt_exit pt_export_call(pt_export *made, const char *caller, const char *function,
                       const pt_arg *arguments, size_t count, pt_report *report)
{
    pt_bytes bytes = {0};
    uint32_t number = 0;
    pl_tx tx = {.contract = 1, .gas_limit = EXPORT_GAS};
    PT_TRY(find_function(&number, made, function, report));
    tx.function = (uint16_t)number;
    if (!pt_symbol(tx.caller, caller)) {
        return pt_fail(report, PT_INPUT, "'%s' is no name of an account", caller);
    }
    if (made->call_count == UINT16_MAX) {
        return pt_fail(report, PT_LIMIT, "more than %u calls in one block", (unsigned)UINT16_MAX);
    }
    const pt_exit result =
        put_arguments(&bytes, &made->code.functions[number], arguments, count, report);
    if (result == PT_OK) {
        tx.arguments = bytes.data;
        tx.arguments_size = (uint32_t)bytes.size;
        pt_body_call(&made->calls, &tx);
    }
    pt_bytes_free(&bytes);
    PT_TRY(result);
    if (made->call_count == made->call_room) {
        made->call_room = made->call_room * 2 + 16;
        made->functions = pt_resize(made->functions, made->call_room * sizeof *made->functions);
        made->expected = pt_resize(made->expected, made->call_room * sizeof *made->expected);
        made->outcomes = pt_resize(made->outcomes, made->call_room * sizeof *made->outcomes);
    }
    made->functions[made->call_count] = number;
    made->expected[made->call_count++] = (pt_expect_tx){.status = PL_OK, .error = ""};
    made->total_calls++;
    return PT_OK;
}

pt_exit pt_export_value(pt_export *made, size_t column, const pl_u256 *number, pt_report *report)
{
    const pt_export_column *c = &made->columns[column];
    const uint32_t function = made->functions[made->call_count - 1];
    uint8_t result = 0;
    const size_t start = made->printed.size;
    PT_TRY(find_result(&result, made, function, c->result, report));
    if (!pt_value_put(&made->printed, made->code.functions[function].results[result].type,
                      number)) {
        return pt_fail(report, PT_INPUT, "a value of column %s does not fit", c->name);
    }
    if (made->value_count == made->value_room) {
        made->value_room = made->value_room * 2 + 16;
        made->values = pt_resize(made->values, made->value_room * sizeof *made->values);
    }
    made->values[made->value_count++] =
        (pt_expect_value){.transaction = (uint16_t)(made->call_count - 1),
                          .column = (uint16_t)column,
                          .cause = (uint16_t)(column + 1),
                          .size = (uint16_t)(made->printed.size - start)};
    made->total_values++;
    return PT_OK;
}

/* Keeps what the receipts say of the calls. */
static pt_exit keep_outcomes(pt_export *made, const pl_block_result *sealed, pt_report *report)
{
    size_t offset = 0;
    uint32_t call = 0;
    made->results.size = 0;
    pt_put(&made->results, sealed->receipts, sealed->receipts_size);
    while (offset < made->results.size && call < made->call_count) {
        pl_receipt receipt;
        const pl_status status =
            pl_receipts_next(&receipt, &offset, made->results.data, made->results.size);
        if (status != PL_OK) {
            return pt_fail_status(report, status, "a receipt");
        }
        if (receipt.kind != PL_RECEIPT_TRANSACTION) {
            continue;
        }
        pt_export_outcome *outcome = &made->outcomes[call];
        *outcome = (pt_export_outcome){.status = (pl_status)receipt.status,
                                       .function = made->functions[call],
                                       .result = receipt.result,
                                       .result_size = receipt.result_size};
        if (receipt.status == PL_TRAP_REVERT) {
            outcome->error = made->code.errors[receipt.revert_error].name;
        }
        made->total_refused += receipt.status != PL_OK ? 1 : 0;
        call++;
    }
    return PT_OK;
}

pt_exit pt_export_seal(pt_export *made, uint64_t time_s, pt_report *report)
{
    pt_bytes body = {0};
    pl_block_result sealed;
    if (pt_interrupted()) {
        return pt_fail(report, PT_INTERRUPTED, "interrupted; nothing was written");
    }
    pt_put_u32(&body, made->report_count);
    pt_put(&body, made->reports.data, made->reports.size);
    pt_put_u32(&body, made->call_count);
    pt_put(&body, made->calls.data, made->calls.size);
    const pl_status status =
        pl_chain_seal_block(&sealed, made->chain, time_s, body.data, body.size, NULL);
    pt_bytes_free(&body);
    if (status != PL_OK || sealed.counts.reports_refused != 0 || sealed.counts.tx_reject != 0) {
        return pt_fail_status(report, status != PL_OK ? status : PL_REJECT_FEED,
                              "block %llu of the history is refused, or one of its reports",
                              (unsigned long long)pt_export_height(made) + 1);
    }
    pt_history_block(&made->history, &sealed);
    const uint8_t *printed = made->printed.data;
    for (size_t i = 0; i < made->value_count; i++) {
        made->values[i].bytes = printed;
        printed += made->values[i].size;
    }
    const pt_record record = {.height = sealed.height,
                              .transactions = made->expected,
                              .transaction_count = (uint16_t)made->call_count,
                              .values = made->values,
                              .value_count = (uint16_t)made->value_count};
    pt_expect_write_values(&made->expectations, &record);
    PT_TRY(keep_outcomes(made, &sealed, report));
    made->reports.size = made->calls.size = made->printed.size = 0;
    made->report_count = made->call_count = 0;
    made->value_count = 0;
    return PT_OK;
}

/* ---- answers ---- */

static pt_exit result_of(pl_u256 *number, const pt_export *made, uint32_t function,
                         const uint8_t *bytes, size_t size, const char *name, pt_report *report)
{
    const pl_function *code = &made->code.functions[function];
    uint8_t result = 0;
    size_t at = 0;
    PT_TRY(find_result(&result, made, function, name, report));
    for (uint8_t i = 0; i < result; i++) {
        at += code->results[i].type.size;
    }
    if (at + code->results[result].type.size > size) {
        return pt_fail(report, PT_INPUT, "function %.*s gave no result %s", (int)code->name.size,
                       code->name.text, name);
    }
    pl_u256_load_be(number, bytes + at, code->results[result].type.size);
    return PT_OK;
}

pt_exit pt_export_result(pl_u256 *number, const pt_export *made, size_t call, const char *name,
                         pt_report *report)
{
    const pt_export_outcome *outcome = &made->outcomes[call];
    return result_of(number, made, outcome->function, outcome->result, outcome->result_size, name,
                     report);
}

pt_exit pt_export_ask(pl_outcome *outcome, const pt_export *made, const char *view,
                      const pt_arg *arguments, size_t count, pt_report *report)
{
    pt_bytes bytes = {0};
    uint32_t function = 0;
    PT_TRY(find_function(&function, made, view, report));
    pt_exit result =
        put_arguments(&bytes, &made->code.functions[function], arguments, count, report);
    if (result == PT_OK) {
        const pl_status status = pl_chain_query(outcome, made->chain, 1, function, NULL,
                                                EXPORT_ASK_GAS, bytes.data, bytes.size);
        if (status != PL_OK || outcome->status != PL_OK) {
            result =
                pt_fail_status(report, status != PL_OK ? status : outcome->status, "view %s", view);
        }
    }
    pt_bytes_free(&bytes);
    return result;
}

pt_exit pt_export_answer(pl_u256 *number, const pt_export *made, const char *view,
                         const pl_outcome *outcome, const char *name, pt_report *report)
{
    uint32_t function = 0;
    PT_TRY(find_function(&function, made, view, report));
    return result_of(number, made, function, outcome->result, outcome->result_size, name, report);
}

uint64_t pt_export_height(const pt_export *made)
{
    pl_head head;
    pl_chain_head(&head, made->chain);
    return head.height;
}

pt_exit pt_export_write(const pt_export *made, const char *folder, const char *readme,
                        pt_report *report)
{
    return pt_folder_write(folder, &made->history, &made->expectations, made->chain, readme,
                           report);
}
