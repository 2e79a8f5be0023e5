/* The container: what is reached, numbered and written. spec 02 §2, §3 */
#include "tools/plc/program.h"
#include "vm/base/error.h"

typedef struct bytes {
    plc *p;
    uint8_t *at;
    uint32_t count, room;
} bytes;

static void put(bytes *b, const void *data, size_t size)
{
    if (size > b->room - b->count) {
        uint32_t room = b->room == 0 ? 1024 : b->room;
        while (size > room - b->count) {
            room *= 2;
        }
        uint8_t *grown = plc_take(b->p, room);
        if (b->count > 0) {
            memcpy(grown, b->at, b->count);
        }
        b->at = grown;
        b->room = room;
    }
    if (size > 0) {
        memcpy(b->at + b->count, data, size);
    }
    b->count += (uint32_t)size;
}

static void put_u8(bytes *b, uint32_t v)
{
    const uint8_t byte = (uint8_t)v;
    put(b, &byte, 1);
}

static void put_u16(bytes *b, uint32_t v)
{
    const uint8_t two[] = {(uint8_t)(v >> 8), (uint8_t)v};
    put(b, two, 2);
}

static void put_u32(bytes *b, uint32_t v)
{
    put_u16(b, v >> 16);
    put_u16(b, v);
}

static void put_word(bytes *b, const pl_u256 *word, uint32_t size)
{
    uint8_t out[32];
    if (pl_u256_store_be(out, 32, word) != PL_OK) {
        memset(out, 0, sizeof out);
    }
    put(b, out + 32 - size, size);
}

static void put_text(bytes *b, plc_str s)
{
    put_u8(b, s.size);
    put(b, s.text, s.size);
}

static void put_name(bytes *b, plc_str s, plc_loc loc)
{
    if (s.size > PL_NAME_SIZE_MAX || s.size == 0) {
        plc_error(b->p, loc, "choose shorter names", "the name `%.*s` is longer than %u",
                  PLC_FMT(s), PL_NAME_SIZE_MAX);
        s.size = 1;
    }
    put_text(b, s);
}

/* ---- which names are taken: two modules may use one ---- */

typedef struct names {
    plc_str *at;
    uint32_t count;
} names;

static plc_str unique(plc *p, names *taken, plc_str name)
{
    plc_str r = name;
    for (uint32_t try = 2;; try++) {
        uint32_t i = 0;
        while (i < taken->count && !plc_same(taken->at[i], r)) {
            i++;
        }
        if (i == taken->count) {
            *PLC_PUSH(p, taken->at, taken->count) = r;
            return r;
        }
        r = plc_print(p, "%.*s_%u", PLC_FMT(name), try);
    }
}

/* ---- what is reached ---- */

typedef struct linker {
    plc *p;
    plc_program *g;
    uint32_t *pool, *errors, *events, *imports; /* 1 + new number, 0: not used */
    uint32_t pool_count, error_count, event_count, import_count, function_count;
    uint32_t *pool_order, *error_order, *event_order, *import_order;
    plc_function **functions;
} linker;

static const char *const operand_kinds[256][4] = {
#define OP(number, NAME, a, b, c, d, e, gas, meaning) [number] = {#a, #b, #c, #d},
#include "vm/machine/ops.def"
#undef OP
};

static uint16_t number(plc *p, uint32_t *map, uint32_t **order, uint32_t *count, uint16_t old)
{
    if (map[old] == 0) {
        *PLC_PUSH(p, *order, *count) = old;
        map[old] = *count;
    }
    return (uint16_t)(map[old] - 1);
}

static void renumber(linker *l, uint16_t *operand, const char *kind)
{
    plc *p = l->p;
    if (strcmp(kind, "K") == 0 || strcmp(kind, "KN") == 0 || strcmp(kind, "KD") == 0) {
        *operand = number(p, l->pool, &l->pool_order, &l->pool_count, *operand);
    } else if (strcmp(kind, "E") == 0) {
        *operand = number(p, l->errors, &l->error_order, &l->error_count, *operand);
    } else if (strcmp(kind, "V") == 0) {
        *operand = number(p, l->events, &l->event_order, &l->event_count, *operand);
    } else if (strcmp(kind, "X") == 0) {
        *operand = number(p, l->imports, &l->import_order, &l->import_count, *operand);
    } else if (strcmp(kind, "F") == 0) {
        *operand = (uint16_t)l->g->functions[*operand]->number;
    }
}

