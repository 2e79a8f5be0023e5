#include "tests/support/wycheproof.h"

#include <string.h>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "vm/base/sha256.h"
#include "vm/oracle/curve.h"

/* The key of a case, as address and as the core holds it. */
typedef struct case_key {
    secp256k1_pubkey library;
    pl_public_key ours;
    uint8_t address[20];
} case_key;

static bool load_key(case_key *key, const uint8_t text[65])
{
    uint8_t compressed[33];
    size_t size = sizeof compressed;
    if (!secp256k1_ec_pubkey_parse(secp256k1_context_static, &key->library, text, 65) ||
        !secp256k1_ec_pubkey_serialize(secp256k1_context_static, compressed, &size, &key->library,
                                       SECP256K1_EC_COMPRESSED) ||
        pl_public_key_parse(&key->ours, compressed) != PL_OK) {
        return false;
    }
    pl_address_of_key(key->address, &key->ours);
    return true;
}

/* Some parity gives the address of the key. */
static bool recovers(const case_key *key, const uint8_t *digest, const uint8_t *signature)
{
    for (unsigned parity = 0; parity < 2; parity++) {
        uint8_t address[20];
        if (pl_recover_address(address, digest, signature, signature + 32, parity) == PL_OK &&
            memcmp(address, key->address, sizeof address) == 0) {
            return true;
        }
    }
    return false;
}

/* The x of the nonce is r + n: such signatures exist for ECDSA, the formats have no byte for them.
 */
static bool has_wide_nonce(const case_key *key, const uint8_t *digest, const uint8_t *signature)
{
    for (int id = 2; id < 4; id++) {
        secp256k1_ecdsa_recoverable_signature parsed;
        secp256k1_pubkey found;
        if (secp256k1_ecdsa_recoverable_signature_parse_compact(secp256k1_context_static, &parsed,
                                                                signature, id) &&
            secp256k1_ecdsa_recover(secp256k1_context_static, &found, &parsed, digest) &&
            secp256k1_ec_pubkey_cmp(secp256k1_context_static, &found, &key->library) == 0) {
            return true;
        }
    }
    return false;
}

/* r | s; false when the encoding itself is refused. */
static bool load_signature(uint8_t signature[64], const wycheproof_case *asked)
{
    secp256k1_ecdsa_signature parsed;
    if (asked->is_bitcoin) {
        return secp256k1_ecdsa_signature_parse_der(secp256k1_context_static, &parsed,
                                                   asked->signature, asked->signature_size) &&
               secp256k1_ecdsa_signature_serialize_compact(secp256k1_context_static, signature,
                                                           &parsed);
    }
    if (asked->signature_size != 64) {
        return false;
    }
    memcpy(signature, asked->signature, 64);
    return true;
}

const char *wycheproof_check(const wycheproof_case *asked)
{
    case_key key;
    uint8_t digest[32], signature[64];
    if (!load_key(&key, asked->public_key)) {
        return "the key is refused";
    }
    pl_sha256_of(digest, asked->message, asked->message_size);
    if (!load_signature(signature, asked)) {
        return asked->is_valid ? "the encoding of a valid signature is refused" : NULL;
    }
    const bool low = !pl_is_high_s(signature + 32);
    const bool verifies = pl_signature_check(&key.ours, digest, signature) == PL_OK;
    if (verifies != (asked->is_valid && low)) {
        return verifies ? "an invalid signature passes" : "a valid signature is refused";
    }
    const bool recovered = recovers(&key, digest, signature);
    const bool reachable = !has_wide_nonce(&key, digest, signature);
    if ((asked->is_bitcoin ? recovered && low : recovered) != (asked->is_valid && reachable)) {
        return recovered ? "recovery gives the key of an invalid signature"
                         : "recovery does not give the key";
    }
    return NULL;
}
