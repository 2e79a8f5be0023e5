/* Keys and signatures for tests. Signing is no part of vm/; here it makes good input to verify. */
#ifndef PL_SUPPORT_SIGNER_H
#define PL_SUPPORT_SIGNER_H

#include <stddef.h>
#include <stdint.h>

typedef struct signer {
    uint8_t secret[32];
    uint8_t public_key[33]; /* compressed */
} signer;

/* The signer with this number, the same on every machine; numbers start at 1. */
signer signer_of(uint32_t number);

/* Signers 1 .. count, sorted by public key as a feed lists them. */
void signers_sorted(signer *signers, size_t count);

/* signature = r 32 | s 32 of the digest, low-S. */
void signer_sign(uint8_t *signature, const signer *key, const uint8_t *digest);

/* The last 20 bytes of keccak256 of the key. */
void signer_address(uint8_t address[20], const signer *key);

/* signature = r 32 | s 32 | parity 0 or 1 of the digest, low-S. */
void signer_sign_recoverable(uint8_t signature[65], const signer *key, const uint8_t *digest);

/* A native report with count signatures by signers[order[i]]; writes its bytes, returns the size.
 * price is 32 bytes, two's complement. */
typedef struct report_spec {
    const uint8_t *world_id;
    uint32_t feed;
    uint64_t round;
    uint64_t time_s;
    int64_t price;
    uint8_t decimals;
    const signer *signers;
    const uint8_t *order; /* signer numbers as written */
    uint8_t count;
} report_spec;
size_t report_make(uint8_t *bytes, const report_spec *spec);

#endif