static void reach(linker *l)
{
    plc_program *g = l->g;
    plc_function **stack = plc_take(l->p, (g->function_count + 1) * sizeof *stack);
    uint32_t depth = 0;
    for (uint32_t i = 0; i < g->function_count; i++) {
        plc_function *d = g->functions[i];
        if ((d->flags & (PL_FUNCTION_PUBLIC | PL_FUNCTION_ON_BLOCK | PL_FUNCTION_INVARIANT)) != 0) {
            d->reached = true;
            stack[depth++] = d;
        }
    }
    while (depth > 0) {
        const plc_function *d = stack[--depth];
        for (uint32_t i = 0; i < d->count; i++) {
            if (d->code[i].op == PL_OP_CALL && !g->functions[d->code[i].b]->reached) {
                g->functions[d->code[i].b]->reached = true;
                stack[depth++] = g->functions[d->code[i].b];
            }
        }
    }
    for (uint32_t i = 0; i < g->function_count; i++) {
        if (g->functions[i]->reached) {
            g->functions[i]->number = l->function_count;
            *PLC_PUSH(l->p, l->functions, l->function_count) = g->functions[i];
        }
    }
}

static void link_program(linker *l)
{
    plc_program *g = l->g;
    l->pool = plc_take(l->p, (g->pool_count + 1) * sizeof *l->pool);
    l->errors = plc_take(l->p, (g->error_count + 1) * sizeof *l->errors);
    l->events = plc_take(l->p, (g->event_count + 1) * sizeof *l->events);
    l->imports = plc_take(l->p, (g->import_count + 1) * sizeof *l->imports);
    reach(l);
    for (uint32_t i = 0; i < g->error_count; i++) {
        if (g->errors[i]->is_own) {
            (void)number(l->p, l->errors, &l->error_order, &l->error_count, (uint16_t)i);
        }
    }
    for (uint32_t i = 0; i < g->event_count; i++) {
        if (g->events[i]->is_own) {
            (void)number(l->p, l->events, &l->event_order, &l->event_count, (uint16_t)i);
        }
    }
    for (uint32_t i = 0; i < l->function_count; i++) {
        plc_function *d = l->functions[i];
        for (uint32_t k = 0; k < d->count; k++) {
            pl_instruction *in = &d->code[k];
            renumber(l, &in->a, operand_kinds[in->op][0]);
            renumber(l, &in->b, operand_kinds[in->op][1]);
            renumber(l, &in->c, operand_kinds[in->op][2]);
            renumber(l, &in->d, operand_kinds[in->op][3]);
        }
    }
}

/* ---- parts ---- */

static plc_str unit_text(plc *p, const plc_type *leaf)
{
    const plc_type *t = plc_base(leaf);
    if (t->kind != TY_SCALED && t->kind != TY_TIME && t->kind != TY_BITS &&
        t->kind != TY_CONTRACT) {
        return PLC_STR("");
    }
    char *text = plc_take(p, t->name.size + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->name.size; i++) {
        if (t->name.text[i] != ' ') {
            text[n++] = t->name.text[i];
        }
    }
    return (plc_str){text, n > 63 ? 0 : n};
}

static void put_type(bytes *b, const plc_type *leaf)
{
    const pl_type form = plc_stored_form(b->p, leaf);
    put_u8(b, form.class);
    put_u8(b, form.size);
    put_u8(b, form.scale);
    put_u8(b, form.extra);
}

static void put_field(bytes *b, plc_str name, const plc_type *leaf, plc_loc loc)
{
    put_name(b, name, loc);
    put_text(b, unit_text(b->p, leaf));
    put_type(b, leaf);
}

static uint32_t leaf_total(const plc_members *m)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        n += m->at[i].type->leaf_count;
    }
    return n;
}

/* Members as fields, parts one by one. Nameless results are `result`, or result0, result1, .. */
static void put_members(bytes *b, const plc_members *m, plc_loc loc)
{
    names taken = {0};
    put_u8(b, leaf_total(m));
    for (uint32_t i = 0; i < m->count; i++) {
        plc_str name = m->at[i].name;
        if (name.size == 0) {
            name = m->count == 1 ? PLC_STR("result") : plc_print(b->p, "result%u", i);
        }
        for (uint32_t k = 0; k < m->at[i].type->leaf_count; k++) {
            const plc_str leaf = plc_leaf_name(b->p, name, m->at[i].type, k);
            put_field(b, unique(b->p, &taken, leaf), plc_leaf(m->at[i].type, k), loc);
        }
    }
}

