/* How recorded runs of Maker's dss meet contracts/maker.plim. A price is two feeds: the value and
 * whether there is one. */
#include <stdio.h>
#include <string.h>

#include "tools/import/protocols.h"
#include "vm/num/text.h"

static const pt_contract_source contracts[] = {{"maker", "maker.plim"}, {NULL, NULL}};

static const pt_names_source names[] = {{0, "ilks", "key"}, {0, NULL, NULL}};

static const pt_key trace_keys[] = {
    {.key = "ilk", .kind = PT_NAME},
    {.key = "u", .kind = PT_PERSON},
    {.key = "v", .kind = PT_PERSON},
    {.key = "w", .kind = PT_PERSON},
    {.key = "src", .kind = PT_PERSON},
    {.key = "dst", .kind = PT_PERSON},
    {.key = "usr", .kind = PT_PERSON},
    {.key = "urn", .kind = PT_PERSON},
    {.key = "kpr", .kind = PT_PERSON},
    {.key = "who", .kind = PT_PERSON},
    {.key = "val", .kind = PT_HEX},
    {.key = "clip", .kind = PT_PERSON},
    {.key = NULL},
};

static const char *const extra_people[] = {"admin", "keeper", "vow", NULL};

static const pt_feed_source feeds[] = {
    {.suffix = "", .path = "state.ilk.*0.val", .decimals = 18, .note = "price"},
    {.suffix = ".has", .path = "state.ilk.*0.has", .decimals = 0, .note = "1 when there is one"},
    {.suffix = NULL},
};
static const pt_price_source prices[] = {{"val", ""}, {"has", ".has"}, {NULL, NULL}};

static const pt_bind ilk_binds[] = {{.field = "name", .source = "="}, {.field = NULL}};
static const pt_bind pip_binds[] = {
    {.field = "pip", .source = "$"}, {.field = "has", .source = "$.has"}, {.field = NULL}};
static const pt_bind vow_binds[] = {{.field = "wait", .source = "/vowWait"}, {.field = NULL}};
static const pt_bind dog_binds[] = {{.field = "clip", .source = "=", .prefix = "clip-"},
                                    {.field = NULL}};
static const pt_bind dai_binds[] = {{.field = "rad", .source = "dai"}, {.field = NULL}};
static const pt_bind urn_binds[] = {
    {.field = "ink", .source = "0"}, {.field = "art", .source = "1"}, {.field = NULL}};
static const pt_bind gem_binds[] = {{.field = "wad", .source = "2"}, {.field = NULL}};
static const pt_bind held_binds[] = {{.field = "usr", .source = "=", .prefix = "clip-"},
                                     {.field = "wad", .source = "gem"},
                                     {.field = NULL}};
static const pt_rows rows[] = {
    {.table = "vat", .path = "state.sys"},
    {.table = "vow", .path = "state.sys", .binds = vow_binds},
    {.table = "dog", .path = "state.sys"},
    {.table = "ilks", .path = "state.ilk.*0", .binds = ilk_binds},
    {.table = "jug_ilks", .path = "state.ilk.*0"},
    {.table = "spot_ilks", .path = "state.ilk.*0", .binds = pip_binds},
    {.table = "dog_ilks", .path = "state.ilk.*0", .binds = dog_binds},
    {.table = "gem", .path = "state.ilk.*0", .binds = held_binds},
    {.table = "dai", .path = "state.who.*", .binds = dai_binds},
    {.table = "urns", .path = "state.who.*.v.*0", .binds = urn_binds},
    {.table = "gem", .path = "state.who.*.v.*0", .binds = gem_binds},
    {.table = NULL},
};

static const pt_same same[] = {
    {"ilks.*0.mat", "state.ilk.*0.mat"},
    {"ilks.*0.duty", "state.ilk.*0.duty"},
    {"ilks.*0.dust", "state.ilk.*0.dust"},
    {"ilks.*0.line", "state.ilk.*0.line"},
    {"ilks.*0.chop", "state.ilk.*0.chop"},
    {"ilks.*0.hole", "state.ilk.*0.hole"},
    {"Hole", "state.sys.Hole"},
    {NULL, NULL},
};

