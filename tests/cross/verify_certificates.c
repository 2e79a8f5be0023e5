/* Verifies certificates with the core alone, for processors that plim is not built for.
 *
 * stdin: certificates, not packed, each behind its size (u32, big-endian). stdout: of each the JSON
 * that plim verify prints. Exit 2: the input ends inside a certificate, or memory did. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/heap.h"
#include "tools/report/certificate_facts.h"

#define GAS_MAX (UINT64_C(1) << 33)

static void say(const uint8_t *bytes, size_t size)
{
    const pl_verify_options options = {.gas_max = GAS_MAX};
    pl_verifier *verifier;
    pl_verdict verdict;
    pt_facts facts;
    pt_bytes text = {0};
    (void)!pl_verify(&verdict, &verifier, &heap_memory, bytes, size, &options);
    pt_certificate_facts(&facts, &verdict, verifier, size);
    pt_facts_json(&text, &facts);
    (void)fwrite(text.data, 1, text.size, stdout);
    pt_facts_free(&facts);
    pt_bytes_free(&text);
    pl_verifier_free(verifier);
}

int main(void)
{
    uint8_t head[4];
    size_t got;
    while ((got = fread(head, 1, sizeof head, stdin)) == sizeof head) {
        const size_t size =
            (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | (size_t)head[3];
        uint8_t *bytes = malloc(size == 0 ? 1 : size);
        if (bytes == NULL || fread(bytes, 1, size, stdin) != size) {
            (void)fprintf(stderr, "verify_certificates: a certificate of %zu bytes is not there\n",
                          size);
            free(bytes);
            return 2;
        }
        say(bytes, size);
        free(bytes);
    }
    return got == 0 ? 0 : 2;
}
