/* Registers, labels, constants: the ground under the emitter.
 *
 * A register has one kind for the whole function. Taken registers stand on a stack of ranges; going
 * back to a mark frees what was taken since. A free register of the right kind is used again, and
 * ranges (rows, keys, arguments) are looked for the same way. */
#include "tools/plc/program.h"

enum { CODE_MAX = PL_FUNCTION_CODE_MAX };

static void full(plc_fn *f, const char *what, uint32_t limit)
{
    if (!f->full) {
        plc_error(f->p, f->loc, "move a part to another function",
                  "the function needs more than %u %s", limit, what);
    }
    f->full = true;
}

bool plc_reg_wide(const plc_fn *f, uint16_t reg)
{
    return f->wide[reg] != 0;
}

/* Takes `count` registers whose kinds are wide[0 ..]. */
static uint16_t take(plc_fn *f, const uint8_t *wide, uint32_t count)
{
    uint32_t base = 0;
    if (f->wide == NULL) {
        f->wide = plc_take(f->p, PL_REGISTERS_MAX);
        f->used = plc_take(f->p, PL_REGISTERS_MAX);
    }
    for (;; base++) {
        uint32_t i = 0;
        while (i < count && base + i < f->register_count && !f->used[base + i] &&
               f->wide[base + i] == wide[i]) {
            i++;
        }
        if (i == count || base + i == f->register_count) {
            break;
        }
    }
    if (base + count > PL_REGISTERS_MAX) {
        full(f, "registers", PL_REGISTERS_MAX);
        return 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        f->wide[base + i] = wide[i];
        f->used[base + i] = 1;
    }
    if (base + count > f->register_count) {
        f->register_count = base + count;
    }
    *PLC_PUSH(f->p, f->live, f->live_count) = (plc_range){(uint16_t)base, (uint16_t)count};
    return (uint16_t)base;
}

uint16_t plc_reg(plc_fn *f, bool wide)
{
    const uint8_t kind = wide;
    return take(f, &kind, 1);
}

/* Registers for the leaves of `first` (may be NULL), then of the members. */
uint16_t plc_regs_members(plc_fn *f, const plc_members *m, const plc_type *first)
{
    uint8_t wide[PL_REGISTERS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; first != NULL && i < first->leaf_count && n < PL_REGISTERS_MAX; i++) {
        wide[n++] = plc_is_wide(plc_leaf(first, i));
    }
    for (uint32_t k = 0; m != NULL && k < m->count; k++) {
        for (uint32_t i = 0; i < m->at[k].type->leaf_count; i++) {
            if (n == PL_REGISTERS_MAX) {
                full(f, "registers", PL_REGISTERS_MAX);
                return 0;
            }
            wide[n++] = plc_is_wide(plc_leaf(m->at[k].type, i));
        }
    }
    return n == 0 ? 0 : take(f, wide, n);
}

uint16_t plc_regs(plc_fn *f, const plc_type *type)
{
    return plc_regs_members(f, NULL, type);
}

uint32_t plc_mark(const plc_fn *f)
{
    return f->live_count;
}

void plc_release(plc_fn *f, uint32_t mark)
{
    while (f->live_count > mark) {
        const plc_range *r = &f->live[--f->live_count];
        memset(f->used + r->base, 0, r->count);
    }
}

/* Frees what was taken since the mark except one range, if that was taken since then too. */
void plc_release_keep(plc_fn *f, uint32_t mark, uint16_t base, uint32_t count)
{
    bool since = false;
    for (uint32_t i = mark; i < f->live_count; i++) {
        since |= base >= f->live[i].base && base < f->live[i].base + f->live[i].count;
    }
    plc_release(f, mark);
    if (since && count > 0) {
        memset(f->used + base, 1, count);
        *PLC_PUSH(f->p, f->live, f->live_count) = (plc_range){base, (uint16_t)count};
    }
}

/* ---- code ---- */

void plc_op(plc_fn *f, pl_op op, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
    if (f->dead || f->full) {
        return;
    }
    if (f->constant_only) {
        plc_error(f->p, f->loc, NULL, "the value is not a constant");
        f->full = true;
        return;
    }
    if (f->count == CODE_MAX - 1) {
        full(f, "instructions", CODE_MAX);
        return;
    }
    uint32_t count = f->count;
    *PLC_PUSH(f->p, f->code, count) = (pl_instruction){(uint8_t)op, (uint8_t)e,  (uint16_t)a,
                                                       (uint16_t)b, (uint16_t)c, (uint16_t)d};
    *PLC_PUSH(f->p, f->places, f->count) = f->loc;
    f->dead = op == PL_OP_JMP || op == PL_OP_RET || op == PL_OP_REVERT || op == PL_OP_UNREACHABLE;
}

uint32_t plc_label_new(plc_fn *f)
{
    if (f->label_count == UINT16_MAX) {
        full(f, "jump targets", UINT16_MAX);
        return 0;
    }
    *PLC_PUSH(f->p, f->labels, f->label_count) = (plc_label){UINT32_MAX, false};
    return f->label_count - 1;
}

