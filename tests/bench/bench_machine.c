/* The machine on kernels.plim against native.c, bit for bit the same numbers, and what looking at
 * every step costs.
 *
 *   liquidation amounts, muldiv of 512 bits: against native.c.
 *   loops on words of 256 bits: nanoseconds an iteration; the yardstick of the first is 26 ns, what
 *   evmone's baseline took for it where it was measured, so that ratio depends on the machine.
 *   tracing: the same call with a sink that was set and taken away again, and with one that counts.
 *
 * Usage: bench_machine [kernels.plim] */
#include "tests/bench/machine.h"
#include "tests/bench/native.h"

#define REPEATS   9u
#define TRACED    20000u
#define EVMONE_NS 26.0

typedef struct bench {
    bench_machine vm;
    bench_machine traced; /* another machine on the same contract, whose sink was taken away */
    pl_u256 a, b, c;
    pl_u256 answer_vm, answer_native;
    uint64_t steps;
} bench;

static bool call(bench *b, bench_machine *vm, const char *name, uint64_t rounds, size_t width)
{
    uint8_t bytes[128];
    size_t size = 0;
    if (strcmp(name, "muldiv_512") == 0) {
        append(bytes, &size, &b->a, 32);
        append(bytes, &size, &b->b, 32);
        append(bytes, &size, &b->c, 32);
    }
    append_u64(bytes, &size, rounds, (unsigned)width);
    return run(vm, name, bytes, size, &b->answer_vm);
}

static bool liquidation_vm(void *context, uint64_t rounds)
{
    bench *b = context;
    return call(b, &b->vm, "liquidation", rounds, 8);
}

static bool liquidation_native(void *context, uint64_t rounds)
{
    bench *b = context;
    return native_liquidation(&b->answer_native, rounds) == PL_OK;
}

static bool muldiv_vm(void *context, uint64_t rounds)
{
    bench *b = context;
    return call(b, &b->vm, "muldiv_512", rounds, 8);
}

static bool muldiv_native(void *context, uint64_t rounds)
{
    bench *b = context;
    return native_muldiv_512(&b->answer_native, &b->a, &b->b, &b->c, rounds) == PL_OK;
}

static bool shift_vm(void *context, uint64_t rounds)
{
    bench *b = context;
    return call(b, &b->vm, "loop_shift", rounds, 32);
}

static bool shift_native(void *context, uint64_t rounds)
{
    bench *b = context;
    const pl_u256 count = pl_u256_from_u64(rounds);
    return native_loop_shift(&b->answer_native, &count) == PL_OK;
}

static bool multiply_vm(void *context, uint64_t rounds)
{
    bench *b = context;
    return call(b, &b->vm, "loop_multiply", rounds, 32);
}

static bool multiply_native(void *context, uint64_t rounds)
{
    bench *b = context;
    const pl_u256 count = pl_u256_from_u64(rounds);
    return native_loop_multiply(&b->answer_native, &count) == PL_OK;
}

static bool once_traced_vm(void *context, uint64_t rounds)
{
    bench *b = context;
    return call(b, &b->traced, "liquidation", rounds, 8);
}

static void count_step(void *context, const pl_trace_step *step)
{
    bench *b = context;
    b->steps += step->depth != 0;
}

static bool tracing_vm(void *context, uint64_t rounds)
{
    bench *b = context;
    pl_machine_trace(b->traced.machine, count_step, b);
    const bool done = call(b, &b->traced, "liquidation", rounds, 8);
    pl_machine_trace(b->traced.machine, NULL, NULL);
    return done;
}

/* Prints what the machine takes for a round, against the native twin or, where ns is not 0, against
 * that many nanoseconds. */
static bool compare(bench *b, const char *name, timing_work vm, timing_work native, uint64_t rounds,
                    const char *unit, double ns)
{
    timing_contender two[] = {{"machine", vm, b, 0}, {"native C", native, b, 0}};
    timing_samples samples;
    if (!timing_race(&samples, two, 2, rounds / 20, rounds, REPEATS)) {
        return false;
    }
    if (!pl_u256_eq(&b->answer_vm, &b->answer_native)) {
        fprintf(stderr, "bench_machine: %s: machine and native C differ\n", name);
        return false;
    }
    timing_print_ns(name, &samples, 0, 1, unit, "native C");
    if (ns != 0) {
        char longer[96];
        (void)snprintf(longer, sizeof longer, "%s, against evmone", name);
        timing_print_against(longer, &samples, 0, unit, "evmone's baseline, once", ns);
    }
    return true;
}

static bool traced_is_native(bench *b, timing_work work)
{
    b->answer_vm = pl_u256_zero();
    return work(b, TRACED) && liquidation_native(b, TRACED) &&
           pl_u256_eq(&b->answer_vm, &b->answer_native);
}

static bool compare_tracing(bench *b)
{
    timing_contender three[] = {{"never traced", liquidation_vm, b, 0},
                                {"trace off", once_traced_vm, b, 0},
                                {"trace on", tracing_vm, b, 0}};
    timing_samples samples;
    if (!timing_race(&samples, three, 3, TRACED / 20, TRACED, 2 * REPEATS + 1) || b->steps == 0) {
        return false;
    }
    if (!traced_is_native(b, liquidation_vm) || !traced_is_native(b, once_traced_vm) ||
        !traced_is_native(b, tracing_vm)) {
        fprintf(stderr, "bench_machine: tracing changes the answer\n");
        return false;
    }
    timing_print_ns("tracing taken away", &samples, 1, 0, "ns", "never traced");
    timing_print_ns("tracing every step, counting", &samples, 2, 0, "ns", "never traced");
    return true;
}

int main(int argc, char **argv)
{
    static bench b;
    const char *path = argc > 1 ? argv[1] : "tests/bench/kernels.plim";
    if (!bench_setup(&b.vm, path) || !bench_setup(&b.traced, path)) {
        return 1;
    }
    pl_machine_trace(b.traced.machine, count_step, &b);
    pl_machine_trace(b.traced.machine, NULL, NULL);
    const pl_u256 seed = pl_u256_from_u64(0xd6e8feb86659fd93u);
    pl_u256_mul_wrap(&b.c, &seed, &seed);
    pl_u256_mul_wrap(&b.c, &b.c, &seed);
    pl_u256_shr(&b.b, &b.c, 8);  /* 184 bits */
    pl_u256_shl(&b.a, &b.c, 8);  /* 200 bits */
    pl_u256_shr(&b.c, &b.c, 32); /* 160 bits */
    return compare(&b, "liquidation amounts", liquidation_vm, liquidation_native, 20000, "ns", 0) &&
                   compare(&b, "muldiv, 512-bit product", muldiv_vm, muldiv_native, 100000, "ns",
                           0) &&
                   compare(&b, "loop, acc += i ^ (acc >> 1)", shift_vm, shift_native, 400000,
                           "ns/iteration", EVMONE_NS) &&
                   compare(&b, "loop, acc = acc * 3 + i", multiply_vm, multiply_native, 400000,
                           "ns/iteration", 0) &&
                   compare_tracing(&b)
               ? 0
               : 1;
}
