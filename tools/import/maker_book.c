#include "tools/import/maker_book.h"

#include <string.h>

enum { TRY_MAX = 8 };

/* Amounts are below 10^15 with 18 decimals, rates below 10^33: no product comes near 2^256, so that
 * the saturating forms are exact. */
static pl_u256 add(pl_u256 a, pl_u256 b)
{
    pl_u256 r;
    pl_u256_add_sat(&r, &a, &b);
    return r;
}

static pl_u256 less(pl_u256 a, pl_u256 b)
{
    pl_u256 r;
    pl_u256_sub_sat(&r, &a, &b);
    return r;
}

static pl_u256 times(pl_u256 a, pl_u256 b)
{
    pl_u256 r;
    pl_u256_mul_sat(&r, &a, &b);
    return r;
}

static pl_u256 over(pl_u256 a, pl_u256 b, bool up)
{
    pl_u256 r;
    const pl_status status = up ? pl_u256_div_up(&r, &a, &b) : pl_u256_div_down(&r, &a, &b);
    return status == PL_OK ? r : pl_u256_from_u64(0);
}

static bool at_most(pl_u256 a, pl_u256 b)
{
    return pl_u256_cmp(&a, &b) <= 0;
}

pl_u256 pt_ten(unsigned n)
{
    pl_u256 r = pl_u256_from_u64(1);
    for (unsigned i = 0; i < n; i++) {
        r = times(r, pl_u256_from_u64(10));
    }
    return r;
}

/* ---- prices ---- */

/* The smallest spot (ray) at which ink covers the debt. */
static pl_u256 spot_safe(const pt_maker_ilk *ilk, const pt_maker_vault *vault)
{
    return pl_u256_is_zero(&vault->ink) ? pl_u256_max_value()
                                        : over(times(vault->art, ilk->rate), vault->ink, true);
}

void pt_maker_price_safe(pl_u256 *price, const pt_maker_ilk *ilk, const pt_maker_vault *vault)
{
    *price = pl_u256_from_u64(0);
    if (!pl_u256_is_zero(&vault->art)) {
        const pl_u256 spot = spot_safe(ilk, vault);
        *price =
            pl_u256_is_zero(&vault->ink) ? spot : over(times(spot, ilk->mat), pt_ten(36), true);
    }
}

void pt_maker_price_unsafe(pl_u256 *price, const pt_maker_ilk *ilk, const pt_maker_vault *vault)
{
    pl_u256 safe;
    pt_maker_price_safe(&safe, ilk, vault);
    *price = less(safe, pl_u256_from_u64(1));
}

/* ---- one row ---- */

typedef struct attempt {
    pl_u256 rate_least; /* before any drip of the importer */
    pt_maker_ilk ilk;
    pt_maker_vault vault;
    pt_maker_plan plan;
} attempt;

static void put(attempt *a, pt_maker_call call, const pl_u256 *amount, unsigned rows)
{
    if (a->plan.count < PT_MAKER_STEPS_MAX) {
        a->plan.steps[a->plan.count++] =
            (pt_maker_step){.call = call, .amount = *amount, .rows = rows};
    }
}

static bool is_dusty(const attempt *a)
{
    return !pl_u256_is_zero(&a->vault.art) &&
           !at_most(a->ilk.dust, times(a->vault.art, a->ilk.rate));
}

/* Needs a price at which the vault is safe; none is enough for debt without collateral. */
static bool needs_safety(attempt *a)
{
    pl_u256 price;
    pt_maker_price_safe(&price, &a->ilk, &a->vault);
    if (!at_most(price, a->plan.price_least)) {
        a->plan.price_least = price;
    }
    return pl_u256_is_zero(&a->vault.art) || !pl_u256_is_zero(&a->vault.ink);
}

static bool try_lock(attempt *a, const pt_maker_row *row)
{
    a->vault.ink = add(a->vault.ink, row->amount);
    put(a, PT_CALL_LOCK, &row->amount, 1);
    return !is_dusty(a);
}

