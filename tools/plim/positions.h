/* Every position of a contract's book: which accounts, in which markets, and what its common views
 * say about them. Works for any contract with `position_health(market, who)`, and for those with a
 * view of one account that gives `hf`, `coll` and `debt`. */
#ifndef PT_PLIM_POSITIONS_H
#define PT_PLIM_POSITIONS_H

#include "tools/plim/run.h"

typedef struct pt_position {
    uint32_t market;
    uint8_t account[32];
} pt_position;

/* How a contract is asked. Offsets are into the view's results. */
typedef struct pt_engine {
    uint32_t contract, function;
    bool takes_market;
    struct {
        size_t offset;
        uint8_t size;
    } collateral, debt, health_factor;
    uint8_t value_scale;
    uint8_t factor_scale;
} pt_engine;

typedef struct pt_position_value {
    bool is_known; /* the view answered */
    bool has_debt;
    bool is_below_line; /* the health factor is below 1 */
    pl_u256 collateral, debt, health_factor;
} pt_position_value;

/* The first contract of the world that can be asked, or the one of this name. Errors: PT_INPUT. */
pt_exit pt_engine_find(pt_engine *engine, const pl_chain *chain, const char *contract,
                       pt_report *report);

/* Accounts (and markets) that stand in keys of the contract's tables, each pair once, ascending.
 * free(*list). Errors: PT_LIMIT. */
pt_exit pt_positions_list(pt_position **list, size_t *count, pl_chain *chain,
                          const pt_engine *engine, pt_report *report);

/* Asks about one position, supposing other prices. */
void pt_position_ask(pt_position_value *value, pl_chain *chain, const pt_engine *engine,
                     const pt_position *position, const pl_supposed_price *prices, uint32_t count);

#endif
