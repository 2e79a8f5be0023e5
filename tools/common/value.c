#include "tools/common/value.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "vm/num/text.h"

bool pt_name_is(pl_name name, const char *text)
{
    return strlen(text) == name.size && memcmp(name.text, text, name.size) == 0;
}

void pt_hex(char *text, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * size] = '\0';
}

/* True when 32 bytes spell a symbol (spec 02 §1); *size is its length. */
static bool is_symbol(size_t *size, const uint8_t *bytes)
{
    size_t n = 0;
    while (n < 32 && bytes[n] >= 0x21 && bytes[n] <= 0x7e) {
        n++;
    }
    *size = n;
    for (size_t i = n; i < 32; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void account_text(char text[PT_VALUE_TEXT_MAX], pt_names names, const uint8_t *bytes)
{
    const pl_label *label =
        names.chain != NULL ? pl_find_label(names.chain, PL_LABEL_ACCOUNT, bytes) : NULL;
    size_t size = 0;
    if (label != NULL) {
        (void)snprintf(text, PT_VALUE_TEXT_MAX, "%.*s", (int)label->text.size, label->text.text);
    } else if (is_symbol(&size, bytes) && size > 0) {
        memcpy(text, bytes, size);
        text[size] = '\0';
    } else {
        text[0] = '0';
        text[1] = 'x';
        pt_hex(text + 2, bytes, 32);
    }
}

static void integer_text(char text[PT_VALUE_TEXT_MAX], pl_type type, uint32_t scale,
                         const uint8_t *bytes)
{
    pl_u256 number;
    size_t size = 0;
    if (type.class == PL_CLASS_INT) {
        uint8_t wide[32];
        memset(wide, bytes[0] & 0x80 ? 0xff : 0, sizeof wide);
        memcpy(wide + 32 - type.size, bytes, type.size);
        pl_u256_load_be(&number, wide, 32);
        size = pl_i256_print_scaled(text, &number, scale);
    } else {
        pl_u256_load_be(&number, bytes, type.size);
        size = pl_u256_print_scaled(text, &number, scale);
    }
    text[size] = '\0';
}

static const char *value_text(char text[PT_VALUE_TEXT_MAX], pt_names names, pl_type type,
                              uint32_t scale, const uint8_t *bytes)
{
    size_t size = 0;
    if (type.class == PL_CLASS_BOOL) {
        (void)snprintf(text, PT_VALUE_TEXT_MAX, "%s", bytes[0] ? "true" : "false");
    } else if (type.class == PL_CLASS_ACCOUNT) {
        account_text(text, names, bytes);
    } else if (type.class == PL_CLASS_SYMBOL && is_symbol(&size, bytes)) {
        memcpy(text, bytes, size);
        text[size] = '\0';
    } else if (type.class == PL_CLASS_SYMBOL || type.class == PL_CLASS_BYTES32) {
        pt_hex(text, bytes, 32);
    } else if (type.class == PL_CLASS_ENUM && names.code != NULL &&
               type.extra < names.code->enum_count &&
               bytes[0] < names.code->enums[type.extra].variant_count) {
        const pl_name name = names.code->enums[type.extra].variants[bytes[0]];
        (void)snprintf(text, PT_VALUE_TEXT_MAX, "%.*s", (int)name.size, name.text);
    } else {
        integer_text(text, type, scale, bytes);
    }
    return text;
}

const char *pt_value_text(char text[PT_VALUE_TEXT_MAX], pt_names names, pl_type type,
                          const uint8_t *bytes)
{
    return value_text(text, names, type, type.scale, bytes);
}

const char *pt_value_raw_text(char text[PT_VALUE_TEXT_MAX], pt_names names, pl_type type,
                              const uint8_t *bytes)
{
    return value_text(text, names, type, 0, bytes);
}

void pt_asset_label(uint8_t value[32], uint8_t number)
{
    memset(value, 0, 32);
    memcpy(value, "asset", 5);
    value[31] = number;
}

void pt_time_label(uint8_t value[32])
{
    memset(value, 0, 32);
    memcpy(value, "time_s", 6);
}

const char *pt_block_time_text(char text[PT_BLOCK_TIME_MAX], const pl_chain *chain, uint64_t time_s)
{
    const uint64_t first_date = 1420070400; /* 2015-01-01 */
    const time_t when = (time_t)time_s;
    uint8_t value[32];
    struct tm utc;
    pt_time_label(value);
    const pl_label *label = pl_find_label(chain, PL_LABEL_NOTE, value);
    if (label != NULL) {
        (void)snprintf(text, PT_BLOCK_TIME_MAX, "time %llu (%.*s)", (unsigned long long)time_s,
                       (int)(label->text.size < 100 ? label->text.size : 100), label->text.text);
    } else if (time_s < first_date || time_s > INT32_MAX || gmtime_r(&when, &utc) == NULL ||
               strftime(text, PT_BLOCK_TIME_MAX, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0) {
        (void)snprintf(text, PT_BLOCK_TIME_MAX, "time %llu", (unsigned long long)time_s);
    }
    return text;
}

/* Fields that hold an asset's number, by the names contracts give them. */
static bool is_asset(const pl_field *field)
{
    static const char *const names[] = {"asset",      "reserve", "collateral_asset",
                                        "debt_asset", "debt",    "collateral"};
    bool named = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        named = named || pt_name_is(field->name, names[i]);
    }
    return named && field->type.class == PL_CLASS_UINT && field->type.size == 1;
}

const char *pt_field_text(char text[PT_VALUE_TEXT_MAX], pt_names names, const pl_field *field,
                          const uint8_t *bytes)
{
    if (names.chain != NULL && is_asset(field)) {
        uint8_t value[32];
        pt_asset_label(value, bytes[0]);
        const pl_label *label = pl_find_label(names.chain, PL_LABEL_NOTE, value);
        if (label != NULL) {
            (void)snprintf(text, PT_VALUE_TEXT_MAX, "%.*s", (int)label->text.size,
                           label->text.text);
            return text;
        }
    }
    return pt_value_text(text, names, field->type, bytes);
}

/* 2^256 - 1, by which many calls say "all of it": shorter by the name it has in the language. */
bool pt_is_everything(pl_type type, const uint8_t *bytes)
{
    bool all = type.class == PL_CLASS_UINT && type.size == 32;
    for (size_t i = 0; all && i < 32; i++) {
        all = bytes[i] == 0xff;
    }
    return all;
}

void pt_values_text(pt_bytes *text, pt_names names, const pl_field *fields, size_t count,
                    const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < count && fields[i].type.size <= size - at; i++) {
        char value[PT_VALUE_TEXT_MAX];
        if (i != 0) {
            pt_put_text(text, ", ");
        }
        pt_put(text, fields[i].name.text, fields[i].name.size);
        pt_put_text(text, " ");
        pt_put_text(text, pt_is_everything(fields[i].type, bytes + at)
                              ? "u256.max"
                              : pt_field_text(value, names, &fields[i], bytes + at));
        at += fields[i].type.size;
    }
}

bool pt_value_put(pt_bytes *bytes, pl_type type, const pl_u256 *number)
{
    const bool is_signed = type.class == PL_CLASS_INT;
    uint8_t wide[32];
    if (type.size > sizeof wide || pl_u256_store_be(wide, 32, number) != PL_OK ||
        (type.class == PL_CLASS_BOOL && (!pl_u256_fits_u64(number) || pl_u256_low64(number) > 1))) {
        return false;
    }
    const uint8_t *low = wide + 32 - type.size;
    const uint8_t above = is_signed && (low[0] & 0x80) != 0 ? 0xff : 0;
    for (const uint8_t *high = wide; high < low; high++) {
        if (*high != above) {
            return false;
        }
    }
    pt_put(bytes, low, type.size);
    return true;
}

bool pt_symbol(uint8_t symbol[32], const char *text)
{
    const size_t size = strlen(text);
    memset(symbol, 0, 32);
    if (size > 32) {
        return false;
    }
    memcpy(symbol, text, size);
    size_t spelled = 0;
    return is_symbol(&spelled, symbol) && spelled == size;
}
