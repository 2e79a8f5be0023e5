/* Running code across borders: contracts calling contracts, values that leave registers, rows,
 * seeks and prices. The last test fails when such an instruction was in none of the programs. */
#include "tests/unit/exec_parts.h"

/* ---- borders ----------------------------------------------------------------------------- */

/* Contract 1 calls, contract 2 answers; 3 has the same interface with wider enums. */
static run_world *two_contracts(void)
{
    build *a = build_start("caller");
    (void)build_enum(a, "Mode", "a,b");
    (void)build_table(a, "log", 0, "k:u64", "v:u64=0", "");
    (void)build_error(a, "No", "why:u8");
    (void)build_event(a, "Said", "x:u64");
    (void)build_import(a, "get", VIEW, "x:u8", "y:u256,z:u64");          /* 0 */
    (void)build_import(a, "fail", TX, "k:u64,how:u64", "y:u64");         /* 1 */
    (void)build_import(a, "touch", VIEW, "", "");                        /* 2: really tx */
    (void)build_import(a, "back", TX, "", "r:u64");                      /* 3 */
    (void)build_import(a, "mode", VIEW, "", "m:enum0");                  /* 4 */
    (void)build_import(a, "hidden", VIEW, "", "");                       /* 5: not public */
    (void)build_import(a, "take", VIEW, "m:enum0", "");                  /* 6 */
    (void)build_import(a, "who", VIEW, "", "a:account,n:u64,s:account"); /* 7 */
    (void)build_function(a, "get", VIEW | PUBLIC, "n:u64,x:u64", "y:u256,z:u64", "nnwn",
                         "XCALL 0 0 1 2; RET 2");
    (void)build_function(a, "try_get", VIEW | PUBLIC, "n:u64,x:u64", "s:u64,y:u256,z:u64", "nnnwn",
                         "LDN 4 0 0 9; XTRY 0 0 1 2; RET 2");
    (void)build_function(a, "fail", TX | PUBLIC, "n:u64,k:u64,how:u64", "y:u64", "nnnn",
                         "EMIT 0 1; XCALL 0 1 1 3; RET 3");
    (void)build_function(a, "try_fail", TX | PUBLIC, "n:u64,k:u64,how:u64", "s:u64,y:u64", "nnnnn",
                         "EMIT 0 1; PUT 1 0 1; XTRY 0 1 1 3; EMIT 0 3; RET 3");
    (void)build_function(a, "touch", VIEW | PUBLIC, "n:u64", "", "n", "XCALL 0 2 0 0; RET 0");
    (void)build_function(a, "self", TX | PUBLIC, "n:u64", "r:u64", "nn", "XCALL 0 3 0 1; RET 1");
    (void)build_function(a, "mode", VIEW | PUBLIC, "n:u64", "m:enum0", "nn",
                         "XCALL 0 4 0 1; RET 1");
    (void)build_function(a, "hidden", VIEW | PUBLIC, "n:u64", "", "n", "XCALL 0 5 0 0; RET 0");
    (void)build_function(a, "take", VIEW | PUBLIC, "n:u64,m:u64", "", "nn", "XCALL 0 6 1 0; RET 0");
    (void)build_function(a, "who", VIEW | PUBLIC, "n:u64", "a:account,n:u64,s:account", "nwnw",
                         "XCALL 0 7 0 1; RET 1");
    (void)build_function(a, "reenter", TX | PUBLIC | PL_FUNCTION_REENTRANT, "", "r:u64", "n",
                         "LDN 0 0 0 77; RET 0");
    (void)build_function(a, "plain", TX | PUBLIC, "", "r:u64", "n", "RET 0");

    build *b = build_start("callee");
    (void)build_enum(b, "Mode", "a,b,c");
    (void)build_table(b, "rows", 0, "k:u64", "v:u64=0", "");
    (void)build_error(b, "Bad", "k:u64,small:u8");
    (void)build_event(b, "Did", "x:u64");
    (void)build_import(b, "reenter", TX, "", "r:u64");
    (void)build_import(b, "plain", TX, "", "r:u64");
    (void)build_function(b, "get", VIEW | PUBLIC, "x:u8", "y:u256,z:u64", "nwn", "RET 1");
    (void)build_function(b, "fail", TX | PUBLIC, "k:u64,how:u64", "y:u64", "nnnnn",
                         "PUT 1 0 0; EMIT 0 0; LDN 2 0 0 2; NNE 3 1 2; REQUIRE 3 0 0;"
                         "LDN 2 0 0 1; NEQ 3 1 2; JZ 3 9; UNREACHABLE; LDN 2 0 0 3; NEQ 3 1 2;"
                         "JNZ 3 11; LDN 4 0 0 42; RET 4");
    (void)build_function(b, "touch", TX | PUBLIC, "", "", "", "RET 0");
    (void)build_function(b, "back", TX | PUBLIC, "", "r:u64", "nn",
                         "LDN 0 0 0 1; XCALL 0 0 0 1; RET 1");
    (void)build_function(b, "mode", VIEW | PUBLIC, "", "m:enum0", "n", "LDN 0 0 0 2; RET 0");
    (void)build_function(b, "hidden", VIEW, "", "", "", "RET 0");
    (void)build_function(b, "take", VIEW | PUBLIC, "m:enum0", "", "n", "RET 0");
    (void)build_function(b, "who", VIEW | PUBLIC, "", "a:account,n:u64,s:account", "wnw",
                         "CALLER 0; SELF 1; SELFACCT 2; RET 0");
    (void)build_function(b, "value", VIEW | PUBLIC, "k:u64", "v:u64", "nn", "GETF 1 0 0 0; RET 1");

    build *c = build_start("other");
    (void)build_enum(c, "Mode", "a");
    (void)build_import(c, "plain", TX, "", "r:u64");
    (void)build_function(c, "back", TX | PUBLIC, "", "r:u64", "nn",
                         "LDN 0 0 0 1; XCALL 0 0 0 1; RET 1");
    (void)build_function(c, "take", VIEW | PUBLIC, "m:enum0", "", "n", "RET 0");
    return start((build *[]){a, b, c}, 3);
}

