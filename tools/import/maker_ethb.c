/* From row to row: what each must have been, then the block that does it. */
#include "tools/import/maker_ethb.h"

#include <stdlib.h>
#include <string.h>

#include "tools/import/maker_life.h"

enum { GROUP_MAX = 12, BEFORE_S = 24 };

/* ---- the book, out of the chain ---- */

static pt_exit ask_ilk(pt_maker_ilk *ilk, const pt_maker_life *life, uint64_t time_s,
                       pt_report *report)
{
    const pt_arg zero = pt_arg_u64(0);
    pl_outcome outcome;
    pl_u256 duty, rho, grown;
    const pl_u256 ray = pt_ten(27);
    PT_TRY(pt_export_ask(&outcome, &life->out, "ilk_state", &zero, 1, report));
    PT_TRY(pt_export_answer(&ilk->rate, &life->out, "ilk_state", &outcome, "rate", report));
    PT_TRY(pt_export_answer(&ilk->mat, &life->out, "ilk_state", &outcome, "mat", report));
    PT_TRY(pt_export_answer(&ilk->dust, &life->out, "ilk_state", &outcome, "dust", report));
    PT_TRY(pt_export_answer(&ilk->art, &life->out, "ilk_state", &outcome, "Art", report));
    PT_TRY(pt_export_answer(&ilk->line, &life->out, "ilk_state", &outcome, "line", report));
    PT_TRY(pt_export_answer(&duty, &life->out, "ilk_state", &outcome, "duty", report));
    PT_TRY(pt_export_answer(&rho, &life->out, "ilk_state", &outcome, "rho", report));
    const uint64_t since = time_s - pl_u256_low64(&rho);
    if (pl_u256_rpow_half_up(&grown, &duty, since, &ray) != PL_OK ||
        pl_u256_muldiv_down(&ilk->rate_now, &grown, &ilk->rate, &ray) != PL_OK) {
        return pt_fail(report, PT_INPUT, "the fees of %llu seconds do not fit",
                       (unsigned long long)since);
    }
    return PT_OK;
}

static pt_exit ask_vault(pt_maker_vault *vault, const pt_maker_life *life, uint32_t number,
                         pt_report *report)
{
    char name[PT_MAKER_NAME];
    const pt_arg arguments[] = {pt_arg_account(pt_maker_name(name, life, number)), pt_arg_u64(0)};
    pl_outcome outcome;
    vault->off = life->offs[number];
    vault->late = life->lates[number];
    PT_TRY(pt_export_ask(&outcome, &life->out, "vault", arguments, 2, report));
    PT_TRY(pt_export_answer(&vault->ink, &life->out, "vault", &outcome, "ink", report));
    PT_TRY(pt_export_answer(&vault->art, &life->out, "vault", &outcome, "art", report));
    PT_TRY(pt_export_ask(&outcome, &life->out, "dai_of", arguments, 1, report));
    pl_u256_load_be(&vault->dai, outcome.result, outcome.result_size);
    return PT_OK;
}

/* ---- what people did ---- */

typedef struct vault_group {
    uint32_t vault;
    const pt_maker_row *rows[GROUP_MAX];
    size_t count;
    pt_maker_plan plan;
    pl_u256 off, late;
} vault_group;

static pt_exit emit_step(pt_maker_life *life, const vault_group *group, const pt_maker_step *step,
                         pt_report *report)
{
    static const char *const functions[] = {[PT_CALL_DRIP] = "drip",
                                            [PT_CALL_LOCK] = "lock",
                                            [PT_CALL_DRAW] = "draw",
                                            [PT_CALL_WIPE] = "wipe",
                                            [PT_CALL_WIPE_ALL] = "wipe_all_row",
                                            [PT_CALL_FREE] = "free",
                                            [PT_CALL_LOCK_AND_DRAW] = "lock_and_draw"};
    char name[PT_MAKER_NAME];
    if (step->call == PT_CALL_MOVE) {
        const pt_arg out[] = {pt_arg_account(pt_maker_name(name, life, group->vault)),
                              pt_arg_account("dai_join"), pt_arg_number(&step->amount)};
        return pt_export_call(&life->out, name, "move", out, 3, report);
    }
    const bool is_all = step->call == PT_CALL_WIPE_ALL;
    const pt_arg arguments[] = {pt_arg_u64(0),
                                pt_arg_account(pt_maker_name(name, life, group->vault)),
                                pt_arg_number(is_all ? &group->off : &step->amount),
                                pt_arg_number(is_all ? &group->late : &step->second)};
    const size_t count = step->call == PT_CALL_DRIP                      ? 1
                         : is_all || step->call == PT_CALL_LOCK_AND_DRAW ? 4
                                                                         : 3;
    PT_TRY(pt_maker_call_it(life, functions[step->call], arguments, count, report));
    return is_all && step->has_printed
               ? pt_export_value(&life->out, PT_COLUMN_REPAID, &step->printed, report)
               : PT_OK;
}

