/* What every pass of the compiler shares: memory, strings, places in sources, diagnostics.
 *
 * Memory is one arena, freed at the end. A failure that cannot be worked around (memory, too many
 * errors) jumps back to plc_compile; every other error is recorded and the pass goes on. */
#ifndef PLC_CORE_H
#define PLC_CORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "tools/plc/plc.h"
#include "vm/num/u256.h"

typedef struct plc_str {
    const char *text;
    uint32_t size;
} plc_str;

#define PLC_STR(literal) ((plc_str){(literal), (uint32_t)(sizeof(literal) - 1)})
#define PLC_FMT(s)       (int)(s).size, (s).text /* for %.*s */

typedef struct plc_loc {
    uint32_t file;
    uint32_t offset;
} plc_loc;

typedef struct plc_arena plc_arena;

typedef struct plc_file {
    plc_str path;  /* as handed to the loader */
    plc_str shown; /* as written into the symbol section */
    const char *text;
    uint32_t size;
    uint32_t *lines; /* offset of each line's first byte */
    uint32_t line_count;
    struct plc_token *tokens;
    uint32_t token_count;
} plc_file;

typedef struct plc_note {
    plc_loc loc;
    const char *message;
    const char *help;
} plc_note;

typedef struct plc {
    plc_arena *arena;
    jmp_buf bail;
    plc_loader loader;
    void *loader_context;
    plc_str library;
    bool no_symbols;
    plc_file files[PLC_UNITS_MAX];
    uint32_t file_count;
    plc_note notes[PLC_ERRORS_MAX];
    uint32_t note_count;
    uint32_t mute;  /* above zero: a dry run, errors are not recorded */
    uint32_t chain; /* declarations being resolved, each needed by the one before */
    struct plc_program *program;
} plc;

/* Returns size zeroed bytes of the arena; does not return when memory runs out. */
void *plc_take(plc *p, size_t size);
void *plc_grow(plc *p, void *old, uint32_t count, size_t item_size);
#define PLC_NEW(p, type) ((type *)plc_take((p), sizeof(type)))
#define PLC_PUSH(p, array, count)                                                                  \
    ((array) = plc_grow((p), (array), (count), sizeof *(array)), &(array)[(count)++])

plc_str plc_print(plc *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool plc_same(plc_str a, plc_str b);
bool plc_is(plc_str a, const char *text);
bool plc_starts(plc_str a, const char *prefix);

/* Records an error at loc; help may be NULL. Jumps out at the 20th. */
void plc_error(plc *p, plc_loc loc, const char *help, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void plc_verror(plc *p, plc_loc loc, const char *help, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));
uint32_t plc_line(const plc *p, plc_loc loc);
bool plc_failed(const plc *p);

/* The candidate nearest to name by edit distance, as "did you mean `x`?", or NULL. Feed candidates
 * through plc_near_add. */
typedef struct plc_near {
    plc_str name;
    plc_str best;
    uint32_t distance;
} plc_near;
plc_near plc_near_begin(plc_str name);
void plc_near_add(plc_near *near, plc_str candidate);
void plc_near_add_word(plc_near *near, const char *candidate);
const char *plc_near_help(plc *p, const plc_near *near);

/* Splits file number `file` into tokens (the last is TOK_END). Errors are recorded. */
void plc_lex(plc *p, uint32_t file);

/* True if the sign and the next character begin a longer sign: `-` and `-`, `!` and `=`. */
bool plc_sign_grows(plc_str sign, char next);

/* Adds a source as a file; returns its number. */
uint32_t plc_add_file(plc *p, plc_str path, const char *text, size_t size);

/* Goes one declaration deeper; false, with a message, at the 64th. plc_up goes back. */
bool plc_down(plc *p, plc_loc loc);
void plc_up(plc *p);

plc *plc_begin(size_t memory_max);
void plc_finish(plc *p, plc_result *result, const uint8_t *bytes, size_t size);

#endif