static void test_resolution(void **state)
{
    (void)state;
    run_world *world = two_contracts();
    static const struct {
        const char *function, *arguments, *status;
    } cases[] = {
        {"get", "2 255", "OK"},
        {"get", "2 256", "CAST"},
        {"get", "0 1", "NO_CONTRACT"},
        {"get", "4 1", "NO_CONTRACT"},
        {"get", "0xffffffffffffffff 1", "NO_CONTRACT"},
        {"get", "3 1", "NO_FUNCTION"},
        {"get", "3 256", "NO_FUNCTION"},
        {"hidden", "2", "NO_FUNCTION"},
        {"touch", "2", "READ_ONLY"},
        {"self", "2", "OK"},
        {"self", "3", "REENTRANT"},
        {"mode", "2", "CAST"},
        {"take", "2 1", "OK"},
        {"take", "2 2", "CAST"},
        {"take", "3 1", "CAST"},
        {"take", "3 0", "OK"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pl_status status = run_call(world, 1, cases[i].function, cases[i].arguments, GAS);
        if (strcmp(pl_status_name(status), cases[i].status) != 0) {
            fail_msg("%s(%s): %s, not %s", cases[i].function, cases[i].arguments,
                     pl_status_name(status), cases[i].status);
        }
    }
    assert_status(run_call(world, 1, "self", "2", GAS), "OK");
    assert_int_equal(result64(world, 0), 77);
    run_end(world);
}

/* One import number in two contracts, and one import towards two contracts: what was looked up for
 * one must not answer for the other. */
static void test_lookups_do_not_mix(void **state)
{
    (void)state;
    build *a = build_start("first");
    (void)build_import(a, "five", VIEW, "", "r:u64");
    (void)build_import(a, "through", VIEW, "", "r:u64");
    (void)build_function(a, "run", VIEW | PUBLIC, "", "x:u64,y:u64,z:u64", "nnnn",
                         "LDN 0 0 0 3; XCALL 0 0 0 1; LDN 0 0 0 2; XCALL 0 0 0 3; LDN 0 0 0 3;"
                         "XCALL 0 0 0 1; LDN 0 0 0 2; XCALL 0 1 0 2;"
                         "RET 1");
    build *b = build_start("second");
    (void)build_import(b, "six", VIEW, "", "r:u64");
    (void)build_function(b, "through", VIEW | PUBLIC, "", "r:u64", "nn",
                         "LDN 0 0 0 3; XCALL 0 0 0 1; RET 1");
    (void)build_function(b, "five", VIEW | PUBLIC, "", "r:u64", "n", "LDN 0 0 0 55; RET 0");
    build *c = build_start("third");
    (void)build_function(c, "five", VIEW | PUBLIC, "", "r:u64", "n", "LDN 0 0 0 5; RET 0");
    (void)build_function(c, "six", VIEW | PUBLIC, "", "r:u64", "n", "LDN 0 0 0 6; RET 0");
    run_world *world = start((build *[]){a, b, c}, 3);
    assert_status(run_call(world, 1, "run", "", GAS), "OK");
    assert_int_equal(result64(world, 0), 5);
    assert_int_equal(result64(world, 1), 6);
    assert_int_equal(result64(world, 2), 55);
    run_end(world);
}

/* x is 64 bits in the caller and u8 in the import: CAST at the border. */
static void test_try(void **state)
{
    (void)state;
    run_world *world = two_contracts();
    static const struct {
        const char *arguments;
        pl_status wanted;
    } cases[] = {{"2 1", PL_OK},
                 {"2 256", PL_TRAP_CAST},
                 {"0 1", PL_TRAP_NO_CONTRACT},
                 {"3 1", PL_TRAP_NO_FUNCTION}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_status(run_call(world, 1, "try_get", cases[i].arguments, GAS), "OK");
        const pl_u256 status = run_result(world, 0, 8), z = run_result(world, 40, 8);
        assert_int_equal(pl_u256_low64(&status), cases[i].wanted);
        assert_true(pl_u256_is_zero(&z)); /* held 9 before */
    }
    run_end(world);
}

static uint64_t row_of(run_world *world, const char *key)
{
    assert_status(run_call(world, 2, "value", key, GAS), "OK");
    return result64(world, 0);
}

static void test_try_undoes_the_callee_only(void **state)
{
    (void)state;
    run_world *world = two_contracts();
    /* how 0: fine, 1: UNREACHABLE, 2: REVERT, 3: endless; the callee wrote rows[k] = how first */
    assert_status(run_call(world, 1, "try_fail", "2 5 0", GAS), "OK");
    assert_int_equal(result64(world, 0), 0);
    assert_int_equal(result64(world, 1), 42);
    assert_int_equal(world->outcome.event_count, 3);
    assert_status(run_call(world, 1, "try_fail", "2 6 1", GAS), "OK");
    assert_int_equal(result64(world, 0), PL_TRAP_UNREACHABLE);
    assert_int_equal(result64(world, 1), 0);
    assert_int_equal(world->outcome.event_count,
                     2); /* the callee's is gone, the next stands in its place */
    const uint8_t wanted[36] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 6,
                                0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 118};
    assert_int_equal(world->outcome.events_size, 36);
    assert_memory_equal(world->outcome.events, wanted, 36);
    const uint64_t with_trap = world->outcome.gas_used;
    assert_status(run_call(world, 1, "try_fail", "2 7 2", GAS), "OK");
    assert_int_equal(result64(world, 0), PL_TRAP_REVERT);
    assert_true(with_trap > 120 + 100 + 50);
    assert_int_equal(row_of(world, "6"), 0);
    assert_int_equal(row_of(world, "7"), 0);
    assert_status(run_call(world, 1, "try_fail", "2 8 3", GAS), "OUT_OF_GAS");
    assert_int_equal(world->outcome.gas_used, GAS);
    assert_int_equal(world->outcome.event_count, 0);
    run_end(world);
}