static void note_plan(pt_maker_life *life, const vault_group *group)
{
    char text[PL_NUM_TEXT_MAX + 1];
    const pt_maker_plan *plan = &group->plan;
    life->mends[plan->mend]++;
    life->rests += plan->rests;
    life->trims += plan->trims;
    text[pl_u256_print_scaled_trim(text, &plan->missing, 18)] = '\0';
    if (plan->mend == PT_MEND_CLOSED) {
        pt_maker_note(life, group->rows[0],
                      "a repayment of %s dai is missing in the source: all collateral left", text);
    } else if (plan->mend == PT_MEND_PAID) {
        pt_maker_note(life, group->rows[0],
                      "repayments were more than the debt of the rows: the rest went out before");
    } else if (plan->mend == PT_MEND_FOUND) {
        pt_maker_note(life, group->rows[0],
                      "a deposit of %s ETH is missing in the source: more left than came", text);
    }
}

/* Groups of the block: rows of one vault, in the order in which the vaults first come; at most
 * GROUP_MAX rows each. */
static vault_group *make_groups(size_t *count, const pt_maker_row *rows, size_t row_count)
{
    vault_group *groups = pt_take_zeroed(row_count + 1, sizeof *groups);
    *count = 0;
    for (size_t i = 0; i < row_count; i++) {
        const pt_maker_row *row = &rows[i];
        if (row->kind < PT_MAKER_LOCK || row->kind > PT_MAKER_FREE) {
            continue;
        }
        size_t g = *count;
        for (size_t j = 0; j < *count; j++) {
            g = groups[j].vault == row->vault && groups[j].count < GROUP_MAX ? j : g;
        }
        *count = g == *count ? g + 1 : *count;
        groups[g].vault = row->vault;
        groups[g].rows[groups[g].count++] = row;
    }
    return groups;
}

/* Plans every group; *least: the price below which a step would not be safe. */
static pt_exit plan_groups(pt_maker_life *life, vault_group *groups, size_t count,
                           pt_maker_ilk *ilk, pl_u256 *least, bool *draws, pt_report *report)
{
    for (size_t i = 0; i < count; i++) {
        vault_group *group = &groups[i];
        pt_maker_vault vault;
        PT_TRY(ask_vault(&vault, life, group->vault, report));
        pt_maker_plan_rows(&group->plan, ilk, &vault, group->rows, group->count);
        pl_u256 grown;
        pl_u256_sub_sat(&grown, &vault.off, &life->offs[group->vault]);
        pl_u256_add_sat(&life->off, &life->off, &grown);
        group->late = life->lates[group->vault];
        life->offs[group->vault] = vault.off;
        life->lates[group->vault] = vault.late;
        group->off = vault.off;
        pl_u256_add_sat(&ilk->art, &ilk->art, &group->plan.drawn);
        *draws = *draws || !pl_u256_is_zero(&group->plan.drawn);
        if (pl_u256_cmp(&group->plan.price_least, least) > 0) {
            *least = group->plan.price_least;
        }
        note_plan(life, group);
    }
    return PT_OK;
}

static pt_exit open_vaults(pt_maker_life *life, const pt_maker_row *rows, size_t count,
                           pt_report *report)
{
    const pt_arg manager = pt_arg_account(PT_MAKER_ADMIN);
    char name[PT_MAKER_NAME];
    for (size_t i = 0; i < count; i++) {
        if (rows[i].kind == PT_MAKER_OPEN) {
            PT_TRY(pt_export_call(&life->out, pt_maker_name(name, life, rows[i].vault), "hope",
                                  &manager, 1, report));
        }
    }
    return PT_OK;
}

/* Debt whose repayment the source lacks counts, and the real ceiling may be too low for it. */
static pt_exit make_room(pt_maker_life *life, const pt_maker_row *row, const pt_maker_ilk *ilk,
                         pt_report *report)
{
    pl_u256 debt;
    pl_u256_mul_sat(&debt, &ilk->art, &ilk->rate_now);
    if (pl_u256_cmp(&debt, &ilk->line) <= 0) {
        return PT_OK;
    }
    life->raised++;
    pt_maker_note(life, row,
                  "the ceiling is raised: debt counts here whose repayment the source lacks");
    return pt_maker_set(life, "file_line", &debt, report);
}

