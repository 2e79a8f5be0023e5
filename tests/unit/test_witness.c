/* state/witness and state/recorder: what is told in every kind of case, each rule of form with a
 * root that a liar made to fit, and what a witness does not answer. The storm does the rest.
 *
 * Rows are named by the first bits of their path: "001" is a row of one table whose path starts so.
 * A witness is written as the kinds of its nodes: E empty, P pruned, L leaf, R row, I inner. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/counted_memory.h"
#include "tests/support/witness_model.h"
#include "vm/base/bytes.h"
#include "vm/state/proof.h"

#define TABLE      3u /* key of 32 bytes, row of one, no index */
#define BYTES_SIZE 20000u

typedef struct side {
    counted_memory memory;
    pl_store *store;
    pl_witness *witness;
    pl_recorder *recorder;
} side;

static void open_side(side *of)
{
    memset(of, 0, sizeof *of);
    counted_memory_init(&of->memory);
    assert_int_equal(pl_store_create(&of->store, &of->memory.memory), PL_OK);
    assert_int_equal(plan_add_tables(of->store), PL_OK);
}

static void close_side(side *of)
{
    pl_witness_free(of->witness);
    pl_recorder_free(of->recorder);
    pl_store_free(of->store);
    assert_int_equal(of->memory.out, 0);
}

/* The first key, counted from 0, whose path starts with the bits of the name. */
static void key_of(uint8_t key[32], const char *name, size_t bits)
{
    for (uint32_t number = 0;; number++) {
        uint8_t path[PL_HASH_SIZE];
        memset(key, 0, 32);
        pl_store_u32(key, number);
        model_path(path, TABLE, key);
        size_t same = 0;
        while (same < bits && pl_path_bit(path, (unsigned)same) == (unsigned)(name[same] - '0')) {
            same++;
        }
        if (same == bits) {
            return;
        }
    }
}

static size_t bits_of(const char *text)
{
    return strspn(text, "01");
}

/* Runs "d001 p01 (g1) [p10] s": del, put, get; (rolled back) and [committed]; s seeks. */
static pl_status run(pl_door *door, const char *text)
{
    for (; *text != 0; text++) {
        uint8_t key[32], full[PL_ORDER_SIZE_MAX] = {0};
        const uint8_t one = 1, *row;
        bool yes;
        const size_t bits = bits_of(text + 1);
        key_of(key, text + 1, bits);
        switch (*text) {
        case 'd':
            PL_TRY(door->ops->del(door, &yes, TABLE, key));
            break;
        case 'p':
            PL_TRY(door->ops->put(door, TABLE, key, &one));
            break;
        case 'g':
            PL_TRY(door->ops->get(door, &row, TABLE, key));
            break;
        case 's':
            PL_TRY(door->ops->seek(door, &yes, TABLE, 0, PL_SEEK_GE, 0, full));
            break;
        case '(':
        case '[':
            PL_TRY(door->ops->begin(door));
            break;
        case ')':
            PL_TRY(door->ops->rollback(door));
            break;
        case ']':
            PL_TRY(door->ops->commit(door));
            break;
        default:
            break;
        }
        text += bits;
    }
    return PL_OK;
}

static void fill(side *full, uint8_t root[PL_HASH_SIZE], const char *names)
{
    pl_door *door = pl_store_door(full->store);
    const uint8_t zero = 0;
    for (; *names != 0; names += bits_of(names), names += *names == ' ') {
        uint8_t key[32];
        key_of(key, names, bits_of(names));
        assert_int_equal(door->ops->put(door, TABLE, key, &zero), PL_OK);
    }
    assert_int_equal(pl_store_root(full->store, root), PL_OK);
}

static pl_status load(side *of, const uint8_t root[PL_HASH_SIZE], const uint8_t *bytes, size_t size)
{
    size_t offset;
    open_side(of);
    return pl_witness_load(&of->witness, &offset, of->store, &of->memory.memory, &plan_rows, root,
                           bytes, size);
}

/* The kinds of the nodes of a witness of rows of this table. */
static void kinds_of(char *kinds, const uint8_t *bytes, size_t size)
{
    static const size_t sizes[] = {1, 33, 65, 1 + 6 + 33, 1};
    for (size_t at = 8; at < size; at += sizes[bytes[at]]) {
        assert_true(bytes[at] <= PLAN_INNER);
        *kinds++ = "EPLRI"[bytes[at]];
    }
    *kinds = 0;
}

