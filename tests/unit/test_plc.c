/* The compiler as a library: what it emits for a few known sources, its limits, its messages. The
 * language itself is tested by tests/plc/runner.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/heap.h"
#include "tools/plc/plc.h"
#include "vm/machine/code.h"

typedef struct files {
    const char *main, *module;
    size_t main_size;
} files;

static bool load(void *context, const char *path, const char **text, size_t *size)
{
    const files *f = context;
    if (strcmp(path, "dir/a.plim") == 0) {
        *text = f->main;
        *size = f->main_size == 0 ? strlen(f->main) : f->main_size;
        return true;
    }
    if (strcmp(path, "dir/m.plim") == 0 || strcmp(path, "lib/std/n.plim") == 0) {
        *text = f->module;
        *size = f->module == NULL ? 0 : strlen(f->module);
        return f->module != NULL;
    }
    return false;
}

static plc_result compile(const char *text, const char *module)
{
    const plc_options options = {.library = "lib"};
    files f = {text, module, 0};
    plc_result result;
    plc_compile(&result, load, &f, "dir/a.plim", &options);
    return result;
}

static pl_code loaded(const plc_result *result)
{
    pl_code code;
    pl_code_error where;
    if (!result->ok) {
        char text[1024];
        (void)plc_diagnostic_text(&result->diagnostics[0], text, sizeof text);
        fail_msg("%s", text);
    }
    assert_int_equal(pl_code_load(&code, &where, &heap_memory, result->bytes, result->size), PL_OK);
    return code;
}

/* The function's instruction numbers as one string of hex pairs. */
static void expect_ops(const char *source, const char *function, const uint8_t *ops, size_t count)
{
    plc_result result = compile(source, NULL);
    pl_code code = loaded(&result);
    bool found = false;
    for (uint32_t i = 0; i < code.function_count; i++) {
        const pl_function *f = &code.functions[i];
        if (f->name.size == strlen(function) && memcmp(f->name.text, function, f->name.size) == 0) {
            found = true;
            assert_int_equal(f->instruction_count, count);
            for (uint32_t k = 0; k < count; k++) {
                assert_int_equal(f->instructions[k].op, ops[k]);
            }
        }
    }
    assert_true(found);
    pl_code_free(&code, &heap_memory);
    plc_result_free(&result);
}

#define EXPECT_OPS(source, function, ...)                                                          \
    do {                                                                                           \
        const uint8_t expected_ops[] = {__VA_ARGS__};                                              \
        expect_ops(source, function, expected_ops, sizeof expected_ops);                           \
    } while (0)

static void test_fused_products(void **state)
{
    (void)state;
    EXPECT_OPS("contract c; public pure f(a: u256, b: ray) -> u256 { return mul_half_up(a, b); }",
               "f", PL_OP_MULDIVK_HU, PL_OP_RET);
    EXPECT_OPS("contract c; public pure f(a: u256, b: ray) -> u256 { return div_up_full(a, b); }",
               "f", PL_OP_LDK, PL_OP_MULDIVX_UP, PL_OP_RET);
    EXPECT_OPS("contract c; public pure f(a: u256) -> u256 { return div_down(a, 7); }", "f",
               PL_OP_DIVK_DN, PL_OP_RET);
    EXPECT_OPS("contract c; public pure f(a: ray) -> wad { return to_half_up<wad>(a); }", "f",
               PL_OP_DIVK_HU, PL_OP_RET);
}

/* Two divisions stay two divisions, in their order. */
static void test_source_order(void **state)
{
    (void)state;
    EXPECT_OPS("contract c; public pure f(a: u256, b: u256) -> u256 {"
               " return div_down(div_down(a * b, 1000), 1000); }",
               "f", PL_OP_MUL, PL_OP_DIVK_DN, PL_OP_DIVK_DN, PL_OP_RET);
    EXPECT_OPS("contract c; state s { n: u64 = 0; } public view f() -> u64 {"
               " let a = s.n; return a + s.n; }",
               "f", PL_OP_GETF, PL_OP_GETF, PL_OP_NADD, PL_OP_RET);
}

