/* ECDSA over secp256k1, as spec 05 §2 and spec 06 §3 state it: r and s in 1..n-1, s <= (n-1)/2,
 * 33-byte compressed keys. Verification only; nothing in vm/ signs. */
#ifndef PL_ORACLE_SIGNATURE_H
#define PL_ORACLE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/base/error.h"
#include "vm/base/memory.h"

#define PL_PUBLIC_KEY_SIZE 33u
#define PL_SIGNATURE_SIZE  64u /* r 32 | s 32, big-endian */

/* A parsed public key; its inside belongs to the library that verifies. */
typedef struct pl_public_key {
    uint8_t opaque[64];
} pl_public_key;

/* On input: 33 bytes. On output: *key, only for PL_OK, else it is as before. Returns PL_OK, or
 * NON_CANONICAL when the bytes are not the compressed form of a point on the curve. */
PL_MUST_USE pl_status pl_public_key_parse(pl_public_key *key, const uint8_t *compressed);

/* Keys that were parsed before. To parse a compressed key costs a square root, an eighth of the
 * check of a signature, and the same accounts sign again and again. A key is found by all its 33
 * bytes; which ones are kept changes time, never an answer. Belongs to one thread at a time. */
typedef struct pl_keys pl_keys;

/* On output: *keys, empty, in the caller's memory. Returns PL_OK or PL_FAULT_MEMORY (*keys NULL).
 */
PL_MUST_USE pl_status pl_keys_create(pl_keys **keys, const pl_memory *memory);

/* Gives it back. NULL is fine. */
void pl_keys_free(pl_keys *keys);

/* As pl_public_key_parse; *key points to the kept one, valid until the next call. */
PL_MUST_USE pl_status pl_keys_parse(const pl_public_key **key, pl_keys *keys,
                                    const uint8_t *compressed);

/* The part of the check that needs no curve: PL_OK, or SIGNATURE when r or s is out of range. */
PL_MUST_USE pl_status pl_signature_bounds(const uint8_t *signature);

/* On input: the 32-byte digest that was signed, and r | s in 64 bytes.
 * Returns PL_OK, or SIGNATURE when r or s is 0 or above its bound, or the equation fails. */
PL_MUST_USE pl_status pl_signature_check(const pl_public_key *key, const uint8_t *digest,
                                         const uint8_t *signature);

/* The check of a transaction, spec 06 §3: caller = tagged("plimsoll/account", public key) and the
 * signature of tagged("plimsoll/tx", world id | unsigned transaction bytes) verifies.
 * On input: caller and world_id 32 bytes, public_key 33, signature 64; keys may be NULL;
 * skip_equation leaves out the curve arithmetic (benchmarks only). Returns PL_OK or TX_AUTH. */
PL_MUST_USE pl_status pl_tx_auth_check(const uint8_t *caller, const uint8_t *world_id,
                                       const uint8_t *unsigned_tx, size_t unsigned_size,
                                       const uint8_t *public_key, const uint8_t *signature,
                                       pl_keys *keys, bool skip_equation);

/* digest = tagged("plimsoll/tx", world id | unsigned part): what the caller's key signs. 32 bytes.
 */
void pl_tx_digest(uint8_t *digest, const uint8_t *world_id, const uint8_t *unsigned_tx,
                  size_t unsigned_size);

/* account = tagged("plimsoll/account", public key): the caller that a key signs for. 32 bytes. */
void pl_account_of_key(uint8_t *account, const uint8_t *public_key);

#endif
