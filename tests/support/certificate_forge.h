/* Changed copies of a true certificate, by rule: what somebody would try who wants a false one to
 * pass, or a true one to say more. */
#ifndef PL_SUPPORT_CERTIFICATE_FORGE_H
#define PL_SUPPORT_CERTIFICATE_FORGE_H

#include "tests/support/certificate_pieces.h"

typedef struct forge {
    pl_chain *chain;     /* stands at the base of `base`, with all its rows */
    piece certificate;   /* whose pieces `base` are          */
    const pieces *base;  /* the true one                     */
    const pieces *other; /* another true one, or NULL        */
    piece old_report;    /* of some feed, from before, or size 0 */
    uint64_t random;     /* the seed; moves on               */
    nodes nodes;         /* of base->witness                 */
    pieces work;         /* what comes after is scratch      */
    pt_bytes scratch, more;
    pt_bytes out;
} forge;

/* Once per base: its nodes. */
bool forge_begin(forge *f);
void forge_end(forge *f);

/* Returns 0 .. below - 1; below > 0. */
uint32_t forge_pick(forge *f, size_t below);

typedef struct forgery {
    const char *name;
    bool (*make)(forge *f); /* fills f->out; false: nothing here to be changed so */
} forgery;

extern const forgery forgeries[];
extern const unsigned forgery_count;

#endif
