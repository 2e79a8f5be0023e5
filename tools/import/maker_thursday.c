/* The source has the oracle's values by block, and of each auction the last bid and the end. It has
 * no vaults, no kicks, no tabs, no earlier bids. What is put in their place:
 *
 *   vault: one for each auction, with the lot as collateral, in the world's first rows;
 *   its debt: the least that the oracle's value at the kick makes unsafe (more, when a bid shows
 *     it): so the debt that was not raised is the least that it can have been;
 *   kick: at the first last bid of it and all later ones: auctions are numbered in order;
 *   time of a block that only the oracle has: between its neighbours, in proportion. */
#include "tools/import/maker_thursday.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/value.h"
#include "tools/import/csv.h"
#include "tools/import/export.h"
#include "tools/import/maker_book.h"

#define ADMIN  "admin"
#define BIDDER "bidder"
#define PEOPLE "people"
enum { NAME = 16, BLOCK_S = 13, STALENESS_S = 1000000000, TTL_S = 1, PRICE_PLACES = 51 };
#define WINDOW_FROM  UINT64_C(1583971200) /* 2020-03-12 00:00 UTC */
#define WINDOW_UNTIL UINT64_C(1584144000) /* 2020-03-14 00:00 UTC */

typedef struct auction {
    uint64_t id;
    pl_u256 lot, bid; /* wad, rad */
    pl_u256 debt;     /* wad      */
    uint64_t kick_block, bid_block, bid_s, deal_block, deal_s;
    bool is_dealt;
    uint64_t here; /* its number in this history */
} auction;

typedef struct value {
    uint64_t block;
    pl_u256 price;
} value;

typedef struct block_time {
    uint64_t block, time_s;
} block_time;

/* What happens in a block, in this order. */
typedef enum thursday_kind { A_VALUE, A_KICK, A_BID, A_DEAL } thursday_kind;

typedef struct happening {
    uint64_t block;
    thursday_kind kind;
    size_t place; /* of the value or auction */
} happening;

typedef struct thursday {
    pt_export out;
    auction *auctions;
    size_t auction_count, auction_room;
    value *values;
    size_t value_count, value_room;
    block_time *times;
    size_t time_count;
    happening *list;
    size_t count;
    uint64_t raised; /* auctions whose bid shows more debt than the price */
} thursday;

static const pt_export_column columns[] = {
    {"lot", "deal_tallied", "lot", {{NULL, NULL, NULL}}, NULL},
    {"bid", "deal_tallied", "bid", {{NULL, NULL, NULL}}, NULL},
    {NULL, NULL, NULL, {{NULL, NULL, NULL}}, NULL},
};

/* ---- reading ---- */

static pt_exit read_value(thursday *t, const pt_csv *csv, pt_report *report)
{
    if (t->value_count == t->value_room) {
        t->value_room = t->value_room * 2 + 1024;
        t->values = pt_resize(t->values, t->value_room * sizeof *t->values);
    }
    value *v = &t->values[t->value_count++];
    *v = (value){0};
    PT_TRY(pt_csv_u64(&v->block, csv, 0, UINT32_MAX, report));
    PT_TRY(pt_csv_decimal(&v->price, csv, 4, 0, 27, report));
    return t->value_count < 2 || v[-1].block <= v->block
               ? PT_OK
               : pt_csv_wrong(csv, 0, "a block not before that of the row before", report);
}

/* rad: price to 51 places times the lot, half up to a whole unit; a bid is at least one. */
static void set_bid(auction *a, const pl_u256 *price)
{
    const pl_u256 unit = pt_ten(18 + PRICE_PLACES - 45), one = pl_u256_from_u64(1);
    pl_u256 product;
    pl_u256_mul_sat(&product, &a->lot, price);
    if (pl_u256_div_half_up(&a->bid, &product, &unit) != PL_OK || pl_u256_is_zero(&a->bid)) {
        a->bid = one;
    }
}

