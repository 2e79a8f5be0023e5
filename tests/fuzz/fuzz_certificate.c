/* Certificates from outside. The input tells which of a few true ones to start from and how to
 * change it: seed u8 | flags u8 | changes, each: what u8 | where u16 | how u8.
 *
 * flags 1: not sealed again at the end. what: below the count of forgeries one of
 * tests/support/certificate_forge.c, with `where` as its chance; else bytes of the parts are
 * changed at `where`, in the way of `how`. Flag 2: the seed alone is followed by raw bytes that
 * replace it from the format on, and are sealed.
 *
 * What is accepted must be what an honest maker writes of the same block and questions, unless it
 * starts from another state than the true one: a world of its own at height 0. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/target.h"
#include "tests/support/certificate_forge.h"
#include "tests/support/counted_memory.h"
#include "tests/support/heap.h"
#include "tests/support/tiny_world.h"
#include "vm/base/bytes.h"
#include "vm/oracle/native.h"

enum { HEIGHTS = 4, SEEDS = 2 * HEIGHTS + 1, BANK = 1, TWIN = 2 };

static uint8_t world[TINY_WORLD_SIZE_MAX];
static size_t world_size;
static pl_chain *chains[HEIGHTS + 1]; /* that stand after this height */
static pt_bytes blocks[HEIGHTS];
static uint8_t headers[HEIGHTS * PL_HEADER_SIZE];
static piece reports[HEIGHTS];
static pt_bytes seeds[SEEDS]; /* states of heights 0 .. , then blocks 1 .. */
static const uint8_t nobody[32] = {0};

/* ---- the true ones ---- */

static void add_report(tiny_body *body, uint64_t number)
{
    uint8_t report[PL_NATIVE_SIZE_MAX];
    static const uint8_t order[] = {0, 2};
    const report_spec spec = {pl_chain_world(chains[0])->id,
                              TINY_ETH,
                              number,
                              TINY_TIME + number,
                              (int64_t)(100 + number),
                              8,
                              tiny_signers(),
                              order,
                              2};
    tiny_body_report(body, report, report_make(report, &spec));
}

static void add_call(tiny_body *body, uint32_t contract, uint16_t function, int64_t k, uint64_t v)
{
    uint8_t tx[256];
    const tiny_call call = {.contract = contract,
                            .function = function,
                            .k = k,
                            .v = v,
                            .has_v = function != TINY_DELETE,
                            .gas = 9000};
    tiny_body_tx(body, tx, tiny_tx(tx, &call));
}

static void make_blocks(void)
{
    static tiny_body body;
    for (unsigned i = 0; i <= HEIGHTS; i++) {
        MUST(pl_chain_create(&chains[i], NULL, &heap_memory, world, world_size) == PL_OK);
    }
    for (unsigned i = 0; i < HEIGHTS; i++) {
        pl_block_result result;
        tiny_body_begin(&body);
        if (i % 2 == 0) {
            add_report(&body, i + 1);
        }
        tiny_body_transactions(&body);
        add_call(&body, BANK, TINY_PUT, (int64_t)i * 10 - 15, i + 1);
        add_call(&body, TWIN, TINY_FAIL, i, i);
        add_call(&body, BANK, TINY_DELETE, i == 2 ? 5 : -15, 0);
        MUST(pl_chain_seal_block(&result, chains[i + 1], TINY_TIME + i, body.bytes, body.size,
                                 NULL) == PL_OK);
        pt_put(&blocks[i], result.block, result.block_size);
        memcpy(headers + i * PL_HEADER_SIZE, result.block, PL_HEADER_SIZE);
        for (unsigned later = i + 2; later <= HEIGHTS; later++) {
            MUST(pl_chain_replay_block(&result, chains[later], blocks[i].data, blocks[i].size,
                                       NULL) == PL_OK);
        }
        const uint8_t *at = blocks[i].data + PL_HEADER_SIZE;
        if (pl_load_u32(at) > 0) {
            reports[i] = (piece){at + 8, pl_load_u32(at + 4)};
        }
    }
    for (unsigned i = 0; i < HEIGHTS;
         i++) { /* chain i + 1 went ahead by sealing; the rest follow */
        pl_head head;
        pl_chain_head(&head, chains[i + 1]);
        MUST(head.height == i + 1);
    }
}

static void keep(pt_bytes *to, pl_chain *chain, const pl_certify *request)
{
    pl_certified made;
    MUST(pl_chain_certify(&made, chain, request) == PL_OK);
    to->size = 0;
    pt_put(to, made.bytes, made.size);
    pl_certified_free(&made, chain);
}

