/* Compile-time numbers, and the number tokens of spec 07 §1. */
#include "tools/plc/program.h"

plc_num plc_num_u64(uint64_t value)
{
    return (plc_num){false, pl_u256_from_u64(value)};
}

bool plc_num_same(const plc_num *a, const plc_num *b)
{
    return a->negative == b->negative && pl_u256_eq(&a->mag, &b->mag);
}

int plc_num_compare(const plc_num *a, const plc_num *b)
{
    if (a->negative != b->negative) {
        return a->negative ? -1 : 1;
    }
    const int c = pl_u256_cmp(&a->mag, &b->mag);
    return a->negative ? -c : c;
}

plc_num plc_num_negate(plc_num a)
{
    a.negative = !a.negative && !pl_u256_is_zero(&a.mag);
    return a;
}

bool plc_num_add(plc_num *r, const plc_num *a, const plc_num *b)
{
    plc_num sum = {a->negative, {{0}}};
    if (a->negative == b->negative) {
        if (pl_u256_add(&sum.mag, &a->mag, &b->mag) != PL_OK) {
            return false;
        }
    } else if (pl_u256_lt(&a->mag, &b->mag)) {
        sum.negative = b->negative;
        pl_u256_sub_wrap(&sum.mag, &b->mag, &a->mag);
    } else {
        pl_u256_sub_wrap(&sum.mag, &a->mag, &b->mag);
        sum.negative = a->negative && !pl_u256_is_zero(&sum.mag);
    }
    *r = sum;
    return true;
}

bool plc_num_mul(plc_num *r, const plc_num *a, const plc_num *b)
{
    plc_num product = {a->negative != b->negative, {{0}}};
    if (pl_u256_mul(&product.mag, &a->mag, &b->mag) != PL_OK) {
        return false;
    }
    product.negative = product.negative && !pl_u256_is_zero(&product.mag);
    *r = product;
    return true;
}

plc_num plc_num_power_of_ten(uint32_t n)
{
    plc_num r = plc_num_u64(1);
    const plc_num ten = plc_num_u64(10);
    for (uint32_t i = 0; i < n; i++) {
        (void)plc_num_mul(&r, &r, &ten); /* 10^77 < 2^256 */
    }
    return r;
}

plc_num plc_num_power_of_two(uint32_t n)
{
    plc_num r = plc_num_u64(1);
    pl_u256_shl(&r.mag, &r.mag, n);
    return r;
}

pl_u256 plc_num_word(const plc_num *a)
{
    pl_u256 word = a->mag;
    if (a->negative) {
        const pl_u256 zero = pl_u256_zero();
        pl_u256_sub_wrap(&word, &zero, &a->mag);
    }
    return word;
}

plc_num plc_num_from_word(const pl_u256 *word, bool is_signed)
{
    plc_num r = {is_signed && pl_u256_is_neg(word), *word};
    if (r.negative) {
        const pl_u256 zero = pl_u256_zero();
        pl_u256_sub_wrap(&r.mag, &zero, word);
    }
    return r;
}

bool plc_num_small(const plc_num *a, uint64_t *value)
{
    return !a->negative && pl_u256_to_u64(value, &a->mag) == PL_OK;
}

/* ---- tokens ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool hex_number(plc *p, plc_str text, plc_loc loc, plc_num *value, uint32_t *at)
{
    uint32_t digits = 0;
    *value = plc_num_u64(0);
    uint32_t i = 2;
    for (; i < text.size; i++) {
        const char c = text.text[i];
        uint32_t digit;
        if (c == '_') {
            continue;
        }
        if (is_digit(c)) {
            digit = (uint32_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = (uint32_t)(c - 'a') + 10;
        } else if (c >= 'A' && c <= 'F') {
            digit = (uint32_t)(c - 'A') + 10;
        } else {
            break;
        }
        if (pl_u256_bit_length(&value->mag) > 252) {
            plc_error(p, loc, NULL, "the number does not fit 256 bits");
            return false;
        }
        pl_u256_shl(&value->mag, &value->mag, 4);
        const pl_u256 low = pl_u256_from_u64(digit);
        pl_u256_or(&value->mag, &value->mag, &low);
        digits++;
    }
    *at = i;
    if (digits == 0) {
        plc_error(p, loc, NULL, "0x needs digits");
    }
    return digits != 0;
}

/* Reads digits, point and exponent: value = mag * 10^-places (places may be negative). */
static bool decimal(plc *p, plc_str text, plc_loc loc, plc_num *value, int32_t *places,
                    uint32_t *at)
{
    const plc_num ten = plc_num_u64(10);
    bool point = false;
    uint32_t i = 0;
    *value = plc_num_u64(0);
    *places = 0;
    for (; i < text.size &&
           (is_digit(text.text[i]) || text.text[i] == '_' || (text.text[i] == '.' && !point));
         i++) {
        if (text.text[i] == '.') {
            point = true;
        } else if (text.text[i] != '_') {
            const plc_num digit = plc_num_u64((uint64_t)(text.text[i] - '0'));
            if (!plc_num_mul(value, value, &ten) || !plc_num_add(value, value, &digit)) {
                plc_error(p, loc, NULL, "the number does not fit 256 bits");
                return false;
            }
            *places += point;
        }
    }
    if (i + 1 < text.size && (text.text[i] == 'e' || text.text[i] == 'E') &&
        is_digit(text.text[i + 1])) {
        int32_t exponent = 0;
        for (i++; i < text.size && is_digit(text.text[i]); i++) {
            exponent = exponent > 1000 ? exponent : exponent * 10 + (text.text[i] - '0');
        }
        *places -= exponent;
    }
    *at = i;
    return true;
}

