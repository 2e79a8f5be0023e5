/* The hashes of spec 04 §3, each in one line of the spec and one function here. */
#include "vm/base/bytes.h"
#include "vm/base/limits.h"
#include "vm/state/tree.h"

/* path = tagged("plimsoll/key", k u32 | t u16 | key) */
void pl_row_path(uint8_t path[PL_HASH_SIZE], uint32_t contract, uint16_t table, const uint8_t *key,
                 size_t key_size)
{
    uint8_t head[6];
    pl_store_u32(head, contract);
    pl_store_u16(head + 4, table);
    pl_sha256 sha;
    pl_sha256_begin_tagged(&sha, &pl_tag_key);
    pl_sha256_add(&sha, head, sizeof head);
    pl_sha256_add(&sha, key, key_size);
    pl_sha256_end(&sha, path);
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
