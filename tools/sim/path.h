/* Price paths: made up from a seed, with jumps and a crash, or read from a table. */
#ifndef PT_SIM_PATH_H
#define PT_SIM_PATH_H

#include "tools/common/report.h"
#include "tools/sim/random.h"

#include <stddef.h>

enum { PT_PATH_MARKETS_MAX = 8, PT_PATH_BLOCKS_MAX = 100000 };
#define PT_PATH_ONE UINT64_C(100000000) /* prices have 8 decimals */

typedef struct pt_paths {
    size_t markets;
    size_t blocks;
    uint64_t *prices; /* [block * markets + market], 8 decimals, above 0 */
    uint64_t start_s; /* of the first price; 0: the table said none       */
} pt_paths;

/* The name of a made-up market. */
const char *pt_path_name(size_t market);

typedef struct pt_path_table {
    const char *file;
    const char *columns; /* "close", or several of one row in order: "open,high,low,close" */
    const char *where;   /* "column=text,..": only these rows; NULL: all                     */
    const char *time;    /* column of the first row's time, UTC text or seconds; NULL: none  */
} pt_path_table;

/* markets in 1..PT_PATH_MARKETS_MAX. On output: a walk of `blocks` steps for every market, which
 * lose `crash_bps` (below 10000; markets after the first somewhat more) in the second half and win
 * a third of it back. */
void pt_paths_make(pt_paths *paths, pt_random *random, size_t markets, size_t blocks,
                   uint32_t crash_bps);

/* The first market follows the table, at most `blocks` steps of it (0: all of it); the others
 * follow it with their own noise and somewhat larger moves. Errors: PT_INPUT with file, line,
 * column. */
pt_exit pt_paths_read(pt_paths *paths, pt_random *random, size_t markets, size_t blocks,
                      const pt_path_table *table, pt_report *report);

void pt_paths_free(pt_paths *paths);

#endif
