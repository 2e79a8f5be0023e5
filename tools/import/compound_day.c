/* Each row is a repayment of dai and the units of a CToken that it seized. Of an account with one
 * row the repayment is known exactly (the other file); of others as the sheet prints it, to about
 * four digits. What a unit of the CToken was worth in dai is not in the source; but the Comptroller
 * seizes repayment * ratio / 10^18, and the ratio is a whole number: the row shows it. It stays the
 * same for a collateral until a row cannot have been with it. */
#include "tools/import/compound_day.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/file.h"
#include "tools/common/value.h"
#include "tools/import/csv.h"
#include "tools/import/export.h"
#include "tools/import/maker_book.h"

enum { ROWS_MAX = 4096, NAME = 16, BEFORE_S = 60, FILE_MAX = 1 << 24 };
enum { COLUMN_REPAID, COLUMN_SEIZED, COLUMN_COMPENSATION };

static const struct {
    const char *address, *name;
} tokens[] = {
    {"0x5d3a536e4d6dbd6114cc1ead35777bab948e3643", "cDAI"},
    {"0x39aa39c021dfbae8fac545936693ac917d5e7563", "cUSDC"},
    {"0x4ddc2d193948926d02f9b1fe9e1daa0718270ed5", "cETH"},
    {"0xc11b1268c1a384e55c48c2391d8d480264a3a7f4", "cWBTC"},
    {"0x35a18000230da775cac24873d00ff85bccded550", "cUNI"},
    {"0x70e36f6bf80a52b3b46b3af8e106cc0ed743e8e4", "cCOMP"},
    {"0xb3319f5d18bc0d84dd1b4825dcde5d5f7266d407", "cZRX"},
    {"0x6c8c6b02e7b2be14d4fa6022dfd6d75921d90e4e", "cBAT"},
};
enum { TOKEN_COUNT = sizeof tokens / sizeof tokens[0] };

typedef struct account {
    uint8_t address[20];
    char name[NAME];
    pl_u256 value; /* of the other file */
    uint64_t rows;
} account;

typedef struct row {
    uint64_t block, time_s, log_index;
    size_t account, token;
    pl_u256 repay, seized;
} row;

typedef struct day {
    pt_export out;
    row *rows;
    account *accounts;
    size_t row_count, account_count;
    pl_u256 ratios[TOKEN_COUNT];
    pt_compound_day_result told;
} day;

static const pt_export_column columns[] = {
    {"repayment",
     "liquidate",
     "repaid",
     {{"printed to four digits", "repaid_low", "repaid_high"}, {NULL, NULL, NULL}},
     NULL},
    {"units seized",
     "liquidate",
     "seized",
     {{"printed to fifteen digits", "seized_low", "seized_high"},
      {"repayment printed to four digits", "range_low", "range_high"},
      {NULL, NULL, NULL}},
     NULL},
    {"compensation in COMP",
     "compensate",
     "value",
     {{"repayments printed to four digits", "value_low", "value_high"}, {NULL, NULL, NULL}},
     NULL},
    {NULL, NULL, NULL, {{NULL, NULL, NULL}}, NULL},
};

/* ---- reading ---- */

static size_t find_account(const day *d, const uint8_t address[20])
{
    size_t i = 0;
    while (i < d->account_count && memcmp(d->accounts[i].address, address, 20) != 0) {
        i++;
    }
    return i;
}

static bool address_of(uint8_t address[20], const char *text)
{
    static const char digits[] = "0123456789abcdef";
    if (strlen(text) != 42 || text[0] != '0' || text[1] != 'x') {
        return false;
    }
    for (size_t i = 0; i < 40; i++) {
        const char c = text[2 + i];
        const char low = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
        const char *at = low != '\0' ? strchr(digits, low) : NULL;
        if (at == NULL) {
            return false;
        }
        address[i / 2] = (uint8_t)((i % 2 != 0 ? address[i / 2] << 4 : 0) | (at - digits));
    }
    return true;
}