static const pt_bind length_binds[] = {{.field = "result", .source = "#"}, {.field = NULL}};
static const pt_bind sale_binds[] = {{.field = "id", .source = "0"},
                                     {.field = "pos", .source = "1"},
                                     {.field = "tab", .source = "2"},
                                     {.field = "lot", .source = "3"},
                                     {.field = "usr", .source = "4", .kind = PT_PERSON},
                                     {.field = "tic", .source = "5"},
                                     {.field = "top", .source = "6"},
                                     {.field = "needs_redo", .source = "7"},
                                     {.field = "price", .source = "8"},
                                     {.field = NULL}};
static const pt_bind own_binds[] = {{.field = "result", .source = "dai"}, {.field = NULL}};
static const pt_bind vault_binds[] = {{.field = "ink", .source = "0"},
                                      {.field = "art", .source = "1"},
                                      {.field = "gem", .source = "2"},
                                      {.field = NULL}};
static const pt_group groups[] = {
    {.path = "sys", .view = "sys_state"},
    {.path = "ilk.*0", .view = "ilk_state"},
    {.path = "ilk.*0.sales", .view = "sale_count", .binds = length_binds},
    {.path = "ilk.*0.sales.@", .view = "sale_at", .binds = sale_binds, .most = 32},
    {.path = "who.*", .view = "dai_of", .binds = own_binds},
    {.path = "who.*.v.*0", .view = "vault", .binds = vault_binds},
    {.path = NULL},
};

/* ---- rows that the tables cannot say ---- */

static pt_exit set_account(pt_row *row, const char *field, const char *name)
{
    uint8_t account[32];
    pt_trace_account(account, name);
    pt_row_put(row, field, account);
    return PT_OK;
}

/* One row of dai or sin. */
static pt_exit add_rad(pt_trace *trace, const char *table, const char *usr, const pl_u256 *rad,
                       pt_report *report)
{
    pt_row row;
    PT_TRY(pt_row_begin(&row, &trace->build, 1, table, report));
    PT_TRY(set_account(&row, "usr", usr));
    PT_TRY(pt_row_set(&row, "rad", rad, report));
    return pt_row_end(&row, report);
}

/* The vow's balances, and the sin of whoever made the dai that people start with. */
static pt_exit add_balances(pt_trace *trace, const pt_json *header, pt_report *report)
{
    pt_json state, sys;
    pl_u256 dai, sin, vice;
    PT_TRY(pt_json_member(&state, header, "state", JSON_OBJECT, report));
    PT_TRY(pt_json_member(&sys, &state, "sys", JSON_OBJECT, report));
    PT_TRY(pt_json_u256(&dai, &sys, "vowDai", report));
    PT_TRY(pt_json_u256(&sin, &sys, "vowSin", report));
    PT_TRY(pt_json_u256(&vice, &sys, "vice", report));
    if (pl_u256_cmp(&sin, &vice) > 0) {
        return pt_json_wrong(&sys, report, "vowSin of at most vice");
    }
    pl_u256_sub_wrap(&vice, &vice, &sin);
    PT_TRY(add_rad(trace, "dai", "vow", &dai, report));
    PT_TRY(add_rad(trace, "sin", "vow", &sin, report));
    return add_rad(trace, "sin", "admin", &vice, report);
}

/* Everybody has hoped every Clipper. */
static pt_exit add_hopes(pt_trace *trace, pt_report *report)
{
    for (size_t u = 0; u < trace->user_count; u++) {
        for (size_t i = 0; i < trace->lists[0].count; i++) {
            char clip[40];
            pt_row row;
            (void)snprintf(clip, sizeof clip, "clip-%s", trace->lists[0].names[i]);
            PT_TRY(pt_row_begin(&row, &trace->build, 1, "can", report));
            PT_TRY(set_account(&row, "owner", trace->users[u]));
            PT_TRY(set_account(&row, "usr", clip));
            PT_TRY(pt_row_set_u64(&row, "yes", 1, report));
            PT_TRY(pt_row_end(&row, report));
        }
    }
    return PT_OK;
}