static void test_revert(void **state)
{
    (void)state;
    run_world *world = two_contracts();
    assert_status(run_call(world, 1, "fail", "2 9 2", GAS), "REVERT");
    assert_int_equal(world->outcome.revert_contract, 2);
    assert_int_equal(world->outcome.revert_error, 0);
    assert_int_equal(world->outcome.revert_arguments_size, 9);
    assert_memory_equal(world->outcome.revert_arguments, "\0\0\0\0\0\0\0\x09\x02", 9);
    assert_int_equal(world->outcome.trap_contract, 2);
    assert_int_equal(world->outcome.trap_function, 1);
    assert_int_equal(world->outcome.trap_instruction, 4);
    assert_int_equal(world->outcome.event_count, 0);
    assert_int_equal(row_of(world, "9"), 0);
    run_end(world);
}

static void test_environment(void **state)
{
    (void)state;
    run_world *world = two_contracts();
    assert_status(run_call(world, 1, "who", "2", GAS), "OK");
    const pl_u256 caller = run_result(world, 0, 32), number = run_result(world, 32, 8),
                  own = run_result(world, 40, 32);
    assert_int_equal(pl_u256_low64(&caller), 0x1001);
    assert_int_equal(pl_u256_low64(&number), 2);
    assert_int_equal(pl_u256_low64(&own), 0x1002);
    assert_status(run_call(world, 2, "who", "", GAS), "OK");
    const pl_u256 outside = run_result(world, 0, 32);
    assert_int_equal(pl_u256_low64(&outside), 0xca11);
    run_end(world);
    build *b = build_start("now");
    (void)build_function(b, "f", VIEW | PUBLIC, "", "h:u64,t:u64", "nn", "HEIGHT 0; TIME 1; RET 0");
    world = start_one(b);
    assert_status(run_call(world, 1, "f", "", GAS), "OK");
    assert_int_equal(result64(world, 0), 7);
    assert_int_equal(result64(world, 1), 1000);
    run_end(world);
}

