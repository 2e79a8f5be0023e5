/* The same question as bench_trigger, of accounts with budgets: what an update costs that makes ten
 * of N accounts of contracts/keeper_aave.plim liquidatable.
 *
 *   bench_trigger_pool [LARGEST]      the largest book, 10^6 unless memory is short
 *
 * An account has 10 units of one collateral and owes a stable debt, whose weight is 1 against 100.
 * An update is a new price and the transaction `sweep`, which finds the ten, and gives new keys to
 * those that fired without need: how many were asked is printed too. Between updates, untimed, the
 * ten leave and ten others come, and the price goes on falling. The books take turns; medians. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/large_memory.h"
#include "tests/support/one_contract.h"
#include "tests/support/timing.h"

#define SMALLEST         10000u
#define LARGEST          1000000u
#define BYTES_AN_ACCOUNT 1500u
#define HITS             10u
#define ROUNDS           25u
#define UPDATES          20u /* of one book in one round */
#define SIZES_MAX        3u
#define STABLE           0u
#define COIN             1u
#define UNIT             ((one_number)1000000000000000000)
#define RAY              (UNIT * 1000000000)

typedef struct book {
    one_contract c;
    uint32_t count;
    uint32_t sweep, rewatch;
    uint32_t users, balances, unsafe; /* tables */
    int64_t top, bottom;              /* accounts have the ranks bottom .. top - 1, by debt */
    double times[ROUNDS * UPDATES];
    size_t time_count;
    double asked;
} book;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "bench_trigger_pool: %s\n", what);
    exit(1);
}

/* In millionths of the stable unit. */
static one_number debt_of(const book *b, int64_t rank)
{
    return (one_number)10000000000 + (one_number)rank * ((one_number)4000000000 / b->count);
}

/* The highest price (8 decimals) at which 10 coins at 80 % do not cover a rank's debt: value and
 * debt have 8 decimals, so 10 * price * 0.8 < debt * 100. */
static one_number price_below(const book *b, int64_t rank)
{
    return (debt_of(b, rank) * 25 + 1) / 2 - 1;
}

static uint32_t owner_of(const book *b, int64_t rank)
{
    return (uint32_t)(rank + 10 * (int64_t)b->count);
}

static void write_reserve(book *b, unsigned asset, unsigned decimals)
{
    one_contract *c = &b->c;
    one_row(c, "reserves");
    one_add(c, asset, 1);
    one_set(c, "feed", asset);
    one_set(c, "cfg",
            (one_number)7500 | (one_number)8000 << 16 | (one_number)10500 << 32 |
                (one_number)decimals << 48 | (one_number)5 << 56);
    one_set(c, "last", (one_number)c->time_s);
    one_put(c);
    one_price(c, asset, 100000000, 8);
}

/* Writes an account past the entries: 10 coins as collateral, a stable debt; then its keys. */
static void open_account(book *b, int64_t rank)
{
    one_contract *c = &b->c;
    const uint32_t who = owner_of(b, rank);
    one_row(c, "users");
    one_add_account(c, who);
    one_set(c, "cfg", 1 << (2 * STABLE) | 1 << (2 * COIN + 1));
    one_put(c);
    one_row(c, "balances");
    one_add_account(c, who);
    one_add(c, STABLE, 1);
    one_set(c, "scaled_v", debt_of(b, rank));
    one_put(c);
    one_row(c, "balances");
    one_add_account(c, who);
    one_add(c, COIN, 1);
    one_set(c, "scaled_a", 10 * UNIT);
    one_put(c);
    one_add_account(c, who);
    if (one_call_number(c, b->rewatch, who) != PL_OK) {
        fail("rewatch");
    }
}

static uint32_t table_of(const book *b, const char *name)
{
    for (uint32_t t = 0; t < b->c.code.table_count; t++) {
        const pl_name *of = &b->c.code.tables[t].name;
        if (of->size == strlen(name) && memcmp(of->text, name, of->size) == 0) {
            return t;
        }
    }
    fail(name);
}

