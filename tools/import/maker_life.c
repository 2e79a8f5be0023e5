#include "tools/import/maker_life.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/value.h"

#define ADMIN  PT_MAKER_ADMIN
#define KEEPER PT_MAKER_KEEPER
enum { STALENESS_S = 1000000000 };

#define WHOLE "printed in whole tokens"
#define PRINT "printed to its last place"
#define MADE  "made of printed amounts"
#define FEES  "fees that others had collected"
#define DEBT                                                                                       \
    {                                                                                              \
        {PRINT, "due_low", "due_high"}, {MADE, "made_low", "made_high"},                           \
            {FEES, "fee_low", "fee_high"},                                                         \
        {                                                                                          \
            NULL, NULL, NULL                                                                       \
        }                                                                                          \
    }

static const pt_export_column columns[] = {
    {"bite: collateral",
     "bite_row",
     "ink",
     {{WHOLE, "ink_low", "ink_high"}, {NULL, NULL, NULL}},
     NULL},
    {"bite: debt", "bite_row", "due", DEBT, NULL},
    {"bark: collateral",
     "bark_row",
     "ink",
     {{WHOLE, "ink_low", "ink_high"}, {NULL, NULL, NULL}},
     NULL},
    {"bark: debt", "bark_row", "due", DEBT, NULL},
    {"whole debt repaid",
     "wipe_all_row",
     "paid",
     {{MADE, "made_low", "made_high"}, {FEES, "fee_low", "fee_high"}, {NULL, NULL, NULL}},
     NULL},
    {"ceiling of DssAutoLine",
     "exec_row",
     "line",
     {{PRINT, "line_low", "line_high"}, {FEES, "line_low", "fee_high"}, {NULL, NULL, NULL}},
     "rows that the source lacks: the debt of all vaults is off by them"},
    {NULL, NULL, NULL, {{NULL, NULL, NULL}}, NULL},
};

/* ---- calls ---- */

const char *pt_maker_name(char name[PT_MAKER_NAME], const pt_maker_life *life, uint32_t vault)
{
    (void)snprintf(name, PT_MAKER_NAME, "v%u", (unsigned)life->rows.vaults[vault]);
    return name;
}

void pt_maker_note(pt_maker_life *life, const pt_maker_row *row, const char *format, ...)
{
    char line[400], what[300];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    const bool has_vault = row->kind != PT_MAKER_PARAMETER;
    (void)snprintf(line, sizeof line, "| %llu | %.0u | %s |\n", (unsigned long long)row->block,
                   has_vault ? (unsigned)life->rows.vaults[row->vault] : 0, what);
    pt_put_text(&life->notes, line);
}

pt_exit pt_maker_call_it(pt_maker_life *life, const char *function, const pt_arg *arguments,
                         size_t count, pt_report *report)
{
    return pt_export_call(&life->out, ADMIN, function, arguments, count, report);
}

pt_exit pt_maker_set(pt_maker_life *life, const char *function, const pl_u256 *value,
                     pt_report *report)
{
    const pt_arg arguments[] = {pt_arg_u64(0), pt_arg_number(value)};
    return pt_maker_call_it(life, function, arguments, 2, report);
}

static pt_exit call_ilk(pt_maker_life *life, const char *function, pt_report *report)
{
    const pt_arg argument = pt_arg_u64(0);
    return pt_maker_call_it(life, function, &argument, 1, report);
}

pt_exit pt_maker_seal(pt_maker_life *life, uint64_t time_s, const pt_maker_row *row,
                      pt_report *report)
{
    const uint32_t calls = life->out.call_count;
    PT_TRY(pt_export_seal(&life->out, time_s, report));
    for (uint32_t i = 0; i < calls; i++) {
        const pt_export_outcome *outcome = &life->out.outcomes[i];
        if (outcome->status == PL_OK) {
            continue;
        }
        const pl_name name = life->out.code.functions[outcome->function].name;
        if (row == NULL) {
            return pt_fail(report, PT_INPUT, "block %llu: %.*s of the importer is refused: %s %.*s",
                           (unsigned long long)pt_export_height(&life->out), (int)name.size,
                           name.text, pl_status_name(outcome->status), (int)outcome->error.size,
                           outcome->error.text);
        }
        pt_maker_note(life, row, "refused: %.*s in block %llu of the history: %s %.*s",
                      (int)name.size, name.text, (unsigned long long)pt_export_height(&life->out),
                      pl_status_name(outcome->status), (int)outcome->error.size,
                      outcome->error.text);
    }
    return PT_OK;
}

/* ---- the world ---- */

