/* oracle/curve: recovery and the Schnorr forms with keys and nonces of both parities, their ranges
 * at each edge, and that a failure writes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/curve_signer.h"
#include "vm/base/keccak.h"
#include "vm/oracle/curve.h"

enum { KEYS = 12 };

/* n as bytes with its last byte replaced: n is 41, n - 1 is 40. */
static void order_with_end(uint8_t bytes[32], uint8_t last)
{
    static const uint8_t head[31] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
                                     0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b,
                                     0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41};
    memcpy(bytes, head, sizeof head);
    bytes[31] = last;
}

static void message_of(uint8_t message[32], unsigned number)
{
    const uint8_t seed[2] = {(uint8_t)number, 0x5a};
    pl_keccak_of(message, seed, sizeof seed);
}

static pl_public_key parsed(const signer *key)
{
    pl_public_key made;
    assert_int_equal(pl_public_key_parse(&made, key->public_key), PL_OK);
    return made;
}

/* signer_of(1..KEYS) has keys of both parities; the rows below count on it. */
static void signers_have_both_parities(void **state)
{
    (void)state;
    unsigned odd = 0;
    for (unsigned i = 1; i <= KEYS; i++) {
        odd += signer_of(i).public_key[0] & 1;
    }
    assert_true(odd > 2 && odd < KEYS - 2);
}

static void recovers_the_signer(void **state)
{
    (void)state;
    unsigned parities = 0;
    for (unsigned i = 1; i <= KEYS; i++) {
        const signer key = signer_of(i);
        const pl_public_key public_key = parsed(&key);
        uint8_t digest[32], signature[65], wanted[20], address[20], compressed[33];
        message_of(digest, i);
        signer_sign_recoverable(signature, &key, digest);
        signer_address(wanted, &key);
        pl_address_of_key(address, &public_key);
        assert_memory_equal(address, wanted, sizeof wanted);
        pl_public_key_store(compressed, &public_key);
        assert_memory_equal(compressed, key.public_key, sizeof compressed);
        assert_false(pl_is_high_s(signature + 32));
        for (unsigned flip = 0; flip < 2; flip++) {
            memset(address, 0, sizeof address);
            assert_int_equal(
                pl_recover_address(address, digest, signature, signature + 32, signature[64]),
                PL_OK);
            assert_memory_equal(address, wanted, sizeof wanted);
            const pl_status other =
                pl_recover_address(address, digest, signature, signature + 32, signature[64] ^ 1u);
            assert_true(other != PL_OK || memcmp(address, wanted, sizeof wanted) != 0);
            parities |= 1u << signature[64];
            sign_flip(signature);
        }
        sign_flip(signature);
        assert_true(pl_is_high_s(signature + 32));
    }
    assert_int_equal(parities, 3);
}

/* The address of the generator, as every wallet shows it for the secret 1. */
static void address_of_the_generator(void **state)
{
    (void)state;
    static const uint8_t generator[33] = {0x02, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac,
                                          0x55, 0xa0, 0x62, 0x95, 0xce, 0x87, 0x0b, 0x07, 0x02,
                                          0x9b, 0xfc, 0xdb, 0x2d, 0xce, 0x28, 0xd9, 0x59, 0xf2,
                                          0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};
    static const uint8_t wanted[20] = {0x7e, 0x5f, 0x45, 0x52, 0x09, 0x1a, 0x69, 0x12, 0x5d, 0x5d,
                                       0xfc, 0xb7, 0xb8, 0xc2, 0x65, 0x90, 0x29, 0x39, 0x5b, 0xdf};
    pl_public_key key;
    uint8_t address[20];
    assert_int_equal(pl_public_key_parse(&key, generator), PL_OK);
    pl_address_of_key(address, &key);
    assert_memory_equal(address, wanted, sizeof wanted);
}

static void hashes_become_scalars(void **state)
{
    (void)state;
    uint8_t hash[32], scalar[32], wanted[32] = {0};
    order_with_end(hash, 0x40); /* n - 1 stays */
    pl_scalar_of_hash(scalar, hash);
    assert_memory_equal(scalar, hash, sizeof hash);
    order_with_end(hash, 0x41);
    pl_scalar_of_hash(scalar, hash);
    assert_memory_equal(scalar, wanted, sizeof wanted);
    order_with_end(hash, 0x43);
    wanted[31] = 2;
    pl_scalar_of_hash(hash, hash);
    assert_memory_equal(hash, wanted, sizeof wanted);
    memset(hash, 0xff, sizeof hash); /* 2^256 - 1 - n = ~n */
    order_with_end(wanted, 0x41);
    for (unsigned i = 0; i < 32; i++) {
        wanted[i] = (uint8_t)~wanted[i];
    }
    pl_scalar_of_hash(scalar, hash);
    assert_memory_equal(scalar, wanted, sizeof wanted);
    order_with_end(hash, 0x00); /* n + 2^128 - 65: borrows through many bytes */
    hash[15] = 0xff;
    pl_scalar_of_hash(scalar, hash);
    memset(wanted, 0, sizeof wanted);
    wanted[31] = 0xbf;
    memset(wanted + 16, 0xff, 15);
    assert_memory_equal(scalar, wanted, sizeof wanted);
}

