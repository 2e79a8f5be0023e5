/* A container becomes a pl_code: decoded here, then validated, then prepared for running.
 *
 *     "PLIM" | format | semantics | body_size | body | symbols_size | symbols          spec 02 §2
 *
 * Everything decoded points into the container's bytes or into the code's own heap. */
#include "vm/machine/load.h"

#include "vm/base/sha256.h"

#define CONTAINER_FORMAT 1u
#define NAME_SIZE_MIN    2u
#define HEAP_BLOCK_SIZE  4096u

typedef struct pl_heap_block {
    struct pl_heap_block *next;
    size_t size; /* as taken, this header included */
    size_t used;
} pl_heap_block;

static size_t round_to_alignment(size_t size)
{
    const size_t step = _Alignof(max_align_t) < 16 ? 16 : _Alignof(max_align_t);
    return (size + step - 1) / step * step;
}

pl_status pl_heap_take(void *out, pl_heap *heap, size_t size)
{
    const size_t need = round_to_alignment(size),
                 header = round_to_alignment(sizeof(pl_heap_block));
    pl_heap_block *block = heap->blocks;
    if (block == NULL || block->size - block->used < need) {
        const size_t whole = header + need > HEAP_BLOCK_SIZE ? header + need : HEAP_BLOCK_SIZE;
        block = heap->memory->take(heap->memory->context, whole);
        if (block == NULL) {
            return PL_FAULT_MEMORY;
        }
        *block = (pl_heap_block){heap->blocks, whole, header};
        heap->blocks = block;
    }
    uint8_t *const bytes = (uint8_t *)block + block->used;
    block->used += need;
    memset(bytes, 0, need);
    memcpy(out, &(void *){bytes}, sizeof(void *)); /* out points to a pointer of any type */
    return PL_OK;
}

static pl_status decode_constants(pl_decoder *d)
{
    pl_code *code = d->code;
    pl_u256 *constants;
    PL_TRY(pl_decode_count16(d, &code->constant_count, 0, PL_CONSTANTS_MAX));
    PL_TRY(pl_decode_array(d, &constants, code->constant_count, sizeof *constants, 32));
    code->constants = constants;
    for (uint32_t i = 0; i < code->constant_count; i++) {
        const uint8_t *bytes;
        PL_TRY(pl_decode_bytes(d, &bytes, 32));
        pl_u256_load_be(&constants[i], bytes, 32);
    }
    return PL_OK;
}

static pl_status decode_enums(pl_decoder *d)
{
    pl_enum *enums;
    uint8_t count;
    PL_TRY(pl_decode_count8(d, &count, 0, PL_ENUMS_MAX));
    PL_TRY(pl_decode_array(d, &enums, count, sizeof *enums, 2 * NAME_SIZE_MIN + 1));
    d->code->enums = enums;
    d->code->enum_count = count;
    for (uint32_t i = 0; i < count; i++) {
        pl_name *variants;
        PL_TRY(pl_decode_name(d, &enums[i].name));
        PL_TRY(pl_decode_count8(d, &enums[i].variant_count, 1, PL_ENUM_VARIANTS_MAX));
        PL_TRY(
            pl_decode_array(d, &variants, enums[i].variant_count, sizeof *variants, NAME_SIZE_MIN));
        enums[i].variants = variants;
        for (uint32_t k = 0; k < enums[i].variant_count; k++) {
            PL_TRY(pl_decode_name(d, &variants[k]));
        }
    }
    return PL_OK;
}

static pl_status decode_tables(pl_decoder *d)
{
    pl_table *tables;
    uint8_t count;
    PL_TRY(pl_decode_count8(d, &count, 0, PL_TABLES_MAX));
    PL_TRY(pl_decode_array(d, &tables, count, sizeof *tables, NAME_SIZE_MIN + 12));
    d->code->tables = tables;
    d->code->table_count = count;
    for (uint32_t i = 0; i < count; i++) {
        PL_TRY(pl_decode_table(d, &tables[i]));
    }
    return PL_OK;
}

static pl_status decode_signatures(pl_decoder *d, const pl_signature **signatures, uint16_t *count,
                                   uint32_t max)
{
    pl_signature *all;
    PL_TRY(pl_decode_count16(d, count, 0, max));
    PL_TRY(pl_decode_array(d, &all, *count, sizeof *all, NAME_SIZE_MIN + 1));
    *signatures = all;
    for (uint32_t i = 0; i < *count; i++) {
        PL_TRY(pl_decode_name(d, &all[i].name));
        PL_TRY(pl_decode_count8(d, &all[i].count, 0, PL_ARGUMENTS_MAX));
        PL_TRY(pl_decode_fields(d, &all[i].fields, all[i].count));
    }
    return PL_OK;
}

