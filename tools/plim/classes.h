/* Values of an export beside computed results: identical, explained by a named rule of its column,
 * or different. spec 06 §7 */
#ifndef PT_PLIM_CLASSES_H
#define PT_PLIM_CLASSES_H

#include <jansson.h>

#include "tools/plim/run.h"

/* How many values fell into which class. */
typedef struct pt_classes {
    uint16_t column_count, cause_count;
    char **columns;      /* names */
    char **rules;        /* names, of all columns one after the other */
    char **causes;       /* [0]: none told */
    uint32_t *rule_ends; /* [column]: the first rule that is not its own */
    uint64_t *identical; /* [column] */
    uint64_t *explained; /* [rule] */
    uint64_t *different; /* [column * (cause_count + 1) + cause] */
    uint64_t explained_total;
} pt_classes;

typedef enum pt_class { PT_IDENTICAL, PT_EXPLAINED, PT_DIFFERENT } pt_class;

/* Empty for expectations without columns. */
void pt_classes_open(pt_classes *classes, const pt_expect *expect);
void pt_classes_free(pt_classes *classes);

/* Refuses columns that the world's functions do not have, and rules whose results are of another
 * type than the column they look at. Errors: PT_INPUT. */
pt_exit pt_classes_check(const pt_run *run, pt_report *report);

/* The class of one value of the record and counts it. result: the stored results of the
 * transaction, or NULL when it was refused. On output: *computed points to the result it is
 * compared with, NULL without one. The value's column must have a result. */
pt_class pt_classes_add(pt_classes *classes, const uint8_t **computed, const pt_run *run,
                        const pt_record *record, const pt_expect_value *value,
                        const uint8_t *result, size_t result_size);

/* The table of classes with one line for each that occurred; nothing when there are no columns. */
void pt_classes_print(const pt_classes *classes);

/* The same as [{column, class, by, values}]. */
json_t *pt_classes_json(const pt_classes *classes);

#endif
