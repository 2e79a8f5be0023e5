/* vm/num against rows written by hand (fixtures/numbers), against every small number, and on bytes.
 * Run from the project root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/fixture_rows.h"

typedef struct operands {
    pl_u256 a, b, c;
    uint64_t b_low, b_second, c_low, c_second; /* small numbers of the cells b and c */
} operands;

typedef pl_status (*operation)(pl_u256 *r, const operands *x);

/* clang-format off */
/* A row's operation may have several implementations that must all give its result. */
#define CALL(name, expr)                                        \
    static pl_status call_##name(pl_u256 *r, const operands *x) \
    {                                                           \
        return expr;                                            \
    }
#define BY(divisor, expr)             \
    pl_divisor k;                     \
    PL_TRY(pl_divisor_init(&k, divisor)); \
    return expr;

#define CALLS_PER_ROUNDING(name)                                                            \
    CALL(muldiv_##name, pl_u256_muldiv_##name(r, &x->a, &x->b, &x->c))                      \
    CALL(muldiv_full_##name, pl_u256_muldiv_full_##name(r, &x->a, &x->b, &x->c))            \
    CALL(i_muldiv_##name, pl_i256_muldiv_##name(r, &x->a, &x->b, &x->c))                    \
    CALL(i_muldiv_full_##name, pl_i256_muldiv_full_##name(r, &x->a, &x->b, &x->c))          \
    static pl_status call_muldiv_##name##_by(pl_u256 *r, const operands *x)                 \
    {                                                                                       \
        BY(&x->c, pl_u256_muldiv_##name##_by(r, &x->a, &x->b, &k))                          \
    }                                                                                       \
    static pl_status call_muldiv_full_##name##_by(pl_u256 *r, const operands *x)            \
    {                                                                                       \
        BY(&x->c, pl_u256_muldiv_full_##name##_by(r, &x->a, &x->b, &k))                     \
    }                                                                                       \
    static pl_status call_div_##name##_by(pl_u256 *r, const operands *x)                    \
    {                                                                                       \
        BY(&x->b, pl_u256_div_##name##_by(r, &x->a, &k))                                    \
    }
#define ROWS_PER_ROUNDING(name)                              \
    {"muldiv_" #name, call_muldiv_##name},                   \
    {"muldiv_" #name, call_muldiv_##name##_by},              \
    {"muldiv_full_" #name, call_muldiv_full_##name},         \
    {"muldiv_full_" #name, call_muldiv_full_##name##_by},    \
    {"i_muldiv_" #name, call_i_muldiv_##name},               \
    {"i_muldiv_full_" #name, call_i_muldiv_full_##name},     \
    {"div_" #name, call_div_##name##_by},

CALLS_PER_ROUNDING(down)
CALLS_PER_ROUNDING(up)
CALLS_PER_ROUNDING(half_up)
CALLS_PER_ROUNDING(half_even)
CALLS_PER_ROUNDING(zero)
CALLS_PER_ROUNDING(away)

static pl_status call_muldiv_up_add_by(pl_u256 *r, const operands *x)
{
    BY(&x->c, pl_u256_muldiv_up_add_by(r, &x->a, &x->b, &k))
}

static pl_status call_to_u64(pl_u256 *r, const operands *x)
{
    uint64_t value;
    PL_TRY(pl_u256_to_u64(&value, &x->a));
    *r = pl_u256_from_u64(value);
    return PL_OK;
}

static pl_status call_i_to_i64(pl_u256 *r, const operands *x)
{
    int64_t value;
    PL_TRY(pl_i256_to_i64(&value, &x->a));
    *r = pl_i256_from_i64(value);
    return PL_OK;
}

static pl_status value_if(pl_u256 *r, const operands *x, pl_status status)
{
    if (status == PL_OK) {
        *r = x->a;
    }
    return status;
}

#define TWO(name) CALL(name, pl_u256_##name(r, &x->a, &x->b))
#define TWO_VOID(name) CALL(name, (pl_u256_##name(r, &x->a, &x->b), PL_OK))
#define I_TWO(name) CALL(i_##name, pl_i256_##name(r, &x->a, &x->b))
#define I_TWO_VOID(name) CALL(i_##name, (pl_i256_##name(r, &x->a, &x->b), PL_OK))
#define NUMBER(name, expr) CALL(name, (*r = pl_u256_from_u64(expr), PL_OK))

TWO(add) TWO(sub) TWO(mul) TWO(div) TWO(mod) TWO(div_up) TWO(div_half_up) TWO(div_half_even)
TWO_VOID(add_wrap) TWO_VOID(sub_wrap) TWO_VOID(mul_wrap)
TWO_VOID(add_sat) TWO_VOID(sub_sat) TWO_VOID(mul_sat)
TWO_VOID(min) TWO_VOID(max) TWO_VOID(and) TWO_VOID(or) TWO_VOID(xor)
I_TWO(add) I_TWO(sub) I_TWO(mul) I_TWO(div_zero) I_TWO(div_floor) I_TWO(div_up) I_TWO(div_half_up)
I_TWO(div_half_even) I_TWO(div_away) I_TWO(mod_zero) I_TWO(mod_floor)
I_TWO_VOID(add_wrap) I_TWO_VOID(sub_wrap) I_TWO_VOID(mul_wrap)
I_TWO_VOID(add_sat) I_TWO_VOID(sub_sat) I_TWO_VOID(mul_sat) I_TWO_VOID(min) I_TWO_VOID(max)
CALL(i_neg, pl_i256_neg(r, &x->a))
CALL(i_abs, pl_i256_abs(r, &x->a))
CALL(i_neg_wrap, (pl_i256_neg_wrap(r, &x->a), PL_OK))
CALL(i_magnitude, (pl_i256_magnitude(r, &x->a), PL_OK))
CALL(i_from_u, pl_i256_from_u256(r, &x->a))
CALL(u_from_i, pl_u256_from_i256(r, &x->a))
CALL(i_clamp, (pl_i256_clamp(r, &x->a, &x->b, &x->c), PL_OK))
CALL(clamp, (pl_u256_clamp(r, &x->a, &x->b, &x->c), PL_OK))
CALL(check_bits, value_if(r, x, pl_u256_check_bits(&x->a, (uint32_t)x->b_low)))
CALL(i_check_bits, value_if(r, x, pl_i256_check_bits(&x->a, (uint32_t)x->b_low)))
CALL(muldiv_up_add, pl_u256_muldiv_up_add(r, &x->a, &x->b, &x->c))
CALL(mulshr_full_down, pl_u256_mulshr_full_down(r, &x->a, &x->b, (uint32_t)x->c_low))
CALL(i_mulshr_full_down, pl_i256_mulshr_full_down(r, &x->a, &x->b, (uint32_t)x->c_low))
CALL(i_mulshr_full_zero, pl_i256_mulshr_full_zero(r, &x->a, &x->b, (uint32_t)x->c_low))
CALL(not, (pl_u256_not(r, &x->a), PL_OK))
CALL(shl, (pl_u256_shl(r, &x->a, x->b_low), PL_OK))
CALL(shr, (pl_u256_shr(r, &x->a, x->b_low), PL_OK))
CALL(sar, (pl_i256_sar(r, &x->a, x->b_low), PL_OK))
CALL(set_bit, pl_u256_set_bit(r, &x->a, x->b_low))
CALL(clear_bit, pl_u256_clear_bit(r, &x->a, x->b_low))
CALL(extract, (pl_u256_extract(r, &x->a, x->b_low, x->b_second), PL_OK))
CALL(insert, pl_u256_insert(r, &x->a, &x->b, x->c_low, x->c_second))
CALL(pow, pl_u256_pow(r, &x->a, x->b_low))
CALL(rpow_half_up, pl_u256_rpow_half_up(r, &x->a, x->b_low, &x->c))
CALL(rpow_down, pl_u256_rpow_down(r, &x->a, x->b_low, &x->c))
CALL(decpow_half_up, pl_u256_decpow_half_up(r, &x->a, x->b_low, &x->c))
CALL(sqrt_down, (pl_u256_sqrt_down(r, &x->a), PL_OK))
CALL(root_down, pl_u256_root_down(r, &x->a, x->b_low))
NUMBER(test_bit, pl_u256_test_bit(&x->a, x->b_low))
NUMBER(next_bit, pl_u256_next_bit(&x->a, x->b_low))
NUMBER(bit_length, pl_u256_bit_length(&x->a))
NUMBER(lt, pl_u256_lt(&x->a, &x->b))
NUMBER(le, pl_u256_le(&x->a, &x->b))
NUMBER(i_lt, pl_i256_lt(&x->a, &x->b))
NUMBER(i_le, pl_i256_le(&x->a, &x->b))

#define R(name) {#name, call_##name},
static const struct {
    const char *name;
    operation call;
} operations[] = {
    ROWS_PER_ROUNDING(down) ROWS_PER_ROUNDING(up) ROWS_PER_ROUNDING(half_up)
    ROWS_PER_ROUNDING(half_even) ROWS_PER_ROUNDING(zero) ROWS_PER_ROUNDING(away)
    {"muldiv_up_add", call_muldiv_up_add_by},
    R(muldiv_up_add) R(mulshr_full_down) R(i_mulshr_full_down) R(i_mulshr_full_zero)
    R(add) R(sub) R(mul) R(div) R(mod) R(div_up) R(div_half_up) R(div_half_even)
    R(add_wrap) R(sub_wrap) R(mul_wrap) R(add_sat) R(sub_sat) R(mul_sat)
    R(min) R(max) R(clamp) R(lt) R(le) R(to_u64) R(check_bits)
    R(i_add) R(i_sub) R(i_mul) R(i_neg) R(i_abs) R(i_magnitude)
    R(i_div_zero) R(i_div_floor) R(i_div_up) R(i_div_half_up) R(i_div_half_even) R(i_div_away)
    R(i_mod_zero) R(i_mod_floor) R(i_add_wrap) R(i_sub_wrap) R(i_mul_wrap) R(i_neg_wrap)
    R(i_add_sat) R(i_sub_sat) R(i_mul_sat) R(i_min) R(i_max) R(i_clamp) R(i_lt) R(i_le)
    R(i_check_bits) R(i_from_u) R(u_from_i) R(i_to_i64)
    R(shl) R(shr) R(sar) R(and) R(or) R(xor) R(not) R(test_bit) R(set_bit) R(clear_bit)
    R(next_bit) R(bit_length) R(extract) R(insert)
    R(pow) R(rpow_half_up) R(rpow_down) R(decpow_half_up) R(sqrt_down) R(root_down)
};
/* clang-format on */

/* Returns the small number after the comma of `low,width`; 0 without one. */
static uint64_t cell_second(const char *cell)
{
    const char *comma = strchr(cell, ',');
    return comma != NULL ? strtoull(comma + 1, NULL, 10) : 0;
}

/* Runs one call with the output apart from, and on top of, each input. */
static bool row_holds(operation call, const operands *given, const char *expected,
                      const pl_u256 *value)
{
    for (int alias = 0; alias < 4; alias++) {
        operands x = *given;
        pl_u256 apart = pl_u256_max_value();
        pl_u256 *r = alias == 1 ? &x.a : alias == 2 ? &x.b : alias == 3 ? &x.c : &apart;
        const pl_u256 before = *r;
        const pl_status status = call(r, &x);
        if (status != PL_OK) {
            if (strcmp(pl_status_name(status), expected) != 0 || !pl_u256_eq(r, &before)) {
                return false;
            }
        } else if (value == NULL || !pl_u256_eq(r, value)) {
            return false;
        }
    }
    return true;
}

static void run_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("cannot open %s: run from the project root", path);
    }
    fixture_row row = {.line = 0};
    int rows = 0, wrong = 0;
    while (next_row(file, &row)) {
        operands x = {cell_value(row.cell[1]),  cell_value(row.cell[2]),
                      cell_value(row.cell[3]),  0,
                      cell_second(row.cell[2]), 0,
                      cell_second(row.cell[3])};
        x.b_low = pl_u256_low64(&x.b);
        x.c_low = pl_u256_low64(&x.c);
        const char *expected = row.cell[4];
        const bool is_error = expected[0] >= 'A' && expected[0] <= 'Z';
        const pl_u256 value = is_error ? pl_u256_zero() : cell_value(row.cell[4]);
        int calls = 0;
        for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
            if (strcmp(row.cell[0], operations[i].name) == 0) {
                calls++;
                if (!row_holds(operations[i].call, &x, expected, is_error ? NULL : &value)) {
                    print_error("%s:%d: %s: %s\n", path, row.line, row.cell[0], row.cell[5]);
                    wrong++;
                }
            }
        }
        if (calls == 0) {
            fail_msg("%s:%d: no operation is called %s", path, row.line, row.cell[0]);
        }
        rows++;
    }
    fclose(file);
    assert_true(rows > 20);
    assert_int_equal(wrong, 0);
}

static void test_rows_unsigned(void **state)
{
    (void)state;
    run_file("fixtures/numbers/unsigned.txt");
}

static void test_rows_signed(void **state)
{
    (void)state;
    run_file("fixtures/numbers/signed.txt");
}

static void test_rows_muldiv(void **state)
{
    (void)state;
    run_file("fixtures/numbers/muldiv.txt");
}

static void test_rows_bits(void **state)
{
    (void)state;
    run_file("fixtures/numbers/bits.txt");
}

static void test_rows_pow(void **state)
{
    (void)state;
    run_file("fixtures/numbers/pow.txt");
}

/* num / den rounded, in machine integers; den is not 0. */
static int64_t round_small(int64_t num, int64_t den, pl_round round)
{
    if (den < 0) {
        num = -num;
        den = -den;
    }
    const int64_t down = num >= 0 ? num / den : -((-num + den - 1) / den);
    const int64_t twice = 2 * (num - down * den); /* 0 <= twice < 2 den */
    switch (round) {
    case PL_ROUND_DOWN:
        return down;
    case PL_ROUND_UP:
        return down + (twice != 0);
    case PL_ROUND_HALF_UP:
        return down + (twice >= den);
    case PL_ROUND_HALF_EVEN:
        return down + (twice > den || (twice == den && down % 2 != 0));
    case PL_ROUND_ZERO:
        return down + (twice != 0 && num < 0);
    case PL_ROUND_AWAY:
        return down + (twice != 0 && num > 0);
    }
    return 0;
}

static void expect_small(pl_status status, const pl_i256 *got, int64_t expected)
{
    const pl_i256 value = pl_i256_from_i64(expected);
    assert_int_equal(status, PL_OK);
    assert_true(pl_u256_eq(got, &value));
}

/* Every unsigned and signed a * b / c of small numbers, in every rounding and every form. */
static void test_all_small(void **state)
{
    (void)state;
    enum { MOST = 13 };
    for (int64_t c = -MOST; c <= MOST; c++) {
        const pl_i256 divisor = pl_i256_from_i64(c);
        pl_divisor by;
        assert_int_equal(pl_divisor_init(&by, &divisor), c == 0 ? PL_TRAP_DIV_BY_ZERO : PL_OK);
        for (int64_t a = -MOST; c != 0 && a <= MOST; a++) {
            for (int64_t b = -MOST; b <= MOST; b++) {
                const pl_i256 x = pl_i256_from_i64(a), y = pl_i256_from_i64(b);
                for (int round = PL_ROUND_DOWN; round <= PL_ROUND_AWAY; round++) {
                    const pl_round way = (pl_round)round;
                    const int64_t want = round_small(a * b, c, way);
                    pl_u256 r;
                    expect_small(pl_i256_muldiv_round(&r, &x, &y, &divisor, way), &r, want);
                    expect_small(pl_i256_muldiv_full_round(&r, &x, &y, &divisor, way), &r, want);
                    expect_small(pl_i256_div_round(&r, &x, &divisor, way), &r,
                                 round_small(a, c, way));
                    if (a < 0 || b < 0 || c < 0) {
                        continue;
                    }
                    expect_small(pl_u256_muldiv_round(&r, &x, &y, &divisor, way), &r, want);
                    expect_small(pl_u256_muldiv_full_round(&r, &x, &y, &divisor, way), &r, want);
                    expect_small(pl_u256_muldiv_round_by(&r, &x, &y, &by, way), &r, want);
                    expect_small(pl_u256_muldiv_full_round_by(&r, &x, &y, &by, way), &r, want);
                    expect_small(pl_u256_div_round_by(&r, &x, &by, way), &r,
                                 round_small(a, c, way));
                }
            }
        }
    }
}

/* Every root and square root up to a few thousand. */
static void test_all_small_roots(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 5000; n++) {
        const pl_u256 x = pl_u256_from_u64(n);
        pl_u256 r;
        pl_u256_sqrt_down(&r, &x);
        const uint64_t root = pl_u256_low64(&r);
        assert_true(root * root <= n && (root + 1) * (root + 1) > n);
        assert_int_equal(pl_u256_root_down(&r, &x, 3), PL_OK);
        const uint64_t cube = pl_u256_low64(&r);
        assert_true(cube * cube * cube <= n && (cube + 1) * (cube + 1) * (cube + 1) > n);
    }
}

static void test_bytes_are_big_endian(void **state)
{
    (void)state;
    uint8_t bytes[33];
    for (unsigned i = 0; i < 32; i++) {
        bytes[i] = (uint8_t)(i + 1);
    }
    pl_u256 r, top;
    pl_u256_load_be(&r, bytes, 32);
    assert_int_equal(pl_u256_low64(&r), 0x191a1b1c1d1e1f20u);
    pl_u256_shr(&top, &r, 192);
    assert_int_equal(pl_u256_low64(&top), 0x0102030405060708u);
    pl_u256_load_be(&r, bytes, 3);
    assert_int_equal(pl_u256_low64(&r), 0x010203u);

    memset(bytes, 0xee, sizeof bytes);
    assert_int_equal(pl_u256_store_be(bytes, 3, &r), PL_OK);
    assert_memory_equal(bytes, "\x01\x02\x03\xee", 4);
    assert_int_equal(pl_u256_store_be(bytes, 2, &r), PL_TRAP_CAST);
    assert_memory_equal(bytes, "\x01\x02\x03\xee", 4);
}

/* Every size, digit by digit, in a block of exactly that size. */
static void test_bytes_of_every_size(void **state)
{
    (void)state;
    const pl_u256 base = pl_u256_from_u64(256);
    for (unsigned size = 1; size <= 32; size++) {
        uint8_t *const bytes = malloc(size);
        uint8_t *const back = malloc(size);
        assert_true(bytes != NULL && back != NULL);
        pl_u256 expected = pl_u256_zero(), extended = pl_u256_zero(), r, digit;
        pl_u256_not(&extended, &extended);
        for (unsigned i = 0; i < size; i++) {
            bytes[i] = (uint8_t)(0x9b + 7 * i); /* the first has its top bit set */
            digit = pl_u256_from_u64(bytes[i]);
            pl_u256_mul_wrap(&expected, &expected, &base);
            pl_u256_add_wrap(&expected, &expected, &digit);
            pl_u256_mul_wrap(&extended, &extended, &base);
            pl_u256_add_wrap(&extended, &extended, &digit);
        }
        pl_u256_load_be(&r, bytes, size);
        assert_true(pl_u256_eq(&r, &expected));
        assert_int_equal(pl_u256_store_be(back, size, &r), PL_OK);
        assert_memory_equal(back, bytes, size);
        assert_int_equal(pl_i256_store_be(back, size, &r), size < 32 ? PL_TRAP_CAST : PL_OK);
        pl_i256_load_be(&r, bytes, size);
        assert_true(pl_u256_eq(&r, &extended));
        memset(back, 0, size);
        assert_int_equal(pl_i256_store_be(back, size, &r), PL_OK);
        assert_memory_equal(back, bytes, size);
        assert_int_equal(pl_u256_store_be(back, size, &r), size < 32 ? PL_TRAP_CAST : PL_OK);
        memset(back, 0, size);
        pl_u256_store_low_be(back, size, &r);
        assert_memory_equal(back, bytes, size);
        free(bytes);
        free(back);
    }
}

static void test_signed_bytes_extend_the_sign(void **state)
{
    (void)state;
    pl_i256 r, minus_two = pl_i256_from_i64(-2);
    uint8_t bytes[32];
    pl_i256_load_be(&r, (const uint8_t *)"\xff\xfe", 2);
    assert_true(pl_u256_eq(&r, &minus_two));
    pl_i256_load_be(&r, (const uint8_t *)"\x7f\xfe", 2);
    assert_int_equal(pl_u256_low64(&r), 0x7ffe);
    assert_int_equal(pl_i256_store_be(bytes, 1, &minus_two), PL_OK);
    assert_int_equal(bytes[0], 0xfe);
    r = pl_i256_from_i64(-129);
    assert_int_equal(pl_i256_store_be(bytes, 1, &r), PL_TRAP_CAST);
    assert_int_equal(pl_i256_store_be(bytes, 32, &minus_two), PL_OK);
    assert_int_equal(bytes[0], 0xff);
    assert_int_equal(bytes[31], 0xfe);
}

/* What only tools call, so that no row of an operation reaches it. */
static void test_helpers_of_tools(void **state)
{
    (void)state;
    const pl_u256 seven = pl_u256_from_u64(7), two = pl_u256_from_u64(2), zero = pl_u256_zero();
    const pl_i256 most = pl_i256_max_value(), least = pl_i256_min_value();
    pl_u256 r;
    assert_int_equal(pl_u256_div_down(&r, &seven, &two), PL_OK);
    assert_int_equal(pl_u256_low64(&r), 3);
    assert_int_equal(pl_u256_div_down(&r, &seven, &zero), PL_TRAP_DIV_BY_ZERO);
    assert_true(pl_i256_is_neg(&least));
    assert_false(pl_i256_is_neg(&most));
    assert_false(pl_i256_is_neg(&zero));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_unsigned),
        cmocka_unit_test(test_rows_signed),
        cmocka_unit_test(test_rows_muldiv),
        cmocka_unit_test(test_rows_bits),
        cmocka_unit_test(test_rows_pow),
        cmocka_unit_test(test_all_small),
        cmocka_unit_test(test_all_small_roots),
        cmocka_unit_test(test_bytes_are_big_endian),
        cmocka_unit_test(test_bytes_of_every_size),
        cmocka_unit_test(test_signed_bytes_extend_the_sign),
        cmocka_unit_test(test_helpers_of_tools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
