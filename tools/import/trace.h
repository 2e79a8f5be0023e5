/* A recorded run of a lending protocol as lines of JSON, and the bridge from its values to a
 * contract's. Everything common to the protocols lives here; a protocol is a table (pt_protocol)
 * in a file of its own. How to write one: tools/import/README.md.
 *
 * Paths. Where something stands is a text of parts joined by points, from the header or from its
 * "state". A part is a member's key, the number of an element, or one of
 *   *   each person with observed state        *0 .. *3   each name of that list of the protocol
 *   @   each element of an array whose length changes
 * Names, people and elements that a path goes through are the keys of what is found there, in
 * order. Inside a list of the header (an array of objects) *0 is the element of that number.
 *
 * Height and time. A step is one block at the step's time. Heights of the recorded chain do not
 * become heights of the history; a protocol that counts blocks has a feed that every step reports
 * (pt_feed_source.step_key), so that the block number comes on the tape, signed like a price. */
#ifndef PT_IMPORT_TRACE_H
#define PT_IMPORT_TRACE_H

#include "tools/common/expect.h"
#include "tools/common/json.h"
#include "tools/import/signer.h"
#include "tools/import/world_build.h"

/* How a value of the trace becomes a contract's value. */
typedef enum pt_kind {
    PT_PLAIN = 0, /* decimal string (signed: with a minus), JSON integer or boolean */
    PT_NAME,      /* a name of list `list`, after `prefix`: its number              */
    PT_PERSON,    /* a name: its account; null: the account zero                    */
    PT_MASK,      /* a list of names: bit mask of their numbers, ascending          */
    PT_HEX,       /* 0x and hex digits: number, account or bytes                    */
    PT_TEXT       /* any symbol: itself                                             */
} pt_kind;

/* A key of arguments and events, as the trace spells it. A JSON array of any kind but PT_MASK fills
 * the fields key_0, key_1 .. (the rest is zero) and key_count. */
typedef struct pt_key {
    const char *key;
    pt_kind kind;
    uint8_t list;
    const char *prefix; /* what stands before a name, as in cUSDC; or NULL  */
    const char *field;  /* the contract's words where they differ; or NULL  */
} pt_key;

/* Where a view's result or a row's field comes from. Without a bind it is the member with the same
 * words. source, from the place of the view or row:
 *   path      a member or element below it; "" itself; a `?` at its end: may be missing (rows)
 *   #         how many elements the array has (views)
 *   /path     from the header's root, with the names that the row's path went through (rows)
 *   =         the last key of the row's path itself, a name (after prefix) or number (rows)
 *   !N       the number N (rows)
 *   $suffix   the number of the feed called as the last key, then suffix (rows); the suffix /path
 * is the text at that place of the header */
typedef struct pt_bind {
    const char *field; /* words of the result or field */
    const char *source;
    pt_kind kind;
    uint8_t list;
    const char *prefix;
} pt_bind;

/* A list of names, numbered in order. Several sources of one list go on counting. */
typedef struct pt_names_source {
    uint8_t list;
    const char *path; /* in the header: an array of objects, or one object */
    const char *key;  /* of the name in the object */
} pt_names_source;

/* One view and where its answers are recorded; its parameters are the keys of the path. An array of
 * changing length needs a view of its length too (source "#"). */
typedef struct pt_group {
    const char *path; /* in the state */
    const char *view;
    const pt_bind *binds; /* ended by a NULL field, or NULL */
    uint8_t contract;     /* place among the protocol's contracts */
    uint16_t most;        /* elements that an array of changing length may have */
} pt_group;

/* Initial rows: one for each place of the path. Key fields without a bind take the keys of the path
 * in order (accounts take people, integers take numbers). Equal rows may come from several places.
 */
typedef struct pt_rows {
    const char *table;
    const char *path;     /* in the header; "" for one row */
    const pt_bind *binds; /* ended by a NULL field, or NULL */
    uint8_t contract;
} pt_rows;

/* Feeds: one for each place of the path, called as the last key of it, then `suffix`. */
typedef struct pt_feed_source {
    const char *suffix; /* "/path": the text at that place of the header */
    const char *path;   /* in the header: the first price */
    uint8_t decimals;
    const char *note;     /* of what it is the price; the name is put before it */
    const char *step_key; /* every step reports this member of it; NULL: setPrice alone does */
    const char *less;     /* in the header: a number to take off decimals; or NULL */
} pt_feed_source;

/* A value of setPrice and the feed it is for: called as args[name_key], then suffix. */
typedef struct pt_price_source {
    const char *key;
    const char *suffix;
} pt_price_source;

/* The function that serves an op, where that is not the one with its words. */
typedef struct pt_op {
    const char *op;
    const char *function;
    const char *key; /* only when args[key] is the text at `path` of the header; NULL: always */
    const char *path;
    bool drop;            /* the function has no parameter for args[key] */
    const char *add;      /* an argument that the recording leaves out; or NULL */
    const char *add_path; /* in the header: its value */
} pt_op;