/* Records a text on a full store. */
static size_t record(side *full, const char *text, uint8_t root_after[PL_HASH_SIZE], uint8_t *bytes)
{
    uint8_t root[PL_HASH_SIZE];
    assert_int_equal(pl_recorder_create(&full->recorder, full->store, &full->memory.memory), PL_OK);
    pl_door *door = pl_recorder_door(full->recorder);
    assert_int_equal(door->ops->begin(door), PL_OK);
    assert_int_equal(run(door, text), PL_OK);
    assert_int_equal(pl_store_root(full->store, root_after), PL_OK);
    assert_int_equal(pl_recorder_note_end(full->recorder), PL_OK);
    assert_int_equal(door->ops->rollback(door), PL_OK);
    assert_int_equal(pl_store_root(full->store, root), PL_OK);
    pl_writer writer = pl_writer_of(bytes, BYTES_SIZE);
    assert_int_equal(pl_recorder_write(full->recorder, &writer), PL_OK);
    assert_int_equal(pl_writer_end(&writer), PL_OK);
    return writer.size;
}

/* ---- what is told ---- */

static const struct {
    const char *before, *steps, *kinds;
} cases[] = {
    {"", "", "E"},
    {"", "g0", "E"},
    {"", "p0", "E"},
    {"0", "", "P"},
    {"0", "g0", "R"},
    {"0", "d0", "R"}, /* the last row goes */
    {"0", "g1", "L"},
    {"0", "p1", "L"},
    {"0", "d1", "L"},
    {"0 1", "", "P"},
    {"0 1", "g0", "IRP"},
    {"0 1", "p1", "IPR"},
    {"0 1", "d0", "IRL"}, /* what is beside it rises: it must be known that it is a leaf */
    {"0 1", "d1", "ILR"},
    {"0 1", "(d0)", "IRP"}, /* undone: read, but not gone */
    {"0 1", "[d0]", "IRL"},
    {"0 1", "d0 p0", "IRP"},
    {"0 1", "[d0](p0)", "IRL"},
    {"0 10 11", "d0", "IRIPP"}, /* or that it is not */
    {"0 10 11", "d10", "IPIRL"},
    {"0 100 101", "d0", "IRIPE"},
    {"0 110 111", "d0", "IRIEP"},
    {"00 1", "d00 p01", "IRP"}, /* another row takes the place */
    {"00 1", "p01 d01", "ILP"}, /* put, then deleted: read, and nothing changed */
    {"00 1", "d01", "ILP"},
    {"00 01 1", "d00 d01", "IIRRL"}, /* both children of a node */
    {"00 01 1", "d00 d01 d1", "IIRRR"},
    {"00 01 1", "d00", "IIRLP"}, /* a leaf beside one that rises stays where it is */
    {"00 01 10 11", "d00 d01", "IIRRIPP"},
    {"00 01 10 11", "d00 d01 g10", "IIRRIRP"},
    {"00 01 10 11", "d00 d01 d10", "IIRRIRL"},
    {"00 01 10 11", "d00 d10", "IIRLIRL"},
    {"000 001 1", "d000", "IIIRLEP"}, /* rises over two levels */
    {"000 001", "d000", "IIIRLEE"},
    {"000 001", "d000 d001", "IIIRREE"},
    {"000 001 1", "g01", "IIPEP"},
    {"000 001 1", "p01", "IIPEP"}, /* beside a subtree that stays pruned */
    {"000 001 1", "p01 d01", "IIPEP"},
    {"000 001 1", "p01 d000 d001", "IIIRREP"}, /* the inserted row is known, so is what rises */
    {"000 001 1", "p01 d01 d000 d001", "IIIRREL"},
    {"000 001 1", "d1", "IIPER"}, /* beside it, an inner node told one step further */
    {"0 10 11", "s", "IRIRR"},    /* only all rows answer a seek */
    {"0 10 11", "d0 s", "IRIRR"},
    {"", "s", "E"},
};