static void test_no_needless_moves(void **state)
{
    (void)state;
    EXPECT_OPS("contract c; public pure f(a: u256, b: u256) -> u256 {"
               " var x = a + b; x = x * b; let y = x; return y; }",
               "f", PL_OP_ADD, PL_OP_MUL, PL_OP_MOV, PL_OP_RET);
    EXPECT_OPS("contract c; table t[a: account, b: u8] { n: u256 = 0; }"
               "public view f(a: account, b: u8) -> u256 { return t[a, b].n; }",
               "f", PL_OP_GETF, PL_OP_RET);
    EXPECT_OPS("contract c; pure g(a: u256, b: ray) -> u256 { return mul_down(a, b); }"
               "public pure f(a: u256) -> u256 { return g(a, 2ray); }",
               "f", PL_OP_LDK, PL_OP_MULDIVK_DN, PL_OP_RET);
}

/* A constant of a loop is loaded once, in front of it. */
static void test_loop_constants(void **state)
{
    (void)state;
    EXPECT_OPS("contract c; public pure f(n: u64) -> u256 { var s: u256 = 1;"
               " for i in 0..n { s = s + 12345; } return s; }",
               "f", PL_OP_LDK, PL_OP_LDK, PL_OP_LDN, PL_OP_NLT, PL_OP_JZ, PL_OP_ADD, PL_OP_NADDI,
               PL_OP_NLT, PL_OP_JNZ, PL_OP_RET);
}

static void test_same_input_same_bytes(void **state)
{
    (void)state;
    const char *source = "contract c; enum M { a, b } state s { m: M = M.b; }\n"
                         "public tx f(m: M) { s.m = m; }";
    plc_result a = compile(source, NULL);
    plc_result b = compile(source, NULL);
    assert_true(a.ok && b.ok);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.bytes, b.bytes, a.size);
    plc_result_free(&b);

    const plc_options bare = {.no_symbols = true};
    files f = {source, NULL, 0};
    plc_compile(&b, load, &f, "dir/a.plim", &bare);
    pl_code with = loaded(&a);
    pl_code without = loaded(&b);
    assert_memory_equal(with.hash, without.hash, 32);
    assert_int_equal(without.symbols_size, 0);
    pl_code_free(&with, &heap_memory);
    pl_code_free(&without, &heap_memory);
    plc_result_free(&a);
    plc_result_free(&b);
}

static void test_instances(void **state)
{
    (void)state;
    const char *module = "module m; table t[k: u8] { n: u64 = 0; }\n"
                         "tx put(k: u8) { t[k].n = 1; }";
    plc_result r = compile("contract c; import \"m.plim\"; import \"m.plim\" as x;\n"
                           "import \"m.plim\" as y; import \"std/n.plim\" as z;\n"
                           "public tx f() { x.put(1); y.put(2); put(3); z.put(4); }",
                           module);
    pl_code code = loaded(&r);
    assert_int_equal(code.table_count, 4);
    assert_int_equal(code.function_count, 5);
    pl_code_free(&code, &heap_memory);
    plc_result_free(&r);
    r = compile("contract c; import \"m.plim\"; public pure f() {}",
                "module m; import \"m.plim\";");
    assert_false(r.ok);
    assert_string_equal(r.diagnostics[0].message, "the imports go round in a circle");
    plc_result_free(&r);
}

static void test_message_text(void **state)
{
    (void)state;
    char text[512];
    plc_result r =
        compile("contract c;\npublic pure f(a: u256) -> u256 {\n    return a / 2;\n}\n", NULL);
    assert_false(r.ok);
    assert_int_equal(r.diagnostic_count, 1);
    assert_null(r.bytes);
    (void)plc_diagnostic_text(&r.diagnostics[0], text, sizeof text);
    assert_string_equal(
        text, "dir/a.plim:3:14: error: `/` does not say how to round\n"
              "    3 |     return a / 2;\n"
              "      |              ^\n"
              "      = write div_down(a, b), div_up(a, b), div_half_up or div_half_even\n");
    plc_result_free(&r);
}

static void test_error_limit(void **state)
{
    (void)state;
    char source[8192] = "contract c;\n";
    for (int i = 0; i < 60; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "const C%d: nope%d = 1;\n", i, i);
        strcat(source, line);
    }
    plc_result r = compile(source, NULL);
    assert_int_equal(r.diagnostic_count, PLC_ERRORS_MAX);
    for (size_t i = 1; i < r.diagnostic_count; i++) {
        assert_true(r.diagnostics[i].line > r.diagnostics[i - 1].line);
    }
    plc_result_free(&r);
}