/* An error's number and its name, as Aave v3.0 and Compound v2 record both. */
typedef struct pt_error_code {
    const char *code;
    const char *name;
} pt_error_code;

/* A recorded failure that has another name here. Panics 0x11, 0x12 and 0x21 need no entry. */
typedef struct pt_failure {
    const char *kind;  /* of the recorded error */
    const char *name;  /* with a space at its end: how it begins */
    pl_status status;  /* a trap; or PL_OK and */
    const char *error; /* an error of the contract, without arguments */
} pt_failure;

/* Two places of the header that say the same (each name's own, where they have names); right:
 * "!text": the text or integer itself. */
typedef struct pt_same {
    const char *left;
    const char *right;
} pt_same;

typedef struct pt_contract_source {
    const char *name;   /* in the world */
    const char *source; /* file in the contracts folder */
} pt_contract_source;

enum {
    PT_NAMES_MAX = 128, /* in a list; 128 reserves is what a user's word has bits for */
    PT_LISTS_MAX = 4,
    PT_USERS_MAX = 1024,
    PT_FEEDS_MAX = 264,
    PT_CONTRACTS_MAX = 4,
    PT_GROUPS_MAX = 32,
    PT_KEYS_MAX = 4,
    PT_PRICES_MAX = 8, /* values of one setPrice */
    PT_PATH_SIZE = 96,
    PT_PATTERNS_MAX = 384
};

typedef struct pt_trace pt_trace;

/* What differs between protocols. Lists are ended by an entry whose first member is NULL; one that
 * is NULL is empty. */
typedef struct pt_protocol {
    const char *name;  /* the header's "protocol" */
    const char *world; /* begins the world's name; NULL: the first contract's name does */
    const pt_contract_source *contracts; /* calls go to the first */
    const pt_names_source *names;
    const pt_key *keys;
    const char *const *extra_people; /* callers that no list names */
    const pt_feed_source *feeds;
    const char *price_name_key; /* of setPrice's arguments; NULL: there is one feed each suffix */
    const pt_price_source *prices;
    const pt_op *ops;
    /* Counted of steps that succeed: this op, or each of their tags of this name. */
    const char *liquidation;
    const pt_error_code *error_codes;
    const pt_failure *failures;
    const char *token_error; /* the token double's text, also the contract's error */
    bool text_errors; /* texts of require are errors of the contract: same letters and digits */
    const pt_rows *rows;
    const pt_same *same;
    const char *const *remarks; /* paths of the header that say nothing to compare */
    const pt_group *groups;
    /* Instead of names found in `remarks` and uses: checks the header outside its state. Or NULL.
     */
    pt_exit (*check)(const pt_json *header, pt_report *report);
    /* Adds feeds and rows that the tables cannot say. Or NULL. */
    pt_exit (*genesis)(pt_trace *trace, const pt_json *header, pt_report *report);
} pt_protocol;

/* A group, made ready: which query its first place has and how many there are. */
typedef struct pt_view {
    const pt_group *group;
    const pl_function *code;
    uint32_t function;
    uint32_t first, count;
    pt_bind sources[PL_RESULTS_MAX];
} pt_view;

typedef struct pt_list {
    char names[PT_NAMES_MAX][33];
    size_t count;
} pt_list;

struct pt_trace {
    const char *file;
    const pt_protocol *protocol;
    const pl_code *codes[PT_CONTRACTS_MAX];
    size_t contract_count;
    const pt_json *header;
    pt_build build; /* of the world */
    pt_signer signer;
    pt_list lists[PT_LISTS_MAX];
    char users[PT_USERS_MAX][33];
    size_t user_count;                 /* those with observed state come first */
    size_t observed_count;             /* users with observed state            */
    uint64_t rounds[PT_FEEDS_MAX];     /* last round of each feed */
    char feed_names[PT_FEEDS_MAX][65]; /* as the trace spells them, with suffix */
    const char *step_keys[PT_FEEDS_MAX];
    pl_u256 first_prices[PT_FEEDS_MAX];
    pt_view views[PT_GROUPS_MAX];
    size_t view_count;
    uint32_t query_count;
    char patterns[PT_PATTERNS_MAX][PT_PATH_SIZE]; /* places that something reads */
    size_t pattern_count;
    uint64_t steps, transactions, liquidations, reverts, prices;
};

/* ---- names and values: trace.c ---- */

/* Reads the protocol's lists and the people: those of the state's paths, users, liquidators. */
pt_exit pt_trace_names(pt_trace *trace, const pt_json *header, pt_report *report);

/* The number of a name in a list, or of a price feed, or SIZE_MAX. */
size_t pt_trace_name(const pt_trace *trace, size_t list, const char *name);
size_t pt_trace_feed(const pt_trace *trace, const char *name);

/* True for the name of a person, in a list of the header or not: 1 to 32 printable characters
 * without spaces, not starting with @. */
bool pt_trace_is_person(const char *name);

