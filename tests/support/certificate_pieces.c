#include "tests/support/certificate_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "vm/base/bytes.h"
#include "vm/base/sha256.h"

/* ---- pieces ---- */

bool pieces_of(pieces *to, const uint8_t *bytes, size_t size)
{
    pl_certificate of;
    size_t offset, from;
    if (pl_certificate_decode(&of, &offset, bytes, size) != PL_OK || of.header_count > LINKS_MAX ||
        of.view_count > VIEWS_MAX || of.evidence_count > EVIDENCE_MAX) {
        return false;
    }
    *to = (pieces){.kind = of.kind,
                   .height = of.height,
                   .world = {of.world, of.world_size},
                   .has_header = of.header_count > 0,
                   .link_count = of.header_count > 0 ? of.header_count - 1 : 0,
                   .witness = {of.witness, of.witness_size},
                   .body = {of.body, of.body_size},
                   .view_count = of.view_count,
                   .evidence_count = of.evidence_count};
    if (to->has_header) {
        memcpy(to->first, of.first_header, PL_HEADER_SIZE);
        memcpy(to->links, of.links, (size_t)to->link_count * PL_LINK_SIZE);
    }
    offset = 0;
    for (unsigned i = 0; i < of.view_count; i++) {
        pl_certified_view view;
        from = offset;
        (void)pl_certificate_view_next(&view, &offset, &of);
        to->views[i] = (piece){of.views + from, offset - from};
    }
    offset = 0;
    for (unsigned i = 0; i < of.evidence_count; i++) {
        pl_evidence evidence;
        from = offset;
        (void)pl_certificate_evidence_next(&evidence, &offset, &of);
        to->evidence[i] = (piece){of.evidence + from, offset - from};
    }
    memcpy(to->claim, of.seal - CLAIM_SIZE, CLAIM_SIZE);
    return true;
}

void certificate_seal(pt_bytes *parts)
{
    uint8_t seal[PL_SEAL_SIZE];
    pl_certificate_seal(seal, parts->data, parts->size);
    pt_put(parts, seal, sizeof seal);
}

static void put_sized(pt_bytes *out, piece from)
{
    pt_put_u32(out, (uint32_t)from.size);
    pt_put(out, from.bytes, from.size);
}

void pieces_join(pt_bytes *out, const pieces *from)
{
    out->size = 0;
    pt_put(out, "PLCT", 4);
    pt_put_u16(out, 1);
    pt_put_u8(out, from->kind);
    pt_put_u64(out, from->height);
    put_sized(out, from->world);
    pt_put_u32(out, from->has_header ? from->link_count + 1 : 0);
    pt_put(out, from->first, from->has_header ? PL_HEADER_SIZE : 0);
    pt_put(out, from->links, (size_t)from->link_count * PL_LINK_SIZE);
    put_sized(out, from->witness);
    put_sized(out, from->body);
    pt_put_u16(out, (uint16_t)from->view_count);
    for (unsigned i = 0; i < from->view_count; i++) {
        pt_put(out, from->views[i].bytes, from->views[i].size);
    }
    pt_put_u16(out, (uint16_t)from->evidence_count);
    for (unsigned i = 0; i < from->evidence_count; i++) {
        pt_put(out, from->evidence[i].bytes, from->evidence[i].size);
    }
    pt_put(out, from->claim, CLAIM_SIZE);
    certificate_seal(out);
}

void pieces_relink(pieces *of)
{
    enum { BODY_HASH_AT = 86, LINK_BODY_HASH_AT = 8 };
    uint8_t hash[32];
    const uint64_t first = pl_load_u64(of->first + 38);
    pl_body_hash(hash, of->body.bytes, of->body.size);
    if (of->height == first) {
        memcpy(of->first + BODY_HASH_AT, hash, 32);
    } else {
        memcpy(of->links[of->height - first - 1] + LINK_BODY_HASH_AT, hash, 32);
    }
}

