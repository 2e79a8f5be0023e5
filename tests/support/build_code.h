/* Containers for tests, written as text: declarations and instructions, no compiler involved.
 *
 *     build *b = build_start("demo");
 *     build_constant(b, "1000000000000000000");
 *     build_table(b, "rows", 0, "k:u64", "v:u256=0, who:account", "by_v:0");
 *     build_function(b, "f", PL_EFFECT_VIEW | PL_FUNCTION_PUBLIC, "x:u256", "y:u256", "ww",
 *                    "ADD 1 0 0; RET 1");
 *     bytes = build_finish(b, &size);          free with build_free(b) when done with the bytes
 *
 * Fields are "name:type" separated by commas; a type is bool, u8..u256, i8..i256, account, symbol,
 * bytes32 or enumN (N: number of the enum). In tables "=5" gives a default and "[1,9]" a range
 * after it; both are decimal, and negative for int only. Registers are one letter each, n or w.
 * Instructions are separated by ";" or line ends: the name of ops.def, then its operands in the
 * order a b c d e without the unused ones. A leading "raw" takes number e a b c d as they are.
 * Wrong text ends the test program: tests are ours. */
#ifndef TESTS_SUPPORT_BUILD_CODE_H
#define TESTS_SUPPORT_BUILD_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "vm/machine/code.h"

typedef struct build build;

build *build_start(const char *name);
void build_free(build *b);

/* Each returns the number of what it added, from 0. */
uint16_t build_constant(build *b, const char *number);                 /* decimal or 0x hex */
uint16_t build_enum(build *b, const char *name, const char *variants); /* "none,isolated" */
uint16_t build_table(build *b, const char *name, unsigned flags, const char *keys,
                     const char *fields, const char *indexes); /* "by_v:0,2; by_w:1" */
uint16_t build_error(build *b, const char *name, const char *fields);
uint16_t build_event(build *b, const char *name, const char *fields);
uint16_t build_import(build *b, const char *name, unsigned effect, const char *parameters,
                      const char *results);
uint16_t build_function(build *b, const char *name, unsigned flags, const char *parameters,
                        const char *results, const char *registers, const char *code);

/* The symbol section, as bytes; build_symbols_of makes a plain one: one file, line = instruction.
 */
void build_symbols(build *b, const uint8_t *bytes, size_t size);
void build_symbols_simple(build *b, const char *file);

/* Returns the container; it belongs to b. */
uint8_t *build_finish(build *b, size_t *size);

/* The same, loaded; ends the test program unless it is valid. code points into b. */
void build_load(build *b, pl_code *code, const pl_memory *memory);

/* malloc and free as a pl_memory, which counts what is out. */
typedef struct build_memory {
    pl_memory memory;
    size_t taken;
    size_t most;
    size_t limit; /* take fails above this; 0: no limit */
} build_memory;

void build_memory_init(build_memory *memory);

#endif