/* Of one height, with questions, a longer path, and evidence where an earlier price is read. */
static void make_seed(unsigned height, bool is_block)
{
    uint8_t key[8] = {0}, eth[8] = {0};
    key[7] = 5;
    const pl_certified_view views[] = {
        {.moment = 1,
         .contract = BANK,
         .function = TINY_GET,
         .arguments = key,
         .arguments_size = 8},
        {.moment = PL_MOMENT_END,
         .contract = BANK,
         .function = TINY_PRICE,
         .arguments = eth,
         .arguments_size = 8},
        {.moment = PL_MOMENT_END, .contract = TWIN, .function = TINY_CLOCK}};
    const unsigned first = height <= 1 ? 1 : height - is_block;
    const unsigned last = height < HEIGHTS && height > 0 ? height + 1 : height;
    const piece report = reports[height >= 2 && reports[height - 1].size == 0 ? height - 2 : 0];
    const pl_evidence evidence = {TINY_ETH, report.bytes, (uint32_t)report.size};
    const pl_certify request = {.kind = is_block ? PL_CERTIFIES_BLOCK : PL_CERTIFIES_STATE,
                                .headers =
                                    height == 0 ? NULL : headers + (first - 1) * PL_HEADER_SIZE,
                                .header_count = height == 0 ? 0 : last - first + 1,
                                .block = is_block ? blocks[height - 1].data : NULL,
                                .block_size = is_block ? blocks[height - 1].size : 0,
                                .views = is_block ? views : views + 1,
                                .view_count = is_block ? 3 : 2,
                                .evidence = &evidence,
                                .evidence_count = height >= 2 && height % 2 == 0,
                                .claim = {is_block ? PL_CLAIM_TRANSACTION : PL_CLAIM_BLOCK,
                                          is_block ? 0 : UINT32_MAX, nobody, UINT16_MAX}};
    keep(&seeds[is_block ? HEIGHTS + height : height], chains[height - is_block], &request);
}

static void begin(void)
{
    world_size = tiny_world(world, sizeof world, false);
    make_blocks();
    for (unsigned height = 0; height <= HEIGHTS; height++) {
        make_seed(height, false);
        if (height > 0) {
            make_seed(height, true);
        }
    }
}

/* ---- judging ---- */

/* The same said by an honest maker; chain: with the state that it starts from. */
static void must_be_honest(const uint8_t *bytes, size_t size, const pl_certificate *of,
                           pl_chain *chain)
{
    static pl_certified_view views[VIEWS_MAX];
    static pl_evidence evidence[EVIDENCE_MAX];
    static uint8_t path[LINKS_MAX * PL_HEADER_SIZE];
    pt_bytes block = {0}, honest = {0};
    size_t offset = 0;
    if (of->header_count > LINKS_MAX || of->view_count > VIEWS_MAX ||
        of->evidence_count > EVIDENCE_MAX) {
        return;
    }
    for (uint32_t i = 0; i < of->header_count; i++) {
        pl_header header;
        pl_certificate_header(&header, of, pl_load_u64(of->first_header + 38) + i);
        pl_header_encode(path + i * PL_HEADER_SIZE, &header);
    }
    for (uint32_t i = 0; i < of->view_count; i++) {
        MUST(pl_certificate_view_next(&views[i], &offset, of));
    }
    offset = 0;
    for (uint32_t i = 0; i < of->evidence_count; i++) {
        MUST(pl_certificate_evidence_next(&evidence[i], &offset, of));
    }
    if (of->kind == PL_CERTIFIES_BLOCK) {
        const uint64_t at = of->height - pl_load_u64(of->first_header + 38);
        pt_put(&block, path + at * PL_HEADER_SIZE, PL_HEADER_SIZE);
        pt_put(&block, of->body, of->body_size);
    }
    const pl_certify request = {.kind = of->kind,
                                .without_world = of->world == NULL,
                                .headers = path,
                                .header_count = of->header_count,
                                .block = block.data,
                                .block_size = block.size,
                                .views = views,
                                .view_count = of->view_count,
                                .evidence = evidence,
                                .evidence_count = of->evidence_count,
                                .claim = of->claim};
    keep(&honest, chain, &request);
    MUST(honest.size == size && memcmp(honest.data, bytes, size) == 0);
    pt_bytes_free(&block);
    pt_bytes_free(&honest);
}

