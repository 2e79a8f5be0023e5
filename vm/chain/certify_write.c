/* The bytes of a certificate being made. write_all() is the table of contents; spec 10 §2 has the
 * same lines. */
#include "vm/base/assume.h"
#include "vm/chain/certified.h"
#include "vm/chain/certify.h"
#include "vm/chain/chain.h"

#define CODE_HEAD_SIZE                                                                             \
    12u /* "PLIM" | format | semantics | body size: what stands before a body                      \
         */

/* ---- world ---- */

/* spec 10 §3: every container without its symbols. */
static void write_world(pl_writer *writer, const pl_world *world)
{
    size_t from = 0;
    for (uint32_t i = 0; i < world->contract_count; i++) {
        const pl_code *code = &world->codes[i];
        const size_t start = (size_t)(code->body - world->bytes) - CODE_HEAD_SIZE;
        const size_t body_end = (size_t)(code->body - world->bytes) + code->body_size;
        pl_writer_bytes(writer, world->bytes + from, start - 4 - from);
        pl_writer_u32(writer, (uint32_t)(body_end + 4 - start));
        pl_writer_bytes(writer, world->bytes + start, body_end - start);
        pl_writer_u32(writer, 0);
        from = body_end + 4 + code->symbols_size;
    }
    pl_writer_bytes(writer, world->bytes + from, world->size - from);
}

static size_t world_size(const making *m)
{
    pl_writer measure = pl_writer_of(NULL, 0);
    if (!m->request->without_world) {
        write_world(&measure, &m->chain->world);
    }
    return measure.size;
}

/* ---- headers ---- */

static void write_headers(pl_writer *writer, const pl_certify *request)
{
    pl_writer_u32(writer, request->header_count);
    for (uint32_t i = 0; i < request->header_count; i++) {
        const uint8_t *bytes = request->headers + (size_t)i * PL_HEADER_SIZE;
        pl_header header;
        const pl_status status = pl_header_decode(&header, bytes);
        PL_ASSERT(status == PL_OK); /* the request was checked */
        if (i == 0) {
            pl_writer_bytes(writer, bytes, PL_HEADER_SIZE);
            continue;
        }
        pl_writer_u64(writer, header.time_s);
        pl_writer_bytes(writer, header.body_hash, 32);
        pl_writer_bytes(writer, header.state_root, 32);
        pl_writer_bytes(writer, header.receipts_hash, 32);
    }
}

/* ---- witness ---- */

/* Marks the evidence of a feed whose price is told. */
static void mark_told(const making *m, uint32_t feed)
{
    uint32_t low = 0, high = m->request->evidence_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (m->request->evidence[middle].feed < feed) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < m->request->evidence_count && m->request->evidence[low].feed == feed) {
        m->marks[low] |= PL_EVIDENCE_TOLD;
    }
}

static pl_status read_row(const making *m, pl_reader *reader)
{
    uint32_t contract;
    uint16_t table;
    const uint8_t *key, *row;
    PL_TRY(pl_reader_u32(reader, &contract));
    PL_TRY(pl_reader_u16(reader, &table));
    const pl_table *schema = pl_chain_table(m->chain, contract, table);
    PL_ASSERT(schema != NULL);
    PL_TRY(pl_reader_bytes(reader, &key, schema->key_size));
    PL_TRY(pl_reader_bytes(reader, &row, schema->row_size));
    if (contract == 0 && table == PL_SYSTEM_PRICES) {
        mark_told(m, pl_load_u32(key));
    }
    return PL_OK;
}

/* Reads over a witness of our own, node after node: which rows it tells. */
static pl_status read_witness(bool *tells_all, const making *m, const uint8_t *bytes, size_t size)
{
    static const uint8_t sizes[5] = {0, 32, 64, 0, 0}; /* of what follows a node's kind */
    pl_reader reader = pl_reader_of(bytes, size);
    uint64_t row_count, told = 0;
    PL_TRY(pl_reader_u64(&reader, &row_count));
    while (pl_reader_left(&reader) > 0) {
        uint8_t kind;
        const uint8_t *unwanted;
        PL_TRY(pl_reader_u8(&reader, &kind));
        PL_ASSERT(kind < sizeof sizes);
        if (kind == 3) {
            PL_TRY(read_row(m, &reader));
            told++;
        } else {
            PL_TRY(pl_reader_bytes(&reader, &unwanted, sizes[kind]));
        }
    }
    *tells_all = told == row_count;
    return PL_OK;
}

static pl_status write_witness(pl_certified *made, const making *m, pl_writer *writer, size_t size)
{
    pl_writer_u32(writer, (uint32_t)size);
    if (m->recorder == NULL) {
        return PL_OK;
    }
    const size_t start = writer->size;
    PL_TRY(pl_recorder_write(m->recorder, writer));
    PL_ASSERT(writer->size - start == size);
    const pl_status status =
        read_witness(&made->has_seek, m, writer->bytes + start, writer->size - start);
    PL_ASSERT(status == PL_OK); /* we wrote it */
    return PL_OK;
}

/* ---- the rest ---- */