pt_exit pt_maker_world(pt_maker_life *life, pt_report *report)
{
    static const char *const people[] = {ADMIN, KEEPER, "vow", "dai_join", "cat", "flip", "clip"};
    pt_build *build = &life->out.build;
    pt_build_feed *feed = pt_build_add_feed(build, "ETH");
    char name[PT_MAKER_NAME];
    uint8_t account[32], yes[1] = {1};
    pt_row row;
    pt_build_stand_in_feed(feed, 18, life->out.signer.public_key);
    feed->staleness_s = STALENESS_S;
    (void)snprintf(feed->note, sizeof feed->note,
                   PT_STAND_IN ": hourly path of an exchange, an hour late, bent where a row says "
                               "more");
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++) {
        PT_TRY(pt_export_person(&life->out, people[i], report));
    }
    for (uint32_t i = 0; i < life->rows.vault_count; i++) {
        PT_TRY(pt_export_person(&life->out, pt_maker_name(name, life, i), report));
    }
    (void)pt_symbol(account, ADMIN);
    PT_TRY(pt_row_begin(&row, build, 1, "wards", report));
    pt_row_put(&row, "usr", account);
    pt_row_put(&row, "yes", yes);
    PT_TRY(pt_row_end(&row, report));
    return pt_export_start(&life->out,
                           "maker-ethb: rows of an export of Ethereum's chain; amounts to nine "
                           "places, collateral of liquidations in whole ETH",
                           columns, report);
}

/* What stood before the first row: one ilk, its auctions, and more dai and room than the rows can
 * need: the rest of Maker is not in the source. */
pt_exit pt_maker_first_block(pt_maker_life *life, uint64_t time_s, pt_report *report)
{
    const pl_u256 plenty = pt_ten(11 + 45), room = pt_ten(12 + 45), cut = pl_u256_from_u64(99);
    pl_u256 keep;
    const pl_u256 unit = pt_ten(25);
    pl_u256_mul_sat(&keep, &cut, &unit);
    const pt_arg zero = pt_arg_u64(0);
    const pt_arg init[] = {zero, pt_arg_account("ETH-B")};
    const pt_arg pip[] = {zero, zero, pt_arg_u64(UINT32_MAX)};
    const pt_arg flip[] = {zero, pt_arg_account("flip"), pt_arg_u64(1)};
    const pt_arg clip[] = {zero, pt_arg_account("clip")};
    const pt_arg calc[] = {zero, pt_arg_u64(1), pt_arg_number(&keep), pt_arg_u64(90), zero};
    const pt_arg most = pt_arg_number(&room);
    const pt_arg outside[] = {pt_arg_account("vow"), pt_arg_account("dai_join"),
                              pt_arg_number(&plenty)};
    const pt_arg buyer[] = {pt_arg_account("vow"), pt_arg_account(KEEPER), pt_arg_number(&plenty)};
    const pt_arg hopes[] = {pt_arg_account("clip"), pt_arg_account("flip")};
    PT_TRY(pt_maker_call_it(life, "init", init, 2, report));
    PT_TRY(call_ilk(life, "jug_init", report));
    PT_TRY(pt_maker_call_it(life, "file_pip", pip, 3, report));
    PT_TRY(pt_maker_call_it(life, "file_global_line", &most, 1, report));
    PT_TRY(pt_maker_call_it(life, "file_flip", flip, 3, report));
    PT_TRY(pt_maker_call_it(life, "file_box", &most, 1, report));
    PT_TRY(pt_maker_call_it(life, "file_clip", clip, 2, report));
    PT_TRY(pt_maker_call_it(life, "file_global_hole", &most, 1, report));
    PT_TRY(pt_maker_call_it(life, "file_calc", calc, 5, report));
    PT_TRY(pt_maker_call_it(life, "suck", outside, 3, report));
    PT_TRY(pt_maker_call_it(life, "suck", buyer, 3, report));
    for (size_t i = 0; i < 2; i++) {
        PT_TRY(pt_export_call(&life->out, KEEPER, "hope", &hopes[i], 1, report));
    }
    return pt_maker_seal(life, time_s, NULL, report);
}

/* ---- prices ---- */

/* Bars that had opened an hour before the hour of this time. */
static size_t bars_until(const pt_maker_life *life, uint64_t time_s)
{
    enum { HOUR_S = 3600 };
    const uint64_t hour = time_s / HOUR_S * HOUR_S;
    size_t low = 0, high = life->path.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const bool after = life->path.times[middle] + HOUR_S > hour;
        low = after ? low : middle + 1;
        high = after ? middle : high;
    }
    return low;
}

bool pt_maker_has_path(const pt_maker_life *life, uint64_t time_s)
{
    return bars_until(life, time_s) != 0;
}

pl_u256 pt_maker_path_price(const pt_maker_life *life, uint64_t time_s)
{
    const size_t bars = bars_until(life, time_s);
    return bars != 0 ? life->path.prices[bars - 1] : life->price;
}

pt_exit pt_maker_price(pt_maker_life *life, uint64_t time_s, const pl_u256 *price,
                       pt_report *report)
{
    if (pl_u256_eq(price, &life->price) || pl_u256_is_zero(price)) {
        return PT_OK;
    }
    life->price = *price;
    PT_TRY(pt_export_price(&life->out, 0, time_s, price, report));
    return call_ilk(life, "poke", report);
}

