/* The hashes of spec 04 §3, each in one line of the spec and one function here. */
#include <string.h>

#include "vm/base/assume.h"
#include "vm/base/bytes.h"
#include "vm/base/limits.h"
#include "vm/state/tree.h"

/* path = tagged("plimsoll/key", k u32 | t u16 | key) */
void pl_row_path(uint8_t path[PL_HASH_SIZE], uint32_t contract, uint16_t table, const uint8_t *key,
                 size_t key_size)
{
    uint8_t whole[6 + PL_KEY_SIZE_MAX];
    PL_ASSERT(key_size <= PL_KEY_SIZE_MAX);
    pl_store_u32(whole, contract);
    pl_store_u16(whole + 4, table);
    if (key_size > 0) {
        memcpy(whole + 6, key, key_size);
    }
    pl_tagged_of(path, &pl_tag_key, whole, 6 + key_size);
}

/* tagged("plimsoll/row", row) */
void pl_row_hash(uint8_t hash[PL_HASH_SIZE], const uint8_t *row, size_t row_size)
{
    pl_tagged_of(hash, &pl_tag_row, row, row_size);
}

/* leaf = tagged("plimsoll/leaf", path | row hash) */
void pl_leaf_hash(uint8_t hash[PL_HASH_SIZE], const uint8_t path[PL_HASH_SIZE],
                  const uint8_t row_hash[PL_HASH_SIZE])
{
    pl_sha256_tagged64(hash, &pl_tag_leaf, path, row_hash);
}

/* node(l, r) = tagged("plimsoll/node", l | r) */
void pl_node_hash(uint8_t hash[PL_HASH_SIZE], const uint8_t left[PL_HASH_SIZE],
                  const uint8_t right[PL_HASH_SIZE])
{
    pl_sha256_tagged64(hash, &pl_tag_node, left, right);
}

/* state root = tagged("plimsoll/root", top | row count u64 | semantics id u32) */
void pl_state_root(uint8_t root[PL_HASH_SIZE], const uint8_t top[PL_HASH_SIZE], uint64_t row_count)
{
    uint8_t tail[12];
    pl_store_u64(tail, row_count);
    pl_store_u32(tail + 8, PL_SEMANTICS_ID);
    pl_sha256 sha;
    pl_sha256_begin_tagged(&sha, &pl_tag_root);
    pl_sha256_add(&sha, top, PL_HASH_SIZE);
    pl_sha256_add(&sha, tail, sizeof tail);
    pl_sha256_end(&sha, root);
}
