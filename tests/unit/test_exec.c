/* Running code: each instruction that computes by rows (exec_rows.inc), then gas and frames. The
 * last test fails when such an instruction of ops.def was in none of the programs. */
#include "tests/unit/exec_parts.h"

/* ---- rows -------------------------------------------------------------------------------- */

static const char *const rows[] = {
#include "tests/unit/exec_rows.inc"
};

/* Writes the function that does what the row says: inputs are parameters, the destination comes
 * after them. Returns the place of the expected text. */
static const char *write_row(build *b, char *arguments, const char *row)
{
    char code[256], parameters[64] = "", registers[8] = "", operands[128] = "";
    unsigned number = 0, inputs = 0, place = 0;
    const size_t name = strcspn(row, " ");
    while (pl_ops[number].name == NULL || strlen(pl_ops[number].name) != name ||
           memcmp(pl_ops[number].name, row, name) != 0) {
        number++;
        assert_true(number < 256);
    }
    const pl_kind *kinds = pl_ops[number].kinds;
    for (unsigned i = 0; i < PL_OPERANDS; i++) {
        inputs += kinds[i] == PL_KIND_N || kinds[i] == PL_KIND_W;
    }
    row += name;
    for (unsigned i = 0; i < PL_OPERANDS; i++) {
        const pl_kind kind = kinds[i];
        char *end = operands + strlen(operands);
        if (kind == PL_KIND_DN || kind == PL_KIND_DW) {
            (void)sprintf(end, " %u", inputs);
            continue;
        }
        if (kind == PL_KIND__) {
            continue;
        }
        row += strspn(row, " ");
        const size_t size = strcspn(row, " ");
        if (kind == PL_KIND_N || kind == PL_KIND_W) {
            (void)sprintf(end, " %u", place);
            (void)sprintf(parameters + strlen(parameters), "p%u:u%s,", place,
                          kind == PL_KIND_W ? "256" : "64");
            registers[place++] = kind == PL_KIND_W ? 'w' : 'n';
            (void)sprintf(arguments + strlen(arguments), "%.*s ", (int)size, row);
        } else if (kind == PL_KIND_K || kind == PL_KIND_KN || kind == PL_KIND_KD) {
            char text[100];
            (void)snprintf(text, sizeof text, "%.*s", (int)size, row);
            if (strcmp(text, "max") == 0) {
                (void)snprintf(text, sizeof text, "0x%064d", 0);
                memset(text + 2, 'f', 64);
            }
            (void)sprintf(end, " %u", build_constant(b, text));
        } else {
            (void)sprintf(end, " %.*s", (int)size, row);
        }
        row += size;
    }
    const bool wide = kinds[0] == PL_KIND_DW, has_result = wide || kinds[0] == PL_KIND_DN;
    registers[inputs] = wide ? 'w' : 'n';
    (void)snprintf(code, sizeof code, "%s%s; RET %u", pl_ops[number].name, operands, inputs);
    (void)build_function(b, "f", PURE | PUBLIC, parameters,
                         !has_result ? ""
                         : wide      ? "r:bytes32"
                                     : "r:u64",
                         registers, code);
    row += strspn(row, " =");
    return row;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char arguments[512] = "";
        build *b = build_start("row");
        const char *wanted = write_row(b, arguments, rows[i]);
        run_world *world = start_one(b);
        const pl_status status = run_call(world, 1, "f", arguments, GAS);
        bool same;
        if (wanted[0] >= 'A' && wanted[0] <= 'Z') {
            same = strcmp(pl_status_name(status), wanted) == 0;
        } else if (strcmp(wanted, "ok") == 0) {
            same = status == PL_OK && world->outcome.result_size == 0;
        } else {
            const pl_u256 number = run_number(wanted, strlen(wanted));
            const pl_u256 found =
                status != PL_OK ? pl_u256_zero() : run_result(world, 0, world->outcome.result_size);
            same = status == PL_OK && pl_u256_eq(&number, &found);
        }
        if (!same) {
            fail_msg("%s: %s", rows[i], pl_status_name(status));
        }
        run_end(world);
    }
}

