/* Signatures for imported prices. Recorded prices come without oracle signatures; a *stand-in* key
 * signs them, so that the replay exercises the real path. World, report and archive say "stand-in
 * signer". */
#ifndef PT_IMPORT_SIGNER_H
#define PT_IMPORT_SIGNER_H

#include "tools/common/bytes.h"
#include "tools/common/report.h"
#include "vm/num/u256.h"

typedef struct pt_signer {
    void *context; /* of the library that signs */
    uint8_t secret[32];
    uint8_t public_key[33]; /* compressed */
} pt_signer;

/* The phrase in feed notes and labels by which tools know a stand-in. */
#define PT_STAND_IN "stand-in signer"

/* The key is a hash of the world's name: anybody can make it, it proves nothing about a price. */
pt_exit pt_signer_open(pt_signer *signer, const char *world_name, pt_report *report);
void pt_signer_close(pt_signer *signer);

/* What a report says. */
typedef struct pt_price_report {
    uint32_t feed;
    uint64_t round;
    uint64_t time_s;
    pl_i256 price;
    uint8_t decimals;
} pt_price_report;

/* Appends one native report signed by this signer, as signer 0 of a 1-of-1 feed (spec 05 §2). */
pt_exit pt_signer_report(pt_bytes *bytes, const pt_signer *signer, const uint8_t world_id[32],
                         const pt_price_report *price, pt_report *report);

#endif