/* Everything of one block but its liquidations. */
static pt_exit block_of_rows(pt_maker_life *life, const pt_maker_row *rows, size_t count,
                             pt_report *report)
{
    const uint64_t time_s = rows[0].time_s;
    pt_maker_ilk ilk;
    size_t group_count = 0;
    bool draws = false;
    pl_u256 price = pt_maker_path_price(life, time_s), least = pl_u256_from_u64(0);
    PT_TRY(ask_ilk(&ilk, life, time_s, report));
    for (size_t i = 0; i < count && rows[i].kind == PT_MAKER_PARAMETER; i++) {
        PT_TRY(pt_maker_parameter_row(life, &ilk, &rows[i], report));
    }
    vault_group *groups = make_groups(&group_count, rows, count);
    pt_exit result = plan_groups(life, groups, group_count, &ilk, &least, &draws, report);
    if (result == PT_OK && pl_u256_cmp(&least, &price) > 0) {
        pt_maker_bend(life, time_s, &least, &price);
        price = least;
    }
    if (result == PT_OK && !pl_u256_is_zero(&ilk.mat)) {
        result = pt_maker_price(life, time_s, &price, report);
    }
    if (result == PT_OK && draws) {
        result = make_room(life, &rows[0], &ilk, report);
    }
    if (result == PT_OK) {
        result = open_vaults(life, rows, count, report);
    }
    for (size_t i = 0; i < group_count && result == PT_OK; i++) {
        for (size_t j = 0; j < groups[i].plan.count && result == PT_OK; j++) {
            result = emit_step(life, &groups[i], &groups[i].plan.steps[j], report);
        }
    }
    free(groups);
    return result == PT_OK ? pt_maker_seal(life, time_s, &rows[0], report) : result;
}

/* ---- liquidations ---- */

/* A bark that took a part met a full hole: other ilks' auctions are not in the source, so Hole is
 * set to leave the room that the row shows. */
static pt_exit leave_room(pt_maker_life *life, const pt_maker_row *row, pt_report *report)
{
    pl_outcome outcome;
    pl_u256 dirt, room;
    const pl_u256 unit = pt_ten(9);
    PT_TRY(pt_export_ask(&outcome, &life->out, "sys_state", NULL, 0, report));
    PT_TRY(pt_export_answer(&dirt, &life->out, "sys_state", &outcome, "Dirt", report));
    pl_u256_mul_sat(&room, &row->amount, &life->dog_chop); /* wad * wad */
    pl_u256_mul_sat(&room, &room, &unit);                  /* rad       */
    pl_u256_add_sat(&room, &room, &dirt);
    life->rooms++;
    pt_maker_note(
        life, row,
        "bark of a part: Hole set to leave the room that the row shows; auctions of other "
        "collateral are not in the source");
    const pt_arg argument = pt_arg_number(&room);
    return pt_maker_call_it(life, "file_global_hole", &argument, 1, report);
}

/* The price for a liquidation: the path's, or one just low enough. */
static pl_u256 price_for(pt_maker_life *life, const pt_maker_row *row, const pt_maker_ilk *ilk,
                         const pt_maker_vault *vault)
{
    const pl_u256 path = pt_maker_path_price(life, row->time_s), part = pt_ten(9);
    pl_u256 most, margin;
    pt_maker_price_unsafe(&most, ilk, vault);
    if (pl_u256_is_zero(&vault->art) || pl_u256_is_zero(&vault->ink) ||
        pl_u256_cmp(&path, &most) <= 0 || pl_u256_div_up(&margin, &most, &part) != PL_OK) {
        return path;
    }
    pl_u256_sub_sat(&most, &most, &margin);
    pt_maker_bend(life, row->time_s, &most, &path);
    return most;
}