static void judge(const uint8_t *bytes, size_t size)
{
    counted_memory counted;
    pl_verifier *verifier;
    pl_verdict verdict;
    const pl_verify_options options = {
        .world = world, .world_size = world_size, .gas_max = UINT64_C(1) << 33};
    counted_memory_init(&counted);
    const pl_status status = pl_verify(&verdict, &verifier, &counted.memory, bytes, size, &options);
    MUST(status == PL_OK || pl_is_reject(status) || status == PL_FAULT_UNSUPPORTED);
    MUST((status == PL_OK) == (verdict.step == PL_VERIFY_DONE) && verdict.offset <= size);
    if (status == PL_OK) {
        const pl_certificate *of = &verdict.certificate;
        const uint64_t base = of->height - (of->kind == PL_CERTIFIES_BLOCK);
        pl_head head;
        MUST(base <= HEIGHTS);
        pl_chain_head(&head, chains[base]);
        if (base > 0 || memcmp(verdict.world_id, pl_chain_world(chains[0])->id, 32) == 0) {
            MUST(memcmp(verdict.pre_root, head.state_root, 32) == 0);
            must_be_honest(bytes, size, of, chains[base]);
        }
    }
    pl_verifier_free(verifier);
    MUST(counted.out == 0);
}

/* ---- changing ---- */

/* Changes a few bytes of the parts. */
static void edit(pt_bytes *parts, size_t where, uint8_t how)
{
    static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xfe, 0xff, 0x2a};
    if (parts->size == 0) {
        return;
    }
    uint8_t *at = parts->data + where % parts->size;
    const size_t left = (size_t)(parts->data + parts->size - at);
    const size_t wanted = 1u + how % 8, count = wanted < left ? wanted : left;
    uint8_t kept[8];
    switch (how / 32) {
    case 0:
        *at ^= (uint8_t)(1u << how % 8);
        break;
    case 1:
        *at = (uint8_t)(*at + 1);
        break;
    case 2:
        *at = (uint8_t)(*at - 1);
        break;
    case 3:
        *at = values[how % 8];
        break;
    case 4: /* out */
        memmove(at, at + count, left - count);
        parts->size -= count;
        break;
    case 5: /* again, at the end */
        memcpy(kept, at, count);
        pt_put(parts, kept, count);
        break;
    case 6:
        memset(at, values[how % 8], count);
        break;
    default: /* the end cut off */
        parts->size -= count;
    }
}

/* One of the forgeries on what is so far. */
static void forge_once(pt_bytes *certificate, const pl_chain *chain, unsigned what, size_t where,
                       uint8_t how)
{
    static pieces base, other;
    const pt_bytes *second = &seeds[how % SEEDS];
    pt_bytes copy = {0};
    pt_put(&copy, certificate->data, certificate->size);
    forge f = {.chain = (pl_chain *)(uintptr_t)chain,
               .random = where * 256 + how,
               .old_report = reports[0],
               .certificate = {copy.data, copy.size},
               .base = &base};
    f.other = pieces_of(&other, second->data, second->size) ? &other : NULL;
    if (pieces_of(&base, copy.data, copy.size) && forge_begin(&f) && forgeries[what].make(&f)) {
        certificate->size = 0;
        pt_put(certificate, f.out.data, f.out.size);
    }
    forge_end(&f);
    pt_bytes_free(&copy);
}

static void change(pt_bytes *certificate, const uint8_t *data, size_t size, unsigned seed)
{
    const unsigned base = seed <= HEIGHTS ? seed : seed - HEIGHTS - 1;
    for (; size >= 4; data += 4, size -= 4) {
        if (data[0] < forgery_count) {
            forge_once(certificate, chains[base], data[0], pl_load_u16(data + 1), data[3]);
        } else if (certificate->size >= PL_SEAL_SIZE) { /* between the seal, which is made anew */
            certificate->size -= PL_SEAL_SIZE;
            edit(certificate, pl_load_u16(data + 1), data[3]);
            certificate_seal(certificate);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (world_size == 0) {
        begin();
    }
    if (size < 2) {
        return 0;
    }
    const unsigned seed = data[0] % SEEDS;
    pt_bytes certificate = {0};
    if ((data[1] & 2) != 0) {
        pt_put(&certificate, "PLCT\0\1", 6);
        pt_put(&certificate, data + 2, size - 2);
        certificate_seal(&certificate);
    } else {
        pt_put(&certificate, seeds[seed].data, seeds[seed].size);
        change(&certificate, data + 2, size - 2, seed);
    }
    if ((data[1] & 1) != 0 && certificate.size > 0) {
        certificate.data[pl_load_u16(data) % certificate.size] ^= 1;
    }
    uint8_t *exact = malloc(certificate.size + 1); /* so that reading beyond it is seen */
    MUST(exact != NULL);
    uint8_t *end = exact + 1;
    if (certificate.size > 0) {
        memcpy(end, certificate.data, certificate.size);
    }
    judge(end, certificate.size);
    free(exact);
    pt_bytes_free(&certificate);
    return 0;
}
