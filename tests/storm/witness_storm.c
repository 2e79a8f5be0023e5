/* The storm over witnesses: random states and random executions, recorded on a full store, then
 * repeated over the witness alone.
 *
 *   witness_storm [--sequences N] [--seed S] [--first I]
 *
 * The bytes are compared with those of tests/support/witness_model.h, every answer and the root
 * after with those of the full store. Then come reads of everything else, every bit of small
 * witnesses flipped, nodes dropped, doubled and swapped, and other witnesses of the same root: one
 * place told less, one told more, and both at random. None of them passes. Some sequences refuse
 * memory at a random point. Every sequence draws from the seed and its own number: --first I
 * --sequences 1 repeats one. Prints one line; exits 1 at the first difference. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/counted_memory.h"
#include "tests/support/witness_model.h"
#include "vm/base/bytes.h"

#define OPS_MAX      220u
#define FLIPS_OF     420u /* bytes of a witness that is flipped whole */
#define ANSWERS_SIZE (OPS_MAX * (2u + PL_ORDER_SIZE_MAX))

typedef enum verb { GET, PUT, DEL, SEEK, BEGIN, COMMIT, ROLLBACK } verb;

typedef struct op {
    verb verb;
    uint32_t table, order, prefix;
    pl_seek mode;
    uint8_t key[MODEL_KEY_MAX];
    uint8_t row[MODEL_ROW_MAX];
    uint8_t full_key[PL_ORDER_SIZE_MAX];
} op;

typedef struct outcome {
    pl_status status; /* the first that is not OK, of execution or root */
    uint8_t answers[ANSWERS_SIZE];
    size_t size;
    uint8_t root[PL_HASH_SIZE];
} outcome;

typedef struct storm {
    uint64_t random;
    uint64_t sequence;
    uint32_t range; /* of key values */
    op ops[OPS_MAX];
    uint32_t op_count;
    bool writes; /* some op changes rows */
    pl_store *full;
    uint8_t root_before[PL_HASH_SIZE];
    plan_state before, after;
    plan_touched touched;
    plan planned;
    outcome expected;
    uint8_t witness[PLAN_SIZE_MAX];
    size_t size;
} storm;

static struct {
    uint64_t rows, bytes, flips, less, more, mixed, broken, reads, told, seeks, refusals;
} done;

static uint64_t draw(storm *s)
{
    /* splitmix64 */
    uint64_t z = s->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint32_t below(storm *s, uint32_t limit)
{
    return (uint32_t)((draw(s) >> 32) * limit >> 32);
}

static void expect(const storm *s, bool holds, const char *what)
{
    if (!holds) {
        printf("witness_storm: sequence %" PRIu64 ": %s\n", s->sequence, what);
        exit(1);
    }
}

/* ---- random states and executions ---- */

static void draw_bytes(storm *s, const pl_field *fields, uint32_t count, uint8_t *bytes)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *at = bytes + fields[i].offset;
        const uint8_t class = fields[i].type.class;
        const uint32_t value = below(s, s->range);
        memset(at, class == PL_CLASS_INT && value % 2 == 1 ? 0xff : 0, fields[i].type.size);
        at[fields[i].type.size - 1] = (uint8_t)(class == PL_CLASS_BOOL   ? value % 2
                                                : class == PL_CLASS_ENUM ? value % 4
                                                                         : value);
    }
}

static void draw_row(storm *s, uint32_t *table, uint8_t *key, uint8_t *row)
{
    *table = below(s, MODEL_TABLES);
    draw_bytes(s, model_schemas[*table].keys, model_schemas[*table].key_count, key);
    draw_bytes(s, model_schemas[*table].fields, model_schemas[*table].field_count, row);
}

