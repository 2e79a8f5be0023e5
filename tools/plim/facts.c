#include "tools/plim/facts.h"

#include <stdio.h>
#include <string.h>

#include "tools/common/names.h"
#include "tools/common/value.h"
#include "tools/common/world_json.h"

enum { VIEW_GAS = 1000000000 };

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static json_t *hash_json(const uint8_t *hash)
{
    char text[65];
    pt_hex(text, hash, 32);
    return json_string(text);
}

static json_t *count_json(uint64_t value)
{
    return pt_u64_json(value);
}

static json_t *prices_json(pl_chain *chain)
{
    const pl_world *world = pl_chain_world(chain);
    json_t *prices = json_array();
    for (uint32_t f = 0; f < world->feed_count; f++) {
        pl_price price = {0};
        json_t *object = json_object();
        char text[PT_VALUE_TEXT_MAX];
        uint8_t stored[32];
        set(object, "feed", json_stringn(world->feed_names[f].text, world->feed_names[f].size));
        if (pl_chain_price(&price, chain, f) == PL_OK && price.exists &&
            pl_u256_store_be(stored, 32, &price.price) == PL_OK) {
            const pl_type type = {.class = PL_CLASS_INT, .size = 32, .scale = price.decimals};
            set(object, "price", json_string(pt_value_text(text, (pt_names){0}, type, stored)));
            set(object, "round", count_json(price.round));
            set(object, "time_s", count_json(price.time_s));
            set(object, "block", count_json(price.height));
        }
        (void)json_array_append_new(prices, object);
    }
    return prices;
}

json_t *pt_facts_summary(pl_chain *chain)
{
    const pl_world *world = pl_chain_world(chain);
    json_t *object = json_object();
    pl_head head;
    pl_chain_head(&head, chain);
    set(object, "world", json_stringn(world->name.text, world->name.size));
    set(object, "world_id", hash_json(world->id));
    set(object, "prices_signed_by", json_string(pt_world_signed_by(world)));
    set(object, "block", count_json(head.height));
    set(object, "time_s", count_json(head.time_s));
    set(object, "state_root", hash_json(head.state_root));
    set(object, "rows", count_json(head.row_count));
    set(object, "prices", prices_json(chain));
    return object;
}

/* Key and row fields in one flat object, so that a table of rows prints as a table. */
static json_t *row_json(pt_names names, const pl_table *table, const uint8_t *key,
                        const uint8_t *row)
{
    json_t *object = pt_fields_json(names, table->keys, table->key_count, key, table->key_size);
    json_t *fields = pt_fields_json(names, table->fields, table->field_count, row, table->row_size);
    (void)json_object_update_missing(object, fields);
    json_decref(fields);
    return object;
}

typedef bool (*row_filter)(const pl_table *table, const uint8_t *key, const uint8_t *account);

static void add_table(json_t *object, pl_chain *chain, uint32_t contract, uint32_t number,
                      row_filter keep, const uint8_t *account)
{
    const pl_table *table = pl_chain_table(chain, contract, number);
    const pl_name name = pl_chain_world(chain)->contract_names[contract - 1];
    const pt_names names = {.code = pl_chain_code(chain, contract), .chain = chain};
    char title[160];
    pl_rows rows;
    json_t *list = json_array();
    if (pl_rows_begin(&rows, chain, contract, number) == PL_OK) {
        while (pl_rows_next(&rows)) {
            if (keep == NULL || keep(table, rows.key, account)) {
                (void)json_array_append_new(list, row_json(names, table, rows.key, rows.row));
            }
        }
    }
    (void)snprintf(title, sizeof title, "%.*s.%.*s", (int)name.size, name.text,
                   (int)table->name.size, table->name.text);
    if (keep == NULL || json_array_size(list) != 0) {
        set(object, title, list);
    } else {
        json_decref(list);
    }
}

static void add_tables(json_t *object, pl_chain *chain, const char *table, row_filter keep,
                       const uint8_t *account)
{
    const pl_world *world = pl_chain_world(chain);
    for (uint32_t c = 1; c <= world->contract_count; c++) {
        for (uint32_t t = 0; t < world->codes[c - 1].table_count; t++) {
            const pl_name name = world->codes[c - 1].tables[t].name;
            if (table == NULL || pt_name_is(name, table)) {
                add_table(object, chain, c, t, keep, account);
            }
        }
    }
}

json_t *pt_facts_state(pl_chain *chain, const char *table)
{
    json_t *object = json_object();
    add_tables(object, chain, table, NULL, NULL);
    return object;
}

