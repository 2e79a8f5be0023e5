/* Signing reports, for tests and simulations: keys come from a file that nobody else can read. */
#ifndef PT_ORACLE_SIGN_H
#define PT_ORACLE_SIGN_H

#include "tools/common/bytes.h"
#include "tools/common/report.h"

#define PT_KEYS_MAX 64u

typedef struct pt_keys {
    uint8_t secrets[PT_KEYS_MAX][32];
    size_t count;
    void *context; /* of the library that signs */
} pt_keys;

/* Reads a file of keys, one of 64 hex digits a line, # for comments. It must be a regular file that
 * only its owner can read or write. Errors: PT_INPUT. Forget them afterwards, also after an error.
 */
pt_exit pt_keys_read(pt_keys *keys, const char *path, pt_report *report);
void pt_keys_forget(pt_keys *keys);

/* The compressed public key and the address of a key. */
void pt_key_public(uint8_t compressed[33], uint8_t address[20], const pt_keys *keys, size_t number);

/* r | s | parity of the digest, with a nonce of RFC 6979 and a low s. */
pt_exit pt_key_sign(uint8_t signature[65], const pt_keys *keys, size_t number,
                    const uint8_t digest[32], pt_report *report);

#endif
