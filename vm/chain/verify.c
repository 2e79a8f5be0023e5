/* Verification of a certificate. The table of steps at the end is the table of contents; spec 10 §8
 * has the same lines. */
#include "vm/verify.h"

#include "vm/base/assume.h"
#include "vm/base/sha256.h"
#include "vm/chain/certified.h"
#include "vm/chain/chain.h"
#include "vm/chain/verify_views.h"
#include "vm/chain/world_rows.h"
#include "vm/state/witness.h"

struct pl_verifier {
    pl_memory memory;
    pl_chain *chain;
    pl_witness *witness; /* NULL: execution starts from genesis */
};

typedef struct verification {
    pl_verdict *verdict;
    pl_verifier **verifier; /* the caller's */
    pl_chain *chain;        /* the verifier's, from step world on */
    const pl_memory *memory;
    const uint8_t *bytes;
    size_t size;
    pl_verify_options options;
    pl_asking asking;
    pl_header header;   /* of block or state; meaningless at height 0 */
    uint64_t base;      /* height */
    uint32_t row_count; /* told rows so far */
} verification;

/* ---- shape ---- */

static pl_status check_shape(verification *v)
{
    pl_certificate *certificate = &v->verdict->certificate;
    PL_TRY(pl_certificate_decode(certificate, &v->verdict->offset, v->bytes, v->size));
    v->base = certificate->height - (certificate->kind == PL_CERTIFIES_BLOCK); /* HEIGHT if 0 */
    return PL_OK;
}

/* ---- world ---- */

static pl_status open_chain(verification *v, const uint8_t *world, size_t world_size)
{
    pl_world_error where;
    pl_verifier *made = v->memory->take(v->memory->context, sizeof *made);
    if (made == NULL) {
        return PL_FAULT_MEMORY;
    }
    *made = (pl_verifier){.memory = *v->memory};
    const pl_status status = pl_chain_open(&made->chain, &where, v->memory, world, world_size);
    if (status != PL_OK) {
        v->verdict->offset += pl_is_reject(status) ? where.offset : 0;
        pl_verifier_free(made);
        return status;
    }
    *v->verifier = made;
    v->chain = made->chain;
    v->chain->is_witness = true;
    return PL_OK;
}

static pl_status check_symbols(verification *v)
{
    const pl_world *world = &v->chain->world;
    for (uint32_t i = 0; i < world->contract_count; i++) {
        if (world->codes[i].symbols_size != 0) {
            v->verdict->offset = (size_t)(world->codes[i].symbols - v->bytes);
            return PL_REJECT_SYMBOLS;
        }
    }
    return PL_OK;
}

static pl_status check_world(verification *v)
{
    const pl_certificate *certificate = &v->verdict->certificate;
    const bool is_inside = certificate->world != NULL;
    const uint8_t *world = is_inside ? certificate->world : v->options.world;
    if (world == NULL) {
        return PL_FAULT_UNSUPPORTED;
    }
    v->verdict->offset = is_inside ? (size_t)(world - v->bytes) : 0;
    PL_TRY(open_chain(v, world, is_inside ? certificate->world_size : v->options.world_size));
    memcpy(v->verdict->world_id, v->chain->world.id, PL_HASH_SIZE);
    if (is_inside) {
        PL_TRY(check_symbols(v));
    }
    v->verdict->offset = 0;
    if (certificate->header_count == 0) {
        return PL_OK;
    }
    pl_header first;
    PL_SURE(pl_header_decode(&first, certificate->first_header));
    return memcmp(first.world, v->chain->world.id, 32) == 0 ? PL_OK : PL_REJECT_WORLD_MISMATCH;
}

/* ---- headers ---- */

/* spec 10 §3: which heights the path must hold. */
static pl_status check_heights(const verification *v, const pl_header *first)
{
    const pl_certificate *certificate = &v->verdict->certificate;
    const uint64_t height = certificate->height;
    const uint64_t needed = v->base == 0 ? height : v->base; /* the lowest */
    if (certificate->header_count == 0) {
        return height == 0 && certificate->kind == PL_CERTIFIES_STATE ? PL_OK : PL_REJECT_HEIGHT;
    }
    const uint64_t more = certificate->header_count - 1;
    if (height == 0 || first->height == 0 || first->height > UINT64_MAX - more) {
        return PL_REJECT_HEIGHT;
    }
    return first->height <= needed && height <= first->height + more ? PL_OK : PL_REJECT_HEIGHT;
}

static pl_status check_times(verification *v, const pl_header *first)
{
    const pl_certificate *certificate = &v->verdict->certificate;
    uint64_t last = first->time_s;
    for (uint32_t i = 1; i < certificate->header_count; i++) {
        const uint64_t time_s = pl_load_u64(certificate->links + (size_t)(i - 1) * PL_LINK_SIZE);
        if (time_s < last) {
            v->verdict->index = i;
            return PL_REJECT_TIME;
        }
        last = time_s;
    }
    return PL_OK;
}

