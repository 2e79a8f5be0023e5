/* Makes a long history cheaply: a small margin account contract, a few hundred accounts, one to
 * three calls in each block, and in every eighth a signed price. The same seed gives the same file.
 *
 *     long_history [--blocks N] [--seed S] [--world FILE] -o HISTORY.plh */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/disk.h"
#include "tools/import/world_file.h"
#include "tools/sim/random.h"
#include "vm/base/bytes.h"

enum { ACCOUNTS = 300, PRICE_EVERY = 8, CALLS_MAX = 3, EVERY_S = 12 };

typedef struct maker {
    pt_world_file world;
    pt_random random;
    pt_replacement out;
    pt_bytes body;
    uint64_t height, round, ok, calls;
    int64_t price; /* 8 decimals */
    uint32_t deposit, withdraw, borrow, repay, liquidate;
} maker;

static void account(uint8_t bytes[32], uint64_t number)
{
    memset(bytes, 0, 32);
    pl_store_u64(bytes, number * UINT64_C(0x9e3779b97f4a7c15));
    pl_store_u64(bytes + 24, number);
}

static void put_amount(uint8_t bytes[32], uint64_t units)
{
    memset(bytes, 0, 32);
    pl_store_u64(bytes + 24, units);
}

static void put_call(maker *m, uint32_t function, const uint8_t *arguments, uint32_t size,
                     uint64_t caller)
{
    uint8_t bytes[PL_TX_HEAD_SIZE + 64 + 1];
    pl_tx tx = {.contract = 1,
                .function = (uint16_t)function,
                .gas_limit = 1000000,
                .arguments = arguments,
                .arguments_size = size};
    account(tx.caller, caller);
    pl_tx_encode(bytes, &tx);
    pt_put_u32(&m->body, (uint32_t)pl_tx_size(&tx));
    pt_put(&m->body, bytes, pl_tx_size(&tx));
}

/* One of the things that holders do; most are allowed, some are refused. */
static void add_call(maker *m)
{
    uint8_t arguments[64];
    const uint64_t who = 1 + pt_random_below(&m->random, ACCOUNTS);
    const uint64_t ether = pt_random_below(&m->random, 1000) * UINT64_C(1000000000000000);
    const uint64_t dollars = pt_random_below(&m->random, 900) * UINT64_C(1000000);
    const uint64_t kind = pt_random_below(&m->random, 10);
    if (kind == 9) {
        account(arguments, who);
        put_amount(arguments + 32, dollars / 4);
        put_call(m, m->liquidate, arguments, 64, 0);
        return;
    }
    const bool is_ether = kind < 5;
    const uint32_t function = kind < 4    ? m->deposit
                              : kind == 4 ? m->withdraw
                              : kind < 8  ? m->borrow
                                          : m->repay;
    put_amount(arguments, is_ether ? ether : dollars);
    put_call(m, function, arguments, 32, who);
}

static pt_exit add_price(maker *m, uint64_t time_s, pt_report *report)
{
    pt_bytes bytes = {0};
    m->price += pt_random_bell(&m->random) * 500000000 / PT_RANDOM_SIGMA;
    m->price = m->price < 20000000000 ? 20000000000 : m->price;
    const pt_price_report told = {
        .round = ++m->round, .time_s = time_s, .price = pl_i256_from_i64(m->price), .decimals = 8};
    const uint8_t *world = pl_chain_world(m->world.chain)->id;
    const pt_exit result = pt_signer_report(&bytes, &m->world.signer, world, &told, report);
    pt_put_u32(&m->body, (uint32_t)bytes.size);
    pt_put(&m->body, bytes.data, bytes.size);
    pt_bytes_free(&bytes);
    return result;
}

static pt_exit add_block(maker *m, pt_report *report)
{
    const uint64_t time_s = pl_chain_world(m->world.chain)->time_s + EVERY_S * (m->height + 1);
    const bool is_priced = m->height % PRICE_EVERY == 0;
    const uint32_t calls = 1 + (uint32_t)pt_random_below(&m->random, CALLS_MAX);
    m->body.size = 0;
    pt_put_u32(&m->body, is_priced ? 1 : 0);
    if (is_priced) {
        PT_TRY(add_price(m, time_s, report));
    }
    pt_put_u32(&m->body, calls);
    for (uint32_t i = 0; i < calls; i++) {
        add_call(m);
    }
    pl_block_result result;
    const pl_status status =
        pl_chain_seal_block(&result, m->world.chain, time_s, m->body.data, m->body.size, NULL);
    if (status != PL_OK) {
        return pt_fail_status(report, status, "block %llu", (unsigned long long)m->height + 1);
    }
    uint8_t size[4];
    pl_store_u32(size, (uint32_t)result.block_size);
    (void)pt_replacement_put(&m->out, size, sizeof size);
    (void)pt_replacement_put(&m->out, result.block, result.block_size);
    m->calls += calls;
    m->ok += result.counts.tx_ok;
    m->height++;
    return PT_OK;
}

static uint32_t function_of(const maker *m, const char *name)
{
    return pl_find_function(m->world.chain, 1, name, strlen(name));
}

static pt_exit make(maker *m, uint64_t blocks, pt_report *report)
{
    uint8_t head[10] = "PLHS";
    PT_TRY(pt_world_file_open(&m->world, NULL, report));
    m->deposit = function_of(m, "deposit");
    m->withdraw = function_of(m, "withdraw");
    m->borrow = function_of(m, "borrow");
    m->repay = function_of(m, "repay");
    m->liquidate = function_of(m, "liquidate");
    pl_store_u16(head + 4, 1);
    pl_store_u32(head + 6, (uint32_t)m->world.world.size);
    (void)pt_replacement_put(&m->out, head, sizeof head);
    (void)pt_replacement_put(&m->out, m->world.world.data, m->world.world.size);
    while (m->height < blocks) {
        PT_TRY(add_block(m, report));
    }
    return pt_replacement_commit(&m->out, report);
}

int main(int argc, char **argv)
{
    static maker m = {.price = INT64_C(200000000000), .random = {1}};
    const char *path = NULL;
    uint64_t blocks = 100000;
    pt_report report = {""};
    m.world.file = "tests/storm/long_history.world.json";
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--blocks") == 0) {
            blocks = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            m.random = (pt_random){strtoull(argv[i + 1], NULL, 10)};
        } else if (strcmp(argv[i], "--world") == 0) {
            m.world.file = argv[i + 1];
        } else if (strcmp(argv[i], "-o") == 0) {
            path = argv[i + 1];
        }
    }
    if (path == NULL) {
        (void)fputs("usage: long_history [--blocks N] [--seed S] [--world FILE] -o FILE\n", stderr);
        return 2;
    }
    char *temporary = pt_take(strlen(path) + 5);
    (void)sprintf(temporary, "%s.new", path);
    pt_exit exit = pt_replacement_begin(&m.out, path, temporary, &report);
    exit = exit == PT_OK ? make(&m, blocks, &report) : exit;
    pt_replacement_abandon(&m.out);
    if (exit == PT_OK) {
        (void)printf("%s: %llu blocks, %llu calls, %llu of them done, %llu prices\n", path,
                     (unsigned long long)m.height, (unsigned long long)m.calls,
                     (unsigned long long)m.ok, (unsigned long long)m.round);
    } else {
        (void)fprintf(stderr, "long_history: %s\n", report.line);
    }
    free(temporary);
    pt_bytes_free(&m.body);
    pt_world_file_close(&m.world);
    return (int)exit;
}
