/* Reports, transactions, hooks. spec 06 §3, §4 */
#include "vm/chain/run.h"

#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/chain/ahead.h"
#include "vm/chain/feeds.h"
#include "vm/machine/value.h"

static pl_status append_receipt(pl_run *run, const pl_receipt *receipt)
{
    pl_chain *chain = run->chain;
    const size_t size = pl_receipt_size(receipt);
    uint8_t *bytes;
    PL_ASSERT(size <= UINT32_MAX); /* events and results have limits that are far below */
    PL_TRY(pl_buffer_append(&chain->receipts, &bytes, &chain->memory, 4 + size));
    pl_store_u32(bytes, (uint32_t)size);
    pl_receipt_encode(bytes + 4, receipt);
    return PL_OK;
}

/* ---- reports ---- */

/* Everything of spec 05 that one report is asked; on PL_OK the feed keeps the new price. */
static pl_status take_report(pl_run *run, pl_status *verdict, uint32_t *feed,
                             const pl_report_context *context, const uint8_t *report, uint32_t size,
                             const pl_report_ahead *ahead)
{
    pl_price last, price;
    *verdict = pl_report_feed(feed, context, report, size);
    if (*verdict != PL_OK) {
        return PL_OK;
    }
    PL_TRY(pl_feed_last(&last, run->chain, *feed));
    *verdict = pl_oracle_decide(&price, context, &last, *feed, report, size, ahead);
    if (*verdict != PL_OK) {
        return PL_OK;
    }
    price.height = run->block->header.height;
    return pl_feed_accept(run->chain, *feed, &price);
}

pl_status pl_run_reports(pl_run *run)
{
    const pl_world *world = &run->chain->world;
    const pl_report_context context = {.world_id = world->id,
                                       .feeds = world->feeds,
                                       .feed_count = world->feed_count,
                                       .block_time_s = run->block->header.time_s,
                                       .bench_skip_signatures =
                                           (run->options.bench & PL_BENCH_WITHOUT_SIGNATURES) != 0};
    pl_items reports = run->block->reports;
    const uint8_t *report;
    uint32_t size, number = 0;
    while (pl_items_next(&reports, &report, &size)) {
        pl_status verdict;
        pl_report_ahead found;
        pl_receipt receipt = {.kind = PL_RECEIPT_REPORT};
        PL_TRY(take_report(run, &verdict, &receipt.feed, &context, report, size,
                           pl_ahead_report_at(&found, run->ahead, number++)));
        receipt.status = (uint16_t)verdict;
        if (verdict == PL_OK) {
            run->result->counts.reports_accepted++;
        } else {
            run->result->counts.reports_refused++;
        }
        PL_TRY(append_receipt(run, &receipt));
    }
    return pl_feeds_settle(run->chain, run->block->header.height, run->block->header.time_s);
}

/* ---- calls ---- */

/* Runs one call inside its own level of the journal, and fills the receipt with what it did. */
static pl_status run_call(pl_run *run, pl_receipt *receipt, const pl_call *call)
{
    pl_chain *chain = run->chain;
    pl_outcome outcome;
    const pl_watch *watch = run->options.watch;
    if (watch != NULL) {
        pl_machine_trace(chain->machine, watch->step, watch->context);
    }
    PL_TRY(chain->door->ops->begin(chain->door));
    const pl_status ran =
        pl_machine_run(chain->machine, &outcome, chain->door, &chain->linkage, call);
    pl_machine_trace(chain->machine, NULL, NULL);
    PL_TRY(ran);
    if (outcome.status == PL_OK) {
        PL_TRY(chain->door->ops->commit(chain->door));
    } else {
        PL_TRY(chain->door->ops->rollback(chain->door));
    }
    PL_ASSERT(outcome.status == PL_OK || pl_is_trap(outcome.status));
    PL_ASSERT(outcome.event_count <= PL_EVENTS_PER_TX_MAX);
    receipt->status = (uint16_t)outcome.status;
    receipt->gas_used = outcome.gas_used;
    if (outcome.status == PL_OK) {
        receipt->result = outcome.result;
        receipt->result_size = (uint32_t)outcome.result_size;
        receipt->event_count = (uint16_t)outcome.event_count;
        receipt->events = outcome.events;
        receipt->events_size = (uint32_t)outcome.events_size;
    } else if (outcome.status == PL_TRAP_REVERT) {
        receipt->revert_contract = outcome.revert_contract;
        receipt->revert_error = outcome.revert_error;
        receipt->revert_arguments = outcome.revert_arguments;
        receipt->revert_size = (uint32_t)outcome.revert_arguments_size;
    }
    run->result->counts.gas_used += outcome.gas_used;
    run->result->counts.events += receipt->event_count;
    return PL_OK;
}