/* ---- nodes ---- */

static node *node_add(nodes *to, size_t at)
{
    if (to->count + 1 >= to->room) {
        to->room = to->room == 0 ? 1024 : 2 * to->room;
        to->list = pt_resize(to->list, to->room * sizeof *to->list);
    }
    node *added = &to->list[to->count++];
    *added = (node){.at = at};
    return added;
}

/* Bytes after the kind; SIZE_MAX: no such node. */
static size_t rest_size(const pl_chain *chain, piece witness, size_t at)
{
    static const size_t sizes[] = {0, 32, 64};
    const uint8_t kind = witness.bytes[at];
    if (kind == 4 || kind < 3) {
        return kind == 4 ? 0 : sizes[kind];
    }
    if (kind > 4 || witness.size - at < 7) {
        return SIZE_MAX;
    }
    const pl_table *schema = pl_chain_table(chain, pl_load_u32(witness.bytes + at + 1),
                                            pl_load_u16(witness.bytes + at + 5));
    return schema == NULL ? SIZE_MAX : 6u + schema->key_size + schema->row_size;
}

bool nodes_of(nodes *to, const pl_chain *chain, piece witness)
{
    to->count = 0;
    for (size_t at = 8; at < witness.size;) {
        node *added = node_add(to, at);
        const size_t rest = rest_size(chain, witness, at);
        if (rest > witness.size - at - 1) {
            return false;
        }
        added->kind = witness.bytes[at];
        at += 1 + rest;
    }
    for (uint32_t i = to->count; i-- > 0;) { /* children stand after their parents */
        node *here = &to->list[i];
        here->end = i + 1;
        for (unsigned child = 0; here->kind == 4 && child < 2; child++) {
            if (here->end >= to->count) {
                return false;
            }
            here->end = to->list[here->end].end;
        }
    }
    if (to->count == 0 || to->list[0].end != to->count) {
        return false;
    }
    to->list[to->count] = (node){.at = witness.size};
    return true;
}

void nodes_free(nodes *list)
{
    free(list->list);
    *list = (nodes){0};
}

static void row_leaf(uint8_t hash[32], const pl_chain *chain, const uint8_t *bytes)
{
    uint8_t pair[64];
    const uint32_t contract = pl_load_u32(bytes);
    const uint16_t table = pl_load_u16(bytes + 4);
    const pl_table *schema = pl_chain_table(chain, contract, table);
    pl_row_path(pair, contract, table, bytes + 6, schema->key_size);
    pl_row_hash(pair + 32, bytes + 6 + schema->key_size, schema->row_size);
    pl_tagged_pair(hash, &pl_tag_leaf, pair);
}

void node_hash(uint8_t hash[32], const nodes *list, const pl_chain *chain, piece witness,
               uint32_t i)
{
    const node *here = &list->list[i];
    const uint8_t *rest = witness.bytes + here->at + 1;
    uint8_t pair[64];
    memset(hash, 0, 32);
    if (here->kind == 1) {
        memcpy(hash, rest, 32);
    } else if (here->kind == 2) {
        pl_tagged_pair(hash, &pl_tag_leaf, rest);
    } else if (here->kind == 3) {
        row_leaf(hash, chain, rest);
    } else if (here->kind == 4) { /* at most 256 deep */
        node_hash(pair, list, chain, witness, i + 1);
        node_hash(pair + 32, list, chain, witness, list->list[i + 1].end);
        pl_tagged_pair(hash, &pl_tag_node, pair);
    }
}

void node_replace(pt_bytes *out, const nodes *list, piece witness, uint32_t i, const uint8_t *bytes,
                  size_t size)
{
    const size_t end = list->list[list->list[i].end].at;
    out->size = 0;
    pt_put(out, witness.bytes, list->list[i].at);
    pt_put(out, bytes, size);
    pt_put(out, witness.bytes + end, witness.size - end);
}