static pl_status decode_imports(pl_decoder *d)
{
    pl_import *imports;
    PL_TRY(pl_decode_count16(d, &d->code->import_count, 0, PL_IMPORTS_MAX));
    PL_TRY(pl_decode_array(d, &imports, d->code->import_count, sizeof *imports, NAME_SIZE_MIN + 3));
    d->code->imports = imports;
    for (uint32_t i = 0; i < d->code->import_count; i++) {
        pl_import *import = &imports[i];
        PL_TRY(pl_decode_name(d, &import->name));
        PL_TRY(pl_decode_u8(d, &import->effect));
        if (import->effect > PL_EFFECT_TX) {
            return PL_REJECT_NON_CANONICAL;
        }
        PL_TRY(pl_decode_count8(d, &import->parameter_count, 0, PL_PARAMETERS_MAX));
        PL_TRY(pl_decode_fields(d, &import->parameters, import->parameter_count));
        PL_TRY(pl_decode_count8(d, &import->result_count, 0, PL_RESULTS_MAX));
        PL_TRY(pl_decode_fields(d, &import->results, import->result_count));
    }
    return PL_OK;
}

static pl_status decode_registers(pl_decoder *d, pl_function *function)
{
    PL_TRY(pl_decode_count16(d, &function->register_count, 0, PL_REGISTERS_MAX));
    const uint32_t bit_bytes = (function->register_count + 7u) / 8u;
    PL_TRY(pl_decode_bytes(d, &function->wide_bits, bit_bytes));
    const uint32_t spare = bit_bytes * 8 - function->register_count;
    if (spare != 0 && function->wide_bits[bit_bytes - 1] >> (8 - spare) != 0) {
        return PL_REJECT_NON_CANONICAL;
    }
    return PL_OK;
}

static pl_status decode_instructions(pl_decoder *d, pl_function *function)
{
    uint16_t count;
    const uint8_t *bytes;
    PL_TRY(pl_decode_count16(d, &count, 1, PL_FUNCTION_CODE_MAX));
    PL_TRY(pl_decode_bytes(d, &bytes, 10 * (size_t)count));
    PL_TRY(pl_heap_take(&function->instructions, d->heap, count * sizeof(pl_instruction)));
    PL_TRY(pl_heap_take(&function->block_gas, d->heap, count * sizeof(uint32_t)));
    function->instruction_count = count;
    for (uint32_t i = 0; i < count; i++, bytes += 10) {
        function->instructions[i] = (pl_instruction){bytes[0],
                                                     bytes[1],
                                                     pl_load_u16(bytes + 2),
                                                     pl_load_u16(bytes + 4),
                                                     pl_load_u16(bytes + 6),
                                                     pl_load_u16(bytes + 8)};
    }
    return PL_OK;
}

static pl_status decode_function(pl_decoder *d, pl_function *function)
{
    PL_TRY(pl_decode_name(d, &function->name));
    PL_TRY(pl_decode_u16(d, &function->flags));
    if ((function->flags & ~PL_FUNCTION_FLAGS) != 0 ||
        (function->flags & PL_FUNCTION_EFFECT) > PL_EFFECT_TX) {
        return PL_REJECT_NON_CANONICAL;
    }
    PL_TRY(pl_decode_count8(d, &function->parameter_count, 0, PL_PARAMETERS_MAX));
    PL_TRY(pl_decode_fields(d, &function->parameters, function->parameter_count));
    PL_TRY(pl_decode_count8(d, &function->result_count, 0, PL_RESULTS_MAX));
    PL_TRY(pl_decode_fields(d, &function->results, function->result_count));
    PL_TRY(decode_registers(d, function));
    return decode_instructions(d, function);
}

static pl_status decode_functions(pl_decoder *d)
{
    pl_function *functions;
    PL_TRY(pl_decode_count16(d, &d->code->function_count, 0, PL_FUNCTIONS_MAX));
    PL_TRY(pl_decode_array(d, &functions, d->code->function_count, sizeof *functions,
                           NAME_SIZE_MIN + 8));
    d->code->functions = functions;
    for (uint32_t i = 0; i < d->code->function_count; i++) {
        PL_TRY(decode_function(d, &functions[i]));
    }
    return PL_OK;
}

