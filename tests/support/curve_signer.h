/* Signatures of the oracle formats for tests: BIP-340 and the two Schnorr forms over addresses.
 * Secrets and nonces are signer_of's, so everything is the same on every machine. */
#ifndef PL_SUPPORT_CURVE_SIGNER_H
#define PL_SUPPORT_CURVE_SIGNER_H

#include <stddef.h>
#include <stdint.h>

#include "tests/support/signer.h"

/* The other signature of the same digest by the same key: s becomes n - s, the parity turns. */
void sign_flip(uint8_t signature[65]);

/* BIP-340 with auxiliary bytes of zero; xonly is the key it verifies with. */
void sign_bip340(uint8_t signature[64], uint8_t xonly[32], const signer *key,
                 const uint8_t *message, size_t size);

/* s = k + e*x, commitment = address(k*G), e as vm/oracle/curve.h says; k is nonce's secret. */
void sign_scribe(uint8_t s[32], uint8_t commitment[20], const signer *key, const signer *nonce,
                 const uint8_t *message);

/* s = k + e*x, R = k*G compressed. */
void sign_band(uint8_t s[32], uint8_t r[33], const signer *key, const signer *nonce,
               const uint8_t *message, size_t size);

/* scalar += other mod n. */
void scalar_add(uint8_t scalar[32], const uint8_t *other);

#endif
