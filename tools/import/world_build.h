/* A world under construction: contracts, feeds, labels and genesis rows, then its bytes (spec 06
 * §1).
 *
 * Names of contract items are matched by words: li_ray, liRay and LI_RAY are the same, so that the
 * names of a trace and those of a contract meet without a table. */
#ifndef PT_IMPORT_WORLD_BUILD_H
#define PT_IMPORT_WORLD_BUILD_H

#include <stdbool.h>

#include "tools/common/bytes.h"
#include "tools/common/report.h"
#include "vm/plimsoll.h"

enum { PT_BUILD_SIGNERS_MAX = 3 };

/* Who may sign from when until when, spec 05 §3. */
typedef struct pt_build_set {
    uint64_t from_s, until_s;
    uint8_t id[32];
    uint8_t quorum;
    uint8_t member_count;
    pt_bytes members;
} pt_build_set;

/* What only world format 2 can say of a feed, spec 06 §1. */
typedef struct pt_build_rules {
    uint8_t rules, rounding, wire_decimals;
    pt_bytes subject;
    uint64_t heartbeat_s;
    uint32_t deviation_bps, confidence_bps, twap_s, delay_s, fallback;
    pt_build_set *sets;
    size_t set_count;
} pt_build_rules;

typedef struct pt_build_feed {
    char name[64];
    uint8_t format; /* a pl_feed_format */
    uint8_t decimals;
    uint8_t quorum;
    uint8_t signer_count;
    uint64_t staleness_s, future_s;
    pl_i256 min, max;
    uint8_t signers[PT_BUILD_SIGNERS_MAX][33];
    char note[160];
    bool is_stand_in;      /* its prices are signed here              */
    pt_build_rules *rules; /* NULL: quorum and signers above, for ever */
} pt_build_feed;

typedef struct pt_build_contract {
    char name[64];
    const uint8_t *container; /* not owned */
    size_t container_size;
    const pl_code *code; /* not owned */
} pt_build_contract;

typedef struct pt_build_label {
    char text[160];
    uint8_t kind; /* a pl_label_kind */
    uint8_t value[32];
} pt_build_label;

typedef struct pt_build_row {
    uint32_t contract;
    uint16_t table;
    size_t key_size;
    uint8_t key[PL_KEY_SIZE_MAX];
    uint8_t row[PL_ROW_SIZE_MAX];
    uint16_t row_size;
} pt_build_row;

typedef struct pt_build {
    char name[64];
    uint8_t tx_auth;
    uint64_t seed, time_s, tx_gas_max, hook_gas;
    pt_build_contract *contracts;
    size_t contract_count;
    pt_build_feed *feeds;
    size_t feed_count;
    pt_build_label *labels;
    size_t label_count;
    pt_build_row *rows;
    size_t row_count;
} pt_build;

void pt_build_free(pt_build *build);

/* Each adds one item; the returned pointer is valid until the next of its kind is added. */
uint32_t pt_build_add_contract(pt_build *build, const char *name, const uint8_t *container,
                               size_t size, const pl_code *code);
pt_build_feed *pt_build_add_feed(pt_build *build, const char *name);
void pt_build_add_label(pt_build *build, pl_label_kind kind, const char *text,
                        const uint8_t value[32]);

/* A 1-of-1 feed of this signer for prices of the block's own time, 0 to 2^255 - 1. */
void pt_build_stand_in_feed(pt_build_feed *feed, uint8_t decimals, const uint8_t signer[33]);

/* Gives the feed rules of format 2: strict, exact, none else, no sets; its signers above no longer
 * count. */
pt_build_rules *pt_build_add_rules(pt_build_feed *feed);
pt_build_set *pt_build_add_set(pt_build_rules *rules);

/* One genesis row: begin (fields take their defaults), set by name, end. */
typedef struct pt_row {
    pt_build *build;
    const pl_code *code;
    const pl_table *table;
    pt_build_row row;
    uint64_t keys_set;
    uint64_t fields_set;
} pt_row;

/* Errors: PT_INPUT when the contract has no such table. */
pt_exit pt_row_begin(pt_row *row, pt_build *build, uint32_t contract, const char *table,
                     pt_report *report);

/* True if the table has a key or row field of this name. */
bool pt_row_has(const pt_row *row, const char *field);

/* The key or row field of this name, or NULL. */
const pl_field *pt_row_field(const pt_row *row, const char *field);

/* Sets a key or row field to its stored form, of the field's size. It must exist. */
void pt_row_put(pt_row *row, const char *field, const uint8_t *stored);

/* Sets a key or row field. Errors: PT_INPUT when there is none of this name, or the value does not
 * fit. */
pt_exit pt_row_set(pt_row *row, const char *field, const pl_u256 *value, pt_report *report);
pt_exit pt_row_set_u64(pt_row *row, const char *field, uint64_t value, pt_report *report);

/* Errors: PT_INPUT when a key, or a field without default, was not set. */
pt_exit pt_row_end(pt_row *row, pt_report *report);

/* Appends the world's bytes; sorts the rows. Errors: PT_INPUT when two rows have the same key. */
pt_exit pt_build_encode(pt_bytes *bytes, pt_build *build, pt_report *report);

/* The number of the item with these words, or PL_NONE. */
uint32_t pt_code_table(const pl_code *code, const char *words);
uint32_t pt_code_function(const pl_code *code, const char *words);
uint32_t pt_code_event(const pl_code *code, const char *words);
uint32_t pt_code_error(const pl_code *code, const char *words);

#endif