/* The destination may be any of the sources. */
static void test_aliased_operands(void **state)
{
    (void)state;
    build *b = build_start("alias");
    (void)build_function(b, "f", PURE | PUBLIC, "x:u256,y:u256,z:u256", "r:u256", "www",
                         "MULDIV_DN 2 0 1 2; SUB 0 2 0; MULDIVX_UP 1 1 0 1; ADD 0 0 1; RET 0");
    run_world *world = start_one(b);
    assert_status(run_call(world, 1, "f", "6 7 2", GAS), "OK"); /* 21; 15; 15; 30 */
    const pl_u256 found = run_result(world, 0, 32);
    assert_int_equal(pl_u256_low64(&found), 30);
    run_end(world);
}

static void test_arrays(void **state)
{
    (void)state;
    build *b = build_start("arrays");
    (void)build_function(b, "n", PURE | PUBLIC, "i:u64,j:u64,x:u64", "r:u64", "nnnnnnn",
                         "STXN 2 3 0 3; LDXN 6 3 1 3; RET 6");
    (void)build_function(b, "w", PURE | PUBLIC, "i:u64,j:u64,x:u256", "r:u256", "nnwwwww",
                         "STX 2 3 0 3; LDX 6 3 1 3; RET 6");
    run_world *world = start_one(b);
    static const char *const functions[] = {"n", "w"};
    for (int i = 0; i < 2; i++) {
        assert_status(run_call(world, 1, functions[i], "2 2 9", GAS), "OK");
        assert_int_equal(world->outcome.result[i == 0 ? 7 : 31], 9);
        assert_status(run_call(world, 1, functions[i], "2 1 9", GAS), "OK");
        assert_int_equal(world->outcome.result[i == 0 ? 7 : 31], 0);
        assert_status(run_call(world, 1, functions[i], "3 0 9", GAS), "INDEX");
        assert_status(run_call(world, 1, functions[i], "0 3 9", GAS), "INDEX");
        assert_status(run_call(world, 1, functions[i], "0xffffffffffffffff 0 9", GAS), "INDEX");
    }
    run_end(world);
}

/* ---- gas --------------------------------------------------------------------------------- */

