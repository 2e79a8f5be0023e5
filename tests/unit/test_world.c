/* world: what loads, what is refused and by which name, and that refusals leave nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/counted_memory.h"
#include "tests/support/tiny_world.h"
#include "vm/base/bytes.h"
#include "vm/plimsoll.h"

static uint8_t world_bytes[TINY_WORLD_SIZE_MAX];
static size_t world_size;

static int set_up(void **state)
{
    (void)state;
    world_size = tiny_world(world_bytes, sizeof world_bytes, true);
    return 0;
}

/* Loads, frees, and checks that nothing stays behind. */
static pl_status load(pl_world_error *where, const uint8_t *bytes, size_t size)
{
    counted_memory counted;
    pl_world world;
    uint8_t *copy = malloc(size == 0 ? 1 : size); /* exact, for the sanitizer */
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    counted_memory_init(&counted);
    const pl_status status = pl_world_load(&world, where, &counted.memory, copy, size);
    if (status == PL_OK) {
        pl_world_free(&world, &counted.memory);
    }
    assert_int_equal(counted.out, 0);
    /* memory follows the bytes, not the counts they claim */
    assert_true(counted.peak < (1u << 20) + 64 * size);
    free(copy);
    return status;
}

/* The world id by hand: every byte but the containers and their sizes. */
static void id_without_containers(uint8_t id[32], const pl_world *world)
{
    static uint8_t container[TINY_WORLD_SIZE_MAX];
    const size_t container_size = tiny_container(container, sizeof container);
    pl_sha256 sha;
    size_t done = 0;
    pl_sha256_begin_tagged(&sha, &pl_tag_world);
    for (uint32_t i = 0; i < world->contract_count; i++) {
        size_t at = done;
        while (memcmp(world_bytes + at + 4, container, container_size) != 0) {
            at++;
        }
        pl_sha256_add(&sha, world_bytes + done, at - done);
        done = at + 4 + container_size;
    }
    pl_sha256_add(&sha, world_bytes + done, world_size - done);
    pl_sha256_end(&sha, id);
}

static void a_world_says_what_it_holds(void **state)
{
    (void)state;
    counted_memory counted;
    pl_world_error where;
    pl_world world;
    uint8_t id[32];
    counted_memory_init(&counted);
    assert_int_equal(pl_world_load(&world, &where, &counted.memory, world_bytes, world_size),
                     PL_OK);
    id_without_containers(id, &world);
    assert_memory_equal(world.id, id, 32);
    assert_int_equal(world.name.size, 10);
    assert_memory_equal(world.name.text, "tiny.world", 10);
    assert_true(world.tx_auth == 1 && world.seed == 42 && world.time_s == TINY_TIME);
    assert_true(world.tx_gas_max == TINY_TX_GAS && world.hook_gas == TINY_HOOK_GAS);
    assert_int_equal(world.contract_count, 2);
    assert_int_equal(world.table_count, 8 + 2 * TINY_TABLES);
    assert_int_equal(world.table_bases[0], 0);
    assert_int_equal(world.table_bases[1], 8);
    assert_int_equal(world.table_bases[2], 11);
    assert_int_equal(world.table_bases[3], 14);
    assert_int_equal(world.contracts[1].table_base, 11);
    assert_int_equal(world.contracts[1].number, 2);
    assert_int_equal(pl_world_table(&world, 0, 7), 7);
    assert_int_equal(pl_world_table(&world, 0, 8), UINT32_MAX);
    assert_int_equal(pl_world_table(&world, 2, 1), 12);
    assert_int_equal(pl_world_table(&world, 2, TINY_TABLES), UINT32_MAX);
    assert_int_equal(pl_world_table(&world, 3, 0), UINT32_MAX);
    assert_int_equal(world.feed_count, TINY_FEEDS);
    assert_int_equal(world.feeds[TINY_ETH].sets[0].quorum, 2);
    assert_int_equal(world.feeds[TINY_RAW].set_count, 0);
    assert_int_equal(world.label_count, 1);
    assert_memory_equal(world.labels[0].text.text, "the bank", 8);
    assert_int_equal(world.hook_count, 2);
    assert_true(world.hooks[1].contract == 2 && world.hooks[1].function == TINY_TICK);
    assert_int_equal(world.invariant_count, 2);
    assert_true(world.invariants[0].contract == 1 && world.invariants[0].function == TINY_HOLDS);
    pl_world_row row;
    size_t offset = 0, rows = 0;
    while (pl_world_row_next(&world, &offset, &row)) {
        static const uint32_t tables[] = {8, 9, 9, 10, 11};
        assert_int_equal(row.table, tables[rows++]);
    }
    assert_int_equal(rows, 5);
    assert_int_equal(row.row[7], 50);
    pl_world_free(&world, &counted.memory);
    assert_int_equal(counted.out, 0);
}

