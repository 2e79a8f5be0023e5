/* The state commitment against its cost model.
 *
 *   bench_state [--json] [--large]
 *
 * A block that changes L of N rows has to hash D inner nodes and L leaves, two compressions each:
 * nothing less gives the root. eta = 2 (D + L) t_compress / T_commit, where D is counted by the
 * tree, t_compress is the time of one SHA-256 compression in one long message, measured between the
 * commits, and T_commit is the time of pl_store_root: hashes of rows and paths, sorting, walking
 * and hashing. eta can pass 1, because the compressions of a long message form a chain, while those
 * of nodes overlap and, where the processor has the vectors, go sixteen at a time. "hashing alone"
 * is what those nodes take as they are hashed, beside the whole commit: the rest of it is hashes of
 * rows and paths, and everything that is no hash.
 * Rows are 57 bytes (those of the prices table), keys 4 bytes in ascending order of insertion; the
 * rows changed are drawn at random. --large adds 10^7 rows (about 5 GB).
 * "build" is the first commit of all rows, in memory that the system has to clear, which costs more
 * than the hashes; "rebuild" the same in memory that the program has used before. "insert" commits
 * L new rows into N. get is one read through the door in random order.
 *
 * "updates" are the changed rows a second of pl_store_root, and of the puts and it, at 2^20 rows of
 * which one in a hundred changes. "memory" is every byte that the store has taken after such
 * commits on top of the first, scratch and unused room of its pools included, less key and row. */
#define _GNU_SOURCE /* madvise */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "tests/support/timing.h"
#include "vm/base/sha256_many.h"
#include "vm/state/store_parts.h"
#include "vm/state/system.h"
#include "vm/state/tree_parts.h"

#define HUGE_PAGE  ((size_t)2 << 20)
#define REPEATS    15u
#define BUILDS     7u /* of a store of at most BUILDS_MAX rows; a larger one is built once */
#define BUILDS_MAX 1000000u
#define GETS       7u

static size_t taken; /* bytes, as the store asked for them */

/* Large blocks given back, for who asks for the same size; filled while keeping is true. */
static struct {
    void *block;
    size_t size;
} kept[256];
static bool keeping;

static void *take_kept(size_t size)
{
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (kept[i].block != NULL && kept[i].size == size) {
            void *const block = kept[i].block;
            kept[i].block = NULL;
            return block;
        }
    }
    return NULL;
}

static bool keep(void *block, size_t size)
{
    for (size_t i = 0; keeping && size >= HUGE_PAGE && i < sizeof kept / sizeof kept[0]; i++) {
        if (kept[i].block == NULL) {
            kept[i].block = block;
            kept[i].size = size;
            return true;
        }
    }
    return false;
}

static void drop_kept(void)
{
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        free(kept[i].block);
        kept[i].block = NULL;
    }
}

/* What a host would hand in: large blocks on large pages. */
static void *take(void *context, size_t size)
{
    (void)context;
    taken += size;
    void *const used_before = take_kept(size);
    if (used_before != NULL) {
        return used_before;
    }
    if (size < HUGE_PAGE) {
        return malloc(size);
    }
    const size_t whole = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *block = aligned_alloc(HUGE_PAGE, whole);
    if (block != NULL) {
        (void)madvise(block, whole, MADV_HUGEPAGE);
    }
    return block;
}

static void give(void *context, void *block, size_t size)
{
    (void)context;
    taken -= size;
    if (!keep(block, size)) {
        free(block);
    }
}

static uint64_t random_state = 42;

static uint64_t draw(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void must(pl_status status)
{
    if (status != PL_OK) {
        fprintf(stderr, "bench_state: %s\n", pl_status_name(status));
        exit(1);
    }
}

/* Seconds of processor time of this thread: other programs on the machine do not count. */
static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool json;

/* One compression, in nanoseconds: the slope of hashing long messages. */
static double measure_compression(void)
{
    static uint8_t message[64 * 2048];
    uint8_t hash[32];
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        const double start = seconds();
        pl_sha256_of(hash, message, sizeof message);
        const double ns = (seconds() - start) * 1e9 / 2049;
        message[0] = hash[0];
        best = ns < best ? ns : best;
    }
    return best;
}

