/* A recorded run of a lending protocol as lines of JSON, and the bridge from its values to a
 * contract's.
 *
 * Everything that is common to the protocols lives here; what a protocol's calls and observables
 * are called is a table of its own (aave_v3.c). */
#ifndef PT_IMPORT_TRACE_H
#define PT_IMPORT_TRACE_H

#include "tools/common/expect.h"
#include "tools/common/json.h"
#include "tools/import/signer.h"
#include "tools/import/world_build.h"

/* How a value of the trace becomes a contract's value. */
typedef enum pt_kind {
    PT_KIND_PLAIN = 0, /* decimal string, JSON integer or boolean */
    PT_KIND_ASSET,     /* a reserve's symbol: its number          */
    PT_KIND_USER,      /* a name: its account                     */
    PT_KIND_ASSETS     /* a list of symbols: bit mask of numbers, ascending */
} pt_kind;

typedef struct pt_key_kind {
    const char *key; /* as the trace spells it */
    pt_kind kind;
} pt_key_kind;

/* 128 reserves is what a user's word has bits for. */
enum { PT_ASSETS_MAX = 128, PT_USERS_MAX = 1024, PT_FEEDS_EXTRA_MAX = 8 };

/* An error of Aave v3.0: its number there and its name. */
typedef struct pt_error_code {
    const char *code;
    const char *name;
} pt_error_code;

/* A failure of Solidity or its libraries that is a trap here. */
typedef struct pt_trap_name {
    const char *kind; /* of the recorded error */
    const char *name; /* with a space at its end: how it begins */
    pl_status status;
} pt_trap_name;

/* One view whose results the trace records. How result r is found in a state object: */
typedef struct pt_view_source {
    const char *key; /* member of the object; NULL: element `index` of the array */
    size_t index;
} pt_view_source;

typedef struct pt_view {
    uint32_t function;
    size_t member_count; /* of the object or array in the header's state */
    const char *other;   /* a member that other views read, or NULL */
    pt_view_source sources[PL_RESULTS_MAX];
} pt_view;

typedef struct pt_trace pt_trace;

/* What differs between protocols. */
typedef struct pt_protocol {
    const char *name;                  /* the header's "protocol"                       */
    const char *source;                /* file in the contracts folder                  */
    const char *contract;              /* its name in the world                         */
    const pt_key_kind *argument_kinds; /* ended by a NULL key                 */
    const pt_key_kind *event_kinds;    /* ended by a NULL key                 */
    const char *const *extra_people;   /* callers that no list names; NULL-ended */
    const pt_error_code *error_codes;  /* ended by a NULL code; NULL: errors have no numbers */
    const pt_trap_name *traps;         /* ended by a NULL kind                */
    const char *token_error;           /* the token double's text, also the contract's error */
    /* Checks that the header has no unknown key and does not contradict its own state. */
    pt_exit (*check)(const pt_json *header, pt_report *report);
    /* Adds feeds, rows and labels to trace->build. */
    pt_exit (*genesis)(pt_trace *trace, const pt_json *header, pt_report *report);
    /* Fills trace->views. */
    pt_exit (*views)(pt_trace *trace, const pt_json *header, pt_report *report);
} pt_protocol;

struct pt_trace {
    const char *file;
    const pt_protocol *protocol;
    const pl_code *code;
    pt_build build;
    pt_signer signer;
    char assets[PT_ASSETS_MAX][33];
    size_t asset_count;
    char users[PT_USERS_MAX][33];
    size_t user_count;                                   /* those with observed state come first */
    size_t observed_count;                               /* users with observed state            */
    uint64_t rounds[PT_ASSETS_MAX + PT_FEEDS_EXTRA_MAX]; /* last round of each feed */
    char feed_names[PT_ASSETS_MAX + PT_FEEDS_EXTRA_MAX][33]; /* as the trace spells them */
    pl_u256 first_prices[PT_ASSETS_MAX + PT_FEEDS_EXTRA_MAX];
    pt_view reserve_view, user_view, balance_view;
    uint64_t steps, transactions, liquidations, reverts, prices;
};

/* Reads assets (reserves[].sym, in order of id) and people (users, liquidators, state.u) of a
 * header. */
pt_exit pt_trace_names(pt_trace *trace, const pt_json *header, pt_report *report);

/* The number of an asset or of a price feed, or SIZE_MAX. */
size_t pt_trace_asset(const pt_trace *trace, const char *name);
size_t pt_trace_feed(const pt_trace *trace, const char *name);

/* True for the name of a person, in a list of the header or not: 1 to 32 printable characters
 * without spaces, not starting with @. */
bool pt_trace_is_person(const char *name);

/* The account of a person: the symbol of the name (spec 02 §1). */
void pt_trace_account(uint8_t account[32], const char *name);

/* Appends the value of object[key] in the stored form of field. Errors: PT_INPUT. */
pt_exit pt_trace_put(pt_bytes *bytes, const pt_trace *trace, const pl_field *field, pt_kind kind,
                     const pt_json *value, pt_report *report);

/* Appends every field of a signature out of the object's members of the same words. A member that
 * is no field is an error. */
pt_exit pt_trace_put_fields(pt_bytes *bytes, const pt_trace *trace, const pl_field *fields,
                            size_t count, const pt_key_kind *kinds, const pt_json *object,
                            pt_report *report);

/* What the contract does where the recorded call failed. Its arguments are appended to *arguments;
 * the caller places them. Errors: PT_INPUT. */
pt_exit pt_trace_error(pt_expect_tx *tx, pt_bytes *arguments, const pt_trace *trace,
                       const pt_json *step, pt_report *report);

/* Adds a 1-of-1 feed signed by the stand-in; its number is its place. A name that the world does
 * not allow (spec 02 §3) becomes feed_N there. */
void pt_trace_add_feed(pt_trace *trace, const char *name, uint8_t decimals, const char *real_feed);

/* Prepares a view: which member of the state (or element, for arrays) each result is compared with.
 * aliases: pairs of a result's words and what to look for; NULL-ended; "[3]" means element 3.
 * other: a member that other views read, or NULL. */
pt_exit pt_trace_view(pt_view *view, const pt_trace *trace, const char *function,
                      const pt_json *sample, const char *const (*aliases)[2], const char *other,
                      pt_report *report);

/* The recorded transactions, events and view results after a step, as expectations of block
 * `height`. */
pt_exit pt_trace_queries(pt_bytes *arguments, pt_query **queries, uint32_t *count,
                         const pt_trace *trace, pt_report *report);
pt_exit pt_trace_results(pt_bytes *results, uint32_t *count, const pt_trace *trace,
                         const pt_json *state, pt_report *report);

/* Appends the body (spec 06 §2) of the block for one step and its expectations. */
pt_exit pt_trace_step(pt_bytes *body, pt_bytes *expectations, pt_trace *trace,
                      const uint8_t world_id[32], uint64_t height, uint64_t time_s,
                      const pt_json *step, pt_report *report);

/* The body of the first block: the header's prices. */
pt_exit pt_trace_first_body(pt_bytes *body, pt_trace *trace, const uint8_t world_id[32],
                            uint64_t time_s, pt_report *report);

#endif
