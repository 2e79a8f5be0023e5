/* Two executions in lockstep: A's steps are recorded, B's compared with them as they run, and the
 * first that differs is run to once more in both, to be told. */
#include <stdlib.h>
#include <string.h>

#include "tools/common/world_json.h"
#include "tools/plim/diff.h"
#include "vm/machine/ops.h"
#include "vm/machine/value.h"

#define HOOKS UINT32_MAX /* steps outside of every transaction */
enum { DEPTH_MAX = PL_CALL_DEPTH_MAX + 2, EFFECT_ROWS_MAX = 20000000 };

typedef struct record {
    uint64_t in, out; /* hashes of what the instruction reads and writes */
    uint64_t gas;
    uint32_t instruction;
    uint16_t contract, function;
    uint16_t depth;
    bool has_out; /* a next step of this frame told its results */
} record;

typedef enum verdict {
    SAME = 0,
    RESULT,   /* equal operands, another result */
    OPERANDS, /* the instruction reads another value */
    PLACE,    /* another instruction runs       */
    END,      /* one of the two ends after it   */
    TEXT,     /* only the instructions differ   */
    GAS       /* only the gas differs           */
} verdict;

static const char *const verdict_names[] = {"same", "result", "operands", "place",
                                            "end",  "text",   "gas"};

/* One run under the watch. */
typedef struct tracer {
    pt_diff_side *side;
    uint32_t wanted, current;
    const pl_world *world;
    record *records; /* of this run */
    uint64_t count, capacity;
    uint64_t last[DEPTH_MAX]; /* [depth]: number + 1 of the frame's last step */
    uint32_t depth;
    bool is_full;
    const struct tracer *first; /* compare with this run; NULL: record */
    verdict found;
    uint64_t at;
    uint64_t text_at, gas_at; /* the first of each; UINT64_MAX */
    bool looks;               /* tell step `at` */
    json_t *told;
    uint64_t rows_hashed; /* effects */
} tracer;

/* ---- hashes; nothing depends on them but what is told ---- */

#define FNV_START UINT64_C(14695981039346656037)

