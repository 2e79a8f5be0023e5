/* Recovery and the Schnorr forms. Beside signature.c the only file that knows libsecp256k1. */
#include "vm/oracle/curve.h"

#include <string.h>

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_recovery.h>
#include <secp256k1_schnorrsig.h>

#include "vm/base/assume.h"
#include "vm/base/keccak.h"

#define CURVE   secp256k1_context_static
#define KEY_TOP 65u

static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                                  0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
static const uint8_t half_order[32] = {
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0};

bool pl_is_high_s(const uint8_t *s)
{
    return memcmp(s, half_order, 32) > 0;
}

/* 1 <= scalar < n. */
static bool is_scalar(const uint8_t *scalar)
{
    static const uint8_t zero[32] = {0};
    return memcmp(scalar, zero, 32) != 0 && memcmp(scalar, order, 32) < 0;
}

static void load_key(secp256k1_pubkey *to, const pl_public_key *key)
{
    memcpy(to->data, key->opaque, sizeof to->data);
}

/* 04 | x | y */
static void serialize(uint8_t bytes[KEY_TOP], const secp256k1_pubkey *key)
{
    size_t size = KEY_TOP;
    const int done =
        secp256k1_ec_pubkey_serialize(CURVE, bytes, &size, key, SECP256K1_EC_UNCOMPRESSED);
    PL_ASSERT(done && size == KEY_TOP);
}

static void address_of(uint8_t address[PL_ADDRESS_SIZE], const secp256k1_pubkey *key)
{
    uint8_t bytes[KEY_TOP], hash[32];
    serialize(bytes, key);
    pl_keccak_of(hash, bytes + 1, KEY_TOP - 1);
    memcpy(address, hash + 12, PL_ADDRESS_SIZE);
}

void pl_address_of_key(uint8_t address[PL_ADDRESS_SIZE], const pl_public_key *key)
{
    secp256k1_pubkey loaded;
    load_key(&loaded, key);
    address_of(address, &loaded);
}

void pl_public_key_store(uint8_t compressed[PL_PUBLIC_KEY_SIZE], const pl_public_key *key)
{
    secp256k1_pubkey loaded;
    size_t size = PL_PUBLIC_KEY_SIZE;
    load_key(&loaded, key);
    const int done =
        secp256k1_ec_pubkey_serialize(CURVE, compressed, &size, &loaded, SECP256K1_EC_COMPRESSED);
    PL_ASSERT(done && size == PL_PUBLIC_KEY_SIZE);
}

static pl_status recover(secp256k1_pubkey *key, const uint8_t *digest, const uint8_t *r,
                         const uint8_t *s, unsigned parity)
{
    uint8_t compact[64];
    secp256k1_ecdsa_recoverable_signature signature;
    memcpy(compact, r, 32);
    memcpy(compact + 32, s, 32);
    const int are_scalars = secp256k1_ecdsa_recoverable_signature_parse_compact(
        CURVE, &signature, compact, (int)parity);
    PL_ASSERT(are_scalars); /* the callers looked */
    return secp256k1_ecdsa_recover(CURVE, key, &signature, digest) ? PL_OK : PL_REJECT_SIGNATURE;
}

pl_status pl_recover_address(uint8_t address[PL_ADDRESS_SIZE], const uint8_t *digest,
                             const uint8_t *r, const uint8_t *s, unsigned parity)
{
    secp256k1_pubkey key;
    if (parity > 1) {
        return PL_REJECT_RECOVERY_ID;
    }
    if (!is_scalar(r) || !is_scalar(s)) {
        return PL_REJECT_SIGNATURE_RANGE;
    }
    PL_TRY(recover(&key, digest, r, s, parity));
    address_of(address, &key);
    return PL_OK;
}

pl_status pl_bip340_check(const uint8_t *xonly, const uint8_t *message, size_t message_size,
                          const uint8_t *signature)
{
    secp256k1_xonly_pubkey key;
    if (!secp256k1_xonly_pubkey_parse(CURVE, &key, xonly)) {
        return PL_REJECT_NON_CANONICAL;
    }
    return secp256k1_schnorrsig_verify(CURVE, signature, message, message_size, &key)
               ? PL_OK
               : PL_REJECT_SIGNATURE;
}

/* ---- Schnorr over address commitments ---- */

/* The hash is below 2n, so one subtraction is enough. */
void pl_scalar_of_hash(uint8_t scalar[32], const uint8_t hash[32])
{
    memmove(scalar, hash, 32);
    if (memcmp(scalar, order, 32) < 0) {
        return;
    }
    unsigned borrow = 0;
    for (unsigned i = 32; i-- > 0;) {
        const unsigned difference = 256u + scalar[i] - order[i] - borrow;
        scalar[i] = (uint8_t)difference;
        borrow = difference < 256u;
    }
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++) {
        any |= bytes[i];
    }
    return any == 0;
}

/* x of the key and the parity of y. */
static uint8_t split(uint8_t x[32], const secp256k1_pubkey *key)
{
    uint8_t bytes[KEY_TOP];
    serialize(bytes, key);
    memcpy(x, bytes + 1, 32);
    return bytes[64] & 1;
}