static void test_limits(void **state)
{
    (void)state;
    const plc_options small = {.memory_max = 1 << 17};
    char *big = malloc(PLC_SOURCE_SIZE_MAX + 1);
    memset(big, '\n', PLC_SOURCE_SIZE_MAX + 1);
    files f = {big, NULL, PLC_SOURCE_SIZE_MAX + 1};
    plc_result r;
    plc_compile(&r, load, &f, "dir/a.plim", NULL);
    assert_false(r.ok);
    assert_non_null(strstr(r.diagnostics[0].message, "more than 1048576 bytes"));
    plc_result_free(&r);
    f.main_size = PLC_SOURCE_SIZE_MAX;
    plc_compile(&r, load, &f, "dir/a.plim", &small);
    assert_false(r.ok);
    assert_non_null(strstr(r.diagnostics[0].message, "memory limit"));
    plc_result_free(&r);
    plc_compile(&r, load, &f, "dir/none.plim", NULL);
    assert_false(r.ok);
    assert_string_equal(r.diagnostics[0].message, "the file cannot be read");
    plc_result_free(&r);
    free(big);
}

/* Names are compared with each other: thirty thousand would take seconds. */
static void test_too_many_names(void **state)
{
    (void)state;
    char *source = malloc(200000);
    size_t used = (size_t)sprintf(source, "contract c;\npublic pure f() {\n");
    for (int i = 0; i < 4097; i++) {
        used += (size_t)sprintf(source + used, "let a%d = %du64;\n", i, i);
    }
    (void)sprintf(source + used, "}\n");
    files f = {source, NULL, strlen(source)};
    plc_result r;
    plc_compile(&r, load, &f, "dir/a.plim", NULL);
    assert_false(r.ok);
    assert_int_equal(r.diagnostic_count, 1);
    assert_non_null(strstr(r.diagnostics[0].message, "more than 4096 names"));
    plc_result_free(&r);
    free(source);
}

/* Nested conditionals and literals must not take time exponential in their depth. */
static void test_depth_is_cheap(void **state)
{
    (void)state;
    char source[16384] =
        "contract c;\nstruct S { a: u64; }\npublic pure f(x: u64) -> u64 {\n return ";
    for (int i = 0; i < 55; i++) {
        strcat(source, "x == 1 ? 1 : ");
    }
    strcat(source, "2; }\npublic pure h(x: u64) -> u64 { let a = [");
    for (int i = 0; i < 55; i++) { /* no constant, but every condition is one */
        strcat(source, "false ? 1 : ");
    }
    strcat(source, "x]; return a[0]; }\npublic pure g(x: u64) -> u64 { let a = ");
    for (int i = 0; i < 55; i++) {
        strcat(source, "[");
    }
    strcat(source, "x");
    for (int i = 0; i < 55; i++) {
        strcat(source, "]");
    }
    strcat(source, "; return x; }\n");
    plc_result r = compile(source, NULL);
    pl_code code = loaded(&r);
    pl_code_free(&code, &heap_memory);
    plc_result_free(&r);
}

static void test_format(void **state)
{
    (void)state;
    const char *ugly =
        "contract   c ;\n\n\n\n/// doc\npublic   pure f( a:u256,b :ray )->u256{ // why\n"
        "return mul_down( a ,b )+-  1;/* end */\n}\n";
    const char *neat = "contract c;\n\n/// doc\npublic pure f(a: u256, b: ray) -> u256 { // why\n"
                       "    return mul_down(a, b) + -1; /* end */\n}\n";
    plc_result r;
    plc_format(&r, "a.plim", ugly, strlen(ugly));
    assert_true(r.ok);
    assert_string_equal((const char *)r.bytes, neat);
    plc_result_free(&r);
    /* signs that would grow into another sign stay apart */
    static const char signs[] =
        "contract c;\n\npure f(a: i256) -> i256 {\n    return - -a - -1;\n}\n";
    plc_format(&r, "a.plim", signs, strlen(signs));
    assert_true(r.ok);
    assert_string_equal((const char *)r.bytes, signs);
    plc_result_free(&r);
    plc_format(&r, "a.plim", "contract c; oops", 16);
    assert_false(r.ok);
    plc_result_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fused_products),
        cmocka_unit_test(test_source_order),
        cmocka_unit_test(test_no_needless_moves),
        cmocka_unit_test(test_loop_constants),
        cmocka_unit_test(test_same_input_same_bytes),
        cmocka_unit_test(test_instances),
        cmocka_unit_test(test_message_text),
        cmocka_unit_test(test_error_limit),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_too_many_names),
        cmocka_unit_test(test_depth_is_cheap),
        cmocka_unit_test(test_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
