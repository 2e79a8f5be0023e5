/* Reading names, types, fields and tables out of a body. spec 02 §3 */
#include "vm/machine/load.h"

#define NAME_SIZE_MIN  2u /* size and one letter */
#define FIELD_SIZE_MIN 7u
#define TABLE_DEFAULT  1u
#define TABLE_RANGE    2u

_Static_assert(PL_KEY_FIELDS_MAX * 32u <= PL_KEY_SIZE_MAX, "no key can be too large");

pl_status pl_decode_u8(pl_decoder *d, uint8_t *value)
{
    d->at = d->in.offset;
    return pl_reader_u8(&d->in, value);
}

pl_status pl_decode_u16(pl_decoder *d, uint16_t *value)
{
    d->at = d->in.offset;
    return pl_reader_u16(&d->in, value);
}

pl_status pl_decode_bytes(pl_decoder *d, const uint8_t **bytes, size_t size)
{
    d->at = d->in.offset;
    return pl_reader_bytes(&d->in, bytes, size);
}

pl_status pl_decode_count8(pl_decoder *d, uint8_t *count, uint32_t min, uint32_t max)
{
    PL_TRY(pl_decode_u8(d, count));
    return *count >= min && *count <= max ? PL_OK : PL_REJECT_LIMIT;
}

pl_status pl_decode_count16(pl_decoder *d, uint16_t *count, uint32_t min, uint32_t max)
{
    PL_TRY(pl_decode_u16(d, count));
    return *count >= min && *count <= max ? PL_OK : PL_REJECT_LIMIT;
}

pl_status pl_decode_array(pl_decoder *d, void *out, uint32_t count, size_t element_size,
                          size_t min_size)
{
    if (count > pl_reader_left(&d->in) / min_size) {
        d->at = d->in.size;
        return PL_REJECT_TRUNCATED;
    }
    return pl_heap_take(out, d->heap, count * element_size);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool pl_name_is_valid(const char *text, size_t size)
{
    bool part_starts = true; /* the next byte is the first of a part */
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '.' && !part_starts) {
            part_starts = true;
        } else if (is_letter(text[i]) || (is_digit(text[i]) && !part_starts)) {
            part_starts = false;
        } else {
            return false;
        }
    }
    return !part_starts;
}

