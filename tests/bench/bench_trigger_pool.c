/* The same question as bench_trigger, of accounts with budgets: what an update costs that makes ten
 * of N accounts of contracts/keeper_aave.plim liquidatable.
 *
 *   bench_trigger_pool [LARGEST]      the largest book, 10^6 unless memory is short
 *
 * An account has 10 units of one collateral and owes a stable debt, whose weight is 1 against 100.
 * An update is a new price and the transaction `sweep`, which finds the ten, and gives new keys to
 * those that fired without need: how many were asked is printed too. 10^7 accounts take 12 GB and
 * two minutes to open, each by a call of the contract, so they are asked for by name. */
#include "tests/bench/books.h"

#define LARGEST 1000000u
#define STABLE  0u
#define COIN    1u

enum { USERS, BALANCES, UNSAFE }; /* tables    */
enum { SWEEP, REWATCH };          /* functions */

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
    if (one_call_number(c, b->functions[REWATCH], who) != PL_OK) {
        fail("rewatch");
    }
}

/* An account that a sweep has put into `unsafe`. */
static void close_account(book *b, int64_t rank)
{
    pl_door *door = pl_store_door(b->c.store);
    uint8_t key[33] = {0};
    bool existed[4];
    one_account(key, owner_of(b, rank));
    if (door->ops->del(door, &existed[0], b->tables[USERS], key) != PL_OK ||
        door->ops->del(door, &existed[1], b->tables[UNSAFE], key) != PL_OK ||
        door->ops->del(door, &existed[2], b->tables[BALANCES], key) != PL_OK) {
        fail("memory");
    }
    key[32] = COIN;
    if (door->ops->del(door, &existed[3], b->tables[BALANCES], key) != PL_OK ||
        !(existed[0] && existed[1] && existed[2] && existed[3])) {
        fail("an account that was found is not there");
    }
}

static void open_book(book *b)
{
    one_contract *c = &b->c;
    one_open_in(c, "contracts/keeper_aave.plim", &large_memory);
    b->functions[SWEEP] = one_function(c, "sweep");
    b->functions[REWATCH] = one_function(c, "rewatch");
    b->tables[USERS] = table_of(b, "users");
    b->tables[BALANCES] = table_of(b, "balances");
    b->tables[UNSAFE] = table_of(b, "unsafe");
    write_reserve(b, STABLE, 6);
    write_reserve(b, COIN, 18);
    one_row(c, "swings");
    one_add(c, STABLE, 1);
    one_set(c, "weight", 1);
    one_put(c);
    one_price(c, COIN, price_below(b, b->count) + 1, 8);
    for (int64_t rank = 0; rank < b->top; rank++) {
        open_account(b, rank);
    }
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
    if (one_call_number(&b->c, b->functions[SWEEP], 1) != PL_OK) {
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
    static book books[BOOKS_MAX];
    static const book_kind kind = {.program = "bench_trigger_pool",
                                   .row = "price sweep",
                                   .accounts = "accounts",
                                   .largest = LARGEST,
                                   .bytes = 1250,
                                   .open = open_book,
                                   .update = update};
    const uint32_t largest = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    const size_t count = books_open(books, &kind, largest);
    if (count == 0) {
        fail("not one book fits into memory");
    }
    books_measure(books, count, &kind);
    return 0;
}
