#include "tools/report/certificate_facts.h"

#include <stdio.h>
#include <string.h>

#include "tools/common/value.h"
#include "vm/base/bytes.h"

/* What the parts below need. */
typedef struct teller {
    pt_facts *facts;
    const pl_verdict *verdict;
    const pl_certificate *certificate;
    pl_verifier *verifier;
    const pl_chain *chain;
    const pl_world *world;
    pl_header header; /* of the certified height; zeros at height 0 */
} teller;

static const char *const kinds[] = {"?", "block", "state"};
static const char *const claims[] = {"block", "transaction", "trigger", "below", "not below"};

static void name_text(char text[PL_NAME_SIZE_MAX + 1], pl_name name)
{
    (void)snprintf(text, PL_NAME_SIZE_MAX + 1, "%.*s", (int)name.size, name.text);
}

static const char *account_text(char text[PT_VALUE_TEXT_MAX], const teller *t,
                                const uint8_t account[32])
{
    const pl_type type = {.class = PL_CLASS_ACCOUNT, .size = 32};
    return pt_value_text(text, (pt_names){.chain = t->chain}, type, account);
}

static void time_facts(const teller *t, uint64_t time_s)
{
    char text[PT_BLOCK_TIME_MAX];
    pt_fact_number(t->facts, "time_s", time_s);
    pt_fact_text(t->facts, "time", pt_block_time_text(text, t->chain, time_s));
}

static bool is_factor(pl_name name)
{
    return pt_name_is(name, "health_factor") || pt_name_is(name, "hf");
}