static pt_exit read_auction(thursday *t, const pt_csv *csv, pt_report *report)
{
    pl_u256 price;
    if (t->auction_count == t->auction_room) {
        t->auction_room = t->auction_room * 2 + 1024;
        t->auctions = pt_resize(t->auctions, t->auction_room * sizeof *t->auctions);
    }
    auction *a = &t->auctions[t->auction_count++];
    *a = (auction){0};
    PT_TRY(pt_csv_u64(&a->id, csv, 0, UINT32_MAX, report));
    PT_TRY(pt_csv_decimal(&a->lot, csv, 1, 18, 4, report));
    PT_TRY(pt_csv_double(&price, csv, 2, PRICE_PLACES, 4, report));
    PT_TRY(pt_csv_u64(&a->bid_block, csv, 4, UINT32_MAX, report));
    PT_TRY(pt_csv_u64(&a->bid_s, csv, 5, UINT32_MAX, report));
    a->is_dealt = !pt_csv_is(csv, 10, "");
    if (a->is_dealt) {
        PT_TRY(pt_csv_u64(&a->deal_block, csv, 8, UINT32_MAX, report));
        PT_TRY(pt_csv_u64(&a->deal_s, csv, 9, UINT32_MAX, report));
        if (a->deal_block <= a->bid_block || a->deal_s <= a->bid_s + TTL_S) {
            return pt_csv_wrong(csv, 8, "a block after that of the last bid", report);
        }
    }
    if (pl_u256_is_zero(&a->lot)) {
        return pt_csv_wrong(csv, 1, "a lot above 0", report);
    }
    if (t->auction_count > 1 && a[-1].id >= a->id) {
        return pt_csv_wrong(csv, 0, "a number above that of the row before", report);
    }
    set_bid(a, &price);
    return PT_OK;
}

typedef pt_exit (*row_reader)(thursday *t, const pt_csv *csv, pt_report *report);

static pt_exit read_all(thursday *t, const char *folder, const char *name, const char *const *names,
                        size_t count, row_reader reader, pt_report *report)
{
    pt_csv csv = {0};
    bool more = true;
    pt_exit result = pt_csv_open(&csv, folder, name, names, count, report);
    while (result == PT_OK) {
        result = pt_csv_next(&more, &csv, report);
        if (result != PT_OK || !more) {
            break;
        }
        result = reader(t, &csv, report);
    }
    pt_csv_close(&csv);
    return result;
}

/* ---- times and kicks ---- */

static int compare_times(const void *left, const void *right)
{
    const block_time *a = left, *b = right;
    return a->block != b->block ? (a->block < b->block ? -1 : 1)
                                : (a->time_s > b->time_s) - (a->time_s < b->time_s);
}

static pt_exit collect_times(thursday *t, const char *folder, pt_report *report)
{
    size_t n = 0;
    t->times = pt_take_zeroed(2 * t->auction_count, sizeof *t->times);
    for (size_t i = 0; i < t->auction_count; i++) {
        const auction *a = &t->auctions[i];
        t->times[n++] = (block_time){a->bid_block, a->bid_s};
        if (a->is_dealt) {
            t->times[n++] = (block_time){a->deal_block, a->deal_s};
        }
    }
    qsort(t->times, n, sizeof *t->times, compare_times);
    for (size_t i = 0; i < n; i++) {
        block_time *last = t->time_count != 0 ? &t->times[t->time_count - 1] : NULL;
        const bool again = last != NULL && last->block == t->times[i].block;
        if (last != NULL &&
            (again ? last->time_s != t->times[i].time_s : last->time_s >= t->times[i].time_s)) {
            return pt_fail(report, PT_INPUT,
                           "%s: auctions say two times of block %llu, or times that fall", folder,
                           (unsigned long long)t->times[i].block);
        }
        if (!again) {
            t->times[t->time_count++] = t->times[i];
        }
    }
    return PT_OK;
}

/* A known time, or one between those of the neighbours in proportion, down; 13 s a block outside.
 */
