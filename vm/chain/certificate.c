/* Taking certificates apart. decode() is the table of contents; spec 10 §2 has the same lines, and
 * each part is judged as soon as it was read. */
#include "vm/chain/certificate.h"

#include "vm/base/assume.h"
#include "vm/base/sha256.h"
#include "vm/chain/certified.h"

static const uint8_t magic[4] = {'P', 'L', 'C', 'T'};
static const uint8_t packed_magic[4] = {'P', 'L', 'C', 'Z'};
static const uint8_t no_account[32] = {0};
#define FORMAT              1u
#define PACKED_FORMAT       1u
#define PACKED_CHECK_OFFSET 10u
#define PACKED_RATIO_MAX    1100u /* deflate makes at most 1032 bytes out of one */

_Static_assert(PACKED_CHECK_OFFSET + 32u == PL_PACKED_HEAD_SIZE, "the parts before the stream");

/* ---- parts ---- */

static pl_status take_head(pl_reader *reader)
{
    const uint8_t *start;
    uint16_t format;
    PL_TRY(pl_reader_bytes(reader, &start, sizeof magic));
    if (memcmp(start, magic, sizeof magic) != 0) {
        return PL_REJECT_MAGIC;
    }
    PL_TRY(pl_reader_u16(reader, &format));
    if (format != FORMAT) {
        return PL_REJECT_VERSION;
    }
    return PL_OK;
}

/* The last bytes; what stands between is left to be read. */
static pl_status take_seal(pl_certificate *to, pl_reader *reader)
{
    uint8_t seal[PL_SEAL_SIZE];
    if (pl_reader_left(reader) < PL_SEAL_SIZE) {
        return PL_REJECT_TRUNCATED;
    }
    reader->size -= PL_SEAL_SIZE;
    to->seal = reader->bytes + reader->size;
    pl_certificate_seal(seal, reader->bytes, reader->size);
    if (memcmp(seal, to->seal, sizeof seal) != 0) {
        reader->offset = reader->size;
        return PL_REJECT_CHECK;
    }
    return PL_OK;
}

static pl_status take_subject(pl_certificate *to, pl_reader *reader)
{
    PL_TRY(pl_reader_u8(reader, &to->kind));
    if (to->kind != PL_CERTIFIES_BLOCK && to->kind != PL_CERTIFIES_STATE) {
        return PL_REJECT_TYPE;
    }
    return pl_reader_u64(reader, &to->height);
}

/* `size u32 | bytes`. */
static pl_status take_sized(const uint8_t **bytes, uint32_t *size, pl_reader *reader)
{
    PL_TRY(pl_reader_u32(reader, size));
    return pl_reader_bytes(reader, bytes, *size);
}

static pl_status take_headers(pl_certificate *to, pl_reader *reader)
{
    pl_header first;
    PL_TRY(pl_reader_u32(reader, &to->header_count));
    if (to->header_count == 0) {
        return PL_OK;
    }
    const size_t start = reader->offset;
    PL_TRY(pl_reader_bytes(reader, &to->first_header, PL_HEADER_SIZE));
    const pl_status status = pl_header_decode(&first, to->first_header);
    if (status != PL_OK) {
        reader->offset = start;
        return status;
    }
    const uint64_t links_size = (uint64_t)(to->header_count - 1) * PL_LINK_SIZE;
    if (links_size > pl_reader_left(reader)) {
        return PL_REJECT_TRUNCATED;
    }
    return pl_reader_bytes(reader, &to->links, (size_t)links_size);
}

static pl_status take_body(pl_certificate *to, pl_reader *reader)
{
    const size_t start = reader->offset;
    PL_TRY(pl_reader_u32(reader, &to->body_size));
    if (to->kind == PL_CERTIFIES_STATE && to->body_size != 0) {
        reader->offset = start;
        return PL_REJECT_LIMIT;
    }
    return pl_reader_bytes(reader, &to->body, to->body_size);
}

static pl_status take_view(pl_certified_view *view, pl_reader *reader)
{
    uint16_t status;
    PL_TRY(pl_reader_u32(reader, &view->moment));
    PL_TRY(pl_reader_u32(reader, &view->contract));
    PL_TRY(pl_reader_u16(reader, &view->function));
    PL_TRY(pl_reader_u16(reader, &view->arguments_size));
    PL_TRY(pl_reader_bytes(reader, &view->arguments, view->arguments_size));
    PL_TRY(pl_reader_u16(reader, &status));
    PL_TRY(pl_reader_u16(reader, &view->result_size));
    view->status = (pl_status)status;
    return pl_reader_bytes(reader, &view->result, view->result_size);
}