/* What the printed places leave open may be the difference to the rest. */
static bool try_free(attempt *a, const pt_maker_row *row)
{
    pl_u256 amount = row->amount;
    const bool near_rest = at_most(amount, add(a->vault.ink, a->vault.off)) &&
                           at_most(a->vault.ink, add(amount, a->vault.off)) &&
                           pl_u256_is_zero(&a->vault.art);
    if (near_rest && !pl_u256_eq(&amount, &a->vault.ink)) {
        a->plan.rests++;
    }
    amount = near_rest ? a->vault.ink : amount;
    if (!at_most(amount, a->vault.ink)) {
        return false;
    }
    a->vault.ink = less(a->vault.ink, amount);
    put(a, PT_CALL_FREE, &amount, 1);
    return needs_safety(a) && !is_dusty(a);
}

/* draw brings the rate to now and draws what the vault does not have already. */
static bool draw(attempt *a, pl_u256 dai)
{
    a->ilk.rate = a->ilk.rate_now;
    const pl_u256 wanted = times(dai, pt_ten(27));
    if (!at_most(wanted, a->vault.dai)) {
        const pl_u256 dart = over(less(wanted, a->vault.dai), a->ilk.rate, true);
        a->vault.art = add(a->vault.art, dart);
        a->plan.drawn = add(a->plan.drawn, dart);
        a->vault.dai = add(a->vault.dai, times(dart, a->ilk.rate));
    }
    a->vault.dai = less(a->vault.dai, wanted);
    return needs_safety(a) && !is_dusty(a);
}

static bool try_draw(attempt *a, const pt_maker_row *row)
{
    put(a, PT_CALL_DRAW, &row->amount, 1);
    return draw(a, row->amount);
}

/* dai (up) that the vault owes at a rate, beyond what it has. */
static pl_u256 owes(const attempt *a, pl_u256 rate)
{
    return over(less(times(a->vault.art, rate), a->vault.dai), pt_ten(27), true);
}

static void wipe_all(attempt *a)
{
    const pl_u256 paid = times(owes(a, a->ilk.rate), pt_ten(27));
    a->vault.dai = less(add(a->vault.dai, paid), times(a->vault.art, a->ilk.rate));
    a->vault.art = a->vault.late = pl_u256_from_u64(0);
}

/* A rest that is a little less than dust was dust: by so little as fees that others collected
 * before may have made the debt larger. Less is repaid then. */
static bool trim_wipe(attempt *a, const pt_maker_row *row)
{
    const pl_u256 rest = over(a->ilk.dust, a->ilk.rate, true);
    const pl_u256 more = less(rest, a->vault.art);
    const pl_u256 dai = over(times(more, a->ilk.rate), pt_ten(27), true);
    if (!at_most(dai, add(a->vault.off, a->vault.late)) || !at_most(dai, row->amount)) {
        return false;
    }
    pt_maker_step *step = &a->plan.steps[a->plan.count - 1];
    step->amount = less(row->amount, dai);
    a->vault.art = rest;
    a->plan.trims++;
    return true;
}

/* A repayment is one of the whole debt when it may be what the debt was at some rate between the
 * stored one and that of now. */
static bool try_wipe(attempt *a, const pt_maker_row *row)
{
    const pl_u256 low = owes(a, a->ilk.rate), high = owes(a, a->ilk.rate_now);
    const pl_u256 slack = add(a->vault.off, a->vault.late);
    if (!pl_u256_is_zero(&a->vault.art) && at_most(low, add(row->amount, slack)) &&
        at_most(row->amount, add(high, slack))) {
        put(a, PT_CALL_WIPE_ALL, &row->amount, 1);
        a->plan.steps[a->plan.count - 1].printed = row->amount;
        a->plan.steps[a->plan.count - 1].has_printed = true;
        wipe_all(a);
        return true;
    }
    a->vault.dai = add(a->vault.dai, times(row->amount, pt_ten(27)));
    pl_u256 dart = over(a->vault.dai, a->ilk.rate, false);
    dart = at_most(dart, a->vault.art) ? dart : a->vault.art;
    a->vault.art = less(a->vault.art, dart);
    a->vault.dai = less(a->vault.dai, times(dart, a->ilk.rate));
    const pl_u256 fees = times(row->amount, less(a->ilk.rate_now, a->rate_least));
    a->vault.late = pl_u256_is_zero(&a->vault.art)
                        ? a->vault.art
                        : add(a->vault.late, over(fees, a->ilk.rate, true));
    put(a, PT_CALL_WIPE, &row->amount, 1);
    return !is_dusty(a) || trim_wipe(a, row);
}

