/* Numbers as text. Nothing here is hot: digits are handled one by one, and every parser is the one
 * decimal loop with a different limit and place for the point. spec 01 §8. */
#include "vm/num/text.h"

#include "vm/num/signed.h"

#define LIMBS PL_U256_LIMBS

typedef struct cursor {
    const char *text;
    size_t size;
    size_t at;
} cursor;

static pl_status finish(size_t *offset, size_t at, pl_status status)
{
    if (offset != NULL) {
        *offset = at;
    }
    return status;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* *r = *r * factor + digit; false if it is above limit. factor and digit are at most 16. */
static bool append(pl_u256 *r, uint32_t factor, uint32_t digit, const pl_u256 *limit)
{
    pl_u256 value;
    pl_limb carry = (pl_limb)digit;
    for (int i = 0; i < LIMBS; i++) {
        const pl_limb_pair product = pl_limb_mul(r->limb[i], (pl_limb)factor) + carry;
        value.limb[i] = (pl_limb)product;
        carry = (pl_limb)(product >> PL_LIMB_BITS);
    }
    if (carry != 0 || pl_u256_lt(limit, &value)) {
        return false;
    }
    *r = value;
    return true;
}

/* Reads digits into *value until something else comes; false at a digit that exceeds limit. */
static bool read_digits(pl_u256 *value, cursor *c, size_t digits_max, const pl_u256 *limit)
{
    for (size_t count = 0; count < digits_max && c->at < c->size; count++, c->at++) {
        const char byte = c->text[c->at];
        if (!is_digit(byte)) {
            break;
        }
        if (!append(value, 10, (uint32_t)(byte - '0'), limit)) {
            return false;
        }
    }
    return true;
}

/* Reads an unsigned decimal with at most scale digits after the point, scaled; on false c->at is
 * the offset of the byte that is wrong, or the size. */
static bool read_scaled(pl_u256 *value, cursor *c, uint32_t scale, const pl_u256 *limit)
{
    *value = pl_u256_zero();
    const size_t first = c->at;
    const bool leads_with_zero = first < c->size && c->text[first] == '0';
    if (!read_digits(value, c, leads_with_zero ? 1 : SIZE_MAX, limit) || c->at == first) {
        return false;
    }
    uint32_t missing = scale;
    if (scale > 0 && c->at < c->size && c->text[c->at] == '.') {
        const size_t fraction = ++c->at;
        if (!read_digits(value, c, scale, limit) || c->at == fraction) {
            return false;
        }
        missing -= (uint32_t)(c->at - fraction);
    }
    if (c->at != c->size) {
        return false;
    }
    for (; missing > 0; missing--) {
        if (!append(value, 10, 0, limit)) {
            return false;
        }
    }
    return true;
}

pl_status pl_u256_parse_scaled(pl_u256 *r, size_t *offset, const char *text, size_t size,
                               uint32_t scale)
{
    PL_ASSERT(scale <= PL_NUM_SCALE_MAX);
    const pl_u256 limit = pl_u256_max_value();
    cursor c = {text, size, 0};
    pl_u256 value;
    if (!read_scaled(&value, &c, scale, &limit)) {
        return finish(offset, c.at, PL_REJECT_NUMBER);
    }
    *r = value;
    return finish(offset, size, PL_OK);
}

pl_status pl_i256_parse_scaled(pl_i256 *r, size_t *offset, const char *text, size_t size,
                               uint32_t scale)
{
    PL_ASSERT(scale <= PL_NUM_SCALE_MAX);
    const bool negative = size > 0 && text[0] == '-';
    const pl_u256 limit = negative ? pl_i256_min_value() : pl_i256_max_value(); /* of magnitude */
    cursor c = {text, size, negative ? 1 : 0};
    pl_u256 value;
    if (!read_scaled(&value, &c, scale, &limit)) {
        return finish(offset, c.at, PL_REJECT_NUMBER);
    }
    if (negative && pl_u256_is_zero(&value)) {
        return finish(offset, 0, PL_REJECT_NUMBER); /* zero has no sign */
    }
    if (negative) {
        pl_i256_neg_wrap(&value, &value);
    }
    *r = value;
    return finish(offset, size, PL_OK);
}

pl_status pl_u256_parse_dec(pl_u256 *r, size_t *offset, const char *text, size_t size)
{
    return pl_u256_parse_scaled(r, offset, text, size, 0);
}

pl_status pl_i256_parse_dec(pl_i256 *r, size_t *offset, const char *text, size_t size)
{
    return pl_i256_parse_scaled(r, offset, text, size, 0);
}

/* Returns the value of a hex digit of either case, or 16. */
static uint32_t hex_digit(char byte)
{
    if (is_digit(byte)) {
        return (uint32_t)(byte - '0');
    }
    /* The letters a to f are adjacent in the one character set that text has here, ASCII. */
    if (byte >= 'a' && byte <= 'f') {
        return (uint32_t)(byte - 'a') + 10;
    }
    if (byte >= 'A' && byte <= 'F') {
        return (uint32_t)(byte - 'A') + 10;
    }
    return 16;
}

pl_status pl_u256_parse_hex(pl_u256 *r, size_t *offset, const char *text, size_t size)
{
    const pl_u256 limit = pl_u256_max_value();
    cursor c = {text, size, 0};
    pl_u256 value = pl_u256_zero();
    for (; c.at < 2; c.at++) {
        if (c.at == size || text[c.at] != "0x"[c.at]) {
            return finish(offset, c.at, PL_REJECT_NUMBER);
        }
    }
    for (; c.at < size; c.at++) {
        const uint32_t digit = hex_digit(text[c.at]);
        const bool after_zero = c.at == 3 && text[2] == '0';
        if (digit == 16 || after_zero || !append(&value, 16, digit, &limit)) {
            return finish(offset, c.at, PL_REJECT_NUMBER);
        }
    }
    if (size == 2) {
        return finish(offset, size, PL_REJECT_NUMBER);
    }
    *r = value;
    return finish(offset, size, PL_OK);
}

/* *a = floor(*a / 10). Returns the remainder. */
static uint32_t take_digit(pl_u256 *a)
{
    pl_limb rem = 0;
    for (int i = LIMBS; i-- > 0;) {
        /* Half a limb at a time, so that no division is wider than a limb. */
        const uint32_t half = PL_LIMB_BITS / 2;
        const pl_limb high = (pl_limb)(rem << half) | (pl_limb)(a->limb[i] >> half);
        const pl_limb low_half = (pl_limb)(a->limb[i] & (((pl_limb)1 << half) - 1));
        const pl_limb low = (pl_limb)((high % 10) << half) | low_half;
        a->limb[i] = (pl_limb)((high / 10) << half) | (low / 10);
        rem = low % 10;
    }
    return (uint32_t)rem;
}

/* Writes sign and magnitude with scale digits after the point; trim drops what is not needed. */
static size_t print(char *text, bool negative, const pl_u256 *magnitude, uint32_t scale, bool trim)
{
    PL_ASSERT(scale <= PL_NUM_SCALE_MAX);
    char reversed[PL_NUM_TEXT_MAX];
    size_t size = 0;
    pl_u256 left = *magnitude;
    bool keep = !trim; /* becomes true at the first digit that must be written */
    for (uint32_t position = 0; position <= scale || !pl_u256_is_zero(&left); position++) {
        const uint32_t digit = take_digit(&left);
        if (position == scale && size > 0) {
            reversed[size++] = '.';
        }
        keep = keep || digit != 0 || position >= scale;
        if (keep) {
            reversed[size++] = (char)('0' + digit);
        }
    }
    size_t at = 0;
    if (negative) {
        text[at++] = '-';
    }
    while (size > 0) {
        text[at++] = reversed[--size];
    }
    return at;
}

size_t pl_u256_print_scaled(char text[PL_NUM_TEXT_MAX], const pl_u256 *a, uint32_t scale)
{
    return print(text, false, a, scale, false);
}

size_t pl_u256_print_scaled_trim(char text[PL_NUM_TEXT_MAX], const pl_u256 *a, uint32_t scale)
{
    return print(text, false, a, scale, true);
}

size_t pl_i256_print_scaled(char text[PL_NUM_TEXT_MAX], const pl_i256 *a, uint32_t scale)
{
    pl_u256 magnitude;
    pl_i256_magnitude(&magnitude, a);
    return print(text, pl_u256_is_neg(a), &magnitude, scale, false);
}

size_t pl_i256_print_scaled_trim(char text[PL_NUM_TEXT_MAX], const pl_i256 *a, uint32_t scale)
{
    pl_u256 magnitude;
    pl_i256_magnitude(&magnitude, a);
    return print(text, pl_u256_is_neg(a), &magnitude, scale, true);
}

size_t pl_u256_print_dec(char text[PL_NUM_TEXT_MAX], const pl_u256 *a)
{
    return print(text, false, a, 0, false);
}

size_t pl_i256_print_dec(char text[PL_NUM_TEXT_MAX], const pl_i256 *a)
{
    return pl_i256_print_scaled(text, a, 0);
}

size_t pl_u256_print_hex(char text[PL_NUM_TEXT_MAX], const pl_u256 *a)
{
    const uint32_t length = pl_u256_bit_length(a);
    const uint32_t digits = length == 0 ? 1 : (length + 3) / 4;
    size_t at = 0;
    text[at++] = '0';
    text[at++] = 'x';
    for (uint32_t i = digits; i-- > 0;) {
        const uint32_t position = 4 * i;
        text[at++] =
            "0123456789abcdef"[(a->limb[position / PL_LIMB_BITS] >> (position % PL_LIMB_BITS)) &
                               15];
    }
    return at;
}