/* ---- refusals ---- */

/* Offsets in the tiny world, counted from its parts. */
enum {
    NAME_AT = 8,
    AUTH_AT = NAME_AT + 11,
    TX_GAS_AT = AUTH_AT + 1 + 16,
    CONTRACTS_AT = TX_GAS_AT + 16,
    BANK_AT = CONTRACTS_AT + 2,
    BANK_HEAD = 5 + 32 + 4
};

typedef struct place {
    size_t twin, feeds, eth, raw, labels, rows, flag;
} place;

static place places(void)
{
    uint8_t container[TINY_WORLD_SIZE_MAX];
    place p;
    p.twin = BANK_AT + BANK_HEAD + tiny_container(container, sizeof container);
    p.feeds = p.twin + (p.twin - BANK_AT);
    p.eth = p.feeds + 2;
    p.raw = p.eth + 4 + 2 + 16 + 64 + 2 + 33 * TINY_SIGNERS + 6;
    p.labels = p.raw + 4 + 2 + 16 + 64 + 2 + 6;
    p.rows = p.labels + 4 + 2 + 8 + 1 + 32;
    p.flag = p.rows + 4 + 14 + 2 * 22;
    return p;
}

static void expect(const char *reason, size_t at, const void *patch, size_t size,
                   const char *expected, const char *part, uint32_t index)
{
    uint8_t bytes[TINY_WORLD_SIZE_MAX];
    pl_world_error where;
    memcpy(bytes, world_bytes, world_size);
    memcpy(bytes + at, patch, size);
    const pl_status status = load(&where, bytes, world_size);
    if (strcmp(pl_status_name(status), expected) != 0 || strcmp(where.part, part) != 0 ||
        where.index != index) {
        fail_msg("%s: %s in %s %u, expected %s in %s %u", reason, pl_status_name(status),
                 where.part, (unsigned)where.index, expected, part, (unsigned)index);
    }
}

/* The same with one byte patched, which is then the last. */
static void expect_cut(const char *reason, size_t at, uint8_t patch, const char *expected)
{
    uint8_t bytes[TINY_WORLD_SIZE_MAX];
    pl_world_error where;
    memcpy(bytes, world_bytes, world_size);
    bytes[at] = patch;
    const pl_status status = load(&where, bytes, at + 1);
    if (strcmp(pl_status_name(status), expected) != 0) {
        fail_msg("%s: %s, expected %s", reason, pl_status_name(status), expected);
    }
}

static void heads_and_contracts_are_refused_by_name(void **state)
{
    (void)state;
    const place p = places();
    const uint32_t none = UINT32_MAX;
    assert_memory_equal(world_bytes + BANK_AT, "\4bank", 5); /* the offsets are right */
    assert_memory_equal(world_bytes + p.twin, "\4twin", 5);
    expect("magic", 0, "PLWX", 4, "MAGIC", "header", none);
    expect("format", 5, "\3", 1, "VERSION", "header", none);
    expect("semantics", 7, "\2", 1, "VERSION", "header", none);
    expect("name with a space", NAME_AT + 1, "a b", 3, "NAME", "header", none);
    expect("name with a digit first", NAME_AT + 1, "1", 1, "NAME", "header", none);
    expect("name with two dots", NAME_AT + 1, "a..b", 4, "NAME", "header", none);
    expect("name with a digit after a dot", NAME_AT + 1, "a.1", 3, "NAME", "header", none);
    expect("name ends with a dot", NAME_AT + 10, ".", 1, "NAME", "header", none);
    expect("name empty", NAME_AT, "\0", 1, "NAME", "header", none);
    expect("auth unknown", AUTH_AT, "\2", 1, "TYPE", "header", none);
    expect_cut("auth unknown, then nothing", AUTH_AT, 2, "TYPE");
    expect("gas of 2^40 + 1", TX_GAS_AT, "\0\0\1\0\0\0\0\1", 8, "LIMIT", "header", none);
    expect("hook gas too", TX_GAS_AT + 8, "\1", 1, "LIMIT", "header", none);
    expect("257 contracts", CONTRACTS_AT, "\1\1", 2, "LIMIT", "contract", none);
    expect("256 contracts, bytes for fewer", CONTRACTS_AT, "\1\0", 2, "TRUNCATED", "contract",
           none);
    expect("one name twice", p.twin + 1, "bank", 4, "DUPLICATE", "contract", 2);
    expect("another hash", p.twin + 5, "\0\0", 2, "HASH", "contract", 2);
    expect("not a container", BANK_AT + BANK_HEAD, "PLIX", 4, "MAGIC", "contract", 1);
}

