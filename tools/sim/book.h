/* A made-up venue: accounts with skewed sizes and leverage, who trade, pay in, are called and are
 * liquidated by keepers, over the markets of contracts/perp.plim. */
#ifndef PT_SIM_BOOK_H
#define PT_SIM_BOOK_H

#include "tools/sim/path.h"
#include "tools/sim/sim.h"

typedef struct pt_book_options {
    uint64_t seed;
    size_t accounts;   /* traders, 2..1000                                         */
    uint64_t every_s;  /* seconds between blocks, 1..86400                         */
    uint64_t leverage; /* what a small account likes to hold, 1..18; large ones less      */
    uint64_t grace;    /* blocks to answer a margin call; 0: liquidated at once    */
    uint64_t fund;     /* whole dollars in each insurance fund                     */
    size_t dated;  /* the last markets are futures that expire at three quarters of the blocks */
    size_t assets; /* collateral assets: the last columns of the paths         */
    uint64_t isolated;  /* of a hundred accounts, how many hold one market in isolation */
    const char *model;  /* "tiers", "scaled" or "flat": the one the markets use     */
    const char *source; /* of the prices, in words                                 */
    const char *path;   /* of the world file                                       */
    const char *contracts;
} pt_book_options;

typedef struct pt_book_result {
    uint64_t blocks, calls, refused;
    uint8_t root[32];
} pt_book_result;

/* The paths have a column for each market, then one for each collateral asset; at least one market.
 * On output: *text is the world file. Errors: PT_INPUT, PT_LIMIT. */
pt_exit pt_book_make(pt_bytes *text, pt_book_result *result, const pt_paths *paths,
                     const pt_book_options *options, pt_report *report);

#endif