/* The account of a person: the symbol of the name (spec 02 §1). */
void pt_trace_account(uint8_t account[32], const char *name);

/* Appends a value in the stored form of field; form: kind, list and prefix. Errors: PT_INPUT. */
pt_exit pt_trace_put(pt_bytes *bytes, const pt_trace *trace, const pl_field *field,
                     const pt_bind *form, const pt_json *value, pt_report *report);

/* Appends every field of a signature out of the object's members of the same words; dropped: a
 * member that is no field, or NULL. Any other such member is an error. */
pt_exit pt_trace_put_fields(pt_bytes *bytes, const pt_trace *trace, const pl_field *fields,
                            size_t count, const char *dropped, const pt_json *object,
                            pt_report *report);

/* Adds a 1-of-1 feed signed by the stand-in; its number is its place. A name that the world does
 * not allow (spec 02 §3) has `_` for hyphens there, or is feed_N. Errors: PT_INPUT when there is no
 * room. */
pt_exit pt_trace_add_feed(pt_trace *trace, const char *name, uint8_t decimals,
                          const char *real_feed, const pl_u256 *first, pt_report *report);

/* What the contract does where the recorded call failed. Its arguments are appended to *arguments;
 * the caller places them. Errors: PT_INPUT. */
pt_exit pt_trace_error(pt_expect_tx *tx, pt_bytes *arguments, const pt_trace *trace,
                       const pt_json *step, pt_report *report);

/* ---- paths: trace_path.c ---- */

/* Which names a path went through. */
typedef struct pt_place {
    const char *person;
    size_t numbers[PT_LISTS_MAX]; /* SIZE_MAX: not this list */
    size_t count;                 /* of keys, in order: */
    char kinds[PT_KEYS_MAX];      /* '*' person, '0'..'3' list, '@' element */
    const char *texts[PT_KEYS_MAX];
    size_t values[PT_KEYS_MAX]; /* number of the name or element, of the person among observed */
    uint64_t index;             /* of the place among all that the path could have, from 0 */
} pt_place;

typedef pt_exit pt_visit(void *context, const pt_json *node, const pt_place *place,
                         pt_report *report);

/* Calls visit for every place of path below root, names in the order of their lists. An object on
 * the way must have exactly the names of the list or the observed people, an array as many elements
 * as the list has names, or at most `most`. Errors: PT_INPUT; those of visit. */
pt_exit pt_path_each(const pt_trace *trace, const char *path, uint16_t most, const pt_json *root,
                     pt_visit *visit, void *context, pt_report *report);

/* The node at path (names taken from place) below root; links: room for the way, PT_STEPS_MAX.
 * A missing node has a NULL value and names the place. */
enum { PT_STEPS_MAX = 8 };
void pt_path_find(pt_json links[PT_STEPS_MAX], pt_json *found, const pt_trace *trace,
                  const char *path, const pt_place *place, const pt_json *root);

/* How many places the path can have. */
uint64_t pt_path_count(const pt_trace *trace, const char *path, uint16_t most);

/* Says that path (below base) is read. */
void pt_path_use(pt_trace *trace, const char *base, const char *path);

/* Refuses the first value below root that no used path reaches; base: path of root. */
pt_exit pt_path_check(const pt_trace *trace, const char *base, const pt_json *root,
                      pt_report *report);

/* ---- the beginning: trace_genesis.c ---- */

/* Feeds, rows, sameness and unknown keys of the header, by the protocol's tables. */
pt_exit pt_trace_genesis(pt_trace *trace, const pt_json *header, pt_report *report);

/* A price or another reported number below 2^255: digits, an integer or a flag (1 or 0); of a node,
 * and of object[key]. Errors: PT_INPUT. */
pt_exit pt_trace_read_price(pl_u256 *price, const pt_json *node, pt_report *report);
pt_exit pt_trace_price(pl_u256 *price, const pt_json *object, const char *key, pt_report *report);

/* ---- views: trace_view.c ---- */

/* Prepares the protocol's groups with the header's state. */
pt_exit pt_trace_views(pt_trace *trace, const pt_json *header, pt_report *report);

/* The queries of all groups, and the view results after a step. */
pt_exit pt_trace_queries(pt_bytes *arguments, pt_query **queries, const pt_trace *trace,
                         pt_report *report);
pt_exit pt_trace_results(pt_bytes *results, uint32_t *count, const pt_trace *trace,
                         const pt_json *state, pt_report *report);

/* ---- steps: trace_step.c ---- */

/* Appends the body (spec 06 §2) of the block for one step and its expectations. */
pt_exit pt_trace_step(pt_bytes *body, pt_bytes *expectations, pt_trace *trace,
                      const uint8_t world_id[32], uint64_t height, uint64_t time_s,
                      const pt_json *step, pt_report *report);

/* The body of the first block: the header's prices. */
pt_exit pt_trace_first_body(pt_bytes *body, pt_trace *trace, const uint8_t world_id[32],
                            uint64_t time_s, pt_report *report);

#endif
