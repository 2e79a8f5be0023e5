/* Runs that read array elements in place (ELEMENT and ELEMENTS of fused.def) leave out the copy
 * that LDX makes. They are taken only where nobody reads it, and then nothing differs: the traced
 * loop, which knows no runs, is the judge. */
#include "tests/unit/exec_parts.h"
#include "vm/machine/run.h"

typedef struct element_run {
    const char *name;
    uint8_t handler;
    uint8_t op;
    const char *places; /* of the copies: letters of operands */
} element_run;

static const element_run runs[] = {
#define PAIR(a, b)
#define TRIPLE(a, b, c)
#define PAIR_BRANCH(a, b)
#define TRIPLE_BRANCH(a, b, c)
#define PAIR_FLOW(a, b)
#define ELEMENT(op, x)     {#op " " #x, PL_HANDLER_ELEMENT_##op##_##x, PL_OP_##op, #x},
#define ELEMENTS(op, x, y) {#op " " #x #y, PL_HANDLER_ELEMENTS_##op##_##x##y, PL_OP_##op, #x #y},
#include "vm/machine/fused.def"
};
#define RUN_COUNT (sizeof runs / sizeof *runs)

static uint64_t state = 20261121;

static unsigned below(unsigned count)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (unsigned)((z ^ (z >> 31)) % count);
}

/* Registers: 0 and 1 narrow indexes, 2 a narrow count, 3 and 4 wide, 5..8 and 9..12 two arrays, 13
 * narrow, 14..17 wide. Parameters are 0..12. Function f returns `results` registers from `first`.
 */
#define PARAMETERS                                                                                 \
    "a:u64,b:u64,c:u64,d:u256,e:u256,f:u256,g:u256,h:u256,i:u256,j:u256,k:u256,l:u256,m:u256"
#define KINDS      "nnnwwwwwwwwwwnwwww"
#define WIDE_FIRST 14u
#define WIDE_COUNT 4u

static run_world *start_program(const char *code, unsigned first, unsigned results)
{
    char text[2048], types[128] = "";
    build *b = build_start("elements");
    for (unsigned i = 0; i < 5; i++) { /* operand d of a run with a constant divisor is 4 */
        (void)build_constant(b, (const char *[]){"1", "2", "3", "1000000000000000000", "7"}[i]);
    }
    for (unsigned i = 0; i < results; i++) {
        (void)sprintf(types + strlen(types), "%sr%u:u256", i == 0 ? "" : ",", i);
    }
    (void)snprintf(text, sizeof text, "%sRET %u", code, first);
    (void)build_function(b, "f", PURE | PUBLIC, PARAMETERS, types, KINDS, text);
    return start_one(b);
}

/* The reader of a run: the copies are registers 14 and 15, the other operands 3, 4 or constant 4.
 */
static void write_reader(char *code, const element_run *run, unsigned to)
{
    (void)sprintf(code + strlen(code), "%s %u", pl_ops[run->op].name, to);
    for (unsigned i = 1; i < PL_OPERANDS && pl_ops[run->op].kinds[i] != PL_KIND__; i++) {
        const char *const place = strchr(run->places, "abcd"[i]);
        const unsigned other = pl_ops[run->op].kinds[i] == PL_KIND_KD || i > 1 ? 4 : 3;
        (void)sprintf(code + strlen(code), " %u",
                      place == NULL ? other : 14 + (unsigned)(place - run->places));
    }
    strcat(code, "; ");
}

static const char *const plain_arguments = "2 3 4 7000 5 11 13 17 19 23 29 31 37";

static uint8_t run_of(const run_world *world, unsigned step)
{
    return world->codes[0].functions[0].steps[step].run;
}

/* ---- each row, where it may be taken ---- */

static void test_each_row_where_the_copy_is_dead(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < RUN_COUNT; i++) {
        char code[256];
        (void)snprintf(code, sizeof code, "LDX 14 5 0 4; %s",
                       runs[i].places[1] != 0 ? "LDX 15 9 0 4; " : "");
        write_reader(code, &runs[i], 16);
        run_world *world = start_program(code, 16, 1);
        assert_int_equal(run_of(world, 0), runs[i].handler);
        if (!same_both_ways(world, plain_arguments, GAS)) {
            fail_msg("%s differs from its rows", runs[i].name);
        }
        assert_status(world->outcome.status, "OK");
        assert_true(same_both_ways(world, "4 3 4 7000 5 11 13 17 19 23 29 31 37", GAS));
        assert_status(world->outcome.status, "INDEX");
        assert_int_equal(world->outcome.trap_instruction, 0);
        assert_true(same_both_ways(world, "0 3 4 0 0 0 13 17 19 0 29 31 37", GAS));
        run_end(world);
    }
}

