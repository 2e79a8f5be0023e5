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

static pl_form form_of(pl_type type)
{
    if (type.class == PL_CLASS_SYMBOL) {
        return PL_FORM_SYMBOL;
    }
    if (type.class == PL_CLASS_INT && type.size != 32) {
        return PL_FORM_INT;
    }
    switch (type.size) {
    case 1:
        return PL_FORM_BYTE;
    case 2:
        return PL_FORM_U16;
    case 4:
        return PL_FORM_U32;
    case 8:
        return PL_FORM_U64;
    case 16:
        return PL_FORM_W16;
    case 32:
        return PL_FORM_W32;
    default:
        return type.size < 8 ? PL_FORM_NARROW : PL_FORM_WIDE;
    }
}

pl_cell pl_cell_of(pl_type type, uint32_t variants, uint16_t offset)
{
    const uint32_t limit = type.class == PL_CLASS_BOOL   ? 2
                           : type.class == PL_CLASS_ENUM ? variants
                                                         : 256;
    return (pl_cell){(uint8_t)form_of(type), type.size, (uint16_t)limit, offset};
}

PL_INLINE void load_cell(pl_register *r, const pl_cell *cell, const uint8_t *bytes)
{
    uint64_t value = 0;
    switch ((pl_form)cell->form) {
    case PL_FORM_BYTE:
        r->n = bytes[0];
        break;
    case PL_FORM_U16:
        r->n = pl_load_u16(bytes);
        break;
    case PL_FORM_U32:
        r->n = pl_load_u32(bytes);
        break;
    case PL_FORM_U64:
        r->n = pl_load_u64(bytes);
        break;
    case PL_FORM_NARROW:
        for (uint32_t i = 0; i < cell->size; i++) {
            value = value << 8 | bytes[i];
        }
        r->n = value;
        break;
    case PL_FORM_W16:
        pl_u256_load_limbs_be(&r->w, bytes, 16 / sizeof(pl_limb));
        break;
    case PL_FORM_W32:
    case PL_FORM_SYMBOL:
        pl_u256_load_limbs_be(&r->w, bytes, 32 / sizeof(pl_limb));
        break;
    case PL_FORM_WIDE:
        pl_u256_load_be(&r->w, bytes, cell->size);
        break;
    case PL_FORM_INT:
        pl_i256_load_be(&r->w, bytes, cell->size);
        break;
    }
}

/* Apart from store_cell, which then needs no array of its own. */
static __attribute__((noinline)) pl_status store_symbol(uint8_t *bytes, const pl_u256 *word)
{
    uint8_t symbol[32];
    pl_u256_store_limbs_be(symbol, word, 32 / sizeof(pl_limb));
    if (!symbol_is_canonical(symbol)) {
        return PL_TRAP_CAST;
    }
    memcpy(bytes, symbol, sizeof symbol);
    return PL_OK;
}

/* A narrow value whose bits at and above `bits` must be zero. */
static inline pl_status check_narrow(uint64_t value, uint32_t bits)
{
    return PL_LIKELY(value >> bits == 0) ? PL_OK : PL_TRAP_CAST;
}

PL_INLINE pl_status store_cell(uint8_t *bytes, const pl_cell *cell, const pl_register *r)
{
    switch ((pl_form)cell->form) {
    case PL_FORM_BYTE:
        if (PL_UNLIKELY(r->n >= cell->limit)) {
            return PL_TRAP_CAST;
        }
        bytes[0] = (uint8_t)r->n;
        break;
    case PL_FORM_U16:
        PL_TRY(check_narrow(r->n, 16));
        pl_store_u16(bytes, (uint16_t)r->n);
        break;
    case PL_FORM_U32:
        PL_TRY(check_narrow(r->n, 32));
        pl_store_u32(bytes, (uint32_t)r->n);
        break;
    case PL_FORM_U64:
        pl_store_u64(bytes, r->n);
        break;
    case PL_FORM_NARROW:
        PL_TRY(check_narrow(r->n, 8u * cell->size));
        for (uint32_t i = 0; i < cell->size; i++) {
            bytes[i] = (uint8_t)(r->n >> 8 * (cell->size - 1u - i));
        }
        break;
    case PL_FORM_W16:
        if (PL_UNLIKELY(pl_u256_bit_length(&r->w) > 128)) {
            return PL_TRAP_CAST;
        }
        pl_u256_store_limbs_be(bytes, &r->w, 16 / sizeof(pl_limb));
        break;
    case PL_FORM_W32:
        pl_u256_store_limbs_be(bytes, &r->w, 32 / sizeof(pl_limb));
        break;
    case PL_FORM_SYMBOL:
        return store_symbol(bytes, &r->w);
    case PL_FORM_WIDE:
        return pl_u256_store_be(bytes, cell->size, &r->w);
    case PL_FORM_INT:
        return pl_i256_store_be(bytes, cell->size, &r->w);
    }
    return PL_OK;
}