static void fill_store(storm *s)
{
    static const uint32_t sizes[] = {0, 1, 2, 3, 5, 9, 30, 500};
    const uint32_t limit = sizes[below(s, 8)];
    const uint32_t rows = limit <= 3 ? limit : below(s, limit + 1);
    pl_door *door = pl_store_door(s->full);
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t table;
        uint8_t key[MODEL_KEY_MAX] = {0}, row[MODEL_ROW_MAX] = {0};
        draw_row(s, &table, key, row);
        expect(s, door->ops->put(door, table, key, row) == PL_OK, "a put");
    }
    expect(s, pl_store_root(s->full, s->root_before) == PL_OK, "the root before");
    plan_take_state(&s->before, s->full);
    done.rows += s->before.count;
}

static void draw_seek(storm *s, op *of)
{
    of->verb = SEEK;
    of->order = below(s, 1u + model_schemas[of->table].index_count);
    of->mode = (pl_seek)below(s, 4);
    const uint32_t size = model_full_size(of->table, of->order);
    model_row start = {0};
    memcpy(start.key, of->key, sizeof start.key);
    memcpy(start.row, of->row, sizeof start.row);
    model_full_key(of->full_key, of->table, of->order, &start);
    of->prefix = below(s, 2) == 0 ? 0 : below(s, size + 1);
}

/* Draws one step. Profiles: 0 reads only, 1 a bit of everything, 2 mostly deletions. */
static void draw_op(storm *s, uint32_t profile, uint32_t *depth)
{
    op *of = &s->ops[s->op_count++];
    memset(of, 0, sizeof *of);
    draw_row(s, &of->table, of->key, of->row);
    if (s->before.count > 0 && below(s, 4) != 0) { /* a row that is there, or was */
        const plan_row *row = &s->before.rows[below(s, s->before.count)];
        of->table = row->table;
        memcpy(of->key, row->key, sizeof of->key);
        if (below(s, 4) == 0) {
            memcpy(of->row, row->row, sizeof of->row);
        }
    }
    const uint32_t kind = below(s, 100);
    if (profile == 0 || kind < 25) {
        of->verb = GET;
    } else if (kind < 45 && *depth < 5) {
        of->verb = BEGIN;
        (*depth)++;
    } else if (kind < 60 && *depth > 0) {
        of->verb = below(s, 2) == 0 ? COMMIT : ROLLBACK;
        (*depth)--;
    } else {
        of->verb = below(s, profile == 2 ? 8 : 2) != 0 ? DEL : PUT;
    }
}

static void delete_all(storm *s)
{
    for (uint32_t i = 0; i < s->before.count && s->op_count < OPS_MAX - 8; i++) {
        op *of = &s->ops[s->op_count++];
        *of = (op){.verb = DEL, .table = s->before.rows[i].table};
        memcpy(of->key, s->before.rows[i].key, sizeof of->key);
    }
}

static void draw_ops(storm *s)
{
    const uint32_t profile = below(s, 3);
    s->op_count = 0;
    uint32_t depth = 0;
    if (profile == 2 && below(s, 3) == 0) {
        delete_all(s);
    }
    const uint32_t limit = below(s, 2) == 0 ? 4 : 60;
    for (uint32_t i = below(s, limit); i > 0 && s->op_count < OPS_MAX - 8; i--) {
        draw_op(s, profile, &depth);
    }
    if (below(s, 8) == 0) {
        op *of = &s->ops[s->op_count++];
        memset(of, 0, sizeof *of);
        draw_row(s, &of->table, of->key, of->row);
        draw_seek(s, of);
    }
    for (; depth > 0; depth--) {
        s->ops[s->op_count++] = (op){.verb = below(s, 2) == 0 ? COMMIT : ROLLBACK};
    }
    s->writes = profile != 0;
}

/* The touched keys, from the list of steps alone. */
static void list_touched(storm *s)
{
    s->touched.count = 0;
    s->touched.all = false;
    for (uint32_t i = 0; i < s->op_count; i++) {
        if (s->ops[i].verb <= DEL) {
            model_path(s->touched.paths[s->touched.count++], s->ops[i].table, s->ops[i].key);
        }
        s->touched.all = s->touched.all || s->ops[i].verb == SEEK;
    }
}

/* ---- execution ---- */