static pl_status check_headers(verification *v)
{
    const pl_certificate *certificate = &v->verdict->certificate;
    const uint8_t *world_id = v->chain->world.id;
    pl_header first = {0};
    if (certificate->header_count > 0) {
        PL_SURE(pl_header_decode(&first, certificate->first_header));
    }
    PL_TRY(check_heights(v, &first));
    if (first.height == 1 && memcmp(first.parent, world_id, 32) != 0) {
        v->verdict->index = 0;
        return PL_REJECT_PARENT;
    }
    PL_TRY(check_times(v, &first));
    memcpy(v->verdict->block_hash, world_id, PL_HASH_SIZE);
    if (certificate->height > 0) {
        pl_certificate_header(&v->header, certificate, certificate->height);
        pl_header_hash(v->verdict->block_hash, &v->header);
    }
    return PL_OK;
}

/* ---- witness ---- */

/* spec 10 §4: a table exists, and a row is canonical for it. Whatever is wrong is one error. */
static pl_status take_row(void *context, uint32_t *table, const uint8_t **key, const uint8_t **row,
                          pl_reader *reader)
{
    verification *v = context;
    pl_row_order alone = {.by_value = true};
    pl_world_row taken;
    const pl_status status = pl_world_row_take(&taken, &alone, reader, &v->chain->world, true);
    if (status != PL_OK) {
        return status == PL_REJECT_TRUNCATED || pl_is_fault(status) ? status
                                                                    : PL_REJECT_PROOF_SHAPE;
    }
    *table = taken.table;
    *key = taken.key;
    *row = taken.row;
    v->row_count++;
    return PL_OK;
}

/* The chain stands after the block with this header. */
static void set_head(verification *v, const pl_header *header)
{
    pl_head *head = &v->chain->head;
    head->height = header->height;
    head->time_s = header->time_s;
    head->row_count = pl_store_row_count(v->chain->store);
    memcpy(head->state_root, header->state_root, PL_HASH_SIZE);
    pl_header_hash(head->block_hash, header);
    pl_header_encode(v->chain->header, header);
}

static pl_status fill_from_witness(verification *v)
{
    const pl_certificate *certificate = &v->verdict->certificate;
    const pl_witness_rows rows = {v, take_row};
    pl_verifier *verifier = *v->verifier;
    pl_header header;
    size_t offset = 0;
    pl_certificate_header(&header, certificate, v->base);
    const pl_status status =
        pl_witness_load(&verifier->witness, &offset, v->chain->store, v->memory, &rows,
                        header.state_root, certificate->witness, certificate->witness_size);
    v->verdict->offset = (size_t)(certificate->witness - v->bytes) + offset;
    v->verdict->rows_told = v->row_count;
    PL_TRY(status);
    v->chain->door = pl_witness_door(verifier->witness);
    set_head(v, &header);
    return PL_OK;
}

static pl_status load_base(verification *v)
{
    pl_verdict *verdict = v->verdict;
    if (v->base > 0) {
        PL_TRY(fill_from_witness(v));
    } else if (verdict->certificate.witness_size != 0) {
        verdict->offset = (size_t)(verdict->certificate.witness - v->bytes);
        return PL_REJECT_PROOF_SHAPE;
    } else {
        PL_TRY(pl_chain_write_genesis(v->chain));
    }
    verdict->row_count = v->chain->head.row_count;
    memcpy(verdict->pre_root, v->chain->head.state_root, PL_HASH_SIZE);
    memcpy(verdict->post_root, v->chain->head.state_root, PL_HASH_SIZE);
    pl_asking_begin(&v->asking, &verdict->certificate, v->chain);
    return PL_OK;
}

/* ---- block ---- */

static void add_gas(uint64_t *sum, uint64_t count, uint64_t gas)
{
    const bool fits = gas == 0 || count <= (UINT64_MAX - *sum) / gas;
    *sum = fits ? *sum + count * gas : UINT64_MAX;
}

/* All the gas that verification may use. */
static pl_status check_gas(const verification *v, const pl_block *block)
{
    const pl_world *world = &v->chain->world;
    uint64_t sum = 0;
    add_gas(&sum, v->verdict->certificate.view_count, PL_CERTIFICATE_VIEW_GAS);
    if (block != NULL) {
        pl_items transactions = block->transactions;
        const uint8_t *bytes;
        uint32_t size;
        while (pl_items_next(&transactions, &bytes, &size)) {
            pl_tx tx;
            PL_SURE(pl_tx_decode(&tx, bytes, size));
            add_gas(&sum, 1, tx.gas_limit);
        }
        add_gas(&sum, world->hook_count, world->hook_gas);
    }
    return v->options.gas_max == 0 || sum <= v->options.gas_max ? PL_OK : PL_FAULT_UNSUPPORTED;
}