/* *point = s*G - e*P. Key recovery solves r*Q = s'*R - z*G for Q; with R = P, r = Px, s' = -e*Px
 * and z = -s*Px that is Q. All three are public, so nothing secret passes through here. False when
 * there is no such point (e = 0, Px >= n, or infinity). */
static bool combine(secp256k1_pubkey *point, const uint8_t *s, const uint8_t *e,
                    const secp256k1_pubkey *key)
{
    uint8_t x[32], scaled_e[32], scaled_s[32];
    const uint8_t parity = split(x, key);
    memcpy(scaled_e, e, 32);
    memcpy(scaled_s, s, 32);
    if (!is_scalar(x) || !is_scalar(e)) {
        return false;
    }
    int done = secp256k1_ec_seckey_tweak_mul(CURVE, scaled_e, x); /* s, e, Px lie in 1..n-1 */
    done += secp256k1_ec_seckey_negate(CURVE, scaled_e);
    done += secp256k1_ec_seckey_tweak_mul(CURVE, scaled_s, x);
    done += secp256k1_ec_seckey_negate(CURVE, scaled_s);
    PL_ASSERT(done == 4);
    return recover(point, scaled_s, x, scaled_e, parity) == PL_OK;
}

pl_status pl_scribe_check(const pl_public_key *sum, const uint8_t *message,
                          const uint8_t *signature, const uint8_t *commitment)
{
    if (!is_scalar(signature) || is_zero(commitment, PL_ADDRESS_SIZE)) {
        return PL_REJECT_SIGNATURE_RANGE;
    }
    secp256k1_pubkey key, nonce;
    uint8_t x[32], e[32], address[PL_ADDRESS_SIZE];
    load_key(&key, sum);
    const uint8_t parity = split(x, &key);
    pl_keccak keccak;
    pl_keccak_begin(&keccak);
    pl_keccak_add(&keccak, x, sizeof x);
    pl_keccak_add(&keccak, &parity, 1);
    pl_keccak_add(&keccak, message, 32);
    pl_keccak_add(&keccak, commitment, PL_ADDRESS_SIZE);
    pl_keccak_end(&keccak, e);
    pl_scalar_of_hash(e, e);
    if (!combine(&nonce, signature, e, &key)) {
        return PL_REJECT_SIGNATURE;
    }
    address_of(address, &nonce);
    return memcmp(address, commitment, sizeof address) == 0 ? PL_OK : PL_REJECT_SIGNATURE;
}

static void band_challenge(uint8_t e[32], const secp256k1_pubkey *group,
                           const secp256k1_pubkey *nonce, const uint8_t *message,
                           size_t message_size)
{
    static const char context[] = "BAND-TSS-secp256k1-v0\0challenge"; /* its end is the second 00 */
    uint8_t address[PL_ADDRESS_SIZE], x[32], hash[32];
    address_of(address, nonce);
    const uint8_t parity = (uint8_t)(split(x, group) + 27);
    pl_keccak_of(hash, message, message_size);
    pl_keccak keccak;
    pl_keccak_begin(&keccak);
    pl_keccak_add(&keccak, (const uint8_t *)context, sizeof context);
    pl_keccak_add(&keccak, address, sizeof address);
    pl_keccak_add(&keccak, &parity, 1);
    pl_keccak_add(&keccak, x, sizeof x);
    pl_keccak_add(&keccak, hash, sizeof hash);
    pl_keccak_end(&keccak, e);
    pl_scalar_of_hash(e, e);
}

/* s*G = R + e*P is checked as s*G - e*P = R. */
pl_status pl_band_check(const pl_public_key *group, const uint8_t *message, size_t message_size,
                        const uint8_t *nonce, const uint8_t *s)
{
    if (!is_scalar(s)) {
        return PL_REJECT_SIGNATURE_RANGE;
    }
    secp256k1_pubkey key, given, found;
    if (!secp256k1_ec_pubkey_parse(CURVE, &given, nonce, PL_PUBLIC_KEY_SIZE)) {
        return PL_REJECT_NON_CANONICAL;
    }
    uint8_t e[32];
    load_key(&key, group);
    band_challenge(e, &key, &given, message, message_size);
    if (!combine(&found, s, e, &key)) {
        return PL_REJECT_SIGNATURE;
    }
    return secp256k1_ec_pubkey_cmp(CURVE, &found, &given) == 0 ? PL_OK : PL_REJECT_SIGNATURE;
}

pl_status pl_keys_sum(pl_public_key *sum, const pl_public_key *const *keys, unsigned count)
{
    secp256k1_pubkey loaded[255], total;
    const secp256k1_pubkey *list[255];
    PL_ASSERT(count >= 1 && count <= 255);
    for (unsigned i = 0; i < count; i++) {
        load_key(&loaded[i], keys[i]);
        list[i] = &loaded[i];
    }
    if (!secp256k1_ec_pubkey_combine(CURVE, &total, list, count)) {
        return PL_REJECT_SIGNATURE;
    }
    memcpy(sum->opaque, total.data, sizeof sum->opaque);
    return PL_OK;
}
