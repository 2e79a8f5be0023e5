#include "tests/support/certificate_forge_parts.h"

#include <string.h>

#include "vm/base/bytes.h"
#include "vm/chain/block.h"

uint32_t forge_pick(forge *f, size_t below)
{
    uint64_t z = f->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) % below);
}

bool forge_begin(forge *f)
{
    return f->base->witness.size == 0 || nodes_of(&f->nodes, f->chain, f->base->witness);
}

void forge_end(forge *f)
{
    nodes_free(&f->nodes);
    pt_bytes_free(&f->scratch);
    pt_bytes_free(&f->more);
    pt_bytes_free(&f->out);
}

bool forge_join(forge *f)
{
    pieces_join(&f->out, &f->work);
    return true;
}

pieces *forge_start(forge *f)
{
    f->work = *f->base;
    return &f->work;
}

/* A copy of a piece to be changed. */
uint8_t *forge_copy(forge *f, piece *of)
{
    f->scratch.size = 0;
    pt_put(&f->scratch, of->bytes, of->size);
    *of = (piece){f->scratch.data, of->size};
    return f->scratch.data;
}

void forge_flip(forge *f, uint8_t *bytes, size_t size)
{
    bytes[forge_pick(f, size)] ^= (uint8_t)(1u << forge_pick(f, 8));
}

/* ---- lists: views, evidence, links ---- */

static void drop(piece *list, unsigned *count, unsigned i)
{
    memmove(list + i, list + i + 1, (--*count - i) * sizeof *list);
}

static void repeat(piece *list, unsigned *count, unsigned i)
{
    memmove(list + i + 1, list + i, ((*count)++ - i) * sizeof *list);
}

static bool swap(piece *list, unsigned count, unsigned i)
{
    const piece kept = list[i];
    if (i + 1 >= count) {
        return false;
    }
    list[i] = list[i + 1];
    list[i + 1] = kept;
    return true;
}

static bool view_drop(forge *f)
{
    pieces *w = forge_start(f);
    if (w->view_count == 0) {
        return false;
    }
    drop(w->views, &w->view_count, forge_pick(f, w->view_count));
    return forge_join(f);
}

static bool view_repeat(forge *f)
{
    pieces *w = forge_start(f);
    if (w->view_count == 0 || w->view_count == VIEWS_MAX) {
        return false;
    }
    repeat(w->views, &w->view_count, forge_pick(f, w->view_count));
    return forge_join(f);
}

static bool view_swap(forge *f)
{
    pieces *w = forge_start(f);
    return w->view_count > 1 && swap(w->views, w->view_count, forge_pick(f, w->view_count - 1)) &&
           forge_join(f);
}

static bool view_change(forge *f)
{
    pieces *w = forge_start(f);
    if (w->view_count == 0) {
        return false;
    }
    piece *view = &w->views[forge_pick(f, w->view_count)];
    forge_flip(f, forge_copy(f, view), view->size);
    return forge_join(f);
}

/* Another moment with the same answer. */
static bool view_move(forge *f)
{
    static const uint32_t moments[] = {0, 1, 2, 3, 4, 5, PL_MOMENT_END};
    pieces *w = forge_start(f);
    if (w->view_count == 0) {
        return false;
    }
    piece *view = &w->views[forge_pick(f, w->view_count)];
    pl_store_u32(forge_copy(f, view), moments[forge_pick(f, sizeof moments / sizeof *moments)]);
    return forge_join(f);
}

static bool evidence_drop(forge *f)
{
    pieces *w = forge_start(f);
    if (w->evidence_count == 0) {
        return false;
    }
    drop(w->evidence, &w->evidence_count, forge_pick(f, w->evidence_count));
    return forge_join(f);
}

static bool evidence_repeat(forge *f)
{
    pieces *w = forge_start(f);
    if (w->evidence_count == 0 || w->evidence_count == EVIDENCE_MAX) {
        return false;
    }
    repeat(w->evidence, &w->evidence_count, forge_pick(f, w->evidence_count));
    return forge_join(f);
}

static bool evidence_swap(forge *f)
{
    pieces *w = forge_start(f);
    return w->evidence_count > 1 &&
           swap(w->evidence, w->evidence_count, forge_pick(f, w->evidence_count - 1)) &&
           forge_join(f);
}

static bool evidence_change(forge *f)
{
    pieces *w = forge_start(f);
    if (w->evidence_count == 0) {
        return false;
    }
    piece *evidence = &w->evidence[forge_pick(f, w->evidence_count)];
    forge_flip(f, forge_copy(f, evidence), evidence->size);
    return forge_join(f);
}

