/* Strict JSON from outside: every wrong value is named by file, line, key and what was expected.
 *
 * A pt_json is one value and its way back to the root, kept on the caller's stack; the path is only
 * spelled out when something is wrong. Duplicate keys are refused while parsing. */
#ifndef PT_COMMON_JSON_H
#define PT_COMMON_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/common/report.h"
#include "vm/num/u256.h"

typedef struct pt_json {
    json_t *value; /* borrowed */
    const struct pt_json *parent;
    const char *key; /* in the parent; NULL for the root and for array elements */
    size_t index;    /* in a parent that is an array */
    const char *file;
    size_t line; /* from 1; 0: the file as a whole */
} pt_json;

/* Parses one JSON object; line 0: the whole file is this object. The root must be given back with
 * json_decref(root->value). */
pt_exit pt_json_parse(pt_json *root, const char *file, size_t line, const char *text, size_t size,
                      pt_report *report);
/* The same for a file that is one JSON array. */
pt_exit pt_json_parse_array(pt_json *root, const char *file, const char *text, size_t size,
                            pt_report *report);

/* A member or an element, which must exist and have the type. */
pt_exit pt_json_member(pt_json *child, const pt_json *object, const char *key, json_type type,
                       pt_report *report);
pt_exit pt_json_element(pt_json *child, const pt_json *array, size_t index, json_type type,
                        pt_report *report);
bool pt_json_has(const pt_json *object, const char *key);

/* Refuses members that are not in keys: a misspelt key must not be ignored. */
pt_exit pt_json_only(const pt_json *object, const char *const *keys, size_t key_count,
                     pt_report *report);

/* A string of decimal digits without leading zeros, below 2^256. */
pt_exit pt_json_u256(pl_u256 *number, const pt_json *object, const char *key, pt_report *report);

/* A JSON integer in min..max. */
pt_exit pt_json_u64(uint64_t *number, const pt_json *object, const char *key, uint64_t min,
                    uint64_t max, pt_report *report);
pt_exit pt_json_bool(bool *flag, const pt_json *object, const char *key, pt_report *report);

/* A string of 1..63 printable ASCII characters; borrowed from the value. */
pt_exit pt_json_text(const char **text, const pt_json *object, const char *key, pt_report *report);

/* "file:line: path: expected ..., found ..." */
pt_exit pt_json_wrong(const pt_json *node, pt_report *report, const char *expected);

#endif