static pl_status run_op(outcome *out, pl_door *door, const op *of)
{
    uint8_t *answer = out->answers + out->size;
    const uint8_t *row;
    bool yes = false;
    switch (of->verb) {
    case GET:
        PL_TRY(door->ops->get(door, &row, of->table, of->key));
        answer[0] = row != NULL;
        if (row != NULL) {
            memcpy(answer + 1, row, model_schemas[of->table].row_size);
            out->size += model_schemas[of->table].row_size;
        }
        break;
    case PUT:
        PL_TRY(door->ops->put(door, of->table, of->key, of->row));
        break;
    case DEL:
        PL_TRY(door->ops->del(door, &yes, of->table, of->key));
        answer[0] = yes;
        break;
    case SEEK:
        memcpy(answer + 1, of->full_key, PL_ORDER_SIZE_MAX);
        PL_TRY(door->ops->seek(door, &yes, of->table, of->order, of->mode, of->prefix, answer + 1));
        answer[0] = yes;
        out->size += PL_ORDER_SIZE_MAX;
        break;
    case BEGIN:
        PL_TRY(door->ops->begin(door));
        break;
    case COMMIT:
        PL_TRY(door->ops->commit(door));
        break;
    case ROLLBACK:
        PL_TRY(door->ops->rollback(door));
        break;
    }
    out->size++;
    return PL_OK;
}

/* Runs all steps inside one level, which stays open, and takes the root. */
static pl_status run(const storm *s, outcome *out, pl_door *door, pl_store *store)
{
    memset(out, 0, sizeof *out);
    PL_TRY(door->ops->begin(door));
    for (uint32_t i = 0; i < s->op_count; i++) {
        PL_TRY(run_op(out, door, &s->ops[i]));
    }
    return pl_store_root(store, out->root);
}

/* ---- making ---- */

static void make_witness(storm *s)
{
    pl_recorder *recorder;
    counted_memory memory;
    counted_memory_init(&memory);
    expect(s, pl_recorder_create(&recorder, s->full, &memory.memory) == PL_OK, "a recorder");
    pl_door *door = pl_recorder_door(recorder);
    expect(s, run(s, &s->expected, door, s->full) == PL_OK, "the execution");
    plan_take_state(&s->after, s->full);
    if (s->writes || below(s, 2) == 0) {
        expect(s, pl_recorder_note_end(recorder) == PL_OK, "the notes of the end");
    }
    uint8_t root[PL_HASH_SIZE];
    expect(s, door->ops->rollback(door) == PL_OK, "the roll back");
    expect(s, pl_store_root(s->full, root) == PL_OK && memcmp(root, s->root_before, 32) == 0,
           "the root rolled back");
    pl_writer counter = pl_writer_of(NULL, 0);
    pl_writer writer = pl_writer_of(s->witness, sizeof s->witness);
    expect(s, pl_recorder_write(recorder, &counter) == PL_OK, "measuring");
    expect(s, pl_recorder_write(recorder, &writer) == PL_OK, "writing");
    expect(s, pl_writer_end(&writer) == PL_OK && counter.size == writer.size, "the size");
    s->size = writer.size;
    done.bytes += s->size;
    pl_recorder_free(recorder);
    expect(s, memory.out == 0, "memory of the recorder was not given back");
}

static void compare_with_model(storm *s)
{
    static uint8_t bytes[PLAN_SIZE_MAX];
    list_touched(s);
    plan_make(&s->planned, &s->before, &s->after, &s->touched);
    pl_writer writer = pl_writer_of(bytes, sizeof bytes);
    plan_write(&s->planned, &writer);
    expect(s, writer.size == s->size, "size of the witness");
    expect(s, memcmp(bytes, s->witness, s->size) == 0, "bytes of the witness");
}

/* ---- reading ---- */

typedef struct reading {
    counted_memory memory;
    pl_store *store;
    pl_witness *witness;
    outcome out;
} reading;