/* The report of another feed, or of the same feed from before, under this feed's number. */
static bool evidence_other(forge *f)
{
    pieces *w = forge_start(f);
    if (w->evidence_count == 0) {
        return false;
    }
    piece *evidence = &w->evidence[forge_pick(f, w->evidence_count)];
    piece report = f->base->evidence[forge_pick(f, w->evidence_count)];
    report = (piece){report.bytes + 8, report.size - 8};
    if (f->old_report.size > 5 && forge_pick(f, 2) == 0) {
        report = f->old_report;
    }
    f->scratch.size = 0;
    pt_put(&f->scratch, evidence->bytes, 4);
    pt_put_u32(&f->scratch, (uint32_t)report.size);
    pt_put(&f->scratch, report.bytes, report.size);
    if (forge_pick(f, 2) == 0) {
        memcpy(f->scratch.data + 9, evidence->bytes, 4); /* the envelope's feed, too */
    }
    *evidence = (piece){f->scratch.data, f->scratch.size};
    return forge_join(f);
}

/* A report of old as evidence that was not there. */
static bool evidence_add(forge *f)
{
    pieces *w = forge_start(f);
    if (f->old_report.size < 5 || w->evidence_count == EVIDENCE_MAX) {
        return false;
    }
    const uint32_t feed = pl_load_u32(f->old_report.bytes + 1);
    f->scratch.size = 0;
    pt_put_u32(&f->scratch, feed);
    pt_put_u32(&f->scratch, (uint32_t)f->old_report.size);
    pt_put(&f->scratch, f->old_report.bytes, f->old_report.size);
    unsigned at = 0;
    while (at < w->evidence_count && pl_load_u32(w->evidence[at].bytes) < feed) {
        at++;
    }
    const piece added = {f->scratch.data, f->scratch.size};
    if (at < w->evidence_count && pl_load_u32(w->evidence[at].bytes) == feed) {
        w->evidence[at] = added;
    } else {
        repeat(w->evidence, &w->evidence_count, at);
        w->evidence[at] = added;
    }
    return forge_join(f);
}

static bool link_drop(forge *f)
{
    pieces *w = forge_start(f);
    if (w->link_count == 0) {
        return false;
    }
    const unsigned i = forge_pick(f, w->link_count);
    memmove(w->links[i], w->links[i + 1], (--w->link_count - i) * sizeof *w->links);
    return forge_join(f);
}

static bool link_repeat(forge *f)
{
    pieces *w = forge_start(f);
    if (w->link_count == 0 || w->link_count == LINKS_MAX) {
        return false;
    }
    const unsigned i = forge_pick(f, w->link_count);
    memmove(w->links[i + 1], w->links[i], (w->link_count++ - i) * sizeof *w->links);
    return forge_join(f);
}

static bool link_swap(forge *f)
{
    pieces *w = forge_start(f);
    uint8_t kept[PL_LINK_SIZE];
    if (w->link_count < 2) {
        return false;
    }
    const unsigned i = forge_pick(f, w->link_count - 1);
    memcpy(kept, w->links[i], sizeof kept);
    memcpy(w->links[i], w->links[i + 1], sizeof kept);
    memcpy(w->links[i + 1], kept, sizeof kept);
    return forge_join(f);
}

/* Hashes of later headers follow by themselves: only what is their own is written. */
static bool header_change(forge *f)
{
    pieces *w = forge_start(f);
    if (!w->has_header) {
        return false;
    }
    const unsigned i = forge_pick(f, w->link_count + 1);
    uint8_t *bytes = i == 0 ? w->first : w->links[i - 1];
    forge_flip(f, bytes, i == 0 ? PL_HEADER_SIZE : PL_LINK_SIZE);
    return forge_join(f);
}

/* ---- the body ---- */

/* Takes the body of the base apart. */
static bool body_of(pl_block *block, forge *f)
{
    uint32_t where;
    const pieces *w = forge_start(f);
    return w->body.size > 0 && pl_body_decode(block, &where, w->body.bytes, w->body.size) == PL_OK;
}

static const uint8_t *pick_tx(uint32_t *size, forge *f, const pl_block *block)
{
    pl_items items = block->transactions;
    const uint8_t *bytes = NULL;
    for (uint32_t left = 1 + forge_pick(f, items.count); left > 0; left--) {
        (void)pl_items_next(&items, &bytes, size);
    }
    return bytes;
}