static void each_case_tells_its_nodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static uint8_t bytes[BYTES_SIZE];
        uint8_t before[PL_HASH_SIZE], after[PL_HASH_SIZE], root[PL_HASH_SIZE];
        char kinds[64];
        side full, of;
        open_side(&full);
        fill(&full, before, cases[i].before);
        const size_t size = record(&full, cases[i].steps, after, bytes);
        kinds_of(kinds, bytes, size);
        print_message("%s | %s | %s\n", cases[i].before, cases[i].steps, kinds);
        assert_string_equal(kinds, cases[i].kinds);
        assert_int_equal(load(&of, before, bytes, size), PL_OK);
        assert_int_equal(pl_store_row_count(of.store), pl_store_row_count(full.store));
        uint64_t rows = 0;
        for (const char *kind = kinds; *kind != 0; kind++) {
            rows += *kind == 'R';
        }
        assert_int_equal(pl_store_table_rows(of.store, TABLE), rows);
        pl_door *door = pl_witness_door(of.witness);
        assert_int_equal(door->ops->begin(door), PL_OK);
        assert_int_equal(run(door, cases[i].steps), PL_OK);
        assert_int_equal(pl_store_root(of.store, root), PL_OK);
        assert_memory_equal(root, after, PL_HASH_SIZE);
        assert_int_equal(door->ops->commit(door), PL_OK);
        assert_int_equal(pl_witness_end(of.witness), PL_OK);
        close_side(&of);
        close_side(&full);
    }
}

/* A witness of one execution serves no other: it lacks something, or tells too much. */
static const struct {
    const char *before, *recorded, *run;
    pl_status step, root, end;
} misfits[] = {
    {"0 1", "g0", "g1", PL_FAULT_WITNESS, 0, 0},
    {"0 1", "g0", "g1 g1", PL_FAULT_WITNESS, 0, 0},
    {"0 1", "g0", "p1", PL_FAULT_WITNESS, 0, 0},
    {"0 1", "g0", "d1", PL_FAULT_WITNESS, 0, 0},
    {"0 1", "g0", "s", PL_FAULT_WITNESS, 0, 0},
    {"0 1", "g0", "d0", PL_OK, PL_FAULT_WITNESS, 0},
    {"0", "g1", "g0", PL_FAULT_WITNESS, 0, 0}, /* the leaf is told, its row is not */
    {"0", "g1", "p0", PL_FAULT_WITNESS, 0, 0},
    {"0", "g1", "s", PL_FAULT_WITNESS, 0, 0},
    {"0", "g0", "g1", PL_OK, PL_OK, PL_REJECT_WITNESS_EXTRA}, /* a leaf would do */
    {"0", "g0", "", PL_OK, PL_OK, PL_REJECT_WITNESS_EXTRA},
    {"0", "g0", "s", PL_OK, PL_OK, PL_OK},
    {"0 1", "d0", "g0", PL_OK, PL_OK, PL_REJECT_WITNESS_EXTRA}, /* nothing became empty */
    {"0 1", "d0", "(d0)", PL_OK, PL_OK, PL_REJECT_WITNESS_EXTRA},
    {"0 1", "d0 d1", "d0", PL_OK, PL_OK, PL_REJECT_WITNESS_EXTRA}, /* a row beside, not a leaf */
    {"0 10 11", "d0", "p0", PL_OK, PL_OK, PL_REJECT_WITNESS_EXTRA},
    {"00 01 1", "g01", "g1", PL_FAULT_WITNESS, 0, 0},
    {"00 01 1", "g00 g01", "g00", PL_OK, PL_OK, PL_REJECT_WITNESS_EXTRA},
    {"000 001 1", "p01", "p01 d01", PL_OK, PL_OK, PL_OK},
    {"", "g0", "g1 p1 d1 s", PL_OK, PL_OK, PL_OK},
};