static void write_evidence(pl_certified *made, const making *m, pl_writer *writer)
{
    uint16_t count = 0;
    for (uint32_t i = 0; i < m->request->evidence_count; i++) {
        const bool is_told = (m->marks[i] & PL_EVIDENCE_TOLD) != 0;
        const bool holds = (m->marks[i] & PL_EVIDENCE_HOLDS) != 0;
        count = (uint16_t)(count + (is_told && holds));
        made->evidence_dropped += is_told && !holds;
    }
    pl_writer_u16(writer, count);
    for (uint32_t i = 0; i < m->request->evidence_count; i++) {
        const pl_evidence *evidence = &m->request->evidence[i];
        if (m->marks[i] == (PL_EVIDENCE_HOLDS | PL_EVIDENCE_TOLD)) {
            pl_writer_u32(writer, evidence->feed);
            pl_writer_u32(writer, evidence->report_size);
            pl_writer_bytes(writer, evidence->report, evidence->report_size);
        }
    }
}

/* spec 10 §6: a price that the base does not have was put by the block, and needs no witness. The
 * marks of read_witness are about the others. */
static pl_status mark_put(making *m)
{
    for (uint32_t i = 0; i < m->request->evidence_count; i++) {
        pl_price before;
        if ((m->marks[i] & PL_EVIDENCE_HOLDS) != 0) {
            PL_TRY(pl_evidence_price(&before, m->chain, m->request->evidence[i].feed));
            m->marks[i] |= before.exists ? 0u : PL_EVIDENCE_TOLD;
        }
    }
    return PL_OK;
}

static size_t evidence_size_max(const pl_certify *request)
{
    uint64_t size = 2;
    for (uint32_t i = 0; i < request->evidence_count; i++) {
        size += 8 + (uint64_t)request->evidence[i].report_size; /* 2^16 of 2^32 at most */
    }
    return size > PL_CERTIFICATE_SIZE_MAX ? PL_CERTIFICATE_SIZE_MAX + 1u : (size_t)size;
}

static pl_status write_all(pl_certified *made, const making *m, pl_writer *writer,
                           size_t witness_size)
{
    const pl_certify *request = m->request;
    const bool has_block = request->kind == PL_CERTIFIES_BLOCK;
    const size_t body_size = has_block ? request->block_size - PL_HEADER_SIZE : 0;
    uint8_t seal[PL_SEAL_SIZE];
    pl_writer_bytes(writer, (const uint8_t *)"PLCT", 4);
    pl_writer_u16(writer, 1);
    pl_writer_u8(writer, request->kind);
    pl_writer_u64(writer, m->height);
    pl_writer_u32(writer, (uint32_t)world_size(m));
    if (!request->without_world) {
        write_world(writer, &m->chain->world);
    }
    write_headers(writer, request);
    PL_TRY(write_witness(made, m, writer, witness_size));
    pl_writer_u32(writer, (uint32_t)body_size);
    pl_writer_bytes(writer, has_block ? request->block + PL_HEADER_SIZE : NULL, body_size);
    pl_writer_u16(writer, request->view_count);
    pl_writer_bytes(writer, m->views.bytes, m->views.size);
    write_evidence(made, m, writer);
    pl_writer_u8(writer, request->claim.kind);
    pl_writer_u32(writer, request->claim.transaction);
    pl_writer_bytes(writer, request->claim.account, 32);
    pl_writer_u16(writer, request->claim.view);
    pl_certificate_seal(seal, writer->bytes, writer->size);
    pl_writer_bytes(writer, seal, sizeof seal);
    return pl_writer_end(writer);
}

/* At least what write_all writes; above PL_CERTIFICATE_SIZE_MAX: too much. */
static uint64_t measure(const making *m, size_t witness_size)
{
    const pl_certify *request = m->request;
    const uint64_t fixed = 15 + 4 + 4 + PL_HEADER_SIZE + 4 + 4 + 2 + 39 + PL_SEAL_SIZE;
    return fixed + world_size(m) + (uint64_t)request->header_count * PL_LINK_SIZE + witness_size +
           request->block_size + m->views.size + evidence_size_max(request);
}

pl_status pl_certified_write(pl_certified *made, making *m)
{
    pl_chain *chain = m->chain;
    pl_writer witness = pl_writer_of(NULL, 0);
    PL_TRY(mark_put(m));
    if (m->recorder != NULL) {
        PL_TRY(pl_recorder_write(m->recorder, &witness));
    }
    const uint64_t room = measure(m, witness.size);
    if (room > PL_CERTIFICATE_SIZE_MAX) {
        return PL_REJECT_LIMIT;
    }
    made->capacity = (size_t)room;
    made->bytes = chain->memory.take(chain->memory.context, made->capacity);
    if (made->bytes == NULL) {
        return PL_FAULT_MEMORY;
    }
    pl_writer writer = pl_writer_of(made->bytes, made->capacity);
    const pl_status status = write_all(made, m, &writer, witness.size);
    made->size = writer.size;
    if (status != PL_OK) {
        pl_certified_free(made, chain);
    }
    return status;
}
