/* World files written by tools: one contract, feed and block a line, so that people can read and
 * compare them. */
#ifndef PT_SIM_WORLD_TEXT_H
#define PT_SIM_WORLD_TEXT_H

#include <jansson.h>

#include "tools/common/bytes.h"
#include "tools/common/report.h"

/* What every written world file begins with: only such files are written over. */
#define PT_WORLD_TEXT_MADE "{\"name\": \"gen_"

/* Appends the text of a world file (spec 06 §9); keys keep their order. */
void pt_world_text(pt_bytes *text, const json_t *world);

/* Where `to`, a path that exists, lies seen from the folder of `file`: "../../contracts/x". free()
 * it. Errors: PT_INPUT when either folder does not exist. */
pt_exit pt_world_text_path(char **path, const char *file, const char *to, pt_report *report);

#endif