static void a_witness_fits_its_execution_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof misfits / sizeof misfits[0]; i++) {
        static uint8_t bytes[BYTES_SIZE];
        uint8_t before[PL_HASH_SIZE], root[PL_HASH_SIZE];
        side full, of;
        open_side(&full);
        fill(&full, before, misfits[i].before);
        const size_t size = record(&full, misfits[i].recorded, root, bytes);
        assert_int_equal(load(&of, before, bytes, size), PL_OK);
        pl_door *door = pl_witness_door(of.witness);
        print_message("%s | %s | %s\n", misfits[i].before, misfits[i].recorded, misfits[i].run);
        const pl_status step = run(door, misfits[i].run);
        assert_int_equal(step, misfits[i].step);
        if (step == PL_OK) {
            const pl_status taken = pl_store_root(of.store, root);
            assert_int_equal(taken, misfits[i].root);
            if (taken == PL_OK) {
                assert_int_equal(pl_witness_end(of.witness), misfits[i].end);
            }
        } else { /* it stays so */
            assert_int_equal(run(door, misfits[i].run), misfits[i].step);
        }
        close_side(&of);
        close_side(&full);
    }
}

/* Without a root nobody noticed; the end does. */
static void the_end_notices_a_root_not_taken(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES_SIZE];
    uint8_t before[PL_HASH_SIZE], after[PL_HASH_SIZE];
    side full, of;
    open_side(&full);
    fill(&full, before, "0 1");
    const size_t size = record(&full, "g0", after, bytes);
    assert_int_equal(load(&of, before, bytes, size), PL_OK);
    assert_int_equal(run(pl_witness_door(of.witness), "d0"), PL_OK);
    assert_int_equal(pl_witness_end(of.witness), PL_FAULT_WITNESS);
    close_side(&of);
    close_side(&full);
}

/* Who writes past the door still gets no root: the tree knows where it ends. */
static void the_tree_guards_itself(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES_SIZE];
    uint8_t before[PL_HASH_SIZE], after[PL_HASH_SIZE];
    side full, of;
    open_side(&full);
    fill(&full, before, "00 01 1");
    const size_t size = record(&full, "g1", after, bytes);
    assert_int_equal(load(&of, before, bytes, size), PL_OK);
    assert_int_equal(run(pl_store_door(of.store), "p00"), PL_OK);
    assert_int_equal(pl_store_root(of.store, after), PL_FAULT_WITNESS);
    close_side(&of);
    close_side(&full);
}

/* ---- form ---- */

/* A node of the text: kind, then what stands in it. */
static void write_node(pl_writer *writer, char kind, const uint8_t key[32])
{
    static const uint8_t zeros[PL_HASH_SIZE] = {0};
    static const char kinds[] = "EPLRIX";
    const char as = (char)(kind == 'Z' ? 'P' : kind == 'T' ? 'R' : kind);
    pl_leaf leaf;
    model_path(leaf.path, TABLE, key);
    pl_row_hash(leaf.row_hash, zeros, 1);
    pl_writer_u8(writer, (uint8_t)(strchr(kinds, as) - kinds));
    if (as == 'P') {
        pl_writer_bytes(writer, kind == 'Z' ? zeros : leaf.row_hash, PL_HASH_SIZE);
    } else if (as == 'L') {
        pl_writer_bytes(writer, (const uint8_t *)&leaf, sizeof leaf);
    } else if (as == 'R') {
        pl_writer_u32(writer, kind == 'T' ? 7 : 1);
        pl_writer_u16(writer, 4);
        pl_writer_bytes(writer, key, 32);
        pl_writer_u8(writer, 0);
    }
}

/* Writes "I R001 L1 P E Z X T": Z a pruned zero hash, X an unknown kind, T a row of no table. */
static size_t write_text(uint8_t *bytes, uint64_t count, const char *text)
{
    pl_writer writer = pl_writer_of(bytes, BYTES_SIZE);
    pl_writer_u64(&writer, count);
    for (; *text != 0; text++) {
        if (*text != ' ') {
            uint8_t key[32];
            const size_t bits = bits_of(text + 1);
            key_of(key, text + 1, bits);
            write_node(&writer, *text, key);
            text += bits;
        }
    }
    assert_int_equal(pl_writer_end(&writer), PL_OK);
    return writer.size;
}

