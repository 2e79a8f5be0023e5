#include "vm/machine/value.h"

#include <string.h>

#include "vm/base/bytes.h"

/* spec 02 §1: ASCII 0x21..0x7e, then zero bytes to the end. */
static bool symbol_is_canonical(const uint8_t bytes[32])
{
    uint32_t i = 0;
    while (i < 32 && bytes[i] >= 0x21 && bytes[i] <= 0x7e) {
        i++;
    }
    while (i < 32 && bytes[i] == 0) {
        i++;
    }
    return i == 32;
}

void pl_value_load(pl_register *r, pl_type type, const uint8_t *bytes)
{
    if (type.class == PL_CLASS_INT) {
        pl_i256_load_be(&r->w, bytes, type.size);
    } else if (type.size > 8) {
        pl_u256_load_be(&r->w, bytes, type.size);
    } else if (type.size == 8) {
        r->n = pl_load_u64(bytes);
    } else {
        uint64_t value = 0;
        for (uint32_t i = 0; i < type.size; i++) {
            value = value << 8 | bytes[i];
        }
        r->n = value;
    }
}

pl_status pl_value_fits(pl_type type, uint32_t variants, const pl_register *r)
{
    uint8_t bytes[32];
    switch ((pl_class)type.class) {
    case PL_CLASS_BOOL:
        return r->n <= 1 ? PL_OK : PL_TRAP_CAST;
    case PL_CLASS_ENUM:
        return r->n < variants ? PL_OK : PL_TRAP_CAST;
    case PL_CLASS_UINT:
        if (type.size > 8) {
            return pl_u256_check_bits(&r->w, 8u * type.size);
        }
        return type.size == 8 || r->n >> (8 * type.size) == 0 ? PL_OK : PL_TRAP_CAST;
    case PL_CLASS_INT:
        return pl_i256_check_bits(&r->w, 8u * type.size);
    case PL_CLASS_SYMBOL:
        PL_TRY(pl_u256_store_be(bytes, 32, &r->w));
        return symbol_is_canonical(bytes) ? PL_OK : PL_TRAP_CAST;
    case PL_CLASS_ACCOUNT:
    case PL_CLASS_BYTES32:
        break;
    }
    return PL_OK;
}

pl_status pl_value_store(uint8_t *bytes, pl_type type, uint32_t variants, const pl_register *r)
{
    PL_TRY(pl_value_fits(type, variants, r));
    if (type.class == PL_CLASS_INT) {
        return pl_i256_store_be(bytes, type.size, &r->w);
    }
    if (type.size > 8) {
        return pl_u256_store_be(bytes, type.size, &r->w);
    }
    uint64_t value = r->n;
    for (uint32_t i = type.size; i-- > 0; value >>= 8) {
        bytes[i] = (uint8_t)value;
    }
    return PL_OK;
}

pl_status pl_value_check(pl_type type, uint32_t variants, const uint8_t *bytes)
{
    bool canonical = true;
    if (type.class == PL_CLASS_BOOL) {
        canonical = bytes[0] <= 1;
    } else if (type.class == PL_CLASS_ENUM) {
        canonical = bytes[0] < variants;
    } else if (type.class == PL_CLASS_SYMBOL) {
        canonical = symbol_is_canonical(bytes);
    }
    return canonical ? PL_OK : PL_REJECT_NON_CANONICAL;
}

int pl_value_compare(pl_type type, const uint8_t *a, const uint8_t *b)
{
    const uint8_t flip = type.class == PL_CLASS_INT ? 0x80 : 0; /* negative values come first */
    if (a[0] != b[0]) {
        return (a[0] ^ flip) < (b[0] ^ flip) ? -1 : 1;
    }
    const int order = memcmp(a, b, type.size);
    return (order > 0) - (order < 0);
}

size_t pl_fields_size(const pl_field *fields, uint32_t count)
{
    size_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        size += fields[i].type.size;
    }
    return size;
}

pl_status pl_fields_check(uint32_t *failed, const pl_code *code, const pl_field *fields,
                          uint32_t count, const uint8_t *bytes)
{
    for (uint32_t i = 0; i < count; i++) {
        const pl_type type = fields[i].type;
        *failed = i;
        PL_TRY(pl_value_check(type, pl_type_variants(code, type), bytes));
        bytes += type.size;
    }
    return PL_OK;
}

void pl_fields_load(pl_register *r, const pl_field *fields, uint32_t count, const uint8_t *bytes)
{
    for (uint32_t i = 0; i < count; i++) {
        pl_value_load(&r[i], fields[i].type, bytes);
        bytes += fields[i].type.size;
    }
}

pl_status pl_fields_store(uint8_t *bytes, const pl_code *code, const pl_field *fields,
                          uint32_t count, const pl_register *r)
{
    for (uint32_t i = 0; i < count; i++) {
        const pl_type type = fields[i].type;
        PL_TRY(pl_value_store(bytes, type, pl_type_variants(code, type), &r[i]));
        bytes += type.size;
    }
    return PL_OK;
}
