/* Which handler every step gets: the longest run of fused.def that begins with it. Runs that read
 * array elements in place leave copies out, so they are taken only where nobody reads those. */
#include "vm/machine/fuse.h"

#define FUSED_MAX 3u

/* The operand of the run's last instruction that a copy goes to. */
enum { COPY_STAYS = 0, COPY_TO_b = 1, COPY_TO_c = 2, COPY_TO_d = 3 };

/* A row of fused.def. */
typedef struct fused_row {
    uint8_t handler;
    uint8_t count;
    uint8_t ops[FUSED_MAX];
    uint8_t copies[FUSED_MAX - 1]; /* COPY_ of each instruction before the last */
} fused_row;

static const fused_row fused_rows[] = {
#define RUN(name, length)      .handler = PL_HANDLER_##name, .count = (length)
#define PAIR(a, b)             {RUN(a##_##b, 2), .ops = {PL_OP_##a, PL_OP_##b}},
#define TRIPLE(a, b, c)        {RUN(a##_##b##_##c, 3), .ops = {PL_OP_##a, PL_OP_##b, PL_OP_##c}},
#define PAIR_BRANCH(a, b)      PAIR(a, b)
#define TRIPLE_BRANCH(a, b, c) TRIPLE(a, b, c)
#define PAIR_FLOW(a, b)        PAIR(a, b)
#define ELEMENT(op, x)                                                                             \
    {RUN(ELEMENT_##op##_##x, 2), .ops = {PL_OP_LDX, PL_OP_##op}, .copies = {COPY_TO_##x}},
#define ELEMENTS(op, x, y)                                                                         \
    {RUN(ELEMENTS_##op##_##x##y, 3), .ops = {PL_OP_LDX, PL_OP_LDX, PL_OP_##op},                    \
     .copies = {COPY_TO_##x, COPY_TO_##y}},
#include "vm/machine/fused.def"
#undef RUN
};

/* ---- which registers nobody reads any more ---------------------------------------------------
 *
 * A register that no block reads before it writes it is dead wherever a block ends; inside a block
 * the next mention decides. Where the search would take long, a register counts as read. */

#define EFFORT_PER_INSTRUCTION 64u /* registers noted, over the function */
#define LOOKS_PER_INSTRUCTION  8u  /* instructions looked at, over the function */

/* One walk over the operands of an instruction. */
typedef struct range {
    uint32_t first, count;
    bool is_write;
} range;

static uint32_t ranges_of(range ranges[PL_OPERANDS], const pl_fusing *f, uint32_t place)
{
    const pl_instruction *in = &f->function->instructions[place];
    uint32_t count = 0;
    pl_reach reach;
    const pl_status reached = pl_op_reach(&reach, f->code, in);
    PL_ASSERT(reached == PL_OK);
    for (uint32_t i = 0; i < PL_OPERANDS; i++) {
        const uint32_t registers = pl_operand_registers(&reach, f->function, in, i);
        if (registers != 0) {
            ranges[count++] =
                (range){pl_operand(in, i), registers, pl_kind_is_write(pl_ops[in->op].kinds[i])};
        }
    }
    return count;
}

/* Takes its steps from *effort; false when it runs out. */
static bool note_ranges(pl_fusing *f, const range *ranges, uint32_t count, bool writes,
                        uint32_t block, uint64_t *effort)
{
    for (uint32_t i = 0; i < count; i++) {
        if (ranges[i].is_write != writes) {
            continue;
        }
        if (*effort < ranges[i].count) {
            return false;
        }
        *effort -= ranges[i].count;
        for (uint32_t r = ranges[i].first; r < ranges[i].first + ranges[i].count; r++) {
            if (writes) {
                f->written_in[r] = (uint16_t)(block + 1);
            } else if (f->written_in[r] != block + 1) {
                f->carried[r] = true;
            }
        }
    }
    return true;
}

static void find_carried(pl_fusing *f, const pl_code *code, const pl_function *function)
{
    uint64_t effort = EFFORT_PER_INSTRUCTION * (uint64_t)function->instruction_count;
    uint32_t block = 0;
    *f = (pl_fusing){.code = code,
                     .function = function,
                     .knows = true,
                     .looks = LOOKS_PER_INSTRUCTION * function->instruction_count};
    for (uint32_t i = 0; i < function->instruction_count && f->knows; i++) {
        range ranges[PL_OPERANDS];
        const uint32_t count = ranges_of(ranges, f, i);
        block = function->block_gas[i] != 0 ? i : block;
        f->knows = note_ranges(f, ranges, count, false, block, &effort) &&
                   note_ranges(f, ranges, count, true, block, &effort);
    }
}

typedef enum mention { MENTION_NONE, MENTION_READ, MENTION_WRITE } mention;

/* How the instruction at `place` meets the register first: it reads before it writes. READ when
 * there were too many looks. */
static mention mention_at(pl_fusing *f, uint32_t place, uint32_t wanted)
{
    range ranges[PL_OPERANDS];
    mention found = MENTION_NONE;
    if (f->looks == 0) {
        return MENTION_READ;
    }
    f->looks--;
    const uint32_t count = ranges_of(ranges, f, place);
    for (uint32_t i = 0; i < count; i++) {
        if (wanted >= ranges[i].first && wanted - ranges[i].first < ranges[i].count) {
            if (!ranges[i].is_write) {
                return MENTION_READ;
            }
            found = MENTION_WRITE;
        }
    }
    return found;
}

/* Whether nobody reads what the register holds after the instruction at `place`. */
static bool is_dead_after(pl_fusing *f, uint32_t place, uint32_t wanted)
{
    const pl_function *function = f->function;
    for (uint32_t i = place + 1; i < function->instruction_count; i++) {
        if (function->block_gas[i] != 0) {
            break;
        }
        const mention met = mention_at(f, i, wanted);
        if (met != MENTION_NONE) {
            return met == MENTION_WRITE;
        }
    }
    return f->knows && !f->carried[wanted];
}

/* Whether the run's last instruction alone reads the copy that the run's instruction k makes, and
 * as the row's operand alone. */
static bool only_reader(pl_fusing *f, const fused_row *row, uint32_t place, uint32_t k)
{
    const uint32_t last = place + row->count - 1u;
    const pl_instruction *reader = &f->function->instructions[last];
    const uint32_t copy = f->function->instructions[place + k].a;
    if (pl_operand(reader, row->copies[k]) != copy) {
        return false;
    }
    for (uint32_t i = place + k + 1; i < last; i++) {
        if (mention_at(f, i, copy) != MENTION_NONE) {
            return false;
        }
    }
    for (uint32_t i = 1; i < PL_OPERANDS; i++) {
        if (i != row->copies[k] && pl_kind_is_register(pl_ops[reader->op].kinds[i]) &&
            pl_operand(reader, i) == copy) {
            return false;
        }
    }
    return reader->a == copy || is_dead_after(f, last, copy);
}

/* ---- runs ---- */

/* True when the row's instructions stand from `place` on, all in one block. */
static bool stands(const fused_row *row, const pl_function *function, uint32_t place)
{
    if (function->instruction_count - place < row->count) {
        return false;
    }
    for (uint32_t i = 0; i < row->count; i++) {
        if (function->instructions[place + i].op != row->ops[i] ||
            (i > 0 && function->block_gas[place + i] != 0)) {
            return false;
        }
    }
    return true;
}

/* True when nobody misses the copies that the row leaves out; two have one index and one bound. */
static bool can_leave_copies_out(const fused_row *row, pl_fusing *f, uint32_t place)
{
    const pl_instruction *in = &f->function->instructions[place];
    if (row->copies[0] == COPY_STAYS) {
        return true;
    }
    if (row->copies[1] == COPY_STAYS) {
        return only_reader(f, row, place, 0);
    }
    return in[0].c == in[1].c && in[0].d == in[1].d && only_reader(f, row, place, 0) &&
           only_reader(f, row, place, 1);
}

#define ROW_COUNT (sizeof fused_rows / sizeof *fused_rows)
_Static_assert(ROW_COUNT < UINT8_MAX, "a row's number is one byte");

/* The rows that begin with one instruction, in their order: first[op], then next[row], each one
 * more than the row, 0 at the end. */
typedef struct row_lists {
    uint8_t first[256], next[ROW_COUNT];
} row_lists;

static void list_rows(row_lists *lists)
{
    memset(lists, 0, sizeof *lists);
    for (size_t k = ROW_COUNT; k-- > 0;) {
        const uint8_t op = fused_rows[k].ops[0];
        lists->next[k] = lists->first[op];
        lists->first[op] = (uint8_t)(k + 1);
    }
}

static bool has_arrays(const pl_function *function)
{
    bool has = false;
    for (uint32_t i = 0; i < function->instruction_count && !has; i++) {
        has = function->instructions[i].op == PL_OP_LDX;
    }
    return has;
}

/* Every step gets the longest run that begins with it: whichever the step before takes, the run
 * that is taken fits. */
void pl_fuse(pl_step *steps, pl_fusing *f, const pl_code *code, const pl_function *function)
{
    row_lists lists;
    list_rows(&lists);
    if (has_arrays(function)) { /* nothing else asks what is read */
        find_carried(f, code, function);
    } else {
        f->function = function;
    }
    for (uint32_t i = 0; i < function->instruction_count; i++) {
        uint8_t row = lists.first[function->instructions[i].op];
        while (row != 0 && !(stands(&fused_rows[row - 1], function, i) &&
                             can_leave_copies_out(&fused_rows[row - 1], f, i))) {
            row = lists.next[row - 1];
        }
        steps[i].run = row == 0 ? steps[i].run : fused_rows[row - 1].handler;
        steps[i].handler = steps[i].gas != 0 ? PL_HANDLER_CHARGE : steps[i].run;
    }
}