static uint64_t time_of(const thursday *t, uint64_t block)
{
    size_t low = 0, high = t->time_count;
    while (low < high) { /* the first at or after the block */
        const size_t middle = low + (high - low) / 2;
        low = t->times[middle].block < block ? middle + 1 : low;
        high = t->times[middle].block < block ? high : middle;
    }
    if (low == t->time_count) {
        const block_time *last = &t->times[low - 1];
        return last->time_s + (block - last->block) * BLOCK_S;
    }
    const block_time *next = &t->times[low];
    if (low == 0) {
        const uint64_t before = (next->block - block) * BLOCK_S;
        return next->time_s > before ? next->time_s - before : 0;
    }
    const block_time *last = next - 1;
    return last->time_s +
           (next->time_s - last->time_s) * (block - last->block) / (next->block - last->block);
}

/* The oracle's value in force at the end of a block; 0 before the first. */
static pl_u256 value_at(const thursday *t, uint64_t block)
{
    size_t low = 0, high = t->value_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        low = t->values[middle].block <= block ? middle + 1 : low;
        high = t->values[middle].block <= block ? high : middle;
    }
    return low != 0 ? t->values[low - 1].price : pl_u256_from_u64(0);
}

/* ink * price / mat (1.5), up, and a unit more: unsafe by as little as can be; or what the bid asks
 * for as debt with the penalty (1.13). */
static void set_debts(thursday *t)
{
    uint64_t earliest = UINT64_MAX;
    const pl_u256 wad = pt_ten(18), two = pl_u256_from_u64(2), three = pl_u256_from_u64(3);
    const pl_u256 one = pl_u256_from_u64(1), chop = pl_u256_from_u64(113);
    const pl_u256 whole = pl_u256_from_u64(100), ray = pt_ten(27);
    for (size_t i = t->auction_count; i-- > 0;) {
        auction *a = &t->auctions[i];
        earliest = a->bid_block < earliest ? a->bid_block : earliest;
        a->kick_block = earliest;
        const pl_u256 price = value_at(t, a->kick_block);
        pl_u256 due, shown;
        pl_u256_mul_sat(&due, &a->lot, &price);
        pl_u256_mul_sat(&due, &due, &two);
        if (pl_u256_div_up(&due, &due, &three) != PL_OK ||
            pl_u256_div_up(&due, &due, &wad) != PL_OK) {
            continue;
        }
        pl_u256_add_sat(&due, &due, &one);
        pl_u256_mul_sat(&shown, &a->bid, &whole);
        if (pl_u256_div_up(&shown, &shown, &chop) == PL_OK &&
            pl_u256_div_up(&shown, &shown, &ray) == PL_OK && pl_u256_cmp(&shown, &due) > 0) {
            due = shown;
            t->raised++;
        }
        a->debt = due;
    }
}

static int compare_happenings(const void *left, const void *right)
{
    const happening *a = left, *b = right;
    if (a->block != b->block) {
        return a->block < b->block ? -1 : 1;
    }
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return a->place < b->place ? -1 : 1;
}

static void list_happenings(thursday *t)
{
    t->list = pt_take_zeroed(t->value_count + 3 * t->auction_count, sizeof *t->list);
    for (size_t i = 0; i < t->value_count; i++) {
        t->list[t->count++] = (happening){t->values[i].block, A_VALUE, i};
    }
    for (size_t i = 0; i < t->auction_count; i++) {
        const auction *a = &t->auctions[i];
        t->list[t->count++] = (happening){a->kick_block, A_KICK, i};
        t->list[t->count++] = (happening){a->bid_block, A_BID, i};
        if (a->is_dealt) {
            t->list[t->count++] = (happening){a->deal_block, A_DEAL, i};
        }
    }
    qsort(t->list, t->count, sizeof *t->list, compare_happenings);
}

/* ---- the world ---- */

static const char *vault_name(char name[NAME], const auction *a)
{
    (void)snprintf(name, NAME, "a%llu", (unsigned long long)a->id);
    return name;
}

static void put_account(pt_row *row, const char *field, const char *name)
{
    uint8_t account[32];
    (void)pt_symbol(account, name);
    pt_row_put(row, field, account);
}