static void test_gas(void **state)
{
    (void)state;
    build *b = build_start("gas");
    /* JZ 2 | NADDI 1, NSUB 1, JNZ 2 in a loop | RET 2; a trap in the loop when y runs below x */
    (void)build_function(b, "f", PURE | PUBLIC, "x:u64,one:u64,y:u64", "z:u64", "nnn",
                         "JZ 0 5; NSUB 2 2 1; NSUB 0 0 1; JNZ 0 1; JMP 5; RET 2");
    (void)build_function(b, "call", PURE | PUBLIC, "", "z:u64", "nnnn",
                         "LDN 0 0 0 0; CALL 0 0 3; NADDI 3 3 1; RET 3");
    run_world *world = start_one(b);
    static const struct {
        const char *function, *arguments, *status;
        uint64_t gas;
    } cases[] = {
        {"f", "0 1 9", "OK", 2 + 2},
        {"f", "1 1 9", "OK", 2 + 4 + 1 + 2},
        {"f", "3 1 9", "OK", 2 + 3 * 4 + 1 + 2},
        {"f", "3 1 1", "OVERFLOW", 2 + 2 * 4},
        {"call", "", "OK", (1 + 20 + 1 + 2) + 2 + 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *function = cases[i].function, *arguments = cases[i].arguments;
        assert_status(run_call(world, 1, function, arguments, GAS), cases[i].status);
        assert_int_equal(world->outcome.gas_used, cases[i].gas);
        assert_status(run_call(world, 1, function, arguments, cases[i].gas), cases[i].status);
        assert_int_equal(world->outcome.gas_used, cases[i].gas);
        for (uint64_t limit = 0; limit < cases[i].gas; limit++) {
            assert_status(run_call(world, 1, function, arguments, limit), "OUT_OF_GAS");
            assert_int_equal(world->outcome.gas_used, limit);
            assert_null(world->outcome.result);
        }
    }
    run_end(world);
}

/* ---- frames ------------------------------------------------------------------------------ */

static void test_recursion(void **state)
{
    (void)state;
    build *b = build_start("deep");
    char *many = calloc(2049, 1);
    memset(many, 'n', 2048);
    (void)build_function(b, "f", PURE | PUBLIC, "n:u64,one:u64", "z:u64", "nnn",
                         "JZ 0 5; NSUB 0 0 1; CALL 0 0 2; NADD 2 2 1; RET 2; RET 2");
    (void)build_function(b, "g", PURE | PUBLIC, "n:u64,one:u64", "z:u64", many,
                         "JZ 0 5; NSUB 0 0 1; CALL 0 1 2; NADD 2 2 1; RET 2; RET 2");
    free(many);
    run_world *world = start_one(b);
    assert_status(run_call(world, 1, "f", "63 1", GAS), "OK");
    assert_int_equal(result64(world, 0), 63);
    assert_status(run_call(world, 1, "f", "64 1", GAS), "STACK");
    assert_int_equal(world->outcome.trap_instruction, 2);
    assert_status(run_call(world, 1, "g", "15 1", GAS), "OK"); /* 16 * 2048 registers */
    assert_int_equal(result64(world, 0), 15);
    assert_status(run_call(world, 1, "g", "16 1", GAS), "STACK");
    run_end(world);
}

/* Registers begin as zero whatever ran before; random programs, each over two dirty stacks. */
static uint64_t random_state = 88172645463325252u;

static unsigned draw(unsigned below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % below;
}

static void write_random(char *code, unsigned count)
{
    static const char *const two[] = {"NXOR", "NAND", "NOR", "NADD", "NLT"};
    for (unsigned i = 0; i < count; i++) {
        const unsigned a = draw(6), b_ = draw(6), c = draw(6), to = draw(count + 1);
        char *end = code + strlen(code);
        switch (draw(7)) {
        case 0:
            (void)sprintf(end, "JZ %u %u;", a, to);
            break;
        case 1:
            (void)sprintf(end, "JNZ %u %u;", a, to);
            break;
        case 2:
            (void)sprintf(end, "LDN %u 0 0 %u;", a, b_);
            break;
        case 3:
            (void)sprintf(end, "MOVN %u %u;", a, b_);
            break;
        case 4:
            (void)sprintf(end, "CALL %u 1 %u;", a, b_);
            break;
        default:
            (void)sprintf(end, "%s %u %u %u;", two[draw(5)], a, b_, c);
            break;
        }
    }
    (void)strcat(code, "RET 0");
}

static void test_registers_begin_as_zero(void **state)
{
    (void)state;
    for (int round = 0; round < 1500; round++) {
        char code[1024] = "";
        build *b = build_start("zero");
        write_random(code, 2 + draw(14));
        (void)build_function(b, "f", PURE | PUBLIC, "", "a:u64,b:u64,c:u64,d:u64,e:u64,g:u64",
                             "nnnnnn", code);
        (void)build_function(b, "h", PURE, "x:u64", "y:u64", "nnn", "NADD 2 1 0; RET 2");
        (void)build_constant(b,
                             "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
        (void)build_constant(b, "0");
        for (int i = 0; i < 2; i++) {
            char fill[1024] = "";
            for (int r = 0; r < 40; r++) {
                (void)sprintf(fill + strlen(fill), "LDK %d %d;", r, i);
            }
            (void)strcat(fill, "RET 0");
            (void)build_function(b, i == 0 ? "ones" : "zeros", PURE | PUBLIC, "", "",
                                 "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", fill);
        }
        run_world *world = start_one(b);
        uint8_t first[48] = {0};
        assert_status(run_call(world, 1, "zeros", "", GAS), "OK");
        const pl_status status = run_call(world, 1, "f", "", 3000);
        const uint64_t gas = world->outcome.gas_used;
        if (status == PL_OK) {
            memcpy(first, world->outcome.result, 48);
        }
        assert_status(run_call(world, 1, "ones", "", GAS), "OK");
        if (run_call(world, 1, "f", "", 3000) != status || world->outcome.gas_used != gas ||
            (status == PL_OK && memcmp(first, world->outcome.result, 48) != 0)) {
            fail_msg("a register keeps what another call left: %s", code);
        }
        run_end(world);
    }
}

/* The search for such registers must find that temporaries need no clearing. */
static void test_temporaries_are_not_cleared(void **state)
{
    (void)state;
    build *b = build_start("few");
    (void)build_function(b, "f", PURE | PUBLIC, "n:u64", "z:u64", "nnnnn",
                         "LDN 1 0 0 0; JZ 0 7; NADDI 2 0 5; NSUB 3 2 0; NADD 1 1 3;"
                         "JMP 7; JMP 2; RET 1");
    (void)build_function(b, "g", PURE | PUBLIC, "n:u64", "z:u64", "nnnn",
                         "JZ 0 2; LDN 1 0 0 7; NADD 3 1 0; RET 3");
    (void)build_function(b, "h", PURE | PUBLIC, "n:u64", "z:u64", "nnnn",
                         "JZ 0 4; LDN 1 0 0 7; NADD 3 1 0; RET 3; JMP 2"); /* from behind */
    run_world *world = start_one(b);
    assert_int_equal(world->codes[0].functions[0].zero_count, 0);
    for (unsigned f = 1; f <= 2; f++) {
        assert_int_equal(world->codes[0].functions[f].zero_first, 1);
        assert_int_equal(world->codes[0].functions[f].zero_count, 1);
    }
    run_end(world);
}

/* A search that would take long is not made: wide ranges in every instruction clear the frame. */
static void test_long_searches_clear_the_frame(void **state)
{
    (void)state;
    char registers[203] = {0}, code[64 * 16] = "";
    memset(registers, 'n', 202);
    for (unsigned i = 0; i < 60; i++) {
        (void)strcat(code, "LDXN 1 2 0 200;");
    }
    (void)strcat(code, "RET 1");
    build *b = build_start("far");
    (void)build_function(b, "f", PURE | PUBLIC, "n:u64", "z:u64", registers, code);
    run_world *world = start_one(b);
    assert_int_equal(world->codes[0].functions[0].zero_first, 1);
    assert_int_equal(world->codes[0].functions[0].zero_count, 201);
    run_end(world);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    build_memory memory;
    pl_machine *machine;
    build_memory_init(&memory);
    pl_status status = PL_FAULT_MEMORY;
    for (memory.limit = 100000; status != PL_OK; memory.limit += 100000) {
        status = pl_machine_create(&machine, &memory.memory);
        assert_true(status == PL_OK || (machine == NULL && memory.taken == 0));
    }
    pl_machine_free(machine);
    assert_int_equal(memory.taken, 0);
}

static void test_every_instruction_was_run(void **state)
{
    (void)state;
    for (unsigned number = 0; number < PL_OP_XCALL; number++) {
        if (pl_ops[number].name != NULL && !covered[number]) {
            fail_msg("%s has no test", pl_ops[number].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_aliased_operands),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_gas),
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_registers_begin_as_zero),
        cmocka_unit_test(test_temporaries_are_not_cleared),
        cmocka_unit_test(test_long_searches_clear_the_frame),
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test(test_every_instruction_was_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
