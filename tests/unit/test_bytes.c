/* base/bytes: byte order, and that neither reader nor writer leaves its buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vm/base/bytes.h"

static const uint8_t sample[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32};

static void loads_are_big_endian(void **state)
{
    (void)state;
    assert_int_equal(pl_load_u16(sample), 0x0123);
    assert_int_equal(pl_load_u32(sample), 0x01234567);
    assert_true(pl_load_u64(sample) == UINT64_C(0x0123456789abcdef));
    assert_int_equal(pl_load_u16(sample + 7), 0xeffe); /* also at odd addresses */
    assert_true(pl_load_u64(sample + 7) == UINT64_C(0xeffedcba98765432));
}

static void stores_are_big_endian(void **state)
{
    (void)state;
    uint8_t bytes[8];
    pl_store_u16(bytes, 0x0123);
    assert_memory_equal(bytes, sample, 2);
    pl_store_u32(bytes, 0x01234567);
    assert_memory_equal(bytes, sample, 4);
    pl_store_u64(bytes, UINT64_C(0x0123456789abcdef));
    assert_memory_equal(bytes, sample, 8);
}

static void reader_takes_in_order(void **state)
{
    (void)state;
    pl_reader reader = pl_reader_of(sample, sizeof sample);
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    assert_int_equal(pl_reader_u8(&reader, &a), PL_OK);
    assert_int_equal(pl_reader_u16(&reader, &b), PL_OK);
    assert_int_equal(pl_reader_u32(&reader, &c), PL_OK);
    assert_int_equal(pl_reader_end(&reader), PL_REJECT_TRAILING);
    assert_int_equal(pl_reader_u64(&reader, &d), PL_OK);
    assert_int_equal(a, 0x01);
    assert_int_equal(b, 0x2345);
    assert_int_equal(c, 0x6789abcd);
    assert_true(d == UINT64_C(0xeffedcba98765432));
    assert_int_equal(pl_reader_left(&reader), 0);
    assert_int_equal(pl_reader_end(&reader), PL_OK);
}

static void reader_stops_at_the_end(void **state)
{
    (void)state;
    for (size_t size = 0; size < 8; size++) {
        pl_reader reader = pl_reader_of(sample, size);
        uint64_t wide = 7;
        assert_int_equal(pl_reader_u64(&reader, &wide), PL_REJECT_TRUNCATED);
        assert_true(wide == 7);
        assert_int_equal(reader.offset, 0);
    }
    pl_reader reader = pl_reader_of(sample, 3);
    uint16_t narrow;
    uint8_t byte;
    const uint8_t *bytes;
    assert_int_equal(pl_reader_u16(&reader, &narrow), PL_OK);
    assert_int_equal(pl_reader_u16(&reader, &narrow), PL_REJECT_TRUNCATED);
    assert_int_equal(reader.offset, 2);
    assert_int_equal(pl_reader_bytes(&reader, &bytes, SIZE_MAX), PL_REJECT_TRUNCATED);
    assert_int_equal(pl_reader_u8(&reader, &byte), PL_OK);
    assert_int_equal(pl_reader_u8(&reader, &byte), PL_REJECT_TRUNCATED);
}

static void reader_of_nothing(void **state)
{
    (void)state;
    pl_reader reader = pl_reader_of(NULL, 0);
    const uint8_t *bytes = sample;
    assert_int_equal(pl_reader_bytes(&reader, &bytes, 0), PL_OK);
    assert_int_equal(pl_reader_bytes(&reader, &bytes, 1), PL_REJECT_TRUNCATED);
    assert_int_equal(pl_reader_end(&reader), PL_OK);
}

static void sub_reader_keeps_to_its_part(void **state)
{
    (void)state;
    pl_reader reader = pl_reader_of(sample, sizeof sample);
    pl_reader sub;
    uint32_t value;
    uint16_t rest;
    assert_int_equal(pl_reader_sub(&reader, &sub, sizeof sample + 1), PL_REJECT_TRUNCATED);
    assert_int_equal(pl_reader_sub(&reader, &sub, 5), PL_OK);
    assert_int_equal(pl_reader_u32(&sub, &value), PL_OK);
    assert_int_equal(pl_reader_u16(&sub, &rest), PL_REJECT_TRUNCATED);
    assert_int_equal(pl_reader_end(&sub), PL_REJECT_TRAILING);
    assert_int_equal(pl_reader_u16(&reader, &rest), PL_OK);
    assert_int_equal(rest, 0xabcd);
}

static void writer_writes_what_reader_reads(void **state)
{
    (void)state;
    uint8_t bytes[sizeof sample];
    pl_writer writer = pl_writer_of(bytes, sizeof bytes);
    pl_writer_u8(&writer, 0x01);
    pl_writer_u16(&writer, 0x2345);
    pl_writer_u32(&writer, 0x6789abcd);
    pl_writer_u64(&writer, UINT64_C(0xeffedcba98765432));
    pl_writer_bytes(&writer, NULL, 0);
    assert_int_equal(pl_writer_end(&writer), PL_OK);
    assert_int_equal(writer.size, sizeof sample);
    assert_memory_equal(bytes, sample, sizeof sample);
}

static void writer_never_leaves_its_buffer(void **state)
{
    (void)state;
    for (size_t capacity = 0; capacity < 11; capacity++) {
        uint8_t bytes[16];
        memset(bytes, 0x55, sizeof bytes);
        pl_writer writer = pl_writer_of(bytes, capacity);
        pl_writer_u64(&writer, 0);
        pl_writer_u16(&writer, 0);
        pl_writer_u8(&writer, 0);
        assert_int_equal(writer.size, 11);
        assert_int_equal(pl_writer_end(&writer), PL_FAULT_MEMORY);
        for (size_t i = capacity; i < sizeof bytes; i++) {
            assert_int_equal(bytes[i], 0x55);
        }
    }
}

static void writer_counts_without_a_buffer(void **state)
{
    (void)state;
    pl_writer writer = pl_writer_of(NULL, 0);
    assert_int_equal(pl_writer_end(&writer), PL_OK);
    pl_writer_u32(&writer, 1);
    pl_writer_bytes(&writer, sample, sizeof sample);
    assert_int_equal(writer.size, 4 + sizeof sample);
    writer.size = SIZE_MAX - 1; /* a count never wraps around */
    pl_writer_u32(&writer, 1);
    assert_true(writer.size == SIZE_MAX);
    assert_int_equal(pl_writer_end(&writer), PL_FAULT_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_are_big_endian),
        cmocka_unit_test(stores_are_big_endian),
        cmocka_unit_test(reader_takes_in_order),
        cmocka_unit_test(reader_stops_at_the_end),
        cmocka_unit_test(reader_of_nothing),
        cmocka_unit_test(sub_reader_keeps_to_its_part),
        cmocka_unit_test(writer_writes_what_reader_reads),
        cmocka_unit_test(writer_never_leaves_its_buffer),
        cmocka_unit_test(writer_counts_without_a_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