/* Vaults, the dai that they owe, and the ledger's sums. */
static pt_exit put_vaults(thursday *t, pt_report *report)
{
    pt_build *build = &t->out.build;
    pl_u256 art = pl_u256_from_u64(0), rad;
    const pl_u256 ray = pt_ten(27), line = pt_ten(12 + 45);
    char name[NAME];
    pt_row row;
    for (size_t i = 0; i < t->auction_count; i++) {
        const auction *a = &t->auctions[i];
        PT_TRY(pt_export_person(&t->out, vault_name(name, a), report));
        PT_TRY(pt_row_begin(&row, build, 1, "urns", report));
        PT_TRY(pt_row_set_u64(&row, "ilk", 0, report));
        put_account(&row, "urn", name);
        PT_TRY(pt_row_set(&row, "ink", &a->lot, report));
        PT_TRY(pt_row_set(&row, "art", &a->debt, report));
        PT_TRY(pt_row_end(&row, report));
        pl_u256_add_sat(&art, &art, &a->debt);
    }
    pl_u256_mul_sat(&rad, &art, &ray);
    PT_TRY(pt_row_begin(&row, build, 1, "ilks", report));
    PT_TRY(pt_row_set_u64(&row, "ilk", 0, report));
    put_account(&row, "name", "ETH-A");
    PT_TRY(pt_row_set(&row, "Art", &art, report));
    PT_TRY(pt_row_set(&row, "rate", &ray, report));
    PT_TRY(pt_row_set(&row, "line", &line, report));
    PT_TRY(pt_row_end(&row, report));
    PT_TRY(pt_row_begin(&row, build, 1, "dai", report));
    put_account(&row, "usr", PEOPLE);
    PT_TRY(pt_row_set(&row, "rad", &rad, report));
    PT_TRY(pt_row_end(&row, report));
    PT_TRY(pt_row_begin(&row, build, 1, "vat", report));
    PT_TRY(pt_row_set(&row, "debt", &rad, report));
    PT_TRY(pt_row_set(&row, "Line", &line, report));
    return pt_row_end(&row, report);
}

static pt_exit make_world(thursday *t, pt_report *report)
{
    static const char *const people[] = {ADMIN, BIDDER, PEOPLE, "vow", "cat", "flip"};
    pt_build *build = &t->out.build;
    pt_build_feed *feed = pt_build_add_feed(build, "OSM");
    pt_row row;
    pt_build_stand_in_feed(feed, 18, t->out.signer.public_key);
    feed->staleness_s = STALENESS_S;
    (void)snprintf(feed->note, sizeof feed->note,
                   PT_STAND_IN ": LogValue of the ETH oracle security module, by block");
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++) {
        PT_TRY(pt_export_person(&t->out, people[i], report));
    }
    PT_TRY(pt_row_begin(&row, build, 1, "wards", report));
    put_account(&row, "usr", ADMIN);
    PT_TRY(pt_row_set_u64(&row, "yes", 1, report));
    PT_TRY(pt_row_end(&row, report));
    PT_TRY(put_vaults(t, report));
    return pt_export_start(&t->out,
                           "maker-black-thursday: values of the oracle, last bids and ends of "
                           "auctions of ETH-A",
                           columns, report);
}

static pt_exit ward(thursday *t, const char *function, const pt_arg *arguments, size_t count,
                    pt_report *report)
{
    return pt_export_call(&t->out, ADMIN, function, arguments, count, report);
}

/* Seals a block in which every call must succeed. */
static pt_exit seal(thursday *t, uint64_t time_s, pt_report *report)
{
    const uint32_t calls = t->out.call_count;
    PT_TRY(pt_export_seal(&t->out, time_s, report));
    for (uint32_t i = 0; i < calls; i++) {
        const pt_export_outcome *o = &t->out.outcomes[i];
        const pl_name name = t->out.code.functions[o->function].name;
        if (o->status != PL_OK) {
            return pt_fail(report, PT_INPUT,
                           "block %llu of the history: %.*s is refused: %s %.*s; the rows do not "
                           "fit together",
                           (unsigned long long)pt_export_height(&t->out), (int)name.size, name.text,
                           pl_status_name(o->status), (int)o->error.size, o->error.text);
        }
    }
    return PT_OK;
}

