/* What the two benchmarks of price updates share: books of one contract, of 10^4 accounts and ten
 * times as many and so on, side by side in memory, taking turns.
 *
 * The accounts of a book have ranks by debt. An update makes the HITS of the highest ranks unsafe;
 * between updates, untimed, those leave and as many come below all others, so that the book keeps
 * its size while the price goes on falling. */
#ifndef PL_BENCH_BOOKS_H
#define PL_BENCH_BOOKS_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/large_memory.h"
#include "tests/support/one_contract.h"
#include "tests/support/timing.h"

#define BOOKS_MAX         4u
#define BOOK_SMALLEST     10000u
#define BOOK_ROUNDS       25u
#define BOOK_UPDATES      40u /* of one book in one round: their median is the round's */
#define BOOK_TABLES_MAX   3u
#define BOOK_MEMORY_SPARE 1.2

#define HITS 10u
#define UNIT ((one_number)1000000000000000000)
#define RAY  (UNIT * 1000000000)

typedef struct book {
    one_contract c;
    uint32_t count;
    int64_t top, bottom; /* accounts have the ranks bottom .. top - 1, by debt */
    uint32_t tables[BOOK_TABLES_MAX], functions[4]; /* numbers, by enums of the program */
    double asked;                                   /* accounts, over all updates */
} book;

typedef struct book_kind {
    const char *program, *row, *accounts; /* "price update", "vaults" */
    uint32_t largest, bytes;              /* without an argument; of one account, about */
    void (*open)(book *b);                /* the contract, and b->count accounts */
    double (*update)(book *b);            /* seconds of one update; ends when it finds other hits */
} book_kind;

static _Noreturn inline void fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static inline uint32_t table_of(const book *b, const char *name)
{
    for (uint32_t t = 0; t < b->c.code.table_count; t++) {
        const pl_name *of = &b->c.code.tables[t].name;
        if (of->size == strlen(name) && memcmp(of->text, name, of->size) == 0) {
            return t;
        }
    }
    fail(name);
}

/* The account of a rank: its order in the tables of keys has nothing to do with the rank. */
static inline uint32_t owner_of(const book *b, int64_t rank)
{
    return (uint32_t)(rank + 10 * (int64_t)b->count);
}

/* Opens the books that fit into memory; returns how many. largest: 0 for that of the kind. */
static inline size_t books_open(book *books, const book_kind *kind, uint32_t largest)
{
    size_t count = 0;
    largest = largest != 0 ? largest : kind->largest;
    for (uint32_t n = BOOK_SMALLEST; n <= largest && count < BOOKS_MAX; n *= 10) {
        const double needed = (double)n * kind->bytes * BOOK_MEMORY_SPARE;
        if (needed > large_memory_free()) {
            fprintf(stderr,
                    "%s: note: %" PRIu32 " %s are left out: they need %.1f GiB, %.1f are free\n",
                    kind->program, n, kind->accounts, needed / 0x1p30,
                    large_memory_free() / 0x1p30);
            break;
        }
        book *const b = &books[count++];
        const double start = timing_now();
        const size_t before = large_memory_taken();
        b->count = n;
        b->top = n;
        kind->open(b);
        fprintf(stderr, "%s: %" PRIu32 " %s in %.1f s, %.0f bytes each asked for\n", kind->program,
                n, kind->accounts, timing_now() - start,
                (double)(large_memory_taken() - before) / n);
    }
    return count;
}

/* Updates in turns, and a row for each book against the first. */
static inline void books_measure(book *books, size_t count, const book_kind *kind)
{
    static timing_samples samples;
    char name[80];
    samples.contenders = count;
    samples.rounds = BOOK_ROUNDS;
    for (unsigned round = 0; round < BOOK_ROUNDS; round++) {
        for (size_t turn = 0; turn < count; turn++) {
            double ns[BOOK_UPDATES];
            const size_t i = round % 2 == 0 ? turn : count - 1 - turn;
            for (unsigned k = 0; k < BOOK_UPDATES; k++) {
                ns[k] = kind->update(&books[i]) * 1e9;
            }
            samples.ns[i][round] = timing_median(ns, BOOK_UPDATES);
        }
    }
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(name, sizeof name, "%s, %u hits of %" PRIu32 " %s", kind->row, HITS,
                       books[i].count, kind->accounts);
        if (i == 0) {
            const timing_row row = {.name = name, .unit = "ns", .value = timing_ns(&samples, 0)};
            timing_row_print(&row);
        } else {
            timing_print_ns(name, &samples, i, 0, "ns", "the same of 10000");
        }
        if (books[i].asked > 0) {
            fprintf(stderr, "%s: %.1f of %" PRIu32 " %s asked an update\n", kind->program,
                    books[i].asked / (BOOK_ROUNDS * BOOK_UPDATES), books[i].count, kind->accounts);
        }
    }
}

#endif
