/* The storm over vm/state: random sequences of writes, deletions, scans, nested begin, commit and
 * rollback on a store, compared with the naive state of tests/support/state_model.h.
 *
 *   state_storm [--sequences N] [--seed S] [--first I]
 *
 * After every commit and rollback all rows, orders and counts are compared; at many of them, also
 * inside open levels, the root from scratch, the lists of touched and changed rows, and proofs of
 * present and absent keys, of which one has every single bit flipped. Some sequences refuse memory
 * at a random point. Every sequence draws from the seed and its own number: --first I --sequences 1
 * repeats one. Prints one line; exits 1 at the first difference. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/counted_memory.h"
#include "tests/support/state_model.h"
#include "vm/state/proof.h"
#include "vm/state/store.h"

#define LEVELS_MAX 6u
#define STEPS_MAX  300u

typedef struct storm {
    uint64_t random;
    uint64_t sequence;
    counted_memory memory;
    pl_store *store;
    pl_door *door;
    model now;
    model levels[LEVELS_MAX]; /* as it was at each open begin */
    uint32_t depth;
    model at_root; /* as it was at the last root */
    uint32_t key_range;
    bool refused; /* memory was refused: nothing more may be expected */
} storm;

static struct {
    uint64_t steps, roots, proofs, flips, seeks, refusals;
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

static void fail(const storm *s, const char *what)
{
    printf("state_storm: sequence %" PRIu64 ": %s\n", s->sequence, what);
    exit(1);
}

static void expect(const storm *s, bool holds, const char *what)
{
    if (!holds) {
        fail(s, what);
    }
}

/* Takes in a status: true to go on, false when the sequence ends because memory was refused. */
static bool went_well(storm *s, pl_status status)
{
    if (status == PL_FAULT_MEMORY && s->memory.takes >= s->memory.refuse_at) {
        s->refused = true;
        return false;
    }
    expect(s, status == PL_OK, pl_status_name(status));
    return true;
}

/* ---- random rows and keys: few distinct ones, signs and ends of range among them
 * ------------------ */

static void draw_field(storm *s, pl_type type, uint8_t *bytes, uint32_t range)
{
    const uint32_t value = below(s, range);
    memset(bytes, 0, type.size);
    if (type.class == PL_CLASS_BOOL) {
        bytes[0] = (uint8_t)(value % 2);
        return;
    }
    bytes[type.size - 1] = (uint8_t)value;
    if (type.class == PL_CLASS_INT && below(s, 2) == 0) {
        memset(bytes, 0xff, type.size); /* -256 .. -1, or the least value */
        bytes[type.size - 1] = (uint8_t)(255 - value);
        if (below(s, 8) == 0) {
            memset(bytes, 0, type.size);
            bytes[0] = 0x80;
        }
    } else if (below(s, 6) == 0) {
        memset(bytes, type.class == PL_CLASS_ENUM ? 3 : 0x7f, type.size);
    }
}

static void draw_key(storm *s, uint32_t table, uint8_t *key)
{
    const pl_table *schema = &model_schemas[table];
    for (uint32_t i = 0; i < schema->key_count; i++) {
        /* so few that keys meet, and never more than the model holds */
        const uint32_t range = schema->key_count == 1 ? s->key_range : 3;
        draw_field(s, schema->keys[i].type, key + schema->keys[i].offset, range);
    }
}

static void draw_row(storm *s, uint32_t table, uint8_t *row)
{
    const pl_table *schema = &model_schemas[table];
    for (uint32_t i = 0; i < schema->field_count; i++) {
        draw_field(s, schema->fields[i].type, row + schema->fields[i].offset, 4);
    }
}

/* ---- comparing --------------------------------------------------------------------------------
 */

static void compare_rows(storm *s)
{
    expect(s, pl_store_row_count(s->store) == model_row_count(&s->now), "row count");
    for (uint32_t table = 0; table < MODEL_TABLES; table++) {
        const model_table *in = &s->now.tables[table];
        const pl_table *schema = &model_schemas[table];
        expect(s, pl_store_table_rows(s->store, table) == in->count, "table row count");
        uint32_t seen = 0;
        uint8_t last[MODEL_KEY_MAX];
        pl_cursor cursor = pl_store_rows(s->store, table);
        while (pl_cursor_next(&cursor)) {
            const uint8_t *row = model_get(&s->now, table, cursor.key);
            expect(s, row != NULL && memcmp(row, cursor.row, schema->row_size) == 0,
                   "row of a cursor");
            expect(s, seen == 0 || model_compare(table, 0, last, cursor.key) < 0,
                   "order of a cursor");
            memcpy(last, cursor.key, schema->key_size);
            seen++;
        }
        expect(s, seen == in->count, "rows of a cursor");
        for (uint32_t order = 1; order <= schema->index_count; order++) {
            /* Walk the index from both ends of one row's key to the end. */
            if (in->count == 0) {
                continue;
            }
            const pl_seek mode = below(s, 2) == 0 ? PL_SEEK_GT : PL_SEEK_LT;
            uint8_t ours[PL_ORDER_SIZE_MAX], theirs[PL_ORDER_SIZE_MAX];
            model_full_key(ours, table, order, &in->rows[below(s, in->count)]);
            memcpy(theirs, ours, sizeof ours);
            bool found = true;
            while (found) {
                const bool expected = model_seek(&s->now, table, order, mode, 0, ours);
                expect(s,
                       s->door->ops->seek(s->door, &found, table, order, mode, 0, theirs) ==
                               PL_OK &&
                           found == expected,
                       "walk of an index");
                expect(s, memcmp(ours, theirs, model_full_size(table, order)) == 0,
                       "key of an index");
            }
        }
    }
}

static bool same_row(const model *a, const model *b, uint32_t table, const uint8_t *key)
{
    const uint8_t *one = model_get(a, table, key);
    const uint8_t *two = model_get(b, table, key);
    if (one == NULL || two == NULL) {
        return one == two;
    }
    return memcmp(one, two, model_schemas[table].row_size) == 0;
}

/* How many rows differ between two states. */
static uint32_t count_differences(const model *a, const model *b)
{
    uint32_t count = 0;
    for (uint32_t table = 0; table < MODEL_TABLES; table++) {
        for (uint32_t i = 0; i < a->tables[table].count; i++) {
            count += !same_row(a, b, table, a->tables[table].rows[i].key);
        }
        for (uint32_t i = 0; i < b->tables[table].count; i++) {
            count += model_get(a, table, b->tables[table].rows[i].key) == NULL;
        }
    }
    return count;
}

/* A listed row has its present bytes; counts how many differ from the last root. */
static uint32_t check_change(storm *s, pl_change change)
{
    const uint8_t *row = model_get(&s->now, change.table, change.key);
    expect(s, (row == NULL) == (change.row == NULL), "presence in a list");
    expect(s, row == NULL || memcmp(row, change.row, model_schemas[change.table].row_size) == 0,
           "row in a list");
    return !same_row(&s->now, &s->at_root, change.table, change.key);
}

static void flip_every_bit(storm *s, const uint8_t root[32], const uint8_t path[32], uint8_t *proof,
                           size_t size)
{
    pl_claim claim;
    for (size_t bit = 0; bit < size * 8; bit++) {
        proof[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect(s, pl_proof_verify(&claim, root, path, proof, size) != PL_OK, "a flipped bit");
        proof[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    expect(s, pl_proof_verify(&claim, root, path, proof, size - 1) == PL_REJECT_PROOF_SHAPE,
           "a proof cut short");
    done.flips += size * 8;
}

/* Proves one key, verifies it, and that it proves nothing else. */
static bool check_proof(storm *s, const uint8_t root[32], uint32_t table, const uint8_t *key,
                        bool flip)
{
    uint8_t proof[PL_PROOF_SIZE_MAX + 1];
    uint8_t path[32], ours[32], other[32];
    pl_writer writer = pl_writer_of(proof, sizeof proof);
    if (!went_well(s, pl_store_prove(s->store, &writer, table, key))) {
        return false;
    }
    expect(s, pl_writer_end(&writer) == PL_OK, "size of a proof");
    pl_store_path(s->store, path, table, key);
    model_path(ours, table, key);
    expect(s, memcmp(path, ours, 32) == 0, "path of a key");
    pl_claim claim;
    expect(s, pl_proof_verify(&claim, root, path, proof, writer.size) == PL_OK, "proof");
    const uint8_t *row = model_get(&s->now, table, key);
    expect(s, (row == NULL) == (claim.row == NULL), "claim of a proof");
    expect(s,
           row == NULL || (claim.row_size == model_schemas[table].row_size &&
                           memcmp(claim.row, row, claim.row_size) == 0),
           "row of a proof");
    expect(s, claim.row_count == model_row_count(&s->now), "row count of a proof");
    memcpy(other, root, 32);
    other[below(s, 32)] ^= (uint8_t)(1u << below(s, 8));
    expect(s, pl_proof_verify(&claim, other, path, proof, writer.size) == PL_REJECT_PROOF_ROOT,
           "proof against another root");
    proof[writer.size] = 0;
    expect(s, pl_proof_verify(&claim, root, path, proof, writer.size + 1) == PL_REJECT_PROOF_SHAPE,
           "proof with a byte after it");
    if (flip) {
        flip_every_bit(s, root, path, proof, writer.size);
    }
    done.proofs++;
    return true;
}

static bool check_root(storm *s, bool with_proofs, bool with_flips)
{
    const uint32_t differ = count_differences(&s->now, &s->at_root);
    uint32_t listed = 0;
    for (uint32_t i = 0; i < pl_store_dirty_count(s->store); i++) {
        listed += check_change(s, pl_store_dirty(s->store, i));
    }
    expect(s, listed == differ, "list of touched rows");
    uint8_t root[32], expected[32];
    if (!went_well(s, pl_store_root(s->store, root))) {
        return false;
    }
    model_root(&s->now, expected);
    expect(s, memcmp(root, expected, 32) == 0, "state root");
    listed = 0;
    for (uint32_t i = 0; i < pl_store_changed_count(s->store); i++) {
        listed += check_change(s, pl_store_changed(s->store, i));
    }
    expect(s, listed == differ && pl_store_changed_count(s->store) == differ,
           "list of changed rows");
    s->at_root = s->now;
    done.roots++;
    if (!with_proofs) {
        return true;
    }
    for (uint32_t table = 0; table < MODEL_TABLES; table++) {
        for (uint32_t i = 0; i < s->now.tables[table].count; i++) {
            if (!check_proof(s, root, table, s->now.tables[table].rows[i].key, false)) {
                return false;
            }
        }
        uint8_t key[MODEL_KEY_MAX] = {0};
        for (int i = 0; i < 4; i++) {
            draw_key(s, table, key);
            if (!check_proof(s, root, table, key, with_flips && table == 1 + s->sequence % 4)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- steps --------------------------------------------------------------------------------------
 */

static bool step_write(storm *s)
{
    const uint32_t table = below(s, MODEL_TABLES);
    uint8_t key[MODEL_KEY_MAX] = {0}, row[MODEL_ROW_MAX] = {0};
    draw_key(s, table, key);
    if (s->now.tables[table].count > 0 && below(s, 3) == 0) {
        const model_table *in = &s->now.tables[table];
        memcpy(key, in->rows[below(s, in->count)].key, sizeof key);
    }
    if (below(s, 10) < 3) {
        bool existed;
        if (!went_well(s, s->door->ops->del(s->door, &existed, table, key))) {
            return false;
        }
        expect(s, existed == model_del(&s->now, table, key), "existence of a deleted row");
        return true;
    }
    draw_row(s, table, row);
    if (s->now.tables[table].count == MODEL_ROWS_MAX && model_get(&s->now, table, key) == NULL) {
        return true;
    }
    model_put(&s->now, table, key, row);
    return went_well(s, s->door->ops->put(s->door, table, key, row));
}

static bool step_read(storm *s)
{
    const uint32_t table = below(s, MODEL_TABLES);
    uint8_t key[MODEL_KEY_MAX] = {0};
    const uint8_t *row;
    draw_key(s, table, key);
    expect(s, s->door->ops->get(s->door, &row, table, key) == PL_OK, "get");
    const uint8_t *ours = model_get(&s->now, table, key);
    expect(s, (row == NULL) == (ours == NULL), "presence of a row");
    expect(s, row == NULL || memcmp(row, ours, model_schemas[table].row_size) == 0, "row");
    return true;
}

static bool step_seek(storm *s)
{
    const uint32_t table = below(s, MODEL_TABLES);
    const uint32_t order = below(s, 1u + model_schemas[table].index_count);
    const pl_seek mode = (pl_seek)below(s, 4);
    model_row start = {0};
    draw_key(s, table, start.key);
    draw_row(s, table, start.row);
    uint8_t ours[PL_ORDER_SIZE_MAX], theirs[PL_ORDER_SIZE_MAX];
    const uint32_t size = model_full_size(table, order);
    model_full_key(ours, table, order, &start);
    memcpy(theirs, ours, size);
    const uint32_t prefix = below(s, 2) == 0 ? 0 : below(s, size + 1);
    bool found;
    expect(s, s->door->ops->seek(s->door, &found, table, order, mode, prefix, theirs) == PL_OK,
           "seek");
    expect(s, found == model_seek(&s->now, table, order, mode, prefix, ours), "result of a seek");
    expect(s, memcmp(ours, theirs, size) == 0, "key of a seek");
    done.seeks++;
    return true;
}

static bool end_level(storm *s, bool keep)
{
    const pl_status status = keep ? s->door->ops->commit(s->door) : s->door->ops->rollback(s->door);
    if (!went_well(s, status)) {
        return false;
    }
    s->depth--;
    if (!keep) {
        s->now = s->levels[s->depth];
    }
    compare_rows(s);
    return true;
}

static bool step_level(storm *s)
{
    if (s->depth == 0 || (s->depth < LEVELS_MAX && below(s, 2) == 0)) {
        s->levels[s->depth] = s->now;
        if (!went_well(s, s->door->ops->begin(s->door))) {
            return false;
        }
        s->depth++;
        expect(s, pl_store_depth(s->store) == s->depth, "depth");
        return true;
    }
    return end_level(s, below(s, 2) == 0) && (below(s, 3) > 0 || check_root(s, false, false));
}

static bool step(storm *s)
{
    done.steps++;
    const uint32_t kind = below(s, 100);
    if (kind < 55) {
        return step_write(s);
    }
    if (kind < 62) {
        return step_read(s);
    }
    if (kind < 75) {
        return step_seek(s);
    }
    return kind < 97 ? step_level(s) : check_root(s, false, false);
}

static bool run_steps(storm *s)
{
    for (uint32_t table = 0; table < MODEL_TABLES; table++) {
        uint32_t number;
        if (!went_well(s, pl_store_add_table(s->store, &number, table / 2,
                                             (uint16_t)(table % 2 + 3), &model_schemas[table]))) {
            return false;
        }
        expect(s, number == table, "table number");
    }
    const uint32_t steps = 10 + below(s, STEPS_MAX);
    for (uint32_t i = 0; i < steps; i++) {
        if (!step(s)) {
            return false;
        }
    }
    if (!check_root(s, s->sequence % 4 == 0, false)) { /* also inside open levels */
        return false;
    }
    while (s->depth > 0) {
        if (!end_level(s, below(s, 2) == 0)) {
            return false;
        }
    }
    return check_root(s, s->sequence % 2 == 0, s->sequence % 16 == 0);
}

static void run_sequence(storm *s, uint64_t seed, uint64_t sequence)
{
    s->sequence = sequence;
    s->random = seed * UINT64_C(0xd1342543de82ef95) + sequence;
    (void)draw(s);
    memset(&s->now, 0, sizeof s->now);
    memset(&s->at_root, 0, sizeof s->at_root);
    s->depth = 0;
    s->refused = false;
    s->key_range = 1 + below(s, below(s, 2) == 0 ? 4 : 24);
    counted_memory_init(&s->memory);
    if (below(s, 10) == 0) {
        s->memory.refuse_at = below(s, 120);
    }
    s->store = NULL;
    if (went_well(s, pl_store_create(&s->store, &s->memory.memory))) {
        s->door = pl_store_door(s->store);
        (void)run_steps(s);
        pl_store_free(s->store);
    }
    done.refusals += s->refused;
    expect(s, s->memory.out == 0, "memory was not given back");
}

int main(int argc, char **argv)
{
    static storm s;
    uint64_t sequences = 1000, seed = 1, first = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        const uint64_t value = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--sequences") == 0) {
            sequences = value;
        } else if (strcmp(argv[i], "--seed") == 0) {
            seed = value;
        } else if (strcmp(argv[i], "--first") == 0) {
            first = value;
        } else {
            fprintf(stderr, "usage: state_storm [--sequences N] [--seed S] [--first I]\n");
            return 2;
        }
    }
    for (uint64_t i = first; i < first + sequences; i++) {
        run_sequence(&s, seed, i);
    }
    printf("state_storm: %" PRIu64 " sequences, seed %" PRIu64 ": %" PRIu64 " steps, %" PRIu64
           " roots, %" PRIu64 " seeks, %" PRIu64 " proofs, %" PRIu64 " flipped bits, %" PRIu64
           " refusals of memory; no difference\n",
           sequences, seed, done.steps, done.roots, done.seeks, done.proofs, done.flips,
           done.refusals);
    return 0;
}
