#include "tests/support/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "vm/base/bytes.h"
#include "vm/base/sha256.h"
#include "vm/oracle/curve.h"
#include "vm/oracle/native.h"

static const secp256k1_context *context(void)
{
    static secp256k1_context *made = NULL;
    if (made == NULL) {
        made = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    }
    return made;
}

static void must(int done, const char *what)
{
    if (!done) {
        fprintf(stderr, "signer: %s failed\n", what);
        abort();
    }
}

signer signer_of(uint32_t number)
{
    signer made;
    uint8_t seed[4];
    secp256k1_pubkey key;
    size_t size = sizeof made.public_key;
    pl_store_u32(seed, number);
    pl_sha256_of(made.secret, seed, sizeof seed);
    must(secp256k1_ec_pubkey_create(context(), &key, made.secret), "pubkey_create");
    secp256k1_ec_pubkey_serialize(context(), made.public_key, &size, &key, SECP256K1_EC_COMPRESSED);
    return made;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(((const signer *)a)->public_key, ((const signer *)b)->public_key, 33);
}

void signers_sorted(signer *signers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        signers[i] = signer_of((uint32_t)i + 1);
    }
    qsort(signers, count, sizeof *signers, by_key);
}

void signer_sign(uint8_t *signature, const signer *key, const uint8_t *digest)
{
    secp256k1_ecdsa_signature made;
    must(secp256k1_ecdsa_sign(context(), &made, digest, key->secret, NULL, NULL), "sign");
    secp256k1_ecdsa_signature_serialize_compact(context(), signature, &made);
}

void signer_address(uint8_t address[20], const signer *key)
{
    pl_public_key parsed;
    must(pl_public_key_parse(&parsed, key->public_key) == PL_OK, "public_key_parse");
    pl_address_of_key(address, &parsed);
}

void signer_sign_recoverable(uint8_t signature[65], const signer *key, const uint8_t *digest)
{
    secp256k1_ecdsa_recoverable_signature made;
    int parity = 0;
    must(secp256k1_ecdsa_sign_recoverable(context(), &made, digest, key->secret, NULL, NULL),
         "sign_recoverable");
    secp256k1_ecdsa_recoverable_signature_serialize_compact(context(), signature, &parity, &made);
    signature[64] = (uint8_t)parity;
}

size_t report_make(uint8_t *bytes, const report_spec *spec)
{
    uint8_t digest[32];
    pl_writer writer = pl_writer_of(bytes, PL_NATIVE_SIZE_MAX);
    uint8_t price[32];
    memset(price, spec->price < 0 ? 0xff : 0, sizeof price);
    pl_store_u64(price + 24, (uint64_t)spec->price);
    pl_writer_u8(&writer, 1);
    pl_writer_u32(&writer, spec->feed);
    pl_writer_u64(&writer, spec->round);
    pl_writer_u64(&writer, spec->time_s);
    pl_writer_bytes(&writer, price, sizeof price);
    pl_writer_u8(&writer, spec->decimals);
    pl_writer_u8(&writer, spec->count);
    pl_native_digest(digest, spec->world_id, bytes);
    for (unsigned i = 0; i < spec->count; i++) {
        uint8_t signature[64];
        signer_sign(signature, &spec->signers[spec->order[i]], digest);
        pl_writer_u8(&writer, spec->order[i]);
        pl_writer_bytes(&writer, signature, sizeof signature);
    }
    must(pl_writer_end(&writer) == PL_OK, "report buffer");
    return writer.size;
}