static uint64_t fnv(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static uint64_t hash_operands(const pl_code *code, uint32_t function, uint32_t instruction,
                              const uint8_t *registers, bool is_result)
{
    const pl_function *f = &code->functions[function];
    const pl_instruction *in = &f->instructions[instruction];
    uint64_t hash = FNV_START;
    pl_reach reach;
    if (pl_op_reach(&reach, code, in) != PL_OK) {
        return hash;
    }
    for (uint32_t i = 0; i < PL_OPERANDS; i++) {
        if (!pt_diff_is_operand(in, i, is_result)) {
            continue;
        }
        const uint32_t count = pl_operand_registers(&reach, f, in, i);
        for (uint32_t k = 0; k < count; k++) {
            const uint32_t index = pl_operand(in, i) + k;
            const size_t size = pl_register_is_wide(f, index) ? sizeof(pl_register) : 8;
            hash = fnv(hash, registers + index * sizeof(pl_register), size);
        }
    }
    return hash;
}

/* ---- the first transaction whose effect differs ---- */

static void watch_effects(void *context, pl_chain *chain, uint32_t transaction, bool is_after)
{
    tracer *t = context;
    const pl_store *store = pl_chain_store(chain);
    const uint32_t count = pl_store_dirty_count(store);
    t->rows_hashed += count;
    if (!is_after || transaction >= t->side->transaction_count ||
        t->rows_hashed > EFFECT_ROWS_MAX) {
        return;
    }
    uint64_t hash = FNV_START;
    for (uint32_t i = 0; i < count; i++) {
        const pl_change change = pl_store_dirty(store, i);
        const pl_table_entry entry = pl_store_table(store, change.table);
        if (entry.contract == 0) {
            continue; /* rows that name the world */
        }
        hash = fnv(hash, &change.table, sizeof change.table);
        hash = fnv(hash, change.key, entry.schema->key_size);
        hash = fnv(hash, change.row == NULL ? "" : (const char *)change.row,
                   change.row == NULL ? 1 : entry.schema->row_size);
    }
    t->side->effects[transaction] = hash;
}

/* The receipt of transaction i, or NULL. */
static json_t *receipt_of(const pt_diff_side *side, uint32_t i)
{
    const json_t *receipts = json_object_get(side->ran, "receipts");
    const size_t hooks_and_reports = json_array_size(receipts);
    for (size_t k = 0; k < hooks_and_reports; k++) {
        json_t *receipt = json_array_get(receipts, k);
        const char *kind = json_string_value(json_object_get(receipt, "kind"));
        if (kind != NULL && strcmp(kind, "transaction") == 0) {
            return json_array_get(receipts, k + i);
        }
    }
    return NULL;
}

static bool is_same_receipt(const json_t *a, const json_t *b)
{
    json_t *x = json_copy((json_t *)(uintptr_t)a), *y = json_copy((json_t *)(uintptr_t)b);
    (void)json_object_del(x, "receipt"); /* its number */
    (void)json_object_del(y, "receipt");
    const bool same = json_equal(x, y) != 0;
    json_decref(x);
    json_decref(y);
    return same;
}

/* HOOKS when no transaction's effect differs. */
static uint32_t first_transaction(const pt_diff_side sides[2])
{
    const uint32_t counts[2] = {sides[0].transaction_count, sides[1].transaction_count};
    for (uint32_t i = 0; i < counts[0] || i < counts[1]; i++) {
        if (i >= counts[0] || i >= counts[1] || sides[0].effects[i] != sides[1].effects[i] ||
            !is_same_receipt(receipt_of(&sides[0], i), receipt_of(&sides[1], i))) {
            return i;
        }
    }
    return HOOKS;
}

/* ---- lockstep ---- */

static bool is_same_text(const tracer *t, const record *a, const record *b)
{
    const pl_code *codes[2] = {&t->first->world->codes[a->contract - 1],
                               &t->world->codes[b->contract - 1]};
    if (memcmp(codes[0]->hash, codes[1]->hash, 32) == 0) {
        return true;
    }
    char *x = pt_diff_instruction_text(codes[0], a->function, a->instruction);
    char *y = pt_diff_instruction_text(codes[1], b->function, b->instruction);
    const bool same = strcmp(x, y) == 0;
    free(x);
    free(y);
    return same;
}

static bool is_same_name(pl_name a, pl_name b)
{
    return a.size == b.size && memcmp(a.text, b.text, a.size) == 0;
}

/* Contracts and functions by name: another code may number them otherwise. */
static bool is_same_place(const tracer *t, const record *a, const record *b)
{
    const pl_world *x = t->first->world, *y = t->world;
    return a->instruction == b->instruction && a->depth == b->depth &&
           is_same_name(x->contract_names[a->contract - 1], y->contract_names[b->contract - 1]) &&
           is_same_name(x->codes[a->contract - 1].functions[a->function].name,
                        y->codes[b->contract - 1].functions[b->function].name);
}

static void find(tracer *t, verdict what, uint64_t at)
{
    t->found = what;
    t->at = at;
}

static void compare_step(tracer *t, uint64_t number)
{
    const record *b = &t->records[number];
    if (number >= t->first->count) {
        if (!t->first->is_full && number == 0) {
            find(t, PLACE, 0); /* A runs nothing */
        } else if (!t->first->is_full) {
            find(t, END, number - 1);
        }
        return;
    }
    const record *a = &t->first->records[number];
    if (!is_same_place(t, a, b)) {
        find(t, PLACE, number);
    } else if (a->in != b->in) {
        find(t, OPERANDS, number);
    } else {
        if (t->text_at == UINT64_MAX && !is_same_text(t, a, b)) {
            t->text_at = number;
        }
        if (t->gas_at == UINT64_MAX && a->gas != b->gas) {
            t->gas_at = number;
        }
    }
}

/* The frame goes on: its last step has left its results in the registers. */
static void take_results(tracer *t, const pl_trace_step *step)
{
    const uint64_t number = t->last[step->depth] - 1;
    record *last = &t->records[number];
    if (last->contract != step->contract || last->function != step->function) {
        return; /* another frame of this depth */
    }
    const pl_code *code = &t->world->codes[step->contract - 1];
    last->out = hash_operands(code, last->function, last->instruction, step->registers, true);
    last->has_out = true;
    if (t->looks && number == t->at && t->told != NULL) {
        pt_diff_set(t->told, "results",
                    pt_diff_operands_json(t->side, code, last->function, last->instruction,
                                          step->registers, true));
    }
    if (t->first != NULL && number < t->first->count && t->found == SAME) {
        const record *a = &t->first->records[number];
        if (!a->has_out) {
            find(t, END, number);
        } else if (a->out != last->out) {
            find(t, RESULT, number);
        }
    }
}

static bool make_room(tracer *t)
{
    if (t->count == PT_DIFF_STEPS_MAX) {
        t->is_full = true;
        return false;
    }
    if (t->count == t->capacity) {
        t->capacity = t->capacity == 0 ? 4096 : 2 * t->capacity;
        t->records = pt_resize(t->records, t->capacity * sizeof *t->records);
    }
    return true;
}

static void watch_step(void *context, const pl_trace_step *step)
{
    tracer *t = context;
    if (t->current != t->wanted || t->is_full || t->found != SAME || step->depth >= DEPTH_MAX) {
        return;
    }
    if (step->depth > t->depth) {
        t->last[step->depth] = 0; /* a new frame */
    } else if (t->last[step->depth] != 0) {
        take_results(t, step);
    }
    t->depth = step->depth;
    if (t->found != SAME || !make_room(t)) {
        return;
    }
    const pl_code *code = &t->world->codes[step->contract - 1];
    t->records[t->count] = (record){
        .in = hash_operands(code, step->function, step->instruction, step->registers, false),
        .gas = step->gas_left,
        .instruction = step->instruction,
        .contract = (uint16_t)step->contract,
        .function = (uint16_t)step->function,
        .depth = (uint16_t)step->depth};
    if (t->looks && t->count == t->at) {
        t->told = pt_diff_step_json(t->side, step);
    }
    t->last[step->depth] = ++t->count;
    if (t->first != NULL) {
        compare_step(t, t->count - 1);
    }
}

static void watch_moment(void *context, pl_chain *chain, uint32_t transaction, bool is_after)
{
    tracer *t = context;
    (void)chain;
    t->current = is_after ? HOOKS : transaction;
    t->depth = 0;
}

static tracer tracer_of(pt_diff_side *side, uint32_t wanted, const tracer *first)
{
    return (tracer){.side = side,
                    .wanted = wanted,
                    .current = HOOKS,
                    .world = pl_chain_world(side->run.chain),
                    .first = first,
                    .text_at = UINT64_MAX,
                    .gas_at = UINT64_MAX};
}

static pt_exit trace(tracer *t, pt_report *report)
{
    const pl_watch watch = {.context = t, .moment = watch_moment, .step = watch_step};
    pl_block_result result;
    return pt_diff_run(&result, t->side, &watch)
               ? PT_OK
               : pt_fail_status(report, result.status, "%s: tracing", t->side->run.history_path);
}

/* What the comparison did not find while it ran. */
static void settle(tracer *b)
{
    const tracer *a = b->first;
    if (b->found != SAME || a->is_full || b->is_full) {
        return;
    }
    if (a->count > b->count) {
        find(b, b->count == 0 ? PLACE : END, b->count == 0 ? 0 : b->count - 1);
    } else if (b->count != 0 && a->records[b->count - 1].has_out) {
        find(b, END, b->count - 1);
    } else if (b->text_at != UINT64_MAX) {
        find(b, TEXT, b->text_at);
    } else if (b->gas_at != UINT64_MAX) {
        find(b, GAS, b->gas_at);
    }
}

/* Runs to step `at` once more and tells it. */
static pt_exit look(json_t **told, pt_diff_side *side, uint32_t wanted, uint64_t at,
                    pt_report *report)
{
    tracer t = tracer_of(side, wanted, NULL);
    t.looks = true;
    t.at = at;
    const pt_exit exit = trace(&t, report);
    free(t.records);
    *told = t.told == NULL ? json_null() : t.told;
    return exit;
}

static pt_exit tell_step(json_t *facts, pt_diff_side sides[2], uint32_t wanted, const tracer *b,
                         pt_report *report)
{
    json_t *step = json_object(), *told[2] = {NULL, NULL};
    pt_diff_set(facts, "step", step);
    pt_diff_set(step, "differs", json_string(verdict_names[b->found]));
    pt_diff_set(step, "steps_compared", pt_u64_json(b->count));
    pt_diff_set(step, "is_whole", json_boolean(!b->is_full && !b->first->is_full));
    if (b->found == SAME) {
        return PT_OK;
    }
    pt_diff_set(step, "number", pt_u64_json(b->at));
    for (int side = 0; side < 2; side++) {
        PT_TRY(look(&told[side], &sides[side], wanted, b->at, report));
        pt_diff_set(step, sides[side].name, told[side]);
    }
    return PT_OK;
}

static pt_exit lockstep(json_t *facts, pt_diff_side sides[2], uint32_t wanted, pt_report *report)
{
    tracer a = tracer_of(&sides[0], wanted, NULL), b = tracer_of(&sides[1], wanted, &a);
    pt_exit exit = trace(&a, report);
    if (exit == PT_OK) {
        exit = trace(&b, report);
    }
    if (exit == PT_OK) {
        settle(&b);
        exit = tell_step(facts, sides, wanted, &b, report);
    }
    free(a.records);
    free(b.records);
    return exit;
}

pt_exit pt_diff_steps(json_t **facts, pt_diff_side sides[2], pt_report *report)
{
    for (int side = 0; side < 2; side++) {
        tracer t = tracer_of(&sides[side], HOOKS, NULL);
        const pl_watch watch = {.context = &t, .moment = watch_effects};
        pl_block_result result;
        sides[side].transaction_count = sides[side].decoded.transactions.count;
        sides[side].effects =
            pt_take_zeroed(sides[side].transaction_count + 1u, sizeof *sides[side].effects);
        if (!pt_diff_run(&result, &sides[side], &watch)) {
            return pt_fail_status(report, result.status, "%s: the block that differs",
                                  sides[side].run.history_path);
        }
    }
    const uint32_t wanted = first_transaction(sides);
    *facts = json_object();
    if (wanted == HOOKS) {
        pt_diff_set(*facts, "kind", json_string("hooks"));
        return lockstep(*facts, sides, wanted, report);
    }
    pt_diff_set(*facts, "kind", json_string("transaction"));
    pt_diff_set(*facts, "index", json_integer(wanted));
    for (int side = 0; side < 2; side++) {
        const bool has = wanted < sides[side].transaction_count;
        pt_diff_set(*facts, sides[side].name,
                    has ? json_incref(receipt_of(&sides[side], wanted)) : json_null());
    }
    if (wanted >= sides[0].transaction_count || wanted >= sides[1].transaction_count) {
        return PT_OK; /* one side has no such transaction */
    }
    return lockstep(*facts, sides, wanted, report);
}
