/* Auctions of an import whose source does not tell them: every one ends as buyers who know the
 * price of the feed would end it, so that no later liquidation meets a full hole that was empty
 * then.
 *
 * Dutch: taken whole in the first second whose price is not above the price at the start. English:
 * ten minutes after the start a bid of the whole tab (or of what the lot is worth, when that is
 * less), then for as much of the lot as the tab is worth; dealt when the bid has stood. */
#include "tools/import/maker_life.h"

#include <stdlib.h>

enum { BID_AFTER_S = 600, STEP_S = 90, STEPS_MAX = 400 };
#define KEEPER PT_MAKER_KEEPER

static pt_arg ilk(void)
{
    return pt_arg_u64(0);
}

/* Steps of one in a hundred until a first price of buf times the feed's is not above it. */
static uint64_t steps_to_market(const pl_u256 *buf)
{
    const pl_u256 one = pt_ten(18), keep = pl_u256_from_u64(99), whole = pl_u256_from_u64(100);
    pl_u256 price = *buf;
    uint64_t steps = 0;
    while (pl_u256_cmp(&price, &one) > 0 && steps < STEPS_MAX) {
        pl_u256_mul_sat(&price, &price, &keep);
        if (pl_u256_div_down(&price, &price, &whole) != PL_OK) {
            break;
        }
        steps++;
    }
    return steps;
}

pt_exit pt_maker_auction_begin(pt_maker_life *life, size_t call, uint64_t time_s, pt_report *report)
{
    pl_u256 id;
    PT_TRY(pt_export_result(&id, &life->out, call, "id", report));
    if (life->auction_count == life->auction_room) {
        life->auction_room = life->auction_room * 2 + 64;
        life->auctions = pt_resize(life->auctions, life->auction_room * sizeof *life->auctions);
    }
    const uint64_t wait = life->has_dog ? STEP_S * steps_to_market(&life->buf) : BID_AFTER_S;
    life->auctions[life->auction_count++] = (pt_maker_auction){
        .is_clip = life->has_dog, .id = pl_u256_low64(&id), .next_s = time_s + wait};
    life->auction_total++;
    return PT_OK;
}

static pt_exit take(pt_maker_life *life, const pt_maker_auction *auction, pt_report *report)
{
    const pl_u256 all = pl_u256_max_value();
    const pt_arg arguments[] = {ilk(), pt_arg_u64(auction->id), pt_arg_number(&all),
                                pt_arg_number(&all), pt_arg_account(KEEPER)};
    return pt_export_call(&life->out, KEEPER, "take", arguments, 5, report);
}

static pt_exit bid_of(pl_u256 *lot, pl_u256 *tab, const pt_maker_life *life,
                      const pt_maker_auction *auction, pt_report *report)
{
    const pt_arg arguments[] = {ilk(), pt_arg_u64(auction->id)};
    pl_outcome outcome;
    PT_TRY(pt_export_ask(&outcome, &life->out, "bid_state", arguments, 2, report));
    PT_TRY(pt_export_answer(lot, &life->out, "bid_state", &outcome, "lot", report));
    return pt_export_answer(tab, &life->out, "bid_state", &outcome, "tab", report);
}

static pt_exit offer(pt_maker_life *life, const char *function, const pt_maker_auction *auction,
                     const pl_u256 *lot, const pl_u256 *bid, pt_report *report)
{
    const pt_arg arguments[] = {ilk(), pt_arg_u64(auction->id), pt_arg_number(lot),
                                pt_arg_number(bid)};
    return pt_export_call(&life->out, KEEPER, function, arguments, 4, report);
}

/* price: wad; lot: wad; tab and bid: rad. */
static pt_exit bid(pt_maker_life *life, const pt_maker_auction *auction, const pl_u256 *price,
                   pt_report *report)
{
    pl_u256 lot, tab, worth, part, least, most;
    const pl_u256 nines = pt_ten(9), ones = pt_ten(18);
    PT_TRY(bid_of(&lot, &tab, life, auction, report));
    pl_u256_mul_sat(&worth, &lot, price);
    pl_u256_mul_sat(&worth, &worth, &nines); /* 18 + 18 + 9 = 45 decimals */
    if (pl_u256_cmp(&worth, &tab) < 0) {
        return offer(life, "tend", auction, &lot, &worth, report);
    }
    PT_TRY(offer(life, "tend", auction, &lot, &tab, report));
    pl_u256_mul_sat(&least, price, &nines);
    if (pl_u256_div_up(&part, &tab, &least) != PL_OK) {
        return PT_OK;
    }
    pl_u256_mul_sat(&least, &part, &life->beg);
    pl_u256_mul_sat(&most, &lot, &ones);
    return pl_u256_cmp(&least, &most) <= 0 ? offer(life, "dent", auction, &part, &tab, report)
                                           : PT_OK;
}

static pt_exit deal(pt_maker_life *life, const pt_maker_auction *auction, pt_report *report)
{
    const pt_arg arguments[] = {ilk(), pt_arg_u64(auction->id)};
    return pt_export_call(&life->out, KEEPER, "deal", arguments, 2, report);
}

/* Everything that happens in one second. */
static pt_exit act(pt_maker_life *life, uint64_t time_s, pt_report *report)
{
    const pl_u256 price = pt_maker_path_price(life, time_s);
    size_t kept = 0;
    for (size_t i = 0; i < life->auction_count; i++) {
        pt_maker_auction auction = life->auctions[i];
        bool ends = false;
        if (auction.next_s == time_s) {
            ends = auction.is_clip || auction.is_bid;
            PT_TRY(auction.is_clip  ? take(life, &auction, report)
                   : auction.is_bid ? deal(life, &auction, report)
                                    : bid(life, &auction, &price, report));
            auction.is_bid = true;
            auction.next_s = time_s + pl_u256_low64(&life->ttl) + 1;
        }
        if (!ends) {
            life->auctions[kept++] = auction;
        }
    }
    life->auction_count = kept;
    return pt_maker_seal(life, time_s, NULL, report);
}

pt_exit pt_maker_auctions_until(pt_maker_life *life, uint64_t time_s, pt_report *report)
{
    while (life->auction_count != 0) {
        uint64_t first = UINT64_MAX;
        for (size_t i = 0; i < life->auction_count; i++) {
            first = life->auctions[i].next_s < first ? life->auctions[i].next_s : first;
        }
        if (first > time_s) {
            break;
        }
        PT_TRY(act(life, first, report));
    }
    return PT_OK;
}
