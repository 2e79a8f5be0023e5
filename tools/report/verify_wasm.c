/* The verifier for a page: bytes in, JSON out. The page copies a file into the buffer that
 * pt_page_take gives, has it unpacked where it is packed, and asks pt_page_verify. */
#include <stdlib.h>

#include "tools/report/certificate_facts.h"

#define EXPORT(name) __attribute__((export_name(#name)))

/* Gas of block and views together: what a page may be busy with for some seconds. */
#define GAS_MAX (UINT64_C(1) << 33)

static pt_bytes told_json;

uint8_t *pt_page_take(size_t size);
void pt_page_give(uint8_t *bytes);
size_t pt_page_packed(const uint8_t *bytes, size_t size);
size_t pt_page_promised(const uint8_t *bytes, size_t size);
int pt_page_verify(const uint8_t *bytes, size_t size);
const uint8_t *pt_page_json(void);
size_t pt_page_json_size(void);

/* A buffer of the page's; NULL when there is no memory. */
EXPORT(take) uint8_t *pt_page_take(size_t size)
{
    return malloc(size);
}

EXPORT(give) void pt_page_give(uint8_t *bytes)
{
    free(bytes);
}

/* Where the zlib stream of a packed certificate starts, after its check fitted; 0: not packed, or
 * damaged. */
EXPORT(packed) size_t pt_page_packed(const uint8_t *bytes, size_t size)
{
    const uint8_t *stream;
    size_t stream_size, promised;
    return pl_packed_open(&stream, &stream_size, &promised, bytes, size) == PL_OK
               ? (size_t)(stream - bytes)
               : 0;
}

/* How many bytes that stream must give. */
EXPORT(promised) size_t pt_page_promised(const uint8_t *bytes, size_t size)
{
    const uint8_t *stream;
    size_t stream_size, promised = 0;
    (void)!pl_packed_open(&stream, &stream_size, &promised, bytes, size);
    return promised;
}

static void *take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void give(void *context, void *block, size_t size)
{
    (void)context, (void)size;
    free(block);
}

/* Verifies an unpacked certificate; returns its status, 0 for true. */
EXPORT(verify) int pt_page_verify(const uint8_t *bytes, size_t size)
{
    const pl_memory memory = {.take = take, .give = give};
    const pl_verify_options options = {.gas_max = GAS_MAX};
    pl_verifier *verifier;
    pl_verdict verdict;
    pt_facts facts;
    pt_bytes_free(&told_json);
    const pl_status status = pl_verify(&verdict, &verifier, &memory, bytes, size, &options);
    pt_certificate_facts(&facts, &verdict, verifier, size);
    pt_facts_json(&told_json, &facts);
    pt_facts_free(&facts);
    pl_verifier_free(verifier);
    return (int)status;
}

EXPORT(json) const uint8_t *pt_page_json(void)
{
    return told_json.data;
}

EXPORT(json_size) size_t pt_page_json_size(void)
{
    return told_json.size;
}