static pt_exit first_block(thursday *t, uint64_t time_s, pt_report *report)
{
    const pl_u256 ray = pt_ten(25), wad = pt_ten(16), plenty = pt_ten(10 + 45), lump = pt_ten(22);
    pl_u256 chop = pl_u256_from_u64(113), mat = pl_u256_from_u64(150), beg = pl_u256_from_u64(103);
    const pt_arg zero = pt_arg_u64(0);
    pl_u256_mul_sat(&chop, &chop, &ray);
    pl_u256_mul_sat(&mat, &mat, &ray);
    pl_u256_mul_sat(&beg, &beg, &wad);
    const pt_arg pip[] = {zero, zero, pt_arg_u64(UINT32_MAX)};
    const pt_arg flip[] = {zero, pt_arg_account("flip"), zero};
    const struct {
        const char *function;
        pt_arg value;
    } set[] = {{"file_mat", pt_arg_number(&mat)},       {"file_beg", pt_arg_number(&beg)},
               {"file_ttl", pt_arg_u64(TTL_S)},         {"file_tau", pt_arg_u64(STALENESS_S)},
               {"file_chop_1_0", pt_arg_number(&chop)}, {"file_lump", pt_arg_number(&lump)}};
    const pt_arg tally[] = {zero, pt_arg_u64(WINDOW_FROM), pt_arg_u64(WINDOW_UNTIL)};
    const pt_arg buyer[] = {pt_arg_account(PEOPLE), pt_arg_account(BIDDER), pt_arg_number(&plenty)};
    const pt_arg hope = pt_arg_account("flip");
    PT_TRY(ward(t, "file_pip", pip, 3, report));
    PT_TRY(ward(t, "file_flip", flip, 3, report));
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) {
        const pt_arg arguments[] = {zero, set[i].value};
        PT_TRY(ward(t, set[i].function, arguments, 2, report));
    }
    PT_TRY(ward(t, "file_tally", tally, 3, report));
    PT_TRY(ward(t, "suck", buyer, 3, report));
    PT_TRY(pt_export_call(&t->out, BIDDER, "hope", &hope, 1, report));
    return seal(t, time_s, report);
}

/* ---- blocks ---- */

static pt_exit happen(thursday *t, const happening *h, uint64_t time_s, uint64_t *kicks,
                      pt_report *report)
{
    char name[NAME];
    const pt_arg zero = pt_arg_u64(0);
    if (h->kind == A_VALUE) {
        PT_TRY(pt_export_price(&t->out, 0, time_s, &t->values[h->place].price, report));
        return ward(t, "poke", &zero, 1, report);
    }
    auction *a = &t->auctions[h->place];
    if (h->kind == A_KICK) {
        const pt_arg bite[] = {zero, pt_arg_account(vault_name(name, a))};
        a->here = ++*kicks;
        return pt_export_call(&t->out, BIDDER, "bite_tallied", bite, 2, report);
    }
    const pt_arg bid[] = {zero, pt_arg_u64(a->here), pt_arg_number(&a->lot),
                          pt_arg_number(&a->bid)};
    if (h->kind == A_BID) {
        return pt_export_call(&t->out, BIDDER, "tend", bid, 4, report);
    }
    PT_TRY(pt_export_call(&t->out, BIDDER, "deal_tallied", bid, 2, report));
    PT_TRY(pt_export_value(&t->out, 0, &a->lot, report));
    return pt_export_value(&t->out, 1, &a->bid, report);
}

static pt_exit all_blocks(thursday *t, pt_report *report)
{
    uint64_t kicks = 0;
    for (size_t i = 0; i < t->count;) {
        const uint64_t block = t->list[i].block, time_s = time_of(t, block);
        for (; i < t->count && t->list[i].block == block; i++) {
            PT_TRY(happen(t, &t->list[i], time_s, &kicks, report));
        }
        PT_TRY(seal(t, time_s, report));
    }
    return PT_OK;
}

/* ---- the figures ---- */