void pl_cell_load(pl_register *r, const pl_cell *cell, const uint8_t *bytes)
{
    load_cell(r, cell, bytes);
}

pl_status pl_cell_store(uint8_t *bytes, const pl_cell *cell, const pl_register *r)
{
    return store_cell(bytes, cell, r);
}

/* The two below take the forms that most fields have one after the other; what remains from the
 * first other form on goes to the general loops, so that the short way calls nothing. */

static __attribute__((noinline)) void load_rest(pl_register *r, const pl_cell *cells,
                                                const pl_cell *end, const uint8_t *bytes)
{
    for (; cells != end; cells++, r++) {
        load_cell(r, cells, bytes + cells->offset);
    }
}

void pl_cells_load(pl_register *r, const pl_cell *cells, uint32_t count, const uint8_t *bytes)
{
    for (const pl_cell *const end = cells + count; cells != end; cells++, r++) {
        const uint8_t *const from = bytes + cells->offset;
        if (cells->form == PL_FORM_W32) {
            pl_u256_load_limbs_be(&r->w, from, 32 / sizeof(pl_limb));
        } else if (cells->form == PL_FORM_W16) {
            pl_u256_load_limbs_be(&r->w, from, 16 / sizeof(pl_limb));
        } else if (cells->form == PL_FORM_U64) {
            r->n = pl_load_u64(from);
        } else if (cells->form == PL_FORM_U32) {
            r->n = pl_load_u32(from);
        } else if (cells->form == PL_FORM_BYTE) {
            r->n = *from;
        } else {
            load_rest(r, cells, end, bytes);
            return;
        }
    }
}

static __attribute__((noinline)) pl_status store_rest(uint8_t *bytes, const pl_cell *cells,
                                                      const pl_cell *end, const pl_register *r)
{
    for (; cells != end; cells++, r++) {
        PL_TRY(store_cell(bytes + cells->offset, cells, r));
    }
    return PL_OK;
}

pl_status pl_cells_store(uint8_t *bytes, const pl_cell *cells, uint32_t count, const pl_register *r)
{
    for (const pl_cell *const end = cells + count; cells != end; cells++, r++) {
        uint8_t *const to = bytes + cells->offset;
        if (cells->form == PL_FORM_W32) {
            pl_u256_store_limbs_be(to, &r->w, 32 / sizeof(pl_limb));
        } else if (cells->form == PL_FORM_BYTE) {
            if (PL_UNLIKELY(r->n >= cells->limit)) {
                return PL_TRAP_CAST;
            }
            *to = (uint8_t)r->n;
        } else if (cells->form == PL_FORM_U32) {
            PL_TRY(check_narrow(r->n, 32));
            pl_store_u32(to, (uint32_t)r->n);
        } else if (cells->form == PL_FORM_U64) {
            pl_store_u64(to, r->n);
        } else {
            return store_rest(bytes, cells, end, r);
        }
    }
    return PL_OK;
}

void pl_value_load(pl_register *r, pl_type type, const uint8_t *bytes)
{
    const pl_cell cell = pl_cell_of(type, 0, 0); /* stored bytes are canonical: no limit is asked */
    load_cell(r, &cell, bytes);
}

pl_status pl_value_store(uint8_t *bytes, pl_type type, uint32_t variants, const pl_register *r)
{
    const pl_cell cell = pl_cell_of(type, variants, 0);
    return store_cell(bytes, &cell, r);
}

pl_status pl_value_fits(pl_type type, uint32_t variants, const pl_register *r)
{
    uint8_t bytes[32];
    return pl_value_store(bytes, type, variants, r);
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
