/* A history in which every transaction and every price is signed, of the small world of
 * tiny_world.h: what threads that check signatures ahead have most to do with. */
#ifndef PL_SUPPORT_SIGNED_HISTORY_H
#define PL_SUPPORT_SIGNED_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/common/bytes.h"

enum { SIGNED_REPORT_SIGNERS = 2 }; /* one report a block, with so many signatures */

typedef struct signed_shape {
    uint32_t blocks;
    uint32_t transactions; /* in each block */
    uint32_t senders;      /* who sign in turn */
} signed_shape;

/* Hears of every signature in its order. May be NULL. */
typedef struct signed_sink {
    void *context;
    void (*signature)(void *context, const uint8_t digest[32], const uint8_t signature[64],
                      const uint8_t key[33]);
} signed_sink;

/* On output: *history, a history file in the bytes of spec 06 §6, the same on every machine; every
 * call succeeds. Returns false when it cannot be made. */
bool signed_history_make(pt_bytes *history, const signed_shape *shape, const signed_sink *sink);

#endif