static pt_exit read_values(day *d, const char *path, const json_t *object, pt_report *report)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        char hex[80];
        account *a = &d->accounts[d->account_count];
        *a = (account){.rows = 0};
        (void)snprintf(hex, sizeof hex, "0x%s",
                       json_is_string(value) ? json_string_value(value) : "");
        if (d->account_count == ROWS_MAX || !address_of(a->address, key) ||
            find_account(d, a->address) != d->account_count ||
            pl_u256_parse_hex(&a->value, NULL, hex, strlen(hex)) != PL_OK ||
            pl_u256_bit_length(&a->value) > 128) {
            return pt_fail(report, PT_INPUT,
                           "%s: %.50s: expected an address, once, with a hex number below 2^128",
                           path, key);
        }
        (void)snprintf(a->name, NAME, "0x%02x%02x%02x%02x", a->address[0], a->address[1],
                       a->address[2], a->address[3]);
        d->account_count++;
    }
    return PT_OK;
}

static pt_exit read_accounts(day *d, const char *data, pt_report *report)
{
    char *path = pt_path_join(data, "repaid_dai_by_account_comp_wei_hex.json");
    pt_bytes bytes = {0};
    json_error_t error;
    pt_exit result = pt_file_read(&bytes, path, FILE_MAX, report);
    if (result == PT_OK) {
        json_t *object =
            json_loadb((const char *)bytes.data, bytes.size, JSON_REJECT_DUPLICATES, &error);
        result = json_is_object(object)
                     ? read_values(d, path, object, report)
                     : pt_fail(report, PT_INPUT, "%s:%d: not a JSON object of numbers by address",
                               path, object == NULL ? error.line : 1);
        json_decref(object);
    }
    pt_bytes_free(&bytes);
    free(path);
    return result;
}

static pt_exit read_row(day *d, const pt_csv *csv, pt_report *report)
{
    uint8_t address[20];
    row *r = &d->rows[d->row_count];
    if (d->row_count == ROWS_MAX) {
        return pt_fail(report, PT_LIMIT, "%s: more than %d rows", csv->path, (int)ROWS_MAX);
    }
    *r = (row){0};
    PT_TRY(pt_csv_u64(&r->block, csv, 0, UINT32_MAX, report));
    PT_TRY(pt_csv_minute(&r->time_s, csv, 1, report));
    PT_TRY(pt_csv_u64(&r->log_index, csv, 3, UINT32_MAX, report));
    PT_TRY(pt_csv_hex(address, 20, csv, 5, report));
    r->account = find_account(d, address);
    if (r->account == d->account_count) {
        return pt_csv_wrong(csv, 5, "an account of the other file", report);
    }
    if (!pt_csv_is(csv, 6, tokens[0].address)) {
        return pt_csv_wrong(csv, 6, "the address of cDAI", report);
    }
    while (r->token < TOKEN_COUNT && !pt_csv_is(csv, 8, tokens[r->token].address)) {
        r->token++;
    }
    if (r->token == TOKEN_COUNT) {
        return pt_csv_wrong(csv, 8, "the address of a CToken of this importer", report);
    }
    PT_TRY(pt_csv_decimal(&r->repay, csv, 7, 0, 30, report));
    PT_TRY(pt_csv_decimal(&r->seized, csv, 9, 0, 30, report));
    if (pl_u256_is_zero(&r->repay) || pl_u256_is_zero(&r->seized)) {
        return pt_csv_wrong(csv, 7, "a repayment and units above 0", report);
    }
    if (d->row_count != 0 && (r[-1].block > r->block || r[-1].time_s > r->time_s)) {
        return pt_csv_wrong(csv, 0, "a block and time not before those of the row before", report);
    }
    d->accounts[r->account].rows++;
    d->row_count++;
    return PT_OK;
}

static pt_exit read_rows(day *d, const char *data, pt_report *report)
{
    static const char *const names[] = {
        "block",    "time_utc",     "tx_hash",      "log_index",         "liquidator",
        "borrower", "repay_ctoken", "repay_amount", "collateral_ctoken", "seize_ctokens"};
    pt_csv csv = {0};
    bool more = true;
    pt_exit result = pt_csv_open(&csv, data, "liquidate_borrow.csv", names, 10, report);
    while (result == PT_OK) {
        result = pt_csv_next(&more, &csv, report);
        if (result != PT_OK || !more) {
            break;
        }
        result = read_row(d, &csv, report);
    }
    pt_csv_close(&csv);
    return result == PT_OK && d->row_count == 0 ? pt_fail(report, PT_INPUT, "%s: no rows", data)
                                                : result;
}

