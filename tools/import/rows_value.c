/* Values of a row (rows.h). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/import/rows.h"
#include "vm/num/text.h"

pt_json pt_source_node(const pt_source *source, const pt_rows *rows, size_t row, json_t *value)
{
    if (source->column_count == 0) {
        static const pt_json map; /* a key is only told below something */
        return (pt_json){.value = value, .parent = &map, .key = source->key, .file = rows->file};
    }
    return pt_sheet_node(rows->sheet, row, source->columns[0], value);
}

/* Digits, a point with digits, an exponent: what printf makes of a double that is not negative. */
static bool is_float_text(const char *text)
{
    const char *at = text;
    at += strspn(at, "0123456789");
    bool good = at != text;
    if (*at == '.') {
        const size_t digits = strspn(at + 1, "0123456789");
        good = good && digits != 0;
        at += 1 + digits;
    }
    if (*at == 'e' || *at == 'E') {
        at += at[1] == '+' || at[1] == '-' ? 2 : 1;
        const size_t digits = strspn(at, "0123456789");
        good = good && digits != 0 && digits < 4;
        at += digits;
    }
    return good && *at == '\0';
}

/* mantissa * 2^exponent as digits; exponent 0 or more. */
static void print_shifted(char digits[PL_NUM_TEXT_MAX + 1], uint64_t mantissa, int exponent)
{
    pl_u256 number = pl_u256_from_u64(mantissa);
    for (int i = 0; i < exponent; i++) {
        (void)pl_u256_add_wrap(&number, &number, &number);
    }
    digits[pl_u256_print_dec(digits, &number)] = '\0';
}

/* Below 2^200 a double's integer part and unit in the last place are exact here. The slack is 1.5
 * units: half a unit from printing a double, one more from readers that round twice. */
static bool print_float(char digits[PL_NUM_TEXT_MAX + 1], const char *text, bool slack)
{
    const double value = is_float_text(text) ? strtod(text, NULL) : -1;
    int exponent = 0;
    if (!(value >= 0) || value >= ldexp(1, 200)) {
        return false;
    }
    (void)frexp(value, &exponent); /* value = m * 2^exponent, m in [0.5, 1): a unit is 2^(e-53) */
    if (!slack && exponent > 53) {
        print_shifted(digits, (uint64_t)ldexp(value, 53 - exponent), exponent - 53);
    } else if (!slack) {
        print_shifted(digits, (uint64_t)value, 0);
    } else if (exponent > 53) {
        print_shifted(digits, 3, exponent - 54);
    } else {
        print_shifted(digits, exponent == 53 || value - floor(value) > 0 ? 1 : 0, 0);
    }
    return true;
}

static bool is_address(const char *text)
{
    return strlen(text) == 42 && text[0] == '0' && text[1] == 'x' &&
           strspn(text + 2, "0123456789abcdefABCDEF") == 40;
}

static pt_exit read_cell(json_t **value, const pt_source *source, const pt_rows *rows, size_t row,
                         const char *cell, pt_report *report)
{
    char text[PL_NUM_TEXT_MAX + 1];
    pl_u256 number;
    switch (source->form) {
    case PT_FORM_TEXT:
        break;
    case PT_FORM_FLOAT64:
    case PT_FORM_SLACK:
        if (!print_float(text, cell, source->form == PT_FORM_SLACK)) {
            return pt_sheet_wrong(rows->sheet, row, source->columns[0],
                                  "a number that a double prints as, below 2^200", report);
        }
        *value = json_string(text);
        return PT_OK;
    case PT_FORM_ADDRESS:
        if (!is_address(cell)) {
            return pt_sheet_wrong(rows->sheet, row, source->columns[0],
                                  "an address: 0x and 40 hex digits", report);
        }
        (void)snprintf(text, sizeof text, "0x%024d%s", 0, cell + 2);
        *value = json_string(text);
        return PT_OK;
    }
    if (source->has_decimals) {
        if (pl_u256_parse_scaled(&number, NULL, cell, strlen(cell), source->decimals) != PL_OK) {
            (void)snprintf(text, sizeof text, "a number with at most %u digits after the point",
                           (unsigned)source->decimals);
            return pt_sheet_wrong(rows->sheet, row, source->columns[0], text, report);
        }
        text[pl_u256_print_dec(text, &number)] = '\0';
        *value = json_string(text);
        return PT_OK;
    }
    *value = json_string(cell);
    return *value != NULL
               ? PT_OK
               : pt_sheet_wrong(rows->sheet, row, source->columns[0], "text in UTF-8", report);
}

static pt_exit look_up(json_t **value, const pt_source *source, const pt_rows *rows, size_t row,
                       pt_report *report)
{
    char *key = pt_sheet_key(rows->sheet, row, source->columns, source->column_count);
    json_t *found = json_object_get(source->lookup, key);
    pt_exit result = PT_OK;
    if (found == NULL) {
        const pt_sheet_row *at = &rows->sheet->rows[row];
        const size_t last = source->columns[source->column_count - 1];
        result =
            pt_fail(report, PT_INPUT, "%s:%zu: %s: expected a key of list %s, found \"%.100s\"",
                    rows->sheet->file, at->line, rows->sheet->heads[last], source->list, key);
    }
    free(key);
    *value = json_incref(found);
    return result;
}

pt_exit pt_source_value(json_t **value, const pt_source *source, const pt_rows *rows, size_t row,
                        pt_report *report)
{
    *value = NULL;
    if (source->constant != NULL) {
        *value = json_incref(source->constant);
        return PT_OK;
    }
    if (source->lookup != NULL) {
        return look_up(value, source, rows, row, report);
    }
    const char *cell = rows->sheet->rows[row].cells[source->columns[0]];
    if (source->series != NULL) {
        cell = pt_series_neighbour(source->series, rows->sheet, row, source->place, source->after);
        cell = cell != NULL ? cell : "";
    }
    if (cell[0] == '\0' && source->empty != NULL) {
        *value = json_incref(source->empty);
        return PT_OK;
    }
    return cell[0] != '\0' ? read_cell(value, source, rows, row, cell, report)
                           : pt_sheet_wrong(rows->sheet, row, source->columns[0],
                                            "a value (the map has no \"empty\" for it)", report);
}

pt_exit pt_source_store(pt_bytes *stored, const pt_source *source, const pt_rows *rows, size_t row,
                        const pl_field *field, pt_report *report)
{
    uint8_t bytes[32] = {0};
    json_t *value = NULL;
    PT_TRY(pt_source_value(&value, source, rows, row, report));
    const char *text = json_string_value(value);
    if (field->type.class == PL_CLASS_BOOL && text != NULL && strcmp(text, "true") == 0) {
        json_decref(value);
        value = json_true();
    } else if (field->type.class == PL_CLASS_BOOL && text != NULL && strcmp(text, "false") == 0) {
        json_decref(value);
        value = json_false();
    }
    const pt_json node = pt_source_node(source, rows, row, value);
    const pt_exit result =
        pt_world_value(bytes, &rows->world, rows->contract, field, &node, report);
    if (result == PT_OK) {
        pt_put(stored, bytes, field->type.size);
    }
    json_decref(value);
    return result;
}
