/* Oracle reports: bytes, the feed's rules and the price accepted before go in; a checked price or
 * the number of the rule that failed comes out. spec 05
 *
 * One adapter per format stands behind pl_oracle_read, which checks what the bytes themselves say:
 * shape, signer set, signatures, quorum. pl_oracle_check adds what the feed demands: order, age,
 * scale, bounds. Nothing here allocates, keeps state or reads a clock: the block's time is an
 * argument. This folder alone includes secp256k1.h. */
#ifndef PL_ORACLE_ORACLE_H
#define PL_ORACLE_ORACLE_H

#include <stddef.h>

#include "vm/base/error.h"
#include "vm/base/limits.h"
#include "vm/num/i256.h"
#include "vm/oracle/signature.h"

/* How a feed's reports are written and signed: the rows of formats.def. */
typedef enum pl_feed_format {
#define FORMAT(number, NAME, ...) PL_FEED_##NAME = (number),
#include "vm/oracle/formats.def"
#undef FORMAT
} pl_feed_format;
#define PL_FEED_FORMATS 19u

typedef enum pl_member_kind {
    PL_MEMBER_NONE = 0,
    PL_MEMBER_ADDRESS = 20, /* the last 20 bytes of keccak256 of the key */
    PL_MEMBER_XONLY = 32,   /* x of the key, BIP-340                     */
    PL_MEMBER_KEY = 33      /* compressed key                            */
} pl_member_kind;

typedef enum pl_time_unit {
    PL_TIME_NONE, /* the order key is a counter; the report has no time of its own */
    PL_TIME_S,
    PL_TIME_MS,
    PL_TIME_US,
    PL_TIME_NS
} pl_time_unit;

#define PL_SCALE_FEED 254u /* not signed: feed.wire_decimals              */
#define PL_SCALE_WIRE 253u /* the report carries decimals or an exponent  */
#define PL_SCALE_NONE 252u /* the format has no price                     */

enum {
    PL_FORMAT_LOW_S = 1,
    PL_FORMAT_EXACT = 2,
    PL_FORMAT_STAMP = 4,
    PL_FORMAT_NAMED = 8,
    PL_FORMAT_TRANSPORT = 16,
    PL_FORMAT_SECONDS = 32
};

/* One row of formats.def. */
typedef struct pl_format {
    const char *name;
    uint8_t member_size;   /* a pl_member_kind                     */
    uint8_t time_unit;     /* a pl_time_unit                       */
    uint8_t scale;         /* decimals, or a PL_SCALE_             */
    uint8_t flags;         /* PL_FORMAT_                           */
    pl_status order_error; /* when the order key does not rise     */
} pl_format;
extern const pl_format pl_formats[PL_FEED_FORMATS];

/* deployed: what the verifier on its chain accepts. strict: the same, and low s, no trailing bytes,
 * no duplicate entries. Strict rules are asked last, after order and age: a report that the
 * deployed rules refuse has the same error under both. spec 05 §5 */
typedef enum pl_feed_rules { PL_RULES_DEPLOYED = 0, PL_RULES_STRICT = 1 } pl_feed_rules;

/* How a price is brought to fewer decimals. EXACT refuses a price that would lose digits. */
typedef enum pl_feed_rounding {
    PL_SHRINK_EXACT = 0,
    PL_SHRINK_DOWN = 1, /* towards minus infinity */
    PL_SHRINK_UP = 2,   /* towards plus infinity  */
    PL_SHRINK_HALF_EVEN = 3
} pl_feed_rounding;

/* Members 0..254 of a signer set. */
typedef struct pl_member_set {
    uint64_t bits[4];
} pl_member_set;

static inline bool pl_member_in(const pl_member_set *set, unsigned member)
{
    return (set->bits[member / 64] >> (member % 64) & 1) != 0;
}

static inline void pl_member_add(pl_member_set *set, unsigned member)
{
    set->bits[member / 64] |= UINT64_C(1) << (member % 64);
}

/* Who may sign, from when until when. Sets of a feed are in ascending order of from_s. */
typedef struct pl_signer_set {
    uint64_t from_s;  /* active while from_s <= block time < until_s */
    uint64_t until_s; /* UINT64_MAX: no end                          */
    uint8_t id[32];   /* how the report names it (PL_FORMAT_NAMED); zeros otherwise */
    uint8_t quorum;   /* 1..member_count                             */
    uint8_t member_count;
    const uint8_t *members; /* member_count entries of the format's member size, distinct */
    pl_public_key *keys;    /* PL_MEMBER_KEY: the same, parsed; NULL otherwise            */
} pl_signer_set;

