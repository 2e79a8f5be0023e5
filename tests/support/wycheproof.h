/* Wycheproof's ECDSA cases over secp256k1, asked of the curve layer. */
#ifndef PT_TEST_WYCHEPROOF_H
#define PT_TEST_WYCHEPROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wycheproof_case {
    uint8_t public_key[65]; /* uncompressed */
    const uint8_t *message, *signature;
    size_t message_size, signature_size;
    bool is_valid;
    bool is_bitcoin; /* DER, and high s counts as invalid; else r | s */
} wycheproof_case;

/* NULL when the layer judges the case as the suite says, else what is wrong. */
const char *wycheproof_check(const wycheproof_case *asked);

#endif