static void feeds_and_rows_are_refused_by_name(void **state)
{
    (void)state;
    const place p = places();
    const uint32_t none = UINT32_MAX;
    assert_memory_equal(world_bytes + p.eth, "\3ETH", 4);
    assert_memory_equal(world_bytes + p.raw, "\3RAW", 4);
    expect("4097 feeds", p.feeds, "\x10\1", 2, "LIMIT", "feed", none);
    expect("feeds without bytes", p.feeds, "\x10\0", 2, "TRUNCATED", "feed", none);
    expect("one feed twice", p.raw + 1, "ETH", 3, "DUPLICATE", "feed", 1);
    expect("format unknown", p.eth + 4, "\2", 1, "TYPE", "feed", 0);
    expect("78 decimals", p.eth + 5, "\x4e", 1, "LIMIT", "feed", 0);
    expect("min above max", p.eth + 22, "\x7f", 1, "RANGE", "feed", 0);
    expect("min below zero", p.eth + 22, "\x80", 1, "OK", "end", none);
    expect("quorum 0", p.eth + 86, "\0", 1, "RANGE", "feed", 0);
    expect("quorum above the list", p.eth + 86, "\4", 1, "RANGE", "feed", 0);
    expect("key not of a point", p.eth + 88, "\5", 1, "NON_CANONICAL", "feed", 0);
    expect("keys fall", p.eth + 88, world_bytes + p.eth + 88 + 66, 33, "ORDER", "feed", 0);
    expect("one key twice", p.eth + 88 + 33, world_bytes + p.eth + 88, 33, "DUPLICATE", "feed", 0);
    expect("quorum of an unsigned feed", p.raw + 86, "\1", 1, "NON_CANONICAL", "feed", 1);
    expect("note not text", p.raw + 90, "\n", 1, "NAME", "feed", 1);
    expect("a million labels", p.labels, "\0\x10\0\1", 4, "LIMIT", "label", none);
    expect("labels without bytes", p.labels, "\0\0\1\0", 4, "TRUNCATED", "label", none);
    expect("label kind", p.labels + 4 + 10, "\3", 1, "TYPE", "label", 0);
    expect("rows above the limit", p.rows, "\5\0\0\0", 4, "LIMIT", "row", none);
    expect("rows without bytes", p.rows, "\3\0\0\0", 4, "TRUNCATED", "row", none);
    expect("row of the system", p.rows + 4 + 3, "\0", 1, "GENESIS", "row", 0);
    expect("row of no contract", p.rows + 4 + 3, "\3", 1, "GENESIS", "row", 0);
    expect("row of no table", p.rows + 4 + 5, "\3", 1, "GENESIS", "row", 0);
    expect("a row twice", p.rows + 4 + 14 + 22 + 6, world_bytes + p.rows + 4 + 14 + 6, 8,
           "DUPLICATE", "row", 2);
    expect("rows fall", p.rows + 4 + 14 + 22 + 6, "\0\0\0\0\0\0\0\4", 8, "ORDER", "row", 2);
    expect("key not canonical", p.flag + 6, "\2", 1, "NON_CANONICAL", "row", 3);
    expect("value not canonical", p.flag + 7, "\2", 1, "NON_CANONICAL", "row", 3);
    expect("parameter below its range", p.rows + 4 + 13, "\0", 1, "RANGE", "row", 0);
    expect("parameter at its lowest", p.rows + 4 + 13, "\1", 1, "OK", "end", none);
    expect("parameter at its highest", p.rows + 4 + 13, "\x64", 1, "OK", "end", none);
    expect("parameter above its range", p.rows + 4 + 13, "\x65", 1, "RANGE", "row", 0);
}

