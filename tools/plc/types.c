/* Types: made once, so that equal types are the same object. spec 07 §3 */
#include "tools/plc/program.h"

plc_type *plc_type_new(plc *p, plc_type_kind kind, plc_str name)
{
    plc_program *g = p->program;
    plc_type *t = PLC_NEW(p, plc_type);
    t->kind = kind;
    t->name = name;
    t->leaf_count = 1;
    *PLC_PUSH(p, g->types, g->type_count) = t;
    return t;
}

static const plc_type *find_named(plc *p, plc_type_kind kind, plc_str name)
{
    plc_program *g = p->program;
    for (uint32_t i = 0; i < g->type_count; i++) {
        if (g->types[i]->kind == kind && plc_same(g->types[i]->name, name)) {
            return g->types[i];
        }
    }
    return NULL;
}

const plc_type *plc_type_int(plc *p, bool is_signed, uint32_t bits)
{
    const plc_str name = plc_print(p, "%c%u", is_signed ? 'i' : 'u', (unsigned)bits);
    const plc_type *known = find_named(p, TY_INT, name);
    if (known != NULL) {
        return known;
    }
    plc_type *t = plc_type_new(p, TY_INT, name);
    t->is_signed = is_signed;
    t->size = (uint8_t)(bits / 8);
    return t;
}

const plc_type *plc_type_simple(plc *p, plc_type_kind kind)
{
    static const struct {
        plc_type_kind kind;
        const char *name;
        uint8_t size;
    } rows[] = {{TY_VOID, "nothing", 0},   {TY_BOOL, "bool", 1},
                {TY_TIME, "time", 8},      {TY_ACCOUNT, "account", 32},
                {TY_SYMBOL, "symbol", 32}, {TY_BYTES32, "bytes32", 32}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].kind == kind) {
            const plc_str name = plc_print(p, "%s", rows[i].name);
            const plc_type *known = find_named(p, kind, name);
            if (known != NULL) {
                return known;
            }
            plc_type *t = plc_type_new(p, kind, name);
            t->size = rows[i].size;
            t->leaf_count = kind == TY_VOID ? 0 : 1;
            return t;
        }
    }
    return NULL;
}

static plc_str scaled_name(plc *p, plc_measure measure, bool is_signed, uint32_t scale,
                           plc_str unit, uint32_t size)
{
    const char *i = is_signed ? "i" : "";
    switch (measure) {
    case MEASURE_PRICE:
        return plc_print(p, "%sprice<%u>", i, scale);
    case MEASURE_AMOUNT:
        return plc_print(p, "%samount<%.*s, %u>", i, PLC_FMT(unit), scale);
    case MEASURE_FACTOR:
        break;
    }
    if (size == 4) {
        return plc_print(p, "%sbps", i);
    }
    if (scale == 18 || scale == 27 || scale == 45) {
        return plc_print(p, "%s%s", i, scale == 18 ? "wad" : scale == 27 ? "ray" : "rad");
    }
    return plc_print(p, "%sfixed<%u>", i, scale);
}

const plc_type *plc_type_scaled(plc *p, plc_measure measure, bool is_signed, uint32_t scale,
                                plc_str unit, uint32_t size)
{
    const plc_str name = scaled_name(p, measure, is_signed, scale, unit, size);
    const plc_type *known = find_named(p, TY_SCALED, name);
    if (known != NULL) {
        return known;
    }
    plc_type *t = plc_type_new(p, TY_SCALED, name);
    t->measure = measure;
    t->is_signed = is_signed;
    t->scale = (uint8_t)scale;
    t->unit = unit;
    t->size = (uint8_t)size;
    return t;
}

const plc_type *plc_type_array(plc *p, const plc_type *element, uint32_t count)
{
    plc_program *g = p->program;
    for (uint32_t i = 0; i < g->type_count; i++) {
        const plc_type *t = g->types[i];
        if (t->kind == TY_ARRAY && t->base == element && t->count == count) {
            return t;
        }
    }
    plc_type *t =
        plc_type_new(p, TY_ARRAY, plc_print(p, "%.*s[%u]", PLC_FMT(element->name), count));
    t->base = element;
    t->count = count;
    t->leaf_count = element->leaf_count * count;
    return t;
}

const plc_type *plc_type_narrowed(plc *p, const plc_type *base, uint32_t size)
{
    plc_program *g = p->program;
    for (uint32_t i = 0; i < g->type_count; i++) {
        const plc_type *t = g->types[i];
        if (t->kind == TY_NARROWED && t->base == base && t->size == size) {
            return t;
        }
    }
    plc_type *t = plc_type_new(p, TY_NARROWED, base->name);
    t->base = base;
    t->size = (uint8_t)size;
    t->is_signed = base->is_signed;
    t->scale = base->scale;
    return t;
}

