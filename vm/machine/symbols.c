#include "vm/machine/symbols.h"

#include "vm/machine/load.h"

#define LINE_SIZE 6u /* file u16 | line u32 */

typedef struct reader_at {
    pl_reader in;
    size_t at; /* where the value being read starts */
} reader_at;

static pl_status read_text(reader_at *r, pl_name *text, bool is_name)
{
    const uint8_t *bytes;
    r->at = r->in.offset;
    PL_TRY(pl_reader_u8(&r->in, &text->size));
    if (text->size > PL_NAME_SIZE_MAX) {
        return PL_REJECT_NAME;
    }
    PL_TRY(pl_reader_bytes(&r->in, &bytes, text->size));
    text->text = (const char *)bytes;
    const bool valid = is_name ? pl_name_is_valid(text->text, text->size)
                               : pl_text_is_valid(text->text, text->size);
    return valid ? PL_OK : PL_REJECT_NAME;
}

static pl_status read_local(reader_at *r, pl_local *local)
{
    r->at = r->in.offset;
    PL_TRY(pl_reader_u16(&r->in, &local->register_index));
    PL_TRY(read_text(r, &local->name, true));
    return read_text(r, &local->unit, false);
}

static pl_status check_function(reader_at *r, pl_function *function, uint16_t file_count)
{
    uint16_t local_count, file;
    uint32_t line;
    r->at = r->in.offset;
    function->names_offset = (uint32_t)r->in.offset;
    PL_TRY(pl_reader_u16(&r->in, &local_count));
    for (uint32_t i = 0; i < local_count; i++) {
        pl_local local;
        PL_TRY(read_local(r, &local));
    }
    function->lines_offset = (uint32_t)r->in.offset;
    for (uint32_t i = 0; i < function->instruction_count; i++) {
        r->at = r->in.offset;
        PL_TRY(pl_reader_u16(&r->in, &file));
        PL_TRY(pl_reader_u32(&r->in, &line));
        if (file >= file_count) {
            return PL_REJECT_RANGE;
        }
    }
    return PL_OK;
}

static pl_status check_section(reader_at *r, const pl_code *code)
{
    uint16_t file_count;
    PL_TRY(pl_reader_u16(&r->in, &file_count));
    for (uint32_t i = 0; i < file_count; i++) {
        pl_name file;
        PL_TRY(read_text(r, &file, false));
    }
    for (uint32_t i = 0; i < code->function_count; i++) {
        PL_TRY(check_function(r, &code->functions[i], file_count));
    }
    r->at = r->in.offset;
    return pl_reader_end(&r->in);
}

pl_status pl_symbols_check(pl_code *code, pl_code_error *where, const uint8_t *bytes)
{
    if (code->symbols_size == 0) {
        return PL_OK;
    }
    reader_at r = {pl_reader_of(code->symbols, code->symbols_size), 0};
    const pl_status status = check_section(&r, code);
    if (status != PL_OK) {
        where->offset = (size_t)(code->symbols - bytes) + r.at;
    }
    return status;
}

bool pl_symbols_source(pl_source *source, const pl_code *code, uint32_t function,
                       uint32_t instruction)
{
    if (code->symbols_size == 0) {
        return false;
    }
    const uint8_t *const entry =
        code->symbols + code->functions[function].lines_offset + LINE_SIZE * (size_t)instruction;
    const uint32_t file = pl_load_u16(entry);
    const uint8_t *name = code->symbols + 2; /* the list of files, each size u8 | text */
    for (uint32_t i = 0; i < file; i++) {
        name += 1u + name[0];
    }
    *source = (pl_source){{(const char *)name + 1, name[0]}, pl_load_u32(entry + 2)};
    return true;
}

bool pl_symbols_next_local(pl_local *local, uint32_t *cursor, const pl_code *code,
                           uint32_t function)
{
    const pl_function *const f = &code->functions[function];
    reader_at r = {pl_reader_of(code->symbols, f->lines_offset), 0};
    r.in.offset = *cursor != 0 ? *cursor : f->names_offset + 2u;
    while (code->symbols_size != 0 && r.in.offset < f->lines_offset &&
           read_local(&r, local) == PL_OK) {
        *cursor = (uint32_t)r.in.offset;
        if (local->register_index < f->register_count) {
            return true;
        }
    }
    return false;
}