/* ---- transactions ---- */

/* spec 06 §3: no transaction speaks for a contract. */
static bool is_contract_account(const pl_world *world, const uint8_t *caller)
{
    pl_u256 account;
    if (caller[0] != '@') {
        return false;
    }
    pl_u256_load_be(&account, caller, 32);
    for (uint32_t i = 0; i < world->contract_count; i++) {
        if (pl_u256_eq(&account, &world->contracts[i].account)) {
            return true;
        }
    }
    return false;
}

static pl_status check_arguments(const pl_code *code, const pl_function *function, const pl_tx *tx)
{
    uint32_t failed;
    if (tx->arguments_size != pl_fields_size(function->parameters, function->parameter_count) ||
        pl_fields_check(&failed, code, function->parameters, function->parameter_count,
                        tx->arguments) != PL_OK) {
        return PL_REJECT_TX_ARGUMENTS;
    }
    return PL_OK;
}

static pl_status check_auth(const pl_world *world, const pl_tx *tx, const uint8_t *bytes,
                            pl_keys *keys, bool skip_signature)
{
    if (is_contract_account(world, tx->caller) ||
        tx->is_signed != (world->tx_auth == PL_TX_AUTH_SECP256K1)) {
        return PL_REJECT_TX_AUTH;
    }
    if (!tx->is_signed) {
        return PL_OK;
    }
    return pl_tx_auth_check(tx->caller, world->id, bytes, pl_tx_unsigned_size(tx), tx->public_key,
                            tx->signature, keys, skip_signature);
}

pl_status pl_tx_check(const pl_world *world, const pl_tx *tx, const uint8_t *bytes, pl_keys *keys,
                      bool skip_signature)
{
    if (tx->contract < 1 || tx->contract > world->contract_count) {
        return PL_REJECT_TX_CONTRACT;
    }
    const pl_code *code = &world->codes[tx->contract - 1];
    if (tx->function >= code->function_count) {
        return PL_REJECT_TX_FUNCTION;
    }
    const pl_function *function = &code->functions[tx->function];
    if ((function->flags & PL_FUNCTION_PUBLIC) == 0 ||
        (function->flags & PL_FUNCTION_EFFECT) != PL_EFFECT_TX) {
        return PL_REJECT_TX_FUNCTION;
    }
    if (tx->gas_limit > world->tx_gas_max) {
        return PL_REJECT_TX_GAS;
    }
    PL_TRY(check_arguments(code, function, tx));
    return check_auth(world, tx, bytes, keys, skip_signature);
}

/* The same, as it was found ahead, or now. */
static pl_status check_tx(const pl_run *run, const pl_tx *tx, const uint8_t *bytes, uint32_t number)
{
    if (run->ahead != NULL) {
        return pl_ahead_tx_at(run->ahead, number);
    }
    return pl_tx_check(&run->chain->world, tx, bytes, run->chain->keys,
                       (run->options.bench & PL_BENCH_WITHOUT_SIGNATURES) != 0);
}

/* The last check. The row is read only when all others passed: what a transaction reads is part of
 * its certificate (spec 10 §4). On output: *nonce, the account's next; 0 without tx_auth. */
