/* A vault as an importer sees it before it calls: what a row of the export would do to it, so that
 * the importer can find the order and the call that the row must have been. The chain decides; the
 * book is filled from it before every block. */
#ifndef PT_IMPORT_MAKER_BOOK_H
#define PT_IMPORT_MAKER_BOOK_H

#include "tools/import/maker_rows.h"

enum { PT_MAKER_STEPS_MAX = 32 };

/* One ilk. rate, rate_now, mat: ray; dust: rad. */
typedef struct pt_maker_ilk {
    pl_u256 rate, rate_now, mat, dust;
    pl_u256 art, line; /* wad; rad */
} pt_maker_ilk;

/* ink, art: wad; dai: rad, outside of debt; off: wad, sum of the prints of its amounts;
 * late: wad, what repayments of parts may have cost more or less than here, because fees that
 * others collected counted in them. */
typedef struct pt_maker_vault {
    pl_u256 ink, art, dai, off, late;
} pt_maker_vault;

/* Why a group of rows was not taken as it stands; each is a sentence of the history's page. */
typedef enum pt_maker_mend {
    PT_MEND_NONE,
    PT_MEND_ORDER,  /* another order inside the block                                   */
    PT_MEND_DRIP,   /* somebody had collected the fees                                  */
    PT_MEND_ONE,    /* collateral in and dai out at once                                */
    PT_MEND_CLOSED, /* all collateral left: the export lacks a repayment                */
    PT_MEND_FOUND,  /* more collateral left than came: the export lacks a deposit       */
    PT_MEND_PAID,   /* dai left over from repayments went out first */
    PT_MEND_REFUSED,
    PT_MENDS
} pt_maker_mend;

typedef enum pt_maker_call {
    PT_CALL_DRIP,
    PT_CALL_LOCK,
    PT_CALL_DRAW,
    PT_CALL_WIPE,
    PT_CALL_WIPE_ALL,
    PT_CALL_FREE,
    PT_CALL_LOCK_AND_DRAW,
    PT_CALL_MOVE /* dai that a vault holds without debt goes out */
} pt_maker_call;

typedef struct pt_maker_step {
    pt_maker_call call;
    pl_u256 amount, second; /* wad; second: dai of LOCK_AND_DRAW */
    pl_u256 printed;        /* WIPE_ALL for a row: what it prints */
    bool has_printed;
    unsigned rows; /* how many rows it stands for */
} pt_maker_step;

typedef struct pt_maker_plan {
    pt_maker_step steps[PT_MAKER_STEPS_MAX];
    size_t count;
    pt_maker_mend mend;
    pl_u256 missing;     /* CLOSED: dai; FOUND: collateral                   */
    pl_u256 price_least; /* wad: below it a step would not be safe           */
    pl_u256 drawn;       /* wad of normalised debt, of all its draws        */
    unsigned trims;      /* repayments that would have left a little less than dust */
    unsigned rests;      /* withdrawals that were the rest, but for their print */
} pt_maker_plan;

/* Plans the rows of one vault in one block: rows[0 .. count), lock, draw, wipe and free. On output
 * *ilk and *vault stand after the plan. At most 8 rows are tried in other orders. */
void pt_maker_plan_rows(pt_maker_plan *plan, pt_maker_ilk *ilk, pt_maker_vault *vault,
                        const pt_maker_row *const *rows, size_t count);

/* The price (wad, up) at which a vault is just safe: 0 without debt, all ones without collateral;
 * and the highest at which it is not. */
void pt_maker_price_safe(pl_u256 *price, const pt_maker_ilk *ilk, const pt_maker_vault *vault);
void pt_maker_price_unsafe(pl_u256 *price, const pt_maker_ilk *ilk, const pt_maker_vault *vault);

/* The factor per second (ray, down) of a yearly fee (18 decimals, at most 1). */
void pt_maker_duty(pl_u256 *duty, const pl_u256 *yearly);

/* 10^n. */
pl_u256 pt_ten(unsigned n);

#endif