static pl_status decode_body(pl_decoder *d)
{
    pl_code *code = d->code;
    PL_TRY(pl_decode_name(d, &code->name));
    PL_TRY(decode_constants(d));
    PL_TRY(decode_enums(d));
    PL_TRY(decode_tables(d));
    PL_TRY(decode_signatures(d, &code->errors, &code->error_count, PL_ERRORS_MAX));
    PL_TRY(decode_signatures(d, &code->events, &code->event_count, PL_EVENTS_MAX));
    PL_TRY(decode_imports(d));
    PL_TRY(decode_functions(d));
    d->at = d->in.offset;
    return pl_reader_end(&d->in);
}

static pl_status decode_header(pl_decoder *d)
{
    uint16_t format, semantics;
    const uint8_t *magic;
    PL_TRY(pl_decode_bytes(d, &magic, 4));
    if (memcmp(magic, "PLIM", 4) != 0) {
        return PL_REJECT_MAGIC;
    }
    PL_TRY(pl_decode_u16(d, &format));
    if (format != CONTAINER_FORMAT) {
        return PL_REJECT_VERSION;
    }
    PL_TRY(pl_decode_u16(d, &semantics));
    return semantics == PL_SEMANTICS_ID ? PL_OK : PL_REJECT_VERSION;
}

/* A section is its size and its bytes. */
static pl_status decode_section(pl_decoder *d, const uint8_t **bytes, size_t *size)
{
    uint32_t stated;
    d->at = d->in.offset;
    PL_TRY(pl_reader_u32(&d->in, &stated));
    *size = stated;
    return pl_reader_bytes(&d->in, bytes, stated);
}

static pl_status decode_container(pl_decoder *d)
{
    pl_code *code = d->code;
    PL_TRY(decode_header(d));
    PL_TRY(decode_section(d, &code->body, &code->body_size));
    PL_TRY(decode_section(d, &code->symbols, &code->symbols_size));
    d->at = d->in.offset;
    PL_TRY(pl_reader_end(&d->in));
    d->in.offset = (size_t)(code->body - d->in.bytes);
    d->in.size = d->in.offset + code->body_size;
    return decode_body(d);
}

pl_status pl_code_decode(pl_code *code, pl_code_error *where, pl_heap *heap, const uint8_t *bytes,
                         size_t size)
{
    pl_decoder d = {pl_reader_of(bytes, size), 0, code, heap};
    const pl_status status = size > PL_CODE_SIZE_MAX ? PL_REJECT_LIMIT : decode_container(&d);
    where->offset = d.at;
    return status;
}

/* spec 02 §2: code hash = tagged("plimsoll/code", format | semantics | body). */
static void hash_code(pl_code *code)
{
    static const uint8_t head[4] = {0, CONTAINER_FORMAT, 0, PL_SEMANTICS_ID};
    pl_sha256 sha;
    pl_sha256_begin_tagged(&sha, &pl_tag_code);
    pl_sha256_add(&sha, head, sizeof head);
    pl_sha256_add(&sha, code->body, code->body_size);
    pl_sha256_end(&sha, code->hash);
}

static pl_status load_steps(pl_code *code, pl_code_error *where, pl_heap *heap,
                            const uint8_t *bytes, size_t size)
{
    PL_TRY(pl_code_decode(code, where, heap, bytes, size));
    PL_TRY(pl_code_validate(code, where, bytes));
    PL_TRY(pl_symbols_check(code, where, bytes));
    PL_TRY(pl_code_prepare(code, heap));
    hash_code(code);
    return PL_OK;
}

pl_status pl_code_load(pl_code *code, pl_code_error *where, const pl_memory *memory,
                       const uint8_t *bytes, size_t size)
{
    pl_heap heap = {NULL, memory};
    *code = (pl_code){0};
    *where = (pl_code_error){0, UINT32_MAX, UINT32_MAX};
    const pl_status status = load_steps(code, where, &heap, bytes, size);
    code->heap = heap.blocks;
    if (status != PL_OK) {
        pl_code_free(code, memory);
    }
    return status;
}

void pl_code_free(pl_code *code, const pl_memory *memory)
{
    pl_heap_block *block = code->heap;
    while (block != NULL) {
        pl_heap_block *const next = block->next;
        memory->give(memory->context, block, block->size);
        block = next;
    }
    *code = (pl_code){0};
}