static const struct {
    uint64_t count;
    const char *text;
    pl_status status;
} forms[] = {
    {0, "E", PL_OK},
    {1, "E", PL_REJECT_PROOF_SHAPE},
    {1, "R0", PL_OK},
    {2, "R0", PL_REJECT_PROOF_SHAPE}, /* nothing is pruned: these are all rows */
    {0, "R0", PL_REJECT_PROOF_SHAPE},
    {1, "L0", PL_OK},
    {0, "L0", PL_REJECT_PROOF_SHAPE},
    {2, "L0", PL_REJECT_PROOF_SHAPE},
    {1, "P", PL_OK},
    {1000, "P", PL_OK},
    {0, "P", PL_REJECT_PROOF_SHAPE},
    {1, "Z", PL_REJECT_PROOF_SHAPE},
    {1, "X", PL_REJECT_PROOF_SHAPE},
    {1, "T0", PL_REJECT_PROOF_SHAPE}, /* what the reader of rows says */
    {2, "I R0 R1", PL_OK},
    {2, "I R1 R0", PL_REJECT_PROOF_SHAPE},
    {2, "I L1 L0", PL_REJECT_PROOF_SHAPE},
    {2, "I R0 R00", PL_REJECT_PROOF_SHAPE},
    {2, "I R0 P", PL_OK},
    {5, "I R0 P", PL_OK},
    {1, "I R0 P", PL_REJECT_PROOF_SHAPE},
    {1, "I L0 P", PL_REJECT_PROOF_SHAPE},
    {1, "I P P", PL_REJECT_PROOF_SHAPE},
    {0, "I E E", PL_REJECT_PROOF_SHAPE},
    {1, "I E R1", PL_REJECT_PROOF_SHAPE},
    {1, "I R0 E", PL_REJECT_PROOF_SHAPE},
    {1, "I E L1", PL_REJECT_PROOF_SHAPE},
    {1, "I L0 E", PL_REJECT_PROOF_SHAPE},
    {2, "I P E", PL_OK},
    {2, "I E P", PL_OK},
    {2, "I I P E E", PL_OK},
    {2, "I I R00 R01 E", PL_OK},
    {2, "I E I R10 R11", PL_OK},
    {2, "I E I R11 R10", PL_REJECT_PROOF_SHAPE},
    {2, "I I R00 R11 E", PL_REJECT_PROOF_SHAPE},
    {3, "I I R00 E R1", PL_REJECT_PROOF_SHAPE},
    {3, "I I R00 R01 R10", PL_OK},
    {3, "I R0 I R10 R11", PL_OK},
};

static void each_form_has_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        static uint8_t bytes[BYTES_SIZE];
        uint8_t root[PL_HASH_SIZE] = {0};
        side of;
        const size_t size = write_text(bytes, forms[i].count, forms[i].text);
        (void)plan_root_of(root, bytes, size); /* the liar's root fits */
        print_message("%s\n", forms[i].text);
        assert_int_equal(load(&of, root, bytes, size), forms[i].status);
        close_side(&of);
        if (forms[i].status != PL_OK) {
            continue;
        }
        root[31] ^= 1;
        assert_int_equal(load(&of, root, bytes, size), PL_REJECT_PROOF_ROOT);
        close_side(&of);
        root[31] ^= 1;
        bytes[7]++; /* another row count: the root has it too */
        const pl_status status = load(&of, root, bytes, size);
        assert_true(status == PL_REJECT_PROOF_ROOT || status == PL_REJECT_PROOF_SHAPE);
        close_side(&of);
        bytes[7]--;
        assert_int_equal(load(&of, root, bytes, size + 1), PL_REJECT_TRAILING);
        close_side(&of);
        for (size_t cut = 0; cut < size; cut++) {
            assert_int_equal(load(&of, root, bytes, cut), PL_REJECT_TRUNCATED);
            close_side(&of);
        }
    }
}

static void the_place_of_an_error_is_told(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES_SIZE];
    const uint8_t root[PL_HASH_SIZE] = {0};
    size_t offset;
    side of;
    open_side(&of);
    const size_t size = write_text(bytes, 2, "I P X");
    assert_int_equal(pl_witness_load(&of.witness, &offset, of.store, &of.memory.memory, &plan_rows,
                                     root, bytes, size),
                     PL_REJECT_PROOF_SHAPE);
    assert_int_equal(offset, 8 + 1 + 33);
    close_side(&of);
}

