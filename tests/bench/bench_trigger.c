/* What a price update costs over a book of N vaults of which it makes ten unsafe.
 *
 *   bench_trigger [LARGEST]      the largest book, 10^7 unless memory is short
 *
 * contracts/keeper_maker.plim, books of 10^4 to 10^7 vaults side by side in memory. An update is a
 * new price in the state, `poke`, and the view `liquidatable`, which finds the ten, checks each
 * exactly and names them. Before each update, untimed: the ten of the last update leave, ten new
 * vaults come (the book keeps its size, the price goes on falling), and fifty vaults drawn at
 * random are touched, so that the caches hold what a book in use leaves in them. The books take
 * turns; medians over all updates of a size. The yardstick of each book is the smallest one; that
 * of the index is the same question answered by looking at every vault. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/large_memory.h"
#include "tests/support/one_contract.h"
#include "tests/support/timing.h"
#include "vm/base/bytes.h"

#define SMALLEST      10000u
#define LARGEST       10000000u
#define BYTES_A_VAULT 500u /* of one vault: its row, its keys, three orders */
#define HITS          10u
#define TOUCHED       50u
#define ROUNDS        50u
#define UPDATES       20u /* of one book in one round */
#define SIZES_MAX     4u
#define UNIT          ((one_number)1000000000000000000)
#define RAY           (UNIT * 1000000000)
#define WARD          4000000000u

typedef struct book {
    one_contract c;
    uint32_t count;
    uint32_t urns, keys; /* tables */
    uint32_t poke, find, frob, scan;
    int64_t top, bottom; /* vaults have the ranks bottom .. top - 1, by debt */
    double times[ROUNDS * UPDATES];
    size_t time_count;
} book;

static uint64_t random_state = 42;

static uint64_t draw(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "bench_trigger: %s\n", what);
    exit(1);
}

/* The debt of a rank, per unit of collateral: ranks are apart by 1/(20 N) of a dai. */
static one_number debt_of(const book *b, int64_t rank)
{
    return UNIT + (one_number)rank * (UNIT / (20 * (one_number)b->count));
}

/* The account of a rank: its order in the tables of keys has nothing to do with the rank. */
static uint32_t owner_of(const book *b, int64_t rank)
{
    return (uint32_t)(rank + 10 * (int64_t)b->count);
}

/* Writes a vault past the contract, as its frob would: row and key. Or deletes both. */
static void write_vault(book *b, int64_t rank, bool exists)
{
    pl_door *door = pl_store_door(b->c.store);
    uint8_t urn_key[36], who_line[36], urn[64] = {0}, key_row[36] = {0};
    static const uint8_t scale_bytes[13] = {1}; /* 2^96 */
    const pl_u256 unit = pl_u256_from_u64((uint64_t)UNIT);
    pl_u256 debt = pl_u256_from_u64((uint64_t)debt_of(b, rank)), scale, key;
    bool existed;
    pl_u256_load_be(&scale, scale_bytes, sizeof scale_bytes);
    pl_store_u32(urn_key, 0);
    one_account(urn_key + 4, owner_of(b, rank));
    memcpy(who_line, urn_key + 4, 32);
    pl_store_u32(who_line + 32, 0);
    if (pl_u256_muldiv_full_up(&key, &debt, &scale, &unit) != PL_OK ||
        pl_u256_store_be(urn, 32, &unit) != PL_OK ||
        pl_u256_store_be(urn + 32, 32, &debt) != PL_OK ||
        pl_u256_store_be(key_row + 4, 32, &key) != PL_OK) {
        fail("a number is too wide");
    }
    if ((exists ? door->ops->put(door, b->urns, urn_key, urn)
                : door->ops->del(door, &existed, b->urns, urn_key)) != PL_OK ||
        (exists ? door->ops->put(door, b->keys, who_line, key_row)
                : door->ops->del(door, &existed, b->keys, who_line)) != PL_OK) {
        fail("memory");
    }
}

/* A rank and the first bytes of its account, which decide the account's place. */
typedef struct place {
    uint32_t account;
    uint32_t rank;
} place;

static int compare_places(const void *a, const void *b)
{
    const place *x = a;
    const place *y = b;
    return (x->account > y->account) - (x->account < y->account);
}

/* Writes the vaults in the order of their accounts, which is random by debt: two of the three
 * orders then grow at their end, and the book is there in half the time. */
