/* Names of types to types. Declarations are resolved when first asked for; a type that needs itself
 * is an error. */
#include "tools/plc/program.h"

static uint32_t small_arg(plc *p, const plc_type_expr *e, uint32_t max, bool *ok)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < e->number.size; i++) {
        const char c = e->number.text[i];
        if (c < '0' || c > '9' || value > max) {
            value = (uint64_t)max + 1;
            break;
        }
        value = value * 10 + (uint64_t)(c - '0');
    }
    if (e->number.size == 0 || value > max) {
        plc_error(p, e->loc, NULL, "expected a number of decimals from 0 to %u", max);
        *ok = false;
        return 0;
    }
    return (uint32_t)value;
}

/* price<8>, amount<USDC, 6>, fixed<12>, contract<Model>. */
static const plc_type *resolve_generic(plc *p, plc_unit *unit, const plc_type_expr *e)
{
    bool ok = true;
    if (plc_is(e->name, "contract")) {
        if (e->arg_count != 1 || e->args[0]->number.size != 0) {
            plc_error(p, e->loc, NULL, "write contract<Interface>");
            return NULL;
        }
        const plc_type *t = plc_resolve(p, unit, e->args[0]);
        if (t != NULL && t->kind != TY_CONTRACT) {
            plc_error(p, e->args[0]->loc, NULL, "%.*s is not an interface", PLC_FMT(t->name));
            return NULL;
        }
        return t;
    }
    const bool is_signed = e->name.text[0] == 'i';
    const plc_str word = is_signed ? (plc_str){e->name.text + 1, e->name.size - 1} : e->name;
    if (plc_is(word, "amount")) {
        if (e->arg_count != 2 || e->args[0]->name.size == 0) {
            plc_error(p, e->loc, "write amount<USDC, 6>", "an amount has a unit and decimals");
            return NULL;
        }
        const uint32_t scale = small_arg(p, e->args[1], 77, &ok);
        return ok ? plc_type_scaled(p, MEASURE_AMOUNT, is_signed, scale, e->args[0]->name, 32)
                  : NULL;
    }
    if (plc_is(word, "price") || plc_is(word, "fixed")) {
        if (e->arg_count != 1) {
            plc_error(p, e->loc, "write price<8>", "%.*s has decimals", PLC_FMT(e->name));
            return NULL;
        }
        const plc_measure measure = plc_is(word, "price") ? MEASURE_PRICE : MEASURE_FACTOR;
        const uint32_t scale = small_arg(p, e->args[0], 77, &ok);
        return ok ? plc_type_scaled(p, measure, is_signed, scale, PLC_STR(""), 32) : NULL;
    }
    plc_error(p, e->loc, NULL, "%.*s takes no arguments in < >", PLC_FMT(e->name));
    return NULL;
}

/* t.row: the row type of a table or state. */
static const plc_type *resolve_row(plc *p, plc_unit *unit, const plc_type_expr *e, bool *is_row)
{
    const plc_str n = e->name;
    *is_row = n.size > 4 && memcmp(n.text + n.size - 4, ".row", 4) == 0;
    if (!*is_row) {
        return NULL;
    }
    const plc_str table = {n.text, n.size - 4};
    plc_item *item = plc_find_or_say(p, unit, SPACE_VALUE, table, e->loc, "table");
    if (item == NULL) {
        return NULL;
    }
    if (item->kind != IT_TABLE || item->decl == NULL) {
        plc_error(p, e->loc, NULL, "%.*s is not a table", PLC_FMT(table));
        return NULL;
    }
    return ((plc_table *)item->decl)->row;
}

static const plc_type *resolve_named(plc *p, plc_unit *unit, const plc_type_expr *e)
{
    if (e->name.size == 0) {
        plc_error(p, e->loc, NULL, "expected a type, found a number");
        return NULL;
    }
    if (e->arg_count > 0) {
        return resolve_generic(p, unit, e);
    }
    const plc_type *t = plc_type_builtin(p, e->name);
    if (t != NULL) {
        return t;
    }
    bool is_row;
    t = resolve_row(p, unit, e, &is_row);
    if (is_row) {
        return t;
    }
    plc_item *item = plc_find(p, unit, SPACE_TYPE, e->name);
    if (item != NULL) {
        return plc_resolve_item(p, item);
    }
    plc_near near = plc_near_begin(e->name);
    static const char *const words[] = {
        "bool", "u8",  "u16", "u32", "u64",     "u128",   "u256",    "i256",  "i128",   "time",
        "bps",  "wad", "ray", "rad", "account", "symbol", "bytes32", "price", "amount", "fixed"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        plc_near_add_word(&near, words[i]);
    }
    plc_near_items(&near, unit, SPACE_TYPE);
    const char *help = plc_near_help(p, &near);
    if (plc_is(e->name, "uint") || plc_is(e->name, "uint256") || plc_is(e->name, "int256")) {
        help = plc_is(e->name, "int256") ? "write i256" : "write u256";
    } else if (plc_is(e->name, "address")) {
        help = "write account";
    } else if (plc_is(e->name, "price") || plc_is(e->name, "amount") || plc_is(e->name, "fixed")) {
        help = "write price<8>, amount<USDC, 6>, fixed<12>";
    }
    plc_error(p, e->loc, help, "there is no type `%.*s`", PLC_FMT(e->name));
    return NULL;
}