/* One node, in nanoseconds, as the tree has them hashed: many at once, nothing else in between. */
static double measure_node(void)
{
    enum { NODES = 1024 };
    static uint8_t pairs[NODES][2 * PL_HASH_SIZE];
    pl_pair_job jobs[NODES];
    double best = 1e9;
    for (unsigned i = 0; i < NODES; i++) {
        jobs[i] = (pl_pair_job){pairs[i], pairs[i]};
    }
    for (int i = 0; i < 5; i++) {
        const double start = seconds();
        pl_tagged_pairs(&pl_tag_node, jobs, NODES);
        const double ns = (seconds() - start) * 1e9 / NODES;
        best = ns < best ? ns : best;
    }
    return best;
}

static void put_row(pl_store *store, uint32_t table, uint32_t number)
{
    uint8_t key[PL_PRICES_KEY_SIZE];
    uint8_t row[PL_PRICES_ROW_SIZE] = {0};
    pl_store_u32(key, number);
    pl_store_u64(row, draw());
    pl_store_u32(row + 8, number);
    must(pl_store_door(store)->ops->put(pl_store_door(store), table, key, row));
}

typedef struct result {
    timing_spread commit_ns, model_ns, eta; /* of a whole commit */
    timing_spread own_ns, share;            /* its nodes as they are hashed; their part of it */
    double nodes, compress_ns;
} result;

/* One commit: what it took, what the cost model says, and the two together. */
typedef struct commits {
    double commit_ns[20 * REPEATS], model_ns[20 * REPEATS], eta[20 * REPEATS];
    double own_ns[20 * REPEATS], share[20 * REPEATS];
    double compress_ns, nodes;
    unsigned count;
} commits;

/* Times pl_store_root. rows: that were changed or are new. */
static void commit(commits *all, pl_store *store)
{
    uint8_t root[32];
    const double compress_ns = measure_compression(), node_ns = measure_node();
    const double start = seconds();
    must(pl_store_root(store, root));
    const double ns = (seconds() - start) * 1e9;
    const double nodes =
        (double)(pl_tree_nodes_hashed(pl_store_tree(store)) + pl_store_changed_count(store));
    all->commit_ns[all->count] = ns;
    all->own_ns[all->count] = nodes * node_ns;
    all->share[all->count] = nodes * node_ns / ns;
    all->model_ns[all->count] = 2 * nodes * compress_ns;
    all->eta[all->count++] = 2 * nodes * compress_ns / ns;
    all->compress_ns += compress_ns;
    all->nodes += nodes;
}

static result settle(commits *all)
{
    return (result){.commit_ns = timing_spread_of(all->commit_ns, all->count),
                    .model_ns = timing_spread_of(all->model_ns, all->count),
                    .eta = timing_spread_of(all->eta, all->count),
                    .own_ns = timing_spread_of(all->own_ns, all->count),
                    .share = timing_spread_of(all->share, all->count),
                    .nodes = all->nodes / all->count,
                    .compress_ns = all->compress_ns / all->count};
}

/* Commits L changed or new rows, again and again. */
static result measure(pl_store *store, uint32_t table, uint32_t *rows, uint32_t changed,
                      bool inserts)
{
    static commits all;
    const unsigned repeats = changed <= 1000 ? 20 * REPEATS : REPEATS;
    all = (commits){.count = 0};
    while (all.count < repeats) {
        for (uint32_t k = 0; k < changed; k++) {
            const uint32_t number = inserts ? (*rows)++ : (uint32_t)((draw() >> 32) * *rows >> 32);
            put_row(store, table, number);
        }
        commit(&all, store);
    }
    return settle(&all);
}

static timing_spread divided(timing_spread a, double by)
{
    return (timing_spread){a.low / by, a.median / by, a.high / by, a.count};
}

static void print_value(const char *name, const char *unit, timing_spread value)
{
    const timing_row row = {.name = name, .unit = unit, .value = value};
    timing_row_print(&row);
}

/* A row about a part of a commit of `changed` rows of `rows`, beside what it is compared with. */
static void print_ratio(const char *what, uint32_t changed, uint32_t rows, const char *against,
                        timing_spread value, timing_spread yardstick, timing_spread ratio)
{
    char name[96];
    (void)snprintf(name, sizeof name, "%s %" PRIu32 " of %" PRIu32 " rows", what, changed, rows);
    const timing_row row = {.name = name,
                            .unit = "ns/row",
                            .against = against,
                            .value = divided(value, changed),
                            .yardstick = divided(yardstick, changed),
                            .ratio = ratio};
    timing_row_print(&row);
}