/* A field of the tally, at two places. */
static void figure(char text[40], const thursday *t, const char *field, uint32_t scale)
{
    const uint32_t table = pl_find_table(t->out.chain, 1, "tallies", 7);
    const pl_table *schema = pl_chain_table(t->out.chain, 1, table);
    const uint8_t *row = NULL;
    const uint8_t key[4] = {0};
    pl_u256 number = pl_u256_from_u64(0);
    if (schema != NULL && pl_chain_row(&row, t->out.chain, 1, table, key) == PL_OK && row != NULL) {
        for (size_t i = 0; i < schema->field_count; i++) {
            if (pt_name_is(schema->fields[i].name, field)) {
                pl_u256_load_be(&number, row + schema->fields[i].offset,
                                schema->fields[i].type.size);
            }
        }
    }
    const pl_u256 cut = pt_ten(scale > 2 ? scale - 2 : 0);
    char digits[PL_NUM_TEXT_MAX];
    size_t size = 0;
    if (pl_u256_div_down(&number, &number, &cut) == PL_OK) {
        size = pl_u256_print_scaled(digits, &number, scale != 0 ? 2 : 0);
    }
    (void)snprintf(text, 40, "%.*s", (int)(size < 39 ? size : 39), digits);
}

static void write_figures(char *text, size_t size, const thursday *t)
{
    char sales[40], lots[40], bids[40], zeros[40], zero_lots[40], worth[40], debt[40], lack[40],
        over[40];
    figure(sales, t, "sales", 0);
    figure(lots, t, "lots", 18);
    figure(bids, t, "bids", 45);
    figure(zeros, t, "zero_sales", 0);
    figure(zero_lots, t, "zero_lots", 18);
    figure(worth, t, "zero_worth", 45);
    figure(debt, t, "zero_debt", 45);
    figure(lack, t, "short", 45);
    figure(over, t, "over", 45);
    const unsigned long long all = strtoull(sales, NULL, 10), none = strtoull(zeros, NULL, 10);
    const unsigned long long share = all != 0 ? (none * 1000 + all / 2) / all : 0;
    (void)snprintf(
        text, size,
        "| 12 and 13 March 2020, UTC | replay | told | why they differ |\n"
        "|---|---|---|---|\n"
        "| auctions that ended | %s | | |\n"
        "| of them for less than 0.01 dai an ETH | %s | 1300 | told of all days of "
        "the source |\n"
        "| share | %llu.%llu %% | 36 %% | told by others, of other hours and "
        "auctions |\n"
        "| ETH sold so | %s | 55,260 | told of all days of the source |\n"
        "| worth, at the oracle's value of the end | %s USD | 8.32M USD | told at the "
        "market's price |\n"
        "| debt of these auctions, at the least | %s dai | | vaults are not in the "
        "source |\n"
        "| debt that no bid raised, at the least | %s dai | 5.67M dai | each debt here is "
        "the least that the oracle allowed |\n"
        "| raised above the debt (penalties) | %s dai | | part of the hole was filled "
        "so |\n"
        "| ETH sold, dai bid | %s, %s | | |\n",
        sales, zeros, share / 10, share % 10, zero_lots, worth, debt, lack, over, lots, bids);
}

static char *make_page(const thursday *t, const pt_thursday_result *result)
{
    static const char head[] =
        "# maker_black_thursday\n\n"
        "The ETH oracle of Maker by block and the auctions of ETH-A, November 2019 to April 2020,\n"
        "imported from data set maker-black-thursday. Values of the oracle are real, the "
        "signature\n"
        "is that of a " PT_STAND_IN ".\n\n";
    static const char rules[] =
        "\n## What is in the source, and what is put in its place\n\n"
        "- In it: every LogValue by block; of each auction the lot, the last bid (a double, made\n"
        "  whole to the nearest unit), its block and that of the end.\n"
        "- Not in it: vaults, kicks, tabs, earlier bids, bidders, fees. One vault stands for each\n"
        "  auction in the world's first rows, with the lot as collateral and the least debt that\n"
        "  the oracle's value at the kick makes unsafe, or what the bid shows with the penalty of\n"
        "  13 %. A kick is put at the first last bid of it and all later auctions. The time a bid\n"
        "  must stand is 1 s. A block that only the oracle has gets a time between its "
        "neighbours.\n"
        "- The columns that plim replay compares, lot and bid, are what the source says of each\n"
        "  auction; they show that every row went through, the figures are what comes out.\n"
        "- Order in a block: oracle, kicks, bids, ends.\n"
        "- The figures are the row `tallies` of the state: `plim show . state tallies`.\n\n";
    char line[400], root[65];
    pt_bytes text = {0};
    pt_hex(root, result->root, 32);
    pt_put_text(&text, head);
    (void)snprintf(line, sizeof line,
                   "| | |\n|---|---|\n| blocks | %llu |\n| calls | %llu |\n| oracle values | %llu "
                   "|\n| auctions | %llu, of them %llu without an end |\n| debts that a bid shows "
                   "| %llu |\n| last state root | `%s` |\n\n",
                   (unsigned long long)result->blocks, (unsigned long long)result->calls,
                   (unsigned long long)result->prices, (unsigned long long)result->auctions,
                   (unsigned long long)result->open, (unsigned long long)t->raised, root);
    pt_put_text(&text, line);
    pt_put_text(&text, result->figures);
    pt_put_text(&text, rules);
    for (size_t i = 0; i < t->auction_count; i++) {
        if (!t->auctions[i].is_dealt) {
            (void)snprintf(line, sizeof line, "- Auction %llu has no end in the source.\n",
                           (unsigned long long)t->auctions[i].id);
            pt_put_text(&text, line);
        }
    }
    pt_put_u8(&text, 0);
    return (char *)text.data;
}