static void params_must_be_there(void **state)
{
    (void)state;
    uint8_t bytes[TINY_WORLD_SIZE_MAX];
    pl_world_error where;
    const place p = places();
    memcpy(bytes, world_bytes, world_size);
    bytes[p.rows + 3] = 4; /* without the last row, the params of twin */
    assert_int_equal(load(&where, bytes, world_size - 14), PL_REJECT_GENESIS);
    assert_string_equal(where.part, "params");
    assert_int_equal(where.index, 2);
    assert_int_equal(load(&where, world_bytes, world_size), PL_OK);
    memcpy(bytes, world_bytes, world_size);
    bytes[world_size] = 0;
    assert_int_equal(load(&where, bytes, world_size + 1), PL_REJECT_TRAILING);
    assert_string_equal(where.part, "end");
}

/* A contract's account is the symbol "@name", so its name has at most 31 bytes. */
static void contract_names_fit_a_symbol(void **state)
{
    (void)state;
    for (size_t size = 31; size <= 32; size++) {
        uint8_t bytes[TINY_WORLD_SIZE_MAX] = {0};
        pl_world_error where;
        const size_t more = size - 4;
        memcpy(bytes, world_bytes, BANK_AT + 5);
        bytes[BANK_AT] = (uint8_t)size;
        memset(bytes + BANK_AT + 5, 'x', more);
        memcpy(bytes + BANK_AT + 5 + more, world_bytes + BANK_AT + 5, world_size - BANK_AT - 5);
        assert_int_equal(load(&where, bytes, world_size + more),
                         size == 31 ? PL_OK : PL_REJECT_NAME);
    }
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    pl_world_error where;
    for (size_t cut = 0; cut < world_size; cut++) {
        if (load(&where, world_bytes, cut) == PL_OK) {
            fail_msg("a world cut to %zu bytes loads", cut);
        }
    }
    counted_memory counted;
    pl_world huge; /* judged by its size, before a byte is read */
    counted_memory_init(&counted);
    assert_int_equal(
        pl_world_load(&huge, &where, &counted.memory, world_bytes, (size_t)PL_WORLD_SIZE_MAX + 1),
        PL_REJECT_LIMIT);
    assert_int_equal(pl_world_load(&huge, &where, &counted.memory, world_bytes, 0),
                     PL_REJECT_TRUNCATED);
}

/* A flipped bit is refused, or it makes another world. */
static void no_bit_is_without_meaning(void **state)
{
    (void)state;
    uint8_t id[32], other[32];
    pl_world_error where;
    pl_tagged_of(id, &pl_tag_world, world_bytes, world_size);
    unsigned loads = 0;
    for (size_t bit = 0; bit < 8 * world_size; bit++) {
        world_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        const pl_status status = load(&where, world_bytes, world_size);
        assert_true(status == PL_OK || pl_is_reject(status));
        pl_tagged_of(other, &pl_tag_world, world_bytes, world_size);
        assert_memory_not_equal(id, other, 32);
        loads += status == PL_OK;
        world_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(loads > 0);
}

static void no_memory_is_a_fault_and_leaks_nothing(void **state)
{
    (void)state;
    counted_memory counted;
    pl_chain *chain;
    counted_memory_init(&counted);
    assert_int_equal(pl_chain_create(&chain, NULL, &counted.memory, world_bytes, world_size),
                     PL_OK);
    pl_chain_free(chain);
    assert_int_equal(counted.out, 0);
    const uint64_t takes = counted.takes;
    assert_true(takes > 10);
    for (uint64_t refuse = 0; refuse < 2 * takes; refuse++) {
        counted_memory_init(&counted);
        counted.refuse_at = refuse / 2;
        counted.refuse_one = refuse % 2 == 1;
        assert_int_equal(pl_chain_create(&chain, NULL, &counted.memory, world_bytes, world_size),
                         PL_FAULT_MEMORY);
        assert_null(chain);
        assert_int_equal(counted.out, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_world_says_what_it_holds),
        cmocka_unit_test(heads_and_contracts_are_refused_by_name),
        cmocka_unit_test(feeds_and_rows_are_refused_by_name),
        cmocka_unit_test(params_must_be_there),
        cmocka_unit_test(contract_names_fit_a_symbol),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(no_bit_is_without_meaning),
        cmocka_unit_test(no_memory_is_a_fault_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