/* ---- what a row shows ---- */

/* One in the last of `digits` digits; 0 when the number has no more. */
static pl_u256 unit_of(const pl_u256 *number, unsigned digits)
{
    pl_u256 unit = pl_u256_from_u64(1), limit = pt_ten(digits);
    const pl_u256 ten = pl_u256_from_u64(10);
    bool longer = false;
    while (pl_u256_cmp(number, &limit) >= 0) {
        longer = true;
        pl_u256_mul_sat(&unit, &unit, &ten);
        pl_u256_mul_sat(&limit, &limit, &ten);
    }
    return longer ? unit : pl_u256_from_u64(0);
}

typedef struct shown {
    pl_u256 repay, low, high, repay_print, seize_print;
} shown;

/* Of one row: value = floor(repay * 800 / 1233900); of several the sheet's print. */
static shown what_shows(const day *d, const row *r)
{
    const account *a = &d->accounts[r->account];
    const pl_u256 one = pl_u256_from_u64(1), two = pl_u256_from_u64(2);
    const pl_u256 up = pl_u256_from_u64(1233900), down = pl_u256_from_u64(800);
    shown s;
    pl_u256 half = unit_of(&r->repay, 4), noise = unit_of(&r->repay, 14);
    if (pl_u256_div_up(&half, &half, &two) != PL_OK) {
        half = one;
    }
    pl_u256_add_sat(&s.repay_print, &half, &noise);
    s.seize_print = unit_of(&r->seized, 15);
    if (a->rows == 1 && pl_u256_muldiv_up(&s.low, &a->value, &up, &down) == PL_OK) {
        pl_u256 next;
        pl_u256_add_sat(&next, &a->value, &one);
        if (pl_u256_muldiv_up(&s.high, &next, &up, &down) == PL_OK) {
            pl_u256_sub_sat(&s.high, &s.high, &one);
            s.repay = s.low;
            return s;
        }
    }
    s.repay = r->repay;
    pl_u256_sub_sat(&s.low, &r->repay, &s.repay_print);
    pl_u256_add_sat(&s.high, &r->repay, &s.repay_print);
    return s;
}

/* The whole ratios that the row allows: from *low to *high; none when *low is above. */
static void ratios_of(pl_u256 *low, pl_u256 *high, const row *r, const shown *s)
{
    const pl_u256 wad = pt_ten(18), one = pl_u256_from_u64(1);
    pl_u256 least, most;
    pl_u256_sub_sat(&least, &r->seized, &s->seize_print);
    pl_u256_add_sat(&most, &r->seized, &s->seize_print);
    pl_u256_add_sat(&most, &most, &one);
    if (pl_u256_muldiv_up(low, &least, &wad, &s->high) != PL_OK ||
        pl_u256_muldiv_down(high, &most, &wad, &s->low) != PL_OK) {
        *low = one;
        *high = pl_u256_from_u64(0);
    }
}

/* The price of a unit (28 decimals) at which the Comptroller's quotient is this ratio. */
static pl_u256 price_of(const pl_u256 *ratio)
{
    const pl_u256 numerator = pl_u256_from_u64(1404), unit = pt_ten(33); /* 1.08 * 1.30 * 10^36 */
    pl_u256 price;
    pl_u256_mul_sat(&price, &numerator, &unit);
    return pl_u256_div_down(&price, &price, ratio) == PL_OK ? price : pl_u256_from_u64(1);
}

/* ---- the world ---- */