static pl_status take_evidence(pl_evidence *evidence, pl_reader *reader)
{
    PL_TRY(pl_reader_u32(reader, &evidence->feed));
    return take_sized(&evidence->report, &evidence->report_size, reader);
}

static int compare(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

int pl_certified_view_compare(const pl_certified_view *a, const pl_certified_view *b)
{
    int order = compare(a->moment, b->moment);
    order = order != 0 ? order : compare(a->contract, b->contract);
    order = order != 0 ? order : compare(a->function, b->function);
    const size_t both =
        a->arguments_size < b->arguments_size ? a->arguments_size : b->arguments_size;
    if (order == 0 && both > 0) {
        order = memcmp(a->arguments, b->arguments, both);
    }
    return order != 0 ? order : compare(a->arguments_size, b->arguments_size);
}

static pl_status take_views(pl_certificate *to, pl_reader *reader)
{
    pl_certified_view last = {0}, view;
    PL_TRY(pl_reader_u16(reader, &to->view_count));
    const size_t start = reader->offset;
    for (uint32_t i = 0; i < to->view_count; i++) {
        const size_t here = reader->offset;
        PL_TRY(take_view(&view, reader));
        const bool is_moment = to->kind == PL_CERTIFIES_BLOCK || view.moment == PL_MOMENT_END;
        if (!is_moment || (i > 0 && pl_certified_view_compare(&last, &view) >= 0)) {
            reader->offset = here;
            return is_moment ? PL_REJECT_ORDER : PL_REJECT_RANGE;
        }
        last = view;
    }
    to->views = reader->bytes + start;
    to->views_size = reader->offset - start;
    return PL_OK;
}

static pl_status take_evidences(pl_certificate *to, pl_reader *reader)
{
    uint32_t last = 0;
    PL_TRY(pl_reader_u16(reader, &to->evidence_count));
    const size_t start = reader->offset;
    for (uint32_t i = 0; i < to->evidence_count; i++) {
        const size_t here = reader->offset;
        pl_evidence evidence;
        PL_TRY(take_evidence(&evidence, reader));
        if (i > 0 && evidence.feed <= last) {
            reader->offset = here;
            return PL_REJECT_ORDER;
        }
        last = evidence.feed;
    }
    to->evidence = reader->bytes + start;
    to->evidence_size = reader->offset - start;
    return PL_OK;
}

/* spec 10 §7: what a kind has no use for has one value. */
static pl_status check_claim_form(const pl_certificate *of)
{
    const pl_certified_claim *claim = &of->claim;
    const bool has_transaction =
        claim->kind == PL_CLAIM_TRANSACTION || claim->kind == PL_CLAIM_TRIGGER;
    const bool has_view = claim->kind >= PL_CLAIM_TRIGGER;
    if (claim->kind > PL_CLAIM_NOT_BELOW) {
        return PL_REJECT_TYPE;
    }
    if (has_transaction ? of->kind != PL_CERTIFIES_BLOCK : claim->transaction != UINT32_MAX) {
        return PL_REJECT_CLAIM;
    }
    if (has_view ? claim->view >= of->view_count
                 : claim->view != UINT16_MAX || memcmp(claim->account, no_account, 32) != 0) {
        return PL_REJECT_CLAIM;
    }
    return PL_OK;
}

static pl_status take_claim(pl_certificate *to, pl_reader *reader)
{
    const size_t start = reader->offset;
    PL_TRY(pl_reader_u8(reader, &to->claim.kind));
    PL_TRY(pl_reader_u32(reader, &to->claim.transaction));
    PL_TRY(pl_reader_bytes(reader, &to->claim.account, 32));
    PL_TRY(pl_reader_u16(reader, &to->claim.view));
    const pl_status status = check_claim_form(to);
    if (status != PL_OK) {
        reader->offset = start;
    }
    return status;
}

/* ---- the whole ---- */

static pl_status decode(pl_certificate *to, pl_reader *reader)
{
    PL_TRY(take_head(reader));
    PL_TRY(take_seal(to, reader));
    PL_TRY(take_subject(to, reader));
    PL_TRY(take_sized(&to->world, &to->world_size, reader));
    PL_TRY(take_headers(to, reader));
    PL_TRY(take_sized(&to->witness, &to->witness_size, reader));
    PL_TRY(take_body(to, reader));
    PL_TRY(take_views(to, reader));
    PL_TRY(take_evidences(to, reader));
    PL_TRY(take_claim(to, reader));
    return pl_reader_end(reader);
}

pl_status pl_certificate_decode(pl_certificate *certificate, size_t *offset, const uint8_t *bytes,
                                size_t size)
{
    pl_reader reader = pl_reader_of(bytes, size);
    *certificate = (pl_certificate){0};
    *offset = 0;
    if (size > PL_CERTIFICATE_SIZE_MAX) {
        return PL_REJECT_LIMIT;
    }
    const pl_status status = decode(certificate, &reader);
    *offset = reader.offset;
    if (certificate->world_size == 0) {
        certificate->world = NULL;
    }
    return status;
}

bool pl_certificate_view_next(pl_certified_view *view, size_t *offset, const pl_certificate *of)
{
    if (*offset >= of->views_size) {
        return false;
    }
    pl_reader reader = pl_reader_of(of->views, of->views_size);
    reader.offset = *offset;
    const pl_status status = take_view(view, &reader);
    PL_ASSERT(status == PL_OK); /* decoding proved it */
    *offset = reader.offset;
    return true;
}

bool pl_certificate_evidence_next(pl_evidence *evidence, size_t *offset, const pl_certificate *of)
{
    if (*offset >= of->evidence_size) {
        return false;
    }
    pl_reader reader = pl_reader_of(of->evidence, of->evidence_size);
    reader.offset = *offset;
    const pl_status status = take_evidence(evidence, &reader);
    PL_ASSERT(status == PL_OK); /* decoding proved it */
    *offset = reader.offset;
    return true;
}

void pl_certificate_header(pl_header *header, const pl_certificate *certificate, uint64_t height)
{
    PL_ASSERT(certificate->header_count > 0);
    const pl_status status = pl_header_decode(header, certificate->first_header);
    PL_ASSERT(status == PL_OK); /* decoding proved it */
    PL_ASSERT(height >= header->height && height - header->height < certificate->header_count);
    const uint8_t *link = certificate->links;
    for (; header->height < height; link += PL_LINK_SIZE) {
        uint8_t hash[PL_HASH_SIZE];
        pl_header_hash(hash, header);
        header->height++;
        header->time_s = pl_load_u64(link);
        memcpy(header->parent, hash, PL_HASH_SIZE);
        memcpy(header->body_hash, link + 8, PL_HASH_SIZE);
        memcpy(header->state_root, link + 40, PL_HASH_SIZE);
        memcpy(header->receipts_hash, link + 72, PL_HASH_SIZE);
    }
}

void pl_certificate_seal(uint8_t *seal, const uint8_t *bytes, size_t size)
{
    pl_tagged_of(seal, &pl_tag_certificate, bytes, size);
}

/* ---- packed ---- */

/* check = SHA256(everything before it | deflated). */
static void check_of(uint8_t *check, const uint8_t *head, const uint8_t *deflated, size_t size)
{
    pl_sha256 sha;
    pl_sha256_begin(&sha);
    pl_sha256_add(&sha, head, PACKED_CHECK_OFFSET);
    pl_sha256_add(&sha, deflated, size);
    pl_sha256_end(&sha, check);
}

pl_status pl_packed_open(const uint8_t **deflated, size_t *deflated_size, size_t *size,
                         const uint8_t *bytes, size_t bytes_size)
{
    uint8_t check[PL_HASH_SIZE];
    if (bytes_size < PL_PACKED_HEAD_SIZE) {
        return PL_REJECT_TRUNCATED;
    }
    if (memcmp(bytes, packed_magic, sizeof packed_magic) != 0) {
        return PL_REJECT_MAGIC;
    }
    if (pl_load_u16(bytes + 4) != PACKED_FORMAT) {
        return PL_REJECT_VERSION;
    }
    *size = pl_load_u32(bytes + 6);
    *deflated = bytes + PL_PACKED_HEAD_SIZE;
    *deflated_size = bytes_size - PL_PACKED_HEAD_SIZE;
    if (*size > PL_CERTIFICATE_SIZE_MAX || *size / PACKED_RATIO_MAX > *deflated_size ||
        (*size / PACKED_RATIO_MAX == *deflated_size && *size % PACKED_RATIO_MAX != 0)) {
        return PL_REJECT_LIMIT;
    }
    check_of(check, bytes, *deflated, *deflated_size);
    return memcmp(check, bytes + PACKED_CHECK_OFFSET, sizeof check) == 0 ? PL_OK : PL_REJECT_CHECK;
}

void pl_packed_head(uint8_t *head, size_t size, const uint8_t *deflated, size_t deflated_size)
{
    PL_ASSERT(size <= PL_CERTIFICATE_SIZE_MAX);
    memcpy(head, packed_magic, sizeof packed_magic);
    pl_store_u16(head + 4, PACKED_FORMAT);
    pl_store_u32(head + 6, (uint32_t)size);
    check_of(head + PACKED_CHECK_OFFSET, head, deflated, deflated_size);
}
