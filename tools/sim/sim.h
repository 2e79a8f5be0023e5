/* A world that is made while it runs: a block is planned from what the chain says, sealed, and goes
 * into the world file. So whoever acts in it (traders, keepers) acts on what the contracts answer,
 * not on a guess of them. */
#ifndef PT_SIM_SIM_H
#define PT_SIM_SIM_H

#include "tools/import/world_file.h"

typedef struct pt_sim {
    pt_world_file file;
    json_t *world; /* the world file; its "blocks" grow */
    uint64_t *rounds;
    json_t *calls; /* of the block that is being planned */
    json_t *prices;
    pl_supposed_price supposed[PL_SUPPOSED_MAX]; /* that block's prices */
    uint32_t supposed_count;
    uint64_t refused, sealed_calls;
} pt_sim;

/* world: a world file with no blocks, taken over. path: where it will be written, for the paths of
 * its sources. Errors: as pt_world_file_open; close it then, too. */
pt_exit pt_sim_open(pt_sim *sim, json_t *world, const char *path, const char *library,
                    pt_report *report);
void pt_sim_close(pt_sim *sim);

/* Starts the next block. Its prices (8 decimals, by the number of the feed) hold in questions from
 * now on. */
void pt_sim_price(pt_sim *sim, uint32_t feed, uint64_t price);

/* Adds a call; format and values are json_pack's, a list: "[i, s]". */
void pt_sim_call(pt_sim *sim, const char *from, const char *function, const char *format, ...);

/* Seals what was planned. Errors: PT_INPUT, PT_LIMIT. */
pt_exit pt_sim_seal(pt_sim *sim, uint64_t after_s, pt_report *report);

typedef struct pt_sim_view {
    uint32_t contract, function;
    const pl_function *schema;
} pt_sim_view;

/* The view of a contract by name. Errors: PT_INPUT when there is none: the contracts are of another
 * version. */
pt_exit pt_sim_find(pt_sim_view *view, const pt_sim *sim, const char *contract, const char *name,
                    pt_report *report);

enum { PT_SIM_RESULTS_MAX = 8 };

/* Asks a view under the planned block's prices. On output: its integer results, held to the range
 * of int64. False when it does not answer. */
bool pt_sim_ask(int64_t results[PT_SIM_RESULTS_MAX], pt_sim *sim, const pt_sim_view *view,
                const uint8_t *arguments, size_t size);

/* A number of units as a decimal with `scale` digits, trailing zeros left away. */
typedef struct pt_sim_text {
    char text[48];
} pt_sim_text;
const char *pt_sim_number(pt_sim_text *text, int64_t units, uint32_t scale);

#endif