const plc_type *plc_resolve(plc *p, plc_unit *unit, const plc_type_expr *e)
{
    const plc_type *t = resolve_named(p, unit, e);
    for (uint32_t i = 0; t != NULL && i < e->dims.count; i++) {
        plc_fn f;
        const plc_num *nums;
        uint64_t count = 0;
        plc_fn_begin(&f, p, unit);
        if (!plc_const_value(&f, e->dims.at[i], plc_type_int(p, false, 64), &nums)) {
            return NULL;
        }
        if (!plc_num_small(nums, &count) || count == 0 || count > PL_REGISTERS_MAX ||
            count * t->leaf_count > PL_REGISTERS_MAX) {
            plc_error(p, e->dims.at[i]->loc, NULL, "an array has 1 to %u scalar parts",
                      PL_REGISTERS_MAX);
            return NULL;
        }
        t = plc_type_array(p, t, (uint32_t)count);
    }
    return t;
}

/* ---- declared types ---- */

static void check_unique(plc *p, const plc_members *m, plc_loc loc, plc_str name)
{
    for (uint32_t i = 0; i < m->count; i++) {
        if (plc_same(m->at[i].name, name)) {
            plc_error(p, loc, NULL, "`%.*s` appears twice", PLC_FMT(name));
            return;
        }
    }
}

static const plc_type *make_struct(plc *p, plc_item *item)
{
    plc_type *t = plc_type_new(p, TY_STRUCT, item->name);
    if (item->fields.count > PL_REGISTERS_MAX) {
        plc_error(p, item->loc, NULL, "a struct has at most %u fields", PL_REGISTERS_MAX);
        return NULL;
    }
    for (uint32_t i = 0; i < item->fields.count; i++) {
        const plc_field_expr *f = &item->fields.at[i];
        const plc_type *type = plc_resolve(p, item->unit, f->type);
        check_unique(p, &t->members, f->loc, f->name);
        if (type != NULL) {
            *PLC_PUSH(p, t->members.at, t->members.count) =
                (plc_member){.name = f->name, .loc = f->loc, .type = type};
        }
    }
    if (t->members.count == 0) {
        plc_error(p, item->loc, NULL, "a struct has at least one field");
        return NULL;
    }
    plc_type_layout(p, t, item->loc);
    return t;
}

static uint32_t bit_number(plc *p, plc_unit *unit, const plc_expr *e, bool *ok)
{
    plc_num n;
    const plc_type *type;
    uint64_t value = 0;
    if (!plc_number(p, unit, e->text, e->loc, &n, &type)) {
        *ok = false;
    } else if (type != NULL || !plc_num_small(&n, &value) || value > 256) {
        plc_error(p, e->loc, NULL, "a bit number is 0 to 255");
        *ok = false;
    }
    return (uint32_t)value;
}

