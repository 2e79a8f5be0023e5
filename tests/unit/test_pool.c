/* base/pool: numbers, places and alignment of items, reuse, room, and that every byte comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/counted_memory.h"
#include "vm/base/pool.h"

#define ITEMS 5000u

static counted_memory memory;

/* Blocks that begin 16 bytes after anything aligned further. */
static void *take_shifted(void *context, size_t size)
{
    uint8_t *block = memory.memory.take(context, size + 64 + 16);
    if (block == NULL) {
        return NULL;
    }
    const size_t shift = 64 - (uintptr_t)block % 64 + 16;
    block[shift - 1] = (uint8_t)shift;
    return block + shift;
}

static void give_shifted(void *context, void *block, size_t size)
{
    uint8_t *const shifted = block;
    memory.memory.give(context, shifted - shifted[-1], size + 64 + 16);
}

/* Every item holds its number all over, so that any two that overlap would show. */
static void fill_and_check(pl_pool *pool, size_t item_size, size_t alignment)
{
    uint32_t number;
    for (uint32_t i = 0; i < ITEMS; i++) {
        assert_int_equal(pl_pool_take(pool, &number), PL_OK);
        assert_int_equal(number, PL_POOL_FIRST + i);
        uint8_t *item = pl_pool_at(pool, number, item_size);
        assert_int_equal((uintptr_t)item % alignment, 0);
        memset(item, (int)(number * 37 % 251), item_size);
        memcpy(item, &number, sizeof number);
    }
    for (uint32_t i = PL_POOL_FIRST; i < PL_POOL_FIRST + ITEMS; i++) {
        const uint8_t *item = pl_pool_at(pool, i, item_size);
        assert_memory_equal(item, &i, sizeof i);
        for (size_t k = sizeof i; k < item_size; k++) {
            assert_int_equal(item[k], i * 37 % 251);
        }
    }
}

static void items_lie_apart(void **state)
{
    (void)state;
    static const struct {
        size_t size, alignment;
    } cases[] = {{4, 4}, {8, 8}, {64, 64}, {80, 16}, {192, 64}, {1000, 8}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        for (int shifted = 0; shifted < 2; shifted++) {
            counted_memory_init(&memory);
            pl_memory from = memory.memory;
            if (shifted) {
                from.take = take_shifted;
                from.give = give_shifted;
            }
            pl_pool pool;
            pl_pool_begin(&pool, &from, cases[c].size);
            fill_and_check(&pool, cases[c].size, cases[c].alignment);
            pl_pool_end(&pool);
            assert_int_equal(memory.out, 0);
            fill_and_check(&pool, cases[c].size, cases[c].alignment); /* an ended pool is empty */
            pl_pool_end(&pool);
            assert_int_equal(memory.out, 0);
        }
    }
}

/* The last chunk is at most a fifth of all; alignment and the first chunk come on top. */
static void room_is_a_fifth(void **state)
{
    (void)state;
    counted_memory_init(&memory);
    pl_pool pool;
    pl_pool_begin(&pool, &memory.memory, 100);
    for (uint32_t i = 1; i <= 100000; i++) {
        uint32_t number;
        assert_int_equal(pl_pool_take(&pool, &number), PL_OK);
        const size_t needed = (size_t)(i + PL_POOL_FIRST) * 100;
        assert_true(memory.out >= (size_t)i * 100);
        assert_true(memory.out <= needed * 5 / 4 + 64 * 64);
    }
    pl_pool_end(&pool);
    assert_int_equal(memory.out, 0);
}

static void what_was_given_back_comes_first(void **state)
{
    (void)state;
    counted_memory_init(&memory);
    pl_pool pool;
    pl_pool_begin(&pool, &memory.memory, 12);
    uint32_t numbers[300], number;
    for (uint32_t i = 0; i < 300; i++) {
        assert_int_equal(pl_pool_take(&pool, &numbers[i]), PL_OK);
    }
    const size_t out = memory.out;
    for (uint32_t i = 0; i < 300; i += 3) {
        pl_pool_give(&pool, numbers[i]);
    }
    assert_int_equal(pool.used, 200);
    for (uint32_t i = 300; i-- > 0;) {
        if (i % 3 == 0) {
            assert_int_equal(pl_pool_take(&pool, &number), PL_OK);
            assert_int_equal(number, numbers[i]); /* the last one first */
        }
    }
    assert_int_equal(memory.out, out);
    assert_int_equal(pool.used, 300);
    pl_pool_end(&pool);
    assert_int_equal(memory.out, 0);
}

static void refused_memory_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t refuse_at = 0; refuse_at < 12; refuse_at++) {
        counted_memory_init(&memory);
        memory.refuse_at = refuse_at;
        pl_pool pool;
        pl_pool_begin(&pool, &memory.memory, 40);
        uint32_t number, taken = 0;
        while (taken < ITEMS && pl_pool_take(&pool, &number) == PL_OK) {
            assert_int_equal(number, PL_POOL_FIRST + taken);
            taken++;
        }
        assert_true(taken < ITEMS);
        assert_int_equal(pool.used, taken);
        pl_pool_end(&pool);
        assert_int_equal(memory.out, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_lie_apart),
        cmocka_unit_test(room_is_a_fifth),
        cmocka_unit_test(what_was_given_back_comes_first),
        cmocka_unit_test(refused_memory_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