/* The number of the price curve, which the header tells by name. */
static pt_exit read_curve(uint64_t *curve, const pt_json *ilk, pt_report *report)
{
    static const char *const curves[] = {"linear", "stair", "exp"}; /* enum Abacus */
    const char *name = NULL;
    PT_TRY(pt_json_text(&name, ilk, "curve", report));
    for (*curve = 0; *curve < sizeof curves / sizeof curves[0]; (*curve)++) {
        if (strcmp(name, curves[*curve]) == 0) {
            return PT_OK;
        }
    }
    return pt_json_wrong(ilk, report, "curve linear, stair or exp");
}

static pt_exit add_clip(pt_trace *trace, size_t i, const pt_json *ilk, const pt_json *state,
                        pt_report *report)
{
    static const struct {
        const char *key;
        bool in_state, optional;
    } fields[] = {{"buf", false, false},    {"tail", false, false}, {"cusp", false, false},
                  {"chip", false, false},   {"tip", false, false},  {"cut", false, true},
                  {"step", false, true},    {"tau", false, true},   {"kicks", true, false},
                  {"stopped", true, false}, {"chost", true, false}};
    pt_row row;
    uint64_t curve = 0;
    PT_TRY(read_curve(&curve, ilk, report));
    PT_TRY(pt_row_begin(&row, &trace->build, 1, "clips", report));
    PT_TRY(pt_row_set_u64(&row, "ilk", i, report));
    PT_TRY(pt_row_set_u64(&row, "calc", curve, report));
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
        pl_u256 value;
        const pt_json *from = fields[f].in_state ? state : ilk;
        if (!fields[f].optional || pt_json_has(from, fields[f].key)) {
            PT_TRY(pt_json_u256(&value, from, fields[f].key, report));
            PT_TRY(pt_row_set(&row, fields[f].key, &value, report));
        }
    }
    return pt_row_end(&row, report);
}

static pt_exit genesis(pt_trace *trace, const pt_json *header, pt_report *report)
{
    pt_json list, item, state, ilks, ilk;
    PT_TRY(pt_json_member(&list, header, "ilks", JSON_ARRAY, report));
    PT_TRY(pt_json_member(&state, header, "state", JSON_OBJECT, report));
    PT_TRY(pt_json_member(&ilks, &state, "ilk", JSON_OBJECT, report));
    for (size_t i = 0; i < trace->lists[0].count; i++) {
        const char *name = trace->lists[0].names[i];
        PT_TRY(pt_json_element(&item, &list, i, JSON_OBJECT, report));
        PT_TRY(pt_json_member(&ilk, &ilks, name, JSON_OBJECT, report));
        if (strlen(name) > 27) {
            return pt_json_wrong(&item, report, "a key of at most 27 characters");
        }
        PT_TRY(add_clip(trace, i, &item, &ilk, report));
    }
    pt_row row;
    PT_TRY(pt_row_begin(&row, &trace->build, 1, "wards", report));
    PT_TRY(set_account(&row, "usr", "admin"));
    PT_TRY(pt_row_set_u64(&row, "yes", 1, report));
    PT_TRY(pt_row_end(&row, report));
    PT_TRY(add_hopes(trace, report));
    return add_balances(trace, header, report);
}

/* Read by genesis above; `key` names the ilk. */
static const char *const remarks[] = {
    "ilks.*0.key",  "ilks.*0.curve", "ilks.*0.buf", "ilks.*0.tail",
    "ilks.*0.cusp", "ilks.*0.chip",  "ilks.*0.tip", "ilks.*0.cut",
    "ilks.*0.step", "ilks.*0.tau",   NULL};

const pt_protocol pt_maker_dss = {
    .name = "maker-dss",
    .contracts = contracts,
    .names = names,
    .keys = trace_keys,
    .extra_people = extra_people,
    .feeds = feeds,
    .price_name_key = "ilk",
    .prices = prices,
    .liquidation = "bark",
    .text_errors = true,
    .rows = rows,
    .same = same,
    .remarks = remarks,
    .groups = groups,
    .genesis = genesis,
};
