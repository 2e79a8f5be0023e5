/* Parsed keys, each in the one place that its bytes name: a new one takes the place of the old. */
#include "vm/oracle/signature.h"

#include <string.h>

#include "vm/base/bytes.h"

#define PLACES 1024u /* a power of two */

typedef struct place {
    bool used;
    uint8_t compressed[PL_PUBLIC_KEY_SIZE];
    pl_public_key key;
} place;

struct pl_keys {
    pl_memory memory;
    place places[PLACES];
};

pl_status pl_keys_create(pl_keys **keys, const pl_memory *memory)
{
    *keys = memory->take(memory->context, sizeof **keys);
    if (*keys == NULL) {
        return PL_FAULT_MEMORY;
    }
    memset(*keys, 0, sizeof **keys);
    (*keys)->memory = *memory;
    return PL_OK;
}

void pl_keys_free(pl_keys *keys)
{
    if (keys != NULL) {
        const pl_memory memory = keys->memory;
        memory.give(memory.context, keys, sizeof *keys);
    }
}

/* Whoever makes keys for one place makes nothing but misses, which cost what every key cost. */
pl_status pl_keys_parse(const pl_public_key **key, pl_keys *keys, const uint8_t *compressed)
{
    place *at = &keys->places[pl_load_u32(compressed + PL_PUBLIC_KEY_SIZE - 4) % PLACES];
    if (!at->used || memcmp(at->compressed, compressed, PL_PUBLIC_KEY_SIZE) != 0) {
        PL_TRY(pl_public_key_parse(&at->key, compressed));
        memcpy(at->compressed, compressed, PL_PUBLIC_KEY_SIZE);
        at->used = true;
    }
    *key = &at->key;
    return PL_OK;
}
