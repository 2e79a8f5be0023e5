#include "tools/plim/certify.h"

#include <stdlib.h>
#include <string.h>

#include "tools/plim/facts.h"
#include "tools/plim/health.h"
#include "tools/plim/progress.h"
#include "tools/plim/subject.h"
#include "vm/base/bytes.h"

enum { VIEWS_MAX = 8, ARGUMENTS_MAX = 36 };

/* One making under way. */
typedef struct maker {
    const pt_certify *wanted;
    pt_run run;
    uint64_t height;      /* of the block or state */
    pt_bytes headers;     /* of all blocks of the run */
    uint64_t count;       /* blocks of the run */
    const uint8_t *block; /* kind block */
    size_t block_size;
    pl_evidence *reports; /* [feed]: the last accepted report before; size 0: none */
    uint8_t account[32];
    bool has_account;
    uint32_t market;
    uint32_t contract; /* whose views are asked; 0: none */
    pl_certified_view views[VIEWS_MAX];
    uint8_t arguments[VIEWS_MAX][ARGUMENTS_MAX];
    uint16_t view_count;
    uint32_t claim_function; /* whose answer says below or not; PL_NONE: there is none */
} maker;

static const uint8_t nobody[32] = {0};

/* ---- the way there ---- */

static pt_exit read_headers(maker *m, pt_report *report)
{
    pl_history walk = m->run.history;
    const uint8_t *block;
    size_t size;
    pl_header header;
    while (pl_history_next(&walk, &block, &size) == PL_OK && block != NULL) {
        if (size < PL_HEADER_SIZE || pl_header_decode(&header, block) != PL_OK) {
            return pt_fail(report, PT_INPUT, "%s: block %llu has no header; plim replay says more",
                           m->run.history_path, (unsigned long long)m->count + 1);
        }
        pt_put(&m->headers, block, PL_HEADER_SIZE);
        m->count++;
    }
    m->height = m->wanted->height == UINT64_MAX ? m->count : m->wanted->height;
    if (m->height > m->count || (m->height == 0 && m->wanted->kind == PL_CERTIFIES_BLOCK)) {
        return pt_fail(report, PT_INPUT, "%s: there is no block %llu; the last one is %llu",
                       m->run.history_path, (unsigned long long)m->height,
                       (unsigned long long)m->count);
    }
    if (m->wanted->path_from > m->height) {
        return pt_fail(report, PT_INPUT,
                       "--path-from %llu: the path leads to block %llu, it cannot start after it",
                       (unsigned long long)m->wanted->path_from, (unsigned long long)m->height);
    }
    if (m->wanted->path_to != 0 &&
        (m->wanted->path_to < m->height || m->wanted->path_to > m->count)) {
        return pt_fail(report, PT_INPUT,
                       "--path-to %llu: the path leads on from block %llu; the last one is %llu",
                       (unsigned long long)m->wanted->path_to, (unsigned long long)m->height,
                       (unsigned long long)m->count);
    }
    return PT_OK;
}

/* Keeps the newest accepted report of each feed; the bytes are the history's. */
static void keep_reports(maker *m, const pl_block_result *result, const uint8_t *bytes, size_t size)
{
    pl_block block;
    pl_receipt receipt;
    uint32_t where, report_size;
    const uint8_t *report;
    size_t at = 0;
    if (pl_block_decode(&block, &where, bytes, size) != PL_OK) {
        return;
    }
    while (pl_items_next(&block.reports, &report, &report_size) &&
           pl_receipts_next(&receipt, &at, result->receipts, result->receipts_size) == PL_OK) {
        if (receipt.status == PL_OK && receipt.feed < pl_chain_world(m->run.chain)->feed_count) {
            m->reports[receipt.feed] = (pl_evidence){receipt.feed, report, report_size};
        }
    }
}

/* Brings the chain to where making starts. */
static pt_exit advance(maker *m, pt_report *report)
{
    const uint64_t until = m->wanted->kind == PL_CERTIFIES_BLOCK ? m->height - 1 : m->height;
    m->reports = pt_take_zeroed(pl_chain_world(m->run.chain)->feed_count + 1, sizeof *m->reports);
    for (uint64_t height = 0; height < until; height++) {
        pl_block_result result;
        const uint8_t *block;
        size_t size;
        PT_TRY(pt_run_next(&block, &size, &m->run, report));
        if (pl_chain_replay_block(&result, m->run.chain, block, size, NULL) != PL_OK) {
            (void)pt_run_refused(&m->run, &result, report);
            return PT_INPUT; /* only verified blocks are certified */
        }
        keep_reports(m, &result, block, size);
    }
    return m->wanted->kind == PL_CERTIFIES_BLOCK
               ? pt_run_next(&m->block, &m->block_size, &m->run, report)
               : PT_OK;
}

