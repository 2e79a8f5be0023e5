/* state/order against a sorted array: every key width, thousands of keys, all ways to fill and
 * empty. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/counted_memory.h"
#include "vm/base/bytes.h"
#include "vm/state/order.h"

#define KEYS 6000u

/* Keys are a number in the last bytes; present[n] says whether n is in the set. */
typedef struct set {
    counted_memory memory;
    pl_order order;
    uint8_t present[KEYS];
    uint32_t count;
    uint32_t width;
} set;

static void key_of(const set *s, uint8_t *key, uint32_t number)
{
    memset(key, 0x5a, s->width);
    if (s->width >= 4) {
        pl_store_u32(key + s->width - 4, number);
    } else {
        pl_store_u16(key + s->width - 2, (uint16_t)number);
    }
}

static void begin(set *s, uint32_t width)
{
    memset(s, 0, sizeof *s);
    counted_memory_init(&s->memory);
    s->width = width;
    pl_order_begin(&s->order, &s->memory.memory, width);
}

static void toggle(set *s, uint32_t number)
{
    uint8_t key[PL_ORDER_SIZE_MAX];
    key_of(s, key, number);
    if (s->present[number]) {
        pl_order_remove(&s->order, key);
        s->count--;
    } else {
        assert_int_equal(pl_order_insert(&s->order, key, number + 7), PL_OK);
        s->count++;
    }
    s->present[number] ^= 1;
}

static void check_seek(const set *s, uint32_t number, pl_seek mode)
{
    int64_t expected = number;
    if (mode == PL_SEEK_GE || mode == PL_SEEK_GT) {
        expected += mode == PL_SEEK_GT;
        while (expected < KEYS && !s->present[expected]) {
            expected++;
        }
    } else {
        expected -= mode == PL_SEEK_LT;
        while (expected >= 0 && !s->present[expected]) {
            expected--;
        }
    }
    uint8_t key[PL_ORDER_SIZE_MAX];
    key_of(s, key, number);
    const pl_order_place place = pl_order_seek(&s->order, key, mode);
    if (expected < 0 || expected == KEYS) {
        assert_int_equal(place.node, 0);
        return;
    }
    assert_int_not_equal(place.node, 0);
    assert_int_equal(pl_order_number(&s->order, place), expected + 7);
    key_of(s, key, (uint32_t)expected);
    assert_memory_equal(pl_order_key(&s->order, place), key, s->width);
}

/* Walks the whole set and compares it with the array. */
static void check_all(const set *s)
{
    uint32_t seen = 0;
    uint32_t number = 0;
    pl_order_place place = pl_order_first(&s->order);
    for (; place.node != 0; place = pl_order_next(&s->order, place)) {
        while (number < KEYS && !s->present[number]) {
            number++;
        }
        assert_true(number < KEYS);
        assert_int_equal(pl_order_number(&s->order, place), number + 7);
        number++;
        seen++;
    }
    assert_int_equal(seen, s->count);
}

static void end(set *s)
{
    pl_order_end(&s->order);
    assert_int_equal(s->memory.out, 0);
}

static uint32_t draw(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

static const uint32_t widths[] = {2, 4, 9, 32, 68, 256};

static void random_toggles(void **state)
{
    (void)state;
    set *s = malloc(sizeof *s);
    uint32_t random = 1;
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        begin(s, widths[w]);
        for (uint32_t i = 1; i <= 40000; i++) {
            /* now in the whole range, now in a narrow one that is filled and emptied in turn */
            toggle(s, i / 4000 % 2 == 0 ? draw(&random) % KEYS : 100 + draw(&random) % 60);
            check_seek(s, draw(&random) % KEYS, (pl_seek)(i % 4));
            if (i % 2000 == 0) {
                check_all(s);
            }
        }
        end(s);
    }
    free(s);
}