static pl_status open_reading(const storm *s, reading *of, const uint8_t *bytes, size_t size,
                              uint64_t refuse_at)
{
    counted_memory_init(&of->memory);
    of->memory.refuse_at = refuse_at;
    of->store = NULL;
    of->witness = NULL;
    PL_TRY(pl_store_create(&of->store, &of->memory.memory));
    PL_TRY(plan_add_tables(of->store));
    size_t offset;
    const pl_status status = pl_witness_load(&of->witness, &offset, of->store, &of->memory.memory,
                                             &plan_rows, s->root_before, bytes, size);
    expect(s, offset <= size, "offset");
    return status;
}

static void close_reading(const storm *s, reading *of)
{
    pl_witness_free(of->witness);
    pl_store_free(of->store);
    expect(s, of->memory.out == 0, "memory of the reader was not given back");
}

/* Loads, executes, ends: the whole verification. */
static pl_status verify(const storm *s, reading *of, const uint8_t *bytes, size_t size,
                        uint64_t refuse_at)
{
    PL_TRY(open_reading(s, of, bytes, size, refuse_at));
    PL_TRY(run(s, &of->out, pl_witness_door(of->witness), of->store));
    return pl_witness_end(of->witness);
}

static pl_status verdict(const storm *s, const uint8_t *bytes, size_t size)
{
    static reading of;
    const pl_status status = verify(s, &of, bytes, size, UINT64_MAX);
    close_reading(s, &of);
    return status;
}

/* Reads all rows and some absent keys: the truth or nothing. */
static void read_elsewhere(storm *s, reading *of)
{
    pl_door *door = pl_witness_door(of->witness);
    pl_door *full = pl_store_door(s->full);
    expect(s, door->ops->rollback(door) == PL_OK, "rolling the witness back");
    const uint32_t count = s->before.count + 40;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t table;
        uint8_t key[MODEL_KEY_MAX] = {0}, unused[MODEL_ROW_MAX];
        draw_row(s, &table, key, unused);
        if (i < s->before.count) {
            table = s->before.rows[i].table;
            memcpy(key, s->before.rows[i].key, sizeof key);
        }
        const uint8_t *told, *row;
        const pl_status status = door->ops->get(door, &told, table, key);
        expect(s, full->ops->get(full, &row, table, key) == PL_OK, "a get");
        if (status == PL_OK) {
            expect(s, (told == NULL) == (row == NULL), "presence of another row");
            expect(s, row == NULL || memcmp(told, row, model_schemas[table].row_size) == 0,
                   "another row");
            done.told++;
        } else {
            expect(s, status == PL_FAULT_WITNESS, "refusal of another row");
        }
        done.reads++;
    }
}

static void check_reading(storm *s)
{
    static reading of;
    expect(s, open_reading(s, &of, s->witness, s->size, UINT64_MAX) == PL_OK, "the witness");
    expect(s, pl_store_row_count(of.store) == s->before.count, "row count");
    uint8_t root[PL_HASH_SIZE];
    expect(s, pl_store_root(of.store, root) == PL_OK && memcmp(root, s->root_before, 32) == 0,
           "root before");
    const pl_status status = run(s, &of.out, pl_witness_door(of.witness), of.store);
    expect(s, status == PL_OK, pl_status_name(status));
    expect(s, of.out.size == s->expected.size, "size of the answers");
    expect(s, memcmp(of.out.answers, s->expected.answers, of.out.size) == 0, "answers");
    expect(s, memcmp(of.out.root, s->expected.root, 32) == 0, "root after");
    expect(s, pl_store_row_count(of.store) == s->after.count, "row count after");
    expect(s, pl_witness_end(of.witness) == PL_OK, "the end");
    expect(s, pl_witness_end(of.witness) == PL_OK, "the end, asked twice");
    if (pl_store_changed_count(of.store) == 0) {
        read_elsewhere(s, &of);
    }
    close_reading(s, &of);
}

static void refuse_memory(storm *s)
{
    static reading of;
    const pl_status status = verify(s, &of, s->witness, s->size, below(s, 200));
    expect(s, status == PL_OK || status == PL_FAULT_MEMORY, "refused memory");
    done.refusals += status == PL_FAULT_MEMORY;
    close_reading(s, &of);
}