/* *value = value * 10^shift, exactly. */
static bool shift_ten(plc *p, plc_loc loc, plc_num *value, int32_t shift, const char *scale)
{
    if (pl_u256_is_zero(&value->mag) || shift == 0) {
        return true;
    }
    if (shift > 77 || shift < -77) {
        plc_error(p, loc, NULL,
                  shift > 0 ? "the number does not fit 256 bits"
                            : "the number has more digits than its type");
        return false;
    }
    const plc_num factor = plc_num_power_of_ten((uint32_t)(shift < 0 ? -shift : shift));
    if (shift > 0) {
        if (!plc_num_mul(value, value, &factor)) {
            plc_error(p, loc, NULL, "the number does not fit 256 bits");
            return false;
        }
        return true;
    }
    pl_u256 rest;
    if (pl_u256_divmod(&value->mag, &rest, &value->mag, &factor.mag) != PL_OK ||
        !pl_u256_is_zero(&rest)) {
        plc_error(p, loc, NULL, "the number has more digits after the point than %s", scale);
        return false;
    }
    return true;
}

/* Time suffixes are seconds of u64. */
static bool time_suffix(plc_str suffix, uint64_t *seconds)
{
    static const struct {
        const char *word;
        uint64_t seconds;
    } words[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (plc_is(suffix, words[i].word)) {
            *seconds = words[i].seconds;
            return true;
        }
    }
    return false;
}

/* Two readings would be natural, a hundredth of a per cent and the type's one, which is 100 %. */
static bool is_basis_points(plc *p, plc_str suffix, plc_loc loc)
{
    if (!plc_is(suffix, "bps") && !plc_is(suffix, "ibps")) {
        return false;
    }
    plc_error(p, loc, "write 0.5% for 50 basis points, or bps.raw(50)",
              "`%.*s` is not a suffix of a number: basis points and whole units look alike",
              PLC_FMT(suffix));
    return true;
}

static const plc_type *suffix_type(plc *p, plc_unit *unit, plc_str suffix, plc_loc loc)
{
    if (is_basis_points(p, suffix, loc)) {
        return NULL;
    }
    const plc_type *type = plc_type_builtin(p, suffix);
    if (type == NULL) {
        plc_item *item = plc_find(p, unit, SPACE_TYPE, suffix);
        if (item != NULL && item->kind == IT_TYPE) {
            type = plc_resolve_item(p, item);
        }
    }
    if (type == NULL || !plc_is_number(type)) {
        plc_error(p, loc, "suffixes are integer and scaled types, %, s, min, h, d",
                  "`%.*s` is not a suffix of a number", PLC_FMT(suffix));
        return NULL;
    }
    return type;
}

bool plc_number(plc *p, plc_unit *unit, plc_str text, plc_loc loc, plc_num *value,
                const plc_type **type)
{
    uint32_t at = 0;
    int32_t places = 0;
    const bool is_hex = text.size > 1 && (text.text[1] == 'x' || text.text[1] == 'X');
    *type = NULL;
    if (is_hex ? !hex_number(p, text, loc, value, &at)
               : !decimal(p, text, loc, value, &places, &at)) {
        return false;
    }
    const plc_str suffix = {text.text + at, text.size - at};
    uint64_t seconds = 0;
    if (suffix.size == 0) {
        return shift_ten(p, loc, value, -places, "an integer");
    }
    if (plc_is(suffix, "%") && !is_hex) {
        *type = plc_type_builtin(p, PLC_STR("bps"));
        places += 2;
    } else if (!is_hex && time_suffix(suffix, &seconds)) {
        *type = plc_type_int(p, false, 64);
        const plc_num factor = plc_num_u64(seconds);
        if (!plc_num_mul(value, value, &factor)) {
            plc_error(p, loc, NULL, "the number does not fit 256 bits");
            return false;
        }
    } else {
        *type = suffix_type(p, unit, suffix, loc);
        if (*type == NULL) {
            return false;
        }
    }
    if (!shift_ten(p, loc, value, (int32_t)(*type)->scale - places, (*type)->name.text)) {
        return false;
    }
    if (!plc_fits(value, *type)) {
        plc_error(p, loc, NULL, "the number does not fit %.*s", PLC_FMT((*type)->name));
        return false;
    }
    return true;
}

bool plc_symbol_number(plc *p, plc_str text, plc_loc loc, plc_num *value)
{
    uint8_t bytes[32] = {0};
    if (text.size > 32) {
        plc_error(p, loc, NULL, "a symbol has at most 32 characters");
        return false;
    }
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.text[i] <= 0x20 || text.text[i] > 0x7e || text.text[i] == '\\') {
            plc_error(p, loc, "use letters, digits and punctuation",
                      "a symbol has no spaces and no `\\`");
            return false;
        }
        bytes[i] = (uint8_t)text.text[i];
    }
    value->negative = false;
    pl_u256_load_be(&value->mag, bytes, sizeof bytes);
    return true;
}
