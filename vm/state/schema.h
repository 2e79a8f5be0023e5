/* What a table looks like: typed key, typed row, defaults, ordered indexes.
 *
 * The same declaration is read by the machine (register kinds), by the state (widths and order), by
 * the proofs, and by every tool that shows a row to a person. Keys and rows are stored as the
 * concatenation of their fields, each big-endian in its fixed width (spec 04 §2). */
#ifndef PL_STATE_SCHEMA_H
#define PL_STATE_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "vm/base/limits.h"

/* The class of a stored value. Numbers are consensus (spec 02 §3). */
typedef enum pl_class {
    PL_CLASS_BOOL = 0,    /* 1 byte, 0 or 1; narrow                                    */
    PL_CLASS_UINT = 1,    /* 1..32 bytes; narrow up to 8 bytes, else wide               */
    PL_CLASS_INT = 2,     /* 1..32 bytes, two's complement; always wide, sign-extended  */
    PL_CLASS_ACCOUNT = 3, /* 32 bytes; wide                                             */
    PL_CLASS_SYMBOL = 4,  /* 32 bytes, ASCII text padded with zeros on the right; wide  */
    PL_CLASS_BYTES32 = 5, /* 32 bytes; wide                                             */
    PL_CLASS_ENUM = 6     /* 1 byte; narrow; extra = index of the enum declaration      */
} pl_class;

typedef struct pl_type {
    uint8_t class; /* a pl_class                                                       */
    uint8_t size;  /* bytes in a key, row, argument or event                           */
    uint8_t scale; /* decimal digits after the point when shown to a person; 0..77     */
    uint8_t extra; /* PL_CLASS_ENUM: the enum's index; otherwise 0                     */
} pl_type;

static inline bool pl_type_is_wide(pl_type type)
{
    return type.class == PL_CLASS_INT || type.size > 8;
}

/* A name inside code: points into the container's bytes, not zero-terminated. */
typedef struct pl_name {
    const char *text;
    uint8_t size;
} pl_name;

typedef struct pl_field {
    pl_name name;
    pl_name unit; /* "ray", "amount<USDC,6>", ...: for people only; may be empty */
    pl_type type;
    uint16_t offset; /* first byte inside the key or row; 0 for arguments */
    uint8_t has_default;
    uint8_t has_range;            /* params only                                       */
    const uint8_t *default_bytes; /* type.size bytes, or NULL                          */
    const uint8_t *min_bytes;     /* params only; type.size bytes, or NULL             */
    const uint8_t *max_bytes;
} pl_field;

/* An ordered index: rows sorted by these row fields, then by the whole key. */
typedef struct pl_index {
    pl_name name;
    uint8_t field_count;
    uint8_t fields[PL_INDEX_FIELDS_MAX];
    uint16_t key_size; /* bytes of the index fields plus bytes of the key */
} pl_index;

typedef struct pl_table {
    pl_name name;
    bool is_params;        /* one row, no key, written at genesis only           */
    bool has_all_defaults; /* reading an absent row gives default_row             */
    uint8_t key_count;     /* 0: the table holds at most one row                  */
    uint8_t field_count;   /* 1..                                                 */
    uint8_t index_count;
    uint16_t key_size; /* bytes */
    uint16_t row_size; /* bytes */
    const pl_field *keys;
    const pl_field *fields;
    const pl_index *indexes;
    const uint8_t *default_row; /* row_size bytes when has_all_defaults, else NULL   */
} pl_table;

#endif