/* ---- values that leave ------------------------------------------------------------------- */

static void test_values_that_leave(void **state)
{
    (void)state;
    build *b = build_start("leave");
    (void)build_enum(b, "Mode", "a,b");
    (void)build_event(b, "E", "x:u16");
    (void)build_error(b, "R", "x:i16");
    (void)build_function(b, "flag", PURE | PUBLIC, "x:u64", "r:bool", "n", "RET 0");
    (void)build_function(b, "mode", PURE | PUBLIC, "x:u64", "r:enum0", "n", "RET 0");
    (void)build_function(b, "u24", PURE | PUBLIC, "x:u64", "r:u24", "n", "RET 0");
    (void)build_function(b, "u72", PURE | PUBLIC, "x:u256", "r:u72", "w", "RET 0");
    (void)build_function(b, "i8", PURE | PUBLIC, "x:u256", "r:i8", "w", "RET 0");
    (void)build_function(b, "i256", PURE | PUBLIC, "x:u256", "r:i256", "w", "RET 0");
    (void)build_function(b, "symbol", PURE | PUBLIC, "x:u256", "r:symbol", "w", "RET 0");
    (void)build_function(b, "account", PURE | PUBLIC, "x:u256", "r:account", "w", "RET 0");
    (void)build_function(b, "emit", TX | PUBLIC, "x:u64", "", "n", "EMIT 0 0; RET 0");
    (void)build_function(b, "revert", PURE | PUBLIC, "x:u256", "", "w", "REVERT 0 0");
    (void)build_function(b, "same", PURE | PUBLIC, "x:i8", "r:i256", "w", "RET 0");
    (void)build_function(b, "inside", PURE | PUBLIC, "x:u64", "r:u64", "nn", "CALL 0 0 1; RET 1");
    run_world *world = start_one(b);
    static const struct {
        const char *function, *argument, *status;
    } cases[] = {
        {"flag", "1", "OK"},
        {"flag", "2", "CAST"},
        {"mode", "1", "OK"},
        {"mode", "2", "CAST"},
        {"u24", "0xffffff", "OK"},
        {"u24", "0x1000000", "CAST"},
        {"u72", "0xffffffffffffffffff", "OK"},
        {"u72", "0x1000000000000000000", "CAST"},
        {"i8", "127", "OK"},
        {"i8", "128", "CAST"},
        {"i8", "-128", "OK"},
        {"i8", "-129", "CAST"},
        {"i256", "smin", "OK"},
        {"account", "max", "OK"},
        {"symbol", "0", "OK"},
        {"symbol", "65", "CAST"},
        {"symbol", "0x4100000000000000000000000000000000000000000000000000000000000000", "OK"},
        {"symbol", "0x2000000000000000000000000000000000000000000000000000000000000000", "CAST"},
        {"symbol", "0x7f00000000000000000000000000000000000000000000000000000000000000", "CAST"},
        {"symbol", "0x4100410000000000000000000000000000000000000000000000000000000000", "CAST"},
        {"emit", "0xffff", "OK"},
        {"emit", "0x10000", "CAST"},
        {"revert", "32767", "REVERT"},
        {"revert", "32768", "CAST"},
        {"inside", "300", "OK"}, /* calls inside a contract check nothing */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pl_status status = run_call(world, 1, cases[i].function, cases[i].argument, GAS);
        if (strcmp(pl_status_name(status), cases[i].status) != 0) {
            fail_msg("%s(%s): %s, not %s", cases[i].function, cases[i].argument,
                     pl_status_name(status), cases[i].status);
        }
    }
    assert_status(run_call(world, 1, "same", "255", GAS), "OK"); /* the byte 0xff is -1 */
    const pl_u256 minus_one = run_result(world, 0, 32), max = pl_u256_max_value();
    assert_true(pl_u256_eq(&minus_one, &max));
    run_end(world);
}

