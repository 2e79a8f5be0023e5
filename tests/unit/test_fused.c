/* Runs of instructions with a handler of their own (fused.def): each runs as its rows one by one
 * do. The traced loop, which knows no runs, is the judge: same outcome, gas, place of a trap and
 * registers, over random operands and values. */
#include "tests/unit/exec_parts.h"
#include "vm/machine/run.h"

#define TRIALS 60u

typedef struct fused_run {
    const char *name;
    uint8_t handler;
    uint32_t count;
    uint8_t ops[3];
} fused_run;

static const fused_run runs[] = {
#define PAIR(a, b) {#a " " #b, PL_HANDLER_##a##_##b, 2, {PL_OP_##a, PL_OP_##b}},
#define TRIPLE(a, b, c)                                                                            \
    {#a " " #b " " #c, PL_HANDLER_##a##_##b##_##c, 3, {PL_OP_##a, PL_OP_##b, PL_OP_##c}},
#define PAIR_BRANCH(a, b)      PAIR(a, b)
#define TRIPLE_BRANCH(a, b, c) TRIPLE(a, b, c)
#define PAIR_FLOW(a, b)        PAIR(a, b)
#define ELEMENT(op, x)         /* test_elements.c */
#define ELEMENTS(op, x, y)
#include "vm/machine/fused.def"
};

static uint64_t state = 1;

static uint64_t next_random(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static unsigned below(unsigned count)
{
    return (unsigned)(next_random() % count);
}

/* Registers 0..3 narrow, 4..7 wide, 8 and 9 a row of the table. Constants 0..3 are 1, 3, 10^18 and
 * 10^27; `end` is the instruction to jump to. */
static unsigned operand_of(pl_kind kind, unsigned op, unsigned field, unsigned end)
{
    const bool wide_row = op == PL_OP_GETF && field == 0;
    switch ((int)kind) {
    case PL_KIND_DW:
    case PL_KIND_W:
        return 4 + below(4);
    case PL_KIND_DF:
        return wide_row ? 4 + below(4) : below(4);
    case PL_KIND_AR:
        return op == PL_OP_REQUIRE ? 4 + below(4) : below(4);
    case PL_KIND_DROW:
        return 8;
    case PL_KIND_AW:
        return 4;
    case PL_KIND_I:
        return op == PL_OP_LDX ? 4 : op == PL_OP_GETBITS ? below(128) : below(3);
    case PL_KIND_BT:
        return 1 + below(op == PL_OP_CHKN ? 63 : 128);
    case PL_KIND_KD:
    case PL_KIND_K:
        return below(4);
    case PL_KIND_J:
        return end;
    case PL_KIND_FI:
        return field;
    case PL_KIND_DN:
    case PL_KIND_N:
    case PL_KIND_KEY:
    case PL_KIND_RR:
        return below(4);
    default:
        return 0; /* the one table, error, function g, own results */
    }
}

static void write_op(char *code, unsigned op, unsigned end)
{
    const unsigned field = below(2);
    (void)sprintf(code + strlen(code), "%s", pl_ops[op].name);
    for (unsigned i = 0; i < PL_OPERANDS; i++) {
        if (pl_ops[op].kinds[i] != PL_KIND__) {
            (void)sprintf(code + strlen(code), " %u",
                          operand_of(pl_ops[op].kinds[i], op, field, end));
        }
    }
    strcat(code, "; ");
}

/* Function 0 g gives its argument back, 1 s stores a row, 2 f holds the run from instruction 1 on.
 */
static build *write_program(const fused_run *run)
{
    static const char all[] = "a:u64,b:u64,c:u64,d:u64,e:bytes32,f:bytes32,g:bytes32,h:bytes32,"
                              "i:bytes32,j:u64";
    char code[512] = "NXOR 0 0 1; ";
    build *b = build_start("fused");
    (void)build_constant(b, "1");
    (void)build_constant(b, "3");
    (void)build_constant(b, "1000000000000000000");
    (void)build_constant(b, "1000000000000000000000000000");
    (void)build_table(b, "rows", 0, "k:u64", "v:u256, n:u64", "");
    (void)build_error(b, "Bad", "x:u256");
    (void)build_function(b, "g", PURE, "x:u64", "y:u64", "n", "RET 0");
    (void)build_function(b, "s", TX | PUBLIC, "k:u64,v:u256,n:u64", "", "nwn", "PUT 1 0 0; RET 0");
    for (unsigned i = 0; i < run->count; i++) {
        write_op(code, run->ops[i], run->count + 2);
    }
    strcat(code, "NXOR 1 1 2; RET 0");
    (void)build_function(b, "f", TX | PUBLIC, all, all, "nnnnwwwwwn", code);
    return b;
}

static void write_arguments(char *arguments)
{
    *arguments = 0;
    for (unsigned i = 0; i < 10; i++) {
        const bool wide = i >= 4 && i <= 8;
        const unsigned bits = below(3) == 0 ? below(3) : 1 + below(wide ? 256 : 64);
        char digits[80] = "0x0";
        for (unsigned k = 0; k < bits / 4 && k < (wide ? 64 : 16); k++) {
            (void)sprintf(digits + 2 + k, "%x", 1 + below(15));
        }
        (void)sprintf(arguments + strlen(arguments), "%s ",
                      bits < 4 ? (const char *[]){"0", "1", "2", "3"}[bits] : digits);
    }
}

static void test_runs_are_their_rows(void **unused)
{
    (void)unused;
    char arguments[1024];
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        unsigned finished = 0;
        for (unsigned trial = 0; trial < TRIALS; trial++) {
            run_world *world = start_one(write_program(&runs[i]));
            assert_int_equal(world->codes[0].functions[2].steps[1].run, runs[i].handler);
            assert_status(run_call(world, 1, "s", "1 5000000000 7", GAS), "OK");
            assert_status(run_call(world, 1, "s", "2 9 0", GAS), "OK");
            for (unsigned k = 0; k < 4; k++) {
                write_arguments(arguments);
                if (!same_both_ways(world, arguments, k == 3 ? below(60) : GAS)) {
                    fail_msg("%s: the run differs from its rows for %s", runs[i].name, arguments);
                }
                finished += world->outcome.status == PL_OK;
            }
            run_end(world);
        }
        if (finished == 0) {
            fail_msg("%s: no trial ran to its end", runs[i].name);
        }
    }
}

/* A jump into the middle begins a block there: no run may step over its leader. */
static void test_no_run_over_a_leader(void **unused)
{
    (void)unused;
    build *b = build_start("leader");
    (void)build_function(b, "f", PURE | PUBLIC, "x:u64", "y:u64", "nnnn",
                         "JNZ 0 3; MOVN 1 0; MOVN 2 0; MOVN 3 0; NADDI 0 3 1; RET 0");
    run_world *world = start_one(b);
    const pl_step *steps = world->codes[0].functions[0].steps;
    assert_int_equal(steps[1].run, PL_HANDLER_MOVN_MOVN);
    assert_int_equal(steps[2].run, PL_HANDLER_MOVN);
    assert_int_equal(steps[3].handler, PL_HANDLER_CHARGE);
    assert_status(run_call(world, 1, "f", "41", GAS), "OK");
    assert_int_equal(result64(world, 0), 42);
    run_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_are_their_rows),
        cmocka_unit_test(test_no_run_over_a_leader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