static const plc_type *integer_by_name(plc *p, plc_str name)
{
    uint32_t bits = 0;
    if (name.size < 2 || name.size > 4 || (name.text[0] != 'u' && name.text[0] != 'i') ||
        name.text[1] == '0') {
        return NULL;
    }
    for (uint32_t i = 1; i < name.size; i++) {
        if (name.text[i] < '0' || name.text[i] > '9') {
            return NULL;
        }
        bits = bits * 10 + (uint32_t)(name.text[i] - '0');
    }
    if (bits == 0 || bits > 256 || bits % 8 != 0) {
        return NULL;
    }
    return plc_type_int(p, name.text[0] == 'i', bits);
}

static const struct {
    const char *name;
    uint8_t scale, size;
} factors[] = {{"bps", 4, 4}, {"wad", 18, 32}, {"ray", 27, 32}, {"rad", 45, 32}};

static const plc_type_kind simple_kinds[] = {TY_BOOL, TY_TIME, TY_ACCOUNT, TY_SYMBOL, TY_BYTES32};

const plc_type *plc_type_builtin(plc *p, plc_str name)
{
    const plc_type *integer = integer_by_name(p, name);
    if (integer != NULL) {
        return integer;
    }
    for (size_t i = 0; i < sizeof simple_kinds / sizeof simple_kinds[0]; i++) {
        const plc_type *t = plc_type_simple(p, simple_kinds[i]);
        if (plc_same(t->name, name)) {
            return t;
        }
    }
    const bool is_signed = name.size == 4 && name.text[0] == 'i';
    const plc_str rest = is_signed ? (plc_str){name.text + 1, 3} : name;
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
        if (plc_is(rest, factors[i].name)) {
            return plc_type_scaled(p, MEASURE_FACTOR, is_signed, factors[i].scale, PLC_STR(""),
                                   factors[i].size);
        }
    }
    return NULL;
}

const plc_type *plc_type_oracle_info(plc *p)
{
    plc_program *g = p->program;
    if (g->oracle_info == NULL) {
        static const char *const names[] = {"price", "decimals", "time", "round", "valid"};
        plc_type *t = plc_type_new(p, TY_STRUCT, PLC_STR("oracle.info"));
        const plc_type *types[] = {plc_type_int(p, true, 256), plc_type_int(p, false, 8),
                                   plc_type_simple(p, TY_TIME), plc_type_int(p, false, 64),
                                   plc_type_simple(p, TY_BOOL)};
        for (uint32_t i = 0; i < 5; i++) {
            *PLC_PUSH(p, t->members.at, t->members.count) =
                (plc_member){.name = plc_print(p, "%s", names[i]), .type = types[i], .leaf = i};
        }
        t->leaf_count = 5;
        g->oracle_info = t;
    }
    return g->oracle_info;
}

void plc_type_layout(plc *p, plc_type *type, plc_loc loc)
{
    uint64_t leaves = 0;
    for (uint32_t i = 0; i < type->members.count; i++) {
        type->members.at[i].leaf = (uint32_t)leaves;
        leaves += type->members.at[i].type->leaf_count;
        if (leaves > PL_REGISTERS_MAX) {
            plc_error(p, loc, NULL, "%.*s has more than %u scalar parts", PLC_FMT(type->name),
                      PL_REGISTERS_MAX);
            leaves = 1;
            type->members.count = i + 1;
            break;
        }
    }
    type->leaf_count = (uint32_t)leaves;
}

/* ---- questions ---- */

const plc_type *plc_leaf(const plc_type *type, uint32_t leaf)
{
    for (;;) {
        if (type->kind == TY_ARRAY) {
            leaf /= type->count;
            type = type->base;
        } else if (type->kind == TY_STRUCT) {
            uint32_t i = type->members.count;
            while (i > 1 && type->members.at[i - 1].leaf > leaf) {
                i--;
            }
            leaf -= type->members.at[i - 1].leaf;
            type = type->members.at[i - 1].type;
        } else {
            return type;
        }
    }
}

plc_str plc_leaf_name(plc *p, plc_str name, const plc_type *type, uint32_t leaf)
{
    for (;;) {
        if (type->kind == TY_ARRAY) {
            name = plc_print(p, "%.*s_%u", PLC_FMT(name), leaf % type->count);
            leaf /= type->count;
            type = type->base;
        } else if (type->kind == TY_STRUCT) {
            uint32_t i = type->members.count;
            while (i > 1 && type->members.at[i - 1].leaf > leaf) {
                i--;
            }
            const plc_member *m = &type->members.at[i - 1];
            name = plc_print(p, "%.*s%s%.*s", PLC_FMT(name), name.size == 0 ? "" : ".",
                             PLC_FMT(m->name));
            leaf -= m->leaf;
            type = m->type;
        } else {
            return name;
        }
    }
}

