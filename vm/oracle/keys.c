/* Parsed keys in sets of four. The bytes of a key name its set; where all four are taken, the one
 * that came first leaves. One place each would not do: of 256 accounts that sign, every fifth
 * would share its place with another, and push it out again and again. */
#include "vm/oracle/signature.h"

#include <string.h>

#include "vm/base/bytes.h"

#define SETS 512u /* a power of two */
#define WAYS 4u

typedef struct place {
    bool used;
    uint8_t compressed[PL_PUBLIC_KEY_SIZE];
    pl_public_key key;
} place;

typedef struct key_set {
    place places[WAYS];
    unsigned oldest;
} key_set;

struct pl_keys {
    pl_memory memory;
    key_set sets[SETS];
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

/* Whoever makes keys for one set makes nothing but misses, which cost what every key cost. */
pl_status pl_keys_parse(const pl_public_key **key, pl_keys *keys, const uint8_t *compressed)
{
    key_set *set = &keys->sets[pl_load_u32(compressed + PL_PUBLIC_KEY_SIZE - 4) % SETS];
    for (unsigned i = 0; i < WAYS; i++) {
        const place *at = &set->places[i];
        if (at->used && memcmp(at->compressed, compressed, PL_PUBLIC_KEY_SIZE) == 0) {
            *key = &at->key;
            return PL_OK;
        }
    }
    place *at = &set->places[set->oldest];
    PL_TRY(pl_public_key_parse(&at->key, compressed));
    memcpy(at->compressed, compressed, PL_PUBLIC_KEY_SIZE);
    at->used = true;
    set->oldest = (set->oldest + 1) % WAYS;
    *key = &at->key;
    return PL_OK;
}
