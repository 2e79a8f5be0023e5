/* Signatures of the oracle formats over secp256k1: recovery and the Schnorr forms.
 *
 * Every function returns a status and writes its output only for PL_OK: a failed recovery leaves
 * no address behind. Ranges are checked here, not left to the library. */
#ifndef PL_ORACLE_CURVE_H
#define PL_ORACLE_CURVE_H

#include <stdbool.h>
#include <stdint.h>

#include "vm/base/error.h"
#include "vm/oracle/signature.h"

#define PL_ADDRESS_SIZE 20u

/* True when s > (n - 1) / 2. On input: 32 bytes. */
bool pl_is_high_s(const uint8_t *s);

/* The address whose key signed the digest (ECDSA public key recovery).
 * On input: digest, r, s of 32 bytes; parity 0 or 1 (recovery ids 2 and 3 do not exist here).
 * Returns PL_OK, RECOVERY_ID (parity above 1), SIGNATURE_RANGE (r or s is 0 or >= n) or SIGNATURE
 * (no such point). High s is accepted; the caller asks pl_is_high_s where the rules forbid it. */
PL_MUST_USE pl_status pl_recover_address(uint8_t address[PL_ADDRESS_SIZE], const uint8_t *digest,
                                         const uint8_t *r, const uint8_t *s, unsigned parity);

/* address = the last 20 bytes of keccak256(x | y). */
void pl_address_of_key(uint8_t address[PL_ADDRESS_SIZE], const pl_public_key *key);

/* BIP-340. On input: x-only key 32, message of any size, signature 64.
 * Returns PL_OK, NON_CANONICAL (the key is no x of a point) or SIGNATURE. */
PL_MUST_USE pl_status pl_bip340_check(const uint8_t *xonly, const uint8_t *message,
                                      size_t message_size, const uint8_t *signature);

/* scalar = hash mod n, n the order of the group. scalar may be hash. */
void pl_scalar_of_hash(uint8_t scalar[32], const uint8_t hash[32]);

/* The two forms below refuse a key whose x is not below n with SIGNATURE, as their deployed
 * verifiers do, which compute with the recovery of the EVM too. */

/* Chronicle Scribe. On input: sum, the sum of the signers' keys; message 32; signature (s) 32;
 * commitment, the address of the nonce, 20. Accepts iff 0 < s < n, the commitment is not zero and
 * address(s*G - e*P) = commitment, e = keccak256(Px | parity u8 | message | commitment) mod n.
 * Returns PL_OK, SIGNATURE_RANGE or SIGNATURE. */
PL_MUST_USE pl_status pl_scribe_check(const pl_public_key *sum, const uint8_t *message,
                                      const uint8_t *signature, const uint8_t *commitment);

/* Band TSS. On input: nonce, the compressed R of 33 bytes; s 32. Accepts iff 0 < s < n and
 * s*G = R + e*P, e = keccak256("BAND-TSS-secp256k1-v0" 00 "challenge" 00 | address(R) |
 * parity(P) + 27 | Px | keccak256(message)) mod n.
 * Returns PL_OK, SIGNATURE_RANGE, NON_CANONICAL (R is no point) or SIGNATURE. */
PL_MUST_USE pl_status pl_band_check(const pl_public_key *group, const uint8_t *message,
                                    size_t message_size, const uint8_t *nonce, const uint8_t *s);

/* *sum = the sum of count keys (1..255). Returns PL_OK or SIGNATURE (the sum is the point at
 * infinity). */
PL_MUST_USE pl_status pl_keys_sum(pl_public_key *sum, const pl_public_key *const *keys,
                                  unsigned count);

/* Compressed form, 33 bytes. */
void pl_public_key_store(uint8_t compressed[PL_PUBLIC_KEY_SIZE], const pl_public_key *key);

#endif
