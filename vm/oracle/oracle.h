/* Oracle reports: bytes, the feed's rules and the price accepted before go in; a checked price or
 * the number of the rule that failed comes out. spec 05
 *
 * One adapter per format stands behind pl_oracle_check. Nothing here allocates, keeps state or
 * reads a clock: the block's time is an argument. This folder alone includes secp256k1.h. */
#ifndef PL_ORACLE_ORACLE_H
#define PL_ORACLE_ORACLE_H

#include <stddef.h>

#include "vm/base/error.h"
#include "vm/base/limits.h"
#include "vm/num/i256.h"
#include "vm/oracle/signature.h"

/* How a feed's reports are written and signed. Numbers are consensus (spec 05 §1). */
typedef enum pl_feed_format {
    PL_FEED_UNSIGNED = 0, /* the native layout without signatures; every report about it says so */
    PL_FEED_NATIVE = 1    /* m-of-n ECDSA over secp256k1, spec 05 §2                             */
} pl_feed_format;
#define PL_FEED_FORMATS 2u

/* The rules of one feed, as the world file states them. */
typedef struct pl_feed {
    uint8_t format;   /* a pl_feed_format                                         */
    uint8_t decimals; /* 0..77; price 1.5 with 8 decimals is 150000000            */
    uint8_t quorum;   /* 1..signer_count; 0 for unsigned                          */
    uint8_t signer_count;
    uint64_t staleness_s;       /* a report older than this at block time is refused        */
    uint64_t future_s;          /* a report may be this far ahead of block time             */
    pl_i256 min, max;           /* both ends are allowed prices                             */
    const uint8_t *signer_keys; /* signer_count keys of 33 bytes, ascending, distinct       */
    pl_public_key *keys;        /* the same, parsed; NULL for an unsigned feed              */
} pl_feed;

/* One price, as the table `prices` holds it. exists = false: no report was accepted yet. */
typedef struct pl_price {
    bool exists;
    uint8_t decimals;
    pl_i256 price;
    uint64_t time_s;
    uint64_t round;
    uint64_t height;  /* the block that accepted it; pl_oracle_check leaves it 0      */
    uint64_t signers; /* bit i: signer i of the feed's list signed; not in the table  */
} pl_price;

/* What a check needs besides the report. */
typedef struct pl_report_context {
    const uint8_t *world_id; /* 32 bytes                                                   */
    const pl_feed *feeds;
    uint32_t feed_count;
    uint64_t block_time_s;
    bool bench_skip_signatures; /* benchmarks only: rule 7 of spec 05 §3 is not checked    */
} pl_report_context;

/* Reads the envelope every format shares: version u8 = 1 | feed u32 | rest. spec 05 §2
 * On input: any bytes. On output: *feed, or UINT32_MAX when the feed number cannot be read.
 * Returns PL_OK, TRUNCATED, VERSION or FEED; *feed is set for all of them. */
PL_MUST_USE pl_status pl_report_feed(uint32_t *feed, const pl_report_context *context,
                                     const uint8_t *report, size_t report_size);

/* Checks one report by the rules of its feed, in the order of spec 05 §3.
 * On input: report, any bytes; feed, what pl_report_feed found for them; last, the feed's price
 * so far (last->exists false: none). On output: *price, exists = true, only for PL_OK.
 * Returns PL_OK or the REJECT of the first rule that fails. */
PL_MUST_USE pl_status pl_oracle_check(pl_price *price, const pl_report_context *context,
                                      const pl_price *last, uint32_t feed, const uint8_t *report,
                                      size_t report_size);

/* Checks the rules of a feed against each other: a known format, decimals, quorum, min <= max,
 * and for signed feeds ascending, distinct keys on the curve; fills keys (room for
 * feed->signer_count entries; untouched when there is none) but does not set feed->keys.
 * Returns PL_OK, TYPE (format), LIMIT (decimals, signers), RANGE (quorum, min > max),
 * ORDER, DUPLICATE or NON_CANONICAL (a key that is no point, signers of an unsigned feed). */
PL_MUST_USE pl_status pl_feed_check(const pl_feed *feed, pl_public_key *keys);

#endif