static void fill(pt_thursday_result *result, const thursday *t)
{
    pl_head head;
    pl_chain_head(&head, t->out.chain);
    *result = (pt_thursday_result){.blocks = head.height,
                                   .calls = t->out.total_calls,
                                   .prices = t->out.total_prices,
                                   .values = t->out.total_values,
                                   .auctions = t->auction_count};
    memcpy(result->root, head.state_root, 32);
    for (size_t i = 0; i < t->auction_count; i++) {
        result->open += t->auctions[i].is_dealt ? 0 : 1;
    }
    write_figures(result->figures, sizeof result->figures, t);
}

static pt_exit import_all(pt_thursday_result *result, thursday *t, const char *data,
                          const char *folder, const char *contracts, pt_report *report)
{
    static const char *const value_columns[] = {"block", "tx_index", "log_index", "tx_hash",
                                                "price_wad"};
    static const char *const auction_columns[] = {"id",
                                                  "lot",
                                                  "best_price_ethdai",
                                                  "bidCount",
                                                  "lastbid_blockNumber",
                                                  "lastbid_timestamp",
                                                  "lastbid_txHash",
                                                  "gasPrice_GWei",
                                                  "blockNumber",
                                                  "timestamp",
                                                  "state"};
    PT_TRY(read_all(t, data, "osm_eth_logvalue.csv.gz", value_columns, 5, read_value, report));
    PT_TRY(
        read_all(t, data, "flip_auctions_eth_a.csv.gz", auction_columns, 11, read_auction, report));
    if (t->auction_count == 0 || t->value_count == 0) {
        return pt_fail(report, PT_INPUT, "%s: no auctions, or no values of the oracle", data);
    }
    PT_TRY(collect_times(t, data, report));
    set_debts(t);
    list_happenings(t);
    const uint64_t first_s = time_of(t, t->list[0].block);
    if (first_s < 2 * BLOCK_S) {
        return pt_fail(report, PT_INPUT, "%s: a row of 1970", data);
    }
    PT_TRY(pt_export_open(&t->out, "maker_black_thursday", "maker", "maker_cat.plim", contracts,
                          first_s - 2 * BLOCK_S, report));
    PT_TRY(make_world(t, report));
    PT_TRY(first_block(t, first_s - BLOCK_S, report));
    PT_TRY(all_blocks(t, report));
    fill(result, t);
    char *page = make_page(t, result);
    const pt_exit written = pt_export_write(&t->out, folder, page, report);
    free(page);
    return written;
}

pt_exit pt_import_maker_thursday(pt_thursday_result *result, const char *data, const char *folder,
                                 const char *contracts, pt_report *report)
{
    thursday *t = pt_take_zeroed(1, sizeof *t);
    *result = (pt_thursday_result){0};
    const pt_exit verdict = import_all(result, t, data, folder, contracts, report);
    pt_export_close(&t->out);
    free(t->auctions);
    free(t->values);
    free(t->times);
    free(t->list);
    free(t);
    return verdict;
}
