/* base/arena: alignment, the last block given back, the end of the block, a store inside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/witness_model.h"
#include "vm/base/arena.h"

static void blocks_are_aligned(void **state)
{
    (void)state;
    static alignas(max_align_t) uint8_t bytes[1000];
    for (size_t shift = 0; shift < 2 * alignof(max_align_t); shift++) {
        pl_arena arena;
        pl_arena_begin(&arena, bytes + shift, sizeof bytes - shift);
        const pl_memory memory = pl_arena_memory(&arena, 7);
        assert_int_equal(memory.secret, 7);
        uint8_t *last = bytes + shift;
        for (size_t size = 1; size < 40; size += 3) {
            uint8_t *block = memory.take(memory.context, size);
            assert_non_null(block);
            assert_int_equal((uintptr_t)block % alignof(max_align_t), 0);
            assert_true(block >= last);
            last = block + size;
            memset(block, 1, size);
        }
        assert_ptr_equal(bytes + shift + arena.used, last);
        assert_int_equal(arena.used, arena.highest);
    }
}

static void the_last_block_comes_back(void **state)
{
    (void)state;
    static alignas(max_align_t) uint8_t bytes[320];
    pl_arena arena;
    pl_arena_begin(&arena, bytes, sizeof bytes);
    const pl_memory memory = pl_arena_memory(&arena, 0);
    void *first = memory.take(memory.context, 64);
    void *second = memory.take(memory.context, 100);
    memory.give(memory.context, second, 100);
    assert_int_equal(arena.used, 64);
    assert_ptr_equal(memory.take(memory.context, 32), second);
    memory.give(memory.context, first, 64); /* not the last: waits for the end */
    assert_int_equal(arena.used, 96);
    assert_int_equal(arena.highest, 164);
}

static void the_end_is_the_end(void **state)
{
    (void)state;
    static alignas(max_align_t) uint8_t bytes[128];
    pl_arena arena;
    pl_arena_begin(&arena, bytes, sizeof bytes);
    const pl_memory memory = pl_arena_memory(&arena, 0);
    assert_null(memory.take(memory.context, 129));
    assert_null(memory.take(memory.context, SIZE_MAX));
    assert_non_null(memory.take(memory.context, 1));
    assert_null(memory.take(memory.context, 128 - alignof(max_align_t) + 1));
    assert_null(memory.take(memory.context, SIZE_MAX - 1));
    assert_non_null(memory.take(memory.context, 128 - alignof(max_align_t)));
    assert_null(memory.take(memory.context, 1));
    assert_int_equal(arena.highest, 128);
    pl_arena_begin(&arena, bytes + 1, 3); /* smaller than the step to the next aligned byte */
    assert_null(pl_arena_memory(&arena, 0).take(&arena, 1));
    pl_arena_begin(&arena, NULL, 0);
    assert_null(pl_arena_memory(&arena, 0).take(&arena, 1));
}

/* A store works in it, and highest is what it needs. */
static void a_store_lives_in_it(void **state)
{
    (void)state;
    static uint8_t bytes[1 << 18];
    size_t size = sizeof bytes;
    for (int round = 0; round < 3; round++) {
        pl_arena arena;
        pl_arena_begin(&arena, bytes, size);
        const pl_memory memory = pl_arena_memory(&arena, 0);
        pl_store *store = NULL;
        pl_status status = pl_store_create(&store, &memory);
        status = status == PL_OK ? plan_add_tables(store) : status;
        pl_door *door = status == PL_OK ? pl_store_door(store) : NULL;
        for (uint8_t i = 0; i < 100 && status == PL_OK; i++) {
            const uint8_t row[4] = {i, 0, i, 0};
            status = door->ops->put(door, 1, &i, row);
        }
        uint8_t root[PL_HASH_SIZE];
        status = status == PL_OK ? pl_store_root(store, root) : status;
        assert_int_equal(status, round < 2 ? PL_OK : PL_FAULT_MEMORY);
        size = round == 0 ? arena.highest : arena.highest - 1;
        pl_store_free(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned),
        cmocka_unit_test(the_last_block_comes_back),
        cmocka_unit_test(the_end_is_the_end),
        cmocka_unit_test(a_store_lives_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
