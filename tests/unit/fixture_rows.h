/* Rows of `cell | cell | ...` from a fixture file, and values written as `5*10^26-1`.
 * The formats are told in fixtures/numbers/README.md. */
#ifndef TESTS_UNIT_FIXTURE_ROWS_H
#define TESTS_UNIT_FIXTURE_ROWS_H

#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/num/num.h"

enum { ROW_CELLS = 6, ROW_SIZE = 512 };

typedef struct fixture_row {
    char text[ROW_SIZE];
    char *cell[ROW_CELLS]; /* without blanks around; "" where the row has none */
    int line;
} fixture_row;

static char *trim_cell(char *cell)
{
    cell += strspn(cell, " \t");
    size_t size = strlen(cell);
    while (size > 0 && strchr(" \t\r\n", cell[size - 1]) != NULL) {
        size--;
    }
    cell[size] = '\0';
    return cell;
}

/* Reads the next row that is neither empty nor a comment; false at the end of the file. */
static bool next_row(FILE *file, fixture_row *row)
{
    while (fgets(row->text, sizeof row->text, file) != NULL) {
        row->line++;
        char *rest = row->text + strspn(row->text, " \t\r\n");
        if (*rest == '\0' || *rest == '#') {
            continue;
        }
        for (int i = 0; i < ROW_CELLS; i++) {
            char *bar = i + 1 < ROW_CELLS ? strchr(rest, '|') : NULL;
            char *end = bar != NULL ? bar : rest + strlen(rest);
            char *next = bar != NULL ? bar + 1 : end;
            *end = '\0';
            row->cell[i] = trim_cell(rest);
            rest = next;
        }
        return true;
    }
    return false;
}

/* Adds sign * factor * factor ... to sum; returns the first character not used. */
static char *add_product(mpz_t sum, char *text, int sign)
{
    mpz_t product, factor;
    mpz_init_set_si(product, sign);
    mpz_init(factor);
    for (;;) {
        char digits[ROW_SIZE];
        const size_t size = strspn(text, "0123456789abcdefx");
        memcpy(digits, text, size);
        digits[size] = '\0';
        if (mpz_set_str(factor, digits, 0) != 0) {
            fprintf(stderr, "not a number: %s\n", text);
            abort();
        }
        text += size;
        if (*text == '^') {
            mpz_pow_ui(factor, factor, strtoul(text + 1, &text, 10));
        }
        mpz_mul(product, product, factor);
        if (*text != '*') {
            break;
        }
        text++;
    }
    mpz_add(sum, sum, product);
    mpz_clears(product, factor, NULL);
    return text;
}

/* Returns the value of a cell modulo 2^256; an empty cell is 0. */
static pl_u256 cell_value(char *cell)
{
    pl_u256 r = pl_u256_zero();
    mpz_t sum;
    mpz_init(sum);
    for (char *at = cell; *at != '\0' && *at != ',';) {
        int sign = 1;
        if (*at == '+' || *at == '-') {
            sign = *at == '-' ? -1 : 1;
            at++;
        }
        at = add_product(sum, at, sign);
    }
    mpz_fdiv_r_2exp(sum, sum, 256);
    mpz_export(r.limb, NULL, -1, sizeof(pl_limb), 0, 0, sum);
    mpz_clear(sum);
    return r;
}

#endif
