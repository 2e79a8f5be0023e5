#include "tools/report/certificate_facts.h"

#include <stdio.h>
#include <string.h>

#include "tools/report/certificate_teller.h"
#include "vm/base/bytes.h"

static const char *const kinds[] = {"?", "block", "state"};
static const char *const claims[] = {"block", "transaction", "trigger", "below", "not below"};

void pt_tell_name(char text[PL_NAME_SIZE_MAX + 1], pl_name name)
{
    (void)snprintf(text, PL_NAME_SIZE_MAX + 1, "%.*s", (int)name.size, name.text);
}

const char *pt_tell_account(char text[PT_VALUE_TEXT_MAX], const pt_teller *t,
                            const uint8_t account[32])
{
    const pl_type type = {.class = PL_CLASS_ACCOUNT, .size = 32};
    return pt_value_text(text, (pt_names){.chain = t->chain}, type, account);
}

void pt_tell_time(const pt_teller *t, uint64_t time_s)
{
    char text[PT_BLOCK_TIME_MAX];
    pt_fact_number(t->facts, "time_s", time_s);
    pt_fact_text(t->facts, "time", pt_block_time_text(text, t->chain, time_s));
}

/* ---- identity ---- */

static void world_facts(const pt_teller *t)
{
    char name[PL_NAME_SIZE_MAX + 1];
    pt_fact_object(t->facts, "world");
    pt_tell_name(name, t->world->name);
    pt_fact_text(t->facts, "name", name);
    pt_fact_hex(t->facts, "id", t->verdict->world_id, 32);
    pt_fact_bool(t->facts, "carried", t->certificate->world != NULL);
    pt_fact_number(t->facts, "semantics", PL_SEMANTICS_ID);
    pt_fact_array(t->facts, "contracts");
    for (uint32_t i = 0; i < t->world->contract_count; i++) {
        pt_fact_object(t->facts, NULL);
        pt_tell_name(name, t->world->contract_names[i]);
        pt_fact_text(t->facts, "name", name);
        pt_fact_hex(t->facts, "code", t->world->codes[i].hash, 32);
        pt_fact_close(t->facts);
    }
    pt_fact_close(t->facts);
    pt_fact_close(t->facts);
}

static void block_facts(const pt_teller *t)
{
    const pl_certificate *c = t->certificate;
    pt_fact_object(t->facts, "block");
    pt_fact_number(t->facts, "height", c->height);
    pt_tell_time(t, c->height == 0 ? t->world->time_s : t->header.time_s);
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

/* ---- steps and claim ---- */

static void step_text(const pt_teller *t, pl_verify_step step, char *text, size_t size)
{
    const pl_verdict *v = t->verdict;
    const pl_certificate *c = t->certificate;
    const unsigned long long height = c->height;
    const uint64_t transactions = v->block.counts.tx_ok + v->block.counts.tx_revert +
                                  v->block.counts.tx_trap + v->block.counts.tx_reject;
    switch (step) {
    case PL_VERIFY_SHAPE:
        (void)snprintf(text, size, "a certificate of one %s, height %llu, claim \"%s\"",
                       kinds[c->kind], height, claims[c->claim.kind]);
        break;
    case PL_VERIFY_WORLD:
        (void)snprintf(text, size, "%u contract%s, %u feed%s: code is valid and has its hash",
                       (unsigned)t->world->contract_count, t->world->contract_count == 1 ? "" : "s",
                       (unsigned)t->world->feed_count, t->world->feed_count == 1 ? "" : "s");
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
                           v->block.counts.reports_accepted == 1 ? "" : "s", (unsigned)transactions,
                           transactions == 1 ? "" : "s");
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

static void steps_facts(const pt_teller *t)
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

static void claim_fact(const pt_teller *t)
{
    const pl_certified_claim *claim = &t->certificate->claim;
    const unsigned long long height = t->certificate->height;
    char account[PT_VALUE_TEXT_MAX], name[PL_NAME_SIZE_MAX + 1];
    pt_tell_name(name, t->world->name);
    (void)pt_tell_account(account, t, claim->account);
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
    pt_teller t = {.facts = facts,
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
        pt_tell_prices(&t);
        pt_tell_views(&t);
        pt_tell_transactions(&t);
    }
    pt_fact_close(facts);
}
