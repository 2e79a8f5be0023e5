/* The same facts for people: a JSON value as indented, aligned text. */
#ifndef PT_COMMON_JSON_TEXT_H
#define PT_COMMON_JSON_TEXT_H

#include <jansson.h>
#include <stdio.h>

/* Objects become aligned lines "key  value"; an array of objects with equal keys becomes a table
 * with a head; other arrays become one line, or one block for each element. */
void pt_json_print_text(const json_t *value, FILE *file, int indent);

#endif
