/* The only file that knows libsecp256k1. Its static context verifies without tables or memory of
 * its own, so nothing is set up, randomized or freed, and any thread may call in. */
#include "vm/oracle/signature.h"

#include <string.h>

#include <secp256k1.h>

#include "vm/base/assume.h"
#include "vm/base/sha256.h"

_Static_assert(sizeof(pl_public_key) == sizeof(secp256k1_pubkey), "a parsed key fits");
_Static_assert(_Alignof(pl_public_key) == _Alignof(secp256k1_pubkey), "and is aligned as one");

/* The largest r and s that spec 05 §2 allows: n - 1 and (n - 1) / 2. The bounds are checked here,
 * not left to the library: a rule that lives only in a library is one nobody chose. */
static const uint8_t r_max[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                                  0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x40};
static const uint8_t s_max[32] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4,
                                  0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0};

/* 1 <= value <= max, as 32-byte numbers. */
static bool in_range(const uint8_t *value, const uint8_t *max)
{
    static const uint8_t zero[32] = {0};
    return memcmp(value, zero, 32) != 0 && memcmp(value, max, 32) <= 0;
}

pl_status pl_public_key_parse(pl_public_key *key, const uint8_t *compressed)
{
    secp256k1_pubkey parsed;
    if (!secp256k1_ec_pubkey_parse(secp256k1_context_static, &parsed, compressed,
                                   PL_PUBLIC_KEY_SIZE)) {
        return PL_REJECT_NON_CANONICAL;
    }
    memcpy(key->opaque, parsed.data, sizeof key->opaque);
    return PL_OK;
}

pl_status pl_signature_bounds(const uint8_t *signature)
{
    return in_range(signature, r_max) && in_range(signature + 32, s_max) ? PL_OK
                                                                         : PL_REJECT_SIGNATURE;
}

pl_status pl_signature_check(const pl_public_key *key, const uint8_t *digest,
                             const uint8_t *signature)
{
    PL_TRY(pl_signature_bounds(signature));
    secp256k1_ecdsa_signature parsed;
    const int in_range_of_n =
        secp256k1_ecdsa_signature_parse_compact(secp256k1_context_static, &parsed, signature);
    PL_ASSERT(in_range_of_n);
    secp256k1_pubkey pubkey;
    memcpy(pubkey.data, key->opaque, sizeof pubkey.data);
    return secp256k1_ecdsa_verify(secp256k1_context_static, &parsed, digest, &pubkey)
               ? PL_OK
               : PL_REJECT_SIGNATURE;
}

void pl_account_of_key(uint8_t *account, const uint8_t *public_key)
{
    pl_tagged_of(account, &pl_tag_account, public_key, PL_PUBLIC_KEY_SIZE);
}

void pl_tx_digest(uint8_t *digest, const uint8_t *world_id, const uint8_t *unsigned_tx,
                  size_t unsigned_size)
{
    pl_sha256 sha;
    pl_sha256_begin_tagged(&sha, &pl_tag_tx);
    pl_sha256_add(&sha, world_id, PL_HASH_SIZE);
    pl_sha256_add(&sha, unsigned_tx, unsigned_size);
    pl_sha256_end(&sha, digest);
}

/* spec 06 §3 */
pl_status pl_tx_auth_check(const uint8_t *caller, const uint8_t *world_id,
                           const uint8_t *unsigned_tx, size_t unsigned_size,
                           const uint8_t *public_key, const uint8_t *signature, pl_keys *keys,
                           bool skip_equation)
{
    uint8_t account[PL_HASH_SIZE];
    pl_account_of_key(account, public_key);
    if (memcmp(account, caller, sizeof account) != 0) {
        return PL_REJECT_TX_AUTH;
    }
    if (pl_signature_bounds(signature) != PL_OK) {
        return PL_REJECT_TX_AUTH;
    }
    if (skip_equation) {
        return PL_OK;
    }
    pl_public_key own;
    const pl_public_key *key = &own;
    if ((keys != NULL ? pl_keys_parse(&key, keys, public_key)
                      : pl_public_key_parse(&own, public_key)) != PL_OK) {
        return PL_REJECT_TX_AUTH;
    }
    uint8_t digest[PL_HASH_SIZE];
    pl_tx_digest(digest, world_id, unsigned_tx, unsigned_size);
    return pl_signature_check(key, digest, signature) == PL_OK ? PL_OK : PL_REJECT_TX_AUTH;
}