static void high_s_starts_above_the_half(void **state)
{
    (void)state;
    uint8_t s[32] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                     0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4,
                     0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0};
    assert_false(pl_is_high_s(s));
    s[31]++;
    assert_true(pl_is_high_s(s));
    memset(s, 0, sizeof s);
    assert_false(pl_is_high_s(s));
    memset(s, 0xff, sizeof s);
    assert_true(pl_is_high_s(s));
}

/* r and s in 1..n-1, parity 0 or 1; r must be the x of a point. Nothing is written. */
static void recovery_ranges(void **state)
{
    (void)state;
    const signer key = signer_of(1);
    uint8_t digest[32], signature[65], bad[32], address[20], untouched[20];
    message_of(digest, 1);
    signer_sign_recoverable(signature, &key, digest);
    memset(address, 0xee, sizeof address);
    memset(untouched, 0xee, sizeof untouched);
    for (unsigned parity = 2; parity < 6; parity++) {
        assert_int_equal(pl_recover_address(address, digest, signature, signature + 32, parity),
                         PL_REJECT_RECOVERY_ID);
    }
    for (unsigned row = 0; row < 4; row++) { /* 0, n, n + 1, 2^256 - 1 */
        if (row == 0 || row == 3) {
            memset(bad, row == 0 ? 0 : 0xff, sizeof bad);
        } else {
            order_with_end(bad, row == 1 ? 0x41 : 0x42);
        }
        assert_int_equal(pl_recover_address(address, digest, bad, signature + 32, 0),
                         PL_REJECT_SIGNATURE_RANGE);
        assert_int_equal(pl_recover_address(address, digest, signature, bad, 0),
                         PL_REJECT_SIGNATURE_RANGE);
    }
    memset(bad, 0, sizeof bad);
    bad[31] = 5; /* 5^3 + 7 is no square */
    assert_int_equal(pl_recover_address(address, digest, bad, signature + 32, 0),
                     PL_REJECT_SIGNATURE);
    assert_memory_equal(address, untouched, sizeof untouched);
    bad[31] = 1; /* 1 + 7 is one */
    assert_int_equal(pl_recover_address(address, digest, bad, signature + 32, 0), PL_OK);
    order_with_end(bad, 0x40); /* s = n - 1 */
    assert_int_equal(pl_recover_address(address, digest, signature, bad, 0), PL_OK);
    memset(bad, 0, sizeof bad);
    bad[31] = 1; /* s = 1 */
    assert_int_equal(pl_recover_address(address, digest, signature, bad, 1), PL_OK);
}

/* Q = (s*R - z*G) / r: with z = s*k there is no point to find, k being the nonce of r. */
static void recovery_of_infinity(void **state)
{
    (void)state;
    const signer nonce = signer_of(3);
    uint8_t s[32] = {0}, address[20];
    s[31] = 1;
    assert_int_equal(pl_recover_address(address, nonce.secret, nonce.public_key + 1, s,
                                        nonce.public_key[0] & 1u),
                     PL_REJECT_SIGNATURE);
    assert_int_equal(pl_recover_address(address, nonce.secret, nonce.public_key + 1, s,
                                        (nonce.public_key[0] & 1u) ^ 1u),
                     PL_OK);
}

static void bip340(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= KEYS; i++) {
        const signer key = signer_of(i);
        uint8_t message[100], signature[64], xonly[32];
        memset(message, (int)i, sizeof message);
        const size_t size = i * 8;
        sign_bip340(signature, xonly, &key, message, size);
        assert_int_equal(pl_bip340_check(xonly, message, size, signature), PL_OK);
        assert_int_equal(pl_bip340_check(xonly, message, size - 1, signature), PL_REJECT_SIGNATURE);
        signature[i]++;
        assert_int_equal(pl_bip340_check(xonly, message, size, signature), PL_REJECT_SIGNATURE);
        signature[i]--;
        signature[32 + i]++;
        assert_int_equal(pl_bip340_check(xonly, message, size, signature), PL_REJECT_SIGNATURE);
    }
    uint8_t none[32] = {0}, signature[64] = {0};
    none[31] = 5;
    assert_int_equal(pl_bip340_check(none, NULL, 0, signature), PL_REJECT_NON_CANONICAL);
    memset(none, 0xff, sizeof none);
    assert_int_equal(pl_bip340_check(none, NULL, 0, signature), PL_REJECT_NON_CANONICAL);
    const signer key = signer_of(1);
    uint8_t xonly[32];
    sign_bip340(signature, xonly, &key, NULL, 0);
    assert_int_equal(pl_bip340_check(xonly, NULL, 0, signature), PL_OK);
}