/* ---- whom it is about ---- */

static pt_exit find_transaction(pl_tx *tx, const maker *m, pt_report *report)
{
    pl_block block;
    uint32_t where, size, count = 0;
    const uint8_t *bytes;
    const pl_status status = pl_block_decode(&block, &where, m->block, m->block_size);
    if (status != PL_OK) {
        return pt_fail_status(report, status, "block %llu", (unsigned long long)m->height);
    }
    while (pl_items_next(&block.transactions, &bytes, &size)) {
        if (count++ == m->wanted->transaction && pl_tx_decode(tx, bytes, size) == PL_OK) {
            return PT_OK;
        }
    }
    return pt_fail(report, PT_INPUT,
                   "block %llu has %u transaction%s, numbered from 0; there is no number %u",
                   (unsigned long long)m->height, (unsigned)count, count == 1 ? "" : "s",
                   (unsigned)m->wanted->transaction);
}

/* The contract whose views know accounts: the transaction's own, or the first that has one. */
static bool has_line(const maker *m, uint32_t contract)
{
    pt_health_view health;
    pt_health_find(&health, m->run.chain, contract, 0, nobody);
    return health.exists ||
           pl_find_function(m->run.chain, contract, "is_liquidatable", 15) != PL_NONE;
}

static pt_exit find_subject(maker *m, pt_report *report)
{
    if (m->wanted->has_transaction) {
        pl_tx tx;
        PT_TRY(find_transaction(&tx, m, report));
        pt_subject_of(m->account, &m->market, m->run.chain, &tx);
        if (m->wanted->has_told && memcmp(m->account, tx.caller, 32) == 0) {
            memcpy(m->account, m->wanted->told, 32);
        }
        m->has_account = true;
        m->contract = has_line(m, tx.contract) ? tx.contract : 0;
    }
    if (m->wanted->account != NULL) {
        PT_TRY(pt_facts_find_account(m->account, m->run.chain, m->wanted->account, report));
        m->has_account = true;
    }
    if (m->wanted->has_market) {
        m->market = m->wanted->market;
    }
    const uint32_t contracts = pl_chain_world(m->run.chain)->contract_count;
    for (uint32_t c = 1; m->has_account && m->contract == 0 && c <= contracts; c++) {
        m->contract = has_line(m, c) ? c : 0;
    }
    return PT_OK;
}

/* ---- questions ---- */

static void add_view(maker *m, uint32_t moment, uint32_t function, const uint8_t *arguments,
                     size_t size)
{
    memcpy(m->arguments[m->view_count], arguments, size);
    m->views[m->view_count] = (pl_certified_view){.moment = moment,
                                                  .contract = m->contract,
                                                  .function = (uint16_t)function,
                                                  .arguments = m->arguments[m->view_count],
                                                  .arguments_size = (uint16_t)size};
    m->view_count++;
}

/* The view that says whether the account may be liquidated, of one account or of a market and one;
 * PL_NONE: there is none. */
static uint32_t line_function(const maker *m, uint8_t arguments[ARGUMENTS_MAX], size_t *size)
{
    const uint32_t number = pl_find_function(m->run.chain, m->contract, "is_liquidatable", 15);
    if (number == PL_NONE) {
        return PL_NONE;
    }
    const pl_function *function = &pl_chain_code(m->run.chain, m->contract)->functions[number];
    const bool of_market = function->parameter_count == 2 &&
                           function->parameters[0].type.size == 4 &&
                           function->parameters[1].type.class == PL_CLASS_ACCOUNT;
    const bool of_account =
        function->parameter_count == 1 && function->parameters[0].type.class == PL_CLASS_ACCOUNT;
    if (!of_market && !of_account) {
        return PL_NONE;
    }
    pl_store_u32(arguments, m->market);
    memcpy(arguments + (of_market ? 4 : 0), m->account, 32);
    *size = of_market ? 36 : 32;
    return number;
}

static int compare_views(const void *a, const void *b)
{
    const pl_certified_view *x = a, *y = b;
    if (x->moment != y->moment) {
        return x->moment < y->moment ? -1 : 1;
    }
    return x->function < y->function ? -1 : x->function > y->function;
}

/* For a trigger the account's health before the block, before and after the transaction; for a
 * state at its end. */
