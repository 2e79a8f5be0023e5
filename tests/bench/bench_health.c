/* Account health checks in the machine against native.c: the same formula, the same bits.
 *
 *   in registers: rows were loaded before, native.c works on arrays;
 *   from state: the machine reads every row by its key, native.c from a hash table of records;
 *   rows in arrays: the machine the same, native.c straight from arrays, without any key.
 * Usage: bench_health [health.plim]                                                       */
#include "tests/bench/machine.h"
#include "tests/bench/native.h"

#define ACCOUNTS 256u
#define FEW      (ACCOUNTS * 4u)
#define MANY     (ACCOUNTS * 84u)

typedef struct bench {
    bench_machine vm;
    native_reserve reserves[NATIVE_RESERVES_MAX];
    native_reserve start[NATIVE_RESERVES_MAX];
    native_position positions[ACCOUNTS * NATIVE_RESERVES_MAX];
    native_rows rows;
    uint32_t reserve_count;
    pl_u256 answer_vm, answer_native;
} bench;

static bool fill_reserve(bench *b, unsigned i)
{
    static const uint64_t units[] = {1000000, 100000000, 1000000000000000000, 1000000000000000000};
    uint8_t bytes[256];
    size_t size = 0;
    native_reserve *r = &b->start[i];
    const pl_u256 giga = pl_u256_from_u64(1000000000);
    r->price = pl_u256_from_u64(100000000 + 7919u * i * i * 100003u);
    r->unit = pl_u256_from_u64(units[i % 4]);
    r->income = pl_u256_from_u64(1000000000000000000u + 31337u * 1000000007u * (i + 1));
    r->debt_index = pl_u256_from_u64(1000000000000000000u + 65537u * 1000000007u * (i + 2));
    pl_u256_mul_wrap(&r->income, &r->income, &giga);
    pl_u256_mul_wrap(&r->debt_index, &r->debt_index, &giga);
    r->threshold = pl_u256_from_u64(6500 + 100 * i);
    append_u64(bytes, &size, i, 1);
    append(bytes, &size, &r->price, 32);
    append(bytes, &size, &r->unit, 32);
    append(bytes, &size, &r->income, 32);
    append(bytes, &size, &r->debt_index, 32);
    append(bytes, &size, &r->threshold, 4);
    return run(&b->vm, "add_reserve", bytes, size, NULL);
}

static bool fill_position(bench *b, unsigned account, unsigned asset)
{
    uint8_t bytes[128];
    size_t size = 0;
    native_position *p = &b->positions[account * NATIVE_RESERVES_MAX + asset];
    const pl_u256 supplied = pl_u256_from_u64(1000 + account * 17u + asset);
    const pl_u256 borrowed = pl_u256_from_u64(300 + account * 5u + asset);
    pl_u256_mul_wrap(&p->supplied, &b->start[asset].unit, &supplied);
    pl_u256_mul_wrap(&p->borrowed, &b->start[asset].unit, &borrowed);
    append_u64(bytes, &size, account, 4);
    append_u64(bytes, &size, asset, 1);
    append(bytes, &size, &p->supplied, 32);
    append(bytes, &size, &p->borrowed, 32);
    return run(&b->vm, "add_position", bytes, size, NULL);
}

static bool setup(bench *b, const char *path)
{
    if (!bench_setup(&b->vm, path)) {
        return false;
    }
    for (unsigned i = 0; i < NATIVE_RESERVES_MAX; i++) {
        if (!fill_reserve(b, i)) {
            return false;
        }
    }
    for (unsigned account = 0; account < ACCOUNTS; account++) {
        for (unsigned asset = 0; asset < NATIVE_RESERVES_MAX; asset++) {
            if (!fill_position(b, account, asset)) {
                return false;
            }
        }
    }
    native_rows_fill(&b->rows, b->start, b->positions, ACCOUNTS);
    return true;
}

static bool kernel_vm(void *context, uint64_t rounds)
{
    bench *b = context;
    uint8_t bytes[16];
    size_t size = 0;
    append_u64(bytes, &size, b->reserve_count, 8);
    append_u64(bytes, &size, rounds, 8);
    return run(&b->vm, "kernel", bytes, size, &b->answer_vm);
}

static bool kernel_native(void *context, uint64_t rounds)
{
    bench *b = context;
    memcpy(b->reserves, b->start, sizeof b->reserves);
    return native_kernel(&b->answer_native, b->reserves, b->positions, b->reserve_count, rounds) ==
           PL_OK;
}

/* One round is one account; whole passes over all accounts. */
static bool sweep_vm(void *context, uint64_t rounds)
{
    bench *b = context;
    for (uint64_t done = 0; done < rounds; done += ACCOUNTS) {
        uint8_t bytes[16];
        size_t size = 0;
        append_u64(bytes, &size, b->reserve_count, 8);
        append_u64(bytes, &size, 0, 4);
        append_u64(bytes, &size, ACCOUNTS, 4);
        if (!run(&b->vm, "sweep", bytes, size, &b->answer_vm)) {
            return false;
        }
    }
    return true;
}

static bool sweep_native(void *context, uint64_t rounds)
{
    bench *b = context;
    for (uint64_t done = 0; done < rounds; done += ACCOUNTS) {
        if (native_sweep(&b->answer_native, b->start, b->positions, b->reserve_count, 0,
                         ACCOUNTS) != PL_OK) {
            return false;
        }
    }
    return true;
}

static bool sweep_rows(void *context, uint64_t rounds)
{
    bench *b = context;
    for (uint64_t done = 0; done < rounds; done += ACCOUNTS) {
        if (native_sweep_rows(&b->answer_native, &b->rows, b->reserve_count, 0, ACCOUNTS) !=
            PL_OK) {
            return false;
        }
    }
    return true;
}

static bool compare(bench *b, const char *what, timing_work vm, timing_work native,
                    const char *against, uint64_t few, uint64_t many)
{
    char name[64];
    timing_contender two[] = {{"machine", vm, b, 0}, {against, native, b, 0}};
    timing_samples samples;
    if (!timing_race(&samples, two, 2, few, many, 9)) {
        return false;
    }
    if (!pl_u256_eq(&b->answer_vm, &b->answer_native)) {
        fprintf(stderr, "bench_health: machine and C differ\n");
        return false;
    }
    snprintf(name, sizeof name, "health check, %u reserves, %s", b->reserve_count, what);
    timing_print_ns(name, &samples, 0, 1, "ns/account", against);
    return true;
}

int main(int argc, char **argv)
{
    static bench b;
    static const uint32_t sizes[] = {1, 4, 16};
    if (!setup(&b, argc > 1 ? argv[1] : "tests/bench/health.plim")) {
        return 1;
    }
    for (unsigned i = 0; i < 3; i++) {
        b.reserve_count = sizes[i];
        if (!compare(&b, "in registers", kernel_vm, kernel_native, "native C", 2000, 42000) ||
            !compare(&b, "from state", sweep_vm, sweep_rows, "native C, rows by key", FEW, MANY) ||
            !compare(&b, "rows in arrays", sweep_vm, sweep_native, "native C, arrays", FEW, MANY)) {
            return 1;
        }
    }
    return 0;
}