static void test_arguments(void **state)
{
    (void)state;
    build *b = build_start("arguments");
    (void)build_enum(b, "Mode", "a,b");
    (void)build_function(b, "f", PURE | PUBLIC, "a:bool,m:enum0,s:symbol", "", "nnw", "RET 0");
    run_world *world = start_one(b);
    uint8_t bytes[35] = {1, 1, 'A', 'B'};
    pl_call call = {.contract = 1, .gas_limit = GAS, .arguments = bytes, .arguments_size = 34};
    static const struct {
        size_t offset;
        uint8_t value;
    } wrong[] = {{0, 2}, {1, 2}, {2, ' '}, {2, 0}, {33, 'C'}};
    pl_door *door = pl_store_door(world->store);
    assert_int_equal(pl_machine_run(world->machine, &world->outcome, door, &world->linkage, &call),
                     PL_OK);
    assert_status(world->outcome.status, "OK");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const uint8_t old = bytes[wrong[i].offset];
        bytes[wrong[i].offset] = wrong[i].value;
        assert_int_equal(
            pl_machine_run(world->machine, &world->outcome, door, &world->linkage, &call), PL_OK);
        assert_status(world->outcome.status, "TX_ARGUMENTS");
        assert_int_equal(world->outcome.gas_used, 0);
        bytes[wrong[i].offset] = old;
    }
    for (call.arguments_size = 33; call.arguments_size <= 35; call.arguments_size += 2) {
        assert_int_equal(
            pl_machine_run(world->machine, &world->outcome, door, &world->linkage, &call), PL_OK);
        assert_status(world->outcome.status, "TX_ARGUMENTS");
    }
    run_end(world);
}