static void scribe(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= KEYS; i++) {
        const signer key = signer_of(i), nonce = signer_of(100 + i), other = signer_of(200 + i);
        const pl_public_key sum = parsed(&key), stranger = parsed(&other);
        uint8_t message[32], s[32], commitment[20], zero[32] = {0}, order[32];
        message_of(message, i);
        sign_scribe(s, commitment, &key, &nonce, message);
        assert_int_equal(pl_scribe_check(&sum, message, s, commitment), PL_OK);
        assert_int_equal(pl_scribe_check(&stranger, message, s, commitment), PL_REJECT_SIGNATURE);
        message[i] ^= 0x10;
        assert_int_equal(pl_scribe_check(&sum, message, s, commitment), PL_REJECT_SIGNATURE);
        message[i] ^= 0x10;
        commitment[i] ^= 1;
        assert_int_equal(pl_scribe_check(&sum, message, s, commitment), PL_REJECT_SIGNATURE);
        commitment[i] ^= 1;
        s[i + 16] ^= 1;
        assert_int_equal(pl_scribe_check(&sum, message, s, commitment), PL_REJECT_SIGNATURE);
        order_with_end(order, 0x41);
        assert_int_equal(pl_scribe_check(&sum, message, order, commitment),
                         PL_REJECT_SIGNATURE_RANGE);
        order_with_end(order, 0x40);
        assert_int_equal(pl_scribe_check(&sum, message, order, commitment), PL_REJECT_SIGNATURE);
        assert_int_equal(pl_scribe_check(&sum, message, zero, commitment),
                         PL_REJECT_SIGNATURE_RANGE);
        assert_int_equal(pl_scribe_check(&sum, message, s, zero), PL_REJECT_SIGNATURE_RANGE);
    }
}

/* Scribe's aggregate: the signature under the sum of the secrets verifies under the sum of keys. */
static void scribe_with_a_sum_of_keys(void **state)
{
    (void)state;
    pl_public_key keys[KEYS], sum;
    const pl_public_key *list[KEYS];
    signer total = signer_of(1);
    for (unsigned i = 0; i < KEYS; i++) {
        const signer key = signer_of(i + 1);
        keys[i] = parsed(&key);
        list[i] = &keys[i];
        if (i > 0) {
            scalar_add(total.secret, key.secret);
        }
        uint8_t message[32], s[32], commitment[20];
        const signer nonce = signer_of(300 + i);
        message_of(message, i);
        assert_int_equal(pl_keys_sum(&sum, list, i + 1), PL_OK);
        sign_scribe(s, commitment, &total, &nonce, message);
        assert_int_equal(pl_scribe_check(&sum, message, s, commitment), PL_OK);
        if (i > 0) {
            assert_int_equal(pl_scribe_check(&keys[i], message, s, commitment),
                             PL_REJECT_SIGNATURE);
        }
    }
}

/* A key and its negative add up to no key; a key may be added to itself, and the sum may stand
 * where an addend stood. */
static void sums_of_keys(void **state)
{
    (void)state;
    const signer key = signer_of(1);
    uint8_t negative[33], twice[33], again[33];
    pl_public_key a = parsed(&key), b, sum;
    memcpy(negative, key.public_key, sizeof negative);
    negative[0] ^= 1;
    assert_int_equal(pl_public_key_parse(&b, negative), PL_OK);
    const pl_public_key *list[255] = {&a, &b};
    sum = a;
    assert_int_equal(pl_keys_sum(&sum, list, 2), PL_REJECT_SIGNATURE);
    assert_memory_equal(&sum, &a, sizeof sum);
    list[1] = &a;
    assert_int_equal(pl_keys_sum(&sum, list, 2), PL_OK);
    pl_public_key_store(twice, &sum);
    assert_int_equal(pl_keys_sum(&a, list, 2), PL_OK);
    pl_public_key_store(again, &a);
    assert_memory_equal(again, twice, sizeof twice);
    for (unsigned i = 0; i < 255; i++) {
        list[i] = &a;
    }
    assert_int_equal(pl_keys_sum(&sum, list, 255), PL_OK);
}