bool pl_text_is_valid(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

static pl_status decode_text(pl_decoder *d, pl_name *text, bool is_name)
{
    const uint8_t *bytes;
    const size_t start = d->in.offset;
    PL_TRY(pl_decode_u8(d, &text->size));
    if (text->size > PL_NAME_SIZE_MAX) {
        return PL_REJECT_NAME;
    }
    PL_TRY(pl_decode_bytes(d, &bytes, text->size));
    d->at = start;
    text->text = (const char *)bytes;
    const bool valid = is_name ? pl_name_is_valid(text->text, text->size)
                               : pl_text_is_valid(text->text, text->size);
    return valid ? PL_OK : PL_REJECT_NAME;
}

pl_status pl_decode_name(pl_decoder *d, pl_name *name)
{
    return decode_text(d, name, true);
}

static bool type_is_valid(const pl_code *code, pl_type type)
{
    bool size_fits = type.size == 32;
    if (type.class == PL_CLASS_UINT || type.class == PL_CLASS_INT) {
        size_fits = type.size >= 1 && type.size <= 32;
    } else if (type.class == PL_CLASS_BOOL || type.class == PL_CLASS_ENUM) {
        size_fits = type.size == 1;
    }
    const bool extra_fits =
        type.class == PL_CLASS_ENUM ? type.extra < code->enum_count : type.extra == 0;
    return type.class <= PL_CLASS_ENUM && size_fits && type.scale <= 77 && extra_fits;
}

static pl_status decode_field(pl_decoder *d, pl_field *field)
{
    const uint8_t *type;
    PL_TRY(pl_decode_name(d, &field->name));
    PL_TRY(decode_text(d, &field->unit, false));
    PL_TRY(pl_decode_bytes(d, &type, 4));
    field->type = (pl_type){type[0], type[1], type[2], type[3]};
    return type_is_valid(d->code, field->type) ? PL_OK : PL_REJECT_TYPE;
}

pl_status pl_decode_fields(pl_decoder *d, const pl_field **fields, uint32_t count)
{
    pl_field *all;
    PL_TRY(pl_decode_array(d, &all, count, sizeof *all, FIELD_SIZE_MIN));
    *fields = all;
    for (uint32_t i = 0; i < count; i++) {
        PL_TRY(decode_field(d, &all[i]));
    }
    return PL_OK;
}

static pl_status decode_value_field(pl_decoder *d, pl_field *field, bool is_params)
{
    uint8_t flags;
    PL_TRY(decode_field(d, field));
    PL_TRY(pl_decode_u8(d, &flags));
    if ((flags & ~(TABLE_DEFAULT | TABLE_RANGE)) != 0) {
        return PL_REJECT_NON_CANONICAL;
    }
    if ((flags & TABLE_RANGE) != 0 && !is_params) {
        return PL_REJECT_TYPE;
    }
    if ((flags & TABLE_DEFAULT) != 0) {
        field->has_default = 1;
        PL_TRY(pl_decode_bytes(d, &field->default_bytes, field->type.size));
    }
    if ((flags & TABLE_RANGE) != 0) {
        field->has_range = 1;
        PL_TRY(pl_decode_bytes(d, &field->min_bytes, field->type.size));
        PL_TRY(pl_decode_bytes(d, &field->max_bytes, field->type.size));
    }
    return PL_OK;
}

static pl_status decode_index(pl_decoder *d, pl_index *index, const pl_table *table)
{
    PL_TRY(pl_decode_name(d, &index->name));
    PL_TRY(pl_decode_count8(d, &index->field_count, 1, PL_INDEX_FIELDS_MAX));
    index->key_size = table->key_size;
    for (uint32_t i = 0; i < index->field_count; i++) {
        PL_TRY(pl_decode_u8(d, &index->fields[i]));
        if (index->fields[i] >= table->field_count) {
            return PL_REJECT_CODE_REFERENCE;
        }
        for (uint32_t k = 0; k < i; k++) {
            if (index->fields[k] == index->fields[i]) {
                return PL_REJECT_DUPLICATE;
            }
        }
        index->key_size = (uint16_t)(index->key_size + table->fields[index->fields[i]].type.size);
    }
    return PL_OK;
}

/* Gives the row of an absent key its bytes, when every field has a default. */
static pl_status make_default_row(pl_decoder *d, pl_table *table)
{
    uint8_t *row;
    table->has_all_defaults = true;
    for (uint32_t i = 0; i < table->field_count; i++) {
        table->has_all_defaults = table->has_all_defaults && table->fields[i].has_default != 0;
    }
    if (!table->has_all_defaults) {
        return PL_OK;
    }
    PL_TRY(pl_heap_take(&row, d->heap, table->row_size));
    table->default_row = row;
    for (uint32_t i = 0; i < table->field_count; i++) {
        const pl_field *field = &table->fields[i];
        memcpy(row + field->offset, field->default_bytes, field->type.size);
    }
    return PL_OK;
}

static pl_status decode_table_fields(pl_decoder *d, pl_table *table)
{
    pl_field *keys, *fields;
    PL_TRY(pl_decode_count8(d, &table->key_count, 0, PL_KEY_FIELDS_MAX));
    if (table->is_params && table->key_count != 0) {
        return PL_REJECT_TYPE;
    }
    PL_TRY(pl_decode_array(d, &keys, table->key_count, sizeof *keys, FIELD_SIZE_MIN));
    table->keys = keys;
    for (uint32_t i = 0; i < table->key_count; i++) {
        PL_TRY(decode_field(d, &keys[i]));
        keys[i].offset = table->key_size;
        table->key_size = (uint16_t)(table->key_size + keys[i].type.size);
    }
    PL_TRY(pl_decode_count8(d, &table->field_count, 1, PL_ROW_FIELDS_MAX));
    PL_TRY(pl_decode_array(d, &fields, table->field_count, sizeof *fields, FIELD_SIZE_MIN + 1));
    table->fields = fields;
    for (uint32_t i = 0; i < table->field_count; i++) {
        const size_t start = d->in.offset;
        PL_TRY(decode_value_field(d, &fields[i], table->is_params));
        fields[i].offset = table->row_size;
        table->row_size = (uint16_t)(table->row_size + fields[i].type.size);
        if (table->row_size > PL_ROW_SIZE_MAX) {
            d->at = start;
            return PL_REJECT_LIMIT;
        }
    }
    return make_default_row(d, table);
}

pl_status pl_decode_table(pl_decoder *d, pl_table *table)
{
    uint8_t flags;
    pl_index *indexes;
    PL_TRY(pl_decode_name(d, &table->name));
    PL_TRY(pl_decode_u8(d, &flags));
    if (flags > 1) {
        return PL_REJECT_NON_CANONICAL;
    }
    table->is_params = flags == 1;
    PL_TRY(decode_table_fields(d, table));
    PL_TRY(pl_decode_count8(d, &table->index_count, 0, PL_TABLE_INDEXES_MAX));
    if (table->is_params && table->index_count != 0) {
        return PL_REJECT_TYPE;
    }
    PL_TRY(pl_decode_array(d, &indexes, table->index_count, sizeof *indexes, NAME_SIZE_MIN + 2));
    table->indexes = indexes;
    for (uint32_t i = 0; i < table->index_count; i++) {
        PL_TRY(decode_index(d, &indexes[i], table));
    }
    return PL_OK;
}