/* Market 0: the debt in dai. Market i + 1: units of token i. */
static pt_exit put_market(day *d, size_t market, pt_report *report)
{
    static const char *const rates[] = {"base_rate_per_year", "multiplier_per_year",
                                        "jump_multiplier_per_year", "kink"};
    const char *name = market == 0 ? "DAI" : tokens[market - 1].name;
    pt_build *build = &d->out.build;
    const pl_u256 one = pt_ten(18), none = pl_u256_from_u64(0);
    pt_build_feed *feed = pt_build_add_feed(build, name);
    uint8_t token[32];
    pt_row market_row;
    pt_build_stand_in_feed(feed, market == 0 ? 18 : 28, d->out.signer.public_key);
    feed->staleness_s = 1000000000;
    (void)snprintf(feed->note, sizeof feed->note, PT_STAND_IN ": %s",
                   market == 0 ? "1.30, as a venue had it" : "of a unit, as the rows imply it");
    (void)pt_symbol(token, name);
    pt_build_add_label(build, PL_LABEL_ACCOUNT, name, token);
    PT_TRY(pt_row_begin(&market_row, build, 1, "markets", report));
    PT_TRY(pt_row_set_u64(&market_row, "market", market, report));
    pt_row_put(&market_row, "c_token", token);
    PT_TRY(pt_row_set_u64(&market_row, "feed", market, report));
    PT_TRY(pt_row_set_u64(&market_row, "decimals", market == 0 ? 18 : 8, report));
    PT_TRY(pt_row_set(&market_row, "initial_exchange_rate", &one, report));
    PT_TRY(pt_row_set_u64(&market_row, "accrual_block_number", 0, report));
    for (size_t i = 0; i < 4; i++) {
        PT_TRY(pt_row_set(&market_row, rates[i], &none, report));
    }
    return pt_row_end(&market_row, report);
}

static pt_exit make_world(day *d, const char *contracts, pt_report *report)
{
    PT_TRY(pt_export_open(&d->out, "compound_2020_11_26", "compound", "compound_v2_events.plim",
                          contracts, d->rows[0].time_s - BEFORE_S, report));
    for (size_t i = 0; i <= TOKEN_COUNT; i++) {
        PT_TRY(put_market(d, i, report));
    }
    PT_TRY(pt_export_person(&d->out, "liquidator", report));
    for (size_t i = 0; i < d->account_count; i++) {
        PT_TRY(pt_export_person(&d->out, d->accounts[i].name, report));
    }
    return pt_export_start(&d->out,
                           "compound-2020-11-26: LiquidateBorrow rows of a sheet, repayments to "
                           "about four digits; compensations by account, exact",
                           columns, report);
}

/* ---- blocks ---- */

/* Sets the ratio of the row's token: the one it has, or the least that the row allows. */
static bool choose_ratio(day *d, const row *r, const shown *s)
{
    pl_u256 low, high, *ratio = &d->ratios[r->token];
    ratios_of(&low, &high, r, s);
    if (pl_u256_cmp(ratio, &low) >= 0 && pl_u256_cmp(ratio, &high) <= 0) {
        d->told.kept++;
        return false;
    }
    *ratio = pl_u256_is_zero(&low) ? pl_u256_from_u64(1) : low;
    d->told.implied++;
    return true;
}

static pt_exit put_row(day *d, const row *r, pt_report *report)
{
    const shown s = what_shows(d, r);
    const pt_arg arguments[] = {pt_arg_account(d->accounts[r->account].name),
                                pt_arg_u64(r->token + 1),
                                pt_arg_number(&s.repay),
                                pt_arg_number(&s.low),
                                pt_arg_number(&s.high),
                                pt_arg_number(&s.repay_print),
                                pt_arg_number(&s.seize_print)};
    if (choose_ratio(d, r, &s)) {
        const pl_u256 price = price_of(&d->ratios[r->token]);
        PT_TRY(pt_export_price(&d->out, (uint32_t)r->token + 1, r->time_s, &price, report));
    }
    PT_TRY(pt_export_call(&d->out, "liquidator", "liquidate", arguments, 7, report));
    PT_TRY(pt_export_value(&d->out, COLUMN_REPAID, &r->repay, report));
    return pt_export_value(&d->out, COLUMN_SEIZED, &r->seized, report);
}

static pt_exit seal(day *d, uint64_t time_s, pt_report *report)
{
    const uint32_t calls = d->out.call_count;
    PT_TRY(pt_export_seal(&d->out, time_s, report));
    for (uint32_t i = 0; i < calls; i++) {
        if (d->out.outcomes[i].status != PL_OK) {
            return pt_fail_status(report, d->out.outcomes[i].status,
                                  "block %llu of the history: call %u of the importer is refused",
                                  (unsigned long long)pt_export_height(&d->out), (unsigned)i);
        }
    }
    return PT_OK;
}