/* Jumps hold label numbers until the function is finished. A label that nothing jumps to and that
 * is not reached from above stays dead. */
void plc_label_place(plc_fn *f, uint32_t label)
{
    f->labels[label].at = f->count;
    if (f->labels[label].wanted) {
        f->dead = false;
    }
}

void plc_jump(plc_fn *f, uint32_t label)
{
    f->labels[label].wanted |= !f->dead;
    plc_op(f, PL_OP_JMP, label, 0, 0, 0, 0);
}

void plc_jump_if(plc_fn *f, uint16_t reg, bool when, uint32_t label)
{
    f->labels[label].wanted |= !f->dead;
    plc_op(f, when ? PL_OP_JNZ : PL_OP_JZ, reg, label, 0, 0, 0);
}

void plc_move(plc_fn *f, uint16_t to, uint16_t from)
{
    if (to != from) {
        plc_op(f, plc_reg_wide(f, to) ? PL_OP_MOV : PL_OP_MOVN, to, from, 0, 0, 0);
    }
}

/* ---- constants ---- */

static uint32_t word_hash(const pl_u256 *word)
{
    uint64_t h = 1469598103934665603u;
    for (int i = 0; i < PL_U256_LIMBS; i++) {
        h = (h ^ (uint64_t)word->limb[i]) * 1099511628211u;
        h ^= h >> 29;
    }
    return (uint32_t)(h ^ (h >> 32));
}

static void grow_pool_table(plc_fn *f)
{
    plc_program *g = f->g;
    const uint32_t size = g->pool_table_size == 0 ? 256 : g->pool_table_size * 2;
    uint32_t *table = plc_take(f->p, size * sizeof *table);
    for (uint32_t i = 0; i < g->pool_count; i++) {
        uint32_t slot = word_hash(&g->pool[i]) & (size - 1);
        while (table[slot] != 0) {
            slot = (slot + 1) & (size - 1);
        }
        table[slot] = i + 1;
    }
    g->pool_table = table;
    g->pool_table_size = size;
}

/* Returns the word's number in the program's pool; the container later holds those in use. */
uint16_t plc_pool(plc_fn *f, const pl_u256 *word)
{
    plc_program *g = f->g;
    if (g->pool_count * 2 >= g->pool_table_size) {
        grow_pool_table(f);
    }
    uint32_t slot = word_hash(word) & (g->pool_table_size - 1);
    while (g->pool_table[slot] != 0) {
        if (pl_u256_eq(&g->pool[g->pool_table[slot] - 1], word)) {
            return (uint16_t)(g->pool_table[slot] - 1);
        }
        slot = (slot + 1) & (g->pool_table_size - 1);
    }
    if (g->pool_count == UINT16_MAX) {
        full(f, "constants", UINT16_MAX);
        return 0;
    }
    *PLC_PUSH(f->p, g->pool, g->pool_count) = *word;
    g->pool_table[slot] = g->pool_count;
    return (uint16_t)(g->pool_count - 1);
}

static void load_word(plc_fn *f, uint16_t to, const pl_u256 *word, bool wide)
{
    const uint64_t low = pl_u256_low64(word);
    if (wide) {
        plc_op(f, PL_OP_LDK, to, plc_pool(f, word), 0, 0, 0);
    } else if (low < (uint64_t)1 << 48) {
        plc_op(f, PL_OP_LDN, to, (uint32_t)(low >> 32), (uint32_t)(low >> 16) & 0xffff,
               (uint32_t)low & 0xffff, 0);
    } else {
        plc_op(f, PL_OP_LDKN, to, plc_pool(f, word), 0, 0, 0);
    }
}

void plc_load_constant(plc_fn *f, uint16_t to, const plc_num *n, bool wide)
{
    const pl_u256 word = plc_num_word(n);
    load_word(f, to, &word, wide);
}

/* Returns a register that holds the constant. The first pass counts uses; in the second a constant
 * used twice, or inside a loop, stays in a register that the function's first lines fill. */
uint16_t plc_constant(plc_fn *f, const plc_num *n, bool wide)
{
    const pl_u256 word = plc_num_word(n);
    plc_kept *k = NULL;
    for (uint32_t i = 0; i < f->kept_count && k == NULL; i++) {
        if (f->kept[i].is_wide == wide && pl_u256_eq(&f->kept[i].word, &word)) {
            k = &f->kept[i];
        }
    }
    if (k == NULL && f->kept_count < 256) {
        k = PLC_PUSH(f->p, f->kept, f->kept_count);
        *k = (plc_kept){.word = word, .is_wide = wide};
    }
    if (k != NULL && f->second && k->is_loaded) {
        return k->reg;
    }
    if (k != NULL && !f->second && !f->dead) {
        k->uses += f->loop_depth > 0 ? 2 : 1;
    }
    const uint16_t reg = plc_reg(f, wide);
    load_word(f, reg, &word, wide);
    return reg;
}
