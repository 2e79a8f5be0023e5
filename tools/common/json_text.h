/* The same facts for people: a JSON value as indented, aligned text. */
#ifndef PT_COMMON_JSON_TEXT_H
#define PT_COMMON_JSON_TEXT_H

#include <jansson.h>
#include <stdio.h>

/* Objects become aligned lines "key  value"; an array of objects with equal keys becomes a table
 * with a head; other arrays become one line, or one block for each element. */
void pt_json_print_text(const json_t *value, FILE *file, int indent);

/* The text of a number for people: 2^256 - 1, by which calls say "all of it", by its name in the
 * language; any other text as it is. */
const char *pt_number_for_people(const char *text);

#endif