static void test_limits_of_events_and_writes(void **state)
{
    (void)state;
    build *b = build_start("many");
    (void)build_table(b, "t", 0, "k:u64", "v:u64", "");
    (void)build_event(b, "E", "a:u64");
    (void)build_function(b, "emit", TX | PUBLIC, "n:u64,one:u64", "", "nn",
                         "EMIT 0 0; NSUB 0 0 1; JNZ 0 0; RET 0");
    (void)build_function(b, "put", TX | PUBLIC, "n:u64,one:u64", "", "nn",
                         "PUT 1 0 0; NSUB 0 0 1; JNZ 0 0; RET 0");
    run_world *world = start_one(b);
    assert_status(run_call(world, 1, "emit", "1024 1", GAS), "OK");
    assert_int_equal(world->outcome.event_count, 1024);
    assert_int_equal(world->outcome.events_size, 1024 * 18);
    assert_status(run_call(world, 1, "emit", "1025 1", GAS), "EVENT_LIMIT");
    assert_status(run_call(world, 1, "put", "65536 1", GAS), "OK");
    assert_status(run_call(world, 1, "put", "65537 1", GAS), "WRITE_LIMIT");
    run_end(world);
}

/* ---- rows of state ----------------------------------------------------------------------- */

static run_world *rows_world(void)
{
    build *b = build_start("rows");
    (void)build_table(b, "full", 0, "k:u16,s:i16", "v:u128=7,n:u8=9", "");
    (void)build_table(b, "part", 0, "k:u64", "v:u64=7,n:u64", "");
    (void)build_table(b, "one", 0, "", "v:u64=3", "");
    (void)build_function(b, "get", VIEW | PUBLIC, "k:u64,s:u256", "v:u256,n:u64", "nwwn",
                         "GET 2 0 0; RET 2");
    (void)build_function(b, "put", TX | PUBLIC, "k:u64,s:u256,v:u256,n:u64", "", "nwwn",
                         "PUT 2 0 0; RET 0");
    (void)build_function(b, "getf", VIEW | PUBLIC, "k:u64,s:u256", "n:u64", "nwn",
                         "GETF 2 0 0 1; RET 2");
    (void)build_function(b, "putf", TX | PUBLIC, "k:u64,s:u256,n:u64", "", "nwn",
                         "PUTF 2 0 0 1; RET 0");
    (void)build_function(b, "has", VIEW | PUBLIC, "k:u64,s:u256", "h:bool", "nwn",
                         "HAS 2 0 0; RET 2");
    (void)build_function(b, "del", TX | PUBLIC, "k:u64,s:u256", "h:bool", "nwn",
                         "DEL 2 0 0; RET 2");
    (void)build_function(b, "part", VIEW | PUBLIC, "k:u64", "v:u64,n:u64", "nnn",
                         "GET 1 1 0; RET 1");
    (void)build_function(b, "part_v", VIEW | PUBLIC, "k:u64", "v:u64", "nn", "GETF 1 1 0 0; RET 1");
    (void)build_function(b, "part_n", VIEW | PUBLIC, "k:u64", "v:u64", "nn", "GETF 1 1 0 1; RET 1");
    (void)build_function(b, "part_set", TX | PUBLIC, "k:u64,n:u64", "", "nn",
                         "PUTF 1 1 0 1; RET 0");
    (void)build_function(b, "one", TX | PUBLIC, "v:u64", "before:u64,after:u64", "nnn",
                         "GETF 1 2 3 0; PUTF 0 2 0 0; GET 2 2 0; RET 1");
    return start_one(b);
}

