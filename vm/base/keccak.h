/* Keccak-256 as Ethereum uses it: rate 136 bytes, padding 0x01 .. 0x80 (SHA3-256 pads with 0x06).
 * The only Keccak of the project. */
#ifndef PL_BASE_KECCAK_H
#define PL_BASE_KECCAK_H

#include <stddef.h>
#include <stdint.h>

#define PL_KECCAK_RATE 136u

/* A hash being computed. Fields are private. */
typedef struct pl_keccak {
    uint64_t lanes[25];
    uint8_t block[PL_KECCAK_RATE];
    unsigned used;
} pl_keccak;

void pl_keccak_begin(pl_keccak *keccak);

/* Appends size bytes; bytes may be NULL when size is 0. */
void pl_keccak_add(pl_keccak *keccak, const uint8_t *bytes, size_t size);

/* Ends the hash; keccak must be begun anew before its next use. */
void pl_keccak_end(pl_keccak *keccak, uint8_t hash[32]);

/* hash = keccak256(bytes). hash may overlap bytes. */
void pl_keccak_of(uint8_t hash[32], const uint8_t *bytes, size_t size);

/* digest = keccak256("\x19" "Ethereum Signed Message:\n32" | hash): EIP-191. digest may be hash. */
void pl_eip191_of(uint8_t digest[32], const uint8_t hash[32]);

#endif