/* With s = e*x the nonce's point would be at infinity, and a key whose x is n or more has no scalar
 * of it: neither is a signature. */
static void points_that_are_none(void **state)
{
    (void)state;
    static const uint8_t generator[33] = {0x02, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac,
                                          0x55, 0xa0, 0x62, 0x95, 0xce, 0x87, 0x0b, 0x07, 0x02,
                                          0x9b, 0xfc, 0xdb, 0x2d, 0xce, 0x28, 0xd9, 0x59, 0xf2,
                                          0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98};
    signer one = {.secret = {[31] = 1}};
    const signer nonce = signer_of(7);
    uint8_t message[32], minus_k[32], s[32], commitment[20], r[33], far[33] = {2};
    memcpy(one.public_key, generator, sizeof generator);
    message_of(message, 1);
    order_with_end(minus_k, 0x41);
    for (unsigned i = 32, borrow = 0; i-- > 0;) {
        const unsigned difference = 256u + minus_k[i] - nonce.secret[i] - borrow;
        minus_k[i] = (uint8_t)difference;
        borrow = difference < 256;
    }
    const pl_public_key key = parsed(&one);
    sign_scribe(s, commitment, &one, &nonce, message);
    assert_int_equal(pl_scribe_check(&key, message, s, commitment), PL_OK);
    scalar_add(s, minus_k); /* e * 1 */
    assert_int_equal(pl_scribe_check(&key, message, s, commitment), PL_REJECT_SIGNATURE);
    sign_band(s, r, &one, &nonce, message, sizeof message);
    assert_int_equal(pl_band_check(&key, message, sizeof message, r, s), PL_OK);
    scalar_add(s, minus_k);
    assert_int_equal(pl_band_check(&key, message, sizeof message, r, s), PL_REJECT_SIGNATURE);
    pl_public_key wide;
    order_with_end(far + 1, 0x41); /* x = n lies on the curve */
    assert_int_equal(pl_public_key_parse(&wide, far), PL_OK);
    assert_int_equal(pl_scribe_check(&wide, message, s, commitment), PL_REJECT_SIGNATURE);
    assert_int_equal(pl_band_check(&wide, message, sizeof message, r, s), PL_REJECT_SIGNATURE);
}

static void band(void **state)
{
    (void)state;
    unsigned parities = 0;
    for (unsigned i = 1; i <= KEYS; i++) {
        const signer key = signer_of(i), nonce = signer_of(400 + i), other = signer_of(500 + i);
        const pl_public_key group = parsed(&key), stranger = parsed(&other);
        uint8_t message[64], s[32], r[33], zero[32] = {0}, order[32];
        memset(message, (int)i, sizeof message);
        const size_t size = i * 5;
        sign_band(s, r, &key, &nonce, message, size);
        parities |= 1u << (r[0] & 1) | 4u << (key.public_key[0] & 1);
        assert_int_equal(pl_band_check(&group, message, size, r, s), PL_OK);
        assert_int_equal(pl_band_check(&stranger, message, size, r, s), PL_REJECT_SIGNATURE);
        assert_int_equal(pl_band_check(&group, message, size + 1, r, s), PL_REJECT_SIGNATURE);
        assert_int_equal(pl_band_check(&group, message, size, r, zero), PL_REJECT_SIGNATURE_RANGE);
        order_with_end(order, 0x41);
        assert_int_equal(pl_band_check(&group, message, size, r, order), PL_REJECT_SIGNATURE_RANGE);
        order_with_end(order, 0x40);
        assert_int_equal(pl_band_check(&group, message, size, r, order), PL_REJECT_SIGNATURE);
        r[0] ^= 1; /* -R has another address */
        assert_int_equal(pl_band_check(&group, message, size, r, s), PL_REJECT_SIGNATURE);
        r[0] = 4;
        assert_int_equal(pl_band_check(&group, message, size, r, s), PL_REJECT_NON_CANONICAL);
    }
    assert_int_equal(parities, 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signers_have_both_parities),
        cmocka_unit_test(recovers_the_signer),
        cmocka_unit_test(address_of_the_generator),
        cmocka_unit_test(hashes_become_scalars),
        cmocka_unit_test(high_s_starts_above_the_half),
        cmocka_unit_test(recovery_ranges),
        cmocka_unit_test(recovery_of_infinity),
        cmocka_unit_test(bip340),
        cmocka_unit_test(scribe),
        cmocka_unit_test(scribe_with_a_sum_of_keys),
        cmocka_unit_test(sums_of_keys),
        cmocka_unit_test(points_that_are_none),
        cmocka_unit_test(band),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
