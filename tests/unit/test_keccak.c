/* base/keccak: sizes around the rate, every split of a stream, and where hash and message overlap.
 * The digests were computed apart from this code, with the round constants and offsets from their
 * recurrences in FIPS 202, by a program that gives SHA3-256 when it pads as SHA3-256 does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vm/base/keccak.h"

static void check_hex(const uint8_t hash[32], const char *hex)
{
    char text[65];
    for (size_t i = 0; i < 32; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", hash[i]);
    }
    assert_string_equal(text, hex);
}

/* Byte i is 7i + 1. */
static void fill(uint8_t *message, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        message[i] = (uint8_t)(i * 7 + 1);
    }
}

static const struct {
    size_t size;
    const char *hex;
} around_the_rate[] = {
    {0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"},
    {1, "5fe7f977e71dba2ea1a68e21057beebb9be2ac30c6410aa38d4f3fbe41dcffd2"},
    {135, "34bd7bed52ea092f88bc887256e7f06500ee814afa9a5566e22030af2ef1c5c0"},
    {136, "2b31811a93dfc4bdc41b6aa7790e784b987c25a2c8a0e101cfa694552dc8ae39"},
    {137, "a6103b089a404974c2b460048bfddd45108748fbdd9bad451f54d1fe95f8f284"},
    {272, "415fd325cae3a2f957fea2770d710027317ced7e7266a59905102c14fdb9959a"},
};

static void sizes_around_the_rate(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof around_the_rate / sizeof around_the_rate[0]; i++) {
        uint8_t message[272], hash[32];
        fill(message, around_the_rate[i].size);
        pl_keccak_of(hash, message, around_the_rate[i].size);
        check_hex(hash, around_the_rate[i].hex);
    }
    uint8_t hash[32];
    pl_keccak_of(hash, NULL, 0);
    check_hex(hash, around_the_rate[0].hex);
}

static void every_size_below_300(void **state)
{
    (void)state;
    uint8_t message[300], hash[32];
    pl_keccak all;
    pl_keccak_begin(&all);
    fill(message, sizeof message);
    for (size_t size = 0; size < sizeof message; size++) {
        pl_keccak_of(hash, message, size);
        pl_keccak_add(&all, hash, sizeof hash);
    }
    pl_keccak_end(&all, hash);
    check_hex(hash, "2687d915b09c386460d1326b9735fe263cc07002449f8a9b172b0d8c29573e7b");
}

/* Three pieces, the second of them at every place and of every size up to two blocks. */
static void pieces_do_not_matter(void **state)
{
    (void)state;
    uint8_t message[420], whole[32], hash[32];
    fill(message, sizeof message);
    pl_keccak_of(whole, message, sizeof message);
    for (size_t first = 0; first <= 140; first++) {
        for (size_t second = 0; second <= 272; second++) {
            pl_keccak keccak;
            pl_keccak_begin(&keccak);
            pl_keccak_add(&keccak, message, first);
            pl_keccak_add(&keccak, message + first, second);
            pl_keccak_add(&keccak, message + first + second, sizeof message - first - second);
            pl_keccak_end(&keccak, hash);
            assert_memory_equal(hash, whole, sizeof hash);
        }
    }
    for (size_t piece = 1; piece < 40; piece++) {
        pl_keccak keccak;
        pl_keccak_begin(&keccak);
        for (size_t at = 0; at < sizeof message; at += piece) {
            const size_t rest = sizeof message - at;
            pl_keccak_add(&keccak, message + at, rest < piece ? rest : piece);
            pl_keccak_add(&keccak, NULL, 0);
        }
        pl_keccak_end(&keccak, hash);
        assert_memory_equal(hash, whole, sizeof hash);
    }
}

/* A message that starts at an odd address. */
static void alignment_does_not_matter(void **state)
{
    (void)state;
    uint8_t room[272 + 8], hash[32];
    for (size_t shift = 0; shift < 8; shift++) {
        fill(room + shift, 272);
        pl_keccak_of(hash, room + shift, 272);
        check_hex(hash, "415fd325cae3a2f957fea2770d710027317ced7e7266a59905102c14fdb9959a");
    }
}

static void hash_may_stand_on_the_message(void **state)
{
    (void)state;
    for (size_t at = 0; at + 32 <= 137; at++) {
        uint8_t message[137];
        fill(message, sizeof message);
        pl_keccak_of(message + at, message, sizeof message);
        check_hex(message + at, "a6103b089a404974c2b460048bfddd45108748fbdd9bad451f54d1fe95f8f284");
    }
}

static void eip191_digest(void **state)
{
    (void)state;
    uint8_t hash[32], digest[32];
    fill(hash, sizeof hash);
    pl_eip191_of(digest, hash);
    check_hex(digest, "b9fa2e49ef5f9eec06ea9ae4cd8bbcb67a564be074dde1b79bb4467342007d7f");
    pl_eip191_of(hash, hash);
    assert_memory_equal(hash, digest, sizeof digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_around_the_rate),
        cmocka_unit_test(every_size_below_300),
        cmocka_unit_test(pieces_do_not_matter),
        cmocka_unit_test(alignment_does_not_matter),
        cmocka_unit_test(hash_may_stand_on_the_message),
        cmocka_unit_test(eip191_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