/* `inner` nodes down the path of a row, a pruned subtree beside each, the row below them. */
static size_t write_deep(uint8_t *bytes, unsigned inner)
{
    uint8_t key[32], path[PL_HASH_SIZE];
    key_of(key, "", 0);
    model_path(path, TABLE, key);
    pl_writer writer = pl_writer_of(bytes, BYTES_SIZE);
    pl_writer_u64(&writer, 1000);
    for (unsigned depth = 0; depth < inner; depth++) {
        write_node(&writer, 'I', key);
        if (pl_path_bit(path, depth % 256) == 1) {
            write_node(&writer, 'P', key);
        }
    }
    write_node(&writer, 'R', key);
    for (unsigned depth = inner; depth-- > 0;) {
        if (pl_path_bit(path, depth % 256) == 0) {
            write_node(&writer, 'P', key);
        }
    }
    assert_int_equal(pl_writer_end(&writer), PL_OK);
    return writer.size;
}

static void a_leaf_may_stand_at_depth_256(void **state)
{
    (void)state;
    for (unsigned inner = 254; inner <= 258; inner++) {
        static uint8_t bytes[BYTES_SIZE];
        uint8_t root[PL_HASH_SIZE];
        side of;
        const size_t size = write_deep(bytes, inner);
        assert_true(plan_root_of(root, bytes, size));
        const pl_status status = load(&of, root, bytes, size);
        assert_int_equal(status, inner <= 256 ? PL_OK : PL_REJECT_PROOF_SHAPE);
        if (status == PL_OK) {
            pl_door *door = pl_witness_door(of.witness);
            assert_int_equal(run(door, "g"), PL_OK);
            assert_int_equal(run(door, "p"), PL_OK);
            assert_int_equal(pl_store_root(of.store, root), PL_OK);
            assert_int_equal(run(door, "d"), PL_OK);
            assert_int_equal(pl_store_root(of.store, root), PL_FAULT_WITNESS);
        }
        close_side(&of);
    }
}

/* A maker over a witness gives the witness again, and nothing that the witness lacks. */
static void a_witness_of_a_witness_is_the_same(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES_SIZE], again[BYTES_SIZE];
    uint8_t before[PL_HASH_SIZE], after[PL_HASH_SIZE], root[PL_HASH_SIZE];
    side full, of;
    open_side(&full);
    fill(&full, before, "00 01 10 11");
    const size_t size = record(&full, "d00 d01 g10", after, bytes);
    assert_int_equal(load(&of, before, bytes, size), PL_OK);
    assert_int_equal(record(&of, "d00 d01 g10", root, again), size);
    assert_memory_equal(again, bytes, size);
    assert_memory_equal(root, after, PL_HASH_SIZE);
    pl_writer writer = pl_writer_of(again, sizeof again);
    assert_int_equal(run(pl_recorder_door(of.recorder), "g11"), PL_OK); /* absent for the store */
    assert_int_equal(pl_recorder_write(of.recorder, &writer), PL_FAULT_WITNESS);
    close_side(&of);
    close_side(&full);
}

static void proofs_come_from_what_is_told(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES_SIZE], proof[PL_PROOF_SIZE_MAX];
    uint8_t root[PL_HASH_SIZE], after[PL_HASH_SIZE], path[PL_HASH_SIZE], key[32];
    side full, of;
    open_side(&full);
    fill(&full, root, "00 01 10 11");
    const size_t size = record(&full, "g00", after, bytes);
    assert_int_equal(load(&of, root, bytes, size), PL_OK);
    pl_writer writer = pl_writer_of(proof, sizeof proof);
    pl_claim claim;
    key_of(key, "00", 2);
    pl_store_path(of.store, path, TABLE, key);
    assert_int_equal(pl_store_prove(of.store, &writer, TABLE, key), PL_OK);
    assert_int_equal(pl_proof_verify(&claim, root, path, proof, writer.size), PL_OK);
    assert_int_equal(claim.row_count, 4);
    key_of(key, "11", 2);
    assert_int_equal(pl_store_prove(of.store, &writer, TABLE, key), PL_FAULT_WITNESS);
    close_side(&of);
    close_side(&full);
}