static void print(uint32_t rows, uint32_t changed, const char *what, result of)
{
    if (json) {
        char name[64];
        (void)snprintf(name, sizeof name, "commitment, %s", what);
        print_ratio(name, changed, rows, "cost model / time", of.commit_ns, of.model_ns, of.eta);
        if (strcmp(what, "change") == 0) {
            print_ratio("hashing alone, change", changed, rows, "the commitment", of.own_ns,
                        of.commit_ns, of.share);
        }
    } else {
        printf("%9" PRIu32 " %8" PRIu32 "  %-7s %8.2f %12.1f %10.0f %9.1f %7.3f\n", rows, changed,
               what, of.nodes / changed - 1, of.commit_ns.median / 1000,
               of.commit_ns.median / changed, of.compress_ns, of.eta.median);
    }
}

/* Nanoseconds of a read through the door: of fresh rows at random, or of the same row again. */
static double get_ns(pl_store *store, uint32_t table, uint32_t rows, bool same)
{
    pl_door *door = pl_store_door(store);
    const uint32_t count = 1u << 18;
    static uint32_t place = 1;
    uint64_t sum = 0;
    const double start = seconds();
    for (uint32_t i = 0; i < count; i++) {
        uint8_t key[PL_PRICES_KEY_SIZE];
        const uint8_t *row;
        place = same ? place : place * 1664525u + 1013904223u;
        pl_store_u32(key, (uint32_t)((uint64_t)place * rows >> 32));
        must(door->ops->get(door, &row, table, key));
        sum += row[7];
    }
    const double ns = (seconds() - start) * 1e9 / count;
    if (sum == 0 && !same) {
        fprintf(stderr, "bench_state: rows are empty\n");
        exit(1);
    }
    return ns;
}

static void measure_get(pl_store *store, uint32_t table, uint32_t rows)
{
    static timing_samples samples;
    samples.contenders = 2;
    samples.rounds = GETS;
    for (unsigned i = 0; i < GETS; i++) {
        samples.ns[0][i] = get_ns(store, table, rows, false);
        samples.ns[1][i] = get_ns(store, table, rows, true);
    }
    if (json) {
        char name[64];
        (void)snprintf(name, sizeof name, "get, %" PRIu32 " rows", rows);
        timing_print_ns(name, &samples, 0, 1, "ns", "the same row again");
    } else {
        printf("%9" PRIu32 " rows: get %.1f ns, the same row again %.1f ns\n", rows,
               timing_ns(&samples, 0).median, timing_ns(&samples, 1).median);
    }
}

/* Bytes a row of the pool's items in use; what it has taken beyond them goes to *room. */
static double pool_bytes(double *room, const pl_pool *pool, uint32_t rows)
{
    double sum = 0;
    for (unsigned i = 0; i < pool->chunks; i++) {
        sum += (double)(pl_pool_chunk_items(i) * pool->item_size);
    }
    const double used = (double)pool->used * (double)pool->item_size;
    *room += (sum - used) / rows;
    return used / rows;
}

/* Room of pools counts as memory although its pages were never touched. */
static void print_memory(const pl_store *store, uint32_t rows)
{
    const store_table *table = store->tables[0];
    const double row = table->key_size + table->row_size;
    const double all = (double)taken / rows - row;
    double room = 0;
    const double nodes =
        pool_bytes(&room, &store->tree->refs, rows) + pool_bytes(&room, &store->tree->pairs, rows);
    const double leaves = pool_bytes(&room, &store->tree->leaves, rows);
    const double records = pool_bytes(&room, &table->rows.records, rows) - row;
    const double slots = (double)table->rows.slot_count * sizeof table->rows.slots[0] / rows;
    const double keys = pool_bytes(&room, &table->orders[0].set.nodes, rows);
    if (json) {
        char name[64];
        (void)snprintf(name, sizeof name, "memory, in use, %" PRIu32 " rows", rows);
        print_value(name, "B/row", timing_once(all - room));
        (void)snprintf(name, sizeof name, "memory and room of pools, %" PRIu32 " rows", rows);
        print_value(name, "B/row", timing_once(all));
        return;
    }
    printf("%9" PRIu32 " rows: %.1f bytes a row beside its %.0f: nodes %.1f, leaves %.1f, records "
           "%.1f, hash index %.1f, key order %.1f, lists and scratch %.1f, unused room of pools "
           "%.1f\n",
           rows, all, row, nodes, leaves, records, slots, keys,
           all - (nodes + leaves + records + slots + keys + room), room);
}