const plc_type *plc_base(const plc_type *type)
{
    return type != NULL && type->kind == TY_NARROWED ? type->base : type;
}

bool plc_is_scalar(const plc_type *type)
{
    return type->kind != TY_STRUCT && type->kind != TY_ARRAY && type->kind != TY_VOID;
}

bool plc_is_wide(const plc_type *type)
{
    return type->is_signed || type->size > 8;
}

bool plc_is_signed(const plc_type *type)
{
    return type->is_signed;
}

bool plc_is_unsigned_int(const plc_type *type)
{
    return type->kind == TY_INT && !type->is_signed;
}

bool plc_is_number(const plc_type *type)
{
    return type->kind == TY_INT || type->kind == TY_SCALED;
}

bool plc_is_factor(const plc_type *type)
{
    return type->kind == TY_SCALED && type->measure == MEASURE_FACTOR;
}

static uint32_t value_bits(const plc_type *type)
{
    return 8u * type->size;
}

plc_num plc_type_min(const plc_type *type)
{
    if (!type->is_signed) {
        return plc_num_u64(0);
    }
    return plc_num_negate(plc_num_power_of_two(value_bits(type) - 1));
}

plc_num plc_type_max(const plc_type *type)
{
    plc_num r;
    if (type->kind == TY_BOOL) {
        return plc_num_u64(1);
    }
    if (type->kind == TY_ENUM) {
        return plc_num_u64(type->variants.count - 1);
    }
    if (type->kind == TY_SYMBOL) {
        uint8_t bytes[32];
        memset(bytes, 0x7e, sizeof bytes);
        r.negative = false;
        pl_u256_load_be(&r.mag, bytes, sizeof bytes);
        return r;
    }
    if (!type->is_signed && type->size == 32) {
        return (plc_num){false, pl_u256_max_value()};
    }
    r = plc_num_power_of_two(value_bits(type) - (type->is_signed ? 1 : 0));
    const plc_num minus_one = plc_num_negate(plc_num_u64(1));
    (void)plc_num_add(&r, &r, &minus_one);
    return r;
}

bool plc_fits(const plc_num *n, const plc_type *type)
{
    const plc_num low = plc_type_min(type);
    const plc_num high = plc_type_max(type);
    return plc_num_compare(&low, n) <= 0 && plc_num_compare(n, &high) <= 0;
}

const plc_member *plc_member_of(const plc_members *members, plc_str name)
{
    for (uint32_t i = 0; i < members->count; i++) {
        if (plc_same(members->at[i].name, name)) {
            return &members->at[i];
        }
    }
    return NULL;
}

/* The four bytes of spec 02 §3; an enum that is stored gets a number in the container. */
pl_type plc_stored_form(plc *p, const plc_type *t)
{
    pl_type form = {PL_CLASS_UINT, t->size, t->scale, 0};
    const plc_type *base = plc_base(t);
    switch (base->kind) {
    case TY_BOOL:
        form.class = PL_CLASS_BOOL;
        break;
    case TY_ACCOUNT:
        form.class = PL_CLASS_ACCOUNT;
        break;
    case TY_SYMBOL:
        form.class = PL_CLASS_SYMBOL;
        break;
    case TY_BYTES32:
        form.class = PL_CLASS_BYTES32;
        break;
    case TY_ENUM: {
        plc_program *g = p->program;
        uint32_t i = 0;
        while (i < g->enum_count && g->enums[i] != base) {
            i++;
        }
        if (i == g->enum_count) {
            plc_type *slot = NULL;
            for (uint32_t j = 0; j < g->type_count; j++) {
                slot = g->types[j] == base ? g->types[j] : slot;
            }
            *PLC_PUSH(p, g->enums, g->enum_count) = slot;
        }
        form.class = PL_CLASS_ENUM;
        form.extra = (uint8_t)i;
        break;
    }
    case TY_INT:
    case TY_SCALED:
        form.class = base->is_signed ? PL_CLASS_INT : PL_CLASS_UINT;
        break;
    case TY_TIME:
    case TY_BITS:
    case TY_CONTRACT:
    case TY_VOID:
    case TY_STRUCT:
    case TY_ARRAY:
    case TY_NARROWED:
        break;
    }
    return form;
}