/* A maker writes a state that nobody changes without notes of the end, and notes more later. */
static void reads_alone_need_no_end(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES_SIZE];
    uint8_t root[PL_HASH_SIZE];
    char kinds[16];
    side full;
    open_side(&full);
    fill(&full, root, "0 1");
    assert_int_equal(pl_recorder_create(&full.recorder, full.store, &full.memory.memory), PL_OK);
    assert_int_equal(run(pl_recorder_door(full.recorder), "g0"), PL_OK);
    pl_writer writer = pl_writer_of(bytes, sizeof bytes);
    assert_int_equal(pl_recorder_write(full.recorder, &writer), PL_OK);
    kinds_of(kinds, bytes, writer.size);
    assert_string_equal(kinds, "IRP");
    assert_int_equal(run(pl_recorder_door(full.recorder), "g1"), PL_OK);
    writer = pl_writer_of(bytes, sizeof bytes);
    assert_int_equal(pl_recorder_write(full.recorder, &writer), PL_OK);
    kinds_of(kinds, bytes, writer.size);
    assert_string_equal(kinds, "IRR");
    close_side(&full);
}

/* Each writing starts anew: what an earlier end told is forgotten. */
static void the_last_end_counts(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES_SIZE];
    uint8_t root[PL_HASH_SIZE];
    char kinds[16];
    side full;
    open_side(&full);
    fill(&full, root, "0 1");
    kinds_of(kinds, bytes, record(&full, "d0", root, bytes));
    assert_string_equal(kinds, "IRL");
    assert_int_equal(pl_recorder_note_end(full.recorder), PL_OK);
    pl_writer writer = pl_writer_of(bytes, sizeof bytes);
    assert_int_equal(pl_recorder_write(full.recorder, &writer), PL_OK);
    kinds_of(kinds, bytes, writer.size);
    assert_string_equal(kinds, "IRP");
    close_side(&full);
}

/* Every take refused once, on both sides; nothing leaks. */
static void refused_memory_is_a_fault(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES_SIZE];
    static const char names[] = "000 001 010 011 100 101 110 111", steps[] = "d000 d001 p01 s";
    uint8_t before[PL_HASH_SIZE], after[PL_HASH_SIZE], root[PL_HASH_SIZE];
    side full, of;
    open_side(&full);
    fill(&full, before, names);
    const size_t size = record(&full, steps, after, bytes);
    close_side(&full);
    pl_status status = PL_FAULT_MEMORY;
    for (uint64_t refuse = 0; status == PL_FAULT_MEMORY; refuse++) {
        size_t offset;
        open_side(&of);
        of.memory.refuse_at = of.memory.takes + refuse;
        status = pl_witness_load(&of.witness, &offset, of.store, &of.memory.memory, &plan_rows,
                                 before, bytes, size);
        status = status != PL_OK ? status : run(pl_witness_door(of.witness), steps);
        status = status != PL_OK ? status : pl_store_root(of.store, root);
        close_side(&of);
    }
    assert_int_equal(status, PL_OK);
    status = PL_FAULT_MEMORY;
    for (uint64_t refuse = 0; status == PL_FAULT_MEMORY; refuse++) {
        open_side(&of);
        fill(&of, before, names);
        of.memory.refuse_at = of.memory.takes + refuse;
        pl_writer writer = pl_writer_of(bytes, sizeof bytes);
        status = pl_recorder_create(&of.recorder, of.store, &of.memory.memory);
        status = status != PL_OK ? status : run(pl_recorder_door(of.recorder), "g000 g01 s");
        status = status != PL_OK ? status : pl_recorder_write(of.recorder, &writer);
        close_side(&of);
    }
    assert_int_equal(status, PL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_tells_its_nodes),
        cmocka_unit_test(a_witness_fits_its_execution_only),
        cmocka_unit_test(the_end_notices_a_root_not_taken),
        cmocka_unit_test(the_tree_guards_itself),
        cmocka_unit_test(each_form_has_its_verdict),
        cmocka_unit_test(the_place_of_an_error_is_told),
        cmocka_unit_test(a_leaf_may_stand_at_depth_256),
        cmocka_unit_test(a_witness_of_a_witness_is_the_same),
        cmocka_unit_test(proofs_come_from_what_is_told),
        cmocka_unit_test(reads_alone_need_no_end),
        cmocka_unit_test(the_last_end_counts),
        cmocka_unit_test(refused_memory_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