static pl_status check_nonce(pl_status *verdict, uint64_t *nonce, pl_chain *chain, const pl_tx *tx)
{
    *nonce = 0;
    if (chain->world.tx_auth == PL_TX_AUTH_SECP256K1) {
        PL_TRY(pl_system_get_nonce(nonce, chain, tx->caller));
    }
    *verdict = tx->nonce == *nonce ? PL_OK : PL_REJECT_TX_NONCE;
    return PL_OK;
}

static pl_status run_tx(pl_run *run, pl_receipt *receipt, const pl_tx *tx, const uint8_t *bytes,
                        uint32_t number)
{
    pl_chain *chain = run->chain;
    const bool has_nonces = chain->world.tx_auth == PL_TX_AUTH_SECP256K1;
    uint64_t nonce = 0;
    pl_status verdict = check_tx(run, tx, bytes, number);
    if (verdict == PL_OK) {
        PL_TRY(check_nonce(&verdict, &nonce, chain, tx));
    }
    if (verdict != PL_OK) {
        receipt->status = (uint16_t)verdict;
        return PL_OK;
    }
    if (has_nonces) {
        PL_TRY(pl_system_put_nonce(chain, tx->caller, nonce + 1));
    }
    pl_call call = {.contract = tx->contract,
                    .function = tx->function,
                    .gas_limit = tx->gas_limit,
                    .height = run->block->header.height,
                    .time_s = run->block->header.time_s,
                    .arguments = tx->arguments,
                    .arguments_size = tx->arguments_size};
    pl_u256_load_be(&call.caller, tx->caller, sizeof tx->caller);
    return run_call(run, receipt, &call);
}

static void count_tx(pl_block_counts *counts, pl_status status)
{
    if (status == PL_OK) {
        counts->tx_ok++;
    } else if (status == PL_TRAP_REVERT) {
        counts->tx_revert++;
    } else if (pl_is_trap(status)) {
        counts->tx_trap++;
    } else {
        counts->tx_reject++;
    }
}

static void tell_moment(const pl_run *run, uint32_t transaction, bool is_after)
{
    const pl_watch *watch = run->options.watch;
    if (watch != NULL && watch->moment != NULL) {
        watch->moment(watch->context, run->chain, transaction, is_after);
    }
}

pl_status pl_run_transactions(pl_run *run)
{
    pl_items transactions = run->block->transactions;
    uint32_t number = 0;
    const uint8_t *bytes;
    uint32_t size;
    while (pl_items_next(&transactions, &bytes, &size)) {
        pl_tx tx;
        const pl_status shape = pl_tx_decode(&tx, bytes, size);
        PL_ASSERT(shape == PL_OK); /* pl_body_decode proved it */
        pl_receipt receipt = {
            .kind = PL_RECEIPT_TRANSACTION, .contract = tx.contract, .function = tx.function};
        tell_moment(run, number, false);
        PL_TRY(run->chain->fault); /* a query of the watcher may have met one */
        PL_TRY(run_tx(run, &receipt, &tx, bytes, number));
        count_tx(&run->result->counts, (pl_status)receipt.status);
        PL_TRY(append_receipt(run, &receipt));
        tell_moment(run, number, true);
        PL_TRY(run->chain->fault);
        number++;
    }
    return PL_OK;
}

/* ---- hooks ---- */

pl_status pl_run_hooks(pl_run *run)
{
    const pl_world *world = &run->chain->world;
    for (uint32_t i = 0; i < world->hook_count; i++) {
        const pl_duty duty = world->hooks[i];
        const pl_call call = {.contract = duty.contract,
                              .function = duty.function,
                              .caller = world->contracts[duty.contract - 1].account,
                              .gas_limit = world->hook_gas,
                              .height = run->block->header.height,
                              .time_s = run->block->header.time_s};
        pl_receipt receipt = {
            .kind = PL_RECEIPT_HOOK, .contract = duty.contract, .function = duty.function};
        PL_TRY(run_call(run, &receipt, &call));
        if (receipt.status == PL_OK) {
            run->result->counts.hook_ok++;
        } else {
            run->result->counts.hook_failed++;
        }
        PL_TRY(append_receipt(run, &receipt));
    }
    return PL_OK;
}