static pl_status replay(verification *v)
{
    pl_verdict *verdict = v->verdict;
    const pl_certificate *certificate = &verdict->certificate;
    uint8_t header[PL_HEADER_SIZE];
    const pl_watch watch = {.context = &v->asking, .moment = pl_asking_at};
    const pl_replay_options options = {.watch = &watch};
    pl_header_encode(header, &v->header);
    const pl_status status = pl_chain_replay_parts(
        &verdict->block, v->chain, header, certificate->body, certificate->body_size, &options);
    verdict->index = verdict->block.index;
    if (v->asking.inside.status != PL_OK) { /* it came first, and stopped the block */
        verdict->index = v->asking.inside.index;
        return v->asking.inside.status;
    }
    PL_TRY(status);
    verdict->signatures = verdict->block.counts.reports_accepted;
    memcpy(verdict->post_root, v->chain->head.state_root, PL_HASH_SIZE);
    return PL_OK;
}

static pl_status check_block(verification *v)
{
    const pl_certificate *certificate = &v->verdict->certificate;
    pl_block block;
    if (certificate->kind != PL_CERTIFIES_BLOCK) {
        return check_gas(v, NULL);
    }
    PL_TRY(pl_body_decode(&block, &v->verdict->index, certificate->body, certificate->body_size));
    PL_TRY(pl_asking_check_moments(&v->verdict->index, certificate, block.transactions.count));
    PL_TRY(check_gas(v, &block));
    PL_TRY(pl_asking_before(&v->asking));
    return replay(v);
}

/* ---- views, evidence, claim, whole ---- */

static pl_status check_views(verification *v)
{
    return pl_asking_end(&v->verdict->index, &v->asking);
}

static pl_status check_evidence(verification *v)
{
    const pl_certificate *certificate = &v->verdict->certificate;
    const uint64_t height = certificate->kind == PL_CERTIFIES_BLOCK ? certificate->height : 0;
    pl_evidence evidence;
    size_t offset = 0;
    for (uint32_t i = 0; pl_certificate_evidence_next(&evidence, &offset, certificate); i++) {
        v->verdict->index = i;
        PL_TRY(pl_evidence_check(v->chain, &evidence, height));
    }
    return PL_OK;
}

static pl_status check_claim(verification *v)
{
    return pl_claim_check(v->chain, &v->verdict->certificate, &v->verdict->block);
}

static pl_status check_whole(verification *v)
{
    const pl_witness *witness = (*v->verifier)->witness;
    return witness == NULL ? PL_OK : pl_witness_end(witness);
}

/* ---- the steps ---- */

static const struct {
    const char *name;
    pl_status (*check)(verification *v);
} steps[PL_VERIFY_DONE] = {
    [PL_VERIFY_SHAPE] = {"shape", check_shape},
    [PL_VERIFY_WORLD] = {"world", check_world},
    [PL_VERIFY_HEADERS] = {"headers", check_headers},
    [PL_VERIFY_WITNESS] = {"witness", load_base},
    [PL_VERIFY_BLOCK] = {"block", check_block},
    [PL_VERIFY_VIEWS] = {"views", check_views},
    [PL_VERIFY_EVIDENCE] = {"evidence", check_evidence},
    [PL_VERIFY_CLAIM] = {"claim", check_claim},
    [PL_VERIFY_WHOLE] = {"whole", check_whole},
};

const char *pl_verify_step_name(pl_verify_step step)
{
    return step < PL_VERIFY_DONE ? steps[step].name : "done";
}

pl_status pl_verify(pl_verdict *verdict, pl_verifier **verifier, const pl_memory *memory,
                    const uint8_t *bytes, size_t size, const pl_verify_options *options)
{
    verification v = {
        .verdict = verdict, .verifier = verifier, .memory = memory, .bytes = bytes, .size = size};
    if (options != NULL) {
        v.options = *options;
    }
    *verifier = NULL;
    *verdict = (pl_verdict){.block = {.index = PL_NONE}};
    for (unsigned i = 0; i < PL_VERIFY_DONE && verdict->status == PL_OK; i++) {
        verdict->step = (pl_verify_step)i;
        verdict->offset = 0;
        verdict->index = PL_NONE;
        verdict->status = steps[i].check(&v);
    }
    if (verdict->status == PL_FAULT_WITNESS) { /* spec 10 §4 */
        verdict->status = PL_REJECT_WITNESS_LACKS;
    }
    if (verdict->status == PL_OK) {
        verdict->step = PL_VERIFY_DONE;
        verdict->offset = 0;
        verdict->index = PL_NONE;
        memcpy(verdict->id, verdict->certificate.seal, sizeof verdict->id);
    }
    return verdict->status;
}

void pl_verifier_free(pl_verifier *verifier)
{
    if (verifier == NULL) {
        return;
    }
    const pl_memory memory = verifier->memory;
    pl_witness_free(verifier->witness);
    pl_chain_free(verifier->chain);
    memory.give(memory.context, verifier, sizeof *verifier);
}

pl_chain *pl_verifier_chain(pl_verifier *verifier)
{
    return verifier->chain;
}

bool pl_verifier_price(pl_price *price, pl_verifier *verifier, uint32_t feed)
{
    return pl_evidence_price(price, verifier->chain, feed) == PL_OK && price->exists;
}