static bool try_row(attempt *a, const pt_maker_row *row)
{
    a->vault.off = add(a->vault.off, row->print);
    switch (row->kind) {
    case PT_MAKER_LOCK:
        return try_lock(a, row);
    case PT_MAKER_DRAW:
        return try_draw(a, row);
    case PT_MAKER_WIPE:
        return try_wipe(a, row);
    case PT_MAKER_FREE:
        return try_free(a, row);
    case PT_MAKER_PARAMETER:
    case PT_MAKER_OPEN:
    case PT_MAKER_BITE:
        break;
    }
    return false;
}

/* ---- a group ---- */

typedef struct group {
    const pt_maker_row *const *rows;
    size_t count;
    attempt start;
} group;

static void drip(attempt *a)
{
    const pl_u256 none = pl_u256_from_u64(0);
    a->ilk.rate = a->ilk.rate_now;
    put(a, PT_CALL_DRIP, &none, 0);
}

static bool try_order(attempt *a, const group *g, const uint8_t *order, bool with_drip)
{
    *a = g->start;
    if (with_drip) {
        drip(a);
    }
    for (size_t i = 0; i < g->count; i++) {
        if (!try_row(a, g->rows[order[i]])) {
            return false;
        }
    }
    return true;
}

/* The next order in the order of dictionaries; false after the last. */
static bool next_order(uint8_t *order, size_t count)
{
    size_t i = count;
    while (i >= 2 && order[i - 2] > order[i - 1]) {
        i--;
    }
    if (i < 2) {
        return false;
    }
    size_t j = count - 1;
    while (order[j] < order[i - 2]) {
        j--;
    }
    const uint8_t swap = order[j];
    order[j] = order[i - 2];
    order[i - 2] = swap;
    for (size_t low = i - 1, high = count - 1; low < high; low++, high--) {
        const uint8_t other = order[low];
        order[low] = order[high];
        order[high] = other;
    }
    return true;
}

/* As the rows stand, then with the fees collected before. */
static bool try_first(attempt *a, const group *g)
{
    uint8_t order[PT_MAKER_STEPS_MAX];
    for (size_t i = 0; i < PT_MAKER_STEPS_MAX; i++) {
        order[i] = (uint8_t)i;
    }
    for (int with_drip = 0; with_drip < 2; with_drip++) {
        if (try_order(a, g, order, with_drip != 0)) {
            a->plan.mend = with_drip != 0 ? PT_MEND_DRIP : PT_MEND_NONE;
            return true;
        }
    }
    return false;
}

static bool try_orders(attempt *a, const group *g)
{
    uint8_t order[TRY_MAX] = {0, 1, 2, 3, 4, 5, 6, 7};
    while (g->count <= TRY_MAX && next_order(order, g->count)) {
        for (int with_drip = 0; with_drip < 2; with_drip++) {
            if (try_order(a, g, order, with_drip != 0)) {
                a->plan.mend = PT_MEND_ORDER;
                return true;
            }
        }
    }
    return false;
}

/* All collateral in and all dai out as one change, then the rest. */
static bool try_at_once(attempt *a, const group *g)
{
    pl_u256 in = pl_u256_from_u64(0), out = in;
    unsigned rows = 0;
    *a = g->start;
    for (size_t i = 0; i < g->count; i++) {
        const pt_maker_row *row = g->rows[i];
        const bool taken = row->kind == PT_MAKER_LOCK || row->kind == PT_MAKER_DRAW;
        in = row->kind == PT_MAKER_LOCK ? add(in, row->amount) : in;
        out = row->kind == PT_MAKER_DRAW ? add(out, row->amount) : out;
        a->vault.off = taken ? add(a->vault.off, row->print) : a->vault.off;
        rows += taken ? 1 : 0;
    }
    a->vault.ink = add(a->vault.ink, in);
    put(a, PT_CALL_LOCK_AND_DRAW, &in, rows);
    a->plan.steps[a->plan.count - 1].second = out;
    bool good = !pl_u256_is_zero(&in) && !pl_u256_is_zero(&out) && draw(a, out);
    for (size_t i = 0; i < g->count && good; i++) {
        const pt_maker_kind kind = g->rows[i]->kind;
        good = kind == PT_MAKER_LOCK || kind == PT_MAKER_DRAW || try_row(a, g->rows[i]);
    }
    a->plan.mend = PT_MEND_ONE;
    return good;
}