static void put_value(bytes *b, const plc_num *n, const plc_type *leaf)
{
    const pl_u256 word = plc_num_word(n);
    put_word(b, &word, leaf->size);
}

static void put_table(bytes *b, const plc_table *t, plc_str name)
{
    const plc_members *m = &t->row->members;
    const plc_loc loc = m->count > 0 ? m->at[0].loc : (plc_loc){0, 0};
    names taken = {0};
    put_name(b, name, loc);
    put_u8(b, t->is_params);
    put_members(b, &t->keys, loc);
    put_u8(b, t->row->leaf_count);
    for (uint32_t i = 0; i < m->count; i++) {
        for (uint32_t k = 0; k < m->at[i].type->leaf_count; k++) {
            const plc_type *leaf = plc_leaf(m->at[i].type, k);
            const plc_str field = plc_leaf_name(b->p, m->at[i].name, m->at[i].type, k);
            put_field(b, unique(b->p, &taken, field), leaf, m->at[i].loc);
            put_u8(b, (m->at[i].value != NULL ? 1u : 0u) | (m->at[i].min != NULL ? 2u : 0u));
            if (m->at[i].value != NULL) {
                put_value(b, &m->at[i].value[k], leaf);
            }
            if (m->at[i].min != NULL) {
                put_value(b, m->at[i].min, leaf);
                put_value(b, m->at[i].max, leaf);
            }
        }
    }
    put_u8(b, t->order_count);
    for (uint32_t i = 0; i < t->order_count; i++) {
        put_name(b, t->orders[i].name, loc);
        put_u8(b, t->orders[i].count);
        put(b, t->orders[i].fields, t->orders[i].count);
    }
}

static void put_tables(bytes *b, plc_program *g)
{
    names taken = {0};
    put_u8(b, g->table_count);
    for (uint32_t i = 0; i < g->table_count; i++) {
        put_table(b, g->tables[i], unique(b->p, &taken, g->tables[i]->name));
    }
}

static void put_signatures(bytes *b, plc_signature **all, const uint32_t *order, uint32_t count)
{
    const plc_loc loc = {0, 0};
    names taken = {0};
    put_u16(b, count);
    for (uint32_t i = 0; i < count; i++) {
        const plc_signature *s = all[order[i]];
        put_name(b, unique(b->p, &taken, s->name), loc);
        put_members(b, &s->parameters, loc);
    }
}

static void put_imports(bytes *b, const linker *l)
{
    put_u16(b, l->import_count);
    for (uint32_t i = 0; i < l->import_count; i++) {
        const plc_method *m = l->g->imports[l->import_order[i]].method;
        put_name(b, m->name, m->loc);
        put_u8(b, m->effect);
        put_members(b, &m->parameters, m->loc);
        put_members(b, &m->results, m->loc);
        if (leaf_total(&m->parameters) > PL_PARAMETERS_MAX ||
            leaf_total(&m->results) > PL_RESULTS_MAX) {
            plc_error(b->p, m->loc, NULL, "more than %u parameters or %u results, counting parts",
                      PL_PARAMETERS_MAX, PL_RESULTS_MAX);
        }
    }
}

static void put_function(bytes *b, const plc_function *d, plc_str name)
{
    uint8_t bits[(PL_REGISTERS_MAX + 7) / 8] = {0};
    put_name(b, name, d->item->loc);
    put_u16(b, d->flags);
    put_members(b, &d->parameters, d->item->loc);
    put_members(b, &d->results, d->item->loc);
    put_u16(b, d->register_count);
    for (uint32_t i = 0; i < d->register_count; i++) {
        bits[i / 8] |= (uint8_t)(d->wide[i] != 0 ? 1u << (i % 8) : 0);
    }
    put(b, bits, (d->register_count + 7) / 8);
    put_u16(b, d->count);
    for (uint32_t i = 0; i < d->count; i++) {
        const pl_instruction *in = &d->code[i];
        put_u8(b, in->op);
        put_u8(b, in->e);
        put_u16(b, in->a);
        put_u16(b, in->b);
        put_u16(b, in->c);
        put_u16(b, in->d);
    }
}