static void bit_part(plc *p, plc_item *item, plc_type *t, const plc_field_expr *f)
{
    bool ok = true;
    plc_member m = {.name = f->name, .loc = f->loc};
    m.low = bit_number(p, item->unit, f->low, &ok);
    const uint32_t end = f->high == NULL ? m.low + 1 : bit_number(p, item->unit, f->high, &ok);
    if (!ok) {
        return;
    }
    if (end <= m.low || end > 256 || end - m.low > 255) {
        plc_error(p, f->loc, "the end is not included: 0..16 has 16 bits",
                  "a part has 1 to 255 bits below bit 256");
        return;
    }
    m.bits = end - m.low;
    for (uint32_t i = 0; i < t->members.count; i++) {
        const plc_member *o = &t->members.at[i];
        if (m.low < o->low + o->bits && o->low < m.low + m.bits) {
            plc_error(p, f->loc, NULL, "`%.*s` overlaps `%.*s`", PLC_FMT(f->name),
                      PLC_FMT(o->name));
            return;
        }
    }
    check_unique(p, &t->members, f->loc, f->name);
    m.type =
        m.bits == 1 ? plc_type_simple(p, TY_BOOL) : plc_type_int(p, false, (m.bits + 7) / 8 * 8);
    if (f->type != NULL) {
        m.type = plc_resolve(p, item->unit, f->type);
        if (m.type == NULL) {
            return;
        }
        if (!plc_is_scalar(m.type) || m.type->is_signed || m.type->kind == TY_ENUM ||
            m.type->kind == TY_BITS || m.bits > 8u * m.type->size ||
            (m.type->kind == TY_BOOL && m.bits > 1)) {
            plc_error(p, f->type->loc, NULL, "%u bits cannot be a %.*s", m.bits,
                      PLC_FMT(m.type->name));
            return;
        }
    }
    *PLC_PUSH(p, t->members.at, t->members.count) = m;
}

static const plc_type *make_enum(plc *p, plc_item *item)
{
    plc_type *t = plc_type_new(p, TY_ENUM, item->name);
    t->size = 1;
    t->variants = item->names;
    for (uint32_t i = 0; i < item->names.count; i++) {
        for (uint32_t j = 0; j < i && j < PL_ENUM_VARIANTS_MAX; j++) {
            if (plc_same(item->names.at[i], item->names.at[j])) {
                plc_error(p, item->names.loc[i], NULL, "`%.*s` appears twice",
                          PLC_FMT(item->names.at[i]));
                break;
            }
        }
    }
    if (item->names.count == 0 || item->names.count > PL_ENUM_VARIANTS_MAX) {
        plc_error(p, item->loc, NULL, "an enum has 1 to %u variants", PL_ENUM_VARIANTS_MAX);
        return NULL;
    }
    return t;
}

static plc_members method_part(plc *p, plc_unit *unit, const plc_fields *fields)
{
    plc_members m = {0};
    for (uint32_t i = 0; i < fields->count; i++) {
        const plc_field_expr *f = &fields->at[i];
        const plc_type *type = plc_resolve(p, unit, f->type);
        if (type != NULL) {
            *PLC_PUSH(p, m.at, m.count) =
                (plc_member){.name = f->name, .loc = f->loc, .type = type};
        }
    }
    return m;
}

static const plc_type *make_interface(plc *p, plc_item *item)
{
    plc_type *t = plc_type_new(p, TY_CONTRACT, plc_print(p, "contract<%.*s>", PLC_FMT(item->name)));
    t->size = 4;
    item->decl = t;
    item->state = 2; /* its functions may take contracts of itself */
    for (uint32_t i = 0; i < item->method_count; i++) {
        const plc_method_expr *e = &item->methods[i];
        const plc_method m = {.name = e->name,
                              .effect = e->effect,
                              .loc = e->loc,
                              .parameters = method_part(p, item->unit, &e->parameters),
                              .results = method_part(p, item->unit, &e->results)};
        *PLC_PUSH(p, t->methods, t->method_count) = m;
    }
    return t;
}

static const plc_type *make_bitfield(plc *p, plc_item *item)
{
    plc_type *t = plc_type_new(p, TY_BITS, item->name);
    t->size = 32;
    for (uint32_t i = 0; i < item->fields.count; i++) {
        bit_part(p, item, t, &item->fields.at[i]);
    }
    return t;
}

const plc_type *plc_resolve_item(plc *p, plc_item *item)
{
    if (item->state == 2) {
        return item->decl;
    }
    if (item->state == 1) {
        plc_error(p, item->loc, NULL, "`%.*s` contains itself", PLC_FMT(item->name));
        return NULL;
    }
    if (!plc_down(p, item->loc)) {
        return NULL;
    }
    item->state = 1;
    const plc_type *t = NULL;
    switch ((int)item->kind) {
    case IT_TYPE:
        t = plc_resolve(p, item->unit, item->type);
        break;
    case IT_ENUM:
        t = make_enum(p, item);
        break;
    case IT_STRUCT:
        t = make_struct(p, item);
        break;
    case IT_BITFIELD:
        t = make_bitfield(p, item);
        break;
    case IT_INTERFACE:
        t = make_interface(p, item);
        break;
    default:
        break;
    }
    plc_up(p);
    item->state = 2;
    memcpy(&item->decl, &t, sizeof t);
    return t;
}