#define PL_NO_FEED UINT32_MAX

/* The rules of one feed, as the world states them. spec 05 §1 */
typedef struct pl_feed {
    uint8_t format;         /* a pl_feed_format                                         */
    uint8_t decimals;       /* 0..77; price 1.5 with 8 decimals is 150000000            */
    uint8_t rules;          /* a pl_feed_rules                                          */
    uint8_t rounding;       /* a pl_feed_rounding, used when the signed scale is finer  */
    uint8_t wire_decimals;  /* PL_SCALE_FEED formats: decimals of the signed price; else 0 */
    uint64_t staleness_s;   /* a report older than this at block time is refused        */
    uint64_t future_s;      /* a report may be this far ahead of block time             */
    pl_i256 min, max;       /* both ends are allowed prices, at `decimals`              */
    const uint8_t *subject; /* what the report must be about; layout per format, spec 05 §4 */
    uint16_t subject_size;
    uint64_t heartbeat_s;    /* an accepted price older than this is no price; 0: no rule */
    uint32_t deviation_bps;  /* largest distance from the last accepted price; 0: no rule */
    uint32_t confidence_bps; /* largest confidence / price; 0: no rule                    */
    uint32_t twap_s;         /* contracts see the mean over this window; 0: the price     */
    uint32_t delay_s;        /* contracts see a price one hop later; 0: at once           */
    uint32_t fallback;       /* feed that is read while this one has no price, or PL_NO_FEED */
    uint16_t set_count;      /* 0 for an unsigned feed */
    pl_signer_set *sets;
    uint32_t key_count;  /* room that belongs to this feed: one key per member of all sets */
    pl_public_key *keys; /* of a KEY format; the sets' keys point into it                  */
} pl_feed;

/* What a report says, once its signatures hold. */
typedef struct pl_reading {
    bool has_price;
    pl_i256 price;
    int32_t exponent;    /* the price is price * 10^exponent */
    bool has_confidence; /* confidence has the scale of price */
    uint64_t confidence;
    bool has_time;
    uint64_t time_s; /* of the price; time_s and time_ns together are exact */
    uint32_t time_ns;
    uint64_t order;        /* rises from one accepted report to the next: the format's time unit, or
                            * epoch * 256 + round */
    uint64_t valid_from_s; /* 0 and UINT64_MAX when the report does not say */
    uint64_t expires_s;
    uint16_t set; /* which of feed.sets */
    pl_member_set signers;
    unsigned signatures;
    unsigned values; /* the price is the median of so many signed values; 0: of none */
    bool has_digest;
    uint8_t digest[32];     /* what the signers signed; of the last signature where they differ */
    pl_status strict_error; /* the first rule broken that only a strict feed has, or PL_OK */
} pl_reading;

/* ---- for people: what is read where ---- */

typedef enum pl_part_kind {
    PL_PART_BYTES,
    PL_PART_UINT, /* big-endian */
    PL_PART_INT,  /* big-endian, two's complement */
    PL_PART_UINT_LE,
    PL_PART_INT_LE,
    PL_PART_TEXT, /* ASCII, zero padding at its end is not text */
    PL_PART_TIME  /* an unsigned time; unit says which */
} pl_part_kind;

typedef struct pl_part {
    const char *name;
    pl_part_kind kind;
    uint8_t unit; /* PL_PART_TIME: a pl_time_unit */
    size_t offset, size;
} pl_part;

/* One signature as it was met. */
typedef struct pl_signature_seen {
    unsigned number;       /* from 0, in the order of the report  */
    const uint8_t *digest; /* 32 bytes                            */
    pl_status status;      /* PL_OK, or why it does not count     */
    bool has_signer;       /* the key was recovered, or is named  */
    uint8_t signer_size;   /* bytes of signer: a pl_member_kind   */
    const uint8_t *signer;
    int member; /* place in the signer set, or -1 */
    bool high_s;
} pl_signature_seen;

/* Told about every part and signature while a report is read. NULL in a run. */
typedef struct pl_observer {
    void *context;
    void (*part)(void *context, const pl_part *part);
    void (*signature)(void *context, const pl_signature_seen *signature);
    bool any_signer; /* inspection: unknown signers, sets, subjects, and quorums do not stop it */
} pl_observer;

/* ---- checking ---- */

/* Verifies the payload of a report by the feed's format, signer sets and subject, at block time
 * now_s (which sets are active). On input: payload, any bytes (after the envelope of spec 05 §2;
 * for PL_FEED_NATIVE and UNSIGNED the whole report, use pl_oracle_check). observer may be NULL.
 * On output: *reading, only for PL_OK. Returns PL_OK or the REJECT of the first rule that fails;
 * what only strict rules refuse stands in reading->strict_error and is returned by
 * pl_policy_check, or here for a transport format, which has no policy. */
