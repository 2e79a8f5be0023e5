#include "tests/support/vaa_make.h"

#include <string.h>

#include "vm/base/bytes.h"
#include "vm/base/keccak.h"

void vaa_guardians(uint8_t *members, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const signer key = signer_of(i + 1);
        signer_address(members + 20 * i, &key);
    }
}

void vaa_sign_entry(uint8_t *bytes, size_t size, unsigned entry, uint32_t signer_number)
{
    const size_t body = VAA_HEAD + (size_t)bytes[5] * VAA_SIGNATURE;
    const signer key = signer_of(signer_number);
    uint8_t digest[32];
    pl_keccak_of(digest, bytes + body, size - body);
    pl_keccak_of(digest, digest, sizeof digest);
    signer_sign_recoverable(bytes + VAA_HEAD + (size_t)entry * VAA_SIGNATURE + 1, &key, digest);
}

size_t vaa_make(uint8_t *bytes, const vaa_spec *spec)
{
    const size_t body = VAA_HEAD + (size_t)spec->count * VAA_SIGNATURE;
    const size_t size = body + VAA_BODY_HEAD + spec->payload_size;
    memset(bytes, 0, size);
    bytes[0] = 1;
    pl_store_u32(bytes + 1, spec->set_index);
    bytes[5] = (uint8_t)spec->count;
    pl_store_u32(bytes + body, spec->time_s);
    pl_store_u16(bytes + body + 8, spec->emitter_chain);
    bytes[body + 41] = spec->emitter;
    if (spec->payload_size > 0) {
        memcpy(bytes + body + VAA_BODY_HEAD, spec->payload, spec->payload_size);
    }
    for (unsigned i = 0; i < spec->count; i++) {
        bytes[VAA_HEAD + (size_t)i * VAA_SIGNATURE] = spec->places[i];
        vaa_sign_entry(bytes, size, i, spec->places[i] + 1u);
    }
    return size;
}