static void test_rows_of_state(void **state)
{
    (void)state;
    run_world *world = rows_world();
    static const struct {
        const char *function, *arguments, *status;
        uint64_t low; /* of the last result, when there is one */
    } steps[] = {
        {"has", "1 -1", "OK", 0},
        {"get", "1 -1", "OK", 9},
        {"getf", "1 -1", "OK", 9},
        {"has", "0xffff 0", "OK", 0},
        {"has", "0x10000 0", "CAST", 0},
        {"has", "0 32768", "CAST", 0},
        {"get", "0 -32769", "CAST", 0},
        {"getf", "0x10000 0", "CAST", 0},
        {"del", "0x10000 0", "CAST", 0},
        {"putf", "0x10000 0 1", "CAST", 0},
        {"put", "0x10000 0 1 1", "CAST", 0},
        {"put", "1 -1 5 256", "CAST", 0},
        {"put", "1 -1 0x100000000000000000000000000000000 1", "CAST", 0},
        {"has", "1 -1", "OK", 0},
        {"put", "1 -1 5 255", "OK", 0},
        {"has", "1 -1", "OK", 1},
        {"has", "1 1", "OK", 0},
        {"get", "1 -1", "OK", 255},
        {"putf", "1 -1 3", "OK", 0},
        {"putf", "1 -1 256", "CAST", 0},
        {"get", "1 -1", "OK", 3},
        {"del", "1 -1", "OK", 1},
        {"del", "1 -1", "OK", 0},
        {"get", "1 -1", "OK", 9},
        {"putf", "2 2 8", "OK", 0},
        {"get", "2 2", "OK", 8},
        {"part", "1", "MISSING_ROW", 0},
        {"part_v", "1", "OK", 7},
        {"part_n", "1", "MISSING_ROW", 0},
        {"part_set", "1 5", "MISSING_ROW", 0},
        {"one", "8", "OK", 8},
        {"one", "9", "OK", 9},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const pl_status status = run_call(world, 1, steps[i].function, steps[i].arguments, GAS);
        const uint8_t *result = world->outcome.result;
        const size_t size = world->outcome.result_size;
        if (strcmp(pl_status_name(status), steps[i].status) != 0 ||
            (size != 0 && result[size - 1] != steps[i].low)) {
            fail_msg("step %zu, %s(%s): %s", i, steps[i].function, steps[i].arguments,
                     pl_status_name(status));
        }
    }
    run_end(world);
}

static void test_seek(void **state)
{
    (void)state;
    build *b = build_start("seek");
    (void)build_table(b, "t", 0, "k:i16,l:u8", "v:u8,w:u8", "by_v:0");
    (void)build_function(b, "put", TX | PUBLIC, "k:u256,l:u64,v:u64", "", "wnnn",
                         "PUT 2 0 0; RET 0");
    for (unsigned mode = 0; mode < 12; mode++) {
        char name[8], code[64];
        (void)snprintf(name, sizeof name, "k%u", mode);
        (void)snprintf(code, sizeof code, "SEEK 2 0 0 0 %u; MOV 3 0; MOVN 4 1; RET 2", mode);
        (void)build_function(b, name, VIEW | PUBLIC, "k:i16,l:u64", "f:bool,k:i16,l:u8", "wnnwn",
                             code);
    }
    for (unsigned mode = 0; mode < 8; mode++) {
        char name[8], code[64];
        (void)snprintf(name, sizeof name, "v%u", mode);
        (void)snprintf(code, sizeof code, "SEEK 3 0 0 1 %u; RET 3", mode);
        (void)build_function(b, name, VIEW | PUBLIC, "v:u64,k:i16,l:u64", "f:bool", "nwnn", code);
    }
    (void)build_function(b, "first", VIEW | PUBLIC, "v:u64,k:i16,l:u64", "v:u8,k:i16,l:u8", "nwnn",
                         "SEEK 3 0 0 1 0; RET 0");
    run_world *world = start_one(b);
    static const char *const put[] = {"-5 1 9", "-5 3 8", "0 0 9", "4 200 1"};
    for (size_t i = 0; i < 4; i++) {
        assert_status(run_call(world, 1, "put", put[i], GAS), "OK");
    }
    static const struct {
        const char *function, *arguments;
        int found, k, l;
    } cases[] = {
        {"k0", "0 0", 1, 0, 0},      {"k1", "0 0", 1, 4, 200},    {"k2", "0 0", 1, 0, 0},
        {"k3", "0 0", 1, -5, 3},     {"k0", "32768 0", 1, -5, 1}, /* the bytes of -32768 */
        {"k1", "4 200", 0, 4, 200},  {"k3", "65531 1", 0, -5, 1}, {"k2", "65531 2", 1, -5, 1},
        {"k4", "65531 2", 1, -5, 3}, {"k5", "65531 3", 0, -5, 3}, {"k6", "65531 0", 0, -5, 0},
        {"k7", "65531 3", 1, -5, 1}, {"k8", "65531 3", 1, -5, 3}, {"k8", "65531 2", 0, -5, 2},
        {"k9", "65531 3", 0, -5, 3}, {"k0", "4 201", 0, 4, 201},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_status(run_call(world, 1, cases[i].function, cases[i].arguments, GAS), "OK");
        const uint8_t *r = world->outcome.result;
        if (r[0] != cases[i].found || (int16_t)(r[1] << 8 | r[2]) != cases[i].k ||
            r[3] != cases[i].l) {
            fail_msg("%s(%s): %d, %d, %d", cases[i].function, cases[i].arguments, r[0],
                     (int16_t)(r[1] << 8 | r[2]), r[3]);
        }
    }
    assert_status(run_call(world, 1, "first", "2 0 0", GAS), "OK");
    assert_memory_equal(world->outcome.result, "\x08\xff\xfb\x03", 4);
    assert_status(run_call(world, 1, "first", "9 65531 2", GAS), "OK");
    assert_memory_equal(world->outcome.result, "\x09\x00\x00\x00", 4);
    assert_status(run_call(world, 1, "v4", "2 0 0", GAS), "OK"); /* no row with v = 2 */
    assert_int_equal(world->outcome.result[0], 0);
    assert_status(run_call(world, 1, "v4", "9 65531 2", GAS), "OK");
    assert_int_equal(world->outcome.result[0], 1);
    assert_status(run_call(world, 1, "v0", "256 0 0", GAS), "CAST");
    run_end(world);
}

