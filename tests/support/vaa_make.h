/* VAAs of the test's own guardians. */
#ifndef PL_SUPPORT_VAA_MAKE_H
#define PL_SUPPORT_VAA_MAKE_H

#include "tests/support/signer.h"
#include "vm/oracle/oracle.h"

enum { VAA_HEAD = 6, VAA_SIGNATURE = 66, VAA_BODY_HEAD = 51, VAA_ROOM = 40000 };

/* Guardians 0 .. count - 1 are signer_of(1) .. signer_of(count). */
typedef struct vaa_spec {
    uint32_t set_index;
    const uint8_t *places; /* who signs, in this order */
    unsigned count;
    uint32_t time_s;
    uint16_t emitter_chain;
    uint8_t emitter; /* last byte of the emitter; the others are zero */
    const uint8_t *payload;
    size_t payload_size;
} vaa_spec;

/* Writes the VAA, at most VAA_ROOM bytes; returns its size. */
size_t vaa_make(uint8_t *bytes, const vaa_spec *spec);

/* Signs entry number `entry` anew: the body may have been edited, signer_of(signer) signs. */
void vaa_sign_entry(uint8_t *bytes, size_t size, unsigned entry, uint32_t signer);

/* The addresses of guardians 0 .. count - 1, 20 bytes each. */
void vaa_guardians(uint8_t *members, unsigned count);

#endif