/* Fills in one direction and empties in each, the two ways that leave the oddest nodes behind. */
static void fill_and_empty_in_order(void **state)
{
    (void)state;
    set *s = malloc(sizeof *s);
    for (uint32_t way = 0; way < 8; way++) {
        begin(s, way < 4 ? 256 : 4);
        for (uint32_t i = 0; i < KEYS; i++) {
            toggle(s, (way & 1) ? KEYS - 1 - i : i);
        }
        check_all(s);
        const uint32_t full = s->order.nodes.used;
        /* loading upwards fills the nodes; downwards leaves them half full */
        const uint32_t least = KEYS / (s->order.capacity - 1);
        assert_true(full <= ((way & 1) ? 3 * least : least + least / 5));
        for (uint32_t i = 0; i < KEYS; i++) {
            toggle(s, (way & 2) ? KEYS - 1 - i : i);
            check_seek(s, KEYS / 2, (pl_seek)(i % 4));
        }
        check_all(s);
        assert_int_equal(s->order.nodes.used, 0);
        assert_int_equal(s->order.root, 0);
        end(s);
    }
    free(s);
}

/* Whole ranges come and go, so that nodes empty beside full ones, at every level. */
static void ranges_come_and_go(void **state)
{
    (void)state;
    set *s = malloc(sizeof *s);
    uint32_t random = 7;
    begin(s, 256);
    for (uint32_t i = 0; i < KEYS; i++) {
        toggle(s, i);
    }
    for (uint32_t round = 0; round < 4000; round++) {
        const uint32_t low = draw(&random) % KEYS;
        const uint32_t size = 1 + draw(&random) % (1u << draw(&random) % 9);
        const bool fill = round % 1000 > 500 ? draw(&random) % 3 > 0 : draw(&random) % 3 == 0;
        for (uint32_t k = 0; k < size; k++) {
            const uint32_t number = low + (draw(&random) % 2 == 0 ? k : size - 1 - k);
            if (number < KEYS && s->present[number] != fill) {
                toggle(s, number);
            }
        }
        for (uint32_t k = 0; k < 8; k++) {
            check_seek(s, draw(&random) % KEYS, (pl_seek)(k % 4));
        }
        if (round % 50 == 0) {
            check_all(s);
        }
    }
    check_all(s);
    end(s);
    free(s);
}

/* Thinning a full set must give nodes back, or a table would keep the memory of its fullest day. */
static void sparse_sets_are_merged(void **state)
{
    (void)state;
    set *s = malloc(sizeof *s);
    begin(s, 32);
    for (uint32_t i = 0; i < KEYS; i++) {
        toggle(s, i);
    }
    const uint32_t full = s->order.nodes.used;
    for (uint32_t i = 0; i < KEYS; i++) {
        if (i % 20 != 0) {
            toggle(s, i);
        }
    }
    check_all(s);
    assert_true(s->order.nodes.used < full / 4);
    for (uint32_t i = 20; i < KEYS; i += 20) {
        toggle(s, i);
    }
    assert_int_equal(s->order.levels, 0); /* one key left: one leaf */
    assert_int_equal(s->order.nodes.used, 1);
    end(s);
    free(s);
}

static void an_empty_key_holds_one_entry(void **state)
{
    (void)state;
    counted_memory memory;
    counted_memory_init(&memory);
    pl_order order;
    const uint8_t key[1] = {0};
    pl_order_begin(&order, &memory.memory, 0);
    assert_int_equal(pl_order_seek(&order, key, PL_SEEK_GE).node, 0);
    assert_int_equal(pl_order_first(&order).node, 0);
    assert_int_equal(pl_order_insert(&order, key, 3), PL_OK);
    assert_int_equal(pl_order_number(&order, pl_order_seek(&order, key, PL_SEEK_LE)), 3);
    assert_int_equal(pl_order_seek(&order, key, PL_SEEK_GT).node, 0);
    pl_order_remove(&order, key);
    assert_int_equal(pl_order_first(&order).node, 0);
    pl_order_end(&order);
    assert_int_equal(memory.out, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_toggles),
        cmocka_unit_test(fill_and_empty_in_order),
        cmocka_unit_test(ranges_come_and_go),
        cmocka_unit_test(sparse_sets_are_merged),
        cmocka_unit_test(an_empty_key_holds_one_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
