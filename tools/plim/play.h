/* Running a world file block by block: facts for people, and what a replay compares later. */
#ifndef PT_PLIM_PLAY_H
#define PT_PLIM_PLAY_H

#include <jansson.h>

#include "tools/common/expect.h"
#include "tools/import/world_file.h"

typedef struct pt_play {
    pt_world_file world;
    const char *source; /* of what is expected, for the expectations file; NULL: what was seen */
    pt_bytes history;
    pt_bytes expectations;
    pt_query *queries; /* one for each asked view, in order */
    uint32_t query_count;
    uint32_t query_next;
    json_t *differences; /* {block, where, expected, computed} */
    uint64_t calls, refused, asked, checked, invariants_checked;
} pt_play;

/* Starts before block 1 of an open world file. */
void pt_play_begin(pt_play *play);
void pt_play_free(pt_play *play); /* closes the world file, too */

/* Seals block `index` of the plan (from 0), asks its views, runs the invariants. On output: *facts
 * as of pt_facts_block, and its prices and "asked"; json_decref it. What differs from what the file
 * expects is in play->differences. Errors: PT_INPUT (the block is refused), PT_LIMIT. */
pt_exit pt_play_block(json_t **facts, pt_play *play, size_t index, pt_report *report);

/* One block's facts as lines of text, to stdout. */
void pt_play_print(const json_t *facts);

#endif