void pt_maker_bend(pt_maker_life *life, uint64_t time_s, const pl_u256 *price, const pl_u256 *path)
{
    enum { LITTLE_BPS = 100 };
    const bool up = pl_u256_cmp(price, path) > 0;
    pl_u256 gap, bps = pl_u256_from_u64(0);
    const pl_u256 whole = pl_u256_from_u64(10000);
    if (!pt_maker_has_path(life, time_s)) {
        life->implied++;
        return;
    }
    pl_u256_sub_sat(&gap, up ? price : path, up ? path : price);
    pl_u256_mul_sat(&gap, &gap, &whole);
    if (pl_u256_div_up(&bps, &gap, path) != PL_OK || !pl_u256_fits_u64(&bps)) {
        return;
    }
    life->bent_up += up ? 1 : 0;
    life->bent_down += up ? 0 : 1;
    life->bent_little += pl_u256_low64(&bps) <= LITTLE_BPS ? 1 : 0;
    if (pl_u256_low64(&bps) > life->bent_most_bps) {
        life->bent_most_bps = pl_u256_low64(&bps);
    }
}

/* ---- parameters ---- */

static pl_u256 scaled(const pt_maker_life *life, const char *function, const pl_u256 *value,
                      uint32_t from)
{
    const uint32_t number = pt_code_function(&life->out.code, function);
    const uint32_t scale =
        number != PL_NONE ? life->out.code.functions[number].parameters[1].type.scale : from;
    const pl_u256 unit = pt_ten(scale > from ? scale - from : 0);
    pl_u256 result;
    pl_u256_mul_sat(&result, value, &unit);
    return result;
}

static pt_exit auto_line(pt_maker_life *life, const pt_maker_row *row, pt_report *report)
{
    static const char *const places[] = {"DC-IAM.ilks.line", "DC-IAM.ilks.gap", "DC-IAM.ilks.ttl"};
    const pl_u256 unit = pt_ten(27);
    pt_arg arguments[4] = {pt_arg_u64(0)};
    for (size_t i = 0; i < 3; i++) {
        pl_u256 value;
        if (strcmp(pt_maker_parameters[row->parameter].name, places[i]) == 0) {
            life->auto_line[i] = row->amount;
        }
        pl_u256_mul_sat(&value, &life->auto_line[i], &unit);
        arguments[i + 1] = pt_arg_number(i < 2 ? &value : &life->auto_line[i]);
    }
    return pt_maker_call_it(life, "file_auto_line", arguments, 4, report);
}

static pt_exit ceiling(pt_maker_life *life, const pt_maker_row *row, pt_report *report)
{
    const pt_arg arguments[] = {pt_arg_u64(0), pt_arg_number(&life->off),
                                pt_arg_number(&row->print)};
    PT_TRY(pt_maker_call_it(life, "exec_row", arguments, 3, report));
    return pt_export_value(&life->out, PT_COLUMN_CEILING, &row->amount, report);
}

static bool is_named(const pt_maker_row *row, const char *name)
{
    return strcmp(pt_maker_parameters[row->parameter].name, name) == 0;
}

/* What the importer itself has to know of a parameter. */
static void remember(pt_maker_life *life, const pt_maker_row *row, const pl_u256 *value)
{
    life->has_dog = life->has_dog || is_named(row, "DOG.ilks.chop");
    life->dog_chop = is_named(row, "DOG.ilks.chop") ? *value : life->dog_chop;
    life->buf = is_named(row, "CLIPPER.buf") ? row->amount : life->buf;
    life->ttl = is_named(row, "FLIPPER.ttl") ? *value : life->ttl;
    life->beg = is_named(row, "FLIPPER.beg") ? *value : life->beg;
}

pt_exit pt_maker_parameter_row(pt_maker_life *life, pt_maker_ilk *ilk, const pt_maker_row *row,
                               pt_report *report)
{
    const pt_maker_parameter *p = &pt_maker_parameters[row->parameter];
    if (row->by_auto_line) {
        return ceiling(life, row, report);
    }
    if (p->function == NULL) {
        return auto_line(life, row, report);
    }
    pl_u256 value = row->amount;
    const pl_u256 one = pt_ten(18);
    if (p->is_factor) {
        pl_u256_add_sat(&value, &value, &one);
    }
    if (is_named(row, "JUG.ilks.duty")) {
        if (pl_u256_cmp(&value, &one) > 0) {
            return pt_fail(report, PT_INPUT, "block %llu: a yearly fee above 1",
                           (unsigned long long)row->block);
        }
        pt_maker_duty(&value, &row->amount);
        PT_TRY(call_ilk(life, "drip", report));
        ilk->rate = ilk->rate_now;
    } else {
        value = scaled(life, p->function, &value, p->is_seconds ? 0 : 18);
    }
    remember(life, row, &value);
    ilk->mat = is_named(row, "SPOTTER.ilks.mat") ? value : ilk->mat;
    ilk->dust = is_named(row, "VAT.ilks.dust") ? value : ilk->dust;
    PT_TRY(pt_maker_set(life, p->function, &value, report));
    const bool changes_chost = is_named(row, "VAT.ilks.dust") || is_named(row, "DOG.ilks.chop");
    return changes_chost ? call_ilk(life, "upchost", report) : PT_OK;
}