static void values(const teller *t, const char *key, const pl_code *code, const pl_field *fields,
                   size_t count, const uint8_t *bytes, size_t size)
{
    const pt_names names = {.code = code, .chain = t->chain};
    size_t at = 0;
    pt_fact_object(t->facts, key);
    for (size_t i = 0; i < count && fields[i].type.size <= size - at; i++) {
        char text[PT_VALUE_TEXT_MAX], name[PL_NAME_SIZE_MAX + 1] = "result";
        if (fields[i].name.size != 0) {
            name_text(name, fields[i].name);
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

static void call_name(const teller *t, const char *key, uint32_t contract, pl_name function)
{
    const pl_name name = t->world->contract_names[contract - 1];
    pt_fact_format(t->facts, key, "%.*s.%.*s", (int)name.size, name.text, (int)function.size,
                   function.text);
}

/* ---- identity ---- */

static void world_facts(const teller *t)
{
    char name[PL_NAME_SIZE_MAX + 1];
    pt_fact_object(t->facts, "world");
    name_text(name, t->world->name);
    pt_fact_text(t->facts, "name", name);
    pt_fact_hex(t->facts, "id", t->verdict->world_id, 32);
    pt_fact_bool(t->facts, "carried", t->certificate->world != NULL);
    pt_fact_number(t->facts, "semantics", PL_SEMANTICS_ID);
    pt_fact_array(t->facts, "contracts");
    for (uint32_t i = 0; i < t->world->contract_count; i++) {
        pt_fact_object(t->facts, NULL);
        name_text(name, t->world->contract_names[i]);
        pt_fact_text(t->facts, "name", name);
        pt_fact_hex(t->facts, "code", t->world->codes[i].hash, 32);
        pt_fact_close(t->facts);
    }
    pt_fact_close(t->facts);
    pt_fact_close(t->facts);
}

static void block_facts(const teller *t)
{
    const pl_certificate *c = t->certificate;
    pt_fact_object(t->facts, "block");
    pt_fact_number(t->facts, "height", c->height);
    time_facts(t, c->height == 0 ? t->world->time_s : t->header.time_s);
    pt_fact_hex(t->facts, "hash", t->verdict->block_hash, 32);
    if (c->header_count > 0) {
        pl_header first, last;
        uint8_t hash[32];
        (void)!pl_header_decode(&first, c->first_header);
        pl_certificate_header(&last, c, first.height + c->header_count - 1);
        pl_header_hash(hash, &last);
        pt_fact_number(t->facts, "path_from", first.height);
        pt_fact_number(t->facts, "path_to", last.height);
        pt_fact_hex(t->facts, "path_to_hash", hash, 32);
    }
    pt_fact_hex(t->facts, "root_before", t->verdict->pre_root, 32);
    pt_fact_hex(t->facts, "root_after", t->verdict->post_root, 32);
    pt_fact_number(t->facts, "rows", t->verdict->row_count);
    pt_fact_number(t->facts, "rows_told", t->verdict->rows_told);
    pt_fact_close(t->facts);
}

/* ---- prices ---- */

/* A report of the block or of the evidence that is about the feed; its price when it is authentic.
 */
typedef struct found_report {
    bool exists;
    bool in_block;
    pl_price price;
} found_report;

static bool read_report(const teller *t, pl_price *price, uint32_t feed, uint64_t now_s,
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

static void look_in_block(const teller *t, found_report *found, uint32_t feed,
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

static found_report find_report(const teller *t, uint32_t feed, const pl_price *price)
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
static void signer_facts(const teller *t, uint32_t feed, const pl_price *price)
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

static void price_facts(const teller *t, uint32_t feed, const pl_price *price)
{
    char text[PT_VALUE_TEXT_MAX], name[PL_NAME_SIZE_MAX + 1];
    uint8_t stored[32];
    const pl_type type = {.class = PL_CLASS_INT, .size = 32, .scale = price->decimals};
    const found_report found = find_report(t, feed, price);
    const pl_text note = t->world->feed_notes[feed];
    pt_fact_object(t->facts, NULL);
    name_text(name, t->world->feed_names[feed]);
    pt_fact_text(t->facts, "feed", name);
    (void)!pl_u256_store_be(stored, 32, &price->price);
    pt_fact_text(t->facts, "price", pt_value_text(text, (pt_names){0}, type, stored));
    time_facts(t, price->time_s);
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

static void prices_facts(const teller *t)
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

static void moment_fact(const teller *t, uint32_t moment)
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

static void view_facts(const teller *t)
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

static void event_facts(const teller *t, const pl_receipt *receipt)
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

static void outcome_facts(const teller *t, const pl_receipt *receipt)
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

static void one_transaction(const teller *t, uint32_t number, const pl_tx *tx,
                            const pl_receipt *receipt)
{
    char text[PT_VALUE_TEXT_MAX];
    const pl_code *code = pl_chain_code(t->chain, tx->contract);
    pt_fact_object(t->facts, NULL);
    pt_fact_number(t->facts, "transaction", number);
    pt_fact_text(t->facts, "caller", account_text(text, t, tx->caller));
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
static void transaction_facts(const teller *t)
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

/* ---- steps and claim ---- */

static void step_text(const teller *t, pl_verify_step step, char *text, size_t size)
{
    const pl_verdict *v = t->verdict;
    const pl_certificate *c = t->certificate;
    const unsigned long long height = c->height;
    switch (step) {
    case PL_VERIFY_SHAPE:
        (void)snprintf(text, size, "a certificate of one %s, height %llu, claim \"%s\"",
                       kinds[c->kind], height, claims[c->claim.kind]);
        break;
    case PL_VERIFY_WORLD:
        (void)snprintf(text, size, "%u contracts, %u feeds: code is valid and has its hash",
                       (unsigned)t->world->contract_count, (unsigned)t->world->feed_count);
        break;
    case PL_VERIFY_HEADERS:
        (void)snprintf(text, size, "%u header%s, each naming the hash of the one before",
                       (unsigned)c->header_count, c->header_count == 1 ? "" : "s");
        break;
    case PL_VERIFY_WITNESS:
        (void)snprintf(text, size, "%u of %llu rows told; with hashes they give the root before",
                       (unsigned)v->rows_told, (unsigned long long)v->row_count);
        break;
    case PL_VERIFY_BLOCK:
        if (c->kind == PL_CERTIFIES_STATE) {
            (void)snprintf(text, size, "none: the state itself is certified");
        } else {
            (void)snprintf(text, size,
                           "executed: %u report%s accepted, %u transaction%s; receipts and root "
                           "are the header's",
                           (unsigned)v->block.counts.reports_accepted,
                           v->block.counts.reports_accepted == 1 ? "" : "s",
                           (unsigned)(v->block.counts.tx_ok + v->block.counts.tx_revert +
                                      v->block.counts.tx_trap + v->block.counts.tx_reject),
                           v->block.counts.tx_ok == 1 ? "" : "s");
        }
        break;
    case PL_VERIFY_VIEWS:
        (void)snprintf(text, size, "%u asked again, the same answers", (unsigned)c->view_count);
        break;
    case PL_VERIFY_EVIDENCE:
        (void)snprintf(text, size,
                       "%u report%s of earlier blocks: signed, and the prices in the "
                       "state",
                       (unsigned)c->evidence_count, c->evidence_count == 1 ? "" : "s");
        break;
    case PL_VERIFY_CLAIM:
        (void)snprintf(text, size, "follows from views and receipts");
        break;
    case PL_VERIFY_WHOLE:
    case PL_VERIFY_DONE:
        (void)snprintf(text, size, "nothing in it is unneeded");
        break;
    }
}

static void steps_facts(const teller *t)
{
    pt_fact_array(t->facts, "steps");
    for (unsigned s = PL_VERIFY_SHAPE; s < PL_VERIFY_DONE && s <= t->verdict->step; s++) {
        const bool passed = s < t->verdict->step;
        char text[200];
        pt_fact_object(t->facts, NULL);
        pt_fact_text(t->facts, "step", pl_verify_step_name((pl_verify_step)s));
        pt_fact_bool(t->facts, "passed", passed);
        if (passed) {
            step_text(t, (pl_verify_step)s, text, sizeof text);
        } else {
            (void)snprintf(text, sizeof text, "%s: %s", pl_status_name(t->verdict->status),
                           pl_status_sentence(t->verdict->status));
        }
        pt_fact_text(t->facts, "what", text);
        pt_fact_close(t->facts);
    }
    pt_fact_close(t->facts);
}

static void claim_fact(const teller *t)
{
    const pl_certified_claim *claim = &t->certificate->claim;
    const unsigned long long height = t->certificate->height;
    char account[PT_VALUE_TEXT_MAX], name[PL_NAME_SIZE_MAX + 1];
    name_text(name, t->world->name);
    (void)account_text(account, t, claim->account);
    switch ((pl_claim_kind)claim->kind) {
    case PL_CLAIM_BLOCK:
        pt_fact_format(t->facts, "claim",
                       t->certificate->kind == PL_CERTIFIES_BLOCK
                           ? "Block %llu of world %s leads from its parent's state to its own."
                           : "This is what the state after block %llu of world %s answers.",
                       height, name);
        break;
    case PL_CLAIM_TRANSACTION:
        pt_fact_format(t->facts, "claim",
                       "Transaction %u of block %llu of world %s was executed with these results.",
                       (unsigned)claim->transaction, height, name);
        break;
    case PL_CLAIM_TRIGGER:
        pt_fact_format(t->facts, "claim",
                       "Account %s was below its line in block %llu of world %s, just before "
                       "transaction %u, which concerns it and was executed.",
                       account, height, name, (unsigned)claim->transaction);
        break;
    case PL_CLAIM_BELOW:
    case PL_CLAIM_NOT_BELOW:
        pt_fact_format(t->facts, "claim",
                       "Account %s was %s its line after block %llu of world %s.", account,
                       claim->kind == PL_CLAIM_BELOW ? "below" : "not below", height, name);
        break;
    }
}

void pt_certificate_facts(pt_facts *facts, const pl_verdict *verdict, pl_verifier *verifier,
                          size_t bytes)
{
    teller t = {.facts = facts,
                .verdict = verdict,
                .certificate = &verdict->certificate,
                .verifier = verifier};
    const pl_certificate *c = &verdict->certificate;
    const bool has_world = verifier != NULL && verdict->step > PL_VERIFY_HEADERS;
    pt_facts_begin(facts);
    pt_fact_bool(facts, "true", verdict->status == PL_OK);
    pt_fact_text(facts, "status", pl_status_name(verdict->status));
    pt_fact_text(facts, "sentence", pl_status_sentence(verdict->status));
    pt_fact_text(facts, "ended_at", pl_verify_step_name(verdict->step));
    pt_fact_number(facts, "offset", verdict->offset);
    if (verdict->index != PL_NONE) {
        pt_fact_number(facts, "index", verdict->index);
    }
    pt_fact_hex(facts, "certificate", verdict->id, 32);
    pt_fact_number(facts, "bytes", bytes);
    if (verifier != NULL) {
        t.chain = pl_verifier_chain(verifier);
        t.world = pl_chain_world(t.chain);
    }
    steps_facts(&t);
    if (has_world) {
        if (c->height > 0) {
            pl_certificate_header(&t.header, c, c->height);
        }
        pt_fact_text(facts, "kind", kinds[c->kind]);
        pt_fact_text(facts, "claim_kind", claims[c->claim.kind]);
        world_facts(&t);
        block_facts(&t);
    }
    if (verdict->status == PL_OK) {
        claim_fact(&t);
        prices_facts(&t);
        view_facts(&t);
        transaction_facts(&t);
    }
    pt_fact_close(facts);
}
