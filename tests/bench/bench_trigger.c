/* What a price update costs over a book of N vaults of which it makes ten unsafe.
 *
 *   bench_trigger [LARGEST]      the largest book, 10^7 unless memory is short
 *
 * contracts/keeper_maker.plim. An update is a new price in the state, `poke`, and the view
 * `liquidatable`, which finds the ten, checks each exactly and names them. Before each update,
 * untimed: the ten of the last update leave, ten new vaults come, and fifty vaults drawn at random
 * are touched, so that the caches hold what a book in use leaves in them. The yardstick of each
 * book is the smallest one; that of the index is the same question answered by looking at every
 * vault. */
#include "tests/bench/books.h"
#include "vm/base/bytes.h"

#define LARGEST     10000000u
#define TOUCHED     50u
#define WARD        4000000000u
#define SCAN_ROUNDS 11u

enum { URNS, KEYS };             /* tables    */
enum { POKE, FIND, FROB, SCAN }; /* functions */

static uint64_t random_state = 42;

static uint64_t draw(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* The debt of a rank, per unit of collateral: ranks are apart by 1/(20 N) of a dai. */
static one_number debt_of(const book *b, int64_t rank)
{
    return UNIT + (one_number)rank * (UNIT / (20 * (one_number)b->count));
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
    if ((exists ? door->ops->put(door, b->tables[URNS], urn_key, urn)
                : door->ops->del(door, &existed, b->tables[URNS], urn_key)) != PL_OK ||
        (exists ? door->ops->put(door, b->tables[KEYS], who_line, key_row)
                : door->ops->del(door, &existed, b->tables[KEYS], who_line)) != PL_OK) {
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

static void open_book(book *b)
{
    one_contract *c = &b->c;
    one_open_in(c, "contracts/keeper_maker.plim", &large_memory);
    b->tables[URNS] = table_of(b, "urns");
    b->tables[KEYS] = table_of(b, "triggers.keys");
    b->functions[POKE] = one_function(c, "poke");
    b->functions[FIND] = one_function(c, "liquidatable");
    b->functions[FROB] = one_function(c, "frob");
    b->functions[SCAN] = one_function(c, "count_by_full_scan");
    one_row(c, "ilks");
    one_add(c, 0, 4);
    one_set(c, "mat", RAY);
    one_set(c, "rate", RAY);
    one_put(c);
    fill(b);
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
        call(b, b->functions[FROB], owner_of(b, rank));
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
    call(b, b->functions[POKE], WARD);
    one_add(&b->c, 0, 4);
    call(b, b->functions[FIND], WARD);
    const double seconds = timing_now() - start;
    if (one_result(&b->c, 0, 8) != HITS) {
        fail("an update did not find what it should");
    }
    return seconds;
}

/* The question without an index, on the smallest book, in turn with the index. */
static void full_scan(book *b)
{
    timing_samples samples = {.contenders = 2, .rounds = SCAN_ROUNDS};
    for (unsigned i = 0; i < SCAN_ROUNDS; i++) {
        samples.ns[0][i] = update(b) * 1e9;
        const double start = timing_now();
        one_add(&b->c, 0, 4);
        call(b, b->functions[SCAN], WARD);
        samples.ns[1][i] = (timing_now() - start) * 1e9;
    }
    timing_print_ns("full scan of 10000 vaults", &samples, 1, 0, "ns", "the update by index");
}

int main(int argc, char **argv)
{
    static book books[BOOKS_MAX];
    static const book_kind kind = {.program = "bench_trigger",
                                   .row = "price update",
                                   .accounts = "vaults",
                                   .largest = LARGEST,
                                   .bytes = 500,
                                   .open = open_book,
                                   .update = update};
    const uint32_t largest = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
    const size_t count = books_open(books, &kind, largest);
    if (count == 0) {
        fail("not one book fits into memory");
    }
    books_measure(books, count, &kind);
    full_scan(&books[0]);
    return 0;
}