static void choose_views(maker *m)
{
    const uint32_t moment = 2 * m->wanted->transaction + 1;
    const bool is_trigger = m->wanted->has_transaction;
    uint8_t arguments[ARGUMENTS_MAX];
    size_t size = 0;
    pt_health_view health;
    m->claim_function = PL_NONE;
    if (!m->has_account || m->contract == 0) {
        return;
    }
    pt_health_find(&health, m->run.chain, m->contract, m->market, m->account);
    const uint32_t line = line_function(m, arguments, &size);
    if (health.exists) {
        m->claim_function = health.function;
        add_view(m, is_trigger ? PL_MOMENT_BASE : PL_MOMENT_END, health.function, health.arguments,
                 health.arguments_size);
        if (is_trigger) {
            add_view(m, moment, health.function, health.arguments, health.arguments_size);
            add_view(m, moment + 1, health.function, health.arguments, health.arguments_size);
        }
    }
    if (line != PL_NONE) {
        m->claim_function = line;
        add_view(m, is_trigger ? moment : PL_MOMENT_END, line, arguments, size);
    }
    qsort(m->views, m->view_count, sizeof m->views[0], compare_views);
}

static uint16_t claim_view(const maker *m, uint32_t moment)
{
    for (uint16_t i = 0; i < m->view_count; i++) {
        if (m->views[i].moment == moment && m->views[i].function == m->claim_function) {
            return i;
        }
    }
    return UINT16_MAX;
}

/* ---- making ---- */

static pl_certified_claim claim_of(const maker *m, pl_claim_kind kind)
{
    pl_certified_claim claim = {
        .kind = (uint8_t)kind, .transaction = UINT32_MAX, .account = nobody, .view = UINT16_MAX};
    if (kind == PL_CLAIM_TRANSACTION || kind == PL_CLAIM_TRIGGER) {
        claim.transaction = m->wanted->transaction;
    }
    if (kind >= PL_CLAIM_TRIGGER) {
        claim.account = m->account;
        claim.view = claim_view(m, kind == PL_CLAIM_TRIGGER ? 2 * m->wanted->transaction + 1
                                                            : PL_MOMENT_END);
    }
    return claim;
}

static void choose_path(const maker *m, pl_certify *request)
{
    const bool is_block = m->wanted->kind == PL_CERTIFIES_BLOCK;
    uint64_t first = is_block && m->height > 1 ? m->height - 1 : m->height;
    uint64_t last = m->height;
    if (m->wanted->path_from != 0 && m->wanted->path_from < first) {
        first = m->wanted->path_from;
    }
    last = m->wanted->path_to > last ? m->wanted->path_to : last;
    last = last > m->count ? m->count : last;
    if (first != 0) {
        request->headers = m->headers.data + (first - 1) * PL_HEADER_SIZE;
        request->header_count = (uint32_t)(last - first + 1);
    }
}

/* Makes and verifies with one claim. PT_DIVERGED: the claim is not so. */
static pt_exit attempt(pt_made *made, maker *m, pl_claim_kind kind, pt_report *report)
{
    pl_evidence evidence[PL_FEEDS_MAX];
    pl_certified certified = {0};
    pl_certify request = {.kind = m->wanted->kind,
                          .without_world = m->wanted->without_world,
                          .block = m->block,
                          .block_size = m->block_size,
                          .views = m->views,
                          .view_count = m->view_count,
                          .evidence = evidence,
                          .claim = claim_of(m, kind)};
    const uint32_t feeds = pl_chain_world(m->run.chain)->feed_count;
    for (uint32_t f = 0; f < feeds; f++) {
        if (m->reports[f].report_size != 0) {
            evidence[request.evidence_count++] = m->reports[f];
        }
    }
    choose_path(m, &request);
    pl_status status = pl_chain_certify(&certified, m->run.chain, &request);
    if (status != PL_OK) {
        pl_certified_free(&certified, m->run.chain);
        return pt_fail_status(report, status, "%s: block %llu cannot be certified",
                              m->run.history_path, (unsigned long long)m->height);
    }
    pt_put(&made->bytes, certified.bytes, certified.size);
    made->has_seek = certified.has_seek;
    made->reports_left_out = certified.evidence_dropped;
    pl_certified_free(&certified, m->run.chain);
    const pl_verify_options options = {.world = made->world.data, .world_size = made->world.size};
    const uint64_t start = pt_now_us();
    status = pl_verify(&made->verdict, &made->verifier, &made->memory.memory, made->bytes.data,
                       made->bytes.size, &options);
    made->verify_us = pt_now_us() - start;
    if (status == PL_REJECT_CLAIM) {
        return PT_DIVERGED;
    }
    return status == PL_OK ? PT_OK
                           : pt_fail_status(report, status, "the certificate just made, step %s",
                                            pl_verify_step_name(made->verdict.step));
}