/* ---- where it may not ---- */

typedef struct refusal {
    const char *why;
    const char *code;
    unsigned first, results;
    bool taken;
} refusal;

static const refusal refusals[] = {
    {"nothing forbids it", "LDX 14 5 0 4; LDX 15 9 0 4; MUL 16 14 15; ", 16, 1, true},
    {"the reader overwrites a copy", "LDX 14 5 0 4; LDX 15 9 0 4; MUL 14 14 15; ", 14, 1, true},
    {"overwritten later", "LDX 14 5 0 4; LDX 15 9 0 4; MUL 16 14 15; MOV 14 3; MOV 15 4; ", 14, 3,
     true},
    {"read by the return", "LDX 14 5 0 4; LDX 15 9 0 4; MUL 16 14 15; ", 14, 1, false},
    {"the second is read by the return", "LDX 14 5 0 4; LDX 15 9 0 4; MUL 16 14 15; ", 15, 2,
     false},
    {"read later", "LDX 14 5 0 4; LDX 15 9 0 4; MUL 16 14 15; ADD 16 16 14; ", 16, 1, false},
    {"read, then overwritten", "LDX 14 5 0 4; LDX 15 9 0 4; MUL 16 14 15; ADD 14 14 3; ", 16, 1,
     false},
    {"another index", "LDX 14 5 0 4; LDX 15 9 1 4; MUL 16 14 15; ", 16, 1, false},
    {"another bound", "LDX 14 5 0 4; LDX 15 9 0 3; MUL 16 14 15; ", 16, 1, false},
    {"one copy after the other", "LDX 14 5 0 4; LDX 14 9 0 4; MUL 16 14 14; ", 16, 1, false},
    {"read twice", "LDX 14 5 0 4; LDX 15 9 0 4; MULDIV_DN 16 14 15 15; ", 16, 1, false},
    {"the other way round", "LDX 14 5 0 4; LDX 15 9 0 4; MUL 16 15 14; ", 16, 1, false},
    {"a copy into the second array", "LDX 10 5 0 4; LDX 15 9 0 4; MUL 16 10 15; ", 16, 1, false},
    {"a copy into the first array", "LDX 14 5 0 4; LDX 5 9 0 4; MUL 16 14 5; MOV 5 3; MOV 14 3; ",
     14, 3, true},
    {"read around the loop",
     "LDX 14 5 0 4; LDX 15 9 0 4; MUL 16 14 15; ADD 17 17 16; NADDI 1 1 1; NLT 13 1 2; "
     "JNZ 13 7; ADD 16 16 14; ",
     16, 1, false},
    {"rewritten around the loop",
     "LDX 14 5 0 4; LDX 15 9 0 4; MUL 16 14 15; ADD 17 17 16; NADDI 1 1 1; NLT 13 1 2; "
     "JNZ 13 0; ",
     16, 2, true},
    {"read by the next round",
     "ADD 17 17 14; LDX 14 5 0 4; LDX 15 9 0 4; MUL 16 14 15; NADDI 1 1 1; NLT 13 1 2; "
     "JNZ 13 0; ",
     16, 2, false},
};

static void test_not_where_the_copy_is_read(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const refusal *r = &refusals[i];
        run_world *world = start_program(r->code, r->first, r->results);
        const unsigned at = strncmp(r->code, "LDX", 3) == 0 ? 0 : 1;
        if ((run_of(world, at) == PL_HANDLER_ELEMENTS_MUL_bc) != r->taken) {
            fail_msg("%s: the run is%s taken", r->why, r->taken ? " not" : "");
        }
        if (!same_both_ways(world, plain_arguments, GAS)) {
            fail_msg("%s: the run differs from its rows", r->why);
        }
        assert_status(world->outcome.status, "OK");
        run_end(world);
    }
}

/* ---- random programs ---- */

static unsigned some_wide(void)
{
    return below(3) == 0 ? 3 + below(10) : WIDE_FIRST + below(WIDE_COUNT);
}

