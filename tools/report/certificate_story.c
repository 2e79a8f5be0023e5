/* The story of a certificate: which prices, what the contracts answered, what happened. */
#include <string.h>

#include "tools/report/certificate_teller.h"

static bool is_factor(pl_name name)
{
    return pt_name_is(name, "health_factor") || pt_name_is(name, "hf");
}

static void values(const pt_teller *t, const char *key, const pl_code *code, const pl_field *fields,
                   size_t count, const uint8_t *bytes, size_t size)
{
    const pt_names names = {.code = code, .chain = t->chain};
    size_t at = 0;
    pt_fact_object(t->facts, key);
    for (size_t i = 0; i < count && fields[i].type.size <= size - at; i++) {
        char text[PT_VALUE_TEXT_MAX], name[PL_NAME_SIZE_MAX + 1] = "result";
        if (fields[i].name.size != 0) {
            pt_tell_name(name, fields[i].name);
        }
        pl_field field = fields[i];
        if (field.type.scale == 0 && is_factor(field.name)) {
            field.type.scale = 18; /* as the claim reads it, spec 10 §7 */
        }
        pt_fact_text(t->facts, name,
                     pt_is_everything(field.type, bytes + at)
                         ? "u256.max"
                         : pt_field_text(text, names, &field, bytes + at));
        at += fields[i].type.size;
    }
    pt_fact_close(t->facts);
}

static void call_name(const pt_teller *t, const char *key, uint32_t contract, pl_name function)
{
    const pl_name name = t->world->contract_names[contract - 1];
    pt_fact_format(t->facts, key, "%.*s.%.*s", (int)name.size, name.text, (int)function.size,
                   function.text);
}

/* ---- prices ---- */

/* A report of the block or of the evidence that is about the feed; its price when it is authentic.
 */
typedef struct found_report {
    bool exists;
    bool in_block;
    pl_price price;
} found_report;

static bool read_report(const pt_teller *t, pl_price *price, uint32_t feed, uint64_t now_s,
                        const uint8_t *report, size_t size)
{
    const pl_price none = {0};
    const pl_report_context context = {.world_id = t->world->id,
                                       .feeds = t->world->feeds,
                                       .feed_count = t->world->feed_count,
                                       .block_time_s = now_s};
    uint32_t named;
    return pl_report_feed(&named, &context, report, size) == PL_OK && named == feed &&
           pl_oracle_check(price, &context, &none, feed, report, size) == PL_OK;
}

static bool same_report(const pl_price *a, const pl_price *b)
{
    return pl_u256_eq(&a->price, &b->price) && a->round == b->round && a->time_s == b->time_s;
}

static void look_in_block(const pt_teller *t, found_report *found, uint32_t feed,
                          const pl_price *price)
{
    pl_block block;
    uint32_t where, size;
    const uint8_t *report;
    if (t->certificate->body == NULL ||
        pl_body_decode(&block, &where, t->certificate->body, t->certificate->body_size) != PL_OK) {
        return;
    }
    while (pl_items_next(&block.reports, &report, &size)) {
        pl_price read;
        if (read_report(t, &read, feed, t->header.time_s, report, size) &&
            same_report(&read, price)) {
            *found = (found_report){true, true, read};
        }
    }
}

static found_report find_report(const pt_teller *t, uint32_t feed, const pl_price *price)
{
    found_report found = {0};
    pl_evidence evidence;
    if (price->height == t->certificate->height) {
        look_in_block(t, &found, feed, price);
    }
    for (size_t at = 0; pl_certificate_evidence_next(&evidence, &at, t->certificate);) {
        pl_price read;
        if (evidence.feed == feed &&
            read_report(t, &read, feed, price->time_s, evidence.report, evidence.report_size)) {
            found = (found_report){true, false, read};
        }
    }
    return found;
}

/* Who signed, member by member: keys and addresses as the world lists them. */
static void signer_facts(const pt_teller *t, uint32_t feed, const pl_price *price)
{
    const pl_feed *rules = &t->world->feeds[feed];
    if (price->set >= rules->set_count) {
        return;
    }
    const pl_signer_set *set = &rules->sets[price->set];
    const size_t size = pl_formats[rules->format].member_size;
    pt_fact_number(t->facts, "quorum", set->quorum);
    pt_fact_number(t->facts, "signers_known", set->member_count);
    pt_fact_array(t->facts, "signed_by");
    for (unsigned m = 0; m < set->member_count; m++) {
        if (pl_member_in(&price->signers, m)) {
            pt_fact_hex(t->facts, NULL, set->members + m * size, size);
        }
    }
    pt_fact_close(t->facts);
}

static void price_facts(const pt_teller *t, uint32_t feed, const pl_price *price)
{
    char text[PT_VALUE_TEXT_MAX], name[PL_NAME_SIZE_MAX + 1];
    uint8_t stored[32];
    const pl_type type = {.class = PL_CLASS_INT, .size = 32, .scale = price->decimals};
    const found_report found = find_report(t, feed, price);
    const pl_text note = t->world->feed_notes[feed];
    pt_fact_object(t->facts, NULL);
    pt_tell_name(name, t->world->feed_names[feed]);
    pt_fact_text(t->facts, "feed", name);
    (void)!pl_u256_store_be(stored, 32, &price->price);
    pt_fact_text(t->facts, "price", pt_value_text(text, (pt_names){0}, type, stored));
    pt_tell_time(t, price->time_s);
    pt_fact_number(t->facts, "round", price->round);
    pt_fact_number(t->facts, "accepted_in_block", price->height);
    pt_fact_text(t->facts, "format", pl_formats[t->world->feeds[feed].format].name);
    pt_fact_text(t->facts, "proved_by",
                 !found.exists    ? "the state root alone"
                 : found.in_block ? "the signed report in this block"
                                  : "the signed report of an earlier block");
    if (found.exists) {
        signer_facts(t, feed, &found.price);
    }
    pt_fact_format(t->facts, "note", "%.*s", (int)note.size, note.text);
    pt_fact_close(t->facts);
}