/* The strongest claim that holds, strongest first. */
static pt_exit try_claims(pt_made *made, maker *m, pt_report *report)
{
    static const pl_claim_kind of_transaction[] = {PL_CLAIM_TRIGGER, PL_CLAIM_TRANSACTION,
                                                   PL_CLAIM_BLOCK};
    static const pl_claim_kind of_account[] = {PL_CLAIM_BELOW, PL_CLAIM_NOT_BELOW, PL_CLAIM_BLOCK};
    const bool plain = !m->has_account && !m->wanted->has_transaction;
    const bool knows_line = m->claim_function != PL_NONE;
    const pl_claim_kind *claims = m->wanted->has_transaction ? of_transaction : of_account;
    for (size_t i = plain ? 2 : 0; i < 3; i++) {
        if (claims[i] >= PL_CLAIM_TRIGGER && !knows_line) {
            continue;
        }
        pt_bytes_free(&made->bytes);
        pl_verifier_free(made->verifier);
        made->verifier = NULL;
        const pt_exit exit = attempt(made, m, claims[i], report);
        if (exit != PT_DIVERGED) {
            return exit;
        }
    }
    return pt_fail(report, PT_INPUT, "no claim about this holds");
}

static pt_exit make(pt_made *made, maker *m, pt_report *report)
{
    PT_TRY(read_headers(m, report));
    PT_TRY(advance(m, report));
    PT_TRY(find_subject(m, report));
    choose_views(m);
    pt_put(&made->world, m->run.history.world, m->run.history.world_size);
    return try_claims(made, m, report);
}

pt_exit pt_make_certificate(pt_made *made, const char *word, const pt_certify *wanted,
                            pt_report *report)
{
    maker m = {.wanted = wanted};
    const pt_run_options options = {.no_expect = true};
    *made = (pt_made){0};
    pt_memory_init(&made->memory, PT_MEMORY_LIMIT_DEFAULT);
    pt_exit exit = pt_run_open(&m.run, word, &options, report);
    if (exit == PT_OK) {
        exit = make(made, &m, report);
    }
    free(m.reports);
    pt_bytes_free(&m.headers);
    pt_run_close(&m.run);
    return exit;
}

void pt_free_certificate(pt_made *made)
{
    pl_verifier_free(made->verifier);
    pt_bytes_free(&made->bytes);
    pt_bytes_free(&made->world);
}

/* ---- liquidations by number ---- */

/* The first account among the arguments of an event. */
static void note_account(pt_certify *wanted, const pl_code *code, const pl_event *event)
{
    const pl_signature *signature = &code->events[event->event];
    size_t at = 0;
    for (uint8_t i = 0; i < signature->count; i++) {
        if (signature->fields[i].type.class == PL_CLASS_ACCOUNT) {
            memcpy(wanted->told, event->arguments + at, 32);
            wanted->has_told = true;
            return;
        }
        at += signature->fields[i].type.size;
    }
}

static bool is_liquidation(pt_certify *wanted, const pl_chain *chain, const pl_receipt *receipt)
{
    pl_event event;
    size_t at = 0;
    while (at < receipt->events_size && pl_event_next(&event, &at, receipt) == PL_OK) {
        const pl_code *code = pl_chain_code(chain, event.contract);
        if (pt_event_is_liquidation(code, event.event)) {
            wanted->has_told = false;
            note_account(wanted, code, &event);
            return true;
        }
    }
    return false;
}

/* Counts the liquidations of a block until there are `number`. */
static void count_block(pt_certify *wanted, uint64_t *found, uint64_t number, const pl_chain *chain,
                        const pl_block_result *result)
{
    pl_receipt receipt;
    uint32_t index = 0;
    for (size_t at = 0;
         at < result->receipts_size && *found < number &&
         pl_receipts_next(&receipt, &at, result->receipts, result->receipts_size) == PL_OK;) {
        if (receipt.kind == PL_RECEIPT_TRANSACTION) {
            *found += is_liquidation(wanted, chain, &receipt) ? 1 : 0;
            wanted->height = result->height;
            wanted->transaction = index++;
        }
    }
}

pt_exit pt_find_liquidation(pt_certify *wanted, const char *word, uint64_t number,
                            pt_report *report)
{
    const pt_run_options options = {.no_expect = true};
    pt_run run;
    uint64_t found = 0;
    pt_exit exit = pt_run_open(&run, word, &options, report);
    while (exit == PT_OK && found < number) {
        pl_block_result result;
        const uint8_t *block;
        size_t size;
        exit = pt_run_next(&block, &size, &run, report);
        if (exit != PT_OK || block == NULL) {
            break;
        }
        if (pl_chain_replay_block(&result, run.chain, block, size, NULL) != PL_OK) {
            (void)pt_run_refused(&run, &result, report);
            exit = PT_INPUT;
            break;
        }
        count_block(wanted, &found, number, run.chain, &result);
    }
    if (exit == PT_OK && found < number) {
        exit = pt_fail(report, PT_INPUT,
                       "%s has %llu transactions that liquidate; there is no number %llu", word,
                       (unsigned long long)found, (unsigned long long)number);
    }
    pt_run_close(&run);
    return exit;
}
