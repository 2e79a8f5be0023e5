/* Making a certificate out of a run: which block, which questions, which reports. */
#ifndef PT_PLIM_CERTIFY_H
#define PT_PLIM_CERTIFY_H

#include "tools/plim/run.h"
#include "vm/verify.h"

/* What is asked for. */
typedef struct pt_certify {
    uint8_t kind;         /* a pl_certificate_kind */
    uint64_t height;      /* of the block or state; UINT64_MAX: the last */
    bool has_transaction; /* kind block: about this transaction of it, from 0 */
    uint32_t transaction;
    const char *account; /* a name, or NULL: whom the transaction names */
    bool has_told;       /* when it names nobody: whom its events tell of */
    uint8_t told[32];
    bool has_market;
    uint32_t market;
    uint64_t path_from, path_to; /* headers to carry besides those needed; 0: none */
    bool without_world;
} pt_certify;

/* A certificate that verified. */
typedef struct pt_made {
    pt_bytes bytes;
    pl_verdict verdict; /* of its own verification; verifier holds what it points to */
    pl_verifier *verifier;
    pt_bytes world; /* without_world: what the verifier reads instead */
    pt_memory memory;
    uint64_t verify_us;
    bool has_seek;             /* a scan made every row of the state part of it */
    uint32_t reports_left_out; /* evidence that did not verify */
} pt_made;

/* Finds the number-th liquidation (from 1) of a run: fills height, transaction and told.
 * Errors: PT_INPUT when there are fewer, and those of replay. */
pt_exit pt_find_liquidation(pt_certify *wanted, const char *word, uint64_t number,
                            pt_report *report);

/* Replays the run up to the place, makes the certificate with the strongest claim that is true, and
 * verifies it. Afterwards pt_free_certificate is due, also after a failure. */
pt_exit pt_make_certificate(pt_made *made, const char *word, const pt_certify *wanted,
                            pt_report *report);
void pt_free_certificate(pt_made *made);

#endif