static bool change_gas(forge *f, bool relinked)
{
    pl_block block;
    uint32_t size;
    if (!body_of(&block, f) || block.transactions.count == 0) {
        return false;
    }
    const size_t at = (size_t)(pick_tx(&size, f, &block) - f->work.body.bytes) + 47;
    uint8_t *bytes = forge_copy(f, &f->work.body);
    pl_store_u64(bytes + at, pl_load_u64(bytes + at) - 1);
    if (relinked) {
        pieces_relink(&f->work);
    }
    return forge_join(f);
}

static bool gas_lower(forge *f)
{
    return change_gas(f, false);
}

static bool gas_lower_relinked(forge *f)
{
    return change_gas(f, true);
}

static bool body_flip_relinked(forge *f)
{
    pieces *w = forge_start(f);
    if (w->body.size == 0) {
        return false;
    }
    forge_flip(f, forge_copy(f, &w->body), w->body.size);
    pieces_relink(&f->work);
    return forge_join(f);
}

/* The body without one of its transactions, or (reports true) of its reports. */
static bool drop_item(forge *f, bool reports)
{
    pl_block block;
    if (!body_of(&block, f)) {
        return false;
    }
    const uint32_t count = reports ? block.reports.count : block.transactions.count;
    if (count == 0) {
        return false;
    }
    const uint32_t left_out = forge_pick(f, count);
    f->scratch.size = 0;
    for (unsigned part = 0; part < 2; part++) {
        pl_items items = part == 0 ? block.reports : block.transactions;
        const bool here = (part == 0) == reports;
        const uint8_t *bytes;
        uint32_t size;
        pt_put_u32(&f->scratch, items.count - here);
        for (uint32_t i = 0; pl_items_next(&items, &bytes, &size); i++) {
            if (!here || i != left_out) {
                pt_put_u32(&f->scratch, size);
                pt_put(&f->scratch, bytes, size);
            }
        }
    }
    f->work.body = (piece){f->scratch.data, f->scratch.size};
    pieces_relink(&f->work);
    return forge_join(f);
}

static bool tx_drop_relinked(forge *f)
{
    return drop_item(f, false);
}

static bool report_drop_relinked(forge *f)
{
    return drop_item(f, true);
}

/* ---- the rest ---- */

static bool world_change(forge *f)
{
    pieces *w = forge_start(f);
    if (w->world.size == 0) {
        return false;
    }
    forge_flip(f, forge_copy(f, &w->world), w->world.size);
    return forge_join(f);
}

/* The hash of the first contract's code, one bit of it; or that of another contract in its place.
 */
static bool code_hash_wrong(forge *f)
{
    pieces *w = forge_start(f);
    const pl_code *code = pl_chain_code(f->chain, 1);
    if (w->world.size == 0 || code == NULL) {
        return false;
    }
    uint8_t *bytes = forge_copy(f, &w->world);
    for (size_t at = 0; at + 32 <= w->world.size; at++) {
        if (memcmp(bytes + at, code->hash, 32) == 0) {
            forge_flip(f, bytes + at, 32);
            return forge_join(f);
        }
    }
    return false;
}

static bool splice(forge *f)
{
    pieces *w = forge_start(f);
    const pieces *other = f->other;
    if (other == NULL) {
        return false;
    }
    unsigned parts = 1 + forge_pick(f, 63);
    if ((parts & 51) == 51) { /* all that proves is the other's: then it is about its height */
        parts -= 32;
    }
    if ((parts & 1) != 0) {
        w->witness = other->witness;
    }
    if ((parts & 2) != 0) {
        w->body = other->body;
    }
    if ((parts & 4) != 0) {
        w->view_count = other->view_count;
        memcpy(w->views, other->views, sizeof w->views);
    }
    if ((parts & 8) != 0) {
        w->evidence_count = other->evidence_count;
        memcpy(w->evidence, other->evidence, sizeof w->evidence);
    }
    if ((parts & 16) != 0) {
        w->has_header = other->has_header;
        w->link_count = other->link_count;
        memcpy(w->first, other->first, sizeof w->first);
        memcpy(w->links, other->links, sizeof w->links);
    }
    if ((parts & 32) != 0) {
        w->height = other->height;
        memcpy(w->claim, other->claim, sizeof w->claim);
    }
    return forge_join(f);
}

static void seal_or_not(forge *f)
{
    if (forge_pick(f, 4) > 0) {
        certificate_seal(&f->out);
    }
}