void pt_tell_prices(const pt_teller *t)
{
    pt_fact_array(t->facts, "prices");
    for (uint32_t feed = 0; feed < t->world->feed_count; feed++) {
        pl_price price;
        if (pl_verifier_price(&price, t->verifier, feed)) {
            price_facts(t, feed, &price);
        }
    }
    pt_fact_close(t->facts);
}

/* ---- views ---- */

static void moment_fact(const pt_teller *t, uint32_t moment)
{
    if (moment == PL_MOMENT_BASE) {
        pt_fact_text(t->facts, "moment", "before the block");
    } else if (moment == PL_MOMENT_END) {
        pt_fact_format(t->facts, "moment", "after block %llu",
                       (unsigned long long)t->certificate->height);
    } else {
        pt_fact_format(t->facts, "moment", "%s transaction %u",
                       moment % 2 == 1 ? "before" : "after", (unsigned)((moment - 1) / 2));
    }
}

void pt_tell_views(const pt_teller *t)
{
    pl_certified_view view;
    pt_fact_array(t->facts, "views");
    for (size_t at = 0; pl_certificate_view_next(&view, &at, t->certificate);) {
        const pl_code *code = pl_chain_code(t->chain, view.contract);
        if (code == NULL || view.function >= code->function_count) {
            continue;
        }
        const pl_function *function = &code->functions[view.function];
        pt_fact_object(t->facts, NULL);
        moment_fact(t, view.moment);
        call_name(t, "view", view.contract, function->name);
        values(t, "arguments", code, function->parameters, function->parameter_count,
               view.arguments, view.arguments_size);
        pt_fact_text(t->facts, "status", pl_status_name(view.status));
        values(t, "result", code, function->results, function->result_count, view.result,
               view.result_size);
        pt_fact_close(t->facts);
    }
    pt_fact_close(t->facts);
}

/* ---- transactions ---- */

static void event_facts(const pt_teller *t, const pl_receipt *receipt)
{
    pl_event event;
    size_t at = 0;
    pt_fact_array(t->facts, "events");
    while (at < receipt->events_size && pl_event_next(&event, &at, receipt) == PL_OK) {
        const pl_code *code = pl_chain_code(t->chain, event.contract);
        const pl_signature *signature = &code->events[event.event];
        pt_fact_object(t->facts, NULL);
        call_name(t, "event", event.contract, signature->name);
        values(t, "arguments", code, signature->fields, signature->count, event.arguments,
               event.size);
        pt_fact_close(t->facts);
    }
    pt_fact_close(t->facts);
}

static void outcome_facts(const pt_teller *t, const pl_receipt *receipt)
{
    pt_fact_text(t->facts, "status", pl_status_name((pl_status)receipt->status));
    pt_fact_number(t->facts, "gas_used", receipt->gas_used);
    if (receipt->status == PL_TRAP_REVERT) {
        const pl_code *code = pl_chain_code(t->chain, receipt->revert_contract);
        const pl_signature *error = &code->errors[receipt->revert_error];
        call_name(t, "error", receipt->revert_contract, error->name);
        values(t, "error_arguments", code, error->fields, error->count, receipt->revert_arguments,
               receipt->revert_size);
    }
    event_facts(t, receipt);
}

static void one_transaction(const pt_teller *t, uint32_t number, const pl_tx *tx,
                            const pl_receipt *receipt)
{
    char text[PT_VALUE_TEXT_MAX];
    const pl_code *code = pl_chain_code(t->chain, tx->contract);
    pt_fact_object(t->facts, NULL);
    pt_fact_number(t->facts, "transaction", number);
    pt_fact_text(t->facts, "caller", pt_tell_account(text, t, tx->caller));
    pt_fact_bool(t->facts, "is_signed", tx->is_signed);
    if (code != NULL && tx->function < code->function_count) {
        const pl_function *function = &code->functions[tx->function];
        call_name(t, "call", tx->contract, function->name);
        values(t, "arguments", code, function->parameters, function->parameter_count, tx->arguments,
               tx->arguments_size);
    }
    outcome_facts(t, receipt);
    pt_fact_close(t->facts);
}

/* Receipts stand in the order reports, transactions, hooks. */
void pt_tell_transactions(const pt_teller *t)
{
    const pl_block_result *result = &t->verdict->block;
    pl_block block;
    pl_receipt receipt;
    uint32_t where, size, number = 0;
    const uint8_t *bytes;
    size_t at = 0;
    pt_fact_array(t->facts, "transactions");
    if (t->certificate->body != NULL && result->receipts != NULL &&
        pl_body_decode(&block, &where, t->certificate->body, t->certificate->body_size) == PL_OK) {
        while (at < result->receipts_size &&
               pl_receipts_next(&receipt, &at, result->receipts, result->receipts_size) == PL_OK) {
            pl_tx tx;
            if (receipt.kind == PL_RECEIPT_TRANSACTION &&
                pl_items_next(&block.transactions, &bytes, &size) &&
                pl_tx_decode(&tx, bytes, size) == PL_OK) {
                one_transaction(t, number++, &tx, &receipt);
            }
        }
    }
    pt_fact_close(t->facts);
}