static void test_prices(void **state)
{
    (void)state;
    build *b = build_start("prices");
    (void)build_function(b, "price", VIEW | PUBLIC, "f:u64", "p:u256", "nw", "PRICE 1 0 8; RET 1");
    (void)build_function(b, "info", VIEW | PUBLIC, "f:u64", "p:i256,d:u64,t:u64,r:u64,v:u64",
                         "nwnnnn", "LDN 3 0 0 5; PRICEINFO 1 0; RET 1");
    run_world *world = start_one(b);
    run_set_price(world, 1, "500000000", 8, 990, 4);
    run_set_price(world, 2, "5", 6, 990, 4);
    run_set_price(world, 3, "-5", 8, 990, 4);
    assert_status(run_call(world, 1, "price", "1", GAS), "OK");
    const pl_u256 price = run_result(world, 0, 32);
    assert_int_equal(pl_u256_low64(&price), 500000000);
    assert_status(run_call(world, 1, "price", "0", GAS), "NO_PRICE");
    assert_status(run_call(world, 1, "price", "0x100000001", GAS), "NO_PRICE");
    assert_status(run_call(world, 1, "price", "2", GAS), "PRICE_SCALE");
    assert_status(run_call(world, 1, "price", "3", GAS), "CAST");
    assert_status(run_call(world, 1, "info", "3", GAS), "OK");
    assert_int_equal(world->outcome.result[31], 0xfb);
    assert_int_equal(result64(world, 4), 8);
    assert_int_equal(result64(world, 5), 990);
    assert_int_equal(result64(world, 6), 4);
    assert_int_equal(result64(world, 7), 1);
    assert_status(run_call(world, 1, "info", "9", GAS), "OK");
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(result64(world, i), 0);
    }
    run_end(world);
}

static void test_every_instruction_was_run(void **state)
{
    (void)state;
    for (unsigned number = PL_OP_XCALL; number < 256; number++) {
        if (pl_ops[number].name != NULL && !covered[number]) {
            fail_msg("%s has no test", pl_ops[number].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolution),
        cmocka_unit_test(test_lookups_do_not_mix),
        cmocka_unit_test(test_try),
        cmocka_unit_test(test_try_undoes_the_callee_only),
        cmocka_unit_test(test_revert),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_values_that_leave),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_limits_of_events_and_writes),
        cmocka_unit_test(test_rows_of_state),
        cmocka_unit_test(test_seek),
        cmocka_unit_test(test_prices),
        cmocka_unit_test(test_every_instruction_was_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