static bool has_account(const pl_table *table, const uint8_t *key, const uint8_t *account)
{
    for (uint8_t i = 0; i < table->key_count; i++) {
        if (table->keys[i].type.class == PL_CLASS_ACCOUNT &&
            memcmp(key + table->keys[i].offset, account, 32) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_hex(uint8_t bytes[32], const char *text)
{
    if (strlen(text) != 66 || text[0] != '0' || text[1] != 'x') {
        return false;
    }
    for (size_t i = 0; i < 64; i++) {
        const char c = text[2 + i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) {
            return false;
        }
        bytes[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : bytes[i / 2] | digit);
    }
    return true;
}

pt_exit pt_facts_find_account(uint8_t account[32], const pl_chain *chain, const char *name,
                              pt_report *report)
{
    const pl_world *world = pl_chain_world(chain);
    char texts[256][33];
    const char *names[256];
    size_t count = 0;
    for (uint32_t i = 0; i < world->label_count; i++) {
        const pl_label *label = &world->labels[i];
        if (label->kind != PL_LABEL_ACCOUNT) {
            continue;
        }
        if (strlen(name) == label->text.size &&
            memcmp(name, label->text.text, label->text.size) == 0) {
            memcpy(account, label->value, 32);
            return PT_OK;
        }
        if (count < 256) {
            (void)snprintf(texts[count], sizeof texts[0], "%.*s", (int)label->text.size,
                           label->text.text);
            names[count] = texts[count];
            count++;
        }
    }
    if (read_hex(account, name) || (count == 0 && pt_symbol(account, name))) {
        return PT_OK;
    }
    const char *near = pt_name_nearest(name, names, count);
    return pt_fail(report, PT_INPUT, "this world has no account \"%s\"%s%s%s", name,
                   near != NULL ? "; did you mean \""
                                : "; give one of the labels that plim show DIR world lists, or 0x "
                                  "and 64 digits",
                   near != NULL ? near : "", near != NULL ? "\"?" : "");
}

json_t *pt_facts_account(pl_chain *chain, const uint8_t account[32])
{
    const pl_world *world = pl_chain_world(chain);
    json_t *object = json_object();
    char text[PT_VALUE_TEXT_MAX];
    pl_head head;
    const pl_type type = {.class = PL_CLASS_ACCOUNT, .size = 32};
    pl_chain_head(&head, chain);
    set(object, "account",
        json_string(pt_value_text(text, (pt_names){.chain = chain}, type, account)));
    set(object, "block", count_json(head.height));
    for (uint32_t c = 1; c <= world->contract_count; c++) {
        const pl_code *code = &world->codes[c - 1];
        for (uint32_t f = 0; f < code->function_count; f++) {
            const pl_function *function = &code->functions[f];
            pl_outcome outcome;
            if ((function->flags & PL_FUNCTION_PUBLIC) == 0 ||
                (function->flags & PL_FUNCTION_EFFECT) != PL_EFFECT_VIEW ||
                function->parameter_count != 1 ||
                function->parameters[0].type.class != PL_CLASS_ACCOUNT ||
                pl_chain_query(&outcome, chain, c, f, NULL, VIEW_GAS, account, 32) != PL_OK) {
                continue;
            }
            (void)snprintf(text, sizeof text, "%.*s", (int)function->name.size,
                           function->name.text);
            set(object, text,
                outcome.status == PL_OK
                    ? pt_fields_json((pt_names){.code = code, .chain = chain}, function->results,
                                     function->result_count, outcome.result, outcome.result_size)
                    : json_string(pl_status_name(outcome.status)));
        }
    }
    add_tables(object, chain, NULL, has_account, account);
    return object;
}

/* ---- blocks ---- */

static json_t *events_json(pl_chain *chain, const pl_receipt *receipt)
{
    json_t *list = json_array();
    size_t offset = 0;
    pl_event event;
    while (offset < receipt->events_size && pl_event_next(&event, &offset, receipt) == PL_OK) {
        const pl_code *code = pl_chain_code(chain, event.contract);
        const pl_signature *signature = &code->events[event.event];
        json_t *object = json_object();
        set(object, "event", json_stringn(signature->name.text, signature->name.size));
        json_t *fields = pt_fields_json((pt_names){.code = code, .chain = chain}, signature->fields,
                                        signature->count, event.arguments, event.size);
        (void)json_object_update_missing(object, fields);
        json_decref(fields);
        (void)json_array_append_new(list, object);
    }
    return list;
}

static void set_revert(json_t *object, pl_chain *chain, const pl_receipt *receipt)
{
    const pl_code *code = pl_chain_code(chain, receipt->revert_contract);
    if (code == NULL || receipt->revert_error >= code->error_count) {
        return;
    }
    const pl_signature *error = &code->errors[receipt->revert_error];
    set(object, "error", json_stringn(error->name.text, error->name.size));
    if (error->count != 0) {
        set(object, "error_arguments",
            pt_fields_json((pt_names){.code = code, .chain = chain}, error->fields, error->count,
                           receipt->revert_arguments, receipt->revert_size));
    }
}

static void set_call(json_t *object, pl_chain *chain, const pl_receipt *receipt, const pl_tx *tx)
{
    const pl_code *code = pl_chain_code(chain, receipt->contract);
    const pt_names names = {.code = code, .chain = chain};
    if (code == NULL || receipt->function >= code->function_count) {
        set(object, "contract", count_json(receipt->contract));
        set(object, "function", count_json(receipt->function));
        return;
    }
    const pl_function *function = &code->functions[receipt->function];
    const pl_name contract = pl_chain_world(chain)->contract_names[receipt->contract - 1];
    set(object, "contract", json_stringn(contract.text, contract.size));
    set(object, "function", json_stringn(function->name.text, function->name.size));
    if (tx != NULL) {
        char text[PT_VALUE_TEXT_MAX];
        const pl_type account = {.class = PL_CLASS_ACCOUNT, .size = 32};
        set(object, "caller", json_string(pt_value_text(text, names, account, tx->caller)));
        set(object, "arguments",
            pt_fields_json(names, function->parameters, function->parameter_count, tx->arguments,
                           tx->arguments_size));
    }
    if (receipt->status == PL_OK && function->result_count != 0) {
        set(object, "result",
            pt_fields_json(names, function->results, function->result_count, receipt->result,
                           receipt->result_size));
    }
}

static json_t *receipt_json(pl_chain *chain, uint64_t index, const pl_receipt *receipt,
                            const pl_tx *tx)
{
    static const char *const kinds[] = {"unknown", "report", "transaction", "hook"};
    const pl_world *world = pl_chain_world(chain);
    json_t *object = json_object();
    set(object, "receipt", count_json(index));
    set(object, "kind", json_string(kinds[receipt->kind & 3]));
    set(object, "status", json_string(pl_status_name((pl_status)receipt->status)));
    if (receipt->kind == PL_RECEIPT_REPORT) {
        set(object, "feed",
            receipt->feed < world->feed_count ? json_stringn(world->feed_names[receipt->feed].text,
                                                             world->feed_names[receipt->feed].size)
                                              : json_null());
        return object;
    }
    if (receipt->status == PL_TRAP_REVERT) {
        set_revert(object, chain, receipt);
    }
    set(object, "gas_used", count_json(receipt->gas_used));
    set_call(object, chain, receipt, tx);
    if (receipt->status == PL_OK) {
        set(object, "events", events_json(chain, receipt));
    }
    return object;
}

pt_exit pt_facts_block(json_t **facts, pl_chain *chain, const pl_block_result *result,
                       uint64_t index, pt_report *report)
{
    pl_block block;
    uint32_t where = 0;
    const pl_status decoded = pl_block_decode(&block, &where, result->block, result->block_size);
    if (decoded != PL_OK) {
        return pt_fail_status(report, decoded, "block %llu", (unsigned long long)result->height);
    }
    json_t *receipts = json_array();
    size_t offset = 0;
    pl_status status = PL_OK;
    for (uint64_t i = 0; offset < result->receipts_size && status == PL_OK; i++) {
        pl_receipt receipt;
        pl_tx tx;
        const uint8_t *bytes = NULL;
        uint32_t size = 0;
        status = pl_receipts_next(&receipt, &offset, result->receipts, result->receipts_size);
        if (status != PL_OK) {
            break;
        }
        const bool has_tx = receipt.kind == PL_RECEIPT_TRANSACTION &&
                            pl_items_next(&block.transactions, &bytes, &size) &&
                            pl_tx_decode(&tx, bytes, size) == PL_OK;
        if (index == UINT64_MAX || index == i) {
            (void)json_array_append_new(receipts,
                                        receipt_json(chain, i, &receipt, has_tx ? &tx : NULL));
        }
    }
    *facts = json_object();
    set(*facts, "block", count_json(result->height));
    set(*facts, "time_s", count_json(result->time_s));
    set(*facts, "parent", hash_json(block.header.parent));
    set(*facts, "block_hash", hash_json(result->block_hash));
    set(*facts, "state_root", hash_json(result->state_root));
    set(*facts, "receipts_hash", hash_json(result->receipts_hash));
    set(*facts, "gas_used", count_json(result->counts.gas_used));
    set(*facts, "receipts", receipts);
    return status == PL_OK ? PT_OK
                           : pt_fail_status(report, status, "block %llu: a receipt",
                                            (unsigned long long)result->height);
}
