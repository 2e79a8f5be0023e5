/* The part of OpenSSL's sha.h that vm/base/sha256.c uses, for processors that have no libcrypto
 * here. sha256_block.c beside this folder has the two functions. */
#ifndef PT_REPORT_PROVIDER_SHA_H
#define PT_REPORT_PROVIDER_SHA_H

#include <stddef.h>
#include <stdint.h>

#define SHA_LONG uint32_t

typedef struct SHA256state_st {
    uint32_t h[8];
    uint32_t Nl, Nh;
    unsigned num;
} SHA256_CTX;

void SHA256_Transform(SHA256_CTX *context, const unsigned char *block);
int SHA256_Update(SHA256_CTX *context, const void *blocks, size_t size); /* whole blocks only */

#endif