/* A block for each row: two rows of one Ethereum block may need two prices. */
static pt_exit all_blocks(day *d, pt_report *report)
{
    pl_u256 dai = pl_u256_from_u64(13);
    const pl_u256 unit = pt_ten(17);
    pl_u256_mul_sat(&dai, &dai, &unit);
    PT_TRY(pt_export_price(&d->out, 0, d->rows[0].time_s, &dai, report));
    for (size_t i = 0; i < d->row_count; i++) {
        PT_TRY(put_row(d, &d->rows[i], report));
        PT_TRY(seal(d, d->rows[i].time_s, report));
    }
    for (size_t i = 0; i < d->account_count; i++) {
        const pt_arg who = pt_arg_account(d->accounts[i].name);
        PT_TRY(pt_export_call(&d->out, "liquidator", "compensate", &who, 1, report));
        PT_TRY(pt_export_value(&d->out, COLUMN_COMPENSATION, &d->accounts[i].value, report));
    }
    return seal(d, d->rows[d->row_count - 1].time_s, report);
}

static void fill(day *d)
{
    pl_head head;
    pl_chain_head(&head, d->out.chain);
    d->told.blocks = head.height;
    d->told.rows = d->row_count;
    d->told.accounts = d->account_count;
    d->told.values = d->out.total_values;
    memcpy(d->told.root, head.state_root, 32);
    for (size_t i = 0; i < d->row_count; i++) {
        d->told.exact += d->accounts[d->rows[i].account].rows == 1 ? 1 : 0;
    }
}

static char *make_page(const day *d)
{
    static const char rules[] =
        "## What is in the source, and what is put in its place\n\n"
        "- Repayments: exact for accounts with one row (from the compensation in COMP, a floor of\n"
        "  the repayment * 8 % / 123.39), as the sheet prints them for the others.\n"
        "- Positions are not in the source: nobody's health is asked, nothing is moved.\n"
        "- DAI is at 1.30. What a unit of a CToken was worth is not in the source; only the "
        "quotient\n"
        "  of both prices, a whole number in the Comptroller, shows in a row. It is kept for a\n"
        "  collateral until a row cannot have been with it: rows that keep it are tested by it, "
        "and\n"
        "  of the others that one whole number gives all digits of units and repayment.\n";
    char line[800], root[65];
    pt_bytes text = {0};
    pt_hex(root, d->told.root, 32);
    (void)snprintf(
        line, sizeof line,
        "# compound_2020_11_26\n\nLiquidations of dai debts on Compound v2, imported from "
        "data set compound-2020-11-26. Prices are signed by a %s.\n\n| | |\n|---|---|\n"
        "| rows | %llu |\n| of accounts with one row, repayment exact | %llu |\n"
        "| rows with the ratio of a row before | %llu |\n| rows that set a ratio | %llu "
        "|\n| accounts | %llu |\n| last state root | `%s` |\n\n",
        PT_STAND_IN, (unsigned long long)d->told.rows, (unsigned long long)d->told.exact,
        (unsigned long long)d->told.kept, (unsigned long long)d->told.implied,
        (unsigned long long)d->told.accounts, root);
    pt_put_text(&text, line);
    pt_put_text(&text, rules);
    pt_put_u8(&text, 0);
    return (char *)text.data;
}

static pt_exit import_all(day *d, const char *data, const char *folder, const char *contracts,
                          pt_report *report)
{
    PT_TRY(read_accounts(d, data, report));
    PT_TRY(read_rows(d, data, report));
    if (d->rows[0].time_s < BEFORE_S) {
        return pt_fail(report, PT_INPUT, "%s: a row of 1970", data);
    }
    PT_TRY(make_world(d, contracts, report));
    PT_TRY(all_blocks(d, report));
    fill(d);
    char *page = make_page(d);
    const pt_exit written = pt_export_write(&d->out, folder, page, report);
    free(page);
    return written;
}

pt_exit pt_import_compound_day(pt_compound_day_result *result, const char *data, const char *folder,
                               const char *contracts, pt_report *report)
{
    day *d = pt_take_zeroed(1, sizeof *d);
    d->rows = pt_take_zeroed(ROWS_MAX + 1, sizeof *d->rows);
    d->accounts = pt_take_zeroed(ROWS_MAX + 1, sizeof *d->accounts);
    const pt_exit verdict = import_all(d, data, folder, contracts, report);
    *result = d->told;
    pt_export_close(&d->out);
    free(d->rows);
    free(d->accounts);
    free(d);
    return verdict;
}
