#include "tools/import/signer.h"

#include <secp256k1.h>
#include <string.h>

#include "vm/base/sha256.h"
#include "vm/oracle/native.h"

pt_exit pt_signer_open(pt_signer *signer, const char *world_name, pt_report *report)
{
    *signer = (pt_signer){0};
    secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    signer->context = context;
    bool made = false;
    for (uint32_t attempt = 0; context != NULL && !made && attempt < 256; attempt++) {
        pl_tag tag;
        static const char text[] = "plimsoll/stand-in";
        pl_sha256_tag(&tag, text, sizeof text - 1);
        pt_bytes seed = {0};
        pt_put_u32(&seed, attempt); /* one hash in 2^128 is no valid key */
        pt_put_text(&seed, world_name);
        pl_tagged_of(signer->secret, &tag, seed.data, seed.size);
        pt_bytes_free(&seed);
        secp256k1_pubkey key;
        size_t size = sizeof signer->public_key;
        made = secp256k1_ec_pubkey_create(context, &key, signer->secret) == 1 &&
               secp256k1_ec_pubkey_serialize(context, signer->public_key, &size, &key,
                                             SECP256K1_EC_COMPRESSED) == 1;
    }
    return made ? PT_OK : pt_fail(report, PT_LIMIT, "the signing library cannot be used here");
}

void pt_signer_close(pt_signer *signer)
{
    if (signer->context != NULL) {
        secp256k1_context_destroy(signer->context);
    }
    *signer = (pt_signer){0};
}

pt_exit pt_signer_report(pt_bytes *bytes, const pt_signer *signer, const uint8_t world_id[32],
                         const pt_price_report *price, pt_report *report)
{
    uint8_t stored[32];
    if (pl_u256_store_be(stored, 32, &price->price) != PL_OK) {
        return pt_fail(report, PT_INPUT, "a price does not fit 256 bits");
    }
    const size_t start = bytes->size;
    pt_put_u8(bytes, 1);
    pt_put_u32(bytes, price->feed);
    pt_put_u64(bytes, price->round);
    pt_put_u64(bytes, price->time_s);
    pt_put(bytes, stored, 32);
    pt_put_u8(bytes, price->decimals);
    uint8_t digest[32], compact[64];
    pl_native_digest(digest, world_id, bytes->data + start);
    secp256k1_ecdsa_signature signature;
    /* RFC 6979 nonces: the same report always gets the same bytes; the library signs with low s. */
    if (secp256k1_ecdsa_sign(signer->context, &signature, digest, signer->secret, NULL, NULL) !=
            1 ||
        secp256k1_ecdsa_signature_serialize_compact(signer->context, compact, &signature) != 1) {
        return pt_fail(report, PT_LIMIT, "the signing library refused to sign");
    }
    pt_put_u8(bytes, 1);
    pt_put_u8(bytes, 0);
    pt_put(bytes, compact, sizeof compact);
    return PT_OK;
}
