#include "vm/state/proof.h"

#include "vm/base/assume.h"

void pl_proof_make(pl_writer *writer, const pl_tree *tree, const uint8_t path[PL_HASH_SIZE],
                   const uint8_t *row, uint16_t row_size)
{
    uint8_t siblings[PL_PROOF_DEPTH_MAX][PL_HASH_SIZE];
    const pl_tree_walk walk = pl_tree_follow(tree, siblings, path);
    pl_leaf leaf;
    uint8_t kind = PL_PROOF_EMPTY;
    if (walk.leaf != 0) {
        pl_tree_leaf(tree, &leaf, walk.leaf);
        const bool same = memcmp(leaf.path, path, PL_HASH_SIZE) == 0;
        kind = same ? PL_PROOF_INCLUSION : PL_PROOF_OTHER_LEAF;
    }
    PL_ASSERT((row != NULL) == (kind == PL_PROOF_INCLUSION));
    pl_writer_u8(writer, kind);
    pl_writer_u64(writer, pl_tree_leaf_count(tree));
    pl_writer_u16(writer, (uint16_t)walk.depth);
    for (unsigned depth = walk.depth; depth > 0; depth--) {
        pl_writer_bytes(writer, siblings[depth - 1], PL_HASH_SIZE);
    }
    if (kind == PL_PROOF_INCLUSION) {
        pl_writer_u16(writer, row_size);
        pl_writer_bytes(writer, row, row_size);
    } else if (kind == PL_PROOF_OTHER_LEAF) {
        pl_writer_bytes(writer, leaf.path, PL_HASH_SIZE);
        pl_writer_bytes(writer, leaf.row_hash, PL_HASH_SIZE);
    }
}

/* The parts of a proof, pointing into its bytes. */
typedef struct parts {
    uint8_t kind;
    uint16_t depth;
    uint16_t row_size;
    uint64_t row_count;
    const uint8_t *siblings; /* depth of 32 bytes, from the bottom up */
    const uint8_t *row;      /* kind 1 */
    const uint8_t *other;    /* kind 3: path, then row hash */
} parts;

static pl_status cut(parts *proof, const uint8_t *bytes, size_t size)
{
    pl_reader reader = pl_reader_of(bytes, size);
    *proof = (parts){0};
    PL_TRY(pl_reader_u8(&reader, &proof->kind));
    PL_TRY(pl_reader_u64(&reader, &proof->row_count));
    PL_TRY(pl_reader_u16(&reader, &proof->depth));
    PL_TRY(pl_reader_bytes(&reader, &proof->siblings, (size_t)proof->depth * PL_HASH_SIZE));
    if (proof->kind == PL_PROOF_INCLUSION) {
        PL_TRY(pl_reader_u16(&reader, &proof->row_size));
        PL_TRY(pl_reader_bytes(&reader, &proof->row, proof->row_size));
    } else if (proof->kind == PL_PROOF_OTHER_LEAF) {
        PL_TRY(pl_reader_bytes(&reader, &proof->other, (size_t)2 * PL_HASH_SIZE));
    }
    return pl_reader_end(&reader);
}

static bool is_empty(const uint8_t hash[PL_HASH_SIZE])
{
    static const uint8_t zeros[PL_HASH_SIZE] = {0};
    return memcmp(hash, zeros, PL_HASH_SIZE) == 0;
}

/* Whether two paths agree in their first depth bits and differ at all. */
static bool parts_after(const uint8_t *path, const uint8_t *other, unsigned depth)
{
    for (unsigned bit = 0; bit < PL_PROOF_DEPTH_MAX; bit++) {
        if (pl_path_bit(path, bit) != pl_path_bit(other, bit)) {
            return bit >= depth;
        }
    }
    return false;
}

/* spec 04 §4: the rules of form, each of which the canonical tree obeys. */
static bool has_shape(const parts *proof, const uint8_t path[PL_HASH_SIZE])
{
    if (proof->kind < PL_PROOF_INCLUSION || proof->kind > PL_PROOF_OTHER_LEAF) {
        return false;
    }
    if (proof->depth > PL_PROOF_DEPTH_MAX || proof->row_size > PL_ROW_SIZE_MAX) {
        return false;
    }
    if (proof->depth > 0 && is_empty(proof->siblings)) {
        return false; /* the lowest sibling: what is beside it would have risen */
    }
    return proof->kind != PL_PROOF_OTHER_LEAF || parts_after(path, proof->other, proof->depth);
}

pl_status pl_proof_verify(pl_claim *claim, const uint8_t root[PL_HASH_SIZE],
                          const uint8_t path[PL_HASH_SIZE], const uint8_t *proof, size_t proof_size)
{
    parts of;
    if (cut(&of, proof, proof_size) != PL_OK || !has_shape(&of, path)) {
        return PL_REJECT_PROOF_SHAPE;
    }
    uint8_t hash[PL_HASH_SIZE] = {0}; /* kind 2: the place is empty */
    if (of.kind == PL_PROOF_INCLUSION) {
        pl_row_hash(hash, of.row, of.row_size);
        pl_leaf_hash(hash, path, hash);
    } else if (of.kind == PL_PROOF_OTHER_LEAF) {
        pl_leaf_hash(hash, of.other, of.other + PL_HASH_SIZE);
    }
    for (unsigned depth = of.depth; depth > 0; depth--) {
        const uint8_t *sibling = of.siblings + (size_t)(of.depth - depth) * PL_HASH_SIZE;
        if (pl_path_bit(path, depth - 1) == 0) {
            pl_node_hash(hash, hash, sibling);
        } else {
            pl_node_hash(hash, sibling, hash);
        }
    }
    pl_state_root(hash, hash, of.row_count);
    if (memcmp(hash, root, PL_HASH_SIZE) != 0) {
        return PL_REJECT_PROOF_ROOT;
    }
    *claim = (pl_claim){.row = of.row, .row_size = of.row_size, .row_count = of.row_count};
    return PL_OK;
}