static void put_functions(bytes *b, const linker *l)
{
    names taken = {0};
    put_u16(b, l->function_count);
    for (uint32_t i = 0; i < l->function_count; i++) {
        put_function(b, l->functions[i], unique(b->p, &taken, l->functions[i]->name));
    }
}

static void put_symbols(bytes *b, const linker *l)
{
    plc *p = l->p;
    if (p->no_symbols) {
        return;
    }
    put_u16(b, p->file_count);
    for (uint32_t i = 0; i < p->file_count; i++) {
        put_text(b, p->files[i].shown);
    }
    for (uint32_t i = 0; i < l->function_count; i++) {
        const plc_function *d = l->functions[i];
        put_u16(b, d->symbol_count);
        for (uint32_t k = 0; k < d->symbol_count; k++) {
            put_u16(b, d->symbols[k].reg);
            put_text(b, d->symbols[k].name);
            put_text(b, d->symbols[k].unit.size > 63 ? PLC_STR("") : d->symbols[k].unit);
        }
        for (uint32_t k = 0; k < d->count; k++) {
            put_u16(b, d->places[k].file);
            put_u32(b, plc_line(p, d->places[k]));
        }
    }
}

static void check_limits(const linker *l, const bytes *whole)
{
    const struct {
        uint32_t count, limit;
        const char *what;
    } rows[] = {{l->pool_count, PL_CONSTANTS_MAX, "constants"},
                {l->g->enum_count, PL_ENUMS_MAX, "enums"},
                {l->g->table_count, PL_TABLES_MAX, "tables"},
                {l->error_count, PL_ERRORS_MAX, "errors"},
                {l->event_count, PL_EVENTS_MAX, "events"},
                {l->import_count, PL_IMPORTS_MAX, "imported functions"},
                {l->function_count, PL_FUNCTIONS_MAX, "functions"},
                {whole->count, PL_CODE_SIZE_MAX, "bytes of code"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].count > rows[i].limit) {
            plc_error(l->p, (plc_loc){0, 0}, "split the contract", "%u %s; at most %u are possible",
                      rows[i].count, rows[i].what, rows[i].limit);
        }
    }
}

/* Enums are numbered while the other parts are written, so those come into a buffer first. */
static void put_body(bytes *b, const linker *l)
{
    plc_program *g = l->g;
    bytes rest = {.p = l->p};
    put_tables(&rest, g);
    put_signatures(&rest, g->errors, l->error_order, l->error_count);
    put_signatures(&rest, g->events, l->event_order, l->event_count);
    put_imports(&rest, l);
    put_functions(&rest, l);
    const plc_unit *contract = g->units[g->unit_count - 1];
    put_name(b, contract->name, (plc_loc){0, 0});
    put_u16(b, l->pool_count);
    for (uint32_t i = 0; i < l->pool_count; i++) {
        put_word(b, &g->pool[l->pool_order[i]], 32);
    }
    names taken = {0};
    put_u8(b, g->enum_count);
    for (uint32_t i = 0; i < g->enum_count; i++) {
        const plc_type *t = g->enums[i];
        put_name(b, unique(b->p, &taken, t->name), (plc_loc){0, 0});
        put_u8(b, t->variants.count);
        for (uint32_t k = 0; k < t->variants.count; k++) {
            put_name(b, t->variants.at[k], t->variants.loc[k]);
        }
    }
    put(b, rest.at, rest.count);
}

const uint8_t *plc_container(plc *p, size_t *size)
{
    linker l = {.p = p, .g = p->program};
    bytes body = {.p = p};
    bytes symbols = {.p = p};
    bytes whole = {.p = p};
    link_program(&l);
    put_body(&body, &l);
    put_symbols(&symbols, &l);
    put(&whole, "PLIM", 4);
    put_u16(&whole, 1);
    put_u16(&whole, PL_SEMANTICS_ID);
    put_u32(&whole, body.count);
    put(&whole, body.at, body.count);
    put_u32(&whole, symbols.count);
    put(&whole, symbols.at, symbols.count);
    check_limits(&l, &whole);
    *size = whole.count;
    return plc_failed(p) ? NULL : whole.at;
}