PL_MUST_USE pl_status pl_oracle_read(pl_reading *reading, const pl_feed *feed, uint64_t now_s,
                                     const uint8_t *payload, size_t payload_size,
                                     const pl_observer *observer);

/* One price: of an accepted report, or as the table `prices` holds it. exists = false: there is
 * none. */
typedef struct pl_price {
    bool exists;
    uint8_t decimals;
    pl_i256 price;
    uint64_t time_s;
    uint64_t round;        /* the order key                                              */
    uint64_t height;       /* the block that accepted it; pl_oracle_check leaves it 0    */
    uint16_t set;          /* the signer set that signed it                              */
    pl_member_set signers; /* which of its members signed; not in the table              */
} pl_price;

/* A moment: block time has nanoseconds 0; a person's clock may not. */
typedef struct pl_clock {
    uint64_t seconds;
    uint32_t nanoseconds;
} pl_clock;

/* The rules of spec 05 §6 for a reading: order, age, scale, bounds, deviation, confidence, and last
 * what a strict feed adds.
 * On input: last, what the feed accepted before (exists false: nothing).
 * On output: *price at the feed's decimals, exists = true, only for PL_OK. */
PL_MUST_USE pl_status pl_policy_check(pl_price *price, const pl_feed *feed, pl_clock now,
                                      const pl_price *last, const pl_reading *reading);

/* What a check needs besides the report. */
typedef struct pl_report_context {
    const uint8_t *world_id; /* 32 bytes                                                   */
    const pl_feed *feeds;
    uint32_t feed_count;
    uint64_t block_time_s;
    bool bench_skip_signatures; /* benchmarks only: native signatures are not checked      */
} pl_report_context;

/* Reads the envelope every format shares: version u8 = 1 | feed u32 | rest. spec 05 §2
 * On input: any bytes. On output: *feed, or UINT32_MAX when the feed number cannot be read.
 * Returns PL_OK, TRUNCATED, VERSION or FEED; *feed is set for all of them. */
PL_MUST_USE pl_status pl_report_feed(uint32_t *feed, const pl_report_context *context,
                                     const uint8_t *report, size_t report_size);

/* Checks one report by the rules of its feed.
 * On input: report, any bytes; feed, what pl_report_feed found for them; last, the feed's price
 * so far (last->exists false: none). On output: *price, exists = true, only for PL_OK.
 * Returns PL_OK or the REJECT of the first rule that fails. */
PL_MUST_USE pl_status pl_oracle_check(pl_price *price, const pl_report_context *context,
                                      const pl_price *last, uint32_t feed, const uint8_t *report,
                                      size_t report_size);

/* What was found of one report before its turn. spec 06 §4 */
typedef struct pl_report_ahead {
    pl_status status;          /* native: of its signatures; other formats: of pl_oracle_read */
    const pl_reading *reading; /* other formats, with PL_OK; otherwise NULL                   */
} pl_report_ahead;

/* The part of pl_oracle_check that costs curve arithmetic and does not depend on what the feed
 * accepted before: a function of the context and the report alone.
 * On input: as pl_oracle_check. On output: *status, as pl_report_ahead has it; *reading for PL_OK,
 * not of a native feed. Returns false when there is no such part: an unsigned feed, or a native
 * report that is refused before its signatures are looked at; then nothing is written. */
PL_MUST_USE bool pl_oracle_ahead(pl_status *status, pl_reading *reading,
                                 const pl_report_context *context, uint32_t feed,
                                 const uint8_t *report, size_t report_size);

/* pl_oracle_check, taking that part from ahead: what pl_oracle_ahead found for the same context and
 * report. NULL: nothing was found, all is checked here. */
PL_MUST_USE pl_status pl_oracle_decide(pl_price *price, const pl_report_context *context,
                                       const pl_price *last, uint32_t feed, const uint8_t *report,
                                       size_t report_size, const pl_report_ahead *ahead);

/* Checks the rules of a feed against each other, spec 05 §1, and parses the keys of its sets into
 * feed->keys, which has room for all of them (KEY formats; otherwise it may be NULL).
 * Returns PL_OK, TYPE (format, rules, rounding, a transport format), LIMIT (decimals, subject,
 * sets, members), RANGE (quorum, min > max, bounds too large for a mean, times of a set, no set),
 * ORDER, DUPLICATE or NON_CANONICAL. */
PL_MUST_USE pl_status pl_feed_check(pl_feed *feed);

#endif
