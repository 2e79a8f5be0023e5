/* Code as text, for people: one line per instruction, with the names of the schema and of the
 * symbols. The text is no format; nothing reads it back. */
#ifndef PL_MACHINE_DISASM_H
#define PL_MACHINE_DISASM_H

#include "vm/machine/code.h"

/* Where text goes: write is called with pieces in order; they are not zero-terminated. */
typedef struct pl_sink {
    void *context;
    void (*write)(void *context, const char *text, size_t size);
} pl_sink;

/* On input: loaded code. Everything: declarations, then each function with its instructions. */
void pl_disasm_code(const pl_sink *sink, const pl_code *code);

/* One function: its signature, then its instructions. */
void pl_disasm_function(const pl_sink *sink, const pl_code *code, uint32_t function);

/* One instruction without line end: "ADD total:r3 r1 fee:r2". */
void pl_disasm_instruction(const pl_sink *sink, const pl_code *code, uint32_t function,
                           uint32_t instruction);

#endif