static pl_store *fill(uint32_t *table, uint32_t rows)
{
    const pl_memory memory = {NULL, take, give, 0};
    pl_store *store;
    must(pl_store_create(&store, &memory));
    must(pl_store_add_table(store, table, 0, 1, &pl_system_tables[PL_SYSTEM_PRICES]));
    for (uint32_t i = 0; i < rows; i++) {
        put_row(store, *table, i);
    }
    return store;
}

/* batches: seconds each; on output sorted. */
static void print_updates(const char *what, double *batches, unsigned count, uint32_t changed)
{
    for (unsigned i = 0; i < count; i++) {
        batches[i] = changed / batches[i];
    }
    const timing_spread rate = timing_spread_of(batches, count);
    if (json) {
        print_value(what, "rows/s", rate);
    } else {
        printf("%s: %.0f rows/s, the best %.0f\n", what, rate.median, batches[count - 1]);
    }
}

/* 2^20 rows, one in a hundred changed. */
static void run_updates(void)
{
    static double roots[4 * REPEATS], both[4 * REPEATS];
    const uint32_t rows = 1u << 20;
    const uint32_t changed = rows / 100;
    uint32_t table;
    uint8_t root[32];
    pl_store *store = fill(&table, rows);
    must(pl_store_root(store, root));
    for (unsigned i = 0; i < 4 * REPEATS; i++) {
        const double start = seconds();
        for (uint32_t k = 0; k < changed; k++) {
            put_row(store, table, (uint32_t)((draw() >> 32) * rows >> 32));
        }
        const double middle = seconds();
        must(pl_store_root(store, root));
        roots[i] = seconds() - middle;
        both[i] = seconds() - start;
    }
    print_updates("updates, 1 % of 2^20 rows, root", roots, 4 * REPEATS, changed);
    print_updates("updates, 1 % of 2^20 rows, put and root", both, 4 * REPEATS, changed);
    pl_store_free(store);
}

/* Times the first commit of all rows, again and again where that is quick, and prints it. On input
 * *store may be NULL; on output it is the last one made. */
static void build(pl_store **store, uint32_t *table, uint32_t rows, const char *what)
{
    static commits all;
    const unsigned times = rows <= BUILDS_MAX ? BUILDS : 1;
    all = (commits){.count = 0};
    while (all.count < times) {
        if (*store != NULL) {
            pl_store_free(*store);
        }
        *store = fill(table, rows);
        commit(&all, *store);
    }
    print(rows, rows, what, settle(&all));
}

static void run(uint32_t rows)
{
    uint32_t table;
    uint8_t root[32];
    pl_store *store = NULL;
    build(&store, &table, rows, "build");
    if (rows <= BUILDS_MAX) {
        keeping = true;
        build(&store, &table, rows, "rebuild");
        keeping = false;
        drop_kept();
    }
    for (uint32_t i = 0; i < 2 * (rows / 100); i++) {
        put_row(store, table, (uint32_t)((draw() >> 32) * rows >> 32));
        if (i % (rows / 100) == 0) {
            must(pl_store_root(store, root));
        }
    }
    must(pl_store_root(store, root));
    print_memory(store, rows);
    for (uint32_t changed = 10; changed <= 100000 && changed <= rows; changed *= 10) {
        print(rows, changed, "change", measure(store, table, &rows, changed, false));
    }
    measure_get(store, table, rows);
    const uint32_t before = rows;
    print(before, 1000, "insert", measure(store, table, &rows, 1000, true));
    pl_store_free(store);
}

int main(int argc, char **argv)
{
    bool large = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (strcmp(argv[i], "--large") == 0) {
            large = true;
        } else {
            fprintf(stderr, "usage: bench_state [--json] [--large]\n");
            return 2;
        }
    }
    if (!json) {
        printf("%9s %8s  %-7s %8s %12s %10s %9s %7s\n", "rows", "changed", "what", "D/L",
               "commit us", "ns/row", "compr ns", "eta");
    }
    for (uint32_t rows = 10000; rows <= (large ? 10000000u : 1000000u); rows *= 10) {
        run(rows);
    }
    run_updates();
    return 0;
}
