/* Numbers as text against fixtures/numbers/text.txt. Run from the project root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/fixture_rows.h"

/* Takes the quotes off in place; NULL if there are none. */
static char *unquote(char *cell)
{
    const size_t size = strlen(cell);
    if (size < 2 || cell[0] != '"' || cell[size - 1] != '"') {
        return NULL;
    }
    cell[size - 1] = '\0';
    return cell + 1;
}

static pl_status parse(pl_u256 *r, size_t *offset, const char *name, const char *text, size_t size,
                       uint32_t scale)
{
    if (strcmp(name, "parse_dec") == 0) {
        return pl_u256_parse_dec(r, offset, text, size);
    }
    if (strcmp(name, "i_parse_dec") == 0) {
        return pl_i256_parse_dec(r, offset, text, size);
    }
    if (strcmp(name, "parse_hex") == 0) {
        return pl_u256_parse_hex(r, offset, text, size);
    }
    if (strcmp(name, "parse_scaled") == 0) {
        return pl_u256_parse_scaled(r, offset, text, size, scale);
    }
    if (strcmp(name, "i_parse_scaled") == 0) {
        return pl_i256_parse_scaled(r, offset, text, size, scale);
    }
    return PL_FAULT_UNSUPPORTED;
}

static size_t print(char text[PL_NUM_TEXT_MAX], const char *name, const pl_u256 *a, uint32_t scale)
{
    if (strcmp(name, "print_dec") == 0) {
        return pl_u256_print_dec(text, a);
    }
    if (strcmp(name, "i_print_dec") == 0) {
        return pl_i256_print_dec(text, a);
    }
    if (strcmp(name, "print_hex") == 0) {
        return pl_u256_print_hex(text, a);
    }
    if (strcmp(name, "print_scaled") == 0) {
        return pl_u256_print_scaled(text, a, scale);
    }
    if (strcmp(name, "i_print_scaled") == 0) {
        return pl_i256_print_scaled(text, a, scale);
    }
    if (strcmp(name, "print_scaled_trim") == 0) {
        return pl_u256_print_scaled_trim(text, a, scale);
    }
    if (strcmp(name, "i_print_scaled_trim") == 0) {
        return pl_i256_print_scaled_trim(text, a, scale);
    }
    return 0;
}

/* The bytes are moved to the end of an exact allocation, so that reading past them is seen. */
static bool parser_row_holds(fixture_row *row, const char *text, uint32_t scale)
{
    const size_t size = strlen(text);
    char *exact = malloc(size + 1);
    const pl_u256 before = pl_u256_from_u64(12345);
    pl_u256 r = before;
    size_t offset = 99999;
    if (exact == NULL) {
        return false;
    }
    memcpy(exact + 1, text, size);
    const pl_status status = parse(&r, &offset, row->cell[0], exact + 1, size, scale);
    free(exact);
    if (strncmp(row->cell[3], "NUMBER@", 7) == 0) {
        return status == PL_REJECT_NUMBER && offset == strtoull(row->cell[3] + 7, NULL, 10) &&
               pl_u256_eq(&r, &before);
    }
    const pl_u256 value = cell_value(row->cell[3]);
    return status == PL_OK && offset == size && pl_u256_eq(&r, &value);
}

static bool printer_row_holds(fixture_row *row, uint32_t scale)
{
    char text[PL_NUM_TEXT_MAX];
    const char *expected = unquote(row->cell[3]);
    const pl_u256 value = cell_value(row->cell[1]);
    const size_t size = print(text, row->cell[0], &value, scale);
    return expected != NULL && size == strlen(expected) && memcmp(text, expected, size) == 0;
}

static void test_rows_text(void **state)
{
    (void)state;
    static const char path[] = "fixtures/numbers/text.txt";
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("cannot open %s: run from the project root", path);
    }
    fixture_row row = {.line = 0};
    int rows = 0, wrong = 0;
    while (next_row(file, &row)) {
        const uint32_t scale = (uint32_t)strtoul(row.cell[2], NULL, 10);
        const char *text = unquote(row.cell[1]);
        const bool holds =
            text != NULL ? parser_row_holds(&row, text, scale) : printer_row_holds(&row, scale);
        if (!holds) {
            print_error("%s:%d: %s: %s\n", path, row.line, row.cell[0], row.cell[4]);
            wrong++;
        }
        rows++;
    }
    fclose(file);
    assert_true(rows > 60);
    assert_int_equal(wrong, 0);
}

/* Of all short texts over an alphabet of trouble, exactly the canonical ones are taken: what a
 * parser accepts at scale 0 is what the printer writes. */
static void test_short_texts(void **state)
{
    (void)state;
    static const char alphabet[] = "019.-+ ";
    enum { LETTERS = sizeof alphabet - 1, LENGTH = 4 };
    int taken = 0;
    for (int code = 0; code < LETTERS * LETTERS * LETTERS * LETTERS; code++) {
        char text[LENGTH], again[PL_NUM_TEXT_MAX];
        for (int i = 0, rest = code; i < LENGTH; i++, rest /= LETTERS) {
            text[i] = alphabet[rest % LETTERS];
        }
        for (size_t size = 1; size <= LENGTH; size++) {
            pl_i256 r;
            size_t offset;
            if (pl_i256_parse_dec(&r, &offset, text, size) == PL_OK) {
                assert_int_equal(pl_i256_print_dec(again, &r), size);
                assert_memory_equal(again, text, size);
                taken++;
            } else {
                assert_true(offset <= size);
            }
            if (pl_i256_parse_scaled(&r, NULL, text, size, 2) == PL_OK) {
                const size_t full = pl_i256_print_scaled(again, &r, 2);
                const size_t short_size = pl_i256_print_scaled_trim(again, &r, 2);
                assert_true(short_size <= size && size <= full);
            }
        }
    }
    assert_true(taken > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_text),
        cmocka_unit_test(test_short_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