static void fill(book *b)
{
    place *places = malloc(b->count * sizeof *places);
    uint8_t account[32];
    if (places == NULL) {
        fail("memory");
    }
    for (uint32_t rank = 0; rank < b->count; rank++) {
        one_account(account, owner_of(b, rank));
        places[rank] = (place){pl_load_u32(account), rank};
    }
    qsort(places, b->count, sizeof *places, compare_places);
    for (uint32_t i = 0; i < b->count; i++) {
        write_vault(b, places[i].rank, true);
    }
    free(places);
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

static void open_book(book *b, uint32_t count)
{
    one_contract *c = &b->c;
    b->count = count;
    one_open_in(c, "contracts/keeper_maker.plim", &large_memory);
    b->urns = table_of(b, "urns");
    b->keys = table_of(b, "triggers.keys");
    b->poke = one_function(c, "poke");
    b->find = one_function(c, "liquidatable");
    b->frob = one_function(c, "frob");
    b->scan = one_function(c, "count_by_full_scan");
    one_row(c, "ilks");
    one_add(c, 0, 4);
    one_set(c, "mat", RAY);
    one_set(c, "rate", RAY);
    one_put(c);
    const double start = timing_now();
    const size_t before = large_memory_taken();
    b->top = count;
    fill(b);
    fprintf(stderr, "bench_trigger: %" PRIu32 " vaults in %.1f s, %.0f bytes a vault asked for\n",
            count, timing_now() - start, (double)(large_memory_taken() - before) / count);
}

static void call(book *b, uint32_t function, uint32_t caller)
{
    if (one_call_number(&b->c, function, caller) != PL_OK) {
        fail(pl_status_name(b->c.outcome.status));
    }
}

/* The last ten leave, ten come with less debt than all others, fifty are touched. */
static void go_on(book *b)
{
    for (unsigned i = 0; i < HITS; i++) {
        write_vault(b, --b->top, false);
        write_vault(b, --b->bottom, true);
    }
    for (unsigned i = 0; i < TOUCHED; i++) {
        const int64_t rank = b->bottom + (int64_t)(draw() % b->count);
        one_add(&b->c, 0, 4);
        one_add(&b->c, 0, 32);
        one_add(&b->c, 0, 32);
        call(b, b->frob, owner_of(b, rank));
    }
}

/* One price update; the ten of the highest debt are found, and no other. */
static double update(book *b)
{
    go_on(b);
    const one_number price = debt_of(b, b->top - (int64_t)HITS) - 1; /* a wei below the tenth */
    const double start = timing_now();
    one_price(&b->c, 0, price, 18);
    one_add(&b->c, 0, 4);
    call(b, b->poke, WARD);
    one_add(&b->c, 0, 4);
    call(b, b->find, WARD);
    const double seconds = timing_now() - start;
    if (one_result(&b->c, 0, 8) != HITS) {
        fail("an update did not find what it should");
    }
    return seconds;
}

static void measure(book *books, size_t count)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < count; i++) {
            for (unsigned k = 0; k < UPDATES; k++) {
                books[i].times[books[i].time_count++] = update(&books[i]) * 1e9;
            }
        }
    }
}

/* The question without an index, on the smallest book. */
static double full_scan(book *b)
{
    double times[11];
    for (unsigned i = 0; i < 11; i++) {
        const double start = timing_now();
        one_add(&b->c, 0, 4);
        call(b, b->scan, WARD);
        times[i] = (timing_now() - start) * 1e9;
    }
    return timing_median(times, 11);
}

int main(int argc, char **argv)
{
    static book books[SIZES_MAX];
    size_t count = 0;
    uint32_t largest = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : LARGEST;
    while (argc <= 1 && largest > SMALLEST &&
           (double)largest * BYTES_A_VAULT * 1.2 > large_memory_free()) {
        fprintf(stderr, "bench_trigger: no memory for %" PRIu32 " vaults\n", largest);
        largest /= 10;
    }
    for (uint32_t n = SMALLEST; n <= largest && count < SIZES_MAX; n *= 10) {
        open_book(&books[count++], n);
    }
    measure(books, count);
    double first = 0;
    for (size_t i = 0; i < count; i++) {
        char name[64];
        const double ns = timing_median(books[i].times, books[i].time_count);
        first = i == 0 ? ns : first;
        (void)snprintf(name, sizeof name, "price update, 10 hits of %" PRIu32 " vaults",
                       books[i].count);
        timing_print(name, ns, "ns", "the same of 10000", ns / first);
    }
    const double all = full_scan(&books[0]);
    timing_print("full scan of 10000 vaults", all, "ns", "the update by index", all / first);
    return 0;
}