/* An account that a sweep has put into `unsafe`. */
static void close_account(book *b, int64_t rank)
{
    pl_door *door = pl_store_door(b->c.store);
    uint8_t key[33] = {0};
    bool existed[4];
    one_account(key, owner_of(b, rank));
    if (door->ops->del(door, &existed[0], b->users, key) != PL_OK ||
        door->ops->del(door, &existed[1], b->unsafe, key) != PL_OK ||
        door->ops->del(door, &existed[2], b->balances, key) != PL_OK) {
        fail("memory");
    }
    key[32] = COIN;
    if (door->ops->del(door, &existed[3], b->balances, key) != PL_OK ||
        !(existed[0] && existed[1] && existed[2] && existed[3])) {
        fail("an account that was found is not there");
    }
}

static void open_book(book *b, uint32_t count)
{
    one_contract *c = &b->c;
    b->count = count;
    one_open_in(c, "contracts/keeper_aave.plim", &large_memory);
    b->sweep = one_function(c, "sweep");
    b->rewatch = one_function(c, "rewatch");
    b->users = table_of(b, "users");
    b->balances = table_of(b, "balances");
    b->unsafe = table_of(b, "unsafe");
    write_reserve(b, STABLE, 6);
    write_reserve(b, COIN, 18);
    one_row(c, "swings");
    one_add(c, STABLE, 1);
    one_set(c, "weight", 1);
    one_put(c);
    one_price(c, COIN, price_below(b, count) + 1, 8);
    const double start = timing_now();
    const size_t before = large_memory_taken();
    b->top = count;
    for (int64_t rank = 0; rank < b->top; rank++) {
        open_account(b, rank);
    }
    fprintf(stderr,
            "bench_trigger_pool: %" PRIu32 " accounts in %.1f s, %.0f bytes each asked for\n",
            count, timing_now() - start, (double)(large_memory_taken() - before) / count);
}

static double update(book *b)
{
    const one_number price = price_below(b, b->top - (int64_t)HITS);
    const double start = timing_now();
    one_price(&b->c, COIN, price, 8);
    one_add(&b->c, 0, 4); /* from the beginning */
    one_add(&b->c, 0, 32);
    one_add(&b->c, 0, 32);
    one_add(&b->c, 1000, 8);
    if (one_call_number(&b->c, b->sweep, 1) != PL_OK) {
        fail("sweep");
    }
    const double seconds = timing_now() - start;
    if (one_result(&b->c, 0, 8) != HITS) {
        fail("an update did not find what it should");
    }
    b->asked += (double)one_result(&b->c, 8, 8);
    for (unsigned i = 0; i < HITS; i++) {
        close_account(b, --b->top);
        open_account(b, --b->bottom);
    }
    return seconds;
}

int main(int argc, char **argv)
{
    static book books[SIZES_MAX];
    size_t count = 0;
    uint32_t largest = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : LARGEST;
    while (argc <= 1 && largest > SMALLEST &&
           (double)largest * BYTES_AN_ACCOUNT > large_memory_free()) {
        largest /= 10;
    }
    for (uint32_t n = SMALLEST; n <= largest && count < SIZES_MAX; n *= 10) {
        open_book(&books[count++], n);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < count; i++) {
            for (unsigned k = 0; k < UPDATES; k++) {
                books[i].times[books[i].time_count++] = update(&books[i]) * 1e9;
            }
        }
    }
    double first = 0;
    for (size_t i = 0; i < count; i++) {
        char name[64];
        const double ns = timing_median(books[i].times, books[i].time_count);
        first = i == 0 ? ns : first;
        (void)snprintf(name, sizeof name, "price sweep, 10 hits of %" PRIu32 " accounts",
                       books[i].count);
        timing_print(name, ns, "ns", "the same of 10000", ns / first);
        fprintf(stderr, "bench_trigger_pool: %.1f accounts asked an update\n",
                books[i].asked / (double)books[i].time_count);
    }
    return 0;
}