static bool truncated(forge *f)
{
    const uint32_t size = forge_pick(f, f->certificate.size);
    f->out.size = 0;
    pt_put(&f->out, f->certificate.bytes, size);
    seal_or_not(f);
    return true;
}

static bool appended(forge *f)
{
    f->out.size = 0;
    pt_put(&f->out, f->certificate.bytes, f->certificate.size - PL_SEAL_SIZE);
    const uint32_t more = 1 + forge_pick(f, 40);
    for (uint32_t i = 0; i < more; i++) {
        pt_put_u8(&f->out, (uint8_t)forge_pick(f, 256));
    }
    seal_or_not(f);
    return true;
}

static bool claim_change(forge *f)
{
    pieces *w = forge_start(f);
    forge_flip(f, w->claim, CLAIM_SIZE);
    return forge_join(f);
}

/* Only that the block is as it is. */
static bool claim_weaker(forge *f)
{
    pieces *w = forge_start(f);
    memset(w->claim, 0, CLAIM_SIZE);
    memset(w->claim + 1, 0xff, 4);
    memset(w->claim + 37, 0xff, 2);
    return forge_join(f);
}

/* Another claim in good form: of a transaction, below, or not below. */
static bool claim_stronger(forge *f)
{
    pieces *w = forge_start(f);
    uint8_t *claim = w->claim;
    claim[0] = (uint8_t)(1 + forge_pick(f, 4));
    pl_store_u32(claim + 1, claim[0] <= 2 ? forge_pick(f, 4) : UINT32_MAX);
    if (claim[0] == PL_CLAIM_TRANSACTION || w->view_count == 0) {
        memset(claim + 5, 0, 32);
        memset(claim + 37, 0xff, 2);
        return forge_join(f);
    }
    const uint32_t view = forge_pick(f, w->view_count);
    const piece of = w->views[view];
    const uint16_t arguments = pl_load_u16(of.bytes + 10);
    pl_store_u16(claim + 37, (uint16_t)view);
    if (arguments >= 32) {
        memcpy(claim + 5, of.bytes + 12 + arguments - 32, 32);
    }
    return forge_join(f);
}

static bool height_change(forge *f)
{
    pieces *w = forge_start(f);
    w->height += forge_pick(f, 2) == 0 ? 1 : UINT64_MAX;
    return forge_join(f);
}

static bool kind_change(forge *f)
{
    pieces *w = forge_start(f);
    w->kind = (uint8_t)(3 - w->kind);
    if (w->kind == PL_CERTIFIES_STATE && forge_pick(f, 2) == 0) {
        w->body.size = 0;
    }
    return forge_join(f);
}

const forgery forgeries[] = {
    {"view dropped", view_drop},
    {"view twice", view_repeat},
    {"views swapped", view_swap},
    {"view changed", view_change},
    {"view of another moment", view_move},
    {"evidence dropped", evidence_drop},
    {"evidence twice", evidence_repeat},
    {"evidence swapped", evidence_swap},
    {"evidence changed", evidence_change},
    {"report of another feed or round", evidence_other},
    {"old report as evidence", evidence_add},
    {"link dropped", link_drop},
    {"link twice", link_repeat},
    {"links swapped", link_swap},
    {"header changed, hashes follow", header_change},
    {"witness changed", forge_witness_flip},
    {"row of another key", forge_row_of_other_key},
    {"row at another place", forge_row_moved},
    {"row pruned", forge_row_pruned},
    {"leaf pruned", forge_leaf_pruned},
    {"inner node pruned", forge_inner_pruned},
    {"row told as a leaf", forge_row_as_leaf},
    {"place told as empty", forge_emptied},
    {"needless row, leaf or node", forge_needless},
    {"row count one off", forge_row_count_change},
    {"gas limit one lower", gas_lower},
    {"gas limit one lower, hash follows", gas_lower_relinked},
    {"body changed, hash follows", body_flip_relinked},
    {"transaction dropped, hash follows", tx_drop_relinked},
    {"report dropped, hash follows", report_drop_relinked},
    {"world changed", world_change},
    {"wrong code hash", code_hash_wrong},
    {"two certificates spliced", splice},
    {"truncated", truncated},
    {"appended", appended},
    {"claim changed", claim_change},
    {"weaker claim", claim_weaker},
    {"another claim", claim_stronger},
    {"another height", height_change},
    {"another kind", kind_change},
};
const unsigned forgery_count = sizeof forgeries / sizeof *forgeries;
