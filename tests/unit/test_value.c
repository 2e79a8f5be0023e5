/* machine/value: every class and size between register and bytes, at the ends of its range, beside
 * the plain conversions of vm/num. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vm/machine/value.h"

/* A value of the type and of no other kind: narrow in n, the rest of the register dirty. */
static pl_register holding(pl_type type, const pl_u256 *value)
{
    pl_register r;
    memset(&r, 0xa5, sizeof r);
    if (pl_type_is_wide(type)) {
        r.w = *value;
    } else {
        r.n = pl_u256_low64(value);
    }
    return r;
}

/* Stores value as type into a block of exactly its size; expects what vm/num says. */
static void check_number(pl_type type, const pl_u256 *value)
{
    const bool is_signed = type.class == PL_CLASS_INT;
    uint8_t expected[32];
    memset(expected, 0x5a, sizeof expected);
    const pl_status fits = is_signed ? pl_i256_store_be(expected, type.size, value)
                                     : pl_u256_store_be(expected, type.size, value);
    if (!pl_type_is_wide(type) && !pl_u256_fits_u64(value)) {
        return; /* no narrow register holds it */
    }
    uint8_t *const bytes = malloc(type.size);
    assert_non_null(bytes);
    memset(bytes, 0x5a, type.size);
    const pl_register r = holding(type, value);
    assert_int_equal(pl_value_fits(type, 0, &r), fits);
    assert_int_equal(pl_value_store(bytes, type, 0, &r), fits);
    assert_memory_equal(bytes, expected, type.size); /* untouched after CAST */
    if (fits == PL_OK) {
        pl_register back;
        memset(&back, 0x33, sizeof back);
        pl_value_load(&back, type, bytes);
        if (pl_type_is_wide(type)) {
            assert_true(pl_u256_eq(&back.w, value));
        } else {
            assert_int_equal(back.n, pl_u256_low64(value));
        }
    }
    free(bytes);
}

static void numbers_of_every_size(void **state)
{
    (void)state;
    static const pl_class classes[] = {PL_CLASS_UINT, PL_CLASS_INT};
    const pl_u256 one = pl_u256_one();
    for (unsigned c = 0; c < 2; c++) {
        for (uint8_t size = 1; size <= 32; size++) {
            const pl_type type = {.class = (uint8_t)classes[c], .size = size};
            for (uint32_t bit = 0; bit <= 256; bit++) {
                pl_u256 value; /* 2^bit and its neighbours, and the negatives of all three */
                pl_u256_shl(&value, &one, bit);
                pl_u256_sub_wrap(&value, &value, &one);
                for (unsigned k = 0; k < 3; k++) {
                    pl_u256 negative = pl_u256_zero();
                    pl_u256_sub_wrap(&negative, &negative, &value);
                    check_number(type, &value);
                    check_number(type, &negative);
                    pl_u256_add_wrap(&value, &value, &one);
                }
            }
        }
    }
}

static void bools_and_enums_have_an_end(void **state)
{
    (void)state;
    static const pl_type types[] = {{.class = PL_CLASS_BOOL, .size = 1},
                                    {.class = PL_CLASS_ENUM, .size = 1}};
    for (unsigned t = 0; t < 2; t++) {
        for (uint32_t variants = 1; variants <= 255; variants++) {
            const uint32_t end = types[t].class == PL_CLASS_BOOL ? 2 : variants;
            for (uint32_t n = 0; n <= 257; n++) {
                const pl_u256 value = pl_u256_from_u64(n);
                pl_register r = holding(types[t], &value);
                uint8_t byte = 0x5a;
                const pl_status status = n < end ? PL_OK : PL_TRAP_CAST;
                assert_int_equal(pl_value_fits(types[t], variants, &r), status);
                assert_int_equal(pl_value_store(&byte, types[t], variants, &r), status);
                assert_int_equal(byte, n < end ? n : 0x5a);
                if (n < end) {
                    pl_value_load(&r, types[t], &byte);
                    assert_int_equal(r.n, n);
                }
            }
        }
    }
}

static void words_of_32_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_symbol;
    } rows[] = {
        {"ETH", true},  {"", true},      {"abcdefghijklmnopqrstuvwxyz012345", true},
        {"a b", false}, {"\x7f", false}, {"\xc3\xa9", false},
    };
    static const pl_class classes[] = {PL_CLASS_ACCOUNT, PL_CLASS_BYTES32, PL_CLASS_SYMBOL};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (unsigned c = 0; c < 3; c++) {
            const pl_type type = {.class = (uint8_t)classes[c], .size = 32};
            const bool fits = classes[c] != PL_CLASS_SYMBOL || rows[i].is_symbol;
            uint8_t expected[32] = {0}, bytes[32];
            pl_register r, back;
            memcpy(expected, rows[i].text, strlen(rows[i].text));
            pl_u256_load_be(&r.w, expected, 32);
            memset(bytes, 0x5a, sizeof bytes);
            assert_int_equal(pl_value_store(bytes, type, 0, &r), fits ? PL_OK : PL_TRAP_CAST);
            if (!fits) {
                memset(expected, 0x5a, sizeof expected);
            }
            assert_memory_equal(bytes, expected, 32);
            pl_value_load(&back, type, bytes);
            assert_true(!fits || pl_u256_eq(&back.w, &r.w));
        }
    }
}

static void cells_stand_at_their_offsets(void **state)
{
    (void)state;
    static const pl_type types[] = {{.class = PL_CLASS_UINT, .size = 16},
                                    {.class = PL_CLASS_UINT, .size = 3},
                                    {.class = PL_CLASS_INT, .size = 2},
                                    {.class = PL_CLASS_UINT, .size = 8}};
    pl_cell cells[4];
    pl_register r[4], back[4];
    uint8_t bytes[29];
    uint16_t offset = 0;
    for (uint32_t i = 0; i < 4; i++) {
        const pl_u256 value = pl_u256_from_u64(0x1234 + i);
        r[i] = holding(types[i], &value);
        cells[i] = pl_cell_of(types[i], 0, offset);
        offset = (uint16_t)(offset + types[i].size);
    }
    assert_int_equal(pl_cells_store(bytes, cells, 4, r), PL_OK);
    assert_memory_equal(bytes + 14, "\x12\x34\x00\x12\x35\x12\x36\0\0\0\0\0\0\x12\x37", 15);
    pl_cells_load(back, cells, 4, bytes);
    assert_true(pl_u256_eq(&back[0].w, &r[0].w));
    assert_int_equal(back[1].n, 0x1235);
    assert_true(pl_u256_eq(&back[2].w, &r[2].w));
    assert_int_equal(back[3].n, 0x1237);
    r[1].n = 1u << 24;
    assert_int_equal(pl_cells_store(bytes, cells, 4, r), PL_TRAP_CAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_every_size),
        cmocka_unit_test(bools_and_enums_have_an_end),
        cmocka_unit_test(words_of_32_bytes),
        cmocka_unit_test(cells_stand_at_their_offsets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