/* A block for each liquidation: the price that it needs is its own. */
static pt_exit liquidate(pt_maker_life *life, const pt_maker_row *row, pt_report *report)
{
    pt_maker_ilk ilk;
    pt_maker_vault vault;
    char name[PT_MAKER_NAME];
    pl_u256 nearly;
    const pl_u256 one = pt_ten(18), room = pt_ten(12 + 45);
    PT_TRY(ask_ilk(&ilk, life, row->time_s, report));
    PT_TRY(ask_vault(&vault, life, row->vault, report));
    pl_u256_add_sat(&nearly, &row->lot, &one);
    const bool is_part = life->has_dog && pl_u256_cmp(&nearly, &vault.ink) < 0;
    const pl_u256 price = price_for(life, row, &ilk, &vault);
    const pt_arg who = pt_arg_account(pt_maker_name(name, life, row->vault));
    const pt_arg off = pt_arg_number(&vault.off), print = pt_arg_number(&row->print);
    const pt_arg late = pt_arg_number(&vault.late);
    const pt_arg bite[] = {pt_arg_u64(0), who, off, late, print};
    const pt_arg bark[] = {pt_arg_u64(0), who, pt_arg_account(PT_MAKER_KEEPER), off, late, print};
    const size_t lot_column = life->has_dog ? PT_COLUMN_BARK_LOT : PT_COLUMN_BITE_LOT;
    PT_TRY(pt_maker_price(life, row->time_s, &price, report));
    if (is_part) {
        PT_TRY(leave_room(life, row, report));
    }
    PT_TRY(pt_export_call(&life->out, PT_MAKER_KEEPER, life->has_dog ? "bark_row" : "bite_row",
                          life->has_dog ? bark : bite, life->has_dog ? 6 : 5, report));
    const size_t place = life->out.call_count - 1;
    PT_TRY(pt_export_value(&life->out, lot_column, &row->lot, report));
    PT_TRY(pt_export_value(&life->out, lot_column + 1, &row->amount, report));
    if (is_part) {
        const pt_arg argument = pt_arg_number(&room);
        PT_TRY(pt_maker_call_it(life, "file_global_hole", &argument, 1, report));
    }
    PT_TRY(pt_maker_seal(life, row->time_s, row, report));
    return life->out.outcomes[place].status == PL_OK
               ? pt_maker_auction_begin(life, place, row->time_s, report)
               : PT_OK;
}

/* ---- all rows ---- */

static pt_exit all_rows(pt_maker_life *life, pt_report *report)
{
    const pt_maker_row *rows = life->rows.rows;
    for (size_t i = 0; i < life->rows.count;) {
        size_t end = i, bites = i;
        while (end < life->rows.count && rows[end].block == rows[i].block) {
            bites += rows[end].kind != PT_MAKER_BITE ? 1 : 0;
            end++;
        }
        PT_TRY(pt_maker_auctions_until(life, rows[i].time_s, report));
        if (bites != i) {
            PT_TRY(block_of_rows(life, &rows[i], bites - i, report));
        }
        for (; bites < end; bites++) {
            PT_TRY(liquidate(life, &rows[bites], report));
        }
        i = end;
    }
    return pt_maker_auctions_until(life, UINT64_MAX, report);
}

static pt_exit import_all(pt_maker_life *life, const char *data, const char *prices,
                          const char *folder, const char *contracts, pt_report *report)
{
    PT_TRY(pt_maker_rows_read(&life->rows, data, report));
    if (prices != NULL) {
        PT_TRY(pt_maker_path_read(&life->path, prices, report));
    }
    const uint64_t first_s = life->rows.rows[0].time_s;
    if (first_s < BEFORE_S) {
        return pt_fail(report, PT_INPUT, "%s: a row of 1970", data);
    }
    life->offs = pt_take_zeroed(life->rows.vault_count + 1, sizeof *life->offs);
    life->lates = pt_take_zeroed(life->rows.vault_count + 1, sizeof *life->lates);
    PT_TRY(pt_export_open(&life->out, "maker_eth_b", "maker", "maker_cat.plim", contracts,
                          first_s - BEFORE_S, report));
    PT_TRY(pt_maker_world(life, report));
    PT_TRY(pt_maker_first_block(life, first_s - BEFORE_S / 2, report));
    PT_TRY(all_rows(life, report));
    char *page = pt_maker_page(life, prices);
    const pt_exit result = pt_export_write(&life->out, folder, page, report);
    free(page);
    return result;
}

pt_exit pt_import_maker_ethb(pt_maker_result *result, const char *data, const char *prices,
                             const char *folder, const char *contracts, pt_report *report)
{
    pt_maker_life *life = pt_take_zeroed(1, sizeof *life);
    const pt_exit verdict = import_all(life, data, prices, folder, contracts, report);
    *result = (pt_maker_result){0};
    if (verdict == PT_OK) {
        pl_head head;
        pl_chain_head(&head, life->out.chain);
        memcpy(result->root, head.state_root, 32);
        result->blocks = head.height;
        result->calls = life->out.total_calls;
        result->refused = life->out.total_refused;
        result->prices = life->out.total_prices;
        result->values = life->out.total_values;
        result->rows = life->rows.count;
        result->auctions = life->auction_total;
        for (size_t i = 0; i < life->rows.count; i++) {
            result->liquidations += life->rows.rows[i].kind == PT_MAKER_BITE ? 1 : 0;
        }
    }
    pt_export_close(&life->out);
    pt_maker_rows_free(&life->rows);
    pt_maker_path_free(&life->path);
    pt_bytes_free(&life->notes);
    free(life->offs);
    free(life->lates);
    free(life->auctions);
    free(life);
    return verdict;
}
