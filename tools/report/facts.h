/* Facts to be told: an outline of keys and texts, printed as JSON or read by what prints text. One
 * writer for every program and the browser, so that all say the same bytes. */
#ifndef PT_REPORT_FACTS_H
#define PT_REPORT_FACTS_H

#include "tools/common/bytes.h"

typedef enum pt_fact_kind {
    PT_FACT_OBJECT,
    PT_FACT_ARRAY,
    PT_FACT_TEXT,
    PT_FACT_NUMBER, /* a whole number; text holds its digits */
    PT_FACT_BOOL    /* text is "true" or "false"             */
} pt_fact_kind;

typedef struct pt_fact {
    pt_fact_kind kind;
    unsigned depth;
    char *key;  /* NULL inside an array */
    char *text; /* NULL for objects and arrays */
} pt_fact;

/* The facts in the order in which they are told; the first is the object that holds all others. */
typedef struct pt_facts {
    pt_fact *list;
    size_t count, room;
    unsigned depth;
} pt_facts;

#define PT_FACT_NONE SIZE_MAX

void pt_facts_begin(pt_facts *facts);
void pt_facts_free(pt_facts *facts);

/* Opens an object or array; what follows lies in it until pt_fact_close. key is NULL in an array.
 */
void pt_fact_object(pt_facts *facts, const char *key);
void pt_fact_array(pt_facts *facts, const char *key);
void pt_fact_close(pt_facts *facts);

void pt_fact_text(pt_facts *facts, const char *key, const char *text);
void pt_fact_format(pt_facts *facts, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void pt_fact_number(pt_facts *facts, const char *key, uint64_t number);
void pt_fact_bool(pt_facts *facts, const char *key, bool value);
void pt_fact_hex(pt_facts *facts, const char *key, const uint8_t *bytes, size_t size);

/* The fact called key in the object at place `in` (0: the whole), or PT_FACT_NONE. */
size_t pt_fact_find(const pt_facts *facts, size_t in, const char *key);

/* The text of that fact; "" when there is none. */
const char *pt_fact_of(const pt_facts *facts, size_t in, const char *key);

/* The first fact inside an object or array, and the next beside one; or PT_FACT_NONE. */
size_t pt_fact_first(const pt_facts *facts, size_t in);
size_t pt_fact_next(const pt_facts *facts, size_t at);

/* Appends the facts as JSON, indented by two, with a line end. */
void pt_facts_json(pt_bytes *text, const pt_facts *facts);

#endif
