/* The Plimsoll compiler as a library: contract sources in, a container or diagnostics out.
 *
 * The language is spec 07, the container spec 02. Nothing here prints, exits or reads a file: the
 * caller's loader does the reading. A compiler fault cannot be worse than a wrong contract, because
 * every container is validated again before it runs. */
#ifndef PLC_PLC_H
#define PLC_PLC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLC_SOURCE_SIZE_MAX (1u << 20)
#define PLC_UNITS_MAX       64u
#define PLC_ERRORS_MAX      20u
#define PLC_NESTING_MAX     64u
#define PLC_ITEMS_MAX       4096u

/* Hands out one source. On input: a path built from the importing file's path or from the library
 * path, `/` between parts. On output: *text and *size, valid until the result is freed by the
 * caller of plc_compile. Returns false when there is no such file. */
typedef bool (*plc_loader)(void *context, const char *path, const char **text, size_t *size);

typedef struct plc_options {
    const char
        *library;      /* directory of std/ and math/; NULL: only paths relative to the importer */
    bool no_symbols;   /* leave the symbol section empty */
    size_t memory_max; /* bytes the compiler may take; 0: 256 MiB */
} plc_options;

typedef struct plc_diagnostic {
    const char *path;
    uint32_t line;           /* 1 .. ; 0 when the message is about the whole file */
    uint32_t column;         /* 1 .. , in bytes */
    const char *message;     /* what is wrong */
    const char *help;        /* what to write instead; "" when unknown */
    const char *source_line; /* the line, without its line feed; "" when unknown */
} plc_diagnostic;

typedef struct plc_result {
    bool ok;
    const uint8_t *bytes; /* the container, or the formatted text (then zero-terminated too) */
    size_t size;
    const plc_diagnostic *diagnostics; /* ordered by file, line, column */
    size_t diagnostic_count;
    void *memory; /* everything above lives here */
} plc_result;

/* Compiles the contract at path. Always fills *result; ok tells whether bytes holds a container. */
void plc_compile(plc_result *result, plc_loader loader, void *context, const char *path,
                 const plc_options *options);

/* Formats one source. ok is false, with diagnostics, when it does not parse. Equal meaning: the
 * tokens and comments are the same ones in the same order. */
void plc_format(plc_result *result, const char *path, const char *text, size_t size);

/* Frees what the result owns; the result is then empty. */
void plc_result_free(plc_result *result);

/* Writes one diagnostic as spec 07 §9 shows it, into at most size bytes with a final zero.
 * Returns the length the full text needs, without the zero. */
size_t plc_diagnostic_text(const plc_diagnostic *diagnostic, char *text, size_t size);

#endif