/* Rows one by one; before a withdrawal that leaves debt without collateral the debt is repaid, and
 * one that is larger than the collateral finds the rest: the export lacks a row. */
static bool try_lacking(attempt *a, const group *g)
{
    *a = g->start;
    for (size_t i = 0; i < g->count; i++) {
        const pt_maker_row *row = g->rows[i];
        const attempt before = *a;
        if (try_row(a, row)) {
            continue;
        }
        if (row->kind == PT_MAKER_WIPE) { /* leaves dust: more was repaid */
            *a = before;
            a->plan.missing = less(owes(a, a->ilk.rate), row->amount);
            a->plan.mend = PT_MEND_CLOSED;
            put(a, PT_CALL_WIPE_ALL, &row->amount, 1);
            wipe_all(a);
            continue;
        }
        *a = before;
        if (row->kind == PT_MAKER_DRAW && !pl_u256_is_zero(&a->vault.dai)) {
            put(a, PT_CALL_MOVE, &a->vault.dai, 0);
            a->vault.dai = pl_u256_from_u64(0);
            a->plan.mend = PT_MEND_PAID;
            if (!try_row(a, row)) {
                return false;
            }
            continue;
        }
        if (row->kind != PT_MAKER_FREE) {
            return false;
        }
        if (!at_most(row->amount, add(a->vault.ink, a->vault.off))) {
            a->plan.missing = less(row->amount, a->vault.ink);
            a->plan.mend = PT_MEND_FOUND;
            put(a, PT_CALL_LOCK, &a->plan.missing, 0);
            a->vault.ink = add(a->vault.ink, a->plan.missing);
        } else {
            a->plan.missing = owes(a, a->ilk.rate);
            a->plan.mend = PT_MEND_CLOSED;
            put(a, PT_CALL_WIPE_ALL, &a->plan.missing, 0);
            wipe_all(a);
        }
        if (!try_row(a, row)) {
            return false;
        }
    }
    return true;
}

void pt_maker_plan_rows(pt_maker_plan *plan, pt_maker_ilk *ilk, pt_maker_vault *vault,
                        const pt_maker_row *const *rows, size_t count)
{
    group g = {.rows = rows, .count = count};
    attempt a;
    g.start = (attempt){.rate_least = ilk->rate, .ilk = *ilk, .vault = *vault};
    if (!try_first(&a, &g) && !try_at_once(&a, &g) && !try_orders(&a, &g) && !try_lacking(&a, &g)) {
        a = g.start; /* as it stands; the chain will refuse some of it */
        for (size_t i = 0; i < count; i++) {
            (void)try_row(&a, rows[i]);
        }
        a.plan.mend = PT_MEND_REFUSED;
        a.plan.price_least = pl_u256_from_u64(0);
    }
    *plan = a.plan;
    *ilk = a.ilk;
    *vault = a.vault;
}

/* ---- fees ---- */

void pt_maker_duty(pl_u256 *duty, const pl_u256 *yearly)
{
    enum { PLACES = 36, RAY_PLACES = 27, YEAR_S = 31536000 };
    const pl_u256 one = pt_ten(PLACES);
    const pl_u256 wanted = add(one, times(*yearly, pt_ten(PLACES - 18)));
    pl_u256 low = one, high = add(one, pt_ten(PLACES - 7)); /* 1.0000001 a second is 23 a year */
    while (!at_most(high, add(low, pl_u256_from_u64(1)))) {
        const pl_u256 middle = over(add(low, high), pl_u256_from_u64(2), false);
        pl_u256 grown;
        const bool fits = pl_u256_rpow_half_up(&grown, &middle, YEAR_S, &one) == PL_OK;
        if (fits && at_most(grown, wanted)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    *duty = over(low, pt_ten(PLACES - RAY_PLACES), false);
}
