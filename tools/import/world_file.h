/* A world file: contracts, feeds, people and blocks as people write them, in JSON. spec 06 §9
 *
 * The whole file is read and checked before anything runs; what is wrong is named by file, path of
 * the key, and what to write instead. */
#ifndef PT_IMPORT_WORLD_FILE_H
#define PT_IMPORT_WORLD_FILE_H

#include "tools/common/json.h"
#include "tools/common/memory.h"
#include "tools/import/signer.h"
#include "tools/import/world_build.h"

/* What the author expects of a call or a view. */
typedef enum pt_expect_kind {
    PT_EXPECT_NOTHING = 0,
    PT_EXPECT_OUTCOME, /* "OK", a status or an error by its name    */
    PT_EXPECT_VALUES   /* of some results; the outcome is then OK   */
} pt_expect_kind;

typedef struct pt_plan_call {
    uint32_t contract;
    uint32_t function;
    pt_bytes arguments; /* stored forms */
    pt_expect_kind expects;
    const char *outcome; /* borrowed from the file */
    pt_bytes values;     /* PT_EXPECT_VALUES: all results' stored forms ...         */
    uint64_t values_set; /* ... of which these places (bit 0 first) are to be equal */
} pt_plan_call;

typedef struct pt_plan_block {
    uint64_t time_s;
    pt_bytes body; /* spec 06 §2 */
    pt_plan_call *calls;
    size_t call_count;
    pt_plan_call *asks;
    size_t ask_count;
} pt_plan_block;

typedef struct pt_world_contract {
    pt_bytes container;
    pl_code code;
    bool has_code;
} pt_world_contract;

typedef struct pt_world_file {
    const char *file;
    pt_memory memory;
    pt_bytes input;
    pt_json root;
    pt_world_contract *contracts;
    size_t contract_count;
    pt_build build;
    pt_signer signer;
    pt_bytes world;  /* its canonical bytes (spec 06 §1) */
    pl_chain *chain; /* at height 0 */
    pt_plan_block *blocks;
    size_t block_count;
} pt_world_file;

/* On input: *world zero but for file. library: the folder of std/ and math/, or NULL. Mistakes of
 * the contracts are printed to stderr. Errors: PT_INPUT, PT_LIMIT; close it then, too. */
pt_exit pt_world_file_open(pt_world_file *world, const char *library, pt_report *report);

/* The two halves of it, for importers that read more out of the same file: only the JSON into
 * world->root, then the world out of what is left there. */
pt_exit pt_world_file_parse(pt_world_file *world, pt_report *report);
pt_exit pt_world_file_make(pt_world_file *world, const char *library, pt_report *report);
void pt_world_file_close(pt_world_file *world);

/* Plans one more block, of the form that the file's blocks have: for worlds that are made while
 * they run. rounds: one number for each feed, 0 at first. Errors: PT_INPUT. */
pt_exit pt_world_file_add_block(pt_world_file *world, uint64_t *rounds, const pt_json *node,
                                pt_report *report);

/* ---- between its sources ---- */

/* Reads "blocks" into the plan; the chain is there already. */
pt_exit pt_world_file_blocks(pt_world_file *world, pt_report *report);

/* One value in the stored form of field, which must be of this contract (from 1). */
pt_exit pt_world_value(uint8_t *stored, const pt_world_file *world, uint32_t contract,
                       const pl_field *field, const pt_json *node, pt_report *report);

/* A name of "accounts", "@contract", or 0x and 64 hex digits. */
pt_exit pt_world_account(uint8_t account[32], const pt_world_file *world, const pt_json *node,
                         pt_report *report);

/* "CONTRACT.FUNCTION": a public tx function, or when asks a public view. */
pt_exit pt_world_function(uint32_t *contract, uint32_t *function, const pt_world_file *world,
                          const pt_json *node, bool asks, pt_report *report);

/* An object {field: value} or a list in the order of the fields. On output: their stored forms one
 * after the other, and which were there. all: every field must be. */
pt_exit pt_world_fields(pt_bytes *stored, uint64_t *set, const pt_world_file *world,
                        uint32_t contract, const pl_field *fields, size_t count, bool all,
                        const pt_json *node, pt_report *report);

/* The keys of a feed; and those of them that only world format 2 knows, into feed, the last one of
 * the build. */
extern const char *const pt_world_feed_keys[];
extern const size_t pt_world_feed_key_count;
pt_exit pt_world_feed_rules(pt_world_file *world, pt_build_feed *feed, const pt_json *node,
                            pt_report *report);

/* "... did you mean NAME", or the names there are: for a name that is none of them. */
pt_exit pt_world_unknown(const pt_json *node, const char *what, const char *name,
                         const char *const *names, size_t count, pt_report *report);

/* The member that an iterator of a JSON object stands at. */
pt_json pt_world_member_at(const pt_json *object, void *iterator);

/* A copy of a contract's name with a zero; at most 63 bytes. */
const char *pt_world_name(char text[64], pl_name name);

#endif