/* ---- mutants ---- */

static void flip_bits(storm *s)
{
    const bool whole = s->size <= FLIPS_OF && s->sequence % 8 == 0;
    const size_t count = whole ? s->size * 8 : 16;
    for (size_t i = 0; i < count; i++) {
        const size_t bit = whole ? i : below(s, (uint32_t)s->size * 8);
        s->witness[bit / 8] ^= (uint8_t)(1u << bit % 8);
        static reading of;
        expect(s, open_reading(s, &of, s->witness, s->size, UINT64_MAX) != PL_OK, "a flipped bit");
        close_reading(s, &of);
        s->witness[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    done.flips += count;
}

static pl_status verdict_of_plan(storm *s, bool *same)
{
    static uint8_t bytes[PLAN_SIZE_MAX];
    pl_writer writer = pl_writer_of(bytes, sizeof bytes);
    plan_write(&s->planned, &writer);
    *same = writer.size == s->size && memcmp(bytes, s->witness, s->size) == 0;
    return verdict(s, bytes, writer.size);
}

/* Returns the size of the node at an offset. */
static size_t node_size(const storm *s, size_t at)
{
    static const size_t sizes[] = {1, 1 + PL_HASH_SIZE, 1 + sizeof(pl_leaf), 7, 1};
    const size_t size = sizes[s->witness[at]];
    if (s->witness[at] != PLAN_ROW) {
        return size;
    }
    const uint32_t table =
        pl_load_u32(s->witness + at + 1) * 2 + pl_load_u16(s->witness + at + 5) - 3;
    return size + model_schemas[table].key_size + model_schemas[table].row_size;
}

/* A node dropped or written twice. */
static void break_bytes(storm *s)
{
    static uint8_t bytes[2 * PLAN_SIZE_MAX];
    uint32_t nodes = 0;
    for (size_t at = 8; at < s->size; at += node_size(s, at)) {
        nodes++;
    }
    uint32_t chosen = below(s, nodes);
    size_t at = 8;
    for (; chosen > 0; chosen--) {
        at += node_size(s, at);
    }
    const size_t size = node_size(s, at), rest = s->size - at - size;
    memcpy(bytes, s->witness, at);
    memcpy(bytes + at, s->witness + at + size, rest);
    expect(s, verdict(s, bytes, at + rest) != PL_OK, "a node dropped");
    memcpy(bytes + at, s->witness + at, size);
    memcpy(bytes + at + size, s->witness + at, size + rest);
    expect(s, verdict(s, bytes, s->size + size) != PL_OK, "a node written twice");
    done.broken += 2;
}

/* Two children that change places, a leaf or row of another key. */
static void break_plan(storm *s)
{
    static uint32_t numbers[PLAN_NODES_MAX];
    const uint32_t count = plan_visible(&s->planned, numbers);
    plan_node *node = &s->planned.nodes[numbers[below(s, count)]];
    const plan_node kept = *node;
    if (node->told == PLAN_INNER) {
        node->child[0] = kept.child[1];
        node->child[1] = kept.child[0];
    } else if (node->told == PLAN_LEAF || node->told == PLAN_ROW) {
        node->low = below(s, s->before.count);
    }
    bool same;
    const pl_status status = verdict_of_plan(s, &same);
    expect(s, (status == PL_OK) == same, "another order or another row");
    done.broken += !same;
    *node = kept;
}

/* What may be told of a place instead: less, more, or nothing else. */
static uint8_t other_telling(storm *s, const plan_node *node)
{
    if (node->kind == PLAN_INNER) {
        return node->told == PLAN_INNER ? PLAN_PRUNED : PLAN_INNER;
    }
    if (node->kind == PLAN_EMPTY) {
        return PLAN_EMPTY;
    }
    const uint8_t others[2] = {node->told == PLAN_PRUNED ? PLAN_LEAF : PLAN_PRUNED,
                               node->told == PLAN_ROW ? PLAN_LEAF : PLAN_ROW};
    return others[below(s, 2)];
}

/* Other witnesses of the same root: each has the right form and hashes. */
static void tell_otherwise(storm *s)
{
    static uint32_t numbers[PLAN_NODES_MAX];
    static uint8_t kept[PLAN_NODES_MAX];
    const uint32_t count = plan_visible(&s->planned, numbers);
    const uint32_t tries = count < 12 ? count : 12;
    bool same;
    for (uint32_t i = 0; i < tries; i++) {
        plan_node *node = &s->planned.nodes[numbers[count < 12 ? i : below(s, count)]];
        const uint8_t told = node->told;
        node->told = other_telling(s, node);
        if (node->told != told) {
            const pl_status status = verdict_of_plan(s, &same);
            const bool more = node->told > told; /* the kinds stand in that order */
            expect(s, status == (more ? PL_REJECT_WITNESS_EXTRA : PL_FAULT_WITNESS),
                   more ? "a place told needlessly" : "a place not told");
            done.more += more;
            done.less += !more;
        }
        node->told = told;
    }
    for (uint32_t k = 0; k < 3; k++) {
        for (uint32_t i = 0; i < count; i++) {
            plan_node *node = &s->planned.nodes[numbers[i]];
            kept[i] = node->told;
            node->told = below(s, 6) == 0 ? other_telling(s, node) : node->told;
        }
        const pl_status status = verdict_of_plan(s, &same);
        expect(s, (status == PL_OK) == same, "a mixed telling");
        expect(s, same || status == PL_REJECT_WITNESS_EXTRA || status == PL_FAULT_WITNESS,
               pl_status_name(status));
        done.mixed++;
        for (uint32_t i = 0; i < count; i++) {
            s->planned.nodes[numbers[i]].told = kept[i];
        }
    }
}

static void run_sequence(storm *s, uint64_t seed, uint64_t sequence)
{
    static counted_memory memory;
    counted_memory_init(&memory);
    s->sequence = sequence;
    s->random = seed * UINT64_C(0xd1342543de82ef95) + sequence;
    (void)draw(s);
    s->range = below(s, 2) == 0 ? 6 : 256;
    expect(s, pl_store_create(&s->full, &memory.memory) == PL_OK, "a store");
    expect(s, plan_add_tables(s->full) == PL_OK, "tables");
    fill_store(s);
    draw_ops(s);
    make_witness(s);
    compare_with_model(s);
    done.seeks += s->touched.all;
    check_reading(s);
    refuse_memory(s);
    flip_bits(s);
    tell_otherwise(s);
    for (int i = 0; i < 3; i++) {
        break_bytes(s);
        break_plan(s);
    }
    pl_store_free(s->full);
    expect(s, memory.out == 0, "memory of the store was not given back");
}

int main(int argc, char **argv)
{
    static storm s;
    uint64_t sequences = 500, seed = 1, first = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        const uint64_t value = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--sequences") == 0) {
            sequences = value;
        } else if (strcmp(argv[i], "--seed") == 0) {
            seed = value;
        } else if (strcmp(argv[i], "--first") == 0) {
            first = value;
        } else {
            fprintf(stderr, "usage: witness_storm [--sequences N] [--seed S] [--first I]\n");
            return 2;
        }
    }
    for (uint64_t i = first; i < first + sequences; i++) {
        run_sequence(&s, seed, i);
    }
    printf("witness_storm: %" PRIu64 " sequences, seed %" PRIu64 ": %" PRIu64 " rows, %" PRIu64
           " bytes, %" PRIu64 " with a seek, %" PRIu64 " other reads (%" PRIu64
           " answered), %" PRIu64 " flipped bits, %" PRIu64 " told less, %" PRIu64
           " told more, %" PRIu64 " mixed, %" PRIu64 " broken, %" PRIu64
           " refusals of memory; no difference\n",
           sequences, seed, done.rows, done.bytes, done.seeks, done.reads, done.told, done.flips,
           done.less, done.more, done.mixed, done.broken, done.refusals);
    return 0;
}