static void write_instruction(char *code)
{
    static const char *const three[] = {"MUL", "ADD", "SUB", "MIN", "XOR"};
    char *const end = code + strlen(code);
    const unsigned to = below(4) == 0 ? 3 + below(10) : WIDE_FIRST + below(WIDE_COUNT);
    switch (below(8)) {
    case 0:
        (void)sprintf(end, "%s %u %u %u; ", three[below(5)], to, some_wide(), some_wide());
        break;
    case 1:
        (void)sprintf(end, "MOV %u %u; ", to, some_wide());
        break;
    case 2:
        (void)sprintf(end, "STX %u %u %u 4; ", some_wide(), below(2) == 0 ? 5u : 9u, below(2));
        break;
    default: { /* mostly what could be a run */
        const element_run *run = &runs[below(RUN_COUNT)];
        const unsigned index = below(2);
        const unsigned first = WIDE_FIRST + below(2), second = WIDE_FIRST + below(3);
        (void)sprintf(end, "LDX %u 5 %u 4; ", first, index);
        if (run->places[1] != 0) {
            (void)sprintf(code + strlen(code), "LDX %u 9 %u %u; ", second,
                          below(8) == 0 ? 1 - index : index, below(8) == 0 ? 3u : 4u);
        }
        write_reader(code, run, to);
    }
    }
}

static void test_random_programs(void **unused)
{
    (void)unused;
    unsigned taken[RUN_COUNT] = {0}, finished = 0;
    for (unsigned trial = 0; trial < 3000; trial++) {
        char code[1900] = "";
        const unsigned count = 3 + below(12);
        for (unsigned i = 0; i < count; i++) {
            write_instruction(code);
        }
        if (below(2) == 0) {
            (void)sprintf(code + strlen(code), "NADDI 1 1 1; NLT 13 1 2; JNZ 13 %u; ", below(3));
        }
        const unsigned first = WIDE_FIRST + below(WIDE_COUNT);
        run_world *world = start_program(code, first, 1 + below(WIDE_FIRST + WIDE_COUNT - first));
        const pl_function *function = &world->codes[0].functions[0];
        for (unsigned i = 0; i < function->instruction_count; i++) {
            for (size_t k = 0; k < RUN_COUNT; k++) {
                taken[k] += function->steps[i].run == runs[k].handler;
            }
        }
        for (unsigned k = 0; k < 3; k++) {
            char arguments[256];
            (void)sprintf(arguments, "%u %u %u", below(4), below(4), below(5));
            for (unsigned i = 3; i < 13; i++) {
                (void)sprintf(arguments + strlen(arguments), " %u", below(i == 4 ? 3 : 1000));
            }
            if (!same_both_ways(world, arguments, GAS)) {
                fail_msg("%s for %s: the runs differ from their rows", code, arguments);
            }
            finished += world->outcome.status == PL_OK;
        }
        run_end(world);
    }
    for (size_t k = 0; k < RUN_COUNT; k++) {
        if (taken[k] < 10) {
            fail_msg("%s: taken %u times only", runs[k].name, taken[k]);
        }
    }
    assert_true(finished > 1000);
}

/* ---- code made to be slow to prepare ---- */

#define LONG_TRIPLES 200u

/* One block whose copies are never mentioned again, so that each has to be looked for to its end:
 * the search gives up, and what it has not looked at counts as read. */
static void test_the_search_is_bounded(void **unused)
{
    static char code[LONG_TRIPLES * 64];
    char kinds[14 + 2 * LONG_TRIPLES + 2] = "nnnwwwwwwwwwwnw";
    (void)unused;
    code[0] = 0;
    for (unsigned i = 0; i < LONG_TRIPLES; i++) {
        const unsigned first = 15 + 2 * i;
        (void)sprintf(code + strlen(code), "LDX %u 5 0 4; LDX %u 9 0 4; MUL 14 %u %u; ", first,
                      first + 1, first, first + 1);
        strcat(kinds, "ww");
    }
    strcat(code, "RET 14");
    build *b = build_start("long");
    (void)build_function(b, "f", PURE | PUBLIC, PARAMETERS, "r:u256", kinds, code);
    run_world *world = start_one(b);
    assert_int_equal(run_of(world, 0), PL_HANDLER_ELEMENTS_MUL_bc);
    assert_int_not_equal(run_of(world, 3 * LONG_TRIPLES / 2), PL_HANDLER_ELEMENTS_MUL_bc);
    assert_true(same_both_ways(world, plain_arguments, GAS));
    assert_status(world->outcome.status, "OK");
    run_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_row_where_the_copy_is_dead),
        cmocka_unit_test(test_not_where_the_copy_is_read),
        cmocka_unit_test(test_random_programs),
        cmocka_unit_test(test_the_search_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
