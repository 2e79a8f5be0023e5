/* An account's health as its contract tells it: whichever view the contract has for it. */
#ifndef PT_PLIM_HEALTH_H
#define PT_PLIM_HEALTH_H

#include "tools/plim/run.h"

/* Which view is asked about whom. */
typedef struct pt_health_view {
    bool exists;
    uint32_t contract, function;
    size_t result_offset; /* of the field `health_factor` in the results' stored form */
    uint8_t result_size;
    uint8_t scale; /* of the field; 18 when it is a plain integer */
    uint8_t arguments[36];
    size_t arguments_size;
} pt_health_view;

typedef struct pt_health {
    bool is_known;      /* the view answered              */
    bool has_debt;      /* the factor is not the largest there is */
    bool is_below_line; /* factor < 1                     */
    pl_u256 factor;     /* at the view's scale            */
} pt_health;

/* True for a u32 called market, ilk or id: a number that `position_health` takes as its market.
 * What engines of one pool call by such a name, as Compound's CTokens, is narrower. */
bool pt_names_a_market(const pl_field *field);

/* Finds `position_health(market, who)` of the contract, or else a public view of one account with a
 * result `health_factor` or `hf`. market is used by the former. view->exists tells. */
void pt_health_find(pt_health_view *view, const pl_chain *chain, uint32_t contract, uint32_t market,
                    const uint8_t account[32]);

void pt_health_ask(pt_health *health, pl_chain *chain, const pt_health_view *view);

#endif
