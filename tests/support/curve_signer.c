#include "tests/support/curve_signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

#include "vm/base/keccak.h"

static const secp256k1_context *context(void)
{
    static secp256k1_context *made = NULL;
    if (made == NULL) {
        made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    }
    return made;
}

static void must(int done, const char *what)
{
    if (!done) {
        fprintf(stderr, "curve signer: %s failed\n", what);
        abort();
    }
}

void sign_flip(uint8_t signature[65])
{
    must(secp256k1_ec_seckey_negate(context(), signature + 32), "negate");
    signature[64] ^= 1;
}

/* x | y of the key with this secret. */
static void key_of(uint8_t bytes[64], const uint8_t *secret)
{
    uint8_t full[65];
    size_t size = sizeof full;
    secp256k1_pubkey key;
    must(secp256k1_ec_pubkey_create(context(), &key, secret), "pubkey_create");
    secp256k1_ec_pubkey_serialize(context(), full, &size, &key, SECP256K1_EC_UNCOMPRESSED);
    memcpy(bytes, full + 1, 64);
}

void sign_bip340(uint8_t signature[64], uint8_t xonly[32], const signer *key,
                 const uint8_t *message, size_t size)
{
    secp256k1_keypair pair;
    secp256k1_xonly_pubkey x;
    must(secp256k1_keypair_create(context(), &pair, key->secret), "keypair");
    must(secp256k1_keypair_xonly_pub(context(), &x, NULL, &pair), "x of a keypair");
    secp256k1_xonly_pubkey_serialize(context(), xonly, &x);
    must(secp256k1_schnorrsig_sign_custom(context(), signature, message, size, &pair, NULL),
         "schnorrsig");
}

/* s = nonce + e * key mod n; e is below n but for one hash in 2^128. */
static void respond(uint8_t s[32], const uint8_t *e, const signer *key, const signer *nonce)
{
    memcpy(s, e, 32);
    must(secp256k1_ec_seckey_tweak_mul(context(), s, key->secret), "e * x");
    must(secp256k1_ec_seckey_tweak_add(context(), s, nonce->secret), "k + e * x");
}

void sign_scribe(uint8_t s[32], uint8_t commitment[20], const signer *key, const signer *nonce,
                 const uint8_t *message)
{
    uint8_t point[64], text[32 + 1 + 32 + 20], e[32];
    signer_address(commitment, nonce);
    key_of(point, key->secret);
    memcpy(text, point, 32);
    text[32] = point[63] & 1;
    memcpy(text + 33, message, 32);
    memcpy(text + 65, commitment, 20);
    pl_keccak_of(e, text, sizeof text);
    respond(s, e, key, nonce);
}

void sign_band(uint8_t s[32], uint8_t r[33], const signer *key, const signer *nonce,
               const uint8_t *message, size_t size)
{
    uint8_t point[64], text[32 + 20 + 1 + 32 + 32], e[32];
    memcpy(text, "BAND-TSS-secp256k1-v0\0challenge", 32);
    memcpy(r, nonce->public_key, 33);
    signer_address(text + 32, nonce);
    key_of(point, key->secret);
    text[52] = (uint8_t)((point[63] & 1) + 27);
    memcpy(text + 53, point, 32);
    pl_keccak_of(text + 85, message, size);
    pl_keccak_of(e, text, sizeof text);
    respond(s, e, key, nonce);
}

void scalar_add(uint8_t scalar[32], const uint8_t *other)
{
    must(secp256k1_ec_seckey_tweak_add(context(), scalar, other), "sum of scalars");
}
