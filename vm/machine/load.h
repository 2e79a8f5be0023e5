/* The steps of pl_code_load, in their order; internal to vm/machine.
 *
 * decode proves shape, validate proves meaning, check_symbols looks at the section for people, and
 * prepare makes what the interpreter reads. Each check of spec 02 stands in exactly one of them. */
#ifndef PL_MACHINE_LOAD_H
#define PL_MACHINE_LOAD_H

#include "vm/machine/code.h"
#include "vm/base/bytes.h"
#include "vm/machine/ops.h"

/* Memory of one code: blocks taken as needed, given back together. */
typedef struct pl_heap {
    struct pl_heap_block *blocks;
    const pl_memory *memory;
} pl_heap;

/* *out = size zeroed bytes, aligned for any type. Returns PL_OK or PL_FAULT_MEMORY. */
PL_MUST_USE pl_status pl_heap_take(void *out, pl_heap *heap, size_t size);

/* On input: *code zeroed but for the heap. On output: everything but block_gas, steps and the
 * offsets into the symbols. On failure where->offset names the value that is wrong. */
PL_MUST_USE pl_status pl_code_decode(pl_code *code, pl_code_error *where, pl_heap *heap,
                                     const uint8_t *bytes, size_t size);

/* On input: decoded code. On output: block_gas. spec 02 §3, §4 */
PL_MUST_USE pl_status pl_code_validate(pl_code *code, pl_code_error *where, const uint8_t *bytes);

/* On output: names_offset and lines_offset of every function. spec 02 §3 */
PL_MUST_USE pl_status pl_symbols_check(pl_code *code, pl_code_error *where, const uint8_t *bytes);

/* On input: validated code. On output: steps, zero_first, zero_count, divisors, layouts. */
PL_MUST_USE pl_status pl_code_prepare(pl_code *code, pl_heap *heap);

/* Returns where instruction 0 of a function stands in the container. */
static inline const uint8_t *pl_function_bytes(const pl_function *function)
{
    return function->wide_bits + (function->register_count + 7u) / 8u + 2u;
}

/* True if the size bytes at text are a name of spec 02 §3, or printable ASCII. */
bool pl_name_is_valid(const char *text, size_t size);
bool pl_text_is_valid(const char *text, size_t size);

/* decode_schema.c: the parts of a body that have fields. */
typedef struct pl_decoder {
    pl_reader in; /* over the whole container, ending where the body ends */
    size_t at;    /* where the value being read starts */
    pl_code *code;
    pl_heap *heap;
} pl_decoder;

PL_MUST_USE pl_status pl_decode_u8(pl_decoder *d, uint8_t *value);
PL_MUST_USE pl_status pl_decode_u16(pl_decoder *d, uint16_t *value);
PL_MUST_USE pl_status pl_decode_bytes(pl_decoder *d, const uint8_t **bytes, size_t size);

/* A count between min and max; LIMIT otherwise. */
PL_MUST_USE pl_status pl_decode_count8(pl_decoder *d, uint8_t *count, uint32_t min, uint32_t max);
PL_MUST_USE pl_status pl_decode_count16(pl_decoder *d, uint16_t *count, uint32_t min, uint32_t max);

/* *out = memory for count elements of element_size bytes, after making sure that count encodings of
 * at least min_size bytes can still follow: so memory is bounded by the bytes present. */
PL_MUST_USE pl_status pl_decode_array(pl_decoder *d, void *out, uint32_t count, size_t element_size,
                                      size_t min_size);
PL_MUST_USE pl_status pl_decode_name(pl_decoder *d, pl_name *name);
PL_MUST_USE pl_status pl_decode_fields(pl_decoder *d, const pl_field **fields, uint32_t count);
PL_MUST_USE pl_status pl_decode_table(pl_decoder *d, pl_table *table);

#endif
